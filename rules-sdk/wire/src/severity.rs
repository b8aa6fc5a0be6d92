//! How much an alert matters.

#[cfg(feature = "manifest")]
use serde::{Deserialize, Serialize};

/// How much an alert matters, least first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
#[cfg_attr(feature = "manifest", derive(Serialize, Deserialize))]
#[cfg_attr(feature = "manifest", serde(rename_all = "snake_case"))]
pub enum Severity {
    /// Good to know.
    Info,
    /// Look at it.
    #[default]
    Warning,
    /// Act on it.
    Critical,
}

impl Severity {
    /// The word as it stands in manifests and outputs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }
}
