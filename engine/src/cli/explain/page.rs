//! An answer about the past in lines: the score then, what was published of it, what made that, who
//! let the rule govern, and the changes before.

use super::chronicle::Told;
use super::history;
use super::past::Answer;
use super::teller::Teller;
use crate::cli::publish::AUTHOR;
use crate::decide::{Page, render_split, render_text};
use crate::language::Dictionary;
use crate::limits::{EXPLAIN_CHANGES, EXPLAIN_RECORD_CHARS};
use crate::model::Time;
use crate::shard::RuleStanding;

/// Digits of a digest that are shown.
const DIGEST_DIGITS: usize = 12;
/// The subject of tier alerts.
const TIER: &str = "tier";

/// From where and how far the journal was folded.
pub(super) struct Folded {
    pub(super) at: Time,
    pub(super) sequence_from: u64,
    /// Steps that were compared with what was published.
    pub(super) steps: u64,
    /// Where the journal ends, if that is before the moment.
    pub(super) beyond: Option<Time>,
}

/// A page with the explanation of a standing.
pub(super) fn begin<'a>(rule: &RuleStanding<'a>, width: usize) -> Page<'a> {
    let mut page = Page::new(rule.data.voice, width);
    page.text(&render_text(&rule.data, width));
    page
}

/// The alerts that are open.
pub(super) fn alerts(page: &mut Page<'_>, rule: &RuleStanding<'_>) {
    let voice = rule.data.voice;
    let words = voice.words;
    if !rule.alerts.is_empty() {
        page.line(0, "");
    }
    for alert in &rule.alerts {
        let subject = match alert.subject {
            TIER => words.say("alerts.subject_tier"),
            exception => exception,
        };
        let severity = format!("severity.{}", alert.severity.as_str());
        let about = [
            ("id", format!("{:032x}", alert.id)),
            ("subject", subject.to_owned()),
            ("severity", words.say(&severity).to_owned()),
            ("opened", voice.moment(alert.opened)),
        ];
        page.line(0, &fill(words, "alerts.open", &about));
    }
}

/// One rule's answer.
pub(super) fn answer(
    answer: &Answer<'_>,
    folded: &Folded,
    teller: &Teller,
    width: usize,
) -> String {
    let words = teller.words();
    let mut page = begin(answer.rule, width);
    alerts(&mut page, answer.rule);
    page.line(0, "");
    match answer.told.last() {
        None => page.line(0, words.say("past.never")),
        Some(told) => last(&mut page, told, teller),
    }
    governed(&mut page, answer, teller);
    let before = answer.told.len().saturating_sub(1);
    if before > 0 {
        page.heading("past.changes");
        let from = before.saturating_sub(EXPLAIN_CHANGES);
        for line in history::table(&answer.told, from..before, teller) {
            page.line_as_it_is(2, &line);
        }
        page.line(0, "");
        for line in history::picture(&answer.told, folded.at, teller, width) {
            page.line_as_it_is(0, &line);
        }
    }
    page.into_text()
}

/// The last publication before the moment: what it said, why it moved, what caused it.
fn last(page: &mut Page<'_>, told: &Told, teller: &Teller) {
    let (data, words) = (&told.data, teller.words());
    let about = [
        ("at", teller.voice.moment(data.at())),
        ("score", teller.score(data)),
        ("tier", teller.tier(data)),
    ];
    let mut line = fill(words, "past.published", &about);
    if let Some((previous, score)) = data.previous().zip(data.score()) {
        let was = [
            ("delta", teller.delta(data)),
            ("previous", crate::decide::render_points(previous, words)),
        ];
        line = format!("{line} {}", fill(words, "past.was", &was));
        page.line(0, &line);
        let shares = data
            .split()
            .map(|it| render_split(&it, (previous, score), words));
        if let Some(shares) = shares.filter(|shares| !shares.is_empty()) {
            page.line(2, &fill(words, "explain.changed", &[("shares", shares)]));
        }
    } else {
        page.line(0, &line);
    }
    page.line(2, &teller.cause(&data.cause));
    if let Some(record) = &told.record {
        let text = String::from_utf8_lossy(record);
        let mut shown: String = text.chars().take(EXPLAIN_RECORD_CHARS).collect();
        if shown.len() < text.len() {
            shown.push('…');
        }
        // As it stands, so that it can be copied.
        page.line_as_it_is(4, &fill(words, "past.record", &[("record", shown)]));
    }
}

fn governed(page: &mut Page<'_>, answer: &Answer<'_>, teller: &Teller) {
    let words = teller.words();
    let rule = &answer.rule.data.rule;
    let digest: String = rule
        .digest
        .to_string()
        .chars()
        .take(DIGEST_DIGITS)
        .collect();
    let mut about = vec![
        ("rule", rule.name.to_owned()),
        ("version", rule.version.to_owned()),
        ("digest", digest),
    ];
    let Some(governed) = &answer.governed else {
        page.line(0, &fill(words, "past.governed_plain", &about));
        return;
    };
    let since = if governed.since == Time::MIN {
        words.say("past.beginning").to_owned()
    } else {
        teller.voice.moment(governed.since)
    };
    let by = match governed.by.as_str() {
        AUTHOR => words.say("past.configuration"),
        person => person,
    };
    let who = match governed.reason.as_str() {
        "" => by.to_owned(),
        reason => format!("{by} ({reason})"),
    };
    about.push(("since", since));
    about.push(("who", who));
    page.line(0, &fill(words, "past.governed", &about));
}

/// How the answer was come by.
pub(super) fn folded(folded: &Folded, teller: &Teller, width: usize) -> String {
    let words = teller.words();
    let mut page = Page::new(&teller.voice, width);
    let from = if folded.sequence_from == 0 {
        words.say("past.from_beginning").to_owned()
    } else {
        fill(
            words,
            "past.from_snapshot",
            &[("step", folded.sequence_from.to_string())],
        )
    };
    let about = [
        ("from", from),
        ("at", teller.voice.moment(folded.at)),
        ("steps", words.count(folded.steps, "past.steps")),
    ];
    page.line(0, &fill(words, "past.folded", &about));
    if let Some(end) = folded.beyond {
        let about = [
            ("end", teller.voice.moment(end)),
            ("at", teller.voice.moment(folded.at)),
        ];
        page.line(0, &fill(words, "past.beyond", &about));
    }
    page.into_text()
}

/// The words of `key` with owned values.
pub(super) fn fill(words: &Dictionary, key: &str, values: &[(&str, String)]) -> String {
    let values: Vec<_> = values
        .iter()
        .map(|(name, text)| (*name, text.as_str()))
        .collect();
    words.fill(key, &values)
}
