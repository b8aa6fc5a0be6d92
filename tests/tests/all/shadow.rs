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
const SAID_BY_OTHERS: [Topic; 4] = [
    Topic::DeadLetters,
    Topic::Scores,
    Topic::Alerts,
    Topic::Triggers,
];

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

/// Beside the rule that it may replace, and beside one that asks for none of its moments: it has
/// wakes, tiers with dwell and features of its own.
#[test]
fn a_shadow_changes_nothing_of_what_the_others_say() {
    let engine = RulesEngine::new().unwrap();
    let (lines, until) = workload(seed("shadow", 41));
    let only_primary = || vec![shipped().swap_remove(0)];
    let cases = [
        (shipped(), "saas-health", None),
        (shipped(), "saas-health", Some(lines[700].time)),
        (only_primary(), "silent-account", None),
        (only_primary(), "silent-account", Some(lines[700].time)),
    ];
    for (active, of, from) in cases {
        let alone = Sim::new(SHARDS, &engine, &active);
        alone.catch_up(&lines, Feed::whole(until));
        assert!(said(&alone.outputs(), Topic::Shadow).is_empty());
        let candidate = SimRule {
            module: module(of),
            name: CANDIDATE.into(),
            primary: false,
        };
        let mut cut = Vec::new();
        for records_max in [10_000, 7] {
            let sim = Sim::new(SHARDS, &engine, &active);
            sim.activate_in_shadow(&candidate, from);
            let feed = Feed {
                records_max,
                snapshots: records_max == 7,
                ..Feed::whole(until)
            };
            sim.catch_up(&lines, feed);
            nothing_else_changed(&sim, &alone, &format!("{of} in shadow from {from:?}"));
            let twin = from.is_none() && of == "saas-health";
            the_candidate_says_what_its_twin_says(&sim.outputs(), twin);
            cut.push(said(&sim.outputs(), Topic::Shadow));
        }
        assert!(
            cut[0] == cut[1],
            "how records are cut shows in shadow: {of} from {from:?}"
        );
    }
}

fn nothing_else_changed(sim: &Sim, alone: &Sim, what: &str) {
    for shard in (0..SHARDS).map(ShardId) {
        let (with, without) = (sim.world.outputs(shard), alone.world.outputs(shard));
        for topic in SAID_BY_OTHERS {
            let (with, without) = (said(&with, topic), said(&without, topic));
            let place = with.iter().zip(&without).position(|(a, b)| a != b);
            let at = place.map(|place| (&with[place], &without[place]));
            let (topic, shard) = (topic.as_str(), shard.0);
            assert!(
                at.is_none() && with.len() == without.len(),
                "{topic} of shard {shard}, {what}: {at:#?}"
            );
        }
    }
}

/// The candidate is the module of an active rule in some cases: then it has its scores.
fn the_candidate_says_what_its_twin_says(outputs: &[Output], has_twin: bool) {
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
    if has_twin {
        assert_eq!(shadow, active);
    }
}
