//! Workers: threads that own shards, cut steps, fold them and commit.
//!
//! [`Runner`] is one shard with its merge: it recovers, cuts, folds and snapshots, over any log.
//! [`files`] runs one thread a shard over a data folder; [`kafka`] runs one thread a member of a
//! consumer group; [`past`] folds what was journaled again, up to a moment. Nothing here decides
//! what an output says.

pub mod files;
pub mod kafka;
pub mod past;
mod peers;
mod stop;
mod untold;

use std::sync::Arc;

use self::peers::{Board, Gate};
pub use self::stop::{Stop, StopOnPanic};
use self::untold::Untold;
use crate::clock::{Clock, Stopwatch};
use crate::journal::JournalRecord;
use crate::limits::{DEDUP_IDS_MAX, SETTLE_MS};
use crate::log::{Commit, Log, LogError, RulesRecord, Snapshot};
use crate::merge::{CutLimits, Merge, Merged};
use crate::metrics;
use crate::model::{Digest, Output, PeersClosed, ShardId, Step, Time, Writer, hash64};
use crate::query::{self, Filler};
use crate::rules::record::Record as RulesEntry;
use crate::shard::{Counts, Folded, NobodyVouches, Report, Shard, ShardSpec};
use crate::snapshot::{self, SnapshotError};

/// Sees what was committed, after it was: progress, the query view, metrics.
pub trait Observer: Send + Sync + std::fmt::Debug {
    /// Outputs of a step, readable by everyone now.
    fn committed(&self, shard: ShardId, outputs: &[Output], progress: &Progress);

    /// What went wrong with a rule; nothing else was touched.
    fn report(&self, shard: ShardId, report: &Report);

    /// A refold of journaled steps goes on: `done` of `all`.
    fn refolded(&self, shard: ShardId, done: u64, all: u64);

    /// Where columns for what-ifs are put up between steps, if anywhere.
    fn board(&self) -> Option<&Arc<query::Board>> {
        None
    }
}

/// Sees nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoObserver;

impl Observer for NoObserver {
    fn committed(&self, _: ShardId, _: &[Output], _: &Progress) {}
    fn report(&self, _: ShardId, _: &Report) {}
    fn refolded(&self, _: ShardId, _: u64, _: u64) {}
}

/// Where a shard stands after a step.
#[derive(Clone, Debug)]
pub struct Progress {
    /// The shard's `now`.
    pub now: Time,
    /// Records that the step took.
    pub records: usize,
    /// Counts since the beginning.
    pub counts: Counts,
    /// Accounts known.
    pub accounts: usize,
}

/// How far the next step may go.
#[derive(Clone, Copy, Debug)]
pub struct StepLimits {
    /// Most records in a step.
    pub records_max: usize,
    /// Log times and timers up to and including this; `Time::MAX` for a live run.
    pub until: Time,
    /// Whether timers run ahead of records when all inputs are at their end.
    pub timers: bool,
}

/// A step that was folded and waits for its commit.
#[derive(Debug)]
pub struct Prepared {
    /// What to commit.
    pub commit: Commit,
    /// What the fold said beside its outputs.
    pub reports: Vec<Report>,
    /// Records for the rules log, to be published behind the commit.
    pub rules: Vec<RulesEntry>,
    /// Records that the step took.
    pub records: usize,
}

/// What cutting a step came to.
#[derive(Debug)]
pub enum Stepped {
    /// A step was folded: commit it, then call [`Runner::committed`].
    Folded(Box<Prepared>),
    /// Nothing to do now; `at_end` says whether all inputs are at their end (or beyond `until`).
    Idle {
        /// Whether all inputs are at their end.
        at_end: bool,
        /// How far timers have run.
        advanced_to: Time,
    },
    /// There is something to do behind the first instant of a day, but not before other shards
    /// have told what they counted.
    Waiting {
        /// That instant.
        at: Time,
    },
}

/// One shard with its merge.
#[derive(Debug)]
pub struct Runner {
    id: ShardId,
    shard: Shard,
    merge: Merge,
    board: Board,
    /// Hash of the names of the inputs: positions mean nothing for others.
    inputs: u64,
    snapshot_sequence: u64,
    columns: Filler,
    untold: Untold,
}

impl Runner {
    /// The shard as the log says it stands: the last snapshot, and the journaled steps after it
    /// folded again. Their outputs are thrown away; their digests must be the journaled ones. A
    /// tenant whose digests differ while those of others agree loses its rules, with a report.
    ///
    /// # Errors
    /// Where snapshot, journal or inputs cannot be read or do not agree.
    pub fn recover(
        log: &mut dyn Log,
        id: ShardId,
        spec: &ShardSpec,
        observer: &dyn Observer,
    ) -> Result<Self, LogError> {
        let mut runner = Self::blank(id, spec);
        let (rules, _) = log.rules(0)?;
        if let Some(found) = log.snapshot(id)? {
            runner.restore(&found).map_err(|error| {
                LogError::Stop(format!("load the snapshot of shard {}: {error}", id.0))
            })?;
            runner
                .shard
                .relearn(&rules, &mut |digest| log.module(digest))?;
        }
        let journal = log.journal(id, runner.shard.sequence_next())?;
        let all = journal.len() as u64;
        for (done, record) in (1..).zip(&journal) {
            runner.refold(log, record, &rules)?;
            observer.refolded(id, done, all);
        }
        let distrusted = runner.shard.set_distrusted_aside();
        let reports =
            distrusted.map_err(|NobodyVouches| runner.differs(runner.shard.sequence_next()))?;
        for report in &reports {
            observer.report(id, report);
        }
        Ok(runner)
    }

    /// A shard that has seen nothing.
    fn blank(id: ShardId, spec: &ShardSpec) -> Self {
        Self {
            id,
            shard: Shard::new(id, spec),
            merge: Merge::new(id, &spec.inputs),
            board: Board::new(id, spec.shards),
            inputs: names_hash(spec),
            snapshot_sequence: 0,
            columns: Filler::default(),
            untold: Untold::default(),
        }
    }

    fn refold(
        &mut self,
        log: &mut dyn Log,
        record: &[u8],
        rules: &[RulesRecord],
    ) -> Result<(), LogError> {
        let record = self.journaled(record)?;
        self.learn_for(log, &record.step, rules)?;
        let records = self.replayed(log, &record.step)?;
        let before = self.shard.digests();
        self.shard.fold(&record.step, &records);
        let adopted = self.shard.adopt(&before, &record.digests);
        adopted.map_err(|NobodyVouches| self.differs(record.step.sequence))
    }

    /// The next record of the journal.
    fn journaled(&self, record: &[u8]) -> Result<JournalRecord, LogError> {
        let sequence = self.shard.sequence_next();
        let stop = |detail: String| {
            LogError::Stop(format!(
                "refold step {sequence} of shard {}: {detail}",
                self.id.0
            ))
        };
        let record = JournalRecord::parse(record).map_err(|error| stop(error.to_string()))?;
        if record.step.sequence != sequence {
            return Err(stop(format!(
                "the journal goes on with step {}",
                record.step.sequence
            )));
        }
        if record.inputs != self.inputs {
            return Err(stop(
                "it was folded with other inputs. Start once with the inputs of then and stop \
                 with SIGTERM, which leaves nothing to refold; then change them"
                    .into(),
            ));
        }
        Ok(record)
    }

    /// Takes up what the rules log said when a journaled step was folded.
    fn learn_for(
        &mut self,
        log: &mut dyn Log,
        step: &Step,
        rules: &[RulesRecord],
    ) -> Result<(), LogError> {
        let known = rules.iter().filter(|rule| rule.offset < step.rules_next);
        let news: Vec<_> = known
            .filter(|rule| rule.offset >= self.shard.rules_next())
            .cloned()
            .collect();
        self.learn(log, &news, step.rules_next)
    }

    /// The records that a journaled step took.
    fn replayed(&mut self, log: &mut dyn Log, step: &Step) -> Result<Vec<Merged>, LogError> {
        loop {
            match self.merge.replay(log, step) {
                Err(LogError::Retry(_)) if log.wait() => {}
                replayed => return replayed,
            }
        }
    }

    fn differs(&self, sequence: u64) -> LogError {
        LogError::Stop(format!(
            "refold step {sequence} of shard {}: the outputs differ from those that were \
             published. Inputs, mapping or program are not those of then: start with those \
             and stop with SIGTERM, which leaves nothing to refold",
            self.id.0
        ))
    }

    fn learn(
        &mut self,
        log: &mut dyn Log,
        rules: &[RulesRecord],
        rules_next: u64,
    ) -> Result<(), LogError> {
        self.shard
            .learn(rules, rules_next, &mut |digest| log.module(digest))
    }

    /// Cuts the next step and folds it.
    ///
    /// # Errors
    /// Where the log cannot be read; nothing was taken then, unless it says stop.
    pub fn step(
        &mut self,
        log: &mut dyn Log,
        clock: &dyn Clock,
        limits: StepLimits,
    ) -> Result<Stepped, LogError> {
        if self.shard.ids_remembered() + limits.records_max > DEDUP_IDS_MAX {
            return Err(LogError::Stop(format!(
                "read on in shard {}: {DEDUP_IDS_MAX} ids are remembered, which is the limit; \
                 use more shards or fewer dedup_days",
                self.id.0
            )));
        }
        self.untold.tell(log, clock)?;
        let clock = clock.now();
        let (news, rules_next) = log.rules(self.shard.rules_next())?;
        self.learn(log, &news, rules_next)?;
        let StepLimits {
            records_max,
            until,
            timers,
        } = limits;
        let gate = Gate::of(&mut self.shard);
        let cut = self.merge.cut(
            log,
            CutLimits {
                clock,
                until: gate.bound(until),
                records_max: gate.records_max(records_max),
            },
        )?;
        let goes_on = cut.beyond.filter(|beyond| *beyond <= until);
        let settled = Some(until.min(clock.minus_ms(SETTLE_MS)));
        let settled = settled.filter(|_| cut.at_end && timers);
        let advance_to = gate.advance_to(settled, !cut.records.is_empty(), goes_on.is_some());
        let mut step = Step {
            sequence: self.shard.sequence_next(),
            ranges: cut.ranges,
            clock,
            advance_to,
            rules_next,
            peers: Vec::new(),
        };
        if cut.records.is_empty() && !self.shard.is_due(advance_to) {
            match gate {
                Gate::Shut(at) if cut.at_end && settled.max(goes_on) >= Some(at) => {
                    let reach = settled.max(goes_on).unwrap_or(at);
                    let barriers = self.shard.day_barriers(reach);
                    step.peers = self.board.ready(log, &barriers, clock)?;
                    if step.peers.is_empty() {
                        metrics::waiting(self.id, true);
                        return Ok(Stepped::Waiting { at });
                    }
                }
                _ => {
                    metrics::waiting(self.id, false);
                    return Ok(Stepped::Idle {
                        at_end: cut.at_end && goes_on.is_none(),
                        advanced_to: advance_to,
                    });
                }
            }
        }
        Ok(Stepped::Folded(Box::new(self.fold(step, &cut.records))))
    }

    fn fold(&mut self, step: Step, records: &[Merged]) -> Prepared {
        let since = Stopwatch::start();
        let Folded {
            outputs,
            reports,
            rules,
            closed,
            evaluations,
        } = self.shard.fold(&step, records);
        metrics::folded(self.id, evaluations, since.elapsed());
        let ranges = step.ranges.clone();
        let record = JournalRecord {
            step,
            inputs: self.inputs,
            digests: self.shard.digests(),
        };
        let commit = Commit {
            shard: self.id,
            ranges,
            outputs,
            journal: record.to_bytes(),
            counts: closed.iter().map(PeersClosed::to_bytes).collect(),
        };
        Prepared {
            commit,
            reports,
            rules,
            records: records.len(),
        }
    }

    /// Tells observers and the rules log what a committed step said.
    ///
    /// # Errors
    /// Where the rules log cannot be written; before the next step it is tried again.
    pub fn committed(
        &mut self,
        log: &mut dyn Log,
        prepared: &Prepared,
        clock: &dyn Clock,
        observer: &dyn Observer,
    ) -> Result<(), LogError> {
        for report in &prepared.reports {
            observer.report(self.id, report);
        }
        let progress = Progress {
            now: self.shard.now(),
            records: prepared.records,
            counts: self.shard.counts().clone(),
            accounts: self.shard.accounts_len(),
        };
        observer.committed(self.id, &prepared.commit.outputs, &progress);
        self.untold.add(&prepared.rules);
        self.untold.tell(log, clock)
    }

    /// Fills columns for what-ifs, a little; every folded step must be committed. Whether there is
    /// more to do at once.
    pub fn fill(&mut self, clock: &dyn Clock, observer: &dyn Observer) -> bool {
        let Some(board) = observer.board() else {
            return false;
        };
        self.columns.turn(&mut self.shard, board, clock.now())
    }

    /// Takes down the columns: the shard may be another's.
    pub fn leave_board(&mut self) {
        metrics::waiting(self.id, false);
        self.columns.leave();
    }

    /// Whether steps were folded since the last snapshot.
    #[must_use]
    pub const fn steps_since_snapshot(&self) -> u64 {
        self.shard.sequence_next() - self.snapshot_sequence
    }

    /// Stores a snapshot of the shard as it stands; every folded step must be committed.
    ///
    /// # Errors
    /// Where it cannot be stored; the old one stands.
    pub fn store_snapshot(&mut self, log: &mut dyn Log) -> Result<(), LogError> {
        if self.steps_since_snapshot() == 0 {
            return Ok(());
        }
        let mut writer = Writer::new();
        writer.u64(self.inputs);
        self.merge.write(&mut writer);
        self.board.write(&mut writer);
        self.shard.write(&mut writer);
        let bytes = snapshot::seal(&writer.into_bytes());
        metrics::snapshot(self.id, bytes.len());
        let sequence_next = self.shard.sequence_next();
        log.store_snapshot(
            self.id,
            &Snapshot {
                sequence_next,
                bytes,
            },
        )?;
        self.snapshot_sequence = sequence_next;
        Ok(())
    }

    fn restore(&mut self, found: &Snapshot) -> Result<(), SnapshotError> {
        let (version, payload) = snapshot::open(&found.bytes)?;
        let mut reader = crate::model::Reader::new(payload).of_schema(version);
        reader.u64()?;
        self.merge.restore(&mut reader)?;
        if version > 2 {
            self.board.restore(&mut reader)?;
        }
        self.shard.restore(&mut reader)?;
        self.snapshot_sequence = self.shard.sequence_next();
        Ok(())
    }

    /// The shard, for read-only evaluation.
    pub const fn shard_mut(&mut self) -> &mut Shard {
        &mut self.shard
    }

    /// The shard.
    #[must_use]
    pub const fn shard(&self) -> &Shard {
        &self.shard
    }

    /// The largest log time that any input has met.
    #[must_use]
    pub fn log_time_max(&self) -> Time {
        self.merge.log_time_max()
    }

    /// The least log time of the records that were read and that no step has taken; `None` where
    /// none waits.
    #[must_use]
    pub fn ahead(&self, clock: Time) -> Option<Time> {
        self.merge.ahead(clock)
    }

    /// Per input, the next position that no step has taken.
    #[must_use]
    pub fn positions(&self) -> Vec<u64> {
        self.merge.positions()
    }

    /// Running digest per tenant.
    #[must_use]
    pub fn digests(&self) -> Vec<(String, Digest)> {
        self.shard.digests()
    }
}

/// Hash of the names of all inputs, in order.
fn names_hash(spec: &ShardSpec) -> u64 {
    let names = spec.inputs.iter().map(|input| input.name.as_str());
    hash64(names.collect::<Vec<_>>().join("\n").as_bytes())
}
