//! From TOML to [`Case`]s, with the names of the rule that they are for.
//!
//! Everything that is wrong is told, in order of its place. Sizes are bounded before anything is
//! expanded.

use std::collections::{BTreeMap, BTreeSet};

use puls_table::{Plain, Problem, Report, Table, Value, hint, list, shown};
use puls_wire::Manifest;

use crate::{BYTES_MAX, CASES_MAX, Case, Known, Subject};

mod expect;
mod moment;
mod story;

pub use story::{EVENTS, EventFields, FieldForm};

/// Reads the cases of the rule that `manifest` describes.
///
/// # Errors
/// All that is wrong with them, in order of place.
pub fn read(source: &str, manifest: &Manifest) -> Result<Vec<Case>, Vec<Problem>> {
    let mut report = Report::new(source);
    if source.len() > BYTES_MAX {
        let found = source.len();
        report.problem(
            0,
            format!(
                "expected cases of at most {BYTES_MAX} bytes, found {found}; is this the right \
                 file?"
            ),
        );
        return Err(report.into_problems());
    }
    let Some(root) = puls_table::parse(source, &mut report) else {
        return Err(report.into_problems());
    };
    let root = Table::new("a file of cases", 0, root.get_ref());
    root.only(&["cases"], &mut report);
    let tables = root.tables("cases", "a case", &mut report);
    report.check(!tables.is_empty(), 0, || {
        "expected at least one case, found none; add [[cases]] with a name, `features` and \
         [cases.expect]"
            .to_owned()
    });
    if let Some(over) = tables.get(CASES_MAX) {
        report.problem(
            over.at,
            format!("expected at most {CASES_MAX} cases, found more"),
        );
    }
    let mut reader = Reader {
        report,
        manifest,
        names: BTreeSet::new(),
        story_events: 0,
        story_bytes: 0,
    };
    let read = tables.iter().take(CASES_MAX).enumerate();
    let cases: Vec<_> = read
        .filter_map(|(index, it)| reader.case(index, it))
        .collect();
    if reader.report.is_empty() {
        Ok(cases)
    } else {
        Err(reader.report.into_problems())
    }
}

/// What is shared while the cases of a file are read.
struct Reader<'s, 'm> {
    report: Report<'s>,
    manifest: &'m Manifest,
    names: BTreeSet<String>,
    /// Of all stories so far, repetitions counted.
    story_events: usize,
    /// What those events take as JSON.
    story_bytes: usize,
}

impl Reader<'_, '_> {
    fn case(&mut self, index: usize, table: &Table<'_>) -> Option<Case> {
        const KEYS: [&str; 7] = [
            "name",
            "features",
            "at",
            "events",
            "settings",
            "parameters",
            "expect",
        ];
        table.only(&KEYS, &mut self.report);
        let name = self.name(table);
        let parameters = self.parameters(table);
        let subject = self.subject(table);
        let expect = self.expect(table);
        Some(Case {
            name: name?,
            index,
            at: table.at,
            subject: subject?,
            parameters,
            expect: expect?,
        })
    }

    fn name(&mut self, table: &Table<'_>) -> Option<String> {
        let example = "\"seats unused after half a year\"";
        let name = table.need("name", example, &mut self.report)?;
        let name = name.plain(&mut self.report)?;
        let said = !name.text.trim().is_empty();
        self.report.check(said, name.at, || {
            "expected `name` to say what the case is about, found nothing; write a few words"
                .to_owned()
        });
        let is_new = self.names.insert(name.text.to_owned());
        self.report.check(is_new, name.at, || {
            format!(
                "expected each case once, found a second one named {}; rename or remove one",
                shown(name.text)
            )
        });
        said.then(|| name.text.to_owned())
    }

    fn parameters(&mut self, table: &Table<'_>) -> BTreeMap<String, f64> {
        let mut set = BTreeMap::new();
        let Some(table) = (table.get("parameters"))
            .and_then(|value| value.table("the parameters", &mut self.report))
        else {
            return set;
        };
        for value in table.values() {
            let known = self.manifest.parameters.iter();
            let Some(parameter) = known.clone().find(|it| it.name == value.key) else {
                let names = known.map(|it| it.name.as_str());
                self.unknown("a parameter of the rule", &value, names);
                continue;
            };
            let range = (parameter.min, parameter.max);
            if let Some(number) = value.within(range, &mut self.report) {
                set.insert(value.key.to_owned(), number);
            }
        }
        set
    }

    /// Reports a name that is none of those there are.
    fn unknown<'k>(
        &mut self,
        what: &str,
        value: &Value<'_>,
        known: impl Iterator<Item = &'k str> + Clone,
    ) {
        let message = unknown(what, value.key, known);
        self.report.problem(value.key_at, message);
    }

    fn subject(&mut self, table: &Table<'_>) -> Option<Subject> {
        let (features, events) = (table.get("features"), table.get("events"));
        match (features, events) {
            (Some(_), Some(events)) => {
                self.report.problem(
                    events.key_at,
                    "expected `features` or `events`, found both; make two cases of it",
                );
                None
            }
            (None, None) => {
                self.report.problem(
                    table.at,
                    "expected `features` (what is known of the customer) or `events` (what \
                     happened), found neither; add for example `features = { \
                     \"usage.active_days_28d\" = 4 }`",
                );
                None
            }
            (Some(features), None) => {
                for key in ["at", "settings"] {
                    if let Some(stray) = table.get(key) {
                        self.report.problem(
                            stray.key_at,
                            format!(
                                "expected `{key}` only beside `events`, found it beside \
                                 `features`, which no time and no setting moves; remove it"
                            ),
                        );
                    }
                }
                let features = features.table("the features", &mut self.report)?;
                Some(Subject::Features(self.features(features)))
            }
            (None, Some(events)) => self.story(table, events).map(Subject::Story),
        }
    }

    /// Values of features; `"usage.active_days_28d" = 4` and `usage.active_days_28d = 4` are the
    /// same.
    fn features(&mut self, table: Table<'_>) -> BTreeMap<String, Known> {
        let mut features = BTreeMap::new();
        for value in table.values() {
            match value
                .as_table("a family")
                .filter(|_| !value.key.contains('.'))
            {
                Some(family) => {
                    for inner in family.values() {
                        let name = format!("{}.{}", value.key, inner.key);
                        self.feature(name, &inner, &mut features);
                    }
                }
                None => self.feature(value.key.to_owned(), &value, &mut features),
            }
        }
        features
    }

    fn feature(&mut self, name: String, value: &Value<'_>, features: &mut BTreeMap<String, Known>) {
        let known = &self.manifest.features;
        let Some(used) = known.iter().find(|it| it.name == name) else {
            let names: Vec<_> = known.iter().map(|it| it.name.as_str()).collect();
            let message = unknown("a feature that the rule reads", &name, names.into_iter());
            self.report.problem(value.key_at, message);
            return;
        };
        let is_text = !used.values.is_empty();
        let known = match (value.as_plain(), is_text) {
            (Plain::Text(text), true) => Some(Known::Text(text.to_owned())),
            (_, true) => {
                let so = format!("the rule knows {}", list(texts(used), "and"));
                value.expected_so("a text in quotation marks", &so, &mut self.report);
                None
            }
            (Plain::Number(number), false) => Some(Known::Number(number)),
            (Plain::Text(text), false) if text.parse::<f64>().is_err() => {
                let so = "leave the feature out where it is missing";
                value.expected_so("a number", so, &mut self.report);
                None
            }
            (_, false) => value.number(&mut self.report).map(Known::Number),
        };
        if let Some(known) = known {
            features.insert(name, known);
        }
    }
}

fn texts(used: &puls_wire::FeatureUse) -> impl Iterator<Item = &str> {
    used.values.iter().map(String::as_str)
}

/// What to say of a name that is none of those there are.
fn unknown<'k>(what: &str, found: &str, known: impl Iterator<Item = &'k str> + Clone) -> String {
    /// Names that are listed.
    const LISTED_MAX: usize = 12;
    let count = known.clone().count();
    let otherwise = match count {
        0 => "the rule has none; remove it".to_owned(),
        1..=LISTED_MAX => format!("there is {}", list(known.clone(), "and")),
        _ => "`puls rule inspect` lists them".to_owned(),
    };
    let hint = hint(found, known, &otherwise);
    format!("expected {what}, found {}{hint}", shown(found))
}

#[cfg(test)]
mod tests;
