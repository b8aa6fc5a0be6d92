//! A score as it was published, read back from its event, and why it moved since the one before.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::decide::Split;
use crate::model::{POINT, Time};

/// All the points of a part, and all its weight in percent.
const WHOLE: f64 = 100.0;

/// The data of a score event.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Published {
    pub(super) rule: Rule,
    pub(super) language: String,
    pub(super) as_of: String,
    pub(super) cause: Cause,
    score: Option<f64>,
    previous: Option<f64>,
    pub(super) tier: String,
    pub(super) tier_title: String,
    #[serde(rename = "override")]
    over: Option<Override>,
    exceptions: Vec<Why>,
    split: Option<SplitData>,
    measures: Vec<Measure>,
    pub(super) features: BTreeMap<String, Value>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Rule {
    pub(super) name: String,
    pub(super) version: String,
    pub(super) digest: String,
    pub(super) primary: bool,
}

/// What made it.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Cause {
    /// An event.
    Input {
        input: String,
        offset: u64,
        row: u16,
    },
    /// A timer.
    Timer { timer: String, due: String },
}

#[derive(Clone, PartialEq, Debug, Deserialize)]
struct Override {
    by: String,
    reason: String,
}

/// A reason as it was published.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
pub(super) struct Why {
    pub(super) code: String,
    pub(super) text: String,
}

#[derive(Clone, Debug, Deserialize)]
struct SplitData {
    rule: f64,
    data_availability: f64,
    time: f64,
    peers: f64,
    customer: f64,
    #[serde(rename = "override", default)]
    over: f64,
}

#[derive(Clone, Debug, Deserialize)]
struct Measure {
    parts: Vec<Part>,
}

#[derive(Clone, Debug, Deserialize)]
struct Part {
    name: String,
    contribution: f64,
    points: Option<f64>,
    weight: f64,
    reason: Option<Why>,
}

/// Why a score moved, in the words of its rule or ours.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Ground {
    /// A sentence of the rule.
    Said(Why),
    /// An exception that holds no longer.
    Ended(Why),
    /// Another rule, version or parameters.
    Rule(String),
    /// A person set the score.
    Set { by: String, reason: String },
    /// A person's word ended.
    Unset,
    /// A part without a sentence.
    Part(String),
    /// There is no score.
    NoScore,
    /// Nothing that a part says.
    None,
}

#[derive(Deserialize)]
struct Envelope {
    data: Published,
}

impl Published {
    /// The score event that `bytes` are.
    pub(super) fn parse(bytes: &[u8]) -> serde_json::Result<Self> {
        let Envelope { data } = serde_json::from_slice(bytes)?;
        Ok(data)
    }

    /// When.
    pub(super) fn at(&self) -> Time {
        Time::parse_rfc3339(&self.as_of).unwrap_or(Time::MIN)
    }

    /// In ten-thousandths of a point.
    pub(super) fn score(&self) -> Option<i64> {
        self.score.map(ten_thousandths)
    }

    /// The score published before, in ten-thousandths of a point.
    pub(super) fn previous(&self) -> Option<i64> {
        self.previous.map(ten_thousandths)
    }

    /// Where its change came from.
    pub(super) fn split(&self) -> Option<Split> {
        self.split.as_ref().map(|split| Split {
            rule: ten_thousandths(split.rule),
            data: ten_thousandths(split.data_availability),
            time: ten_thousandths(split.time),
            peers: ten_thousandths(split.peers),
            customer: ten_thousandths(split.customer),
            over: ten_thousandths(split.over),
        })
    }

    /// The main reason why it is other than `before`, the publication before it.
    pub(super) fn ground(&self, before: Option<&Self>) -> Ground {
        let Some(before) = before else {
            return self.greatest_loss();
        };
        if self.over != before.over {
            return match &self.over {
                Some(over) => Ground::Set {
                    by: over.by.clone(),
                    reason: over.reason.clone(),
                },
                None => Ground::Unset,
            };
        }
        if self.is_of_rule() || self.rule.name != before.rule.name {
            return Ground::Rule(format!("{} {}", self.rule.name, self.rule.version));
        }
        let is_in = |all: &[Why], one: &Why| all.iter().any(|it| it.code == one.code);
        let mut began = self.exceptions.iter();
        if let Some(began) = began.find(|it| !is_in(&before.exceptions, it)) {
            return Ground::Said(began.clone());
        }
        let mut ended = before.exceptions.iter();
        if let Some(ended) = ended.find(|it| !is_in(&self.exceptions, it)) {
            return Ground::Ended(ended.clone());
        }
        let delta = self
            .score
            .zip(self.previous)
            .map_or(0.0, |(now, then)| now - then);
        self.greatest_move(before, delta)
            .unwrap_or_else(|| self.greatest_loss())
    }

    /// Whether the rule did more to the score than anything else.
    fn is_of_rule(&self) -> bool {
        self.split().is_some_and(|split| {
            let others = [
                split.data,
                split.time,
                split.peers,
                split.customer,
                split.over,
            ];
            split.rule != 0 && others.iter().all(|other| other.abs() < split.rule.abs())
        })
    }

    fn parts(&self) -> impl Iterator<Item = &Part> {
        self.measures.iter().flat_map(|measure| &measure.parts)
    }

    /// The part that moved the score furthest in the direction that it went. What counts is what a
    /// part costs: one that only lends its weight to another did not move it.
    fn greatest_move(&self, before: &Self, delta: f64) -> Option<Ground> {
        let moved = |part: &Part| {
            let then = before.parts().find(|then| then.name == part.name);
            (part.worth() - then.map_or(0.0, Part::worth)) * delta
        };
        let with = self.parts().map(|part| (moved(part), part));
        let furthest = with.reduce(|best, next| if next.0 > best.0 { next } else { best });
        furthest
            .filter(|(moved, _)| *moved > 0.0)
            .map(|(_, part)| part.ground())
    }

    /// The part that costs the customer most.
    fn greatest_loss(&self) -> Ground {
        if self.score.is_none() {
            return Ground::NoScore;
        }
        if let Some(exception) = self.exceptions.first() {
            return Ground::Said(exception.clone());
        }
        let with = self.parts().map(|part| (part.loss(), part));
        let greatest = with.reduce(|best, next| if next.0 > best.0 { next } else { best });
        greatest
            .filter(|(loss, _)| *loss > 0.0)
            .map_or(Ground::None, |(_, part)| part.ground())
    }
}

impl Part {
    /// Points that it takes from the score.
    fn loss(&self) -> f64 {
        self.weight / WHOLE * (WHOLE - self.points.unwrap_or(WHOLE))
    }

    /// What it does to the score: what it costs, or adds where it has no points of its own.
    fn worth(&self) -> f64 {
        match self.points {
            Some(_) => -self.loss(),
            None => self.contribution,
        }
    }

    fn ground(&self) -> Ground {
        match &self.reason {
            Some(reason) => Ground::Said(reason.clone()),
            None => Ground::Part(self.name.clone()),
        }
    }
}

/// Points as they stand in an event, which came from this integer.
#[expect(
    clippy::cast_possible_truncation,
    reason = "points of events are at most 100, with four decimals"
)]
fn ten_thousandths(points: f64) -> i64 {
    (points * POINT).round() as i64
}

#[cfg(test)]
mod tests;
