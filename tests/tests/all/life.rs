//! The life of a rule, as the people meet it who own it: pushed, activated, in shadow, rolled back,
//! and told afterwards. Over a data folder, with and without a run that goes on beside.

mod measured;

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;

use puls::clock::{Clock, SystemClock};
use puls::model::{Time, content_digest};
use puls_tests::program::{self, Answer, built, json, puls, put};
use serde_json::Value;
use tempfile::TempDir;

use crate::cli::Service;

const CONFIG: &str = r#"
[puls]
data = "data"

[inputs.events]
path = "events.ndjson"
tenant = "acme"

[tenants.acme]
[[tenants.acme.rules]]
file = "health-1.0.0.wasm"
primary = true
"#;

/// A rule that ships, in another version: the module's manifest says so and nothing else differs.
fn version(rule: &str, version: &str) -> Vec<u8> {
    let path = built().join("../rules").join(format!("{rule}.wasm"));
    let mut bytes = fs::read(path).unwrap();
    let (from, to) = (br#""version":"1.0.0""#, format!(r#""version":"{version}""#));
    let at = bytes
        .windows(from.len())
        .rposition(|it| it == from)
        .unwrap();
    bytes[at..at + from.len()].copy_from_slice(to.as_bytes());
    bytes
}

fn event(id: &str, account: &str, at: Time) -> String {
    format!(
        "{{\"id\":\"{id}\",\"account\":\"{account}\",\"kind\":\"usage\",\"metric\":\"login\",\
         \"contact\":\"ann\",\"at\":\"{at}\"}}\n"
    )
}

/// A folder with a configuration, an account that was seen now, and two versions of two rules.
fn desk() -> TempDir {
    let now = SystemClock.now().minus_ms(5_000);
    let stage = format!(
        "{{\"id\":\"s\",\"account\":\"globex\",\"kind\":\"account\",\"stage\":\"adoption\",\
         \"at\":\"{now}\"}}\n"
    );
    let events = stage + &event("a", "globex", now);
    let folder = program::desk(&[("puls.toml", CONFIG), ("events.ndjson", &events)]);
    for number in ["1.0.0", "1.1.0", "1.2.0"] {
        for (file, rule) in [("health", "saas-health"), ("silent", "silent-account")] {
            let file = format!("{file}-{number}.wasm");
            put(folder.path(), &file, version(rule, number));
        }
    }
    folder
}

fn rule(desk: &TempDir, args: &[&str]) -> Answer {
    let by: &[&str] = match args.first() {
        Some(&("activate" | "rollback" | "deactivate")) if !args.contains(&"--by") => {
            &["--by", "ada"]
        }
        _ => &[],
    };
    puls(desk.path(), [&["rule"], args, by].concat())
}

fn list(desk: &TempDir) -> Vec<[String; 4]> {
    let rows = json(rule(desk, &["list", "--json"]));
    let text = |row: &Value, key: &str| row[key].as_str().unwrap().to_owned();
    let row = |row: &Value| {
        let shadow = if row["shadow"] == true { "~" } else { "" };
        let role = text(row, "role") + shadow;
        [
            text(row, "rule"),
            text(row, "version"),
            role,
            text(row, "by"),
        ]
    };
    rows.as_array().unwrap().iter().map(row).collect()
}

fn records(desk: &TempDir) -> usize {
    let rows = json(rule(desk, &["history", "--json"]));
    rows.as_array().unwrap().len()
}

/// The outputs of a topic.
fn outputs(desk: &Path, topic: &str) -> Vec<Value> {
    let path = desk.join("data/shard-0").join(format!("{topic}.ndjson"));
    let text = fs::read_to_string(path).unwrap_or_default();
    let lines = text
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok());
    lines.collect()
}

/// What is asked, the exit code, and a part of what is said.
const REFUSED: &str = "\
push none.wasm|1|none.wasm: expected a well-formed WebAssembly module
push away.wasm|1|read away.wasm
push other.wasm|1|a version never changes; raise the version
activate silent-account|2|--reason
activate silent-account --reason=|2|expected a sentence that says why
activate silent-account --reason x --by configuration|2|expected a person's name
activate silent-acount --reason x|1|did you mean `silent-account`?
activate silent-account@2.0.0 --reason x|1|expected a version of silent-account
activate silent-account@ffff --reason x|1|(`1.0.0`), found `ffff`
activate silent-account --tenant acne --reason x|1|did you mean `acme`?
activate silent-account --parameter quiet_days=400 --reason x|1|expected 1 to 365, found 400
activate silent-account --parameter quite_days=40 --reason x|1|expected one of [quiet_days]
activate silent-account --parameter quiet_days --reason x|2|NAME=NUMBER
activate silent-account --from monday --reason x|2|expected a moment
activate silent-account --as A --reason x|1|expected a name of 1 to 64
activate saas-health --shadow --reason x|1|--as saas-health-next
rollback saas-health --reason x|1|before the one that stands, found none
rollback silent-account --reason x|1|expected an active rule of acme (`saas-health`)
deactivate sas-health --reason x|1|did you mean `saas-health`?";

#[test]
fn what_cannot_be_is_refused_before_anything_is_written() {
    let desk = desk();
    let no_folder = rule(&desk, &["list"]);
    assert_eq!(no_folder.code, 1);
    assert!(
        no_folder.err.contains("`puls run` makes one"),
        "{no_folder:?}"
    );
    puls(desk.path(), ["run"]).done();
    rule(&desk, &["push", "silent-1.0.0.wasm"]).done();
    put(desk.path(), "none.wasm", "");
    let mut other = version("silent-account", "1.0.0");
    other.extend([0, 2, 1, b'x']);
    put(desk.path(), "other.wasm", other);
    let before = records(&desk);
    for line in REFUSED.lines() {
        let [args, code, part] = line.split('|').collect::<Vec<_>>()[..] else {
            panic!("{line}");
        };
        let answer = rule(&desk, &args.split(' ').collect::<Vec<_>>());
        assert_eq!(answer.code.to_string(), code, "{args}: {answer:?}");
        assert!(
            answer.err.contains(part),
            "{args}: {part:?} is not in {}",
            answer.err
        );
        assert_eq!(answer.out, "", "{args}");
    }
    assert_eq!(records(&desk), before, "something was written");
}

#[test]
fn a_person_s_word_stands_when_the_same_configuration_starts_again() {
    let desk = desk();
    puls(desk.path(), ["run"]).done();
    assert_eq!(
        list(&desk),
        [["saas-health", "1.0.0", "primary", "configuration"]]
    );
    rule(&desk, &["push", "health-1.1.0.wasm"]).done();
    rule(&desk, &["push", "silent-1.0.0.wasm"]).done();
    let args = [
        "activate",
        "saas-health@1.1.0",
        "--reason",
        "softer on trials",
    ];
    let said = rule(&desk, &args).done();
    assert!(
        said.starts_with("saas-health 1.1.0 governs acme as primary from "),
        "{said}"
    );
    let again = rule(&desk, &args).done();
    assert!(again.contains("stands so for acme already"), "{again}");
    let past = [
        "activate",
        "silent-account",
        "--from",
        "2026-01-01T00:00:00Z",
        "--reason",
        "x",
    ];
    let said = rule(&desk, &past).done();
    assert!(
        said.contains("--from 2026-01-01T00:00:00Z is past"),
        "{said}"
    );
    let written = records(&desk);
    puls(desk.path(), ["run"]).done();
    assert_eq!(records(&desk), written, "a start said the old thing again");
    // A start with something new in the configuration says that.
    let config = CONFIG.replace("health-1.0.0", "health-1.2.0");
    put(desk.path(), "puls.toml", config);
    puls(desk.path(), ["run"]).done();
    assert_eq!(records(&desk), written + 1);
    history_tells_it(&desk);
}

fn history_tells_it(desk: &TempDir) {
    let told = json(rule(desk, &["history", "saas-health", "--json"]));
    let line = |row: &Value| {
        let ended = row["ended_by"].as_u64();
        (
            row["version"].as_str().unwrap().to_owned(),
            row["by"].clone(),
            ended,
        )
    };
    let lines: Vec<_> = told.as_array().unwrap().iter().map(line).collect();
    let expected = [
        ("1.0.0", "configuration", Some(2)),
        ("1.1.0", "ada", Some(4)),
    ];
    let expected = [&expected[..], &[("1.2.0", "configuration", None)]].concat();
    let expected = expected
        .iter()
        .map(|(version, by, ended)| ((*version).to_owned(), Value::from(*by), *ended));
    assert_eq!(lines, expected.collect::<Vec<_>>());
    assert_eq!(told[1]["reason"], "softer on trials");
    let text = rule(desk, &["history"]).done();
    for part in [
        "settings",
        "the beginning",
        "activate silent-account 1.0.0",
        "record 4",
    ] {
        assert!(text.contains(part), "{part:?} is not in {text}");
    }
}

#[test]
fn rolling_back_twice_goes_back_twice() {
    let desk = desk();
    puls(desk.path(), ["run"]).done();
    let standing = || {
        let told = json(rule(&desk, &["history", "saas-health", "--json"]));
        let rows = told.as_array().unwrap().clone();
        let row = rows.iter().find(|row| row["ended_by"].is_null()).unwrap();
        row["version"].as_str().unwrap().to_owned()
    };
    for version in ["1.1.0", "1.2.0"] {
        rule(&desk, &["push", &format!("health-{version}.wasm")]).done();
        let which = format!("saas-health@{version}");
        rule(&desk, &["activate", &which, "--reason", "better"]).done();
        assert_eq!(standing(), version);
    }
    for version in ["1.1.0", "1.0.0"] {
        let said = rule(&desk, &["rollback", "saas-health", "--reason", "worse"]).done();
        assert!(
            said.contains(&format!("saas-health {version} governs")),
            "{said}"
        );
        assert_eq!(standing(), version);
    }
    let answer = rule(&desk, &["rollback", "saas-health", "--reason", "worse"]);
    assert!(answer.err.contains("found none"), "{answer:?}");
    rule(
        &desk,
        &["deactivate", "saas-health", "--reason", "done with it"],
    )
    .done();
    let text = rule(&desk, &["history", "saas-health"]).done();
    assert!(text.contains("deactivate saas-health"), "{text}");
}

/// The command that brings back the first primary rule, as an answer says it.
fn way_back(said: &str) -> Vec<&str> {
    let words = said
        .split('`')
        .filter_map(|it| it.strip_prefix("puls rule "))
        .filter(|it| it.starts_with("activate saas-health@"))
        .flat_map(str::split_whitespace)
        .collect::<Vec<_>>();
    assert!(!words.is_empty(), "no command in {said}");
    words
}

#[test]
fn who_ends_the_primary_rule_is_told_how_to_have_one_again() {
    let desk = desk();
    puls(desk.path(), ["run"]).done();
    rule(&desk, &["push", "silent-1.0.0.wasm"]).done();
    let activate = |how: &[&str]| {
        let args = ["activate", "silent-account", "--reason", "a try"];
        rule(&desk, &[&args[..], how].concat()).done()
    };
    let rollback = |name| rule(&desk, &["rollback", name, "--reason", "worse"]);
    let restore = |said: &str| {
        let said = rule(&desk, &way_back(said)).done();
        let expected = "saas-health 1.0.0 governs acme as primary";
        assert!(said.starts_with(expected), "{said}");
    };
    // Back to a time in which it had no say in the score.
    activate(&["--secondary"]);
    let said = activate(&["--primary"]);
    assert!(said.contains("saas-health ends then"), "{said}");
    let said = rollback("silent-account").done();
    assert!(said.contains("acme has no primary rule then"), "{said}");
    restore(&said);
    // In shadow it governed nobody, so there is no way back into that.
    activate(&["--as", "other", "--shadow"]);
    activate(&["--as", "other", "--primary"]);
    let refused = rollback("other");
    assert_eq!(refused.code, 1, "{refused:?}");
    restore(&refused.err);
    let said = rule(&desk, &["deactivate", "saas-health", "--reason", "done"]).done();
    assert!(said.contains("acme has no primary rule then"), "{said}");
}

#[test]
fn a_module_that_came_to_harm_is_passed_over_and_mended_by_a_push() {
    let desk = desk();
    puls(desk.path(), ["run"]).done();
    for file in ["health-1.1.0.wasm", "silent-1.0.0.wasm"] {
        rule(&desk, &["push", file]).done();
    }
    let harm = |file: &str| {
        let digest = content_digest(&fs::read(desk.path().join(file)).unwrap());
        let module = format!("data/modules/{digest}.wasm");
        put(desk.path(), &module, "harmed");
    };
    harm("health-1.1.0.wasm");
    let answer = rule(&desk, &["activate", "silent-account", "--reason", "x"]);
    assert!(answer.err.contains("push the rule again"), "{answer:?}");
    answer.done();
    // Nothing is told without one that governs, but for the push that mends it.
    harm("health-1.0.0.wasm");
    let refused = rule(&desk, &["list"]);
    assert!(refused.err.contains("push the rule again"), "{refused:?}");
    for file in ["health-1.0.0.wasm", "health-1.1.0.wasm"] {
        rule(&desk, &["push", file]).done();
    }
    assert_eq!(list(&desk).len(), 2);
}

/// Looks until `found` gives something, again after each commit of the service.
fn wait<T>(service: &mut Service, mut found: impl FnMut() -> Option<T>) -> T {
    loop {
        if let Some(found) = found() {
            return found;
        }
        service.wait_for("committed");
    }
}

/// The version that scored an account last under a rule's name.
fn scored(desk: &Path, account: &str, rule: &str) -> Option<String> {
    let scores = outputs(desk, "scores");
    let mut of = scores.iter().filter(|score| {
        score["data"]["account"] == account && score["data"]["rule"]["name"] == rule
    });
    let last = of.next_back()?;
    last["data"]["rule"]["version"].as_str().map(str::to_owned)
}

#[test]
fn a_service_takes_up_what_is_activated_beside_it() {
    let desk = desk();
    let path = desk.path();
    let mut service = Service::start(path);
    wait(&mut service, || scored(path, "globex", "saas-health"));
    rule(&desk, &["push", "health-1.1.0.wasm"]).done();
    let candidate = ["activate", "saas-health@1.1.0", "--as", "saas-health-next"];
    rule(
        &desk,
        &[&candidate[..], &["--shadow", "--reason", "a look first"]].concat(),
    )
    .done();
    rule(
        &desk,
        &["activate", "saas-health@1.1.0", "--reason", "live"],
    )
    .done();
    // Events that arrive once it governs are scored by it.
    let mut number = 0;
    let mut account_scored_by = |version: &str| {
        loop {
            number += 1;
            let account = format!("customer-{number}");
            let mut file = OpenOptions::new()
                .append(true)
                .open(path.join("events.ndjson"))
                .unwrap();
            let line = event(&account, &account, SystemClock.now());
            file.write_all(line.as_bytes()).unwrap();
            let by = wait(&mut service, || scored(path, &account, "saas-health"));
            if by == version {
                return account;
            }
        }
    };
    account_scored_by("1.1.0");
    let governing = |row: &[&str; 4]| row.map(str::to_owned);
    let expected = [
        ["saas-health", "1.1.0", "primary", "ada"],
        ["saas-health-next", "1.1.0", "secondary~", "ada"],
    ];
    assert_eq!(
        list(&desk),
        expected.iter().map(governing).collect::<Vec<_>>()
    );
    rule(&desk, &["rollback", "saas-health", "--reason", "too soft"]).done();
    let last = account_scored_by("1.0.0");
    // The account of the beginning is scored again too, without an event of its own.
    wait(&mut service, || {
        (scored(path, "globex", "saas-health")? == "1.0.0").then_some(())
    });
    drop(service);
    // What ran in shadow has a verdict, and said nothing to anyone.
    let shadow = json(puls(
        path,
        ["explain", &last, "--rule", "saas-health-next", "--json"],
    ));
    assert_eq!(shadow[0]["rule"]["version"], "1.1.0", "{shadow}");
    for topic in ["scores", "alerts", "triggers"] {
        for said in outputs(path, topic) {
            assert!(
                !said.to_string().contains("saas-health-next"),
                "{topic}: {said}"
            );
        }
    }
    let text = rule(&desk, &["history"]).done();
    for part in ["a look first", "live", "too soft", "secondary in shadow"] {
        assert!(text.contains(part), "{part:?} is not in {text}");
    }
}
