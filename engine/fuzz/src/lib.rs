//! What fuzz targets do alike. Those of decoding make a record, decode it, and hold what must be
//! true of any outcome; those of cards read them with the same few features. Never looks at whether
//! the outcome is the right one; the engine's own tests do.

use puls::decode::mapping::Mapping;
use puls::decode::{Decoder, DecoderSpec, Format};
use puls::model::{Record, Time};
use puls_scorecard::{Catalogue, Entry, Form};

/// A decoder of `format`, with a mapping or without.
pub fn decoder(format: Format, mapping: Option<Mapping>) -> Option<Decoder> {
    let spec = DecoderSpec {
        format,
        tenant: mapping.is_some().then(|| "fuzz".to_owned()),
        mapping,
        ..DecoderSpec::default()
    };
    Decoder::new(&spec).ok()
}

/// A record with `value` and headers.
pub fn record(value: &[u8], headers: &[(&str, &[u8])]) -> Record {
    Record {
        input: 0,
        offset: 0,
        timestamp: None,
        key: None,
        headers: headers
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.to_vec().into()))
            .collect(),
        value: value.to_vec().into(),
    }
}

/// The part of `data` before the first zero byte, and the part behind it.
pub fn halves(data: &[u8]) -> (&[u8], &[u8]) {
    let at = data.iter().position(|byte| *byte == 0);
    let (first, second) = data.split_at(at.unwrap_or(data.len()));
    (first, second.get(1..).unwrap_or_default())
}

/// Decodes `record`: a record has events or a reason, the same ones each time, and what tells its
/// key and time agrees with them.
pub fn check(decoder: &mut Decoder, record: &Record) {
    let (mut events, mut again) = (Vec::new(), Vec::new());
    let outcome = decoder.decode(record, &mut events);
    assert_eq!(outcome.is_ok(), !events.is_empty());
    assert_eq!(outcome, decoder.decode(record, &mut again));
    assert_eq!(events, again);
    let (key, time) = decoder.key_and_time(record);
    for event in events.iter().flatten() {
        let key = key.as_ref().expect("a record with an event has a key");
        assert_eq!(key.tenant(), event.tenant);
        assert_eq!(key.account(), event.account);
        assert!(event.at > Time::MIN && time.is_some());
    }
}

/// A feature of each form, for cards to read.
#[must_use]
pub fn catalogue() -> Catalogue {
    let entry = |name: &str, form, age: Option<&str>| Entry {
        name: name.to_owned(),
        form,
        unit: String::new(),
        age: age.map(str::to_owned),
        values: Vec::new(),
        for_triggers: false,
    };
    Catalogue::new(vec![
        entry("license.seats", Form::Number, None),
        entry("license.days_to_renewal", Form::DaysUntil, None),
        entry("usage.days_since_last", Form::DaysSince, None),
        entry("survey.nps_latest", Form::Number, Some("survey.nps_age_days")),
        entry("survey.nps_age_days", Form::DaysSince, None),
        entry("account.segment", Form::Text, None),
    ])
}
