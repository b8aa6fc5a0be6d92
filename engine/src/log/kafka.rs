//! The log in Kafka: inputs, journal, snapshots and rules are topics, a step is a transaction.
//!
//! ```text
//!                    ┌────────┐ shards, generation
//!  consumer group ──▶│ member │───────────────┐
//!                    └────────┘               ▼
//!                    ┌────────┐        ┌─────────────┐  outputs, journal, offsets
//!  inputs ──────────▶│ reader │─ fold ▶│ transaction │─────────────────────────▶ topics
//!                    └────────┘        └─────────────┘
//!  journal,          ┌────────┐
//!  snapshots, rules ▶│  tail  │  read whole, to the last stable offset
//!                    └────────┘
//! ```
//! Three consumers, because each does one thing: the member is assigned shards and reads nothing,
//! the reader reads partitions at positions that recovery gives, the tail reads internal topics.
//! A log is used by one thread. When it is fenced it is of no use any more: drop it, open another.
//!
//! Nothing here resets an offset, skips a record, or interprets one.

mod client;
mod commit;
mod counts;
mod held;
mod journal;
mod library;
mod member;
mod native;
mod reader;
mod settings;
mod snapshots;
mod sources;
mod tail;
mod topics;
mod transaction;
mod watchdog;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use rdkafka::TopicPartitionList;
use rdkafka::consumer::base_consumer::PartitionQueue;
use rdkafka::consumer::{BaseConsumer, Consumer};

use self::client::{partition, retry};
use self::counts::Ends;
use self::held::Held;
use self::library::Library;
use self::member::Member;
use self::reader::InputReader;
pub(crate) use self::sources::Source;
use self::tail::Tail;
use self::topics::{JOURNAL, SNAPSHOTS};
use self::transaction::Transactions;
pub(crate) use self::transaction::{Obstacle, Outbox, Sending};
use super::{Commit, Committed, InputSpec, Log, LogError, Position, RulesRecord, Snapshot};
use crate::model::{Digest, InputIndex, Record, ShardId, Time};

pub use self::member::Change;
pub use self::settings::{KafkaInput, KafkaSettings};
pub use self::topics::{
    TopicPlan, TopicRole, TopicStatus, check_topics, count_shards, create_topics, topics_plan,
};

/// Inputs, journal, snapshots and rules in topics; one member of the group.
pub struct KafkaLog {
    settings: KafkaSettings,
    inputs: Arc<[InputSpec]>,
    // Dropped in this order: leaving the group may still have a transaction to abort.
    member: Arc<BaseConsumer<Member>>,
    /// Whether this log only looks on: it is in no group and writes nothing.
    is_onlooker: bool,
    /// A queue of the member's that stays empty. librdkafka counts as a poll only what is asked of
    /// a queue that may hold records, and the member's own never does, since it is assigned none.
    pulse: PartitionQueue<Member>,
    transactions: Option<Arc<Transactions>>,
    reader: InputReader,
    tail: Tail,
    library: Library,
    shards: u32,
    /// Shards that the group has assigned.
    ours: BTreeSet<ShardId>,
    /// What was asked about them so far.
    held: BTreeMap<ShardId, Held>,
    /// How far the shards' counts reach.
    counts_ends: Ends,
    /// Per shard a step, and an offset of the journal that does not lie behind it.
    journal_hints: BTreeMap<ShardId, (u64, u64)>,
}

impl KafkaLog {
    /// Connects and joins the group; shards are assigned in [`KafkaLog::poll`].
    ///
    /// # Errors
    /// Where the brokers do not answer, or a topic is missing or not as it must be.
    pub fn open(settings: &KafkaSettings, inputs: Arc<[InputSpec]>) -> Result<Self, LogError> {
        let log = Self::connect(settings, inputs, Some(Transactions::open(settings)?))?;
        // The sources of re-keyed inputs too: a group keeps the offsets of what it subscribes to.
        let topics: Vec<&str> = log.reader.topics().collect();
        log.member
            .subscribe(&topics)
            .map_err(|error| retry("subscribe to the inputs", &error))?;
        Ok(log)
    }

    /// Connects to look on: reads inputs, journal, snapshots and rules of any shard, is in no
    /// group, and commits nothing. Rules and modules can be published.
    ///
    /// # Errors
    /// As [`KafkaLog::open`].
    pub fn look_on(settings: &KafkaSettings, inputs: Arc<[InputSpec]>) -> Result<Self, LogError> {
        Self::connect(settings, inputs, None)
    }

    fn connect(
        settings: &KafkaSettings,
        inputs: Arc<[InputSpec]>,
        transactions: Option<Transactions>,
    ) -> Result<Self, LogError> {
        let problems = settings.problems();
        if !problems.is_empty() {
            return Err(LogError::Stop(problems.join("\n")));
        }
        let shards = count_shards(settings)?;
        let reader = InputReader::open(settings)?;
        let is_onlooker = transactions.is_none();
        let transactions = transactions.map(Arc::new);
        let shard_topics: Vec<String> = settings
            .inputs
            .iter()
            .map(|input| settings.shard_topic(input))
            .collect();
        let context = Member::new(shard_topics, transactions.clone());
        let member: BaseConsumer<Member> = settings
            .member()
            .create_with_context(context)
            .map_err(|error| retry("open the member of the group", &error))?;
        let member = Arc::new(member);
        let pulse = reader
            .topics()
            .next()
            .and_then(|topic| member.split_partition_queue(topic, 0))
            .ok_or_else(|| LogError::Stop("expected at least one input, found none".to_owned()))?;
        Ok(Self {
            settings: settings.clone(),
            inputs,
            member,
            is_onlooker,
            pulse,
            transactions,
            reader,
            tail: Tail::open(settings)?,
            library: Library::new(settings),
            shards,
            ours: BTreeSet::new(),
            held: BTreeMap::new(),
            counts_ends: Ends::default(),
            journal_hints: BTreeMap::new(),
        })
    }

    /// Number of shards: partitions of every input.
    #[must_use]
    pub const fn shards(&self) -> u32 {
        self.shards
    }

    /// The settings it was opened with.
    #[must_use]
    pub const fn settings(&self) -> &KafkaSettings {
        &self.settings
    }

    /// Takes part in the group for up to `wait` and tells what has changed. Must be called at
    /// least every `max.poll.interval.ms` (5 minutes), or the shards go to others.
    ///
    /// # Errors
    /// Where the group can no longer be taken part in.
    pub fn poll(&mut self, wait: Duration) -> Result<Vec<Change>, LogError> {
        self.pulse();
        match self.member.poll(wait) {
            None | Some(Ok(_)) => {}
            Some(Err(error)) => match self.member.client().fatal_error() {
                Some((_, why)) => return Err(LogError::Stop(format!("the group: {why}"))),
                None => tracing::warn!("the group: {error}"),
            },
        }
        let changes = self.member.context().take_changes();
        for change in &changes {
            match change {
                Change::Assigned(shards) => self.ours.extend(shards),
                Change::Revoked(shards) | Change::Lost(shards) => {
                    for shard in shards {
                        self.ours.remove(shard);
                        self.held.remove(shard);
                        self.reader.release(*shard);
                    }
                }
                Change::Unusable(_) => {}
            }
        }
        Ok(changes)
    }

    /// Says that this member is alive where it has no time for [`KafkaLog::poll`]: rebalances
    /// wait, and a member that is silent for too long is taken for dead.
    pub(super) fn pulse(&self) {
        drop(self.pulse.poll(Duration::ZERO));
    }

    /// Asks what the group has committed for a shard.
    fn ask_committed(&self, shard: ShardId) -> Result<Held, LogError> {
        let mut list = TopicPartitionList::new();
        for input in self.input_numbers() {
            list.add_partition(self.reader.topic(input)?, partition(shard)?);
        }
        let list = self.committed(list)?.ok_or_else(sources::unstable)?;
        let mut held = Held::default();
        for input in self.input_numbers() {
            let topic = self.reader.topic(input)?;
            held.add(list.find_partition(topic, partition(shard)?).as_ref());
        }
        Ok(held)
    }

    fn input_numbers(&self) -> impl Iterator<Item = InputIndex> + use<> {
        (0..self.inputs.len()).filter_map(|number| InputIndex::try_from(number).ok())
    }

    /// What is known of a shard that is ours; asked for when it is first needed.
    fn held(&mut self, shard: ShardId) -> Result<&mut Held, LogError> {
        self.pulse();
        if !self.is_onlooker && !self.ours.contains(&shard) {
            return Err(LogError::Retry(format!("shard {} is not ours", shard.0)));
        }
        let known = match self.held.remove(&shard) {
            Some(known) => known,
            None => self.ask_committed(shard)?,
        };
        Ok(self.held.entry(shard).or_insert(known))
    }

    /// Checks that a recovered shard stands where the group says that it stands: journal and
    /// positions are committed in one transaction, so a difference means that one of them was
    /// changed by somebody else.
    ///
    /// # Errors
    /// Where they differ.
    pub fn check_positions(&mut self, shard: ShardId, positions: &[u64]) -> Result<(), LogError> {
        let group = self.settings.group.clone();
        let names: Vec<String> = self.inputs.iter().map(|input| input.name.clone()).collect();
        let held = self.held(shard)?;
        for ((name, position), committed) in names.iter().zip(positions).zip(&held.committed) {
            let Some(committed) = committed else {
                // A group's positions expire when it is empty for long; the journal does not.
                continue;
            };
            if committed != position {
                return Err(LogError::Stop(format!(
                    "shard {}, input {name}: the journal ends at offset {position}, the group \
                     {group} at {committed}. They are committed together, so one was changed by \
                     hand: set the group's offset back to {position}, or give this deployment a \
                     group and a prefix of its own",
                    shard.0
                )));
            }
        }
        Ok(())
    }

    /// Writes messages and positions of other partitions (sources of re-keyed inputs) in one
    /// transaction of this member.
    pub(crate) fn transact(
        &mut self,
        offsets: &TopicPartitionList,
        send: &mut dyn FnMut(&Outbox<'_>) -> Result<(), Obstacle>,
    ) -> Result<Committed, LogError> {
        let Some(transactions) = &self.transactions else {
            return Err(LogError::Stop(
                "expected a member, found an onlooker".to_owned(),
            ));
        };
        let Some(identity) = self.member.context().identity() else {
            return Ok(Committed::Fenced);
        };
        transactions.run(offsets, &identity, send)
    }

    /// Where to read an input whose position is 0: a topic may begin later.
    fn start(&mut self, from: Position) -> Result<u64, LogError> {
        let held = self.held(from.shard)?;
        if let Some(start) = held.start(from.input) {
            return Ok(start);
        }
        if held.committed(from.input) > 0 {
            // Its start is forgotten; reading at 0 says whether that is still possible.
            return Ok(0);
        }
        let topic = self.reader.topic(from.input)?;
        let (low, _) = self.tail.ends(topic, partition(from.shard)?)?;
        let held = self.held(from.shard)?;
        if let Some(start) = held.starts.get_mut(usize::from(from.input)) {
            *start = Some(low);
        }
        Ok(low)
    }
}

impl std::fmt::Debug for KafkaLog {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KafkaLog")
            .field("held", &self.held)
            .finish_non_exhaustive()
    }
}

impl Log for KafkaLog {
    fn inputs(&self) -> &Arc<[InputSpec]> {
        &self.inputs
    }

    fn ends(&mut self, shard: ShardId) -> Result<Vec<Option<u64>>, LogError> {
        let number = partition(shard)?;
        let mut ends = vec![None; self.inputs.len()];
        let (mut asked, mut places) = (Vec::new(), Vec::new());
        for input in self.input_numbers() {
            // Only what looks empty needs asking, and its source, if it has one, first.
            if self.reader.looks_empty(shard, input) && self.is_rekeyed_to_end(input)? {
                asked.push((self.reader.topic(input)?, number));
                places.push(usize::from(input));
            }
        }
        for (place, end) in places.into_iter().zip(self.tail.last_stable(&asked)?) {
            if let Some(known) = ends.get_mut(place) {
                *known = end;
            }
        }
        Ok(ends)
    }

    fn read(
        &mut self,
        from: Position,
        records_max: usize,
        into: &mut VecDeque<Record>,
    ) -> Result<u64, LogError> {
        let from = Position {
            offset: if from.offset == 0 {
                self.start(from)?
            } else {
                from.offset
            },
            ..from
        };
        let committed = self
            .held(from.shard)?
            .committed
            .get(usize::from(from.input));
        let committed = committed.copied().flatten().unwrap_or(0);
        // What was committed once is there: recovery waits for it, and nobody else waits.
        self.reader.read(from, records_max, committed, into)
    }

    fn journal(&mut self, shard: ShardId, sequence_from: u64) -> Result<Vec<Vec<u8>>, LogError> {
        // First, since the answer comes only when no transaction of an earlier owner is open any
        // more: what is read behind it is all that there will be without us.
        self.held(shard)?;
        let topic = self.settings.own_topic(JOURNAL);
        let hint = self.journal_hints.get(&shard).copied();
        let hint = hint.filter(|(sequence, _)| *sequence <= sequence_from);
        let hint = hint.map_or(0, |(_, offset)| offset);
        let steps = journal::read(&self.tail, &topic, shard, sequence_from, hint)?;
        self.held(shard)?.sequence_next = Some(sequence_from + steps.len() as u64);
        Ok(steps)
    }

    fn commit(&mut self, commits: &[Commit]) -> Result<Committed, LogError> {
        self.commit_all(commits)
    }

    fn counts(&mut self, shard: ShardId, from: u64) -> Result<(Vec<Bytes>, u64), LogError> {
        self.counts_of(shard, from)
    }

    fn snapshot(&mut self, shard: ShardId) -> Result<Option<Snapshot>, LogError> {
        let topic = self.settings.own_topic(SNAPSHOTS);
        let found = snapshots::read(&self.tail, &topic, shard)?;
        Ok(found.map(|(snapshot, summary)| {
            let hint = (summary.sequence_next, summary.journal);
            self.journal_hints.insert(shard, hint);
            snapshot
        }))
    }

    fn store_snapshot(&mut self, shard: ShardId, snapshot: &Snapshot) -> Result<(), LogError> {
        self.write_snapshot(shard, snapshot)
    }

    fn rules(&mut self, offset_from: u64) -> Result<(Vec<RulesRecord>, u64), LogError> {
        self.library.rules(&self.tail, offset_from)
    }

    fn module(&mut self, digest: Digest) -> Result<Bytes, LogError> {
        self.library.module(&self.tail, digest)
    }

    fn modules(&mut self) -> Result<Vec<Digest>, LogError> {
        self.library.modules(&self.tail)
    }

    fn publish_rule(&mut self, value: &[u8], now: Time) -> Result<u64, LogError> {
        self.library.publish_rule(value, now)
    }

    fn publish_module(&mut self, bytes: &[u8]) -> Result<Digest, LogError> {
        self.library.publish_module(&self.tail, bytes)
    }

    fn signatures(&mut self, digest: Digest) -> Result<Option<Bytes>, LogError> {
        self.library.signatures(&self.tail, digest)
    }

    fn publish_signatures(&mut self, digest: Digest, bytes: &[u8]) -> Result<(), LogError> {
        self.library.publish_signatures(digest, bytes)
    }
}
