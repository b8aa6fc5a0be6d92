//! A topic that is not keyed by account, with another number of partitions: its records reach
//! their accounts as they are, and in the order of their times.

use std::sync::Arc;

use puls::clock::SystemClock;
use puls::log::Log;
use puls::log::kafka::KafkaLog;
use puls::model::{Kind, Record, ShardId, Time, partition_of};
use puls::rules::RulesEngine;
use puls::worker::kafka::{KafkaRun, run};
use puls::worker::{NoObserver, Runner, Stop};
use puls_benches::Line;
use puls_tests::data_set::Final;
use puls_tests::seed;
use puls_tests::sim::{Feed, Sim, inputs, shipped};

use super::bench::{self, Bench};
use super::run::{SHARDS, spec, workload};

const SOURCE_PARTITIONS: i32 = 3;

pub(super) fn record(line: &Line) -> Record {
    Record {
        input: line.kind as u16,
        offset: 0,
        timestamp: Some(line.time),
        key: Some(line.key.clone().into()),
        headers: Vec::new(),
        value: line.value.clone().into(),
    }
}

/// Usage lies in a topic of three partitions, keyed by something else; the rest as it should.
fn send(bench: &Bench, lines: &[Line]) {
    bench.send_records((0..).zip(lines).map(|(number, line)| {
        let sent = record(line);
        if line.kind != Kind::Usage {
            let partition = partition_of(line.key.as_bytes(), SHARDS);
            return (bench.input(line.kind.as_str()), partition, sent);
        }
        let sent = Record {
            key: Some(format!("session-{number}").into()),
            headers: vec![("trace".into(), format!("{number}").into())],
            ..sent
        };
        (bench.input("usage"), number % 3, sent)
    }));
}

#[test]
fn a_topic_with_other_keys_ends_with_the_same_scores() {
    let seed = seed("kafka rekey", 13);
    let (lines, until) = workload(seed, 600);
    let inputs = inputs();
    let names: Vec<&str> = inputs.iter().map(|input| input.name.as_str()).collect();
    let bench = Bench::without_topics("rekey", SHARDS, &names).rekeyed("usage");
    bench::create(&bench.input("usage"), SOURCE_PARTITIONS);
    bench.create_topics();
    let settings = bench.settings("a");
    let engine = RulesEngine::new().unwrap();
    let sim = Sim::new(SHARDS, &engine, &shipped());
    let mut log = KafkaLog::look_on(&settings, Arc::clone(&inputs)).unwrap();
    shipped().iter().for_each(|rule| {
        log.publish_module(&rule.module).unwrap();
    });
    for record in sim.world.connect().rules(0).unwrap().0 {
        log.publish_rule(&record.value, record.timestamp).unwrap();
    }
    send(&bench, &lines);
    let what = KafkaRun {
        settings,
        spec: spec(engine),
        clock: Arc::new(SystemClock),
        until: Some(until),
        members: 2,
        records_max: 100,
    };
    run(&what, &NoObserver, &Stop::default()).unwrap();
    sim.catch_up(&lines, Feed::whole(until));
    let (mut expected, mut found) = (Final::default(), Final::default());
    for shard in (0..SHARDS).map(ShardId) {
        sim.with_shard(shard, |shard| expected.note_shard(shard, until));
        let mut runner = Runner::recover(&mut log, shard, &what.spec, &NoObserver).unwrap();
        found.note_shard(runner.shard_mut(), until);
    }
    assert!(!expected.scores.is_empty());
    expected.assert_same_scores(&found, "re-keyed");
    as_they_were(&bench, &lines);
}

/// Key and partition are the account's; time, headers and value are those of the source.
fn as_they_were(bench: &Bench, lines: &[Line]) {
    let internal = bench.topic("rekey.usage");
    let mut found: Vec<(Time, String, Vec<u8>)> = Vec::new();
    for (partition, record) in bench.read_records(&internal) {
        let key = record.key.unwrap();
        assert_eq!(partition, partition_of(&key, SHARDS));
        assert_eq!(record.headers.len(), 1);
        assert_eq!(record.headers[0].0, "trace");
        let key = String::from_utf8(key.to_vec()).unwrap();
        found.push((record.timestamp.unwrap(), key, record.value.to_vec()));
    }
    found.sort();
    let usage = lines.iter().filter(|line| line.kind == Kind::Usage);
    let mut expected: Vec<_> = usage
        .map(|line| (line.time, line.key.clone(), line.value.clone().into_bytes()))
        .collect();
    expected.sort();
    assert_eq!(found.len(), expected.len());
    assert!(found == expected);
}
