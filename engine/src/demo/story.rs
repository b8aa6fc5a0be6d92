//! What a story is: how each of its days feels, and what happens on some of them.
//!
//! A story is data and two plain functions of the day. It makes no events and knows no rule: what a
//! day turns into is for [`super::life`], what Puls makes of it is for the rules.

use crate::model::{Purpose, Role};

/// One company's year.
#[derive(Debug)]
pub(super) struct Story {
    /// What it is about, in a few words.
    pub(super) name: &'static str,
    /// The company; `None` for the crowd, whose names are drawn.
    pub(super) company: Option<&'static str>,
    /// Seats that it has bought at first; 0 for the crowd, whose size is drawn.
    pub(super) seats: u32,
    /// The day on which it becomes a customer; `None` long before.
    pub(super) begins: Option<i32>,
    /// Last day of the term that runs at first.
    pub(super) term_ends: i32,
    /// What a day is like. Day 0 is the first of the year; days before it are history.
    pub(super) day: fn(&Traits, i32) -> Day,
    /// What happens on it besides.
    pub(super) happenings: fn(i32) -> &'static [Happening],
}

/// How a member of the crowd differs from the others; the named companies do not look at it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Traits {
    /// Share of the seats in use when nothing is the matter.
    pub(super) level: f64,
    /// Mean answer to "would you recommend us", 0 to 10, when nothing is the matter.
    pub(super) mood: f64,
    /// How strained the relation is at the best of times, 0 to 1.
    pub(super) strain: f64,
    /// First day of a worse time.
    pub(super) dip_from: i32,
    /// Days that it lasts; 0 for none.
    pub(super) dip_days: i32,
    /// How much more strained it is then, 0 to 1.
    pub(super) dip_depth: f64,
}

/// How a company starts into the demo.
#[derive(Clone, Debug)]
pub(super) struct Cast {
    /// Name that people see.
    pub(super) name: String,
    /// Its story.
    pub(super) story: &'static Story,
    /// How it differs from others with the same story.
    pub(super) traits: Traits,
    /// Seats at first.
    pub(super) seats: u32,
    /// The day on which it becomes known.
    pub(super) begins: i32,
    /// How long it had been a customer by then.
    pub(super) tenure_days: i32,
    /// Last day of its term.
    pub(super) term_ends: i32,
}

/// What a day at a company is like.
#[derive(Clone, Copy, Debug)]
pub(super) struct Day {
    /// Share of the seats whose people use the product, 0 to 1.
    pub(super) active: f64,
    /// Share of working days on which these people use it, 0 to 1.
    pub(super) rhythm: f64,
    /// Different things that they do with it, 1 to 12.
    pub(super) breadth: u32,
    /// Share of uses that meet an error, 0 to 1.
    pub(super) errors: f64,
    /// Tickets in a week.
    pub(super) tickets: f64,
    /// Share of tickets that are pressing, 0 to 1.
    pub(super) pressing: f64,
    /// Hours until a ticket has its first answer.
    pub(super) reply_hours: f64,
    /// Days until a ticket is resolved.
    pub(super) resolve_days: f64,
    /// Mean answer to "would you recommend us", 0 to 10.
    pub(super) mood: f64,
    /// Share of surveys that are answered, 0 to 1.
    pub(super) answers: f64,
    /// Times in a month that the companies are in touch.
    pub(super) touches: f64,
}

/// A good day; stories write down what is different.
pub(super) const GOOD: Day = Day {
    active: 0.78,
    rhythm: 0.8,
    breadth: 9,
    errors: 0.01,
    tickets: 0.4,
    pressing: 0.1,
    reply_hours: 4.0,
    resolve_days: 1.5,
    mood: 9.0,
    answers: 0.8,
    touches: 1.6,
};

/// Something that happens once.
#[derive(Clone, Copy, Debug)]
pub(super) enum Happening {
    /// The person in this role leaves.
    Leaves(Role),
    /// Another person takes this role.
    Joins(Role),
    /// An invoice is not paid; no payment follows until [`Happening::Pays`].
    StopsPaying,
    /// What was due is paid.
    Pays,
    /// The number of seats changes.
    Seats(u32),
    /// The contract is renewed for a year, with this number of seats.
    Renews(u32),
    /// The person in this role answers "would you recommend us" unasked.
    Answers(Role, u32),
    /// The companies meet.
    Meets(Purpose),
    /// A step of a plan is agreed, due in so many days.
    Plans(&'static str, i64),
    /// A step of a plan is done.
    Achieves(&'static str),
    /// The owner judges a success factor, 0 to 100.
    Judges(&'static str, u32),
    /// The account enters a stage of its life.
    Stage(&'static str),
}

/// On a straight line from `first` on day `from` to `last` on day `to`, level outside.
pub(super) fn ramp(day: i32, from: i32, to: i32, first: f64, last: f64) -> f64 {
    let passed = f64::from((day - from).clamp(0, to - from));
    first + (last - first) * passed / f64::from((to - from).max(1))
}
