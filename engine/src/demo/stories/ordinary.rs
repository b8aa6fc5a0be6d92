//! One of the crowd: steady at its own level of strain, perhaps with one worse time in the year.

use crate::demo::story::{Day, GOOD, Happening, Story, Traits, ramp};

pub(super) const STORY: Story = Story {
    name: "ordinary",
    company: None,
    seats: 0,
    begins: None,
    term_ends: 0,
    day,
    happenings,
};

fn day(traits: &Traits, day: i32) -> Day {
    // It worsens over three weeks and mends over five.
    let over = traits.dip_from + traits.dip_days;
    let dip = if traits.dip_days == 0 {
        0.0
    } else {
        ramp(
            day,
            traits.dip_from,
            traits.dip_from + 21,
            0.0,
            traits.dip_depth,
        ) * ramp(day, over, over + 35, 1.0, 0.0)
    };
    let strain = (traits.strain + dip).min(1.0);
    let breadth = match strain {
        ..0.4 => 8,
        0.4..0.7 => 3,
        _ => 1,
    };
    Day {
        active: traits.level * (1.0 - 0.8 * strain),
        rhythm: 0.8 * (1.0 - 0.75 * strain),
        breadth,
        tickets: 0.2 + 1.5 * strain,
        pressing: 0.1 + 0.6 * strain,
        reply_hours: 4.0 + 50.0 * strain,
        resolve_days: 1.5 + 12.0 * strain,
        mood: traits.mood - 6.5 * strain,
        touches: 1.6 * (1.0 - strain),
        ..GOOD
    }
}

const fn happenings(_: i32) -> &'static [Happening] {
    &[]
}
