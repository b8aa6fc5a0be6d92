//! What features are called in plain English, so that a condition can be read aloud.
//!
//! Features of the catalogue have a phrase of their own here; those that a tenant declares get one
//! made of their name. Nothing here knows what a feature is worth.

mod known;

/// How a feature is spoken of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Manner {
    /// `… is at least 5`.
    One,
    /// `… are at least 5`.
    Many,
    /// `… was at least 14 days ago`.
    Since,
    /// `… is at most 60 days away`.
    Until,
    /// `… for at least 60 days`.
    During,
    /// A sentence, and the same denied.
    Whether(&'static str),
}

use self::Manner::{During, Many, One, Since, Until, Whether};
use self::known::PHRASES;

/// Ends of the names of features that compare with the segment, and the words around the rest.
const RELATIVE: [(&str, &str, &str); 3] = [
    (
        "_pct_of_segment_median",
        "",
        " against the segment's median",
    ),
    (
        "_segment_percentile",
        "the place in the segment by ",
        " (0 lowest, 100 highest)",
    ),
    ("_segment_median", "the segment's median of ", ""),
];

/// The phrase of a feature of the catalogue.
fn known(name: &str) -> Option<(&'static str, Manner)> {
    let found = PHRASES.iter().find(|(known, ..)| *known == name);
    found.map(|(_, phrase, manner)| (*phrase, *manner))
}

/// Whether a feature has a phrase of its own.
#[must_use]
pub fn has_phrase(name: &str) -> bool {
    let base = RELATIVE
        .iter()
        .find_map(|(suffix, ..)| name.strip_suffix(suffix));
    known(base.unwrap_or(name)).is_some()
}

/// How a feature is called, and in what manner it is spoken of.
pub(crate) fn phrase(name: &str) -> (String, Manner) {
    if let Some((phrase, manner)) = known(name) {
        return (phrase.to_owned(), manner);
    }
    for (suffix, before, behind) in RELATIVE {
        if let Some(base) = name.strip_suffix(suffix) {
            let what = heading(base);
            let mut letters = what.chars();
            let first = letters.next().map(|first| first.to_lowercase().to_string());
            let what = first.unwrap_or_default() + letters.as_str();
            return (format!("{before}{what}{behind}"), One);
        }
    }
    let (family, rest) = name.split_once('.').unwrap_or(("", name));
    let words = windows(&rest.replace(['_', '-', '.'], " "));
    if family == "assessment" {
        return match words.strip_suffix(" age days") {
            Some(factor) => (format!("the judgement of \"{factor}\""), Since),
            None => (format!("the judgement of \"{words}\""), One),
        };
    }
    let since = words.strip_prefix("days since ");
    if let Some(what) = since {
        return (format!("the last {what}"), Since);
    }
    if let Some(what) = words.strip_prefix("days to ") {
        return (format!("the {what}"), Until);
    }
    (format!("\"{words}\""), One)
}

/// `28d` at the end as words.
fn windows(words: &str) -> String {
    let Some((rest, window)) = words.rsplit_once(' ') else {
        return words.to_owned();
    };
    let days = window
        .strip_suffix('d')
        .filter(|days| !days.is_empty() && days.bytes().all(|byte| byte.is_ascii_digit()));
    days.map_or_else(|| words.to_owned(), |days| format!("{rest} in {days} days"))
}

/// What a feature is, as the beginning of a line: `Active days in the last 28 days`.
pub(crate) fn heading(name: &str) -> String {
    let (phrase, manner) = phrase(name);
    let phrase = match manner {
        Since => format!("days since {phrase}"),
        Until => format!("days to {phrase}"),
        During => format!("days that {phrase}"),
        One | Many | Whether(_) => phrase,
    };
    capital(phrase.strip_prefix("the ").unwrap_or(&phrase))
}

/// With a capital letter.
pub(crate) fn capital(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(|first| first.to_uppercase().to_string());
    first.unwrap_or_default() + chars.as_str()
}

/// A number in words with its unit; that of a parameter stands before its name.
pub(crate) fn with_unit(value: &str, unit: &str) -> String {
    let (number, name) = value.split_once(" (").unwrap_or((value, ""));
    let unit = if number == "1" {
        unit.strip_suffix('s').unwrap_or(unit)
    } else {
        unit
    };
    if name.is_empty() {
        format!("{number}{unit}")
    } else {
        format!("{number}{unit} ({name}")
    }
}

/// A unit as it stands behind a number.
pub(crate) fn behind(unit: &str) -> &str {
    match unit {
        "percent" => " %",
        "days" => " days",
        "hours" => " hours",
        _ => "",
    }
}
