//! `puls explain ACCOUNT --history`: every change of the score that was published, and why.

use std::ops::Range;

use serde_json::{Value, json};

use super::asked::Span;
use super::chronicle::Told;
use super::page::fill;
use super::past::{change_json, fold};
use super::strip::strip;
use super::teller::Teller;
use super::{Subject, not_yet, unknown};
use crate::cli::session::{Outcome, Session};
use crate::cli::{progress, recover, table};
use crate::config::none_of;
use crate::decide::render_points;
use crate::limits::EXPLAIN_REASON_CHARS;
use crate::model::{Digest, Time};

/// Widest strip, in columns.
const STRIP_COLUMNS: usize = 72;

pub(super) fn run(
    subject: &Subject<'_>,
    span: Span,
    session: &mut Session,
) -> anyhow::Result<Outcome> {
    let mut shown = fold(subject, span.until, true, session)?;
    if shown.told.is_empty() {
        let bar = progress::line(session.err_is_terminal);
        let found = recover::all(&subject.feed, &bar)?;
        let mut keys = found.runners.iter().flat_map(|it| it.shard().keys());
        return Err(if keys.any(|key| key == subject.key) {
            not_yet(subject, span.until.min(found.at), first(subject, session)?)
        } else {
            unknown(subject, &found)
        });
    }
    let mut teller = Teller::new(subject.voice.clone());
    for told in &shown.told {
        let digest = Digest::parse(&told.data.rule.digest);
        teller.prepare(&mut *shown.log, &told.data, digest)?;
    }
    let mut rules: Vec<(bool, &str)> = shown
        .told
        .iter()
        .map(|told| (!told.data.rule.primary, told.data.rule.name.as_str()))
        .collect();
    rules.sort_unstable();
    let mut names: Vec<&str> = Vec::new();
    for (_, name) in rules {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    if let Some(wanted) = &subject.args.rule {
        anyhow::ensure!(
            names.contains(&wanted.as_str()),
            none_of("a rule that published a score of it", wanted, &names)
        );
        names.retain(|name| name == wanted);
    }
    let end = shown.past.advanced_to.max(shown.past.runner.shard().now());
    let until = span.until.min(end);
    let mut all = Vec::new();
    for (place, name) in names.iter().enumerate() {
        let told = shown.told.iter().filter(|it| it.data.rule.name == *name);
        let told: Vec<&Told> = told.collect();
        let from = told.partition_point(|it| it.data.at() < span.since);
        if subject.args.json {
            all.extend((from..told.len()).filter_map(|place| one_json(&told, place, &teller)));
            continue;
        }
        if place > 0 {
            session.line("")?;
        }
        for line in page(&told, (from, until), &teller, session.width()) {
            session.line(&line)?;
        }
    }
    if subject.args.json {
        session.json(&Value::Array(all))?;
    }
    Ok(Outcome::Done)
}

/// When the account's first score was published, whatever the span.
fn first(subject: &Subject<'_>, session: &Session) -> anyhow::Result<Option<Time>> {
    let whole = fold(subject, Time::MAX, true, session)?;
    Ok(whole.told.first().map(|told| told.data.at()))
}

fn one_json(told: &[&Told], place: usize, teller: &Teller) -> Option<Value> {
    let it = told.get(place)?;
    let before = place.checked_sub(1).and_then(|place| told.get(place));
    let mut change = change_json(&it.data, before.map(|it| &it.data), teller);
    let record = it.record.as_deref().map(String::from_utf8_lossy);
    if let Some(fields) = change.as_object_mut() {
        fields.insert("record".into(), json!(record));
    }
    Some(change)
}

fn page(
    told: &[&Told],
    (from, until): (usize, Time),
    teller: &Teller,
    width: usize,
) -> Vec<String> {
    let words = teller.words();
    let count = told.len().saturating_sub(from);
    let (Some(begins), true) = (told.get(from), count > 0) else {
        return vec![words.say("history.empty").to_owned()];
    };
    let mut lines = picture(told.get(from..).unwrap_or_default(), until, teller, width);
    lines.push(String::new());
    lines.extend(table(told, from..told.len(), teller));
    lines.push(String::new());
    let about = [
        ("changes", words.count(count as u64, "history.changes")),
        ("from", teller.voice.moment(begins.data.at())),
        ("until", teller.voice.moment(until)),
        ("zone", teller.voice.zone().to_owned()),
    ];
    lines.push(fill(words, "history.sum", &about));
    lines
}

/// The changes of `range` as a table.
pub(super) fn table(told: &[&Told], range: Range<usize>, teller: &Teller) -> Vec<String> {
    let words = teller.words();
    let row = |place: usize| {
        let data = &told.get(place)?.data;
        let before = place.checked_sub(1).and_then(|it| told.get(it));
        let delta = match before {
            None => words.say("history.first").to_owned(),
            Some(_) => teller.delta(data),
        };
        let reason = teller.reason(data, before.map(|it| &it.data));
        Some(vec![
            teller.voice.minute(data.at()),
            teller.score(data),
            delta,
            teller.tier(data),
            cut(&reason),
            teller.cause_in_short(&data.cause),
            format!("{} {}", data.rule.name, data.rule.version),
        ])
    };
    let rows: Vec<_> = range.filter_map(row).collect();
    let head = ["time", "score", "delta", "tier", "reason", "cause", "rule"];
    let head = head.map(|name| format!("history.{name}"));
    let head = head.each_ref().map(|key| words.say(key));
    table::columns(&head, &rows, false)
}

/// A reason that leaves room for what stands beside it.
fn cut(reason: &str) -> String {
    let mut shown: String = reason.chars().take(EXPLAIN_REASON_CHARS).collect();
    if shown.len() < reason.len() {
        shown.push('…');
    }
    shown
}

/// The score over time, and under it where it began and ended.
pub(super) fn picture(told: &[&Told], until: Time, teller: &Teller, width: usize) -> Vec<String> {
    let words = teller.words();
    let scores: Vec<_> = told
        .iter()
        .map(|it| (it.data.at(), it.data.score()))
        .collect();
    let known = || scores.iter().filter_map(|(_, score)| *score);
    let (Some((from, _)), Some(lowest), Some(highest)) =
        (scores.first(), known().min(), known().max())
    else {
        return Vec::new();
    };
    let columns = STRIP_COLUMNS.min(width);
    let (begin, end) = (teller.voice.minute(*from), teller.voice.minute(until));
    let taken = begin.chars().count() + end.chars().count();
    let gap = columns.saturating_sub(taken).max(2);
    let about = [
        ("lowest", render_points(lowest, words)),
        ("highest", render_points(highest, words)),
    ];
    vec![
        strip(&scores, until, columns),
        format!("{begin}{}{end}", " ".repeat(gap)),
        fill(words, "history.lowest", &about),
    ]
}
