//! A rule as the oracle reads it: its manifest as JSON, and its native function.

use puls_wire::Verdict;
use serde_json::Value;

/// A rule that the oracle asks.
#[derive(Clone, Debug)]
pub struct Card {
    /// Its name.
    pub name: String,
    /// Whether its verdict is the account's.
    pub primary: bool,
    /// Its manifest.
    pub manifest: Value,
    /// What it answers.
    pub verdict: fn(&[f64]) -> Verdict,
}

/// A feature that a rule names.
#[derive(Clone, Debug)]
pub(super) struct Use {
    pub(super) name: String,
    pub(super) values: Vec<String>,
    pub(super) wake: Vec<f64>,
}

/// A tier, and the severity of an alert about it.
#[derive(Clone, Debug)]
pub(super) struct Band {
    pub(super) name: String,
    pub(super) from: i64,
    pub(super) severity: Option<String>,
}

fn list<'v>(value: &'v Value, field: &str) -> Vec<&'v Value> {
    let found = value.get(field).and_then(Value::as_array);
    found.map(|all| all.iter().collect()).unwrap_or_default()
}

fn text(value: &Value, field: &str) -> String {
    let found = value.get(field).and_then(Value::as_str);
    found.unwrap_or_default().to_owned()
}

fn number(value: &Value, field: &str, default: f64) -> f64 {
    value.get(field).and_then(Value::as_f64).unwrap_or(default)
}

/// Points as ten-thousandths.
#[expect(
    clippy::cast_possible_truncation,
    reason = "points lie between 0 and 100"
)]
pub(super) fn ten_thousandths(points: f64) -> i64 {
    (points * 10_000.0).round() as i64
}

impl Card {
    pub(super) fn uses(&self) -> Vec<Use> {
        let uses = list(&self.manifest, "features").into_iter();
        let uses = uses.map(|used| Use {
            name: text(used, "name"),
            values: list(used, "values")
                .into_iter()
                .filter_map(|value| value.as_str().map(str::to_owned))
                .collect(),
            wake: list(used, "wake")
                .into_iter()
                .filter_map(Value::as_f64)
                .collect(),
        });
        uses.collect()
    }

    fn tiers(&self) -> &Value {
        self.manifest.get("tiers").unwrap_or(&Value::Null)
    }

    /// From the highest down.
    pub(super) fn bands(&self) -> Vec<Band> {
        let bands = list(self.tiers(), "bands").into_iter();
        let bands = bands.map(|band| Band {
            name: text(band, "name"),
            from: ten_thousandths(number(band, "from", 0.0)),
            severity: Some(text(band, "alert")).filter(|severity| !severity.is_empty()),
        });
        bands.collect()
    }

    pub(super) fn hysteresis(&self) -> i64 {
        ten_thousandths(number(self.tiers(), "hysteresis_points", 0.0))
    }

    pub(super) fn dwell_hours(&self) -> i64 {
        let hours = self.tiers().get("dwell_hours").and_then(Value::as_i64);
        hours.unwrap_or(0)
    }

    pub(super) fn coverage_min(&self) -> u64 {
        let least = self.manifest.get("coverage_min").and_then(Value::as_u64);
        least.unwrap_or(0)
    }

    /// Exceptions that hold, with their places.
    pub(super) fn exceptions(&self, bits: u64) -> Vec<(String, &Value)> {
        let all = list(&self.manifest, "exceptions").into_iter().enumerate();
        all.filter(|(place, _)| bits & (1 << place) != 0)
            .map(|(_, exception)| (text(exception, "name"), exception))
            .collect()
    }

    /// Triggers that are asked for, by name, with their cooldowns in hours.
    pub(super) fn triggers(&self, bits: u64) -> Vec<(String, i64)> {
        let all = list(&self.manifest, "triggers").into_iter().enumerate();
        let mut asked: Vec<(String, i64)> = all
            .filter(|(place, _)| bits & (1 << place) != 0)
            .map(|(_, trigger)| {
                let hours = trigger.get("cooldown_hours").and_then(Value::as_i64);
                (text(trigger, "name"), hours.unwrap_or(720))
            })
            .collect();
        asked.sort();
        asked
    }

    /// The code of the reason that costs most: weight × (baseline − points), ties by part order.
    pub(super) fn worst_part(&self, verdict: &Verdict) -> Option<String> {
        let parts = list(&self.manifest, "parts");
        let reasons = list(&self.manifest, "reasons");
        let mut worst: Option<(i64, String)> = None;
        for (part, answer) in parts.iter().zip(&verdict.parts) {
            let reason = usize::from(answer.reason).checked_sub(1);
            let Some(reason) = reason.and_then(|place| reasons.get(place)) else {
                continue;
            };
            let baseline = ten_thousandths(number(part, "baseline", 100.0)) / 100;
            let lost = i64::from(answer.weight) * (baseline - i64::from(answer.points));
            let has_points = answer.points != u16::MAX;
            if has_points && lost > worst.as_ref().map_or(0, |(most, _)| *most) {
                worst = Some((lost, text(reason, "code")));
            }
        }
        worst.map(|(_, code)| code)
    }
}

/// Severities from the least.
pub(super) fn severity_of(exception: &Value) -> Option<String> {
    let alerts = exception.get("alert").and_then(Value::as_bool) == Some(true);
    let severity = text(exception, "severity");
    alerts.then(|| match severity.as_str() {
        "" => "warning".to_owned(),
        _ => severity,
    })
}

pub(super) fn rank(severity: &str) -> usize {
    let all = ["info", "warning", "critical"];
    all.iter().position(|it| *it == severity).unwrap_or(0)
}
