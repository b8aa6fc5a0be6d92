//! Any text as the condition of a card, in CEL's syntax.
#![no_main]

use libfuzzer_sys::fuzz_target;
use puls_fuzz::catalogue;

fuzz_target!(|data: &[u8]| {
    let Ok(condition) = str::from_utf8(data) else {
        return;
    };
    // A text in JSON is one in TOML.
    let condition = serde_json::Value::from(condition);
    let card = format!(
        "[card]\nname = \"fuzz\"\nversion = \"1\"\napplies_when = {condition}\n\
         [[measures]]\nname = \"one\"\nweight = 1\n\
         [[measures.factors]]\nname = \"seats\"\nfeature = \"license.seats\"\nweight = 1\n\
         line = {{ zero_at = 0, hundred_at = 9 }}\nreason = \"{{}} seats\"\n"
    );
    match puls_scorecard::read(&card, &catalogue()) {
        Ok(card) => drop(puls_scorecard::compile(&card)),
        Err(problems) => assert!(!problems.is_empty()),
    }
});
