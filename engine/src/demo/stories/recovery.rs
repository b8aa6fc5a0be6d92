//! A customer that was nearly lost: onboarding overdue, few users, an unhappy boss. A plan turns
//! it round step by step.

use crate::demo::story::{Day, GOOD, Happening, Story, Traits, ramp};
use crate::model::{Purpose, Role};

pub(super) const STORY: Story = Story {
    name: "recovering",
    company: Some("Vindkraal BV"),
    seats: 28,
    begins: None,
    term_ends: 290,
    day,
    happenings,
};

fn day(_: &Traits, day: i32) -> Day {
    Day {
        active: ramp(day, 55, 170, 0.14, 0.82),
        rhythm: ramp(day, 55, 100, 0.12, 0.8),
        breadth: if day < 80 { 1 } else { 8 },
        tickets: ramp(day, 40, 110, 2.0, 0.4),
        pressing: if day < 55 { 0.7 } else { 0.1 },
        reply_hours: if day < 55 { 60.0 } else { 4.0 },
        resolve_days: if day < 55 { 14.0 } else { 1.5 },
        mood: ramp(day, 55, 140, 2.5, 9.0),
        touches: if day < 55 { 0.3 } else { 3.0 },
        ..GOOD
    }
}

fn happenings(day: i32) -> &'static [Happening] {
    match day {
        -58 => &[
            Happening::Plans("kickoff", 5),
            Happening::Plans("first_report", 20),
            Happening::Plans("rollout", 45),
        ],
        -20 => &[
            Happening::Answers(Role::DecisionMaker, 2),
            Happening::Judges("executive_relationship", 25),
        ],
        56 => &[
            Happening::Meets(Purpose::Value),
            Happening::Achieves("kickoff"),
        ],
        85 => &[Happening::Achieves("first_report")],
        125 => &[
            Happening::Achieves("rollout"),
            Happening::Judges("executive_relationship", 80),
        ],
        140 => &[Happening::Answers(Role::DecisionMaker, 9)],
        245 => &[Happening::Renews(32)],
        _ => &[],
    }
}
