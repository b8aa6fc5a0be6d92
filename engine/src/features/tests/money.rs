//! Golden cases: licenses and the account.

use super::events::{at, check_lines, event, license, number, plan, profile, settings, used};
use crate::model::{AttributeValue, Body, Event, License, LicenseChange, Milestone, Stage};

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
            "2024-05-01",
            "old",
            (500.0, None),
            (900.0, "USD"),
            "2026-03-15",
        ),
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
            l.notice_days = Some(number(30.0));
        }),
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
            l.overdue_since = Some(at("2026-02-18"));
        }),
        used("2026-03-01 12:00", "ann", "x"),
        used("2026-03-02 12:00", "bob", "x"),
        used("2026-03-02 12:00", "eve", "x"),
        changed("2026-03-20", "a", Payment, |_| {}),
    ];
    check_lines(
        &plan(RATES),
        &events,
        "
        license.seats                 2026-03-10  30      a and b
        license.seats_assigned_pct    2026-03-10  40      12 of 30: assigned / purchased
        license.seats_active_pct_28d  2026-03-10  10      3 of 30: active / licensed
        license.mrr                   2026-03-10  160.6   100 + 50.5 × 1.2
        license.mrr                   2026-02-27  155.55  100 + 50.5 × 1.1
        license.mrr                   2025-12-01  -       no rate yet
        account.arr                   2026-03-10  1927.2  ARR = 12 × MRR
        license.days_to_renewal       2026-03-10  22      b, 1 April
        license.days_to_renewal       2026-04-03  -2      overdue
        license.days_to_decision      2026-03-10  -8      b, 30 days before
        license.overdue_days          2026-03-10  20      a, since 18 February
        license.overdue_days          2026-03-21  0       it was paid
        license.overdue_days          2026-02-10  -       nothing is said of invoices
        license.tenure_days           2026-03-10  678     since the old one
        license.seats_active_pct_28d  2026-02-10  -       nobody was active
    ",
    );
}

#[test]
fn licenses_that_are_not_enough() {
    use LicenseChange::{Ended, PaymentFailed, Renewed, Started};
    let check = |events: &[Event<'_>], lines| check_lines(&plan(""), events, lines);
    let nothing = used("2026-01-01", "", "x");
    let dollars = paid(
        "2026-01-05",
        "a",
        (10.0, None),
        (100.0, "USD"),
        "2026-06-01",
    );
    check(
        &[
            nothing.clone(),
            dollars.clone(),
            changed("2026-02-01", "a", Ended, |_| {}),
            changed("2026-03-01", "a", Renewed, |_| {}),
        ],
        "
        license.seats                 2026-01-02  -   no license
        license.seats_assigned_pct    2026-01-02  -   no license
        license.seats_active_pct_28d  2026-01-02  -   no license
        license.mrr                   2026-01-02  -   no license
        license.days_to_renewal       2026-01-02  -   no license
        license.days_to_decision      2026-01-02  -   no license
        license.overdue_days          2026-01-02  -   no license
        license.tenure_days           2026-01-02  -   no license
        license.seats                 2026-01-06  10  bought
        license.seats_active_pct_28d  2026-01-06  -   no contact was active
        license.seats                 2026-02-02  0   nothing is paid any more
        license.mrr                   2026-02-02  0   nothing is paid any more
        license.tenure_days           2026-02-02  -   nothing is paid any more
        license.days_to_renewal       2026-02-02  -   nothing is paid any more
        license.seats                 2026-03-02  10  renewed after it ended
    ",
    );
    let kronor = paid(
        "2026-01-05",
        "b",
        (10.0, None),
        (100.0, "SEK"),
        "2026-06-01",
    );
    check(&[dollars, kronor], "license.mrr 2026-01-06 - no rate");
    let bare = [changed("2026-01-05", "a", Started, |_| {})];
    check(
        &bare,
        "license.seats 2026-01-06 - not said\nlicense.mrr 2026-01-06 - not said",
    );
    let failed = [changed("2026-01-01", "z", PaymentFailed, |_| {})];
    check(
        &failed,
        "license.tenure_days 2026-03-10 68 start unknown: first seen",
    );
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
    check_lines(
        &plan(text),
        &events,
        "
        account.tenure_days   2026-03-10  99    since the first
        account.arr           2026-03-10  1200  no licenses
        attribute.employees   2026-03-10  250   a number
        attribute.partner     2026-03-10  1     yes
        account.tenure_days   2025-11-30  -     no account event
        attribute.partner     2025-11-30  -     not said
    ",
    );
    let licensed = license("2026-01-01", "a", LicenseChange::Started, |_| {});
    let licensed = [&events[..], &[licensed]].concat();
    check_lines(
        &plan(text),
        &licensed,
        "account.arr 2026-03-10 - a license without mrr",
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
