//! What is wrong with an additive model.

use std::collections::BTreeSet;

use puls_scorecard::{Catalogue, Form};

use super::{Additive, Line, Step, Term};
use crate::limits::{LEAF_VALUE_MAX, STEPS_MAX};
use crate::names::{hint, is_name, is_text, is_version, shown};
use crate::problem::Report;

/// The one form there is.
const FORM: &str = "puls-additive/1";

pub(super) fn check(model: &Additive, catalogue: &Catalogue, report: &mut Report) {
    let form = &model.form;
    report.check(form == FORM, 0, || {
        format!("expected `form` to be \"{FORM}\", found {}", shown(form))
    });
    let name = &model.name;
    report.check(is_name(name), 0, || {
        format!(
            "expected `name` to be 1 to 64 of a-z 0-9 . _ -, found {}",
            shown(name)
        )
    });
    let version = &model.version;
    report.check(is_version(version), 0, || {
        format!(
            "expected `version` to be a word such as 1.0.0, found {}",
            shown(version)
        )
    });
    amount("intercept", model.intercept, report);
    report.check(!model.features.is_empty(), 0, || {
        "expected at least one of `features`, found none".to_owned()
    });
    let mut seen = BTreeSet::new();
    for (index, term) in model.features.iter().enumerate() {
        let place = format!("features[{index}] ({})", shown(&term.feature));
        report.check(seen.insert(&term.feature), 0, || {
            format!("{place}: expected each feature once; add up its amounts")
        });
        self::term(&place, term, catalogue, report);
    }
    tiers(model, report);
}

fn term(place: &str, term: &Term, catalogue: &Catalogue, report: &mut Report) {
    let Some(entry) = catalogue.get(&term.feature) else {
        let hint = hint(&term.feature, catalogue.names());
        report.add(
            0,
            format!("{place}: expected a feature (`puls features`){hint}"),
        );
        return;
    };
    for (key, text) in [("title", &term.title), ("reason", &term.reason)] {
        if let Some(text) = text {
            report.check(is_text(text), 0, || {
                format!("{place}: expected `{key}` to be a plain text in one line")
            });
        }
    }
    if let Some(measure) = &term.measure {
        report.check(is_name(measure), 0, || {
            format!(
                "{place}: expected `measure` to be 1 to 64 of a-z 0-9 . _ -, found {}",
                shown(measure)
            )
        });
    }
    amount(&format!("{place}: missing"), term.missing, report);
    let is_text = entry.form == Form::Text;
    match (&term.steps, &term.texts, &term.line) {
        (Some(steps), None, None) if !is_text => self::steps(place, steps, report),
        (None, None, Some(line)) if !is_text => self::line(place, *line, report),
        (None, Some(texts), None) if is_text => {
            report.check(!texts.is_empty(), 0, || {
                format!("{place}: expected at least one of `texts`, found none")
            });
            for (text, value) in texts {
                amount(&format!("{place}: {}", shown(text)), *value, report);
            }
            if let Some(value) = term.otherwise {
                amount(&format!("{place}: otherwise"), value, report);
            }
        }
        _ => {
            let expected = if is_text {
                "`texts`, since the feature is a text"
            } else {
                "one of `steps` and `line`, since the feature is a number"
            };
            let found: Vec<_> = [
                ("steps", term.steps.is_some()),
                ("texts", term.texts.is_some()),
                ("line", term.line.is_some()),
            ]
            .into_iter()
            .filter_map(|(key, is)| is.then_some(key))
            .collect();
            let found = if found.is_empty() {
                "none".to_owned()
            } else {
                found.join(" and ")
            };
            report.add(0, format!("{place}: expected {expected}, found {found}"));
        }
    }
    report.check(term.otherwise.is_none() || is_text, 0, || {
        format!("{place}: expected no `otherwise`, which is for texts")
    });
}

fn steps(place: &str, steps: &[Step], report: &mut Report) {
    let count = steps.len();
    report.check((1..=STEPS_MAX).contains(&count), 0, || {
        format!(
            "{place}: expected 1 to {STEPS_MAX} steps, found {count}; train with fewer bins \
             (max_bins)"
        )
    });
    let mut edge_before = f64::NEG_INFINITY;
    for (index, step) in steps.iter().enumerate() {
        let place = format!("{place}: steps[{index}]");
        amount(&place, step.value, report);
        let is_last = index + 1 == count;
        let edge = match (step.up_to, step.below, is_last) {
            (Some(edge), None, false) => edge,
            (None, Some(edge), false) => edge.next_down(),
            (None, None, true) => continue,
            (_, _, true) => {
                report.add(
                    0,
                    format!("{place}: expected no edge on the last step, found one"),
                );
                continue;
            }
            _ => {
                report.add(0, format!("{place}: expected one of `up_to` and `below`"));
                continue;
            }
        };
        report.check(edge.is_finite() && edge > edge_before, 0, || {
            format!("{place}: expected edges that rise, found {edge} after {edge_before}")
        });
        edge_before = edge;
    }
}

fn line(place: &str, line: Line, report: &mut Report) {
    let numbers = [line.slope, line.zero_at, line.from, line.to];
    let is_finite = numbers.iter().all(|number| number.is_finite());
    let is_steep = line.slope.abs() > 0.0;
    report.check(is_finite && is_steep && line.from < line.to, 0, || {
        format!(
            "{place}: expected a line of finite numbers with a slope and with `from` below `to`, \
             found slope {} from {} to {}",
            line.slope, line.from, line.to
        )
    });
    for x in [line.from, line.to] {
        let value = line.slope * (x - line.zero_at);
        amount(&format!("{place}: the line at {x}"), value, report);
    }
}

fn tiers(model: &Additive, report: &mut Report) {
    let mut before = 0.0;
    let count = model.tiers.len();
    for (index, tier) in model.tiers.iter().enumerate() {
        let name = &tier.name;
        report.check(is_name(name), 0, || {
            format!(
                "tiers[{index}]: expected a name of a-z 0-9 . _ -, found {}",
                shown(name)
            )
        });
        let is_last = index + 1 == count;
        match tier.churn_up_to {
            None if is_last => {}
            Some(chance) if !is_last && chance > before && chance < 1.0 => before = chance,
            Some(chance) if !is_last => report.add(
                0,
                format!(
                    "tiers[{index}]: expected `churn_up_to` to rise from 0 to 1, found {chance} \
                     after {before}"
                ),
            ),
            Some(_) => report.add(
                0,
                format!("tiers[{index}]: expected no `churn_up_to` on the last tier, found one"),
            ),
            None => report.add(
                0,
                format!("tiers[{index}]: expected `churn_up_to` on all tiers but the last"),
            ),
        }
    }
}

fn amount(place: &str, value: f64, report: &mut Report) {
    report.check(value.abs() <= LEAF_VALUE_MAX, 0, || {
        format!("{place}: expected an amount within ±{LEAF_VALUE_MAX}, found {value}")
    });
}
