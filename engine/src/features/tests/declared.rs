//! Golden cases: features that a tenant declares.

use std::collections::BTreeMap;

use super::events::{
    account, answer, at, check_lines, plan, role, settings, ticket_of, touch, used_much, value,
};
use crate::features::Selection;
use crate::model::{Event, Priority, Purpose, Role, TicketChange};
use crate::state::Plan;

const DECLARED: &str = r#"
features = [
  { name = "exports", from = "usage", agg = "count", window = "28d",
    where = [{ field = "metric", is = "export" }] },
  { name = "exports_today", from = "usage", agg = "count", window = "1d",
    where = [{ field = "metric", is = "export" }] },
  { name = "big", from = "usage", agg = "sum", of = "value", window = "90d",
    where = [{ field = "value", at_least = 5.0 }] },
  { name = "boss_mean", from = "usage", agg = "mean", of = "value", window = "365d",
    where = [{ field = "role", in = ["executive", "decision_maker"] }] },
  { name = "least", from = "usage", agg = "min", of = "value", window = "28d" },
  { name = "most", from = "usage", agg = "max", of = "value", window = "28d" },
  { name = "people", from = "usage", agg = "distinct", of = "contact", window = "7d",
    where = [{ field = "metric", is_not = "login" }] },
  { name = "export_share", from = "usage", agg = "share", window = "28d",
    where = [{ field = "metric", in = ["export", "report"] }] },
  { name = "last_score", from = "survey", agg = "last", of = "score",
    where = [{ field = "survey", is = "ces" }] },
  { name = "since_support", from = "touch", agg = "days_since",
    where = [{ field = "purpose", is = "support" }] },
  { name = "opened", from = "ticket", agg = "count", window = "28d",
    where = [{ field = "change", is = "opened" }, { field = "priority", is = "critical" }] },
  { name = "score_sum", from = "survey", agg = "sum", of = "score", window = "90d" },
  { name = "answered_by_boss", from = "survey", agg = "share", window = "90d",
    where = [{ field = "role", is = "executive" }] },
]
"#;

fn events() -> Vec<Event<'static>> {
    let opened = |time| ticket_of(time, "t", TicketChange::Opened, Some(Priority::Critical));
    vec![
        used_much("2026-01-05 12:00", "ann", "export", (9.0, None)),
        used_much("2026-03-01 12:00", "ann", "login", (2.0, None)),
        used_much("2026-03-08 12:00", "bob", "export", (6.0, None)),
        used_much("2026-03-09 12:00", "cio", "report", (4.0, None)),
        used_much("2026-03-10 09:00", "cio", "export", (5.0, None)),
        role("2026-03-09 13:00", "cio", Role::Executive),
        touch("2026-02-01 12:00", Purpose::Support),
        touch("2026-03-01 12:00", Purpose::Value),
        answer("2026-02-01 12:00", "cio", "ces", (3.0, None)),
        answer("2026-02-02 12:00", "ann", "nps", (9.0, None)),
        answer("2025-10-01 12:00", "ann", "ces", (1.0, None)),
        opened("2026-03-01 12:00"),
        // The same event again: a ticket's change is an entity of its own.
        opened("2026-03-01 12:00"),
        ticket_of(
            "2026-03-02 12:00",
            "t",
            TicketChange::Escalated,
            Some(Priority::Critical),
        ),
    ]
}

#[test]
fn every_aggregate() {
    let golden = "
        custom.exports           2026-03-10T12:00  2
        custom.exports_today     2026-03-10T12:00  1
        custom.big               2026-03-10T12:00  20
        custom.boss_mean         2026-03-10T12:00  4.5
        custom.least             2026-03-10T12:00  2
        custom.most              2026-03-10T12:00  6
        custom.people            2026-03-10T12:00  2
        custom.export_share      2026-03-10T12:00  75
        custom.last_score        2026-03-10T12:00  3
        custom.since_support     2026-03-10T12:00  37
        custom.opened            2026-03-10T12:00  1
        custom.score_sum         2026-03-10T12:00  12
        custom.answered_by_boss  2026-03-10T12:00  50
    ";
    check_lines(&plan(DECLARED), &events(), golden);
    // Nothing of the kind is known: missing, whatever the aggregate.
    let none = golden.lines().map(|line| match line.rsplit_once(' ') {
        Some((line, _)) if line.contains("custom") => format!("{line} -\n"),
        _ => String::new(),
    });
    let known = [role("2026-03-09", "cio", Role::Executive)];
    check_lines(&plan(DECLARED), &known, &none.collect::<String>());
}

#[test]
fn where_nothing_passes_counts_are_0_and_means_are_missing() {
    let plan = plan(DECLARED);
    let events = [
        used_much("2024-12-01 12:00", "ann", "login", (2.0, None)),
        touch("2026-03-01 12:00", Purpose::Value),
    ];
    let mut account = account(&plan, &events);
    for (name, expected) in [
        ("custom.exports", Some(0.0)),
        ("custom.big", Some(0.0)),
        ("custom.people", Some(0.0)),
        ("custom.boss_mean", None),
        ("custom.least", None),
        ("custom.export_share", None),
        ("custom.since_support", None),
    ] {
        let found = value(&plan, &mut account, name, at("2026-03-10 12:00"));
        assert_eq!(found, expected, "{name}");
    }
}

/// A feature declared while events flow is missing until its window is covered.
#[test]
fn a_new_feature_waits_for_its_window() {
    let settings = settings(DECLARED);
    let names = settings.features.iter().map(|feature| feature.name.clone());
    let since: BTreeMap<_, _> = names.map(|name| (name, at("2026-02-15 12:00"))).collect();
    let plan = Plan::new(&settings, &since).unwrap();
    let after = |event: &Event<'_>| event.at >= at("2026-02-15 12:00");
    let events: Vec<_> = events().into_iter().filter(after).collect();
    let mut account = account(&plan, &events);
    let missing = |name: &str, now: &str, account: &mut crate::state::Account| {
        let selection = Selection::new(&plan, &super::events::uses(&[name])).unwrap();
        selection.describe(&plan, account, at(now), 0).missing
    };
    let waits = Some("not_enough_history");
    for (name, now, expected) in [
        ("custom.exports", "2026-03-10 12:00", waits),
        // 28 days that begin on 16 February: the day after the declaration.
        ("custom.exports", "2026-03-14T22:59:59Z", waits),
        ("custom.exports", "2026-03-14 23:00", None),
        ("custom.exports_today", "2026-03-14 23:00", None),
        ("custom.least", "2026-03-14 23:00", None),
        ("custom.last_score", "2026-03-14 23:00", waits),
        ("custom.since_support", "2026-03-14 23:00", waits),
        ("custom.since_support", "2027-03-22 23:00", Some("no_data")),
    ] {
        assert_eq!(
            missing(name, now, &mut account),
            expected,
            "{name} at {now}"
        );
    }
    let touched = touch("2026-03-15 12:00", Purpose::Support);
    account.apply(&plan, &touched, at("2027-03-22 23:00"));
    assert_eq!(
        missing("custom.since_support", "2027-03-22 23:00", &mut account),
        None
    );
}

/// What a changed declaration of the same name needs begins anew; what is not declared any more
/// is dropped.
#[test]
fn a_changed_declaration_begins_anew() {
    let before = plan(DECLARED);
    let mut account = account(&before, &events());
    let text = DECLARED.replace("is = \"export\"", "is = \"report\"");
    let after = plan(&text);
    let now = at("2026-03-10 12:00");
    assert_eq!(
        value(&after, &mut account, "custom.exports", now),
        Some(0.0)
    );
    let report = used_much("2026-03-10 11:00", "cio", "report", (4.0, None));
    account.apply(&after, &report, now);
    assert_eq!(
        value(&after, &mut account, "custom.exports", now),
        Some(1.0)
    );
    assert_eq!(value(&after, &mut account, "custom.most", now), Some(6.0));
}
