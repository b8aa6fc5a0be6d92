//! What nobody writes by mistake. Nothing panics or works for long, whatever is read.

use std::fmt::Write as _;

use puls_wire::Manifest;
use rand::{Rng, SeedableRng};
use rand_pcg::Pcg64Mcg;

use super::{EVERYBODY, EXAMPLE, FACTOR, catalogue, population, small};
use crate::{compile, read};

#[test]
fn every_beginning_of_a_card_is_a_card_or_has_problems() {
    let catalogue = catalogue();
    for end in 0..EXAMPLE.len() {
        let Some(beginning) = EXAMPLE.get(..end) else {
            continue;
        };
        match read(beginning, &catalogue) {
            Ok(card) => assert!(!card.measures.is_empty(), "{end}"),
            Err(problems) => assert!(!problems.is_empty(), "{end}"),
        }
    }
}

#[test]
fn every_beginning_of_a_condition_is_one_or_has_problems() {
    let condition = "!(account.stage in ['prospect', 'churned']) && (has(license.seats) || \
                     -license.seats + 3.5e1 / 2 * ticket.opened_28d >= 1 && true)";
    for end in 0..condition.len() {
        let beginning = condition.get(..end).unwrap();
        if let Err(problems) = population(beginning) {
            assert!(!problems.is_empty(), "{end}");
        }
    }
}

#[test]
fn enormous_and_deep_input_has_problems() {
    let million = 1_000_000;
    let deep = |open: &str, close: &str, n: usize| {
        format!("{}license.seats > 1{}", open.repeat(n), close.repeat(n))
    };
    let conditions = [
        deep("(", ")", 17),
        deep("(", ")", 1_900),
        deep("(", ")", million / 2),
        deep("!(", ")", 500),
        deep("!", "", 3_000),
        deep("- ", "", 1_900),
        deep("[", "]", 1_000),
        format!("license.seats in {}1{}", "[".repeat(300), "]".repeat(300)),
        format!("1{} > 1", " + 1".repeat(900)),
        format!("license.seats{}", " > 1".repeat(900)),
        format!("true{}", " && true".repeat(450)),
        "(".repeat(million),
        "((((((((((((((((".to_owned(),
        "a.".repeat(1_999),
        "a-".repeat(1_999),
        "has(".repeat(900),
        "9".repeat(3_000),
        format!("license.seats > 1e{}", "9".repeat(300)),
        "\u{0}".to_owned(),
        "license.seats > \u{7f}".to_owned(),
        "a.-b > 1".to_owned(),
        "a..b > 1".to_owned(),
        "_._ > 1".to_owned(),
    ];
    for condition in &conditions {
        let shown: String = condition.chars().take(30).collect();
        let problems = population(condition).unwrap_err();
        assert!(!problems.is_empty(), "{shown}");
        assert!(
            problems.iter().all(|one| one.message.len() < 2_000),
            "{shown}"
        );
    }
    let files = [
        "(".repeat(million),
        "[".repeat(200_000),
        "a.".repeat(100_000),
        format!("a = {}", "[".repeat(200_000)),
        format!("a = {}", "{a=".repeat(50_000)),
        "\u{0}".repeat(1_000),
        "[[measures]]\n".repeat(10_000),
        "\u{feff}".to_owned(),
    ];
    for file in &files {
        assert!(!read(file, &catalogue()).unwrap_err().is_empty());
    }
}

#[test]
fn problems_are_cut_where_nobody_reads_on() {
    let mut rest = String::new();
    for index in 0..500 {
        writeln!(rest, "strange_{index} = 1").unwrap();
    }
    let problems = read(&small(EVERYBODY, FACTOR, &rest), &catalogue()).unwrap_err();
    assert_eq!(problems.len(), 201);
    let last = &problems[200].message;
    assert_eq!(last, "and 300 more problems; correct those above first");
}

/// Each is looked for among all names, until nobody is told any more.
#[test]
fn thousands_of_unknown_names_are_told_of_at_once() {
    let names: Vec<_> = (0..40).map(|n| format!("usage.active_dais_{n}")).collect();
    let mut rest = String::new();
    for index in 0..150 {
        let sum = names.join(" + ");
        let name = format!("custom.{}", "log-out-s".repeat(40));
        writeln!(rest, "[derive.\"d.n{index}\"]\nvalue = \"{sum} + {name}\"").unwrap();
    }
    let problems = read(&small(EVERYBODY, FACTOR, &rest), &catalogue()).unwrap_err();
    assert_eq!(problems.len(), 201, "{:?}", problems.first());
}

/// A sum of sums forty deep would take a trillion steps if it were walked naively.
#[test]
fn derived_numbers_of_derived_numbers_are_quick() {
    let mut derive = String::from("[derive.\"d.n0\"]\nvalue = \"license.seats\"\n");
    for index in 1..100 {
        let before = index - 1;
        writeln!(
            derive,
            "[derive.\"d.n{index}\"]\nvalue = \"d.n{before} + d.n{before}\""
        )
        .unwrap();
    }
    let factor = FACTOR
        .replace("license.seats", "d.n99")
        .replace("\"r\"", "\"{}\"");
    let card = read(&small(EVERYBODY, &factor, &derive), &catalogue()).unwrap();
    assert_eq!(card.derived.len(), 100);
    assert_eq!(card.measures[0].factors[0].reason, "{license.seats}");
    let manifest = compile(&card).manifest;
    assert_eq!(manifest.parts[0].features, ["license.seats"]);
}

/// Replays with `PULS_TEST_SEED=<seed>`.
#[test]
fn changed_bytes_never_panic() {
    let seed = std::env::var("PULS_TEST_SEED").map_or(4, |seed| seed.parse().unwrap());
    println!("seed {seed}");
    let mut random = Pcg64Mcg::seed_from_u64(seed);
    let catalogue = catalogue();
    let pieces: Vec<&str> = EXAMPLE
        .split_inclusive([' ', '\n', '.', '(', ')', '\''])
        .collect();
    let (mut good, mut bad) = (0, 0);
    for _ in 0..1_500 {
        let mut bytes = EXAMPLE.as_bytes().to_vec();
        for _ in 0..random.random_range(1..4) {
            let at = random.random_range(0..bytes.len());
            match random.random_range(0..4) {
                0 => bytes[at] = random.random(),
                1 => bytes[at] = b"()[]{}'\"!&|<>=+-*/.,%#0x\n"[random.random_range(0..25)],
                2 => {
                    let end = (at + random.random_range(0..9)).min(bytes.len());
                    drop(bytes.drain(at..end));
                }
                _ => {
                    let piece = pieces[random.random_range(0..pieces.len())];
                    drop(bytes.splice(at..at, piece.bytes()));
                }
            }
        }
        let source = String::from_utf8_lossy(&bytes);
        match read(&source, &catalogue) {
            Ok(card) => {
                // What is read is fit for a module.
                let manifest = compile(&card).manifest;
                let json = serde_json::to_vec(&manifest).unwrap();
                assert_eq!(
                    Manifest::parse(&json),
                    Ok(manifest),
                    "seed {seed}: {source}"
                );
                good += 1;
            }
            Err(problems) => {
                assert!(!problems.is_empty(), "seed {seed}: {source}");
                assert!(
                    problems.is_sorted_by_key(|one| (one.line, one.column)),
                    "seed {seed}"
                );
                bad += 1;
            }
        }
    }
    // Changes within names of people's choice are harmless; most others are not.
    assert!(
        good > 50 && bad > 500,
        "seed {seed}: {good} good, {bad} bad"
    );
}

/// Words in any order are told of by the scan, never left to the parser, whose messages nobody
/// understands. Replays with `PULS_TEST_SEED=<seed>`.
#[test]
fn words_in_any_order_are_conditions_or_understood_mistakes() {
    const WORDS: [&str; 34] = [
        "license.seats",
        "account.segment",
        "custom.in",
        "custom.logins-per-week.v2",
        "has",
        "(",
        ")",
        "[",
        "]",
        ",",
        "!",
        "-",
        "+",
        "*",
        "/",
        "==",
        "!=",
        "<",
        ">=",
        "&&",
        "||",
        "in",
        "true",
        "false",
        "1",
        "2.5",
        ".5",
        "1e3",
        "'a'",
        "\"b\"",
        "has(license.seats)",
        "['a', 'b']",
        "[1, -2]",
        "a",
    ];
    let seed = std::env::var("PULS_TEST_SEED").map_or(5, |seed| seed.parse().unwrap());
    println!("seed {seed}");
    let mut random = Pcg64Mcg::seed_from_u64(seed);
    let mut good = 0;
    for _ in 0..4_000 {
        let count = random.random_range(1..12);
        let words: Vec<_> = (0..count)
            .map(|_| WORDS[random.random_range(0..WORDS.len())])
            .collect();
        let condition = words.join([" ", ""][random.random_range(0..2)]);
        match population(&condition) {
            Ok(_) => good += 1,
            Err(problems) => {
                let parser = problems
                    .iter()
                    .find(|one| one.message.contains("smaller parts"));
                assert_eq!(parser, None, "seed {seed}: {condition}");
            }
        }
    }
    assert!(good > 5, "seed {seed}: {good} good");
}
