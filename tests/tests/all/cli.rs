//! The program as a person or a script meets it: sessions at a command line.

use std::fs::{self, OpenOptions};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use puls::clock::{Clock, SystemClock};
use puls_tests::program::{self, built, json, link_rules, program, puls, puls_with, top};
use serde_json::Value;
use tempfile::TempDir;

/// A folder with a configuration, its events, and the modules of the rules that ship.
fn desk(config: &str, files: &[(&str, &str)]) -> TempDir {
    let folder = program::desk(&[&[("puls.toml", config)], files].concat());
    link_rules(folder.path(), "rules");
    folder
}

const CONFIG: &str = r#"
[inputs.events]
path = "events.ndjson"
tenant = "acme"

[tenants.acme]
[[tenants.acme.rules]]
file = "rules/saas-health.wasm"
primary = true
"#;

const EVENTS: &str = r#"{"id":"a","account":"globex","kind":"account","at":"2026-01-01T08:00:00Z","stage":"adoption"}
{"id":"b","account":"globex","kind":"usage","metric":"login","at":"2026-01-01T09:00:00Z","contact":"ann"}
{"id":"b","account":"globex","kind":"usage","metric":"login","at":"2026-01-01T09:00:00Z","contact":"ann"}
{"id":"c","account":"globex","kind":"survey","survey":"nps","change":"answered","score":11,"scale":10,"at":"2026-01-01T09:30:00Z"}
{"id":"d","account":"initech","kind":"touch","channel":"call","at":"2026-01-01T10:00:00Z"}
"#;

#[test]
fn a_run_reports_sums_that_match_and_can_be_repeated() {
    let desk = desk(CONFIG, &[("events.ndjson", EVENTS)]);
    let first = json(puls(desk.path(), ["run", "--json"]));
    let input = &first["inputs"][0];
    let sums = |what: &str| {
        ["taken", "applied", "duplicate", "dead"].map(|fate| input[what][fate].as_u64().unwrap())
    };
    assert_eq!(sums("records"), [5, 3, 1, 1]);
    assert_eq!(sums("events"), [5, 3, 1, 1]);
    assert_eq!(input["reasons"]["out_of_range"], 1);
    assert_eq!(
        (&first["records"], &first["accounts"]),
        (&5.into(), &2.into())
    );
    // Nothing new: nothing is taken, and all is as it was.
    let outputs =
        |topic: &str| fs::read(desk.path().join("puls-data/shard-0").join(topic)).unwrap();
    let before = outputs("scores.ndjson");
    assert!(!before.is_empty());
    let second = json(puls(desk.path(), ["run", "--json"]));
    assert_eq!(
        (&second["records"], &second["inputs"]),
        (&0.into(), &first["inputs"])
    );
    assert_eq!(outputs("scores.ndjson"), before);
}

#[test]
fn what_is_wrong_is_said_at_once_with_its_place() {
    let config = CONFIG
        .replace("path =", "paht =")
        .replace("primary = true", "primary = 1");
    let desk = desk(&config, &[]);
    for command in ["run", "check"] {
        let answer = puls(desk.path(), [command]);
        assert_eq!(answer.code, 1, "{command}");
        let said = answer.out + &answer.err;
        assert!(said.contains("puls.toml:3:1: expected a key"), "{said}");
        assert!(
            said.contains("puls.toml:9:11: expected a boolean, found integer `1`"),
            "{said}"
        );
    }
    let answer = puls(desk.path(), ["check", "--config", "other.toml", "--json"]);
    let found: Value = serde_json::from_str(&answer.out).unwrap();
    assert_eq!((answer.code, &found["ok"]), (1, &false.into()));
}

#[test]
fn check_finds_missing_files_and_rules_that_are_none() {
    let config = CONFIG.replace("rules/saas-health.wasm", "events.wasm");
    let desk = desk(&config, &[("events.wasm", "\0asm")]);
    let answer = puls(desk.path(), ["check"]);
    assert_eq!(answer.code, 1);
    for part in [
        "puls.toml:7:1: ",
        "events.wasm: expected",
        "puls.toml:2:9: expected a file",
    ] {
        assert!(
            answer.out.contains(part),
            "{part:?} is not in {}",
            answer.out
        );
    }
    assert!(answer.out.ends_with("2 problems\n"), "{}", answer.out);
    let answer = puls(desk.path(), ["rule", "check", "events.wasm"]);
    assert_eq!(answer.code, 1, "{answer:?}");
}

#[test]
fn where_there_are_several_tenants_they_are_named() {
    let config = format!("{CONFIG}[tenants.globex]\ntime_zone = \"Europe/Oslo\"\n");
    let desk = desk(&config, &[("events.ndjson", EVENTS)]);
    let commands: [&[&str]; 3] = [
        &["explain", "globex"],
        &["what-if", "card.toml"],
        &["backtest", "--rule", "card.toml"],
    ];
    let cases: [(&[&str], &str); 2] = [
        (
            &[],
            "expected --tenant, for there are several: acme, globex",
        ),
        (&["--tenant", "acmo"], "did you mean `acme`?"),
    ];
    for command in commands {
        for (named, part) in cases {
            let answer = puls(desk.path(), command.iter().chain(named));
            assert_eq!(answer.code, 1, "{command:?}");
            assert!(answer.err.contains(part), "{command:?}: {}", answer.err);
        }
    }
}

#[test]
fn a_wrong_command_line_is_exit_code_2() {
    let folder = tempfile::tempdir().unwrap();
    let cases: [&[&str]; 5] = [
        &[],
        &["rnu"],
        &["run", "--until", "yesterday"],
        &["export", "scores"],
        &["dead-letters", "--reason", "lat"],
    ];
    for case in cases {
        let answer = puls(folder.path(), case);
        assert_eq!((answer.code, answer.out.as_str()), (2, ""), "{case:?}");
    }
    assert_eq!(puls(folder.path(), ["--version"]).done(), "puls 0.1.0\n");
}

#[test]
fn an_account_is_explained_and_an_unknown_one_suggests_the_nearest() {
    let desk = desk(CONFIG, &[("events.ndjson", EVENTS)]);
    puls(desk.path(), ["run"]).done();
    let text = puls(desk.path(), ["explain", "globex"]).done();
    for part in [
        "globex, saas-health",
        "Score ",
        "Adoption",
        "usage.active_days_28d = 1",
    ] {
        assert!(text.contains(part), "{part:?} is not in {text}");
    }
    let data = json(puls(desk.path(), ["explain", "globex", "--json"]));
    assert_eq!(data[0]["rule"]["name"], "saas-health");
    let answer = puls(desk.path(), ["explain", "gloebx"]);
    assert_eq!(answer.code, 1);
    assert!(
        answer.err.contains("did you mean `globex`?"),
        "{}",
        answer.err
    );
}

#[test]
fn tables_are_written_in_every_form() {
    let desk = desk(CONFIG, &[("events.ndjson", EVENTS)]);
    puls(desk.path(), ["run"]).done();
    for (what, rows) in [("features", 2), ("scores", 2), ("alerts", 0)] {
        for (format, magic) in [("csv", "tenant,"), ("parquet", "PAR1"), ("arrow", "ARROW1")] {
            let out = format!("{what}.{format}");
            let args = ["export", what, "--format", format, "--out", &out];
            let said = puls(desk.path(), args).done();
            assert_eq!(said, format!("{rows} rows in {out}\n"));
            let bytes = fs::read(desk.path().join(&out)).unwrap();
            assert!(bytes.starts_with(magic.as_bytes()), "{out}");
        }
    }
    let mut reader = csv::Reader::from_path(desk.path().join("features.csv")).unwrap();
    let head = reader.headers().unwrap().clone();
    let column = |name: &str| head.iter().position(|column| column == name).unwrap();
    let rows: Vec<_> = reader.records().map(|row| row.unwrap()).collect();
    assert_eq!(&rows[0][column("usage.events_28d")], "1.0");
    assert_eq!(&rows[0][column("account.stage")], "adoption");
    // Missing is not 0.
    assert_eq!(&rows[1][column("account.stage")], "");
}

#[test]
fn dead_letters_are_summed_and_listed() {
    let desk = desk(CONFIG, &[("events.ndjson", EVENTS)]);
    puls(desk.path(), ["run"]).done();
    let sums = json(puls(desk.path(), ["dead-letters", "--json"]));
    assert_eq!(sums["dead_letters"], 1);
    assert_eq!(sums["by_reason"][0]["reason"], "out_of_range");
    let list = puls(desk.path(), ["dead-letters", "--list"]).done();
    assert!(list.starts_with("events 3/0  out_of_range: "), "{list}");
    assert!(list.contains("\"score\":11"), "{list}");
    let none = puls(desk.path(), ["dead-letters", "--reason", "late"]).done();
    assert_eq!(none, "no dead letters\n");
}

#[test]
fn standard_input_is_kept_and_read_on() {
    let desk = desk(CONFIG, &[]);
    let (first, rest) = EVENTS.split_at(EVENTS.find("{\"id\":\"c\"").unwrap());
    let args = ["run", "--json", "--input", "events=-"];
    let answer = json(puls_with(desk.path(), args, first.as_bytes()));
    assert_eq!(answer["records"], 3);
    let answer = json(puls_with(desk.path(), args, rest.as_bytes()));
    assert_eq!(
        (&answer["records"], &answer["accounts"]),
        (&2.into(), &2.into())
    );
}

#[test]
fn the_environment_overrides_the_file() {
    let desk = desk(CONFIG, &[("other.ndjson", EVENTS)]);
    let answer = Command::new(program())
        .args(["run", "--json"])
        .current_dir(desk.path())
        .env("PULS_INPUTS_EVENTS_PATH", "other.ndjson")
        .env("PULS_SHARDS", "3")
        .output()
        .unwrap();
    assert!(answer.status.success(), "{answer:?}");
    assert!(desk.path().join("puls-data/shard-2").is_dir());
}

/// A service and the lines of its log.
pub(crate) struct Service {
    pub(crate) child: Child,
    log: BufReader<std::process::ChildStderr>,
}

impl Service {
    pub(crate) fn start(folder: &Path) -> Self {
        Self::start_with(folder, &[])
    }

    /// The same with variables in its environment.
    pub(crate) fn start_with(folder: &Path, variables: &[(&str, &str)]) -> Self {
        let mut child = Command::new(program())
            .args(["run", "--follow"])
            .current_dir(folder)
            .envs(variables.iter().copied())
            .env("PULS_LISTEN", "127.0.0.1:0")
            .env("PULS_LOG_FORMAT", "json")
            .env("PULS_LOG_LEVEL", "debug")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let log = BufReader::new(child.stderr.take().unwrap());
        Self { child, log }
    }

    /// The next line of the log with this message.
    pub(crate) fn wait_for(&mut self, message: &str) -> Value {
        for line in (&mut self.log).lines() {
            let line: Value = serde_json::from_str(&line.unwrap()).unwrap();
            if line["message"] == message {
                return line;
            }
        }
        panic!("the log ended without {message:?}");
    }
}

/// A test that fails leaves no service behind.
impl Drop for Service {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn ask(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn a_service_follows_shows_metrics_and_stops_when_told() {
    // A service lives at the clock: what happened in January would be late.
    let now = SystemClock.now().to_string();
    let events: Vec<_> = EVENTS
        .lines()
        .map(|line| {
            let mut event: Value = serde_json::from_str(line).unwrap();
            event["at"] = now.as_str().into();
            format!("{event}\n")
        })
        .collect();
    let desk = desk(CONFIG, &[("events.ndjson", &events[..3].concat())]);
    let mut service = Service::start(desk.path());
    let address = service.wait_for("listening")["address"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(service.wait_for("committed")["records"], 3);
    let mut file = OpenOptions::new()
        .append(true)
        .open(desk.path().join("events.ndjson"))
        .unwrap();
    file.write_all(events[3..].concat().as_bytes()).unwrap();
    let mut taken = 0;
    while taken < 2 {
        taken += service.wait_for("committed")["records"].as_u64().unwrap();
    }
    assert!(ask(&address, "/readyz").starts_with("HTTP/1.1 200"));
    let metrics = ask(&address, "/metrics");
    for line in [
        "puls_records_total{input=\"events\",outcome=\"applied\"} 3",
        "puls_records_total{input=\"events\",outcome=\"duplicate\"} 1",
        "puls_dead_letters_total{reason=\"out_of_range\"} 1",
        "puls_accounts{shard=\"0\"} 2",
        "puls_evaluations_total{shard=\"0\"}",
        "puls_step_seconds_bucket",
        "puls_commit_seconds_bucket",
    ] {
        assert!(metrics.contains(line), "{line} is not in {metrics}");
    }
    let told = Command::new("kill")
        .arg(service.child.id().to_string())
        .status()
        .unwrap();
    assert!(told.success());
    let mut out = String::new();
    service
        .child
        .stdout
        .take()
        .unwrap()
        .read_to_string(&mut out)
        .unwrap();
    assert!(service.child.wait().unwrap().success(), "{out}");
    assert!(out.contains("stopped; 5 records"), "{out}");
}

#[test]
fn the_example_runs_as_it_stands() {
    let folder = tempfile::tempdir().unwrap();
    let examples = top().join("engine/examples");
    let config = examples.join("puls.toml");
    let data = folder.path().join("data");
    let answer = Command::new(program())
        .args(["run", "--json", "--config", config.to_str().unwrap()])
        .env("PULS_DATA", &data)
        // The rules lie where this test was built, not where the example expects them.
        .current_dir(folder.path())
        .output()
        .unwrap();
    let said = String::from_utf8(answer.stdout).unwrap();
    assert!(
        answer.status.success(),
        "{said} {}",
        String::from_utf8_lossy(&answer.stderr)
    );
    let summary: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(summary["records"], 298);
    assert_eq!(summary["inputs"][1]["events"]["taken"], 21);
    assert_eq!(summary["tiers"]["acme"]["healthy"], 2);
}

#[test]
fn the_catalogue_and_a_rule_can_be_looked_at() {
    let folder = tempfile::tempdir().unwrap();
    let all = json(puls(folder.path(), ["features", "--json"]));
    let names: Vec<_> = all
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["name"])
        .collect();
    assert!(names.len() >= 30 && names.contains(&&"license.days_to_decision".into()));
    let text = puls(folder.path(), ["features", "usage.trend_28d"]).done();
    assert!(
        text.starts_with("usage.trend_28d\n  unit     percent"),
        "{text}"
    );
    let answer = puls(folder.path(), ["features", "usage.trend_82d"]);
    assert!(
        answer.err.contains("did you mean `usage.trend_28d`?"),
        "{}",
        answer.err
    );
    let module = built().join("../rules/saas-health.wasm");
    let module = module.to_str().unwrap();
    assert!(
        puls(folder.path(), ["rule", "check", module])
            .done()
            .contains("is taken")
    );
    let manifest = json(puls(folder.path(), ["rule", "inspect", module, "--json"]));
    assert_eq!(manifest["name"], "saas-health");
    let limits = json(puls(folder.path(), ["rule", "limits", "--json"]));
    assert_eq!(limits["features"], 128);
    assert!(
        puls(folder.path(), ["completions", "bash"])
            .done()
            .contains("complete -F _puls")
    );
}
