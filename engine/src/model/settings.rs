//! What a tenant declares: published to the rules log at start, and read from there only.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A tenant's settings. A wire format: it stands in configuration (TOML) and in the rules log
/// (JSON).
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// IANA zone of local days.
    pub time_zone: String,
    /// ISO 4217 code of the currency that money features are in.
    pub currency: String,
    /// Dated rates into `currency`; money in a currency without a rate is missing.
    pub rates: Vec<Rate>,
    /// Metrics that count as activity; all where the list is empty.
    pub activity_metrics: Vec<String>,
    /// Target for the first response to a ticket, in hours.
    pub reply_target_hours: f64,
    /// Days before a term ends in which a touch counts as renewal business.
    pub renewal_window_days: u32,
    /// The tenant's success factors.
    pub factors: Vec<String>,
    /// Declared attributes of accounts.
    pub attributes: BTreeMap<String, AttributeType>,
    /// Declared features.
    pub features: Vec<CustomFeature>,
    /// Points by which a score must have moved since the last published one to be published.
    pub publish_threshold_points: f64,
    /// Code of the language that people read (`en`, `sv`).
    pub language: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            time_zone: "UTC".into(),
            currency: "USD".into(),
            rates: Vec::new(),
            activity_metrics: Vec::new(),
            reply_target_hours: 24.0,
            renewal_window_days: 90,
            factors: [
                "partner_not_vendor",
                "executive_relationship",
                "business_value",
                "resources",
                "technical_debt_plan",
                "right_product",
            ]
            .map(String::from)
            .to_vec(),
            attributes: BTreeMap::new(),
            features: Vec::new(),
            publish_threshold_points: 1.0,
            language: "en".into(),
        }
    }
}

/// The worth of one unit of `currency` in the tenant's currency, from a date on.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// ISO 4217.
    pub currency: String,
    /// First local day on which it holds, `YYYY-MM-DD`.
    pub from: String,
    /// Factor into the tenant's currency, above 0.
    pub rate: f64,
}

/// The type of a declared attribute.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttributeType {
    /// Text.
    Text,
    /// A number.
    Number,
    /// Yes or no.
    Bool,
}

/// A feature that the tenant declares; its name is `custom.<name>`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CustomFeature {
    /// Name without the family; a valid name.
    pub name: String,
    /// Kind of event it is computed from.
    pub from: String,
    /// All must hold.
    #[serde(default, rename = "where")]
    pub conditions: Vec<Condition>,
    /// How it is computed.
    pub agg: Aggregate,
    /// Field that is counted distinct, summed, averaged or taken; not for `count` and `days_since`.
    #[serde(default)]
    pub of: Option<String>,
    /// Window; for `last` and `days_since` the reach back, 400 days where there is none.
    #[serde(default)]
    pub window: Option<CustomWindow>,
}

/// How a declared feature is computed from the events that pass its conditions.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Aggregate {
    /// Number of events.
    Count,
    /// Sum of a numeric field.
    Sum,
    /// Number of different values of a field.
    Distinct,
    /// Value of a numeric field in the latest event.
    Last,
    /// Mean of a numeric field.
    Mean,
    /// Least value of a numeric field.
    Min,
    /// Greatest value of a numeric field.
    Max,
    /// Percent of the kind's events in the window that pass the conditions.
    Share,
    /// Days since the latest event.
    DaysSince,
}

/// Windows that declared features may have.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub enum CustomWindow {
    /// 24 hours, moving by the hour.
    #[serde(rename = "1d")]
    Days1,
    /// 7 days of 24 hours, moving by the hour.
    #[serde(rename = "7d")]
    Days7,
    /// 28 local days, today included.
    #[serde(rename = "28d")]
    Days28,
    /// 90 local days, today included.
    #[serde(rename = "90d")]
    Days90,
    /// 365 local days, today included.
    #[serde(rename = "365d")]
    Days365,
}

/// A test of one field of an event, or of its contact's role as it is now (`field = "role"`).
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// A field of the event, or `role`.
    pub field: String,
    /// The test.
    #[serde(flatten)]
    pub test: Test,
}

/// What a field is tested for. A field that the event does not have passes no test.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Test {
    /// Equals this text, or the text of this number or bool.
    Is(String),
    /// Is none of these.
    IsNot(String),
    /// Is one of these.
    In(Vec<String>),
    /// Is at least this number.
    AtLeast(f64),
    /// Is at most this number.
    AtMost(f64),
}
