//! Where a feature's number comes from: the name in the catalogue, resolved.

use crate::model::{AttributeType, hash64};
use crate::state::{Plan, attribute_hash};

use super::catalogue::{Feature, Form, catalogue};
use super::peers::Relative;

/// A feature, resolved.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Source {
    Usage(Usage),
    License(License),
    Ticket(Ticket),
    Survey(Survey),
    Touch(Touch),
    Milestone(Milestone),
    Profile(Profile),
    /// A number against those of the account's peers.
    Relative(Relative),
    /// The score of the same rule some days ago.
    ScoreAgo(ScoreAgo),
    /// A factor's value, by the hash of its name.
    Factor(u64),
    /// The age of a factor's value, by the hash of its name.
    FactorAge(u64),
    /// An attribute, by the hash of its name and type.
    Attribute(u64, AttributeType),
    /// A declared feature, by its place in the plan.
    Custom(usize),
}

/// Names of one family, with the suffix of each in the catalogue.
macro_rules! family {
    ($name:ident, $family:literal: $($variant:ident = $suffix:literal,)*) => {
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub(super) enum $name { $($variant),* }

        impl $name {
            fn parse(name: &str) -> Option<Self> {
                match name {
                    $(concat!($family, ".", $suffix) => Some(Self::$variant),)*
                    _ => None,
                }
            }
        }
    };
}

family!(Usage, "usage":
    Events1d = "events_1d",
    Events7d = "events_7d",
    Events28d = "events_28d",
    Value28d = "value_28d",
    ActiveDays28d = "active_days_28d",
    Contacts7d = "contacts_7d",
    Contacts28d = "contacts_28d",
    Breadth28d = "breadth_28d",
    Trend28d = "trend_28d",
    DaysSinceLast = "days_since_last",
    Errors28d = "errors_28d",
    DaysSinceChampion = "days_since_champion",
    DaysSinceDecisionMaker = "days_since_decision_maker",
    DaysSinceExecutive = "days_since_executive",
    DaysSinceUser = "days_since_user",
    ActiveDays7d = "active_days_7d",
    Contacts1d = "contacts_1d",
    Contacts90d = "contacts_90d",
    Contacts365d = "contacts_365d",
    Users28d = "users_28d",
    Champions28d = "champions_28d",
    DecisionMakers28d = "decision_makers_28d",
    Executives28d = "executives_28d",
    BusiestContactPct = "busiest_contact_pct_28d",
    ErrorsPct = "errors_pct_28d",
    Events90d = "events_90d",
    Events365d = "events_365d",
    ActiveDays90d = "active_days_90d",
    ActiveDays365d = "active_days_365d",
    WeekAgainstQuarter = "events_7d_vs_90d_weekly_mean",
    EventsYearAgo = "events_28d_year_ago",
    ActiveDaysYearAgo = "active_days_28d_year_ago",
    ContactsYearAgo = "contacts_28d_year_ago",
    Trend7d = "trend_7d",
    Trend90d = "trend_90d",
);
family!(License, "license":
    Seats = "seats",
    SeatsAssignedPct = "seats_assigned_pct",
    SeatsActivePct = "seats_active_pct_28d",
    Mrr = "mrr",
    DaysToRenewal = "days_to_renewal",
    DaysToDecision = "days_to_decision",
    OverdueDays = "overdue_days",
    TenureDays = "tenure_days",
    SeatsNeverUsed = "seats_never_used",
    MrrAtStake = "mrr_at_stake_90d",
    TrialDaysSinceStart = "trial_days_since_start",
    TrialDaysToEnd = "trial_days_to_end",
    TrialOnly = "trial_only",
    AmountDue = "amount_due",
    MrrChangePct = "mrr_change_pct_90d",
    PaymentFailures = "payment_failures_90d",
    AutoRenew = "auto_renew",
    PlanName = "plan",
);
family!(Ticket, "ticket":
    Open = "open",
    OpenCritical = "open_critical",
    OldestOpenDays = "oldest_open_days",
    Opened28d = "opened_28d",
    Opened90d = "opened_90d",
    EscalatedPct = "escalated_pct_90d",
    FirstResponseHours = "first_response_hours_90d",
    ResolutionHours = "resolution_hours_90d",
    ReplyBreaches = "reply_breaches_90d",
    OpenPriorityLow = "open_priority_low",
    OpenPriorityMedium = "open_priority_medium",
    OpenPriorityHigh = "open_priority_high",
    OpenPriorityCritical = "open_priority_critical",
    Opened7d = "opened_7d",
    ReopenedPct = "reopened_pct_90d",
    FirstResponseMiddle = "first_response_p50_hours_90d",
    ResolutionMiddle = "resolution_p50_hours_90d",
);
family!(Survey, "survey":
    NpsLatest = "nps_latest",
    NpsLowest = "nps_lowest_365d",
    NpsWeighted = "nps_role_weighted",
    CsatLatest = "csat_latest",
    CsatMean = "csat_mean_90d",
    DaysSinceAnswer = "days_since_answer",
    NpsAge = "nps_age_days",
    CsatAge = "csat_age_days",
    CsatLowest = "csat_lowest_90d",
    CsatBad = "csat_bad_90d",
    ResponsePct = "response_pct_365d",
    Unanswered = "followups_unanswered_90d",
    NpsMean = "nps_mean_365d",
);
family!(Touch, "touch":
    DaysSinceLast = "days_since_last",
    Count90d = "count_90d",
    OutsideRenewalPct = "outside_renewal_pct_365d",
    Unanswered = "unanswered_90d",
);
family!(Milestone, "milestone":
    DonePct = "done_pct",
    Overdue = "overdue",
    FirstValueDays = "first_value_days",
    DaysWithoutFirstValue = "days_without_first_value",
);
family!(ScoreAgo, "score":
    Days7 = "ago_7d",
    Days28 = "ago_28d",
    Days90 = "ago_90d",
);
family!(Profile, "account":
    Stage = "stage",
    Segment = "segment",
    TenureDays = "tenure_days",
    Arr = "arr",
);

impl ScoreAgo {
    /// How many days ago.
    pub(super) const fn days(self) -> u16 {
        match self {
            Self::Days7 => 7,
            Self::Days28 => 28,
            Self::Days90 => 90,
        }
    }
}

impl Source {
    /// The source of a feature and its entry in the catalogue, if there is such a feature.
    pub(super) fn parse(name: &str, plan: &Plan) -> Option<(Self, &'static Feature)> {
        let (source, entry) = Self::fixed(name)
            .map(|source| (source, name))
            .or_else(|| Self::named(name, plan))?;
        let feature = catalogue().iter().find(|feature| feature.name == entry)?;
        Some((source, feature))
    }

    pub(super) fn fixed(name: &str) -> Option<Self> {
        None.or_else(|| Usage::parse(name).map(Self::Usage))
            .or_else(|| License::parse(name).map(Self::License))
            .or_else(|| Ticket::parse(name).map(Self::Ticket))
            .or_else(|| Survey::parse(name).map(Self::Survey))
            .or_else(|| Touch::parse(name).map(Self::Touch))
            .or_else(|| Milestone::parse(name).map(Self::Milestone))
            .or_else(|| Profile::parse(name).map(Self::Profile))
            .or_else(|| Relative::parse(name).map(Self::Relative))
            .or_else(|| ScoreAgo::parse(name).map(Self::ScoreAgo))
    }

    /// Features that tenants name, with the entry of the catalogue that stands for them.
    fn named(name: &str, plan: &Plan) -> Option<(Self, &'static str)> {
        let (family, rest) = name.split_once('.')?;
        match family {
            "assessment" => {
                let is_factor = |name: &str| plan.factors().iter().any(|factor| factor == name);
                let hash = |name: &str| hash64(name.as_bytes());
                if is_factor(rest) {
                    return Some((Self::Factor(hash(rest)), "assessment.<factor>"));
                }
                let factor = rest.strip_suffix("_age_days")?;
                let age = (
                    Self::FactorAge(hash(factor)),
                    "assessment.<factor>_age_days",
                );
                is_factor(factor).then_some(age)
            }
            "attribute" => {
                let of = *plan.attributes().get(rest)?;
                Some((
                    Self::Attribute(attribute_hash(rest, of), of),
                    "attribute.<name>",
                ))
            }
            "custom" => {
                let place = plan
                    .customs()
                    .iter()
                    .position(|custom| custom.name == rest)?;
                Some((Self::Custom(place), "custom.<name>"))
            }
            _ => None,
        }
    }

    /// What the number is.
    pub(super) fn form(self, feature: &Feature, plan: &Plan) -> Form {
        match self {
            Self::Attribute(_, AttributeType::Text) => Form::Text,
            Self::Custom(place) => match plan.customs().get(place) {
                Some(custom) if custom.agg == crate::model::Aggregate::DaysSince => Form::DaysSince,
                _ => Form::Number,
            },
            _ => feature.form,
        }
    }

    /// Kinds of events that can move it.
    pub(super) fn kinds(self, feature: &Feature, plan: &Plan) -> u16 {
        match self {
            Self::Custom(place) => plan.customs().get(place).map_or(0, |custom| {
                let role = u16::from(custom.needs_role()) << (crate::model::Kind::Contact as u8);
                (1 << (custom.kind as u8)) | role
            }),
            _ => feature.kinds_mask(),
        }
    }

    /// The unit that people read.
    pub(super) fn unit(self, feature: &Feature, plan: &Plan) -> &'static str {
        match self {
            Self::Custom(place) => plan.customs().get(place).map_or("", |custom| custom.unit()),
            _ => feature.unit,
        }
    }

    /// All names that exist for a tenant, for suggestions.
    pub(super) fn names(plan: &Plan) -> Vec<String> {
        let fixed = catalogue().iter().map(|feature| feature.name);
        let mut names: Vec<String> = fixed
            .filter(|name| !name.contains('<'))
            .map(String::from)
            .collect();
        for factor in plan.factors() {
            names.push(format!("assessment.{factor}"));
            names.push(format!("assessment.{factor}_age_days"));
        }
        names.extend(
            plan.attributes()
                .keys()
                .map(|name| format!("attribute.{name}")),
        );
        names.extend(
            plan.customs()
                .iter()
                .map(|custom| format!("custom.{}", custom.name)),
        );
        names
    }
}
