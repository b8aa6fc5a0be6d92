//! Rows that wait for their rule: collected over several events and timers, evaluated together,
//! decided in the order of their causes.
//!
//! How rows are cut into batches never shows in an output: a row is a pure function of its
//! account's state at its own `now`, a batch ends before any timer that one of its verdicts could
//! set, and before a rule could be set aside within it.

use std::collections::BTreeMap;

use super::accounts::{AccountIndex, Slot};
use super::desk::{Desk, rule_ref};
use super::distrust::FAILED;
use super::peers::{NOBODY, TenantPeers};
use super::streaks::RuleId;
use super::tenants::{EpochRun, RuleRun};
use super::timers::Timers;
use super::{Folded, RulesEntry, Shard};
use crate::decide::{self, DeadLetter, Outcome};
use crate::decode::Rejection;
use crate::features::View;
use crate::merge::Merged;
use crate::model::{
    Action, Cause, Digest, Kind, Origin, Output, PeersClosed, ShardId, Time, TimerName, hash64,
};
use crate::rules::{ActiveRule, FailureKind, RowFailure};
use crate::state::Override;

/// Something that went wrong with a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Whose rule.
    pub tenant: String,
    /// Its name.
    pub rule: String,
    /// Its module.
    pub digest: Digest,
    /// For which account.
    pub account: String,
    /// What happened.
    pub detail: String,
    /// Whether the rule was set aside for it.
    pub set_aside: bool,
}

/// What waits for the end of the batch, in order of causes.
#[derive(Debug)]
enum Pending {
    Dead(Output),
    Act {
        account: AccountIndex,
        now: Time,
        action: Box<Action<'static>>,
    },
    Row(Row),
}

/// A row in the columns of every rule of its tenant, or of those in shadow.
#[derive(Debug)]
pub(super) struct Row {
    account: AccountIndex,
    pub(super) number: usize,
    pub(super) now: Time,
    pub(super) cause: Cause,
    pub(super) kinds: u16,
    pub(super) over: Option<Override>,
}

/// Rows and outputs that wait.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pending: Vec<Pending>,
    first_now: Option<Time>,
    folded: Folded,
    values: Vec<f64>,
    /// Outputs of one cause, before they are in order.
    outputs: Vec<Output>,
}

impl Batch {
    /// `now` of the first row that waits.
    pub(super) const fn first_now(&self) -> Option<Time> {
        self.first_now
    }

    /// Whether anything waits.
    pub(super) const fn has_rows(&self) -> bool {
        !self.pending.is_empty()
    }

    /// Notes a record of the rules log that cannot govern.
    pub(super) fn refuse(&mut self, offset: u64, tenant: &str, why: String) {
        self.folded.reports.push(Report {
            tenant: tenant.to_owned(),
            rule: format!("record {offset} of the rules log"),
            digest: Digest::default(),
            account: String::new(),
            detail: why,
            set_aside: false,
        });
    }

    /// Notes that a rule is out of service, for the other shards.
    pub(super) fn note_set_aside(&mut self, record: RulesEntry) {
        self.folded.rules.push(record);
    }

    /// Notes what was counted at the end of a day, for the other shards.
    pub(super) fn note_closed(&mut self, closed: PeersClosed) {
        self.folded.closed.push(closed);
    }

    pub(super) fn take_folded(&mut self) -> Folded {
        std::mem::take(&mut self.folded)
    }
}

impl Shard {
    /// Puts the account as it stands now into the columns of its tenant's rules.
    pub(super) fn score(&mut self, account: AccountIndex, cause: Cause, kinds: u16) {
        let slot = self.accounts.get_mut(account);
        let tenant = self.tenants.get_mut(slot.key.tenant());
        let Some(tenant) = tenant else { return };
        let Some(epoch) = tenant.epochs.get_mut(tenant.current) else {
            return;
        };
        self.touched.mark(account);
        let hash = cause_hash(&cause);
        let number = epoch.rules.first().map_or(0, |rule| rule.rows.len());
        let peers = match epoch.bases.is_empty() {
            true => None,
            false => self.peers.of(&tenant.name),
        };
        let view = View {
            plan: &epoch.plan,
            peers: peers.map_or(&NOBODY, |peers| peers.counts()),
        };
        let asked = |rule: &&mut RuleRun| rule.active.shadow || !is_of_shadow(&cause);
        for rule in epoch.rules.iter_mut().filter(asked) {
            let values = &mut self.batch.values;
            let Slot {
                account, memories, ..
            } = &mut *slot;
            let now = self.now;
            rule.selection.compute(view, account, now, values);
            rule.put_scores_ago(view.plan.moment(now).today, memories, values);
            let day = peers.and_then(TenantPeers::day);
            let behind = rule.selection.behind(view.plan, account, now, day);
            rule.behind.extend(behind);
            rule.rows.push(values.iter().copied());
            rule.causes.push(hash);
        }
        let over = slot.account.override_at(self.now);
        // A second look may set the rule aside, and an action may set any timer: the batch ends.
        let is_full = epoch.is_full(&tenant.name, &self.streaks)
            || self.host.looks_again(hash)
            || kinds & (1 << Kind::Action as u16) != 0;
        let row = Row {
            account,
            number,
            now: self.now,
            cause,
            kinds,
            over,
        };
        self.batch.pending.push(Pending::Row(row));
        self.batch.first_now.get_or_insert(self.now);
        if is_full {
            self.flush();
        }
    }

    /// An action takes effect in the order of causes, behind the rows that wait.
    pub(super) fn push_action(&mut self, account: AccountIndex, action: &Action<'_>) {
        let action = Box::new(action.to_owned_text());
        self.batch.pending.push(Pending::Act {
            account,
            now: self.now,
            action,
        });
        self.batch.first_now.get_or_insert(self.now);
    }

    pub(super) fn push_dead(&mut self, merged: &Merged, row: u16, rejection: &Rejection) {
        let record = &merged.record;
        let letter = DeadLetter {
            tenant: rejection.tenant.as_deref().unwrap_or(""),
            key: record.key.as_deref(),
            input: self
                .names
                .get(usize::from(record.input))
                .map_or("", String::as_str),
            shard: ShardId(self.place.shard),
            origin: Origin {
                input: record.input,
                offset: record.offset,
                row,
            },
            now: self.now,
            reason: rejection.reason,
            detail: &rejection.detail,
            raw: &record.value,
        };
        let output = decide::dead_letter(&letter);
        if self.batch.pending.is_empty() {
            self.emit(output);
        } else {
            self.batch.pending.push(Pending::Dead(output));
        }
    }

    /// Evaluates and decides all that waits, in the order of causes.
    pub(super) fn flush(&mut self) {
        if self.batch.pending.is_empty() {
            return;
        }
        let failures = self.evaluate_rows();
        let mut set_aside = Vec::new();
        for pending in std::mem::take(&mut self.batch.pending) {
            match pending {
                Pending::Dead(output) => self.emit(output),
                Pending::Act {
                    account,
                    now,
                    action,
                } => {
                    self.act(account, now, &action);
                }
                Pending::Row(row) => self.decide_row(&row, &failures, &mut set_aside),
            }
        }
        self.batch.first_now = None;
        for tenant in self.tenants.iter_mut() {
            let Some(epoch) = tenant.epochs.get_mut(tenant.current) else {
                continue;
            };
            for rule in &mut epoch.rules {
                rule.rows.clear();
                rule.causes.clear();
                rule.behind.clear();
            }
        }
        for id in set_aside {
            self.set_aside(&id, FAILED);
        }
    }

    /// Calls every rule that has rows; what failed, by rule and row.
    fn evaluate_rows(&mut self) -> BTreeMap<(RuleId, usize), RowFailure> {
        let mut failures = BTreeMap::new();
        for tenant in self.tenants.iter_mut() {
            let Some(epoch) = tenant.epochs.get_mut(tenant.current) else {
                continue;
            };
            for rule in epoch.rules.iter_mut().filter(|rule| !rule.rows.is_empty()) {
                let RuleRun {
                    active,
                    rows,
                    causes,
                    verdicts,
                    ..
                } = rule;
                let (module, parameters) = (&active.module, &active.parameters);
                self.batch.folded.evaluations += rows.len() as u64;
                let failed =
                    self.host
                        .evaluate(&tenant.name, module, parameters, rows, causes, verdicts);
                for failure in failed {
                    failures.insert((rule_id(&tenant.name, active), failure.row), failure);
                }
            }
        }
        failures
    }

    /// Decides one row under every rule of its tenant, and sets the timers that follow.
    fn decide_row(
        &mut self,
        row: &Row,
        failures: &BTreeMap<(RuleId, usize), RowFailure>,
        set_aside: &mut Vec<RuleId>,
    ) {
        let slot = self.accounts.get_mut(row.account);
        let tenant = self.tenants.get_mut(slot.key.tenant());
        let Some(tenant) = tenant else { return };
        let (before, rest) = tenant.epochs.split_at_mut(tenant.current);
        let Some(epoch) = rest.first_mut() else {
            return;
        };
        let mut timers = NextTimers::default();
        let outputs = &mut self.batch.outputs;
        let alone = is_of_shadow(&row.cause);
        let asked = |rule: &&mut RuleRun| rule.active.shadow || !alone;
        for rule in epoch.rules.iter_mut().filter(asked) {
            let (host, tenant_name) = (&mut self.host, tenant.name.as_str());
            let desk = Desk {
                host,
                tenant: tenant_name,
                names: &self.names,
                row,
                today: epoch.plan.moment(row.now).today,
                peers: self.peers.of(tenant_name),
            };
            let outcome = desk.decide(rule, slot, outputs);
            match outcome {
                Outcome::Decided(of_rule) => {
                    timers.add(&of_rule, rule.active.shadow);
                    if self.streaks.is_any_failing() {
                        self.streaks.succeeded(&rule_id(&tenant.name, &rule.active));
                    }
                }
                Outcome::Failed { .. } => {
                    if !rule.active.shadow {
                        timers.keep(slot, row.now);
                    }
                    let id = rule_id(&tenant.name, &rule.active);
                    let failure = failures.get(&(id.clone(), row.number));
                    let caught = failure.is_some_and(|f| f.kind == FailureKind::Nondeterministic);
                    let is_over = self.streaks.failed(&id) || caught;
                    self.batch.folded.reports.push(Report {
                        tenant: id.tenant.clone(),
                        rule: id.rule.clone(),
                        digest: id.digest,
                        account: slot.key.account(),
                        detail: failure.map_or_else(
                            || "the rule answered row error (status 3)".to_owned(),
                            |failure| failure.detail.clone(),
                        ),
                        set_aside: is_over,
                    });
                    if is_over {
                        set_aside.push(id);
                    }
                }
            }
        }
        timers.arm_shadow(&mut self.timers, slot);
        if !alone {
            retire_others(before, epoch, slot, row.now, outputs);
            timers.arm(&mut self.timers, slot, row);
        }
        outputs.sort_by_key(|output| output.topic);
        for output in std::mem::take(&mut self.batch.outputs) {
            self.emit(output);
        }
    }

    fn act(&mut self, account: AccountIndex, now: Time, action: &Action<'static>) {
        if self.hindsight.is_some() {
            return;
        }
        let slot = self.accounts.get_mut(account);
        for (_, memory) in &mut slot.memories {
            decide::act(memory, now, action);
        }
    }

    /// The one way out: into its tenant's digest and the step's outputs.
    fn emit(&mut self, output: Output) {
        let digest = match self.digests.get_mut(&output.tenant) {
            Some(digest) => digest,
            None => self.digests.entry(output.tenant.clone()).or_default(),
        };
        *digest = digest.chain(&output.value);
        self.batch.folded.outputs.push(output);
    }
}

pub(super) fn rule_id(tenant: &str, active: &ActiveRule) -> RuleId {
    let rule = active.name.to_string();
    RuleId {
        tenant: tenant.to_owned(),
        rule,
        digest: active.digest,
    }
}

/// Ends what rules that are no longer active had open for the account.
fn retire_others(
    before: &[EpochRun],
    epoch: &EpochRun,
    slot: &mut Slot,
    now: Time,
    outputs: &mut Vec<Output>,
) {
    if slot.memories.len() == epoch.rules.len() {
        return;
    }
    let is_active = |name: &str| epoch.rules.iter().any(|rule| &*rule.active.name == name);
    let Slot { key, memories, .. } = slot;
    for (name, memory) in memories.iter_mut().filter(|(name, _)| !is_active(name)) {
        let mut earlier = before.iter().rev().flat_map(|epoch| &epoch.rules);
        if let Some(rule) = earlier.find(|rule| *rule.active.name == **name) {
            let whose = (&*key, rule_ref(&rule.active), now);
            decide::retire(&rule.policy, memory, whose, outputs);
        }
    }
    memories.retain(|(name, _)| is_active(name));
}

/// The earliest of each timer that decisions set, over all rules of an account.
#[derive(Default)]
struct NextTimers(smallvec::SmallVec<[(TimerName, Time); 4]>);

/// The timers that follow from verdicts.
const OF_VERDICTS: [TimerName; 3] = [TimerName::Cooldown, TimerName::Dwell, TimerName::Expiry];

impl NextTimers {
    fn add(&mut self, timers: &decide::Timers, in_shadow: bool) {
        let name_of = |name| if in_shadow { TimerName::Shadow } else { name };
        self.0
            .extend(timers.iter().map(|(due, name)| (name_of(*name), *due)));
    }

    /// A look that is nearer stands: it finds out by itself what is asked for.
    fn arm_shadow(&self, timers: &mut Timers, slot: &mut Slot) {
        let of_shadow = self.0.iter().filter(|(of, _)| *of == TimerName::Shadow);
        if let Some(due) = of_shadow.map(|(_, due)| *due).min() {
            let due = due.min(slot.dues.get(TimerName::Shadow));
            timers.arm(&mut slot.dues, &slot.key, TimerName::Shadow, due);
        }
    }

    /// Keeps what the account has: the rule that failed may have set it.
    fn keep(&mut self, slot: &Slot, now: Time) {
        let armed = OF_VERDICTS.map(|name| (name, slot.dues.get(name)));
        self.0.extend(
            armed
                .into_iter()
                .filter(|(_, due)| *due > now && *due != Time::MAX),
        );
    }

    fn arm(mut self, timers: &mut Timers, slot: &mut Slot, row: &Row) {
        if let Some(over) = &row.over {
            self.0.push((TimerName::Expiry, over.expires));
        }
        for name in OF_VERDICTS {
            let of_name = self
                .0
                .iter()
                .filter(|(of, due)| *of == name && *due > row.now);
            let due = of_name.map(|(_, due)| *due).min().unwrap_or(Time::MAX);
            timers.arm(&mut slot.dues, &slot.key, name, due);
        }
    }
}

/// Whether only rules in shadow asked for a row.
const fn is_of_shadow(cause: &Cause) -> bool {
    matches!(
        cause,
        Cause::Timer {
            timer: TimerName::Shadow,
            ..
        }
    )
}

/// Hash of a cause: which rows are looked at twice.
fn cause_hash(cause: &Cause) -> u64 {
    match cause {
        Cause::Input(origin) => {
            let place = u64::from(origin.input) << 16 | u64::from(origin.row);
            hash64(&[origin.offset.to_le_bytes(), place.to_le_bytes()].concat())
        }
        Cause::Timer {
            account,
            timer,
            due,
        } => {
            let moment = hash64(&due.0.to_le_bytes()).wrapping_add(*timer as u64);
            hash64(account.as_str().as_bytes()) ^ moment
        }
    }
}
