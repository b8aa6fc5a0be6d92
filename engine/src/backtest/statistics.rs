//! Statistics of a backtest, each in a file of its own with a case worked by hand.
//!
//! Nothing here knows what a rule or an account is: rows have a cluster (the account), because
//! rows of one account are no independent evidence, and intervals must say so.

pub mod auc;
pub mod lead;
pub mod share;

/// Half the width of a 95 % interval in standard errors of a normal distribution.
pub const Z_95: f64 = 1.959_963_984_540_054;

/// A count as a number; counts here stay far below 2^53.
#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
pub(super) const fn number(count: usize) -> f64 {
    count as f64
}
