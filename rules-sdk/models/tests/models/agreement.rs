//! Random forests on random rows: module and native evaluator agree to the bit, and with the sum of
//! leaves that the file states; a walk takes no more fuel than was told.

use std::fmt::Write;

use puls_wire::Status;
use rand::Rng;
use rand_pcg::Pcg64;

use crate::harness::{BOUNDS, Host, rule, said};
use puls_models::{Bounds, Child, Missing, Model, Test, compile, read};

/// What a random forest is made of.
#[derive(Clone, Copy)]
pub(super) struct Shape {
    pub(super) trees: usize,
    pub(super) leaves: usize,
    pub(super) columns: usize,
    pub(super) with_sets: bool,
    /// Greatest amount of a leaf.
    pub(super) amount: f64,
}

/// A model file of random trees. Columns below the last are numbers; the last is the segment where
/// there are sets.
pub(super) fn forest(shape: Shape, random: &mut Pcg64) -> String {
    let numbers = shape.columns - usize::from(shape.with_sets);
    let mut names: Vec<String> = (0..numbers)
        .map(|index| format!("usage.f{index}"))
        .collect();
    if shape.with_sets {
        names.push("account.segment".to_owned());
    }
    let mut out = format!(
        "tree\nversion=v4\nnum_class=1\nnum_tree_per_iteration=1\nmax_feature_idx={}\n\
         objective=binary sigmoid:0.7\nfeature_names={}\n",
        names.len() - 1,
        names.join(" ")
    );
    for index in 0..shape.trees {
        let leaves = random.random_range(1..=shape.leaves);
        tree(index, leaves, (shape, numbers), random, &mut out);
    }
    out + "\nend of trees\n"
}

fn tree(
    index: usize,
    leaves: usize,
    (shape, numbers): (Shape, usize),
    random: &mut Pcg64,
    out: &mut String,
) {
    let mut list = |count: usize, make: &mut dyn FnMut(&mut Pcg64) -> String| {
        let all: Vec<_> = (0..count).map(|_| make(random)).collect();
        all.join(" ")
    };
    let amount = shape.amount;
    let values = list(leaves, &mut |r| r.random_range(-amount..amount).to_string());
    let counts = list(leaves, &mut |r| r.random_range(0..50).to_string());
    if leaves == 1 {
        write!(
            out,
            "\nTree={index}\nnum_leaves=1\nnum_cat=0\nleaf_value={values}\n"
        )
        .unwrap();
        return;
    }
    let children = children(leaves, random);
    let (mut columns, mut thresholds, mut kinds) = (vec![], vec![], vec![]);
    let mut sets = 0;
    for _ in &children {
        if shape.with_sets && random.random_bool(0.3) {
            columns.push(numbers);
            thresholds.push(sets.to_string());
            kinds.push(if random.random_bool(0.5) { 1 } else { 9 });
            sets += 1;
        } else {
            columns.push(random.random_range(0..numbers));
            let threshold = [
                0.0,
                -0.0,
                1e-36,
                4.5,
                -3.25,
                7.0,
                1e300,
                f64::INFINITY,
                -f64::INFINITY,
            ];
            thresholds.push(threshold[random.random_range(0..threshold.len())].to_string());
            kinds.push([0, 2, 4, 6, 8, 10][random.random_range(0..6)]);
        }
    }
    let text = |all: &[usize]| {
        all.iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(" ")
    };
    let side = |side: usize| {
        let all: Vec<_> = children.iter().map(|pair| pair[side].to_string()).collect();
        all.join(" ")
    };
    write!(
        out,
        "\nTree={index}\nnum_leaves={leaves}\nnum_cat={sets}\nsplit_feature={}\nthreshold={}\n\
         decision_type={}\nleft_child={}\nright_child={}\nleaf_value={values}\n\
         leaf_count={counts}\n",
        text(&columns),
        thresholds.join(" "),
        text(&kinds),
        side(0),
        side(1),
    )
    .unwrap();
    if sets > 0 {
        write_sets(sets, random, out);
    }
}

/// Left and right of each split, each of which takes the place of a leaf that is there.
fn children(leaves: usize, random: &mut Pcg64) -> Vec<[i64; 2]> {
    let mut children: Vec<[i64; 2]> = vec![[-1, -2]];
    let mut parents = vec![(0, 0), (0, 1)];
    for leaf in 2..leaves {
        let taken = random.random_range(0..leaf);
        let (node, side) = parents[taken];
        let new = i64::try_from(children.len()).unwrap();
        children[node][side] = new;
        children.push([
            -1 - i64::try_from(taken).unwrap(),
            -1 - i64::try_from(leaf).unwrap(),
        ]);
        parents[taken] = (children.len() - 1, 0);
        parents.push((children.len() - 1, 1));
    }
    children
}

/// Sets of one word and of two.
fn write_sets(sets: usize, random: &mut Pcg64, out: &mut String) {
    let mut borders = vec![0];
    for _ in 0..sets {
        borders.push(borders[borders.len() - 1] + random.random_range(1..=2));
    }
    let words: Vec<_> = (0..borders[sets])
        .map(|_| (random.random::<u32>() & 0xFF).to_string())
        .collect();
    let words = words.join(" ");
    let borders: Vec<_> = borders.iter().map(ToString::to_string).collect();
    let borders = borders.join(" ");
    write!(out, "cat_boundaries={borders}\ncat_threshold={words}\n").unwrap();
}

/// A map with 64 texts for the segment.
pub(super) fn map() -> String {
    let texts: Vec<_> = (0..64).map(|index| format!("\"t{index}\"")).collect();
    format!(
        "[columns.\"account.segment\"]\nvalues = [{}]\n",
        texts.join(", ")
    )
}

fn value(random: &mut Pcg64) -> f64 {
    let odd = [
        f64::NAN,
        0.0,
        -0.0,
        1e-36,
        -1e-36,
        4.5,
        1e-35,
        -3.25,
        7.0,
        1e300,
        f64::INFINITY,
        -f64::INFINITY,
    ];
    match random.random_range(0..3) {
        0 => odd[random.random_range(0..odd.len())],
        1 => f64::from(random.random_range(-2..70)),
        _ => random.random_range(-10.0..10.0),
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "numbers of categories"
)]
/// The margin as LightGBM's reader of the file sums it, told once more from the file alone.
fn margin(model: &Model, row: &dyn Fn(usize) -> f64) -> f64 {
    let mut sum = 0.0;
    for tree in &model.trees {
        let mut at = if tree.nodes.is_empty() {
            Child::Leaf(0)
        } else {
            Child::Node(0)
        };
        while let Child::Node(index) = at {
            let node = &tree.nodes[index];
            let x = row(node.column);
            let left = match &node.test {
                Test::AtMost { threshold, missing } => {
                    let x_or_zero = if x.is_nan() { 0.0 } else { x };
                    match missing {
                        Missing::AsZero => x_or_zero <= *threshold,
                        Missing::Zero { left } if x_or_zero.abs() < 1.1e-35 => *left,
                        Missing::NoNumber { left } if x.is_nan() => *left,
                        _ => x <= *threshold,
                    }
                }
                Test::OneOf(words) => {
                    x > -1.0
                        && x < 4_096.0
                        && words
                            .get(x as usize / 32)
                            .is_some_and(|word| word & (1 << (x as usize % 32)) != 0)
                }
            };
            at = if left { node.left } else { node.right };
        }
        if let Child::Leaf(leaf) = at {
            sum += tree.leaves[leaf].value;
        }
    }
    sum
}

fn agrees(seed: u64, shape: Shape) {
    let mut random = Pcg64::new(seed.into(), 7);
    let text = forest(shape, &mut random);
    let model = read(text.as_bytes()).unwrap_or_else(|found| panic!("{}", said(&found)));
    if model.trees.iter().all(|tree| tree.nodes.is_empty()) {
        return;
    }
    let map = if shape.with_sets {
        map()
    } else {
        String::new()
    };
    let rule = rule(&text, &map);
    let mut host = Host::new(&rule);
    let features = &rule.manifest.features;
    let column = |name: &str| features.iter().position(|used| used.name == name);
    let places: Vec<_> = model.columns.iter().map(|name| column(name)).collect();
    let mut rows: Vec<Vec<f64>> = (0..200)
        .map(|_| features.iter().map(|_| value(&mut random)).collect())
        .collect();
    rows[17] = vec![f64::NAN; features.len()];
    let (verdicts, fuel) = host.run(&rows);
    let cost = host.compiled.cost;
    let most = cost.call_fuel + cost.row_fuel * 200;
    assert!(fuel <= most, "seed {seed}: {fuel} above {most}");
    for (row, verdict) in rows.iter().zip(&verdicts) {
        let expected = rule.evaluate(row);
        assert_eq!(*verdict, expected, "seed {seed}, row {row:?}");
        if expected.status == Status::NoScore {
            continue;
        }
        let at = |column: usize| places[column].map_or(0.0, |place| row[place]);
        let chance = 1.0 / (1.0 + libm::exp(-0.7 * margin(&model, &at)));
        let score = 100.0 * (1.0 - chance);
        let found = f64::from(i32::try_from(verdict.score()).unwrap()) / 10_000.0;
        let apart = (score - found).abs();
        let most = 100.0 * rule.probability_error() + 0.000_05 + 1e-9;
        assert!(
            apart <= most,
            "seed {seed}: {found} for {score}, row {row:?}"
        );
    }
}

const SHAPE: Shape = Shape {
    trees: 12,
    leaves: 9,
    columns: 5,
    with_sets: false,
    amount: 0.4,
};

#[test]
fn random_forests_answer_natively_as_in_the_sandbox() {
    for seed in 0..60 {
        agrees(seed, SHAPE);
    }
}

#[test]
fn random_forests_with_sets_do_too() {
    let shape = Shape {
        with_sets: true,
        ..SHAPE
    };
    for seed in 100..160 {
        agrees(seed, shape);
    }
}

#[test]
fn so_do_those_whose_amounts_need_64_bits_and_those_of_one_column() {
    for seed in 200..220 {
        agrees(
            seed,
            Shape {
                trees: 60,
                amount: 90.0,
                ..SHAPE
            },
        );
        agrees(
            seed,
            Shape {
                columns: 1,
                ..SHAPE
            },
        );
        agrees(
            seed,
            Shape {
                columns: 127,
                trees: 60,
                leaves: 31,
                ..SHAPE
            },
        );
    }
}

#[test]
fn a_thousand_trees_of_31_leaves_fit() {
    let mut random = Pcg64::new(1, 7);
    let mut text = String::new();
    let shape = Shape {
        trees: 1,
        leaves: 31,
        columns: 60,
        with_sets: false,
        amount: 0.1,
    };
    let head = forest(shape, &mut random);
    text.push_str(head.split("\nTree=").next().unwrap());
    for index in 0..1_000 {
        tree(index, 31, (shape, 60), &mut random, &mut text);
    }
    text.push_str("\nend of trees\n");
    let rule = rule(&text, "");
    assert_eq!(rule.size().1, 30_000);
    assert!(
        rule.probability_error() < 1e-6,
        "{}",
        rule.probability_error()
    );
    let compiled = compile(&rule, BOUNDS).unwrap();
    let (bytes, rows) = (compiled.module.len(), compiled.cost.rows(BOUNDS.fuel));
    assert!(bytes < 900_000, "{bytes} bytes");
    assert!(rows >= 10, "{rows} rows a call, {:?}", compiled.cost);
    // The same bytes again.
    assert_eq!(compile(&rule, BOUNDS).unwrap(), compiled);

    let tight = Bounds {
        module_bytes: 500_000,
        fuel: 100_000,
    };
    let told = said(&compile(&rule, tight).unwrap_err());
    assert!(
        told.contains("at most 500000 bytes") && told.contains("num_leaves"),
        "{told}"
    );
    assert!(told.contains("at most 100000 units of fuel"), "{told}");
    assert!(told.contains("max_depth"), "{told}");
}

#[test]
fn a_header_that_is_another_is_refused() {
    let rule = rule(crate::SMALL, crate::SMALL_MAP);
    let mut host = Host::new(&rule);
    assert_eq!(host.call(|_| {}), 0);
    assert_eq!(host.call(|header| header.header_bytes += 4), 0);
    for change in [
        (|header| header.rows = 0) as fn(&mut puls_wire::Header),
        |header| header.rows = 257,
        |header| header.header_bytes -= 4,
        |header| header.parts += 1,
        |header| header.features_at += 64,
    ] {
        assert_eq!(host.call(change), -1);
    }
}
