//! Parts sum exactly: in what is published, to the ten-thousandth, and in what is shown, to the
//! tenth, in every language. `PULS_SEED=<n>` replays one.

use puls_wire::{Measure, Part, PartVerdict, Verdict};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use serde_json::Value;

use super::bench::{Bench, Line, Linear, START};
use crate::decide::tier::ten_thousandths;
use crate::decide::{Outcome, Override, Reading, RuleRef, explain, render_text};
use crate::language::Language;
use crate::model::{Cause, Digest, HOUR_MS, Key, Kind, Origin};

const SEEDS: u64 = 400;
const SCORE_MAX: i64 = 1_000_000;

/// A bench whose rule has these numbers of parts per measure.
fn bench(parts: &[usize], language: Language) -> Bench {
    let mut bench = Bench::threshold(0.0);
    bench.settings.language = language.code().into();
    let measure = |place: usize| Measure {
        name: format!("m{place}"),
        title: format!("M{place}"),
        weight: 1.0,
    };
    bench.manifest.measures = (0..parts.len()).map(measure).collect();
    let of_measure = |(measure, count): (usize, &usize)| {
        let part = move |place: usize| Part {
            name: format!("p{measure}.{place}"),
            measure: format!("m{measure}"),
            features: Vec::new(),
            baseline: 100.0,
        };
        (0..*count).map(part).collect::<Vec<_>>()
    };
    bench.manifest.parts = parts.iter().enumerate().flat_map(of_measure).collect();
    bench.weights = vec![1.7, 3.1, -0.9];
    bench.recompile();
    bench
}

/// Contributions that sum to a score within its range once `adjust` is added.
fn verdict(contributions: &[i64], adjust: i64) -> Verdict {
    let part = |contribution: &i64| PartVerdict {
        contribution: i32::try_from(*contribution).unwrap(),
        points: 5_000,
        weight: 100,
        reason: 0,
    };
    Verdict {
        coverage: 10_000,
        parts: contributions.iter().map(part).collect(),
        adjust: i32::try_from(adjust).unwrap(),
        exceptions: u64::from(adjust != 0),
        ..Verdict::default()
    }
}

fn random_verdict(random: &mut SmallRng, parts: usize) -> Verdict {
    let mut left = SCORE_MAX;
    let contributions = (0..parts).map(|_| {
        let share = random.random_range(-20_000..=left / 2 + 1);
        left -= share.max(0);
        // Many scores of the field end in a half or in nothing.
        if random.random_ratio(1, 4) {
            share / 500 * 500
        } else {
            share
        }
    });
    let contributions: Vec<i64> = contributions.collect();
    let sum: i64 = contributions.iter().sum();
    let score = if random.random_ratio(1, 4) || sum < 0 {
        random.random_range(0..=SCORE_MAX)
    } else {
        sum
    };
    verdict(&contributions, score - sum)
}

fn line(verdict: &Verdict, hour: i64, random: &mut SmallRng) -> Line {
    Line {
        now: START.plus_ms(hour * HOUR_MS),
        verdict: verdict.clone(),
        features: (0..3)
            .map(|_| f64::from(random.random_range(0..40_u8)))
            .collect(),
        over: None,
        is_daily: false,
        touched: 1 << random.random_range(0..Kind::ALL.len()),
        cause: Cause::Input(Origin {
            input: 0,
            offset: 1,
            row: 0,
        }),
    }
}

/// The first number of a text, in tenths.
fn tenths(text: &str) -> i64 {
    let start = text.find(|c: char| c.is_ascii_digit() || c == '−').unwrap();
    let is_number = |c: char| c.is_ascii_digit() || "−.,".contains(c);
    let text = text.get(start..).unwrap();
    let number: String = text.chars().take_while(|c| is_number(*c)).collect();
    let number = number.replace('−', "-").replace(',', ".");
    let number = number.trim_end_matches('.');
    ten_thousandths(number.parse().unwrap()) / 1_000
}

/// What the lines of a page say, in tenths.
#[derive(Debug, Default)]
struct Shown {
    score: i64,
    moved: Option<(i64, i64)>,
    shares: Option<i64>,
    /// Per measure what it adds, and what its parts add.
    measures: Vec<(i64, i64)>,
    exceptions: i64,
}

fn shown(page: &str, language: Language) -> Shown {
    let words = language.dictionary();
    let before = |key: &str| words.say(key).split('{').next().unwrap().to_owned();
    let (score, changed) = (before("explain.score"), before("explain.changed"));
    let exceptions = format!("{}: ", words.say("explain.exceptions"));
    let mut shown = Shown::default();
    for line in page.lines() {
        if let Some(rest) = line.strip_prefix(&score) {
            shown.score = tenths(rest);
            let moved = rest.split_once('(').map(|(_, moved)| moved);
            shown.moved = moved.map(|moved| {
                let previous = moved.split_once(' ').unwrap().1;
                (tenths(moved.trim_start_matches('+')), tenths(previous))
            });
        } else if let Some(shares) = line.strip_prefix(&changed) {
            shown.shares = Some(shares.split(", ").map(tenths).sum());
        } else if let Some(rest) = line.strip_prefix(&exceptions) {
            shown.exceptions = tenths(rest);
        } else if line.starts_with('M') && line.chars().nth(1).is_some_and(|c| c.is_ascii_digit()) {
            let (_, rest) = line.split_once(": ").unwrap();
            shown.measures.push((tenths(rest), 0));
        } else if line.starts_with("  p") {
            let (_, rest) = line.split_once(": ").unwrap();
            shown.measures.last_mut().unwrap().1 += tenths(rest);
        }
    }
    shown
}

fn points(value: &Value) -> i64 {
    ten_thousandths(value.as_f64().unwrap())
}

/// What is published sums to the ten-thousandth.
fn check_published(data: &Value, computed: &Value) {
    let measures = data["measures"].as_array().unwrap();
    let mut sum = points(&data["adjustment"]);
    for measure in measures {
        let parts = measure["parts"].as_array().unwrap();
        let of_parts: i64 = parts.iter().map(|part| points(&part["contribution"])).sum();
        assert_eq!(of_parts, points(&measure["contribution"]));
        sum += of_parts;
    }
    assert_eq!(sum, points(computed));
    if let Some(split) = data["split"].as_object() {
        assert_eq!(
            split.values().map(points).sum::<i64>(),
            points(&data["delta"])
        );
    }
}

#[test]
#[expect(
    clippy::too_many_lines,
    reason = "one property, looked at from each side"
)]
fn parts_sum_exactly_in_what_is_published_and_in_what_is_shown() {
    let one = std::env::var("PULS_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok());
    let seeds: Vec<u64> = one.map_or_else(|| (0..SEEDS).collect(), |seed| vec![seed]);
    let mut moved = 0;
    for seed in seeds {
        println!("seed {seed}");
        let mut random = SmallRng::seed_from_u64(seed);
        let counts: Vec<usize> = (0..random.random_range(1..6))
            .map(|_| random.random_range(1..6))
            .collect();
        let language = Language::ALL[usize::from(random.random_bool(0.5))];
        let mut bench = bench(&counts, language);
        let parts = counts.iter().sum();
        let first = random_verdict(&mut random, parts);
        let first = line(&first, 0, &mut random);
        assert!(matches!(bench.decide(&first), Outcome::Decided(_)));
        let published: Value = serde_json::from_slice(&bench.outputs[0].value).unwrap();
        check_published(&published["data"], &published["data"]["score"]);

        let second = random_verdict(&mut random, parts);
        let second = line(&second, 1, &mut random);
        let key = Key::new("acme", "eu/42").unwrap();
        let over = random.random_ratio(1, 5).then(|| Override {
            value: random.random_range(0..=SCORE_MAX),
            by: "ada",
            reason: "she knows",
            expires: START.plus_ms(90 * HOUR_MS),
        });
        let reading = Reading {
            key: &key,
            rule: RuleRef {
                name: "health",
                version: if random.random_bool(0.3) {
                    "2"
                } else {
                    "1.2.0"
                },
                digest: Digest::default().chain(b"1.2.0"),
                parameters: &[],
                primary: true,
                shadow: false,
            },
            now: second.now,
            verdict: &second.verdict,
            features: &second.features,
            over,
            peers: None,
        };
        let mut linear = Linear(bench.weights.clone());
        let data = explain(
            &bench.policy,
            &bench.memory,
            &reading,
            &[],
            Some(&mut linear),
        );
        let json: Value = serde_json::from_slice(&data.to_json()).unwrap();
        let computed = over.map_or(&json["score"], |_| &json["override"]["computed"]);
        check_published(&json, computed);

        let page = render_text(&data, 500);
        let shown = shown(&page, language);
        let sum: i64 = shown.measures.iter().map(|(own, _)| own).sum::<i64>() + shown.exceptions;
        for (own, of_parts) in &shown.measures {
            assert_eq!(own, of_parts, "seed {seed}\n{page}");
        }
        assert_eq!(shown.measures.len(), counts.len(), "{page}");
        let computed = crate::decide::text::in_units(points(computed), 1_000);
        assert_eq!(sum, computed, "seed {seed}\n{page}");
        assert!(
            over.is_some() || shown.score == computed,
            "seed {seed}\n{page}"
        );
        let (delta, previous) = shown.moved.unwrap();
        assert_eq!(delta, shown.score - previous, "seed {seed}\n{page}");
        assert_eq!(shown.shares.unwrap_or(0), delta, "seed {seed}\n{page}");
        moved += i64::from(delta != 0);
    }
    assert!(moved > 0);
}

/// Field notes, golden vectors: weights 20, 15, 22 on 47, 59, 21 give 40.1228, of which the parts
/// are 16.4912, 15.5263 and 8.1053.
#[test]
fn the_golden_vector_adds_up_on_every_page() {
    for (language, expected) in [
        (Language::English, ["Score 40.1,", "+16.5", "+15.5", "+8.1"]),
        (
            Language::Swedish,
            ["Hälsopoäng 40,1,", "+16,5", "+15,5", "+8,1"],
        ),
    ] {
        let mut bench = bench(&[3], language);
        let verdict = verdict(&[164_912, 155_263, 81_053], 0);
        let mut random = SmallRng::seed_from_u64(1);
        let line = line(&verdict, 0, &mut random);
        bench.decide(&line);
        let published: Value = serde_json::from_slice(&bench.outputs[0].value).unwrap();
        assert_eq!(published["data"]["score"].to_string(), "40.1228");
        assert_eq!(published["data"]["language"], language.code());
        let key = Key::new("acme", "eu/42").unwrap();
        let reading = Reading {
            key: &key,
            rule: RuleRef {
                name: "health",
                version: "1",
                digest: Digest::default(),
                parameters: &[],
                primary: true,
                shadow: false,
            },
            now: line.now,
            verdict: &verdict,
            features: &line.features,
            over: None,
            peers: None,
        };
        let none = crate::decide::Memory::default();
        let data = explain(&bench.policy, &none, &reading, &[], None);
        let page = render_text(&data, 100);
        for part in expected {
            assert!(page.contains(part), "{part}\n{page}");
        }
    }
}
