//! What outcomes say of both rules.
//!
//! A unit is an account at a reference date. It counts where the account is in the rule's
//! population, has not decided to leave, and its outcome window has passed: it was lost where the
//! decision lies within the window behind the reference date. Scores are the rule's own (a person's
//! override says nothing of the rule); tiers are those that stood.

use std::collections::{BTreeMap, BTreeSet};

pub use super::period::Period;
use super::{Known, Question, TooFew};
use crate::backtest::Side;
use crate::backtest::fold::{Folded, Unit, View};
use crate::backtest::notice::TierChange;
use crate::backtest::outcomes::Outcomes;
use crate::backtest::pair::Ladder;
use crate::backtest::statistics::auc::{self, Area, Mark};
use crate::backtest::statistics::lead::{Quartiles, quartiles};
use crate::backtest::statistics::share::{Share, share};
use crate::limits::BACKTEST_ACCOUNTS_MIN;
use crate::model::Time;

/// All of it.
#[derive(Clone, Debug)]
pub struct Judgement {
    /// Milliseconds of the outcome window.
    pub window_ms: i64,
    /// Accounts of the outcomes that history knows and that decided by T.
    pub lost_accounts: usize,
    /// Monthly revenue that they took away, where it is said.
    pub mrr_lost: f64,
    /// Accounts of the outcomes that history does not know, and the first of them.
    pub strangers: (usize, Vec<String>),
    /// Accounts of the outcomes that had decided before the first reference date on which history
    /// knows them: no number is about them.
    pub early: usize,
    /// Rows of later decisions of the same accounts.
    pub later: usize,
    /// Rows of kinds that were not asked for.
    pub other_kinds: usize,
    /// Units whose window has not passed by T.
    pub unobserved: usize,
    /// The last decision of the outcomes and the last reference date that is judged, where more
    /// than a whole window lies between them: who left after it counts as having stayed.
    pub ends_early: Option<(Time, Time)>,
    /// Per period; one where there is no `tuned_until`.
    pub periods: Vec<PeriodResult>,
    /// Until when the candidate's author had seen outcomes.
    pub tuned_until: Option<Time>,
}

/// One period.
#[derive(Clone, Debug)]
pub struct PeriodResult {
    /// Which.
    pub period: Period,
    /// Per side.
    pub sides: [SideResult; 2],
    /// Area of the candidate less that of the active rule, on units that both score.
    pub difference: Known<Area>,
}

/// One rule in one period.
#[derive(Clone, Debug)]
pub struct SideResult {
    /// With all features.
    pub seeing: Measured,
    /// With license, stage and assessment features missing, on the same units.
    pub blind: Measured,
    /// Per tier that stood at the reference date, from the healthiest down.
    pub tiers: Vec<(String, Option<Share>)>,
    /// How long before the decision the account was flagged without a break.
    pub lead: Lead,
    /// Units under a person's override.
    pub overridden: usize,
}

/// How well a score tells who was lost.
#[derive(Clone, Debug)]
pub struct Measured {
    /// Units.
    pub units: usize,
    /// Accounts among them.
    pub accounts: usize,
    /// Units that were lost.
    pub lost_units: usize,
    /// Accounts among those.
    pub lost_accounts: usize,
    /// Units without a score that were lost, and that were not.
    pub unscored: (usize, usize),
    /// The chance that an account that stayed has a higher score than one that was lost, both on
    /// the same date.
    pub area: Known<Area>,
    /// Of units that were flagged, those that were lost.
    pub precision: Known<Share>,
    /// Of units that were lost, those that were flagged.
    pub recall: Known<Share>,
    /// The ROC curve; empty where there is no area.
    pub curve: Vec<(f64, f64)>,
}

/// How early a rule flagged the accounts that were lost.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Lead {
    /// Accounts that were lost.
    pub lost: usize,
    /// Flagged at their decision, and for how long without a break.
    pub flagged: Option<Quartiles>,
    /// Not flagged at their decision.
    pub unseen: usize,
}

impl PeriodResult {
    /// The tiers of the active rule, then those that only the candidate has.
    #[must_use]
    pub fn tiers(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for (name, _) in self.sides.iter().flat_map(|side| &side.tiers) {
            if !names.contains(&name.as_str()) {
                names.push(name);
            }
        }
        names
    }
}

impl SideResult {
    /// The share of a tier's units that were lost, or why it says nothing; `None` where the tier
    /// has no unit.
    #[must_use]
    pub fn share_of(&self, tier: &str) -> Option<Known<Share>> {
        let found = self.tiers.iter().find(|(name, _)| name == tier);
        let share = found.and_then(|(_, share)| *share)?;
        Some(enough(Some(share), "accounts"))
    }
}

/// A unit with its outcome.
struct Judged<'a> {
    unit: &'a Unit,
    reference: Time,
    is_lost: bool,
}

impl Judgement {
    /// Judges a folded history.
    #[must_use]
    pub fn new(question: &Question<'_>, folded: &Folded, outcomes: &Outcomes) -> Self {
        let (judged, unobserved) = judged(question, folded, outcomes);
        let units: BTreeSet<u32> = folded.units.iter().map(|unit| unit.account).collect();
        let known: BTreeMap<&str, bool> = (0..)
            .zip(&folded.accounts)
            .map(|(number, account)| (account.as_str(), units.contains(&number)))
            .collect();
        let is_unit = |account: &str| known.get(account).copied();
        let strangers = outcomes.first.keys();
        let strangers: Vec<&String> = strangers.filter(|it| is_unit(it).is_none()).collect();
        let decided = outcomes.first.values();
        let (lost, early): (Vec<_>, Vec<_>) = decided
            .filter(|it| is_unit(&it.account).is_some() && it.decided_at <= folded.until)
            .partition(|it| is_unit(&it.account) == Some(true));
        let periods: &[Period] = match question.tuned_until {
            None => &[Period::All],
            Some(_) => &[Period::All, Period::Before, Period::After],
        };
        let of_period = |period: &Period| {
            let holds = |at: Time| period.holds(at, question.tuned_until);
            let units: Vec<_> = judged.iter().filter(|it| holds(it.reference)).collect();
            let decisions: BTreeMap<&str, Time> = lost
                .iter()
                .filter(|it| holds(it.decided_at))
                .map(|it| (it.account.as_str(), it.decided_at))
                .collect();
            PeriodResult {
                period: *period,
                sides: Side::BOTH.map(|side| {
                    let ladder = side.of(&question.pair.ladders);
                    let lead = lead(&folded.changes, &decisions, (side, ladder));
                    side_result(&units, (side, ladder), lead)
                }),
                difference: difference(&units),
            }
        };
        Self {
            window_ms: question.window_ms,
            lost_accounts: lost.len(),
            mrr_lost: lost.iter().filter_map(|it| it.mrr_lost).sum(),
            strangers: (
                strangers.len(),
                strangers.into_iter().take(5).cloned().collect(),
            ),
            early: early.len(),
            later: outcomes.later,
            other_kinds: outcomes.other_kinds,
            unobserved,
            ends_early: ends_early(question, &judged, outcomes),
            periods: periods.iter().map(of_period).collect(),
            tuned_until: question.tuned_until,
        }
    }
}

/// Units with an outcome, and the number of those whose window has not passed.
fn judged<'a>(
    question: &Question<'_>,
    folded: &'a Folded,
    outcomes: &Outcomes,
) -> (Vec<Judged<'a>>, usize) {
    let decided: Vec<Option<Time>> = folded
        .accounts
        .iter()
        .map(|account| {
            outcomes
                .first
                .get(account)
                .map(|outcome| outcome.decided_at)
        })
        .collect();
    let mut unobserved = 0;
    let mut judged = Vec::new();
    for unit in &folded.units {
        let Some(&reference) = folded.references.get(usize::from(unit.reference)) else {
            continue;
        };
        let ends = reference.plus_ms(question.window_ms);
        if ends > folded.until {
            unobserved += 1;
            continue;
        }
        let account = usize::try_from(unit.account).unwrap_or(usize::MAX);
        let decided = decided.get(account).copied().flatten();
        let is_lost = decided.is_some_and(|decided| decided > reference && decided < ends);
        judged.push(Judged {
            unit,
            reference,
            is_lost,
        });
    }
    (judged, unobserved)
}

/// The last decision and the last date that is judged, where more than a window lies between them.
fn ends_early(
    question: &Question<'_>,
    judged: &[Judged<'_>],
    outcomes: &Outcomes,
) -> Option<(Time, Time)> {
    let judged_last = judged.iter().map(|it| it.reference).max()?;
    let decided_last = outcomes.decided_last?;
    let is_early = decided_last.plus_ms(question.window_ms) < judged_last;
    is_early.then_some((decided_last, judged_last))
}

/// What a tier and a score are read from.
#[derive(Clone, Copy)]
enum Sight {
    Seeing,
    Blind,
}

impl Sight {
    fn score(self, view: &View) -> Option<i64> {
        match self {
            Self::Seeing => view.score(),
            Self::Blind => view.blind(),
        }
    }

    const fn tier(self, view: &View) -> u8 {
        match self {
            Self::Seeing => view.tier,
            Self::Blind => view.tier_blind,
        }
    }
}

/// A unit as one side sees it.
#[derive(Clone, Copy)]
struct Seen {
    account: u32,
    date: u16,
    is_lost: bool,
    view: View,
}

fn seen(units: &[&Judged<'_>], side: Side) -> Vec<Seen> {
    let of_side = units.iter().filter_map(|it| {
        let view = (*side.of(&it.unit.views)).filter(View::is_inside)?;
        let Unit {
            account,
            reference: date,
            ..
        } = *it.unit;
        Some(Seen {
            account,
            date,
            is_lost: it.is_lost,
            view,
        })
    });
    of_side.collect()
}

fn side_result(units: &[&Judged<'_>], (side, ladder): (Side, &Ladder), lead: Lead) -> SideResult {
    let seen = seen(units, side);
    let of_tier = |(place, name): (usize, &String)| {
        let at = seen.iter().filter(|it| usize::from(it.view.tier) == place);
        (name.clone(), share(at.map(|it| (it.account, it.is_lost))))
    };
    SideResult {
        seeing: measured(&seen, ladder, Sight::Seeing),
        blind: measured(&seen, ladder, Sight::Blind),
        tiers: ladder.names.iter().enumerate().map(of_tier).collect(),
        lead,
        overridden: seen.iter().filter(|it| it.view.is_overridden).count(),
    }
}

fn measured(seen: &[Seen], ladder: &Ladder, sight: Sight) -> Measured {
    let distinct = |rows: &mut dyn Iterator<Item = &Seen>| {
        rows.map(|it| it.account).collect::<BTreeSet<_>>().len()
    };
    let mut marks = Vec::new();
    let mut unscored = (0, 0);
    for it in seen {
        match (sight.score(&it.view), it.is_lost) {
            (Some(score), is_lost) => {
                marks.push(Mark {
                    cluster: it.account,
                    date: it.date,
                    is_lost,
                    score,
                });
            }
            (None, true) => unscored.0 += 1,
            (None, false) => unscored.1 += 1,
        }
    }
    let has_score = seen.iter().any(|it| it.view.score().is_some());
    let is_in_the_dark = matches!(sight, Sight::Blind) && marks.is_empty() && has_score;
    let area = lit(area(&marks), is_in_the_dark);
    let flagged = |it: &Seen| ladder.is_flagged(sight.tier(&it.view));
    let lost: Vec<_> = seen.iter().filter(|it| it.is_lost).collect();
    let lost_accounts = distinct(&mut lost.iter().copied());
    let precision = share(
        seen.iter()
            .filter(|it| flagged(it))
            .map(|it| (it.account, it.is_lost)),
    );
    let recall = share(lost.iter().map(|it| (it.account, flagged(it))));
    Measured {
        units: seen.len(),
        accounts: distinct(&mut seen.iter()),
        lost_units: lost.len(),
        lost_accounts,
        unscored,
        curve: if area.is_ok() {
            auc::curve(&marks)
        } else {
            Vec::new()
        },
        area,
        precision: lit(enough(precision, "flagged accounts"), is_in_the_dark),
        recall: lit(enough(recall, "lost accounts"), is_in_the_dark),
    }
}

/// A number, unless the rule scores nobody without the features that are hidden.
fn lit<T>(known: Known<T>, is_in_the_dark: bool) -> Known<T> {
    if is_in_the_dark {
        Err(TooFew(
            "nobody has a score without these: the population or all the weight rests on them"
                .into(),
        ))
    } else {
        known
    }
}

/// A share that rests on enough accounts.
fn enough(share: Option<Share>, what: &str) -> Known<Share> {
    let clusters = share.map_or(0, |share| share.clusters);
    share
        .filter(|_| clusters >= BACKTEST_ACCOUNTS_MIN)
        .ok_or_else(|| too_few(clusters, what))
}

fn too_few(found: usize, what: &str) -> TooFew {
    TooFew(format!(
        "too few to tell: {found} {what}, {BACKTEST_ACCOUNTS_MIN} are needed"
    ))
}

fn no_pairs() -> TooFew {
    TooFew(
        "too few to tell: hardly a date has accounts that were lost and others that stayed".into(),
    )
}

/// Which group of marks is too small, if one is.
fn shortage(marks: &[Mark]) -> Option<TooFew> {
    let clusters = |is_lost: bool| {
        let of_group = marks.iter().filter(|mark| mark.is_lost == is_lost);
        of_group
            .map(|mark| mark.cluster)
            .collect::<BTreeSet<_>>()
            .len()
    };
    let groups = [
        (true, "lost accounts with a score"),
        (false, "accounts that stayed, with a score"),
    ];
    let mut found = groups
        .into_iter()
        .map(|(is_lost, what)| (clusters(is_lost), what));
    let short = found.find(|(clusters, _)| *clusters < BACKTEST_ACCOUNTS_MIN);
    short.map(|(clusters, what)| too_few(clusters, what))
}

fn area(marks: &[Mark]) -> Known<Area> {
    match shortage(marks) {
        Some(why) => Err(why),
        None => auc::area(marks).ok_or_else(no_pairs),
    }
}

fn difference(units: &[&Judged<'_>]) -> Known<Area> {
    let (mut first, mut second) = (Vec::new(), Vec::new());
    for it in units {
        let [active, candidate] = it.unit.views.map(|view| view.filter(View::is_inside));
        let scores = active
            .and_then(|view| view.score())
            .zip(candidate.and_then(|it| it.score()));
        let Some((active, candidate)) = scores else {
            continue;
        };
        let Unit {
            account: cluster,
            reference: date,
            ..
        } = *it.unit;
        let mark = |score| Mark {
            cluster,
            date,
            is_lost: it.is_lost,
            score,
        };
        first.push(mark(active));
        second.push(mark(candidate));
    }
    match shortage(&first) {
        Some(why) => Err(why),
        None => auc::difference(&first, &second).ok_or_else(no_pairs),
    }
}

/// Walks each lost account's tiers up to its decision.
fn lead(
    changes: &[TierChange],
    decisions: &BTreeMap<&str, Time>,
    (side, ladder): (Side, &Ladder),
) -> Lead {
    let mut since: BTreeMap<&str, Option<Time>> = BTreeMap::new();
    for change in changes.iter().filter(|change| change.side == side) {
        let account = change.account.as_str();
        if decisions
            .get(account)
            .is_none_or(|decided| change.at >= *decided)
        {
            continue;
        }
        let since = since.entry(account).or_default();
        let is_flagged = ladder.is_flagged(ladder.place(&change.tier));
        *since = is_flagged.then(|| since.unwrap_or(change.at));
    }
    let spans: Vec<i64> = since
        .iter()
        .filter_map(|(account, since)| Some(decisions.get(account)?.since_ms((*since)?)))
        .collect();
    Lead {
        lost: decisions.len(),
        unseen: decisions.len() - spans.len(),
        flagged: quartiles(spans),
    }
}
