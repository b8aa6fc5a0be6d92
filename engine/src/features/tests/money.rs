//! Golden cases: licenses and the account.

use super::events::{Case, at, check, event, license, number, plan, profile, settings, used};
use crate::model::{AttributeValue, Body, Event, License, LicenseChange, Milestone, Stage};

fn case(
    feature: &'static str,
    why: &'static str,
    now: &'static str,
    expected: Option<f64>,
    events: &[Event<'static>],
) -> Case {
    Case {
        feature,
        why,
        now,
        expected,
        events: events.to_vec(),
    }
}

fn paid(
    time: &str,
    name: &'static str,
    seats: (f64, Option<f64>),
    mrr: (f64, &'static str),
    ends: &'static str,
) -> Event<'static> {
    license(time, name, LicenseChange::Started, |license| {
        license.seats = Some(number(seats.0));
        license.seats_assigned = seats.1.map(number);
        license.mrr = Some(number(mrr.0));
        license.currency = Some(mrr.1.into());
        license.term_ends = Some(at(ends));
    })
}

fn changed(
    time: &str,
    name: &'static str,
    change: LicenseChange,
    set: impl FnOnce(&mut License<'static>),
) -> Event<'static> {
    license(time, name, change, set)
}

const RATES: &str = r#"rates = [
    { currency = "EUR", from = "2026-01-01", rate = 1.1 },
    { currency = "EUR", from = "2026-03-01", rate = 1.2 },
]"#;

#[test]
fn paid_licenses_in_force() {
    use LicenseChange::{Changed, Ended, Payment, PaymentFailed};
    let events = [
        paid(
            "2025-01-10",
            "a",
            (10.0, Some(8.0)),
            (100.0, "USD"),
            "2026-06-01",
        ),
        paid(
            "2025-09-01",
            "b",
            (20.0, Some(4.0)),
            (50.5, "EUR"),
            "2026-04-01",
        ),
        changed("2025-09-01", "b", Changed, |l| {
            l.notice_days = Some(number(30.0))
        }),
        paid(
            "2024-05-01",
            "old",
            (500.0, None),
            (900.0, "USD"),
            "2026-03-15",
        ),
        changed("2026-01-15", "old", Ended, |_| {}),
        paid(
            "2026-02-01",
            "trial",
            (99.0, Some(99.0)),
            (1.0, "USD"),
            "2026-03-12",
        ),
        changed("2026-02-01", "trial", Changed, |l| l.trial = Some(true)),
        changed("2026-02-20", "a", PaymentFailed, |l| {
            l.overdue_since = Some(at("2026-02-18"))
        }),
        used("2026-03-01 12:00", "ann", "x"),
        used("2026-03-02 12:00", "bob", "x"),
        used("2026-03-02 12:00", "eve", "x"),
    ];
    let settled = [&events[..], &[changed("2026-03-01", "a", Payment, |_| {})]].concat();
    let now = "2026-03-10";
    check(
        &plan(RATES),
        vec![
            case("license.seats", "a and b", now, Some(30.0), &events),
            case(
                "license.seats_assigned_pct",
                "12 of 30: assigned / bought",
                now,
                Some(40.0),
                &events,
            ),
            case(
                "license.seats_active_pct_28d",
                "3 of 30: active / licensed",
                now,
                Some(10.0),
                &events,
            ),
            case("license.mrr", "100 + 50.5 × 1.2", now, Some(160.6), &events),
            case(
                "license.mrr",
                "100 + 50.5 × 1.1 + 1",
                "2026-02-27",
                Some(155.55),
                &events,
            ),
            case(
                "account.arr",
                "12 × 160.6",
                now,
                Some(12.0 * 160.6),
                &events,
            ),
            case(
                "license.days_to_renewal",
                "b, 1 April",
                now,
                Some(22.0),
                &events,
            ),
            case(
                "license.days_to_renewal",
                "overdue: negative",
                "2026-04-03",
                Some(-2.0),
                &events,
            ),
            case(
                "license.days_to_decision",
                "b, 30 days before",
                now,
                Some(-8.0),
                &events,
            ),
            case(
                "license.overdue_days",
                "a, since the 18th",
                now,
                Some(20.0),
                &events,
            ),
            case(
                "license.overdue_days",
                "it was paid",
                now,
                Some(0.0),
                &settled,
            ),
            case(
                "license.overdue_days",
                "nothing is said",
                now,
                None,
                &events[1..2],
            ),
            case(
                "license.tenure_days",
                "since the old one",
                now,
                Some(678.0),
                &events,
            ),
        ],
    );
}

#[test]
fn licenses_that_are_not_enough() {
    use LicenseChange::{Ended, PaymentFailed, Renewed, Started};
    let dollars = paid(
        "2026-01-01",
        "a",
        (10.0, None),
        (100.0, "USD"),
        "2026-06-01",
    );
    let kronor = paid(
        "2026-01-01",
        "b",
        (10.0, None),
        (100.0, "SEK"),
        "2026-06-01",
    );
    let ended = changed("2026-02-01", "a", Ended, |_| {});
    let renewed = changed("2026-02-02", "a", Renewed, |_| {});
    let bare = changed("2026-01-01", "a", Started, |_| {});
    let failed = changed("2026-01-01", "z", PaymentFailed, |_| {});
    let now = "2026-03-10";
    let gone = [dollars.clone(), ended.clone()];
    let names = [
        "license.seats",
        "license.seats_assigned_pct",
        "license.seats_active_pct_28d",
        "license.mrr",
        "license.days_to_renewal",
        "license.days_to_decision",
        "license.overdue_days",
        "license.tenure_days",
    ];
    let mut cases: Vec<Case> = Vec::new();
    let nothing = [used("2026-03-01", "", "x")];
    cases.extend(names.map(|name| case(name, "no license", now, None, &nothing)));
    cases.extend([
        case(
            "license.mrr",
            "no rate",
            now,
            None,
            &[dollars.clone(), kronor],
        ),
        case("license.mrr", "nothing is paid", now, Some(0.0), &gone),
        case("license.seats", "nothing is paid", now, Some(0.0), &gone),
        case("license.tenure_days", "nothing is paid", now, None, &gone),
        case(
            "license.days_to_renewal",
            "nothing is paid",
            now,
            None,
            &gone,
        ),
        case(
            "license.seats",
            "renewed after it ended",
            now,
            Some(10.0),
            &[dollars.clone(), ended, renewed],
        ),
        case(
            "license.seats",
            "seats are not known",
            now,
            None,
            &[bare.clone()],
        ),
        case("license.mrr", "mrr is not known", now, None, &[bare]),
        case(
            "license.seats_active_pct_28d",
            "no contact was active",
            now,
            None,
            &[dollars, nothing[0].clone()],
        ),
        case(
            "license.tenure_days",
            "start unknown: first seen",
            now,
            Some(68.0),
            &[failed],
        ),
    ]);
    check(&plan(""), cases);
}

#[test]
fn the_account_itself() {
    let events = [
        profile("2025-12-01", |p| {
            p.stage = Some(Stage::Trial);
            p.segment = Some("gold".into());
            p.arr = Some(number(1_200.0));
            p.attributes = vec![
                ("employees".into(), AttributeValue::Number(number(250.0))),
                ("partner".into(), AttributeValue::Bool(true)),
                ("region".into(), AttributeValue::Text("north".into())),
            ];
        }),
        profile("2026-01-01", |p| p.stage = Some(Stage::Adoption)),
    ];
    let text = r#"attributes = { employees = "number", partner = "bool", region = "text" }"#;
    let now = "2026-03-10";
    let licensed = [
        &events[..],
        &[license("2026-01-01", "a", LicenseChange::Started, |_| {})],
    ]
    .concat();
    check(
        &plan(text),
        vec![
            case(
                "account.tenure_days",
                "since the first",
                now,
                Some(99.0),
                &events,
            ),
            case("account.arr", "no licenses", now, Some(1_200.0), &events),
            case("account.arr", "a license without mrr", now, None, &licensed),
            case("attribute.employees", "", now, Some(250.0), &events),
            case("attribute.partner", "", now, Some(1.0), &events),
            case("attribute.partner", "not said", now, None, &events[1..]),
        ],
    );
    let plan = plan(text);
    let uses = |name: &str, values: &[&str]| puls_wire::FeatureUse {
        name: name.into(),
        values: values.iter().map(|value| String::from(*value)).collect(),
        wake: Vec::new(),
    };
    let texts = [
        uses("account.stage", &["trial", "adoption"]),
        uses("account.stage", &["trial"]),
        uses("account.segment", &["gold"]),
        uses("attribute.region", &["south", "north"]),
    ];
    let selection = crate::features::Selection::new(&plan, &texts).unwrap();
    let mut account = super::events::account(&plan, &events);
    let mut row = Vec::new();
    selection.compute(&plan, &mut account, at(now), &mut row);
    assert_eq!(row, [1.0, -1.0, 0.0, 1.0]);
    let described = selection.describe(&plan, &mut account, at(now), 1);
    assert_eq!(described.text.as_deref(), Some("adoption"));
    assert_eq!(described.value, Some(-1.0));
}

#[test]
fn the_latest_statement_holds_whatever_arrives_last() {
    let settings = settings("");
    let plan = crate::state::Plan::new(&settings, &std::collections::BTreeMap::new()).unwrap();
    let at_once = |id: u128, seats: f64| {
        let mut stated = changed("2026-01-01", "a", LicenseChange::Changed, |l| {
            l.seats = Some(number(seats));
        });
        stated.id = id;
        stated
    };
    // At one moment the greatest id holds; the high half decides before the low one.
    let (low, high) = (at_once(u128::from(u64::MAX), 1.0), at_once(1 << 64, 2.0));
    for order in [[&low, &high], [&high, &low]] {
        let mut account = crate::state::Account::default();
        for stated in order {
            account.apply(&plan, stated, at("2026-02-01"));
        }
        let found = super::events::value(&plan, &mut account, "license.seats", at("2026-02-01"));
        assert_eq!(found, Some(2.0));
    }
}

#[test]
fn an_event_ahead_of_its_time_waits_for_it() {
    let plan = plan("");
    let mut account = super::events::account(&plan, &[used("2026-03-01 12:00", "", "x")]);
    let ahead = used("2026-03-02 18:00", "", "x");
    account.apply(&plan, &ahead, at("2026-03-02"));
    let body = Body::Milestone(Milestone {
        milestone: "m".into(),
        due: None,
        done: None,
    });
    account.apply(
        &plan,
        &event(at("2026-03-02 19:00"), "", body),
        at("2026-03-02"),
    );
    let mut value = |name: &str, now| super::events::value(&plan, &mut account, name, at(now));
    assert_eq!(value("usage.events_7d", "2026-03-02 12:00"), Some(1.0));
    assert_eq!(
        value("usage.days_since_last", "2026-03-02 12:00"),
        Some(1.0)
    );
    assert_eq!(
        value("usage.days_since_last", "2026-03-02T17:59:59.999Z").map(|d| d > 1.2),
        Some(true)
    );
    assert_eq!(
        value("usage.days_since_last", "2026-03-02 18:00"),
        Some(0.0)
    );
    assert_eq!(value("milestone.overdue", "2026-03-02 18:59"), None);
    assert_eq!(value("milestone.overdue", "2026-03-02 19:00"), Some(0.0));
}
