//! What end-to-end tests share: seeds, modules, a broker, and the engine under a simulated clock.

pub mod broker;
pub mod cards;
pub mod data_set;
pub mod oracle;
pub mod program;
pub mod python;
pub mod rules;
pub mod sim;
pub mod stories;

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

/// The seeds of a test: `PULS_SEED` alone where it is set; else as many as `PULS_SEEDS` says from
/// the first one on; else `default`. The current one belongs into every message of a failure.
///
/// # Panics
/// Where one of them is no number.
#[must_use]
#[expect(clippy::print_stderr, reason = "a failing test shows its seeds")]
pub fn seeds(test: &str, default: std::ops::Range<u64>) -> std::ops::Range<u64> {
    let number = |name: &str| {
        let given = std::env::var(name).ok();
        given.map(|text| {
            let number: u64 = text.parse().expect("PULS_SEED and PULS_SEEDS are numbers");
            number
        })
    };
    let seeds = match (number("PULS_SEED"), number("PULS_SEEDS")) {
        (Some(seed), _) => seed..seed + 1,
        (None, Some(count)) => default.start..default.start + count,
        (None, None) => default,
    };
    eprintln!("{test}: seeds {seeds:?}; replay one with PULS_SEED, run more with PULS_SEEDS");
    seeds
}

/// The Rust that the README shows, compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
