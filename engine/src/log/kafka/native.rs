//! The one file of this log with `unsafe`: batch reads of one partition, its position, and the
//! ends of many partitions in one question.
//!
//! A partition's queue is split off from its consumer before the partition is assigned, so that
//! every record of it, and nothing else, arrives there. Records are read up to a thousand at a
//! time and copied into one buffer per batch: a record of librdkafka's that is held pins a whole
//! fetch. Nothing here serves a rebalance: the consumer never joins a group.
//!
//! Why it is sound, referred to below:
//! - *alive*: a queue holds an `Arc` of its consumer, so librdkafka's handle outlives the queue,
//!   and fields are dropped after the queue is destroyed in `drop`.
//! - *one caller*: reading takes `&mut self`, so a queue has one reader at a time, as
//!   `rd_kafka_consume_batch_queue` asks.
//! - *owned messages*: each message that the call returns is the caller's until it is destroyed;
//!   it is destroyed exactly once, after its bytes were copied, by [`Owned`].
//! - *owned handles*: what librdkafka makes for a question is destroyed exactly once, by
//!   [`Handle`], before the consumer that it was made for, which is borrowed for as long.
#![expect(
    unsafe_code,
    reason = "rdkafka has no batch reads, which halve the client's cost per record, and asks for \
              the ends of one partition at a time, at two round trips each"
)]

use std::ffi::{CStr, CString};
use std::os::raw::c_char;
use std::ptr::{self, NonNull};
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use rdkafka::bindings as sys;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::error::RDKafkaErrorCode;
use rdkafka::{Offset, TopicPartitionList};

use crate::model::Time;

/// Records that one call reads at most.
const BATCH_RECORDS_MAX: usize = 1_000;

/// One message as it was read.
#[derive(Debug)]
pub(super) struct Message {
    pub(super) offset: u64,
    pub(super) timestamp: Option<Time>,
    pub(super) key: Option<Bytes>,
    pub(super) headers: Vec<(String, Bytes)>,
    pub(super) value: Bytes,
}

/// What librdkafka says of a partition instead of a message.
#[derive(Debug)]
pub(super) struct PartitionError {
    pub(super) code: RDKafkaErrorCode,
    pub(super) text: String,
}

/// One partition's own queue.
pub(super) struct PartitionQueue<C: ConsumerContext> {
    queue: NonNull<sys::rd_kafka_queue_t>,
    batch: Vec<*mut sys::rd_kafka_message_t>,
    topic: String,
    partition: i32,
    consumer: Arc<BaseConsumer<C>>,
}

// SAFETY: librdkafka's queues may be used from any thread; `batch` is empty between calls.
unsafe impl<C: ConsumerContext> Send for PartitionQueue<C> {}

/// A message that is ours to destroy.
struct Owned(NonNull<sys::rd_kafka_message_t>);

impl Drop for Owned {
    fn drop(&mut self) {
        // SAFETY: *owned messages*.
        unsafe { sys::rd_kafka_message_destroy(self.0.as_ptr()) }
    }
}

impl<C: ConsumerContext> PartitionQueue<C> {
    /// Splits off the queue of a partition that is not assigned yet: from its first record on,
    /// everything arrives here.
    pub(super) fn split(
        consumer: &Arc<BaseConsumer<C>>,
        topic: &str,
        partition: i32,
    ) -> Option<Self> {
        let name = CString::new(topic).ok()?;
        let client = consumer.client().native_ptr();
        // SAFETY: `client` is *alive* and `name` outlives the call, which copies it.
        let queue = unsafe { sys::rd_kafka_queue_get_partition(client, name.as_ptr(), partition) };
        let queue = NonNull::new(queue)?;
        // SAFETY: the queue was just made. Forwarding it to nothing marks it as the application's,
        // so that assigning the partition does not forward it to the consumer's queue.
        unsafe { sys::rd_kafka_queue_forward(queue.as_ptr(), ptr::null_mut()) };
        Some(Self {
            queue,
            batch: Vec::with_capacity(BATCH_RECORDS_MAX),
            topic: topic.to_owned(),
            partition,
            consumer: Arc::clone(consumer),
        })
    }

    /// Whether something may be waiting (a message, or what is not one).
    pub(super) fn is_empty(&self) -> bool {
        // SAFETY: the queue is *alive*.
        unsafe { sys::rd_kafka_queue_length(self.queue.as_ptr()) == 0 }
    }

    /// The next position by librdkafka's count, which passes control records and aborted ones;
    /// `None` where nothing was read since the partition was assigned or sought.
    pub(super) fn position(&self) -> Option<u64> {
        let mut list = TopicPartitionList::with_capacity(1);
        list.add_partition(&self.topic, self.partition);
        // SAFETY: the client is *alive*; the list is ours and filled in place.
        unsafe { sys::rd_kafka_position(self.consumer.client().native_ptr(), list.ptr()) };
        let elements = list.elements();
        match elements.first()?.offset() {
            Offset::Offset(offset) => u64::try_from(offset).ok(),
            _ => None,
        }
    }

    /// Moves up to `records_max` messages into `into`; waits no longer than `wait_ms` for them.
    ///
    /// # Errors
    /// What librdkafka reported instead of a message; messages before it are in `into`.
    pub(super) fn read(
        &mut self,
        records_max: usize,
        wait_ms: i32,
        into: &mut Vec<Message>,
    ) -> Result<(), PartitionError> {
        let size = records_max.min(BATCH_RECORDS_MAX);
        self.batch.clear();
        // SAFETY: the queue is *alive* and has *one caller*; `batch` has room for `size` pointers
        // and the call writes at most that many, telling how many.
        let count = unsafe {
            let into = self.batch.as_mut_ptr();
            sys::rd_kafka_consume_batch_queue(self.queue.as_ptr(), wait_ms, into, size)
        };
        let count = usize::try_from(count).unwrap_or(0).min(size);
        // SAFETY: the first `count` pointers were written.
        unsafe { self.batch.set_len(count) };
        let messages: Vec<Owned> = self
            .batch
            .drain(..)
            .filter_map(NonNull::new)
            .map(Owned)
            .collect();
        copy(&messages, into)
    }
}

impl<C: ConsumerContext> Drop for PartitionQueue<C> {
    fn drop(&mut self) {
        // SAFETY: the queue is ours, *alive*, and not used again.
        unsafe { sys::rd_kafka_queue_destroy(self.queue.as_ptr()) }
    }
}

impl<C: ConsumerContext> std::fmt::Debug for PartitionQueue<C> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}[{}]", self.topic, self.partition)
    }
}

/// Something of librdkafka's that is ours to destroy.
struct Handle<T> {
    it: NonNull<T>,
    destroy: unsafe extern "C" fn(*mut T),
}

impl<T> Handle<T> {
    fn new(it: *mut T, destroy: unsafe extern "C" fn(*mut T)) -> Result<Self, String> {
        let it = NonNull::new(it).ok_or("librdkafka has no memory left")?;
        Ok(Self { it, destroy })
    }

    const fn ptr(&self) -> *mut T {
        self.it.as_ptr()
    }
}

impl<T> Drop for Handle<T> {
    fn drop(&mut self) {
        // SAFETY: *owned handles*.
        unsafe { (self.destroy)(self.it.as_ptr()) }
    }
}

/// Last stable offsets of partitions, asked for now, in the order of the list; `None` where one
/// has no answer at present (its leader is moving, say).
pub(super) fn ask_last_stable<C: ConsumerContext>(
    consumer: &BaseConsumer<C>,
    partitions: &[(&str, i32)],
    patience: Duration,
) -> Result<Vec<Option<u64>>, String> {
    let wait_ms = i32::try_from(patience.as_millis()).unwrap_or(i32::MAX);
    let mut list = TopicPartitionList::with_capacity(partitions.len());
    for (topic, partition) in partitions {
        list.add_partition_offset(topic, *partition, Offset::End)
            .map_err(|error| error.to_string())?;
    }
    let client = consumer.client().native_ptr();
    let kind = sys::rd_kafka_admin_op_t::RD_KAFKA_ADMIN_OP_LISTOFFSETS;
    // SAFETY: the consumer is borrowed, so its client is there.
    let options = unsafe { sys::rd_kafka_AdminOptions_new(client, kind) };
    let options = Handle::new(options, sys::rd_kafka_AdminOptions_destroy)?;
    let isolation = sys::rd_kafka_IsolationLevel_t::RD_KAFKA_ISOLATION_LEVEL_READ_COMMITTED;
    // SAFETY: the options are ours; neither call keeps what it is given, and a refusal, which
    // only values outside their ranges meet, would show in the answer.
    unsafe {
        let refused = sys::rd_kafka_AdminOptions_set_isolation_level(options.ptr(), isolation);
        if let Some(refused) = NonNull::new(refused) {
            sys::rd_kafka_error_destroy(refused.as_ptr());
            return Err("librdkafka has no isolation level for this question".to_owned());
        }
        sys::rd_kafka_AdminOptions_set_request_timeout(options.ptr(), wait_ms, ptr::null_mut(), 0);
    }
    // SAFETY: as above; the question copies list and options.
    let queue = unsafe { sys::rd_kafka_queue_new(client) };
    let queue = Handle::new(queue, sys::rd_kafka_queue_destroy)?;
    // SAFETY: as above; the queue is polled by nobody else.
    let event = unsafe {
        sys::rd_kafka_ListOffsets(client, list.ptr(), options.ptr(), queue.ptr());
        sys::rd_kafka_queue_poll(queue.ptr(), wait_ms.saturating_add(1_000))
    };
    let event = Handle::new(event, sys::rd_kafka_event_destroy)
        .map_err(|_| "no answer about the ends of partitions".to_owned())?;
    answers(&event, partitions)
}

fn answers(
    event: &Handle<sys::rd_kafka_event_t>,
    partitions: &[(&str, i32)],
) -> Result<Vec<Option<u64>>, String> {
    // SAFETY: *owned handles*; text and results belong to the event and are copied before it
    // goes. `infos` points to `count` pointers to what the event holds.
    unsafe {
        if sys::rd_kafka_event_error(event.ptr())
            != sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR
        {
            let text = sys::rd_kafka_event_error_string(event.ptr());
            return Err(CStr::from_ptr(text).to_string_lossy().into_owned());
        }
        let result = sys::rd_kafka_event_ListOffsets_result(event.ptr());
        if result.is_null() {
            return Err("another answer than that about the ends of partitions".to_owned());
        }
        let mut count = 0;
        let infos = sys::rd_kafka_ListOffsets_result_infos(result, &raw mut count);
        let mut found = vec![None; partitions.len()];
        for number in 0..count {
            let about = sys::rd_kafka_ListOffsetsResultInfo_topic_partition(*infos.add(number));
            let Some(about) = about.as_ref() else {
                continue;
            };
            let topic = CStr::from_ptr(about.topic).to_bytes();
            let asked = |(name, partition): &(&str, i32)| {
                name.as_bytes() == topic && *partition == about.partition
            };
            let is_known = about.err == sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR;
            if let Some(place) = partitions.iter().position(asked)
                && let Some(end) = found.get_mut(place)
                && is_known
            {
                *end = u64::try_from(about.offset).ok();
            }
        }
        Ok(found)
    }
}

/// Where a message's parts stand in the batch's buffer.
struct Parts {
    offset: u64,
    timestamp: Option<Time>,
    key: Option<(usize, usize)>,
    headers: Vec<(String, (usize, usize))>,
    value: (usize, usize),
}

/// Copies the bytes of all messages into one buffer and cuts it into messages.
fn copy(messages: &[Owned], into: &mut Vec<Message>) -> Result<(), PartitionError> {
    let mut buffer = BytesMut::with_capacity(messages.iter().map(size_of_message).sum());
    let mut parts = Vec::with_capacity(messages.len());
    let mut outcome = Ok(());
    for message in messages {
        // SAFETY: *owned messages*.
        let native = unsafe { message.0.as_ref() };
        if native.err != sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR {
            outcome = Err(error_of(message));
            break;
        }
        let mut put = |data: *const u8, length: usize| {
            let from = buffer.len();
            if !data.is_null() {
                // SAFETY: librdkafka's message says where `length` bytes of its own lie.
                buffer.extend_from_slice(unsafe { std::slice::from_raw_parts(data, length) });
            }
            (from, buffer.len())
        };
        parts.push(Parts {
            offset: u64::try_from(native.offset).unwrap_or(0),
            timestamp: timestamp_of(message),
            key: (!native.key.is_null()).then(|| put(native.key.cast(), native.key_len)),
            value: put(native.payload.cast(), native.len),
            headers: headers_of(message, put),
        });
    }
    let buffer = buffer.freeze();
    into.extend(parts.into_iter().map(|parts| {
        Message {
            offset: parts.offset,
            timestamp: parts.timestamp,
            key: parts.key.map(|(from, to)| buffer.slice(from..to)),
            headers: parts
                .headers
                .into_iter()
                .map(|(name, (from, to))| (name, buffer.slice(from..to)))
                .collect(),
            value: buffer.slice(parts.value.0..parts.value.1),
        }
    }));
    outcome
}

fn size_of_message(message: &Owned) -> usize {
    // SAFETY: *owned messages*.
    let native = unsafe { message.0.as_ref() };
    native.len + native.key_len
}

fn timestamp_of(message: &Owned) -> Option<Time> {
    let mut kind = sys::rd_kafka_timestamp_type_t::RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
    // SAFETY: *owned messages*; `kind` is written before the call returns.
    let time = unsafe { sys::rd_kafka_message_timestamp(message.0.as_ptr(), &raw mut kind) };
    let known = kind != sys::rd_kafka_timestamp_type_t::RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
    (known && time >= 0).then_some(Time(time))
}

/// Header names come from outside: what is not UTF-8 in them is replaced, not trusted.
fn headers_of(
    message: &Owned,
    mut put: impl FnMut(*const u8, usize) -> (usize, usize),
) -> Vec<(String, (usize, usize))> {
    let mut headers = ptr::null_mut();
    // SAFETY: *owned messages*; the headers stay the message's.
    let outcome = unsafe { sys::rd_kafka_message_headers(message.0.as_ptr(), &raw mut headers) };
    if outcome != sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR || headers.is_null() {
        return Vec::new();
    }
    let mut found = Vec::new();
    loop {
        let (mut name, mut value, mut length) = (ptr::null::<c_char>(), ptr::null(), 0);
        // SAFETY: `headers` belongs to a message that is alive; an index behind the last header
        // answers with an error and writes nothing.
        let outcome = unsafe {
            sys::rd_kafka_header_get_all(
                headers,
                found.len(),
                &raw mut name,
                &raw mut value,
                &raw mut length,
            )
        };
        if outcome != sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR || name.is_null() {
            return found;
        }
        // SAFETY: librdkafka ends header names with a zero byte.
        let name = unsafe { CStr::from_ptr(name) };
        found.push((
            name.to_string_lossy().into_owned(),
            put(value.cast(), length),
        ));
    }
}

fn error_of(message: &Owned) -> PartitionError {
    // SAFETY: *owned messages*; the text is the message's or static, and copied here.
    let (code, text) = unsafe {
        let text = sys::rd_kafka_message_errstr(message.0.as_ptr());
        let text = if text.is_null() {
            String::new()
        } else {
            CStr::from_ptr(text).to_string_lossy().into_owned()
        };
        (message.0.as_ref().err, text)
    };
    PartitionError {
        code: code.into(),
        text,
    }
}
