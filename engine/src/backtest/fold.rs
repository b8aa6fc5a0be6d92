//! History through the real shards, month by month.
//!
//! A shard folds all records that arrived before the first of a month, runs its timers up to the
//! moment before, and is looked at: that is all that anybody could have known then. What is left
//! when the inputs end is folded up to one moment for all shards, T, and looked at once more.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use puls_wire::Status;

use super::calendar::Calendar;
use super::notice::{self, AlertChange, AlertNotice, Notice, TierChange};
use super::pair::{Ladder, Pair};
use super::{BacktestError, Side};
use crate::clock::{Clock, Stopwatch};
use crate::limits::{BACKTEST_MONTHS_MAX, BACKTEST_MOVERS, BACKTEST_UNITS_MAX, SETTLE_MS};
use crate::limits::STEP_RECORDS_MAX;
use crate::log::{Log, LogError};
use crate::model::{Key, Output, ShardId, Time};
use crate::rules::Epoch;
use crate::shard::{Counts, PrimaryReading, Report, ShardSpec};
use crate::worker::{NoObserver, Runner, StepLimits, Stepped, Stop};

/// Waits for records of a log that has them and has not given them yet.
const WAIT: Duration = Duration::from_millis(20);
/// No score.
const NO_SCORE: i32 = -1;
/// Reasons of a mover that are kept.
const REASONS: usize = 3;

/// Opens the tape of a shard.
pub type OpenTape = dyn Fn(ShardId) -> Result<Box<dyn Log + Send>, LogError> + Sync;
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
    /// T; `None` for the largest log time that any shard meets.
    pub until: Option<Time>,
    /// When each account decided to leave: from then on it is out.
    pub decided: &'a BTreeMap<String, Time>,
    /// The inputs.
    pub open: &'a OpenTape,
    /// Tells the time of day.
    pub clock: &'a dyn Clock,
    /// Threads that fold shards.
    pub threads: usize,
}

impl std::fmt::Debug for History<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("History").field("tenant", &self.tenant).finish_non_exhaustive()
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

/// One side of a unit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Look {
    account: u32,
    reference: u16,
    view: Option<View>,
}

/// What one side of one shard found.
#[derive(Default)]
struct Found {
    accounts: Vec<String>,
    references: Vec<Time>,
    looks: Vec<Look>,
    standing: Vec<Look>,
    out: usize,
    alerts: Vec<AlertNotice>,
    alerts_out: u64,
    changes: Vec<TierChange>,
    failures: Failures,
    first: Option<Time>,
    hidden: Vec<String>,
}

/// Folds history.
///
/// # Errors
/// Where an input cannot be read, rules and settings do not fit, or a rule fails for good.
pub fn fold(history: &History<'_>, told: &Told<'_>) -> Result<Folded, BacktestError> {
    let since = Stopwatch::start();
    let shards = (0..history.spec.shards).map(ShardId);
    let work = shards.flat_map(|shard| Side::BOTH.map(|side| (shard, side))).collect();
    let begun = in_parallel(history.threads, work, |work| {
        let mut fold = ShardFold::open(history, work, told)?;
        fold.through_records()?;
        Ok(fold)
    })?;
    if begun.iter().all(|fold| fold.found.first.is_none()) {
        return Err(BacktestError::Expected(
            "expected records in the inputs, found none; name others with `--from`".into(),
        ));
    }
    let met = begun.iter().map(|fold| fold.runner.log_time_max()).max();
    let settled = history.clock.now().minus_ms(SETTLE_MS);
    let until = history.until.unwrap_or(met.unwrap_or(Time::MIN)).min(settled);
    let mut ended = in_parallel(history.threads, begun, |mut fold| {
        fold.to_the_end(until)?;
        Ok(fold)
    })?;
    let mut folded = Folded {
        until,
        ..Folded::default()
    };
    for pair in ended.chunks_mut(2) {
        if let [active, candidate] = pair {
            join(&mut folded, active, candidate)?;
        }
    }
    in_order(&mut folded);
    folded.movers = movers(&folded, &mut ended);
    folded.took = since.elapsed();
    Ok(folded)
}

/// Does work on several threads; what comes out has the order of what goes in.
fn in_parallel<A: Send, B: Send>(
    threads: usize,
    work: Vec<A>,
    each: impl Fn(A) -> Result<B, BacktestError> + Sync,
) -> Result<Vec<B>, BacktestError> {
    let next = AtomicUsize::new(0);
    let places: Vec<Mutex<Option<A>>> = work.into_iter().map(|it| Mutex::new(Some(it))).collect();
    let done: Vec<Mutex<Option<Result<B, BacktestError>>>> =
        places.iter().map(|_| Mutex::new(None)).collect();
    let one = || loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        let (Some(place), Some(done)) = (places.get(number), done.get(number)) else {
            return;
        };
        let Some(work) = place.lock().take() else { return };
        let outcome = each(work);
        if outcome.is_err() {
            next.store(usize::MAX / 2, Ordering::Relaxed);
        }
        *done.lock() = Some(outcome);
    };
    std::thread::scope(|scope| {
        for _ in 1..threads.max(1) {
            scope.spawn(one);
        }
        one();
    });
    // What was not begun stands behind the error that stopped it.
    let mut outcomes: Vec<_> = done.into_iter().filter_map(Mutex::into_inner).collect();
    match outcomes.iter().position(Result::is_err) {
        Some(error) => Err(outcomes.swap_remove(error).err().unwrap_or_else(ended_early)),
        None => outcomes.into_iter().collect(),
    }
}

fn ended_early() -> BacktestError {
    BacktestError::Expected("a shard's thread ended in a bug; see above".into())
}

/// One shard on its way.
struct ShardFold<'a> {
    history: &'a History<'a>,
    told: &'a Told<'a>,
    log: Box<dyn Log + Send>,
    runner: Runner,
    side: Side,
    numbers: BTreeMap<String, u32>,
    found: Found,
    reference_next: Time,
}

impl<'a> ShardFold<'a> {
    fn open(
        history: &'a History<'a>,
        (id, side): (ShardId, Side),
        told: &'a Told<'a>,
    ) -> Result<Self, BacktestError> {
        let mut log = (history.open)(id)?;
        let mut runner = Runner::recover(&mut *log, id, history.spec, &NoObserver)?;
        let epochs = side.of(&history.pair.epochs);
        let fits = runner.shard_mut().look_back(history.tenant, epochs);
        fits.map_err(BacktestError::Expected)?;
        let last = epochs.last().map_or(Time::MIN, |epoch| epoch.from);
        let hidden = runner.shard_mut().hidden_features(history.tenant, last);
        Ok(Self {
            history,
            told,
            log,
            runner,
            side,
            numbers: BTreeMap::new(),
            found: Found { hidden, ..Found::default() },
            reference_next: Time::MAX,
        })
    }

    /// All records up to `until`, with a stop before each first of a month that one lies behind.
    fn through_records(&mut self) -> Result<(), BacktestError> {
        let until = self.history.until.unwrap_or(Time::MAX);
        // Nothing lies before the beginning: this only reads ahead.
        self.steps(Time(i64::MIN + 1), false)?;
        self.found.first = self.ahead();
        if let Some(first) = self.found.first {
            self.reference_next = self.history.calendar.reference_after(first);
        }
        while self.reference_next.minus_ms(1) <= until {
            self.steps(self.reference_next.minus_ms(1), false)?;
            if self.ahead().is_none() {
                break;
            }
            self.look()?;
        }
        if self.history.until.is_none() {
            self.steps(Time::MAX, false)?;
        }
        Ok(())
    }

    /// The rest: months up to T, then T.
    fn to_the_end(&mut self, until: Time) -> Result<(), BacktestError> {
        while self.reference_next.minus_ms(1) <= until {
            self.look()?;
        }
        self.steps(until, true)?;
        let mut standing = Vec::new();
        self.found.out = self.looks(u16::MAX, (until, until), &mut standing);
        self.found.standing = standing;
        Ok(())
    }

    fn ahead(&self) -> Option<Time> {
        self.runner.ahead(self.history.clock.now())
    }

    /// Runs to the moment before the next reference date, and looks.
    fn look(&mut self) -> Result<(), BacktestError> {
        let reference = self.reference_next;
        self.steps(reference.minus_ms(1), true)?;
        if self.found.references.len() >= BACKTEST_MONTHS_MAX {
            return Err(BacktestError::Expected(format!(
                "expected at most {BACKTEST_MONTHS_MAX} months of history, found more, from {}; \
                 is there a record with a wrong date?",
                self.found.first.unwrap_or(Time::MIN)
            )));
        }
        let number = u16::try_from(self.found.references.len()).unwrap_or(u16::MAX);
        self.found.references.push(reference);
        let mut looks = std::mem::take(&mut self.found.looks);
        self.looks(number, (reference.minus_ms(1), reference), &mut looks);
        self.found.looks = looks;
        if self.found.looks.len() > BACKTEST_UNITS_MAX {
            return Err(BacktestError::Expected(format!(
                "expected at most {BACKTEST_UNITS_MAX} pairs of account and month in a shard, \
                 found more; use --until, more shards, or fewer months of input"
            )));
        }
        self.reference_next = self.history.calendar.reference_after(reference);
        Ok(())
    }

    /// Every account at `at` that has not decided by `reference`; the number of the others.
    fn looks(
        &mut self,
        number: u16,
        (at, reference): (Time, Time),
        into: &mut Vec<Look>,
    ) -> usize {
        let Self { history, runner, numbers, found, side, .. } = self;
        let mut out = 0;
        let ladder = side.of(&history.pair.ladders);
        runner.shard_mut().readings(history.tenant, at, &mut |key, reading| {
            let account = key.account();
            if history.decided.get(&account).is_some_and(|decided| *decided <= reference) {
                out += 1;
                return;
            }
            let next = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
            let account = *numbers.entry(account).or_insert_with_key(|account| {
                found.accounts.push(account.clone());
                next
            });
            let view = reading.map(|reading| view(reading, ladder));
            into.push(Look { account, reference: number, view });
        });
        out
    }

    /// Score, tier and first reasons of an account under the primary rule, and whether it is here.
    fn explain(&mut self, account: &str, at: Time) -> Option<(String, Vec<String>)> {
        let key = Key::new(self.history.tenant, account).ok()?;
        let mut found = None;
        self.runner.shard_mut().standing(&key, at, &mut |standing| {
            let primary = standing.rules.iter().find(|rule| rule.data.rule.primary);
            found = primary.map(|rule| {
                let why = rule.data.why.iter().take(REASONS);
                (rule.data.tier.to_owned(), why.map(|why| why.text.to_string()).collect())
            });
        });
        found
    }

    /// Folds all records with log times up to `until`, and with `timers` all timers too.
    fn steps(&mut self, until: Time, timers: bool) -> Result<(), BacktestError> {
        let limits = StepLimits { records_max: STEP_RECORDS_MAX, until, timers };
        loop {
            let clock = self.history.clock;
            let stepped = match self.runner.step(&mut *self.log, clock, limits) {
                Err(LogError::Retry(_)) => {
                    Stop::default().wait(WAIT);
                    continue;
                }
                stepped => stepped?,
            };
            match stepped {
                Stepped::Folded(prepared) => {
                    self.take_reports(&prepared.reports)?;
                    self.take_outputs(&prepared.commit.outputs);
                    (self.told)(prepared.records, self.runner.shard().now());
                }
                Stepped::Idle { at_end, advanced_to } => {
                    if at_end && (!timers || advanced_to >= until) {
                        return Ok(());
                    }
                    Stop::default().wait(WAIT);
                }
            }
        }
    }

    fn take_reports(&mut self, reports: &[Report]) -> Result<(), BacktestError> {
        for report in reports {
            if report.set_aside {
                return Err(BacktestError::Expected(format!(
                    "rule {} fails and would be set aside (with the {} rule as primary): {}; last \
                     seen on account {}",
                    report.rule,
                    self.side.as_str(),
                    report.detail,
                    report.account
                )));
            }
            if !is_primary(self.epochs(), &report.rule, self.runner.shard().now()) {
                continue;
            }
            let failures = &mut self.found.failures;
            failures.count += 1;
            failures.first.get_or_insert_with(|| {
                format!("{} (account {})", report.detail, report.account)
            });
        }
        Ok(())
    }

    fn take_outputs(&mut self, outputs: &[Output]) {
        let decided = self.history.decided;
        let is_watched = |key: &str| {
            !decided.is_empty()
                && Key::parse(key).is_ok_and(|key| decided.contains_key(&key.account()))
        };
        for output in outputs {
            match notice::read(self.side, output, &is_watched) {
                None => {}
                Some(Notice::Tier(change)) => self.found.changes.push(change),
                Some(Notice::Alert(alert)) if !is_of_primary(self.epochs(), &alert) => {}
                Some(Notice::Alert(mut alert)) => {
                    if decided.get(&alert.account).is_some_and(|decided| *decided <= alert.at) {
                        self.found.alerts_out += 1;
                        continue;
                    }
                    let owner = self.runner.shard().owner(self.history.tenant, &alert.account);
                    alert.owner = owner.map(str::to_owned);
                    self.found.alerts.push(alert);
                }
            }
        }
    }

    const fn epochs(&self) -> &'a [Epoch] {
        self.side.of(&self.history.pair.epochs).as_slice()
    }
}

/// Whether a rule is the primary one at a moment.
fn is_primary(epochs: &[Epoch], rule: &str, at: Time) -> bool {
    let epoch = epochs.iter().find(|epoch| at < epoch.until);
    let mut rules = epoch.into_iter().flat_map(|epoch| &epoch.rules);
    rules.any(|it| it.primary && *it.name == *rule)
}

/// Whether an alert is the primary rule's, or ends one that was.
fn is_of_primary(epochs: &[Epoch], alert: &AlertNotice) -> bool {
    let ended = || epochs.iter().any(|epoch| is_primary(epochs, &alert.rule, epoch.from));
    is_primary(epochs, &alert.rule, alert.at) || alert.change == AlertChange::Resolved && ended()
}

fn view(reading: &PrimaryReading<'_>, ladder: &Ladder) -> View {
    let score = |score: Option<i64>| {
        score.and_then(|score| i32::try_from(score).ok()).unwrap_or(NO_SCORE)
    };
    let (blind, tier_blind) = reading.blind;
    View {
        score: score(reading.glance.computed),
        blind: score(blind),
        coverage: reading.coverage,
        tier: ladder.place(reading.glance.tier),
        tier_of_score: ladder.place(reading.glance.tier_of_score),
        tier_blind: ladder.place(tier_blind),
        status: reading.status,
        is_overridden: reading.glance.is_overridden,
    }
}

/// Adds what both sides of a shard found. Both have the same accounts and dates, in one order,
/// because neither depends on a rule.
fn join(
    all: &mut Folded,
    active: &mut ShardFold<'_>,
    candidate: &mut ShardFold<'_>,
) -> Result<(), BacktestError> {
    let counts = active.runner.shard().counts().clone();
    let active = std::mem::take(&mut active.found);
    let candidate = std::mem::take(&mut candidate.found);
    if active.accounts != candidate.accounts || active.references != candidate.references {
        return Err(BacktestError::Expected(
            "expected the inputs to stay as they are while they are read twice, found other \
             accounts the second time"
                .into(),
        ));
    }
    // Shards begin in different months; the dates of all are those of each, from its first on.
    for date in &active.references {
        if let Err(place) = all.references.binary_search(date) {
            all.references.insert(place, *date);
            let place = u16::try_from(place).unwrap_or(u16::MAX);
            all.units.iter_mut().for_each(|unit| {
                unit.reference += u16::from(unit.reference >= place);
            });
        }
    }
    let numbers: Vec<u16> = active
        .references
        .iter()
        .map(|date| all.references.binary_search(date).unwrap_or(usize::MAX))
        .map(|place| u16::try_from(place).unwrap_or(u16::MAX))
        .collect();
    let first = u32::try_from(all.accounts.len()).unwrap_or(u32::MAX);
    let paired = |(active, candidate): (&Look, &Look)| Unit {
        account: active.account.saturating_add(first),
        reference: numbers.get(usize::from(active.reference)).copied().unwrap_or(u16::MAX),
        views: [active.view, candidate.view],
    };
    all.units.extend(active.looks.iter().zip(&candidate.looks).map(paired));
    all.standing.extend(active.standing.iter().zip(&candidate.standing).map(paired));
    all.out += active.out;
    all.alerts_out += active.alerts_out + candidate.alerts_out;
    all.first = all.first.into_iter().chain(active.first).min();
    all.accounts.extend(active.accounts);
    if all.counts.0.is_empty() {
        all.counts = counts;
    } else {
        all.counts.add(&counts);
    }
    let sides = [(active.failures, active.hidden), (candidate.failures, candidate.hidden)];
    for (side, (failures, hidden)) in Side::BOTH.into_iter().zip(sides) {
        let sum = side.of_mut(&mut all.failures);
        sum.count += failures.count;
        sum.first = sum.first.take().or(failures.first);
        *side.of_mut(&mut all.hidden) = hidden;
    }
    all.alerts.extend(active.alerts.into_iter().chain(candidate.alerts));
    all.changes.extend(active.changes.into_iter().chain(candidate.changes));
    Ok(())
}

fn in_order(all: &mut Folded) {
    all.alerts.sort_by(|a, b| (a.at, &a.account, a.side).cmp(&(b.at, &b.account, b.side)));
    all.changes.sort_by(|a, b| (a.at, &a.account, a.side).cmp(&(b.at, &b.account, b.side)));
}

/// The accounts whose scores at T lie furthest apart, down and up, each with its reasons.
fn movers(all: &Folded, folds: &mut [ShardFold<'_>]) -> Vec<Mover> {
    let name = |unit: &Unit| all.accounts.get(usize::try_from(unit.account).ok()?).cloned();
    let scores = |unit: &Unit| {
        let [active, candidate] = unit.views;
        Some([active?.score()?, candidate?.score()?])
    };
    let moved = all.standing.iter().filter_map(|unit| Some((name(unit)?, scores(unit)?)));
    let mut moved: Vec<Mover> = moved
        .filter(|(_, [active, candidate])| active != candidate)
        .map(|(account, scores)| Mover {
            account,
            scores,
            tiers: [String::new(), String::new()],
            why: [Vec::new(), Vec::new()],
        })
        .collect();
    moved.sort_by(|a, b| (b.delta().abs(), &a.account).cmp(&(a.delta().abs(), &b.account)));
    let (fallen, risen): (Vec<_>, Vec<_>) = moved.into_iter().partition(|it| it.delta() < 0);
    let mut movers: Vec<Mover> =
        fallen.into_iter().take(BACKTEST_MOVERS).chain(risen.into_iter().take(BACKTEST_MOVERS)).collect();
    movers.sort_by(|a, b| (b.delta().abs(), &a.account).cmp(&(a.delta().abs(), &b.account)));
    for mover in &mut movers {
        for fold in &mut *folds {
            let side = fold.side;
            if let Some((tier, why)) = fold.explain(&mover.account, all.until) {
                *side.of_mut(&mut mover.tiers) = tier;
                *side.of_mut(&mut mover.why) = why;
            }
        }
    }
    movers
}
