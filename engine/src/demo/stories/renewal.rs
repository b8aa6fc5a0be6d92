//! The notice date comes closer while seats lie idle and an invoice stays open; contact is about
//! the contract only. It is saved at the last moment, smaller.

use crate::demo::story::{Day, GOOD, Happening, Story, Traits, ramp};
use crate::model::{Purpose, Role};

pub(super) const STORY: Story = Story {
    name: "renewal at risk",
    company: Some("Tallowmere Ltd"),
    seats: 60,
    begins: None,
    term_ends: 240,
    day,
    happenings,
};

fn day(_: &Traits, day: i32) -> Day {
    if day >= 232 {
        return Day {
            active: ramp(day, 232, 262, 0.4, 0.85),
            mood: 8.6,
            touches: 2.5,
            ..GOOD
        };
    }
    Day {
        active: ramp(day, 60, 130, 0.7, 0.12),
        rhythm: ramp(day, 70, 165, 0.8, 0.12),
        breadth: match day {
            ..95 => 8,
            95..130 => 2,
            _ => 1,
        },
        mood: ramp(day, 60, 110, 8.4, 2.5),
        answers: 0.6,
        touches: if day < 55 { 1.2 } else { 0.0 },
        ..GOOD
    }
}

fn happenings(day: i32) -> &'static [Happening] {
    match day {
        134 => &[Happening::StopsPaying],
        160 | 176 | 205 => &[Happening::Meets(Purpose::Renewal)],
        112 | 148 => &[Happening::Answers(Role::DecisionMaker, 2)],
        215 => &[Happening::Meets(Purpose::Value), Happening::Pays],
        228 => &[
            Happening::Renews(36),
            Happening::Answers(Role::DecisionMaker, 8),
        ],
        _ => &[],
    }
}
