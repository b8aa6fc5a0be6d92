//! One license: every field as it was last stated.

use crate::limits::{KEPT_TEXT_BYTES_MAX, LICENSE_TERMS_MAX};
use crate::model::{
    CodecError, DAY_MS, Fixed, License, LicenseChange, Reader, Time, Writer, hash64,
};

use super::super::bounded::{Entity, checked, evict};
use super::super::days::Day;
use super::super::latest::{Latest, Stamp};
use super::super::plan::Plan;
use super::super::profile::kept;
use super::past::{Past, Said};

/// Days before today on which the end of a term can still matter to a touch.
const TERM_REACH: Day = 364;

/// Days ahead within which a license that comes up for decision is at stake.
const STAKE_DAYS: Day = 90;

/// One license.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Known {
    in_force: Latest<bool>,
    pub(super) trial: Latest<bool>,
    pub(super) seats: Latest<Fixed>,
    pub(super) seats_assigned: Latest<Fixed>,
    pub(super) mrr: Latest<Fixed>,
    pub(super) currency: Latest<u64>,
    pub(super) plan: Latest<Box<str>>,
    pub(super) term_ends: Latest<Time>,
    notice_days: Latest<Fixed>,
    pub(super) auto_renew: Latest<bool>,
    /// 0 where a payment settled it.
    pub(super) amount_due: Latest<Fixed>,
    /// Since when an invoice is overdue; `None` where a payment settled it.
    pub(super) overdue: Latest<Option<Time>>,
    /// Days on which a term was ever said to end, in order.
    pub(super) terms: Vec<Day>,
    past: Past,
    started: Time,
    first: Time,
    pub(super) newest: Time,
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
            plan: Latest::default(),
            term_ends: Latest::default(),
            notice_days: Latest::default(),
            auto_renew: Latest::default(),
            amount_due: Latest::default(),
            overdue: Latest::default(),
            terms: Vec::new(),
            past: Past::default(),
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
    pub(super) fn is_trial(&self) -> bool {
        self.trial.get() == Some(&true)
    }

    pub(super) fn is_in_force(&self) -> bool {
        self.in_force.get() != Some(&false)
    }

    pub(super) fn is_paid(&self) -> bool {
        !self.is_trial() && self.is_in_force()
    }

    pub(super) fn start(&self) -> Time {
        if self.started < Time::MAX {
            self.started
        } else {
            self.first
        }
    }

    /// Whether notice must be given within 90 days, or had to be given before.
    pub(super) fn is_at_stake(&self, plan: &Plan, today: Day) -> bool {
        let last = today.saturating_add(STAKE_DAYS);
        self.decision()
            .is_some_and(|decision| plan.days().day_of(decision) <= last)
    }

    pub(super) fn decision(&self) -> Option<Time> {
        let ends = self.term_ends.get()?;
        let days = self.notice_days.get().map_or(0, |days| days.0);
        let ms = i128::from(days) * i128::from(DAY_MS) / i128::from(Fixed::SCALE);
        Some(ends.minus_ms(i64::try_from(ms).unwrap_or(0)))
    }

    /// MRR and currency as they were before the 90 days up to today, where it was paid then.
    pub(super) fn mrr_before(&self, plan: &Plan, today: Day) -> Option<(Fixed, Option<u64>)> {
        let moment = window_start(plan, today);
        let past = &self.past;
        let in_force = past.before(moment, &self.in_force, |said| match said {
            Said::InForce(yes) => Some(yes),
            _ => None,
        });
        let trial = past.before(moment, &self.trial, |said| match said {
            Said::Trial(yes) => Some(yes),
            _ => None,
        });
        if in_force == Some(false) || trial == Some(true) {
            return None;
        }
        let mrr = past.before(moment, &self.mrr, |said| match said {
            Said::Mrr(amount) => Some(amount),
            _ => None,
        });
        let currency = past.before(moment, &self.currency, |said| match said {
            Said::Currency(hash) => Some(hash),
            _ => None,
        });
        Some((mrr?, currency))
    }

    pub(super) fn is_capped(&self, now: Time) -> bool {
        self.past.is_capped(now)
    }

    pub(super) fn apply(&mut self, stamp: Stamp, event: &License<'_>, plan: &Plan, today: Day) {
        let in_force = match event.change {
            LicenseChange::Started => {
                self.started = self.started.min(stamp.at);
                Some(true)
            }
            LicenseChange::Renewed => Some(true),
            LicenseChange::Ended => Some(false),
            LicenseChange::Changed | LicenseChange::Payment | LicenseChange::PaymentFailed => None,
        };
        let currency = event.currency.as_ref();
        let currency = currency.map(|name| hash64(name.as_bytes()));
        let past = &mut self.past;
        past.state(&mut self.in_force, stamp, in_force, Said::InForce);
        past.state(&mut self.trial, stamp, event.trial, Said::Trial);
        past.state(&mut self.mrr, stamp, event.mrr, Said::Mrr);
        past.state(&mut self.currency, stamp, currency, Said::Currency);
        let latest = [
            self.in_force.at(),
            self.trial.at(),
            self.mrr.at(),
            self.currency.at(),
        ];
        past.forget(window_start(plan, today), latest);
        let settles = event.change == LicenseChange::Payment;
        if settles || event.overdue_since.is_some() {
            self.overdue.state(stamp, event.overdue_since);
        }
        let due = event.amount_due.or(settles.then_some(Fixed::ZERO));
        self.amount_due.state_some(stamp, due);
        let name = event.plan.as_ref();
        let name = name.map(|name| kept(name, KEPT_TEXT_BYTES_MAX));
        self.plan.state_some(stamp, name);
        self.auto_renew.state_some(stamp, event.auto_renew);
        self.seats.state_some(stamp, event.seats);
        self.seats_assigned.state_some(stamp, event.seats_assigned);
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

    pub(super) fn write(&self, writer: &mut Writer) {
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
        self.auto_renew
            .write(writer, |writer, yes| writer.bool(*yes));
        self.amount_due.write(writer, fixed);
        self.overdue.write(writer, |writer, since| {
            writer.option(*since, |writer, at| writer.i64(at.0));
        });
        writer.list(self.terms.iter(), |writer, ends| writer.u16(*ends));
        self.past.write(writer);
        for at in [self.started, self.first, self.newest] {
            writer.i64(at.0);
        }
        self.plan.write(writer, |writer, name| writer.text(name));
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
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
            auto_renew: Latest::read(reader, Reader::bool)?,
            amount_due: Latest::read(reader, fixed)?,
            overdue: Latest::read(reader, |reader| reader.option(time))?,
            terms: {
                let terms = reader.list(Reader::u16)?;
                checked(reader, terms, LICENSE_TERMS_MAX, |ends| *ends)?
            },
            past: Past::read(reader)?,
            started: time(reader)?,
            first: time(reader)?,
            newest: time(reader)?,
            // Plans were not kept before schema version 3.
            plan: match reader.schema() {
                ..3 => Latest::default(),
                _ => Latest::read(reader, |reader| Ok(reader.text()?.into()))?,
            },
        })
    }
}

/// The first instant of the 90 days up to today.
fn window_start(plan: &Plan, today: Day) -> Time {
    plan.days().start_of(today.saturating_sub(89))
}
