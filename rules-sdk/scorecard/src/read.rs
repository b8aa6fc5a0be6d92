//! From TOML to a [`Card`].
//!
//! ```text
//! puls-table the file as tables whose values know their places
//! context    names and columns, shared by all that follows
//! sections   [card], [parameters], [derive], variants
//! measures   measures and factors    scale   lines, bands and tables of texts
//! actions    exceptions, triggers, tiers, alerts
//! scan, formula  conditions and formulas: words, then types
//! texts      sentences               never   conditions that cannot hold
//! ```
//! Everything that is wrong is reported, in order of its place; nothing is repaired or guessed.
//! No input makes it panic, recurse deeply, or work for long: size, brackets and operators are
//! bounded before anything is parsed.

use puls_table::Table;

use crate::{Card, Catalogue, Problem};

mod actions;
mod context;
mod formula;
mod measures;
mod never;
mod scale;
mod scan;
mod sections;
mod size;
mod texts;

use self::context::Context;

/// Longest card in bytes. Its manifest has 64 KiB, and numbers, conditions and comments have to
/// find room beside the texts.
const SOURCE_BYTES_MAX: usize = 256 * 1024;

/// Reads a card.
///
/// # Errors
/// All that is wrong with it, in order of place.
pub fn read(source: &str, catalogue: &Catalogue) -> Result<Card, Vec<Problem>> {
    let mut context = Context::new(source, catalogue);
    if source.len() > SOURCE_BYTES_MAX {
        let found = source.len();
        context.report.problem(
            0,
            format!(
                "expected a card of at most {SOURCE_BYTES_MAX} bytes, found {found}; is this the \
                 right file?"
            ),
        );
        return Err(context.report.into_problems());
    }
    let Some(root) = puls_table::parse(source, &mut context.report) else {
        return Err(context.report.into_problems());
    };
    let digest = blake3::hash(source.as_bytes()).to_hex().to_string();
    let root = Table::new("a card", 0, root.get_ref());
    let card = sections::card(&mut context, root, digest);
    if let Some(card) = &card {
        size::check(&mut context, card);
    }
    let card = card.filter(|_| context.report.is_empty());
    if let Some(card) = &card {
        size::module(&mut context, card, source.len());
    }
    match card {
        Some(card) if context.report.is_empty() => Ok(card),
        _ => Err(context.report.into_problems()),
    }
}

#[cfg(test)]
mod tests;
