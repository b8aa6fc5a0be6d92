//! What became of every record and event. The sums must match what was read.

use crate::log::InputSpec;
use crate::model::{CodecError, Reader, Reason, Writer};

/// What became of an event, or of a record as a whole. A record is dead if any of its events is,
/// else applied if any is, else duplicate.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Fate {
    /// Recognised as a repeat.
    Duplicate,
    /// Folded.
    Applied,
    /// A dead letter.
    Dead(Reason),
}

/// How many met which fate.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Fates {
    /// Folded.
    pub applied: u64,
    /// Recognised as repeats.
    pub duplicate: u64,
    /// Dead letters.
    pub dead: u64,
}

impl Fates {
    const fn add(&mut self, fate: Fate) {
        match fate {
            Fate::Applied => self.applied += 1,
            Fate::Duplicate => self.duplicate += 1,
            Fate::Dead(_) => self.dead += 1,
        }
    }

    /// All of them.
    #[must_use]
    pub const fn sum(&self) -> u64 {
        self.applied + self.duplicate + self.dead
    }
}

/// Counts of one input.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct InputCounts {
    /// Name of the input.
    pub input: String,
    /// Records.
    pub records: Fates,
    /// Events; a record that yields none counts as one dead event.
    pub events: Fates,
    /// Dead events by reason, in the order of `Reason::ALL`.
    pub reasons: Vec<u64>,
}

/// Counts of a shard, per input.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Counts(pub Vec<InputCounts>);

impl Counts {
    pub(super) fn new(inputs: &[InputSpec]) -> Self {
        let counts = |input: &InputSpec| InputCounts {
            input: input.name.clone(),
            records: Fates::default(),
            events: Fates::default(),
            reasons: vec![0; Reason::ALL.len()],
        };
        Self(inputs.iter().map(counts).collect())
    }

    pub(super) fn event(&mut self, input: usize, fate: Fate) {
        let Some(counts) = self.0.get_mut(input) else {
            return;
        };
        counts.events.add(fate);
        if let Fate::Dead(reason) = fate
            && let Some(count) = counts.reasons.get_mut(reason as usize)
        {
            *count += 1;
        }
    }

    pub(super) fn record(&mut self, input: usize, fate: Fate) {
        if let Some(counts) = self.0.get_mut(input) {
            counts.records.add(fate);
        }
    }

    /// Adds the counts of another shard with the same inputs.
    pub fn add(&mut self, other: &Self) {
        for (ours, theirs) in self.0.iter_mut().zip(&other.0) {
            for (sum, more) in [
                (&mut ours.records, theirs.records),
                (&mut ours.events, theirs.events),
            ] {
                sum.applied += more.applied;
                sum.duplicate += more.duplicate;
                sum.dead += more.dead;
            }
            for (sum, more) in ours.reasons.iter_mut().zip(&theirs.reasons) {
                *sum += more;
            }
        }
    }

    pub(super) fn write(&self, writer: &mut Writer) {
        writer.list(self.0.iter(), |writer, counts| {
            writer.text(&counts.input);
            for fates in [counts.records, counts.events] {
                writer.u64(fates.applied);
                writer.u64(fates.duplicate);
                writer.u64(fates.dead);
            }
            writer.list(
                Reason::ALL.iter().zip(&counts.reasons),
                |writer, (reason, count)| {
                    writer.text(reason.code());
                    writer.u64(*count);
                },
            );
        });
    }

    /// Takes up counts by the names of inputs and reasons, so that both may grow.
    pub(super) fn restore(&mut self, reader: &mut Reader<'_>) -> Result<(), CodecError> {
        reader.list(|reader| {
            let name = reader.text()?;
            let counts = self.0.iter_mut().find(|counts| counts.input == name);
            let mut read = || {
                let (applied, duplicate, dead) = (reader.u64()?, reader.u64()?, reader.u64()?);
                Ok(Fates {
                    applied,
                    duplicate,
                    dead,
                })
            };
            let (records, events) = (read()?, read()?);
            let reasons = reader.list(|reader| Ok((reader.text()?, reader.u64()?)))?;
            if let Some(counts) = counts {
                (counts.records, counts.events) = (records, events);
                for (code, count) in reasons {
                    let place = Reason::ALL.iter().position(|reason| reason.code() == code);
                    if let Some(sum) = place.and_then(|place| counts.reasons.get_mut(place)) {
                        *sum = count;
                    }
                }
            }
            Ok(())
        })?;
        Ok(())
    }
}
