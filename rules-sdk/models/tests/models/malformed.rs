//! Model files that are no models, and what is said of them.

use rand::Rng;
use rand_pcg::Pcg64;

use crate::harness::{BOUNDS, said, try_rule};
use crate::{SMALL, agreement};
use puls_models::{compile, read};

fn told(text: &[u8]) -> String {
    said(&read(text).map(|_| ()).unwrap_err())
}

/// What is changed in the file, to what, and what is told.
const CASES: &[(&str, &str, &str)] = &[
    (
        "tree\n",
        "forest\n",
        "1: expected a LightGBM model saved as text, whose first line is `tree`, found another text; save the model with `booster.save_model(\"model.txt\")`",
    ),
    (
        "tree\n",
        "{\"name\":\"tree\"\n",
        "1: expected a LightGBM model saved as text, whose first line is `tree`, found JSON, such as `dump_model` gives",
    ),
    (
        "version=v4",
        "version=v2",
        "2: expected `version` v3 or v4 (LightGBM 3 and 4), found \"v2\"",
    ),
    (
        "num_class=1",
        "num_class=3",
        "3: expected `num_class` to be 1, found \"3\"; a rule takes a model with one answer: train with objective=binary",
    ),
    (
        "num_tree_per_iteration=1\n",
        "",
        "1: expected `num_tree_per_iteration=…` in the head of the file, found none",
    ),
    (
        "binary sigmoid:1",
        "multiclass num_class:3",
        "7: expected `objective` to be `binary`, found \"multiclass num_class:3\"; train with objective=binary",
    ),
    (
        "objective=binary sigmoid:1\n",
        "",
        "expected `objective=binary …` in the head of the file, found none",
    ),
    (
        "sigmoid:1",
        "sigmoid:0",
        "7: expected `objective=binary sigmoid:S` with S from 0.001 to 1000, found \"sigmoid:0\"",
    ),
    (
        "label_index=0\n",
        "label_index=0\naverage_output\n",
        "6: expected a boosted model, found a random forest (`average_output`)",
    ),
    (
        "max_feature_idx=2",
        "max_feature_idx=3",
        "8: expected 4 values of `feature_names` in the head of the file, found 3",
    ),
    (
        "usage.f0 idle",
        "usage.f0 usage.f0",
        "8: expected each column once, found \"usage.f0\" twice",
    ),
    (
        "tree_sizes=300 300",
        "tree_sizes=300",
        "10: expected 1 trees, as many as `tree_sizes` lists, found 2",
    ),
    (
        "end of trees",
        "end of",
        "expected `end of trees` behind the last tree, found the end of the file; it is cut",
    ),
    (
        "Tree=1",
        "Tree=4",
        "expected `Tree=1`, found Tree=\"4\"; trees stand in order",
    ),
    (
        "num_leaves=3",
        "num_leaves=0",
        "13: expected `num_leaves` to be a whole number from 1 to 4096, found \"0\"",
    ),
    (
        "num_leaves=3",
        "num_leaves=999999999999",
        "13: expected `num_leaves`",
    ),
    (
        "num_leaves=3",
        "num_leaves=4",
        "21: expected 4 values of `leaf_value` in tree 0, found 3",
    ),
    (
        "leaf_value=-1 -2 -3.5",
        "leaf_value=-1 nan -3.5",
        "21: expected leaves of tree 0 between −1000 and 1000, found NaN",
    ),
    (
        "leaf_value=-1 -2 -3.5",
        "leaf_value=-1 -2 x",
        "21: expected value 3 of `leaf_value` to be a number, found \"x\"",
    ),
    (
        "leaf_count=10 20 70\n",
        "",
        "expected `leaf_count=…` in tree 0, found none",
    ),
    (
        "split_feature=0 0",
        "split_feature=0 7",
        "15: expected columns 0 to 2 in tree 0, found 7",
    ),
    (
        "threshold=4.5 12.5",
        "threshold=4.5 nan",
        "17: expected thresholds of tree 0 to be numbers, found NaN",
    ),
    (
        "decision_type=10 8",
        "decision_type=10 14",
        "18: expected a `decision_type` within 0b1111 in tree 0, found 14",
    ),
    (
        "right_child=1 -3",
        "right_child=0 -3",
        "19: expected each split and leaf of tree 0 to have one parent, found split 0 twice, or it is not there",
    ),
    (
        "right_child=1 -3",
        "right_child=-2 -3",
        "19: expected every split and leaf of tree 0 under its root, found some apart",
    ),
    (
        "right_child=1 -3",
        "right_child=1 -9",
        "19: expected each split and leaf of tree 0 to have one parent, found leaf 8 twice, or it is not there",
    ),
    (
        "decision_type=1\n",
        "decision_type=9\nthreshold=3\n",
        "expected `threshold` once in tree 1, found it again",
    ),
    (
        "threshold=0\n",
        "threshold=3\n",
        "expected a categorical split of tree 1 to name one of its 1 sets, found 3",
    ),
    (
        "cat_boundaries=0 1",
        "cat_boundaries=0 900",
        "expected `cat_boundaries` of tree 1 to rise from 0 by at most 128 words",
    ),
    (
        "cat_boundaries=0 1",
        "cat_boundaries=1 0",
        "expected `cat_boundaries` of tree 1 to rise from 0",
    ),
    (
        "cat_threshold=5",
        "cat_threshold=5000000000",
        "expected value 1 of `cat_threshold` to be a whole number of 32 bits",
    ),
    (
        "is_linear=0",
        "is_linear=1",
        "expected plain leaves, found linear ones in tree 0; train with linear_tree=false",
    ),
];

#[test]
fn what_is_wrong_with_a_file_is_told_with_its_line() {
    for (from, to, expected) in CASES.iter().copied() {
        assert!(SMALL.contains(from), "{from}");
        let told = told(SMALL.replacen(from, to, 1).as_bytes());
        assert!(told.contains(expected), "{from} → {to}\n{told}");
    }
    let several = SMALL
        .replace("num_class=1", "num_class=2")
        .replace("12.5", "nan");
    assert_eq!(told(several.as_bytes()).lines().count(), 2);
    assert!(told(b"").contains("found an empty file"));
    assert!(told(b"\x80\x04\x95pickle").contains("found bytes that are no text"));
}

#[test]
fn bytes_of_any_kind_end_in_a_model_or_in_a_sentence() {
    let mut random = Pcg64::new(3, 7);
    let shape = agreement::Shape {
        trees: 3,
        leaves: 5,
        columns: 3,
        with_sets: true,
        amount: 1.0,
    };
    let mut rules = 0;
    for _ in 0..600 {
        let mut bytes = agreement::forest(shape, &mut random).into_bytes();
        for _ in 0..random.random_range(1..6) {
            let at = random.random_range(0..bytes.len());
            match random.random_range(0..3) {
                0 => bytes.truncate(at.max(1)),
                1 => bytes[at] = b"0123456789=-. \nxe"[random.random_range(0..17)],
                _ => drop(bytes.remove(at)),
            }
        }
        match read(&bytes) {
            Ok(_) => {
                // Names may have changed: what cannot be bound is told, the rest has a score.
                let text = String::from_utf8(bytes).unwrap();
                if let Ok(rule) = try_rule(&text, &agreement::map()) {
                    compile(&rule, BOUNDS).unwrap();
                    let score = rule
                        .evaluate(&vec![3.5; rule.manifest.features.len()])
                        .score();
                    assert!((0..=1_000_000).contains(&score), "{score}");
                    rules += 1;
                }
            }
            Err(problems) => {
                assert!((1..=51).contains(&problems.len()));
                assert!(
                    problems
                        .iter()
                        .all(|problem| problem.message.contains("expected"))
                );
            }
        }
    }
    assert!(rules > 20, "{rules} of 600 were still models");
}

#[test]
fn a_file_that_would_take_long_is_refused_before_it_does() {
    let lines = format!("version=v4\n{}", "x=1\n".repeat(101));
    let said = told(SMALL.replacen("version=v4\n", &lines, 1).as_bytes());
    assert!(said.contains("expected at most 100 lines"), "{said}");
    // Trees like a staircase: each split leads to a leaf and to the next.
    let (zeros, ones) = ("0 ".repeat(4_095), "1 ".repeat(4_096));
    let left: String = (1..4_096).map(|at| format!("-{at} ")).collect();
    let right: String = (1..4_095).map(|at| format!("{at} ")).collect();
    let tree = |index: usize| {
        format!(
            "Tree={index}\nnum_leaves=4096\nnum_cat=0\nsplit_feature={zeros}\nthreshold={zeros}\n\
             decision_type={zeros}\nleft_child={left}\nright_child={right}-4096\n\
             leaf_value={ones}\nleaf_count={ones}\n\n"
        )
    };
    let head = SMALL.split("Tree=0").next().unwrap();
    let trees: String = (0..62).map(tree).collect();
    let said = told(format!("{head}{trees}end of trees\n").as_bytes());
    assert!(said.contains("expected at most 250000 splits"), "{said}");
}

#[test]
fn a_flood_of_mistakes_is_told_of_in_part() {
    let tree = "Tree=9\nnum_leaves=1\nnum_cat=0\nleaf_value=0\n\n".repeat(500);
    let head = SMALL.split("Tree=0").next().unwrap();
    let told = told(format!("{head}{tree}end of trees\n").as_bytes());
    assert_eq!(told.lines().count(), 51, "{told}");
    assert!(told.ends_with(" more problems of such kinds"), "{told}");
}
