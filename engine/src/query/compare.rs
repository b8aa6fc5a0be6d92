//! Two rules asked about the same values, without memory: the what-if itself.
//!
//! Chunks are shared out to a few threads of their own, each with instances of its own; a column
//! goes to the module as it lies. What a thread counts is summed, and the movers are the same
//! whoever counted them. Nothing is decided, published or remembered, and no shard is touched.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use puls_wire::{ROWS_MAX, Rows, Status, Verdict};

use super::tally::{Mover, Tally};
use crate::clock::Stopwatch;
use crate::decide::{self, Memory, Plain, Policy, Reading, RuleRef, ScoreData};
use crate::limits::{
    RULE_THREAD_STACK_BYTES, WHAT_IF_FAILURES_MAX, WHAT_IF_MS_MAX, WHAT_IF_THREADS_MAX,
};
use crate::model::{Digest, Key, Settings, Time, hash64};
use crate::rules::{ActiveRule, Host, Module};
use crate::shard::{Chunk, ColumnSet};
use crate::state::Override;

/// How much a what-if gives way to the folds beside it, as Linux counts it (19 is most). A thread
/// of a fold has three times its share; more, and on a busy machine there would be no answer.
const NICENESS: i32 = 5;

/// A card under work.
#[derive(Debug)]
pub struct Draft {
    /// Digest of what was asked for: module, parameters, and the rule that it is compared with.
    pub id: Digest,
    /// The card.
    pub contender: Contender,
    /// The active rule that it is compared with; chosen by name where it is `None`.
    pub rule: Option<String>,
    /// Accounts to show with reasons.
    pub movers: usize,
}

/// One of the two rules of a what-if.
#[derive(Debug)]
pub struct Contender {
    /// Name: under which it is active, or its own.
    pub name: String,
    /// The module.
    pub module: Arc<Module>,
    /// Parameters in the manifest's order.
    pub parameters: Vec<f64>,
    policy: Policy,
}

impl Contender {
    /// A rule as it runs, or would run, under `settings`.
    #[must_use]
    pub fn new(
        name: &str,
        (module, parameters): (&Arc<Module>, &[f64]),
        settings: &Settings,
    ) -> Self {
        Self {
            name: name.to_owned(),
            module: Arc::clone(module),
            parameters: parameters.to_vec(),
            // Which events move a feature matters for the split of a change only.
            policy: Policy::new(&module.manifest, settings, &[]),
        }
    }

    /// An active rule.
    #[must_use]
    pub fn active(rule: &ActiveRule, settings: &Settings) -> Self {
        Self::new(&rule.name, (&rule.module, &rule.parameters), settings)
    }

    /// The rule as decisions read it.
    #[must_use]
    pub const fn policy(&self) -> &Policy {
        &self.policy
    }

    fn rule_ref(&self) -> RuleRef<'_> {
        RuleRef {
            name: &self.name,
            version: &self.module.manifest.version,
            digest: self.module.digest,
            parameters: &self.parameters,
            primary: true,
            shadow: false,
        }
    }
}

/// Why a what-if has no answer.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Stopped {
    /// A rule fails.
    #[error(
        "expected a rule that answers on every account, but {rule} failed on {accounts} of the \
         first accounts, `{account}` among them: {detail}"
    )]
    Failing {
        /// Which of the two, in words.
        rule: &'static str,
        /// On how many it failed so far.
        accounts: u64,
        /// One of them.
        account: String,
        /// How.
        detail: String,
    },
    /// It takes too long.
    #[error(
        "expected all accounts to be evaluated within {} s, found {done} of {all} by then; the \
         card costs too much for each account", WHAT_IF_MS_MAX / 1_000
    )]
    Slow {
        /// Accounts that were evaluated.
        done: usize,
        /// All.
        all: usize,
    },
    /// There are no threads.
    #[error("start threads to evaluate on: {0}")]
    Threads(String),
}

/// What is compared, on what.
#[derive(Clone, Copy, Debug)]
pub struct Comparison<'a> {
    /// Whose accounts.
    pub tenant: &'a str,
    /// Their columns; each has all features of both rules.
    pub chunks: &'a [Arc<Chunk>],
    /// The rule that governs.
    pub present: &'a Contender,
    /// The one that might.
    pub draft: &'a Contender,
    /// Accounts to show with reasons.
    pub movers: usize,
}

/// A mover with both explanations.
#[derive(Debug)]
pub struct Explained<'a> {
    /// Its segment.
    pub segment: Option<&'a str>,
    /// What the rule that governs says.
    pub present: ScoreData<'a>,
    /// What the draft says.
    pub draft: ScoreData<'a>,
}

impl<'a> Comparison<'a> {
    /// Asks both rules about every account, on two threads at most.
    ///
    /// # Errors
    /// Where a rule fails on many accounts, or it takes too long.
    pub fn run(&self) -> Result<Tally, Stopped> {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        self.run_on(cores.min(WHAT_IF_THREADS_MAX))
    }

    /// The same on so many threads.
    ///
    /// # Errors
    /// As [`Comparison::run`].
    pub fn run_on(&self, threads: usize) -> Result<Tally, Stopped> {
        let shared = Shared {
            next: AtomicUsize::new(0),
            stop: AtomicBool::new(false),
            watch: Stopwatch::start(),
        };
        let parts = std::thread::scope(|scope| {
            let mut started = Vec::new();
            for _ in 0..threads.clamp(1, self.chunks.len().max(1)) {
                let shared = &shared;
                let thread = std::thread::Builder::new()
                    .name("what-if".into())
                    .stack_size(RULE_THREAD_STACK_BYTES)
                    .spawn_scoped(scope, move || self.part(shared));
                match thread {
                    Ok(thread) => started.push(thread),
                    Err(error) => {
                        shared.stop.store(true, Ordering::Relaxed);
                        return vec![Err(Stopped::Threads(error.to_string()))];
                    }
                }
            }
            let joined = started.into_iter().map(|thread| {
                let ended = thread.join();
                ended.unwrap_or_else(|_| Err(Stopped::Threads("one ended in a bug".into())))
            });
            joined.collect()
        });
        let mut tally = Tally::new(self);
        for part in parts {
            tally.add(part?);
        }
        Ok(tally)
    }

    /// What one thread does: chunk after chunk until none is left.
    fn part(&self, shared: &Shared) -> Result<Tally, Stopped> {
        // Where the system does not let us step back, it shares the processor out as it will.
        rustix::process::setpriority_process(None, NICENESS).ok();
        let mut present = Side::new(self.present, "the active rule");
        let mut draft = Side::new(self.draft, "the draft");
        let mut host = Host::new();
        let mut tally = Tally::new(self);
        while !shared.stop.load(Ordering::Relaxed) {
            let number = shared.next.fetch_add(1, Ordering::Relaxed);
            let Some(chunk) = self.chunks.get(number) else {
                break;
            };
            if shared.watch.elapsed() > Duration::from_millis(WHAT_IF_MS_MAX) {
                shared.stop.store(true, Ordering::Relaxed);
                let all = self.chunks.iter().map(|chunk| chunk.keys().len()).sum();
                let done = number * ROWS_MAX;
                return Err(Stopped::Slow { done, all });
            }
            let hash = |key: &Key| hash64(key.as_str().as_bytes());
            let hashes: Vec<u64> = chunk.keys().iter().map(hash).collect();
            for side in [&mut present, &mut draft] {
                let asked = side.evaluate(&mut host, self.tenant, (chunk, &hashes));
                if let Err(stopped) = asked {
                    shared.stop.store(true, Ordering::Relaxed);
                    return Err(stopped);
                }
            }
            tally.count(number, chunk, (&present.plain, &draft.plain));
        }
        tally.failures = [present.failures, draft.failures];
        Ok(tally)
    }

    /// Calls `each` with every mover and what both rules say of it, in words.
    pub fn explain(&self, movers: &[Mover], each: &mut dyn FnMut(&Explained<'_>)) {
        let mut host = Host::new();
        for mover in movers {
            let Some(chunk) = self.chunks.get(mover.chunk) else {
                continue;
            };
            let mut alone = |rule| alone(rule, &mut host, self.tenant, (chunk, mover.row));
            let (present, draft) = (alone(self.present), alone(self.draft));
            each(&Explained {
                segment: chunk.segment(mover.row),
                present: explained(self.present, &mover.key, (chunk, mover.row), &present),
                draft: explained(self.draft, &mover.key, (chunk, mover.row), &draft),
            });
        }
    }
}

/// What the threads of one what-if share.
struct Shared {
    /// The chunk that is taken next.
    next: AtomicUsize,
    stop: AtomicBool,
    watch: Stopwatch,
}

/// One of the two rules on one thread.
struct Side<'a> {
    contender: &'a Contender,
    words: &'static str,
    rows: Rows,
    /// Places of the rule's features in the set of the last chunk.
    places: Option<(Arc<ColumnSet>, Vec<usize>)>,
    verdicts: Vec<Verdict>,
    /// What the verdicts mean; `None` where the rule failed.
    plain: Vec<Option<Plain>>,
    failures: u64,
}

impl<'a> Side<'a> {
    fn new(contender: &'a Contender, words: &'static str) -> Self {
        Self {
            contender,
            words,
            rows: Rows::new(contender.module.manifest.features.len()),
            places: None,
            verdicts: Vec::new(),
            plain: Vec::new(),
            failures: 0,
        }
    }

    /// Asks the rule about all rows of a chunk.
    fn evaluate(
        &mut self,
        host: &mut Host,
        tenant: &str,
        (chunk, hashes): (&Chunk, &[u64]),
    ) -> Result<(), Stopped> {
        let Contender {
            module,
            parameters,
            policy,
            ..
        } = self.contender;
        let known = self.places.take();
        let known = known.filter(|(set, _)| Arc::ptr_eq(set, chunk.set()));
        let (set, places) = known.unwrap_or_else(|| {
            let places = places_in(chunk, self.contender);
            (Arc::clone(chunk.set()), places)
        });
        let columns = places.iter().map(|place| chunk.column(*place));
        self.rows.take_columns(chunk.keys().len(), columns);
        self.places = Some((set, places));
        let failed = host.evaluate(
            tenant,
            module,
            parameters,
            &self.rows,
            hashes,
            &mut self.verdicts,
        );
        self.failures += failed.len() as u64;
        if self.failures >= WHAT_IF_FAILURES_MAX
            && let Some(failure) = failed.first()
        {
            return Err(Stopped::Failing {
                rule: self.words,
                accounts: self.failures,
                account: chunk
                    .keys()
                    .get(failure.row)
                    .map_or_else(String::new, Key::account),
                detail: failure.detail.clone(),
            });
        }
        let mut overrides = chunk.overrides().iter().peekable();
        self.plain.clear();
        for (row, (verdict, at)) in self.verdicts.iter().zip(chunk.moments()).enumerate() {
            let over = overrides
                .next_if(|(of, _)| *of == row)
                .map(|(_, over)| over);
            let is_answer = verdict.status != Status::RowError;
            let plain = is_answer.then(|| policy.plain(verdict, over.map(in_decisions), *at));
            self.plain.push(plain);
        }
        Ok(())
    }
}

/// Columns of a rule's features; the caller gives only chunks that have all of them.
fn places_in(chunk: &Chunk, contender: &Contender) -> Vec<usize> {
    let places = chunk.set().places(&contender.module.manifest.features);
    places.expect("chunks are chosen by the features that both rules read")
}

fn in_decisions(over: &Override) -> decide::Override<'_> {
    decide::Override {
        value: over.value,
        by: &over.by,
        reason: &over.reason,
        expires: over.expires,
    }
}

/// One row and what a rule answers on it.
fn alone(
    contender: &Contender,
    host: &mut Host,
    tenant: &str,
    (chunk, row): (&Chunk, usize),
) -> (Vec<f64>, Verdict) {
    let places = places_in(chunk, contender);
    let value = |place: &usize| chunk.column(*place).get(row).copied();
    let values = places.iter().map(|place| value(place).unwrap_or(f64::NAN));
    let values: Vec<f64> = values.collect();
    let mut rows = Rows::new(values.len());
    rows.push(values.iter().copied());
    let mut verdicts = Vec::new();
    let (module, parameters) = (&contender.module, &contender.parameters);
    host.evaluate(tenant, module, parameters, &rows, &[], &mut verdicts);
    (values, verdicts.pop().unwrap_or_default())
}

fn explained<'a>(
    contender: &'a Contender,
    key: &'a Key,
    (chunk, row): (&'a Chunk, usize),
    (values, verdict): &'a (Vec<f64>, Verdict),
) -> ScoreData<'a> {
    let over = chunk.overrides().iter().find(|(of, _)| *of == row);
    let reading = Reading {
        key,
        rule: contender.rule_ref(),
        now: chunk.moments().get(row).copied().unwrap_or(Time::MIN),
        verdict,
        features: values,
        over: over.map(|(_, over)| in_decisions(over)),
        // For the split of a change, which there is not here.
        peers: None,
    };
    decide::explain(&contender.policy, &Memory::default(), &reading, &[], None)
}
