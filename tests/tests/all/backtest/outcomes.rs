//! What outcomes say: of whom there is a number, and of whom it is said that there is none.

use std::fs;

use puls_tests::program::{puls, put};

use super::{SURVEY_CARD, backtest, desk, leaking, tiers};

#[test]
fn who_decides_before_the_first_date_is_known_and_in_no_number() {
    let desk = leaking("/arrived", 1);
    let outcomes = fs::read_to_string(desk.path().join("churn.csv")).unwrap();
    let early = format!("{outcomes}a1,2024-01-20,churn\n");
    put(desk.path(), "early.csv", early);
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

#[test]
fn outcomes_that_end_long_before_the_judged_dates_are_told_of() {
    let desk = leaking("/arrived", 1);
    let outcomes = fs::read_to_string(desk.path().join("churn.csv")).unwrap();
    let until_june = outcomes
        .lines()
        .filter(|it| !it.contains("2024-") || it.contains("2024-06-"));
    put(
        desk.path(),
        "short.csv",
        until_june.collect::<Vec<_>>().join("\n"),
    );
    let said = "who left after that decision counts as having stayed";
    for (file, is_told) in [("churn.csv", false), ("short.csv", true)] {
        let args = ["--rule", "content.toml", "--outcomes", file];
        let page = ["--html", "report.html"];
        let text = puls(desk.path(), ["backtest"].iter().chain(&args).chain(&page)).done();
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(text.contains(said), is_told, "{file}: {text}");
        let page = fs::read_to_string(desk.path().join("report.html")).unwrap();
        assert_eq!(page.contains(said), is_told, "{file}");
        let caveats = backtest(desk.path(), &args)["caveats"].to_string();
        assert_eq!(caveats.contains(said), is_told, "{file}: {caveats}");
    }
}

#[test]
fn a_tier_of_few_accounts_has_no_share_on_terminal_and_page() {
    let desk = leaking("/at", 1);
    // By the last date that is judged, the first of April, six have answered badly.
    let until = ["--until", "2024-05-15", "--outcome-window", "30d"];
    let args = ["--rule", "content.toml", "--outcomes", "churn.csv"];
    let page = ["--html", "report.html"];
    let all = args.iter().chain(&until).chain(&page);
    let said = puls(desk.path(), ["backtest"].iter().chain(all)).done();
    let page = fs::read_to_string(desk.path().join("report.html")).unwrap();
    let few = "too few to tell: 6 accounts, 10 are needed";
    assert!(said.contains(few), "{said}");
    assert!(
        page.contains("Without a share: ") && page.contains(few),
        "{page}"
    );
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

#[test]
fn what_is_hidden_is_that_of_every_rule_that_governed() {
    let config = |rule: &str| {
        format!(
            "[inputs.events]\npath = \"events.ndjson\"\n[[tenants.acme.rules]]\n\
             file = \"{rule}\"\nprimary = true\n"
        )
    };
    let of_stage = SURVEY_CARD
        .replace("1.0.0", "0.9.0")
        .replace("\"true\"", "\"account.stage != 'churned'\"");
    let desk = desk(&[
        ("puls.toml", &config("staged.toml")),
        ("content.toml", SURVEY_CARD),
        ("staged.toml", &of_stage),
        ("events.ndjson", &staged()),
    ]);
    // The rule of stages governs this history; the other one, from now on, nothing of it.
    puls(desk.path(), ["run"]).done();
    put(desk.path(), "puls.toml", config("content.toml"));
    puls(desk.path(), ["run"]).done();
    let report = backtest(desk.path(), &["--rule", "content.toml"]);
    let hidden = &report["hidden_features"];
    assert_eq!(
        hidden["active"],
        serde_json::json!(["account.stage"]),
        "{report}"
    );
    assert_eq!(hidden["candidate"], serde_json::json!([]));
}

#[test]
fn an_alert_is_on_the_desk_that_the_latest_statement_names() {
    let desk = leaking("/at", 1);
    let mut events = String::new();
    for (arrived, at, owner) in [
        ("2024-01-12", "2024-01-12", "now"),
        ("2024-01-13", "2023-12-01", "before"),
    ] {
        for account in 0..60 {
            events += &format!(
                "{{\"id\":\"{owner}-{account}\",\"account\":\"a{account}\",\
                 \"at\":\"{at}T12:00:00Z\",\"arrived\":\"{arrived}T12:00:00Z\",\
                 \"who\":\"{owner}\"}}\n"
            );
        }
    }
    put(desk.path(), "owners.ndjson", events);
    let config = fs::read_to_string(desk.path().join("puls.toml")).unwrap();
    let owners = "[inputs.owners]\npath = \"owners.ndjson\"\nformat = \"json\"\n\
                  tenant = \"acme\"\n[mapping.owners]\nid = \"/id\"\naccount = \"/account\"\n\
                  at = \"/at\"\ntime = \"/arrived\"\nkind = \"account\"\nowner = \"/who\"\n";
    put(desk.path(), "puls.toml", config + owners);
    put(desk.path(), "easy.toml", tiers(SURVEY_CARD, 1, 0, 85));
    let report = backtest(desk.path(), &["--rule", "easy.toml"]);
    let owners = report["alerts"]["owners"].as_array().unwrap();
    let names: Vec<_> = owners
        .iter()
        .map(|it| it["owner"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["now"], "{report}");
    assert!(
        owners[0]["opened"]["candidate"].as_u64().unwrap() >= 30,
        "{report}"
    );
}
