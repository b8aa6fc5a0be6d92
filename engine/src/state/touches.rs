//! Touches between the companies, per local day of a year.

use crate::limits::ANSWERING_TOUCHES_MAX;
use crate::model::{CodecError, Direction, Purpose, Reader, Time, Touch, Writer};

use super::bounded::{Entities, Happened, checked};
use super::days::Day;
use super::latest::{Stamp, halves};
use super::licenses::Licenses;
use super::plan::{Moment, Plan};
use super::reading::{Missing, Reading, percent};

/// Days before today that features reach back.
const REACH: Day = 364;
/// Days that can have cells.
const CELLS_MAX: usize = 365;

/// The touches of one day.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Cell {
    day: Day,
    touches: u32,
    /// Of these, those with the purpose `renewal`.
    renewals: u32,
}

/// What the touches come to.
#[derive(Clone, Copy, PartialEq, Debug)]
struct Summary {
    revision: u64,
    today: Day,
    touches_90d: u64,
    outside_pct: Reading,
}

/// The touches of one account.
#[derive(Clone, PartialEq, Debug, Default)]
pub(crate) struct Touches {
    cells: Vec<Cell>,
    last: Option<Time>,
    /// Touches that came from the account, by id.
    inbound: Entities<Happened>,
    /// Events that a touch to the account answers, by id.
    answered: Entities<Happened>,
    summary: Option<Summary>,
}

impl Touches {
    pub(crate) fn apply(&mut self, stamp: Stamp, event: &Touch<'_>, plan: &Plan, today: Day) {
        self.summary = None;
        let at = stamp.at;
        self.last = self.last.max(Some(at));
        let now = plan.days().start_of(today);
        match (event.direction, event.answers) {
            (Direction::Inbound, _) => {
                let id = stamp.id[0];
                self.inbound.happened(id, at, now, ANSWERING_TOUCHES_MAX);
            }
            (Direction::Outbound, Some(answers)) => {
                let [id, _] = halves(answers);
                self.answered.happened(id, at, now, ANSWERING_TOUCHES_MAX);
            }
            (Direction::Outbound, None) => {}
        }
        let first = today.saturating_sub(REACH);
        let day = plan.days().day_of(at);
        if day < first {
            return;
        }
        let place = match self.cells.binary_search_by_key(&day, |cell| cell.day) {
            Ok(place) => place,
            Err(place) => {
                let stale = self.cells.partition_point(|cell| cell.day < first);
                self.cells.drain(..stale);
                let place = place.saturating_sub(stale);
                let (touches, renewals) = (0, 0);
                let cell = Cell {
                    day,
                    touches,
                    renewals,
                };
                self.cells.insert(place, cell);
                place
            }
        };
        if let Some(cell) = self.cells.get_mut(place) {
            let is_renewal = event.purpose == Some(Purpose::Renewal);
            cell.touches = cell.touches.saturating_add(1);
            cell.renewals = cell.renewals.saturating_add(u32::from(is_renewal));
        }
    }

    /// A license changed: what is inside a renewal window must be found anew.
    pub(crate) const fn forget_terms(&mut self) {
        self.summary = None;
    }

    pub(crate) const fn last(&self) -> Option<Time> {
        self.last
    }

    pub(crate) fn is_capped(&self, now: Time) -> bool {
        self.inbound.is_capped(now) || self.answered.is_capped(now)
    }

    /// Whether a touch answers the event with this id.
    pub(crate) fn answers(&self, id: u64) -> bool {
        self.answered.get(id).is_some()
    }

    /// Number of touches that came from the account in 90 days and that none answers.
    pub(crate) fn unanswered(&self, plan: &Plan, today: Day) -> usize {
        let first = plan.days().start_of(today.saturating_sub(89));
        let recent = self.inbound.entries().filter(|(_, it)| it.0 >= first);
        recent.filter(|(id, _)| !self.answers(*id)).count()
    }

    pub(crate) fn count_90d(
        &mut self,
        plan: &Plan,
        licenses: Option<&Licenses>,
        moment: Moment,
    ) -> u64 {
        self.summary(plan, licenses, moment).touches_90d
    }

    pub(crate) fn outside_renewal_pct(
        &mut self,
        plan: &Plan,
        licenses: Option<&Licenses>,
        moment: Moment,
    ) -> Reading {
        self.summary(plan, licenses, moment).outside_pct
    }

    fn summary(&mut self, plan: &Plan, licenses: Option<&Licenses>, moment: Moment) -> Summary {
        let (revision, today) = (plan.revision(), moment.today);
        match self.summary {
            Some(summary) if summary.today == today && summary.revision == revision => summary,
            _ => *self.summary.insert(Summary {
                revision,
                today,
                touches_90d: self.touches_from(today.saturating_sub(89)),
                outside_pct: self.outside_pct(plan, licenses, today),
            }),
        }
    }

    fn cells_from(&self, first: Day) -> impl Iterator<Item = &Cell> {
        self.cells.iter().filter(move |cell| cell.day >= first)
    }

    fn touches_from(&self, first: Day) -> u64 {
        self.cells_from(first)
            .map(|cell| u64::from(cell.touches))
            .sum()
    }

    fn outside_pct(&self, plan: &Plan, licenses: Option<&Licenses>, today: Day) -> Reading {
        let first = today.saturating_sub(REACH);
        let terms = licenses.into_iter().flat_map(Licenses::terms);
        let mut terms: Vec<Day> = terms.filter(|ends| *ends >= first).collect();
        if terms.is_empty() {
            return Err(Missing::NoData);
        }
        terms.sort_unstable();
        let mut inside = 0;
        for cell in self.cells_from(first) {
            let next = terms.partition_point(|ends| *ends < cell.day);
            let window = plan.renewal_window();
            let is_near = terms
                .get(next)
                .is_some_and(|ends| ends - cell.day <= window);
            inside += i128::from(if is_near { cell.touches } else { cell.renewals });
        }
        let touches = i128::from(self.touches_from(first));
        percent(touches - inside, touches)
    }

    pub(crate) fn write(&self, writer: &mut Writer) {
        writer.list(self.cells.iter(), |writer, cell| {
            writer.u16(cell.day);
            writer.u32(cell.touches);
            writer.u32(cell.renewals);
        });
        writer.option(self.last, |writer, at| writer.i64(at.0));
        self.inbound.write_happened(writer);
        self.answered.write_happened(writer);
    }

    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        let cells = reader.list(|reader| {
            Ok(Cell {
                day: reader.u16()?,
                touches: reader.u32()?,
                renewals: reader.u32()?,
            })
        })?;
        Ok(Self {
            cells: checked(reader, cells, CELLS_MAX, |cell| cell.day)?,
            last: reader.option(|reader| Ok(Time(reader.i64()?)))?,
            inbound: Entities::read_happened(reader, ANSWERING_TOUCHES_MAX)?,
            answered: Entities::read_happened(reader, ANSWERING_TOUCHES_MAX)?,
            summary: None,
        })
    }
}
