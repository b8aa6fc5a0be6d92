//! From points to a verdict, as an author sees it.

use puls_wire::{REASON_NONE, Status, Verdict};

use crate::{
    Exception, Feature, Measure, Native, Parameter, Part, Reason, Row, Rule, Score, Trigger, list,
};

list!(FEATURES: Feature {
    F1 = Feature::new("custom.f1"),
    F2 = Feature::new("custom.f2"),
    F3 = Feature::new("custom.f3"),
    CONTROL = Feature::new("custom.control"),
});
list!(PARAMETERS: Parameter { LIMIT = Parameter::new(40.0, 0.0, 100.0) });
list!(MEASURES: Measure {
    A = Measure::new("A", 50.0),
    B = Measure::new("B", 50.0),
});
list!(PARTS: Part {
    P1 = Part::new(A, 1.0, &[F1], "f1 is {}"),
    P2 = Part::new(A, 1.0, &[F2], "f2 is {}"),
    P3 = Part::new(B, 1.0, &[F3], "f3 is {}"),
});
list!(REASONS: Reason { OTHER = Reason::new("another reason than its own", &[]) });
list!(EXCEPTIONS: Exception {
    CAPPED = Exception::new("capped", &[]),
    LOWER = Exception::new("capped lower", &[]),
    FLOORED = Exception::new("floored", &[]),
    RAISED = Exception::new("raised", &[]),
});
list!(TRIGGERS: Trigger { ACT = Trigger::new("act", &[]) });

const RULE: Rule = Rule {
    features: FEATURES,
    parameters: PARAMETERS,
    measures: MEASURES,
    parts: PARTS,
    reasons: REASONS,
    exceptions: EXCEPTIONS,
    triggers: TRIGGERS,
    ..Rule::new("test", "1", evaluate)
};

/// Each bit of `control` switches on one thing that a rule can say.
fn evaluate(row: &Row<'_>, score: &mut Score) {
    let control = row.get(CONTROL).unwrap_or(0.0);
    let on = |bit: u32| (control / f64::from(1 << bit)).floor() % 2.0 >= 1.0;
    score.part(P1, row.get(F1));
    if on(0) {
        score.part_or(P2, row.get(F2), 50.0);
    } else if on(1) {
        score.leave_out(P2);
    } else {
        score.part(P2, row.get(F2));
    }
    score.part(P3, row.get(F3));
    if on(2) {
        score.because(P3, OTHER);
    }
    score.cap(CAPPED, on(3), row.parameter(LIMIT));
    score.cap(LOWER, on(4), 20.0);
    score.floor(FLOORED, on(5), 60.0);
    score.raise(RAISED, on(6));
    score.trigger(ACT, on(7));
    score.population(!on(8));
}

const NONE: f64 = f64::NAN;

fn points(verdict: &Verdict) -> f64 {
    f64::from(i32::try_from(verdict.score()).unwrap()) / 1e4
}

fn parts(verdict: &Verdict) -> Vec<(i32, u16, u16)> {
    let parts = verdict.parts.iter();
    parts
        .map(|part| (part.contribution, part.points, part.weight))
        .collect()
}

/// Source: field notes, golden vectors, redistribution: A (50) has f1 = 100 and f2 missing,
/// B (50) = 40: 70, not 60.
#[test]
fn a_missing_part_gives_its_weight_to_its_measure_first() {
    let verdict = RULE.verdict(&[100.0, NONE, 40.0, 0.0]);
    assert_eq!(verdict.score(), 700_000);
    assert_eq!(verdict.coverage, 7_500);
    let expected = [
        (500_000, 10_000, 5_000),
        (0, u16::MAX, 0),
        (200_000, 4_000, 5_000),
    ];
    assert_eq!(parts(&verdict), expected);
}

#[test]
fn a_missing_measure_gives_its_weight_to_the_others() {
    let verdict = RULE.verdict(&[80.0, 40.0, NONE, 0.0]);
    assert_eq!((verdict.score(), verdict.coverage), (600_000, 5_000));
    let expected = [
        (400_000, 8_000, 5_000),
        (200_000, 4_000, 5_000),
        (0, u16::MAX, 0),
    ];
    assert_eq!(parts(&verdict), expected);
}

#[test]
fn a_substitute_counts_for_the_score_and_not_for_coverage() {
    let verdict = RULE.verdict(&[100.0, NONE, 40.0, 1.0]);
    assert_eq!((verdict.score(), verdict.coverage), (575_000, 7_500));
    let verdict = RULE.verdict(&[100.0, 0.0, 40.0, 1.0]);
    assert_eq!((verdict.score(), verdict.coverage), (450_000, 10_000));
}

#[test]
fn a_part_that_does_not_apply_counts_nowhere() {
    let verdict = RULE.verdict(&[100.0, 0.0, 40.0, 2.0]);
    assert_eq!((verdict.score(), verdict.coverage), (700_000, 10_000));
    assert_eq!(verdict.parts[1].reason, REASON_NONE);
}

#[test]
fn points_are_taken_within_0_and_100() {
    let verdict = RULE.verdict(&[-5.0, 105.0, f64::INFINITY, 0.0]);
    let points: Vec<u16> = verdict.parts.iter().map(|part| part.points).collect();
    assert_eq!(points, [0, 10_000, 10_000]);
    assert_eq!(verdict.score(), 750_000);
}

#[test]
fn reasons_are_counted_from_one_with_the_parts_own_first() {
    let reasons = |control| {
        let verdict = RULE.verdict(&[1.0, NONE, 1.0, control]);
        verdict
            .parts
            .iter()
            .map(|part| part.reason)
            .collect::<Vec<_>>()
    };
    assert_eq!(reasons(0.0), [1, 0, 3]);
    assert_eq!(reasons(4.0), [1, 0, 4]);
}

/// What is switched on, the sum, and the score that comes out.
#[test]
fn exceptions_force_the_score() {
    let (capped, lower, floored, raised) = (8.0, 16.0, 32.0, 64.0);
    let cases = [
        ("nothing", 0.0, 70.0, 70.0),
        ("a cap", capped, 70.0, 40.0),
        ("a cap above the sum", capped, 30.0, 30.0),
        ("the lowest cap", capped + lower, 70.0, 20.0),
        ("a floor", floored, 30.0, 60.0),
        ("a floor below the sum", floored, 70.0, 70.0),
        ("a cap beats a floor", capped + floored, 30.0, 40.0),
        ("only raised", raised, 70.0, 70.0),
    ];
    for (what, control, sum, expected) in cases {
        let verdict = RULE.verdict(&[sum, sum, sum, control]);
        assert!((points(&verdict) - expected).abs() < 1e-9, "{what}");
        assert_eq!(verdict.status, Status::Scored, "{what}");
        assert_eq!(verdict.exceptions != 0, control > 0.0, "{what}");
        let sum = f64::from(verdict.adjust) / 1e4 + sum;
        assert!((sum - expected).abs() < 1e-9, "{what}: {sum}");
    }
}

/// Without any weight: the lowest cap, else the highest floor, else no score.
#[test]
fn without_weight_only_a_cap_or_floor_makes_a_score() {
    let cases = [
        (0.0, Status::NoScore, 0, 0),
        (64.0, Status::NoScore, 0, 8),
        (8.0 + 16.0 + 32.0, Status::Scored, 200_000, 7),
        (32.0, Status::Scored, 600_000, 4),
    ];
    for (control, status, adjust, exceptions) in cases {
        let verdict = RULE.verdict(&[NONE, NONE, NONE, control]);
        let found = (verdict.status, verdict.adjust, verdict.exceptions);
        assert_eq!(found, (status, adjust, exceptions), "control {control}");
        assert_eq!((verdict.coverage, verdict.score()), (0, i64::from(adjust)));
    }
}

#[test]
fn outside_the_population_nothing_is_said() {
    let everything = f64::from((1 << 9) - 1);
    let verdict = RULE.verdict(&[10.0, 20.0, 30.0, everything]);
    let nothing = Verdict {
        status: Status::OutsidePopulation,
        parts: vec![puls_wire::PartVerdict::default(); 3],
        ..Verdict::default()
    };
    assert_eq!(verdict, nothing);
}

#[test]
fn parameters_are_the_tenants_or_their_defaults() {
    let row = [70.0, 70.0, 70.0, 8.0];
    assert_eq!(RULE.verdict(&row).score(), 400_000);
    assert_eq!(RULE.verdict_with(&row, &[33.3]).score(), 333_000);
}

/// Source: field notes, golden vectors, weighted group: weights 20, 15, 22 on 47, 59, 21 make
/// 40.1228, of parts 16.4912 + 15.5263 + 8.1053.
#[test]
fn parts_sum_exactly_to_the_rounded_total() {
    list!(ONE: Measure { ONLY = Measure::new("Only", 1.0) });
    list!(GROUP: Part {
        Q1 = Part::new(ONLY, 20.0, &[], "first"),
        Q2 = Part::new(ONLY, 15.0, &[], "second"),
        Q3 = Part::new(ONLY, 22.0, &[], "third"),
    });
    const WEIGHTED: Rule = Rule {
        features: FEATURES,
        measures: ONE,
        parts: GROUP,
        ..Rule::new("group", "1", |row, score| {
            score.part(Q1, row.get(F1));
            score.part(Q2, row.get(F2));
            score.part(Q3, row.get(F3));
        })
    };
    let verdict = WEIGHTED.verdict(&[47.0, 59.0, 21.0]);
    let contributions: Vec<i32> = verdict.parts.iter().map(|part| part.contribution).collect();
    assert_eq!(contributions, [164_912, 155_263, 81_053]);
    assert_eq!(verdict.score(), 401_228);
}

/// A row's verdict is the same alone, among others, and after others.
#[test]
fn rows_do_not_see_each_other() {
    let seed = 20_240_607_u64;
    println!("seed {seed}");
    let mut state = seed;
    let mut random = move || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963);
        (state >> 33) as f64 / f64::from(1_u32 << 31)
    };
    let accounts: Vec<[f64; 4]> = (0..1_000)
        .map(|_| {
            let mut value = || {
                if random() < 0.3 {
                    NONE
                } else {
                    random() * 120.0 - 10.0
                }
            };
            [value(), value(), value(), (random() * 512.0).floor()]
        })
        .collect();
    let mut together = Native::new(&RULE, &[]);
    for batch in accounts.chunks(256) {
        let mut rows = puls_wire::Rows::new(4);
        batch.iter().for_each(|account| rows.push(*account));
        let mut verdicts = Vec::new();
        together.evaluate(&rows, &mut verdicts);
        assert_eq!(verdicts.len(), batch.len());
        for (account, verdict) in batch.iter().zip(&verdicts) {
            assert_eq!(*verdict, RULE.verdict(account), "{account:?}");
            check_invariants(account, verdict);
        }
    }
}

/// A second, naive way to the same score, and what holds for every verdict.
fn check_invariants(account: &[f64; 4], verdict: &Verdict) {
    if verdict.status == Status::OutsidePopulation {
        return;
    }
    assert!((0..=1_000_000).contains(&verdict.score()), "{account:?}");
    let [f1, mut f2, f3, control] = *account;
    let on = |bit: u32| (control / f64::from(1 << bit)).floor() % 2.0 >= 1.0;
    match (on(0), on(1)) {
        (true, _) if f2.is_nan() => f2 = 50.0,
        (false, true) => f2 = NONE,
        _ => {}
    }
    let mean = |points: &[f64]| {
        let there: Vec<f64> = points
            .iter()
            .filter(|value| !value.is_nan())
            .map(|p| p.clamp(0.0, 100.0))
            .collect();
        (!there.is_empty()).then(|| there.iter().sum::<f64>() / there.len() as f64)
    };
    let measures = [mean(&[f1, f2]).unwrap_or(NONE), f3];
    let expected = mean(&measures).unwrap_or(0.0) * 1e4;
    let sum: i32 = verdict.parts.iter().map(|part| part.contribution).sum();
    assert!(
        (f64::from(sum) - expected).abs() <= 0.501,
        "{account:?}: {sum}, not {expected}"
    );
    let weights: i32 = verdict
        .parts
        .iter()
        .map(|part| i32::from(part.weight))
        .sum();
    assert!(
        weights == 0 || (weights - 10_000).abs() <= 2,
        "{account:?}: {weights}"
    );
    assert!(
        verdict.exceptions != 0 || verdict.adjust == 0,
        "{account:?}"
    );
}
