//! Any bytes as a LightGBM model; where they are one, it is compiled and evaluated, and its parts
//! add up to a score.
#![no_main]

use libfuzzer_sys::fuzz_target;
use puls_models::{Bounds, Map, Naming, bind, compile, read};
use puls_scorecard::{Catalogue, Entry, Form};

const BOUNDS: Bounds = Bounds {
    module_bytes: 1024 * 1024,
    fuel: 10_000_000,
};

fuzz_target!(|data: &[u8]| {
    let model = match read(data) {
        Ok(model) => model,
        Err(problems) => return assert!(!problems.is_empty()),
    };
    let entry = |name: &String| Entry {
        name: name.clone(),
        form: Form::Number,
        unit: String::new(),
        age: None,
        values: Vec::new(),
        for_triggers: false,
    };
    let catalogue = Catalogue::new(model.columns.iter().map(entry).collect());
    let naming = Naming {
        name: Some("fuzz"),
        ..Naming::default()
    };
    let Ok(rule) = bind(&model, &Map::default(), &catalogue, naming) else {
        return;
    };
    assert_eq!(compile(&rule, BOUNDS), compile(&rule, BOUNDS));
    for value in [0.0, -1.0, 3.5, 1e300] {
        let row = vec![value; rule.manifest.features.len()];
        let score = rule.evaluate(&row).score();
        assert!((0..=1_000_000).contains(&score), "{score}");
    }
});
