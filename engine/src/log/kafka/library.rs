//! The rules topic and the modules topic: read whole by every shard, written by whoever publishes.
//!
//! Both have one partition and are written outside transactions. Rules are kept in memory as read;
//! of modules only the offsets are, and a module is read again when it is asked for. Under a digest
//! the first record counts whose bytes have it, so that one that came to harm is mended by another
//! push. The signatures of a module stand in its topic too, under its digest with `.sig` behind it;
//! the last ones count.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::time::Duration;

use bytes::Bytes;
use rdkafka::Message;
use rdkafka::producer::{BaseProducer, Producer};

use super::client::retry;
use super::settings::KafkaSettings;
use super::tail::Tail;
use super::topics::{MODULES, RULES};
use super::transaction::{Obstacle, Reports, Sending, send};
use crate::log::{LogError, RulesRecord};
use crate::model::{Digest, Time, content_digest};

/// Behind a module's digest in the key of its signatures.
const SIGNATURES: &str = ".sig";

/// Rules and modules, as far as they were read.
pub(super) struct Library {
    settings: KafkaSettings,
    rules_topic: String,
    modules_topic: String,
    rules: Vec<RulesRecord>,
    rules_next: u64,
    modules: Modules,
    signatures: BTreeMap<Digest, Bytes>,
    modules_next: u64,
    /// Opened when something is first published; most members never do.
    publisher: Option<BaseProducer<Reports>>,
}

/// Where modules stand.
#[derive(Debug, Default)]
struct Modules {
    /// Offsets of the first record of each whose bytes have the digest.
    sound: BTreeMap<Digest, u64>,
    /// Offsets of the last record of each whose bytes have another.
    unsound: BTreeMap<Digest, u64>,
}

impl Modules {
    fn take(&mut self, digest: Digest, offset: u64, bytes: &[u8]) {
        if content_digest(bytes) == digest {
            self.sound.entry(digest).or_insert(offset);
        } else {
            self.unsound.insert(digest, offset);
        }
    }

    /// Where a module stands, or what is found in its place.
    fn find(&self, digest: Digest) -> Result<u64, String> {
        let sound = self.sound.get(&digest).copied();
        sound.ok_or_else(|| match self.unsound.get(&digest) {
            Some(offset) => format!("other bytes at offset {offset}; push the rule again"),
            None => "none".to_owned(),
        })
    }
}

impl Library {
    pub(super) fn new(settings: &KafkaSettings) -> Self {
        Self {
            settings: settings.clone(),
            rules_topic: settings.own_topic(RULES),
            modules_topic: settings.own_topic(MODULES),
            rules: Vec::new(),
            rules_next: 0,
            modules: Modules::default(),
            signatures: BTreeMap::new(),
            modules_next: 0,
            publisher: None,
        }
    }

    /// See [`crate::log::Log::rules`].
    pub(super) fn rules(
        &mut self,
        tail: &Tail,
        offset_from: u64,
    ) -> Result<(Vec<RulesRecord>, u64), LogError> {
        let mut read = Vec::new();
        let next = tail.scan(&self.rules_topic, 0, self.rules_next, &mut |message| {
            read.push(RulesRecord {
                offset: u64::try_from(message.offset()).unwrap_or(0),
                timestamp: Time(message.timestamp().to_millis().unwrap_or(0)),
                value: Bytes::copy_from_slice(message.payload().unwrap_or(&[])),
            });
            Ok(ControlFlow::Continue(()))
        })?;
        // Only now: a reading that breaks off is repeated whole.
        self.rules.append(&mut read);
        self.rules_next = next;
        let known = |record: &RulesRecord| record.offset < offset_from;
        let unread = self.rules.get(self.rules.partition_point(known)..);
        Ok((unread.unwrap_or(&[]).to_vec(), next))
    }

    /// See [`crate::log::Log::module`].
    pub(super) fn module(&mut self, tail: &Tail, digest: Digest) -> Result<Bytes, LogError> {
        if !self.modules.sound.contains_key(&digest) {
            self.look_for_modules(tail)?;
        }
        let topic = &self.modules_topic;
        let missing = |found: String| {
            LogError::Stop(format!("{topic}: expected module {digest}, found {found}"))
        };
        let offset = self.modules.find(digest).map_err(missing)?;
        let mut found = None;
        tail.scan(topic, 0, offset, &mut |message| {
            found = message.payload().map(Bytes::copy_from_slice);
            Ok(ControlFlow::Break(()))
        })?;
        let bytes = found.ok_or_else(|| missing("none".to_owned()))?;
        let real = content_digest(&bytes);
        if real == digest {
            return Ok(bytes);
        }
        Err(LogError::Stop(format!(
            "{topic}, offset {offset}: expected module {digest}, found {real}"
        )))
    }

    /// See [`crate::log::Log::modules`].
    pub(super) fn modules(&mut self, tail: &Tail) -> Result<Vec<Digest>, LogError> {
        self.look_for_modules(tail)?;
        Ok(self.modules.sound.keys().copied().collect())
    }

    /// See [`crate::log::Log::publish_rule`].
    pub(super) fn publish_rule(&mut self, value: &[u8], now: Time) -> Result<u64, LogError> {
        let topic = self.rules_topic.clone();
        self.publish(&Sending {
            topic: &topic,
            partition: 0,
            key: None,
            value: Some(value),
            timestamp: Some(now),
            headers: &[],
        })
    }

    /// See [`crate::log::Log::publish_module`].
    pub(super) fn publish_module(&mut self, tail: &Tail, bytes: &[u8]) -> Result<Digest, LogError> {
        let digest = content_digest(bytes);
        self.look_for_modules(tail)?;
        if self.modules.sound.contains_key(&digest) {
            return Ok(digest);
        }
        let topic = self.modules_topic.clone();
        let offset = self.publish(&Sending {
            topic: &topic,
            partition: 0,
            key: Some(digest.to_string().as_bytes()),
            value: Some(bytes),
            timestamp: None,
            headers: &[],
        })?;
        self.modules.take(digest, offset, bytes);
        Ok(digest)
    }

    /// See [`crate::log::Log::signatures`].
    pub(super) fn signatures(
        &mut self,
        tail: &Tail,
        digest: Digest,
    ) -> Result<Option<Bytes>, LogError> {
        self.look_for_modules(tail)?;
        Ok(self.signatures.get(&digest).cloned())
    }

    /// See [`crate::log::Log::publish_signatures`].
    pub(super) fn publish_signatures(
        &mut self,
        digest: Digest,
        bytes: &[u8],
    ) -> Result<(), LogError> {
        let topic = self.modules_topic.clone();
        self.publish(&Sending {
            topic: &topic,
            partition: 0,
            key: Some(format!("{digest}{SIGNATURES}").as_bytes()),
            value: Some(bytes),
            timestamp: None,
            headers: &[],
        })?;
        Ok(())
    }

    /// Reads the keys of modules, and the signatures, that were published since the last look.
    fn look_for_modules(&mut self, tail: &Tail) -> Result<(), LogError> {
        let (modules, signatures) = (&mut self.modules, &mut self.signatures);
        self.modules_next =
            tail.scan(&self.modules_topic, 0, self.modules_next, &mut |message| {
                let key = message.key().and_then(|key| std::str::from_utf8(key).ok());
                let signed = key.and_then(|key| key.strip_suffix(SIGNATURES));
                let bytes = message.payload().unwrap_or(&[]);
                if let Some(digest) = signed.and_then(Digest::parse) {
                    signatures.insert(digest, Bytes::copy_from_slice(bytes));
                } else if let Some(digest) = key.and_then(Digest::parse) {
                    let offset = u64::try_from(message.offset()).unwrap_or(0);
                    modules.take(digest, offset, bytes);
                }
                Ok(ControlFlow::Continue(()))
            })?;
        Ok(())
    }

    fn publish(&mut self, message: &Sending<'_>) -> Result<u64, LogError> {
        let publisher = match self.publisher.take() {
            Some(publisher) => publisher,
            None => self
                .settings
                .publisher()
                .create_with_context(Reports::default())
                .map_err(|error| retry("open the producer of rules", &error))?,
        };
        let outcome = publish(&publisher, message);
        self.publisher = Some(publisher);
        outcome
    }
}

fn publish(publisher: &BaseProducer<Reports>, message: &Sending<'_>) -> Result<u64, LogError> {
    send(publisher, message).map_err(|obstacle| match obstacle {
        Obstacle::Retry(why) | Obstacle::Abort(why) => LogError::Retry(why),
        Obstacle::Fenced(why) | Obstacle::Stop(why) => LogError::Stop(why),
    })?;
    while publisher.in_flight_count() > 0 {
        publisher.poll(Duration::from_millis(1));
    }
    if let Some(why) = publisher.context().take() {
        return Err(LogError::Retry(why));
    }
    let offset = publisher.context().offset();
    offset.ok_or_else(|| LogError::Retry(format!("{}: no answer", message.topic)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_record_counts_whose_bytes_have_the_digest() {
        let digest = content_digest(b"module");
        // The records under the digest, and what is found.
        let cases: [(&[&str], Result<u64, &str>); 5] = [
            (&[], Err("none")),
            (&["module", "module"], Ok(0)),
            (
                &["modul"],
                Err("other bytes at offset 0; push the rule again"),
            ),
            (&["", "modul", "module", "module"], Ok(2)),
            (&["module", "modul"], Ok(0)),
        ];
        for (records, expected) in cases {
            let mut modules = Modules::default();
            for (offset, bytes) in (0..).zip(records) {
                modules.take(digest, offset, bytes.as_bytes());
            }
            let found = modules.find(digest);
            assert_eq!(found, expected.map_err(str::to_owned), "{records:?}");
        }
    }
}
