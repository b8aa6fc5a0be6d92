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
mod inputs;
mod reader;
mod rules;
mod shard;

use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;

pub use self::folder::{DataFolder, FolderError};
pub use self::inputs::FileInputs;
use self::shard::ShardFiles;
use super::{Commit, Committed, InputSpec, Log, LogError, Position, Route, RulesRecord, Snapshot};
use crate::model::{Digest, Record, ShardId, Time};

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
    inputs: FileInputs,
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
        let inputs = FileInputs::new(inputs, sources, route, folder.shards());
        Self {
            folder,
            inputs,
            shards: BTreeMap::new(),
        }
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
        self.inputs.specs()
    }

    fn ends(&mut self, shard: ShardId) -> Result<Vec<Option<u64>>, LogError> {
        self.inputs.ends(shard)
    }

    fn read(
        &mut self,
        from: Position,
        records_max: usize,
        into: &mut VecDeque<Record>,
    ) -> Result<u64, LogError> {
        self.inputs.read(from, records_max, into)
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
