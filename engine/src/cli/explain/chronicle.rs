//! What was published of one account while its shard was folded again, and the records that caused
//! it.

use bytes::Bytes;
use indicatif::ProgressBar;

use super::published::{Cause, Published};
use crate::merge::Merged;
use crate::model::{Key, Output, ShardId, Step, Topic};
use crate::shard::ShardSpec;
use crate::worker::past::Witness;

/// A score that was published.
#[derive(Clone, Debug)]
pub(super) struct Told {
    pub(super) data: Published,
    /// The whole event, as it was published.
    pub(super) event: Vec<u8>,
    /// The record that caused it; none where time did.
    pub(super) record: Option<Bytes>,
}

/// The published scores of one account, in order.
#[derive(Debug)]
pub(super) struct Chronicle {
    key: String,
    inputs: Vec<String>,
    shard: ShardId,
    bar: ProgressBar,
    pub(super) told: Vec<Told>,
    /// What is wrong with an event that cannot be read back.
    pub(super) unread: Option<String>,
}

impl Chronicle {
    pub(super) fn of(key: &Key, (shard, spec): (ShardId, &ShardSpec), bar: &ProgressBar) -> Self {
        Self {
            key: key.as_str().to_owned(),
            inputs: spec.inputs.iter().map(|it| it.name.clone()).collect(),
            shard,
            bar: bar.clone(),
            told: Vec::new(),
            unread: None,
        }
    }

    /// The record that a cause names, among those of its step.
    fn record(&self, cause: &Cause, records: &[Merged]) -> Option<Bytes> {
        let Cause::Input { input, offset, .. } = cause else {
            return None;
        };
        let number = self.inputs.iter().position(|name| name == input)?;
        let is_it =
            |it: &&Merged| usize::from(it.record.input) == number && it.record.offset == *offset;
        let found = records.iter().find(is_it)?;
        Some(Bytes::copy_from_slice(&found.record.value))
    }

    /// Whether an output is a score of the account, by any of its tenant's rules.
    fn is_ours(&self, output: &Output) -> bool {
        let rest = output.key.strip_prefix(&self.key);
        output.topic == Topic::Scores && rest.is_some_and(|it| it.is_empty() || it.starts_with('/'))
    }
}

impl Witness for Chronicle {
    fn folded(&mut self, _: &Step, records: &[Merged], outputs: &[Output]) {
        for output in outputs {
            if !self.is_ours(output) {
                continue;
            }
            match Published::parse(&output.value) {
                Ok(data) => {
                    let record = self.record(&data.cause, records);
                    let event = output.value.clone();
                    self.told.push(Told {
                        data,
                        event,
                        record,
                    });
                }
                Err(error) => self.unread = Some(error.to_string()),
            }
        }
    }

    fn progress(&mut self, done: u64, all: u64) {
        let shard = self.shard.0;
        self.bar
            .set_message(format!("shard {shard}: folding step {done} of {all} again"));
    }
}
