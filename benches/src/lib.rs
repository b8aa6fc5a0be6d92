//! What the benchmarks share: the workload generator.
//!
//! [`Workload`] says what traffic looks like, [`Generator`] makes it, one [`Line`] after the other,
//! the same ones for the same workload on every run. Nothing here measures anything, and nothing
//! here knows a stage of the engine beyond its plain data.

mod event;
mod generator;
mod workload;

pub use event::Line;
pub use generator::{Generator, records};
pub use workload::{Keys, Mix, Workload};
