//! One tree of a model file.

use super::{Block, Child, Leaf, Line, Missing, Node, Test, Tree};
use crate::limits::{CATEGORIES_MAX, LEAF_VALUE_MAX, LEAVES_MAX};
use crate::problem::Report;

/// Bits of a `decision_type`.
const CATEGORICAL: u8 = 1;
const MISSING_LEFT: u8 = 2;
/// What missing is: 0 nothing, 1 zero, 2 no number.
const MISSING_KIND_AT: u8 = 2;
const KNOWN_BITS: u8 = 0b1111;

/// The tree of a block, if all of it can be read.
pub(super) fn tree(
    index: usize,
    lines: &[Line<'_>],
    columns: usize,
    report: &mut Report,
) -> Option<Tree> {
    let block = Block::new(lines, format!("tree {index}"));
    let head = block.find("Tree")?;
    report.check(head.value.trim() == index.to_string(), head.number, || {
        let found = crate::names::shown(head.value);
        format!("expected `Tree={index}`, found Tree={found}; trees stand in order")
    });
    if let Some(line) = block.find("is_linear") {
        let plain = report.check(line.value.trim() == "0", line.number, || {
            format!(
                "expected plain leaves, found linear ones in tree {index}; train with \
                 linear_tree=false"
            )
        });
        if !plain {
            return None;
        }
    }
    let most = i64::try_from(LEAVES_MAX).unwrap_or(i64::MAX);
    let count = block.number("num_leaves", (1, most), report)?;
    let count = usize::try_from(count).ok()?;
    let values: Option<Vec<f64>> = block.numbers(("leaf_value", count, "a number"), report);
    let values = values?;
    let value_line = block.find("leaf_value")?.number;
    for value in &values {
        report.check(value.abs() <= LEAF_VALUE_MAX, value_line, || {
            format!(
                "expected leaves of tree {index} between −{LEAF_VALUE_MAX} and {LEAF_VALUE_MAX}, \
                 found {value}"
            )
        });
    }
    let one = |value: f64| Leaf { value, count: 1 };
    if count == 1 {
        return Some(Tree {
            line: head.number,
            nodes: Vec::new(),
            leaves: values.into_iter().map(one).collect(),
        });
    }
    let counts: Option<Vec<u32>> =
        block.numbers(("leaf_count", count, "a whole number from 0"), report);
    let nodes = nodes(&block, (count - 1, columns), report);
    let leaves = values.into_iter().zip(counts?);
    let tree = Tree {
        line: head.number,
        nodes: nodes?,
        leaves: leaves.map(|(value, count)| Leaf { value, count }).collect(),
    };
    is_tree(&tree, (index, &block), report).then_some(tree)
}

/// The splits, each by itself.
fn nodes(
    block: &Block<'_, '_>,
    (count, columns): (usize, usize),
    report: &mut Report,
) -> Option<Vec<Node>> {
    let whole = "a whole number";
    let used: Option<Vec<usize>> = block.numbers(("split_feature", count, "a column"), report);
    let thresholds: Option<Vec<f64>> = block.numbers(("threshold", count, "a number"), report);
    let kinds: Option<Vec<u8>> = block.numbers(("decision_type", count, "0 to 15"), report);
    let left: Option<Vec<i32>> = block.numbers(("left_child", count, whole), report);
    let right: Option<Vec<i32>> = block.numbers(("right_child", count, whole), report);
    let sets = sets(block, report)?;
    let (used, thresholds, kinds) = (used?, thresholds?, kinds?);
    let (left, right) = (left?, right?);
    let mut nodes = Vec::with_capacity(count);
    let rest = thresholds.iter().zip(&kinds).zip(left.iter().zip(&right));
    for (column, ((threshold, kind), (left, right))) in used.into_iter().zip(rest) {
        let line = |key: &str| block.find(key).map_or(block.line, |line| line.number);
        let known = report.check(column < columns, line("split_feature"), || {
            format!(
                "expected columns 0 to {} in {}, found {column}",
                columns.saturating_sub(1),
                block.name
            )
        });
        let test = test(block, (*threshold, *kind), &sets, report);
        if let (true, Some(test)) = (known, test) {
            nodes.push(Node {
                column,
                test,
                left: child(*left),
                right: child(*right),
            });
        }
    }
    (nodes.len() == count).then_some(nodes)
}

/// From 0 another split, below 0 a leaf, counted from −1 down.
fn child(told: i32) -> Child {
    let place = |at: i32| usize::try_from(at).unwrap_or(usize::MAX);
    if told >= 0 {
        Child::Node(place(told))
    } else {
        Child::Leaf(place(!told))
    }
}

fn test(
    block: &Block<'_, '_>,
    (threshold, kind): (f64, u8),
    sets: &[Vec<u32>],
    report: &mut Report,
) -> Option<Test> {
    let name = &block.name;
    let line = |key: &str| block.find(key).map_or(block.line, |line| line.number);
    let left = kind & MISSING_LEFT != 0;
    let missing = match kind >> MISSING_KIND_AT {
        0 => Missing::AsZero,
        1 => Missing::Zero { left },
        2 => Missing::NoNumber { left },
        _ => {
            let known = KNOWN_BITS;
            report.add(
                line("decision_type"),
                format!("expected a `decision_type` within {known:#06b} in {name}, found {kind}"),
            );
            return None;
        }
    };
    if kind & CATEGORICAL == 0 {
        let is_number = report.check(!threshold.is_nan(), line("threshold"), || {
            format!("expected thresholds of {name} to be numbers, found {threshold}")
        });
        return is_number.then_some(Test::AtMost { threshold, missing });
    }
    let set = (0_u32..)
        .zip(sets)
        .find(|(index, _)| f64::from(*index).to_bits() == threshold.to_bits());
    report.check(set.is_some(), line("threshold"), || {
        format!(
            "expected a categorical split of {name} to name one of its {} sets, found {threshold}",
            sets.len()
        )
    });
    set.map(|(_, words)| Test::OneOf(words.clone()))
}

/// The sets of the tree's categorical splits.
fn sets(block: &Block<'_, '_>, report: &mut Report) -> Option<Vec<Vec<u32>>> {
    let most = i64::try_from(LEAVES_MAX).unwrap_or(i64::MAX);
    let count = usize::try_from(block.number("num_cat", (0, most), report)?).ok()?;
    if count == 0 {
        return Some(Vec::new());
    }
    let borders: Vec<usize> = block.numbers(
        ("cat_boundaries", count + 1, "a whole number from 0"),
        report,
    )?;
    let line = block.find("cat_boundaries")?.number;
    let words_max = CATEGORIES_MAX / 32;
    let lengths = borders.windows(2).map(|pair| match pair {
        [from, until] => until.checked_sub(*from),
        _ => None,
    });
    let whole = borders.first() == Some(&0)
        && lengths
            .clone()
            .all(|length| length.is_some_and(|length| length <= words_max));
    let whole = report.check(whole, line, || {
        format!(
            "expected `cat_boundaries` of {} to rise from 0 by at most {words_max} words \
             (categories below {CATEGORIES_MAX}), found others",
            block.name
        )
    });
    if !whole {
        return None;
    }
    let words = *borders.last()?;
    let words: Vec<u32> = block.numbers(
        ("cat_threshold", words, "a whole number of 32 bits"),
        report,
    )?;
    let mut rest = words.as_slice();
    let mut sets = Vec::with_capacity(count);
    for length in lengths {
        let (set, behind) = rest.split_at_checked(length?)?;
        sets.push(set.to_vec());
        rest = behind;
    }
    Some(sets)
}

/// Whether every split and leaf is reached from the root, once.
fn is_tree(tree: &Tree, (index, block): (usize, &Block<'_, '_>), report: &mut Report) -> bool {
    let line = block.find("left_child").map_or(tree.line, |it| it.number);
    let mut nodes = vec![false; tree.nodes.len()];
    let mut leaves = vec![false; tree.leaves.len()];
    let mut open = vec![Child::Node(0)];
    while let Some(child) = open.pop() {
        let (seen, what, at) = match child {
            Child::Node(at) => (nodes.get_mut(at), "split", at),
            Child::Leaf(at) => (leaves.get_mut(at), "leaf", at),
        };
        let fresh = seen.is_some_and(|seen| !std::mem::replace(seen, true));
        if !fresh {
            let message = format!(
                "expected each split and leaf of tree {index} to have one parent, found {what} \
                 {at} twice, or it is not there"
            );
            report.add(line, message);
            return false;
        }
        if let Child::Node(at) = child {
            open.extend(tree.nodes.get(at).map(|node| node.right));
            open.extend(tree.nodes.get(at).map(|node| node.left));
        }
    }
    report.check(nodes.iter().chain(&leaves).all(|seen| *seen), line, || {
        format!("expected every split and leaf of tree {index} under its root, found some apart")
    })
}
