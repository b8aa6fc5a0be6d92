//! The demo's log: one shard, one mixed input, nothing kept longer than it is needed.
//!
//! The engine reads it as it reads any log. What was read is forgotten at the next commit, outputs
//! go to whoever takes them, and there is nothing to recover from: a demo begins anew.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use bytes::Bytes;

use super::Line;
use crate::log::{Commit, Committed, InputSpec, Log, LogError, Position, RulesRecord, Snapshot};
use crate::model::{Digest, Output, Record, ShardId, Time, content_digest};

/// One input, and what was written about rules.
#[derive(Debug)]
pub(super) struct Pipe {
    inputs: Arc<[InputSpec]>,
    /// Records from `offset_first` on.
    records: VecDeque<Record>,
    offset_first: u64,
    outputs: Vec<Output>,
    rules: Vec<RulesRecord>,
    modules: BTreeMap<Digest, Bytes>,
}

impl Pipe {
    /// An empty log with these inputs; lines go into the first.
    pub(super) fn new(inputs: Arc<[InputSpec]>) -> Self {
        Self {
            inputs,
            records: VecDeque::new(),
            offset_first: 0,
            outputs: Vec::new(),
            rules: Vec::new(),
            modules: BTreeMap::new(),
        }
    }

    /// Appends a line to the input.
    pub(super) fn append(&mut self, line: Line) {
        self.records.push_back(Record {
            input: 0,
            offset: self.end(),
            timestamp: Some(line.time),
            key: None,
            headers: Vec::new(),
            value: line.value.into(),
        });
    }

    /// What was committed since this was asked for last.
    pub(super) fn take_outputs(&mut self) -> Vec<Output> {
        std::mem::take(&mut self.outputs)
    }

    fn end(&self) -> u64 {
        self.offset_first + self.records.len() as u64
    }
}

impl Log for Pipe {
    fn inputs(&self) -> &Arc<[InputSpec]> {
        &self.inputs
    }

    fn ends(&mut self, _: ShardId) -> Result<Vec<Option<u64>>, LogError> {
        Ok(vec![Some(self.end())])
    }

    fn read(
        &mut self,
        from: Position,
        records_max: usize,
        into: &mut VecDeque<Record>,
    ) -> Result<u64, LogError> {
        let skipped = usize::try_from(from.offset.saturating_sub(self.offset_first));
        let unread = self
            .records
            .iter()
            .skip(skipped.unwrap_or(usize::MAX))
            .take(records_max);
        let before = into.len();
        into.extend(unread.cloned());
        Ok(from.offset + (into.len() - before) as u64)
    }

    fn journal(&mut self, _: ShardId, _: u64) -> Result<Vec<Vec<u8>>, LogError> {
        Ok(Vec::new())
    }

    fn commit(&mut self, commits: &[Commit]) -> Result<Committed, LogError> {
        for commit in commits {
            self.outputs.extend(commit.outputs.iter().cloned());
            for range in &commit.ranges {
                while self.offset_first < range.offset_next && self.records.pop_front().is_some() {
                    self.offset_first += 1;
                }
            }
        }
        Ok(Committed::Done)
    }

    /// The demo has one shard: nobody counts for it.
    fn counts(&mut self, _: ShardId, _: u64) -> Result<(Vec<Bytes>, u64), LogError> {
        Ok((Vec::new(), 0))
    }

    fn snapshot(&mut self, _: ShardId) -> Result<Option<Snapshot>, LogError> {
        Ok(None)
    }

    fn store_snapshot(&mut self, _: ShardId, _: &Snapshot) -> Result<(), LogError> {
        Ok(())
    }

    fn rules(&mut self, offset_from: u64) -> Result<(Vec<RulesRecord>, u64), LogError> {
        let from = usize::try_from(offset_from).unwrap_or(usize::MAX);
        let unread = self.rules.get(from..).unwrap_or(&[]).to_vec();
        Ok((unread, self.rules.len() as u64))
    }

    fn module(&mut self, digest: Digest) -> Result<Bytes, LogError> {
        let found = self.modules.get(&digest).cloned();
        found.ok_or_else(|| LogError::Stop(format!("read module {digest}: there is none")))
    }

    fn modules(&mut self) -> Result<Vec<Digest>, LogError> {
        Ok(self.modules.keys().copied().collect())
    }

    fn publish_rule(&mut self, value: &[u8], now: Time) -> Result<u64, LogError> {
        let offset = self.rules.len() as u64;
        let value = Bytes::copy_from_slice(value);
        self.rules.push(RulesRecord {
            offset,
            timestamp: now,
            value,
        });
        Ok(offset)
    }

    fn publish_module(&mut self, bytes: &[u8]) -> Result<Digest, LogError> {
        let digest = content_digest(bytes);
        self.modules.insert(digest, Bytes::copy_from_slice(bytes));
        Ok(digest)
    }
}
