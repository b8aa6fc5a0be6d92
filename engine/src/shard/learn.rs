//! Learning what the rules log says: before a step is folded, everything written before its clock.

use bytes::Bytes;

use super::Shard;
use crate::log::{LogError, RulesRecord};
use crate::model::{Digest, Time};
use crate::rules::record::Record;
use crate::rules::{Applied, Change, Entry};

/// Gives the module with a digest.
type Modules<'a> = dyn FnMut(Digest) -> Result<Bytes, LogError> + 'a;

impl Shard {
    /// The next position of the rules log that is not known yet.
    #[must_use]
    pub const fn rules_next(&self) -> u64 {
        self.rules_next
    }

    /// Takes up records of the rules log; `rules_next` is the position behind them. Activations
    /// will score the accounts of their tenant.
    ///
    /// # Errors
    /// Where a module cannot be had or compiled, or does not fit its tenant's settings: an
    /// instance that cannot follow the rules log stops.
    pub fn learn(
        &mut self,
        records: &[RulesRecord],
        rules_next: u64,
        modules: &mut Modules<'_>,
    ) -> Result<(), LogError> {
        for record in records {
            let was = self.shadow_that_failed(record);
            let Applied { tenant, change } = self.take_up(record, modules)?;
            let in_shadow = self.is_of_shadow(was, &tenant, &change);
            let scores_from = match change {
                Change::Activated { from, .. } | Change::Deactivated { from, .. } => Some(from),
                Change::SetAside { .. } => Some(self.now),
                Change::Settings { .. } => None,
                Change::Ignored { why } => {
                    self.batch.refuse(record.offset, &tenant, why);
                    continue;
                }
            };
            self.govern_tenant(&tenant)?;
            let activations = if in_shadow {
                &mut self.shadow_activations
            } else {
                &mut self.activations
            };
            activations.extend(scores_from.map(|from| (from, tenant)));
        }
        self.rules_next = rules_next;
        if !records.is_empty() {
            self.look_for_days();
        }
        Ok(())
    }

    /// Whether a change concerns a rule that is and was in shadow, if it was there at all: then no
    /// other rule is asked again.
    fn is_of_shadow(&self, was: Option<bool>, tenant: &str, change: &Change) -> bool {
        let (was, is) = match change {
            Change::Activated { rule, from } | Change::Deactivated { rule, from } => {
                let earlier = (*from > Time::MIN).then(|| from.minus_ms(1));
                let was = earlier.and_then(|at| self.is_in_shadow(tenant, rule, at));
                (was, self.is_in_shadow(tenant, rule, *from))
            }
            Change::SetAside { rule, .. } => (was, self.is_in_shadow(tenant, rule, self.now)),
            Change::Settings { .. } | Change::Ignored { .. } => return false,
        };
        matches!(
            (was, is),
            (None | Some(true), Some(true)) | (Some(true), None)
        )
    }

    /// Of a record that sets a rule aside, before it is taken up: whether that rule is in shadow.
    fn shadow_that_failed(&self, record: &RulesRecord) -> Option<bool> {
        match Record::from_bytes(&record.value) {
            Ok(Record::SetAside(it)) => self.is_in_shadow(&it.tenant, &it.rule, self.now),
            _ => None,
        }
    }

    /// Whether a rule is in shadow at `at`; `None` where it does not run.
    fn is_in_shadow(&self, tenant: &str, name: &str, at: Time) -> Option<bool> {
        let rules = &self.book.tenant(tenant)?.epoch(at).rules;
        let rule = rules.iter().find(|rule| *rule.name == *name)?;
        Some(rule.shadow)
    }

    /// Takes up again what was learned before a snapshot: the records before `rules_next`. What
    /// they set off is in the snapshot already.
    ///
    /// # Errors
    /// As [`Shard::learn`].
    pub fn relearn(
        &mut self,
        records: &[RulesRecord],
        modules: &mut Modules<'_>,
    ) -> Result<(), LogError> {
        let mut tenants = std::collections::BTreeSet::new();
        let rules_next = self.rules_next;
        for record in records.iter().filter(|record| record.offset < rules_next) {
            tenants.insert(self.take_up(record, modules)?.tenant);
        }
        for (id, offset_before) in self.streaks.all_set_aside() {
            self.book
                .set_aside(&id.tenant, &id.rule, id.digest, offset_before);
        }
        for tenant in tenants {
            self.govern_tenant(&tenant)?;
        }
        self.tenants.move_to(self.now);
        self.look_for_days();
        Ok(())
    }

    fn take_up(
        &mut self,
        record: &RulesRecord,
        modules: &mut Modules<'_>,
    ) -> Result<Applied, LogError> {
        let RulesRecord {
            offset,
            timestamp,
            value,
        } = record;
        let entry = Entry {
            offset: *offset,
            timestamp: *timestamp,
            value,
        };
        self.book.apply(entry, modules).map_err(|error| {
            LogError::Stop(format!("follow the rules log at record {offset}: {error}"))
        })
    }

    fn govern_tenant(&mut self, name: &str) -> Result<(), LogError> {
        let epochs = self
            .book
            .tenant(name)
            .map_or(&[][..], |tenant| tenant.epochs());
        self.tenants.govern(name, epochs).map_err(|error| {
            LogError::Stop(format!("follow the rules log for tenant {name}: {error}"))
        })
    }

    /// Gives a tenant its rules anew after one was set aside here.
    pub(super) fn regovern(&mut self, tenant: &str) {
        // What remains was made ready once already; should it not fit, it stays as it was.
        if self.govern_tenant(tenant).is_ok() {
            self.tenants.move_to(self.now);
            self.look_for_days();
        }
    }
}
