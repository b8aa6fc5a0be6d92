//! What is remembered of one account under one rule name, and its bytes in a snapshot.
//!
//! ```text
//! flags u8     1 tier · 2 candidates · 4 published · 8 alerts · 16 openings · 32 cooling ·
//!              64 past · 128 peers
//! exceptions u64, touched u16, failures u32
//! tier         u8 0 not_scored, 1 unknown, 2 band + u64; since i64
//! candidates   count, each: tag u64, due i64
//! published    at i64, score and computed: option i64, rule u64, count, each: tag u32, f64 bits
//! alerts       count, each: see `Alert::write`
//! openings     now i64, count, each: tag u64, number u32
//! cooling      count, each: tag u64, until i64
//! past         count, each: day u16, score option i32
//! peers        of the published row: day option u16, segment u64, count, each: tag u32, f64 bits
//! ```
//! It refers to tiers, features, exceptions and triggers by their names (or hashes of them), never
//! by an index of the manifest: it survives a change of version.

use std::sync::Arc;

use puls_wire::Severity;

use super::act::Note;
use super::alert::{Alert, State};
use super::past::Past;
use super::policy::Policy;
use super::reading::RuleRef;
use super::tier::{Candidate, Standing, Tier};
use crate::model::{CodecError, Reader, Time, Writer};

/// Stands with `touched` where what was published stands in the topic of rules in shadow: there are
/// fewer kinds of events than bits.
const IN_SHADOW: u16 = 1 << 15;

/// What is remembered of one account under one rule name. A default one has seen nothing.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Memory {
    pub(super) standing: Standing,
    /// Fingerprint of the exceptions that hold; 0 for none.
    pub(super) exceptions: u64,
    pub(super) published: Option<Box<Published>>,
    /// In order of their subjects; at most one per subject.
    pub(super) alerts: Vec<Alert>,
    pub(super) openings: Openings,
    /// Triggers that may not fire again yet.
    pub(super) cooling: Vec<Cooling>,
    /// Its scores of days ago, where the rule reads any.
    pub(super) past: Past,
    /// Kinds of events since the last publication.
    pub(super) touched: u16,
    /// Evaluations that failed in a row.
    pub(super) failures: u32,
    /// Whether `published` stands in the topic of rules in shadow.
    pub(super) in_shadow: bool,
}

/// The score as it was last published.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Published {
    pub(super) at: Time,
    /// What tiers and thresholds used: an override's, where one was in force.
    pub(super) score: Option<i64>,
    /// The rule's own.
    pub(super) computed: Option<i64>,
    /// Fingerprint of module and parameters.
    pub(super) rule: u64,
    /// Tags of the features.
    pub(super) columns: Arc<[u32]>,
    /// Their values, as bits.
    pub(super) row: Box<[u64]>,
    /// What its features relative to peers were computed from.
    pub(super) peers: Option<Box<PublishedPeers>>,
}

/// What the features of a published row that are relative to peers were computed from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct PublishedPeers {
    pub(super) day: Option<u16>,
    pub(super) segment: u64,
    /// The account's own numbers: tag of the feature, and bits.
    pub(super) own: Box<[(u32, u64)]>,
}

/// How many alerts were opened at one `now`, by subject.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Openings {
    now: Time,
    subjects: Vec<(u64, u32)>,
}

/// A trigger that may not fire again before `until`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Cooling {
    pub(super) tag: u64,
    pub(super) until: Time,
}

/// An alert as others see it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OpenAlert<'a> {
    /// Its id, 32 hexadecimal digits in outputs.
    pub id: u128,
    /// `tier`, or an exception's name.
    pub subject: &'a str,
    /// How much it matters.
    pub severity: Severity,
    /// When it was opened.
    pub opened: Time,
    /// Its last publication's number, from 1.
    pub revision: u32,
}

impl Openings {
    /// The ordinal of an alert opened at `now` about the subject with this tag.
    pub(super) fn next(&mut self, tag: u64, now: Time) -> u32 {
        if self.now != now {
            self.now = now;
            self.subjects.clear();
        }
        let known = self
            .subjects
            .iter_mut()
            .find(|(subject, _)| *subject == tag);
        let Some((_, ordinal)) = known else {
            self.subjects.push((tag, 0));
            return 0;
        };
        *ordinal += 1;
        *ordinal
    }
}

impl Memory {
    /// The name of the tier under `policy` and since when; `None` before the first verdict.
    #[must_use]
    pub fn tier<'a>(&self, policy: &'a Policy) -> Option<(&'a str, Time)> {
        let (tier, since) = self.standing.tier?;
        Some((policy.tiers.name(tier), since))
    }

    /// The score as last published, in ten-thousandths of a point.
    #[must_use]
    pub fn score(&self) -> Option<i64> {
        self.published
            .as_ref()
            .and_then(|published| published.score)
    }

    /// The rule's own score, before exceptions, of the last evaluation on that day or before, in
    /// ten-thousandths of a point.
    #[must_use]
    pub fn score_on(&self, day: u16) -> Option<i32> {
        self.past.on(day)
    }

    /// Evaluations that failed in a row.
    #[must_use]
    pub const fn failures(&self) -> u32 {
        self.failures
    }

    /// The alerts that are open, in order of their subjects.
    pub fn alerts(&self) -> impl Iterator<Item = OpenAlert<'_>> {
        let open = self.alerts.iter().filter(|alert| !alert.is_closed());
        open.map(|alert| OpenAlert {
            id: alert.id,
            subject: &alert.subject,
            severity: alert.severity,
            opened: alert.opened,
            revision: alert.revision,
        })
    }

    /// Whether a rule in shadow wants to be asked at `due`: it was never, or in another version, or
    /// a tier has been met for long enough then.
    #[must_use]
    pub fn asks_in_shadow(&self, rule: &RuleRef<'_>, due: Time) -> bool {
        let last = self.published.as_ref().filter(|_| self.in_shadow);
        last.is_none_or(|last| last.rule != rule.fingerprint())
            || self.standing.candidates.iter().any(|it| it.due == due)
    }

    /// When a rule in shadow wants to be asked next after `now`.
    #[must_use]
    pub fn shadow_due(&self, now: Time) -> Option<Time> {
        let dues = self.standing.candidates.iter().map(|it| it.due);
        dues.filter(|due| self.in_shadow && *due > now).min()
    }

    /// Writes it.
    pub fn write(&self, writer: &mut Writer) {
        let flags = [
            self.standing.tier.is_some(),
            !self.standing.candidates.is_empty(),
            self.published.is_some(),
            !self.alerts.is_empty(),
            !self.openings.subjects.is_empty(),
            !self.cooling.is_empty(),
            !self.past.is_empty(),
            self.published.as_ref().is_some_and(|it| it.peers.is_some()),
        ];
        let bits = flags
            .iter()
            .rev()
            .fold(0, |bits, flag| (bits << 1) | u8::from(*flag));
        writer.u8(bits);
        writer.u64(self.exceptions);
        writer.u16(self.touched | if self.in_shadow { IN_SHADOW } else { 0 });
        writer.u32(self.failures);
        if let Some((tier, since)) = self.standing.tier {
            write_tier(writer, tier);
            writer.i64(since.0);
        }
        if !self.standing.candidates.is_empty() {
            writer.list(self.standing.candidates.iter(), |writer, candidate| {
                writer.u64(candidate.tag);
                writer.i64(candidate.due.0);
            });
        }
        if let Some(published) = &self.published {
            published.write(writer);
        }
        if !self.alerts.is_empty() {
            writer.list(self.alerts.iter(), |writer, alert| alert.write(writer));
        }
        if !self.openings.subjects.is_empty() {
            writer.i64(self.openings.now.0);
            writer.list(self.openings.subjects.iter(), |writer, (tag, count)| {
                writer.u64(*tag);
                writer.u32(*count);
            });
        }
        if !self.cooling.is_empty() {
            writer.list(self.cooling.iter(), |writer, cooling| {
                writer.u64(cooling.tag);
                writer.i64(cooling.until.0);
            });
        }
        if !self.past.is_empty() {
            self.past.write(writer);
        }
        let peers = self.published.as_ref().and_then(|it| it.peers.as_ref());
        if let Some(peers) = peers {
            peers.write(writer);
        }
    }

    /// Reads what [`Memory::write`] wrote.
    ///
    /// # Errors
    /// Where the bytes are none of that.
    pub fn read(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        let flags = reader.u8()?;
        let has = |bit: u8| flags & (1 << bit) != 0;
        let mut memory = Self {
            exceptions: reader.u64()?,
            touched: reader.u16()?,
            failures: reader.u32()?,
            ..Self::default()
        };
        memory.in_shadow = memory.touched & IN_SHADOW != 0;
        memory.touched &= !IN_SHADOW;
        if has(0) {
            memory.standing.tier = Some((read_tier(reader)?, Time(reader.i64()?)));
        }
        if has(1) {
            let candidate = |reader: &mut Reader<'_>| {
                Ok(Candidate {
                    tag: reader.u64()?,
                    due: Time(reader.i64()?),
                })
            };
            memory.standing.candidates = reader.list(candidate)?.into();
        }
        if has(2) {
            memory.published = Some(Box::new(Published::read(reader)?));
        }
        if has(3) {
            memory.alerts = reader.list(Alert::read)?;
        }
        if has(4) {
            memory.openings.now = Time(reader.i64()?);
            memory.openings.subjects = reader.list(|reader| Ok((reader.u64()?, reader.u32()?)))?;
        }
        if has(5) {
            let cooling = |reader: &mut Reader<'_>| {
                Ok(Cooling {
                    tag: reader.u64()?,
                    until: Time(reader.i64()?),
                })
            };
            memory.cooling = reader.list(cooling)?;
        }
        if has(6) {
            memory.past = Past::read(reader)?;
        }
        if has(7) {
            let peers = PublishedPeers::read(reader)?;
            match &mut memory.published {
                Some(published) => published.peers = Some(Box::new(peers)),
                None => return Err(reader.invalid("a published row, if it has peers")),
            }
        }
        Ok(memory)
    }
}

impl Published {
    fn write(&self, writer: &mut Writer) {
        writer.i64(self.at.0);
        writer.option(self.score, Writer::i64);
        writer.option(self.computed, Writer::i64);
        writer.u64(self.rule);
        let columns = self.columns.iter().zip(&self.row);
        writer.list(columns, |writer, (tag, bits)| {
            writer.u32(*tag);
            writer.u64(*bits);
        });
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        let at = Time(reader.i64()?);
        let score = reader.option(Reader::i64)?;
        let computed = reader.option(Reader::i64)?;
        let rule = reader.u64()?;
        let columns = reader.list(|reader| Ok((reader.u32()?, reader.u64()?)))?;
        Ok(Self {
            at,
            score,
            computed,
            rule,
            columns: columns.iter().map(|(tag, _)| *tag).collect(),
            row: columns.iter().map(|(_, bits)| *bits).collect(),
            peers: None,
        })
    }
}

impl PublishedPeers {
    fn write(&self, writer: &mut Writer) {
        writer.option(self.day, Writer::u16);
        writer.u64(self.segment);
        writer.list(self.own.iter(), |writer, (tag, bits)| {
            writer.u32(*tag);
            writer.u64(*bits);
        });
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        Ok(Self {
            day: reader.option(Reader::u16)?,
            segment: reader.u64()?,
            own: reader
                .list(|reader| Ok((reader.u32()?, reader.u64()?)))?
                .into(),
        })
    }
}

impl Alert {
    /// subject text, id u128, opened i64, due option i64, revision u32, severity u8, content u64,
    /// state u8 (+ until i64 or tier), by option text, note option (bool, three option texts).
    fn write(&self, writer: &mut Writer) {
        writer.text(&self.subject);
        writer.u128(self.id);
        writer.i64(self.opened.0);
        writer.option(self.due, |writer, due| writer.i64(due.0));
        writer.u32(self.revision);
        writer.u8(self.severity as u8);
        writer.u64(self.content);
        match self.state {
            State::Open => writer.u8(0),
            State::Acknowledged => writer.u8(1),
            State::Assigned => writer.u8(2),
            State::Snoozed(until) => {
                writer.u8(3);
                writer.i64(until.0);
            }
            State::Closed(tier) => {
                writer.u8(4);
                write_tier(writer, tier);
            }
        }
        writer.option(self.by.as_deref(), Writer::text);
        writer.option(self.note.as_deref(), |writer, note| note.write(writer));
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        Ok(Self {
            subject: reader.text()?.into(),
            id: reader.u128()?,
            opened: Time(reader.i64()?),
            due: reader.option(Reader::i64)?.map(Time),
            revision: reader.u32()?,
            severity: match reader.u8()? {
                0 => Severity::Info,
                1 => Severity::Warning,
                2 => Severity::Critical,
                _ => return Err(reader.invalid("a severity")),
            },
            content: reader.u64()?,
            state: match reader.u8()? {
                0 => State::Open,
                1 => State::Acknowledged,
                2 => State::Assigned,
                3 => State::Snoozed(Time(reader.i64()?)),
                4 => State::Closed(read_tier(reader)?),
                _ => return Err(reader.invalid("an alert's state")),
            },
            by: reader.option(Reader::text)?.map(Into::into),
            note: reader.option(Note::read)?.map(Box::new),
        })
    }
}

fn write_tier(writer: &mut Writer, tier: Tier) {
    match tier {
        Tier::NotScored => writer.u8(0),
        Tier::Unknown => writer.u8(1),
        Tier::Band(tag) => {
            writer.u8(2);
            writer.u64(tag);
        }
    }
}

fn read_tier(reader: &mut Reader<'_>) -> Result<Tier, CodecError> {
    match reader.u8()? {
        0 => Ok(Tier::NotScored),
        1 => Ok(Tier::Unknown),
        2 => Ok(Tier::Band(reader.u64()?)),
        _ => Err(reader.invalid("a tier")),
    }
}
