//! The features of a tenant, as its scorecards may name them.

use puls_scorecard::{Catalogue, Entry, Form};

use crate::features::{self, NamedFeature, named};
use crate::state::Plan;

/// All features that a scorecard may name under a tenant's plan, its own among them.
#[must_use]
pub fn catalogue(plan: &Plan) -> Catalogue {
    Catalogue::new(named(plan).into_iter().map(entry).collect())
}

fn entry(feature: NamedFeature) -> Entry {
    Entry {
        name: feature.name,
        form: match feature.form {
            features::Form::Number => Form::Number,
            features::Form::DaysSince => Form::DaysSince,
            features::Form::DaysUntil => Form::DaysUntil,
            features::Form::Text => Form::Text,
        },
        unit: feature.unit.to_owned(),
        age: feature.age,
        values: feature.values.into_iter().map(str::to_owned).collect(),
        for_triggers: feature.for_triggers,
    }
}
