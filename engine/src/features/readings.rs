//! How each feature reads what is known: its number, the moment it counts from, and what stands
//! behind it.

mod usage;

use crate::model::{Aggregate, Fixed, Priority, Time};
use crate::state::{
    Account, Attribute, Custom, Missing, Moment, Plan, Reading, contacts_ever, days_since,
    days_until, from_millionths, known, nearest, percent,
};

use super::peers::View;
use super::source::{License, Milestone, Profile, Source, Survey, Ticket, Touch, Usage};

/// A moment that a feature counts days from or towards.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Anchor {
    Since(Time),
    Until(Time),
}

impl Source {
    /// The feature's number; of a text feature there is none here.
    pub(super) fn reading(self, view: View<'_>, account: &mut Account, moment: Moment) -> Reading {
        let (plan, now) = (view.plan, moment.now);
        match self {
            Self::Usage(item) => usage::reading(item, account, moment),
            Self::License(item) => license(item, plan, account, moment),
            Self::Ticket(item) => ticket(item, plan, account, moment),
            Self::Survey(item) => survey(item, plan, account, moment),
            Self::Touch(item) => touch(item, plan, account, moment),
            Self::Milestone(item) => milestone(item, account, now),
            Self::Profile(item) => profile(item, plan, account, moment),
            Self::Relative(relative) => relative.reading(view, account, moment),
            // Decisions remember scores; whoever has them puts them into the row.
            Self::ScoreAgo(_) => Err(Missing::NotEnoughHistory),
            Self::Factor(factor) => {
                let part = account.assessments.get().ok_or(Missing::NoData)?;
                part.value(factor, now)
            }
            Self::FactorAge(factor) => {
                let part = account.assessments.get().ok_or(Missing::NoData)?;
                part.age_days(factor, now)
            }
            Self::Attribute(name, _) => attribute(name, account),
            Self::Custom(place) => {
                let custom = plan.customs().get(place).ok_or(Missing::NoData)?;
                declared(custom, plan, account, moment)
            }
        }
    }

    /// The text of a text feature.
    pub(super) fn text<'a>(self, plan: &Plan, account: &'a Account, today: u16) -> Option<&'a str> {
        if self == Self::License(License::PlanName) {
            return account.licenses.get()?.plan_name(plan, today);
        }
        let profile = account.profile.get()?;
        match self {
            Self::Profile(Profile::Stage) => profile.stage().map(|stage| stage.as_str()),
            Self::Profile(Profile::Segment) => profile.segment(),
            Self::Attribute(name, _) => match profile.attribute(name)? {
                Attribute::Text(text) => Some(text),
                Attribute::Number(_) | Attribute::Yes(_) => None,
            },
            _ => None,
        }
    }

    /// The moment that the feature counts from or towards, if it counts days and has one.
    pub(super) fn anchor(self, plan: &Plan, account: &Account, now: Time) -> Option<Anchor> {
        let since = match self {
            Self::Usage(Usage::DaysSinceLast) => account.usage.last(),
            Self::Usage(item) => account.usage.last_of(usage::role(item)?),
            Self::License(License::TrialDaysSinceStart) => account.licenses.get()?.trial_start(),
            Self::License(License::TrialDaysToEnd) => {
                return account.licenses.get()?.trial_end().map(Anchor::Until);
            }
            Self::License(License::DaysToRenewal) => {
                return account.licenses.get()?.renewal().map(Anchor::Until);
            }
            Self::License(License::DaysToDecision) => {
                return account.licenses.get()?.decision().map(Anchor::Until);
            }
            Self::License(License::OverdueDays) => account.licenses.get()?.overdue().flatten(),
            Self::License(License::TenureDays) => account.licenses.get()?.start(),
            Self::Ticket(Ticket::OldestOpenDays) => account.tickets.get()?.oldest(),
            Self::Survey(Survey::DaysSinceAnswer) => account.surveys.get()?.last(),
            Self::Survey(Survey::NpsAge) => account.surveys.get()?.latest_at().0,
            Self::Survey(Survey::CsatAge) => account.surveys.get()?.latest_at().1,
            Self::Milestone(Milestone::DaysWithoutFirstValue) => {
                let begun = account.licenses.get()?.begun();
                begun.filter(|_| first_value(account, now).is_none())
            }
            Self::Touch(Touch::DaysSinceLast) => account.touches.get()?.last(),
            Self::Profile(Profile::TenureDays) => account.profile.get()?.first(),
            Self::FactorAge(factor) => account.assessments.get()?.assessed_at(factor, now),
            Self::Custom(place) => {
                let custom = plan.customs().get(place)?;
                let declared = account.declared(custom)?;
                declared
                    .latest(custom, &account.people)
                    .map(|(stamp, _)| stamp.at)
            }
            _ => None,
        };
        since.map(Anchor::Since)
    }

    /// When the newest event behind the feature happened.
    pub(super) fn newest(self, plan: &Plan, account: &Account, now: Time) -> Option<Time> {
        let licenses = || account.licenses.get().and_then(|part| part.newest());
        let profile = || account.profile.get().and_then(|part| part.newest());
        match self {
            Self::Usage(item) => match usage::role(item) {
                Some(role) => account.usage.last_of(role),
                None => account.usage.last(),
            },
            Self::License(License::SeatsActivePct | License::SeatsNeverUsed) => {
                licenses().max(account.usage.last())
            }
            Self::License(_) => licenses(),
            Self::Ticket(_) => account.tickets.get()?.newest(),
            Self::Survey(item) => {
                let part = account.surveys.get()?;
                let (nps, csat) = part.latest_at();
                match item {
                    Survey::NpsLatest
                    | Survey::NpsLowest
                    | Survey::NpsMean
                    | Survey::NpsWeighted
                    | Survey::NpsAge => nps,
                    Survey::CsatLatest
                    | Survey::CsatMean
                    | Survey::CsatAge
                    | Survey::CsatLowest
                    | Survey::CsatBad => csat,
                    Survey::Unanswered => nps.max(csat),
                    Survey::DaysSinceAnswer | Survey::ResponsePct => part.last(),
                }
            }
            Self::Touch(_) => account.touches.get()?.last(),
            Self::Milestone(Milestone::FirstValueDays | Milestone::DaysWithoutFirstValue) => {
                let milestones = account.milestones.get().and_then(|part| part.newest());
                milestones.max(licenses())
            }
            Self::Milestone(_) => account.milestones.get()?.newest(),
            Self::Profile(Profile::Arr) => licenses().or_else(profile),
            Self::Profile(_) | Self::Attribute(..) => profile(),
            Self::Relative(relative) => relative.own()?.newest(plan, account, now),
            Self::ScoreAgo(_) => None,
            Self::Factor(factor) | Self::FactorAge(factor) => {
                account.assessments.get()?.assessed_at(factor, now)
            }
            Self::Custom(place) => account.declared(plan.customs().get(place)?)?.newest(),
        }
    }

    /// Whether a limit left out something that could still matter.
    pub(super) fn is_capped(self, plan: &Plan, account: &Account, now: Time) -> bool {
        let licenses = || {
            account
                .licenses
                .get()
                .is_some_and(|part| part.is_capped(now))
        };
        let milestones = || {
            account
                .milestones
                .get()
                .is_some_and(|part| part.is_capped(now))
        };
        let touches = || {
            account
                .touches
                .get()
                .is_some_and(|part| part.is_capped(now))
        };
        let family = match self {
            Self::Usage(Usage::Breadth28d) => {
                account.people.is_capped(now) || account.people.metrics_are_capped(now)
            }
            Self::Usage(_) => account.people.is_capped(now),
            Self::License(License::SeatsActivePct | License::SeatsNeverUsed) => {
                licenses() || account.people.is_capped(now)
            }
            Self::License(License::MrrChangePct) => {
                let part = account.licenses.get();
                licenses() || part.is_some_and(|part| part.past_is_capped(now))
            }
            Self::License(_)
            | Self::Profile(Profile::Arr)
            | Self::Touch(Touch::OutsideRenewalPct) => licenses(),
            Self::Ticket(_) => account
                .tickets
                .get()
                .is_some_and(|part| part.is_capped(now)),
            Self::Survey(Survey::Unanswered) if touches() => true,
            Self::Survey(_) => account
                .surveys
                .get()
                .is_some_and(|part| part.is_capped(now)),
            Self::Touch(Touch::Unanswered) => touches(),
            Self::Relative(relative) => {
                let own = relative.own();
                own.is_some_and(|own| own.is_capped(plan, account, now))
            }
            Self::Touch(_) | Self::Profile(_) | Self::ScoreAgo(_) => false,
            Self::Milestone(Milestone::FirstValueDays | Milestone::DaysWithoutFirstValue) => {
                milestones() || licenses()
            }
            Self::Milestone(_) => milestones(),
            Self::Attribute(..) => account
                .profile
                .get()
                .is_some_and(|part| part.is_capped(now)),
            Self::Factor(_) | Self::FactorAge(_) => account
                .assessments
                .get()
                .is_some_and(|part| part.is_capped(now)),
            Self::Custom(place) => {
                let custom = plan.customs().get(place);
                let declared = custom.and_then(|custom| account.declared(custom));
                declared.is_some_and(|declared| declared.is_capped(now))
            }
        };
        family || account.pending_is_capped(now)
    }
}

/// A count, which limits keep far below the range.
fn number(count: usize) -> f64 {
    nearest(i128::try_from(count).unwrap_or(i128::MAX))
}

fn license(item: License, plan: &Plan, account: &mut Account, moment: Moment) -> Reading {
    let now = moment.now;
    let licenses = account.licenses.get_mut().ok_or(Missing::NoData)?;
    match item {
        License::Seats => known(licenses.seats(plan, moment).map(from_millionths)),
        License::SeatsAssignedPct => licenses.seats_assigned_pct(plan, moment),
        License::SeatsActivePct => {
            let seats = licenses.seats(plan, moment).ok_or(Missing::NoData)?;
            if !account.usage.has_contacts() {
                return Err(Missing::NoData);
            }
            let daily = account.usage.daily(&account.people, moment.today);
            let contacts = i128::from(daily.contacts_28d) * i128::from(Fixed::SCALE);
            percent(contacts, seats)
        }
        License::SeatsNeverUsed => {
            let seats = licenses.seats(plan, moment).ok_or(Missing::NoData)?;
            if !account.usage.has_contacts() {
                return Err(Missing::NoData);
            }
            let used = i128::from(contacts_ever(&account.people)) * i128::from(Fixed::SCALE);
            Ok(from_millionths((seats - used).max(0)))
        }
        License::Mrr => licenses.mrr(plan, moment),
        License::MrrAtStake => licenses.mrr_at_stake(plan, moment),
        License::TrialDaysSinceStart => {
            known(licenses.trial_start().map(|start| days_since(start, now)))
        }
        License::TrialDaysToEnd => known(licenses.trial_end().map(|ends| days_until(ends, now))),
        License::MrrChangePct => licenses.mrr_change_pct(plan, moment),
        License::AmountDue => licenses.amount_due(plan, moment),
        License::PaymentFailures => Ok(number(licenses.payment_failures(plan, moment.today))),
        License::AutoRenew => known(licenses.auto_renew().map(|yes| f64::from(u8::from(yes)))),
        License::PlanName => Err(Missing::NoData),
        License::TrialOnly => Ok(f64::from(u8::from(licenses.is_trial_only()))),
        License::DaysToRenewal => {
            let (renewal, _) = licenses.ends(plan, moment);
            known(renewal.map(|ends| days_until(ends, now)))
        }
        License::DaysToDecision => {
            let (_, decision) = licenses.ends(plan, moment);
            known(decision.map(|ends| days_until(ends, now)))
        }
        License::OverdueDays => {
            let (overdue, _) = licenses.begins(plan, moment);
            let days = |since: Option<Time>| since.map_or(0.0, |since| days_since(since, now));
            known(overdue.map(days))
        }
        License::TenureDays => {
            let (_, start) = licenses.begins(plan, moment);
            known(start.map(|start| days_since(start, now)))
        }
    }
}

fn ticket(item: Ticket, plan: &Plan, account: &mut Account, moment: Moment) -> Reading {
    let tickets = account.tickets.get_mut().ok_or(Missing::NoData)?;
    Ok(match item {
        Ticket::Open => f64::from(tickets.open(plan, moment).0),
        Ticket::OpenCritical => f64::from(tickets.open(plan, moment).1),
        Ticket::OldestOpenDays => tickets.oldest_open_days(plan, moment),
        Ticket::Opened28d => f64::from(tickets.opened(plan, moment).0),
        Ticket::Opened90d => f64::from(tickets.opened(plan, moment).1),
        Ticket::EscalatedPct => return tickets.escalated_pct(plan, moment),
        Ticket::FirstResponseHours => return tickets.first_response_hours(plan, moment),
        Ticket::ResolutionHours => return tickets.resolution_hours(plan, moment),
        Ticket::OpenPriorityLow => f64::from(tickets.open_of(Priority::Low)),
        Ticket::OpenPriorityMedium => f64::from(tickets.open_of(Priority::Medium)),
        Ticket::OpenPriorityHigh => f64::from(tickets.open_of(Priority::High)),
        Ticket::OpenPriorityCritical => f64::from(tickets.open_of(Priority::Critical)),
        Ticket::Opened7d => {
            let first = moment.hour.saturating_sub(167);
            f64::from(tickets.opened_since_hour(first))
        }
        Ticket::ReopenedPct => return tickets.reopened_pct(plan, moment),
        Ticket::FirstResponseMiddle => return tickets.response_middle_hours(plan, moment),
        Ticket::ResolutionMiddle => return tickets.resolution_middle_hours(plan, moment),
        Ticket::ReplyBreaches => f64::from(tickets.reply_breaches(plan, moment)),
    })
}

fn survey(item: Survey, plan: &Plan, account: &mut Account, moment: Moment) -> Reading {
    let surveys = account.surveys.get_mut().ok_or(Missing::NoData)?;
    let people = &account.people;
    let (nps, csat) = surveys.latest_at();
    let age = |at: Option<Time>| known(at.map(|at| days_since(at, moment.now)));
    match item {
        Survey::NpsAge => age(nps),
        Survey::CsatAge => age(csat),
        Survey::CsatLowest => surveys.csat_lowest(plan, people, moment),
        Survey::ResponsePct => surveys.response_pct(plan, people, moment),
        Survey::Unanswered => {
            let touches = account.touches.get();
            known(surveys.unanswered(plan, touches, moment.today).map(number))
        }
        Survey::CsatBad => surveys.csat_bad(plan, people, moment),
        Survey::NpsLatest => surveys.nps_latest(),
        Survey::NpsLowest => surveys.nps_lowest(plan, people, moment),
        Survey::NpsMean => surveys.nps_mean(plan, people, moment),
        Survey::NpsWeighted => surveys.nps_weighted(plan, people, moment),
        Survey::CsatLatest => surveys.csat_latest(),
        Survey::CsatMean => surveys.csat_mean(plan, people, moment),
        Survey::DaysSinceAnswer => age(surveys.last()),
    }
}

fn touch(item: Touch, plan: &Plan, account: &mut Account, moment: Moment) -> Reading {
    let Account {
        touches, licenses, ..
    } = account;
    let touches = touches.get_mut().ok_or(Missing::NoData)?;
    let licenses = licenses.get();
    match item {
        Touch::DaysSinceLast => known(touches.last().map(|last| days_since(last, moment.now))),
        Touch::Count90d => Ok(nearest(touches.count_90d(plan, licenses, moment).into())),
        Touch::Unanswered => Ok(number(touches.unanswered(plan, moment.today))),
        Touch::OutsideRenewalPct => touches.outside_renewal_pct(plan, licenses, moment),
    }
}

fn first_value(account: &Account, now: Time) -> Option<Time> {
    account.milestones.get()?.first_value(now)
}

fn milestone(item: Milestone, account: &Account, now: Time) -> Reading {
    let milestones = || account.milestones.get().ok_or(Missing::NoData);
    let begun = || account.licenses.get().and_then(|part| part.begun());
    match item {
        Milestone::FirstValueDays => {
            let reached = first_value(account, now).ok_or(Missing::NoData)?;
            known(begun().map(|begun| days_since(begun, reached)))
        }
        Milestone::DaysWithoutFirstValue => {
            let is_reached = first_value(account, now).is_some();
            let days = |begun| {
                if is_reached {
                    0.0
                } else {
                    days_since(begun, now)
                }
            };
            known(begun().map(days))
        }
        Milestone::DonePct => milestones()?.done_pct(now),
        Milestone::Overdue => known(milestones()?.overdue(now).map(nearest)),
    }
}

fn profile(item: Profile, plan: &Plan, account: &mut Account, moment: Moment) -> Reading {
    if item == Profile::Arr
        && let Some(licenses) = account.licenses.get_mut()
    {
        return licenses.arr(plan, moment);
    }
    let profile = account.profile.get().ok_or(Missing::NoData)?;
    match item {
        Profile::Stage | Profile::Segment => Err(Missing::NoData),
        Profile::TenureDays => known(profile.first().map(|first| days_since(first, moment.now))),
        Profile::Arr => known(profile.arr().map(Fixed::to_f64)),
    }
}

fn attribute(name: u64, account: &Account) -> Reading {
    let profile = account.profile.get().ok_or(Missing::NoData)?;
    match profile.attribute(name) {
        Some(Attribute::Number(number)) => Ok(number.to_f64()),
        Some(Attribute::Yes(yes)) => Ok(f64::from(u8::from(*yes))),
        Some(Attribute::Text(_)) | None => Err(Missing::NoData),
    }
}

fn declared(custom: &Custom, plan: &Plan, account: &Account, moment: Moment) -> Reading {
    let people = &account.people;
    let kept = account.declared(custom);
    let reading = kept.map(|kept| kept.reading(custom, people, (plan, moment)));
    let is_covered = custom.is_covered(plan, moment);
    match custom.agg {
        Aggregate::Last | Aggregate::DaysSince => {
            let latest = kept.and_then(|kept| kept.latest(custom, people));
            let is_recent = latest.is_some_and(|(stamp, _)| stamp.at >= custom.since);
            match reading.unwrap_or(Err(Missing::NoData)) {
                Ok(value) if is_covered || is_recent => Ok(value),
                Err(missing) if is_covered => Err(missing),
                Ok(_) | Err(_) => Err(Missing::NotEnoughHistory),
            }
        }
        _ if !is_covered => Err(Missing::NotEnoughHistory),
        Aggregate::Count | Aggregate::Sum | Aggregate::Distinct => {
            if account.has_seen(custom.kind) {
                reading.unwrap_or(Ok(0.0))
            } else {
                Err(Missing::NoData)
            }
        }
        Aggregate::Mean | Aggregate::Min | Aggregate::Max | Aggregate::Share => {
            reading.unwrap_or(Err(Missing::NoData))
        }
    }
}
