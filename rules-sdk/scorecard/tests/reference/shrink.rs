//! A smaller card that goes wrong in the same way: what may be left out is left out.

use puls_scorecard::{Card, Condition};

/// Leaves out and simplifies, as long as the card still goes wrong.
pub(crate) fn shrink(mut card: Card, goes_wrong: impl Fn(&Card) -> bool) -> Card {
    loop {
        let smaller = candidates(&card).into_iter().find(|it| goes_wrong(it));
        match smaller {
            Some(smaller) => card = smaller,
            None => return card,
        }
    }
}

/// Cards that say one thing less, the greatest steps first.
fn candidates(card: &Card) -> Vec<Card> {
    let mut found = Vec::new();
    let mut add = |change: &dyn Fn(&mut Card)| {
        let mut smaller = card.clone();
        change(&mut smaller);
        if smaller != *card {
            found.push(smaller);
        }
    };
    add(&|it| it.triggers.clear());
    add(&|it| it.exceptions.clear());
    add(&|it| it.population = None);
    add(&drop_variant);
    for index in 0..card.triggers.len() {
        add(&|it| {
            it.triggers.remove(index);
        });
    }
    for index in 0..card.exceptions.len() {
        add(&|it| {
            it.exceptions.remove(index);
        });
    }
    for index in 0..card.measures.len() {
        add(&|it| drop_measure(it, index));
        for factor in 0..card.measures[index].factors.len() {
            add(&|it| {
                if it.measures[index].factors.len() > 1 {
                    it.measures[index].factors.remove(factor);
                }
            });
            add(&|it| it.measures[index].factors[factor].valid_for = None);
        }
    }
    for place in 0..conditions(&mut card.clone()).len() {
        for simpler in simpler(&*conditions(&mut card.clone())[place]) {
            add(&|it| *conditions(it)[place] = simpler.clone());
        }
    }
    found
}

/// The last variant with its measures.
fn drop_variant(card: &mut Card) {
    card.variants.pop();
    let last = card.variants.len();
    card.measures.retain(|it| it.variant != Some(last));
}

/// A measure that nothing replaces, unless it is the only one.
fn drop_measure(card: &mut Card, index: usize) {
    let replaced = card.measures.iter().any(|it| it.replaces == Some(index));
    let own = card.measures.iter().filter(|it| it.variant.is_none());
    if replaced || card.measures[index].variant.is_none() && own.count() < 2 {
        return;
    }
    card.measures.remove(index);
    for measure in &mut card.measures {
        measure.replaces = measure.replaces.map(|it| it - usize::from(it > index));
    }
}

fn conditions(card: &mut Card) -> Vec<&mut Condition> {
    let variants = card.variants.iter_mut().map(|it| &mut it.when);
    let exceptions = card.exceptions.iter_mut().map(|it| &mut it.when);
    let triggers = card.triggers.iter_mut().map(|it| &mut it.when);
    let all = variants.chain(exceptions).chain(triggers);
    all.chain(&mut card.population).collect()
}

/// Conditions within a condition.
fn simpler(condition: &Condition) -> Vec<Condition> {
    match condition {
        Condition::And(two) | Condition::Or(two) => vec![two.0.clone(), two.1.clone()],
        Condition::Not(inner) => vec![(**inner).clone()],
        _ => Vec::new(),
    }
}
