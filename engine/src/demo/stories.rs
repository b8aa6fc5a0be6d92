//! The stories: one file each, all of one shape.

mod champion;
mod drift;
mod growth;
mod ordinary;
mod recovery;
mod renewal;
mod storm;

use super::story::Story;

/// The named companies, in the order in which the summary lists them.
pub(super) const NAMED: [&Story; 6] = [
    &growth::STORY,
    &drift::STORY,
    &storm::STORY,
    &champion::STORY,
    &renewal::STORY,
    &recovery::STORY,
];

/// The crowd's.
pub(super) const ORDINARY: &Story = &ordinary::STORY;
