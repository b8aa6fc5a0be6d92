//! A test's own corner of the broker: topics under a prefix, members, producers and readers.

#![expect(clippy::unused_self, reason = "a test reads as what its bench does")]

use std::sync::Arc;
use std::time::Duration;

use puls::clock::Stopwatch;
use puls::log::kafka::{Change, KafkaInput, KafkaLog, KafkaSettings, create_topics};
use puls::log::{Commit, InputSpec, Log};
use puls::model::{Output, Range, Record, ShardId, Time, Topic};
use puls_tests::broker;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::message::{BorrowedMessage, Header, Headers, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use rdkafka::{ClientConfig, Message, Offset, TopicPartitionList};

/// How long anything may take before a test gives up.
const PATIENCE: Duration = Duration::from_secs(60);

/// Topics, group and instances that no other test uses.
pub(crate) struct Bench {
    prefix: String,
    shards: u32,
    inputs: Vec<String>,
    /// The input whose topic has other keys.
    rekeyed: Option<String>,
    /// How soon a member that does not poll loses its shards.
    max_poll_ms: u32,
    /// How soon a member that is silent is taken for dead.
    session_ms: u32,
}

impl Bench {
    pub(crate) fn new(test: &str, shards: u32, inputs: &[&str]) -> Self {
        let bench = Self::without_topics(test, shards, inputs);
        bench.create_topics();
        bench
    }

    /// Makes the topics that are missing.
    pub(crate) fn create_topics(&self) {
        create_topics(&self.settings("a")).unwrap();
    }

    /// An input whose topic has other keys.
    pub(crate) fn rekeyed(mut self, input: &str) -> Self {
        self.rekeyed = Some(input.to_owned());
        self
    }

    pub(crate) fn without_topics(test: &str, shards: u32, inputs: &[&str]) -> Self {
        Self::at(&broker::prefix(test), shards, inputs)
    }

    /// The corner of another process.
    pub(crate) fn at(prefix: &str, shards: u32, inputs: &[&str]) -> Self {
        Self {
            prefix: prefix.to_owned(),
            shards,
            inputs: inputs.iter().map(|name| (*name).to_owned()).collect(),
            rekeyed: None,
            max_poll_ms: 60_000,
            session_ms: 30_000,
        }
    }

    /// Members that are killed lose their shards soon.
    pub(crate) fn killable(mut self) -> Self {
        self.session_ms = 2_000;
        self
    }

    /// Members that do not poll lose their shards soon.
    pub(crate) fn impatient(mut self) -> Self {
        self.max_poll_ms = 2_000;
        self.killable()
    }

    pub(crate) fn prefix(&self) -> &str {
        &self.prefix
    }

    pub(crate) fn settings(&self, instance: &str) -> KafkaSettings {
        let mut settings = KafkaSettings::new(broker::broker().address());
        settings.group = format!("{}group", self.prefix);
        settings.prefix.clone_from(&self.prefix);
        settings.instance = Some(instance.to_owned());
        settings.partitions = self.shards;
        settings.inputs = self
            .inputs
            .iter()
            .map(|name| KafkaInput {
                name: name.clone(),
                topic: self.input(name),
                rekey: self.rekeyed.as_ref() == Some(name),
            })
            .collect();
        for (name, value) in [
            ("session.timeout.ms", self.session_ms),
            // How soon a member hears that others have come or gone.
            ("heartbeat.interval.ms", 100),
            (
                "max.poll.interval.ms",
                self.max_poll_ms.max(self.session_ms),
            ),
        ] {
            settings.properties.insert(name.into(), value.to_string());
        }
        settings
    }

    pub(crate) fn input(&self, name: &str) -> String {
        format!("{}in.{name}", self.prefix)
    }

    pub(crate) fn topic(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    pub(crate) fn inputs(&self) -> Arc<[InputSpec]> {
        self.inputs
            .iter()
            .map(|name| InputSpec::new(name, None))
            .collect()
    }

    pub(crate) fn connect(&self, instance: &str) -> KafkaLog {
        KafkaLog::open(&self.settings(instance), self.inputs()).unwrap()
    }

    /// A member that has all shards.
    pub(crate) fn member(&self, instance: &str) -> KafkaLog {
        let shards: Vec<u32> = (0..self.shards).collect();
        self.member_after(instance, &shards)
    }

    /// A member that has these shards, taken from whoever had them.
    pub(crate) fn member_after(&self, instance: &str, shards: &[u32]) -> KafkaLog {
        let mut log = self.connect(instance);
        let mut owned = Vec::new();
        self.until("the shards are assigned", || {
            follow(&mut log, &mut owned);
            owned.len() == shards.len()
        });
        log
    }

    /// Reads the journals, as recovery does.
    pub(crate) fn recover(&self, log: &mut KafkaLog, shards: &[u32]) {
        for shard in shards {
            log.journal(ShardId(*shard), 0).unwrap();
        }
    }

    /// How many members the group has, those that ask to join included.
    pub(crate) fn members(&self) -> usize {
        let client: BaseConsumer = client().create().unwrap();
        let group = format!("{}group", self.prefix);
        let groups = client.fetch_group_list(Some(&group), PATIENCE).unwrap();
        groups
            .groups()
            .iter()
            .map(|group| group.members().len())
            .sum()
    }

    /// Waits for something that is sure to happen.
    pub(crate) fn until(&self, what: &str, mut happened: impl FnMut() -> bool) {
        let watch = Stopwatch::start();
        while !happened() {
            assert!(watch.elapsed() < PATIENCE, "{}: {what}: never", self.prefix);
        }
    }

    /// One step: one alert, and the first input taken up to `offset_next`.
    pub(crate) fn commit(&self, shard: u32, offset_next: u64, text: &str) -> Commit {
        let mut ranges = vec![Range::default(); self.inputs.len()];
        ranges[0].offset_next = offset_next;
        Commit {
            shard: ShardId(shard),
            ranges,
            outputs: vec![Output {
                topic: Topic::Alerts,
                tenant: "acme".into(),
                key: "acme/42".into(),
                value: text.as_bytes().to_vec(),
            }],
            journal: text.as_bytes().to_vec(),
            counts: Vec::new(),
        }
    }

    /// Somebody else who writes inputs in transactions.
    pub(crate) fn upstream(&self) -> BaseProducer {
        let mut config = client();
        config.set("transactional.id", format!("{}upstream", self.prefix));
        let producer: BaseProducer = config.create().unwrap();
        producer.init_transactions(PATIENCE).unwrap();
        producer
    }

    pub(crate) fn read_committed(&self, topic: &str) -> Vec<String> {
        self.values(topic, "read_committed")
    }

    pub(crate) fn read_uncommitted(&self, topic: &str) -> Vec<String> {
        self.values(topic, "read_uncommitted")
    }

    /// Sends records, each to its topic and partition.
    pub(crate) fn send_records(&self, records: impl Iterator<Item = (String, u32, Record)>) {
        let producer = producer();
        for (topic, partition, record) in records {
            let mut headers = OwnedHeaders::new();
            for (key, value) in &record.headers {
                let value = Some(value.as_ref());
                headers = headers.insert(Header { key, value });
            }
            let mut sent: BaseRecord<'_, [u8], [u8]> = BaseRecord::to(&topic)
                .partition(i32::try_from(partition).unwrap())
                .payload(record.value.as_ref())
                .headers(headers);
            sent.key = record.key.as_deref();
            sent.timestamp = record.timestamp.map(|time| time.0);
            producer.send(sent).unwrap();
            producer.poll(Duration::ZERO);
        }
        producer.flush(PATIENCE).unwrap();
    }

    /// All values of one partition, in order, as a read-committed reader finds them.
    pub(crate) fn read_partition(&self, topic: &str, partition: u32) -> Vec<String> {
        let records = self.read(topic, "read_committed", partition..partition + 1);
        records.iter().map(|(_, record)| text(record)).collect()
    }

    /// All records of all partitions, as a read-committed reader finds them.
    pub(crate) fn read_records(&self, topic: &str) -> Vec<(u32, Record)> {
        self.read(topic, "read_committed", 0..self.shards)
    }

    /// All values of all partitions, sorted.
    fn values(&self, topic: &str, isolation: &str) -> Vec<String> {
        let records = self.read(topic, isolation, 0..self.shards);
        let mut values: Vec<String> = records.iter().map(|(_, record)| text(record)).collect();
        values.sort();
        values
    }

    fn read(
        &self,
        topic: &str,
        isolation: &str,
        partitions: std::ops::Range<u32>,
    ) -> Vec<(u32, Record)> {
        let reader: BaseConsumer = client()
            .set("group.id", format!("{}reader", self.prefix))
            .set("isolation.level", isolation)
            .set("enable.partition.eof", "true")
            .create()
            .unwrap();
        let mut list = TopicPartitionList::new();
        let count = partitions.len();
        for partition in partitions {
            let partition = i32::try_from(partition).unwrap();
            list.add_partition_offset(topic, partition, Offset::Beginning)
                .unwrap();
        }
        reader.assign(&list).unwrap();
        let (mut records, mut ended) = (Vec::new(), 0);
        while ended < count {
            match reader.poll(PATIENCE) {
                Some(Ok(message)) => {
                    let partition = u32::try_from(message.partition()).unwrap();
                    records.push((partition, record(&message)));
                }
                Some(Err(KafkaError::PartitionEOF(_))) => ended += 1,
                other => panic!("{topic}: {other:?}"),
            }
        }
        records
    }
}

fn text(record: &Record) -> String {
    String::from_utf8_lossy(&record.value).into_owned()
}

fn owned<T: From<Vec<u8>>>(bytes: Option<&[u8]>) -> T {
    bytes.unwrap_or_default().to_vec().into()
}

fn record(message: &BorrowedMessage<'_>) -> Record {
    let headers = message.headers().map_or_else(Vec::new, |headers| {
        let header = |header: Header<'_, &[u8]>| (header.key.to_owned(), owned(header.value));
        headers.iter().map(header).collect()
    });
    Record {
        input: 0,
        offset: u64::try_from(message.offset()).unwrap(),
        timestamp: message.timestamp().to_millis().map(Time),
        key: message.key().map(|key| owned(Some(key))),
        headers,
        value: owned(message.payload()),
    }
}

/// Polls the group once and keeps `owned` up to date.
pub(crate) fn follow(log: &mut KafkaLog, owned: &mut Vec<ShardId>) {
    for change in log.poll(Duration::from_millis(5)).unwrap() {
        match change {
            Change::Assigned(shards) => owned.extend(shards),
            Change::Revoked(shards) | Change::Lost(shards) => {
                owned.retain(|shard| !shards.contains(shard));
            }
            Change::Unusable(why) => panic!("{why}"),
        }
    }
}

/// The admin client answers from a thread of its own; all that is needed is to wait.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    struct Wake(std::thread::Thread);
    impl std::task::Wake for Wake {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Arc::new(Wake(std::thread::current())).into();
    let mut context = std::task::Context::from_waker(&waker);
    let mut future = std::pin::pin!(future);
    loop {
        if let std::task::Poll::Ready(answer) = future.as_mut().poll(&mut context) {
            return answer;
        }
        std::thread::park();
    }
}

fn client() -> ClientConfig {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", broker::broker().address());
    config
}

pub(crate) fn producer() -> BaseProducer {
    client().create().unwrap()
}

pub(crate) fn send(producer: &BaseProducer, topic: &str, partition: i32, value: &str) {
    send_all(producer, topic, partition, &[value.to_owned()]);
}

pub(crate) fn send_all(producer: &BaseProducer, topic: &str, partition: i32, values: &[String]) {
    for value in values {
        let record: BaseRecord<'_, str, str> = BaseRecord::to(topic);
        let record = record.partition(partition).payload(value);
        producer.send(record).unwrap();
    }
    producer.flush(PATIENCE).unwrap();
}

/// A record with everything, and one with nothing.
pub(crate) fn send_full(topic: &str, partition: i32, time: Time) {
    let producer: BaseProducer = client().create().unwrap();
    let headers = OwnedHeaders::new()
        .insert(Header {
            key: "ce_id",
            value: Some("7"),
        })
        .insert(Header {
            key: "empty",
            value: None::<&str>,
        });
    let record = BaseRecord::to(topic)
        .partition(partition)
        .key("acme/42")
        .payload("value")
        .timestamp(time.0)
        .headers(headers);
    producer.send(record).unwrap();
    let nothing: BaseRecord<'_, str, str> = BaseRecord::to(topic).partition(partition);
    producer.send(nothing).unwrap();
    producer.flush(PATIENCE).unwrap();
}

fn admin() -> AdminClient<DefaultClientContext> {
    client().create().unwrap()
}

pub(crate) fn create(topic: &str, partitions: i32) {
    let topic = NewTopic::new(topic, partitions, TopicReplication::Fixed(1));
    let made = block_on(admin().create_topics(&[topic], &AdminOptions::new()));
    made.unwrap().remove(0).unwrap();
}

pub(crate) fn delete_before(topic: &str, partition: i32, offset: i64) {
    let mut list = TopicPartitionList::new();
    list.add_partition_offset(topic, partition, Offset::Offset(offset))
        .unwrap();
    block_on(admin().delete_records(&list, &AdminOptions::new())).unwrap();
}

/// A transaction that has sent a position of the first input's first partition to the group, and
/// was not ended: what a member leaves that is suspended at the wrong moment.
pub(crate) struct Suspended {
    producer: BaseProducer,
    _member: BaseConsumer,
}

impl Suspended {
    pub(crate) fn new(bench: &Bench, position: i64) -> Self {
        let member: BaseConsumer = client()
            .set("group.id", format!("{}group", bench.prefix))
            .create()
            .unwrap();
        let producer: BaseProducer = client()
            .set("transactional.id", format!("{}suspended", bench.prefix))
            .create()
            .unwrap();
        producer.init_transactions(PATIENCE).unwrap();
        producer.begin_transaction().unwrap();
        let mut list = TopicPartitionList::new();
        list.add_partition_offset(&bench.input("usage"), 0, Offset::Offset(position))
            .unwrap();
        // Of no member and no generation, so that the broker takes it as if from the owner.
        let nobody = member.group_metadata().unwrap();
        producer
            .send_offsets_to_transaction(&list, &nobody, PATIENCE)
            .unwrap();
        Self {
            producer,
            _member: member,
        }
    }

    pub(crate) fn commit(&self) {
        self.producer.commit_transaction(PATIENCE).unwrap();
    }
}
