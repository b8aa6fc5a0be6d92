//! Admission: is the event of a known tenant, in the right place, in time, and new?
//!
//! `decode` has judged its form; here nothing but order, ownership and repetition is judged. What
//! is admitted is remembered by its id for as many days of the shard's `now` as its input says.

use hashbrown::HashTable;
use hashbrown::hash_table::Entry;

use crate::limits::EVENT_FUTURE_MS_MAX;
use crate::log::InputSpec;
use crate::model::{
    CodecError, DAY_MS, Event, Key, Reader, Reason, Time, Writer, hash128, partition_of,
};

/// What admission says of an event.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Admission {
    /// New and in time: fold it.
    Applied,
    /// Known by its id.
    Duplicate,
    /// Unusable, with what was expected and found.
    Dead(Reason, String),
}

/// Where a record must lie.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// The shard that took it.
    pub shard: u32,
    /// Number of shards.
    pub shards: u32,
    /// Whether records carry keys that decide their partition; files do not.
    pub keyed: bool,
}

impl Place {
    /// Whether `key` belongs here and the record's own key says the same.
    ///
    /// # Errors
    /// A reason and what was expected and found.
    pub fn check(&self, key: &Key, record_key: Option<&[u8]>) -> Result<(), (Reason, String)> {
        if self.keyed && record_key != Some(key.as_str().as_bytes()) {
            let found = record_key.map_or("no key".into(), |key| {
                format!("`{}`", String::from_utf8_lossy(key))
            });
            return Err((
                Reason::WrongKey,
                format!("expected the key `{key}`, found {found}"),
            ));
        }
        let partition = partition_of(key.as_str().as_bytes(), self.shards);
        if self.keyed && partition != self.shard {
            let detail = format!(
                "expected `{key}` in partition {partition} (murmur2), found it in {}",
                self.shard
            );
            return Err((Reason::WrongPartition, detail));
        }
        Ok(())
    }
}

/// An id that was admitted, and the day of `now` on which it was. The id is a hash already.
type AdmittedId = ([u64; 2], u32);

/// The ids that a shard has admitted. One table and one look-up an event; what is too old to be
/// recognised is swept out when a day of `now` begins.
#[derive(Debug, Default)]
pub struct Admitted {
    ids: HashTable<AdmittedId>,
    today: i64,
    /// The longest memory of any input, in days.
    days_max: i64,
}

impl Admitted {
    /// Nothing admitted yet; remembers as far back as the input that asks for most.
    #[must_use]
    pub fn new(inputs: &[InputSpec]) -> Self {
        let days_max = inputs
            .iter()
            .map(|input| i64::from(input.dedup_days))
            .max()
            .unwrap_or(0);
        Self {
            days_max,
            ..Self::default()
        }
    }

    /// Judges one event at its own `now`, and remembers it if it is admitted.
    pub fn admit(
        &mut self,
        key: &Key,
        event: &Event<'_>,
        input: &InputSpec,
        now: Time,
    ) -> Admission {
        let id = words(event.id ^ hash128(key.as_str().as_bytes()));
        self.begin_day(now.0.div_euclid(DAY_MS));
        let since = self.today - i64::from(input.dedup_days);
        let known = self.ids.find(id[0], |entry| entry.0 == id);
        if known.is_some_and(|(_, day)| i64::from(*day) >= since) {
            return Admission::Duplicate;
        }
        if event.at.since_ms(now) > EVENT_FUTURE_MS_MAX {
            let detail = format!(
                "expected `at` at most a day after {now}, found {}",
                event.at
            );
            return Admission::Dead(Reason::Future, detail);
        }
        let kind = event.body.kind();
        let lateness_ms = input.lateness_ms.get(kind as usize).copied().unwrap_or(0);
        if now.since_ms(event.at) > lateness_ms {
            let days = lateness_ms / DAY_MS;
            let detail = format!(
                "expected `at` of a {} event at most {days} days before {now}, found {}",
                kind.as_str(),
                event.at
            );
            return Admission::Dead(Reason::Late, detail);
        }
        self.remember(id);
        Admission::Applied
    }

    fn begin_day(&mut self, today: i64) {
        if today != self.today {
            self.today = today;
            let oldest = today - self.days_max;
            self.ids.retain(|(_, day)| i64::from(*day) >= oldest);
        }
    }

    fn remember(&mut self, id: [u64; 2]) {
        let day = u32::try_from(self.today).unwrap_or(0);
        match self
            .ids
            .entry(id[0], |entry| entry.0 == id, |entry| entry.0[0])
        {
            Entry::Occupied(mut known) => known.get_mut().1 = day,
            Entry::Vacant(place) => drop(place.insert((id, day))),
        }
    }

    /// Number of ids remembered.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether no id is remembered.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// Writes the ids, in order.
    pub fn write(&self, writer: &mut Writer) {
        writer.i64(self.today);
        let mut sorted: Vec<&AdmittedId> = self.ids.iter().collect();
        sorted.sort_unstable();
        writer.list(sorted.into_iter(), |writer, ([low, high], day)| {
            writer.u64(*low);
            writer.u64(*high);
            writer.u32(*day);
        });
    }

    /// Takes up the ids that [`Admitted::write`] wrote.
    ///
    /// # Errors
    /// Where the bytes are something else.
    pub fn restore(&mut self, reader: &mut Reader<'_>) -> Result<(), CodecError> {
        self.today = reader.i64()?;
        let ids = reader.list(|reader| Ok(([reader.u64()?, reader.u64()?], reader.u32()?)))?;
        self.ids.clear();
        for entry in ids {
            self.ids
                .insert_unique(entry.0[0], entry, |entry| entry.0[0]);
        }
        Ok(())
    }
}

/// The two halves of an id, the lower first.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the halves are what is asked for"
)]
const fn words(id: u128) -> [u64; 2] {
    [id as u64, (id >> 64) as u64]
}

#[cfg(test)]
mod tests {
    use super::{Admission, Admitted};
    use crate::log::InputSpec;
    use crate::model::{Body, DAY_MS, Direction, Event, Key, Reader, Reason, Time, Touch, Writer};

    fn event(id: u128, at: Time) -> Event<'static> {
        let touch = Touch {
            channel: None,
            purpose: None,
            direction: Direction::Outbound,
            answers: None,
        };
        let (tenant, account) = ("t".into(), "a".into());
        Event {
            id,
            tenant,
            account,
            at,
            contact: None,
            product: None,
            body: Body::Touch(touch),
        }
    }

    #[test]
    fn late_future_and_repeated_events_are_told_apart() {
        let input = InputSpec::new("touches", None);
        let key = Key::new("t", "a").unwrap();
        let day = |days: i64| Time(days * DAY_MS);
        // (id, at, now) in days, and what admission says.
        let table: [(u128, i64, i64, &str); 8] = [
            (1, 100, 100, "applied"),
            (1, 100, 100, "duplicate"),
            (1, 100, 107, "duplicate"),
            (1, 102, 108, "applied"),
            (2, 101, 108, "applied"),
            (3, 100, 108, "late"),
            (4, 109, 108, "applied"),
            (5, 110, 108, "future"),
        ];
        let mut admitted = Admitted::new(std::slice::from_ref(&input));
        for (id, at, now, expected) in table {
            let found = match admitted.admit(&key, &event(id, day(at)), &input, day(now)) {
                Admission::Applied => "applied",
                Admission::Duplicate => "duplicate",
                Admission::Dead(reason, _) => reason.code(),
            };
            assert_eq!(found, expected, "id {id} at {at} now {now}");
            let mut writer = Writer::new();
            admitted.write(&mut writer);
            let mut again = Admitted::new(std::slice::from_ref(&input));
            again
                .restore(&mut Reader::new(&writer.into_bytes()))
                .unwrap();
            admitted = again;
        }
        assert_eq!(Reason::Late.code(), "late");
    }
}
