//! The panels at the bottom: everybody's tiers over the year, and the way of each story.

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Style, Stylize};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::{color, cut_name, date_of, panel};
use crate::demo::Company;
use crate::demo::board::{Board, Standing, TIERS, UNKNOWN};
use crate::demo::plain::score;
use crate::demo::year::midnight;

/// Eighths of a cell, from the bottom.
const EIGHTHS: [&str; 9] = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];

/// All companies as one bar a column of the screen, worst at the bottom.
pub(super) fn draw_chart(frame: &mut Frame<'_>, area: Rect, board: &Board, days: i32) {
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
    name_months(frame.buffer_mut(), inner, days);
}

/// Writes the names of months on the border below, where they begin.
fn name_months(buffer: &mut Buffer, area: Rect, days: usize) {
    let mut free_from = 0;
    for day in 0..days {
        let date = date_of(midnight(i32::try_from(day).unwrap_or(0)));
        let column = day * usize::from(area.width) / days;
        if date.day() != 1 || column < free_from || column + 3 > usize::from(area.width) {
            continue;
        }
        free_from = column + 5;
        let x = area.x + u16::try_from(column).unwrap_or(0);
        let month = date.strftime("%b").to_string();
        for (x, letter) in (x..).zip(month.chars()) {
            if let Some(cell) = buffer.cell_mut((x, area.bottom())) {
                cell.set_char(letter);
            }
        }
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
pub(super) fn draw_stories(frame: &mut Frame<'_>, area: Rect, board: &Board) {
    let block = panel(" Stories ").title_style(Style::new().bold());
    let inner = block.inner(area);
    frame.render_widget(block, area);
    let rows = board
        .companies
        .iter()
        .zip(&board.standings)
        .zip(&board.scores);
    let width = usize::from(inner.width);
    // Where there is no room for all, the way of the score says more than the name of the story.
    let titles = width >= 52;
    let room = width.saturating_sub(if titles { 39 } else { 23 });
    let line = |((company, standing), scores): ((&Company, &Option<Standing>), &Vec<_>)| {
        let tier = standing.as_ref().map_or(UNKNOWN, |at| at.tier);
        let now = score(standing.as_ref().and_then(|at| at.score));
        let mut spans = vec![
            "★".cyan(),
            Span::styled(
                format!("{:15}", cut_name(&company.name, 15)),
                Style::new().bold(),
            ),
        ];
        if titles {
            spans.push(format!(" {:15}", company.story.unwrap_or_default()).dark_gray());
        }
        spans.push(Span::styled(
            format!("{now:>5} "),
            Style::new().fg(color(tier)),
        ));
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
