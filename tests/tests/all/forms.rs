//! Cards out of tables and pages out of cards, through the program.

use std::fs;

use puls_tests::program::{puls, put, top};
use puls_wire::{CARD_SECTION, with_section};

const CARD: &str = "rules/saas-scorecard/card.toml";

#[test]
fn the_sample_becomes_a_card_that_is_taken() {
    let desk = tempfile::tempdir().unwrap();
    puls(desk.path(), ["rule", "import", "--sample", "scores.csv"]).done();
    let told = puls(desk.path(), ["rule", "import", "scores.csv"]).done();
    assert!(told.contains("7 factors in 4 measures"), "{told}");
    assert!(told.contains("card.toml is written"), "{told}");
    let checked = puls(desk.path(), ["rule", "check", "card.toml"]).done();
    assert!(checked.starts_with("my-card 1.0.0 is taken: "), "{checked}");
    // What people changed by hand is not written over.
    let again = puls(desk.path(), ["rule", "import", "scores.csv"]);
    assert_eq!(again.code, 1, "{again:?}");
    assert!(again.err.contains("--force"), "{}", again.err);
    puls(desk.path(), ["rule", "import", "scores.csv", "--force"]).done();
}

#[test]
fn what_is_wrong_with_a_table_is_said_all_at_once_with_its_cells() {
    let desk = tempfile::tempdir().unwrap();
    let table = "\
Measure,Measure weight,Factor,Feature,Factor weight,From,To,Reason
Use,a lot,Days,usage.activ_days_28d,70,1,16,Active on {} days
Use,,Seats,license.seats,-5,1,,Seats
";
    put(desk.path(), "scores.csv", table);
    let answer = puls(desk.path(), ["rule", "import", "scores.csv"]);
    assert_eq!(answer.code, 1, "{answer:?}");
    for told in [
        "scores.csv: B2: expected the weight of the measure to be a number",
        "scores.csv: D2: expected the name of a feature, found \"usage.activ_days_28d\"; did you \
         mean `usage.active_days_28d`",
        "scores.csv: E3: ",
        "scores.csv: G3: ",
        "4 problems; nothing is written",
    ] {
        assert!(answer.out.contains(told), "{told}\n{}", answer.out);
    }
    assert!(!desk.path().join("card.toml").exists());
}

#[test]
fn the_shipped_card_goes_through_its_table_and_means_the_same() {
    let desk = tempfile::tempdir().unwrap();
    fs::copy(top().join(CARD), desk.path().join("first.toml")).unwrap();
    let export = ["rule", "export", "first.toml", "--out", "scores.csv"];
    puls(desk.path(), export).done();
    let import = ["rule", "import", "scores.csv", "--out", "second.toml"];
    puls(desk.path(), import).done();
    let inspected = ["first", "second"].map(|name| {
        let (card, module) = (format!("{name}.toml"), format!("{name}.wasm"));
        puls(desk.path(), ["rule", "build", &card, "--out", &module]).done();
        let told = puls(desk.path(), ["rule", "inspect", &module, "--json"]).done();
        let mut told: serde_json::Value = serde_json::from_str(&told).unwrap();
        // The digest of the text is another one.
        told.as_object_mut().unwrap().remove("source");
        told
    });
    assert_eq!(inspected[0], inspected[1]);
}

#[test]
fn a_card_is_shown_as_a_page_also_from_a_package() {
    let desk = tempfile::tempdir().unwrap();
    let card = fs::read(top().join(CARD)).unwrap();
    put(desk.path(), "card.toml", &card);
    let page = puls(desk.path(), ["rule", "export", "card.toml"]).done();
    assert!(page.starts_with("<!doctype html>"), "{page}");
    let words =
        "the notice deadline is 0 to 60 days away, and the last use was at least 14 days ago";
    assert!(page.contains(words), "{page}");
    let markdown = ["rule", "export", "card.toml", "--format", "md"];
    let markdown = puls(desk.path(), markdown).done();
    assert!(
        markdown.starts_with("# Health of a SaaS customer\n"),
        "{markdown}"
    );
    puls(
        desk.path(),
        ["rule", "build", "card.toml", "--out", "rule.wasm"],
    )
    .done();
    let module = fs::read(desk.path().join("rule.wasm")).unwrap();
    put(
        desk.path(),
        "package.wasm",
        with_section(&module, CARD_SECTION, &card),
    );
    let packed = puls(desk.path(), ["rule", "export", "package.wasm"]).done();
    assert_eq!(packed, page);
    let bare = with_section(&module, CARD_SECTION, b"");
    put(desk.path(), "bare.wasm", bare);
    let answer = puls(desk.path(), ["rule", "export", "bare.wasm"]);
    assert_eq!(answer.code, 1, "{answer:?}");
    assert!(
        answer.err.contains("without the section puls.card"),
        "{}",
        answer.err
    );
}
