//! Wakes: the moments at which a feature passes a value that a rule named, so that silence and
//! renewals are seen when they are due and not at the next event.
//!
//! Each account has one timer for each sort of wake, armed for the first moment of its sort. An
//! event may move that moment away: then the timer fires, finds nothing due, and is armed for the
//! next. An event ahead of its time moves it too, when its time has come; so the timers do not
//! sleep past that. Rules in shadow have one timer for all that they ask for, so that none of it
//! shows in what the others say.

use super::Shard;
use super::accounts::{AccountIndex, Slot};
use super::desk::rule_ref;
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
        if let Some(due) = next_shadow_wake(epoch, slot, self.now) {
            let due = due.min(slot.dues.get(TimerName::Shadow));
            self.timers
                .arm(&mut slot.dues, &slot.key, TimerName::Shadow, due);
        }
    }

    /// Arms the next wake of the rules in shadow; whether they asked for a look at `due`: by a
    /// wake, by a tier that has been met for long enough, or since they are new.
    pub(super) fn rearm_shadow(&mut self, index: AccountIndex, due: Time) -> bool {
        let slot = self.accounts.get_mut(index);
        let tenant = self.tenants.get_mut(slot.key.tenant());
        let Some(epoch) = tenant.and_then(|tenant| tenant.epoch()) else {
            return false;
        };
        slot.account.advance(&epoch.plan, self.now);
        let is_wake = wakes(epoch, slot, due.minus_ms(1), true).any(|(wake, _)| wake == due);
        let mut shadow = epoch.rules.iter().filter(|rule| rule.active.shadow);
        let is_asked = shadow.any(|rule| {
            let memory = slot.memory_if_any(&rule.active.name);
            memory.is_none_or(|it| it.asks_in_shadow(&rule_ref(&rule.active), due))
        });
        let dwells = slot
            .memories
            .iter()
            .filter_map(|(_, it)| it.shadow_due(due));
        let next = next_shadow_wake(epoch, slot, due).into_iter().chain(dwells);
        if let Some(next) = next.min() {
            let next = next.min(slot.dues.get(TimerName::Shadow));
            self.timers
                .arm(&mut slot.dues, &slot.key, TimerName::Shadow, next);
        }
        is_wake || is_asked
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
        let is_due = wakes(epoch, slot, before, false).any(|wake| wake == (timer.due, timer.name));
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
    for (due, name) in wakes(epoch, slot, after, false) {
        for (of_name, earliest) in &mut dues {
            if *of_name == name {
                *earliest = due.min(*earliest);
            }
        }
    }
    dues
}

/// The first moment after `after` at which there may be a wake of a rule in shadow.
fn next_shadow_wake(epoch: &EpochRun, slot: &Slot, after: Time) -> Option<Time> {
    if !epoch.rules.iter().any(|rule| rule.active.shadow) {
        return None;
    }
    let wakes = wakes(epoch, slot, after, true).map(|(due, _)| due);
    wakes.chain(slot.account.waits_until()).min()
}

/// The first wake after `after` of every feature that has any, of the rules in shadow or of the
/// others.
fn wakes(
    epoch: &EpochRun,
    slot: &Slot,
    after: Time,
    in_shadow: bool,
) -> impl Iterator<Item = (Time, TimerName)> {
    let rules = epoch.rules.iter();
    let rules = rules.filter(move |rule| rule.active.shadow == in_shadow);
    rules.flat_map(move |rule| rule.selection.next_wakes(&epoch.plan, &slot.account, after))
}
