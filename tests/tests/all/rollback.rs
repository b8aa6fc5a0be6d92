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
const ACCOUNTS: u32 = 100;
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
        events_per_s: 1_500.0 / (40.0 * 86_400.0),
        ..Workload::default()
    };
    let lines: Vec<Line> = Generator::new(&workload).take(1_500).collect();
    let until = lines.last().unwrap().time.plus_ms(86_400_000);
    (lines, until)
}

/// What was last said of an account: by which version, when that holds, and what caused it.
struct Said {
    version: String,
    as_of: Time,
    cause: Value,
}

/// What was last said of every account; each output is read once.
#[derive(Default)]
struct Standing {
    accounts: BTreeMap<String, Said>,
    read: BTreeMap<ShardId, usize>,
}

impl Standing {
    fn catch_up(&mut self, sim: &Sim) {
        for shard in (0..SHARDS).map(ShardId) {
            let outputs = sim.world.outputs(shard);
            let from = self.read.insert(shard, outputs.len()).unwrap_or(0);
            let scores = outputs[from..]
                .iter()
                .filter(|it| it.topic == Topic::Scores);
            for output in scores {
                let event: Value = serde_json::from_slice(&output.value).unwrap();
                let data = &event["data"];
                let text = |value: &Value| value.as_str().unwrap().to_owned();
                let said = Said {
                    version: text(&data["rule"]["version"]),
                    as_of: Time::parse_rfc3339(&text(&data["as_of"])).unwrap(),
                    cause: data["cause"].clone(),
                };
                self.accounts.insert(text(&data["account"]), said);
            }
        }
    }
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
    let mut standing = Standing::default();
    standing.catch_up(&sim);
    let accounts: BTreeSet<String> = standing.accounts.keys().cloned().collect();
    assert!(accounts.len() > 90, "{} accounts", accounts.len());
    for (rule, version) in [(&new, "1.1.0"), (&old, "1.0.0")] {
        let asked = sim.clock.now();
        let from = asked.plus_ms(ACTIVATION_DELAY_MS);
        sim.activate(rule, Some(from));
        // An event as soon as the rule governs.
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
            standing.catch_up(&sim);
            let of_event = &standing.accounts[chosen];
            let is_of_event = of_event.cause["input"].is_string() && of_event.as_of == from;
            if event_scored.is_none() && is_of_event {
                assert_eq!(of_event.version, version);
                event_scored = Some(now.since_ms(asked));
            }
            let scored = standing
                .accounts
                .values()
                .filter(|it| it.version == version);
            let scored: Vec<_> = scored.collect();
            if all_scored.is_none() && scored.len() == accounts.len() {
                all_scored = Some(now.since_ms(asked));
            }
            // Before it governs, nothing is scored by it.
            assert!(
                now >= from || scored.iter().all(|it| it.as_of < asked),
                "{version} early"
            );
        }
        println!("{version}: the event after {event_scored:?} ms, all after {all_scored:?} ms");
        assert!(
            event_scored.is_some_and(|ms| ms <= 3_000),
            "{version}: {event_scored:?}"
        );
        // Spread, and not at once.
        let is_in_time = all_scored.is_some_and(|ms| (30_000..=65_000).contains(&ms));
        assert!(is_in_time, "{version}: {all_scored:?}");
    }
}
