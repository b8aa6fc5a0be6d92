//! Wakes: the moments at which a feature passes a value that a rule named, so that silence and
//! renewals are seen when they are due and not at the next event.
//!
//! Each account has one timer for each sort of wake, armed for the first moment of its sort. An
//! event may move that moment away: then the timer fires, finds nothing due, and is armed for the
//! next. An event ahead of its time moves it too, when its time has come; so the timers do not
//! sleep past that.

use super::Shard;
use super::accounts::{AccountIndex, Slot};
use super::tenants::EpochRun;
use super::timers::Timer;
use crate::model::{Time, TimerName};

/// The sorts of wakes.
const SORTS: [TimerName; 2] = [TimerName::Renewal, TimerName::Silence];

impl Shard {
    /// Arms the account's wakes where one is nearer than the one that is armed.
    pub(super) fn arm_wakes(&mut self, index: AccountIndex) {
        let slot = self.accounts.get_mut(index);
        let tenant = self.tenants.get_mut(slot.key.tenant());
        let Some(epoch) = tenant.and_then(|tenant| tenant.epoch()) else {
            return;
        };
        for (name, due) in next_wakes(epoch, slot, self.now) {
            let due = due.min(slot.dues.get(name));
            self.timers.arm(&mut slot.dues, &slot.key, name, due);
        }
    }

    /// Arms the next wake of the timer's sort; whether one is due at `timer.due`, or events since
    /// have moved it away.
    pub(super) fn rearm_wake(&mut self, index: AccountIndex, timer: &Timer) -> bool {
        let slot = self.accounts.get_mut(index);
        let tenant = self.tenants.get_mut(slot.key.tenant());
        let Some(epoch) = tenant.and_then(|tenant| tenant.epoch()) else {
            return false;
        };
        slot.account.advance(&epoch.plan, self.now);
        let before = timer.due.minus_ms(1);
        let is_due = wakes(epoch, slot, before).any(|wake| wake == (timer.due, timer.name));
        for (name, due) in next_wakes(epoch, slot, timer.due) {
            if name == timer.name {
                self.timers.arm(&mut slot.dues, &slot.key, name, due);
            }
        }
        is_due
    }
}

/// Of each sort the first moment after `after` at which there may be a wake; `Time::MAX` for none.
fn next_wakes(epoch: &EpochRun, slot: &Slot, after: Time) -> [(TimerName, Time); 2] {
    let mut dues = SORTS.map(|name| (name, slot.account.waits_until().unwrap_or(Time::MAX)));
    for (due, name) in wakes(epoch, slot, after) {
        for (of_name, earliest) in &mut dues {
            if *of_name == name {
                *earliest = due.min(*earliest);
            }
        }
    }
    dues
}

/// The first wake after `after` of every feature that has any.
fn wakes(epoch: &EpochRun, slot: &Slot, after: Time) -> impl Iterator<Item = (Time, TimerName)> {
    let rules = epoch.rules.iter();
    rules.flat_map(move |rule| rule.selection.next_wakes(&epoch.plan, &slot.account, after))
}
