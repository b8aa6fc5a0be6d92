//! A rule in shadow beside the active ones, on one state: it writes to its own topic, under the
//! conditions of any score, and changes not a byte of what the others say.

use std::collections::BTreeMap;

use puls::model::{DAY_MS, Output, ShardId, Time, Topic};
use puls::rules::RulesEngine;
use puls_benches::{Generator, Keys, Line, Workload};
use puls_tests::rules::module;
use puls_tests::seed;
use puls_tests::sim::{Feed, Sim, SimRule, shipped};
use serde_json::Value;

const SHARDS: u32 = 2;
const RULE: &str = "saas-health";
const CANDIDATE: &str = "saas-health-next";

fn workload(seed: u64) -> (Vec<Line>, Time) {
    let workload = Workload {
        seed,
        accounts: 40,
        keys: Keys::Zipf(1.0),
        events_per_s: 2_000.0 / (40.0 * 86_400.0),
        late_share: 0.05,
        duplicate_share: 0.05,
        ..Workload::default()
    };
    let lines: Vec<Line> = Generator::new(&workload).take(1_500).collect();
    let until = lines.last().unwrap().time.plus_ms(3 * DAY_MS);
    (lines, until)
}

/// What one shard says on one topic, in order.
fn said(outputs: &[Output], topic: Topic) -> Vec<String> {
    let of_topic = outputs.iter().filter(|output| output.topic == topic);
    of_topic
        .map(|output| format!("{} {}", output.key, String::from_utf8_lossy(&output.value)))
        .collect()
}

#[test]
fn a_shadow_changes_nothing_of_what_the_others_say() {
    let engine = RulesEngine::new().unwrap();
    let (lines, until) = workload(seed("shadow", 41));
    let candidate = SimRule {
        module: module(RULE),
        name: CANDIDATE.into(),
        primary: false,
    };
    let alone = Sim::new(SHARDS, &engine, &shipped());
    alone.catch_up(&lines, Feed::whole(until));
    assert!(said(&alone.outputs(), Topic::Shadow).is_empty());
    // From the beginning, and from the middle of the history on.
    for from in [None, Some(lines[700].time)] {
        for records_max in [10_000, 7] {
            let sim = Sim::new(SHARDS, &engine, &shipped());
            sim.activate_in_shadow(&candidate, from);
            let feed = Feed {
                records_max,
                ..Feed::whole(until)
            };
            sim.catch_up(&lines, feed);
            for shard in (0..SHARDS).map(ShardId) {
                let (with, without) = (sim.world.outputs(shard), alone.world.outputs(shard));
                for topic in [
                    Topic::DeadLetters,
                    Topic::Scores,
                    Topic::Alerts,
                    Topic::Triggers,
                ] {
                    assert_eq!(
                        said(&with, topic),
                        said(&without, topic),
                        "{} of shard {} with a shadow from {from:?}",
                        topic.as_str(),
                        shard.0
                    );
                }
            }
            the_candidate_says_what_its_twin_says(&sim.outputs(), from.is_none());
        }
    }
}

/// The candidate is the module of the active rule: where it began with it, it has its scores.
fn the_candidate_says_what_its_twin_says(outputs: &[Output], from_the_beginning: bool) {
    let (mut shadow, mut active) = (BTreeMap::new(), BTreeMap::new());
    for output in outputs {
        let event: Value = serde_json::from_slice(&output.value).unwrap();
        let data = &event["data"];
        let parts = ["score", "tier", "previous", "coverage", "measures", "split"];
        let what = parts.map(|part| data[part].to_string()).join(" ");
        let when = format!("{} {}", data["as_of"], data["cause"]);
        let place = (data["account"].to_string(), when);
        match output.topic {
            Topic::Shadow => {
                assert_eq!(data["rule"]["name"], CANDIDATE);
                assert_eq!(data["rule"]["shadow"], true);
                assert_eq!(event["type"], "puls.score.v1");
                assert!(
                    output.key.ends_with(&format!("/{CANDIDATE}")),
                    "{}",
                    output.key
                );
                assert!(shadow.insert(place, what).is_none(), "twice");
            }
            Topic::Scores if data["rule"]["name"] == RULE => {
                active.insert(place, what);
            }
            _ => assert!(!event.to_string().contains(CANDIDATE), "{event}"),
        }
    }
    assert!(shadow.len() > 40, "only {} scores in shadow", shadow.len());
    if from_the_beginning {
        assert_eq!(shadow, active);
    }
}
