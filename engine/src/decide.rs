//! Decides what is published: tiers, scores, alerts, triggers, and which timers to set.
//!
//! Given a rule's verdict on one account at one `now`, and what is remembered of that pair, it
//! appends outputs and says which timers the pair has. It is pure and cannot fail: it reads no
//! clock, knows no step, does no I/O. All comparisons use integers (ten-thousandths of a point);
//! what is rounded for display never decides.
//!
//! Reading order: [`decide`] below is the whole of it; [`Policy`] is a rule as decisions read it,
//! [`Memory`] what is remembered; `tier`, `alert` and `trigger` hold the life cycles, `split` and
//! `reason` the explanation, [`ScoreData`] carries it, `event` writes it.

mod act;
mod alert;
mod dead;
mod event;
mod glance;
mod id;
mod json;
mod memory;
mod past;
mod plain;
mod policy;
mod reading;
mod reason;
mod render;
mod score;
mod split;
#[cfg(test)]
mod tests;
mod text;
mod tier;
mod trigger;

use puls_wire::{Status, Verdict};
use smallvec::SmallVec;

use crate::limits::{RULE_FAILURES_MAX, SCORE_REPUBLISH_MS};
use crate::model::{Key, Output, Time, TimerName};

pub use act::{Acted, act};
pub use dead::{DeadLetter, dead_letter};
pub use glance::{Glance, glance};
pub use memory::{Memory, OpenAlert};
pub use plain::Plain;
pub use policy::Policy;
pub use reading::{Evaluation, Override, PeersBehind, Reading, Rescore, RuleRef};
pub use reason::Why;
pub use render::{Page, render_change, render_number, render_points, render_split, render_text};
pub use score::{CauseData, FeatureData, FeatureNote, MeasureData, PartData, ScoreData};
pub use split::Split;

use alert::{Publication, Resolution};
use memory::Published;
use reading::Judged;
use score::Context;
use tier::Tier;

/// All timers that an account has because of one rule, each later than `now`, in order. They
/// replace those of the decision before. Each either stood among those, or is as far ahead as
/// [`Policy::least_delay_ms`] or further, or ends a snooze that an `action` event asked for.
pub type Timers = SmallVec<[(Time, TimerName); 2]>;

/// What became of an evaluation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// It was decided; these are the timers from now on.
    Decided(Timers),
    /// The rule failed on this row: nothing was published, and the timers stand as they were.
    Failed {
        /// Evaluations of this account by this rule that failed in a row, this one included.
        in_a_row: u32,
        /// Whether the rule must be set aside.
        set_aside: bool,
    },
}

/// Decides on one evaluation: moves `memory` on and appends to `out` what is published, in the
/// order score, alerts (by subject), triggers (by name). Of a rule in shadow that is its score
/// alone, under the conditions of any other and in a topic of its own; what it had open when it
/// went there is withdrawn before.
pub fn decide(
    policy: &Policy,
    memory: &mut Memory,
    evaluation: &Evaluation<'_>,
    rescore: &mut dyn Rescore,
    out: &mut Vec<Output>,
) -> Outcome {
    let reading = &evaluation.reading;
    memory.touched |= evaluation.touched;
    if reading.verdict.status == Status::RowError {
        memory.failures = memory.failures.saturating_add(1);
        return Outcome::Failed {
            in_a_row: memory.failures,
            set_aside: memory.failures >= RULE_FAILURES_MAX,
        };
    }
    memory.failures = 0;
    memory.past.note(
        policy.past_days,
        evaluation.today,
        past::of(reading.verdict),
    );
    let mut judged = Judged::new(policy, reading);
    let tier_previous = memory.tier(policy).map(|(name, _)| name);
    let tier_changed = policy
        .tiers
        .advance(&mut memory.standing, judged.aim, reading.now);
    judged.tier = memory.standing.tier.map_or(Tier::Unknown, |(tier, _)| tier);
    let exceptions_changed = memory.exceptions != judged.exceptions_tag;
    memory.exceptions = judged.exceptions_tag;
    let in_shadow = reading.rule.shadow;
    memory.cross(in_shadow);
    if in_shadow {
        retract(policy, memory, reading, Resolution::Shadow, out);
    }
    let is_due = tier_changed || exceptions_changed || memory.is_due(policy, evaluation, &judged);
    let publications = if in_shadow {
        Vec::new()
    } else {
        alert::advance(policy, memory, reading, &judged)
    };
    if is_due || !publications.is_empty() {
        let cause = CauseData::new(evaluation.cause, evaluation.names);
        let since = memory.standing.tier.map_or(reading.now, |(_, since)| since);
        let context = Context {
            cause: Some(cause),
            tier_previous,
            since,
        };
        let answer = (reading, &judged);
        let data = ScoreData::new(policy, memory, answer, context, Some(rescore));
        let score = data.to_json();
        if is_due {
            let cause = (evaluation.cause, evaluation.names);
            out.push(event::score(reading, cause, &data.account, &score));
            memory.publish(policy, reading, &judged);
        }
        for publication in &publications {
            out.push(alert_output(
                policy,
                answer,
                publication,
                &data.account,
                &score,
            ));
        }
    }
    if !in_shadow {
        ask(policy, memory, evaluation, &judged, out);
    }
    Outcome::Decided(memory.timers(reading.now))
}

/// Asks for what the rule's triggers want done.
fn ask(
    policy: &Policy,
    memory: &mut Memory,
    evaluation: &Evaluation<'_>,
    judged: &Judged,
    out: &mut Vec<Output>,
) {
    let reading = &evaluation.reading;
    for trigger in trigger::fire(policy, memory, reading, judged) {
        let words = policy.voice.words;
        let text = trigger.text.fill(&policy.features, reading.features, words);
        let cause = CauseData::new(evaluation.cause, evaluation.names);
        out.push(event::trigger(
            reading,
            cause,
            &reading.key.account(),
            (trigger, &text, words.language()),
        ));
    }
}

/// Ends what a rule that is no longer active had open for an account: its alerts resolve.
pub fn retire(
    policy: &Policy,
    memory: &mut Memory,
    (key, rule, now): (&Key, RuleRef<'_>, Time),
    out: &mut Vec<Output>,
) {
    let verdict = Verdict {
        status: Status::OutsidePopulation,
        ..Verdict::default()
    };
    let reading = Reading {
        key,
        rule,
        now,
        verdict: &verdict,
        features: &[],
        over: None,
        peers: None,
    };
    *memory = Memory {
        alerts: std::mem::take(&mut memory.alerts),
        openings: std::mem::take(&mut memory.openings),
        ..Memory::default()
    };
    retract(policy, memory, &reading, Resolution::Retired, out);
}

/// Explains a reading without changing anything: a read-only evaluation. The tier is the one that
/// the account has by then, hysteresis and dwell included; without one, that of the score alone.
/// `notes` has one entry per feature of the rule, or none; without `rescore` there is no split.
pub fn explain<'a>(
    policy: &'a Policy,
    memory: &Memory,
    reading: &Reading<'a>,
    notes: &[FeatureNote],
    rescore: Option<&mut dyn Rescore>,
) -> ScoreData<'a> {
    let mut judged = Judged::new(policy, reading);
    let raw = (policy.tiers.raw(judged.aim), reading.now);
    let (tier, since) = memory.standing.tier.unwrap_or(raw);
    judged.tier = tier;
    let context = Context {
        cause: None,
        tier_previous: None,
        since,
    };
    let mut data = ScoreData::new(policy, memory, (reading, &judged), context, rescore);
    data.why = reason::all(policy, reading, &judged, None);
    for (feature, note) in data.features.iter_mut().zip(notes) {
        feature.note = Some(Box::new(note.clone()));
    }
    data
}

impl Memory {
    /// Enters or leaves the shadow. What stands in one topic says nothing of the other, so a rule's
    /// next verdict there is a first one.
    fn cross(&mut self, in_shadow: bool) {
        if self.in_shadow != in_shadow {
            self.in_shadow = in_shadow;
            self.published = None;
        }
    }

    /// Whether the score is to be published, tier and exceptions left aside.
    fn is_due(&self, policy: &Policy, evaluation: &Evaluation<'_>, judged: &Judged) -> bool {
        let Some(published) = &self.published else {
            return true;
        };
        let moved = match (judged.score, published.score) {
            (Some(score), Some(before)) => (score - before).abs() >= policy.publish_threshold,
            (score, before) => score.is_some() != before.is_some(),
        };
        let age_ms = evaluation.reading.now.since_ms(published.at);
        moved || (evaluation.daily && age_ms >= SCORE_REPUBLISH_MS)
    }

    /// Remembers what was published.
    fn publish(&mut self, policy: &Policy, reading: &Reading<'_>, judged: &Judged) {
        self.touched = 0;
        self.published = Some(Box::new(Published {
            at: reading.now,
            score: judged.score,
            computed: judged.computed,
            rule: reading.rule.fingerprint(),
            columns: std::sync::Arc::clone(&policy.columns),
            row: reading
                .features
                .iter()
                .map(|value| value.to_bits())
                .collect(),
            peers: reading.peers.map(|peers| policy.remembered(peers)),
        }));
    }

    /// All timers, from `now` on.
    fn timers(&self, now: Time) -> Timers {
        let dwell = self.standing.candidates.iter();
        let dwell = dwell.map(|candidate| (candidate.due, TimerName::Dwell));
        let cooling = self
            .cooling
            .iter()
            .map(|cooling| (cooling.until, TimerName::Cooldown));
        let snoozes = self.alerts.iter().filter_map(|alert| match alert.state {
            alert::State::Snoozed(until) => Some((until, TimerName::Expiry)),
            _ => None,
        });
        let all = dwell.chain(cooling).chain(snoozes);
        let mut timers: Timers = all.filter(|(due, _)| *due > now).collect();
        timers.sort_unstable();
        timers.dedup();
        timers
    }
}

/// The output of one publication of an alert, with the score data beside it.
fn alert_output(
    policy: &Policy,
    (reading, judged): (&Reading<'_>, &Judged),
    publication: &Publication,
    account: &str,
    score: &[u8],
) -> Output {
    let subject = &*publication.alert.subject;
    let (own, desk) = subject_of(policy, subject);
    // An exception that ended is no reason any more.
    let own = own.filter(|index| judged.exceptions & (1 << index) != 0);
    let why = reason::all(policy, reading, judged, own);
    let title = match why.first().filter(|_| own.is_some()) {
        Some(first) => first.text.clone(),
        None => title(policy, subject, Some(policy.tiers.name(judged.tier))),
    };
    let text = event::AlertText {
        account,
        title: &title,
        language: policy.voice.words.language(),
        why: &why,
        owner_role: desk.map_or("", |desk| &desk.owner_role),
        playbook: desk.map_or("", |desk| &desk.playbook),
        score: Some(score),
    };
    event::alert(
        (reading.key, &reading.rule, reading.now),
        publication,
        &text,
    )
}

/// What an alert is about, where no sentence of an exception says it. `tier` is none where the rule
/// no longer speaks for the account.
fn title(policy: &Policy, subject: &str, tier: Option<&str>) -> String {
    let words = policy.voice.words;
    match tier {
        _ if subject != alert::TIER => words.fill("alerts.exception", &[("exception", subject)]),
        Some(tier) => words.fill("alerts.tier", &[("tier", policy.tier_title(tier))]),
        None => words.say("alerts.subject_tier").to_owned(),
    }
}

/// The exception that a subject names, and whose desk its alerts land on.
fn subject_of<'p>(policy: &'p Policy, subject: &str) -> (Option<usize>, Option<&'p policy::Desk>) {
    if subject == alert::TIER {
        return (None, Some(&policy.desk));
    }
    let own = policy
        .exceptions
        .iter()
        .position(|exception| *exception.name == *subject);
    let desk = own
        .and_then(|index| policy.exceptions.get(index))
        .map(|exception| &exception.desk);
    (own, desk)
}

/// Resolves all alerts of a rule that no longer speaks for the account.
fn retract(
    policy: &Policy,
    memory: &mut Memory,
    reading: &Reading<'_>,
    why: Resolution,
    out: &mut Vec<Output>,
) {
    if memory.alerts.is_empty() {
        return;
    }
    let account = reading.key.account();
    for publication in alert::withdraw(memory, why) {
        let (_, desk) = subject_of(policy, &publication.alert.subject);
        let text = event::AlertText {
            account: &account,
            title: &title(policy, &publication.alert.subject, None),
            language: policy.voice.words.language(),
            why: &[],
            owner_role: desk.map_or("", |desk| &desk.owner_role),
            playbook: desk.map_or("", |desk| &desk.playbook),
            score: None,
        };
        out.push(event::alert(
            (reading.key, &reading.rule, reading.now),
            &publication,
            &text,
        ));
    }
}
