//! Scorecards as modules, compiled as the program compiles them.

use std::collections::BTreeMap;

use puls::features::{Form, named};
use puls::model::Settings;
use puls::state::Plan;
use puls_scorecard::{Catalogue, Entry};

use crate::sim::SimRule;

/// A card that compares with peers and looks back on its own score.
pub const COMPARED: &str = include_str!("../fixtures/compared.toml");

/// [`COMPARED`] as a rule, primary or not.
#[must_use]
pub fn compared(primary: bool) -> SimRule {
    SimRule {
        module: module(COMPARED, &Settings::default()),
        name: "compared".into(),
        primary,
    }
}

/// The module of a card, for a tenant with these settings.
///
/// # Panics
/// Where the card is wrong: with all that is.
#[must_use]
pub fn module(text: &str, settings: &Settings) -> Vec<u8> {
    let plan = Plan::new(settings, &BTreeMap::new()).expect("the settings are whole");
    let entry = |feature: puls::features::NamedFeature| Entry {
        name: feature.name,
        form: match feature.form {
            Form::Number => puls_scorecard::Form::Number,
            Form::DaysSince => puls_scorecard::Form::DaysSince,
            Form::DaysUntil => puls_scorecard::Form::DaysUntil,
            Form::Text => puls_scorecard::Form::Text,
        },
        unit: feature.unit.to_owned(),
        age: feature.age,
        values: feature.values.into_iter().map(str::to_owned).collect(),
        for_triggers: feature.for_triggers,
    };
    let catalogue = Catalogue::new(named(&plan).into_iter().map(entry).collect());
    match puls_scorecard::read(text, &catalogue) {
        Ok(card) => puls_scorecard::compile(&card).module,
        Err(problems) => {
            let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
            panic!("{}", told.join("\n"))
        }
    }
}
