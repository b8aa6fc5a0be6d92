//! What a compiled card answers, against an interpreter that knows nothing of the compiler.
//!
//! `PULS_SEED=7` replays one card, `PULS_SEEDS=5000` asks for more of them.

#[cfg(test)]
mod reference {
    mod agree;
    mod build;
    mod expressions;
    mod generate;
    mod golden;
    mod module;
    mod promises;
    mod properties;
    mod rows;
    mod saas;
    mod sdk;
    mod shapes;
    mod shrink;

    /// The seeds of a random test: the one that is to be replayed, or so many.
    pub(crate) fn seeds(default: u64) -> std::ops::Range<u64> {
        let number = |name| {
            let given = std::env::var(name).ok()?;
            Some(given.parse::<u64>().expect("a seed is a whole number"))
        };
        match number("PULS_SEED") {
            Some(seed) => seed..seed + 1,
            None => 0..number("PULS_SEEDS").unwrap_or(default),
        }
    }
}
