//! Plain data that the stages exchange: words of the domain, no behaviour that can fail.
//!
//! Reading order: [`Time`] and [`Fixed`] (the two numbers everything is made of), [`Key`] (whose
//! event it is), [`Record`] (what lies in an input), [`Event`] (what a record says), [`Step`] and
//! [`Cause`] (what a shard takes in one go, and what made an output), [`Output`] (what it says),
//! [`Settings`] (what a tenant declares). Nothing here does I/O, and nothing here knows a stage.

mod cause;
mod codec;
mod event;
mod field;
mod fixed;
mod hash;
mod key;
mod output;
mod peers;
mod reason;
mod record;
mod settings;
mod step;
mod time;
mod words;

pub use cause::{Cause, TimerName};
pub use codec::{CodecError, Reader, Writer};
pub use event::{
    AccountEvent, Action, ActionChange, Assessment, AttributeValue, Body, Channel, Contact,
    ContactChange, Direction, Event, Kind, License, LicenseChange, Milestone, Priority, Purpose,
    Role, Stage, Stream, Survey, SurveyChange, Text, Ticket, TicketChange, Touch, Usage,
};
pub use field::{Field, FieldValue};
pub use fixed::{Fixed, POINT, points};
pub use hash::{Digest, FixedMap, FixedSet, FixedState, content_digest, hash64, hash128};
pub use key::{Key, KeyError, name_is_valid, partition_of};
pub use output::{Output, Topic};
pub use peers::{Histogram, PeerCounts, PeersClosed, PeersGiven};
pub use reason::Reason;
pub use record::{InputIndex, Origin, Record};
pub use settings::{
    Aggregate, AttributeType, Condition, CustomFeature, CustomWindow, Rate, Settings, Test,
};
pub use step::{Range, ShardId, Step};
pub use time::{DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, Time};
