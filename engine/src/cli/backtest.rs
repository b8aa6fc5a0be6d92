//! `puls backtest`: a candidate rule beside the active one over history, before it goes live.
//!
//! Reads the configuration's inputs (or those that `--from` names), the rules log beside them, and
//! an outcomes file; writes nothing but what `--html` and `--parquet` ask for.

mod inputs;
mod json;
mod rules;
mod shown;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::Context;
use clap::Args;

use self::inputs::From;
use super::rule::parameter;
use super::session::{ConfigArgs, Outcome, Session, tenant};
use super::{progress, table, trial};
use crate::backtest::calendar::Calendar;
use crate::backtest::fold::{Folded, History, fold};
use crate::backtest::outcomes::Outcomes;
use crate::backtest::page;
use crate::backtest::pair::Against;
use crate::backtest::report::{Question, Report};
use crate::backtest::tables::Tables;
use crate::clock::{Clock, Stopwatch, SystemClock};
use crate::log::durable;
use crate::model::{DAY_MS, Time};

#[derive(Debug, Args)]
pub(super) struct BacktestArgs {
    /// The candidate: a scorecard (`.toml`), a module (`.wasm`), or the name of a rule that was
    /// pushed, with `@VERSION` or `@DIGEST` where there are several.
    #[arg(long, value_name = "CARD|MODULE|NAME")]
    rule: String,
    /// Set a parameter of the candidate; the others have its defaults.
    #[arg(long = "parameter", value_name = "NAME=NUMBER", value_parser = parameter)]
    parameters: Vec<(String, f64)>,
    #[command(flatten)]
    config: ConfigArgs,
    /// The tenant; not needed where there is one.
    #[arg(long)]
    tenant: Option<String>,
    /// Read an input from other files (`usage=2024/*.ndjson`), or between offsets of its topic
    /// (`usage=1000..5000`, `usage/3=1000..` for one partition). Repeat for several. With a broker
    /// and files, inputs that are not named are left out.
    #[arg(long, value_name = "INPUT=FILES|FIRST..END", value_parser = inputs::from)]
    from: Vec<From>,
    /// Compare with the rule that governs now, as if it always had, and not with what governed
    /// then.
    #[arg(long)]
    against_now: bool,
    /// Fold records and timers up to here: a moment, or a date in the tenant's zone. Without it
    /// up to the last record.
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// What became of accounts: CSV with account, `decided_at`, `ended_at`, kind, `mrr_lost`.
    #[arg(long, value_name = "FILE")]
    outcomes: Option<PathBuf>,
    /// Count only outcomes of this kind. Repeat for several.
    #[arg(long, value_name = "KIND", requires = "outcomes")]
    outcome_kind: Vec<String>,
    /// How long after a reference date a decision counts.
    #[arg(long, value_name = "DAYS", default_value = "90d", value_parser = days)]
    outcome_window: i64,
    /// Until when whoever wrote the candidate had seen outcomes: results before and after are told
    /// apart, and only those after it are proof.
    #[arg(long, value_name = "DATE", requires = "outcomes")]
    tuned_until: Option<String>,
    /// Write a page to show: one file, with plots.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Write tables for analysts into this folder, as Parquet.
    #[arg(long, value_name = "FOLDER")]
    parquet: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Days as milliseconds.
fn days(text: &str) -> Result<i64, String> {
    let number = text.strip_suffix('d').unwrap_or(text).parse::<u16>().ok();
    let days = number.filter(|days| (1..=3_650).contains(days));
    days.map(|days| i64::from(days) * DAY_MS)
        .ok_or_else(|| format!("expected 1 to 3650 days, such as 90d, found {text}"))
}

pub(super) fn run(args: &BacktestArgs, session: &mut Session) -> anyhow::Result<Outcome> {
    let config = args.config.load()?;
    let tenant = tenant(&config, args.tenant.as_deref())?;
    let engine = trial::engine()?;
    let against = if args.against_now {
        Against::Now
    } else {
        Against::Then
    };
    let timeline = rules::timeline(&config, &engine, tenant)?;
    let candidate = rules::candidate(args, &engine, &timeline)?;
    let pair = candidate.pair(&timeline, against);
    let calendar = Calendar::new(&timeline.settings.time_zone).map_err(anyhow::Error::msg)?;
    let moment = |text: &Option<String>, what: &str| moment(text.as_deref(), what, &calendar);
    let until = moment(&args.until, "--until")?;
    let tuned_until = moment(&args.tuned_until, "--tuned-until")?;
    let outcomes = args.outcomes.as_deref();
    let outcomes = outcomes.map(|path| read_outcomes(path, &calendar, &args.outcome_kind));
    let outcomes = outcomes.transpose()?;
    let inputs = inputs::open(&config, (&args.from, until), &engine)?;
    let decided = decisions(outcomes.as_ref());
    let history = History {
        tenant,
        spec: &inputs.spec,
        pair: &pair,
        calendar: &calendar,
        until: inputs.until,
        decided: &decided,
        open: &*inputs.open,
        clock: &SystemClock,
    };
    let folded = watched(&history, (&inputs.done, inputs.length), session)?;
    let shown = candidate.shown();
    let question = Question {
        tenant,
        candidate: &shown,
        pair: &pair,
        against,
        calendar: &calendar,
        outcomes: outcomes.as_ref(),
        window_ms: args.outcome_window,
        tuned_until,
    };
    let report = Report::new(&question, &folded);
    check_accounts(&report, &folded)?;
    let written = write(args, &report, (&folded, outcomes.as_ref(), &question))?;
    if args.json {
        session.json(&json::report(&report))?;
    } else {
        shown::report(&report, timeline.source, session)?;
        written.iter().try_for_each(|line| session.line(line))?;
    }
    Ok(Outcome::Done)
}

/// Outcomes of other accounts than those of the history are a mistake of a name.
fn check_accounts(report: &Report, folded: &Folded) -> anyhow::Result<()> {
    if let Some(judgement) = &report.judgement
        && judgement.lost_accounts == 0
        && judgement.strangers.0 > 0
    {
        anyhow::bail!(
            "expected accounts of the history in the outcomes, found none of {}: the first are \
             {}; the history has {}",
            judgement.strangers.0,
            judgement.strangers.1.join(", "),
            folded
                .accounts
                .iter()
                .take(3)
                .cloned()
                .collect::<Vec<_>>()
                .join(", ")
        );
    }
    Ok(())
}

fn moment(text: Option<&str>, what: &str, calendar: &Calendar) -> anyhow::Result<Option<Time>> {
    let Some(text) = text else { return Ok(None) };
    let found = calendar.parse(text).with_context(|| {
        format!("expected {what} as 2025-03-14 or 2025-03-14T09:30:00Z, found `{text}`")
    })?;
    let now = SystemClock.now();
    anyhow::ensure!(
        found <= now,
        "expected {what} in the past, found {found}; it is {now}"
    );
    Ok(Some(found))
}

fn read_outcomes(path: &Path, calendar: &Calendar, kinds: &[String]) -> anyhow::Result<Outcomes> {
    let shown = path.display();
    let text = std::fs::read_to_string(path).with_context(|| format!("read {shown}"))?;
    let read = Outcomes::read(&text, calendar, kinds);
    read.map_err(|mistakes| {
        let with_file = mistakes.iter().map(|mistake| format!("{shown}: {mistake}"));
        anyhow::anyhow!(with_file.collect::<Vec<_>>().join("\n"))
    })
}

fn decisions(outcomes: Option<&Outcomes>) -> BTreeMap<String, Time> {
    let first = outcomes.into_iter().flat_map(|outcomes| &outcomes.first);
    first
        .map(|(account, outcome)| (account.clone(), outcome.decided_at))
        .collect()
}

/// Folds, with a bar where somebody sees it.
fn watched(
    history: &History<'_>,
    (done, length): (&AtomicU64, u64),
    session: &Session,
) -> anyhow::Result<Folded> {
    let bar = progress::bar(session.err_is_terminal, length);
    let since = Stopwatch::start();
    let records = AtomicU64::new(0);
    let told = |more: usize, now: Time| {
        let all = records.fetch_add(more as u64, Ordering::Relaxed) + more as u64;
        let millis = u64::try_from(since.elapsed().as_millis())
            .unwrap_or(u64::MAX)
            .max(1);
        bar.set_position(done.load(Ordering::Relaxed));
        bar.set_message(format!(
            "{} records, {}/s, now {now}",
            table::count(all),
            table::count(all.saturating_mul(1_000) / millis)
        ));
    };
    let folded = fold(history, &told);
    bar.finish_and_clear();
    Ok(folded?)
}

/// Writes what was asked for, and says what.
fn write(
    args: &BacktestArgs,
    report: &Report,
    (folded, outcomes, question): (&Folded, Option<&Outcomes>, &Question<'_>),
) -> anyhow::Result<Vec<String>> {
    let mut said = Vec::new();
    if let Some(path) = &args.html {
        let page = page::render(report);
        durable::replace(path, page.as_bytes())
            .with_context(|| format!("write {}", path.display()))?;
        said.push(format!("The page is {}", path.display()));
    }
    if let Some(folder) = &args.parquet {
        std::fs::create_dir_all(folder).with_context(|| format!("make {}", folder.display()))?;
        let tables = Tables {
            folded,
            ladders: &question.pair.ladders,
            outcomes,
            window_ms: question.window_ms,
        };
        let written = tables.write(folder)?;
        let rows = |(name, rows): &(&str, u64)| {
            format!(
                "{name} ({})",
                table::many(usize::try_from(*rows).unwrap_or(0), "row")
            )
        };
        let names: Vec<_> = written.iter().map(rows).collect();
        said.push(format!(
            "The tables are in {}: {}",
            folder.display(),
            names.join(", ")
        ));
    }
    Ok(said)
}
