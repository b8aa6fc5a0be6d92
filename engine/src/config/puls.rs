//! `[puls]`: what concerns the program and neither an input nor a tenant.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;

use serde::{Deserialize, Deserializer, de};

use crate::limits::SHARDS_MAX;

/// The program's own settings.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Puls {
    /// Folder of journal, snapshots, rules and outputs, where inputs are files; relative to the
    /// configuration's folder.
    pub data: PathBuf,
    /// Number of shards of a new data folder; an old one keeps its own.
    #[serde(deserialize_with = "shards")]
    pub shards: u32,
    /// Members of the consumer group in this process, a thread each, where inputs are topics; the
    /// machine's cores where it is missing. Over files a shard is a thread.
    pub threads: Option<NonZeroU32>,
    /// Form of the log on standard error.
    pub log_format: LogFormat,
    /// What is logged: `error`, `warn`, `info`, `debug`, `trace`.
    #[serde(deserialize_with = "level")]
    pub log_level: String,
    /// Where `/metrics`, `/healthz`, `/readyz` and what-ifs listen; nowhere where it is missing.
    pub listen: Option<SocketAddr>,
}

/// Form of the log.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// Lines for people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

impl Default for Puls {
    fn default() -> Self {
        Self {
            data: "puls-data".into(),
            shards: 1,
            threads: None,
            log_format: LogFormat::Text,
            log_level: "info".into(),
            listen: None,
        }
    }
}

fn shards<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    let found = u32::deserialize(deserializer)?;
    if (1..=SHARDS_MAX).contains(&found) {
        return Ok(found);
    }
    let expected = format!("1 to {SHARDS_MAX} shards");
    Err(de::Error::invalid_value(
        de::Unexpected::Unsigned(found.into()),
        &expected.as_str(),
    ))
}

fn level<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    const LEVELS: &[&str] = &["error", "warn", "info", "debug", "trace"];
    let found = String::deserialize(deserializer)?;
    if LEVELS.contains(&found.as_str()) {
        return Ok(found);
    }
    Err(de::Error::unknown_variant(&found, LEVELS))
}
