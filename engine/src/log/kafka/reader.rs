//! Reads the inputs of assigned shards, each partition from a queue of its own.
//!
//! Positions are given to it; it never joins the group and never commits. A partition is assigned
//! when it is first read and given up when its shard is.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::RDKafkaErrorCode;
use rdkafka::{Offset, TopicPartitionList};

use super::client::{ASK, Quiet, partition, retry};
use super::native::{Message, PartitionQueue};
use super::settings::KafkaSettings;
use crate::clock::Stopwatch;
use crate::log::{LogError, Position};
use crate::model::{InputIndex, Record, ShardId};

/// How long one look takes where records are certain to come.
const TURN_MS: i32 = 20;

/// The reader of inputs.
pub(super) struct InputReader {
    consumer: Arc<BaseConsumer<Quiet>>,
    /// What shards read, input by input, and behind it the sources of re-keyed inputs.
    topics: Vec<String>,
    inputs_len: InputIndex,
    cursors: BTreeMap<(ShardId, InputIndex), Cursor>,
    messages: Vec<Message>,
}

/// One partition that is being read.
struct Cursor {
    queue: PartitionQueue<Quiet>,
    /// The next position to read.
    next: u64,
    /// Whether the last read found nothing more.
    is_dry: bool,
}

impl InputReader {
    pub(super) fn open(settings: &KafkaSettings) -> Result<Self, LogError> {
        let consumer = settings.reader().create_with_context(Quiet);
        let inputs = settings.inputs.iter();
        let sources = inputs.clone().filter(|input| input.rekey);
        let sources = sources.map(|input| input.topic.clone());
        Ok(Self {
            consumer: Arc::new(consumer.map_err(|error| retry("open the reader", &error))?),
            topics: inputs
                .map(|input| settings.shard_topic(input))
                .chain(sources)
                .collect(),
            inputs_len: InputIndex::try_from(settings.inputs.len()).unwrap_or(InputIndex::MAX),
            cursors: BTreeMap::new(),
            messages: Vec::new(),
        })
    }

    /// All topics that are read: the inputs', then the sources'.
    pub(super) fn topics(&self) -> impl Iterator<Item = &str> {
        self.topics.iter().map(String::as_str)
    }

    /// The number under which a source is read, by its topic.
    pub(super) fn source(&self, topic: &str) -> Option<InputIndex> {
        let numbered = (0..).zip(&self.topics);
        let mut sources = numbered.skip(usize::from(self.inputs_len));
        sources
            .find(|(_, name)| *name == topic)
            .map(|(number, _)| number)
    }

    /// The topic that shards read for an input.
    pub(super) fn topic(&self, input: InputIndex) -> Result<&str, LogError> {
        let topic = self.topics.get(usize::from(input));
        topic
            .map(String::as_str)
            .ok_or_else(|| LogError::Stop(format!("there is no input {input}")))
    }

    /// Whether an input of a shard has nothing at hand, so that only its end can tell whether
    /// there is something to wait for.
    pub(super) fn looks_empty(&self, shard: ShardId, input: InputIndex) -> bool {
        let cursor = self.cursors.get(&(shard, input));
        cursor.is_none_or(|cursor| cursor.is_dry && cursor.queue.is_empty())
    }

    /// See [`crate::log::Log::read`]. Waits for what lies before `committed`: it was readable
    /// once, so it is now.
    pub(super) fn read(
        &mut self,
        from: Position,
        records_max: usize,
        committed: u64,
        into: &mut VecDeque<Record>,
    ) -> Result<u64, LogError> {
        let next = self.read_now(from, (records_max, 0), into)?;
        if next > from.offset || from.offset >= committed {
            return Ok(next);
        }
        let waiting = Stopwatch::start();
        while waiting.elapsed() < ASK {
            // The first one wakes it; the rest has come with it.
            let next = self.read_now(from, (1, TURN_MS), into)?;
            if next > from.offset {
                let from = Position {
                    offset: next,
                    ..from
                };
                return self.read_now(from, (records_max.saturating_sub(1), 0), into);
            }
        }
        Err(LogError::Retry(format!(
            "{}, partition {}: nothing arrived for {} s at offset {}, though records up to \
             {committed} were read once",
            self.topic(from.input)?,
            from.shard.0,
            ASK.as_secs(),
            from.offset
        )))
    }

    fn read_now(
        &mut self,
        from: Position,
        (records_max, wait_ms): (usize, i32),
        into: &mut VecDeque<Record>,
    ) -> Result<u64, LogError> {
        self.serve();
        let topic = self.topic(from.input)?.to_owned();
        let key = (from.shard, from.input);
        match self.cursors.get(&key).map(|cursor| cursor.next) {
            None => self.begin(&topic, from)?,
            Some(next) if next != from.offset => self.seek(&topic, from)?,
            Some(_) => {}
        }
        let Some(cursor) = self.cursors.get_mut(&key) else {
            return Ok(from.offset);
        };
        let mut left = records_max;
        while left > 0 {
            self.messages.clear();
            let outcome = cursor.queue.read(left, wait_ms, &mut self.messages);
            cursor.is_dry = self.messages.is_empty();
            for message in self.messages.drain(..) {
                // Fetched before a seek; librdkafka drops those, and a repeat would be a crime.
                if message.offset < cursor.next {
                    continue;
                }
                cursor.next = message.offset + 1;
                left -= 1;
                into.push_back(Record {
                    input: from.input,
                    offset: message.offset,
                    timestamp: message.timestamp,
                    key: message.key,
                    headers: message.headers,
                    value: message.value,
                });
            }
            outcome.map_err(|error| {
                unreadable(&topic, from.shard, cursor.next, error.code, &error.text)
            })?;
            if cursor.is_dry {
                // Past control records and aborted ones, which are never handed out.
                let position = cursor.queue.position();
                cursor.next = position.map_or(cursor.next, |position| position.max(cursor.next));
                break;
            }
        }
        Ok(cursor.next)
    }

    /// Gives up a shard's inputs.
    pub(super) fn release(&mut self, shard: ShardId) {
        let inputs = 0..self.inputs_len;
        self.release_all(|(of, input)| *of == shard && inputs.contains(input));
    }

    /// Gives up all partitions of sources.
    pub(super) fn release_sources(&mut self) {
        let inputs = 0..self.inputs_len;
        self.release_all(|(_, input)| !inputs.contains(input));
    }

    fn release_all(&mut self, is_released: impl Fn(&(ShardId, InputIndex)) -> bool) {
        let mut list = TopicPartitionList::new();
        let Self {
            cursors, topics, ..
        } = self;
        cursors.retain(|key, _| {
            if !is_released(key) {
                return true;
            }
            if let (Some(topic), Ok(partition)) = (topics.get(usize::from(key.1)), partition(key.0))
            {
                list.add_partition(topic, partition);
            }
            false
        });
        if list.count() > 0
            && let Err(error) = self.consumer.incremental_unassign(&list)
        {
            tracing::warn!("give up inputs: {error}");
        }
    }

    /// Serves what librdkafka has to say besides records (logs and errors).
    fn serve(&self) {
        // Records never come this way; errors of the whole client are logged by its context.
        drop(self.consumer.poll(std::time::Duration::ZERO));
    }

    fn begin(&mut self, topic: &str, from: Position) -> Result<(), LogError> {
        let partition = partition(from.shard)?;
        // Before it is assigned, so that no record goes astray.
        let queue = PartitionQueue::split(&self.consumer, topic, partition)
            .ok_or_else(|| LogError::Stop(format!("{topic}: no such partition {partition}")))?;
        let list = at(topic, partition, from.offset)?;
        let outcome = self.consumer.incremental_assign(&list);
        outcome.map_err(|error| retry("begin to read an input", &error))?;
        self.cursors.insert(
            (from.shard, from.input),
            Cursor {
                queue,
                next: from.offset,
                is_dry: false,
            },
        );
        Ok(())
    }

    fn seek(&mut self, topic: &str, from: Position) -> Result<(), LogError> {
        let list = at(topic, partition(from.shard)?, from.offset)?;
        let outcome = self.consumer.seek_partitions(list, ASK);
        outcome.map_err(|error| retry("go to a position of an input", &error))?;
        if let Some(cursor) = self.cursors.get_mut(&(from.shard, from.input)) {
            cursor.next = from.offset;
            cursor.is_dry = false;
        }
        Ok(())
    }
}

impl std::fmt::Debug for InputReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.cursors.keys()).finish()
    }
}

fn at(topic: &str, partition: i32, offset: u64) -> Result<TopicPartitionList, LogError> {
    let offset = i64::try_from(offset)
        .map_err(|_| LogError::Stop(format!("{topic}: {offset} is no offset of Kafka's")))?;
    let mut list = TopicPartitionList::with_capacity(1);
    list.add_partition_offset(topic, partition, Offset::Offset(offset))
        .map_err(|error| LogError::Stop(format!("{topic}: {error}")))?;
    Ok(list)
}

/// Whether waiting helps, and what to tell a person where it does not.
fn unreadable(
    topic: &str,
    shard: ShardId,
    next: u64,
    code: RDKafkaErrorCode,
    text: &str,
) -> LogError {
    let place = format!("{topic}, partition {}", shard.0);
    match code {
        RDKafkaErrorCode::AutoOffsetReset | RDKafkaErrorCode::OffsetOutOfRange => {
            LogError::Stop(format!(
                "{place}: expected to go on at offset {next}, which the topic does not have \
                 ({text}). Records were deleted before they were read, or the topic was made \
                 anew. Puls never skips or repeats by itself: bring the records back, or begin \
                 with a new group and prefix"
            ))
        }
        RDKafkaErrorCode::UnknownTopicOrPartition
        | RDKafkaErrorCode::UnknownTopic
        | RDKafkaErrorCode::UnknownPartition
        | RDKafkaErrorCode::TopicAuthorizationFailed => {
            LogError::Stop(format!("{place}: cannot be read: {text}"))
        }
        _ => LogError::Retry(format!("{place}: {text}")),
    }
}
