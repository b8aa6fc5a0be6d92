//! Runs over Kafka: one thread a member of the consumer group, shards come and go.
//!
//! ```text
//!  poll the group ─▶ recover what was assigned ─▶ re-key ─▶ cut and fold each shard ─▶ commit all
//!        ▲                                                                                │
//!        └────────────────────────── one transaction, opened and ended here ◀────────────┘
//! ```
//! A rebalance is served between two transactions, never within one. What a rebalance takes away
//! and gives back unchanged is taken up again without a refold. A member that is fenced drops all
//! it has and joins again. Nothing here decides what an output says.

mod rekey;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;

use self::rekey::Rekeyer;
use super::files::Summary;
use super::{Observer, Prepared, Runner, StepLimits, Stepped, Stop};
use crate::clock::{Clock, Stopwatch};
use crate::limits::{FENCED_MAX, SNAPSHOT_INTERVAL_MS, STEP_RECORDS_MAX};
use crate::log::kafka::{Change, KafkaLog, KafkaSettings};
use crate::log::{Commit, Committed, Log, LogError};
use crate::metrics;
use crate::model::{ShardId, Time};
use crate::shard::{Counts, ShardSpec};

/// How long an idle member waits for the group and for records.
const IDLE_WAIT: Duration = Duration::from_millis(5);
/// How long a member waits where the brokers do not answer.
const RETRY_WAIT: Duration = Duration::from_millis(500);
/// A snapshot takes at most one part in so many of a member's time.
const SNAPSHOT_SHARE: i64 = 20;

/// What to run.
#[derive(Clone, Debug)]
pub struct KafkaRun {
    /// Brokers, group and topics.
    pub settings: KafkaSettings,
    /// What every shard is made of.
    pub spec: ShardSpec,
    /// Tells the time of day.
    pub clock: Arc<dyn Clock>,
    /// Log times and timers up to and including this; then the run ends.
    pub until: Option<Time>,
    /// Members of the group in this process: a thread each.
    pub members: u32,
    /// Most records in a step.
    pub records_max: usize,
}

impl KafkaRun {
    /// Most records in a step where nothing else is asked for.
    pub const RECORDS_MAX: usize = STEP_RECORDS_MAX;

    /// The settings of one of this process's members: each has a name of its own.
    fn settings_of(&self, member: u32) -> KafkaSettings {
        let mut settings = self.settings.clone();
        if member > 0 {
            settings.instance = Some(format!("{}-{member}", self.settings.instance()));
        }
        settings
    }
}

/// Runs until stopped, or until every shard of this process has reached `until`; stores a snapshot
/// of each shard and leaves the group.
///
/// The summary sums the shards that this process had at its end.
///
/// # Errors
/// The first error that only a person can do something about; the other members were stopped at a
/// whole step.
pub fn run(run: &KafkaRun, observer: &dyn Observer, stop: &Stop) -> Result<Summary, LogError> {
    let ends = Ends::default();
    let outcomes = std::thread::scope(|scope| {
        let members: Vec<_> = (0..run.members.max(1))
            .map(|number| {
                let member = Member {
                    run,
                    settings: run.settings_of(number),
                    observer,
                    stop,
                    ends: &ends,
                };
                scope.spawn(move || {
                    let _guard = stop.on_panic();
                    let outcome = member.whole();
                    if outcome.is_err() {
                        stop.stop();
                    }
                    outcome
                })
            })
            .collect();
        let joined = members.into_iter().map(std::thread::ScopedJoinHandle::join);
        joined.collect::<Vec<_>>()
    });
    for outcome in outcomes {
        outcome
            .map_err(|_| LogError::Stop("a member's thread ended in a bug; see above".into()))??;
    }
    let mut summary = Summary::default();
    if !stop.is_stopped() {
        summary.until = run.until;
    }
    for (counts, accounts) in ends.into_inner().into_values() {
        summary.accounts += accounts;
        if summary.counts.0.is_empty() {
            summary.counts = counts;
        } else {
            summary.counts.add(&counts);
        }
    }
    Ok(summary)
}

/// How each shard of this process stood when its member left it: counts, and accounts known. What
/// one member leaves another may take up before it leaves too, so the last word counts.
type Ends = Mutex<BTreeMap<ShardId, (Counts, usize)>>;

/// One member of the group: a thread.
struct Member<'a> {
    run: &'a KafkaRun,
    settings: KafkaSettings,
    observer: &'a dyn Observer,
    stop: &'a Stop,
    ends: &'a Ends,
}

/// How one membership ended.
enum Ended {
    /// Stopped, or done.
    Whole,
    /// Somebody else took our place; `idle` says whether nothing was committed meanwhile.
    Fenced { idle: bool },
}

impl Member<'_> {
    /// The life of a member's thread: it joins again when it is fenced.
    fn whole(&self) -> Result<(), LogError> {
        let mut fenced = 0;
        while !self.stop.is_stopped() {
            let mut log = match KafkaLog::open(&self.settings, Arc::clone(&self.run.spec.inputs)) {
                Ok(log) => log,
                Err(LogError::Retry(why)) => {
                    tracing::warn!("join the group: {why}");
                    self.stop.wait(RETRY_WAIT);
                    continue;
                }
                Err(stop) => return Err(stop),
            };
            match Membership::new(self, &mut log).last()? {
                Ended::Whole => return Ok(()),
                Ended::Fenced { idle } => fenced = if idle { fenced + 1 } else { 1 },
            }
            tracing::warn!(
                "another member took over; joining again as {}",
                self.instance()
            );
            if fenced >= FENCED_MAX {
                return Err(LogError::Stop(format!(
                    "fenced {fenced} times in a row: another process runs as instance {}. Give \
                     each its own name ([kafka] instance)",
                    self.instance()
                )));
            }
        }
        Ok(())
    }

    fn instance(&self) -> String {
        self.settings.instance()
    }
}

/// A member's shards, from joining to leaving.
struct Membership<'a> {
    member: &'a Member<'a>,
    log: &'a mut KafkaLog,
    runners: BTreeMap<ShardId, Owned>,
    /// Assigned and not recovered yet.
    waiting: BTreeSet<ShardId>,
    /// Taken away by the last rebalance: if nobody else committed meanwhile, they are as they were.
    parked: BTreeMap<ShardId, Owned>,
    rekeyer: Option<Rekeyer>,
    /// Whether the group has assigned anything yet, be it nothing.
    is_assigned: bool,
    is_idle: bool,
}

/// A shard that is ours.
struct Owned {
    runner: Runner,
    snapshot_due: Time,
    /// Whether it has reached `until`.
    is_done: bool,
}

impl<'a> Membership<'a> {
    fn new(member: &'a Member<'a>, log: &'a mut KafkaLog) -> Self {
        Self {
            member,
            log,
            runners: BTreeMap::new(),
            waiting: BTreeSet::new(),
            parked: BTreeMap::new(),
            rekeyer: None,
            is_assigned: false,
            is_idle: true,
        }
    }

    /// Takes part until stopped, done or fenced.
    fn last(&mut self) -> Result<Ended, LogError> {
        let mut busy = true;
        while !self.member.stop.is_stopped() {
            let wait = if busy { Duration::ZERO } else { IDLE_WAIT };
            for change in self.log.poll(wait)? {
                self.change(change)?;
            }
            match self.turn() {
                Ok(Turn::Busy) => busy = true,
                Ok(Turn::Idle) => busy = false,
                Ok(Turn::Done) => break,
                Ok(Turn::Fenced) => return Ok(Ended::Fenced { idle: self.is_idle }),
                Err(LogError::Retry(why)) => {
                    tracing::warn!("{why}");
                    self.member.stop.wait(RETRY_WAIT);
                }
                Err(stop) => return Err(stop),
            }
        }
        self.leave();
        Ok(Ended::Whole)
    }

    fn change(&mut self, change: Change) -> Result<(), LogError> {
        match change {
            Change::Assigned(shards) => {
                self.is_assigned = true;
                metrics::rebalanced();
                tracing::info!("assigned: {}", listed(&shards));
                self.waiting.extend(shards);
                // What went to others is theirs for good.
                self.parked.retain(|shard, _| self.waiting.contains(shard));
            }
            Change::Revoked(shards) | Change::Lost(shards) => {
                tracing::info!("revoked: {}", listed(&shards));
                self.is_assigned = false;
                for shard in shards {
                    self.waiting.remove(&shard);
                    if let Some(mut owned) = self.runners.remove(&shard) {
                        owned.runner.leave_board();
                        self.parked.insert(shard, owned);
                    }
                }
                self.rekeyer = None;
                self.log.release_sources();
            }
            Change::Unusable(why) => return Err(LogError::Stop(why)),
        }
        Ok(())
    }

    /// One turn: a recovery, or re-keying and a step of every shard.
    fn turn(&mut self) -> Result<Turn, LogError> {
        if let Some(shard) = self.waiting.first().copied() {
            let owned = self.recover(shard)?;
            self.waiting.remove(&shard);
            self.runners.insert(shard, owned);
            return Ok(Turn::Busy);
        }
        let rekeyed = self.rekey()?;
        if rekeyed == Committed::Fenced {
            return Ok(Turn::Fenced);
        }
        let prepared = self.steps()?;
        let busy = !prepared.is_empty();
        if !self.commit(prepared)? {
            return Ok(Turn::Fenced);
        }
        let fills = self.fill();
        self.snapshots()?;
        let done = self.member.run.until.is_some()
            && self.is_assigned
            && self.waiting.is_empty()
            && self.runners.values().all(|owned| owned.is_done);
        Ok(match (done, busy || fills) {
            (true, _) => Turn::Done,
            (false, true) => Turn::Busy,
            (false, false) => Turn::Idle,
        })
    }

    fn recover(&mut self, shard: ShardId) -> Result<Owned, LogError> {
        if let Some(parked) = self.parked.remove(&shard) {
            let next = parked.runner.shard().sequence_next();
            if self.log.journal(shard, next)?.is_empty() {
                return Ok(parked);
            }
        }
        let watch = Stopwatch::start();
        let Member { run, observer, .. } = self.member;
        let runner = Runner::recover(self.log, shard, &run.spec, *observer)?;
        self.log.check_positions(shard, &runner.positions())?;
        tracing::info!("recovered shard {} in {:?}", shard.0, watch.elapsed());
        Ok(Owned {
            runner,
            snapshot_due: run.clock.now().plus_ms(SNAPSHOT_INTERVAL_MS),
            is_done: false,
        })
    }

    /// Whoever has the first shard re-keys for all.
    fn rekey(&mut self) -> Result<Committed, LogError> {
        if !self.runners.contains_key(&ShardId(0)) {
            return Ok(Committed::Done);
        }
        let mut rekeyer = match self.rekeyer.take() {
            Some(rekeyer) => rekeyer,
            None => Rekeyer::open(self.log, &self.member.run.spec)?,
        };
        let outcome = rekeyer.turn(self.log, &*self.member.run.clock);
        if let Ok(Committed::Done) = outcome {
            self.rekeyer = Some(rekeyer);
        } else {
            // Positions are asked for again; what was read ahead is read again.
            self.log.release_sources();
        }
        outcome
    }

    /// Cuts and folds a step of every shard that has something to do.
    fn steps(&mut self) -> Result<Vec<(ShardId, Box<Prepared>)>, LogError> {
        let run = self.member.run;
        let limits = StepLimits {
            records_max: run.records_max,
            until: run.until.unwrap_or(Time::MAX),
            timers: true,
        };
        let mut prepared = Vec::new();
        let mut trouble = None;
        for (shard, owned) in &mut self.runners {
            match owned.runner.step(self.log, &*run.clock, limits) {
                Ok(Stepped::Folded(step)) => {
                    owned.is_done = false;
                    prepared.push((*shard, step));
                }
                Ok(Stepped::Idle {
                    at_end,
                    advanced_to,
                }) => owned.is_done = at_end && advanced_to >= limits.until,
                Ok(Stepped::Waiting { .. }) => owned.is_done = false,
                // Nothing was taken of this shard; what others took is committed.
                Err(LogError::Retry(why)) => trouble = Some((*shard, why)),
                Err(stop) => return Err(stop),
            }
        }
        match trouble {
            Some((shard, why)) if prepared.is_empty() => {
                Err(LogError::Retry(format!("shard {}: {why}", shard.0)))
            }
            _ => Ok(prepared),
        }
    }

    /// Commits steps of several shards in one transaction; `false` where this member is fenced.
    fn commit(&mut self, prepared: Vec<(ShardId, Box<Prepared>)>) -> Result<bool, LogError> {
        let commits: Vec<Commit> = prepared
            .iter()
            .map(|(_, step)| step.commit.clone())
            .collect();
        let since = Stopwatch::start();
        let committed = match self.log.commit(&commits) {
            // They are folded: what of them is written is found when they are recovered.
            Err(LogError::Retry(why)) => {
                tracing::warn!("commit: {why}");
                Committed::Aborted
            }
            committed => committed?,
        };
        metrics::commit(since.elapsed(), committed == Committed::Aborted);
        match committed {
            Committed::Fenced => return Ok(false),
            Committed::Aborted => {
                // They were folded and not written: back to what is in the log.
                for (shard, _) in prepared {
                    self.runners.remove(&shard);
                    self.waiting.insert(shard);
                }
                return Ok(true);
            }
            Committed::Done => {}
        }
        // Every shard's step is told of, also where another's cannot be.
        let mut told = Ok(());
        for (shard, step) in prepared {
            self.is_idle = false;
            let Member { run, observer, .. } = self.member;
            if let Some(owned) = self.runners.get_mut(&shard) {
                let runner = &mut owned.runner;
                told = told.and(runner.committed(self.log, &step, &*run.clock, *observer));
            }
        }
        told.map(|()| true)
    }

    /// Columns for what-ifs, a little of each shard; whether there is more to do at once.
    fn fill(&mut self) -> bool {
        let Member { run, observer, .. } = self.member;
        let fill = |owned: &mut Owned| owned.runner.fill(&*run.clock, *observer);
        self.runners
            .values_mut()
            .fold(false, |more, owned| fill(owned) | more)
    }

    fn snapshots(&mut self) -> Result<(), LogError> {
        let clock = &*self.member.run.clock;
        for (shard, owned) in &mut self.runners {
            let begun = clock.now();
            if begun < owned.snapshot_due {
                continue;
            }
            // A snapshot that cannot be stored now is stored later; nothing depends on it.
            match owned.runner.store_snapshot(self.log) {
                Ok(()) => {}
                Err(LogError::Retry(why)) => tracing::warn!("snapshot of {}: {why}", shard.0),
                Err(stop) => return Err(stop),
            }
            let took_ms = clock.now().since_ms(begun);
            let wait_ms = SNAPSHOT_INTERVAL_MS.max(took_ms.saturating_mul(SNAPSHOT_SHARE));
            owned.snapshot_due = clock.now().plus_ms(wait_ms);
        }
        Ok(())
    }

    /// Stores what there is to store before the group is left.
    fn leave(&mut self) {
        for (shard, owned) in &mut self.runners {
            if let Err(error) = owned.runner.store_snapshot(self.log) {
                tracing::warn!("last snapshot of shard {}: {error}", shard.0);
            }
            let known = owned.runner.shard();
            let end = (known.counts().clone(), known.accounts_len());
            self.member.ends.lock().insert(*shard, end);
        }
    }
}

/// What a turn came to.
enum Turn {
    /// Something was done: there may be more.
    Busy,
    /// There was nothing to do.
    Idle,
    /// All shards have reached `until`.
    Done,
    /// Somebody else took our place.
    Fenced,
}

fn listed(shards: &[ShardId]) -> String {
    let numbers: Vec<String> = shards.iter().map(|shard| shard.0.to_string()).collect();
    if numbers.is_empty() {
        "no shards".to_owned()
    } else {
        format!("shards {}", numbers.join(", "))
    }
}
