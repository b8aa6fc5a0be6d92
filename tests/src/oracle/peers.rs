//! What segments are compared by, found by sorting: at the end of each day everybody's numbers are
//! written down, and two days later somebody's number is held against them.

use std::collections::BTreeMap;

use puls::model::{DAY_MS, Settings};

use super::Account;
use super::known::Known;

/// Features that accounts are compared by, with the units that a value of 1 is counted as.
const BASES: [(&str, f64); 7] = [
    ("usage.events_28d", 1.0),
    ("usage.active_days_28d", 1.0),
    ("usage.contacts_28d", 1.0),
    ("usage.breadth_28d", 1.0),
    ("license.seats_active_pct_28d", 4.0),
    ("ticket.opened_90d", 1.0),
    ("ticket.first_response_hours_90d", 4.0),
];

/// A segment, a feature, and everybody's number of it, in units.
type Numbers = BTreeMap<(String, &'static str), Vec<u64>>;

/// Everybody's numbers, by the day at whose end they were written down.
#[derive(Debug, Default)]
pub(super) struct Peers {
    /// The day that has not ended.
    open: Option<i64>,
    days: BTreeMap<i64, Numbers>,
}

impl Peers {
    /// When the day ends that has not; a story begins on the day of its first record.
    pub(super) fn ends(&mut self, first: i64) -> i64 {
        let open = *self.open.get_or_insert(first.div_euclid(DAY_MS));
        (open + 1) * DAY_MS
    }

    /// Writes down everybody's numbers at the end of the day.
    pub(super) fn write_down(&mut self, accounts: &BTreeMap<String, Account>, settings: &Settings) {
        let Some(open) = self.open else { return };
        self.open = Some(open + 1);
        let end = (open + 1) * DAY_MS - 1;
        let numbers = self.days.entry(open).or_default();
        for account in accounts.values() {
            let known = Known::new(&account.facts, end, settings);
            let stage = known.text("account.stage");
            if stage.is_some_and(|stage| ["prospect", "paused", "churned"].contains(&stage)) {
                continue;
            }
            for (name, scale) in BASES {
                if let Some(number) = known.number(name) {
                    let key = (segment(&known), name);
                    let all = numbers.entry(key).or_default();
                    all.push(units(number, scale));
                }
            }
        }
    }

    /// The value of a feature of this name, if it is relative to peers at all.
    pub(super) fn relative(&self, known: &Known<'_>, name: &str) -> Option<Option<f64>> {
        let (base, what) = name.split_once("_pct_of_segment_").map_or_else(
            || name.split_once("_segment_"),
            |(base, _)| Some((base, "percent")),
        )?;
        let (base, scale) = BASES.into_iter().find(|(name, _)| *name == base)?;
        Some(self.number(known, (base, scale), what))
    }

    fn number(
        &self,
        known: &Known<'_>,
        (base, scale): (&'static str, f64),
        what: &str,
    ) -> Option<f64> {
        let own = known.number(base)?;
        let day = self.days.get(&(self.open? - 2))?;
        let mut all = day.get(&(segment(known), base))?.clone();
        if all.len() < 10 {
            return None;
        }
        all.sort_unstable();
        let (least, width) = bucket(*all.get((all.len() - 1) / 2)?);
        let median = (least as f64 + (width - 1) as f64 / 2.0) / scale;
        match what {
            "median" => Some(median),
            "percent" => (median > 0.0).then(|| 100.0 * own / median),
            _ => {
                let own = bucket(units(own, scale));
                let below = all.iter().filter(|other| bucket(**other) < own).count();
                let beside = all.iter().filter(|other| bucket(**other) == own).count();
                Some(100.0 * (2 * below + beside) as f64 / (2 * all.len()) as f64)
            }
        }
    }
}

fn segment(known: &Known<'_>) -> String {
    known.text("account.segment").unwrap_or("").to_owned()
}

/// The least number of the bucket of `units`, and how many numbers it has.
fn bucket(units: u64) -> (u64, u64) {
    let mut width = 1;
    while units >= 32 * width {
        width *= 2;
    }
    (units / width * width, width)
}

/// A number in whole units.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "counts, percent and hours, none of them negative"
)]
fn units(number: f64, scale: f64) -> u64 {
    (number * scale) as u64
}
