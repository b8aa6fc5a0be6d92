//! Modules of cards run here: what comes out is compared with what was computed by hand.

mod build;
mod forces;
mod harness;
mod limits;
mod logic;
mod members;
mod points;

/// A value that is not there.
const NAN: f64 = f64::NAN;
