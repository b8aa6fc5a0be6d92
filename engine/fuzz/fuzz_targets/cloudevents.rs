//! Any bytes as an event in an envelope: in the structured mode, and with what stands before the
//! first zero byte in a header of the binary mode.
#![no_main]

use libfuzzer_sys::fuzz_target;
use puls::decode::Format;
use puls_fuzz::{check, decoder, halves, record};

fuzz_target!(|data: &[u8]| {
    let mut decoder = decoder(Format::CloudEvents, None).expect("without a mapping all is well");
    check(&mut decoder, &record(data, &[]));
    let (header, value) = halves(data);
    for name in ["ce_id", "ce_time", "ce_subject"] {
        let headers: [(&str, &[u8]); 2] = [("ce_specversion", b"1.0"), (name, header)];
        check(&mut decoder, &record(value, &headers));
    }
});
