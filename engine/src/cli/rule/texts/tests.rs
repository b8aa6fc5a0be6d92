//! Translations as authors write them, and what is said of their mistakes.

use puls_wire::{Manifest, Texts};

use super::{texts, translation};

const MANIFEST: &str = r#"{"abi": "puls/1", "name": "health", "version": "1",
    "features": [{"name": "license.seats_pct"}, {"name": "license.tenure_days"}],
    "measures": [{"name": "commercial", "title": "Commercial"},
                 {"name": "new.commercial", "title": "Commercial"}],
    "parts": [{"name": "seats", "measure": "commercial"},
              {"name": "new.seats", "measure": "new.commercial"}],
    "reasons": [
        {"code": "seats", "text": "{license.seats_pct} % used at day {license.tenure_days}"},
        {"code": "new.seats", "text": "{license.seats_pct} % used at day {license.tenure_days}"},
        {"code": "old.seats", "text": "Only {license.seats_pct} %"}],
    "exceptions": [{"name": "unpaid", "text": "Unpaid"}],
    "tiers": {"bands": [{"name": "good", "from": 0}]}}"#;

fn manifest() -> Manifest {
    Manifest::parse(MANIFEST.as_bytes()).unwrap()
}

#[test]
fn braces_and_variants_are_filled_in() {
    let found = translation(
        r#"
        [measures]
        commercial = "Affären"
        [parts]
        seats = "platser"
        [reasons]
        seats = "Dag {license.tenure_days}: {} % används"
        "#,
        &manifest(),
    )
    .unwrap();
    let sentence = "Dag {license.tenure_days}: {license.seats_pct} % används";
    assert_eq!(found.reasons["seats"], sentence);
    assert_eq!(found.reasons["new.seats"], sentence);
    assert_eq!(
        found.reasons.get("old.seats"),
        None,
        "it says something else"
    );
    assert_eq!(found.measures["new.commercial"], "Affären");
    assert_eq!(found.parts["new.seats"], "platser");
}

#[test]
fn each_mistake_is_said_with_its_place() {
    let table = [
        (
            "[reasons]\nseats = \"få platser\"\n",
            "2:9: expected the same values as the original ({license.seats_pct}, \
             {license.tenure_days}), found none",
        ),
        (
            "[reasons]\nseats = \"{} och {}\"\n",
            "2:9: expected the same values as the original",
        ),
        (
            "[exceptions]\nunpaid = \"Obetalt\"\nunpiad = \"x\"\n",
            "3:10: expected a name that the rule has (unpaid), found another",
        ),
        (
            "[exceptions]\nunpaid = \"}\"\n",
            "2:10: expected braces only in pairs",
        ),
        (
            "titel = \"x\"\n",
            "1:1: expected texts by name, found unknown field `titel`",
        ),
        ("[reasons\n", "1:9: expected texts by name, found"),
        (
            "[tiers]\ngood = 1\n",
            "2:8: expected texts by name, found invalid type",
        ),
    ];
    for (text, expected) in table {
        let found = translation(text, &manifest()).unwrap_err().join("\n");
        assert!(found.contains(expected), "{text}\n{found}");
    }
}

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "a test's files need no protection from a crash"
)]
fn a_folder_gives_all_languages_or_all_mistakes() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(texts(folder.path(), &manifest()), Ok(Vec::new()));
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("texts.sv.toml", "[exceptions]\nunpaid = \"Obetalt\"\n");
    write("texts.de.toml", "[exceptions]\nunpaid = \"Unbezahlt\"\n");
    write("card.toml", "");
    let bytes = texts(folder.path(), &manifest()).unwrap();
    let found = Texts::parse(&bytes, &manifest()).unwrap();
    assert_eq!(
        found.language("de").unwrap().exceptions["unpaid"],
        "Unbezahlt"
    );
    assert_eq!(found.0.len(), 2);
    write("texts.de.toml", "[exceptions]\nunpaid = \"\"\n");
    write("texts.sv.toml", "[exceptions]\npaid = \"x\"\n");
    let problems = texts(folder.path(), &manifest()).unwrap_err();
    assert!(problems[0].contains("texts.de.toml:2:10: expected a text, found none"));
    assert!(problems[1].contains("texts.sv.toml:2:8: expected a name that the rule has"));
    write("texts.SWEDISH.toml", "");
    let problems = texts(folder.path(), &manifest()).unwrap_err();
    assert!(
        problems[0].contains("expected the code of a language"),
        "{problems:?}"
    );
}
