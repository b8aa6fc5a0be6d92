//! A shard that looks back: for a backtest, which asks what would have been.
//!
//! It is governed by epochs that it is given and reads no rules log; it remembers the owner of each
//! account, whom alerts would have gone to; and it can be asked how the primary rule reads every
//! account, with and without what contracts and people say. Nothing else is different from a shard
//! that runs, but that what people did with alerts is left aside: it answers alerts that another
//! rule has opened.

use std::collections::BTreeMap;

use puls_wire::{ROWS_MAX, Rows, Status, Verdict};

use super::Shard;
use super::accounts::{AccountIndex, Slot};
use super::desk::rule_ref;
use super::peers::{NOBODY, TenantPeers};
use super::tenants::{EpochRun, RuleRun};
use crate::decide::{self, Glance, Reading};
use crate::features::View;
use crate::model::{Body, Event, Key, Kind, Time};
use crate::rules::{Epoch, Host};
use crate::state::Override;

/// Kinds of events that move what a person or a contract says of an account, as bits.
const HIDDEN_KINDS: u16 = 1 << Kind::License as u16 | 1 << Kind::Assessment as u16;
/// The stage is set by people, often when they know already.
const HIDDEN_FEATURE: &str = "account.stage";

/// What is kept beside the state.
#[derive(Debug, Default)]
pub(super) struct Hindsight {
    /// The owner of each account, as the event with the greatest (`at`, id) that named one says,
    /// and these two.
    owners: BTreeMap<AccountIndex, (Time, u128, Box<str>)>,
}

impl Hindsight {
    pub(super) fn note(&mut self, account: AccountIndex, event: &Event<'_>) {
        if let Body::Account(profile) = &event.body
            && let Some(owner) = &profile.owner
        {
            let known = self.owners.get(&account);
            if known.is_none_or(|(at, id, _)| (*at, *id) < (event.at, event.id)) {
                let owner: &str = owner;
                let stated = (event.at, event.id, owner.into());
                self.owners.insert(account, stated);
            }
        }
    }
}

/// How the primary rule reads an account at a moment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PrimaryReading<'a> {
    /// What it answered.
    pub status: Status,
    /// Where the account stands.
    pub glance: Glance<'a>,
    /// Ten-thousandths of the weight whose features have data.
    pub coverage: u16,
    /// What it would answer if license, stage and assessment features were missing: the score,
    /// and the tier of that score alone.
    pub blind: (Option<i64>, &'a str),
}

impl Shard {
    /// Makes the shard one that looks back: `tenant` is governed by `epochs` and by nothing else.
    ///
    /// # Errors
    /// Where settings and rules do not fit each other: what was expected and found.
    pub fn look_back(&mut self, tenant: &str, epochs: &[Epoch]) -> Result<(), String> {
        self.hindsight = Some(Box::default());
        self.tenants.govern(tenant, epochs)?;
        self.tenants.move_to(self.now);
        Ok(())
    }

    /// The owner of an account, where an event has named one.
    #[must_use]
    pub fn owner(&self, tenant: &str, account: &str) -> Option<&str> {
        let index = self.accounts.find(tenant, account)?;
        let (_, _, owner) = self.hindsight.as_ref()?.owners.get(&index)?;
        Some(owner)
    }

    /// Calls `each` with how the tenant's primary rule reads every account of it at `at`, in order
    /// of keys; without a reading where no primary rule governs. Nothing is decided, published or
    /// remembered by it.
    pub fn readings(
        &mut self,
        tenant: &str,
        at: Time,
        each: &mut dyn FnMut(&Key, Option<&PrimaryReading<'_>>),
    ) {
        let order = self.accounts.sorted();
        let of_tenant = |index: &AccountIndex| self.accounts.get(*index).key.tenant() == tenant;
        let order: Vec<_> = order.into_iter().filter(of_tenant).collect();
        let run = self.tenants.get_mut(tenant);
        let Some(epoch) = run.and_then(|run| run.epoch_at(at)) else {
            return;
        };
        let Some(rule) = primary(epoch) else {
            order
                .iter()
                .for_each(|index| each(&self.accounts.get(*index).key, None));
            return;
        };
        let peers = self.peers.of(tenant);
        let view = View {
            plan: &epoch.plan,
            peers: peers.map_or(&NOBODY, TenantPeers::counts),
        };
        let mut answers = Answers::new(rule);
        for chunk in order.chunks(ROWS_MAX) {
            answers.clear();
            for index in chunk {
                let slot = self.accounts.get_mut(*index);
                answers.push((rule, view), slot, at);
            }
            answers.evaluate(&mut self.host, tenant, rule);
            for (row, index) in chunk.iter().enumerate() {
                let slot = self.accounts.get_mut(*index);
                let over = slot.account.override_at(at);
                let moment = (at, over.as_ref());
                let reading = answers.reading(rule, slot, (row, moment));
                each(&slot.key, reading.as_ref());
            }
        }
    }

    /// Names of the features that a primary rule of the tenant reads which governs at any time up
    /// to `until`, and that are hidden from it in a blind reading.
    pub fn hidden_features(&mut self, tenant: &str, until: Time) -> Vec<String> {
        let mut found: Vec<String> = Vec::new();
        let Some(run) = self.tenants.get_mut(tenant) else {
            return found;
        };
        let mut from = Time::MIN;
        for epoch in run.epochs() {
            if from > until {
                break;
            }
            from = epoch.until;
            let Some(rule) = primary(epoch) else {
                continue;
            };
            let names = hidden(rule).into_iter().zip(features(rule));
            for (_, name) in names.filter(|(is_hidden, _)| *is_hidden) {
                if !found.iter().any(|known| known == name) {
                    found.push(name.to_owned());
                }
            }
        }
        found
    }
}

fn primary(epoch: &EpochRun) -> Option<&RuleRun> {
    epoch.rules.iter().find(|rule| rule.active.primary)
}

fn features(rule: &RuleRun) -> impl Iterator<Item = &str> {
    let features = rule.active.module.manifest.features.iter();
    features.map(|feature| feature.name.as_str())
}

/// Per feature of the rule, whether the blind reading hides it.
fn hidden(rule: &RuleRun) -> Vec<bool> {
    let kinds = rule.selection.kinds().iter();
    let is_hidden =
        |(kinds, name): (&u16, &str)| kinds & HIDDEN_KINDS != 0 || name == HIDDEN_FEATURE;
    let mut hidden: Vec<bool> = kinds.zip(features(rule)).map(is_hidden).collect();
    // What the rule said days ago knew what is hidden.
    if hidden.contains(&true) {
        for (place, _) in rule.selection.scores_ago() {
            if let Some(of_score) = hidden.get_mut(*place) {
                *of_score = true;
            }
        }
    }
    hidden
}

/// What one rule answers on a chunk of accounts, seeing and blind.
struct Answers {
    hidden: Vec<bool>,
    values: Vec<f64>,
    rows: [Rows; 2],
    verdicts: [Vec<Verdict>; 2],
}

impl Answers {
    fn new(rule: &RuleRun) -> Self {
        let features = rule.selection.len();
        Self {
            hidden: hidden(rule),
            values: Vec::new(),
            rows: [Rows::new(features), Rows::new(features)],
            verdicts: [Vec::new(), Vec::new()],
        }
    }

    fn clear(&mut self) {
        self.rows.iter_mut().for_each(Rows::clear);
    }

    fn push(&mut self, (rule, view): (&RuleRun, View<'_>), slot: &mut Slot, at: Time) {
        let values = &mut self.values;
        rule.selection.compute(view, &mut slot.account, at, values);
        let today = view.plan.moment(at).today;
        rule.put_scores_ago(today, &slot.memories, values);
        let blinded = |(value, hidden): (&f64, &bool)| if *hidden { f64::NAN } else { *value };
        let [seeing, blind] = &mut self.rows;
        blind.push(values.iter().zip(&self.hidden).map(blinded));
        seeing.push(values.iter().copied());
    }

    fn evaluate(&mut self, host: &mut Host, tenant: &str, rule: &RuleRun) {
        let (module, parameters) = (&rule.active.module, &rule.active.parameters);
        for (rows, verdicts) in self.rows.iter().zip(&mut self.verdicts) {
            // What fails has its status in the verdict.
            host.evaluate(tenant, module, parameters, rows, &[], verdicts);
        }
    }

    fn reading<'a>(
        &self,
        rule: &'a RuleRun,
        slot: &Slot,
        (row, (at, over)): (usize, (Time, Option<&Override>)),
    ) -> Option<PrimaryReading<'a>> {
        let [seeing, blind] = &self.verdicts;
        let (seeing, blind) = (seeing.get(row)?, blind.get(row)?);
        let nothing = decide::Memory::default();
        let memory = slot.memory_if_any(&rule.active.name).unwrap_or(&nothing);
        // Nothing is explained here, so what features were computed from is not needed.
        let reading = |verdict, over| Reading {
            peers: None,
            key: &slot.key,
            rule: rule_ref(&rule.active),
            now: at,
            verdict,
            features: &[],
            over,
        };
        let over = over.map(|over| decide::Override {
            value: over.value,
            by: &over.by,
            reason: &over.reason,
            expires: over.expires,
        });
        let glance = decide::glance(&rule.policy, memory, &reading(seeing, over));
        let without = decide::glance(&rule.policy, &nothing, &reading(blind, None));
        Some(PrimaryReading {
            status: seeing.status,
            glance,
            coverage: seeing.coverage,
            blind: (without.computed, without.tier_of_score),
        })
    }
}
