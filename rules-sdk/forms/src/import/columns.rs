//! Which line of a section is its header, and which column is what.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::report::Report;
use super::{Cell, Desk};
use crate::number;
use crate::table::{Book, Kind, Section, Sheet};
use crate::words::{self, Column, normal, shown};

/// Rows that may stand above a header: titles, dates, who made it.
const ABOVE_HEADER_MAX: usize = 30;

/// The columns of a section.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Layout {
    /// Row of the header; that before the first line where a list of settings has none.
    pub(super) header: usize,
    /// Key and column.
    pub(super) columns: Vec<(&'static str, usize)>,
}

impl Layout {
    /// The columns that are read.
    pub(super) fn read(&self) -> Vec<usize> {
        let read = self.columns.iter().filter(|(key, _)| !key.is_empty());
        read.map(|(_, column)| *column).collect()
    }

    /// The column of a key; of one that a card's line is read from in another way, that.
    pub(super) fn column_of(&self, key: &str) -> Option<usize> {
        let get = |key: &str| {
            let found = self.columns.iter().find(|(known, _)| *known == key);
            found.map(|(_, column)| *column)
        };
        // Settings have one column of values.
        if let [(_, only)] = self.columns.as_slice() {
            return Some(*only);
        }
        get(key).or_else(|| {
            let other: &[&str] = match key {
                "bands" => &["red", "green", "zero_at", "feature"],
                "zero_at" => &["bands", "red", "feature"],
                "measure_weight" => &["measure", "weight"],
                "name" => &["measure", "feature"],
                "title" => &["measure"],
                "feature" => &["name"],
                _ => &[],
            };
            other.iter().find_map(|key| get(key))
        })
    }
}

/// The columns that a kind of section can have.
fn known(kind: Kind) -> &'static [Column] {
    match kind {
        Kind::Factors => words::FACTOR_COLUMNS,
        Kind::Exceptions => words::EXCEPTION_COLUMNS,
        Kind::Triggers => words::TRIGGER_COLUMNS,
        Kind::Tiers => words::TIER_COLUMNS,
        Kind::Promises => words::PROMISE_COLUMNS,
        Kind::Parameters => words::PARAMETER_COLUMNS,
        Kind::Derived => words::DERIVED_COLUMNS,
        Kind::Variants => words::VARIANT_COLUMNS,
        Kind::Card => words::CARD_KEYS,
    }
}

/// Names of columns and the keys that they mean.
type Names = BTreeMap<String, &'static str>;

/// Those of all kinds, made once: every cell that may be a header is looked up among them.
static NAMES: LazyLock<BTreeMap<Kind, Names>> = LazyLock::new(|| {
    let all = Kind::ALL.into_iter();
    all.map(|(kind, _)| (kind, names(kind))).collect()
});

fn names(kind: Kind) -> Names {
    let mut all = Names::new();
    for (key, names) in known(kind) {
        let own = (!key.is_empty()).then(|| normal(key));
        let others = names.iter().map(|name| (*name).to_owned());
        for name in others.chain(own) {
            // Of two columns with one name the first.
            all.entry(name).or_insert(*key);
        }
    }
    all
}

/// What a header says: its text without what stands in brackets, else with.
fn key(kind: Kind, text: &str) -> Option<&'static str> {
    let names = NAMES.get(&kind)?;
    let plain = |text: &str| names.get(&normal(text)).copied();
    let head = text.split(['(', '[']).next().unwrap_or_default();
    plain(text).or_else(|| plain(head))
}

/// The columns of a row, read as a header.
fn header(sheet: &Sheet, row: usize, kind: Kind) -> Vec<(&'static str, usize)> {
    let mut found: Vec<(&'static str, usize)> = Vec::new();
    for column in sheet.filled(row) {
        let Some(key) = key(kind, sheet.cell(row, column)) else {
            continue;
        };
        // `Measure | Weight | Factor | Weight`: the first is the measure's.
        if key == "weight"
            && kind == Kind::Factors
            && let Some(first) = found.iter_mut().find(|(known, _)| *known == "weight")
        {
            first.0 = "measure_weight";
        }
        if key.is_empty() || !found.iter().any(|(known, _)| *known == key) {
            found.push((key, column));
        }
    }
    // `Measure | Weight | Feature | Points` with one weight between the two: whose is it? A
    // factor's, as there is no other; measures then weigh what their factors do together.
    found
}

/// The row that is the header, and its columns.
fn best_header(sheet: &Sheet, section: &Section) -> Option<Layout> {
    let rows = section.from..section.until.min(section.from + ABOVE_HEADER_MAX);
    let candidates = rows.map(|row| Layout {
        header: row,
        columns: header(sheet, row, section.kind),
    });
    // Of equals the first.
    let score = |layout: &Layout| {
        layout
            .columns
            .iter()
            .filter(|(key, _)| !key.is_empty())
            .count()
    };
    let mut best: Option<Layout> = None;
    for layout in candidates {
        if score(&layout) > best.as_ref().map_or(0, score) {
            best = Some(layout);
        }
    }
    best.filter(|layout| score(layout) >= 2)
}

/// Whether a section without a name has a header of factors.
pub(super) fn could_be_factors(report: &Report<'_>, section: &Section) -> bool {
    let Some(sheet) = report.sheet(section.sheet) else {
        return false;
    };
    let section = Section {
        kind: Kind::Factors,
        ..*section
    };
    best_header(sheet, &section).is_some_and(|layout| {
        let has = |key: &str| layout.columns.iter().any(|(known, _)| *known == key);
        has("feature")
            || (has("name") || has("measure"))
                && ["weight", "bands", "zero_at", "red"]
                    .iter()
                    .any(|key| has(key))
    })
}

/// Whether numbers of a book have decimal commas: `0,5` stands in it, and no `0.5`.
pub(super) fn has_decimal_commas(book: &Book) -> bool {
    let is_decimal = |text: &str, mark: char| {
        let text = text.trim().trim_end_matches('%').trim();
        text.split_once(mark).is_some_and(|(before, behind)| {
            let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
            digits(before.trim_start_matches('-')) && digits(behind) && behind.len() != 3
        })
    };
    let cells = || {
        book.sheets
            .iter()
            .flat_map(|sheet| sheet.rows.iter().flatten())
    };
    cells().any(|text| is_decimal(text, ',')) && !cells().any(|text| is_decimal(text, '.'))
}

impl Desk<'_> {
    /// Finds the header of a section, says what was understood, and notes columns that are not
    /// read. `None` after saying what is missing.
    pub(super) fn layout(&mut self, section: Section) -> Option<Layout> {
        let sheet = self.report.sheet(section.sheet)?;
        let layout = best_header(sheet, &section);
        let Some(layout) = layout else {
            let names: Vec<_> = known(section.kind)
                .iter()
                .filter(|(key, _)| !key.is_empty())
                .map(|(key, names)| names.first().map_or(*key, |name| *name))
                .collect();
            self.report.problem(
                section.sheet,
                section.from,
                None,
                format!(
                    "expected a line with the names of the columns of {} ({}), found none",
                    section.kind.name(),
                    names.join(", ")
                ),
            );
            return None;
        };
        let all: Vec<_> = known(section.kind)
            .iter()
            .flat_map(|(_, names)| names.iter())
            .collect();
        for column in sheet.filled(layout.header) {
            if layout.columns.iter().any(|(_, known)| *known == column) {
                continue;
            }
            let text = sheet.cell(layout.header, column);
            let used =
                (layout.header + 1..section.until).any(|row| !sheet.cell(row, column).is_empty());
            if used {
                // Beyond those that are told, nobody looks for what was meant.
                let near = all.iter().filter(|_| self.report.has_room_for_notes());
                let hint = words::hint(text, near.map(|name| **name), "it is passed over");
                self.report.note(
                    section.sheet,
                    layout.header,
                    Some(column),
                    &format!("the column {} is not read{hint}", shown(text)),
                );
            }
        }
        self.sections.push((section, layout.clone()));
        Some(layout)
    }

    /// The cell of a key in a row.
    pub(super) fn cell<'t>(
        sheet: &'t Sheet,
        section: Section,
        layout: &Layout,
        row: usize,
        key: &str,
    ) -> Cell<'t> {
        let found = layout.columns.iter().find(|(known, _)| *known == key);
        let column = found.map(|(_, column)| *column);
        let text = column.map_or("", |column| sheet.cell(row, column));
        Cell {
            sheet: section.sheet,
            row,
            column,
            text: unarmed(text),
        }
    }
}

/// A text without the sign that keeps spreadsheets from taking it for a formula; a dash alone is
/// how people write "nothing".
pub(super) fn unarmed(text: &str) -> &str {
    if matches!(text, "-" | "–" | "—" | "n/a" | "N/A") {
        return "";
    }
    match text.strip_prefix('\'') {
        Some(rest)
            if rest.starts_with(['=', '+', '-', '@', '\''])
                && number::read(rest, false).is_none() =>
        {
            rest
        }
        _ => text,
    }
}
