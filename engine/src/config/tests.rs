//! Tables of configurations and what is said of them.

use std::path::Path;

use super::*;
use crate::model::{DAY_MS, Kind, Time};

const WHOLE: &str = r#"
[puls]
data = "data"
shards = 4
listen = "127.0.0.1:9090"

[inputs.usage]
path = ["usage-*.ndjson", "-"]
kind = "usage"
history = true
dedup_days = 30

[inputs.rest]
path = "rest.ndjson"
lateness_days = 3

[tenants.acme]
time_zone = "Europe/Oslo"
currency = "NOK"
rates = [{ currency = "EUR", from = "2025-01-01", rate = 11.5 }]
attributes = { tier = "text" }

[[tenants.acme.features]]
name = "exports_28d"
from = "usage"
where = [{ field = "metric", is = "export" }, { field = "role", in = ["champion"] }]
agg = "sum"
of = "value"
window = "28d"

[[tenants.acme.rules]]
file = "a.wasm"
primary = true
from = "2026-01-01T00:00:00Z"
parameters = { quiet_days = 14 }

[[tenants.acme.rules]]
file = "b.wasm"
primary = true
shadow = true
"#;

fn load(text: &str) -> Result<Config, Vec<String>> {
    parse("f", text, [])
        .map_err(|Problems(problems)| problems.iter().map(ToString::to_string).collect())
}

#[test]
fn a_whole_configuration_is_read() {
    let config = load(WHOLE).unwrap();
    assert_eq!(config.puls.data, Path::new("data"));
    assert_eq!(
        (config.puls.shards, config.puls.listen.unwrap().port()),
        (4, 9090)
    );
    let [rest, usage] = config.inputs.as_slice() else {
        panic!("two inputs")
    };
    assert_eq!(
        (rest.spec.kind, rest.spec.lateness_ms),
        (None, [3 * DAY_MS; 10])
    );
    assert_eq!(
        (usage.spec.kind, usage.spec.dedup_days),
        (Some(Kind::Usage), 30)
    );
    assert_eq!(usage.spec.lateness_ms, [400 * DAY_MS; 10]);
    assert!(usage.source.reads_standard_input());
    let acme = &config.tenants["acme"];
    assert_eq!(acme.settings.time_zone, "Europe/Oslo");
    assert_eq!(acme.settings.features[0].conditions.len(), 2);
    let [first, second] = acme.rules.as_slice() else {
        panic!("two rules")
    };
    assert_eq!(first.from, Time::parse_rfc3339("2026-01-01T00:00:00Z"));
    assert_eq!(first.parameters["quiet_days"].to_bits(), 14f64.to_bits());
    assert!(second.shadow && first.primary);
}

/// A configuration, and parts of what is said of it; those that begin with a place are one problem
/// each.
const CASES: [(&str, &[&str]); 15] = [
    ("", &["f:1:1: expected at least one [inputs.<name>]"]),
    (
        "[inputs.a]\npath = 'a'\n",
        &["f:1:1: expected at least one [tenants.<name>]"],
    ),
    (
        "[input.a]\npath = 'a'\n",
        &["f:1:2: expected a section", "did you mean `inputs`?"],
    ),
    ("puls = 3\n", &["f:1:8: expected `puls` to be a table"]),
    (
        "[puls]\nshards = 0\nlog_levle = 'x'\n",
        &[
            "f:2:10: expected 1 to 1024 shards, found integer `0`",
            "f:3:1: expected a key",
            "did you mean `log_level`?",
        ],
    ),
    (
        "[inputs.a]\npath = 'a'\ntopic = 'b'\n",
        &["f:1:9: expected `path` or `topic`, found both; remove one"],
    ),
    (
        "[inputs.a]\n",
        &["f:1:9: expected `path` or `topic`, found neither"],
    ),
    ("[inputs.a]\ntopic = 'b'\n", &["f:1:9: expected [kafka]"]),
    (
        "[inputs.a]\npath = 'a'\nkind = 'usgae'\nlateness_days = 500\n",
        &[
            "f:3:8: expected a kind of event",
            "did you mean `usage`?",
            "f:4:17: expected 0 to 400 days",
        ],
    ),
    (
        "[inputs.a]\npath = 'a'\nhistroy = true\n",
        &[
            "f:3:1: expected a key",
            "found `histroy`; did you mean `history`?",
        ],
    ),
    (
        "[inputs.a]\npath = 'a'\n[mapping.b]\nx = 1\n",
        &["f:3:10: expected the name of an input, found `b`"],
    ),
    (
        "[inputs.a]\npath = 'a'\n[mapping.a]\nkind = 'usage'\nmetrc = '/m'\nat = '/t'\n",
        &[
            "f:3:1: mapping: a usage event needs `metric`",
            "f:3:1: mapping: expected `account`",
            "f:3:1: mapping: expected `tenant`",
            "f:5:1: mapping: `metrc`: there is no such field; did you mean `metric`?",
        ],
    ),
    (
        "[tenants.t]\ntime_zone = 'Europe/Olso'\ncurrency = 'Euro'\n",
        &[
            "f:2:13: expected an IANA",
            "did you mean `Europe/Oslo`?",
            "f:3:12: expected an ISO 4217",
        ],
    ),
    (
        "[[tenants.t.rules]]\nfile = 'a'\nprimary = true\nform = ''\n\
         [[tenants.t.rules]]\nfile = 'b'\nprimary = true\nfrom = 'today'\n",
        &[
            "f:4:1: expected a key",
            "did you mean `from`?",
            "f:5:1: expected one primary rule of a tenant, found another at f:1:1",
            "f:8:8: expected a moment such as",
        ],
    ),
    (
        "[tenants.t]\nfeatures = [\n\
         { name = 'a', from = 'usage', agg = 'sum', window = '7d' },\n\
         { name = 'a', from = 'tickets', agg = 'count', of = 'value', window = '7d' },\n\
         { name = 'B', from = 'usage', agg = 'last', of = 'vlaue' },\n\
         { name = 'c', from = 'usage', agg = 'count', where = [{ field = 'metrc', is = 'x' }] },\n\
         ]\nrates = [{ currency = 'USD', from = '1.1.2025', rate = 0 }]\n",
        &[
            "f:3:37: expected `of` with the field",
            "f:4:1: expected each feature once, found `a` twice",
            "f:4:22: expected a kind of event",
            "did you mean `ticket`?",
            "f:4:53: expected no `of` beside this `agg`",
            "f:5:10: expected a name",
            "f:5:50: expected a field of an event",
            "did you mean `value`?",
            "f:6:37: expected `window`",
            "f:6:65: expected a field of an event",
            "did you mean `metric`?",
            "f:8:23: expected a currency other than the tenant's own",
            "f:8:37: expected a date",
            "f:8:56: expected a factor above 0, found 0",
        ],
    ),
];

#[test]
fn every_problem_has_its_line() {
    for (text, expected) in CASES {
        let found = load(text).unwrap_err();
        let all = found.join("\n");
        for part in expected {
            assert!(
                all.contains(part),
                "{part:?} is not in what is said of\n{text}\n{all}"
            );
        }
        let problems = expected
            .iter()
            .filter(|part| part.starts_with("f:"))
            .count();
        assert_eq!(found.len(), problems, "{text}\n{all}");
    }
}

#[test]
fn a_trust_that_takes_nothing_is_one_problem_and_a_misspelled_one_another() {
    let lonely = "expected a key in [tenants.t.trust.keys]";
    for (trust, is_lonely) in [
        ("unsigned = 'refuse'", true),
        ("unsigned = 'refuse'\nkeys = {}", true),
        ("unsigned = 'refuse'\nkeys = { ada = 5 }", false),
        ("unsigned = 'refuse'\nkeys = { ada = 'x' }", false),
        ("unsigned = 'refuse'\nkyes = { ada = 'x' }", false),
    ] {
        let found = load(&format!("[tenants.t.trust]\n{trust}\n")).unwrap_err();
        assert_eq!(found.len(), 1, "{trust}\n{}", found.join("\n"));
        assert_eq!(
            found[0].contains(lonely),
            is_lonely,
            "{trust}\n{}",
            found[0]
        );
    }
}

#[test]
fn the_examples_are_configurations() {
    let cases = [
        ("puls.toml", include_str!("../../examples/puls.toml"), false),
        (
            "kafka.toml",
            include_str!("../../examples/kafka.toml"),
            true,
        ),
    ];
    for (name, text, has_broker) in cases {
        match parse(name, text, []) {
            Ok(config) => assert_eq!(config.kafka.is_some(), has_broker, "{name}"),
            Err(problems) => panic!("{problems}"),
        }
    }
}

#[test]
fn what_is_no_toml_is_all_that_is_said() {
    let found = load("[puls\nshards = 99999\n").unwrap_err();
    assert!(found[0].starts_with("f:1:"), "{found:?}");
    assert!(
        !found.iter().any(|text| text.contains("at least one")),
        "{found:?}"
    );
}

#[test]
fn problems_are_counted() {
    let problems = parse("f", "[puls]\nshards = 0\ndata = 1\n", []).unwrap_err();
    assert!(problems.to_string().ends_with("2 problems"), "{problems}");
}
