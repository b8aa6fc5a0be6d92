//! The journal topic: one partition a shard, one record a step, numbered without gaps.
//!
//! ```text
//! value: 0 4 magic "PUJ1", 4 8 sequence of the step, 12 4 length of the payload, 16 n payload
//! ```
//! Kafka keeps a checksum over every batch; what is checked here is that no step is missing.

use std::ops::ControlFlow;

use rdkafka::Message;

use super::client::partition;
use super::tail::Tail;
use crate::log::LogError;
use crate::model::{CodecError, Reader, ShardId, Writer};

const MAGIC: u32 = u32::from_le_bytes(*b"PUJ1");

/// The record of a step.
pub(super) fn frame(sequence: u64, payload: &[u8]) -> Vec<u8> {
    let mut writer = Writer::new();
    writer.u32(MAGIC);
    writer.u64(sequence);
    writer.bytes(payload);
    writer.into_bytes()
}

fn parse(value: &[u8]) -> Result<(u64, &[u8]), CodecError> {
    let mut reader = Reader::new(value);
    if reader.u32()? != MAGIC {
        return Err(reader.invalid("a journal record (magic PUJ1)"));
    }
    let sequence = reader.u64()?;
    let payload = reader.bytes()?;
    if !reader.is_at_end() {
        return Err(reader.invalid("the end of the record"));
    }
    Ok((sequence, payload))
}

/// Payloads of steps from `sequence_from` on. `hint` is an offset that is not behind that step;
/// a hint that is shows by the first record and costs a second reading, from the beginning.
pub(super) fn read(
    tail: &Tail,
    topic: &str,
    shard: ShardId,
    sequence_from: u64,
    hint: u64,
) -> Result<Vec<Vec<u8>>, LogError> {
    let mut steps = Steps::from(sequence_from);
    let damaged = |why: &str| {
        LogError::Stop(format!(
            "{topic}, partition {}: the journal is damaged: {why}",
            shard.0
        ))
    };
    tail.scan(topic, partition(shard)?, hint, &mut |message| {
        let value = message.payload().unwrap_or(&[]);
        let (sequence, payload) = parse(value)
            .map_err(|error| damaged(&format!("{error}, at offset {}", message.offset())))?;
        steps.add(sequence, payload).map_err(|why| damaged(&why))
    })?;
    if !steps.is_late {
        return Ok(steps.payloads);
    }
    if hint > 0 {
        return read(tail, topic, shard, sequence_from, 0);
    }
    Err(damaged(&format!(
        "expected step {sequence_from}, found the first one after it. The journal must be kept as \
         long as the inputs (retention.ms=-1)"
    )))
}

/// Steps in the order in which they were found.
struct Steps {
    sequence_from: u64,
    /// The step before, if any was seen.
    last: Option<u64>,
    payloads: Vec<Vec<u8>>,
    /// Whether the first step seen was already behind the first one wanted.
    is_late: bool,
}

impl Steps {
    const fn from(sequence_from: u64) -> Self {
        Self {
            sequence_from,
            last: None,
            payloads: Vec::new(),
            is_late: false,
        }
    }

    fn add(&mut self, sequence: u64, payload: &[u8]) -> Result<ControlFlow<()>, String> {
        match self.last {
            None if sequence > self.sequence_from => {
                self.is_late = true;
                return Ok(ControlFlow::Break(()));
            }
            Some(last) if sequence != last + 1 => {
                return Err(format!("expected step {}, found {sequence}", last + 1));
            }
            _ => {}
        }
        self.last = Some(sequence);
        if sequence >= self.sequence_from {
            self.payloads.push(payload.to_vec());
        }
        Ok(ControlFlow::Continue(()))
    }
}

#[cfg(test)]
mod tests {
    use super::{Steps, frame, parse};

    #[test]
    fn a_record_comes_back_and_damage_shows() {
        let record = frame(7, b"step");
        assert_eq!(parse(&record).unwrap(), (7, b"step".as_slice()));
        for at in 0..record.len() {
            assert!(parse(&record[..at]).is_err(), "cut at {at}");
        }
        let longer = [record.as_slice(), b"x"].concat();
        assert!(parse(&longer).is_err());
    }

    #[test]
    fn a_gap_a_repeat_and_a_missing_beginning_are_seen() {
        let collect = |from: u64, sequences: &[u64]| {
            let mut steps = Steps::from(from);
            for sequence in sequences {
                assert!(steps.add(*sequence, &[])?.is_break() == steps.is_late);
            }
            Ok::<_, String>((steps.payloads.len(), steps.is_late))
        };
        assert_eq!(collect(2, &[0, 1, 2, 3]), Ok((2, false)));
        assert_eq!(collect(4, &[0, 1, 2, 3]), Ok((0, false)));
        assert_eq!(collect(2, &[3]), Ok((0, true)));
        assert_eq!(collect(0, &[0, 2]), Err("expected step 1, found 2".into()));
        assert_eq!(collect(0, &[0, 0]), Err("expected step 1, found 0".into()));
    }
}
