//! Tiers: bands of scores, and how an account moves between them.
//!
//! ```text
//! score   0 ........ 40 ........ 70 ........ 100      bands from 0, 40, 70
//! band    critical   | watch     | healthy
//! present = watch    [40 − h ........ 70 + h)         hysteresis h: the band it is in, widened
//! ```
//! An account leaves its band when the score lies outside the widened one; the band that the score
//! lies in is then a *candidate*. It becomes the tier when it was first met `dwell` ago and is met
//! now. Two things break that and forget all candidates: the score comes back into the widened
//! band, or passes to its other side (then candidates of the first side are forgotten).
//!
//! `unknown` and `not_scored` are entered and left at once, and a first verdict enters its tier
//! at once.

use puls_wire::{Severity, Tiers};
use smallvec::SmallVec;

use crate::model::{Fixed, HOUR_MS, Time, hash64};

/// Name of the tier of an account with too little coverage.
pub(super) const UNKNOWN: &str = "unknown";
/// Name of the tier of an account outside the rule's population.
pub(super) const NOT_SCORED: &str = "not_scored";

/// Where an account stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Tier {
    /// Outside the rule's population.
    NotScored,
    /// Too little coverage.
    Unknown,
    /// In the band whose name has this hash: a name, because it survives a new version.
    Band(u64),
}

/// Where a verdict points.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Aim {
    /// Outside the rule's population.
    NotScored,
    /// Too little coverage.
    Unknown,
    /// A score in ten-thousandths of a point.
    Score(i64),
}

/// A band that would become the tier.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Candidate {
    /// Hash of its name.
    pub(super) tag: u64,
    /// First met plus dwell.
    pub(super) due: Time,
}

/// What is remembered of an account's tier under one rule.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Standing {
    /// The tier and since when.
    pub(super) tier: Option<(Tier, Time)>,
    /// Bands met since the score left the tier; all on one side of it.
    pub(super) candidates: SmallVec<[Candidate; 1]>,
}

/// A tier of the manifest.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Band {
    name: Box<str>,
    tag: u64,
    /// Least score, in ten-thousandths of a point.
    from: i64,
    alert: Option<Severity>,
}

/// The tiers of a rule.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct TierTable {
    /// From the highest down.
    bands: Vec<Band>,
    /// In ten-thousandths of a point.
    hysteresis: i64,
    pub(super) dwell_ms: i64,
}

/// Points as the integer that decides: ten-thousandths.
pub(super) fn ten_thousandths(points: f64) -> i64 {
    Fixed::from_f64(points).map_or(0, |fixed| (fixed.0 + 50).div_euclid(100))
}

impl TierTable {
    pub(super) fn new(tiers: &Tiers) -> Self {
        let band = |tier: &puls_wire::Tier| Band {
            name: tier.name.as_str().into(),
            tag: hash64(tier.name.as_bytes()),
            from: ten_thousandths(tier.from),
            alert: tier.alert,
        };
        Self {
            bands: tiers.bands.iter().map(band).collect(),
            hysteresis: ten_thousandths(tiers.hysteresis_points).max(0),
            dwell_ms: i64::from(tiers.dwell_hours) * HOUR_MS,
        }
    }

    /// Moves an account on to where `aim` takes it at `now`, and says whether its tier changed.
    pub(super) fn advance(&self, standing: &mut Standing, aim: Aim, now: Time) -> bool {
        let next = match aim {
            Aim::NotScored => Tier::NotScored,
            Aim::Unknown => Tier::Unknown,
            Aim::Score(score) => self.next(standing, score, now),
        };
        if standing.tier.is_some_and(|(tier, _)| tier == next) {
            return false;
        }
        standing.tier = Some((next, now));
        standing.candidates.clear();
        true
    }

    /// The tier of `score`, given where the account stands.
    fn next(&self, standing: &mut Standing, score: i64, now: Time) -> Tier {
        let Some((raw, band)) = self.natural(score) else {
            return Tier::Unknown;
        };
        let present = match standing.tier {
            Some((Tier::Band(tag), _)) => self.position(tag).map(|place| (place, tag)),
            _ => None,
        };
        let Some((present, tag)) = present else {
            return Tier::Band(band.tag);
        };
        if self.holds(present, score) {
            standing.candidates.clear();
            return Tier::Band(tag);
        }
        let is_below = raw > present;
        let same_side = |place: usize| place != present && (place > present) == is_below;
        let candidates = &mut standing.candidates;
        candidates.retain(|candidate| self.position(candidate.tag).is_some_and(same_side));
        let met = candidates
            .iter()
            .find(|candidate| candidate.tag == band.tag);
        let due = met.map_or(now.plus_ms(self.dwell_ms), |candidate| candidate.due);
        if met.is_none() {
            candidates.push(Candidate { tag: band.tag, due });
        }
        Tier::Band(if due <= now { band.tag } else { tag })
    }

    /// The band that `score` lies in. There is none only in a table without bands.
    fn natural(&self, score: i64) -> Option<(usize, &Band)> {
        let found = self.bands.iter().position(|band| score >= band.from);
        let place = found.unwrap_or(self.bands.len().saturating_sub(1));
        self.bands.get(place).map(|band| (place, band))
    }

    fn position(&self, tag: u64) -> Option<usize> {
        self.bands.iter().position(|band| band.tag == tag)
    }

    /// Whether `score` lies in the band at `place`, widened by the hysteresis.
    fn holds(&self, place: usize, score: i64) -> bool {
        let above = place.checked_sub(1).and_then(|above| self.bands.get(above));
        let is_last = place + 1 == self.bands.len();
        let low = self
            .bands
            .get(place)
            .map_or(0, |band| band.from - self.hysteresis);
        (is_last || score >= low) && above.is_none_or(|band| score < band.from + self.hysteresis)
    }

    /// The name of `tier`; a band that a new version no longer has is `unknown` until the next
    /// verdict.
    pub(super) fn name(&self, tier: Tier) -> &str {
        match tier {
            Tier::NotScored => NOT_SCORED,
            Tier::Unknown => UNKNOWN,
            Tier::Band(tag) => {
                let band = self.bands.iter().find(|band| band.tag == tag);
                band.map_or(UNKNOWN, |band| &band.name)
            }
        }
    }

    /// The tier that `aim` points to, without any memory.
    pub(super) fn raw(&self, aim: Aim) -> Tier {
        match aim {
            Aim::NotScored => Tier::NotScored,
            Aim::Unknown => Tier::Unknown,
            Aim::Score(score) => self
                .natural(score)
                .map_or(Tier::Unknown, |(_, band)| Tier::Band(band.tag)),
        }
    }

    /// The place of the band that `aim` points to, from the highest down; behind the bands
    /// `unknown`, then `not_scored`. Without any memory, as [`TierTable::raw`].
    pub(super) fn place(&self, aim: Aim) -> usize {
        let unknown = self.bands.len();
        match aim {
            Aim::NotScored => unknown + 1,
            Aim::Unknown => unknown,
            Aim::Score(score) => self.natural(score).map_or(unknown, |(place, _)| place),
        }
    }

    /// Names and least scores of the bands, in ten-thousandths, from the highest down.
    pub(super) fn bands(&self) -> impl Iterator<Item = (&str, i64)> {
        self.bands.iter().map(|band| (&*band.name, band.from))
    }

    /// How much an alert about `tier` matters; `None` where it opens none.
    pub(super) fn alert(&self, tier: Tier) -> Option<Severity> {
        match tier {
            Tier::NotScored | Tier::Unknown => None,
            Tier::Band(tag) => {
                let band = self.bands.iter().find(|band| band.tag == tag);
                band.and_then(|band| band.alert)
            }
        }
    }
}
