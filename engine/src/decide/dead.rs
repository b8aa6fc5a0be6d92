//! Dead letters: an input that could not be used, with all that is needed to use it after a fix.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{event, id};
use crate::limits::{DEAD_LETTER_RAW_BYTES_MAX, DEAD_LETTER_TEXT_BYTES_MAX};
use crate::model::{Origin, Output, Reason, ShardId, Time, Topic};

/// An input that could not be used.
#[derive(Clone, Copy, Debug)]
pub struct DeadLetter<'a> {
    /// The tenant, where it is known; empty otherwise.
    pub tenant: &'a str,
    /// The record's key, as received.
    pub key: Option<&'a [u8]>,
    /// Name of the input.
    pub input: &'a str,
    /// The shard that read it.
    pub shard: ShardId,
    /// Position, and place within the record; place 0 where the whole record is dead.
    pub origin: Origin,
    /// The shard's `now`.
    pub now: Time,
    /// Why.
    pub reason: Reason,
    /// What was expected, what was found, where.
    pub detail: &'a str,
    /// The record's value, as received.
    pub raw: &'a [u8],
}

/// The event of a dead letter. Its raw bytes stand there as text (`raw`) where they are UTF-8, and
/// as base64 (`raw_base64`) where they are not or would grow too long by escaping; beyond the
/// limit they are cut, and `raw_bytes` says how many there were.
#[must_use]
pub fn dead_letter(letter: &DeadLetter<'_>) -> Output {
    let Origin { offset, row, .. } = letter.origin;
    let id = id::dead_letter(letter.input, letter.shard.0, offset, row);
    let key = letter.key.map(String::from_utf8_lossy);
    let mut json = event::envelope(id, "puls.dead_letter.v1", (letter.tenant, None), letter.now);
    json.object();
    json.key("origin").object();
    json.key("input").text(letter.input);
    json.key("partition").unsigned(letter.shard.0.into());
    json.key("offset").unsigned(offset);
    json.key("row").unsigned(row.into());
    json.object_end();
    json.key("reason").text(letter.reason.code());
    json.key("sentence").text(letter.reason.sentence());
    json.key("detail").text(letter.detail);
    json.key("key").text_or_null(key.as_deref());
    let kept = letter
        .raw
        .get(..DEAD_LETTER_RAW_BYTES_MAX)
        .unwrap_or(letter.raw);
    match std::str::from_utf8(kept) {
        Ok(text) if escaped_bytes(text) <= DEAD_LETTER_TEXT_BYTES_MAX => {
            json.key("raw").text(text);
        }
        _ => json.key("raw_base64").text(&STANDARD.encode(kept)),
    }
    json.key("raw_bytes").unsigned(letter.raw.len() as u64);
    json.object_end();
    json.object_end();
    Output {
        topic: Topic::DeadLetters,
        tenant: letter.tenant.to_owned(),
        key: key.map(String::from).unwrap_or_default(),
        value: json.into_bytes(),
    }
}

/// Bytes that `text` has once it is escaped.
fn escaped_bytes(text: &str) -> usize {
    let bytes = text.bytes().map(|byte| match byte {
        b'"' | b'\\' | b'\n' | b'\r' | b'\t' => 2,
        0..0x20 => 6,
        _ => 1,
    });
    bytes.sum()
}
