//! Where history comes from: files, or topics between offsets that are fixed before anything is
//! read.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use anyhow::Context;

use crate::backtest::fold::OpenTape;
use crate::backtest::tape::{Exchange, Ranges, Reel, Tape};
use crate::cli::engine::{shard_spec, shards_of};
use crate::cli::patience::ask;
use crate::clock::{Clock, Stopwatch, SystemClock};
use crate::config::{Config, Input, Source, none_of};
use crate::decode::Format;
use crate::limits::{MERGE_BUFFER_RECORDS_MAX, RECORD_FUTURE_MS_MAX, SETTLE_MS};
use crate::log::files::{DataFolder, FileFormat, FileInput, FileInputs};
use crate::log::kafka::{KafkaLog, KafkaSettings};
use crate::log::{Log, LogError, Position};
use crate::model::{InputIndex, ShardId, Time};
use crate::rules::RulesEngine;
use crate::shard::ShardSpec;
use crate::worker::Stop;
use crate::worker::files::routes;

/// How long the ends of a topic are asked for.
const PATIENCE: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(50);

/// Another place to read an input from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct From {
    input: String,
    what: What,
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum What {
    /// Paths and patterns.
    Files(Vec<String>),
    /// Offsets, of one partition or of all.
    Range {
        partition: Option<u32>,
        first: u64,
        end: Option<u64>,
    },
}

/// `--from` as the command line takes it.
pub(super) fn from(text: &str) -> Result<From, String> {
    let expected = || {
        format!("expected INPUT=FILE, INPUT=FIRST..END or INPUT/PARTITION=FIRST..END, found {text}")
    };
    let (input, place) = text.split_once('=').ok_or_else(expected)?;
    let range = place.split_once("..").and_then(|(first, end)| {
        let first = if first.is_empty() {
            0
        } else {
            first.parse().ok()?
        };
        let end = if end.is_empty() {
            None
        } else {
            Some(end.parse().ok()?)
        };
        Some((first, end))
    });
    let Some((first, end)) = range else {
        let paths: Vec<String> = place.split(',').map(str::to_owned).collect();
        if input.is_empty() || paths.iter().any(String::is_empty) {
            return Err(expected());
        }
        return Ok(From {
            input: input.to_owned(),
            what: What::Files(paths),
        });
    };
    let (input, partition) = match input.split_once('/') {
        None => (input, None),
        Some((input, partition)) => (input, Some(partition.parse().map_err(|_| expected())?)),
    };
    if end.is_some_and(|end| end < first) {
        return Err(format!(
            "expected an end at or behind the first offset, found {text}"
        ));
    }
    Ok(From {
        input: input.to_owned(),
        what: What::Range {
            partition,
            first,
            end,
        },
    })
}

/// Inputs, ready to be read.
pub(super) struct Inputs {
    pub(super) spec: ShardSpec,
    pub(super) open: Box<OpenTape>,
    /// T: what was asked for, else the last record of files, or the moment at which the ends of
    /// topics were taken.
    pub(super) until: Time,
    /// How far reading has come, of `length`.
    pub(super) done: Arc<AtomicU64>,
    pub(super) length: u64,
}

/// Opens what the configuration names, or `from` instead.
pub(super) fn open(
    config: &Config,
    (from, until): (&[From], Option<Time>),
    engine: &RulesEngine,
) -> anyhow::Result<Inputs> {
    let names: Vec<&str> = config
        .inputs
        .iter()
        .map(|it| it.spec.name.as_str())
        .collect();
    for wanted in from {
        anyhow::ensure!(
            names.contains(&wanted.input.as_str()),
            none_of("an input of the configuration", &wanted.input, &names)
        );
    }
    let has_files = from.iter().any(|it| matches!(it.what, What::Files(_)));
    let has_ranges = from.iter().any(|it| matches!(it.what, What::Range { .. }));
    match &config.kafka {
        _ if has_files && has_ranges => {
            anyhow::bail!("expected `--from` with files or with offsets, found both")
        }
        None if has_ranges => anyhow::bail!(
            "expected `--from` with files, found offsets: the configuration has no broker"
        ),
        Some(settings) if !has_files => on_broker(config, (from, until), (settings, engine)),
        _ => on_files(config, (from, until), engine),
    }
}

fn on_files(
    config: &Config,
    (from, until): (&[From], Option<Time>),
    engine: &RulesEngine,
) -> anyhow::Result<Inputs> {
    let data = config.folder.join(&config.puls.data);
    // What a run has made has as many shards as it was made with.
    let shards = match config.kafka {
        None => DataFolder::read(&data).map_or(config.puls.shards, |folder| folder.shards()),
        Some(_) => config.puls.shards,
    };
    let spec = shard_spec(config, engine, (shards, false));
    let (mut sources, mut missing) = (Vec::new(), Vec::new());
    for input in &config.inputs {
        match paths(config, from, (input, &data)) {
            Ok(paths) => sources.push(FileInput {
                paths,
                format: match input.decoder.format {
                    Format::Csv => FileFormat::Csv,
                    _ => FileFormat::Lines,
                },
                follow: false,
            }),
            Err(messages) => missing.extend(
                messages
                    .into_iter()
                    .map(|message| format!("input {}: {message}", input.spec.name)),
            ),
        }
    }
    anyhow::ensure!(missing.is_empty(), missing.join("\n"));
    let size = |path: &PathBuf| std::fs::metadata(path).map_or(0, |data| data.len());
    let bytes: u64 = sources
        .iter()
        .flat_map(|source| &source.paths)
        .map(size)
        .sum();
    let done = Arc::new(AtomicU64::new(0));
    let (meter, sources): (_, Arc<[FileInput]>) = (Arc::clone(&done), sources.into());
    let until = match until {
        Some(until) => until,
        None => last_record(&spec, &sources, &meter)?,
    };
    let reading = spec.clone();
    let open = move |_: ShardId, exchange: &Exchange| -> Result<Box<dyn Log + Send>, LogError> {
        let inputs = Arc::clone(&reading.inputs);
        let files = FileInputs::new(inputs, Arc::clone(&sources), routes(&reading), shards);
        let files = files.metered(Arc::clone(&meter));
        let reel = Reel::Files(Box::new(files));
        Ok(Box::new(Tape::new(reel, exchange.clone())))
    };
    Ok(Inputs {
        spec,
        open: Box::new(open),
        until,
        done,
        // Every shard reads every file, once for each rule; the last record is looked for once.
        length: bytes * (u64::from(shards) * 2 + 1),
    })
}

/// The largest time that a record of the files has: that of a run that reads them to their end.
fn last_record(
    spec: &ShardSpec,
    sources: &Arc<[FileInput]>,
    meter: &Arc<AtomicU64>,
) -> anyhow::Result<Time> {
    let clock = SystemClock.now().minus_ms(SETTLE_MS);
    let files = FileInputs::new(
        Arc::clone(&spec.inputs),
        Arc::clone(sources),
        routes(spec),
        1,
    );
    let mut files = files.metered(Arc::clone(meter));
    let mut last = None;
    for input in (0..spec.inputs.len()).filter_map(|input| InputIndex::try_from(input).ok()) {
        let (mut offset, mut records) = (0, VecDeque::new());
        loop {
            let from = Position {
                shard: ShardId(0),
                input,
                offset,
            };
            offset = files.read(from, MERGE_BUFFER_RECORDS_MAX, &mut records)?;
            if records.is_empty() {
                break;
            }
            let times = records.drain(..).filter_map(|record| record.timestamp);
            let within = times.filter(|time| *time <= clock.plus_ms(RECORD_FUTURE_MS_MAX));
            last = last.max(within.map(|time| time.min(clock)).max());
        }
    }
    last.context("expected records in the inputs, found none; name others with `--from`")
}

/// The files of one input: those of `--from` from here, those of the configuration from there.
fn paths(
    config: &Config,
    from: &[From],
    (input, data): (&Input, &Path),
) -> Result<Vec<PathBuf>, Vec<String>> {
    let named: Vec<String> = from
        .iter()
        .filter(|it| it.input == input.spec.name)
        .filter_map(|it| match &it.what {
            What::Files(paths) => Some(paths.clone()),
            What::Range { .. } => None,
        })
        .flatten()
        .collect();
    if !named.is_empty() {
        return Source::Files(named).paths(Path::new(""), None);
    }
    let spool = data.join("spool").join(&input.spec.name);
    let spool = spool.exists().then_some(spool);
    // An input that is a topic has no files.
    input.source.paths(&config.folder, spool.as_deref())
}

fn on_broker(
    config: &Config,
    (from, until): (&[From], Option<Time>),
    (settings, engine): (&KafkaSettings, &RulesEngine),
) -> anyhow::Result<Inputs> {
    let spec = shard_spec(config, engine, (shards_of(settings)?, true));
    check_partitions(from, spec.shards)?;
    let mut log = ask(|| KafkaLog::look_on(settings, Arc::clone(&spec.inputs)))?;
    // Taken before the ends: what is stamped later than this came later.
    let now = SystemClock.now().minus_ms(SETTLE_MS);
    let mut ranges = Ranges::new();
    for shard in (0..spec.shards).map(ShardId) {
        let ends = ends(&mut log, shard)?;
        for ((number, input), end) in (0..).zip(spec.inputs.iter()).zip(ends) {
            let range = range(from, (&input.name, shard), end)?;
            ranges.insert((shard, number), range);
        }
    }
    let records: u64 = ranges
        .values()
        .map(|(first, end)| end.saturating_sub(*first))
        .sum();
    let done = Arc::new(AtomicU64::new(0));
    let (ranges, passed) = (Arc::new(ranges), Arc::clone(&done));
    let (settings, inputs) = (settings.clone(), Arc::clone(&spec.inputs));
    let open = move |_: ShardId, exchange: &Exchange| -> Result<Box<dyn Log + Send>, LogError> {
        let log = Box::new(KafkaLog::look_on(&settings, Arc::clone(&inputs))?);
        let (ranges, passed) = (Arc::clone(&ranges), Arc::clone(&passed));
        let reel = Reel::Log {
            log,
            ranges,
            passed,
        };
        Ok(Box::new(Tape::new(reel, exchange.clone())))
    };
    Ok(Inputs {
        spec,
        open: Box::new(open),
        until: until.unwrap_or(now),
        done,
        // Once for each rule.
        length: records * 2,
    })
}

/// The ends of a shard's inputs, all of them.
fn ends(log: &mut KafkaLog, shard: ShardId) -> anyhow::Result<Vec<u64>> {
    let since = Stopwatch::start();
    loop {
        let ends: Option<Vec<u64>> = ask(|| log.ends(shard))?.into_iter().collect();
        if let Some(ends) = ends {
            return Ok(ends);
        }
        anyhow::ensure!(
            since.elapsed() < PATIENCE,
            "expected the ends of shard {}'s inputs within {} s; a re-keyed input has one only \
             when `puls run` has re-keyed all of its source",
            shard.0,
            PATIENCE.as_secs()
        );
        Stop::default().wait(PAUSE);
    }
}

/// A partition that is not there is a mistake, and not nothing to read.
fn check_partitions(from: &[From], partitions: u32) -> anyhow::Result<()> {
    for wanted in from {
        if let What::Range {
            partition: Some(partition),
            ..
        } = wanted.what
        {
            anyhow::ensure!(
                partition < partitions,
                "expected a partition of input {} from 0 to {}, found {partition}",
                wanted.input,
                partitions.saturating_sub(1)
            );
        }
    }
    Ok(())
}

/// What is read of one partition of an input that ends at `end` now.
fn range(from: &[From], (input, shard): (&str, ShardId), end: u64) -> anyhow::Result<(u64, u64)> {
    let mut range = (0, end);
    for wanted in from.iter().filter(|it| it.input == input) {
        let What::Range {
            partition,
            first,
            end: last,
        } = wanted.what
        else {
            continue;
        };
        if partition.is_some_and(|partition| partition != shard.0) {
            continue;
        }
        anyhow::ensure!(
            partition.is_none() || last.is_none_or(|last| last <= end),
            "expected an end of input {input}, partition {}, up to {end}, found {}",
            shard.0,
            last.unwrap_or(0)
        );
        range = (first.min(end), last.unwrap_or(end).min(end));
    }
    Ok(range)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn from_names_files_or_offsets() {
        let range = |input: &str, partition, first, end| From {
            input: input.into(),
            what: What::Range {
                partition,
                first,
                end,
            },
        };
        let files = |input: &str, paths: &[&str]| From {
            input: input.into(),
            what: What::Files(paths.iter().map(|path| (*path).to_owned()).collect()),
        };
        let cases = [
            ("usage=0..1000", Ok(range("usage", None, 0, Some(1_000)))),
            ("usage/3=5..", Ok(range("usage", Some(3), 5, None))),
            ("usage=..7", Ok(range("usage", None, 0, Some(7)))),
            (
                "usage=a/*.ndjson,b.gz",
                Ok(files("usage", &["a/*.ndjson", "b.gz"])),
            ),
            ("usage=../a.ndjson", Ok(files("usage", &["../a.ndjson"]))),
            ("usage", Err("expected INPUT=FILE")),
            ("usage=", Err("expected INPUT=FILE")),
            ("usage/x=0..1", Err("expected INPUT=FILE")),
            ("usage=9..1", Err("expected an end at or behind")),
        ];
        for (text, expected) in cases {
            match (from(text), expected) {
                (Ok(found), Ok(expected)) => assert_eq!(found, expected, "{text}"),
                (Err(said), Err(part)) => assert!(said.contains(part), "{text}: {said}"),
                (found, _) => panic!("{text}: {found:?}"),
            }
        }
    }

    #[test]
    fn a_range_lies_within_the_topic() {
        let wanted = [from("usage=2..9").unwrap(), from("usage/1=3..4").unwrap()];
        let cases = [(0, 20, (2, 9)), (0, 5, (2, 5)), (1, 20, (3, 4))];
        for (shard, end, expected) in cases {
            let found = range(&wanted, ("usage", ShardId(shard)), end).unwrap();
            assert_eq!(found, expected, "{shard} {end}");
        }
        assert_eq!(range(&wanted, ("ticket", ShardId(0)), 6).unwrap(), (0, 6));
        assert!(check_partitions(&wanted, 2).is_ok());
        let wrong = check_partitions(&wanted, 1).unwrap_err().to_string();
        assert_eq!(
            wrong,
            "expected a partition of input usage from 0 to 0, found 1"
        );
        assert!(range(&wanted, ("usage", ShardId(1)), 3).is_err());
    }
}
