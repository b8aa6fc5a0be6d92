//! Golden cases: the plan of a customer, and use over two windows.

use super::events::{account, at, check_lines, license, number, plan, used, uses};
use crate::features::Selection;
use crate::model::{Event, LicenseChange};
use crate::state::Plan;

fn of(
    time: &str,
    name: &'static str,
    change: LicenseChange,
    (says, mrr, currency): (Option<&'static str>, f64, &'static str),
) -> Event<'static> {
    license(time, name, change, move |it| {
        it.plan = says.map(Into::into);
        it.mrr = Some(number(mrr));
        it.currency = Some(currency.into());
        it.trial = Some(name == "try");
    })
}

fn text_at(plan: &Plan, events: &[Event<'_>], now: &str) -> Option<String> {
    let mut uses = uses(&["license.plan"]);
    uses[0].values = vec!["team".into(), "enterprise".into()];
    let selection = Selection::new(plan, &uses).unwrap();
    let happened = events.iter().filter(|event| event.at <= at(now));
    let mut account = account(plan, &happened.cloned().collect::<Vec<_>>());
    let mut row = Vec::new();
    selection.compute(plan, &mut account, at(now), &mut row);
    let described = selection.describe(plan, &mut account, at(now), 0);
    let code = match described.text.as_deref() {
        Some("team") => 0.0,
        Some("enterprise") => 1.0,
        Some(_) => -1.0,
        None => f64::NAN,
    };
    assert_eq!(row[0].to_bits(), code.to_bits(), "{now}");
    described.text
}

/// Region and plan together is what people write; with several licenses the greatest counts.
#[test]
fn the_plan_is_that_of_the_greatest_license() {
    use LicenseChange::{Changed, Ended, Started};
    let plan = plan(r#"rates = [{ currency = "EUR", from = "2026-02-01", rate = 3.0 }]"#);
    let events = [
        of("2026-01-02", "try", Started, (Some("trial"), 900.0, "USD")),
        of("2026-01-10", "main", Started, (Some("team"), 100.0, "USD")),
        of("2026-01-11", "addon", Started, (None, 500.0, "USD")),
        of(
            "2026-01-20",
            "second",
            Started,
            (Some("enterprise"), 50.0, "EUR"),
        ),
        of("2026-02-10", "main", Changed, (Some("team+"), 200.0, "USD")),
        of("2026-02-20", "main", Ended, (None, 200.0, "USD")),
        of("2026-02-25", "second", Ended, (None, 50.0, "EUR")),
    ];
    for (now, expected) in [
        ("2026-01-01", None),
        ("2026-01-05", Some("trial")),
        ("2026-01-15", Some("team")),
        // 50 euros without a rate are nothing; with one they are 150 dollars.
        ("2026-01-25", Some("team")),
        ("2026-02-05", Some("enterprise")),
        ("2026-02-15", Some("team+")),
        ("2026-02-22", Some("enterprise")),
        // The add-on is paid and says no plan.
        ("2026-02-26", None),
    ] {
        assert_eq!(text_at(&plan, &events, now).as_deref(), expected, "{now}");
    }
}

#[test]
fn use_of_a_week_and_of_a_quarter_against_that_before() {
    let mut events = vec![used("2025-07-01 12:00", "ann", "x")];
    // Four in the quarter before, two of them in the week before; three in the last week.
    for day in [
        "2025-12-20",
        "2026-02-24",
        "2026-02-25",
        "2026-03-03",
        "2026-03-05",
        "2026-03-09",
    ] {
        events.push(used(&format!("{day} 12:00"), "ann", "x"));
    }
    events.push(used("2025-10-01 12:00", "ann", "x"));
    check_lines(
        &plan(""),
        &events,
        "
        usage.trend_7d   2026-03-10T12:00  50    3 against 2; today does not count
        usage.trend_7d   2026-03-03T12:00  -     2 against 0
        usage.trend_90d  2026-03-10T12:00  500   6 against the one of October
        usage.trend_90d  2025-12-27T12:00  -     the first day is not known for so long
        usage.trend_7d   2025-07-10T12:00  -     nor for two weeks
    ",
    );
}
