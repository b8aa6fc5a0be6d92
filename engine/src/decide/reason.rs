//! Why a score is what it is, in the order in which a person should hear it.
//!
//! An alert about an exception begins with that exception. Then comes an override in force, then
//! the exceptions that hold where they lowered the score or made one, then the parts that cost the
//! customer something: by effective weight × (baseline − points), only above 0, ties by part order.

use puls_wire::POINTS_NONE;
use smallvec::SmallVec;

use super::policy::{Policy, ReasonPolicy};
use super::{Judged, Reading};
use crate::model::hash64;

/// Code of the reason that an override is.
const OVERRIDE: &str = "override";

/// A reason in plain words.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Why<'a> {
    /// A reason's code, an exception's name, or `override`.
    pub code: &'a str,
    /// The sentence, with values filled in.
    pub text: String,
}

/// A reason before it is put into words.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Ground {
    Override,
    Exception(usize),
    /// Index of a reason.
    Part(usize),
}

/// Hash of the code of the first reason; 0 where there is none.
pub(super) fn first(
    policy: &Policy,
    reading: &Reading<'_>,
    judged: &Judged,
    own: Option<usize>,
) -> u64 {
    let ground = forced(policy, reading, judged, own).next().or_else(|| {
        let ranked = ranks(policy, reading);
        let best = ranked.reduce(|best, next| if next.0 > best.0 { next } else { best });
        best.map(|(_, reason)| Ground::Part(reason))
    });
    ground.map_or(0, |ground| hash64(code(policy, ground).as_bytes()))
}

/// All reasons, in words. `own` is the exception that an alert is about.
pub(super) fn all<'p>(
    policy: &'p Policy,
    reading: &Reading<'_>,
    judged: &Judged,
    own: Option<usize>,
) -> Vec<Why<'p>> {
    let mut ranked: SmallVec<[(i64, usize); 16]> = ranks(policy, reading).collect();
    ranked.sort_by_key(|(rank, _)| std::cmp::Reverse(*rank));
    let parts = ranked.into_iter().map(|(_, reason)| Ground::Part(reason));
    let grounds = forced(policy, reading, judged, own).chain(parts);
    let words = grounds.map(|ground| Why {
        code: code(policy, ground),
        text: text(policy, reading, ground),
    });
    words.collect()
}

/// The exceptions that hold, in words and in the manifest's order.
pub(super) fn exceptions<'p>(
    policy: &'p Policy,
    reading: &Reading<'_>,
    judged: &Judged,
) -> Vec<Why<'p>> {
    let words = holding(policy, judged).map(|index| Why {
        code: code(policy, Ground::Exception(index)),
        text: text(policy, reading, Ground::Exception(index)),
    });
    words.collect()
}

/// A part's reason, where it has one.
pub(super) fn of_part(policy: &Policy, reason: u16) -> Option<(usize, &ReasonPolicy)> {
    let index = usize::from(reason).checked_sub(1)?;
    policy.reasons.get(index).map(|reason| (index, reason))
}

/// Grounds that come before those of the parts.
fn forced<'j>(
    policy: &'j Policy,
    reading: &'j Reading<'_>,
    judged: &'j Judged,
    own: Option<usize>,
) -> impl Iterator<Item = Ground> + use<'j> {
    let verdict = reading.verdict;
    let is_made = verdict.parts.iter().all(|part| part.weight == 0);
    let is_forced = verdict.adjust < 0 || is_made;
    let others = holding(policy, judged).filter(move |index| is_forced && Some(*index) != own);
    let over = judged.is_overridden.then_some(Ground::Override);
    own.map(Ground::Exception)
        .into_iter()
        .chain(over)
        .chain(others.map(Ground::Exception))
}

fn holding<'j>(policy: &'j Policy, judged: &'j Judged) -> impl Iterator<Item = usize> + use<'j> {
    let bits = judged.exceptions;
    (0..policy.exceptions.len()).filter(move |index| bits & (1 << index) != 0)
}

/// Rank and reason of each part that has a reason and lost something, in part order.
fn ranks<'j>(
    policy: &'j Policy,
    reading: &'j Reading<'_>,
) -> impl Iterator<Item = (i64, usize)> + use<'j> {
    let parts = policy.parts.iter().zip(&reading.verdict.parts);
    parts.filter_map(|(part, verdict)| {
        let (reason, _) = of_part(policy, verdict.reason)?;
        let points = Some(verdict.points).filter(|points| *points != POINTS_NONE)?;
        let rank = i64::from(verdict.weight) * (part.baseline - i64::from(points));
        (rank > 0).then_some((rank, reason))
    })
}

fn code(policy: &Policy, ground: Ground) -> &str {
    match ground {
        Ground::Override => OVERRIDE,
        Ground::Exception(index) => policy.exceptions.get(index).map_or("", |e| &e.name),
        Ground::Part(index) => policy.reasons.get(index).map_or("", |r| &r.code),
    }
}

fn text(policy: &Policy, reading: &Reading<'_>, ground: Ground) -> String {
    let template = match ground {
        Ground::Override => {
            let over = reading.over.as_ref();
            let words = policy.voice.words;
            return over.map_or_else(String::new, |over| {
                words.fill("why.override", &[("by", over.by), ("reason", over.reason)])
            });
        }
        Ground::Exception(index) => policy.exceptions.get(index).map(|e| &e.text),
        Ground::Part(index) => policy.reasons.get(index).map(|r| &r.text),
    };
    template.map_or_else(String::new, |text| {
        text.fill(&policy.features, reading.features, policy.voice.words)
    })
}
