//! Timers of a shard: which account is due when, in order of (due, account, timer name).

use std::collections::BTreeSet;

use crate::model::{CodecError, Key, Reader, Time, TimerName, Writer};

/// A timer that is armed.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Timer {
    pub(super) due: Time,
    pub(super) account: Key,
    pub(super) name: TimerName,
}

/// When each timer of one account is due; `Time::MAX` where it is not armed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Dues([Time; TimerName::ALL.len()]);

impl Default for Dues {
    fn default() -> Self {
        Self([Time::MAX; TimerName::ALL.len()])
    }
}

impl Dues {
    pub(super) fn get(&self, name: TimerName) -> Time {
        self.0.get(name as usize).copied().unwrap_or(Time::MAX)
    }

    fn set(&mut self, name: TimerName, due: Time) {
        if let Some(place) = self.0.get_mut(name as usize) {
            *place = due;
        }
    }

    /// Writes them; the one of rules in shadow stands elsewhere.
    pub(super) fn write(&self, writer: &mut Writer) {
        let kept = TimerName::ALL.iter().filter(|name| !is_apart(**name));
        kept.for_each(|name| writer.i64(self.get(*name).0));
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        let mut dues = Self::default();
        for name in TimerName::ALL.into_iter().filter(|name| !is_apart(*name)) {
            dues.set(name, Time(reader.i64()?));
        }
        Ok(dues)
    }
}

/// Whether a timer stands behind the accounts in a snapshot: snapshots are older than it is.
const fn is_apart(name: TimerName) -> bool {
    matches!(name, TimerName::Shadow)
}

/// All armed timers, the next one first.
#[derive(Debug, Default)]
pub(super) struct Timers(BTreeSet<Timer>);

impl Timers {
    /// Arms the account's timer for `due`, or disarms it with `Time::MAX`.
    pub(super) fn arm(&mut self, dues: &mut Dues, account: &Key, name: TimerName, due: Time) {
        let before = dues.get(name);
        if before == due {
            return;
        }
        if before != Time::MAX {
            self.0.remove(&Timer {
                due: before,
                account: account.clone(),
                name,
            });
        }
        if due != Time::MAX {
            self.0.insert(Timer {
                due,
                account: account.clone(),
                name,
            });
        }
        dues.set(name, due);
    }

    /// When the next timer is due, and whether a verdict has set it.
    pub(super) fn next(&self) -> Option<(Time, bool)> {
        self.0
            .first()
            .map(|timer| (timer.due, timer.name.is_of_verdict()))
    }

    /// Takes the next timer if it is due at or before `until`; its account's due must be cleared
    /// with [`Timers::fired`].
    pub(super) fn pop(&mut self, until: Time) -> Option<Timer> {
        if self.0.first()?.due > until {
            None
        } else {
            self.0.pop_first()
        }
    }

    /// Notes that the account's timer has fired.
    pub(super) fn fired(dues: &mut Dues, name: TimerName) {
        dues.set(name, Time::MAX);
    }

    /// Takes up the timers of an account that was read from a snapshot.
    pub(super) fn restore(&mut self, dues: &Dues, account: &Key) {
        for name in TimerName::ALL {
            let due = dues.get(name);
            if due != Time::MAX {
                self.0.insert(Timer {
                    due,
                    account: account.clone(),
                    name,
                });
            }
        }
    }
}
