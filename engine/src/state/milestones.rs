//! Steps of onboarding and of success plans: when each is due, and when it was done.

use crate::limits::MILESTONES_MAX;
use crate::model::{CodecError, Milestone, Reader, Time, Writer, hash64};

use super::bounded::{Entities, Entity};
use super::latest::{Latest, Stamp};
use super::reading::{Reading, percent};

/// The milestone by which a customer has had the first value of the product.
const FIRST_VALUE: &str = "first_value";

/// One milestone.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Known {
    due: Latest<Time>,
    done: Latest<Time>,
    newest: Time,
}

impl Default for Known {
    fn default() -> Self {
        Self {
            due: Latest::default(),
            done: Latest::default(),
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
    fn is_done(&self, now: Time) -> bool {
        self.done.get().is_some_and(|done| *done <= now)
    }

    fn is_overdue(&self, now: Time) -> bool {
        self.due.get().is_some_and(|due| *due < now) && !self.is_done(now)
    }
}

/// The milestones of one account.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Milestones {
    known: Entities<Known>,
}

fn count(items: impl Iterator) -> i128 {
    i128::try_from(items.count()).unwrap_or(i128::MAX)
}

impl Milestones {
    pub(crate) fn apply(&mut self, stamp: Stamp, event: &Milestone<'_>) {
        let hash = hash64(event.milestone.as_bytes());
        let (milestone, _) = self.known.entry(hash, stamp.at, MILESTONES_MAX);
        if let Some(milestone) = milestone {
            milestone.due.state_some(stamp, event.due);
            milestone.done.state_some(stamp, event.done);
            milestone.newest = milestone.newest.max(stamp.at);
        }
    }

    pub(crate) fn newest(&self) -> Option<Time> {
        self.known.newest()
    }

    pub(crate) fn is_capped(&self, now: Time) -> bool {
        self.known.is_capped(now)
    }

    pub(crate) fn done_pct(&self, now: Time) -> Reading {
        let done = count(self.known.iter().filter(|known| known.is_done(now)));
        percent(done, count(self.known.iter()))
    }

    /// Number of milestones that are overdue; none where no milestone is known.
    pub(crate) fn overdue(&self, now: Time) -> Option<i128> {
        let overdue = self.known.iter().filter(|known| known.is_overdue(now));
        (!self.known.is_empty()).then(|| count(overdue))
    }

    /// When the first value was reached, if it was.
    pub(crate) fn first_value(&self, now: Time) -> Option<Time> {
        let known = self.known.get(hash64(FIRST_VALUE.as_bytes()))?;
        known.done.get().copied().filter(|done| *done <= now)
    }

    pub(crate) fn write(&self, writer: &mut Writer) {
        self.known.write(writer, |writer, known| {
            for latest in [&known.due, &known.done] {
                latest.write(writer, |writer, at| writer.i64(at.0));
            }
            writer.i64(known.newest.0);
        });
    }

    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        let known = Entities::read(reader, MILESTONES_MAX, |reader| {
            let mut latest = || Latest::read(reader, |reader| Ok(Time(reader.i64()?)));
            let (due, done) = (latest()?, latest()?);
            Ok(Known {
                due,
                done,
                newest: Time(reader.i64()?),
            })
        })?;
        Ok(Self { known })
    }
}
