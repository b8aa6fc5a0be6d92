//! The tickets of an account: every change of each, and what their order says.
//!
//! Changes may arrive in any order and more than once. They are kept in order of time; changes of
//! one moment stand in the order of a ticket's life.

use crate::limits::{TICKET_CHANGES_MAX, TICKET_FORGET_DAYS, TICKETS_MAX};
use crate::model::{
    CodecError, DAY_MS, Priority, Reader, Ticket, TicketChange, Time, Writer, hash64,
};

use super::bounded::{Entities, Entity, LeftOut, checked, evict};
use super::days::{Day, hour_of};
use super::latest::{Latest, Stamp};
use super::pending::{read_word, write_word};
use super::plan::{Moment, Plan};
use super::reading::{Missing, Reading, days_since, percent, ratio};

const HOUR_MS: i128 = 3_600_000;

/// A change of a ticket. The order of fields is the order of changes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Change {
    at: Time,
    change: TicketChange,
    id: u64,
}

/// One ticket.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
struct Known {
    priority: Latest<Priority>,
    changes: Vec<Change>,
    facts: Facts,
}

/// What the changes of a ticket say, in their order.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Facts {
    opened: Option<Time>,
    is_open: bool,
    open_ms: i64,
    /// The last change that ended a span.
    ended: Option<Time>,
    responded: Option<Time>,
    /// The earliest resolved or closed change.
    settled: Option<Time>,
    is_escalated: bool,
    is_reopened: bool,
}

impl Entity for Known {
    fn newest(&self) -> Time {
        self.changes.last().map_or(Time::MIN, |change| change.at)
    }
}

impl Facts {
    fn of(changes: &[Change]) -> Self {
        let mut facts = Self {
            is_open: true,
            ..Self::default()
        };
        let mut since = None;
        for Change { at, change, .. } in changes {
            let at = *at;
            match change {
                TicketChange::Opened | TicketChange::Reopened => {
                    if *change == TicketChange::Opened {
                        facts.opened = facts.opened.or(Some(at));
                    }
                    facts.is_reopened |= *change == TicketChange::Reopened;
                    since = since.or(Some(at));
                    facts.is_open = true;
                }
                TicketChange::Responded => facts.responded = facts.responded.or(Some(at)),
                TicketChange::Escalated => facts.is_escalated = true,
                TicketChange::Resolved | TicketChange::Closed => {
                    if let Some(begun) = since.take() {
                        facts.open_ms = facts.open_ms.saturating_add(at.since_ms(begun));
                        facts.ended = Some(at);
                    }
                    facts.settled = facts.settled.or(Some(at));
                    facts.is_open = false;
                }
            }
        }
        facts
    }

    /// Whether the ticket is settled, and the last of its open time ended at `first` or later.
    fn is_settled_since(&self, first: Time) -> bool {
        !self.is_open && self.opened.is_some() && self.ended >= Some(first)
    }

    /// How long a ticket that was opened at `first` or later waited for its first response.
    fn response_ms(&self, first: Time) -> Option<i64> {
        let opened = self.opened.filter(|opened| *opened >= first)?;
        Some(self.responded?.since_ms(opened).max(0))
    }
}

/// A count of tickets, which a limit keeps far below the range.
fn count(items: impl Iterator) -> u32 {
    u32::try_from(items.count()).unwrap_or(u32::MAX)
}

/// Twice the middle value: of an even number of values the sum of the two in the middle.
fn middle(values: impl Iterator<Item = i64>) -> Option<i128> {
    let mut values: Vec<i64> = values.collect();
    values.sort_unstable();
    let upper = values.get(values.len() / 2)?;
    let lower = values.get(values.len().saturating_sub(1) / 2)?;
    Some(i128::from(*lower) + i128::from(*upper))
}

/// What the tickets come to, valid from one moment up to another.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Summary {
    revision: u64,
    today: Day,
    /// The first moment at which another ticket has waited too long for a response.
    until: Time,
    open: u32,
    open_critical: u32,
    oldest: Option<Time>,
    opened_28d: u32,
    opened_90d: u32,
    escalated_90d: u32,
    reopened_90d: u32,
    breaches_90d: u32,
    /// Sum of milliseconds and number of tickets.
    responses: (i128, u32),
    resolutions: (i128, u32),
}

/// The middle values of windows, in half milliseconds; apart, because they need sorting.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Middles {
    revision: u64,
    today: Day,
    response: Option<i128>,
    resolution: Option<i128>,
}

/// The tickets of one account.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Tickets {
    known: Entities<Known>,
    changes_left_out: LeftOut,
    newest: Option<Time>,
    summary: Option<Summary>,
    middles: Option<Middles>,
}

impl Tickets {
    pub(crate) fn apply(&mut self, stamp: Stamp, event: &Ticket<'_>, now: Time) {
        (self.summary, self.middles) = (None, None);
        self.newest = self.newest.max(Some(stamp.at));
        if self.known.len() % 32 == 31 {
            self.forget(now);
        }
        let hash = hash64(event.ticket.as_bytes());
        let (ticket, _) = self.known.entry(hash, stamp.at, TICKETS_MAX);
        let Some(ticket) = ticket else {
            return;
        };
        ticket.priority.state_some(stamp, event.priority);
        let change = Change {
            at: stamp.at,
            change: event.change,
            id: stamp.id[0],
        };
        if let Err(place) = ticket.changes.binary_search(&change) {
            ticket.changes.insert(place, change);
        }
        let left_out = evict(&mut ticket.changes, TICKET_CHANGES_MAX, |change| change.id);
        if let Some(change) = left_out {
            self.changes_left_out.note(change.at);
        }
        ticket.facts = Facts::of(&ticket.changes);
    }

    fn forget(&mut self, now: Time) {
        let oldest = now.minus_ms(TICKET_FORGET_DAYS * DAY_MS);
        self.known
            .retain(|ticket| ticket.facts.is_open || ticket.newest() >= oldest);
    }

    pub(crate) const fn newest(&self) -> Option<Time> {
        self.newest
    }

    pub(crate) fn is_capped(&self, now: Time) -> bool {
        self.known.is_capped(now) || self.changes_left_out.is_felt(now)
    }

    /// The earliest opening of an open ticket.
    pub(crate) fn oldest(&self) -> Option<Time> {
        let open = self.known.iter().filter(|ticket| ticket.facts.is_open);
        open.filter_map(|ticket| ticket.facts.opened).min()
    }

    fn summary(&mut self, plan: &Plan, moment: Moment) -> &Summary {
        let holds = |of: &Summary| {
            let same_day = of.today == moment.today && of.revision == plan.revision();
            same_day && moment.now < of.until
        };
        if !self.summary.as_ref().is_some_and(holds) {
            self.summary = Some(self.sum_up(plan, moment));
        }
        self.summary.as_ref().expect("made where there was none")
    }

    fn sum_up(&self, plan: &Plan, moment: Moment) -> Summary {
        let start = |reach: Day| plan.days().start_of(moment.today.saturating_sub(reach));
        let (month, quarter) = (start(27), start(89));
        let mut summary = Summary {
            revision: plan.revision(),
            today: moment.today,
            until: Time::MAX,
            oldest: self.oldest(),
            ..Summary::default()
        };
        for ticket in self.known.iter() {
            let facts = &ticket.facts;
            if facts.is_open {
                summary.open += 1;
                let pressing = ticket.priority.get() >= Some(&Priority::High);
                summary.open_critical += u32::from(pressing);
            }
            let Some(opened) = facts.opened else {
                continue;
            };
            if facts.is_settled_since(quarter) {
                summary.resolutions.0 += i128::from(facts.open_ms);
                summary.resolutions.1 += 1;
            }
            summary.opened_28d += u32::from(opened >= month);
            if opened >= quarter {
                summary.add_opened(opened, facts, plan, moment.now);
            }
        }
        summary
    }

    fn middles(&mut self, plan: &Plan, moment: Moment) -> Middles {
        let (revision, today) = (plan.revision(), moment.today);
        match self.middles {
            Some(middles) if middles.today == today && middles.revision == revision => middles,
            _ => {
                let quarter = plan.days().start_of(today.saturating_sub(89));
                let facts = || self.known.iter().map(|ticket| &ticket.facts);
                let settled = facts().filter(|facts| facts.is_settled_since(quarter));
                *self.middles.insert(Middles {
                    revision,
                    today,
                    response: middle(facts().filter_map(|facts| facts.response_ms(quarter))),
                    resolution: middle(settled.map(|facts| facts.open_ms)),
                })
            }
        }
    }

    pub(crate) fn response_middle_hours(&mut self, plan: &Plan, moment: Moment) -> Reading {
        let halves = self.middles(plan, moment).response;
        ratio(halves.ok_or(Missing::NoData)?, 2 * HOUR_MS)
    }

    pub(crate) fn resolution_middle_hours(&mut self, plan: &Plan, moment: Moment) -> Reading {
        let halves = self.middles(plan, moment).resolution;
        ratio(halves.ok_or(Missing::NoData)?, 2 * HOUR_MS)
    }

    /// Number of open tickets of a priority.
    pub(crate) fn open_of(&self, priority: Priority) -> u32 {
        let open = self.known.iter().filter(|ticket| ticket.facts.is_open);
        count(open.filter(|ticket| ticket.priority.get() == Some(&priority)))
    }

    /// Number of tickets opened in this hour or later.
    pub(crate) fn opened_since_hour(&self, first: u32) -> u32 {
        let opened = self.known.iter().filter_map(|ticket| ticket.facts.opened);
        count(opened.filter(|opened| hour_of(*opened) >= first))
    }

    pub(crate) fn reopened_pct(&mut self, plan: &Plan, moment: Moment) -> Reading {
        let summary = self.summary(plan, moment);
        percent(summary.reopened_90d.into(), summary.opened_90d.into())
    }

    /// Number of open tickets, and of those that are pressing.
    pub(crate) fn open(&mut self, plan: &Plan, moment: Moment) -> (u32, u32) {
        let summary = self.summary(plan, moment);
        (summary.open, summary.open_critical)
    }

    pub(crate) fn oldest_open_days(&mut self, plan: &Plan, moment: Moment) -> f64 {
        let oldest = self.summary(plan, moment).oldest;
        oldest.map_or(0.0, |opened| days_since(opened, moment.now))
    }

    /// Number of tickets opened in 28 and in 90 days.
    pub(crate) fn opened(&mut self, plan: &Plan, moment: Moment) -> (u32, u32) {
        let summary = self.summary(plan, moment);
        (summary.opened_28d, summary.opened_90d)
    }

    pub(crate) fn escalated_pct(&mut self, plan: &Plan, moment: Moment) -> Reading {
        let summary = self.summary(plan, moment);
        percent(summary.escalated_90d.into(), summary.opened_90d.into())
    }

    pub(crate) fn first_response_hours(&mut self, plan: &Plan, moment: Moment) -> Reading {
        let (ms, tickets) = self.summary(plan, moment).responses;
        ratio(ms, i128::from(tickets) * HOUR_MS)
    }

    pub(crate) fn resolution_hours(&mut self, plan: &Plan, moment: Moment) -> Reading {
        let (ms, tickets) = self.summary(plan, moment).resolutions;
        ratio(ms, i128::from(tickets) * HOUR_MS)
    }

    pub(crate) fn reply_breaches(&mut self, plan: &Plan, moment: Moment) -> u32 {
        self.summary(plan, moment).breaches_90d
    }

    pub(crate) fn write(&self, writer: &mut Writer) {
        self.changes_left_out.write(writer);
        writer.option(self.newest, |writer, at| writer.i64(at.0));
        self.known.write(writer, |writer, ticket| {
            ticket
                .priority
                .write(writer, |writer, word| write_word(writer, *word as u8));
            writer.list(ticket.changes.iter(), |writer, change| {
                writer.i64(change.at.0);
                write_word(writer, change.change as u8);
                writer.u64(change.id);
            });
        });
    }

    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        let changes_left_out = LeftOut::read(reader)?;
        let newest = reader.option(|reader| Ok(Time(reader.i64()?)))?;
        let known = Entities::read(reader, TICKETS_MAX, |reader| {
            let priority = Latest::read(reader, |reader| read_word(reader, Priority::ALL))?;
            let changes = reader.list(|reader| {
                Ok(Change {
                    at: Time(reader.i64()?),
                    change: read_word(reader, TicketChange::ALL)?,
                    id: reader.u64()?,
                })
            })?;
            let changes = checked(reader, changes, TICKET_CHANGES_MAX, |change| *change)?;
            Ok(Known {
                priority,
                facts: Facts::of(&changes),
                changes,
            })
        })?;
        Ok(Self {
            known,
            changes_left_out,
            newest,
            summary: None,
            middles: None,
        })
    }
}

impl Summary {
    fn add_opened(&mut self, opened: Time, facts: &Facts, plan: &Plan, now: Time) {
        self.opened_90d += 1;
        self.escalated_90d += u32::from(facts.is_escalated);
        self.reopened_90d += u32::from(facts.is_reopened);
        if let Some(responded) = facts.responded {
            self.responses.0 += i128::from(responded.since_ms(opened).max(0));
            self.responses.1 += 1;
        }
        let target = plan.reply_target_ms();
        match facts.responded.or(facts.settled) {
            Some(answered) => {
                self.breaches_90d += u32::from(answered.since_ms(opened) > target);
            }
            None if now.since_ms(opened) > target => self.breaches_90d += 1,
            None => self.until = self.until.min(opened.plus_ms(target + 1)),
        }
    }
}
