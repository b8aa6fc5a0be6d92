//! The third-party event sets through a broker: the same final scores as through files, and where
//! a set is in order, the same tiers and alerts.

use std::sync::Arc;

use puls::clock::SystemClock;
use puls::log::kafka::KafkaLog;
use puls::model::{Record, ShardId, Time};
use puls::worker::kafka::{KafkaRun, run};
use puls::worker::{NoObserver, Runner, Stop};
use puls_tests::data_set::{DataSet, Final, folder};

use super::bench::Bench;
use crate::data_sets::{cloud_provider, ravenstack};

const SHARDS: u32 = 4;

/// Loads a set into topics, one per input with the event's time as the record's, and runs it to
/// its end.
fn through_kafka(test: &str, set: &DataSet) -> Final {
    let names = set.names();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let bench = Bench::new(test, SHARDS, &names);
    let settings = bench.settings("a");
    let spec = set.spec(SHARDS, true);
    let mut log = KafkaLog::look_on(&settings, Arc::clone(&spec.inputs)).unwrap();
    set.publish(&mut log);
    for (name, records) in names.iter().zip(&set.records) {
        let mut latest = Time(1);
        bench.send_records(records.iter().map(|record: &Record| {
            latest = latest.max(record.timestamp.unwrap_or(latest));
            // A broker would stamp a record without a time with its own.
            let record = Record {
                timestamp: Some(record.timestamp.unwrap_or(latest)),
                ..record.clone()
            };
            (bench.input(name), set.shard_of(&record, SHARDS), record)
        }));
    }
    let what = KafkaRun {
        settings,
        spec,
        clock: Arc::new(SystemClock),
        until: Some(set.until),
        members: 2,
        records_max: KafkaRun::RECORDS_MAX,
    };
    run(&what, &NoObserver, &Stop::default()).unwrap();
    let mut end = Final::default();
    for shard in (0..SHARDS).map(ShardId) {
        let mut runner = Runner::recover(&mut log, shard, &what.spec, &NoObserver).unwrap();
        end.note_counts(runner.shard().counts());
        end.note_shard(runner.shard_mut(), set.until);
        for alert in bench.read_partition(&bench.topic("alerts"), shard.0) {
            end.note_alert(alert.as_bytes());
        }
    }
    end
}

#[test]
fn ravenstack_ends_the_same_through_a_broker() {
    let Some(set) = folder("ravenstack") else {
        return;
    };
    let (_folder, set) = ravenstack(&set);
    let (files, kafka) = (set.through_files(1), through_kafka("ravenstack", &set));
    assert_eq!(files.counts, kafka.counts);
    files.assert_same_scores(&kafka, "through Kafka");
    files.assert_same_decisions(&kafka, "through Kafka");
}

#[test]
fn cloud_provider_ends_the_same_through_a_broker() {
    let Some(set) = folder("cloud_provider") else {
        return;
    };
    let (_folder, set) = cloud_provider(&set);
    let (files, kafka) = (set.through_files(4), through_kafka("cloud", &set));
    assert_eq!(files.counts, kafka.counts);
    files.assert_same_scores(&kafka, "through Kafka");
}
