//! Trained models as rules: what a data scientist made runs where everybody's rules run.
//!
//! ```text
//! model.txt ──read──▶ Model ──bind──▶ Rule ──compile──▶ module of ABI puls/1
//!                       map.toml ─────▲  └──evaluate──▶ the same verdicts, natively
//! additive.json ──card──▶ text of a scorecard
//! ```
//! [`read()`] takes the text that LightGBM saves and finds everything that is wrong with it.
//! [`Map`] says which feature of Puls each column is, and in which words it is explained.
//! [`bind()`] joins them: node values become integers, each feature a part. [`compile()`] and
//! [`Rule::evaluate`] answer the same, to the bit. [`Additive`] models become scorecards, which
//! people can read and change. Nothing here trains, and nothing here runs a module.

mod additive;
mod bind;
mod compile;
mod evaluate;
mod forest;
pub mod limits;
mod logistic;
mod map;
mod names;
mod problem;
mod read;

pub use additive::{Additive, AdditiveCard};
pub use bind::{Naming, Rule, bind};
pub use compile::{Bounds, Compiled, Cost, compile};
pub use map::Map;
pub use problem::Problem;
pub use read::{Child, Leaf, Missing, Model, Node, Test, Tree, read};
