//! From a [`Card`] to a module.

use puls_wire::Manifest;

use crate::Card;

/// A compiled card.
#[derive(Clone, PartialEq, Debug)]
pub struct Compiled {
    /// The module, its manifest in the section `puls.manifest`.
    pub module: Vec<u8>,
    /// The manifest.
    pub manifest: Manifest,
    /// What it costs.
    pub cost: Cost,
}

/// What a module costs, known without running it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cost {
    /// Operators that a batch of 256 rows runs at most.
    pub batch_operators: u64,
    /// Bytes of the largest function body.
    pub body_bytes_max: usize,
}

/// Compiles a card. The same card gives the same bytes.
#[must_use]
pub fn compile(_card: &Card) -> Compiled {
    unimplemented!("written next")
}
