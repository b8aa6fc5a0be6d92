//! A card as a page that can be shown to somebody who decides: in words and pictures.
//!
//! ```text
//! Card ──facts──▶ shares, scales and conditions in words ──▶ html (with pictures), markdown
//! ```
//! The page says what the card says and nothing else; it is whole by itself: no script, no font, no
//! picture from elsewhere. The same card gives the same bytes.

mod facts;
mod html;
mod markdown;
mod picture;
mod style;

use puls_scorecard::{Card, Catalogue};

/// The form of a page.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    /// For wikis and tickets.
    Markdown,
    /// For a browser, and for paper.
    Html,
}

/// The page of a card that was read with the features of `catalogue`.
#[must_use]
pub fn page(card: &Card, catalogue: &Catalogue, format: Format) -> String {
    let facts = facts::Facts::new(card, catalogue);
    match format {
        Format::Markdown => markdown::render(&facts),
        Format::Html => html::render(&facts),
    }
}
