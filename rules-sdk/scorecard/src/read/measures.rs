//! Measures and their factors, those of the card and those of its variants.

use std::collections::BTreeSet;

use puls_table::{Table, Value, hint, list, nearest};
use puls_wire::{MEASURES_MAX, NAME_BYTES_MAX, PARTS_MAX};

use super::context::{Context, Meaning, Plain, Reader};
use super::scale::scale;
use super::texts::sentence;
use crate::mentions;
use crate::{Entry, Factor, Measure, Missing, Number};

/// Days that data may be valid for, at most: a hundred years.
const VALID_DAYS_MAX: f64 = 36_500.0;

/// What may stand in a factor.
const FACTOR_KEYS: [&str; 11] = [
    "name",
    "feature",
    "weight",
    "line",
    "bands",
    "values",
    "otherwise",
    "missing",
    "valid_for_days",
    "baseline",
    "reason",
];

/// The variant that measures belong to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Owner<'n> {
    /// Its index.
    pub(super) index: usize,
    pub(super) name: &'n str,
}

/// All measures as they are read.
#[derive(Debug, Default)]
pub(super) struct Measures {
    /// Those without a problem.
    read: Vec<Measure>,
    /// Names of the card's own, in their order.
    own: Vec<String>,
    /// Full names.
    names: BTreeSet<String>,
    /// Full names of factors.
    parts: BTreeSet<String>,
    measure_count: usize,
    part_count: usize,
}

impl Measures {
    /// Reads the measures of the card, or of one variant.
    pub(super) fn add(
        &mut self,
        context: &mut Context<'_>,
        tables: &[Table<'_>],
        owner: Option<Owner<'_>>,
    ) {
        let before = self.read.len();
        let mut weights = Vec::new();
        for table in tables {
            if let Some(measure) = self.measure(context, *table, owner) {
                weights.push(measure.weight);
                self.read.push(measure);
            }
        }
        let Some(first) = tables.first() else { return };
        // What a variant leaves as it is counts too.
        let replaced: Vec<_> = self
            .read
            .iter()
            .skip(before)
            .map(|measure| measure.replaces)
            .collect();
        let kept = self.read.iter().take(self.own.len()).enumerate();
        let kept = kept.filter(|(index, _)| owner.is_some() && !replaced.contains(&Some(*index)));
        weights.extend(kept.map(|(_, measure)| measure.weight));
        let all_read = self.read.len() - before == tables.len();
        context.report.check(
            !all_read || weights.iter().any(|weight| *weight > 0.0),
            first.at,
            || {
                "expected at least one measure with a weight above 0, found only 0, so there \
                 would never be a score; give the measures weights"
                    .to_owned()
            },
        );
    }

    /// What was read.
    pub(super) fn into_read(self) -> Vec<Measure> {
        self.read
    }

    fn measure(
        &mut self,
        context: &mut Context<'_>,
        table: Table<'_>,
        owner: Option<Owner<'_>>,
    ) -> Option<Measure> {
        table.only(&["name", "title", "weight", "factors"], &mut context.report);
        self.measure_count += 1;
        context
            .report
            .check(self.measure_count != MEASURES_MAX + 1, table.at, || {
                format!(
                    "expected at most {MEASURES_MAX} measures, those of all variants together, \
                     found more"
                )
            });
        let name = table.name(&mut context.report);
        let plain = name.map_or("", |name| name.text);
        let full = name.and_then(|name| {
            let full = full_name(context, owner, name.text, name.at)?;
            let new = self.names.insert(full.clone());
            context.report.check(new, name.at, || {
                format!(
                    "expected each measure once, found a second one named `{full}`; rename or \
                     remove one"
                )
            });
            Some(full)
        });
        let replaces = match (owner, name) {
            (None, _) => {
                self.own.push(plain.to_owned());
                None
            }
            (Some(_), None) => None,
            (Some(_), Some(name)) => {
                let index = self.own.iter().position(|own| own == name.text);
                context.report.check(index.is_some(), name.at, || {
                    let own = || self.own.iter().map(String::as_str);
                    format!(
                        "expected the name of a measure of the card, which it replaces ({}), \
                         found `{}`{}",
                        list(own(), "or"),
                        name.text,
                        hint(name.text, own(), "name one of them")
                    )
                });
                index
            }
        };
        let title = table.title(plain, &mut context.report);
        let weight = table
            .need("weight", "40", &mut context.report)
            .and_then(|weight| weight.weight(&mut context.report));
        let factors = self.factors(context, table, owner);
        Some(Measure {
            name: full?,
            title,
            weight: weight?,
            variant: owner.map(|owner| owner.index),
            replaces,
            factors: factors?,
        })
    }

    fn factors(
        &mut self,
        context: &mut Context<'_>,
        table: Table<'_>,
        owner: Option<Owner<'_>>,
    ) -> Option<Vec<Factor>> {
        let tables = table.tables("factors", "a factor", &mut context.report);
        let some = context.report.check(!tables.is_empty(), table.at, || {
            "expected at least one factor in the measure, found none; add [[measures.factors]] \
             below it (in a variant [[variants.measures.factors]])"
                .to_owned()
        });
        let factors: Vec<_> = tables
            .iter()
            .map(|table| self.factor(context, *table, owner))
            .collect();
        let factors: Vec<Factor> = factors.into_iter().collect::<Option<_>>()?;
        let weighs = !some || factors.iter().any(|factor| factor.weight > 0.0);
        context.report.check(weighs, table.at, || {
            "expected at least one factor with a weight above 0 in the measure, found only 0; \
             give them weights"
                .to_owned()
        });
        Some(factors)
    }

    fn factor(
        &mut self,
        context: &mut Context<'_>,
        table: Table<'_>,
        owner: Option<Owner<'_>>,
    ) -> Option<Factor> {
        table.only(&FACTOR_KEYS, &mut context.report);
        self.part_count += 1;
        context
            .report
            .check(self.part_count != PARTS_MAX + 1, table.at, || {
                format!(
                    "expected at most {PARTS_MAX} factors, those of all variants together, found \
                     more"
                )
            });
        let name = table.name(&mut context.report).and_then(|name| {
            let full = full_name(context, owner, name.text, name.at)?;
            let new = self.parts.insert(full.clone());
            context.report.check(new, name.at, || {
                format!(
                    "expected each factor once in the card, found a second one named `{full}`; \
                     rename or remove one"
                )
            });
            Some(full)
        });
        let weight = table
            .need("weight", "10", &mut context.report)
            .and_then(|weight| weight.weight(&mut context.report));
        let feature = table
            .need("feature", "\"license.seats\"", &mut context.report)
            .and_then(|value| feature(context, value));
        let missing = table
            .get("missing")
            .map_or(Some(Missing::Exclude), |value| missing(context, value));
        let baseline = table.get("baseline").map_or(Some(100.0), |value| {
            value.within((0.0, 100.0), &mut context.report)
        });
        let reason = table.need(
            "reason",
            "\"Active on {} of the last 28 days\"",
            &mut context.report,
        );
        let number = feature.as_ref().map(|(number, _)| number);
        let entry = feature.as_ref().map(|(_, entry)| *entry);
        let valid_for = table
            .get("valid_for_days")
            .map(|value| valid_for(context, value, entry));
        let text = entry.flatten().filter(|it| it.form == crate::Form::Text);
        let scale = scale(context, table, number, text);
        let behind = number.map(|number| mentions::of_number(number, &context.derived));
        let reason =
            reason.and_then(|value| sentence(context, value, behind.as_deref(), Reader::Score));
        Some(Factor {
            name: name?,
            weight: weight?,
            value: feature?.0,
            scale: scale?,
            valid_for: valid_for.map_or(Some(None), |found| found.map(Some))?,
            missing: missing?,
            baseline: baseline?,
            reason: reason?,
        })
    }
}

/// The name as it is in the manifest.
fn full_name(
    context: &mut Context<'_>,
    owner: Option<Owner<'_>>,
    name: &str,
    at: usize,
) -> Option<String> {
    let full = owner.map_or_else(|| name.to_owned(), |owner| format!("{}.{name}", owner.name));
    let good = full.len() <= NAME_BYTES_MAX;
    context.report.check(good, at, || {
        format!(
            "expected `{full}`, the names of variant and this together, to have at most \
             {NAME_BYTES_MAX} characters, found {}; shorten one",
            full.len()
        )
    });
    good.then_some(full)
}

/// The number that a factor is about, and its entry if it is a feature itself.
fn feature<'c>(context: &mut Context<'c>, value: Value<'_>) -> Option<(Number, Option<&'c Entry>)> {
    let name = value.text(&mut context.report)?;
    let meaning = context.meaning(name.text, name.at, Reader::Score)?;
    let entry = match meaning {
        Meaning::Text(entry) | Meaning::Feature(entry) => Some(entry),
        Meaning::Other(Plain::Derived(_)) => None,
        Meaning::Other(Plain::ScoreNow) => return None,
        Meaning::Other(Plain::Parameter(_)) => {
            context.report.problem(
                name.at,
                format!(
                    "expected the name of a feature, found the parameter `{}`, which is the same \
                     for every customer",
                    name.text
                ),
            );
            return None;
        }
    };
    Some((context.number(meaning, name.at), entry))
}

fn missing(context: &mut Context<'_>, value: Value<'_>) -> Option<Missing> {
    const WORDS: [&str; 3] = ["exclude", "neutral", "worst"];
    let word = value.text(&mut context.report)?;
    match word.text {
        "exclude" => Some(Missing::Exclude),
        "neutral" => Some(Missing::Neutral),
        "worst" => Some(Missing::Worst),
        other => {
            let what = nearest(other, WORDS).map_or_else(
                || "\"exclude\", \"neutral\" (50 points) or \"worst\" (0 points)".to_owned(),
                |near| format!("\"exclude\", \"neutral\" or \"worst\" (probably \"{near}\")"),
            );
            value.expected(&what, &mut context.report);
            None
        }
    }
}

fn valid_for(
    context: &mut Context<'_>,
    value: Value<'_>,
    entry: Option<Option<&Entry>>,
) -> Option<(Number, f64)> {
    let days = value.within((0.0, VALID_DAYS_MAX), &mut context.report);
    context.report.check(days != Some(0.0), value.at, || {
        "expected `valid_for_days` to be more than 0, found 0, with which all data would be \
         missing; write how many days an answer counts, or remove the line"
            .to_owned()
    });
    // Of a wrong feature nobody knows whether it has an age.
    let age = entry?
        .and_then(|entry| entry.age.as_deref())
        .and_then(|age| context.entry(age));
    let Some(age) = age else {
        context.report.problem(
            value.key_at,
            "expected `valid_for_days` only for a feature whose age is known, such as the latest \
             answer to a survey, found it for one that is always current or derived; remove it",
        );
        return None;
    };
    let age = Number::Feature(context.column(age, value.at));
    let days = days?;
    context.threshold(&age, &Number::Literal(days));
    Some((age, days))
}
