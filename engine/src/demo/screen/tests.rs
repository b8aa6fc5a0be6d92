//! Frames of a small board, on a terminal that is only a buffer.

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
        │██████████████████████████████████                                  ││★Nordlicht       52.0 ▇▇▇▇▇▇▇▇▇▇▇▇▇▃▃▃▃▃▃▃▃▃▃▃▃ │
        │██████████████████████████████████                                  ││                                                │
        │██████████████████████████████████                                  ││                                                │
        │██████████████████████████████████                                  ││                                                │
        │██████████████████████████████████                                  ││                                                │
        │██████████████████████████████████                                  ││                                                │
        ╰Jan───────────────────────Feb─────────────────────Mar───────────────╯╰────────────────────────────────────────────────╯
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
