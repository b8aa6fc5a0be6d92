//! The explanation of one verdict: what a score event carries and `puls explain` prints.

use puls_wire::{POINTS_NONE, REASON_NONE, Status};

use super::policy::Policy;
use super::reason::{self, Why};
use super::split::{self, Split};
use super::{Judged, Memory, Override, Reading, Rescore, RuleRef};
use crate::language::Voice;
use crate::model::{Cause, Time};

/// What is known of a feature's value beyond the number; the caller gives one per feature of the
/// rule, or none at all.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct FeatureNote {
    /// The value; `None` is missing.
    pub value: Option<f64>,
    /// The value of a text feature.
    pub text: Option<String>,
    /// Unit, in the catalogue's words.
    pub unit: &'static str,
    /// Milliseconds since the newest event behind it.
    pub age_ms: Option<i64>,
    /// Whether a limit left some of its events out.
    pub capped: bool,
    /// Why it is missing.
    pub missing: Option<&'static str>,
}

/// One verdict, explained. Scores and contributions in ten-thousandths of a point.
#[derive(Clone, PartialEq, Debug)]
pub struct ScoreData<'a> {
    /// The account as the customer writes it.
    pub account: String,
    /// Which rule.
    pub rule: RuleRef<'a>,
    /// When.
    pub as_of: Time,
    /// What made it; `None` in a read-only evaluation.
    pub cause: Option<CauseData<'a>>,
    /// What the rule answered.
    pub status: Status,
    /// What tiers and thresholds use: an override's, where one is in force.
    pub score: Option<i64>,
    /// The rule's own score.
    pub computed: Option<i64>,
    /// The score last published.
    pub previous: Option<i64>,
    /// Score less previous.
    pub delta: Option<i64>,
    /// Where the delta came from.
    pub split: Option<Split>,
    /// Tier.
    pub tier: &'a str,
    /// What people call it.
    pub tier_title: &'a str,
    /// The tier before this evaluation.
    pub tier_previous: Option<&'a str>,
    /// Since when the tier holds.
    pub since: Time,
    /// Ten-thousandths of the weight whose features have data.
    pub coverage: u16,
    /// The override in force.
    pub over: Option<Override<'a>>,
    /// What the exceptions added to the parts.
    pub adjust: i64,
    /// The exceptions that hold.
    pub exceptions: Vec<Why<'a>>,
    /// Groups of parts.
    pub measures: Vec<MeasureData<'a>>,
    /// Features of the rule, in its order.
    pub features: Vec<FeatureData<'a>>,
    /// Ranked reasons; only in a read-only evaluation (an alert has its own).
    pub why: Vec<Why<'a>>,
    /// The language and the days that its texts are in.
    pub voice: &'a Voice,
}

/// What made an output, in names.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CauseData<'a> {
    /// An event.
    Input {
        /// Name of the input.
        name: &'a str,
        /// Position of the record.
        offset: u64,
        /// Place within the record.
        row: u16,
    },
    /// A timer.
    Timer {
        /// Its name.
        name: &'static str,
        /// When it was due.
        due: Time,
    },
}

/// A measure with the parts that applied.
#[derive(Clone, PartialEq, Debug)]
pub struct MeasureData<'a> {
    /// Name.
    pub name: &'a str,
    /// Heading.
    pub title: &'a str,
    /// Sum of its parts' contributions.
    pub contribution: i64,
    /// Weighted mean of its parts' points, in hundredths.
    pub points: Option<i64>,
    /// Sum of its parts' weights, in ten-thousandths.
    pub weight: i64,
    /// Its parts.
    pub parts: Vec<PartData<'a>>,
}

/// A part of a score.
#[derive(Clone, PartialEq, Debug)]
pub struct PartData<'a> {
    /// Name.
    pub name: &'a str,
    /// What people call it.
    pub title: &'a str,
    /// What it adds to the score.
    pub contribution: i64,
    /// In hundredths; `None` where it has none.
    pub points: Option<u16>,
    /// Effective weight in ten-thousandths.
    pub weight: u16,
    /// Why it has these points.
    pub reason: Option<Why<'a>>,
    /// Indexes of the features behind it.
    pub features: &'a [usize],
}

/// A feature's value.
#[derive(Clone, PartialEq, Debug)]
pub struct FeatureData<'a> {
    /// Name.
    pub name: &'a str,
    /// The number that the rule saw; NaN is missing.
    pub value: f64,
    /// The text that it means, for a text feature whose value the rule knows.
    pub text: Option<&'a str>,
    /// What else is known.
    pub note: Option<Box<FeatureNote>>,
}

/// What surrounds a verdict when it is explained.
#[derive(Clone, Copy)]
pub(super) struct Context<'c> {
    pub(super) cause: Option<CauseData<'c>>,
    pub(super) tier_previous: Option<&'c str>,
    pub(super) since: Time,
}

impl<'a> CauseData<'a> {
    pub(super) fn new(cause: &Cause, names: &'a [String]) -> Self {
        match cause {
            Cause::Input(origin) => Self::Input {
                name: names
                    .get(usize::from(origin.input))
                    .map_or("", String::as_str),
                offset: origin.offset,
                row: origin.row,
            },
            Cause::Timer { timer, due, .. } => Self::Timer {
                name: timer.as_str(),
                due: *due,
            },
        }
    }
}

impl<'a> ScoreData<'a> {
    /// Explains what was judged, against what `memory` last published.
    pub(super) fn new(
        policy: &'a Policy,
        memory: &Memory,
        (reading, judged): (&Reading<'a>, &Judged),
        context: Context<'a>,
        rescore: Option<&mut dyn Rescore>,
    ) -> Self {
        let published = memory.published.as_deref();
        let previous = published.and_then(|published| published.score);
        let delta = judged
            .score
            .zip(previous)
            .map(|(score, previous)| score - previous);
        let change = (reading, judged, memory.touched);
        let split = published
            .zip(rescore)
            .and_then(|(published, rescore)| split::split(policy, published, change, rescore));
        Self {
            account: reading.key.account(),
            rule: reading.rule,
            as_of: reading.now,
            cause: context.cause,
            status: reading.verdict.status,
            score: judged.score,
            computed: judged.computed,
            previous,
            delta,
            split,
            tier: policy.tiers.name(judged.tier),
            tier_title: policy.tier_title(policy.tiers.name(judged.tier)),
            tier_previous: context.tier_previous,
            since: context.since,
            coverage: reading.verdict.coverage,
            over: reading.over.filter(|_| judged.is_overridden),
            adjust: i64::from(reading.verdict.adjust),
            exceptions: reason::exceptions(policy, reading, judged),
            measures: measures(policy, reading),
            features: features(policy, reading.features),
            why: Vec::new(),
            voice: &policy.voice,
        }
    }
}

/// The measures that have a part that applied.
fn measures<'a>(policy: &'a Policy, reading: &Reading<'_>) -> Vec<MeasureData<'a>> {
    let measures = policy.measures.iter().filter_map(|measure| {
        let applied = measure
            .parts
            .iter()
            .filter_map(|index| part(policy, reading, *index));
        let parts: Vec<PartData<'a>> = applied.collect();
        let weight = parts.iter().map(|part| i64::from(part.weight)).sum();
        (!parts.is_empty()).then(|| MeasureData {
            name: &measure.name,
            title: &measure.title,
            contribution: parts.iter().map(|part| part.contribution).sum(),
            points: mean_points(&parts),
            weight,
            parts,
        })
    });
    measures.collect()
}

/// Σ weight × points / Σ weight over the parts that have points (Gainsight's mean of a group).
fn mean_points(parts: &[PartData<'_>]) -> Option<i64> {
    let mut sums = (0_i64, 0_i64);
    for part in parts {
        if let Some(points) = part.points {
            sums.0 += i64::from(part.weight) * i64::from(points);
            sums.1 += i64::from(part.weight);
        }
    }
    (sums.1 > 0).then(|| (sums.0 + sums.1 / 2) / sums.1)
}

/// A part, unless it belongs to a variant that does not apply: then it says nothing at all.
fn part<'a>(policy: &'a Policy, reading: &Reading<'_>, index: usize) -> Option<PartData<'a>> {
    let part = policy.parts.get(index)?;
    let verdict = reading.verdict.parts.get(index)?;
    let points = Some(verdict.points).filter(|points| *points != POINTS_NONE);
    let says_nothing = verdict.contribution == 0
        && verdict.weight == 0
        && verdict.reason == REASON_NONE
        && points.is_none();
    (!says_nothing).then(|| PartData {
        name: &part.name,
        title: &part.title,
        contribution: i64::from(verdict.contribution),
        points,
        weight: verdict.weight,
        reason: reason::of_part(policy, verdict.reason).map(|(_, reason)| Why {
            code: &reason.code,
            text: reason
                .text
                .fill(&policy.features, reading.features, policy.voice.words),
        }),
        features: &part.features,
    })
}

fn features<'a>(policy: &'a Policy, row: &[f64]) -> Vec<FeatureData<'a>> {
    let features = policy
        .features
        .iter()
        .zip(row)
        .map(|(feature, value)| FeatureData {
            name: &feature.name,
            value: *value,
            text: feature.text(*value),
            note: None,
        });
    features.collect()
}
