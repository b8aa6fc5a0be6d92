//! What traffic looks like: how many accounts, which are busy, what they send, and how badly.

use puls::model::{Kind, Time};

/// Which accounts events are about.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Keys {
    /// All alike.
    Uniform,
    /// The r-th busiest in proportion to r to the power of minus this exponent; 1.0 is customary.
    Zipf(f64),
}

/// Shares of the kinds, in any unit; their sum is the whole.
///
/// There are no actions: they answer alerts, whose ids a generator cannot know.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Mix {
    /// Use of the product.
    pub usage: u32,
    /// Changes of tickets.
    pub ticket: u32,
    /// Changes of contacts.
    pub contact: u32,
    /// Touches.
    pub touch: u32,
    /// Terms and payments.
    pub license: u32,
    /// Surveys sent and answered.
    pub survey: u32,
    /// Profiles.
    pub account: u32,
    /// Milestones.
    pub milestone: u32,
    /// Assessments of success factors.
    pub assessment: u32,
}

impl Default for Mix {
    /// Of a thousand events, 940 are usage: what a product with an event stream looks like.
    fn default() -> Self {
        Self {
            usage: 940,
            ticket: 20,
            contact: 10,
            touch: 10,
            license: 8,
            survey: 6,
            account: 4,
            milestone: 1,
            assessment: 1,
        }
    }
}

impl Mix {
    /// Usage alone.
    pub const USAGE: Self = Self {
        usage: 1,
        ticket: 0,
        contact: 0,
        touch: 0,
        license: 0,
        survey: 0,
        account: 0,
        milestone: 0,
        assessment: 0,
    };

    /// The shares with their kinds, usage first.
    pub(crate) const fn shares(&self) -> [(Kind, u32); 9] {
        [
            (Kind::Usage, self.usage),
            (Kind::Ticket, self.ticket),
            (Kind::Contact, self.contact),
            (Kind::Touch, self.touch),
            (Kind::License, self.license),
            (Kind::Survey, self.survey),
            (Kind::Account, self.account),
            (Kind::Milestone, self.milestone),
            (Kind::Assessment, self.assessment),
        ]
    }
}

/// What traffic looks like. Equal workloads give equal lines.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Workload {
    /// Seed of all choices.
    pub seed: u64,
    /// Accounts over all tenants, at least 1.
    pub accounts: u32,
    /// Tenants, at least 1; account n belongs to tenant n modulo this.
    pub tenants: u32,
    /// Which accounts events are about.
    pub keys: Keys,
    /// Time of the first record.
    pub start: Time,
    /// Records in a second of simulated time, on average.
    pub events_per_s: f64,
    /// Share of records whose event happened one minute to six days before.
    pub late_share: f64,
    /// Share of records that repeat an earlier one, by value and id.
    pub duplicate_share: f64,
    /// Whether every account's profile and license come first, in order of accounts.
    pub profiles: bool,
    /// Shares of the kinds.
    pub mix: Mix,
}

impl Default for Workload {
    /// 10,000 accounts of one tenant, 100 records a second from 2026 on, 1 % late, 1 % twice.
    fn default() -> Self {
        Self {
            seed: 1,
            accounts: 10_000,
            tenants: 1,
            keys: Keys::Zipf(1.0),
            // 2026-01-01T00:00:00Z
            start: Time(1_767_225_600_000),
            events_per_s: 100.0,
            late_share: 0.01,
            duplicate_share: 0.01,
            profiles: true,
            mix: Mix::default(),
        }
    }
}
