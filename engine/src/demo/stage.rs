//! The engine, embedded: the same fold as in a run, under a clock that the demo moves.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::Mutex;

use super::life::TENANT;
use super::pipe::Pipe;
use super::{DemoError, Line};
use crate::clock::ManualClock;
use crate::decode::DecoderSpec;
use crate::limits::{SETTLE_MS, STEP_RECORDS_MAX};
use crate::log::{InputSpec, Log};
use crate::model::{Output, Settings, ShardId, Time};
use crate::rules::RulesEngine;
use crate::rules::record::{Activation, Record, RuleRole, SettingsRecord};
use crate::shard::{Report, ShardSpec};
use crate::worker::{Observer, Progress, Runner, StepLimits, Stepped};

/// The rules that the demo runs.
const RULES: [(&str, RuleRole); 2] = [
    ("saas-health", RuleRole::Primary),
    ("silent-account", RuleRole::Secondary),
];

/// Keeps what went wrong with rules, to be told at the end.
#[derive(Debug, Default)]
struct Reports(Mutex<Vec<String>>);

/// Reports that are kept.
const REPORTS_MAX: usize = 20;

impl Observer for Reports {
    fn committed(&self, _: ShardId, _: &[Output], _: &Progress) {}

    fn report(&self, _: ShardId, report: &Report) {
        let mut reports = self.0.lock();
        if reports.len() < REPORTS_MAX {
            reports.push(format!(
                "{} on {}: {}",
                report.rule, report.account, report.detail
            ));
        }
    }

    fn refolded(&self, _: ShardId, _: u64, _: u64) {}
}

/// One shard with its log and its clock.
#[derive(Debug)]
pub(super) struct Stage {
    log: Pipe,
    clock: ManualClock,
    runner: Runner,
    reports: Reports,
}

impl Stage {
    /// An engine that knows the rules found in `folder` and has read nothing.
    pub(super) fn open(folder: &Path, now: Time) -> Result<Self, DemoError> {
        let inputs: Arc<[InputSpec]> = Arc::new([InputSpec::new("events", None)]);
        let mut log = Pipe::new(Arc::clone(&inputs));
        publish(&mut log, folder, now)?;
        let spec = ShardSpec {
            shards: 1,
            keyed: false,
            inputs,
            decoders: Arc::new([DecoderSpec::default()]),
            engine: RulesEngine::new().map_err(|error| DemoError::Engine(error.to_string()))?,
        };
        let reports = Reports::default();
        let runner = Runner::recover(&mut log, ShardId(0), &spec, &reports)?;
        Ok(Self {
            log,
            clock: ManualClock::at(now),
            runner,
            reports,
        })
    }

    /// Lets the engine read `lines` and live until just before `until`; returns what it published.
    pub(super) fn play(
        &mut self,
        lines: impl IntoIterator<Item = Line>,
        until: Time,
    ) -> Result<Vec<Output>, DemoError> {
        lines.into_iter().for_each(|line| self.log.append(line));
        // Timers run up to the clock less the time that records may need on their way.
        self.clock.set(until.plus_ms(SETTLE_MS - 1));
        let limits = StepLimits {
            records_max: STEP_RECORDS_MAX,
            until: Time::MAX,
            timers: true,
        };
        loop {
            let prepared = match self.runner.step(&mut self.log, &self.clock, limits)? {
                // One shard waits for nobody.
                Stepped::Idle { .. } | Stepped::Waiting { .. } => {
                    return Ok(self.log.take_outputs());
                }
                Stepped::Folded(prepared) => prepared,
            };
            self.log.commit(std::slice::from_ref(&prepared.commit))?;
            self.runner
                .committed(&mut self.log, &prepared, &self.clock, &self.reports)?;
        }
    }

    /// What went wrong with rules.
    pub(super) fn reports(&self) -> Vec<String> {
        self.reports.0.lock().clone()
    }
}

/// Publishes the tenant's settings and its rules, as the start of a run does.
fn publish(log: &mut Pipe, folder: &Path, now: Time) -> Result<(), DemoError> {
    let (by, reason) = ("puls demo".to_owned(), String::new());
    let settings = Record::Settings(SettingsRecord {
        tenant: TENANT.into(),
        settings: Settings::default(),
        from: None,
        genesis: true,
        by: by.clone(),
        reason: reason.clone(),
    });
    write(log, &settings, now)?;
    for (rule, role) in RULES {
        let digest = log.publish_module(&module(folder, rule)?)?;
        let activation = Record::Activation(Activation {
            tenant: TENANT.into(),
            rule: rule.into(),
            digest,
            role,
            shadow: false,
            parameters: BTreeMap::new(),
            from: None,
            genesis: true,
            by: by.clone(),
            reason: reason.clone(),
            signed: None,
        });
        write(log, &activation, now)?;
    }
    Ok(())
}

fn write(log: &mut Pipe, record: &Record, now: Time) -> Result<(), DemoError> {
    let bytes = record
        .to_bytes()
        .map_err(|error| DemoError::Engine(error.to_string()))?;
    log.publish_rule(&bytes, now)?;
    Ok(())
}

fn module(folder: &Path, rule: &str) -> Result<Vec<u8>, DemoError> {
    let path = folder.join(rule).with_extension("wasm");
    std::fs::read(&path).map_err(|error| DemoError::Module { path, error })
}

/// The folder with the rules that were built beside the program: `rules` next to the folder that
/// it lies in, or in it.
pub fn rules_folder() -> Option<PathBuf> {
    let program = std::env::current_exe().ok()?;
    let beside = |folder: &Path| folder.join("rules");
    program
        .ancestors()
        .skip(1)
        .take(3)
        .map(beside)
        .find(|folder| folder.join("saas-health").with_extension("wasm").is_file())
}
