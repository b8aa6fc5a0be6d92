//! What a what-if answers: the document that programs read and that the terminal is made from.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::compare::{Comparison, Contender, Explained};
use super::tally::{Moves, OfSegment, Scores, Tally};
use crate::decide::{PartData, ScoreData};
use crate::limits::{WHAT_IF_REASONS, WHAT_IF_SEGMENTS_MAX};
use crate::model::{POINT, points};

/// What it means, in a sentence that stands in every answer.
pub const MEANING: &str = "Both cards were asked about the same values, without memory: hysteresis \
     and dwell do not count here. So the tier that an account has today may differ from what this \
     says of today's card, and an account close to an edge may change its tier later than this \
     says, or not at all. It cannot say how many alerts that makes; a backtest can.";

/// A what-if, answered.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Answer {
    /// Whose accounts.
    pub tenant: String,
    /// The active rule that the draft was compared with.
    pub present: Card,
    /// The card under work.
    pub draft: Card,
    /// Whether hysteresis and dwell count: they do not.
    pub memory: bool,
    /// What the answer means and cannot say.
    pub meaning: String,
    /// As of when the values are, per account the moment at which they were last read.
    pub values: Option<Values>,
    /// Shards whose accounts are in it.
    pub shards: Shards,
    /// Accounts that both rules answered on.
    pub accounts: u64,
    /// Accounts that a rule failed on, and that are in no other number.
    pub failed: Sides<u64>,
    /// Accounts in another tier.
    pub tier_changes: TierChanges,
    /// Accounts with another score, of those that both rules score.
    pub score_changes: Share,
    /// Accounts by tier under both rules.
    pub migration: Migration,
    /// Accounts that are scored, that are not in the population, and that are not known enough.
    pub standing: Sides<Standing>,
    /// How scores lie.
    pub scores: Sides<Distribution>,
    /// The same by segment, the largest first; those beyond the fiftieth are summed in the last.
    pub segments: Vec<Segment>,
    /// Accounts whose score moves most, or that change tier, the greatest move first.
    pub movers: Vec<Moved>,
    /// Milliseconds that the evaluation took.
    pub took_ms: u64,
}

/// One of the two rules.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Card {
    /// Name.
    pub name: String,
    /// Version.
    pub version: String,
    /// Digest of its module.
    pub digest: String,
    /// Its parameters.
    pub parameters: BTreeMap<String, f64>,
}

/// The same of both rules.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Sides<T> {
    /// Of the active rule.
    pub present: T,
    /// Of the draft.
    pub draft: T,
}

/// A span of time, RFC 3339.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Values {
    /// The oldest.
    pub from: String,
    /// The newest.
    pub to: String,
}

/// Which accounts are in an answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Shards {
    /// Shards that were read.
    pub here: u64,
    /// Shards that there are.
    pub of: u64,
}

/// A number of accounts, and what part of all it is.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Share {
    /// How many.
    pub accounts: u64,
    /// Percent of all that could be.
    pub percent: f64,
}

/// Accounts in another tier.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct TierChanges {
    /// All.
    pub accounts: u64,
    /// Percent of all accounts.
    pub percent: f64,
    /// Into a better band.
    pub better: u64,
    /// Into a worse band.
    pub worse: u64,
    /// To or from `unknown` or `not_scored`.
    pub other: u64,
}

/// Accounts by tier under both rules.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Migration {
    /// Tiers of the active rule, a row each.
    pub present: Vec<String>,
    /// Tiers of the draft, a column each.
    pub draft: Vec<String>,
    /// Accounts, row by row.
    pub accounts: Vec<Vec<u64>>,
}

/// Who has a tier by score, and who has not.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Standing {
    /// In a band.
    pub in_band: u64,
    /// Too little is known.
    pub unknown: u64,
    /// Outside the rule's population.
    pub not_scored: u64,
}

/// How scores lie.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Distribution {
    /// Accounts that have a score.
    pub scored: u64,
    /// Their mean.
    pub mean: Option<f64>,
    /// Accounts from 0 to 10 points, from 10 to 20, …; an edge belongs to the higher one.
    pub tens: Vec<u64>,
}

/// One segment.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Segment {
    /// Its name; `None` for accounts without one.
    pub segment: Option<String>,
    /// How many segments are summed here, where it is more than one.
    pub summed: Option<u64>,
    /// Its accounts.
    pub accounts: u64,
    /// How they move.
    pub tier_changes: TierChanges,
    /// Mean scores.
    pub mean: Sides<Option<f64>>,
}

/// An account that moves.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Moved {
    /// As the customer writes it.
    pub account: String,
    /// Its segment.
    pub segment: Option<String>,
    /// As of when its values are.
    pub as_of: String,
    /// Score and tier.
    pub present: Place,
    /// Score and tier.
    pub draft: Place,
    /// Points, where both have a score.
    pub delta: Option<f64>,
    /// What moved it, the greatest first.
    pub because: Vec<Because>,
}

/// Where an account stands under one rule.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Place {
    /// Score, if it has one.
    pub score: Option<f64>,
    /// Tier by that score alone.
    pub tier: String,
    /// Percent of the weight whose features have data.
    pub coverage: f64,
}

/// What moved an account.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Because {
    /// A measure and part, or an exception.
    pub what: String,
    /// What the card says about it, in words.
    pub text: String,
    /// Points of the score that it adds more or less by the draft.
    pub delta: f64,
    /// Percent of the score that it weighs for this account; none of an exception.
    pub weight: Option<Sides<f64>>,
    /// Points of 100 that it has; none where it has no data, or is not in the card.
    pub points: Sides<Option<f64>>,
}

impl Answer {
    /// What a comparison came to. `shards` is how many were read of how many.
    #[must_use]
    pub fn new(what: &Comparison<'_>, tally: &Tally, (shards, took_ms): (Shards, u64)) -> Self {
        let mut movers = Vec::new();
        what.explain(&tally.movers, &mut |mover| movers.push(moved(mover)));
        let names = |rule: &Contender| {
            let names = rule.policy().tier_names().into_iter();
            names.map(String::from).collect::<Vec<_>>()
        };
        let [present, draft] = &tally.scores;
        Self {
            tenant: what.tenant.to_owned(),
            present: card(what.present),
            draft: card(what.draft),
            memory: false,
            meaning: MEANING.to_owned(),
            values: tally.moments.map(|(from, to)| Values {
                from: from.to_string(),
                to: to.to_string(),
            }),
            shards,
            accounts: tally.accounts,
            failed: Sides {
                present: tally.failures[0],
                draft: tally.failures[1],
            },
            tier_changes: changes(tally.moves(), tally.accounts),
            score_changes: Share {
                accounts: tally.scores_changed,
                percent: percent(tally.scores_changed, tally.scored_by_both),
            },
            standing: standing(&tally.migration),
            migration: Migration {
                present: names(what.present),
                draft: names(what.draft),
                accounts: tally.migration.clone(),
            },
            scores: Sides {
                present: distribution(present),
                draft: distribution(draft),
            },
            segments: segments(tally),
            movers,
            took_ms,
        }
    }
}

fn card(rule: &Contender) -> Card {
    let manifest = &rule.module.manifest;
    let names = manifest.parameters.iter().map(|it| it.name.clone());
    Card {
        name: rule.name.clone(),
        version: manifest.version.clone(),
        digest: rule.module.digest.to_string(),
        parameters: names.zip(rule.parameters.iter().copied()).collect(),
    }
}

fn changes(moves: Moves, of: u64) -> TierChanges {
    TierChanges {
        accounts: moves.all(),
        percent: percent(moves.all(), of),
        better: moves.better,
        worse: moves.worse,
        other: moves.other,
    }
}

/// `part` of `all` in percent; 0 of nothing.
#[expect(
    clippy::cast_precision_loss,
    reason = "numbers of accounts, for people"
)]
fn percent(part: u64, all: u64) -> f64 {
    if all == 0 {
        0.0
    } else {
        100.0 * part as f64 / all as f64
    }
}

#[expect(clippy::cast_precision_loss, reason = "a mean, for people")]
fn mean(count: u64, sum: i128) -> Option<f64> {
    (count > 0).then(|| sum as f64 / count as f64 / POINT)
}

/// Who is in a band: behind the bands come `unknown` and `not_scored`, in both rules.
fn standing(migration: &[Vec<u64>]) -> Sides<Standing> {
    let of = |sums: &[u64]| {
        let (rest, bands) = match sums {
            [bands @ .., unknown, not_scored] => ((*unknown, *not_scored), bands),
            _ => ((0, 0), sums),
        };
        Standing {
            in_band: bands.iter().sum(),
            unknown: rest.0,
            not_scored: rest.1,
        }
    };
    let rows: Vec<u64> = migration.iter().map(|row| row.iter().sum()).collect();
    let width = migration.first().map_or(0, Vec::len);
    let column = |place: usize| migration.iter().filter_map(|row| row.get(place)).sum();
    let columns: Vec<u64> = (0..width).map(column).collect();
    Sides {
        present: of(&rows),
        draft: of(&columns),
    }
}

fn distribution(scores: &Scores) -> Distribution {
    Distribution {
        scored: scores.scored,
        mean: mean(scores.scored, scores.sum),
        tens: scores.bins.to_vec(),
    }
}

fn segments(tally: &Tally) -> Vec<Segment> {
    let mut all: Vec<_> = tally.segments.iter().collect();
    all.sort_by_key(|(name, it)| (std::cmp::Reverse(it.accounts), (*name).clone()));
    let of = |name: Option<&str>, summed, it: &OfSegment| Segment {
        segment: name.map(String::from),
        summed,
        accounts: it.accounts,
        tier_changes: changes(it.moves, it.accounts),
        mean: Sides {
            present: mean(it.scores[0].0, it.scores[0].1),
            draft: mean(it.scores[1].0, it.scores[1].1),
        },
    };
    let kept = all.len().min(WHAT_IF_SEGMENTS_MAX);
    let (shown, rest) = all.split_at(kept);
    let mut segments: Vec<_> = shown
        .iter()
        .map(|(name, it)| of(name.as_deref(), None, it))
        .collect();
    if !rest.is_empty() {
        let sum = OfSegment::of_all(rest.iter().map(|(_, it)| *it));
        segments.push(of(None, Some(rest.len() as u64), &sum));
    }
    segments
}

fn moved(mover: &Explained<'_>) -> Moved {
    let Explained {
        segment,
        present,
        draft,
    } = mover;
    let delta = present.score.zip(draft.score).map(|(a, b)| points(b - a));
    Moved {
        account: draft.account.clone(),
        segment: segment.map(String::from),
        as_of: draft.as_of.to_string(),
        present: place(present),
        draft: place(draft),
        delta,
        because: because(present, draft),
    }
}

fn place(data: &ScoreData<'_>) -> Place {
    Place {
        score: data.score.map(points),
        tier: data.tier.to_owned(),
        coverage: f64::from(data.coverage) / 100.0,
    }
}

/// What differs between two explanations of the same values, in points: parts by their names, and
/// what exceptions add. They sum to the difference of the two scores where no override is in force.
fn because(present: &ScoreData<'_>, draft: &ScoreData<'_>) -> Vec<Because> {
    let (before, after) = (parts(present), parts(draft));
    let mut all: Vec<(i64, Because)> = Vec::new();
    for (name, (what, part)) in &after {
        let was = before.get(name).map(|(_, part)| *part);
        all.extend(difference(what, (was, Some(part))));
    }
    for (name, (what, part)) in &before {
        if !after.contains_key(name) {
            all.extend(difference(what, (Some(part), None)));
        }
    }
    all.extend(exceptions(present, draft));
    // Equal ones in the order of their names.
    all.sort_by_key(|(moved, _)| std::cmp::Reverse(moved.unsigned_abs()));
    let most = all.into_iter().take(WHAT_IF_REASONS);
    most.map(|(_, because)| because).collect()
}

/// What exceptions add more or less.
fn exceptions(present: &ScoreData<'_>, draft: &ScoreData<'_>) -> Option<(i64, Because)> {
    let moved = draft.adjust - present.adjust;
    let (what, holding) = if draft.exceptions.is_empty() {
        ("exception no longer holds", &present.exceptions)
    } else {
        ("exception", &draft.exceptions)
    };
    let texts: Vec<_> = holding.iter().map(|why| why.text.as_str()).collect();
    let because = Because {
        what: what.to_owned(),
        text: texts.join("; "),
        delta: points(moved),
        weight: None,
        points: Sides::default(),
    };
    (moved != 0).then_some((moved, because))
}

type Parts<'d> = BTreeMap<(&'d str, &'d str), (String, &'d PartData<'d>)>;

fn parts<'d>(data: &'d ScoreData<'_>) -> Parts<'d> {
    let of = |measure: &'d crate::decide::MeasureData<'_>| {
        measure.parts.iter().map(move |part| {
            let what = format!("{}, {}", measure.title, part.name);
            ((measure.name, part.name), (what, part))
        })
    };
    data.measures.iter().flat_map(of).collect()
}

fn difference(
    what: &str,
    (was, is): (Option<&PartData<'_>>, Option<&PartData<'_>>),
) -> Option<(i64, Because)> {
    let contribution = |part: Option<&PartData<'_>>| part.map_or(0, |part| part.contribution);
    let weight = |part: Option<&PartData<'_>>| f64::from(part.map_or(0, |it| it.weight)) / 100.0;
    let points_of = |part: Option<&PartData<'_>>| Some(f64::from(part?.points?) / 100.0);
    let text = is.or(was).and_then(|part| part.reason.as_ref());
    let moved = contribution(is) - contribution(was);
    let because = Because {
        what: what.to_owned(),
        text: text.map_or_else(String::new, |reason| reason.text.clone()),
        delta: points(moved),
        weight: Some(Sides {
            present: weight(was),
            draft: weight(is),
        }),
        points: Sides {
            present: points_of(was),
            draft: points_of(is),
        },
    };
    (moved != 0).then_some((moved, because))
}
