//! From the configuration to what a run is made of.

use std::num::{NonZeroU32, NonZeroUsize};
use std::path::Path;
use std::sync::Arc;

use super::patience::ask;
use crate::clock::SystemClock;
use crate::config::{Config, Problem, Problems};
use crate::decode::Format;
use crate::log::files::{DataFolder, FileFormat, FileInput};
use crate::log::kafka::{KafkaLog, KafkaSettings, TopicRole, check_topics};
use crate::log::{InputSpec, Log, LogError};
use crate::model::Time;
use crate::rules::RulesEngine;
use crate::shard::ShardSpec;
use crate::worker::files::FileRun;
use crate::worker::kafka::KafkaRun;

/// How far and how a run over files goes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plan {
    pub(super) until: Option<Time>,
    pub(super) follow: bool,
    pub(super) step_records: usize,
}

/// What every shard is made of, for the configuration's inputs.
pub(super) fn shard_spec(
    config: &Config,
    engine: &RulesEngine,
    (shards, keyed): (u32, bool),
) -> ShardSpec {
    let inputs: Vec<InputSpec> = config
        .inputs
        .iter()
        .map(|input| input.spec.clone())
        .collect();
    let decoders: Vec<_> = config
        .inputs
        .iter()
        .map(|input| input.decoder.clone())
        .collect();
    ShardSpec {
        shards,
        keyed,
        inputs: inputs.into(),
        decoders: decoders.into(),
        engine: engine.clone(),
    }
}

/// A run over the configuration's files, in its data folder.
pub(super) fn on_files(
    config: &Config,
    engine: &RulesEngine,
    plan: Plan,
) -> anyhow::Result<FileRun> {
    let folder = DataFolder::open(&config.folder.join(&config.puls.data), config.puls.shards)?;
    file_run(config, engine, (folder, plan))
}

/// A run over the configuration's topics.
pub(super) fn on_broker(
    config: &Config,
    engine: &RulesEngine,
    (settings, plan): (&KafkaSettings, Plan),
) -> anyhow::Result<KafkaRun> {
    let shards = shards_of(settings)?;
    let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let threads = config
        .puls
        .threads
        .map_or(u32::try_from(cores)?, NonZeroU32::get);
    Ok(KafkaRun {
        settings: settings.clone(),
        spec: shard_spec(config, engine, (shards, true)),
        clock: Arc::new(SystemClock),
        until: plan.until,
        members: threads.min(shards),
        records_max: plan.step_records,
    })
}

/// Number of shards: of partitions that the topics have.
pub(super) fn shards_of(settings: &KafkaSettings) -> anyhow::Result<u32> {
    let found = ask(|| check_topics(settings))?;
    let problems: Vec<_> = found
        .iter()
        .flat_map(|status| status.problems.clone())
        .collect();
    anyhow::ensure!(
        problems.is_empty(),
        "{}\n`puls topics create` makes the topics that are missing",
        problems.join("\n")
    );
    let sharded = found
        .iter()
        .find(|status| status.plan.role == TopicRole::Sharded);
    Ok(sharded.map_or(settings.partitions, |status| status.plan.partitions))
}

/// The shards of a feed, to look at and not to change; a run may go on beside it.
pub(super) enum Feed {
    /// Over files.
    Files(FileRun),
    /// On a broker.
    Broker {
        /// Where.
        settings: Box<KafkaSettings>,
        /// What its shards are made of.
        spec: ShardSpec,
    },
}

impl Feed {
    /// What the configuration names.
    pub(super) fn of(config: &Config, engine: &RulesEngine) -> anyhow::Result<Self> {
        if let Some(settings) = &config.kafka {
            let spec = shard_spec(config, engine, (shards_of(settings)?, true));
            return Ok(Self::Broker {
                settings: Box::new(settings.clone()),
                spec,
            });
        }
        let folder = DataFolder::read(&config.folder.join(&config.puls.data))?;
        let plan = Plan {
            until: None,
            follow: false,
            step_records: FileRun::RECORDS_MAX,
        };
        Ok(Self::Files(file_run(config, engine, (folder, plan))?))
    }

    /// What every shard is made of.
    pub(super) const fn spec(&self) -> &ShardSpec {
        match self {
            Self::Files(run) => &run.spec,
            Self::Broker { spec, .. } => spec,
        }
    }

    /// A log to read any shard from.
    pub(super) fn log(&self) -> Result<Box<dyn Log>, LogError> {
        Ok(match self {
            Self::Files(run) => Box::new(run.log()),
            Self::Broker { settings, spec } => {
                Box::new(KafkaLog::look_on(settings, Arc::clone(&spec.inputs))?)
            }
        })
    }
}

fn file_run(
    config: &Config,
    engine: &RulesEngine,
    (folder, plan): (DataFolder, Plan),
) -> anyhow::Result<FileRun> {
    let sources = sources(config, &folder, plan.follow)?;
    let spec = shard_spec(config, engine, (folder.shards(), false));
    Ok(FileRun {
        folder: Arc::new(folder),
        sources: sources.into(),
        spec,
        clock: Arc::new(SystemClock),
        until: plan.until,
        follow: plan.follow,
        records_max: plan.step_records,
    })
}

/// Where the inputs lie; every file that is not there is a problem.
fn sources(config: &Config, folder: &DataFolder, follow: bool) -> Result<Vec<FileInput>, Problems> {
    let (mut sources, mut problems) = (Vec::new(), Vec::new());
    for input in &config.inputs {
        let spool = folder.spool_path(&input.spec.name);
        let spool: Option<&Path> = Some(&spool);
        match input.source.paths(&config.folder, spool) {
            Ok(paths) => {
                let format = match input.decoder.format {
                    Format::Csv => FileFormat::Csv,
                    _ => FileFormat::Lines,
                };
                sources.push(FileInput {
                    paths,
                    format,
                    follow,
                });
            }
            Err(messages) => problems.extend(messages.into_iter().map(|message| Problem {
                place: input.place.clone(),
                message,
            })),
        }
    }
    if problems.is_empty() {
        Ok(sources)
    } else {
        Err(Problems(problems))
    }
}
