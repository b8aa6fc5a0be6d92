//! The head of a model file: what kind of model it is.

use std::collections::BTreeSet;

use super::{Block, Line};
use crate::limits::{COLUMNS_MAX, SIGMOID_MAX};
use crate::names::shown;
use crate::problem::Report;

/// What the head says.
pub(super) struct Head {
    pub(super) columns: Vec<String>,
    pub(super) sigmoid: f64,
    /// How many trees it speaks of, and in which line.
    pub(super) trees: Option<(usize, usize)>,
}

pub(super) fn head(lines: &[Line<'_>], report: &mut Report) -> Option<Head> {
    let block = Block::new(lines, "the head of the file".to_owned());
    version(&block, report);
    for key in ["num_class", "num_tree_per_iteration"] {
        if let Some(line) = block.need(key, report) {
            let found = line.value.trim();
            report.check(found == "1", line.number, || {
                format!(
                    "expected `{key}` to be 1, found {}; a rule takes a model with one answer: \
                     train with objective=binary",
                    shown(found)
                )
            });
        }
    }
    if let Some(line) = block.find("average_output") {
        let message = "expected a boosted model, found a random forest (`average_output`); train \
                       with boosting=gbdt";
        report.add(line.number, message);
    }
    let sigmoid = objective(&block, report);
    let columns = columns(&block, report);
    let sizes = block.find("tree_sizes").map(|line| {
        let count = line.value.split_ascii_whitespace().count();
        (line.number, count)
    });
    Some(Head {
        columns: columns?,
        sigmoid: sigmoid?,
        trees: sizes,
    })
}

fn version(block: &Block<'_, '_>, report: &mut Report) {
    let Some(line) = block.need("version", report) else {
        return;
    };
    let found = line.value.trim();
    report.check(matches!(found, "v3" | "v4"), line.number, || {
        format!(
            "expected `version` v3 or v4 (LightGBM 3 and 4), found {}; save the model with such a \
             version",
            shown(found)
        )
    });
}

/// The sigmoid parameter of `binary`.
fn objective(block: &Block<'_, '_>, report: &mut Report) -> Option<f64> {
    let advice = "train with objective=binary";
    let Some(line) = block.find("objective") else {
        let message = format!(
            "expected `objective=binary …` in the head of the file, found none, as where the \
             objective was a function of one's own; {advice}"
        );
        report.add(block.line, message);
        return None;
    };
    let mut words = line.value.split_ascii_whitespace();
    let kind = words.next().unwrap_or_default();
    if kind != "binary" {
        let found = shown(line.value);
        let message = format!("expected `objective` to be `binary`, found {found}; {advice}");
        report.add(line.number, message);
        return None;
    }
    let mut sigmoid = Some(1.0);
    for word in words {
        let value = word.strip_prefix("sigmoid:");
        sigmoid = value
            .and_then(|value| value.parse::<f64>().ok())
            .filter(|value| (1.0 / SIGMOID_MAX..=SIGMOID_MAX).contains(value));
        report.check(sigmoid.is_some(), line.number, || {
            format!(
                "expected `objective=binary sigmoid:S` with S from {} to {SIGMOID_MAX}, found {}",
                1.0 / SIGMOID_MAX,
                shown(word)
            )
        });
    }
    sigmoid
}

fn columns(block: &Block<'_, '_>, report: &mut Report) -> Option<Vec<String>> {
    let most = i64::try_from(COLUMNS_MAX).unwrap_or(i64::MAX) - 1;
    let last = block.number("max_feature_idx", (0, most), report)?;
    let count = usize::try_from(last).ok()? + 1;
    let names: Vec<String> = block.numbers(("feature_names", count, "a name"), report)?;
    let line = block.find("feature_names")?.number;
    let mut seen = BTreeSet::new();
    for name in &names {
        report.check(seen.insert(name), line, || {
            format!("expected each column once, found {} twice", shown(name))
        });
    }
    Some(names)
}
