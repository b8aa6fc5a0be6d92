//! The small language of bands in one cell: `0-10: 0; 10-50: 30; >50: 100`, or for texts
//! `gold: 100; silver: 50; other: 0`.
//!
//! Ranges may come in any order. What is below the first belongs to the first, what is above the
//! last to the last, unless there is an `other`. An overlap is a mistake, and so is a gap of more
//! than one between whole numbers.

use crate::draft::{Bound, Scale};
use crate::number;
use crate::words::{normal, shown};

/// What a cell means, and what was guessed.
#[derive(Debug, Default)]
pub(super) struct Guessed {
    pub(super) notes: Vec<String>,
}

impl Guessed {
    /// Notes that a text can be two numbers, if it can.
    pub(super) fn number(&mut self, text: &str, read: &number::Read) {
        if let Some(or) = read.or {
            let (value, or) = (number::plain(read.value), number::plain(or));
            self.notes
                .push(format!("{} is read as {value}, not as {or}", shown(text)));
        }
    }
}

/// A range of values and its points. An edge that is open is `None`.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Range {
    low: Option<Bound>,
    high: Option<Bound>,
    points: f64,
    /// Whether it says only what is not said elsewhere.
    is_rest: bool,
    /// Whether its upper edge belongs to the next: `< 10`.
    without_high: bool,
    /// Whether its lower edge belongs to it: `>= 10`.
    with_low: bool,
}

/// Reads bands of numbers.
pub(super) fn bands(text: &str, comma: bool, guessed: &mut Guessed) -> Result<Scale, String> {
    let mut ranges = Vec::new();
    for piece in pieces(text) {
        let (range, points) = halves(&piece)?;
        let points = points_of(points, comma, &piece)?;
        ranges.push(range_of(range, points, comma, guessed).ok_or_else(|| {
            format!(
                "expected ranges with points such as `0-10: 0; 10-50: 30; >50: 100`, found {} in \
                 {}",
                shown(range),
                shown(&piece)
            )
        })?);
    }
    assemble(ranges, guessed)
}

/// Reads points of texts.
pub(super) fn values(text: &str, comma: bool) -> Result<Scale, String> {
    const REST: [&str; 7] = [
        "other",
        "others",
        "else",
        "otherwise",
        "rest",
        "any other",
        "*",
    ];
    let mut values = Vec::new();
    let mut otherwise = None;
    for piece in pieces(text) {
        let (key, points) = halves(&piece)?;
        let points = points_of(points, comma, &piece)?;
        let key = key.trim();
        match unquoted(key) {
            Some(quoted) => values.push((quoted, points)),
            None if REST.contains(&normal(key).as_str()) || key == "*" => otherwise = Some(points),
            None => {
                let keys = key.split('/').map(str::trim).filter(|key| !key.is_empty());
                values.extend(keys.map(|key| (key.to_owned(), points)));
            }
        }
    }
    if values.is_empty() {
        return Err(format!(
            "expected texts with points such as `gold: 100; silver: 50; other: 0`, found {}",
            shown(text)
        ));
    }
    Ok(Scale::Values { values, otherwise })
}

/// A text as it stands in a list of points.
pub(crate) fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    const REST: [&str; 6] = ["other", "others", "else", "otherwise", "rest", ""];
    if text.chars().all(plain) && !REST.contains(&normal(text).as_str()) && !text.ends_with('-') {
        text.to_owned()
    } else {
        format!("\"{}\"", text.replace('"', "\"\""))
    }
}

fn unquoted(text: &str) -> Option<String> {
    let inner = text.strip_prefix('"')?.strip_suffix('"')?;
    Some(inner.replace("\"\"", "\""))
}

/// The pieces between semicolons or line breaks; between commas where there are neither.
fn pieces(text: &str) -> Vec<String> {
    let split = |marks: &[char]| -> Vec<String> {
        let mut out = vec![String::new()];
        let mut quoted = false;
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            quoted ^= c == '"';
            // A comma within a number is its own.
            let within = c == ',' && chars.peek().is_some_and(char::is_ascii_digit);
            if !quoted && !within && marks.contains(&c) {
                out.push(String::new());
            } else if let Some(last) = out.last_mut() {
                last.push(c);
            }
        }
        out.retain(|piece| !piece.trim().is_empty());
        out
    };
    let pieces = split(&[';', '\n', '|']);
    let [only] = pieces.as_slice() else {
        return pieces;
    };
    let by_commas = split(&[',']);
    let marks = |piece: &String| halves(piece).is_ok();
    if halves(only).is_ok() && by_commas.len() > 1 && by_commas.iter().all(marks) {
        by_commas
    } else {
        pieces
    }
}

/// What stands before and behind the sign that gives points.
fn halves(piece: &str) -> Result<(&str, &str), String> {
    let mut quoted = false;
    let mut found: Option<(usize, usize)> = None;
    let mut chars = piece.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        quoted ^= c == '"';
        if quoted {
            continue;
        }
        let next = chars.peek().map(|(_, c)| *c);
        let length = match (c, next) {
            ('=' | '-', Some('>')) => 2,
            (':' | '→', _) => c.len_utf8(),
            // `<=` and `>=` belong to the range.
            ('=', _) if !piece.get(..at).unwrap_or_default().ends_with(['<', '>']) => 1,
            _ => continue,
        };
        found = Some((at, length));
    }
    let (at, length) = found.ok_or_else(|| {
        format!(
            "expected a range and its points with a colon between them, such as `0-10: 0`, found \
             {}",
            shown(piece.trim())
        )
    })?;
    let before = piece.get(..at).unwrap_or_default().trim();
    let behind = piece.get(at + length..).unwrap_or_default().trim();
    Ok((before, behind))
}

fn points_of(text: &str, comma: bool, piece: &str) -> Result<f64, String> {
    let named = match normal(text).as_str() {
        "red" | "poor" | "bad" => Some(0.0),
        "yellow" | "amber" | "orange" | "medium" => Some(50.0),
        "green" | "good" => Some(100.0),
        _ => None,
    };
    let read = named.or_else(|| number::read(text, comma).map(|read| read.value));
    let points = read.filter(|points| (0.0..=100.0).contains(points));
    points.ok_or_else(|| {
        format!(
            "expected points from 0 to 100 behind the colon, found {} in {}",
            shown(text),
            shown(piece.trim())
        )
    })
}

/// A bound that a text begins with, and the rest.
fn bound<'t>(text: &'t str, comma: bool, guessed: &mut Guessed) -> Option<(Bound, &'t str)> {
    let text = text.trim_start();
    if text.starts_with("parameter.") {
        let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '_')));
        // A hyphen may be part of a name: with spaces around it, it is a range.
        let end = match end {
            Some(_) => text.find(char::is_whitespace).unwrap_or(text.len()),
            None => text.len(),
        };
        let (name, rest) = (text.get(..end)?, text.get(end..)?);
        return Some((Bound::Parameter(name.to_owned()), rest));
    }
    let (read, rest) = number::take(text, comma)?;
    guessed.number(text.strip_suffix(rest).unwrap_or(text), &read);
    let mut rest = rest.trim_start();
    for unit in ["%", "days", "day", "hours", "h", "d"] {
        if let Some(after) = rest.strip_prefix(unit)
            && !after.starts_with(char::is_alphabetic)
        {
            rest = after.trim_start();
            break;
        }
    }
    Some((Bound::Number(read.value), rest))
}

/// Words that begin a range with one end.
const UP_TO: [&str; 10] = [
    "<=",
    "≤",
    "=<",
    "up to",
    "at most",
    "max",
    "less than or equal to",
    "until",
    "to",
    "..",
];
const BELOW: [&str; 5] = ["<", "under", "below", "less than", "fewer than"];
const FROM: [&str; 7] = [">=", "≥", "=>", "at least", "from", "min", "not less than"];
const ABOVE: [&str; 5] = [">", "over", "above", "more than", "greater than"];
/// Words for what is not said elsewhere.
const REST: [&str; 7] = ["other", "else", "otherwise", "rest", "*", "any", "all"];

pub(super) fn range_of(
    text: &str,
    points: f64,
    comma: bool,
    guessed: &mut Guessed,
) -> Option<Range> {
    let text = text.trim();
    let lower = text.to_lowercase();
    let open = Range {
        low: None,
        high: None,
        points,
        is_rest: REST.contains(&lower.as_str()),
        without_high: false,
        with_low: false,
    };
    if open.is_rest {
        return Some(open);
    }
    let mut after = |words: &[&str]| {
        let found = words.iter().find(|word| lower.starts_with(**word))?;
        let rest = text.get(found.len()..)?;
        let (bound, rest) = bound(rest, comma, guessed)?;
        number::is_unit(rest).then_some(bound)
    };
    if let Some(high) = after(&UP_TO) {
        return Some(Range {
            high: Some(high),
            ..open
        });
    }
    if let Some(high) = after(&BELOW) {
        return Some(Range {
            high: Some(high),
            without_high: true,
            ..open
        });
    }
    if let Some(low) = after(&FROM) {
        return Some(Range {
            low: Some(low),
            with_low: true,
            ..open
        });
    }
    if let Some(low) = after(&ABOVE) {
        return Some(Range {
            low: Some(low),
            ..open
        });
    }
    two_ends(text, open, comma, guessed)
}

/// A range that begins with a number: `10-50`, `10+`, `10 or less`, or one value.
fn two_ends(text: &str, open: Range, comma: bool, guessed: &mut Guessed) -> Option<Range> {
    let (low, rest) = bound(text, comma, guessed)?;
    let rest = rest.trim();
    let lower = rest.to_lowercase();
    if ["+", "and more", "or more"].contains(&lower.as_str()) {
        return Some(Range {
            low: Some(low),
            with_low: true,
            ..open
        });
    }
    if ["or less", "and less", "or fewer"].contains(&lower.as_str()) {
        return Some(Range {
            high: Some(low),
            ..open
        });
    }
    let marks = ["-", "–", "—", "..", "…", "to ", "until ", "and "];
    match marks.iter().find_map(|mark| rest.strip_prefix(mark)) {
        Some(behind) => {
            let (high, rest) = bound(behind.trim_start_matches('.'), comma, guessed)?;
            number::is_unit(rest).then_some(Range {
                low: Some(low),
                high: Some(high),
                ..open
            })
        }
        // One value: up to it, from what is before it.
        None if number::is_unit(rest) => Some(Range {
            low: Some(low.clone()),
            high: Some(low),
            ..open
        }),
        None => None,
    }
}

pub(super) fn assemble(mut ranges: Vec<Range>, guessed: &mut Guessed) -> Result<Scale, String> {
    let place = ranges.iter().position(|range| range.is_rest);
    let rest = place.map(|place| ranges.remove(place).points);
    if ranges.is_empty() {
        let only = rest.ok_or("expected ranges with points, found nothing")?;
        return Ok(Scale::Bands(vec![(None, only)]));
    }
    // Bounds that are parameters have no place among numbers: then the order is that of the cell.
    let key = |range: &Range| match (&range.low, &range.high) {
        (_, Some(Bound::Number(high))) => Some(*high),
        (Some(Bound::Number(_)), None) | (None, None) => Some(f64::INFINITY),
        _ => None,
    };
    if ranges.iter().all(|range| key(range).is_some()) {
        ranges.sort_by(|a, b| {
            key(a)
                .partial_cmp(&key(b))
                .unwrap_or(std::cmp::Ordering::Equal)
        });
    }
    for pair in ranges.windows(2) {
        if let [before, next] = pair {
            fits(before, next, guessed)?;
        }
    }
    let below = below(&ranges, rest, guessed)?;
    let rest = rest.filter(|_| below.is_none() || !is_open(&ranges));
    let mut bands: Vec<(Option<Bound>, f64)> = below.into_iter().collect();
    let count = ranges.len();
    for (index, range) in ranges.into_iter().enumerate() {
        let is_last = index + 1 == count;
        match (range.high, is_last, rest) {
            (Some(high), true, None) => {
                guessed.notes.push(format!(
                    "values above {} get the points of the last band, {}",
                    told(&high),
                    number::plain(range.points)
                ));
                bands.push((None, range.points));
            }
            (high, ..) => bands.push((high, range.points)),
        }
    }
    if let Some(rest) = rest {
        match bands.last() {
            Some((Some(_), _)) => bands.push((None, rest)),
            _ => {
                return Err(
                    "expected `other` beside ranges that leave something out, found it \
                             beside ranges that cover everything; remove it"
                        .to_owned(),
                );
            }
        }
    }
    Ok(Scale::Bands(bands))
}

/// Whether the last range has no end.
fn is_open(ranges: &[Range]) -> bool {
    ranges.last().is_some_and(|range| range.high.is_none())
}

/// The band below the first range, where `other` means that too: beside a single range without an
/// end, ranges that begin above 0, and those from a parameter on that leave nothing out above.
fn below(
    ranges: &[Range],
    rest: Option<f64>,
    guessed: &mut Guessed,
) -> Result<Option<(Option<Bound>, f64)>, String> {
    let Some(first) = ranges.first() else {
        return Ok(None);
    };
    let Some(low) = &first.low else {
        return Ok(None);
    };
    let (begins, leaves_out) = match low {
        Bound::Number(low) => (*low, *low > 0.0),
        Bound::Parameter(_) => (0.0, is_open(ranges)),
    };
    let leaves_out = leaves_out || first.high.is_none();
    let edge = told(low);
    match rest {
        Some(_) if leaves_out && first.high.as_ref() == Some(low) => Err(format!(
            "expected points for what is below {edge}, the first value, beside `other`, found \
             none; begin with a range such as `up to {}: 0`",
            number::plain(begins - 1.0)
        )),
        Some(points) if leaves_out => {
            guessed.notes.push(format!(
                "values up to {edge} get the points of `other`, {}",
                number::plain(points)
            ));
            Ok(Some((Some(low.clone()), points)))
        }
        None if first.high.is_none() => Err(format!(
            "expected points for every value, found none up to {edge}; add for example `up to \
             {edge}: 0`"
        )),
        _ if begins.abs() > 0.0 => {
            guessed.notes.push(format!(
                "values below {edge} get the points of the first band, {}",
                number::plain(first.points)
            ));
            Ok(None)
        }
        _ => Ok(None),
    }
}

/// Whether one range ends where the next begins.
fn fits(before: &Range, next: &Range, guessed: &mut Guessed) -> Result<(), String> {
    let (Some(high), low) = (&before.high, &next.low) else {
        return Err(
            "expected one range without an upper end, found two; write where the first \
                    ends"
                .to_owned(),
        );
    };
    // `<= 10; <= 50` says where each begins.
    let Some(low) = low else { return Ok(()) };
    let (Bound::Number(high), Bound::Number(low)) = (high, low) else {
        return Ok(());
    };
    let single = next.low == next.high && *low > *high;
    let whole = high.fract() == 0.0 && low.fract() == 0.0;
    if low < high {
        return Err(format!(
            "expected ranges that do not overlap, found one up to {} and one from {}",
            number::plain(*high),
            number::plain(*low)
        ));
    }
    if low > high && !(whole && low - high <= 1.0) && !single {
        return Err(format!(
            "expected points for every value, found none between {} and {}; let one range end \
             where the next begins",
            number::plain(*high),
            number::plain(*low)
        ));
    }
    if low.total_cmp(high).is_eq() && (before.without_high || next.with_low) {
        guessed.notes.push(format!(
            "{0} itself counts to the range below: a value on an edge always does. Write the edge \
             a little lower if {0} must be in the upper one",
            number::plain(*low)
        ));
    }
    Ok(())
}

fn told(bound: &Bound) -> String {
    match bound {
        Bound::Number(number) => number::plain(*number),
        Bound::Parameter(name) => name.clone(),
    }
}

#[cfg(test)]
mod tests;
