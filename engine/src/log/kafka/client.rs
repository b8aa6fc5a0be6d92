//! What all clients share: how long to wait for an answer, where their words go, and ends.

use std::time::Duration;

use rdkafka::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};

use crate::clock::Stopwatch;
use crate::log::LogError;
use crate::model::ShardId;

/// How long a broker may take to answer a question.
pub(super) const ASK: Duration = Duration::from_secs(10);

/// Passes on what librdkafka logs, and has no other part in anything.
#[derive(Clone, Copy, Debug)]
pub(super) struct Quiet;

impl ClientContext for Quiet {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        warn(&error, reason);
    }
}

impl ConsumerContext for Quiet {}

pub(super) fn log(level: RDKafkaLogLevel, facility: &str, message: &str) {
    match level {
        RDKafkaLogLevel::Emerg
        | RDKafkaLogLevel::Alert
        | RDKafkaLogLevel::Critical
        | RDKafkaLogLevel::Error => tracing::error!(facility, "{message}"),
        RDKafkaLogLevel::Warning => tracing::warn!(facility, "{message}"),
        RDKafkaLogLevel::Notice | RDKafkaLogLevel::Info | RDKafkaLogLevel::Debug => {
            tracing::debug!(facility, "{message}");
        }
    }
}

pub(super) fn warn(error: &KafkaError, reason: &str) {
    tracing::warn!("{error}: {reason}");
}

/// An error that may pass.
pub(super) fn retry(doing: &str, error: &KafkaError) -> LogError {
    LogError::Retry(format!("{doing}: {error}"))
}

/// A shard's partition, as librdkafka counts.
pub(super) fn partition(shard: ShardId) -> Result<i32, LogError> {
    i32::try_from(shard.0).map_err(|_| LogError::Stop(format!("there is no partition {}", shard.0)))
}

/// First offset and last stable offset (since the client is `read_committed`), asked for now.
pub(super) fn ask_ends<C: ConsumerContext>(
    consumer: &BaseConsumer<C>,
    topic: &str,
    partition: i32,
) -> Result<(u64, u64), LogError> {
    let asking = Stopwatch::start();
    let (low, end) = loop {
        match consumer.fetch_watermarks(topic, partition, ASK) {
            Ok(ends) => break ends,
            // Leaders move, and those of a new topic are not ready at once. Asking where they are
            // takes a moment too.
            Err(error) if is_moving(&error) && asking.elapsed() < ASK => {
                if let Err(error) = consumer.fetch_metadata(Some(topic), ASK) {
                    return Err(unanswered(topic, &error));
                }
            }
            Err(error) => return Err(unanswered(topic, &error)),
        }
    };
    Ok((
        u64::try_from(low).unwrap_or(0),
        u64::try_from(end).unwrap_or(0),
    ))
}

fn is_moving(error: &KafkaError) -> bool {
    matches!(
        error.rdkafka_error_code(),
        Some(
            RDKafkaErrorCode::NotLeaderForPartition
                | RDKafkaErrorCode::LeaderNotAvailable
                | RDKafkaErrorCode::ReplicaNotAvailable
                | RDKafkaErrorCode::OffsetNotAvailable
        )
    )
}

/// Sorts what cannot pass by itself from what may.
pub(super) fn unanswered(topic: &str, error: &KafkaError) -> LogError {
    match error.rdkafka_error_code() {
        Some(
            RDKafkaErrorCode::UnknownTopicOrPartition
            | RDKafkaErrorCode::UnknownTopic
            | RDKafkaErrorCode::UnknownPartition,
        ) => LogError::Stop(format!(
            "{topic}: expected a topic with this partition, found none; \
             `puls topics check` says what is missing"
        )),
        Some(RDKafkaErrorCode::TopicAuthorizationFailed) => {
            LogError::Stop(format!("{topic}: not allowed to read it"))
        }
        _ => LogError::Retry(format!("{topic}: {error}")),
    }
}
