//! What governs when: the records of the rules log, folded into one timeline per tenant.
//!
//! A book is a pure function of the records it was given; every shard that has read as far as
//! another holds the same. Records govern in order of (`from`, offset). A tenant's time falls into
//! epochs, within which nothing changes:
//!
//! ```text
//!  MIN ─────────── from₁ ─────────────── from₂ ──────────── MAX
//!   default settings │ settings A, rule 1  │ settings A, rules 1 and 2
//! ```
//! - An activation takes the place of the one that has its name. A primary rule that is not in
//!   shadow also ends the primary rule of another name: a tenant has one.
//! - A rule that was set aside is served by the last good activation of its name since it was last
//!   deactivated, in the role that the newest one has; where there is none it does not run. That
//!   counts for activations written before, whatever their `from`; one written later is taken.
//! - Activations beyond [`RULES_PER_TENANT_MAX`] names, or with parameters that the module does not
//!   have, are ignored and reported.
//!
//! What is to be published so that the log says what the configuration says is in `publish`.

mod publish;
mod timeline;

use std::collections::BTreeMap;
use std::fmt::{Debug, Display};
use std::sync::Arc;

use bytes::Bytes;

pub use self::publish::{Desired, DesiredRule, DesiredTenant, Publication};
pub use self::timeline::{ActiveRule, Epoch, TenantBook};

use self::timeline::{Activated, Fact, FactKind};
use super::engine::{Module, RulesEngine};
use super::record::{Activation, Record, effective};
use super::refusal::Refusal;
#[expect(unused_imports, reason = "named in the module's text")]
use crate::limits::RULES_PER_TENANT_MAX;
use crate::model::{Digest, Time, name_is_valid};

/// What governs when, for all tenants.
#[derive(Clone, Debug)]
pub struct Book {
    engine: RulesEngine,
    tenants: BTreeMap<String, TenantBook>,
    offset_next: u64,
}

/// A record of the rules log as it stands there.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    /// Its position.
    pub offset: u64,
    /// When it was written.
    pub timestamp: Time,
    /// Its JSON.
    pub value: &'a [u8],
}

/// What a record changed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Applied {
    /// For whom.
    pub tenant: String,
    /// What.
    pub change: Change,
}

/// What a record changed for its tenant.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Change {
    /// Settings govern from this log time on.
    Settings {
        /// From when.
        from: Time,
    },
    /// A rule governs from this log time on; the tenant's accounts are to be scored again.
    Activated {
        /// Name of the rule.
        rule: String,
        /// From when.
        from: Time,
    },
    /// A rule ends at this log time.
    Deactivated {
        /// Name of the rule.
        rule: String,
        /// From when.
        from: Time,
    },
    /// A rule is set aside, from now on and for every log time.
    SetAside {
        /// Name of the rule.
        rule: String,
        /// The module that failed.
        digest: Digest,
        /// The shard that saw it, and what it saw.
        detail: String,
    },
    /// Nothing: the record is not one that can govern.
    Ignored {
        /// What was expected and what was found.
        why: String,
    },
}

/// Why a record cannot be taken. The book is as it was before.
#[derive(Debug, thiserror::Error)]
pub enum BookError<E: Debug + Display> {
    /// It is no record that this program knows: stop, for it may govern scores.
    #[error(
        "expected a record of the rules log at offset {offset}, found: {found}; a newer \
             program may have written it"
    )]
    Record {
        /// Its position.
        offset: u64,
        /// What is wrong with it.
        found: String,
    },
    /// A module that was admitted is not taken here: stop.
    #[error(
        "expected the admitted module {digest} of rule {tenant}/{rule} (offset {offset}), but: \
             {refusal}"
    )]
    Module {
        /// Position of the activation.
        offset: u64,
        /// Whose.
        tenant: String,
        /// Name of the rule.
        rule: String,
        /// The module.
        digest: Digest,
        /// Why it is not taken.
        refusal: Box<Refusal>,
    },
    /// The module could not be had.
    #[error("{0}")]
    Log(E),
}

impl Book {
    /// A book without records.
    #[must_use]
    pub const fn new(engine: RulesEngine) -> Self {
        Self {
            engine,
            tenants: BTreeMap::new(),
            offset_next: 0,
        }
    }

    /// The next position to read: the book has the records before it.
    #[must_use]
    pub const fn offset_next(&self) -> u64 {
        self.offset_next
    }

    /// Takes the next record. `modules` gives the bytes of a module by its digest.
    ///
    /// # Errors
    /// Where the record is none, comes out of order, or its module cannot be had or compiled. The
    /// book is as it was before.
    pub fn apply<E: Debug + Display>(
        &mut self,
        entry: Entry<'_>,
        modules: &mut dyn FnMut(Digest) -> Result<Bytes, E>,
    ) -> Result<Applied, BookError<E>> {
        let wrong = |found: String| BookError::Record {
            offset: entry.offset,
            found,
        };
        if entry.offset < self.offset_next {
            return Err(wrong(format!("it again; {} is next", self.offset_next)));
        }
        let record = Record::from_bytes(entry.value).map_err(|error| wrong(error.to_string()))?;
        let tenant = record.tenant().to_owned();
        if !name_is_valid(&tenant) {
            return Err(wrong(format!("`{tenant}`, which is no tenant name")));
        }
        let change = self.take(entry, record, modules)?;
        self.offset_next = entry.offset + 1;
        Ok(Applied { tenant, change })
    }

    /// The timeline of a tenant, if the log knows it.
    #[must_use]
    pub fn tenant(&self, name: &str) -> Option<&TenantBook> {
        self.tenants.get(name)
    }

    /// All tenants, by name.
    pub fn tenants(&self) -> impl Iterator<Item = (&str, &TenantBook)> {
        self.tenants
            .iter()
            .map(|(name, book)| (name.as_str(), book))
    }

    /// Sets a module aside for activations at positions before `offset_before`, as a record would:
    /// for the shard that has just caught it. That shard keeps `offset_before`
    /// ([`Book::offset_next`] then) in its state and says it again when it has loaded a snapshot.
    pub fn set_aside(&mut self, tenant: &str, rule: &str, digest: Digest, offset_before: u64) {
        if let Some(book) = self.tenants.get_mut(tenant) {
            book.set_aside(rule, digest, offset_before);
        }
    }

    fn take<E: Debug + Display>(
        &mut self,
        entry: Entry<'_>,
        record: Record,
        modules: &mut dyn FnMut(Digest) -> Result<Bytes, E>,
    ) -> Result<Change, BookError<E>> {
        let Entry {
            offset, timestamp, ..
        } = entry;
        let since = |from, genesis| effective(from, genesis, timestamp);
        match record {
            Record::Settings(it) => {
                let from = since(it.from, it.genesis);
                let kind = FactKind::Settings(Arc::new(it.settings));
                let tenant = self.tenants.entry(it.tenant).or_default();
                tenant.add(Fact { offset, from, kind });
                Ok(Change::Settings { from })
            }
            Record::Activation(it) => {
                let from = since(it.from, it.genesis);
                self.activate(offset, from, it, modules)
            }
            Record::Deactivation(it) => {
                let from = since(it.from, it.genesis);
                let rule = it.rule;
                let Some(tenant) = self.tenants.get_mut(&it.tenant) else {
                    return Ok(unknown_tenant(&it.tenant));
                };
                let kind = FactKind::Deactivated {
                    name: rule.as_str().into(),
                    by: it.by,
                };
                tenant.add(Fact { offset, from, kind });
                Ok(Change::Deactivated { rule, from })
            }
            Record::SetAside(it) => {
                let Some(tenant) = self.tenants.get_mut(&it.tenant) else {
                    return Ok(unknown_tenant(&it.tenant));
                };
                tenant.set_aside(&it.rule, it.digest, offset);
                Ok(Change::SetAside {
                    rule: it.rule,
                    digest: it.digest,
                    detail: format!("shard {}: {}", it.shard, it.detail),
                })
            }
        }
    }

    fn activate<E: Debug + Display>(
        &mut self,
        offset: u64,
        from: Time,
        record: Activation,
        modules: &mut dyn FnMut(Digest) -> Result<Bytes, E>,
    ) -> Result<Change, BookError<E>> {
        let rule = record.rule.clone();
        if !name_is_valid(&rule) {
            let why = format!("expected a rule name, found `{rule}`");
            return Ok(Change::Ignored { why });
        }
        let bytes = modules(record.digest).map_err(BookError::Log)?;
        let module = self
            .engine
            .compile(&bytes)
            .map_err(|refusal| BookError::Module {
                offset,
                tenant: record.tenant.clone(),
                rule: rule.clone(),
                digest: record.digest,
                refusal: Box::new(refusal),
            })?;
        let activated = match activated(&record, module) {
            Ok(activated) => activated,
            Err(why) => return Ok(Change::Ignored { why }),
        };
        let kind = FactKind::Activated(Arc::new(activated));
        let tenant = self.tenants.entry(record.tenant).or_default();
        tenant.add(Fact { offset, from, kind });
        Ok(match tenant.why_ignored(offset) {
            Some(why) => Change::Ignored { why },
            None => Change::Activated { rule, from },
        })
    }
}

fn activated(record: &Activation, module: Arc<Module>) -> Result<Activated, String> {
    if module.digest != record.digest {
        let (expected, found) = (record.digest, module.digest);
        return Err(format!("expected module {expected}, found {found}"));
    }
    let parameters = module
        .parameters(&record.parameters)
        .map_err(|problems| problems.join("; "))?;
    Ok(Activated {
        name: record.rule.as_str().into(),
        module,
        parameters,
        named: record.parameters.clone(),
        role: record.role,
        shadow: record.shadow,
        by: record.by.clone(),
    })
}

fn unknown_tenant(tenant: &str) -> Change {
    Change::Ignored {
        why: format!("expected a tenant with settings or a rule, found `{tenant}` without"),
    }
}

#[cfg(test)]
mod tests;
