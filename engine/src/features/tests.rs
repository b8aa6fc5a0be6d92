//! What each feature gives for which events, and what holds of all of them.

mod contracts;
mod customers;
mod declared;
mod events;
mod money;
mod orders;
mod peers;
mod plans;
mod selections;
mod usage;
mod wakes;
