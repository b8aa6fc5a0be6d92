//! What a shard takes in one go.

use super::{PeersGiven, Time};

/// Partition number p of all input topics: the unit of order, state, snapshot and ownership.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ShardId(pub u32);

/// What a step takes of one input: positions from `offset_from` up to, not including,
/// `offset_next`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Range {
    /// The first position.
    pub offset_from: u64,
    /// The position after the last one: the next to read.
    pub offset_next: u64,
}

/// Everything that was decided outside the fold, so that the fold decides nothing by itself.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Step {
    /// Number of this step in its shard, from 0, without gaps.
    pub sequence: u64,
    /// Per input, in the order of the configuration, what the step takes.
    pub ranges: Vec<Range>,
    /// Taken when the worker begins to cut the step.
    pub clock: Time,
    /// Timers due at or before this may fire after the step's last record; `Time::MIN` for none.
    pub advance_to: Time,
    /// The rules log was read up to here: the next position to read.
    pub rules_next: u64,
    /// What it is given to pass into days of tenants: what other shards counted.
    pub peers: Vec<PeersGiven>,
}
