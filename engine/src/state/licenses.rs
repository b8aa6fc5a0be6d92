//! The licenses of an account: every field as it was last stated, in force or not, paid or not.

use crate::limits::{LICENSE_TERMS_MAX, LICENSES_MAX};
use crate::model::{
    CodecError, DAY_MS, Fixed, License, LicenseChange, Reader, Time, Writer, hash64,
};

use super::bounded::{Entities, Entity, evict};
use super::days::Day;
use super::latest::{Latest, Stamp};
use super::plan::{Moment, Plan, RATE_SCALE};
use super::reading::{Missing, Reading, from_millionths, percent, rounded};

/// Days before today on which the end of a term can still matter to a touch.
const TERM_REACH: Day = 364;

/// Days ahead within which a license that comes up for decision is at stake.
const STAKE_DAYS: Day = 90;

/// One license.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Known {
    in_force: Latest<bool>,
    trial: Latest<bool>,
    seats: Latest<Fixed>,
    seats_assigned: Latest<Fixed>,
    mrr: Latest<Fixed>,
    currency: Latest<u64>,
    term_ends: Latest<Time>,
    notice_days: Latest<Fixed>,
    /// Since when an invoice is overdue; `None` where a payment settled it.
    overdue: Latest<Option<Time>>,
    /// Days on which a term was ever said to end, in order.
    terms: Vec<Day>,
    started: Time,
    first: Time,
    newest: Time,
}

impl Default for Known {
    fn default() -> Self {
        Self {
            in_force: Latest::default(),
            trial: Latest::default(),
            seats: Latest::default(),
            seats_assigned: Latest::default(),
            mrr: Latest::default(),
            currency: Latest::default(),
            term_ends: Latest::default(),
            notice_days: Latest::default(),
            overdue: Latest::default(),
            terms: Vec::new(),
            started: Time::MAX,
            first: Time::MAX,
            newest: Time::MIN,
        }
    }
}

impl Entity for Known {
    fn newest(&self) -> Time {
        self.newest
    }
}

impl Known {
    fn is_trial(&self) -> bool {
        self.trial.get() == Some(&true)
    }

    fn is_in_force(&self) -> bool {
        self.in_force.get() != Some(&false)
    }

    fn is_paid(&self) -> bool {
        !self.is_trial() && self.is_in_force()
    }

    fn start(&self) -> Time {
        if self.started < Time::MAX {
            self.started
        } else {
            self.first
        }
    }

    /// Whether notice must be given within 90 days, or had to be given before.
    fn is_at_stake(&self, plan: &Plan, today: Day) -> bool {
        let last = today.saturating_add(STAKE_DAYS);
        self.decision()
            .is_some_and(|decision| plan.days().day_of(decision) <= last)
    }

    fn decision(&self) -> Option<Time> {
        let ends = self.term_ends.get()?;
        let days = self.notice_days.get().map_or(0, |days| days.0);
        let ms = i128::from(days) * i128::from(DAY_MS) / i128::from(Fixed::SCALE);
        Some(ends.minus_ms(i64::try_from(ms).unwrap_or(0)))
    }

    fn apply(&mut self, stamp: Stamp, event: &License<'_>, plan: &Plan, today: Day) {
        match event.change {
            LicenseChange::Started => {
                self.started = self.started.min(stamp.at);
                self.in_force.state(stamp, true);
            }
            LicenseChange::Renewed => {
                self.in_force.state(stamp, true);
            }
            LicenseChange::Ended => {
                self.in_force.state(stamp, false);
            }
            LicenseChange::Changed | LicenseChange::Payment | LicenseChange::PaymentFailed => {}
        }
        let settles = event.change == LicenseChange::Payment;
        if settles || event.overdue_since.is_some() {
            self.overdue.state(stamp, event.overdue_since);
        }
        self.trial.state_some(stamp, event.trial);
        self.seats.state_some(stamp, event.seats);
        self.seats_assigned.state_some(stamp, event.seats_assigned);
        self.mrr.state_some(stamp, event.mrr);
        let currency = event.currency.as_ref();
        self.currency
            .state_some(stamp, currency.map(|name| hash64(name.as_bytes())));
        self.term_ends.state_some(stamp, event.term_ends);
        self.notice_days.state_some(stamp, event.notice_days);
        self.first = self.first.min(stamp.at);
        self.newest = self.newest.max(stamp.at);
        if let Some(ends) = event.term_ends {
            self.add_term(plan.days().day_of(ends), today);
        }
    }

    fn add_term(&mut self, ends: Day, today: Day) {
        let first = today.saturating_sub(TERM_REACH);
        self.terms.retain(|ends| *ends >= first);
        if ends < first {
            return;
        }
        if let Err(place) = self.terms.binary_search(&ends) {
            self.terms.insert(place, ends);
        }
        evict(&mut self.terms, LICENSE_TERMS_MAX, |ends| {
            hash64(&ends.to_le_bytes())
        });
    }

    fn write(&self, writer: &mut Writer) {
        fn fixed(writer: &mut Writer, value: &Fixed) {
            writer.i64(value.0);
        }
        self.in_force.write(writer, |writer, yes| writer.bool(*yes));
        self.trial.write(writer, |writer, yes| writer.bool(*yes));
        self.seats.write(writer, fixed);
        self.seats_assigned.write(writer, fixed);
        self.mrr.write(writer, fixed);
        self.currency
            .write(writer, |writer, hash| writer.u64(*hash));
        self.term_ends.write(writer, |writer, at| writer.i64(at.0));
        self.notice_days.write(writer, fixed);
        self.overdue.write(writer, |writer, since| {
            writer.option(*since, |writer, at| writer.i64(at.0));
        });
        writer.list(self.terms.iter(), |writer, ends| writer.u16(*ends));
        for at in [self.started, self.first, self.newest] {
            writer.i64(at.0);
        }
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        fn fixed(reader: &mut Reader<'_>) -> Result<Fixed, CodecError> {
            Ok(Fixed(reader.i64()?))
        }
        fn time(reader: &mut Reader<'_>) -> Result<Time, CodecError> {
            Ok(Time(reader.i64()?))
        }
        Ok(Self {
            in_force: Latest::read(reader, Reader::bool)?,
            trial: Latest::read(reader, Reader::bool)?,
            seats: Latest::read(reader, fixed)?,
            seats_assigned: Latest::read(reader, fixed)?,
            mrr: Latest::read(reader, fixed)?,
            currency: Latest::read(reader, Reader::u64)?,
            term_ends: Latest::read(reader, time)?,
            notice_days: Latest::read(reader, fixed)?,
            overdue: Latest::read(reader, |reader| reader.option(time))?,
            terms: {
                let terms = reader.list(Reader::u16)?;
                super::bounded::checked(reader, terms, LICENSE_TERMS_MAX, |ends| *ends)?
            },
            started: time(reader)?,
            first: time(reader)?,
            newest: time(reader)?,
        })
    }
}

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
    summary: Option<Summary>,
}

impl Licenses {
    pub(crate) fn apply(&mut self, stamp: Stamp, event: &License<'_>, plan: &Plan, today: Day) {
        self.summary = None;
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
        self.known.is_capped(now)
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
        for license in self.paid() {
            let bought = license.seats.get().map(|seats| i128::from(seats.0));
            if let Some(bought) = bought {
                seats = Some(seats.unwrap_or(0) + bought);
            }
            if let (Some(bought), Some(given)) = (bought, license.seats_assigned.get()) {
                assigned = (assigned.0 + i128::from(given.0), assigned.1 + bought);
            }
            if let Some(amount) = license.mrr.get() {
                let rate = plan.rate(license.currency.get().copied(), today);
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
    }

    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        Ok(Self {
            known: Entities::read(reader, LICENSES_MAX, Known::read)?,
            summary: None,
        })
    }
}
