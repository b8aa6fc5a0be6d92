//! What is missing from the log, and what is not.

use std::collections::BTreeMap;

use super::{Log, digest, off, primary, secondary, set_aside, settings, source};
use crate::limits::ACTIVATION_DELAY_MS;
use crate::model::{Aggregate, Settings, Time};
use crate::rules::book::{Desired, DesiredRule, DesiredTenant, Publication};
use crate::rules::record::{Record, RuleRole};

fn desired(rules: &[(&str, char, RuleRole)], settings: Settings) -> Desired {
    let rule = |(name, version, role): &(&str, char, RuleRole)| {
        let wanted = DesiredRule {
            digest: digest(*version),
            source: source(*version),
            role: *role,
            shadow: false,
            parameters: BTreeMap::new(),
            from: None,
        };
        ((*name).to_owned(), wanted)
    };
    let rules = rules.iter().map(rule).collect();
    let tenant = DesiredTenant { settings, rules };
    Desired {
        tenants: BTreeMap::from([("acme".into(), tenant)]),
    }
}

fn by(by: &str, genesis: bool) -> Publication {
    Publication {
        now: Time(100),
        genesis,
        by: by.into(),
        reason: String::new(),
    }
}

#[test]
fn what_stands_is_not_published_again() {
    let (main, side) = (RuleRole::Primary, RuleRole::Secondary);
    let mut log = Log::new();
    let wanted = desired(
        &[("health", 'a', main), ("silent", 'b', side)],
        Settings::default(),
    );
    let configuration = by("configuration", true);
    let records = log.book.missing(&wanted, &configuration);
    assert_eq!(records.len(), 3, "{records:?}");
    for record in &records {
        log.write(50, record);
    }
    assert_eq!(log.timeline(), ["min: health=a* silent=b"]);
    for genesis in [true, false] {
        assert_eq!(log.book.missing(&wanted, &by("configuration", genesis)), []);
    }
    // Nor is a module that was set aside: a restart must not bring it back.
    log.write(60, &set_aside("health", 'a'));
    assert_eq!(log.book.missing(&wanted, &configuration), []);
}

#[test]
fn only_what_differs_is_published() {
    let (main, side) = (RuleRole::Primary, RuleRole::Secondary);
    let mut log = Log::new();
    let first = desired(
        &[("health", 'a', main), ("silent", 'b', side)],
        Settings::default(),
    );
    for record in log.book.missing(&first, &by("configuration", true)) {
        log.write(50, &record);
    }
    log.write(60, &secondary("annas-own", 'c'));
    let other = settings(&[("logins", Aggregate::Count)]);
    let wanted = desired(&[("health", 'd', main)], other);
    let records = log.book.missing(&wanted, &by("configuration", false));
    let soon = Some(Time(100 + ACTIVATION_DELAY_MS));
    let summary: Vec<_> = records
        .iter()
        .map(|record| match record {
            Record::Settings(it) => ("settings", it.from, it.genesis),
            Record::Activation(it) => ("activation", it.from, it.genesis),
            Record::Deactivation(it) => ("deactivation", it.from, it.genesis),
            Record::SetAside(_) => ("set aside", None, false),
        })
        .collect();
    let expected = ["settings", "deactivation", "activation"].map(|what| (what, soon, false));
    assert_eq!(summary, expected);
    for record in &records {
        log.write(100, record);
    }
    let last = log.timeline().pop();
    assert_eq!(last.as_deref(), Some("2100: annas-own=c health=d*"));
    assert_eq!(log.book.missing(&wanted, &by("configuration", false)), []);
}

/// What is written between two starts, by a person; what the second start has configured; and what
/// it publishes.
#[test]
fn a_person_has_the_last_word_until_the_configuration_says_something_new() {
    let (main, side) = (RuleRole::Primary, RuleRole::Secondary);
    type Case<'a> = (&'a [Record], (char, RuleRole), bool);
    let cases: [Case<'_>; 7] = [
        (&[], ('a', main), false),
        (&[primary("health", 'b')], ('a', main), false),
        (&[primary("health", 'b')], ('b', main), false),
        (&[primary("health", 'b')], ('c', main), true),
        (&[off("health")], ('a', main), false),
        (&[off("health")], ('a', side), true),
        (&[primary("other", 'b')], ('a', main), false),
    ];
    for (number, (by_hand, (version, role), published)) in cases.iter().enumerate() {
        let mut log = Log::new();
        let configured = |version, role| desired(&[("health", version, role)], Settings::default());
        for record in log
            .book
            .missing(&configured('a', main), &by("configuration", true))
        {
            log.write(50, &record);
        }
        for record in *by_hand {
            log.write(60, record);
        }
        let wanted = configured(*version, *role);
        let missing = log.book.missing(&wanted, &by("configuration", false));
        assert_eq!(missing.len(), usize::from(*published), "case {number}");
        let overruled = log.book.overruled(&wanted, "configuration");
        let quiet = by_hand.is_empty() || *published || *version == 'b';
        assert_eq!(overruled.is_empty(), quiet, "case {number}");
    }
    // Back to what the configuration itself replaced: nobody overruled that.
    let mut log = Log::new();
    for version in ['a', 'b', 'a'] {
        let wanted = desired(&[("health", version, main)], Settings::default());
        let missing = log.book.missing(&wanted, &by("configuration", false));
        assert_eq!(
            missing.len(),
            if log.offset == 0 { 2 } else { 1 },
            "{version}"
        );
        for record in missing {
            log.write(50, &record);
        }
    }
}

/// What is written by hand between a start of one program and one of another, which compiles the
/// same card to other bytes; what the second start has configured; what it publishes, and whether
/// it warns.
#[test]
fn the_bytes_of_a_card_are_nothing_new_against_a_person() {
    type Case<'a> = (&'a [Record], char, usize, bool);
    let cases: [Case<'_>; 5] = [
        (&[], 'e', 1, false),
        (&[primary("health", 'b')], 'e', 0, true),
        (&[off("health")], 'e', 0, true),
        (&[primary("health", 'd')], 'e', 0, false),
        (&[primary("health", 'b')], 'c', 1, false),
    ];
    for (number, (by_hand, version, published, warns)) in cases.iter().enumerate() {
        let mut log = Log::new();
        let configured = |version| {
            desired(
                &[("health", version, RuleRole::Primary)],
                Settings::default(),
            )
        };
        for record in log
            .book
            .missing(&configured('d'), &by("configuration", true))
        {
            log.write(50, &record);
        }
        for record in *by_hand {
            log.write(60, record);
        }
        let wanted = configured(*version);
        let missing = log.book.missing(&wanted, &by("configuration", false));
        assert_eq!(missing.len(), *published, "case {number}");
        let overruled = log.book.overruled(&wanted, "configuration");
        assert_eq!(!overruled.is_empty(), *warns, "case {number}");
    }
}
