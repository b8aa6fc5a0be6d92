//! Any text as a scorecard: read or refused with a place, and what was read compiles to a module
//! that the engine takes.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use puls::rules::RulesEngine;
use puls_fuzz::catalogue;

static ENGINE: LazyLock<RulesEngine> =
    LazyLock::new(|| RulesEngine::new().expect("rules run on this machine"));

fuzz_target!(|data: &[u8]| {
    let Ok(text) = str::from_utf8(data) else {
        return;
    };
    match puls_scorecard::read(text, &catalogue()) {
        Ok(card) => {
            let compiled = puls_scorecard::compile(&card);
            assert_eq!(compiled.module, puls_scorecard::compile(&card).module);
            ENGINE
                .check(&compiled.module)
                .expect("what the compiler makes passes the checks");
        }
        Err(problems) => assert!(!problems.is_empty()),
    }
});
