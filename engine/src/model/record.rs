//! What lies in an input at one position.

use bytes::Bytes;

use super::Time;

/// An input's place in the configuration's list of inputs.
pub type InputIndex = u16;

/// What lies in an input at one position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Which input.
    pub input: InputIndex,
    /// Its position there: Kafka's offset, or in a file the number of records before it.
    pub offset: u64,
    /// Kafka's timestamp, or the time that the mapping names; `None` if there is none.
    pub timestamp: Option<Time>,
    /// The key, as received; files have none.
    pub key: Option<Bytes>,
    /// Headers as (name, value), in their order; files have none.
    pub headers: Vec<(String, Bytes)>,
    /// The value, as received.
    pub value: Bytes,
}

/// Where an event came from: input, offset, and row within the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Origin {
    /// Which input.
    pub input: InputIndex,
    /// The record's position.
    pub offset: u64,
    /// The event's place within the record, from 0.
    pub row: u16,
}
