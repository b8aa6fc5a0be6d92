//! The words in which Puls speaks to people: a dictionary per language, and the form that numbers
//! and moments have in it.
//!
//! ```text
//! language/en.toml    every key                 the original
//! language/sv.toml    every key (a test holds)  a translation; what it lacks is said in English
//! ```
//! What a program reads has fixed words and never comes from here: tiers, reasons and causes are
//! names in outputs, with the words beside them. A rule's own sentences come with the rule.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use jiff::tz::TimeZone;
use toml::de::{DeTable, DeValue};

use crate::model::{SECOND_MS, Time};

/// A language that Puls speaks.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Language {
    /// English.
    English,
    /// Swedish.
    Swedish,
}

impl Language {
    /// All that ship.
    pub const ALL: [Self; 2] = [Self::English, Self::Swedish];

    /// Its code, as configuration and outputs have it.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Swedish => "sv",
        }
    }

    /// The language with this code.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.code() == code)
    }

    /// Its dictionary.
    #[must_use]
    pub fn dictionary(self) -> &'static Dictionary {
        match self {
            Self::English => &ENGLISH,
            Self::Swedish => &SWEDISH,
        }
    }

    const fn source(self) -> &'static str {
        match self {
            Self::English => include_str!("language/en.toml"),
            Self::Swedish => include_str!("language/sv.toml"),
        }
    }
}

static ENGLISH: LazyLock<Dictionary> = LazyLock::new(|| Dictionary::new(Language::English));
static SWEDISH: LazyLock<Dictionary> = LazyLock::new(|| Dictionary::new(Language::Swedish));

/// What is said in one language, by keys such as `explain.why`.
#[derive(PartialEq, Eq, Debug)]
pub struct Dictionary {
    language: Language,
    words: BTreeMap<String, String>,
}

/// How a tenant is spoken to: its language and the zone of its days.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Voice {
    /// What is said.
    pub words: &'static Dictionary,
    zone: TimeZone,
    zone_name: String,
}

impl Dictionary {
    fn new(language: Language) -> Self {
        let mut words = BTreeMap::new();
        // The files are part of the program, and a test reads them; one that could not be read
        // would leave the keys themselves to be read.
        if let Ok(root) = DeTable::parse(language.source()) {
            flatten("", root.get_ref(), &mut words);
        }
        Self { language, words }
    }

    /// The language.
    #[must_use]
    pub const fn language(&self) -> Language {
        self.language
    }

    /// The words of `key` in this language; in English where it has none, and the last part of the
    /// key where nobody has.
    #[must_use]
    pub fn say<'k>(&'k self, key: &'k str) -> &'k str {
        self.find(key).unwrap_or_else(|| {
            let (_, name) = key.split_once('.').unwrap_or(("", key));
            name
        })
    }

    /// The words of `key`, if any dictionary has them.
    #[must_use]
    pub fn find(&self, key: &str) -> Option<&str> {
        let own = self.words.get(key);
        own.or_else(|| ENGLISH.words.get(key)).map(String::as_str)
    }

    /// The words of `key` with each `{name}` filled in.
    #[must_use]
    pub fn fill(&self, key: &str, values: &[(&str, &str)]) -> String {
        let (mut out, mut rest) = (String::new(), self.say(key));
        while let Some((before, after)) = rest.split_once('{') {
            out.push_str(before);
            let (name, tail) = after.split_once('}').unwrap_or((after, ""));
            let value = values.iter().find(|(known, _)| *known == name);
            out.push_str(value.map_or("", |(_, value)| value));
            rest = tail;
        }
        out.push_str(rest);
        out
    }

    /// The words of `key` for so many of a thing: `one|many` in the dictionary.
    #[must_use]
    pub fn counted<'k>(&'k self, key: &'k str, is_one: bool) -> &'k str {
        match self.say(key).split_once('|') {
            Some((one, many)) => {
                if is_one {
                    one
                } else {
                    many
                }
            }
            None => self.say(key),
        }
    }

    /// A count with its thing: `3 steps`.
    #[must_use]
    pub fn count(&self, number: u64, key: &str) -> String {
        let mut text = String::new();
        self.push_number(&number.to_string(), &mut text);
        format!("{text} {}", self.counted(key, number == 1))
    }

    /// Appends a number that is written as programs write it (`-12000.5`) in the language's form.
    /// Only five digits and more are set apart, so that a year or a seat count reads as usual.
    pub fn push_number(&self, digits: &str, out: &mut String) {
        const TOGETHER: usize = 4;
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let length = whole.trim_start_matches('-').len();
        let sign = whole.len() - length;
        for (place, digit) in whole.chars().enumerate() {
            let behind = whole.len() - place;
            if length > TOGETHER && place > sign && behind.is_multiple_of(3) {
                out.push_str(self.say("numbers.group"));
            }
            out.push(digit);
        }
        if !fraction.is_empty() {
            out.push_str(self.say("numbers.decimal"));
            out.push_str(fraction);
        }
    }
}

impl Voice {
    /// Speaks `language`, in the days of an IANA zone; UTC where it is none.
    #[must_use]
    pub fn new(language: Language, zone: &str) -> Self {
        let found = TimeZone::get(zone).ok();
        Self {
            words: language.dictionary(),
            zone_name: if found.is_some() { zone } else { "UTC" }.to_owned(),
            zone: found.unwrap_or(TimeZone::UTC),
        }
    }

    /// The zone's name.
    #[must_use]
    pub fn zone(&self) -> &str {
        &self.zone_name
    }

    /// A moment in the zone, as the language writes it; seconds only where there are any. What
    /// must be exact is written by programs for programs.
    #[must_use]
    pub fn moment(&self, time: Time) -> String {
        let second = time.0.div_euclid(SECOND_MS).rem_euclid(60);
        let minute = self.minute(time);
        if second == 0 {
            minute
        } else {
            format!("{minute}:{second:02}")
        }
    }

    /// The same to the minute, for what stands in columns.
    #[must_use]
    pub fn minute(&self, time: Time) -> String {
        let Ok(timestamp) = jiff::Timestamp::from_millisecond(time.0) else {
            return time.to_string();
        };
        let local = timestamp.to_zoned(self.zone.clone());
        let clock = format!("{:02}:{:02}", local.hour(), local.minute());
        let month = format!("months.{}", local.month());
        self.words.fill(
            "dates.moment",
            &[
                ("day", &local.day().to_string()),
                ("month", self.words.say(&month)),
                ("year", &local.year().to_string()),
                ("time", &clock),
            ],
        )
    }
}

/// Every text of a table under the path to it.
fn flatten(path: &str, table: &DeTable<'_>, into: &mut BTreeMap<String, String>) {
    for (key, value) in table {
        let key = key.get_ref();
        let path = if path.is_empty() {
            key.to_string()
        } else {
            format!("{path}.{key}")
        };
        match value.get_ref() {
            DeValue::Table(inner) => flatten(&path, inner, into),
            DeValue::String(text) => {
                into.insert(path, text.to_string());
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests;
