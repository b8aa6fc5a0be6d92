//! What people do with alerts: it takes effect on what is remembered, and waits there to be
//! published by the evaluation that the same event leads to. It publishes nothing itself.

use super::alert::State;
use super::memory::Memory;
use crate::limits::ACTION_TEXT_BYTES_MAX;
use crate::model::{Action, ActionChange, CodecError, Reader, Text, Time, Writer};

/// What became of a person's action.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Acted {
    /// It took effect; the evaluation of the same event publishes it.
    Applied,
    /// The alert is this memory's, but it is settled already, or would be put off until a moment
    /// that is not ahead.
    Ignored,
    /// No alert of this memory has that id.
    Unknown,
}

/// A person's action that is to be published.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Note {
    /// Settled; put off otherwise.
    pub(super) is_resolved: bool,
    pub(super) by: Option<Box<str>>,
    pub(super) outcome: Option<Box<str>>,
    pub(super) text: Option<Box<str>>,
}

/// Applies a person's `action`, taken at `now`, to the alert that it names. It publishes nothing:
/// the evaluation of the same event does.
pub fn act(memory: &mut Memory, now: Time, action: &Action<'_>) -> Acted {
    let id = u128::from_str_radix(&action.alert, 16)
        .ok()
        .filter(|_| action.alert.len() == 32);
    let Some(alert) = memory.alerts.iter_mut().find(|alert| Some(alert.id) == id) else {
        return Acted::Unknown;
    };
    let is_settled = alert.is_closed() || alert.note.as_ref().is_some_and(|note| note.is_resolved);
    let is_resolved = action.change == ActionChange::Resolved;
    let state = match action.change {
        _ if is_settled => return Acted::Ignored,
        ActionChange::Acknowledged => State::Acknowledged,
        ActionChange::Assigned => State::Assigned,
        ActionChange::Snoozed => match action.until {
            Some(until) if until > now => State::Snoozed(until),
            _ => return Acted::Ignored,
        },
        ActionChange::Resolved | ActionChange::Commented => alert.state,
    };
    alert.state = state;
    alert.by = kept(action.by.as_ref());
    if is_resolved || action.change == ActionChange::Snoozed {
        alert.note = Some(Box::new(Note {
            is_resolved,
            by: kept(action.by.as_ref()),
            outcome: kept(action.outcome.as_ref()),
            text: kept(action.text.as_ref()),
        }));
    }
    Acted::Applied
}

/// A person's text, cut at its limit.
fn kept(text: Option<&Text<'_>>) -> Option<Box<str>> {
    let text = text?;
    let end = text.floor_char_boundary(ACTION_TEXT_BYTES_MAX);
    text.get(..end).map(Into::into)
}

impl Note {
    pub(super) fn write(&self, writer: &mut Writer) {
        writer.bool(self.is_resolved);
        for text in [&self.by, &self.outcome, &self.text] {
            writer.option(text.as_deref(), Writer::text);
        }
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        let is_resolved = reader.bool()?;
        let mut text = || Ok(reader.option(Reader::text)?.map(Into::into));
        Ok(Self {
            is_resolved,
            by: text()?,
            outcome: text()?,
            text: text()?,
        })
    }
}
