//! The phrases of the catalogue's features, one a line.

use super::Manner;
use super::Manner::{During, Many, One, Since, Until, Whether};

/// Name, phrase, manner.
pub(super) type Phrase = (&'static str, &'static str, Manner);

pub(super) const PHRASES: &[Phrase] = &[
    ("usage.events_1d", "uses in the last day", Many),
    ("usage.events_7d", "uses in the last 7 days", Many),
    ("usage.events_28d", "uses in the last 28 days", Many),
    ("usage.events_90d", "uses in the last 90 days", Many),
    ("usage.events_365d", "uses in the last year", Many),
    (
        "usage.events_28d_year_ago",
        "uses in the same 28 days a year ago",
        Many,
    ),
    (
        "usage.value_28d",
        "the amount used in the last 28 days",
        One,
    ),
    (
        "usage.active_days_7d",
        "active days in the last 7 days",
        Many,
    ),
    (
        "usage.active_days_28d",
        "active days in the last 28 days",
        Many,
    ),
    (
        "usage.active_days_90d",
        "active days in the last 90 days",
        Many,
    ),
    (
        "usage.active_days_365d",
        "active days in the last year",
        Many,
    ),
    (
        "usage.active_days_28d_year_ago",
        "active days in the same 28 days a year ago",
        Many,
    ),
    (
        "usage.contacts_1d",
        "people who used the product in the last day",
        Many,
    ),
    (
        "usage.contacts_7d",
        "people who used the product in the last 7 days",
        Many,
    ),
    (
        "usage.contacts_28d",
        "people who used the product in the last 28 days",
        Many,
    ),
    (
        "usage.contacts_90d",
        "people who used the product in the last 90 days",
        Many,
    ),
    (
        "usage.contacts_365d",
        "people who used the product in the last year",
        Many,
    ),
    (
        "usage.contacts_28d_year_ago",
        "people who used the product in the same 28 days a year ago",
        Many,
    ),
    (
        "usage.users_28d",
        "plain users who used the product in the last 28 days",
        Many,
    ),
    (
        "usage.champions_28d",
        "champions who used the product in the last 28 days",
        Many,
    ),
    (
        "usage.decision_makers_28d",
        "decision makers who used the product in the last 28 days",
        Many,
    ),
    (
        "usage.executives_28d",
        "executives who used the product in the last 28 days",
        Many,
    ),
    (
        "usage.breadth_28d",
        "different kinds of use in the last 28 days",
        Many,
    ),
    (
        "usage.trend_7d",
        "the change of use against the week before",
        One,
    ),
    (
        "usage.trend_28d",
        "the change of use against the four weeks before",
        One,
    ),
    (
        "usage.trend_90d",
        "the change of use against the 90 days before",
        One,
    ),
    ("usage.days_since_last", "the last use", Since),
    (
        "usage.days_since_champion",
        "the last use by a champion",
        Since,
    ),
    (
        "usage.days_since_decision_maker",
        "the last use by a decision maker",
        Since,
    ),
    (
        "usage.days_since_executive",
        "the last use by an executive",
        Since,
    ),
    (
        "usage.days_since_user",
        "the last use by a plain user",
        Since,
    ),
    (
        "usage.errors_28d",
        "errors that users met in the last 28 days",
        Many,
    ),
    (
        "usage.errors_pct_28d",
        "errors per hundred uses in the last 28 days",
        Many,
    ),
    (
        "usage.busiest_contact_pct_28d",
        "the busiest person's share of use",
        One,
    ),
    (
        "usage.events_7d_vs_90d_weekly_mean",
        "use of the last week against the mean week of 90 days",
        One,
    ),
    ("license.plan", "the plan", One),
    ("license.seats", "seats bought", Many),
    (
        "license.seats_assigned_pct",
        "the share of seats given to people",
        One,
    ),
    (
        "license.seats_active_pct_28d",
        "the share of seats used in the last 28 days",
        One,
    ),
    (
        "license.seats_never_used",
        "seats that nobody ever used",
        Many,
    ),
    ("license.mrr", "monthly revenue", One),
    (
        "license.mrr_at_stake_90d",
        "monthly revenue up for decision within 90 days",
        One,
    ),
    (
        "license.mrr_change_pct_90d",
        "the change of monthly revenue in 90 days",
        One,
    ),
    ("license.amount_due", "the amount that is due", One),
    ("license.days_to_renewal", "the renewal", Until),
    ("license.days_to_decision", "the notice deadline", Until),
    (
        "license.overdue_days",
        "an invoice has been overdue",
        During,
    ),
    (
        "license.tenure_days",
        "the customer has been paying",
        During,
    ),
    (
        "license.trial_days_since_start",
        "the trial has been running",
        During,
    ),
    ("license.trial_days_to_end", "the end of the trial", Until),
    (
        "license.trial_only",
        "the customer only tries the product",
        Whether("the customer pays for something"),
    ),
    (
        "license.payment_failures_90d",
        "failed payments in the last 90 days",
        Many,
    ),
    (
        "license.auto_renew",
        "the license renews by itself",
        Whether("the license does not renew by itself"),
    ),
    ("account.stage", "the stage", One),
    ("account.segment", "the segment", One),
    ("account.tenure_days", "the customer has been known", During),
    ("account.arr", "yearly revenue", One),
    ("ticket.open", "open tickets", Many),
    (
        "ticket.open_critical",
        "open tickets that are pressing",
        Many,
    ),
    (
        "ticket.open_priority_low",
        "open tickets of low priority",
        Many,
    ),
    (
        "ticket.open_priority_medium",
        "open tickets of medium priority",
        Many,
    ),
    (
        "ticket.open_priority_high",
        "open tickets of high priority",
        Many,
    ),
    (
        "ticket.open_priority_critical",
        "open tickets of critical priority",
        Many,
    ),
    (
        "ticket.oldest_open_days",
        "the oldest open ticket has been waiting",
        During,
    ),
    (
        "ticket.opened_7d",
        "tickets opened in the last 7 days",
        Many,
    ),
    (
        "ticket.opened_28d",
        "tickets opened in the last 28 days",
        Many,
    ),
    (
        "ticket.opened_90d",
        "tickets opened in the last 90 days",
        Many,
    ),
    (
        "ticket.escalated_pct_90d",
        "the share of tickets escalated in 90 days",
        One,
    ),
    (
        "ticket.reopened_pct_90d",
        "the share of tickets opened again in 90 days",
        One,
    ),
    (
        "ticket.first_response_hours_90d",
        "the mean wait for a first response in 90 days",
        One,
    ),
    (
        "ticket.first_response_p50_hours_90d",
        "the usual wait for a first response in 90 days",
        One,
    ),
    (
        "ticket.resolution_hours_90d",
        "the mean time to a solution in 90 days",
        One,
    ),
    (
        "ticket.resolution_p50_hours_90d",
        "the usual time to a solution in 90 days",
        One,
    ),
    (
        "ticket.reply_breaches_90d",
        "tickets answered late in 90 days",
        Many,
    ),
    (
        "survey.nps_latest",
        "the latest answer to \"would you recommend us\"",
        One,
    ),
    (
        "survey.nps_lowest_365d",
        "the lowest recommendation of a year",
        One,
    ),
    (
        "survey.nps_mean_365d",
        "the mean recommendation of a year",
        One,
    ),
    (
        "survey.nps_role_weighted",
        "the recommendation of a year, weighted by who gave it",
        One,
    ),
    ("survey.nps_age_days", "the latest recommendation", Since),
    ("survey.csat_latest", "the latest satisfaction", One),
    (
        "survey.csat_mean_90d",
        "the mean satisfaction of 90 days",
        One,
    ),
    (
        "survey.csat_lowest_90d",
        "the lowest satisfaction of 90 days",
        One,
    ),
    (
        "survey.csat_bad_90d",
        "dissatisfied answers in the last 90 days",
        Many,
    ),
    (
        "survey.csat_age_days",
        "the latest satisfaction answer",
        Since,
    ),
    (
        "survey.days_since_answer",
        "the latest answer to a survey",
        Since,
    ),
    (
        "survey.response_pct_365d",
        "the share of surveys answered in a year",
        One,
    ),
    (
        "survey.followups_unanswered_90d",
        "bad answers of 90 days that nobody followed up",
        Many,
    ),
    ("touch.days_since_last", "the last contact with us", Since),
    (
        "touch.count_90d",
        "contacts with us in the last 90 days",
        Many,
    ),
    (
        "touch.outside_renewal_pct_365d",
        "the share of contacts that were not about the renewal",
        One,
    ),
    (
        "touch.unanswered_90d",
        "times in 90 days that the customer got no answer",
        Many,
    ),
    ("milestone.done_pct", "the share of milestones done", One),
    ("milestone.overdue", "milestones overdue", Many),
    (
        "milestone.first_value_days",
        "the time from contract to first value",
        One,
    ),
    (
        "milestone.days_without_first_value",
        "the customer has been waiting for the first value",
        During,
    ),
    ("score.now", "the score", One),
    ("score.ago_7d", "the score of 7 days ago", One),
    ("score.ago_28d", "the score of 28 days ago", One),
    ("score.ago_90d", "the score of 90 days ago", One),
];
