//! Rules' texts in other languages: whole where they ship, refused where they are wrong or hostile.

use std::fs;

use puls::rules::RulesEngine;
use puls_tests::program::{built, puls, put, top};
use puls_wire::{TEXTS_SECTION, Texts, Translation, with_section};

#[test]
fn shipped_rules_speak_swedish_throughout() {
    let modules = ["saas-health", "silent-account"];
    for name in modules {
        let bytes = fs::read(built().join(format!("../rules/{name}.wasm"))).unwrap();
        let manifest = RulesEngine::new().unwrap().check(&bytes).unwrap();
        let file = top().join(format!("rules/{name}/texts.sv.toml"));
        let texts: Translation = toml::from_str(&fs::read_to_string(file).unwrap()).unwrap();
        assert_eq!(texts.problems(&manifest), [], "{name}");
        assert_eq!(texts.missing(&manifest), [""; 0], "{name}");
    }
    let folder = tempfile::tempdir().unwrap();
    let card = top().join("rules/saas-scorecard/card.toml");
    let card = card.to_str().unwrap();
    puls(folder.path(), ["rule", "build", card, "--out", "card.wasm"]).done();
    let bytes = fs::read(folder.path().join("card.wasm")).unwrap();
    let manifest = RulesEngine::new().unwrap().check(&bytes).unwrap();
    let texts = RulesEngine::texts(&bytes).unwrap();
    assert_eq!(texts.language("sv").unwrap().missing(&manifest), [""; 0]);
}

#[test]
fn hostile_texts_are_refused_and_wrong_ones_point_at_their_line() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let bytes = fs::read(built().join("../rules/saas-health.wasm")).unwrap();
    let huge = format!("{{\"sv\":{{\"title\":\"{}\"}}}}", "x".repeat(70_000));
    let deep = "[".repeat(60_000);
    for (texts, expected) in [
        (huge.as_str(), "at most 65536"),
        (deep.as_str(), "texts that are not of their form"),
        (
            r#"{"sv":{"reasons":{"rhythm":"Aktiv"}}}"#,
            "expected the same values as the original",
        ),
        (
            r#"{"sv":{"reasons":{"nothing":"x"}}}"#,
            "expected a name that the rule has",
        ),
    ] {
        put(
            here,
            "evil.wasm",
            with_section(&bytes, TEXTS_SECTION, texts.as_bytes()),
        );
        for command in [
            &["rule", "check", "evil.wasm"][..],
            &["rule", "inspect", "evil.wasm"],
        ] {
            let answer = puls(here, command);
            assert_eq!(answer.code, 1, "{command:?} {}", answer.out);
            let said = answer.out + &answer.err;
            assert!(
                said.contains("`puls.texts`") && said.contains(expected),
                "{said}"
            );
        }
    }
    let good = with_section(&bytes, TEXTS_SECTION, br#"{"sv":{"title":"En titel"}}"#);
    assert_eq!(
        RulesEngine::texts(&good)
            .unwrap()
            .language("sv")
            .unwrap()
            .title,
        "En titel"
    );
    assert_eq!(RulesEngine::texts(&bytes).unwrap(), Texts::default());

    let card = fs::read(top().join("rules/saas-scorecard/card.toml")).unwrap();
    put(here, "card.toml", card);
    put(
        here,
        "texts.sv.toml",
        "[reasons]\nrhythm = \"Aktiv {} dagar\"\nrythm = \"x\"\n",
    );
    let answer = puls(here, ["rule", "build", "card.toml"]);
    assert_eq!(answer.code, 1);
    let expected = "texts.sv.toml:3:9: expected a name that the rule has";
    assert!(answer.out.contains(expected), "{}", answer.out);
}
