//! Features relative to the segment, of several families, and the family `score`: scores of days
//! ago.

use super::{DAILY, Feature, Form};
use crate::model::Kind;

/// What an account is compared by, and the three features that follow from it.
macro_rules! relative {
    ($($base:literal, $unit:literal, $what:literal, [$($kind:ident),*];)*) => { &[$(
        Feature {
            name: concat!($base, "_pct_of_segment_median"),
            unit: "percent",
            meaning: concat!($what, ", against the customer in the middle of its segment: below \
                100 is less than half of them have."),
            formula: concat!("100 × ", $base, " / ", $base, "_segment_median"),
            missing: concat!($base, " is missing, the segment has too few *peers* (`no_peers`), \
                or their median is 0"),
            ..of_peers(&[Kind::Account, $(Kind::$kind),*])
        },
        Feature {
            name: concat!($base, "_segment_percentile"),
            unit: "percent",
            meaning: concat!($what, ": the share of its segment that has less. 50 is the middle, \
                and zeros among peers do not harm it."),
            formula: concat!("100 × (2 × peers in buckets below that of ", $base, " + those in \
                the same) / (2 × peers)"),
            missing: concat!($base, " is missing, or the segment has too few *peers* (`no_peers`)"),
            ..of_peers(&[Kind::Account, $(Kind::$kind),*])
        },
        Feature {
            name: concat!($base, "_segment_median"),
            unit: $unit,
            meaning: concat!($what, ": what the customer in the middle of its segment has."),
            formula: concat!("middle of the bucket in which the lower middle of the peers' ",
                $base, " lies"),
            missing: concat!($base, " is missing, or the segment has too few *peers* (`no_peers`)"),
            ..of_peers(&[Kind::Account, $(Kind::$kind),*])
        },
    )*] };
}

const fn of_peers(kinds: &'static [Kind]) -> Feature {
    Feature {
        name: "",
        unit: "",
        meaning: "",
        formula: "",
        resolution: DAILY,
        missing: "",
        source: "relative to the segment",
        kinds,
        form: Form::Number,
    }
}

pub(super) const FEATURES: &[Feature] = relative! {
    "usage.events_28d", "events", "How often the product was used", [Contact, Usage];
    "usage.active_days_28d", "days", "On how many days the product was used", [Contact, Usage];
    "usage.contacts_28d", "contacts", "How many people used the product", [Contact, Usage];
    "usage.breadth_28d", "metrics", "How much of the product was used", [Contact, Usage];
    "license.seats_active_pct_28d", "percent", "Which share of its seats was used",
        [Contact, License, Usage];
    "ticket.opened_90d", "tickets", "How many tickets were opened", [Ticket];
    "ticket.first_response_hours_90d", "hours", "How long it waited for first responses", [Ticket];
};

const fn ago(name: &'static str, meaning: &'static str) -> Feature {
    Feature {
        name,
        unit: "points",
        meaning,
        formula: "the score before exceptions (the sum of contributions, in points) of the last \
                  evaluation by the rule of the same name that was decided on the day so many \
                  days before today, or before it",
        resolution: DAILY,
        missing: "the rule did not score the account then, or it has not named the feature since \
                  then (`not_enough_history`)",
        source: "Puls",
        kinds: &[],
        form: Form::Number,
    }
}

pub(super) const SCORES: &[Feature] = &[
    ago(
        "score.ago_7d",
        "What the rule's own score was a week ago. For triggers only.",
    ),
    ago(
        "score.ago_28d",
        "What the rule's own score was four weeks ago. For triggers only: `score.now < \
         score.ago_28d - 15` is a fall by more than 15 points.",
    ),
    ago(
        "score.ago_90d",
        "What the rule's own score was a quarter ago. For triggers only.",
    ),
];
