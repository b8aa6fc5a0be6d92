//! Golden cases: numbers against those of the segment.

use super::events::{account, at, license, number, plan, profile, ticket, used, uses};
use crate::features::{Bases, Selection, View};
use crate::model::{Event, HOUR_MS, LicenseChange, PeerCounts, Stage, TicketChange, Time};
use crate::state::{Account, Plan};

const NOW: &str = "2026-03-10 12:00";

fn all_bases(plan: &Plan) -> Bases {
    let names = [
        "usage.events_28d_segment_median",
        "usage.active_days_28d_segment_median",
        "usage.contacts_28d_segment_median",
        "usage.breadth_28d_segment_median",
        "license.seats_active_pct_28d_segment_median",
        "ticket.opened_90d_segment_median",
        "ticket.first_response_hours_90d_segment_median",
    ];
    Selection::new(plan, &uses(&names)).unwrap().bases()
}

fn of_segment(segment: &'static str, stage: Option<Stage>) -> Event<'static> {
    profile("2026-01-01", |it| {
        it.segment = Some(segment.into());
        it.stage = stage;
    })
}

/// A customer of a segment whose people used the product so often, one event a minute.
fn user_of(plan: &Plan, segment: &'static str, events: u32) -> Account {
    let minute = |place: u32| {
        let mut event = used("2026-03-09 12:00", "ann", "login");
        event.at = event.at.plus_ms(i64::from(place) * 60_000);
        event.id = place.into();
        event
    };
    let mut all = vec![of_segment(segment, None)];
    all.extend((0..events).map(minute));
    account(plan, &all)
}

fn counted(plan: &Plan, accounts: &mut [Account]) -> PeerCounts {
    let mut counts = PeerCounts::new();
    let bases = all_bases(plan);
    for account in accounts {
        bases.count(plan, account, at("2026-03-09 23:59"), &mut counts);
    }
    counts
}

/// Value, or why it is missing.
fn read(name: &str, plan: &Plan, peers: &PeerCounts, account: &mut Account) -> Result<f64, String> {
    let selection = Selection::new(plan, &uses(&[name])).unwrap();
    let view = View { plan, peers };
    let now: Time = at(NOW);
    let mut row = Vec::new();
    selection.compute(view, account, now, &mut row);
    let found = selection.describe(view, account, now, 0);
    assert_eq!(
        found.value.map(f64::to_bits),
        row.first().filter(|it| !it.is_nan()).map(|it| it.to_bits())
    );
    found
        .value
        .ok_or_else(|| found.missing.unwrap_or("").to_owned())
}

fn check(
    plan: &Plan,
    peers: &PeerCounts,
    account: &mut Account,
    cases: &[(&str, Result<f64, &str>)],
) {
    for (name, expected) in cases {
        let found = read(name, plan, peers, account);
        let found = found.as_ref().map(|value| *value).map_err(String::as_str);
        assert_eq!(found, *expected, "{name}");
    }
}

/// Ten customers with 2, 4, … 20 events: the lower middle is 10. Of 100 each the bucket is 100 to
/// 103, whose middle is 101.5.
#[test]
fn use_against_the_segment() {
    let plan = plan("");
    let mut all: Vec<Account> = (1..=10).map(|n| user_of(&plan, "gold", 2 * n)).collect();
    all.extend((0..10).map(|_| user_of(&plan, "silver", 100)));
    all.extend((0..9).map(|_| user_of(&plan, "bronze", 5)));
    let peers = counted(&plan, &mut all);
    let mut five = user_of(&plan, "gold", 5);
    check(
        &plan,
        &peers,
        &mut five,
        &[
            ("usage.events_28d_segment_median", Ok(10.0)),
            ("usage.events_28d_pct_of_segment_median", Ok(50.0)),
            // 2 and 4 lie below.
            ("usage.events_28d_segment_percentile", Ok(20.0)),
            ("usage.active_days_28d_pct_of_segment_median", Ok(100.0)),
            // All are alike: in the middle.
            ("usage.contacts_28d_segment_percentile", Ok(50.0)),
            ("usage.breadth_28d_segment_median", Ok(1.0)),
            // Nobody has a license.
            (
                "license.seats_active_pct_28d_segment_percentile",
                Err("no_data"),
            ),
        ],
    );
    let mut twenty = user_of(&plan, "gold", 20);
    check(
        &plan,
        &peers,
        &mut twenty,
        &[
            ("usage.events_28d_pct_of_segment_median", Ok(200.0)),
            // Nine below and half of itself, as it was counted.
            ("usage.events_28d_segment_percentile", Ok(95.0)),
        ],
    );
    let mut silver = user_of(&plan, "silver", 203);
    check(
        &plan,
        &peers,
        &mut silver,
        &[
            ("usage.events_28d_segment_median", Ok(101.5)),
            ("usage.events_28d_pct_of_segment_median", Ok(200.0)),
            ("usage.events_28d_segment_percentile", Ok(100.0)),
        ],
    );
    // Nine are too few, and so is nobody.
    for segment in ["bronze", "lead"] {
        let mut few = user_of(&plan, segment, 5);
        check(
            &plan,
            &peers,
            &mut few,
            &[
                ("usage.events_28d_segment_median", Err("no_peers")),
                ("usage.events_28d_pct_of_segment_median", Err("no_peers")),
                ("usage.events_28d_segment_percentile", Err("no_peers")),
            ],
        );
    }
    // What is not known of the account itself is missing first.
    let mut silent = account(&plan, &[of_segment("gold", None)]);
    check(
        &plan,
        &peers,
        &mut silent,
        &[
            ("usage.events_28d_segment_median", Err("no_data")),
            ("usage.events_28d_segment_percentile", Err("no_data")),
        ],
    );
}

/// Customers without a segment are each other's peers; who is no customer does not count.
#[test]
fn who_counts() {
    let plan = plan("");
    let mut all: Vec<Account> = (0..10)
        .map(|_| {
            let event = used("2026-03-09 12:00", "ann", "login");
            account(&plan, &[event])
        })
        .collect();
    for stage in [Stage::Prospect, Stage::Paused, Stage::Churned] {
        let mut gone = user_of(&plan, "", 7);
        let event = of_segment("", Some(stage));
        gone.apply(&plan, &event, event.at);
        all.push(gone);
    }
    let peers = counted(&plan, &mut all);
    let mut one = account(&plan, &[used("2026-03-09 12:00", "ann", "login")]);
    check(
        &plan,
        &peers,
        &mut one,
        &[
            ("usage.events_28d_segment_median", Ok(1.0)),
            ("usage.events_28d_segment_percentile", Ok(50.0)),
        ],
    );
}

/// Tickets, whose median is often 0, waiting in hours, and seats in percent: these in quarters.
#[test]
fn tickets_waiting_and_seats_against_the_segment() {
    let plan = plan("");
    // Of ten customers two have three tickets, all an old one.
    let mut all: Vec<Account> = (0..10)
        .map(|place| {
            let old = ticket("2025-06-01", "old", TicketChange::Opened);
            let mut events = vec![of_segment("gold", None), old];
            if place < 2 {
                for name in ["a", "b", "c"] {
                    events.push(ticket("2026-03-01", name, TicketChange::Opened));
                }
            }
            // 10 seats, of which as many people as its place came.
            events.push(license(
                "2026-01-01",
                "main",
                LicenseChange::Started,
                |it| {
                    it.seats = Some(number(10.0));
                },
            ));
            for who in ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"]
                .iter()
                .take(place + 1)
            {
                events.push(used("2026-03-05 12:00", who, "login"));
            }
            account(&plan, &events)
        })
        .collect();
    let peers = counted(&plan, &mut all);
    let [first, .., last] = all.as_mut_slice() else {
        unreachable!("there are ten")
    };
    check(
        &plan,
        &peers,
        first,
        &[
            ("ticket.opened_90d_segment_median", Ok(0.0)),
            ("ticket.opened_90d_pct_of_segment_median", Err("no_data")),
            // Eight below, and half of the two beside it.
            ("ticket.opened_90d_segment_percentile", Ok(90.0)),
            // 50 % are 200 quarters: in the bucket of 200 to 207, whose middle is 203.5 quarters.
            ("license.seats_active_pct_28d_segment_median", Ok(50.875)),
            ("license.seats_active_pct_28d_segment_percentile", Ok(5.0)),
            (
                "ticket.first_response_hours_90d_segment_median",
                Err("no_data"),
            ),
        ],
    );
    check(
        &plan,
        &peers,
        last,
        &[
            ("ticket.opened_90d_segment_percentile", Ok(40.0)),
            ("license.seats_active_pct_28d_segment_percentile", Ok(95.0)),
        ],
    );
}

/// Answered after 1 to 10 hours: 4 to 40 quarters, the lower middle of which is 20.
#[test]
fn waiting_against_the_segment() {
    let plan = plan("");
    const OPENED: &str = "2026-03-01 12:00";
    let mut all: Vec<Account> = (1..=10)
        .map(|hours| {
            let mut answered = ticket(OPENED, "a", TicketChange::Responded);
            answered.at = answered.at.plus_ms(hours * HOUR_MS);
            let opened = ticket(OPENED, "a", TicketChange::Opened);
            account(&plan, &[opened, answered])
        })
        .collect();
    let peers = counted(&plan, &mut all);
    let [.., last] = all.as_mut_slice() else {
        unreachable!("there are ten")
    };
    check(
        &plan,
        &peers,
        last,
        &[
            ("ticket.first_response_hours_90d_segment_median", Ok(5.0)),
            (
                "ticket.first_response_hours_90d_pct_of_segment_median",
                Ok(200.0),
            ),
            (
                "ticket.first_response_hours_90d_segment_percentile",
                Ok(95.0),
            ),
        ],
    );
}
