//! A happy customer that fades away without a word: no complaint, no ticket, no answer.

use crate::demo::story::{Day, GOOD, Happening, Story, Traits, ramp};

pub(super) const STORY: Story = Story {
    name: "silent drift",
    company: Some("Nordlicht GmbH"),
    seats: 34,
    begins: None,
    term_ends: 348,
    day,
    happenings,
};

fn day(_: &Traits, day: i32) -> Day {
    // From day 262 nobody logs in, calls or answers any more.
    let gone = day >= 262;
    Day {
        active: if gone {
            0.0
        } else {
            ramp(day, 80, 200, 0.8, 0.08)
        },
        rhythm: ramp(day, 120, 262, 0.8, 0.03),
        breadth: match day {
            ..110 => 8,
            110..160 => 4,
            160..200 => 2,
            _ => 1,
        },
        tickets: ramp(day, 60, 120, 0.4, 0.0),
        mood: 8.0,
        answers: if day < 90 { 0.8 } else { 0.0 },
        touches: if day < 85 { 1.5 } else { 0.0 },
        ..GOOD
    }
}

const fn happenings(_: i32) -> &'static [Happening] {
    &[]
}
