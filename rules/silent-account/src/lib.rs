//! A secondary rule: customers that forgot you exist.
//!
//! Silence is no use of the product, no touch and no answer to a survey for `quiet_days`; each of
//! the three that was never heard of counts as silent once the customer has been known that long.
//! A silent account is seen at the moment at which it is due, not at its next event.

use puls_rules_sdk::Severity::Warning;
use puls_rules_sdk::{Exception, Feature, Id, Measure, Parameter, Part, Row, Rule, Score};
use puls_rules_sdk::{Tier, Trigger, line, list};

// A tenant that sets another number of days than these is served within a day of it.
const WAKE: &[f64] = &[7.0, 14.0, 21.0, 30.0, 45.0, 60.0, 90.0, 120.0, 180.0];

list!(FEATURES: Feature {
    USED = Feature::new("usage.days_since_last").wake(WAKE),
    TOUCHED = Feature::new("touch.days_since_last").wake(WAKE),
    ANSWERED = Feature::new("survey.days_since_answer").wake(WAKE),
    KNOWN = Feature::new("account.tenure_days").wake(WAKE),
    STAGE = Feature::new("account.stage").values(&["prospect", "paused", "churned"]),
});
list!(PARAMETERS: Parameter { QUIET_DAYS = Parameter::new(30.0, 1.0, 365.0) });
list!(MEASURES: Measure { PRESENCE = Measure::new("Presence", 1.0) });
list!(PARTS: Part {
    USE = Part::new(PRESENCE, 50.0, &[USED], "Product last used {} days ago"),
    TOUCH = Part::new(PRESENCE, 30.0, &[TOUCHED], "Last in touch {} days ago"),
    ANSWER = Part::new(PRESENCE, 20.0, &[ANSWERED], "Last answered a survey {} days ago"),
});
list!(EXCEPTIONS: Exception {
    SILENT = Exception::new("No use, no touch and no answer: the customer went silent", &[])
        .alert(Warning, "csm", "break_the_silence", 3),
});
list!(TRIGGERS: Trigger {
    CALL = Trigger::new("Call the customer and ask how things are", &[])
        .play("break_the_silence", &["csm"], 3).cooldown_days(30),
});

/// The rule. Its tiers say how present an account is; they never open an alert.
pub const RULE: Rule = Rule {
    title: "Accounts that went silent",
    features: FEATURES,
    parameters: PARAMETERS,
    measures: MEASURES,
    parts: PARTS,
    exceptions: EXCEPTIONS,
    triggers: TRIGGERS,
    tiers: &[
        Tier::new("present", 50.0),
        Tier::new("fading", 10.0),
        Tier::new("silent", 0.0),
    ],
    dwell_hours: 0,
    coverage_min: 0,
    ..Rule::new("silent-account", "1.0.0", evaluate)
};
puls_rules_sdk::rule!(RULE);

fn evaluate(row: &Row, score: &mut Score) {
    let days = row.parameter(QUIET_DAYS);
    let fresh = |feature| row.get(feature).map(|since| line(since, days, 0.0));
    score.population(!row.listed(STAGE));
    score.part(USE, fresh(USED));
    score.part(TOUCH, fresh(TOUCHED));
    score.part(ANSWER, fresh(ANSWERED));

    let known = row.at_least(KNOWN, days);
    let quiet = |signal: Id<Feature>| row.get(signal).map_or(known, |since| since >= days);
    let silent = quiet(USED) && quiet(TOUCHED) && quiet(ANSWERED);
    score.cap(SILENT, silent, 0.0);
    score.trigger(CALL, silent);
}
