//! The configuration: one TOML file and the environment, read once, judged whole.
//!
//! Knows the stages, and no stage knows it: what comes out are the stages' own types. Reports all
//! that is wrong at once, each with its place. Never asks a broker and never opens an input or a
//! rule; `cli` does that and reports in the same form.
//!
//! Reading order: `document` (the text and its overrides), `take` (a table becomes a value),
//! `problem`, then a file a section: `puls`, `inputs`, `tenants` with `settings` and
//! `trust`.

mod document;
mod inputs;
mod pattern;
mod problem;
mod puls;
mod settings;
mod take;
mod tenants;
mod trust;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use self::document::Texts;
pub use self::inputs::{Input, STANDARD_INPUT, Source};
pub use self::problem::{Place, Problem, Problems, nearest, none_of};
pub use self::puls::{LogFormat, Puls};
use self::take::take;
pub use self::tenants::{Rule, Tenant, WhatIf};
use crate::log::kafka::{KafkaInput, KafkaSettings};
use crate::model::Settings;
use crate::rules::Trust;

/// Sections of a configuration.
const SECTIONS: [&str; 5] = ["puls", "inputs", "mapping", "kafka", "tenants"];

/// A configuration in which nothing is wrong by itself.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where relative paths start: the folder of the file.
    pub folder: PathBuf,
    /// The program's own settings.
    pub puls: Puls,
    /// The inputs, by name.
    pub inputs: Vec<Input>,
    /// The broker; `None` where inputs are files.
    pub kafka: Option<KafkaSettings>,
    /// The tenants, by name.
    pub tenants: BTreeMap<String, Tenant>,
}

/// Reads the configuration at `path`, overridden by `variables`.
///
/// # Errors
/// All that is wrong with it.
pub fn load(
    path: &Path,
    variables: impl IntoIterator<Item = (String, String)>,
) -> Result<Config, Problems> {
    let name = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|error| {
        Problems(vec![Problem {
            place: Place::File {
                name: name.clone(),
                line: 1,
                column: 1,
            },
            message: format!(
                "expected a configuration file, found: {error}; name yours with `--config FILE` or \
                 PULS_CONFIG, engine/examples/puls.toml is one to copy"
            ),
        }])
    })?;
    let mut config = parse(&name, &text, variables)?;
    config.folder = path.parent().unwrap_or(Path::new("")).to_path_buf();
    Ok(config)
}

/// Reads a configuration from its `text`; `name` is what problems call it.
///
/// # Errors
/// All that is wrong with it.
pub fn parse(
    name: &str,
    text: &str,
    variables: impl IntoIterator<Item = (String, String)>,
) -> Result<Config, Problems> {
    let texts = Texts::new(name, text, variables);
    let (root, mut problems) = texts.parse();
    // Where the text is no TOML, what its tree lacks says nothing.
    let is_toml = problems.is_empty();
    let config = read(&texts, root, &mut problems);
    match config {
        Some(config) if problems.is_empty() => Ok(config),
        _ => {
            if !is_toml {
                problems.truncate(texts.parse().1.len());
            }
            problems.sort();
            problems.dedup();
            Err(Problems(problems))
        }
    }
}

/// The settings of a tenant that stand in a case of a rule: in the table `settings` of the case at
/// `index` of the `text` of cases.
///
/// # Errors
/// All that is wrong with them.
pub fn settings_of_case(name: &str, text: &str, index: usize) -> Result<Settings, Problems> {
    let texts = Texts::new(name, text, []);
    let (root, mut problems) = texts.parse();
    let cases = root.get("cases").and_then(|it| it.get_ref().as_array());
    let case = cases.and_then(|it| it.get(index)?.get_ref().as_table());
    let table = case.and_then(|it| {
        let value = it.get("settings")?;
        let table = value.get_ref().as_table()?.clone();
        Some(Spanned::new(value.span(), table))
    });
    let settings = table.and_then(|table| {
        let settings: Settings = take(&texts, &table, &mut problems)?;
        settings::judge(&texts, &table, &settings, &mut problems);
        Some(settings)
    });
    if problems.is_empty() {
        Ok(settings.unwrap_or_default())
    } else {
        problems.sort();
        problems.dedup();
        Err(Problems(problems))
    }
}

fn read(texts: &Texts, mut root: DeTable<'_>, problems: &mut Vec<Problem>) -> Option<Config> {
    for (key, _) in root
        .iter()
        .filter(|(key, _)| !SECTIONS.contains(&key.get_ref().as_ref()))
    {
        let message = none_of("a section", key.get_ref(), &SECTIONS);
        problems.push(texts.problem(key.span().start, message));
    }
    let puls: Option<Puls> =
        section(texts, &mut root, "puls", problems).and_then(|table| take(texts, &table, problems));
    let kafka_table = section(texts, &mut root, "kafka", problems);
    let has_kafka = kafka_table
        .as_ref()
        .is_some_and(|table| !table.get_ref().is_empty());
    let kafka: Option<KafkaSettings> = kafka_table.filter(|_| has_kafka).and_then(|table| {
        let kafka: KafkaSettings = take(texts, &table, problems)?;
        let offset = table.span().start;
        problems.extend(
            kafka
                .problems()
                .into_iter()
                .map(|text| texts.problem(offset, text)),
        );
        Some(kafka)
    });
    let inputs = read_inputs(texts, &mut root, problems);
    let mut tenants = BTreeMap::new();
    if let Some(table) = section(texts, &mut root, "tenants", problems) {
        for (name, table) in tenants::named_tables(texts, table.into_inner(), problems) {
            let tenant = tenants::tenant(texts, (&name, has_kafka), &table, problems);
            tenants.insert(name.into_inner(), tenant);
        }
    }
    judge_sources(&inputs, has_kafka, problems);
    if inputs.is_empty() && problems.is_empty() {
        problems.push(texts.problem(0, "expected at least one [inputs.<name>], found none"));
    }
    if tenants.is_empty() && problems.is_empty() {
        problems.push(texts.problem(0, "expected at least one [tenants.<name>], found none"));
    }
    let mut config = Config {
        folder: PathBuf::new(),
        puls: puls?,
        inputs,
        kafka,
        tenants,
    };
    config.name_topics();
    Some(config)
}

/// The table `name` of the root, empty where it is missing.
fn section<'t>(
    texts: &Texts,
    root: &mut DeTable<'t>,
    name: &str,
    problems: &mut Vec<Problem>,
) -> Option<Spanned<DeTable<'t>>> {
    let Some(value) = root.remove(name) else {
        return Some(Spanned::new(0..0, DeTable::new()));
    };
    let span = value.span();
    if let DeValue::Table(table) = value.into_inner() {
        return Some(Spanned::new(span, table));
    }
    let message = format!("expected `{name}` to be a table, found a value; write [{name}]");
    problems.push(texts.problem(span.start, message));
    None
}

fn read_inputs(texts: &Texts, root: &mut DeTable<'_>, problems: &mut Vec<Problem>) -> Vec<Input> {
    let mut tables = |name, problems: &mut Vec<Problem>| {
        let section = section(texts, root, name, problems).map(Spanned::into_inner);
        tenants::named_tables(texts, section.unwrap_or_default(), problems)
    };
    let mut mappings = tables("mapping", problems);
    let tables = tables("inputs", problems);
    let (mut inputs, mut names) = (Vec::new(), Vec::new());
    for (name, table) in tables {
        let place = mappings
            .iter()
            .position(|(key, _)| key.get_ref() == name.get_ref());
        let mapping = place.map(|place| mappings.swap_remove(place).1);
        inputs.extend(inputs::input(texts, &name, (&table, mapping), problems));
        names.push(name.into_inner());
    }
    for (name, _) in mappings {
        let message = inputs::stray_mapping(name.get_ref(), &names);
        problems.push(texts.problem(name.span().start, message));
    }
    inputs
}

/// All inputs are files, or all are topics and there is a broker.
fn judge_sources(inputs: &[Input], has_kafka: bool, problems: &mut Vec<Problem>) {
    for input in inputs {
        let message = match &input.source {
            Source::Topic(_) if !has_kafka => {
                "expected [kafka] beside an input with a `topic`, found none; add it, or give the \
                 input a `path`"
            }
            Source::Files(_) if has_kafka => {
                "expected a `topic`, found a `path` beside [kafka]; one run reads files or topics"
            }
            Source::Files(_) if input.rekey => {
                "expected no `rekey` beside `path`, found it; files are read by key anyway"
            }
            _ => continue,
        };
        problems.push(Problem {
            place: input.place.clone(),
            message: message.into(),
        });
    }
    let mut readers = inputs
        .iter()
        .filter(|input| input.source.reads_standard_input())
        .skip(1);
    if let Some(second) = readers.next() {
        problems.push(Problem {
            place: second.place.clone(),
            message: "expected one input from standard input, found a second".into(),
        });
    }
}

impl Config {
    /// Whose rules a tenant takes. One that is not configured here names no key.
    #[must_use]
    pub fn trust(&self, tenant: &str) -> Trust {
        let unnamed = || Trust {
            tenant: tenant.to_owned(),
            takes_unsigned: self.kafka.is_none(),
            ..Trust::default()
        };
        let configured = self.tenants.get(tenant);
        configured.map_or_else(unnamed, |it| it.trust.clone())
    }

    /// Tells the broker's settings which topics the inputs have.
    fn name_topics(&mut self) {
        let Some(kafka) = &mut self.kafka else { return };
        kafka.inputs = self
            .inputs
            .iter()
            .filter_map(|input| match &input.source {
                Source::Topic(topic) => Some(KafkaInput {
                    name: input.spec.name.clone(),
                    topic: topic.clone(),
                    rekey: input.rekey,
                }),
                Source::Files(_) => None,
            })
            .collect();
    }
}

#[cfg(test)]
mod tests;
