//! What governs each tenant now: settings, plan and rules, made ready for the event path.

use std::sync::Arc;

use puls_wire::{Rows, Verdict};

use super::desk::RoomForOne;
use super::streaks::Streaks;
use crate::decide::{Memory, PeersBehind, Policy};
use crate::features::{Bases, Selection};
use crate::language::Language;
use crate::model::{Settings, Time};
use crate::rules::{ActiveRule, Epoch};
use crate::state::Plan;

/// One tenant and the timeline of what governs it.
#[derive(Debug)]
pub(super) struct Tenant {
    pub(super) name: String,
    /// In order of their beginnings, without gaps, the last without an end.
    pub(super) epochs: Vec<EpochRun>,
    /// The epoch that governs the shard's `now`.
    pub(super) current: usize,
}

/// One stretch of log time in which nothing changes.
#[derive(Debug)]
pub(super) struct EpochRun {
    pub(super) until: Time,
    pub(super) plan: Plan,
    pub(super) rules: Vec<RuleRun>,
    /// Least delay of any timer that a verdict can set.
    pub(super) least_delay_ms: i64,
    /// What accounts are counted by, for features relative to peers.
    pub(super) bases: Bases,
}

/// One active rule with its columns.
#[derive(Debug)]
pub(super) struct RuleRun {
    pub(super) active: ActiveRule,
    pub(super) selection: Selection,
    pub(super) policy: Policy,
    /// What the tenant declares.
    pub(super) settings: Arc<Settings>,
    pub(super) rows: Rows,
    pub(super) causes: Vec<u64>,
    pub(super) verdicts: Vec<Verdict>,
    pub(super) alone: RoomForOne,
    /// What stands behind the features of each row that are relative to peers, if any are.
    pub(super) behind: Vec<PeersBehind>,
}

impl Tenant {
    /// A tenant governed by `epochs`.
    ///
    /// # Errors
    /// Where settings and rules do not fit each other: what was expected and found.
    pub(super) fn new(name: &str, epochs: &[Epoch]) -> Result<Self, String> {
        let mut tenant = Self {
            name: name.to_owned(),
            epochs: Vec::new(),
            current: 0,
        };
        tenant.govern(epochs)?;
        Ok(tenant)
    }

    /// Takes up another timeline. No row may be waiting.
    ///
    /// # Errors
    /// As [`Tenant::new`].
    pub(super) fn govern(&mut self, epochs: &[Epoch]) -> Result<(), String> {
        self.epochs = epochs.iter().map(EpochRun::new).collect::<Result<_, _>>()?;
        self.current = 0;
        Ok(())
    }

    /// Makes the epoch of `now` the current one. No row may be waiting.
    pub(super) fn move_to(&mut self, now: Time) {
        while self
            .epochs
            .get(self.current)
            .is_some_and(|epoch| epoch.until <= now)
        {
            self.current += 1;
        }
    }

    /// What governs now; `None` where nothing does yet.
    pub(super) fn epoch(&mut self) -> Option<&mut EpochRun> {
        self.epochs.get_mut(self.current)
    }

    /// From `now` on, the first moment at which what `is_meant` governs.
    pub(super) fn first_from(
        &self,
        now: Time,
        is_meant: impl Fn(&EpochRun) -> bool,
    ) -> Option<Time> {
        let mut from = Time::MIN;
        for epoch in &self.epochs {
            if now < epoch.until && is_meant(epoch) {
                return Some(from.max(now));
            }
            from = epoch.until;
        }
        None
    }

    /// All that has governed, governs and will.
    pub(super) fn epochs(&self) -> &[EpochRun] {
        &self.epochs
    }

    /// What governs at `at`, whatever the shard's `now` is.
    pub(super) fn epoch_at(&mut self, at: Time) -> Option<&mut EpochRun> {
        self.epochs.iter_mut().find(|epoch| at < epoch.until)
    }
}

impl EpochRun {
    fn new(epoch: &Epoch) -> Result<Self, String> {
        let plan = Plan::new(&epoch.settings, &epoch.declared).map_err(|all| all.join("; "))?;
        let rules: Vec<RuleRun> = epoch
            .rules
            .iter()
            .map(|rule| RuleRun::new(rule, epoch, &plan))
            .collect::<Result<_, _>>()?;
        let delays = rules.iter().map(|rule| rule.policy.least_delay_ms());
        let least_delay_ms = delays.min().unwrap_or(i64::MAX);
        let bases = rules.iter().map(|rule| rule.selection.bases());
        Ok(Self {
            until: epoch.until,
            bases: bases.fold(Bases::default(), Bases::with),
            plan,
            rules,
            least_delay_ms,
        })
    }

    /// Whether no further row may join the batch.
    pub(super) fn is_full(&self, tenant: &str, streaks: &Streaks) -> bool {
        self.rules.iter().any(|rule| {
            let room = streaks.room(tenant, &rule.active.name, rule.active.digest);
            rule.rows.len() >= room
        })
    }
}

impl RuleRun {
    /// The rule's policy with its texts in another language; it decides the same.
    pub(super) fn policy_in(&self, language: Language) -> Policy {
        let settings = Settings {
            language: language.code().to_owned(),
            ..(*self.settings).clone()
        };
        let told = (&self.active.module.manifest, &self.active.module.texts);
        Policy::translated(told, &settings, self.selection.kinds())
    }

    fn new(active: &ActiveRule, epoch: &Epoch, plan: &Plan) -> Result<Self, String> {
        let manifest = &active.module.manifest;
        let selection = Selection::new(plan, &manifest.features)
            .map_err(|all| format!("rule {}: {}", active.name, all.join("; ")))?;
        let told = (manifest, &active.module.texts);
        let policy = Policy::translated(told, &epoch.settings, selection.kinds());
        Ok(Self {
            active: active.clone(),
            rows: Rows::new(manifest.features.len()),
            selection,
            policy,
            settings: Arc::clone(&epoch.settings),
            causes: Vec::new(),
            verdicts: Vec::new(),
            alone: RoomForOne::new(manifest.features.len()),
            behind: Vec::new(),
        })
    }

    /// Puts what the rule scored the account at days ago into its row.
    pub(super) fn put_scores_ago(
        &self,
        today: u16,
        memories: &[(Box<str>, Memory)],
        values: &mut [f64],
    ) {
        for (place, days) in self.selection.scores_ago() {
            let memory = memories
                .iter()
                .find(|(name, _)| **name == *self.active.name);
            let memory = memory.map(|(_, memory)| memory);
            let score = memory.and_then(|memory| memory.score_on(today.checked_sub(*days)?));
            if let (Some(score), Some(value)) = (score, values.get_mut(*place)) {
                *value = f64::from(score) / 10_000.0;
            }
        }
    }
}

/// All tenants of a shard, by name.
#[derive(Debug, Default)]
pub(super) struct Tenants {
    tenants: Vec<Tenant>,
    /// When anything changes for any tenant.
    pub(super) changes_at: Time,
    /// Least delay of any timer that a verdict can set now.
    pub(super) least_delay_ms: i64,
}

impl Tenants {
    /// The tenant's number.
    pub(super) fn find(&self, name: &str) -> Option<usize> {
        self.tenants
            .binary_search_by(|tenant| tenant.name.as_str().cmp(name))
            .ok()
    }

    pub(super) fn get_mut(&mut self, name: &str) -> Option<&mut Tenant> {
        let number = self.find(name)?;
        self.tenants.get_mut(number)
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Tenant> {
        self.tenants.iter_mut()
    }

    /// Adds a tenant or gives an old one a new timeline.
    ///
    /// # Errors
    /// As [`Tenant::new`].
    pub(super) fn govern(&mut self, name: &str, epochs: &[Epoch]) -> Result<(), String> {
        match self
            .tenants
            .binary_search_by(|tenant| tenant.name.as_str().cmp(name))
        {
            Ok(number) => {
                if let Some(tenant) = self.tenants.get_mut(number) {
                    tenant.govern(epochs)?;
                }
            }
            Err(number) => self.tenants.insert(number, Tenant::new(name, epochs)?),
        }
        self.changes_at = Time::MIN;
        Ok(())
    }

    /// Makes the epochs of `now` current for all tenants. No row may be waiting.
    pub(super) fn move_to(&mut self, now: Time) {
        self.tenants
            .iter_mut()
            .for_each(|tenant| tenant.move_to(now));
        let current = || {
            self.tenants
                .iter()
                .filter_map(|tenant| tenant.epochs.get(tenant.current))
        };
        self.changes_at = current()
            .map(|epoch| epoch.until)
            .min()
            .unwrap_or(Time::MAX);
        let delays = current().map(|epoch| epoch.least_delay_ms);
        self.least_delay_ms = delays.min().unwrap_or(i64::MAX);
    }
}
