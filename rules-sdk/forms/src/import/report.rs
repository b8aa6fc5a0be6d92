//! Collects what is wrong and what was guessed, with the cell. It never stops anybody.

use super::cell_address;
use crate::limits::PROBLEMS_MAX;
use crate::table::{Book, Section, Sheet};

/// Sheet, row and column; those without a place come first.
type At = (usize, usize, Option<usize>);

#[derive(Debug)]
pub(super) struct Report<'b> {
    book: &'b Book,
    problems: Vec<(Option<At>, String)>,
    notes: Vec<(Option<At>, String)>,
}

impl<'b> Report<'b> {
    pub(super) const fn new(book: &'b Book) -> Self {
        Self {
            book,
            problems: Vec::new(),
            notes: Vec::new(),
        }
    }

    pub(super) const fn is_clean(&self) -> bool {
        self.problems.is_empty()
    }

    pub(super) fn sheet(&self, index: usize) -> Option<&'b Sheet> {
        self.book.sheets.get(index)
    }

    pub(super) fn sheet_name(&self, index: usize) -> &'b str {
        self.sheet(index).map_or("", |sheet| sheet.name.as_str())
    }

    /// The rows of a section as a person finds them: `Scores, rows 3 to 20`.
    pub(super) fn span(&self, section: &Section) -> String {
        let rows = format!("rows {} to {}", section.from + 1, section.until);
        match self.sheet_name(section.sheet) {
            "" => rows,
            name => format!("{name}, {rows}"),
        }
    }

    /// Something wrong that is nowhere.
    pub(super) fn at_file(&mut self, message: String) {
        self.problems.push((None, message));
    }

    pub(super) fn problem(
        &mut self,
        sheet: usize,
        row: usize,
        column: Option<usize>,
        message: String,
    ) {
        // What a person would not see in the cell explains what is wrong with it.
        let doubts = self.sheet(sheet).map(|sheet| &sheet.doubts);
        let doubt = doubts.and_then(|doubts| doubts.get(&(row, column?)));
        let message = doubt.map_or(message, String::clone);
        let problem = (Some((sheet, row, column)), message);
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }

    /// Tells of those cells of a row that are read and do not hold what a person sees in them: a
    /// date or the error of a formula would pass for a text.
    pub(super) fn doubts(&mut self, sheet: usize, row: usize, columns: &[usize]) {
        let Some(found) = self.sheet(sheet) else {
            return;
        };
        for column in columns {
            if let Some(doubt) = found.doubts.get(&(row, *column)) {
                self.problem(sheet, row, Some(*column), doubt.clone());
            }
        }
    }

    pub(super) fn note(&mut self, sheet: usize, row: usize, column: Option<usize>, message: &str) {
        self.notes
            .push((Some((sheet, row, column)), message.to_owned()));
    }

    /// Whether a further note may be among those that are told.
    pub(super) const fn has_room_for_notes(&self) -> bool {
        self.notes.len() < PROBLEMS_MAX
    }

    pub(super) fn note_at_file(&mut self, message: String) {
        self.notes.push((None, message));
    }

    pub(super) fn into_problems(mut self) -> Vec<String> {
        let found = std::mem::take(&mut self.problems);
        self.lines(found)
    }

    pub(super) fn into_notes(mut self) -> Vec<String> {
        let found = std::mem::take(&mut self.notes);
        self.lines(found)
    }

    fn lines(&self, mut found: Vec<(Option<At>, String)>) -> Vec<String> {
        found.sort_by_key(|(at, _)| *at);
        let over = found.len().saturating_sub(PROBLEMS_MAX);
        let told = found
            .into_iter()
            .take(PROBLEMS_MAX)
            .map(|(at, message)| match at {
                None => message,
                Some((sheet, row, column)) => {
                    let at = cell_address(self.sheet_name(sheet), row, column);
                    format!("{at}: {message}")
                }
            });
        let mut lines: Vec<_> = told.collect();
        if over > 0 {
            lines.push(format!("and {over} more"));
        }
        lines
    }
}
