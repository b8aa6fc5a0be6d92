//! `puls check`: everything that would keep a run from starting, at once.

use clap::Args;
use serde_json::json;

use super::rule::judge;
use super::session::{ConfigArgs, Outcome, Session};
use super::table::many;
use super::{rules, trial, what_if};
use crate::config::{Config, Problem, Problems, Source};
use crate::log::kafka::check_topics;
use crate::rules::RulesEngine;

#[derive(Debug, Args)]
pub(super) struct CheckArgs {
    #[command(flatten)]
    config: ConfigArgs,
    /// Judge the configuration and the rules only; do not look for inputs or tokens, or ask a
    /// broker.
    #[arg(long)]
    offline: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &CheckArgs, session: &mut Session) -> anyhow::Result<Outcome> {
    let mut problems = Vec::new();
    let config = match args.config.load() {
        Ok(config) => Some(config),
        Err(Problems(found)) => {
            problems = found.iter().map(ToString::to_string).collect();
            None
        }
    };
    if let Some(config) = &config {
        let engine = trial::engine_of(config)?;
        match rules::read(config, &engine) {
            Ok(set) => problems.extend(judged(&engine, config, &set)?),
            Err(Problems(found)) => problems.extend(found.iter().map(ToString::to_string)),
        }
        problems.extend(what_if::problems(config, args.offline));
        if !args.offline {
            problems.extend(inputs(config));
            problems.extend(topics(config));
        }
    }
    if args.json {
        session.json(&json!({ "ok": problems.is_empty(), "problems": problems }))?;
    } else {
        for problem in &problems {
            session.line(problem)?;
        }
        session.line(&verdict(config.as_ref(), problems.len()))?;
    }
    Ok(if problems.is_empty() {
        Outcome::Done
    } else {
        Outcome::Failed
    })
}

fn verdict(config: Option<&Config>, problems: usize) -> String {
    match (config, problems) {
        (Some(config), 0) => {
            let rules: usize = config
                .tenants
                .values()
                .map(|tenant| tenant.rules.len())
                .sum();
            let parts = [
                many(config.inputs.len(), "input"),
                many(config.tenants.len(), "tenant"),
                many(rules, "rule"),
            ];
            format!("all is well: {}", parts.join(", "))
        }
        (_, problems) => many(problems, "problem"),
    }
}

/// Rules whose own cases fail, or that do not stand what is tried with them.
fn judged(
    engine: &RulesEngine,
    config: &Config,
    set: &rules::RuleSet,
) -> anyhow::Result<Vec<String>> {
    let mut problems = Vec::new();
    for (name, wanted) in &set.desired.tenants {
        let place = config.tenants.get(name).map(|it| it.place.to_string());
        for (rule, desired) in &wanted.rules {
            let Some(bytes) = set.modules.get(&desired.digest) else {
                continue;
            };
            let refusals = judge::refusals(engine, bytes, &wanted.settings)?;
            let place = place.as_deref().unwrap_or_default();
            let told = refusals
                .into_iter()
                .map(|it| format!("{place}: rule {rule}: {it}"));
            problems.extend(told);
        }
    }
    Ok(problems)
}

/// Files that are not there.
fn inputs(config: &Config) -> Vec<String> {
    let mut problems = Vec::new();
    for input in &config.inputs {
        if let Source::Files(_) = input.source
            && let Err(messages) = input.source.paths(&config.folder, None)
        {
            let place = &input.place;
            problems.extend(messages.into_iter().map(|message| {
                Problem {
                    place: place.clone(),
                    message,
                }
                .to_string()
            }));
        }
    }
    problems
}

/// Topics that are missing or not as they must be.
fn topics(config: &Config) -> Vec<String> {
    let Some(kafka) = &config.kafka else {
        return Vec::new();
    };
    match check_topics(kafka) {
        Ok(found) => found
            .into_iter()
            .flat_map(|status| status.problems)
            .collect(),
        Err(error) => vec![error.to_string()],
    }
}
