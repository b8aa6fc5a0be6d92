//! More of something than there may be.

use std::fmt::Write as _;

use super::{EVERYBODY, FACTOR, small, told};
use crate::read::tests::catalogue;
use crate::{Catalogue, Condition, Entry, Form, read};

fn many(count: usize, one: impl Fn(usize) -> String) -> String {
    let mut all = String::new();
    for index in 0..count {
        writeln!(all, "{}", one(index)).unwrap();
    }
    all
}

fn factor(index: usize) -> String {
    format!("[[measures.factors]]\nname = \"f{index}\"\n{FACTOR}")
}

fn measure(index: usize) -> String {
    let factor = factor(index);
    format!("[[measures]]\nname = \"m{index}\"\nweight = 1\n{factor}")
}

fn exception(index: usize) -> String {
    format!(
        "[[exceptions]]\nname = \"e{index}\"\nwhen = \"license.seats > {index}\"\nreason = \"r\""
    )
}

fn trigger(index: usize) -> String {
    format!("[[triggers]]\nname = \"t{index}\"\nwhen = \"license.seats > {index}\"\ntext = \"t\"")
}

fn parameter(index: usize) -> String {
    format!("p{index} = {{ default = 0, min = 0, max = 0 }}")
}

fn tier(index: usize) -> String {
    format!("{{ name = \"t{index}\", from = {} }}", 17 - index)
}

#[test]
fn as_many_as_there_may_be_and_one_more() {
    type Many = fn(usize) -> String;
    let parameters: Many = |count| format!("[parameters]\n{}", many(count, parameter));
    let tiers: Many = |count| {
        let skipped = 18 - count;
        let bands: Vec<_> = (skipped..18).map(tier).collect();
        format!("[tiers]\nbands = [{}]", bands.join(", "))
    };
    let values: Many = |count| {
        let all: Vec<_> = (0..count.min(200))
            .map(|index| format!("'{index}'"))
            .collect();
        let more: Vec<_> = (200..count).map(|index| format!("'{index}'")).collect();
        let list = |all: &[String]| all.join(", ");
        format!(
            "[[exceptions]]\nname = \"e\"\nwhen = \"account.segment in [{}]{}\"\nreason = \"r\"",
            list(&all),
            if more.is_empty() {
                String::new()
            } else {
                format!(" || account.segment in [{}]", list(&more))
            }
        )
    };
    let cases: [(usize, Many, &str); 7] = [
        (
            127,
            |count| many(count, factor),
            "776:1: expected at most 128 factors, those of all variants together, found more",
        ),
        (
            31,
            |count| many(count, measure),
            "293:1: expected at most 32 measures, those of all variants together, found more",
        ),
        (
            64,
            |count| many(count, exception),
            "270:1: expected at most 64 exceptions, found more",
        ),
        (
            64,
            |count| many(count, trigger),
            "270:1: expected at most 64 triggers, found more",
        ),
        (
            64,
            parameters,
            "79:1: expected at most 64 parameters, found more",
        ),
        (16, tiers, "15:9: expected 1 to 16 tiers, found 17"),
        (
            256,
            values,
            "16:0: expected at most 256 values of `account.segment` in a card, found more",
        ),
    ];
    for (most, some, expected) in cases {
        let source = |count| small(EVERYBODY, FACTOR, &some(count));
        assert_eq!(told(&source(most)), [""; 0], "{expected}");
        let found = told(&source(most + 1));
        let strip = |line: &str| line.split_once(": ").unwrap().1.to_owned();
        if expected.starts_with("16:0") {
            let found: Vec<_> = found.iter().map(|line| strip(line)).collect();
            assert_eq!(found, [strip(expected)]);
        } else {
            assert_eq!(found, [expected]);
        }
    }
}

#[test]
fn more_features_than_columns() {
    let entry = |index: usize| Entry {
        name: format!("custom.n{index}"),
        form: Form::Number,
        unit: String::new(),
        age: None,
        values: Vec::new(),
        for_triggers: false,
    };
    let mut entries: Vec<_> = (0..128).map(entry).collect();
    entries.push(Entry {
        name: "license.seats".to_owned(),
        ..entry(0)
    });
    let catalogue = Catalogue::new(entries);
    let source = |count: usize| {
        let names = many(count, |index| format!("{{custom.n{index}}}"));
        let texts: Vec<_> = names.lines().collect();
        let triggers: Vec<_> = texts
            .chunks(16)
            .enumerate()
            .map(|(index, some)| {
                trigger(index).replace("\"t\"", &format!("\"{}\"", some.join(" ")))
            })
            .collect();
        small(EVERYBODY, FACTOR, &triggers.join("\n"))
    };
    let card = read(&source(127), &catalogue).unwrap();
    assert_eq!(card.features.len(), 128);
    let problems = read(&source(128), &catalogue).unwrap_err();
    let told: Vec<_> = problems.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        ["45:219: expected at most 128 features in a card, found 129"]
    );
}

#[test]
fn more_text_than_a_manifest_holds() {
    let long = "x".repeat(480);
    let triggers = |count| {
        many(count, |index| {
            let text = trigger(index).replace("\"t\"", &format!("\"{long}\""));
            text + &format!("\nplaybook = \"{long}\"")
        })
    };
    assert_eq!(
        told(&small(EVERYBODY, FACTOR, &triggers(50))),
        [""; 0],
        "50 fit"
    );
    let found = told(&small(EVERYBODY, FACTOR, &triggers(60)));
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(
        found[0].starts_with(
            "1:1: expected a card whose names, texts and values have at most 65536 bytes together"
        ),
        "{found:?}"
    );
}

#[test]
fn more_values_in_a_list_than_there_may_be() {
    let list = |count: usize| {
        let all: Vec<_> = (0..count).map(|index| index.to_string()).collect();
        format!("license.seats in [{}]", all.join(","))
    };
    let card = |when: &str| small(&format!("applies_when = \"{when}\""), FACTOR, "");
    assert_eq!(told(&card(&list(256))), [""; 0]);
    let found = told(&card(&list(257)));
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(
        found[0].ends_with(
            ": expected at most 256 values in a list, found 257; compare numbers that lie beside \
             each other with `>=` and `<=` instead"
        ),
        "{found:?}"
    );
    let card = read(
        &card("license.seats in [3, 1, 3, -0, 0, 1.0]"),
        &catalogue(),
    )
    .unwrap();
    let Some(Condition::In(_, values)) = card.population else {
        panic!("{:?}", card.population);
    };
    assert_eq!(values, [3.0, 1.0, 0.0]);
}

/// Each condition is as long as it may be, and together they are a module that no engine takes.
#[test]
fn more_comparisons_than_a_module_holds() {
    let cards = |count| {
        let exceptions = many(count, |index| {
            let lists: Vec<_> = (4..7)
                .map(|list| {
                    let all: Vec<_> = (0..250)
                        .map(|item| (list * 250 + item).to_string())
                        .collect();
                    format!("license.seats in [{}]", all.join(","))
                })
                .collect();
            let when = lists.join(" || ");
            exception(index).replace(&format!("license.seats > {index}"), &when)
        });
        small(EVERYBODY, FACTOR, &exceptions)
    };
    assert_eq!(told(&cards(30)), [""; 0], "30 fit");
    let found = told(&cards(60));
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(
        found[0].starts_with(
            "1:1: expected a card of at most 1048576 bytes with the code that it becomes, found "
        ),
        "{found:?}"
    );
}

/// Thresholds beyond those that wake the account still hold, at the next evaluation.
#[test]
fn more_thresholds_than_timers() {
    let exceptions = many(20, |index| {
        exception(index).replace("license.seats", "usage.days_since_last")
    });
    let card = read(&small(EVERYBODY, FACTOR, &exceptions), &catalogue()).unwrap();
    let wake = &card.features[1].wake;
    assert_eq!(wake.len(), puls_wire::WAKES_MAX);
    assert_eq!(wake.first().map(|at| at.to_bits()), Some(0.0_f64.to_bits()));
}
