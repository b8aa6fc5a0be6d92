//! `puls explain ACCOUNT`: score, measures, parts with reasons, and the features behind them; now,
//! or at a moment of the past, folded again from the journal; and the history of its score.
//!
//! `asked` is what the command line says, `past` folds, `published` and `teller` read what was
//! published back and put it in words, `page` and `history` write it.

mod asked;
mod chronicle;
mod history;
mod page;
mod past;
mod published;
mod strip;
mod teller;

use clap::Args;
use serde_json::{Value, json};

use self::asked::{Day, Span};
use super::engine::Feed;
use super::recover::{self, Recovered};
use super::session::{ConfigArgs, Outcome, Session, tenant};
use super::{progress, trial};
use crate::config::{nearest, none_of};
use crate::language::{Language, Voice};
use crate::model::{Key, ShardId, Time, partition_of};
use crate::shard::{RuleStanding, Standing};

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
    /// The moment at which to look, `2026-03-03T10:00:00Z`, or a day, at its end. What came later
    /// is not seen. Without it: as it stands.
    #[arg(long, value_name = "TIME", value_parser = asked::day)]
    at: Option<Day>,
    /// List what was published of the account's score, and why it moved.
    #[arg(long, conflicts_with = "at")]
    history: bool,
    /// The first moment or day of the history.
    #[arg(long, value_name = "TIME", value_parser = asked::day, requires = "history")]
    since: Option<Day>,
    /// The last moment or day of the history.
    #[arg(long, value_name = "TIME", value_parser = asked::day, requires = "history")]
    until: Option<Day>,
    /// The language to answer in; the tenant's without it.
    #[arg(long, value_name = "CODE", value_parser = asked::language)]
    language: Option<Language>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Whose score is asked about, and where it lies.
struct Subject<'a> {
    args: &'a ExplainArgs,
    tenant: &'a str,
    key: Key,
    shard: ShardId,
    feed: Feed,
    voice: Voice,
}

pub(super) fn run(args: &ExplainArgs, session: &mut Session) -> anyhow::Result<Outcome> {
    let config = args.config.load()?;
    let tenant = tenant(&config, args.tenant.as_deref())?;
    let key = Key::new(tenant, &args.account)?;
    let feed = Feed::of(&config, &trial::engine_of(&config)?)?;
    let shards = feed.spec().shards;
    let settings = config.tenants.get(tenant).map(|tenant| &tenant.settings);
    let (own, zone) = settings.map_or((None, "UTC"), |settings| {
        (
            Language::parse(&settings.language),
            settings.time_zone.as_str(),
        )
    });
    let language = args.language.or(own).unwrap_or(Language::English);
    let subject = Subject {
        args,
        tenant,
        shard: ShardId(partition_of(key.as_str().as_bytes(), shards)),
        key,
        feed,
        voice: Voice::new(language, zone),
    };
    if args.history {
        let span = Span::new(args.since, args.until, zone)?;
        return history::run(&subject, span, session);
    }
    match args.at {
        Some(at) => past::run(&subject, at.end(zone)?, session),
        None => now(&subject, session),
    }
}

/// The account as the last commit left it.
fn now(subject: &Subject<'_>, session: &mut Session) -> anyhow::Result<Outcome> {
    let bar = progress::line(session.err_is_terminal);
    let mut found = recover::all(&subject.feed, &bar)?;
    let asked = (found.at, subject.args.language);
    let runner = found.runners.get_mut(usize::try_from(subject.shard.0)?);
    let Some(runner) = runner else {
        anyhow::bail!("expected shard {}, found none", subject.shard.0)
    };
    let mut told = Ok(());
    let is_known = runner
        .shard_mut()
        .standing_in(&subject.key, asked, &mut |standing| {
            told = show(subject, standing, session);
        });
    told?;
    if is_known {
        return Ok(Outcome::Done);
    }
    Err(unknown(subject, &found))
}

fn show(
    subject: &Subject<'_>,
    standing: &Standing<'_>,
    session: &mut Session,
) -> anyhow::Result<()> {
    let rules = chosen(subject.args, standing)?;
    if subject.args.json {
        let all: anyhow::Result<Vec<Value>> = rules.iter().map(|rule| rule_json(rule)).collect();
        return session.json(&Value::Array(all?));
    }
    for (place, rule) in rules.iter().enumerate() {
        if place > 0 {
            session.line("")?;
        }
        let mut page = page::begin(rule, session.width());
        page::alerts(&mut page, rule);
        session.line(page.into_text().trim_end())?;
    }
    Ok(())
}

/// The standing of a rule for a program: the data of a score event, and the open alerts.
fn rule_json(rule: &RuleStanding<'_>) -> anyhow::Result<Value> {
    let mut data: Value = serde_json::from_slice(&rule.data.to_json())?;
    let alerts = rule.alerts.iter().map(|alert| {
        json!({
            "alert": format!("{:032x}", alert.id),
            "subject": alert.subject,
            "severity": alert.severity.as_str(),
            "opened": alert.opened.to_string(),
            "revision": alert.revision,
        })
    });
    if let Some(fields) = data.as_object_mut() {
        fields.insert("alerts".into(), alerts.collect());
    }
    Ok(data)
}

/// The rules that are asked about, the primary one first.
fn chosen<'s, 'a>(
    args: &ExplainArgs,
    standing: &'s Standing<'a>,
) -> anyhow::Result<Vec<&'s RuleStanding<'a>>> {
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
        let Some(name) = args.rule.as_deref() else {
            anyhow::bail!(
                "expected a rule that governed {} at {}, found none: `puls rule history` lists \
                 when each began",
                standing.key.tenant(),
                standing.at
            )
        };
        anyhow::bail!(none_of(
            "a rule that is active at that moment",
            name,
            &known
        ));
    }
    Ok(rules)
}

/// What to say of an account that no shard knows.
fn unknown(subject: &Subject<'_>, found: &Recovered) -> anyhow::Error {
    let tenant = subject.tenant;
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
    let account = &subject.args.account;
    if accounts.is_empty() {
        return anyhow::anyhow!(
            "expected an account of tenant {tenant}, but none is known yet: `puls run` reads the \
             events that make them known"
        );
    }
    let hint = nearest(account, accounts.iter().map(String::as_str))
        .map(|name| format!("; did you mean `{name}`?"))
        .unwrap_or_default();
    anyhow::anyhow!(
        "expected one of {} accounts of tenant {tenant}, found `{account}`{hint}",
        accounts.len(),
    )
}

/// What to say of an account that was not known yet at a moment; `since` is when its first score
/// was published, if it ever was.
fn not_yet(subject: &Subject<'_>, at: Time, since: Option<Time>) -> anyhow::Error {
    let account = &subject.args.account;
    match since {
        Some(since) => anyhow::anyhow!(
            "expected a moment at which `{account}` was known, found {at}: its first score was \
             published at {since}"
        ),
        None => anyhow::anyhow!(
            "expected a moment at which `{account}` was known, found {at}: no score of it was \
             published by then or later"
        ),
    }
}
