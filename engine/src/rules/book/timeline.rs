//! The timeline of one tenant: facts in order, and the epochs that they make.
//!
//! Epochs are made anew when a fact is added, which is seldom, and looked up for every event.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::limits::RULES_PER_TENANT_MAX;
use crate::model::{CustomFeature, Digest, Settings, Time};
use crate::rules::engine::Module;
use crate::rules::record::RuleRole;

/// What governs a tenant when.
#[derive(Clone, Debug)]
pub struct TenantBook {
    /// In order of (`from`, offset).
    facts: Vec<Fact>,
    set_aside: Vec<SetAside>,
    /// In order, without gaps, from the beginning to the end of time; never empty.
    epochs: Vec<Epoch>,
    /// What stands at the end of the timeline, by name of the rule.
    standing: BTreeMap<Arc<str>, Arc<Activated>>,
    /// Offsets of activations that found no place.
    ignored: BTreeSet<u64>,
}

/// A span of log time in which neither settings nor rules of a tenant change.
#[derive(Clone, Debug)]
pub struct Epoch {
    /// Its first moment.
    pub from: Time,
    /// The first moment after it; `Time::MAX` for the last one, which has no end.
    pub until: Time,
    /// What the tenant declares.
    pub settings: Arc<Settings>,
    /// Since when each declared feature stands as it is; those from the beginning are absent.
    pub declared: BTreeMap<String, Time>,
    /// The rules that run, by name.
    pub rules: Vec<ActiveRule>,
}

/// A rule that runs.
#[derive(Clone, Debug)]
pub struct ActiveRule {
    /// Name, which decision state belongs to.
    pub name: Arc<str>,
    /// The module.
    pub module: Arc<Module>,
    /// Its digest.
    pub digest: Digest,
    /// Parameters in the manifest's order.
    pub parameters: Vec<f64>,
    /// Whether its verdict is the account's score and tier; never in shadow.
    pub primary: bool,
    /// Whether it runs without a say.
    pub shadow: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Fact {
    pub(super) offset: u64,
    pub(super) from: Time,
    pub(super) kind: FactKind,
}

#[derive(Clone, Debug)]
pub(super) enum FactKind {
    Settings(Arc<Settings>),
    Activated(Arc<Activated>),
    Deactivated { name: Arc<str>, by: String },
}

#[derive(Debug)]
pub(super) struct Activated {
    pub(super) name: Arc<str>,
    pub(super) module: Arc<Module>,
    pub(super) parameters: Vec<f64>,
    /// Parameters as they stand in the record.
    pub(super) named: BTreeMap<String, f64>,
    pub(super) role: RuleRole,
    pub(super) shadow: bool,
    pub(super) by: String,
}

/// A module that is not to serve where its activation stands before an offset.
#[derive(Clone, PartialEq, Eq, Debug)]
struct SetAside {
    rule: String,
    digest: Digest,
    offset_before: u64,
}

impl Default for TenantBook {
    fn default() -> Self {
        let mut book = Self {
            facts: Vec::new(),
            set_aside: Vec::new(),
            epochs: Vec::new(),
            standing: BTreeMap::new(),
            ignored: BTreeSet::new(),
        };
        book.rebuild();
        book
    }
}

impl TenantBook {
    /// What governs at `now`.
    ///
    /// # Panics
    /// Never: epochs cover all of time.
    #[must_use]
    pub fn epoch(&self, now: Time) -> &Epoch {
        let after = self.epochs.partition_point(|epoch| epoch.from <= now);
        let epoch = self.epochs.get(after.saturating_sub(1));
        epoch.expect("epochs begin at the beginning of time")
    }

    /// All epochs, in order of time.
    #[must_use]
    pub fn epochs(&self) -> &[Epoch] {
        &self.epochs
    }

    /// What stands at the end of the timeline: settings, and activations by name of the rule.
    pub(super) fn standing(&self) -> (&Settings, &BTreeMap<Arc<str>, Arc<Activated>>) {
        (&self.epoch(Time::MAX).settings, &self.standing)
    }

    /// Whether any settings were declared.
    pub(super) fn has_settings(&self) -> bool {
        let settings = |fact: &Fact| matches!(fact.kind, FactKind::Settings(_));
        self.facts.iter().any(settings)
    }

    /// Whether the last word on a rule, in the order of writing, is another's than `author`'s and
    /// replaced what `is_wanted` knows: one who does not hear of that says an old thing again. The
    /// word on a primary rule may be the activation of another one.
    pub(super) fn is_overruled(
        &self,
        (rule, primary, author): (&str, bool, &str),
        is_wanted: impl Fn(&Activated) -> bool,
    ) -> bool {
        let word = |fact: &&Fact| match &fact.kind {
            FactKind::Settings(_) => false,
            FactKind::Activated(it) => *it.name == *rule || primary && it.is_primary(),
            FactKind::Deactivated { name, .. } => **name == *rule,
        };
        let last = self
            .facts
            .iter()
            .filter(word)
            .max_by_key(|fact| fact.offset);
        let by_another = last.is_some_and(|fact| match &fact.kind {
            FactKind::Settings(_) => false,
            FactKind::Activated(it) => it.by != author,
            FactKind::Deactivated { by, .. } => by != author,
        });
        let stood = |fact: &Fact| match &fact.kind {
            FactKind::Activated(it) => *it.name == *rule && is_wanted(it),
            FactKind::Settings(_) | FactKind::Deactivated { .. } => false,
        };
        by_another && self.facts.iter().any(stood)
    }

    pub(super) fn add(&mut self, fact: Fact) {
        let place = |other: &Fact| (other.from, other.offset) < (fact.from, fact.offset);
        self.facts.insert(self.facts.partition_point(place), fact);
        self.rebuild();
    }

    pub(super) fn set_aside(&mut self, rule: &str, digest: Digest, offset_before: u64) {
        let set_aside = SetAside {
            rule: rule.to_owned(),
            digest,
            offset_before,
        };
        if !self.set_aside.contains(&set_aside) {
            self.set_aside.push(set_aside);
            self.rebuild();
        }
    }

    pub(super) fn why_ignored(&self, offset: u64) -> Option<String> {
        self.ignored.contains(&offset).then(|| {
            format!("expected at most {RULES_PER_TENANT_MAX} active rules, found one more")
        })
    }

    fn rebuild(&mut self) {
        let mut state = State::default();
        self.epochs.clear();
        self.epochs.push(state.epoch(Time::MIN, &self.set_aside));
        for fact in &self.facts {
            state.take(fact);
            let epoch = state.epoch(fact.from, &self.set_aside);
            match self.epochs.last_mut() {
                Some(last) if last.from == fact.from => *last = epoch,
                last => {
                    if let Some(last) = last {
                        last.until = fact.from;
                    }
                    self.epochs.push(epoch);
                }
            }
        }
        self.standing = state.standing();
        self.ignored = state.ignored;
    }
}

/// What stands while the facts are walked.
#[derive(Default)]
struct State {
    settings: Arc<Settings>,
    declared: BTreeMap<String, Time>,
    /// Activations of each name since it was last deactivated, with their offsets.
    rules: BTreeMap<Arc<str>, Vec<(u64, Arc<Activated>)>>,
    ignored: BTreeSet<u64>,
}

impl State {
    fn take(&mut self, fact: &Fact) {
        match &fact.kind {
            FactKind::Settings(settings) => self.declare(settings, fact.from),
            FactKind::Activated(activated) => self.activate(fact.offset, activated),
            FactKind::Deactivated { name, .. } => {
                self.rules.remove(name);
            }
        }
    }

    fn declare(&mut self, settings: &Arc<Settings>, from: Time) {
        let stood = |feature: &CustomFeature| self.settings.features.contains(feature);
        let since = |feature: &CustomFeature| {
            let name = &feature.name;
            let since = if stood(feature) {
                self.declared.get(name).copied()?
            } else {
                from
            };
            (since > Time::MIN).then(|| (name.clone(), since))
        };
        self.declared = settings.features.iter().filter_map(since).collect();
        self.settings = Arc::clone(settings);
    }

    fn activate(&mut self, offset: u64, activated: &Arc<Activated>) {
        if activated.is_primary() {
            let name = &activated.name;
            self.rules.retain(|other, line| {
                let primary = line.last().is_some_and(|(_, newest)| newest.is_primary());
                other == name || !primary
            });
        }
        let full = self.rules.len() >= RULES_PER_TENANT_MAX;
        if full && !self.rules.contains_key(&activated.name) {
            self.ignored.insert(offset);
            return;
        }
        let line = self.rules.entry(Arc::clone(&activated.name)).or_default();
        line.push((offset, Arc::clone(activated)));
    }

    fn epoch(&self, from: Time, set_aside: &[SetAside]) -> Epoch {
        let rules = self.rules.values();
        Epoch {
            from,
            until: Time::MAX,
            settings: Arc::clone(&self.settings),
            declared: self.declared.clone(),
            rules: rules.filter_map(|line| serving(line, set_aside)).collect(),
        }
    }

    fn standing(&self) -> BTreeMap<Arc<str>, Arc<Activated>> {
        let newest = |(name, line): (&Arc<str>, &Vec<(u64, Arc<Activated>)>)| {
            let (_, newest) = line.last()?;
            Some((Arc::clone(name), Arc::clone(newest)))
        };
        self.rules.iter().filter_map(newest).collect()
    }
}

impl Activated {
    fn is_primary(&self) -> bool {
        self.role == RuleRole::Primary && !self.shadow
    }
}

/// The last good activation of a name, in the role of the newest.
fn serving(line: &[(u64, Arc<Activated>)], set_aside: &[SetAside]) -> Option<ActiveRule> {
    let (_, newest) = line.last()?;
    let good = |(offset, it): &&(u64, Arc<Activated>)| {
        !set_aside.iter().any(|bad| {
            *bad.rule == *it.name && bad.digest == it.module.digest && *offset < bad.offset_before
        })
    };
    let (_, good) = line.iter().rev().find(good)?;
    Some(ActiveRule {
        name: Arc::clone(&newest.name),
        module: Arc::clone(&good.module),
        digest: good.module.digest,
        parameters: good.parameters.clone(),
        primary: newest.is_primary(),
        shadow: newest.shadow,
    })
}
