//! The shard: a pure function of its journal. `fold(state, step) -> (state, outputs)` reads no
//! clock, no disk, no network and no random source.
//!
//! ```text
//! records, merged ─▶ decode ─▶ admit ─▶ state ─▶ features ─▶ rules, batched ─▶ decide ─▶ outputs
//!        timers ───────────────────────────────▶┘
//! ```
//! The life of an event is [`Shard::fold`] and the functions below it on this page. What waits for
//! its batch stands in `batch`, what governs each tenant in `tenants`, what is due in `timers`.
//! Nothing here does I/O, and nothing here can fail; what can be wrong with a record is a dead
//! letter, and what can be wrong with a rule is a report.

mod accounts;
mod batch;
mod columns;
mod counts;
mod desk;
mod distrust;
mod hindsight;
mod learn;
mod peers;
mod standing;
mod state;
mod streaks;
mod table;
mod tenants;
mod timers;
mod wakes;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub use self::batch::Report;
pub use self::columns::{Chunk, ColumnSet, Place};
pub use self::counts::{Counts, Fate, Fates, InputCounts};
pub use self::distrust::NobodyVouches;
pub use self::hindsight::PrimaryReading;
pub use self::peers::DayBarrier;
pub use self::standing::{RuleStanding, Standing};
pub use self::table::NamedValue;

use self::accounts::{AccountIndex, Accounts};
use self::batch::Batch;
use self::columns::Touched;
use self::distrust::Distrust;
use self::hindsight::Hindsight;
use self::peers::Peers;
use self::streaks::Streaks;
use self::tenants::Tenants;
use self::timers::{Timer, Timers};
use crate::admit::{Admission, Admitted, Place as PlaceInLog};
use crate::decode::{Decoder, DecoderSpec, Rejection};
use crate::limits::{ACTIVATION_SPREAD_MS, RECORD_BYTES_MAX, RECORD_FUTURE_MS_MAX};
use crate::log::InputSpec;
use crate::merge::Merged;
use crate::model::{
    Body, Cause, DAY_MS, Digest, Event, Key, Origin, Output, PeersClosed, Reason, ShardId, Step,
    Time, TimerName, hash64,
};
use crate::rules::record::Record as RulesEntry;
use crate::rules::{Book, Host, RulesEngine};
use crate::state::Account;

/// What every shard of a run is made of.
#[derive(Clone, Debug)]
pub struct ShardSpec {
    /// Number of shards.
    pub shards: u32,
    /// Whether records carry keys that decide their partition (Kafka), or not (files).
    pub keyed: bool,
    /// The inputs.
    pub inputs: Arc<[InputSpec]>,
    /// How each is decoded; checked when the configuration was read.
    pub decoders: Arc<[DecoderSpec]>,
    /// Compiles and runs rules.
    pub engine: RulesEngine,
}

/// State of one shard.
#[derive(Debug)]
pub struct Shard {
    place: PlaceInLog,
    inputs: Arc<[InputSpec]>,
    names: Vec<String>,
    decoders: Vec<Decoder>,
    host: Host,
    book: Book,
    tenants: Tenants,
    /// Activations that have not begun to score accounts, as (from, tenant).
    activations: BTreeSet<(Time, String)>,
    /// The same of rules in shadow, which score alone.
    shadow_activations: BTreeSet<(Time, String)>,
    accounts: Accounts,
    timers: Timers,
    admitted: Admitted,
    now: Time,
    sequence_next: u64,
    rules_next: u64,
    digests: BTreeMap<String, Digest>,
    counts: Counts,
    streaks: Streaks,
    distrust: Distrust,
    batch: Batch,
    /// Only in a backtest.
    hindsight: Option<Box<Hindsight>>,
    touched: Touched,
    peers: Peers,
}

/// What a step came to.
#[derive(Debug, Default)]
pub struct Folded {
    /// Outputs, in order of their causes.
    pub outputs: Vec<Output>,
    /// What went wrong with rules.
    pub reports: Vec<Report>,
    /// Records for the rules log.
    pub rules: Vec<RulesEntry>,
    /// What was counted at the ends of days, for the other shards.
    pub closed: Vec<PeersClosed>,
    /// Rows that rules scored.
    pub evaluations: u64,
}

impl Shard {
    /// A shard that has seen nothing.
    ///
    /// # Panics
    /// Where a decoder's specification was not checked before.
    #[must_use]
    pub fn new(id: ShardId, spec: &ShardSpec) -> Self {
        let decoder =
            |spec| Decoder::new(spec).expect("decoders are checked with the configuration");
        Self {
            place: PlaceInLog {
                shard: id.0,
                shards: spec.shards,
                keyed: spec.keyed,
            },
            inputs: Arc::clone(&spec.inputs),
            names: spec.inputs.iter().map(|input| input.name.clone()).collect(),
            decoders: spec.decoders.iter().map(decoder).collect(),
            host: Host::new(),
            book: Book::new(spec.engine.clone()),
            tenants: Tenants::default(),
            activations: BTreeSet::new(),
            shadow_activations: BTreeSet::new(),
            accounts: Accounts::default(),
            timers: Timers::default(),
            admitted: Admitted::new(&spec.inputs),
            now: Time::MIN,
            sequence_next: 0,
            rules_next: 0,
            digests: BTreeMap::new(),
            counts: Counts::new(&spec.inputs),
            streaks: Streaks::default(),
            distrust: Distrust::default(),
            batch: Batch::default(),
            hindsight: None,
            touched: Touched::default(),
            peers: Peers::default(),
        }
    }

    /// Folds one step: the records in the order of the merge, and timers as far as it says.
    pub fn fold(&mut self, step: &Step, records: &[Merged]) -> Folded {
        self.peers.take(&step.peers);
        for merged in records {
            self.record(merged);
        }
        self.fire_until(step.advance_to);
        self.flush();
        self.sequence_next = step.sequence + 1;
        self.batch.take_folded()
    }

    /// One record: timers that are due before it, then each of its events.
    fn record(&mut self, merged: &Merged) {
        let now = self.now.max(merged.log_time);
        self.fire_until(now);
        self.govern(now);
        let input = merged.record.input;
        let mut events = Vec::new();
        let fate = match self.decode(merged, &mut events) {
            Err(rejection) => self.bury(merged, 0, &rejection),
            Ok(()) => (0..)
                .zip(&events)
                .fold(Fate::Duplicate, |fate, (row, event)| {
                    let of_event = match event {
                        Ok(event) => self.event(merged, row, event),
                        Err(rejection) => self.bury(merged, row, rejection),
                    };
                    fate.max(of_event)
                }),
        };
        self.counts.record(usize::from(input), fate);
    }

    /// One event: admitted, folded into its account, and scored.
    fn event(&mut self, merged: &Merged, row: u16, event: &Event<'_>) -> Fate {
        let record = &merged.record;
        let known = self.accounts.find(&event.tenant, &event.account);
        let admitted = match self.admit(merged, known, event) {
            Ok(Some(index)) => index,
            Ok(None) => {
                self.counts
                    .event(usize::from(record.input), Fate::Duplicate);
                return Fate::Duplicate;
            }
            Err(rejection) => return self.bury(merged, row, &rejection),
        };
        let origin = Origin {
            input: record.input,
            offset: record.offset,
            row,
        };
        self.apply(admitted, event);
        if let Body::Action(action) = &event.body {
            self.push_action(admitted, action);
        }
        self.score(
            admitted,
            Cause::Input(origin),
            1 << event.body.kind() as u16,
        );
        self.counts.event(usize::from(record.input), Fate::Applied);
        Fate::Applied
    }

    /// The events of a record, in their form; `events` has one entry a row.
    fn decode<'a>(
        &mut self,
        merged: &'a Merged,
        events: &mut Vec<Result<Event<'a>, Rejection>>,
    ) -> Result<(), Rejection> {
        let record = &merged.record;
        if merged.future {
            let detail = format!(
                "expected a record stamped at most {} minutes beyond the clock, found {}",
                RECORD_FUTURE_MS_MAX / 60_000,
                record.timestamp.unwrap_or(Time::MAX)
            );
            return Err(Rejection {
                reason: Reason::Future,
                detail,
                tenant: None,
            });
        }
        if record.value.len() > RECORD_BYTES_MAX {
            let detail = format!("expected at most {RECORD_BYTES_MAX} bytes, found more");
            return Err(Rejection {
                reason: Reason::TooLarge,
                detail,
                tenant: None,
            });
        }
        let decoder = self.decoders.get_mut(usize::from(record.input));
        decoder
            .expect("a decoder for each input")
            .decode(record, events)
    }

    /// The account of an admitted event, made where it is new; `None` for a repeat.
    fn admit(
        &mut self,
        merged: &Merged,
        known: Option<AccountIndex>,
        event: &Event<'_>,
    ) -> Result<Option<AccountIndex>, Rejection> {
        let of_tenant = |reason, detail| Rejection {
            reason,
            detail,
            tenant: Some(event.tenant.clone().into_owned()),
        };
        let governed = |tenants: &mut Tenants| {
            tenants
                .get_mut(&event.tenant)
                .is_some_and(|tenant| tenant.epoch().is_some())
        };
        let key = match known {
            Some(index) => self.accounts.get(index).key.clone(),
            None if governed(&mut self.tenants) => Key::new(&event.tenant, &event.account)
                .map_err(|error| of_tenant(Reason::BadKey, error.to_string()))?,
            None => {
                let detail = format!(
                    "expected a configured tenant, found `{}`; add [tenants.{0}] and replay",
                    event.tenant
                );
                return Err(Rejection {
                    reason: Reason::UnknownTenant,
                    detail,
                    tenant: None,
                });
            }
        };
        self.place
            .check(&key, merged.record.key.as_deref())
            .map_err(|(reason, detail)| of_tenant(reason, detail))?;
        let input = self.inputs.get(usize::from(merged.record.input));
        let input = input.expect("a record of a known input");
        match self.admitted.admit(&key, event, input, self.now) {
            Admission::Dead(reason, detail) => Err(of_tenant(reason, detail)),
            Admission::Duplicate => Ok(None),
            Admission::Applied => Ok(Some(known.unwrap_or_else(|| self.open(key)))),
        }
    }

    /// A new account, due at its time of day from now on.
    fn open(&mut self, key: Key) -> AccountIndex {
        let index = self.accounts.add(key, Account::default());
        let slot = self.accounts.get_mut(index);
        let hash = hash64(slot.key.as_str().as_bytes());
        let time_of_day = (hash % DAY_MS.cast_unsigned()).cast_signed();
        let midnight = self.now.0.div_euclid(DAY_MS) * DAY_MS;
        let today = midnight + time_of_day;
        let due = Time(if today > self.now.0 {
            today
        } else {
            today + DAY_MS
        });
        self.timers
            .arm(&mut slot.dues, &slot.key, TimerName::Daily, due);
        index
    }

    /// Folds an event into its account and arms the timers that follow from what is known now.
    fn apply(&mut self, index: AccountIndex, event: &Event<'_>) {
        let slot = self.accounts.get_mut(index);
        let tenant = self.tenants.get_mut(slot.key.tenant());
        let Some(epoch) = tenant.and_then(|tenant| tenant.epoch()) else {
            return;
        };
        slot.account.apply(&epoch.plan, event, self.now);
        if let Some(hindsight) = &mut self.hindsight {
            hindsight.note(index, event);
        }
        if let Some(over) = slot.account.override_at(self.now) {
            let due = over.expires.min(slot.dues.get(TimerName::Expiry));
            self.timers
                .arm(&mut slot.dues, &slot.key, TimerName::Expiry, due);
        }
        self.arm_wakes(index);
    }

    /// Fires all timers that are due at or before `until`, in order.
    ///
    /// A verdict that waits in the batch may set a timer, so the batch ends before the clock of
    /// the shard passes the earliest that it could set, and the order is looked at again.
    fn fire_until(&mut self, until: Time) {
        loop {
            let (timer, of_verdict) = self.timers.next().unwrap_or((Time::MAX, false));
            let activation = self.next_activation();
            let day = self.day_due(until);
            let next = timer.min(activation).min(day).min(until).max(self.now);
            // A row that waits may take back a timer that a verdict before it has set.
            let may_be_taken_back = of_verdict && timer <= until && self.batch.has_rows();
            if may_be_taken_back || self.batch_ends_before(next) {
                self.flush();
            } else if day <= timer.min(activation) && day <= until {
                self.pass_days(day, until);
            } else if activation <= timer && activation <= until {
                self.begin_activation();
            } else if timer <= until {
                self.govern(next);
                if let Some(timer) = self.timers.pop(until) {
                    self.fire(timer);
                }
            } else {
                return;
            }
        }
    }

    /// One timer: raises `now` to its due time, and scores the account if it says so.
    fn fire(&mut self, timer: Timer) {
        let Some(index) = self.accounts.find_key(&timer.account) else {
            return;
        };
        let slot = self.accounts.get_mut(index);
        if slot.dues.get(timer.name) == timer.due {
            Timers::fired(&mut slot.dues, timer.name);
        }
        match timer.name {
            TimerName::Daily => {
                let due = timer.due.plus_ms(DAY_MS);
                self.timers
                    .arm(&mut slot.dues, &slot.key, TimerName::Daily, due);
            }
            TimerName::Silence | TimerName::Renewal => {
                if !self.rearm_wake(index, &timer) {
                    return;
                }
            }
            TimerName::Activation => self.arm_wakes(index),
            TimerName::Shadow => {
                // Its row stands in the columns of other rules than the rows that wait.
                self.flush();
                if !self.rearm_shadow(index, timer.due) {
                    return;
                }
            }
            TimerName::Cooldown | TimerName::Dwell | TimerName::Expiry => {}
        }
        let Timer { due, account, name } = timer;
        let cause = Cause::Timer {
            account,
            timer: name,
            due,
        };
        self.score(index, cause, 0);
        if name.is_of_verdict() || name == TimerName::Shadow {
            // The next one may be nearer than any that a new verdict could set.
            self.flush();
        }
    }

    /// Writes a dead letter for a record or one of its events.
    fn bury(&mut self, merged: &Merged, row: u16, rejection: &Rejection) -> Fate {
        let fate = Fate::Dead(rejection.reason);
        self.counts.event(usize::from(merged.record.input), fate);
        self.push_dead(merged, row, rejection);
        fate
    }

    /// Raises `now`, and lets what governs then take over.
    fn govern(&mut self, now: Time) {
        self.now = now;
        if self.tenants.changes_at <= now {
            self.tenants.move_to(now);
            self.look_for_days();
        }
    }

    /// Whether a row that waits must be decided before anything happens at `now`.
    fn batch_ends_before(&self, now: Time) -> bool {
        self.batch.first_now().is_some_and(|first| {
            let span_ms = self.tenants.least_delay_ms.min(DAY_MS);
            now >= first.plus_ms(span_ms) || now >= self.tenants.changes_at
        })
    }

    /// When the next activation is to score its tenant's accounts.
    fn next_activation(&self) -> Time {
        let sets = [&self.activations, &self.shadow_activations];
        let firsts = sets.into_iter().filter_map(BTreeSet::first);
        firsts.map(|(from, _)| *from).min().unwrap_or(Time::MAX)
    }

    /// Arms the timers with which a new activation scores the accounts of its tenant.
    fn begin_activation(&mut self) {
        let (of_all, of_shadow) = (self.activations.first(), self.shadow_activations.first());
        let in_shadow = match (of_all, of_shadow) {
            (Some((all, _)), Some((shadow, _))) => shadow < all,
            (all, _) => all.is_none(),
        };
        let (first, name) = if in_shadow {
            (self.shadow_activations.pop_first(), TimerName::Shadow)
        } else {
            (self.activations.pop_first(), TimerName::Activation)
        };
        let Some((from, tenant)) = first else {
            return;
        };
        for index in self.accounts.sorted() {
            let slot = self.accounts.get_mut(index);
            if slot.key.tenant() == tenant {
                let spread_ms = hash64(slot.key.as_str().as_bytes()) % ACTIVATION_SPREAD_MS;
                let due = from.max(self.now).plus_ms(spread_ms.cast_signed());
                let due = due.min(slot.dues.get(name));
                self.timers.arm(&mut slot.dues, &slot.key, name, due);
            }
        }
    }

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
