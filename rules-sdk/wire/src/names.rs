//! What things may be called, for all who read them from people or from modules.

use crate::{NAME_BYTES_MAX, TEXT_BYTES_MAX};

/// Words that stand where a tier stands and mean that there is none.
pub const NO_TIERS: [&str; 2] = ["unknown", "not_scored"];

/// Whether it is 1 to 64 of `a-z 0-9 . _ -`.
#[must_use]
pub fn is_name(name: &str) -> bool {
    let plain = |byte: u8| {
        byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'.' | b'_' | b'-')
    };
    (1..=NAME_BYTES_MAX).contains(&name.len()) && name.bytes().all(plain)
}

/// Whether it is short enough and has no line breaks or other control characters.
#[must_use]
pub fn is_text(text: &str) -> bool {
    text.len() <= TEXT_BYTES_MAX && !text.chars().any(char::is_control)
}
