//! The snapshots topic: one partition a shard; a snapshot is chunks and, behind them, a summary.
//!
//! All of a snapshot is one transaction, so readers see the old one or the new one. Keys are the
//! chunk's number and `summary`, so compaction leaves the latest snapshot; chunks that a shorter
//! one no longer has are deleted by tombstones. The summary says where to begin reading, so that
//! recovery reads one snapshot and not all that compaction has not reached yet.
//!
//! ```text
//! chunk:   magic "PUC1", sequence_next u64, number u32, bytes
//! summary: magic "PUS1", sequence_next u64, chunks u32, length u64, xxh3-128 of the whole,
//!          offset before the first chunk u64, offset of the journal u64
//! ```

use std::ops::ControlFlow;

use rdkafka::Message;

use super::client::partition;
use super::tail::Tail;
use super::transaction::{Obstacle, Outbox, Sending};
use crate::log::{LogError, Snapshot};
use crate::model::{CodecError, Reader, ShardId, Writer, hash128};

const CHUNK: u32 = u32::from_le_bytes(*b"PUC1");
const SUMMARY: u32 = u32::from_le_bytes(*b"PUS1");
/// Key of the summary.
const SUMMARY_KEY: &[u8] = b"summary";
/// How far before the end the latest summary is looked for first: it is the last record, and
/// behind it stands the transaction's end.
const SUMMARY_REACH: u64 = 8;

/// What stands behind the chunks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Summary {
    pub(super) sequence_next: u64,
    pub(super) chunks: u32,
    pub(super) length: u64,
    pub(super) hash: u128,
    /// An offset of this partition that is not behind the first chunk.
    pub(super) offset_from: u64,
    /// An offset of the journal that is not behind step `sequence_next`.
    pub(super) journal: u64,
}

impl Summary {
    fn to_bytes(self) -> Vec<u8> {
        let mut writer = Writer::new();
        writer.u32(SUMMARY);
        writer.u64(self.sequence_next);
        writer.u32(self.chunks);
        writer.u64(self.length);
        writer.u128(self.hash);
        writer.u64(self.offset_from);
        writer.u64(self.journal);
        writer.into_bytes()
    }
}

/// A chunk's key.
fn chunk_key(number: u32) -> [u8; 4] {
    number.to_be_bytes()
}

/// A chunk's record.
fn chunk(sequence_next: u64, number: u32, bytes: &[u8]) -> Vec<u8> {
    let mut writer = Writer::new();
    writer.u32(CHUNK);
    writer.u64(sequence_next);
    writer.u32(number);
    writer.bytes(bytes);
    writer.into_bytes()
}

enum Part {
    Chunk(u64, u32, Vec<u8>),
    Summary(Summary),
}

fn parse(value: &[u8]) -> Result<Part, CodecError> {
    let mut reader = Reader::new(value);
    let part = match reader.u32()? {
        CHUNK => Part::Chunk(reader.u64()?, reader.u32()?, reader.bytes()?.to_vec()),
        SUMMARY => Part::Summary(Summary {
            sequence_next: reader.u64()?,
            chunks: reader.u32()?,
            length: reader.u64()?,
            hash: reader.u128()?,
            offset_from: reader.u64()?,
            journal: reader.u64()?,
        }),
        _ => return Err(reader.invalid("a part of a snapshot (magic PUC1 or PUS1)")),
    };
    if reader.is_at_end() {
        Ok(part)
    } else {
        Err(reader.invalid("the end of the record"))
    }
}

/// Puts snapshots together as their parts come by.
#[derive(Default)]
pub(super) struct Assembly {
    sequence_next: u64,
    bytes: Vec<u8>,
    /// Chunks put together so far, in order and without gaps.
    chunks: u32,
    summary: Option<Summary>,
    whole: Option<(Snapshot, Summary)>,
}

impl Assembly {
    fn add(&mut self, part: Part) {
        match part {
            Part::Chunk(sequence_next, number, bytes) => {
                if number == 0 {
                    self.sequence_next = sequence_next;
                    self.bytes.clear();
                    self.chunks = 0;
                }
                if sequence_next == self.sequence_next && number == self.chunks {
                    self.bytes.extend_from_slice(&bytes);
                    self.chunks += 1;
                }
            }
            Part::Summary(summary) => {
                self.summary = Some(summary);
                let fits = summary.sequence_next == self.sequence_next
                    && summary.chunks == self.chunks
                    && summary.length == self.bytes.len() as u64
                    && summary.hash == hash128(&self.bytes);
                if fits {
                    let snapshot = Snapshot {
                        sequence_next: summary.sequence_next,
                        bytes: std::mem::take(&mut self.bytes),
                    };
                    self.chunks = 0;
                    self.whole = Some((snapshot, summary));
                }
            }
        }
    }
}

/// The latest whole snapshot of a shard, and its summary.
pub(super) fn read(
    tail: &Tail,
    topic: &str,
    shard: ShardId,
) -> Result<Option<(Snapshot, Summary)>, LogError> {
    let partition = partition(shard)?;
    let (_, end) = tail.ends(topic, partition)?;
    let near = scan(tail, topic, partition, end.saturating_sub(SUMMARY_REACH))?;
    let found = match near.summary {
        Some(summary) => scan(tail, topic, partition, summary.offset_from)?,
        None => scan(tail, topic, partition, 0)?,
    };
    if found.whole.is_some() {
        return Ok(found.whole);
    }
    if let Some(summary) = found.summary {
        tracing::warn!(
            "{topic}, partition {partition}: the snapshot of step {} is not whole; looking for an \
             older one",
            summary.sequence_next
        );
    }
    Ok(scan(tail, topic, partition, 0)?.whole)
}

/// The latest summary, for whoever writes the next snapshot.
pub(super) fn latest_summary(
    tail: &Tail,
    topic: &str,
    shard: ShardId,
) -> Result<(Option<Summary>, u64), LogError> {
    let partition = partition(shard)?;
    let (_, end) = tail.ends(topic, partition)?;
    let near = scan(tail, topic, partition, end.saturating_sub(SUMMARY_REACH))?;
    Ok((near.summary, end))
}

fn scan(tail: &Tail, topic: &str, partition: i32, from: u64) -> Result<Assembly, LogError> {
    let mut assembly = Assembly::default();
    tail.scan(topic, partition, from, &mut |message| {
        // A tombstone has no value.
        if let Some(value) = message.payload() {
            assembly.add(parse(value).map_err(|error| {
                LogError::Stop(format!(
                    "{topic}, partition {partition}, offset {}: {error}",
                    message.offset()
                ))
            })?);
        }
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(assembly)
}

/// Sends a snapshot's chunks, tombstones for those it no longer has, and its summary.
pub(super) fn send(
    outbox: &Outbox<'_>,
    (topic, partition): (&str, i32),
    chunks: &[&[u8]],
    summary: Summary,
    chunks_before: u32,
) -> Result<(), Obstacle> {
    let send = |key: &[u8], value: Option<&[u8]>| {
        outbox.send(&Sending {
            topic,
            partition,
            key: Some(key),
            value,
            timestamp: None,
            headers: &[],
        })
    };
    for (number, bytes) in (0..).zip(chunks) {
        let chunk = chunk(summary.sequence_next, number, bytes);
        send(&chunk_key(number), Some(&chunk))?;
    }
    for number in summary.chunks..chunks_before {
        send(&chunk_key(number), None)?;
    }
    send(SUMMARY_KEY, Some(&summary.to_bytes()))
}

#[cfg(test)]
mod tests {
    use super::{Assembly, Summary, chunk, parse};
    use crate::model::hash128;

    fn parts(sequence_next: u64, bytes: &[u8], size: usize) -> Vec<Vec<u8>> {
        let mut parts: Vec<_> = bytes
            .chunks(size)
            .zip(0..)
            .map(|(bytes, number)| chunk(sequence_next, number, bytes))
            .collect();
        let summary = Summary {
            sequence_next,
            chunks: u32::try_from(parts.len()).unwrap(),
            length: bytes.len() as u64,
            hash: hash128(bytes),
            offset_from: 0,
            journal: 0,
        };
        parts.push(summary.to_bytes());
        parts
    }

    fn latest(parts: &[Vec<u8>]) -> Option<u64> {
        let mut assembly = Assembly::default();
        for part in parts {
            assembly.add(parse(part).unwrap());
        }
        assembly.whole.map(|(snapshot, _)| snapshot.sequence_next)
    }

    #[test]
    fn the_latest_whole_snapshot_counts() {
        let (old, new) = (parts(3, b"old state", 4), parts(9, b"newer state", 4));
        assert_eq!(latest(&[]), None);
        assert_eq!(latest(&[old.clone(), new.clone()].concat()), Some(9));
        for missing in 0..new.len() {
            let mut broken = new.clone();
            broken.remove(missing);
            assert_eq!(
                latest(&[old.clone(), broken.clone()].concat()),
                Some(3),
                "{missing}"
            );
            assert_eq!(latest(&broken), None, "{missing}");
        }
        // Compaction took the first chunk of the old one.
        let rest = [old[1..].to_vec(), new].concat();
        assert_eq!(latest(&rest), Some(9));
    }

    #[test]
    fn a_part_that_is_cut_is_refused() {
        for part in parts(1, b"state", 5) {
            for at in 0..part.len() {
                assert!(parse(&part[..at]).is_err());
            }
        }
    }
}
