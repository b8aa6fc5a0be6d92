//! What a module may answer, and what it may not.

use puls_wire::{Manifest, PartVerdict, Status, Verdict};

use super::{Ranges, low_bits};

const RANGES: Ranges = Ranges {
    parts: 2,
    reasons: 3,
    exceptions: 0b11,
    triggers: 0b1,
};

fn part(contribution: i32) -> PartVerdict {
    PartVerdict {
        contribution,
        points: 10_000,
        weight: 10_000,
        reason: 3,
    }
}

/// A verdict at the edge of everything.
fn verdict(change: impl FnOnce(&mut Verdict)) -> Verdict {
    let mut verdict = Verdict {
        status: Status::Scored,
        coverage: 10_000,
        adjust: 0,
        exceptions: 0b11,
        triggers: 0b1,
        parts: vec![part(400_000), part(600_000)],
    };
    change(&mut verdict);
    verdict
}

fn without_parts(status: Status, change: impl FnOnce(&mut Verdict)) -> Verdict {
    verdict(|it| {
        it.status = status;
        it.parts = vec![PartVerdict::default(); 2];
        it.exceptions = 0;
        it.triggers = 0;
        change(it);
    })
}

#[test]
fn what_is_possible_passes() {
    let possible = [
        verdict(|_| {}),
        verdict(|it| it.adjust = -1_000_000),
        verdict(|it| it.parts[0].contribution = -600_000),
        verdict(|it| it.parts[1].points = u16::MAX),
        without_parts(Status::NoScore, |_| {}),
        without_parts(Status::NoScore, |it| it.exceptions = 1),
        // No weight is left, and an exception sets the score.
        without_parts(Status::Scored, |it| {
            it.exceptions = 1;
            it.adjust = 1_000_000;
        }),
        without_parts(Status::OutsidePopulation, |_| {}),
        // A row that failed says nothing else.
        verdict(|it| {
            it.status = Status::RowError;
            it.coverage = u16::MAX;
        }),
    ];
    for verdict in possible {
        assert_eq!(RANGES.problem(&verdict), None, "{verdict:?}");
    }
}

#[test]
fn what_is_impossible_is_named() {
    let impossible = [
        (
            verdict(|it| it.coverage = 10_001),
            "coverage: expected at most 10000, found 10001",
        ),
        (
            verdict(|it| it.exceptions = 0b100),
            "exceptions: bit 2 is set, and the manifest has 2",
        ),
        (
            verdict(|it| it.triggers = 0b10),
            "triggers: bit 1 is set, and the manifest has 1",
        ),
        (
            verdict(|it| it.adjust = 1),
            "expected a score of 0 to 1000000, found 1000001",
        ),
        (verdict(|it| it.adjust = i32::MIN), "found -2146483648"),
        (
            verdict(|it| {
                it.exceptions = 0;
                it.adjust = -1;
            }),
            "expected no adjustment without an exception, found -1",
        ),
        (
            verdict(|it| it.parts[1].points = 10_001),
            "part 1: expected points up to 10000",
        ),
        (
            verdict(|it| it.parts[0].weight = 10_001),
            "part 0: weight: expected at most 10000",
        ),
        (
            verdict(|it| it.parts[1].reason = 4),
            "part 1: reason: expected at most 3, found 4",
        ),
        (
            verdict(|it| it.status = Status::NoScore),
            "part 0: expected no contribution",
        ),
        (
            without_parts(Status::NoScore, |it| {
                it.exceptions = 1;
                it.adjust = 1;
            }),
            "expected no adjustment to a score that there is not, found 1",
        ),
        (
            without_parts(Status::OutsidePopulation, |it| it.triggers = 1),
            "outside the population",
        ),
        (
            without_parts(Status::OutsidePopulation, |it| it.parts[1].contribution = 5),
            "part 1: expected no contribution to a score that there is not, found 5",
        ),
    ];
    for (verdict, expected) in impossible {
        let found = RANGES.problem(&verdict).unwrap_or_default();
        assert!(
            found.contains(expected),
            "{verdict:?}\n{found:?} without {expected:?}"
        );
    }
}

#[test]
fn sixty_four_exceptions_are_all_bits() {
    assert_eq!(
        [low_bits(0), low_bits(1), low_bits(63)],
        [0, 1, u64::MAX >> 1]
    );
    assert_eq!(low_bits(64), u64::MAX);
}

#[test]
fn ranges_are_those_of_the_manifest() {
    let manifest = r#"{"abi": "puls/1", "name": "r", "version": "1", "features": [{"name": "f"}],
        "measures": [{"name": "m"}], "parts": [{"name": "p", "measure": "m"}],
        "reasons": [{"code": "a", "text": "a"}, {"code": "b", "text": "b"}],
        "exceptions": [{"name": "e", "text": "e"}],
        "tiers": {"bands": [{"name": "all", "from": 0}]}}"#;
    let manifest = Manifest::parse(manifest.as_bytes()).unwrap();
    let expected = Ranges {
        parts: 1,
        reasons: 2,
        exceptions: 1,
        triggers: 0,
    };
    assert_eq!(Ranges::new(&manifest), expected);
}
