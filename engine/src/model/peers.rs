//! Counts of accounts by the value of a feature: what segments are compared by.
//!
//! A histogram has fixed buckets, so histograms of many shards add up exactly, in any order, and
//! no account's value can be read from a sum. Values are whole numbers of units:
//!
//! ```text
//! 0 1 2 … 31 │ 32 34 … 62 │ 64 68 … 124 │ …      below 32 a bucket for each number,
//!   one each     two each     four each          from there on 16 for each doubling
//! ```
//! The middle of a bucket lies within 1/32 of every value in it. Nothing here knows what is
//! counted.

use std::collections::BTreeMap;

use super::{CodecError, Reader, Writer};

/// Values below this have a bucket each.
const EXACT: u64 = 32;
/// Buckets a doubling, and the power of two that they are.
const PER_DOUBLING: u16 = 16;
const PER_DOUBLING_BITS: u32 = 4;
/// Values beyond this count as this: nobody has so many of anything.
const UNITS_MAX: u64 = (1 << 32) - 1;

/// How many accounts have which value.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Histogram {
    /// Buckets that are not empty, in order.
    buckets: Vec<(u16, u32)>,
}

fn bucket_of(units: u64) -> u16 {
    let units = units.min(UNITS_MAX);
    if units < EXACT {
        return u16::try_from(units).unwrap_or(0);
    }
    let doubling = units.ilog2();
    let within = (units >> (doubling - PER_DOUBLING_BITS)) - u64::from(PER_DOUBLING);
    let before = u16::try_from(doubling - EXACT.ilog2()).unwrap_or(0) * PER_DOUBLING;
    let exact = u16::try_from(EXACT).unwrap_or(0);
    exact + before + u16::try_from(within).unwrap_or(0)
}

/// The least value of a bucket, and how many it has.
fn span_of(bucket: u16) -> (u64, u64) {
    let exact = u16::try_from(EXACT).unwrap_or(0);
    let Some(behind) = bucket.checked_sub(exact) else {
        return (u64::from(bucket), 1);
    };
    let doubling = u32::from(behind / PER_DOUBLING) + EXACT.ilog2();
    let width = 1_u64 << (doubling - PER_DOUBLING_BITS).min(32);
    (
        u64::from(PER_DOUBLING + behind % PER_DOUBLING) * width,
        width,
    )
}

impl Histogram {
    /// Counts one account.
    pub fn add(&mut self, units: u64) {
        self.add_many(bucket_of(units), 1);
    }

    fn add_many(&mut self, bucket: u16, count: u32) {
        match self.buckets.binary_search_by_key(&bucket, |(of, _)| *of) {
            Ok(place) => {
                if let Some((_, sum)) = self.buckets.get_mut(place) {
                    *sum = sum.saturating_add(count);
                }
            }
            Err(place) => self.buckets.insert(place, (bucket, count)),
        }
    }

    /// Accounts counted.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.buckets
            .iter()
            .map(|(_, count)| u64::from(*count))
            .sum()
    }

    /// Twice the middle value of the bucket in which the account in the middle lies, in units; of
    /// an even number the lower of the two in the middle. `None` where nobody was counted.
    #[must_use]
    pub fn median_doubled(&self) -> Option<u64> {
        let middle = self.total().div_ceil(2);
        let mut seen = 0;
        let found = self.buckets.iter().find(|(_, count)| {
            seen += u64::from(*count);
            seen >= middle
        });
        found.map(|(bucket, _)| {
            let (least, width) = span_of(*bucket);
            2 * least + width - 1
        })
    }

    /// Accounts in buckets below that of this value, and in its own.
    #[must_use]
    pub fn below_and_beside(&self, units: u64) -> (u64, u64) {
        let own = bucket_of(units);
        let mut sums = (0, 0);
        for (bucket, count) in &self.buckets {
            if *bucket < own {
                sums.0 += u64::from(*count);
            } else if *bucket == own {
                sums.1 += u64::from(*count);
            }
        }
        sums
    }
}

/// Histograms by segment and feature, both by the hashes of their names.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PeerCounts(BTreeMap<(u64, u64), Histogram>);

impl PeerCounts {
    /// Counts of nobody.
    #[must_use]
    pub const fn new() -> Self {
        Self(BTreeMap::new())
    }

    /// Counts one account of a segment by the value of a feature.
    pub fn add(&mut self, segment: u64, feature: u64, units: u64) {
        self.0.entry((segment, feature)).or_default().add(units);
    }

    /// Adds the counts of others.
    pub fn merge(&mut self, others: &Self) {
        for (key, histogram) in &others.0 {
            let sum = self.0.entry(*key).or_default();
            for (bucket, count) in &histogram.buckets {
                sum.add_many(*bucket, *count);
            }
        }
    }

    /// Keeps so many segments, those with the smallest hashes: whoever sums what was kept, and
    /// keeps as many of that, has counted each of them whole. So has whoever goes on counting: what
    /// was left out once has as many segments before it ever after.
    pub fn bound(&mut self, segments_max: usize) {
        let mut segments: Vec<u64> = self.0.keys().map(|(segment, _)| *segment).collect();
        segments.dedup();
        if let Some(first_left_out) = segments.get(segments_max) {
            self.0.split_off(&(*first_left_out, 0));
        }
    }

    /// The same, as soon as there are more than so many histograms.
    pub fn bound_beyond(&mut self, histograms_max: usize, segments_max: usize) {
        if self.0.len() > histograms_max {
            self.bound(segments_max);
        }
    }

    /// The histogram of a segment and feature.
    #[must_use]
    pub fn get(&self, segment: u64, feature: u64) -> Option<&Histogram> {
        self.0.get(&(segment, feature))
    }

    /// Whether nobody was counted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Writes the counts: two or three bytes a bucket.
    pub fn write(&self, writer: &mut Writer) {
        writer.list(self.0.iter(), |writer, ((segment, feature), histogram)| {
            writer.u64(*segment);
            writer.u64(*feature);
            let mut before = 0;
            writer.list(histogram.buckets.iter(), |writer, (bucket, count)| {
                write_short(writer, u32::from(bucket - before));
                write_short(writer, *count);
                before = *bucket;
            });
        });
    }

    /// Reads what [`PeerCounts::write`] wrote.
    ///
    /// # Errors
    /// Where the bytes are none of that.
    pub fn read(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        let entries = reader.list(|reader| {
            let key = (reader.u64()?, reader.u64()?);
            let mut before = 0_u16;
            let buckets = reader.list(|reader| {
                let ahead = u16::try_from(read_short(reader)?);
                let bucket = ahead.ok().and_then(|ahead| before.checked_add(ahead));
                before = bucket.ok_or_else(|| reader.invalid("a bucket"))?;
                Ok((before, read_short(reader)?))
            })?;
            let in_order = buckets.windows(2).all(|pair| match pair {
                [(one, _), (next, _)] => one < next,
                _ => true,
            });
            if in_order {
                Ok((key, Histogram { buckets }))
            } else {
                Err(reader.invalid("buckets in order"))
            }
        })?;
        let count = entries.len();
        let counts = Self(entries.into_iter().collect());
        if counts.0.len() == count {
            Ok(counts)
        } else {
            Err(reader.invalid("each segment and feature once"))
        }
    }
}

/// Seven bits a byte, the lowest first; a set top bit says that more follow.
fn write_short(writer: &mut Writer, mut value: u32) {
    while value >= 0x80 {
        writer.u8(u8::try_from(value & 0x7f).unwrap_or(0) | 0x80);
        value >>= 7;
    }
    writer.u8(u8::try_from(value).unwrap_or(0));
}

fn read_short(reader: &mut Reader<'_>) -> Result<u32, CodecError> {
    let mut value = 0_u64;
    for shift in [0, 7, 14, 21, 28] {
        let byte = reader.u8()?;
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return u32::try_from(value).map_err(|_| reader.invalid("a number of 32 bits"));
        }
    }
    Err(reader.invalid("a number of 32 bits"))
}

/// What a shard counted of a tenant's accounts when it passed the end of a local day.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PeersClosed {
    /// Whose accounts.
    pub tenant: String,
    /// The day, from 1970-01-01. Days before it that were not told of are empty in that shard.
    pub day: u16,
    /// The counts.
    pub counts: PeerCounts,
}

impl PeersClosed {
    /// As bytes, for the log.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut writer = Writer::new();
        writer.u8(PEERS_VERSION);
        writer.text(&self.tenant);
        writer.u16(self.day);
        self.counts.write(&mut writer);
        writer.into_bytes()
    }

    /// What `bytes` are.
    ///
    /// # Errors
    /// Where they are none of that.
    pub fn parse(bytes: &[u8]) -> Result<Self, CodecError> {
        let mut reader = Reader::new(bytes);
        if reader.u8()? != PEERS_VERSION {
            return Err(reader.invalid("counts of version 1"));
        }
        let closed = Self {
            tenant: reader.text()?.to_owned(),
            day: reader.u16()?,
            counts: PeerCounts::read(&mut reader)?,
        };
        if reader.is_at_end() {
            Ok(closed)
        } else {
            Err(reader.invalid("the end"))
        }
    }
}

const PEERS_VERSION: u8 = 1;

/// What a shard is given to pass into a tenant's local day: whose statistics govern it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PeersGiven {
    /// The tenant.
    pub tenant: String,
    /// The day that is entered.
    pub day: u16,
    /// The day whose counts decisions use from then on; `None` to go on with those in use.
    pub used: Option<u16>,
    /// The sum of what the other shards counted on that day.
    pub others: PeerCounts,
}

impl PeersGiven {
    /// Writes it.
    pub fn write(&self, writer: &mut Writer) {
        writer.text(&self.tenant);
        writer.u16(self.day);
        writer.option(self.used, Writer::u16);
        self.others.write(writer);
    }

    /// Reads what [`PeersGiven::write`] wrote.
    ///
    /// # Errors
    /// Where the bytes are none of that.
    pub fn read(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        Ok(Self {
            tenant: reader.text()?.to_owned(),
            day: reader.u16()?,
            used: reader.option(Reader::u16)?,
            others: PeerCounts::read(reader)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use rand::{Rng, SeedableRng};
    use rand_pcg::Pcg64Mcg;

    use super::{Histogram, PeerCounts, PeersClosed, UNITS_MAX, bucket_of, span_of};
    use crate::model::Reader;

    #[test]
    fn every_value_lies_in_its_bucket_and_near_its_middle() {
        let edges = (0..40).flat_map(|power| {
            let two = 1_u64 << power;
            [two.saturating_sub(1), two, two + 1, two + two / 3]
        });
        let mut last = (0, 0);
        for units in (0..5_000).chain(edges).filter(|units| *units <= UNITS_MAX) {
            let bucket = bucket_of(units);
            let (least, width) = span_of(bucket);
            assert!(least <= units && units < least + width, "{units}");
            // Twice the distance to the middle, against a thirty-second of the value.
            let middle = 2 * least + width - 1;
            let away = middle.abs_diff(2 * units);
            assert!(away * 32 <= 2 * units, "{units}: {middle}");
            if units > last.0 {
                assert!(bucket >= last.1, "{units}");
                last = (units, bucket);
            }
        }
        assert_eq!(bucket_of(31), 31);
        assert_eq!(span_of(bucket_of(63)), (62, 2));
        assert_eq!(span_of(bucket_of(65)), (64, 4));
        assert_eq!(bucket_of(u64::MAX), bucket_of(UNITS_MAX));
    }

    #[test]
    fn the_median_is_the_lower_middle_and_places_are_counted() {
        let of = |values: &[u64]| {
            let mut histogram = Histogram::default();
            values.iter().for_each(|value| histogram.add(*value));
            histogram
        };
        for (values, median) in [
            (&[][..], None),
            (&[7], Some(14)),
            (&[3, 1], Some(2)),
            (&[3, 1, 2], Some(4)),
            (&[5, 1, 9, 4], Some(8)),
            (&[0, 0, 0, 8], Some(0)),
            // 100 lies in the bucket of 100 and 103.
            (&[100], Some(203)),
        ] {
            assert_eq!(of(values).median_doubled(), median, "{values:?}");
        }
        let histogram = of(&[1, 2, 2, 3]);
        assert_eq!(histogram.total(), 4);
        for (units, places) in [
            (0, (0, 0)),
            (1, (0, 1)),
            (2, (1, 2)),
            (3, (3, 1)),
            (9, (4, 0)),
        ] {
            assert_eq!(histogram.below_and_beside(units), places, "{units}");
        }
    }

    fn counts(random: &mut Pcg64Mcg, segments: u64) -> PeerCounts {
        let mut counts = PeerCounts::default();
        for _ in 0..200 {
            let bits = random.random_range(1..40);
            let units = random.random_range(0..1_u64 << bits);
            counts.add(
                random.random_range(0..segments),
                random.random_range(0..3),
                units,
            );
        }
        counts
    }

    #[test]
    fn counts_come_back_and_sum_in_any_order() {
        for seed in 0..20 {
            let random = &mut Pcg64Mcg::seed_from_u64(seed);
            let parts: Vec<_> = (0..3).map(|_| counts(random, 5)).collect();
            let closed = PeersClosed {
                tenant: "acme".into(),
                day: 20_000,
                counts: parts[0].clone(),
            };
            let bytes = closed.to_bytes();
            assert_eq!(PeersClosed::parse(&bytes).unwrap(), closed, "seed {seed}");
            for at in 0..bytes.len() {
                assert!(PeersClosed::parse(&bytes[..at]).is_err(), "cut at {at}");
            }
            let sum = |order: [usize; 3]| {
                let mut sum = PeerCounts::default();
                order.iter().for_each(|part| sum.merge(&parts[*part]));
                sum
            };
            assert_eq!(sum([0, 1, 2]), sum([2, 0, 1]), "seed {seed}");
            let total: u64 = sum([0, 1, 2]).0.values().map(Histogram::total).sum();
            assert_eq!(total, 600);
        }
    }

    /// A limit that binds in one shard and not in another leaves no half-counted segment.
    #[test]
    fn the_segments_that_stay_are_whole() {
        const MAX: usize = 64;
        let max = MAX as u64;
        let (mut one, mut other) = (PeerCounts::default(), PeerCounts::default());
        (0..max + 9).for_each(|segment| one.add(segment, 1, 5));
        [max - 1, max + 20]
            .iter()
            .for_each(|segment| other.add(*segment, 1, 5));
        let mut exact = one.clone();
        one.bound(MAX);
        other.bound(MAX);
        one.merge(&other);
        one.bound(MAX);
        exact.merge(&other);
        exact.bound(MAX);
        assert_eq!(one, exact);
        assert_eq!(one.0.len(), MAX);
        assert_eq!(one.get(max - 1, 1).map(Histogram::total), Some(2));
    }

    #[test]
    fn leaving_out_while_counting_changes_nothing() {
        const MAX: usize = 4;
        for seed in 0..20 {
            let random = &mut Pcg64Mcg::seed_from_u64(seed);
            let (mut one, mut exact) = (PeerCounts::default(), PeerCounts::default());
            for _ in 0..500 {
                let segment = random.random_range(0..100);
                for feature in 0..3 {
                    one.add(segment, feature, segment);
                    exact.add(segment, feature, segment);
                }
                one.bound_beyond(8 * MAX, MAX);
                assert!(one.0.len() <= 8 * MAX, "seed {seed}");
            }
            one.bound(MAX);
            exact.bound(MAX);
            assert_eq!(one, exact, "seed {seed}");
            assert_eq!(one.0.len(), 3 * MAX, "seed {seed}");
        }
    }

    #[test]
    fn nonsense_is_no_counts() {
        for bytes in [
            &[0xff; 40][..],
            &[1, 0, 0, 0, 1, 2],
            // One entry with the bucket 5 twice.
            &[&[1, 0, 0, 0][..], &[0; 16], &[2, 0, 0, 0, 5, 1, 0, 1]].concat(),
        ] {
            assert!(
                PeerCounts::read(&mut Reader::new(bytes)).is_err(),
                "{bytes:?}"
            );
        }
    }
}
