//! A rule's texts in other languages: the contents of the section `puls.texts`.
//!
//! ```json
//! {"sv": {"title": "…", "tiers": {"at_risk": "i riskzonen"},
//!         "measures": {"adoption": "Användning"}, "parts": {"rhythm": "Rytm"},
//!         "reasons": {"rhythm": "Aktiv {usage.active_days_28d} dagar"},
//!         "exceptions": {"unpaid": "…"}, "triggers": {"renewal_play": "…"}}}
//! ```
//! Each text stands for one of the manifest, under the same name, and has the same places for
//! values, in any order. What is not translated is read in the manifest's own words. Whoever reads
//! the section judges it first: it comes from an author, like the code beside it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{LANGUAGES_MAX, Manifest, NAME_BYTES_MAX, NO_TIERS, TEXT_BYTES_MAX, TEXTS_BYTES_MAX};

/// Longest code of a language: a tag such as `sv` or `pt-br`.
const LANGUAGE_BYTES_MAX: usize = 8;

/// Texts of one section, and what the manifest says under the same names.
type Section<'s> = (
    &'static str,
    &'s BTreeMap<String, String>,
    BTreeMap<&'s str, &'s str>,
);

/// Translations by language.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Texts(pub BTreeMap<String, Translation>);

/// A rule's texts in one language, by the names that they have in the manifest.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Translation {
    /// What the rule is about.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// Names of tiers; `unknown` and `not_scored` too.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub tiers: BTreeMap<String, String>,
    /// Headings of measures.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub measures: BTreeMap<String, String>,
    /// Names of parts.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub parts: BTreeMap<String, String>,
    /// Sentences of reasons.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub reasons: BTreeMap<String, String>,
    /// Sentences of exceptions.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub exceptions: BTreeMap<String, String>,
    /// Sentences of triggers.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub triggers: BTreeMap<String, String>,
}

/// What is wrong with one text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TextProblem {
    /// The section it stands in (`reasons`), empty for what stands in none.
    pub section: &'static str,
    /// Its name there; empty for the whole of the language.
    pub name: String,
    /// What was expected, what was found, what to do.
    pub message: String,
}

/// Why texts are not taken: everything that is wrong, separated by `; `.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TextsError(pub String);

impl std::fmt::Display for TextsError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for TextsError {}

impl Texts {
    /// Reads the bytes of the section and judges them beside the manifest that they belong to.
    ///
    /// # Errors
    /// Names all problems at once.
    pub fn parse(bytes: &[u8], manifest: &Manifest) -> Result<Self, TextsError> {
        if bytes.len() > TEXTS_BYTES_MAX {
            return Err(TextsError(format!(
                "{} bytes, at most {TEXTS_BYTES_MAX}",
                bytes.len()
            )));
        }
        let texts: Self = serde_json::from_slice(bytes)
            .map_err(|error| TextsError(format!("texts that are not of their form: {error}")))?;
        let problems = texts.problems(manifest);
        if problems.is_empty() {
            Ok(texts)
        } else {
            Err(TextsError(problems.join("; ")))
        }
    }

    /// The translation into a language, if there is one.
    #[must_use]
    pub fn language(&self, code: &str) -> Option<&Translation> {
        self.0.get(code)
    }

    fn problems(&self, manifest: &Manifest) -> Vec<String> {
        let mut all = Vec::new();
        if self.0.len() > LANGUAGES_MAX {
            let found = self.0.len();
            all.push(format!("{found} languages, at most {LANGUAGES_MAX}"));
        }
        for (code, translation) in self.0.iter().take(LANGUAGES_MAX) {
            if !is_language(code) {
                all.push(format!("language {code:?}, expected a code such as `sv`"));
            }
            all.extend(translation.problems(manifest).into_iter().map(|problem| {
                let TextProblem {
                    section,
                    name,
                    message,
                } = problem;
                let place = [code, section, &name].map(str::to_owned);
                let place: Vec<_> = place.into_iter().filter(|part| !part.is_empty()).collect();
                format!("{}: {message}", place.join("."))
            }));
        }
        all
    }
}

/// Whether `code` may name a language: `sv`, `pt-br`.
#[must_use]
pub fn is_language(code: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte == b'-';
    (2..=LANGUAGE_BYTES_MAX).contains(&code.len())
        && code.bytes().all(plain)
        && !code.starts_with('-')
        && !code.ends_with('-')
}

impl Translation {
    /// All that is wrong with these texts beside the manifest that they belong to.
    #[must_use]
    pub fn problems(&self, manifest: &Manifest) -> Vec<TextProblem> {
        let mut found = Vec::new();
        let title = BTreeMap::from([("title", manifest.title.as_str())]);
        if !self.title.is_empty() {
            judge("", "title", &self.title, &title, &mut found);
        }
        let bands = manifest.tiers.bands.iter().map(|band| band.name.as_str());
        let tiers: BTreeMap<_, _> = bands.chain(NO_TIERS).map(|name| (name, "")).collect();
        let measures = manifest.measures.iter();
        let measures = measures.map(|it| (it.name.as_str(), it.title.as_str()));
        let parts = manifest.parts.iter().map(|it| (it.name.as_str(), ""));
        let reasons = manifest.reasons.iter();
        let reasons = reasons.map(|it| (it.code.as_str(), it.text.as_str()));
        let exceptions = manifest.exceptions.iter();
        let exceptions = exceptions.map(|it| (it.name.as_str(), it.text.as_str()));
        let triggers = manifest.triggers.iter();
        let triggers = triggers.map(|it| (it.name.as_str(), it.text.as_str()));
        let sections: [Section<'_>; 6] = [
            ("tiers", &self.tiers, tiers),
            ("measures", &self.measures, measures.collect()),
            ("parts", &self.parts, parts.collect()),
            ("reasons", &self.reasons, reasons.collect()),
            ("exceptions", &self.exceptions, exceptions.collect()),
            ("triggers", &self.triggers, triggers.collect()),
        ];
        for (section, texts, originals) in sections {
            for (name, text) in texts {
                judge(section, name, text, &originals, &mut found);
            }
        }
        found
    }

    /// What the manifest says and this translation does not, as `section.name`.
    #[must_use]
    pub fn missing(&self, manifest: &Manifest) -> Vec<String> {
        let names =
            |section: &'static str, names: Vec<&String>, texts: &BTreeMap<String, String>| {
                let absent = names.into_iter().filter(|name| !texts.contains_key(*name));
                absent
                    .map(|name| format!("{section}.{name}"))
                    .collect::<Vec<_>>()
            };
        [
            names(
                "measures",
                manifest.measures.iter().map(|it| &it.name).collect(),
                &self.measures,
            ),
            names(
                "reasons",
                manifest.reasons.iter().map(|it| &it.code).collect(),
                &self.reasons,
            ),
            names(
                "exceptions",
                manifest.exceptions.iter().map(|it| &it.name).collect(),
                &self.exceptions,
            ),
            names(
                "triggers",
                manifest.triggers.iter().map(|it| &it.name).collect(),
                &self.triggers,
            ),
        ]
        .concat()
    }
}

/// Judges one text beside the original that has its name.
fn judge(
    section: &'static str,
    name: &str,
    text: &str,
    originals: &BTreeMap<&str, &str>,
    found: &mut Vec<TextProblem>,
) {
    let mut problem = |message: String| {
        let name: String = name.chars().take(NAME_BYTES_MAX).collect();
        found.push(TextProblem {
            section,
            name,
            message,
        });
    };
    let Some(original) = originals.get(name) else {
        let known: Vec<_> = originals.keys().copied().collect();
        problem(format!(
            "expected a name that the rule has ({}), found another; correct or remove it",
            known.join(", ")
        ));
        return;
    };
    if text.trim().is_empty() {
        problem("expected a text, found none; remove the line to keep the original".to_owned());
        return;
    }
    if text.len() > TEXT_BYTES_MAX || text.chars().any(char::is_control) {
        problem(format!(
            "expected a text of at most {TEXT_BYTES_MAX} bytes without control characters, found \
             {} bytes",
            text.len()
        ));
        return;
    }
    let expected = places(original).unwrap_or_default();
    match places(text) {
        None => problem("expected braces only in pairs around a feature's name".to_owned()),
        Some(here) if here != expected => problem(format!(
            "expected the same values as the original ({}), found {}; every value stands in both",
            listed(&expected),
            listed(&here)
        )),
        Some(_) => {}
    }
}

/// The names in braces; `None` where a brace has no other.
#[must_use]
pub fn places(text: &str) -> Option<BTreeSet<&str>> {
    let mut names = BTreeSet::new();
    let mut pieces = text.split('{');
    if pieces.next()?.contains('}') {
        return None;
    }
    for piece in pieces {
        let (name, tail) = piece.split_once('}')?;
        if tail.contains('}') {
            return None;
        }
        names.insert(name);
    }
    Some(names)
}

fn listed(names: &BTreeSet<&str>) -> String {
    if names.is_empty() {
        return "none".to_owned();
    }
    let shown: Vec<_> = names.iter().map(|name| format!("{{{name}}}")).collect();
    shown.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANIFEST: &str = r#"{"abi": "puls/1", "name": "health", "version": "1",
        "features": [{"name": "usage.days"}, {"name": "account.segment", "values": ["gold"]}],
        "measures": [{"name": "adoption", "title": "Adoption"}],
        "parts": [{"name": "rhythm", "measure": "adoption"}],
        "reasons": [{"code": "few", "text": "{usage.days} days, {account.segment}"}],
        "exceptions": [{"name": "unpaid", "text": "Unpaid"}],
        "tiers": {"bands": [{"name": "good", "from": 0}]}}"#;

    fn manifest() -> Manifest {
        Manifest::parse(MANIFEST.as_bytes()).unwrap()
    }

    fn parsed(json: &str) -> Result<Texts, String> {
        Texts::parse(json.as_bytes(), &manifest()).map_err(|error| error.0)
    }

    #[test]
    fn a_translation_is_read_and_says_what_it_leaves_out() {
        let texts = parsed(
            r#"{"sv": {"reasons": {"few": "{account.segment}: {usage.days} dagar"},
                "tiers": {"good": "frisk", "unknown": "okänd"}, "parts": {"rhythm": "Rytm"}}}"#,
        )
        .unwrap();
        let swedish = texts.language("sv").unwrap();
        assert_eq!(swedish.tiers["good"], "frisk");
        assert_eq!(
            swedish.missing(&manifest()),
            ["measures.adoption", "exceptions.unpaid"]
        );
        assert_eq!(texts.language("de"), None);
        let written = serde_json::to_vec(&texts).unwrap();
        assert_eq!(Texts::parse(&written, &manifest()), Ok(texts));
    }

    /// What an author may get wrong and what a hostile one may try, and what is said of it.
    #[test]
    fn what_cannot_be_meant_is_refused_in_words() {
        let long = format!(
            r#"{{"sv": {{"exceptions": {{"unpaid": "{}"}}}}}}"#,
            "ä".repeat(251)
        );
        let many: Vec<_> = ('a'..='q').map(|c| format!(r#""x{c}": {{}}"#)).collect();
        let many = format!("{{{}}}", many.join(","));
        let deep = "{\"sv\":".repeat(5_000);
        let table = [
            (
                r#"{"sv": {"reasons": {"few": "få dagar"}}}"#,
                "sv.reasons.few: expected the same values as the original ({account.segment}, {usage.days}), found none",
            ),
            (
                r#"{"sv": {"reasons": {"few": "{usage.days} {usage.weeks}"}}}"#,
                "found {usage.days}, {usage.weeks}",
            ),
            (
                r#"{"sv": {"exceptions": {"unpaid": "Obetald {"}}}"#,
                "expected braces only in pairs",
            ),
            (
                r#"{"sv": {"exceptions": {"unpaid": "}{"}}}"#,
                "expected braces only in pairs",
            ),
            (
                r#"{"sv": {"exceptions": {"unpiad": "x"}}}"#,
                "sv.exceptions.unpiad: expected a name that the rule has (unpaid)",
            ),
            (
                r#"{"sv": {"exceptions": {"unpaid": " "}}}"#,
                "expected a text, found none",
            ),
            (
                r#"{"sv": {"exceptions": {"unpaid": "a\u0000b"}}}"#,
                "without control characters",
            ),
            (r#"{"sv": {"reason": {}}}"#, "unknown field `reason`"),
            (r#"{"sv": {"reasons": ["few"]}}"#, "invalid type: sequence"),
            (r#"{"SWEDISH TONGUE": {}}"#, "expected a code such as `sv`"),
            ("[]", "invalid type: sequence"),
            ("", "EOF"),
            (&long, "at most 500 bytes"),
            (&many, "17 languages, at most 16"),
            (&deep, "texts that are not of their form"),
        ];
        for (json, expected) in table {
            let error = parsed(json).unwrap_err();
            assert!(error.contains(expected), "{expected:?} is not in {error:?}");
        }
        let huge = format!("{}{}", " ".repeat(TEXTS_BYTES_MAX), "{}");
        assert_eq!(parsed(&huge), Err("65538 bytes, at most 65536".into()));
    }
}
