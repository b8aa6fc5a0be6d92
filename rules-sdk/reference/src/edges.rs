//! Where a card changes its mind: the values of each feature at which something of it turns, and
//! whether the values between them can make no difference.

use std::collections::BTreeMap;

use puls_scorecard::{Card, Condition, Number, Scale};

/// Values per feature that tell all accounts apart that a condition can tell apart.
#[derive(Clone, PartialEq, Debug)]
pub struct Grid {
    /// Column and its values, NaN among them.
    pub columns: Vec<(usize, Vec<f64>)>,
    /// Whether the conditions depend on nothing else: each compares one feature with fixed numbers.
    /// Then what holds on no point of the grid holds nowhere.
    pub exact: bool,
    /// Whether a parameter has a say; the grid is that of the values it was made with.
    pub parameters: bool,
}

/// Collects the numbers that features are compared with.
#[derive(Debug)]
struct Walk<'c> {
    card: &'c Card,
    parameters: &'c [f64],
    of: BTreeMap<usize, Vec<f64>>,
    exact: bool,
    named_parameter: bool,
}

/// What numbers are made of.
#[derive(Default)]
struct Leaves {
    features: Vec<usize>,
    fixed: Vec<f64>,
    /// Derived numbers that were walked: without it, sums of sums would take for ever.
    walked: Vec<usize>,
}

impl Grid {
    /// The grid of some conditions of a card under these parameters.
    #[must_use]
    pub fn of(card: &Card, parameters: &[f64], conditions: &[&Condition]) -> Self {
        let mut walk = Walk::new(card, parameters);
        for condition in conditions {
            walk.condition(condition);
        }
        walk.into_grid()
    }

    /// The same, and the edges of one factor.
    #[must_use]
    pub fn with_factor(
        card: &Card,
        parameters: &[f64],
        conditions: &[&Condition],
        factor: &puls_scorecard::Factor,
    ) -> Self {
        let mut walk = Walk::new(card, parameters);
        for condition in conditions {
            walk.condition(condition);
        }
        walk.factor(factor);
        walk.into_grid()
    }

    /// The grid of everything that a card compares, features without a number to compare too.
    #[must_use]
    pub fn whole(card: &Card, parameters: &[f64]) -> Self {
        let mut walk = Walk::new(card, parameters);
        for factor in card.measures.iter().flat_map(|it| &it.factors) {
            walk.factor(factor);
        }
        let variants = card.variants.iter().map(|it| &it.when);
        let exceptions = card.exceptions.iter().map(|it| &it.when);
        let triggers = card.triggers.iter().map(|it| &it.when);
        let all = variants.chain(exceptions).chain(triggers);
        for condition in all.chain(&card.population) {
            walk.condition(condition);
        }
        for column in 0..card.features.len() {
            walk.of.entry(column).or_default();
        }
        walk.into_grid()
    }

    /// Number of points, as far as it can be counted.
    #[must_use]
    pub fn points(&self) -> usize {
        let lengths = self.columns.iter().map(|(_, values)| values.len());
        lengths.fold(1, usize::saturating_mul)
    }
}

impl<'c> Walk<'c> {
    const fn new(card: &'c Card, parameters: &'c [f64]) -> Self {
        Self {
            card,
            parameters,
            of: BTreeMap::new(),
            exact: true,
            named_parameter: false,
        }
    }

    fn condition(&mut self, condition: &Condition) {
        match condition {
            Condition::Literal(_) => {}
            Condition::Compare(_, two) => self.together(&[&two.0, &two.1]),
            Condition::Text(texts) => {
                self.of.entry(texts.feature).or_default();
            }
            Condition::In(number, literals) => {
                let literals: Vec<_> = literals.iter().map(|it| Number::Literal(*it)).collect();
                let numbers: Vec<_> = literals.iter().chain([&**number]).collect();
                self.together(&numbers);
            }
            Condition::Has(number) => self.together(&[number]),
            Condition::And(two) | Condition::Or(two) => {
                self.condition(&two.0);
                self.condition(&two.1);
            }
            Condition::Not(inner) => self.condition(inner),
        }
    }

    fn factor(&mut self, factor: &puls_scorecard::Factor) {
        let mut numbers = vec![&factor.value];
        match &factor.scale {
            Scale::Line(line) => numbers.extend([&line.zero_at, &line.hundred_at]),
            Scale::Bands { up_to, .. } => numbers.extend(up_to.iter().map(|it| &it.up_to)),
            Scale::Texts { .. } => {}
        }
        self.together(&numbers);
        if let Some((age, days_max)) = &factor.valid_for {
            self.together(&[age, &Number::Literal(*days_max)]);
        }
    }

    /// Each feature among the numbers is compared with each fixed number among them.
    fn together(&mut self, numbers: &[&Number]) {
        let mut leaves = Leaves::default();
        for number in numbers {
            self.exact &= matches!(
                number,
                Number::Feature(_) | Number::Literal(_) | Number::Parameter(_)
            );
            self.leaves(number, &mut leaves);
        }
        let Leaves {
            mut features,
            fixed,
            ..
        } = leaves;
        features.sort_unstable();
        features.dedup();
        // Two features compared with each other turn anywhere.
        self.exact &= features.len() <= 1;
        for column in features {
            self.of.entry(column).or_default().extend(&fixed);
        }
    }

    fn parameter(&mut self, index: usize) -> Option<f64> {
        self.named_parameter = true;
        self.parameters.get(index).copied()
    }

    fn leaves(&mut self, number: &Number, leaves: &mut Leaves) {
        match number {
            Number::Literal(value) => leaves.fixed.push(*value),
            Number::Parameter(index) => leaves.fixed.extend(self.parameter(*index)),
            Number::Feature(column) => leaves.features.push(*column),
            Number::Negative(inner) => self.leaves(inner, leaves),
            Number::Arithmetic(_, two) => {
                self.leaves(&two.0, leaves);
                self.leaves(&two.1, leaves);
            }
            Number::Derived(index) => {
                let card = self.card;
                if let Some(derived) = card.derived.get(*index)
                    && !leaves.walked.contains(index)
                {
                    leaves.walked.push(*index);
                    self.leaves(&derived.value, leaves);
                }
            }
            Number::ScoreNow => {}
        }
    }

    fn into_grid(self) -> Grid {
        let columns = self.of.into_iter().map(|(column, fixed)| {
            let texts = self.card.features.get(column).map(|it| it.values.len());
            (column, values(fixed, texts.unwrap_or(0)))
        });
        Grid {
            columns: columns.collect(),
            exact: self.exact,
            parameters: self.named_parameter,
        }
    }
}

/// Every edge, one step below it, one above it, and missing; of a text all codes and another one.
fn values(fixed: Vec<f64>, texts: usize) -> Vec<f64> {
    let mut values = Vec::new();
    if texts > 0 {
        values.push(-1.0);
        values.extend((0_u16..).take(texts).map(f64::from));
    } else {
        for edge in fixed {
            let near = [edge.next_down(), edge, edge.next_up()];
            values.extend(near.into_iter().filter(|it| it.is_finite()));
        }
        if values.is_empty() {
            values.push(0.0);
        }
        values.sort_by(f64::total_cmp);
        values.dedup_by(|a, b| a.to_bits() == b.to_bits());
    }
    values.push(f64::NAN);
    values
}
