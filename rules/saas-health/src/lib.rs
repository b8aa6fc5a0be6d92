//! The primary rule for a typical SaaS business: adoption, support, sentiment, commercial,
//! relationship.
//!
//! It looks at levels as well as trends, forgives one late answer and not the third, never counts
//! tickets as such, and judges the use of seats by how long the customer has had them. Prospects
//! and customers who left are not in its population.

use puls_rules_sdk::Severity::{Critical, Warning};
use puls_rules_sdk::{Alerts, Exception, Feature, Measure, Part, Row, Rule, Score, Trigger, list};

list!(FEATURES: Feature {
    ACTIVE_DAYS = Feature::new("usage.active_days_28d"), TREND = Feature::new("usage.trend_28d"),
    BREADTH = Feature::new("usage.breadth_28d"), CSAT = Feature::new("survey.csat_mean_90d"),
    UNSEEN = Feature::new("usage.days_since_last").wake(&[14.0]),
    CHAMPION = Feature::new("usage.days_since_champion").wake(&[30.0]),
    SEATS_USED = Feature::new("license.seats_active_pct_28d"),
    TENURE = Feature::new("license.tenure_days"),
    OVERDUE = Feature::new("license.overdue_days").wake(&[30.0]),
    DECISION = Feature::new("license.days_to_decision").wake(&[90.0, 60.0]),
    PRESSING = Feature::new("ticket.open_critical"), NPS = Feature::new("survey.nps_role_weighted"),
    ESCALATED = Feature::new("ticket.escalated_pct_90d"),
    BREACHES = Feature::new("ticket.reply_breaches_90d"),
    TOUCHED = Feature::new("touch.days_since_last"),
    STAGE = Feature::new("account.stage").values(&["prospect", "churned"]),
});
list!(MEASURES: Measure {
    ADOPTION = Measure::new("Adoption", 40.0), SUPPORT = Measure::new("Support", 20.0),
    SENTIMENT = Measure::new("Sentiment", 15.0), COMMERCIAL = Measure::new("Commercial", 15.0),
    RELATIONSHIP = Measure::new("Relationship", 10.0),
});
list!(PARTS: Part {
    RHYTHM = Part::new(ADOPTION, 45.0, &[ACTIVE_DAYS], "Active on {} of the last 28 days"),
    DIRECTION = Part::new(ADOPTION, 35.0, &[TREND], "Use changed by {} % in four weeks"),
    DEPTH = Part::new(ADOPTION, 20.0, &[BREADTH], "Kinds of use in four weeks: {}"),
    PRESSURE = Part::new(SUPPORT, 40.0, &[PRESSING], "Pressing tickets open: {}"),
    TENSION = Part::new(SUPPORT, 30.0, &[ESCALATED], "{} % of tickets escalated in 90 days"),
    ANSWERS = Part::new(SUPPORT, 30.0, &[BREACHES], "Tickets answered late in 90 days: {}"),
    LOYALTY = Part::new(SENTIMENT, 60.0, &[NPS], "Would recommend us with {} of 10"),
    CONTENT = Part::new(SENTIMENT, 40.0, &[CSAT], "Satisfied with {} of 5"),
    SEATS = Part::new(COMMERCIAL, 50.0, &[SEATS_USED, TENURE], "{} % of seats used at day {}"),
    PAYMENT = Part::new(COMMERCIAL, 50.0, &[OVERDUE], "Payment overdue for {} days"),
    CONTACT = Part::new(RELATIONSHIP, 50.0, &[TOUCHED], "Last in touch {} days ago"),
    SPONSOR = Part::new(RELATIONSHIP, 50.0, &[CHAMPION], "Champion last seen {} days ago"),
});
list!(EXCEPTIONS: Exception {
    UNPAID = Exception::new("Unpaid for {} days", &[OVERDUE]).alert(Warning, "kam", "collect", 3),
    SILENT_RENEWAL = Exception::new("Decides in {} days, unseen for {}", &[DECISION, UNSEEN])
        .alert(Critical, "kam", "save_renewal", 2),
});
list!(TRIGGERS: Trigger {
    RENEWAL_PLAY = Trigger::new("Decides in {} days", &[DECISION]).play("renewal", &["kam"], 14),
    CHAMPION_LEFT = Trigger::new("Champion gone {} days", &[CHAMPION]).play("sponsor", &["csm"], 5),
});

/// The rule, with the usual tiers, hysteresis and dwell.
pub const RULE: Rule = Rule {
    title: "Health of a SaaS customer",
    features: FEATURES,
    measures: MEASURES,
    parts: PARTS,
    exceptions: EXCEPTIONS,
    triggers: TRIGGERS,
    alerts: Alerts::new("csm", "health_review", 5),
    ..Rule::new("saas-health", "1.0.0", evaluate)
};
puls_rules_sdk::rule!(RULE);
puls_rules_sdk::cases!(RULE, "cases.toml");

fn evaluate(row: &Row, score: &mut Score) {
    score.population(!row.listed(STAGE));
    score.part(RHYTHM, row.line(ACTIVE_DAYS, 1.0, 16.0));
    score.part(DIRECTION, row.line(TREND, -60.0, 0.0));
    score.part(DEPTH, row.line(BREADTH, 0.0, 4.0));
    score.part(PRESSURE, row.line(PRESSING, 3.0, 0.0));
    score.part(TENSION, row.line(ESCALATED, 40.0, 0.0));
    score.part(ANSWERS, row.line(BREACHES, 5.0, 1.0));
    score.part(LOYALTY, row.line(NPS, 3.0, 9.0));
    score.part(CONTENT, row.line(CSAT, 2.0, 4.5));
    // Few seats in use cost nothing for two months, are a warning up to the sixth, then a problem.
    let grace = row.bands(TENURE, &[(60.0, 100.0), (180.0, 50.0)], 0.0);
    let seats = row.bands(SEATS_USED, &[(10.0, 0.0), (50.0, 30.0)], 100.0);
    score.part(SEATS, seats.map(|points| points.max(grace.unwrap_or(0.0))));
    score.part(PAYMENT, row.line(OVERDUE, 45.0, 5.0));
    score.part(CONTACT, row.line(TOUCHED, 90.0, 21.0));
    score.part(SPONSOR, row.line(CHAMPION, 60.0, 14.0));

    let deciding = |within| row.at_least(DECISION, 0.0) && row.at_most(DECISION, within);
    let (silent, lost) = (row.at_least(UNSEEN, 14.0), row.at_least(CHAMPION, 30.0));
    // Further below the tier's border than the hysteresis, or the tier would not follow.
    score.cap(UNPAID, row.at_least(OVERDUE, 30.0), 50.0);
    score.cap(SILENT_RENEWAL, deciding(60.0) && silent, 30.0);
    score.trigger(RENEWAL_PLAY, deciding(90.0));
    score.trigger(CHAMPION_LEFT, lost && !silent);
}

#[cfg(test)]
mod tests;
