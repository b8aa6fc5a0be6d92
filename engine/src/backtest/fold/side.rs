//! One shard under one rule, month by month.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{Failures, History, NO_SCORE, Told, View};
use crate::backtest::notice::{self, AlertChange, AlertNotice, Notice, TierChange};
use crate::backtest::pair::Ladder;
use crate::backtest::{BacktestError, Side};
use crate::limits::{BACKTEST_MONTHS_MAX, BACKTEST_UNITS_MAX, STEP_RECORDS_MAX};
use crate::log::{Log, LogError};
use crate::model::{Key, Output, ShardId, Time};
use crate::rules::Epoch;
use crate::shard::{PrimaryReading, Report};
use crate::worker::{NoObserver, Runner, StepLimits, Stepped, Stop};

/// Waits for records of a log that has them and has not given them yet.
const WAIT: Duration = Duration::from_millis(20);
/// Waits for what other shards count.
const WAIT_FOR_OTHERS: Duration = Duration::from_millis(1);
/// Reasons of a mover that are kept.
const REASONS: usize = 3;
/// What stands in place of a measure's title for what exceptions add.
const EXCEPTIONS: &str = "Exceptions";

/// What a score is made of, and why.
pub(super) struct Explained {
    pub(super) tier: String,
    pub(super) why: Vec<String>,
    /// Ten-thousandths of a point by title; they sum to the score.
    pub(super) measures: Vec<(String, i64)>,
}

/// One side of a unit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Look {
    pub(super) account: u32,
    pub(super) reference: u16,
    pub(super) view: Option<View>,
}

/// What one side of one shard found.
#[derive(Default)]
pub(super) struct Found {
    pub(super) accounts: Vec<String>,
    pub(super) references: Vec<Time>,
    pub(super) looks: Vec<Look>,
    pub(super) standing: Vec<Look>,
    pub(super) out: usize,
    pub(super) alerts: Vec<AlertNotice>,
    pub(super) alerts_out: u64,
    pub(super) changes: Vec<TierChange>,
    pub(super) failures: Failures,
    pub(super) first: Option<Time>,
    pub(super) hidden: Vec<String>,
}

/// One shard under one rule, on its way.
pub(super) struct SideFold<'a> {
    history: &'a History<'a>,
    told: &'a Told<'a>,
    stop: &'a Stop,
    log: Box<dyn Log + Send>,
    pub(super) runner: Runner,
    pub(super) side: Side,
    numbers: BTreeMap<String, u32>,
    pub(super) found: Found,
    reference_next: Time,
}

impl<'a> SideFold<'a> {
    pub(super) fn open(
        history: &'a History<'a>,
        (id, side, mut log): (ShardId, Side, Box<dyn Log + Send>),
        (told, stop): (&'a Told<'a>, &'a Stop),
    ) -> Result<Self, BacktestError> {
        let mut runner = Runner::recover(&mut *log, id, history.spec, &NoObserver)?;
        runner.never_live();
        let epochs = side.of(&history.pair.epochs);
        let fits = runner.shard_mut().look_back(history.tenant, epochs);
        fits.map_err(BacktestError::Expected)?;
        let hidden = runner
            .shard_mut()
            .hidden_features(history.tenant, history.until);
        Ok(Self {
            history,
            told,
            stop,
            log,
            runner,
            side,
            numbers: BTreeMap::new(),
            found: Found {
                hidden,
                ..Found::default()
            },
            reference_next: Time::MAX,
        })
    }

    /// The way from the first record to T.
    pub(super) fn through(&mut self) -> Result<(), BacktestError> {
        let until = self.history.until;
        // Nothing lies before the beginning: this only reads ahead.
        self.steps(Time(i64::MIN + 1), false)?;
        self.found.first = self.ahead().filter(|first| *first <= until);
        if let Some(first) = self.found.first {
            self.reference_next = self.history.calendar.reference_after(first);
        }
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
    fn looks(&mut self, number: u16, (at, reference): (Time, Time), into: &mut Vec<Look>) -> usize {
        let Self {
            history,
            runner,
            numbers,
            found,
            side,
            ..
        } = self;
        let mut out = 0;
        let ladder = side.of(&history.pair.ladders);
        runner
            .shard_mut()
            .readings(history.tenant, at, &mut |key, reading| {
                let account = key.account();
                let decided = history.decided.get(&account);
                let is_out = decided.is_some_and(|decided| *decided <= reference);
                let next = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
                let account = *numbers.entry(account).or_insert_with_key(|account| {
                    found.accounts.push(account.clone());
                    next
                });
                if is_out {
                    out += 1;
                    return;
                }
                let view = reading.map(|reading| view(reading, ladder));
                into.push(Look {
                    account,
                    reference: number,
                    view,
                });
            });
        out
    }

    /// An account under the primary rule, if it is one of this shard.
    pub(super) fn explain(&mut self, account: &str, at: Time) -> Option<Explained> {
        let key = Key::new(self.history.tenant, account).ok()?;
        let mut found = None;
        self.runner.shard_mut().standing(&key, at, &mut |standing| {
            let primary = standing.rules.iter().find(|rule| rule.data.rule.primary);
            found = primary.map(|rule| {
                let data = &rule.data;
                let measures = data.measures.iter().map(|it| (it.title, it.contribution));
                let parts = measures.chain([(EXCEPTIONS, data.adjust)]);
                Explained {
                    tier: data.tier.to_owned(),
                    why: data
                        .why
                        .iter()
                        .take(REASONS)
                        .map(|why| why.text.to_string())
                        .collect(),
                    measures: parts
                        .map(|(title, points)| (title.to_owned(), points))
                        .collect(),
                }
            });
        });
        found
    }

    /// Folds all records with log times up to `until`, and with `timers` all timers too.
    fn steps(&mut self, until: Time, timers: bool) -> Result<(), BacktestError> {
        let limits = StepLimits {
            records_max: STEP_RECORDS_MAX,
            until,
            timers,
        };
        while !self.stop.is_stopped() {
            let clock = self.history.clock;
            let stepped = match self.runner.step(&mut *self.log, clock, limits) {
                Err(LogError::Retry(_)) => {
                    self.stop.wait(WAIT);
                    continue;
                }
                stepped => stepped?,
            };
            match stepped {
                Stepped::Folded(prepared) => {
                    self.log.commit(std::slice::from_ref(&prepared.commit))?;
                    self.take_reports(&prepared.reports)?;
                    self.take_outputs(&prepared.commit.outputs);
                    (self.told)(prepared.records, self.runner.shard().now());
                }
                Stepped::Idle {
                    at_end,
                    advanced_to,
                } => {
                    if at_end && (!timers || advanced_to >= until) {
                        return Ok(());
                    }
                    self.stop.wait(WAIT);
                }
                Stepped::Waiting { .. } => {
                    self.stop.wait(WAIT_FOR_OTHERS);
                }
            }
        }
        Err(BacktestError::Stopped)
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
            failures
                .first
                .get_or_insert_with(|| format!("{} (account {})", report.detail, report.account));
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
                    if decided
                        .get(&alert.account)
                        .is_some_and(|decided| *decided <= alert.at)
                    {
                        self.found.alerts_out += 1;
                        continue;
                    }
                    let owner = self
                        .runner
                        .shard()
                        .owner(self.history.tenant, &alert.account);
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
    let ended = || {
        epochs
            .iter()
            .any(|epoch| is_primary(epochs, &alert.rule, epoch.from))
    };
    is_primary(epochs, &alert.rule, alert.at) || alert.change == AlertChange::Resolved && ended()
}

fn view(reading: &PrimaryReading<'_>, ladder: &Ladder) -> View {
    let score = |score: Option<i64>| {
        score
            .and_then(|score| i32::try_from(score).ok())
            .unwrap_or(NO_SCORE)
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
