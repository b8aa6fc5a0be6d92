//! Any bytes as a table with a card: a workbook where they begin as an archive does, text with
//! separators else. It is refused with its cells, always in the same way, or becomes a card that
//! is taken, can be shown, and means the same after a journey through its own table.
#![no_main]

use libfuzzer_sys::fuzz_target;
use puls_forms::limits::{CELL_BYTES_MAX, PROBLEMS_MAX};
use puls_forms::{Format, Refused, Wish, import, page, tables};
use puls_fuzz::catalogue;
use puls_scorecard::{Card, compile, read};

fuzz_target!(|data: &[u8]| {
    let catalogue = catalogue();
    let wish = Wish {
        sheet: None,
        name: "fuzz".to_owned(),
        file: "fuzz.csv".to_owned(),
    };
    let outcome = import(data, &wish, &catalogue);
    assert_eq!(outcome, import(data, &wish, &catalogue));
    let toml = match outcome {
        Ok(imported) => imported.toml,
        Err(Refused::Unreadable(why)) => return assert!(!why.to_string().is_empty()),
        Err(Refused::Wrong { problems, .. }) => {
            // The last line says how many more there are.
            assert!(!problems.is_empty() && problems.len() <= PROBLEMS_MAX + 1);
            return;
        }
    };
    let card = read(&toml, &catalogue).expect("an import is judged before it is given");
    for format in [Format::Html, Format::Markdown] {
        assert!(!page(&card, &catalogue, format).is_empty());
    }
    // In a table a text may be longer by what guards it, and so longer than a cell may be.
    if toml.len() < CELL_BYTES_MAX {
        let table = tables(&toml).expect("a card that is taken has a table");
        let back = import(table.as_bytes(), &wish, &catalogue).expect("its table is taken");
        let back = read(&back.toml, &catalogue).expect("an import is judged before it is given");
        assert!(module(card) == module(back), "{toml}\n{table}");
    }
});

/// The module of a card, whatever the digest of its text.
fn module(mut card: Card) -> Vec<u8> {
    card.source = String::new();
    compile(&card).module
}
