//! The fields of canonical events: their names, their forms, and which kind has which.
//!
//! The only list of them; JSON members, CSV columns and mapping keys are looked up here.

use crate::model::{
    ActionChange, ContactChange, Direction, Kind, LicenseChange, Priority, Purpose, Role, Stage,
    Stream, SurveyChange, TicketChange,
};

macro_rules! fields {
    ($($variant:ident = $name:literal: $form:ident,)*) => {
        /// A field of a canonical event.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
        #[repr(u8)]
        pub(super) enum FieldName { $($variant),* }

        impl FieldName {
            /// All fields.
            pub(super) const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The name as it stands in JSON, in a CSV header and in a mapping.
            pub(super) const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }

            /// The field of this name.
            pub(super) fn parse(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$variant),)* _ => None }
            }

            /// What its values look like.
            pub(super) const fn form(self) -> Form {
                match self { $(Self::$variant => Form::$form),* }
            }
        }
    };
}

/// What the values of a field look like.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Form {
    /// Text; names and words of a list as well.
    Text,
    /// A number.
    Number,
    /// Yes or no.
    Bool,
    /// A moment.
    Time,
    /// Names with values.
    Pairs,
}

fields! {
    Id = "id": Text,
    Tenant = "tenant": Text,
    Account = "account": Text,
    Kind = "kind": Text,
    At = "at": Time,
    Contact = "contact": Text,
    Product = "product": Text,
    Metric = "metric": Text,
    Value = "value": Number,
    DurationS = "duration_s": Number,
    Errors = "errors": Number,
    License = "license": Text,
    Change = "change": Text,
    Plan = "plan": Text,
    Seats = "seats": Number,
    SeatsAssigned = "seats_assigned": Number,
    Mrr = "mrr": Number,
    Currency = "currency": Text,
    TermEnds = "term_ends": Time,
    NoticeDays = "notice_days": Number,
    Trial = "trial": Bool,
    AutoRenew = "auto_renew": Bool,
    Billing = "billing": Text,
    OverdueSince = "overdue_since": Time,
    AmountDue = "amount_due": Number,
    Ticket = "ticket": Text,
    Priority = "priority": Text,
    Channel = "channel": Text,
    Category = "category": Text,
    Subcategory = "subcategory": Text,
    Survey = "survey": Text,
    Score = "score": Number,
    Scale = "scale": Number,
    Stream = "stream": Text,
    Comment = "comment": Text,
    Name = "name": Text,
    Segment = "segment": Text,
    Stage = "stage": Text,
    Parent = "parent": Text,
    Owner = "owner": Text,
    Kam = "kam": Text,
    CrmIds = "crm_ids": Pairs,
    Arr = "arr": Number,
    TimeZone = "time_zone": Text,
    Attributes = "attributes": Pairs,
    Role = "role": Text,
    Purpose = "purpose": Text,
    Direction = "direction": Text,
    Answers = "answers": Text,
    Milestone = "milestone": Text,
    Due = "due": Time,
    Done = "done": Time,
    Factor = "factor": Text,
    By = "by": Text,
    Reason = "reason": Text,
    Expires = "expires": Time,
    Alert = "alert": Text,
    Until = "until": Time,
    Outcome = "outcome": Text,
    Text = "text": Text,
}

/// Fields that every kind has.
pub(super) const COMMON: &[FieldName] = &[
    FieldName::Id,
    FieldName::Tenant,
    FieldName::Account,
    FieldName::Kind,
    FieldName::At,
    FieldName::Contact,
    FieldName::Product,
];

/// The fields that an event of `kind` must have, beside the common ones.
pub(super) const fn needed_of(kind: Kind) -> &'static [FieldName] {
    use FieldName as F;
    match kind {
        Kind::Account | Kind::Touch => &[],
        Kind::Contact => &[F::Contact, F::Change],
        Kind::License => &[F::License, F::Change],
        Kind::Usage => &[F::Metric],
        Kind::Ticket => &[F::Ticket, F::Change],
        Kind::Survey => &[F::Survey, F::Change],
        Kind::Milestone => &[F::Milestone],
        Kind::Assessment => &[F::Factor],
        Kind::Action => &[F::Alert, F::Change],
    }
}

/// The fields of `kind` beside the common ones.
pub(super) const fn of_kind(kind: Kind) -> &'static [FieldName] {
    use FieldName as F;
    match kind {
        Kind::Account => &[
            F::Name,
            F::Segment,
            F::Stage,
            F::Parent,
            F::Owner,
            F::Kam,
            F::CrmIds,
            F::Arr,
            F::TimeZone,
            F::Attributes,
        ],
        Kind::Contact => &[F::Contact, F::Change, F::Role],
        Kind::License => &[
            F::License,
            F::Change,
            F::Plan,
            F::Seats,
            F::SeatsAssigned,
            F::Mrr,
            F::Currency,
            F::TermEnds,
            F::NoticeDays,
            F::Trial,
            F::AutoRenew,
            F::Billing,
            F::OverdueSince,
            F::AmountDue,
        ],
        Kind::Usage => &[F::Metric, F::Value, F::DurationS, F::Errors],
        Kind::Ticket => &[
            F::Ticket,
            F::Change,
            F::Priority,
            F::Channel,
            F::Category,
            F::Subcategory,
        ],
        Kind::Survey => &[
            F::Survey,
            F::Change,
            F::Score,
            F::Scale,
            F::Stream,
            F::Comment,
            F::Category,
            F::Subcategory,
        ],
        Kind::Touch => &[F::Channel, F::Purpose, F::Direction, F::Answers],
        Kind::Milestone => &[F::Milestone, F::Due, F::Done],
        Kind::Assessment => &[F::Factor, F::Value, F::Scale, F::By, F::Reason, F::Expires],
        Kind::Action => &[F::Alert, F::Change, F::By, F::Until, F::Outcome, F::Text],
    }
}

/// Whether events of `kind` have `field`.
pub(super) fn has(kind: Kind, field: FieldName) -> bool {
    COMMON.contains(&field) || of_kind(kind).contains(&field)
}

/// A closed list of words.
pub(super) trait Word: Copy + 'static {
    /// All of them.
    const WORDS: &'static [Self];
    /// The word as it is written.
    fn text(self) -> &'static str;
    /// The word that `text` is.
    fn of(text: &str) -> Option<Self>;
}

macro_rules! word {
    ($($type:ty),*) => {$(
        impl Word for $type {
            const WORDS: &'static [Self] = Self::ALL;
            fn text(self) -> &'static str { self.as_str() }
            fn of(text: &str) -> Option<Self> { Self::parse(text) }
        }
    )*};
}

word!(
    Kind,
    LicenseChange,
    TicketChange,
    SurveyChange,
    ContactChange,
    ActionChange,
    Priority,
    Stream,
    Stage,
    Role,
    Purpose,
    Direction
);

/// The words of a list, as a sentence names them.
pub(super) fn list_of<W: Word>() -> Vec<&'static str> {
    W::WORDS.iter().map(|word| word.text()).collect()
}

/// The closed list that `field` has in events of `kind`, if it has one.
pub(super) fn words_of(kind: Kind, field: FieldName) -> Option<Vec<&'static str>> {
    Some(match (field, kind) {
        (FieldName::Kind, _) => list_of::<Kind>(),
        (FieldName::Change, Kind::License) => list_of::<LicenseChange>(),
        (FieldName::Change, Kind::Ticket) => list_of::<TicketChange>(),
        (FieldName::Change, Kind::Survey) => list_of::<SurveyChange>(),
        (FieldName::Change, Kind::Contact) => list_of::<ContactChange>(),
        (FieldName::Change, Kind::Action) => list_of::<ActionChange>(),
        (FieldName::Priority, _) => list_of::<Priority>(),
        (FieldName::Stream, _) => list_of::<Stream>(),
        (FieldName::Stage, _) => list_of::<Stage>(),
        (FieldName::Role, _) => list_of::<Role>(),
        (FieldName::Purpose, _) => list_of::<Purpose>(),
        (FieldName::Direction, _) => list_of::<Direction>(),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::{COMMON, FieldName, of_kind};
    use crate::model::Kind;

    #[test]
    fn every_field_is_known_by_its_name_and_belongs_to_a_kind() {
        for field in FieldName::ALL {
            assert_eq!(FieldName::parse(field.as_str()), Some(*field));
            let owned = Kind::ALL.iter().any(|kind| of_kind(*kind).contains(field));
            assert!(owned || COMMON.contains(field), "{field:?}");
        }
    }
}

#[cfg(test)]
mod cases {
    use puls_cases::{EVENTS, FieldForm};

    use super::{COMMON, FieldName, Form, of_kind};
    use crate::model::Kind;

    /// The stories of cases know the same events with the same fields.
    #[test]
    fn stories_tell_of_these_fields() {
        assert_eq!(EVENTS.len(), Kind::ALL.len());
        for known in EVENTS {
            let kind = Kind::parse(known.kind).expect(known.kind);
            let own = |field: &&FieldName| !COMMON.contains(field);
            let ours: Vec<_> = of_kind(kind).iter().filter(own).collect();
            let names: Vec<_> = ours.iter().map(|it| it.as_str()).collect();
            let theirs: Vec<_> = known.fields.iter().map(|(name, _)| *name).collect();
            assert_eq!(theirs, names, "{}", known.kind);
            for (field, (name, form)) in ours.iter().zip(known.fields) {
                let expected = match field.form() {
                    Form::Text => FieldForm::Text,
                    Form::Number => FieldForm::Number,
                    Form::Bool => FieldForm::Bool,
                    // A milestone is done at a moment, or just done.
                    Form::Time if *name == "done" => FieldForm::TimeOrBool,
                    Form::Time => FieldForm::Time,
                    Form::Pairs => FieldForm::Pairs,
                };
                assert_eq!(*form, expected, "{} {name}", known.kind);
            }
        }
    }
}
