//! Cases of a rule from any text: read or told of, always in the same way, and what is read can be
//! posed to the rule.
#![no_main]

use libfuzzer_sys::fuzz_target;
use puls_cases::{STORY_EVENTS_MAX, Subject, place, read, row};
use puls_wire::Manifest;

/// A rule with one of everything that a case can name.
const MANIFEST: &str = r#"{
    "abi": "puls/1", "name": "r", "version": "1",
    "parameters": [{ "name": "p", "default": 5, "min": 0, "max": 10 }],
    "features": [{ "name": "usage.a" }, { "name": "account.stage", "values": ["x", "y"] }],
    "exceptions": [{ "name": "e", "text": "E" }],
    "triggers": [{ "name": "t" }],
    "tiers": { "bands": [{ "name": "healthy", "from": 0 }] }
}"#;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let manifest = Manifest::parse(MANIFEST.as_bytes()).expect("a manifest");
    let outcome = read(text, &manifest);
    assert_eq!(outcome, read(text, &manifest));
    match outcome {
        Err(problems) => assert!(!problems.is_empty()),
        Ok(cases) => {
            for case in &cases {
                let (line, column) = place(text, case.at);
                assert!(line >= 1 && column >= 1);
                match &case.subject {
                    Subject::Features(_) => assert_eq!(row(&case.subject, &manifest).len(), 2),
                    Subject::Story(story) => {
                        assert!(story.events.len() <= STORY_EVENTS_MAX);
                        assert!(story.events.iter().all(|event| event.at <= story.at));
                        assert!(story.events.is_sorted_by_key(|event| event.at));
                    }
                }
            }
        }
    }
});
