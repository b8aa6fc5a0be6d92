//! One of the crowd: steady at its own level, perhaps with one worse time in the year.

use crate::demo::story::{Day, GOOD, Happening, Story, Traits, ramp};

pub(super) const STORY: Story = Story {
    name: "ordinary",
    company: None,
    seats: 0,
    term_ends: 0,
    day,
    happenings,
};

fn day(traits: &Traits, day: i32) -> Day {
    // It worsens over three weeks and mends over five.
    let over = traits.dip_from + traits.dip_days;
    let worse = if traits.dip_days == 0 {
        0.0
    } else {
        ramp(day, traits.dip_from, traits.dip_from + 21, 0.0, 1.0)
            * ramp(day, over, over + 35, 1.0, 0.0)
            * traits.dip_depth
    };
    Day {
        active: traits.level * (1.0 - 0.75 * worse),
        breadth: if worse > 0.5 { 4 } else { 8 },
        tickets: traits.tickets * (1.0 + 2.0 * worse),
        reply_hours: 4.0 + 30.0 * worse,
        resolve_days: 1.5 + 8.0 * worse,
        mood: traits.mood - 5.0 * worse,
        touches: 1.4 * (1.0 - 0.8 * worse),
        ..GOOD
    }
}

const fn happenings(_: i32) -> &'static [Happening] {
    &[]
}
