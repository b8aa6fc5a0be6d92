//! Texts of a map, and those that stand where it has none.

use toml::Spanned;

use crate::map::Map;
use crate::names::{is_text, shown};
use crate::problem::Report;

/// A text that was said, or a report that it is no plain one.
pub(super) fn plain(said: &Spanned<String>, map: &Map, report: &mut Report) -> String {
    let text = said.get_ref();
    report.check(is_text(text), map.line(said), || {
        format!(
            "expected a plain text of 1 to {} bytes in one line, found {}",
            puls_wire::TEXT_BYTES_MAX,
            shown(text)
        )
    });
    text.clone()
}

/// What a name says: `usage.active_days_28d` is "Usage active days 28d".
pub(super) fn heading(name: &str) -> String {
    let words = name.replace(['.', '_', '-'], " ");
    let mut letters = words.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string());
    first.unwrap_or_default() + letters.as_str()
}
