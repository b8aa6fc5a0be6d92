//! Inputs to read and nothing to keep: the log of a backtest.
//!
//! A tape has an end that is fixed before the first record is read, so a live system may write on
//! beside it. It belongs to no group, has no journal, no snapshot and no rules, and refuses to
//! commit.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use parking_lot::Mutex;

use crate::log::files::FileInputs;
use crate::log::{Commit, Committed, InputSpec, Log, LogError, Position, RulesRecord, Snapshot};
use crate::model::{Digest, InputIndex, Record, ShardId, Time};

/// Where the records of a tape lie.
pub enum Reel {
    /// In files.
    Files(Box<FileInputs>),
    /// In another log, between offsets.
    Log {
        /// The log.
        log: Box<dyn Log + Send>,
        /// What is read of it.
        ranges: Arc<Ranges>,
        /// Offsets that were passed, for whoever watches.
        passed: Arc<AtomicU64>,
    },
}

/// What is read of each input of each shard: from the first offset to before the second.
pub type Ranges = BTreeMap<(ShardId, InputIndex), (u64, u64)>;

/// What the shards of one fold have counted for each other.
#[derive(Clone, Debug, Default)]
pub struct Exchange(Arc<Mutex<BTreeMap<ShardId, Vec<Bytes>>>>);

/// A log that is only read.
pub struct Tape(Reel, Exchange);

impl Tape {
    /// A tape of this reel, for a shard of the fold that has this exchange.
    #[must_use]
    pub const fn new(reel: Reel, exchange: Exchange) -> Self {
        Self(reel, exchange)
    }
}

impl std::fmt::Debug for Reel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Files(_) => "Files",
            Self::Log { .. } => "Log",
        })
    }
}

impl std::fmt::Debug for Tape {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Tape").field(&self.0).finish()
    }
}

fn none<T>(what: &str) -> Result<T, LogError> {
    Err(LogError::Stop(format!("a backtest has no {what}")))
}

/// The range of one input; nothing where it was not named.
fn range(ranges: &Ranges, shard: ShardId, input: InputIndex) -> (u64, u64) {
    ranges.get(&(shard, input)).copied().unwrap_or((0, 0))
}

impl Log for Tape {
    fn inputs(&self) -> &Arc<[InputSpec]> {
        match &self.0 {
            Reel::Files(files) => files.specs(),
            Reel::Log { log, .. } => log.inputs(),
        }
    }

    fn ends(&mut self, shard: ShardId) -> Result<Vec<Option<u64>>, LogError> {
        match &mut self.0 {
            Reel::Files(files) => files.ends(shard),
            Reel::Log { log, ranges, .. } => {
                let inputs = (0..log.inputs().len()).filter_map(|it| InputIndex::try_from(it).ok());
                Ok(inputs
                    .map(|input| Some(range(ranges, shard, input).1))
                    .collect())
            }
        }
    }

    fn read(
        &mut self,
        from: Position,
        records_max: usize,
        into: &mut VecDeque<Record>,
    ) -> Result<u64, LogError> {
        match &mut self.0 {
            Reel::Files(files) => files.read(from, records_max, into),
            Reel::Log {
                log,
                ranges,
                passed,
            } => {
                let (start, end) = range(ranges, from.shard, from.input);
                let offset = from.offset.max(start);
                if offset >= end {
                    return Ok(end.max(from.offset));
                }
                let from = Position { offset, ..from };
                let next = log.read(from, records_max, into)?.min(end);
                while into.back().is_some_and(|record| record.offset >= end) {
                    into.pop_back();
                }
                passed.fetch_add(next.saturating_sub(offset), Ordering::Relaxed);
                Ok(next)
            }
        }
    }

    fn journal(&mut self, _: ShardId, _: u64) -> Result<Vec<Vec<u8>>, LogError> {
        Ok(Vec::new())
    }

    fn commit(&mut self, commits: &[Commit]) -> Result<Committed, LogError> {
        let mut counts = self.1.0.lock();
        for commit in commits {
            let payloads = commit
                .counts
                .iter()
                .map(|bytes| Bytes::copy_from_slice(bytes));
            counts.entry(commit.shard).or_default().extend(payloads);
        }
        Ok(Committed::Done)
    }

    fn counts(&mut self, shard: ShardId, from: u64) -> Result<(Vec<Bytes>, u64), LogError> {
        let counts = self.1.0.lock();
        let all = counts.get(&shard).map_or(&[][..], Vec::as_slice);
        let from = usize::try_from(from).unwrap_or(usize::MAX);
        let unread = all.get(from..).unwrap_or(&[]).to_vec();
        Ok((unread, all.len() as u64))
    }

    fn snapshot(&mut self, _: ShardId) -> Result<Option<Snapshot>, LogError> {
        Ok(None)
    }

    fn store_snapshot(&mut self, _: ShardId, _: &Snapshot) -> Result<(), LogError> {
        none("place for a snapshot")
    }

    fn rules(&mut self, offset_from: u64) -> Result<(Vec<RulesRecord>, u64), LogError> {
        Ok((Vec::new(), offset_from))
    }

    fn module(&mut self, _: Digest) -> Result<Bytes, LogError> {
        none("modules")
    }

    fn modules(&mut self) -> Result<Vec<Digest>, LogError> {
        Ok(Vec::new())
    }

    fn publish_rule(&mut self, _: &[u8], _: Time) -> Result<u64, LogError> {
        none("rules log to write")
    }

    fn publish_module(&mut self, _: &[u8]) -> Result<Digest, LogError> {
        none("place for a module")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::memory::World;
    use crate::model::Kind;

    #[test]
    fn a_tape_ends_where_it_was_cut_and_keeps_nothing() {
        let inputs: Arc<[InputSpec]> = [InputSpec::new("usage", Some(Kind::Usage))].into();
        let world = World::new(inputs, 1);
        let shard = ShardId(0);
        let append = || {
            world.append(
                shard,
                Record {
                    input: 0,
                    offset: 0,
                    timestamp: None,
                    key: None,
                    headers: Vec::new(),
                    value: Bytes::new(),
                },
            );
        };
        (0..6).for_each(|_| append());
        let passed = Arc::new(AtomicU64::new(0));
        let ranges = Arc::new(Ranges::from([((shard, 0), (2, 5))]));
        let log = Box::new(world.connect());
        let exchange = Exchange::default();
        let mut tape = Tape::new(
            Reel::Log {
                log,
                ranges,
                passed: Arc::clone(&passed),
            },
            exchange,
        );
        append();
        let mut found = VecDeque::new();
        let from = |offset| Position {
            shard,
            input: 0,
            offset,
        };
        assert_eq!(tape.read(from(0), 100, &mut found).unwrap(), 5);
        let offsets: Vec<_> = found.iter().map(|record| record.offset).collect();
        assert_eq!(offsets, [2, 3, 4]);
        assert_eq!(tape.read(from(5), 100, &mut found).unwrap(), 5);
        assert_eq!(tape.ends(shard).unwrap(), [Some(5)]);
        assert_eq!(passed.load(Ordering::Relaxed), 3);
        assert!(tape.publish_rule(b"", Time(0)).is_err());
    }
}
