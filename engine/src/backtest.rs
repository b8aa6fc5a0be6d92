//! Backtest: a candidate rule against the active one over history, before it goes live.
//!
//! ```text
//! inputs ─┬▶ the real shards, active rule    ─▶ alerts, tiers ─┐
//!         └▶ the real shards, candidate      ─▶ alerts, tiers ─┼▶ report ─▶ page, tables
//!            each stops before the first of a month and looks  │
//!                                    outcomes (decided_at) ────┘
//! ```
//! Two folds, one a rule, side by side on two threads: an account is evaluated when any of its
//! rules asks for it (a dwell that ends, a silence that a feature counts), so two rules in one fold
//! would ask each other at moments of the other, and would open alerts that neither opens alone.
//! Each fold is what `puls run` would have done with that rule as the tenant's primary one, beside
//! the tenant's other rules; a test holds that.
//!
//! The unit of judgement is (account, first of a month, midnight in the tenant's zone). Nothing
//! that arrived later than the moment before is known to it: the fold stops there. From its
//! decision on an account is no unit any more, and only units whose outcome window has passed are
//! judged. Reading order: [`pair`] (what governs when), [`tape`] (inputs, only to read), [`fold`]
//! (a shard through the months), [`outcomes`], [`report`] with [`statistics`], then [`page`] and
//! [`tables`] that show it.
//!
//! Nothing here writes to a data folder, a topic or a group, and nothing is decided here that the
//! engine would not decide.

pub mod calendar;
pub mod fold;
pub mod notice;
pub mod outcomes;
pub mod page;
pub mod pair;
pub mod report;
pub mod statistics;
pub mod tables;
pub mod tape;

/// The two rules of a backtest, and where theirs stands in a pair.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Side {
    /// The rule that governed.
    Active = 0,
    /// The rule that might.
    Candidate = 1,
}

impl Side {
    /// Both, in order.
    pub const BOTH: [Self; 2] = [Self::Active, Self::Candidate];

    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Candidate => "candidate",
        }
    }

    /// This side's of a pair.
    #[must_use]
    pub const fn of<T>(self, pair: &[T; 2]) -> &T {
        let [active, candidate] = pair;
        match self {
            Self::Active => active,
            Self::Candidate => candidate,
        }
    }

    /// This side's of a pair, to change.
    #[must_use]
    pub const fn of_mut<T>(self, pair: &mut [T; 2]) -> &mut T {
        let [active, candidate] = pair;
        match self {
            Self::Active => active,
            Self::Candidate => candidate,
        }
    }
}

/// Why a backtest cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum BacktestError {
    /// An input cannot be read.
    #[error("{0}")]
    Log(#[from] crate::log::LogError),
    /// Settings, rules or inputs are not what a backtest needs: what was expected and found.
    #[error("{0}")]
    Expected(String),
    /// Another shard cannot go on.
    #[error("stopped, because another shard cannot go on")]
    Stopped,
    /// A table cannot be written.
    #[error("{0}")]
    Table(#[from] crate::export::ExportError),
}
