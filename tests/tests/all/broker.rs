//! The program on a broker: topics, a run to a moment, and the same scores as over files.

use std::path::Path;
use std::time::Duration;

use puls::model::Time;
use puls_tests::broker::{broker, prefix};
use puls_tests::program::{link_rules, puls, put};
use rdkafka::ClientConfig;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use serde_json::Value;

const TENANT: &str = r#"
[tenants.acme]
trust.unsigned = "accept"
[[tenants.acme.rules]]
file = "rules/saas-health.wasm"
primary = true
"#;

/// Events of some accounts, in order of time.
fn events() -> Vec<Value> {
    let lines = [
        r#"{"id":"1","account":"globex","kind":"account","at":"2026-01-01T08:00:00Z","stage":"adoption"}"#,
        r#"{"id":"2","account":"globex","kind":"usage","metric":"login","at":"2026-01-02T09:00:00Z"}"#,
        r#"{"id":"3","account":"initech","kind":"usage","metric":"login","at":"2026-01-02T10:00:00Z"}"#,
        r#"{"id":"3","account":"initech","kind":"usage","metric":"login","at":"2026-01-02T10:00:00Z"}"#,
        r#"{"id":"4","account":"umbrella","kind":"ticket","ticket":"t","change":"opened","priority":"critical","at":"2026-01-03T10:00:00Z"}"#,
        r#"{"id":"5","account":"initech","kind":"survey","survey":"nps","change":"answered","score":9,"scale":10,"at":"2026-01-04T10:00:00Z"}"#,
    ];
    lines
        .iter()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn send(topic: &str, events: &[Value]) {
    let mut config = ClientConfig::new();
    config
        .set("bootstrap.servers", broker().address())
        .set("partitioner", "murmur2_random");
    let producer: BaseProducer = config.create().unwrap();
    for event in events {
        let key = format!("acme/{}", event["account"].as_str().unwrap());
        let value = event.to_string();
        let at = Time::parse_rfc3339(event["at"].as_str().unwrap()).unwrap();
        let record = BaseRecord::to(topic)
            .key(&key)
            .payload(&value)
            .timestamp(at.0);
        producer.send(record).unwrap();
    }
    producer.flush(Duration::from_secs(30)).unwrap();
}

#[test]
fn topics_are_made_and_a_run_has_the_scores_that_files_have() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    link_rules(here, "rules");
    let prefix = prefix("cli");
    let topic = format!("{prefix}in");
    let address = broker().address();
    let kafka = format!(
        "[puls]\nthreads = 2\n[kafka]\nbrokers = \"{address}\"\nprefix = \"{prefix}\"\n\
         group = \"{prefix}group\"\npartitions = 3\nreplication = 1\n\
         [inputs.events]\ntopic = \"{topic}\"\ntenant = \"acme\"\n{TENANT}"
    );
    put(here, "kafka.toml", kafka);
    let on_broker = |args: &[&str]| puls(here, [args, &["--config", "kafka.toml"]].concat());

    let missing = on_broker(&["check"]);
    assert_eq!(missing.code, 1);
    assert!(missing.out.contains(&topic), "{}", missing.out);
    assert!(on_broker(&["topics", "list"]).done().contains(&topic));
    let created = on_broker(&["topics", "create"]).done();
    assert!(created.contains(&format!("created {topic}\n")), "{created}");
    assert!(
        created.ends_with("topics are as they must be\n"),
        "{created}"
    );
    assert!(on_broker(&["check"]).done().starts_with("all is well"));

    let events = events();
    send(&topic, &events);
    let until = ["--until", "2026-01-10T00:00:00Z"];
    let run = on_broker(&[&["run", "--json"], &until[..]].concat()).done();
    let run: Value = serde_json::from_str(&run).unwrap();
    assert_eq!((&run["records"], &run["accounts"]), (&6.into(), &3.into()));
    assert_eq!(run["inputs"][0]["records"]["duplicate"], 1);

    let lines: Vec<_> = events.iter().map(|event| format!("{event}\n")).collect();
    put(here, "events.ndjson", lines.concat());
    let files = format!("[inputs.events]\npath = \"events.ndjson\"\ntenant = \"acme\"\n{TENANT}");
    put(here, "puls.toml", files);
    puls(here, [&["run"], &until[..]].concat()).done();
    let at = ["--at", "2026-01-10T00:00:00Z"];
    let on_files = |args: &[&str]| puls(here, args).done();
    let explained = |text: String| known_there(&text);
    for at in ["2026-01-10T00:00:00Z", "2026-01-03", "2026-01-04T09:59:59Z"] {
        let command = ["explain", "initech", "--json", "--at", at];
        assert_eq!(
            explained(on_broker(&command).done()),
            explained(on_files(&command)),
            "{at}"
        );
    }
    let history = ["explain", "initech", "--history", "--json"];
    let told = |text: String| known_there(&text).as_array().unwrap().len();
    let (there, here_told) = (told(on_broker(&history).done()), told(on_files(&history)));
    assert!(there > 0 && there == here_told, "{there} {here_told}");
    let replayed = on_broker(&["replay"]).done();
    assert!(
        replayed.contains("byte for byte what was published"),
        "{replayed}"
    );
    on_broker(&[&["export", "scores", "--out", "a.csv"], &at[..]].concat()).done();
    on_files(&[&["export", "scores", "--out", "b.csv"], &at[..]].concat());
    let table = |name: &str| {
        let text = std::fs::read_to_string(here.join(name)).unwrap();
        let mut rows: Vec<_> = text.lines().map(str::to_owned).collect();
        // Shard by shard: the same rows in another order.
        rows.sort();
        rows
    };
    assert_eq!(table("a.csv"), table("b.csv"));
    let alerts = on_broker(&["export", "alerts", "--out", "alerts.csv"]).done();
    assert!(alerts.ends_with(" in alerts.csv\n"), "{alerts}");
    backtests_alike(here);
}

/// A backtest reads topics beside the group, and says of them what it says of files.
fn backtests_alike(here: &Path) {
    let rule = ["backtest", "--rule", "rules/saas-health.wasm"];
    let on_broker = ["--config", "kafka.toml"];
    let report = |more: &[&str]| {
        let until = ["--json", "--until", "2026-03-05"];
        let told = puls(here, [&rule[..], &until, more].concat()).done();
        let mut report: Value = serde_json::from_str(&told).unwrap();
        for of_machine in ["seconds", "events_per_second"] {
            report.as_object_mut().unwrap().remove(of_machine);
        }
        report
    };
    let of_files = report(&[]);
    assert_eq!(of_files["reference_dates"], 2, "{of_files}");
    assert_eq!(report(&on_broker), of_files);
    let from_files = [
        "--from",
        &format!("events={}", here.join("events.ndjson").display()),
    ];
    let from_files = [&on_broker[..], &from_files].concat();
    assert_eq!(report(&from_files)["migration"], of_files["migration"]);
    let nothing = [&rule[..], &on_broker, &["--from", "events=0..0"]].concat();
    let said = puls(here, nothing).err;
    assert!(
        said.contains("expected records in the inputs, found none"),
        "{said}"
    );
}

/// What an explanation says beside the positions of records, which differ from log to log.
fn known_there(text: &str) -> Value {
    let mut all: Value = serde_json::from_str(text).unwrap();
    for rule in all.as_array_mut().unwrap() {
        for change in rule["changes"].as_array_mut().into_iter().flatten() {
            change["cause"].take();
        }
        for place in ["published", "cause", "folded"] {
            rule[place].take();
        }
    }
    all
}
