//! The fold under a simulated clock: how records are cut, when they come and what dies on the way
//! never shows in an output.

use std::collections::BTreeMap;

use puls::log::memory::Fault;
use puls::model::{DAY_MS, HOUR_MS, Kind, Output, Time, Topic};
use puls::rules::RulesEngine;
use puls_benches::{Generator, Keys, Line, Workload};
use puls_tests::seed;
use puls_tests::sim::{Feed, Sim, shipped};
use rand::Rng;
use rand::seq::SliceRandom;

const SHARDS: u32 = 2;

/// Some weeks of a few accounts: enough for windows, timers, tiers and repeats.
fn workload(seed: u64, lines: usize) -> (Vec<Line>, Time) {
    let workload = Workload {
        seed,
        accounts: 40,
        keys: Keys::Zipf(1.0),
        events_per_s: 2_000.0 / (40.0 * 86_400.0),
        late_share: 0.05,
        duplicate_share: 0.05,
        ..Workload::default()
    };
    let lines: Vec<Line> = Generator::new(&workload).take(lines).collect();
    let until = lines
        .last()
        .map_or(Time(0), |line| line.time)
        .plus_ms(3 * DAY_MS);
    (lines, until)
}

fn engine() -> RulesEngine {
    RulesEngine::new().unwrap()
}

fn outputs_of(engine: &RulesEngine, lines: &[Line], feed: Feed) -> Vec<Output> {
    let sim = Sim::new(SHARDS, engine, &shipped());
    sim.catch_up(lines, feed);
    sim.outputs()
}

/// Scores of all accounts by all rules, as text that can be compared.
fn final_scores(engine: &RulesEngine, lines: &[Line], until: Time) -> BTreeMap<String, String> {
    let sim = Sim::new(SHARDS, engine, &shipped());
    sim.catch_up(lines, Feed::whole(until));
    let mut scores = BTreeMap::new();
    sim.standings(until, &mut |standing| {
        for rule in &standing.rules {
            let name = format!("{} {}", standing.key, rule.data.rule.name);
            let bits: Vec<u64> = rule.values.iter().map(|value| value.to_bits()).collect();
            let text = format!("{:?} {:?} {bits:?}", rule.data.computed, rule.data.coverage);
            scores.insert(name, text);
        }
    });
    scores
}

#[test]
fn how_records_are_cut_into_steps_never_shows() {
    let engine = engine();
    let (lines, until) = workload(seed("cut", 11), 2_000);
    let whole = outputs_of(&engine, &lines, Feed::whole(until));
    assert!(
        whole.len() > 300,
        "only {} outputs: the workload says too little",
        whole.len()
    );
    for records_max in [1, 7, 100] {
        let found = outputs_of(
            &engine,
            &lines,
            Feed {
                records_max,
                ..Feed::whole(until)
            },
        );
        assert_same(&whole, &found, &format!("cut at {records_max}"));
    }
}

#[test]
fn what_was_down_decides_as_it_would_have_decided_live() {
    let engine = engine();
    let (lines, until) = workload(seed("live", 12), 1_200);
    let caught_up = outputs_of(&engine, &lines, Feed::whole(until));
    for tick_ms in [HOUR_MS, 7 * HOUR_MS + 13, 3 * DAY_MS] {
        let sim = Sim::new(SHARDS, &engine, &shipped());
        sim.live(&lines, Feed::whole(until), tick_ms);
        assert_same(
            &caught_up,
            &sim.outputs(),
            &format!("a tick of {tick_ms} ms"),
        );
    }
}

#[test]
fn a_crash_between_any_two_effects_leaves_no_trace() {
    let engine = engine();
    let (lines, until) = workload(seed("crash", 13), 600);
    let whole = outputs_of(&engine, &lines, Feed::whole(until));
    let cut = Feed {
        records_max: 50,
        ..Feed::whole(until)
    };
    for fault in [Fault::Abort, Fault::CrashBefore, Fault::CrashAfter] {
        for snapshots in [false, true] {
            for first in 0..3 {
                let feed = Feed {
                    fault: Some((first, 3, fault)),
                    snapshots,
                    ..cut
                };
                let found = outputs_of(&engine, &lines, feed);
                assert_same(&whole, &found, &format!("{fault:?} from commit {first}"));
            }
        }
    }
}

#[test]
fn order_within_the_horizon_and_repeats_do_not_change_final_scores() {
    let engine = engine();
    let seed = seed("shuffle", 14);
    let (mut lines, until) = workload(seed, 1_500);
    let expected = final_scores(&engine, &lines, until);
    assert!(expected.len() >= 60, "only {} scores", expected.len());
    let mut random = rand_pcg::Pcg64Mcg::new(seed.into());
    let repeats: Vec<Line> = lines
        .iter()
        .filter(|_| random.random_bool(0.2))
        .cloned()
        .collect();
    lines.extend(repeats);
    // Shuffled within blocks of some hours: no event comes later than its horizon allows.
    let times: Vec<Time> = lines.iter().map(|line| line.time).collect();
    for block in lines.chunks_mut(40) {
        block.shuffle(&mut random);
    }
    for (line, time) in lines.iter_mut().zip(times) {
        line.time = time.max(line.time);
    }
    lines.sort_by_key(|line| line.time);
    assert_eq!(final_scores(&engine, &lines, until), expected);
}

#[test]
fn a_silent_account_is_reported_at_the_moment_it_was_due() {
    let engine = engine();
    let at = Time(1_767_225_600_000);
    let line = |kind: Kind, rest: &str| Line {
        time: at,
        kind,
        key: "tenant-0/quiet".into(),
        value: format!(
            r#"{{"id":"{0}","tenant":"tenant-0","account":"quiet","kind":"{0}","at":{1},{rest}}}"#,
            kind.as_str(),
            at.0
        ),
    };
    let lines = [
        line(Kind::Account, r#""name":"Quiet""#),
        line(Kind::Usage, r#""metric":"login""#),
    ];
    let sim = Sim::new(1, &engine, &shipped());
    // The shard was down for months; the alert carries the moment at which it was due.
    sim.catch_up(&lines, Feed::whole(at.plus_ms(90 * DAY_MS)));
    let alerts: Vec<String> = sim
        .outputs()
        .iter()
        .filter(|output| output.topic == Topic::Alerts)
        .map(|output| String::from_utf8(output.value.clone()).unwrap())
        .collect();
    let silent = alerts
        .iter()
        .find(|alert| alert.contains(r#""subject":"silent""#));
    let event: serde_json::Value =
        serde_json::from_str(silent.expect("a silent account opens an alert")).unwrap();
    let time = Time::parse_rfc3339(event["time"].as_str().unwrap()).unwrap();
    assert_eq!(
        time,
        at.plus_ms(30 * DAY_MS),
        "the moment at which it was due: {event}"
    );
}

fn assert_same(expected: &[Output], found: &[Output], how: &str) {
    let show = |output: &Output| String::from_utf8_lossy(&output.value).into_owned();
    for (place, (expected, found)) in expected.iter().zip(found).enumerate() {
        assert_eq!(show(expected), show(found), "{how}: output {place}");
    }
    assert_eq!(expected.len(), found.len(), "{how}: number of outputs");
}
