//! What a rule said of a case, in the words in which cases expect it, and how the two differ.

use puls_wire::{FeatureUse, Manifest, POINTS_NONE, SCORE_MAX, Status, Verdict};

use crate::{Expect, Known, Subject};

/// What a rule said.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Found {
    /// Ten-thousandths of a point; `None` where there is no score.
    pub score: Option<i64>,
    /// Tier without memory, `unknown` or `not_scored`.
    pub tier: String,
    /// Hundredths of a percent.
    pub coverage: i64,
    /// Ranked, as people read them.
    pub reasons: Vec<String>,
    /// Names of those that hold, in the manifest's order.
    pub exceptions: Vec<String>,
    /// Names of those that are asked for, in the manifest's order.
    pub triggers: Vec<String>,
}

/// One thing that is not as it was expected.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mismatch {
    /// What: `score`, `tier`, `coverage`, `reasons`, `exceptions` or `triggers`.
    pub what: &'static str,
    /// As it should be, one line each.
    pub expected: Vec<String>,
    /// As it is, one line each.
    pub found: Vec<String>,
}

/// All that is not as it was expected.
#[must_use]
pub fn judge(expect: &Expect, found: &Found) -> Vec<Mismatch> {
    let mut all = Vec::new();
    let mut differ = |what, expected: Vec<String>, found: Vec<String>| {
        if expected != found {
            let mismatch = Mismatch {
                what,
                expected,
                found,
            };
            all.push(mismatch);
        }
    };
    if let Some(score) = expect.score {
        differ(
            "score",
            vec![score_text(score)],
            vec![score_text(found.score)],
        );
    }
    if let Some(tier) = &expect.tier {
        differ("tier", vec![tier.clone()], vec![found.tier.clone()]);
    }
    if let Some(coverage) = expect.coverage {
        let percent = |it| vec![format!("{} %", hundredths(it))];
        differ("coverage", percent(coverage), percent(found.coverage));
    }
    if let Some(reasons) = &expect.reasons {
        let begin: Vec<_> = found.reasons.iter().take(reasons.len()).cloned().collect();
        // What follows the expected ones is shown where they differ, and where none is expected.
        if reasons.is_empty() || begin != *reasons {
            differ("reasons", reasons.clone(), found.reasons.clone());
        }
    }
    let mut names = |what, expected: &Option<Vec<String>>, found: &[String]| {
        if let Some(expected) = expected {
            let sorted = |names: &[String]| {
                let mut names = names.to_vec();
                names.sort();
                names
            };
            differ(what, sorted(expected), sorted(found));
        }
    };
    names("exceptions", &expect.exceptions, &found.exceptions);
    names("triggers", &expect.triggers, &found.triggers);
    all
}

fn score_text(score: Option<i64>) -> String {
    score.map_or_else(|| "none".to_owned(), points)
}

/// Ten-thousandths of a point as people write them: without zeros at the end.
#[must_use]
pub fn points(score: i64) -> String {
    decimal(score, 4)
}

/// Hundredths as people write them: without zeros at the end.
#[must_use]
pub fn hundredths(value: i64) -> String {
    decimal(value, 2)
}

/// `value × 10^-places` without zeros at the end.
fn decimal(value: i64, places: u32) -> String {
    let unit = 10_i64.pow(places);
    let sign = if value < 0 { "-" } else { "" };
    let (whole, rest) = (value.abs() / unit, value.abs() % unit);
    let width = usize::try_from(places).unwrap_or(0);
    let text = format!("{sign}{whole}.{rest:0width$}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// The row of a case of features, in the manifest's order; NaN is missing. Empty for a story.
#[must_use]
pub fn row(subject: &Subject, manifest: &Manifest) -> Vec<f64> {
    let Subject::Features(known) = subject else {
        return Vec::new();
    };
    let value = |used: &FeatureUse| match known.get(&used.name) {
        None => f64::NAN,
        Some(Known::Number(number)) => *number,
        Some(Known::Text(text)) => {
            let place = used.values.iter().position(|it| it == text);
            let code = place.and_then(|place| u16::try_from(place).ok());
            code.map_or(-1.0, f64::from)
        }
    };
    manifest.features.iter().map(value).collect()
}

impl Found {
    /// What a verdict on a row says, for whoever has no engine: a rule's native tests. It says what
    /// the engine says of an account without an override.
    #[must_use]
    pub fn new(manifest: &Manifest, row: &[f64], verdict: &Verdict) -> Self {
        let score = verdict.has_score().then(|| verdict.score());
        let inside = matches!(verdict.status, Status::Scored | Status::NoScore);
        let holding = |bits: u64, names: Vec<&str>| -> Vec<String> {
            let named = names.into_iter().enumerate();
            let holding = named.filter(|(place, _)| inside && bits >> place & 1 == 1);
            holding.map(|(_, name)| name.to_owned()).collect()
        };
        let exceptions = manifest.exceptions.iter().map(|it| it.name.as_str());
        let triggers = manifest.triggers.iter().map(|it| it.name.as_str());
        Self {
            score,
            tier: tier(manifest, verdict, score).to_owned(),
            coverage: i64::from(verdict.coverage),
            reasons: reasons(manifest, row, verdict),
            exceptions: holding(verdict.exceptions, exceptions.collect()),
            triggers: holding(verdict.triggers, triggers.collect()),
        }
    }
}

fn tier<'m>(manifest: &'m Manifest, verdict: &Verdict, score: Option<i64>) -> &'m str {
    if !matches!(verdict.status, Status::Scored | Status::NoScore) {
        return "not_scored";
    }
    let is_sure = verdict.exceptions != 0 || verdict.coverage >= manifest.coverage_min;
    let Some(score) = score.filter(|_| is_sure) else {
        return "unknown";
    };
    let bands = &manifest.tiers.bands;
    let unit = f64::from(SCORE_MAX / 100);
    #[expect(
        clippy::cast_possible_truncation,
        reason = "points from 0 to 100 in ten-thousandths"
    )]
    let from = |points: f64| (points * unit).round() as i64;
    let found = bands.iter().find(|band| score >= from(band.from));
    let band = found.or(bands.last());
    band.map_or("unknown", |band| band.name.as_str())
}

/// First the exceptions that hold, where they lowered the score or made one; then the parts that
/// cost the customer something, by effective weight × (baseline − points), ties by their order.
fn reasons(manifest: &Manifest, row: &[f64], verdict: &Verdict) -> Vec<String> {
    let is_made = verdict.parts.iter().all(|part| part.weight == 0);
    let is_forced = verdict.adjust < 0 || is_made;
    let inside = matches!(verdict.status, Status::Scored | Status::NoScore);
    let exceptions = manifest.exceptions.iter().enumerate();
    let forced = exceptions
        .filter(|(place, _)| is_forced && inside && verdict.exceptions >> place & 1 == 1)
        .map(|(_, exception)| exception.text.as_str());
    let mut ranked = Vec::new();
    for (part, said) in manifest.parts.iter().zip(&verdict.parts) {
        let Some(reason) = manifest.reason(said.reason) else {
            continue;
        };
        #[expect(
            clippy::cast_possible_truncation,
            reason = "points from 0 to 100 in hundredths"
        )]
        let baseline = (part.baseline * 100.0).round() as i64;
        let rank = i64::from(said.weight) * (baseline - i64::from(said.points));
        if said.points != POINTS_NONE && rank > 0 {
            ranked.push((rank, reason.text.as_str()));
        }
    }
    ranked.sort_by_key(|(rank, _)| std::cmp::Reverse(*rank));
    let texts = forced.chain(ranked.into_iter().map(|(_, text)| text));
    texts.map(|text| fill(text, manifest, row)).collect()
}

/// The sentence with the values of the row in the places of their names.
fn fill(text: &str, manifest: &Manifest, row: &[f64]) -> String {
    let mut filled = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let place = after.split_once('}').and_then(|(name, tail)| {
            let index = manifest.feature_index(name)?;
            Some((index, tail))
        });
        if let Some((index, tail)) = place {
            let value = row.get(index).copied().unwrap_or(f64::NAN);
            let values = manifest.features.get(index).map(|it| it.values.as_slice());
            filled.push_str(&value_text(value, values.unwrap_or_default()));
            rest = tail;
        } else {
            filled.push('{');
            rest = after;
        }
    }
    filled.push_str(rest);
    filled
}

/// A number with one decimal at most, or the text that a code means.
fn value_text(value: f64, values: &[String]) -> String {
    if value.is_nan() {
        return "no data".to_owned();
    }
    if !values.is_empty() {
        let codes = values.iter().zip(0_u16..);
        let mut codes = codes.filter(|(_, code)| f64::from(*code).to_bits() == value.to_bits());
        return codes
            .next()
            .map_or_else(|| "another value".to_owned(), |(text, _)| text.clone());
    }
    // In millionths, as the engine keeps numbers, then in tenths.
    let millionths = (value * 1e6).round();
    if millionths.abs() < 9_223_372_036_854_775_808.0 {
        #[expect(clippy::cast_possible_truncation, reason = "within range, see above")]
        let millionths = millionths as i64;
        let tenths = millionths.saturating_abs().saturating_add(50_000) / 100_000;
        return decimal(tenths * millionths.signum(), 1);
    }
    format!("{value:e}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found() -> Found {
        Found {
            score: Some(412_500),
            tier: "watch".into(),
            coverage: 6_000,
            reasons: vec!["a".into(), "b".into()],
            exceptions: vec!["x".into(), "y".into()],
            triggers: Vec::new(),
        }
    }

    /// What is expected, and what of it is not as it should be.
    #[test]
    #[expect(clippy::too_many_lines, reason = "a table, and what reads it")]
    fn only_what_is_expected_is_looked_at() {
        let none = Expect::default();
        let cases = [
            (none.clone(), ""),
            (
                Expect {
                    score: Some(Some(412_500)),
                    ..none.clone()
                },
                "",
            ),
            (
                Expect {
                    score: Some(Some(412_501)),
                    ..none.clone()
                },
                "score 41.2501/41.25",
            ),
            (
                Expect {
                    score: Some(None),
                    ..none.clone()
                },
                "score none/41.25",
            ),
            (
                Expect {
                    tier: Some("healthy".into()),
                    ..none.clone()
                },
                "tier healthy/watch",
            ),
            (
                Expect {
                    coverage: Some(6_050),
                    ..none.clone()
                },
                "coverage 60.5 %/60 %",
            ),
            (
                Expect {
                    reasons: Some(vec!["a".into()]),
                    ..none.clone()
                },
                "",
            ),
            (
                Expect {
                    reasons: Some(vec!["b".into()]),
                    ..none.clone()
                },
                "reasons b/a,b",
            ),
            (
                Expect {
                    reasons: Some(Vec::new()),
                    ..none.clone()
                },
                "reasons /a,b",
            ),
            (
                Expect {
                    exceptions: Some(vec!["y".into(), "x".into()]),
                    ..none.clone()
                },
                "",
            ),
            (
                Expect {
                    exceptions: Some(vec!["x".into()]),
                    ..none.clone()
                },
                "exceptions x/x,y",
            ),
            (
                Expect {
                    triggers: Some(Vec::new()),
                    ..none
                },
                "",
            ),
        ];
        for (expect, told) in cases {
            let mismatches = judge(&expect, &found());
            let line = |it: &Mismatch| {
                format!(
                    "{} {}/{}",
                    it.what,
                    it.expected.join(","),
                    it.found.join(",")
                )
            };
            let lines: Vec<_> = mismatches.iter().map(line).collect();
            assert_eq!(lines.join("; "), told, "{expect:?}");
        }
    }

    #[test]
    fn values_are_written_as_people_read_them() {
        let table = [
            (3.0, "3"),
            (3.15, "3.2"),
            (-0.04, "0"),
            (-2.55, "-2.6"),
            (1e300, "1e300"),
            (f64::NAN, "no data"),
        ];
        for (value, text) in table {
            assert_eq!(value_text(value, &[]), text);
        }
        let texts = ["gold".to_owned(), "silver".to_owned()];
        assert_eq!(value_text(1.0, &texts), "silver");
        assert_eq!(value_text(-1.0, &texts), "another value");
        assert_eq!([points(-2_050), points(1_000_000)], ["-0.205", "100"]);
    }
}
