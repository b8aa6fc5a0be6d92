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
    let path = folder().join(format!("{name}.wasm"));
    std::fs::read(&path).unwrap_or_else(|error| {
        panic!(
            "expected the rule {name} as a module at {}: {error}; build the rules with \
             `tests/run --no-run`, or name the folder that has them in PULS_RULES_WASM",
            path.display()
        )
    })
}

/// `rules` beside the folder that this test was built into.
fn folder() -> PathBuf {
    if let Some(folder) = std::env::var_os("PULS_RULES_WASM") {
        return folder.into();
    }
    // The test stands at `<target>/<profile>/deps/<test>`.
    let test = std::env::current_exe().unwrap_or_default();
    let target = test
        .ancestors()
        .nth(3)
        .unwrap_or_else(|| Path::new("target"));
    target.join("rules")
}
