//! Numbers as people write them in tables, and back.
//!
//! `40`, `40 %`, `0,5`, `1 000`, `1.000,5`, `1,000.5`, `'12`, `€ 5`, `5 days`: what stands around
//! the number is passed over, digits are not. Nothing here guesses in silence: where a text can be
//! two numbers, it says so.

/// A number that was read.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Read {
    pub(crate) value: f64,
    /// Another number that the text could be.
    pub(crate) or: Option<f64>,
}

/// Signs for money that may stand around a number.
const MONEY: [&str; 9] = ["€", "$", "£", "EUR", "USD", "GBP", "SEK", "NOK", "kr"];
/// Words behind a number that only say its unit.
const UNITS: [&str; 17] = [
    "%", "percent", "pct", "days", "day", "d", "hours", "hour", "h", "points", "point", "pts", "p",
    "pt", "times", "x", "users",
];

/// Reads a number; `comma` says that the table has decimal commas.
pub(crate) fn read(text: &str, comma: bool) -> Option<Read> {
    let (read, rest) = take(text, comma)?;
    is_unit(rest).then_some(read)
}

/// Whether a text behind a number only says its unit.
pub(crate) fn is_unit(rest: &str) -> bool {
    let rest = rest.trim();
    rest.is_empty()
        || UNITS
            .iter()
            .chain(&MONEY)
            .any(|unit| unit.eq_ignore_ascii_case(rest))
}

/// The number that a text begins with, and what stands behind it.
pub(crate) fn take(text: &str, comma: bool) -> Option<(Read, &str)> {
    let mut rest = text.trim_start_matches(is_space);
    rest = rest.strip_prefix('\'').unwrap_or(rest);
    for money in MONEY {
        if let Some(after) = rest.strip_prefix(money) {
            rest = after.trim_start_matches(is_space);
        }
    }
    let (sign, digits) = match rest.chars().next()? {
        '-' | '\u{2212}' => (
            -1.0,
            rest.chars().as_str().trim_start_matches(['-', '\u{2212}']),
        ),
        '+' => (1.0, rest.trim_start_matches('+')),
        _ => (1.0, rest),
    };
    let digits = digits.trim_start_matches(is_space);
    let length = length(digits);
    let (number, rest) = (digits.get(..length)?, digits.get(length..)?);
    let (value, or) = value(number, comma)?;
    let read = Read {
        value: sign * value,
        or: or.map(|or| sign * or),
    };
    Some((read, rest))
}

/// Spaces between digits: also those that do not break.
fn is_space(c: char) -> bool {
    c.is_whitespace() || c == '\u{a0}' || c == '\u{202f}'
}

/// How many bytes of digits, points, commas and single spaces between groups of three a text
/// begins with.
fn length(text: &str) -> usize {
    let mut end = 0;
    for (at, c) in text.char_indices() {
        let behind = text.get(at + c.len_utf8()..).unwrap_or_default();
        let goes_on = behind.starts_with(|c: char| c.is_ascii_digit());
        let is_group = || {
            let group = behind.chars().take_while(char::is_ascii_digit).count();
            group == 3 && end > 0
        };
        if c.is_ascii_digit() {
            end = at + 1;
        } else if !(matches!(c, '.' | ',' | '\'') && goes_on && (end > 0 || c != '\'')
            || is_space(c) && is_group())
        {
            // An exponent, as programs write it.
            let exponent = matches!(c, 'e' | 'E') && end == at && end > 0;
            let digits = behind.trim_start_matches(['-', '+']);
            let count = digits.chars().take_while(char::is_ascii_digit).count();
            if exponent && count > 0 && behind.len() - digits.len() <= 1 {
                end = at + 1 + (behind.len() - digits.len()) + count;
            }
            break;
        }
    }
    end
}

/// What digits with points and commas mean, and what else they could mean.
fn value(text: &str, comma: bool) -> Option<(f64, Option<f64>)> {
    let text: String = text
        .chars()
        .filter(|c| !is_space(*c) && *c != '\'')
        .collect();
    let parse = |text: &str| text.parse::<f64>().ok().filter(|number| number.is_finite());
    let points = text.matches('.').count();
    let commas = text.matches(',').count();
    let without = |c: char| text.replace(c, "");
    match (points, commas) {
        (0, 0) => Some((parse(&text)?, None)),
        // The last of the two is the decimal one.
        (1.., 1..) => {
            let (mark, decimal) = if text.rfind('.') > text.rfind(',') {
                (',', '.')
            } else {
                ('.', ',')
            };
            let (whole, _) = text.rsplit_once(decimal)?;
            is_grouped(whole, mark).then_some(())?;
            Some((parse(&without(mark).replace(',', "."))?, None))
        }
        (2.., 0) if is_grouped(&text, '.') => Some((parse(&without('.'))?, None)),
        (0, 2..) if is_grouped(&text, ',') => Some((parse(&without(','))?, None)),
        (2.., _) | (_, 2..) => None,
        (points, _) => {
            let mark = if points == 1 { '.' } else { ',' };
            let (before, behind) = text.split_once(mark)?;
            let decimal = parse(&text.replace(',', "."))?;
            let grouped = parse(&without(mark));
            let could_group = behind.len() == 3
                && behind.bytes().all(|byte| byte.is_ascii_digit())
                && (1..=3).contains(&before.len())
                && !before.starts_with('0');
            let is_decimal = (mark == ',') == comma;
            match (could_group, is_decimal) {
                (false, _) => Some((decimal, None)),
                // A point is the usual decimal mark of programs: no doubt about it.
                (true, true) if mark == '.' => Some((decimal, None)),
                (true, true) => Some((decimal, grouped)),
                (true, false) => Some((grouped?, Some(decimal))),
            }
        }
    }
}

/// Whether a mark stands between thousands: three digits behind the last, two or three between two,
/// as in India. A day such as 1.2.24 is no number.
fn is_grouped(whole: &str, mark: char) -> bool {
    let groups: Vec<_> = whole.split(mark).map(str::len).collect();
    match groups.as_slice() {
        [first, middle @ .., last] => {
            (1..=3).contains(first) && *last == 3 && middle.iter().all(|it| (2..=3).contains(it))
        }
        _ => false,
    }
}

/// A number as it is written: no exponent where people would write none.
pub(crate) fn plain(number: f64) -> String {
    const PLAIN_MAX: f64 = 1e15;
    let number = if number == 0.0 { 0.0 } else { number };
    if number.abs() < PLAIN_MAX && (number.abs() > 1e-9 || number == 0.0) {
        format!("{number}")
    } else {
        format!("{number:e}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_people_write_them() {
        let cases = [
            ("40", false, Some((40.0, None))),
            (" 40 % ", false, Some((40.0, None))),
            ("'12", false, Some((12.0, None))),
            ("0,5", false, Some((0.5, None))),
            ("1 000", false, Some((1000.0, None))),
            ("1\u{a0}234\u{a0}567,5", false, Some((1_234_567.5, None))),
            ("1.000,5", false, Some((1000.5, None))),
            ("1,000.5", true, Some((1000.5, None))),
            ("1'000", false, Some((1000.0, None))),
            ("1,000", false, Some((1000.0, Some(1.0)))),
            ("1,000", true, Some((1.0, Some(1000.0)))),
            ("1.500", true, Some((1500.0, Some(1.5)))),
            ("1.500", false, Some((1.5, None))),
            ("0,125", false, Some((0.125, None))),
            ("-3", false, Some((-3.0, None))),
            ("\u{2212}3,5 days", false, Some((-3.5, None))),
            ("€ 5", false, Some((5.0, None))),
            ("5 kr", false, Some((5.0, None))),
            ("1e-7", false, Some((1e-7, None))),
            ("1,234,567", false, Some((1_234_567.0, None))),
            ("12,34,567.5", true, Some((1_234_567.5, None))),
            ("1.234.567", true, Some((1_234_567.0, None))),
            ("1,2,3", false, None),
            ("1.2.24", false, None),
            ("1.2.2024", true, None),
            ("1,2.5", false, None),
            ("a lot", false, None),
            ("", false, None),
            ("5 bananas", false, None),
            ("-", false, None),
            ("10-50", false, None),
        ];
        for (text, comma, expected) in cases {
            let found = read(text, comma).map(|read| (read.value, read.or));
            assert_eq!(found, expected, "{text:?}, comma: {comma}");
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        for number in [
            0.0,
            -0.0,
            1.5,
            -60.0,
            1e300,
            1e-300,
            123_456_789.25,
            0.1 + 0.2,
        ] {
            let text = plain(number);
            let found = read(&text, false).unwrap().value;
            assert!((found - number).abs() <= 0.0, "{text}");
        }
    }
}
