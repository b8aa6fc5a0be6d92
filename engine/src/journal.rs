//! The journal: a shard's record of its steps. With the inputs it reproduces every output.
//!
//! A record holds the step and, per tenant, the running digest of outputs after it, so that a
//! refold can be checked. The log frames and orders the records; nothing here does I/O.

use crate::model::{CodecError, Digest, PeersGiven, Range, Reader, Step, Time, Writer};

/// Version of the record's layout; one of version 1 gives nothing of other shards' counts.
const VERSION: u8 = 2;

/// One step as it was folded.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct JournalRecord {
    /// What was taken.
    pub step: Step,
    /// Hash of the inputs' names in their order; ranges mean nothing for other inputs.
    pub inputs: u64,
    /// Running digest per tenant after the step, in order of tenants.
    pub digests: Vec<(String, Digest)>,
}

impl JournalRecord {
    /// The record as bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut writer = Writer::new();
        writer.u8(VERSION);
        writer.u64(self.inputs);
        writer.u64(self.step.sequence);
        writer.i64(self.step.clock.0);
        writer.i64(self.step.advance_to.0);
        writer.u64(self.step.rules_next);
        writer.list(self.step.ranges.iter(), |writer, range| {
            writer.u64(range.offset_from);
            writer.u64(range.offset_next);
        });
        writer.list(self.digests.iter(), |writer, (tenant, digest)| {
            writer.text(tenant);
            writer.bytes(&digest.0);
        });
        writer.list(self.step.peers.iter(), |writer, given| given.write(writer));
        writer.into_bytes()
    }

    /// The record that `bytes` are.
    ///
    /// # Errors
    /// Where they are none.
    pub fn parse(bytes: &[u8]) -> Result<Self, CodecError> {
        let mut reader = Reader::new(bytes);
        let version = reader.u8()?;
        if version == 0 || version > VERSION {
            return Err(reader.invalid("journal record of version 1 or 2"));
        }
        let inputs = reader.u64()?;
        let sequence = reader.u64()?;
        let clock = Time(reader.i64()?);
        let advance_to = Time(reader.i64()?);
        let rules_next = reader.u64()?;
        let ranges = reader.list(|reader| {
            Ok(Range {
                offset_from: reader.u64()?,
                offset_next: reader.u64()?,
            })
        })?;
        let digests = reader.list(|reader| {
            let tenant = reader.text()?.to_owned();
            let digest = reader.bytes()?.try_into();
            Ok((
                tenant,
                Digest(digest.map_err(|_| reader.invalid("digest of 32 bytes"))?),
            ))
        })?;
        let peers = if version == 1 {
            Vec::new()
        } else {
            reader.list(PeersGiven::read)?
        };
        let step = Step {
            sequence,
            ranges,
            clock,
            advance_to,
            rules_next,
            peers,
        };
        Ok(Self {
            step,
            inputs,
            digests,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::JournalRecord;
    use crate::model::{Digest, PeerCounts, PeersGiven, Range, Step, Time};

    #[test]
    fn a_record_comes_back_and_a_cut_one_does_not() {
        let mut counts = PeerCounts::default();
        counts.add(3, 4, 700);
        let record = JournalRecord {
            step: Step {
                sequence: 7,
                ranges: vec![
                    Range {
                        offset_from: 3,
                        offset_next: 9,
                    },
                    Range::default(),
                ],
                clock: Time(1_000),
                advance_to: Time::MIN,
                rules_next: 2,
                peers: vec![PeersGiven {
                    tenant: "acme".into(),
                    day: 20_000,
                    used: Some(19_998),
                    others: counts,
                }],
            },
            inputs: 42,
            digests: vec![("acme".into(), Digest([5; 32]))],
        };
        let bytes = record.to_bytes();
        assert_eq!(JournalRecord::parse(&bytes).unwrap(), record);
        for at in 0..bytes.len() {
            assert!(JournalRecord::parse(&bytes[..at]).is_err(), "cut at {at}");
        }
    }

    /// What was written before there were counts is read as it was.
    #[test]
    fn a_record_of_version_1_gives_no_counts() {
        let mut record = JournalRecord {
            step: Step {
                sequence: 7,
                ranges: vec![Range::default()],
                clock: Time(1_000),
                advance_to: Time::MIN,
                rules_next: 2,
                peers: Vec::new(),
            },
            inputs: 42,
            digests: vec![("acme".into(), Digest([5; 32]))],
        };
        let mut bytes = record.to_bytes();
        bytes[0] = 1;
        bytes.truncate(bytes.len() - 4);
        assert_eq!(JournalRecord::parse(&bytes).unwrap(), record);
        record.step.sequence = 8;
        bytes[0] = 3;
        assert!(JournalRecord::parse(&bytes).is_err());
    }
}
