//! One row on the desk: everything that a decision on it needs, gathered from its rule's columns
//! and its account. It evaluates single rows too, for the split of a change.

use puls_wire::{Rows, Verdict};

use super::accounts::Slot;
use super::batch::Row;
use super::peers::TenantPeers;
use super::tenants::RuleRun;
use crate::decide::{self, Evaluation, Outcome, Reading, Rescore, RuleRef};
use crate::features::Selection;
use crate::model::{Cause, Output, TimerName};
use crate::rules::{ActiveRule, Host};

/// What decisions on a row need beside the row.
pub(super) struct Desk<'a> {
    pub(super) host: &'a mut Host,
    pub(super) tenant: &'a str,
    pub(super) names: &'a [String],
    pub(super) row: &'a Row,
    pub(super) today: u16,
    pub(super) peers: Option<&'a TenantPeers>,
}

impl Desk<'_> {
    pub(super) fn decide(
        self,
        rule: &mut RuleRun,
        slot: &mut Slot,
        outputs: &mut Vec<Output>,
    ) -> Outcome {
        let row = self.row;
        let verdict = rule
            .verdicts
            .get(row.number)
            .expect("a verdict for each row");
        let features: smallvec::SmallVec<[f64; 48]> = rule.rows.row(row.number).collect();
        let over = row.over.as_ref().map(|over| decide::Override {
            value: over.value,
            by: &over.by,
            reason: &over.reason,
            expires: over.expires,
        });
        let key = slot.key.clone();
        let reading = Reading {
            key: &key,
            rule: rule_ref(&rule.active),
            now: row.now,
            verdict,
            features: &features,
            over,
            peers: rule.behind.get(row.number),
        };
        let daily = matches!(
            row.cause,
            Cause::Timer {
                timer: TimerName::Daily,
                ..
            }
        );
        let evaluation = Evaluation {
            reading,
            cause: &row.cause,
            names: self.names,
            daily,
            touched: row.kinds,
            today: self.today,
        };
        let mut alone = Alone {
            host: self.host,
            tenant: self.tenant,
            rule: &rule.active,
            room: &mut rule.alone,
            selection: &rule.selection,
            peers: self.peers,
        };
        let memory = slot.memory(&rule.active.name);
        decide::decide(&rule.policy, memory, &evaluation, &mut alone, outputs)
    }
}

/// Evaluates single rows of one rule, for the split of a change.
pub(super) struct Alone<'a> {
    pub(super) host: &'a mut Host,
    pub(super) tenant: &'a str,
    pub(super) rule: &'a ActiveRule,
    pub(super) room: &'a mut RoomForOne,
    pub(super) selection: &'a Selection,
    pub(super) peers: Option<&'a TenantPeers>,
}

/// Columns for a row that is evaluated alone, kept for their memory.
#[derive(Debug)]
pub(super) struct RoomForOne {
    rows: Rows,
    verdicts: Vec<Verdict>,
}

impl RoomForOne {
    pub(super) fn new(features: usize) -> Self {
        Self {
            rows: Rows::new(features),
            verdicts: Vec::new(),
        }
    }
}

impl Alone<'_> {
    /// The verdict on one row; one that failed has status `RowError`.
    pub(super) fn verdict(&mut self, features: &[f64]) -> &Verdict {
        let RoomForOne { rows, verdicts } = &mut *self.room;
        let ActiveRule {
            module, parameters, ..
        } = self.rule;
        rows.clear();
        rows.push(features.iter().copied());
        self.host
            .evaluate(self.tenant, module, parameters, rows, &[], verdicts);
        verdicts.first().expect("a verdict for each row")
    }
}

impl Rescore for Alone<'_> {
    fn score(&mut self, features: &[f64]) -> Option<i64> {
        let verdict = self.verdict(features);
        verdict.has_score().then(|| verdict.score())
    }

    fn relate(&mut self, feature: usize, own: f64, (day, segment): (u16, u64)) -> Option<f64> {
        let counts = self.peers?.on(day)?;
        self.selection.relate(feature, own, (counts, segment))
    }
}

/// The rule as decisions name it.
pub(super) fn rule_ref(active: &ActiveRule) -> RuleRef<'_> {
    RuleRef {
        name: &active.name,
        version: &active.module.manifest.version,
        digest: active.digest,
        parameters: &active.parameters,
        primary: active.primary,
        shadow: active.shadow,
    }
}
