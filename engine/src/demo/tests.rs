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
    expect![[r#""#]].assert_eq(&text(&options(6, 365)));
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
        text + &plain::summary(&show.board, show.events)
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
