//! What the benchmarks share: the workload generator, and one shard to fold with.
//!
//! [`Workload`] says what traffic looks like, [`Generator`] makes it, one [`Line`] after the other,
//! the same ones for the same workload on every run; it knows no stage of the engine. [`fold`] has
//! the fold on one core. Nothing here measures anything.

mod event;
pub mod fold;
mod generator;
mod workload;

pub use event::Line;
pub use generator::{Generator, records};
pub use workload::{Keys, Mix, Workload};
