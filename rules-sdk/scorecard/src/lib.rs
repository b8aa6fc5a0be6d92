//! Scorecards: rules that are written as tables, by people who do not program.
//!
//! ```text
//! TOML ──read──▶ Card ──compile──▶ module of ABI puls/1, with its manifest
//!          ▲
//!      Catalogue: the features there are, and which of them are texts
//! ```
//! [`read()`] finds everything that is wrong with a table and says where. [`Card`] is what it
//! means, with every name resolved. [`compile()`] cannot fail on a card that was read. Nothing here
//! knows the engine, evaluates a card, or runs a module.

mod card;
mod catalogue;
mod compile;
mod mentions;
mod read;

pub use card::{
    Arithmetic, Band, Card, Comparison, Condition, Derived, Exception, Factor, Force, Line,
    Measure, Missing, Number, Scale, Texts, Trigger, Variant,
};
pub use catalogue::{Catalogue, Entry, Form};
pub use compile::{Compiled, Cost, compile};
pub use puls_table::Problem;
pub use read::read;
