//! A LightGBM model as its library saves it: `booster.save_model("model.txt")`.
//!
//! ```text
//! tree                         head: key=value, one a line
//! version=v4
//! objective=binary sigmoid:1
//! feature_names=a b c
//!
//! Tree=0                       one block a tree; arrays are separated by blanks
//! num_leaves=3
//! split_feature=0 2            column of each split
//! threshold=4.5 0              x ≤ threshold goes left; of a categorical split: which bitset
//! decision_type=2 9            bit 0 categorical, bit 1 missing left, bits 2–3 what missing is
//! left_child=1 -1              ≥ 0 another split, else leaf −1 − value
//! …
//! end of trees                 what follows is about the training and is passed over
//! ```
//! Versions 3 and 4, one probability (`binary`), plain leaves. The meaning of the fields is that of
//! LightGBM's own reader (`include/LightGBM/tree.h`, 4.6). Nothing is evaluated here, and a file of
//! any bytes gives a model or a list of what is wrong with it.

mod head;
mod tree;

use crate::limits::{BLOCK_LINES_MAX, MODEL_BYTES_MAX, SPLITS_MAX, TREES_MAX};
use crate::names::shown;
use crate::problem::{Problem, Report};

/// What a file says.
#[derive(Clone, PartialEq, Debug)]
pub struct Model {
    /// Names of the columns, in the order in which splits count them.
    pub columns: Vec<String>,
    /// p = 1 / (1 + e^(−sigmoid × margin)).
    pub sigmoid: f64,
    /// The margin is the sum of their leaves.
    pub trees: Vec<Tree>,
}

/// One tree.
#[derive(Clone, PartialEq, Debug)]
pub struct Tree {
    /// Line of its `Tree=`.
    pub line: usize,
    /// Splits; the first is the root. None where the tree is one leaf.
    pub nodes: Vec<Node>,
    /// One more than splits.
    pub leaves: Vec<Leaf>,
}

/// A split.
#[derive(Clone, PartialEq, Debug)]
pub struct Node {
    /// Index of the column that is looked at.
    pub column: usize,
    /// What goes left.
    pub test: Test,
    /// Where it holds.
    pub left: Child,
    /// Where it does not.
    pub right: Child,
}

/// What a split leads to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Child {
    /// Another split of the tree.
    Node(usize),
    /// An end.
    Leaf(usize),
}

/// An end.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Leaf {
    /// What it adds to the margin; finite.
    pub value: f64,
    /// Rows of the training that ended here.
    pub count: u32,
}

/// What goes left.
#[derive(Clone, PartialEq, Debug)]
pub enum Test {
    /// A number up to a threshold, which may be infinite: all numbers go left, missing may not.
    AtMost {
        /// The greatest that goes left.
        threshold: f64,
        /// What goes where without a number.
        missing: Missing,
    },
    /// Whole numbers that are in a set: number n is bit n % 32 of word n / 32. Everything else,
    /// missing too, goes right.
    OneOf(Vec<u32>),
}

/// What a split takes for missing, and where that goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Missing {
    /// There was none in the training: a missing number counts as 0.
    AsZero,
    /// Zero and no number alike.
    Zero {
        /// Where it goes.
        left: bool,
    },
    /// No number.
    NoNumber {
        /// Where it goes.
        left: bool,
    },
}

/// Reads the bytes of a model file.
///
/// # Errors
/// All that is wrong with it.
pub fn read(bytes: &[u8]) -> Result<Model, Vec<Problem>> {
    let mut report = Report::default();
    let model = text(bytes, &mut report).and_then(|text| model(text, &mut report));
    report.into_result(model)
}

/// The bytes as text, if they can be a model.
fn text<'t>(bytes: &'t [u8], report: &mut Report) -> Option<&'t str> {
    let size = bytes.len();
    if size > MODEL_BYTES_MAX {
        let message = format!(
            "expected a model file of at most {MODEL_BYTES_MAX} bytes, found {size}; train with \
             fewer trees (num_iterations) or leaves (num_leaves)"
        );
        report.add(0, message);
        return None;
    }
    let advice = "save the model with `booster.save_model(\"model.txt\")`";
    let first = bytes.iter().find(|byte| !byte.is_ascii_whitespace());
    let found = match (std::str::from_utf8(bytes), first) {
        (_, None) => "an empty file",
        (Err(_), _) => "bytes that are no text, such as a pickle has",
        (Ok(_), Some(b'{')) => "JSON, such as `dump_model` gives",
        (Ok(text), _)
            if text
                .lines()
                .next()
                .is_some_and(|line| line.trim() == "tree") =>
        {
            return Some(text);
        }
        (Ok(_), Some(_)) => "another text",
    };
    report.add(
        1,
        format!(
            "expected a LightGBM model saved as text, whose first line is `tree`, found {found}; \
             {advice}"
        ),
    );
    None
}

/// A line of the form `key=value`, or another.
#[derive(Clone, Copy, Debug)]
struct Line<'t> {
    number: usize,
    key: &'t str,
    value: &'t str,
}

fn lines(text: &str) -> impl Iterator<Item = Line<'_>> {
    (1..).zip(text.lines()).map(|(number, line)| {
        let line = line.trim_end();
        let (key, value) = line.split_once('=').unwrap_or((line, ""));
        Line { number, key, value }
    })
}

/// The lines of a file up to the end of its trees.
struct Blocks<'t> {
    /// Those of the head, then those of each tree.
    all: Vec<Vec<Line<'t>>>,
    /// Number of the last line.
    last: usize,
    /// Whether the trees end where the file says so.
    is_whole: bool,
}

fn blocks<'t>(text: &'t str, report: &mut Report) -> Option<Blocks<'t>> {
    let mut blocks = Blocks {
        all: vec![Vec::new()],
        last: 1,
        is_whole: false,
    };
    for line in lines(text) {
        blocks.last = line.number;
        if line.key == "end of trees" {
            blocks.is_whole = true;
            break;
        }
        if line.key == "Tree" {
            if blocks.all.len() > TREES_MAX {
                let message = format!(
                    "expected at most {TREES_MAX} trees, found more; train with fewer \
                     (num_iterations)"
                );
                report.add(line.number, message);
                return None;
            }
            blocks.all.push(Vec::new());
        }
        if line.key.is_empty() {
            continue;
        }
        let block = blocks.all.last_mut()?;
        if block.len() == BLOCK_LINES_MAX {
            let message = format!(
                "expected at most {BLOCK_LINES_MAX} lines in the head and in each tree, found \
                 more; save the model again"
            );
            report.add(line.number, message);
            return None;
        }
        block.push(line);
    }
    Some(blocks)
}

fn model(text: &str, report: &mut Report) -> Option<Model> {
    let Blocks {
        all,
        last,
        is_whole,
    } = blocks(text, report)?;
    report.check(is_whole, last, || {
        "expected `end of trees` behind the last tree, found the end of the file; it is cut, save \
         or copy it again"
            .to_owned()
    });
    let (first, trees) = all.split_first()?;
    let head = head::head(first, report)?;
    report.check(!trees.is_empty(), last, || {
        "expected trees, found none; the training stopped before the first, for example because \
         all outcomes were alike"
            .to_owned()
    });
    if let Some((line, told)) = head.trees {
        let found = trees.len();
        report.check(told == found || !is_whole, line, || {
            format!("expected {told} trees, as many as `tree_sizes` lists, found {found}")
        });
    }
    let columns = head.columns;
    // All of them, so that all problems are told.
    let mut read = Vec::with_capacity(trees.len());
    let mut splits = 0;
    for (index, lines) in trees.iter().enumerate() {
        let tree = tree::tree(index, lines, columns.len(), report);
        splits += tree.as_ref().map_or(0, |tree| tree.nodes.len());
        if splits > SPLITS_MAX {
            let message = format!(
                "expected at most {SPLITS_MAX} splits, found more; train with fewer trees \
                 (num_iterations) or leaves (num_leaves)"
            );
            report.add(0, message);
            return None;
        }
        read.push(tree);
    }
    Some(Model {
        trees: read.into_iter().collect::<Option<_>>()?,
        sigmoid: head.sigmoid,
        columns,
    })
}

/// The lines of a block by key, each once.
struct Block<'t, 'b> {
    lines: &'b [Line<'t>],
    /// What messages call it.
    name: String,
    line: usize,
}

impl<'t, 'b> Block<'t, 'b> {
    fn new(lines: &'b [Line<'t>], name: String) -> Self {
        let line = lines.first().map_or(1, |line| line.number);
        Self { lines, name, line }
    }

    fn find(&self, key: &str) -> Option<Line<'t>> {
        self.lines.iter().find(|line| line.key == key).copied()
    }

    /// The line of this key, or a report that there is none or more than one.
    fn need(&self, key: &str, report: &mut Report) -> Option<Line<'t>> {
        let mut found = self.lines.iter().filter(|line| line.key == key);
        let first = found.next().copied();
        if let Some(second) = found.next() {
            let name = &self.name;
            report.add(
                second.number,
                format!("expected `{key}` once in {name}, found it again"),
            );
        }
        report.check(first.is_some(), self.line, || {
            format!("expected `{key}=…` in {}, found none", self.name)
        });
        first
    }

    /// A whole number within bounds.
    fn number(&self, key: &str, (least, most): (i64, i64), report: &mut Report) -> Option<i64> {
        let line = self.need(key, report)?;
        let value = line.value.trim();
        let found = value.parse().ok().filter(|n| (least..=most).contains(n));
        report.check(found.is_some(), line.number, || {
            let shown = shown(value);
            format!("expected `{key}` to be a whole number from {least} to {most}, found {shown}")
        });
        found
    }

    /// `count` numbers of one kind.
    fn numbers<T: std::str::FromStr>(
        &self,
        (key, count, what): (&str, usize, &str),
        report: &mut Report,
    ) -> Option<Vec<T>> {
        let line = self.need(key, report)?;
        let mut numbers = Vec::with_capacity(count.min(line.value.len()));
        let mut words = 0_usize;
        for word in line.value.split_ascii_whitespace() {
            words += 1;
            if words > count {
                continue;
            }
            let Ok(number) = word.parse() else {
                let shown = shown(word);
                let message =
                    format!("expected value {words} of `{key}` to be {what}, found {shown}");
                report.add(line.number, message);
                return None;
            };
            numbers.push(number);
        }
        let fits = report.check(words == count, line.number, || {
            let values = if count == 1 { "value" } else { "values" };
            format!(
                "expected {count} {values} of `{key}` in {}, found {words}",
                self.name
            )
        });
        fits.then_some(numbers)
    }
}
