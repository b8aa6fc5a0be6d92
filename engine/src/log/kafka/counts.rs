//! The counts topic: what shards count for each other, a partition a shard, written with the step
//! that counted.
//!
//! A shard that waits asks again and again; so the ends of all partitions are asked for in one
//! question, and that at most every so often. Only what has grown is read.

use std::ops::ControlFlow;
use std::time::Duration;

use bytes::Bytes;
use rdkafka::Message;

use super::KafkaLog;
use super::client::partition;
use super::topics::COUNTS;
use crate::clock::Stopwatch;
use crate::log::LogError;
use crate::model::ShardId;

/// How long an answer about the ends is good for. Counts are made once a day and waited for
/// meanwhile, so a little later is soon enough.
const ENDS_AGE_MAX: Duration = Duration::from_millis(20);

/// The ends of all partitions, as asked for last.
#[derive(Debug, Default)]
pub(super) struct Ends {
    asked: Option<Stopwatch>,
    ends: Vec<Option<u64>>,
}

impl KafkaLog {
    /// See [`crate::log::Log::counts`].
    pub(super) fn counts_of(
        &mut self,
        shard: ShardId,
        from: u64,
    ) -> Result<(Vec<Bytes>, u64), LogError> {
        self.pulse();
        let topic = self.settings.own_topic(COUNTS);
        let is_fresh = |asked: &Stopwatch| asked.elapsed() < ENDS_AGE_MAX;
        if !self.counts_ends.asked.as_ref().is_some_and(is_fresh) {
            let all: Vec<(&str, i32)> = (0..self.shards)
                .map(|shard| Ok((topic.as_str(), partition(ShardId(shard))?)))
                .collect::<Result<_, LogError>>()?;
            self.counts_ends.ends = self.tail.last_stable(&all)?;
            self.counts_ends.asked = Some(Stopwatch::start());
        }
        let end = self.counts_ends.ends.get(shard.0 as usize);
        if end.copied().flatten().is_none_or(|end| end <= from) {
            return Ok((Vec::new(), from));
        }
        let mut found = Vec::new();
        let next = self
            .tail
            .scan(&topic, partition(shard)?, from, &mut |message| {
                let value = message.payload().unwrap_or(&[]);
                found.push(Bytes::copy_from_slice(value));
                Ok(ControlFlow::Continue(()))
            })?;
        Ok((found, next))
    }
}
