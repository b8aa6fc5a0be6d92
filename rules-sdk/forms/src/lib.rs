//! Scorecards in the forms that people have them in.
//!
//! ```text
//! CSV, XLSX ──import()──▶ card.toml ──page()──▶ Markdown, HTML for people who decide
//!                           │  ▲
//!                        tables() (CSV)
//! ```
//! [`import()`] makes a card of a table and says what it understood, what it guessed and all that
//! is wrong, by cell. [`tables()`] writes the table again. [`page()`] shows what a card means. What
//! a card is, `puls_scorecard` says; nothing here evaluates one, and nothing reads or writes files.

mod condition;
mod draft;
mod export;
mod import;
pub mod limits;
mod number;
mod page;
mod phrases;
mod plain;
mod table;
mod words;

pub use export::{sample, tables};
pub use import::{Imported, Refused, Wish, import};
pub use page::{Format, page};
pub use phrases::has_phrase;
pub use table::Unreadable;

#[cfg(test)]
mod tests;
