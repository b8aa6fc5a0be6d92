//! Which reference dates a result is about.

use crate::model::Time;

/// Which reference dates.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Period {
    /// All.
    All,
    /// Those before the date until which the candidate's author had seen outcomes.
    Before,
    /// The others: the only ones that say how the candidate does on what it has not seen.
    After,
}

impl Period {
    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Before => "before_tuned_until",
            Self::After => "after_tuned_until",
        }
    }

    pub(super) fn holds(self, at: Time, tuned_until: Option<Time>) -> bool {
        match (self, tuned_until) {
            (Self::All, _) | (_, None) => true,
            (Self::Before, Some(date)) => at < date,
            (Self::After, Some(date)) => at >= date,
        }
    }
}
