//! The demo as a whole, with the engine and the rules that ship.

use expect_test::expect;

use super::show::{SLICE_MS, Show};
use super::{Options, Pace, plain, rules_folder, run};
use crate::model::{DAY_MS, HOUR_MS};

fn options(accounts: usize, days: i32) -> Options {
    Options {
        seed: 7,
        accounts,
        pace: Pace::default(),
        days,
        plain: true,
        rules: rules_folder().expect("the rules are built first: tests/run does"),
    }
}

fn text(options: &Options) -> String {
    let mut out = Vec::new();
    run(options, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// What the six companies go through in a year: a change here is a change of what a viewer sees.
#[test]
fn the_year_of_the_companies_with_stories() {
    expect![[r#"
        2025-01-07 08:00  • Quillbrook Inc.      · → unknown             –  first seen
        2025-01-09 11:49  ▲ Quillbrook Inc.      unknown → at risk    53.6  enough is known now
        2025-01-09 11:49  ! Quillbrook Inc.      alert opened [tier]  warning for csm: Active on 3 of the last 28 days
        2025-01-11 14:41  ▲ Quillbrook Inc.      at risk → watch      66.7  Active on 4 of the last 28 days
        2025-01-11 14:41  ✓ Quillbrook Inc.      alert resolved [tier]  after 2 d
        2025-01-18 08:03  ▲ Quillbrook Inc.      watch → healthy      77.9  Active on 9 of the last 28 days
        2025-01-23 09:31  ▲ Vindkraal BV         critical → at risk   38.2  Active on 5 of the last 28 days
        2025-03-14 18:39  ▲ Vindkraal BV         at risk → watch      59.4  Active on 15 of the last 28 days
        2025-03-14 18:39  ✓ Vindkraal BV         alert resolved [tier]  after 117 d
        2025-04-24 09:10  ▼ Tallowmere Ltd       healthy → watch      71.9  Use changed by -52 % in four weeks
        2025-05-09 07:22  ▲ Vindkraal BV         watch → healthy      77.0  Kinds of use in four weeks: 8
        2025-05-17 17:45  ▼ Solvanta SA          healthy → watch      72.5  Pressing tickets open: 14
        2025-06-14 09:58  ! Tallowmere Ltd       alert opened [saas-health: unpaid]  warning for kam: Unpaid for 30 days
        2025-06-15 09:58  ▼ Tallowmere Ltd       watch → at risk      50.0  Unpaid for 31 days
        2025-06-15 09:58  ! Tallowmere Ltd       alert opened [tier]  warning for csm: Unpaid for 31 days
        2025-06-18 17:32  ▼ Solvanta SA          watch → at risk      52.8  Use changed by -59 % in four weeks
        2025-06-18 17:32  ! Solvanta SA          alert opened [tier]  warning for csm: Use changed by -59 % in four weeks
        2025-07-02 02:52  ▼ Nordlicht GmbH       healthy → watch      72.9  Use changed by -52.4 % in four weeks
        2025-07-11 09:53  ▼ Havreholm AB         healthy → watch      67.3  Use changed by -58.8 % in four weeks
        2025-07-15 12:58  ▲ Solvanta SA          at risk → watch      64.5  Use changed by -7.9 % in four weeks
        2025-07-15 12:58  ✓ Solvanta SA          alert resolved [tier]  after 26 d
        2025-08-04 13:14  ✓ Tallowmere Ltd       alert resolved [saas-health: unpaid]  after 51 d
        2025-08-05 13:14  ▲ Tallowmere Ltd       at risk → watch      68.0  over: Unpaid for 80.2 days
        2025-08-05 13:14  ✓ Tallowmere Ltd       alert resolved [tier]  after 51 d
        2025-08-14 02:52  ▼ Nordlicht GmbH       watch → at risk      51.3  Active on 10 of the last 28 days
        2025-08-14 02:52  ! Nordlicht GmbH       alert opened [tier]  warning for csm: Use changed by -79.7 % in four weeks
        2025-08-19 23:24  ▼ Havreholm AB         watch → at risk      52.8  Kinds of use in four weeks: 1
        2025-08-19 23:24  ! Havreholm AB         alert opened [tier]  warning for csm: Use changed by -77.1 % in four weeks
        2025-08-23 08:15  ▲ Tallowmere Ltd       watch → healthy      81.0  Kinds of use in four weeks: 9
        2025-09-24 07:07  ▲ Havreholm AB         at risk → healthy    76.7  Use changed by 34.8 % in four weeks
        2025-09-24 07:07  ✓ Havreholm AB         alert resolved [tier]  after 35 d
        2025-09-25 09:46  ! Nordlicht GmbH       alert opened [saas-health: silent_renewal]  critical for kam: Decides in 50.6 days, unseen for 14
        2025-09-26 09:46  ▼ Nordlicht GmbH       at risk → critical   30.0  Decides in 49.6 days, unseen for 15
        2025-09-26 09:46  ! Nordlicht GmbH       alert escalated [tier]  critical for csm: Decides in 49.6 days, unseen for 15
        2025-10-03 06:00  ▲ Solvanta SA          watch → healthy      87.2  Pressing tickets open: 0
        2025-10-11 09:46  ! Nordlicht GmbH       alert opened [silent-account: silent]  warning for csm: No use, no touch and no answer: the customer went silent
        2025-11-15 02:52  ✓ Nordlicht GmbH       alert resolved [saas-health: silent_renewal]  after 50 d
        2025-11-16 02:52  ▲ Nordlicht GmbH       critical → at risk   38.1  over: Decides in 6.9 days, unseen for 57.7

        After 365 days: 44,175 events in, 592 scores out, 21 movements, 8 alerts opened, 7 resolved, 35 triggers, 0 dead letters.

        tier            first     last
        healthy             4        5
        watch               0        0
        at risk             0        1
        critical            1        0
        unknown             0        0

        story              company              score  presence  way
        healthy growth     Quillbrook Inc.       98.4  present   unknown → at risk → watch → healthy
        silent drift       Nordlicht GmbH        38.1  fading    healthy → watch → at risk → critical → at risk
        support storm      Solvanta SA           92.7  present   healthy → watch → at risk → watch → healthy
        champion leaves    Havreholm AB          94.3  present   healthy → watch → at risk → healthy
        renewal at risk    Tallowmere Ltd        94.7  present   healthy → watch → at risk → watch → healthy
        recovering         Vindkraal BV          94.2  present   critical → at risk → watch → healthy
    "#]].assert_eq(&text(&options(6, 365)));
}

#[test]
fn slices_of_time_never_show() {
    let told = |slice_ms| {
        let Options {
            seed,
            accounts,
            days,
            rules,
            ..
        } = options(14, 45);
        let mut show = Show::open((seed, accounts), days, &rules).unwrap();
        let mut text = String::new();
        while !show.is_over() {
            for entry in show.advance(slice_ms).unwrap() {
                text += &(plain::line(&show.board, &entry) + "\n");
            }
        }
        text + &plain::summary(&show.board, &show.view, show.events)
    };
    let whole = told(DAY_MS);
    assert_eq!(told(SLICE_MS), whole);
    assert_eq!(told(HOUR_MS), whole);
}

#[test]
fn a_demo_without_rules_says_what_to_do() {
    let mut options = options(6, 1);
    options.rules = "/nowhere".into();
    let error = run(&options, &mut Vec::new()).unwrap_err().to_string();
    assert!(error.contains("/nowhere/saas-health.wasm"), "{error}");
    assert!(error.contains("engine/demo"), "{error}");
}
