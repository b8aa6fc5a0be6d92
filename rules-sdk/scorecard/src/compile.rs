//! From a [`Card`] to a module of ABI `puls/1`.
//!
//! ```text
//! derived ─▶ population ─▶ variants ─▶ measures ─▶ shares ─▶ parts ─▶ exceptions ─▶ triggers
//! ```
//! Each stage is one function or several, and each function a loop over pairs of rows without a
//! branch in it; stages hand columns to each other. All arithmetic is that of [`Card`], operation
//! by operation. Nothing here checks a card, and nothing that a card says can make it fail.

use puls_wire::{Layout, Manifest};

use crate::Card;

mod code;
mod condition;
mod manifest;
mod measure;
mod module;
mod number;
mod places;
mod score;
mod verdict;

use code::Program;
use places::Places;

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
pub fn compile(card: &Card) -> Compiled {
    let manifest = manifest::manifest(card);
    let layout = Layout::new(
        card.features.len(),
        manifest.parts.len(),
        card.parameters.len(),
    );
    let mut program = Program::new(layout.bytes);
    let places = Places::new(card, &layout, &mut program);
    measure::write(card, &places, &mut program);
    score::write(card, &places, &mut program);
    verdict::write(card, &places, &mut program);
    let (module, cost) = module::module(&layout, &manifest, program);
    Compiled {
        module,
        manifest,
        cost,
    }
}

#[cfg(test)]
mod tests;
