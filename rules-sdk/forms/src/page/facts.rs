//! What a page says of a card, in words and shares, whatever its form.

use puls_scorecard::{
    Card, Catalogue, Exception, Factor, Force, Measure, Missing, Number, Scale, Trigger,
};
use puls_wire::{AlertPolicy, Direction, Severity};

use crate::number::plain;
use crate::phrases::{behind, heading, with_unit};
use crate::plain::{Said, Speaker, template};
use crate::words::many;

/// A card, and how to speak of it.
#[derive(Debug)]
pub(super) struct Facts<'a> {
    pub(super) card: &'a Card,
    pub(super) speaker: Speaker<'a>,
}

/// A measure with its share, and its factors with theirs.
#[derive(Debug)]
pub(super) struct Group<'a> {
    pub(super) measure: &'a Measure,
    /// Place among the measures of the card, for its colour.
    pub(super) index: usize,
    /// Share of the score in percent, where all data are there.
    pub(super) share: f64,
    /// Each with its share of the measure and of the score, in percent.
    pub(super) factors: Vec<(&'a Factor, f64, f64)>,
}

impl<'a> Facts<'a> {
    pub(super) const fn new(card: &'a Card, catalogue: &'a Catalogue) -> Self {
        Self {
            card,
            speaker: Speaker { card, catalogue },
        }
    }

    /// The measures of the card itself, or those that hold in a variant.
    pub(super) fn groups(&self, variant: Option<usize>) -> Vec<Group<'a>> {
        let own = self.card.measures.iter().enumerate();
        let own = own.filter(|(_, measure)| measure.variant.is_none());
        let in_force: Vec<_> = own
            .map(|(index, measure)| {
                let other = self.card.measures.iter().find(|other| {
                    variant.is_some() && other.variant == variant && other.replaces == Some(index)
                });
                (index, other.unwrap_or(measure))
            })
            .collect();
        let total: f64 = in_force.iter().map(|(_, measure)| measure.weight).sum();
        let group = |(index, measure): (usize, &'a Measure)| {
            let share = percent(measure.weight, total);
            let nominal: f64 = measure.factors.iter().map(|factor| factor.weight).sum();
            let factors = measure.factors.iter().map(|factor| {
                let within = percent(factor.weight, nominal);
                (factor, within, share * within / 100.0)
            });
            Group {
                measure,
                index,
                share,
                factors: factors.collect(),
            }
        };
        in_force.into_iter().map(group).collect()
    }

    pub(super) fn population(&self) -> Option<Said> {
        let population = self.card.population.as_ref();
        population.map(|population| self.speaker.condition(population))
    }

    /// One sentence that says what the card is made of.
    pub(super) fn summary(&self) -> String {
        let own = || {
            self.card
                .measures
                .iter()
                .filter(|measure| measure.variant.is_none())
        };
        let factors: usize = own().map(|measure| measure.factors.len()).sum();
        let variants = match self.card.variants.len() {
            0 => String::new(),
            count => format!(", with {} for some customers", many(count, "variant")),
        };
        format!(
            "Every customer gets a score from 0 (bad) to 100 (good), made of {} in {}{variants}.",
            many(factors, "factor"),
            many(own().count(), "measure")
        )
    }

    /// What missing data does to the score as a whole.
    pub(super) fn missing(&self) -> String {
        format!(
            "Missing data is not a bad sign by itself: unless a factor says otherwise, its weight \
             goes to the other factors of its measure, and if none is left, to the other measures. \
             Where less than {} % of the weight has data, the score has no tier (“unknown”).",
            plain(f64::from(self.card.coverage_min) / 100.0)
        )
    }

    /// What the card promises of its features, each with all else the same.
    pub(super) fn promises(&self) -> Vec<String> {
        let promises = self.card.monotone.iter();
        let said = promises.map(|promise| {
            let does = match promise.direction {
                Direction::Up => "lowers",
                Direction::Down => "raises",
            };
            format!("{}: more never {does} the score", heading(&promise.feature))
        });
        said.collect()
    }

    /// How the tier is kept from flickering.
    pub(super) fn moves(&self) -> String {
        let tiers = &self.card.tiers;
        let mut said = Vec::new();
        if tiers.hysteresis_points > 0.0 {
            said.push(format!(
                "a score must be {} points beyond the border",
                plain(tiers.hysteresis_points)
            ));
        }
        match tiers.dwell_hours {
            0 => {}
            hours if hours % 24 == 0 => {
                said.push(format!("stay there for {}", many(count(hours / 24), "day")));
            }
            hours => said.push(format!("stay there for {}", many(count(hours), "hour"))),
        }
        match said.as_slice() {
            [] => "A customer changes the tier as soon as the score does.".to_owned(),
            said => format!("To change the tier, {}.", said.join(" and ")),
        }
    }

    /// How a factor gives points.
    pub(super) fn scale(&self, factor: &Factor) -> String {
        let unit = behind(self.speaker.unit(&factor.value));
        let at = |number: &Number| with_unit(&self.speaker.number(number), unit);
        match &factor.scale {
            Scale::Line(line) => {
                let (zero, hundred) = (at(&line.zero_at), at(&line.hundred_at));
                if self.rises(factor) {
                    format!("0 points up to {zero}, 100 from {hundred} on, straight between")
                } else {
                    format!("100 points up to {hundred}, 0 from {zero} on, straight between")
                }
            }
            Scale::Bands { up_to, above } => {
                let bands = up_to.iter();
                let bands =
                    bands.map(|band| format!("up to {}: {}", at(&band.up_to), plain(band.points)));
                let mut bands: Vec<_> = bands.collect();
                let last = if bands.is_empty() { "always" } else { "above" };
                bands.push(format!("{last}: {}", plain(*above)));
                bands.join("; ")
            }
            Scale::Texts { .. } => {
                let texts = self.texts(factor);
                let texts: Vec<_> = texts
                    .iter()
                    .map(|(text, points)| match points {
                        Some(points) => format!("{text}: {}", plain(*points)),
                        None => format!("{text}: no data"),
                    })
                    .collect();
                texts.join("; ")
            }
        }
    }

    /// Texts of a scale with their points; the last is any other, `None` where that is missing.
    pub(super) fn texts(&self, factor: &Factor) -> Vec<(String, Option<f64>)> {
        let Scale::Texts { points, otherwise } = &factor.scale else {
            return Vec::new();
        };
        let Number::Feature(column) = factor.value else {
            return Vec::new();
        };
        let feature = self.card.features.get(column);
        let value = |code: u16| {
            let value = feature.and_then(|feature| feature.values.get(usize::from(code)));
            value.map_or_else(String::new, |value| value.replace('_', " "))
        };
        let texts = points
            .iter()
            .map(|(code, points)| (value(*code), Some(*points)));
        texts
            .chain([("any other".to_owned(), *otherwise)])
            .collect()
    }

    /// The number that a scale turns at, with parameters at their default.
    pub(super) fn edge(&self, number: &Number) -> Option<f64> {
        match number {
            Number::Literal(value) => Some(*value),
            Number::Parameter(index) => self
                .card
                .parameters
                .get(*index)
                .map(|parameter| parameter.default),
            _ => None,
        }
    }

    fn rises(&self, factor: &Factor) -> bool {
        let Scale::Line(line) = &factor.scale else {
            return true;
        };
        let edges = self.edge(&line.zero_at).zip(self.edge(&line.hundred_at));
        edges.is_none_or(|(zero, hundred)| zero < hundred)
    }

    /// What is particular about a factor beside its scale.
    pub(super) fn notes(factor: &Factor) -> Vec<String> {
        let mut notes = Vec::new();
        if let Some((_, days)) = &factor.valid_for {
            notes.push(format!(
                "counts for {} days, then it is missing",
                plain(*days)
            ));
        }
        match factor.missing {
            Missing::Exclude => {}
            Missing::Neutral => notes.push("without data: 50 points".to_owned()),
            Missing::Worst => notes.push("without data: 0 points".to_owned()),
        }
        if factor.baseline < 100.0 {
            notes.push(format!(
                "named as a reason below {} points",
                plain(factor.baseline)
            ));
        }
        if factor.weight.total_cmp(&0.0).is_eq() {
            notes.push("shown only: it does not count".to_owned());
        }
        notes
    }

    pub(super) fn about(&self, factor: &Factor) -> String {
        self.speaker.heading(&factor.value)
    }

    /// What an exception does to the score.
    pub(super) fn force(exception: &Exception) -> String {
        match exception.force {
            Some(Force::Cap(points)) => format!("score at most {}", plain(points)),
            Some(Force::Floor(points)) => format!("score at least {}", plain(points)),
            None => "score unchanged".to_owned(),
        }
    }

    /// Whom an exception's alert is for, what to do, by when; empty without an alert.
    pub(super) fn alert(exception: &Exception) -> Vec<String> {
        let Some(severity) = exception.alert else {
            return Vec::new();
        };
        let mut told = vec![format!("alert: {}", severity_word(severity))];
        told.extend(policy(&exception.policy));
        told
    }

    pub(super) fn task(trigger: &Trigger) -> Vec<String> {
        let mut told = Vec::new();
        if !trigger.owner_roles.is_empty() {
            let roles: Vec<_> = trigger.owner_roles.iter().map(|role| word(role)).collect();
            told.push(format!("for {}", roles.join(" and ")));
        }
        if !trigger.playbook.is_empty() {
            told.push(format!("playbook “{}”", word(&trigger.playbook)));
        }
        if trigger.due_days > 0 {
            told.push(format!("due in {}", many(count(trigger.due_days), "day")));
        }
        let days = trigger.cooldown_hours / 24;
        told.push(format!("not again for {}", many(count(days), "day")));
        told
    }

    /// Sentence with places for values.
    pub(super) fn sentence(text: &str) -> String {
        template(text)
    }
}

/// Whom alerts are for, what to do, by when.
pub(super) fn policy(policy: &AlertPolicy) -> Vec<String> {
    let mut told = Vec::new();
    if !policy.owner_role.is_empty() {
        told.push(format!("for {}", word(&policy.owner_role)));
    }
    if !policy.playbook.is_empty() {
        told.push(format!("playbook “{}”", word(&policy.playbook)));
    }
    if policy.due_days > 0 {
        told.push(format!("due in {}", many(count(policy.due_days), "day")));
    }
    told
}

pub(super) const fn severity_word(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "for information",
        Severity::Warning => "warning",
        Severity::Critical => "critical",
    }
}

/// A name as people read it: roles of up to three letters are abbreviations.
pub(super) fn word(name: &str) -> String {
    let words = name.replace(['_', '-'], " ");
    if words.len() <= 3 {
        words.to_uppercase()
    } else {
        words
    }
}

fn count(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

fn percent(part: f64, whole: f64) -> f64 {
    if whole > 0.0 {
        100.0 * part / whole
    } else {
        0.0
    }
}

/// A share as it is shown: whole percent, with a decimal where it is not whole.
pub(super) fn share(percent: f64) -> String {
    let decimals = usize::from((percent - percent.round()).abs() > 0.05);
    format!("{percent:.decimals$} %")
}
