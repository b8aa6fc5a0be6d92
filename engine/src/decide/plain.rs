//! A verdict without any memory: what a rule says of an account by itself, neither hysteresis nor
//! dwell, nor anything that was published before. For comparing rules, never for publishing.

use puls_wire::Verdict;

use super::policy::Policy;
use super::reading::{Judged, Override};
use super::tier::{NOT_SCORED, UNKNOWN};
use crate::model::Time;

/// Score and tier of one verdict.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Plain {
    /// Ten-thousandths of a point; an override's where one is in force.
    pub score: Option<i64>,
    /// Place of the tier in [`Policy::tier_names`].
    pub tier: usize,
}

impl Policy {
    /// What `verdict` means at `now`, given the account's override. Equal to what
    /// [`super::explain`] says with an empty memory.
    #[must_use]
    pub fn plain(&self, verdict: &Verdict, over: Option<Override<'_>>, now: Time) -> Plain {
        let judged = Judged::of(self, verdict, (over, now));
        Plain {
            score: judged.score,
            tier: self.tiers.place(judged.aim),
        }
    }

    /// The tiers that an account can be in: bands from the highest down, `unknown`, `not_scored`.
    #[must_use]
    pub fn tier_names(&self) -> Vec<&str> {
        let bands = self.tiers.bands().map(|(name, _)| name);
        bands.chain([UNKNOWN, NOT_SCORED]).collect()
    }

    /// Least scores of the bands, in ten-thousandths of a point, from the highest down.
    #[must_use]
    pub fn tier_edges(&self) -> Vec<i64> {
        self.tiers.bands().map(|(_, from)| from).collect()
    }
}
