//! What an output of the engine says, in the words of the view.
//!
//! Reads the published events and nothing else, as any other reader would. An output that is not
//! of the form it expects says nothing.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;

use crate::model::{Output, Time, Topic};

/// A score as it was published.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Scored {
    pub(super) account: String,
    pub(super) at: Time,
    pub(super) score: Option<f64>,
    pub(super) tier: String,
    /// By name of the part.
    pub(super) parts: BTreeMap<String, Part>,
    /// Sentences of the exceptions that hold.
    pub(super) exceptions: Vec<String>,
}

/// One line of a score.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Part {
    /// Points of the score that it costs: its weight, times what it lacks to 100.
    pub(super) cost: f64,
    /// The sentence.
    pub(super) reason: Option<String>,
    /// Heading of its measure.
    pub(super) measure: String,
}

/// An alert as it was published.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Alerted {
    pub(super) account: String,
    pub(super) alert: String,
    pub(super) at: Time,
    pub(super) change: String,
    pub(super) subject: String,
    pub(super) rule: String,
    pub(super) severity: String,
    pub(super) opened: Time,
    pub(super) owner_role: String,
    pub(super) why: Vec<String>,
}

/// What one output says.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum News {
    /// A score by the primary rule.
    Scored(Box<Scored>),
    /// A publication of an alert.
    Alerted(Box<Alerted>),
    /// A rule asks for something to be done.
    Triggered,
    /// An event could not be used.
    Dead,
}

#[derive(Deserialize)]
struct Envelope<'a, D> {
    #[serde(borrow)]
    subject: Option<Cow<'a, str>>,
    #[serde(borrow)]
    time: Cow<'a, str>,
    data: D,
}

#[derive(Deserialize)]
struct ScoreData {
    rule: RuleData,
    score: Option<f64>,
    tier: String,
    #[serde(default)]
    exceptions: Vec<WhyData>,
    measures: Vec<MeasureData>,
}

#[derive(Deserialize)]
struct RuleData {
    primary: bool,
}

#[derive(Deserialize)]
struct WhyData {
    text: String,
}

#[derive(Deserialize)]
struct MeasureData {
    title: String,
    parts: Vec<PartData>,
}

#[derive(Deserialize)]
struct PartData {
    name: String,
    points: Option<f64>,
    weight: f64,
    reason: Option<WhyData>,
}

#[derive(Deserialize)]
struct AlertData {
    alert: String,
    change: String,
    subject: String,
    rule: String,
    severity: String,
    opened: String,
    owner_role: String,
    why: Vec<WhyData>,
}

/// What `output` says; `None` for scores of secondary rules and what cannot be read.
pub(super) fn read(output: &Output) -> Option<News> {
    match output.topic {
        Topic::Scores => scored(&output.value),
        Topic::Alerts => alerted(&output.value),
        Topic::Triggers => Some(News::Triggered),
        Topic::DeadLetters => Some(News::Dead),
        // Nobody acts on it, so it is no news.
        Topic::Shadow => None,
    }
}

fn scored(value: &[u8]) -> Option<News> {
    let event: Envelope<'_, ScoreData> = serde_json::from_slice(value).ok()?;
    let data = event.data;
    if !data.rule.primary {
        return None;
    }
    let mut parts = BTreeMap::new();
    for measure in data.measures {
        for part in measure.parts {
            let PartData {
                name,
                points,
                weight,
                reason,
            } = part;
            let part = Part {
                cost: points.map_or(0.0, |points| weight * (100.0 - points) / 100.0),
                reason: reason.map(|reason| reason.text),
                measure: measure.title.clone(),
            };
            parts.insert(name, part);
        }
    }
    Some(News::Scored(Box::new(Scored {
        account: event.subject?.into_owned(),
        at: Time::parse_rfc3339(&event.time)?,
        score: data.score,
        tier: data.tier,
        parts,
        exceptions: texts(data.exceptions),
    })))
}

fn alerted(value: &[u8]) -> Option<News> {
    let event: Envelope<'_, AlertData> = serde_json::from_slice(value).ok()?;
    let data = event.data;
    Some(News::Alerted(Box::new(Alerted {
        account: event.subject?.into_owned(),
        alert: data.alert,
        at: Time::parse_rfc3339(&event.time)?,
        change: data.change,
        subject: data.subject,
        rule: data.rule,
        severity: data.severity,
        opened: Time::parse_rfc3339(&data.opened)?,
        owner_role: data.owner_role,
        why: texts(data.why),
    })))
}

fn texts(whys: Vec<WhyData>) -> Vec<String> {
    whys.into_iter().map(|why| why.text).collect()
}
