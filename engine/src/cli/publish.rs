//! Configured settings and rules to the rules log, from which alone the engine takes them.

use std::collections::BTreeSet;

use anyhow::Context;

use super::patience::ask;
use super::rule::judge;
use super::rules::RuleSet;
use crate::clock::Clock;
use crate::log::{Log, LogError};
use crate::model::ShardId;
use crate::rules::record::Record;
use crate::rules::{Book, Entry, Publication, RulesEngine};

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
    for record in ask(|| log.rules(0))?.0 {
        let entry = Entry {
            offset: record.offset,
            timestamp: record.timestamp,
            value: &record.value,
        };
        book.apply::<LogError>(entry, &mut |digest| log.module(digest))?;
    }
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
    let missing = book.missing(&set.desired, &publication);
    judge_new(engine, set, &missing)?;
    if !missing.is_empty() {
        for bytes in set.modules.values() {
            ask(|| log.publish_module(bytes))?;
        }
    }
    for record in &missing {
        log.publish_rule(&record.to_bytes()?, now)?;
        tracing::info!(tenant = record.tenant(), "published to the rules log");
    }
    Ok(missing.len())
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
