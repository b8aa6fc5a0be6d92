//! `puls demo`: a simulated year of made-up companies, told by the engine itself.
//!
//! [`Year`] writes what a company's systems would write, day by day: usage, tickets, surveys,
//! terms. The engine reads that and nothing else; what the view shows is what it published. Six
//! companies have stories, the others are a crowd. Nothing here is used outside the demo.

mod board;
mod life;
mod names;
mod news;
mod plain;
mod screen;
mod stories;
mod story;
mod year;

pub use year::{Company, HISTORY_DAYS, START, Year, midnight};

use crate::model::{Kind, Time};

/// One record before it lies in an input.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Line {
    /// When it becomes known; never before the line before it.
    pub time: Time,
    /// Kind of its one event.
    pub kind: Kind,
    /// Key of its account.
    pub key: String,
    /// The event in canonical JSON, without an end of line.
    pub value: String,
}
