//! Limits of what is read, each with its reason. What a module may be is the engine's to say.

/// Longest model file, in bytes. A thousand trees of 31 leaves have four megabytes; what does not
/// fit into a module is refused anyway.
pub const MODEL_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Trees of a model. A module of a megabyte has room for 37,000 splits, a tree has one or more.
pub const TREES_MAX: usize = 20_000;
/// Splits of all trees: seven times those of a module of a megabyte. Each may have its own set.
pub const SPLITS_MAX: usize = 250_000;
/// Lines of the head and of each tree. LightGBM writes some twenty, and each is looked for by name.
pub const BLOCK_LINES_MAX: usize = 100;
/// Leaves of one tree. LightGBM's default is 31; more than this learns accounts by heart.
pub const LEAVES_MAX: usize = 4_096;
/// Columns of a model, used or not. Rules read up to 128 features, a wide table has a few thousand.
pub const COLUMNS_MAX: usize = 10_000;
/// Greatest category number plus 1: text features list 256 values, whole numbers go further.
pub const CATEGORIES_MAX: usize = 4_096;
/// Greatest amount of one leaf, in log-odds. LightGBM itself bounds a leaf to 100; beyond some 40
/// a probability is 0 or 1.
pub const LEAF_VALUE_MAX: f64 = 1_000.0;
/// Greatest `sigmoid` parameter, and one divided by the least. The default is 1.
pub const SIGMOID_MAX: f64 = 1_000.0;
/// How far a probability may be from the one that LightGBM computes: a ten-thousandth of a point
/// of the score.
pub const PROBABILITY_ERROR_MAX: f64 = 1e-6;
/// Longest map, in bytes: a few hundred bytes for each of 127 columns.
pub const MAP_BYTES_MAX: usize = 1024 * 1024;
/// Longest additive model, in bytes.
pub const ADDITIVE_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Steps of one feature of an additive model: as many as a scale of a card may have.
pub const STEPS_MAX: usize = 64;
