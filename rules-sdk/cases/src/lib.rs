//! The cases beside a rule: customers of whom somebody has said what the rule should say of them.
//!
//! ```text
//! cases.toml ──read──▶ Case ─▶ a row of features, or a story of events ─▶ the rule ─▶ Found
//!                └──────▶ Expect ───────────────────judge──────────────────────────────▶┘
//! ```
//! [`read()`] finds everything that is wrong with a file and says where, with the names that the
//! rule knows. [`judge`] compares. Whoever runs a rule does so elsewhere: the rule's own `cargo
//! test` natively, the engine as WebAssembly; [`exchange`] is how the two compare verdicts to the
//! bit. Nothing here runs anything, and no file makes it panic or work for long.

mod case;
pub mod exchange;
mod found;
mod read;

pub use case::{Case, Event, Expect, Known, Story, Subject};
pub use found::{Found, Mismatch, hundredths, judge, points, row};
pub use puls_table::{Problem, place};
pub use read::{EVENTS, EventFields, FieldForm, read};

/// Name of the file with the cases, beside the rule.
pub const FILE: &str = "cases.toml";
/// Longest file in bytes: as long as a card may be.
pub const BYTES_MAX: usize = 256 * 1024;
/// Cases of one rule: each is run whenever the rule is activated.
pub const CASES_MAX: usize = 500;
/// Events of one story, repetitions counted: a busy customer's year.
pub const STORY_EVENTS_MAX: usize = 10_000;
/// Events of all stories of a file: some seconds of folding.
pub const STORIES_EVENTS_MAX: usize = 100_000;
/// Bytes of the events of all stories of a file, repetitions counted: three hundred an event. A
/// long text in an event that happens ten thousand times is as many long texts.
pub const STORIES_BYTES_MAX: usize = 32 * 1024 * 1024;
/// Days between a story's event and the moment at which one looks: ten years.
pub const STORY_DAYS_MAX: i64 = 3_660;
