//! A shard's part of a transaction: its outputs in order, then its journal record.

use super::client::partition;
use super::journal;
use super::transaction::{Obstacle, Outbox, Sending};
use crate::log::Commit;

/// Sends what `commit` adds; readable with the transaction or not at all.
pub(super) fn send_commit(
    outbox: &Outbox<'_>,
    commit: &Commit,
    topics: &[String; 4],
    journal_topic: &str,
    sequence: u64,
) -> Result<(), Obstacle> {
    let number = partition(commit.shard).map_err(|error| Obstacle::Stop(error.to_string()))?;
    for output in &commit.outputs {
        let topic = topics.get(output.topic as usize).map_or("", String::as_str);
        outbox.send(&Sending {
            topic,
            partition: number,
            key: Some(output.key.as_bytes()),
            value: Some(&output.value),
            timestamp: None,
            headers: &[],
        })?;
    }
    outbox.send(&Sending {
        topic: journal_topic,
        partition: number,
        key: None,
        value: Some(&journal::frame(sequence, &commit.journal)),
        timestamp: None,
        headers: &[],
    })
}
