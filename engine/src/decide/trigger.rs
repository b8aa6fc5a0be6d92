//! Triggers: a rule asks for something to be done, and does not ask again before its cooldown.

use super::memory::{Cooling, Memory};
use super::policy::{Policy, TriggerPolicy};
use super::{Judged, Reading};

/// The triggers that fire now, in order of their names. Each is remembered for its cooldown; at
/// its end a condition that still holds fires again.
pub(super) fn fire<'p>(
    policy: &'p Policy,
    memory: &mut Memory,
    reading: &Reading<'_>,
    judged: &Judged,
) -> Vec<&'p TriggerPolicy> {
    if !memory.cooling.is_empty() {
        memory.cooling.retain(|cooling| cooling.until > reading.now);
    }
    if judged.triggers == 0 {
        return Vec::new();
    }
    let mut fired = Vec::new();
    for index in &policy.triggers_sorted {
        let Some(trigger) = policy.triggers.get(*index) else {
            continue;
        };
        let is_cooling = memory
            .cooling
            .iter()
            .any(|cooling| cooling.tag == trigger.tag);
        if judged.triggers & (1 << index) != 0 && !is_cooling {
            let until = reading.now.plus_ms(trigger.cooldown_ms);
            memory.cooling.push(Cooling {
                tag: trigger.tag,
                until,
            });
            fired.push(trigger);
        }
    }
    fired
}
