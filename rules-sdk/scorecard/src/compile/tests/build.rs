//! Short words for cards.

use puls_wire::{AlertPolicy, FeatureUse, Tier, Tiers};

use crate::{
    Band, Card, Comparison, Condition, Exception, Factor, Force, Line, Measure, Missing, Number,
    Scale, Trigger, Variant,
};

/// A card with so many features, named `custom.f0` and so on, and these measures.
pub(super) fn card(features: usize, measures: Vec<Measure>) -> Card {
    let feature = |index| FeatureUse {
        name: format!("custom.f{index}"),
        values: Vec::new(),
        wake: Vec::new(),
    };
    Card {
        name: "test".to_owned(),
        version: "1".to_owned(),
        title: "A test".to_owned(),
        parameters: Vec::new(),
        features: (0..features).map(feature).collect(),
        derived: Vec::new(),
        population: None,
        variants: Vec::new(),
        measures,
        exceptions: Vec::new(),
        triggers: Vec::new(),
        tiers: Tiers {
            bands: vec![Tier {
                name: "any".to_owned(),
                from: 0.0,
                alert: None,
            }],
            hysteresis_points: 0.0,
            dwell_hours: 0,
        },
        coverage_min: 0,
        alerts: AlertPolicy::default(),
        source: String::new(),
        monotone: Vec::new(),
    }
}

/// A measure of the card itself.
pub(super) fn measure(name: &str, weight: f64, factors: Vec<Factor>) -> Measure {
    Measure {
        name: name.to_owned(),
        title: String::new(),
        weight,
        variant: None,
        replaces: None,
        factors,
    }
}

/// A factor that reads a feature.
pub(super) fn factor(name: &str, weight: f64, feature: usize, scale: Scale) -> Factor {
    Factor {
        name: name.to_owned(),
        weight,
        value: Number::Feature(feature),
        scale,
        valid_for: None,
        missing: Missing::Exclude,
        baseline: 100.0,
        reason: format!("It is {{custom.f{feature}}}"),
    }
}

/// A factor whose points are the feature's value.
pub(super) fn plain(name: &str, weight: f64, feature: usize) -> Factor {
    factor(name, weight, feature, line(0.0, 100.0))
}

pub(super) fn line(zero_at: f64, hundred_at: f64) -> Scale {
    Scale::Line(Line {
        zero_at: Number::Literal(zero_at),
        hundred_at: Number::Literal(hundred_at),
    })
}

pub(super) fn bands(up_to: &[(f64, f64)], above: f64) -> Scale {
    let band = |&(edge, points): &(f64, f64)| Band {
        up_to: Number::Literal(edge),
        points,
    };
    Scale::Bands {
        up_to: up_to.iter().map(band).collect(),
        above,
    }
}

/// A feature compared with a literal.
pub(super) fn compare(feature: usize, comparison: Comparison, literal: f64) -> Condition {
    let sides = (Number::Feature(feature), Number::Literal(literal));
    Condition::Compare(comparison, Box::new(sides))
}

/// Whether a feature is 1.
pub(super) fn is_one(feature: usize) -> Condition {
    compare(feature, Comparison::Equal, 1.0)
}

pub(super) fn exception(name: &str, when: Condition, force: Option<Force>) -> Exception {
    Exception {
        name: name.to_owned(),
        when,
        force,
        reason: "So it is".to_owned(),
        alert: None,
        policy: AlertPolicy::default(),
    }
}

pub(super) fn trigger(name: &str, when: Condition) -> Trigger {
    Trigger {
        name: name.to_owned(),
        when,
        text: "Do it".to_owned(),
        playbook: String::new(),
        owner_roles: Vec::new(),
        due_days: 0,
        cooldown_hours: 24,
    }
}

pub(super) fn variant(name: &str, when: Condition) -> Variant {
    Variant {
        name: name.to_owned(),
        when,
    }
}
