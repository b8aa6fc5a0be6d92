//! What the `[kafka]` table says, the names that follow from it, and the clients' properties.
//!
//! Properties that exactly-once rests on are set here and cannot be overridden.

use std::collections::BTreeMap;

use rdkafka::ClientConfig;
use rdkafka::config::RDKafkaLogLevel;
use serde::Deserialize;

use crate::limits::{KAFKA_MESSAGE_BYTES_MAX, TRANSACTION_TIMEOUT_MS};
use crate::model::Topic;

/// The `[kafka]` table.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KafkaSettings {
    /// Where to begin: `host:port,host:port`.
    pub brokers: String,
    /// The consumer group whose members share the shards.
    #[serde(default = "default_group")]
    pub group: String,
    /// What the names of Puls's own topics begin with.
    #[serde(default = "default_prefix")]
    pub prefix: String,
    /// Name of this instance among the members of the group: its transactional id follows from
    /// it, so that an instance that comes back ends at once what it left open. Default: the
    /// machine's name. Two instances on one machine need a name each.
    #[serde(default)]
    pub instance: Option<String>,
    /// Whether this instance keeps its shards while it is away for less than the session timeout
    /// (`session.timeout.ms`). Good for rolling restarts; its shards then wait that long for a new
    /// owner when it is gone for good, also after an orderly stop.
    #[serde(default)]
    pub static_member: bool,
    /// Partitions that `puls topics create` gives to inputs and outputs: the number of shards.
    #[serde(default = "default_partitions")]
    pub partitions: u32,
    /// Replicas that `puls topics create` asks for; −1 leaves it to the broker.
    #[serde(default = "default_replication")]
    pub replication: i32,
    /// Further properties of librdkafka, for every client (security, timeouts, batch sizes).
    #[serde(default)]
    pub properties: BTreeMap<String, String>,
    /// The topic of each input, in the order of the configuration's inputs; filled in from there.
    #[serde(skip)]
    pub inputs: Vec<KafkaInput>,
}

/// Where an input lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KafkaInput {
    /// The input's name.
    pub name: String,
    /// The topic that others write.
    pub topic: String,
    /// Whether the topic is not keyed by `tenant/account` and passes an internal one first.
    pub rekey: bool,
}

fn default_group() -> String {
    "puls".to_owned()
}

fn default_prefix() -> String {
    "puls.".to_owned()
}

const fn default_partitions() -> u32 {
    12
}

const fn default_replication() -> i32 {
    -1
}

/// Properties that are set by Puls: another value would break what it promises.
const OURS: [&str; 12] = [
    "auto.offset.reset",
    "bootstrap.servers",
    "enable.auto.commit",
    "enable.auto.offset.store",
    "enable.idempotence",
    "enable.partition.eof",
    "group.id",
    "group.instance.id",
    "group.protocol",
    "isolation.level",
    "partition.assignment.strategy",
    "transactional.id",
];

impl KafkaSettings {
    /// Settings with their defaults.
    #[must_use]
    pub fn new(brokers: &str) -> Self {
        Self {
            brokers: brokers.to_owned(),
            group: default_group(),
            prefix: default_prefix(),
            instance: None,
            static_member: false,
            partitions: default_partitions(),
            replication: default_replication(),
            properties: BTreeMap::new(),
            inputs: Vec::new(),
        }
    }

    /// What is wrong with the settings by themselves, without asking a broker.
    #[must_use]
    pub fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if self.brokers.trim().is_empty() {
            problems.push("kafka.brokers: expected host:port, found nothing".to_owned());
        }
        if self.group.is_empty() {
            problems.push("kafka.group: expected a name, found nothing".to_owned());
        }
        if self.partitions == 0 || i32::try_from(self.partitions).is_err() {
            problems.push(format!(
                "kafka.partitions: expected 1 to 2147483647, found {}",
                self.partitions
            ));
        }
        for name in self.properties.keys() {
            if OURS.contains(&name.as_str()) {
                problems.push(format!(
                    "kafka.properties: {name} is set by Puls and cannot be changed; remove it"
                ));
            } else if let Err(error) = ClientConfig::new().set(name, "").create_native_config()
                && error.to_string().contains("No such configuration property")
            {
                problems.push(format!(
                    "kafka.properties: {name} is no property of librdkafka"
                ));
            }
        }
        problems
    }

    /// This instance's name.
    #[must_use]
    pub fn instance(&self) -> String {
        self.instance.clone().unwrap_or_else(machine_name)
    }

    /// A topic of Puls's own.
    #[must_use]
    pub fn own_topic(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    /// The topic of an output.
    #[must_use]
    pub fn output_topic(&self, topic: Topic) -> String {
        self.own_topic(topic.as_str())
    }

    /// The topic that a shard reads for an input: the internal one where it is re-keyed.
    #[must_use]
    pub fn shard_topic(&self, input: &KafkaInput) -> String {
        if input.rekey {
            self.own_topic(&format!("rekey.{}", input.name))
        } else {
            input.topic.clone()
        }
    }

    fn client(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        for (name, value) in &self.properties {
            config.set(name, value);
        }
        config.set("bootstrap.servers", &self.brokers);
        config.set_log_level(RDKafkaLogLevel::Warning);
        config
    }

    /// A client for questions and for the administration of topics.
    #[must_use]
    pub fn admin(&self) -> ClientConfig {
        self.client()
    }

    fn consumer(&self) -> ClientConfig {
        let mut config = self.client();
        config
            .set("group.id", &self.group)
            .set("enable.auto.commit", "false")
            .set("enable.auto.offset.store", "false")
            .set("isolation.level", "read_committed")
            // Out of range is a person's to decide; a reset would lose or repeat in silence.
            .set("auto.offset.reset", "error");
        config
    }

    /// The member of the group: it is assigned shards and reads nothing.
    #[must_use]
    pub(super) fn member(&self) -> ClientConfig {
        let mut config = self.consumer();
        config
            // The protocol in which librdkafka 2.12 has no fatal error on a long poll.
            .set("group.protocol", "classic")
            // The one assignor that gives partition p of all topics to one member.
            .set("partition.assignment.strategy", "range");
        if self.static_member {
            config.set("group.instance.id", self.instance());
        }
        config
    }

    /// The reader of inputs: positions are given to it, it never joins the group.
    #[must_use]
    pub(super) fn reader(&self) -> ClientConfig {
        let mut config = self.consumer();
        let mut default = |name: &str, value: &str| {
            if !self.properties.contains_key(name) {
                config.set(name, value);
            }
        };
        // The default is a second: a reader that was once full would stall that long.
        default("fetch.queue.backoff.ms", "2");
        // A partition that is added waits for the fetch that is under way; the default is half a
        // second.
        default("fetch.wait.max.ms", "50");
        // Counted per partition, since each has a queue of its own.
        default("queued.max.messages.kbytes", "4096");
        default("queued.min.messages", "20000");
        config
    }

    /// The reader of whole internal topics.
    #[must_use]
    pub(super) fn tail(&self) -> ClientConfig {
        let mut config = self.consumer();
        config
            .set("enable.partition.eof", "true")
            // The end shows by an empty answer; this is how long a broker holds one back.
            .set("fetch.wait.max.ms", "5");
        config
    }

    fn producer(&self) -> ClientConfig {
        let mut config = self.client();
        let mut default = |name: &str, value: &str| {
            if !self.properties.contains_key(name) {
                config.set(name, value);
            }
        };
        // A transaction is sent in one burst, and its end waits for the last message.
        default("linger.ms", "1");
        default("compression.type", "zstd");
        config
            .set("enable.idempotence", "true")
            // What Java's clients do; librdkafka's own default puts keys elsewhere.
            .set("partitioner", "murmur2_random")
            .set("message.max.bytes", KAFKA_MESSAGE_BYTES_MAX.to_string());
        config
    }

    /// The producer whose transactions carry steps.
    #[must_use]
    pub(super) fn transactional(&self) -> ClientConfig {
        let mut config = self.producer();
        let id = format!("{}-{}", self.group, self.instance());
        config.set("transactional.id", id);
        if !self.properties.contains_key("transaction.timeout.ms") {
            config.set("transaction.timeout.ms", TRANSACTION_TIMEOUT_MS.to_string());
        }
        config
    }

    /// The producer of rules and modules, which are published outside transactions.
    #[must_use]
    pub(super) fn publisher(&self) -> ClientConfig {
        self.producer()
    }
}

/// The machine's name, or `puls` where it has none.
fn machine_name() -> String {
    std::env::var("HOSTNAME")
        .ok()
        .or_else(|| std::fs::read_to_string("/proc/sys/kernel/hostname").ok())
        .map(|name| name.trim().to_owned())
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| "puls".to_owned())
}

#[cfg(test)]
mod tests {
    use super::KafkaSettings;

    #[test]
    fn problems_are_reported_all_at_once() {
        let mut settings = KafkaSettings::new(" ");
        settings.partitions = 0;
        for (name, value) in [
            ("isolation.level", "read_uncommitted"),
            ("seesion.timeout.ms", "10"),
            ("session.timeout.ms", "6000"),
        ] {
            settings.properties.insert(name.into(), value.into());
        }
        assert_eq!(
            settings.problems(),
            [
                "kafka.brokers: expected host:port, found nothing",
                "kafka.partitions: expected 1 to 2147483647, found 0",
                "kafka.properties: isolation.level is set by Puls and cannot be changed; remove it",
                "kafka.properties: seesion.timeout.ms is no property of librdkafka",
            ]
        );
    }

    #[test]
    fn what_a_promise_rests_on_stands() {
        let mut settings = KafkaSettings::new("127.0.0.1:1");
        settings.instance = Some("a".into());
        settings
            .properties
            .insert("enable.auto.commit".into(), "true".into());
        settings.properties.insert("linger.ms".into(), "7".into());
        assert_eq!(settings.member().get("enable.auto.commit"), Some("false"));
        let producer = settings.transactional();
        assert_eq!(producer.get("partitioner"), Some("murmur2_random"));
        assert_eq!(producer.get("transactional.id"), Some("puls-a"));
        assert_eq!(producer.get("linger.ms"), Some("7"));
    }
}
