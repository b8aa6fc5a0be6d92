//! When a score is published, and against what.

use super::bench::Bench;
use crate::model::Topic;

#[test]
fn a_score_is_published_when_it_moved_by_the_threshold() {
    Bench::threshold(1.0).check(&[
        ("0h 80", "score healthy 80"),
        ("1h 80.5", ""),
        ("2h 80.9999", ""),
        // Against the last published, not the last evaluated.
        ("3h 81", "score healthy 81"),
        ("4h 80.0001", ""),
        ("5h 80", "score healthy 80"),
        ("6h 80", ""),
    ]);
}

#[test]
fn a_threshold_of_nothing_still_needs_a_move() {
    Bench::threshold(0.0).check(&[
        ("0h 80", "score healthy 80"),
        ("1h 80", ""),
        ("2h 80.0001", "score healthy 80.0001"),
    ]);
}

#[test]
fn a_score_is_published_with_tier_population_and_exceptions() {
    Bench::new().check(&[
        ("0h 70.0001", "score healthy 70.0001"),
        ("1h 69.9999", "score watch 69.9999"),
        ("2h outside", "score not_scored null"),
        ("3h outside", ""),
        ("4h 69.9999", "score watch 69.9999"),
        ("5h 69.9999 pilot", "score watch 69.9999"),
        ("6h 69.9999 pilot", ""),
        ("7h 69.9999", "score watch 69.9999"),
        ("8h 69.9999 cov=1", "score unknown 69.9999"),
        // A score that goes away or comes is a move, though the tier stays unknown.
        ("9h noscore cov=1", "score unknown null"),
        ("10h 69.9999 cov=1", "score unknown 69.9999"),
    ]);
}

#[test]
fn a_quiet_score_is_published_weekly_by_a_daily_evaluation() {
    Bench::new().check(&[
        ("0h 80", "score healthy 80"),
        ("167h 80 daily", ""),
        ("168h 80", ""),
        ("170h 80 daily", "score healthy 80"),
        ("200h 80 daily", ""),
        ("338h 80 daily", "score healthy 80"),
    ]);
}

#[test]
fn a_score_tells_what_it_was_before() {
    let mut bench = Bench::threshold(5.0);
    bench.check(&[
        ("0h 80", "score healthy 80"),
        ("1h 76", ""),
        ("2h 60.25", "score watch 60.25"),
    ]);
    let data = bench.data(Topic::Scores, 0);
    assert_eq!(
        (&data["previous"], &data["delta"]),
        (&80.into(), &(-19.75).into())
    );
    assert_eq!(
        (&data["tier_previous"], &data["tier"]),
        (&"healthy".into(), &"watch".into())
    );
    let first = bench.data(Topic::Scores, 1);
    assert!(first["previous"].is_null() && first["delta"].is_null() && first["split"].is_null());
    assert!(first["tier_previous"].is_null());
}

/// The same score event again has the same id and bytes; another cause another id.
#[test]
fn ids_and_bytes_follow_from_the_log_alone() {
    let play = || {
        let mut bench = Bench::threshold(1.0);
        for words in ["0h 80", "1h 10 unpaid call", "2h 50", "24h 30 daily"] {
            bench.play(words);
        }
        bench.outputs
    };
    let outputs = play();
    assert_eq!(outputs, play());
    let mut ids: Vec<_> = outputs
        .iter()
        .map(|output| super::bench::envelope(output)["id"].to_string())
        .collect();
    let count = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!((ids.len(), count), (10, 10));
}
