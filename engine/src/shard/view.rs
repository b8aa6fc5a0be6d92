//! What others may know of a shard. Reads only.

use super::{Counts, Shard};
use crate::model::{Digest, Time};

impl Shard {
    /// The next step's number.
    #[must_use]
    pub const fn sequence_next(&self) -> u64 {
        self.sequence_next
    }

    /// The shard's `now`.
    #[must_use]
    pub const fn now(&self) -> Time {
        self.now
    }

    /// What became of all records and events.
    #[must_use]
    pub const fn counts(&self) -> &Counts {
        &self.counts
    }

    /// Accounts known.
    #[must_use]
    pub const fn accounts_len(&self) -> usize {
        self.accounts.len()
    }

    /// Ids remembered for the recognition of repeats.
    #[must_use]
    pub fn ids_remembered(&self) -> usize {
        self.admitted.len()
    }

    /// Whether a timer or an activation is due at or before `until`.
    #[must_use]
    pub fn is_due(&self, until: Time) -> bool {
        let activation = self.next_activation();
        self.timers.next().is_some_and(|(due, _)| due <= until)
            || activation != Time::MAX && activation <= until
            || self.day_due(until) <= until
    }

    /// Running digest of outputs per tenant, in order of tenants.
    #[must_use]
    pub fn digests(&self) -> Vec<(String, Digest)> {
        self.digests
            .iter()
            .map(|(tenant, digest)| (tenant.clone(), *digest))
            .collect()
    }
}
