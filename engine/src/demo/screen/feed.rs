//! The panels in the middle: movements with their reasons, and alerts that are open.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style, Stylize};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::{color, cut, panel, short_date};
use crate::demo::board::{AlertChange, Board, Entry, OpenAlert, Severity};
use crate::demo::plain::{age, score, severity, subject, tier};
use crate::model::Time;

pub(super) fn draw_movements(frame: &mut Frame<'_>, area: Rect, board: &Board) {
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

pub(super) fn draw_alerts(frame: &mut Frame<'_>, area: Rect, board: &Board, now: Time) {
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
