//! A shard as it stood at a moment of the past: its journaled steps folded again up to then.
//!
//! ```text
//! snapshot ≤ T ─▶ step, step, step, …       │ the step that crosses T
//! or nothing      whole; digests compared   │ its records with log time ≤ T, its timers ≤ T
//! ```
//! The state then is the one that a run `--until T` would have ended with: nothing that came later
//! is in it, late events of that time included. What of the last step lies beyond can be folded
//! afterwards, so that its outputs are compared, too. It only reads, so a run may go on beside it.
//! It needs the inputs, the mapping and the program of then; where these give other outputs than
//! those that were published, it stops and says so.

use super::Runner;
use crate::journal::JournalRecord;
use crate::log::{Log, LogError, RulesRecord};
use crate::merge::Merged;
use crate::model::{Digest, Output, ShardId, Step, Time};
use crate::shard::ShardSpec;

/// Sees what is folded again, step by step.
pub trait Witness {
    /// A step, or what of it lies before the moment, with what it took and said.
    fn folded(&mut self, step: &Step, records: &[Merged], outputs: &[Output]);

    /// `done` of `all` steps that the journal has.
    fn progress(&mut self, done: u64, all: u64);
}

/// How far to fold, from where, and who must find what was published.
#[derive(Clone, Copy, Debug)]
pub struct Fold<'t> {
    /// Records and timers up to and including this; `Time::MAX` for the whole journal.
    pub until: Time,
    /// Whether to pass over a snapshot, so that the witness sees everything.
    pub from_beginning: bool,
    /// The tenant whose outputs must be those that were published; all where none is named.
    pub tenant: Option<&'t str>,
}

/// A shard at a moment of the past.
#[derive(Debug)]
pub struct Past {
    /// The shard; nothing may be folded on with it.
    pub runner: Runner,
    /// The step at which it began: 0, or that of a snapshot.
    pub sequence_from: u64,
    /// Steps that were folded whole, and whose outputs were those that were published.
    pub steps: u64,
    /// Whether the journal goes on beyond the moment, so that all that came before it is known.
    pub is_passed: bool,
    /// How far the steps that were folded let timers run.
    pub advanced_to: Time,
    rest: Option<Rest>,
}

/// What of a step lies beyond the moment.
#[derive(Debug)]
struct Rest {
    step: Step,
    records: Vec<Merged>,
    /// Per tenant, the digest that the journal has after the step.
    digests: Vec<(String, Digest)>,
}

impl Past {
    /// Folds the journaled steps of a shard again, up to a moment.
    ///
    /// # Errors
    /// Where journal, rules or inputs cannot be read, are not kept that far back, or give other
    /// outputs than those that were published.
    pub fn fold(
        log: &mut dyn Log,
        (id, spec): (ShardId, &ShardSpec),
        fold: Fold<'_>,
        witness: &mut dyn Witness,
    ) -> Result<Self, LogError> {
        let (rules, _) = log.rules(0)?;
        let from = snapshot(log, (id, spec), fold, &rules)?;
        let runner = from.unwrap_or_else(|| Runner::blank(id, spec));
        let sequence_from = runner.shard.sequence_next();
        let mut past = Self {
            runner,
            sequence_from,
            steps: 0,
            is_passed: false,
            advanced_to: Time::MIN,
            rest: None,
        };
        let journal = log.journal(id, sequence_from)?;
        let all = journal.len() as u64;
        for (done, record) in (1..).zip(&journal) {
            past.step(log, (record, &rules), fold, witness)?;
            witness.progress(done, all);
            if past.is_passed {
                break;
            }
        }
        Ok(past)
    }

    fn step(
        &mut self,
        log: &mut dyn Log,
        (record, rules): (&[u8], &[RulesRecord]),
        fold: Fold<'_>,
        witness: &mut dyn Witness,
    ) -> Result<(), LogError> {
        let JournalRecord { step, digests, .. } = self.runner.journaled(record)?;
        self.runner.learn_for(log, &step, rules)?;
        let records = self.runner.replayed(log, &step)?;
        let is_within = |record: &&Merged| record.log_time <= fold.until;
        let within = records.iter().take_while(is_within).count();
        let (taken, later) = records.split_at(within);
        self.is_passed = !later.is_empty() || step.advance_to > fold.until;
        let shard = &mut self.runner.shard;
        let before = shard.digests();
        if self.is_passed {
            // What is due before the first record that is left out was due before it then, too.
            let cut = Step {
                advance_to: fold.until,
                ..step.clone()
            };
            let folded = shard.fold(&cut, taken);
            witness.folded(&cut, taken, &folded.outputs);
            self.advanced_to = fold.until;
            self.rest = Some(Rest {
                // What the step was given is taken already.
                step: Step {
                    peers: Vec::new(),
                    ..step
                },
                records: later.to_vec(),
                digests,
            });
            return Ok(());
        }
        let folded = shard.fold(&step, taken);
        if let Some(tenant) = differing(&shard.digests(), &digests, fold.tenant) {
            return Err(told_otherwise(self.runner.id, step.sequence, &tenant));
        }
        // Others may differ where only one tenant is asked about; theirs go on as published.
        shard.adopt(&before, &digests).ok();
        self.steps += 1;
        self.advanced_to = self.advanced_to.max(step.advance_to);
        witness.folded(&step, taken, &folded.outputs);
        Ok(())
    }

    /// Folds what of the last step lies beyond the moment, and compares that step, too: where a
    /// step is cut never shows in what it says. The shard stands behind the moment then.
    ///
    /// # Errors
    /// Where the outputs of `tenant` (of all where none is named) are not the published ones.
    pub fn finish(&mut self, tenant: Option<&str>) -> Result<(), LogError> {
        let Some(rest) = self.rest.take() else {
            return Ok(());
        };
        let shard = &mut self.runner.shard;
        shard.fold(&rest.step, &rest.records);
        if let Some(tenant) = differing(&shard.digests(), &rest.digests, tenant) {
            return Err(told_otherwise(self.runner.id, rest.step.sequence, &tenant));
        }
        self.steps += 1;
        Ok(())
    }
}

/// The shard as its snapshot has it, if that is wanted, can be read and lies before the moment.
fn snapshot(
    log: &mut dyn Log,
    (id, spec): (ShardId, &ShardSpec),
    fold: Fold<'_>,
    rules: &[RulesRecord],
) -> Result<Option<Runner>, LogError> {
    if fold.from_beginning {
        return Ok(None);
    }
    let Some(found) = log.snapshot(id)? else {
        return Ok(None);
    };
    let mut runner = Runner::blank(id, spec);
    // One of another version of the program is none: the journal has all that is in it.
    if runner.restore(&found).is_err() || runner.shard.now() > fold.until {
        return Ok(None);
    }
    runner
        .shard
        .relearn(rules, &mut |digest| log.module(digest))?;
    Ok(Some(runner))
}

/// The first tenant among those asked about whose digest is not the published one.
fn differing(
    found: &[(String, Digest)],
    published: &[(String, Digest)],
    asked: Option<&str>,
) -> Option<String> {
    let unmatched = |these: &[(String, Digest)], those: &[(String, Digest)]| {
        let asked = |name: &str| asked.is_none_or(|asked| asked == name);
        let mut these = these.iter().filter(|(name, _)| asked(name));
        let one = these.find(|it| !those.contains(it));
        one.map(|(name, _)| name.clone())
    };
    unmatched(found, published).or_else(|| unmatched(published, found))
}

fn told_otherwise(id: ShardId, sequence: u64, tenant: &str) -> LogError {
    let whose = if tenant.is_empty() {
        "records without a tenant".to_owned()
    } else {
        format!("tenant {tenant}")
    };
    LogError::Stop(format!(
        "fold step {sequence} of shard {} again: expected the outputs of {whose} that were \
         published, found others. Inputs, mapping or program are not those of then, so what was \
         so cannot be told: look with those, or at a moment after the change",
        id.0
    ))
}
