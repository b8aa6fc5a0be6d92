//! Features relative to peers: what several shards count is what one would have counted, whenever
//! and in whatever pieces they work, and each tells it once.

use std::collections::BTreeMap;

use puls::log::Log;
use puls::log::memory::Fault;
use puls::model::{DAY_MS, HOUR_MS, MINUTE_MS, Output, PeersClosed, ShardId, Time, Topic};
use puls::rules::RulesEngine;
use puls::worker::StepLimits;
use puls_benches::{Generator, Keys, Line, Mix, Workload};
use puls_tests::cards::compared;
use puls_tests::seed;
use puls_tests::sim::{Feed, Member, Sim, Stage, TENANT};

fn sim(shards: u32) -> Sim {
    Sim::new(shards, &RulesEngine::new().unwrap(), &[compared(true)])
}

/// Some weeks of some dozens of accounts, that change their segments now and then.
fn workload(seed: u64, lines: usize) -> (Vec<Line>, Time) {
    let workload = Workload {
        seed,
        accounts: 70,
        keys: Keys::Zipf(0.6),
        events_per_s: 1_500.0 / (20.0 * 86_400.0),
        mix: Mix {
            account: 15,
            ticket: 40,
            ..Mix::default()
        },
        late_share: 0.02,
        duplicate_share: 0.02,
        ..Workload::default()
    };
    let lines: Vec<Line> = Generator::new(&workload).take(lines).collect();
    let until = lines.last().unwrap().time.plus_ms(4 * DAY_MS);
    (lines, until)
}

/// Outputs without what names their place in an input, which is another where shards are others:
/// per account in order.
fn told(outputs: &[Output]) -> BTreeMap<String, Vec<String>> {
    let mut told: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for output in outputs.iter().filter(|it| it.topic != Topic::DeadLetters) {
        let event: serde_json::Value = serde_json::from_slice(&output.value).unwrap();
        let data = match output.topic {
            Topic::Alerts => &event["data"]["score"],
            _ => &event["data"],
        };
        let line = format!(
            "{:?} {} {} {} {}",
            output.topic, data["as_of"], data["score"], data["split"], data["features"]
        );
        told.entry(output.key.to_string()).or_default().push(line);
    }
    told
}

/// Fails at the first difference.
fn same(expected: &BTreeMap<String, Vec<String>>, found: &BTreeMap<String, Vec<String>>, by: &str) {
    for (key, lines) in expected {
        let others = found.get(key).map_or(&[][..], Vec::as_slice);
        for (place, line) in lines.iter().enumerate() {
            assert_eq!(Some(line), others.get(place), "{by}: {key}, line {place}");
        }
        assert_eq!(others.len(), lines.len(), "{by}: {key}");
    }
    assert_eq!(expected.len(), found.len(), "{by}");
}

fn caught_up(shards: u32, lines: &[Line], feed: Feed) -> Sim {
    let sim = sim(shards);
    sim.catch_up(lines, feed);
    sim
}

/// What each shard has told, decoded.
fn counted(sim: &Sim, shards: u32) -> Vec<Vec<PeersClosed>> {
    let counted = |shard| {
        let (payloads, _) = sim.world.connect().counts(ShardId(shard), 0).unwrap();
        let parsed = payloads.iter().map(|bytes| PeersClosed::parse(bytes));
        parsed.collect::<Result<_, _>>().unwrap()
    };
    (0..shards).map(counted).collect()
}

#[test]
fn the_number_of_shards_never_shows() {
    let (lines, until) = workload(seed("shards", 5), 1_500);
    let one = told(&caught_up(1, &lines, Feed::whole(until)).outputs());
    let compared = one.values().flatten();
    let compared = compared.filter(|line| {
        !line.contains("\"usage.events_28d_pct_of_segment_median\":null") && line.contains("Scores")
    });
    assert!(compared.count() > 200, "the workload says too little");
    let by_peers = one
        .values()
        .flatten()
        .filter(|line| line.contains("\"peers\":") && !line.contains("\"peers\":0,"));
    assert!(by_peers.count() > 20, "the peers never did anything");
    assert!(
        one.values()
            .flatten()
            .any(|line| line.starts_with("Triggers"))
    );
    for shards in [2, 5] {
        let found = told(&caught_up(shards, &lines, Feed::whole(until)).outputs());
        same(&one, &found, &format!("{shards} shards"));
    }
}

#[test]
fn neither_cuts_nor_deaths_nor_the_clock_show() {
    let (lines, until) = workload(seed("cuts and deaths", 6), 700);
    let whole = caught_up(3, &lines, Feed::whole(until));
    let (outputs, counts) = (whole.outputs(), counted(&whole, 3));
    for (records_max, snapshots, fault) in [
        (1, false, None),
        (40, true, None),
        (100, false, Some((1, 3, Fault::CrashAfter))),
        (100, true, Some((0, 4, Fault::CrashBefore))),
        (60, true, Some((2, 5, Fault::Abort))),
    ] {
        let feed = Feed {
            records_max,
            snapshots,
            fault,
            until,
        };
        let found = caught_up(3, &lines, feed);
        same(
            &told(&outputs),
            &told(&found.outputs()),
            &format!("{feed:?}"),
        );
        assert!(found.outputs() == outputs, "{feed:?}");
        assert!(counted(&found, 3) == counts, "{feed:?}: counts");
    }
    for tick_ms in [20 * MINUTE_MS, 7 * HOUR_MS] {
        let live = sim(3);
        live.live(&lines, Feed::whole(until), tick_ms);
        assert!(live.outputs() == outputs, "every {tick_ms} ms");
    }
}

/// Each day is told once and in order, and by a shard that knows nobody too.
#[test]
fn every_shard_tells_every_day_once() {
    let (lines, until) = workload(seed("days", 7), 300);
    let sim = caught_up(40, &lines, Feed::whole(until));
    let first = lines.first().unwrap().time.0 / DAY_MS;
    let last = until.0 / DAY_MS - 1;
    let empty = counted(&sim, 40).into_iter().filter(|days| {
        let numbers: Vec<i64> = days.iter().map(|closed| closed.day.into()).collect();
        let begin = numbers.first().copied().unwrap();
        // The first word says that there was nobody before.
        assert!(begin >= first - 1 && begin < first + 20, "{begin}");
        assert_eq!(numbers, (begin..=last).collect::<Vec<_>>());
        days.iter().all(|closed| closed.counts.is_empty())
    });
    assert!(empty.count() > 0, "every shard has somebody");
}

/// The medians are those of a sort over everybody's numbers, as they stood two days before.
#[test]
fn medians_are_what_a_sort_gives() {
    let (lines, _) = workload(seed("sort", 8), 1_500);
    let midnight = |day: i64| Time(day * DAY_MS);
    let begin = lines.first().unwrap().time.0 / DAY_MS;
    for day in [begin + 4, begin + 11] {
        // At the end of the day, and within the one after the next.
        let then = caught_up(3, &lines, Feed::whole(midnight(day + 1).minus_ms(1)));
        let mut segments: BTreeMap<String, Vec<f64>> = BTreeMap::new();
        let mut all = Vec::new();
        then.features_at(midnight(day + 1).minus_ms(1), &mut |values| {
            let is_gone = ["prospect", "paused", "churned"].map(|stage| Some(stage.to_owned()));
            if is_gone.contains(&values["account.stage"].1) {
                return;
            }
            let segment = values["account.segment"].1.clone().unwrap_or_default();
            if let Some(events) = values["usage.events_28d"].0 {
                segments.entry(segment).or_default().push(events);
                all.push(events);
            }
        });
        assert!(all.len() > 30, "{} accounts", all.len());
        let now = caught_up(3, &lines, Feed::whole(midnight(day + 2).plus_ms(HOUR_MS)));
        let mut compared = 0;
        now.features_at(midnight(day + 2).plus_ms(HOUR_MS), &mut |values| {
            let segment = values["account.segment"].1.clone().unwrap_or_default();
            let mut peers = segments.get(&segment).cloned().unwrap_or_default();
            peers.sort_by(f64::total_cmp);
            let found = values["usage.events_28d_segment_median"].0;
            let own = values["usage.events_28d"].0;
            if peers.len() < 10 || own.is_none() {
                assert_eq!(found, None);
                return;
            }
            let exact = peers[(peers.len() - 1) / 2];
            let found = found.unwrap();
            assert!(
                (found - exact).abs() <= exact / 32.0,
                "{segment}: {found}, {exact}"
            );
            if exact < 32.0 {
                assert_eq!(found.to_bits(), exact.to_bits());
            }
            compared += 1;
        });
        assert!(compared > 20, "only {compared} were compared");
    }
}

fn limits(until: Time) -> StepLimits {
    StepLimits {
        records_max: 1_000,
        until,
        timers: true,
    }
}

/// Works until there is nothing to do, or nothing without the others.
fn settle(sim: &Sim, member: &mut Member) -> Stage {
    loop {
        match sim.step(member, limits(Time::MAX), None) {
            Stage::Committed => {}
            stage => return stage,
        }
    }
}

fn set(sim: &Sim, at: Time) {
    sim.clock.set(at);
}

/// A live shard waits ten minutes for one that is away, then goes on with the last complete day; a
/// shard that catches up waits without end. What it used is in its journal.
#[test]
fn a_live_shard_waits_for_ten_minutes_and_one_that_catches_up_for_ever() {
    let (lines, _) = workload(seed("waits", 9), 1_500);
    let sim = sim(2);
    let day = lines.first().unwrap().time.0 / DAY_MS;
    let midnight = |days: i64| Time((day + days) * DAY_MS);
    let mut rest = lines.as_slice();
    let (mut here, mut away) = (sim.member(ShardId(0)), sim.member(ShardId(1)));
    let mut feed = |until: Time| {
        let (ready, later) = rest.split_at(rest.partition_point(|line| line.time <= until));
        ready.iter().for_each(|line| sim.append(line));
        rest = later;
    };
    // Both live, hour by hour, for six days.
    for hour in 1..=6 * 24 - 1 {
        let now = midnight(0).plus_ms(hour * HOUR_MS);
        set(&sim, now);
        feed(now);
        for _ in 0..3 {
            settle(&sim, &mut here);
            settle(&sim, &mut away);
        }
    }
    let used = |member: &Member| member.peers_day(TENANT);
    let in_use = |days: i64| Some(u16::try_from(day + days).unwrap());
    assert_eq!(used(&here), in_use(3));
    // One is away now. Day 6 needs its counts of day 4, which it told when it passed into day 5.
    let after = |days, minutes: i64| midnight(days).plus_ms(minutes * MINUTE_MS);
    set(&sim, after(6, 1));
    assert_eq!(settle(&sim, &mut here), Stage::Idle);
    assert_eq!(used(&here), in_use(4));
    // Day 7 needs its counts of day 5.
    for (minutes, stage, days) in [
        (1, Stage::Waiting, 4),
        (10, Stage::Waiting, 4),
        (11, Stage::Idle, 4),
        (60, Stage::Idle, 4),
    ] {
        set(&sim, after(7, minutes));
        feed(after(7, minutes));
        assert_eq!(settle(&sim, &mut here), stage, "{minutes} minutes");
        assert_eq!(used(&here), in_use(days), "{minutes} minutes");
    }
    // The one that was away is back, and the next day is complete again for both.
    for minutes in [61, 62] {
        set(&sim, after(7, minutes));
        settle(&sim, &mut away);
        settle(&sim, &mut here);
    }
    set(&sim, after(8, 1));
    for _ in 0..3 {
        settle(&sim, &mut away);
        settle(&sim, &mut here);
    }
    assert_eq!((used(&here), used(&away)), (in_use(6), in_use(6)));
    // Whoever folds the journal again has used the same days; recovery compares what came out.
    assert_eq!(used(&sim.member(ShardId(0))), in_use(6));
    assert_eq!(used(&sim.member(ShardId(1))), in_use(6));

    // Both are far behind now: nobody goes on without the other, however long it takes.
    let (mut here, mut away) = (sim.member(ShardId(0)), sim.member(ShardId(1)));
    for minutes in [0, 9, 11, 600] {
        set(&sim, after(30, minutes));
        assert_eq!(settle(&sim, &mut here), Stage::Waiting, "{minutes} minutes");
    }
    for _ in 0..60 {
        settle(&sim, &mut away);
        settle(&sim, &mut here);
    }
    assert_eq!((used(&here), used(&away)), (in_use(28), in_use(28)));
}
