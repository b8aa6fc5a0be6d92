//! How often rules failed in a row, and which of them this shard has set aside.
//!
//! A batch never holds more rows than failures are left, so that a rule is set aside at the same
//! row however batches are cut.

use std::collections::BTreeMap;

use puls_wire::ROWS_MAX;

use crate::limits::RULE_FAILURES_MAX;
use crate::model::{CodecError, Digest, Reader, Writer};

/// A module under a rule's name: what fails, and what is set aside.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct RuleId {
    pub(super) tenant: String,
    pub(super) rule: String,
    pub(super) digest: Digest,
}

impl RuleId {
    fn write(&self, writer: &mut Writer) {
        writer.text(&self.tenant);
        writer.text(&self.rule);
        writer.bytes(&self.digest.0);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        let (tenant, rule) = (reader.text()?.to_owned(), reader.text()?.to_owned());
        let digest = reader.bytes()?.try_into();
        let digest = Digest(digest.map_err(|_| reader.invalid("digest of 32 bytes"))?);
        Ok(Self {
            tenant,
            rule,
            digest,
        })
    }
}

/// Failures in a row per rule, and rules that are set aside.
#[derive(Debug, Default)]
pub(super) struct Streaks {
    failing: BTreeMap<RuleId, u32>,
    /// With the position of the rules log before which activations are meant.
    set_aside: BTreeMap<RuleId, u64>,
}

impl Streaks {
    /// Rows that a batch may hold before the rule could fail too often within it.
    pub(super) fn room(&self, tenant: &str, rule: &str, digest: Digest) -> usize {
        let same = |id: &RuleId| id.tenant == tenant && id.rule == rule && id.digest == digest;
        let failing = self.failing.iter().find(|(id, _)| same(id));
        let left = RULE_FAILURES_MAX.saturating_sub(failing.map_or(0, |(_, streak)| *streak));
        ROWS_MAX
            .min(usize::try_from(left).unwrap_or(ROWS_MAX))
            .max(1)
    }

    /// Whether any rule fails at present.
    pub(super) fn is_any_failing(&self) -> bool {
        !self.failing.is_empty()
    }

    /// Notes a good evaluation.
    pub(super) fn succeeded(&mut self, id: &RuleId) {
        self.failing.remove(id);
    }

    /// Notes a failure; whether it is one too many.
    pub(super) fn failed(&mut self, id: &RuleId) -> bool {
        let streak = self.failing.entry(id.clone()).or_default();
        *streak += 1;
        *streak >= RULE_FAILURES_MAX
    }

    /// Notes that the rule is set aside; whether it was not before.
    pub(super) fn set_aside(&mut self, id: RuleId, offset_before: u64) -> bool {
        self.failing.remove(&id);
        self.set_aside.insert(id, offset_before) != Some(offset_before)
    }

    /// The rules that this shard has set aside.
    pub(super) fn all_set_aside(&self) -> impl Iterator<Item = (&RuleId, u64)> {
        self.set_aside
            .iter()
            .map(|(id, offset_before)| (id, *offset_before))
    }

    pub(super) fn write(&self, writer: &mut Writer) {
        writer.list(self.failing.iter(), |writer, (id, streak)| {
            id.write(writer);
            writer.u32(*streak);
        });
        writer.list(self.set_aside.iter(), |writer, (id, offset_before)| {
            id.write(writer);
            writer.u64(*offset_before);
        });
    }

    pub(super) fn restore(&mut self, reader: &mut Reader<'_>) -> Result<(), CodecError> {
        let failing = reader.list(|reader| Ok((RuleId::read(reader)?, reader.u32()?)))?;
        self.failing = failing.into_iter().collect();
        let set_aside = reader.list(|reader| Ok((RuleId::read(reader)?, reader.u64()?)))?;
        self.set_aside = set_aside.into_iter().collect();
        Ok(())
    }
}
