//! What is kept of one account for one declared feature, in one of four shapes.
//!
//! Cells and values stand per hour or local day, as the window moves, and per contact where a
//! condition names the role, which is judged when the feature is read. What the window cannot
//! reach any more is dropped when newer things come.

use crate::limits::DECLARED_CELLS_MAX;
use crate::model::{Aggregate, CodecError, Event, FieldValue, Fixed, Reader, Time, Writer, hash64};

use super::bounded::{LeftOut, checked, evict};
use super::latest::{Latest, Stamp};
use super::people::People;
use super::plan::{Custom, Moment, Plan, Shape};
use super::reading::{Missing, Reading, days_since, from_millionths, percent, ratio};

/// Counts and sums of one hour or day and one contact. Ordered by bucket, then contact.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Cell {
    bucket: u32,
    /// Events that pass and have the field.
    events: u32,
    contact: u64,
    /// Sum or extreme of the field; for a share the number of all events.
    amount: i128,
}

/// One event. Ordered by id.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Entry {
    id: u64,
    contact: u64,
    bucket: u32,
    passes: bool,
    value: Fixed,
}

/// A value of a field. Ordered by hash, then contact.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Value {
    hash: u64,
    contact: u64,
    last: u32,
}

/// The latest event of one contact. Ordered by contact.
#[derive(Clone, PartialEq, Eq, Debug)]
struct LatestOf {
    contact: u64,
    latest: Latest<Fixed>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Kept {
    Cells(Vec<Cell>),
    Entries(Vec<Entry>),
    Values(Vec<Value>),
    Latest(Vec<LatestOf>),
}

/// What is kept for one declared feature.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Declared {
    /// Of which declaration.
    pub(crate) key: u64,
    kept: Kept,
    left_out: LeftOut,
    newest: Option<Time>,
}

/// One event as a declared feature sees it.
struct Seen {
    stamp: Stamp,
    bucket: u32,
    contact: u64,
    passes: bool,
    /// The field, where the aggregate takes a number.
    value: Fixed,
}

impl Declared {
    pub(crate) fn new(custom: &Custom) -> Self {
        Self {
            key: custom.key,
            kept: match custom.shape {
                Shape::Cells => Kept::Cells(Vec::new()),
                Shape::Entries => Kept::Entries(Vec::new()),
                Shape::Values => Kept::Values(Vec::new()),
                Shape::Latest => Kept::Latest(Vec::new()),
            },
            left_out: LeftOut::default(),
            newest: None,
        }
    }

    /// Takes an event of the feature's kind.
    pub(crate) fn apply(
        &mut self,
        custom: &Custom,
        event: &Event<'_>,
        contact: u64,
        at: (&Plan, Moment),
    ) {
        let (plan, moment) = at;
        let passes = custom.passes(event);
        let field = custom.of.map(|of| event.field(of));
        let has_field = !matches!(field, Some(FieldValue::Missing));
        let is_share = custom.agg == Aggregate::Share;
        if !(is_share || passes && has_field) {
            return;
        }
        if passes {
            self.newest = self.newest.max(Some(event.at));
        }
        let first = custom.first_bucket(moment);
        let value = match field {
            Some(FieldValue::Number(number)) => number,
            _ => Fixed::ZERO,
        };
        let seen = Seen {
            stamp: Stamp::new(event.at, event.id),
            bucket: custom.bucket(plan, event.at),
            contact: if custom.needs_role() { contact } else { 0 },
            passes,
            value,
        };
        if seen.bucket < first {
            return;
        }
        let left_out = match &mut self.kept {
            Kept::Cells(cells) => add_cell(cells, custom.agg, &seen, first),
            Kept::Entries(entries) => add_entry(entries, &seen, first),
            Kept::Values(values) => {
                let hash = field.map_or(0, value_hash);
                add_value(values, hash, &seen, first)
            }
            Kept::Latest(latest) => add_latest(latest, &seen),
        };
        if left_out {
            self.left_out.note(event.at);
        }
    }

    pub(crate) const fn newest(&self) -> Option<Time> {
        self.newest
    }

    pub(crate) fn is_capped(&self, now: Time) -> bool {
        self.left_out.is_felt(now)
    }

    /// The feature's value, where events of its kind are known.
    pub(crate) fn reading(&self, custom: &Custom, people: &People, at: (&Plan, Moment)) -> Reading {
        let (plan, moment) = at;
        let first = custom.first_bucket(moment);
        let passes = |contact| !custom.needs_role() || custom.role_passes(people.role(contact));
        match &self.kept {
            Kept::Cells(cells) => {
                let start = cells.partition_point(|cell| cell.bucket < first);
                let cells = cells.get(start..).unwrap_or(&[]).iter();
                read_cells(cells, custom.agg, passes)
            }
            Kept::Entries(entries) => {
                let entries = entries.iter().filter(|entry| entry.bucket >= first);
                read_entries(entries, custom.agg, passes)
            }
            Kept::Values(values) => {
                let mut hashes: Vec<u64> = values
                    .iter()
                    .filter(|value| value.last >= first && passes(value.contact))
                    .map(|value| value.hash)
                    .collect();
                hashes.dedup();
                Ok(count(hashes.len()))
            }
            Kept::Latest(_) => {
                let (stamp, value) = self.latest(custom, people).ok_or(Missing::NoData)?;
                if custom.bucket(plan, stamp.at) < first {
                    return Err(Missing::NoData);
                }
                Ok(match custom.agg {
                    Aggregate::DaysSince => days_since(stamp.at, moment.now),
                    _ => value.to_f64(),
                })
            }
        }
    }

    /// The latest event that passes, whenever it was.
    pub(crate) fn latest(&self, custom: &Custom, people: &People) -> Option<(Stamp, Fixed)> {
        let Kept::Latest(latest) = &self.kept else {
            return None;
        };
        let passes = |contact| !custom.needs_role() || custom.role_passes(people.role(contact));
        let passing = latest.iter().filter(|of| passes(of.contact));
        let stated = passing.filter_map(|of| Some((of.latest.stamp()?, *of.latest.get()?)));
        stated.max_by_key(|(stamp, _)| *stamp)
    }

    pub(crate) fn write(&self, writer: &mut Writer) {
        writer.u64(self.key);
        self.left_out.write(writer);
        writer.option(self.newest, |writer, at| writer.i64(at.0));
        match &self.kept {
            Kept::Cells(cells) => {
                writer.u8(0);
                writer.list(cells.iter(), |writer, cell| {
                    writer.u32(cell.bucket);
                    writer.u64(cell.contact);
                    writer.u32(cell.events);
                    writer.i128(cell.amount);
                });
            }
            Kept::Entries(entries) => {
                writer.u8(1);
                writer.list(entries.iter(), |writer, entry| {
                    writer.u64(entry.id);
                    writer.u64(entry.contact);
                    writer.u32(entry.bucket);
                    writer.bool(entry.passes);
                    writer.i64(entry.value.0);
                });
            }
            Kept::Values(values) => {
                writer.u8(2);
                writer.list(values.iter(), |writer, value| {
                    writer.u64(value.hash);
                    writer.u64(value.contact);
                    writer.u32(value.last);
                });
            }
            Kept::Latest(latest) => {
                writer.u8(3);
                writer.list(latest.iter(), |writer, of| {
                    writer.u64(of.contact);
                    of.latest.write(writer, |writer, value| writer.i64(value.0));
                });
            }
        }
    }

    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        let key = reader.u64()?;
        let left_out = LeftOut::read(reader)?;
        let newest = reader.option(|reader| Ok(Time(reader.i64()?)))?;
        Ok(Self {
            key,
            kept: read_kept(reader)?,
            left_out,
            newest,
        })
    }
}

fn read_kept(reader: &mut Reader<'_>) -> Result<Kept, CodecError> {
    const MAX: usize = DECLARED_CELLS_MAX;
    Ok(match reader.u8()? {
        0 => {
            let cells = reader.list(|reader| {
                Ok(Cell {
                    bucket: reader.u32()?,
                    contact: reader.u64()?,
                    events: reader.u32()?,
                    amount: reader.i128()?,
                })
            })?;
            Kept::Cells(checked(reader, cells, MAX, |cell| {
                (cell.bucket, cell.contact)
            })?)
        }
        1 => {
            let entries = reader.list(|reader| {
                Ok(Entry {
                    id: reader.u64()?,
                    contact: reader.u64()?,
                    bucket: reader.u32()?,
                    passes: reader.bool()?,
                    value: Fixed(reader.i64()?),
                })
            })?;
            Kept::Entries(checked(reader, entries, MAX, |entry| entry.id)?)
        }
        2 => {
            let values = reader.list(|reader| {
                Ok(Value {
                    hash: reader.u64()?,
                    contact: reader.u64()?,
                    last: reader.u32()?,
                })
            })?;
            Kept::Values(checked(reader, values, MAX, |value| {
                (value.hash, value.contact)
            })?)
        }
        3 => {
            let latest = reader.list(|reader| {
                Ok(LatestOf {
                    contact: reader.u64()?,
                    latest: Latest::read(reader, |reader| Ok(Fixed(reader.i64()?)))?,
                })
            })?;
            Kept::Latest(checked(reader, latest, MAX, |of| of.contact)?)
        }
        _ => return Err(reader.invalid("a shape of a declared feature")),
    })
}

fn count(items: usize) -> f64 {
    super::reading::nearest(i128::try_from(items).unwrap_or(i128::MAX))
}

fn value_hash(value: FieldValue<'_>) -> u64 {
    match value {
        FieldValue::Missing => 0,
        FieldValue::Text(text) => hash64(text.as_bytes()),
        FieldValue::Number(number) => hash64(&number.0.to_le_bytes()),
        FieldValue::Bool(yes) => hash64(&[u8::from(yes)]),
    }
}

fn pair_hash(a: u64, b: u64) -> u64 {
    hash64(&((u128::from(a) << 64) | u128::from(b)).to_le_bytes())
}

/// Answers whether a limit left something out; so do the other additions.
fn add_cell(cells: &mut Vec<Cell>, agg: Aggregate, seen: &Seen, first: u32) -> bool {
    let key = (seen.bucket, seen.contact);
    let value = i128::from(seen.value.0);
    let found = cells.binary_search_by_key(&key, |cell| (cell.bucket, cell.contact));
    let place = found.unwrap_or_else(|place| {
        let stale = cells.partition_point(|cell| cell.bucket < first);
        cells.drain(..stale);
        let place = place.saturating_sub(stale);
        let amount = match agg {
            Aggregate::Min | Aggregate::Max => value,
            _ => 0,
        };
        let (bucket, contact) = key;
        let events = 0;
        let cell = Cell {
            bucket,
            events,
            contact,
            amount,
        };
        cells.insert(place, cell);
        place
    });
    if let Some(cell) = cells.get_mut(place) {
        cell.events = cell.events.saturating_add(u32::from(seen.passes));
        cell.amount = match agg {
            Aggregate::Min => cell.amount.min(value),
            Aggregate::Max => cell.amount.max(value),
            Aggregate::Share => cell.amount.saturating_add(1),
            _ => cell.amount.wrapping_add(value),
        };
    }
    let hash = |cell: &Cell| pair_hash(cell.bucket.into(), cell.contact);
    evict(cells, DECLARED_CELLS_MAX, hash).is_some()
}

fn add_entry(entries: &mut Vec<Entry>, seen: &Seen, first: u32) -> bool {
    let id = seen.stamp.id[0];
    if let Err(place) = entries.binary_search_by_key(&id, |entry| entry.id) {
        let entry = Entry {
            id,
            contact: seen.contact,
            bucket: seen.bucket,
            passes: seen.passes,
            value: seen.value,
        };
        entries.insert(place, entry);
    }
    if entries.len() > DECLARED_CELLS_MAX {
        entries.retain(|entry| entry.bucket >= first);
    }
    evict(entries, DECLARED_CELLS_MAX, |entry| entry.id).is_some()
}

fn add_value(values: &mut Vec<Value>, hash: u64, seen: &Seen, first: u32) -> bool {
    let key = (hash, seen.contact);
    match values.binary_search_by_key(&key, |value| (value.hash, value.contact)) {
        Ok(place) => {
            if let Some(value) = values.get_mut(place) {
                value.last = value.last.max(seen.bucket);
            }
        }
        Err(place) => {
            let (contact, last) = (seen.contact, seen.bucket);
            let value = Value {
                hash,
                contact,
                last,
            };
            values.insert(place, value);
        }
    }
    if values.len() > DECLARED_CELLS_MAX {
        values.retain(|value| value.last >= first);
    }
    let hash = |value: &Value| pair_hash(value.hash, value.contact);
    evict(values, DECLARED_CELLS_MAX, hash).is_some()
}

fn add_latest(latest: &mut Vec<LatestOf>, seen: &Seen) -> bool {
    let found = latest.binary_search_by_key(&seen.contact, |of| of.contact);
    let place = found.unwrap_or_else(|place| {
        let of = LatestOf {
            contact: seen.contact,
            latest: Latest::default(),
        };
        latest.insert(place, of);
        place
    });
    if let Some(of) = latest.get_mut(place) {
        of.latest.state(seen.stamp, seen.value);
    }
    evict(latest, DECLARED_CELLS_MAX, |of| of.contact).is_some()
}

fn read_cells<'c>(
    cells: impl Iterator<Item = &'c Cell>,
    agg: Aggregate,
    passes: impl Fn(u64) -> bool,
) -> Reading {
    let (mut events, mut sum, mut extreme, mut all) = (0_i128, 0_i128, None, 0_i128);
    for cell in cells {
        all = all.saturating_add(cell.amount);
        if !passes(cell.contact) {
            continue;
        }
        events += i128::from(cell.events);
        sum = sum.wrapping_add(cell.amount);
        extreme = Some(match (agg, extreme) {
            (Aggregate::Min, Some(extreme)) => cell.amount.min(extreme),
            (Aggregate::Max, Some(extreme)) => cell.amount.max(extreme),
            _ => cell.amount,
        });
    }
    match agg {
        Aggregate::Count => Ok(super::reading::nearest(events)),
        Aggregate::Sum => Ok(from_millionths(sum)),
        Aggregate::Mean => ratio(sum, events * i128::from(Fixed::SCALE)),
        Aggregate::Share => percent(events, all),
        _ => extreme.map(from_millionths).ok_or(Missing::NoData),
    }
}

fn read_entries<'e>(
    entries: impl Iterator<Item = &'e Entry>,
    agg: Aggregate,
    passes: impl Fn(u64) -> bool,
) -> Reading {
    let (mut events, mut sum, mut all) = (0_i128, 0_i128, 0_i128);
    for entry in entries {
        all += 1;
        if entry.passes && passes(entry.contact) {
            events += 1;
            sum += i128::from(entry.value.0);
        }
    }
    match agg {
        Aggregate::Sum => Ok(from_millionths(sum)),
        Aggregate::Mean => ratio(sum, events * i128::from(Fixed::SCALE)),
        Aggregate::Share => percent(events, all),
        _ => Ok(super::reading::nearest(events)),
    }
}
