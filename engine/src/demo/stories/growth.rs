//! A young customer that learns, likes it and buys more.

use crate::demo::story::{Day, GOOD, Happening, Story, Traits, ramp};
use crate::model::{Purpose, Role};

pub(super) const STORY: Story = Story {
    name: "healthy growth",
    company: Some("Quillbrook Inc."),
    seats: 24,
    begins: Some(6),
    term_ends: 371,
    day,
    happenings,
};

fn day(_: &Traits, day: i32) -> Day {
    let breadth = match day {
        ..40 => 2,
        40..90 => 5,
        90..150 => 8,
        _ => 11,
    };
    Day {
        active: ramp(day, 6, 130, 0.25, 0.9),
        breadth,
        tickets: ramp(day, 0, 90, 1.2, 0.4),
        mood: ramp(day, 6, 120, 6.6, 9.5),
        touches: 2.5,
        ..GOOD
    }
}

fn happenings(day: i32) -> &'static [Happening] {
    match day {
        7 => &[
            Happening::Plans("kickoff", 10),
            Happening::Plans("first_report", 45),
            Happening::Plans("rollout", 100),
        ],
        15 => &[Happening::Achieves("kickoff")],
        50 => &[
            Happening::Achieves("first_report"),
            Happening::Stage("adoption"),
        ],
        95 => &[
            Happening::Achieves("rollout"),
            Happening::Judges("business_value", 85),
        ],
        150 => &[Happening::Seats(30), Happening::Stage("expansion")],
        200 => &[Happening::Answers(Role::Executive, 10)],
        300 => &[Happening::Meets(Purpose::Value), Happening::Seats(40)],
        _ => &[],
    }
}
