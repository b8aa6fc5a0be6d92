//! The cards and examples that ship: each passes its own cases, natively and as a module, and each
//! can be shown to people.

use std::fs;
use std::path::{Path, PathBuf};

use puls_tests::program::{puls, top};

/// Folders below `folder` with a card in them.
fn cards(folder: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(top().join(folder)).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    let mut found: Vec<_> = paths
        .filter(|path| path.join("card.toml").exists())
        .collect();
    found.sort();
    found
}

fn test(folder: &Path, config: bool) {
    let mut args = vec!["rule".into(), "test".into(), folder.as_os_str().to_owned()];
    if config {
        args.extend([
            "--config".into(),
            top().join("rules/examples/puls.toml").into(),
        ]);
    }
    let answer = puls(&top(), args);
    assert_eq!(
        answer.code,
        0,
        "{}\n{}\n{}",
        folder.display(),
        answer.out,
        answer.err
    );
}

#[test]
fn every_shipped_card_passes_its_cases() {
    let cards = cards("rules");
    assert!(cards.len() >= 8, "{cards:?}");
    for card in cards {
        assert!(
            card.join("README.md").exists(),
            "{} is not explained",
            card.display()
        );
        test(&card, false);
    }
}

#[test]
fn every_example_passes_its_cases() {
    let cards = cards("rules/examples");
    assert_eq!(cards.len(), 20, "{cards:?}");
    let index = fs::read_to_string(top().join("rules/examples/README.md")).unwrap();
    for card in cards {
        let name = card.file_name().unwrap().to_str().unwrap().to_owned();
        assert!(
            index.contains(&format!("[{name}](")),
            "{name} is not in the list"
        );
        test(&card, true);
    }
}

#[test]
fn every_card_that_ships_can_be_shown() {
    for card in cards("rules") {
        let file = card.join("card.toml").into_os_string();
        let page = puls(&top(), ["rule".into(), "export".into(), file]).done();
        assert!(page.ends_with("</html>\n"), "{}", card.display());
    }
}
