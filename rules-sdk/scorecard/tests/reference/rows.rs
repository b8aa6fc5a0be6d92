//! Accounts that hurt: exactly at a threshold, one step beside it, without data, beyond all
//! reason. Never infinite: a host gives no such number.

use std::collections::BTreeMap;

use puls_scorecard::{Card, Condition, Number, Scale};
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use rand_pcg::Pcg64;

const NASTY: [f64; 16] = [
    0.0,
    -0.0,
    5e-324,
    -5e-324,
    2.225_073_858_507_201_4e-308,
    1e-9,
    -1.0,
    100.0,
    1e9,
    -1e9,
    4_503_599_627_370_497.5,
    9_007_199_254_740_993.0,
    1e300,
    -1e300,
    f64::MAX,
    f64::MIN,
];

/// So many rows for a card with these parameters; the same seed gives the same rows.
pub(crate) fn rows(card: &Card, parameters: &[f64], seed: u64, count: usize) -> Vec<Vec<f64>> {
    let mut rng = Pcg64::seed_from_u64(seed ^ 0x726f_7773);
    let thresholds = Thresholds::of(card, parameters);
    let row = |rng: &mut Pcg64| {
        // Some accounts are known in all, some in hardly any feature.
        let missing = *[0_u32, 5, 15, 50, 90].choose(rng).expect("not empty");
        let columns = card.features.iter().enumerate();
        columns
            .map(
                |(column, feature)| match rng.random_range(0..100) < missing {
                    true => *[f64::NAN, -f64::NAN].choose(rng).expect("not empty"),
                    false if feature.values.is_empty() => thresholds.value(column, rng),
                    false => code(feature.values.len(), rng),
                },
            )
            .collect()
    };
    (0..count).map(|_| row(&mut rng)).collect()
}

/// Parameters within their ranges; often the defaults or an end.
pub(crate) fn parameters(card: &Card, seed: u64) -> Vec<f64> {
    let mut rng = Pcg64::seed_from_u64(seed ^ 0x7061_7261);
    let parameters = card.parameters.iter();
    parameters
        .map(|it| match rng.random_range(0..6) {
            0 => it.min,
            1 => it.max,
            2 => it.min / 2.0 + it.max / 2.0,
            _ => it.default,
        })
        .collect()
}

/// The code of a text, of another text, now and then one that the card does not know.
fn code(known: usize, rng: &mut Pcg64) -> f64 {
    let known = i32::try_from(known).expect("at most 256 texts");
    f64::from(match rng.random_range(0..20) {
        0..=2 => -1,
        3 => known,
        _ => rng.random_range(0..known),
    })
}

/// Numbers that a card compares with, per feature and all together.
struct Thresholds<'a> {
    parameters: &'a [f64],
    of: BTreeMap<usize, Vec<f64>>,
    all: Vec<f64>,
}

impl<'a> Thresholds<'a> {
    fn of(card: &Card, parameters: &'a [f64]) -> Self {
        let mut found = Self {
            parameters,
            of: BTreeMap::new(),
            all: Vec::new(),
        };
        for factor in card.measures.iter().flat_map(|it| &it.factors) {
            let mut numbers = vec![&factor.value];
            match &factor.scale {
                Scale::Line(line) => numbers.extend([&line.zero_at, &line.hundred_at]),
                Scale::Bands { up_to, .. } => numbers.extend(up_to.iter().map(|it| &it.up_to)),
                Scale::Texts { .. } => {}
            }
            found.together(&numbers);
            if let Some((age, days_max)) = &factor.valid_for {
                found.together(&[age, &Number::Literal(*days_max)]);
            }
        }
        let variants = card.variants.iter().map(|it| &it.when);
        let exceptions = card.exceptions.iter().map(|it| &it.when);
        let triggers = card.triggers.iter().map(|it| &it.when);
        for when in variants
            .chain(exceptions)
            .chain(triggers)
            .chain(&card.population)
        {
            found.condition(when);
        }
        found
    }

    fn condition(&mut self, condition: &Condition) {
        match condition {
            Condition::Compare(_, two) => self.together(&[&two.0, &two.1]),
            Condition::In(number, literals) => {
                let literals: Vec<_> = literals.iter().map(|it| Number::Literal(*it)).collect();
                let numbers: Vec<_> = literals.iter().chain([&**number]).collect();
                self.together(&numbers);
            }
            Condition::And(two) | Condition::Or(two) => {
                self.condition(&two.0);
                self.condition(&two.1);
            }
            Condition::Not(condition) => self.condition(condition),
            Condition::Literal(_) | Condition::Text(_) | Condition::Has(_) => {}
        }
    }

    /// Each of the features is compared with each of the literals.
    fn together(&mut self, numbers: &[&Number]) {
        let (mut features, mut literals) = (Vec::new(), Vec::new());
        for number in numbers {
            self.leaves(number, &mut features, &mut literals);
        }
        for feature in features {
            self.of.entry(feature).or_default().extend(&literals);
        }
        self.all.extend(literals);
    }

    fn leaves(&self, number: &Number, features: &mut Vec<usize>, literals: &mut Vec<f64>) {
        match number {
            Number::Literal(value) => literals.push(*value),
            Number::Parameter(index) => literals.push(self.parameters[*index]),
            Number::Feature(column) => features.push(*column),
            Number::Negative(number) => self.leaves(number, features, literals),
            Number::Arithmetic(_, two) => {
                self.leaves(&two.0, features, literals);
                self.leaves(&two.1, features, literals);
            }
            Number::Derived(_) | Number::ScoreNow => {}
        }
    }

    fn value(&self, column: usize, rng: &mut Pcg64) -> f64 {
        let own = self.of.get(&column).and_then(|it| it.choose(rng)).copied();
        let value = match (rng.random_range(0..20), own) {
            (0..=8, Some(own)) => own,
            (9, _) => self.all.choose(rng).copied().unwrap_or(0.0),
            (10 | 11, _) => NASTY[rng.random_range(0..NASTY.len())],
            (12..=15, _) => f64::from(rng.random_range(0..=100)),
            _ => rng.random_range(-50.0..150.0),
        };
        let near = match rng.random_range(0..10) {
            0 | 1 => value.next_up(),
            2 | 3 => value.next_down(),
            _ => value,
        };
        if near.is_finite() { near } else { value }
    }
}
