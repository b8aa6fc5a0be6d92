//! The people of an account: their roles as they are now, and what each of them used.
//!
//! Use is kept per person, because a role that becomes known later counts for all the past. What
//! nobody in particular used, and what those used for whom there was no place, is kept in one sum.

use crate::limits::CONTACTS_MAX;
use crate::model::{CodecError, Contact, ContactChange, Reader, Role, Time, Writer, hash64};

use super::activity::{Activity, Floor, Seen, Use};
use super::bounded::{Entities, Entity};
use super::latest::{Latest, Stamp};
use super::pending::{read_word, write_word};

/// The hash by which a contact is known. 0 stands for no contact.
pub(crate) fn contact_hash(contact: Option<&str>) -> u64 {
    contact.map_or(0, |contact| hash64(contact.as_bytes()).max(1))
}

/// One contact.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Person {
    role: Latest<Role>,
    activity: Option<Activity>,
}

impl Entity for Person {
    fn newest(&self) -> Time {
        let used = self.activity.as_ref().map_or(Time::MIN, |used| used.last);
        self.role.at().unwrap_or(Time::MIN).max(used)
    }
}

impl Person {
    /// The role as it is now.
    pub(crate) fn role(&self) -> Option<Role> {
        self.role.get().copied()
    }

    /// What the person used, if that counts as activity.
    pub(crate) fn counted(&self) -> Option<&Activity> {
        let used = self.activity.as_ref()?;
        counts(self.role()).then_some(used)
    }
}

/// Whether what a contact with this role does is activity of the customer.
pub(crate) const fn counts(role: Option<Role>) -> bool {
    !matches!(role, Some(Role::Internal | Role::Service))
}

/// The people of one account.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct People {
    persons: Entities<Person>,
    nobody: Option<Activity>,
}

/// What a use changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Used {
    /// It counts; the contact's last use before, if the event has a contact.
    Counts {
        /// The contact's role.
        role: Option<Role>,
        /// The contact, 0 where there is none that has a place.
        contact: u64,
        /// Its greatest `at` and the day of that, before this use.
        before: (Time, u16),
        /// What was known of the metric.
        metric: Seen,
    },
    /// It does not count.
    Ignored,
    /// Somebody or a metric lost a place: everything must be summed anew.
    Evicted,
}

impl People {
    /// The role of a contact as it is now.
    pub(crate) fn role(&self, contact: u64) -> Option<Role> {
        self.persons.get(contact)?.role()
    }

    /// What a contact used, if that counts as activity.
    pub(crate) fn counted(&self, contact: u64) -> Option<&Activity> {
        self.persons.get(contact)?.counted()
    }

    /// Everybody, in order of hashes.
    pub(crate) fn persons(&self) -> impl Iterator<Item = &Person> {
        self.persons.iter()
    }

    /// Use by nobody in particular.
    pub(crate) fn nobody(&self) -> Option<&Activity> {
        self.nobody.as_ref()
    }

    /// Whether somebody was left out who could still matter.
    pub(crate) fn is_capped(&self, now: Time) -> bool {
        self.persons.is_capped(now)
    }

    /// Whether metrics of somebody were left out that could still matter.
    pub(crate) fn metrics_are_capped(&self, now: Time) -> bool {
        let used = self.persons.iter().filter_map(Person::counted);
        let mut used = used.chain(self.nobody());
        used.any(|used| used.metrics_left_out.is_felt(now))
    }

    /// A contact event. Answers whether activity must be summed anew.
    pub(crate) fn meet(
        &mut self,
        contact: u64,
        stamp: Stamp,
        event: &Contact,
        floor: Floor,
    ) -> bool {
        let role = match event.change {
            ContactChange::Joined => event.role.or(Some(Role::User)),
            ContactChange::Role | ContactChange::Left => event.role,
        };
        if contact == 0 {
            return false;
        }
        let (person, evicted) = self.persons.entry(contact, stamp.at, CONTACTS_MAX);
        let mut anew = evicted.is_some();
        if let (Some(person), Some(role)) = (person, role) {
            let before = person.role();
            person.role.state(stamp, role);
            anew |= before != person.role() && person.activity.is_some();
        }
        self.absorb(evicted.as_ref(), floor);
        anew
    }

    /// Somebody, or nobody in particular, used something.
    pub(crate) fn add(&mut self, contact: u64, used: &Use, floor: Floor) -> Used {
        let (person, evicted) = match contact {
            0 => (None, None),
            contact => self.persons.entry(contact, used.at, CONTACTS_MAX),
        };
        let role = person.as_ref().and_then(|person| person.role());
        let contact = if person.is_some() { contact } else { 0 };
        let activity = person.map_or(&mut self.nobody, |person| &mut person.activity);
        let activity = activity.get_or_insert_default();
        let before = (activity.last, activity.last_day);
        let metric = activity.add(used, floor).metric;
        if evicted.is_some() {
            self.absorb(evicted.as_ref(), floor);
            return Used::Evicted;
        }
        if !counts(role) {
            return Used::Ignored;
        }
        if metric == Seen::Evicting {
            return Used::Evicted;
        }
        Used::Counts {
            role,
            contact,
            before,
            metric,
        }
    }

    /// What somebody without a place used stays in the sum of nobody in particular.
    fn absorb(&mut self, evicted: Option<&Person>, floor: Floor) {
        if let Some(used) = evicted.and_then(Person::counted) {
            self.nobody.get_or_insert_default().merge(used, floor);
        }
    }

    pub(crate) fn write(&self, writer: &mut Writer) {
        self.persons.write(writer, |writer, person| {
            person
                .role
                .write(writer, |writer, role| write_word(writer, *role as u8));
            writer.option(person.activity.as_ref(), |writer, used| used.write(writer));
        });
        writer.option(self.nobody.as_ref(), |writer, used| used.write(writer));
    }

    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        let persons = Entities::read(reader, CONTACTS_MAX, |reader| {
            Ok(Person {
                role: Latest::read(reader, |reader| read_word(reader, Role::ALL))?,
                activity: reader.option(Activity::read)?,
            })
        })?;
        let nobody = reader.option(Activity::read)?;
        Ok(Self { persons, nobody })
    }
}
