//! Accounts as customer success people know them, and what the rule says of each.

use puls_rules_sdk::kit::{self, Account};

use super::{RULE, manifest};

/// A customer of whom everything is known and nothing is wrong.
fn happy() -> Account {
    Account::of(&RULE)
        .with("usage.active_days_28d", 19.0)
        .with("usage.trend_28d", 12.0)
        .with("usage.breadth_28d", 6.0)
        .with("usage.days_since_last", 0.3)
        .with("usage.days_since_champion", 2.0)
        .with("license.seats_active_pct_28d", 78.0)
        .with("license.tenure_days", 400.0)
        .with("license.overdue_days", 0.0)
        .with("license.days_to_decision", 200.0)
        .with("ticket.open_critical", 0.0)
        .with("ticket.escalated_pct_90d", 0.0)
        .with("ticket.reply_breaches_90d", 1.0)
        .with("survey.nps_role_weighted", 9.2)
        .with("survey.csat_mean_90d", 4.6)
        .with("touch.days_since_last", 12.0)
        .with_text("account.stage", "adoption")
}

#[test]
fn the_manifest_says_what_the_rule_is() {
    let manifest = kit::manifest(manifest());
    assert_eq!(manifest.name, "saas-health");
    assert_eq!(manifest.reason(12).unwrap().code, "sponsor");
    assert_eq!(
        manifest.exceptions[1].text,
        "Decides in {license.days_to_decision} days, unseen for {usage.days_since_last}"
    );
    let weights: f64 = manifest.measures.iter().map(|measure| measure.weight).sum();
    assert!((weights - 100.0).abs() < 1e-9, "{weights}");
}

/// What is changed about the happy customer, the score, and the tier.
#[test]
fn each_story_has_its_score() {
    let cases = [
        ("healthy", happy(), 100.0, "healthy"),
        (
            "fewer days and falling",
            happy()
                .with("usage.active_days_28d", 4.0)
                .with("usage.trend_28d", -45.0),
            75.1,
            "healthy",
        ),
        (
            "silent drift: hardly used, the champion gone, few seats",
            happy()
                .with("usage.active_days_28d", 1.0)
                .with("usage.trend_28d", -80.0)
                .with("usage.breadth_28d", 1.0)
                .with("usage.days_since_champion", 50.0)
                .with("license.seats_active_pct_28d", 8.0),
            50.58,
            "at_risk",
        ),
        (
            "support storm",
            happy()
                .with("ticket.open_critical", 4.0)
                .with("ticket.escalated_pct_90d", 60.0)
                .with("ticket.reply_breaches_90d", 6.0)
                .with("survey.nps_role_weighted", 2.0)
                .with("survey.csat_mean_90d", 1.5),
            65.0,
            "watch",
        ),
        (
            "unpaid",
            happy().with("license.overdue_days", 31.0),
            50.0,
            "at_risk",
        ),
        (
            "silent before the decision",
            happy()
                .with("license.days_to_decision", 45.0)
                .with("usage.days_since_last", 15.0),
            30.0,
            "critical",
        ),
        (
            "hardly anything known",
            Account::of(&RULE).with("ticket.open_critical", 0.0),
            100.0,
            "unknown",
        ),
    ];
    for (story, account, score, tier) in cases {
        let answer = account.answer();
        let found = answer.score().unwrap();
        assert!(
            (found - score).abs() < 0.01,
            "{story}: {found}, not {score}"
        );
        assert_eq!(answer.tier(), Some(tier), "{story}");
    }
}

#[test]
fn seats_are_judged_by_tenure() {
    // Field notes: 10 to 50 % of seats at 2 to 6 months is a warning, after 6 months a problem.
    let cases = [
        (30.0, 5.0, 100.0),
        (90.0, 5.0, 50.0),
        (90.0, 30.0, 50.0),
        (90.0, 50.1, 100.0),
        (181.0, 30.0, 30.0),
        (400.0, 10.0, 0.0),
        (400.0, 50.1, 100.0),
    ];
    for (tenure, percent, points) in cases {
        let account = happy()
            .with("license.tenure_days", tenure)
            .with("license.seats_active_pct_28d", percent);
        let found = account.answer().points("seats");
        assert_eq!(found, Some(points), "{percent} % at day {tenure}");
    }
}

#[test]
fn one_late_answer_is_forgiven_and_repetition_is_not() {
    let points = |breaches| {
        let answer = happy().with("ticket.reply_breaches_90d", breaches).answer();
        answer.points("answers").unwrap()
    };
    let found: Vec<f64> = [0.0, 1.0, 2.0, 5.0].map(points).to_vec();
    assert_eq!(found, [100.0, 100.0, 75.0, 0.0]);
}

#[test]
fn prospects_and_those_who_left_are_not_scored() {
    for (stage, belongs) in [("prospect", false), ("churned", false), ("trial", true)] {
        let answer = happy().with_text("account.stage", stage).answer();
        assert_eq!(answer.in_population(), belongs, "{stage}");
        assert_eq!(answer.score().is_some(), belongs, "{stage}");
    }
    assert!(happy().without("account.stage").answer().in_population());
}

#[test]
fn plays_are_asked_for_at_their_moment() {
    let renewal = |days| happy().with("license.days_to_decision", days).answer();
    for (days, expected) in [(90.5, false), (90.0, true), (0.0, true), (-1.0, false)] {
        assert_eq!(renewal(days).asks("renewal_play"), expected, "{days} days");
    }
    let champion = |days| happy().with("usage.days_since_champion", days).answer();
    assert!(!champion(29.0).asks("champion_left"));
    assert!(champion(30.0).asks("champion_left"));
    // Where nobody uses the product any more, the champion is not the news.
    let gone = happy()
        .with("usage.days_since_champion", 30.0)
        .with("usage.days_since_last", 14.0);
    assert!(!gone.answer().asks("champion_left"));
}

#[test]
fn exceptions_hold_from_their_day_on() {
    for (days, expected) in [(29.9, false), (30.0, true)] {
        let answer = happy().with("license.overdue_days", days).answer();
        assert_eq!(answer.raises("unpaid"), expected, "{days} days overdue");
    }
    let silent = happy().with("license.days_to_decision", 60.0);
    for (days, expected) in [(13.9, false), (14.0, true)] {
        let answer = silent.clone().with("usage.days_since_last", days).answer();
        assert_eq!(
            answer.raises("silent_renewal"),
            expected,
            "{days} days unseen"
        );
    }
}
