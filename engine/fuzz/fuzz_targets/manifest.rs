//! Any bytes as a manifest: read or refused, and what was read is written and read the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use puls_wire::Manifest;

fuzz_target!(|data: &[u8]| {
    let Ok(manifest) = Manifest::parse(data) else {
        return;
    };
    let again = serde_json::to_vec(&manifest).expect("what was read can be written");
    // Longer than it may be: names of defaults are written out.
    if again.len() <= puls_wire::MANIFEST_BYTES_MAX {
        assert_eq!(Manifest::parse(&again).as_ref(), Ok(&manifest));
    }
});
