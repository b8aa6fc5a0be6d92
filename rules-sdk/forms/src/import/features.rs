//! Which feature a cell means: by its name, or by words that are those of one name only.

use super::{Cell, Desk};
use crate::draft::Draft;
use crate::phrases;
use crate::words::{self, normal, shown};

impl Desk<'_> {
    /// The feature that a cell names. `None` after saying what is wrong.
    pub(super) fn feature(&mut self, draft: &Draft, cell: Cell<'_>) -> Option<String> {
        match self.find(draft, cell.text) {
            Found::Exactly(name) => Some(name),
            Found::Meant(name) => {
                self.note(cell, &format!("{} is read as `{name}`", shown(cell.text)));
                Some(name)
            }
            Found::Several(names) => {
                let names: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
                let message = format!(
                    "expected the name of one feature, found {}, which can be {}; write which",
                    shown(cell.text),
                    names.join(" or ")
                );
                self.problem(cell, message);
                None
            }
            Found::None => {
                let derived = draft.derived.iter().map(|derived| derived.name.as_str());
                let hint = words::hint(
                    cell.text,
                    self.catalogue.names().chain(derived),
                    "`puls features` lists them; one of your own is declared in the configuration \
                     (give it with --config)",
                );
                let message = format!(
                    "expected the name of a feature, found {}{hint}",
                    shown(cell.text)
                );
                self.problem(cell, message);
                None
            }
        }
    }

    fn find(&self, draft: &Draft, text: &str) -> Found {
        let plain = text.trim().trim_matches(['`', '\'', '"', '{', '}']).trim();
        let is_derived = draft.derived.iter().any(|derived| derived.name == plain);
        if self.catalogue.get(plain).is_some() || is_derived {
            return Found::Exactly(plain.to_owned());
        }
        let wanted = normal(plain);
        if wanted.is_empty() {
            return Found::None;
        }
        let derived = draft.derived.iter().map(|derived| derived.name.as_str());
        let names = || self.catalogue.names().chain(derived.clone());
        let whole =
            |name: &&str| normal(name) == wanted || normal(&phrases::heading(name)) == wanted;
        let bare = |name: &&str| {
            name.split_once('.')
                .is_some_and(|(_, rest)| normal(rest) == wanted)
        };
        let mut found: Vec<_> = names().filter(whole).collect();
        if found.is_empty() {
            found = names().filter(bare).collect();
        }
        match found.as_slice() {
            [] => Found::None,
            [only] => Found::Meant((*only).to_owned()),
            more => Found::Several(more.iter().map(|name| (*name).to_owned()).collect()),
        }
    }
}

enum Found {
    Exactly(String),
    Meant(String),
    Several(Vec<String>),
    None,
}
