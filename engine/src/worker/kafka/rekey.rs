//! Re-keys topics that are not keyed by `tenant/account`: each record goes, with its time, headers
//! and value as they are, to the partition of its account in an internal topic.
//!
//! One member does this for all shards and merges the partitions of a source by log time, with the
//! same merge that shards use: to it, a source is a shard whose inputs are its partitions. Records
//! and positions are written in one transaction. Whose a record is, its decoder says; one that
//! belongs to nobody goes to partition 0 with the key it came with, and ends there as a dead
//! letter.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use rdkafka::{Offset, TopicPartitionList};

use crate::clock::Clock;
use crate::decode::Decoder;
use crate::limits::STEP_RECORDS_MAX;
use crate::log::kafka::{KafkaLog, Obstacle, Outbox, Sending, Source};
use crate::log::{Commit, Committed, InputSpec, Log, LogError, Position, RulesRecord, Snapshot};
use crate::merge::{Cut, CutLimits, Merge, Merged};
use crate::model::{Digest, InputIndex, Reader, Record, ShardId, Time, Writer, partition_of};
use crate::shard::ShardSpec;

/// All sources of a run.
#[derive(Debug, Default)]
pub(super) struct Rekeyer {
    lanes: Vec<Lane>,
    shards: u32,
}

#[derive(Debug)]
struct Lane {
    source: Source,
    partitions: Arc<[InputSpec]>,
    merge: Merge,
    decoder: Decoder,
}

impl Rekeyer {
    /// Sources at the positions that the group has committed.
    pub(super) fn open(log: &KafkaLog, spec: &ShardSpec) -> Result<Self, LogError> {
        let mut lanes = Vec::new();
        for (input, decoder) in (0..).zip(spec.decoders.iter()) {
            let Some(source) = log.source(input)? else {
                continue;
            };
            let decoder =
                Decoder::new(decoder).map_err(|problems| LogError::Stop(problems.join("\n")))?;
            lanes.push(Lane::new(source, decoder)?);
        }
        Ok(Self {
            lanes,
            shards: log.shards(),
        })
    }

    /// Re-keys what is there, up to a step's worth of each source.
    pub(super) fn turn(
        &mut self,
        log: &mut KafkaLog,
        clock: &dyn Clock,
    ) -> Result<Committed, LogError> {
        for lane in &mut self.lanes {
            let outcome = lane.turn(log, clock, self.shards)?;
            if outcome != Committed::Done {
                return Ok(outcome);
            }
        }
        Ok(Committed::Done)
    }
}

impl Lane {
    fn new(source: Source, decoder: Decoder) -> Result<Self, LogError> {
        // Names in the order of the partitions, which decides between equal times.
        let partitions: Arc<[InputSpec]> = (0..source.positions.len())
            .map(|partition| InputSpec::new(&format!("{partition:010}"), None))
            .collect();
        let mut merge = Merge::new(ShardId(0), &partitions);
        let mut writer = Writer::new();
        let placed = partitions.iter().zip(&source.positions);
        writer.list(placed, |writer, (partition, position)| {
            writer.text(&partition.name);
            writer.u64(*position);
            writer.i64(Time::MIN.0);
        });
        merge
            .restore(&mut Reader::new(&writer.into_bytes()))
            .map_err(|error| LogError::Stop(format!("{}: {error}", source.topic)))?;
        Ok(Self {
            source,
            partitions,
            merge,
            decoder,
        })
    }

    fn turn(
        &mut self,
        log: &mut KafkaLog,
        clock: &dyn Clock,
        shards: u32,
    ) -> Result<Committed, LogError> {
        let limits = CutLimits {
            clock: clock.now(),
            until: Time::MAX,
            records_max: STEP_RECORDS_MAX,
        };
        let mut view = SourceView {
            log,
            source: &self.source,
            partitions: &self.partitions,
        };
        let cut = self.merge.cut(&mut view, limits)?;
        let has_moved = cut
            .ranges
            .iter()
            .any(|range| range.offset_next > range.offset_from);
        if !has_moved {
            return Ok(Committed::Done);
        }
        self.write(log, &cut, shards)
    }

    /// Control records alone move a position too: it is committed, so that the end is reached.
    fn write(&mut self, log: &mut KafkaLog, cut: &Cut, shards: u32) -> Result<Committed, LogError> {
        let topic = &self.source.topic;
        let mut offsets = TopicPartitionList::new();
        for (partition, range) in (0..).zip(&cut.ranges) {
            let offset = i64::try_from(range.offset_next).unwrap_or(i64::MAX);
            offsets
                .add_partition_offset(topic, partition, Offset::Offset(offset))
                .map_err(|error| LogError::Stop(format!("{topic}: {error}")))?;
        }
        let keyed: Vec<(Option<Bytes>, u32)> = cut
            .records
            .iter()
            .map(|merged| key_of(&mut self.decoder, &merged.record, shards))
            .collect();
        let internal = self.source.internal.as_str();
        log.transact(&offsets, &mut |outbox| {
            let mut each = cut.records.iter().zip(&keyed);
            each.try_for_each(|(merged, (key, partition))| {
                send(outbox, internal, merged, (key.as_deref(), *partition))
            })
        })
    }
}

fn key_of(decoder: &mut Decoder, record: &Record, shards: u32) -> (Option<Bytes>, u32) {
    match decoder.key_and_time(record).0 {
        Some(key) => {
            let key = key.as_str().as_bytes();
            (Some(Bytes::copy_from_slice(key)), partition_of(key, shards))
        }
        None => (record.key.clone(), 0),
    }
}

fn send(
    outbox: &Outbox<'_>,
    topic: &str,
    merged: &Merged,
    (key, partition): (Option<&[u8]>, u32),
) -> Result<(), Obstacle> {
    let record = &merged.record;
    outbox.send(&Sending {
        topic,
        partition: i32::try_from(partition).unwrap_or(0),
        key,
        value: Some(&record.value),
        timestamp: record.timestamp,
        headers: &record.headers,
    })
}

/// A source as the merge wants to see it.
struct SourceView<'a> {
    log: &'a mut KafkaLog,
    source: &'a Source,
    partitions: &'a Arc<[InputSpec]>,
}

/// The merge asks a log for inputs and ends only.
fn no_part<T>() -> Result<T, LogError> {
    Err(LogError::Stop(
        "a source has records and ends, nothing else".to_owned(),
    ))
}

impl Log for SourceView<'_> {
    fn inputs(&self) -> &Arc<[InputSpec]> {
        self.partitions
    }

    fn ends(&mut self, _: ShardId) -> Result<Vec<Option<u64>>, LogError> {
        self.log.source_ends(self.source)
    }

    fn read(
        &mut self,
        from: Position,
        records_max: usize,
        into: &mut VecDeque<Record>,
    ) -> Result<u64, LogError> {
        let before = into.len();
        let partition = u32::from(from.input);
        let place = (partition, from.offset);
        let next = self
            .log
            .read_source(self.source, place, records_max, into)?;
        // The merge knows them by partition.
        let partition = InputIndex::try_from(partition).unwrap_or(InputIndex::MAX);
        for record in into.iter_mut().skip(before) {
            record.input = partition;
        }
        Ok(next)
    }

    fn journal(&mut self, _: ShardId, _: u64) -> Result<Vec<Vec<u8>>, LogError> {
        no_part()
    }

    fn commit(&mut self, _: &[Commit]) -> Result<Committed, LogError> {
        no_part()
    }

    fn counts(&mut self, _: ShardId, _: u64) -> Result<(Vec<Bytes>, u64), LogError> {
        no_part()
    }

    fn snapshot(&mut self, _: ShardId) -> Result<Option<Snapshot>, LogError> {
        no_part()
    }

    fn store_snapshot(&mut self, _: ShardId, _: &Snapshot) -> Result<(), LogError> {
        no_part()
    }

    fn rules(&mut self, _: u64) -> Result<(Vec<RulesRecord>, u64), LogError> {
        no_part()
    }

    fn module(&mut self, _: Digest) -> Result<Bytes, LogError> {
        no_part()
    }

    fn modules(&mut self) -> Result<Vec<Digest>, LogError> {
        no_part()
    }

    fn publish_rule(&mut self, _: &[u8], _: Time) -> Result<u64, LogError> {
        no_part()
    }

    fn publish_module(&mut self, _: &[u8]) -> Result<Digest, LogError> {
        no_part()
    }
}
