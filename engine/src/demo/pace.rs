//! How fast the simulated year passes.

use std::fmt;
use std::str::FromStr;

/// Simulated days in a second, or as fast as the engine can.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pace(usize);

/// Paces that keys step through: text and days in a second.
const PACES: [(&str, Option<f64>); 9] = [
    ("½ day/s", Some(0.5)),
    ("1 day/s", Some(1.0)),
    ("2 days/s", Some(2.0)),
    ("4 days/s", Some(4.0)),
    ("8 days/s", Some(8.0)),
    ("16 days/s", Some(16.0)),
    ("32 days/s", Some(32.0)),
    ("64 days/s", Some(64.0)),
    ("as fast as it can", None),
];

impl Default for Pace {
    /// A year in a minute and a half.
    fn default() -> Self {
        Self(3)
    }
}

impl Pace {
    /// Simulated days in a second; `None` for no limit.
    #[must_use]
    pub fn days_per_s(self) -> Option<f64> {
        PACES.get(self.0).and_then(|(_, days)| *days)
    }

    /// As people read it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        PACES.get(self.0).map_or("", |(text, _)| text)
    }

    /// The next faster one, if there is one.
    #[must_use]
    pub fn faster(self) -> Self {
        Self((self.0 + 1).min(PACES.len() - 1))
    }

    /// The next slower one, if there is one.
    #[must_use]
    pub const fn slower(self) -> Self {
        Self(self.0.saturating_sub(1))
    }
}

impl FromStr for Pace {
    type Err = String;

    /// `max`, or a number of days in a second: 0.5, 1, 2, 4, 8, 16, 32 or 64.
    fn from_str(text: &str) -> Result<Self, String> {
        (0..PACES.len())
            .map(Self)
            .find(|pace| pace.to_string() == text)
            .ok_or_else(|| "expected max, or 0.5, 1, 2, 4, 8, 16, 32 or 64 days a second".into())
    }
}

impl fmt::Display for Pace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.days_per_s() {
            Some(days) => write!(f, "{days}"),
            None => f.write_str("max"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Pace;

    #[test]
    fn paces_are_read_as_they_are_written() {
        for text in ["0.5", "1", "2", "4", "8", "16", "32", "64", "max"] {
            assert_eq!(text.parse::<Pace>().unwrap().to_string(), text);
        }
        for text in ["", "3", "-1", "fast", "inf"] {
            assert!(text.parse::<Pace>().is_err(), "{text}");
        }
        assert_eq!(Pace::default().to_string(), "4");
    }

    #[test]
    fn steps_end_at_both_ends() {
        let slowest = (0..20).fold(Pace::default(), |pace, _| pace.slower());
        let fastest = (0..20).fold(Pace::default(), |pace, _| pace.faster());
        assert_eq!(
            (slowest.to_string().as_str(), fastest.to_string().as_str()),
            ("0.5", "max")
        );
    }
}
