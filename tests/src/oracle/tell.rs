//! What the engine and the oracle say, as lines that can be compared.

use std::collections::BTreeMap;

use puls::model::{Output, Time, Topic};
use serde_json::Value;
use serde_json::value::RawValue;

use super::AlertName;
use super::card::{Use, ten_thousandths};
use crate::sim::Sim;

/// The features of a score event; texts by their words.
pub(super) fn features_line(uses: &[Use], values: &[f64]) -> String {
    let word = |used: &Use, value: f64| {
        let text = used.values.iter().zip(0..);
        let text = text.filter(|(_, place)| f64::from(*place).to_bits() == value.to_bits());
        match text.map(|(text, _)| text.clone()).next() {
            Some(text) => text,
            None => shown(value),
        }
    };
    let named = uses.iter().zip(values);
    let named = named.map(|(used, value)| format!("{}={}", used.name, word(used, *value)));
    let mut named: Vec<String> = named.collect();
    named.sort();
    named.join(" ")
}

/// One feature of one account, to the bit.
pub(super) fn feature_line(key: &str, rule: &str, name: &str, value: f64) -> String {
    format!("{key} {rule} {name} {}", shown(value))
}

/// A number and its bits.
fn shown(value: f64) -> String {
    if value.is_nan() {
        return "missing".to_owned();
    }
    format!("{value} ({:x})", value.to_bits())
}

fn text(value: &Value, pointer: &str) -> String {
    let found = value.pointer(pointer).and_then(Value::as_str);
    found.unwrap_or_default().to_owned()
}

fn moment(value: &Value, pointer: &str) -> i64 {
    let time = Time::parse_rfc3339(&text(value, pointer));
    time.map_or(i64::MIN, |time| time.0)
}

fn points(value: &Value, pointer: &str) -> Option<i64> {
    let points = value.pointer(pointer).and_then(Value::as_f64);
    points.map(ten_thousandths)
}

fn whole(value: &Value, pointer: &str) -> u64 {
    let found = value.pointer(pointer).and_then(Value::as_u64);
    found.unwrap_or(u64::MAX)
}

/// An output of the engine as the oracle would say it.
///
/// # Panics
/// Where it is no event.
#[must_use]
pub fn said(output: &Output) -> String {
    let event: Value = serde_json::from_slice(&output.value).expect("outputs are JSON");
    let now = moment(&event, "/time");
    match output.topic {
        Topic::DeadLetters => {
            let (reason, input) = (
                text(&event, "/data/reason"),
                text(&event, "/data/origin/input"),
            );
            let offset = whole(&event, "/data/origin/offset");
            format!("{now} dead {reason} {input} {offset}")
        }
        Topic::Scores => score(&event, &raw_features(&output.value), (now, &output.tenant)),
        Topic::Alerts => {
            let change = match text(&event, "/data/change").as_str() {
                "resolved" => format!("resolved {}", text(&event, "/data/resolution")),
                change => change.to_owned(),
            };
            let (rule, subject) = (text(&event, "/data/rule"), text(&event, "/data/subject"));
            let severity = text(&event, "/data/severity");
            let (revision, key) = (whole(&event, "/data/revision"), &output.key);
            let opened = moment(&event, "/data/opened");
            format!(
                "{now} {key} alert {rule} {subject} {change} {severity} revision {revision} \
                 opened {opened}"
            )
        }
        Topic::Triggers => {
            let (rule, trigger) = (
                text(&event, "/data/rule/name"),
                text(&event, "/data/trigger"),
            );
            format!("{now} {} trigger {rule} {trigger}", output.key)
        }
        // The oracle decides on no rule in shadow.
        Topic::Shadow => format!("{now} {} in shadow", output.key),
    }
}

/// The features of a score event, numbers as they are written: reading them must not round.
fn raw_features(event: &[u8]) -> String {
    let members = |text: &[u8]| -> BTreeMap<String, Box<RawValue>> {
        serde_json::from_slice(text).expect("an object")
    };
    let mut features = members(event);
    for name in ["data", "features"] {
        let inner = features.remove(name).expect("a score event has features");
        features = members(inner.get().as_bytes());
    }
    let mut named: Vec<String> = features
        .iter()
        .map(|(name, value)| match value.get() {
            "null" => format!("{name}=missing"),
            text => match text.parse() {
                Ok(number) => format!("{name}={}", shown(number)),
                Err(_) => format!("{name}={}", text.trim_matches('"')),
            },
        })
        .collect();
    named.sort();
    named.join(" ")
}

fn score(event: &Value, features: &str, (now, tenant): (i64, &str)) -> String {
    let key = format!("{tenant}/{}", text(event, "/data/account"));
    let (rule, tier) = (text(event, "/data/rule/name"), text(event, "/data/tier"));
    let (score, previous) = (
        points(event, "/data/score"),
        points(event, "/data/previous"),
    );
    let coverage = points(event, "/data/coverage").unwrap_or(-1) / 100;
    let since = moment(event, "/data/since");
    let exceptions = event.pointer("/data/exceptions").and_then(Value::as_array);
    let mut exceptions: Vec<String> = exceptions
        .map(|all| all.iter().map(|it| text(it, "/code")).collect())
        .unwrap_or_default();
    exceptions.sort();
    let cause = match event.pointer("/data/cause/timer") {
        Some(_) => {
            let due = moment(event, "/data/cause/due");
            format!("{} {due}", text(event, "/data/cause/timer"))
        }
        None => {
            let offset = whole(event, "/data/cause/offset");
            format!("{} {offset}", text(event, "/data/cause/input"))
        }
    };
    format!(
        "{now} {key} score {rule} {score:?} before {previous:?} {tier} since {since} \
         coverage {coverage} {exceptions:?} by {cause} {features}"
    )
}

/// What the ids of all alerts of a run stand for.
///
/// # Panics
/// Where an output is no event.
#[must_use]
pub fn alert_ids(outputs: &[Output]) -> BTreeMap<String, AlertName> {
    let alerts = outputs
        .iter()
        .filter(|output| output.topic == Topic::Alerts);
    let named = alerts.map(|output| {
        let event: Value = serde_json::from_slice(&output.value).expect("outputs are JSON");
        let name = (
            output.key.clone(),
            text(&event, "/data/rule"),
            text(&event, "/data/subject"),
            moment(&event, "/data/opened"),
        );
        (text(&event, "/data/alert"), name)
    });
    named.collect()
}

/// The features of every account under every rule as the engine reads them at a moment.
#[must_use]
pub fn final_features(sim: &Sim, at: i64) -> Vec<String> {
    let mut lines = Vec::new();
    sim.standings(Time(at), &mut |standing| {
        for rule in &standing.rules {
            for (name, value) in rule.features.iter().zip(rule.values) {
                let (key, rule) = (standing.key.as_str(), rule.data.rule.name);
                lines.push(feature_line(key, rule, name, *value));
            }
        }
    });
    lines
}
