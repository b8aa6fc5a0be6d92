//! The split of a change: rule, data availability, time, customer, override.

use puls_wire::{PartVerdict, Verdict};

use super::bench::{Bench, Line, Linear, START, through_bytes};
use crate::decide::{Outcome, PeersBehind, Rescore};
use crate::model::{Cause, HOUR_MS, Kind, Origin, Topic};

const USAGE: u16 = 1 << Kind::Usage as u8;
const TOUCH: u16 = 1 << Kind::Touch as u8;

/// A line whose score is the linear one of `features`, an event of `kind` at `hour`.
fn line(bench: &Bench, hour: i64, features: [f64; 3], touched: u16) -> Line {
    let score = Linear(bench.weights.clone()).score(&features).unwrap();
    let part = PartVerdict {
        contribution: score.try_into().unwrap(),
        ..PartVerdict::default()
    };
    Line {
        now: START.plus_ms(hour * HOUR_MS),
        verdict: Verdict {
            coverage: 10_000,
            parts: vec![part],
            ..Verdict::default()
        },
        features: features.to_vec(),
        over: None,
        is_daily: false,
        touched,
        cause: Cause::Input(Origin {
            input: 1,
            offset: 7,
            row: 2,
        }),
    }
}

/// Plays lines and gives the last split as rule, data, time, customer, in whole points.
fn split(bench: &mut Bench, lines: &[Line]) -> [i64; 4] {
    for line in lines {
        assert!(matches!(bench.decide(line), Outcome::Decided(_)));
    }
    let data = bench.data(Topic::Scores, 0);
    let part = |key: &str| data["split"][key].as_i64().unwrap();
    let parts = [
        part("rule"),
        part("data_availability"),
        part("time"),
        part("customer"),
    ];
    assert_eq!(part("peers"), 0);
    assert_eq!(Some(parts.iter().sum::<i64>()), data["delta"].as_i64());
    parts
}

fn bench() -> Bench {
    let mut bench = Bench::threshold(1.0);
    bench.weights = vec![2.0, 10.0, -1.0];
    bench
}

#[test]
fn each_cause_of_a_change_gets_its_share() {
    let nan = f64::NAN;
    let start = [20.0, 1.0, 4.0];
    let table = [
        // The customer did it: an event that moves the feature.
        ([25.0, 1.0, 4.0], USAGE, [0, 0, 0, 10]),
        // Nobody touched: time passed.
        ([20.0, 1.0, 9.0], USAGE, [0, 0, -5, 0]),
        ([20.0, 1.0, 9.0], TOUCH, [0, 0, 0, -5]),
        // Both.
        ([25.0, 1.0, 9.0], USAGE, [0, 0, -5, 10]),
        // Data went, whoever moved it.
        ([20.0, nan, 4.0], USAGE, [0, -10, 0, 0]),
        ([nan, 1.0, 9.0], USAGE, [0, -40, -5, 0]),
        ([25.0, nan, 9.0], USAGE | TOUCH, [0, -10, 0, 5]),
    ];
    for (features, touched, expected) in table {
        let mut bench = bench();
        let lines = [
            line(&bench, 0, start, USAGE),
            line(&bench, 1, features, touched),
        ];
        assert_eq!(split(&mut bench, &lines), expected, "{features:?}");
    }
}

/// Kinds of events are gathered until something is published, not until something is evaluated.
#[test]
fn touched_features_are_those_since_the_last_publication() {
    let mut bench = bench();
    let lines = [
        line(&bench, 0, [20.0, 1.0, 4.0], USAGE),
        line(&bench, 1, [20.0, 1.0, 4.5], TOUCH),
        line(&bench, 2, [20.0, 1.0, 9.0], USAGE),
    ];
    assert_eq!(split(&mut bench, &lines), [0, 0, 0, -5]);
    let later = [line(&bench, 3, [20.0, 1.0, 14.0], USAGE)];
    assert_eq!(split(&mut bench, &later), [0, 0, -5, 0]);
}

#[test]
fn another_rule_or_other_parameters_are_the_rule() {
    for is_version in [true, false] {
        let mut bench = bench();
        let first = line(&bench, 0, [20.0, 1.0, 4.0], USAGE);
        assert!(matches!(bench.decide(&first), Outcome::Decided(_)));
        if is_version {
            bench.manifest.version = "2.0.0".into();
            bench.recompile();
        } else {
            bench.parameters = vec![1.0];
        }
        bench.weights = vec![1.0, 10.0, -1.0];
        let second = [line(&bench, 1, [25.0, 1.0, 9.0], USAGE)];
        assert_eq!(split(&mut bench, &second), [-20, 0, -5, 5]);
    }
}

/// Features that the old version did not read take their value of now: what they add is the rule's.
/// A text feature with other values is another feature.
#[test]
fn features_are_matched_by_what_they_mean() {
    let mut bench = bench();
    let first = line(&bench, 0, [20.0, 1.0, 4.0], USAGE);
    assert!(matches!(bench.decide(&first), Outcome::Decided(_)));
    bench.manifest.version = "2.0.0".into();
    bench.manifest.features.swap(0, 2);
    bench.manifest.features[1].values = vec!["bronze".into(), "gold".into()];
    bench.recompile();
    bench.weights = vec![-1.0, 20.0, 2.0];
    // 4 days of silence and 20 active days are as they were; the segment is read anew.
    let second = [line(&bench, 1, [4.0, 1.0, 20.0], USAGE)];
    assert_eq!(split(&mut bench, &second), [10, 0, 0, 0]);
}

/// A hybrid row without a score moves nothing, and the sum is still exact.
#[test]
fn a_hybrid_without_a_score_moves_nothing() {
    #[derive(Debug)]
    struct Never;
    impl Rescore for Never {
        fn score(&mut self, _: &[f64]) -> Option<i64> {
            None
        }
    }
    use crate::decide::split::split;
    use crate::decide::{Judged, Reading, RuleRef};
    let mut bench = bench();
    let first = line(&bench, 0, [20.0, 1.0, 4.0], USAGE);
    assert!(matches!(bench.decide(&first), Outcome::Decided(_)));
    let second = line(&bench, 1, [25.0, f64::NAN, 9.0], USAGE);
    let key = crate::model::Key::new("acme", "x").unwrap();
    let rule = RuleRef {
        name: "health",
        version: "2",
        digest: crate::model::Digest::default(),
        parameters: &[],
        primary: true,
        shadow: false,
    };
    let reading = Reading {
        key: &key,
        rule,
        now: second.now,
        verdict: &second.verdict,
        features: &second.features,
        over: None,
        peers: None,
    };
    let judged = Judged::new(&bench.policy, &reading);
    let published = bench.memory.published.as_deref().unwrap();
    let split = split(
        &bench.policy,
        published,
        (&reading, &judged, USAGE),
        &mut Never,
    )
    .unwrap();
    assert_eq!((split.rule, split.data, split.time), (0, 0, 0));
    assert_eq!(
        split.sum(),
        judged.score.unwrap() - published.score.unwrap()
    );
}

/// The statistics that the table of the next test knows: day 1 and 2 of segment 7, day 2 of 8.
const MEDIANS: [((u16, u64), f64); 3] = [((1, 7), 10.0), ((2, 7), 20.0), ((2, 8), 5.0)];

/// A feature relative to peers moves by time, with the peers and by the customer, and each gets its
/// own share: the first feature is the own value in percent of the segment's median, and 10 % of
/// it are points.
#[test]
fn peers_get_what_their_median_did() {
    let behind = |(own, day, segment): (f64, u16, u64)| PeersBehind {
        day: Some(day),
        segment,
        own: vec![(0, own)],
    };
    let start = (10.0, 1, 7);
    let nan = f64::NAN;
    // Own value, day, segment; kinds of events; data, time, peers, customer.
    let table = [
        // The median doubled: 100 % became 50 %.
        ((10.0, 2, 7), TOUCH, [0, 0, -5, 0]),
        ((10.0, 2, 7), USAGE, [0, 0, -5, 0]),
        // The customer did three times as much: 50 % became 150 %.
        ((30.0, 2, 7), USAGE, [0, 0, -5, 10]),
        ((30.0, 1, 7), USAGE, [0, 0, 0, 20]),
        // The window moved to three times as much, against the median of then: 300 %, then 150 %.
        ((30.0, 2, 7), TOUCH, [0, 20, -15, 0]),
        // The customer belongs to another segment now: first what the old one did.
        ((10.0, 2, 8), USAGE, [0, 0, -5, 15]),
        // Nobody knows any more what day 3 was like: a customer's move cannot be told from it.
        ((15.0, 3, 7), USAGE, [0, 0, 0, -5]),
        ((15.0, 3, 7), TOUCH, [0, 5, -10, 0]),
        // No peers now.
        ((10.0, 2, 9), USAGE, [-10, 0, 0, 0]),
    ];
    for (now, touched, expected) in table {
        let mut bench = Bench::threshold(1.0);
        bench.weights = vec![0.1, 0.0, 1.0];
        bench.medians = MEDIANS.to_vec();
        let percent = |(own, day, segment): (f64, u16, u64)| match (day, segment) {
            (1, _) => 10.0 * own,
            (2, 7) => 5.0 * own,
            (2, 8) => 20.0 * own,
            (3, _) => 50.0,
            _ => nan,
        };
        bench.peers = Some(behind(start));
        let first = line(&bench, 0, [percent(start), 1.0, 40.0], USAGE);
        assert!(matches!(bench.decide(&first), Outcome::Decided(_)));
        bench.memory = through_bytes(&bench.memory);
        bench.peers = Some(behind(now));
        let second = line(&bench, 1, [percent(now), 1.0, 40.0], touched);
        assert!(matches!(bench.decide(&second), Outcome::Decided(_)));
        let data = bench.data(Topic::Scores, 0);
        let names = ["data_availability", "time", "peers", "customer"];
        let parts = names.map(|name| data["split"][name].as_i64().unwrap());
        assert_eq!(parts, expected, "{now:?} {touched}");
        assert_eq!(Some(parts.iter().sum::<i64>()), data["delta"].as_i64());
    }
}
