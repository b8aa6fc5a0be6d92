//! How soon a rollback holds: it governs the next event, and within 65 s of log time it has scored
//! every account again. Under a clock that the test moves.

use std::collections::{BTreeMap, BTreeSet};

use puls::clock::Clock;
use puls::limits::ACTIVATION_DELAY_MS;
use puls::model::{Kind, ShardId, Time, Topic};
use puls::rules::RulesEngine;
use puls::worker::StepLimits;
use puls_benches::{Generator, Keys, Line, Workload};
use puls_scorecard::{Catalogue, Entry, Form};
use puls_tests::seed;
use puls_tests::sim::{Feed, Member, Sim, SimRule, Stage};
use serde_json::Value;

const SHARDS: u32 = 3;
const ACCOUNTS: u32 = 200;
const TICK_MS: i64 = 250;

/// A card whose versions differ in what they answer for every account that was ever active.
fn version(number: &str, (zero_at, hundred_at): (u32, u32)) -> SimRule {
    let card = format!(
        "[card]\nname = \"health\"\nversion = \"{number}\"\ntitle = \"Health\"\n\
         applies_when = \"true\"\n\
         [[measures]]\nname = \"use\"\ntitle = \"Use\"\nweight = 1\n\
         [[measures.factors]]\nname = \"last\"\nfeature = \"usage.days_since_last\"\nweight = 1\n\
         line = {{ zero_at = {zero_at}, hundred_at = {hundred_at} }}\nreason = \"Seen {{}} days ago\"\n"
    );
    let catalogue = Catalogue::new(vec![Entry {
        name: "usage.days_since_last".into(),
        form: Form::DaysSince,
        unit: "days".into(),
        age: None,
        values: Vec::new(),
        for_triggers: false,
    }]);
    let card = puls_scorecard::read(&card, &catalogue);
    let card = card.unwrap_or_else(|problems| panic!("{problems:?}"));
    SimRule {
        module: puls_scorecard::compile(&card).module,
        name: "health".into(),
        primary: true,
    }
}

/// Some weeks in which every account was active.
fn history(seed: u64) -> (Vec<Line>, Time) {
    let workload = Workload {
        seed,
        accounts: ACCOUNTS,
        keys: Keys::Uniform,
        events_per_s: 3_000.0 / (40.0 * 86_400.0),
        ..Workload::default()
    };
    let lines: Vec<Line> = Generator::new(&workload).take(3_000).collect();
    let until = lines.last().unwrap().time.plus_ms(86_400_000);
    (lines, until)
}

/// By account: the version of its last score, when that holds, and what caused it.
fn standing(sim: &Sim) -> BTreeMap<String, (String, Time, Value)> {
    let mut last = BTreeMap::new();
    for output in sim.outputs().iter().filter(|it| it.topic == Topic::Scores) {
        let event: Value = serde_json::from_slice(&output.value).unwrap();
        let data = &event["data"];
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let as_of = Time::parse_rfc3339(&text(&data["as_of"])).unwrap();
        let version = text(&data["rule"]["version"]);
        last.insert(
            text(&data["account"]),
            (version, as_of, data["cause"].clone()),
        );
    }
    last
}

fn step_all(sim: &Sim, members: &mut [Member]) {
    let limits = StepLimits {
        records_max: 1_000,
        until: Time::MAX,
        timers: true,
    };
    for member in members {
        while sim.step(member, limits, None) == Stage::Committed {}
    }
}

#[test]
fn a_rollback_governs_the_next_event_and_has_scored_every_account_within_65_s() {
    let engine = RulesEngine::new().unwrap();
    let (lines, until) = history(seed("rollback", 61));
    let (old, new) = (version("1.0.0", (0, 60)), version("1.1.0", (60, 0)));
    let sim = Sim::new(SHARDS, &engine, std::slice::from_ref(&old));
    sim.catch_up(&lines, Feed::whole(until));
    let mut members: Vec<Member> = (0..SHARDS)
        .map(|shard| sim.member(ShardId(shard)))
        .collect();
    step_all(&sim, &mut members);
    let accounts: BTreeSet<String> = standing(&sim).into_keys().collect();
    assert!(accounts.len() > 180, "{} accounts", accounts.len());
    for (rule, version) in [(&new, "1.1.0"), (&old, "1.0.0")] {
        let asked = sim.clock.now();
        let from = asked.plus_ms(ACTIVATION_DELAY_MS);
        sim.activate(rule, Some(from));
        // An event of an account that would be late in the spread, as soon as the rule governs.
        let chosen = accounts.iter().next_back().unwrap();
        let event = Line {
            kind: Kind::Usage,
            key: format!("tenant-0/{chosen}"),
            time: from,
            value: format!(
                "{{\"id\":\"{version}\",\"tenant\":\"tenant-0\",\"account\":\"{chosen}\",\
                 \"kind\":\"usage\",\"metric\":\"login\",\"at\":\"{from}\"}}"
            ),
        };
        let (mut event_scored, mut all_scored) = (None, None);
        let mut now = asked;
        while now < asked.plus_ms(80_000) {
            now = now.plus_ms(TICK_MS);
            sim.clock.set(now);
            if now == from {
                sim.append(&event);
            }
            step_all(&sim, &mut members);
            let standing = standing(&sim);
            let of_event = &standing[chosen];
            if event_scored.is_none() && of_event.2["input"].is_string() && of_event.1 == from {
                assert_eq!(of_event.0, version);
                event_scored = Some(now.since_ms(asked));
            }
            // Before it governs, nothing is scored by it.
            let early = standing
                .values()
                .filter(|it| it.0 == version && it.1 < from);
            assert_eq!(
                early.filter(|it| it.1 > asked).count(),
                0,
                "{version} before {from}"
            );
            let scored = standing.values().filter(|it| it.0 == version).count();
            if all_scored.is_none() && scored == accounts.len() {
                all_scored = Some(now.since_ms(asked));
            }
        }
        println!("{version}: the event after {event_scored:?} ms, all after {all_scored:?} ms");
        assert!(
            event_scored.is_some_and(|ms| ms <= 3_000),
            "{version}: {event_scored:?}"
        );
        assert!(
            all_scored.is_some_and(|ms| ms <= 65_000),
            "{version}: {all_scored:?}"
        );
        // Spread, not at once.
        assert!(
            all_scored.is_some_and(|ms| ms > 30_000),
            "{version}: {all_scored:?}"
        );
    }
}
