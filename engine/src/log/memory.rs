//! A log in memory, for tests: partitions, last stable offsets, aborts, fencing, and faults.
//!
//! A [`World`] is what a broker would keep. A [`MemoryLog`] is one member's connection to it; a
//! connection with an older epoch than the shard's is fenced, as a zombie is. Faults are planned
//! before a call and happen once. Nothing here is used outside tests and the demo.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use bytes::Bytes;
use parking_lot::Mutex;

use super::{Commit, Committed, InputSpec, Log, LogError, Position, RulesRecord, Snapshot};
use crate::model::{Digest, Output, Record, ShardId, Time, content_digest};

/// What happens at the next commit instead of success.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    /// The transaction is aborted.
    Abort,
    /// The process dies before anything is durable.
    CrashBefore,
    /// The process dies when all is durable, before it is told so.
    CrashAfter,
}

/// One shard's part of the world.
#[derive(Debug, Default)]
struct Partition {
    inputs: Vec<Vec<Record>>,
    /// Records that readers may see, per input; the rest belongs to open transactions.
    stable: Vec<usize>,
    journal: Vec<Vec<u8>>,
    counts: Vec<Bytes>,
    outputs: Vec<Output>,
    positions: Vec<u64>,
    snapshot: Option<Snapshot>,
    epoch: u64,
    fault: Option<Fault>,
}

#[derive(Debug, Default)]
struct Inner {
    shards: Vec<Partition>,
    rules: Vec<RulesRecord>,
    modules: BTreeMap<Digest, Bytes>,
    signatures: BTreeMap<Digest, Bytes>,
    refuses_rule: bool,
}

/// What a broker would keep, shared by all connections.
#[derive(Clone, Debug)]
pub struct World {
    inputs: Arc<[InputSpec]>,
    inner: Arc<Mutex<Inner>>,
}

impl World {
    /// An empty world with so many shards.
    #[must_use]
    pub fn new(inputs: Arc<[InputSpec]>, shards: u32) -> Self {
        let partition = || Partition {
            inputs: inputs.iter().map(|_| Vec::new()).collect(),
            stable: vec![0; inputs.len()],
            positions: vec![0; inputs.len()],
            ..Partition::default()
        };
        let shards = (0..shards).map(|_| partition()).collect();
        let inner = Inner {
            shards,
            ..Inner::default()
        };
        Self {
            inputs,
            inner: Arc::new(Mutex::new(inner)),
        }
    }

    /// Appends a record to its input (`record.input`) of a shard; its offset is set here.
    pub fn append(&self, shard: ShardId, record: Record) {
        self.append_unstable(shard, record);
        self.stabilise(shard);
    }

    /// Appends a record that belongs to an open transaction: not readable yet.
    pub fn append_unstable(&self, shard: ShardId, mut record: Record) {
        let mut inner = self.inner.lock();
        let Some(partition) = inner.shards.get_mut(shard.0 as usize) else {
            return;
        };
        if let Some(input) = partition.inputs.get_mut(usize::from(record.input)) {
            record.offset = input.len() as u64;
            input.push(record);
        }
    }

    /// Commits all open transactions upstream: everything appended is readable.
    pub fn stabilise(&self, shard: ShardId) {
        let mut inner = self.inner.lock();
        if let Some(partition) = inner.shards.get_mut(shard.0 as usize) {
            partition.stable = partition.inputs.iter().map(Vec::len).collect();
        }
    }

    /// What a read-committed reader of all output topics sees of a shard, in order.
    #[must_use]
    pub fn outputs(&self, shard: ShardId) -> Vec<Output> {
        let inner = self.inner.lock();
        inner
            .shards
            .get(shard.0 as usize)
            .map(|p| p.outputs.clone())
            .unwrap_or_default()
    }

    /// The committed position of every input of a shard.
    #[must_use]
    pub fn positions(&self, shard: ShardId) -> Vec<u64> {
        let inner = self.inner.lock();
        inner
            .shards
            .get(shard.0 as usize)
            .map(|p| p.positions.clone())
            .unwrap_or_default()
    }

    /// Plans what happens at the shard's next commit.
    pub fn plan(&self, shard: ShardId, fault: Fault) {
        if let Some(partition) = self.inner.lock().shards.get_mut(shard.0 as usize) {
            partition.fault = Some(fault);
        }
    }

    /// Plans that the next record for the rules log is not taken now.
    pub fn refuse_rule(&self) {
        self.inner.lock().refuses_rule = true;
    }

    /// Connects a member that takes over no shard yet.
    #[must_use]
    pub fn connect(&self) -> MemoryLog {
        let inner = self.inner.lock();
        let epochs = inner
            .shards
            .iter()
            .map(|partition| partition.epoch)
            .collect();
        MemoryLog {
            world: self.clone(),
            epochs,
        }
    }

    /// Connects a member that takes over one shard: its older owners are fenced.
    #[must_use]
    pub fn connect_shard(&self, shard: ShardId) -> MemoryLog {
        let mut inner = self.inner.lock();
        if let Some(partition) = inner.shards.get_mut(shard.0 as usize) {
            partition.epoch += 1;
        }
        let epochs = inner
            .shards
            .iter()
            .map(|partition| partition.epoch)
            .collect();
        MemoryLog {
            world: self.clone(),
            epochs,
        }
    }
}

/// One member's connection.
#[derive(Debug)]
pub struct MemoryLog {
    world: World,
    epochs: Vec<u64>,
}

fn no_shard(shard: ShardId) -> LogError {
    LogError::Stop(format!("read shard {}: there is none", shard.0))
}

impl Log for MemoryLog {
    fn inputs(&self) -> &Arc<[InputSpec]> {
        &self.world.inputs
    }

    fn ends(&mut self, shard: ShardId) -> Result<Vec<Option<u64>>, LogError> {
        let inner = self.world.inner.lock();
        let partition = inner
            .shards
            .get(shard.0 as usize)
            .ok_or_else(|| no_shard(shard))?;
        Ok(partition
            .stable
            .iter()
            .map(|end| Some(*end as u64))
            .collect())
    }

    fn read(
        &mut self,
        from: Position,
        records_max: usize,
        into: &mut VecDeque<Record>,
    ) -> Result<u64, LogError> {
        let inner = self.world.inner.lock();
        let partition = inner
            .shards
            .get(from.shard.0 as usize)
            .ok_or_else(|| no_shard(from.shard))?;
        let number = usize::from(from.input);
        let stable = partition.stable.get(number).copied().unwrap_or(0);
        let records = partition
            .inputs
            .get(number)
            .and_then(|records| records.get(..stable));
        let offset = usize::try_from(from.offset).unwrap_or(usize::MAX);
        let unread = records
            .and_then(|records| records.get(offset..))
            .unwrap_or(&[]);
        let taken = unread.get(..records_max.min(unread.len())).unwrap_or(&[]);
        into.extend(taken.iter().cloned());
        Ok(from.offset + taken.len() as u64)
    }

    fn journal(&mut self, shard: ShardId, sequence_from: u64) -> Result<Vec<Vec<u8>>, LogError> {
        let inner = self.world.inner.lock();
        let partition = inner
            .shards
            .get(shard.0 as usize)
            .ok_or_else(|| no_shard(shard))?;
        let from = usize::try_from(sequence_from).unwrap_or(usize::MAX);
        Ok(partition.journal.get(from..).unwrap_or(&[]).to_vec())
    }

    fn commit(&mut self, commits: &[Commit]) -> Result<Committed, LogError> {
        let mut inner = self.world.inner.lock();
        let owns = |commit: &Commit| {
            let number = commit.shard.0 as usize;
            inner.shards.get(number).map(|p| p.epoch) == self.epochs.get(number).copied()
        };
        if !commits.iter().all(owns) {
            return Ok(Committed::Fenced);
        }
        let mut fault = None;
        for commit in commits {
            let partition = inner.shards.get_mut(commit.shard.0 as usize);
            fault = fault.or(partition.and_then(|partition| partition.fault.take()));
        }
        match fault {
            Some(Fault::Abort) => return Ok(Committed::Aborted),
            Some(Fault::CrashBefore) => return Err(LogError::Stop("died before".into())),
            Some(Fault::CrashAfter) | None => {}
        }
        for commit in commits {
            let Some(partition) = inner.shards.get_mut(commit.shard.0 as usize) else {
                continue;
            };
            partition.outputs.extend(commit.outputs.iter().cloned());
            partition.journal.push(commit.journal.clone());
            let counts = commit.counts.iter().map(|one| Bytes::copy_from_slice(one));
            partition.counts.extend(counts);
            partition.positions = commit
                .ranges
                .iter()
                .map(|range| range.offset_next)
                .collect();
        }
        match fault {
            Some(_) => Err(LogError::Stop("died after".into())),
            None => Ok(Committed::Done),
        }
    }

    fn counts(&mut self, shard: ShardId, from: u64) -> Result<(Vec<Bytes>, u64), LogError> {
        let inner = self.world.inner.lock();
        let partition = inner
            .shards
            .get(shard.0 as usize)
            .ok_or_else(|| no_shard(shard))?;
        let from = usize::try_from(from).unwrap_or(usize::MAX);
        let unread = partition.counts.get(from..).unwrap_or(&[]).to_vec();
        Ok((unread, partition.counts.len() as u64))
    }

    fn snapshot(&mut self, shard: ShardId) -> Result<Option<Snapshot>, LogError> {
        let inner = self.world.inner.lock();
        Ok(inner
            .shards
            .get(shard.0 as usize)
            .and_then(|partition| partition.snapshot.clone()))
    }

    fn store_snapshot(&mut self, shard: ShardId, snapshot: &Snapshot) -> Result<(), LogError> {
        let mut inner = self.world.inner.lock();
        let partition = inner
            .shards
            .get_mut(shard.0 as usize)
            .ok_or_else(|| no_shard(shard))?;
        partition.snapshot = Some(snapshot.clone());
        Ok(())
    }

    fn rules(&mut self, offset_from: u64) -> Result<(Vec<RulesRecord>, u64), LogError> {
        let inner = self.world.inner.lock();
        let from = usize::try_from(offset_from).unwrap_or(usize::MAX);
        let unread = inner.rules.get(from..).unwrap_or(&[]).to_vec();
        Ok((unread, inner.rules.len() as u64))
    }

    fn module(&mut self, digest: Digest) -> Result<Bytes, LogError> {
        let found = self.world.inner.lock().modules.get(&digest).cloned();
        found.ok_or_else(|| LogError::Stop(format!("read module {digest}: there is none")))
    }

    fn modules(&mut self) -> Result<Vec<Digest>, LogError> {
        Ok(self.world.inner.lock().modules.keys().copied().collect())
    }

    fn publish_rule(&mut self, value: &[u8], now: Time) -> Result<u64, LogError> {
        let mut inner = self.world.inner.lock();
        if std::mem::take(&mut inner.refuses_rule) {
            return Err(LogError::Retry("write rules: not now".into()));
        }
        let offset = inner.rules.len() as u64;
        let value = Bytes::copy_from_slice(value);
        inner.rules.push(RulesRecord {
            offset,
            timestamp: now,
            value,
        });
        Ok(offset)
    }

    fn publish_module(&mut self, bytes: &[u8]) -> Result<Digest, LogError> {
        let digest = content_digest(bytes);
        let bytes = Bytes::copy_from_slice(bytes);
        self.world.inner.lock().modules.insert(digest, bytes);
        Ok(digest)
    }

    fn signatures(&mut self, digest: Digest) -> Result<Option<Bytes>, LogError> {
        Ok(self.world.inner.lock().signatures.get(&digest).cloned())
    }

    fn publish_signatures(&mut self, digest: Digest, bytes: &[u8]) -> Result<(), LogError> {
        let bytes = Bytes::copy_from_slice(bytes);
        self.world.inner.lock().signatures.insert(digest, bytes);
        Ok(())
    }
}
