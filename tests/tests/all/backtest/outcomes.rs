//! What outcomes say: of whom there is a number, and of whom it is said that there is none.

use std::fs::{self, File};
use std::io::Write;

use puls_tests::program::puls;

use super::{SURVEY_CARD, backtest, desk, leaking, tiers};

#[test]
fn who_decides_before_the_first_date_is_known_and_in_no_number() {
    let desk = leaking("/arrived", 1);
    let outcomes = fs::read_to_string(desk.path().join("churn.csv")).unwrap();
    let mut file = File::create(desk.path().join("early.csv")).unwrap();
    writeln!(file, "{outcomes}a1,2024-01-20,churn").unwrap();
    drop(file);
    let args = ["--rule", "content.toml", "--outcomes", "early.csv"];
    let report = backtest(desk.path(), &args);
    let outcomes = &report["outcomes"];
    assert_eq!(outcomes["accounts_unknown"], 0);
    assert_eq!(outcomes["accounts_decided_early"], 1);
    assert_eq!(outcomes["accounts_lost"], 30);
    let caveats = report["caveats"].to_string();
    let said = "1 account of the outcomes decided before the first reference date";
    assert!(caveats.contains(said), "{caveats}");
}

/// Everybody has a stage and is content; half leave.
fn staged() -> String {
    let mut events = String::new();
    let mut add = |account: usize, id: &str, at: &str, fields: &str| {
        events += &format!(
            "{{\"id\":\"a{account}-{id}\",\"tenant\":\"acme\",\"account\":\"a{account}\",\
             \"at\":\"{at}T12:00:00Z\",{fields}}}\n"
        );
    };
    let answer = r#""kind":"survey","survey":"csat","change":"answered","score":5,"scale":5"#;
    for account in 0..48 {
        let stage = r#""kind":"account","stage":"adoption""#;
        add(account, "stage", "2024-01-10", stage);
        add(account, "first", "2024-01-10", answer);
    }
    (0..48).for_each(|account| add(account, "last", "2024-12-01", answer));
    events
}

#[test]
fn a_rule_that_scores_nobody_without_stages_has_no_number_then() {
    let config = "[inputs.events]\npath = \"events.ndjson\"\n[tenants.acme]\n\
                  time_zone = \"Europe/Oslo\"\n[[tenants.acme.rules]]\nfile = \"content.toml\"\n\
                  primary = true\n";
    let of_stage = SURVEY_CARD.replace(
        "applies_when = \"true\"",
        "applies_when = \"account.stage != 'churned'\"",
    );
    let lost = (0..24).map(|account| format!("a{account},2024-06-10\n"));
    let outcomes = format!("account,decided_at\n{}", lost.collect::<String>());
    let desk = desk(&[
        ("puls.toml", config),
        ("content.toml", SURVEY_CARD),
        ("staged.toml", &tiers(&of_stage, 1, 0, 85)),
        ("events.ndjson", &staged()),
        ("churn.csv", &outcomes),
    ]);
    let args = ["--rule", "staged.toml", "--outcomes", "churn.csv"];
    let report = backtest(desk.path(), &args);
    let rules = &report["outcomes"]["periods"][0]["rules"];
    let without = "without_license_stage_assessment";
    for known in [
        &rules["active"]["all_features"],
        &rules["active"][without],
        &rules["candidate"]["all_features"],
    ] {
        assert!(known["auc"]["value"].is_number(), "{known:#}");
        assert!(known["recall"]["value"].is_number(), "{known:#}");
    }
    for number in ["auc", "precision", "recall"] {
        let why = rules["candidate"][without][number]["too_few"].to_string();
        assert!(why.contains("nobody has a score without these"), "{why}");
    }
    // The tiers of both rules are told, whatever they are called.
    let said = puls(desk.path(), ["backtest"].iter().chain(&args)).done();
    for tier in ["lost in tier fine", "lost in tier healthy"] {
        assert!(said.contains(tier), "{tier}\n{said}");
    }
}
