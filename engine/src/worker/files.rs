//! Runs over files: one thread a shard, one data folder.
//!
//! Without `until` and `follow`, all shards read their inputs to the end, agree on the largest log
//! time that any of them met, and run their timers up to it. With `follow` a run goes on as files
//! grow, until it is stopped.

use std::cell::Cell;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::{Condvar, Mutex};

use super::{Observer, Runner, StepLimits, Stepped, Stop};
use crate::clock::{Clock, Stopwatch};
use crate::decode::Decoder;
use crate::limits::STEP_RECORDS_MAX;
use crate::log::files::{DataFolder, FileInput, FileLog};
use crate::log::{Committed, Log, LogError, Route};
use crate::metrics;
use crate::model::{Record, ShardId, Time, partition_of};
use crate::shard::{Counts, ShardSpec};

/// Milliseconds that an idle shard waits before it looks for more.
const IDLE_WAIT_MS: u64 = 20;
/// Milliseconds that a shard waits before it looks again whether the others have counted.
const PEERS_WAIT_MS: u64 = 1;
/// Milliseconds of the clock after which a busy shard stores a snapshot.
const SNAPSHOT_MS: i64 = 60_000;

/// What to run.
#[derive(Clone, Debug)]
pub struct FileRun {
    /// The data folder, open for this run.
    pub folder: Arc<DataFolder>,
    /// Where inputs lie.
    pub sources: Arc<[FileInput]>,
    /// What every shard is made of.
    pub spec: ShardSpec,
    /// Tells the time of day.
    pub clock: Arc<dyn Clock>,
    /// Log times and timers up to and including this.
    pub until: Option<Time>,
    /// Whether to go on as files grow.
    pub follow: bool,
    /// Most records in a step.
    pub records_max: usize,
}

impl FileRun {
    /// Most records in a step where nothing else is asked for.
    pub const RECORDS_MAX: usize = STEP_RECORDS_MAX;

    /// A log of this run's files.
    #[must_use]
    pub fn log(&self) -> FileLog {
        let (folder, sources) = (Arc::clone(&self.folder), Arc::clone(&self.sources));
        let route = routes(&self.spec);
        FileLog::new(folder, Arc::clone(&self.spec.inputs), sources, route)
    }
}

/// Tells whose records of files are, for the inputs of `spec`.
///
/// # Panics
/// Where a decoder's specification was not checked before.
#[must_use]
pub fn routes(spec: &ShardSpec) -> Box<dyn Route> {
    Box::new(Routes::new(spec))
}

/// Tells whose a record is by decoding as much of it as that takes.
#[derive(Debug)]
struct Routes(Vec<Decoder>);

impl Routes {
    fn new(spec: &ShardSpec) -> Self {
        let decoder =
            |spec| Decoder::new(spec).expect("decoders are checked with the configuration");
        Self(spec.decoders.iter().map(decoder).collect())
    }
}

impl Route for Routes {
    fn route(&mut self, record: &Record, shards: u32) -> (ShardId, Option<Time>) {
        let Some(decoder) = self.0.get_mut(usize::from(record.input)) else {
            return (ShardId(0), None);
        };
        let (key, time) = decoder.key_and_time(record);
        let shard = key.map_or(0, |key| partition_of(key.as_str().as_bytes(), shards));
        (ShardId(shard), time)
    }
}

/// How a run ended.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    /// What became of all records and events.
    pub counts: Counts,
    /// The moment up to which timers ran; `None` where the run was stopped.
    pub until: Option<Time>,
    /// Accounts known.
    pub accounts: usize,
}

/// Where all shards of a run meet: each says what it met, and all learn the largest. One that is
/// there follows those on their way, because they may wait for what it counts.
#[derive(Debug)]
struct Meeting {
    state: Mutex<Met>,
    changed: Condvar,
}

#[derive(Debug)]
struct Met {
    /// Shards that are on their way.
    missing: usize,
    /// The largest log time of those who are there.
    log_time_max: Time,
    /// Up to where somebody on their way wants to go. All go that far in the end.
    wanted: Time,
}

impl Meeting {
    fn new(shards: usize) -> Self {
        Self {
            state: Mutex::new(Met {
                missing: shards,
                log_time_max: Time::MIN,
                wanted: Time::MIN,
            }),
            changed: Condvar::new(),
        }
    }

    /// Says the largest log time that this shard met (or that it will not come).
    fn arrive(&self, met: Time) {
        let mut state = self.state.lock();
        state.missing = state.missing.saturating_sub(1);
        state.log_time_max = state.log_time_max.max(met);
        self.changed.notify_all();
    }

    /// Says up to where a shard wants to go.
    fn want(&self, until: Time) {
        let mut state = self.state.lock();
        if until > state.wanted {
            state.wanted = until;
            self.changed.notify_all();
        }
    }

    /// Waits until all have arrived, or somebody wants to go further than `followed`: the largest
    /// log time of all, or how far to follow.
    fn wait(&self, followed: Time) -> Result<Time, Time> {
        let mut state = self.state.lock();
        while state.missing > 0 && state.wanted <= followed {
            self.changed.wait(&mut state);
        }
        if state.missing == 0 {
            Ok(state.log_time_max)
        } else {
            Err(state.wanted)
        }
    }
}

/// One shard's arrival. Dropped before it has come, it says that it will not.
struct Arrival<'m> {
    meeting: &'m Meeting,
    has_come: Cell<bool>,
}

impl Arrival<'_> {
    fn come(&self, met: Time) {
        self.has_come.set(true);
        self.meeting.arrive(met);
    }
}

impl Drop for Arrival<'_> {
    fn drop(&mut self) {
        if !self.has_come.get() {
            self.meeting.arrive(Time::MIN);
        }
    }
}

/// Runs all shards to the end, or until stopped, and stores a snapshot of each.
///
/// # Errors
/// The first error of any shard; the others were stopped at a whole step.
pub fn run(run: &FileRun, observer: &dyn Observer, stop: &Stop) -> Result<Summary, LogError> {
    let shards: Vec<ShardId> = (0..run.folder.shards()).map(ShardId).collect();
    let meeting = Meeting::new(shards.len());
    let outcomes = std::thread::scope(|scope| {
        let mut threads = Vec::new();
        for shard in shards {
            let worker = ShardRun {
                run,
                shard,
                observer,
                stop,
                meeting: &meeting,
            };
            threads.push(scope.spawn(move || worker.whole()));
        }
        let joined = threads.into_iter().map(std::thread::ScopedJoinHandle::join);
        joined.collect::<Vec<_>>()
    });
    let mut summary = Summary::default();
    for outcome in outcomes {
        let panicked = || LogError::Stop("a shard's thread ended in a bug; see above".into());
        let part = outcome.map_err(|_| panicked())??;
        summary.until = part.until;
        summary.accounts += part.accounts;
        if summary.counts.0.is_empty() {
            summary.counts = part.counts;
        } else {
            summary.counts.add(&part.counts);
        }
    }
    Ok(summary)
}

struct ShardRun<'a> {
    run: &'a FileRun,
    shard: ShardId,
    observer: &'a dyn Observer,
    stop: &'a Stop,
    meeting: &'a Meeting,
}

impl ShardRun<'_> {
    /// The life of a shard's thread; an error or a panic stops the others too.
    fn whole(&self) -> Result<Summary, LogError> {
        // Dropped last: whoever waits at the meeting finds that all were stopped.
        let arrival = Arrival {
            meeting: self.meeting,
            has_come: Cell::new(false),
        };
        let _guard = self.stop.on_panic();
        let outcome = self.recover_and_run(&arrival);
        if outcome.is_err() {
            self.stop.stop();
        }
        outcome
    }

    fn recover_and_run(&self, arrival: &Arrival<'_>) -> Result<Summary, LogError> {
        let mut log = self.run.log();
        let mut runner = Runner::recover(&mut log, self.shard, &self.run.spec, self.observer)?;
        let live = self.run.follow;
        let mut until = self.run.until;
        if until.is_none() && !live {
            let limits = self.limits(Time::MAX, false);
            self.steps(&mut runner, &mut log, limits)?;
            arrival.come(runner.log_time_max());
            let mut followed = Time::MIN;
            until = Some(loop {
                match self.meeting.wait(followed) {
                    Ok(until) => break until,
                    Err(wanted) => {
                        self.steps(&mut runner, &mut log, self.limits(wanted, true))?;
                        followed = wanted;
                    }
                }
            });
        }
        let limits = self.limits(until.unwrap_or(Time::MAX), true);
        self.steps(&mut runner, &mut log, limits)?;
        runner.store_snapshot(&mut log)?;
        let until = if self.stop.is_stopped() { None } else { until };
        let (counts, accounts) = (
            runner.shard().counts().clone(),
            runner.shard().accounts_len(),
        );
        Ok(Summary {
            counts,
            until,
            accounts,
        })
    }

    const fn limits(&self, until: Time, timers: bool) -> StepLimits {
        StepLimits {
            records_max: self.run.records_max,
            until,
            timers,
        }
    }

    /// Folds step after step until there is nothing left to do within `limits`, or stopped.
    fn steps(
        &self,
        runner: &mut Runner,
        log: &mut FileLog,
        limits: StepLimits,
    ) -> Result<(), LogError> {
        let clock = &*self.run.clock;
        let mut snapshot_due = clock.now().plus_ms(SNAPSHOT_MS);
        while !self.stop.is_stopped() {
            let fills = runner.fill(clock, self.observer);
            match runner.step(log, clock, limits)? {
                Stepped::Folded(prepared) => {
                    let since = Stopwatch::start();
                    let committed = log.commit(std::slice::from_ref(&prepared.commit))?;
                    metrics::commit(since.elapsed(), committed == Committed::Aborted);
                    if committed != Committed::Done {
                        return Err(LogError::Stop("commit to files: they do not abort".into()));
                    }
                    runner.committed(log, &prepared, clock, self.observer)?;
                }
                Stepped::Idle {
                    at_end,
                    advanced_to,
                } => {
                    let timers_done = !limits.timers || advanced_to >= limits.until;
                    if at_end && timers_done && (!self.run.follow || limits.until != Time::MAX) {
                        return Ok(());
                    }
                    if !fills {
                        self.stop.wait(Duration::from_millis(IDLE_WAIT_MS));
                    }
                }
                Stepped::Waiting { at } => {
                    self.meeting.want(at);
                    self.stop.wait(Duration::from_millis(PEERS_WAIT_MS));
                }
            }
            if clock.now() >= snapshot_due {
                runner.store_snapshot(log)?;
                snapshot_due = clock.now().plus_ms(SNAPSHOT_MS);
            }
        }
        Ok(())
    }
}
