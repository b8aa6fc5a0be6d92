//! What is wrong with a card that its reader cannot see: variants, exceptions, triggers and bands
//! that no customer can meet, variants that overlap, conditions that make no difference.
//!
//! Where conditions compare single features with fixed numbers, a few values per feature tell all
//! customers apart, and going through them decides. Otherwise customers made from a seed are
//! searched, and a fault says so. All questions together have one budget, so that a card that was
//! made to be looked at for hours is not; what it did not reach is told of.

use std::cell::Cell;

use puls_scorecard::{Card, Condition, Number, Scale};
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use rand_pcg::Pcg64;

use crate::edges::Grid;
use crate::{Account, evaluate, holds, variant};

/// Points of a grid that are gone through; beyond them customers are searched.
const POINTS_MAX: usize = 20_000;
/// Customers that are led towards what is looked for, one feature after the other.
const CLIMBED: usize = 16;
/// Rounds over all features in which a customer is led.
const ROUNDS: usize = 2;
/// Customers that are searched.
const SEARCHED: usize = 2_048;
/// Customers that are looked at for all questions together. A card that people write needs some ten
/// thousand, and the dearest that a card can say takes some microseconds for each.
const LOOKED_AT_MAX: usize = 500_000;
/// Comparisons of one condition that are looked at one by one.
const ATOMS_MAX: usize = 16;

/// How it is known.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Certainty {
    /// Of all customers that there can be.
    Decided,
    /// Of so many that were made from a seed.
    Searched(usize),
}

/// Something wrong with a card.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fault {
    /// In words, for the person who wrote the card.
    pub message: String,
    /// How it is known.
    pub certainty: Certainty,
    /// Whether the card says something that it cannot mean; otherwise it is worth a look.
    pub grave: bool,
}

/// Whether something can be.
enum Can {
    Be,
    /// Not for any customer.
    NeverBe,
    /// Not for any of so many.
    NotSeen(usize),
    /// The budget was spent before it was known.
    NotLookedAt,
}

/// The faults of a card, in the order of the file.
#[must_use]
pub fn faults(card: &Card, seed: u64) -> Vec<Fault> {
    let parameters: Vec<_> = card.parameters.iter().map(|it| it.default).collect();
    let mut search = Search {
        card,
        parameters,
        seed,
        left: Cell::new(LOOKED_AT_MAX),
        faults: Vec::new(),
    };
    search.bands();
    search.variants();
    search.exceptions();
    search.triggers();
    if search.is_spent() {
        search.note(format!(
            "not all bands, variants, exceptions and triggers were looked at: the card compares so \
             much that it takes more than {LOOKED_AT_MAX} made-up customers; what is told is of \
             those that stand first"
        ));
    }
    search.faults
}

struct Search<'c> {
    card: &'c Card,
    parameters: Vec<f64>,
    seed: u64,
    /// Customers that may still be looked at.
    left: Cell<usize>,
    faults: Vec<Fault>,
}

impl Search<'_> {
    /// Reports what cannot be; `never` is what to say of it.
    fn report(&mut self, can: &Can, never: impl FnOnce() -> String) {
        let (certainty, grave) = match can {
            Can::Be | Can::NotLookedAt => return,
            Can::NeverBe => (Certainty::Decided, true),
            Can::NotSeen(rows) => (Certainty::Searched(*rows), false),
        };
        self.faults.push(Fault {
            message: never(),
            certainty,
            grave,
        });
    }

    fn note(&mut self, message: String) {
        self.faults.push(Fault {
            message,
            certainty: Certainty::Decided,
            grave: false,
        });
    }

    /// Takes so many customers from the budget; whether something is left of it.
    fn spend(&self, customers: usize) -> bool {
        self.left.set(self.left.get().saturating_sub(customers));
        !self.is_spent()
    }

    fn is_spent(&self) -> bool {
        self.left.get() == 0
    }

    /// Whether the row belongs to the card.
    fn inside(&self, row: &[f64]) -> bool {
        let population = self.card.population.as_ref();
        population.is_none_or(|it| holds(self.card, row, &self.parameters, it))
    }

    fn conditions<'a>(&'a self, more: &[&'a Condition]) -> Vec<&'a Condition> {
        let population = self.card.population.iter();
        population.chain(more.iter().copied()).collect()
    }

    /// Whether a customer of the card can be found for which `is` is true; that takes each
    /// condition of the goal to hold, or not to.
    fn can(
        &self,
        grid: &Grid,
        goal: &[(&Condition, bool)],
        is: &mut dyn FnMut(&[f64]) -> bool,
    ) -> Can {
        // It ends the search when nothing is left of the budget.
        let mut is = |row: &[f64]| !self.spend(1) || (self.inside(row) && is(row));
        let mut row = vec![f64::NAN; self.card.features.len()];
        if grid.exact && grid.points() <= POINTS_MAX {
            return match go_through(&grid.columns, &mut row, &mut is) {
                _ if self.is_spent() => Can::NotLookedAt,
                true => Can::Be,
                // Another setting of a parameter may let it be.
                false if grid.parameters => Can::NotSeen(grid.points()),
                false => Can::NeverBe,
            };
        }
        let mut goal = goal.to_vec();
        goal.extend(self.card.population.iter().map(|it| (it, true)));
        let values: usize = grid.columns.iter().map(|(_, values)| values.len()).sum();
        let mut random = Pcg64::seed_from_u64(self.seed);
        for start in 0..SEARCHED {
            sample(grid, &mut random, &mut row);
            // A few customers are led to the goal, the others stand where they stand.
            if start < CLIMBED && self.spend(ROUNDS * values) {
                climb(self.card, &self.parameters, (grid, &goal), &mut row);
            }
            let found = is(&row);
            if self.is_spent() {
                return Can::NotLookedAt;
            }
            if found {
                return Can::Be;
            }
        }
        Can::NotSeen(SEARCHED)
    }

    fn bands(&mut self) {
        let card = self.card;
        let when: Vec<_> = card.variants.iter().map(|it| &it.when).collect();
        for (index, measure) in card.measures.iter().enumerate() {
            for factor in &measure.factors {
                let Scale::Bands { up_to, .. } = &factor.scale else {
                    continue;
                };
                let grid =
                    Grid::with_factor(card, &self.parameters, &self.conditions(&when), factor);
                for band in 0..=up_to.len() {
                    let can = self.can(&grid, &[], &mut |row| {
                        crate::band(card, row, &self.parameters, (index, factor)) == Some(band)
                    });
                    let edge = |at: usize| up_to.get(at).map(|it| self.number(&it.up_to));
                    let which = match (band.checked_sub(1).and_then(edge), edge(band)) {
                        (_, Some(to)) => format!("up to {to}"),
                        (Some(from), None) => format!("above {from}"),
                        (None, None) => "for all values".to_owned(),
                    };
                    let (name, part) = (&measure.name, &factor.name);
                    self.report(&can, || {
                        format!(
                            "factor `{part}` of `{name}`: the band {which} is met by no customer \
                             whom the measure is for; remove it or move its edge"
                        )
                    });
                }
            }
        }
    }

    fn number(&self, number: &Number) -> f64 {
        match number {
            Number::Literal(value) => *value,
            Number::Parameter(index) => self.parameters.get(*index).copied().unwrap_or(f64::NAN),
            _ => f64::NAN,
        }
    }

    fn variants(&mut self) {
        let card = self.card;
        let when: Vec<_> = card.variants.iter().map(|it| &it.when).collect();
        for (index, one) in card.variants.iter().enumerate() {
            let up_to: Vec<_> = when.iter().take(index + 1).copied().collect();
            let grid = Grid::of(card, &self.parameters, &self.conditions(&up_to));
            let earlier = up_to.iter().take(index).map(|it| (*it, false));
            let goal: Vec<_> = earlier.chain([(&one.when, true)]).collect();
            let can = self.can(&grid, &goal, &mut |row| {
                variant(card, row, &self.parameters) == Some(index)
            });
            self.report(&can, || {
                format!(
                    "variant `{}`: no customer is of it, since its condition does not hold or an \
                     earlier variant's holds as well; the first that holds counts",
                    one.name
                )
            });
            self.atoms(&format!("variant `{}`", one.name), &one.when);
            for other in card.variants.iter().skip(index + 1) {
                let both = [&one.when, &other.when];
                let grid = Grid::of(card, &self.parameters, &self.conditions(&both));
                let goal = both.map(|it| (it, true));
                let can = self.can(&grid, &goal, &mut |row| {
                    both.iter().all(|it| holds(card, row, &self.parameters, it))
                });
                if matches!(can, Can::Be) {
                    self.note(format!(
                        "variants `{}` and `{}` overlap: a customer who is of both gets `{}`, \
                         which stands first",
                        one.name, other.name, one.name
                    ));
                }
            }
        }
    }

    fn exceptions(&mut self) {
        let card = self.card;
        for exception in &card.exceptions {
            let what = format!("exception `{}`", exception.name);
            self.holds(&what, &exception.when);
        }
    }

    fn triggers(&mut self) {
        let card = self.card;
        for (bit, trigger) in card.triggers.iter().enumerate() {
            let what = format!("trigger `{}`", trigger.name);
            if !reads_score(&trigger.when) {
                self.holds(&what, &trigger.when);
                continue;
            }
            let whole = Grid {
                exact: false,
                ..Grid::whole(card, &self.parameters)
            };
            let goal = [(&trigger.when, true)];
            let can = self.can(&whole, &goal, &mut |row| {
                evaluate(card, row, &self.parameters).triggers >> bit & 1 == 1
            });
            self.report(&can, || format!("{what} never fires"));
        }
    }

    /// Whether a condition holds for some customers and not for all, and whether all of it matters.
    fn holds(&mut self, what: &str, when: &Condition) {
        let card = self.card;
        let grid = Grid::of(card, &self.parameters, &self.conditions(&[when]));
        let can = self.can(&grid, &[(when, true)], &mut |row| {
            holds(card, row, &self.parameters, when)
        });
        self.report(&can, || {
            format!("{what} never holds for a customer of the card; correct or remove it")
        });
        let can_not = self.can(&grid, &[(when, false)], &mut |row| {
            !holds(card, row, &self.parameters, when)
        });
        if matches!(can_not, Can::NeverBe) {
            self.note(format!("{what} holds for every customer of the card"));
        }
        if matches!(can, Can::Be) {
            self.atoms(what, when);
        }
    }

    /// Notes the comparisons of a condition without which it would say the same.
    fn atoms(&mut self, what: &str, when: &Condition) {
        let card = self.card;
        let count = atoms(when);
        let grid = Grid::of(card, &self.parameters, &self.conditions(&[when]));
        let decides = grid.exact && !grid.parameters && grid.points() <= POINTS_MAX;
        if !decides || !(2..=ATOMS_MAX).contains(&count) {
            return;
        }
        for index in 0..count {
            for value in [true, false] {
                let mut left = index;
                let without = replaced(when, &mut left, value);
                let differs = self.can(&grid, &[], &mut |row| {
                    let one = holds(card, row, &self.parameters, when);
                    one != holds(card, row, &self.parameters, &without)
                });
                if matches!(differs, Can::NeverBe) {
                    self.note(format!(
                        "{what}: its comparison number {} makes no difference; the condition says \
                         the same without it",
                        index + 1
                    ));
                    break;
                }
            }
        }
    }
}

/// Goes through all points of a grid until one is found.
fn go_through(
    columns: &[(usize, Vec<f64>)],
    row: &mut [f64],
    is: &mut dyn FnMut(&[f64]) -> bool,
) -> bool {
    let Some(((column, values), others)) = columns.split_first() else {
        return is(row);
    };
    for value in values {
        if let Some(place) = row.get_mut(*column) {
            *place = *value;
        }
        if go_through(others, row, is) {
            return true;
        }
    }
    false
}

/// A customer at the edges of a card, or anywhere.
pub(crate) fn sample(grid: &Grid, random: &mut Pcg64, row: &mut [f64]) {
    // Of some customers all is known, of some hardly anything.
    let missing = [0, 5, 20, 60].choose(random).copied().unwrap_or(0);
    for (column, values) in &grid.columns {
        let Some(place) = row.get_mut(*column) else {
            continue;
        };
        // The last value is missing.
        let known = values.split_last().map_or(&[][..], |(_, known)| known);
        *place = if random.random_range(0..100) < missing {
            f64::NAN
        } else {
            known.choose(random).copied().unwrap_or(f64::NAN)
        };
    }
}

/// Leads a customer towards a goal: feature by feature to the value that brings it nearest.
fn climb(
    card: &Card,
    parameters: &[f64],
    (grid, goal): (&Grid, &[(&Condition, bool)]),
    row: &mut [f64],
) {
    let near = |row: &[f64]| -> f64 {
        let account = Account::new(card, row, parameters);
        let each = goal.iter().map(|(condition, holds)| {
            let nearness = nearness(&account, condition);
            if *holds { nearness } else { 1.0 - nearness }
        });
        each.sum()
    };
    for _ in 0..ROUNDS {
        for (column, values) in &grid.columns {
            let Some(before) = row.get(*column).copied() else {
                continue;
            };
            let mut best = (near(row), before);
            for value in values {
                if let Some(place) = row.get_mut(*column) {
                    *place = *value;
                }
                let found = near(row);
                if found > best.0 {
                    best = (found, *value);
                }
            }
            if let Some(place) = row.get_mut(*column) {
                *place = best.1;
            }
        }
    }
}

/// How near a condition is to holding, from 0 to 1: of all that must hold, the share that does.
fn nearness(account: &Account<'_>, condition: &Condition) -> f64 {
    match condition {
        Condition::And(two) => {
            let (one, other) = (nearness(account, &two.0), nearness(account, &two.1));
            (one + other) / 2.0
        }
        Condition::Or(two) => nearness(account, &two.0).max(nearness(account, &two.1)),
        Condition::Not(inner) if !account.holds(condition) => {
            // Missing is nearer to it than true.
            let inner = nearness(account, inner);
            (1.0 - inner) / 2.0
        }
        _ if account.holds(condition) => 1.0,
        _ => 0.0,
    }
}

fn reads_score(condition: &Condition) -> bool {
    fn number(it: &Number) -> bool {
        match it {
            Number::ScoreNow => true,
            Number::Negative(inner) => number(inner),
            Number::Arithmetic(_, two) => number(&two.0) || number(&two.1),
            _ => false,
        }
    }
    match condition {
        Condition::Compare(_, two) => number(&two.0) || number(&two.1),
        Condition::In(it, _) => number(it),
        Condition::Has(it) => number(it),
        Condition::And(two) | Condition::Or(two) => reads_score(&two.0) || reads_score(&two.1),
        Condition::Not(inner) => reads_score(inner),
        Condition::Literal(_) | Condition::Text(_) => false,
    }
}

/// Number of comparisons in a condition.
fn atoms(condition: &Condition) -> usize {
    match condition {
        Condition::And(two) | Condition::Or(two) => atoms(&two.0) + atoms(&two.1),
        Condition::Not(inner) => atoms(inner),
        _ => 1,
    }
}

/// The condition with one of its comparisons, counted from the left, fixed.
fn replaced(condition: &Condition, left: &mut usize, value: bool) -> Condition {
    match condition {
        Condition::And(two) => {
            let one = replaced(&two.0, left, value);
            Condition::And(Box::new((one, replaced(&two.1, left, value))))
        }
        Condition::Or(two) => {
            let one = replaced(&two.0, left, value);
            Condition::Or(Box::new((one, replaced(&two.1, left, value))))
        }
        Condition::Not(inner) => Condition::Not(Box::new(replaced(inner, left, value))),
        atom => {
            let is_it = *left == 0;
            *left = left.wrapping_sub(1);
            if is_it {
                Condition::Literal(value)
            } else {
                atom.clone()
            }
        }
    }
}
