//! What is wrong with a file that is no TOML, in words for people who do not know TOML.

use crate::names::shown;
use crate::report::Report;

/// How the parser's message of a second key or heading begins.
const AGAIN: &str = "duplicate key";

/// Reports errors of the parser: the first of each line, since the others follow from it.
pub(crate) fn report(report: &mut Report<'_>, errors: &[toml::de::Error]) {
    let source = report.source();
    let mut places: Vec<_> = errors
        .iter()
        .map(|error| (error.span().unwrap_or(0..0), error.message()))
        .collect();
    places.sort_by_key(|(span, _)| (span.start, span.end));
    let mut told_to = None;
    let mut heading_again = false;
    for (span, message) in places {
        if told_to.is_some_and(|end| span.start <= end) {
            continue;
        }
        // Behind a heading that is there twice, each key of its tables seems to be too.
        let is_again = message.starts_with(AGAIN);
        if is_again && heading_again {
            continue;
        }
        heading_again |= is_again && source.get(..span.start).is_some_and(|it| it.ends_with('['));
        let rest = source.get(span.start..).unwrap_or_default();
        told_to = Some(span.start + rest.find('\n').unwrap_or(rest.len()));
        if let Some((at, said)) = comma(source, span.start) {
            report.problem(at, said);
            continue;
        }
        let found = source.get(span.clone()).unwrap_or_default();
        let said = if is_text_without_mark(message) && rest.starts_with('}') {
            // The parser takes what is not there for a text without its quotation marks.
            "expected a value for each key in the braces, found none; write `key = value`"
                .to_owned()
        } else {
            explain(message, found)
        };
        report.problem(span.start, said);
    }
}

/// What to say of a number with a comma in it that is the value of a key on the line of `offset`,
/// and its place.
fn comma(source: &str, offset: usize) -> Option<(usize, String)> {
    let before = source.get(..offset)?;
    let line_at = before.rfind('\n').map_or(0, |newline| newline + 1);
    let line = source.get(line_at..)?.lines().next()?;
    let mut values = line.match_indices('=').filter_map(|(equals, _)| {
        let rest = line.get(equals + 1..)?;
        let value = rest.trim_start();
        let at = line_at + equals + 1 + (rest.len() - value.len());
        let part = |c: char| !(c.is_ascii_digit() || matches!(c, ',' | '-' | '+'));
        let number = value.get(..value.find(part).unwrap_or(value.len()))?;
        // In braces the comma that follows separates values.
        Some((at, without_comma(number.trim_end_matches(','))?))
    });
    values.next_back()
}

/// What to say of a number with a comma: it is a decimal sign, unless it can stand for thousands.
fn without_comma(number: &str) -> Option<String> {
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit());
    let (first, others) = number.trim_start_matches(['-', '+']).split_once(',')?;
    if !is_digits(first) || !others.split(',').all(is_digits) {
        return None;
    }
    let can_be_thousands = first.len() <= 3
        && !first.starts_with('0')
        && others.split(',').all(|group| group.len() == 3);
    let (whole, point) = (number.replace(',', ""), number.replace(',', "."));
    match (can_be_thousands, others.contains(',')) {
        (false, false) => Some(format!(
            "expected a number with a point, found a comma in `{number}`; write {point}"
        )),
        (true, false) => Some(format!(
            "expected a number without a comma, found `{number}`; write {whole}, or {point} if \
             the comma is a decimal sign"
        )),
        (true, true) => Some(format!(
            "expected a number without commas, found `{number}`; write {whole}"
        )),
        (false, true) => None,
    }
}

/// The number before a percent sign.
fn percent(found: &str) -> Option<&str> {
    let number = found.trim().strip_suffix('%')?.trim_end();
    number.parse::<f64>().is_ok().then_some(number)
}

fn is_text_without_mark(message: &str) -> bool {
    message.starts_with("invalid basic string") || message.starts_with("invalid literal string")
}

/// What to say where a value should be and `found` is none.
fn no_value(found: &str) -> String {
    let found_trimmed = found.trim();
    if found_trimmed.is_empty() {
        return "expected a value after `=`, found none; write one, or remove the line".to_owned();
    }
    if let Some(number) = percent(found) {
        return format!(
            "expected a number, found {}; percent are plain numbers: write {number}",
            shown(found)
        );
    }
    let so = if found.starts_with(['“', '”', '„', '«', '»', '‘', '’']) {
        "write straight quotation marks (\"…\"), not curly ones"
    } else if found_trimmed.contains(char::is_whitespace) {
        "put a text in quotation marks (\"…\"), and a comma between values"
    } else {
        "put a text in quotation marks (\"…\"), write a number without its unit"
    };
    format!("expected a value, found {}; {so}", shown(found))
}

fn explain(message: &str, found: &str) -> String {
    let starts = |known: &[&str]| known.iter().any(|known| message.starts_with(known));
    if starts(&["string values must be quoted", "invalid boolean"]) {
        return no_value(found);
    }
    if is_text_without_mark(message) {
        return "expected a quotation mark at the end of the text, found the end of the line; add \
                it"
        .to_owned();
    }
    if starts(&["missing escaped value"]) {
        return "expected a text without a backslash, found one; remove it or write '…' instead \
                of \"…\""
            .to_owned();
    }
    if starts(&[
        "key with no value",
        "missing assignment",
        "missing value",
        "extra `=`",
    ]) {
        return "expected one `=` and a value after the key; write `key = value`".to_owned();
    }
    if starts(&["unclosed table", "unclosed array table"]) {
        return "expected `]` at the end of the heading, found none; add it (two for [[…]])"
            .to_owned();
    }
    if starts(&[AGAIN]) {
        return format!(
            "expected each key and each [heading] once, found {} again; rename or remove one, or \
             write [[{found}]] wherever it stands, if there are several",
            shown(found)
        );
    }
    if starts(&["unexpected key or value"]) {
        return "expected the end of the line, found more; write decimals with a point (1.5), \
                texts in quotation marks, and one `key = value` on a line"
            .to_owned();
    }
    if starts(&[
        "missing comma",
        "extra assignment",
        "extra comma",
        "unclosed array",
        "unclosed inline",
    ]) {
        return "expected a comma between the values, or the closing bracket, found something \
                else; check the brackets and commas of this line and the one before"
            .to_owned();
    }
    if starts(&["invalid unquoted key", "unquoted keys cannot be empty"]) {
        return "expected a key such as `weight` at the beginning of the line, found something \
                else; keys have no curly quotation marks, comments begin with #"
            .to_owned();
    }
    if starts(&["recursion limit"]) {
        return "expected brackets a few deep, found very many within each other".to_owned();
    }
    format!("expected a line such as `key = value`, found what is none ({message})")
}
