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

/// Something that happened once and is known by its id.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Happened(pub(crate) Time);

impl Entity for Happened {
    fn newest(&self) -> Time {
        self.0
    }
}

impl Entities<Happened> {
    /// It happened, at most `max` times within the horizon before `now`.
    pub(crate) fn happened(&mut self, id: u64, at: Time, now: Time, max: usize) {
        if self.len() >= max / 2 {
            let oldest = now.minus_ms(HORIZON_DAYS * DAY_MS);
            self.retain(|happened| happened.0 >= oldest);
        }
        if let (Some(happened), _) = self.entry(id, at, max) {
            happened.0 = happened.0.max(at);
        }
    }

    /// How often it happened at `first` or later.
    pub(crate) fn count_since(&self, first: Time) -> usize {
        let since = self.iter().filter(|happened| happened.0 >= first);
        since.count()
    }

    pub(crate) fn write_happened(&self, writer: &mut Writer) {
        self.write(writer, |writer, happened| writer.i64(happened.0.0));
    }

    pub(crate) fn read_happened(reader: &mut Reader<'_>, max: usize) -> Result<Self, CodecError> {
        Self::read(reader, max, |reader| Ok(Happened(Time(reader.i64()?))))
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

    /// All things with their hashes, in order.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (u64, &T)> {
        self.hashes.iter().copied().zip(&self.items)
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

#[cfg(test)]
mod tests {
    use super::{Entities, Entity, evict};
    use crate::model::{DAY_MS, Time};

    #[derive(Clone, PartialEq, Eq, Debug, Default)]
    struct Thing(Time);

    impl Entity for Thing {
        fn newest(&self) -> Time {
            self.0
        }
    }

    /// Whatever the order, the three smallest of five stay, and the newest of the others is noted.
    #[test]
    fn the_smallest_hashes_stay_in_any_order() {
        let orders = [
            [1_u64, 2, 3, 4, 5],
            [5, 4, 3, 2, 1],
            [3, 5, 1, 4, 2],
            [4, 2, 5, 1, 3],
        ];
        for order in orders {
            let mut things: Entities<Thing> = Entities::default();
            for hash in order.into_iter().chain(order) {
                let at = Time(i64::try_from(hash).unwrap() * DAY_MS);
                if let (Some(thing), _) = things.entry(hash, at, 3) {
                    thing.0 = at;
                }
            }
            assert_eq!(things.hashes, [1, 2, 3], "{order:?}");
            assert_eq!(things.get(2), Some(&Thing(Time(2 * DAY_MS))));
            assert_eq!(things.get(4), None);
            assert!(things.is_capped(Time(404 * DAY_MS)), "{order:?}");
            assert!(!things.is_capped(Time(405 * DAY_MS)), "{order:?}");
        }
    }

    #[test]
    fn what_loses_its_place_comes_back_and_nothing_is_felt_before() {
        let mut things: Entities<Thing> = Entities::default();
        for hash in [7, 9] {
            let (thing, evicted) = things.entry(hash, Time(0), 2);
            assert_eq!((thing.is_some(), evicted), (true, None));
        }
        assert!(!things.is_capped(Time(0)));
        let (thing, evicted) = things.entry(10, Time(0), 2);
        assert_eq!((thing.is_some(), evicted), (false, None));
        let (thing, evicted) = things.entry(8, Time(0), 2);
        assert_eq!((thing.is_some(), evicted), (true, Some(Thing::default())));
        things.retain(|_| false);
        assert!(things.is_empty() && things.hashes.is_empty());
        let mut numbers = vec![5, 1, 9, 3];
        assert_eq!(evict(&mut numbers, 3, |n| *n), Some(9));
        assert_eq!(evict(&mut numbers, 3, |n| *n), None);
        assert_eq!(numbers, [5, 1, 3]);
    }
}
