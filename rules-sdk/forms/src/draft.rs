//! A card as it stands in its file: names and conditions as texts, in the order of the file.
//!
//! ```text
//! card.toml ──from_toml──▶ Draft ──to_toml──▶ card.toml
//! tables    ──import────▶   │   ──tables───▶ CSV
//! ```
//! What it means is [`puls_scorecard::Card`]. A draft may be wrong; nothing here judges it, and
//! what is not said in the file is not said here either.

mod read;
mod write;

pub(crate) use self::read::from_toml;
pub(crate) use self::write::{Line, toml_of};

/// Where in the tables something was read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Place {
    /// Index of the section of the workbook.
    pub(crate) section: usize,
    /// Index of its row in the sheet.
    pub(crate) row: usize,
}

/// A whole card.
#[derive(Clone, PartialEq, Debug, Default)]
pub(crate) struct Draft {
    pub(crate) head: Head,
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) derived: Vec<Derived>,
    pub(crate) measures: Vec<Measure>,
    pub(crate) variants: Vec<Variant>,
    pub(crate) exceptions: Vec<Exception>,
    pub(crate) triggers: Vec<Trigger>,
    pub(crate) tiers: Tiers,
    pub(crate) alerts: Policy,
    pub(crate) promises: Vec<Promise>,
}

/// `[card]`.
#[derive(Clone, PartialEq, Debug, Default)]
pub(crate) struct Head {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) title: Option<String>,
    pub(crate) applies_when: String,
    pub(crate) coverage_min: Option<f64>,
    /// Where its keys were read, those of `[tiers]` and `[alerts]` too.
    pub(crate) places: Vec<(&'static str, Place)>,
}

/// A line of `[parameters]`.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Parameter {
    pub(crate) name: String,
    pub(crate) default: f64,
    pub(crate) min: f64,
    pub(crate) max: f64,
    pub(crate) place: Option<Place>,
}

/// A number under `[derive]`.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Derived {
    pub(crate) name: String,
    pub(crate) unit: Option<String>,
    pub(crate) value: String,
    pub(crate) place: Option<Place>,
}

/// `[[measures]]`.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Measure {
    pub(crate) name: String,
    pub(crate) title: Option<String>,
    pub(crate) weight: f64,
    pub(crate) factors: Vec<Factor>,
    pub(crate) place: Option<Place>,
}

/// `[[measures.factors]]`.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Factor {
    pub(crate) name: String,
    pub(crate) feature: String,
    pub(crate) weight: f64,
    pub(crate) scale: Scale,
    pub(crate) valid_for_days: Option<f64>,
    pub(crate) missing: Option<String>,
    pub(crate) baseline: Option<f64>,
    pub(crate) reason: String,
    pub(crate) place: Option<Place>,
}

/// How a factor gives points.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Scale {
    Line {
        zero_at: Bound,
        hundred_at: Bound,
    },
    /// Upper edges with their points; the last has no edge.
    Bands(Vec<(Option<Bound>, f64)>),
    Values {
        values: Vec<(String, f64)>,
        otherwise: Option<f64>,
    },
}

/// A number, or the parameter that it comes from.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Bound {
    Number(f64),
    /// With `parameter.` before it.
    Parameter(String),
}

/// `[[variants]]`.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Variant {
    pub(crate) name: String,
    pub(crate) when: String,
    pub(crate) measures: Vec<Measure>,
    pub(crate) place: Option<Place>,
}

/// `[[exceptions]]`.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Exception {
    pub(crate) name: String,
    pub(crate) when: String,
    pub(crate) cap: Option<f64>,
    pub(crate) floor: Option<f64>,
    pub(crate) reason: String,
    pub(crate) alert: Option<String>,
    pub(crate) policy: Policy,
    pub(crate) place: Option<Place>,
}

/// `[[triggers]]`.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Trigger {
    pub(crate) name: String,
    pub(crate) when: String,
    pub(crate) text: String,
    pub(crate) playbook: Option<String>,
    pub(crate) owner_roles: Vec<String>,
    pub(crate) due_days: Option<u32>,
    pub(crate) cooldown_days: Option<u32>,
    pub(crate) place: Option<Place>,
}

/// `[tiers]`.
#[derive(Clone, PartialEq, Debug, Default)]
pub(crate) struct Tiers {
    pub(crate) bands: Vec<Tier>,
    pub(crate) hysteresis_points: Option<f64>,
    pub(crate) dwell_hours: Option<u32>,
}

/// A tier.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Tier {
    pub(crate) name: String,
    pub(crate) from: f64,
    pub(crate) alert: Option<String>,
    pub(crate) place: Option<Place>,
}

/// Whom an alert is for, what to do, and by when; also `[alerts]`.
#[derive(Clone, PartialEq, Debug, Default)]
pub(crate) struct Policy {
    pub(crate) owner_role: Option<String>,
    pub(crate) playbook: Option<String>,
    pub(crate) due_days: Option<u32>,
}

/// A line of `[monotone]`.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Promise {
    pub(crate) feature: String,
    /// `up` or `down`.
    pub(crate) direction: String,
    pub(crate) place: Option<Place>,
}
