//! From a table to a card.
//!
//! ```text
//! Book ──sections──▶ header, columns ──factors, actions──▶ Draft ──▶ card.toml
//!                                                            │
//!                        puls_scorecard::read judges the text, and what it says goes back to cells
//! ```
//! Everything that is wrong is reported at once, each with its cell. What was guessed is told as a
//! note; nothing is guessed that changes a number without saying so. No input makes it panic or
//! work for long: files are bounded before they are read.

mod actions;
mod bands;
mod columns;
mod factors;
mod features;
mod lights;
mod report;
mod scales;

use puls_scorecard::Catalogue;

pub(crate) use self::bands::quoted;
use self::columns::Layout;
use self::report::Report;
use crate::draft::{Draft, Line, toml_of};
use crate::limits::{LINES_MAX, SECTIONS_MAX};
use crate::table::{self, Kind, Section, Unreadable, address};
use crate::words;

/// What is asked of an import.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Wish {
    /// The sheet with the factors; found by its columns without this.
    pub sheet: Option<String>,
    /// Name of the card where the table has none.
    pub name: String,
    /// What the file is called, for the comment at the head of the card.
    pub file: String,
}

/// A card made of a table.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Imported {
    /// The card, as its file.
    pub toml: String,
    /// What was understood, a line each.
    pub understood: Vec<String>,
    /// What was guessed, a line each with its cell.
    pub guessed: Vec<String>,
}

/// Why a table gave no card.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Refused {
    /// The file is no table.
    Unreadable(Unreadable),
    /// All that is wrong with it, each with its cell; and what was understood nevertheless.
    Wrong {
        /// Mistakes, in order of place.
        problems: Vec<String>,
        /// What was understood, a line each.
        understood: Vec<String>,
    },
}

/// Makes a card of the bytes of an XLSX or CSV file.
///
/// # Errors
/// Where the file is no table, or something in it is wrong.
pub fn import(bytes: &[u8], wish: &Wish, catalogue: &Catalogue) -> Result<Imported, Refused> {
    let book = table::load(bytes).map_err(Refused::Unreadable)?;
    let mut sections = table::sections(&book);
    let mut desk = Desk {
        report: Report::new(&book),
        catalogue,
        comma: book.comma || columns::has_decimal_commas(&book),
        sections: Vec::new(),
        lines: 0,
        understood: Vec::new(),
    };
    if sections.len() > SECTIONS_MAX {
        desk.report.at_file(format!(
            "expected at most {SECTIONS_MAX} tables in a file, found {}; copy the lines of the \
             card to a file of their own",
            sections.len()
        ));
        sections.truncate(SECTIONS_MAX);
    }
    let draft = desk.draft(&sections, wish);
    let (toml, lines) = toml_of(&draft, &comment(wish));
    if desk.report.is_clean() {
        desk.judge(&toml, &lines);
    }
    let understood = desk.understood;
    if !desk.report.is_clean() {
        let problems = desk.report.into_problems();
        return Err(Refused::Wrong {
            problems,
            understood,
        });
    }
    Ok(Imported {
        toml,
        understood,
        guessed: desk.report.into_notes(),
    })
}

fn comment(wish: &Wish) -> Vec<String> {
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    let file: String = wish.file.chars().map(plain).collect();
    vec![
        format!("Made from the table {file}. Points go from 0 (bad) to 100 (good); weights are"),
        "shares. Change it here from now on, and ask `puls rule check` after each change."
            .to_owned(),
        String::new(),
    ]
}

/// What all parts of an import share.
struct Desk<'a> {
    report: Report<'a>,
    catalogue: &'a Catalogue,
    /// Whether numbers have decimal commas.
    comma: bool,
    /// Sections that were read, with their columns: what places point into.
    sections: Vec<(Section, Layout)>,
    /// Lines of all tables that were looked at.
    lines: usize,
    understood: Vec<String>,
}

impl Desk<'_> {
    fn draft(&mut self, sections: &[Section], wish: &Wish) -> Draft {
        let chosen = self.chosen(sections, wish);
        let mut draft = Draft::default();
        self.card(&mut draft, &chosen, wish);
        for section in chosen {
            match section.kind {
                Kind::Card => {}
                Kind::Factors => self.factors(&mut draft, section),
                _ => self.actions(&mut draft, section),
            }
        }
        self.finish(&mut draft);
        draft
    }

    /// The sections that are read, factors last but for what refers to them.
    fn chosen(&mut self, sections: &[Section], wish: &Wish) -> Vec<Section> {
        let name_of = |section: &Section| self.report.sheet_name(section.sheet).to_owned();
        if let Some(wanted) = &wish.sheet
            && !sections.iter().any(|section| name_of(section) == *wanted)
        {
            let names: Vec<_> = sections.iter().map(name_of).collect();
            let hint = words::hint(
                wanted,
                names.iter().map(String::as_str),
                "see the tabs at the foot of the workbook",
            );
            let message = format!(
                "expected the name of a sheet, found {}{hint}",
                words::shown(wanted)
            );
            self.report.at_file(message);
            return Vec::new();
        }
        let mut chosen = Vec::new();
        for section in sections {
            let is_wanted = match (&wish.sheet, section.kind) {
                (Some(wanted), Kind::Factors) => name_of(section) == *wanted,
                _ => true,
            };
            let reads = section.is_named || columns::could_be_factors(&self.report, section);
            // The sheet that was asked for is read, whatever its name says.
            let asked = wish
                .sheet
                .as_ref()
                .is_some_and(|wanted| name_of(section) == *wanted);
            let kind = if asked && columns::could_be_factors(&self.report, section) {
                Kind::Factors
            } else {
                section.kind
            };
            let reads = reads || asked;
            if is_wanted && reads {
                chosen.push(Section { kind, ..*section });
            } else {
                let rows = self.report.span(section);
                self.understood
                    .push(format!("{rows}: not read; no line of it begins a table"));
            }
        }
        let order = |section: &Section| match section.kind {
            Kind::Card => 0,
            Kind::Parameters => 1,
            Kind::Derived => 2,
            Kind::Variants => 3,
            _ => 4,
        };
        chosen.sort_by_key(order);
        if !chosen.iter().any(|section| section.kind == Kind::Factors) {
            self.report.at_file(
                "expected a table of factors with the columns `measure`, `factor`, `feature`, \
                 `weight` and `bands` (or `from` and `to`, or `red` and `green`), found none; \
                 `puls rule import --sample card.csv` writes one to fill in"
                    .to_owned(),
            );
        }
        chosen
    }

    /// What the compiler says of the text, at the cells that it came from.
    fn judge(&mut self, toml: &str, lines: &[Option<Line>]) {
        let Err(problems) = puls_scorecard::read(toml, self.catalogue) else {
            return;
        };
        for problem in problems {
            let line = problem.line.checked_sub(1).and_then(|line| lines.get(line));
            let Some(Some(line)) = line else {
                self.report.at_file(problem.message);
                continue;
            };
            let found = self.sections.get(line.place.section);
            let Some((section, layout)) = found else {
                self.report.at_file(problem.message);
                continue;
            };
            let column = layout.column_of(line.key);
            self.report
                .problem(section.sheet, line.place.row, column, problem.message);
        }
    }

    /// Counts a line of a table; whether it is still looked at.
    fn takes_line(&mut self) -> bool {
        self.lines += 1;
        if self.lines == LINES_MAX + 1 {
            self.report.at_file(format!(
                "expected at most {LINES_MAX} lines in all tables together, found more; copy the \
                 lines of the card to a file of their own"
            ));
        }
        self.lines <= LINES_MAX
    }

    /// The place of a row in the section that is read last.
    fn place(&self, row: usize) -> Option<crate::draft::Place> {
        let section = self.sections.len().checked_sub(1)?;
        Some(crate::draft::Place { section, row })
    }

    /// A number in a cell; `None` where it is blank, or wrong and reported.
    fn number(&mut self, cell: Cell<'_>, what: &str, example: &str) -> Option<f64> {
        if cell.text.is_empty() {
            return None;
        }
        let Some(read) = crate::number::read(cell.text, self.comma) else {
            self.report.problem(
                cell.sheet,
                cell.row,
                cell.column,
                format!(
                    "expected {what} to be a number such as {example}, found {}",
                    words::shown(cell.text)
                ),
            );
            return None;
        };
        if let Some(or) = read.or {
            let (value, or) = (crate::number::plain(read.value), crate::number::plain(or));
            self.note(
                cell,
                &format!(
                    "{} is read as {value}, not as {or}",
                    words::shown(cell.text)
                ),
            );
        }
        Some(read.value)
    }

    /// A whole number from 0 in a cell.
    fn whole(&mut self, cell: Cell<'_>, what: &str, example: &str) -> Option<u32> {
        let number = self.number(cell, what, example)?;
        let whole = crate::number::plain(number).parse().ok();
        if whole.is_none() {
            self.report.problem(
                cell.sheet,
                cell.row,
                cell.column,
                format!(
                    "expected {what} to be a whole number such as {example}, found {}",
                    words::shown(cell.text)
                ),
            );
        }
        whole
    }

    fn problem(&mut self, cell: Cell<'_>, message: String) {
        self.report
            .problem(cell.sheet, cell.row, cell.column, message);
    }

    fn note(&mut self, cell: Cell<'_>, message: &str) {
        self.report.note(cell.sheet, cell.row, cell.column, message);
    }
}

/// A cell of a table: blank where the table has no such column.
#[derive(Clone, Copy, Debug)]
struct Cell<'t> {
    sheet: usize,
    row: usize,
    column: Option<usize>,
    text: &'t str,
}

/// `Scores!B7`, or `B7` where the file is one sheet; `Scores, row 7` without a column.
fn cell_address(sheet: &str, row: usize, column: Option<usize>) -> String {
    let at = column.map_or_else(|| format!("row {}", row + 1), |column| address(row, column));
    match (sheet, column) {
        ("", _) => at,
        (sheet, Some(_)) => format!("{sheet}!{at}"),
        (sheet, None) => format!("{sheet}, {at}"),
    }
}
