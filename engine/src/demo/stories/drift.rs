//! A happy customer that fades away without a word: no complaint, no ticket, no answer.

use crate::demo::story::{Day, GOOD, Happening, Story, Traits, ramp};

pub(super) const STORY: Story = Story {
    name: "silent drift",
    company: Some("Nordlicht GmbH"),
    seats: 34,
    term_ends: 348,
    day,
    happenings,
};

fn day(_: &Traits, day: i32) -> Day {
    // From day 265 nobody logs in, calls or answers any more.
    let gone = day >= 265;
    Day {
        active: if gone {
            0.0
        } else {
            ramp(day, 80, 260, 0.8, 0.06)
        },
        breadth: if day < 120 { 8 } else { 3 },
        tickets: ramp(day, 60, 120, 0.4, 0.0),
        mood: 8.0,
        answers: if day < 90 { 0.8 } else { 0.0 },
        touches: ramp(day, 60, 150, 1.5, 0.0),
        ..GOOD
    }
}

const fn happenings(_: i32) -> &'static [Happening] {
    &[]
}
