//! The producer whose transactions carry steps: all of one readable, or nothing of it.
//!
//! A transaction is opened and ended within one call, so none is open while the group is polled;
//! should one ever be, the rebalance callback aborts it. What a call needs of the broker is
//! watched by [`Watchdog`], because librdkafka does not keep every timeout it is given.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::ConsumerGroupMetadata;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, DeliveryResult, Producer, ProducerContext};
use rdkafka::util::Timeout;
use rdkafka::{ClientContext, TopicPartitionList};

use super::client::{ASK, log, retry, warn};
use super::settings::KafkaSettings;
use super::watchdog::Watchdog;
use crate::log::{Committed, LogError};
use crate::model::Time;

/// How long to wait for the broker's word at a time, while it is certain to come.
const TURN: Duration = Duration::from_millis(1);
/// How often a step of a transaction is tried again where librdkafka says that it may pass.
const TRIES_MAX: u32 = 20;

/// A message to be sent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sending<'a> {
    pub(crate) topic: &'a str,
    pub(crate) partition: i32,
    pub(crate) key: Option<&'a [u8]>,
    pub(crate) value: Option<&'a [u8]>,
    pub(crate) timestamp: Option<Time>,
    pub(crate) headers: &'a [(String, bytes::Bytes)],
}

/// Why a transaction does not go on.
#[derive(Debug)]
pub(crate) enum Obstacle {
    /// It may pass: the same call again.
    Retry(String),
    /// Abort it, and fold again what it held.
    Abort(String),
    /// Somebody else took our place.
    Fenced(String),
    /// A person has to do something.
    Stop(String),
}

/// The transactional producer.
pub(super) struct Transactions {
    producer: BaseProducer<Reports>,
    /// Held for as long as a transaction is worked on.
    open: Mutex<bool>,
    /// Why the last transaction was not committed.
    trouble: Mutex<String>,
    watchdog: Watchdog,
}

impl Transactions {
    /// Opens the producer and ends whatever an earlier one with the same name left open.
    pub(super) fn open(settings: &KafkaSettings) -> Result<Self, LogError> {
        let producer = settings
            .transactional()
            .create_with_context(Reports::default())
            .map_err(|error| retry("open the producer", &error))?;
        let opened = Self {
            producer,
            open: Mutex::new(false),
            trouble: Mutex::default(),
            watchdog: Watchdog::start(),
        };
        let begun = {
            let _watched = opened.watchdog.watch("begin as a producer of transactions");
            repeat(|| opened.producer.init_transactions(ASK))
        };
        match begun {
            Ok(()) => Ok(opened),
            Err(Obstacle::Retry(why) | Obstacle::Abort(why) | Obstacle::Fenced(why)) => {
                Err(LogError::Retry(why))
            }
            Err(Obstacle::Stop(why)) => Err(LogError::Stop(why)),
        }
    }

    /// Sends what `send` sends and the offsets in one transaction. `identity` is the generation
    /// that the offsets are committed as; the broker refuses one that is over.
    pub(super) fn run(
        &self,
        offsets: &TopicPartitionList,
        identity: &ConsumerGroupMetadata,
        send: &mut dyn FnMut(&Outbox<'_>) -> Result<(), Obstacle>,
    ) -> Result<Committed, LogError> {
        let mut open = self.open.lock();
        let _watched = self.watchdog.watch("commit a transaction");
        self.producer.context().forget();
        let outcome = self.attempt(&mut open, offsets, identity, send);
        let obstacle = match outcome {
            Ok(()) => return Ok(Committed::Done),
            Err(obstacle) => obstacle,
        };
        let undelivered = self.producer.context().take();
        let undelivered = undelivered.map_or_else(String::new, |why| format!(" ({why})"));
        let (outcome, why) = match obstacle {
            Obstacle::Retry(why) | Obstacle::Abort(why) => (Ok(Committed::Aborted), why),
            Obstacle::Fenced(why) => (Ok(Committed::Fenced), why),
            Obstacle::Stop(why) => (Err(()), why),
        };
        let why = why + &undelivered;
        tracing::warn!("transaction not committed: {why}");
        self.trouble.lock().clone_from(&why);
        // Also where the group has gone on without us: what was sent must not hold readers up
        // until it times out.
        let aborted = if *open {
            self.abort(&mut open)?
        } else {
            Committed::Aborted
        };
        match outcome {
            Ok(Committed::Aborted) => Ok(aborted),
            Ok(outcome) => Ok(outcome),
            Err(()) => Err(LogError::Stop(why)),
        }
    }

    /// Why the last transaction that was not committed was not.
    pub(super) fn trouble(&self) -> String {
        self.trouble.lock().clone()
    }

    fn attempt(
        &self,
        open: &mut bool,
        offsets: &TopicPartitionList,
        identity: &ConsumerGroupMetadata,
        send: &mut dyn FnMut(&Outbox<'_>) -> Result<(), Obstacle>,
    ) -> Result<(), Obstacle> {
        repeat(|| self.producer.begin_transaction())?;
        *open = true;
        send(&Outbox {
            producer: &self.producer,
        })?;
        // While the messages are on their way.
        repeat(|| {
            self.producer
                .send_offsets_to_transaction(offsets, identity, ASK)
        })?;
        self.drain();
        repeat(|| self.producer.commit_transaction(Timeout::Never))?;
        *open = false;
        Ok(())
    }

    /// Waits until all messages are answered for. `commit_transaction` would do so itself, in
    /// turns of a hundred milliseconds.
    fn drain(&self) {
        self.producer.poll(Duration::ZERO);
        while self.producer.in_flight_count() > 0 {
            self.producer.poll(TURN);
        }
    }

    fn abort(&self, open: &mut bool) -> Result<Committed, LogError> {
        // Aborting waits until the reports of all messages were taken, so somebody must take
        // them meanwhile.
        let outcome = std::thread::scope(|scope| {
            let aborting =
                scope.spawn(|| repeat(|| self.producer.abort_transaction(Timeout::Never)));
            while !aborting.is_finished() {
                self.producer.poll(TURN);
            }
            aborting.join()
        });
        *open = false;
        match outcome {
            Ok(Ok(())) => Ok(Committed::Aborted),
            Ok(Err(Obstacle::Fenced(why))) => {
                tracing::warn!("abort fenced: {why}");
                Ok(Committed::Fenced)
            }
            Ok(Err(Obstacle::Retry(why) | Obstacle::Abort(why) | Obstacle::Stop(why))) => {
                Err(LogError::Stop(format!("abort a transaction: {why}")))
            }
            Err(_) => Err(LogError::Stop("abort a transaction: a bug".to_owned())),
        }
    }

    /// Aborts the transaction that is open, if one is; called inside the rebalance callback.
    pub(super) fn abort_if_open(&self) {
        let Some(mut open) = self.open.try_lock() else {
            return;
        };
        if *open {
            let _watched = self.watchdog.watch("abort a transaction in a rebalance");
            if let Err(error) = self.abort(&mut open) {
                tracing::error!("{error}");
            }
        }
    }
}

impl std::fmt::Debug for Transactions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Transactions {{ open: {} }}", *self.open.lock())
    }
}

/// Where a transaction's messages go.
pub(crate) struct Outbox<'a> {
    producer: &'a BaseProducer<Reports>,
}

impl Outbox<'_> {
    /// Hands a message to the producer; waits where its buffer is full.
    pub(crate) fn send(&self, message: &Sending<'_>) -> Result<(), Obstacle> {
        send(self.producer, message)
    }
}

/// Hands a message to a producer; waits where its buffer is full.
pub(super) fn send(
    producer: &BaseProducer<Reports>,
    message: &Sending<'_>,
) -> Result<(), Obstacle> {
    let mut record: BaseRecord<'_, [u8], [u8]> =
        BaseRecord::to(message.topic).partition(message.partition);
    record.key = message.key;
    record.payload = message.value;
    record.timestamp = message.timestamp.map(|time| time.0);
    if !message.headers.is_empty() {
        let mut headers = OwnedHeaders::new_with_capacity(message.headers.len());
        for (name, value) in message.headers {
            headers = headers.insert(Header {
                key: name,
                value: Some(value.as_ref()),
            });
        }
        record.headers = Some(headers);
    }
    loop {
        match producer.send(record) {
            Ok(()) => return Ok(()),
            Err((error, back))
                if error.rdkafka_error_code() == Some(RDKafkaErrorCode::QueueFull) =>
            {
                record = back;
                producer.poll(TURN);
            }
            Err((error, _)) => {
                let why = format!("{}: {error}", message.topic);
                return Err(match error.rdkafka_error_code() {
                    Some(RDKafkaErrorCode::MessageSizeTooLarge) => Obstacle::Stop(format!(
                        "{why}; a message has {} bytes",
                        message.value.map_or(0, <[u8]>::len)
                    )),
                    Some(RDKafkaErrorCode::UnknownTopic | RDKafkaErrorCode::UnknownPartition) => {
                        Obstacle::Stop(format!("{why}; `puls topics check` says what is missing"))
                    }
                    _ => Obstacle::Abort(why),
                });
            }
        }
    }
}

/// Remembers why messages were not delivered: a transaction's own error says only that some were.
#[derive(Debug, Default)]
pub(super) struct Reports {
    undelivered: Mutex<Option<String>>,
    delivered_offset: Mutex<Option<u64>>,
    is_silent: AtomicBool,
}

impl Reports {
    fn forget(&self) {
        *self.undelivered.lock() = None;
        *self.delivered_offset.lock() = None;
        self.is_silent.store(false, Ordering::Relaxed);
    }

    /// Why the first message that was not delivered was not.
    pub(super) fn take(&self) -> Option<String> {
        self.undelivered.lock().take()
    }

    /// The offset of the message delivered last.
    pub(super) fn offset(&self) -> Option<u64> {
        *self.delivered_offset.lock()
    }
}

impl ClientContext for Reports {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        // Once a transaction fails, each message of it says so.
        if !self.is_silent.swap(true, Ordering::Relaxed) {
            warn(&error, reason);
        }
    }
}

impl ProducerContext for Reports {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, _opaque: ()) {
        use rdkafka::Message;
        match result {
            Ok(message) => {
                *self.delivered_offset.lock() = u64::try_from(message.offset()).ok();
            }
            Err((error, message)) => {
                let mut undelivered = self.undelivered.lock();
                undelivered.get_or_insert_with(|| format!("{}: {error}", message.topic()));
            }
        }
    }
}

/// Calls until it succeeds or trying again does not help.
fn repeat(mut call: impl FnMut() -> Result<(), KafkaError>) -> Result<(), Obstacle> {
    let mut tries = 0;
    loop {
        let Err(error) = call() else { return Ok(()) };
        tries += 1;
        match obstacle(&error) {
            Obstacle::Retry(_) if tries < TRIES_MAX => {}
            other => return Err(other),
        }
    }
}

/// What an error of a transaction asks for.
pub(super) fn obstacle(error: &KafkaError) -> Obstacle {
    use RDKafkaErrorCode as Code;
    let why = error.to_string();
    let KafkaError::Transaction(inner) = error else {
        return match error.rdkafka_error_code() {
            Some(Code::Fenced | Code::ProducerFenced | Code::InvalidProducerEpoch) => {
                Obstacle::Fenced(why)
            }
            _ => Obstacle::Abort(why),
        };
    };
    match inner.code() {
        // Another producer has our name, or another member our shards.
        Code::Fenced
        | Code::ProducerFenced
        | Code::InvalidProducerEpoch
        | Code::FencedInstanceId
        | Code::IllegalGeneration
        | Code::UnknownMemberId => Obstacle::Fenced(why),
        Code::TransactionalIdAuthorizationFailed
        | Code::ClusterAuthorizationFailed
        | Code::GroupAuthorizationFailed
        | Code::TopicAuthorizationFailed => Obstacle::Stop(why),
        _ if inner.txn_requires_abort() => Obstacle::Abort(why),
        _ if inner.is_retriable() => Obstacle::Retry(why),
        // The producer is of no use any more; what it did is in the log, or is not.
        _ if inner.is_fatal() => Obstacle::Fenced(why),
        _ => Obstacle::Stop(why),
    }
}

#[cfg(test)]
mod tests {
    use rdkafka::consumer::{BaseConsumer, Consumer};
    use rdkafka::mocking::MockCluster;
    use rdkafka::types::{RDKafkaApiKey as Api, RDKafkaRespErr as Code};
    use rdkafka::{ClientConfig, Offset, TopicPartitionList};

    use super::{Sending, Transactions};
    use crate::log::Committed;
    use crate::log::kafka::settings::KafkaSettings;

    /// An error code that a request is answered with once.
    type Fault = Option<(Api, Code)>;

    /// Faults, and what a transaction comes to with each: an outcome, or words of an error.
    const CASES: [(Fault, Result<Committed, &str>); 8] = [
        (None, Ok(Committed::Done)),
        (
            Some((
                Api::EndTxn,
                Code::RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS,
            )),
            Ok(Committed::Done),
        ),
        (
            Some((
                Api::AddPartitionsToTxn,
                Code::RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS,
            )),
            Ok(Committed::Done),
        ),
        (
            Some((
                Api::TxnOffsetCommit,
                Code::RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION,
            )),
            Ok(Committed::Fenced),
        ),
        (
            Some((
                Api::TxnOffsetCommit,
                Code::RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID,
            )),
            Ok(Committed::Fenced),
        ),
        (
            Some((Api::EndTxn, Code::RD_KAFKA_RESP_ERR_PRODUCER_FENCED)),
            Ok(Committed::Fenced),
        ),
        (
            Some((Api::Produce, Code::RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE)),
            Ok(Committed::Aborted),
        ),
        (
            Some((
                Api::TxnOffsetCommit,
                Code::RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED,
            )),
            Err("authorization failed"),
        ),
    ];
    /// What a transaction comes to when a request of it is answered with an error once. The mock
    /// shows codes only; that nothing is published is shown on a real broker.
    #[test]
    fn each_error_has_its_outcome() {
        for (fault, expected) in CASES {
            let cluster = MockCluster::new(1).unwrap();
            cluster.create_topic("outputs", 1, 1).unwrap();
            let mut settings = KafkaSettings::new(&cluster.bootstrap_servers());
            settings.instance = Some("a".into());
            let transactions = Transactions::open(&settings).unwrap();
            let consumer: BaseConsumer = ClientConfig::new()
                .set("bootstrap.servers", cluster.bootstrap_servers())
                .set("group.id", "puls")
                .create()
                .unwrap();
            if let Some((request, code)) = fault {
                cluster.request_errors(request, &[code]);
            }
            let mut offsets = TopicPartitionList::new();
            offsets
                .add_partition_offset("outputs", 0, Offset::Offset(1))
                .unwrap();
            let identity = consumer.group_metadata().unwrap();
            let outcome = transactions.run(&offsets, &identity, &mut |outbox| {
                outbox.send(&Sending {
                    topic: "outputs",
                    partition: 0,
                    key: None,
                    value: Some(b"value"),
                    timestamp: None,
                    headers: &[],
                })
            });
            match (outcome, expected) {
                (Ok(outcome), Ok(expected)) => assert_eq!(outcome, expected, "{fault:?}"),
                (Err(error), Err(expected)) => {
                    assert!(error.to_string().contains(expected), "{fault:?}: {error}");
                }
                (outcome, expected) => panic!("{fault:?}: {outcome:?}, expected {expected:?}"),
            }
            assert!(!*transactions.open.lock(), "{fault:?}: it was left open");
        }
    }
}
