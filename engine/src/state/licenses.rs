//! The licenses of an account: every field as it was last stated, in force or not, paid or not.

mod known;
mod past;

use crate::limits::{LICENSES_MAX, PAYMENT_FAILURES_MAX};
use crate::model::{CodecError, Fixed, License, LicenseChange, Reader, Time, Writer, hash64};

use super::bounded::{Entities, Happened};
use super::days::Day;
use super::latest::Stamp;
use super::plan::{Moment, Plan, RATE_SCALE};
use super::reading::{Missing, Reading, from_millionths, percent, rounded};

use known::Known;

/// What the paid licenses come to.
#[derive(Clone, Copy, PartialEq, Debug)]
struct Summary {
    revision: u64,
    today: Day,
    seats: Option<i128>,
    /// Assigned seats and seats, over licenses that have both.
    assigned: (i128, i128),
    /// In millionths of the tenant's currency.
    mrr: Result<i128, Missing>,
    mrr_at_stake: Result<i128, Missing>,
    amount_due: Result<i128, Missing>,
    renewal: Option<Time>,
    decision: Option<Time>,
    /// `Some(None)`: it is known that nothing is overdue.
    overdue: Option<Option<Time>>,
    start: Option<Time>,
}

/// A sum of amounts in several currencies.
#[derive(Debug)]
struct Money {
    /// In millionths of a billionth of the tenant's currency.
    sum: Option<i128>,
    has_rates: bool,
}

impl Money {
    const fn new(sum: Option<i128>) -> Self {
        let has_rates = true;
        Self { sum, has_rates }
    }

    fn add(&mut self, amount: Fixed, rate: Option<i128>) {
        self.has_rates &= rate.is_some();
        let worth = i128::from(amount.0) * rate.unwrap_or(0);
        self.sum = Some(self.sum.unwrap_or(0) + worth);
    }

    /// In millionths of the tenant's currency.
    fn total(&self) -> Result<i128, Missing> {
        if self.has_rates {
            let sum = self.sum.ok_or(Missing::NoData)?;
            Ok(rounded(sum, RATE_SCALE))
        } else {
            Err(Missing::NoRate)
        }
    }
}

/// The licenses of one account.
#[derive(Clone, PartialEq, Debug, Default)]
pub(crate) struct Licenses {
    known: Entities<Known>,
    /// Payments that failed, by id.
    failures: Entities<Happened>,
    summary: Option<Summary>,
}

impl Licenses {
    pub(crate) fn apply(&mut self, stamp: Stamp, event: &License<'_>, plan: &Plan, today: Day) {
        self.summary = None;
        if event.change == LicenseChange::PaymentFailed {
            let now = plan.days().start_of(today);
            let id = stamp.id[0];
            self.failures
                .happened(id, stamp.at, now, PAYMENT_FAILURES_MAX);
        }
        let hash = hash64(event.license.as_bytes());
        let (license, _) = self.known.entry(hash, stamp.at, LICENSES_MAX);
        if let Some(license) = license {
            license.apply(stamp, event, plan, today);
        }
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    pub(crate) fn newest(&self) -> Option<Time> {
        self.known.newest()
    }

    pub(crate) fn is_capped(&self, now: Time) -> bool {
        self.known.is_capped(now) || self.failures.is_capped(now)
    }

    /// Whether statements that others replaced were left out that could still matter.
    pub(crate) fn past_is_capped(&self, now: Time) -> bool {
        let mut licenses = self.known.iter();
        licenses.any(|license| license.is_capped(now))
    }

    /// Days on which a term of a license that is no trial was said to end.
    pub(crate) fn terms(&self) -> impl Iterator<Item = Day> {
        let paid = self.known.iter().filter(|license| !license.is_trial());
        paid.flat_map(|license| license.terms.iter().copied())
    }

    fn paid(&self) -> impl Iterator<Item = &Known> {
        self.known.iter().filter(|license| license.is_paid())
    }

    fn summary(&mut self, plan: &Plan, moment: Moment) -> &Summary {
        let holds = |of: &Summary| of.today == moment.today && of.revision == plan.revision();
        if !self.summary.as_ref().is_some_and(holds) {
            self.summary = Some(self.sum_up(plan, moment.today));
        }
        self.summary.as_ref().expect("made where there was none")
    }

    fn sum_up(&self, plan: &Plan, today: Day) -> Summary {
        let has_paid = self.paid().next().is_some();
        let fallback = (!self.is_empty() && !has_paid).then_some(0);
        let mut seats = fallback;
        let mut assigned = (0, 0);
        let mut mrr = Money::new(fallback);
        let mut at_stake = Money::new(fallback);
        let mut due = Money::new(None);
        for license in self.paid() {
            let bought = license.seats.get().map(|seats| i128::from(seats.0));
            if let Some(bought) = bought {
                seats = Some(seats.unwrap_or(0) + bought);
            }
            if let (Some(bought), Some(given)) = (bought, license.seats_assigned.get()) {
                assigned = (assigned.0 + i128::from(given.0), assigned.1 + bought);
            }
            let rate = plan.rate(license.currency.get().copied(), today);
            if let Some(amount) = license.amount_due.get() {
                due.add(*amount, rate.or((amount.0 == 0).then_some(RATE_SCALE)));
            }
            if let Some(amount) = license.mrr.get() {
                mrr.add(*amount, rate);
                if license.is_at_stake(plan, today) {
                    at_stake.add(*amount, rate);
                } else {
                    at_stake.add(Fixed(0), Some(RATE_SCALE));
                }
            }
        }
        Summary {
            revision: plan.revision(),
            today,
            seats,
            assigned,
            mrr: mrr.total(),
            mrr_at_stake: at_stake.total(),
            amount_due: due.total(),
            renewal: self.renewal(),
            decision: self.decision(),
            overdue: self.overdue(),
            start: self.start(),
        }
    }

    /// The earliest end of a paid license's term.
    pub(crate) fn renewal(&self) -> Option<Time> {
        self.paid()
            .filter_map(|license| license.term_ends.get().copied())
            .min()
    }

    /// The earliest moment by which notice must be given for a paid license.
    pub(crate) fn decision(&self) -> Option<Time> {
        self.paid().filter_map(Known::decision).min()
    }

    /// Since when an invoice for a paid license is overdue, where anything is said of that.
    pub(crate) fn overdue(&self) -> Option<Option<Time>> {
        let stated = self.paid().filter_map(|license| license.overdue.get());
        stated.copied().reduce(|a, b| match (a, b) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        })
    }

    /// The earliest start of a license that is no trial, if one is paid now.
    pub(crate) fn start(&self) -> Option<Time> {
        self.paid().next()?;
        let paid_once = self.known.iter().filter(|license| !license.is_trial());
        paid_once.map(Known::start).min()
    }

    /// The licenses in force that are trials.
    fn trials(&self) -> impl Iterator<Item = &Known> {
        let in_force = self.known.iter().filter(|license| license.is_in_force());
        in_force.filter(|license| license.is_trial())
    }

    /// The earliest start of the trials.
    pub(crate) fn trial_start(&self) -> Option<Time> {
        self.trials().map(Known::start).min()
    }

    /// The earliest end of the trials' terms.
    pub(crate) fn trial_end(&self) -> Option<Time> {
        let ends = self.trials().filter_map(|trial| trial.term_ends.get());
        ends.copied().min()
    }

    /// Whether there is a trial and nothing is paid.
    pub(crate) fn is_trial_only(&self) -> bool {
        self.trials().next().is_some() && self.paid().next().is_none()
    }

    /// When the account began: with what it pays for, and where it pays for nothing, with its
    /// trials.
    pub(crate) fn begun(&self) -> Option<Time> {
        self.start().or_else(|| self.trial_start())
    }

    /// Seats bought, in millionths.
    pub(crate) fn seats(&mut self, plan: &Plan, moment: Moment) -> Option<i128> {
        self.summary(plan, moment).seats
    }

    pub(crate) fn seats_assigned_pct(&mut self, plan: &Plan, moment: Moment) -> Reading {
        let (given, bought) = self.summary(plan, moment).assigned;
        percent(given, bought)
    }

    pub(crate) fn mrr(&mut self, plan: &Plan, moment: Moment) -> Reading {
        self.summary(plan, moment).mrr.map(from_millionths)
    }

    pub(crate) fn mrr_at_stake(&mut self, plan: &Plan, moment: Moment) -> Reading {
        let at_stake = self.summary(plan, moment).mrr_at_stake;
        at_stake.map(from_millionths)
    }

    /// MRR against that before the 90 days up to today, both at today's rates.
    pub(crate) fn mrr_change_pct(&mut self, plan: &Plan, moment: Moment) -> Reading {
        let mut before = Money::new(Some(0));
        for license in self.known.iter() {
            if let Some((amount, currency)) = license.mrr_before(plan, moment.today) {
                before.add(amount, plan.rate(currency, moment.today));
            }
        }
        let (before, now) = (before.total()?, self.summary(plan, moment).mrr?);
        percent(now - before, before)
    }

    pub(crate) fn amount_due(&mut self, plan: &Plan, moment: Moment) -> Reading {
        let due = self.summary(plan, moment).amount_due;
        due.map(from_millionths)
    }

    /// Number of payments that failed in 90 days.
    pub(crate) fn payment_failures(&self, plan: &Plan, today: Day) -> usize {
        let first = plan.days().start_of(today.saturating_sub(89));
        self.failures.count_since(first)
    }

    /// Whether the paid license that comes up for decision first renews by itself; of several at
    /// one moment, whether all that say so do.
    pub(crate) fn auto_renew(&self) -> Option<bool> {
        let when = |license: &Known| license.decision().unwrap_or(Time::MAX);
        let first = self.paid().map(when).min()?;
        let those = self.paid().filter(|license| when(license) == first);
        let said = those.filter_map(|license| license.auto_renew.get());
        said.copied().reduce(|a, b| a && b)
    }

    /// The plan of the greatest paid license whose plan is known; of a trial where nothing is
    /// paid.
    pub(crate) fn plan_name(&self, plan: &Plan, today: Day) -> Option<&str> {
        let has_paid = self.paid().next().is_some();
        let in_force = self.known.iter().filter(|license| license.is_in_force());
        let meant = in_force.filter(|license| license.is_trial() != has_paid);
        let named = meant.filter_map(|license| {
            let name = license.plan.get()?;
            let rate = plan.rate(license.currency.get().copied(), today);
            let mrr = license.mrr.get().map_or(0, |mrr| i128::from(mrr.0));
            Some((mrr * rate.unwrap_or(0), &**name))
        });
        let greatest = named.reduce(|one, other| if other.0 > one.0 { other } else { one });
        greatest.map(|(_, name)| name)
    }

    /// Twelve times the MRR, as an exact sum of money.
    pub(crate) fn arr(&mut self, plan: &Plan, moment: Moment) -> Reading {
        let mrr = self.summary(plan, moment).mrr;
        mrr.map(|mrr| from_millionths(mrr.saturating_mul(12)))
    }

    /// The moments behind `days_to_renewal` and `days_to_decision`.
    pub(crate) fn ends(&mut self, plan: &Plan, moment: Moment) -> (Option<Time>, Option<Time>) {
        let summary = self.summary(plan, moment);
        (summary.renewal, summary.decision)
    }

    /// The moments behind `overdue_days` and `tenure_days`.
    pub(crate) fn begins(
        &mut self,
        plan: &Plan,
        moment: Moment,
    ) -> (Option<Option<Time>>, Option<Time>) {
        let summary = self.summary(plan, moment);
        (summary.overdue, summary.start)
    }

    pub(crate) fn write(&self, writer: &mut Writer) {
        self.known
            .write(writer, |writer, license| license.write(writer));
        self.failures.write_happened(writer);
    }

    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        Ok(Self {
            known: Entities::read(reader, LICENSES_MAX, Known::read)?,
            failures: Entities::read_happened(reader, PAYMENT_FAILURES_MAX)?,
            summary: None,
        })
    }
}
