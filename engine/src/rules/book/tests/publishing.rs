//! What is missing from the log, and what is not.

use std::collections::BTreeMap;

use super::{Log, digest, secondary, set_aside, settings};
use crate::limits::ACTIVATION_DELAY_MS;
use crate::model::{Aggregate, Settings, Time};
use crate::rules::book::{Desired, DesiredRule, DesiredTenant, Publication};
use crate::rules::record::{Record, RuleRole};

fn desired(rules: &[(&str, char, RuleRole)], settings: Settings) -> Desired {
    let rule = |(name, version, role): &(&str, char, RuleRole)| {
        let wanted = DesiredRule {
            digest: digest(*version),
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
