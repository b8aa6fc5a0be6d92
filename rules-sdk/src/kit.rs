//! Native tests of a rule: an account by the names of its features, an answer by the names of its
//! parts.
//!
//! ```
//! use puls_rules_sdk::kit::Account;
//! # use puls_rules_sdk::{Feature, Measure, Part, Row, Rule, Score, line, list};
//! # list!(FEATURES: Feature { SEEN = Feature::new("usage.days_since_last") });
//! # list!(MEASURES: Measure { ADOPTION = Measure::new("Adoption", 1.0) });
//! # list!(PARTS: Part {
//! #     RECENCY = Part::new(ADOPTION, 1.0, &[SEEN], "Last seen {} days ago"),
//! # });
//! # static RULE: Rule = Rule { features: FEATURES, measures: MEASURES, parts: PARTS,
//! #     ..Rule::new("recency", "1.0.0", evaluate) };
//! # fn evaluate(row: &Row, score: &mut Score) {
//! #     score.part(RECENCY, row.get(SEEN).map(|days| line(days, 30.0, 2.0)));
//! # }
//!
//! let answer = Account::of(&RULE).with("usage.days_since_last", 23.0).answer();
//! assert_eq!(answer.points("recency"), Some(25.0));
//! assert_eq!(answer.reason("recency"), Some("Last seen {usage.days_since_last} days ago".into()));
//! assert_eq!(answer.tier(), Some("critical"));
//! ```

use puls_wire::{Manifest, POINTS_NONE, PartVerdict, SCORE_MAX, Status, Verdict, WEIGHT_UNIT};

use crate::{Named, Rule};

/// An account of which only what a test says is known; everything else is missing.
#[derive(Clone, Debug)]
pub struct Account {
    rule: &'static Rule,
    features: Vec<f64>,
    parameters: Vec<f64>,
}

impl Account {
    /// An account of which nothing is known.
    #[must_use]
    pub fn of(rule: &'static Rule) -> Self {
        Self {
            rule,
            features: vec![f64::NAN; rule.features.len()],
            parameters: rule
                .parameters
                .iter()
                .map(|named| named.item.default)
                .collect(),
        }
    }

    /// The same account with a feature.
    ///
    /// # Panics
    /// Where the rule does not read it.
    #[must_use]
    pub fn with(mut self, feature: &str, value: f64) -> Self {
        let place = self
            .rule
            .features
            .iter()
            .position(|named| named.item.name == feature);
        let place = place.and_then(|place| self.features.get_mut(place));
        *place.unwrap_or_else(|| panic!("the rule does not read {feature}")) = value;
        self
    }

    /// The same account with a text feature; a text that the rule does not list has code −1.
    ///
    /// # Panics
    /// Where the rule does not read it.
    #[must_use]
    pub fn with_text(self, feature: &str, value: &str) -> Self {
        let used = self
            .rule
            .features
            .iter()
            .find(|named| named.item.name == feature);
        let values = used.map_or(&[][..], |named| named.item.values);
        let codes = values.iter().zip(0_u8..);
        let code = codes.clone().find(|(known, _)| **known == value);
        self.with(feature, code.map_or(-1.0, |(_, code)| f64::from(code)))
    }

    /// The same account without a feature.
    #[must_use]
    pub fn without(self, feature: &str) -> Self {
        self.with(feature, f64::NAN)
    }

    /// The same account for a tenant that has set a parameter.
    ///
    /// # Panics
    /// Where the rule has no such parameter.
    #[must_use]
    pub fn parameter(mut self, parameter: &str, value: f64) -> Self {
        let place = place(self.rule.parameters, parameter);
        let place = place.and_then(|place| self.parameters.get_mut(place));
        *place.unwrap_or_else(|| panic!("the rule has no parameter {parameter}")) = value;
        self
    }

    /// The features in the order of the rule's columns; NaN is missing.
    #[must_use]
    pub fn features(&self) -> &[f64] {
        &self.features
    }

    /// What the rule says of it.
    #[must_use]
    pub fn answer(&self) -> Answer {
        Answer {
            rule: self.rule,
            verdict: self.rule.verdict_with(&self.features, &self.parameters),
        }
    }
}

/// What a rule says of an account.
#[derive(Clone, Debug)]
pub struct Answer {
    rule: &'static Rule,
    /// The verdict itself.
    pub verdict: Verdict,
}

impl Answer {
    /// The score in points, 0 to 100; `None` where there is none.
    #[must_use]
    pub fn score(&self) -> Option<f64> {
        let score = i32::try_from(self.verdict.score()).ok()?;
        self.verdict
            .has_score()
            .then(|| f64::from(score) / f64::from(SCORE_MAX / 100))
    }

    /// Name of the band that the score lies in, without hysteresis and dwell; `unknown` where
    /// coverage is too low and no exception holds; `None` where there is no score.
    #[must_use]
    pub fn tier(&self) -> Option<&'static str> {
        let score = self.score()?;
        if self.verdict.coverage < self.rule.coverage_min && self.verdict.exceptions == 0 {
            return Some("unknown");
        }
        self.rule
            .tiers
            .iter()
            .find(|tier| score >= tier.from)
            .map(|tier| tier.name)
    }

    /// Whether the account is one of those that the rule is about.
    #[must_use]
    pub fn in_population(&self) -> bool {
        self.verdict.status != Status::OutsidePopulation
    }

    /// Share of the nominal weight that has data, 0 to 1.
    #[must_use]
    pub fn coverage(&self) -> f64 {
        f64::from(self.verdict.coverage) / f64::from(WEIGHT_UNIT)
    }

    /// Points of a part, 0 to 100; `None` where it has none.
    #[must_use]
    pub fn points(&self, part: &str) -> Option<f64> {
        let points = self.part(part).points;
        (points != POINTS_NONE).then(|| f64::from(points) / 100.0)
    }

    /// What a part adds to the score, in points.
    #[must_use]
    pub fn contribution(&self, part: &str) -> f64 {
        f64::from(self.part(part).contribution) / f64::from(SCORE_MAX / 100)
    }

    /// Effective weight of a part, 0 to 1.
    #[must_use]
    pub fn weight(&self, part: &str) -> f64 {
        f64::from(self.part(part).weight) / f64::from(WEIGHT_UNIT)
    }

    /// The reason that a part gives, with its placeholders; `None` where it gives none.
    ///
    /// # Panics
    /// Where the rule's manifest is not valid; see [`manifest`].
    #[must_use]
    pub fn reason(&self, part: &str) -> Option<String> {
        let said = self.part(part).reason;
        let reasons = self
            .rule
            .parts
            .iter()
            .map(|named| (named.item.text, named.item.features));
        let others = self
            .rule
            .reasons
            .iter()
            .map(|named| (named.item.text, named.item.features));
        let (text, features) = reasons
            .chain(others)
            .nth(usize::from(said).checked_sub(1)?)?;
        let names = features.iter().filter_map(|id| id.find(self.rule.features));
        Some(names.fold(text.to_owned(), |text, named| {
            text.replacen("{}", &format!("{{{}}}", named.item.name), 1)
        }))
    }

    /// Whether an exception holds.
    ///
    /// # Panics
    /// Where the rule has no such exception.
    #[must_use]
    pub fn raises(&self, exception: &str) -> bool {
        let place = place(self.rule.exceptions, exception);
        let place = place.unwrap_or_else(|| panic!("the rule has no exception {exception}"));
        self.verdict.exceptions >> place & 1 == 1
    }

    /// Whether the rule asks for something to be done.
    ///
    /// # Panics
    /// Where the rule has no such trigger.
    #[must_use]
    pub fn asks(&self, trigger: &str) -> bool {
        let place = place(self.rule.triggers, trigger);
        let place = place.unwrap_or_else(|| panic!("the rule has no trigger {trigger}"));
        self.verdict.triggers >> place & 1 == 1
    }

    fn part(&self, part: &str) -> PartVerdict {
        let found = place(self.rule.parts, part).and_then(|place| self.verdict.parts.get(place));
        *found.unwrap_or_else(|| panic!("the rule has no part {part}"))
    }
}

/// Reads and checks a rule's manifest: `kit::manifest(my_rule::manifest())`.
///
/// # Panics
/// Where something is wrong with it; says everything that is.
#[must_use]
pub fn manifest(bytes: &[u8]) -> Manifest {
    Manifest::parse(bytes).unwrap_or_else(|error| panic!("{error}"))
}

fn place<T>(list: &[Named<T>], name: &str) -> Option<usize> {
    list.iter()
        .position(|named| named.handle.eq_ignore_ascii_case(name))
}
