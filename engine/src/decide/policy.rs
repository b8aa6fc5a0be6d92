//! A rule's manifest and its tenant's settings, compiled once into what each decision reads.
//!
//! Names become hashes and indexes, points become integers, sentences become templates. It is made
//! from a manifest that was checked when the rule was admitted; what such a manifest cannot
//! contain (a part of an unknown measure, tiers without bands) gives a poorer text, never a
//! failure.

use std::collections::BTreeMap;
use std::sync::Arc;

use puls_wire::{Manifest, Severity, Texts, Translation};

use super::memory::PublishedPeers;
use super::reading::PeersBehind;
use super::text::Template;
use super::tier::{NOT_SCORED, TierTable, UNKNOWN, ten_thousandths};
use crate::language::{Language, Voice};
use crate::model::{DAY_MS, HOUR_MS, Settings, hash64};

/// A rule as decisions read it. One per activation of a rule; shared by all accounts.
#[derive(Debug)]
pub struct Policy {
    pub(super) features: Vec<Feature>,
    /// Days back that the rule reads its own scores; 0 for none.
    pub(super) past_days: u16,
    /// The features' tags, shared with every memory that holds a published row.
    pub(super) columns: Arc<[u32]>,
    pub(super) measures: Vec<MeasurePolicy>,
    pub(super) parts: Vec<PartPolicy>,
    pub(super) reasons: Vec<ReasonPolicy>,
    pub(super) exceptions: Vec<ExceptionPolicy>,
    /// Indexes of the exceptions that open alerts, in order of their names.
    pub(super) exceptions_alerting: Vec<usize>,
    pub(super) triggers: Vec<TriggerPolicy>,
    /// Indexes of the triggers in order of their names.
    pub(super) triggers_sorted: Vec<usize>,
    pub(super) tiers: TierTable,
    /// In ten-thousandths.
    pub(super) coverage_min: u16,
    /// In ten-thousandths of a point, at least 1: a score that has not moved is not published.
    pub(super) publish_threshold: i64,
    /// For tier alerts.
    pub(super) desk: Desk,
    /// How the tenant's people are spoken to.
    pub(super) voice: Voice,
    /// What people call each tier.
    tier_titles: Vec<(Box<str>, Box<str>)>,
}

/// A feature that the rule reads.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Feature {
    pub(super) name: Box<str>,
    /// What the codes 0, 1, 2 … of a text feature mean; empty for a number.
    pub(super) values: Vec<String>,
    /// Hash of name and values: the same number means the same in another version of the rule.
    pub(super) tag: u32,
    /// Kinds of events that can move it: bit `Kind as u8`.
    pub(super) kinds: u16,
}

#[derive(Debug)]
pub(super) struct MeasurePolicy {
    pub(super) name: Box<str>,
    pub(super) title: Box<str>,
    /// Indexes of its parts.
    pub(super) parts: Vec<usize>,
}

#[derive(Debug)]
pub(super) struct PartPolicy {
    pub(super) name: Box<str>,
    pub(super) title: Box<str>,
    /// Indexes of the features behind it.
    pub(super) features: Vec<usize>,
    /// In hundredths of a point.
    pub(super) baseline: i64,
}

#[derive(Debug)]
pub(super) struct ReasonPolicy {
    pub(super) code: Box<str>,
    pub(super) text: Template,
}

#[derive(Debug)]
pub(super) struct ExceptionPolicy {
    pub(super) name: Box<str>,
    pub(super) tag: u64,
    pub(super) text: Template,
    pub(super) severity: Severity,
    pub(super) desk: Desk,
}

#[derive(Debug)]
pub(super) struct TriggerPolicy {
    pub(super) name: Box<str>,
    pub(super) tag: u64,
    pub(super) text: Template,
    pub(super) playbook: Box<str>,
    pub(super) owner_roles: Vec<String>,
    pub(super) due_ms: i64,
    pub(super) cooldown_ms: i64,
}

/// Whose desk an alert lands on.
#[derive(Debug)]
pub(super) struct Desk {
    pub(super) owner_role: Box<str>,
    pub(super) playbook: Box<str>,
    /// 0 for none.
    pub(super) due_ms: i64,
}

impl Desk {
    fn new(owner_role: &str, playbook: &str, due_days: u32) -> Self {
        Self {
            owner_role: owner_role.into(),
            playbook: playbook.into(),
            due_ms: i64::from(due_days) * DAY_MS,
        }
    }
}

impl Feature {
    pub(super) fn new(name: &str, values: &[String], kinds: u16) -> Self {
        // The separator cannot stand in a name, so no name and list read like another pair.
        let meaning = values
            .iter()
            .fold(name.to_owned(), |text, value| text + "\n" + value);
        let [a, b, c, d, ..] = hash64(meaning.as_bytes()).to_le_bytes();
        Self {
            name: name.into(),
            values: values.to_vec(),
            tag: u32::from_le_bytes([a, b, c, d]),
            kinds,
        }
    }

    /// The text that a code means; `None` for another value, for missing, and for a number.
    pub(super) fn text(&self, code: f64) -> Option<&str> {
        let is_code = |index: &usize| {
            u32::try_from(*index).is_ok_and(|index| f64::from(index).to_bits() == code.to_bits())
        };
        let index = (0..self.values.len()).find(is_code)?;
        self.values.get(index).map(String::as_str)
    }
}

impl Policy {
    /// Compiles `manifest` under `settings`. `kinds` says for each feature which kinds of events
    /// can move it (bit `Kind as u8`); where it is short, time alone moves the rest.
    #[must_use]
    pub fn new(manifest: &Manifest, settings: &Settings, kinds: &[u16]) -> Self {
        Self::translated((manifest, &Texts::default()), settings, kinds)
    }

    /// The same with the rule's texts in the language of the settings, as far as `texts` have them.
    #[must_use]
    pub fn translated(
        (manifest, texts): (&Manifest, &Texts),
        settings: &Settings,
        kinds: &[u16],
    ) -> Self {
        let language = Language::parse(&settings.language).unwrap_or(Language::English);
        let none = Translation::default();
        let translation = texts.language(language.code()).unwrap_or(&none);
        let voice = Voice::new(language, &settings.time_zone);
        let features: Vec<Feature> = manifest
            .features
            .iter()
            .enumerate()
            .map(|(index, feature)| {
                let kinds = kinds.get(index).copied().unwrap_or(0);
                Feature::new(&feature.name, &feature.values, kinds)
            })
            .collect();
        let alerts = &manifest.alerts;
        let sorted = |names: Vec<(&str, usize)>| {
            let mut names = names;
            names.sort_unstable();
            names.into_iter().map(|(_, index)| index).collect()
        };
        let exceptions = manifest.exceptions.iter().enumerate();
        let alerting = exceptions.filter(|(_, exception)| exception.alert);
        let triggers = manifest.triggers.iter().enumerate();
        Self {
            columns: features.iter().map(|feature| feature.tag).collect(),
            past_days: past_days(manifest),
            measures: measures(manifest, translation),
            parts: parts(manifest, translation, &features),
            reasons: reasons(manifest, translation, &features),
            exceptions: exception_policies(manifest, translation, &features),
            exceptions_alerting: sorted(
                alerting
                    .map(|(index, exception)| (exception.name.as_str(), index))
                    .collect(),
            ),
            triggers: trigger_policies(manifest, translation, &features),
            triggers_sorted: sorted(
                triggers
                    .map(|(index, trigger)| (trigger.name.as_str(), index))
                    .collect(),
            ),
            tiers: TierTable::new(&manifest.tiers),
            coverage_min: manifest.coverage_min,
            publish_threshold: ten_thousandths(settings.publish_threshold_points).max(1),
            desk: Desk::new(&alerts.owner_role, &alerts.playbook, alerts.due_days),
            tier_titles: tier_titles(manifest, translation, &voice),
            voice,
            features,
        }
    }

    /// The least delay, in milliseconds, of any timer that a verdict can set; `i64::MAX` where
    /// none can. What ends a snooze or an override is set by an event, not by a verdict.
    #[must_use]
    pub fn least_delay_ms(&self) -> i64 {
        let cooldowns = self.triggers.iter().map(|trigger| trigger.cooldown_ms);
        let dwell = Some(self.tiers.dwell_ms).filter(|delay| *delay > 0);
        cooldowns.chain(dwell).min().unwrap_or(i64::MAX)
    }

    /// What is remembered of the numbers behind a published row.
    pub(super) fn remembered(&self, peers: &PeersBehind) -> Box<PublishedPeers> {
        let tagged = |(place, own): &(usize, f64)| {
            let feature = self.features.get(*place)?;
            Some((feature.tag, own.to_bits()))
        };
        Box::new(PublishedPeers {
            day: peers.day,
            segment: peers.segment,
            own: peers.own.iter().filter_map(tagged).collect(),
        })
    }

    /// What people call a tier.
    pub(super) fn tier_title<'p>(&'p self, name: &'p str) -> &'p str {
        let mut titles = self.tier_titles.iter();
        let known = titles.find(|(known, _)| **known == *name);
        known.map_or(name, |(_, title)| title)
    }

    /// Number of features that a row of this rule has.
    #[must_use]
    pub fn features(&self) -> usize {
        self.features.len()
    }
}

/// How far back the rule reads its own scores.
fn past_days(manifest: &Manifest) -> u16 {
    let days = manifest.features.iter().filter_map(|feature| {
        let days = feature.name.strip_prefix("score.ago_")?.strip_suffix('d')?;
        days.parse().ok()
    });
    days.max().unwrap_or(0)
}

/// The translation of a text where there is one, else the original.
fn said<'t>(texts: &'t BTreeMap<String, String>, name: &str, original: &'t str) -> &'t str {
    texts.get(name).map_or(original, String::as_str)
}

/// What each tier is called: by the rule, else by the dictionary, else by its name.
fn tier_titles(
    manifest: &Manifest,
    translation: &Translation,
    voice: &Voice,
) -> Vec<(Box<str>, Box<str>)> {
    let bands = manifest.tiers.bands.iter().map(|band| band.name.as_str());
    let titles = bands.chain([UNKNOWN, NOT_SCORED]).map(|name| {
        let key = format!("tiers.{name}");
        let title = voice.words.find(&key).unwrap_or(name);
        (name.into(), said(&translation.tiers, name, title).into())
    });
    titles.collect()
}

fn measures(manifest: &Manifest, translation: &Translation) -> Vec<MeasurePolicy> {
    let mut measures: Vec<MeasurePolicy> = manifest
        .measures
        .iter()
        .map(|measure| {
            let title = if measure.title.is_empty() {
                &measure.name
            } else {
                &measure.title
            };
            MeasurePolicy {
                name: measure.name.as_str().into(),
                title: said(&translation.measures, &measure.name, title).into(),
                parts: Vec::new(),
            }
        })
        .collect();
    for (index, part) in manifest.parts.iter().enumerate() {
        match measures
            .iter_mut()
            .find(|measure| *measure.name == *part.measure)
        {
            Some(measure) => measure.parts.push(index),
            None => measures.push(MeasurePolicy {
                name: part.measure.as_str().into(),
                title: part.measure.as_str().into(),
                parts: vec![index],
            }),
        }
    }
    measures
}

fn parts(manifest: &Manifest, translation: &Translation, features: &[Feature]) -> Vec<PartPolicy> {
    let place = |name: &String| features.iter().position(|feature| *feature.name == **name);
    let parts = manifest.parts.iter().map(|part| PartPolicy {
        name: part.name.as_str().into(),
        title: said(&translation.parts, &part.name, &part.name).into(),
        features: part.features.iter().filter_map(place).collect(),
        baseline: ten_thousandths(part.baseline) / 100,
    });
    parts.collect()
}

fn reasons(
    manifest: &Manifest,
    translation: &Translation,
    features: &[Feature],
) -> Vec<ReasonPolicy> {
    let reasons = manifest.reasons.iter().map(|reason| ReasonPolicy {
        code: reason.code.as_str().into(),
        text: Template::new(
            said(&translation.reasons, &reason.code, &reason.text),
            features,
        ),
    });
    reasons.collect()
}

fn exception_policies(
    manifest: &Manifest,
    translation: &Translation,
    features: &[Feature],
) -> Vec<ExceptionPolicy> {
    let exceptions = manifest.exceptions.iter().map(|exception| ExceptionPolicy {
        name: exception.name.as_str().into(),
        tag: hash64(exception.name.as_bytes()),
        text: Template::new(
            said(&translation.exceptions, &exception.name, &exception.text),
            features,
        ),
        severity: exception.severity,
        desk: Desk::new(
            &exception.owner_role,
            &exception.playbook,
            exception.due_days,
        ),
    });
    exceptions.collect()
}

fn trigger_policies(
    manifest: &Manifest,
    translation: &Translation,
    features: &[Feature],
) -> Vec<TriggerPolicy> {
    let triggers = manifest.triggers.iter().map(|trigger| TriggerPolicy {
        name: trigger.name.as_str().into(),
        tag: hash64(trigger.name.as_bytes()),
        text: Template::new(
            said(&translation.triggers, &trigger.name, &trigger.text),
            features,
        ),
        playbook: trigger.playbook.as_str().into(),
        owner_roles: trigger.owner_roles.clone(),
        due_ms: i64::from(trigger.due_days) * DAY_MS,
        // A cooldown of no time would fire at each event.
        cooldown_ms: i64::from(trigger.cooldown_hours.max(1)) * HOUR_MS,
    });
    triggers.collect()
}
