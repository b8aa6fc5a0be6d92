//! The fields of events by name, for features that a tenant declares.

use super::words::words;
use super::{Body, Event, Fixed, License, Survey, Text, Ticket, Touch, Usage};

words! {
    /// A field of an event that a declared feature can test or take.
    Field {
        /// The contact.
        Contact = "contact",
        /// The product.
        Product = "product",
        /// Usage: the metric.
        Metric = "metric",
        /// Usage: the value.
        Value = "value",
        /// Usage: seconds.
        DurationS = "duration_s",
        /// Usage: errors.
        Errors = "errors",
        /// License: which.
        License = "license",
        /// License, ticket, survey, contact, action: what happened.
        Change = "change",
        /// License: the plan.
        Plan = "plan",
        /// License: seats.
        Seats = "seats",
        /// License: assigned seats.
        SeatsAssigned = "seats_assigned",
        /// License: MRR.
        Mrr = "mrr",
        /// License: amount due.
        AmountDue = "amount_due",
        /// License: whether a trial.
        Trial = "trial",
        /// License: billing period.
        Billing = "billing",
        /// Ticket: which.
        Ticket = "ticket",
        /// Ticket: priority.
        Priority = "priority",
        /// Ticket, touch: channel.
        Channel = "channel",
        /// Ticket, survey: category.
        Category = "category",
        /// Ticket, survey: subcategory.
        Subcategory = "subcategory",
        /// Survey: which.
        Survey = "survey",
        /// Survey: the answer.
        Score = "score",
        /// Survey, assessment: greatest answer.
        Scale = "scale",
        /// Survey: series.
        Stream = "stream",
        /// Touch: what for.
        Purpose = "purpose",
        /// Touch: who reached out.
        Direction = "direction",
        /// Milestone: which.
        Milestone = "milestone",
        /// Assessment: factor.
        Factor = "factor",
        /// Action: how it ended.
        Outcome = "outcome",
    }
}

/// The value of a field of an event.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FieldValue<'e> {
    /// The event has no such field.
    Missing,
    /// Text, or a word of a list.
    Text(&'e str),
    /// A number.
    Number(Fixed),
    /// Yes or no.
    Bool(bool),
}

impl<'e> FieldValue<'e> {
    fn text(value: Option<&'e Text<'_>>) -> Self {
        value.map_or(Self::Missing, |text| Self::Text(text))
    }

    fn number(value: Option<Fixed>) -> Self {
        value.map_or(Self::Missing, Self::Number)
    }
}

impl Event<'_> {
    /// The value of `field`, or `Missing` where this kind does not have it.
    #[must_use]
    pub fn field(&self, field: Field) -> FieldValue<'_> {
        match (field, &self.body) {
            (Field::Contact, _) => FieldValue::text(self.contact.as_ref()),
            (Field::Product, _) => FieldValue::text(self.product.as_ref()),
            (_, Body::Usage(usage)) => usage.field(field),
            (_, Body::License(license)) => license.field(field),
            (_, Body::Ticket(ticket)) => ticket.field(field),
            (_, Body::Survey(survey)) => survey.field(field),
            (_, Body::Touch(touch)) => touch.field(field),
            (Field::Change, Body::Contact(contact)) => FieldValue::Text(contact.change.as_str()),
            (Field::Milestone, Body::Milestone(milestone)) => {
                FieldValue::Text(&milestone.milestone)
            }
            (Field::Factor, Body::Assessment(assessment)) => FieldValue::Text(&assessment.factor),
            (Field::Value, Body::Assessment(assessment)) => FieldValue::number(assessment.value),
            (Field::Scale, Body::Assessment(assessment)) => FieldValue::Number(assessment.scale),
            (Field::Change, Body::Action(action)) => FieldValue::Text(action.change.as_str()),
            (Field::Outcome, Body::Action(action)) => FieldValue::text(action.outcome.as_ref()),
            _ => FieldValue::Missing,
        }
    }
}

impl Usage<'_> {
    fn field(&self, field: Field) -> FieldValue<'_> {
        match field {
            Field::Metric => FieldValue::Text(&self.metric),
            Field::Value => FieldValue::Number(self.value),
            Field::DurationS => FieldValue::number(self.duration_s),
            Field::Errors => FieldValue::number(self.errors),
            _ => FieldValue::Missing,
        }
    }
}

impl License<'_> {
    fn field(&self, field: Field) -> FieldValue<'_> {
        match field {
            Field::License => FieldValue::Text(&self.license),
            Field::Change => FieldValue::Text(self.change.as_str()),
            Field::Plan => FieldValue::text(self.plan.as_ref()),
            Field::Seats => FieldValue::number(self.seats),
            Field::SeatsAssigned => FieldValue::number(self.seats_assigned),
            Field::Mrr => FieldValue::number(self.mrr),
            Field::AmountDue => FieldValue::number(self.amount_due),
            Field::Trial => self.trial.map_or(FieldValue::Missing, FieldValue::Bool),
            Field::Billing => FieldValue::text(self.billing.as_ref()),
            _ => FieldValue::Missing,
        }
    }
}

impl Ticket<'_> {
    fn field(&self, field: Field) -> FieldValue<'_> {
        match field {
            Field::Ticket => FieldValue::Text(&self.ticket),
            Field::Change => FieldValue::Text(self.change.as_str()),
            Field::Priority => self
                .priority
                .map_or(FieldValue::Missing, |p| FieldValue::Text(p.as_str())),
            Field::Channel => FieldValue::text(self.channel.as_ref()),
            Field::Category => FieldValue::text(self.category.as_ref()),
            Field::Subcategory => FieldValue::text(self.subcategory.as_ref()),
            _ => FieldValue::Missing,
        }
    }
}

impl Survey<'_> {
    fn field(&self, field: Field) -> FieldValue<'_> {
        match field {
            Field::Survey => FieldValue::Text(&self.survey),
            Field::Change => FieldValue::Text(self.change.as_str()),
            Field::Score => FieldValue::number(self.score),
            Field::Scale => FieldValue::number(self.scale),
            Field::Stream => FieldValue::Text(self.stream.as_str()),
            Field::Category => FieldValue::text(self.category.as_ref()),
            Field::Subcategory => FieldValue::text(self.subcategory.as_ref()),
            _ => FieldValue::Missing,
        }
    }
}

impl Touch<'_> {
    fn field(&self, field: Field) -> FieldValue<'_> {
        match field {
            Field::Channel => FieldValue::text(self.channel.as_ref()),
            Field::Purpose => self
                .purpose
                .map_or(FieldValue::Missing, |p| FieldValue::Text(p.as_str())),
            Field::Direction => FieldValue::Text(self.direction.as_str()),
            _ => FieldValue::Missing,
        }
    }
}
