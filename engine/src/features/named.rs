//! The features of one tenant by name: those of the catalogue, and those that its settings name.

use std::borrow::Cow;

use crate::model::Stage;
use crate::state::Plan;

use super::catalogue::{Form, age_of};
use super::source::{Profile, Source};

/// A feature that rules of a tenant may read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NamedFeature {
    /// Name.
    pub name: String,
    /// What the number is.
    pub form: Form,
    /// Unit; empty where it has none.
    pub unit: &'static str,
    /// The feature that says how many days old this one's data are, where there is one.
    pub age: Option<String>,
    /// Whether only triggers may read it: it says something of the rule's own scores.
    pub for_triggers: bool,
    /// For a text with a closed list of values: the list.
    pub values: Vec<&'static str>,
}

/// All features that rules of the plan's tenant may read.
#[must_use]
pub fn named(plan: &Plan) -> Vec<NamedFeature> {
    let names = Source::names(plan);
    let of = |name: &String| {
        let (source, feature) = Source::parse(name, plan)?;
        let age = age_of(name).map(Cow::into_owned);
        Some(NamedFeature {
            name: name.clone(),
            form: source.form(feature, plan),
            unit: source.unit(feature, plan),
            age: age.filter(|age| names.contains(age)),
            for_triggers: matches!(source, Source::ScoreAgo(_)),
            values: source.values(),
        })
    };
    names.iter().filter_map(of).collect()
}

impl Source {
    fn values(self) -> Vec<&'static str> {
        match self {
            Self::Profile(Profile::Stage) => {
                Stage::ALL.iter().map(|stage| stage.as_str()).collect()
            }
            _ => Vec::new(),
        }
    }
}
