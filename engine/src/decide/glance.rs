//! A reading in four words, for who looks at many accounts and explains none.

use super::reading::Judged;
use super::{Memory, Policy, Reading};

/// Where an account stands under a rule, without reasons.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Glance<'a> {
    /// The rule's own score in ten-thousandths of a point; a person's override is left aside.
    pub computed: Option<i64>,
    /// The tier that the account has, hysteresis, dwell and overrides included; without a memory,
    /// that of the score alone.
    pub tier: &'a str,
    /// The tier of the rule's own score alone, without any memory and without an override.
    pub tier_of_score: &'a str,
    /// Whether an override is in force.
    pub is_overridden: bool,
}

/// Looks at a reading. Nothing is decided, published or remembered by it.
#[must_use]
pub fn glance<'a>(policy: &'a Policy, memory: &Memory, reading: &Reading<'_>) -> Glance<'a> {
    let judged = Judged::new(policy, reading);
    let bare = Reading {
        over: None,
        ..*reading
    };
    let of_score = policy.tiers.raw(Judged::new(policy, &bare).aim);
    let tier = memory.standing.tier.map(|(tier, _)| tier);
    let tier = tier.unwrap_or_else(|| policy.tiers.raw(judged.aim));
    Glance {
        computed: judged.computed,
        tier: policy.tiers.name(tier),
        tier_of_score: policy.tiers.name(of_score),
        is_overridden: judged.is_overridden,
    }
}
