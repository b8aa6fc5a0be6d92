//! Mistakes in tables: each is told with its cell, all at once.

use super::refused;

const HEADER: &str = "Measure,Measure weight,Factor,Feature,Factor weight,From,To,Bands,Red,Green,Valid for,Missing,Reason\n";

#[test]
#[expect(clippy::too_many_lines, reason = "a table of data")]
fn a_mistake_is_told_with_its_cell() {
    let good = "Use,60,Days,usage.active_days_28d,70,1,16,,,,,,Active on {} days\n";
    let cases = [
        (
            "Use,60,Days,usage.activ_days_28d,70,1,16,,,,,,Text",
            "D2: expected the name of a feature, found \"usage.activ_days_28d\"; did you mean `usage.active_days_28d`",
        ),
        (
            "Use,60,Days,the weather,70,1,16,,,,,,Text",
            "D2: expected the name of a feature, found \"the weather\"; `puls features` lists them; one of your own is declared in the configuration (give it with --config)",
        ),
        (
            "Use,a lot,Days,usage.active_days_28d,70,1,16,,,,,,Text",
            "B2: expected the weight of the measure to be a number such as 40, found \"a lot\"",
        ),
        (
            "Use,60,Days,usage.active_days_28d,-5,1,16,,,,,,Text",
            "E2: expected the weight of the factor to be at least 0, found -5; for a feature where less is better turn the scale round instead",
        ),
        (
            "Use,60,Days,usage.active_days_28d,70,1,,,,,,,Text",
            "G2: expected the value that gets 100 points, found a blank cell",
        ),
        (
            "Use,60,Days,usage.active_days_28d,70,1,16,0-5: 0,,,,,Text",
            "H2: expected one way to give points (bands, or from and to, or red, yellow and green), found two in one line; empty the cells of one",
        ),
        (
            "Use,60,Days,usage.active_days_28d,70,,,,,,,,Text",
            "H2: expected points, found blank cells; write for example `0-10: 0; 10-50: 30; >50: 100` in `bands`, or values in `from` and `to`, or in `red` and `green`",
        ),
        (
            "Use,60,Days,usage.active_days_28d,70,,,0-5: 0; 8-9: 100,,,,,Text",
            "H2: expected points for every value, found none between 5 and 8; let one range end where the next begins",
        ),
        (
            "Use,60,Days,usage.active_days_28d,70,5,5,,,,,,Text",
            "F2: expected `zero_at` and `hundred_at` to differ, found 5 for both",
        ),
        (
            "Use,60,Days,usage.active_days_28d,70,,,,5,5,,,Text",
            "I2: expected red below green where more is better, found red 5 and green 5",
        ),
        (
            "Use,60,Days,usage.active_days_28d,70,1,16,,,,30,,Text",
            "K2: expected `valid_for_days` only for a feature whose age is known",
        ),
        (
            "Use,60,Days,usage.active_days_28d,70,1,16,,,,,perhaps,Text",
            "L2: expected `exclude` (its weight goes to the others), `neutral` (50 points) or `worst` (0 points), found \"perhaps\"",
        ),
        (
            "Use,60,Days,usage.active_days_28d,70,1,16,,,,,,On {usage.activ_days_28d} days",
            "M2: expected",
        ),
        (
            "Use,60,Segment,account.segment,70,,,0-5: 0,,,,,Text {}\nUse,,B,account.segment,1,1,2,,,,,,Text",
            "F3: expected `values` for `account.segment`, which is a text, found `line`",
        ),
        (
            "Use,60,Days,usage.active_days_28d,70,1,16,,,,,,Text\nUse,50,B,license.seats,1,1,2,,,,,,Text",
            "B3: expected the weight of the measure once, or the same in all its lines, found 50 beside 60; if it is the weight of the factor, name its column `factor weight`",
        ),
        (
            "Use,60,Days,usage.active_days_28d,70,1,16,,,,,,Text\nUse,60,B,license.seats,,1,2,,,,,,Text",
            "E3: expected a weight, found a blank cell; the other factors of the measure have one (0 for a line that does not count)",
        ),
        (
            "Use,60,Days,usage.active_days_28d,70,1,16,,,,,,Text\nUse,60,Days,license.seats,1,1,2,,,,,,Text",
            "C3: expected each factor once in the card, found a second one named `days`; rename or remove one",
        ),
        (
            "Use,60,,,70,1,16,,,,,,Text",
            "D2: expected the name of a feature, found a blank cell beside a scale; name what the line is about, or empty the line",
        ),
    ];
    for (lines, expected) in cases {
        let found = refused(format!("{HEADER}{lines}\n").as_bytes());
        assert!(
            found.iter().any(|line| line.starts_with(expected)),
            "{lines}\nexpected {expected}\nfound {found:#?}"
        );
        // Beside a good line it is the same, one row further down.
        let beside =
            refused(format!("{HEADER}{good}\n{}\n", lines.replace("Days", "Others")).as_bytes());
        assert!(!beside.is_empty());
    }
}

#[test]
fn all_mistakes_are_told_at_once_in_order() {
    let table = format!(
        "{HEADER}Use,x,Days,usage.nothing_like_it,70,1,16,,,,,,Text\nUse,,Seats,license.seats,y,1,z,,,,,q,Text\n\n\
         exceptions\nname,when,cap,reason,alert\n\
         Unpaid,license.overdu_days >= 30,150,Unpaid,loud\n,license.seats >,x,,\n\n\
         tiers\nname,from\ngood,high\n"
    );
    let found = refused(table.as_bytes());
    let at: Vec<_> = found
        .iter()
        .map(|line| line.split(':').next().unwrap_or_default())
        .collect();
    assert_eq!(
        at,
        ["B2", "D2", "E3", "G3", "L3", "E7", "A8", "C8", "B12"],
        "{found:#?}"
    );
}

#[test]
fn what_the_compiler_finds_goes_back_to_its_cell() {
    let table = format!(
        "{HEADER}Use,1,Days,usage.active_days_28d,70,1,16,,,,,,Text\n\n\
         exceptions\nname,when,cap,reason\nUnpaid,license.overdu_days >= 30,150,Unpaid\n\n\
         triggers\nname,when,text\nGo,account.segment > 3,Go\n\n\
         card\nname,card\napplies when,license.seats >= \n"
    );
    let found = refused(table.as_bytes());
    let at: Vec<_> = found
        .iter()
        .map(|line| line.split(':').next().unwrap_or_default())
        .collect();
    assert_eq!(at, ["B6", "C6", "B10", "B14"], "{found:#?}");
    assert!(
        found[0].contains("did you mean `license.overdue_days`"),
        "{found:#?}"
    );
}

#[test]
fn a_promise_that_is_none_is_told_with_its_cell() {
    let promises = "license.seats,up\nlicense.seats,down\nusage.trend_28d,sideways\n,up\n";
    let table = format!(
        "{HEADER}Use,1,Seats,license.seats,70,1,16,,,,,,Text\n\n\
         promises\nfeature,direction\n{promises}"
    );
    assert_eq!(
        refused(table.as_bytes()),
        [
            "A7: expected one promise for each feature, found a second one for `license.seats`; \
             remove one",
            "B8: expected up (more never lowers the score) or down (more never raises it), found \
             \"sideways\"",
            "A9: expected the name of a feature, found a blank cell",
        ]
    );
    // What the card says of it goes back to the cell.
    let table = table.replace(promises, "license.seats,up\nusage.trend_28d,up\n");
    let found = refused(table.as_bytes());
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(
        found[0].starts_with("A7: expected a feature of the card, found "),
        "{found:#?}"
    );
}

#[test]
fn a_file_that_is_no_table_says_so() {
    let cases: [(&[u8], &str); 5] = [
        (b"", "expected a table of factors with the columns"),
        (
            b"hello\nworld\n",
            "expected a table of factors with the columns",
        ),
        (
            b"\x89PNG\r\n\x1a\n\0\0\0\0",
            "expected a table as CSV or XLSX, found a file of another kind",
        ),
        (
            b"PK\x03\x04nonsense",
            "expected an XLSX file, found an archive that cannot be unpacked",
        ),
        (
            &[0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1, 0, 0],
            "expected an XLSX or CSV file, found a workbook in the old XLS form",
        ),
    ];
    for (bytes, expected) in cases {
        let found = refused(bytes);
        assert!(found[0].starts_with(expected), "{found:#?}");
    }
}

#[test]
fn a_file_beyond_a_limit_is_refused() {
    use crate::limits::{
        CELL_BYTES_MAX, COLUMNS_MAX, FILE_BYTES_MAX, LINES_MAX, ROWS_MAX, SECTIONS_MAX,
    };
    let cases = [
        (
            "a,b\n".repeat(ROWS_MAX + 1),
            "expected at most 10000 rows in a sheet, found more at A10001",
        ),
        (
            "\n".repeat(ROWS_MAX + 1),
            "expected at most 10000 rows in a sheet",
        ),
        (
            ",".repeat(COLUMNS_MAX + 1),
            "expected at most 128 columns in a sheet",
        ),
        (
            "x".repeat(CELL_BYTES_MAX + 1),
            "expected at most 8192 bytes in a cell, found more at A1",
        ),
        (
            "x".repeat(FILE_BYTES_MAX + 1),
            "expected a table of at most 16777216 bytes",
        ),
        (
            "Feature,Weight,From,To,Reason\n".to_owned()
                + &"license.seats,1,0,9,Seats\n".repeat(LINES_MAX + 1),
            "expected at most 2000 lines in all tables together",
        ),
        (
            "exceptions\nname,when\n".repeat(SECTIONS_MAX + 1),
            "expected at most 192 tables in a file, found 193; copy the lines of the card",
        ),
    ];
    for (text, expected) in cases {
        let found = refused(text.as_bytes());
        assert!(found[0].starts_with(expected), "{}", found[0]);
    }
}
