//! Use of the product by one contact, by nobody in particular, or by all who count: cells per
//! local day, per hour and per metric, as far back as features reach.
//!
//! Additions are exact and commute, so the order of events never shows. Cells that no feature can
//! reach any more are dropped when newer ones come; that changes no feature.

use crate::limits::METRICS_MAX;
use crate::model::{CodecError, Fixed, Reader, Time, Writer};

use super::bounded::{LeftOut, checked};
use super::days::Day;

/// Whole days before today that the trend reaches back.
pub(crate) const DAYS_REACH: Day = 56;
/// Days before today that a window of 28 days reaches back.
pub(crate) const MONTH_REACH: Day = 27;
/// Hours before the current one that a window of 7 days reaches back.
pub(crate) const HOURS_REACH: u32 = 167;
/// Days before today that numbers of events are kept for.
const OLD_REACH: Day = 399;
/// Days that a contact can have cells for: the reach and today.
const DAY_CELLS_MAX: usize = 57;
/// Days that a contact can have old cells for: those between the two reaches.
const OLD_CELLS_MAX: usize = 343;
/// Hours that a contact can have cells for: the reach and the current one.
const HOUR_CELLS_MAX: usize = 168;

/// One use, with its places in time worked out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Use {
    pub(crate) at: Time,
    pub(crate) day: Day,
    pub(crate) hour: u32,
    pub(crate) metric: u64,
    pub(crate) value: Fixed,
    pub(crate) errors: Option<Fixed>,
}

/// The oldest cells that features can reach.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Floor {
    pub(crate) day: Day,
    pub(crate) month: Day,
    pub(crate) hour: u32,
    old: Day,
}

impl Floor {
    pub(crate) fn new(today: Day, hour: u32) -> Self {
        Self {
            day: today.saturating_sub(DAYS_REACH),
            month: today.saturating_sub(MONTH_REACH),
            hour: hour.saturating_sub(HOURS_REACH),
            old: today.saturating_sub(OLD_REACH),
        }
    }
}

/// What one day sums to. The sum of values has 80 bits: more than a day can hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct DayCell {
    value_low: u64,
    errors: u64,
    pub(crate) events: u32,
    value_high: i16,
    pub(crate) day: Day,
}

impl DayCell {
    /// Sum of values, in millionths.
    pub(crate) fn value(&self) -> i128 {
        (i128::from(self.value_high) << 64) | i128::from(self.value_low)
    }

    /// Sum of errors, in millionths.
    pub(crate) fn errors(&self) -> i128 {
        i128::from(self.errors)
    }

    const fn is_full(&self) -> bool {
        self.events == u32::MAX || self.errors == u64::MAX
    }

    fn add(&mut self, events: u32, value: i128, errors: u64) {
        let sum = self.value().wrapping_add(value);
        self.value_low = super::latest::halves(sum.cast_unsigned())[1];
        #[expect(
            clippy::cast_possible_truncation,
            reason = "wraps beyond 80 bits, whatever the order of additions"
        )]
        let high = (sum >> 64) as i16;
        self.value_high = high;
        self.events = self.events.saturating_add(events);
        self.errors = self.errors.saturating_add(errors);
    }
}

/// Number of events on a day beyond the reach of [`DayCell`]s. In halves, high first, so that a
/// year of them takes 2 KiB.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct OldCell {
    day: Day,
    events: [u16; 2],
}

impl OldCell {
    fn new(day: Day, events: u32) -> Self {
        let [a, b, c, d] = events.to_be_bytes();
        let events = [u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d])];
        Self { day, events }
    }

    fn events(self) -> u32 {
        let [high, low] = self.events;
        u32::from(high) << 16 | u32::from(low)
    }

    /// Adds events of a day; those of days before `floor` no feature can reach.
    fn add(old: &mut Vec<Self>, (day, events): (Day, u32), floor: Day) {
        if day < floor {
            return;
        }
        match place_of(old, &day, |cell| cell.day) {
            Ok(place) => {
                if let Some(cell) = old.get_mut(place) {
                    *cell = Self::new(day, cell.events().saturating_add(events));
                }
            }
            Err(place) => {
                let stale = old.partition_point(|cell| cell.day < floor);
                old.insert(place, Self::new(day, events));
                old.drain(..stale);
            }
        }
    }
}

/// Number of events in one hour.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct HourCell {
    pub(crate) hour: u32,
    pub(crate) events: u32,
}

/// The last day on which a metric was used.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct MetricCell {
    pub(crate) metric: u64,
    pub(crate) last_day: Day,
}

/// Use, summed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Activity {
    /// In order of days.
    pub(crate) days: Vec<DayCell>,
    /// In order of days, all of them beyond the reach that `days` had when they were added.
    old: Vec<OldCell>,
    /// In order of hours.
    pub(crate) hours: Vec<HourCell>,
    /// In order of hashes.
    pub(crate) metrics: Vec<MetricCell>,
    pub(crate) metrics_left_out: LeftOut,
    /// The greatest `at`; `Time::MIN` if there is none.
    pub(crate) last: Time,
    pub(crate) last_day: Day,
    pub(crate) first_day: Day,
    /// Whether any event said how many errors there were.
    pub(crate) has_errors: bool,
}

impl Default for Activity {
    fn default() -> Self {
        Self {
            days: Vec::new(),
            old: Vec::new(),
            hours: Vec::new(),
            metrics: Vec::new(),
            metrics_left_out: LeftOut::default(),
            last: Time::MIN,
            last_day: 0,
            first_day: Day::MAX,
            has_errors: false,
        }
    }
}

/// What an addition found, for those who keep running sums.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Added {
    /// The day had no event before.
    pub(crate) day_is_new: bool,
    /// What was known of the metric.
    pub(crate) metric: Seen,
    /// A cell is at the end of its range; running sums are no longer those of the cells.
    pub(crate) is_full: bool,
}

/// What was known of a metric before it was seen.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Seen {
    /// It was last used on this day.
    Before(Day),
    /// Nothing, and it has a place now.
    New,
    /// Nothing, and it has none: it is out of reach, or the limit leaves it out.
    LeftOut,
    /// Nothing, and it took the place of another.
    Evicting,
}

/// The place of the greatest key: events mostly arrive in order, so looking there first pays.
fn place_of<T, K: Ord>(items: &[T], key: &K, of: impl Fn(&T) -> K) -> Result<usize, usize> {
    match items.last().map(|last| of(last).cmp(key)) {
        None => Err(0),
        Some(std::cmp::Ordering::Less) => Err(items.len()),
        Some(std::cmp::Ordering::Equal) => Ok(items.len() - 1),
        Some(std::cmp::Ordering::Greater) => items.binary_search_by(|item| of(item).cmp(key)),
    }
}

impl Activity {
    /// Adds one use, and its metric within the limit of a contact.
    pub(crate) fn add(&mut self, used: &Use, floor: Floor) -> Added {
        let added = self.add_cells(used, floor);
        let metric = self.see_metric(used.metric, used.day, floor.month, used.at);
        Added { metric, ..added }
    }

    /// Adds one use to the sum over all who count, where `metric` is what a contact's own sum
    /// made of the metric: the sum over all knows the metrics that contacts have places for.
    pub(crate) fn add_to_total(&mut self, used: &Use, floor: Floor, metric: Seen) -> Added {
        let added = self.add_cells(used, floor);
        let metric = match metric {
            Seen::LeftOut => Seen::LeftOut,
            _ => self.note_metric(used.metric, used.day),
        };
        Added { metric, ..added }
    }

    fn add_cells(&mut self, used: &Use, floor: Floor) -> Added {
        let value = i128::from(used.value.0);
        let errors = used.errors.map_or(0, |errors| errors.0);
        let errors = u64::try_from(errors).unwrap_or(0);
        self.has_errors |= used.errors.is_some();
        self.meet(used.at, used.day, used.day);
        let mut day_is_new = false;
        let mut is_full = self.add_hour(used.hour, 1, floor.hour);
        self.age(floor);
        if used.day < floor.day {
            OldCell::add(&mut self.old, (used.day, 1), floor.old);
        } else if let Some(cell) = self.day_cell(used.day) {
            day_is_new = cell.events == 0;
            cell.add(1, value, errors);
            is_full |= cell.is_full();
        }
        Added {
            day_is_new,
            metric: Seen::LeftOut,
            is_full,
        }
    }

    /// Adds all that a contact's sum holds to the sum over all who count.
    pub(crate) fn add_all_to_total(&mut self, other: &Self) {
        let floor = Floor::new(0, 0);
        self.merge_cells(other, floor);
        for from in &other.metrics {
            self.note_metric(from.metric, from.last_day);
        }
    }

    /// Adds all that `other` holds and features can reach, metrics within the limit of a contact.
    pub(crate) fn merge(&mut self, other: &Self, floor: Floor) {
        self.merge_cells(other, floor);
        for from in &other.metrics {
            self.see_metric(from.metric, from.last_day, floor.month, other.last);
        }
        self.metrics_left_out.note_all(other.metrics_left_out);
    }

    fn merge_cells(&mut self, other: &Self, floor: Floor) {
        if other.last == Time::MIN {
            return;
        }
        self.has_errors |= other.has_errors;
        self.meet(other.last, other.last_day, other.first_day);
        self.age(floor);
        for from in &other.days {
            if from.day < floor.day {
                OldCell::add(&mut self.old, (from.day, from.events), floor.old);
            } else if let Some(cell) = self.day_cell(from.day) {
                cell.add(from.events, from.value(), from.errors);
            }
        }
        for from in &other.old {
            OldCell::add(&mut self.old, (from.day, from.events()), floor.old);
        }
        for from in &other.hours {
            self.add_hour(from.hour, from.events, floor.hour);
        }
    }

    fn meet(&mut self, last: Time, last_day: Day, first_day: Day) {
        if last > self.last {
            self.last = last;
            self.last_day = last_day;
        }
        self.first_day = self.first_day.min(first_day);
    }

    /// Of days that went out of reach only the number of events stays.
    pub(crate) fn age(&mut self, floor: Floor) {
        let is_stale = |cell: &DayCell| cell.day < floor.day;
        if !self.days.first().is_some_and(is_stale) {
            return;
        }
        let stale = self.days.partition_point(is_stale);
        for cell in self.days.drain(..stale) {
            OldCell::add(&mut self.old, (cell.day, cell.events), floor.old);
        }
    }

    fn day_cell(&mut self, day: Day) -> Option<&mut DayCell> {
        let place = match place_of(&self.days, &day, |cell| cell.day) {
            Ok(place) => place,
            Err(place) => {
                let cell = DayCell {
                    day,
                    ..DayCell::default()
                };
                self.days.insert(place, cell);
                place
            }
        };
        self.days.get_mut(place)
    }

    /// Answers whether the cell is at the end of its range.
    fn add_hour(&mut self, hour: u32, events: u32, floor: u32) -> bool {
        if hour < floor {
            return false;
        }
        match place_of(&self.hours, &hour, |cell| cell.hour) {
            Ok(place) => self.hours.get_mut(place).is_some_and(|cell| {
                cell.events = cell.events.saturating_add(events);
                cell.events == u32::MAX
            }),
            Err(place) => {
                let stale = self.hours.partition_point(|cell| cell.hour < floor);
                self.hours.drain(..stale);
                let place = place.saturating_sub(stale);
                self.hours.insert(place, HourCell { hour, events });
                false
            }
        }
    }

    /// The metric was seen; within the limit of a contact.
    fn see_metric(&mut self, metric: u64, day: Day, floor: Day, at: Time) -> Seen {
        let found = self.metric(metric);
        if found.is_err() {
            if day < floor {
                return Seen::LeftOut;
            }
            if self.metrics.len() >= METRICS_MAX {
                self.metrics.retain(|cell| cell.last_day >= floor);
            }
            if self.metrics.len() >= METRICS_MAX {
                self.metrics_left_out.note(at);
                if self.metrics.last().is_some_and(|last| last.metric < metric) {
                    return Seen::LeftOut;
                }
                self.metrics.pop();
                self.note_metric(metric, day);
                return Seen::Evicting;
            }
        }
        self.note_metric(metric, day)
    }

    fn metric(&self, metric: u64) -> Result<usize, usize> {
        self.metrics
            .binary_search_by_key(&metric, |cell| cell.metric)
    }

    fn note_metric(&mut self, metric: u64, last_day: Day) -> Seen {
        match self.metric(metric) {
            Ok(place) => self.metrics.get_mut(place).map_or(Seen::New, |cell| {
                let before = cell.last_day;
                cell.last_day = before.max(last_day);
                Seen::Before(before)
            }),
            Err(place) => {
                self.metrics.insert(place, MetricCell { metric, last_day });
                Seen::New
            }
        }
    }

    /// Number of events on the days from `first` to `last`.
    pub(crate) fn events_on(&self, first: Day, last: Day) -> u64 {
        self.cells_on(first, last)
            .map(|(_, events)| u64::from(events))
            .sum()
    }

    /// The days from `first` to `last` that have events, and how many, newest first. A day that
    /// went out of reach since the last [`Activity::age`] may stand twice.
    pub(crate) fn cells_on(&self, first: Day, last: Day) -> impl Iterator<Item = (Day, u32)> {
        let days = self.days.iter().rev().map(|cell| (cell.day, cell.events));
        let old_until = self.old.partition_point(|cell| cell.day <= last);
        let old = self.old.iter().take(old_until).rev();
        let old = old.map(|cell| (cell.day, cell.events()));
        let days = days.skip_while(move |(day, _)| *day > last);
        let days = days.take_while(move |(day, _)| *day >= first);
        days.chain(old.take_while(move |(day, _)| *day >= first))
    }

    /// Forgets the metrics that no window can reach.
    pub(crate) fn forget_metrics(&mut self, floor: Day) {
        self.metrics.retain(|cell| cell.last_day >= floor);
    }

    pub(crate) fn write(&self, writer: &mut Writer) {
        writer.list(self.days.iter(), |writer, cell| {
            writer.u16(cell.day);
            writer.u32(cell.events);
            writer.u64(cell.value_low);
            writer.u16(cell.value_high.cast_unsigned());
            writer.u64(cell.errors);
        });
        writer.list(self.old.iter(), |writer, cell| {
            writer.u16(cell.day);
            writer.u32(cell.events());
        });
        writer.list(self.hours.iter(), |writer, cell| {
            writer.u32(cell.hour);
            writer.u32(cell.events);
        });
        writer.list(self.metrics.iter(), |writer, cell| {
            writer.u64(cell.metric);
            writer.u16(cell.last_day);
        });
        self.metrics_left_out.write(writer);
        writer.i64(self.last.0);
        writer.u16(self.last_day);
        writer.u16(self.first_day);
        writer.bool(self.has_errors);
    }

    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        let days = reader.list(|reader| {
            Ok(DayCell {
                day: reader.u16()?,
                events: reader.u32()?,
                value_low: reader.u64()?,
                value_high: reader.u16()?.cast_signed(),
                errors: reader.u64()?,
            })
        })?;
        let old = reader.list(|reader| Ok(OldCell::new(reader.u16()?, reader.u32()?)))?;
        let hours = reader.list(|reader| {
            Ok(HourCell {
                hour: reader.u32()?,
                events: reader.u32()?,
            })
        })?;
        let metrics = reader.list(|reader| {
            Ok(MetricCell {
                metric: reader.u64()?,
                last_day: reader.u16()?,
            })
        })?;
        Ok(Self {
            days: checked(reader, days, DAY_CELLS_MAX, |cell| cell.day)?,
            old: checked(reader, old, OLD_CELLS_MAX, |cell| cell.day)?,
            hours: checked(reader, hours, HOUR_CELLS_MAX, |cell| cell.hour)?,
            metrics: checked(reader, metrics, METRICS_MAX, |cell| cell.metric)?,
            metrics_left_out: LeftOut::read(reader)?,
            last: Time(reader.i64()?),
            last_day: reader.u16()?,
            first_day: reader.u16()?,
            has_errors: reader.bool()?,
        })
    }
}
