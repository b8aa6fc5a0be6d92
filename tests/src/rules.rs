//! The rules under `rules/` as modules, as the set-up built them.
//!
//! `PULS_RULES_WASM` names another folder with them.

use std::path::{Path, PathBuf};

/// The bytes of `<name>.wasm`.
///
/// # Panics
/// Where it was not built; the message says how to.
#[must_use]
pub fn module(name: &str) -> Vec<u8> {
    let places = places(name);
    let found = places.iter().find_map(|path| std::fs::read(path).ok());
    found.unwrap_or_else(|| {
        panic!(
            "expected the rule {name} as a module at one of {places:?}; build the rules with \
             `tests/run`, or with `cargo build --profile wasm --target wasm32-unknown-unknown -p \
             {name}`, or name the folder that has them in PULS_RULES_WASM"
        )
    })
}

/// Where a rule may lie: as the set-up puts it beside the tests, or as cargo builds it.
fn places(name: &str) -> Vec<PathBuf> {
    let file = format!("{name}.wasm");
    let built = format!("{}.wasm", name.replace('-', "_"));
    if let Some(folder) = std::env::var_os("PULS_RULES_WASM").map(PathBuf::from) {
        return vec![folder.join(file), folder.join(built)];
    }
    // The test stands at `<target>/<profile>/deps/<test>`.
    let test = std::env::current_exe().unwrap_or_default();
    let target = test
        .ancestors()
        .nth(3)
        .unwrap_or_else(|| Path::new("target"));
    let cargo = target.join("wasm32-unknown-unknown/wasm");
    vec![target.join("rules").join(file), cargo.join(built)]
}
