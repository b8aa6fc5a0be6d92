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
    tiers: &[Tier::new("present", 50.0), Tier::new("fading", 0.0)],
    dwell_hours: 0,
    coverage_min: 0,
    ..Rule::new("silent-account", "1.0.0", evaluate)
};
puls_rules_sdk::rule!(RULE);
puls_rules_sdk::cases!(RULE, "cases.toml");

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

#[cfg(test)]
mod tests {
    use puls_rules_sdk::kit::{self, Account};

    use super::{RULE, manifest};

    fn heard(used: f64, touched: f64, answered: f64, known: f64) -> Account {
        Account::of(&RULE)
            .with("usage.days_since_last", used)
            .with("touch.days_since_last", touched)
            .with("survey.days_since_answer", answered)
            .with("account.tenure_days", known)
    }

    #[test]
    fn the_manifest_wakes_at_the_default() {
        let manifest = kit::manifest(manifest());
        let quiet_days = manifest.parameters[0].default;
        for feature in manifest.features.iter().take(4) {
            assert!(feature.wake.contains(&quiet_days), "{}", feature.name);
        }
    }

    /// Days since use, touch and answer, days known, and whether that is silence.
    #[test]
    fn silence_is_nothing_heard_by_any_way() {
        let never = f64::NAN;
        let cases = [
            (30.0, 30.0, 30.0, 400.0, true),
            (29.9, 30.0, 30.0, 400.0, false),
            (30.0, 29.9, 30.0, 400.0, false),
            (30.0, 30.0, 29.9, 400.0, false),
            (45.0, never, never, 400.0, true),
            (45.0, never, never, 10.0, false),
            (never, never, never, 30.0, true),
            (never, never, never, never, false),
        ];
        for (used, touched, answered, known, expected) in cases {
            let answer = heard(used, touched, answered, known).answer();
            let case = format!("{used} {touched} {answered} {known}");
            assert_eq!(answer.raises("silent"), expected, "{case}");
            assert_eq!(answer.asks("call"), expected, "{case}");
            assert!(!expected || answer.score() == Some(0.0), "{case}");
        }
    }

    #[test]
    fn a_tenant_says_how_long_quiet_is() {
        let account = heard(20.0, 25.0, 60.0, 400.0);
        assert!(!account.answer().raises("silent"));
        assert!(
            account
                .parameter("quiet_days", 14.0)
                .answer()
                .raises("silent")
        );
    }

    #[test]
    fn the_paused_and_those_who_left_may_be_silent() {
        for (stage, belongs) in [("paused", false), ("churned", false), ("retention", true)] {
            let account = heard(90.0, 90.0, 90.0, 400.0).with_text("account.stage", stage);
            assert_eq!(account.answer().in_population(), belongs, "{stage}");
        }
    }

    #[test]
    fn presence_fades_day_by_day() {
        let answer = heard(6.0, 15.0, 30.0, 400.0).answer();
        assert_eq!(answer.points("use"), Some(80.0));
        assert_eq!(answer.points("touch"), Some(50.0));
        assert_eq!(answer.points("answer"), Some(0.0));
        assert_eq!(answer.score(), Some(55.0));
        assert_eq!(answer.tier(), Some("present"));
    }
}
