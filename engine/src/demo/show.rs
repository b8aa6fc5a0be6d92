//! The show: companies live, the engine reads, the board takes what was published.
//!
//! Goes forward in slices of simulated time. How fast, and how many at once, changes nothing in
//! what is told: that depends on the seed and the number of accounts alone.

use std::collections::VecDeque;
use std::path::Path;

use super::board::{Board, Entry};
use super::stage::Stage;
use super::year::{HISTORY_DAYS, Year, midnight};
use super::{DemoError, Line};
use crate::model::{HOUR_MS, Time};
use crate::query::View;

/// Simulated time that is lived through at once, so that the view moves smoothly.
pub(super) const SLICE_MS: i64 = 3 * HOUR_MS;

/// Everything that goes on.
#[derive(Debug)]
pub(super) struct Show {
    year: Year,
    stage: Stage,
    pub(super) board: Board,
    pub(super) view: View,
    /// Lines of the present day that the engine has not read.
    today: VecDeque<Line>,
    now: Time,
    days: i32,
    pub(super) events: u64,
}

impl Show {
    /// The companies at the start of history, and an engine that has read nothing.
    pub(super) fn open(
        (seed, accounts): (u64, usize),
        days: i32,
        rules: &Path,
    ) -> Result<Self, DemoError> {
        let year = Year::new(seed, accounts);
        let now = midnight(-HISTORY_DAYS);
        Ok(Self {
            board: Board::new(year.companies()),
            stage: Stage::open(rules, now)?,
            view: View::default(),
            today: VecDeque::new(),
            days,
            events: 0,
            year,
            now,
        })
    }

    /// The simulated time.
    pub(super) const fn now(&self) -> Time {
        self.now
    }

    /// The day that is going on; below 0 in history.
    pub(super) fn day(&self) -> i32 {
        if self.now.0.rem_euclid(crate::model::DAY_MS) == 0 {
            self.year.day_next()
        } else {
            self.year.day_next() - 1
        }
    }

    /// Days of the year.
    pub(super) const fn days(&self) -> i32 {
        self.days
    }

    /// Whether the last day is over.
    pub(super) fn is_over(&self) -> bool {
        self.now >= midnight(self.days)
    }

    /// Lives through the next `slice_ms`, a divisor of a day; returns what is worth telling, in
    /// order.
    pub(super) fn advance(&mut self, slice_ms: i64) -> Result<Vec<Entry>, DemoError> {
        if self.now == midnight(self.year.day_next()) {
            if self.year.day_next() == 0 {
                self.board.begin();
            }
            self.today.extend(self.year.day());
        }
        let until = self.now.plus_ms(slice_ms);
        let ready = self.today.partition_point(|line| line.time < until);
        self.events += ready as u64;
        let outputs = self.stage.play(self.today.drain(..ready), until)?;
        self.view.publish(&outputs);
        let told = outputs
            .iter()
            .filter_map(|output| self.board.take(output))
            .collect();
        self.now = until;
        if until == midnight(self.year.day_next()) && until > midnight(0) {
            self.board.end_day();
        }
        Ok(told)
    }

    /// What went wrong with rules.
    pub(super) fn reports(&self) -> Vec<String> {
        self.stage.reports()
    }
}
