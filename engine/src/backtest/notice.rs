//! What outputs of a fold tell: alerts that were sent, and changes of tier.
//!
//! Reads the very events that the engine publishes, so it cannot tell another story than they do.

use serde::Deserialize;

use super::Side;
use crate::model::{Output, Time, Topic};

/// What a publication of an alert tells.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum AlertChange {
    /// It is new.
    Opened,
    /// It says something else now.
    Updated,
    /// It is worse.
    Escalated,
    /// It is over.
    Resolved,
}

impl AlertChange {
    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Updated => "updated",
            Self::Escalated => "escalated",
            Self::Resolved => "resolved",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        let all = [Self::Opened, Self::Updated, Self::Escalated, Self::Resolved];
        all.into_iter().find(|change| change.as_str() == text)
    }
}

/// One publication of an alert.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AlertNotice {
    /// Whose fold.
    pub side: Side,
    /// Name of the rule.
    pub rule: String,
    /// The account.
    pub account: String,
    /// When.
    pub at: Time,
    /// The alert's id.
    pub alert: String,
    /// What is told.
    pub change: AlertChange,
    /// `tier`, or an exception's name.
    pub subject: String,
    /// How much it matters.
    pub severity: String,
    /// Whose desk it lands on.
    pub role: String,
    /// The account's owner, as far as it is known.
    pub owner: Option<String>,
    /// The first reason.
    pub why: Option<String>,
}

/// A verdict of the primary rule that was published with another tier than the one before.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TierChange {
    /// Whose fold.
    pub side: Side,
    /// The account.
    pub account: String,
    /// When.
    pub at: Time,
    /// The tier from then on.
    pub tier: String,
}

/// What one output tells.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Notice {
    /// Of an alert.
    Alert(AlertNotice),
    /// Of a tier.
    Tier(TierChange),
}

#[derive(Deserialize)]
struct Envelope<D> {
    subject: String,
    time: String,
    data: D,
}

#[derive(Deserialize)]
struct AlertData {
    alert: String,
    change: String,
    subject: String,
    rule: String,
    severity: String,
    owner_role: String,
    why: Vec<Why>,
}

#[derive(Deserialize)]
struct Why {
    text: String,
}

#[derive(Deserialize)]
struct ScoreData {
    rule: ScoreRule,
    tier: String,
    tier_previous: Option<String>,
}

#[derive(Deserialize)]
struct ScoreRule {
    primary: bool,
}

/// Reads an output of one side's fold; `None` where it tells nothing that is counted. Scores are
/// read only of accounts whose key is watched.
#[must_use]
pub fn read(side: Side, output: &Output, is_watched: &dyn Fn(&str) -> bool) -> Option<Notice> {
    match output.topic {
        Topic::Alerts => alert(side, output).map(Notice::Alert),
        Topic::Scores if is_watched(&output.key) => tier(side, output).map(Notice::Tier),
        Topic::Scores | Topic::Triggers | Topic::DeadLetters | Topic::Shadow => None,
    }
}

fn alert(side: Side, output: &Output) -> Option<AlertNotice> {
    let event: Envelope<AlertData> = serde_json::from_slice(&output.value).ok()?;
    let data = event.data;
    Some(AlertNotice {
        side,
        rule: data.rule,
        account: event.subject,
        at: Time::parse_rfc3339(&event.time)?,
        alert: data.alert,
        change: AlertChange::parse(&data.change)?,
        subject: data.subject,
        severity: data.severity,
        role: data.owner_role,
        owner: None,
        why: data.why.into_iter().next().map(|why| why.text),
    })
}

fn tier(side: Side, output: &Output) -> Option<TierChange> {
    let event: Envelope<ScoreData> = serde_json::from_slice(&output.value).ok()?;
    let data = event.data;
    if !data.rule.primary || data.tier_previous.as_ref() == Some(&data.tier) {
        return None;
    }
    Some(TierChange {
        side,
        account: event.subject,
        at: Time::parse_rfc3339(&event.time)?,
        tier: data.tier,
    })
}
