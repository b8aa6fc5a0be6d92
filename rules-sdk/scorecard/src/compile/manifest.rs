//! The manifest of a card.

use puls_wire::{ABI, Exception, Manifest, Measure, Part, ReasonText, Trigger};

use crate::{Card, mentions};

/// What the module of this card is, for those that do not run it.
pub(super) fn manifest(card: &Card) -> Manifest {
    let measures = card.measures.iter().map(|measure| Measure {
        name: measure.name.clone(),
        title: measure.title.clone(),
        weight: measure.weight,
    });
    let factors = card.measures.iter().flat_map(|measure| &measure.factors);
    let reasons = factors.map(|factor| ReasonText {
        code: factor.name.clone(),
        text: factor.reason.clone(),
    });
    Manifest {
        abi: ABI.to_owned(),
        name: card.name.clone(),
        version: card.version.clone(),
        title: card.title.clone(),
        parameters: card.parameters.clone(),
        features: card.features.clone(),
        measures: measures.collect(),
        parts: parts(card),
        reasons: reasons.collect(),
        exceptions: exceptions(card),
        triggers: triggers(card),
        tiers: card.tiers.clone(),
        coverage_min: card.coverage_min,
        alerts: card.alerts.clone(),
        source: card.source.clone(),
        monotone: card.monotone.clone(),
    }
}

fn parts(card: &Card) -> Vec<Part> {
    let mut parts = Vec::new();
    for measure in &card.measures {
        for factor in &measure.factors {
            let columns = mentions::of_number(&factor.value, &card.derived);
            let named = columns.iter().filter_map(|index| card.features.get(*index));
            parts.push(Part {
                name: factor.name.clone(),
                measure: measure.name.clone(),
                features: named.map(|feature| feature.name.clone()).collect(),
                baseline: factor.baseline,
            });
        }
    }
    parts
}

fn exceptions(card: &Card) -> Vec<Exception> {
    let exceptions = card.exceptions.iter().map(|exception| Exception {
        name: exception.name.clone(),
        text: exception.reason.clone(),
        alert: exception.alert.is_some(),
        severity: exception.alert.unwrap_or_default(),
        owner_role: exception.policy.owner_role.clone(),
        playbook: exception.policy.playbook.clone(),
        due_days: exception.policy.due_days,
    });
    exceptions.collect()
}

fn triggers(card: &Card) -> Vec<Trigger> {
    let triggers = card.triggers.iter().map(|trigger| Trigger {
        name: trigger.name.clone(),
        text: trigger.text.clone(),
        playbook: trigger.playbook.clone(),
        owner_roles: trigger.owner_roles.clone(),
        due_days: trigger.due_days,
        cooldown_hours: trigger.cooldown_hours,
    });
    triggers.collect()
}
