//! Workbooks as spreadsheet programs save them, and hostile ones.

use std::io::{Cursor, Read, Write};

use rust_xlsxwriter::{Format, Workbook, Worksheet};
use zip::write::SimpleFileOptions;

use super::{body, catalogue, imported, refused, wish};
use crate::{Wish, import};

/// Writes texts into the first cells of a sheet.
fn fill<const N: usize>(sheet: &mut Worksheet, rows: &[[&str; N]]) {
    for (row, cells) in (0..).zip(rows) {
        for (column, text) in (0..).zip(cells) {
            sheet.write(row, column, *text).unwrap();
        }
    }
}

/// A workbook as a person leaves it: merged cells, numbers as texts, percent formats, a sheet of
/// notes before that with the factors, and rows that look empty at the end.
fn messy() -> Vec<u8> {
    let mut book = Workbook::new();
    let percent = Format::new().set_num_format("0 %");
    let notes = book.add_worksheet().set_name("Read me").unwrap();
    notes
        .write(0, 0, "Ask Eva before you change this.")
        .unwrap();
    let sheet = book.add_worksheet().set_name("Health score").unwrap();
    let plain = Format::new();
    sheet
        .merge_range(0, 0, 0, 6, "Customer health 2026", &plain)
        .unwrap();
    let header = [
        "Category",
        "Category weight",
        "Factor",
        "Feature",
        "Weight",
        "Bands",
        "Reason",
    ];
    for (column, text) in header.iter().enumerate() {
        sheet
            .write(2, u16::try_from(column).unwrap(), *text)
            .unwrap();
    }
    sheet.merge_range(3, 0, 4, 0, "Adoption", &plain).unwrap();
    sheet.merge_range(3, 1, 4, 1, "", &percent).unwrap();
    sheet.write_with_format(3, 1, 0.6, &percent).unwrap();
    sheet.write(3, 2, "Days").unwrap();
    sheet.write(3, 3, " usage.active_days_28d ").unwrap();
    sheet.write_with_format(3, 4, 0.7, &percent).unwrap();
    sheet.write(3, 5, "0-10: 0; >10: 100").unwrap();
    sheet.write(3, 6, "Active on {} days").unwrap();
    sheet.write(4, 2, "Seats").unwrap();
    sheet.write(4, 3, "license.seats_active_pct_28d").unwrap();
    sheet.write(4, 4, "30").unwrap();
    sheet
        .write(4, 5, "0-10 %: 0\n10-50 %: 30\n>50 %: 100")
        .unwrap();
    sheet.write(4, 6, "{} % of seats used").unwrap();
    sheet.write(5, 0, "Support").unwrap();
    sheet.write_with_format(5, 1, 0.4, &percent).unwrap();
    sheet.write(5, 2, "Pressing").unwrap();
    sheet.write(5, 3, "ticket.open_critical").unwrap();
    sheet.write(5, 4, 1).unwrap();
    sheet.write(5, 5, "0: 100; 1: 50; >1: 0").unwrap();
    sheet.write(5, 6, "{} pressing").unwrap();
    for row in 6..40 {
        sheet.write_blank(row, 0, &percent).unwrap();
        sheet.write(row, 3, "  ").unwrap();
    }
    let flags = book.add_worksheet().set_name("Red flags").unwrap();
    let cells = [
        ["Flag", "Condition", "Cap", "Message"],
        ["Unpaid", "license.overdue_days >= 30", "50", "Unpaid"],
    ];
    fill(flags, &cells);
    let promises = book.add_worksheet().set_name("Promises").unwrap();
    let cells = [
        ["Feature", "Direction"],
        ["Active days in the last 28 days", "higher is better"],
        ["ticket.open_critical", "down"],
    ];
    fill(promises, &cells);
    book.save_to_buffer().unwrap()
}

#[test]
fn a_workbook_is_read_as_a_person_sees_it() {
    let expected = r#"[card]
name = "scores"
version = "1.0.0"
title = "Customer health 2026"
applies_when = "!(has(account.stage) && account.stage in ['prospect', 'churned'])"
[[measures]]
name = "adoption"
title = "Adoption"
weight = 60
[[measures.factors]]
name = "days"
feature = "usage.active_days_28d"
weight = 70
bands = [{ up_to = 10, points = 0 }, { points = 100 }]
reason = "Active on {} days"
[[measures.factors]]
name = "seats"
feature = "license.seats_active_pct_28d"
weight = 30
bands = [{ up_to = 10, points = 0 }, { up_to = 50, points = 30 }, { points = 100 }]
reason = "{} % of seats used"
[[measures]]
name = "support"
title = "Support"
weight = 40
[[measures.factors]]
name = "pressing"
feature = "ticket.open_critical"
weight = 1
bands = [{ up_to = 0, points = 100 }, { up_to = 1, points = 50 }, { points = 0 }]
reason = "{} pressing"
[[exceptions]]
name = "unpaid"
when = "license.overdue_days >= 30"
cap = 50
reason = "Unpaid"
[monotone]
"usage.active_days_28d" = "up"
"ticket.open_critical" = "down""#;
    let imported = imported(&messy());
    assert_eq!(body(&imported.toml), expected);
    let understood = imported.understood.join("\n");
    assert!(
        understood.contains("Read me, rows 1 to 1: not read"),
        "{understood}"
    );
    assert!(
        understood.contains("Health score, rows 1 to 40: 3 factors, header in row 3"),
        "{understood}"
    );
    assert!(
        imported
            .guessed
            .iter()
            .any(|line| line.starts_with("Health score!A1: ")),
        "{:#?}",
        imported.guessed
    );
}

#[test]
fn a_sheet_that_is_not_there_is_told_with_those_that_are() {
    let wish = Wish {
        sheet: Some("Helth score".to_owned()),
        ..wish()
    };
    let Err(crate::Refused::Wrong { problems, .. }) = import(&messy(), &wish, &catalogue()) else {
        panic!("taken");
    };
    assert_eq!(
        problems,
        ["expected the name of a sheet, found \"Helth score\"; did you mean `Health score`?"]
    );
}

#[test]
fn what_a_spreadsheet_made_of_a_cell_is_told() {
    let mut book = Workbook::new();
    let date = Format::new().set_num_format("d mmm");
    let sheet = book.add_worksheet();
    fill(sheet, &[["Feature", "Weight", "Bands", "Reason"]]);
    sheet.write(1, 0, "license.seats").unwrap();
    sheet.write_with_format(1, 1, 46_032, &date).unwrap();
    sheet.write_with_format(1, 2, 46_032, &date).unwrap();
    sheet
        .write_formula(
            2,
            1,
            rust_xlsxwriter::Formula::new("=1/0").set_result("#DIV/0!"),
        )
        .unwrap();
    sheet.write(2, 0, "usage.trend_28d").unwrap();
    sheet.write(2, 2, "0: 0; >0: 100").unwrap();
    // A text could be anything, so nothing else would tell of it.
    sheet
        .write_formula(
            2,
            3,
            rust_xlsxwriter::Formula::new("=A9").set_result("#REF!"),
        )
        .unwrap();
    let found = refused(&book.save_to_buffer().unwrap());
    assert!(
        found.iter().any(|line| line.starts_with(
            "Sheet1!C2: expected a text or a number, found the date 2026-01-10; spreadsheets turn"
        )),
        "{found:#?}"
    );
    assert!(
        found
            .iter()
            .any(|line| line.starts_with("Sheet1!B3: expected")),
        "{found:#?}"
    );
    assert!(
        found.contains(
            &"Sheet1!D3: expected a value, found the error #REF! of a formula; correct the formula"
                .to_owned()
        ),
        "{found:#?}"
    );
}

/// An archive with these parts.
fn archive(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in parts {
        archive
            .start_file(*name, SimpleFileOptions::default())
            .unwrap();
        archive.write_all(bytes).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

/// A workbook as programs write it that compute nothing.
#[test]
fn a_formula_without_its_result_is_told() {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    fill(sheet, &[["Feature", "Weight", "Bands", "Reason"]]);
    sheet.write(1, 0, "license.seats").unwrap();
    let formula = rust_xlsxwriter::Formula::new("=2*3").set_result("777");
    sheet.write_formula(1, 1, formula).unwrap();
    sheet.write(1, 2, "0: 0; >0: 100").unwrap();
    sheet.write(1, 3, "Seats").unwrap();
    let whole = book.save_to_buffer().unwrap();
    assert!(imported(&whole).toml.contains("weight = 777"));
    let mut unpacked = zip::ZipArchive::new(Cursor::new(whole)).unwrap();
    let mut parts = Vec::new();
    for index in 0..unpacked.len() {
        let mut part = unpacked.by_index(index).unwrap();
        let name = part.name().unwrap().into_owned();
        let mut text = String::new();
        part.read_to_string(&mut text).unwrap();
        parts.push((name, text.replace("<v>777</v>", "")));
    }
    let parts: Vec<_> = parts
        .iter()
        .map(|(name, text)| (name.as_str(), text.as_bytes()))
        .collect();
    assert_eq!(
        refused(&archive(&parts)),
        [
            "Sheet1!B2: expected a value, found a formula without its result; open the file in a \
             spreadsheet program, save it, and import it again"
        ]
    );
}

#[test]
fn an_archive_that_unpacks_to_too_much_is_refused_before_it_is_parsed() {
    let zeros = vec![b' '; 80 * 1024 * 1024];
    let bomb = archive(&[("xl/workbook.xml", &zeros)]);
    assert!(bomb.len() < 1024 * 1024, "{} bytes", bomb.len());
    let found = refused(&bomb);
    assert!(
        found[0].starts_with("expected an XLSX file that unpacks to at most 67108864 bytes"),
        "{found:#?}"
    );
}

#[test]
fn a_cell_at_the_end_of_the_sheet_costs_no_memory() {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.write(0, 0, "Feature").unwrap();
    sheet.write(1_048_575, 16_383, "far").unwrap();
    let found = refused(&book.save_to_buffer().unwrap());
    assert_eq!(
        found,
        [
            "sheet \"Sheet1\": expected at most 10000 rows in a sheet, found more at XFD1048576; copy the lines of the card to a file of their own"
        ]
    );
}

#[test]
fn blank_cells_before_far_ones_count_too() {
    let mut book = Workbook::new();
    for _ in 0..2 {
        let sheet = book.add_worksheet();
        for row in 0..6_000 {
            sheet.write(row, 127, 1).unwrap();
        }
    }
    let found = refused(&book.save_to_buffer().unwrap());
    assert!(
        found[0].starts_with(
            "sheet \"Sheet2\": expected at most 1280000 cells in all sheets together, found more \
             at DX4001"
        ),
        "{found:#?}"
    );
}

#[test]
fn an_archive_that_is_no_workbook_says_so() {
    let found = refused(&archive(&[("a.txt", b"hello")]));
    assert!(
        found[0].starts_with("expected an XLSX file, found one that cannot be read"),
        "{found:#?}"
    );
    let mut cut = messy();
    cut.truncate(cut.len() / 2);
    assert!(refused(&cut)[0].starts_with("expected an XLSX file, found an archive"));
}
