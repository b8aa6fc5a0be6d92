//! The demo on a terminal, live: keys in, frames out, the show in between.

use std::time::Duration;

use crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use ratatui::DefaultTerminal;

use super::screen::{self, Status};
use super::show::{SLICE_MS, Show};
use super::{DemoError, Pace};
use crate::clock::Stopwatch;
use crate::model::DAY_MS;

/// From frame to frame.
const FRAME: Duration = Duration::from_millis(40);
/// Of that, what the show may take.
const SHARE: Duration = Duration::from_millis(30);

/// What the keys have changed.
#[derive(Clone, Copy, Debug)]
struct Controls {
    pace: Pace,
    paused: bool,
    quit: bool,
}

/// Plays until the viewer quits. The terminal is as before afterwards, also after a panic.
pub(super) fn play(show: &mut Show, pace: Pace, seed: u64) -> Result<(), DemoError> {
    let mut terminal = ratatui::try_init().map_err(DemoError::Terminal)?;
    let played = frames(&mut terminal, show, pace, seed);
    ratatui::restore();
    played
}

fn frames(
    terminal: &mut DefaultTerminal,
    show: &mut Show,
    pace: Pace,
    seed: u64,
) -> Result<(), DemoError> {
    let mut controls = Controls {
        pace,
        paused: false,
        quit: false,
    };
    let mut speed = Speed::default();
    // Simulated milliseconds that are due and not lived yet.
    let mut due_ms = 0.0;
    let mut watch = Stopwatch::start();
    while !controls.quit {
        let passed = watch.elapsed();
        watch = Stopwatch::start();
        let still = controls.paused || show.is_over();
        let hurry = show.day() < 0;
        due_ms = match controls.pace.days_per_s() {
            _ if still => 0.0,
            Some(days) if !hurry => due_ms + passed.as_secs_f64() * days * DAY_MS as f64,
            _ => f64::INFINITY,
        };
        while due_ms >= SLICE_MS as f64 && watch.elapsed() < SHARE && !show.is_over() {
            show.advance(SLICE_MS)?;
            due_ms -= SLICE_MS as f64;
            if hurry && show.day() >= 0 {
                due_ms = 0.0;
            }
        }
        // What could not be lived in time is not owed: the pace is a wish.
        due_ms = due_ms.min(2.0 * SLICE_MS as f64);
        speed.measure(show.events, passed);
        let status = status(show, controls, &speed, seed);
        terminal
            .draw(|frame| screen::draw(frame, &show.board, &status))
            .map_err(DemoError::Terminal)?;
        let left = FRAME.saturating_sub(watch.elapsed());
        wait_for_key(&mut controls, left).map_err(DemoError::Terminal)?;
    }
    Ok(())
}

fn status(show: &Show, controls: Controls, speed: &Speed, seed: u64) -> Status {
    Status {
        now: show.now(),
        day: show.day(),
        days: show.days(),
        pace: controls.pace.as_str(),
        paused: controls.paused,
        over: show.is_over(),
        events: show.events,
        events_per_s: speed.events_per_s,
        seed,
    }
}

/// Waits for the next frame, and takes the keys that come meanwhile.
fn wait_for_key(controls: &mut Controls, mut wait: Duration) -> std::io::Result<()> {
    let watch = Stopwatch::start();
    let all = wait;
    while event::poll(wait)? {
        if let Event::Key(key) = event::read()?
            && key.kind != KeyEventKind::Release
        {
            press(controls, key);
        }
        wait = all.saturating_sub(watch.elapsed());
    }
    Ok(())
}

fn press(controls: &mut Controls, key: KeyEvent) {
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    match key.code {
        KeyCode::Char('c') if control => controls.quit = true,
        KeyCode::Char('q') | KeyCode::Esc => controls.quit = true,
        KeyCode::Char(' ') => controls.paused = !controls.paused,
        KeyCode::Char('+' | '=') | KeyCode::Right | KeyCode::Up => {
            controls.pace = controls.pace.faster();
        }
        KeyCode::Char('-') | KeyCode::Left | KeyCode::Down => {
            controls.pace = controls.pace.slower();
        }
        _ => {}
    }
}

/// Events a second, over the last half second or so.
#[derive(Debug, Default)]
struct Speed {
    events_before: u64,
    passed: Duration,
    events_per_s: u64,
}

impl Speed {
    fn measure(&mut self, events: u64, passed: Duration) {
        self.passed += passed;
        if self.passed < Duration::from_millis(500) {
            return;
        }
        let millis = u64::try_from(self.passed.as_millis()).unwrap_or(u64::MAX);
        self.events_per_s = (events - self.events_before) * 1_000 / millis.max(1);
        self.events_before = events;
        self.passed = Duration::ZERO;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

    use super::{Controls, Speed, press};
    use crate::demo::Pace;

    #[test]
    fn keys_pause_pace_and_quit() {
        let mut controls = Controls {
            pace: Pace::default(),
            paused: false,
            quit: false,
        };
        let table = [
            (KeyCode::Char(' '), "4 days/s", true, false),
            (KeyCode::Char('+'), "8 days/s", true, false),
            (KeyCode::Char(' '), "8 days/s", false, false),
            (KeyCode::Left, "4 days/s", false, false),
            (KeyCode::Char('-'), "2 days/s", false, false),
            (KeyCode::Char('x'), "2 days/s", false, false),
            (KeyCode::Char('q'), "2 days/s", false, true),
        ];
        for (code, pace, paused, quit) in table {
            press(&mut controls, KeyEvent::new(code, KeyModifiers::NONE));
            let found = (controls.pace.as_str(), controls.paused, controls.quit);
            assert_eq!(found, (pace, paused, quit), "{code:?}");
        }
    }

    #[test]
    fn speed_is_measured_over_half_a_second() {
        let mut speed = Speed::default();
        for (events, millis, expected) in [(100, 250, 0), (200, 250, 400), (300, 400, 400)] {
            speed.measure(events, Duration::from_millis(millis));
            assert_eq!(speed.events_per_s, expected);
        }
    }
}
