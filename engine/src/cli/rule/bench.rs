//! `puls rule bench`: what a module costs a row, against what it may.
//!
//! Its rows are made up from a seed: some values missing, the others small counts, percents and
//! numbers that no band expects. The same seed gives the same rows and the same fuel everywhere;
//! the time is this machine's. A call has 256 rows; how long calls took is told as the row of the
//! middle call and of the slowest in a hundred.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use clap::Args;
use hdrhistogram::Histogram;
use puls_wire::{FeatureUse, Manifest, ROWS_MAX, Rows, Status};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use serde_json::json;

use super::package;
use super::target::Target;
use crate::cli::scorecard::TenantArgs;
use crate::cli::session::{Outcome, Session};
use crate::cli::table;
use crate::clock::Stopwatch;
use crate::limits::{RULE_FUEL, RULE_MODULE_BYTES_MAX};
use crate::rules::{Meter, Module};

/// Batches of rows that are made; a bench goes round over them.
const BATCHES: usize = 32;
/// Rows that are called one by one, to find the dearest.
const SINGLES: usize = 4_096;
/// A value in so many is missing.
const MISSING_ONE_IN: u32 = 6;
/// Significant digits of the times of calls: one in a thousand is finer than a machine repeats.
const DIGITS: u8 = 3;

#[derive(Debug, Args)]
pub(super) struct BenchArgs {
    /// The rule: its folder, its card.toml, or a module.
    #[arg(value_name = "FOLDER|CARD|MODULE")]
    rule: PathBuf,
    #[command(flatten)]
    tenant: TenantArgs,
    /// Rows to time.
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(1..))]
    rows: u64,
    /// What the rows are made from.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// What a bench found.
struct Found {
    rows: u64,
    /// Nanoseconds of each call of 256 rows.
    calls: Histogram<u64>,
    fuel: u64,
    fuel_row_max: u64,
    scored: usize,
    of: usize,
}

pub(super) fn run(args: &BenchArgs, session: &mut Session) -> anyhow::Result<Outcome> {
    let target = Target::find(&args.rule)?;
    let shown = target.file.display().to_string();
    let Some(bytes) = package::module_of(&target, &args.tenant, session)? else {
        return Ok(Outcome::Failed);
    };
    let engine = crate::cli::trial::engine()?;
    let module = engine.compile(&bytes).with_context(|| shown.clone())?;
    let found = measure(&module, args)
        .map_err(anyhow::Error::msg)
        .with_context(|| format!("{shown}: evaluate rows of seed {}", args.seed))?;
    let [nanoseconds, middle, slow] = found.nanoseconds();
    let fuel = to_f64(found.fuel) / to_f64(found.rows);
    let fuel_max = RULE_FUEL / ROWS_MAX as u64;
    if args.json {
        session.json(&json!({
            "rule": module.manifest.name,
            "version": module.manifest.version,
            "digest": module.digest.to_string(),
            "seed": args.seed,
            "rows": found.rows,
            "ns_per_row": nanoseconds,
            "ns_per_row_p50": middle,
            "ns_per_row_p99": slow,
            "fuel_per_row": fuel,
            "fuel_per_row_max": found.fuel_row_max,
            "fuel_per_row_limit": fuel_max,
            "bytes": bytes.len(),
            "bytes_limit": RULE_MODULE_BYTES_MAX,
            "scored": found.scored,
            "of": found.of,
        }))?;
        return Ok(Outcome::Done);
    }
    let Manifest { name, version, .. } = &module.manifest;
    let many = |number: u64| table::count(number);
    session.line(&format!(
        "{name} {version}: {} rows of seed {}, {} of {} scored",
        many(found.rows),
        args.seed,
        many(found.scored as u64),
        many(found.of as u64)
    ))?;
    let time = |what: &str, nanoseconds: f64| row(what, format!("{nanoseconds:.0}"), "–".into());
    let rows = [
        time("ns a row", nanoseconds),
        time("ns a row, half of the calls", middle),
        time("ns a row, 99 of 100 calls", slow),
        row("fuel a row", format!("{fuel:.0}"), many(fuel_max)),
        row(
            "fuel of the dearest row",
            many(found.fuel_row_max),
            many(fuel_max),
        ),
        row(
            "bytes",
            many(bytes.len() as u64),
            many(RULE_MODULE_BYTES_MAX as u64),
        ),
    ];
    for line in table::columns(&["", "found", "limit"], &rows, true) {
        session.line(&line)?;
    }
    Ok(Outcome::Done)
}

fn row(what: &str, found: String, limit: String) -> Vec<String> {
    vec![what.to_owned(), found, limit]
}

impl Found {
    /// Of a row: on average, in the middle call, in the slowest of a hundred calls.
    fn nanoseconds(&self) -> [f64; 3] {
        let calls = &self.calls;
        let quantile = |share| to_f64(calls.value_at_quantile(share));
        [calls.mean(), quantile(0.5), quantile(0.99)].map(|call| call / to_f64(ROWS_MAX as u64))
    }
}

fn measure(module: &Arc<Module>, args: &BenchArgs) -> Result<Found, String> {
    let mut random = SmallRng::seed_from_u64(args.seed);
    let features = &module.manifest.features;
    let batches: Vec<_> = (0..BATCHES)
        .map(|_| rows_of(features, ROWS_MAX, &mut random))
        .collect();
    let mut meter = Meter::new(module)?;
    let mut found = Found {
        rows: 0,
        calls: Histogram::new(DIGITS).map_err(|wrong| wrong.to_string())?,
        fuel: 0,
        fuel_row_max: 0,
        scored: 0,
        of: 0,
    };
    // Once through all of them before time counts.
    for batch in &batches {
        meter.evaluate(batch)?;
        let scored = meter.verdicts().iter();
        found.scored += scored.filter(|it| it.status == Status::Scored).count();
        found.of += batch.len();
    }
    for _ in 0..SINGLES {
        let single = rows_of(features, 1, &mut random);
        found.fuel_row_max = found.fuel_row_max.max(meter.evaluate(&single)?);
    }
    for batch in batches.iter().cycle() {
        if found.rows >= args.rows {
            break;
        }
        let since = Stopwatch::start();
        found.fuel += meter.evaluate(batch)?;
        let took = u64::try_from(since.elapsed().as_nanos()).unwrap_or(u64::MAX);
        found
            .calls
            .record(took)
            .map_err(|wrong| wrong.to_string())?;
        found.rows += batch.len() as u64;
    }
    Ok(found)
}

fn rows_of(features: &[FeatureUse], count: usize, random: &mut SmallRng) -> Rows {
    let mut rows = Rows::new(features.len());
    for _ in 0..count {
        let values: Vec<_> = features.iter().map(|it| value(it, random)).collect();
        rows.push(values);
    }
    rows
}

fn value(feature: &FeatureUse, random: &mut SmallRng) -> f64 {
    if random.random_ratio(1, MISSING_ONE_IN) {
        return f64::NAN;
    }
    if !feature.values.is_empty() {
        // −1 is a text that the list does not have.
        let codes = i32::try_from(feature.values.len()).unwrap_or(i32::MAX);
        return f64::from(random.random_range(-1..codes));
    }
    match random.random_range(0..4) {
        0 => f64::from(random.random_range(0..30)),
        1 => random.random_range(0.0..100.0),
        2 => random.random_range(-100.0..400.0),
        _ => random.random_range(0.0..1e6),
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a mean for people; the digits beyond 2^53 are not shown"
)]
const fn to_f64(number: u64) -> f64 {
    number as f64
}
