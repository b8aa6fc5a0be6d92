//! `puls rule verify`, and how its checks are shown.

use std::path::PathBuf;

use clap::Args;
use puls_reference::Certainty;
use serde_json::{Value, json};

use super::target::{Target, engine};
use super::test::tell;
use crate::cli::scorecard::TenantArgs;
use crate::cli::session::{Outcome, Session};
use crate::cli::table;
use crate::kit::{Candidate, Check, Failure, verify};

/// What rows are made from where nobody says otherwise.
pub(super) const SEED: u64 = 1;

#[derive(Debug, Args)]
pub(super) struct VerifyArgs {
    /// The rule: its folder, its card.toml, or a module.
    #[arg(value_name = "FOLDER|CARD|MODULE")]
    rule: PathBuf,
    /// What the rows are made from; the same seed tries the same.
    #[arg(long, default_value_t = SEED)]
    seed: u64,
    #[command(flatten)]
    tenant: TenantArgs,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &VerifyArgs, session: &mut Session) -> anyhow::Result<Outcome> {
    let target = Target::find(&args.rule)?;
    let settings = args.tenant.settings()?;
    let built = match target.build(&settings, session.err_is_terminal)? {
        Ok(built) => built,
        Err(problems) => return tell(&problems, session),
    };
    let candidate = Candidate::new(&engine()?, built.module, settings)?;
    let checks = verify(&candidate, built.card.as_ref(), args.seed);
    if args.json {
        let manifest = &candidate.module.manifest;
        session.json(&json!({
            "ok": checks.iter().all(Check::passes),
            "rule": manifest.name,
            "version": manifest.version,
            "digest": candidate.module.digest.to_string(),
            "verify": as_json(&checks, args.seed),
        }))?;
    } else {
        let manifest = &candidate.module.manifest;
        session.line(&format!("{} {}", manifest.name, manifest.version))?;
        for line in lines(&checks, args.seed) {
            session.line(&line)?;
        }
    }
    Ok(if checks.iter().all(Check::passes) {
        Outcome::Done
    } else {
        Outcome::Failed
    })
}

/// The checks, for people.
pub(super) fn lines(checks: &[Check], seed: u64) -> Vec<String> {
    let mut lines = vec![format!("verified with seed {seed}")];
    for check in checks {
        let how = match check.certainty {
            Certainty::Decided => "decided from the rule itself".to_owned(),
            Certainty::Searched(rows) => match check.what.contains("never falls") {
                true => format!("no counterexample in {} pairs", table::count(rows as u64)),
                false => format!("searched in {}", table::many(rows, "row")),
            },
        };
        if check.passes() {
            lines.push(format!("  ok      {} ({how})", check.what));
        } else {
            lines.push(format!("  FAILED  {}", check.what));
        }
        for failure in &check.failures {
            lines.extend(
                of_failure(failure)
                    .into_iter()
                    .map(|it| format!("          {it}")),
            );
        }
        for note in &check.notes {
            lines.push(format!("  note    {note}"));
        }
    }
    if !checks.iter().all(Check::passes) {
        lines.push(format!("try it again with --seed {seed}"));
    }
    lines
}

/// What went wrong, and the rows that show it as a case would have them.
pub(super) fn of_failure(failure: &Failure) -> Vec<String> {
    let mut lines = vec![failure.message.clone()];
    for (features, said) in &failure.rows {
        let features: Vec<_> = features
            .iter()
            .map(|(name, value)| format!("\"{name}\" = {value}"))
            .collect();
        lines.push(format!("features = {{ {} }} : {said}", features.join(", ")));
    }
    lines
}

/// The checks, for programs.
pub(super) fn as_json(checks: &[Check], seed: u64) -> Value {
    let failure = |it: &Failure| {
        let rows: Vec<_> = (it.rows.iter())
            .map(|(features, said)| {
                let features: serde_json::Map<_, _> = (features.iter())
                    .map(|(name, value)| (name.clone(), value.as_str().into()))
                    .collect();
                json!({ "features": features, "found": said })
            })
            .collect();
        json!({ "message": it.message, "rows": rows })
    };
    let check = |it: &Check| {
        let searched = match it.certainty {
            Certainty::Decided => Value::Null,
            Certainty::Searched(rows) => rows.into(),
        };
        json!({
            "what": it.what,
            "ok": it.passes(),
            "searched": searched,
            "failures": it.failures.iter().map(failure).collect::<Vec<_>>(),
            "notes": it.notes,
        })
    };
    json!({
        "seed": seed,
        "checks": checks.iter().map(check).collect::<Vec<_>>(),
    })
}
