//! Events in short, and accounts that took them.

use std::borrow::Cow;
use std::collections::BTreeMap;

use puls_wire::FeatureUse;

use crate::features::Selection;
use crate::model::{
    AccountEvent, Assessment, Body, Contact, ContactChange, Direction, Event, Fixed, License,
    LicenseChange, Milestone, Priority, Purpose, Role, Settings, Stream, Survey, SurveyChange,
    Ticket, TicketChange, Time, Touch, Usage, hash128,
};
use crate::state::{Account, Plan};

/// A table of one history: per line a feature, a moment, the value (`-` where it is missing, `a/b`
/// for a quotient) and why.
pub(super) fn check_lines(plan: &Plan, events: &[Event<'_>], lines: &str) {
    for line in lines.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let mut words = line.split_whitespace();
        let mut word = || words.next().unwrap();
        let (feature, now, text) = (word(), at(word()), word());
        let expected = (text != "-").then(|| match text.split_once('/') {
            Some((a, b)) => a.parse::<f64>().unwrap() / b.parse::<f64>().unwrap(),
            None => text.parse::<f64>().unwrap(),
        });
        let mut account = account_at(plan, events, now);
        let found = value(plan, &mut account, feature, now);
        let same = found.map(f64::to_bits) == expected.map(f64::to_bits);
        assert!(same, "{line}: found {found:?}");
    }
}

/// A moment: `2026-03-01`, `2026-03-01 10:00` or RFC 3339.
pub(super) fn at(text: &str) -> Time {
    let full = match text.len() {
        10 => format!("{text}T00:00:00Z"),
        16 => format!("{}:00Z", text.replace(' ', "T")),
        _ => text.into(),
    };
    Time::parse_rfc3339(&full).unwrap()
}

pub(super) fn number(value: f64) -> Fixed {
    Fixed::from_f64(value).unwrap()
}

pub(super) fn event(time: Time, contact: &str, body: Body<'static>) -> Event<'static> {
    let contact = (!contact.is_empty()).then(|| Cow::Owned(contact.to_owned()));
    let mut event = Event {
        id: 0,
        tenant: "acme".into(),
        account: "1".into(),
        at: time,
        contact,
        product: None,
        body,
    };
    event.id = hash128(format!("{event:?}").as_bytes());
    event
}

pub(super) fn used(time: &str, contact: &str, metric: &'static str) -> Event<'static> {
    used_much(time, contact, metric, (1.0, None))
}

/// Use with a value and errors.
pub(super) fn used_much(
    time: &str,
    contact: &str,
    metric: &'static str,
    much: (f64, Option<f64>),
) -> Event<'static> {
    let usage = Usage {
        metric: metric.into(),
        value: number(much.0),
        duration_s: None,
        errors: much.1.map(number),
    };
    event(at(time), contact, Body::Usage(usage))
}

pub(super) fn role(time: &str, contact: &str, role: Role) -> Event<'static> {
    let change = ContactChange::Role;
    let role = Some(role);
    event(at(time), contact, Body::Contact(Contact { change, role }))
}

pub(super) fn license(
    time: &str,
    name: &'static str,
    change: LicenseChange,
    set: impl FnOnce(&mut License<'static>),
) -> Event<'static> {
    let mut license = License {
        license: name.into(),
        change,
        plan: None,
        seats: None,
        seats_assigned: None,
        mrr: None,
        currency: None,
        term_ends: None,
        notice_days: None,
        trial: None,
        auto_renew: None,
        billing: None,
        overdue_since: None,
        amount_due: None,
    };
    set(&mut license);
    event(at(time), "", Body::License(Box::new(license)))
}

pub(super) fn ticket(time: &str, name: &'static str, change: TicketChange) -> Event<'static> {
    ticket_of(time, name, change, None)
}

pub(super) fn ticket_of(
    time: &str,
    name: &'static str,
    change: TicketChange,
    priority: Option<Priority>,
) -> Event<'static> {
    let ticket = Ticket {
        ticket: name.into(),
        change,
        priority,
        channel: None,
        category: None,
        subcategory: None,
    };
    event(at(time), "", Body::Ticket(ticket))
}

pub(super) fn answer(
    time: &str,
    contact: &str,
    survey: &'static str,
    score: (f64, Option<f64>),
) -> Event<'static> {
    answer_in(time, contact, survey, score, Stream::Relational)
}

pub(super) fn answer_in(
    time: &str,
    contact: &str,
    survey: &'static str,
    score: (f64, Option<f64>),
    stream: Stream,
) -> Event<'static> {
    let survey = Survey {
        survey: survey.into(),
        change: SurveyChange::Answered,
        score: Some(number(score.0)),
        scale: score.1.map(number),
        stream,
        comment: None,
        category: None,
        subcategory: None,
    };
    event(at(time), contact, Body::Survey(survey))
}

pub(super) fn touch(time: &str, purpose: Purpose) -> Event<'static> {
    let touch = Touch {
        channel: None,
        purpose: Some(purpose),
        direction: Direction::Outbound,
        answers: None,
    };
    event(at(time), "", Body::Touch(touch))
}

pub(super) fn milestone(
    time: &str,
    name: &'static str,
    due: Option<&str>,
    done: Option<&str>,
) -> Event<'static> {
    let milestone = Milestone {
        milestone: name.into(),
        due: due.map(at),
        done: done.map(at),
    };
    event(at(time), "", Body::Milestone(milestone))
}

pub(super) fn assessed(
    time: &str,
    factor: &'static str,
    value: Option<(f64, f64)>,
    expires: Option<&str>,
) -> Event<'static> {
    let assessment = Assessment {
        factor: factor.into(),
        value: value.map(|(value, _)| number(value)),
        scale: number(value.map_or(100.0, |(_, scale)| scale)),
        by: Some("kim".into()),
        reason: Some("because".into()),
        expires: expires.map(at),
    };
    event(at(time), "", Body::Assessment(assessment))
}

pub(super) fn profile(time: &str, set: impl FnOnce(&mut AccountEvent<'static>)) -> Event<'static> {
    let mut profile = AccountEvent::default();
    set(&mut profile);
    event(at(time), "", Body::Account(Box::new(profile)))
}

/// The settings of the tests, Stockholm's days among them.
pub(super) fn settings(text: &str) -> Settings {
    let mut settings: Settings = toml::from_str(text).unwrap();
    if settings.time_zone == "UTC" {
        settings.time_zone = "Europe/Stockholm".into();
    }
    settings
}

pub(super) fn plan(text: &str) -> Plan {
    Plan::new(&settings(text), &BTreeMap::new()).unwrap()
}

pub(super) fn uses(names: &[&str]) -> Vec<FeatureUse> {
    let named = |name: &&str| FeatureUse {
        name: (*name).into(),
        values: Vec::new(),
        wake: Vec::new(),
    };
    names.iter().map(named).collect()
}

/// The account that took these events as they happened, each at its own `at`.
pub(super) fn account(plan: &Plan, events: &[Event<'_>]) -> Account {
    let mut sorted: Vec<&Event<'_>> = events.iter().collect();
    sorted.sort_by_key(|event| event.at);
    let mut account = Account::default();
    for event in sorted {
        account.apply(plan, event, event.at);
    }
    account
}

/// The account that took those of these events that had happened at `now`.
fn account_at(plan: &Plan, events: &[Event<'_>], now: Time) -> Account {
    let happened = events.iter().filter(|event| event.at <= now);
    account(plan, &happened.cloned().collect::<Vec<_>>())
}

/// The value of one feature at `now`.
pub(super) fn value(plan: &Plan, account: &mut Account, name: &str, now: Time) -> Option<f64> {
    let selection = Selection::new(plan, &uses(&[name])).unwrap();
    let mut row = Vec::new();
    selection.compute(plan, account, now, &mut row);
    let value = row.first().copied().unwrap();
    (!value.is_nan()).then_some(value)
}
