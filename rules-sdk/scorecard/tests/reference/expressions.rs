//! Random numbers, conditions and words for cards, all of them such as a card may have.

use puls_scorecard::{Arithmetic, Comparison, Condition, Number, Texts};
use rand::Rng;
use rand::seq::IndexedRandom;
use rand_pcg::Pcg64;

/// What expressions may name, and the dice.
pub(crate) struct Dice {
    pub(crate) rng: Pcg64,
    /// Columns of numbers.
    pub(crate) numbers: Vec<usize>,
    /// Columns of texts, with how many texts the card tells apart.
    pub(crate) texts: Vec<(usize, u16)>,
    pub(crate) parameters: usize,
    /// Derived numbers so far: later ones may use earlier ones.
    pub(crate) derived: usize,
    /// Whether the score of this evaluation may be named.
    pub(crate) score_now: bool,
}

impl Dice {
    pub(crate) fn chance(&mut self, of_hundred: u32) -> bool {
        self.rng.random_range(0..100) < of_hundred
    }

    pub(crate) fn upto(&mut self, most: usize) -> usize {
        self.rng.random_range(0..=most)
    }

    pub(crate) fn pick<T: Copy>(&mut self, from: &[T]) -> Option<T> {
        from.choose(&mut self.rng).copied()
    }

    /// A number as people write it into a card, now and then one that nobody would.
    pub(crate) fn literal(&mut self) -> f64 {
        match self.upto(19) {
            0..=9 => f64::from(self.rng.random_range(0..=100)),
            10..=13 => f64::from(self.rng.random_range(-400..=4000)) / 4.0,
            14..=16 => f64::from(self.rng.random_range(-1000..=100_000)) / 1000.0,
            17 => self.pick(&[0.0, -0.0, 1.0, -1.0]).unwrap_or_default(),
            18 => self
                .pick(&[1e15, -1e15, 1e300, -1e300, 365.25])
                .unwrap_or_default(),
            _ => self
                .pick(&[1e-9, -1e-9, 5e-324, 0.1, 1.0 / 3.0])
                .unwrap_or_default(),
        }
    }

    /// Points from 0 to 100.
    pub(crate) fn points(&mut self) -> f64 {
        match self.upto(9) {
            0 => 0.0,
            1 => 100.0,
            2..=6 => f64::from(self.rng.random_range(0..=20)) * 5.0,
            _ => f64::from(self.rng.random_range(0..=100_000)) / 1000.0,
        }
    }

    /// A weight: 0, usual, or at the ends of what there may be.
    pub(crate) fn weight(&mut self) -> f64 {
        match self.upto(19) {
            0 | 1 => 0.0,
            2..=14 => f64::from(self.rng.random_range(1..=100)),
            15..=17 => f64::from(self.rng.random_range(1..=100_000)) / 997.0,
            18 => 1e-6,
            _ => 1e6,
        }
    }

    /// A literal or a parameter.
    pub(crate) fn setting(&mut self) -> Number {
        if self.parameters > 0 && self.chance(20) {
            Number::Parameter(self.upto(self.parameters - 1))
        } else {
            Number::Literal(self.literal())
        }
    }

    /// A feature that is a number, or a derived one.
    pub(crate) fn value(&mut self) -> Number {
        if self.derived > 0 && self.chance(20) {
            return Number::Derived(self.upto(self.derived - 1));
        }
        let columns = self.numbers.clone();
        self.pick(&columns)
            .map_or(Number::Literal(1.0), Number::Feature)
    }

    /// Any number, nested to this depth.
    pub(crate) fn number(&mut self, depth: usize) -> Number {
        if depth > 0 && self.chance(45) {
            if self.chance(15) {
                return Number::Negative(Box::new(self.number(depth - 1)));
            }
            let operation = self.rng.random_range(0..4);
            let operation = [
                Arithmetic::Add,
                Arithmetic::Subtract,
                Arithmetic::Multiply,
                Arithmetic::Divide,
            ][operation];
            let two = (self.number(depth - 1), self.number(depth - 1));
            return Number::Arithmetic(operation, Box::new(two));
        }
        match self.upto(9) {
            0..=1 if self.score_now => Number::ScoreNow,
            0..=2 => self.setting(),
            _ => self.value(),
        }
    }

    /// Any condition, nested to this depth.
    pub(crate) fn condition(&mut self, depth: usize) -> Condition {
        if depth > 0 && self.chance(60) {
            let (a, b) = (depth - 1, self.upto(depth - 1));
            return match self.upto(4) {
                0 | 1 => Condition::And(Box::new((self.condition(a), self.condition(b)))),
                2 | 3 => Condition::Or(Box::new((self.condition(b), self.condition(a)))),
                _ => Condition::Not(Box::new(self.condition(a))),
            };
        }
        match self.upto(19) {
            0 => Condition::Literal(self.chance(50)),
            1 | 2 => Condition::Has(self.has()),
            3 | 4 => {
                let count = 1 + self.upto(3);
                let literals = (0..count).map(|_| self.literal()).collect();
                Condition::In(Box::new(self.number(1)), literals)
            }
            5..=8 => self.text(),
            _ => self.comparison(depth.min(2)),
        }
    }

    fn has(&mut self) -> Number {
        let texts = self.texts.clone();
        match self.pick(&texts) {
            Some((column, _)) if self.chance(30) => Number::Feature(column),
            _ => self.value(),
        }
    }

    fn comparison(&mut self, depth: usize) -> Condition {
        let all = [
            Comparison::Equal,
            Comparison::NotEqual,
            Comparison::Less,
            Comparison::LessOrEqual,
            Comparison::Greater,
            Comparison::GreaterOrEqual,
        ];
        let comparison = all[self.upto(all.len() - 1)];
        let mut two = if self.chance(60) {
            (self.value(), self.setting())
        } else {
            (self.number(depth), self.number(depth))
        };
        if self.chance(20) {
            two = (two.1, two.0);
        }
        Condition::Compare(comparison, Box::new(two))
    }

    fn text(&mut self) -> Condition {
        let texts = self.texts.clone();
        let Some((feature, known)) = self.pick(&texts) else {
            return self.comparison(0);
        };
        let count = 1 + self.upto(2);
        let mut codes: Vec<u16> = (0..count)
            .map(|_| self.rng.random_range(0..known))
            .collect();
        codes.sort_unstable();
        codes.dedup();
        Condition::Text(Texts {
            feature,
            codes,
            negated: self.chance(30),
        })
    }
}
