//! What-ifs through the program: over a data folder, and of an engine that runs.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;

use puls::clock::{Clock, SystemClock};
use puls_benches::{Generator, Keys, Workload};
use puls_tests::program::{json, puls, put, top};
use puls_tests::seed;
use serde_json::Value;
use tempfile::TempDir;

use crate::cli::Service;
use crate::hostile::modules::hostile;

const CONFIG: &str = r#"
    [inputs.events]
    path = "events.ndjson"
    [[tenants.tenant-0.rules]]
    file = "card.toml"
    primary = true
"#;

fn shipped() -> String {
    fs::read_to_string(top().join("rules/saas-scorecard/card.toml")).unwrap()
}

/// The shipped card, with what is changed in it.
fn changed(changes: &[(&str, &str)]) -> String {
    changes.iter().fold(shipped(), |card, (from, to)| {
        assert!(card.contains(from), "{from} is not in the card");
        card.replacen(from, to, 1)
    })
}

fn desk(files: &[(&str, &[u8])]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        put(folder.path(), name, bytes);
    }
    folder
}

/// Events of made-up companies.
fn events() -> String {
    let workload = Workload {
        seed: seed("what-if", 71),
        accounts: 150,
        keys: Keys::Uniform,
        events_per_s: 0.001,
        ..Workload::default()
    };
    let lines = Generator::new(&workload).take(5_000);
    lines.map(|line| line.value + "\n").collect()
}

/// Status and score of every account by the one rule.
fn exported(desk: &Path) -> BTreeMap<String, Option<f64>> {
    let args = ["export", "scores", "--format", "csv", "--out", "scores.csv"];
    puls(desk, args).done();
    let mut reader = csv::Reader::from_path(desk.join("scores.csv")).unwrap();
    let head = reader.headers().unwrap().clone();
    let place = |name: &str| head.iter().position(|column| column == name).unwrap();
    let (account, score) = (place("account"), place("score"));
    let rows = reader.records().map(|row| row.unwrap());
    rows.map(|row| (row[account].to_owned(), row[score].parse().ok()))
        .collect()
}

/// The scores of movers: account, by the rule that governs, by the draft.
fn movers(answer: &Value) -> BTreeMap<String, (Option<f64>, Option<f64>)> {
    let movers = answer["movers"].as_array().unwrap().iter();
    let of = |mover: &Value| {
        let account = mover["account"].as_str().unwrap().to_owned();
        let score = |side: &str| mover[side]["score"].as_f64();
        (account, (score("present"), score("draft")))
    };
    movers.map(of).collect()
}

/// Every file of the data folder, with its size and when it was written.
fn tree(desk: &TempDir) -> Vec<u8> {
    let folder = desk.path().join("puls-data");
    let output = std::process::Command::new("find")
        .args([folder.as_os_str(), "-type".as_ref(), "f".as_ref()])
        .args(["-printf", "%P %s %T@\n"])
        .output()
        .unwrap();
    let mut lines: Vec<_> = output.stdout.split(|byte| *byte == b'\n').collect();
    lines.sort_unstable();
    lines.concat()
}

#[test]
fn it_says_what_a_whole_evaluation_says_and_touches_nothing() {
    let draft = changed(&[
        ("weight = 45", "weight = 90"),
        (
            "feature = \"ticket.open_critical\"",
            "feature = \"ticket.open\"",
        ),
    ]);
    let events = events();
    let files = |card: &str| {
        let desk = desk(&[
            ("card.toml", card.as_bytes()),
            ("draft.toml", draft.as_bytes()),
            ("puls.toml", CONFIG.as_bytes()),
            ("events.ndjson", events.as_bytes()),
        ]);
        puls(desk.path(), ["run"]).done();
        desk
    };
    let (today, other) = (files(&shipped()), files(&draft));
    let (before, after) = (exported(today.path()), exported(other.path()));
    let untouched = tree(&today);
    let args = ["what-if", "draft.toml", "--json", "--movers", "1000"];
    let answer = json(puls(today.path(), args));
    assert_eq!(tree(&today), untouched);

    let moved = movers(&answer);
    let (mut changes, mut both) = (0, 0);
    for (account, score) in &before {
        let draft = after[account];
        match moved.get(account) {
            Some(found) => assert_eq!(*found, (*score, draft), "{account}"),
            None => assert_eq!(*score, draft, "{account} is no mover"),
        }
        both += u32::from(score.is_some() && draft.is_some());
        changes += u32::from(score.is_some() && draft.is_some() && *score != draft);
    }
    assert!(changes > 50, "only {changes} scores change");
    assert_eq!(answer["score_changes"]["accounts"], changes);
    let percent = answer["score_changes"]["percent"].as_f64().unwrap();
    let expected = 100.0 * f64::from(changes) / f64::from(both);
    assert!((percent - expected).abs() < 1e-9, "{percent}, {expected}");
    assert_eq!(answer["accounts"], before.len());
    assert_eq!(answer["memory"], false);
    let cells = answer["migration"]["accounts"].as_array().unwrap().iter();
    let cells = cells.flat_map(|row| row.as_array().unwrap());
    let sum: u64 = cells.map(|cell| cell.as_u64().unwrap()).sum();
    assert_eq!(sum, before.len() as u64);
    let segments = answer["segments"].as_array().unwrap().iter();
    let sum: u64 = segments.map(|it| it["accounts"].as_u64().unwrap()).sum();
    assert_eq!(sum, before.len() as u64);

    // What moved an account sums to its move where all of it is shown; explain says the same score.
    let (account, (score, _)) = moved
        .iter()
        .find(|(_, (score, _))| score.is_some())
        .unwrap();
    let told = json(puls(today.path(), ["explain", account, "--json"]));
    assert_eq!(told[0]["score"].as_f64(), *score, "{account}");
    for mover in answer["movers"].as_array().unwrap() {
        let because = mover["because"].as_array().unwrap();
        let sum: f64 = because.iter().map(|it| it["delta"].as_f64().unwrap()).sum();
        if let (Some(delta), 1..=2) = (mover["delta"].as_f64(), because.len()) {
            assert!((sum - delta).abs() < 1e-6, "{mover}");
        }
    }
}

#[test]
fn the_same_card_changes_nothing_and_what_is_wrong_is_said() {
    let wrong = changed(&[("usage.trend_28d", "usage.trend_28")]);
    let desk = desk(&[
        ("card.toml", shipped().as_bytes()),
        ("wrong.toml", wrong.as_bytes()),
        ("puls.toml", CONFIG.as_bytes()),
        ("events.ndjson", events().as_bytes()),
    ]);
    let early = puls(desk.path(), ["what-if", "card.toml"]);
    assert_eq!(early.code, 1);
    puls(desk.path(), ["run"]).done();
    let answer = json(puls(desk.path(), ["what-if", "card.toml", "--json"]));
    assert_eq!(answer["tier_changes"]["accounts"], 0);
    assert_eq!(answer["score_changes"]["accounts"], 0);
    assert_eq!(answer["movers"].as_array().unwrap().len(), 0);
    assert_eq!(answer["scores"]["present"], answer["scores"]["draft"]);
    let text = puls(desk.path(), ["what-if", "card.toml"]).done();
    for part in [
        "Nothing changes: every account keeps its score and its tier.",
        "hysteresis and dwell do not count",
    ] {
        let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(flat.contains(part), "{part} is not in {text}");
    }
    let cases: [(&[&str], &str); 6] = [
        (&["wrong.toml"], "wrong.toml:"),
        (&["wrong.toml"], "usage.trend_28d"),
        (&["none.toml"], "read the card none.toml"),
        (
            &["card.toml", "--rule", "saas-health"],
            "active are saas-scorecard",
        ),
        (&["card.toml", "--parameter", "x=1"], "parameter `x`"),
        (&["card.toml", "--live"], "[puls] listen"),
    ];
    for (args, part) in cases {
        let answer = puls(desk.path(), [&["what-if"], args].concat());
        assert_eq!(answer.code, 1, "{args:?}: {answer:?}");
        assert!(answer.err.contains(part), "{args:?}: {}", answer.err);
    }
}

#[test]
fn a_module_that_fails_on_many_accounts_is_stopped_and_on_one_is_counted() {
    // Hostile modules do what they do where the last use was thirteen days ago.
    let event = |account: usize, at: &str| {
        format!(
            "{{\"id\":\"{account}\",\"tenant\":\"tenant-0\",\"account\":\"a{account}\",\
             \"kind\":\"usage\",\"metric\":\"m\",\"contact\":\"c\",\"at\":\"{at}\"}}\n"
        )
    };
    let all = hostile();
    let spins = all
        .iter()
        .find(|it| it.does == "loops without end")
        .unwrap();
    for (silent, expected) in [(1, None), (130, Some("failed on"))] {
        let at = |account| match account {
            139 => "2026-03-16T10:00:00Z",
            account if account < silent => "2026-03-03T10:00:00Z",
            _ => "2026-03-04T10:00:00Z",
        };
        let events: String = (0..140)
            .map(|account| event(account, at(account)))
            .collect();
        let desk = desk(&[
            ("card.toml", shipped().as_bytes()),
            ("spins.wasm", &spins.bytes),
            ("puls.toml", CONFIG.as_bytes()),
            ("events.ndjson", events.as_bytes()),
        ]);
        puls(desk.path(), ["run"]).done();
        let asked = puls(desk.path(), ["what-if", "spins.wasm", "--json"]);
        match expected {
            None => {
                let answer = json(asked);
                assert_eq!(answer["failed"]["draft"], silent, "{answer}");
                assert_eq!(answer["accounts"], 140 - silent);
            }
            Some(part) => {
                assert_eq!(asked.code, 1, "{asked:?}");
                assert!(asked.err.contains(part), "{}", asked.err);
                assert!(asked.err.contains("units of fuel"), "{}", asked.err);
            }
        }
    }
}

const LIVE: &str = r#"
    [inputs.events]
    path = "events.ndjson"
    [tenants.acme.what_if]
    token_env = "ACME_TOKEN"
    [[tenants.acme.rules]]
    file = "card.toml"
    primary = true
    [tenants.globex.what_if]
    token_env = "GLOBEX_TOKEN"
    keep = true
    [[tenants.globex.rules]]
    file = "card.toml"
    primary = true
"#;
const ACME: &str = "acme-token-of-some-length";
const GLOBEX: &str = "globex-token-of-some-length";

/// An HTTP answer: status, head, and the document.
fn ask(
    address: &str,
    (verb, path): (&str, &str),
    token: &str,
    body: &[u8],
) -> (u16, String, Value) {
    let mut stream = TcpStream::connect(address).unwrap();
    let head = format!(
        "{verb} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: {token}\r\n\
         content-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    // Who is refused may be answered before all is written.
    stream.write_all(body).ok();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let status = head.split(' ').nth(1).and_then(|it| it.parse().ok());
    let document = serde_json::from_str(body).unwrap_or_default();
    (status.unwrap_or(0), head.to_lowercase(), document)
}

fn live_desk() -> TempDir {
    let now = SystemClock.now();
    let event = |tenant: &str, number: usize| {
        format!(
            "{{\"id\":\"{number}\",\"tenant\":\"{tenant}\",\"account\":\"{tenant}-{number}\",\
             \"kind\":\"usage\",\"metric\":\"m\",\"contact\":\"c\",\"at\":\"{now}\"}}\n"
        )
    };
    let acme = (0..40).map(|number| event("acme", number));
    let globex = (0..7).map(|number| event("globex", number));
    let events: String = acme.chain(globex).collect();
    desk(&[
        ("card.toml", shipped().as_bytes()),
        (
            "draft.toml",
            changed(&[("weight = 45", "weight = 90")]).as_bytes(),
        ),
        ("puls.toml", LIVE.as_bytes()),
        ("events.ndjson", events.as_bytes()),
    ])
}

/// Asks until the columns are there.
fn answer(address: &str, tenant: &str, token: &str, card: &[u8]) -> Value {
    let path = format!("/v1/tenants/{tenant}/what-if");
    let bearer = format!("Bearer {token}");
    let (mut status, mut head, mut document) = ask(address, ("POST", &path), &bearer, card);
    while status == 202 {
        let place = head.lines().find_map(|it| it.strip_prefix("location: "));
        let place = place.unwrap().to_owned();
        (status, head, document) = ask(address, ("GET", &place), &bearer, b"");
    }
    assert_eq!(status, 200, "{document}");
    document
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table, and what reads it")]
fn a_running_engine_answers_who_has_the_token_and_nobody_else() {
    let desk = live_desk();
    let tokens = [("ACME_TOKEN", ACME), ("GLOBEX_TOKEN", GLOBEX)];
    let mut service = Service::start_with(desk.path(), &tokens);
    let address = service.wait_for("listening")["address"].clone();
    let address = address.as_str().unwrap();
    let mut taken = 0;
    while taken < 47 {
        taken += service.wait_for("committed")["records"].as_u64().unwrap();
    }
    let card = fs::read(desk.path().join("draft.toml")).unwrap();
    for (tenant, token, accounts) in [("acme", ACME, 40), ("globex", GLOBEX, 7)] {
        let document = answer(address, tenant, token, &card);
        assert_eq!(document["accounts"], accounts, "{document}");
        let other = if tenant == "acme" { "globex-" } else { "acme-" };
        assert!(!document.to_string().contains(other), "{document}");
        assert_eq!(document["shards"]["here"], document["shards"]["of"]);
    }
    let bearer = format!("Bearer {ACME}");
    let (acme, globex) = ("/v1/tenants/acme/what-if", "/v1/tenants/globex/what-if");
    let unknown = format!("{acme}/{}", "0".repeat(64));
    let long = vec![b'#'; 1024 * 1024 + 1];
    let (hostile, all) = (b"\0asm\x01\0\0\0".to_vec(), hostile());
    let refused = all
        .iter()
        .find(|it| it.does == "loops without end")
        .unwrap();
    type Case<'a> = ((&'a str, &'a str), &'a str, &'a [u8], u16, &'a str);
    let cases: [Case<'_>; 12] = [
        (("POST", acme), "", &card, 401, "Authorization: Bearer"),
        (("POST", acme), "Bearer nonsense", &card, 401, "Bearer"),
        (("POST", acme), ACME, &card, 401, "Bearer"),
        (("POST", globex), &bearer, &card, 401, "Bearer"),
        (
            ("POST", "/v1/tenants/nobody/what-if"),
            &bearer,
            &card,
            401,
            "Bearer",
        ),
        (("GET", &unknown), "", b"", 401, "Bearer"),
        (("GET", &unknown), &bearer, b"", 404, "open draft"),
        (("POST", acme), &bearer, &long, 413, "at most 1048576 bytes"),
        (("POST", acme), &bearer, b"[card]\nname = 1\n", 422, "card:"),
        (("POST", acme), &bearer, &hostile, 422, "expected"),
        (
            ("POST", &format!("{acme}?rule=x")),
            &bearer,
            &card,
            422,
            "active are",
        ),
        (
            ("POST", &format!("{acme}?sort=x")),
            &bearer,
            &card,
            400,
            "`sort`",
        ),
    ];
    for (what, token, body, expected, part) in cases {
        let (status, head, document) = ask(address, what, token, body);
        assert_eq!(status, expected, "{what:?}: {document}");
        assert!(head.contains("application/problem+json"), "{head}");
        assert_eq!(document["status"], expected, "{document}");
        let detail = document["detail"].as_str().unwrap();
        assert!(detail.contains(part), "{what:?}: {detail}");
    }
    // A module that spins where there are thirteen events does no harm where there is one.
    assert_eq!(
        answer(address, "acme", ACME, &refused.bytes)["failed"]["draft"],
        0
    );
    closes_and_asks_through_the_program(&desk, address, &card);
    counts_what_was_asked(address);
    assert!(service.child.try_wait().unwrap().is_none(), "it has ended");
    service.child.kill().unwrap();
    service.child.wait().unwrap();
}

fn counts_what_was_asked(address: &str) {
    let mut stream = TcpStream::connect(address).unwrap();
    let asked = "GET /metrics HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    stream.write_all(asked.as_bytes()).unwrap();
    let mut metrics = String::new();
    stream.read_to_string(&mut metrics).unwrap();
    for part in [
        "puls_what_ifs_total{outcome=\"answered\"} ",
        "puls_what_ifs_total{outcome=\"refused\"} ",
        "puls_what_if_seconds_count ",
        "puls_peers_waiting{shard=\"0\"} 0",
    ] {
        assert!(metrics.contains(part), "{part} is not in {metrics}");
    }
}

fn closes_and_asks_through_the_program(desk: &TempDir, address: &str, card: &[u8]) {
    let url = format!("http://{address}");
    let asked = |token: &str| {
        std::process::Command::new(puls_tests::program::program())
            .args(["what-if", "draft.toml", "--tenant", "acme", "--url", &url])
            .current_dir(desk.path())
            .env("ACME_TOKEN", token)
            .output()
            .unwrap()
    };
    let done = asked(ACME);
    let text = String::from_utf8_lossy(&done.stdout);
    assert!(done.status.success(), "{done:?}");
    assert!(text.contains("Tenant acme, 40 accounts"), "{text}");
    let refused = asked("another-token-of-some-length");
    assert!(
        String::from_utf8_lossy(&refused.stderr).contains("401"),
        "{refused:?}"
    );
    let none = asked("");
    assert!(
        String::from_utf8_lossy(&none.stderr).contains("ACME_TOKEN"),
        "{none:?}"
    );

    let bearer = format!("Bearer {ACME}");
    // Another number of movers is another draft.
    let path = "/v1/tenants/acme/what-if?movers=3";
    let (status, head, document) = ask(address, ("POST", path), &bearer, card);
    assert!(status == 200 || status == 202, "{head} {document}");
    assert!(document["movers"].as_array().is_none_or(|it| it.len() <= 3));
}

#[test]
fn a_run_starts_only_with_tokens_that_are_there() {
    let desk = live_desk();
    let said = |args: &[&str], listen: bool, token: &str| {
        let mut run = std::process::Command::new(puls_tests::program::program());
        run.args(args).current_dir(desk.path());
        run.env("ACME_TOKEN", token).env("GLOBEX_TOKEN", GLOBEX);
        if listen {
            run.env("PULS_LISTEN", "127.0.0.1:0");
        }
        let output = run.output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said).into_owned();
        (output.status.success(), said)
    };
    for (listen, token, part) in [
        (false, ACME, "[puls] listen"),
        (true, "", "tenants.acme.what_if: expected a token"),
        (true, "short", "found one of 5"),
    ] {
        for command in ["run", "check"] {
            let (done, said) = said(&[command], listen, token);
            assert!(!done && said.contains(part), "{command}, {part}: {said}");
        }
    }
    // Where only the configuration is judged, its secrets may be elsewhere.
    let done: [(&[&str], &str); 3] = [
        (&["check", "--offline"], ""),
        (&["check"], ACME),
        (&["run"], ACME),
    ];
    for (args, token) in done {
        let (done, said) = said(args, true, token);
        assert!(done, "{args:?}: {said}");
    }
}
