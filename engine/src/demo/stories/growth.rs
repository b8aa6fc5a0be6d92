//! A young customer that learns, likes it and buys more.

use crate::demo::story::{Day, GOOD, Happening, Story, Traits, ramp};
use crate::model::{Purpose, Role};

pub(super) const STORY: Story = Story {
    name: "healthy growth",
    company: Some("Quillbrook Inc."),
    seats: 24,
    term_ends: 305,
    day,
    happenings,
};

fn day(_: &Traits, day: i32) -> Day {
    let breadth = match day {
        ..30 => 3,
        30..90 => 5,
        90..150 => 8,
        _ => 11,
    };
    Day {
        active: ramp(day, -50, 130, 0.2, 0.9),
        breadth,
        tickets: ramp(day, 0, 90, 1.2, 0.4),
        mood: ramp(day, -50, 120, 7.4, 9.5),
        touches: 2.5,
        ..GOOD
    }
}

fn happenings(day: i32) -> &'static [Happening] {
    match day {
        -45 => &[
            Happening::Stage("onboarding"),
            Happening::Plans("kickoff", 14),
            Happening::Plans("first_report", 60),
            Happening::Plans("rollout", 120),
        ],
        -35 => &[Happening::Achieves("kickoff")],
        5 => &[
            Happening::Achieves("first_report"),
            Happening::Stage("adoption"),
        ],
        60 => &[
            Happening::Achieves("rollout"),
            Happening::Judges("business_value", 85),
        ],
        150 => &[Happening::Seats(30), Happening::Stage("expansion")],
        200 => &[Happening::Answers(Role::Executive, 10)],
        258 => &[Happening::Meets(Purpose::Value), Happening::Renews(40)],
        _ => &[],
    }
}
