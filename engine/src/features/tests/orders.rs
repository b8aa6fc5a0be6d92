//! What is known does not depend on the order of arrival, on repeats, on what is kept to be quick,
//! or on snapshots. Histories are made from a seed; `PULS_SEED=7 cargo test -p puls --lib
//! features::tests::orders` replays one.

use std::borrow::Cow;

use puls_wire::FeatureUse;
use rand::seq::{IndexedRandom, SliceRandom};
use rand::{Rng, SeedableRng};
use rand_pcg::Pcg64Mcg;

use super::events::{
    answer_in, assessed, at, event, license, milestone, number, plan, profile, ticket_of,
};
use crate::features::{Selection, catalogue};
use crate::model::{
    AttributeValue, Body, Contact, ContactChange, DAY_MS, Direction, Event, Fixed, HOUR_MS, Kind,
    License, LicenseChange, Priority, Purpose, Reader, Role, Stage, Stream, TicketChange, Time,
    Touch, Usage, Writer,
};
use crate::state::{Account, Plan};

const SETTINGS: &str = r#"
activity_metrics = ["m0", "m1", "m2", "m3"]
rates = [{ currency = "EUR", from = "2025-01-01", rate = 1.1 },
         { currency = "EUR", from = "2026-03-20", rate = 1.07 }]
attributes = { size = "number" }
features = [
  { name = "count1", from = "usage", agg = "count", window = "1d" },
  { name = "sum7", from = "usage", agg = "sum", of = "value", window = "7d",
    where = [{ field = "role", is_not = "service" }] },
  { name = "mean365", from = "usage", agg = "mean", of = "errors", window = "365d" },
  { name = "min28", from = "usage", agg = "min", of = "value", window = "28d",
    where = [{ field = "role", is = "champion" }] },
  { name = "max90", from = "assessment", agg = "max", of = "value", window = "90d" },
  { name = "distinct", from = "usage", agg = "distinct", of = "metric", window = "28d",
    where = [{ field = "role", in = ["user", "champion"] }] },
  { name = "share", from = "touch", agg = "share", window = "90d",
    where = [{ field = "purpose", is = "value" }] },
  { name = "answers", from = "survey", agg = "share", window = "365d",
    where = [{ field = "role", is = "user" }] },
  { name = "changes", from = "ticket", agg = "count", window = "90d",
    where = [{ field = "change", is_not = "opened" }] },
  { name = "last", from = "survey", agg = "last", of = "score", window = "90d",
    where = [{ field = "role", is_not = "internal" }] },
  { name = "since", from = "license", agg = "days_since",
    where = [{ field = "seats", at_least = 5.0 }] },
]
"#;

/// The end of the histories: a week after Stockholm's clocks went forward.
const END: &str = "2026-04-05 10:20";

/// All features at once.
fn all(plan: &Plan) -> Selection {
    let names = catalogue().iter().flat_map(|feature| match feature.name {
        "attribute.<name>" => vec!["attribute.size".into()],
        "custom.<name>" => plan
            .customs()
            .iter()
            .map(|c| format!("custom.{}", c.name))
            .collect(),
        name => vec![name.replace("<factor>", "resources")],
    });
    let used = names.map(|name: String| FeatureUse {
        values: match name.as_str() {
            "account.stage" => Stage::ALL
                .iter()
                .map(|stage| stage.as_str().into())
                .collect(),
            "account.segment" => vec!["s0".into(), "s1".into()],
            "license.plan" => vec!["p0".into(), "p1".into()],
            _ => Vec::new(),
        },
        name,
        wake: Vec::new(),
    });
    Selection::new(plan, &used.collect::<Vec<_>>()).unwrap()
}

/// How many different contacts and metrics a history names.
#[derive(Clone, Copy)]
struct Width {
    contacts: u32,
    metrics: u32,
}

fn name(rng: &mut Pcg64Mcg) -> &'static str {
    ["a", "b", "c", "d", "e"].choose(rng).unwrap()
}

fn maybe(rng: &mut Pcg64Mcg) -> Option<f64> {
    rng.random_bool(0.5)
        .then(|| rng.random_range(0..40_u8).into())
}

/// A moment within a quarter of another.
fn near(rng: &mut Pcg64Mcg, time: Time) -> Time {
    time.plus_ms(rng.random_range(-90..90) * DAY_MS)
}

fn body(rng: &mut Pcg64Mcg, width: Width, time: Time) -> Body<'static> {
    match rng.random_range(0..20) {
        0..8 => Body::Usage(Usage {
            metric: Cow::Owned(format!("m{}", rng.random_range(0..width.metrics))),
            value: Fixed(rng.random_range(-5_000_000..50_000_000)),
            duration_s: None,
            errors: rng
                .random_bool(0.3)
                .then(|| Fixed(rng.random_range(-1_000_000..9_000_000))),
        }),
        8 | 9 => Body::Contact(Contact {
            change: *ContactChange::ALL.choose(rng).unwrap(),
            role: rng
                .random_bool(0.8)
                .then(|| *Role::ALL.choose(rng).unwrap()),
        }),
        10 | 11 => license_body(rng, time),
        12 => Body::Touch(Touch {
            channel: None,
            purpose: rng
                .random_bool(0.8)
                .then(|| *Purpose::ALL.choose(rng).unwrap()),
            direction: *Direction::ALL.choose(rng).unwrap(),
            answers: rng.random_bool(0.5).then(|| rng.random_range(0..8)),
        }),
        _ => made_body(rng, &time.to_string(), time),
    }
}

fn license_body(rng: &mut Pcg64Mcg, time: Time) -> Body<'static> {
    let (name, change) = (name(rng), *LicenseChange::ALL.choose(rng).unwrap());
    let set = |l: &mut License<'static>| {
        l.seats = maybe(rng).map(number);
        l.seats_assigned = maybe(rng).map(number);
        l.mrr = maybe(rng).map(|mrr| number(mrr * 1.37));
        l.currency = maybe(rng).map(|n| Cow::Borrowed(if n < 20.0 { "EUR" } else { "USD" }));
        l.term_ends = rng.random_bool(0.5).then(|| near(rng, time));
        l.notice_days = maybe(rng).map(number);
        l.trial = rng.random_bool(0.2).then(|| rng.random_bool(0.5));
        l.auto_renew = rng.random_bool(0.3).then(|| rng.random_bool(0.5));
        l.amount_due = maybe(rng).map(number);
        l.overdue_since = rng.random_bool(0.2).then(|| near(rng, time));
        let plan = if rng.random_bool(0.5) { "p0" } else { "p1" };
        l.plan = rng.random_bool(0.4).then_some(Cow::Borrowed(plan));
    };
    license(&time.to_string(), name, change, set).body
}

fn made_body(rng: &mut Pcg64Mcg, text: &str, time: Time) -> Body<'static> {
    let some_time =
        |rng: &mut Pcg64Mcg, share| rng.random_bool(share).then(|| near(rng, time).to_string());
    let made = match rng.random_range(0..7) {
        0..3 => {
            let change = *TicketChange::ALL.choose(rng).unwrap();
            let is_pressing = rng.random_bool(0.5);
            let priority = is_pressing.then(|| *Priority::ALL.choose(rng).unwrap());
            ticket_of(text, name(rng), change, priority)
        }
        3 => {
            let survey = *["nps", "csat", "ces"].choose(rng).unwrap();
            let score = (f64::from(rng.random_range(0..11_u8)), Some(10.0));
            answer_in(text, "", survey, score, *Stream::ALL.choose(rng).unwrap())
        }
        4 => {
            let (due, done) = (some_time(rng, 0.5), some_time(rng, 0.5));
            milestone(text, name(rng), due.as_deref(), done.as_deref())
        }
        5 => {
            let (value, expires) = (maybe(rng).map(|value| (value, 40.0)), some_time(rng, 0.3));
            assessed(text, "resources", value, expires.as_deref())
        }
        _ => profile(text, |p| {
            let says = rng.random_bool(0.5);
            p.stage = says.then(|| *Stage::ALL.choose(rng).unwrap());
            p.segment = maybe(rng).map(|n| Cow::Owned(format!("s{}", n % 3.0)));
            p.arr = maybe(rng).map(number);
            let size = number(rng.random_range(0..9_u8).into());
            p.attributes = vec![("size".into(), AttributeValue::Number(size))];
        }),
    };
    made.body
}

/// A year of one account, most of it in the last weeks, as it happened.
fn history(rng: &mut Pcg64Mcg, width: Width, events: usize) -> Vec<Event<'static>> {
    let end = at(END);
    let mut history: Vec<Event<'static>> = (0..events)
        .map(|_| {
            let days = if rng.random_bool(0.7) { 60 } else { 390 };
            let back = rng.random_range(0..days * DAY_MS);
            // Some events share a moment, so that ids decide.
            let grain = if rng.random_bool(0.3) { DAY_MS } else { 60_000 };
            let time = Time((end.0 - back) / grain * grain);
            let contact = rng.random_range(0..=width.contacts);
            let contact = if contact == 0 {
                String::new()
            } else {
                format!("c{contact}")
            };
            let body = body(rng, width, time);
            let mut event = event(time, &contact, body);
            event.id = rng.random();
            event
        })
        .collect();
    history.sort_by_key(|event| (event.at, event.id));
    history
}

fn is_additive(event: &Event<'_>) -> bool {
    matches!(event.body.kind(), Kind::Usage | Kind::Touch)
}

/// The same events in another order of arrival, with the `now` of each: later by up to `jitter`
/// than they happened, and up to a day ahead of their time; what is no usage and no touch may
/// come again.
fn arrivals(
    rng: &mut Pcg64Mcg,
    history: &[Event<'static>],
    jitter_ms: i64,
) -> Vec<(Time, Event<'static>)> {
    let mut arrivals: Vec<(i64, Event<'static>)> = Vec::new();
    for event in history {
        let times = if !is_additive(event) && rng.random_bool(0.3) {
            3
        } else {
            1
        };
        for _ in 0..times {
            let ahead = if rng.random_bool(0.1) { DAY_MS } else { 1 };
            let late = rng.random_range(0..=jitter_ms) - rng.random_range(0..ahead);
            arrivals.push((event.at.0 + late, event.clone()));
        }
    }
    arrivals.shuffle(rng);
    arrivals.sort_by_key(|(now, _)| *now);
    let mut now = i64::MIN;
    let arrivals = arrivals.into_iter().map(|(at, event)| {
        now = now.max(at);
        (Time(now.min(at_end())), event)
    });
    arrivals.collect()
}

fn at_end() -> i64 {
    at(END).0
}

fn bits(selection: &Selection, plan: &Plan, account: &mut Account, now: Time) -> Vec<u64> {
    let mut row = Vec::new();
    selection.compute(plan, account, now, &mut row);
    row.iter().map(|value| value.to_bits()).collect()
}

fn restored(account: &Account) -> Account {
    let mut writer = Writer::new();
    account.write(&mut writer);
    let bytes = writer.into_bytes();
    let mut reader = Reader::new(&bytes);
    let restored = Account::read(&mut reader).unwrap();
    assert!(reader.is_at_end());
    let mut again = Writer::new();
    restored.write(&mut again);
    assert_eq!(
        again.into_bytes(),
        bytes,
        "a restored account writes what it was read from"
    );
    restored
}

fn seeds() -> Vec<u64> {
    match std::env::var("PULS_SEED") {
        Ok(seed) => vec![seed.parse().unwrap()],
        Err(_) => (0..24).collect(),
    }
}

const NARROW: Width = Width {
    contacts: 6,
    metrics: 6,
};

#[test]
fn the_order_of_arrival_does_not_show() {
    let plan = plan(SETTINGS);
    let selection = all(&plan);
    for seed in seeds() {
        let mut rng = Pcg64Mcg::seed_from_u64(seed);
        let history = history(&mut rng, NARROW, 250);
        let mut live = Account::default();
        for event in &history {
            live.apply(&plan, event, event.at);
        }
        let mut others = Vec::new();
        for jitter in [0, HOUR_MS, 7 * DAY_MS, 390 * DAY_MS] {
            let mut other = Account::default();
            for (now, event) in arrivals(&mut rng, &history, jitter) {
                other.apply(&plan, &event, now);
                if rng.random_bool(0.2) {
                    bits(&selection, &plan, &mut other, now);
                }
            }
            others.push((jitter, other));
        }
        let later = [
            0,
            1,
            HOUR_MS,
            13 * HOUR_MS,
            DAY_MS,
            20 * DAY_MS,
            90 * DAY_MS,
            400 * DAY_MS,
        ];
        for later in later {
            let now = at(END).plus_ms(later);
            let expected = bits(&selection, &plan, &mut live, now);
            for (jitter, other) in &mut others {
                let found = bits(&selection, &plan, other, now);
                assert_eq!(found, expected, "seed {seed}, {jitter} ms late, at {now}");
            }
        }
    }
}

/// At every moment, an account that carries its sums along gives what one gives that has just been
/// read and has none.
#[test]
fn sums_that_are_carried_along_equal_sums_made_anew() {
    let plan = plan(SETTINGS);
    let selection = all(&plan);
    for seed in seeds() {
        let mut rng = Pcg64Mcg::seed_from_u64(seed);
        let history = history(&mut rng, NARROW, 250);
        let mut account = Account::default();
        for (now, event) in arrivals(&mut rng, &history, 3 * DAY_MS) {
            account.apply(&plan, &event, now);
            let mut anew = restored(&account);
            let now = now.plus_ms(rng.random_range(0..2));
            let expected = bits(&selection, &plan, &mut anew, now);
            let found = bits(&selection, &plan, &mut account, now);
            assert_eq!(found, expected, "seed {seed}, at {now}");
        }
    }
}

/// The same where limits bind: more contacts and metrics than have places.
#[test]
fn sums_equal_sums_made_anew_where_limits_bind() {
    let settings = SETTINGS.replace("[\"m0\", \"m1\", \"m2\", \"m3\"]", "[]");
    let plan = plan(&settings);
    let selection = all(&plan);
    let width = Width {
        contacts: 4_000,
        metrics: 500,
    };
    let mut rng = Pcg64Mcg::seed_from_u64(1);
    let mut history = history(&mut rng, width, 14_000);
    for event in &mut history {
        // Half of all use is one contact's, so that metrics lose their places too.
        if rng.random_bool(0.5) {
            event.contact = Some("c1".into());
        }
    }
    let mut account = Account::default();
    for (count, (now, event)) in arrivals(&mut rng, &history, DAY_MS).into_iter().enumerate() {
        account.apply(&plan, &event, now);
        if count % 50 == 0 {
            bits(&selection, &plan, &mut account, now);
        }
        if count % 1_000 == 25 {
            let found = bits(&selection, &plan, &mut account, now);
            let mut anew = restored(&account);
            let expected = bits(&selection, &plan, &mut anew, now);
            assert_eq!(found, expected, "after {count} events, at {now}");
        }
    }
    let capped = |name: &str| {
        let selection = Selection::new(&plan, &super::events::uses(&[name])).unwrap();
        selection
            .describe(&plan, &mut account.clone(), at(END), 0)
            .capped
    };
    assert!(capped("usage.contacts_28d"));
    assert!(capped("usage.breadth_28d"));
    assert!(!capped("license.seats"));
}

/// Bytes that are no account are refused or give an account that computes; nothing panics.
#[test]
fn no_bytes_panic() {
    let plan = plan(SETTINGS);
    let selection = all(&plan);
    let mut accepted = 0;
    for seed in seeds() {
        let mut rng = Pcg64Mcg::seed_from_u64(seed);
        let history = history(&mut rng, NARROW, 120);
        let mut account = Account::default();
        for event in &history {
            account.apply(&plan, event, event.at.minus_ms(HOUR_MS));
        }
        let mut writer = Writer::new();
        account.write(&mut writer);
        let bytes = writer.into_bytes();
        for _ in 0..300 {
            let mut bytes = bytes.clone();
            for _ in 0..rng.random_range(1..4) {
                let place = rng.random_range(0..bytes.len());
                bytes[place] = rng.random();
            }
            bytes.truncate(rng.random_range(bytes.len() / 2..bytes.len() * 2));
            if let Ok(mut account) = Account::read(&mut Reader::new(&bytes)) {
                accepted += 1;
                let now = at(END);
                bits(&selection, &plan, &mut account, now);
                account.apply(&plan, &history[0], now);
                bits(&selection, &plan, &mut account, Time::MAX);
            }
        }
    }
    assert!(
        accepted > 0,
        "no changed byte was accepted: the test says nothing"
    );
}
