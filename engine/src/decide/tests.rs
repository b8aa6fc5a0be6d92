//! Decisions as tables: what a rule answers, hour by hour, on the left; what comes out on the
//! right. `bench` reads the left side and tells the right one in the same words.

mod alerts;
mod bench;
mod documents;
mod publication;
mod random;
mod splits;
mod sums;
mod tiers;
