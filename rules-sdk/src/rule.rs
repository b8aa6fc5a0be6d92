//! A rule as one constant.

use puls_wire::{
    EXCEPTIONS_MAX, FEATURES_MAX, Layout, MEASURES_MAX, PARAMETERS_MAX, PARTS_MAX, REASONS_MAX,
    TRIGGERS_MAX,
};

use crate::guest::BLOCK_BYTES;
use crate::{
    Alerts, Exception, Feature, Measure, Named, Parameter, Part, Reason, Row, Score, Severity,
    Tier, Trigger,
};

/// The tiers of a rule that names none.
const TIERS: &[Tier] = &[
    Tier::new("healthy", 75.0),
    Tier::new("watch", 55.0),
    Tier::new("at_risk", 35.0).alert(Severity::Warning),
    Tier::new("critical", 0.0).alert(Severity::Critical),
];

/// A rule: what it is called, what it reads and says, and its function.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// Name: 1 to 64 of `a-z 0-9 . _ -`.
    pub name: &'static str,
    /// Version, a word such as `1.2.0`.
    pub version: &'static str,
    /// What it is about, in a sentence.
    pub title: &'static str,
    /// Features read.
    pub features: &'static [Named<Feature>],
    /// Numbers that a tenant may set.
    pub parameters: &'static [Named<Parameter>],
    /// Groups of parts, in the order in which people read them.
    pub measures: &'static [Named<Measure>],
    /// Lines of the score.
    pub parts: &'static [Named<Part>],
    /// Reasons beside the parts' own.
    pub reasons: &'static [Named<Reason>],
    /// Exceptions.
    pub exceptions: &'static [Named<Exception>],
    /// Triggers.
    pub triggers: &'static [Named<Trigger>],
    /// Bands of the score, from the highest down; the last begins at 0.
    pub tiers: &'static [Tier],
    /// Points that a score must be beyond the border of the present tier before it leaves it.
    pub hysteresis_points: f64,
    /// Hours that another tier must have been met before the account moves to it.
    pub dwell_hours: u32,
    /// Ten-thousandths of coverage below which the tier is `unknown`.
    pub coverage_min: u16,
    /// What tier alerts say.
    pub alerts: Alerts,
    /// The rule itself: sees one account's features, says its score.
    pub evaluate: fn(&Row<'_>, &mut Score),
}

impl Rule {
    /// A rule that declares nothing yet, with the four usual tiers, for `..Rule::new(…)`.
    #[must_use]
    pub const fn new(
        name: &'static str,
        version: &'static str,
        evaluate: fn(&Row<'_>, &mut Score),
    ) -> Self {
        Self {
            name,
            version,
            title: "",
            features: &[],
            parameters: &[],
            measures: &[],
            parts: &[],
            reasons: &[],
            exceptions: &[],
            triggers: &[],
            tiers: TIERS,
            hysteresis_points: 2.0,
            dwell_hours: 24,
            coverage_min: 4_000,
            alerts: Alerts::new("", "", 0),
            evaluate,
        }
    }

    /// Size of the module's arena in blocks of 64 bytes.
    ///
    /// # Panics
    /// While compiling, where a list is longer than the ABI allows.
    #[must_use]
    pub const fn arena_blocks(&self) -> usize {
        self.check();
        self.layout().bytes as usize / BLOCK_BYTES
    }

    /// Where everything lies in the arena.
    pub(crate) const fn layout(&self) -> Layout {
        Layout::new(self.features.len(), self.parts.len(), self.parameters.len())
    }

    /// Stops the compiler where a list is longer than the ABI allows.
    pub(crate) const fn check(&self) {
        assert!(
            self.features.len() <= FEATURES_MAX,
            "a rule reads at most 128 features"
        );
        assert!(
            self.parameters.len() <= PARAMETERS_MAX,
            "a rule has at most 64 parameters"
        );
        assert!(
            self.measures.len() <= MEASURES_MAX,
            "a rule has at most 32 measures"
        );
        assert!(
            self.parts.len() <= PARTS_MAX,
            "a rule has at most 128 parts"
        );
        assert!(
            self.parts.len() + self.reasons.len() <= REASONS_MAX,
            "a rule has at most 256 reasons, its parts' own among them"
        );
        assert!(
            self.exceptions.len() <= EXCEPTIONS_MAX,
            "a rule has at most 64 exceptions"
        );
        assert!(
            self.triggers.len() <= TRIGGERS_MAX,
            "a rule has at most 64 triggers"
        );
        let mut measures = self.measures;
        while let Some((measure, others)) = measures.split_first() {
            check_weight(measure.item.weight);
            measures = others;
        }
        let mut parts = self.parts;
        while let Some((part, others)) = parts.split_first() {
            check_weight(part.item.weight);
            assert!(
                part.item.measure.index() < self.measures.len(),
                "a part names a measure of another rule"
            );
            parts = others;
        }
    }
}

/// Keeps products and quotients of weights far from where numbers end.
const fn check_weight(weight: f64) {
    assert!(
        weight == 0.0 || (weight >= 1e-6 && weight <= 1e6),
        "a weight is 0, or between 0.000001 and 1,000,000"
    );
}
