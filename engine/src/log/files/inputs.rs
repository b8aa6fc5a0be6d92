//! Inputs in files, to read and nothing else: what a run folds and what a backtest folds again.
//!
//! Every shard reads every file and passes over what belongs to another.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::FileInput;
use super::reader::RecordReader;
use crate::log::{InputSpec, LogError, Position, Route};
use crate::model::{InputIndex, Record, ShardId};

/// The inputs of all shards, in files.
#[derive(Debug)]
pub struct FileInputs {
    inputs: Arc<[InputSpec]>,
    sources: Arc<[FileInput]>,
    route: Box<dyn Route>,
    shards: u32,
    readers: BTreeMap<(ShardId, InputIndex), RecordReader>,
    bytes: Arc<AtomicU64>,
}

impl FileInputs {
    /// Inputs that lie in `sources` (one for each, in the same order), for so many shards.
    #[must_use]
    pub fn new(
        inputs: Arc<[InputSpec]>,
        sources: Arc<[FileInput]>,
        route: Box<dyn Route>,
        shards: u32,
    ) -> Self {
        Self {
            inputs,
            sources,
            route,
            shards,
            readers: BTreeMap::new(),
            bytes: Arc::default(),
        }
    }

    /// The same inputs, which add the bytes that they read of files to `bytes`.
    #[must_use]
    pub fn metered(self, bytes: Arc<AtomicU64>) -> Self {
        Self { bytes, ..self }
    }

    /// What the inputs are.
    #[must_use]
    pub const fn specs(&self) -> &Arc<[InputSpec]> {
        &self.inputs
    }

    /// Per input its end, where the reader stands there now.
    ///
    /// # Errors
    /// Where a file cannot be read.
    pub fn ends(&mut self, shard: ShardId) -> Result<Vec<Option<u64>>, LogError> {
        let mut ends = Vec::new();
        for input in 0..self.inputs.len() {
            let input = InputIndex::try_from(input).unwrap_or(InputIndex::MAX);
            let reader = self.readers.get_mut(&(shard, input));
            ends.push(reader.map(RecordReader::end).transpose()?.flatten());
        }
        Ok(ends)
    }

    /// As [`crate::log::Log::read`].
    ///
    /// # Errors
    /// Where a file cannot be read, or ends before the position.
    pub fn read(
        &mut self,
        from: Position,
        records_max: usize,
        into: &mut VecDeque<Record>,
    ) -> Result<u64, LogError> {
        let source = self.sources.get(usize::from(from.input)).cloned();
        let source =
            source.ok_or_else(|| LogError::Stop(format!("read input {}: none", from.input)))?;
        let bytes = &self.bytes;
        let reader = self.readers.entry((from.shard, from.input));
        let reader = reader.or_insert_with(|| RecordReader::new(source, Arc::clone(bytes)));
        reader.seek(from.offset)?;
        let mut found = 0;
        while found < records_max {
            let Some(mut record) = reader.next(from.input)? else {
                break;
            };
            let (shard, time) = self.route.route(&record, self.shards);
            if shard == from.shard {
                record.timestamp = time;
                into.push_back(record);
                found += 1;
            }
        }
        Ok(reader.position())
    }
}

/// Adds what was read to a meter that others look at.
pub(super) struct Metered<R> {
    inner: R,
    bytes: Arc<AtomicU64>,
}

impl<R> Metered<R> {
    pub(super) const fn new(inner: R, bytes: Arc<AtomicU64>) -> Self {
        Self { inner, bytes }
    }
}

impl<R: std::io::Read> std::io::Read for Metered<R> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let read = self.inner.read(into)?;
        self.bytes.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}
