//! The latest statement of one field: the one with the greatest (`at`, id), whatever the order in
//! which statements arrive and however often.

use crate::model::{CodecError, Reader, Time, Writer};

/// A field and when it was stated; nothing yet by default.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Latest<T>(Option<Stated<T>>);

#[derive(Clone, PartialEq, Eq, Debug)]
struct Stated<T> {
    at: Time,
    /// The id's halves, high first: as a `u128` it would align the whole to 16 bytes.
    id: [u64; 2],
    value: T,
}

impl<T> Default for Latest<T> {
    fn default() -> Self {
        Self(None)
    }
}

/// The halves of an id, high first; they order as the id does.
pub(crate) fn halves(id: u128) -> [u64; 2] {
    let low = id & u128::from(u64::MAX);
    let half = |part: u128| u64::try_from(part).unwrap_or(u64::MAX);
    [half(id >> 64), half(low)]
}

/// The statement that an event makes: its time and id.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Stamp {
    /// The event's `at`.
    pub(crate) at: Time,
    /// The event's id.
    pub(crate) id: [u64; 2],
}

impl Stamp {
    /// The stamp of an event.
    pub(crate) fn new(at: Time, id: u128) -> Self {
        Self { at, id: halves(id) }
    }
}

impl<T> Latest<T> {
    /// Takes the statement if it is later than the present one. Answers whether it was taken.
    pub(crate) fn state(&mut self, stamp: Stamp, value: T) -> bool {
        let later = self
            .0
            .as_ref()
            .is_none_or(|stated| (stated.at, stated.id) < (stamp.at, stamp.id));
        if later {
            let Stamp { at, id } = stamp;
            self.0 = Some(Stated { at, id, value });
        }
        later
    }

    /// Takes the statement if there is one.
    pub(crate) fn state_some(&mut self, stamp: Stamp, value: Option<T>) {
        if let Some(value) = value {
            self.state(stamp, value);
        }
    }

    /// What was last stated.
    pub(crate) fn get(&self) -> Option<&T> {
        self.0.as_ref().map(|stated| &stated.value)
    }

    /// When.
    pub(crate) fn at(&self) -> Option<Time> {
        self.0.as_ref().map(|stated| stated.at)
    }

    /// Time and id of the statement.
    pub(crate) fn stamp(&self) -> Option<Stamp> {
        let stated = self.0.as_ref()?;
        let (at, id) = (stated.at, stated.id);
        Some(Stamp { at, id })
    }

    pub(crate) fn write(&self, writer: &mut Writer, write: impl FnOnce(&mut Writer, &T)) {
        writer.option(self.0.as_ref(), |writer, stated| {
            writer.i64(stated.at.0);
            let [high, low] = stated.id;
            writer.u64(high);
            writer.u64(low);
            write(writer, &stated.value);
        });
    }

    pub(crate) fn read<'a>(
        reader: &mut Reader<'a>,
        read: impl FnOnce(&mut Reader<'a>) -> Result<T, CodecError>,
    ) -> Result<Self, CodecError> {
        let stated = reader.option(|reader| {
            Ok(Stated {
                at: Time(reader.i64()?),
                id: [reader.u64()?, reader.u64()?],
                value: read(reader)?,
            })
        });
        stated.map(Self)
    }
}
