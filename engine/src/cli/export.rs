//! `puls export features | scores | alerts`: the final read-only evaluation as a table.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::Context;
use clap::{Args, ValueEnum};
use serde::Deserialize;

use super::dead_letters::{each_line, output_path};
use super::engine::Feed;
use super::session::{ConfigArgs, Outcome, Session};
use super::table::many;
use super::{progress, recover, trial};
use crate::config::Config;
use crate::decide::ScoreData;
use crate::export::{Cell, Column, ColumnType, Form, Table};
use crate::limits::EXPORT_REASONS;
use crate::model::{POINT, ShardId, Time, Topic, points};
use crate::shard::{RuleStanding, Standing};

#[derive(Debug, Args)]
pub(super) struct ExportArgs {
    /// What to write.
    #[arg(value_enum)]
    what: What,
    #[command(flatten)]
    config: ConfigArgs,
    /// Form of the table.
    #[arg(long, value_enum, default_value_t = FormArg::Csv)]
    format: FormArg,
    /// Where to write it.
    #[arg(long, short, value_name = "FILE")]
    out: PathBuf,
    /// The moment at which to look; the end of the last run without it.
    #[arg(long, value_name = "TIME", value_parser = super::run::time)]
    at: Option<Time>,
    /// Of scores: those of the rules in shadow, and only those.
    #[arg(long)]
    shadow: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum What {
    /// Every feature of every account.
    Features,
    /// The score, tier and reasons of every account and rule that is not in shadow.
    Scores,
    /// Every alert as it stands: open, snoozed, resolved. Of a broker those that are open; its
    /// alerts topic has the others.
    Alerts,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum FormArg {
    /// Comma-separated, with a header.
    Csv,
    /// Apache Parquet.
    Parquet,
    /// An Arrow IPC file.
    Arrow,
}

pub(super) fn run(args: &ExportArgs, session: &mut Session) -> anyhow::Result<Outcome> {
    let config = args.config.load()?;
    anyhow::ensure!(
        !args.shadow || matches!(args.what, What::Scores),
        "expected --shadow with `scores`: a rule in shadow has scores, no alerts, and the features \
         of an account are the same for all rules"
    );
    let form = match args.format {
        FormArg::Csv => Form::Csv,
        FormArg::Parquet => Form::Parquet,
        FormArg::Arrow => Form::Arrow,
    };
    let create = |columns: &[Column]| Table::create(&args.out, form, columns);
    let rows = match args.what {
        What::Features => features(args, &config, session, create)?,
        What::Scores => scores(args, &config, session, create)?,
        What::Alerts if config.kafka.is_some() => open_alerts(args, &config, session, create)?,
        What::Alerts => alerts(&config, create)?,
    };
    session.line(&format!(
        "{} in {}",
        many(usize::try_from(rows)?, "row"),
        args.out.display()
    ))?;
    Ok(Outcome::Done)
}

fn scores(
    args: &ExportArgs,
    config: &Config,
    session: &Session,
    create: impl Fn(&[Column]) -> Result<Table, crate::export::ExportError>,
) -> anyhow::Result<u64> {
    use ColumnType::{Bool, Number, Text, Time};
    let mut columns: Vec<_> = [
        ("tenant", Text),
        ("account", Text),
        ("as_of", Time),
        ("rule", Text),
        ("version", Text),
        ("digest", Text),
        ("primary", Bool),
        ("status", Text),
        ("score", Number),
        ("computed", Number),
        ("override", Bool),
        ("tier", Text),
        ("since", Time),
        ("coverage_pct", Number),
        ("open_alerts", ColumnType::Integer),
    ]
    .into_iter()
    .map(|(name, holds)| Column::new(name, holds))
    .collect();
    columns.extend((1..=EXPORT_REASONS).map(|rank| Column::new(format!("reason_{rank}"), Text)));
    columns.push(Column::new("parts", Text));
    let mut table = create(&columns)?;
    let mut outcome = Ok(());
    each_standing(args, config, session, &mut |standing| {
        let wanted = |rule: &&RuleStanding<'_>| rule.data.rule.shadow == args.shadow;
        for rule in standing.rules.iter().filter(wanted) {
            if outcome.is_ok() {
                outcome = score_row(standing, rule).and_then(|row| Ok(table.push(row)?));
            }
        }
    })?;
    outcome?;
    Ok(table.finish()?)
}

/// Calls `each` with the standing of every account at the moment that was asked for.
fn each_standing(
    args: &ExportArgs,
    config: &Config,
    session: &Session,
    each: &mut dyn FnMut(&Standing<'_>),
) -> anyhow::Result<()> {
    let feed = Feed::of(config, &trial::engine_of(config)?)?;
    let mut found = recover::all(&feed, &progress::line(session.err_is_terminal))?;
    let at = args.at.unwrap_or(found.at);
    for runner in &mut found.runners {
        runner.shard_mut().standings(at, each);
    }
    Ok(())
}

fn score_row(standing: &Standing<'_>, rule: &RuleStanding<'_>) -> anyhow::Result<Vec<Cell>> {
    let data = &rule.data;
    let points = |score: Option<i64>| Cell::from(score.map(points));
    let mut row = vec![
        Cell::from(standing.key.tenant()),
        Cell::from(data.account.as_str()),
        Cell::Time(data.as_of),
        Cell::from(data.rule.name),
        Cell::from(data.rule.version),
        Cell::Text(data.rule.digest.to_string()),
        Cell::Bool(data.rule.primary),
        Cell::from(data.status_word()),
        points(data.score),
        points(data.computed),
        Cell::Bool(data.over.is_some()),
        Cell::from(data.tier),
        Cell::Time(data.since),
        Cell::Number(f64::from(data.coverage) / POINT * 100.0),
        Cell::Integer(i64::try_from(rule.alerts.len())?),
    ];
    let reason = |rank: usize| data.why.get(rank).map(|why| why.text.to_string());
    row.extend((0..EXPORT_REASONS).map(|rank| Cell::from(reason(rank))));
    row.push(Cell::Text(parts(data)));
    Ok(row)
}

/// What each part contributed, as `measure/part=points` in the order of the rule.
fn parts(data: &ScoreData<'_>) -> String {
    let parts = data.measures.iter().flat_map(|measure| {
        measure.parts.iter().map(|part| {
            format!(
                "{}/{}={}",
                measure.name,
                part.name,
                points(part.contribution)
            )
        })
    });
    parts.collect::<Vec<_>>().join(" ")
}

fn features(
    args: &ExportArgs,
    config: &Config,
    session: &Session,
    create: impl Fn(&[Column]) -> Result<Table, crate::export::ExportError>,
) -> anyhow::Result<u64> {
    let feed = Feed::of(config, &trial::engine_of(config)?)?;
    let mut found = recover::all(&feed, &progress::line(session.err_is_terminal))?;
    let at = args.at.unwrap_or(found.at);
    // Tenants declare features of their own: the table has the columns of all of them.
    let mut names: Vec<(String, bool)> = Vec::new();
    for runner in &mut found.runners {
        for tenant in config.tenants.keys() {
            for column in runner.shard_mut().feature_names(tenant, at) {
                if !names.contains(&column) {
                    names.push(column);
                }
            }
        }
    }
    let mut columns = vec![
        Column::new("tenant", ColumnType::Text),
        Column::new("account", ColumnType::Text),
        Column::new("as_of", ColumnType::Time),
    ];
    let places: BTreeMap<_, _> = names
        .iter()
        .enumerate()
        .map(|(place, (name, _))| (name.as_str(), place))
        .collect();
    columns.extend(names.iter().map(|(name, is_text)| {
        let holds = if *is_text {
            ColumnType::Text
        } else {
            ColumnType::Number
        };
        Column::new(name.as_str(), holds)
    }));
    let mut table = create(&columns)?;
    let mut outcome = Ok(());
    for runner in &mut found.runners {
        runner.shard_mut().features(at, &mut |key, values| {
            let mut cells = vec![Cell::Missing; names.len()];
            for (name, value) in values {
                let place = places
                    .get(name.as_str())
                    .and_then(|place| cells.get_mut(*place));
                if let Some(cell) = place {
                    *cell = value
                        .text
                        .clone()
                        .map_or(Cell::from(value.value), Cell::Text);
                }
            }
            let head = [
                Cell::from(key.tenant()),
                Cell::Text(key.account()),
                Cell::Time(at),
            ];
            if outcome.is_ok() {
                outcome = table.push(head.into_iter().chain(cells));
            }
        });
    }
    outcome?;
    Ok(table.finish()?)
}

/// An alert's event, as far as the table has it.
#[derive(Deserialize)]
struct AlertEvent {
    source: String,
    subject: String,
    time: String,
    data: AlertData,
}

#[derive(Deserialize)]
struct AlertData {
    alert: String,
    revision: i64,
    change: String,
    subject: String,
    rule: String,
    severity: String,
    state: String,
    opened: String,
    due: Option<String>,
    owner_role: String,
    playbook: String,
    why: Vec<Why>,
    by: Option<String>,
    outcome: Option<String>,
}

#[derive(Deserialize)]
struct Why {
    text: String,
}

/// The columns of the alerts table, in order.
const ALERT_COLUMNS: [(&str, ColumnType); 17] = [
    ("tenant", ColumnType::Text),
    ("account", ColumnType::Text),
    ("alert", ColumnType::Text),
    ("rule", ColumnType::Text),
    ("subject", ColumnType::Text),
    ("severity", ColumnType::Text),
    ("state", ColumnType::Text),
    ("opened", ColumnType::Time),
    ("changed", ColumnType::Time),
    ("change", ColumnType::Text),
    ("revision", ColumnType::Integer),
    ("due", ColumnType::Time),
    ("owner_role", ColumnType::Text),
    ("playbook", ColumnType::Text),
    ("why", ColumnType::Text),
    ("by", ColumnType::Text),
    ("outcome", ColumnType::Text),
];

fn alerts(
    config: &Config,
    create: impl Fn(&[Column]) -> Result<Table, crate::export::ExportError>,
) -> anyhow::Result<u64> {
    let folder = config.folder.join(&config.puls.data);
    let folder = crate::log::files::DataFolder::read(&folder)?;
    // The last publication of each alert is how it stands.
    let mut latest: BTreeMap<(String, String, String), AlertEvent> = BTreeMap::new();
    for shard in (0..folder.shards()).map(ShardId) {
        let path = output_path(&folder, shard, Topic::Alerts);
        each_line(&path, |line| {
            let event: AlertEvent =
                serde_json::from_str(line).with_context(|| format!("read {}", path.display()))?;
            let tenant = event
                .source
                .strip_prefix("puls/")
                .unwrap_or_default()
                .to_owned();
            let id = (tenant, event.subject.clone(), event.data.alert.clone());
            latest.insert(id, event);
            Ok(())
        })?;
    }
    let mut table = create(&alert_columns())?;
    for ((tenant, account, _), event) in latest {
        table.push(alert_row(tenant, account, event))?;
    }
    Ok(table.finish()?)
}

/// The alerts that are open, with the reasons of the score as they are now.
fn open_alerts(
    args: &ExportArgs,
    config: &Config,
    session: &Session,
    create: impl Fn(&[Column]) -> Result<Table, crate::export::ExportError>,
) -> anyhow::Result<u64> {
    let mut table = create(&alert_columns())?;
    let mut outcome = Ok(());
    each_standing(args, config, session, &mut |standing| {
        for rule in &standing.rules {
            for alert in &rule.alerts {
                if outcome.is_err() {
                    return;
                }
                let why: Vec<_> = rule
                    .data
                    .why
                    .iter()
                    .map(|why| why.text.to_string())
                    .collect();
                let head = [
                    Cell::from(standing.key.tenant()),
                    Cell::from(rule.data.account.as_str()),
                    Cell::Text(format!("{:032x}", alert.id)),
                    Cell::from(rule.data.rule.name),
                    Cell::from(alert.subject),
                    Cell::from(alert.severity.as_str()),
                    Cell::from("open"),
                    Cell::Time(alert.opened),
                    Cell::Missing,
                    Cell::Missing,
                    Cell::Integer(alert.revision.into()),
                ];
                let missing = std::iter::repeat_n(Cell::Missing, 3);
                let why = std::iter::once(Cell::Text(why.join("; ")));
                outcome = table.push(head.into_iter().chain(missing).chain(why));
            }
        }
    })?;
    outcome?;
    Ok(table.finish()?)
}

fn alert_columns() -> Vec<Column> {
    ALERT_COLUMNS
        .iter()
        .map(|(name, holds)| Column::new(*name, *holds))
        .collect()
}

fn alert_row(tenant: String, account: String, event: AlertEvent) -> [Cell; ALERT_COLUMNS.len()] {
    let time = |text: &str| Cell::from(Time::parse_rfc3339(text));
    let data = event.data;
    let why: Vec<_> = data.why.into_iter().map(|why| why.text).collect();
    [
        Cell::Text(tenant),
        Cell::Text(account),
        Cell::Text(data.alert),
        Cell::Text(data.rule),
        Cell::Text(data.subject),
        Cell::Text(data.severity),
        Cell::Text(data.state),
        time(&data.opened),
        time(&event.time),
        Cell::Text(data.change),
        Cell::Integer(data.revision),
        data.due.as_deref().map_or(Cell::Missing, time),
        Cell::Text(data.owner_role),
        Cell::Text(data.playbook),
        Cell::Text(why.join("; ")),
        Cell::from(data.by),
        Cell::from(data.outcome),
    ]
}
