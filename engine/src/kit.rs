//! The test kit: a rule against the cases beside it, before it governs anybody.
//!
//! ```text
//! Case ─pose─▶ row, parameters ─▶ the module ─▶ Answer ─judge─▶ Outcome
//!   └ a story is folded by a real shard, over a log in memory, up to its moment
//! ```
//! In reading order: [`Candidate`] (the rule under test), `answer` (what it says of a row,
//! explained as the engine explains it), `story` (from events to a row), `cases` (all of it,
//! against what is expected and against a native run), `verify` (what no case thought of),
//! `catalogue` (the features that a scorecard may name). Nothing here reads a file or prints, and
//! nothing that it does is remembered by the engine.

mod answer;
mod cases;
mod catalogue;
mod story;
mod verify;

use std::sync::Arc;

pub use answer::{Answer, PartLine, difference};
pub use cases::{Asked, Compared, Native, Outcome, Trouble, pose, run};
pub use catalogue::catalogue;
pub use story::Posed;
pub use verify::{Check, Failure, verify};

use crate::model::Settings;
use crate::rules::{Module, Refusal, RulesEngine};

/// A rule under test, and the tenant that it is tested for.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// The rule, compiled.
    pub module: Arc<Module>,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// What the tenant declares.
    pub settings: Settings,
    engine: RulesEngine,
}

impl Candidate {
    /// A module for a tenant with these settings.
    ///
    /// # Errors
    /// Why the engine does not take the module.
    pub fn new(engine: &RulesEngine, bytes: Vec<u8>, settings: Settings) -> Result<Self, Refusal> {
        Ok(Self {
            module: engine.compile(&bytes)?,
            bytes,
            settings,
            engine: engine.clone(),
        })
    }
}
