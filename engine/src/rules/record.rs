//! The JSON of the rules log: one object per record, its sort named by `record`.
//!
//! A wire format, append-only: a field is added with a default and never changes its meaning. A
//! record of a sort that this program does not know stops it, for it may govern scores.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::model::{Digest, Settings, Time};

/// One record of the rules log.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(tag = "record", rename_all = "snake_case")]
pub enum Record {
    /// A tenant's settings from a moment on.
    Settings(SettingsRecord),
    /// A rule governs from a moment on.
    Activation(Activation),
    /// A rule governs no longer from a moment on.
    Deactivation(Deactivation),
    /// A shard caught a rule failing; takes effect when it is read.
    SetAside(SetAside),
}

/// A tenant's settings from a moment on, in place of the ones before.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SettingsRecord {
    /// Whose.
    pub tenant: String,
    /// All of them.
    pub settings: Settings,
    /// The log time asked for; without one the record's own timestamp, or the beginning in a
    /// record of the genesis.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "moment")]
    pub from: Option<Time>,
    /// Published while no shard had a step yet: `from` holds as it stands.
    #[serde(default, skip_serializing_if = "is_false")]
    pub genesis: bool,
    /// Who published it: a person, or `configuration`.
    pub by: String,
    /// Why, in a sentence; may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
}

/// What a rule is to its tenant.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleRole {
    /// Its verdict is the account's score and tier. One of a tenant's rules is.
    Primary,
    /// It has scores and tiers of its own.
    Secondary,
}

/// A rule governs from a moment on: a module under a name, in place of the one that had it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Activation {
    /// Whose.
    pub tenant: String,
    /// Name of the rule, which decision state belongs to.
    pub rule: String,
    /// The module.
    #[serde(with = "digest")]
    pub digest: Digest,
    /// What it is to the tenant.
    pub role: RuleRole,
    /// Whether it runs without a say: published as in shadow, never the account's tier or an alert.
    #[serde(default, skip_serializing_if = "is_false")]
    pub shadow: bool,
    /// Parameters that the tenant sets, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub parameters: BTreeMap<String, f64>,
    /// The log time asked for; without one the record's own timestamp, or the beginning in a
    /// record of the genesis.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "moment")]
    pub from: Option<Time>,
    /// Published while no shard had a step yet: `from` holds as it stands.
    #[serde(default, skip_serializing_if = "is_false")]
    pub genesis: bool,
    /// Who published it: a person, or `configuration`.
    pub by: String,
    /// Why, in a sentence; may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// Who signed the package, so that whoever reads the log can check it again; `None` where an
    /// unsigned one was taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed: Option<Signed>,
}

/// The signature of a package that counted when it was activated.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signed {
    /// The name under which the tenant trusted the key then.
    pub by: String,
    /// The public key.
    pub key: String,
    /// The signature over the digest, in base64; see [`super::signature`].
    pub signature: String,
}

/// A rule governs no longer from a moment on.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deactivation {
    /// Whose.
    pub tenant: String,
    /// Name of the rule.
    pub rule: String,
    /// The log time asked for; without one the record's own timestamp, or the beginning in a
    /// record of the genesis.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "moment")]
    pub from: Option<Time>,
    /// Published while no shard had a step yet: `from` holds as it stands.
    #[serde(default, skip_serializing_if = "is_false")]
    pub genesis: bool,
    /// Who published it: a person, or `configuration`.
    pub by: String,
    /// Why, in a sentence; may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
}

/// A shard caught a rule failing; the last good one of its name serves in its place.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetAside {
    /// Whose.
    pub tenant: String,
    /// Name of the rule.
    pub rule: String,
    /// The module that failed.
    #[serde(with = "digest")]
    pub digest: Digest,
    /// The shard that saw it.
    pub shard: u32,
    /// What it saw, in a sentence.
    pub detail: String,
}

impl Record {
    /// Whose record it is.
    #[must_use]
    pub fn tenant(&self) -> &str {
        match self {
            Self::Settings(it) => &it.tenant,
            Self::Activation(it) => &it.tenant,
            Self::Deactivation(it) => &it.tenant,
            Self::SetAside(it) => &it.tenant,
        }
    }

    /// The record as it stands in the log.
    ///
    /// # Errors
    /// Where a number in it is not finite, which JSON cannot write.
    pub fn to_bytes(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(self)
    }

    /// The record that stands in these bytes.
    ///
    /// # Errors
    /// Where they are no record that this program knows.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(bytes)
    }
}

/// The log time from which a record governs: what it asks for, but never before it was written
/// (`timestamp`) unless it is of the genesis.
#[must_use]
pub fn effective(from: Option<Time>, genesis: bool, timestamp: Time) -> Time {
    if genesis {
        from.unwrap_or(Time::MIN)
    } else {
        from.unwrap_or(timestamp).max(timestamp)
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
const fn is_false(value: &bool) -> bool {
    !*value
}

/// Moments as people read them; the beginning and the end of time have no date and are numbers.
mod moment {
    use super::{Deserialize, Deserializer, Serializer, Time};

    #[expect(clippy::ref_option, reason = "serde gives a reference")]
    pub(super) fn serialize<S: Serializer>(time: &Option<Time>, to: S) -> Result<S::Ok, S::Error> {
        match time {
            Some(time) if Time::parse_rfc3339(&time.to_string()) == Some(*time) => {
                to.collect_str(time)
            }
            Some(time) => to.serialize_i64(time.0),
            None => to.serialize_none(),
        }
    }

    pub(super) fn deserialize<'de, D>(from: D) -> Result<Option<Time>, D::Error>
    where
        D: Deserializer<'de>,
    {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Moment {
            Text(String),
            Milliseconds(i64),
        }
        match Option::<Moment>::deserialize(from)? {
            None => Ok(None),
            Some(Moment::Milliseconds(ms)) => Ok(Some(Time(ms))),
            Some(Moment::Text(text)) => Time::parse_rfc3339(&text).map(Some).ok_or_else(|| {
                serde::de::Error::custom(format!("expected an RFC 3339 time, found `{text}`"))
            }),
        }
    }
}

/// Digests as 64 hexadecimal digits.
mod digest {
    use super::{Deserialize, Deserializer, Digest, Serializer};

    pub(super) fn serialize<S: Serializer>(digest: &Digest, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(digest)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Digest, D::Error> {
        let text = String::deserialize(from)?;
        Digest::parse(&text).ok_or_else(|| {
            serde::de::Error::custom(format!("expected 64 hexadecimal digits, found `{text}`"))
        })
    }
}

#[cfg(test)]
mod tests;
