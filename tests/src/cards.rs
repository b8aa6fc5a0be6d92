//! Scorecards as modules, compiled as the program compiles them.

use std::collections::BTreeMap;

use puls::kit::catalogue;
use puls::model::Settings;
use puls::state::Plan;

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
    match puls_scorecard::read(text, &catalogue(&plan)) {
        Ok(card) => puls_scorecard::compile(&card).module,
        Err(problems) => {
            let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
            panic!("{}", told.join("\n"))
        }
    }
}
