//! `puls rule bench`: what a module costs a row, against what it may.
//!
//! Its rows are made up from a seed: some values missing, the others small counts, percents and
//! numbers that no band expects. The same seed gives the same rows and the same fuel everywhere;
//! the time is this machine's.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use clap::Args;
use puls_wire::{FeatureUse, Manifest, ROWS_MAX, Rows, Status};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use serde_json::json;

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

#[derive(Debug, Args)]
pub(super) struct BenchArgs {
    /// The module.
    file: PathBuf,
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
    took: Duration,
    fuel: u64,
    fuel_row_max: u64,
    scored: usize,
    of: usize,
}

pub(super) fn run(args: &BenchArgs, session: &mut Session) -> anyhow::Result<Outcome> {
    let shown = args.file.display().to_string();
    let bytes = std::fs::read(&args.file).with_context(|| format!("read {shown}"))?;
    let engine = crate::cli::trial::engine()?;
    let module = engine.compile(&bytes).with_context(|| shown.clone())?;
    let found = measure(&module, args)
        .map_err(anyhow::Error::msg)
        .with_context(|| format!("{shown}: evaluate rows of seed {}", args.seed))?;
    let nanoseconds = found.took.as_secs_f64() * 1e9 / to_f64(found.rows);
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
    let row = |what: &str, found: String, limit: String| vec![what.to_owned(), found, limit];
    let many = |number: u64| table::count(number);
    let rows = [
        row("ns a row", format!("{nanoseconds:.0}"), "–".into()),
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
    session.line(&format!(
        "{name} {version}: {} rows of seed {}, {} of {} scored",
        many(found.rows),
        args.seed,
        many(found.scored as u64),
        many(found.of as u64)
    ))?;
    for line in table::columns(&["", "found", "limit"], &rows, true) {
        session.line(&line)?;
    }
    Ok(Outcome::Done)
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
        took: Duration::ZERO,
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
    let since = Stopwatch::start();
    for batch in batches.iter().cycle() {
        if found.rows >= args.rows {
            break;
        }
        found.fuel += meter.evaluate(batch)?;
        found.rows += batch.len() as u64;
    }
    found.took = since.elapsed();
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
