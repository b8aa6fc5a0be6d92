//! Tables as they come out of files: sheets of texts, each cell with its address.
//!
//! ```text
//! CSV  ──csv──▶  Book { sheets } ──sections──▶ tables with a header, lists of settings
//! XLSX ──xlsx─▶
//! ```
//! A sheet may hold several sections below each other, each begun by a line with its name alone.
//! Nothing here knows what a card is made of.

mod csv;
mod sections;
mod xlsx;

use std::collections::BTreeMap;

pub(crate) use self::sections::{Kind, Section, sections};

/// A file that is no table, and why.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unreadable(pub String);

impl std::fmt::Display for Unreadable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Unreadable {}

/// What a file holds.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Book {
    pub(crate) sheets: Vec<Sheet>,
    /// Whether its numbers have decimal commas, as far as the form of the file tells.
    pub(crate) comma: bool,
}

/// A sheet.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Sheet {
    /// Its name; empty for a file that is one sheet.
    pub(crate) name: String,
    /// Rows of cells, which may differ in length. Blank cells are empty texts.
    pub(crate) rows: Vec<Vec<String>>,
    /// Cells that hold something that a person would not see so, by row and column: why.
    pub(crate) doubts: BTreeMap<(usize, usize), String>,
}

impl Sheet {
    /// The text of a cell without spaces around it; empty where there is none.
    pub(crate) fn cell(&self, row: usize, column: usize) -> &str {
        let cell = self.rows.get(row).and_then(|row| row.get(column));
        cell.map_or("", |text| text.trim())
    }

    /// Columns with something in them.
    pub(crate) fn filled(&self, row: usize) -> impl Iterator<Item = usize> {
        let cells = self.rows.get(row).into_iter().flatten().enumerate();
        cells
            .filter(|(_, text)| !text.trim().is_empty())
            .map(|(column, _)| column)
    }

    /// Whether a row has nothing in it.
    pub(crate) fn is_blank(&self, row: usize) -> bool {
        self.filled(row).next().is_none()
    }
}

/// Address of a cell as spreadsheets write it: `B7`.
pub(crate) fn address(row: usize, column: usize) -> String {
    let mut letters = Vec::new();
    let mut left = column + 1;
    while left > 0 {
        left -= 1;
        letters.push(u8::try_from(left % 26).map_or('?', |place| char::from(b'A' + place)));
        left /= 26;
    }
    let letters: String = letters.iter().rev().collect();
    format!("{letters}{}", row + 1)
}

/// The tables of a file by what it holds: an archive is XLSX, text is CSV.
pub(crate) fn load(bytes: &[u8]) -> Result<Book, Unreadable> {
    const OLD: [u8; 8] = [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1];
    if bytes.len() > crate::limits::FILE_BYTES_MAX {
        return Err(Unreadable(format!(
            "expected a table of at most {} bytes, found {}; is this the right file? Copy the \
             lines of the card to a file of their own",
            crate::limits::FILE_BYTES_MAX,
            bytes.len()
        )));
    }
    if bytes.starts_with(&OLD) {
        return Err(Unreadable(
            "expected an XLSX or CSV file, found a workbook in the old XLS form or one with a \
             password; save it as XLSX without a password"
                .to_owned(),
        ));
    }
    if bytes.starts_with(b"PK") {
        xlsx::load(bytes)
    } else {
        csv::load(bytes)
    }
}

/// Counts what the cells of a file hold against the limits.
#[derive(Debug, Default)]
struct Budget {
    bytes: usize,
    cells: usize,
    /// Cells that were unpacked, whatever was in them.
    read: usize,
}

impl Budget {
    fn take(&mut self, row: usize, column: usize, text: &str) -> Result<(), Unreadable> {
        use crate::limits::{CELL_BYTES_MAX, CELLS_BYTES_MAX, COLUMNS_MAX, ROWS_MAX};
        let over = |what: &str, most: usize| Err(over((row, column), what, most));
        self.bytes += text.len();
        if row >= ROWS_MAX {
            return over("rows in a sheet", ROWS_MAX);
        }
        if column >= COLUMNS_MAX {
            return over("columns in a sheet", COLUMNS_MAX);
        }
        if text.len() > CELL_BYTES_MAX {
            return over("bytes in a cell", CELL_BYTES_MAX);
        }
        if self.bytes > CELLS_BYTES_MAX {
            return over("bytes in all cells together", CELLS_BYTES_MAX);
        }
        Ok(())
    }

    /// Counts a cell that was unpacked, a blank one too.
    fn read(&mut self, row: usize, column: usize) -> Result<(), Unreadable> {
        use crate::limits::CELLS_READ_MAX;
        self.read += 1;
        if self.read > CELLS_READ_MAX {
            let what = "cells in all sheets together, blank ones counted";
            return Err(over((row, column), what, CELLS_READ_MAX));
        }
        Ok(())
    }

    /// Counts the cells that a row grows by, up to this one.
    fn grow(&mut self, row: usize, column: usize, by: usize) -> Result<(), Unreadable> {
        use crate::limits::CELLS_MAX;
        self.cells += by;
        if self.cells > CELLS_MAX {
            return Err(over(
                (row, column),
                "cells in all sheets together",
                CELLS_MAX,
            ));
        }
        Ok(())
    }
}

fn over((row, column): (usize, usize), what: &str, most: usize) -> Unreadable {
    let at = address(row, column);
    Unreadable(format!(
        "expected at most {most} {what}, found more at {at}; copy the lines of the card to a file \
         of their own"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As many sheets as there may be can name one part of the archive.
    #[test]
    fn blank_cells_cost_something_too() {
        let mut budget = Budget::default();
        for _ in 0..crate::limits::CELLS_READ_MAX {
            budget.read(6, 1).unwrap();
        }
        let found = budget.read(6, 1).unwrap_err().to_string();
        let expected = "expected at most 10240000 cells in all sheets together, blank ones \
                        counted, found more at B7";
        assert!(found.starts_with(expected), "{found}");
    }

    #[test]
    fn addresses_are_those_of_spreadsheets() {
        let cases = [
            ((0, 0), "A1"),
            ((6, 1), "B7"),
            ((0, 25), "Z1"),
            ((9, 26), "AA10"),
            ((0, 702), "AAA1"),
        ];
        for ((row, column), expected) in cases {
            assert_eq!(address(row, column), expected);
        }
    }
}
