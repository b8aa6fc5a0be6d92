//! Timelines: what governs when, as a table.
//!
//! A record is `[genesis] <written>[><from>] <what>`, where what is `rule=version*` (primary),
//! `rule=version` (secondary), `rule=version~` (in shadow), `-rule` (off) or `!rule=version` (set
//! aside).

use super::{Log, activation, off, set_aside};
use crate::model::Time;
use crate::rules::record::{Activation, Record, RuleRole};

fn record(text: &str) -> (i64, Record) {
    let words: Vec<_> = text.split_whitespace().collect();
    let (genesis, when, what) = match words.as_slice() {
        ["genesis", when, what] => (true, *when, *what),
        [when, what] => (false, *when, *what),
        _ => panic!("no record: {text}"),
    };
    let (written, from) = when.split_once('>').unwrap_or((when, ""));
    let rule = |text: &str| {
        let (name, version) = text.split_once('=').unwrap();
        (name.to_owned(), version.chars().next().unwrap())
    };
    let record = if let Some(name) = what.strip_prefix('-') {
        off(name)
    } else if let Some(what) = what.strip_prefix('!') {
        let (name, version) = rule(what);
        set_aside(&name, version)
    } else {
        let (name, version) = rule(what);
        let secondary = !what.ends_with(['*', '~']);
        Record::Activation(Activation {
            role: if secondary {
                RuleRole::Secondary
            } else {
                RuleRole::Primary
            },
            shadow: what.ends_with('~'),
            from: from.parse().ok().map(Time),
            genesis,
            ..activation(&name, version)
        })
    };
    (written.parse().unwrap(), record)
}

/// Why, the records in their order, and the epochs that they make.
const CASES: [(&str, &str, &str); 14] = [
    (
        "a rule of the genesis governs from the beginning",
        "genesis 10 health=a*",
        "min: health=a*",
    ),
    (
        "or from where it says, though that is long ago",
        "genesis 10>5 health=a*",
        "min: , 5: health=a*",
    ),
    (
        "a later one governs from when it was written",
        "10 health=a*",
        "min: , 10: health=a*",
    ),
    (
        "not before it was written, but as late as it likes",
        "10>5 health=a*, 11>90 health=b*",
        "min: , 10: health=a*, 90: health=b*",
    ),
    (
        "what begins later governs later, whatever was written first",
        "10>90 health=a*, 20 health=b*",
        "min: , 20: health=b*, 90: health=a*",
    ),
    (
        "of two at one moment the second governs",
        "10 health=a*, 10 health=b*",
        "min: , 10: health=b*",
    ),
    (
        "a primary rule ends the primary one of another name",
        "1 health=a*, 2 silent=b, 3 new=c*",
        "min: , 1: health=a*, 2: health=a* silent=b, 3: new=c* silent=b",
    ),
    (
        "a rule in shadow is never primary and ends none",
        "1 health=a*, 2 new=b~",
        "min: , 1: health=a*, 2: health=a* new=b~",
    ),
    (
        "a rule that is deactivated ends",
        "1 health=a*, 5 -health",
        "min: , 1: health=a*, 5: ",
    ),
    (
        "the last good one serves for one that was set aside, now and before",
        "1 health=a*, 5 health=b*, 9 !health=b",
        "min: , 1: health=a*, 5: health=a*",
    ),
    (
        "without a good one the rule does not run",
        "1 health=a*, 9 !health=a",
        "min: , 1: ",
    ),
    (
        "what came before a deactivation does not serve",
        "1 health=a*, 2 -health, 3 health=b*, 4 !health=b",
        "min: , 1: health=a*, 2: , 3: ",
    ),
    (
        "the same module activated again is taken",
        "1 health=a*, 2 !health=a, 3 health=a*",
        "min: , 1: , 3: health=a*",
    ),
    (
        "the one that serves has the role of the newest",
        "1 health=a, 2 health=b*, 3 !health=b",
        "min: , 1: health=a, 2: health=a*",
    ),
];

#[test]
fn timelines() {
    for (why, records, expected) in CASES {
        let mut log = Log::new();
        for (written, record) in records.split(", ").map(record) {
            log.write(written, &record);
        }
        assert_eq!(log.timeline().join(", "), expected, "{why}");
        let epochs = log.acme().epochs();
        for (epoch, next) in epochs.iter().zip(epochs.iter().skip(1)) {
            assert_eq!(epoch.until, next.from, "{why}");
        }
        assert_eq!(
            epochs.last().map(|last| last.until),
            Some(Time::MAX),
            "{why}"
        );
    }
}
