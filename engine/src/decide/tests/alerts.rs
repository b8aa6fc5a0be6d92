//! The life of alerts and triggers.

use crate::limits::RULE_FAILURES_MAX;
use crate::model::{Digest, Key, Topic};

use super::bench::{Bench, START, envelope};
use crate::decide::{RuleRef, retire};

#[test]
fn a_tier_alert_opens_escalates_improves_and_resolves() {
    Bench::new().check(&[
        ("0h 30", "score at_risk 30, tier opened r1 warning"),
        ("1h 29", ""),
        ("2h 10", "score critical 10, tier escalated r2 critical"),
        ("3h 30", "score at_risk 30, tier updated r3 warning"),
        // The first reason has changed; the score is not published for that.
        ("4h 30 few_days", "tier updated r4 warning"),
        ("5h 30 few_days", ""),
        ("6h 30 no_contact", "tier updated r5 warning"),
        (
            "7h 30 no_contact pilot",
            "score at_risk 30, tier updated r6 warning",
        ),
        (
            "8h 50",
            "score watch 50, tier resolved r7 warning recovered",
        ),
        ("9h 30", "score at_risk 30, tier opened r1 warning"),
    ]);
}

/// Silence is no recovery: too little coverage neither opens nor ends an alert.
#[test]
fn unknown_keeps_an_open_alert() {
    Bench::new().check(&[
        ("0h 10 cov=10", "score unknown 10"),
        ("1h 10", "score critical 10, tier opened r1 critical"),
        ("2h 10 cov=10", "score unknown 10, tier updated r2 critical"),
        ("3h 90 cov=10", ""),
        (
            "4h 90",
            "score healthy 90, tier resolved r3 critical recovered",
        ),
        ("5h 10", "score critical 10, tier opened r1 critical"),
        ("6h 10 cov=10", "score unknown 10, tier updated r2 critical"),
        (
            "7h outside",
            "score not_scored null, tier resolved r3 critical left_population",
        ),
    ]);
}

#[test]
fn exceptions_have_alerts_of_their_own_in_order_of_subjects() {
    let mut bench = Bench::new();
    bench.check(&[
        (
            "0h 80 unpaid",
            "score healthy 80, unpaid opened r1 critical",
        ),
        // `pilot` does not alert, but the exceptions changed.
        (
            "1h 80 unpaid pilot",
            "score healthy 80, unpaid updated r2 critical",
        ),
        (
            "2h 10 unpaid zealous adjust=0",
            "score critical 10, tier opened r1 critical, unpaid updated r3 critical, \
             zealous opened r1 info",
        ),
        (
            "3h 80 zealous",
            "score healthy 80, tier resolved r2 critical recovered, \
             unpaid resolved r4 critical ended, zealous updated r2 info",
        ),
        (
            "4h outside zealous",
            "score not_scored null, zealous resolved r3 info left_population",
        ),
    ]);
    let subjects: Vec<_> = bench
        .outputs
        .iter()
        .map(|output| output.key.as_str())
        .collect();
    assert!(subjects.iter().all(|key| *key == "acme/eu%2F42"));
}

#[test]
fn an_alert_says_why_who_until_when_and_what() {
    let mut bench = Bench::new();
    bench.play("0h 90 unpaid adjust=-80 few_days no_contact");
    let alert = bench.data(Topic::Alerts, 1);
    assert_eq!(alert["subject"], "tier");
    assert_eq!(alert["owner_role"], "csm");
    assert_eq!(alert["playbook"], "save");
    assert_eq!(alert["due"], "2026-03-06T00:00:00Z");
    // 0.5 × (100 − 0) before 0.5 × (80 − 0); the exception that lowered the score first of all.
    let codes = |alert: &serde_json::Value| -> Vec<String> {
        let why = alert["why"].as_array().unwrap().iter();
        why.map(|why| why["code"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(codes(&alert), ["unpaid", "few_days", "no_contact"]);
    assert_eq!(alert["why"][1]["text"], "Active on only 3 of 28 days");
    assert_eq!(alert["why"][2]["text"], "No contact with this gold account");
    assert_eq!(alert["score"]["score"], 10);
    let unpaid = bench.data(Topic::Alerts, 0);
    assert_eq!(unpaid["owner_role"], "finance");
    assert_eq!(unpaid["due"], "2026-03-04T00:00:00Z");
    assert_eq!(codes(&unpaid), ["unpaid", "few_days", "no_contact"]);
}

#[test]
fn a_snooze_is_silent_until_it_ends_or_it_gets_worse() {
    Bench::new().check(&[
        ("0h 30", "score at_risk 30, tier opened r1 warning"),
        ("1h act snoozed tier 10", "applied"),
        ("1h 30", "tier snoozed r2 warning, expiry@10h"),
        ("2h 30 few_days", "expiry@10h"),
        ("10h 30 few_days", "tier updated r3 warning"),
        ("11h act snoozed tier 20", "applied"),
        ("11h 30 few_days", "tier snoozed r4 warning, expiry@20h"),
        ("12h 10", "score critical 10, tier escalated r5 critical"),
        ("13h act snoozed tier 20", "applied"),
        ("13h 10", "tier snoozed r6 critical, expiry@20h"),
        // Less severe is no reason to wake anybody.
        ("14h 30", "score at_risk 30, expiry@20h"),
        (
            "15h 90",
            "score healthy 90, tier resolved r7 critical recovered",
        ),
        ("16h act snoozed tier 20", "unknown"),
    ]);
}

#[test]
fn actions_that_cannot_take_effect_are_counted_not_failed() {
    Bench::new().check(&[
        ("0h act acknowledged tier", "unknown"),
        ("1h 30", "score at_risk 30, tier opened r1 warning"),
        ("2h act snoozed tier", "ignored"),
        ("2h act snoozed tier 2", "ignored"),
        ("2h act commented tier", "applied"),
        ("2h act acknowledged tier", "applied"),
        ("2h 30", ""),
        ("3h act resolved tier", "applied"),
        ("3h act acknowledged tier", "ignored"),
    ]);
}

#[test]
fn what_a_person_settled_stays_settled_until_a_new_episode() {
    let mut bench = Bench::new();
    bench.check(&[
        (
            "0h 30 unpaid",
            "score at_risk 30, tier opened r1 warning, unpaid opened r1 critical",
        ),
        ("1h act acknowledged tier", "applied"),
        ("2h act resolved tier", "applied"),
        ("2h 30 unpaid", "tier resolved r2 warning person"),
        // An alert about an exception has it as its first reason, whatever the others are.
        ("3h 29 unpaid few_days", ""),
    ]);
    assert_eq!(bench.data(Topic::Alerts, 0)["by"], "bob");
    bench.check(&[
        // The same tier again is the same episode; another tier is a new one.
        (
            "4h 10 unpaid",
            "score critical 10, tier opened r1 critical, unpaid updated r2 critical",
        ),
        ("5h act resolved unpaid", "applied"),
        ("5h 10 unpaid", "unpaid resolved r3 critical person"),
        ("6h 30 unpaid", "score at_risk 30, tier updated r2 warning"),
        // An exception must have ended first.
        ("7h 30", "score at_risk 30, tier updated r3 warning"),
        (
            "8h 30 unpaid",
            "score at_risk 30, tier updated r4 warning, unpaid opened r1 critical",
        ),
        // Settled by a person in the moment in which it recovers.
        ("9h act resolved tier", "applied"),
        (
            "9h 90 unpaid",
            "score healthy 90, tier resolved r5 warning person, unpaid updated r2 critical",
        ),
        (
            "10h 30 unpaid",
            "score at_risk 30, tier opened r1 warning, unpaid updated r3 critical",
        ),
    ]);
}

#[test]
fn every_episode_has_an_id_of_its_own_even_within_one_now() {
    let mut bench = Bench::new();
    for words in [
        "0h 10", "0h 90", "0h 10", "0h 90", "0h 10", "1h 90", "1h 10",
    ] {
        bench.play(words);
    }
    let alerts = bench
        .outputs
        .iter()
        .filter(|output| output.topic == Topic::Alerts);
    let events: Vec<_> = alerts.map(envelope).collect();
    let mut ids: Vec<_> = events.iter().map(|event| event["id"].to_string()).collect();
    let opened = events.iter().filter(|event| event["data"]["revision"] == 1);
    let mut alerts: Vec<_> = opened
        .map(|event| event["data"]["alert"].to_string())
        .collect();
    assert_eq!((events.len(), alerts.len()), (7, 4));
    ids.sort();
    ids.dedup();
    alerts.sort();
    alerts.dedup();
    assert_eq!((ids.len(), alerts.len()), (7, 4));
}

#[test]
fn a_trigger_fires_again_after_its_cooldown() {
    Bench::new().check(&[
        ("0h 80 call", "score healthy 80, trigger call, cooldown@48h"),
        ("1h 80 call", "cooldown@48h"),
        (
            "2h 80 call advocate",
            "trigger advocate, cooldown@12h, cooldown@48h",
        ),
        ("3h 80", "cooldown@12h, cooldown@48h"),
        ("12h 80", "cooldown@48h"),
        ("48h 80 call", "trigger call, cooldown@96h"),
        ("96h 80", ""),
        (
            "97h 80 call advocate",
            "trigger advocate, trigger call, cooldown@107h, cooldown@145h",
        ),
        ("150h outside call", "score not_scored null"),
    ]);
}

#[test]
fn a_secondary_rule_has_tiers_but_no_tier_alerts() {
    let mut bench = Bench::new();
    bench.primary = false;
    bench.check(&[
        ("0h 10", "score critical 10"),
        (
            "1h 10 unpaid call",
            "score critical 10, unpaid opened r1 critical, trigger call, cooldown@49h",
        ),
    ]);
    assert_eq!(bench.outputs[0].key, "acme/eu%2F42/health");
    assert_eq!(bench.outputs[2].key, "acme/eu%2F42");
    // It becomes the primary one, and stops being it.
    bench.primary = true;
    bench.check(&[("2h 10 unpaid", "tier opened r1 critical, cooldown@49h")]);
    bench.primary = false;
    bench.check(&[(
        "3h 10 unpaid",
        "tier resolved r2 critical not_primary, cooldown@49h",
    )]);
}

#[test]
fn a_shadow_remembers_and_says_only_its_scores() {
    let mut bench = Bench::tiers(0.0, 24);
    bench.shadow = true;
    bench.check(&[
        ("0h 80 unpaid call", "shadow healthy 80"),
        ("1h 10 unpaid", "dwell@25h"),
        ("25h 10 unpaid", "shadow critical 10"),
    ]);
    let shadow = bench.data(Topic::Shadow, 0);
    assert_eq!(shadow["rule"]["shadow"], true);
    assert_eq!(
        (&shadow["tier"], &shadow["previous"]),
        (&"critical".into(), &80.0.into())
    );
    bench.shadow = false;
    bench.check(&[(
        "26h 12 unpaid",
        "score critical 12, tier opened r1 critical, unpaid opened r1 critical",
    )]);
    assert_eq!(
        bench.data(Topic::Scores, 0)["since"],
        "2026-03-02T01:00:00Z"
    );
    let first = bench.data(Topic::Scores, 0);
    assert!(first["previous"].is_null() && first["rule"]["shadow"].is_null());
    // Going back into the shadow, it withdraws what it had said.
    bench.shadow = true;
    bench.check(&[
        (
            "27h 12 unpaid",
            "tier resolved r2 critical rule_in_shadow, unpaid resolved r2 critical rule_in_shadow, \
             shadow critical 12",
        ),
        ("28h 12 unpaid", ""),
    ]);
}

#[test]
fn a_rule_that_is_retired_leaves_no_alert_behind() {
    let mut bench = Bench::new();
    bench.play("0h 10 unpaid");
    let before = bench.outputs.len();
    let rule = RuleRef {
        name: "health",
        version: "1.2.0",
        digest: Digest::default(),
        parameters: &[],
        primary: true,
        shadow: false,
    };
    let key = Key::new("acme", "eu/42").unwrap();
    let now = START.plus_ms(1);
    retire(
        &bench.policy,
        &mut bench.memory,
        (&key, rule, now),
        &mut bench.outputs,
    );
    let told: Vec<_> = bench.outputs[before..]
        .iter()
        .map(|output| envelope(output)["data"].clone())
        .collect();
    assert_eq!(told.len(), 2);
    for alert in &told {
        assert_eq!(
            (&alert["revision"], &alert["resolution"]),
            (&2.into(), &"rule_retired".into())
        );
        assert!(alert["score"].is_null());
    }
    assert_eq!(bench.memory.alerts().count(), 0);
    // It comes back as if it had seen nothing.
    bench.check(&[("2h 10", "score critical 10, tier opened r1 critical")]);
}

#[test]
fn a_failing_row_costs_its_evaluation_only() {
    let mut bench = Bench::tiers(0.0, 24);
    bench.check(&[
        ("0h 80", "score healthy 80"),
        ("1h 10", "dwell@25h"),
        ("2h fail", "failed 1"),
        ("25h fail", "failed 2"),
        ("26h 10", "score critical 10, tier opened r1 critical"),
        ("27h fail", "failed 1"),
    ]);
    for in_a_row in 2..RULE_FAILURES_MAX {
        assert_eq!(bench.play("28h fail"), format!("failed {in_a_row}"));
    }
    assert_eq!(bench.play("29h fail"), "failed 100 set aside");
    assert_eq!(bench.play("30h 10"), "");
    assert_eq!(bench.memory.failures(), 0);
}

#[test]
fn no_timer_of_a_verdict_is_nearer_than_the_least_delay() {
    let mut bench = Bench::tiers(0.0, 24);
    assert_eq!(bench.policy.least_delay_ms(), 10 * 3_600_000);
    bench.manifest.triggers.clear();
    bench.recompile();
    assert_eq!(bench.policy.least_delay_ms(), 24 * 3_600_000);
    bench.manifest.tiers.dwell_hours = 0;
    bench.recompile();
    assert_eq!(bench.policy.least_delay_ms(), i64::MAX);
}
