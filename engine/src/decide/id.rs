//! Ids of outputs: hashes of what an output is about, so that a repeat has the same id (invariant
//! 9). Each begins with a word of its own and every text carries its length, so no two things are
//! written alike.

use crate::model::{Cause, Key, Time, Writer, hash128};

/// An alert: tenant and account, rule name, subject, opening `now`, ordinal.
pub(super) fn alert(key: &Key, rule: &str, subject: &str, (now, ordinal): (Time, u32)) -> u128 {
    let mut writer = begin("alert", key);
    writer.text(rule);
    writer.text(subject);
    writer.i64(now.0);
    writer.u32(ordinal);
    hash128(&writer.into_bytes())
}

/// One publication of an alert.
pub(super) fn publication(alert: u128, revision: u32) -> u128 {
    let mut writer = Writer::new();
    writer.text("publication");
    writer.u128(alert);
    writer.u32(revision);
    hash128(&writer.into_bytes())
}

/// A score: tenant and account, rule name, cause.
pub(super) fn score(key: &Key, rule: &str, cause: &Cause, names: &[String]) -> u128 {
    let mut writer = begin("score", key);
    writer.text(rule);
    match cause {
        Cause::Input(origin) => {
            writer.text("input");
            writer.text(
                names
                    .get(usize::from(origin.input))
                    .map_or("", String::as_str),
            );
            writer.u64(origin.offset);
            writer.u16(origin.row);
        }
        Cause::Timer { timer, due, .. } => {
            writer.text("timer");
            writer.text(timer.as_str());
            writer.i64(due.0);
        }
    }
    hash128(&writer.into_bytes())
}

/// A trigger: tenant and account, rule name, trigger, `now`. Its cooldown keeps these apart.
pub(super) fn trigger(key: &Key, rule: &str, trigger: &str, now: Time) -> u128 {
    let mut writer = begin("trigger", key);
    writer.text(rule);
    writer.text(trigger);
    writer.i64(now.0);
    hash128(&writer.into_bytes())
}

/// A dead letter: input, shard, offset, row.
pub(super) fn dead_letter(input: &str, shard: u32, offset: u64, row: u16) -> u128 {
    let mut writer = Writer::new();
    writer.text("dead_letter");
    writer.text(input);
    writer.u32(shard);
    writer.u64(offset);
    writer.u16(row);
    hash128(&writer.into_bytes())
}

fn begin(what: &str, key: &Key) -> Writer {
    let mut writer = Writer::new();
    writer.text(what);
    writer.text(key.as_str());
    writer
}
