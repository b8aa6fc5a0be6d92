//! Any bytes as a header row, and behind the first zero byte a row.
#![no_main]

use libfuzzer_sys::fuzz_target;
use puls::decode::Format;
use puls_fuzz::{check, decoder, halves, record};

fuzz_target!(|data: &[u8]| {
    let mut decoder = decoder(Format::Csv, None).expect("without a mapping nothing is wrong");
    let (header, row) = halves(data);
    check(&mut decoder, &record(row, &[("csv-header", header)]));
});
