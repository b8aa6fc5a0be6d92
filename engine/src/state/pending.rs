//! Events that arrived ahead of their time. They wait as bytes until `now` has come to them, so
//! that what is known at a moment depends on the events up to it and on nothing else.
//!
//! Only what state keeps of an event is written; names that no feature reads are not.

use std::borrow::Cow;

use crate::model::{
    AccountEvent, Action, ActionChange, Assessment, AttributeValue, Body, CodecError, Contact,
    ContactChange, Direction, Event, Fixed, Kind, License, LicenseChange, Milestone, Priority,
    Purpose, Reader, Role, Stage, Stream, Survey, SurveyChange, Text, Ticket, TicketChange, Time,
    Touch, Usage, Writer,
};

/// Writes a word of a closed list by its place.
pub(crate) fn write_word(writer: &mut Writer, place: u8) {
    writer.u8(place);
}

/// Reads a word of a closed list by its place.
pub(crate) fn read_word<T: Copy>(reader: &mut Reader<'_>, all: &[T]) -> Result<T, CodecError> {
    let place = usize::from(reader.u8()?);
    let word = all.get(place).copied();
    word.ok_or_else(|| reader.invalid("a word of a closed list"))
}

/// The event as bytes.
pub(crate) fn to_bytes(event: &Event<'_>) -> Vec<u8> {
    let mut writer = Writer::new();
    writer.u128(event.id);
    writer.i64(event.at.0);
    text(&mut writer, event.contact.as_ref());
    text(&mut writer, event.product.as_ref());
    write_word(&mut writer, event.body.kind() as u8);
    match &event.body {
        Body::Account(body) => write_account(&mut writer, body),
        Body::Contact(body) => {
            write_word(&mut writer, body.change as u8);
            writer.option(body.role, |writer, role| write_word(writer, role as u8));
        }
        Body::License(body) => write_license(&mut writer, body),
        Body::Usage(body) => {
            writer.text(&body.metric);
            writer.i64(body.value.0);
            number(&mut writer, body.duration_s);
            number(&mut writer, body.errors);
        }
        Body::Ticket(body) => write_ticket(&mut writer, body),
        Body::Survey(body) => write_survey(&mut writer, body),
        Body::Touch(body) => {
            text(&mut writer, body.channel.as_ref());
            writer.option(body.purpose, |writer, word| write_word(writer, word as u8));
            write_word(&mut writer, body.direction as u8);
        }
        Body::Milestone(body) => {
            writer.text(&body.milestone);
            time(&mut writer, body.due);
            time(&mut writer, body.done);
        }
        Body::Assessment(body) => write_assessment(&mut writer, body),
        Body::Action(body) => {
            write_word(&mut writer, body.change as u8);
            text(&mut writer, body.outcome.as_ref());
        }
    }
    writer.into_bytes()
}

/// The event that bytes are; without tenant and account, which its owner knows.
pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Event<'_>, CodecError> {
    let reader = &mut Reader::new(bytes);
    let id = reader.u128()?;
    let at = Time(reader.i64()?);
    let contact = read_text(reader)?;
    let product = read_text(reader)?;
    let body = match read_word(reader, Kind::ALL)? {
        Kind::Account => Body::Account(Box::new(read_account(reader)?)),
        Kind::Contact => Body::Contact(Contact {
            change: read_word(reader, ContactChange::ALL)?,
            role: reader.option(|reader| read_word(reader, Role::ALL))?,
        }),
        Kind::License => Body::License(Box::new(read_license(reader)?)),
        Kind::Usage => Body::Usage(Usage {
            metric: owned(reader)?,
            value: Fixed(reader.i64()?),
            duration_s: read_number(reader)?,
            errors: read_number(reader)?,
        }),
        Kind::Ticket => Body::Ticket(read_ticket(reader)?),
        Kind::Survey => Body::Survey(read_survey(reader)?),
        Kind::Touch => Body::Touch(Touch {
            channel: read_text(reader)?,
            purpose: reader.option(|reader| read_word(reader, Purpose::ALL))?,
            direction: read_word(reader, Direction::ALL)?,
            answers: None,
        }),
        Kind::Milestone => Body::Milestone(Milestone {
            milestone: owned(reader)?,
            due: read_time(reader)?,
            done: read_time(reader)?,
        }),
        Kind::Assessment => Body::Assessment(read_assessment(reader)?),
        Kind::Action => Body::Action(Box::new(Action {
            alert: Cow::Borrowed(""),
            change: read_word(reader, ActionChange::ALL)?,
            by: None,
            until: None,
            outcome: read_text(reader)?,
            text: None,
        })),
    };
    if !reader.is_at_end() {
        return Err(reader.invalid("the end of an event"));
    }
    Ok(Event {
        id,
        tenant: Cow::Borrowed(""),
        account: Cow::Borrowed(""),
        at,
        contact,
        product,
        body,
    })
}

fn text(writer: &mut Writer, value: Option<&Text<'_>>) {
    writer.option(value, |writer, text| writer.text(text));
}

fn number(writer: &mut Writer, value: Option<Fixed>) {
    writer.option(value, |writer, number| writer.i64(number.0));
}

fn time(writer: &mut Writer, value: Option<Time>) {
    writer.option(value, |writer, time| writer.i64(time.0));
}

fn owned<'a>(reader: &mut Reader<'a>) -> Result<Text<'a>, CodecError> {
    Ok(Cow::Borrowed(reader.text()?))
}

fn read_text<'a>(reader: &mut Reader<'a>) -> Result<Option<Text<'a>>, CodecError> {
    if reader.bool()? {
        owned(reader).map(Some)
    } else {
        Ok(None)
    }
}

fn read_number(reader: &mut Reader<'_>) -> Result<Option<Fixed>, CodecError> {
    reader.option(|reader| Ok(Fixed(reader.i64()?)))
}

fn read_time(reader: &mut Reader<'_>) -> Result<Option<Time>, CodecError> {
    reader.option(|reader| Ok(Time(reader.i64()?)))
}

fn read_bool(reader: &mut Reader<'_>) -> Result<Option<bool>, CodecError> {
    reader.option(Reader::bool)
}

fn write_account(writer: &mut Writer, body: &AccountEvent<'_>) {
    text(writer, body.segment.as_ref());
    writer.option(body.stage, |writer, stage| write_word(writer, stage as u8));
    number(writer, body.arr);
    writer.list(body.attributes.iter(), |writer, (name, value)| {
        writer.text(name);
        match value {
            AttributeValue::Text(text) => {
                writer.u8(0);
                writer.text(text);
            }
            AttributeValue::Number(number) => {
                writer.u8(1);
                writer.i64(number.0);
            }
            AttributeValue::Bool(yes) => {
                writer.u8(2);
                writer.bool(*yes);
            }
        }
    });
}

fn read_account<'a>(reader: &mut Reader<'a>) -> Result<AccountEvent<'a>, CodecError> {
    let mut body = AccountEvent {
        segment: read_text(reader)?,
        stage: reader.option(|reader| read_word(reader, Stage::ALL))?,
        arr: read_number(reader)?,
        ..AccountEvent::default()
    };
    for _ in 0..reader.count()? {
        let name = owned(reader)?;
        let value = match reader.u8()? {
            0 => AttributeValue::Text(owned(reader)?),
            1 => AttributeValue::Number(Fixed(reader.i64()?)),
            2 => AttributeValue::Bool(reader.bool()?),
            _ => return Err(reader.invalid("a type of attribute")),
        };
        body.attributes.push((name, value));
    }
    Ok(body)
}

fn write_license(writer: &mut Writer, body: &License<'_>) {
    writer.text(&body.license);
    write_word(writer, body.change as u8);
    text(writer, body.plan.as_ref());
    number(writer, body.seats);
    number(writer, body.seats_assigned);
    number(writer, body.mrr);
    text(writer, body.currency.as_ref());
    time(writer, body.term_ends);
    number(writer, body.notice_days);
    writer.option(body.trial, Writer::bool);
    writer.option(body.auto_renew, Writer::bool);
    text(writer, body.billing.as_ref());
    time(writer, body.overdue_since);
    number(writer, body.amount_due);
}

fn read_license<'a>(reader: &mut Reader<'a>) -> Result<License<'a>, CodecError> {
    Ok(License {
        license: owned(reader)?,
        change: read_word(reader, LicenseChange::ALL)?,
        plan: read_text(reader)?,
        seats: read_number(reader)?,
        seats_assigned: read_number(reader)?,
        mrr: read_number(reader)?,
        currency: read_text(reader)?,
        term_ends: read_time(reader)?,
        notice_days: read_number(reader)?,
        trial: read_bool(reader)?,
        auto_renew: read_bool(reader)?,
        billing: read_text(reader)?,
        overdue_since: read_time(reader)?,
        amount_due: read_number(reader)?,
    })
}

fn write_ticket(writer: &mut Writer, body: &Ticket<'_>) {
    writer.text(&body.ticket);
    write_word(writer, body.change as u8);
    writer.option(body.priority, |writer, word| write_word(writer, word as u8));
    text(writer, body.channel.as_ref());
    text(writer, body.category.as_ref());
    text(writer, body.subcategory.as_ref());
}

fn read_ticket<'a>(reader: &mut Reader<'a>) -> Result<Ticket<'a>, CodecError> {
    Ok(Ticket {
        ticket: owned(reader)?,
        change: read_word(reader, TicketChange::ALL)?,
        priority: reader.option(|reader| read_word(reader, Priority::ALL))?,
        channel: read_text(reader)?,
        category: read_text(reader)?,
        subcategory: read_text(reader)?,
    })
}

fn write_survey(writer: &mut Writer, body: &Survey<'_>) {
    writer.text(&body.survey);
    write_word(writer, body.change as u8);
    number(writer, body.score);
    number(writer, body.scale);
    write_word(writer, body.stream as u8);
    text(writer, body.category.as_ref());
    text(writer, body.subcategory.as_ref());
}

fn read_survey<'a>(reader: &mut Reader<'a>) -> Result<Survey<'a>, CodecError> {
    Ok(Survey {
        survey: owned(reader)?,
        change: read_word(reader, SurveyChange::ALL)?,
        score: read_number(reader)?,
        scale: read_number(reader)?,
        stream: read_word(reader, Stream::ALL)?,
        comment: None,
        category: read_text(reader)?,
        subcategory: read_text(reader)?,
    })
}

fn write_assessment(writer: &mut Writer, body: &Assessment<'_>) {
    writer.text(&body.factor);
    number(writer, body.value);
    writer.i64(body.scale.0);
    text(writer, body.by.as_ref());
    text(writer, body.reason.as_ref());
    time(writer, body.expires);
}

fn read_assessment<'a>(reader: &mut Reader<'a>) -> Result<Assessment<'a>, CodecError> {
    Ok(Assessment {
        factor: owned(reader)?,
        value: read_number(reader)?,
        scale: Fixed(reader.i64()?),
        by: read_text(reader)?,
        reason: read_text(reader)?,
        expires: read_time(reader)?,
    })
}
