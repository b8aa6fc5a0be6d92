//! The demo on a terminal: companies in columns by tier, movements, open alerts, the year so far.
//!
//! ```text
//! simulated date, progress, speed
//! ┌ healthy ┬ watch ┬ at risk ┬ critical ┬ unknown ┐   who stands where, latest arrivals first
//! ├ movements ──────────────────┬ open alerts ─────┤   why they moved; what waits for a person
//! ├ tiers over the year ────────┼ stories ─────────┤
//! keys
//! ```
//! Draws what the board says and decides nothing.

mod feed;
mod year;

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style, Stylize};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, BorderType, Paragraph};

use super::board::{Board, Standing, TIERS, UNKNOWN};
use super::plain::grouped;
use super::year::midnight;
use crate::model::{DAY_MS, Time};

/// Days that an arrival in a tier is marked.
const NEW_DAYS: i64 = 14;

/// What the header says beside the board.
#[derive(Clone, Copy, Debug)]
pub(super) struct Status {
    pub(super) now: Time,
    pub(super) day: i32,
    pub(super) days: i32,
    pub(super) pace: &'static str,
    pub(super) paused: bool,
    pub(super) over: bool,
    pub(super) events: u64,
    pub(super) events_per_s: u64,
    pub(super) seed: u64,
}

/// Draws everything.
pub(super) fn draw(frame: &mut Frame<'_>, board: &Board, status: &Status) {
    let rows = Layout::vertical([
        Constraint::Length(1),
        Constraint::Fill(11),
        Constraint::Fill(10),
        Constraint::Length(8),
        Constraint::Length(1),
    ]);
    let [header, columns, middle, bottom, footer] = rows.areas(frame.area());
    draw_header(frame, header, board, status);
    draw_columns(frame, columns, board, status.now);
    let halves = Layout::horizontal([Constraint::Percentage(58), Constraint::Percentage(42)]);
    let [movements, alerts] = halves.areas(middle);
    feed::draw_movements(frame, movements, board);
    feed::draw_alerts(frame, alerts, board, status.now);
    let [chart, stories] = halves.areas(bottom);
    year::draw_chart(frame, chart, board, status.days);
    year::draw_stories(frame, stories, board);
    draw_footer(frame, footer, status);
}

pub(super) const fn color(tier: usize) -> Color {
    match tier {
        0 => Color::Green,
        1 => Color::Yellow,
        2 => Color::Indexed(208),
        3 => Color::Red,
        _ => Color::DarkGray,
    }
}

fn panel(title: &str) -> Block<'_> {
    Block::bordered()
        .border_type(BorderType::Rounded)
        .border_style(Style::new().fg(Color::DarkGray))
        .title(title)
}

fn draw_header(frame: &mut Frame<'_>, area: Rect, board: &Board, status: &Status) {
    let speed = format!("{}/s ", grouped(status.events_per_s));
    let numbers = format!(
        "{} accounts  {} events  {speed}",
        board.standings.iter().flatten().count(),
        grouped(status.events),
    );
    // What matters stands on the left; on a narrow terminal only the speed has room beside it.
    let numbers = if area.width < 120 { speed } else { numbers };
    let room = u16::try_from(numbers.chars().count()).unwrap_or(0);
    let sides = Layout::horizontal([Constraint::Fill(1), Constraint::Length(room)]);
    let [left, right] = sides.areas(area);
    let state = if status.over {
        " the year is over ".black().on_green()
    } else if status.paused {
        " paused ".black().on_yellow()
    } else {
        format!("▶ {}", status.pace).cyan()
    };
    let day = if status.day < 0 {
        "history".to_owned()
    } else {
        format!("day {} of {}", status.day.min(status.days), status.days)
    };
    let line = Line::from_iter([
        " Puls demo ".bold().black().on_cyan(),
        format!("  {}  ", date(status.now)).bold(),
        format!("{day}  ").into(),
        Span::styled(
            bar(status, if area.width < 100 { 6 } else { 16 }),
            Style::new().fg(Color::Cyan).bg(Color::DarkGray),
        ),
        "  ".into(),
        state,
    ]);
    frame.render_widget(line, left);
    frame.render_widget(Line::from(numbers).right_aligned().dark_gray(), right);
}

/// How much of the year is over, to an eighth of a cell.
fn bar(status: &Status, width: i32) -> String {
    const PARTS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let eighths = status.day.clamp(0, status.days) * width * 8 / status.days.max(1);
    let whole = usize::try_from(eighths / 8).unwrap_or(0);
    let part = usize::try_from(eighths % 8).unwrap_or(0);
    let text = "█".repeat(whole) + PARTS.get(part).copied().unwrap_or("");
    let width = usize::try_from(width).unwrap_or(0);
    format!("{text:width$}")
}

/// The date in UTC, the time of all days of the demo.
fn date_of(time: Time) -> jiff::civil::Date {
    let timestamp = jiff::Timestamp::from_millisecond(time.0).unwrap_or_default();
    timestamp.to_zoned(jiff::tz::TimeZone::UTC).date()
}

/// `Tue 12 Aug 2025`.
fn date(time: Time) -> String {
    date_of(time).strftime("%a %e %b %Y").to_string()
}

/// `12 Aug`.
fn short_date(time: Time) -> String {
    date_of(time).strftime("%e %b").to_string()
}

fn draw_columns(frame: &mut Frame<'_>, area: Rect, board: &Board, now: Time) {
    let columns: [Rect; TIERS.len()] = Layout::horizontal([Constraint::Fill(1); 5]).areas(area);
    for ((place, name), area) in TIERS.iter().enumerate().zip(columns) {
        let count = board.tiers().get(place).copied().unwrap_or(0);
        let title = format!(" {name} {count} ");
        let block = panel(&title)
            .border_style(Style::new().fg(color(place)))
            .title_style(Style::new().fg(color(place)).add_modifier(Modifier::BOLD));
        let inner = block.inner(area);
        frame.render_widget(block, area);
        draw_column(frame, inner, board, (place, now));
    }
}

/// The companies of one tier: those with a story first, then the latest arrivals.
fn draw_column(frame: &mut Frame<'_>, area: Rect, board: &Board, (place, now): (usize, Time)) {
    let standings = board.standings.iter().enumerate();
    let here = standings.filter_map(|(company, at)| Some((company, at.as_ref()?)));
    let mut here: Vec<_> = here.filter(|(_, at)| at.tier == place).collect();
    here.sort_by_key(|(company, at)| {
        (
            !board.has_story(*company),
            std::cmp::Reverse(at.since),
            *company,
        )
    });
    let height = usize::from(area.height);
    let room = if here.len() > height {
        height.saturating_sub(1)
    } else {
        height
    };
    let width = usize::from(area.width);
    let mut lines: Vec<_> = here
        .iter()
        .take(room)
        .map(|(company, at)| resident(board, *company, at, (width, now)))
        .collect();
    if here.len() > room {
        lines.push(Line::from(format!(" … {} more", here.len() - room)).dark_gray());
    }
    frame.render_widget(Paragraph::new(lines), area);
}

/// One company in its column: name, score, and how it came where it is recent.
fn resident<'a>(
    board: &'a Board,
    company: usize,
    at: &Standing,
    (width, now): (usize, Time),
) -> Line<'a> {
    let recent = now.since_ms(at.since) < NEW_DAYS * DAY_MS;
    let arrow = match at.from {
        Some(from) if recent && from < at.tier => "▼",
        Some(_) if recent => "▲",
        _ => " ",
    };
    let story = board.has_story(company);
    let number = match at.score {
        Some(score) if at.tier != UNKNOWN => format!("{score:.0}"),
        _ => "–".into(),
    };
    let room = width.saturating_sub(6);
    let name = cut_name(board.name(company), room);
    let mut style = Style::new().fg(Color::Gray);
    if story {
        style = Style::new().fg(Color::White).add_modifier(Modifier::BOLD);
    }
    Line::from_iter([
        Span::styled(if story { "★" } else { " " }, Style::new().fg(Color::Cyan)),
        Span::styled(format!("{name:room$}"), style),
        Span::styled(format!("{number:>3}"), style),
        Span::styled(format!("{arrow:>2}"), Style::new().fg(color(at.tier))),
    ])
}

/// The name in so many cells: without its legal form where that is enough.
fn cut_name(name: &str, width: usize) -> String {
    match name.rsplit_once(' ') {
        Some((first, _)) if name.chars().count() > width && first.chars().count() <= width => {
            first.to_owned()
        }
        _ => cut(name, width),
    }
}

/// The text in so many cells, with an ellipsis where it is longer.
fn cut(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let kept: String = text.chars().take(width.saturating_sub(1)).collect();
    kept.trim_end().to_owned() + "…"
}

fn draw_footer(frame: &mut Frame<'_>, area: Rect, status: &Status) {
    let key = |key: &'static str| key.bold();
    let mut spans = vec![
        key(" space"),
        if status.paused {
            " go on  "
        } else {
            " pause  "
        }
        .dark_gray(),
        key("+ −"),
        " pace  ".dark_gray(),
        key("q"),
        " quit   ".dark_gray(),
        "★".cyan(),
        " has a story   ".dark_gray(),
        "▼▲".into(),
        " moved in the last two weeks".dark_gray(),
    ];
    let seed = format!("   seed {}", status.seed);
    spans.push(seed.dark_gray());
    if status.day < 0 {
        let days = midnight(0).since_ms(status.now) / DAY_MS;
        spans.push(format!("   reading history: {days} days left").yellow());
    }
    frame.render_widget(Line::from(spans), area);
}

#[cfg(test)]
mod tests;
