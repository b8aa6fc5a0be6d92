//! Alerts that each rule would have sent: per week, per owner, by what they told.

use std::collections::{BTreeMap, BTreeSet};

use crate::backtest::Side;
use crate::backtest::calendar::Calendar;
use crate::backtest::fold::Folded;
use crate::backtest::notice::{AlertChange, AlertNotice};
use crate::limits::BACKTEST_MONTHS_MAX;
use crate::model::Time;

/// Weeks in a month, at most; bounds a history.
const WEEKS_IN_A_MONTH: usize = 5;

/// One week, and alerts that were opened in it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Week {
    /// Its first moment, a Monday.
    pub begins: Time,
    /// Opened, per side.
    pub opened: [usize; 2],
}

/// Whose desk alerts land on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Desk {
    /// The account's owner, or where none is known the role that the rule names.
    pub name: String,
    /// Whether it is a person.
    pub is_person: bool,
    /// Opened, per side.
    pub opened: [usize; 2],
    /// The most in one week, per side.
    pub busiest: [usize; 2],
}

/// All of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Alerts {
    /// All weeks from the first record to T, those without alerts too.
    pub weeks: Vec<Week>,
    /// Per owner, the busiest first.
    pub desks: Vec<Desk>,
    /// Publications by what they told, per side.
    pub changes: BTreeMap<AlertChange, [usize; 2]>,
    /// Opened, per severity and side.
    pub severities: BTreeMap<String, [usize; 2]>,
    /// Accounts for which both rules opened an alert, and for which one of them did.
    pub accounts_both: usize,
    /// The same, one side only.
    pub accounts_only: [usize; 2],
    /// Publications left out because their account was out.
    pub out: u64,
}

impl Alerts {
    /// Counts the alerts of a folded history.
    #[must_use]
    pub fn new(calendar: &Calendar, folded: &Folded) -> Self {
        let mut weeks: BTreeMap<Time, [usize; 2]> = BTreeMap::new();
        let mut week = calendar.week_of(folded.first.unwrap_or(folded.until));
        while week <= folded.until && weeks.len() < BACKTEST_MONTHS_MAX * WEEKS_IN_A_MONTH {
            weeks.insert(week, [0; 2]);
            week = calendar.week_after(week);
        }
        let mut changes: BTreeMap<AlertChange, [usize; 2]> = BTreeMap::new();
        let mut severities: BTreeMap<String, [usize; 2]> = BTreeMap::new();
        let mut desks: BTreeMap<(bool, String), BTreeMap<Time, [usize; 2]>> = BTreeMap::new();
        let mut accounts: [BTreeSet<&str>; 2] = [BTreeSet::new(), BTreeSet::new()];
        for alert in &folded.alerts {
            let add = |counts: &mut [usize; 2]| *alert.side.of_mut(counts) += 1;
            add(changes.entry(alert.change).or_default());
            if alert.change != AlertChange::Opened {
                continue;
            }
            let week = calendar.week_of(alert.at);
            add(weeks.entry(week).or_default());
            add(severities.entry(alert.severity.clone()).or_default());
            add(desks
                .entry(desk(alert))
                .or_default()
                .entry(week)
                .or_default());
            alert.side.of_mut(&mut accounts).insert(&alert.account);
        }
        let [active, candidate] = &accounts;
        let both = active.intersection(candidate).count();
        Self {
            weeks: weeks
                .into_iter()
                .map(|(begins, opened)| Week { begins, opened })
                .collect(),
            desks: sorted(desks),
            changes,
            severities,
            accounts_both: both,
            accounts_only: [active.len() - both, candidate.len() - both],
            out: folded.alerts_out,
        }
    }

    /// Alerts that were opened, of one side.
    #[must_use]
    pub fn opened(&self, side: Side) -> usize {
        self.weeks.iter().map(|week| *side.of(&week.opened)).sum()
    }

    /// The most that were opened in one week, of one side.
    #[must_use]
    pub fn busiest(&self, side: Side) -> usize {
        self.weeks
            .iter()
            .map(|week| *side.of(&week.opened))
            .max()
            .unwrap_or(0)
    }
}

fn desk(alert: &AlertNotice) -> (bool, String) {
    match &alert.owner {
        Some(owner) => (true, owner.clone()),
        None if alert.role.is_empty() => (false, "nobody named".to_owned()),
        None => (false, alert.role.clone()),
    }
}

fn sorted(desks: BTreeMap<(bool, String), BTreeMap<Time, [usize; 2]>>) -> Vec<Desk> {
    let mut desks: Vec<Desk> = desks
        .into_iter()
        .map(|((is_person, name), weeks)| {
            let of = |side: Side| weeks.values().map(move |week| *side.of(week));
            Desk {
                name,
                is_person,
                opened: Side::BOTH.map(|side| of(side).sum()),
                busiest: Side::BOTH.map(|side| of(side).max().unwrap_or(0)),
            }
        })
        .collect();
    desks.sort_by_key(|desk| std::cmp::Reverse(desk.opened.iter().sum::<usize>()));
    desks
}
