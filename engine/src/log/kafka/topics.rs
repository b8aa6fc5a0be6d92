//! The topics that Puls needs: their settings and reasons, making them, checking them.
//!
//! Checking is done at every start; making is a person's command. Nothing here deletes or alters
//! a topic that exists.

use rdkafka::admin::{
    AdminClient, AdminOptions, ConfigResource, NewTopic, ResourceSpecifier, TopicReplication,
};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::RDKafkaErrorCode;
use rdkafka::metadata::Metadata;

use super::client::{ASK, Quiet};
use super::settings::KafkaSettings;
use crate::limits::KAFKA_MESSAGE_BYTES_MAX;
use crate::log::LogError;
use crate::model::Topic;

/// A topic as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicPlan {
    /// Its name.
    pub name: String,
    /// What it is for, in a few words.
    pub purpose: String,
    /// Number of partitions.
    pub partitions: u32,
    /// Number of replicas; −1 leaves it to the broker.
    pub replication: i32,
    /// Settings and values. Those of an input are for making it; others may have their own.
    pub settings: Vec<(&'static str, String)>,
    /// Its part in the whole.
    pub role: TopicRole,
}

/// A topic's part in the whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TopicRole {
    /// Others write it and shards read it: partition p is shard p's.
    Input,
    /// Others write it and one member re-keys it: any number of partitions.
    Source,
    /// Ours, a partition a shard.
    Sharded,
    /// Ours, a partition a shard, read again by recovery and replay: nothing may be deleted.
    Kept,
    /// Ours, one partition that all shards read, of which nothing may be deleted.
    Single,
}

/// What there is of a topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicStatus {
    /// As it should be.
    pub plan: TopicPlan,
    /// Number of partitions found; `None` if there is no such topic.
    pub partitions: Option<u32>,
    /// What keeps Puls from running; empty if nothing does.
    pub problems: Vec<String>,
}

type Settings = &'static [(&'static str, &'static str)];
/// Never deleted.
const KEPT: Settings = &[
    ("cleanup.policy", "delete"),
    ("retention.ms", "-1"),
    ("retention.bytes", "-1"),
];
/// The latest of each key stays.
const COMPACTED: Settings = &[("cleanup.policy", "compact"), ("retention.ms", "-1")];
/// Compacted; chunks carry no time of their own, and the lag lets a reader finish the old one.
const SNAPSHOT_SETTINGS: Settings = &[
    ("cleanup.policy", "compact"),
    ("message.timestamp.type", "LogAppendTime"),
    ("min.compaction.lag.ms", "600000"),
    ("min.cleanable.dirty.ratio", "0.1"),
    ("delete.retention.ms", "600000"),
];

/// All topics of these settings, inputs first.
#[must_use]
pub fn topics_plan(settings: &KafkaSettings) -> Vec<TopicPlan> {
    let plan = |name: String, purpose: &str, settings_of: &[(&'static str, &str)]| TopicPlan {
        name,
        purpose: purpose.to_owned(),
        partitions: settings.partitions,
        replication: settings.replication,
        settings: settings_of
            .iter()
            .map(|(name, value)| (*name, (*value).to_owned()))
            .collect(),
        role: TopicRole::Sharded,
    };
    let large = KAFKA_MESSAGE_BYTES_MAX.to_string();
    let kept_large = &[KEPT, &[("max.message.bytes", large.as_str())]].concat();
    let mut plans = Vec::new();
    for input in &settings.inputs {
        plans.push(TopicPlan {
            role: if input.rekey {
                TopicRole::Source
            } else {
                TopicRole::Input
            },
            ..plan(input.topic.clone(), &format!("input {}", input.name), KEPT)
        });
        if input.rekey {
            let purpose = format!("input {}, keyed by account", input.name);
            plans.push(TopicPlan {
                role: TopicRole::Kept,
                ..plan(settings.shard_topic(input), &purpose, kept_large)
            });
        }
    }
    for topic in Topic::ALL {
        let settings_of = match topic {
            Topic::Scores | Topic::Shadow => COMPACTED,
            // A dead letter carries the raw bytes of what could not be used, encoded.
            Topic::DeadLetters => kept_large,
            Topic::Alerts | Topic::Triggers => KEPT,
        };
        plans.push(plan(
            settings.output_topic(topic),
            topic.as_str(),
            settings_of,
        ));
    }
    plans.push(TopicPlan {
        role: TopicRole::Kept,
        ..plan(settings.own_topic(JOURNAL), "the shards' steps", kept_large)
    });
    plans.push(TopicPlan {
        role: TopicRole::Kept,
        ..plan(
            settings.own_topic(COUNTS),
            "what shards count for each other",
            kept_large,
        )
    });
    plans.push(plan(
        settings.own_topic(SNAPSHOTS),
        "the shards' states",
        SNAPSHOT_SETTINGS,
    ));
    for (name, purpose) in [(RULES, "rules and settings"), (MODULES, "rule modules")] {
        plans.push(TopicPlan {
            partitions: 1,
            role: TopicRole::Single,
            ..plan(settings.own_topic(name), purpose, kept_large)
        });
    }
    plans
}

/// Name of the journal topic, behind the prefix.
pub(super) const JOURNAL: &str = "journal";
/// Name of the counts topic, behind the prefix.
pub(super) const COUNTS: &str = "counts";
/// Name of the snapshots topic, behind the prefix.
pub(super) const SNAPSHOTS: &str = "snapshots";
/// Name of the rules topic, behind the prefix.
pub(super) const RULES: &str = "rules";
/// Name of the modules topic, behind the prefix.
pub(super) const MODULES: &str = "modules";

/// Makes the topics that are missing; gives the names of those it made.
///
/// # Errors
/// Where the brokers cannot be asked or refuse.
pub fn create_topics(settings: &KafkaSettings) -> Result<Vec<String>, LogError> {
    let plans = topics_plan(settings);
    let topics: Vec<NewTopic<'_>> = plans
        .iter()
        .map(|plan| {
            let partitions = i32::try_from(plan.partitions).unwrap_or(i32::MAX);
            let replication = TopicReplication::Fixed(plan.replication);
            plan.settings.iter().fold(
                NewTopic::new(&plan.name, partitions, replication),
                |topic, (name, value)| topic.set(name, value),
            )
        })
        .collect();
    // The admin client would wait for brokers as long as they are away.
    brokers(settings)?;
    let client = admin(settings)?;
    let options = AdminOptions::new().operation_timeout(Some(ASK));
    let results = wait(client.create_topics(&topics, &options))?
        .map_err(|error| LogError::Retry(format!("make topics: {error}")))?;
    let mut made = Vec::new();
    let mut problems = Vec::new();
    for result in results {
        match result {
            Ok(name) => made.push(name),
            Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
            Err((name, error)) => problems.push(format!("make topic {name}: {error}")),
        }
    }
    if problems.is_empty() {
        Ok(made)
    } else {
        Err(LogError::Stop(problems.join("\n")))
    }
}

/// Compares the topics there are with those that there should be.
///
/// # Errors
/// Where the brokers cannot be asked.
pub fn check_topics(settings: &KafkaSettings) -> Result<Vec<TopicStatus>, LogError> {
    let metadata = brokers(settings)?;
    let mut plans = topics_plan(settings);
    let found = |name: &str| {
        let topic = metadata
            .topics()
            .iter()
            .find(|topic| topic.name() == name)?;
        u32::try_from(topic.partitions().len()).ok()
    };
    // Shards are as many as the first topic that exists has partitions; where none does, as the
    // settings say.
    let is_counted =
        |plan: &&TopicPlan| !matches!(plan.role, TopicRole::Source | TopicRole::Single);
    let counted = plans.iter().filter(is_counted);
    if let Some(shards) = counted.filter_map(|plan| found(&plan.name)).next() {
        for plan in plans.iter_mut().filter(|plan| is_counted(&&**plan)) {
            plan.partitions = shards;
        }
    }
    let existing: Vec<&str> = plans
        .iter()
        .filter(|plan| found(&plan.name).is_some())
        .map(|plan| plan.name.as_str())
        .collect();
    let configured = describe(settings, &existing)?;
    let status = |plan: TopicPlan| {
        let partitions = found(&plan.name);
        let config = configured.iter().find(|config| {
            matches!(&config.specifier,
                rdkafka::admin::OwnedResourceSpecifier::Topic(name) if *name == plan.name)
        });
        TopicStatus {
            problems: problems(&plan, partitions, config),
            partitions,
            plan,
        }
    };
    Ok(plans.into_iter().map(status).collect())
}

/// What the brokers say of themselves and all topics.
fn brokers(settings: &KafkaSettings) -> Result<Metadata, LogError> {
    let consumer: BaseConsumer<Quiet> = settings
        .admin()
        .create_with_context(Quiet)
        .map_err(|error| LogError::Stop(format!("open a client: {error}")))?;
    consumer.fetch_metadata(None, ASK).map_err(|error| {
        LogError::Retry(format!(
            "kafka.brokers: expected an answer from {} within {} seconds, found: {error}. Are the \
             brokers running, and can they be reached from here?",
            settings.brokers,
            ASK.as_secs()
        ))
    })
}

/// Number of shards, once all topics are as they must be.
///
/// # Errors
/// Where the brokers do not answer, or with all that is wrong with the topics.
pub fn count_shards(settings: &KafkaSettings) -> Result<u32, LogError> {
    let found = check_topics(settings)?;
    let problems: Vec<&str> = found
        .iter()
        .flat_map(|status| &status.problems)
        .map(String::as_str)
        .collect();
    if !problems.is_empty() {
        return Err(LogError::Stop(problems.join("\n")));
    }
    let sharded = found
        .iter()
        .find(|status| status.plan.role == TopicRole::Sharded);
    Ok(sharded.and_then(|status| status.partitions).unwrap_or(0))
}

fn problems(
    plan: &TopicPlan,
    partitions: Option<u32>,
    config: Option<&ConfigResource>,
) -> Vec<String> {
    let Some(partitions) = partitions else {
        return vec![format!(
            "{}: expected a topic with {} partitions, found none; `puls topics create` makes it",
            plan.name, plan.partitions
        )];
    };
    let mut problems = Vec::new();
    if partitions != plan.partitions && plan.role != TopicRole::Source {
        problems.push(format!(
            "{}: expected {} partitions, as the others have, found {partitions}. A shard is the \
             same partition of all of them",
            plan.name, plan.partitions
        ));
    }
    if matches!(plan.role, TopicRole::Input | TopicRole::Source) {
        return problems;
    }
    let is_kept = matches!(plan.role, TopicRole::Kept | TopicRole::Single);
    for (name, expected) in &plan.settings {
        let value = config.and_then(|config| config.get(name));
        let value = value.and_then(|entry| entry.value.as_deref());
        let is_enough = value.is_none_or(|value| match *name {
            "cleanup.policy" | "message.timestamp.type" => value == expected,
            "retention.ms" | "retention.bytes" => value == "-1" || !is_kept,
            "max.message.bytes" => value.parse::<usize>().is_ok_and(|v| {
                expected
                    .parse::<usize>()
                    .is_ok_and(|expected| v >= expected)
            }),
            _ => true,
        });
        if !is_enough {
            problems.push(format!(
                "{}: expected {name}={expected}, found {}",
                plan.name,
                value.unwrap_or("nothing")
            ));
        }
    }
    problems
}

fn describe(settings: &KafkaSettings, topics: &[&str]) -> Result<Vec<ConfigResource>, LogError> {
    if topics.is_empty() {
        return Ok(Vec::new());
    }
    let client = admin(settings)?;
    let asked: Vec<_> = topics
        .iter()
        .map(|name| ResourceSpecifier::Topic(name))
        .collect();
    let options = AdminOptions::new().request_timeout(Some(ASK));
    let answers = wait(client.describe_configs(&asked, &options))?
        .map_err(|error| LogError::Retry(format!("ask for topics' settings: {error}")))?;
    answers
        .into_iter()
        .map(|answer| {
            answer.map_err(|error| LogError::Retry(format!("ask for a topic's settings: {error}")))
        })
        .collect()
}

fn admin(settings: &KafkaSettings) -> Result<AdminClient<DefaultClientContext>, LogError> {
    settings
        .admin()
        .create()
        .map_err(|error| LogError::Stop(format!("open a client: {error}")))
}

fn wait<T>(answer: impl Future<Output = T>) -> Result<T, LogError> {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    let runtime = runtime.map_err(|error| LogError::Stop(format!("wait for brokers: {error}")))?;
    Ok(runtime.block_on(answer))
}

#[cfg(test)]
mod tests {
    use super::super::settings::{KafkaInput, KafkaSettings};
    use super::{problems, topics_plan};

    fn settings() -> KafkaSettings {
        let mut settings = KafkaSettings::new("127.0.0.1:1");
        let input = |name: &str, rekey| KafkaInput {
            name: name.into(),
            topic: format!("crm.{name}"),
            rekey,
        };
        settings.inputs = vec![input("usage", false), input("tickets", true)];
        settings.partitions = 3;
        settings
    }

    #[test]
    fn every_topic_is_planned_with_its_partitions() {
        let plans = topics_plan(&settings());
        let found: Vec<_> = plans
            .iter()
            .map(|plan| (plan.name.as_str(), plan.partitions))
            .collect();
        assert_eq!(
            found,
            [
                ("crm.usage", 3),
                ("crm.tickets", 3),
                ("puls.rekey.tickets", 3),
                ("puls.dead-letters", 3),
                ("puls.scores", 3),
                ("puls.alerts", 3),
                ("puls.triggers", 3),
                ("puls.shadow", 3),
                ("puls.journal", 3),
                ("puls.counts", 3),
                ("puls.snapshots", 3),
                ("puls.rules", 1),
                ("puls.modules", 1),
            ]
        );
    }

    #[test]
    fn a_missing_topic_and_another_count_are_problems() {
        let plans = topics_plan(&settings());
        assert_eq!(
            problems(&plans[0], None, None),
            [
                "crm.usage: expected a topic with 3 partitions, found none; \
              `puls topics create` makes it"
            ]
        );
        assert_eq!(problems(&plans[0], Some(4), None).len(), 1);
        assert_eq!(problems(&plans[1], Some(4), None), [""; 0]);
    }
}
