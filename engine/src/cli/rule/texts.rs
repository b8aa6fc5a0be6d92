//! A rule's translations, from the files beside it to the section `puls.texts`.
//!
//! ```toml
//! # texts.sv.toml
//! title = "…"
//! [tiers]                       # also unknown and not_scored
//! at_risk = "i riskzonen"
//! [reasons]                     # and measures, parts, exceptions, triggers
//! rhythm = "Aktiv {} av de senaste 28 dagarna"
//! ```
//! `{}` is the value of the original that the translation names nowhere else. A name also stands
//! for the same thing in a card's variants, as long as these say the same and have no line of their
//! own: `seats` for `new.seats`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use puls_wire::{Manifest, TEXTS_BYTES_MAX, Texts, Translation, is_language, places};
use toml::de::{DeTable, DeValue};

/// What stands around the language in a file's name.
const AFFIXES: (&str, &str) = ("texts.", ".toml");

/// The JSON of all `texts.<language>.toml` in a rule's folder; empty where there is none.
///
/// # Errors
/// All that is wrong with them, each with file, line and column.
pub(in crate::cli) fn texts(folder: &Path, manifest: &Manifest) -> Result<Vec<u8>, Vec<String>> {
    let mut all = Texts::default();
    let mut problems = Vec::new();
    for (code, path) in files(folder)? {
        match std::fs::read_to_string(&path) {
            Ok(text) => match translation(&text, manifest) {
                Ok(found) => {
                    all.0.insert(code, found);
                }
                Err(found) => {
                    let shown = path.display();
                    problems.extend(found.iter().map(|it| format!("{shown}:{it}")));
                }
            },
            Err(error) => problems.push(format!("read {}: {error}", path.display())),
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    if all.0.is_empty() {
        return Ok(Vec::new());
    }
    let bytes = serde_json::to_vec(&all).map_err(|error| vec![error.to_string()])?;
    // The size of all, and that the engine takes them, is judged as the engine will.
    match Texts::parse(&bytes, manifest) {
        Ok(_) => Ok(bytes),
        Err(error) => Err(vec![format!(
            "{}: expected translations of at most {TEXTS_BYTES_MAX} bytes in all, found {error}",
            folder.display()
        )]),
    }
}

/// The files of translations, by language.
fn files(folder: &Path) -> Result<BTreeMap<String, PathBuf>, Vec<String>> {
    let unread = |error: std::io::Error| vec![format!("read {}: {error}", folder.display())];
    let mut files = BTreeMap::new();
    let mut problems = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unread)? {
        let path = entry.map_err(unread)?.path();
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or("");
        let code = name
            .strip_prefix(AFFIXES.0)
            .and_then(|rest| rest.strip_suffix(AFFIXES.1));
        match code {
            Some(code) if is_language(code) => {
                files.insert(code.to_owned(), path);
            }
            Some(code) => problems.push(format!(
                "{}: expected the code of a language such as `texts.sv.toml`, found `{code}`",
                path.display()
            )),
            None => {}
        }
    }
    problems.sort();
    if problems.is_empty() {
        Ok(files)
    } else {
        Err(problems)
    }
}

/// The translation that a file holds.
///
/// # Errors
/// All that is wrong with it, each with line and column.
fn translation(text: &str, manifest: &Manifest) -> Result<Translation, Vec<String>> {
    let at = |offset: usize, message: &str| {
        let (line, column) = line_and_column(text, offset);
        format!("{line}:{column}: {message}")
    };
    let mut found: Translation = toml::from_str(text).map_err(|error| {
        let offset = error.span().map_or(0, |span| span.start);
        vec![at(
            offset,
            &format!("expected texts by name, found {}", error.message()),
        )]
    })?;
    complete(&mut found, manifest);
    let problems = found.problems(manifest);
    if problems.is_empty() {
        return Ok(found);
    }
    let root = DeTable::parse(text).ok();
    let offset = |section: &str, name: &str| {
        let root = root.as_ref()?.get_ref();
        let table = match section {
            "" => root,
            section => match root.get(section)?.get_ref() {
                DeValue::Table(table) => table,
                _ => return None,
            },
        };
        Some(table.get(name)?.span().start)
    };
    let told = problems.iter().map(|problem| {
        let place = offset(problem.section, &problem.name).unwrap_or(0);
        at(place, &problem.message)
    });
    Err(told.collect())
}

/// Fills in what `{}` stands for, and what the variants of a card share.
fn complete(found: &mut Translation, manifest: &Manifest) {
    let measures = manifest.measures.iter().map(|it| (&it.name, &it.title));
    let reasons = manifest.reasons.iter().map(|it| (&it.code, &it.text));
    let exceptions = manifest.exceptions.iter().map(|it| (&it.name, &it.text));
    let triggers = manifest.triggers.iter().map(|it| (&it.name, &it.text));
    let parts = manifest.parts.iter().map(|it| (&it.name, &it.measure));
    complete_section(&mut found.measures, &measures.collect());
    complete_section(&mut found.reasons, &reasons.collect());
    complete_section(&mut found.exceptions, &exceptions.collect());
    complete_section(&mut found.triggers, &triggers.collect());
    for (name, _) in parts {
        let own = name
            .rsplit_once('.')
            .and_then(|(_, own)| found.parts.get(own))
            .cloned();
        if let Some(own) = own {
            found.parts.entry(name.clone()).or_insert(own);
        }
    }
}

fn complete_section(texts: &mut BTreeMap<String, String>, originals: &BTreeMap<&String, &String>) {
    for (name, original) in originals {
        let own = name.rsplit_once('.').map(|(_, own)| own.to_owned());
        let shared = own.filter(|own| originals.get(own) == Some(original));
        let shared = shared.and_then(|own| texts.get(&own).cloned());
        if let Some(shared) = shared {
            texts.entry((*name).clone()).or_insert(shared);
        }
        if let Some(text) = texts.get_mut(*name) {
            *text = named(text, original);
        }
    }
}

/// The text with the one value that it does not name in place of `{}`.
fn named(text: &str, original: &str) -> String {
    let (Some(here), Some(there)) = (places(text), places(original)) else {
        return text.to_owned();
    };
    let mut unnamed = there.difference(&here);
    match (unnamed.next(), unnamed.next()) {
        (Some(name), None) => text.replacen("{}", &format!("{{{name}}}"), 1),
        _ => text.to_owned(),
    }
}

/// Line and column of an offset, in characters from 1.
fn line_and_column(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    let column = before.get(start..).map_or(0, |rest| rest.chars().count());
    (line, column + 1)
}

#[cfg(test)]
mod tests;
