//! A model and its map become a rule: columns become features, features become parts.
//!
//! Only columns that some split looks at are features of the rule; what is said of the others is
//! read and not needed. The first part is where an account without any news stands; then one part
//! for each feature, in the order of the model's columns.

mod manifest;
mod words;

use puls_scorecard::{Catalogue, Entry, Form};
use puls_wire::{FEATURES_MAX, FeatureUse, Manifest, PARTS_MAX, VALUES_MAX};
use toml::Spanned;

use crate::evaluate::Constants;
use crate::forest::Forest;
use crate::limits::PROBABILITY_ERROR_MAX;
use crate::map::{Column, Map};
use crate::names::{hint, is_name, is_text, shown};
use crate::problem::{Problem, Report};
use crate::{Model, Test};

/// A model that reads features of Puls and explains itself.
#[derive(Clone, PartialEq, Debug)]
pub struct Rule {
    /// What the module says of itself.
    pub manifest: Manifest,
    pub(crate) forest: Forest,
    pub(crate) constants: Constants,
}

/// What the command line says in place of the map.
#[derive(Clone, Copy, Default, Debug)]
pub struct Naming<'n> {
    /// Name of the rule.
    pub name: Option<&'n str>,
    /// Its version.
    pub version: Option<&'n str>,
    /// Digest of the files, 64 hexadecimal digits.
    pub source: &'n str,
}

/// A feature of the rule, with what people read of it.
pub(crate) struct Feature {
    pub(crate) used: FeatureUse,
    pub(crate) title: String,
    pub(crate) reason: String,
    pub(crate) measure: String,
}

impl Rule {
    /// Chance of churn of an account whose features do nothing, from 0 to 1.
    #[must_use]
    pub fn base_probability(&self) -> f64 {
        1.0 - self.constants.start / crate::logistic::UNITS
    }

    /// How far a chance is from the one that LightGBM computes, at most.
    #[must_use]
    pub const fn probability_error(&self) -> f64 {
        self.forest.probability_error
    }

    /// Trees with splits, splits, and splits that an account meets at most.
    #[must_use]
    pub fn size(&self) -> (usize, usize, u64) {
        let forest = &self.forest;
        (forest.trees.len(), forest.splits(), forest.steps_max)
    }
}

/// Joins a model and a map. Lines of problems are those of the map.
///
/// # Errors
/// All that does not fit together.
pub fn bind(
    model: &Model,
    map: &Map,
    catalogue: &Catalogue,
    naming: Naming<'_>,
) -> Result<Rule, Vec<Problem>> {
    let mut report = Report::default();
    strangers(model, map, &mut report);
    let rule = rule(model, (map, catalogue), naming, &mut report);
    report.into_result(rule)
}

/// Columns of the map that the model has not.
fn strangers(model: &Model, map: &Map, report: &mut Report) {
    for name in map.content.columns.keys() {
        let found = name.get_ref();
        report.check(model.columns.contains(found), map.line(name), || {
            let known = model.columns.iter().map(String::as_str);
            let hint = hint(found, known);
            format!(
                "expected a column of the model, found {}{hint}",
                shown(found)
            )
        });
    }
}

fn rule(
    model: &Model,
    (map, catalogue): (&Map, &Catalogue),
    naming: Naming<'_>,
    report: &mut Report,
) -> Option<Rule> {
    let uses = uses(model);
    let mut places = vec![None; model.columns.len()];
    let mut features: Vec<Feature> = Vec::new();
    let mut used = 0;
    for ((name, tests), place) in model.columns.iter().zip(&uses).zip(&mut places) {
        if tests.is_empty() {
            continue;
        }
        used += 1;
        let binder = Binder {
            map,
            catalogue,
            name,
            column: map.column(name),
        };
        if let Some(feature) = binder.feature(tests, &features, report) {
            *place = Some(features.len());
            features.push(feature);
        }
    }
    let most = FEATURES_MAX.min(PARTS_MAX - 1);
    report.check(used <= most, 0, || {
        format!(
            "expected a model that splits on at most {most} columns, found {used}; train on fewer, \
             for example those of the greatest gain"
        )
    });
    report.check(used > 0, 0, || {
        "expected a model with splits, found single leaves only; it says the same of everybody"
            .to_owned()
    });
    if !report.is_empty() {
        return None;
    }
    let forest = Forest::new(model, &places);
    report.check(forest.is_some(), 0, || {
        format!(
            "expected leaves and trees whose chances can be held within {PROBABILITY_ERROR_MAX}, \
             found too great ones; train with fewer trees or with regularization (lambda_l2)"
        )
    });
    let forest = forest?;
    let constants = Constants::new(&forest, model.sigmoid, features.len());
    let manifest = manifest::manifest((map, naming), features, constants.start, report)?;
    Some(Rule {
        manifest,
        forest,
        constants,
    })
}

/// The different tests on each column; sets of one column together.
fn uses(model: &Model) -> Vec<Vec<&Test>> {
    let mut uses = vec![Vec::new(); model.columns.len()];
    for node in model.trees.iter().flat_map(|tree| &tree.nodes) {
        if let Some(tests) = uses.get_mut(node.column) {
            tests.push(&node.test);
        }
    }
    uses
}

/// One column on its way to a feature.
struct Binder<'b> {
    map: &'b Map,
    catalogue: &'b Catalogue,
    name: &'b str,
    column: Option<&'b Column>,
}

impl Binder<'_> {
    fn said<T>(&self, of: fn(&Column) -> Option<&Spanned<T>>) -> Option<&Spanned<T>> {
        self.column.and_then(of)
    }

    /// Where the map speaks of the column; 0 where it does not.
    fn line(&self) -> usize {
        let mut keys = self.map.content.columns.keys();
        let key = keys.find(|key| key.get_ref() == self.name);
        key.map_or(0, |key| self.map.line(key))
    }

    fn feature(&self, tests: &[&Test], others: &[Feature], report: &mut Report) -> Option<Feature> {
        let entry = self.entry(report)?;
        let twice = others.iter().any(|other| other.used.name == entry.name);
        report.check(!twice, self.line(), || {
            format!(
                "expected each feature for one column, found `{}` for {} too",
                entry.name,
                shown(self.name)
            )
        });
        let values = if entry.form == Form::Text {
            self.values(entry, tests, report)?
        } else {
            let said = self.said(|column| column.values.as_ref());
            if let Some(values) = said {
                report.add(
                    self.map.line(values),
                    format!(
                        "expected no `values` for `{}`, which is a number; they are for texts",
                        entry.name
                    ),
                );
            }
            Vec::new()
        };
        Some(Feature {
            title: self.title(entry, report),
            reason: self.reason(entry, report),
            measure: self.measure(entry, report)?,
            used: FeatureUse {
                name: entry.name.clone(),
                values,
                wake: Vec::new(),
            },
        })
    }

    /// The feature that the column is.
    fn entry(&self, report: &mut Report) -> Option<&Entry> {
        let said = self.said(|column| column.feature.as_ref());
        let name = said.map_or(self.name, |said| said.get_ref());
        let line = said.map_or(self.line(), |said| self.map.line(said));
        let entry = self.catalogue.get(name);
        let known = self.catalogue.names();
        match (entry, said) {
            (Some(entry), _) if entry.for_triggers => {
                report.add(
                    line,
                    format!("expected a feature, found `{name}`; a score cannot depend on itself"),
                );
                None
            }
            (Some(entry), _) => Some(entry),
            (None, Some(_)) => {
                let hint = hint(name, known);
                let shown = shown(name);
                report.add(
                    line,
                    format!("expected a feature (`puls features`), found {shown}{hint}"),
                );
                None
            }
            (None, None) => {
                let hint = hint(name, known);
                report.add(
                    line,
                    format!(
                        "expected each column that the model splits on to be a feature (`puls \
                         features`), found {}{hint}; say in the map which it is: \
                         [columns.\"{name}\"] feature = \"…\"",
                        shown(name)
                    ),
                );
                None
            }
        }
    }

    /// The texts behind the categories.
    fn values(&self, entry: &Entry, tests: &[&Test], report: &mut Report) -> Option<Vec<String>> {
        let name = &entry.name;
        let mut categories = 0;
        for test in tests {
            match test {
                Test::AtMost { .. } => {
                    let message = format!(
                        "expected categorical splits on `{name}`, which is a text, found a \
                         numerical one; train with categorical_feature={}",
                        self.name
                    );
                    report.add(self.line(), message);
                    return None;
                }
                Test::OneOf(words) => categories = categories.max(categories_of(words)),
            }
        }
        let Some(values) = self.said(|column| column.values.as_ref()) else {
            let message = format!(
                "expected the texts behind the categories of `{name}`, found none; say in the map \
                 which text category 0, 1, … was in the training: [columns.\"{}\"] values = \
                 [\"…\", \"…\"]",
                self.name
            );
            report.add(self.line(), message);
            return None;
        };
        let line = self.map.line(values);
        let values = values.get_ref();
        let count = values.len();
        report.check(count <= VALUES_MAX, line, || {
            format!("expected at most {VALUES_MAX} values of `{name}`, found {count}")
        });
        report.check(categories <= count, line, || {
            format!(
                "expected a text for each category of `{name}` that the model knows, found {count} \
                 texts and a category {}",
                categories.saturating_sub(1)
            )
        });
        for (index, value) in values.iter().enumerate() {
            let before = values.get(..index).unwrap_or_default();
            let good = is_text(value) && !before.contains(value);
            report.check(good, line, || {
                let shown = shown(value);
                format!("expected different plain texts as values of `{name}`, found {shown}")
            });
            let known = entry.values.is_empty() || entry.values.contains(value);
            report.check(known, line, || {
                let hint = hint(value, entry.values.iter().map(String::as_str));
                let all = entry.values.join(", ");
                let shown = shown(value);
                format!("expected values of `{name}` to be of {all}, found {shown}{hint}")
            });
        }
        Some(values.clone())
    }

    fn title(&self, entry: &Entry, report: &mut Report) -> String {
        match self.said(|column| column.title.as_ref()) {
            Some(title) => words::plain(title, self.map, report),
            None => words::heading(&entry.name),
        }
    }

    /// The sentence, with the feature's value in it.
    fn reason(&self, entry: &Entry, report: &mut Report) -> String {
        let name = &entry.name;
        match self.said(|column| column.reason.as_ref()) {
            Some(reason) => {
                let text = words::plain(reason, self.map, report);
                text.replace("{}", &format!("{{{name}}}"))
            }
            None => format!("{}: {{{name}}}", self.title(entry, report)),
        }
    }

    fn measure(&self, entry: &Entry, report: &mut Report) -> Option<String> {
        let family = entry.name.split('.').next().unwrap_or_default();
        let Some(said) = self.said(|column| column.measure.as_ref()) else {
            return Some(family.to_owned());
        };
        let name = said.get_ref();
        let good = is_name(name) && name != manifest::START;
        let good = report.check(good, self.map.line(said), || {
            format!(
                "expected `measure` to be 1 to 64 of a-z 0-9 . _ - and not `{}`, found {}",
                manifest::START,
                shown(name)
            )
        });
        good.then(|| name.clone())
    }
}

/// The greatest number of a set plus 1.
fn categories_of(words: &[u32]) -> usize {
    let last = words.iter().rposition(|word| *word != 0);
    let word = last.and_then(|at| words.get(at));
    let bits = word.map_or(0, |word| 32 - word.leading_zeros());
    last.unwrap_or(0) * 32 + usize::try_from(bits).unwrap_or(0)
}
