//! The merge by log time: many inputs of one shard become one sequence of records.
//!
//! The log time of a record is its timestamp, never beyond the step's clock, raised to the largest
//! seen in its input. Inputs are folded in order of log time; ties by the input's kind, its name
//! and the position. While an input has unread records, no other runs ahead of it. An input is at
//! its end when its position reaches an end that was asked for after the clock was taken.
//!
//! The merge decides nothing about a record but its place; it never decodes one.

use std::collections::VecDeque;

use crate::limits::{MERGE_BUFFER_RECORDS_MAX, RECORD_FUTURE_MS_MAX};
use crate::log::{InputSpec, Log, LogError, Position};
use crate::model::{
    CodecError, InputIndex, Kind, Range, Reader, Record, ShardId, Step, Time, Writer,
};

/// A record in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Merged {
    /// The record.
    pub record: Record,
    /// When the shard takes it.
    pub log_time: Time,
    /// Whether it is stamped too far beyond the clock: a dead letter.
    pub future: bool,
}

/// What a step takes, before it has a number.
#[derive(Clone, Debug)]
pub struct Cut {
    /// Records in the order of the merge.
    pub records: Vec<Merged>,
    /// Per input, what that is.
    pub ranges: Vec<Range>,
    /// Whether every input is at its end, or its next record lies beyond `until`.
    pub at_end: bool,
    /// Log time of the first record beyond `until`, if there is one and `at_end` holds.
    pub beyond: Option<Time>,
}

/// How far a cut may go.
#[derive(Clone, Copy, Debug)]
pub struct CutLimits {
    /// The step's clock.
    pub clock: Time,
    /// Records with a greater log time stay.
    pub until: Time,
    /// Most records.
    pub records_max: usize,
}

/// The inputs of one shard, as far as they were read.
#[derive(Debug)]
pub struct Merge {
    shard: ShardId,
    lanes: Vec<Lane>,
    /// Lane numbers in order of kind and name: who comes first at equal log time.
    order: Vec<usize>,
}

#[derive(Debug, Default)]
struct Lane {
    name: String,
    buffer: VecDeque<Record>,
    /// The next position to ask the log for; behind the buffer.
    read_next: u64,
    /// The next position that no step has taken.
    taken_next: u64,
    /// Largest log time that a taken record had.
    log_time_max: Time,
}

impl Lane {
    /// Log time of `record` were it taken now, and whether it is stamped too far ahead.
    fn log_time(&self, record: &Record, clock: Time) -> (Time, bool) {
        match record.timestamp {
            Some(stamp) if stamp > clock.plus_ms(RECORD_FUTURE_MS_MAX) => (self.log_time_max, true),
            Some(stamp) => (stamp.min(clock).max(self.log_time_max), false),
            None => (self.log_time_max, false),
        }
    }

    /// The next position that a step after this one takes.
    fn offset_next(&self) -> u64 {
        self.buffer
            .front()
            .map_or(self.read_next, |record| record.offset)
    }

    /// Leaves in the buffer what lies before `offset_next`, and gives the rest.
    fn set_ahead_aside(&mut self, offset_next: u64) -> VecDeque<Record> {
        let within = self
            .buffer
            .partition_point(|record| record.offset < offset_next);
        self.buffer.split_off(within)
    }

    fn take(&mut self, clock: Time) -> Option<Merged> {
        let record = self.buffer.pop_front()?;
        let (log_time, future) = self.log_time(&record, clock);
        self.log_time_max = log_time;
        Some(Merged {
            record,
            log_time,
            future,
        })
    }
}

/// What the merge can do next.
enum Next {
    Take(usize),
    Read(usize),
    AtEnd,
}

impl Merge {
    /// A merge at the beginning of every input.
    #[must_use]
    pub fn new(shard: ShardId, inputs: &[InputSpec]) -> Self {
        let lane = |input: &InputSpec| Lane {
            name: input.name.clone(),
            log_time_max: Time::MIN,
            ..Lane::default()
        };
        let rank = |input: &InputSpec| input.kind.map_or(Kind::ALL.len(), |kind| kind as usize);
        let mut order: Vec<usize> = (0..inputs.len()).collect();
        order.sort_by_key(|&lane| inputs.get(lane).map(|input| (rank(input), &input.name)));
        Self {
            shard,
            lanes: inputs.iter().map(lane).collect(),
            order,
        }
    }

    /// Cuts a step: takes records in order as long as the order is known.
    ///
    /// `limits.clock` must have been taken before this call. Ends are asked for at most once, and
    /// only when an input looks empty.
    ///
    /// # Errors
    /// Where the log cannot be read; nothing is lost, a later cut goes on.
    pub fn cut(&mut self, log: &mut dyn Log, limits: CutLimits) -> Result<Cut, LogError> {
        let mut records = Vec::new();
        let mut ends: Option<Vec<Option<u64>>> = None;
        let mut at_end = false;
        while records.len() < limits.records_max {
            match self.next(limits, ends.as_deref()) {
                Next::Take(lane) => records.extend(self.take(lane, limits.clock)),
                Next::AtEnd => {
                    at_end = true;
                    break;
                }
                Next::Read(lane) => {
                    let found = self.read(log, lane)?;
                    if !found && ends.is_some() {
                        break;
                    }
                    if !found {
                        ends = Some(log.ends(self.shard)?);
                    }
                }
            }
        }
        Ok(Cut {
            records,
            ranges: self.ranges(),
            at_end,
            beyond: self.first_log_time(limits.clock).filter(|_| at_end),
        })
    }

    /// Takes exactly what a journaled step took, in the same order.
    ///
    /// # Errors
    /// Where the log cannot be read or no longer holds the step's records.
    pub fn replay(&mut self, log: &mut dyn Log, step: &Step) -> Result<Vec<Merged>, LogError> {
        for (lane, range) in step.ranges.iter().enumerate() {
            self.read_up_to(log, lane, range.offset_next)?;
        }
        let ahead: Vec<_> = self
            .lanes
            .iter_mut()
            .zip(&step.ranges)
            .map(|(lane, range)| lane.set_ahead_aside(range.offset_next))
            .collect();
        let limits = CutLimits {
            clock: step.clock,
            until: Time::MAX,
            records_max: usize::MAX,
        };
        let known: Vec<_> = self.lanes.iter().map(|_| Some(0)).collect();
        let mut records = Vec::new();
        while let Next::Take(lane) = self.next(limits, Some(&known)) {
            records.extend(self.take(lane, step.clock));
        }
        for ((lane, rest), range) in self.lanes.iter_mut().zip(ahead).zip(&step.ranges) {
            lane.buffer = rest;
            lane.taken_next = range.offset_next;
        }
        Ok(records)
    }

    /// The first lane in the order of the merge, or what must be known before it can be told.
    fn next(&self, limits: CutLimits, ends: Option<&[Option<u64>]>) -> Next {
        let mut first: Option<(Time, usize)> = None;
        for &number in &self.order {
            let Some(lane) = self.lanes.get(number) else {
                continue;
            };
            if let Some(record) = lane.buffer.front() {
                let (log_time, _) = lane.log_time(record, limits.clock);
                if log_time <= limits.until && first.is_none_or(|(time, _)| log_time < time) {
                    first = Some((log_time, number));
                }
                continue;
            }
            let end = ends.and_then(|ends| ends.get(number).copied().flatten());
            if end.is_none_or(|end| lane.read_next < end) {
                return Next::Read(number);
            }
        }
        first.map_or(Next::AtEnd, |(_, number)| Next::Take(number))
    }

    /// Log time of the next record, were it taken now.
    fn first_log_time(&self, clock: Time) -> Option<Time> {
        let fronts = self.lanes.iter();
        let fronts = fronts.filter_map(|lane| Some(lane.log_time(lane.buffer.front()?, clock).0));
        fronts.min()
    }

    fn take(&mut self, lane: usize, clock: Time) -> Option<Merged> {
        self.lanes.get_mut(lane)?.take(clock)
    }

    /// Reads more of one lane; whether there was any.
    fn read(&mut self, log: &mut dyn Log, lane: usize) -> Result<bool, LogError> {
        let Some(number) = InputIndex::try_from(lane).ok() else {
            return Ok(false);
        };
        let Some(lane) = self.lanes.get_mut(lane) else {
            return Ok(false);
        };
        let from = Position {
            shard: self.shard,
            input: number,
            offset: lane.read_next,
        };
        lane.read_next = log.read(from, MERGE_BUFFER_RECORDS_MAX, &mut lane.buffer)?;
        Ok(!lane.buffer.is_empty())
    }

    /// Reads one lane until it holds all records before `offset_next`. What was read is kept,
    /// so that the call can be repeated where the log needs time.
    fn read_up_to(
        &mut self,
        log: &mut dyn Log,
        number: usize,
        offset_next: u64,
    ) -> Result<(), LogError> {
        while let Some(lane) = self.lanes.get(number)
            && lane.read_next < offset_next
        {
            let (before, name) = (lane.read_next, lane.name.clone());
            self.read(log, number)?;
            if self
                .lanes
                .get(number)
                .is_some_and(|lane| lane.read_next == before)
            {
                return Err(LogError::Retry(format!(
                    "refold input {name}: the journal says that offsets up to {offset_next} were \
                     folded, but the input ends at {before}. If it was cut or replaced, restore it"
                )));
            }
        }
        Ok(())
    }

    /// What was taken since the last call, and from here on counts as taken.
    fn ranges(&mut self) -> Vec<Range> {
        let range = |lane: &mut Lane| {
            let offset_from = lane.taken_next;
            lane.taken_next = lane.offset_next();
            Range {
                offset_from,
                offset_next: lane.taken_next,
            }
        };
        self.lanes.iter_mut().map(range).collect()
    }

    /// Per input, the next position that no step has taken.
    #[must_use]
    pub fn positions(&self) -> Vec<u64> {
        self.lanes.iter().map(|lane| lane.taken_next).collect()
    }

    /// The largest log time that any input has met.
    #[must_use]
    pub fn log_time_max(&self) -> Time {
        self.lanes
            .iter()
            .map(|lane| lane.log_time_max)
            .max()
            .unwrap_or(Time::MIN)
    }

    /// The least log time of the records that were read and not taken; `None` where none waits.
    #[must_use]
    pub fn ahead(&self, clock: Time) -> Option<Time> {
        let front = |lane: &Lane| {
            let record = lane.buffer.front()?;
            Some(lane.log_time(record, clock).0)
        };
        self.lanes.iter().filter_map(front).min()
    }

    /// Writes positions and log times; buffers are read again.
    pub fn write(&self, writer: &mut Writer) {
        writer.list(self.lanes.iter(), |writer, lane| {
            writer.text(&lane.name);
            writer.u64(lane.taken_next);
            writer.i64(lane.log_time_max.0);
        });
    }

    /// Takes up positions and log times; an input that is not in the bytes begins at 0.
    ///
    /// # Errors
    /// Where the bytes are not what [`Merge::write`] writes.
    pub fn restore(&mut self, reader: &mut Reader<'_>) -> Result<(), CodecError> {
        let lanes = reader.list(|reader| {
            Ok((
                reader.text()?.to_owned(),
                reader.u64()?,
                Time(reader.i64()?),
            ))
        })?;
        for (name, taken_next, log_time_max) in lanes {
            if let Some(lane) = self.lanes.iter_mut().find(|lane| lane.name == name) {
                lane.buffer.clear();
                lane.read_next = taken_next;
                lane.taken_next = taken_next;
                lane.log_time_max = log_time_max;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
