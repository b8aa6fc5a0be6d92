//! The family `usage`: how much, how broadly and by whom the product is used.

use super::{DAILY, EXACT, Feature, Form, HOURLY};
use crate::model::Kind;

const KINDS: &[Kind] = &[Kind::Contact, Kind::Usage];
const NEVER: &str = "no activity is known";
const NOBODY: &str = "no activity of a contact is known";

const fn usage(name: &'static str, unit: &'static str, resolution: &'static str) -> Feature {
    Feature {
        name,
        unit,
        meaning: "",
        formula: "",
        resolution,
        missing: NEVER,
        source: "Puls",
        kinds: KINDS,
        form: Form::Number,
    }
}

pub(super) const FEATURES: &[Feature] = &[
    Feature {
        meaning: "How often the product was used in the last day.",
        formula: "number of activity events in 1d",
        ..usage("usage.events_1d", "events", HOURLY)
    },
    Feature {
        meaning: "How often the product was used in the last week.",
        formula: "number of activity events in 7d",
        ..usage("usage.events_7d", "events", HOURLY)
    },
    Feature {
        meaning: "How often the product was used in the last four weeks.",
        formula: "number of activity events in 28d",
        ..usage("usage.events_28d", "events", DAILY)
    },
    Feature {
        meaning: "How much was used in the last four weeks.",
        formula: "sum of `value` over the activity events in 28d",
        ..usage("usage.value_28d", "as `value`", DAILY)
    },
    Feature {
        meaning: "On how many days of the last four weeks the product was used.",
        formula: "number of days in 28d with an activity event",
        source: "usage rate: active days / days",
        ..usage("usage.active_days_28d", "days", DAILY)
    },
    Feature {
        meaning: "How many people used the product in the last week.",
        formula: "number of contacts with an activity event in 7d",
        missing: NOBODY,
        ..usage("usage.contacts_7d", "contacts", HOURLY)
    },
    Feature {
        meaning: "How many people used the product in the last four weeks.",
        formula: "number of contacts with an activity event in 28d",
        missing: NOBODY,
        source: "monthly active users",
        ..usage("usage.contacts_28d", "contacts", DAILY)
    },
    Feature {
        meaning: "How many different metrics (product features, actions) were used.",
        formula: "number of different metrics of the activity events in 28d",
        source: "breadth of use",
        ..usage("usage.breadth_28d", "metrics", DAILY)
    },
    Feature {
        meaning: "Whether use grows or shrinks: the last four whole weeks against the four before.",
        formula: "with a = activity events on the 28 days before today and b = those on the 28 \
                  days before these: 100 × (a − b) / b",
        missing: "b is 0, or the first known activity lies on a later day than the first of the 56",
        ..usage("usage.trend_28d", "percent", DAILY)
    },
    Feature {
        meaning: "How long ago the product was last used.",
        formula: "since(greatest `at` of an activity event)",
        form: Form::DaysSince,
        ..usage("usage.days_since_last", "days", EXACT)
    },
    Feature {
        meaning: "How many errors users met in the last four weeks.",
        formula: "sum of `errors` over the activity events in 28d; a negative number counts as 0",
        missing: "no activity event with `errors` is known",
        ..usage("usage.errors_28d", "errors", DAILY)
    },
    Feature {
        meaning: "How long ago a champion last used the product. A champion who left still counts: \
                  the silence is the signal.",
        formula: "since(greatest `at` of an activity event of a contact with the role `champion`)",
        missing: "no activity of a champion is known",
        form: Form::DaysSince,
        ..usage("usage.days_since_champion", "days", EXACT)
    },
    Feature {
        meaning: "How long ago somebody who decides last used the product.",
        formula: "since(greatest `at` of an activity event of a contact with the role \
                  `decision_maker`)",
        missing: "no activity of a contact with that role is known",
        form: Form::DaysSince,
        ..usage("usage.days_since_decision_maker", "days", EXACT)
    },
    Feature {
        meaning: "How long ago an executive last used the product.",
        formula: "since(greatest `at` of an activity event of a contact with the role \
                  `executive`)",
        missing: "no activity of a contact with that role is known",
        form: Form::DaysSince,
        ..usage("usage.days_since_executive", "days", EXACT)
    },
    Feature {
        meaning: "How long ago a plain user last used the product.",
        formula: "since(greatest `at` of an activity event of a contact with the role `user`)",
        missing: "no activity of a contact with that role is known",
        form: Form::DaysSince,
        ..usage("usage.days_since_user", "days", EXACT)
    },
    Feature {
        meaning: "How many plain users used the product in the last four weeks.",
        formula: "number of contacts with the role `user` and an activity event in 28d",
        missing: NOBODY,
        ..usage("usage.users_28d", "contacts", DAILY)
    },
    Feature {
        meaning: "How many champions used the product in the last four weeks.",
        formula: "number of contacts with the role `champion` and an activity event in 28d",
        missing: NOBODY,
        ..usage("usage.champions_28d", "contacts", DAILY)
    },
    Feature {
        meaning: "How many people who decide used the product in the last four weeks.",
        formula: "number of contacts with the role `decision_maker` and an activity event in 28d",
        missing: NOBODY,
        ..usage("usage.decision_makers_28d", "contacts", DAILY)
    },
    Feature {
        meaning: "How many executives used the product in the last four weeks.",
        formula: "number of contacts with the role `executive` and an activity event in 28d",
        missing: NOBODY,
        ..usage("usage.executives_28d", "contacts", DAILY)
    },
    Feature {
        meaning: "How many people used the product in the last day.",
        formula: "number of contacts with an activity event in 1d",
        missing: NOBODY,
        source: "daily active users",
        ..usage("usage.contacts_1d", "contacts", HOURLY)
    },
    Feature {
        meaning: "How many people used the product in the last quarter.",
        formula: "number of contacts with an activity event in 90d",
        missing: NOBODY,
        ..usage("usage.contacts_90d", "contacts", DAILY)
    },
    Feature {
        meaning: "How many people used the product in the last year.",
        formula: "number of contacts with an activity event in 365d",
        missing: NOBODY,
        ..usage("usage.contacts_365d", "contacts", DAILY)
    },
    Feature {
        meaning: "On how many days of the last week the product was used.",
        formula: "number of days with an activity event, of today and the 6 days before",
        ..usage("usage.active_days_7d", "days", DAILY)
    },
    Feature {
        meaning: "How much of the use is one person's. Where it is nearly all, the account \
                  leaves with that person.",
        formula: "100 × activity events of the contact with most of them / activity events of \
                  all contacts, both in 28d",
        missing: "no activity of a contact is known, or there is none in 28d",
        source: "concentration of use",
        ..usage("usage.busiest_contact_pct_28d", "percent", DAILY)
    },
    Feature {
        meaning: "How many errors users met per hundred uses; above 100 where there are several \
                  to a use.",
        formula: "100 × usage.errors_28d / usage.events_28d",
        missing: "no activity event with `errors` is known, or there is no activity in 28d",
        source: "error rate",
        ..usage("usage.errors_pct_28d", "percent", DAILY)
    },
    Feature {
        meaning: "How often the product was used in the last quarter.",
        formula: "number of activity events in 90d",
        ..usage("usage.events_90d", "events", DAILY)
    },
    Feature {
        meaning: "On how many days of the last quarter the product was used.",
        formula: "number of days in 90d with an activity event",
        ..usage("usage.active_days_90d", "days", DAILY)
    },
    Feature {
        meaning: "How often the product was used in the last year.",
        formula: "number of activity events in 365d",
        ..usage("usage.events_365d", "events", DAILY)
    },
    Feature {
        meaning: "On how many days of the last year the product was used.",
        formula: "number of days in 365d with an activity event",
        ..usage("usage.active_days_365d", "days", DAILY)
    },
    Feature {
        meaning: "The last whole week against the mean week of the quarter; 100 where they are \
                  alike.",
        formula: "with a = activity events on the 7 days before today and b = those on the 90 \
                  days before today: 100 × 90 × a / (7 × b)",
        missing: "b is 0, or the first known activity lies on a later day than the first of the \
                  90",
        source: "logins of 7 days against the weekly mean of 90",
        ..usage("usage.events_7d_vs_90d_weekly_mean", "percent", DAILY)
    },
    Feature {
        meaning: "usage.events_28d as it was a year ago, on the same weekdays.",
        formula: "number of activity events on the 28 days from 391 to 364 days before today",
        missing: "the first known activity lies on a later day than the first of the 28",
        ..usage("usage.events_28d_year_ago", "events", DAILY)
    },
    Feature {
        meaning: "usage.active_days_28d as it was a year ago.",
        formula: "number of days with an activity event of the 28 days from 391 to 364 days \
                  before today",
        missing: "the first known activity lies on a later day than the first of the 28",
        ..usage("usage.active_days_28d_year_ago", "days", DAILY)
    },
    Feature {
        meaning: "usage.contacts_28d as it was a year ago, among the contacts who count now.",
        formula: "number of contacts with an activity event on the 28 days from 391 to 364 days \
                  before today",
        missing: "no activity of a contact is known, or the first known activity lies on a later \
                  day than the first of the 28",
        ..usage("usage.contacts_28d_year_ago", "contacts", DAILY)
    },
    Feature {
        meaning: "Whether use grows or shrinks: the last whole week against the one before.",
        formula: "with a = activity events on the 7 days before today and b = those on the 7 \
                  days before these: 100 × (a − b) / b",
        missing: "b is 0, or the first known activity lies on a later day than the first of the \
                  14",
        ..usage("usage.trend_7d", "percent", DAILY)
    },
    Feature {
        meaning: "Whether use grows or shrinks: the last 90 whole days against the 90 before.",
        formula: "with a = activity events on the 90 days before today and b = those on the 90 \
                  days before these: 100 × (a − b) / b",
        missing: "b is 0, or the first known activity lies on a later day than the first of the \
                  180",
        ..usage("usage.trend_90d", "percent", DAILY)
    },
];
