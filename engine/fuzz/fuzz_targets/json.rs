//! Any bytes as a canonical event.
#![no_main]

use libfuzzer_sys::fuzz_target;
use puls::decode::Format;
use puls_fuzz::{check, decoder, record};

fuzz_target!(|data: &[u8]| {
    let mut decoder = decoder(Format::Json, None).expect("without a mapping nothing is wrong");
    check(&mut decoder, &record(data, &[]));
});
