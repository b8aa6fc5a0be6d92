//! Configured settings and rules to the rules log, from which alone the engine takes them.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context;

use super::patience::ask;
use super::rule::{judge, sign};
use super::rules::RuleSet;
use crate::clock::Clock;
use crate::log::{Log, LogError};
use crate::model::{ShardId, Time};
use crate::rules::record::Record;
use crate::rules::{Book, Entry, Publication, RulesEngine, Worth};

/// Who publishes what the configuration says.
pub(super) const AUTHOR: &str = "configuration";

/// Publishes what is missing in the log, modules first, and gives the number of records. What
/// stands there already is not published again. `genesis` says that no shard has a step yet.
pub(super) fn publish(
    log: &mut dyn Log,
    engine: &RulesEngine,
    set: &RuleSet,
    (clock, genesis): (&dyn Clock, bool),
) -> anyhow::Result<usize> {
    let mut book = Book::new(engine.clone());
    let mut records = Vec::new();
    for record in ask(|| log.rules(0))?.0 {
        let entry = Entry {
            offset: record.offset,
            timestamp: record.timestamp,
            value: &record.value,
        };
        book.apply::<LogError>(entry, &mut |digest| log.module(digest))?;
        records.push(Record::from_bytes(&record.value)?);
    }
    warn_of_signers(set, &records, &book);
    let now = clock.now();
    let publication = Publication {
        now,
        genesis,
        by: AUTHOR.to_owned(),
        reason: String::new(),
    };
    for (tenant, rule) in book.overruled(&set.desired, AUTHOR) {
        tracing::warn!(
            tenant,
            rule,
            "not as configured: a person had the last word on it; `puls rule history` says who, \
             `puls rule activate` changes it"
        );
    }
    let mut missing = book.missing(&set.desired, &publication);
    judge_new(engine, set, &missing)?;
    if !missing.is_empty() {
        for bytes in set.modules.values() {
            ask(|| log.publish_module(bytes))?;
        }
        for signatures in set.signatures.values() {
            sign::store(log, signatures)?;
        }
    }
    for record in &mut missing {
        if let Record::Activation(it) = record {
            let signed = set.signed.get(&(it.tenant.clone(), it.digest));
            it.signed = signed.cloned();
        }
        log.publish_rule(&record.to_bytes()?, now)?;
        tracing::info!(tenant = record.tenant(), "published to the rules log");
    }
    Ok(missing.len())
}

/// Warns of what governs although nobody whom its tenant trusts today stands for it. It goes on: a
/// key that is withdrawn brings nothing new in, and a person ends what it brought.
fn warn_of_signers(set: &RuleSet, records: &[Record], book: &Book) {
    let mut standing = BTreeMap::new();
    for record in records {
        match record {
            Record::Activation(it) => {
                standing.insert((it.tenant.as_str(), it.rule.as_str()), it);
            }
            Record::Deactivation(it) => {
                standing.remove(&(it.tenant.as_str(), it.rule.as_str()));
            }
            Record::Settings(_) | Record::SetAside(_) => {}
        }
    }
    for ((tenant, rule), activation) in standing {
        let Some(trust) = set.trust.get(tenant) else {
            continue;
        };
        let rules = book.tenant(tenant).map(|book| &book.epoch(Time::MAX).rules);
        let mut rules = rules.into_iter().flatten();
        if !rules.any(|it| *it.name == *rule && it.digest == activation.digest) {
            continue;
        }
        let worth = activation
            .signed
            .as_ref()
            .map(|signed| trust.worth(activation.digest, signed));
        let what = match worth {
            Some(Worth::Trusted) => continue,
            None if trust.takes_unsigned => continue,
            None => "was activated without a signature, which its tenant refuses today",
            Some(Worth::Withdrawn) => "was signed with a key that its tenant does not trust today",
            Some(Worth::Forged) => "has a signature in the rules log that does not fit",
        };
        tracing::warn!(
            tenant,
            rule,
            "governs on, but {what}; `puls rule history` says who signed, sign it with a trusted \
             key and push and activate it again, or deactivate it"
        );
    }
}

/// Refuses what the configuration would let govern for the first time, where it must not.
fn judge_new(engine: &RulesEngine, set: &RuleSet, missing: &[Record]) -> anyhow::Result<()> {
    let mut judged = BTreeSet::new();
    for record in missing {
        let Record::Activation(it) = record else {
            continue;
        };
        let settings = set.desired.tenants.get(&it.tenant).map(|it| &it.settings);
        let (Some(bytes), Some(settings)) = (set.modules.get(&it.digest), settings) else {
            continue;
        };
        if judged.insert((it.tenant.clone(), it.digest)) {
            let context = || format!("rule {} of tenant {}", it.rule, it.tenant);
            let refusals = judge::refusals(engine, bytes, settings)?;
            judge::ensure_none(&refusals).with_context(context)?;
        }
    }
    Ok(())
}

/// Whether no shard has a step yet.
pub(super) fn is_genesis(log: &mut dyn Log, shards: u32) -> anyhow::Result<bool> {
    for shard in (0..shards).map(ShardId) {
        // Where there is no snapshot, the journal is short.
        let has_snapshot = ask(|| log.snapshot(shard))?.is_some();
        if has_snapshot || !ask(|| log.journal(shard, 0))?.is_empty() {
            return Ok(false);
        }
    }
    Ok(true)
}
