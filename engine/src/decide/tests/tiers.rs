//! How an account moves between tiers.

use super::bench::Bench;

#[test]
fn a_tier_is_the_band_of_the_score() {
    Bench::new().check(&[
        ("0h 70", "score healthy 70"),
        ("1h 69.9999", "score watch 69.9999"),
        ("2h 40", ""),
        (
            "3h 39.9999",
            "score at_risk 39.9999, tier opened r1 warning",
        ),
        (
            "4h 100",
            "score healthy 100, tier resolved r2 warning recovered",
        ),
        ("5h 0", "score critical 0, tier opened r1 critical"),
    ]);
}

/// Field notes, golden vectors: up to 50 is the lowest tier, 50.0001 the middle one.
#[test]
fn edges_are_exact_to_a_ten_thousandth() {
    let mut bench = Bench::new();
    for (band, from) in bench
        .manifest
        .tiers
        .bands
        .iter_mut()
        .zip([75.0001, 50.0001, 0.0, 0.0])
    {
        band.from = from;
        band.alert = None;
    }
    bench.manifest.tiers.bands.truncate(3);
    bench.recompile();
    bench.check(&[
        ("0h 50", "score at_risk 50"),
        ("1h 50.0001", "score watch 50.0001"),
        ("2h 75", ""),
        ("3h 75.0001", "score healthy 75.0001"),
    ]);
}

/// The band that an account is in is two points wider on both sides.
#[test]
fn hysteresis_widens_the_present_band() {
    Bench::tiers(2.0, 0).check(&[
        ("0h 70", "score healthy 70"),
        ("1h 68", ""),
        ("2h 67.9999", "score watch 67.9999"),
        ("3h 71.9999", ""),
        ("4h 72", "score healthy 72"),
        ("5h 39", "score at_risk 39, tier opened r1 warning"),
        ("6h 41.9999", ""),
        (
            "7h 42",
            "score watch 42, tier resolved r2 warning recovered",
        ),
        // The lowest band has no lower border, the highest no upper one.
        ("8h 0", "score critical 0, tier opened r1 critical"),
        (
            "9h 100",
            "score healthy 100, tier resolved r2 critical recovered",
        ),
    ]);
}

#[test]
fn a_candidate_dwells_before_it_becomes_the_tier() {
    Bench::tiers(0.0, 24).check(&[
        ("0h 80", "score healthy 80"),
        ("1h 60", "dwell@25h"),
        ("2h 50", "dwell@25h"),
        // A break back to the present tier forgets the candidate.
        ("3h 70", ""),
        ("4h 60", "dwell@28h"),
        ("27h 60", "dwell@28h"),
        ("28h 60", "score watch 60"),
        // Without the timer, the first evaluation after it moves.
        ("29h 30", "dwell@53h"),
        ("60h 30", "score at_risk 30, tier opened r1 warning"),
    ]);
}

/// Every candidate has its own clock, so one that swings between two tiers is not held in the
/// third for ever.
#[test]
fn candidates_on_one_side_keep_their_clocks() {
    Bench::tiers(0.0, 24).check(&[
        ("0h 80", "score healthy 80"),
        ("1h 60", "dwell@25h"),
        ("2h 30", "dwell@25h, dwell@26h"),
        ("3h 60", "dwell@25h, dwell@26h"),
        ("4h 30", "dwell@25h, dwell@26h"),
        ("25h 30", "dwell@26h"),
        ("26h 30", "score at_risk 30, tier opened r1 warning"),
    ]);
}

#[test]
fn passing_to_the_other_side_is_a_break() {
    Bench::tiers(0.0, 24).check(&[
        ("0h 60", "score watch 60"),
        ("1h 80", "dwell@25h"),
        ("2h 30", "dwell@26h"),
        ("3h 80", "dwell@27h"),
        ("25h 80", "dwell@27h"),
        ("27h 80", "score healthy 80"),
    ]);
}

/// A dwell of a day, but `unknown` and `not_scored` are entered and left at once.
#[test]
fn unknown_and_not_scored_know_no_dwell() {
    Bench::tiers(0.0, 24).check(&[
        ("0h 80", "score healthy 80"),
        ("1h 60", "dwell@25h"),
        ("2h 60 cov=49", "score unknown 60"),
        ("3h 60 cov=50", "score watch 60"),
        ("4h outside", "score not_scored null"),
        ("5h 80", "score healthy 80"),
        ("6h noscore cov=0", "score unknown null"),
        ("7h outside", "score not_scored null"),
        ("8h 10 cov=0", "score unknown 10"),
        ("9h 10", "score critical 10, tier opened r1 critical"),
    ]);
}

#[test]
fn an_exception_or_an_override_is_sure_without_coverage() {
    Bench::new().check(&[
        ("0h 80 cov=10", "score unknown 80"),
        ("1h 80 cov=10 pilot", "score healthy 80"),
        ("2h 80 cov=10", "score unknown 80"),
        ("3h 80 cov=10 over=50@5", "score watch 50"),
        ("4h noscore cov=0 over=50@5", ""),
        ("5h noscore cov=0 over=50@5", "score unknown null"),
        // Without any weight, an exception that caps or floors is the score.
        ("6h 0 cov=0 adjust=45 pilot", "score watch 45"),
        ("7h noscore cov=0 pilot", "score unknown null"),
    ]);
}

#[test]
fn an_override_replaces_the_score_but_not_outside_the_population() {
    let mut bench = Bench::new();
    bench.check(&[
        ("0h 80", "score healthy 80"),
        (
            "1h 80 over=10@3",
            "score critical 10, tier opened r1 critical",
        ),
    ]);
    let data = bench.data(crate::model::Topic::Scores, 0);
    assert_eq!(data["override"]["computed"], 80);
    assert_eq!(data["delta"], -70);
    assert_eq!(data["split"]["override"], -70);
    assert_eq!(data["split"]["customer"], 0);
    let why = &bench.data(crate::model::Topic::Alerts, 0)["why"];
    assert_eq!(why[0]["text"], "Set by ada: she knows");
    bench.check(&[
        (
            "2h outside over=10@3",
            "score not_scored null, tier resolved r2 critical left_population",
        ),
        ("3h 80 over=10@3", "score healthy 80"),
    ]);
}

/// Decision state belongs to the rule's name: tiers are found again in another version, whatever
/// their place; one that is gone is entered anew.
#[test]
fn a_tier_survives_a_version() {
    let mut bench = Bench::tiers(5.0, 24);
    bench.check(&[("0h 72", "score healthy 72"), ("1h 60", "dwell@25h")]);
    bench.manifest.version = "2.0.0".into();
    bench.manifest.tiers.bands.insert(
        0,
        puls_wire::Tier {
            name: "champion".into(),
            from: 90.0,
            alert: None,
        },
    );
    bench.recompile();
    bench.check(&[
        ("2h 66", ""),
        ("3h 60", "dwell@27h"),
        ("27h 60", "score watch 60"),
    ]);
    bench.manifest.tiers.bands[2].name = "so_so".into();
    bench.recompile();
    bench.check(&[("28h 60", "score so_so 60")]);
}
