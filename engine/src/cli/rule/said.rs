//! What a person says on the command line about a rule: who, why, and numbers by name. Judges form
//! only.

use super::ledger::is_reserved;
use crate::limits::ACTION_TEXT_BYTES_MAX;
use crate::rules::named_number;

/// Why something is done: a sentence, not too long.
pub(super) fn reason(text: &str) -> Result<String, String> {
    let text = text.trim();
    match text.len() {
        0 => Err("expected a sentence that says why, found nothing".into()),
        1..=ACTION_TEXT_BYTES_MAX => Ok(text.to_owned()),
        found => Err(format!(
            "expected at most {ACTION_TEXT_BYTES_MAX} bytes, found {found}"
        )),
    }
}

/// Who does it: a person, not a part of Puls.
pub(super) fn person(name: &str) -> Result<String, String> {
    let name = name.trim();
    if name.is_empty() || is_reserved(name) {
        return Err(format!(
            "expected a person's name, found `{name}`, which a person does not sign with"
        ));
    }
    Ok(name.to_owned())
}

/// A number that is set by name.
pub(in crate::cli) fn parameter(text: &str) -> Result<(String, f64), String> {
    named_number(text).ok_or_else(|| format!("expected NAME=NUMBER, found {text}"))
}
