//! Collections that never hold more than a limit: the entries with the smallest hashes stay, so
//! what is kept does not depend on the order of arrival.

use crate::limits::HORIZON_DAYS;
use crate::model::{CodecError, DAY_MS, Reader, Time, Writer};

/// Something that is known under a name.
pub(crate) trait Entity: Default {
    /// The time of the newest event behind it.
    fn newest(&self) -> Time;
}

/// Things by the hash of their names, at most so many. Hashes lie together, so that finding one
/// among many touches little memory.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Entities<T> {
    /// In order.
    hashes: Vec<u64>,
    /// One per hash.
    items: Vec<T>,
    left_out: LeftOut,
}

impl<T> Default for Entities<T> {
    fn default() -> Self {
        Self {
            hashes: Vec::new(),
            items: Vec::new(),
            left_out: LeftOut::default(),
        }
    }
}

/// When the newest of what a limit left out happened; long ago if nothing was.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct LeftOut(Time);

impl Default for LeftOut {
    fn default() -> Self {
        Self(Time::MIN)
    }
}

impl LeftOut {
    /// Something that happened at `at` was left out.
    pub(crate) fn note(&mut self, at: Time) {
        self.0 = self.0.max(at);
    }

    /// What `other` left out is left out here too.
    pub(crate) fn note_all(&mut self, other: Self) {
        self.note(other.0);
    }

    /// Whether something was left out that could still matter at `now`.
    pub(crate) fn is_felt(self, now: Time) -> bool {
        self.0 > now.minus_ms(HORIZON_DAYS * DAY_MS)
    }

    pub(crate) fn write(self, writer: &mut Writer) {
        writer.i64(self.0.0);
    }

    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        Ok(Self(Time(reader.i64()?)))
    }
}

impl<T: Entity> Entities<T> {
    /// The thing with this hash, new if it was not known and has a place among the `max` smallest.
    /// What loses its place for it comes back beside it.
    pub(crate) fn entry(&mut self, hash: u64, at: Time, max: usize) -> (Option<&mut T>, Option<T>) {
        let mut evicted = None;
        let place = match self.hashes.binary_search(&hash) {
            Ok(place) => place,
            Err(place) => {
                if self.items.len() >= max {
                    self.left_out.note(at);
                    if place >= self.items.len() {
                        return (None, None);
                    }
                    self.hashes.pop();
                    evicted = self.items.pop();
                    if let Some(item) = &evicted {
                        self.left_out.note(item.newest());
                    }
                }
                self.hashes.insert(place, hash);
                self.items.insert(place, T::default());
                place
            }
        };
        (self.items.get_mut(place), evicted)
    }

    /// The thing with this hash.
    pub(crate) fn get(&self, hash: u64) -> Option<&T> {
        self.items.get(self.hashes.binary_search(&hash).ok()?)
    }

    /// All things, by hash.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.items.iter()
    }

    /// Whether nothing is known.
    pub(crate) const fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Number of things.
    pub(crate) const fn len(&self) -> usize {
        self.items.len()
    }

    /// Forgets what `keep` does not name. It must name all that could matter again.
    pub(crate) fn retain(&mut self, keep: impl Fn(&T) -> bool) {
        let mut kept = self.items.iter().map(&keep);
        self.hashes.retain(|_| kept.next().unwrap_or(false));
        self.items.retain(keep);
    }

    /// The newest event behind any of them.
    pub(crate) fn newest(&self) -> Option<Time> {
        self.iter().map(Entity::newest).max()
    }

    /// Whether a limit left something out that could still matter at `now`.
    pub(crate) fn is_capped(&self, now: Time) -> bool {
        self.left_out.is_felt(now)
    }

    pub(crate) fn write(&self, writer: &mut Writer, mut write: impl FnMut(&mut Writer, &T)) {
        self.left_out.write(writer);
        let items = self.hashes.iter().zip(&self.items);
        writer.list(items, |writer, (hash, item)| {
            writer.u64(*hash);
            write(writer, item);
        });
    }

    /// Reads what [`Entities::write`] wrote.
    pub(crate) fn read(
        reader: &mut Reader<'_>,
        max: usize,
        mut read: impl FnMut(&mut Reader<'_>) -> Result<T, CodecError>,
    ) -> Result<Self, CodecError> {
        let left_out = LeftOut::read(reader)?;
        let entries = reader.list(|reader| Ok((reader.u64()?, read(reader)?)))?;
        let entries = checked(reader, entries, max, |(hash, _)| *hash)?;
        let (hashes, items) = entries.into_iter().unzip();
        Ok(Self {
            hashes,
            items,
            left_out,
        })
    }
}

/// Takes out the item with the greatest hash if there are more than `max`.
pub(crate) fn evict<T>(items: &mut Vec<T>, max: usize, hash: impl Fn(&T) -> u64) -> Option<T> {
    if items.len() <= max {
        return None;
    }
    let greatest = items.iter().enumerate().max_by_key(|(_, item)| hash(item));
    let place = greatest.map(|(place, _)| place)?;
    Some(items.remove(place))
}

/// Whether a collection that was read is within its limit and in order.
pub(crate) fn checked<T, K: Ord>(
    reader: &Reader<'_>,
    items: Vec<T>,
    max: usize,
    key: impl Fn(&T) -> K,
) -> Result<Vec<T>, CodecError> {
    if items.len() > max || !items.is_sorted_by(|a, b| key(a) < key(b)) {
        return Err(reader.invalid("entries within their limit, in order"));
    }
    Ok(items)
}
