//! What a rule author needs.
//!
//! A rule is a plain Rust function from a [`Row`] of features to a [`Score`]. It is tested
//! natively; WebAssembly is only how it travels. What the rule reads and says is declared in
//! lists, and from them the manifest is written while the rule compiles.
//!
//! ```
//! use puls_rules_sdk::{Feature, Measure, Part, Row, Rule, Score, line, list};
//!
//! list!(FEATURES: Feature { SEEN = Feature::new("usage.days_since_last") });
//! list!(MEASURES: Measure { ADOPTION = Measure::new("Adoption", 1.0) });
//! list!(PARTS: Part {
//!     RECENCY = Part::new(ADOPTION, 1.0, &[SEEN], "Last seen {} days ago"),
//! });
//!
//! pub const RULE: Rule = Rule {
//!     features: FEATURES,
//!     measures: MEASURES,
//!     parts: PARTS,
//!     ..Rule::new("recency", "1.0.0", evaluate)
//! };
//! puls_rules_sdk::rule!(RULE);
//!
//! fn evaluate(row: &Row, score: &mut Score) {
//!     score.part(RECENCY, row.get(SEEN).map(|days| line(days, 30.0, 2.0)));
//! }
//! # assert_eq!(RULE.verdict(&[16.0]).score(), 500_000);
//! ```
//!
//! The parts in reading order: `declare` (the lists and their items), `row` (what a rule reads),
//! `points` (from a value to points), `score` (what a rule says, and how it becomes a verdict),
//! `manifest` and `json` (the section of the module), `guest` (the ABI; all `unsafe` of this
//! crate), `native` (the same call without WebAssembly), `kit` (feature `kit`: tests by name) and
//! `cases` (the same feature: the cases beside a rule), `link` (one line for a rule's build
//! script).
//!
//! Nothing here allocates, panics or keeps anything between rows while a rule is evaluated.
#![deny(missing_docs)]

// The code of the guide is compiled and run with the tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Guide;

#[cfg(feature = "kit")]
pub mod cases;
mod declare;
#[doc(hidden)]
pub mod guest;
mod json;
#[cfg(feature = "kit")]
pub mod kit;
mod link;
mod macros;
mod manifest;
#[cfg(not(target_arch = "wasm32"))]
mod native;
mod points;
mod row;
mod rule;
mod score;

pub use declare::{
    Alerts, Exception, Feature, Id, Measure, Named, Parameter, Part, Reason, Tier, Trigger,
};
/// Maths beyond the WebAssembly operators: the same result natively and in a module.
pub use libm;
pub use link::module;
#[cfg(not(target_arch = "wasm32"))]
pub use native::Native;
pub use points::{bands, line, weighted};
pub use puls_wire::{Direction, Severity};
pub use row::Row;
pub use rule::Rule;
pub use score::Score;
