//! An explanation as text for a terminal. Rounded parts add up to the rounded whole; nothing that
//! is printed here decides anything.

use std::fmt::Write as _;

use puls_wire::Status;

use super::score::{FeatureData, MeasureData, ScoreData};
use super::split::Split;
use super::text::{apportion, in_units, push_decimal, push_rounded};
use crate::model::{DAY_MS, HOUR_MS, MINUTE_MS};

/// A tenth of a point, in ten-thousandths.
const TENTH: i64 = 1_000;
/// Digits of a digest that tell one module from another.
const DIGEST_DIGITS: usize = 12;
/// Narrower than this, lines are not wrapped any further.
const WIDTH_MIN: usize = 40;

/// The explanation in lines of at most `width` characters, where words allow it.
#[must_use]
pub fn render_text(data: &ScoreData<'_>, width: usize) -> String {
    let mut page = Page {
        text: String::new(),
        width: width.max(WIDTH_MIN),
    };
    head(&mut page, data);
    if let Some(split) = &data.split {
        change(&mut page, split);
    }
    if !data.exceptions.is_empty() {
        page.line(0, "");
        page.line(0, "Exceptions");
        for exception in &data.exceptions {
            page.line(2, &format!("{}: {}", exception.code, exception.text));
        }
    }
    if !data.why.is_empty() {
        page.line(0, "");
        page.line(0, "Why");
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
        page.line(0, "");
        page.line(0, "Other features");
        features(&mut page, data, &others, 2);
    }
    page.text
}

fn head(page: &mut Page, data: &ScoreData<'_>) {
    let rule = &data.rule;
    let kind = match (rule.shadow, rule.primary) {
        (true, _) => "in shadow",
        (false, true) => "primary",
        (false, false) => "secondary",
    };
    let digest: String = rule
        .digest
        .to_string()
        .chars()
        .take(DIGEST_DIGITS)
        .collect();
    page.line(
        0,
        &format!(
            "{}, {} {} ({kind}, digest {digest}), as of {}",
            data.account, rule.name, rule.version, data.as_of
        ),
    );
    let mut line = match data.score {
        Some(score) => format!("Score {}", tenths(in_units(score, TENTH))),
        None => no_score(data.status).to_owned(),
    };
    if let (Some(delta), Some(previous)) = (data.delta, data.previous) {
        let delta = signed(in_units(delta, TENTH));
        let previous = tenths(in_units(previous, TENTH));
        line.push_str(&format!(" ({delta} since {previous} was published)"));
    }
    line.push_str(&format!(", tier {} since {}", data.tier, data.since));
    page.line(0, &line);
    let mut coverage = String::from("Coverage ");
    push_decimal((i64::from(data.coverage) + 5) / 10, 1, &mut coverage);
    page.line(0, &format!("{coverage} % of the weight has data"));
    if let Some(over) = &data.over {
        let computed = data.computed.map_or_else(
            || "the rule has none".to_owned(),
            |score| format!("the rule says {}", tenths(in_units(score, TENTH))),
        );
        page.line(
            0,
            &format!(
                "Override to {} by {} until {}: {} ({computed})",
                tenths(in_units(over.value, TENTH)),
                over.by,
                over.expires,
                over.reason
            ),
        );
    }
}

/// Why there is no score.
const fn no_score(status: Status) -> &'static str {
    match status {
        Status::Scored | Status::NoScore => "No score (no feature with weight has data)",
        Status::OutsidePopulation => "No score (outside the rule's population)",
        Status::RowError => "No score (the rule failed)",
    }
}

/// The split of the change, in tenths that add up to the change.
fn change(page: &mut Page, split: &Split) {
    let names = [
        "rule",
        "data availability",
        "time",
        "peers",
        "customer",
        "override",
    ];
    let values = [
        split.rule,
        split.data,
        split.time,
        split.peers,
        split.customer,
        split.over,
    ];
    let shown = apportion(&values, TENTH, in_units(split.sum(), TENTH));
    let moved = names
        .iter()
        .zip(values)
        .zip(shown)
        .filter(|((_, value), _)| *value != 0);
    let words: Vec<String> = moved
        .map(|((name, _), shown)| format!("{name} {}", signed(shown)))
        .collect();
    if !words.is_empty() {
        page.line(0, &format!("Changed by {}", words.join(", ")));
    }
}

/// The measures and their parts, in tenths that add up to the rule's score.
fn measures(page: &mut Page, data: &ScoreData<'_>) {
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
    for (measure, shown) in data.measures.iter().zip(&shown) {
        page.line(0, "");
        page.line(
            0,
            &columns(measure.title, *shown, measure.points, measure.weight),
        );
        parts(page, data, measure, *shown);
    }
    if data.adjust != 0 {
        page.line(0, "");
        let adjust = shown.last().copied().unwrap_or(0);
        page.line(0, &columns("Exceptions", adjust, None, 0));
    }
}

fn parts(page: &mut Page, data: &ScoreData<'_>, measure: &MeasureData<'_>, total: i64) {
    let values: Vec<i64> = measure.parts.iter().map(|part| part.contribution).collect();
    let shown = apportion(&values, TENTH, total);
    for (part, shown) in measure.parts.iter().zip(shown) {
        let points = part.points.map(i64::from);
        page.line(2, &columns(part.name, shown, points, part.weight.into()));
        if let Some(reason) = &part.reason {
            page.line(4, &reason.text);
        }
        features(page, data, part.features, 6);
    }
}

fn features(page: &mut Page, data: &ScoreData<'_>, indexes: &[usize], indent: usize) {
    for feature in indexes.iter().filter_map(|index| data.features.get(*index)) {
        page.line(indent, &feature_line(feature));
    }
}

fn feature_line(feature: &FeatureData<'_>) -> String {
    let mut line = format!("{} = ", feature.name);
    let note = feature.note.as_ref();
    let text = feature
        .text
        .or_else(|| note.and_then(|note| note.text.as_deref()));
    match text {
        Some(text) => line.push_str(text),
        None if feature.value.is_nan() => line.push_str("no data"),
        None => push_rounded(feature.value, &mut line),
    }
    let Some(note) = note else {
        return line;
    };
    if text.is_none() && !feature.value.is_nan() && !note.unit.is_empty() {
        line.push(' ');
        line.push_str(note.unit);
    }
    if let Some(missing) = note.missing {
        line.push_str(&format!(" ({missing})"));
    }
    if let Some(age_ms) = note.age_ms {
        line.push_str(&format!(", newest event {} ago", age(age_ms)));
    }
    if note.capped {
        line.push_str(", capped");
    }
    line
}

/// A name, what it adds, its points and weight.
fn columns(name: &str, shown: i64, points: Option<i64>, weight: i64) -> String {
    let mut line = format!("{name}: {}", signed(shown));
    if let Some(points) = points {
        line.push_str(" from ");
        push_decimal((points + 5) / 10, 1, &mut line);
        line.push_str(" points × ");
        push_decimal((weight + 5) / 10, 1, &mut line);
        line.push_str(" %");
    }
    line
}

/// A span in its greatest whole unit.
fn age(age_ms: i64) -> String {
    let units = [(DAY_MS, "days"), (HOUR_MS, "hours"), (MINUTE_MS, "minutes")];
    let fitting = units.iter().find(|(unit_ms, _)| age_ms >= 2 * unit_ms);
    fitting.map_or_else(
        || "a moment".to_owned(),
        |(unit_ms, name)| format!("{} {name}", age_ms / unit_ms),
    )
}

fn tenths(value: i64) -> String {
    let mut text = String::new();
    push_decimal(value, 1, &mut text);
    text
}

fn signed(value: i64) -> String {
    let sign = if value < 0 { "−" } else { "+" };
    format!("{sign}{}", tenths(value.abs()))
}

/// Lines of limited width.
struct Page {
    text: String,
    width: usize,
}

impl Page {
    /// Adds a line, broken between words where it is too long; what follows is indented further.
    fn line(&mut self, indent: usize, text: &str) {
        let mut column = 0;
        for word in text.split_whitespace() {
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
