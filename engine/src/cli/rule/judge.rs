//! Whether a rule may govern: the cases that it carries pass, it stands what `puls rule verify`
//! tries, and it keeps its promises.
//!
//! A rule is judged when somebody activates or pushes it, by `puls check`, and at a start that
//! would let it govern for the first time. A start judges nothing that the rules log has already,
//! so it stays as fast as it was; what governs keeps governing.

use puls_scorecard::Card;
use serde_json::json;

use super::target::{self, CasesText};
use super::verify::{SEED, of_failure};
use crate::cli::scorecard;
use crate::cli::session::{Outcome as Ended, Session};
use crate::config;
use crate::kit::{self, Candidate, Native, Outcome};
use crate::model::Settings;
use crate::rules::RulesEngine;

/// Refusals that are told at once.
const TOLD_MAX: usize = 20;

/// All that keeps a module from governing a tenant with these settings; nothing where it may.
pub(in crate::cli) fn refusals(
    engine: &RulesEngine,
    bytes: &[u8],
    settings: &Settings,
) -> anyhow::Result<Vec<String>> {
    let candidate = Candidate::new(engine, bytes.to_vec(), settings.clone())?;
    let card = card(&candidate);
    let name = &candidate.module.manifest.name;
    let mut refusals = match target::packed(bytes, format!("cases of {name}")) {
        Some(cases) => of_cases(&candidate, &cases, card.as_ref()),
        None => Vec::new(),
    };
    for check in kit::verify(&candidate, card.as_ref(), SEED) {
        let told = check.failures.iter().map(|failure| {
            let how = of_failure(failure).join("; ");
            format!("{}: {how}", check.what)
        });
        refusals.extend(told);
    }
    let more = refusals.len().saturating_sub(TOLD_MAX);
    refusals.truncate(TOLD_MAX);
    if more > 0 {
        refusals.push(format!("and {more} more"));
    }
    Ok(refusals)
}

/// Refuses where there are refusals.
pub(in crate::cli) fn ensure_none(refusals: &[String]) -> anyhow::Result<()> {
    anyhow::ensure!(
        refusals.is_empty(),
        "refused: {}\n`puls rule test` shows each with the parts behind it",
        refusals.join("\n  ")
    );
    Ok(())
}

/// The same for a command that may answer a program: there the refusals are its answer.
pub(super) fn refused(
    refusals: &[String],
    as_json: bool,
    session: &mut Session,
) -> anyhow::Result<Option<Ended>> {
    if refusals.is_empty() {
        return Ok(None);
    }
    if !as_json {
        ensure_none(refusals)?;
    }
    session.json(&json!({ "ok": false, "refused": refusals }))?;
    Ok(Some(Ended::Failed))
}

/// The card that the package carries, where its module is the one that the card makes.
fn card(candidate: &Candidate) -> Option<Card> {
    let text = puls_wire::section(&candidate.bytes, puls_wire::CARD_SECTION)?;
    let text = std::str::from_utf8(text).ok()?;
    let plan = scorecard::plan_of(&candidate.settings).ok()?;
    let card = scorecard::card(std::path::Path::new(target::CARD), text, &plan).ok()?;
    let manifest = &candidate.module.manifest;
    // A package may claim any card; its verdicts are compared with it only if it can be its own.
    (puls_scorecard::compile(&card).manifest == *manifest).then_some(card)
}

fn of_cases(candidate: &Candidate, cases: &CasesText, card: Option<&Card>) -> Vec<String> {
    let CasesText { name, text } = cases;
    let read = match puls_cases::read(text, &candidate.module.manifest) {
        Ok(read) => read,
        Err(problems) => return problems.iter().map(|it| format!("{name}:{it}")).collect(),
    };
    let settings_of = |case: &puls_cases::Case| config::settings_of_case(name, text, case.index);
    let asked = match kit::pose(candidate, read, &settings_of) {
        Ok(asked) => asked,
        Err(problems) => return vec![problems.to_string()],
    };
    let native = card.map_or(Native::None, Native::Card);
    let outcomes = kit::run(candidate, asked, native);
    let failed = outcomes.iter().filter(|it| !it.passes());
    failed.map(|outcome| of_outcome(cases, outcome)).collect()
}

/// A case that fails, in one line.
fn of_outcome(cases: &CasesText, outcome: &Outcome) -> String {
    let (line, _) = puls_cases::place(&cases.text, outcome.case.at);
    let mut how: Vec<String> = (outcome.mismatches.iter())
        .map(|it| {
            let (expected, found) = (it.expected.join(" / "), it.found.join(" / "));
            let none = |text: String| if text.is_empty() { "none".into() } else { text };
            format!(
                "{}: expected {}, found {}",
                it.what,
                none(expected),
                none(found)
            )
        })
        .collect();
    how.extend(outcome.troubles.iter().map(|it| it.message.clone()));
    if let kit::Compared::Differs(what) = &outcome.native {
        how.push(format!("natively it answers otherwise: {what}"));
    }
    let name = &outcome.case.name;
    format!(
        "case \"{name}\" ({}:{line}) fails: {}",
        cases.name,
        how.join("; ")
    )
}
