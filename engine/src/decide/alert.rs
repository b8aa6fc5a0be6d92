//! Alerts: what they are about, when they open, change and end. It decides and remembers; what is
//! written about it stands in `event`.
//!
//! ```text
//!            severity up        condition ends
//! opened ──▶ escalated ─┬─────▶ resolved (forgotten)
//!   │  ▲     updated ───┤
//!   │  └────────────────┤       a person: resolved ──▶ closed (silent) ──▶ forgotten when the
//!   └──▶ snoozed ───────┘       condition ends; tier alerts also when the tier changes
//! ```
//! - The subject `tier` has one alert while the primary rule's tier is one that alerts; each
//!   exception that alerts has one while it holds.
//! - Tier `unknown` opens nothing and ends nothing: silence is no recovery.
//! - A snoozed alert is published when the snooze ends, when it escalates (which ends the snooze)
//!   and when it is resolved; never otherwise.
//! - What a person did takes effect at once and is published by the evaluation that the same event
//!   leads to.

use std::iter::Peekable;

use puls_wire::Severity;
use smallvec::SmallVec;

use super::act::Note;
use super::memory::Memory;
use super::policy::{Desk, Policy};
use super::reason;
use super::tier::Tier;
use super::{Judged, Reading, id};
use crate::model::{Time, hash64};

/// The subject of tier alerts.
pub(super) const TIER: &str = "tier";

/// An alert that is open, or that a person closed while its condition still holds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Alert {
    pub(super) subject: Box<str>,
    pub(super) id: u128,
    pub(super) opened: Time,
    pub(super) due: Option<Time>,
    /// Number of publications.
    pub(super) revision: u32,
    pub(super) severity: Severity,
    /// Fingerprint of tier, exceptions and first reason as last published.
    pub(super) content: u64,
    pub(super) state: State,
    /// Who acted last.
    pub(super) by: Option<Box<str>>,
    /// What a person did and nobody was told yet.
    pub(super) note: Option<Box<Note>>,
}

/// What people did with an alert.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum State {
    /// Nothing yet.
    Open,
    /// Somebody saw it.
    Acknowledged,
    /// Somebody has it.
    Assigned,
    /// Put off.
    Snoozed(Time),
    /// Settled by a person, at this tier; silent until a new episode begins.
    Closed(Tier),
}

/// What a publication of an alert tells.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Change {
    Opened,
    Updated,
    Escalated,
    Snoozed,
    Resolved(Resolution),
}

/// Why an alert ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Resolution {
    /// The tier is one that does not alert.
    Recovered,
    /// The exception no longer holds.
    Ended,
    /// The account left the rule's population.
    LeftPopulation,
    /// A person settled it.
    Person,
    /// The rule is no longer the tenant's primary one.
    NotPrimary,
    /// The rule went into shadow.
    Shadow,
    /// The rule is no longer active.
    Retired,
}

/// One publication of an alert: the alert as it stands with it.
#[derive(Debug)]
pub(super) struct Publication {
    pub(super) alert: Alert,
    pub(super) change: Change,
    /// What the person said, where a person made it.
    pub(super) note: Option<Box<Note>>,
}

/// A condition that holds and deserves an alert.
#[derive(Clone, Copy, Debug)]
struct Wanted<'p> {
    subject: &'p str,
    severity: Severity,
    content: u64,
    desk: &'p Desk,
}

impl State {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Acknowledged => "acknowledged",
            Self::Assigned => "assigned",
            Self::Snoozed(_) => "snoozed",
            Self::Closed(_) => "resolved",
        }
    }
}

impl Change {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Updated => "updated",
            Self::Escalated => "escalated",
            Self::Snoozed => "snoozed",
            Self::Resolved(_) => "resolved",
        }
    }
}

impl Resolution {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Recovered => "recovered",
            Self::Ended => "ended",
            Self::LeftPopulation => "left_population",
            Self::Person => "person",
            Self::NotPrimary => "not_primary",
            Self::Shadow => "rule_in_shadow",
            Self::Retired => "rule_retired",
        }
    }
}

/// Moves the alerts of `memory` on to what was judged, and says what is to be published, in order
/// of subjects.
pub(super) fn advance(
    policy: &Policy,
    memory: &mut Memory,
    reading: &Reading<'_>,
    judged: &Judged,
) -> Vec<Publication> {
    let wanted = wanted(policy, memory, reading, judged);
    let is_quiet = memory.alerts.len() == wanted.len()
        && memory.alerts.iter().zip(&wanted).all(|(alert, wanted)| {
            *alert.subject == *wanted.subject && alert.is_settled(wanted, judged, reading.now)
        });
    if is_quiet {
        return Vec::new();
    }
    let mut run = Run {
        memory,
        reading,
        judged,
        publications: Vec::new(),
    };
    let alerts = std::mem::take(&mut run.memory.alerts);
    let mut kept = Vec::with_capacity(wanted.len());
    let mut wanted = wanted.iter().peekable();
    for alert in alerts {
        run.open_before(&alert.subject, &mut wanted, &mut kept);
        let wanted = wanted.next_if(|wanted| *wanted.subject == *alert.subject);
        kept.extend(run.go_on(alert, wanted));
    }
    for wanted in wanted {
        kept.push(run.open(wanted));
    }
    let publications = run.publications;
    memory.alerts = kept;
    publications
}

/// Ends all alerts of a rule that no longer speaks for the account.
pub(super) fn withdraw(memory: &mut Memory, why: Resolution) -> Vec<Publication> {
    let open = std::mem::take(&mut memory.alerts)
        .into_iter()
        .filter(|alert| !alert.is_closed());
    let ended = open.map(|mut alert| {
        alert.revision += 1;
        Publication {
            alert,
            change: Change::Resolved(why),
            note: None,
        }
    });
    ended.collect()
}

/// The conditions that hold, in order of subjects.
fn wanted<'p>(
    policy: &'p Policy,
    memory: &Memory,
    reading: &Reading<'_>,
    judged: &Judged,
) -> SmallVec<[Wanted<'p>; 2]> {
    let mut wanted = SmallVec::new();
    if judged.exceptions != 0 {
        for index in &policy.exceptions_alerting {
            if judged.exceptions & (1 << index) == 0 {
                continue;
            }
            if let Some(exception) = policy.exceptions.get(*index) {
                wanted.push(Wanted {
                    subject: &exception.name,
                    severity: exception.severity,
                    content: content(policy, reading, judged, Some(*index)),
                    desk: &exception.desk,
                });
            }
        }
    }
    if let Some(severity) = tier_severity(policy, memory, reading, judged) {
        let place = wanted.partition_point(|wanted: &Wanted<'_>| wanted.subject < TIER);
        wanted.insert(
            place,
            Wanted {
                subject: TIER,
                severity,
                content: content(policy, reading, judged, None),
                desk: &policy.desk,
            },
        );
    }
    wanted
}

/// The severity of the tier alert, where there should be one.
fn tier_severity(
    policy: &Policy,
    memory: &Memory,
    reading: &Reading<'_>,
    judged: &Judged,
) -> Option<Severity> {
    if !reading.rule.primary {
        return None;
    }
    if judged.tier == Tier::Unknown {
        let is_open = |alert: &&Alert| *alert.subject == *TIER && !alert.is_closed();
        return memory
            .alerts
            .iter()
            .find(is_open)
            .map(|alert| alert.severity);
    }
    policy.tiers.alert(judged.tier)
}

/// Fingerprint of what makes an update, the severity left out.
fn content(policy: &Policy, reading: &Reading<'_>, judged: &Judged, own: Option<usize>) -> u64 {
    let tier = match judged.tier {
        Tier::NotScored => 0,
        Tier::Unknown => 1,
        Tier::Band(tag) => tag,
    };
    let first = reason::first(policy, reading, judged, own);
    let mut bytes = [0; 24];
    let fields = [tier, judged.exceptions_tag, first];
    for (place, field) in bytes.chunks_exact_mut(8).zip(fields) {
        place.copy_from_slice(&field.to_le_bytes());
    }
    hash64(&bytes)
}

impl Alert {
    pub(super) const fn is_closed(&self) -> bool {
        matches!(self.state, State::Closed(_))
    }

    /// Whether nothing is to be done about it while `wanted` holds.
    fn is_settled(&self, wanted: &Wanted<'_>, judged: &Judged, now: Time) -> bool {
        match self.state {
            State::Closed(tier) => *self.subject != *TIER || tier == judged.tier,
            State::Snoozed(until) => {
                until > now && self.note.is_none() && wanted.severity <= self.severity
            }
            State::Open | State::Acknowledged | State::Assigned => {
                self.note.is_none()
                    && wanted.severity == self.severity
                    && wanted.content == self.content
            }
        }
    }
}

/// One pass over the alerts of a memory.
struct Run<'r> {
    memory: &'r mut Memory,
    reading: &'r Reading<'r>,
    judged: &'r Judged,
    publications: Vec<Publication>,
}

impl<'p> Run<'_> {
    /// Opens what comes before `subject`.
    fn open_before<'w>(
        &mut self,
        subject: &str,
        wanted: &mut Peekable<impl Iterator<Item = &'w Wanted<'p>>>,
        kept: &mut Vec<Alert>,
    ) where
        'p: 'w,
    {
        while let Some(wanted) = wanted.next_if(|wanted| wanted.subject < subject) {
            kept.push(self.open(wanted));
        }
    }

    fn open(&mut self, wanted: &Wanted<'_>) -> Alert {
        let now = self.reading.now;
        let ordinal = self
            .memory
            .openings
            .next(hash64(wanted.subject.as_bytes()), now);
        let Reading { key, rule, .. } = self.reading;
        let due = Some(wanted.desk.due_ms).filter(|due_ms| *due_ms > 0);
        let mut alert = Alert {
            subject: wanted.subject.into(),
            id: id::alert(key, rule.name, wanted.subject, (now, ordinal)),
            opened: now,
            due: due.map(|due_ms| now.plus_ms(due_ms)),
            revision: 0,
            severity: wanted.severity,
            content: wanted.content,
            state: State::Open,
            by: None,
            note: None,
        };
        self.publish(&mut alert, Change::Opened, None);
        alert
    }

    /// What becomes of an alert; `None` where it is forgotten.
    fn go_on(&mut self, mut alert: Alert, wanted: Option<&Wanted<'_>>) -> Option<Alert> {
        let note = alert.note.take();
        let is_settled = note.as_ref().is_some_and(|note| note.is_resolved);
        let Some(wanted) = wanted else {
            if !alert.is_closed() {
                let why = if is_settled {
                    Resolution::Person
                } else {
                    self.end(&alert.subject)
                };
                let note = note.filter(|note| note.is_resolved);
                self.publish(&mut alert, Change::Resolved(why), note);
            }
            return None;
        };
        if let State::Closed(tier) = alert.state {
            let is_new = *alert.subject == *TIER && tier != self.judged.tier;
            return Some(if is_new { self.open(wanted) } else { alert });
        }
        let escalates = wanted.severity > alert.severity;
        let change = match alert.state {
            _ if is_settled => {
                alert.state = State::Closed(self.judged.tier);
                Some(Change::Resolved(Resolution::Person))
            }
            State::Snoozed(_) if note.is_some() => Some(Change::Snoozed),
            State::Snoozed(until) if escalates || until <= self.reading.now => {
                alert.state = State::Open;
                Some(if escalates {
                    Change::Escalated
                } else {
                    Change::Updated
                })
            }
            State::Snoozed(_) => None,
            _ if escalates => Some(Change::Escalated),
            _ if (wanted.severity, wanted.content) != (alert.severity, alert.content) => {
                Some(Change::Updated)
            }
            _ => None,
        };
        if let Some(change) = change {
            (alert.severity, alert.content) = (wanted.severity, wanted.content);
            self.publish(&mut alert, change, note);
        }
        Some(alert)
    }

    /// Why an alert about `subject` ends that is no longer wanted.
    fn end(&self, subject: &str) -> Resolution {
        if self.judged.tier == Tier::NotScored {
            Resolution::LeftPopulation
        } else if subject != TIER {
            Resolution::Ended
        } else if self.reading.rule.primary {
            Resolution::Recovered
        } else {
            Resolution::NotPrimary
        }
    }

    fn publish(&mut self, alert: &mut Alert, change: Change, note: Option<Box<Note>>) {
        alert.revision += 1;
        self.publications.push(Publication {
            alert: alert.clone(),
            change,
            note,
        });
    }
}
