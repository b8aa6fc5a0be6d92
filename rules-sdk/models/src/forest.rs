//! The trees of a model in whole numbers.
//!
//! ```text
//! value of a leaf    its own; of a split the mean of the leaves under it, each as often as rows of
//!                    the training ended there: the margin expected of an account that came so far
//! in whole numbers   nearest(value × 2^shift)
//! step               value of where it leads − value of where it stands, for the split's feature
//! margin             values of all roots + all steps taken = sum of the leaves, whatever the
//!                    order of summing
//! ```
//! So steps of a feature say what it did to the margin (A. Saabas, "Interpreting random forests",
//! 2014), and they add up without a rest. Rounding a leaf moves a margin by half of 2^−shift at
//! most; a shift with steps of 32 bits is taken where that is little, else one of 64.

use crate::limits::PROBABILITY_ERROR_MAX;
use crate::{Child, Model, Test, Tree};

/// Bits that sums of whole numbers stay within, those of some of the steps too.
const SUM_BITS: i32 = 60;
/// Greatest shift: a finer one than numbers of the file have.
const SHIFT_MAX: i32 = 44;

/// All trees.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Forest {
    /// Those with splits.
    pub(crate) trees: Vec<Vec<Split>>,
    /// Values of all roots.
    pub(crate) base: i64,
    /// How often a number was doubled before it was rounded.
    pub(crate) shift: i32,
    /// Whether steps need more than 32 bits.
    pub(crate) is_wide: bool,
    /// Splits that a row meets at most.
    pub(crate) steps_max: u64,
    /// How far a probability is from that of the file's numbers at most.
    pub(crate) probability_error: f64,
}

/// A split; in a tree those follow each other so that each stands before what it leads to.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Split {
    /// Index of the feature in the rule.
    pub(crate) feature: usize,
    pub(crate) test: Test,
    pub(crate) left: Step,
    pub(crate) right: Step,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Step {
    pub(crate) amount: i64,
    /// Index of the next split of the tree; `None` at its end.
    pub(crate) to: Option<usize>,
}

impl Forest {
    /// The trees of a model, whose columns are these features of the rule; `None` where the numbers
    /// are too far apart to be held well enough. All columns of splits are features.
    pub(crate) fn new(model: &Model, features: &[Option<usize>]) -> Option<Self> {
        let greatest = |tree: &Tree| {
            let values = tree.leaves.iter().map(|leaf| leaf.value.abs());
            values.fold(0.0, f64::max)
        };
        // A step is twice a value at most, and all of a row's may belong to one feature.
        let moved = |tree: &Tree| {
            let steps = u32::try_from(deepest(&order(tree))).unwrap_or(u32::MAX);
            greatest(tree) * (1.0 + 2.0 * f64::from(steps))
        };
        let all: f64 = model.trees.iter().map(moved).sum();
        let one = model.trees.iter().map(greatest).fold(0.0, f64::max);
        // Of 32 bits one is the sign, and a step may be twice a value.
        let narrow = (29 - exponent(one)).min(SHIFT_MAX);
        let wide = (SUM_BITS - exponent(all)).min(SHIFT_MAX);
        let error = |shift: i32| {
            let trees = model.trees.iter().map(|_| 1.0).sum::<f64>();
            trees * two_to(-shift - 1) * model.sigmoid / 4.0
        };
        let shift = if error(narrow) <= PROBABILITY_ERROR_MAX {
            narrow
        } else {
            wide
        };
        if error(shift) > PROBABILITY_ERROR_MAX {
            return None;
        }
        let mut forest = Self {
            trees: Vec::new(),
            base: 0,
            shift,
            is_wide: shift > narrow,
            steps_max: 0,
            probability_error: error(shift),
        };
        for tree in &model.trees {
            forest.add(tree, features)?;
        }
        Some(forest)
    }

    fn add(&mut self, tree: &Tree, features: &[Option<usize>]) -> Option<()> {
        let order = order(tree);
        let mut place = vec![0; tree.nodes.len()];
        for (at, (node, _)) in order.iter().enumerate() {
            *place.get_mut(*node)? = at;
        }
        self.steps_max += deepest(&order);
        let means = means(tree, &order);
        let value = |child: Child| {
            let mean = match child {
                Child::Leaf(at) => tree.leaves.get(at).map(|leaf| leaf.value),
                Child::Node(at) => means.get(at).copied(),
            };
            Some(whole(mean? * two_to(self.shift)))
        };
        let root = if tree.nodes.is_empty() {
            Child::Leaf(0)
        } else {
            Child::Node(0)
        };
        self.base += value(root)?;
        let mut splits = Vec::with_capacity(order.len());
        for (node, _) in &order {
            let here = value(Child::Node(*node))?;
            let step = |child: Child| {
                let to = match child {
                    Child::Node(at) => Some(*place.get(at)?),
                    Child::Leaf(_) => None,
                };
                let amount = value(child)? - here;
                Some(Step { amount, to })
            };
            let found = tree.nodes.get(*node)?;
            splits.push(Split {
                feature: (*features.get(found.column)?)?,
                test: found.test.clone(),
                left: step(found.left)?,
                right: step(found.right)?,
            });
        }
        if !splits.is_empty() {
            self.trees.push(splits);
        }
        Some(())
    }

    /// Number of splits.
    pub(crate) fn splits(&self) -> usize {
        self.trees.iter().map(Vec::len).sum()
    }

    /// What a whole number is of the margin.
    pub(crate) fn unit(&self) -> f64 {
        two_to(-self.shift)
    }
}

/// Splits of a tree, each before what it leads to, with how many a row has met then.
fn order(tree: &Tree) -> Vec<(usize, u64)> {
    let mut order = Vec::with_capacity(tree.nodes.len());
    let mut open: Vec<(usize, u64)> = tree.nodes.first().map(|_| (0, 1)).into_iter().collect();
    while let Some((at, depth)) = open.pop() {
        order.push((at, depth));
        let node = tree.nodes.get(at);
        for child in node.into_iter().flat_map(|node| [node.right, node.left]) {
            if let Child::Node(next) = child {
                open.push((next, depth + 1));
            }
        }
    }
    order
}

/// Splits that a row meets at most in a tree with this order.
fn deepest(order: &[(usize, u64)]) -> u64 {
    order.iter().map(|(_, depth)| *depth).max().unwrap_or(0)
}

/// The value of each split.
fn means(tree: &Tree, order: &[(usize, u64)]) -> Vec<f64> {
    // Of the leaves under each split: rows, rows × value, leaves, values.
    let mut sums = vec![[0.0; 4]; tree.nodes.len()];
    for (at, _) in order.iter().rev() {
        let Some(node) = tree.nodes.get(*at) else {
            continue;
        };
        let mut sum = [0.0; 4];
        for child in [node.left, node.right] {
            let of_child = match child {
                Child::Node(next) => sums.get(next).copied(),
                Child::Leaf(leaf) => tree.leaves.get(leaf).map(|leaf| {
                    let rows = f64::from(leaf.count);
                    [rows, rows * leaf.value, 1.0, leaf.value]
                }),
            };
            for (sum, more) in sum.iter_mut().zip(of_child.unwrap_or_default()) {
                *sum += more;
            }
        }
        if let Some(place) = sums.get_mut(*at) {
            *place = sum;
        }
    }
    let mean = |[rows, of_rows, leaves, of_leaves]: [f64; 4]| {
        if rows > 0.0 {
            of_rows / rows
        } else {
            of_leaves / leaves
        }
    };
    sums.into_iter().map(mean).collect()
}

/// The least whole e with `value` below 2^e; far below 0 for 0.
fn exponent(value: f64) -> i32 {
    let mut e = -64;
    while e < 64 && two_to(e) <= value {
        e += 1;
    }
    e
}

fn two_to(exponent: i32) -> f64 {
    2.0_f64.powi(exponent)
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "values are at most 2^60 by the choice of the shift"
)]
fn whole(value: f64) -> i64 {
    value.round_ties_even() as i64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Leaf, Missing, Node};

    /// Splits that each lead to a leaf and to the next, from values far apart to others as far.
    #[test]
    fn steps_the_same_way_stay_within_the_bits_of_a_sum() {
        const SPLITS: usize = 30;
        let leaf = |at: usize| Leaf {
            value: if at.is_multiple_of(2) {
                1_000.0
            } else {
                -1_000.0
            },
            count: 1 << (SPLITS - at),
        };
        let node = |at: usize| Node {
            column: at % 2,
            test: Test::AtMost {
                threshold: 0.0,
                missing: Missing::AsZero,
            },
            left: Child::Leaf(at),
            right: if at + 1 < SPLITS {
                Child::Node(at + 1)
            } else {
                Child::Leaf(SPLITS)
            },
        };
        let tree = Tree {
            line: 1,
            nodes: (0..SPLITS).map(node).collect(),
            leaves: (0..=SPLITS).map(leaf).collect(),
        };
        let model = Model {
            columns: vec!["a".to_owned(), "b".to_owned()],
            sigmoid: 1.0,
            trees: vec![tree; 40],
        };
        let forest = Forest::new(&model, &[Some(0), Some(1)]).unwrap();
        assert!(forest.is_wide);
        let splits = forest.trees.iter().flatten();
        let steps: u128 = splits
            .map(|split| u128::from(split.right.amount.unsigned_abs()))
            .sum();
        let sum = steps + u128::from(forest.base.unsigned_abs());
        assert!(sum < 1 << SUM_BITS, "{sum}");
    }
}
