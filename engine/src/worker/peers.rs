//! What shards tell each other at the end of a day, and the gate before each new one.
//!
//! ```text
//! counts of the others ─▶ board ─▶ complete? ─▶ given in a step ─▶ the gate is open
//! ```
//! A shard passes into day D+2 of a tenant when all shards have told what they counted on D. One
//! that catches up waits as long as it takes, and so does one of a backtest; a live one waits ten
//! minutes and goes on with the last complete day. The step records which. Nothing here adds up
//! what a decision uses beyond that.

use std::collections::{BTreeMap, VecDeque};

use super::Runner;
use crate::limits::{PEER_DAYS_KEPT, PEER_LIVE_MS, PEER_STEP_BYTES_MAX, PEER_WAIT_MS};
use crate::log::{Log, LogError};
use crate::model::{
    CodecError, PeerCounts, PeersClosed, PeersGiven, Reader, ShardId, Time, Writer,
};
use crate::shard::{DayBarrier, Shard};

impl Runner {
    /// Makes the runner one of history: it waits for what other shards count as long as it takes,
    /// however near to the clock it comes, so that what it says depends on no wait.
    pub const fn never_live(&mut self) {
        self.board.is_of_history = true;
    }
}

/// How far a step may go as far as days are concerned.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Gate {
    /// No day is in the way.
    Open,
    /// Statistics begin at this moment: the step goes no further, so that what bars the way then
    /// is known. At [`Time::MIN`] they begin with the first record.
    Begin(Time),
    /// What the others counted is not there yet: the step ends before this moment.
    Shut(Time),
}

impl Gate {
    /// The gate before a shard.
    pub(super) fn of(shard: &mut Shard) -> Self {
        if let Some(at) = shard.days_begin_at() {
            return Self::Begin(at);
        }
        let barriers = shard.day_barriers(Time::MAX);
        barriers
            .first()
            .map_or(Self::Open, |first| Self::Shut(first.at))
    }

    /// Records and timers up to and including this may be taken.
    pub(super) fn bound(self, until: Time) -> Time {
        match self {
            Self::Open | Self::Begin(Time::MIN) => until,
            Self::Begin(at) => until.min(at),
            Self::Shut(at) => until.min(at.minus_ms(1)),
        }
    }

    /// Most records that may be taken.
    pub(super) const fn records_max(self, records_max: usize) -> usize {
        match self {
            // What comes behind the first record may lie days later.
            Self::Begin(Time::MIN) => 1,
            _ => records_max,
        }
    }

    /// How far timers may run: `settled` where all inputs are at their end, else up to the last
    /// record, unless more records wait behind the gate (`goes_on`).
    pub(super) fn advance_to(
        self,
        settled: Option<Time>,
        has_records: bool,
        goes_on: bool,
    ) -> Time {
        let advance_to = settled.map_or(Time::MIN, |settled| self.bound(settled));
        match self {
            Self::Begin(Time::MIN) if has_records => Time::MIN,
            Self::Begin(at) if goes_on => advance_to.max(at),
            _ => advance_to,
        }
    }
}

/// What one other shard has told.
#[derive(Debug, Default)]
struct Lane {
    shard: u32,
    /// The position to read on from.
    next: u64,
    /// Per reading its position, and the tenants and days that it gave.
    readings: VecDeque<(u64, Vec<(String, u16)>)>,
    tenants: BTreeMap<String, Told>,
    /// The latest day of any tenant.
    newest: u16,
}

/// What one other shard has told of a tenant.
#[derive(Debug, Default)]
struct Told {
    /// The last day that it has counted.
    through: u16,
    /// Its counts by day; a day without is one on which it had nobody.
    days: BTreeMap<u16, PeerCounts>,
}

/// Since when a day is waited for, whether as live, and whether a long wait was told of.
#[derive(Clone, Copy, Debug)]
struct Wait {
    since: Time,
    is_live: bool,
    is_told: bool,
}

/// What the other shards have told this one.
#[derive(Debug)]
pub(super) struct Board {
    lanes: Vec<Lane>,
    waits: BTreeMap<(String, u16), Wait>,
    /// Whether it never counts as live.
    is_of_history: bool,
}

impl Board {
    pub(super) fn new(own: ShardId, shards: u32) -> Self {
        let others = (0..shards).filter(|shard| *shard != own.0);
        let lane = |shard| Lane {
            shard,
            ..Lane::default()
        };
        Self {
            lanes: others.map(lane).collect(),
            waits: BTreeMap::new(),
            is_of_history: false,
        }
    }

    /// What can be given now of what `barriers` ask for, in their order.
    pub(super) fn ready(
        &mut self,
        log: &mut dyn Log,
        barriers: &[DayBarrier],
        clock: Time,
    ) -> Result<Vec<PeersGiven>, LogError> {
        for lane in &mut self.lanes {
            lane.read(log)?;
            lane.forget(barriers);
        }
        let mut given = Vec::new();
        let mut bytes = 0;
        for barrier in barriers {
            let Some(used) = self.used_for(barrier, clock) else {
                continue;
            };
            let others = used.map_or_else(PeerCounts::new, |day| self.sum(&barrier.tenant, day));
            let one = PeersGiven {
                tenant: barrier.tenant.clone(),
                day: barrier.day,
                used,
                others,
            };
            let mut writer = Writer::new();
            one.write(&mut writer);
            bytes += writer.len();
            if bytes > PEER_STEP_BYTES_MAX && !given.is_empty() {
                break;
            }
            self.waits.remove(&(one.tenant.clone(), one.day));
            given.push(one);
        }
        Ok(given)
    }

    /// The day that a barrier's tenant goes on with (`Some(None)`: the one in use); `None` where
    /// it has to wait.
    fn used_for(&mut self, barrier: &DayBarrier, clock: Time) -> Option<Option<u16>> {
        let tenant = &barrier.tenant;
        let Some(wanted) = barrier.day.checked_sub(2) else {
            return Some(None);
        };
        if self.is_complete(tenant, wanted) {
            return Some(Some(wanted));
        }
        let wait = self.waits.entry((tenant.clone(), barrier.day));
        let wait = wait.or_insert(Wait {
            since: clock,
            is_live: !self.is_of_history && clock.since_ms(barrier.at) < PEER_LIVE_MS,
            is_told: false,
        });
        let is_long = clock.since_ms(wait.since) >= PEER_WAIT_MS;
        let is_news = is_long && !std::mem::replace(&mut wait.is_told, is_long);
        if !is_long || !wait.is_live {
            if is_news {
                tracing::warn!(
                    "tenant {tenant}: shards {} have not told what they counted on day {wanted} \
                     for {} minutes. Do they run? This shard catches up and waits for them, so \
                     that what it says does not depend on how long it waited",
                    self.silent(tenant, wanted),
                    PEER_WAIT_MS / 60_000
                );
            }
            return None;
        }
        let kept = u16::try_from(PEER_DAYS_KEPT).unwrap_or(u16::MAX);
        let oldest = barrier.used.map_or(0, |used| used.saturating_add(1));
        let oldest = oldest.max(barrier.day.saturating_sub(kept));
        let complete = (oldest..wanted)
            .rev()
            .find(|day| self.is_complete(tenant, *day));
        tracing::warn!(
            "tenant {tenant}: shards {} have not told what they counted on day {wanted} for {} \
             minutes; going on with an older day's segment statistics",
            self.silent(tenant, wanted),
            PEER_WAIT_MS / 60_000
        );
        Some(complete)
    }

    /// The shards that have not told of a day, for people.
    fn silent(&self, tenant: &str, day: u16) -> String {
        let silent = self.lanes.iter().filter(|lane| !lane.has(tenant, day));
        let silent: Vec<String> = silent.map(|lane| lane.shard.to_string()).collect();
        silent.join(", ")
    }

    fn is_complete(&self, tenant: &str, day: u16) -> bool {
        self.lanes.iter().all(|lane| lane.has(tenant, day))
    }

    fn sum(&self, tenant: &str, day: u16) -> PeerCounts {
        let mut sum = PeerCounts::new();
        for lane in &self.lanes {
            if let Some(counts) = lane
                .tenants
                .get(tenant)
                .and_then(|told| told.days.get(&day))
            {
                sum.merge(counts);
            }
        }
        sum
    }

    /// Writes where to read on from: what is needed of what was read is read again.
    pub(super) fn write(&self, writer: &mut Writer) {
        writer.list(self.lanes.iter(), |writer, lane| {
            writer.u32(lane.shard);
            let first = lane.readings.front();
            writer.u64(first.map_or(lane.next, |(from, _)| *from));
        });
    }

    /// Takes up where to read on from.
    pub(super) fn restore(&mut self, reader: &mut Reader<'_>) -> Result<(), CodecError> {
        for (shard, next) in reader.list(|reader| Ok((reader.u32()?, reader.u64()?)))? {
            if let Some(lane) = self.lanes.iter_mut().find(|lane| lane.shard == shard) {
                lane.next = next;
            }
        }
        Ok(())
    }
}

impl Lane {
    fn has(&self, tenant: &str, day: u16) -> bool {
        let told = self.tenants.get(tenant);
        told.is_some_and(|told| told.through >= day)
    }

    /// Reads what was told since the last look.
    fn read(&mut self, log: &mut dyn Log) -> Result<(), LogError> {
        let (payloads, next) = log.counts(ShardId(self.shard), self.next)?;
        let mut gave = Vec::new();
        for payload in payloads {
            let PeersClosed {
                tenant,
                day,
                counts,
            } = PeersClosed::parse(&payload).map_err(|error| {
                LogError::Stop(format!(
                    "read what shard {} counted, behind position {}: {error}",
                    self.shard, self.next
                ))
            })?;
            self.newest = self.newest.max(day);
            gave.push((tenant.clone(), day));
            let told = self.tenants.entry(tenant).or_default();
            told.through = told.through.max(day);
            if !counts.is_empty() {
                told.days.insert(day, counts);
            }
        }
        if !gave.is_empty() {
            self.readings.push_back((self.next, gave));
        }
        self.next = next;
        Ok(())
    }

    /// Forgets days up to those in use; of tenants of whom nothing is asked, old ones.
    fn forget(&mut self, barriers: &[DayBarrier]) {
        let kept = u16::try_from(PEER_DAYS_KEPT).unwrap_or(u16::MAX);
        let newest = self.newest;
        let is_needed = |tenant: &str, day: u16| {
            let barrier = barriers.iter().find(|barrier| barrier.tenant == tenant);
            match barrier {
                Some(barrier) => {
                    let in_reach = day.saturating_add(kept) >= barrier.day;
                    in_reach && barrier.used.is_none_or(|used| day > used)
                }
                None => day.saturating_add(kept) >= newest,
            }
        };
        for (tenant, told) in &mut self.tenants {
            told.days.retain(|day, _| is_needed(tenant, *day));
        }
        while let Some((_, gave)) = self.readings.front() {
            if gave.iter().any(|(tenant, day)| is_needed(tenant, *day)) {
                break;
            }
            self.readings.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_live_shard_goes_on_without_the_others() {
        let at = Time(20_000 * crate::model::DAY_MS);
        let barrier = DayBarrier {
            tenant: "acme".into(),
            day: 20_000,
            used: None,
            at,
        };
        for (is_of_history, behind_ms, after_the_wait) in [
            (false, 0, Some(None)),
            (false, PEER_LIVE_MS, None),
            (true, 0, None),
        ] {
            let mut board = Board {
                is_of_history,
                ..Board::new(ShardId(0), 2)
            };
            let since = at.plus_ms(behind_ms);
            assert_eq!(board.used_for(&barrier, since), None);
            let found = board.used_for(&barrier, since.plus_ms(PEER_WAIT_MS));
            assert_eq!(
                found, after_the_wait,
                "{is_of_history}, {behind_ms} ms behind"
            );
        }
    }
}
