//! What crosses the border between Puls and a rule, defined once for both sides.
//!
//! [`Layout`] is the arena of the ABI `puls/1`: a header, one column of numbers per feature in,
//! one column per answer out, all with a stride of [`ROWS_MAX`] rows. [`Verdict`] is one row of
//! answers. `Manifest` (feature `manifest`) describes a module without running it.
//! Nothing here calls a module, and nothing here knows an account.

mod direction;
mod layout;
#[cfg(feature = "manifest")]
mod manifest;
mod names;
#[cfg(feature = "manifest")]
mod package;
mod severity;
#[cfg(feature = "manifest")]
mod texts;
mod verdict;

pub use direction::Direction;
pub use layout::{ALIGNMENT, Header, Layout, ROWS_MAX};
#[cfg(feature = "manifest")]
pub use manifest::{
    AlertPolicy, Exception, FeatureUse, Manifest, ManifestError, Measure, Monotone, Parameter,
    Part, ReasonText, Tier, Tiers, Trigger,
};
pub use names::{NO_TIERS, is_name, is_text};
#[cfg(feature = "manifest")]
pub use package::{CARD_SECTION, CASES_SECTION, TEXTS_SECTION, section, with_section};
pub use severity::Severity;
#[cfg(feature = "manifest")]
pub use texts::{TextProblem, Texts, TextsError, Translation, is_language, places};
pub use verdict::{
    POINTS_NONE, PartVerdict, REASON_NONE, Rows, SCORE_MAX, Status, Verdict, WEIGHT_UNIT,
};

/// Name of the custom section that holds the manifest.
pub const MANIFEST_SECTION: &str = "puls.manifest";
/// The ABI that this crate describes.
pub const ABI: &str = "puls/1";
/// Most features a module may read.
pub const FEATURES_MAX: usize = 128;
/// Most parts a module may have, those of all variants together.
pub const PARTS_MAX: usize = 128;
/// Most measures, those of all variants together.
pub const MEASURES_MAX: usize = 32;
/// Most exceptions: one bit each in a `u64`.
pub const EXCEPTIONS_MAX: usize = 64;
/// Most triggers: one bit each in a `u64`.
pub const TRIGGERS_MAX: usize = 64;
/// Most parameters.
pub const PARAMETERS_MAX: usize = 64;
/// Most reasons: one for each part and as many others.
pub const REASONS_MAX: usize = 256;
/// Most tiers: more than people can tell apart.
pub const TIERS_MAX: usize = 16;
/// Most values that a text feature lists.
pub const VALUES_MAX: usize = 256;
/// Most moments at which one feature wakes an account; each is a timer.
pub const WAKES_MAX: usize = 16;
/// Longest name of anything in a manifest, in bytes.
pub const NAME_BYTES_MAX: usize = 64;
/// Longest sentence in a manifest, in bytes.
pub const TEXT_BYTES_MAX: usize = 500;
/// Longest due date and dwell, in days: a year.
pub const DUE_DAYS_MAX: u32 = 366;
/// Longest section of texts in other languages, in bytes: as long as a manifest.
pub const TEXTS_BYTES_MAX: usize = 64 * 1024;
/// Most languages that a rule's texts are in.
pub const LANGUAGES_MAX: usize = 16;
/// Longest manifest in bytes.
pub const MANIFEST_BYTES_MAX: usize = 64 * 1024;
