//! Activations that wait for their moment, and the timers with which they score a tenant's accounts
//! again. What governs is for `tenants`; nothing here evaluates.

use std::collections::BTreeSet;

use super::Shard;
use crate::limits::ACTIVATION_SPREAD_MS;
use crate::model::{Time, TimerName, hash64};

impl Shard {
    /// When the next activation is to score its tenant's accounts.
    pub(super) fn next_activation(&self) -> Time {
        let sets = [&self.activations, &self.shadow_activations];
        let firsts = sets.into_iter().filter_map(BTreeSet::first);
        firsts.map(|(from, _)| *from).min().unwrap_or(Time::MAX)
    }

    /// Arms the timers with which a new activation scores the accounts of its tenant.
    pub(super) fn begin_activation(&mut self) {
        let (of_all, of_shadow) = (self.activations.first(), self.shadow_activations.first());
        let in_shadow = match (of_all, of_shadow) {
            (Some((all, _)), Some((shadow, _))) => shadow < all,
            (all, _) => all.is_none(),
        };
        let (first, name) = if in_shadow {
            (self.shadow_activations.pop_first(), TimerName::Shadow)
        } else {
            (self.activations.pop_first(), TimerName::Activation)
        };
        let Some((from, tenant)) = first else {
            return;
        };
        for index in self.accounts.sorted() {
            let slot = self.accounts.get_mut(index);
            if slot.key.tenant() == tenant {
                let spread_ms = hash64(slot.key.as_str().as_bytes()) % ACTIVATION_SPREAD_MS;
                let due = from.max(self.now).plus_ms(spread_ms.cast_signed());
                let due = due.min(slot.dues.get(name));
                self.timers.arm(&mut slot.dues, &slot.key, name, due);
            }
        }
    }
}
