//! When a rule is woken because a feature passes a value that it named.

use puls_wire::FeatureUse;

use super::events::{
    account, answer, assessed, at, license, number, plan, profile, role, ticket, touch, used,
};
use crate::features::Selection;
use crate::model::{Event, LicenseChange, Purpose, Role, TicketChange, Time, TimerName};
use crate::state::Plan;

fn waking(plan: &Plan, name: &str, wake: &[f64]) -> Selection {
    let used = FeatureUse {
        name: name.into(),
        values: Vec::new(),
        wake: wake.to_vec(),
    };
    Selection::new(plan, &[used]).unwrap()
}

fn everything() -> Vec<Event<'static>> {
    vec![
        used("2026-03-01 12:00", "ann", "x"),
        role("2026-03-01 12:00", "ann", Role::Champion),
        license("2026-03-01 12:00", "a", LicenseChange::Started, |l| {
            l.term_ends = Some(at("2026-06-01 12:00"));
            l.notice_days = Some(number(30.0));
            l.overdue_since = Some(at("2026-03-01 12:00"));
        }),
        ticket("2026-03-01 12:00", "t", TicketChange::Opened),
        answer("2026-03-01 12:00", "ann", "nps", (9.0, None)),
        touch("2026-03-01 12:00", Purpose::Support),
        profile("2026-03-01 12:00", |_| {}),
        assessed("2026-03-01 12:00", "resources", Some((1.0, 1.0)), None),
    ]
}

#[test]
fn wakes_come_when_a_value_is_met_and_a_millisecond_later() {
    let plan = plan(
        r#"features = [{ name = "quiet", from = "touch", agg = "days_since",
                         where = [{ field = "purpose", is = "support" }] }]"#,
    );
    let since = [
        "usage.days_since_last",
        "usage.days_since_champion",
        "license.overdue_days",
        "license.tenure_days",
        "ticket.oldest_open_days",
        "survey.days_since_answer",
        "touch.days_since_last",
        "account.tenure_days",
        "assessment.resources_age_days",
        "custom.quiet",
    ];
    let until = ["license.days_to_renewal", "license.days_to_decision"];
    let moments = [
        (
            since.as_slice(),
            [14.0, 30.0],
            ["2026-03-15 12:00", "2026-03-31 12:00"],
        ),
        (
            &until[..1],
            [60.0, 30.0],
            ["2026-04-02 12:00", "2026-05-02 12:00"],
        ),
        (
            &until[1..],
            [30.0, -1.0],
            ["2026-04-02 12:00", "2026-05-03 12:00"],
        ),
    ];
    for (names, wake, expected) in moments {
        for name in names {
            let timer = match name.split_once("_to_") {
                Some(_) => TimerName::Renewal,
                None => TimerName::Silence,
            };
            let selection = waking(&plan, name, &wake);
            let mut account = account(&plan, &everything());
            let mut now = at("2026-03-01 12:00");
            let mut row = Vec::new();
            for (expected, value) in expected.iter().zip(wake) {
                let met = at(expected);
                for due in [met, met.plus_ms(1)] {
                    selection.compute(&plan, &mut account, now, &mut row);
                    let next = selection.next_wakes(&plan, &account, now).min();
                    assert_eq!(next, Some((due, timer)), "{name} after {now}");
                    now = due;
                }
                selection.compute(&plan, &mut account, met, &mut row);
                assert_eq!(row, [value], "{name} at {met}");
            }
            assert_eq!(
                selection.next_wakes(&plan, &account, now).min(),
                None,
                "{name}"
            );
        }
    }
}

#[test]
fn nothing_wakes_where_there_is_nothing_to_count_from() {
    let plan = plan("");
    let account = account(&plan, &[touch("2026-03-01 12:00", Purpose::Value)]);
    for name in [
        "usage.days_since_last",
        "license.days_to_renewal",
        "ticket.oldest_open_days",
    ] {
        let selection = waking(&plan, name, &[1.0]);
        let now = at("2026-03-01 12:00");
        let next = selection.next_wakes(&plan, &account, now).min();
        assert_eq!(next, None, "{name}");
    }
}

/// Whatever the value, it is met at its moment, not before, and passed a millisecond later.
#[test]
fn fractions_of_days_are_met_to_the_millisecond() {
    let plan = plan("");
    let name = "usage.days_since_last";
    for value in [0.1, 1.0 / 3.0, 6.999_999, 29.95, 365.25, 1_234.567_89] {
        let mut account = account(&plan, &[used("2026-03-01 12:00", "", "x")]);
        let selection = waking(&plan, name, &[value]);
        let now = at("2026-03-01 12:00");
        let (met, _) = selection.next_wakes(&plan, &account, now).min().unwrap();
        let mut days = |at: Time| super::events::value(&plan, &mut account, name, at).unwrap();
        let (before, after) = (days(met.minus_ms(1)), days(met.plus_ms(1)));
        assert!(
            before < value && value < after,
            "{before} < {value} < {after}"
        );
    }
}
