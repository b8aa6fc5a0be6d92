//! State: what is known of one account.
//!
//! [`Plan`] is a tenant's settings, made ready. [`Account`] takes events one by one and answers
//! what the features read. What is known at a moment depends on the set of events with `at` up to
//! that moment, not on the order in which they arrived; an event ahead of its time waits. Sums are
//! exact integers, the latest statement is the one with the greatest (`at`, id), and every
//! collection has a limit. Nothing here fails, reads a clock or knows a rule.
//!
//! ```text
//! people ── roles as they are now, use per person ──┐
//! usage ─── sums of windows over all who count ◀────┘
//! licenses  tickets  surveys  touches  milestones  assessments  profile   one part per kind
//! declared  what the tenant's own features need     pending  events ahead of their time
//! ```
//! Sums that are kept only to be quick are not written to snapshots; they are made anew.

mod activity;
mod assessments;
mod bounded;
mod days;
mod declared;
mod latest;
mod licenses;
mod milestones;
mod pending;
mod people;
mod plan;
mod profile;
mod reading;
mod surveys;
mod tickets;
mod touches;
mod usage;

pub use assessments::Override;
pub use plan::{Moment, Plan};
pub use reading::{Missing, Reading};

pub(crate) use plan::{Custom, nearest_name};
pub(crate) use usage::{contacts_ever, contacts_on, contacts_since_day, contacts_since_hour};

pub(crate) use profile::{Attribute, attribute_hash};
pub(crate) use reading::{days_since, days_until, from_millionths, known, nearest, percent};

use crate::limits::{DECLARED_FEATURES_MAX, PENDING_EVENTS_MAX};
use crate::model::{Body, CodecError, Event, Kind, Reader, Time, Writer, hash64};

use activity::{Floor, Use};
use assessments::Assessments;
use bounded::{LeftOut, checked, evict};
use days::hour_of;
use declared::Declared;
use latest::{Stamp, halves};
use licenses::Licenses;
use milestones::Milestones;
use people::{People, Used, contact_hash};
use profile::Profile;
use surveys::Surveys;
use tickets::Tickets;
use touches::Touches;
use usage::Usage;

/// What is known of one account.
#[derive(Clone, Debug, Default)]
pub struct Account {
    /// Kinds of which an event was ever folded in; bit `1 << Kind as u8`.
    seen: u16,
    touched: u16,
    pub(crate) people: People,
    pub(crate) usage: Usage,
    pub(crate) licenses: Part<Licenses>,
    pub(crate) tickets: Part<Tickets>,
    pub(crate) surveys: Part<Surveys>,
    pub(crate) touches: Part<Touches>,
    pub(crate) milestones: Part<Milestones>,
    pub(crate) assessments: Part<Assessments>,
    pub(crate) profile: Part<Profile>,
    declared: Vec<Declared>,
    pending: Vec<Pending>,
    pending_left_out: LeftOut,
}

/// A part that takes no memory until something is known.
#[derive(Clone, Debug)]
pub(crate) struct Part<T>(Option<Box<T>>);

impl<T> Default for Part<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T: Default> Part<T> {
    /// The part, if anything is known.
    pub(crate) fn get(&self) -> Option<&T> {
        self.0.as_deref()
    }

    /// The part, if anything is known.
    pub(crate) fn get_mut(&mut self) -> Option<&mut T> {
        self.0.as_deref_mut()
    }

    fn or_new(&mut self) -> &mut T {
        self.0.get_or_insert_default()
    }
}

/// An event ahead of its time. Ordered by time and id.
#[derive(Clone, Debug)]
struct Pending {
    at: Time,
    id: [u64; 2],
    bytes: Box<[u8]>,
}

impl Account {
    /// Takes an event that was admitted: not late, and for usage and touches not a repeat. One
    /// ahead of `now` waits for its time. `now` never goes back.
    pub fn apply(&mut self, plan: &Plan, event: &Event<'_>, now: Time) {
        self.advance(plan, now);
        if event.at > now {
            self.wait(event);
        } else {
            self.fold(plan, event, plan.moment(now));
        }
    }

    /// Takes the events that waited for `now`; [`Account::apply`] and the features do so first.
    pub fn advance(&mut self, plan: &Plan, now: Time) {
        if self.pending.first().is_none_or(|first| first.at > now) {
            return;
        }
        let moment = plan.moment(now);
        let due = self.pending.partition_point(|pending| pending.at <= now);
        let later = self.pending.split_off(due);
        let due = std::mem::replace(&mut self.pending, later);
        for pending in due {
            if let Ok(event) = pending::from_bytes(&pending.bytes) {
                self.fold(plan, &event, moment);
            }
        }
    }

    /// The time of the first event that waits for it.
    pub(crate) fn waits_until(&self) -> Option<Time> {
        self.pending.first().map(|pending| pending.at)
    }

    /// The segment that it is in.
    #[must_use]
    pub fn segment(&self) -> Option<&str> {
        self.profile.get()?.segment()
    }

    /// The override that is in force at `now`.
    #[must_use]
    pub fn override_at(&self, now: Time) -> Option<Override> {
        self.assessments.get()?.override_at(now).cloned()
    }

    /// Kinds of events that were folded in since [`Account::take_touched`]; `1 << Kind as u8`.
    #[must_use]
    pub const fn touched(&self) -> u16 {
        self.touched
    }

    /// The same, and begins anew.
    pub const fn take_touched(&mut self) -> u16 {
        std::mem::replace(&mut self.touched, 0)
    }

    fn wait(&mut self, event: &Event<'_>) {
        let pending = Pending {
            at: event.at,
            id: halves(event.id),
            bytes: pending::to_bytes(event).into(),
        };
        let key = |pending: &Pending| (pending.at, pending.id);
        if let Err(place) = self.pending.binary_search_by_key(&key(&pending), key) {
            self.pending.insert(place, pending);
        }
        if let Some(left_out) = evict(&mut self.pending, PENDING_EVENTS_MAX, |p| p.id[0]) {
            self.pending_left_out.note(left_out.at);
        }
    }

    fn fold(&mut self, plan: &Plan, event: &Event<'_>, moment: Moment) {
        let kind = event.body.kind();
        self.seen |= 1 << (kind as u8);
        self.touched |= 1 << (kind as u8);
        let stamp = Stamp::new(event.at, event.id);
        let contact = contact_hash(event.contact.as_deref());
        match &event.body {
            Body::Usage(body) => {
                let metric = hash64(body.metric.as_bytes());
                if plan.is_activity(metric) {
                    let day = if event.at == moment.now {
                        moment.today
                    } else {
                        plan.days().day_of(event.at)
                    };
                    let used = Use {
                        at: event.at,
                        day,
                        hour: hour_of(event.at),
                        metric,
                        value: body.value,
                        errors: body.errors,
                    };
                    self.fold_use(contact, &used, moment);
                }
            }
            Body::Contact(body) => self.fold_contact(contact, stamp, body, moment),
            Body::License(body) => {
                self.licenses
                    .or_new()
                    .apply(stamp, body, plan, moment.today);
                if let Some(touches) = self.touches.get_mut() {
                    touches.forget_terms();
                }
            }
            Body::Ticket(body) => self.tickets.or_new().apply(stamp, body, moment.now),
            Body::Survey(body) => self
                .surveys
                .or_new()
                .apply(stamp, contact, body, moment.now),
            Body::Touch(body) => {
                self.touches.or_new().apply(stamp, body, plan, moment.today);
            }
            Body::Milestone(body) => self.milestones.or_new().apply(stamp, body),
            Body::Assessment(body) => self.assessments.or_new().apply(stamp, body),
            Body::Account(body) => self.profile.or_new().apply(stamp, body),
            Body::Action(_) => {}
        }
        if plan.has_customs() {
            self.fold_declared(plan, event, contact, moment);
        }
    }

    fn fold_use(&mut self, contact: u64, used: &Use, moment: Moment) {
        let floor = Floor::new(moment.today, moment.hour);
        let what = self.people.add(contact, used, floor);
        self.usage.add(used, floor, what, &self.people);
        if what == Used::Evicted {
            self.forget_weights();
        }
    }

    fn fold_contact(
        &mut self,
        contact: u64,
        stamp: Stamp,
        event: &crate::model::Contact,
        moment: Moment,
    ) {
        let floor = Floor::new(moment.today, moment.hour);
        if self.people.meet(contact, stamp, event, floor) {
            self.usage = Usage::of(&self.people);
        }
        self.forget_weights();
    }

    fn forget_weights(&mut self) {
        if let Some(surveys) = self.surveys.get_mut() {
            surveys.forget_weights();
        }
    }

    fn fold_declared(&mut self, plan: &Plan, event: &Event<'_>, contact: u64, moment: Moment) {
        for custom in plan.customs_of(event.body.kind()) {
            let place = self.declared.iter().position(|of| of.key == custom.key);
            let place = place.unwrap_or_else(|| {
                let named =
                    |of: &Declared| plan.customs().iter().any(|custom| custom.key == of.key);
                self.declared.retain(named);
                self.declared.push(Declared::new(custom));
                self.declared.len() - 1
            });
            if let Some(declared) = self.declared.get_mut(place) {
                declared.apply(custom, event, contact, (plan, moment));
            }
        }
    }

    /// What is kept for a declared feature.
    pub(crate) fn declared(&self, custom: &Custom) -> Option<&Declared> {
        self.declared.iter().find(|of| of.key == custom.key)
    }

    /// Whether an event of this kind was ever folded in.
    pub(crate) const fn has_seen(&self, kind: Kind) -> bool {
        self.seen & (1 << (kind as u8)) != 0
    }

    /// Whether events that waited were left out who could still matter.
    pub(crate) fn pending_is_capped(&self, now: Time) -> bool {
        self.pending_left_out.is_felt(now)
    }

    /// Writes the account for a snapshot.
    pub fn write(&self, writer: &mut Writer) {
        writer.u16(self.seen);
        writer.u16(self.touched);
        self.people.write(writer);
        writer.option(self.licenses.get(), |writer, part| part.write(writer));
        writer.option(self.tickets.get(), |writer, part| part.write(writer));
        writer.option(self.surveys.get(), |writer, part| part.write(writer));
        writer.option(self.touches.get(), |writer, part| part.write(writer));
        writer.option(self.milestones.get(), |writer, part| part.write(writer));
        writer.option(self.assessments.get(), |writer, part| part.write(writer));
        writer.option(self.profile.get(), |writer, part| part.write(writer));
        writer.list(self.declared.iter(), |writer, declared| {
            declared.write(writer);
        });
        writer.list(self.pending.iter(), |writer, pending| {
            writer.bytes(&pending.bytes);
        });
        self.pending_left_out.write(writer);
    }

    /// Reads what [`Account::write`] wrote.
    ///
    /// # Errors
    /// Where the bytes are no account.
    pub fn read(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        fn part<T>(
            reader: &mut Reader<'_>,
            read: fn(&mut Reader<'_>) -> Result<T, CodecError>,
        ) -> Result<Part<T>, CodecError> {
            let part = reader.option(|reader| read(reader).map(Box::new));
            part.map(Part)
        }
        let (seen, touched) = (reader.u16()?, reader.u16()?);
        let people = People::read(reader)?;
        Ok(Self {
            seen,
            touched,
            usage: Usage::of(&people),
            people,
            licenses: part(reader, Licenses::read)?,
            tickets: part(reader, Tickets::read)?,
            surveys: part(reader, Surveys::read)?,
            touches: part(reader, Touches::read)?,
            milestones: part(reader, Milestones::read)?,
            assessments: part(reader, Assessments::read)?,
            profile: part(reader, Profile::read)?,
            declared: read_declared(reader)?,
            pending: read_pending(reader)?,
            pending_left_out: LeftOut::read(reader)?,
        })
    }
}

fn read_declared(reader: &mut Reader<'_>) -> Result<Vec<Declared>, CodecError> {
    let declared = reader.list(Declared::read)?;
    if declared.len() > DECLARED_FEATURES_MAX {
        return Err(reader.invalid("declared features within their limit"));
    }
    Ok(declared)
}

fn read_pending(reader: &mut Reader<'_>) -> Result<Vec<Pending>, CodecError> {
    let pending = reader.list(|reader| {
        let bytes = reader.bytes()?;
        let event = pending::from_bytes(bytes)?;
        Ok(Pending {
            at: event.at,
            id: halves(event.id),
            bytes: bytes.into(),
        })
    })?;
    checked(reader, pending, PENDING_EVENTS_MAX, |pending| {
        (pending.at, pending.id)
    })
}
