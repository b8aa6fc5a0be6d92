//! The engine beside the oracle: the same records, and whether both say the same, line by line.

use std::collections::BTreeMap;

use puls::features::{Form, catalogue};
use puls::model::{DAY_MS, HOUR_MS, Kind, Output, Settings, Time, Topic};
use puls::rules::RulesEngine;
use puls_benches::{Generator, Keys, Line, Mix, Workload};
use puls_tests::oracle::{AlertName, Card, Oracle, World, alert_ids, final_features, said};
use puls_tests::rules;
use puls_tests::seeds;
use puls_tests::sim::{Feed, Sim, SimRule};
use puls_tests::stories::{Stories, settings};
use puls_wire::{Layout, PartVerdict, Status, Verdict};
use rand::Rng;
use rand::seq::IndexedRandom;
use rand_pcg::Pcg64Mcg;
use serde_json::{Value, json};

use crate::hostile::modules::assembly::{Assembly, arena_at, body, fixed_memory};

/// A rule in both worlds.
struct Both {
    card: Card,
    rule: SimRule,
}

/// The rules that ship, and two that read whatever there is and say nothing.
fn all_rules(settings: &Settings) -> Vec<Both> {
    let shipped = |name: &str, primary, manifest: &[u8], verdict| Both {
        card: Card {
            name: name.to_owned(),
            primary,
            manifest: serde_json::from_slice(manifest).expect("a manifest is JSON"),
            verdict,
        },
        rule: SimRule {
            module: rules::module(name),
            name: name.to_owned(),
            primary,
        },
    };
    vec![
        probe(settings),
        probe_of_others(),
        shipped("saas-health", true, saas_health::manifest(), |row| {
            saas_health::RULE.verdict(row)
        }),
        shipped("silent-account", false, silent_account::manifest(), |row| {
            silent_account::RULE.verdict(row)
        }),
    ]
}

/// Whether a feature says something of others, or of the rule itself.
fn is_of_others(name: &str) -> bool {
    name.contains("_segment_") || name.starts_with("score.")
}

/// A rule that names every other feature, and every wake that one may have.
fn probe(settings: &Settings) -> Both {
    let mut features: Vec<Value> = Vec::new();
    let named = catalogue().iter().filter(|it| !it.name.contains('<'));
    for feature in named.filter(|it| !is_of_others(it.name)) {
        features.push(match feature.form {
            Form::Number => json!({"name": feature.name}),
            Form::DaysSince => json!({"name": feature.name, "wake": [3.0, 10.0]}),
            Form::DaysUntil => json!({"name": feature.name, "wake": [20.0, 5.0, -2.0]}),
            Form::Text => {
                json!({"name": feature.name, "values": ["churned", "smb", "trial", "team"]})
            }
        });
    }
    for factor in ["resources", "business_value"] {
        features.push(json!({"name": format!("assessment.{factor}")}));
        features.push(json!({"name": format!("assessment.{factor}_age_days"), "wake": [4.0]}));
    }
    if settings.attributes.contains_key("industry") {
        features.push(json!({"name": "attribute.industry", "values": ["bank"]}));
        features.push(json!({"name": "attribute.stores"}));
    }
    for custom in &settings.features {
        features.push(json!({"name": format!("custom.{}", custom.name)}));
    }
    rule_of("probe", &features)
}

/// A rule that names all that is relative to peers or to its own score.
fn probe_of_others() -> Both {
    let others = catalogue().iter().filter(|it| is_of_others(it.name));
    let features: Vec<Value> = others.map(|it| json!({"name": it.name})).collect();
    rule_of("probe-others", &features)
}

/// A rule whose score is always 0.
fn rule_of(name: &str, features: &[Value]) -> Both {
    let count = features.len();
    let manifest = json!({
        "abi": "puls/1", "name": name, "version": "1.0.0", "features": features,
        "measures": [{"name": "all", "weight": 1}],
        "parts": [{"name": "all", "measure": "all"}],
        "tiers": {"bands": [{"name": "high", "from": 50}, {"name": "low", "from": 0}]}
    });
    let bytes = Layout::new(count, 1, 0).bytes;
    let module = Assembly::with(|it| {
        it.manifests = vec![manifest.to_string().into_bytes()];
        it.memories = vec![fixed_memory(u64::from(bytes / 65_536 + 2))];
        it.set(1, arena_at(4_096));
        let silent = body(|it| {
            it.i32_const(0);
        });
        it.set(2, silent);
    });
    let verdict = |_: &[f64]| Verdict {
        status: Status::Scored,
        parts: vec![PartVerdict {
            contribution: 0,
            points: 0,
            weight: 0,
            reason: 0,
        }],
        ..Verdict::default()
    };
    Both {
        card: Card {
            name: name.into(),
            primary: false,
            manifest,
            verdict,
        },
        rule: SimRule {
            module,
            name: name.into(),
            primary: false,
        },
    }
}

/// One comparison: settings, and the rules in both worlds.
struct Bench {
    engine: RulesEngine,
    settings: Settings,
    both: Vec<Both>,
}

impl Bench {
    fn new(settings: Settings) -> Self {
        Self {
            engine: RulesEngine::new().expect("an engine"),
            both: all_rules(&settings),
            settings,
        }
    }

    fn sim(&self, lines: &[Line], until: Time) -> Sim {
        let rules: Vec<SimRule> = self.both.iter().map(|both| both.rule.clone()).collect();
        let sim = Sim::with_settings(1, &self.engine, &rules, &self.settings);
        sim.catch_up(lines, Feed::whole(until));
        sim
    }

    /// Runs both, and compares all that they say and all features at the end.
    fn compare(&self, lines: &[Line], until: Time, how: &str) -> Vec<Output> {
        let sim = self.sim(lines, until);
        let outputs = sim.outputs();
        let found: Vec<String> = outputs.iter().map(said).collect();
        let cards: Vec<Card> = self.both.iter().map(|both| both.card.clone()).collect();
        let alerts: BTreeMap<String, AlertName> = alert_ids(&outputs);
        let world = World {
            settings: &self.settings,
            cards: &cards,
            alerts: &alerts,
            clock: until.0 + HOUR_MS,
            until: until.0,
        };
        let oracle = Oracle::run(world, lines);
        same_lines(oracle.said(), &found, how);
        let features = final_features(&sim, until.0);
        same_lines(
            &oracle.features(until.0),
            &features,
            &format!("{how}, features"),
        );
        outputs
    }
}

fn same_lines(expected: &[String], found: &[String], how: &str) {
    for (place, (expected, said)) in expected.iter().zip(found).enumerate() {
        if expected == said {
            continue;
        }
        let differ = |(a, b): &(&str, &str)| a != b;
        let words = expected.split(' ').zip(said.split(' ')).filter(differ);
        let words: Vec<_> = words.take(6).collect();
        let before = place.checked_sub(1).and_then(|before| found.get(before));
        panic!(
            "{how}: line {place} differs in (oracle, engine) {words:?}\nbefore: {before:?}\n\
             oracle: {expected}\nengine: {said}"
        );
    }
    let (more, side) = if expected.len() > found.len() {
        (expected.get(found.len()), "oracle")
    } else {
        (found.get(expected.len()), "engine")
    };
    assert_eq!(
        expected.len(),
        found.len(),
        "{how}: the {side} goes on: {more:?}"
    );
}

/// Records of a seed, as far as a moment.
fn up_to(lines: &[Line], until: Time) -> Vec<Line> {
    let known = lines.iter().filter(|line| line.time <= until);
    known.cloned().collect()
}

#[test]
fn wild_stories_are_told_alike() {
    let bench = Bench::new(settings());
    for seed in seeds("stories", 1..3) {
        let (lines, until) = Stories::new(seed, 5).lines(420);
        let outputs = bench.compare(&lines, until, &format!("seed {seed}"));
        let middle = Time(lines[250].time.0 + HOUR_MS);
        let half = up_to(&lines, middle);
        bench.compare(&half, middle, &format!("seed {seed} until {middle}"));
        let of = |topic| outputs.iter().filter(|it| it.topic == topic).count();
        let dead = of(Topic::DeadLetters);
        let (scores, alerts) = (of(Topic::Scores), of(Topic::Alerts));
        assert!(
            dead > 10 && scores > 100 && alerts > 5 && of(Topic::Triggers) > 0,
            "seed {seed} says too little: {dead} dead letters, {scores} scores, {alerts} alerts"
        );
    }
}

#[test]
fn a_large_and_tame_workload_is_told_alike() {
    let bench = Bench::new(Settings::default());
    for seed in seeds("workload", 1..2) {
        let workload = Workload {
            seed,
            accounts: 12,
            keys: Keys::Zipf(1.0),
            events_per_s: 700.0 / (120.0 * 86_400.0),
            late_share: 0.1,
            duplicate_share: 0.05,
            mix: Mix {
                usage: 700,
                ticket: 120,
                ..Mix::default()
            },
            ..Workload::default()
        };
        let lines: Vec<Line> = Generator::new(&workload).take(700).collect();
        let until = lines.last().unwrap().time.plus_ms(50 * DAY_MS);
        bench.compare(&lines, until, &format!("seed {seed}"));
    }
}

/// Segments that are large enough to be compared with, and that accounts come to and leave.
#[test]
fn accounts_and_their_peers_are_told_alike() {
    let bench = Bench::new(Settings::default());
    for seed in seeds("peers", 1..2) {
        let workload = Workload {
            seed,
            accounts: 45,
            keys: Keys::Zipf(0.5),
            events_per_s: 500.0 / (14.0 * 86_400.0),
            late_share: 0.1,
            duplicate_share: 0.05,
            mix: Mix {
                usage: 600,
                ticket: 150,
                license: 100,
                account: 60,
                ..Mix::default()
            },
            ..Workload::default()
        };
        let lines: Vec<Line> = Generator::new(&workload).take(500).collect();
        let until = lines.last().unwrap().time.plus_ms(2 * DAY_MS);
        bench.compare(&lines, until, &format!("seed {seed}"));
        let middle = Time(lines[300].time.0 + HOUR_MS);
        let half = up_to(&lines, middle);
        bench.compare(&half, middle, &format!("seed {seed} until {middle}"));
        let sim = bench.sim(&lines, until);
        let features = final_features(&sim, until.0);
        let compared = features
            .iter()
            .filter(|line| line.contains("_segment_percentile ") && !line.ends_with(" missing"));
        assert!(compared.count() > 50, "seed {seed}: too few have peers");
    }
}

#[test]
fn what_people_do_with_alerts_is_told_alike() {
    let bench = Bench::new(settings());
    let mut told: Vec<String> = Vec::new();
    for seed in seeds("actions", 11..13) {
        let (mut lines, until) = Stories::new(seed, 4).lines(350);
        let mut random = Pcg64Mcg::new(seed.into());
        // Alerts have ids that only a run can tell; each round answers those of the round before.
        for round in 0..2 {
            let alerts = alert_ids(&bench.sim(&lines, until).outputs());
            lines.extend(answers(&alerts, round, &mut random));
            let (actions, others): (Vec<Line>, Vec<Line>) = lines
                .into_iter()
                .partition(|line| line.kind == Kind::Action);
            lines = others;
            let mut actions = actions;
            actions.sort_by_key(|line| line.time);
            lines.extend(actions);
        }
        let outputs = bench.compare(&lines, until, &format!("seed {seed}"));
        told.extend(outputs.iter().map(said));
    }
    for change in [" snoozed ", " resolved person "] {
        assert!(
            told.iter().any(|line| line.contains(change)),
            "no seed says{change}"
        );
    }
}

/// What people do with some of the alerts, hours to weeks after they were opened.
fn answers(alerts: &BTreeMap<String, AlertName>, round: u32, random: &mut Pcg64Mcg) -> Vec<Line> {
    let changes = [
        "acknowledged",
        "assigned",
        "snoozed",
        "snoozed",
        "resolved",
        "commented",
    ];
    let mut lines = Vec::new();
    for (number, (id, (key, _, _, opened))) in alerts.iter().enumerate() {
        if random.random_bool(0.4) {
            continue;
        }
        let at = opened + random.random_range(0..20 * DAY_MS);
        let until = at + random.random_range(-2 * DAY_MS..9 * DAY_MS);
        let change = changes.choose(random).expect("there are some");
        let account = key.trim_start_matches("tenant-0/");
        lines.push(Line {
            time: Time(at),
            kind: Kind::Action,
            key: key.clone(),
            value: format!(
                r#"{{"id":"act-{round}-{number}","tenant":"tenant-0","account":"{account}","kind":"action","at":{at},"alert":"{id}","change":"{change}","until":{until},"by":"kam"}}"#
            ),
        });
    }
    lines
}

/// A record of the account `quiet`, stamped `time`, about something at `at`.
fn quiet(kind: Kind, (time, at): (Time, Time), rest: &str) -> Line {
    Line {
        time,
        kind,
        key: "tenant-0/quiet".into(),
        value: format!(
            r#"{{"id":"{0}","tenant":"tenant-0","account":"quiet","kind":"{0}","at":{1},{rest}}}"#,
            kind.as_str(),
            at.0
        ),
    }
}

/// When the alert about a subject was opened.
fn opened(outputs: &[Output], subject: &str) -> Vec<Time> {
    let names = alert_ids(outputs).into_values();
    let about = names.filter(|(_, _, of, _)| of == subject);
    about.map(|(_, _, _, opened)| Time(opened)).collect()
}

#[test]
fn a_renewal_that_wakes_first_does_not_lose_the_silence_behind_it() {
    let bench = Bench::new(Settings::default());
    let start = Time(1_767_225_600_123);
    let ends = start.plus_ms(65 * DAY_MS);
    let terms = format!(r#""license":"l","change":"started","term_ends":"{ends}""#);
    let lines = [
        quiet(Kind::License, (start, start), &terms),
        quiet(Kind::Usage, (start, start), r#""metric":"login""#),
    ];
    let outputs = bench.compare(&lines, start.plus_ms(40 * DAY_MS), "a quiet renewal");
    let due = start.plus_ms(14 * DAY_MS);
    assert_eq!(opened(&outputs, "silent_renewal"), [due]);
}

#[test]
fn an_event_ahead_of_its_time_wakes_its_account_when_it_is_due() {
    let bench = Bench::new(Settings::default());
    let start = Time(1_767_225_600_123);
    let ahead = start.plus_ms(20 * HOUR_MS);
    let lines = [
        quiet(Kind::Account, (start, ahead), r#""name":"Quiet""#),
        quiet(Kind::Usage, (start, ahead), r#""metric":"login""#),
    ];
    let outputs = bench.compare(&lines, start.plus_ms(60 * DAY_MS), "an event ahead");
    assert_eq!(opened(&outputs, "silent"), [ahead.plus_ms(30 * DAY_MS)]);
}

#[test]
fn an_attribute_of_another_type_takes_no_place() {
    let bench = Bench::new(settings());
    let start = Time(1_767_225_600_123);
    let said = |day: i64, value: &str| {
        let at = start.plus_ms(day * DAY_MS);
        let rest = format!(r#""attributes":{{"industry":{value},"stores":{value}}}"#);
        let mut line = quiet(Kind::Account, (at, at), &rest);
        line.value = line
            .value
            .replace("\"id\":\"account\"", &format!("\"id\":\"{day}\""));
        line
    };
    let lines = [said(0, "\"bank\""), said(1, "7"), said(2, "true")];
    bench.compare(&lines, start.plus_ms(9 * DAY_MS), "attributes");
}
