//! `puls demo`: a simulated year of made-up companies, told by the engine itself.
//!
//! ```text
//! stories ─▶ lives ─▶ lines ─▶ the engine, embedded ─▶ outputs ─▶ board ─▶ screen or lines of text
//! ```
//! [`Year`] writes what a company's systems would write, day by day: usage, tickets, surveys,
//! terms. The engine reads that and nothing else; what the view shows is what it published. Six
//! companies have stories, the others are a crowd. Nothing here is used outside the demo.

mod board;
mod life;
mod live;
mod names;
mod news;
mod pace;
mod pipe;
mod plain;
pub mod project;
mod screen;
mod show;
mod stage;
mod stories;
mod story;
#[cfg(test)]
mod tests;
mod year;

use std::io::{self, Write};
use std::path::PathBuf;

pub use pace::Pace;
pub use stage::rules_folder;
pub use year::{Company, HISTORY_DAYS, START, Year, midnight};

use self::show::{SLICE_MS, Show};
use crate::log::LogError;
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

/// Days that may be asked for: the stories end after one year, ten are enough for anything else.
const DAYS_MAX: i32 = 3_650;

/// What the viewer asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Options {
    /// Seed of all chance.
    pub seed: u64,
    /// Number of companies, those with stories included.
    pub accounts: usize,
    /// How fast the year passes on a terminal; lines of text come as fast as they can.
    pub pace: Pace,
    /// Days of the year, 1 to 3,650.
    pub days: i32,
    /// Lines of text instead of the view.
    pub plain: bool,
    /// Folder with `saas-health.wasm` and `silent-account.wasm`; see [`rules_folder`].
    pub rules: PathBuf,
}

/// Why the demo ended early.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// A rule's module is not there.
    #[error("read the rule {}: {error}; build the rules first (engine/demo does)", path.display())]
    Module {
        /// Where it should be.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// Rules cannot be run here.
    #[error("start the rules engine: {0}")]
    Engine(String),
    /// The engine stopped.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The terminal cannot be used.
    #[error("use the terminal: {0}; `--plain` needs none")]
    Terminal(io::Error),
    /// The text cannot be written.
    #[error(transparent)]
    Write(#[from] io::Error),
}

/// Plays the demo: on the terminal, or as lines of text to `out`. Ends with a summary on `out`.
///
/// # Errors
/// Where the rules are not there, the engine stops, or the output cannot be written.
pub fn run(options: &Options, out: &mut dyn Write) -> Result<(), DemoError> {
    let Options {
        seed,
        accounts,
        pace,
        days,
        plain,
        rules,
    } = options;
    let days = (*days).clamp(1, DAYS_MAX);
    let mut show = Show::open((*seed, *accounts), days, rules)?;
    if *plain {
        while !show.is_over() {
            for entry in show.advance(SLICE_MS)? {
                writeln!(out, "{}", plain::line(&show.board, &entry))?;
            }
            // Whoever reads along sees each day as it passes.
            out.flush()?;
        }
    } else {
        live::play(&mut show, *pace, *seed)?;
    }
    out.write_all(plain::summary(&show.board, &show.view, show.events).as_bytes())?;
    for report in show.reports() {
        writeln!(out, "rule failed: {report}")?;
    }
    Ok(out.flush()?)
}
