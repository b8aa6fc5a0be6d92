//! From slots to an event: which fields a kind needs, their defaults and their ranges.
//!
//! Judges form only. Whether the event is late, known already, or of a known tenant is judged by
//! `admit`.

use super::Fault;
use super::content;
use super::fields::FieldName;
use super::slots::{Slots, needed};
use super::value::Value;
use crate::model::{
    AccountEvent, Action, Assessment, AttributeValue, Body, Contact, ContactChange, Direction,
    Event, Fixed, Kind, License, Milestone, Reason, Role, Stream, Survey, SurveyChange, Text,
    Ticket, Time, Touch, Usage, hash128,
};

/// Greatest value of an assessment that names no scale.
const ASSESSMENT_SCALE: Fixed = Fixed(100 * Fixed::SCALE);
/// The factor that is no judgement but an override of the score.
const OVERRIDE: &str = "override";

type Built<T> = Result<T, Fault>;

/// Makes the event that `slots` hold, of the tenant and account that the record names.
pub(super) fn build<'a>(
    slots: &mut Slots<'a>,
    tenant: Text<'a>,
    account: Text<'a>,
    kind: Option<Kind>,
) -> Built<Event<'a>> {
    let kind = kind_of(slots, kind)?;
    let name = of_kind_text(kind);
    let id = slots.free_text(FieldName::Id)?;
    let at = needed(slots.moment(FieldName::At)?, FieldName::At, "an event")?;
    let contact = slots.text(FieldName::Contact)?;
    let product = slots.text(FieldName::Product)?;
    let body = match kind {
        Kind::Account => Body::Account(Box::new(account_event(slots)?)),
        Kind::Contact => {
            if contact.is_none() {
                needed(None::<()>, FieldName::Contact, name)?;
            }
            Body::Contact(contact_change(slots, name)?)
        }
        Kind::License => Body::License(Box::new(license(slots, name)?)),
        Kind::Usage => Body::Usage(usage(slots, name)?),
        Kind::Ticket => Body::Ticket(ticket(slots, name)?),
        Kind::Survey => Body::Survey(survey(slots, name)?),
        Kind::Touch => Body::Touch(touch(slots)?),
        Kind::Milestone => Body::Milestone(milestone(slots, at, name)?),
        Kind::Assessment => Body::Assessment(assessment(slots, name)?),
        Kind::Action => Body::Action(Box::new(action(slots, name)?)),
    };
    let mut event = Event {
        id: id.as_ref().map_or(0, |id| hash128(id.as_bytes())),
        tenant,
        account,
        at,
        contact,
        product,
        body,
    };
    if id.is_none() {
        event.id = content::id(&event);
    }
    Ok(event)
}

const fn of_kind_text(kind: Kind) -> &'static str {
    match kind {
        Kind::Account => "an account event",
        Kind::Contact => "a contact event",
        Kind::License => "a license event",
        Kind::Usage => "a usage event",
        Kind::Ticket => "a ticket event",
        Kind::Survey => "a survey event",
        Kind::Touch => "a touch event",
        Kind::Milestone => "a milestone event",
        Kind::Assessment => "an assessment event",
        Kind::Action => "an action event",
    }
}

fn kind_of(slots: &mut Slots<'_>, kind: Option<Kind>) -> Built<Kind> {
    let found = slots.word(FieldName::Kind).map_err(|fault| Fault {
        reason: Reason::UnknownKind,
        ..fault
    })?;
    needed(found.or(kind), FieldName::Kind, "an event")
}

fn usage<'a>(slots: &mut Slots<'a>, name: &str) -> Built<Usage<'a>> {
    Ok(Usage {
        metric: needed(slots.name(FieldName::Metric)?, FieldName::Metric, name)?,
        value: slots.amount(FieldName::Value)?.unwrap_or(Fixed::ONE),
        duration_s: slots.amount(FieldName::DurationS)?,
        errors: slots.amount(FieldName::Errors)?,
    })
}

fn license<'a>(slots: &mut Slots<'a>, name: &str) -> Built<License<'a>> {
    Ok(License {
        license: needed(slots.text(FieldName::License)?, FieldName::License, name)?,
        change: needed(slots.word(FieldName::Change)?, FieldName::Change, name)?,
        plan: slots.text(FieldName::Plan)?,
        seats: slots.amount(FieldName::Seats)?,
        seats_assigned: slots.amount(FieldName::SeatsAssigned)?,
        mrr: slots.amount(FieldName::Mrr)?,
        currency: currency(slots)?,
        term_ends: slots.moment(FieldName::TermEnds)?,
        notice_days: slots.amount(FieldName::NoticeDays)?,
        trial: slots.boolean(FieldName::Trial)?,
        auto_renew: slots.boolean(FieldName::AutoRenew)?,
        billing: slots.text(FieldName::Billing)?,
        overdue_since: slots.moment(FieldName::OverdueSince)?,
        amount_due: slots.amount(FieldName::AmountDue)?,
    })
}

fn currency<'a>(slots: &mut Slots<'a>) -> Built<Option<Text<'a>>> {
    match slots.text(FieldName::Currency)? {
        Some(code) if code.len() != 3 || !code.bytes().all(|byte| byte.is_ascii_uppercase()) => {
            let expected = "an ISO 4217 code such as EUR";
            Err(Value::Text(code).fault(Reason::BadField, "currency", expected))
        }
        code => Ok(code),
    }
}

fn ticket<'a>(slots: &mut Slots<'a>, name: &str) -> Built<Ticket<'a>> {
    Ok(Ticket {
        ticket: needed(slots.text(FieldName::Ticket)?, FieldName::Ticket, name)?,
        change: needed(slots.word(FieldName::Change)?, FieldName::Change, name)?,
        priority: slots.word(FieldName::Priority)?,
        channel: slots.text(FieldName::Channel)?,
        category: slots.text(FieldName::Category)?,
        subcategory: slots.text(FieldName::Subcategory)?,
    })
}

fn survey<'a>(slots: &mut Slots<'a>, name: &str) -> Built<Survey<'a>> {
    let survey = needed(slots.text(FieldName::Survey)?, FieldName::Survey, name)?;
    let change = needed(slots.word(FieldName::Change)?, FieldName::Change, name)?;
    let scale = survey_scale(&survey, slots.number(FieldName::Scale)?)?;
    let score = match change {
        SurveyChange::Sent => None,
        SurveyChange::Answered => {
            let score = slots.number(FieldName::Score)?;
            let score = needed(score, FieldName::Score, "an answer")?;
            Some(survey_score(&survey, score, scale)?)
        }
    };
    Ok(Survey {
        survey,
        change,
        score,
        scale,
        stream: slots.word(FieldName::Stream)?.unwrap_or(Stream::Relational),
        comment: slots.free_text(FieldName::Comment)?,
        category: slots.text(FieldName::Category)?,
        subcategory: slots.text(FieldName::Subcategory)?,
    })
}

/// The greatest answer of a survey: NPS has 10, CSAT 5 and CES 7 unless they say otherwise.
fn survey_scale(survey: &str, scale: Option<Fixed>) -> Built<Option<Fixed>> {
    let whole = |value: i64| Fixed(value * Fixed::SCALE);
    let (by_default, least) = match survey {
        "nps" => (Some(whole(10)), whole(10)),
        "csat" => (Some(whole(5)), whole(2)),
        "ces" => (Some(whole(7)), whole(2)),
        _ => (None, Fixed(1)),
    };
    match scale {
        Some(scale) if scale < least || (survey == "nps" && scale != least) => {
            let expected = match survey {
                "nps" => "10, the scale of NPS".to_owned(),
                "csat" | "ces" => format!("a scale of at least {least}"),
                _ => "a scale above 0".to_owned(),
            };
            Err(Value::Fixed(scale).fault(Reason::OutOfRange, "scale", &expected))
        }
        scale => Ok(scale.or(by_default)),
    }
}

/// An answer within its scale. NPS is asked in whole numbers from 0, CSAT and CES begin at 1.
fn survey_score(survey: &str, score: Fixed, scale: Option<Fixed>) -> Built<Fixed> {
    let least = match survey {
        "csat" | "ces" => Fixed::ONE,
        _ => Fixed::ZERO,
    };
    let broken = survey == "nps" && score.0 % Fixed::SCALE != 0;
    if score >= least && scale.is_none_or(|scale| score <= scale) && !broken {
        return Ok(score);
    }
    let whole = if survey == "nps" { "a whole" } else { "a" };
    let expected = match scale {
        Some(scale) => format!("{whole} number from {least} to {scale}"),
        None => format!("{whole} number of at least {least}"),
    };
    Err(Value::Fixed(score).fault(Reason::OutOfRange, "score", &expected))
}

fn account_event<'a>(slots: &mut Slots<'a>) -> Built<AccountEvent<'a>> {
    Ok(AccountEvent {
        name: slots.text(FieldName::Name)?,
        segment: slots.name(FieldName::Segment)?,
        stage: slots.word(FieldName::Stage)?,
        parent: slots.text(FieldName::Parent)?,
        owner: slots.text(FieldName::Owner)?,
        kam: slots.text(FieldName::Kam)?,
        crm_ids: crm_ids(slots)?,
        arr: slots.amount(FieldName::Arr)?,
        time_zone: time_zone(slots)?,
        attributes: attributes(slots)?,
    })
}

fn time_zone<'a>(slots: &mut Slots<'a>) -> Built<Option<Text<'a>>> {
    match slots.text(FieldName::TimeZone)? {
        Some(zone) if jiff::tz::TimeZone::get(&zone).is_err() => {
            let expected = "an IANA time zone such as Europe/Oslo";
            Err(Value::Text(zone).fault(Reason::BadField, "time_zone", expected))
        }
        zone => Ok(zone),
    }
}

fn crm_ids<'a>(slots: &mut Slots<'a>) -> Built<Vec<(Text<'a>, Text<'a>)>> {
    let entries = slots.crm_ids.take(FieldName::CrmIds)?;
    entries
        .into_iter()
        .map(|(system, value)| {
            let place = format!("crm_ids.{system}");
            let id = value.clone().into_text();
            let id = id.ok_or_else(|| value.fault(Reason::BadField, &place, "text"))?;
            Ok((system, id))
        })
        .collect()
}

fn attributes<'a>(slots: &mut Slots<'a>) -> Built<Vec<(Text<'a>, AttributeValue<'a>)>> {
    let entries = slots.attributes.take(FieldName::Attributes)?;
    entries
        .into_iter()
        .map(|(name, value)| {
            let value = match value {
                Value::Bool(value) => AttributeValue::Bool(value),
                Value::Text(text) => AttributeValue::Text(text),
                value => match value.number() {
                    Ok(number) => AttributeValue::Number(number),
                    Err(_) => {
                        let place = format!("attributes.{name}");
                        let expected = "text, a number, true or false";
                        return Err(value.fault(Reason::BadField, &place, expected));
                    }
                },
            };
            Ok((name, value))
        })
        .collect()
}

fn contact_change(slots: &mut Slots<'_>, name: &str) -> Built<Contact> {
    let change = needed(slots.word(FieldName::Change)?, FieldName::Change, name)?;
    let role = slots.word(FieldName::Role)?;
    let role = match change {
        ContactChange::Joined => Some(role.unwrap_or(Role::User)),
        ContactChange::Role => Some(needed(role, FieldName::Role, "a change of role")?),
        ContactChange::Left => role,
    };
    Ok(Contact { change, role })
}

fn touch<'a>(slots: &mut Slots<'a>) -> Built<Touch<'a>> {
    let answers = slots.free_text(FieldName::Answers)?;
    Ok(Touch {
        channel: slots.text(FieldName::Channel)?,
        purpose: slots.word(FieldName::Purpose)?,
        direction: slots
            .word(FieldName::Direction)?
            .unwrap_or(Direction::Outbound),
        answers: answers.map(|id| hash128(id.as_bytes())),
    })
}

fn milestone<'a>(slots: &mut Slots<'a>, at: Time, name: &str) -> Built<Milestone<'a>> {
    let milestone = slots.text(FieldName::Milestone)?;
    // `done` may be a moment, or just true or false.
    let done = match slots.get(FieldName::Done) {
        Some(value) => match value.boolean() {
            Some(done) => done.then_some(at),
            None => slots.moment(FieldName::Done)?,
        },
        None => None,
    };
    Ok(Milestone {
        milestone: needed(milestone, FieldName::Milestone, name)?,
        due: slots.moment(FieldName::Due)?,
        done,
    })
}

fn assessment<'a>(slots: &mut Slots<'a>, name: &str) -> Built<Assessment<'a>> {
    let factor = needed(slots.text(FieldName::Factor)?, FieldName::Factor, name)?;
    let scale = slots.number(FieldName::Scale)?.unwrap_or(ASSESSMENT_SCALE);
    if scale <= Fixed::ZERO {
        let expected = "a scale above 0";
        return Err(Value::Fixed(scale).fault(Reason::OutOfRange, "scale", expected));
    }
    let value = slots.number(FieldName::Value)?;
    if let Some(value) = value.filter(|value| !(Fixed::ZERO..=scale).contains(value)) {
        let expected = format!("a number from 0 to {scale}");
        return Err(Value::Fixed(value).fault(Reason::OutOfRange, "value", &expected));
    }
    let reason = slots.free_text(FieldName::Reason)?;
    let expires = slots.moment(FieldName::Expires)?;
    if factor == OVERRIDE && value.is_some() {
        needed(reason.as_ref(), FieldName::Reason, "an override")?;
        needed(expires, FieldName::Expires, "an override")?;
    }
    Ok(Assessment {
        factor,
        value,
        scale,
        by: slots.text(FieldName::By)?,
        reason,
        expires,
    })
}

fn action<'a>(slots: &mut Slots<'a>, name: &str) -> Built<Action<'a>> {
    Ok(Action {
        alert: needed(slots.text(FieldName::Alert)?, FieldName::Alert, name)?,
        change: needed(slots.word(FieldName::Change)?, FieldName::Change, name)?,
        by: slots.text(FieldName::By)?,
        until: slots.moment(FieldName::Until)?,
        outcome: slots.text(FieldName::Outcome)?,
        text: slots.free_text(FieldName::Text)?,
    })
}
