//! The published view: the latest score of every account, for those who ask.
//!
//! Workers feed it after a commit, with what was committed; it knows what a reader of the scores
//! topic knows, and nothing before that. Readers never wait for the fold and the fold never waits
//! for readers: the table is sharded by key. It holds one entry per account and rule.
//!
//! Beside it stand the columns of features, for **what-ifs**: what a changed card would say of all
//! accounts as they stand. In reading order: [`Board`] (what is asked of workers, and what they put
//! up), [`Filler`] (the shard's side of it), [`Comparison`] (both rules on the same values),
//! [`Tally`], [`Answer`], [`Desk`] (where it is asked).

mod answer;
mod board;
mod compare;
mod desk;
mod filler;
mod tally;

use std::borrow::Cow;

use bytes::Bytes;
use dashmap::DashMap;
use serde::Deserialize;

use crate::model::{FixedState, Output, Time, Topic};

pub use answer::{
    Answer, Because, Card, Distribution, MEANING, Migration, Moved, Place, Segment, Shards, Share,
    Sides, Standing, TierChanges, Values,
};
pub use board::{Board, Crowded, Sheet, Sheets};
pub use compare::{Comparison, Contender, Draft, Explained, Stopped};
pub use desk::{Ask, CompileCard, Desk, Progress, Refused, Said, draft, present};
pub use filler::Filler;
pub use tally::{Mover, Tally};

/// The head of a score event, as it was published.
#[derive(Clone, PartialEq, Debug)]
pub struct Headline {
    /// Tenant.
    pub tenant: String,
    /// Account, as the customer writes it.
    pub account: String,
    /// Name of the rule.
    pub rule: String,
    /// Whether it is the tenant's primary rule, whose tier is the account's.
    pub primary: bool,
    /// When it was so.
    pub as_of: Time,
    /// 0 to 100 points; `None` where there is none.
    pub score: Option<f64>,
    /// Tier, `unknown` or `not_scored`.
    pub tier: String,
    /// Since when the tier holds.
    pub since: Time,
    /// Percent of the weight whose features have data.
    pub coverage: f64,
}

/// The latest score event of one account by one rule.
#[derive(Clone, PartialEq, Debug)]
pub struct Published {
    /// Its head.
    pub headline: Headline,
    /// The whole event, as it was published.
    pub event: Bytes,
}

/// The latest score event of every account and rule.
#[derive(Debug, Default)]
pub struct View {
    /// By the key of the scores topic: `tenant/account`, with `/rule` behind it for secondary ones.
    latest: DashMap<String, Published, FixedState>,
}

impl View {
    /// Takes what was committed; what is no score is passed over.
    pub fn publish(&self, outputs: &[Output]) {
        for output in outputs {
            if let Some(headline) = headline(output) {
                let event = Bytes::copy_from_slice(&output.value);
                let published = Published { headline, event };
                self.latest.insert(output.key.clone(), published);
            }
        }
    }

    /// The latest event with this key of the scores topic.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<Published> {
        self.latest.get(key).map(|published| published.clone())
    }

    /// The heads of all events, in order of their keys.
    #[must_use]
    pub fn headlines(&self) -> Vec<Headline> {
        let mut all: Vec<_> = self
            .latest
            .iter()
            .map(|entry| (entry.key().clone(), entry.headline.clone()))
            .collect();
        all.sort_by(|a, b| a.0.cmp(&b.0));
        all.into_iter().map(|(_, headline)| headline).collect()
    }

    /// Number of events held.
    #[must_use]
    pub fn len(&self) -> usize {
        self.latest.len()
    }

    /// Whether nothing was published yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.latest.is_empty()
    }
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow)]
    data: ScoreHead<'a>,
}

#[derive(Deserialize)]
struct ScoreHead<'a> {
    #[serde(borrow)]
    account: Cow<'a, str>,
    #[serde(borrow)]
    rule: RuleHead<'a>,
    #[serde(borrow)]
    as_of: Cow<'a, str>,
    score: Option<f64>,
    #[serde(borrow)]
    tier: Cow<'a, str>,
    #[serde(borrow)]
    since: Cow<'a, str>,
    coverage: f64,
}

#[derive(Deserialize)]
struct RuleHead<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    primary: bool,
}

/// The head of a score event; `None` where the output is none.
fn headline(output: &Output) -> Option<Headline> {
    if output.topic != Topic::Scores {
        return None;
    }
    let Envelope { data } = serde_json::from_slice(&output.value).ok()?;
    Some(Headline {
        tenant: output.tenant.clone(),
        account: data.account.into_owned(),
        rule: data.rule.name.into_owned(),
        primary: data.rule.primary,
        as_of: Time::parse_rfc3339(&data.as_of)?,
        score: data.score,
        tier: data.tier.into_owned(),
        since: Time::parse_rfc3339(&data.since)?,
        coverage: data.coverage,
    })
}

#[cfg(test)]
mod tests {
    use super::View;
    use crate::model::{Output, Time, Topic};

    fn score(key: &str, tier: &str, score: &str) -> Output {
        let (_, account) = key.split_once('/').unwrap();
        let value = format!(
            r#"{{"specversion":"1.0","id":"x","time":"2026-01-01T00:00:00Z","data":{{"account":"{account}","rule":{{"name":"health","version":"1","primary":true}},"as_of":"2026-01-02T00:00:00Z","score":{score},"tier":"{tier}","since":"2026-01-01T00:00:00Z","coverage":87.5,"measures":[]}}}}"#
        );
        Output {
            topic: Topic::Scores,
            tenant: "acme".into(),
            key: key.into(),
            value: value.into_bytes(),
        }
    }

    #[test]
    fn the_last_publication_of_a_key_stands() {
        let view = View::default();
        let alert = Output {
            topic: Topic::Alerts,
            ..score("acme/c", "watch", "50")
        };
        view.publish(&[
            score("acme/b", "watch", "60.5"),
            score("acme/a", "unknown", "null"),
            score("acme/b", "healthy", "81.25"),
            alert,
        ]);
        let heads = view.headlines();
        let shown: Vec<_> = heads
            .iter()
            .map(|head| (head.account.as_str(), head.tier.as_str(), head.score))
            .collect();
        assert_eq!(
            shown,
            [("a", "unknown", None), ("b", "healthy", Some(81.25))]
        );
        let found = view.get("acme/b").unwrap().headline;
        assert_eq!(
            found.as_of,
            Time::parse_rfc3339("2026-01-02T00:00:00Z").unwrap()
        );
        assert!((found.coverage - 87.5).abs() < 1e-9 && found.primary);
        assert_eq!((view.len(), view.get("acme/c")), (2, None));
    }
}
