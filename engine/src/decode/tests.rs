//! Tables of records in, events or reasons out.

mod canonical;
mod datasets;
mod mapped;
mod random;
mod rows;

use super::{Decoder, DecoderSpec, Rejection};
use crate::model::{Event, Reason, Record, Time};

/// A record without key and headers.
fn record(value: impl AsRef<[u8]>) -> Record {
    with_headers(value, &[])
}

fn with_headers(value: impl AsRef<[u8]>, headers: &[(&str, &str)]) -> Record {
    Record {
        input: 0,
        offset: 0,
        timestamp: None,
        key: None,
        headers: headers
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec().into()))
            .collect(),
        value: value.as_ref().to_vec().into(),
    }
}

fn decoder(spec: &DecoderSpec) -> Decoder {
    Decoder::new(spec).unwrap()
}

/// The decoder of an input whose mapping is `toml`.
fn mapping_decoder(toml: &str, spec: DecoderSpec) -> Result<Decoder, Vec<String>> {
    let mapping = toml::from_str(toml).map_err(|error| vec![error.to_string()])?;
    Decoder::new(&DecoderSpec {
        mapping: Some(mapping),
        ..spec
    })
}

type Outcome<'a> = Result<Vec<Result<Event<'a>, Rejection>>, Rejection>;

/// What becomes of a record; that key and time agree with its events is looked at on the way.
fn outcome<'a>(decoder: &mut Decoder, record: &'a Record) -> Outcome<'a> {
    let mut events = Vec::new();
    decoder.decode(record, &mut events)?;
    let (key, time) = decoder.key_and_time(record);
    let good: Vec<_> = events.iter().flatten().collect();
    if let Some(first) = good.first() {
        let key = key.unwrap();
        assert_eq!(key.tenant(), first.tenant);
        assert_eq!(key.account(), first.account);
        assert!(time.is_some());
    }
    Ok(events)
}

/// The only event of a record.
fn only<'a>(decoder: &mut Decoder, record: &'a Record) -> Result<Event<'a>, Rejection> {
    let mut events = outcome(decoder, record)?;
    assert_eq!(events.len(), 1);
    events.remove(0)
}

/// Reason and detail of a record that is dead.
fn dead(decoder: &mut Decoder, record: &Record) -> (Reason, String) {
    let rejection = only(decoder, record).unwrap_err();
    (rejection.reason, rejection.detail)
}

fn at(text: &str) -> Time {
    Time::parse_rfc3339(text).unwrap()
}

/// A table of blocks of `N` lines with an empty line between them.
fn blocks<const N: usize>(table: &str) -> Vec<[&str; N]> {
    let blocks: Vec<[&str; N]> = table
        .trim_end()
        .split("\n\n")
        .map(|block| block.lines().map(str::trim).collect::<Vec<_>>())
        .map(|block| <[&str; N]>::try_from(block).unwrap())
        .collect();
    assert!(blocks.len() > 10);
    blocks
}
