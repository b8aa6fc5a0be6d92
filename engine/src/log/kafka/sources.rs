//! The sources of re-keyed inputs: topics of others that shards do not read themselves.

use std::collections::VecDeque;
use std::time::Duration;

use rdkafka::consumer::Consumer;
use rdkafka::error::RDKafkaErrorCode;
use rdkafka::{Offset, TopicPartitionList};

use super::KafkaLog;
use super::client::{ASK, partition, retry};
use crate::log::{LogError, Position};
use crate::model::{InputIndex, Record, ShardId};

/// How long the group may take to tell positions. Short, since a transaction that keeps it from
/// answering may be open for long, and a member has to take part in the group meanwhile.
const ASK_COMMITTED: Duration = Duration::from_secs(2);

/// A topic that is not keyed by account, and what is read of it.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    /// Its topic.
    pub(crate) topic: String,
    /// Where its records go, keyed.
    pub(crate) internal: String,
    /// Per partition, the next position to re-key.
    pub(crate) positions: Vec<u64>,
    /// The number under which it is read.
    number: InputIndex,
}

impl KafkaLog {
    /// The source of a re-keyed input, at the positions that the group has committed; `None`
    /// where the input is not re-keyed.
    pub(crate) fn source(&self, input: InputIndex) -> Result<Option<Source>, LogError> {
        let settings = self.settings.inputs.get(usize::from(input));
        let Some(settings) = settings.filter(|settings| settings.rekey) else {
            return Ok(None);
        };
        let topic = settings.topic.clone();
        let number = self.reader.source(&topic);
        let number = number.ok_or_else(|| LogError::Stop(format!("{topic}: is no source")))?;
        let partitions = self.partitions(&topic)?;
        let mut list = TopicPartitionList::new();
        for number in 0..partitions {
            list.add_partition(&topic, partition(ShardId(number))?);
        }
        let list = self.committed(list)?.ok_or_else(unstable)?;
        let mut positions = Vec::new();
        for number in 0..partitions {
            let number = partition(ShardId(number))?;
            let committed = list.find_partition(&topic, number);
            positions.push(match committed.map(|element| element.offset()) {
                Some(Offset::Offset(offset)) => u64::try_from(offset).unwrap_or(0),
                // Where the topic begins today.
                _ => self.tail.ends(&topic, number)?.0,
            });
        }
        Ok(Some(Source {
            internal: self.settings.shard_topic(settings),
            topic,
            positions,
            number,
        }))
    }

    /// Reads a partition of a source, as [`crate::log::Log::read`] reads an input.
    pub(crate) fn read_source(
        &mut self,
        source: &Source,
        (partition, offset): (u32, u64),
        records_max: usize,
        into: &mut VecDeque<Record>,
    ) -> Result<u64, LogError> {
        self.pulse();
        let from = Position {
            shard: ShardId(partition),
            input: source.number,
            offset,
        };
        self.reader.read(from, records_max, 0, into)
    }

    /// Ends of a source's partitions, asked for now; `None` where there is more at hand.
    pub(crate) fn source_ends(&self, source: &Source) -> Result<Vec<Option<u64>>, LogError> {
        let mut ends = vec![None; source.positions.len()];
        let (mut asked, mut places) = (Vec::new(), Vec::new());
        for (number, _) in (0..).zip(&source.positions) {
            if self.reader.looks_empty(ShardId(number), source.number) {
                asked.push((source.topic.as_str(), partition(ShardId(number))?));
                places.push(number as usize);
            }
        }
        for (place, end) in places.into_iter().zip(self.tail.last_stable(&asked)?) {
            if let Some(known) = ends.get_mut(place) {
                *known = end;
            }
        }
        Ok(ends)
    }

    /// Gives up reading sources.
    pub(crate) fn release_sources(&mut self) {
        self.reader.release_sources();
    }

    /// Positions that the group has committed, asked for now; `None` while a transaction that may
    /// still change them is open: somebody who had these partitions before is not done, and an
    /// answer would be older than what its end makes of it.
    pub(super) fn committed(
        &self,
        list: TopicPartitionList,
    ) -> Result<Option<TopicPartitionList>, LogError> {
        let list = match self.member.committed_offsets(list, ASK_COMMITTED) {
            Ok(list) => list,
            // librdkafka itself asks again and again while a transaction is open.
            Err(error)
                if error.rdkafka_error_code() == Some(RDKafkaErrorCode::OperationTimedOut) =>
            {
                return Ok(None);
            }
            Err(error) => return Err(retry("ask for committed positions", &error)),
        };
        for element in list.elements() {
            match element.error().map_err(|error| error.rdkafka_error_code()) {
                Ok(()) => {}
                Err(Some(RDKafkaErrorCode::UnstableOffsetCommit)) => return Ok(None),
                Err(_) => {
                    return Err(LogError::Retry(format!(
                        "ask for the committed position of {}: no answer",
                        element.topic()
                    )));
                }
            }
        }
        Ok(Some(list))
    }

    fn partitions(&self, topic: &str) -> Result<u32, LogError> {
        let metadata = self
            .member
            .fetch_metadata(Some(topic), ASK)
            .map_err(|error| retry("ask for a topic's partitions", &error))?;
        let topic = metadata.topics().first();
        let count = topic.map_or(0, |topic| topic.partitions().len());
        Ok(u32::try_from(count).unwrap_or(0))
    }

    /// Whether a re-keyed input's source was written to its internal topic up to its end, both
    /// asked for now: only then can the internal topic be at its end.
    pub(super) fn is_rekeyed_to_end(&self, input: InputIndex) -> Result<bool, LogError> {
        let source = match self.source(input) {
            Ok(Some(source)) => source,
            Ok(None) => return Ok(true),
            // Whoever re-keys is at it: not known yet.
            Err(LogError::Retry(_)) => return Ok(false),
            Err(stop) => return Err(stop),
        };
        let asked: Vec<(&str, i32)> = (0..)
            .zip(&source.positions)
            .map(|(number, _)| (source.topic.as_str(), number))
            .collect();
        let ends = self.tail.last_stable(&asked)?;
        let mut reached = source.positions.iter().zip(ends);
        Ok(reached.all(|(position, end)| end.is_some_and(|end| *position >= end)))
    }
}

pub(super) fn unstable() -> LogError {
    LogError::Retry(
        "the transaction of a member that had these shards before is still open; waiting for its \
         end"
        .to_owned(),
    )
}
