//! Golden cases: trials, notice, seats that nobody used, and how long the first value takes.

use super::events::{at, check_lines, license, milestone, number, plan, role, used};
use crate::model::{Event, License, LicenseChange, Role};

fn started(
    time: &str,
    name: &'static str,
    set: impl FnOnce(&mut License<'static>),
) -> Event<'static> {
    license(time, name, LicenseChange::Started, set)
}

#[test]
fn money_at_stake_is_what_can_be_given_notice_on() {
    let rates = r#"rates = [{ currency = "EUR", from = "2026-01-01", rate = 1.1 }]"#;
    let worth = |name, mrr, currency: &'static str, ends: &'static str| {
        started("2025-01-01", name, move |it| {
            it.mrr = Some(number(mrr));
            it.currency = Some(currency.into());
            it.term_ends = Some(at(ends));
            it.notice_days = Some(number(30.0));
        })
    };
    let events = [
        worth("near", 100.0, "EUR", "2026-07-08 12:00"),
        worth("far", 1_000.0, "USD", "2026-07-09 12:00"),
        worth("past", 7.0, "USD", "2026-03-20"),
        worth("unknown", 50.0, "SEK", "2027-03-20"),
    ];
    check_lines(
        &plan(rates),
        &events,
        "
        license.mrr_at_stake_90d  2026-03-10  117   near: 8 June is the 90th day; past: long ago
        license.mrr_at_stake_90d  2026-03-11  1117  and far
        license.mrr_at_stake_90d  2025-06-01  0     nothing is
        license.mrr_at_stake_90d  2027-01-10  -     unknown is at stake and has no rate
        license.mrr_at_stake_90d  2024-06-01  -     no license is known
        license.mrr               2026-03-10  -     unknown has no rate
    ",
    );
}

#[test]
fn trials_and_the_first_value() {
    let events = [
        started("2026-03-01 12:00", "try", |it| {
            it.trial = Some(true);
            it.term_ends = Some(at("2026-03-31 12:00"));
        }),
        milestone(
            "2026-03-02 12:00",
            "kickoff",
            None,
            Some("2026-03-02 12:00"),
        ),
        milestone("2026-03-20", "first_value", None, Some("2026-03-15 18:00")),
        started("2026-03-25 12:00", "main", |it| {
            it.seats = Some(number(5.0));
        }),
        license("2026-04-01", "try", LicenseChange::Ended, |_| {}),
    ];
    check_lines(
        &plan(""),
        &events,
        "
        license.trial_days_since_start      2026-03-11T12:00  10   since 1 March
        license.trial_days_to_end           2026-03-11T12:00  20   until 31 March
        license.trial_only                  2026-03-11T12:00  1    nothing is paid
        license.trial_only                  2026-03-25T12:00  0    main is
        license.trial_only                  2026-02-25T12:00  -    no license is known
        license.trial_days_since_start      2026-03-31T12:00  30   beside what is paid
        license.trial_days_since_start      2026-04-01T12:00  -    it ended
        license.trial_days_to_end           2026-04-01T12:00  -    it ended
        milestone.days_without_first_value  2026-03-11T12:00  10   kickoff is no value
        milestone.days_without_first_value  2026-03-20T12:00  0    it is there
        milestone.days_without_first_value  2026-02-01T12:00  -    no license
        milestone.first_value_days          2026-03-11T12:00  -    not yet
        milestone.first_value_days          2026-03-20T12:00  14.25  from the trial on
        milestone.first_value_days          2026-03-26T12:00  0    what is paid began later
    ",
    );
}

#[test]
fn seats_that_nobody_ever_used() {
    let events = [
        started("2025-01-01", "main", |it| it.seats = Some(number(5.0))),
        used("2025-02-01 12:00", "ann", "x"),
        used("2025-02-01 12:00", "", "x"),
        used("2026-02-01 12:00", "bob", "x"),
        role("2026-02-02 12:00", "ann", Role::Internal),
        license("2026-03-01", "main", LicenseChange::Changed, |it| {
            it.seats = Some(number(0.5));
        }),
    ];
    check_lines(
        &plan(""),
        &events,
        "
        license.seats_never_used  2026-02-01T12:00  3  of five; nobody is no contact
        license.seats_never_used  2026-02-02T12:00  4  ann is one of the tenant's own
        license.seats_never_used  2026-03-01T12:00  0  more people than seats
        license.seats_never_used  2025-01-02T12:00  -  no activity is known
    ",
    );
}

#[test]
fn what_is_due_and_what_failed() {
    use LicenseChange::{Changed, Ended, Payment, PaymentFailed};
    let rates = r#"rates = [{ currency = "EUR", from = "2026-01-01", rate = 1.1 }]"#;
    let due = |time, name, change, amount| {
        license(time, name, change, |it| {
            it.amount_due = Some(number(amount));
        })
    };
    let failed = |time| license(time, "a", PaymentFailed, |_| {});
    let in_currency = |time, name, currency: &'static str| {
        license(time, name, Changed, |it| {
            it.currency = Some(currency.into());
        })
    };
    let events = [
        in_currency("2025-06-01", "a", "EUR"),
        failed("2025-12-10 12:00"),
        failed("2025-12-11 12:00"),
        failed("2025-12-11 12:00"),
        due("2026-02-01", "a", PaymentFailed, 100.0),
        due("2026-02-02", "b", Changed, 7.0),
        due("2026-02-03", "gone", Changed, 1_000.0),
        license("2026-02-04", "gone", Ended, |_| {}),
        due("2026-03-01", "a", Payment, 40.0),
        license("2026-03-05", "a", Payment, |_| {}),
        in_currency("2026-03-06", "a", "SEK"),
        due("2026-03-20", "a", Changed, 1.0),
    ];
    check_lines(
        &plan(rates),
        &events,
        "
        license.amount_due            2026-02-10  117  100 × 1.1 + 7; gone is not paid
        license.amount_due            2026-03-02  51   a part was paid
        license.amount_due            2026-03-10  7    and the rest; 0 needs no rate
        license.amount_due            2026-03-20  -    kronor have none
        license.amount_due            2026-01-10  -    nothing is said of amounts
        license.payment_failures_90d  2026-03-09  3    from 10 December on; a repeat is none
        license.payment_failures_90d  2026-03-10  2    from 11 December on
        license.payment_failures_90d  2025-06-02  0    none yet
        license.payment_failures_90d  2025-05-02  -    no license is known
    ",
    );
}

#[test]
fn the_license_that_comes_up_first_says_whether_it_renews() {
    let renews = |name, yes: Option<bool>, ends: Option<&'static str>| {
        started("2026-01-01", name, move |it| {
            it.auto_renew = yes;
            it.term_ends = ends.map(at);
            it.notice_days = ends.map(|_| number(30.0));
        })
    };
    let near = Some("2026-06-01");
    for (licenses, expected) in [
        (vec![renews("a", Some(true), near)], "1"),
        (vec![renews("a", Some(false), None)], "0"),
        (vec![renews("a", None, near)], "-"),
        (
            vec![
                renews("a", Some(true), near),
                renews("b", Some(false), Some("2026-06-02")),
                renews("c", Some(false), None),
            ],
            "1",
        ),
        (
            vec![
                renews("a", Some(true), near),
                renews("b", Some(false), near),
                renews("c", None, near),
            ],
            "0",
        ),
    ] {
        let line = format!("license.auto_renew 2026-03-01 {expected} {licenses:?}");
        check_lines(&plan(""), &licenses, &line);
    }
}

#[test]
fn revenue_is_compared_with_what_was_paid_before_the_quarter() {
    use LicenseChange::{Changed, Ended, Renewed};
    let rates = r#"rates = [{ currency = "EUR", from = "2025-01-01", rate = 1.1 },
                            { currency = "EUR", from = "2026-03-01", rate = 1.2 }]"#;
    let worth =
        |time, name, change, mrr| license(time, name, change, |it| it.mrr = Some(number(mrr)));
    let events = [
        worth("2025-06-01", "a", LicenseChange::Started, 100.0),
        worth("2025-12-10", "a", Changed, 150.0),
        worth("2026-02-01", "a", Renewed, 180.0),
        worth("2026-02-02", "b", LicenseChange::Started, 20.0),
        started("2025-07-01", "try", |it| {
            it.mrr = Some(number(9.0));
            it.trial = Some(true);
        }),
        license("2026-02-10", "try", Changed, |it| it.trial = Some(false)),
        license("2026-03-20", "a", Ended, |_| {}),
        started("2025-08-01", "euro", |it| {
            it.mrr = Some(number(10.0));
            it.currency = Some("EUR".into());
        }),
        license("2026-02-20", "euro", Changed, |it| {
            it.currency = Some("USD".into());
        }),
        license("2026-03-30", "b", Ended, |_| {}),
        license("2026-03-30", "try", Ended, |_| {}),
        license("2026-03-30", "euro", Ended, |_| {}),
    ];
    check_lines(
        &plan(rates),
        &events,
        "
        license.mrr_change_pct_90d  2025-08-15  -         nothing was paid 90 days before
        license.mrr_change_pct_90d  2025-11-15  0         nothing changed; a trial is not paid
        license.mrr_change_pct_90d  2026-02-01  8000/111  191 against 100 and 10 euros
        license.mrr_change_pct_90d  2026-03-09  10700/112 219 against the same, at today's rate
        license.mrr_change_pct_90d  2026-03-10  5700/162  11 December on: 150 and 10 euros
        license.mrr_change_pct_90d  2026-03-20  -12300/162 39 against the same
        license.mrr_change_pct_90d  2026-03-30  -100      nothing is left
        license.mrr_change_pct_90d  2026-09-30  -         nothing was paid then either
    ",
    );
}
