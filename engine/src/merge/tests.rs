//! Tables of records in several inputs, and the order in which a shard takes them.

use std::sync::Arc;

use bytes::Bytes;

use super::{CutLimits, Merge};
use crate::log::InputSpec;
use crate::log::memory::{MemoryLog, World};
use crate::model::{InputIndex, Kind, Reader, Record, ShardId, Step, Time, Writer};

const SHARD: ShardId = ShardId(0);
const MINUTE: i64 = 60_000;

/// Inputs `tickets` (ticket), `people` (contact), `mixed` (none), in this order.
fn world() -> World {
    let inputs = [
        InputSpec::new("tickets", Some(Kind::Ticket)),
        InputSpec::new("people", Some(Kind::Contact)),
        InputSpec::new("mixed", None),
    ];
    World::new(Arc::new(inputs), 1)
}

fn record(input: InputIndex, minute: Option<i64>, name: &str) -> Record {
    Record {
        input,
        offset: 0,
        timestamp: minute.map(|minute| Time(minute * MINUTE)),
        key: None,
        headers: Vec::new(),
        value: Bytes::copy_from_slice(name.as_bytes()),
    }
}

fn limits(clock_minute: i64, records_max: usize) -> CutLimits {
    CutLimits {
        clock: Time(clock_minute * MINUTE),
        until: Time::MAX,
        records_max,
    }
}

/// Names of what a cut takes, with `@minute` of log time, and `!` where it is a dead letter.
fn taken(merge: &mut Merge, log: &mut MemoryLog, limits: CutLimits) -> (Vec<String>, bool) {
    let cut = merge.cut(log, limits).unwrap();
    let show = |merged: &super::Merged| {
        let name = String::from_utf8_lossy(&merged.record.value).into_owned();
        let minute = merged.log_time.0.div_euclid(MINUTE);
        format!("{name}@{minute}{}", if merged.future { "!" } else { "" })
    };
    (cut.records.iter().map(show).collect(), cut.at_end)
}

fn merge_of(world: &World) -> (Merge, MemoryLog) {
    let log = world.connect();
    let merge = Merge::new(SHARD, crate::log::Log::inputs(&log));
    (merge, log)
}

#[test]
fn ties_go_by_kind_then_position_and_log_time_never_falls() {
    let world = world();
    for record in [
        record(2, Some(1), "m1"),
        record(0, Some(1), "t1"),
        record(1, Some(1), "p1"),
        record(1, Some(5), "p2"),
        record(1, Some(3), "p3"),
        record(0, Some(4), "t2"),
        record(2, None, "m2"),
    ] {
        world.append(SHARD, record);
    }
    let expected = ["p1@1", "t1@1", "m1@1", "m2@1", "t2@4", "p2@5", "p3@5"];
    for records_max in [1, 2, 3, 100] {
        let (mut merge, mut log) = merge_of(&world);
        let mut all = Vec::new();
        loop {
            let (names, at_end) = taken(&mut merge, &mut log, limits(10, records_max));
            all.extend(names);
            if at_end {
                break;
            }
        }
        assert_eq!(all, expected, "cut at {records_max}");
    }
}

#[test]
fn a_stamp_ahead_of_the_clock_is_taken_at_the_clock_or_is_dead() {
    let world = world();
    world.append(SHARD, record(0, Some(12), "soon"));
    world.append(SHARD, record(0, Some(20), "far"));
    world.append(SHARD, record(0, Some(11), "after"));
    let (mut merge, mut log) = merge_of(&world);
    let (names, at_end) = taken(&mut merge, &mut log, limits(10, 100));
    assert_eq!(
        (names, at_end),
        (
            vec!["soon@10".into(), "far@10!".into(), "after@10".into()],
            true
        )
    );
}

#[test]
fn an_input_with_unread_records_holds_the_others_back() {
    let world = world();
    world.append(SHARD, record(0, Some(5), "t1"));
    world.append_unstable(SHARD, record(1, Some(1), "p1"));
    let (mut merge, mut log) = merge_of(&world);
    // The open transaction ends behind the last stable offset: the people's input is at its end.
    assert_eq!(taken(&mut merge, &mut log, limits(10, 100)).0, ["t1@5"]);
    world.stabilise(SHARD);
    assert_eq!(taken(&mut merge, &mut log, limits(10, 100)).0, ["p1@1"]);
}

#[test]
fn until_is_inclusive_and_what_lies_beyond_counts_as_the_end() {
    let world = world();
    world.append(SHARD, record(0, Some(5), "t1"));
    world.append(SHARD, record(0, Some(6), "t2"));
    let (mut merge, mut log) = merge_of(&world);
    let until = CutLimits {
        until: Time(5 * MINUTE),
        ..limits(10, 100)
    };
    assert_eq!(
        taken(&mut merge, &mut log, until),
        (vec!["t1@5".into()], true)
    );
    assert_eq!(merge.positions(), [1, 0, 0]);
}

#[test]
fn a_replay_takes_what_the_step_took_and_a_restored_merge_goes_on() {
    let world = world();
    for minute in 0..9 {
        let input = InputIndex::try_from(minute % 3).unwrap();
        world.append(
            SHARD,
            record(input, Some(minute / 2), &format!("r{minute}")),
        );
    }
    let (mut live, mut log) = merge_of(&world);
    let (mut again, mut log_again) = merge_of(&world);
    for sequence in 0..5 {
        let cut = live.cut(&mut log, limits(3, 2)).unwrap();
        let step = Step {
            sequence,
            ranges: cut.ranges,
            clock: Time(3 * MINUTE),
            advance_to: Time::MIN,
            rules_next: 0,
            peers: Vec::new(),
        };
        assert_eq!(
            again.replay(&mut log_again, &step).unwrap(),
            cut.records,
            "step {sequence}"
        );
        let mut writer = Writer::new();
        again.write(&mut writer);
        again = Merge::new(SHARD, crate::log::Log::inputs(&log_again));
        again
            .restore(&mut Reader::new(&writer.into_bytes()))
            .unwrap();
        assert_eq!(again.positions(), live.positions());
    }
}
