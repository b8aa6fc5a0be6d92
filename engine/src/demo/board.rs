//! What the view shows: where every company stands, how it got there, and which alerts are open.
//!
//! Fed with published outputs, in their order, and with the ends of days. What it shows depends on
//! these alone, not on how fast they came.

use std::collections::{BTreeMap, VecDeque};

use super::news::{self, Alerted, News, Part, Scored};
use super::year::Company;
use crate::model::{Output, Time};

/// The tiers of the shipped rule, best first; whatever else there is counts as the last.
pub(super) const TIERS: [&str; 5] = ["healthy", "watch", "at risk", "critical", "unknown"];
/// Place of `unknown` among the tiers.
pub(super) const UNKNOWN: usize = 4;
/// Entries of the feed that are kept; a screen shows far fewer.
const FEED_MAX: usize = 200;

/// Where a company stands.
#[derive(Clone, Debug)]
pub(super) struct Standing {
    /// Place among [`TIERS`].
    pub(super) tier: usize,
    /// Since when it is in that tier.
    pub(super) since: Time,
    /// The tier before.
    pub(super) from: Option<usize>,
    pub(super) score: Option<f64>,
    /// Tiers since the year began, each once for each stay.
    pub(super) path: Vec<usize>,
    /// Parts of its score when it came to its tier.
    parts: BTreeMap<String, Part>,
    /// Exceptions that held when any did last, since it came to its tier.
    exceptions: Vec<String>,
}

/// A company came to another tier.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Movement {
    pub(super) at: Time,
    /// Place among the companies.
    pub(super) company: usize,
    pub(super) from: Option<usize>,
    pub(super) to: usize,
    pub(super) score: Option<f64>,
    pub(super) reason: String,
}

/// An alert that is open.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct OpenAlert {
    pub(super) company: usize,
    pub(super) subject: String,
    pub(super) rule: String,
    pub(super) severity: Severity,
    pub(super) opened: Time,
    pub(super) owner_role: String,
    pub(super) reason: String,
}

/// How much an alert matters, most first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Severity {
    Critical,
    Warning,
    Info,
}

/// What became of an alert.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum AlertChange {
    Opened,
    Escalated,
    Resolved,
}

/// An alert opened, escalated or ended.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct AlertNews {
    pub(super) at: Time,
    pub(super) change: AlertChange,
    pub(super) alert: OpenAlert,
}

/// Something worth telling.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Entry {
    Moved(Movement),
    Alert(AlertNews),
}

/// Numbers of the whole run.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Totals {
    pub(super) scores: u64,
    pub(super) movements: u64,
    pub(super) alerts_opened: u64,
    pub(super) alerts_resolved: u64,
    pub(super) triggers: u64,
    pub(super) dead: u64,
}

/// What the view shows.
#[derive(Debug)]
pub(super) struct Board {
    pub(super) companies: Vec<Company>,
    places: BTreeMap<String, usize>,
    /// By place of the company; `None` before its first score.
    pub(super) standings: Vec<Option<Standing>>,
    /// The latest first.
    pub(super) feed: VecDeque<Entry>,
    alerts: BTreeMap<String, OpenAlert>,
    /// For each day that ended, how many companies were in each tier.
    pub(super) days: Vec<[usize; TIERS.len()]>,
    /// For each day that ended, score and tier of the companies with a story.
    pub(super) scores: Vec<Vec<Option<(f64, usize)>>>,
    pub(super) totals: Totals,
    /// Whether the year has begun; what comes before it is taken in and not told.
    telling: bool,
}

impl Board {
    /// A board on which nobody stands yet.
    pub(super) fn new(companies: &[Company]) -> Self {
        let places = companies.iter().map(|company| company.account.clone());
        let stories = companies.iter().filter(|company| company.story.is_some());
        Self {
            places: places.zip(0..).collect(),
            standings: vec![None; companies.len()],
            feed: VecDeque::new(),
            alerts: BTreeMap::new(),
            days: Vec::new(),
            scores: vec![Vec::new(); stories.count()],
            totals: Totals::default(),
            telling: false,
            companies: companies.to_vec(),
        }
    }

    /// The year begins: from now on everything is told.
    pub(super) fn begin(&mut self) {
        self.telling = true;
        self.totals = Totals::default();
        for standing in self.standings.iter_mut().flatten() {
            standing.path = vec![standing.tier];
        }
    }

    /// Takes what was published; returns what is worth telling.
    pub(super) fn take(&mut self, output: &Output) -> Option<Entry> {
        let entry = match news::read(output)? {
            News::Scored(scored) => self.scored(*scored).map(Entry::Moved),
            News::Alerted(alerted) => self.alerted(*alerted).map(Entry::Alert),
            News::Triggered => {
                self.totals.triggers += 1;
                None
            }
            News::Dead => {
                self.totals.dead += 1;
                None
            }
        }?;
        if !self.telling {
            return None;
        }
        self.feed.push_front(entry.clone());
        self.feed.truncate(FEED_MAX);
        Some(entry)
    }

    /// A day of the year is over.
    pub(super) fn end_day(&mut self) {
        self.days.push(self.tiers());
        for (scores, standing) in self.scores.iter_mut().zip(&self.standings) {
            let standing = standing.as_ref();
            scores.push(standing.and_then(|at| Some((at.score?, at.tier))));
        }
    }

    /// How many companies are in each tier now.
    pub(super) fn tiers(&self) -> [usize; TIERS.len()] {
        let mut tiers = [0; TIERS.len()];
        for standing in self.standings.iter().flatten() {
            if let Some(count) = tiers.get_mut(standing.tier) {
                *count += 1;
            }
        }
        tiers
    }

    /// Open alerts, the most severe and oldest first.
    pub(super) fn alerts(&self) -> Vec<&OpenAlert> {
        let mut alerts: Vec<_> = self.alerts.values().collect();
        alerts.sort_by_key(|alert| (alert.severity, alert.opened, alert.company));
        alerts
    }

    /// Name of the company at this place.
    pub(super) fn name(&self, company: usize) -> &str {
        self.companies
            .get(company)
            .map_or("", |company| &company.name)
    }

    /// Whether the company at this place has a story.
    pub(super) fn has_story(&self, company: usize) -> bool {
        self.companies
            .get(company)
            .is_some_and(|company| company.story.is_some())
    }

    fn scored(&mut self, scored: Scored) -> Option<Movement> {
        self.totals.scores += 1;
        let company = *self.places.get(&scored.account)?;
        let place = self.standings.get_mut(company)?;
        let to = tier(&scored.tier);
        let mut path = Vec::new();
        let mut from = None;
        if let Some(before) = place {
            before.score = scored.score;
            if before.tier == to {
                if !scored.exceptions.is_empty() {
                    before.exceptions = scored.exceptions;
                }
                return None;
            }
            from = Some(before.tier);
            path = std::mem::take(&mut before.path);
        }
        path.push(to);
        let reason = reason(place.as_ref(), &scored, to);
        let Scored {
            at,
            score,
            parts,
            exceptions,
            ..
        } = scored;
        *place = Some(Standing {
            tier: to,
            since: at,
            from,
            score,
            path,
            parts,
            exceptions,
        });
        self.totals.movements += u64::from(from.is_some());
        Some(Movement {
            at,
            company,
            from,
            to,
            score,
            reason,
        })
    }

    fn alerted(&mut self, alerted: Alerted) -> Option<AlertNews> {
        let company = *self.places.get(&alerted.account)?;
        let change = match alerted.change.as_str() {
            "opened" => AlertChange::Opened,
            "escalated" => AlertChange::Escalated,
            "resolved" => AlertChange::Resolved,
            _ => {
                self.update(alerted, company);
                return None;
            }
        };
        let at = alerted.at;
        let alert = match change {
            AlertChange::Resolved => {
                self.totals.alerts_resolved += 1;
                self.alerts.remove(&alerted.alert)?
            }
            AlertChange::Opened | AlertChange::Escalated => {
                self.totals.alerts_opened += u64::from(change == AlertChange::Opened);
                self.update(alerted, company)
            }
        };
        Some(AlertNews { at, change, alert })
    }

    fn update(&mut self, alerted: Alerted, company: usize) -> OpenAlert {
        let reason = alerted.why.into_iter().next().unwrap_or_default();
        let alert = OpenAlert {
            company,
            subject: alerted.subject,
            rule: alerted.rule,
            severity: severity(&alerted.severity),
            opened: alerted.opened,
            owner_role: alerted.owner_role,
            reason,
        };
        self.alerts.insert(alerted.alert, alert.clone());
        alert
    }
}

fn tier(name: &str) -> usize {
    match name {
        "healthy" => 0,
        "watch" => 1,
        "at_risk" => 2,
        "critical" => 3,
        _ => UNKNOWN,
    }
}

fn severity(word: &str) -> Severity {
    match word {
        "critical" => Severity::Critical,
        "info" => Severity::Info,
        _ => Severity::Warning,
    }
}

/// Why a company moved, in one sentence: an exception that came or ended, else the part of the
/// score whose cost changed most in the direction of the movement since the company came to its
/// former tier.
fn reason(before: Option<&Standing>, scored: &Scored, to: usize) -> String {
    let Some(before) = before else {
        return "first seen".into();
    };
    if to == UNKNOWN {
        return "too little is known".into();
    }
    if before.tier == UNKNOWN {
        return "enough is known now".into();
    }
    let worse = to > before.tier;
    if let Some(text) = scored.exceptions.first().filter(|_| worse) {
        return text.clone();
    }
    if let Some(text) = before
        .exceptions
        .first()
        .filter(|_| scored.exceptions.is_empty())
    {
        return format!("over: {text}");
    }
    let change = |(name, part): (&String, &Part)| {
        let earlier = before.parts.get(name).map_or(0.0, |part| part.cost);
        if worse {
            part.cost - earlier
        } else {
            earlier - part.cost
        }
    };
    let parts = scored.parts.iter().map(|part| (change(part), part.1));
    let most = parts.max_by(|a, b| a.0.total_cmp(&b.0));
    match most {
        Some((points, part)) if points > 0.0 => match &part.reason {
            Some(text) => text.clone(),
            None => {
                let how = if worse { "worse" } else { "better" };
                format!("{}: {points:.0} points {how}", part.measure)
            }
        },
        _ => String::new(),
    }
}

#[cfg(test)]
pub(super) mod tests;
