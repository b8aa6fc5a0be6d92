//! From the configuration to what a run is made of.

use std::path::Path;
use std::sync::Arc;

use crate::clock::SystemClock;
use crate::config::{Config, Problem, Problems};
use crate::decode::Format;
use crate::log::InputSpec;
use crate::log::files::{DataFolder, FileFormat, FileInput};
use crate::model::Time;
use crate::rules::RulesEngine;
use crate::shard::ShardSpec;
use crate::worker::files::FileRun;

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

/// The same, to look at only: a run may go on beside it.
pub(super) fn read_only(config: &Config, engine: &RulesEngine) -> anyhow::Result<FileRun> {
    let folder = DataFolder::read(&config.folder.join(&config.puls.data))?;
    let plan = Plan {
        until: None,
        follow: false,
        step_records: FileRun::RECORDS_MAX,
    };
    file_run(config, engine, (folder, plan))
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
