//! Cards made by hand, said briefly.

use puls_scorecard::{
    Band, Card, Comparison, Condition, Exception, Factor, Force, Line, Measure, Missing, Number,
    Scale, Trigger,
};
use puls_wire::FeatureUse;

use super::generate::{policy, tiers};

/// A card of these features and measures, for everybody.
pub(crate) fn card(features: &[&str], measures: Vec<Measure>) -> Card {
    Card {
        name: "by-hand".to_owned(),
        version: "1.0.0".to_owned(),
        title: String::new(),
        parameters: Vec::new(),
        features: features.iter().copied().map(feature).collect(),
        derived: Vec::new(),
        population: None,
        variants: Vec::new(),
        measures,
        exceptions: Vec::new(),
        triggers: Vec::new(),
        tiers: tiers(),
        coverage_min: 4_000,
        alerts: policy("csm"),
        source: String::new(),
        monotone: Vec::new(),
    }
}

/// A feature that is a number.
pub(crate) fn feature(name: &str) -> FeatureUse {
    FeatureUse {
        name: name.to_owned(),
        values: Vec::new(),
        wake: Vec::new(),
    }
}

pub(crate) fn measure(name: &str, weight: f64, factors: Vec<Factor>) -> Measure {
    Measure {
        name: name.to_owned(),
        title: String::new(),
        weight,
        variant: None,
        replaces: None,
        factors,
    }
}

/// A factor of a feature, left out where it is missing.
pub(crate) fn factor(name: &str, weight: f64, column: usize, scale: Scale) -> Factor {
    Factor {
        name: name.to_owned(),
        weight,
        value: Number::Feature(column),
        scale,
        valid_for: None,
        missing: Missing::Exclude,
        baseline: 100.0,
        reason: "So it is".to_owned(),
    }
}

pub(crate) fn line(zero_at: f64, hundred_at: f64) -> Scale {
    Scale::Line(Line {
        zero_at: Number::Literal(zero_at),
        hundred_at: Number::Literal(hundred_at),
    })
}

pub(crate) fn bands(up_to: &[(f64, f64)], above: f64) -> Scale {
    let band = |(edge, points): &(f64, f64)| Band {
        up_to: Number::Literal(*edge),
        points: *points,
    };
    Scale::Bands {
        up_to: up_to.iter().map(band).collect(),
        above,
    }
}

/// A feature compared with a literal.
pub(crate) fn compare(column: usize, comparison: Comparison, literal: f64) -> Condition {
    let two = (Number::Feature(column), Number::Literal(literal));
    Condition::Compare(comparison, Box::new(two))
}

pub(crate) fn at_least(column: usize, literal: f64) -> Condition {
    compare(column, Comparison::GreaterOrEqual, literal)
}

pub(crate) fn at_most(column: usize, literal: f64) -> Condition {
    compare(column, Comparison::LessOrEqual, literal)
}

pub(crate) fn and(a: Condition, b: Condition) -> Condition {
    Condition::And(Box::new((a, b)))
}

pub(crate) fn or(a: Condition, b: Condition) -> Condition {
    Condition::Or(Box::new((a, b)))
}

/// Whether a feature is missing.
pub(crate) fn unknown(column: usize) -> Condition {
    Condition::Not(Box::new(Condition::Has(Number::Feature(column))))
}

pub(crate) fn exception(name: &str, when: Condition, force: Option<Force>) -> Exception {
    Exception {
        name: name.to_owned(),
        when,
        force,
        reason: "So it is".to_owned(),
        alert: None,
        policy: policy("kam"),
    }
}

pub(crate) fn trigger(name: &str, when: Condition) -> Trigger {
    Trigger {
        name: name.to_owned(),
        when,
        text: "Do it".to_owned(),
        playbook: "play".to_owned(),
        owner_roles: vec!["kam".to_owned()],
        due_days: 5,
        cooldown_hours: 24 * 30,
    }
}
