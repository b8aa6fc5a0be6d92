//! Columns: the feature values of many accounts, read off a shard for other threads.
//!
//! ```text
//! ColumnSet   which features, under which settings
//! Chunk       up to 256 accounts: keys, moments, segments, overrides, one column a feature
//! ```
//! A chunk is as long as a rule's batch, and its columns lie as a rule's do, so a rule is asked
//! about a chunk without a value being turned round. It is written once and never changed: who
//! holds it sees each row as of one moment. Values are computed on a copy of the account, so that
//! nothing that is folded later depends on whether somebody looked.

use std::sync::Arc;

use puls_wire::{FeatureUse, ROWS_MAX};

use super::Shard;
use super::peers::{NOBODY, TenantPeers};
use crate::features::{Selection, View};
use crate::model::{Key, Time};
use crate::rules::Epoch;
use crate::state::{Override, Plan};

/// Where an account stands in its shard; accounts never move.
pub type Place = u32;

/// Accounts that something was folded into, or a timer scored, since somebody last looked. Costs
/// one comparison an evaluation while nobody watches.
#[derive(Debug, Default)]
pub(super) struct Touched {
    /// A bit for each account; `None` while nobody watches.
    bits: Option<Vec<u64>>,
    count: usize,
}

impl Touched {
    pub(super) fn mark(&mut self, place: Place) {
        let Some(bits) = &mut self.bits else { return };
        let (word, bit) = (place as usize / 64, 1_u64 << (place % 64));
        if word >= bits.len() {
            bits.resize(word + 1, 0);
        }
        if let Some(word) = bits.get_mut(word) {
            self.count += usize::from(*word & bit == 0);
            *word |= bit;
        }
    }

    fn clear(&mut self, place: Place) {
        let word = self.bits.as_mut();
        let word = word.and_then(|bits| bits.get_mut(place as usize / 64));
        if let Some(word) = word {
            let bit = 1_u64 << (place % 64);
            self.count -= usize::from(*word & bit != 0);
            *word &= !bit;
        }
    }

    fn holds(&self, place: Place) -> bool {
        let word = self.bits.as_ref();
        let word = word.and_then(|bits| bits.get(place as usize / 64));
        word.is_some_and(|word| word & (1 << (place % 64)) != 0)
    }
}

/// Which features of a tenant's accounts are read, and under what.
#[derive(Debug)]
pub struct ColumnSet {
    epoch: Epoch,
    uses: Vec<FeatureUse>,
    plan: Plan,
    selection: Selection,
}

impl ColumnSet {
    /// The columns that `uses` name, each once, under what governs in `epoch`.
    ///
    /// # Errors
    /// All features that the tenant does not have, or not in that way.
    pub fn new<'u>(
        epoch: &Epoch,
        uses: impl IntoIterator<Item = &'u FeatureUse>,
    ) -> Result<Self, Vec<String>> {
        let mut set: Vec<FeatureUse> = Vec::new();
        for used in uses {
            if !set.iter().any(|other| is_same(other, used)) {
                // When an account is evaluated is no business of its value.
                let wake = Vec::new();
                set.push(FeatureUse {
                    wake,
                    ..used.clone()
                });
            }
        }
        let plan = Plan::new(&epoch.settings, &epoch.declared)?;
        let selection = Selection::new(&plan, &set)?;
        Ok(Self {
            epoch: epoch.clone(),
            uses: set,
            plan,
            selection,
        })
    }

    /// What governs the tenant.
    #[must_use]
    pub const fn epoch(&self) -> &Epoch {
        &self.epoch
    }

    /// The features, one a column.
    #[must_use]
    pub fn uses(&self) -> &[FeatureUse] {
        &self.uses
    }

    /// For each of a rule's features its column; `None` where one is not here.
    #[must_use]
    pub fn places(&self, uses: &[FeatureUse]) -> Option<Vec<usize>> {
        let place = |used: &FeatureUse| self.uses.iter().position(|own| is_same(own, used));
        uses.iter().map(place).collect()
    }
}

/// Whether two uses are one column: a text's code means something in its list of values only.
fn is_same(one: &FeatureUse, other: &FeatureUse) -> bool {
    one.name == other.name && one.values == other.values
}

/// Up to 256 accounts of one tenant, each as of one moment.
#[derive(Debug)]
pub struct Chunk {
    set: Arc<ColumnSet>,
    keys: Vec<Key>,
    moments: Vec<Time>,
    /// One more than the segment's place in `segment_names`; 0 is none.
    segments: Vec<u16>,
    segment_names: Vec<Box<str>>,
    overrides: Vec<(usize, Override)>,
    values: Vec<f64>,
}

impl Chunk {
    /// Which features it has.
    #[must_use]
    pub const fn set(&self) -> &Arc<ColumnSet> {
        &self.set
    }

    /// Whose rows they are, in order of rows.
    #[must_use]
    pub fn keys(&self) -> &[Key] {
        &self.keys
    }

    /// As of when each row is.
    #[must_use]
    pub fn moments(&self) -> &[Time] {
        &self.moments
    }

    /// The account's segment at that moment.
    #[must_use]
    pub fn segment(&self, row: usize) -> Option<&str> {
        let place = usize::from(*self.segments.get(row)?).checked_sub(1)?;
        self.segment_names.get(place).map(|name| &**name)
    }

    /// Overrides in force at their rows' moments, in order of rows.
    #[must_use]
    pub fn overrides(&self) -> &[(usize, Override)] {
        &self.overrides
    }

    /// The values of one column, one a row; NaN is missing.
    #[must_use]
    pub fn column(&self, place: usize) -> &[f64] {
        let start = place * ROWS_MAX;
        self.values
            .get(start..start + self.keys.len())
            .unwrap_or(&[])
    }

    /// Bytes of memory that it takes, room for rows to come among them. The texts of keys, which
    /// are the shard's, and of overrides are not counted.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let names: usize = self.segment_names.iter().map(|name| name.len()).sum();
        size_of::<Self>()
            + room(&self.keys)
            + room(&self.moments)
            + room(&self.segments)
            + room(&self.segment_names)
            + names
            + room(&self.overrides)
            + room(&self.values)
    }

    fn with_room(set: &Arc<ColumnSet>) -> Self {
        Self {
            set: Arc::clone(set),
            keys: Vec::with_capacity(ROWS_MAX),
            moments: Vec::with_capacity(ROWS_MAX),
            segments: Vec::with_capacity(ROWS_MAX),
            segment_names: Vec::new(),
            overrides: Vec::new(),
            values: vec![f64::NAN; set.uses.len() * ROWS_MAX],
        }
    }

    fn push(&mut self, row: Row<'_>) {
        let number = self.keys.len();
        let code = row.segment.map_or(0, |segment| self.code(segment));
        self.keys.push(row.key.clone());
        self.moments.push(row.at);
        self.segments.push(code);
        self.overrides.extend(row.over.map(|over| (number, over)));
        let columns = self.values.chunks_exact_mut(ROWS_MAX);
        for (column, value) in columns.zip(row.values) {
            if let Some(place) = column.get_mut(number) {
                *place = value;
            }
        }
    }

    fn code(&mut self, segment: &str) -> u16 {
        let known = self
            .segment_names
            .iter()
            .position(|name| **name == *segment);
        let place = known.unwrap_or_else(|| {
            self.segment_names.push(segment.into());
            self.segment_names.len() - 1
        });
        // A chunk has no more segments than rows.
        u16::try_from(place + 1).unwrap_or(0)
    }

    /// A row as it stands here.
    fn row(&self, number: usize) -> Option<Row<'_>> {
        let over = self.overrides.iter().find(|(row, _)| *row == number);
        let columns = self.values.chunks_exact(ROWS_MAX);
        Some(Row {
            key: self.keys.get(number)?,
            at: *self.moments.get(number)?,
            segment: self.segment(number),
            over: over.map(|(_, over)| over.clone()),
            values: columns
                .filter_map(|column| column.get(number).copied())
                .collect(),
        })
    }
}

/// Bytes that a list has room for.
const fn room<T>(list: &Vec<T>) -> usize {
    list.capacity() * size_of::<T>()
}

/// One account on its way into a chunk.
struct Row<'a> {
    key: &'a Key,
    at: Time,
    segment: Option<&'a str>,
    over: Option<Override>,
    values: Vec<f64>,
}

impl Shard {
    /// Whether evaluated accounts are noted from now on. Who begins to watch reads all accounts.
    pub fn watch_accounts(&mut self, on: bool) {
        if self.touched.bits.is_some() != on {
            self.touched.bits = on.then(Vec::new);
            self.touched.count = 0;
        }
    }

    /// Number of noted accounts that nobody has read since.
    #[must_use]
    pub const fn accounts_touched(&self) -> usize {
        self.touched.count
    }

    /// Whether any of these accounts is noted.
    #[must_use]
    pub fn is_touched(&self, places: &[Place]) -> bool {
        places.iter().any(|place| self.touched.holds(*place))
    }

    /// Which shard of how many it is.
    #[must_use]
    pub const fn place(&self) -> (u32, u32) {
        (self.place.shard, self.place.shards)
    }

    /// The tenant of the account at `place`; `None` where no account stands there yet.
    #[must_use]
    pub fn tenant_at(&self, place: Place) -> Option<&str> {
        let known = (place as usize) < self.accounts.len();
        known.then(|| self.accounts.get(place).key.tenant())
    }

    /// What governs a tenant at `at`; `None` where the rules log does not know it.
    #[must_use]
    pub fn governing(&self, tenant: &str, at: Time) -> Option<&Epoch> {
        Some(self.book.tenant(tenant)?.epoch(at))
    }

    /// The columns `set` of the accounts at `places`, 256 at most, as of `at`. Rows that `before`
    /// has of the same columns and that are not noted are taken over as they stand there.
    pub fn chunk(
        &mut self,
        set: &Arc<ColumnSet>,
        (places, before): (&[Place], Option<&Chunk>),
        at: Time,
    ) -> Chunk {
        let before = before.filter(|before| Arc::ptr_eq(&before.set, set));
        let mut chunk = Chunk::with_room(set);
        for (number, place) in places.iter().take(ROWS_MAX).enumerate() {
            let kept = before.and_then(|before| before.row(number));
            match kept.filter(|_| !self.touched.holds(*place)) {
                Some(row) => chunk.push(row),
                None => self.read_row(&mut chunk, *place, at),
            }
            self.touched.clear(*place);
        }
        chunk
    }

    fn read_row(&self, chunk: &mut Chunk, place: Place, at: Time) {
        let slot = self.accounts.get(place);
        let set = Arc::clone(&chunk.set);
        let mut account = slot.account.clone();
        let mut values = Vec::with_capacity(set.uses.len());
        let peers = self.peers.of(slot.key.tenant());
        let view = View {
            plan: &set.plan,
            peers: peers.map_or(&NOBODY, TenantPeers::counts),
        };
        set.selection.compute(view, &mut account, at, &mut values);
        chunk.push(Row {
            key: &slot.key,
            at,
            segment: account.segment(),
            over: account.override_at(at),
            values,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::Touched;

    #[test]
    fn a_noted_account_is_noted_once_and_nobody_is_noted_unwatched() {
        let mut touched = Touched::default();
        touched.mark(3);
        assert!(!touched.holds(3) && touched.count == 0);
        touched.bits = Some(Vec::new());
        for place in [3, 64, 3, 700] {
            touched.mark(place);
        }
        assert_eq!(touched.count, 3);
        touched.clear(64);
        touched.clear(64);
        touched.clear(100_000);
        assert_eq!(touched.count, 2);
        let held: Vec<_> = (0..800).filter(|place| touched.holds(*place)).collect();
        assert_eq!(held, [3, 700]);
    }
}
