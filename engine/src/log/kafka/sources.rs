//! What is asked about the sources of re-keyed inputs: topics that shards do not read themselves.

use rdkafka::consumer::Consumer;
use rdkafka::{Offset, TopicPartitionList};

use super::KafkaLog;
use super::client::{ASK, partition, retry};
use crate::log::LogError;
use crate::model::{InputIndex, ShardId};

impl KafkaLog {
    /// Positions that the group has committed for partitions of any topic.
    pub(crate) fn committed(
        &self,
        list: TopicPartitionList,
    ) -> Result<TopicPartitionList, LogError> {
        self.member
            .committed_offsets(list, ASK)
            .map_err(|error| retry("ask for committed positions", &error))
    }

    /// First offset and last stable offset of a partition of any topic.
    pub(crate) fn partition_ends(
        &self,
        topic: &str,
        partition: i32,
    ) -> Result<(u64, u64), LogError> {
        self.tail.ends(topic, partition)
    }

    /// Number of partitions of a topic.
    pub(crate) fn partitions(&self, topic: &str) -> Result<u32, LogError> {
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
        let Some(input) = self.settings.inputs.get(usize::from(input)) else {
            return Ok(true);
        };
        if !input.rekey {
            return Ok(true);
        }
        let mut list = TopicPartitionList::new();
        let mut ends = Vec::new();
        for number in 0..self.partitions(&input.topic)? {
            let number = partition(ShardId(number))?;
            let (low, end) = self.tail.ends(&input.topic, number)?;
            if low < end {
                list.add_partition(&input.topic, number);
                ends.push(end);
            }
        }
        if ends.is_empty() {
            return Ok(true);
        }
        let list = self.committed(list)?;
        let done = list.elements().iter().zip(ends).all(|(element, end)| {
            matches!(element.offset(), Offset::Offset(offset)
                if u64::try_from(offset).is_ok_and(|offset| offset >= end))
        });
        Ok(done)
    }
}
