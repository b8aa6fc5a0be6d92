//! Whether a card's score can fall while one feature rises and all else stays: what is missing, the
//! variant, and a person's override.
//!
//! It is proved from the card where it can be. All that the arithmetic of a score does (weights of
//! 0 or more, sums, the rounding to whole ten-thousandths, cap and floor) keeps the order of
//! points, rounded numbers included; so a score rises with a feature if the points of each factor
//! do, if what caps it lets go, and if what lifts it takes hold. A result that is too great for a
//! number is missing, so a condition may let go where the feature goes on rising: one that computes
//! with the feature counts only where that cannot be. Where the proof fails nothing is
//! said: then one has to search.

use puls_scorecard::{Arithmetic, Card, Comparison, Condition, Factor, Force, Number, Scale};

/// How something moves while the feature rises.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Moves {
    /// It stays.
    Not,
    Up,
    Down,
    /// Nobody knows.
    Somehow,
}

/// Whether it is proved that the score never falls while the feature in `column` rises (`up`), or
/// while it falls.
#[must_use]
pub fn proved(card: &Card, column: usize, up: bool) -> bool {
    let wanted = if up { Moves::Up } else { Moves::Down };
    let proof = Proof::new(card, column);
    let factors = card.measures.iter().flat_map(|it| &it.factors);
    let mut weighing = factors.filter(|it| it.weight > 0.0);
    let moves = |condition| proof.condition(condition);
    let (mut caps, mut floors) = (false, false);
    for exception in &card.exceptions {
        let fits = match exception.force {
            None => continue,
            Some(Force::Cap(_)) => {
                let moved = moves(&exception.when);
                caps |= moved != Moves::Not;
                moved == Moves::Not || moved == wanted.turned()
            }
            Some(Force::Floor(_)) => {
                floors = true;
                matches!(moves(&exception.when), it if it == Moves::Not || it == wanted)
            }
        };
        if !fits {
            return false;
        }
    }
    // Where no factor counts, a cap that lets go leaves the account to a floor below it.
    let may_drop = caps && floors;
    !may_drop
        && weighing
            .all(|it| matches!(proof.factor(it), moved if moved == Moves::Not || moved == wanted))
}

impl Moves {
    const fn turned(self) -> Self {
        match self {
            Self::Up => Self::Down,
            Self::Down => Self::Up,
            other => other,
        }
    }

    /// Both at once.
    const fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Not, it) | (it, Self::Not) => it,
            (Self::Up, Self::Up) => Self::Up,
            (Self::Down, Self::Down) => Self::Down,
            _ => Self::Somehow,
        }
    }
}

struct Proof {
    column: usize,
    /// How each derived number moves, and whether it stays a number, worked out once: they are made
    /// of each other.
    derived: Vec<(Moves, bool)>,
}

impl Proof {
    fn new(card: &Card, column: usize) -> Self {
        let derived = Vec::with_capacity(card.derived.len());
        let mut proof = Self { column, derived };
        for derived in &card.derived {
            let moves = proof.number(&derived.value);
            let stays = proof.stays_a_number(&derived.value);
            proof.derived.push((moves, stays));
        }
        proof
    }

    fn number(&self, number: &Number) -> Moves {
        match number {
            Number::ScoreNow => Moves::Somehow,
            Number::Feature(column) if *column == self.column => Moves::Up,
            Number::Literal(_) | Number::Parameter(_) | Number::Feature(_) => Moves::Not,
            Number::Derived(index) => {
                let derived = self.derived.get(*index);
                derived.map_or(Moves::Somehow, |(moves, _)| *moves)
            }
            Number::Negative(inner) => self.number(inner).turned(),
            Number::Arithmetic(operation, two) => {
                let (one, other) = (self.number(&two.0), self.number(&two.1));
                match operation {
                    Arithmetic::Add => one.and(other),
                    Arithmetic::Subtract => one.and(other.turned()),
                    Arithmetic::Multiply => match (&two.0, &two.1) {
                        (_, Number::Literal(by)) => scaled(one, *by),
                        (Number::Literal(by), _) => scaled(other, *by),
                        _ => unless_still(one, other),
                    },
                    Arithmetic::Divide => match &two.1 {
                        Number::Literal(by) => scaled(one, *by),
                        _ => unless_still(one, other),
                    },
                }
            }
        }
    }

    /// Whether no value of the features is so great that the result is none.
    fn stays_a_number(&self, number: &Number) -> bool {
        /// Added to the greatest number there is, it changes nothing.
        const ADDED_MAX: f64 = 1e290;
        let literal = |it: &Number| match it {
            Number::Literal(value) => Some(value.abs()),
            _ => None,
        };
        match number {
            Number::Literal(_) | Number::Parameter(_) | Number::Feature(_) | Number::ScoreNow => {
                true
            }
            Number::Negative(inner) => self.stays_a_number(inner),
            Number::Derived(index) => self.derived.get(*index).is_some_and(|(_, stays)| *stays),
            Number::Arithmetic(operation, two) => {
                let (one, other) = (literal(&two.0), literal(&two.1));
                let fits = match operation {
                    Arithmetic::Add | Arithmetic::Subtract => {
                        one.or(other).is_some_and(|it| it <= ADDED_MAX)
                    }
                    Arithmetic::Multiply => one.or(other).is_some_and(|it| it <= 1.0),
                    Arithmetic::Divide => other.is_some_and(|it| it >= 1.0),
                };
                fits && self.stays_a_number(&two.0) && self.stays_a_number(&two.1)
            }
        }
    }

    fn factor(&self, factor: &Factor) -> Moves {
        let value = self.number(&factor.value);
        match &factor.scale {
            Scale::Line(line) => match (&line.zero_at, &line.hundred_at) {
                (Number::Literal(zero), Number::Literal(hundred)) => {
                    scaled(value, if hundred > zero { 1.0 } else { -1.0 })
                }
                (zero, hundred) => {
                    let ends = self.number(zero).and(self.number(hundred));
                    unless_still(value, ends)
                }
            },
            Scale::Bands { up_to, above } => {
                let points = up_to.iter().map(|it| it.points).chain([*above]);
                let points: Vec<_> = points.collect();
                let pairs = || points.iter().zip(points.iter().skip(1));
                let fixed = up_to
                    .iter()
                    .all(|it| matches!(it.up_to, Number::Literal(_)));
                if value == Moves::Not || pairs().all(|(one, next)| (one - next).abs() <= 0.0) {
                    Moves::Not
                } else if fixed && pairs().all(|(one, next)| one <= next) {
                    value
                } else if fixed && pairs().all(|(one, next)| one >= next) {
                    value.turned()
                } else {
                    Moves::Somehow
                }
            }
            Scale::Texts { .. } => unless_still(value, Moves::Not),
        }
    }

    /// How the truth of a condition moves, from false over missing to true.
    fn condition(&self, condition: &Condition) -> Moves {
        match condition {
            Condition::Compare(comparison, two) => {
                let difference = self.number(&two.0).and(self.number(&two.1).turned());
                let may_be_lost = [&two.0, &two.1]
                    .iter()
                    .any(|it| self.number(it) != Moves::Not && !self.stays_a_number(it));
                match comparison {
                    _ if may_be_lost => Moves::Somehow,
                    Comparison::Greater | Comparison::GreaterOrEqual => difference,
                    Comparison::Less | Comparison::LessOrEqual => difference.turned(),
                    Comparison::Equal | Comparison::NotEqual => {
                        unless_still(difference, Moves::Not)
                    }
                }
            }
            Condition::Text(texts) if texts.feature == self.column => Moves::Somehow,
            Condition::In(number, _) => unless_still(self.number(number), Moves::Not),
            // What is missing stays.
            Condition::Literal(_) | Condition::Text(_) | Condition::Has(Number::Feature(_)) => {
                Moves::Not
            }
            Condition::Has(number) => unless_still(self.number(number), Moves::Not),
            Condition::And(two) | Condition::Or(two) => {
                self.condition(&two.0).and(self.condition(&two.1))
            }
            Condition::Not(inner) => self.condition(inner).turned(),
        }
    }
}

/// How a number moves when it is multiplied or divided by a fixed one.
fn scaled(moves: Moves, by: f64) -> Moves {
    if by > 0.0 {
        moves
    } else if by < 0.0 {
        moves.turned()
    } else {
        unless_still(moves, Moves::Not)
    }
}

const fn unless_still(one: Moves, other: Moves) -> Moves {
    match (one, other) {
        (Moves::Not, Moves::Not) => Moves::Not,
        _ => Moves::Somehow,
    }
}
