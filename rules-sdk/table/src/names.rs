//! What things may be called, and which name was probably meant by one that is not there.

use puls_wire::{NAME_BYTES_MAX, is_name};

/// The name among `known` that `found` was probably meant to be.
pub fn nearest<'k>(found: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    // Longer than any name: no slip of the finger, and costly to compare.
    if found.len() > 2 * NAME_BYTES_MAX {
        return None;
    }
    let found = found.to_lowercase();
    // A third of the letters may be wrong: a slip of the finger, not another word.
    let edits_max = (found.chars().count() / 3).max(1);
    known
        .into_iter()
        .map(|name| {
            let edits = strsim::damerau_levenshtein(&found, &name.to_lowercase());
            (edits, name)
        })
        .filter(|(edits, _)| *edits <= edits_max)
        .min()
        .map(|(_, name)| name)
}

/// `; did you mean …?`, or what else to do.
pub fn hint<'k>(found: &str, known: impl IntoIterator<Item = &'k str>, otherwise: &str) -> String {
    nearest(found, known).map_or_else(
        || format!("; {otherwise}"),
        |name| format!("; did you mean `{name}`?"),
    )
}

/// Words in a row: `a`, `b` or `c`.
pub fn list<'k>(names: impl IntoIterator<Item = &'k str>, last: &str) -> String {
    let quoted: Vec<_> = names.into_iter().map(|name| format!("`{name}`")).collect();
    match quoted.split_last() {
        None => "nothing".to_owned(),
        Some((only, [])) => only.clone(),
        Some((end, before)) => format!("{} {last} {end}", before.join(", ")),
    }
}

/// What to say of something that is no name.
pub fn not_a_name(what: &str, name: &str) -> String {
    let better: String = name
        .to_lowercase()
        .chars()
        .map(|c| if c == ' ' { '_' } else { c })
        .filter(|c| is_name(&c.to_string()))
        .take(NAME_BYTES_MAX)
        .collect();
    let hint = if better.is_empty() {
        String::new()
    } else {
        format!(", for example `{better}`")
    };
    format!(
        "expected {what} of 1 to {NAME_BYTES_MAX} of the characters a-z 0-9 . _ -, found {}{hint}",
        shown(name)
    )
}

/// A text as messages show it: in quotes, cut where it is long, harmless on a terminal.
pub fn shown(text: &str) -> String {
    const SHOWN_MAX: usize = 60;
    let mut plain: String = text
        .chars()
        .take(SHOWN_MAX)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    if text.chars().nth(SHOWN_MAX).is_some() {
        plain.push('…');
    }
    format!("\"{plain}\"")
}
