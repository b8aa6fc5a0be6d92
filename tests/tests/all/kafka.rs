//! The log in Kafka against a real broker: atomic, fenced, honest about ends and about what is
//! gone. What the mock of a client library cannot show.

mod bench;
mod data_sets;
mod life;
mod rekey;
mod run;

use std::collections::VecDeque;
use std::time::Duration;

use puls::log::kafka::{KafkaLog, check_topics};
use puls::log::{Committed, Log, LogError, Position, Snapshot};
use puls::model::{Output, Record, ShardId, Time, content_digest};
use rdkafka::producer::Producer;

use self::bench::Bench;

const NOW: Time = Time(1_700_000_000_000);

/// All readable records of an input of a shard, read as a worker reads: until its end.
fn read_all(log: &mut KafkaLog, shard: ShardId, input: u16, from: u64) -> (Vec<String>, u64) {
    let mut next = from;
    let mut records = VecDeque::new();
    for _ in 0..10_000 {
        let position = Position {
            shard,
            input,
            offset: next,
        };
        next = log.read(position, 100, &mut records).unwrap();
        let end = log.ends(shard).unwrap()[usize::from(input)];
        if end.is_some_and(|end| next >= end) {
            break;
        }
        log.poll(Duration::from_millis(2)).unwrap();
    }
    let values = records
        .iter()
        .map(|record| String::from_utf8(record.value.to_vec()).unwrap());
    (values.collect(), next)
}

#[test]
fn a_commit_is_all_or_nothing_for_who_reads_committed() {
    let bench = Bench::new("atomic", 2, &["usage"]);
    let mut log = bench.member("a");
    bench.recover(&mut log, &[0, 1]);
    let commits = [bench.commit(0, 3, "zero"), bench.commit(1, 5, "one")];
    assert_eq!(log.commit(&commits).unwrap(), Committed::Done);

    // The last message cannot be sent: others were by then, and nobody may see them.
    let mut impossible = bench.commit(0, 9, "torn");
    impossible.outputs = vec![impossible.outputs[0].clone(); 50_000];
    impossible.outputs.push(Output {
        value: vec![b'x'; 3 * 1024 * 1024],
        ..impossible.outputs[0].clone()
    });
    let stopped = log.commit(&[impossible]).unwrap_err().to_string();
    assert!(stopped.contains("3145728 bytes"), "{stopped}");

    let again = bench.commit(0, 4, "again");
    assert_eq!(log.commit(&[again]).unwrap(), Committed::Done);
    let alerts = bench.topic("alerts");
    assert_eq!(bench.read_committed(&alerts), ["again", "one", "zero"]);
    let sent = bench.read_uncommitted(&alerts);
    assert!(sent.iter().any(|value| value == "torn"), "it was sent");
    drop(log);

    let mut log = bench.member("a");
    let journal = log.journal(ShardId(0), 0).unwrap();
    assert_eq!(journal, [b"zero".to_vec(), b"again".to_vec()]);
    assert_eq!(log.journal(ShardId(1), 0).unwrap(), [b"one".to_vec()]);
    log.check_positions(ShardId(0), &[4]).unwrap();
    log.check_positions(ShardId(1), &[5]).unwrap();
    let differs = log.check_positions(ShardId(1), &[4]).unwrap_err();
    assert!(
        differs.to_string().contains("the journal ends at offset 4"),
        "{differs}"
    );
}

#[test]
fn counts_for_other_shards_go_with_the_commit() {
    let bench = Bench::new("counts", 2, &["usage"]);
    let mut log = bench.member("a");
    bench.recover(&mut log, &[0, 1]);
    let counting = |shard, next, texts: &[&str]| {
        let mut commit = bench.commit(shard, next, "step");
        commit.counts = texts.iter().map(|text| text.as_bytes().to_vec()).collect();
        commit
    };
    let read = |log: &mut KafkaLog, shard, from| {
        let since = puls::clock::Stopwatch::start();
        loop {
            let (found, next) = log.counts(ShardId(shard), from).unwrap();
            let texts = found
                .iter()
                .map(|it| String::from_utf8(it.to_vec()).unwrap());
            let texts: Vec<String> = texts.collect();
            if !texts.is_empty() || since.elapsed() > Duration::from_secs(10) {
                return (texts, next);
            }
        }
    };
    let both = [counting(0, 1, &["a", "b"]), counting(1, 1, &["c"])];
    assert_eq!(log.commit(&both).unwrap(), Committed::Done);
    let (found, next) = read(&mut log, 0, 0);
    assert_eq!(found, ["a", "b"]);

    // What was sent in a transaction that was aborted was never counted.
    let mut torn = counting(0, 2, &["torn"]);
    torn.outputs.push(Output {
        value: vec![b'x'; 3 * 1024 * 1024],
        ..torn.outputs[0].clone()
    });
    log.commit(&[torn]).unwrap_err();
    assert_eq!(
        log.commit(&[counting(0, 2, &["d"])]).unwrap(),
        Committed::Done
    );
    let (found, end) = read(&mut log, 0, next);
    assert_eq!(found, ["d"]);
    assert!(end > next);
    // Another member, and one that only looks on, see the same.
    let settings = bench.settings("onlooker");
    let mut onlooker = KafkaLog::look_on(&settings, bench.inputs()).unwrap();
    assert_eq!(read(&mut onlooker, 0, 0).0, ["a", "b", "d"]);
    assert_eq!(read(&mut onlooker, 1, 0).0, ["c"]);
}

#[test]
fn who_lost_the_shard_commits_nothing_even_if_it_takes_nothing() {
    let bench = Bench::new("zombie", 1, &["usage"]).impatient();
    let mut zombie = bench.member("a");
    bench.recover(&mut zombie, &[0]);
    assert_eq!(
        zombie.commit(&[bench.commit(0, 1, "mine")]).unwrap(),
        Committed::Done
    );
    // It stops polling; the group goes on without it.
    let mut heir = bench.member_after("b", &[0]);
    assert_eq!(heir.journal(ShardId(0), 0).unwrap(), [b"mine".to_vec()]);
    assert_eq!(
        heir.commit(&[bench.commit(0, 2, "heir's")]).unwrap(),
        Committed::Done
    );
    // A step by timers alone: its positions are those that it knows.
    let late = bench.commit(0, 1, "late");
    assert_eq!(zombie.commit(&[late]).unwrap(), Committed::Fenced);
    assert_eq!(
        bench.read_committed(&bench.topic("alerts")),
        ["heir's", "mine"]
    );
    heir.check_positions(ShardId(0), &[2]).unwrap();
    let snapshot = Snapshot {
        sequence_next: 1,
        bytes: b"old".to_vec(),
    };
    assert!(zombie.store_snapshot(ShardId(0), &snapshot).is_err());
    assert_eq!(heir.snapshot(ShardId(0)).unwrap(), None);
}

#[test]
fn an_instance_that_comes_back_ends_its_predecessor() {
    let bench = Bench::new("namesake", 1, &["usage"]).impatient();
    let mut old = bench.member("a");
    bench.recover(&mut old, &[0]);
    let mut new = bench.member_after("a", &[0]);
    bench.recover(&mut new, &[0]);
    assert_eq!(
        old.commit(&[bench.commit(0, 1, "old")]).unwrap(),
        Committed::Fenced
    );
    assert_eq!(
        new.commit(&[bench.commit(0, 1, "new")]).unwrap(),
        Committed::Done
    );
    assert_eq!(bench.read_committed(&bench.topic("alerts")), ["new"]);
}

#[test]
fn shards_move_to_a_member_that_joins_and_back() {
    let bench = Bench::new("share", 4, &["usage", "tickets"]);
    let mut first = bench.member("a");
    let mut second = bench.connect("b");
    let mut owned: (Vec<ShardId>, Vec<ShardId>) = (Vec::new(), Vec::new());
    bench.until("two members share the shards", || {
        bench::follow(&mut first, &mut owned.0);
        bench::follow(&mut second, &mut owned.1);
        owned.0.len() == 2 && owned.1.len() == 2
    });
    let mut all = [owned.0.clone(), owned.1.clone()].concat();
    all.sort();
    assert_eq!(all, [0, 1, 2, 3].map(ShardId));
    drop(second);
    bench.until("one member has them all", || {
        bench::follow(&mut first, &mut owned.0);
        owned.0.len() == 4
    });
}

#[test]
fn an_end_is_the_last_stable_offset_and_positions_pass_control_records() {
    let bench = Bench::new("ends", 1, &["usage"]);
    let mut log = bench.member("a");
    bench.recover(&mut log, &[0]);
    let upstream = bench.upstream();
    upstream.begin_transaction().unwrap();
    bench::send(&upstream, &bench.input("usage"), 0, "committed");
    upstream
        .commit_transaction(Duration::from_secs(10))
        .unwrap();
    upstream.begin_transaction().unwrap();
    bench::send(&upstream, &bench.input("usage"), 0, "aborted");
    upstream.flush(Duration::from_secs(10)).unwrap();

    // One record and the end of its transaction; the open one is not readable.
    let seen = read_all(&mut log, ShardId(0), 0, 0);
    assert_eq!(seen, (vec!["committed".to_owned()], 2));
    assert_eq!(log.ends(ShardId(0)).unwrap(), [Some(2)]);

    upstream.abort_transaction(Duration::from_secs(10)).unwrap();
    bench::send(&bench::producer(), &bench.input("usage"), 0, "plain");
    let seen = read_all(&mut log, ShardId(0), 0, 2);
    assert_eq!(seen, (vec!["plain".to_owned()], 5));
}

#[test]
fn reading_goes_back_where_recovery_asks_for_it() {
    let bench = Bench::new("seek", 1, &["usage"]);
    let sent: Vec<String> = (0..500).map(|number| format!("event {number}")).collect();
    let producer = bench::producer();
    bench::send_all(&producer, &bench.input("usage"), 0, &sent);
    let mut log = bench.member("a");
    bench.recover(&mut log, &[0]);
    for from in [0, 123, 499, 7] {
        let (values, next) = read_all(&mut log, ShardId(0), 0, from);
        assert_eq!(next, 500);
        assert_eq!(values, sent[usize::try_from(from).unwrap()..]);
    }
}

#[test]
fn records_that_are_gone_stop_the_shard_and_a_late_start_does_not() {
    let bench = Bench::new("gone", 1, &["usage"]);
    let topic = bench.input("usage");
    let producer = bench::producer();
    let sent: Vec<String> = (0..10).map(|number| number.to_string()).collect();
    bench::send_all(&producer, &topic, 0, &sent);
    bench::delete_before(&topic, 0, 4);
    let mut log = bench.member("a");
    bench.recover(&mut log, &[0]);
    let (values, next) = read_all(&mut log, ShardId(0), 0, 0);
    assert_eq!(
        (values.len(), next),
        (6, 10),
        "it begins where the topic begins"
    );
    let mut commit = bench.commit(0, 6, "step");
    assert_eq!(log.commit(&[commit.clone()]).unwrap(), Committed::Done);
    drop(log);

    // Where it began is remembered with its position.
    let mut log = bench.member("a");
    bench.recover(&mut log, &[0]);
    assert_eq!(read_all(&mut log, ShardId(0), 0, 0).0.len(), 6);
    commit.ranges[0].offset_next = 7;
    assert_eq!(log.commit(&[commit]).unwrap(), Committed::Done);
    drop(log);

    bench::delete_before(&topic, 0, 8);
    let mut log = bench.member("a");
    bench.recover(&mut log, &[0]);
    let from = |offset| Position {
        shard: ShardId(0),
        input: 0,
        offset,
    };
    let error = log.read(from(0), 10, &mut VecDeque::new()).unwrap_err();
    assert!(
        matches!(&error, LogError::Stop(why)
        if why.contains("expected to go on at offset 4")),
        "{error}"
    );
}

#[test]
fn a_snapshot_comes_back_whole_and_the_latest_counts() {
    let bench = Bench::new("snapshot", 1, &["usage"]);
    let mut log = bench.member("a");
    bench.recover(&mut log, &[0]);
    assert_eq!(log.snapshot(ShardId(0)).unwrap(), None);
    let bytes = |length: u32| (0..length).map(|n| (n % 251) as u8).collect::<Vec<_>>();
    let mut steps = 0;
    for (sequence_next, length) in [(1, 3_000_000), (3, 10), (4, 2_000_000), (4, 0)] {
        while steps < sequence_next {
            let step = bench.commit(0, steps + 1, &format!("step {steps}"));
            assert_eq!(log.commit(&[step]).unwrap(), Committed::Done);
            steps += 1;
        }
        let snapshot = Snapshot {
            sequence_next,
            bytes: bytes(length),
        };
        log.store_snapshot(ShardId(0), &snapshot).unwrap();
        // A transaction is readable a moment after its commit was answered.
        let since = puls::clock::Stopwatch::start();
        let is_there = |log: &mut KafkaLog| {
            let found = log.snapshot(ShardId(0)).unwrap();
            found.is_some_and(|found| found.sequence_next == sequence_next)
        };
        while !is_there(&mut log) && since.elapsed() < Duration::from_secs(10) {}
        assert_eq!(log.snapshot(ShardId(0)).unwrap(), Some(snapshot));
    }
    let last = bench.commit(0, 9, "the last");
    assert_eq!(log.commit(&[last]).unwrap(), Committed::Done);
    drop(log);
    let mut log = bench.member("a");
    assert_eq!(log.snapshot(ShardId(0)).unwrap().unwrap().sequence_next, 4);
    assert_eq!(log.journal(ShardId(0), 4).unwrap(), [b"the last".to_vec()]);
    // A step before the snapshot's: its hint does not serve, and the whole journal is read.
    assert_eq!(log.journal(ShardId(0), 1).unwrap().len(), 4);
}

#[test]
fn rules_and_modules_are_read_by_every_member() {
    let bench = Bench::new("rules", 1, &["usage"]);
    let mut writer = bench.member("a");
    assert_eq!(writer.rules(0).unwrap(), (Vec::new(), 0));
    let module = vec![7; 1024 * 1024];
    let digest = writer.publish_module(&module).unwrap();
    assert_eq!(writer.publish_module(&module).unwrap(), digest);
    for number in 0..3 {
        let value = format!("{{\"number\":{number}}}");
        assert_eq!(writer.publish_rule(value.as_bytes(), NOW).unwrap(), number);
    }
    let mut reader = bench.connect("b");
    let (records, next) = reader.rules(1).unwrap();
    let offsets: Vec<_> = records.iter().map(|record| record.offset).collect();
    assert_eq!((offsets, next), (vec![1, 2], 3));
    assert_eq!(records[0].timestamp, NOW);
    assert_eq!(records[0].value, "{\"number\":1}");
    assert_eq!(reader.module(digest).unwrap(), module);
    let missing = reader.module(content_digest(b"")).unwrap_err();
    assert!(missing.to_string().contains("found none"), "{missing}");
    assert_eq!(reader.rules(3).unwrap(), (Vec::new(), 3));
}

#[test]
fn a_module_whose_record_came_to_harm_is_mended_by_another_push() {
    let bench = Bench::new("mended", 1, &["usage"]);
    let digest = content_digest(b"module");
    let harmed = Record {
        input: 0,
        offset: 0,
        timestamp: None,
        key: Some(digest.to_string().into()),
        headers: Vec::new(),
        value: "modul".into(),
    };
    bench.send_records(std::iter::once((bench.topic("modules"), 0, harmed)));
    let mut log = bench.member("a");
    let said = log.module(digest).unwrap_err().to_string();
    assert!(said.ends_with("push the rule again"), "{said}");
    assert_eq!(log.modules().unwrap(), []);
    for _ in 0..2 {
        assert_eq!(log.publish_module(b"module").unwrap(), digest);
        assert_eq!(log.module(digest).unwrap(), "module");
    }
    assert_eq!(bench.connect("b").module(digest).unwrap(), "module");
    assert_eq!(bench.read_partition(&bench.topic("modules"), 0).len(), 2);
}

#[test]
fn topics_that_do_not_fit_are_refused_at_the_start() {
    let bench = Bench::without_topics("topics", 2, &["usage", "tickets"]);
    let missing = |bench: &Bench| -> Vec<String> {
        let status = check_topics(&bench.settings("a")).unwrap();
        status
            .into_iter()
            .flat_map(|topic| topic.problems)
            .collect()
    };
    assert_eq!(missing(&bench).len(), 2 + 5 + 5);
    bench::create(&bench.input("tickets"), 3);
    let made = puls::log::kafka::create_topics(&bench.settings("a")).unwrap();
    assert_eq!(made.len(), 1 + 5 + 5);
    let problems = missing(&bench);
    let expected = format!("{}: expected 2 partitions", bench.input("tickets"));
    assert!(
        problems.len() == 1 && problems[0].starts_with(&expected),
        "{problems:?}"
    );
    let refused = KafkaLog::open(&bench.settings("a"), bench.inputs()).unwrap_err();
    assert!(refused.to_string().contains(&expected), "{refused}");
    let again = puls::log::kafka::create_topics(&bench.settings("a")).unwrap();
    assert_eq!(again, [""; 0]);
}

#[test]
fn records_arrive_as_they_were_sent() {
    let bench = Bench::new("record", 1, &["usage"]);
    bench::send_full(&bench.input("usage"), 0, NOW);
    let mut log = bench.member("a");
    bench.recover(&mut log, &[0]);
    let mut records = VecDeque::new();
    bench.until("the record arrives", || {
        let from = Position {
            shard: ShardId(0),
            input: 0,
            offset: 0,
        };
        log.poll(Duration::from_millis(2)).unwrap();
        log.read(from, 10, &mut records).unwrap() == 2
    });
    let first = &records[0];
    assert_eq!(first.key.as_deref(), Some(b"acme/42".as_slice()));
    assert_eq!(first.timestamp, Some(NOW));
    assert_eq!(first.value, "value");
    let headers: Vec<_> = first
        .headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_ref()))
        .collect();
    assert_eq!(headers, [("ce_id", b"7".as_slice()), ("empty", b"")]);
    // A tombstone without key and headers.
    assert_eq!((records[1].key.clone(), records[1].value.len()), (None, 0));
}

/// `rdkafka` waits in turns of 100 ms for messages of a transaction unless it is drained before
/// the commit; the quickest of twenty is far quicker than one turn.
#[test]
fn a_small_transaction_does_not_wait_in_turns() {
    let bench = Bench::new("quick", 1, &["usage"]);
    let mut log = bench.member("a");
    bench.recover(&mut log, &[0]);
    let quickest = (1..=20)
        .map(|number| {
            let watch = puls::clock::Stopwatch::start();
            let commit = bench.commit(0, number, "step");
            assert_eq!(log.commit(&[commit]).unwrap(), Committed::Done);
            watch.elapsed()
        })
        .min();
    println!("the quickest of 20 transactions took {quickest:?}");
    assert!(quickest < Some(Duration::from_millis(90)), "{quickest:?}");
}

/// A member that loses its shards between sending its positions and ending its transaction may
/// still end it. Its heir waits, and then finds all of it or nothing.
#[test]
fn an_heir_waits_for_the_transaction_that_its_predecessor_left_open() {
    let bench = Bench::new("heir", 1, &["usage"]).impatient();
    let mut owner = bench.member("a");
    bench.recover(&mut owner, &[0]);
    let late = bench::Suspended::new(&bench, 7);
    let mut heir = bench.member_after("b", &[0]);
    let waits = heir.journal(ShardId(0), 0).unwrap_err();
    assert!(
        matches!(&waits, LogError::Retry(why) if why.contains("still open")),
        "{waits}"
    );
    late.commit();
    bench.until("the heir may go on", || heir.journal(ShardId(0), 0).is_ok());
    heir.check_positions(ShardId(0), &[7]).unwrap();
}
