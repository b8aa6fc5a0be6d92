//! Any bytes as a mapping, and behind the first zero byte a record for it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use puls::decode::Format;
use puls_fuzz::{check, decoder, halves, record};

fuzz_target!(|data: &[u8]| {
    let (mapping, value) = halves(data);
    let Ok(mapping) = str::from_utf8(mapping) else {
        return;
    };
    let Ok(mapping) = toml::from_str(mapping) else {
        return;
    };
    if let Some(mut decoder) = decoder(Format::Json, Some(mapping)) {
        check(&mut decoder, &record(value, &[]));
    }
});
