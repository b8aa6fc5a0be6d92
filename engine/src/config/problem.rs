//! What is wrong with a configuration, and where: all of it at once, never the first only.

use std::fmt;

/// Where a setting stands.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Place {
    /// In a file; line and column count characters from 1.
    File {
        /// The file, as it was named.
        name: String,
        /// The line.
        line: usize,
        /// The column.
        column: usize,
    },
    /// In an environment variable.
    Variable(String),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { name, line, column } => write!(f, "{name}:{line}:{column}"),
            Self::Variable(name) => write!(f, "environment variable {name}"),
        }
    }
}

/// One thing that is wrong.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Problem {
    /// Where.
    pub place: Place,
    /// What was expected, what was found, what to do.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.message)
    }
}

/// Everything that is wrong, in the order of the file.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub struct Problems(pub Vec<Problem>);

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for problem in &self.0 {
            writeln!(f, "{problem}")?;
        }
        match self.0.len() {
            1 => write!(f, "1 problem"),
            many => write!(f, "{many} problems"),
        }
    }
}

/// The name among `known` that `found` was probably meant to be.
#[must_use]
pub fn nearest<'k>(found: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let found = found.to_lowercase();
    // A third of the letters may be wrong: a slip of the finger, not another word.
    let edits_max = (found.chars().count() / 3).max(1);
    known
        .into_iter()
        .map(|name| {
            (
                strsim::damerau_levenshtein(&found, &name.to_lowercase()),
                name,
            )
        })
        .filter(|(edits, _)| *edits <= edits_max)
        .min()
        .map(|(_, name)| name)
}

/// What to say of a name that is none of `known`: what was expected, what was found, and which one
/// was probably meant.
#[must_use]
pub fn none_of(what: &str, found: &str, known: &[&str]) -> String {
    let list = match known {
        [] => "there is none".into(),
        [only] => format!("`{only}`"),
        _ => known
            .iter()
            .map(|name| format!("`{name}`"))
            .collect::<Vec<_>>()
            .join(", "),
    };
    let hint = nearest(found, known.iter().copied())
        .map(|name| format!("; did you mean `{name}`?"))
        .unwrap_or_default();
    format!("expected {what} ({list}), found `{found}`{hint}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_forgives_a_slip_and_no_more() {
        let known = ["usage", "license", "ticket", "survey"];
        let cases = [
            ("usgae", Some("usage")),
            ("Tickets", Some("ticket")),
            ("licence", Some("license")),
            ("billing", None),
            ("", None),
        ];
        for (found, expected) in cases {
            assert_eq!(nearest(found, known), expected, "{found}");
        }
    }

    #[test]
    fn none_of_says_what_was_expected_and_what_was_found() {
        assert_eq!(
            none_of("a kind", "usgae", &["usage", "ticket"]),
            "expected a kind (`usage`, `ticket`), found `usgae`; did you mean `usage`?"
        );
        assert_eq!(
            none_of("a kind", "x", &[]),
            "expected a kind (there is none), found `x`"
        );
    }
}
