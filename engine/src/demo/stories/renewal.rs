//! The notice date comes closer while seats lie idle and an invoice stays open; contact is about
//! the contract only. It is saved at the last moment, smaller.

use crate::demo::story::{Day, GOOD, Happening, Story, Traits, ramp};
use crate::model::{Purpose, Role};

pub(super) const STORY: Story = Story {
    name: "renewal at risk",
    company: Some("Tallowmere Ltd"),
    seats: 60,
    term_ends: 240,
    day,
    happenings,
};

fn day(_: &Traits, day: i32) -> Day {
    if day >= 232 {
        return Day {
            active: ramp(day, 232, 275, 0.55, 0.85),
            mood: 8.6,
            touches: 2.5,
            ..GOOD
        };
    }
    Day {
        active: ramp(day, 70, 170, 0.7, 0.3),
        breadth: if day < 120 { 8 } else { 4 },
        mood: ramp(day, 60, 150, 8.4, 6.0),
        answers: 0.5,
        touches: ramp(day, 40, 100, 1.2, 0.0),
        ..GOOD
    }
}

fn happenings(day: i32) -> &'static [Happening] {
    match day {
        118 => &[Happening::StopsPaying],
        160 | 176 | 205 => &[Happening::Meets(Purpose::Renewal)],
        168 => &[Happening::Answers(Role::DecisionMaker, 5)],
        215 => &[Happening::Meets(Purpose::Value), Happening::Pays],
        228 => &[
            Happening::Renews(36),
            Happening::Answers(Role::DecisionMaker, 8),
        ],
        _ => &[],
    }
}
