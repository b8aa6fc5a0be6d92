//! Any bytes as a module: refused with a reason, or its rows are judged.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use puls::rules::{Host, RulesEngine};
use puls_wire::{Rows, Status};

static ENGINE: LazyLock<RulesEngine> =
    LazyLock::new(|| RulesEngine::new().expect("rules run on this machine"));

fuzz_target!(|data: &[u8]| {
    let module = match ENGINE.compile(data) {
        Ok(module) => module,
        Err(refusal) => {
            assert!(refusal.to_string().starts_with("expected "));
            return;
        }
    };
    let columns = module.manifest.features.len();
    let mut rows = Rows::new(columns);
    for value in [0.0, 13.0, f64::NAN, -1e300] {
        rows.push(std::iter::repeat_n(value, columns));
    }
    let defaults = module.manifest.parameters.iter().map(|it| it.default);
    let (defaults, mut verdicts) = (defaults.collect::<Vec<_>>(), Vec::new());
    let mut host = Host::with_second_look(1);
    let causes = [0, 1, 2, 3];
    let failures = host.evaluate("fuzz", &module, &defaults, &rows, &causes, &mut verdicts);
    for (row, verdict) in verdicts.iter().enumerate() {
        let failed = failures.iter().any(|failure| failure.row == row);
        assert_eq!(verdict.status == Status::RowError, failed);
        assert!(verdict.status != Status::Scored || (0..=1_000_000).contains(&verdict.score()));
    }
});
