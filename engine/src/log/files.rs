//! The log in files: the embedded default.
//!
//! ```text
//! <data>/header                  number of shards, fixed when the folder is made; locked in use
//! <data>/rules                   frames: the rules log; locked while it is appended to
//! <data>/modules/<digest>.wasm   modules by digest
//! <data>/spool/<input>           what came on standard input
//! <data>/shard-<p>/journal       frames: per step the length of every output, then the record
//! <data>/shard-<p>/snapshot      the latest snapshot
//! <data>/shard-<p>/counts        frames: what it counted for the other shards, by step
//! <data>/shard-<p>/<topic>.ndjson  outputs, cut back at start to what the journal says
//! ```
//! An input is one file or several, one behind the other, plain or gzip. Its positions are numbers
//! of records. Every shard reads every input and passes over what belongs to another.

mod counts;
mod folder;
mod reader;
mod rules;
mod shard;

use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;

pub use self::folder::{DataFolder, FolderError};
use self::reader::RecordReader;
use self::shard::ShardFiles;
use super::{Commit, Committed, InputSpec, Log, LogError, Position, Route, RulesRecord, Snapshot};
use crate::model::{Digest, InputIndex, Record, ShardId, Time};

/// How a file's records are told apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FileFormat {
    /// One record a line; blank lines are none.
    Lines,
    /// CSV with a header row; a record may span lines within quotes.
    Csv,
}

/// Where an input's records lie.
#[derive(Clone, Debug)]
pub struct FileInput {
    /// The files, in order.
    pub paths: Vec<PathBuf>,
    /// How records are told apart.
    pub format: FileFormat,
    /// Whether the last file may still grow: its last line counts only when it is ended.
    pub follow: bool,
}

/// Inputs, journals and outputs in files. Each worker thread has its own, over one folder.
#[derive(Debug)]
pub struct FileLog {
    folder: Arc<DataFolder>,
    inputs: Arc<[InputSpec]>,
    sources: Arc<[FileInput]>,
    route: Box<dyn Route>,
    readers: BTreeMap<(ShardId, InputIndex), RecordReader>,
    shards: BTreeMap<ShardId, ShardFiles>,
}

impl FileLog {
    /// A log over `folder`, whose inputs lie in `sources` (one for each, in the same order).
    #[must_use]
    pub fn new(
        folder: Arc<DataFolder>,
        inputs: Arc<[InputSpec]>,
        sources: Arc<[FileInput]>,
        route: Box<dyn Route>,
    ) -> Self {
        let (readers, shards) = (BTreeMap::new(), BTreeMap::new());
        Self {
            folder,
            inputs,
            sources,
            route,
            readers,
            shards,
        }
    }

    fn reader(&mut self, shard: ShardId, input: InputIndex) -> Result<&mut RecordReader, LogError> {
        let source = self.sources.get(usize::from(input)).cloned();
        let source = source.ok_or_else(|| LogError::Stop(format!("read input {input}: none")))?;
        let reader = self.readers.entry((shard, input));
        Ok(reader.or_insert_with(|| RecordReader::new(source)))
    }

    fn shard(&mut self, shard: ShardId) -> Result<&mut ShardFiles, LogError> {
        let opened = match self.shards.remove(&shard) {
            Some(opened) => opened,
            None => ShardFiles::open(&self.folder, shard)?,
        };
        let committed = &mut self.folder.counts_committed().lock();
        committed.insert(shard, opened.counts_bytes());
        Ok(self.shards.entry(shard).or_insert(opened))
    }
}

impl Log for FileLog {
    fn inputs(&self) -> &Arc<[InputSpec]> {
        &self.inputs
    }

    fn ends(&mut self, shard: ShardId) -> Result<Vec<Option<u64>>, LogError> {
        let mut ends = Vec::new();
        for input in 0..self.inputs.len() {
            let input = InputIndex::try_from(input).unwrap_or(InputIndex::MAX);
            let reader = self.readers.get_mut(&(shard, input));
            ends.push(reader.map(RecordReader::end).transpose()?.flatten());
        }
        Ok(ends)
    }

    fn read(
        &mut self,
        from: Position,
        records_max: usize,
        into: &mut VecDeque<Record>,
    ) -> Result<u64, LogError> {
        let shards = self.folder.shards();
        self.reader(from.shard, from.input)?.seek(from.offset)?;
        let Self { readers, route, .. } = self;
        let Some(reader) = readers.get_mut(&(from.shard, from.input)) else {
            return Ok(0);
        };
        let mut found = 0;
        while found < records_max {
            let Some(mut record) = reader.next(from.input)? else {
                break;
            };
            let (shard, time) = route.route(&record, shards);
            if shard == from.shard {
                record.timestamp = time;
                into.push_back(record);
                found += 1;
            }
        }
        Ok(reader.position())
    }

    fn journal(&mut self, shard: ShardId, sequence_from: u64) -> Result<Vec<Vec<u8>>, LogError> {
        self.shard(shard)?.journal(sequence_from)
    }

    fn commit(&mut self, commits: &[Commit]) -> Result<Committed, LogError> {
        for commit in commits {
            let files = self.shard(commit.shard)?;
            files.commit(commit)?;
            let bytes = files.counts_bytes();
            let committed = &mut self.folder.counts_committed().lock();
            committed.insert(commit.shard, bytes);
        }
        Ok(Committed::Done)
    }

    fn counts(&mut self, shard: ShardId, from: u64) -> Result<(Vec<Bytes>, u64), LogError> {
        counts::read(&self.folder, shard, from)
    }

    fn snapshot(&mut self, shard: ShardId) -> Result<Option<Snapshot>, LogError> {
        self.shard(shard)?.snapshot()
    }

    fn store_snapshot(&mut self, shard: ShardId, snapshot: &Snapshot) -> Result<(), LogError> {
        self.shard(shard)?.store_snapshot(snapshot)
    }

    fn rules(&mut self, offset_from: u64) -> Result<(Vec<RulesRecord>, u64), LogError> {
        self.folder.rules(offset_from)
    }

    fn module(&mut self, digest: Digest) -> Result<Bytes, LogError> {
        self.folder.module(digest)
    }

    fn modules(&mut self) -> Result<Vec<Digest>, LogError> {
        self.folder.modules()
    }

    fn publish_rule(&mut self, value: &[u8], now: Time) -> Result<u64, LogError> {
        self.folder.publish_rule(value, now)
    }

    fn publish_module(&mut self, bytes: &[u8]) -> Result<Digest, LogError> {
        self.folder.publish_module(bytes)
    }

    fn signatures(&mut self, digest: Digest) -> Result<Option<Bytes>, LogError> {
        self.folder.signatures(digest)
    }

    fn publish_signatures(&mut self, digest: Digest, bytes: &[u8]) -> Result<(), LogError> {
        self.folder.publish_signatures(digest, bytes)
    }
}
