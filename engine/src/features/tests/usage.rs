//! Golden cases: usage. All in Stockholm, which is an hour ahead of UTC in winter and two from
//! 2026-03-29 on.

use super::events::{check_lines, plan, role, used, used_much};
use crate::model::{Event, Role};

#[test]
fn usage_in_windows() {
    let events = [
        used_much("2026-01-15 12:00", "ann", "login", (1.0, None)),
        used_much("2026-02-10 12:00", "ann", "report", (2.5, Some(1.0))),
        used_much("2026-03-09 10:59", "bob", "login", (4.0, Some(-3.0))),
        used_much("2026-03-09 11:00", "bob", "export", (8.0, Some(2.0))),
        used_much("2026-03-10 09:30", "", "login", (16.0, None)),
    ];
    check_lines(
        &plan(""),
        &events,
        "
        usage.events_1d           2026-03-10T10:15  2        the current hour and the 23 before it
        usage.events_7d           2026-03-10T10:15  3        the current hour and the 167 before it
        usage.events_7d           2026-03-16T09:59  3        10:59 is 167 hours before
        usage.events_7d           2026-03-16T10:00  2        and now 168
        usage.events_28d          2026-03-10T10:15  3        from 11 February on
        usage.value_28d           2026-03-10T10:15  28       sum of value
        usage.active_days_28d     2026-03-10T10:15  2        the 9th and the 10th
        usage.contacts_7d         2026-03-10T10:15  1        nobody is no contact
        usage.contacts_28d        2026-03-10T10:15  1        ann was last seen on 10 February
        usage.breadth_28d         2026-03-10T10:15  2        login and export
        usage.errors_28d          2026-03-10T10:15  2        a negative number counts as 0
        usage.days_since_last     2026-03-10T10:15  0.03125  45 minutes
        usage.days_since_champion 2026-03-10T10:15  -        there is none
        usage.trend_28d           2026-03-10T10:15  -        13 January is before the first day
        usage.events_28d          2026-01-15T11:59  -        not even 0 before the first
        usage.contacts_28d        2026-01-15T11:59  -        nor here
        usage.errors_28d          2026-01-15T12:00  -        nothing is said of errors
    ",
    );
    let nobody = [used("2026-03-01 12:00", "", "x")];
    let lines = "usage.contacts_7d 2026-03-02 - no contact
                 usage.contacts_28d 2026-03-02 - no contact";
    check_lines(&plan(""), &nobody, lines);
}

#[test]
fn a_window_begins_at_local_midnight_and_summer_time_moves_it() {
    // 28d on 10 April begins on 14 March, still winter: at 23:00 UTC of the 13th.
    let around = [
        used("2026-03-13T22:59:59.999Z", "", "x"),
        used("2026-03-13T23:00:00Z", "", "x"),
    ];
    check_lines(
        &plan(""),
        &around,
        "
        usage.events_28d  2026-04-09T21:59:59.999Z  2  the last instant of 9 April, summer time
        usage.events_28d  2026-04-09T22:00:00Z      1  the first of 10 April
        usage.events_28d  2026-04-10T22:00:00Z      0  the first of 11 April
    ",
    );
    // The day on which clocks go forward has 23 hours and is one day.
    let short = [
        used("2026-03-28 23:00", "", "x"),
        used("2026-03-29 21:59", "", "x"),
        used("2026-03-29 22:00", "", "x"),
    ];
    check_lines(
        &plan(""),
        &short,
        "
        usage.active_days_28d  2026-03-29T21:59  1  29 March, from 23:00 to 22:00 UTC
        usage.active_days_28d  2026-03-29T22:00  2  and 30 March
    ",
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
        used("2026-03-09 13:00", "", "x"),
        used("2026-03-10 12:00", "", "x"),
    ];
    let all = [&earlier[..], &recent[..]].concat();
    let check = |events: &[Event<'_>], line| check_lines(&plan(""), events, line);
    check(
        &all,
        "usage.trend_28d 2026-03-10T13:00 50 3 against 2; today is not whole",
    );
    check(&recent, "usage.trend_28d 2026-03-10T13:00 - nothing before");
    check(&earlier, "usage.trend_28d 2026-03-10T13:00 -100 all gone");
    check(
        &all[1..],
        "usage.trend_28d 2026-03-10T13:00 - not the whole of 56 days",
    );
}

#[test]
fn roles_count_for_all_the_past() {
    let events = [
        used("2026-03-01 12:00", "ann", "x"),
        used("2026-03-02 12:00", "bot", "y"),
        used("2026-03-03 12:00", "eve", "x"),
        role("2026-03-04 12:00", "bot", Role::Service),
        role("2026-03-05 12:00", "ann", Role::Champion),
        role("2026-03-06 12:00", "bot", Role::User),
    ];
    check_lines(
        &plan(""),
        &events,
        "
        usage.events_28d           2026-03-03T12:00  3  three people
        usage.events_28d           2026-03-04T12:00  2  a service never counts
        usage.events_7d            2026-03-04T12:00  2  a service never counts
        usage.contacts_28d         2026-03-04T12:00  2  a service never counts
        usage.contacts_7d          2026-03-04T12:00  2  a service never counts
        usage.breadth_28d          2026-03-04T12:00  1  y was the service's
        usage.active_days_28d      2026-03-04T12:00  2  so was the 2nd
        usage.days_since_champion  2026-03-04T12:00  -  there is none
        usage.days_since_champion  2026-03-05T12:00  4  ann's last use
        usage.events_28d           2026-03-06T12:00  3  it was a user after all
    ",
    );
    let bot = [
        used("2026-03-02 12:00", "bot", "y"),
        role("2026-03-03", "bot", Role::Internal),
    ];
    check_lines(
        &plan(""),
        &bot,
        "usage.events_28d 2026-03-03 - nobody counts: missing, not 0",
    );
}

#[test]
fn people_by_role_and_the_busiest_of_them() {
    let events = [
        used("2025-06-01 12:00", "cto", "x"),
        role("2025-06-01 12:00", "cto", Role::DecisionMaker),
        used("2026-01-01 12:00", "old", "x"),
        role("2026-02-01 12:00", "ann", Role::Champion),
        role("2026-02-01 12:00", "bob", Role::User),
        role("2026-02-01 12:00", "boss", Role::Executive),
        used("2026-03-01 12:00", "ann", "x"),
        used_much("2026-03-02 12:00", "ann", "x", (1.0, Some(3.0))),
        used("2026-03-03 12:00", "ann", "x"),
        used("2026-03-03 13:00", "ann", "x"),
        used("2026-03-04 12:00", "bob", "x"),
        used("2026-03-04 12:00", "", "x"),
        used("2026-03-04 12:00", "", "x"),
        used("2026-03-09 12:00", "boss", "x"),
    ];
    check_lines(
        &plan(""),
        &events,
        "
        usage.contacts_1d                2026-03-10T11:59  1     boss: 12:00 is 23 hours before
        usage.contacts_1d                2026-03-10T12:00  0     and now 24
        usage.contacts_90d               2026-03-10T12:00  4     old too: from 11 December on
        usage.contacts_90d               2026-04-01T12:00  3     1 January is the 91st day
        usage.contacts_365d              2026-03-10T12:00  5     and cto
        usage.contacts_365d              2026-06-01T12:00  4     1 June is the 366th day
        usage.active_days_7d             2026-03-10T12:00  2     4 and 9 March
        usage.active_days_7d             2026-03-09T12:00  3     3, 4 and 9 March
        usage.users_28d                  2026-03-10T12:00  1     bob
        usage.champions_28d              2026-03-10T12:00  1     ann
        usage.executives_28d             2026-03-10T12:00  1     boss
        usage.decision_makers_28d        2026-03-10T12:00  0     cto is long gone
        usage.decision_makers_28d        2025-06-02T12:00  1     cto
        usage.days_since_decision_maker  2026-03-10T12:00  282   cto, on 1 June
        usage.days_since_executive       2026-03-10T12:00  1     boss
        usage.days_since_user            2026-03-10T12:00  6     bob
        usage.days_since_user            2026-03-03T12:00  -     old has no role
        usage.busiest_contact_pct_28d    2026-03-10T12:00  400/6 ann 4 of 6; nobody is no contact
        usage.busiest_contact_pct_28d    2026-03-04T12:00  80    one person makes 80 % of the use
        usage.busiest_contact_pct_28d    2026-06-01T12:00  -     none in 28 days
        usage.errors_pct_28d             2026-03-10T12:00  37.5  3 in 8 uses
        usage.errors_pct_28d             2026-03-01T12:00  -     nothing is said of errors
        usage.errors_pct_28d             2026-06-01T12:00  -     no use
        usage.users_28d                  2025-05-01T12:00  -     no activity yet
        usage.contacts_365d              2025-05-01T12:00  -     no activity yet
    ",
    );
}

#[test]
fn days_are_counted_a_year_back() {
    let events = [
        used("2025-02-11 12:00", "ann", "x"),
        used("2025-02-12 12:00", "ann", "x"),
        used("2025-02-12 13:00", "bob", "x"),
        used("2025-03-11 12:00", "", "x"),
        used("2025-03-12 12:00", "eve", "x"),
        used("2025-12-10 12:00", "ann", "x"),
        used("2025-12-11 12:00", "ann", "x"),
        used("2025-12-11 13:00", "ann", "x"),
        used("2026-03-03 12:00", "ann", "x"),
        used("2026-03-09 12:00", "ann", "x"),
        used("2026-03-10 12:00", "ann", "x"),
    ];
    check_lines(
        &plan(""),
        &events,
        "
        usage.events_90d                2026-03-10T13:00  5    10 December is the 91st day
        usage.active_days_90d           2026-03-10T13:00  4    11 December is one day
        usage.events_365d               2026-03-10T13:00  8    11 March 2025 is the 365th day
        usage.active_days_365d          2026-03-10T13:00  7    and 11 December one
        usage.events_365d               2026-03-11T13:00  7    and now the 366th
        usage.events_28d_year_ago       2026-03-10T13:00  3    12 February to 11 March 2025
        usage.active_days_28d_year_ago  2026-03-10T13:00  2    12 February and 11 March
        usage.contacts_28d_year_ago     2026-03-10T13:00  2    ann and bob
        usage.contacts_28d_year_ago     2026-03-11T13:00  1    eve
        usage.events_28d_year_ago       2026-03-08T13:00  -    10 February is before the first day
        usage.events_28d_year_ago       2026-03-09T13:00  3    11 February is the first
        usage.events_7d_vs_90d_weekly_mean  2026-03-10T13:00  18000/35  2 of 5, from 10 December on
        usage.events_7d_vs_90d_weekly_mean  2026-03-20T13:00  0    none in 7 whole days
        usage.events_7d_vs_90d_weekly_mean  2025-04-10T13:00  -    not the whole of 90 days
        usage.events_7d_vs_90d_weekly_mean  2026-07-10T13:00  -    none in 90 whole days
    ",
    );
    let bot = role("2026-03-01", "ann", Role::Service);
    check_lines(
        &plan(""),
        &[&events[..], &[bot]].concat(),
        "
        usage.events_28d_year_ago    2026-03-10T13:00  2  a service never counts
        usage.contacts_28d_year_ago  2026-03-10T13:00  1  bob
    ",
    );
}

#[test]
fn metrics_that_are_no_activity_do_not_count() {
    let events = [
        used("2026-03-01 12:00", "a", "ping"),
        used("2026-03-02 12:00", "a", "login"),
        used("2026-03-03 12:00", "a", "ping"),
    ];
    check_lines(
        &plan("activity_metrics = [\"login\"]"),
        &events,
        "
        usage.events_28d       2026-03-01T12:00  -  a ping is no activity
        usage.events_28d       2026-03-04T12:00  1  login
        usage.days_since_last  2026-03-04T12:00  2  login
    ",
    );
}
