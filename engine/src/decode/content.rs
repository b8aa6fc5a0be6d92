//! The id of an event that brings none: the hash of all that it says.
//!
//! Two events with the same content are one, wherever and however often they were written. A
//! producer whose equal events are different facts must give them ids.

use super::fields::FieldName;
use crate::model::{
    AccountEvent, Action, Assessment, AttributeValue, Body, Event, Fixed, License, Survey, Text,
    Ticket, Time, Touch, Usage, Writer, hash128,
};

/// One value of an event.
#[derive(Clone, Copy, Debug)]
pub(super) enum Part<'e> {
    /// Text, or a word of a list.
    Text(&'e str),
    /// A number.
    Number(Fixed),
    /// A moment.
    Time(Time),
    /// Yes or no.
    Bool(bool),
    /// The hash of another event's id.
    Id(u128),
    /// An entry of `attributes` or `crm_ids`, before its value.
    Entry(&'e str),
}

/// The hash of `event`'s content; its `id` is not part of it.
pub(super) fn id(event: &Event<'_>) -> u128 {
    let mut writer = Writer::new();
    parts(event, &mut |field, part| {
        // A field's place in the list may change between versions, its name does not.
        writer.text(field.as_str());
        match part {
            Part::Text(text) | Part::Entry(text) => writer.text(text),
            Part::Number(number) => writer.i64(number.0),
            Part::Time(time) => writer.i64(time.0),
            Part::Bool(value) => writer.bool(value),
            Part::Id(id) => writer.u128(id),
        }
    });
    hash128(&writer.into_bytes())
}

type Each<'f, 'e> = &'f mut dyn FnMut(FieldName, Part<'e>);

/// Calls `each` for all values of `event` in a fixed order.
pub(super) fn parts<'e>(event: &'e Event<'_>, each: Each<'_, 'e>) {
    use FieldName as F;
    each(F::Tenant, Part::Text(&event.tenant));
    each(F::Account, Part::Text(&event.account));
    each(F::Kind, Part::Text(event.body.kind().as_str()));
    each(F::At, Part::Time(event.at));
    text(F::Contact, event.contact.as_ref(), each);
    text(F::Product, event.product.as_ref(), each);
    match &event.body {
        Body::Account(account) => account_parts(account, each),
        Body::Contact(contact) => {
            each(F::Change, Part::Text(contact.change.as_str()));
            word(F::Role, contact.role.map(|role| role.as_str()), each);
        }
        Body::License(license) => license_parts(license, each),
        Body::Usage(usage) => usage_parts(usage, each),
        Body::Ticket(ticket) => ticket_parts(ticket, each),
        Body::Survey(survey) => survey_parts(survey, each),
        Body::Touch(touch) => touch_parts(touch, each),
        Body::Milestone(milestone) => {
            each(F::Milestone, Part::Text(&milestone.milestone));
            time(F::Due, milestone.due, each);
            time(F::Done, milestone.done, each);
        }
        Body::Assessment(assessment) => assessment_parts(assessment, each),
        Body::Action(action) => action_parts(action, each),
    }
}

fn text<'e>(field: FieldName, value: Option<&'e Text<'_>>, each: Each<'_, 'e>) {
    word(field, value.map(AsRef::as_ref), each);
}

fn word<'e>(field: FieldName, value: Option<&'e str>, each: Each<'_, 'e>) {
    if let Some(value) = value {
        each(field, Part::Text(value));
    }
}

fn number<'e>(field: FieldName, value: Option<Fixed>, each: Each<'_, 'e>) {
    if let Some(value) = value {
        each(field, Part::Number(value));
    }
}

fn time<'e>(field: FieldName, value: Option<Time>, each: Each<'_, 'e>) {
    if let Some(value) = value {
        each(field, Part::Time(value));
    }
}

fn boolean<'e>(field: FieldName, value: Option<bool>, each: Each<'_, 'e>) {
    if let Some(value) = value {
        each(field, Part::Bool(value));
    }
}

fn usage_parts<'e>(usage: &'e Usage<'_>, each: Each<'_, 'e>) {
    each(FieldName::Metric, Part::Text(&usage.metric));
    each(FieldName::Value, Part::Number(usage.value));
    number(FieldName::DurationS, usage.duration_s, each);
    number(FieldName::Errors, usage.errors, each);
}

fn license_parts<'e>(license: &'e License<'_>, each: Each<'_, 'e>) {
    each(FieldName::License, Part::Text(&license.license));
    each(FieldName::Change, Part::Text(license.change.as_str()));
    text(FieldName::Plan, license.plan.as_ref(), each);
    number(FieldName::Seats, license.seats, each);
    number(FieldName::SeatsAssigned, license.seats_assigned, each);
    number(FieldName::Mrr, license.mrr, each);
    text(FieldName::Currency, license.currency.as_ref(), each);
    time(FieldName::TermEnds, license.term_ends, each);
    number(FieldName::NoticeDays, license.notice_days, each);
    boolean(FieldName::Trial, license.trial, each);
    boolean(FieldName::AutoRenew, license.auto_renew, each);
    text(FieldName::Billing, license.billing.as_ref(), each);
    time(FieldName::OverdueSince, license.overdue_since, each);
    number(FieldName::AmountDue, license.amount_due, each);
}

fn ticket_parts<'e>(ticket: &'e Ticket<'_>, each: Each<'_, 'e>) {
    each(FieldName::Ticket, Part::Text(&ticket.ticket));
    each(FieldName::Change, Part::Text(ticket.change.as_str()));
    let priority = ticket.priority.map(|priority| priority.as_str());
    word(FieldName::Priority, priority, each);
    text(FieldName::Channel, ticket.channel.as_ref(), each);
    text(FieldName::Category, ticket.category.as_ref(), each);
    text(FieldName::Subcategory, ticket.subcategory.as_ref(), each);
}

fn survey_parts<'e>(survey: &'e Survey<'_>, each: Each<'_, 'e>) {
    each(FieldName::Survey, Part::Text(&survey.survey));
    each(FieldName::Change, Part::Text(survey.change.as_str()));
    number(FieldName::Score, survey.score, each);
    number(FieldName::Scale, survey.scale, each);
    each(FieldName::Stream, Part::Text(survey.stream.as_str()));
    text(FieldName::Comment, survey.comment.as_ref(), each);
    text(FieldName::Category, survey.category.as_ref(), each);
    text(FieldName::Subcategory, survey.subcategory.as_ref(), each);
}

fn account_parts<'e>(account: &'e AccountEvent<'_>, each: Each<'_, 'e>) {
    text(FieldName::Name, account.name.as_ref(), each);
    text(FieldName::Segment, account.segment.as_ref(), each);
    word(FieldName::Stage, account.stage.map(|s| s.as_str()), each);
    text(FieldName::Parent, account.parent.as_ref(), each);
    text(FieldName::Owner, account.owner.as_ref(), each);
    text(FieldName::Kam, account.kam.as_ref(), each);
    for (system, id) in &account.crm_ids {
        each(FieldName::CrmIds, Part::Entry(system));
        each(FieldName::CrmIds, Part::Text(id));
    }
    number(FieldName::Arr, account.arr, each);
    text(FieldName::TimeZone, account.time_zone.as_ref(), each);
    for (name, value) in &account.attributes {
        each(FieldName::Attributes, Part::Entry(name));
        let part = match value {
            AttributeValue::Text(text) => Part::Text(text),
            AttributeValue::Number(number) => Part::Number(*number),
            AttributeValue::Bool(value) => Part::Bool(*value),
        };
        each(FieldName::Attributes, part);
    }
}

fn touch_parts<'e>(touch: &'e Touch<'_>, each: Each<'_, 'e>) {
    text(FieldName::Channel, touch.channel.as_ref(), each);
    word(
        FieldName::Purpose,
        touch.purpose.map(|purpose| purpose.as_str()),
        each,
    );
    each(FieldName::Direction, Part::Text(touch.direction.as_str()));
    if let Some(answers) = touch.answers {
        each(FieldName::Answers, Part::Id(answers));
    }
}

fn assessment_parts<'e>(assessment: &'e Assessment<'_>, each: Each<'_, 'e>) {
    each(FieldName::Factor, Part::Text(&assessment.factor));
    number(FieldName::Value, assessment.value, each);
    each(FieldName::Scale, Part::Number(assessment.scale));
    text(FieldName::By, assessment.by.as_ref(), each);
    text(FieldName::Reason, assessment.reason.as_ref(), each);
    time(FieldName::Expires, assessment.expires, each);
}

fn action_parts<'e>(action: &'e Action<'_>, each: Each<'_, 'e>) {
    each(FieldName::Alert, Part::Text(&action.alert));
    each(FieldName::Change, Part::Text(action.change.as_str()));
    text(FieldName::By, action.by.as_ref(), each);
    time(FieldName::Until, action.until, each);
    text(FieldName::Outcome, action.outcome.as_ref(), each);
    text(FieldName::Text, action.text.as_ref(), each);
}
