//! `puls rule new`: what it writes works at once.

use std::fs;

use puls_tests::program::{desk, puls, put};
use puls_wire::CASES_SECTION;

#[test]
fn a_new_card_works_at_once_and_nothing_is_overwritten() {
    let desk = desk(&[]);
    let made = puls(desk.path(), ["rule", "new", "my-health"]).done();
    let commands: Vec<_> = made
        .lines()
        .filter_map(|it| it.strip_prefix("  puls "))
        .collect();
    assert_eq!(commands.len(), 3, "{made}");
    for command in &commands[..2] {
        let text = puls(desk.path(), command.split(' ')).done();
        assert!(text.contains("my-health 0.1.0"), "{text}");
    }
    let tested = puls(desk.path(), ["rule", "test", "my-health", "--json"]);
    assert_eq!(
        tested.json()["cases"].as_array().unwrap().len(),
        8,
        "{tested:?}"
    );
    let again = puls(desk.path(), ["rule", "new", "my-health"]);
    assert_eq!(again.code, 1, "{again:?}");
    assert!(again.err.contains("nothing is overwritten"), "{again:?}");
    for name in ["My health", "9lives", "a.b", ""] {
        let answer = puls(desk.path(), ["rule", "new", name]);
        assert_eq!(answer.code, 1, "{name}: {answer:?}");
        assert!(
            answer.err.contains("expected a name of 1 to 64"),
            "{name}: {answer:?}"
        );
    }
}

/// Outside of any workspace and without a network, with nothing but what the program wrote.
#[test]
fn a_new_rule_in_rust_builds_and_passes_its_cases() {
    let desk = desk(&[]);
    fs::create_dir(desk.path().join(".cargo")).unwrap();
    put(
        &desk.path().join(".cargo"),
        "config.toml",
        b"[net]\noffline = true\n",
    );
    puls(
        desk.path(),
        ["rule", "new", "my-rule", "--template", "rust"],
    )
    .done();
    let test = puls(desk.path(), ["rule", "test", "my-rule", "--json"]);
    assert_eq!(test.code, 0, "{test:?}");
    let said = test.json();
    assert_eq!(said["native"]["by"], "cargo test", "{said:#}");
    assert!(
        said["cases"]
            .as_array()
            .unwrap()
            .iter()
            .all(|it| it["native_alike"] == true),
        "{said:#}"
    );
    let promises = said["verify"]["checks"].as_array().unwrap();
    let promises = promises
        .iter()
        .filter(|it| it["what"].as_str().unwrap().contains("never falls"));
    assert_eq!(promises.count(), 3, "{said:#}");
    puls(desk.path(), ["rule", "build", "my-rule"]).done();
    let built = fs::read(desk.path().join("my-rule/my-rule.wasm")).unwrap();
    let cases = puls_wire::section(&built, CASES_SECTION).unwrap();
    assert_eq!(
        cases,
        fs::read(desk.path().join("my-rule/cases.toml")).unwrap()
    );
}
