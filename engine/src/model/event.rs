//! One fact about one account. Text borrows from the record where it can.

use std::borrow::Cow;

use super::{Fixed, Time};

/// Text of an event: borrowed from the record unless an escape had to be undone.
pub type Text<'a> = Cow<'a, str>;

/// A closed list of words, with the text of each.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        #[repr(u8)]
        pub enum $name { $($(#[$vdoc])* $variant),* }

        impl $name {
            /// All words, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The word as it stands in events and configuration.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),* }
            }

            /// The word that `text` is, if it is one of the list.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                match text { $($text => Some(Self::$variant),)* _ => None }
            }
        }
    };
}

words! {
    /// What an event is about. The order is that of the merge at equal log time.
    Kind {
        /// Profile of the account.
        Account = "account",
        /// A person at the account.
        Contact = "contact",
        /// A license or subscription.
        License = "license",
        /// Use of the product.
        Usage = "usage",
        /// A support ticket.
        Ticket = "ticket",
        /// A survey sent or answered.
        Survey = "survey",
        /// A contact between the companies.
        Touch = "touch",
        /// A step of onboarding or of a success plan.
        Milestone = "milestone",
        /// A person's judgement, or an override.
        Assessment = "assessment",
        /// What a person did with an alert.
        Action = "action",
    }
}
words! {
    /// What happened to a license.
    LicenseChange {
        /// It began.
        Started = "started",
        /// Its terms changed.
        Changed = "changed",
        /// It was renewed.
        Renewed = "renewed",
        /// It ended.
        Ended = "ended",
        /// A payment arrived.
        Payment = "payment",
        /// A payment failed.
        PaymentFailed = "payment_failed",
    }
}
words! {
    /// What happened to a ticket.
    TicketChange {
        /// It was opened.
        Opened = "opened",
        /// It had a first or further response.
        Responded = "responded",
        /// It was escalated.
        Escalated = "escalated",
        /// It was opened again.
        Reopened = "reopened",
        /// It was resolved.
        Resolved = "resolved",
        /// It was closed.
        Closed = "closed",
    }
}
words! {
    /// How pressing a ticket is.
    Priority {
        /// Low.
        Low = "low",
        /// Medium.
        Medium = "medium",
        /// High.
        High = "high",
        /// Critical.
        Critical = "critical",
    }
}
words! {
    /// Whether a survey was sent or answered.
    SurveyChange {
        /// Sent.
        Sent = "sent",
        /// Answered.
        Answered = "answered",
    }
}
words! {
    /// Which series a survey belongs to.
    Stream {
        /// About the relation as a whole.
        Relational = "relational",
        /// About the product.
        Product = "product",
        /// About support.
        Support = "support",
        /// About sales.
        Sales = "sales",
        /// About onboarding.
        Onboarding = "onboarding",
        /// Of employees; never part of a customer's health.
        Employee = "employee",
    }
}
words! {
    /// Where in its life an account is.
    Stage {
        /// No customer yet.
        Prospect = "prospect",
        /// Trying.
        Trial = "trial",
        /// Beginning.
        Onboarding = "onboarding",
        /// Learning to use it.
        Adoption = "adoption",
        /// In regular use.
        Retention = "retention",
        /// Growing.
        Expansion = "expansion",
        /// Recommending.
        Advocacy = "advocacy",
        /// Paused.
        Paused = "paused",
        /// Gone.
        Churned = "churned",
    }
}
words! {
    /// What happened to a contact.
    ContactChange {
        /// Joined the account.
        Joined = "joined",
        /// Has a role.
        Role = "role",
        /// Left the account.
        Left = "left",
    }
}
words! {
    /// A contact's role. `internal` and `service` never count as activity.
    Role {
        /// Uses the product.
        User = "user",
        /// Speaks for it.
        Champion = "champion",
        /// Decides about it.
        DecisionMaker = "decision_maker",
        /// Executive.
        Executive = "executive",
        /// One of the tenant's own people.
        Internal = "internal",
        /// A machine.
        Service = "service",
    }
}
words! {
    /// What a touch is for.
    Purpose {
        /// To bring value.
        Value = "value",
        /// To renew.
        Renewal = "renewal",
        /// To help.
        Support = "support",
        /// To be recommended.
        Referral = "referral",
    }
}
words! {
    /// Who reached out.
    Direction {
        /// The tenant to the account.
        Outbound = "outbound",
        /// The account to the tenant.
        Inbound = "inbound",
    }
}
words! {
    /// What a person did with an alert.
    ActionChange {
        /// Saw it.
        Acknowledged = "acknowledged",
        /// Gave it to somebody.
        Assigned = "assigned",
        /// Put it off until a date.
        Snoozed = "snoozed",
        /// Said that it is settled.
        Resolved = "resolved",
        /// Wrote something.
        Commented = "commented",
    }
}

/// How a touch or ticket came: a free word of the tenant's.
pub type Channel<'a> = Text<'a>;

/// One fact about one account.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Event<'a> {
    /// 128-bit hash of the id's text, or of the mapped content where the event has no id.
    pub id: u128,
    /// Tenant, a valid name.
    pub tenant: Text<'a>,
    /// Account as the customer writes it, not encoded.
    pub account: Text<'a>,
    /// When it happened.
    pub at: Time,
    /// The person, where there is one.
    pub contact: Option<Text<'a>>,
    /// The product, where there are several.
    pub product: Option<Text<'a>>,
    /// What happened.
    pub body: Body<'a>,
}

/// What an event says, by kind.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Body<'a> {
    /// Profile of the account.
    Account(Box<AccountEvent<'a>>),
    /// A person at the account; the event's `contact` names it.
    Contact(Contact),
    /// A license.
    License(Box<License<'a>>),
    /// Use.
    Usage(Usage<'a>),
    /// A ticket.
    Ticket(Ticket<'a>),
    /// A survey.
    Survey(Survey<'a>),
    /// A touch.
    Touch(Touch<'a>),
    /// A milestone.
    Milestone(Milestone<'a>),
    /// A judgement.
    Assessment(Assessment<'a>),
    /// An action on an alert.
    Action(Box<Action<'a>>),
}

impl Body<'_> {
    /// The kind of this body.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Account(_) => Kind::Account,
            Self::Contact(_) => Kind::Contact,
            Self::License(_) => Kind::License,
            Self::Usage(_) => Kind::Usage,
            Self::Ticket(_) => Kind::Ticket,
            Self::Survey(_) => Kind::Survey,
            Self::Touch(_) => Kind::Touch,
            Self::Milestone(_) => Kind::Milestone,
            Self::Assessment(_) => Kind::Assessment,
            Self::Action(_) => Kind::Action,
        }
    }
}

/// Use of the product. Additive; deduplicated by id.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Usage<'a> {
    /// The product feature or action; a valid name.
    pub metric: Text<'a>,
    /// How much; 1 by default.
    pub value: Fixed,
    /// Seconds spent.
    pub duration_s: Option<Fixed>,
    /// Errors met.
    pub errors: Option<Fixed>,
}

/// A license's terms or payments. What is `None` is left as it was.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct License<'a> {
    /// Which license.
    pub license: Text<'a>,
    /// What happened.
    pub change: LicenseChange,
    /// Plan.
    pub plan: Option<Text<'a>>,
    /// Seats bought.
    pub seats: Option<Fixed>,
    /// Seats given to people.
    pub seats_assigned: Option<Fixed>,
    /// Monthly recurring revenue, in `currency`.
    pub mrr: Option<Fixed>,
    /// ISO 4217; the tenant's where `None`.
    pub currency: Option<Text<'a>>,
    /// End of the term.
    pub term_ends: Option<Time>,
    /// Days before the end of the term by which notice must be given.
    pub notice_days: Option<Fixed>,
    /// Whether it is a trial.
    pub trial: Option<bool>,
    /// Whether it renews by itself.
    pub auto_renew: Option<bool>,
    /// Billing period, a free word.
    pub billing: Option<Text<'a>>,
    /// Since when an invoice is overdue.
    pub overdue_since: Option<Time>,
    /// Amount overdue, in `currency`.
    pub amount_due: Option<Fixed>,
}

/// A change of a ticket.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ticket<'a> {
    /// Which ticket.
    pub ticket: Text<'a>,
    /// What happened.
    pub change: TicketChange,
    /// How pressing.
    pub priority: Option<Priority>,
    /// How it came.
    pub channel: Option<Channel<'a>>,
    /// First level of the category.
    pub category: Option<Text<'a>>,
    /// Second level.
    pub subcategory: Option<Text<'a>>,
}

/// A survey sent or answered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Survey<'a> {
    /// `nps`, `csat`, `ces` or the tenant's own name.
    pub survey: Text<'a>,
    /// Sent or answered.
    pub change: SurveyChange,
    /// The answer, within the scale; always there in an answer.
    pub score: Option<Fixed>,
    /// The greatest answer: 10 for NPS; 5 by default for CSAT, 7 for CES.
    pub scale: Option<Fixed>,
    /// Series; relational by default.
    pub stream: Stream,
    /// What was written.
    pub comment: Option<Text<'a>>,
    /// First level of the category.
    pub category: Option<Text<'a>>,
    /// Second level.
    pub subcategory: Option<Text<'a>>,
}

/// A value of a declared attribute.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum AttributeValue<'a> {
    /// Text.
    Text(Text<'a>),
    /// A number.
    Number(Fixed),
    /// Yes or no.
    Bool(bool),
}

/// Profile of an account. What is `None` is left as it was.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct AccountEvent<'a> {
    /// Name that people see.
    pub name: Option<Text<'a>>,
    /// Segment, a valid name.
    pub segment: Option<Text<'a>>,
    /// Stage of life.
    pub stage: Option<Stage>,
    /// Account of which this one is a part.
    pub parent: Option<Text<'a>>,
    /// Owner in customer success.
    pub owner: Option<Text<'a>>,
    /// Key account manager.
    pub kam: Option<Text<'a>>,
    /// Ids in CRMs, as (system, id).
    pub crm_ids: Vec<(Text<'a>, Text<'a>)>,
    /// Annual recurring revenue where no licenses are known, in the tenant's currency.
    pub arr: Option<Fixed>,
    /// IANA time zone.
    pub time_zone: Option<Text<'a>>,
    /// Attributes as (name, value).
    pub attributes: Vec<(Text<'a>, AttributeValue<'a>)>,
}

/// A change of a contact.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Contact {
    /// What happened.
    pub change: ContactChange,
    /// The role; always there for `role`, `user` by default for `joined`.
    pub role: Option<Role>,
}

/// A touch. Additive; deduplicated by id.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Touch<'a> {
    /// How.
    pub channel: Option<Channel<'a>>,
    /// What for.
    pub purpose: Option<Purpose>,
    /// Who reached out; outbound by default.
    pub direction: Direction,
    /// 128-bit hash of the id of the event that it answers.
    pub answers: Option<u128>,
}

/// A milestone. `done` without a time is done at the event's `at`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Milestone<'a> {
    /// Which milestone.
    pub milestone: Text<'a>,
    /// When it should be done.
    pub due: Option<Time>,
    /// When it was done.
    pub done: Option<Time>,
}

/// A person's judgement of one factor, or an override of the score.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Assessment<'a> {
    /// A success factor, or `override`.
    pub factor: Text<'a>,
    /// The value, 0 to `scale`; `None` withdraws it.
    pub value: Option<Fixed>,
    /// The greatest value; 100 by default.
    pub scale: Fixed,
    /// Who says so.
    pub by: Option<Text<'a>>,
    /// Why; an override must have one.
    pub reason: Option<Text<'a>>,
    /// Until when it holds; an override must have one.
    pub expires: Option<Time>,
}

/// What a person did with an alert.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Action<'a> {
    /// The alert's id.
    pub alert: Text<'a>,
    /// What was done.
    pub change: ActionChange,
    /// By whom.
    pub by: Option<Text<'a>>,
    /// Until when it is put off.
    pub until: Option<Time>,
    /// How it ended.
    pub outcome: Option<Text<'a>>,
    /// A comment.
    pub text: Option<Text<'a>>,
}

impl Action<'_> {
    /// This action with text of its own, to be kept longer than its record.
    #[must_use]
    pub fn to_owned_text(&self) -> Action<'static> {
        let owned = |text: &Option<Text<'_>>| text.clone().map(|text| text.into_owned().into());
        Action {
            alert: self.alert.clone().into_owned().into(),
            change: self.change,
            by: owned(&self.by),
            until: self.until,
            outcome: owned(&self.outcome),
            text: owned(&self.text),
        }
    }
}

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
