//! Fills the columns of one shard: between steps, a few chunks at a time, by the shard's own
//! thread.
//!
//! A turn finds accounts that are new, and writes at most [`COLUMN_CHUNKS_PER_TURN`] chunks: those
//! that are missing or of an earlier set, and those with an account that was evaluated since. So a
//! fold is held up by a known little, however much there is to fill. Chunks take turns in order,
//! and so do tenants. Reads the shard and changes nothing of it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use puls_wire::{FeatureUse, ROWS_MAX};

use super::board::{self, Board};
use super::compare::Draft;
use crate::limits::{COLUMN_ACCOUNTS_PER_TURN, COLUMN_CHUNKS_LOOKED_AT, COLUMN_CHUNKS_PER_TURN};
use crate::model::Time;
use crate::rules::Epoch;
use crate::shard::{Chunk, ColumnSet, Place, Shard};

/// The columns of one shard under work. Leaves the board when it is dropped.
#[derive(Debug, Default)]
pub struct Filler {
    /// The board, once it has been there, and which shard it fills for.
    board: Option<(Arc<Board>, u32)>,
    version: u64,
    /// How far the rules log was read when the sets were made.
    rules_next: u64,
    /// From when on something else governs one of the tenants.
    until: Time,
    sheets: BTreeMap<String, Sheet>,
    /// Which tenant's turn it is first.
    first: usize,
}

#[derive(Debug)]
struct Sheet {
    set: Arc<ColumnSet>,
    /// Its accounts, in the order of the shard.
    members: Vec<Place>,
    /// The first account that was not looked at.
    scanned: Place,
    /// Accounts of the shard when the set was begun.
    goal: usize,
    chunks: Vec<Option<Arc<Chunk>>>,
    /// The chunk that is looked at next.
    cursor: usize,
    /// Chunks that are known to be missing or of an earlier set.
    stale: usize,
    /// Whether the board has no room for it; then it rests until there is some.
    is_full: bool,
}

impl Filler {
    /// A turn. Whether there is more to do at once.
    pub fn turn(&mut self, shard: &mut Shard, board: &Arc<Board>, now: Time) -> bool {
        let version = board.version(now);
        if version != self.version {
            self.retune(shard, board);
        } else if self.sheets.is_empty() {
            return false;
        } else if shard.rules_next() != self.rules_next || shard.now() >= self.until {
            self.retune(shard, board);
        }
        let number = shard.place().0;
        let mut left = COLUMN_CHUNKS_PER_TURN;
        let mut more = false;
        let tenants = self.sheets.len();
        self.first = (self.first + 1).checked_rem(tenants).unwrap_or(0);
        let (before, from) = {
            let names: Vec<&String> = self.sheets.keys().collect();
            let (before, from) = names.split_at(self.first);
            let owned = |names: &[&String]| names.iter().map(|&it| it.clone()).collect::<Vec<_>>();
            (owned(before), owned(from))
        };
        for name in from.into_iter().chain(before) {
            let Some(sheet) = self.sheets.get_mut(&name) else {
                continue;
            };
            let counted = sheet.count(shard, &name);
            more |= !counted;
            if sheet.is_full {
                // What others held may be free by now; how much is needed is known once counted.
                if !counted || !board.has_room(sheet.cells()) {
                    continue;
                }
                sheet.begin_again(shard.accounts_len());
                board.begin(&name, number, &sheet.set);
            }
            let written = sheet.write(shard, &mut left);
            more |= sheet.stale > 0 || left == 0;
            let goal = (sheet.scanned as usize >= sheet.goal).then(|| sheet.goal_chunks());
            if !board.put_up((&name, number), (sheet.members.len(), goal), written) {
                sheet.is_full = true;
                sheet.chunks.fill(None);
            }
        }
        more
    }

    /// Drops the columns and leaves the board.
    pub fn leave(&mut self) {
        if let Some((board, shard)) = self.board.take() {
            board.leave(shard);
        }
        *self = Self::default();
    }

    /// Takes up what is wanted now.
    fn retune(&mut self, shard: &mut Shard, board: &Arc<Board>) {
        let place = shard.place();
        self.board
            .get_or_insert_with(|| (Arc::clone(board), place.0));
        let (version, wanted) = board.wanted();
        shard.watch_accounts(!wanted.is_empty());
        self.version = version;
        self.rules_next = shard.rules_next();
        self.until = Time::MAX;
        let mut names = BTreeSet::new();
        for (name, drafts) in wanted {
            let Some(epoch) = shard.governing(&name, shard.now()) else {
                continue;
            };
            self.until = self.until.min(epoch.until);
            let Some(set) = set_of(epoch, &name, &drafts, board) else {
                continue;
            };
            let goal = shard.accounts_len();
            let sheet = self.sheets.get_mut(&name);
            let set = match sheet {
                Some(sheet) if is_like(&sheet.set, &set) => None,
                Some(sheet) => Some(sheet.begin(set, goal)),
                None => {
                    let sheet = Sheet::new(set, goal);
                    let set = Arc::clone(&sheet.set);
                    self.sheets.insert(name.clone(), sheet);
                    Some(set)
                }
            };
            if let Some(set) = set {
                board.begin(&name, place.0, &set);
            }
            names.insert(name);
        }
        self.sheets.retain(|name, _| names.contains(name));
        board.seen(place, version, &names);
    }
}

impl Drop for Filler {
    fn drop(&mut self) {
        if let Some((board, shard)) = self.board.take() {
            board.leave(shard);
        }
    }
}

/// The columns of a tenant: what its active rules and its drafts name. A draft that does not fit is
/// refused and left out.
fn set_of(epoch: &Epoch, tenant: &str, drafts: &[Arc<Draft>], board: &Board) -> Option<ColumnSet> {
    let active = epoch.rules.iter();
    let mut all: Vec<&FeatureUse> = active
        .flat_map(|rule| &rule.module.manifest.features)
        .collect();
    for draft in drafts {
        match ColumnSet::new(epoch, board::uses(draft)) {
            Ok(_) => all.extend(board::uses(draft)),
            Err(problems) => board.refuse(tenant, draft.id, problems.join("; ")),
        }
    }
    // Each part of it stood the test already.
    ColumnSet::new(epoch, all).ok()
}

/// Whether two sets give the same values, and a comparison of the same rules.
fn is_like(one: &ColumnSet, other: &ColumnSet) -> bool {
    let rules = |set: &ColumnSet| {
        let rules = set.epoch().rules.iter();
        let of = rules.map(|it| (Arc::clone(&it.name), it.digest, it.parameters.clone()));
        of.collect::<Vec<_>>()
    };
    one.uses() == other.uses()
        && one.epoch().settings == other.epoch().settings
        && one.epoch().declared == other.epoch().declared
        && rules(one) == rules(other)
}

impl Sheet {
    fn new(set: ColumnSet, goal: usize) -> Self {
        Self {
            set: Arc::new(set),
            members: Vec::new(),
            scanned: 0,
            goal,
            chunks: Vec::new(),
            cursor: 0,
            stale: 0,
            is_full: false,
        }
    }

    /// Begins another set: every chunk is to be written again.
    fn begin(&mut self, set: ColumnSet, goal: usize) -> Arc<ColumnSet> {
        self.set = Arc::new(set);
        self.begin_again(goal);
        Arc::clone(&self.set)
    }

    /// Begins the same set from its first chunk.
    fn begin_again(&mut self, goal: usize) {
        self.goal = goal;
        self.stale = self.chunks.len();
        self.is_full = false;
    }

    /// Values that all chunks of its set hold.
    fn cells(&self) -> usize {
        self.chunks.len() * self.set.uses().len() * ROWS_MAX
    }

    /// Chunks of the accounts that were known when the set was begun.
    fn goal_chunks(&self) -> usize {
        let goal = self
            .members
            .partition_point(|it| (*it as usize) < self.goal);
        goal.div_ceil(ROWS_MAX)
    }

    /// Finds further accounts of the tenant; whether all were looked at.
    fn count(&mut self, shard: &Shard, tenant: &str) -> bool {
        for _ in 0..COLUMN_ACCOUNTS_PER_TURN {
            let Some(found) = shard.tenant_at(self.scanned) else {
                return true;
            };
            if found == tenant {
                self.members.push(self.scanned);
                if self.members.len() > self.chunks.len() * ROWS_MAX {
                    self.chunks.push(None);
                    self.stale += 1;
                }
            }
            self.scanned += 1;
        }
        false
    }

    /// Writes chunks that are not as they should be, `left` at most.
    fn write(&mut self, shard: &mut Shard, left: &mut usize) -> Vec<(usize, Arc<Chunk>)> {
        let mut written = Vec::new();
        if self.stale == 0 && shard.accounts_touched() == 0 {
            return written;
        }
        let at = shard.now();
        for _ in 0..self.chunks.len().min(COLUMN_CHUNKS_LOOKED_AT) {
            if *left == 0 {
                break;
            }
            let number = self.cursor % self.chunks.len();
            self.cursor = (number + 1) % self.chunks.len();
            let members = self.members.chunks(ROWS_MAX).nth(number).unwrap_or(&[]);
            let before = self.chunks.get(number).and_then(Option::as_ref);
            let is_of_set = before.is_some_and(|it| Arc::ptr_eq(it.set(), &self.set));
            let is_whole = before.is_some_and(|it| it.keys().len() == members.len());
            if is_of_set && is_whole && !shard.is_touched(members) {
                continue;
            }
            let chunk = shard.chunk(&self.set, (members, before.map(|it| &**it)), at);
            let chunk = Arc::new(chunk);
            if let Some(slot) = self.chunks.get_mut(number) {
                *slot = Some(Arc::clone(&chunk));
            }
            self.stale -= usize::from(!is_of_set);
            written.push((number, chunk));
            *left -= 1;
        }
        written
    }
}
