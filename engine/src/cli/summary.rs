//! What a run came to: sums that must match, and how the accounts stand.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

use super::session::Session;
use super::table::{self, count};
use crate::model::{Reason, Time};
use crate::shard::{Counts, Fates};

/// What a run came to.
pub(super) struct Summary {
    pub(super) counts: Counts,
    pub(super) accounts: usize,
    /// Accounts per tenant and tier of the primary rule; `None` where they were not looked at.
    pub(super) tiers: Option<Tiers>,
    /// The moment at which the run ended; `None` where it was stopped.
    pub(super) until: Option<Time>,
    /// Records that this run took, and how long it took for them.
    pub(super) taken: u64,
    pub(super) took: Duration,
}

/// Accounts per tenant and tier.
pub(super) type Tiers = BTreeMap<String, BTreeMap<String, u64>>;

impl Summary {
    pub(super) fn show(&self, as_json: bool, session: &mut Session) -> anyhow::Result<()> {
        if as_json {
            session.json(&self.as_json())
        } else {
            self.as_text()
                .iter()
                .try_for_each(|line| session.line(line))
        }
    }

    /// Where sums that must match do not: each as a sentence.
    pub(super) fn mismatches(&self) -> Vec<String> {
        let mut mismatches = Vec::new();
        for input in &self.counts.0 {
            let reasons: u64 = input.reasons.iter().sum();
            if reasons != input.events.dead {
                mismatches.push(format!(
                    "input {}: {} dead events, but {reasons} by reason",
                    input.input, input.events.dead
                ));
            }
            if input.records.sum() > input.events.sum() {
                mismatches.push(format!(
                    "input {}: {} records, but only {} events",
                    input.input,
                    input.records.sum(),
                    input.events.sum()
                ));
            }
        }
        mismatches
    }

    /// Records of this run in a second.
    fn rate(&self) -> u64 {
        let micros = self.took.as_micros().max(1);
        u64::try_from(u128::from(self.taken) * 1_000_000 / micros).unwrap_or(u64::MAX)
    }

    fn as_text(&self) -> Vec<String> {
        let mut lines = Vec::new();
        let row = |name: &str, what: &str, fates: Fates| {
            let numbers = [fates.sum(), fates.applied, fates.duplicate, fates.dead];
            let cells = [name.to_owned(), what.to_owned()].into_iter();
            cells.chain(numbers.map(count)).collect::<Vec<_>>()
        };
        let mut rows = Vec::new();
        for input in &self.counts.0 {
            rows.push(row(&input.input, "records", input.records));
            rows.push(row("", "events", input.events));
        }
        let head = ["input", "", "taken", "applied", "duplicate", "dead"];
        lines.extend(table::columns(&head, &rows, true));
        let dead = self.dead();
        if !dead.is_empty() {
            lines.push(String::new());
            let rows: Vec<_> = dead
                .iter()
                .map(|(input, reason, sum)| {
                    vec![
                        (*input).into(),
                        count(*sum),
                        reason.code().into(),
                        reason.sentence().into(),
                    ]
                })
                .collect();
            lines.extend(table::columns(
                &["input", "dead", "reason", "meaning"],
                &rows,
                false,
            ));
        }
        if let Some(tiers) = &self.tiers {
            lines.push(String::new());
            let rows: Vec<_> = tiers
                .iter()
                .flat_map(|(tenant, tiers)| {
                    tiers.iter().map(move |(tier, accounts)| {
                        vec![tenant.clone(), tier.clone(), count(*accounts)]
                    })
                })
                .collect();
            lines.extend(table::columns(
                &["tenant", "tier", "accounts"],
                &rows,
                false,
            ));
        }
        lines.push(String::new());
        lines.push(self.last_line());
        lines
    }

    fn last_line(&self) -> String {
        let end = match self.until {
            None => "stopped".to_owned(),
            Some(Time::MIN) => "and no event that can be used".to_owned(),
            Some(until) => format!("as of {until}"),
        };
        format!(
            "{} {end}; {} in {:.1} s, {} a second",
            table::many(self.accounts, "account"),
            table::many(usize::try_from(self.taken).unwrap_or(usize::MAX), "record"),
            self.took.as_secs_f64(),
            count(self.rate())
        )
    }

    fn dead(&self) -> Vec<(&str, Reason, u64)> {
        let mut dead = Vec::new();
        for input in &self.counts.0 {
            for (reason, sum) in Reason::ALL.iter().zip(&input.reasons) {
                if *sum > 0 {
                    dead.push((input.input.as_str(), *reason, *sum));
                }
            }
        }
        dead
    }

    fn as_json(&self) -> Value {
        let fates = |fates: Fates| {
            json!({
                "taken": fates.sum(),
                "applied": fates.applied,
                "duplicate": fates.duplicate,
                "dead": fates.dead,
            })
        };
        let inputs: Vec<_> = self
            .counts
            .0
            .iter()
            .map(|input| {
                let reasons: BTreeMap<_, _> = Reason::ALL
                    .iter()
                    .zip(&input.reasons)
                    .filter(|(_, sum)| **sum > 0)
                    .map(|(reason, sum)| (reason.code(), *sum))
                    .collect();
                json!({
                    "input": input.input,
                    "records": fates(input.records),
                    "events": fates(input.events),
                    "reasons": reasons,
                })
            })
            .collect();
        json!({
            "inputs": inputs,
            "accounts": self.accounts,
            "tiers": self.tiers,
            "until": self.until.filter(|until| *until > Time::MIN).map(|until| until.to_string()),
            "records": self.taken,
            "seconds": self.took.as_secs_f64(),
            "records_per_second": self.rate(),
        })
    }
}
