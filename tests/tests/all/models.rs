//! Trained models through the program: a table out, a model in, and the same chances.
//!
//! Trains with the script that ships, in Python, on tables that `puls` wrote, and compares row by
//! row what the model says there and what the rule says here.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use puls_benches::{Generator, Keys, Workload};
use puls_tests::program::{puls, put, top};
use puls_tests::{python, seed};
use tempfile::TempDir;

/// How far a chance may be from the one that LightGBM says: what an import promises at most.
const CHANCE_ERROR_MAX: f64 = 1e-6;
/// A score in points is rounded to ten-thousandths, a chance so to millionths.
const ROUNDING: f64 = 0.51e-6;

const CONFIG: &str = r#"
    [inputs.events]
    path = "events.ndjson"
    [tenants.tenant-0]
"#;

/// A folder with two tables of features and what became of the accounts, made once.
struct Desk {
    folder: TempDir,
    events: String,
    until: [String; 3],
}

impl Desk {
    fn path(&self) -> &Path {
        self.folder.path()
    }
}

fn desk() -> &'static Desk {
    static DESK: OnceLock<Desk> = OnceLock::new();
    DESK.get_or_init(make_desk)
}

fn make_desk() -> Desk {
    let workload = Workload {
        seed: seed("models", 8),
        accounts: 240,
        keys: Keys::Zipf(0.7),
        events_per_s: 0.003,
        ..Workload::default()
    };
    let lines: Vec<_> = Generator::new(&workload).take(16_000).collect();
    // Two reference dates, and one to score at.
    let until = [8_000, 11_000, 15_999].map(|line| lines[line].time.to_string());
    let events: String = lines.iter().map(|line| line.value.clone() + "\n").collect();
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    put(at, "puls.toml", CONFIG);
    put(at, "events.ndjson", &events);
    for (index, until) in until.iter().enumerate() {
        puls(at, ["run", "--until", until]).done();
        for (form, ending) in [("parquet", "parquet"), ("csv", "csv")] {
            let out = format!("features-{index}.{ending}");
            puls(at, ["export", "features", "--format", form, "--out", &out]).done();
        }
    }
    put(at, "churn.csv", outcomes(at, &until));
    Desk {
        folder,
        events,
        until,
    }
}

/// Of the accounts that were less active at a date than half of them, most leave soon after it.
fn outcomes(at: &Path, until: &[String; 3]) -> String {
    let mut left = BTreeMap::new();
    for (index, moment) in until.iter().take(2).enumerate() {
        let table = table(&at.join(format!("features-{index}.csv")));
        let active = |row: &BTreeMap<String, String>| {
            let days = row["usage.active_days_28d"].parse();
            days.unwrap_or(0.0_f64)
        };
        let mut all: Vec<_> = table.iter().map(active).collect();
        all.sort_by(f64::total_cmp);
        let half = all[all.len() / 2];
        for (place, row) in table.iter().enumerate() {
            // Some who are active leave, some who are not stay.
            let is_odd = place % 11 == 3;
            if (active(row) < half) != is_odd {
                let day = moment.split('T').next().unwrap();
                let decided = format!("{day}T23:59:59Z");
                left.entry(row["account"].clone()).or_insert(decided);
            }
        }
    }
    let rows: Vec<_> = left
        .into_iter()
        .map(|(account, at)| format!("{account},{at}"))
        .collect();
    format!("account,decided_at\n{}\n", rows.join("\n"))
}

/// Rows of a CSV by column.
fn table(path: &Path) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_path(path).unwrap();
    reader.deserialize().map(|row| row.unwrap()).collect()
}

/// Starts the script that ships.
fn script(at: &Path, args: &[&str]) -> String {
    let folder = top().join("rules-sdk/models/python");
    let output = Command::new(python::python(&folder.join("requirements.txt")))
        .arg(folder.join("puls_models.py"))
        .args(args)
        .current_dir(at)
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let told = text(&output.stderr);
    assert!(
        output.status.success(),
        "{args:?}\n{}{told}",
        text(&output.stdout)
    );
    text(&output.stdout)
}

/// The features of both dates and what became of the accounts.
const LEARN: [&str; 8] = [
    "--features",
    "features-0.parquet",
    "features-1.parquet",
    "--outcomes",
    "churn.csv",
    "--observed-until",
    "2100-01-01",
    "--window-days=1",
];

fn learn<'a>(command: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&[command], LEARN.as_slice(), more].concat()
}

/// What a script said of each account.
fn chances(path: &Path) -> BTreeMap<String, f64> {
    let rows = table(path);
    let chance = |row: &BTreeMap<String, String>| row["chance"].parse().unwrap();
    rows.iter()
        .map(|row| (row["account"].clone(), chance(row)))
        .collect()
}

/// Runs a rule over the same events in a folder of its own; scores and parts by account.
fn scores(desk: &Desk, rule: &Path) -> (TempDir, Vec<BTreeMap<String, String>>) {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let config = format!(
        "{CONFIG}[[tenants.tenant-0.rules]]\nfile = {:?}\nprimary = true\n",
        rule.display().to_string()
    );
    put(at, "puls.toml", config);
    put(at, "events.ndjson", &desk.events);
    puls(at, ["run", "--until", &desk.until[2]]).done();
    puls(
        at,
        ["export", "scores", "--format", "csv", "--out", "scores.csv"],
    )
    .done();
    let rows = table(&at.join("scores.csv"));
    (folder, rows)
}

fn is_scored(row: &BTreeMap<String, String>) -> bool {
    !row["score"].is_empty()
}

/// The trained model as a rule, with its folder.
fn import(at: &Path, out: &str, more: &[&str]) -> PathBuf {
    let model = ["rule", "import", "--lightgbm", "model/model.txt"];
    let map = ["--features", "model/map.toml", "--out", out];
    let args = [model.as_slice(), &map, more].concat();
    let told = puls(at, args).done();
    assert!(told.contains(" written to "), "{told}");
    at.join(out)
}

#[test]
fn a_lightgbm_model_says_in_the_sandbox_what_it_says_in_python() {
    let desk = desk();
    let at = desk.path();
    let told = script(at, &learn("train", &["--out=model"]));
    assert!(told.starts_with("lightgbm: "), "{told}");
    let predict = ["predict", "--model=model/model.txt", "--out=chances.csv"];
    script(
        at,
        &[predict.as_slice(), &["--features", "features-2.parquet"]].concat(),
    );
    let rule = import(at, "churn.wasm", &[]);
    let checked = puls(at, ["rule", "check", "churn.wasm"]).done();
    assert!(checked.starts_with("churn 1.0.0 is taken: "), "{checked}");

    let expected = chances(&at.join("chances.csv"));
    let (folder, scores) = scores(desk, &rule);
    let (mut compared, mut low) = (0, 0);
    for row in scores.iter().filter(|row| is_scored(row)) {
        let score: f64 = row["score"].parse().unwrap();
        let chance = expected[&row["account"]];
        let apart = ((1.0 - score / 100.0) - chance).abs();
        assert!(
            apart <= CHANCE_ERROR_MAX + ROUNDING,
            "{row:?} for {chance}: {apart:e}"
        );
        // Parts add up to the score.
        let parts = row["parts"]
            .split(' ')
            .map(|part| part.rsplit('=').next().unwrap());
        let sum: f64 = parts.map(|part| part.parse::<f64>().unwrap()).sum();
        assert!((sum - score).abs() < 1e-6, "{row:?}: {sum}");
        compared += 1;
        low += usize::from(chance > 0.5);
    }
    assert!(compared > 200, "{compared} of {}", scores.len());
    assert!(
        low > 20 && low < compared,
        "{low} of {compared} are likely to leave"
    );

    // Why, in words.
    let worst = scores.iter().filter(|row| is_scored(row));
    let worst = worst.min_by(|a, b| {
        let score = |row: &BTreeMap<String, String>| row["score"].parse::<f64>().unwrap();
        score(a).total_cmp(&score(b))
    });
    let worst = worst.unwrap();
    assert!(!worst["reason_1"].is_empty(), "{worst:?}");
    let account = worst["account"].as_str();
    let explained = puls(folder.path(), ["explain", account, "--tenant", "tenant-0"]).done();
    assert!(
        explained.contains(worst["reason_1"].as_str()),
        "{explained}"
    );
}

#[test]
fn an_explainable_boosting_machine_and_its_card_say_the_same() {
    let desk = desk();
    let at = desk.path();
    let predict = [
        "--kind=ebm",
        "--name=churn-ebm",
        "--out=ebm",
        "--predict=features-2.parquet",
    ];
    let told = script(at, &learn("additive", &predict));
    assert!(told.starts_with("ebm: "), "{told}");
    let (expected, chance) = card(at, "ebm");
    let (_folder, scores) = scores(desk, &at.join("ebm/card.toml"));
    let mut compared = 0;
    for row in scores.iter().filter(|row| is_scored(row)) {
        let score: f64 = row["score"].parse().unwrap();
        let expected = expected[&row["account"]];
        let apart = (chance(score) - expected).abs();
        assert!(apart < 1e-5, "{row:?}: {} for {expected}", chance(score));
        compared += 1;
    }
    assert!(compared > 200, "{compared} of {}", scores.len());
}

/// Imports an additive model as a card that is taken; what was said of each account, and the chance
/// that a score means.
fn card(at: &Path, folder: &str) -> (BTreeMap<String, f64>, impl Fn(f64) -> f64 + use<>) {
    let model = format!("{folder}/additive.json");
    let told = puls(at, ["rule", "import", "--additive", &model, "--json"]).done();
    let told: serde_json::Value = serde_json::from_str(&told).unwrap();
    let number = |key: &str| told[key].as_f64().unwrap();
    let (low, high) = (number("log_odds_at_0"), number("log_odds_at_100"));
    assert!(number("chance_error_max") < 1e-5, "{told}");
    puls(at, ["rule", "check", &format!("{folder}/card.toml")]).done();
    let chance = move |score: f64| 1.0 / (1.0 + (-(low + (high - low) * score / 100.0)).exp());
    (chances(&at.join(folder).join("chances.csv")), chance)
}

#[test]
fn a_logistic_regression_becomes_a_card_that_is_taken() {
    let desk = desk();
    let at = desk.path();
    let args = [
        "--kind=logistic",
        "--name=churn-line",
        "--out=line",
        "--predict=features-1.parquet",
    ];
    script(at, &learn("additive", &args));
    let (expected, _) = card(at, "line");
    assert!(expected.len() > 200, "{}", expected.len());
    let text = fs::read_to_string(at.join("line/card.toml")).unwrap();
    assert!(text.contains("line = { zero_at = "), "{text}");
    assert!(
        text.contains("beyond, its points end at 0 and 100"),
        "{text}"
    );
}

#[test]
fn a_card_that_people_changed_is_not_written_over_unasked() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let model = r#"{ "form": "puls-additive/1", "name": "sum", "intercept": -2.0, "features": [
        { "feature": "usage.active_days_28d", "missing": 0.0,
          "steps": [{ "up_to": 3, "value": 0.5 }, { "value": -0.5 }] } ] }"#;
    put(at, "sum.json", model);
    let import = ["rule", "import", "--additive", "sum.json"];
    puls(at, import).done();
    put(at, "card.toml", "# changed by hand");
    let answer = puls(at, import);
    assert_eq!(answer.code, 1, "{answer:?}");
    assert!(answer.err.contains("--force"), "{answer:?}");
    let text = fs::read_to_string(at.join("card.toml")).unwrap();
    assert_eq!(text, "# changed by hand");
    puls(at, [import.as_slice(), &["--force"]].concat()).done();
    puls(at, ["rule", "check", "card.toml"]).done();
}

#[test]
fn what_is_wrong_with_a_model_is_told_and_nothing_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    put(at, "model.txt", "tree\nversion=v4\nnum_class=3\n");
    put(at, "other.json", "{}");
    put(at, "map.toml", "[columns]\nx = 1\n");
    let import = ["rule", "import", "--lightgbm", "model.txt"];
    let cases: [(&[&str], i32, &str); 5] = [
        (
            &[],
            1,
            "model.txt:3: expected `num_class` to be 1, found \"3\"",
        ),
        (&["--features", "absent.toml"], 1, "model.txt:3: "),
        (&["--additive", "other.json"], 2, "cannot be used with"),
        (&["--json"], 1, "\"ok\":false"),
        (&["--features", "map.toml"], 1, "model.txt:3: "),
    ];
    for (more, code, expected) in cases {
        let answer = puls(
            at,
            [import.as_slice(), more, &["--out", "out.wasm"]].concat(),
        );
        assert_eq!(answer.code, code, "{more:?}: {answer:?}");
        let told = answer.out + &answer.err;
        assert!(told.contains(expected), "{more:?}: {told}");
        assert!(!at.join("out.wasm").exists(), "{more:?}");
    }
    let answer = puls(at, ["rule", "import"]);
    assert_eq!(answer.code, 2, "{answer:?}");
    assert!(answer.err.contains("<FILE>"), "{answer:?}");
}
