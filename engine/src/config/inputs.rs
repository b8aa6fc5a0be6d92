//! `[inputs.<name>]` and `[mapping.<name>]`: where events come from, and how they are read.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::document::Texts;
use super::pattern;
use super::problem::{Place, Problem, nearest, none_of};
use super::take::take;
use crate::decode::mapping::Mapping;
use crate::decode::{Decoder, DecoderSpec, Format};
use crate::limits::HORIZON_DAYS;
use crate::log::InputSpec;
use crate::model::{DAY_MS, Kind, name_is_valid};

/// The path that stands for standard input.
pub const STANDARD_INPUT: &str = "-";
/// An input.
#[derive(Clone, Debug)]
pub struct Input {
    /// Name, kind and horizons.
    pub spec: InputSpec,
    /// Where its records lie.
    pub source: Source,
    /// How its records are read.
    pub decoder: DecoderSpec,
    /// Whether the topic is not keyed by `tenant/account` and passes an internal one first.
    pub rekey: bool,
    /// Where the input stands.
    pub place: Place,
}

/// Where an input's records lie.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Source {
    /// In files; each text is a path, a pattern (`*` and `?` in its last part) or `-` for standard
    /// input; relative to the configuration's folder.
    Files(Vec<String>),
    /// In a topic.
    Topic(String),
}

impl Source {
    /// The files, in order: those of a pattern by name. Standard input is `spool`, or left out
    /// where there is none.
    ///
    /// # Errors
    /// What was expected, where a file cannot be found.
    pub fn paths(&self, folder: &Path, spool: Option<&Path>) -> Result<Vec<PathBuf>, Vec<String>> {
        let Self::Files(patterns) = self else {
            return Ok(Vec::new());
        };
        let (mut paths, mut missing) = (Vec::new(), Vec::new());
        for pattern in patterns {
            if pattern == STANDARD_INPUT {
                paths.extend(spool.map(Path::to_path_buf));
                continue;
            }
            match pattern::files(folder, pattern) {
                Ok(found) => paths.extend(found),
                Err(message) => missing.push(message),
            }
        }
        if missing.is_empty() {
            Ok(paths)
        } else {
            Err(missing)
        }
    }

    /// Whether standard input is among the files.
    #[must_use]
    pub fn reads_standard_input(&self) -> bool {
        matches!(self, Self::Files(paths) if paths.iter().any(|path| path == STANDARD_INPUT))
    }
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "a path or a list of paths")]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawInput {
    path: Option<OneOrMany>,
    topic: Option<String>,
    kind: Option<Spanned<String>>,
    format: Option<Format>,
    tenant: Option<String>,
    #[serde(default)]
    columns: Vec<String>,
    delimiter: Option<char>,
    lateness_days: Option<Spanned<i64>>,
    dedup_days: Option<Spanned<u16>>,
    #[serde(default)]
    history: bool,
    #[serde(default)]
    rekey: bool,
}

/// The input `name` that stands in `table`, with its `mapping` if it has one.
pub(super) fn input(
    texts: &Texts,
    name: &Spanned<String>,
    (table, mapping): (&Spanned<DeTable<'_>>, Option<Spanned<DeTable<'_>>>),
    problems: &mut Vec<Problem>,
) -> Option<Input> {
    let place = texts.place(name.span().start);
    if !name_is_valid(name.get_ref()) {
        problems.push(Problem {
            place: place.clone(),
            message: format!(
                "expected an input's name of 1 to 64 characters of a-z 0-9 . _ -, found `{}`",
                name.get_ref()
            ),
        });
    }
    let before = problems.len();
    let table_of_mapping = mapping.clone();
    let mapping: Option<Mapping> = mapping.and_then(|table| take(texts, &table, problems));
    let raw: RawInput = take(texts, table, problems)?;
    let spec = spec(texts, name.get_ref(), &raw, problems);
    let source = source(raw.path, raw.topic, &place, problems);
    let decoder = DecoderSpec {
        format: raw
            .format
            .unwrap_or_else(|| source.as_ref().map_or(Format::Json, guess)),
        tenant: raw.tenant,
        kind: spec.kind,
        columns: raw.columns,
        delimiter: raw.delimiter,
        mapping,
    };
    // What could not be read is not judged.
    if problems.len() == before
        && let Err(messages) = Decoder::new(&decoder)
    {
        problems.extend(messages.into_iter().map(|message| {
            let named = message.split('`').nth(1).unwrap_or_default();
            let table = table_of_mapping.as_ref();
            let offset = table.map_or(name.span().start, |table| {
                offset_of_key(table.get_ref(), named).unwrap_or(table.span().start)
            });
            texts.problem(offset, message)
        }));
    }
    Some(Input {
        spec,
        source: source?,
        decoder,
        rekey: raw.rekey,
        place,
    })
}

/// Where the key `name` stands in a table or in one below it.
fn offset_of_key(table: &DeTable<'_>, name: &str) -> Option<usize> {
    let own = table.get_key_value(name).map(|(key, _)| key.span().start);
    own.or_else(|| {
        table.values().find_map(|value| match value.get_ref() {
            DeValue::Table(inner) => offset_of_key(inner, name),
            DeValue::Array(inner) => inner.iter().find_map(|element| {
                element
                    .get_ref()
                    .as_table()
                    .and_then(|inner| offset_of_key(inner, name))
            }),
            _ => None,
        })
    })
}

/// The format of an input that names none: CSV where every file's name says so.
fn guess(source: &Source) -> Format {
    let is_csv = |path: &String| path.ends_with(".csv") || path.ends_with(".csv.gz");
    match source {
        Source::Files(paths) if paths.iter().all(is_csv) => Format::Csv,
        Source::Files(_) | Source::Topic(_) => Format::Json,
    }
}

fn spec(texts: &Texts, name: &str, raw: &RawInput, problems: &mut Vec<Problem>) -> InputSpec {
    let kind = raw.kind.as_ref().and_then(|text| {
        let kind = Kind::parse(text.get_ref());
        if kind.is_none() {
            let known: Vec<_> = Kind::ALL.iter().map(|kind| kind.as_str()).collect();
            let message = none_of("a kind of event", text.get_ref(), &known);
            problems.push(texts.problem(text.span().start, message));
        }
        kind
    });
    let mut spec = InputSpec::new(name, kind);
    if let Some(days) = &raw.lateness_days {
        let found = *days.get_ref();
        if !(0..=HORIZON_DAYS).contains(&found) {
            let message = format!("expected 0 to {HORIZON_DAYS} days, found {found}");
            problems.push(texts.problem(days.span().start, message));
        } else if raw.history {
            let message = "expected `history` or `lateness_days`, found both; remove one";
            problems.push(texts.problem(days.span().start, message));
        } else {
            spec.lateness_ms = [found * DAY_MS; 10];
        }
    } else if raw.history {
        spec.lateness_ms = [HORIZON_DAYS * DAY_MS; 10];
    }
    if let Some(days) = &raw.dedup_days {
        let found = *days.get_ref();
        if i64::from(found) > HORIZON_DAYS {
            let message = format!("expected 0 to {HORIZON_DAYS} days, found {found}");
            problems.push(texts.problem(days.span().start, message));
        }
        spec.dedup_days = found;
    }
    spec
}

fn source(
    path: Option<OneOrMany>,
    topic: Option<String>,
    place: &Place,
    problems: &mut Vec<Problem>,
) -> Option<Source> {
    let message = match (path, topic) {
        (Some(OneOrMany::One(path)), None) => return Some(Source::Files(vec![path])),
        (Some(OneOrMany::Many(paths)), None) if !paths.is_empty() => {
            return Some(Source::Files(paths));
        }
        (None, Some(topic)) => return Some(Source::Topic(topic)),
        (Some(_), None) => "expected at least one path, found an empty list",
        (Some(_), Some(_)) => "expected `path` or `topic`, found both; remove one",
        (None, None) => "expected `path` or `topic`, found neither; add one",
    };
    problems.push(Problem {
        place: place.clone(),
        message: message.into(),
    });
    None
}

/// What to say of a mapping that no input has.
pub(super) fn stray_mapping(name: &str, inputs: &[String]) -> String {
    let hint = nearest(name, inputs.iter().map(String::as_str))
        .map(|name| format!("; did you mean [mapping.{name}]?"))
        .unwrap_or_default();
    format!("expected the name of an input, found `{name}`, which no [inputs.<name>] has{hint}")
}
