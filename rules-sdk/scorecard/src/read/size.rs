//! Whether the card's manifest has room in a module, and the module in a package. Of the manifest
//! it never says too little: lengths of what stands in it as JSON, with names of keys and numbers
//! at their longest.

use puls_wire::MANIFEST_BYTES_MAX;

use super::context::Context;
use crate::mentions;
use crate::{Card, compile};

/// Longest package that the engine takes: the module of a card with the text of the card in it.
/// Cards that people write have a tenth.
const PACKAGE_BYTES_MAX: usize = 1024 * 1024;
/// Names of keys, brackets and numbers of one object at their longest.
const OBJECT_BYTES: usize = 200;
/// One number and what separates it, at its longest.
const NUMBER_BYTES: usize = 26;

/// Reports a card that says too much.
pub(super) fn check(context: &mut Context<'_>, card: &Card) {
    let found = bytes(card);
    context.report.check(found <= MANIFEST_BYTES_MAX, 0, || {
        format!(
            "expected a card whose names, texts and values have at most \
                 {MANIFEST_BYTES_MAX} bytes together, found about {found}; shorten the texts or \
                 divide the card"
        )
    });
}

/// Reports a card that compares too much. Its memory and number of functions grow with its code,
/// and are within what the engine takes where that is.
pub(super) fn module(context: &mut Context<'_>, card: &Card, source_bytes: usize) {
    let found = compile(card).module.len() + source_bytes;
    context.report.check(found <= PACKAGE_BYTES_MAX, 0, || {
        format!(
            "expected a card of at most {PACKAGE_BYTES_MAX} bytes with the code that it becomes, \
             found {found}; shorten its longest conditions and their lists, or divide the card"
        )
    });
}

fn text(text: &str) -> usize {
    // Two quotation marks and a comma; quotation marks and backslashes take two bytes.
    text.len() + 3 + text.matches(['"', '\\']).count()
}

fn texts<'t>(all: impl IntoIterator<Item = &'t String>) -> usize {
    all.into_iter().map(|one| text(one)).sum()
}

fn bytes(card: &Card) -> usize {
    let head = OBJECT_BYTES + texts([&card.name, &card.version, &card.title, &card.source]);
    let parameters: usize = card
        .parameters
        .iter()
        .map(|parameter| OBJECT_BYTES + text(&parameter.name))
        .sum();
    let features: usize = card
        .features
        .iter()
        .map(|used| {
            let wake = used.wake.len() * NUMBER_BYTES;
            OBJECT_BYTES + text(&used.name) + texts(&used.values) + wake
        })
        .sum();
    let measures: usize = card
        .measures
        .iter()
        .map(|measure| {
            let parts: usize = measure
                .factors
                .iter()
                .map(|factor| part(card, &measure.name, factor))
                .sum();
            OBJECT_BYTES + text(&measure.name) + text(&measure.title) + parts
        })
        .sum();
    let exceptions: usize = card
        .exceptions
        .iter()
        .map(|one| {
            let policy = &one.policy;
            OBJECT_BYTES + texts([&one.name, &one.reason, &policy.owner_role, &policy.playbook])
        })
        .sum();
    let triggers: usize = card
        .triggers
        .iter()
        .map(|one| {
            let words = texts([&one.name, &one.text, &one.playbook]);
            OBJECT_BYTES + words + texts(&one.owner_roles)
        })
        .sum();
    let tiers = card.tiers.bands.len() * OBJECT_BYTES
        + texts(card.tiers.bands.iter().map(|tier| &tier.name));
    let alerts = OBJECT_BYTES + texts([&card.alerts.owner_role, &card.alerts.playbook]);
    let monotone: usize = (card.monotone.iter())
        .map(|it| OBJECT_BYTES + text(&it.feature))
        .sum();
    head + monotone + parameters + features + measures + exceptions + triggers + tiers + alerts
}

/// A part and its reason, whose code is the part's name.
fn part(card: &Card, measure: &str, factor: &crate::Factor) -> usize {
    let age = factor.valid_for.as_ref().map(|(age, _)| age);
    let columns = [Some(&factor.value), age]
        .into_iter()
        .flatten()
        .flat_map(|number| mentions::of_number(number, &card.derived));
    let features: usize = columns
        .filter_map(|column| card.features.get(column))
        .map(|used| text(&used.name))
        .sum();
    let names = 2 * text(&factor.name) + text(measure);
    2 * OBJECT_BYTES + names + features + text(&factor.reason)
}

#[cfg(test)]
mod tests {
    use crate::read::tests::{EXAMPLE, catalogue};
    use crate::{compile, read};

    #[test]
    fn no_manifest_is_longer_than_is_said() {
        let long = EXAMPLE
            .replace("\"New\"", &format!("'{}'", r#""a" \"#.repeat(80)))
            .replace("due_days = 14", "due_days = 366")
            .replace("weight = 45", "weight = 0.30000000000000004");
        for source in [EXAMPLE, &long] {
            let card = read(source, &catalogue()).unwrap();
            let json = serde_json::to_vec(&compile(&card).manifest).unwrap();
            let said = super::bytes(&card);
            assert!(json.len() <= said, "{} > {said}", json.len());
            assert!(said < 4 * json.len(), "{} ≪ {said}", json.len());
        }
    }
}
