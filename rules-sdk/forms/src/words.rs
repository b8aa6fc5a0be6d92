//! What people call things: sections, columns, and the words in cells. Compared in [`normal`] form.

mod actions;
mod columns;

pub(crate) use self::actions::{
    CARD_KEYS, DERIVED_COLUMNS, EXCEPTION_COLUMNS, PARAMETER_COLUMNS, PROMISE_COLUMNS,
    TIER_COLUMNS, TRIGGER_COLUMNS, VARIANT_COLUMNS,
};
pub(crate) use self::columns::{
    CARD, Column, DERIVED, EXCEPTIONS, FACTOR_COLUMNS, FACTORS, PARAMETERS, PROMISES, TIERS,
    TRIGGERS, VARIANTS,
};

/// A text in small letters, words apart by one space, without signs.
pub(crate) fn normal(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars().flat_map(char::to_lowercase) {
        if c.is_alphanumeric() || c == '%' || c == '>' || c == '<' {
            out.push(c);
        } else if !out.ends_with(' ') && !out.is_empty() {
            out.push(' ');
        }
    }
    out.truncate(out.trim_end().len());
    out
}

/// A name as cards have them, made of what a person wrote; empty where no letter is left.
pub(crate) fn slug(text: &str) -> String {
    const BYTES_MAX: usize = 40;
    let is_name = |byte: u8| {
        byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'.' | b'_' | b'-')
    };
    if text.len() <= puls_wire::NAME_BYTES_MAX
        && text.bytes().all(is_name)
        && text.bytes().any(|byte| byte.is_ascii_alphanumeric())
    {
        return text.to_owned();
    }
    let plain = |c: char| match c {
        'å' | 'ä' | 'à' | 'á' | 'â' => "a".to_owned(),
        'ö' | 'ø' | 'ó' | 'ô' => "o".to_owned(),
        'é' | 'è' | 'ê' | 'ë' => "e".to_owned(),
        'ü' | 'ú' => "u".to_owned(),
        'ß' => "ss".to_owned(),
        'æ' => "ae".to_owned(),
        '%' => " pct ".to_owned(),
        '&' => " and ".to_owned(),
        other => other.to_string(),
    };
    let text: String = text.to_lowercase().chars().map(plain).collect();
    let mut out = String::new();
    for c in text.chars() {
        if c.is_ascii_alphanumeric() || matches!(c, '.' | '-') {
            out.push(c);
        } else if !out.ends_with('_') && !out.is_empty() {
            out.push('_');
        }
        if out.len() >= BYTES_MAX {
            break;
        }
    }
    out.trim_matches(['_', '.', '-']).to_owned()
}

/// Words for what missing data does.
pub(crate) fn missing(text: &str) -> Option<&'static str> {
    Some(match normal(text).as_str() {
        "exclude" | "excluded" | "ignore" | "skip" | "leave out" | "n a" | "na" | "none"
        | "redistribute" | "not counted" => "exclude",
        "neutral" | "50" | "50 points" | "middle" | "average" | "half" | "yellow" | "amber" => {
            "neutral"
        }
        "worst" | "0" | "0 points" | "zero" | "bad" | "red" => "worst",
        _ => return None,
    })
}

/// Words for how much an alert matters; `Some(None)` for none.
pub(crate) fn alert(text: &str) -> Option<Option<&'static str>> {
    Some(match normal(text).as_str() {
        "info" | "information" | "low" | "notice" => Some("info"),
        "warning" | "warn" | "medium" | "yes" | "y" | "x" | "true" | "amber" | "yellow" => {
            Some("warning")
        }
        "critical" | "high" | "urgent" | "red" | "severe" => Some("critical"),
        "no" | "none" | "n" | "false" | "green" => None,
        _ => return None,
    })
}

/// Whether more of a feature is better, as a cell says it.
pub(crate) fn higher_is_better(text: &str) -> Option<bool> {
    let text = normal(text);
    if [
        "higher",
        "high",
        "up",
        "more",
        "yes",
        "true",
        "ascending",
        "positive",
        "higher is better",
        "more is better",
    ]
    .contains(&text.as_str())
    {
        Some(true)
    } else if [
        "lower",
        "low",
        "down",
        "less",
        "no",
        "false",
        "descending",
        "negative",
        "lower is better",
        "less is better",
    ]
    .contains(&text.as_str())
    {
        Some(false)
    } else {
        None
    }
}

/// The name among `known` that `found` was probably meant to be, and two others like it.
pub(crate) fn nearest<'k>(found: &str, known: impl IntoIterator<Item = &'k str>) -> Vec<&'k str> {
    const SHOWN: usize = 3;
    const LIKENESS_MIN: f64 = 0.72;
    const BYTES_MAX: usize = 120;
    if found.len() > BYTES_MAX {
        return Vec::new();
    }
    let found = normal(found);
    let mut all: Vec<_> = known
        .into_iter()
        .map(|name| (likeness(&found, &normal(name)), name))
        .filter(|(likeness, _)| *likeness >= LIKENESS_MIN)
        .collect();
    all.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
    all.into_iter().take(SHOWN).map(|(_, name)| name).collect()
}

/// How like two names are, from 0 to 1: letter by letter, or word by word in any order.
fn likeness(a: &str, b: &str) -> f64 {
    let words = |text: &str| -> Vec<String> { text.split(' ').map(str::to_owned).collect() };
    let (left, right) = (words(a), words(b));
    let found = left
        .iter()
        .filter(|word| {
            right
                .iter()
                .any(|other| strsim::jaro_winkler(word, other) > 0.9)
        })
        .count();
    #[expect(clippy::cast_precision_loss, reason = "a few words")]
    let by_words = 2.0 * found as f64 / (left.len() + right.len()) as f64;
    by_words.max(strsim::normalized_damerau_levenshtein(a, b))
}

/// `; did you mean `a`, `b` or `c`?`, or what else to do.
pub(crate) fn hint<'k>(
    found: &str,
    known: impl IntoIterator<Item = &'k str>,
    otherwise: &str,
) -> String {
    match nearest(found, known).as_slice() {
        [] => format!("; {otherwise}"),
        [only] => format!("; did you mean `{only}`?"),
        [before @ .., last] => {
            let before: Vec<_> = before.iter().map(|name| format!("`{name}`")).collect();
            format!("; did you mean {} or `{last}`?", before.join(", "))
        }
    }
}

/// So many of a thing.
pub(crate) fn many(count: usize, one: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {one}{plural}")
}

/// A text as messages show it: in quotes, cut where it is long, harmless on a terminal.
pub(crate) fn shown(text: &str) -> String {
    const SHOWN_MAX: usize = 60;
    let mut plain: String = text
        .chars()
        .take(SHOWN_MAX)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    if text.chars().nth(SHOWN_MAX).is_some() {
        plain.push('…');
    }
    format!("\"{plain}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_made_of_what_people_write() {
        let cases = [
            ("Product adoption", "product_adoption"),
            ("  % of seats (28d)", "pct_of_seats_28d"),
            ("Förnyelse & risk", "fornyelse_and_risk"),
            ("---", ""),
            ("usage.trend_28d", "usage.trend_28d"),
        ];
        for (text, expected) in cases {
            assert_eq!(slug(text), expected, "{text:?}");
        }
    }

    #[test]
    fn names_that_were_meant_are_found() {
        let known = [
            "usage.active_days_28d",
            "usage.active_days_7d",
            "license.seats",
            "usage.trend_28d",
        ];
        let cases = [
            ("active days 28d", "usage.active_days_28d"),
            ("usage.trend_28", "usage.trend_28d"),
            ("licence.seats", "license.seats"),
        ];
        for (found, expected) in cases {
            assert_eq!(nearest(found, known).first(), Some(&expected), "{found}");
        }
        assert!(nearest("the weather", known).is_empty());
    }
}
