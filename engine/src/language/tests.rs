//! Dictionaries are whole, and say what is meant.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::{Language, Voice};
use crate::model::Time;

fn places(text: &str) -> BTreeSet<&str> {
    let pieces = text.split('{').skip(1);
    pieces
        .filter_map(|piece| piece.split_once('}'))
        .map(|(name, _)| name)
        .collect()
}

#[test]
fn every_dictionary_has_every_key_with_the_same_places() {
    let english = Language::English.dictionary();
    assert!(english.words.len() > 100, "{}", english.words.len());
    for language in Language::ALL {
        let own = &language.dictionary().words;
        for (key, text) in &english.words {
            let code = language.code();
            let said = own.get(key);
            let said = said.unwrap_or_else(|| panic!("{code}.toml lacks `{key}`"));
            assert_eq!(places(said), places(text), "{code}.toml, `{key}`");
            let counts = |text: &str| text.contains('|');
            assert_eq!(counts(said), counts(text), "{code}.toml, `{key}`");
        }
        let strangers: Vec<_> = own
            .keys()
            .filter(|key| !english.words.contains_key(*key))
            .collect();
        assert_eq!(strangers, Vec::<&String>::new(), "{}", language.code());
        assert_eq!(Language::parse(language.code()), Some(language));
    }
}

/// What the program says is in the dictionaries: every key that its source names.
#[test]
fn every_key_that_is_used_is_there() {
    fn walk(folder: &Path, used: &mut Vec<(String, String)>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, used);
                continue;
            }
            if path.extension().is_none_or(|extension| extension != "rs")
                || path.ends_with("language/tests.rs")
            {
                continue;
            }
            let text = fs::read_to_string(&path).unwrap();
            let text: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
            for call in ["say(", "fill(", "counted("] {
                for (at, _) in text.match_indices(call) {
                    let rest = text.get(at + call.len()..).unwrap().trim_start();
                    let key = rest.strip_prefix('"').and_then(|rest| rest.split_once('"'));
                    used.extend(key.map(|(key, _)| (path.display().to_string(), key.to_owned())));
                }
            }
        }
    }
    let mut used = Vec::new();
    walk(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
        &mut used,
    );
    assert!(used.len() > 30, "{used:?}");
    let known = &Language::English.dictionary().words;
    for (path, key) in used {
        assert!(known.contains_key(&key), "{path}: en.toml lacks `{key}`");
    }
}

#[test]
fn units_of_the_catalogue_and_words_of_causes_are_there() {
    use crate::model::TimerName;
    let known = &Language::English.dictionary().words;
    for feature in crate::features::catalogue() {
        let key = format!("units.{}", feature.unit);
        assert!(
            known.contains_key(&key),
            "{}: en.toml lacks `{key}`",
            feature.name
        );
    }
    for timer in TimerName::ALL {
        let key = format!("timers.{}", timer.as_str());
        assert!(known.contains_key(&key), "en.toml lacks `{key}`");
    }
}

#[test]
fn numbers_and_moments_have_the_form_of_their_language() {
    let table = [
        ("3", "3", "3"),
        ("3.5", "3.5", "3,5"),
        ("-0.1", "-0.1", "-0,1"),
        ("9999", "9999", "9999"),
        ("12000", "12,000", "12\u{a0}000"),
        ("-1234567.8", "-1,234,567.8", "-1\u{a0}234\u{a0}567,8"),
    ];
    for (digits, english, swedish) in table {
        let said = Language::ALL.map(|language| {
            let mut out = String::new();
            language.dictionary().push_number(digits, &mut out);
            out
        });
        assert_eq!(said, [english, swedish]);
    }
    let moment = |text: &str| {
        let time = Time::parse_rfc3339(text).unwrap();
        Language::ALL.map(|language| Voice::new(language, "Europe/Stockholm").moment(time))
    };
    assert_eq!(
        moment("2026-03-03T09:05:00Z"),
        ["3 March 2026, 10:05", "3 mars 2026 kl. 10:05"]
    );
    assert_eq!(
        moment("2026-07-31T22:00:01.250Z"),
        ["1 August 2026, 00:00:01", "1 augusti 2026 kl. 00:00:01"]
    );
    assert_eq!(Voice::new(Language::English, "Nowhere").zone(), "UTC");
}

#[test]
fn what_is_missing_is_said_in_english_and_counts_have_their_form() {
    let swedish = Language::Swedish.dictionary();
    assert_eq!(swedish.find("tiers.ours"), None);
    assert_eq!(swedish.say("tiers.ours"), "ours");
    assert_eq!(swedish.count(1, "units.days"), "1 dag");
    assert_eq!(swedish.count(2, "units.days"), "2 dagar");
    assert_eq!(
        swedish.fill("why.override", &[("reason", "ny {chef}"), ("by", "ada")]),
        "Satt av ada: ny {chef}"
    );
    let lacking = super::Dictionary {
        language: Language::Swedish,
        words: std::collections::BTreeMap::new(),
    };
    assert_eq!(lacking.say("explain.why"), "Why");
}
