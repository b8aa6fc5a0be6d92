//! Random sequences of verdicts and actions. `PULS_SEED=<n>` replays one.

use std::collections::{BTreeMap, BTreeSet};

use puls_wire::{PartVerdict, Status, Verdict};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

use super::bench::{Bench, Line, START, envelope, through_bytes};
use crate::decide::{Outcome, Timers, act};
use crate::model::{Action, ActionChange, Cause, HOUR_MS, Kind, Origin, Time, TimerName, Topic};

const STEPS: usize = 300;

fn seeds() -> Vec<u64> {
    let one = std::env::var("PULS_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok());
    one.map_or_else(|| (0..60).collect(), |seed| vec![seed])
}

/// A bench with random hysteresis, dwell and threshold.
fn bench(random: &mut SmallRng) -> Bench {
    let mut bench = Bench::new();
    bench.manifest.tiers.hysteresis_points = f64::from(random.random_range(0..4_u8));
    bench.manifest.tiers.dwell_hours = random.random_range(0..3) * 12;
    bench.settings.publish_threshold_points = f64::from(random.random_range(0..10_u8));
    bench.weights = vec![1.0, 5.0, -0.5];
    bench.recompile();
    bench
}

fn line(random: &mut SmallRng, now: Time, offset: u64) -> Line {
    let mut value = |max: u16| {
        if random.random_ratio(1, 10) {
            f64::NAN
        } else {
            f64::from(random.random_range(0..max))
        }
    };
    let features = vec![value(60), value(3), value(40)];
    let parts = (0..2).map(|_| PartVerdict {
        contribution: random.random_range(0..500_000),
        points: random.random_range(0..10_000),
        weight: random.random_range(0..10_000),
        reason: random.random_range(0..3),
    });
    let verdict = Verdict {
        parts: parts.collect(),
        status: match random.random_range(0..20) {
            0 => Status::NoScore,
            1 => Status::OutsidePopulation,
            2 => Status::RowError,
            _ => Status::Scored,
        },
        coverage: if random.random_ratio(1, 8) {
            100
        } else {
            9_000
        },
        adjust: 0,
        exceptions: if random.random_ratio(1, 3) {
            random.random_range(0..8)
        } else {
            0
        },
        triggers: if random.random_ratio(1, 4) {
            random.random_range(0..4)
        } else {
            0
        },
    };
    let ahead = now.plus_ms(random.random_range(0..20) * HOUR_MS);
    Line {
        now,
        verdict,
        features,
        over: random
            .random_ratio(1, 10)
            .then(|| (random.random_range(0..1_000_000), ahead)),
        is_daily: random.random_ratio(1, 10),
        touched: 1 << random.random_range(0..Kind::ALL.len()),
        cause: Cause::Input(Origin {
            input: 0,
            offset,
            row: 0,
        }),
    }
}

/// A random action on a random open alert.
fn maybe_act(random: &mut SmallRng, bench: &mut Bench, now: Time) {
    let alerts: Vec<u128> = bench.memory.alerts().map(|alert| alert.id).collect();
    if alerts.is_empty() || !random.random_ratio(1, 5) {
        return;
    }
    let id = alerts[random.random_range(0..alerts.len())];
    let action = Action {
        alert: format!("{id:032x}").into(),
        change: ActionChange::ALL[random.random_range(0..ActionChange::ALL.len())],
        by: None,
        until: Some(now.plus_ms(random.random_range(-1..30) * HOUR_MS)),
        outcome: Some("done".into()),
        text: None,
    };
    act(&mut bench.memory, now, &action);
}

/// Plays a random sequence; `bytes` says after which share of the steps the memory goes through
/// its bytes.
fn play(seed: u64, bytes: u32) -> Bench {
    let mut random = SmallRng::seed_from_u64(seed);
    // Its own source, so that the sequence is the same whatever is chosen here.
    let mut shares = SmallRng::seed_from_u64(seed ^ 0x5eed);
    let mut bench = bench(&mut random);
    let mut now = START;
    for offset in 0..STEPS as u64 {
        now = now.plus_ms(random.random_range(0..4) * HOUR_MS / 2);
        bench.primary = bench.primary != random.random_ratio(1, 60);
        bench.shadow = bench.shadow != random.random_ratio(1, if bench.shadow { 5 } else { 80 });
        maybe_act(&mut random, &mut bench, now);
        let line = line(&mut random, now, offset);
        let before = (bench.timers.clone(), bench.outputs.len());
        match bench.decide(&line) {
            Outcome::Decided(timers) => {
                check_timers(&bench, &before.0, &timers, now);
                bench.timers = timers;
            }
            Outcome::Failed { .. } => assert_eq!(bench.outputs.len(), before.1),
        }
        if shares.random_ratio(bytes, 100) {
            bench.memory = through_bytes(&bench.memory);
        }
    }
    bench
}

/// Timers lie ahead; a new one lies as far ahead as promised, unless a person asked for it.
fn check_timers(bench: &Bench, before: &Timers, timers: &Timers, now: Time) {
    let least = now.plus_ms(bench.policy.least_delay_ms());
    assert!(timers.is_sorted() && timers.iter().all(|(due, _)| *due > now));
    for timer in timers.iter().filter(|timer| !before.contains(timer)) {
        assert!(
            timer.1 == TimerName::Expiry || timer.0 >= least,
            "{timer:?} at {now}"
        );
    }
}

#[test]
fn alerts_of_a_subject_follow_each_other() {
    for seed in seeds() {
        println!("seed {seed}");
        let bench = play(seed, 50);
        let mut ids = BTreeSet::new();
        let mut alerts = BTreeSet::new();
        // Per subject: the open alert and its last revision.
        let mut open: BTreeMap<String, (String, u64)> = BTreeMap::new();
        for output in &bench.outputs {
            let event = envelope(output);
            assert!(ids.insert(event["id"].to_string()), "an id twice");
            if output.topic != Topic::Alerts {
                continue;
            }
            let data = &event["data"];
            let (alert, subject) = (data["alert"].to_string(), data["subject"].to_string());
            let revision = data["revision"].as_u64().unwrap();
            if data["change"] == "opened" {
                assert!(alerts.insert(alert.clone()), "an alert opened twice");
                assert_eq!(revision, 1);
                assert!(
                    open.insert(subject, (alert, 1)).is_none(),
                    "two alerts of a subject"
                );
                continue;
            }
            let last = open.get_mut(&subject).unwrap();
            assert_eq!((&last.0, last.1 + 1), (&alert, revision));
            last.1 = revision;
            if data["change"] == "resolved" {
                open.remove(&subject);
            }
        }
        let left: BTreeSet<String> = open.into_values().map(|(alert, _)| alert).collect();
        let unsaid = bench
            .memory
            .alerts()
            .map(|alert| format!("\"{:032x}\"", alert.id));
        assert_eq!(
            left,
            unsaid.collect(),
            "what is open is what was not resolved"
        );
    }
}

#[test]
fn every_split_sums_exactly() {
    let mut splits = 0;
    for seed in seeds() {
        println!("seed {seed}");
        for output in play(seed, 0).outputs {
            let data = &envelope(&output)["data"];
            if output.topic != Topic::Scores {
                continue;
            }
            assert_eq!(data["delta"].is_null(), data["split"].is_null());
            if let Some(split) = data["split"].as_object() {
                let ten_thousandths = |value: &serde_json::Value| {
                    crate::decide::tier::ten_thousandths(value.as_f64().unwrap())
                };
                let sum: i64 = split.values().map(ten_thousandths).sum();
                assert_eq!(sum, ten_thousandths(&data["delta"]));
                splits += 1;
            }
        }
    }
    assert!(splits > 0);
}

#[test]
fn decisions_are_the_same_wherever_the_memory_went_through_its_bytes() {
    for seed in seeds() {
        println!("seed {seed}");
        let (never, sometimes, always) = (play(seed, 0), play(seed, 30), play(seed, 100));
        assert_eq!(never.outputs, sometimes.outputs);
        assert_eq!(never.outputs, always.outputs);
        assert_eq!(
            (&never.memory, &never.timers),
            (&always.memory, &always.timers)
        );
    }
}

/// Bytes that are cut or changed are refused or read as something else; nothing panics.
#[test]
fn damaged_bytes_never_panic() {
    use crate::model::{Reader, Writer};
    for seed in seeds() {
        println!("seed {seed}");
        let mut writer = Writer::new();
        play(seed, 0).memory.write(&mut writer);
        let bytes = writer.into_bytes();
        let mut random = SmallRng::seed_from_u64(seed);
        for end in 0..bytes.len() {
            assert!(crate::decide::Memory::read(&mut Reader::new(&bytes[..end])).is_err());
            let mut changed = bytes.clone();
            changed[end] ^= 1 << random.random_range(0..8);
            if let Ok(memory) = crate::decide::Memory::read(&mut Reader::new(&changed)) {
                through_bytes(&memory);
            }
        }
    }
}
