//! Tables that people write who do not program: TOML in which every value knows its place and says
//! itself what is wrong with it.
//!
//! ```text
//! text ──parse──▶ Table ─▶ Value ─▶ a number, a text, a list …   Report: all that is wrong
//! ```
//! Scorecards and cases are read with it. It knows neither, finds everything at once, and repairs
//! nothing. No input makes it panic.

mod names;
mod problem;
mod report;
mod syntax;
mod table;

pub use names::{hint, list, nearest, not_a_name, shown};
pub use problem::Problem;
pub use puls_wire::{is_name, is_text};
pub use report::{Report, place};
pub use table::{Plain, Table, Text, Value};

use toml::Spanned;
use toml::de::DeTable;

/// The tree of a file; `None` after reporting why there is none.
pub fn parse<'s>(source: &'s str, report: &mut Report<'_>) -> Option<Spanned<DeTable<'s>>> {
    let (root, errors) = DeTable::parse_recoverable(source);
    if errors.is_empty() {
        return Some(root);
    }
    syntax::report(report, &errors);
    None
}
