//! Segment statistics: counting a tenant's accounts at the end of each local day, and which day's
//! counts are in use.
//!
//! ```text
//!      day D      │      D+1      │      D+2
//!   ──────────────┼───────────────┼──────────────▶ now
//!        counted, │      counted, │ in use: the sum
//!       published ┘     published ┘ of all shards' D
//! ```
//! Passing into a day comes before all else at its first instant, and raises `now` to it, as a
//! timer does. A shard that is alone adds up by itself; one of several is given what the others
//! counted in its steps, before it passes into the day. A tenant whose rules compare nothing with
//! peers has no part in this and costs nothing.

use std::collections::BTreeMap;

use super::Shard;
use super::tenants::Tenant;
use crate::limits::{PEER_DAYS_KEPT, PEER_HISTOGRAMS_MAX, PEER_SEGMENTS_MAX};
use crate::model::{CodecError, PeerCounts, PeersClosed, PeersGiven, Reader, Time, Writer};

/// Counts of nobody.
pub(super) static NOBODY: PeerCounts = PeerCounts::new();

/// The statistics of one tenant.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct TenantPeers {
    /// The day in which the tenant is: the first that was not counted yet.
    open: u16,
    /// What this shard counted, by day; a day without is one on which it had nobody.
    own: BTreeMap<u16, PeerCounts>,
    /// What it was given for days that it has not passed into.
    given: BTreeMap<u16, (Option<u16>, PeerCounts)>,
    /// The statistics by the day that was counted, the one in use last.
    used: Vec<(u16, PeerCounts)>,
}

impl TenantPeers {
    /// The day whose statistics are in use.
    pub(super) fn day(&self) -> Option<u16> {
        self.used.last().map(|(day, _)| *day)
    }

    /// The day whose statistics will be in use once it has passed into all days that it may.
    fn day_given(&self) -> Option<u16> {
        let given = self.given.values().filter_map(|(used, _)| *used).max();
        given.max(self.day())
    }

    /// The statistics in use.
    pub(super) fn counts(&self) -> &PeerCounts {
        self.used.last().map_or(&NOBODY, |(_, counts)| counts)
    }

    /// The statistics of a day, if they were in use not too long ago.
    pub(super) fn on(&self, day: u16) -> Option<&PeerCounts> {
        let found = self.used.iter().find(|(of, _)| *of == day);
        found.map(|(_, counts)| counts)
    }

    /// Passes into the day after the open one, of which the counts are `counts`.
    fn pass(&mut self, counts: PeerCounts, is_alone: bool) {
        if !counts.is_empty() {
            self.own.insert(self.open, counts);
        }
        self.open = self.open.saturating_add(1);
        let given = self.given.remove(&self.open);
        let alone = || (self.open.checked_sub(2), PeerCounts::default());
        let (used, mut sum) = match given {
            None if is_alone => alone(),
            given => given.unwrap_or_default(),
        };
        if let Some(used) = used.filter(|used| self.day().is_none_or(|day| day < *used)) {
            if let Some(own) = self.own.get(&used) {
                sum.merge(own);
            }
            sum.bound(PEER_SEGMENTS_MAX);
            self.used.push((used, sum));
        }
        let needless = self.used.len().saturating_sub(PEER_DAYS_KEPT);
        self.used.drain(..needless);
        let kept = u16::try_from(PEER_DAYS_KEPT).unwrap_or(u16::MAX);
        let (day, oldest) = (self.day(), self.open.saturating_sub(kept));
        self.own
            .retain(|of, _| day.is_none_or(|day| *of > day) && *of >= oldest);
        self.given.retain(|of, _| *of > self.open);
    }

    fn write(&self, writer: &mut Writer) {
        writer.u16(self.open);
        writer.list(self.own.iter(), |writer, (day, counts)| {
            writer.u16(*day);
            counts.write(writer);
        });
        writer.list(self.given.iter(), |writer, (day, (used, counts))| {
            writer.u16(*day);
            writer.option(*used, Writer::u16);
            counts.write(writer);
        });
        writer.list(self.used.iter(), |writer, (day, counts)| {
            writer.u16(*day);
            counts.write(writer);
        });
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        let dated = |reader: &mut Reader<'_>| Ok((reader.u16()?, PeerCounts::read(reader)?));
        Ok(Self {
            open: reader.u16()?,
            own: reader.list(dated)?.into_iter().collect(),
            given: reader
                .list(|reader| {
                    let day = reader.u16()?;
                    let used = reader.option(Reader::u16)?;
                    Ok((day, (used, PeerCounts::read(reader)?)))
                })?
                .into_iter()
                .collect(),
            used: reader.list(dated)?,
        })
    }
}

/// The statistics of all tenants whose rules compare with peers.
#[derive(Debug)]
pub(super) struct Peers {
    tenants: BTreeMap<String, TenantPeers>,
    /// When the next day of any tenant begins, or statistics begin to be needed.
    pub(super) due: Time,
}

impl Default for Peers {
    fn default() -> Self {
        Self {
            tenants: BTreeMap::new(),
            due: Time::MAX,
        }
    }
}

impl Peers {
    pub(super) fn of(&self, tenant: &str) -> Option<&TenantPeers> {
        self.tenants.get(tenant)
    }

    /// Takes what a step gives.
    pub(super) fn take(&mut self, given: &[PeersGiven]) {
        for PeersGiven {
            tenant,
            day,
            used,
            others,
        } in given
        {
            if let Some(known) = self.tenants.get_mut(tenant) {
                known.given.insert(*day, (*used, others.clone()));
            }
        }
    }

    pub(super) fn write(&self, writer: &mut Writer) {
        writer.list(self.tenants.iter(), |writer, (tenant, peers)| {
            writer.text(tenant);
            peers.write(writer);
        });
    }

    /// Takes up what [`Peers::write`] wrote; when the next day begins is to be asked again.
    pub(super) fn restore(&mut self, reader: &mut Reader<'_>) -> Result<(), CodecError> {
        let tenants =
            reader.list(|reader| Ok((reader.text()?.to_owned(), TenantPeers::read(reader)?)))?;
        self.tenants = tenants.into_iter().collect();
        Ok(())
    }
}

/// A day of a tenant that a shard cannot pass into before it is given what others counted.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct DayBarrier {
    /// The first instant of the day.
    pub at: Time,
    /// Whose day.
    pub tenant: String,
    /// The day.
    pub day: u16,
    /// The day whose statistics are in use, if any.
    pub used: Option<u16>,
}

/// What a tenant's statistics do next.
enum Due {
    /// Nothing ever.
    Never,
    /// They begin to be kept.
    Begin(Time),
    /// The open day ends.
    Pass(Time),
    /// They are no longer needed.
    End,
}

fn due_of(tenant: &Tenant, known: Option<&TenantPeers>, now: Time) -> Due {
    let governing = tenant.epochs.iter().find(|epoch| now < epoch.until);
    match (governing.filter(|epoch| !epoch.bases.is_empty()), known) {
        (Some(epoch), Some(known)) => {
            let start = epoch.plan.days().start_of(known.open.saturating_add(1));
            Due::Pass(start.max(now))
        }
        (None, Some(_)) => Due::End,
        (_, None) => {
            let begin = tenant.first_from(now, |epoch| !epoch.bases.is_empty());
            begin.map_or(Due::Never, Due::Begin)
        }
    }
}

impl Shard {
    /// Asks anew when a day begins next: what governs may have changed.
    pub(super) fn look_for_days(&mut self) {
        self.peers.due = Time::MAX;
        for tenant in self.tenants.iter_mut() {
            let known = self.peers.tenants.get(&tenant.name);
            let due = match due_of(tenant, known, self.now) {
                Due::Never => Time::MAX,
                Due::End => self.now,
                Due::Begin(at) | Due::Pass(at) => at,
            };
            self.peers.due = due.min(self.peers.due);
        }
    }

    /// When a day is to be passed into; a shard that goes nowhere passes into none.
    pub(super) const fn day_due(&self, until: Time) -> Time {
        if until.0 == Time::MIN.0 {
            Time::MAX
        } else {
            self.peers.due
        }
    }

    /// Begins, passes or ends what is due at `due`, for every tenant. `until` is how far the shard
    /// goes: one that has seen nothing begins there.
    pub(super) fn pass_days(&mut self, due: Time, until: Time) {
        // What waits was computed with the statistics of before, and its changes are split by them.
        self.flush();
        let due = due.max(self.now);
        self.govern(due.minus_ms(1).max(self.now));
        let mut passing: BTreeMap<String, PeerCounts> = BTreeMap::new();
        let mut beginning = Vec::new();
        for tenant in self.tenants.iter_mut() {
            let known = self.peers.tenants.get(&tenant.name);
            match due_of(tenant, known, self.now) {
                Due::Pass(at) if at <= due => {
                    passing.insert(tenant.name.clone(), PeerCounts::default());
                }
                Due::Begin(at) if at <= due => beginning.push(tenant.name.clone()),
                Due::End => {
                    self.peers.tenants.remove(&tenant.name);
                }
                Due::Never | Due::Begin(_) | Due::Pass(_) => {}
            }
        }
        self.count_into(&mut passing, due.minus_ms(1));
        if !passing.is_empty() {
            self.govern(due);
        }
        let is_alone = self.place.shards == 1;
        for (tenant, mut counts) in passing {
            counts.bound(PEER_SEGMENTS_MAX);
            let Some(known) = self.peers.tenants.get_mut(&tenant) else {
                continue;
            };
            if !is_alone {
                let counts = counts.clone();
                let day = known.open;
                self.batch.note_closed(PeersClosed {
                    tenant,
                    day,
                    counts,
                });
            }
            known.pass(counts, is_alone);
        }
        for tenant in beginning {
            self.begin_days(tenant, if self.now == Time::MIN { until } else { due });
        }
        self.look_for_days();
    }

    /// Begins to keep statistics of a tenant on the day of `at`; the days before are empty.
    fn begin_days(&mut self, tenant: String, at: Time) {
        let governing = self.tenants.get_mut(&tenant);
        let Some(epoch) = governing.and_then(|tenant| tenant.epoch_at(at)) else {
            return;
        };
        if epoch.bases.is_empty() {
            return;
        }
        let open = epoch.plan.moment(at).today;
        let begun = TenantPeers {
            open,
            ..TenantPeers::default()
        };
        self.peers.tenants.insert(tenant.clone(), begun);
        if let Some(day) = open.checked_sub(1).filter(|_| self.place.shards > 1) {
            let counts = PeerCounts::default();
            self.batch.note_closed(PeersClosed {
                tenant,
                day,
                counts,
            });
        }
    }

    /// Counts the accounts of these tenants as they are at `at`.
    fn count_into(&mut self, counts: &mut BTreeMap<String, PeerCounts>, at: Time) {
        if counts.is_empty() {
            return;
        }
        let at = at.max(self.now);
        for slot in self.accounts.iter_mut() {
            let Some(counts) = counts.get_mut(slot.key.tenant()) else {
                continue;
            };
            let tenant = self.tenants.get_mut(slot.key.tenant());
            if let Some(epoch) = tenant.and_then(|tenant| tenant.epoch()) {
                epoch
                    .bases
                    .count(&epoch.plan, &mut slot.account, at, counts);
                counts.bound_beyond(PEER_HISTOGRAMS_MAX, PEER_SEGMENTS_MAX);
            }
        }
    }

    /// The day whose statistics a tenant's decisions use; `None` where they use none.
    #[must_use]
    pub fn peers_day(&self, tenant: &str) -> Option<u16> {
        self.peers.of(tenant).and_then(TenantPeers::day)
    }

    /// When statistics begin to be needed that are not kept yet, of one of several shards;
    /// [`Time::MIN`] where they begin with what the shard first sees.
    pub fn days_begin_at(&mut self) -> Option<Time> {
        if self.place.shards == 1 || self.peers.due == Time::MAX {
            return None;
        }
        let begins = self.tenants.iter_mut().filter_map(|tenant| {
            let known = self.peers.tenants.get(&tenant.name);
            match due_of(tenant, known, self.now) {
                Due::Begin(at) => Some(at),
                Due::Never | Due::Pass(_) | Due::End => None,
            }
        });
        begins.min()
    }

    /// The days that begin up to `until` and that this shard cannot pass into yet, in order. A
    /// shard that is alone has none.
    pub fn day_barriers(&mut self, until: Time) -> Vec<DayBarrier> {
        if self.place.shards == 1 || self.peers.due > until {
            return Vec::new();
        }
        let mut barriers = Vec::new();
        for tenant in self.tenants.iter_mut() {
            let Some(known) = self.peers.tenants.get(&tenant.name) else {
                continue;
            };
            let governing = tenant.epochs.iter().find(|epoch| self.now < epoch.until);
            let Some(epoch) = governing.filter(|epoch| !epoch.bases.is_empty()) else {
                continue;
            };
            let mut day = known.open.saturating_add(1);
            while known.given.contains_key(&day) {
                day = day.saturating_add(1);
            }
            let at = epoch.plan.days().start_of(day).max(self.now);
            if at <= until {
                barriers.push(DayBarrier {
                    at,
                    tenant: tenant.name.clone(),
                    day,
                    used: known.day_given(),
                });
            }
        }
        barriers.sort();
        barriers
    }
}
