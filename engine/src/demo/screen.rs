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

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style, Stylize};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, BorderType, Paragraph};

use super::board::{AlertChange, Board, Entry, OpenAlert, Severity, Standing, TIERS, UNKNOWN};
use super::plain::{age, grouped, score, severity, subject, tier};
use super::year::midnight;
use crate::model::{DAY_MS, Time};

/// Days that an arrival in a tier is marked.
const NEW_DAYS: i64 = 14;
/// Eighths of a cell, from the bottom.
const EIGHTHS: [&str; 9] = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];

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
    draw_movements(frame, movements, board);
    draw_alerts(frame, alerts, board, status.now);
    let [chart, stories] = halves.areas(bottom);
    draw_chart(frame, chart, board, status.days);
    draw_stories(frame, stories, board);
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
    let sides = Layout::horizontal([Constraint::Fill(1), Constraint::Length(46)]);
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
            bar(status, 16),
            Style::new().fg(Color::Cyan).bg(Color::DarkGray),
        ),
        "  ".into(),
        state,
    ]);
    frame.render_widget(line, left);
    let numbers = format!(
        "{} accounts  {} events  {}/s ",
        board.standings.iter().flatten().count(),
        grouped(status.events),
        grouped(status.events_per_s)
    );
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

/// `Tue 12 Aug 2025`.
fn date(time: Time) -> String {
    let timestamp = jiff::Timestamp::from_millisecond(time.0).unwrap_or_default();
    let civil = timestamp.to_zoned(jiff::tz::TimeZone::UTC);
    civil.strftime("%a %e %b %Y").to_string()
}

/// `12 Aug`.
fn short_date(time: Time) -> String {
    let timestamp = jiff::Timestamp::from_millisecond(time.0).unwrap_or_default();
    let civil = timestamp.to_zoned(jiff::tz::TimeZone::UTC);
    civil.strftime("%e %b").to_string()
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
        Some(score) if at.tier != UNKNOWN => format!("{score:>4.0}"),
        _ => "   –".into(),
    };
    let room = width.saturating_sub(7);
    let name = cut(board.name(company), room);
    let mut style = Style::new().fg(Color::Gray);
    if story {
        style = Style::new().fg(Color::White).add_modifier(Modifier::BOLD);
    }
    Line::from_iter([
        Span::styled(if story { "★" } else { " " }, Style::new().fg(Color::Cyan)),
        Span::styled(format!("{name:room$}"), style),
        Span::styled(number, style),
        Span::styled(format!(" {arrow}"), Style::new().fg(color(at.tier))),
    ])
}

fn cut(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let kept: String = text.chars().take(width.saturating_sub(1)).collect();
    kept.trim_end().to_owned() + "…"
}

fn draw_movements(frame: &mut Frame<'_>, area: Rect, board: &Board) {
    let block = panel(" Movements ").title_style(Style::new().bold());
    let inner = block.inner(area);
    frame.render_widget(block, area);
    let height = usize::from(inner.height);
    let width = usize::from(inner.width);
    let mut lines = Vec::new();
    for entry in &board.feed {
        if lines.len() >= height {
            break;
        }
        entry_lines(board, entry, width, &mut lines);
    }
    if lines.is_empty() {
        lines.push(Line::from(" nothing yet").dark_gray());
    }
    frame.render_widget(Paragraph::new(lines), inner);
}

/// Two lines: who moved whereto, and why. Tier alerts say nothing new beside the movement.
fn entry_lines<'a>(board: &'a Board, entry: &'a Entry, width: usize, lines: &mut Vec<Line<'a>>) {
    let name_style = |company| {
        let style = Style::new().add_modifier(Modifier::BOLD);
        if board.has_story(company) {
            style.fg(Color::White)
        } else {
            style.fg(Color::Gray)
        }
    };
    match entry {
        Entry::Moved(movement) => {
            let mut spans = vec![
                format!(" {} ", short_date(movement.at)).dark_gray(),
                Span::styled(board.name(movement.company), name_style(movement.company)),
                "  ".into(),
            ];
            if let Some(from) = movement.from {
                spans.push(Span::styled(tier(from), Style::new().fg(color(from))));
                spans.push(" → ".dark_gray());
            }
            let to = Style::new()
                .fg(color(movement.to))
                .add_modifier(Modifier::BOLD);
            spans.push(Span::styled(tier(movement.to), to));
            spans.push(format!("  {}", score(movement.score)).into());
            lines.push(Line::from(spans));
            lines.push(reason(&movement.reason, width));
        }
        Entry::Alert(news)
            if news.change == AlertChange::Opened && news.alert.subject != "tier" =>
        {
            let alert = &news.alert;
            lines.push(Line::from_iter([
                format!(" {} ", short_date(news.at)).dark_gray(),
                Span::styled(board.name(alert.company), name_style(alert.company)),
                "  ".into(),
                Span::styled(
                    subject(&alert.rule, &alert.subject),
                    Style::new().fg(severity_color(alert.severity)),
                ),
            ]));
            lines.push(reason(&alert.reason, width));
        }
        Entry::Alert(_) => {}
    }
}

fn reason(text: &str, width: usize) -> Line<'static> {
    Line::from(format!("        {}", cut(text, width.saturating_sub(9)))).dark_gray()
}

const fn severity_color(severity: Severity) -> Color {
    match severity {
        Severity::Critical => Color::Red,
        Severity::Warning => Color::Yellow,
        Severity::Info => Color::Cyan,
    }
}

fn draw_alerts(frame: &mut Frame<'_>, area: Rect, board: &Board, now: Time) {
    let alerts = board.alerts();
    let title = format!(" Open alerts {} ", alerts.len());
    let block = panel(&title).title_style(Style::new().bold());
    let inner = block.inner(area);
    frame.render_widget(block, area);
    let height = usize::from(inner.height);
    let width = usize::from(inner.width);
    let shown = if alerts.len() * 2 > height {
        height.saturating_sub(1) / 2
    } else {
        alerts.len()
    };
    let mut lines: Vec<_> = alerts
        .iter()
        .take(shown)
        .flat_map(|alert| alert_lines(board, alert, (width, now)))
        .collect();
    if alerts.len() > shown {
        lines.push(Line::from(format!(" … {} more", alerts.len() - shown)).dark_gray());
    }
    frame.render_widget(Paragraph::new(lines), inner);
}

fn alert_lines<'a>(
    board: &'a Board,
    alert: &'a OpenAlert,
    (width, now): (usize, Time),
) -> [Line<'a>; 2] {
    let mark = Style::new()
        .fg(severity_color(alert.severity))
        .add_modifier(Modifier::BOLD);
    let open = age(alert.opened, now);
    [
        Line::from_iter([
            Span::styled(format!(" ● {:8} ", severity(alert.severity)), mark),
            Span::styled(board.name(alert.company), Style::new().bold()),
            format!("  {open}, {}", alert.owner_role).dark_gray(),
        ]),
        Line::from(format!(
            "   {}",
            cut(&alert.reason, width.saturating_sub(4))
        ))
        .dark_gray(),
    ]
}

/// All companies as one bar a column of the screen, worst at the bottom.
fn draw_chart(frame: &mut Frame<'_>, area: Rect, board: &Board, days: i32) {
    let block = panel(" The year ").title_style(Style::new().bold());
    let inner = block.inner(area);
    frame.render_widget(block, area);
    let width = usize::from(inner.width);
    let days = usize::try_from(days)
        .unwrap_or(1)
        .max(board.days.len())
        .max(1);
    for column in 0..width {
        let day = column * days / width.max(1);
        let Some(tiers) = board.days.get(day) else {
            break;
        };
        stack(frame.buffer_mut(), inner, column, *tiers);
    }
}

/// Paints one bar: cell by cell, each of two colors at most.
fn stack(buffer: &mut Buffer, area: Rect, column: usize, tiers: [usize; TIERS.len()]) {
    // From the bottom up.
    const ORDER: [usize; TIERS.len()] = [3, 2, 1, 0, UNKNOWN];
    let units = usize::from(area.height) * 8;
    let all: usize = tiers.iter().sum();
    if all == 0 {
        return;
    }
    let mut ends = Vec::with_capacity(TIERS.len());
    let mut sum = 0;
    for place in ORDER {
        sum += tiers.get(place).copied().unwrap_or(0);
        ends.push((sum * units / all, place));
    }
    let tier_at = |unit: usize| {
        ends.iter()
            .find(|(end, _)| unit < *end)
            .map_or(UNKNOWN, |(_, place)| *place)
    };
    for row in 0..area.height {
        let bottom = usize::from(area.height - 1 - row) * 8;
        let lower = tier_at(bottom);
        let same = (0..8)
            .take_while(|unit| tier_at(bottom + unit) == lower)
            .count();
        let upper = tier_at(bottom + 7);
        let x = area.x + u16::try_from(column).unwrap_or(0);
        if let Some(cell) = buffer.cell_mut((x, area.y + row)) {
            cell.set_symbol(EIGHTHS.get(same).copied().unwrap_or(" "));
            cell.set_fg(color(lower)).set_bg(color(upper));
        }
    }
}

/// The named companies: score now, and its way through the year in the colors of its tiers.
fn draw_stories(frame: &mut Frame<'_>, area: Rect, board: &Board) {
    let block = panel(" Stories ").title_style(Style::new().bold());
    let inner = block.inner(area);
    frame.render_widget(block, area);
    let rows = board
        .companies
        .iter()
        .zip(&board.standings)
        .zip(&board.scores);
    let room = usize::from(inner.width).saturating_sub(39);
    let line = |((company, standing), scores): ((&super::Company, &Option<Standing>), &Vec<_>)| {
        let tier = standing.as_ref().map_or(UNKNOWN, |at| at.tier);
        let now = score(standing.as_ref().and_then(|at| at.score));
        let mut spans = vec![
            "★".cyan(),
            Span::styled(
                format!("{:15}", cut(&company.name, 15)),
                Style::new().bold(),
            ),
            format!(" {:15}", company.story.unwrap_or_default()).dark_gray(),
            Span::styled(format!("{now:>5} "), Style::new().fg(color(tier))),
        ];
        spans.extend(spark(scores, room));
        Line::from(spans)
    };
    let lines: Vec<_> = rows.map(line).collect();
    frame.render_widget(Paragraph::new(lines), inner);
}

/// A year of scores in `width` cells.
fn spark(scores: &[Option<(f64, usize)>], width: usize) -> Vec<Span<'static>> {
    let cells = width.min(scores.len());
    let cell = |place: usize| {
        let day = (place + 1) * scores.len() / cells.max(1);
        let Some((score, tier)) = scores.get(day.saturating_sub(1)).copied().flatten() else {
            return Span::raw(" ");
        };
        // 20 points and less are the lowest mark, 100 the highest.
        let height = ((score - 10.0) / 11.0).clamp(1.0, 8.0);
        let mark = (1..=8)
            .rfind(|mark| f64::from(*mark) <= height)
            .unwrap_or(1);
        let mark = usize::try_from(mark).unwrap_or(1);
        let symbol = EIGHTHS.get(mark).copied().unwrap_or(" ");
        Span::styled(symbol, Style::new().fg(color(tier)))
    };
    (0..cells).map(cell).collect()
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
mod tests {
    use expect_test::expect;
    use ratatui::Terminal;
    use ratatui::backend::TestBackend;
    use ratatui::style::Color;

    use super::{Status, draw};
    use crate::demo::board::Board;
    use crate::demo::board::tests::{alert, companies, day, score};

    fn board() -> Board {
        let mut board = Board::new(&companies());
        board.take(&score("nordlicht", day(-1), "healthy", (50.0, 40.0)));
        board.take(&score("aldergate", day(-1), "healthy", (50.0, 35.0)));
        board.begin();
        for number in 0..40 {
            if number == 20 {
                board.take(&score("nordlicht", day(20), "at_risk", (12.0, 40.0)));
                board.take(&alert("nordlicht", day(20), "opened", "warning"));
                board.take(&score("veldenby", day(21), "unknown", (0.0, 0.0)));
            }
            board.end_day();
        }
        board
    }

    fn status() -> Status {
        Status {
            now: day(30),
            day: 30,
            days: 80,
            pace: "4 days/s",
            paused: false,
            over: false,
            events: 12_345,
            events_per_s: 6_789,
            seed: 7,
        }
    }

    fn screen(width: u16, height: u16) -> Terminal<TestBackend> {
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        terminal
            .draw(|frame| draw(frame, &board(), &status()))
            .unwrap();
        terminal
    }

    fn text(terminal: &Terminal<TestBackend>) -> String {
        let buffer = terminal.backend().buffer();
        let width = usize::from(buffer.area.width);
        let rows = buffer.content().chunks(width);
        let row = |cells: &[ratatui::buffer::Cell]| {
            let row: String = cells.iter().map(ratatui::buffer::Cell::symbol).collect();
            row.trim_end().to_owned() + "\n"
        };
        rows.map(row).collect()
    }

    #[test]
    fn a_screen() {
        expect![[r#"
             Puls demo   Fri 31 Jan 2025  day 30 of 80  ██████            ▶ 4 days/s             3 accounts  12,345 events  6,789/s
            ╭ healthy 1 ───────────╮╭ watch 0 ─────────────╮╭ at risk 1 ───────────╮╭ critical 0 ──────────╮╭ unknown 1 ───────────╮
            │ Aldergate        85  ││                      ││★Nordlicht        52 ▼││                      ││ Veldenby          –  │
            │                      ││                      ││                      ││                      ││                      │
            │                      ││                      ││                      ││                      ││                      │
            │                      ││                      ││                      ││                      ││                      │
            │                      ││                      ││                      ││                      ││                      │
            │                      ││                      ││                      ││                      ││                      │
            ╰──────────────────────╯╰──────────────────────╯╰──────────────────────╯╰──────────────────────╯╰──────────────────────╯
            ╭ Movements ─────────────────────────────────────────────────────────╮╭ Open alerts 1 ─────────────────────────────────╮
            │ 22 Jan Veldenby  unknown  0.0                                      ││ ● warning  Nordlicht  10 d, csm                │
            │        first seen                                                  ││   Use fell by 42 %                             │
            │ 21 Jan Nordlicht  healthy → at risk  52.0                          ││                                                │
            │        Active on 12 days                                           ││                                                │
            │                                                                    ││                                                │
            │                                                                    ││                                                │
            ╰────────────────────────────────────────────────────────────────────╯╰────────────────────────────────────────────────╯
            ╭ The year ──────────────────────────────────────────────────────────╮╭ Stories ───────────────────────────────────────╮
            │██████████████████████████████████                                  ││★Nordlicht       silent drift    52.0 ▇▇▇▇▃▃▃▃▃ │
            │██████████████████████████████████                                  ││                                                │
            │██████████████████████████████████                                  ││                                                │
            │██████████████████████████████████                                  ││                                                │
            │██████████████████████████████████                                  ││                                                │
            │██████████████████████████████████                                  ││                                                │
            ╰────────────────────────────────────────────────────────────────────╯╰────────────────────────────────────────────────╯
             space pause  + − pace  q quit   ★ has a story   ▼▲ moved in the last two weeks   seed 7
        "#]].assert_eq(&text(&screen(120, 26)));
    }

    #[test]
    fn tiers_have_their_colors() {
        let terminal = screen(120, 26);
        let buffer = terminal.backend().buffer();
        let colors = |color| {
            buffer
                .content()
                .iter()
                .filter(|cell| cell.fg == color)
                .count()
        };
        for color in [Color::Green, Color::Yellow, Color::Indexed(208), Color::Red] {
            assert!(colors(color) > 10, "{color}");
        }
    }

    /// However small the terminal is: it must not panic.
    #[test]
    fn every_size_can_be_drawn() {
        for width in [1, 5, 20, 40, 80, 200] {
            for height in [1, 3, 8, 24, 60] {
                screen(width, height);
            }
        }
    }
}
