//! What a scorecard means, with every name resolved and every number checked.
//!
//! The arithmetic is that of the SDK's `Score`, so that a card and a rule in Rust that say the same
//! answer the same, to the bit:
//! ```text
//! variant    the first whose condition holds; its measures take the place of those they replace.
//!            A factor of a measure that is not in force applies not: no points, no reason.
//! points     line: (value − zero_at) / (hundred_at − zero_at) × 100, within 0 and 100 (−0 is 0)
//!            bands: the points of the first band with value ≤ up_to, else those above
//!            texts: the points of the text's code, else those of any other
//! counts     a factor counts if it has points, or a substitute for them (neutral 50, worst 0)
//! per measure in force, sums over its factors in their order:
//!            nominal = Σ weight; covered = Σ weight with data; counted = Σ weight that counts
//! coverage   nearest(10,000 × Σ W × covered / nominal ÷ Σ W), over measures with nominal > 0,
//!            each term as W × covered / nominal from left to right, then divided, then × 10,000
//! total      Σ W over measures with counted > 0
//! scale      of a measure with counted > 0: W × 10,000 / (total × counted)
//! running    += (weight × scale) × points, over all counting factors in the card's order
//! contribution  nearest(running) − nearest(running before)
//! weight     nearest(weight × scale); points: nearest(points × 100)
//! reason     the factor's own, where it counts
//! nearest    to a whole number, ties to even
//! score      Σ contributions; floor: the highest of the floors that hold; then cap: the lowest of
//!            the caps that hold; adjust is what they change. Where total is 0: the lowest cap,
//!            else the highest floor, else no score. Caps and floors are in whole ten-thousandths.
//! population first: where it does not hold, nothing applies, nothing is raised or triggered
//! ```
//! Missing is NaN. A comparison with a missing side is missing; `and`, `or` and `not` are
//! three-valued (Kleene); a condition that ends missing does not hold. x / 0 is missing, and so is
//! a result that is not finite. No intermediate −0 can be seen: it compares like 0.

use puls_wire::{AlertPolicy, FeatureUse, Monotone, Parameter, Severity, Tiers};

/// A whole card.
#[derive(Clone, PartialEq, Debug)]
pub struct Card {
    /// Name of the rule.
    pub name: String,
    /// Version, a free word.
    pub version: String,
    /// What it is about, in a sentence.
    pub title: String,
    /// Numbers that a tenant may set without another card.
    pub parameters: Vec<Parameter>,
    /// Features read, in the order of the columns: in order of first mention. Texts carry the
    /// values that the card names; days-since and days-until features the values at whose passing
    /// the account is evaluated (the card's thresholds on them).
    pub features: Vec<FeatureUse>,
    /// Numbers made of others. One may use those before it.
    pub derived: Vec<Derived>,
    /// Where it does not hold, the account is not scored. `None`: everybody belongs.
    pub population: Option<Condition>,
    /// Who gets other measures; the first that holds counts.
    pub variants: Vec<Variant>,
    /// Measures of the card itself, then those of its variants, in file order. Factors of all of
    /// them in this order are the parts of the manifest.
    pub measures: Vec<Measure>,
    /// At most 64.
    pub exceptions: Vec<Exception>,
    /// At most 64.
    pub triggers: Vec<Trigger>,
    /// Bands, hysteresis and dwell.
    pub tiers: Tiers,
    /// Ten-thousandths of coverage below which the tier is `unknown`.
    pub coverage_min: u16,
    /// What tier alerts say.
    pub alerts: AlertPolicy,
    /// Digest of the source, 64 hexadecimal digits.
    pub source: String,
    /// What the card promises of its score.
    pub monotone: Vec<Monotone>,
}

/// A number with a name.
#[derive(Clone, PartialEq, Debug)]
pub struct Derived {
    /// Its name, `family.name` as that of a feature.
    pub name: String,
    /// Its unit.
    pub unit: String,
    /// How it is computed.
    pub value: Number,
}

/// Who gets other measures.
#[derive(Clone, PartialEq, Debug)]
pub struct Variant {
    /// Its name.
    pub name: String,
    /// Whether an account is of it.
    pub when: Condition,
}

/// A named group of factors.
#[derive(Clone, PartialEq, Debug)]
pub struct Measure {
    /// Unique in the card: that of a variant is `<variant>.<name>`.
    pub name: String,
    /// Heading.
    pub title: String,
    /// Nominal weight, finite and at least 0.
    pub weight: f64,
    /// Index of its variant; `None` for one of the card itself.
    pub variant: Option<usize>,
    /// For one of a variant: index in [`Card::measures`] of the one whose place it takes.
    pub replaces: Option<usize>,
    /// Its lines.
    pub factors: Vec<Factor>,
}

/// One line of the score.
#[derive(Clone, PartialEq, Debug)]
pub struct Factor {
    /// Unique in the card: that of a variant is `<variant>.<name>`.
    pub name: String,
    /// Nominal weight within its measure, finite and at least 0.
    pub weight: f64,
    /// What is turned into points. For [`Scale::Texts`] it is [`Number::Feature`] of a text.
    pub value: Number,
    /// How.
    pub scale: Scale,
    /// Days after which the data are too old: the age and its limit. Older, or of unknown age,
    /// is missing.
    pub valid_for: Option<(Number, f64)>,
    /// What stands for missing points.
    pub missing: Missing,
    /// Points below which it costs the customer something, 0 to 100.
    pub baseline: f64,
    /// The sentence; `{feature.name}` stands for a feature's value.
    pub reason: String,
}

/// From a value to points.
#[derive(Clone, PartialEq, Debug)]
pub enum Scale {
    /// Straight between two values.
    Line(Line),
    /// Steps: upper edges from the lowest, each with its points, and the points above the last.
    Bands {
        /// In order of strictly rising edges; may be empty.
        up_to: Vec<Band>,
        /// Points above the last edge.
        above: f64,
    },
    /// A table of texts.
    Texts {
        /// Code of a text in the feature's value list, and points.
        points: Vec<(u16, f64)>,
        /// Points of any other text; `None` makes it missing.
        otherwise: Option<f64>,
    },
}

/// 0 points at one value, 100 at another; they differ.
#[derive(Clone, PartialEq, Debug)]
pub struct Line {
    /// Where the points are 0.
    pub zero_at: Number,
    /// Where they are 100.
    pub hundred_at: Number,
}

/// A step of a scale.
#[derive(Clone, PartialEq, Debug)]
pub struct Band {
    /// The greatest value that belongs to it: a literal or a parameter.
    pub up_to: Number,
    /// Points of values in it, 0 to 100.
    pub points: f64,
}

/// What stands for the points of missing data.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Missing {
    /// Nothing: the weight goes to the others.
    Exclude,
    /// 50 points.
    Neutral,
    /// 0 points.
    Worst,
}

/// Something that forces the score, or that somebody must know.
#[derive(Clone, PartialEq, Debug)]
pub struct Exception {
    /// Its name.
    pub name: String,
    /// Whether it holds.
    pub when: Condition,
    /// What it does to the score.
    pub force: Option<Force>,
    /// The sentence.
    pub reason: String,
    /// How much its alert matters; `None` opens none.
    pub alert: Option<Severity>,
    /// Whom the alert is for, what to do, and by when.
    pub policy: AlertPolicy,
}

/// What an exception does to the score, in points from 0 to 100.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Force {
    /// Not above this.
    Cap(f64),
    /// Not below this.
    Floor(f64),
}

/// Something that should be done.
#[derive(Clone, PartialEq, Debug)]
pub struct Trigger {
    /// Its name.
    pub name: String,
    /// Whether it is asked for.
    pub when: Condition,
    /// The sentence.
    pub text: String,
    /// What to do.
    pub playbook: String,
    /// Whom it is for.
    pub owner_roles: Vec<String>,
    /// Days until it should be done; 0 for none.
    pub due_days: u32,
    /// Hours before it may fire again.
    pub cooldown_hours: u32,
}

/// A number: NaN where it is missing.
#[derive(Clone, PartialEq, Debug)]
pub enum Number {
    /// Finite.
    Literal(f64),
    /// Column of [`Card::features`].
    Feature(usize),
    /// Index in [`Card::parameters`].
    Parameter(usize),
    /// Index in [`Card::derived`].
    Derived(usize),
    /// The score of this evaluation in points, before exceptions; missing where there is none. In
    /// triggers only.
    ScoreNow,
    /// The other sign.
    Negative(Box<Self>),
    /// Two numbers.
    Arithmetic(Arithmetic, Box<(Self, Self)>),
}

/// What is done with two numbers. A result that is not finite is missing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Arithmetic {
    /// Sum.
    Add,
    /// Difference.
    Subtract,
    /// Product.
    Multiply,
    /// Quotient; by 0 it is missing.
    Divide,
}

/// Holds, does not hold, or is missing.
#[derive(Clone, PartialEq, Debug)]
pub enum Condition {
    /// `true` or `false`.
    Literal(bool),
    /// Two numbers compared.
    Compare(Comparison, Box<(Number, Number)>),
    /// Whether a text is one of some.
    Text(Texts),
    /// Whether a number is one of some literals.
    In(Box<Number>, Vec<f64>),
    /// Whether a number is there; never missing.
    Has(Number),
    /// All hold.
    And(Box<(Self, Self)>),
    /// One holds.
    Or(Box<(Self, Self)>),
    /// It does not hold.
    Not(Box<Self>),
}

/// How two numbers compare.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Comparison {
    /// =
    Equal,
    /// ≠
    NotEqual,
    /// <
    Less,
    /// ≤
    LessOrEqual,
    /// >
    Greater,
    /// ≥
    GreaterOrEqual,
}

impl Comparison {
    /// What holds of two numbers where this does not.
    #[must_use]
    pub const fn opposite(self) -> Self {
        match self {
            Self::Equal => Self::NotEqual,
            Self::NotEqual => Self::Equal,
            Self::Less => Self::GreaterOrEqual,
            Self::LessOrEqual => Self::Greater,
            Self::Greater => Self::LessOrEqual,
            Self::GreaterOrEqual => Self::Less,
        }
    }
}

/// A text compared with texts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Texts {
    /// Column of the feature.
    pub feature: usize,
    /// Codes of the texts in its value list.
    pub codes: Vec<u16>,
    /// Whether none of them is asked for.
    pub negated: bool,
}
