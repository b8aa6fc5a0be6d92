//! Bands as people write them.

use super::*;
use crate::import::lights::lights;

fn told_of(scale: Result<Scale, String>) -> String {
    match scale {
        Err(message) => message,
        Ok(Scale::Bands(bands)) => bands
            .iter()
            .map(|(up_to, points)| match up_to {
                Some(up_to) => format!("{}={points}", told(up_to)),
                None => format!("*={points}"),
            })
            .collect::<Vec<_>>()
            .join(" "),
        Ok(other) => format!("{other:?}"),
    }
}

/// Each text reads as what stands beside it.
fn hold(cases: &[(&str, &str)]) {
    for (text, expected) in cases {
        let found = bands(text, false, &mut Guessed::default());
        assert_eq!(told_of(found), *expected, "{text:?}");
    }
}

#[test]
fn bands_are_read_as_people_write_them() {
    let cases = [
        ("0-10: 0; 10-50: 30; >50: 100", "10=0 50=30 *=100"),
        (">50: 100; 0-10: 0; 10-50: 30", "10=0 50=30 *=100"),
        ("0-10=0\n11-50=30\n51+=100", "10=0 50=30 *=100"),
        (
            "<10 → 0 | 10 to 50 → 30 | over 50 → 100",
            "10=0 50=30 *=100",
        ),
        ("≤ 10 %: 0; ≤ 50 %: 30; else: 100", "10=0 50=30 *=100"),
        ("up to 0,5: 0, above 0,5: 100", "0.5=0 *=100"),
        ("0: 100, 1: 50, 2: 20, >2: 0", "0=100 1=50 2=20 *=0"),
        ("-60 – -20: 0; -20..0: 50; >0: 100", "-20=0 0=50 *=100"),
        ("0-10: red; 10-50: amber; 50-100: green", "10=0 50=50 *=100"),
        ("0 days - 5 days: 100; more than 5 days: 0", "5=100 *=0"),
        (
            "up to parameter.low: 0; up to 80: 50; else: 100",
            "parameter.low=0 80=50 *=100",
        ),
        (
            ">5: 100",
            "expected points for every value, found none up to 5; add for example `up to 5: 0`",
        ),
        (
            "3: 10; 4: 20; other: 0",
            "expected points for what is below 3, the first value, beside `other`, found none; begin with a range such as `up to 2: 0`",
        ),
        (
            "0-10: 0; >10: 100; other: 50",
            "expected `other` beside ranges that leave something out, found it beside ranges that cover everything; remove it",
        ),
        (
            "<=10: 0; >10: 50; other: 100",
            "expected `other` beside ranges that leave something out, found it beside ranges that cover everything; remove it",
        ),
        ("<=10 => 0; >10 => 100", "10=0 *=100"),
        (
            "0-10: 0; 20-50: 30; >50: 100",
            "expected points for every value, found none between 10 and 20; let one range end where the next begins",
        ),
        (
            "0-10: 0; 5-50: 30",
            "expected ranges that do not overlap, found one up to 10 and one from 5",
        ),
        (
            "0-10: 150",
            "expected points from 0 to 100 behind the colon, found \"150\" in \"0-10: 150\"",
        ),
        (
            "many: 3",
            "expected ranges with points such as `0-10: 0; 10-50: 30; >50: 100`, found \"many\" in \"many: 3\"",
        ),
        (
            "10, 50",
            "expected a range and its points with a colon between them, such as `0-10: 0`, found \"10, 50\"",
        ),
        (
            ">5: 0; >10: 100",
            "expected one range without an upper end, found two; write where the first ends",
        ),
    ];
    hold(&cases);
}

#[test]
fn other_means_what_is_below_as_well_as_what_is_above() {
    let cases = [
        ("else: 100", "*=100"),
        (">50: 100; else: 0", "50=0 *=100"),
        (">0: 100; else: 0", "0=0 *=100"),
        ("else: 0; 10-20: 50; 20+: 100", "10=0 20=50 *=100"),
        ("10-20: 100; other: 0", "10=0 20=100 *=0"),
        ("0-10: 50; other: 100", "10=50 *=100"),
        ("over parameter.low: 100; else: 0", "parameter.low=0 *=100"),
        ("0-1,000: 0; >1,000: 100", "1000=0 *=100"),
    ];
    hold(&cases);
}

#[test]
fn what_changes_a_number_is_told() {
    let cases = [
        ("0-10: 0; >10: 100", false, vec![]),
        (
            "2-10: 0; >10: 100",
            false,
            vec!["values below 2 get the points of the first band, 0"],
        ),
        (
            ">50: 100; else: 0",
            false,
            vec!["values up to 50 get the points of `other`, 0"],
        ),
        (
            "up to 1,000: 0; else: 100",
            false,
            vec!["\"1,000\" is read as 1000, not as 1"],
        ),
        (
            "up to 1.500: 0; else: 100",
            true,
            vec!["\"1.500\" is read as 1500, not as 1.5"],
        ),
    ];
    for (text, comma, expected) in cases {
        let mut guessed = Guessed::default();
        bands(text, comma, &mut guessed).unwrap();
        assert_eq!(guessed.notes, expected, "{text}");
    }
    let mut guessed = Guessed::default();
    lights(["1,000", "", "2,000"], None, false, &mut guessed).unwrap();
    let told = guessed.notes.join("; ");
    assert!(
        told.starts_with("\"1,000\" is read as 1000, not as 1; \"2,000\" is read"),
        "{told}"
    );
}

#[test]
fn texts_have_points() {
    let cases = [
        (
            "gold: 100; silver: 50; other: 0",
            vec![("gold", 100.0), ("silver", 50.0)],
            Some(0.0),
        ),
        (
            "\"a:b\": 1; \"other\": 2",
            vec![("a:b", 1.0), ("other", 2.0)],
            None,
        ),
        (
            "new/trial = 10, old = 20",
            vec![("new", 10.0), ("trial", 10.0), ("old", 20.0)],
            None,
        ),
    ];
    for (text, expected, rest) in cases {
        let Ok(Scale::Values { values, otherwise }) = values(text, false) else {
            panic!("{text} is not read");
        };
        let expected: Vec<_> = expected
            .iter()
            .map(|(t, p)| ((*t).to_owned(), *p))
            .collect();
        assert_eq!((values, otherwise), (expected, rest), "{text:?}");
    }
}

#[test]
fn lights_are_read_either_way_round() {
    let cases = [
        (["10", "", "50"], None, "10=0 50=50 *=100"),
        (["50", "20", "10"], None, "10=100 50=50 *=0"),
        (["<10", "10-50", ">50"], None, "10=0 50=50 *=100"),
        ([">5", "2-5", "<2"], None, "2=100 5=50 *=0"),
        (
            ["10", "", "50"],
            Some(false),
            "expected red above green where less is better, found red 10 and green 50",
        ),
        (
            ["10", "70", "50"],
            None,
            "expected yellow between red and green, found 70 outside 10 to 50",
        ),
        (
            ["10", "", ""],
            None,
            "expected at least the columns red and green with a number each, found one of them blank",
        ),
    ];
    for (cells, higher, expected) in cases {
        let found = lights(cells, higher, false, &mut Guessed::default());
        assert_eq!(told_of(found), expected, "{cells:?}");
    }
}
