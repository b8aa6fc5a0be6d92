//! Reads internal topics (journal, snapshots, rules, modules) from a position to their end.
//!
//! The end is asked for when the reading begins. The reader is assigned by hand for each reading
//! and holds nothing between two of them.

use std::ops::ControlFlow;

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::message::BorrowedMessage;
use rdkafka::{Message, Offset, TopicPartitionList};

use super::client::{ASK, Quiet, ask_ends, retry, unanswered};
use super::native::ask_last_stable;
use super::settings::KafkaSettings;
use crate::log::LogError;

/// What a reading does with a record: go on, or have enough.
pub(super) type Visit<'a> =
    dyn FnMut(&BorrowedMessage<'_>) -> Result<ControlFlow<()>, LogError> + 'a;

/// The reader of internal topics.
pub(super) struct Tail {
    consumer: BaseConsumer<Quiet>,
}

impl Tail {
    pub(super) fn open(settings: &KafkaSettings) -> Result<Self, LogError> {
        let consumer = settings.tail().create_with_context(Quiet);
        Ok(Self {
            consumer: consumer.map_err(|error| retry("open the reader of topics", &error))?,
        })
    }

    /// First offset and last stable offset of a partition, asked for now.
    pub(super) fn ends(&self, topic: &str, partition: i32) -> Result<(u64, u64), LogError> {
        ask_ends(&self.consumer, topic, partition)
    }

    /// Last stable offsets of many partitions, asked for now, in one question; `None` where one
    /// has no answer at present.
    ///
    /// This client asks, because it is not fetching: a broker answers one request of a connection
    /// after the other, and would let a question wait behind a fetch that waits for records.
    pub(super) fn last_stable(
        &self,
        partitions: &[(&str, i32)],
    ) -> Result<Vec<Option<u64>>, LogError> {
        if partitions.is_empty() {
            return Ok(Vec::new());
        }
        ask_last_stable(&self.consumer, partitions, ASK)
            .map_err(|why| LogError::Retry(format!("ask for the ends of inputs: {why}")))
    }

    /// Shows `visit` every record from `from` (or the first there is) to the end as of now, and
    /// returns that end.
    pub(super) fn scan(
        &self,
        topic: &str,
        partition: i32,
        from: u64,
        visit: &mut Visit<'_>,
    ) -> Result<u64, LogError> {
        // One question settles the common case, that there is nothing new.
        if let Some(Some(end)) = self.last_stable(&[(topic, partition)])?.first().copied()
            && from >= end
        {
            return Ok(end);
        }
        let (low, end) = self.ends(topic, partition)?;
        let from = from.max(low);
        if from >= end {
            return Ok(end);
        }
        let mut list = TopicPartitionList::with_capacity(1);
        let offset = Offset::Offset(i64::try_from(from).unwrap_or(i64::MAX));
        list.add_partition_offset(topic, partition, offset)
            .and_then(|()| self.consumer.assign(&list))
            .map_err(|error| retry("read an internal topic", &error))?;
        let outcome = self.visit_to(topic, partition, end, visit);
        let unassigned = self.consumer.unassign();
        outcome?;
        unassigned.map_err(|error| retry("finish reading an internal topic", &error))?;
        Ok(end)
    }

    fn visit_to(
        &self,
        topic: &str,
        partition: i32,
        end: u64,
        visit: &mut Visit<'_>,
    ) -> Result<(), LogError> {
        loop {
            match self.consumer.poll(ASK) {
                Some(Ok(message)) => {
                    let here = message.topic() == topic && message.partition() == partition;
                    let offset = u64::try_from(message.offset()).unwrap_or(0);
                    if !here || offset >= end {
                        return Ok(());
                    }
                    if visit(&message)?.is_break() || offset + 1 == end {
                        return Ok(());
                    }
                }
                // Said when the reader stands at the last stable offset: what lies between the
                // last record and the end was control records, aborted or compacted away.
                Some(Err(KafkaError::PartitionEOF(_))) => return Ok(()),
                Some(Err(error)) => return Err(unanswered(topic, &error)),
                None => {
                    return Err(LogError::Retry(format!(
                        "{topic}, partition {partition}: no answer for {} s while reading to \
                         offset {end}",
                        ASK.as_secs()
                    )));
                }
            }
        }
    }
}

impl std::fmt::Debug for Tail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tail")
    }
}
