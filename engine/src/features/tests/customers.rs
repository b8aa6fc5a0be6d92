//! Golden cases: tickets, surveys, touches, milestones, assessments.

use super::events::{
    account, answer, answer_in, assessed, at, check_lines, license, milestone, plan, role, ticket,
    ticket_of, touch, used, value,
};
use crate::model::{
    Body, Direction, Event, LicenseChange, Priority, Purpose, Role, Stream, SurveyChange,
    TicketChange,
};

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
    check_lines(
        &plan(""),
        &events,
        "
        ticket.open                      2026-03-10T08:00  2      b and c
        ticket.open_critical             2026-03-10T08:00  1      b; c is medium now
        ticket.oldest_open_days          2026-03-10T08:00  9      b
        ticket.opened_28d                2026-03-10T08:00  3      b, c, e
        ticket.opened_90d                2026-03-10T08:00  4      a, b, c, e
        ticket.opened_90d                2026-04-10T08:00  3      10 January is the 91st day
        ticket.escalated_pct_90d         2026-03-10T08:00  25     b of four: escalated / opened
        ticket.first_response_hours_90d  2026-03-10T08:00  56/3   first response − opened: 2, 30, 24
        ticket.resolution_hours_90d      2026-03-10T08:00  18     reopened added: a 24 + 12, e 0
        ticket.resolution_hours_90d      2026-01-20T12:00  -      a is open again
        ticket.reply_breaches_90d        2026-03-10T08:00  1      b: 30 hours, 24 is the target
        ticket.oldest_open_days          2026-02-10T08:00  0      none is open
        ticket.open                      2026-02-10T08:00  0      none is open
        ticket.escalated_pct_90d         2027-03-10T08:00  -      none was opened
        ticket.first_response_hours_90d  2027-03-10T08:00  -      none was opened
        ticket.open_priority_high        2026-03-10T08:00  1      b
        ticket.open_priority_medium      2026-03-10T08:00  1      c, since it was responded to
        ticket.open_priority_critical    2026-03-10T08:00  0      c is medium now
        ticket.open_priority_critical    2026-03-05T08:00  1      and was critical
        ticket.open_priority_low         2026-03-10T08:00  0      a is closed
        ticket.open_priority_low         2026-01-20T12:00  1      and was open again
        ticket.opened_7d                 2026-03-10T08:00  2      c and e; b is 9 days old
        ticket.opened_7d                 2026-03-12T07:59  2      08:00 is 167 hours before
        ticket.opened_7d                 2026-03-12T08:00  1      and now 168
        ticket.reopened_pct_90d          2026-03-10T08:00  25     a of four: reopened / opened
        ticket.first_response_p50_hours_90d  2026-03-10T08:00  24  of 2, 24 and 30
        ticket.first_response_p50_hours_90d  2026-03-03T08:00  16  of 2 and 30
        ticket.resolution_p50_hours_90d  2026-03-10T08:00  18     of 0 and 36
        ticket.resolution_p50_hours_90d  2026-01-20T12:00  -      a is open again
        ticket.first_response_p50_hours_90d  2027-03-10T08:00  -  none was opened
        ticket.reopened_pct_90d          2027-03-10T08:00  -      none was opened
        ticket.open                      2026-01-10T07:59  -      no ticket was ever known
        ticket.opened_90d                2026-01-10T07:59  -      no ticket was ever known
        ticket.reply_breaches_90d        2026-01-10T07:59  -      no ticket was ever known
    ",
    );
}

#[test]
fn a_reply_target_is_missed_to_the_millisecond() {
    use TicketChange::{Closed, Opened};
    let feature = "ticket.reply_breaches_90d";
    let plan = plan("reply_target_hours = 1.5");
    // One account, asked twice: what is kept to be quick does not outlive its moment.
    let mut account = account(&plan, &[ticket("2026-03-01 08:00", "a", Opened)]);
    for (now, expected) in [
        ("2026-03-01T09:30:00Z", 0.0),
        ("2026-03-01T09:30:00.001Z", 1.0),
    ] {
        assert_eq!(value(&plan, &mut account, feature, at(now)), Some(expected));
    }
    let closed = ticket("2026-03-04 08:00", "a", Closed);
    account.apply(&plan, &closed, closed.at);
    assert_eq!(
        value(&plan, &mut account, feature, at("2026-03-05")),
        Some(1.0),
        "unanswered"
    );
}

#[test]
fn surveys_of_customers() {
    let events = [
        answer("2025-03-10 12:00", "cto", "nps", (0.0, None)),
        answer("2025-03-11 12:00", "cto", "nps", (2.0, None)),
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
    check_lines(
        &plan(""),
        &events,
        "
        survey.nps_latest         2026-03-10T12:00  10    the employees' is no customer's
        survey.nps_lowest_365d    2026-03-10T12:00  2     365 days begin on 11 March 2025
        survey.nps_lowest_365d    2026-03-09T12:00  0     or a day before
        survey.nps_mean_365d      2026-03-10T12:00  7     (2 + 9 + 10) / 3, whoever gave it
        survey.nps_mean_365d      2026-03-09T12:00  5.25  or with 0 a day before
        survey.nps_mean_365d      2027-06-10T12:00  -     none in 365 days
        survey.nps_role_weighted  2026-03-10T12:00  3.75  by role: (3 × 2 + 1 × 9 + 0 × 10) / 4
        survey.nps_role_weighted  2026-01-05T12:00  5.25  no roles yet: (0 + 2 + 9 + 10) / 4
        survey.csat_latest        2026-03-10T12:00  2.5   1 of 2 is 2.5 of 5
        survey.csat_mean_90d      2026-03-10T12:00  3.25  4 and 2.5
        survey.csat_mean_90d      2026-06-10T12:00  -     none in 90 days
        survey.nps_lowest_365d    2027-06-10T12:00  -     none in 365 days
        survey.nps_role_weighted  2027-06-10T12:00  -     none in 365 days
        survey.days_since_answer  2026-03-10T12:00  8     the effort question
        survey.nps_age_days       2026-03-10T12:00  64    bot, on 5 January
        survey.csat_age_days      2026-03-10T12:00  18    on 20 February
        survey.nps_age_days       2025-03-01T12:00  -     none yet
        survey.csat_age_days      2026-02-01T12:00  -     none yet
        survey.csat_lowest_90d    2026-03-10T12:00  2.5   1 of 2
        survey.csat_lowest_90d    2026-06-10T12:00  -     none in 90 days
        survey.csat_bad_90d       2026-03-10T12:00  0     2.5 is not in the lower two of five
        survey.csat_bad_90d       2026-06-10T12:00  0     none in 90 days
        survey.csat_bad_90d       2026-02-01T12:00  -     no csat answer yet
        survey.csat_latest        2025-09-02T12:00  -     none yet
        survey.nps_latest         2025-01-01T12:00  -     none yet
        survey.days_since_answer  2025-01-01T12:00  -     none yet
    ",
    );
}

#[test]
fn bad_answers_are_counted_in_their_window() {
    let events = [
        answer("2025-12-10 12:00", "ann", "csat", (2.0, None)),
        answer("2025-12-12 12:00", "ann", "csat", (20.0, Some(50.0))),
        answer("2026-02-10 12:00", "bob", "csat", (1.0, None)),
        answer("2026-02-11 12:00", "bob", "csat", (2.1, None)),
        answer("2026-02-12 12:00", "bob", "nps", (1.0, None)),
    ];
    check_lines(
        &plan(""),
        &events,
        "
        survey.csat_bad_90d     2026-03-10T12:00  2  10 December is the 91st day; 20 of 50 is 2
        survey.csat_bad_90d     2026-03-09T12:00  3  the 90th
        survey.csat_lowest_90d  2026-03-10T12:00  1  bob
    ",
    );
}

#[test]
fn who_was_asked_and_who_was_answered() {
    let sent = |time, stream| {
        let mut sent = answer_in(time, "ann", "nps", (0.0, None), stream);
        let Body::Survey(survey) = &mut sent.body else {
            unreachable!("answers are of surveys");
        };
        (survey.change, survey.score) = (SurveyChange::Sent, None);
        sent.id ^= 1;
        sent
    };
    let bad = answer("2026-02-01 12:00", "ann", "nps", (6.0, None));
    let worse = answer("2026-02-02 12:00", "ann", "csat", (2.0, None));
    let inbound = |time, answers| {
        let mut inbound = touch(time, Purpose::Support);
        let Body::Touch(touch) = &mut inbound.body else {
            unreachable!("a touch");
        };
        (touch.direction, touch.answers) = (Direction::Inbound, answers);
        inbound
    };
    let asks = inbound("2026-02-10 12:00", Some(worse.id));
    let answers = |time, event: &Event<'_>| {
        let mut outbound = inbound(time, Some(event.id));
        if let Body::Touch(touch) = &mut outbound.body {
            touch.direction = Direction::Outbound;
        }
        outbound
    };
    let events = [
        sent("2025-03-10 12:00", Stream::Relational),
        sent("2025-03-11 12:00", Stream::Product),
        sent("2026-01-01 12:00", Stream::Support),
        sent("2026-01-02 12:00", Stream::Employee),
        answer("2026-01-03 12:00", "", "nps", (7.0, None)),
        bad.clone(),
        worse,
        answer("2026-02-02 12:00", "", "ces", (1.0, None)),
        asks.clone(),
        inbound("2025-12-11 12:00", None),
        inbound("2025-12-10 12:00", None),
        answers("2026-02-20 12:00", &asks),
        answers("2026-02-21 12:00", &bad),
    ];
    check_lines(
        &plan(""),
        &events,
        "
        survey.response_pct_365d         2026-03-10T12:00  200    4 of 2, from 11 March 2025 on
        survey.response_pct_365d         2026-03-09T12:00  400/3  4 of 3
        survey.response_pct_365d         2026-01-02T12:00  0      nobody yet
        survey.response_pct_365d         2027-03-10T12:00  -      none was sent
        survey.followups_unanswered_90d  2026-02-15T12:00  2      7 of 10 is no bad answer
        survey.followups_unanswered_90d  2026-03-10T12:00  1      what the customer writes is none
        survey.followups_unanswered_90d  2026-06-10T12:00  0      none in 90 days
        survey.followups_unanswered_90d  2026-01-02T12:00  -      no answer yet
        touch.unanswered_90d             2026-02-15T12:00  3      all
        touch.unanswered_90d             2026-03-10T12:00  1      of 11 December
        touch.unanswered_90d             2025-03-10T12:00  -      no touch is known
    ",
    );
}

#[test]
fn touches_and_the_renewal_window() {
    let term = license("2025-06-01", "main", LicenseChange::Started, |license| {
        license.term_ends = Some(at("2026-05-31 12:00"));
    });
    let touches = [
        touch("2025-12-01 12:00", Purpose::Value),
        touch("2026-01-15 12:00", Purpose::Renewal),
        touch("2026-03-01 12:00", Purpose::Value),
        touch("2026-03-02 12:00", Purpose::Support),
    ];
    check_lines(
        &plan(""),
        &[&touches[..], &[term]].concat(),
        "
        touch.days_since_last             2026-03-10T12:00  8    the last
        touch.count_90d                   2026-03-10T12:00  3    90 days begin on 11 December
        touch.count_90d                   2027-03-10T12:00  0    none
        touch.outside_renewal_pct_365d    2026-03-10T12:00  50   2 March is 90 days before 31 May
        touch.outside_renewal_pct_365d    2027-03-10T12:00  -    none
        touch.days_since_last             2025-11-10T12:00  -    none yet
        touch.count_90d                   2025-11-10T12:00  -    none yet
    ",
    );
    let line = "touch.outside_renewal_pct_365d 2026-03-10T12:00 - no term is known";
    check_lines(&plan(""), &touches, line);
}

#[test]
fn milestones() {
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
    ];
    check_lines(
        &plan(""),
        &events,
        "
        milestone.done_pct  2026-03-01                25  one of four
        milestone.done_pct  2026-05-30                50  go-live is done now
        milestone.overdue   2026-02-01                0   training is due now
        milestone.overdue   2026-02-01T00:00:00.001Z  1   and was
        milestone.done_pct  2025-12-01                -   none is known
        milestone.overdue   2025-12-01                -   none is known
    ",
    );
}

#[test]
fn assessments() {
    let events = [
        used("2025-01-01", "", "x"),
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
    check_lines(
        &plan(""),
        &events,
        "
        assessment.resources           2026-01-15                60         3 of 5
        assessment.resources           2026-03-01                66.666667  2 of 3
        assessment.resources_age_days  2026-03-01                28         since the latest
        assessment.resources           2026-03-04T23:59:59.999Z  66.666667  not yet expired
        assessment.resources           2026-03-05                -          expired
        assessment.resources_age_days  2026-03-05                -          expired
        assessment.right_product       2026-02-01                80         80 of 100
        assessment.right_product       2026-03-01                -          withdrawn
        assessment.business_value      2026-03-01                -          never assessed
    ",
    );
}
