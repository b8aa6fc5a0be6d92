//! What each feature gives for which events, and what holds of all of them.

mod declared;
mod events;
mod golden;
mod money;
mod orders;
mod selections;
mod wakes;
