//! Membership in the consumer group: which shards are ours, and as whom we commit.
//!
//! The member subscribes to all input topics and is assigned partitions, but reads none of them
//! itself (`reader` does, at positions that recovery gives it). So its queue carries rebalances
//! only, and the generation under which it may commit is fixed in the callback that assigns:
//! asked for later, the answer might already be that of a member which lost its place, and a
//! commit without a generation is one that the broker does not check.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use parking_lot::Mutex;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext, ConsumerGroupMetadata};
use rdkafka::error::KafkaError;
use rdkafka::types::RDKafkaRespErr;
use rdkafka::{ClientContext, TopicPartitionList};

use super::client::{log, warn};
use super::transaction::Transactions;
use crate::model::ShardId;

/// What a rebalance changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// These shards are ours now: recover them.
    Assigned(Vec<ShardId>),
    /// These shards are no longer ours; nothing of them is uncommitted.
    Revoked(Vec<ShardId>),
    /// As revoked, but somebody else may own them already.
    Lost(Vec<ShardId>),
    /// The assignment is none that Puls can work with.
    Unusable(String),
}

/// The context of the member's consumer; its callbacks run on the thread that polls.
pub(super) struct Member {
    /// Topics of which partition p belongs to shard p.
    topics: Vec<String>,
    transactions: Option<Arc<Transactions>>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    changes: Vec<Change>,
    /// As whom to commit; `None` while nothing is assigned.
    identity: Option<Arc<ConsumerGroupMetadata>>,
}

impl Member {
    pub(super) fn new(topics: Vec<String>, transactions: Option<Arc<Transactions>>) -> Self {
        Self {
            topics,
            transactions,
            state: Mutex::default(),
        }
    }

    /// Takes what has changed since it was last asked.
    pub(super) fn take_changes(&self) -> Vec<Change> {
        std::mem::take(&mut self.state.lock().changes)
    }

    /// As whom to commit, if anything is assigned.
    pub(super) fn identity(&self) -> Option<Arc<ConsumerGroupMetadata>> {
        self.state.lock().identity.clone()
    }

    /// Shards of which all inputs are in the list; an incomplete one is an error.
    fn shards(&self, list: &TopicPartitionList) -> Result<Vec<ShardId>, String> {
        let mut topics: BTreeMap<i32, BTreeSet<String>> = BTreeMap::new();
        for element in list.elements() {
            if self.topics.iter().any(|topic| topic == element.topic()) {
                let of = topics.entry(element.partition()).or_default();
                of.insert(element.topic().to_owned());
            }
        }
        let mut shards = Vec::with_capacity(topics.len());
        for (partition, found) in topics {
            if let Some(missing) = self.topics.iter().find(|topic| !found.contains(*topic)) {
                return Err(format!(
                    "partition {partition}: expected all inputs on one member of the group, \
                     found {missing} elsewhere. All members must read the same inputs (same \
                     configuration), and all input topics must have the same number of partitions"
                ));
            }
            shards.extend(u32::try_from(partition).map(ShardId));
        }
        Ok(shards)
    }

    fn assigned(&self, consumer: &BaseConsumer<Self>, list: &TopicPartitionList) {
        // Nothing is fetched here: an empty assignment is accepted as well as a full one.
        if let Err(error) = consumer.assign(&TopicPartitionList::new()) {
            tracing::error!("accept an assignment: {error}");
        }
        let change = match self.shards(list) {
            Ok(shards) => Change::Assigned(shards),
            Err(problem) => Change::Unusable(problem),
        };
        let mut state = self.state.lock();
        state.identity = consumer.group_metadata().map(Arc::new);
        state.changes.push(change);
    }

    fn revoked(&self, consumer: &BaseConsumer<Self>, list: &TopicPartitionList) {
        // Before the callback returns, since after it the group goes on without us.
        if let Some(transactions) = &self.transactions {
            transactions.abort_if_open();
        }
        let lost = consumer.assignment_lost();
        let shards = self.shards(list).unwrap_or_default();
        {
            let mut state = self.state.lock();
            state.identity = None;
            state.changes.push(if lost {
                Change::Lost(shards)
            } else {
                Change::Revoked(shards)
            });
        }
        if let Err(error) = consumer.unassign() {
            tracing::error!("give up an assignment: {error}");
        }
    }
}

impl ClientContext for Member {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        warn(&error, reason);
    }
}

impl ConsumerContext for Member {
    fn rebalance(
        &self,
        consumer: &BaseConsumer<Self>,
        what: RDKafkaRespErr,
        list: &mut TopicPartitionList,
    ) {
        if what == RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS {
            self.assigned(consumer, list);
        } else {
            self.revoked(consumer, list);
        }
    }
}
