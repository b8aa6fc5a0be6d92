//! What can go wrong with one row, said once for the report.

/// Which way a row failed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum FailureKind {
    /// The module trapped.
    Trap,
    /// The module used more than a call's fuel.
    Fuel,
    /// `puls_eval` answered something other than 0.
    Code,
    /// An answer lies outside its range.
    Range,
    /// The module says itself that it failed on this row.
    RowError,
    /// The module was caught answering the same row differently; it is to be set aside at once.
    Nondeterministic,
}

impl FailureKind {
    /// The word as it stands in reports and metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Trap => "trap",
            Self::Fuel => "fuel",
            Self::Code => "code",
            Self::Range => "range",
            Self::RowError => "row_error",
            Self::Nondeterministic => "nondeterministic",
        }
    }
}

/// A row that has no verdict, and why.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{}: {detail}", kind.as_str())]
pub struct RowFailure {
    /// Index of the row in its batch.
    pub row: usize,
    /// Which way it failed.
    pub kind: FailureKind,
    /// What was expected and what was found.
    pub detail: String,
}
