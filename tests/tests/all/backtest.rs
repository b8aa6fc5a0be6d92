//! `puls backtest` through the program: what it says is what runs would have done, nothing that
//! came later is known to it, and it leaves everything as it was.

mod outcomes;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use puls_benches::{Generator, Keys, Workload};
use puls_tests::data_set::folder;
use puls_tests::program::{self, json, link_rules, puls, put, top};
use puls_tests::seed;
use serde_json::Value;
use tempfile::TempDir;

/// A folder with files, and the modules of the rules that ship in `modules`.
/// A folder with these files, and the modules of the rules that ship.
fn desk(files: &[(&str, &str)]) -> TempDir {
    let folder = program::desk(files);
    link_rules(folder.path(), "modules");
    folder
}

fn backtest(desk: &Path, more: &[&str]) -> Value {
    let args = ["backtest", "--json"].iter().chain(more);
    json(puls(desk, args))
}

// --- what a run would have done ------------------------------------------------------------------

/// The shipped card.
fn card() -> String {
    fs::read_to_string(top().join("rules/saas-scorecard/card.toml")).unwrap()
}

/// The same with tiers that are left often.
fn easy() -> String {
    tiers(&card(), 1, 0, 85)
}

/// The same, harder to please, and slower to change its mind.
fn strict() -> String {
    tiers(
        &card().replace("hundred_at = 16", "hundred_at = 26"),
        4,
        30,
        80,
    )
}

fn tiers(card: &str, hysteresis: u32, dwell: u32, fine: u32) -> String {
    format!(
        "{card}\n[tiers]\nhysteresis_points = {hysteresis}\ndwell_hours = {dwell}\nbands = [\n  \
         {{ name = \"fine\", from = {fine} }},\n  \
         {{ name = \"at_risk\", from = 65, alert = \"warning\" }},\n  \
         {{ name = \"lost\", from = 0, alert = \"critical\" }},\n]\n"
    )
}

const CONFIG: &str = r#"
[puls]
data = "data"
shards = 2
[inputs.events]
path = "events.ndjson"
[[tenants.tenant-0.rules]]
file = "card.toml"
primary = true
[[tenants.tenant-0.rules]]
file = "modules/silent-account.wasm"
"#;

fn events() -> String {
    let workload = Workload {
        seed: seed("backtest", 7),
        accounts: 40,
        keys: Keys::Uniform,
        events_per_s: 0.001,
        late_share: 0.05,
        duplicate_share: 0.05,
        ..Workload::default()
    };
    let lines = Generator::new(&workload).take(6_000);
    lines.map(|line| line.value + "\n").collect()
}

/// Publications of alerts of one rule, as a run wrote them, by what they told.
fn sent(desk: &Path, rule: &str) -> BTreeMap<String, u64> {
    let mut sent = BTreeMap::new();
    for shard in ["shard-0", "shard-1"] {
        let path = desk.join("data").join(shard).join("alerts.ndjson");
        for line in fs::read_to_string(path).unwrap().lines() {
            let event: Value = serde_json::from_str(line).unwrap();
            if event["data"]["rule"] == rule {
                let change = event["data"]["change"].as_str().unwrap().to_owned();
                *sent.entry(change).or_default() += 1;
            }
        }
    }
    sent
}

fn told(report: &Value, side: &str) -> BTreeMap<String, u64> {
    let sent = report["alerts"]["sent"].as_object().unwrap();
    let counts = sent
        .iter()
        .map(|(change, pair)| (change.clone(), pair[side].as_u64().unwrap()));
    counts.filter(|(_, count)| *count > 0).collect()
}

/// All files below a folder with what stands in them.
fn contents(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(contents(&path));
        } else {
            found.insert(path.display().to_string(), fs::read(&path).unwrap());
        }
    }
    found
}

#[test]
fn both_rules_send_what_runs_with_each_of_them_sent() {
    let events = events();
    let files = |card: &str| {
        let desk = desk(&[
            ("puls.toml", CONFIG),
            ("card.toml", card),
            ("strict.toml", &strict()),
            ("events.ndjson", &events),
        ]);
        puls(desk.path(), ["run"]).done();
        desk
    };
    let (now, then) = (files(&easy()), files(&strict()));
    let before = contents(now.path());
    let report = backtest(now.path(), &["--rule", "strict.toml"]);
    assert_eq!(
        contents(now.path()),
        before,
        "a backtest leaves everything as it was"
    );
    for (side, desk) in [("active", now.path()), ("candidate", then.path())] {
        let expected = sent(desk, "saas-scorecard");
        assert!(expected["opened"] > 20, "{expected:?}");
        assert_eq!(told(&report, side), expected, "{side}");
    }
    assert!(report["accounts_moved"].as_u64().unwrap() > 10, "{report}");
    let opened: u64 = report["alerts"]["weeks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|week| week["opened"]["active"].as_u64().unwrap())
        .sum();
    assert_eq!(opened, told(&report, "active")["opened"]);
}

#[test]
fn a_rule_beside_itself_is_no_different() {
    let desk = desk(&[
        ("puls.toml", CONFIG),
        ("card.toml", &easy()),
        ("events.ndjson", &events()),
    ]);
    let report = backtest(desk.path(), &["--rule", "card.toml"]);
    assert!(
        !desk.path().join("data").exists(),
        "a backtest makes no data folder"
    );
    for migration in ["migration", "migration_all_months"] {
        let migration = &report[migration];
        assert_eq!(migration["rows_active"], migration["columns_candidate"]);
        let all = migration["all"].as_u64().unwrap();
        assert!(all >= 40 && migration["same"] == all, "{migration}");
        for (place, row) in migration["counts"].as_array().unwrap().iter().enumerate() {
            for (column, cell) in row.as_array().unwrap().iter().enumerate() {
                assert!(place == column || *cell == 0, "{migration}");
            }
        }
    }
    assert_eq!(
        (&report["accounts_moved"], &report["movers"]),
        (&Value::from(0), &Value::from(Vec::<Value>::new()))
    );
    assert!(told(&report, "active")["opened"] > 0);
    assert_eq!(told(&report, "active"), told(&report, "candidate"));
}

// --- no leak -------------------------------------------------------------------------------------

const SURVEY_CARD: &str = r#"
[card]
name = "content"
version = "1.0.0"
title = "Content"
applies_when = "true"
[[measures]]
name = "content"
title = "Content"
weight = 100
[[measures.factors]]
name = "content"
feature = "survey.csat_latest"
weight = 100
line = { zero_at = 1, hundred_at = 5 }
reason = "Satisfied with {} of 5"
"#;

/// Sixty accounts that all are content. Half decide to leave; a bad answer of theirs is dated 80
/// days before the decision, and was entered ten days after it.
fn leaking(time: &str, shards: u32) -> TempDir {
    let mut events: Vec<(String, String)> = Vec::new();
    let mut outcomes = String::from("account,decided_at,kind\n");
    let mut answer = |account: &str, id: &str, score: u32, at: &str, arrived: &str| {
        events.push((
            arrived.to_owned(),
            format!(
                "{{\"id\":\"{account}-{id}\",\"account\":\"{account}\",\"score\":{score},\
             \"at\":\"{at}T12:00:00Z\",\"arrived\":\"{arrived}T12:00:00Z\"}}\n"
            ),
        ));
    };
    for number in 0..60 {
        let account = format!("a{number}");
        answer(&account, "first", 5, "2024-01-10", "2024-01-10");
        if number % 2 == 0 {
            let month = 6 + number % 5;
            let day = 10 + number % 9;
            outcomes += &format!("{account},2024-{month:02}-{day},churn\n");
            answer(
                &account,
                "late",
                1,
                &format!("2024-{:02}-{:02}", month - 3, day + 9),
                &format!("2024-{month:02}-{}", day + 10),
            );
        }
        answer(&account, "last", 5, "2025-03-01", "2025-03-01");
    }
    // As a feed that is sorted by arrival has them.
    events.sort();
    let events: String = events.into_iter().map(|(_, line)| line).collect();
    let config = format!(
        "[puls]\nshards = {shards}\n[inputs.answers]\npath = \"answers.ndjson\"\nformat = \"json\"\n\
         tenant = \"acme\"\n[mapping.answers]\nid = \"/id\"\naccount = \"/account\"\nat = \"/at\"\n\
         time = \"{time}\"\nkind = \"survey\"\nsurvey = \"csat\"\nchange = \"answered\"\n\
         score = \"/score\"\nscale = 5\n[tenants.acme]\ntime_zone = \"Europe/Oslo\"\n\
         [[tenants.acme.rules]]\nfile = \"content.toml\"\nprimary = true\n"
    );
    desk(&[
        ("puls.toml", &config),
        ("content.toml", SURVEY_CARD),
        ("answers.ndjson", &events),
        ("churn.csv", &outcomes),
    ])
}

fn auc(report: &Value, period: usize) -> f64 {
    let rules = &report["outcomes"]["periods"][period]["rules"];
    let auc = &rules["candidate"]["all_features"]["auc"]["value"];
    auc.as_f64().unwrap_or_else(|| panic!("{report:#}"))
}

const JUDGED: [&str; 4] = ["--rule", "content.toml", "--outcomes", "churn.csv"];

#[test]
fn what_arrives_after_the_decision_is_not_known_before_it() {
    let honest = leaking("/arrived", 1);
    let report = backtest(honest.path(), &JUDGED);
    assert_eq!(report["outcomes"]["accounts_lost"], 30);
    assert!((auc(&report, 0) - 0.5).abs() < 0.02, "{}", auc(&report, 0));
    // Where the time of the event itself is taken for that of its arrival, the cut is broken, and
    // the same answers tell the future.
    let broken = leaking("/at", 1);
    let leak = auc(&backtest(broken.path(), &JUDGED), 0);
    assert!(leak > 0.8, "{leak}");
}

#[test]
fn the_number_of_shards_shows_nowhere() {
    let timeless = |shards: u32| {
        let mut report = backtest(leaking("/at", shards).path(), &JUDGED);
        for of_machine in ["seconds", "events_per_second"] {
            report.as_object_mut().unwrap().remove(of_machine);
        }
        report
    };
    assert_eq!(timeless(1), timeless(3));
}

#[test]
fn what_the_author_has_seen_is_told_apart_and_too_few_is_said() {
    let desk = leaking("/at", 1);
    let args = |date| [&JUDGED[..], &["--tuned-until", date]].concat();
    let report = backtest(desk.path(), &args("2024-07-01"));
    let periods = report["outcomes"]["periods"].as_array().unwrap();
    let units = |period: usize| {
        let seen = &periods[period]["rules"]["candidate"]["all_features"];
        seen["account_months"].as_u64().unwrap()
    };
    let names: Vec<_> = periods
        .iter()
        .map(|it| it["period"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["all", "before_tuned_until", "after_tuned_until"]);
    assert!(units(1) > 0 && units(2) > 0);
    assert_eq!(units(0), units(1) + units(2));
    // Nobody decides that late.
    let report = backtest(desk.path(), &args("2024-12-01"));
    let rules = &report["outcomes"]["periods"][2]["rules"];
    let auc = &rules["candidate"]["all_features"]["auc"];
    assert_eq!(
        auc["too_few"],
        "too few to tell: 0 lost accounts with a score, 10 are needed"
    );
}

// --- what is written, and what is said -----------------------------------------------------------

#[test]
fn the_page_needs_nothing_else_and_the_tables_are_there() {
    let desk = leaking("/at", 1);
    let files = ["--html", "report.html", "--parquet", "tables"];
    let said = puls(
        desk.path(),
        ["backtest"].iter().chain(&JUDGED).chain(&files),
    )
    .done();
    let page = fs::read_to_string(desk.path().join("report.html")).unwrap();
    for foreign in ["http:", "https:", "<script", "src=", "@import", "url("] {
        assert!(!page.contains(foreign), "{foreign}");
    }
    for own in [
        "<svg",
        "prefers-color-scheme: dark",
        "role=\"img\"",
        "<html lang=\"en\">",
    ] {
        assert!(page.contains(own), "{own}");
    }
    assert_eq!(page.matches("<svg").count(), page.matches("</svg>").count());
    for name in ["units", "standing", "alerts", "movers"] {
        let bytes = fs::read(desk.path().join(format!("tables/{name}.parquet"))).unwrap();
        assert!(
            bytes.starts_with(b"PAR1") && bytes.ends_with(b"PAR1"),
            "{name}"
        );
        assert!(said.contains(&format!("{name}.parquet (")), "{said}");
    }
    for part in [
        "Backtest of content 1.0.0 (",
        "as the configuration says",
        "30 accounts decided to leave; lost means within 90 days",
        "without 30 accounts that had left by then",
        "To know before you believe it",
    ] {
        assert!(said.contains(part), "{part}\n{said}");
    }
}

#[test]
fn what_is_wrong_is_said() {
    let desk = leaking("/at", 1);
    let write = |name: &str, text: &str| put(desk.path(), name, text);
    write("strange.csv", "account,decided_at\nnobody,2024-06-01\n");
    write("bad.csv", "account,decided_at,mrr\na0,June,3\n");
    write(
        "typo.toml",
        &SURVEY_CARD.replace("csat_latest", "csat_last"),
    );
    let outcomes = |file| ["--rule", "content.toml", "--outcomes", file];
    let cases: [(&[&str], &[&str]); 10] = [
        (&["--rule", "none.toml"], &["read none.toml"]),
        (
            &["--rule", "none"],
            &["there is no such file, and no data folder yet"],
        ),
        (
            &["--rule", "typo.toml"],
            &["survey.csat_last", "did you mean"],
        ),
        (
            &["--rule", "content.toml", "--parameter", "low=3"],
            &["low"],
        ),
        (
            &outcomes("bad.csv"),
            &["bad.csv: header: expected the columns", "found \"mrr\""],
        ),
        (
            &outcomes("strange.csv"),
            &["found none of 1: the first are nobody; the history has a"],
        ),
        (
            &["--rule", "content.toml", "--tenant", "acmo"],
            &["did you mean `acme`?"],
        ),
        (
            &["--rule", "content.toml", "--until", "2999-01-01"],
            &["--until in the past"],
        ),
        (
            &["--rule", "content.toml", "--from", "answer=x"],
            &["did you mean `answers`?"],
        ),
        (
            &["--rule", "content.toml", "--from", "answers=0..9"],
            &["has no broker"],
        ),
    ];
    for (args, expected) in cases {
        let answer = puls(desk.path(), ["backtest"].iter().chain(args));
        assert_eq!(
            (answer.code, answer.out.as_str()),
            (1, ""),
            "{args:?} {}",
            answer.err
        );
        for part in expected {
            assert!(answer.err.contains(part), "{args:?}\n{}", answer.err);
        }
    }
}

// --- a set that nobody here wrote ----------------------------------------------------------------

/// Its makers left no signal of churn in it, so a rule that finds one has seen the future.
#[test]
fn ravenstack_holds_no_future() {
    const LEAK: f64 = 0.65;
    let Some(set) = folder("ravenstack") else {
        return;
    };
    let shipped = fs::read_to_string(top().join("engine/examples/ravenstack.toml")).unwrap();
    let feed = set.canonicalize().unwrap().join("events.ndjson.gz");
    let config = shipped
        .replace(
            "../../../shared/data/ravenstack/events.ndjson.gz",
            feed.to_str().unwrap(),
        )
        .replace("../../target/ravenstack", "data")
        .replace("../../target/rules", "modules");
    let mut outcomes = String::from("account,decided_at,ended_at,kind,mrr_lost\n");
    let labels = fs::read_to_string(set.join("labels.csv")).unwrap();
    for row in csv::Reader::from_reader(labels.as_bytes()).records() {
        let row = row.unwrap();
        // account_id, signup_date, plan_tier, seats, churn_flag, first_churn, last_churn, churned
        if &row[7] == "True" {
            outcomes += &format!("{},{},{},churn,\n", &row[0], &row[5], &row[6]);
        }
    }
    let desk = desk(&[
        ("puls.toml", &config),
        ("card.toml", &card()),
        ("churn.csv", &outcomes),
    ]);
    let args = ["--rule", "card.toml", "--outcomes", "churn.csv"];
    let report = backtest(desk.path(), &args);
    assert_eq!(
        (&report["records"], &report["events"]),
        (&35_661.into(), &37_756.into())
    );
    let rules = &report["outcomes"]["periods"][0]["rules"];
    for side in ["active", "candidate"] {
        for sight in ["all_features", "without_license_stage_assessment"] {
            let auc = &rules[side][sight]["auc"]["value"];
            let auc = auc.as_f64().unwrap();
            assert!((1.0 - LEAK..LEAK).contains(&auc), "{side}, {sight}: {auc}");
        }
        assert!(
            rules[side]["all_features"]["accounts_lost"]
                .as_u64()
                .unwrap()
                > 300
        );
    }
}
