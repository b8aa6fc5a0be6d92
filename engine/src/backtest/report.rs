//! What a backtest says: everything that is shown, computed once.
//!
//! Page, terminal, JSON and tables show what stands here and compute nothing of their own. What is
//! too little to tell is a [`TooFew`], never a number.

pub mod alerts;
pub mod judgement;
pub mod migration;
mod period;
pub mod words;

use std::time::Duration;

use self::alerts::Alerts;
use self::judgement::Judgement;
use self::migration::{Histogram, Migration};
use super::Side;
use super::calendar::Calendar;
use super::fold::{Failures, Folded, Mover};
use super::outcomes::Outcomes;
use super::pair::{Against, Governed, Ladder, Pair};
use crate::model::Time;

/// Why there is no number.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TooFew(pub String);

/// A number, or why there is none.
pub type Known<T> = Result<T, TooFew>;

/// What is asked of a folded history.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// The tenant.
    pub tenant: &'a str,
    /// Name, version and digest of the candidate.
    pub candidate: &'a str,
    /// The two rules.
    pub pair: &'a Pair,
    /// Which rule counts as the active one.
    pub against: Against,
    /// Weeks and dates.
    pub calendar: &'a Calendar,
    /// What became of accounts.
    pub outcomes: Option<&'a Outcomes>,
    /// Milliseconds after a reference date in which a decision counts.
    pub window_ms: i64,
    /// Until when the candidate's author had seen outcomes.
    pub tuned_until: Option<Time>,
}

/// All of it.
#[derive(Clone, Debug)]
pub struct Report {
    /// The tenant.
    pub tenant: String,
    /// The candidate in words.
    pub candidate: String,
    /// Which rules were active when.
    pub governed: Vec<Governed>,
    /// Which rule counts as the active one.
    pub against: Against,
    /// Whether settings changed within the timeline.
    pub settings_changed: bool,
    /// Tiers per side.
    pub ladders: [Ladder; 2],
    /// The first log time and T.
    pub span: (Time, Time),
    /// Reference dates.
    pub months: usize,
    /// Accounts at T.
    pub accounts: usize,
    /// Accounts that are out at T.
    pub out: usize,
    /// Tiers of both at T.
    pub migration: Migration,
    /// Tiers of both over all reference dates.
    pub migration_months: Migration,
    /// Scores at T, per side.
    pub scores: [Histogram; 2],
    /// The biggest movers, by how far.
    pub movers: Vec<Mover>,
    /// Accounts whose score differs at T.
    pub moved: usize,
    /// Alerts of both.
    pub alerts: Alerts,
    /// What outcomes say.
    pub judgement: Option<Judgement>,
    /// Evaluations that failed, per side.
    pub failures: [Failures; 2],
    /// Features that the blind results leave out, per side.
    pub hidden: [Vec<String>; 2],
    /// Records, events and dead letters that were folded.
    pub records: u64,
    /// Events.
    pub events: u64,
    /// Events that could not be used, those of other tenants left aside.
    pub dead: u64,
    /// How long the fold took.
    pub took: Duration,
    /// The zone's calendar, for dates.
    pub calendar: Calendar,
}

impl Report {
    /// Makes the report.
    #[must_use]
    pub fn new(question: &Question<'_>, folded: &Folded) -> Self {
        let ladders = &question.pair.ladders;
        let moved = folded.standing.iter().filter(|unit| {
            let [active, candidate] = unit.views.map(|view| view.and_then(|view| view.score()));
            active.is_some() && candidate.is_some() && active != candidate
        });
        let judged = question
            .outcomes
            .map(|outcomes| Judgement::new(question, folded, outcomes));
        let (records, events, dead) = sums(folded);
        Self {
            tenant: question.tenant.to_owned(),
            candidate: question.candidate.to_owned(),
            governed: question.pair.governed.clone(),
            against: question.against,
            settings_changed: question.pair.settings_changed,
            ladders: ladders.clone(),
            span: (folded.first.unwrap_or(folded.until), folded.until),
            months: folded.references.len(),
            accounts: folded.standing.len(),
            out: folded.out,
            migration: Migration::new(&folded.standing, ladders),
            migration_months: Migration::new(&folded.units, ladders),
            scores: Side::BOTH.map(|side| Histogram::new(&folded.standing, side)),
            movers: folded.movers.clone(),
            moved: moved.count(),
            alerts: Alerts::new(question.calendar, folded),
            judgement: judged,
            failures: folded.failures.clone(),
            hidden: folded.hidden.clone(),
            records,
            events,
            dead,
            took: folded.took,
            calendar: question.calendar.clone(),
        }
    }

    /// Events per second of the fold.
    #[must_use]
    pub fn events_per_second(&self) -> u64 {
        let millis = u64::try_from(self.took.as_millis())
            .unwrap_or(u64::MAX)
            .max(1);
        self.events.saturating_mul(1_000) / millis
    }

    /// A moment's local date.
    #[must_use]
    pub fn date(&self, at: Time) -> String {
        self.calendar.date(at).to_string()
    }

    /// The active rules in words, with the dates from which they governed.
    #[must_use]
    pub fn active_in_words(&self) -> String {
        let name = |governed: &Governed| match &governed.rule {
            None => "no primary rule".to_owned(),
            Some((name, version, digest)) => {
                let digest = digest.to_string();
                format!("{name} {version} ({})", digest.get(..8).unwrap_or(&digest))
            }
        };
        let since = |governed: &Governed| {
            if governed.from <= self.span.0 {
                name(governed)
            } else {
                format!("{} from {}", name(governed), self.date(governed.from))
            }
        };
        let within = self
            .governed
            .iter()
            .enumerate()
            .filter(|(place, governed)| {
                let until = self
                    .governed
                    .get(place + 1)
                    .map_or(Time::MAX, |next| next.from);
                governed.from <= self.span.1 && until > self.span.0
            });
        let words: Vec<_> = within.map(|(_, governed)| since(governed)).collect();
        words.join(", then ")
    }
}

fn sums(folded: &Folded) -> (u64, u64, u64) {
    let unknown = crate::model::Reason::UnknownTenant as usize;
    let (mut records, mut events, mut dead) = (0, 0, 0);
    for input in &folded.counts.0 {
        records += input.records.sum();
        events += input.events.sum();
        let others = input.reasons.get(unknown).copied().unwrap_or(0);
        dead += input.events.dead.saturating_sub(others);
        events -= others.min(events);
    }
    (records, events, dead)
}
