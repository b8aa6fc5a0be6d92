//! How the features of the family `usage` read what is known.

use crate::model::{Fixed, Role, Time};
use crate::state::{
    Account, Missing, Moment, Reading, contacts_on, contacts_since_day, contacts_since_hour,
    days_since, from_millionths, nearest, percent,
};

use super::super::source::Usage;

/// Days by which `_year_ago` is shifted: whole weeks, so that weekdays meet weekdays.
const YEAR: u16 = 364;

/// The role of the contacts that the feature is about, where it is about one.
pub(super) const fn role(item: Usage) -> Option<Role> {
    match item {
        Usage::DaysSinceChampion | Usage::Champions28d => Some(Role::Champion),
        Usage::DaysSinceDecisionMaker | Usage::DecisionMakers28d => Some(Role::DecisionMaker),
        Usage::DaysSinceExecutive | Usage::Executives28d => Some(Role::Executive),
        Usage::DaysSinceUser | Usage::Users28d => Some(Role::User),
        _ => None,
    }
}

pub(super) fn reading(item: Usage, account: &mut Account, moment: Moment) -> Reading {
    let last = account.usage.last().ok_or(Missing::NoData)?;
    match item {
        Usage::DaysSinceLast
        | Usage::DaysSinceChampion
        | Usage::DaysSinceDecisionMaker
        | Usage::DaysSinceExecutive
        | Usage::DaysSinceUser => Ok(days_since(since(item, account, last)?, moment.now)),
        Usage::Contacts1d
        | Usage::Contacts7d
        | Usage::Contacts28d
        | Usage::Contacts90d
        | Usage::Contacts365d
        | Usage::ContactsYearAgo
        | Usage::Users28d
        | Usage::Champions28d
        | Usage::DecisionMakers28d
        | Usage::Executives28d
        | Usage::BusiestContactPct => contacts(item, account, moment),
        Usage::ActiveDays7d
        | Usage::ActiveDays90d
        | Usage::ActiveDays365d
        | Usage::ActiveDaysYearAgo => active_days(item, account, moment.today),
        Usage::Trend7d => trend(7, account, moment.today),
        Usage::Trend90d => trend(90, account, moment.today),
        Usage::Events90d | Usage::Events365d | Usage::EventsYearAgo | Usage::WeekAgainstQuarter => {
            long(item, account, moment.today)
        }
        Usage::Events1d => Ok(nearest(account.usage.hourly(moment.hour).events_1d.into())),
        Usage::Events7d => Ok(nearest(account.usage.hourly(moment.hour).events_7d.into())),
        Usage::Events28d
        | Usage::Value28d
        | Usage::ActiveDays28d
        | Usage::Breadth28d
        | Usage::Trend28d
        | Usage::Errors28d
        | Usage::ErrorsPct => month(item, account, moment.today),
    }
}

fn since(item: Usage, account: &Account, last: Time) -> Result<Time, Missing> {
    role(item).map_or(Ok(last), |role| {
        account.usage.last_of(role).ok_or(Missing::NoData)
    })
}

/// Features that say something of contacts: missing where none was ever active.
fn contacts(item: Usage, account: &mut Account, moment: Moment) -> Reading {
    let Account { usage, people, .. } = account;
    if !usage.has_contacts() {
        return Err(Missing::NoData);
    }
    let since_day = |reach| {
        let first = moment.today.saturating_sub(reach);
        contacts_since_day(people, role(item), first)
    };
    Ok(f64::from(match item {
        Usage::BusiestContactPct => {
            let (busiest, all) = usage.busiest_28d(people, moment.today);
            return percent(busiest.into(), all.into());
        }
        Usage::ContactsYearAgo => {
            let (first, last) = year_ago(usage.first_day(), moment.today)?;
            contacts_on(people, first, last)
        }
        Usage::Contacts1d => contacts_since_hour(people, moment.hour.saturating_sub(23)),
        Usage::Contacts7d => usage.contacts_7d(people, moment.hour),
        Usage::Contacts28d => usage.daily(people, moment.today).contacts_28d,
        Usage::Contacts90d => since_day(89),
        Usage::Contacts365d => since_day(364),
        _ => since_day(27),
    }))
}

fn active_days(item: Usage, account: &mut Account, today: u16) -> Reading {
    let since_day = |reach| (today.saturating_sub(reach), today);
    let days = match item {
        Usage::ActiveDays7d => since_day(6),
        Usage::ActiveDays90d => since_day(89),
        Usage::ActiveDaysYearAgo => year_ago(account.usage.first_day(), today)?,
        _ => since_day(364),
    };
    Ok(f64::from(account.usage.active_days(days, today)))
}

/// Numbers of events over more days than the running sums reach.
fn long(item: Usage, account: &Account, today: u16) -> Reading {
    let usage = &account.usage;
    let events = |(first, last)| i128::from(usage.events_on(first, last));
    let since_day = |reach| events((today.saturating_sub(reach), today));
    match item {
        Usage::Events90d => Ok(nearest(since_day(89))),
        Usage::EventsYearAgo => Ok(nearest(events(year_ago(usage.first_day(), today)?))),
        Usage::WeekAgainstQuarter => {
            let before = |days| events((today.saturating_sub(days), today.saturating_sub(1)));
            if usage.first_day() > today.saturating_sub(90) {
                return Err(Missing::NoData);
            }
            percent(90 * before(7), 7 * before(90))
        }
        _ => Ok(nearest(since_day(364))),
    }
}

/// The whole days before today against as many before these.
fn trend(days: u16, account: &Account, today: u16) -> Reading {
    let usage = &account.usage;
    let [first, middle] = [2 * days, days].map(|back| today.saturating_sub(back));
    if usage.first_day() > first {
        return Err(Missing::NoData);
    }
    let events = |from, until: u16| i128::from(usage.events_on(from, until.saturating_sub(1)));
    let earlier = events(first, middle);
    percent(events(middle, today) - earlier, earlier)
}

/// The 28 days that ended a year ago; missing where activity does not reach back to the first.
fn year_ago(first_known: u16, today: u16) -> Result<(u16, u16), Missing> {
    let last = today.saturating_sub(YEAR);
    let first = last.saturating_sub(27);
    if first_known > first {
        return Err(Missing::NoData);
    }
    Ok((first, last))
}

fn month(item: Usage, account: &mut Account, today: u16) -> Reading {
    let Account { usage, people, .. } = account;
    let needs_errors = matches!(item, Usage::Errors28d | Usage::ErrorsPct);
    if needs_errors && !usage.has_errors() {
        return Err(Missing::NoData);
    }
    let covers_trend = usage.first_day() <= today.saturating_sub(56);
    let daily = usage.daily(people, today);
    match item {
        Usage::Value28d => Ok(from_millionths(daily.value_28d())),
        Usage::ErrorsPct => {
            let events = i128::from(daily.events_28d) * i128::from(Fixed::SCALE);
            percent(daily.errors_28d, events)
        }
        Usage::Errors28d => Ok(from_millionths(daily.errors_28d)),
        Usage::ActiveDays28d => Ok(f64::from(daily.active_days_28d)),
        Usage::Breadth28d => Ok(f64::from(daily.breadth_28d)),
        Usage::Trend28d if !covers_trend => Err(Missing::NoData),
        Usage::Trend28d => {
            let earlier = i128::from(daily.trend_earlier);
            percent(i128::from(daily.trend_recent) - earlier, earlier)
        }
        _ => Ok(nearest(daily.events_28d.into())),
    }
}
