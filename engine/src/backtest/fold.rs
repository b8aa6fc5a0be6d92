//! History through the real shards, month by month.
//!
//! A shard folds all records that arrived before the first of a month, runs its timers up to the
//! moment before, and is looked at: that is all that anybody could have known then. All shards go
//! as far as one moment, T, and are looked at there once more.

mod join;
mod side;

use std::collections::BTreeMap;
use std::time::Duration;

use puls_wire::Status;

use self::side::SideFold;
use super::calendar::Calendar;
use super::notice::{AlertNotice, TierChange};
use super::pair::Pair;
use super::tape::Exchange;
use super::{BacktestError, Side};
use crate::clock::{Clock, Stopwatch};
use crate::log::{Log, LogError};
use crate::model::{ShardId, Time};
use crate::shard::{Counts, ShardSpec};
use crate::worker::Stop;

/// No score.
const NO_SCORE: i32 = -1;
/// Opens the tape of a shard.
pub type OpenTape = dyn Fn(ShardId, &Exchange) -> Result<Box<dyn Log + Send>, LogError> + Sync;
/// Is told of records that were folded, and of the time that was reached.
pub type Told<'t> = dyn Fn(usize, Time) + Sync + 't;

/// What to fold.
pub struct History<'a> {
    /// Whose accounts.
    pub tenant: &'a str,
    /// What shards are made of.
    pub spec: &'a ShardSpec,
    /// The two rules.
    pub pair: &'a Pair,
    /// Months and dates.
    pub calendar: &'a Calendar,
    /// T: records and timers up to and including this.
    pub until: Time,
    /// When each account decided to leave: from then on it is out.
    pub decided: &'a BTreeMap<String, Time>,
    /// The inputs.
    pub open: &'a OpenTape,
    /// Tells the time of day.
    pub clock: &'a dyn Clock,
}

impl std::fmt::Debug for History<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("History")
            .field("tenant", &self.tenant)
            .finish_non_exhaustive()
    }
}

/// How one rule saw an account at a moment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct View {
    /// Ten-thousandths of a point, or below 0 for none.
    score: i32,
    /// The same with license, stage and assessment features missing.
    blind: i32,
    /// Ten-thousandths.
    pub coverage: u16,
    /// The tier that stood, as a place on the side's ladder.
    pub tier: u8,
    /// The tier of the score alone.
    pub tier_of_score: u8,
    /// The tier of the blind score alone.
    pub tier_blind: u8,
    /// What the rule answered.
    pub status: Status,
    /// Whether a person's override was in force.
    pub is_overridden: bool,
}

impl View {
    /// The rule's own score in ten-thousandths of a point.
    #[must_use]
    pub fn score(&self) -> Option<i64> {
        (self.score >= 0).then_some(i64::from(self.score))
    }

    /// The score with license, stage and assessment features missing.
    #[must_use]
    pub fn blind(&self) -> Option<i64> {
        (self.blind >= 0).then_some(i64::from(self.blind))
    }

    /// Whether the account is in the rule's population and the rule answered.
    #[must_use]
    pub const fn is_inside(&self) -> bool {
        matches!(self.status, Status::Scored | Status::NoScore)
    }
}

/// One account at one reference date, or at T.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Unit {
    /// Number of the account.
    pub account: u32,
    /// Number of the reference date.
    pub reference: u16,
    /// Per side; `None` where no rule governed.
    pub views: [Option<View>; 2],
}

/// An account that the two rules see far apart at T.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mover {
    /// The account.
    pub account: String,
    /// Scores in ten-thousandths of a point.
    pub scores: [i64; 2],
    /// Tiers.
    pub tiers: [String; 2],
    /// The first reasons of each rule.
    pub why: [Vec<String>; 2],
    /// By how many ten-thousandths of a point each measure moved, the furthest first; what
    /// exceptions add is one of them.
    pub shifts: Vec<(String, i64)>,
}

impl Mover {
    /// Candidate less active.
    #[must_use]
    pub const fn delta(&self) -> i64 {
        let [active, candidate] = self.scores;
        candidate - active
    }
}

/// Evaluations on which a rule failed.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Failures {
    /// How many.
    pub count: u64,
    /// What the first of them said.
    pub first: Option<String>,
}

/// What came of history.
#[derive(Clone, Debug, Default)]
pub struct Folded {
    /// Accounts, by their numbers.
    pub accounts: Vec<String>,
    /// Reference dates, by their numbers.
    pub references: Vec<Time>,
    /// All units.
    pub units: Vec<Unit>,
    /// Every account at T that is not out by then.
    pub standing: Vec<Unit>,
    /// Accounts that are out at T.
    pub out: usize,
    /// Publications of alerts, in order of time.
    pub alerts: Vec<AlertNotice>,
    /// Publications of alerts of accounts that were out.
    pub alerts_out: u64,
    /// Changes of tier of the accounts that were asked for, in order of time.
    pub changes: Vec<TierChange>,
    /// The biggest movers, by how far.
    pub movers: Vec<Mover>,
    /// What became of records and events.
    pub counts: Counts,
    /// Per side.
    pub failures: [Failures; 2],
    /// The first log time; `None` without records.
    pub first: Option<Time>,
    /// T.
    pub until: Time,
    /// Features that the blind reading hides, per side.
    pub hidden: [Vec<String>; 2],
    /// How long it took.
    pub took: Duration,
}

/// Folds history.
///
/// # Errors
/// Where an input cannot be read, rules and settings do not fit, or a rule fails for good.
pub fn fold(history: &History<'_>, told: &Told<'_>) -> Result<Folded, BacktestError> {
    let since = Stopwatch::start();
    let shards = (0..history.spec.shards).map(ShardId);
    let work = shards
        .flat_map(|shard| Side::BOTH.map(|side| (shard, side)))
        .collect();
    let exchanges = [Exchange::default(), Exchange::default()];
    let stop = Stop::default();
    let mut ended = in_parallel(work, &stop, |(shard, side)| {
        let log = (history.open)(shard, side.of(&exchanges))?;
        let mut fold = SideFold::open(history, (shard, side, log), (told, &stop))?;
        fold.through()?;
        Ok(fold)
    })?;
    if ended.iter().all(|fold| fold.found.first.is_none()) {
        return Err(BacktestError::Expected(
            "expected records in the inputs, found none; name others with `--from`".into(),
        ));
    }
    let mut folded = Folded {
        until: history.until,
        ..Folded::default()
    };
    for pair in ended.chunks_mut(2) {
        if let [active, candidate] = pair {
            join::join(&mut folded, active, candidate)?;
        }
    }
    join::in_order(&mut folded);
    folded.movers = join::movers(&folded, &mut ended);
    folded.took = since.elapsed();
    Ok(folded)
}

/// Does each piece of work on a thread of its own, since shards wait for each other's counts; what
/// comes out has the order of what goes in. The first error stops the others.
fn in_parallel<A: Send, B: Send>(
    work: Vec<A>,
    stop: &Stop,
    each: impl Fn(A) -> Result<B, BacktestError> + Sync,
) -> Result<Vec<B>, BacktestError> {
    let one = |work| {
        let _guard = stop.on_panic();
        let outcome = each(work);
        if outcome.is_err() {
            stop.stop();
        }
        outcome
    };
    let one = &one;
    let outcomes: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = work
            .into_iter()
            .map(|it| scope.spawn(move || one(it)))
            .collect();
        let joined = threads.into_iter().map(std::thread::ScopedJoinHandle::join);
        joined
            .map(|outcome| outcome.unwrap_or_else(|_| Err(ended_in_a_bug())))
            .collect()
    });
    let is_cause = |error: &BacktestError| !matches!(error, BacktestError::Stopped);
    let (mut done, mut errors) = (Vec::new(), Vec::new());
    for outcome in outcomes {
        match outcome {
            Ok(found) => done.push(found),
            Err(error) => errors.push(error),
        }
    }
    let cause = errors.iter().position(is_cause).unwrap_or(0);
    if errors.is_empty() {
        Ok(done)
    } else {
        Err(errors.swap_remove(cause))
    }
}

fn ended_in_a_bug() -> BacktestError {
    BacktestError::Expected("a shard's thread ended in a bug; see above".into())
}
