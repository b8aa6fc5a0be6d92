//! The life of a rule on a real broker, with two members that share the shards: pushed, in shadow,
//! activated, rolled back, as long as a package may be, ended, and told afterwards.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::process::{Child, Command, Stdio};

use puls::clock::{Clock, SystemClock};
use puls::limits::RULE_MODULE_BYTES_MAX;
use puls::model::{Time, partition_of};
use puls_tests::broker::broker;
use puls_tests::program::{program, puls, put};
use puls_wire::with_section;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::bench::Bench;

const SHARDS: u32 = 4;
/// Longer than anything here takes on a machine that has other things to do.
const PATIENCE_MS: i64 = 120_000;

/// The shipped rule in another version; nothing else differs.
fn version(number: &str) -> Vec<u8> {
    let mut bytes = puls_tests::rules::module("saas-health");
    let (from, to) = (br#""version":"1.0.0""#, format!(r#""version":"{number}""#));
    let place = bytes.windows(from.len()).rposition(|it| it == from);
    let place = place.unwrap();
    bytes[place..place + from.len()].copy_from_slice(to.as_bytes());
    bytes
}

/// A corner of the broker, and the desk of who owns the rules.
struct Desk {
    bench: Bench,
    folder: TempDir,
    accounts: u32,
}

struct Member(Child);

impl Drop for Member {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

impl Desk {
    fn new() -> Self {
        let bench = Bench::without_topics("life", SHARDS, &["events"]);
        let folder = tempfile::tempdir().unwrap();
        let desk = Self {
            bench,
            folder,
            accounts: 0,
        };
        desk.done("rule keygen ada.key");
        let key = fs::read_to_string(desk.folder.path().join("ada.key.pub")).unwrap();
        let (prefix, address) = (desk.bench.prefix(), broker().address());
        let topic = desk.bench.input("events");
        for instance in ["a", "b"] {
            let config = format!(
                "[puls]\nthreads = 1\n[kafka]\nbrokers = \"{address}\"\nprefix = \"{prefix}\"\n\
                 group = \"{prefix}group\"\ninstance = \"{instance}\"\npartitions = {SHARDS}\n\
                 replication = 1\n[inputs.events]\ntopic = \"{topic}\"\ntenant = \"acme\"\n\
                 [tenants.acme]\ntrust.keys = {{ ada = \"{}\" }}\n\
                 [[tenants.acme.rules]]\nfile = \"1.0.0.wasm\"\nprimary = true\n",
                key.trim()
            );
            put(desk.folder.path(), &format!("{instance}.toml"), config);
        }
        for number in ["1.0.0", "1.1.0"] {
            put(
                desk.folder.path(),
                &format!("{number}.wasm"),
                version(number),
            );
        }
        // As long as a package may be.
        let bytes = version("1.2.0");
        let padding = vec![b'x'; RULE_MODULE_BYTES_MAX - bytes.len() - 20];
        let bytes = with_section(&bytes, "padding", &padding);
        assert!(bytes.len() <= RULE_MODULE_BYTES_MAX && bytes.len() + 20 > RULE_MODULE_BYTES_MAX);
        put(desk.folder.path(), "1.2.0.wasm", bytes);
        for number in ["1.0.0", "1.1.0", "1.2.0"] {
            desk.done(&format!("rule sign {number}.wasm --key ada.key"));
        }
        desk
    }

    fn done(&self, words: &str) -> String {
        puls(self.folder.path(), words.split(' ')).done()
    }

    /// A command on rules, as a person gives it.
    fn rule(&self, words: &str) -> String {
        let by = match words.split(' ').next() {
            Some("activate" | "rollback" | "deactivate") => " --by ada",
            _ => "",
        };
        self.done(&format!("rule {words}{by} --config a.toml"))
    }

    fn member(&self, instance: &str) -> Member {
        let log = File::create(self.folder.path().join(format!("{instance}.log"))).unwrap();
        let child = Command::new(program())
            .args(["run", "--config", &format!("{instance}.toml")])
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn();
        Member(child.unwrap())
    }

    /// An event of an account that nobody has seen.
    fn new_account(&mut self) -> String {
        self.accounts += 1;
        let account = format!("customer-{}", self.accounts);
        let now = SystemClock.now();
        let event = json!({
            "id": account, "account": account, "kind": "usage", "metric": "login",
            "at": now.to_string(),
        });
        let key = format!("acme/{account}");
        let record = puls::model::Record {
            input: 0,
            offset: 0,
            timestamp: Some(now),
            key: Some(key.clone().into()),
            headers: Vec::new(),
            value: event.to_string().into(),
        };
        let topic = self.bench.input("events");
        let partition = partition_of(key.as_bytes(), SHARDS);
        self.bench
            .send_records([(topic, partition, record)].into_iter());
        account
    }

    /// Scores in a topic: partition, key, data.
    fn scores(&self, topic: &str) -> Vec<(u32, String, Value)> {
        let records = self.bench.read_records(&self.bench.topic(topic));
        let score = |(partition, record): (u32, puls::model::Record)| {
            let event: Value = serde_json::from_slice(&record.value).unwrap();
            let key = String::from_utf8(record.key.unwrap().to_vec()).unwrap();
            (partition, key, event["data"].clone())
        };
        records.into_iter().map(score).collect()
    }

    /// The version that scored an account last, once one has.
    fn version_of(&self, topic: &str, account: &str) -> String {
        wait(
            &format!("a score of {account} in {topic}: {}", self.logs()),
            || {
                let scores = self.scores(topic);
                let of = scores.iter().rev().find(|it| it.2["account"] == account);
                of.map(|it| it.2["rule"]["version"].as_str().unwrap().to_owned())
            },
        )
    }

    /// Sends accounts until one is scored by `version`, and gives how long after `since` that one
    /// was sent.
    fn governs(&mut self, version: &str, since: Time) -> i64 {
        wait(version, || {
            let sent = SystemClock.now();
            let account = self.new_account();
            (self.version_of("scores", &account) == version).then(|| sent.since_ms(since))
        })
    }

    fn log(&self, instance: &str) -> String {
        let path = self.folder.path().join(format!("{instance}.log"));
        fs::read_to_string(path).unwrap_or_default()
    }

    fn logs(&self) -> String {
        self.log("a") + &self.log("b")
    }
}

/// When a record was published that a command has said to govern from a moment on.
fn published(said: &str) -> Time {
    let said: Value = serde_json::from_str(said).unwrap();
    let from = Time::parse_rfc3339(said["from"].as_str().unwrap()).unwrap();
    from.minus_ms(puls::limits::ACTIVATION_DELAY_MS)
}

fn wait<T>(what: &str, mut found: impl FnMut() -> Option<T>) -> T {
    let since = SystemClock.now();
    while SystemClock.now() < since.plus_ms(PATIENCE_MS) {
        if let Some(found) = found() {
            return found;
        }
    }
    panic!("{what} did not come");
}

#[test]
fn a_rule_lives_on_a_broker_with_two_members() {
    let mut desk = Desk::new();
    let created = desk.done("topics create --config a.toml");
    assert!(
        created.contains(&format!("created {}\n", desk.bench.topic("shadow"))),
        "{created}"
    );
    let first: Vec<String> = (0..12).map(|_| desk.new_account()).collect();
    // The first publishes what is configured; two at once would both find it missing.
    let _first = desk.member("a");
    assert_eq!(desk.version_of("scores", &first[0]), "1.0.0");
    let _second = desk.member("b");
    for account in &first {
        assert_eq!(desk.version_of("scores", account), "1.0.0");
    }
    wait("a share for each", || {
        desk.log("b").contains("recovered shard").then_some(())
    });
    let partitions: BTreeSet<u32> = desk.scores("scores").iter().map(|it| it.0).collect();
    assert_eq!(partitions.len(), SHARDS as usize, "{}", desk.logs());

    assert!(desk.rule("push 1.1.0.wasm").contains(", signed by ada"));
    desk.rule("activate saas-health@1.1.0 --as saas-health-next --shadow --reason look");
    wait("a score in shadow", || {
        let account = desk.new_account();
        desk.version_of("scores", &account);
        let shadow = desk.scores("shadow");
        shadow
            .iter()
            .any(|it| it.2["account"] == account.as_str())
            .then_some(())
    });
    let said = desk.rule("activate saas-health@1.1.0 --reason live --json");
    let took = desk.governs("1.1.0", published(&said));
    println!("activated: what was sent {took} ms after the record is scored by 1.1.0");

    let said = desk.rule("rollback saas-health --reason soft --json");
    let took = desk.governs("1.0.0", published(&said));
    println!("rolled back: what was sent {took} ms after the record is scored by 1.0.0");

    assert!(
        desk.rule("push 1.2.0.wasm")
            .starts_with("saas-health 1.2.0 is pushed")
    );
    let since = SystemClock.now();
    desk.rule("activate saas-health@1.2.0 --reason long");
    desk.governs("1.2.0", since);
    desk.rule("deactivate saas-health-next --reason seen");
    nothing_of_the_shadow_is_elsewhere(&desk);
    it_is_told(&desk);
}

fn nothing_of_the_shadow_is_elsewhere(desk: &Desk) {
    for (_, key, data) in desk.scores("shadow") {
        assert!(key.ends_with("/saas-health-next"), "{key}");
        assert_eq!(data["rule"]["shadow"], true);
    }
    for topic in ["scores", "alerts", "triggers"] {
        for (_, key, data) in desk.scores(topic) {
            assert!(
                !format!("{key}{data}").contains("saas-health-next"),
                "{topic}: {key}"
            );
        }
    }
}

fn it_is_told(desk: &Desk) {
    let history = desk.rule("history");
    for part in [
        "look",
        "live",
        "soft",
        "long",
        "seen",
        "secondary in shadow",
        "configuration",
    ] {
        assert!(history.contains(part), "{part:?} is not in {history}");
    }
    let told: Value = serde_json::from_str(&desk.rule("history saas-health --json")).unwrap();
    let row = |row: &Value| {
        let signer = row["signed"]["by"].as_str().unwrap();
        (
            row["version"].as_str().unwrap().to_owned(),
            signer.to_owned(),
        )
    };
    let rows: Vec<_> = told.as_array().unwrap().iter().map(row).collect();
    let versions = ["1.0.0", "1.1.0", "1.0.0", "1.2.0"];
    assert_eq!(rows, versions.map(|it| (it.to_owned(), "ada".to_owned())));
    let list = desk.rule("list");
    assert!(list.contains("saas-health  1.2.0"), "{list}");
}
