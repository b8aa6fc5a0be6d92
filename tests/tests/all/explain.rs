//! The past from the journal: what an account's score was, why, and what made it so; and that what
//! came later is not seen.

use std::fs;
use std::path::Path;

use puls_tests::program::{self, json, puls, put, top};
use serde_json::Value;
use tempfile::TempDir;

// --- a story -------------------------------------------------------------------------------------

const CONFIG: &str = r#"
[inputs.events]
path = "events.ndjson"
tenant = "acme"

[tenants.acme]
time_zone = "Europe/Stockholm"
language = "LANGUAGE"
[[tenants.acme.rules]]
file = "saas-scorecard.wasm"
primary = true
"#;

/// A customer that uses the product every day, whose critical ticket of 3 March it is that counts;
/// and what was said of 2 March only on 12 March.
fn story() -> String {
    let mut lines = vec![
        r#"{"id":"p","account":"globex","kind":"account","at":"2026-01-05T08:00:00Z","stage":"adoption"}"#.to_owned(),
        r#"{"id":"k","account":"globex","kind":"contact","at":"2026-01-05T08:00:00Z","contact":"ann","change":"role","role":"champion"}"#.into(),
    ];
    let day = |number: u32| match number {
        0..=26 => format!("2026-01-{:02}", number + 5),
        27..=54 => format!("2026-02-{:02}", number - 26),
        _ => format!("2026-03-{:02}", number - 54),
    };
    for number in 0..66 {
        let day = day(number);
        lines.push(format!(
            r#"{{"id":"u{number}","account":"globex","kind":"usage","metric":"m{}","contact":"ann","at":"{day}T09:00:00Z"}}"#,
            number % 4
        ));
        if day == "2026-03-03" {
            lines.push(format!(
                r#"{{"id":"t","account":"globex","kind":"ticket","ticket":"1","change":"opened","priority":"critical","at":"{day}T10:00:00Z"}}"#
            ));
            lines.push(format!(
                r#"{{"id":"o","account":"globex","kind":"assessment","factor":"override","value":20,"scale":100,"by":"ada","reason":"they said so on the phone","expires":"2026-03-20T00:00:00Z","at":"{day}T11:00:00Z"}}"#
            ));
        }
    }
    lines.push(r#"{"id":"u99","account":"globex","kind":"usage","metric":"m0","contact":"ann","at":"2026-03-12T09:00:00Z"}"#.into());
    lines.push(r#"{"id":"late","account":"globex","kind":"survey","survey":"csat","change":"answered","score":1,"scale":5,"at":"2026-03-02T12:00:00Z"}"#.into());
    lines.join("\n") + "\n"
}

/// A folder with the story, the shipped card built with its translations, and a run.
fn desk(language: &str) -> TempDir {
    let config = CONFIG.replace("LANGUAGE", language);
    let folder = program::desk(&[("puls.toml", &config), ("events.ndjson", &story())]);
    let card = top().join("rules/saas-scorecard/card.toml");
    let card = card.to_str().unwrap();
    puls(
        folder.path(),
        ["rule", "build", card, "--out", "saas-scorecard.wasm"],
    )
    .done();
    puls(folder.path(), ["run"]).done();
    folder
}

fn shown(folder: &Path, args: &[&str]) -> Value {
    json(puls(folder, [args, &["--json"]].concat()))
}

#[test]
fn why_an_account_was_what_it_was_then_and_nothing_that_came_later() {
    let desk = desk("en");
    let here = desk.path();
    let at = |moment: &str| shown(here, &["explain", "globex", "--at", moment])[0].clone();

    let before = at("2026-03-03T09:59:59Z");
    assert_eq!(before["features"]["ticket.open_critical"], Value::Null);
    assert!(before.get("override").is_none());
    // A day is looked at as it ended, in the tenant's zone.
    let day = at("2026-03-03");
    assert_eq!(day["as_of"], "2026-03-03T22:59:59.999Z");
    assert_eq!(day["features"]["ticket.open_critical"], 1);
    assert_eq!(
        (&day["score"], &day["override"]["by"]),
        (&20.into(), &"ada".into())
    );
    // The tier follows a day later: what an account was is not what its score was.
    assert_eq!(day["tier"], "healthy", "{day}");
    let next = at("2026-03-04");
    assert_eq!(
        (&next["tier"], &next["since"]),
        (&"critical".into(), &"2026-03-04T11:00:00Z".into())
    );
    assert_eq!(next["alerts"][0]["subject"], "tier");
    assert_eq!(day["alerts"], Value::Array(Vec::new()));
    // The last that was published, what caused it, and the split of it.
    let cause = &day["published"]["data"]["cause"];
    assert_eq!(cause["input"], "events");
    assert!(
        day["record"]
            .as_str()
            .unwrap()
            .contains("they said so on the phone"),
        "{day}"
    );
    let split = day["published"]["data"]["split"].as_object().unwrap();
    let sum: f64 = split.values().map(|part| part.as_f64().unwrap()).sum();
    let delta = day["published"]["data"]["delta"].as_f64().unwrap();
    assert!(
        (sum - delta).abs() < 1e-9 && delta < -10.0,
        "{split:?} {delta}"
    );
    let last = day["changes"].as_array().unwrap().last().unwrap();
    assert_eq!(last["reason"], "Override: ada: they said so on the phone");
    assert_eq!(day["governed"]["by"], "configuration");

    // Said on 12 March of 2 March: not known on the 5th, and known now.
    assert_eq!(
        at("2026-03-05")["features"]["survey.csat_mean_90d"],
        Value::Null
    );
    let now = shown(here, &["explain", "globex"])[0].clone();
    assert_eq!(now["features"]["survey.csat_mean_90d"], 1);

    // The same as a run that was stopped then, record by record.
    let stopped = desk_until("2026-03-05T22:59:59.999Z");
    let mut then = shown(stopped.path(), &["explain", "globex", "--at", "2026-03-05"])[0].clone();
    let mut looked = at("2026-03-05");
    then["folded"].take();
    looked["folded"].take();
    assert_eq!(then, looked);

    let text = puls(here, ["explain", "globex", "--at", "2026-03-03"]).done();
    for part in [
        "as of 3 March 2026, 23:59:59 Europe/Stockholm\n",
        "Override to 20 by ada until 20 March 2026, 01:00: they said so on the phone",
        "Last published 3 March 2026, 12:00: 20, healthy (",
        "Caused by the event events/",
        "the record: {\"id\":\"o\"",
        "Changed by override −",
        "Rule saas-scorecard 1.0.0, digest ",
        "governed since the beginning, by the configuration\n",
        "Pressing tickets open: 1",
        "Folded again from the beginning to 3 March 2026, 23:59:59: ",
    ] {
        assert!(text.contains(part), "{part:?} is not in\n{text}");
    }
}

fn desk_until(until: &str) -> TempDir {
    let desk = desk("en");
    let data = desk.path().join("puls-data");
    fs::remove_dir_all(data).unwrap();
    puls(desk.path(), ["run", "--until", until]).done();
    desk
}

#[test]
fn the_history_lists_what_was_published_with_its_reasons() {
    let desk = desk("en");
    let here = desk.path();
    let all = shown(here, &["explain", "globex", "--history"]);
    let all = all.as_array().unwrap();
    let published = fs::read_to_string(here.join("puls-data/shard-0/scores.ndjson")).unwrap();
    assert_eq!(all.len(), published.lines().count());
    let mut score = Value::Null;
    for change in all {
        assert!(score.is_null() || change["previous"] == score, "{change}");
        score = change["score"].clone();
    }
    let span = ["--since", "2026-03-03", "--until", "2026-03-03"];
    let day = shown(
        here,
        &[&["explain", "globex", "--history"][..], &span].concat(),
    );
    let reasons: Vec<_> = day
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["reason"])
        .collect();
    assert_eq!(
        reasons,
        [
            "Pressing tickets open: 1",
            "Override: ada: they said so on the phone"
        ]
    );
    let text = puls(
        here,
        [&["explain", "globex", "--history"][..], &span].concat(),
    )
    .done();
    assert!(text.contains("3 March 2026, 11:00"), "{text}");
    assert!(
        text.contains("2 changes, 3 March 2026, 11:00 to 3 March 2026, 23:59:59"),
        "{text}"
    );
    assert!(text.contains('▂'), "{text}");
}

#[test]
fn what_cannot_be_told_is_said_in_words() {
    let desk = desk("en");
    let said = |args: &[&str]| {
        let answer = puls(desk.path(), [&["explain"], args].concat());
        (answer.code, answer.out + &answer.err)
    };
    let table: [(&[&str], i32, &str); 8] = [
        (
            &["globex", "--at", "2025-12-31"],
            1,
            "expected a moment at which `globex` was known, found 2025-12-31T22:59:59.999Z: its first score was published at 2026-01-05T08:00:00Z",
        ),
        (
            &["globex", "--history", "--until", "2025-12-31"],
            1,
            "its first score was published at 2026-01-05T08:00:00Z",
        ),
        (
            &["globx", "--at", "2026-03-03"],
            1,
            "found `globx`; did you mean `globex`?",
        ),
        (
            &["globex", "--at", "2027-01-01"],
            0,
            "The journal ends 12 March 2026, 10:00: nothing was folded after that",
        ),
        (
            &["globex", "--at", "3 March"],
            2,
            "expected a moment such as 2026-03-03T10:00:00Z or a day, found 3 March",
        ),
        (
            &["globex", "--language", "no"],
            2,
            "expected a language (`en`, `sv`), found `no`",
        ),
        (
            &[
                "globex",
                "--history",
                "--since",
                "2026-03-04",
                "--until",
                "2026-03-03",
            ],
            1,
            "expected --since at or before --until",
        ),
        (
            &["globex", "--at", "2026-03-03", "--rule", "saas-scorcard"],
            1,
            "did you mean `saas-scorecard`?",
        ),
    ];
    for (args, code, expected) in table {
        let (found, said) = said(args);
        assert_eq!(found, code, "{args:?}: {said}");
        let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(said.contains(expected), "{args:?}: {said}");
    }
}

// --- replay --------------------------------------------------------------------------------------

#[test]
fn a_replay_finds_what_was_published_and_what_was_changed_since() {
    let desk = desk("en");
    let here = desk.path();
    let found = shown(here, &["replay"]);
    assert_eq!(
        (&found["same"], &found["records"]),
        (&true.into(), &72.into())
    );
    let text = puls(here, ["replay"]).done();
    assert!(text.contains("72 records in, "), "{text}");
    assert!(text.contains("byte for byte what was published"), "{text}");
    // Somebody makes the past better than it was.
    let better = story().replace("\"priority\":\"critical\"", "\"priority\":\"low\"");
    put(here, "events.ndjson", better);
    for command in [
        &["replay"][..],
        &["explain", "globex", "--at", "2027-01-01"],
    ] {
        let answer = puls(here, command);
        assert_eq!(answer.code, 1, "{command:?} {}", answer.out);
        assert!(
            answer
                .err
                .contains("expected the outputs of tenant acme that were published, found others"),
            "{}",
            answer.err
        );
    }
}

// --- languages -----------------------------------------------------------------------------------

#[test]
fn a_tenant_is_spoken_to_in_its_language() {
    let desk = desk("sv");
    let here = desk.path();
    let scores = fs::read_to_string(here.join("puls-data/shard-0/scores.ndjson")).unwrap();
    let of_ticket = scores
        .lines()
        .find(|line| line.contains("brådskande ärenden: 1"));
    let data: Value = serde_json::from_str(of_ticket.expect(&scores)).unwrap();
    let data = &data["data"];
    assert_eq!(
        (&data["language"], &data["tier"]),
        (&"sv".into(), &"healthy".into())
    );
    assert_eq!(data["tier_title"], "frisk");
    assert_eq!(data["measures"][0]["title"], "Användning");
    let alerts = fs::read_to_string(here.join("puls-data/shard-0/alerts.ndjson")).unwrap();
    assert!(
        alerts.contains(r#""title":"Hälsonivå: kritisk","language":"sv""#),
        "{alerts}"
    );

    let swedish = puls(here, ["explain", "globex", "--at", "2026-03-04"]).done();
    for part in [
        "läget 4 mars 2026 kl. 23:59:59 Europe/Stockholm",
        "nivå kritisk sedan 4 mars 2026 kl. 12:00",
        "Manuellt satt till 20 av ada till 20 mars 2026 kl. 01:00",
        "Öppna brådskande ärenden: 1",
        "Senast publicerat ",
        "ticket.open_critical = 1 ärende, senaste händelsen för ",
    ] {
        let line = swedish.contains(part) || swedish.replace("\n    ", " ").contains(part);
        assert!(line, "{part:?} is not in\n{swedish}");
    }
    // What was published in Swedish is told again in English, with the values of then.
    let history = ["explain", "globex", "--history", "--language", "en"];
    let english = shown(here, &history);
    let reasons: Vec<_> = english
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["reason"])
        .collect();
    assert!(
        reasons.contains(&&"Pressing tickets open: 1".into()),
        "{reasons:?}"
    );
    let spoken = puls(here, history).done();
    assert!(
        spoken.contains("critical") && !spoken.contains("kritisk"),
        "{spoken}"
    );
}
