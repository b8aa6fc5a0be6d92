//! Additive models: a sum of one amount for each feature. They become scorecards.
//!
//! ```json
//! { "form": "puls-additive/1", "name": "churn-ebm", "version": "1.0.0",
//!   "title": "Chance of churn",
//!   "intercept": -2.2,
//!   "features": [
//!     { "feature": "usage.active_days_28d", "title": "Active days", "missing": 0.3,
//!       "reason": "Active on {} of the last 28 days", "measure": "usage",
//!       "steps": [{ "up_to": 3, "value": 0.9 }, { "below": 10, "value": 0.2 },
//!                 { "value": -0.6 }] },
//!     { "feature": "account.segment", "missing": 0.0,
//!       "texts": { "gold": -0.4, "silver": 0.1 }, "otherwise": 0.2 },
//!     { "feature": "usage.trend_28d", "missing": 0.0,
//!       "line": { "slope": -0.02, "zero_at": 5, "from": -80, "to": 80 } } ],
//!   "tiers": [{ "name": "healthy", "churn_up_to": 0.05 }, { "name": "at_risk" }] }
//! ```
//! The chance of churn is 1 / (1 + e^−m) with m = intercept + Σ amounts; an amount of 0 is that of
//! an average account. Explainable boosting machines (interpretML) and logistic regressions can be
//! written so; `python/puls_models.py` does it.
//!
//! # From amounts to points
//! ```text
//! R          greatest distance of a feature's amounts from its amount without data
//! points     50 + 50 × (amount without data − amount) ÷ R;  without data 50 (`neutral`)
//! weight     2 × R, so that W = Σ 2 × R is the weight of the card
//! score      Σ weight × points ÷ W, from which m = top − W × score ÷ 100,
//!            top = intercept + Σ (R + amount without data)
//! ```
//! So the score falls in a straight line as the log-odds of churn rise: it ranks accounts as the
//! model does, and the chance can be read off it. Tiers are cut at chances. What is lost is the
//! rounding of scores to ten-thousandths, and a line beyond the values of the training, where
//! points end at 0 and 100; both are told. Amounts of pairs of features have no place on a card.

mod card;
mod check;

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::limits::ADDITIVE_BYTES_MAX;
use crate::problem::{Problem, Report};

/// An additive model, read and checked.
#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Additive {
    form: String,
    name: String,
    #[serde(default = "first_version")]
    version: String,
    #[serde(default)]
    title: String,
    #[serde(default)]
    applies_when: Option<String>,
    intercept: f64,
    features: Vec<Term>,
    #[serde(default)]
    tiers: Vec<TierAt>,
}

fn first_version() -> String {
    "1.0.0".to_owned()
}

/// One feature and its amounts: one of `steps`, `texts` and `line`.
#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Term {
    feature: String,
    #[serde(default)]
    title: Option<String>,
    #[serde(default)]
    reason: Option<String>,
    #[serde(default)]
    measure: Option<String>,
    missing: f64,
    #[serde(default)]
    steps: Option<Vec<Step>>,
    #[serde(default)]
    texts: Option<BTreeMap<String, f64>>,
    /// Of any other text.
    #[serde(default)]
    otherwise: Option<f64>,
    #[serde(default)]
    line: Option<Line>,
}

/// An amount up to an edge; the last has none.
#[derive(Clone, Copy, PartialEq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    /// The greatest number of it.
    #[serde(default)]
    up_to: Option<f64>,
    /// The least number above it.
    #[serde(default)]
    below: Option<f64>,
    value: f64,
}

/// `slope × (x − zero_at)` for x from `from` to `to`.
#[derive(Clone, Copy, PartialEq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    slope: f64,
    #[serde(default)]
    zero_at: f64,
    from: f64,
    to: f64,
}

/// A tier of accounts whose chance of churn is at most so much; the last has none.
#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct TierAt {
    name: String,
    #[serde(default)]
    churn_up_to: Option<f64>,
    #[serde(default)]
    alert: Option<puls_wire::Severity>,
}

/// A scorecard, and what it says of the model.
#[derive(Clone, PartialEq, Debug)]
pub struct AdditiveCard {
    /// Name of the card.
    pub name: String,
    /// Its text, as `puls rule check` takes it.
    pub text: String,
    /// What differs from the model and by how much, in sentences.
    pub notes: Vec<String>,
    /// Log-odds of churn at a score of 0.
    pub top: f64,
    /// By how much they are lower at a score of 100.
    pub span: f64,
}

impl AdditiveCard {
    /// The model's chance of churn, from 0 to 1, of an account with this score in points.
    #[must_use]
    pub fn chance(&self, score: f64) -> f64 {
        let z = self.top - self.span * score / 100.0;
        1.0 - crate::logistic::units(z) / crate::logistic::UNITS
    }
}

impl Additive {
    /// Reads the text of a model and makes a card of it.
    ///
    /// # Errors
    /// All that is wrong with it.
    pub fn read(
        text: &str,
        catalogue: &puls_scorecard::Catalogue,
    ) -> Result<AdditiveCard, Vec<Problem>> {
        let size = text.len();
        let mut report = Report::default();
        if size > ADDITIVE_BYTES_MAX {
            report.add(
                0,
                format!("expected a model of at most {ADDITIVE_BYTES_MAX} bytes, found {size}"),
            );
            return Err(report.finish());
        }
        let model: Self = match serde_json::from_str(text) {
            Ok(model) => model,
            Err(error) => {
                report.add(
                    error.line(),
                    format!("expected an additive model as JSON, found another form: {error}"),
                );
                return Err(report.finish());
            }
        };
        check::check(&model, catalogue, &mut report);
        if !report.is_empty() {
            return Err(report.finish());
        }
        let card = card::card(&model);
        let says_something = report.check(card.span > 0.0, 0, || {
            "expected a feature with different amounts, or with others than its `missing`, found \
             none; such a model says the same of everybody"
                .to_owned()
        });
        // A card of a checked model is right but for what only the reader of cards knows.
        if says_something && let Err(problems) = puls_scorecard::read(&card.text, catalogue) {
            for problem in problems {
                report.add(0, format!("of the card: {}", problem.message));
            }
        }
        report.into_result(Some(card))
    }
}
