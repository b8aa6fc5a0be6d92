//! Decisions by the words of the contract: one account, one rule, one verdict after the other.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use puls::model::{DAY_MS, HOUR_MS};
use puls_wire::{Status, Verdict};

use super::card::{Card, rank, severity_of};

/// What was decided so far about one account by one rule.
#[derive(Clone, Debug, Default)]
pub(super) struct Memory {
    tier: Option<(String, i64)>,
    /// Bands met outside the tier's, and when each may be entered.
    candidates: Vec<(String, i64)>,
    exceptions: BTreeSet<String>,
    published: Option<(i64, Option<i64>)>,
    alerts: BTreeMap<String, Alert>,
    cooling: BTreeMap<String, i64>,
}

#[derive(Clone, Debug)]
struct Alert {
    opened: i64,
    revision: u32,
    severity: String,
    /// Tier, exceptions and first reason.
    content: (String, Vec<String>, String),
    state: State,
    note: Option<Note>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Note {
    Resolved,
    Snoozed,
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum State {
    Open,
    Snoozed(i64),
    /// Settled by a person, at this tier.
    Closed(String),
}

/// One account under one rule at one moment.
#[derive(Debug)]
pub(super) struct Asked<'a> {
    pub(super) card: &'a Card,
    pub(super) account: &'a str,
    pub(super) now: i64,
    pub(super) cause: &'a str,
    pub(super) is_daily: bool,
    pub(super) verdict: &'a Verdict,
    /// Features as the score event shows them.
    pub(super) features: &'a str,
    /// The override in force: ten-thousandths of a point.
    pub(super) over: Option<i64>,
    /// In ten-thousandths of a point.
    pub(super) threshold: i64,
}

/// What is said, by topic.
#[derive(Clone, Debug, Default)]
pub(super) struct Said {
    pub(super) scores: Vec<String>,
    pub(super) alerts: Vec<String>,
    pub(super) triggers: Vec<String>,
}

/// A verdict in the numbers that decide.
struct Judged {
    is_inside: bool,
    score: Option<i64>,
    exceptions: BTreeSet<String>,
    bits: u64,
    /// The band that it points to by itself, or `unknown`, or `not_scored`.
    is_sure: bool,
}

impl Judged {
    fn new(asked: &Asked<'_>) -> Self {
        let verdict = asked.verdict;
        let is_inside = matches!(verdict.status, Status::Scored | Status::NoScore);
        let computed = (verdict.status == Status::Scored).then(|| verdict.score());
        let over = asked.over.filter(|_| is_inside);
        let bits = if is_inside { verdict.exceptions } else { 0 };
        let exceptions = asked.card.exceptions(bits);
        let covered = u64::from(verdict.coverage) >= asked.card.coverage_min();
        Self {
            is_inside,
            score: over.or(computed),
            exceptions: exceptions.into_iter().map(|(name, _)| name).collect(),
            bits,
            is_sure: over.is_some() || bits != 0 || covered,
        }
    }
}

impl Memory {
    /// Takes one verdict and says what is to be published.
    pub(super) fn decide(&mut self, asked: &Asked<'_>, said: &mut Said) {
        let judged = Judged::new(asked);
        let before = self.tier.clone();
        let tier = self.next_tier(asked, &judged);
        if before.as_ref().map(|(tier, _)| tier) != Some(&tier) {
            self.tier = Some((tier.clone(), asked.now));
            self.candidates.clear();
        }
        let is_news = before != self.tier || self.exceptions != judged.exceptions;
        self.exceptions.clone_from(&judged.exceptions);
        if is_news || self.is_due(asked, &judged) {
            self.publish(asked, &judged, said);
        }
        self.alerts(asked, &judged, &tier, said);
        self.triggers(asked, &judged, said);
    }

    fn next_tier(&mut self, asked: &Asked<'_>, judged: &Judged) -> String {
        if !judged.is_inside {
            return "not_scored".to_owned();
        }
        let Some(score) = judged.score.filter(|_| judged.is_sure) else {
            return "unknown".to_owned();
        };
        let bands = asked.card.bands();
        let hysteresis = asked.card.hysteresis();
        let raw = bands.iter().position(|band| score >= band.from);
        let raw = raw.unwrap_or(bands.len() - 1);
        let name = |place: usize| bands.get(place).map(|band| band.name.clone());
        let present = self.tier.as_ref();
        let present = present.and_then(|(tier, _)| bands.iter().position(|it| it.name == *tier));
        let Some(present) = present else {
            return name(raw).unwrap_or_default();
        };
        let from = |place: usize| bands.get(place).map(|band| band.from);
        let is_last = present + 1 == bands.len();
        let low = from(present).filter(|_| !is_last).map(|it| it - hysteresis);
        let high = present
            .checked_sub(1)
            .and_then(from)
            .map(|it| it + hysteresis);
        if low.is_none_or(|low| score >= low) && high.is_none_or(|high| score < high) {
            self.candidates.clear();
            return name(present).unwrap_or_default();
        }
        // Candidates of the other side are forgotten.
        let is_below = raw > present;
        self.candidates.retain(|(tier, _)| {
            let place = bands.iter().position(|band| band.name == *tier);
            place.is_some_and(|place| (place > present) == is_below)
        });
        let band = name(raw).unwrap_or_default();
        let met = self.candidates.iter().find(|(tier, _)| *tier == band);
        let due = met.map_or(asked.now + asked.card.dwell_hours() * HOUR_MS, |it| it.1);
        if met.is_none() {
            self.candidates.push((band.clone(), due));
        }
        if due <= asked.now {
            band
        } else {
            name(present).unwrap_or_default()
        }
    }

    fn is_due(&self, asked: &Asked<'_>, judged: &Judged) -> bool {
        let Some((at, score)) = self.published else {
            return true;
        };
        let has_moved = match (judged.score, score) {
            (Some(now), Some(then)) => (now - then).abs() >= asked.threshold,
            (now, then) => now != then,
        };
        has_moved || asked.is_daily && asked.now - at >= 7 * DAY_MS
    }

    fn publish(&mut self, asked: &Asked<'_>, judged: &Judged, said: &mut Said) {
        let Asked {
            card,
            account,
            now,
            cause,
            features,
            ..
        } = asked;
        let (tier, since) = self.tier.clone().unwrap_or_default();
        let previous = self.published.and_then(|(_, score)| score);
        let (score, coverage) = (judged.score, asked.verdict.coverage);
        let exceptions: Vec<&String> = judged.exceptions.iter().collect();
        said.scores.push(format!(
            "{now} {account} score {} {score:?} before {previous:?} {tier} since {since} \
             coverage {coverage} {exceptions:?} by {cause} {features}",
            card.name
        ));
        self.published = Some((*now, score));
    }

    /// The first reason, of an alert about an exception or about the tier.
    fn first_reason(asked: &Asked<'_>, judged: &Judged, own: Option<&str>) -> String {
        let verdict = asked.verdict;
        let is_forced = verdict.adjust < 0 || verdict.parts.iter().all(|part| part.weight == 0);
        let holding = asked.card.exceptions(judged.bits);
        let forced = holding.first().filter(|_| is_forced);
        let over = asked.over.map(|_| "override".to_owned());
        own.map(str::to_owned)
            .or(over)
            .or_else(|| forced.map(|(name, _)| name.clone()))
            .or_else(|| asked.card.worst_part(verdict))
            .unwrap_or_default()
    }

    /// Subjects that deserve an alert now, with their severities.
    fn wanted(&self, asked: &Asked<'_>, judged: &Judged, tier: &str) -> BTreeMap<String, String> {
        let mut wanted = BTreeMap::new();
        for (name, exception) in asked.card.exceptions(judged.bits) {
            wanted.extend(severity_of(exception).map(|severity| (name, severity)));
        }
        if !asked.card.primary {
            return wanted;
        }
        let open = self.alerts.get("tier");
        let open = open.filter(|alert| !matches!(alert.state, State::Closed(_)));
        let bands = asked.card.bands();
        let severity = if tier == "unknown" {
            open.map(|alert| alert.severity.clone())
        } else {
            let band = bands.iter().find(|band| band.name == tier);
            band.and_then(|band| band.severity.clone())
        };
        wanted.extend(severity.map(|severity| ("tier".to_owned(), severity)));
        wanted
    }

    fn alerts(&mut self, asked: &Asked<'_>, judged: &Judged, tier: &str, said: &mut Said) {
        let wanted = self.wanted(asked, judged, tier);
        let mut subjects: BTreeSet<String> = wanted.keys().cloned().collect();
        subjects.extend(self.alerts.keys().cloned());
        for subject in subjects {
            let own = Some(subject.as_str()).filter(|subject| *subject != "tier");
            let first = Self::first_reason(asked, judged, own);
            let exceptions = judged.exceptions.iter().cloned().collect();
            let content = (tier.to_owned(), exceptions, first);
            let before = self.alerts.remove(&subject);
            let next = match (before, wanted.get(&subject)) {
                (before, Some(severity)) => {
                    let tier_moved = |alert: &Alert| match &alert.state {
                        State::Closed(at) => subject == "tier" && at != tier,
                        _ => false,
                    };
                    let known = before.filter(|alert| !tier_moved(alert));
                    let (alert, change) = go_on(known, asked.now, severity, content);
                    Some((alert, change))
                }
                (Some(alert), None) if !matches!(alert.state, State::Closed(_)) => {
                    let is_person = alert.note == Some(Note::Resolved);
                    let how = match (is_person, tier, subject.as_str()) {
                        (true, ..) => "person",
                        (_, "not_scored", _) => "left_population",
                        (_, _, "tier") => "recovered",
                        _ => "ended",
                    };
                    said.alert(asked, &subject, (&alert, &format!("resolved {how}")));
                    None
                }
                _ => None,
            };
            let Some((alert, change)) = next else {
                continue;
            };
            if let Some(change) = change {
                said.alert(asked, &subject, (&alert, change));
            }
            let revision = alert.revision + u32::from(change.is_some());
            self.alerts.insert(subject, Alert { revision, ..alert });
        }
    }

    fn triggers(&mut self, asked: &Asked<'_>, judged: &Judged, said: &mut Said) {
        let now = asked.now;
        self.cooling.retain(|_, until| *until > now);
        let bits = if judged.is_inside {
            asked.verdict.triggers
        } else {
            0
        };
        for (name, cooldown_hours) in asked.card.triggers(bits) {
            if let Entry::Vacant(free) = self.cooling.entry(name) {
                let (account, rule, name) = (asked.account, &asked.card.name, free.key());
                said.triggers
                    .push(format!("{now} {account} trigger {rule} {name}"));
                free.insert(now + cooldown_hours * HOUR_MS);
            }
        }
    }

    /// Applies a person's action to the alert about `subject` that was opened at `opened`.
    pub(super) fn act(&mut self, (subject, opened): (&str, i64), action: &Action) {
        let alert = self.alerts.get_mut(subject);
        let Some(alert) = alert.filter(|alert| alert.opened == opened) else {
            return;
        };
        let is_closed = matches!(alert.state, State::Closed(_));
        if is_closed || alert.note == Some(Note::Resolved) {
            return;
        }
        match (action.change.as_str(), action.until) {
            ("acknowledged" | "assigned", _) => alert.state = State::Open,
            ("snoozed", Some(until)) if until > action.now => {
                alert.state = State::Snoozed(until);
                alert.note = Some(Note::Snoozed);
            }
            ("resolved", _) => alert.note = Some(Note::Resolved),
            _ => {}
        }
    }

    /// When the account is to be looked at again, because of this rule, by the timer's name.
    pub(super) fn timers(&self, now: i64) -> Vec<(&'static str, i64)> {
        let dwell = self.candidates.iter().map(|(_, due)| ("dwell", *due));
        let cooling = self.cooling.values().map(|until| ("cooldown", *until));
        let snoozed = self.alerts.values().filter_map(|alert| match alert.state {
            State::Snoozed(until) => Some(("expiry", until)),
            _ => None,
        });
        let all = dwell.chain(cooling).chain(snoozed);
        all.filter(|(_, due)| *due > now).collect()
    }
}

/// What a person did with an alert.
#[derive(Debug)]
pub(super) struct Action {
    pub(super) now: i64,
    pub(super) change: String,
    pub(super) until: Option<i64>,
}

/// What becomes of an alert whose condition holds, and what is to be told of it.
fn go_on(
    known: Option<Alert>,
    now: i64,
    severity: &str,
    content: (String, Vec<String>, String),
) -> (Alert, Option<&'static str>) {
    let Some(mut alert) = known else {
        let alert = Alert {
            opened: now,
            revision: 0,
            severity: severity.to_owned(),
            content,
            state: State::Open,
            note: None,
        };
        return (alert, Some("opened"));
    };
    let note = alert.note.take();
    let escalates = rank(severity) > rank(&alert.severity);
    let changed = *severity != alert.severity || content != alert.content;
    let change = match (&alert.state, note) {
        (State::Closed(_), _) => None,
        (_, Some(Note::Resolved)) => Some("resolved person"),
        (State::Snoozed(_), Some(Note::Snoozed)) => Some("snoozed"),
        (State::Snoozed(until), None) if !escalates && *until > now => None,
        (State::Snoozed(_), None) if !escalates => Some("updated"),
        _ if escalates => Some("escalated"),
        _ if changed => Some("updated"),
        _ => None,
    };
    match change {
        Some("resolved person") => alert.state = State::Closed(content.0.clone()),
        Some("updated" | "escalated") => alert.state = State::Open,
        _ => {}
    }
    if change.is_some() {
        severity.clone_into(&mut alert.severity);
        alert.content = content;
    }
    (alert, change)
}

impl Said {
    /// `alert` as it was before this publication.
    fn alert(&mut self, asked: &Asked<'_>, subject: &str, (alert, change): (&Alert, &str)) {
        let Asked {
            card, account, now, ..
        } = asked;
        let Alert {
            opened,
            revision,
            severity,
            ..
        } = alert;
        let revision = revision + 1;
        self.alerts.push(format!(
            "{now} {account} alert {} {subject} {change} {severity} revision {revision} \
             opened {opened}",
            card.name
        ));
    }
}
