//! Models made up and models made wrong: the module says what the native evaluator says.
#![cfg(test)]

mod additive;
mod agreement;
mod explained;
mod harness;
mod malformed;

use puls_scorecard::{Catalogue, Entry, Form};

/// Features `usage.f0` and so on, and one text.
fn catalogue() -> Catalogue {
    let entry = |name: String, form, values: &[&str]| Entry {
        name,
        form,
        unit: String::new(),
        age: None,
        values: values.iter().map(|value| (*value).to_owned()).collect(),
        for_triggers: false,
    };
    let numbers = (0..200).map(|index| entry(format!("usage.f{index}"), Form::Number, &[]));
    let stage = entry(
        "account.stage".into(),
        Form::Text,
        &["trial", "adoption", "paused"],
    );
    let segment = entry("account.segment".into(), Form::Text, &[]);
    let now = Entry {
        for_triggers: true,
        ..entry("score.ago_28d".into(), Form::Number, &[])
    };
    Catalogue::new(numbers.chain([stage, segment, now]).collect())
}

/// Two features, one of them a text; what LightGBM writes, by hand.
const SMALL: &str = "tree
version=v4
num_class=1
num_tree_per_iteration=1
label_index=0
max_feature_idx=2
objective=binary sigmoid:1
feature_names=usage.f0 idle account.stage
feature_infos=[0:28] none 0:1:2
tree_sizes=300 300

Tree=0
num_leaves=3
num_cat=0
split_feature=0 0
split_gain=10 5
threshold=4.5 12.5
decision_type=10 8
left_child=-1 -2
right_child=1 -3
leaf_value=-1 -2 -3.5
leaf_weight=1 1 1
leaf_count=10 20 70
internal_value=0 0
internal_weight=0 0
internal_count=100 90
is_linear=0
shrinkage=1


Tree=1
num_leaves=2
num_cat=1
split_feature=2
split_gain=3
threshold=0
decision_type=1
left_child=-1
right_child=-2
leaf_value=0.5 -0.25
leaf_weight=1 1
leaf_count=40 60
internal_value=0
internal_weight=0
internal_count=100
cat_boundaries=0 1
cat_threshold=5
is_linear=0
shrinkage=0.1


end of trees

feature_importances:
usage.f0=2

parameters:
[boosting: gbdt]
end of parameters

pandas_categorical:null
";

const SMALL_MAP: &str = r#"
[model]
name = "churn"
[columns."usage.f0"]
title = "Active days"
reason = "Active on {} of the last 28 days"
[columns."account.stage"]
values = ["trial", "adoption", "paused"]
"#;
