//! `puls explain ACCOUNT`: score, measures, parts with reasons, and the features behind them.

use clap::Args;
use serde_json::Value;

use super::engine::Feed;
use super::session::{ConfigArgs, Outcome, Session};
use super::{progress, recover, trial};
use crate::config::{Config, nearest, none_of};
use crate::decide::render_text;
use crate::model::{Key, Time, partition_of};
use crate::shard::Standing;

#[derive(Debug, Args)]
pub(super) struct ExplainArgs {
    /// The account, as events name it.
    account: String,
    #[command(flatten)]
    config: ConfigArgs,
    /// The tenant; needed where there are several.
    #[arg(long, value_name = "NAME")]
    tenant: Option<String>,
    /// Only this rule; all without it, the primary one first.
    #[arg(long, value_name = "NAME")]
    rule: Option<String>,
    /// The moment at which to look; the end of the last run without it.
    #[arg(long, value_name = "TIME", value_parser = super::run::time)]
    at: Option<Time>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &ExplainArgs, session: &mut Session) -> anyhow::Result<Outcome> {
    let config = args.config.load()?;
    let tenant = tenant(args, &config)?;
    let key = Key::new(tenant, &args.account)?;
    let feed = Feed::of(&config, &trial::engine_of(&config)?)?;
    let mut found = recover::all(&feed, &progress::line(session.err_is_terminal))?;
    let at = args.at.unwrap_or(found.at);
    let shard = partition_of(key.as_str().as_bytes(), feed.spec().shards);
    let runner = found.runners.get_mut(usize::try_from(shard)?);
    let Some(runner) = runner else {
        anyhow::bail!("expected shard {shard}, found none")
    };
    let mut told = Ok(());
    let is_known = runner.shard_mut().standing(&key, at, &mut |standing| {
        told = show(args, standing, session);
    });
    told?;
    if is_known {
        return Ok(Outcome::Done);
    }
    let keys: Vec<_> = found
        .runners
        .iter()
        .flat_map(|runner| runner.shard().keys())
        .collect();
    let accounts: Vec<_> = keys
        .iter()
        .filter(|key| key.tenant() == tenant)
        .map(Key::account)
        .collect();
    if accounts.is_empty() {
        anyhow::bail!(
            "expected an account of tenant {tenant}, but none is known yet: `puls run` reads the \
             events that make them known"
        )
    }
    let hint = nearest(&args.account, accounts.iter().map(String::as_str))
        .map(|name| format!("; did you mean `{name}`?"))
        .unwrap_or_default();
    anyhow::bail!(
        "expected one of {} accounts of tenant {tenant}, found `{}`{hint}",
        accounts.len(),
        args.account
    )
}

/// The tenant that was named, or the only one.
fn tenant<'c>(args: &'c ExplainArgs, config: &'c Config) -> anyhow::Result<&'c str> {
    let known: Vec<_> = config.tenants.keys().map(String::as_str).collect();
    match (&args.tenant, known.as_slice()) {
        (Some(name), _) if config.tenants.contains_key(name) => Ok(name),
        (Some(name), _) => anyhow::bail!(none_of("a tenant", name, &known)),
        (None, [only]) => Ok(only),
        (None, _) => anyhow::bail!("expected --tenant, found {} tenants", known.len()),
    }
}

fn show(args: &ExplainArgs, standing: &Standing<'_>, session: &mut Session) -> anyhow::Result<()> {
    let is_wanted = |name: &str| args.rule.as_deref().is_none_or(|rule| rule == name);
    let mut rules: Vec<_> = standing
        .rules
        .iter()
        .filter(|rule| is_wanted(rule.data.rule.name))
        .collect();
    rules.sort_by_key(|rule| (!rule.data.rule.primary, rule.data.rule.name));
    if rules.is_empty() {
        let known: Vec<_> = standing
            .rules
            .iter()
            .map(|rule| rule.data.rule.name)
            .collect();
        let name = args.rule.as_deref().unwrap_or_default();
        anyhow::bail!(none_of(
            "a rule that is active at that moment",
            name,
            &known
        ));
    }
    if args.json {
        let all: Result<Vec<Value>, _> = rules
            .iter()
            .map(|rule| serde_json::from_slice(&rule.data.to_json()))
            .collect();
        return session.json(&Value::Array(all?));
    }
    for (place, rule) in rules.iter().enumerate() {
        if place > 0 {
            session.line("")?;
        }
        let text = render_text(&rule.data, session.width());
        session.line(text.trim_end())?;
        for alert in &rule.alerts {
            session.line(&format!(
                "Alert {:032x}: {}, {}, open since {}",
                alert.id,
                alert.subject,
                alert.severity.as_str(),
                alert.opened
            ))?;
        }
    }
    Ok(())
}
