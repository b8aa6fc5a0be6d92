//! The cases beside a rule, run natively by its own `cargo test`.
//!
//! One line in the crate, after `rule!`:
//! ```text
//! puls_rules_sdk::cases!(RULE, "cases.toml");
//! ```
//! Cases of features are run here. Stories need the engine, which computes features from events:
//! `puls rule test` runs them, and asks this test for the native verdict on the rows that they come
//! to.

use std::fmt::Write as _;

use puls_cases::exchange::{self, Asked};
use puls_cases::{Case, Found, Mismatch, Subject, judge, place, row};
use puls_wire::{Manifest, Rows, Verdict};

use crate::{Native, Rule, kit};

/// Passes where the rule answers every case of features in the file at `path` as it should.
///
/// # Panics
/// Where it does not, where something is wrong with the file, or with the rule's manifest; says
/// everything that is.
pub fn pass(rule: &'static Rule, manifest: &[u8], path: &str) {
    let manifest = kit::manifest(manifest);
    answer_rows(rule);
    let text = std::fs::read_to_string(path)
        .unwrap_or_else(|error| panic!("expected the rule's cases at {path}, found: {error}"));
    let cases = puls_cases::read(&text, &manifest).unwrap_or_else(|problems| {
        let lines = problems.iter().map(|it| format!("\n{path}:{it}"));
        panic!("{}", lines.collect::<String>())
    });
    let mut failures = String::new();
    for case in &cases {
        let mismatches = mismatches(rule, &manifest, case);
        if mismatches.is_empty() {
            continue;
        }
        let (line, _) = place(&text, case.at);
        write!(failures, "\n{path}:{line}: {}", case.name).unwrap_or_default();
        for it in mismatches {
            let (expected, found) = (it.expected.join(" / "), it.found.join(" / "));
            write!(
                failures,
                "\n  {}: expected {expected}, found {found}",
                it.what
            )
            .unwrap_or_default();
        }
    }
    assert!(failures.is_empty(), "{failures}");
}

/// What is not as it was expected of a case of features.
fn mismatches(rule: &'static Rule, manifest: &Manifest, case: &Case) -> Vec<Mismatch> {
    if matches!(case.subject, Subject::Story(_)) {
        return Vec::new();
    }
    let parameters = manifest.parameters.iter();
    let parameters = parameters
        .map(|it| {
            let set = case.parameters.get(&it.name).copied();
            set.unwrap_or(it.default)
        })
        .collect();
    let asked = Asked {
        parameters,
        row: row(&case.subject, manifest),
    };
    let verdict = verdict(rule, &asked);
    judge(&case.expect, &Found::new(manifest, &asked.row, &verdict))
}

fn verdict(rule: &'static Rule, asked: &Asked) -> Verdict {
    let mut rows = Rows::new(rule.features.len());
    rows.push(asked.row.iter().copied());
    let mut verdicts = Vec::with_capacity(1);
    Native::new(rule, &asked.parameters).evaluate(&rows, &mut verdicts);
    verdicts.pop().unwrap_or_default()
}

/// Answers the rows that `puls rule test` asks for, if it does.
#[expect(
    clippy::disallowed_methods,
    reason = "a file for whoever waits for this test, of no worth after it"
)]
fn answer_rows(rule: &'static Rule) {
    let (Some(asked), Some(answered)) = (
        std::env::var_os(exchange::ROWS),
        std::env::var_os(exchange::VERDICTS),
    ) else {
        return;
    };
    let text = std::fs::read_to_string(asked).expect("the rows that puls asks for");
    let rows = exchange::read_rows(&text).expect("rows of this version of puls");
    let verdicts: Vec<_> = rows.iter().map(|asked| verdict(rule, asked)).collect();
    let text = exchange::write_verdicts(&verdicts);
    std::fs::write(answered, text).expect("the verdicts that puls waits for");
}
