//! A rule in Rust and a card that say the same, where weights are 0 and data are missing.

use puls_reference::evaluate;
use puls_rules_sdk::{Feature, Measure, Native, Part, Row, Rule, Score, list};
use puls_wire::Rows;

use super::build::{card, factor, line, measure};

list!(FEATURES: Feature {
    A = Feature::new("usage.a"), B = Feature::new("usage.b"), C = Feature::new("usage.c"),
    D = Feature::new("usage.d"),
});
list!(MEASURES: Measure {
    MIXED = Measure::new("Mixed", 3.0), PLAIN = Measure::new("Plain", 1.0),
    IDLE = Measure::new("Idle", 0.0),
});
list!(PARTS: Part {
    WEIGHTLESS = Part::new(MIXED, 0.0, &[A], "A"), HEAVY = Part::new(MIXED, 2.0, &[B], "B"),
    OTHER = Part::new(PLAIN, 1.0, &[C], "C"), SPARE = Part::new(IDLE, 5.0, &[D], "D"),
});

static RULE: Rule = Rule {
    features: FEATURES,
    measures: MEASURES,
    parts: PARTS,
    ..Rule::new("weights", "1.0.0", say)
};

fn say(row: &Row<'_>, score: &mut Score) {
    score.part(WEIGHTLESS, row.line(A, 0.0, 100.0));
    score.part(HEAVY, row.line(B, 0.0, 100.0));
    score.part(OTHER, row.line(C, 0.0, 100.0));
    score.part(SPARE, row.line(D, 0.0, 100.0));
}

/// All of an account's data known or missing in every combination.
#[test]
fn weights_of_nothing_are_the_same_in_both() {
    let mixed = vec![
        factor("a", 0.0, 0, line(0.0, 100.0)),
        factor("b", 2.0, 1, line(0.0, 100.0)),
    ];
    let plain = vec![factor("c", 1.0, 2, line(0.0, 100.0))];
    let idle = vec![factor("d", 5.0, 3, line(0.0, 100.0))];
    let measures = vec![
        measure("mixed", 3.0, mixed),
        measure("plain", 1.0, plain),
        measure("idle", 0.0, idle),
    ];
    let card = card(&["usage.a", "usage.b", "usage.c", "usage.d"], measures);
    for known in 0..16 {
        let value = |column: u32| match known >> column & 1 {
            1 => 40.0 + 7.0 * f64::from(column),
            _ => f64::NAN,
        };
        let row = [0, 1, 2, 3].map(value);
        let mut batch = Rows::new(4);
        batch.push(row);
        let mut found = Vec::new();
        Native::new(&RULE, &[]).evaluate(&batch, &mut found);
        assert_eq!(found, [evaluate(&card, &row, &[])], "{row:?}");
    }
}
