//! What the host keeps and what it does not. What hostile modules get is an end-to-end test.

use std::sync::Arc;

use puls_wire::{Rows, Verdict};

use super::{Host, Module, RowFailure};
use crate::limits::{RULE_FUEL, RULE_INSTANCES_MAX};
use crate::rules::engine::RulesEngine;
use crate::rules::fixtures::{Assembly, TRIGGER, honest, hostile};
use crate::rules::instance::Instance;

fn fixture(engine: &RulesEngine, does: &str) -> Arc<Module> {
    let found = hostile().into_iter().find(|it| it.does == does).unwrap();
    engine.compile(&found.bytes).unwrap()
}

fn rows(features: &[f64]) -> Rows {
    let mut rows = Rows::new(1);
    features.iter().for_each(|value| rows.push([*value]));
    rows
}

/// Scores of rows on a host that looks at nothing again.
fn scores(host: &mut Host, tenant: &str, module: &Arc<Module>, features: &[f64]) -> Vec<i64> {
    let mut verdicts = Vec::new();
    let failures = host.evaluate(tenant, module, &[], &rows(features), &[], &mut verdicts);
    assert_eq!(failures, []);
    verdicts.iter().map(Verdict::score).collect()
}

#[test]
fn tenants_share_no_instance() {
    let engine = RulesEngine::new().unwrap();
    let counter = fixture(&engine, "keeps a counter in its memory");
    let mut host = Host::with_second_look(0);
    assert_eq!(scores(&mut host, "one", &counter, &[1.0; 3]), [1, 2, 3]);
    assert_eq!(scores(&mut host, "two", &counter, &[1.0; 2]), [1, 2]);
    assert_eq!(scores(&mut host, "one", &counter, &[1.0]), [4]);
}

#[test]
fn other_parameters_have_another_instance() {
    let engine = RulesEngine::new().unwrap();
    let counter = fixture(&engine, "keeps a counter in its memory");
    let mut host = Host::with_second_look(0);
    let mut verdicts = Vec::new();
    for (parameters, expected) in [([0.0], 1), ([-0.0], 1), ([0.0], 2), ([1.0], 1)] {
        host.evaluate(
            "one",
            &counter,
            &parameters,
            &rows(&[1.0]),
            &[],
            &mut verdicts,
        );
        assert_eq!(verdicts[0].score(), expected, "{parameters:?}");
    }
}

#[test]
fn an_instance_is_dropped_with_a_trap() {
    let engine = RulesEngine::new().unwrap();
    let module = fixture(&engine, "traps");
    let mut host = Host::new();
    let mut verdicts = Vec::new();
    host.evaluate("one", &module, &[], &rows(&[1.0]), &[1], &mut verdicts);
    assert_eq!(host.instances.len(), 1);
    host.evaluate(
        "one",
        &module,
        &[],
        &rows(&[1.0, TRIGGER]),
        &[1, 1],
        &mut verdicts,
    );
    assert_eq!(host.instances.len(), 0);
}

#[test]
fn the_instance_that_was_not_used_for_longest_makes_room() {
    let engine = RulesEngine::new().unwrap();
    let counter = fixture(&engine, "keeps a counter in its memory");
    let mut host = Host::with_second_look(0);
    for tenant in 0..RULE_INSTANCES_MAX {
        assert_eq!(
            scores(&mut host, &format!("t{tenant}"), &counter, &[1.0]),
            [1]
        );
    }
    assert_eq!(scores(&mut host, "t0", &counter, &[1.0]), [2]);
    assert_eq!(scores(&mut host, "one-more", &counter, &[1.0]), [1]);
    assert_eq!(host.instances.len(), RULE_INSTANCES_MAX);
    assert_eq!(
        scores(&mut host, "t0", &counter, &[1.0]),
        [3],
        "used again just now"
    );
    assert_eq!(scores(&mut host, "t1", &counter, &[1.0]), [1], "made again");
}

#[test]
fn verdicts_keep_their_memory() {
    let engine = RulesEngine::new().unwrap();
    let module = engine.compile(&honest()).unwrap();
    let mut host = Host::new();
    let mut verdicts = Vec::new();
    host.evaluate(
        "one",
        &module,
        &[],
        &rows(&[1.0; 200]),
        &[1; 200],
        &mut verdicts,
    );
    let memory = |verdicts: &[Verdict]| -> Vec<_> {
        let mut all: Vec<_> = verdicts.iter().map(|it| it.parts.as_ptr()).collect();
        all.sort_unstable();
        all
    };
    let before = memory(&verdicts);
    for count in [1, 0, 150, 200] {
        let rows = rows(&vec![1.0; count]);
        host.evaluate("one", &module, &[], &rows, &vec![1; count], &mut verdicts);
        assert_eq!(verdicts.len(), count);
    }
    assert_eq!(memory(&verdicts), before);
}

#[test]
fn a_feature_that_the_rows_do_not_have_is_missing() {
    let engine = RulesEngine::new().unwrap();
    let module = engine.compile(&honest()).unwrap();
    let mut host = Host::new();
    let mut verdicts = Vec::new();
    host.evaluate("one", &module, &[], &rows(&[70.0]), &[1], &mut verdicts);
    let mut narrow = Rows::new(0);
    narrow.push([]);
    host.evaluate("one", &module, &[], &narrow, &[1], &mut verdicts);
    assert_eq!(verdicts[0].coverage, 0);
}

/// What a call costs decides where a rule is stopped, so an upgrade of the runtime that changes
/// prices must not pass unseen.
#[test]
fn a_call_costs_what_it_always_cost() {
    let engine = RulesEngine::new().unwrap();
    let module = engine.compile(&honest()).unwrap();
    let mut instance = Instance::start(&module, &[]).unwrap();
    let mut cost = |rows: &Rows| {
        let mut out = vec![Verdict::default(); rows.len()];
        instance
            .evaluate(&module.layout, rows, 0..rows.len(), &mut out)
            .unwrap();
        RULE_FUEL - instance.fuel()
    };
    let (one, two) = (cost(&rows(&[1.0])), cost(&rows(&[1.0; 2])));
    assert_eq!((one, two - one), (113, 111));
}

#[test]
fn a_failure_reads_as_a_sentence() {
    let engine = RulesEngine::new().unwrap();
    let module = fixture(&engine, "traps");
    let mut host = Host::new();
    let failures = host.evaluate(
        "one",
        &module,
        &[],
        &rows(&[TRIGGER]),
        &[1],
        &mut Vec::new(),
    );
    let texts: Vec<_> = failures.iter().map(RowFailure::to_string).collect();
    let expected = "trap: expected an answer, found a wasm trap: wasm `unreachable` instruction \
                    executed";
    assert_eq!(texts, [expected]);
}

/// An honest module whose rows take a fifth of a call's fuel each.
fn dear(engine: &RulesEngine) -> Arc<Module> {
    const PAGE: i32 = 64 * 1024;
    let bytes = Assembly::with_row(|it| {
        // A byte is a unit of fuel: 30 times a page, on the second page, where nothing lies.
        for _ in 0..30 {
            it.i32_const(PAGE)
                .i32_const(7)
                .i32_const(PAGE)
                .memory_fill(0);
        }
    });
    engine.compile(&bytes).unwrap()
}

#[test]
fn a_module_whose_batch_is_too_dear_gets_fewer_rows_a_call_and_answers_the_same() {
    let engine = RulesEngine::new().unwrap();
    let module = dear(&engine);
    let mut host = Host::with_second_look(0);
    let features: Vec<f64> = (0..40_u8).map(f64::from).collect();
    let first = scores(&mut host, "one", &module, &features);
    assert!(
        host.instances.is_empty(),
        "the batch failed and its rows ran alone"
    );
    assert_eq!(host.rows_max(&module.digest), 4);
    let second = scores(&mut host, "one", &module, &features);
    assert_eq!(first, second);
    assert_eq!(first.last(), Some(&390_000));
    assert_eq!(
        host.instances.len(),
        1,
        "this time the batch stood, four rows a call"
    );
}
