//! Golden cases: usage, tickets, surveys, touches, milestones, assessments. All in Stockholm,
//! which is an hour ahead of UTC in winter and two from 2026-03-29 on.

use super::events::{
    Case, answer, answer_in, assessed, check, license, milestone, plan, role, ticket, ticket_of,
    touch, used, used_much,
};
use crate::model::{Event, LicenseChange, Priority, Purpose, Role, Stream, TicketChange};

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

#[test]
fn usage_in_windows() {
    let events = [
        used_much("2026-01-15 12:00", "ann", "login", (1.0, None)),
        used_much("2026-02-10 12:00", "ann", "report", (2.5, Some(1.0))),
        used_much("2026-03-09 10:59", "bob", "login", (4.0, Some(-3.0))),
        used_much("2026-03-09 11:00", "bob", "export", (8.0, Some(2.0))),
        used_much("2026-03-10 09:30", "", "login", (16.0, None)),
    ];
    let now = "2026-03-10 10:15";
    let golden = [
        (
            "usage.events_1d",
            "the current hour and 23 before",
            Some(2.0),
        ),
        (
            "usage.events_7d",
            "167 hours before the current one",
            Some(3.0),
        ),
        ("usage.events_28d", "from 11 February on", Some(3.0)),
        ("usage.value_28d", "sum of value", Some(28.0)),
        ("usage.active_days_28d", "the 9th and the 10th", Some(2.0)),
        ("usage.contacts_7d", "nobody is no contact", Some(1.0)),
        (
            "usage.contacts_28d",
            "ann was last seen on the 10th of February",
            Some(1.0),
        ),
        ("usage.breadth_28d", "login and export", Some(2.0)),
        (
            "usage.errors_28d",
            "a negative number counts as 0",
            Some(2.0),
        ),
        ("usage.days_since_last", "45 minutes", Some(0.031_25)),
        ("usage.days_since_champion", "there is none", None),
        (
            "usage.trend_28d",
            "days 10 Feb to 9 Mar against 13 Jan to 9 Feb, first day 15 Jan",
            None,
        ),
    ];
    check(
        &plan(""),
        golden
            .map(|(feature, why, expected)| case(feature, why, now, expected, &events))
            .into(),
    );
}

#[test]
fn a_window_begins_at_local_midnight_and_summer_time_moves_it() {
    // 28d on 10 April begins on 14 March, still winter: at 23:00 UTC of the 13th.
    let before = used("2026-03-13T22:59:59.999Z", "", "login");
    let after = used("2026-03-13T23:00:00Z", "", "login");
    let now = "2026-04-09T22:00:00Z";
    check(
        &plan(""),
        vec![
            case(
                "usage.events_28d",
                "one second too old",
                now,
                Some(0.0),
                &[before.clone()],
            ),
            case(
                "usage.events_28d",
                "the first instant",
                now,
                Some(1.0),
                &[after.clone()],
            ),
            case(
                "usage.events_28d",
                "the last instant of 9 April, summer time",
                "2026-04-09T21:59:59.999Z",
                Some(2.0),
                &[before, after],
            ),
            // The day on which clocks go forward has 23 hours and is one day.
            case(
                "usage.active_days_28d",
                "29 March from 23:00 to 22:00 UTC",
                "2026-04-01",
                Some(1.0),
                &[
                    used("2026-03-28 23:00", "", "x"),
                    used("2026-03-29 21:59", "", "x"),
                ],
            ),
            case(
                "usage.active_days_28d",
                "30 March begins at 22:00 UTC",
                "2026-04-01",
                Some(2.0),
                &[
                    used("2026-03-29 21:59", "", "x"),
                    used("2026-03-29 22:00", "", "x"),
                ],
            ),
        ],
    );
}

#[test]
fn trend_compares_whole_days() {
    let earlier = [
        used("2026-01-12 23:30", "", "x"),
        used("2026-02-01 12:00", "", "x"),
    ];
    let recent = [
        used("2026-02-10 12:00", "", "x"),
        used("2026-03-09 12:00", "", "x"),
    ];
    let today = used("2026-03-10 12:00", "", "x");
    let all = [&earlier[..], &recent[..], &[recent[1].clone(), today]].concat();
    let now = "2026-03-10 13:00";
    check(
        &plan(""),
        vec![
            case(
                "usage.trend_28d",
                "3 against 2; today is not whole",
                now,
                Some(50.0),
                &all,
            ),
            case("usage.trend_28d", "nothing before", now, None, &recent),
            case(
                "usage.trend_28d",
                "2 whole weeks gone",
                now,
                Some(-100.0),
                &earlier,
            ),
            case(
                "usage.trend_28d",
                "not the whole of 56 days",
                now,
                None,
                &all[1..],
            ),
        ],
    );
}

#[test]
fn roles_count_for_all_the_past() {
    let use_ = [
        used("2026-03-01 12:00", "ann", "x"),
        used("2026-03-02 12:00", "bot", "y"),
        used("2026-03-03 12:00", "eve", "x"),
    ];
    let with = |more: &[Event<'static>]| [&use_[..], more].concat();
    let now = "2026-03-04 12:00";
    let service = with(&[role("2026-03-03 13:00", "bot", Role::Service)]);
    let back = [&service[..], &[role("2026-03-03 14:00", "bot", Role::User)]].concat();
    let champion = with(&[role("2026-03-03 13:00", "ann", Role::Champion)]);
    check(
        &plan(""),
        vec![
            case(
                "usage.events_28d",
                "a service never counts",
                now,
                Some(2.0),
                &service,
            ),
            case(
                "usage.contacts_28d",
                "a service never counts",
                now,
                Some(2.0),
                &service,
            ),
            case(
                "usage.breadth_28d",
                "y was the service's",
                now,
                Some(1.0),
                &service,
            ),
            case(
                "usage.active_days_28d",
                "the 2nd was the service's",
                now,
                Some(2.0),
                &service,
            ),
            case(
                "usage.events_28d",
                "it was a user after all",
                now,
                Some(3.0),
                &back,
            ),
            case(
                "usage.days_since_champion",
                "ann's last use",
                now,
                Some(3.0),
                &champion,
            ),
            case(
                "usage.events_28d",
                "nobody counts: missing, not 0",
                now,
                None,
                &[
                    use_[1].clone(),
                    role("2026-03-03 13:00", "bot", Role::Internal),
                ],
            ),
        ],
    );
}

#[test]
fn metrics_that_are_no_activity_do_not_count() {
    let events = [
        used("2026-03-01 12:00", "a", "login"),
        used("2026-03-02 12:00", "a", "ping"),
    ];
    check(
        &plan("activity_metrics = [\"login\"]"),
        vec![
            case("usage.events_28d", "", "2026-03-04", Some(1.0), &events),
            case(
                "usage.days_since_last",
                "",
                "2026-03-03 12:00",
                Some(2.0),
                &events,
            ),
            case("usage.events_28d", "", "2026-03-04", None, &events[1..]),
        ],
    );
}

#[test]
fn tickets_through_their_lives() {
    use TicketChange::{Closed, Escalated, Opened, Reopened, Resolved, Responded};
    let events = [
        ticket_of("2026-01-10 08:00", "a", Opened, Some(Priority::Low)),
        ticket("2026-01-10 10:00", "a", Responded),
        ticket("2026-01-11 08:00", "a", Resolved),
        ticket("2026-01-11 09:00", "a", Closed),
        ticket("2026-01-20 08:00", "a", Reopened),
        ticket("2026-01-20 20:00", "a", Resolved),
        ticket_of("2026-03-01 08:00", "b", Opened, Some(Priority::High)),
        ticket("2026-03-01 09:00", "b", Escalated),
        ticket("2026-03-02 14:00", "b", Responded),
        ticket_of("2026-03-05 08:00", "c", Opened, Some(Priority::Critical)),
        ticket_of("2026-03-06 08:00", "c", Responded, Some(Priority::Medium)),
        // Closed is known and opened is not.
        ticket("2026-03-07 08:00", "d", Closed),
        // Opened and closed at one moment: the order of a ticket's life.
        ticket("2026-03-08 08:00", "e", Closed),
        ticket("2026-03-08 08:00", "e", Opened),
    ];
    let now = "2026-03-10 08:00";
    let golden = [
        ("ticket.open", "b and c", Some(2.0)),
        ("ticket.open_critical", "b; c is medium now", Some(1.0)),
        ("ticket.oldest_open_days", "b", Some(9.0)),
        ("ticket.opened_28d", "b, c, e", Some(3.0)),
        ("ticket.opened_90d", "a, b, c, e", Some(4.0)),
        (
            "ticket.escalated_pct_90d",
            "b of four: escalated / opened",
            Some(25.0),
        ),
        (
            "ticket.first_response_hours_90d",
            "first response − opened: a 2, b 30, c 24",
            Some(56.0 / 3.0),
        ),
        (
            "ticket.resolution_hours_90d",
            "resolved − opened, reopened time added: a 24 + 12, e 0",
            Some(18.0),
        ),
        (
            "ticket.reply_breaches_90d",
            "b waited 30 hours; 24 is the target",
            Some(1.0),
        ),
    ];
    let none = [used("2026-03-01", "", "x")];
    let mut cases: Vec<Case> = golden
        .map(|(feature, why, expected)| case(feature, why, now, expected, &events))
        .into();
    let missing = golden.map(|(feature, ..)| case(feature, "no ticket", now, None, &none));
    cases.extend(missing);
    let closed = &events[..6];
    cases.push(case(
        "ticket.oldest_open_days",
        "none is open",
        now,
        Some(0.0),
        closed,
    ));
    cases.push(case("ticket.open", "none is open", now, Some(0.0), closed));
    check(&plan(""), cases);
}

#[test]
fn a_reply_target_is_missed_to_the_millisecond() {
    use TicketChange::{Closed, Opened};
    let opened = ticket("2026-03-01 08:00", "a", Opened);
    let closed = ticket("2026-03-04 08:00", "a", Closed);
    let feature = "ticket.reply_breaches_90d";
    let plan = plan("reply_target_hours = 1.5");
    check(
        &plan,
        vec![
            case(
                feature,
                "within",
                "2026-03-01T09:30:00Z",
                Some(0.0),
                &[opened.clone()],
            ),
            case(
                feature,
                "beyond",
                "2026-03-01T09:30:00.001Z",
                Some(1.0),
                &[opened.clone()],
            ),
            case(
                feature,
                "closed unanswered",
                "2026-03-05",
                Some(1.0),
                &[opened, closed],
            ),
        ],
    );
    // The same account, asked twice: what is kept to be quick does not outlive the moment.
    let opened = [ticket("2026-03-01 08:00", "a", Opened)];
    let mut account = super::events::account(&plan, &opened);
    for (now, expected) in [
        ("2026-03-01T09:30:00Z", 0.0),
        ("2026-03-01T09:30:00.001Z", 1.0),
    ] {
        let now = super::events::at(now);
        let found = super::events::value(&plan, &mut account, feature, now);
        assert_eq!(found, Some(expected));
    }
}

#[test]
fn surveys_of_customers() {
    let events = [
        answer("2025-03-11 12:00", "cto", "nps", (2.0, None)),
        answer("2025-03-10 12:00", "cto", "nps", (0.0, None)),
        answer("2025-09-01 12:00", "ann", "nps", (90.0, Some(100.0))),
        answer("2026-01-05 12:00", "bot", "nps", (10.0, Some(10.0))),
        role("2026-02-01 12:00", "cto", Role::DecisionMaker),
        role("2026-02-01 12:00", "bot", Role::Internal),
        answer("2026-02-10 12:00", "ann", "csat", (4.0, None)),
        answer_in(
            "2026-02-20 12:00",
            "ann",
            "csat",
            (1.0, Some(2.0)),
            Stream::Support,
        ),
        answer_in(
            "2026-03-01 12:00",
            "",
            "csat",
            (1.0, None),
            Stream::Employee,
        ),
        answer_in("2026-03-01 12:00", "", "nps", (0.0, None), Stream::Employee),
        answer("2026-03-02 12:00", "", "ces", (3.0, None)),
    ];
    let now = "2026-03-10 12:00";
    let golden = [
        (
            "survey.nps_latest",
            "the employees' is no customer's",
            Some(10.0),
        ),
        (
            "survey.nps_lowest_365d",
            "365 days begin on 11 March 2025",
            Some(2.0),
        ),
        (
            "survey.nps_role_weighted",
            "feedback weighted by role: (3 × 2 + 1 × 9 + 0 × 10) / 4",
            Some(3.75),
        ),
        ("survey.csat_latest", "1 of 2 is 2.5 of 5", Some(2.5)),
        ("survey.csat_mean_90d", "4 and 2.5", Some(3.25)),
        ("survey.days_since_answer", "the effort question", Some(8.0)),
    ];
    let mut cases: Vec<Case> = golden
        .map(|(feature, why, expected)| case(feature, why, now, expected, &events))
        .into();
    let none = [used("2026-03-01", "", "x")];
    cases.extend(golden.map(|(feature, ..)| case(feature, "no answer", now, None, &none)));
    check(&plan(""), cases);
}

#[test]
fn touches_and_the_renewal_window() {
    let term = license("2025-06-01", "main", LicenseChange::Started, |license| {
        license.term_ends = Some(super::events::at("2026-05-31 12:00"));
    });
    let touches = [
        touch("2025-12-01 12:00", Purpose::Value),
        touch("2026-01-15 12:00", Purpose::Renewal),
        touch("2026-03-01 12:00", Purpose::Value),
        touch("2026-03-02 12:00", Purpose::Support),
    ];
    let all = [&touches[..], &[term]].concat();
    let now = "2026-03-10 12:00";
    check(
        &plan(""),
        vec![
            case("touch.days_since_last", "", now, Some(8.0), &all),
            case(
                "touch.count_90d",
                "90 days begin on 11 December",
                now,
                Some(3.0),
                &all,
            ),
            case(
                "touch.outside_renewal_pct_365d",
                "1 December alone: from 2 March on it is within 90 days of 31 May, 1 March is 91",
                now,
                Some(50.0),
                &all,
            ),
            case(
                "touch.outside_renewal_pct_365d",
                "no term is known",
                now,
                None,
                &touches,
            ),
            case("touch.days_since_last", "no touch", now, None, &all[4..]),
            case("touch.count_90d", "no touch", now, None, &all[4..]),
        ],
    );
}

#[test]
fn milestones_and_assessments() {
    let events = [
        milestone("2026-01-01", "kickoff", Some("2026-01-10"), None),
        milestone("2026-01-09", "kickoff", None, Some("2026-01-09")),
        milestone("2026-01-01", "training", Some("2026-02-01"), None),
        milestone(
            "2026-01-01",
            "go-live",
            Some("2026-06-01"),
            Some("2026-05-30"),
        ),
        milestone("2026-01-01", "case", None, None),
        assessed("2026-01-01", "resources", Some((3.0, 5.0)), None),
        assessed(
            "2026-02-01",
            "resources",
            Some((2.0, 3.0)),
            Some("2026-03-05"),
        ),
        assessed("2026-02-01", "right_product", Some((80.0, 100.0)), None),
        assessed("2026-02-02", "right_product", None, None),
    ];
    let now = "2026-03-01";
    let empty = [used("2026-03-01", "", "x")];
    check(
        &plan(""),
        vec![
            case(
                "milestone.done_pct",
                "one of four",
                now,
                Some(25.0),
                &events,
            ),
            case(
                "milestone.done_pct",
                "go-live is done",
                "2026-05-30",
                Some(50.0),
                &events,
            ),
            case("milestone.overdue", "training", now, Some(1.0), &events),
            case(
                "milestone.overdue",
                "not yet",
                "2026-02-01",
                Some(0.0),
                &events,
            ),
            case("milestone.done_pct", "none", now, None, &empty),
            case("milestone.overdue", "none", now, None, &empty),
            case(
                "assessment.resources",
                "2 of 3",
                now,
                Some(66.666_667),
                &events,
            ),
            case(
                "assessment.resources_age_days",
                "",
                now,
                Some(28.0),
                &events,
            ),
            case(
                "assessment.resources",
                "expired",
                "2026-03-05",
                None,
                &events,
            ),
            case(
                "assessment.resources_age_days",
                "expired",
                "2026-03-05",
                None,
                &events,
            ),
            case("assessment.right_product", "withdrawn", now, None, &events),
            case(
                "assessment.business_value",
                "never assessed",
                now,
                None,
                &events,
            ),
        ],
    );
}
