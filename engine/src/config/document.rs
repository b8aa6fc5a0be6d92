//! The text of a configuration: one TOML file and the environment variables that override it.
//!
//! Every value keeps its place, so that whatever is wrong with it later can be pointed at. An
//! override is parsed as if it stood further down in the same text; offsets beyond the file's end
//! belong to variables.
//!
//! The name of a variable is the path of the key in upper case, joined by `_`, after `PULS_` unless
//! the path begins with it: `PULS_SHARDS` for `[puls] shards`, `PULS_INPUTS_USAGE_PATH` for
//! `[inputs.usage] path`.

use std::borrow::Cow;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::problem::{Place, Problem};

/// Sections with a name of the author's choice below them.
const NAMED_SECTIONS: [&str; 3] = ["inputs", "mapping", "tenants"];
/// Variables of the program that are no settings: the configuration's own path, and the tests'.
const NOT_SETTINGS: [&str; 2] = ["PULS_CONFIG", "PULS_TEST_"];

/// The texts that a configuration is made of.
#[derive(Clone, Debug)]
pub(super) struct Texts {
    name: String,
    file: String,
    overrides: Vec<Override>,
}

#[derive(Clone, Debug)]
struct Override {
    variable: String,
    /// `value = …`, behind as many spaces as the texts before it have bytes.
    padded: String,
    base: usize,
}

impl Texts {
    /// The file named `name` that holds `file`, and those of `variables` that are ours.
    pub(super) fn new(
        name: &str,
        file: &str,
        variables: impl IntoIterator<Item = (String, String)>,
    ) -> Self {
        let mut ours: Vec<_> = variables
            .into_iter()
            .filter(|(variable, _)| variable.starts_with("PULS_"))
            .filter(|(variable, _)| !NOT_SETTINGS.iter().any(|not| variable.starts_with(not)))
            .collect();
        ours.sort();
        let mut base = file.len() + 1;
        let mut overrides = Vec::with_capacity(ours.len());
        for (variable, value) in ours {
            let line = format!("value = {}", as_toml(&value));
            let padded = format!("{}{line}", " ".repeat(base));
            let next = padded.len() + 1;
            overrides.push(Override {
                variable,
                padded,
                base,
            });
            base = next;
        }
        Self {
            name: name.into(),
            file: file.into(),
            overrides,
        }
    }

    /// Where the byte at `offset` stands.
    pub(super) fn place(&self, offset: usize) -> Place {
        if offset > self.file.len()
            && let Some(found) = self.overrides.iter().rev().find(|one| one.base <= offset)
        {
            return Place::Variable(found.variable.clone());
        }
        let before = self.file.get(..offset).unwrap_or(&self.file);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Place::File {
            name: self.name.clone(),
            line: before.matches('\n').count() + 1,
            column: before.get(line_start..).unwrap_or("").chars().count() + 1,
        }
    }

    /// Something that is wrong with what stands at `offset`.
    pub(super) fn problem(&self, offset: usize, message: impl Into<String>) -> Problem {
        Problem {
            place: self.place(offset),
            message: message.into(),
        }
    }

    /// The tree of the file with the overrides put in, and everything that is no TOML or has no
    /// place in the tree.
    pub(super) fn parse(&self) -> (DeTable<'_>, Vec<Problem>) {
        let (root, errors) = DeTable::parse_recoverable(&self.file);
        let mut problems: Vec<_> = errors
            .into_iter()
            .map(|error| {
                let offset = error.span().map_or(0, |span| span.start);
                self.problem(offset, error.message())
            })
            .collect();
        let mut root = root.into_inner();
        for one in &self.overrides {
            let Ok(parsed) = DeTable::parse(&one.padded) else {
                continue;
            };
            let Some(value) = parsed.into_inner().remove("value") else {
                continue;
            };
            if let Err(message) = put(&mut root, one, value) {
                problems.push(self.problem(one.base, message));
            }
        }
        (root, problems)
    }
}

/// The text of a variable as TOML: a number, a truth value, a list or a quoted text as it stands,
/// anything else (a date and a path too) as text.
fn as_toml(text: &str) -> Cow<'_, str> {
    let line = format!("value = {text}");
    let stands = DeTable::parse(&line).is_ok_and(|table| {
        table.get_ref().len() == 1
            && table
                .get_ref()
                .get("value")
                .is_some_and(|value| !value.get_ref().is_datetime())
    });
    if stands {
        return Cow::Borrowed(text);
    }
    // A JSON string is a TOML string.
    Cow::Owned(serde_json::Value::from(text).to_string())
}

/// A key as it stands in the name of a variable.
fn as_variable(key: &str) -> String {
    key.chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() {
                c.to_ascii_uppercase()
            } else {
                '_'
            }
        })
        .collect()
}

/// Puts `value` at the place in `root` that the variable names.
fn put<'t>(
    root: &mut DeTable<'t>,
    one: &Override,
    value: Spanned<DeValue<'t>>,
) -> Result<(), String> {
    let rest = one.variable.strip_prefix("PULS_").unwrap_or(&one.variable);
    let span = one.base..one.base;
    if let Some(key) = rest.strip_prefix("KAFKA_") {
        set(section(root, "kafka", &span)?, key, value);
        return Ok(());
    }
    for name in NAMED_SECTIONS {
        let Some(rest) = rest.strip_prefix(&format!("{}_", as_variable(name))) else {
            continue;
        };
        let named = section(root, name, &span)?;
        // The longest name wins: `a_b` before `a`.
        let found = named
            .keys()
            .map(|key| key.get_ref().to_string())
            .filter_map(|key| {
                let tail = rest.strip_prefix(&as_variable(&key))?.strip_prefix('_')?;
                Some((key, tail))
            })
            .max_by_key(|(key, _)| key.len());
        let Some((key, tail)) = found else {
            return Err(format!(
                "expected PULS_{}_<NAME>_<KEY> with a <NAME> that the file has under [{name}], \
                 found none of them; remove the variable or add the section",
                as_variable(name)
            ));
        };
        set(section(named, &key, &span)?, tail, value);
        return Ok(());
    }
    set(section(root, "puls", &span)?, rest, value);
    Ok(())
}

/// The table `name`, made if it is missing.
fn section<'a, 't>(
    table: &'a mut DeTable<'t>,
    name: &str,
    span: &Range<usize>,
) -> Result<&'a mut DeTable<'t>, String> {
    if !table.contains_key(name) {
        let key = Spanned::new(span.clone(), Cow::Owned(name.to_owned()));
        table.insert(
            key,
            Spanned::new(span.clone(), DeValue::Table(DeTable::new())),
        );
    }
    match table.get_mut(name).map(Spanned::get_mut) {
        Some(DeValue::Table(inner)) => Ok(inner),
        _ => Err(format!(
            "expected `{name}` to be a table, found a value; write [{name}]"
        )),
    }
}

fn set<'t>(table: &mut DeTable<'t>, key: &str, value: Spanned<DeValue<'t>>) {
    let key = Cow::Owned(key.to_ascii_lowercase());
    table.remove(&*key);
    table.insert(Spanned::new(value.span(), key), value);
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn texts(file: &str, variables: &[(&str, &str)]) -> Texts {
        let variables = variables
            .iter()
            .map(|(name, value)| ((*name).into(), (*value).into()));
        Texts::new("puls.toml", file, variables)
    }

    #[test]
    fn variables_override_the_file() {
        let file = "[puls]\nshards = 1\n[inputs.us-age]\npath = 'a'\n[inputs.us]\npath = 'b'\n";
        let cases = [
            ("PULS_SHARDS", "4", "puls", "", "shards", "4"),
            ("PULS_DATA", "2025-01-01", "puls", "", "data", "2025-01-01"),
            (
                "PULS_KAFKA_BROKERS",
                "a:1,b:2",
                "kafka",
                "",
                "brokers",
                "a:1,b:2",
            ),
            (
                "PULS_INPUTS_US_AGE_PATH",
                "c.csv",
                "inputs",
                "us-age",
                "path",
                "c.csv",
            ),
            ("PULS_INPUTS_US_PATH", "\"7\"", "inputs", "us", "path", "7"),
        ];
        for (variable, value, section, name, key, expected) in cases {
            let texts = texts(file, &[(variable, value)]);
            let (root, problems) = texts.parse();
            assert_eq!(problems, [], "{variable}");
            let mut table = root[section].get_ref().as_table().unwrap();
            if !name.is_empty() {
                table = table[name].get_ref().as_table().unwrap();
            }
            let found = &table[key];
            let text = match found.get_ref() {
                DeValue::String(text) => text.to_string(),
                DeValue::Integer(number) => number.to_string(),
                other => panic!("{variable}: {other:?}"),
            };
            assert_eq!(text, expected, "{variable}");
            assert_eq!(
                texts.place(found.span().start),
                Place::Variable(variable.into())
            );
        }
    }

    #[test]
    fn variables_without_a_place_are_problems_and_foreign_ones_are_not() {
        let texts = texts(
            "inputs = 3\n",
            &[
                ("PULS_INPUTS_A_PATH", "x"),
                ("PULS_TENANTS_ACME_CURRENCY", "EUR"),
                ("PULS_TEST_KAFKA", "localhost:1"),
                ("PULS_CONFIG", "other.toml"),
                ("PATH", "/bin"),
            ],
        );
        let (_, problems) = texts.parse();
        let found: Vec<_> = problems.iter().map(ToString::to_string).collect();
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].contains("PULS_INPUTS_A_PATH: expected `inputs` to be a table"));
        assert!(found[1].contains("PULS_TENANTS_ACME_CURRENCY: expected PULS_TENANTS_<NAME>"));
    }

    #[test]
    fn every_syntax_error_has_its_place() {
        let texts = texts("[puls]\nshards = \ndata == 3\n", &[]);
        let (_, problems) = texts.parse();
        let lines: BTreeSet<_> = problems
            .iter()
            .map(|problem| match &problem.place {
                Place::File { line, .. } => *line,
                Place::Variable(_) => 0,
            })
            .collect();
        assert_eq!(lines, BTreeSet::from([2, 3]), "{problems:?}");
    }

    #[test]
    fn columns_count_characters() {
        let place = texts("é = 1\nü = é\n", &[]).place(12);
        assert_eq!(place.to_string(), "puls.toml:2:5");
    }
}
