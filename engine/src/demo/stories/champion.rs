//! The one who spoke for the product leaves. Use holds for a while, then crumbles, until a
//! successor is found.

use crate::demo::story::{Day, GOOD, Happening, Story, Traits, ramp};
use crate::model::{Purpose, Role};

pub(super) const STORY: Story = Story {
    name: "champion leaves",
    company: Some("Havreholm AB"),
    seats: 30,
    begins: None,
    term_ends: 360,
    day,
    happenings,
};

fn day(_: &Traits, day: i32) -> Day {
    if !(130..262).contains(&day) {
        return Day {
            active: if day < 130 {
                0.8
            } else {
                ramp(day, 262, 300, 0.35, 0.8)
            },
            touches: if day < 130 { 1.8 } else { 3.0 },
            ..GOOD
        };
    }
    Day {
        active: ramp(day, 140, 200, 0.8, 0.1),
        rhythm: ramp(day, 150, 240, 0.8, 0.15),
        breadth: if day < 165 { 4 } else { 1 },
        mood: 3.0,
        answers: 0.3,
        touches: 0.0,
        ..GOOD
    }
}

fn happenings(day: i32) -> &'static [Happening] {
    match day {
        130 => &[Happening::Leaves(Role::Champion)],
        178 => &[Happening::Answers(Role::DecisionMaker, 2)],
        190 => &[Happening::Judges("executive_relationship", 35)],
        250 => &[Happening::Meets(Purpose::Value)],
        262 => &[
            Happening::Joins(Role::Champion),
            Happening::Judges("executive_relationship", 70),
        ],
        285 => &[Happening::Answers(Role::Champion, 9)],
        312 => &[Happening::Renews(30)],
        _ => &[],
    }
}
