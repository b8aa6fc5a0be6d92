//! The families `touch`, `milestone`, `assessment` and `custom`: what people did, reached and
//! judged, and what tenants declare.

use super::{DAILY, EXACT, Feature, Form};
use crate::model::Kind;

const fn feature(name: &'static str, unit: &'static str, resolution: &'static str) -> Feature {
    Feature {
        name,
        unit,
        meaning: "",
        formula: "",
        resolution,
        missing: "",
        source: "Puls",
        kinds: &[],
        form: Form::Number,
    }
}

const fn touch(name: &'static str, unit: &'static str, resolution: &'static str) -> Feature {
    Feature {
        missing: "no touch is known",
        kinds: &[Kind::Touch],
        ..feature(name, unit, resolution)
    }
}

const fn milestone(name: &'static str, unit: &'static str) -> Feature {
    Feature {
        missing: "no milestone is known",
        kinds: &[Kind::Milestone],
        ..feature(name, unit, EXACT)
    }
}

const fn assessment(name: &'static str, unit: &'static str) -> Feature {
    Feature {
        missing: "the factor was not assessed, or its latest assessment was withdrawn or expired",
        kinds: &[Kind::Assessment],
        ..feature(name, unit, EXACT)
    }
}

pub(super) const FEATURES: &[Feature] = &[
    Feature {
        meaning: "How long ago the companies were last in touch.",
        formula: "since(greatest `at` of a touch)",
        form: Form::DaysSince,
        ..touch("touch.days_since_last", "days", EXACT)
    },
    Feature {
        meaning: "How often the companies were in touch in the last quarter.",
        formula: "number of touches in 90d",
        ..touch("touch.count_90d", "touches", DAILY)
    },
    Feature {
        meaning: "Share of a year's touches that were not about the renewal. Contact only when the \
                  contract is about to end is a sign of risk.",
        formula: "100 × touches outside / touches in 365d. A touch is inside if its purpose is \
                  `renewal` or if its day lies at most `renewal_window_days` before, and not \
                  after, the day of any `term_ends` that was ever stated for a license whose \
                  latest `trial` is not true",
        missing: "there is no touch in 365d, or no such `term_ends` on a day in 365d or later was \
                  ever stated",
        source: "contact only when the contract is about to end is itself a risk signal",
        kinds: &[Kind::License, Kind::Touch],
        ..touch("touch.outside_renewal_pct_365d", "percent", DAILY)
    },
    Feature {
        meaning: "Times the customer reached out and nobody came back.",
        formula: "number of inbound touches in 90d whose id no outbound touch names in `answers`",
        ..touch("touch.unanswered_90d", "touches", DAILY)
    },
    Feature {
        meaning: "Share of the milestones that are done.",
        formula: "100 × milestones whose latest `done` ≤ now / milestones",
        ..milestone("milestone.done_pct", "percent")
    },
    Feature {
        meaning: "Milestones that should be done and are not.",
        formula: "number of milestones whose latest `due` < now and that have no latest `done` ≤ \
                  now",
        ..milestone("milestone.overdue", "milestones")
    },
    Feature {
        meaning: "How long it took from the contract to the first value.",
        formula: "days, at least 0, from the contract's beginning: license.tenure_days counts \
                  from it; where nothing is paid, license.trial_days_since_start does to the \
                  latest `done` ≤ now of the milestone `first_value`",
        missing: "the milestone `first_value` is not done, or no license is paid or tried",
        source: "time to first value",
        kinds: &[Kind::License, Kind::Milestone],
        ..milestone("milestone.first_value_days", "days")
    },
    Feature {
        meaning: "How long the customer has been waiting for the first value; 0 once it is \
                  there.",
        formula: "since(the contract's beginning: license.tenure_days counts from it; where \
                  nothing is paid, license.trial_days_since_start does), 0 where the milestone \
                  `first_value` has a latest `done` ≤ now",
        missing: "no license is paid or tried",
        source: "time to first value",
        kinds: &[Kind::License, Kind::Milestone],
        form: Form::DaysSince,
        ..milestone("milestone.days_without_first_value", "days")
    },
    Feature {
        meaning: "A person's judgement of one of the tenant's success factors.",
        formula: "latest assessment of the factor: 100 × value / scale, rounded to a millionth, \
                  halves away from zero; an assessment with `expires` holds while now < expires",
        source: "the tenant's factors; by default the six success factors of Salesforce",
        ..assessment("assessment.<factor>", "0 to 100")
    },
    Feature {
        meaning: "How old that judgement is.",
        formula: "since(`at` of the latest assessment of the factor)",
        form: Form::DaysSince,
        ..assessment("assessment.<factor>_age_days", "days")
    },
    Feature {
        meaning: "A feature that the tenant declares, over the events of one kind that pass its \
                  conditions.",
        formula: "over the events of the kind in the window that pass all conditions (`role`: the \
                  contact's role as it is now; a field that the event does not have passes none): \
                  count: their number; sum, mean, min, max: of the numeric field `of`, over those \
                  that have it; distinct: number of different values of `of`; last: `of` in the \
                  latest that has it; share: 100 × those that pass / all events of the kind in the \
                  window; days_since: since(greatest `at`). Windows 1d and 7d move by the hour, \
                  the others by the day; `last` and `days_since` without a window reach back 400 \
                  days (today and the 399 before). Contacts that are internal or service count, \
                  unless a condition says otherwise. Repeats of an id count once, except of usage \
                  and touches, which are recognised within the dedup horizon",
        resolution: "hour or local day, by window; days_since: exact",
        missing: "count, sum and distinct: no event of the kind is known; the others: no event in \
                  the window to compute them from. For all: the window reaches back before the \
                  feature was declared (`not_enough_history`), except `last` and `days_since` \
                  whose latest event came after that",
        source: "the tenant",
        ..feature("custom.<name>", "as declared", DAILY)
    },
];
