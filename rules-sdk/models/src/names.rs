//! Names in messages: shown harmlessly, and the one that was probably meant.

use puls_wire::NAME_BYTES_MAX;
pub(crate) use puls_wire::is_name;

/// `; did you mean …?`, or nothing.
pub(crate) fn hint<'k>(found: &str, known: impl IntoIterator<Item = &'k str>) -> String {
    // Longer than any name: no slip of the finger, and costly to compare.
    if found.len() > 2 * NAME_BYTES_MAX {
        return String::new();
    }
    // A third of the letters may be wrong: a slip of the finger, not another word.
    let edits_max = (found.chars().count() / 3).max(1);
    known
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(found, name), name))
        .filter(|(edits, _)| *edits <= edits_max)
        .min()
        .map_or_else(String::new, |(_, name)| format!("; did you mean `{name}`?"))
}

/// A text as messages show it: in quotes, cut where it is long, harmless on a terminal.
pub(crate) fn shown(text: &str) -> String {
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

/// Whether it says something, is short enough and has no line breaks or other control characters.
pub(crate) fn is_text(text: &str) -> bool {
    !text.trim().is_empty() && puls_wire::is_text(text)
}

/// Whether it is a word such as `1.2.0`.
pub(crate) fn is_version(version: &str) -> bool {
    (1..=NAME_BYTES_MAX).contains(&version.len())
        && version.bytes().all(|byte| byte.is_ascii_graphic())
}
