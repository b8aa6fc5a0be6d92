//! What features are called in plain English, so that a condition can be read aloud.
//!
//! Features of the catalogue have a phrase of their own here; those that a tenant declares get one
//! made of their name. Nothing here knows what a feature is worth.

/// How a feature is spoken of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Manner {
    /// `… is at least 5`.
    One,
    /// `… are at least 5`.
    Many,
    /// `… was at least 14 days ago`.
    Since,
    /// `… is at most 60 days away`.
    Until,
    /// `… for at least 60 days`.
    During,
    /// A sentence, and the same denied.
    Whether(&'static str),
}

use self::Manner::{During, Many, One, Since, Until, Whether};

/// Name, phrase, manner.
type Phrase = (&'static str, &'static str, Manner);

const PHRASES: &[Phrase] = &[
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
        "usage.trend_28d",
        "the change of use against the four weeks before",
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

/// Ends of the names of features that compare with the segment, and the words around the rest.
const RELATIVE: [(&str, &str, &str); 3] = [
    (
        "_pct_of_segment_median",
        "",
        " against the segment's median",
    ),
    (
        "_segment_percentile",
        "the place in the segment by ",
        " (0 lowest, 100 highest)",
    ),
    ("_segment_median", "the segment's median of ", ""),
];

/// The phrase of a feature of the catalogue.
fn known(name: &str) -> Option<(&'static str, Manner)> {
    let found = PHRASES.iter().find(|(known, ..)| *known == name);
    found.map(|(_, phrase, manner)| (*phrase, *manner))
}

/// Whether a feature has a phrase of its own.
#[must_use]
pub fn has_phrase(name: &str) -> bool {
    let base = RELATIVE
        .iter()
        .find_map(|(suffix, ..)| name.strip_suffix(suffix));
    known(base.unwrap_or(name)).is_some()
}

/// How a feature is called, and in what manner it is spoken of.
pub(crate) fn phrase(name: &str) -> (String, Manner) {
    if let Some((phrase, manner)) = known(name) {
        return (phrase.to_owned(), manner);
    }
    for (suffix, before, behind) in RELATIVE {
        if let Some(base) = name.strip_suffix(suffix) {
            let what = heading(base);
            let mut letters = what.chars();
            let first = letters.next().map(|first| first.to_lowercase().to_string());
            let what = first.unwrap_or_default() + letters.as_str();
            return (format!("{before}{what}{behind}"), One);
        }
    }
    let (family, rest) = name.split_once('.').unwrap_or(("", name));
    let words = windows(&rest.replace(['_', '-', '.'], " "));
    if family == "assessment" {
        return match words.strip_suffix(" age days") {
            Some(factor) => (format!("the judgement of \"{factor}\""), Since),
            None => (format!("the judgement of \"{words}\""), One),
        };
    }
    let since = words.strip_prefix("days since ");
    if let Some(what) = since {
        return (format!("the last {what}"), Since);
    }
    if let Some(what) = words.strip_prefix("days to ") {
        return (format!("the {what}"), Until);
    }
    (format!("\"{words}\""), One)
}

/// `28d` at the end as words.
fn windows(words: &str) -> String {
    let Some((rest, window)) = words.rsplit_once(' ') else {
        return words.to_owned();
    };
    let days = window
        .strip_suffix('d')
        .filter(|days| !days.is_empty() && days.bytes().all(|byte| byte.is_ascii_digit()));
    days.map_or_else(|| words.to_owned(), |days| format!("{rest} in {days} days"))
}

/// What a feature is, as the beginning of a line: `Active days in the last 28 days`.
pub(crate) fn heading(name: &str) -> String {
    let (phrase, manner) = phrase(name);
    let phrase = match manner {
        Since => format!("days since {phrase}"),
        Until => format!("days to {phrase}"),
        During => format!("days that {phrase}"),
        One | Many | Whether(_) => phrase,
    };
    capital(phrase.strip_prefix("the ").unwrap_or(&phrase))
}

/// With a capital letter.
pub(crate) fn capital(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(|first| first.to_uppercase().to_string());
    first.unwrap_or_default() + chars.as_str()
}

/// A number in words with its unit; that of a parameter stands before its name.
pub(crate) fn with_unit(value: &str, unit: &str) -> String {
    let (number, name) = value.split_once(" (").unwrap_or((value, ""));
    let unit = if number == "1" {
        unit.strip_suffix('s').unwrap_or(unit)
    } else {
        unit
    };
    if name.is_empty() {
        format!("{number}{unit}")
    } else {
        format!("{number}{unit} ({name}")
    }
}

/// A unit as it stands behind a number.
pub(crate) fn behind(unit: &str) -> &str {
    match unit {
        "percent" => " %",
        "days" => " days",
        "hours" => " hours",
        _ => "",
    }
}
