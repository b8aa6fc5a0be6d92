//! The rules log and the modules behind it, as a person's command reads and writes them.
//!
//! Reads all records at once; what a run beside it adds later is not seen. Publishes records one by
//! one and never changes one that stands.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use anyhow::Context;
use bytes::Bytes;

use super::judge;
use super::pick::Known;
use super::sign;
use crate::cli::patience::ask;
use crate::cli::publish::AUTHOR;
use crate::cli::session::complain;
use crate::config::{Config, none_of};
use crate::features::Selection;
use crate::log::files::{DataFolder, FileLog};
use crate::log::kafka::KafkaLog;
use crate::log::{Log, LogError, Route};
use crate::model::{Digest, Record as Input, Settings, ShardId, Time, content_digest};
use crate::rules::record::{Activation, Record, RuleRole, Signed, effective};
use crate::rules::signature::Signatures;
use crate::rules::{ActiveRule, Book, Change, Entry, Epoch, Module, RulesEngine, Trust};
use crate::state::Plan;

/// The rules log, read to its end.
pub(super) struct Ledger {
    log: Box<dyn Log>,
    engine: RulesEngine,
    pub(super) book: Book,
    /// In the order of writing.
    pub(super) lines: Vec<Line>,
    /// Of the modules that were ever activated.
    versions: BTreeMap<Digest, String>,
    configured: BTreeSet<String>,
}

/// A record of the rules log.
pub(super) struct Line {
    pub(super) offset: u64,
    pub(super) written: Time,
    /// From when it governs.
    pub(super) from: Time,
    pub(super) record: Record,
    /// Why it does not govern, where it cannot.
    pub(super) ignored: Option<String>,
}

/// Which records stood at some time, and which took whose place.
#[derive(Default)]
pub(super) struct Walk {
    /// Offset of the activation that stands, by name of the rule.
    pub(super) standing: BTreeMap<String, u64>,
    /// Offset of the record that ended another, by that one's offset.
    pub(super) ended: BTreeMap<u64, u64>,
}

/// No record is read through this log, so none is routed.
#[derive(Debug)]
struct NoRoute;

impl Route for NoRoute {
    fn route(&mut self, _: &Input, _: u32) -> (ShardId, Option<Time>) {
        (ShardId(0), None)
    }
}

impl Ledger {
    /// Opens the log that the configuration names; a run may go on with it.
    pub(super) fn open(config: &Config) -> anyhow::Result<Self> {
        Self::open_to_push(config, &[])
    }

    /// The same, for who pushes these bytes: where they are those of a module that came to harm,
    /// they stand for it, so that a push mends it.
    pub(super) fn open_to_push(config: &Config, pushed: &[u8]) -> anyhow::Result<Self> {
        let mut log: Box<dyn Log> = match &config.kafka {
            Some(settings) => {
                let inputs: Vec<_> = config.inputs.iter().map(|it| it.spec.clone()).collect();
                let inputs: Arc<[_]> = inputs.into();
                Box::new(ask(|| KafkaLog::look_on(settings, Arc::clone(&inputs)))?)
            }
            None => {
                let folder = DataFolder::publish(&config.folder.join(&config.puls.data))?;
                let none = || Arc::from([]);
                Box::new(FileLog::new(
                    Arc::new(folder),
                    none(),
                    Arc::from([]),
                    Box::new(NoRoute),
                ))
            }
        };
        let engine = crate::cli::trial::engine_of(config)?;
        let mut book = Book::new(engine.clone());
        let (mut lines, mut versions) = (Vec::new(), BTreeMap::new());
        for found in ask(|| log.rules(0))?.0 {
            let entry = Entry {
                offset: found.offset,
                timestamp: found.timestamp,
                value: &found.value,
            };
            let applied = book.apply::<LogError>(entry, &mut |digest| {
                let bytes = match log.module(digest) {
                    Err(_) if content_digest(pushed) == digest => Bytes::copy_from_slice(pushed),
                    found => found?,
                };
                let version = engine.check(&bytes).map(|manifest| manifest.version);
                versions.insert(digest, version.unwrap_or_default());
                Ok(bytes)
            })?;
            let record = Record::from_bytes(&found.value)?;
            lines.push(Line {
                offset: found.offset,
                written: found.timestamp,
                from: from_of(&record, found.timestamp),
                record,
                ignored: match applied.change {
                    Change::Ignored { why } => Some(why),
                    _ => None,
                },
            });
        }
        Ok(Self {
            log,
            engine,
            book,
            lines,
            versions,
            configured: config.tenants.keys().cloned().collect(),
        })
    }

    /// The version of a module that was ever activated.
    pub(super) fn version(&self, digest: Digest) -> &str {
        self.versions.get(&digest).map_or("", String::as_str)
    }

    /// Names of the tenants that the log knows.
    pub(super) fn tenants(&self) -> Vec<&str> {
        self.book.tenants().map(|(name, _)| name).collect()
    }

    /// The tenant that is meant: the one that is named, or the only one.
    pub(super) fn tenant(&self, named: Option<&str>) -> anyhow::Result<String> {
        let known = self.tenants();
        match (named, known.as_slice()) {
            (Some(named), known) if known.contains(&named) => Ok(named.to_owned()),
            (Some(named), _) if self.configured.contains(named) => anyhow::bail!(
                "expected a tenant that the rules log knows, found `{named}`, which is only \
                 configured: start `puls run` once, it publishes its settings"
            ),
            (Some(named), known) => anyhow::bail!(none_of("a tenant", named, known)),
            (None, [only]) => Ok((*only).to_owned()),
            (None, []) => anyhow::bail!(
                "expected a tenant in the rules log, found none: start `puls run` once, it \
                 publishes what is configured"
            ),
            (None, known) => anyhow::bail!(
                "expected --tenant, for there are several: {}",
                known.join(", ")
            ),
        }
    }

    /// Every module that was published and that this program takes.
    pub(super) fn known(&mut self) -> anyhow::Result<Vec<Known>> {
        let mut known = Vec::new();
        for digest in ask(|| self.log.modules())? {
            let bytes = match ask(|| self.log.module(digest)) {
                Ok(bytes) => bytes,
                // One that came to harm is nothing to who asks for another.
                Err(LogError::Stop(why)) => {
                    complain(&format!("a module is passed over: {why}"));
                    continue;
                }
                Err(retry) => return Err(retry.into()),
            };
            // One that only an older program took cannot be activated.
            known.extend(self.engine.check(&bytes).ok().map(|manifest| Known {
                digest,
                name: manifest.name,
                version: manifest.version,
            }));
        }
        Ok(known)
    }

    /// The module of this digest, compiled.
    pub(super) fn module(&mut self, digest: Digest) -> anyhow::Result<Arc<Module>> {
        let bytes = ask(|| self.log.module(digest))?;
        self.compile(&bytes)
    }

    /// The module of these bytes.
    pub(super) fn compile(&self, bytes: &[u8]) -> anyhow::Result<Arc<Module>> {
        Ok(self.engine.compile(bytes)?)
    }

    pub(super) fn publish_module(&mut self, bytes: &[u8]) -> anyhow::Result<Digest> {
        Ok(ask(|| self.log.publish_module(bytes))?)
    }

    /// Stores signatures with those that the package has already.
    pub(super) fn publish_signatures(&mut self, signatures: &Signatures) -> anyhow::Result<()> {
        sign::store(&mut *self.log, signatures)
    }

    /// Judges a package that was pushed, and gives the signature for which the tenant takes it.
    pub(super) fn judge(
        &mut self,
        trust: &Trust,
        digest: Digest,
    ) -> anyhow::Result<Option<Signed>> {
        let signatures = sign::stored(&mut *self.log, digest)?;
        let judged = trust.judge(digest, signatures.as_ref());
        judged.map_err(anyhow::Error::msg)
    }

    /// Appends `record`, written `now`, and gives its position.
    pub(super) fn publish(&mut self, record: &Record, now: Time) -> anyhow::Result<u64> {
        // Asked once: a record that may have been written is not written again.
        let offset = self.log.publish_rule(&record.to_bytes()?, now);
        offset.context("publish to the rules log; `puls rule history` says whether it stands")
    }

    /// What governs `tenant` at `at`.
    pub(super) fn epoch(&self, tenant: &str, at: Time) -> Option<&Epoch> {
        self.book.tenant(tenant).map(|book| book.epoch(at))
    }

    /// What keeps `module` with these parameters from governing `tenant`, all at once.
    pub(super) fn misfits(
        &self,
        tenant: &str,
        module: &Module,
        parameters: &BTreeMap<String, f64>,
    ) -> Vec<String> {
        let mut problems = module.parameters(parameters).err().unwrap_or_default();
        if let Some(epoch) = self.epoch(tenant, Time::MAX) {
            let fits = Plan::new(&epoch.settings, &epoch.declared)
                .and_then(|plan| Selection::new(&plan, &module.manifest.features).map(drop));
            problems.extend(fits.err().unwrap_or_default());
        }
        problems
    }

    /// What keeps a module from governing: its own cases, and what is tried with it.
    pub(super) fn refusals(&mut self, tenant: &str, digest: Digest) -> anyhow::Result<Vec<String>> {
        let bytes = ask(|| self.log.module(digest))?;
        let settings = self
            .epoch(tenant, Time::MAX)
            .map(|it| Settings::clone(&it.settings));
        judge::refusals(&self.engine, &bytes, &settings.unwrap_or_default())
    }

    /// What compiles modules here.
    pub(super) const fn engine(&self) -> &RulesEngine {
        &self.engine
    }

    /// The record at a position.
    pub(super) fn line(&self, offset: u64) -> Option<&Line> {
        self.lines.iter().find(|line| line.offset == offset)
    }

    /// The activation at a position.
    pub(super) fn activation(&self, offset: u64) -> Option<&Activation> {
        match &self.line(offset)?.record {
            Record::Activation(activation) => Some(activation),
            _ => None,
        }
    }

    /// The activation that stands under a name when all that was written governs.
    pub(super) fn standing(&self, tenant: &str, rule: &str) -> Option<&Activation> {
        let walk = self.walk(tenant, Time::MAX);
        self.activation(*walk.standing.get(rule)?)
    }

    /// The activation of a rule to go back to, if there is one.
    pub(super) fn before(&self, tenant: &str, rule: &str) -> Option<&Activation> {
        let lines = self.lines.iter().filter(|line| line.ignored.is_none());
        let of_rule = lines.filter_map(|line| match &line.record {
            Record::Activation(it) if it.tenant == tenant && it.rule == rule => Some(it),
            _ => None,
        });
        earlier(of_rule)
    }

    /// The primary rule whose place a rule has taken last, as it stood then.
    pub(super) fn primary_before(&self, tenant: &str, rule: &str) -> Option<&Activation> {
        let walk = self.walk(tenant, Time::MAX);
        let taken = walk.ended.iter().filter_map(|(at, by)| {
            let (ended, taker) = (self.activation(*at)?, self.activation(*by)?);
            let is_meant = taker.rule == rule && ended.rule != rule && governs_as_primary(ended);
            is_meant.then_some((*by, ended))
        });
        taken.max_by_key(|(by, _)| *by).map(|(_, ended)| ended)
    }

    /// Walks the records of `tenant` that govern by `until`, in the order in which they do.
    pub(super) fn walk(&self, tenant: &str, until: Time) -> Walk {
        let mut lines: Vec<_> = self
            .lines
            .iter()
            .filter(|line| line.record.tenant() == tenant && line.from <= until)
            .filter(|line| line.ignored.is_none())
            .collect();
        lines.sort_by_key(|line| (line.from, line.offset));
        let mut walk = Walk::default();
        let mut settings = None;
        for line in lines {
            let by = line.offset;
            match &line.record {
                Record::Settings(_) => {
                    let earlier = settings.replace(by);
                    walk.end(earlier, by);
                }
                Record::Activation(it) => self.begin(it, by, &mut walk),
                Record::Deactivation(it) => {
                    let earlier = walk.standing.remove(&it.rule);
                    walk.end(earlier, by);
                }
                Record::SetAside(it) => {
                    let bad = walk.standing.get(&it.rule).copied();
                    let bad = bad.filter(|at| {
                        self.activation(*at).is_some_and(|a| a.digest == it.digest) && *at < by
                    });
                    walk.end(bad, by);
                }
            }
        }
        walk
    }

    fn begin(&self, activation: &Activation, by: u64, walk: &mut Walk) {
        let name = &activation.rule;
        let is_primary = |at: &u64| (self.activation(*at)).is_some_and(governs_as_primary);
        let ends: Vec<_> = walk
            .standing
            .iter()
            .filter(|(other, at)| {
                *other == name || governs_as_primary(activation) && is_primary(at)
            })
            .map(|(other, at)| (other.clone(), *at))
            .collect();
        for (other, at) in ends {
            walk.standing.remove(&other);
            walk.end(Some(at), by);
        }
        walk.standing.insert(name.clone(), by);
    }

    /// The activation that an active rule comes from, and its position.
    pub(super) fn source(&self, tenant: &str, active: &ActiveRule, at: Time) -> Option<&Line> {
        let lines = self.lines.iter().filter(|line| line.from <= at);
        let of_rule = lines.filter(|line| match &line.record {
            Record::Activation(it) => {
                it.tenant == tenant && *it.rule == *active.name && it.digest == active.digest
            }
            _ => false,
        });
        of_rule.max_by_key(|line| (line.from, line.offset))
    }
}

impl Walk {
    /// Where a record was ended twice, the first end counts.
    fn end(&mut self, ended: Option<u64>, by: u64) {
        if let Some(ended) = ended {
            self.ended.entry(ended).or_insert(by);
        }
    }
}

/// The activation that stood before the one that stands, of all of a rule: a rollback takes the
/// newest away, so rolling back twice goes back twice. From one that governs there is no way back
/// into shadow, where the rule governed nobody.
fn earlier<'a>(all: impl Iterator<Item = &'a Activation>) -> Option<&'a Activation> {
    let mut stack: Vec<&Activation> = Vec::new();
    for it in all {
        if let Some(place) = stack.iter().position(|earlier| is_same(earlier, it)) {
            stack.truncate(place);
        }
        stack.push(it);
    }
    let stands = stack.pop()?;
    let mut before = stack.into_iter().rev();
    before.find(|it| stands.shadow || !it.shadow)
}

/// Whether two activations let the same govern in the same way.
pub(super) fn is_same(one: &Activation, other: &Activation) -> bool {
    let what = |it: &Activation| (it.digest, it.role, it.shadow, it.parameters.clone());
    what(one) == what(other)
}

/// Whether an activation's verdicts are the account's.
pub(super) fn governs_as_primary(activation: &Activation) -> bool {
    activation.role == RuleRole::Primary && !activation.shadow
}

/// From when a record governs.
fn from_of(record: &Record, written: Time) -> Time {
    match record {
        Record::Settings(it) => effective(it.from, it.genesis, written),
        Record::Activation(it) => effective(it.from, it.genesis, written),
        Record::Deactivation(it) => effective(it.from, it.genesis, written),
        Record::SetAside(_) => written,
    }
}

/// Who a record is of, and why it was written.
pub(super) fn author(record: &Record) -> (&str, &str) {
    match record {
        Record::Settings(it) => (&it.by, &it.reason),
        Record::Activation(it) => (&it.by, &it.reason),
        Record::Deactivation(it) => (&it.by, &it.reason),
        Record::SetAside(it) => ("puls", &it.detail),
    }
}

/// The name of the rule that a record is about.
pub(super) fn rule_of(record: &Record) -> Option<&str> {
    match record {
        Record::Settings(_) => None,
        Record::Activation(it) => Some(&it.rule),
        Record::Deactivation(it) => Some(&it.rule),
        Record::SetAside(it) => Some(&it.rule),
    }
}

/// Whether `name` is one that only the program signs with.
pub(super) fn is_reserved(name: &str) -> bool {
    name == AUTHOR || name == "puls"
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A letter is a module; a small one runs in shadow.
    fn activation(letter: char) -> Activation {
        let byte = u8::try_from(letter.to_ascii_uppercase()).unwrap();
        Activation {
            tenant: "acme".into(),
            rule: "health".into(),
            digest: Digest([byte; 32]),
            role: RuleRole::Primary,
            shadow: letter.is_ascii_lowercase(),
            parameters: BTreeMap::new(),
            from: None,
            genesis: false,
            by: "ada".into(),
            reason: String::new(),
            signed: None,
        }
    }

    #[test]
    fn a_rollback_goes_back_to_what_governed() {
        let cases = [
            ("", None),
            ("A", None),
            ("AB", Some('A')),
            ("ABC", Some('B')),
            // Rolled back once, and twice.
            ("ABCB", Some('A')),
            ("ABCBA", None),
            ("ABCBD", Some('B')),
            // Tried in shadow under its own name before it governed.
            ("aA", None),
            ("AaB", Some('A')),
            // A candidate that is in shadow goes back to the one before it.
            ("ab", Some('a')),
        ];
        for (letters, expected) in cases {
            let all: Vec<_> = letters.chars().map(activation).collect();
            let found = earlier(all.iter()).cloned();
            assert_eq!(found, expected.map(activation), "{letters}");
        }
    }
}
