//! An explanation as text for a terminal. Rounded parts add up to the rounded whole, and a change
//! is what the rounded scores differ by; nothing that is printed here decides anything.

use std::fmt::Write as _;

use puls_wire::Status;

use super::score::{FeatureData, MeasureData, ScoreData};
use super::split::Split;
use super::text::{apportion, in_units, push_decimal, push_rounded};
use crate::language::{Dictionary, Voice};
use crate::model::{DAY_MS, HOUR_MS, MINUTE_MS};

/// A tenth of a point, in ten-thousandths.
const TENTH: i64 = 1_000;
/// Narrower than this, lines are not wrapped any further.
const WIDTH_MIN: usize = 40;

/// The explanation in lines of at most `width` characters, where words allow it.
#[must_use]
pub fn render_text(data: &ScoreData<'_>, width: usize) -> String {
    let mut page = Page::new(data.voice, width);
    head(&mut page, data);
    if let Some(split) = &data.split {
        change(&mut page, data, split);
    }
    if !data.exceptions.is_empty() {
        page.heading("explain.exceptions");
        for exception in &data.exceptions {
            page.line(2, &format!("{}: {}", exception.code, exception.text));
        }
    }
    if !data.why.is_empty() {
        page.heading("explain.why");
        for (place, why) in data.why.iter().enumerate() {
            page.line(2, &format!("{}. {}", place + 1, why.text));
        }
    }
    measures(&mut page, data);
    let unused = |index: &usize| {
        let mut parts = data.measures.iter().flat_map(|measure| &measure.parts);
        !parts.any(|part| part.features.contains(index))
    };
    let others: Vec<usize> = (0..data.features.len()).filter(unused).collect();
    if !others.is_empty() {
        page.heading("explain.others");
        features(&mut page, data, &others, 2);
    }
    page.text
}

fn head(page: &mut Page<'_>, data: &ScoreData<'_>) {
    let (rule, voice, words) = (&data.rule, data.voice, data.voice.words);
    let kind = match (rule.primary, rule.shadow) {
        (true, _) => "explain.primary",
        (false, true) => "explain.shadow",
        (false, false) => "explain.secondary",
    };
    let about = [
        ("account", data.account.as_str()),
        ("rule", rule.name),
        ("version", rule.version),
        ("kind", words.say(kind)),
        ("at", &voice.moment(data.as_of)),
        ("zone", voice.zone()),
    ];
    page.line(0, &words.fill("explain.head", &about));
    let mut line = match data.score {
        Some(score) => words.fill("explain.score", &[("score", &points(score, words))]),
        None => words.say(no_score(data.status)).to_owned(),
    };
    if let (Some(score), Some(previous)) = (data.score, data.previous) {
        let delta = signed(shown_change(score, previous), words);
        let moved = [
            ("delta", delta.as_str()),
            ("previous", &points(previous, words)),
        ];
        line = format!("{line} {}", words.fill("explain.moved", &moved));
    }
    let since = voice.moment(data.since);
    let tier = [("tier", data.tier_title), ("since", &since)];
    page.line(0, &format!("{line}, {}", words.fill("explain.tier", &tier)));
    let coverage = decimal((i64::from(data.coverage) + 5) / 10, words);
    page.line(
        0,
        &words.fill("explain.coverage", &[("percent", &coverage)]),
    );
    if let Some(over) = &data.over {
        let computed = data.computed.map_or_else(
            || words.say("explain.computed_none").to_owned(),
            |score| words.fill("explain.computed", &[("score", &points(score, words))]),
        );
        let about = [
            ("score", points(over.value, words)),
            ("by", over.by.to_owned()),
            ("expires", voice.moment(over.expires)),
            ("reason", over.reason.to_owned()),
            ("computed", computed),
        ];
        let about = about.each_ref().map(|(name, text)| (*name, text.as_str()));
        page.line(0, &words.fill("explain.override", &about));
    }
}

/// Why there is no score.
const fn no_score(status: Status) -> &'static str {
    match status {
        Status::Scored | Status::NoScore => "explain.no_data",
        Status::OutsidePopulation => "explain.outside",
        Status::RowError => "explain.failed",
    }
}

/// What two scores differ by as they are shown, in tenths.
const fn shown_change(score: i64, previous: i64) -> i64 {
    in_units(score, TENTH) - in_units(previous, TENTH)
}

/// The shares of a change between two scores, in tenths that add up to what these differ by as
/// they are shown; words such as `customer −3.2, time −0.4`. Empty where nothing moved.
#[must_use]
pub fn render_split(split: &Split, (previous, score): (i64, i64), words: &Dictionary) -> String {
    let shares = [
        ("split.rule", split.rule),
        ("split.data_availability", split.data),
        ("split.time", split.time),
        ("split.peers", split.peers),
        ("split.customer", split.customer),
        ("split.override", split.over),
    ];
    let moved: Vec<_> = shares
        .into_iter()
        .filter(|(_, value)| *value != 0)
        .collect();
    let values: Vec<i64> = moved.iter().map(|(_, value)| *value).collect();
    let shown = apportion(&values, TENTH, shown_change(score, previous));
    let shares = moved.iter().zip(shown).filter(|(_, shown)| *shown != 0);
    let shares =
        shares.map(|((key, _), shown)| format!("{} {}", words.say(key), signed(shown, words)));
    shares.collect::<Vec<_>>().join(", ")
}

fn change(page: &mut Page<'_>, data: &ScoreData<'_>, split: &Split) {
    let Some(ends) = data.previous.zip(data.score) else {
        return;
    };
    let words = data.voice.words;
    let shares = render_split(split, ends, words);
    if !shares.is_empty() {
        page.line(0, &words.fill("explain.changed", &[("shares", &shares)]));
    }
}

/// The measures and their parts, in tenths that add up to the rule's score.
fn measures(page: &mut Page<'_>, data: &ScoreData<'_>) {
    if data.measures.is_empty() {
        return;
    }
    let mut values: Vec<i64> = data
        .measures
        .iter()
        .map(|measure| measure.contribution)
        .collect();
    values.push(data.adjust);
    let total: i64 = values.iter().sum();
    let shown = apportion(&values, TENTH, in_units(total, TENTH));
    let words = data.voice.words;
    for (measure, shown) in data.measures.iter().zip(&shown) {
        page.line(0, "");
        let line = columns(
            measure.title,
            *shown,
            (measure.points, measure.weight),
            words,
        );
        page.line(0, &line);
        parts(page, data, measure, *shown);
    }
    if data.adjust != 0 {
        page.line(0, "");
        let adjust = shown.last().copied().unwrap_or(0);
        page.line(
            0,
            &columns(words.say("explain.exceptions"), adjust, (None, 0), words),
        );
    }
}

fn parts(page: &mut Page<'_>, data: &ScoreData<'_>, measure: &MeasureData<'_>, total: i64) {
    let values: Vec<i64> = measure.parts.iter().map(|part| part.contribution).collect();
    let shown = apportion(&values, TENTH, total);
    for (part, shown) in measure.parts.iter().zip(shown) {
        let points = part.points.map(i64::from);
        let behind = (points, part.weight.into());
        page.line(2, &columns(part.title, shown, behind, data.voice.words));
        if let Some(reason) = &part.reason {
            page.line(4, &reason.text);
        }
        features(page, data, part.features, 6);
    }
}

fn features(page: &mut Page<'_>, data: &ScoreData<'_>, indexes: &[usize], indent: usize) {
    for feature in indexes.iter().filter_map(|index| data.features.get(*index)) {
        page.line(indent, &feature_line(feature, data.voice.words));
    }
}

fn feature_line(feature: &FeatureData<'_>, words: &Dictionary) -> String {
    let mut line = format!("{} = ", feature.name);
    let note = feature.note.as_ref();
    let text = feature
        .text
        .or_else(|| note.and_then(|note| note.text.as_deref()));
    match text {
        Some(text) => line.push_str(text),
        None if feature.value.is_nan() => line.push_str(words.say("value.none")),
        None => push_rounded(feature.value, words, &mut line),
    }
    let Some(note) = note else {
        return line;
    };
    if text.is_none() && !feature.value.is_nan() && !note.unit.is_empty() {
        let key = format!("units.{}", note.unit);
        let is_one = feature.value.to_bits() == 1.0_f64.to_bits();
        let unit = words.counted(&key, is_one);
        if !unit.is_empty() {
            line.push(' ');
            line.push_str(unit);
        }
    }
    if let Some(missing) = note.missing {
        line.push_str(&format!(" ({})", words.say(&format!("missing.{missing}"))));
    }
    if let Some(age_ms) = note.age_ms {
        let age = age(age_ms, words);
        line.push_str(&format!(
            ", {}",
            words.fill("explain.newest", &[("age", &age)])
        ));
    }
    if note.capped {
        line.push_str(", ");
        line.push_str(words.say("explain.capped"));
    }
    line
}

/// A name, what it adds, its points and weight.
fn columns(
    name: &str,
    shown: i64,
    (points, weight): (Option<i64>, i64),
    words: &Dictionary,
) -> String {
    let shown = signed(shown, words);
    let Some(points) = points else {
        return words.fill("explain.plain", &[("name", name), ("shown", &shown)]);
    };
    let points = decimal((points + 5) / 10, words);
    let weight = decimal((weight + 5) / 10, words);
    let values = [
        ("name", name),
        ("shown", &shown),
        ("points", &points),
        ("weight", &weight),
    ];
    words.fill("explain.points", &values)
}

/// A span in its greatest whole unit.
fn age(age_ms: i64, words: &Dictionary) -> String {
    let units = [
        (DAY_MS, "ages.days"),
        (HOUR_MS, "ages.hours"),
        (MINUTE_MS, "ages.minutes"),
    ];
    let fitting = units.iter().find(|(unit_ms, _)| age_ms >= 2 * unit_ms);
    fitting.map_or_else(
        || words.say("ages.moment").to_owned(),
        |(unit_ms, key)| words.count((age_ms / unit_ms).unsigned_abs(), key),
    )
}

/// A score in ten-thousandths of a point, to the tenth.
#[must_use]
pub fn render_points(score: i64, words: &Dictionary) -> String {
    points(score, words)
}

/// A feature's value as sentences have it: one decimal at most.
#[must_use]
pub fn render_number(value: f64, words: &Dictionary) -> String {
    let mut text = String::new();
    push_rounded(value, words, &mut text);
    text
}

/// The change between two scores as they are shown, with its sign.
#[must_use]
pub fn render_change(previous: i64, score: i64, words: &Dictionary) -> String {
    signed(shown_change(score, previous), words)
}

fn points(score: i64, words: &Dictionary) -> String {
    decimal(in_units(score, TENTH), words)
}

fn decimal(tenths: i64, words: &Dictionary) -> String {
    let mut text = String::new();
    push_decimal(tenths, 1, words, &mut text);
    text
}

fn signed(tenths: i64, words: &Dictionary) -> String {
    let sign = match tenths {
        ..0 => "−",
        0.. => "+",
    };
    format!("{sign}{}", decimal(tenths.abs(), words))
}

/// Lines of limited width.
#[derive(Debug)]
pub struct Page<'v> {
    text: String,
    width: usize,
    voice: &'v Voice,
}

impl<'v> Page<'v> {
    /// An empty page.
    #[must_use]
    pub fn new(voice: &'v Voice, width: usize) -> Self {
        Self {
            text: String::new(),
            width: width.max(WIDTH_MIN),
            voice,
        }
    }

    /// What stands on it.
    #[must_use]
    pub fn into_text(self) -> String {
        self.text
    }

    /// Adds lines that are made already.
    pub fn text(&mut self, lines: &str) {
        self.text.push_str(lines);
    }

    /// Adds a line whose blanks stay, such as one of a table or a picture.
    pub fn line_as_it_is(&mut self, indent: usize, text: &str) {
        self.pad(indent, &mut 0);
        self.text.push_str(text);
        self.text.push('\n');
    }

    /// Adds an empty line and the words of `key`.
    pub fn heading(&mut self, key: &str) {
        self.line(0, "");
        self.line(0, self.voice.words.say(key));
    }

    /// Adds a line, broken between words where it is too long; what follows is indented further.
    pub fn line(&mut self, indent: usize, text: &str) {
        let mut column = 0;
        // A blank that holds a number together is none to break at.
        for word in text.split_ascii_whitespace() {
            let length = word.chars().count();
            if column > 0 && column + 1 + length > self.width {
                self.text.push('\n');
                column = 0;
                self.pad(indent + 4, &mut column);
            } else if column > 0 {
                self.text.push(' ');
                column += 1;
            } else {
                self.pad(indent, &mut column);
            }
            // A padded line has a column above 0, so the first word never gets a blank.
            self.text.push_str(word);
            column += length;
        }
        self.text.push('\n');
    }

    fn pad(&mut self, indent: usize, column: &mut usize) {
        // Writing to a string cannot fail.
        write!(self.text, "{:indent$}", "").unwrap_or_default();
        *column = indent;
    }
}
