//! From TOML to a [`Card`].

use crate::{Card, Catalogue, Problem};

/// Reads a card.
///
/// # Errors
/// All that is wrong with it, in order of lines.
pub fn read(_source: &str, _catalogue: &Catalogue) -> Result<Card, Vec<Problem>> {
    Err(Vec::new())
}
