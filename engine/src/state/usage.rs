//! Activity of an account as a whole, with running sums of every window.
//!
//! The sum over all who count is kept beside what each person used and made anew when a role
//! changes. Sums of windows are carried along with each event and made anew when the hour or the
//! day changes; a test holds that they equal sums made from scratch.

use crate::model::{Role, Time};

use super::activity::{Activity, Added, DAYS_REACH, Floor, HOURS_REACH, MONTH_REACH, Seen, Use};
use super::days::{Day, hour_of};
use super::people::{People, Used};

/// Days before today that a whole window of 28 days ending at midnight reaches back.
const TREND_REACH: Day = 28;
/// Hours before the current one that a window of one day reaches back.
const DAY_HOURS_REACH: u32 = 23;

/// Sums of the windows that move by the local day.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Daily {
    today: Day,
    pub(crate) events_28d: u64,
    value_28d: i128,
    pub(crate) errors_28d: i128,
    pub(crate) active_days_28d: u32,
    pub(crate) contacts_28d: u32,
    pub(crate) breadth_28d: u32,
    /// Events on the 28 days before today.
    pub(crate) trend_recent: u64,
    /// Events on the 28 days before these.
    pub(crate) trend_earlier: u64,
}

/// Sums of the windows that move by the hour.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Hourly {
    hour: u32,
    pub(crate) events_1d: u64,
    pub(crate) events_7d: u64,
}

/// Contacts of 7 days; apart, because counting them looks at everybody.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Week {
    hour: u32,
    contacts: u32,
}

/// Activity of one account.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Usage {
    total: Activity,
    /// Whether any contact was ever active.
    has_contacts: bool,
    last_by_role: LastByRole,
    daily: Option<Daily>,
    hourly: Option<Hourly>,
    week: Option<Week>,
    busiest: Option<Busiest>,
}

/// The greatest `at` of the activity of everybody with a role, for the roles that count;
/// `Time::MIN` if there is none.
#[derive(Clone, PartialEq, Eq, Debug)]
struct LastByRole([Time; 4]);

impl Default for LastByRole {
    fn default() -> Self {
        Self([Time::MIN; 4])
    }
}

impl LastByRole {
    fn note(&mut self, role: Option<Role>, at: Time) {
        if let Some(last) = role.and_then(|role| self.0.get_mut(role as usize)) {
            *last = at.max(*last);
        }
    }

    fn get(&self, role: Role) -> Option<Time> {
        let last = self.0.get(role as usize).copied();
        last.filter(|last| *last > Time::MIN)
    }
}

/// Activity of the contact who was most active in 28 days; apart, because it looks at everybody.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Busiest {
    today: Day,
    events: u64,
}

impl Usage {
    /// Everything made anew from what the people used.
    pub(crate) fn of(people: &People) -> Self {
        let mut usage = Self::default();
        for person in people.persons() {
            let Some(used) = person.counted() else {
                continue;
            };
            usage.has_contacts = true;
            usage.total.add_all_to_total(used);
            usage.last_by_role.note(person.role(), used.last);
        }
        if let Some(used) = people.nobody() {
            usage.total.add_all_to_total(used);
        }
        usage
    }

    /// One use; `people` already knows it.
    pub(crate) fn add(&mut self, used: &Use, floor: Floor, what: Used, people: &People) {
        let Used::Counts {
            role,
            contact,
            before,
            metric,
        } = what
        else {
            if what == Used::Evicted {
                *self = Self::of(people);
            }
            return;
        };
        let added = self.total.add_to_total(used, floor, metric);
        let has_contact = contact != 0;
        self.has_contacts |= has_contact;
        self.last_by_role.note(role, used.at);
        if added.is_full {
            (self.daily, self.hourly) = (None, None);
        }
        if let Some(daily) = &mut self.daily {
            daily.add(used, added, has_contact.then_some(before));
        }
        if let Some(hourly) = &mut self.hourly {
            hourly.add(used);
        }
        if let Some(week) = &mut self.week
            && has_contact
        {
            week.add(used, before.0);
        }
        if let Some(busiest) = &mut self.busiest
            && let Some(theirs) = people.counted(contact)
        {
            busiest.look_at(theirs);
        }
    }

    /// The greatest `at` of an activity event.
    pub(crate) fn last(&self) -> Option<Time> {
        (self.total.last > Time::MIN).then_some(self.total.last)
    }

    /// The greatest `at` of the activity of everybody with this role.
    pub(crate) fn last_of(&self, role: Role) -> Option<Time> {
        self.last_by_role.get(role)
    }

    /// Whether any contact was ever active.
    pub(crate) const fn has_contacts(&self) -> bool {
        self.has_contacts
    }

    /// Whether any activity said how many errors there were.
    pub(crate) const fn has_errors(&self) -> bool {
        self.total.has_errors
    }

    /// The day of the first known activity.
    pub(crate) const fn first_day(&self) -> Day {
        self.total.first_day
    }

    /// Activity events on the days from `first` to `last`.
    pub(crate) fn events_on(&self, first: Day, last: Day) -> u64 {
        self.total.events_on(first, last)
    }

    /// Sums of the windows that move by the day.
    pub(crate) fn daily(&mut self, people: &People, today: Day) -> &Daily {
        if self.daily.is_none_or(|daily| daily.today != today) {
            self.total.forget_metrics(today.saturating_sub(MONTH_REACH));
            self.total.age(Floor::new(today, 0));
            self.daily = Some(Daily::of(&self.total, people, today));
        }
        self.daily.as_ref().expect("made where there was none")
    }

    /// Sums of the windows that move by the hour.
    pub(crate) fn hourly(&mut self, hour: u32) -> &Hourly {
        if self.hourly.is_none_or(|hourly| hourly.hour != hour) {
            self.hourly = Some(Hourly::of(&self.total, hour));
        }
        self.hourly.as_ref().expect("made where there was none")
    }

    /// Contacts with activity in 7 days.
    pub(crate) fn contacts_7d(&mut self, people: &People, hour: u32) -> u32 {
        match self.week {
            Some(week) if week.hour == hour => week.contacts,
            _ => self.week.insert(Week::of(people, hour)).contacts,
        }
    }

    /// Days from `first` to `last` with activity.
    pub(crate) fn active_days(&mut self, (first, last): (Day, Day), today: Day) -> u32 {
        self.total.age(Floor::new(today, 0));
        count(self.total.cells_on(first, last))
    }

    /// Activity events of the busiest contact in 28 days, and those of all contacts.
    pub(crate) fn busiest_28d(&mut self, people: &People, today: Day) -> (u64, u64) {
        let first = today.saturating_sub(MONTH_REACH);
        let all = self.daily(people, today).events_28d;
        let nobody = people.nobody();
        let without = nobody.map_or(0, |used| used.events_on(first, today));
        let busiest = match self.busiest {
            Some(busiest) if busiest.today == today => busiest,
            _ => *self.busiest.insert(Busiest::of(people, today)),
        };
        (busiest.events, all.saturating_sub(without))
    }
}

/// A count of people or metrics, which limits keep far below the range.
fn count(items: impl Iterator) -> u32 {
    u32::try_from(items.count()).unwrap_or(u32::MAX)
}

impl Daily {
    /// Sum of values in millionths, modulo 2⁸⁰ as in the cells.
    pub(crate) const fn value_28d(&self) -> i128 {
        (self.value_28d << 48) >> 48
    }

    fn of(total: &Activity, people: &People, today: Day) -> Self {
        let month = today.saturating_sub(MONTH_REACH);
        let mut daily = Self {
            today,
            ..Self::default()
        };
        for cell in &total.days {
            let events = u64::from(cell.events);
            if (month..=today).contains(&cell.day) {
                daily.events_28d += events;
                daily.value_28d += cell.value();
                daily.errors_28d += cell.errors();
                daily.active_days_28d += 1;
            }
            daily.add_trend(cell.day, events);
        }
        let active = people.persons().filter_map(|person| person.counted());
        daily.contacts_28d = count(active.filter(|used| used.last_day >= month));
        let metrics = total.metrics.iter();
        daily.breadth_28d = count(metrics.filter(|cell| cell.last_day >= month));
        daily
    }

    fn add(&mut self, used: &Use, added: Added, before: Option<(Time, Day)>) {
        let month = self.today.saturating_sub(MONTH_REACH);
        if (month..=self.today).contains(&used.day) {
            self.events_28d += 1;
            self.value_28d += i128::from(used.value.0);
            let errors = used.errors.map_or(0, |errors| errors.0);
            self.errors_28d += i128::from(errors.max(0));
            self.active_days_28d += u32::from(added.day_is_new);
            let was_away = |day: Day, known: bool| !known || day < month;
            if let Some((last, day)) = before {
                self.contacts_28d += u32::from(was_away(day, last > Time::MIN));
            }
            self.breadth_28d += match added.metric {
                Seen::Before(day) => u32::from(was_away(day, true)),
                Seen::New => 1,
                Seen::LeftOut | Seen::Evicting => 0,
            };
        }
        self.add_trend(used.day, 1);
    }

    fn add_trend(&mut self, day: Day, events: u64) {
        let recent = self.today.saturating_sub(TREND_REACH);
        let earlier = self.today.saturating_sub(DAYS_REACH);
        if (recent..self.today).contains(&day) {
            self.trend_recent += events;
        } else if (earlier..recent).contains(&day) {
            self.trend_earlier += events;
        }
    }
}

impl Hourly {
    fn of(total: &Activity, hour: u32) -> Self {
        let day = hour.saturating_sub(DAY_HOURS_REACH);
        let week = hour.saturating_sub(HOURS_REACH);
        let mut hourly = Self {
            hour,
            ..Self::default()
        };
        for cell in &total.hours {
            let events = u64::from(cell.events);
            if (day..=hour).contains(&cell.hour) {
                hourly.events_1d += events;
            }
            if (week..=hour).contains(&cell.hour) {
                hourly.events_7d += events;
            }
        }
        hourly
    }

    fn add(&mut self, used: &Use) {
        let day = self.hour.saturating_sub(DAY_HOURS_REACH);
        let week = self.hour.saturating_sub(HOURS_REACH);
        if (day..=self.hour).contains(&used.hour) {
            self.events_1d += 1;
        }
        if (week..=self.hour).contains(&used.hour) {
            self.events_7d += 1;
        }
    }
}

impl Busiest {
    fn of(people: &People, today: Day) -> Self {
        let mut busiest = Self { today, events: 0 };
        for theirs in people.persons().filter_map(|person| person.counted()) {
            busiest.look_at(theirs);
        }
        busiest
    }

    fn look_at(&mut self, theirs: &Activity) {
        let first = self.today.saturating_sub(MONTH_REACH);
        self.events = self.events.max(theirs.events_on(first, self.today));
    }
}

/// Contacts whose last activity was in this hour or later.
pub(crate) fn contacts_since_hour(people: &People, first: u32) -> u32 {
    let active = people.persons().filter_map(|person| person.counted());
    count(active.filter(|used| hour_of(used.last) >= first))
}

/// Contacts, of a role or of any, whose last activity was on this day or later.
pub(crate) fn contacts_since_day(people: &People, role: Option<Role>, first: Day) -> u32 {
    let persons = people.persons();
    let meant = persons.filter(|person| role.is_none() || person.role() == role);
    let active = meant.filter_map(|person| person.counted());
    count(active.filter(|used| used.last_day >= first))
}

/// Contacts with activity on the days from `first` to `last`.
pub(crate) fn contacts_on(people: &People, first: Day, last: Day) -> u32 {
    let active = people.persons().filter_map(|person| person.counted());
    count(active.filter(|used| used.cells_on(first, last).next().is_some()))
}

/// Contacts with any activity.
pub(crate) fn contacts_ever(people: &People) -> u32 {
    count(people.persons().filter_map(|person| person.counted()))
}

impl Week {
    fn of(people: &People, hour: u32) -> Self {
        let contacts = contacts_since_hour(people, hour.saturating_sub(HOURS_REACH));
        Self { hour, contacts }
    }

    fn add(&mut self, used: &Use, before: Time) {
        let first = self.hour.saturating_sub(HOURS_REACH);
        let was_away = before == Time::MIN || hour_of(before) < first;
        let is_within = (first..=self.hour).contains(&used.hour);
        self.contacts += u32::from(is_within && was_away);
    }
}
