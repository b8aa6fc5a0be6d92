//! One fact about one account. Text borrows from the record where it can.

use std::borrow::Cow;

use super::words::words;
use super::{Fixed, Time};

/// Text of an event: borrowed from the record unless an escape had to be undone.
pub type Text<'a> = Cow<'a, str>;

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
