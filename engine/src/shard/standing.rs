//! The read-only evaluation: what every account's score is at a moment, with its explanation.
//! Nothing is decided, published or remembered by it.

use puls_wire::Verdict;

use super::Shard;
use super::accounts::{AccountIndex, Slot};
use super::desk::{Alone, rule_ref};
use super::peers::{NOBODY, TenantPeers};
use super::tenants::RuleRun;
use crate::decide::{self, FeatureNote, OpenAlert, PeersBehind, Reading, ScoreData};
use crate::features::View;
use crate::language::Language;
use crate::model::{Key, Time};
use crate::rules::Host;
use crate::state::Missing;

/// One account under one rule at one moment.
#[derive(Debug)]
pub struct RuleStanding<'a> {
    /// The explanation.
    pub data: ScoreData<'a>,
    /// Names of the rule's features, in the order of `values`.
    pub features: Vec<&'a str>,
    /// Values of the rule's features; NaN is missing.
    pub values: &'a [f64],
    /// Alerts that are open.
    pub alerts: Vec<OpenAlert<'a>>,
}

/// One account at one moment.
#[derive(Debug)]
pub struct Standing<'a> {
    /// Whose.
    pub key: &'a Key,
    /// When.
    pub at: Time,
    /// Per active rule, in order of names.
    pub rules: Vec<RuleStanding<'a>>,
}

impl Shard {
    /// The keys of all accounts, in order.
    #[must_use]
    pub fn keys(&self) -> Vec<Key> {
        let sorted = self.accounts.sorted();
        sorted
            .into_iter()
            .map(|index| self.accounts.get(index).key.clone())
            .collect()
    }

    /// Calls `each` with the standing of every account at `at`, in order of keys.
    pub fn standings(&mut self, at: Time, each: &mut dyn FnMut(&Standing<'_>)) {
        for index in self.accounts.sorted() {
            self.standing_of(index, (at, None), each);
        }
    }

    /// Calls `each` with the standing of one account at `at`; whether there is such an account.
    pub fn standing(&mut self, key: &Key, at: Time, each: &mut dyn FnMut(&Standing<'_>)) -> bool {
        self.standing_in(key, (at, None), each)
    }

    /// The same with its texts in a language; in the tenant's where none is named.
    pub fn standing_in(
        &mut self,
        key: &Key,
        asked: (Time, Option<Language>),
        each: &mut dyn FnMut(&Standing<'_>),
    ) -> bool {
        let found = self.accounts.find_key(key);
        if let Some(index) = found {
            self.standing_of(index, asked, each);
        }
        found.is_some()
    }

    fn standing_of(
        &mut self,
        index: AccountIndex,
        (at, language): (Time, Option<Language>),
        each: &mut dyn FnMut(&Standing<'_>),
    ) {
        let slot = self.accounts.get_mut(index);
        let Some(tenant) = self.tenants.get_mut(slot.key.tenant()) else {
            return;
        };
        let name = tenant.name.clone();
        let Some(epoch) = tenant.epoch_at(at) else {
            return;
        };
        let peers = self.peers.of(&name);
        let view = View {
            plan: &epoch.plan,
            peers: peers.map_or(&NOBODY, TenantPeers::counts),
        };
        let day = peers.and_then(TenantPeers::day);
        let over = slot.account.override_at(at);
        let mut answers = Vec::new();
        for rule in &mut epoch.rules {
            answers.push(answer(&mut self.host, (&name, view, day), rule, (slot, at)));
        }
        let blank = decide::Memory::default();
        let told = epoch.rules.iter();
        let told: Vec<_> = told
            .map(|rule| language.map(|language| rule.policy_in(language)))
            .collect();
        let mut rules = Vec::new();
        let answered = epoch.rules.iter_mut().zip(&answers).zip(&told);
        for ((rule, (values, verdict, notes, behind)), told) in answered {
            let policy = told.as_ref().unwrap_or(&rule.policy);
            let memory = slot.memory_if_any(&rule.active.name).unwrap_or(&blank);
            let over = over.as_ref().map(|over| decide::Override {
                value: over.value,
                by: &over.by,
                reason: &over.reason,
                expires: over.expires,
            });
            let reading = Reading {
                key: &slot.key,
                rule: rule_ref(&rule.active),
                now: at,
                verdict,
                features: values,
                over,
                peers: behind.as_ref(),
            };
            let (host, room) = (&mut self.host, &mut rule.alone);
            let mut alone = Alone {
                host,
                tenant: &name,
                rule: &rule.active,
                room,
                selection: &rule.selection,
                peers,
            };
            let data = decide::explain(policy, memory, &reading, notes, Some(&mut alone));
            let uses = &rule.active.module.manifest.features;
            rules.push(RuleStanding {
                data,
                features: uses.iter().map(|feature| feature.name.as_str()).collect(),
                values,
                alerts: memory.alerts().collect(),
            });
        }
        each(&Standing {
            key: &slot.key,
            at,
            rules,
        });
    }
}

/// The row, what the rule answers, what is known of each feature, and what stands behind those that
/// are relative to peers.
type Answer = (Vec<f64>, Verdict, Vec<FeatureNote>, Option<PeersBehind>);

/// What a rule answers on an account at a moment, and what is known of the features behind it.
fn answer(
    host: &mut Host,
    (tenant, view, day): (&str, View<'_>, Option<u16>),
    rule: &mut RuleRun,
    (slot, at): (&mut Slot, Time),
) -> Answer {
    let mut values = Vec::new();
    rule.selection
        .compute(view, &mut slot.account, at, &mut values);
    let today = view.plan.moment(at).today;
    rule.put_scores_ago(today, &slot.memories, &mut values);
    let room = &mut rule.alone;
    let verdict = Alone {
        host,
        tenant,
        rule: &rule.active,
        room,
        selection: &rule.selection,
        peers: None,
    }
    .verdict(&values)
    .clone();
    let scores_ago = rule.selection.scores_ago();
    let mut note = |feature: usize| {
        if scores_ago.iter().any(|(place, _)| *place == feature) {
            return score_note(values.get(feature).copied());
        }
        let found = rule
            .selection
            .describe(view, &mut slot.account, at, feature);
        FeatureNote {
            value: found.value,
            text: found.text,
            unit: found.unit,
            age_ms: found.age_ms,
            capped: found.capped,
            missing: found.missing,
        }
    };
    let notes = (0..values.len()).map(&mut note).collect();
    let behind = rule.selection.behind(view.plan, &mut slot.account, at, day);
    (values, verdict, notes, behind)
}

/// What is known of a score of days ago: it stands behind the row, not in the account.
fn score_note(value: Option<f64>) -> FeatureNote {
    let value = value.filter(|value| !value.is_nan());
    FeatureNote {
        value,
        unit: "points",
        missing: value.is_none().then(|| Missing::NotEnoughHistory.as_str()),
        ..FeatureNote::default()
    }
}
