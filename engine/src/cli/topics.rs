//! `puls topics create | check | list`: the topics of the configured broker.

use clap::{Args, Subcommand};
use serde_json::json;

use super::session::{ConfigArgs, Outcome, Session};
use super::table;
use crate::log::kafka::{
    KafkaSettings, TopicPlan, TopicStatus, check_topics, create_topics, topics_plan,
};

#[derive(Debug, Args)]
pub(super) struct TopicsArgs {
    #[command(subcommand)]
    command: TopicsCommand,
}

#[derive(Debug, Subcommand)]
enum TopicsCommand {
    /// Makes the topics that are missing, with the settings that Puls needs. Alters none.
    Create(OneArgs),
    /// Says what keeps Puls from running on the topics that there are.
    Check(OneArgs),
    /// Lists the topics that the configuration needs; asks no broker.
    List(OneArgs),
}

#[derive(Debug, Args)]
struct OneArgs {
    #[command(flatten)]
    config: ConfigArgs,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &TopicsArgs, session: &mut Session) -> anyhow::Result<Outcome> {
    let (TopicsCommand::Create(one) | TopicsCommand::Check(one) | TopicsCommand::List(one)) =
        &args.command;
    let config = one.config.load()?;
    let Some(kafka) = config.kafka else {
        anyhow::bail!("expected [kafka] in the configuration, found none: files have no topics");
    };
    match &args.command {
        TopicsCommand::Create(_) => create(&kafka, one.json, session),
        TopicsCommand::Check(_) => check(&kafka, one.json, session),
        TopicsCommand::List(_) => list(&kafka, one.json, session),
    }
}

fn create(kafka: &KafkaSettings, as_json: bool, session: &mut Session) -> anyhow::Result<Outcome> {
    let created = create_topics(kafka)?;
    if as_json {
        session.json(&json!({ "created": created }))?;
    } else if created.is_empty() {
        session.line("all topics are there")?;
    } else {
        for name in created {
            session.line(&format!("created {name}"))?;
        }
    }
    check(kafka, as_json, session)
}

fn check(kafka: &KafkaSettings, as_json: bool, session: &mut Session) -> anyhow::Result<Outcome> {
    let found = check_topics(kafka)?;
    let problems: Vec<_> = found.iter().flat_map(|status| &status.problems).collect();
    if as_json {
        let topics: Vec<_> = found.iter().map(status_json).collect();
        session.json(&json!({ "ok": problems.is_empty(), "topics": topics }))?;
    } else {
        for problem in &problems {
            session.line(problem)?;
        }
        session.line(&match problems.len() {
            0 => format!("{} topics are as they must be", found.len()),
            problems => table::many(problems, "problem"),
        })?;
    }
    Ok(if problems.is_empty() {
        Outcome::Done
    } else {
        Outcome::Failed
    })
}

fn list(kafka: &KafkaSettings, as_json: bool, session: &mut Session) -> anyhow::Result<Outcome> {
    let plans = topics_plan(kafka);
    if as_json {
        session.json(&plans.iter().map(plan_json).collect())?;
        return Ok(Outcome::Done);
    }
    let rows: Vec<_> = plans
        .iter()
        .map(|plan| {
            let settings: Vec<_> = plan
                .settings
                .iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect();
            vec![
                plan.name.clone(),
                plan.partitions.to_string(),
                plan.purpose.clone(),
                settings.join(" "),
            ]
        })
        .collect();
    for line in table::columns(
        &["topic", "partitions", "purpose", "settings"],
        &rows,
        false,
    ) {
        session.line(&line)?;
    }
    Ok(Outcome::Done)
}

fn plan_json(plan: &TopicPlan) -> serde_json::Value {
    let settings: serde_json::Map<_, _> = plan
        .settings
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.as_str().into()))
        .collect();
    json!({
        "topic": plan.name,
        "purpose": plan.purpose,
        "partitions": plan.partitions,
        "replication": plan.replication,
        "settings": settings,
    })
}

fn status_json(status: &TopicStatus) -> serde_json::Value {
    json!({
        "topic": status.plan.name,
        "partitions": status.partitions,
        "problems": status.problems,
    })
}
