//! Conditions as people write them in cells, in the syntax of cards.
//!
//! `AND`, `OR`, `NOT`, `=`, `<>`, `≥`, `≤`, `≠` and quotation marks of all kinds become what cards
//! have; what stands in quotation marks stays as it is. What is right already is not touched.

/// Quotation marks that open, and those that close.
const QUOTES: [(char, char); 5] = [('\'', '\''), ('"', '"'), ('“', '”'), ('‘', '’'), ('„', '“')];

/// The condition in the syntax of cards.
pub(crate) fn written(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if let Some((_, close)) = QUOTES.iter().find(|(open, _)| *open == c) {
            let mut inner = String::new();
            let mut ended = false;
            for c in chars.by_ref() {
                if c == *close || c == '”' && *close == '“' {
                    ended = true;
                    break;
                }
                inner.push(c);
            }
            // A text with an apostrophe in it stands in the other marks: cards have no escapes.
            let mark = if inner.contains('\'') { '"' } else { '\'' };
            out.push(mark);
            out.push_str(&inner);
            if ended {
                out.push(mark);
            }
            continue;
        }
        match c {
            '≥' => out.push_str(">="),
            '≤' => out.push_str("<="),
            '≠' => out.push_str("!="),
            '<' if chars.peek() == Some(&'>') => {
                chars.next();
                out.push_str("!=");
            }
            '=' if !out.ends_with(['<', '>', '!', '=']) && chars.peek() != Some(&'=') => {
                out.push_str("==");
            }
            '\n' | '\r' | '\t' | '\u{a0}' => out.push(' '),
            c if c.is_ascii_alphabetic() && !follows_a_name(&out) => {
                let mut word = String::from(c);
                while let Some(next) = chars.next_if(|c| c.is_alphanumeric() || "._-".contains(*c))
                {
                    word.push(next);
                }
                out.push_str(match word.to_ascii_lowercase().as_str() {
                    "and" => "&&",
                    "or" => "||",
                    "not" => "!",
                    "in" => "in",
                    _ => &word,
                });
            }
            c => out.push(c),
        }
    }
    out.trim().to_owned()
}

/// Whether the text ends within a name, so that a letter belongs to it.
fn follows_a_name(text: &str) -> bool {
    text.ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_of_cells_become_those_of_cards() {
        let cases = [
            ("license.overdue_days >= 30", "license.overdue_days >= 30"),
            ("a.b = 3 AND c.d <> 4", "a.b == 3 && c.d != 4"),
            ("a.b≥3 or not (c.d ≤ 4)", "a.b>=3 || ! (c.d <= 4)"),
            ("account.segment = \"gold\"", "account.segment == 'gold'"),
            (
                "account.segment = “Land and sea”",
                "account.segment == 'Land and sea'",
            ),
            ("a.b == 'x=y'", "a.b == 'x=y'"),
            ("account.segment = \"it's\"", "account.segment == \"it's\""),
            ("a.b in ['x']\n&& has(a.b)", "a.b in ['x'] && has(a.b)"),
            ("custom.band_and_or > 1e5", "custom.band_and_or > 1e5"),
        ];
        for (text, expected) in cases {
            assert_eq!(written(text), expected, "{text:?}");
            assert_eq!(written(expected), expected);
        }
    }
}
