//! The catalogue: what every feature is called, what it means and how it is computed.
//!
//! This is the one place; `puls features` prints it and `FEATURES.md` is generated from it. The
//! formulas are exact: with [`TERMS`], a second program can be written from them that gives the
//! same numbers to the bit. A meaning that was shipped never changes; a correction is a new name.
//! Nothing here computes anything.

mod commercial;
mod peers;
mod people;
mod support;
mod usage;

use std::borrow::Cow;
use std::fmt::Write;
use std::sync::LazyLock;

use crate::model::Kind;

/// What a feature's number is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    /// A number.
    Number,
    /// Days (of 86,400,000 ms, with a fraction) since a moment; a rule may name `wake` values.
    DaysSince,
    /// Days (of 86,400,000 ms, with a fraction) until a moment; a rule may name `wake` values.
    DaysUntil,
    /// A text, as its place in the rule's value list: 0, 1, 2 …, −1 for any other text.
    Text,
}

/// A feature as it is documented.
#[derive(Clone, Copy, Debug)]
pub struct Feature {
    /// Name; `<…>` stands for what a tenant names.
    pub name: &'static str,
    /// Unit.
    pub unit: &'static str,
    /// What it says, in a sentence.
    pub meaning: &'static str,
    /// How it is computed, in the words of [`TERMS`].
    pub formula: &'static str,
    /// When it moves without an event.
    pub resolution: &'static str,
    /// When it is missing.
    pub missing: &'static str,
    /// Where the definition comes from.
    pub source: &'static str,
    /// Kinds of event that can move it.
    pub kinds: &'static [Kind],
    /// What the number is.
    pub form: Form,
}

impl Feature {
    /// [`Feature::kinds`] as a bit mask: `1 << Kind as u8`.
    #[must_use]
    pub fn kinds_mask(&self) -> u16 {
        self.kinds
            .iter()
            .fold(0, |mask, kind| mask | 1 << (*kind as u8))
    }
}

/// Moves at the start of an hour.
const HOURLY: &str = "hour";
/// Moves at local midnight.
const DAILY: &str = "local day";
/// Moves with every millisecond.
const EXACT: &str = "exact";
/// Moves with events only.
const EVENTS: &str = "events only";

/// The words in which formulas are written, with their exact meaning.
pub const TERMS: &[(&str, &str)] = &[
    (
        "known",
        "An event is known from its `at` on: at `now`, features are computed from the events with \
         `at` ≤ `now` and from no other. An event that arrives ahead of its time (at most a day) \
         waits until then; it causes no evaluation of its own when it becomes known.",
    ),
    (
        "day",
        "A local day of the tenant's zone (`time_zone` of the settings), from its first instant to \
         the first instant of the next; it may last 23 or 25 hours. *Today* is the day of `now`.",
    ),
    ("hour", "An hour of UTC: `floor(at / 3,600,000 ms)`."),
    ("1d, 7d", "The current hour and the 23, or 167, before it."),
    (
        "28d, 90d, 365d",
        "Today and the 27, 89 or 364 days before it.",
    ),
    (
        "days",
        "Where a span is given in days, one day is 86,400,000 ms and the fraction stays; hours are \
         3,600,000 ms. `since(t)` = max(0, now − t) in days; `until(t)` = (t − now) in days, \
         negative once t has passed.",
    ),
    (
        "latest",
        "Of several statements of one field the one with the greatest (`at`, id) holds; an event \
         that does not have the field says nothing about it. Ids compare as their 128-bit hashes.",
    ),
    (
        "role",
        "A contact's role as it is now: the latest role in its contact events (`joined` without a \
         role says `user`; `left` without a role says nothing). A change counts for all its past. \
         A contact without contact events has no role.",
    ),
    (
        "activity",
        "A usage event whose metric is one of the settings' `activity_metrics` (any, where the \
         list is empty), unless its contact has the role `internal` or `service`. An event \
         without a contact counts. Metrics are judged by the settings under which the event was \
         folded in.",
    ),
    (
        "paid",
        "A license that is in force and whose latest `trial` is not true. A license is in force \
         unless the latest of its `started`, `renewed` and `ended` is `ended`; the end of its term \
         alone ends nothing.",
    ),
    (
        "money",
        "Millionths of the tenant's currency: amount × rate (in billionths), summed exactly and \
         rounded once to a millionth, halves away from zero. The rate is the one with the latest \
         `from` ≤ today; the tenant's own currency, and an amount without a currency, has rate 1.",
    ),
    (
        "ticket",
        "The changes with one ticket name, in order of (`at`, change in the order opened, \
         responded, escalated, reopened, resolved, closed, id). It is *open* unless the last of \
         its opened, reopened, resolved and closed changes is resolved or closed. *Opened at* is \
         its earliest opened change; without one it is unknown. *Open time* is the sum of the \
         spans from an opened or reopened change that meets it not open to the next resolved or \
         closed one. *First response* is its earliest responded change. A ticket that is not open \
         is forgotten 800 days after its last change.",
    ),
    (
        "answer",
        "A survey event `answered` with a score, in the streams relational, product or support; \
         repeats of an id are one answer. `nps` answers are brought to a scale of 10, `csat` \
         answers to a scale of 5: score × 10 (or 5) / scale, rounded to a millionth, halves away \
         from zero; without a scale it is 10 for nps and 5 for csat. Other questions (`ces`, a \
         tenant's own) have no common scale or direction: a tenant declares what it asks of them \
         under `custom.`, as the mean of `score` where `survey` is that one.",
    ),
    (
        "sums, means, shares",
        "Sums are exact, in integers of millionths (times in ms); a mean or share is one division \
         of two sums as f64. Percent is `100 × a / b`, computed as (100 × a) as f64 / b as f64.",
    ),
    (
        "peers",
        "The accounts of the tenant with the same `segment` (those without one are each other's \
         peers) that had the feature at the end of the *day in use*, the account itself among \
         them; stages `prospect`, `paused` and `churned` do not count. The day in use is the day \
         before yesterday, or, where a shard was away for too long, the last day of which all \
         counts are there. Fewer than 10 peers are too few: one account would be more than a \
         tenth of them. Of more than 64 segments those with the smallest hashes have peers.",
    ),
    (
        "buckets",
        "Peers are counted in fixed buckets, so that counts add up over machines and nobody's \
         number is kept. Values count in units of 1, percent and hours in quarters, rounded down. \
         Below 32 units each number is a bucket; from there on a doubling has 16. The middle of a \
         bucket of whole numbers a to b is (a + b) / 2 units. So a median of counts is exact below \
         32, and off by at most 1/32 above; one of percent or hours is off by at most a quarter, \
         or 1/32 above 8.",
    ),
    (
        "capped",
        "Where a limit binds, the entries with the smallest hashes stay, and the features of that \
         family say `capped` until 400 days after the last entry that was left out.",
    ),
];

static CATALOGUE: LazyLock<Vec<Feature>> = LazyLock::new(|| {
    let mut all = [
        usage::FEATURES,
        commercial::FEATURES,
        support::FEATURES,
        people::FEATURES,
        peers::SCORES,
        peers::FEATURES,
    ]
    .concat();
    // A family stands together, whoever wrote it.
    let families: Vec<&str> = all.iter().map(|feature| family(feature.name)).collect();
    all.sort_by_key(|feature| families.iter().position(|of| *of == family(feature.name)));
    all
});

fn family(name: &str) -> &str {
    name.split_once('.').map_or(name, |(family, _)| family)
}

/// The feature that says how old what stands behind a feature is: an answer, a judgement. None for
/// features that are not answers, which are as old as the moment for which they are computed.
#[must_use]
pub fn age_of(name: &str) -> Option<Cow<'static, str>> {
    if let Some(factor) = name.strip_prefix("assessment.") {
        let is_age = factor.ends_with("_age_days");
        return (!is_age).then(|| Cow::Owned(format!("assessment.{factor}_age_days")));
    }
    let (_, age) = AGES.iter().find(|(answers, _)| answers.contains(&name))?;
    Some(Cow::Borrowed(age))
}

/// Features that are answers, with the feature that says how old the newest of them is.
const AGES: &[(&[&str], &str)] = &[
    (
        &[
            "survey.nps_latest",
            "survey.nps_lowest_365d",
            "survey.nps_mean_365d",
            "survey.nps_role_weighted",
        ],
        "survey.nps_age_days",
    ),
    (
        &[
            "survey.csat_latest",
            "survey.csat_mean_90d",
            "survey.csat_lowest_90d",
        ],
        "survey.csat_age_days",
    ),
];

/// All features, family by family; those that tenants name stand with `<…>` in their names.
#[must_use]
pub fn catalogue() -> &'static [Feature] {
    &CATALOGUE
}

/// The catalogue as the page `FEATURES.md`.
#[must_use]
pub fn markdown() -> String {
    let mut page = String::from(
        "# Features\n\n\
         Generated from the catalogue (`engine/src/features/catalogue.rs`); do not edit. To write \
         it anew: `PULS_BLESS=1 cargo test -p puls --lib features::catalogue`.\n\n\
         A feature is one number that describes an account now. It may be missing, and missing is \
         never 0.\n\n## Terms\n\n",
    );
    for (term, meaning) in TERMS {
        page.push_str(&format_line(&["- **", term, "**: ", meaning, "\n"]));
    }
    let mut last = "";
    for feature in catalogue() {
        if family(feature.name) != last {
            last = family(feature.name);
            page.push_str(&format_line(&["\n## ", last, "\n"]));
        }
        describe(feature, &mut page);
    }
    page
}

fn format_line(parts: &[&str]) -> String {
    parts.concat()
}

fn describe(feature: &Feature, page: &mut String) {
    let kinds: Vec<&str> = feature.kinds.iter().map(|kind| kind.as_str()).collect();
    let wake = match feature.form {
        Form::DaysSince | Form::DaysUntil => " A rule may name `wake` values.",
        Form::Text => " Reaches a rule as a place in its value list.",
        Form::Number => "",
    };
    let Feature {
        name,
        unit,
        meaning,
        formula,
        resolution,
        missing,
        source,
        ..
    } = feature;
    let kinds = match family(name) {
        "custom" => "the declared one".to_owned(),
        "score" => "none".to_owned(),
        _ => kinds.join(", "),
    };
    let written = write!(
        page,
        "\n### `{name}`\n\n{meaning}{wake}\n\n\
         | unit | resolution | kinds | source |\n|---|---|---|---|\n\
         | {unit} | {resolution} | {kinds} | {source} |\n\n\
         - formula: {formula}\n- missing: {missing}\n"
    );
    written.expect("writing to a String does not fail");
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::{AGES, age_of, catalogue, markdown};

    /// The page beside the crate is the one that the catalogue gives.
    #[test]
    fn the_page_is_up_to_date() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("FEATURES.md");
        if std::env::var_os("PULS_BLESS").is_some() {
            #[expect(clippy::disallowed_methods, reason = "a page of documentation")]
            std::fs::write(&path, markdown()).unwrap();
        }
        let page = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            page == markdown(),
            "engine/FEATURES.md is not what the catalogue says; write it anew with \
             `PULS_BLESS=1 cargo test -p puls --lib features::catalogue`"
        );
    }

    #[test]
    fn an_answer_has_an_age_and_an_age_has_none() {
        for (name, age) in [
            ("survey.nps_latest", Some("survey.nps_age_days")),
            ("survey.csat_mean_90d", Some("survey.csat_age_days")),
            ("assessment.trust", Some("assessment.trust_age_days")),
            ("assessment.<factor>", Some("assessment.<factor>_age_days")),
            ("assessment.trust_age_days", None),
            ("survey.csat_age_days", None),
            ("usage.events_28d", None),
            ("nonsense", None),
        ] {
            assert_eq!(age_of(name).as_deref(), age, "{name}");
        }
        let names: BTreeSet<_> = catalogue().iter().map(|feature| feature.name).collect();
        for (answers, age) in AGES {
            let mut all = answers.iter().chain([age]);
            assert!(all.all(|name| names.contains(name)), "{answers:?} {age}");
        }
    }

    #[test]
    fn names_are_unique_and_every_field_says_something() {
        let mut names = BTreeSet::new();
        for feature in catalogue() {
            assert!(names.insert(feature.name), "{} stands twice", feature.name);
            let texts = [
                feature.unit,
                feature.meaning,
                feature.formula,
                feature.missing,
                feature.source,
            ];
            assert!(
                texts.iter().all(|text| !text.is_empty()),
                "{}",
                feature.name
            );
        }
        assert!(names.len() >= 45, "{} features", names.len());
    }
}
