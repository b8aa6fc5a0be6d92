//! From what is wanted to the records that say so: configuration equal to what stands in the log
//! publishes nothing, and neither does configuration that a person has overruled since it stood.
//!
//! A program that compiles a card to other bytes publishes those, for they may be better ones; but
//! the card says what it said before, so that is nothing new where a person has spoken since.

use std::collections::BTreeMap;

use super::Book;
use super::timeline::{Activated, TenantBook};
use crate::limits::ACTIVATION_DELAY_MS;
use crate::model::{Digest, Settings, Time};
use crate::rules::record::{Activation, Deactivation, Record, RuleRole, SettingsRecord};

/// What should stand at the end of the log, by name of the tenant. Others are left alone.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Desired {
    /// The tenants that are configured.
    pub tenants: BTreeMap<String, DesiredTenant>,
}

/// What one tenant should have.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct DesiredTenant {
    /// All of its settings.
    pub settings: Settings,
    /// Its rules, by name. A rule that stands by the same author and is not here is deactivated.
    pub rules: BTreeMap<String, DesiredRule>,
}

/// What one rule should be.
#[derive(Clone, PartialEq, Debug)]
pub struct DesiredRule {
    /// The module; its bytes are stored before the records are published.
    pub digest: Digest,
    /// Digest of what the module was compiled from, as its manifest says; empty where it does not.
    pub source: String,
    /// What it is to the tenant.
    pub role: RuleRole,
    /// Whether it runs without a say.
    pub shadow: bool,
    /// Parameters by name.
    pub parameters: BTreeMap<String, f64>,
    /// When it should begin to govern, if the author says so.
    pub from: Option<Time>,
}

/// How records are published.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Publication {
    /// The publisher's clock.
    pub now: Time,
    /// Whether no shard has a step yet.
    pub genesis: bool,
    /// Who publishes: a person, or `configuration`.
    pub by: String,
    /// Why; may be empty.
    pub reason: String,
}

impl Book {
    /// The records that are missing, in the order in which they are to be published; none where
    /// all stands already. A module that was set aside stands: it is not activated again unless it
    /// is changed. A rule on which another author had the last word stays as it is, where what is
    /// wanted had its turn before: [`Book::overruled`] names those.
    #[must_use]
    pub fn missing(&self, desired: &Desired, publication: &Publication) -> Vec<Record> {
        let nothing = TenantBook::default();
        let mut records = Vec::new();
        for (tenant, wanted) in &desired.tenants {
            let book = self.tenant(tenant).unwrap_or(&nothing);
            let (settings, standing) = book.standing();
            if !book.has_settings() || *settings != wanted.settings {
                let settings = wanted.settings.clone();
                records.push(publication.settings(tenant, settings));
            }
            for (rule, stands) in standing {
                let gone = !wanted.rules.contains_key(&**rule);
                if gone && stands.by == publication.by {
                    records.push(publication.deactivation(tenant, rule));
                }
            }
            for (rule, wanted) in &wanted.rules {
                let stands = standing.get(rule.as_str()).is_some_and(|it| it.is(wanted));
                if !stands && !book.overrules(rule, wanted, &publication.by) {
                    records.push(publication.activation(tenant, rule, wanted));
                }
            }
        }
        records
    }

    /// Rules (tenant and name) that do not stand as wanted, since another than `author` had the
    /// last word on them.
    #[must_use]
    pub fn overruled(&self, desired: &Desired, author: &str) -> Vec<(String, String)> {
        let mut overruled = Vec::new();
        for (tenant, wanted) in &desired.tenants {
            let Some(book) = self.tenant(tenant) else {
                continue;
            };
            let (_, standing) = book.standing();
            for (rule, wanted) in &wanted.rules {
                let stands = standing.get(rule.as_str());
                let as_wanted = stands.is_some_and(|it| it.says(wanted));
                if !as_wanted && book.overrules(rule, wanted, author) {
                    overruled.push((tenant.clone(), rule.clone()));
                }
            }
        }
        overruled
    }
}

impl TenantBook {
    fn overrules(&self, rule: &str, wanted: &DesiredRule, author: &str) -> bool {
        let primary = wanted.role == RuleRole::Primary && !wanted.shadow;
        self.is_overruled((rule, primary, author), |it| it.says(wanted))
    }
}

impl Activated {
    /// Whether it is what is wanted, to the byte.
    fn is(&self, wanted: &DesiredRule) -> bool {
        self.module.digest == wanted.digest && self.says(wanted)
    }

    /// Whether it says what is wanted: the same module, or one of the same source.
    fn says(&self, wanted: &DesiredRule) -> bool {
        let source = &self.module.manifest.source;
        let is_same_source = !source.is_empty() && *source == wanted.source;
        (self.module.digest == wanted.digest || is_same_source)
            && self.role == wanted.role
            && self.shadow == wanted.shadow
            && self.named == wanted.parameters
    }
}

impl Publication {
    /// The moment asked for: of the genesis none, otherwise soon, so that every shard reads the
    /// record before it governs.
    fn from(&self, asked: Option<Time>) -> Option<Time> {
        let soon = self.now.plus_ms(ACTIVATION_DELAY_MS);
        asked.or((!self.genesis).then_some(soon))
    }

    fn settings(&self, tenant: &str, settings: Settings) -> Record {
        Record::Settings(SettingsRecord {
            tenant: tenant.to_owned(),
            settings,
            from: self.from(None),
            genesis: self.genesis,
            by: self.by.clone(),
            reason: self.reason.clone(),
        })
    }

    fn activation(&self, tenant: &str, rule: &str, wanted: &DesiredRule) -> Record {
        Record::Activation(Activation {
            tenant: tenant.to_owned(),
            rule: rule.to_owned(),
            digest: wanted.digest,
            role: wanted.role,
            shadow: wanted.shadow,
            parameters: wanted.parameters.clone(),
            from: self.from(wanted.from),
            genesis: self.genesis,
            by: self.by.clone(),
            reason: self.reason.clone(),
            signed: None,
        })
    }

    fn deactivation(&self, tenant: &str, rule: &str) -> Record {
        Record::Deactivation(Deactivation {
            tenant: tenant.to_owned(),
            rule: rule.to_owned(),
            from: self.from(None),
            genesis: self.genesis,
            by: self.by.clone(),
            reason: self.reason.clone(),
        })
    }
}
