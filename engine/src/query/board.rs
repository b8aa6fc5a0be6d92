//! The board: what is asked of workers for what-ifs, and the columns that they have put up.
//!
//! ```text
//!  desk ── open(tenant, draft) ─▶ ┌───────┐ ◀── wanted, once a step ── filler of each shard
//!  desk ◀─ sheets(tenant) ──────  │ board │ ◀── chunks, between steps ─
//!                                 └───────┘
//! ```
//! A **draft** is a card under work: while it is open, the features that it names have columns. It
//! closes by itself when nobody has asked for it for [`DRAFT_IDLE_MS`]; with the last one of a
//! tenant its columns go, unless its configuration keeps them. While nobody wants anything, a
//! worker reads one number a step and does nothing else. The lock is taken between steps and by
//! those who ask, never on the path of an event, and held while pointers are copied.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::{Condvar, Mutex};
use puls_wire::{FEATURES_MAX, FeatureUse, ROWS_MAX};

use super::compare::Draft;
use crate::limits::{COLUMN_CELLS_MAX, DRAFT_IDLE_MS, DRAFTS_OPEN_MAX, DRAFTS_PER_TENANT_MAX};
use crate::model::{Digest, Time};
use crate::shard::{Chunk, ColumnSet};

/// Tenants whose columns are wanted, each with its drafts.
pub(super) type Wanted = Vec<(String, Vec<Arc<Draft>>)>;

/// Where workers and those who ask meet.
#[derive(Debug)]
pub struct Board {
    state: Mutex<State>,
    changed: Condvar,
    /// Grows when what is wanted changes.
    version: AtomicU64,
    /// When the next draft closes by itself, in milliseconds.
    closes_next: AtomicI64,
    /// Most values that all columns hold.
    cells_max: usize,
}

#[derive(Debug, Default)]
struct State {
    tenants: BTreeMap<String, OfTenant>,
    /// The shards of this process, each with the version that it has seen.
    shards: BTreeMap<u32, u64>,
    shards_of: u32,
    /// Values held, of all tenants.
    cells: usize,
}

#[derive(Debug, Default)]
struct OfTenant {
    is_kept: bool,
    drafts: BTreeMap<Digest, Open>,
    /// Until when columns are wanted although no draft is open yet.
    asked_until: Option<Time>,
    sheets: BTreeMap<u32, Sheet>,
}

#[derive(Debug)]
struct Open {
    draft: Arc<Draft>,
    closes: Time,
    /// The version with which it was opened.
    version: u64,
    /// Why its columns cannot be had.
    problem: Option<String>,
}

/// The columns of one tenant in one shard.
#[derive(Clone, Debug)]
pub struct Sheet {
    /// What is filled in now.
    pub set: Arc<ColumnSet>,
    /// What was put up, each of this or an earlier set.
    pub chunks: Vec<Option<Arc<Chunk>>>,
    /// How many chunks belong to the accounts that were known when this set was begun; `None` until
    /// they are counted.
    pub goal: Option<usize>,
    /// Accounts found.
    pub accounts: usize,
    /// Whether there was no room for all.
    pub is_full: bool,
}

/// All columns of a tenant in this process.
#[derive(Clone, Debug, Default)]
pub struct Sheets {
    /// By shard.
    pub sheets: Vec<Sheet>,
    /// Shards that this process has.
    pub shards: usize,
    /// Shards that there are.
    pub shards_of: u32,
    /// Whether every shard here has seen what was asked for.
    pub is_seen: bool,
    /// Why the draft's columns cannot be had.
    pub problem: Option<String>,
}

/// Why no further draft is opened.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Crowded {
    /// The tenant has enough.
    #[error("expected at most {DRAFTS_PER_TENANT_MAX} open drafts, found as many; close one")]
    Tenant,
    /// All tenants together have.
    #[error("expected at most {DRAFTS_OPEN_MAX} open drafts of all tenants, found as many")]
    All,
}

impl Default for Board {
    fn default() -> Self {
        Self {
            state: Mutex::default(),
            changed: Condvar::new(),
            version: AtomicU64::new(1),
            closes_next: AtomicI64::new(i64::MAX),
            cells_max: COLUMN_CELLS_MAX,
        }
    }
}

impl Board {
    /// A board on which the columns of `kept` are always up.
    #[must_use]
    pub fn new<'t>(kept: impl IntoIterator<Item = &'t str>) -> Self {
        let board = Self::default();
        let mut state = board.state.lock();
        for tenant in kept {
            let tenant = state.tenants.entry(tenant.to_owned()).or_default();
            tenant.is_kept = true;
        }
        drop(state);
        board
    }

    /// The same board with room for so many values.
    #[must_use]
    pub fn with_room(self, cells_max: usize) -> Self {
        Self { cells_max, ..self }
    }

    /// Wants a tenant's columns for as long as a draft may be idle, so that one can be read.
    pub fn ask(&self, tenant: &str, now: Time) {
        let mut state = self.state.lock();
        let tenant = state.tenants.entry(tenant.to_owned()).or_default();
        let is_new = !tenant.is_wanted();
        tenant.asked_until = Some(now.plus_ms(DRAFT_IDLE_MS));
        self.note(&state, is_new);
    }

    /// Opens a draft, or keeps it open.
    ///
    /// # Errors
    /// Where there are too many.
    pub fn open(&self, tenant: &str, draft: &Arc<Draft>, now: Time) -> Result<(), Crowded> {
        let mut state = self.state.lock();
        let open: usize = state.tenants.values().map(|it| it.drafts.len()).sum();
        let version = self.version.load(Ordering::Relaxed) + 1;
        let of_tenant = state.tenants.entry(tenant.to_owned()).or_default();
        let closes = now.plus_ms(DRAFT_IDLE_MS);
        let known = of_tenant.drafts.get_mut(&draft.id);
        let is_new = known.is_none();
        if let Some(known) = known {
            known.closes = closes;
        } else if of_tenant.drafts.len() >= DRAFTS_PER_TENANT_MAX {
            return Err(Crowded::Tenant);
        } else if open >= DRAFTS_OPEN_MAX {
            return Err(Crowded::All);
        } else {
            let opened = Open {
                draft: Arc::clone(draft),
                closes,
                version,
                problem: None,
            };
            of_tenant.drafts.insert(draft.id, opened);
        }
        self.note(&state, is_new);
        Ok(())
    }

    /// A draft that is open; it stays so for another while.
    #[must_use]
    pub fn draft(&self, tenant: &str, id: Digest, now: Time) -> Option<Arc<Draft>> {
        let mut state = self.state.lock();
        let open = state.tenants.get_mut(tenant)?.drafts.get_mut(&id)?;
        open.closes = now.plus_ms(DRAFT_IDLE_MS);
        Some(Arc::clone(&open.draft))
    }

    /// Closes a draft; whether it was open.
    pub fn close(&self, tenant: &str, id: Digest) -> bool {
        let mut state = self.state.lock();
        let of_tenant = state.tenants.get_mut(tenant);
        let closed = of_tenant.is_some_and(|of_tenant| {
            // Who closes the last one has seen enough.
            let closed = of_tenant.drafts.remove(&id).is_some();
            if closed && of_tenant.drafts.is_empty() {
                of_tenant.asked_until = None;
            }
            closed
        });
        self.note(&state, closed);
        closed
    }

    /// What a tenant has up, for a draft (or for nobody in particular).
    #[must_use]
    pub fn sheets(&self, tenant: &str, draft: Option<Digest>) -> Sheets {
        let state = self.state.lock();
        let Some(of_tenant) = state.tenants.get(tenant) else {
            return Sheets::default();
        };
        let open = draft.and_then(|id| of_tenant.drafts.get(&id));
        let wanted = open.map_or_else(|| self.version.load(Ordering::Relaxed), |it| it.version);
        Sheets {
            sheets: of_tenant.sheets.values().cloned().collect(),
            shards: state.shards.len(),
            shards_of: state.shards_of,
            is_seen: !state.shards.is_empty() && state.shards.values().all(|seen| *seen >= wanted),
            problem: open.and_then(|open| open.problem.clone()),
        }
    }

    /// Waits until a worker has put something up, `wait` at most.
    pub fn wait(&self, wait: Duration) {
        let mut state = self.state.lock();
        self.changed.wait_for(&mut state, wait);
    }

    /// Makes the change known to workers, and finds when the next draft closes.
    fn note(&self, state: &State, is_change: bool) {
        let closing = state.tenants.values().flat_map(|tenant| {
            let drafts = tenant.drafts.values().map(|open| open.closes);
            drafts.chain(tenant.asked_until)
        });
        let next = closing.min().map_or(i64::MAX, |time| time.0);
        self.closes_next.store(next, Ordering::Relaxed);
        if is_change {
            self.version.fetch_add(1, Ordering::Release);
        }
    }

    // --- what workers say and ask --------------------------------------------------------------

    /// The version of what is wanted, after closing what is overdue.
    pub(super) fn version(&self, now: Time) -> u64 {
        if self.closes_next.load(Ordering::Relaxed) <= now.0 {
            self.close_overdue(now);
        }
        self.version.load(Ordering::Acquire)
    }

    fn close_overdue(&self, now: Time) {
        let mut state = self.state.lock();
        let mut is_change = false;
        for tenant in state.tenants.values_mut() {
            let (before, was_wanted) = (tenant.drafts.len(), tenant.is_wanted());
            tenant.drafts.retain(|_, open| open.closes > now);
            tenant.asked_until = tenant.asked_until.filter(|until| *until > now);
            is_change |= tenant.drafts.len() != before || tenant.is_wanted() != was_wanted;
        }
        self.note(&state, is_change);
    }

    /// The tenants whose columns are wanted, each with its drafts, and the version of that.
    pub(super) fn wanted(&self) -> (u64, Wanted) {
        let state = self.state.lock();
        let wanted = state.tenants.iter().filter(|(_, it)| it.is_wanted());
        let drafts = |it: &OfTenant| it.drafts.values().map(|it| Arc::clone(&it.draft)).collect();
        let wanted = wanted.map(|(name, it)| (name.clone(), drafts(it)));
        (self.version.load(Ordering::Acquire), wanted.collect())
    }

    /// A shard has seen `version`, and has sheets of `tenants` only.
    pub(super) fn seen(&self, (shard, of): (u32, u32), version: u64, tenants: &BTreeSet<String>) {
        let mut state = self.state.lock();
        state.shards.insert(shard, version);
        state.shards_of = of;
        let mut dropped = Vec::new();
        for (name, tenant) in &mut state.tenants {
            if !tenants.contains(name) {
                dropped.extend(tenant.sheets.remove(&shard));
            }
        }
        state.cells -= dropped.iter().map(Sheet::cells).sum::<usize>();
        self.changed.notify_all();
    }

    /// A draft's features cannot be had in the tenant as it is governed now.
    pub(super) fn refuse(&self, tenant: &str, draft: Digest, problem: String) {
        let mut state = self.state.lock();
        let tenant = state.tenants.get_mut(tenant);
        if let Some(open) = tenant.and_then(|it| it.drafts.get_mut(&draft)) {
            open.problem = Some(problem);
        }
    }

    /// Begins a sheet of another set; what is up stays until it is replaced.
    pub(super) fn begin(&self, tenant: &str, shard: u32, set: &Arc<ColumnSet>) {
        let mut state = self.state.lock();
        let Some(of_tenant) = state.tenants.get_mut(tenant) else {
            return;
        };
        let sheet = of_tenant.sheets.entry(shard).or_insert_with(|| Sheet {
            set: Arc::clone(set),
            chunks: Vec::new(),
            goal: None,
            accounts: 0,
            is_full: false,
        });
        sheet.set = Arc::clone(set);
        sheet.goal = None;
        sheet.is_full = false;
    }

    /// Puts up chunks, each in its place. Where there is no room for them, nothing of the sheet is
    /// kept, and the answer is no.
    pub(super) fn put_up(
        &self,
        (tenant, shard): (&str, u32),
        (accounts, goal): (usize, Option<usize>),
        chunks: Vec<(usize, Arc<Chunk>)>,
    ) -> bool {
        let mut replaced = Vec::new();
        let mut guard = self.state.lock();
        let state = &mut *guard;
        let of_tenant = state.tenants.get_mut(tenant);
        let Some(sheet) = of_tenant.and_then(|it| it.sheets.get_mut(&shard)) else {
            return true;
        };
        sheet.accounts = accounts;
        sheet.goal = goal;
        for (place, chunk) in chunks {
            if place >= sheet.chunks.len() {
                sheet.chunks.resize(place + 1, None);
            }
            if let Some(slot) = sheet.chunks.get_mut(place) {
                state.cells += cells(&chunk);
                replaced.extend(slot.replace(chunk));
            }
        }
        state.cells -= replaced.iter().map(cells).sum::<usize>();
        sheet.is_full = state.cells > self.cells_max;
        let has_room = !sheet.is_full;
        if !has_room {
            state.cells -= sheet.cells();
            replaced.extend(std::mem::take(&mut sheet.chunks).into_iter().flatten());
        }
        self.changed.notify_all();
        // What nobody holds any more is freed without the lock.
        drop(guard);
        has_room
    }

    /// Whether there is room for so many further values.
    pub(super) fn has_room(&self, cells: usize) -> bool {
        self.state.lock().cells.saturating_add(cells) <= self.cells_max
    }

    /// A shard is no longer of this process.
    pub(super) fn leave(&self, shard: u32) {
        let mut state = self.state.lock();
        state.shards.remove(&shard);
        let mut gone = Vec::new();
        for tenant in state.tenants.values_mut() {
            gone.extend(tenant.sheets.remove(&shard));
        }
        state.cells -= gone.iter().map(Sheet::cells).sum::<usize>();
        self.changed.notify_all();
    }
}

impl OfTenant {
    fn is_wanted(&self) -> bool {
        self.is_kept || self.asked_until.is_some() || !self.drafts.is_empty()
    }
}

impl Sheet {
    fn cells(&self) -> usize {
        self.chunks.iter().flatten().map(cells).sum()
    }
}

fn cells(chunk: &Arc<Chunk>) -> usize {
    chunk.set().uses().len() * ROWS_MAX
}

const _: () = assert!(
    DRAFTS_PER_TENANT_MAX * FEATURES_MAX * ROWS_MAX < COLUMN_CELLS_MAX,
    "every draft of a tenant has room for one chunk at least"
);

/// The features that a draft needs columns for.
pub(super) fn uses(draft: &Draft) -> &[FeatureUse] {
    &draft.contender.module.manifest.features
}
