//! The one who spoke for the product leaves. Use holds for a while, then crumbles, until a
//! successor is found.

use crate::demo::story::{Day, GOOD, Happening, Story, Traits, ramp};
use crate::model::{Purpose, Role};

pub(super) const STORY: Story = Story {
    name: "champion leaves",
    company: Some("Havreholm AB"),
    seats: 30,
    term_ends: 360,
    day,
    happenings,
};

fn day(_: &Traits, day: i32) -> Day {
    let active = if day < 255 {
        ramp(day, 140, 230, 0.8, 0.26)
    } else {
        ramp(day, 255, 320, 0.3, 0.74)
    };
    let led = !(130..262).contains(&day);
    Day {
        active,
        breadth: if led { 9 } else { 4 },
        mood: if led { 8.8 } else { 6.0 },
        answers: if led { 0.8 } else { 0.3 },
        touches: if led { 1.8 } else { 0.2 },
        ..GOOD
    }
}

fn happenings(day: i32) -> &'static [Happening] {
    match day {
        130 => &[Happening::Leaves(Role::Champion)],
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
