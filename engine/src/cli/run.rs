//! `puls run`: the service, or one run over files.

use std::sync::Arc;
use std::time::Duration;

use clap::Args;

use super::engine::{Feed, Plan};
use super::patience::ask;
use super::rules::RuleSet;
use super::session::{ConfigArgs, Outcome, Session};
use super::summary::{Summary, Tiers};
use super::watch::Watch;
use super::{engine, logging, progress, publish, recover, rules, signals, spool, trial, what_if};
use crate::clock::{Stopwatch, SystemClock};
use crate::config::{Config, Source};
use crate::http::Server;
use crate::limits::STEP_RECORDS_MAX;
use crate::log::kafka::KafkaSettings;
use crate::model::Time;
use crate::rules::RulesEngine;
use crate::worker::{Stop, files, kafka};

#[derive(Debug, Args)]
pub(super) struct RunArgs {
    #[command(flatten)]
    config: ConfigArgs,
    /// Ends at this moment of the records' own time, timers included.
    #[arg(long, value_name = "TIME", value_parser = time)]
    until: Option<Time>,
    /// Goes on as the files grow.
    #[arg(long)]
    follow: bool,
    /// Reads an input from elsewhere than the configuration says; `-` is standard input.
    #[arg(long = "input", value_name = "NAME=PATH", value_parser = input)]
    inputs: Vec<(String, String)>,
    /// Most records in a step. Never shows in an output.
    #[arg(long, value_name = "N", default_value_t = STEP_RECORDS_MAX,
          value_parser = step_records, hide = true)]
    step_records: usize,
    /// Print the summary as JSON.
    #[arg(long)]
    json: bool,
}

impl RunArgs {
    const fn plan(&self) -> Plan {
        Plan {
            until: self.until,
            follow: self.follow,
            step_records: self.step_records,
        }
    }
}

/// A moment as the command line takes it.
pub(super) fn time(text: &str) -> Result<Time, String> {
    Time::parse_rfc3339(text)
        .ok_or_else(|| format!("expected a moment such as 2026-03-03T10:00:00Z, found {text}"))
}

fn input(text: &str) -> Result<(String, String), String> {
    let (name, path) = text
        .split_once('=')
        .ok_or_else(|| format!("expected NAME=PATH, found {text}"))?;
    Ok((name.to_owned(), path.to_owned()))
}

fn step_records(text: &str) -> Result<usize, String> {
    let expected = || format!("expected 1 to {STEP_RECORDS_MAX}, found {text}");
    let found: usize = text.parse().map_err(|_| expected())?;
    if (1..=STEP_RECORDS_MAX).contains(&found) {
        Ok(found)
    } else {
        Err(expected())
    }
}

pub(super) fn run(args: &RunArgs, session: &mut Session) -> anyhow::Result<Outcome> {
    let mut config = args.config.load()?;
    redirect(&mut config, args)?;
    let bar = progress::line(session.err_is_terminal);
    logging::start(&config.puls, bar.clone());
    let rules_engine = trial::engine_of(&config)?;
    let set = rules::read(&config, &rules_engine)?;
    let stop = Arc::new(Stop::default());
    signals::listen(Arc::clone(&stop))?;
    let (board, what_ifs) = what_if::desk(&config)?;
    let start = |address| Server::start(address, Arc::new(what_ifs));
    let server = config.puls.listen.map(start).transpose()?;
    if let Some(server) = &server {
        tracing::info!(address = %server.address(), "listening");
    }
    let surroundings = Surroundings {
        watch: Watch::new(bar).with_board(board),
        stop,
        server,
    };
    let around = (&surroundings, session);
    match &config.kafka {
        Some(kafka) => on_broker(args, &config, (&rules_engine, &set, kafka), around),
        None => on_files(args, &config, (&rules_engine, &set), around),
    }
}

/// What a run has beside what it runs on.
struct Surroundings {
    watch: Watch,
    stop: Arc<Stop>,
    server: Option<Server>,
}

impl Surroundings {
    fn ready(&self) {
        if let Some(server) = &self.server {
            server.set_ready(true);
        }
    }
}

fn on_files(
    args: &RunArgs,
    config: &Config,
    (rules_engine, set): (&RulesEngine, &RuleSet),
    (surroundings, session): (&Surroundings, &mut Session),
) -> anyhow::Result<Outcome> {
    let run = engine::on_files(config, rules_engine, args.plan())?;
    let genesis = run.folder.is_unused();
    publish::publish(&mut run.log(), rules_engine, set, (&SystemClock, genesis))?;
    let spool = spool::start(config, &run.folder, args.follow)?;
    surroundings.ready();
    let since = Stopwatch::start();
    let ended = files::run(&run, &surroundings.watch, &surroundings.stop);
    let took = since.elapsed();
    spool.finish()?;
    conclude(
        args,
        (&Feed::Files(run), ended?, took),
        surroundings,
        session,
    )
}

fn on_broker(
    args: &RunArgs,
    config: &Config,
    (rules_engine, set, kafka): (&RulesEngine, &RuleSet, &KafkaSettings),
    (surroundings, session): (&Surroundings, &mut Session),
) -> anyhow::Result<Outcome> {
    let run = engine::on_broker(config, rules_engine, (kafka, args.plan()))?;
    let spec = run.spec.clone();
    let feed = Feed::Broker {
        settings: Box::new(kafka.clone()),
        spec,
    };
    let mut log = ask(|| feed.log())?;
    let genesis = publish::is_genesis(&mut *log, run.spec.shards)?;
    publish::publish(&mut *log, rules_engine, set, (&SystemClock, genesis))?;
    drop(log);
    surroundings.ready();
    let since = Stopwatch::start();
    let ended = kafka::run(&run, &surroundings.watch, &surroundings.stop)?;
    conclude(args, (&feed, ended, since.elapsed()), surroundings, session)
}

/// Says what a run came to.
fn conclude(
    args: &RunArgs,
    (feed, ended, took): (&Feed, files::Summary, Duration),
    surroundings: &Surroundings,
    session: &mut Session,
) -> anyhow::Result<Outcome> {
    let taken = surroundings.watch.finish();
    let summary = Summary {
        counts: ended.counts,
        accounts: ended.accounts,
        tiers: ended.until.map(|until| tiers(feed, until)).transpose()?,
        until: ended.until,
        taken,
        took,
    };
    summary.show(args.json, session)?;
    let mismatches = summary.mismatches();
    anyhow::ensure!(
        mismatches.is_empty(),
        "sums that must match do not: {}",
        mismatches.join("; ")
    );
    Ok(Outcome::Done)
}

/// Points inputs elsewhere, as the command line says.
fn redirect(config: &mut Config, args: &RunArgs) -> anyhow::Result<()> {
    for (name, path) in &args.inputs {
        let known: Vec<_> = config
            .inputs
            .iter()
            .map(|input| input.spec.name.clone())
            .collect();
        let Some(input) = config
            .inputs
            .iter_mut()
            .find(|input| input.spec.name == *name)
        else {
            let known: Vec<_> = known.iter().map(String::as_str).collect();
            anyhow::bail!(crate::config::none_of("an input", name, &known));
        };
        anyhow::ensure!(
            matches!(input.source, Source::Files(_)),
            "expected an input that reads files, found `{name}`, which reads a topic"
        );
        // The command line speaks of paths from where it was typed.
        let here = std::env::current_dir()?;
        let path = if path == "-" {
            path.clone()
        } else {
            here.join(path).display().to_string()
        };
        input.source = Source::Files(vec![path]);
    }
    Ok(())
}

/// How many accounts are in each tier of the primary rule at `at`.
fn tiers(feed: &Feed, at: Time) -> anyhow::Result<Tiers> {
    let mut tiers = Tiers::new();
    for runner in &mut recover::all(feed, &progress::line(false))?.runners {
        runner.shard_mut().standings(at, &mut |standing| {
            let primary = standing.rules.iter().find(|rule| rule.data.rule.primary);
            let tier = primary.map_or("no primary rule", |rule| rule.data.tier);
            let of_tenant = tiers.entry(standing.key.tenant().to_owned()).or_default();
            *of_tenant.entry(tier.to_owned()).or_default() += 1;
        });
    }
    Ok(tiers)
}
