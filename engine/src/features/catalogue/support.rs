//! The families `ticket` and `survey`: what customers report and what they say.

use super::{DAILY, EVENTS, EXACT, Feature, Form, HOURLY};
use crate::model::Kind;

const fn ticket(name: &'static str, unit: &'static str, resolution: &'static str) -> Feature {
    Feature {
        name,
        unit,
        meaning: "",
        formula: "",
        resolution,
        missing: "no ticket was ever known",
        source: "Puls",
        kinds: &[Kind::Ticket],
        form: Form::Number,
    }
}

const fn survey(name: &'static str, unit: &'static str, resolution: &'static str) -> Feature {
    Feature {
        missing: "no such answer is known",
        kinds: &[Kind::Survey],
        ..ticket(name, unit, resolution)
    }
}

pub(super) const FEATURES: &[Feature] = &[
    Feature {
        meaning: "Open tickets.",
        formula: "number of open tickets",
        ..ticket("ticket.open", "tickets", EVENTS)
    },
    Feature {
        meaning: "Open tickets that are pressing.",
        formula: "number of open tickets whose latest priority is `high` or `critical`",
        ..ticket("ticket.open_critical", "tickets", EVENTS)
    },
    Feature {
        meaning: "How long the oldest open ticket has been waiting; 0 where none is open.",
        formula: "since(earliest opened at of the open tickets), 0 where none has one",
        form: Form::DaysSince,
        ..ticket("ticket.oldest_open_days", "days", EXACT)
    },
    Feature {
        meaning: "Tickets opened in the last four weeks.",
        formula: "number of tickets whose opened at lies in 28d",
        ..ticket("ticket.opened_28d", "tickets", DAILY)
    },
    Feature {
        meaning: "Tickets opened in the last quarter.",
        formula: "number of tickets whose opened at lies in 90d",
        ..ticket("ticket.opened_90d", "tickets", DAILY)
    },
    Feature {
        meaning: "Share of the last quarter's tickets that were escalated.",
        formula: "100 × those with an escalated change / tickets whose opened at lies in 90d",
        missing: "no ticket was opened in 90d",
        source: "escalation share: escalated / opened",
        ..ticket("ticket.escalated_pct_90d", "percent", DAILY)
    },
    Feature {
        meaning: "How long customers waited for a first response in the last quarter, on average.",
        formula: "mean of max(0, first response − opened at) in hours over the tickets whose \
                  opened at lies in 90d and that have a first response",
        missing: "there is no such ticket",
        source: "time to first response: first response − opened",
        ..ticket("ticket.first_response_hours_90d", "hours", DAILY)
    },
    Feature {
        meaning: "How long tickets stayed open, on average of those settled in the last quarter.",
        formula: "mean of the open time in hours over the tickets that are not open, whose opened \
                  at is known and whose last resolved or closed change that ended a span lies in \
                  90d",
        missing: "there is no such ticket",
        source: "time to resolution: resolved − opened, reopened time added",
        ..ticket("ticket.resolution_hours_90d", "hours", DAILY)
    },
    Feature {
        meaning: "Tickets of the last quarter that were not answered within the reply target.",
        formula: "number of tickets whose opened at lies in 90d and for which x − opened at > \
                  `reply_target_hours`, where x is the first response, without one the earliest \
                  resolved or closed change, without one now",
        ..ticket("ticket.reply_breaches_90d", "tickets", EXACT)
    },
    Feature {
        meaning: "Open tickets of low priority.",
        formula: "number of open tickets whose latest priority is `low`",
        ..ticket("ticket.open_priority_low", "tickets", EVENTS)
    },
    Feature {
        meaning: "Open tickets of medium priority.",
        formula: "number of open tickets whose latest priority is `medium`",
        ..ticket("ticket.open_priority_medium", "tickets", EVENTS)
    },
    Feature {
        meaning: "Open tickets of high priority.",
        formula: "number of open tickets whose latest priority is `high`",
        ..ticket("ticket.open_priority_high", "tickets", EVENTS)
    },
    Feature {
        meaning: "Open tickets of critical priority.",
        formula: "number of open tickets whose latest priority is `critical`",
        ..ticket("ticket.open_priority_critical", "tickets", EVENTS)
    },
    Feature {
        meaning: "Tickets opened in the last week.",
        formula: "number of tickets whose opened at lies in 7d",
        ..ticket("ticket.opened_7d", "tickets", HOURLY)
    },
    Feature {
        meaning: "Share of the last quarter's tickets that had to be opened again.",
        formula: "100 × those with a reopened change / tickets whose opened at lies in 90d",
        missing: "no ticket was opened in 90d",
        source: "reopen share: reopened / opened",
        ..ticket("ticket.reopened_pct_90d", "percent", DAILY)
    },
    Feature {
        meaning: "How long the customer in the middle waited for a first response: one slow \
                  answer moves it little.",
        formula: "middle value, of an even number the mean of the two in the middle, of what \
                  ticket.first_response_hours_90d is the mean of",
        missing: "there is no such ticket",
        source: "median time to first response",
        ..ticket("ticket.first_response_p50_hours_90d", "hours", DAILY)
    },
    Feature {
        meaning: "How long the ticket in the middle stayed open.",
        formula: "middle value, of an even number the mean of the two in the middle, of what \
                  ticket.resolution_hours_90d is the mean of",
        missing: "there is no such ticket",
        source: "median time to resolution",
        ..ticket("ticket.resolution_p50_hours_90d", "hours", DAILY)
    },
    Feature {
        meaning: "The last answer to the question whether one would recommend the product.",
        formula: "latest nps answer",
        source: "NPS answers are 0 to 10; 9 and 10 promote, 0 to 6 detract",
        ..survey("survey.nps_latest", "0 to 10", EVENTS)
    },
    Feature {
        meaning: "The lowest nps answer of a year.",
        formula: "least nps answer in 365d",
        missing: "there is none in 365d",
        ..survey("survey.nps_lowest_365d", "0 to 10", DAILY)
    },
    Feature {
        meaning: "The mean nps answer of a year.",
        formula: "mean of the nps answers in 365d",
        missing: "there is none in 365d",
        ..survey("survey.nps_mean_365d", "0 to 10", DAILY)
    },
    Feature {
        meaning: "The mean nps answer of a year, weighted by who gave it.",
        formula: "over the nps answers in 365d: sum of weight × answer / sum of weight; weight 3 \
                  for the role executive or decision_maker, 2 for champion, 0 for internal and \
                  service, 1 for all else",
        missing: "there is none in 365d, or the weights sum to 0",
        source: "feedback is weighted by who gave it",
        kinds: &[Kind::Contact, Kind::Survey],
        ..survey("survey.nps_role_weighted", "0 to 10", DAILY)
    },
    Feature {
        meaning: "The last answer to the question how satisfied one was.",
        formula: "latest csat answer",
        ..survey("survey.csat_latest", "0 to 5", EVENTS)
    },
    Feature {
        meaning: "Mean satisfaction of the last quarter.",
        formula: "mean of the csat answers in 90d",
        missing: "there is none in 90d",
        ..survey("survey.csat_mean_90d", "0 to 5", DAILY)
    },
    Feature {
        meaning: "How long ago a survey was last answered.",
        formula: "since(greatest `at` of an answer to any survey)",
        form: Form::DaysSince,
        ..survey("survey.days_since_answer", "days", EXACT)
    },
    Feature {
        meaning: "How old the last nps answer is.",
        formula: "since(`at` of the latest nps answer)",
        form: Form::DaysSince,
        ..survey("survey.nps_age_days", "days", EXACT)
    },
    Feature {
        meaning: "How old the last csat answer is.",
        formula: "since(`at` of the latest csat answer)",
        form: Form::DaysSince,
        ..survey("survey.csat_age_days", "days", EXACT)
    },
    Feature {
        meaning: "The lowest satisfaction of the last quarter.",
        formula: "least csat answer in 90d",
        missing: "there is none in 90d",
        ..survey("survey.csat_lowest_90d", "0 to 5", DAILY)
    },
    Feature {
        meaning: "How many answers of the last quarter said that one was dissatisfied.",
        formula: "number of csat answers in 90d that are at most 2",
        source: "the lower two of five are dissatisfied",
        ..survey("survey.csat_bad_90d", "answers", DAILY)
    },
    Feature {
        meaning: "Share of the surveys sent in a year that were answered; above 100 where \
                  answers are known to surveys that were sent earlier or elsewhere.",
        formula: "100 × answers (to any survey) / survey events `sent` in the same streams, both \
                  in 365d; repeats of an id are one",
        missing: "none was sent in 365d",
        source: "response rate: answered / sent",
        ..survey("survey.response_pct_365d", "percent", DAILY)
    },
    Feature {
        meaning: "Bad answers after which nobody spoke with the customer.",
        formula: "number of nps answers of at most 6 and csat answers of at most 2 in 90d whose \
                  id no outbound touch names in `answers`",
        missing: "no nps or csat answer is known",
        source: "the feedback loop: ask, categorize, act, follow up",
        kinds: &[Kind::Survey, Kind::Touch],
        ..survey("survey.followups_unanswered_90d", "answers", DAILY)
    },
];
