//! The whole fold on one core, without threads, files or a broker: what the fold bench measures.

use std::collections::BTreeMap;
use std::sync::Arc;

use puls::clock::ManualClock;
use puls::decode::DecoderSpec;
use puls::demo::rules_folder;
use puls::limits::STEP_RECORDS_MAX;
use puls::log::memory::{MemoryLog, World};
use puls::log::{InputSpec, Log};
use puls::model::{Record, Settings, ShardId, Time};
use puls::rules::RulesEngine;
use puls::rules::record::{Activation, Record as RulesRecord, RuleRole, SettingsRecord};
use puls::shard::{Shard, ShardSpec};
use puls::worker::{NoObserver, Runner, StepLimits, Stepped};

use crate::Line;

/// The primary rule that ships.
pub const SAAS_HEALTH: &str = "saas-health";
/// The secondary rule that ships.
pub const SILENT_ACCOUNT: &str = "silent-account";

/// Whose accounts they are.
pub const TENANT: &str = "tenant-0";

/// Longer than any workload lasts.
const AHEAD: Time = Time(4_102_444_800_000);

/// The module of a rule that ships.
///
/// # Panics
/// Where it was not built.
#[must_use]
pub fn module(rule: &str) -> Vec<u8> {
    let folder = rules_folder().expect("build the rules first: engine/demo does");
    let path = folder.join(rule).with_extension("wasm");
    std::fs::read(path).expect("the folder of rules has all that ship")
}

/// One shard over a log in memory, and its rules.
#[derive(Debug)]
pub struct Bench {
    world: World,
    log: MemoryLog,
    runner: Runner,
    clock: ManualClock,
}

impl Bench {
    /// A shard that has read nothing; the first of `rules` is primary.
    ///
    /// # Panics
    /// Where the rules are not there or cannot be run.
    #[must_use]
    pub fn new(rules: &[&str]) -> Self {
        let inputs: Arc<[InputSpec]> = Arc::new([InputSpec::new("events", None)]);
        let world = World::new(Arc::clone(&inputs), 1);
        let mut log = world.connect();
        publish(&mut log, rules);
        let spec = ShardSpec {
            shards: 1,
            keyed: false,
            inputs,
            decoders: Arc::new([DecoderSpec::default()]),
            engine: RulesEngine::new().expect("rules can run here"),
        };
        let runner = Runner::recover(&mut log, ShardId(0), &spec, &NoObserver);
        Self {
            runner: runner.expect("an empty world can be recovered"),
            clock: ManualClock::at(AHEAD),
            world,
            log,
        }
    }

    /// Appends lines to the input.
    pub fn append(&self, lines: &[Line]) {
        for line in lines {
            self.world.append(
                ShardId(0),
                Record {
                    input: 0,
                    offset: 0,
                    timestamp: Some(line.time),
                    key: None,
                    headers: Vec::new(),
                    value: line.value.clone().into(),
                },
            );
        }
    }

    /// The shard as it stands.
    pub const fn shard_mut(&mut self) -> &mut Shard {
        self.runner.shard_mut()
    }

    /// Folds and commits until everything is read; returns the number of outputs.
    ///
    /// # Panics
    /// Where the log in memory fails, which it does not.
    pub fn run(&mut self) -> usize {
        let limits = StepLimits {
            records_max: STEP_RECORDS_MAX,
            until: Time::MAX,
            timers: false,
        };
        let mut outputs = 0;
        loop {
            let stepped = self.runner.step(&mut self.log, &self.clock, limits);
            let prepared = match stepped.expect("memory can be read") {
                Stepped::Idle { .. } | Stepped::Waiting { .. } => return outputs,
                Stepped::Folded(prepared) => prepared,
            };
            outputs += prepared.commit.outputs.len();
            let commit = std::slice::from_ref(&prepared.commit);
            self.log.commit(commit).expect("memory takes commits");
            let told = self
                .runner
                .committed(&mut self.log, &prepared, &self.clock, &NoObserver);
            told.expect("memory takes rules");
        }
    }
}

fn publish(log: &mut MemoryLog, rules: &[&str]) {
    let (tenant, by) = (TENANT.to_owned(), "bench".to_owned());
    let settings = RulesRecord::Settings(SettingsRecord {
        tenant: tenant.clone(),
        settings: Settings::default(),
        from: None,
        genesis: true,
        by: by.clone(),
        reason: String::new(),
    });
    write(log, &settings);
    for (place, rule) in rules.iter().enumerate() {
        let digest = log
            .publish_module(&module(rule))
            .expect("memory takes modules");
        let activation = RulesRecord::Activation(Activation {
            tenant: tenant.clone(),
            rule: (*rule).into(),
            digest,
            role: if place == 0 {
                RuleRole::Primary
            } else {
                RuleRole::Secondary
            },
            shadow: false,
            parameters: BTreeMap::new(),
            from: None,
            genesis: true,
            by: by.clone(),
            reason: String::new(),
            signed: None,
        });
        write(log, &activation);
    }
}

fn write(log: &mut MemoryLog, record: &RulesRecord) {
    let bytes = record.to_bytes().expect("a record of finite numbers");
    log.publish_rule(&bytes, Time(0))
        .expect("memory takes rules");
}
