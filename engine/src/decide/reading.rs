//! What is decided on: a rule's answer on one account at one moment.

use puls_wire::{Status, Verdict};

use super::policy::Policy;
use super::tier::{Aim, Tier};
use crate::model::{Cause, Digest, Key, Time, Writer, hash64};

/// Which rule answers, and as what.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct RuleRef<'a> {
    /// Name under which it is active.
    pub name: &'a str,
    /// Version of the module.
    pub version: &'a str,
    /// Digest of the module.
    pub digest: Digest,
    /// Parameters that the tenant set.
    pub parameters: &'a [f64],
    /// Whether its verdict is the account's score and tier.
    pub primary: bool,
    /// Whether it only watches.
    pub shadow: bool,
}

/// A score that a person set.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Override<'a> {
    /// Ten-thousandths of a point.
    pub value: i64,
    /// Who.
    pub by: &'a str,
    /// Why.
    pub reason: &'a str,
    /// It holds before this moment.
    pub expires: Time,
}

/// A rule's answer on one account at one moment, and what it was asked about.
#[derive(Clone, Copy, Debug)]
pub struct Reading<'a> {
    /// Whose.
    pub key: &'a Key,
    /// Which rule.
    pub rule: RuleRef<'a>,
    /// When.
    pub now: Time,
    /// The answer.
    pub verdict: &'a Verdict,
    /// One value per feature of the rule; NaN is missing.
    pub features: &'a [f64],
    /// The account's override, if it has one.
    pub over: Option<Override<'a>>,
    /// What its features relative to peers were computed from, if it has any.
    pub peers: Option<&'a PeersBehind>,
}

/// What features relative to peers were computed from.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct PeersBehind {
    /// The day whose statistics were in use; `None` where none were.
    pub day: Option<u16>,
    /// Hash of the account's segment.
    pub segment: u64,
    /// By the places of features of the rule, the account's own number; NaN is missing.
    pub own: Vec<(usize, f64)>,
}

/// A reading that may be published.
#[derive(Clone, Copy, Debug)]
pub struct Evaluation<'a> {
    /// The reading.
    pub reading: Reading<'a>,
    /// What made it.
    pub cause: &'a Cause,
    /// Names of the inputs, by their index.
    pub names: &'a [String],
    /// Whether it is the account's daily evaluation.
    pub daily: bool,
    /// Kinds of the events since the previous evaluation of this account by this rule, bit
    /// `Kind as u8`: that of the event itself, nothing for a timer.
    pub touched: u16,
    /// The tenant's local day.
    pub today: u16,
}

/// Evaluates rows that are half of then and half of now, for the split of a change.
pub trait Rescore {
    /// The score of this row by the rule of the reading, adjustment included, in ten-thousandths
    /// of a point; `None` where it has none.
    fn score(&mut self, features: &[f64]) -> Option<i64>;

    /// The number that the feature at this place would have, had the account the value `own`, and
    /// were its peers those of a segment (by its hash) on a day. `None` where the feature is not
    /// relative to peers, would be missing, or the day's statistics are gone.
    fn relate(&mut self, _feature: usize, _own: f64, _peers: (u16, u64)) -> Option<f64> {
        None
    }
}

/// A reading in the numbers that decide.
#[derive(Clone, Copy, Debug)]
pub(super) struct Judged {
    pub(super) aim: Aim,
    pub(super) tier: Tier,
    /// What tiers and thresholds use: an override's, where one is in force.
    pub(super) score: Option<i64>,
    pub(super) computed: Option<i64>,
    pub(super) is_overridden: bool,
    /// Exceptions that hold, as bits of this version's manifest.
    pub(super) exceptions: u64,
    /// Fingerprint of their names.
    pub(super) exceptions_tag: u64,
    pub(super) triggers: u64,
}

impl RuleRef<'_> {
    /// Fingerprint of module and parameters: equal ones answer alike.
    pub(super) fn fingerprint(&self) -> u64 {
        let mut writer = Writer::new();
        writer.bytes(&self.digest.0);
        writer.list(self.parameters.iter(), |writer, parameter| {
            writer.f64(*parameter);
        });
        hash64(&writer.into_bytes())
    }
}

impl Judged {
    pub(super) fn new(policy: &Policy, reading: &Reading<'_>) -> Self {
        Self::of(policy, reading.verdict, (reading.over, reading.now))
    }

    /// A verdict at a moment, and the account's override.
    pub(super) fn of(
        policy: &Policy,
        verdict: &Verdict,
        (over, now): (Option<Override<'_>>, Time),
    ) -> Self {
        let is_inside = matches!(verdict.status, Status::Scored | Status::NoScore);
        let computed = verdict.has_score().then(|| verdict.score());
        let over = over.filter(|over| is_inside && over.expires > now);
        let score = over.map(|over| over.value).or(computed);
        let exceptions = if is_inside { verdict.exceptions } else { 0 };
        let is_sure = over.is_some() || exceptions != 0 || verdict.coverage >= policy.coverage_min;
        let aim = match score {
            _ if !is_inside => Aim::NotScored,
            Some(score) if is_sure => Aim::Score(score),
            _ => Aim::Unknown,
        };
        Self {
            aim,
            tier: Tier::Unknown,
            score,
            computed,
            is_overridden: over.is_some(),
            exceptions,
            exceptions_tag: exceptions_tag(policy, exceptions),
            triggers: if is_inside { verdict.triggers } else { 0 },
        }
    }
}

/// Fingerprint of the names of exceptions; 0 for none. A sum, so the order of bits in a version's
/// manifest does not matter.
fn exceptions_tag(policy: &Policy, bits: u64) -> u64 {
    if bits == 0 {
        return 0;
    }
    let holding = policy.exceptions.iter().enumerate();
    let holding = holding.filter(|(index, _)| bits & (1 << index) != 0);
    holding.fold(1, |sum: u64, (_, exception)| {
        sum.wrapping_add(exception.tag)
    })
}
