//! What end-to-end tests share: seeds, modules, a broker, and the engine under a simulated clock.

pub mod broker;
pub mod data_set;
pub mod program;
pub mod rules;
pub mod sim;

/// The seed of a test: `PULS_SEED` where it is set, `default` otherwise. It is printed, so a
/// failure can be replayed.
///
/// # Panics
/// Where `PULS_SEED` is no number.
#[must_use]
#[expect(clippy::print_stderr, reason = "a failing test shows its seed")]
pub fn seed(test: &str, default: u64) -> u64 {
    let given = std::env::var("PULS_SEED").ok();
    let seed = given.map_or(default, |text| text.parse().expect("PULS_SEED is a number"));
    eprintln!("{test}: seed {seed}; replay with PULS_SEED={seed}");
    seed
}

/// The Rust that the README shows, compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
