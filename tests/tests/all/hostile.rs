//! Modules that attack their host: one clear report each, and nobody else notices.

#[path = "../../hostile/modules.rs"]
pub(crate) mod modules;

use std::collections::BTreeMap;
use std::sync::Arc;

use puls::log::Log;
use puls::model::{DAY_MS, Kind, Output, Settings, Time, content_digest};
use puls::rules::record::{Activation, Record, RuleRole, SettingsRecord};
use puls::rules::{FailureKind, Host, Module, Refusal, RowFailure, RulesEngine};
use puls_benches::Line;
use puls_tests::sim::{Feed, Sim, shipped};
use puls_wire::{Rows, Status, Verdict};
use wasm_encoder::BlockType;

use modules::assembly::{Assembly, HIDDEN, at};
use modules::{Expected, Hostile, TRIGGER, honest, hostile};

/// Features of the rows: at the trigger, beside it, missing in two ways, at the ends.
const FEATURES: [f64; 8] = [
    5.0,
    TRIGGER,
    99.5,
    f64::NAN,
    TRIGGER,
    f64::from_bits(0xfff0_0000_dead_beef),
    f64::NEG_INFINITY,
    1e300,
];

/// An engine with an honest module, which another tenant uses on the same host.
struct World {
    engine: RulesEngine,
    honest: Arc<Module>,
    host: Host,
}

impl World {
    fn new(second_look_one_in: u64) -> Self {
        let engine = RulesEngine::new().unwrap();
        Self {
            honest: engine.compile(&honest()).unwrap(),
            host: Host::with_second_look(second_look_one_in),
            engine,
        }
    }

    fn evaluate(
        &mut self,
        tenant: &str,
        module: &Arc<Module>,
        features: &[f64],
    ) -> (Vec<Verdict>, Vec<RowFailure>) {
        let mut rows = Rows::new(1);
        features.iter().for_each(|value| rows.push([*value]));
        let mut verdicts = Vec::new();
        let causes: Vec<u64> = (0..).take(features.len()).collect();
        let failures = (self.host).evaluate(tenant, module, &[], &rows, &causes, &mut verdicts);
        (verdicts, failures)
    }

    /// What the other tenant gets; it is always the same.
    fn honest_verdicts(&mut self) -> Vec<Verdict> {
        let module = Arc::clone(&self.honest);
        let (verdicts, failures) = self.evaluate("honest", &module, &FEATURES);
        assert_eq!(failures, []);
        verdicts
    }
}

fn of_kind(kind: &str) -> impl Fn(&RowFailure) -> bool {
    move |failure| failure.kind.as_str() == kind
}

#[test]
fn the_honest_module_scores() {
    let scores: Vec<_> = World::new(1)
        .honest_verdicts()
        .iter()
        .map(|verdict| (verdict.status, verdict.score()))
        .collect();
    let (scored, none) = (Status::Scored, Status::NoScore);
    let expected = [
        (scored, 50_000),
        (scored, 130_000),
        (scored, 995_000),
        (none, 0),
        (scored, 130_000),
        (none, 0),
        (scored, 0),
        (scored, 1_000_000),
    ];
    assert_eq!(scores, expected);
}

#[test]
fn a_hostile_module_is_reported_and_harms_nobody_else() {
    let mut world = World::new(1);
    let others = world.honest_verdicts();
    for Hostile {
        does,
        bytes,
        expected,
    } in hostile()
    {
        let compiled = world.engine.compile(&bytes);
        if let Expected::Refused(message) = expected {
            let refusal = compiled.expect_err(does).to_string();
            assert!(refusal.contains(message), "a module that {does}: {refusal}");
            assert!(
                refusal.starts_with("expected "),
                "a module that {does}: {refusal}"
            );
            assert!(!refusal.contains('\n'), "a module that {does}: {refusal}");
            continue;
        }
        let module = compiled.unwrap_or_else(|refusal| panic!("a module that {does}: {refusal}"));
        // More than once: what a trap leaves behind must not show.
        for _ in 0..2 {
            let answer = world.evaluate("hostile", &module, &FEATURES);
            check(does, expected, &others, &answer);
            assert_eq!(
                world.honest_verdicts(),
                others,
                "after a module that {does}"
            );
        }
    }
}

fn check(
    does: &str,
    expected: Expected,
    others: &[Verdict],
    (verdicts, failures): &(Vec<Verdict>, Vec<RowFailure>),
) {
    let rows: Vec<_> = failures.iter().map(|failure| failure.row).collect();
    match expected {
        Expected::Refused(_) => unreachable!("handled by the caller"),
        Expected::RowFails(kind, message) => {
            assert_eq!(rows, [1, 4], "a module that {does}: {failures:?}");
            for failure in failures {
                assert!(of_kind(kind)(failure), "a module that {does}: {failure}");
                assert!(
                    failure.detail.contains(message),
                    "a module that {does}: {failure}"
                );
            }
            for (row, (verdict, other)) in verdicts.iter().zip(others).enumerate() {
                if !rows.contains(&row) {
                    assert_eq!(verdict, other, "a module that {does}, row {row}");
                }
            }
        }
        Expected::Caught => {
            assert!(!rows.is_empty(), "a module that {does}");
            let caught = of_kind(FailureKind::Nondeterministic.as_str());
            assert!(
                failures.iter().all(caught),
                "a module that {does}: {failures:?}"
            );
        }
        Expected::Harmless => assert_eq!(failures, &[], "a module that {does}"),
    }
    for (row, verdict) in verdicts.iter().enumerate() {
        let failed = verdict.status == Status::RowError;
        assert_eq!(
            failed,
            rows.contains(&row),
            "a module that {does}, row {row}"
        );
    }
}

/// Rows alone, in a batch, and in a batch behind another: always the same outcome.
#[test]
fn the_outcome_of_a_row_does_not_depend_on_its_neighbours() {
    let mut world = World::new(0);
    for Hostile {
        does,
        bytes,
        expected,
    } in hostile()
    {
        if !matches!(expected, Expected::RowFails(..)) {
            continue;
        }
        let module = world.engine.compile(&bytes).unwrap();
        let (batch, failures) = world.evaluate("hostile", &module, &FEATURES);
        for (row, feature) in FEATURES.iter().enumerate() {
            let (alone, failed) = world.evaluate("hostile", &module, &[*feature]);
            assert_eq!(alone, batch[row..=row], "a module that {does}, row {row}");
            let in_batch = failures.iter().filter(|failure| failure.row == row);
            let in_batch: Vec<_> = in_batch.map(|it| (it.kind, &it.detail)).collect();
            let failed: Vec<_> = failed.iter().map(|it| (it.kind, &it.detail)).collect();
            assert_eq!(failed, in_batch, "a module that {does}, row {row}");
        }
    }
}

#[test]
fn only_the_rows_of_the_sample_are_looked_at_again() {
    let counter = || {
        let found = hostile()
            .into_iter()
            .find(|it| it.does == "keeps a counter in its memory");
        found.unwrap().bytes
    };
    for (one_in, expected) in [(1, vec![1, 2, 3, 4, 5, 6, 7]), (3, vec![3, 6]), (0, vec![])] {
        let mut world = World::new(one_in);
        let module = world.engine.compile(&counter()).unwrap();
        let (_, failures) = world.evaluate("hostile", &module, &[50.0; 8]);
        let rows: Vec<_> = failures.iter().map(|failure| failure.row).collect();
        assert_eq!(rows, expected, "one in {one_in}");
    }
}

#[test]
fn a_refusal_has_the_variant_of_its_check() {
    let engine = RulesEngine::new().unwrap();
    let variant = |does: &str| {
        let found = hostile().into_iter().find(|it| it.does == does);
        engine.compile(&found.unwrap().bytes).unwrap_err()
    };
    assert!(matches!(variant("is random bytes"), Refusal::Form { .. }));
    assert!(matches!(variant("imports a clock"), Refusal::Import { .. }));
    assert!(matches!(
        variant("has a start function"),
        Refusal::Start { function: 0 }
    ));
    assert!(matches!(
        variant("has no manifest"),
        Refusal::Manifest { .. }
    ));
    assert!(matches!(
        variant("has no room for its arena"),
        Refusal::Arena { .. }
    ));
}

/// A tenant with a hostile rule, beside the one that every simulation has.
const HOSTILE: &str = "hostile";
const START: Time = Time(1_767_225_600_000);

/// Who shares the shards with the tenant of every simulation.
#[derive(Clone, Copy)]
enum Beside<'a> {
    /// Nobody: what [`HOSTILE`] sends is refused, for no such tenant is known.
    Nobody,
    /// A tenant without rules.
    NoRule,
    /// A tenant whose one rule is this module.
    Rule(&'a [u8]),
}

/// What is published of two tenants' accounts in the same shards. The events are always the same,
/// so that outputs can be compared to the byte: they name the offsets of what caused them.
fn fold(engine: &RulesEngine, beside: Beside<'_>) -> Vec<Output> {
    let sim = Sim::new(2, engine, &shipped());
    let mut log = sim.world.connect();
    let tenant = Record::Settings(SettingsRecord {
        tenant: HOSTILE.into(),
        // The score of the fixture is its days, so each evaluation shows in an output.
        settings: Settings {
            publish_threshold_points: 0.1,
            ..Settings::default()
        },
        from: None,
        genesis: true,
        by: "test".into(),
        reason: String::new(),
    });
    if !matches!(beside, Beside::Nobody) {
        log.publish_rule(&tenant.to_bytes().unwrap(), START)
            .unwrap();
    }
    if let Beside::Rule(module) = beside {
        log.publish_module(module).unwrap();
        let activation = Record::Activation(Activation {
            tenant: HOSTILE.into(),
            rule: "fixture".into(),
            digest: content_digest(module),
            role: RuleRole::Primary,
            shadow: false,
            parameters: BTreeMap::new(),
            from: None,
            genesis: true,
            by: "test".into(),
            reason: String::new(),
            signed: None,
        });
        log.publish_rule(&activation.to_bytes().unwrap(), START)
            .unwrap();
    }
    let until = START.plus_ms(40 * DAY_MS);
    sim.catch_up(&lines(), Feed::whole(until));
    sim.outputs()
}

/// Ten accounts of each tenant are active on three days and then silent for a month: the hostile
/// rule is asked once for each at exactly [`TRIGGER`] days.
fn lines() -> Vec<Line> {
    let line = |day: i64, tenant: &str, account: usize| {
        let time = START.plus_ms(day * DAY_MS);
        let key = format!("{tenant}/a{account}");
        let value = format!(
            r#"{{"id":"{tenant}-{account}-{day}","tenant":"{tenant}","account":"a{account}","#,
        );
        let value = format!(
            r#"{value}"kind":"usage","at":{},"metric":"login"}}"#,
            time.0
        );
        let kind = Kind::Usage;
        Line {
            time,
            kind,
            key,
            value,
        }
    };
    let tenants = ["tenant-0", HOSTILE];
    (0..3)
        .flat_map(|day| (0..10).flat_map(move |it| tenants.map(|tenant| line(day, tenant, it))))
        .collect()
}

/// Traps at every third row that it sees. It is as honest as another where rows are asked about
/// one by one, for then its memory begins anew each time.
fn traps_at_every_third_row() -> Vec<u8> {
    Assembly::with_row(|it| {
        it.i32_const(HIDDEN).i32_const(HIDDEN).i32_load(at(0));
        it.i32_const(1).i32_add().i32_store(at(0));
        it.i32_const(HIDDEN).i32_load(at(0));
        it.i32_const(3).i32_rem_u().i32_eqz();
        it.if_(BlockType::Empty).unreachable().end();
    })
}

#[test]
fn in_the_fold_a_hostile_rule_changes_nothing_for_another_tenant() {
    let engine = RulesEngine::new().unwrap();
    let of = |tenant: &str, outputs: &[Output]| -> Vec<Output> {
        let own = outputs.iter().filter(|output| output.tenant == tenant);
        own.cloned().collect()
    };
    let others = of("tenant-0", &fold(&engine, Beside::Nobody));
    assert!(!others.is_empty());
    let without = fold(&engine, Beside::NoRule);
    assert_eq!(of("tenant-0", &without), others, "beside a tenant");
    // What its own accounts were told, without the digest of the rule that says it.
    let own = |module: &[u8], outputs: &[Output]| -> Vec<String> {
        let digest = content_digest(module).to_string();
        let told = of(HOSTILE, outputs).into_iter();
        told.map(|output| {
            String::from_utf8(output.value)
                .unwrap()
                .replace(&digest, "")
        })
        .collect()
    };
    let found = fold(&engine, Beside::Rule(&honest()));
    assert_eq!(of("tenant-0", &found), others, "beside an honest rule");
    let expected = own(&honest(), &found);
    // Each with whether its own accounts have what those of the honest rule have. They have not
    // where an evaluation failed, or where what the rule remembers became the score.
    let actors = [
        ("traps", false),
        ("loops without end", false),
        ("recurses without end", false),
        ("scores above 100", false),
        ("keeps a counter in its memory", false),
        ("looks at the next row", false),
        ("reads the bits of a missing feature", true),
    ];
    let listed = actors.map(|(actor, is_as_honest)| {
        let module = hostile().into_iter().find(|it| it.does == actor).unwrap();
        (actor, module.bytes, is_as_honest)
    });
    let third = ("traps at every third row", traps_at_every_third_row(), true);
    for (actor, module, is_as_honest) in listed.into_iter().chain([third]) {
        let found = fold(&engine, Beside::Rule(&module));
        assert_eq!(of("tenant-0", &found), others, "beside a rule that {actor}");
        let own = own(&module, &found);
        assert!(!own.is_empty(), "a rule that {actor}");
        assert_eq!(own == expected, is_as_honest, "a rule that {actor}");
    }
}
