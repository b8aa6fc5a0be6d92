//! A release goes wrong: tickets pour in, answers are slow, a director loses patience. Then it is
//! fixed, and trust comes back more slowly than use.

use crate::demo::story::{Day, GOOD, Happening, Story, Traits, ramp};
use crate::model::{Purpose, Role};

pub(super) const STORY: Story = Story {
    name: "support storm",
    company: Some("Solvanta SA"),
    seats: 44,
    begins: None,
    term_ends: 325,
    day,
    happenings,
};

fn day(_: &Traits, day: i32) -> Day {
    if (120..185).contains(&day) {
        return Day {
            active: ramp(day, 122, 160, 0.82, 0.22),
            rhythm: 0.6,
            errors: 0.2,
            tickets: ramp(day, 120, 135, 3.0, 9.0),
            pressing: 0.7,
            reply_hours: 52.0,
            resolve_days: 16.0,
            mood: ramp(day, 120, 140, 6.0, 1.5),
            answers: 0.9,
            touches: 2.0,
            ..GOOD
        };
    }
    if day < 120 {
        return Day {
            active: 0.82,
            mood: 8.8,
            ..GOOD
        };
    }
    Day {
        active: ramp(day, 185, 225, 0.4, 0.85),
        mood: ramp(day, 185, 270, 6.0, 9.2),
        ..GOOD
    }
}

fn happenings(day: i32) -> &'static [Happening] {
    match day {
        132 => &[Happening::Answers(Role::Champion, 3)],
        145 => &[Happening::Answers(Role::DecisionMaker, 1)],
        150 => &[
            Happening::Answers(Role::Executive, 0),
            Happening::Judges("executive_relationship", 30),
        ],
        158 => &[Happening::Answers(Role::DecisionMaker, 0)],
        186 => &[Happening::Meets(Purpose::Support)],
        205 => &[
            Happening::Answers(Role::DecisionMaker, 8),
            Happening::Judges("executive_relationship", 75),
        ],
        278 => &[Happening::Renews(44)],
        _ => &[],
    }
}
