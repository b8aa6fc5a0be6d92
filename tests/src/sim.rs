//! The engine under a simulated clock, over the log in memory: the same fold as in a run, with
//! every fault at a chosen point.
//!
//! A [`Sim`] holds the world and its clock; [`Sim::catch_up`] and [`Sim::live`] feed it the same
//! records in two ways, and what comes out must not differ.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use puls::clock::ManualClock;
use puls::decode::DecoderSpec;
use puls::limits::STEP_RECORDS_MAX;
use puls::log::memory::{Fault, MemoryLog, World};
use puls::log::{Committed, InputSpec, Log, LogError};
use puls::model::{Kind, Output, Record, Settings, ShardId, Time, content_digest, partition_of};
use puls::rules::RulesEngine;
use puls::rules::record::{Activation, Record as RulesEntry, RuleRole, SettingsRecord};
use puls::shard::{NamedValue, Report, Shard, ShardSpec, Standing};
use puls::worker::{Observer, Progress, Runner, StepLimits, Stepped};
use puls_benches::Line;

use crate::rules;

/// Features of an account by name: number and text.
pub type FeaturesByName = BTreeMap<String, (Option<f64>, Option<String>)>;

/// The tenant of every simulation.
pub const TENANT: &str = "tenant-0";

const AUTHOR: &str = "test";

/// A rule to activate.
#[derive(Clone, Debug)]
pub struct SimRule {
    /// Its module.
    pub module: Vec<u8>,
    /// Its name.
    pub name: String,
    /// Whether its verdict is the account's.
    pub primary: bool,
}

/// A world, its clock, and what every shard is made of.
#[derive(Debug)]
pub struct Sim {
    /// The world.
    pub world: World,
    /// Its clock.
    pub clock: Arc<ManualClock>,
    /// What went wrong with rules.
    pub reports: Reports,
    /// What its shards are made of.
    pub spec: ShardSpec,
    shards: u32,
}

/// Keeps what went wrong with rules.
#[derive(Debug, Default)]
pub struct Reports(Mutex<Vec<Report>>);

impl Reports {
    /// All reports so far.
    ///
    /// # Panics
    /// Where another thread died while it wrote one.
    #[must_use]
    pub fn all(&self) -> Vec<Report> {
        self.0.lock().expect("nobody died here").clone()
    }
}

impl Observer for Reports {
    fn committed(&self, _: ShardId, _: &[Output], _: &Progress) {}

    fn report(&self, _: ShardId, report: &Report) {
        let mut all = self.0.lock().expect("nobody died here");
        all.push(report.clone());
    }

    fn refolded(&self, _: ShardId, _: u64, _: u64) {}
}

/// What became of one step.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stage {
    /// There was nothing to do.
    Idle,
    /// What there is to do waits for what other shards count.
    Waiting,
    /// It was committed.
    Committed,
    /// It was not, or nobody knows: the member is of no use any more.
    Gone(Option<Committed>),
}

/// How records are fed and what goes wrong on the way.
#[derive(Clone, Copy, Debug)]
pub struct Feed {
    /// Most records in a step.
    pub records_max: usize,
    /// Timers run up to here.
    pub until: Time,
    /// Whether a snapshot is stored after every step.
    pub snapshots: bool,
    /// What happens at the commit of this number (from 0), and every so many after it.
    pub fault: Option<(u64, u64, Fault)>,
}

impl Feed {
    /// All at once, nothing goes wrong.
    #[must_use]
    pub const fn whole(until: Time) -> Self {
        Self {
            records_max: STEP_RECORDS_MAX,
            until,
            snapshots: false,
            fault: None,
        }
    }
}

/// Settings and rules from the beginning, as a first start publishes them; nothing where a log
/// has them already.
///
/// # Panics
/// Where the log cannot be written.
pub fn publish_shipped(log: &mut dyn Log, now: Time, rules: &[SimRule]) {
    publish_for(log, now, (TENANT, &Settings::default()), rules);
}

/// The same for a tenant with settings of its own.
///
/// # Panics
/// Where the log cannot be written.
pub fn publish_for(
    log: &mut dyn Log,
    now: Time,
    (tenant, settings): (&str, &Settings),
    rules: &[SimRule],
) {
    let (known, _) = log.rules(0).expect("the rules log can be read");
    if !known.is_empty() {
        return;
    }
    let settings = RulesEntry::Settings(SettingsRecord {
        tenant: tenant.into(),
        settings: settings.clone(),
        from: None,
        genesis: true,
        by: AUTHOR.into(),
        reason: String::new(),
    });
    publish(log, now, &settings);
    rules
        .iter()
        .for_each(|rule| activate(log, (tenant, now), (rule, false), None));
}

fn activate(
    log: &mut dyn Log,
    (tenant, now): (&str, Time),
    (rule, shadow): (&SimRule, bool),
    from: Option<Time>,
) {
    log.publish_module(&rule.module)
        .expect("the log takes modules");
    let activation = RulesEntry::Activation(Activation {
        tenant: tenant.into(),
        rule: rule.name.clone(),
        digest: content_digest(&rule.module),
        role: if rule.primary {
            RuleRole::Primary
        } else {
            RuleRole::Secondary
        },
        shadow,
        parameters: BTreeMap::new(),
        from,
        genesis: from.is_none(),
        by: AUTHOR.into(),
        reason: String::new(),
        signed: None,
    });
    publish(log, now, &activation);
}

fn publish(log: &mut dyn Log, now: Time, entry: &RulesEntry) {
    let bytes = entry.to_bytes().expect("a record of finite numbers");
    log.publish_rule(&bytes, now).expect("the log takes rules");
}

/// One input per kind, with the default horizons.
#[must_use]
pub fn inputs() -> Arc<[InputSpec]> {
    Kind::ALL
        .iter()
        .map(|kind| InputSpec::new(kind.as_str(), Some(*kind)))
        .collect()
}

/// The rules that ship with Puls.
#[must_use]
pub fn shipped() -> Vec<SimRule> {
    let rule = |name: &str, primary| SimRule {
        module: rules::module(name),
        name: name.to_owned(),
        primary,
    };
    vec![rule("saas-health", true), rule("silent-account", false)]
}

impl Sim {
    /// An empty world with so many shards, the rules active from the beginning.
    #[must_use]
    pub fn new(shards: u32, engine: &RulesEngine, rules: &[SimRule]) -> Self {
        Self::with_settings(shards, engine, rules, &Settings::default())
    }

    /// The same under other settings.
    #[must_use]
    pub fn with_settings(
        shards: u32,
        engine: &RulesEngine,
        rules: &[SimRule],
        settings: &Settings,
    ) -> Self {
        let inputs = inputs();
        let decoders = inputs.iter().map(|_| DecoderSpec::default()).collect();
        let engine = engine.clone();
        let spec = ShardSpec {
            shards,
            keyed: true,
            inputs: Arc::clone(&inputs),
            decoders,
            engine,
        };
        let clock = Arc::new(ManualClock::at(Time(0)));
        let sim = Self {
            world: World::new(inputs, shards),
            clock,
            reports: Reports::default(),
            spec,
            shards,
        };
        publish_for(&mut sim.world.connect(), Time(0), (TENANT, settings), rules);
        sim
    }

    /// Activates a rule from a log time on, or from the beginning.
    pub fn activate(&self, rule: &SimRule, from: Option<Time>) {
        self.activate_for(TENANT, rule, from);
    }

    /// The same for another tenant.
    pub fn activate_for(&self, tenant: &str, rule: &SimRule, from: Option<Time>) {
        let now = puls::clock::Clock::now(&*self.clock);
        let log = &mut self.world.connect();
        activate(log, (tenant, now), (rule, false), from);
    }

    /// Activates a rule in shadow from a log time on, or from the beginning.
    pub fn activate_in_shadow(&self, rule: &SimRule, from: Option<Time>) {
        let now = puls::clock::Clock::now(&*self.clock);
        let log = &mut self.world.connect();
        activate(log, (TENANT, now), (rule, true), from);
    }

    /// The shard that a key belongs to.
    #[must_use]
    pub fn shard_of(&self, key: &str) -> ShardId {
        ShardId(partition_of(key.as_bytes(), self.shards))
    }

    /// Appends a line to the input of its kind.
    pub fn append(&self, line: &Line) {
        self.append_unstable(line);
        self.world.stabilise(self.shard_of(&line.key));
    }

    /// The same in an open transaction: nobody can read it before the world is stabilised.
    pub fn append_unstable(&self, line: &Line) {
        let record = Record {
            input: line.kind as u16,
            offset: 0,
            timestamp: Some(line.time),
            key: Some(line.key.clone().into()),
            headers: Vec::new(),
            value: line.value.clone().into(),
        };
        self.world.append_unstable(self.shard_of(&line.key), record);
    }

    /// Everything is there before the first step; the clock stands well behind the end.
    pub fn catch_up(&self, lines: &[Line], feed: Feed) {
        lines.iter().for_each(|line| self.append(line));
        self.clock.set(feed.until.plus_ms(3_600_000));
        let mut members = BTreeMap::new();
        self.settle(&mut members, feed, &mut 0);
    }

    /// Runs all shards until nothing is left to do, in turns while they wait for each other, and
    /// recovers them as often as they die.
    ///
    /// # Panics
    /// Where all of them wait.
    pub fn settle(&self, members: &mut BTreeMap<ShardId, Member>, feed: Feed, commits: &mut u64) {
        loop {
            let before = *commits;
            let mut waits = false;
            for shard in (0..self.shards).map(ShardId) {
                loop {
                    let member = members.remove(&shard);
                    let mut member = member.unwrap_or_else(|| self.member(shard));
                    match self.drive(&mut member, feed, commits) {
                        Stage::Gone(_) | Stage::Committed => {}
                        stage => {
                            waits |= stage == Stage::Waiting;
                            members.insert(shard, member);
                            break;
                        }
                    }
                }
            }
            if !waits {
                return;
            }
            assert!(*commits > before, "all shards wait for each other");
        }
    }

    /// Records appear as the clock reaches them; the shards run every `tick_ms`.
    pub fn live(&self, lines: &[Line], feed: Feed, tick_ms: i64) {
        let mut rest = lines;
        let mut now = lines.first().map_or(Time(0), |line| line.time);
        let mut members = BTreeMap::new();
        while now <= feed.until.plus_ms(2 * tick_ms.max(1_000)) {
            self.clock.set(now);
            let due = rest.partition_point(|line| line.time <= now);
            let (ready, later) = rest.split_at(due);
            ready.iter().for_each(|line| self.append(line));
            rest = later;
            self.settle(&mut members, feed, &mut 0);
            now = now.plus_ms(tick_ms);
        }
    }

    /// A member that takes a shard over: its older owners are fenced.
    ///
    /// # Panics
    /// Where the shard cannot be recovered.
    #[must_use]
    pub fn member(&self, shard: ShardId) -> Member {
        self.try_member(shard).expect("the world can be recovered")
    }

    /// The same.
    ///
    /// # Errors
    /// Where the shard cannot be recovered.
    pub fn try_member(&self, shard: ShardId) -> Result<Member, LogError> {
        let mut log = self.world.connect_shard(shard);
        let runner = Runner::recover(&mut log, shard, &self.spec, &self.reports)?;
        Ok(Member { shard, log, runner })
    }

    /// One step of a member, with what goes wrong at its commit.
    ///
    /// # Panics
    /// Where memory fails.
    pub fn step(&self, member: &mut Member, limits: StepLimits, fault: Option<Fault>) -> Stage {
        let Member { shard, log, runner } = member;
        let stepped = runner.step(log, &*self.clock, limits);
        let prepared = match stepped.expect("memory can be read") {
            Stepped::Idle { .. } => return Stage::Idle,
            Stepped::Waiting { .. } => return Stage::Waiting,
            Stepped::Folded(prepared) => prepared,
        };
        if let Some(fault) = fault {
            self.world.plan(*shard, fault);
        }
        match log.commit(std::slice::from_ref(&prepared.commit)) {
            Ok(Committed::Done) => {}
            Ok(other) => return Stage::Gone(Some(other)),
            Err(_) => return Stage::Gone(None),
        }
        let told = runner.committed(log, &prepared, &*self.clock, &self.reports);
        told.expect("memory takes rules");
        Stage::Committed
    }

    /// Folds until nothing is left, the shard waits for others, or a fault ends the member.
    fn drive(&self, member: &mut Member, feed: Feed, commits: &mut u64) -> Stage {
        let Feed {
            records_max, until, ..
        } = feed;
        let limits = StepLimits {
            records_max,
            until,
            timers: true,
        };
        loop {
            let due = feed.fault.filter(|(first, every, _)| {
                *commits >= *first && (*commits - first).is_multiple_of(*every)
            });
            match self.step(member, limits, due.map(|(.., fault)| fault)) {
                Stage::Committed => *commits += 1,
                Stage::Gone(why) => {
                    *commits += 1;
                    return Stage::Gone(why);
                }
                end => return end,
            }
            if feed.snapshots {
                member.store_snapshot();
            }
        }
    }

    /// What a read-committed reader sees, shard by shard.
    #[must_use]
    pub fn outputs(&self) -> Vec<Output> {
        (0..self.shards)
            .flat_map(|shard| self.world.outputs(ShardId(shard)))
            .collect()
    }

    /// Calls `each` with the standing of every account at `at`, shard by shard.
    pub fn standings(&self, at: Time, each: &mut dyn FnMut(&Standing<'_>)) {
        for shard in 0..self.shards {
            self.with_shard(ShardId(shard), |shard| shard.standings(at, each));
        }
    }

    /// Calls `each` with all features of every account at `at`, by name: number and text.
    pub fn features_at(&self, at: Time, each: &mut dyn FnMut(&FeaturesByName)) {
        for shard in 0..self.shards {
            self.with_shard(ShardId(shard), |shard| {
                shard.features(at, &mut |_, values| {
                    let pair = |(name, value): &NamedValue| {
                        (name.clone(), (value.value, value.text.clone()))
                    };
                    each(&values.iter().map(pair).collect());
                });
            });
        }
    }

    /// Calls `with` with a shard as it stands.
    pub fn with_shard(&self, shard: ShardId, with: impl FnOnce(&mut Shard)) {
        with(self.member(shard).runner.shard_mut());
    }
}

/// One member with its shard.
#[derive(Debug)]
pub struct Member {
    shard: ShardId,
    log: MemoryLog,
    runner: Runner,
}

impl Member {
    /// The day whose segment statistics the shard uses for a tenant.
    #[must_use]
    pub fn peers_day(&self, tenant: &str) -> Option<u16> {
        self.runner.shard().peers_day(tenant)
    }

    /// Stores a snapshot of the shard as it stands.
    ///
    /// # Panics
    /// Where memory fails.
    pub fn store_snapshot(&mut self) {
        let Self { log, runner, .. } = self;
        runner.store_snapshot(log).expect("memory takes snapshots");
    }
}
