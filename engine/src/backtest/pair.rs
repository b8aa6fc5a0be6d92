//! Which two rules govern when: the active one as the rules log has it, the candidate always.

use std::collections::BTreeMap;
use std::sync::Arc;

use puls_wire::Manifest;

use super::Side;
use crate::model::{Digest, Time};
use crate::rules::{ActiveRule, Epoch, Module};

/// The name under which the candidate runs: one that no rule can have.
pub const CANDIDATE: &str = "~candidate";
/// Tiers without a band.
pub const UNKNOWN: &str = "unknown";
/// Outside the rule's population.
pub const NOT_SCORED: &str = "not_scored";
/// The tier from which on an account counts as flagged, where the rule has it.
const AT_RISK: &str = "at_risk";

/// Which rule counts as the active one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Against {
    /// The one that governed at each time.
    Then,
    /// The one that governs at the end, as if it always had.
    Now,
}

/// A stretch of time and the rule that was active in it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Governed {
    /// Its first moment; `Time::MIN` for the beginning.
    pub from: Time,
    /// Name, version and digest of the rule; `None` where no primary rule governed.
    pub rule: Option<(String, String, Digest)>,
}

/// The tiers of one side, from the healthiest down, then the ones without a band.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ladder {
    /// Names.
    pub names: Vec<String>,
    /// Which of them count as flagged.
    pub flagged: Vec<bool>,
}

impl Ladder {
    /// The tiers of some rules; a rule's tier counts as flagged from `at_risk` down, in a rule
    /// without that name where the tier opens an alert, else at the bottom.
    #[must_use]
    pub fn new<'a>(manifests: impl Iterator<Item = &'a Manifest>) -> Self {
        let mut ladder = Self {
            names: Vec::new(),
            flagged: Vec::new(),
        };
        for manifest in manifests {
            let bands = &manifest.tiers.bands;
            let alerts = bands.iter().position(|band| band.alert.is_some());
            let named = bands.iter().position(|band| band.name == AT_RISK);
            let first = named.or(alerts).unwrap_or(bands.len().saturating_sub(1));
            for (place, band) in bands.iter().enumerate() {
                if !ladder.names.contains(&band.name) {
                    ladder.names.push(band.name.clone());
                    ladder.flagged.push(place >= first);
                }
            }
        }
        for name in [UNKNOWN, NOT_SCORED] {
            ladder.names.push(name.to_owned());
            ladder.flagged.push(false);
        }
        ladder
    }

    /// The place of a tier; that of `unknown` for a name that no rule here has.
    #[must_use]
    pub fn place(&self, name: &str) -> u8 {
        let found = self.names.iter().position(|known| known == name);
        let place = found.unwrap_or(self.names.len().saturating_sub(2));
        u8::try_from(place).unwrap_or(u8::MAX)
    }

    /// The name at a place.
    #[must_use]
    pub fn name(&self, place: u8) -> &str {
        self.names
            .get(usize::from(place))
            .map_or(UNKNOWN, String::as_str)
    }

    /// Whether a tier counts as flagged.
    #[must_use]
    pub fn is_flagged(&self, place: u8) -> bool {
        self.flagged
            .get(usize::from(place))
            .is_some_and(|flagged| *flagged)
    }
}

/// What the two folds are governed by.
#[derive(Clone, Debug)]
pub struct Pair {
    /// Per side, for [`crate::shard::Shard::look_back`].
    pub epochs: [Vec<Epoch>; 2],
    /// Which rule was active when, in order.
    pub governed: Vec<Governed>,
    /// Tiers per side.
    pub ladders: [Ladder; 2],
    /// Whether the tenant's settings changed within the timeline.
    pub settings_changed: bool,
}

/// Pairs a timeline with a candidate, which takes the place of the primary rule from the beginning.
/// The tenant's other rules run beside both: an account is evaluated when any of its rules asks
/// for it, so without them the primary rule would be asked at other moments. Settings are those of
/// the end of the timeline throughout, so that the candidate is judged on features that were
/// declared only lately.
#[must_use]
pub fn pair(
    timeline: &[Epoch],
    candidate: &Arc<Module>,
    (parameters, against): (&[f64], Against),
) -> Pair {
    let mut paired = Pair {
        epochs: [Vec::new(), Vec::new()],
        governed: Vec::new(),
        ladders: [
            Ladder::new([].into_iter()),
            Ladder::new([&candidate.manifest].into_iter()),
        ],
        settings_changed: false,
    };
    let Some(last) = timeline.last() else {
        return paired;
    };
    let challenger = ActiveRule {
        name: CANDIDATE.into(),
        module: Arc::clone(candidate),
        digest: candidate.digest,
        parameters: parameters.to_vec(),
        primary: true,
        shadow: false,
    };
    let primary = |epoch: &Epoch| epoch.rules.iter().find(|rule| rule.primary).cloned();
    let standing = primary(last);
    let mut manifests = Vec::new();
    for epoch in timeline {
        // Settings that were never declared are those before the first.
        paired.settings_changed |= epoch.settings != last.settings && epoch.from > Time::MIN;
        let active = match against {
            Against::Then => primary(epoch),
            Against::Now => standing.clone(),
        };
        let rule = active.as_ref().map(described);
        let is_other = paired
            .governed
            .last()
            .is_none_or(|before| before.rule != rule);
        if is_other {
            let from = epoch.from;
            paired.governed.push(Governed { from, rule });
        }
        manifests.extend(active.as_ref().map(|rule| Arc::clone(&rule.module)));
        let others = |rule: &&ActiveRule| !rule.primary;
        let primaries = [active, Some(challenger.clone())];
        for (epochs, primary) in paired.epochs.iter_mut().zip(primaries) {
            let others = epoch.rules.iter().filter(others).cloned();
            let mut rules: Vec<ActiveRule> = primary.into_iter().chain(others).collect();
            rules.sort_by(|a, b| a.name.cmp(&b.name));
            epochs.push(Epoch {
                from: epoch.from,
                until: epoch.until,
                settings: Arc::clone(&last.settings),
                declared: BTreeMap::new(),
                rules,
            });
        }
    }
    manifests.reverse();
    let manifests = manifests.iter().map(|module| &module.manifest);
    *Side::Active.of_mut(&mut paired.ladders) = Ladder::new(manifests);
    paired
}

fn described(rule: &ActiveRule) -> (String, String, Digest) {
    let version = rule.module.manifest.version.clone();
    (rule.name.to_string(), version, rule.digest)
}
