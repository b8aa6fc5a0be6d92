//! The families `license` and `account`: what was bought, until when, and by whom.

use super::{DAILY, EVENTS, EXACT, Feature, Form};
use crate::model::Kind;

const NO_LICENSE: &str = "no license is known";

const fn license(name: &'static str, unit: &'static str, resolution: &'static str) -> Feature {
    Feature {
        name,
        unit,
        meaning: "",
        formula: "",
        resolution,
        missing: NO_LICENSE,
        source: "Puls",
        kinds: &[Kind::License],
        form: Form::Number,
    }
}

const fn account(name: &'static str, unit: &'static str, resolution: &'static str) -> Feature {
    Feature {
        missing: "no account event says it",
        kinds: &[Kind::Account],
        ..license(name, unit, resolution)
    }
}

pub(super) const FEATURES: &[Feature] = &[
    Feature {
        meaning: "Seats bought.",
        formula: "sum of the latest `seats` over paid licenses that have them; 0 where licenses \
                  are known and none is paid",
        missing: "no license is known, or licenses are paid and none has `seats`",
        ..license("license.seats", "seats", EVENTS)
    },
    Feature {
        meaning: "Share of the seats that were given to people.",
        formula: "over paid licenses with both: 100 × sum of `seats_assigned` / sum of `seats`",
        missing: "no paid license has both, or the seats are 0",
        source: "seat utilization: assigned seats / purchased seats",
        ..license("license.seats_assigned_pct", "percent", EVENTS)
    },
    Feature {
        meaning: "Share of the seats that were used in the last four weeks.",
        formula: "100 × usage.contacts_28d / license.seats; above 100 where more people than seats",
        missing: "either is missing, or the seats are 0",
        source: "usage rate: active users / licensed users",
        kinds: &[Kind::Contact, Kind::License, Kind::Usage],
        ..license("license.seats_active_pct_28d", "percent", DAILY)
    },
    Feature {
        meaning: "Monthly recurring revenue.",
        formula: "money: sum of the latest `mrr` over paid licenses that have it; 0 where licenses \
                  are known and none is paid",
        missing: "no license is known, licenses are paid and none has `mrr`, or one that has it is \
                  in a currency without a rate (`no_rate`)",
        ..license("license.mrr", "tenant's currency", DAILY)
    },
    Feature {
        meaning: "How long until the first license comes up for renewal; negative once overdue.",
        formula: "until(earliest latest `term_ends` of the paid licenses)",
        missing: "no paid license has `term_ends`",
        source: "several licenses: the renewal date is the earliest",
        form: Form::DaysUntil,
        ..license("license.days_to_renewal", "days", EXACT)
    },
    Feature {
        meaning: "How long until notice must be given: the date that matters.",
        formula: "until(earliest of `term_ends` − `notice_days` (0 where there are none, in whole \
                  ms, towards zero) over paid licenses with `term_ends`)",
        missing: "no paid license has `term_ends`",
        source: "notice deadline",
        form: Form::DaysUntil,
        ..license("license.days_to_decision", "days", EXACT)
    },
    Feature {
        meaning: "How long an invoice has been overdue; 0 where none is.",
        formula: "since(earliest `overdue_since` of the paid licenses), 0 where none has one. A \
                  license's `overdue_since` is the latest stated; a `payment` without one states \
                  that nothing is overdue",
        missing: "no paid license has a statement of either sort",
        form: Form::DaysSince,
        ..license("license.overdue_days", "days", EXACT)
    },
    Feature {
        meaning: "How long the account has been paying.",
        formula: "since(earliest start of the licenses whose latest `trial` is not true, ended \
                  ones too). A license's start is its earliest `started`, without one the earliest \
                  of its events",
        missing: "no license is paid now",
        form: Form::DaysSince,
        ..license("license.tenure_days", "days", EXACT)
    },
    Feature {
        meaning: "Seats that are paid for and that nobody ever used.",
        formula: "max(0, license.seats − number of contacts with any activity event)",
        missing: "license.seats is missing, or no activity of a contact is known",
        kinds: &[Kind::Contact, Kind::License, Kind::Usage],
        ..license("license.seats_never_used", "seats", EVENTS)
    },
    Feature {
        meaning: "Monthly revenue on which the customer can give notice within a quarter.",
        formula: "money: sum of the latest `mrr` over the paid licenses that have it and for \
                  which the day of `term_ends` − `notice_days` (as in license.days_to_decision) \
                  is at most the 90th after today, past days too; 0 where there is none",
        missing: "as license.mrr; a rate is needed only for what is at stake",
        source: "MRR at stake",
        ..license("license.mrr_at_stake_90d", "tenant's currency", DAILY)
    },
    Feature {
        meaning: "How long the account has been trying the product.",
        formula: "since(earliest start, as in license.tenure_days, of the licenses in force \
                  whose latest `trial` is true)",
        missing: "no trial is in force",
        form: Form::DaysSince,
        ..license("license.trial_days_since_start", "days", EXACT)
    },
    Feature {
        meaning: "How long until the first trial runs out; negative once it has.",
        formula: "until(earliest latest `term_ends` of the licenses in force whose latest \
                  `trial` is true)",
        missing: "no trial that is in force has `term_ends`",
        form: Form::DaysUntil,
        ..license("license.trial_days_to_end", "days", EXACT)
    },
    Feature {
        meaning: "Whether the account tries the product and pays for nothing.",
        formula: "1 where a license whose latest `trial` is true is in force and none is paid, \
                  else 0",
        ..license("license.trial_only", "0 or 1", EVENTS)
    },
    Feature {
        meaning: "How monthly revenue moved within the last quarter; −100 where nothing is paid \
                  any more.",
        formula: "with a = license.mrr and b = money: sum over the licenses that were paid before \
                  the first instant of 90d of their `mrr`, where only statements before that \
                  instant count and rates are today's: 100 × (a − b) / b, both in millionths",
        missing: "license.mrr is missing, b is 0, or a part of b is in a currency without a rate \
                  (`no_rate`)",
        source: "MRR change",
        ..license("license.mrr_change_pct_90d", "percent", DAILY)
    },
    Feature {
        meaning: "What the customer owes.",
        formula: "money: sum over the paid licenses of the latest `amount_due`; a `payment` \
                  without one states that nothing is due; an amount of 0 needs no rate",
        missing: "no paid license has a statement of either sort, or one is in a currency \
                  without a rate (`no_rate`)",
        ..license("license.amount_due", "tenant's currency", DAILY)
    },
    Feature {
        meaning: "Payments of the last quarter that failed: often a card that ran out, and an \
                  account lost by accident.",
        formula: "number of `payment_failed` events in 90d, of any license; repeats of an id are \
                  one",
        ..license("license.payment_failures_90d", "payments", DAILY)
    },
    Feature {
        meaning: "Whether the license that comes up for decision first renews by itself.",
        formula: "over the paid licenses for which `term_ends` − `notice_days` (as in \
                  license.days_to_decision; without `term_ends` it is later than all others) is \
                  the earliest and that have `auto_renew`: 0 where the latest of any of them is \
                  false, else 1",
        missing: "none of them has `auto_renew`",
        ..license("license.auto_renew", "0 or 1", EVENTS)
    },
    Feature {
        meaning: "The plan that the customer has; of several licenses that of the greatest.",
        formula: "latest `plan` of the paid license with the greatest MRR at today's rates (0 \
                  where it is not known or has no rate) among those whose plan is known; of \
                  several the one whose name has the smallest hash. Where nothing is paid, of the \
                  trials in force",
        missing: "no such license says its plan",
        form: Form::Text,
        ..license("license.plan", "text", DAILY)
    },
    Feature {
        meaning: "Where in its life the account is: prospect, trial, onboarding, adoption, \
                  retention, expansion, advocacy, paused, churned.",
        formula: "latest `stage`",
        form: Form::Text,
        ..account("account.stage", "text", EVENTS)
    },
    Feature {
        meaning: "The account's segment.",
        formula: "latest `segment`",
        form: Form::Text,
        ..account("account.segment", "text", EVENTS)
    },
    Feature {
        meaning: "How long the account has been known as such.",
        formula: "since(earliest `at` of an account event)",
        missing: "no account event is known",
        form: Form::DaysSince,
        ..account("account.tenure_days", "days", EXACT)
    },
    Feature {
        meaning: "Annual recurring revenue.",
        formula: "12 × license.mrr where a license is known, else the latest `arr` of the profile",
        missing: "license.mrr is missing although a license is known, or no account event says it",
        source: "ARR = 12 × MRR",
        kinds: &[Kind::Account, Kind::License],
        ..account("account.arr", "tenant's currency", DAILY)
    },
    Feature {
        meaning: "An attribute that the tenant declares: a number, 0 or 1, or a text.",
        formula: "latest value of the attribute that has the declared type",
        ..account("attribute.<name>", "as declared", EVENTS)
    },
];
