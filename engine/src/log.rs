//! The log: inputs to read, ends to ask for, and one place to commit to.
//!
//! A log holds the inputs of all shards, their journals and snapshots, and the rules. Three kinds
//! stand behind this trait: [`memory`] (for tests; models partitions, last stable offsets, aborts
//! and fencing), [`files`] (the embedded default) and `kafka`. A log never interprets a record;
//! what it needs to know of one (its time, its shard) it is given as a [`Route`].

pub mod durable;
pub mod files;
pub mod kafka;
pub mod memory;

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;

use crate::limits::{DEDUP_DAYS, HORIZON_DAYS, LATENESS_ADDITIVE_DAYS};
use crate::model::{DAY_MS, Digest, InputIndex, Kind, Output, Range, Record, ShardId, Time};

/// Name, kind and horizons of an input, as every stage sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputSpec {
    /// Name: topic, or name in the configuration; unique.
    pub name: String,
    /// Kind for the order of the merge; `None` for a mixed input, which comes last.
    pub kind: Option<Kind>,
    /// Lateness horizon in milliseconds, per kind (index: `Kind as usize`).
    pub lateness_ms: [i64; 10],
    /// Days back that repeats by id are recognised.
    pub dedup_days: u16,
}

impl InputSpec {
    /// An input with the default horizons: 7 days for usage and touches, 400 for the others.
    #[must_use]
    pub fn new(name: &str, kind: Option<Kind>) -> Self {
        let lateness_ms = std::array::from_fn(|kind| {
            let additive = kind == Kind::Usage as usize || kind == Kind::Touch as usize;
            DAY_MS
                * if additive {
                    LATENESS_ADDITIVE_DAYS
                } else {
                    HORIZON_DAYS
                }
        });
        Self {
            name: name.to_owned(),
            kind,
            lateness_ms,
            dedup_days: DEDUP_DAYS,
        }
    }
}

/// What a log of files must know of a record before it is merged: whose it is and when.
pub trait Route: Send + std::fmt::Debug {
    /// The shard among `shards` that `record` belongs to (shard 0 where nobody can tell), and the
    /// time that its mapping names.
    fn route(&mut self, record: &Record, shards: u32) -> (ShardId, Option<Time>);
}

/// The next position to read of one input of one shard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// Which shard.
    pub shard: ShardId,
    /// Which of its inputs.
    pub input: InputIndex,
    /// The next offset to read.
    pub offset: u64,
}

/// What one shard adds in one step.
#[derive(Clone, Debug)]
pub struct Commit {
    /// Which shard.
    pub shard: ShardId,
    /// What it takes, per input; the next positions become the committed ones.
    pub ranges: Vec<Range>,
    /// Outputs in order.
    pub outputs: Vec<Output>,
    /// The journal record's payload; the log frames and numbers it.
    pub journal: Vec<u8>,
    /// What the shard counted for the others, a payload for each tenant and day.
    pub counts: Vec<Vec<u8>>,
}

/// How a commit ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Committed {
    /// All of it is readable.
    Done,
    /// None of it is, nor will be: recover the shards and go on.
    Aborted,
    /// None of it is, and another owns the shards now: drop them.
    Fenced,
}

/// A snapshot: state of a shard as of one step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// The first step that is not in it.
    pub sequence_next: u64,
    /// Framed bytes (see `snapshot`).
    pub bytes: Vec<u8>,
}

/// One record of the rules log, with its position and the time at which it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RulesRecord {
    /// Position.
    pub offset: u64,
    /// When it was written.
    pub timestamp: Time,
    /// JSON, see `rules::record`.
    pub value: Bytes,
}

/// Why a log does not answer.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// It may answer later: nothing was done, try again.
    #[error("{0}")]
    Retry(String),
    /// It will not answer until a person has done something.
    #[error("{0}")]
    Stop(String),
}

/// Inputs, ends, journal, snapshots, rules, and an atomic commit.
pub trait Log {
    /// The inputs, in the order of the configuration.
    fn inputs(&self) -> &Arc<[InputSpec]>;

    /// End offsets of a shard's inputs (last stable offset), asked for now; `None` where the
    /// answer is not known yet. A position at or behind its end has nothing to read.
    ///
    /// # Errors
    /// Where the log cannot be asked.
    fn ends(&mut self, shard: ShardId) -> Result<Vec<Option<u64>>, LogError>;

    /// Appends to `into` records of one input of one shard, `from` that position on, `records_max`
    /// at most, as far as they are readable now; does not wait for more. Returns the next position
    /// to read, which may lie behind the last record given (control records, other shards'
    /// records). Callers read forward; a jump is allowed after recovery only.
    ///
    /// # Errors
    /// Where the log cannot be read, or the position is out of range.
    fn read(
        &mut self,
        from: Position,
        records_max: usize,
        into: &mut VecDeque<Record>,
    ) -> Result<u64, LogError>;

    /// Waits a moment for more to read, where waiting may help; whether it may.
    fn wait(&mut self) -> bool {
        false
    }

    /// Journal payloads of a shard from step `sequence_from` on, in order.
    ///
    /// # Errors
    /// Where the journal cannot be read or is damaged before its end.
    fn journal(&mut self, shard: ShardId, sequence_from: u64) -> Result<Vec<Vec<u8>>, LogError>;

    /// Makes outputs, journal and positions of all `commits` readable, or nothing of them.
    ///
    /// # Errors
    /// Where the outcome cannot be told: the process must stop and recover.
    fn commit(&mut self, commits: &[Commit]) -> Result<Committed, LogError>;

    /// Payloads that a shard has committed as [`Commit::counts`], from position `from` (0, or one
    /// that this call gave) to an end asked for now, and that end. Of a shard that nobody has yet
    /// opened there may be none; they are there later.
    ///
    /// # Errors
    /// Where they cannot be read.
    fn counts(&mut self, shard: ShardId, from: u64) -> Result<(Vec<Bytes>, u64), LogError>;

    /// The latest whole snapshot of a shard.
    ///
    /// # Errors
    /// Where snapshots cannot be read.
    fn snapshot(&mut self, shard: ShardId) -> Result<Option<Snapshot>, LogError>;

    /// Stores a snapshot; an older one is replaced only when the new one is safe.
    ///
    /// # Errors
    /// Where it cannot be stored; the old one stands.
    fn store_snapshot(&mut self, shard: ShardId, snapshot: &Snapshot) -> Result<(), LogError>;

    /// Rules records from `offset_from` to an end asked for now, and that end.
    ///
    /// # Errors
    /// Where the rules log cannot be read.
    fn rules(&mut self, offset_from: u64) -> Result<(Vec<RulesRecord>, u64), LogError>;

    /// The module with this digest, checked against it.
    ///
    /// # Errors
    /// Where there is none, or it has another digest.
    fn module(&mut self, digest: Digest) -> Result<Bytes, LogError>;

    /// Digests of all modules that were published, in order.
    ///
    /// # Errors
    /// Where they cannot be listed.
    fn modules(&mut self) -> Result<Vec<Digest>, LogError>;

    /// Appends a record to the rules log and returns its position.
    ///
    /// # Errors
    /// Where it cannot be written.
    fn publish_rule(&mut self, value: &[u8], now: Time) -> Result<u64, LogError>;

    /// Stores a module under its digest; one that is there already is left.
    ///
    /// # Errors
    /// Where it cannot be written.
    fn publish_module(&mut self, bytes: &[u8]) -> Result<Digest, LogError>;

    /// The file of signatures of a module, as it was stored last; `None` where there is none, and
    /// where a log keeps none.
    ///
    /// # Errors
    /// Where it cannot be read.
    fn signatures(&mut self, _digest: Digest) -> Result<Option<Bytes>, LogError> {
        Ok(None)
    }

    /// Stores a module's file of signatures, in place of the one before.
    ///
    /// # Errors
    /// Where it cannot be written, and where a log keeps none.
    fn publish_signatures(&mut self, digest: Digest, _bytes: &[u8]) -> Result<(), LogError> {
        let name = "this log keeps no signatures";
        Err(LogError::Stop(format!(
            "write signatures of {digest}: {name}"
        )))
    }
}
