//! What a run of cases came to, for people who do not program, and for programs.

use puls_cases::{Mismatch, hundredths, points};
use serde_json::{Value, json};

use super::{Natively, Run, line};
use crate::cli::rule::verify;
use crate::cli::session::Session;
use crate::cli::table;
use crate::kit::{Answer, Compared, Outcome, Trouble};

/// Prints the sum, then every case that fails.
pub(super) fn lines(run: &Run, session: &mut Session) -> anyhow::Result<()> {
    let manifest = &run.candidate.module.manifest;
    let failed = run.outcomes.iter().filter(|it| !it.passes()).count();
    let all = table::many(run.outcomes.len(), "case");
    let sum = match failed {
        0 => format!("{all}, all pass"),
        _ => format!("{all}, {failed} fail"),
    };
    session.line(&format!("{} {}: {sum}", manifest.name, manifest.version))?;
    session.line(&format!("  cases   {}", run.cases.name))?;
    session.line(&format!("  run     {}", how(run)))?;
    let of_cargo = of_cargo(run);
    if !of_cargo.is_empty() {
        session.line("")?;
    }
    for line in of_cargo {
        session.line(&line)?;
    }
    for outcome in run.outcomes.iter().filter(|it| !it.passes()) {
        session.line("")?;
        for line in failure(run, outcome) {
            session.line(&line)?;
        }
    }
    if let Some(checks) = &run.checks {
        for line in verify::lines(checks, run.seed) {
            session.line(&line)?;
        }
    }
    Ok(())
}

/// What was run, in words.
fn how(run: &Run) -> String {
    let by = match &run.native {
        Natively::Nothing => {
            return "as WebAssembly only: of a module that stands alone there is nothing to run \
                    natively"
                .to_owned();
        }
        Natively::Interpreter => "natively by the interpreter of cards",
        Natively::Cargo(tested) if tested.verdicts.is_none() => {
            return "as WebAssembly; cargo test gave no verdicts to compare with".to_owned();
        }
        Natively::Cargo(_) => "natively by cargo test",
    };
    let compared = run.outcomes.iter().map(|it| &it.native);
    let differ = compared
        .filter(|it| matches!(it, Compared::Differs(_)))
        .count();
    let end = match differ {
        0 => "alike to the bit".to_owned(),
        _ => format!("and {} answered differently", table::many(differ, "case")),
    };
    format!("{by} and as WebAssembly, {end}")
}

/// What the crate's own tests said where they failed, and what is missing for a comparison.
fn of_cargo(run: &Run) -> Vec<String> {
    let Natively::Cargo(tested) = &run.native else {
        return Vec::new();
    };
    let mut lines = Vec::new();
    if !tested.passed {
        lines.push("FAILED  cargo test".to_owned());
        lines.extend(tested.said.lines().map(|line| format!("  {line}")));
    } else if tested.verdicts.is_none() {
        lines.push("FAILED  no native verdicts".to_owned());
        lines.push(
            "  expected the crate to test its cases; add `puls_rules_sdk::cases!(RULE, \
             \"cases.toml\");` after `rule!`, and the feature \"kit\" of puls-rules-sdk under \
             [dev-dependencies]"
                .to_owned(),
        );
    }
    lines
}

fn failure(run: &Run, outcome: &Outcome) -> Vec<String> {
    let case = &outcome.case;
    let place = format!("{}:{}", run.cases.name, line(&run.cases, case.at));
    let mut lines = vec![format!("FAILED  {}  ({place})", case.name)];
    for Trouble { at, message } in &outcome.troubles {
        let place = at.map(|at| format!("line {}: ", line(&run.cases, at)));
        lines.push(format!("  {}{message}", place.unwrap_or_default()));
    }
    if !outcome.mismatches.is_empty() {
        let rows: Vec<_> = outcome.mismatches.iter().flat_map(side_by_side).collect();
        let table = table::columns(&["", "expected", "found"], &rows, false);
        lines.extend(table.into_iter().map(|line| format!("  {line}")));
    }
    if let Compared::Differs(how) = &outcome.native {
        lines.push(format!(
            "  natively the rule answers otherwise than as WebAssembly: {how}"
        ));
    }
    let is_of_score = |it: &Mismatch| matches!(it.what, "score" | "tier" | "reasons" | "coverage");
    if let Some(answer) = &outcome.answer
        && answer.found.tier == "not_scored"
    {
        lines.push(
            "  the rule is not about this customer: what it says of whom it applies to does not \
             hold"
                .to_owned(),
        );
    } else if let Some(answer) = &outcome.answer
        && outcome.mismatches.iter().any(is_of_score)
    {
        lines.push("  how the score comes about:".to_owned());
        lines.extend(parts(answer).into_iter().map(|line| format!("    {line}")));
    }
    lines
}

/// A row for each line of what was expected and what was found.
fn side_by_side(mismatch: &Mismatch) -> Vec<Vec<String>> {
    let Mismatch {
        what,
        expected,
        found,
    } = mismatch;
    let nothing = |lines: &[String]| match lines {
        [] => vec!["none".to_owned()],
        lines => lines.to_vec(),
    };
    let (expected, found) = (nothing(expected), nothing(found));
    let cell = |lines: &[String], row: usize| lines.get(row).cloned().unwrap_or_default();
    (0..expected.len().max(found.len()))
        .map(|row| {
            let what = if row == 0 {
                (*what).to_owned()
            } else {
                String::new()
            };
            vec![what, cell(&expected, row), cell(&found, row)]
        })
        .collect()
}

fn parts(answer: &Answer) -> Vec<String> {
    let mut rows: Vec<Vec<String>> = Vec::new();
    for part in &answer.parts {
        let of_100 = part.points.map_or_else(
            || "no data".to_owned(),
            |points| hundredths(i64::from(points)),
        );
        let weight = hundredths(i64::from(part.weight));
        rows.push(vec![
            format!("{}, {}", part.measure, part.part),
            of_100,
            format!("{weight} %"),
            points(part.contribution),
            part.reason.clone(),
        ]);
    }
    let adjust = i64::from(answer.verdict.adjust);
    if adjust != 0 {
        let sum = points(adjust);
        let names = answer.found.exceptions.join(", ");
        let what = format!("exceptions: {names}");
        rows.push(vec![what, String::new(), String::new(), sum, String::new()]);
    }
    let score = answer.found.score.map_or_else(|| "none".to_owned(), points);
    rows.push(vec![
        "score".into(),
        String::new(),
        String::new(),
        score,
        String::new(),
    ]);
    table::columns(&["part", "points", "weight", "adds", ""], &rows, false)
}

/// The same for a program.
pub(super) fn json(run: &Run) -> Value {
    let manifest = &run.candidate.module.manifest;
    let cases: Vec<_> = run.outcomes.iter().map(|it| case(run, it)).collect();
    json!({
        "ok": run.passes(),
        "rule": manifest.name,
        "version": manifest.version,
        "digest": run.candidate.module.digest.to_string(),
        "native": native(run),
        "cases": cases,
        "verify": run.checks.as_ref().map(|it| verify::as_json(it, run.seed)),
    })
}

/// What was run natively, and whether it passed by itself.
fn native(run: &Run) -> Value {
    match &run.native {
        Natively::Nothing => Value::Null,
        Natively::Interpreter => json!({ "by": "interpreter", "ok": true }),
        Natively::Cargo(tested) => json!({
            "by": "cargo test",
            "ok": tested.passed && tested.verdicts.is_some(),
            "said": if tested.passed { "" } else { tested.said.as_str() },
        }),
    }
}

fn case(run: &Run, outcome: &Outcome) -> Value {
    let mismatch = |it: &Mismatch| {
        json!({
            "what": it.what,
            "expected": it.expected,
            "found": it.found,
        })
    };
    let trouble = |it: &Trouble| {
        json!({
            "line": it.at.map(|at| line(&run.cases, at)),
            "message": it.message,
        })
    };
    let native = match &outcome.native {
        Compared::Unknown => Value::Null,
        Compared::Alike => true.into(),
        Compared::Differs(_) => false.into(),
    };
    let found = outcome.answer.as_ref().map(|answer| {
        json!({
            "score": answer.found.score.map(points),
            "tier": answer.found.tier,
            "coverage_pct": hundredths(answer.found.coverage),
            "reasons": answer.found.reasons,
            "exceptions": answer.found.exceptions,
            "triggers": answer.found.triggers,
        })
    });
    json!({
        "name": outcome.case.name,
        "line": line(&run.cases, outcome.case.at),
        "ok": outcome.passes(),
        "mismatches": outcome.mismatches.iter().map(mismatch).collect::<Vec<_>>(),
        "troubles": outcome.troubles.iter().map(trouble).collect::<Vec<_>>(),
        "native_alike": native,
        "found": found,
    })
}
