//! What the sheets of a book are about, and where each of their tables begins.
//!
//! A sheet is cut at lines that hold nothing but the name of a section (`[exceptions]`, or
//! `Exceptions`). What stands before the first such line is about what the sheet's name says, and
//! about factors where it says nothing.

use super::{Book, Sheet};
use crate::words::{self, normal};

/// What a section is about.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Kind {
    Card,
    Parameters,
    Derived,
    Factors,
    Variants,
    Exceptions,
    Triggers,
    Tiers,
    Promises,
}

impl Kind {
    /// All, in the order of a card, with what sections and sheets about it are called.
    pub(crate) const ALL: [(Self, &'static [&'static str]); 9] = [
        (Self::Card, words::CARD),
        (Self::Parameters, words::PARAMETERS),
        (Self::Derived, words::DERIVED),
        (Self::Factors, words::FACTORS),
        (Self::Variants, words::VARIANTS),
        (Self::Exceptions, words::EXCEPTIONS),
        (Self::Triggers, words::TRIGGERS),
        (Self::Tiers, words::TIERS),
        (Self::Promises, words::PROMISES),
    ];

    /// How people call it.
    pub(crate) fn name(self) -> &'static str {
        let found = Self::ALL.iter().find(|(kind, _)| *kind == self);
        found
            .and_then(|(_, names)| names.first())
            .copied()
            .unwrap_or("factors")
    }

    /// The kind that a name says.
    fn named(text: &str) -> Option<Self> {
        let text = normal(text);
        let found = Self::ALL
            .iter()
            .find(|(_, names)| names.contains(&text.as_str()));
        found.map(|(kind, _)| *kind)
    }

    /// The kind of a sheet by its name, in which other words may stand.
    fn of_sheet(name: &str) -> Option<Self> {
        let text = normal(name);
        Self::named(name).or_else(|| {
            let words: Vec<_> = text.split(' ').collect();
            let found = Self::ALL.iter().find(|(_, names)| {
                names
                    .iter()
                    .any(|name| !name.contains(' ') && words.contains(name))
            });
            found.map(|(kind, _)| *kind)
        })
    }
}

/// Rows of a sheet about one thing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Section {
    pub(crate) kind: Kind,
    /// Index of its sheet.
    pub(crate) sheet: usize,
    /// Rows, the line with its name left out.
    pub(crate) from: usize,
    pub(crate) until: usize,
    /// Whether a name said what it is about.
    pub(crate) is_named: bool,
}

/// The sections of a book, in order.
pub(crate) fn sections(book: &Book) -> Vec<Section> {
    let mut all = Vec::new();
    for (index, sheet) in book.sheets.iter().enumerate() {
        let of_sheet = Kind::of_sheet(&sheet.name);
        let mut section = Section {
            kind: of_sheet.unwrap_or(Kind::Factors),
            sheet: index,
            from: 0,
            until: sheet.rows.len(),
            is_named: of_sheet.is_some(),
        };
        for row in 0..sheet.rows.len() {
            let Some(kind) = heading(sheet, row) else {
                continue;
            };
            push(
                &mut all,
                sheet,
                Section {
                    until: row,
                    ..section
                },
            );
            section = Section {
                kind,
                from: row + 1,
                is_named: true,
                ..section
            };
        }
        push(&mut all, sheet, section);
    }
    all
}

fn push(all: &mut Vec<Section>, sheet: &Sheet, section: Section) {
    if (section.from..section.until).any(|row| !sheet.is_blank(row)) {
        all.push(section);
    }
}

/// The kind that a line says which holds nothing else.
fn heading(sheet: &Sheet, row: usize) -> Option<Kind> {
    let mut filled = sheet.filled(row);
    let (first, second) = (filled.next()?, filled.next());
    if second.is_some() {
        return None;
    }
    let text = sheet.cell(row, first);
    // A title above the lines that says more than the name of a section is none.
    Kind::named(text.trim_matches(|c: char| matches!(c, '[' | ']' | '#' | ':' | ' ')))
}
