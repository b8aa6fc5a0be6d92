//! What is known at a moment: the events up to it, in order of (`at`, id), and nothing else.

use std::cell::OnceCell;
use std::ops::RangeInclusive;

use puls::model::{DAY_MS, HOUR_MS, Settings};

use super::fact::Fact;

/// The events of one account that are known at `now`.
#[derive(Debug)]
pub(super) struct Known<'a> {
    pub(super) facts: Vec<&'a Fact>,
    pub(super) now: i64,
    pub(super) settings: &'a Settings,
    activity: OnceCell<Vec<&'a Fact>>,
}

pub(super) fn day(at: i64) -> i64 {
    at.div_euclid(DAY_MS)
}

pub(super) fn hour(at: i64) -> i64 {
    at.div_euclid(HOUR_MS)
}

/// One division of two sums.
pub(super) fn ratio(a: i128, b: i128) -> f64 {
    a as f64 / b as f64
}

pub(super) fn percent(a: i128, b: i128) -> Option<f64> {
    (b != 0).then(|| ratio(100 * a, b))
}

pub(super) fn in_days(ms: i64) -> f64 {
    ms as f64 / DAY_MS as f64
}

/// Millionths as a number.
pub(super) fn units(millionths: i128) -> f64 {
    millionths as f64 / 1e6
}

/// `a / b` rounded to a whole, halves away from zero.
pub(super) fn rounded(a: i128, b: i128) -> i128 {
    let half = b / 2;
    if a < 0 {
        -((-a + half) / b)
    } else {
        (a + half) / b
    }
}

pub(super) fn count(number: usize) -> i128 {
    i128::try_from(number).unwrap_or(i128::MAX)
}

impl<'a> Known<'a> {
    /// `all` stands in order of (`at`, id).
    pub(super) fn new(all: &'a [Fact], now: i64, settings: &'a Settings) -> Self {
        Self {
            facts: all.iter().filter(|fact| fact.at <= now).collect(),
            now,
            settings,
            activity: OnceCell::new(),
        }
    }

    pub(super) fn of(&self, kind: &str) -> impl Iterator<Item = &'a Fact> {
        let facts = self.facts.iter().copied();
        facts.filter(move |fact| fact.kind == kind)
    }

    /// The names in `field` of the events of a kind, each once.
    pub(super) fn names(&self, kind: &str, field: &str) -> Vec<&'a str> {
        let mut names: Vec<&str> = self.of(kind).map(|fact| fact.text(field)).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// Today and the days before it, so many in all.
    pub(super) fn days_back(&self, days: i64) -> RangeInclusive<i64> {
        day(self.now) - (days - 1)..=day(self.now)
    }

    /// The current hour and the hours before it, so many in all.
    pub(super) fn hours_back(&self, hours: i64) -> RangeInclusive<i64> {
        hour(self.now) - (hours - 1)..=hour(self.now)
    }

    /// A contact's role as it is now.
    pub(super) fn role(&self, contact: &str) -> Option<&'a str> {
        let said = |fact: &'a Fact| match (fact.text("change"), fact.has("role")) {
            (_, true) => Some(fact.text("role")),
            ("joined", false) => Some("user"),
            _ => None,
        };
        let of_contact = self.of("contact");
        of_contact
            .filter(|fact| fact.contact() == Some(contact))
            .filter_map(said)
            .last()
    }

    /// Usage of the metrics that count, by contacts who count.
    pub(super) fn activity(&self) -> &[&'a Fact] {
        self.activity.get_or_init(|| self.active())
    }

    fn active(&self) -> Vec<&'a Fact> {
        let metrics = &self.settings.activity_metrics;
        let counts = |fact: &&Fact| {
            let role = fact.contact().and_then(|contact| self.role(contact));
            let named = metrics.is_empty() || metrics.iter().any(|it| it == fact.text("metric"));
            named && !matches!(role, Some("internal" | "service"))
        };
        self.of("usage").filter(counts).collect()
    }
}
