//! The manifest: what a module is, without running it.

use serde::{Deserialize, Serialize};

use crate::{Direction, MANIFEST_BYTES_MAX, Severity};

mod check;

/// Contents of the custom section `puls.manifest`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// `puls/1`.
    pub abi: String,
    /// Name of the rule: `[a-z0-9._-]{1,64}`.
    pub name: String,
    /// Version, a free word such as `1.2.0`.
    pub version: String,
    /// What the rule is about, in a sentence.
    #[serde(default)]
    pub title: String,
    /// Numbers that a tenant may set without another module.
    #[serde(default)]
    pub parameters: Vec<Parameter>,
    /// Features read, in the order of the columns.
    pub features: Vec<FeatureUse>,
    /// Groups of parts, in the order in which people read them.
    #[serde(default)]
    pub measures: Vec<Measure>,
    /// Lines of the score, in the order of the columns.
    #[serde(default)]
    pub parts: Vec<Part>,
    /// Reasons; a part's reason column holds the index plus 1.
    #[serde(default)]
    pub reasons: Vec<ReasonText>,
    /// Exceptions, one bit each.
    #[serde(default)]
    pub exceptions: Vec<Exception>,
    /// Triggers, one bit each.
    #[serde(default)]
    pub triggers: Vec<Trigger>,
    /// Bands of the score.
    pub tiers: Tiers,
    /// Ten-thousandths of coverage below which the tier is `unknown`.
    #[serde(default)]
    pub coverage_min: u16,
    /// What alerts say.
    #[serde(default)]
    pub alerts: AlertPolicy,
    /// Digest of the source, 64 hexadecimal digits, or empty.
    #[serde(default)]
    pub source: String,
    /// What the rule promises of its score; the test kit holds it to that.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub monotone: Vec<Monotone>,
}

/// A promise: the score never falls while a feature moves one way and all else stays (what is
/// missing, the variant, and a person's override too).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Monotone {
    /// Name of a feature that the rule reads and that is a number.
    pub feature: String,
    /// The way that is good for the score.
    pub direction: Direction,
}

/// A number that a tenant may set.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parameter {
    /// Name, unique in the manifest.
    pub name: String,
    /// Value where the tenant sets none.
    pub default: f64,
    /// Least value.
    pub min: f64,
    /// Greatest value.
    pub max: f64,
}

/// A feature that the rule reads.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeatureUse {
    /// Name in the catalogue, or `custom.<name>`.
    pub name: String,
    /// For a text feature: the values that codes 0, 1, 2 … mean; any other value is −1.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<String>,
    /// For a feature that counts days since or until something: values at whose passing the
    /// account is evaluated, to the millisecond.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub wake: Vec<f64>,
}

/// A named group of parts.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Measure {
    /// Name, unique in the manifest.
    pub name: String,
    /// Heading that people see.
    #[serde(default)]
    pub title: String,
    /// Nominal weight.
    #[serde(default)]
    pub weight: f64,
}

/// One line of the score.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// Name, unique in the manifest.
    pub name: String,
    /// Name of its measure.
    pub measure: String,
    /// Names of the features behind it.
    #[serde(default)]
    pub features: Vec<String>,
    /// Points below which the part costs the customer something; 100 by default.
    #[serde(default = "baseline_default")]
    pub baseline: f64,
}

const fn baseline_default() -> f64 {
    100.0
}

/// A reason in plain words.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReasonText {
    /// Code, unique in the manifest.
    pub code: String,
    /// The sentence; `{feature.name}` stands for the feature's value.
    pub text: String,
}

/// Something that forces the score or that somebody must know.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exception {
    /// Name, unique in the manifest; not `tier`.
    pub name: String,
    /// The sentence; `{feature.name}` stands for the feature's value.
    pub text: String,
    /// Whether it opens an alert of its own.
    #[serde(default)]
    pub alert: bool,
    /// How much the alert matters.
    #[serde(default)]
    pub severity: Severity,
    /// Whom the alert is for.
    #[serde(default)]
    pub owner_role: String,
    /// What to do.
    #[serde(default)]
    pub playbook: String,
    /// Days until it should be done; 0 for none.
    #[serde(default)]
    pub due_days: u32,
}

/// Something that the rule asks to be done.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trigger {
    /// Name, unique in the manifest.
    pub name: String,
    /// The sentence; `{feature.name}` stands for the feature's value.
    #[serde(default)]
    pub text: String,
    /// What to do.
    #[serde(default)]
    pub playbook: String,
    /// Whom it is for; several may be named.
    #[serde(default)]
    pub owner_roles: Vec<String>,
    /// Days until it should be done; 0 for none.
    #[serde(default)]
    pub due_days: u32,
    /// Hours before it may fire again for the account, at least 1.
    #[serde(default = "cooldown_default")]
    pub cooldown_hours: u32,
}

const fn cooldown_default() -> u32 {
    24 * 30
}

/// Bands of the score and how an account moves between them.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tiers {
    /// The bands from the highest down; the last begins at 0.
    pub bands: Vec<Tier>,
    /// Points that a score must be beyond the border of the present tier before it leaves it.
    #[serde(default)]
    pub hysteresis_points: f64,
    /// Hours that another tier must have been met before the account moves to it; 0 for at once.
    #[serde(default)]
    pub dwell_hours: u32,
}

/// A band of scores.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tier {
    /// Name: `healthy`, `watch`, `at_risk`, `critical` or the author's own; not `unknown`.
    pub name: String,
    /// The least score of the band, 0 to 100.
    pub from: f64,
    /// How much an alert about this tier matters; `None` opens no alert.
    #[serde(default)]
    pub alert: Option<Severity>,
}

/// What tier alerts say.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AlertPolicy {
    /// Whom tier alerts are for.
    #[serde(default)]
    pub owner_role: String,
    /// What to do.
    #[serde(default)]
    pub playbook: String,
    /// Days until it should be done; 0 for none.
    #[serde(default)]
    pub due_days: u32,
}

impl Manifest {
    /// Reads the bytes of the section and checks everything that can be checked without the
    /// module and without a feature catalogue.
    ///
    /// # Errors
    /// Names all problems at once.
    pub fn parse(bytes: &[u8]) -> Result<Self, ManifestError> {
        if bytes.len() > MANIFEST_BYTES_MAX {
            let found = bytes.len();
            return Err(ManifestError(format!(
                "the manifest has {found} bytes; the limit is {MANIFEST_BYTES_MAX}"
            )));
        }
        let manifest: Self = serde_json::from_slice(bytes)
            .map_err(|error| ManifestError(format!("the manifest is not of its form: {error}")))?;
        let problems = check::problems(&manifest);
        if problems.is_empty() {
            Ok(manifest)
        } else {
            Err(ManifestError(problems.join("; ")))
        }
    }

    /// Column of a feature.
    #[must_use]
    pub fn feature_index(&self, name: &str) -> Option<usize> {
        self.features.iter().position(|used| used.name == name)
    }

    /// Index of the measure that a part belongs to.
    #[must_use]
    pub fn part_measure_index(&self, part: usize) -> Option<usize> {
        let name = &self.parts.get(part)?.measure;
        self.measures.iter().position(|found| found.name == *name)
    }

    /// The reason that a part's reason column means, if it means one.
    #[must_use]
    pub fn reason(&self, reason: u16) -> Option<&ReasonText> {
        self.reasons.get(usize::from(reason).checked_sub(1)?)
    }
}

/// What is wrong with a manifest: all of it, separated by `; `.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ManifestError(pub String);

impl std::fmt::Display for ManifestError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ManifestError {}
