//! The map beside a model: which feature of Puls each column is, and in which words it is told.
//!
//! ```toml
//! [model]
//! name = "churn"
//! version = "1.0.0"
//! title = "Churn within 90 days, trained in March"
//! coverage_min = 40                     # percent; below it the tier is unknown
//!
//! [columns.active_days]                 # a column of the model
//! feature = "usage.active_days_28d"     # the column's own name without this
//! title = "Active days"
//! reason = "Active on {} of the last 28 days"
//!
//! [columns.stage]
//! feature = "account.stage"
//! values = ["trial", "onboarding"]      # of a text: what category 0, 1, … was in the training
//!
//! [measures.usage]                      # a group of parts: the features' family without `measure`
//! title = "Adoption"
//!
//! [tiers]                               # as in a scorecard
//! [alerts]
//! ```

use std::collections::BTreeMap;

use puls_wire::{AlertPolicy, Tiers};
use serde::Deserialize;
use toml::Spanned;

use crate::limits::MAP_BYTES_MAX;
use crate::problem::Problem;

/// What a map says; an empty one says nothing.
#[derive(Clone, Default, Debug)]
pub struct Map {
    pub(crate) content: Content,
    /// Where each line begins, to tell lines.
    lines: Vec<usize>,
}

#[derive(Clone, Default, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Content {
    pub(crate) model: Head,
    pub(crate) columns: BTreeMap<Spanned<String>, Column>,
    pub(crate) measures: BTreeMap<Spanned<String>, Measure>,
    pub(crate) tiers: Option<Tiers>,
    pub(crate) alerts: AlertPolicy,
}

#[derive(Clone, Default, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Head {
    pub(crate) name: Option<Spanned<String>>,
    pub(crate) version: Option<Spanned<String>>,
    pub(crate) title: Option<Spanned<String>>,
    pub(crate) coverage_min: Option<Spanned<f64>>,
}

#[derive(Clone, Default, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Column {
    pub(crate) feature: Option<Spanned<String>>,
    pub(crate) title: Option<Spanned<String>>,
    pub(crate) reason: Option<Spanned<String>>,
    pub(crate) measure: Option<Spanned<String>>,
    pub(crate) values: Option<Spanned<Vec<String>>>,
}

#[derive(Clone, Default, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Measure {
    pub(crate) title: Option<Spanned<String>>,
}

impl Map {
    /// Reads the text of a map.
    ///
    /// # Errors
    /// Where it is not of its form.
    pub fn read(text: &str) -> Result<Self, Vec<Problem>> {
        let size = text.len();
        if size > MAP_BYTES_MAX {
            let message = format!("expected a map of at most {MAP_BYTES_MAX} bytes, found {size}");
            return Err(vec![Problem { line: 0, message }]);
        }
        let starts = text.match_indices('\n').map(|(at, _)| at + 1);
        let lines = std::iter::once(0).chain(starts).collect();
        match toml::from_str(text) {
            Ok(content) => Ok(Self { content, lines }),
            Err(error) => {
                let map = Self {
                    content: Content::default(),
                    lines,
                };
                let line = error.span().map_or(0, |span| map.line_at(span.start));
                let words: Vec<_> = error.message().split_whitespace().collect();
                let message = words.join(" ");
                Err(vec![Problem { line, message }])
            }
        }
    }

    /// The line of something in it.
    pub(crate) fn line<T>(&self, of: &Spanned<T>) -> usize {
        self.line_at(of.span().start)
    }

    fn line_at(&self, at: usize) -> usize {
        self.lines.partition_point(|start| *start <= at)
    }

    /// What it says of a column.
    pub(crate) fn column(&self, name: &str) -> Option<&Column> {
        let mut columns = self.content.columns.iter();
        columns
            .find(|(key, _)| key.get_ref() == name)
            .map(|(_, column)| column)
    }

    /// The heading of a measure.
    pub(crate) fn measure_title(&self, name: &str) -> Option<&Spanned<String>> {
        let mut measures = self.content.measures.iter();
        let (_, measure) = measures.find(|(key, _)| key.get_ref() == name)?;
        measure.title.as_ref()
    }
}
