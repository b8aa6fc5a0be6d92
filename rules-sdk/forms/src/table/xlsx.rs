//! XLSX: the cells of all sheets as a person sees them.
//!
//! The archive is unpacked once into nothing, under a limit, before anybody parses it: what it says
//! of its own sizes may be a lie. Cells are streamed, so one at the end of the sheet costs no
//! memory for those before it.

use std::io::{Cursor, Read};

use calamine::{DataRef, Reader, SheetType, Xlsx};

use super::{Book, Budget, Sheet, Unreadable, address};
use crate::limits::{
    COLUMNS_MAX, PARTS_MAX, PROBLEMS_MAX, ROWS_MAX, SHEETS_MAX, UNPACKED_BYTES_MAX,
};
use crate::number::plain;

pub(super) fn load(bytes: &[u8]) -> Result<Book, Unreadable> {
    bounded(bytes)?;
    let mut workbook: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(|error| broken(&error))?;
    let names: Vec<_> = workbook
        .sheets_metadata()
        .iter()
        .filter(|sheet| sheet.typ == SheetType::WorkSheet)
        .map(|sheet| sheet.name.clone())
        .collect();
    if names.len() > SHEETS_MAX {
        return Err(Unreadable(format!(
            "expected at most {SHEETS_MAX} sheets, found {}; copy those of the card to a workbook \
             of their own",
            names.len()
        )));
    }
    let mut book = Book::default();
    let mut budget = Budget::default();
    for name in names {
        let in_sheet = |error: Unreadable| Unreadable(format!("sheet \"{name}\": {error}"));
        let mut sheet = sheet(&mut workbook, &name, &mut budget).map_err(in_sheet)?;
        formulas(&mut workbook, &mut sheet, &mut budget).map_err(in_sheet)?;
        book.sheets.push(sheet);
    }
    Ok(book)
}

fn broken(error: &calamine::XlsxError) -> Unreadable {
    let is_locked = matches!(error, calamine::XlsxError::Password);
    Unreadable(if is_locked {
        "expected an XLSX file without a password, found one with; save it without".to_owned()
    } else {
        format!("expected an XLSX file, found one that cannot be read ({error}); save it again")
    })
}

/// Unpacks all parts into nothing.
fn bounded(bytes: &[u8]) -> Result<(), Unreadable> {
    let not_one = |error: &dyn std::fmt::Display| {
        Unreadable(format!(
            "expected an XLSX file, found an archive that cannot be unpacked ({error}); save it \
             again"
        ))
    };
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|error| not_one(&error))?;
    if archive.len() > PARTS_MAX {
        return Err(Unreadable(format!(
            "expected an XLSX file of at most {PARTS_MAX} parts, found {}; copy the lines of the \
             card to a file of their own",
            archive.len()
        )));
    }
    let mut left = UNPACKED_BYTES_MAX;
    for index in 0..archive.len() {
        let part = archive.by_index(index).map_err(|error| not_one(&error))?;
        let mut part = part.take(left + 1);
        let unpacked = std::io::copy(&mut part, &mut std::io::sink());
        let unpacked = unpacked.map_err(|error| not_one(&error))?;
        left = left.checked_sub(unpacked).ok_or_else(|| {
            Unreadable(format!(
                "expected an XLSX file that unpacks to at most {UNPACKED_BYTES_MAX} bytes, found \
                 more; copy the lines of the card to a file of their own"
            ))
        })?;
    }
    Ok(())
}

fn sheet(
    workbook: &mut Xlsx<Cursor<&[u8]>>,
    name: &str,
    budget: &mut Budget,
) -> Result<Sheet, Unreadable> {
    let mut sheet = Sheet {
        name: name.to_owned(),
        ..Sheet::default()
    };
    let reader = workbook.worksheet_cells_reader(name);
    let mut reader = reader.map_err(|error| broken(&error))?;
    loop {
        let next = reader.next_cell_with_style_id();
        let Some((cell, style)) = next.map_err(|error| broken(&error))? else {
            return Ok(sheet);
        };
        let format = reader.styles().get(style);
        let format = format.and_then(|style| style.number_format.as_ref());
        let is_percent = format.is_some_and(|format| format.format_code.contains('%'));
        let (row, column) = place(cell.get_position());
        budget.read(row, column)?;
        let (text, doubt) = text(cell.get_value(), is_percent);
        if text.is_empty() && doubt.is_none() {
            continue;
        }
        budget.take(row, column, &text)?;
        if let Some(doubt) = doubt {
            sheet.doubts.insert((row, column), doubt);
        }
        if sheet.rows.len() <= row {
            sheet.rows.resize(row + 1, Vec::new());
        }
        let cells = sheet.rows.get_mut(row).ok_or_else(|| {
            Unreadable(format!(
                "expected a cell within the sheet, found {}",
                address(row, column)
            ))
        })?;
        if cells.len() <= column {
            budget.grow(row, column, column + 1 - cells.len())?;
            cells.resize(column + 1, String::new());
        }
        if let Some(cell) = cells.get_mut(column) {
            *cell = text;
        }
    }
}

/// Row and column.
fn place((row, column): (u32, u32)) -> (usize, usize) {
    let index = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
    (index(row), index(column))
}

/// Notes the formulas whose result is not in the file: programs that write workbooks leave it to
/// those that open them, and the cell would pass for a blank one.
fn formulas(
    workbook: &mut Xlsx<Cursor<&[u8]>>,
    sheet: &mut Sheet,
    budget: &mut Budget,
) -> Result<(), Unreadable> {
    let reader = workbook.worksheet_cells_reader(&sheet.name);
    let mut reader = reader.map_err(|error| broken(&error))?;
    // Values were read before; what is wrong with a formula is no reason to refuse them.
    while let Ok(Some(cell)) = reader.next_cell_with_formula_metadata() {
        let (row, column) = place(cell.pos);
        budget.read(row, column)?;
        let is_blank = cell.formula.is_some() && matches!(cell.value, DataRef::Empty);
        if is_blank && row < ROWS_MAX && column < COLUMNS_MAX && sheet.doubts.len() < PROBLEMS_MAX {
            let doubt = "expected a value, found a formula without its result; open the file in a \
                         spreadsheet program, save it, and import it again";
            sheet.doubts.insert((row, column), doubt.to_owned());
        }
    }
    Ok(())
}

/// What a person sees in a cell, and what is wrong with it if a person would not see it so.
fn text(value: &DataRef<'_>, is_percent: bool) -> (String, Option<String>) {
    let text = match value {
        DataRef::Empty => String::new(),
        #[expect(
            clippy::cast_precision_loss,
            reason = "a percent that nobody would write"
        )]
        DataRef::Int(number) if is_percent => percent(*number as f64),
        DataRef::Int(number) => number.to_string(),
        DataRef::Float(number) if is_percent => percent(*number),
        DataRef::Float(number) => decimal(*number),
        DataRef::String(text) | DataRef::DurationIso(text) => text.clone(),
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::Bool(true) => "true".to_owned(),
        DataRef::Bool(false) => "false".to_owned(),
        DataRef::DateTime(date) => {
            let (year, month, day, ..) = date.to_ymd_hms_milli();
            let shown = format!("{year:04}-{month:02}-{day:02}");
            return (shown.clone(), Some(as_date(&shown)));
        }
        DataRef::DateTimeIso(date) => return (date.clone(), Some(as_date(date))),
        DataRef::Error(error) => {
            let doubt = format!(
                "expected a value, found the error {error} of a formula; correct the formula"
            );
            return (error.to_string(), Some(doubt));
        }
    };
    (text, None)
}

fn as_date(shown: &str) -> String {
    format!(
        "expected a text or a number, found the date {shown}; spreadsheets turn `1-10` into a \
         date: give the cell the format Text and write it again"
    )
}

fn percent(share: f64) -> String {
    format!("{} %", decimal(share * 100.0))
}

/// A number with a decimal point that nobody takes for one between thousands: `1.125` alone could
/// be a thousand and more in a workbook whose texts have decimal commas.
fn decimal(number: f64) -> String {
    let text = plain(rounded(number));
    let decimals = text.split_once('.').map_or(0, |(_, behind)| behind.len());
    if decimals == 3 { text + "0" } else { text }
}

/// What a spreadsheet shows of a number: fifteen digits.
fn rounded(number: f64) -> f64 {
    format!("{number:.14e}").parse().unwrap_or(number)
}

#[cfg(test)]
mod tests {
    use super::{decimal, percent};
    use crate::number::read;

    #[test]
    fn a_number_of_a_cell_is_that_number_whatever_the_texts_beside_it_have() {
        for number in [1.125, -12.5, 0.125, 1_234.567, 1e-7, 3.0, 1e20] {
            let text = decimal(number);
            for comma in [false, true] {
                let found = read(&text, comma).unwrap();
                assert_eq!(found.or, None, "{text}");
                assert!((found.value - number).abs() <= 0.0, "{text}");
            }
        }
        assert_eq!(percent(0.01125), "1.1250 %");
    }
}
