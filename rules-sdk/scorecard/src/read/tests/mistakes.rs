//! Mistakes that people make, each in the example card, and what they are told.

use super::{EVERYBODY, EXAMPLE, FACTOR, catalogue, small};
use crate::read;

mod conditions;
mod factors;
mod limits;
mod others;
mod syntax;

/// A change of the example that makes it wrong.
struct Mistake {
    /// What stands in the example.
    instead_of: &'static str,
    /// What stands there now.
    found: &'static str,
    /// All that is said.
    told: &'static [&'static str],
}

fn told(source: &str) -> Vec<String> {
    match read(source, &catalogue()) {
        Ok(_) => Vec::new(),
        Err(problems) => problems.iter().map(ToString::to_string).collect(),
    }
}

#[test]
fn every_mistake_is_told_in_words_with_its_place() {
    let all = [
        factors::MISTAKES,
        conditions::MISTAKES,
        others::MISTAKES,
        syntax::MISTAKES,
    ];
    for mistake in all.into_iter().flatten() {
        assert!(
            EXAMPLE.contains(mistake.instead_of),
            "{}",
            mistake.instead_of
        );
        let source = EXAMPLE.replacen(mistake.instead_of, mistake.found, 1);
        assert_eq!(told(&source), mistake.told, "{}", mistake.found);
    }
}

#[test]
fn all_problems_are_told_at_once_in_order_of_place() {
    let source = EXAMPLE
        .replace("[alerts]", "[alert]")
        .replace("weight = 45", "weight = true")
        .replace("'enterprise' &&", "license.seats &&")
        .replace("seats >= 100", "seat >= 100")
        .replace("cap = 50", "cap = -1")
        .replace("survey.nps_latest", "survey.nps_lastest");
    assert_eq!(
        told(&source),
        [
            "24:10: expected `weight` to be a number such as 40 or 2.5, found true",
            "43:12: expected the name of a feature, found `survey.nps_lastest`; did you mean \
             `survey.nps_latest`?",
            "67:28: expected a text in quotation marks to compare `account.segment` with, as in \
             `account.segment == 'gold'`, found `license.seats`; `account.segment` is a text",
            "67:45: expected the name of a feature, found `license.seat`; did you mean \
             `license.seats`?",
            "82:7: expected `cap` to be a number from 0 to 100, found the number -1",
            "107:2: expected only `card`, `parameters`, `derive`, `measures`, `variants`, \
             `exceptions`, `triggers`, `tiers`, `alerts` and `monotone` in a card, found \
             \"alert\"; did you mean `alerts`?",
        ]
    );
}

#[test]
fn what_is_missing_altogether() {
    let cases: [(String, &[&str]); 6] = [
        (
            String::new(),
            &[
                "1:1: expected a section [card] with `name`, `version` and `applies_when`, found \
                 none; begin the file with it",
                "1:1: expected at least one measure, found none; add [[measures]] with a name, a \
                 weight and [[measures.factors]]",
            ],
        ),
        (
            small(EVERYBODY, FACTOR, "").replace("weight = 1", "weight = 0"),
            &[
                "5:1: expected at least one factor with a weight above 0 in the measure, found \
                 only 0; give them weights",
                "5:1: expected at least one measure with a weight above 0, found only 0, so there \
                 would never be a score; give the measures weights",
            ],
        ),
        (
            small(
                EVERYBODY,
                FACTOR,
                "[[measures]]\nname = \"empty\"\nweight = 1",
            ),
            &[
                "14:1: expected at least one factor in the measure, found none; add \
               [[measures.factors]] below it (in a variant [[variants.measures.factors]])",
            ],
        ),
        (
            small(
                EVERYBODY,
                FACTOR,
                "[[variants]]\nname = \"v\"\nwhen = \"license.seats > 1\"",
            ),
            &[
                "14:1: expected at least one measure in the variant, which replaces one of the \
               card's, found none; add [[variants.measures]] below it",
            ],
        ),
        (
            small("applies_when = \"1 > 2\"", FACTOR, ""),
            &[
                "4:17: expected `applies_when` to hold for some customers, found a condition that \
               never holds, so nobody would have a score; correct it, or write \"true\" for \
               everybody",
            ],
        ),
        (
            small(
                EVERYBODY,
                &FACTOR.replace("\"r\"", "\"In {account.segment}\""),
                "",
            ),
            &[
                "13:14: expected a number or a text with known values to show, found \
               `account.segment`, of which no value is named in the card; leave it out of the \
               sentence",
            ],
        ),
    ];
    for (source, expected) in cases {
        assert_eq!(told(&source), expected, "{source}");
    }
}

/// One mistake hides no other, and none is told that is only the shadow of one.
#[test]
fn what_stands_beside_a_wrong_name_is_told_too() {
    let factor = |feature: &str, rest: &str| {
        let lines = format!("feature = \"{feature}\"\nweight = 1\n{rest}");
        small(EVERYBODY, &lines, "")
    };
    let wrong = "expected the name of a feature, found `license.seat`";
    let long = "bands = [{ up_to = 5, points = 300 }, { points = 1 }]\nreason = \"{license.set}\"";
    let exception = "[[exceptions]]\nname = \"e\"\nwhen = \"license.seat > 1\"\n";
    let trigger = "[[triggers]]\nname = \"t\"\nwhen = \"license.seat >\"\n";
    let with = |action: &str, rest: &str| small(EVERYBODY, FACTOR, &format!("{action}{rest}"));
    let cases: [(String, &[&str]); 7] = [
        (
            factor("license.seat", long),
            &[
                wrong,
                "expected `points` to be a number from 0 to 100, found the number 300",
                "expected the name of a feature, found `license.set`",
            ],
        ),
        (
            factor(
                "license.seat",
                "values = { gold = 300 }\nvalid_for_days = 0\nreason = \"{} of {}\"",
            ),
            &[
                wrong,
                "expected `gold` to be a number from 0 to 100, found the number 300",
                "expected `valid_for_days` to be more than 0, found 0",
            ],
        ),
        (
            factor(
                "license.seat",
                "values = { gold = 1 }\nvalid_for_days = 5\nreason = \"{account.segment}\"",
            ),
            &[wrong],
        ),
        (
            with(exception, "reason = \"{license.set}\""),
            &[wrong, "expected the name of a feature, found `license.set`"],
        ),
        (
            with(exception, "reason = \"{} in {account.segment}\""),
            &[wrong],
        ),
        (
            with(trigger, "text = \"{\""),
            &["expected ", "expected a `}` after this `{`, found the end"],
        ),
        (with(trigger, "text = \"{} and {}\""), &["expected "]),
    ];
    for (source, expected) in cases {
        let found = told(&source);
        assert_eq!(found.len(), expected.len(), "{source}\n{found:#?}");
        for (found, expected) in found.iter().zip(expected) {
            let (_, message) = found.split_once(": ").unwrap();
            assert!(message.starts_with(expected), "{source}\n{found}");
        }
    }
}

/// A name with its family is the same with and without quotation marks.
#[test]
fn what_stands_under_one_name_twice() {
    let cases = [
        (
            "[monotone]\n\"license.seats\" = \"up\"\nlicense.seats = \"down\"",
            "16:9: expected one promise for each feature, found a second one for `license.seats`; \
             remove one",
        ),
        (
            "[derive.\"d.n\"]\nvalue = \"1\"\n[derive.d.n]\nvalue = \"2\"",
            "16:11: expected each derived number once, found a second one named `d.n`; rename or \
             remove one",
        ),
    ];
    for (rest, expected) in cases {
        assert_eq!(told(&small(EVERYBODY, FACTOR, rest)), [expected], "{rest}");
    }
}

/// What is wrong with the parameters of a line is told of them alone.
#[test]
fn a_line_between_two_wrong_parameters() {
    let factor = FACTOR.replace(
        "zero_at = 1, hundred_at = 2",
        "zero_at = \"parameter.a\", hundred_at = \"parameter.b\"",
    );
    let found = told(&small(EVERYBODY, &factor, "[parameters]\na = 1\nb = 2"));
    let places: Vec<_> = found
        .iter()
        .filter_map(|line| line.split_once(": "))
        .map(|(place, _)| place)
        .collect();
    assert_eq!(places, ["15:5", "16:5"], "{found:?}");
}

#[test]
fn a_later_variant_that_nobody_reaches_is_told_which_one_is_in_its_way() {
    let variant = |name: &str, when: &str| {
        format!(
            "[[variants]]\nname = \"{name}\"\nwhen = \"{when}\"\n[[variants.measures]]\n\
             name = \"m\"\nweight = 1\n[[variants.measures.factors]]\nname = \"f\"\n{FACTOR}\n"
        )
    };
    let both = variant("large", "license.seats > 3") + &variant("huge", "license.seats > 5");
    assert_eq!(
        told(&small(EVERYBODY, FACTOR, &both)),
        [
            "28:9: expected a condition that leaves something to this variant, found one that \
             holds only where that of `large` further up does; the first that holds counts, so \
             put the narrower variant first or change it"
        ]
    );
}
