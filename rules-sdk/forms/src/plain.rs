//! Conditions and formulas in plain English.
//!
//! ```text
//! license.days_to_decision >= 0 && license.days_to_decision <= 60 && usage.days_since_last >= 14
//! the notice deadline is 0 to 60 days away, and the last use was at least 14 days ago
//! ```
//! Denials are carried inward first (`!(a < b)` is `a >= b`, as missing stays missing), two bounds
//! of one number become a range, and what is nested deeply becomes a list. The meaning is that of
//! the condition, missing data included.

mod parts;

use puls_scorecard::{Arithmetic, Card, Catalogue, Comparison, Condition, Number, Texts};

use self::parts::{Part, is, none, or, turned};
use crate::number::plain;
use crate::phrases::{self, Manner, behind, phrase, with_unit};

/// A condition that people can read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Said {
    /// A sentence without its full stop.
    Is(String),
    /// All of them.
    All(Vec<Self>),
    /// One of them.
    Any(Vec<Self>),
}

impl Said {
    /// As one sentence, inner alternatives introduced by `either`.
    pub(crate) fn sentence(&self) -> String {
        match self {
            Self::Is(text) => text.clone(),
            Self::All(parts) => joined(parts, "and"),
            Self::Any(parts) => format!("either {}", joined(parts, "or")),
        }
    }

    /// Whether a list is easier to read than a sentence.
    pub(crate) fn wants_list(&self) -> bool {
        const PARTS_MAX: usize = 3;
        match self {
            Self::Is(_) => false,
            Self::All(parts) | Self::Any(parts) => {
                let inner = parts
                    .iter()
                    .filter(|part| !matches!(part, Self::Is(_)))
                    .count();
                // `either a, and b, or c` can be read in two ways.
                let inner_max = usize::from(matches!(self, Self::All(_)));
                let deep = parts.iter().any(|part| part.depth() > 1);
                parts.len() > PARTS_MAX || inner > inner_max || deep
            }
        }
    }

    fn depth(&self) -> usize {
        match self {
            Self::Is(_) => 0,
            Self::All(parts) | Self::Any(parts) => {
                1 + parts.iter().map(Self::depth).max().unwrap_or(0)
            }
        }
    }
}

/// Parts with a word between them.
fn joined(parts: &[Said], word: &str) -> String {
    let parts: Vec<_> = parts.iter().map(Said::sentence).collect();
    match parts.as_slice() {
        [] => String::new(),
        [only] => only.clone(),
        [before @ .., last] => format!("{}, {word} {last}", before.join(", ")),
    }
}

/// What a card's names mean to people.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Speaker<'a> {
    pub(crate) card: &'a Card,
    pub(crate) catalogue: &'a Catalogue,
}

impl Speaker<'_> {
    /// The condition in words.
    pub(crate) fn condition(&self, condition: &Condition) -> Said {
        self.says(condition, false)
    }

    fn says(&self, condition: &Condition, denied: bool) -> Said {
        match condition {
            Condition::Literal(holds) => {
                Said::Is(if *holds == denied { "never" } else { "always" }.to_owned())
            }
            Condition::Not(inner) => self.says(inner, !denied),
            Condition::And(both) if denied => self.gather(&both.0, &both.1, true, false),
            Condition::And(both) => self.gather(&both.0, &both.1, false, true),
            Condition::Or(both) if denied => self.gather(&both.0, &both.1, true, true),
            Condition::Or(both) => self.gather(&both.0, &both.1, false, false),
            Condition::Compare(comparison, sides) => {
                let comparison = if denied {
                    comparison.opposite()
                } else {
                    *comparison
                };
                Said::Is(self.compare(comparison, &sides.0, &sides.1))
            }
            Condition::Text(texts) => Said::Is(self.text(texts, denied)),
            Condition::In(number, literals) => {
                let (subject, are) = self.subject(number);
                let not = if denied { " not" } else { "" };
                let literals: Vec<_> = literals.iter().map(|literal| plain(*literal)).collect();
                Said::Is(format!("{subject} {are}{not} {}", or(&literals)))
            }
            Condition::Has(number) => {
                let (subject, are) = self.subject(number);
                let not = if denied { " not" } else { "" };
                Said::Is(format!("{subject} {are}{not} known"))
            }
        }
    }

    /// Two sides and what is nested in them with the same word between.
    fn gather(&self, left: &Condition, right: &Condition, denied: bool, all: bool) -> Said {
        let mut parts: Vec<Part> = Vec::new();
        // What stands left may be a long chain: it is walked, not recursed into.
        let mut todo = vec![(right, denied), (left, denied)];
        while let Some((condition, denied)) = todo.pop() {
            match condition {
                Condition::Not(inner) => todo.push((inner, !denied)),
                Condition::And(both) if denied != all => {
                    todo.extend([(&both.1, denied), (&both.0, denied)]);
                }
                Condition::Or(both) if denied == all => {
                    todo.extend([(&both.1, denied), (&both.0, denied)]);
                }
                other => parts.push(Part {
                    condition: other,
                    denied,
                }),
            }
        }
        let said = self.with_ranges(&parts, all);
        match (said.as_slice(), all) {
            ([only], _) => only.clone(),
            (_, true) => Said::All(said),
            (_, false) => Said::Any(said),
        }
    }

    /// Parts in words; a lower and an upper bound of one number are a range.
    fn with_ranges(&self, parts: &[Part<'_>], all: bool) -> Vec<Said> {
        let mut said = Vec::new();
        let mut taken = vec![false; parts.len()];
        for (index, part) in parts.iter().enumerate() {
            if taken.get(index).copied().unwrap_or(false) {
                continue;
            }
            // Whoever is compared is known: only where it may be missing is that worth a word.
            let others = || parts.iter().filter(|other| other.is_about_a_value());
            if let Some(about) = part.presence(all)
                && others().any(|other| other.about().as_ref() == Some(&about))
            {
                continue;
            }
            let partner = Some(part).filter(|_| all).and_then(|part| {
                let others = parts.iter().enumerate();
                let mut others =
                    others.filter(|(other, _)| !taken.get(*other).copied().unwrap_or(true));
                others.find_map(|(other, second)| {
                    let low = part.lower().or_else(|| second.lower())?;
                    let high = part.upper().or_else(|| second.upper())?;
                    (low.0 == high.0).then_some((other, low.0, low.1, high.1))
                })
            });
            if let Some((other, number, low, high)) = partner {
                if let Some(taken) = taken.get_mut(other) {
                    *taken = true;
                }
                said.push(Said::Is(self.range(number, low, high)));
            } else {
                let mut inner = self.says(part.condition, part.denied);
                let about = part.about().filter(|_| !all && part.is_about_a_value());
                let or_missing =
                    about.is_some() && parts.iter().any(|other| other.presence(false) == about);
                if let (true, Said::Is(sentence)) = (or_missing, &mut inner) {
                    sentence.push_str(" (or not known)");
                }
                said.push(inner);
            }
        }
        said
    }

    fn range(&self, number: &Number, low: &Number, high: &Number) -> String {
        let unit = behind(self.unit(number));
        let (low, high) = (self.value(low), self.value(high));
        let days = with_unit(&high, " days");
        match self.manner(number) {
            Some((phrase, Manner::Since)) => format!("{phrase} was {low} to {days} ago"),
            Some((phrase, Manner::Until)) => format!("{phrase} is {low} to {days} away"),
            Some((phrase, Manner::During)) => format!("{phrase} for {low} to {days}"),
            _ => {
                let (subject, are) = self.subject(number);
                format!("{subject} {are} {low} to {}", with_unit(&high, unit))
            }
        }
    }

    fn compare(&self, comparison: Comparison, left: &Number, right: &Number) -> String {
        // `14 <= usage.days_since_last` reads better the other way round.
        if matches!(left, Number::Literal(_) | Number::Parameter(_))
            && !matches!(right, Number::Literal(_) | Number::Parameter(_))
        {
            return self.compare(turned(comparison), right, left);
        }
        let than = |comparison: Comparison| match comparison {
            Comparison::Equal => "exactly",
            Comparison::NotEqual => "not",
            Comparison::Less => "less than",
            Comparison::LessOrEqual => "at most",
            Comparison::Greater => "more than",
            Comparison::GreaterOrEqual => "at least",
        };
        let word = than(comparison);
        let is_plain = matches!(right, Number::Literal(_) | Number::Parameter(_));
        let value = self.value(right);
        let days = with_unit(&value, " days");
        match self.manner(left).filter(|_| is_plain) {
            Some((phrase, Manner::Since)) => format!("{phrase} was {word} {days} ago"),
            Some((phrase, Manner::Until)) => {
                if is(right, 0.0) {
                    return match comparison {
                        Comparison::Less | Comparison::LessOrEqual => {
                            format!("{phrase} has passed")
                        }
                        Comparison::Greater | Comparison::GreaterOrEqual => {
                            format!("{phrase} has not passed")
                        }
                        _ => format!("{phrase} is {word} now"),
                    };
                }
                format!("{phrase} is {word} {days} away")
            }
            Some((phrase, Manner::During)) => format!("{phrase} for {word} {days}"),
            Some((phrase, Manner::Whether(denied))) => match comparison {
                Comparison::Equal if is(right, 1.0) => phrase,
                Comparison::NotEqual if is(right, 0.0) => phrase,
                Comparison::Equal if is(right, 0.0) => denied.to_owned(),
                Comparison::NotEqual if is(right, 1.0) => denied.to_owned(),
                _ => format!("whether {phrase} (1 or 0) is {word} {value}"),
            },
            Some((phrase, Manner::Many)) if none(comparison, right) => {
                format!("there are no {phrase}")
            }
            Some((phrase, Manner::Many)) if none(comparison.opposite(), right) => {
                format!("there are {phrase}")
            }
            _ => {
                let (subject, are) = self.subject(left);
                // `active days in 28 days are at least 5 days` says it twice.
                let said = !is_plain || subject.contains(" days in ");
                let unit = if said { "" } else { behind(self.unit(left)) };
                let word = if comparison == Comparison::Equal {
                    ""
                } else {
                    word
                };
                let gap = if word.is_empty() { "" } else { " " };
                format!("{subject} {are} {word}{gap}{}", with_unit(&value, unit))
            }
        }
    }

    fn text(&self, texts: &Texts, denied: bool) -> String {
        let feature = self.card.features.get(texts.feature);
        let (name, values) = feature.map_or(("", &[][..]), |feature| {
            (feature.name.as_str(), feature.values.as_slice())
        });
        let values: Vec<_> = texts
            .codes
            .iter()
            .filter_map(|code| values.get(usize::from(*code)))
            .map(|value| value.replace('_', " "))
            .collect();
        let subject = phrase(name).0;
        match (texts.negated == denied, values.as_slice()) {
            (true, _) => format!("{subject} is {}", or(&values)),
            (false, [only]) => format!("{subject} is not {only}"),
            (false, [before @ .., last]) => {
                format!("{subject} is neither {} nor {last}", before.join(", "))
            }
            (false, []) => format!("{subject} is known"),
        }
    }

    /// How the feature behind a number is spoken of.
    fn manner(&self, number: &Number) -> Option<(String, Manner)> {
        match number {
            Number::Feature(column) => self
                .card
                .features
                .get(*column)
                .map(|feature| phrase(&feature.name)),
            _ => None,
        }
    }

    /// The unit of a number; empty where it has none.
    pub(crate) fn unit(&self, number: &Number) -> &str {
        match number {
            Number::Feature(column) => {
                let feature = self.card.features.get(*column);
                let entry = feature.and_then(|feature| self.catalogue.get(&feature.name));
                entry.map_or("", |entry| entry.unit.as_str())
            }
            Number::Derived(index) => self
                .card
                .derived
                .get(*index)
                .map_or("", |derived| derived.unit.as_str()),
            _ => "",
        }
    }

    /// A number as what a sentence is about, and its verb.
    fn subject(&self, number: &Number) -> (String, &'static str) {
        match self.manner(number) {
            Some((phrase, Manner::Many)) => (phrase, "are"),
            Some((phrase, Manner::Since)) => (format!("the days since {phrase}"), "are"),
            Some((phrase, Manner::Until)) => (format!("the days to {phrase}"), "are"),
            Some((phrase, Manner::During)) => (format!("how long {phrase}"), "is"),
            Some((phrase, Manner::Whether(_))) => (format!("whether {phrase}"), "is"),
            Some((phrase, Manner::One)) => (phrase, "is"),
            None => (self.number(number), "is"),
        }
    }

    /// A number where a value is expected.
    fn value(&self, number: &Number) -> String {
        match number {
            Number::Feature(_) => self.subject(number).0,
            other => self.number(other),
        }
    }

    /// A number in words.
    pub(crate) fn number(&self, number: &Number) -> String {
        match number {
            Number::Literal(value) => plain(*value),
            Number::Feature(_) => self.subject(number).0,
            Number::Parameter(index) => {
                let parameter = self.card.parameters.get(*index);
                parameter.map_or_else(String::new, |parameter| {
                    let name = parameter.name.replace(['_', '-'], " ");
                    format!("{} (\"{name}\")", plain(parameter.default))
                })
            }
            Number::Derived(index) => {
                let derived = self.card.derived.get(*index);
                derived.map_or_else(String::new, |derived| phrase(&derived.name).0)
            }
            Number::ScoreNow => "the score".to_owned(),
            Number::Negative(inner) => format!("minus {}", self.inner(inner)),
            Number::Arithmetic(operation, both) => {
                let word = match operation {
                    Arithmetic::Add => "plus",
                    Arithmetic::Subtract => "minus",
                    Arithmetic::Multiply => "times",
                    Arithmetic::Divide => "divided by",
                };
                format!("{} {word} {}", self.inner(&both.0), self.inner(&both.1))
            }
        }
    }

    /// A number within a formula: in brackets where it is one itself.
    fn inner(&self, number: &Number) -> String {
        match number {
            Number::Arithmetic(..) | Number::Negative(_) => format!("({})", self.number(number)),
            other => self.number(other),
        }
    }

    /// What a factor or derived number is about, as the head of a line.
    pub(crate) fn heading(&self, number: &Number) -> String {
        match number {
            Number::Feature(column) => {
                let feature = self.card.features.get(*column);
                feature.map_or_else(String::new, |feature| phrases::heading(&feature.name))
            }
            other => phrases::capital(&self.number(other)),
        }
    }
}

/// A sentence with places for values, the places as people would see them.
pub(crate) fn template(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        out.push('…');
        rest = after.split_once('}').map_or("", |(_, rest)| rest);
    }
    out + rest
}
