//! What a selection refuses, and what it says of its features.

use puls_wire::FeatureUse;

use super::events::{account, assessed, at, license, plan, used, uses};
use crate::features::{Form, Selection, catalogue};
use crate::model::{Kind, LicenseChange, Reader, Writer};
use crate::state::Account;

/// Every name of the catalogue can be selected, and names its kinds.
#[test]
fn every_feature_of_the_catalogue_resolves() {
    let plan = plan(
        r#"
        attributes = { size = "number" }
        features = [{ name = "logins", from = "usage", agg = "count", window = "7d",
                      where = [{ field = "role", is = "user" }] }]
    "#,
    );
    for feature in catalogue() {
        let name = match feature.name {
            "attribute.<name>" => "attribute.size",
            "custom.<name>" => "custom.logins",
            name => &name.replace("<factor>", "resources"),
        };
        let mut used = uses(&[name]);
        if feature.form == Form::Text {
            used[0].values = vec!["a".into()];
        }
        let selection = Selection::new(&plan, &used).unwrap();
        let expected = match name {
            "custom.logins" => 1 << (Kind::Usage as u8) | 1 << (Kind::Contact as u8),
            _ => feature.kinds_mask(),
        };
        assert_eq!(selection.kinds(), [expected], "{name}");
        let mut row = vec![1.0, 2.0];
        let mut empty = Account::default();
        selection.compute(&plan, &mut empty, at("2026-03-01"), &mut row);
        let bits: Vec<u64> = row.iter().map(|value| value.to_bits()).collect();
        assert_eq!(
            bits,
            [f64::NAN.to_bits()],
            "{name} of an account without events"
        );
    }
}

#[test]
fn all_errors_of_a_selection_come_at_once() {
    let used = |name: &str, values: &[&str], wake: &[f64]| FeatureUse {
        name: name.into(),
        values: values.iter().map(|value| String::from(*value)).collect(),
        wake: wake.to_vec(),
    };
    let wrong = [
        used("usage.event_28d", &[], &[]),
        used("assessment.resource", &[], &[]),
        used("account.stage", &[], &[]),
        used("license.seats", &["ten"], &[]),
        used("license.mrr", &[], &[1.0]),
        used("usage.days_since_last", &[], &[-1.0]),
        used("usage.days_since_last", &[], &[f64::NAN]),
        used("usage.days_since_last", &[], &[1.0; 17]),
        used("nonsense", &[], &[]),
    ];
    let errors = Selection::new(&plan(""), &wrong).unwrap_err();
    let expected = [
        "did you mean \"usage.events_28d\"?",
        "did you mean \"assessment.resources\"?",
        "expected a list of `values`",
        "expected no `values`",
        "expected no `wake`",
        "found -1",
        "found NaN",
        "at most 16",
        "found \"nonsense\"",
    ];
    assert_eq!(errors.len(), expected.len(), "{errors:#?}");
    for (error, part) in errors.iter().zip(expected) {
        assert!(error.contains(part), "{part:?} is not in {error:?}");
    }
}

#[test]
fn a_feature_is_described_with_its_age_and_why_it_is_missing() {
    let plan = plan("");
    let events = [
        used("2026-03-01 12:00", "ann", "x"),
        license("2026-03-02", "a", LicenseChange::Started, |l| {
            l.mrr = Some(super::events::number(10.0));
            l.currency = Some("SEK".into());
        }),
        assessed("2026-03-01", "resources", None, None),
    ];
    let mut account = account(&plan, &events);
    let names = [
        "usage.events_7d",
        "license.mrr",
        "assessment.resources",
        "ticket.open",
    ];
    let selection = Selection::new(&plan, &uses(&names)).unwrap();
    let mut describe =
        |index| selection.describe(&plan, &mut account, at("2026-03-02 12:00"), index);
    let events = describe(0);
    assert_eq!(
        (events.value, events.unit, events.missing),
        (Some(1.0), "events", None)
    );
    assert_eq!(events.age_ms, Some(24 * 3_600_000));
    assert!(!events.capped);
    assert_eq!(describe(1).missing, Some("no_rate"));
    assert_eq!(describe(2).missing, Some("expired"));
    assert_eq!(describe(3).missing, Some("no_data"));
    assert_eq!(describe(9).missing, Some("no_data"));
}

#[test]
fn an_override_holds_until_it_expires_or_is_withdrawn() {
    let plan = plan("");
    let set = assessed(
        "2026-03-01",
        "override",
        Some((4.5, 5.0)),
        Some("2026-03-10"),
    );
    let withdrawn = assessed("2026-03-05", "override", None, None);
    let mut account = account(&plan, &[set]);
    let over = account.override_at(at("2026-03-04")).unwrap();
    assert_eq!(
        (over.value, over.by.as_str(), over.reason.as_str()),
        (900_000, "kim", "because")
    );
    assert_eq!(over.expires, at("2026-03-10"));
    assert!(account.override_at(at("2026-03-10")).is_none());
    account.apply(&plan, &withdrawn, at("2026-03-05"));
    assert!(account.override_at(at("2026-03-05")).is_none());
}

#[test]
fn touched_kinds_are_told_once_and_survive_a_snapshot() {
    let plan = plan("");
    let mut account = account(&plan, &[used("2026-03-01 12:00", "ann", "x")]);
    let ahead = assessed("2026-03-02", "resources", Some((1.0, 1.0)), None);
    account.apply(&plan, &ahead, at("2026-03-01 13:00"));
    let usage = 1 << (Kind::Usage as u8);
    assert_eq!(account.touched(), usage);
    let mut writer = Writer::new();
    account.write(&mut writer);
    let bytes = writer.into_bytes();
    let mut account = Account::read(&mut Reader::new(&bytes)).unwrap();
    assert_eq!(account.take_touched(), usage);
    account.advance(&plan, at("2026-03-02"));
    assert_eq!(account.take_touched(), 1 << (Kind::Assessment as u8));
    assert_eq!(account.touched(), 0);
}
