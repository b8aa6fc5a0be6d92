//! The two shipped example configurations on the data sets that they describe: every record and
//! every event ends somewhere, and both sums are exact. The data is not part of the project; where
//! it is not there, the tests say so. `PULS_TEST_DATA` names another folder.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;

use super::with_headers;
use crate::decode::mapping::Mapping;
use crate::decode::{Decoder, DecoderSpec, Format};
use crate::model::{Kind, Record, Time};

fn engine() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The data set's folder, if it is there.
fn data(set: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("PULS_TEST_DATA")
        .map_or_else(|| engine().join("../../shared/data"), PathBuf::from);
    let folder = folder.join(set);
    if !folder.is_dir() {
        println!(
            "skipped: expected the data set in {}, found no such folder; \
             PULS_TEST_DATA names another",
            folder.display()
        );
        return None;
    }
    Some(folder)
}

fn example(name: &str) -> toml::Table {
    let path = engine().join("examples").join(name);
    fs::read_to_string(path).unwrap().parse().unwrap()
}

/// The decoder of one input of an example, and the name of its file.
fn input(config: &toml::Table, name: &str) -> (Decoder, String) {
    let input = &config["inputs"][name];
    let text = |key: &str| {
        input
            .get(key)
            .map(|value| value.as_str().unwrap().to_owned())
    };
    let mapping: Mapping = config["mapping"][name].clone().try_into().unwrap();
    let spec = DecoderSpec {
        format: match text("format").as_deref() {
            Some("csv") => Format::Csv,
            _ => Format::Json,
        },
        tenant: text("tenant"),
        kind: text("kind").map(|kind| Kind::parse(&kind).unwrap()),
        mapping: Some(mapping),
        ..DecoderSpec::default()
    };
    let path = text("path").unwrap();
    let file = Path::new(&path).file_name().unwrap().to_str().unwrap();
    (Decoder::new(&spec).unwrap(), file.to_owned())
}

/// The rows of a file as records.
fn records(path: &Path) -> Vec<Record> {
    let bytes = fs::read(path).unwrap();
    let mut text = String::new();
    if path.extension().is_some_and(|end| end == "gz") {
        GzDecoder::new(&*bytes).read_to_string(&mut text).unwrap();
    } else {
        text = String::from_utf8(bytes).unwrap();
    }
    let mut rows = text.lines();
    let header = match path.extension() {
        Some(end) if end == "csv" => rows.next(),
        _ => None,
    };
    let headers: Vec<_> = header
        .iter()
        .map(|header| ("csv-header", *header))
        .collect();
    rows.map(|row| with_headers(row, &headers)).collect()
}

/// What became of an input.
#[derive(Default, PartialEq, Eq, Debug)]
struct Tally {
    /// Records, by `applied` or the reason of their first dead event.
    records: BTreeMap<&'static str, usize>,
    /// Events, by kind or reason.
    events: BTreeMap<&'static str, usize>,
    /// Ids that occurred before.
    repeats: usize,
    accounts: BTreeSet<String>,
    /// Whether each record's time is at or after that of the record before.
    sorted: bool,
}

fn tally(decoder: &mut Decoder, records: &[Record]) -> Tally {
    let mut tally = Tally {
        sorted: true,
        ..Tally::default()
    };
    let mut ids = BTreeSet::new();
    let mut newest = Time::MIN;
    for record in records {
        let mut events = Vec::new();
        decoder.decode(record, &mut events).unwrap();
        let (key, time) = decoder.key_and_time(record);
        let (key, time) = (key.unwrap(), time.unwrap());
        tally.sorted &= time >= newest;
        newest = newest.max(time);
        let dead = events.iter().find_map(|event| event.as_ref().err());
        let outcome = dead.map_or("applied", |rejection| rejection.reason.code());
        *tally.records.entry(outcome).or_default() += 1;
        for event in events {
            let outcome = match &event {
                Ok(event) => {
                    assert_eq!(key.account(), event.account);
                    tally.accounts.insert(event.account.to_string());
                    tally.repeats += usize::from(!ids.insert(event.id));
                    event.body.kind().as_str()
                }
                Err(rejection) => rejection.reason.code(),
            };
            *tally.events.entry(outcome).or_default() += 1;
        }
    }
    tally
}

/// Runs one input of an example and compares what became of it.
fn check(
    (config, folder): (&toml::Table, &Path),
    name: &str,
    records_expected: &[(&str, usize)],
    events_expected: &[(&str, usize)],
) -> Tally {
    let (mut decoder, file) = input(config, name);
    let records = records(&folder.join(file));
    let tally = tally(&mut decoder, &records);
    let found: Vec<_> = tally
        .records
        .iter()
        .map(|(name, count)| (*name, *count))
        .collect();
    assert_eq!(found, records_expected, "records of {name}");
    let found: Vec<_> = tally
        .events
        .iter()
        .map(|(name, count)| (*name, *count))
        .collect();
    assert_eq!(found, events_expected, "events of {name}");
    assert_eq!(tally.records.values().sum::<usize>(), records.len());
    assert_eq!(tally.repeats, 0, "{name}");
    tally
}

#[test]
fn every_record_of_ravenstack_is_used() {
    let Some(folder) = data("ravenstack") else {
        return;
    };
    let config = example("ravenstack.toml");
    let tally = check(
        (&config, &folder),
        "feed",
        &[("applied", 35_661)],
        &[
            ("license", 5_486),
            ("survey", 1_175),
            ("ticket", 2_000 + 2 * 2_000 + 95),
            ("usage", 25_000),
        ],
    );
    assert_eq!(tally.accounts.len(), 500);
    assert!(tally.sorted);
}

#[test]
fn the_first_response_comes_out_of_the_closing_record() {
    let config = example("ravenstack.toml");
    let (mut decoder, _) = input(&config, "feed");
    let record = super::record(
        r#"{"event_id": "T-946568:close", "ts": "2023-01-03T03:00:00Z", "account_id": "A-e40f45",
            "family": "ticket", "type": "ticket.closed", "ticket_id": "T-946568",
            "first_response_min": 24, "resolution_h": 27, "escalated": true}"#,
    );
    let mut events = Vec::new();
    decoder.decode(&record, &mut events).unwrap();
    let found: Vec<_> = events
        .iter()
        .map(|event| {
            let event = event.as_ref().unwrap();
            let crate::model::Body::Ticket(ticket) = &event.body else {
                panic!("{event:?}")
            };
            (ticket.change.as_str(), event.at.to_string())
        })
        .collect();
    let expected = [
        ("responded", "2023-01-02T00:24:00Z"),
        ("escalated", "2023-01-03T03:00:00Z"),
        ("closed", "2023-01-03T03:00:00Z"),
    ];
    assert_eq!(found, expected.map(|(change, at)| (change, at.to_owned())));
}

#[test]
fn the_dirt_of_the_cloud_provider_ends_where_its_configuration_says() {
    let Some(folder) = data("cloud_provider") else {
        return;
    };
    let config = example("cloud-provider.toml");
    let set = (&config, &*folder);
    check(set, "organisations", &[("applied", 80)], &[("account", 80)]);
    check(set, "users", &[("applied", 800)], &[("contact", 800 + 72)]);
    check(
        set,
        "billing",
        &[("applied", 227), ("out_of_range", 13)],
        &[("license", 227), ("out_of_range", 13)],
    );
    let usage = check(
        set,
        "usage",
        &[
            ("applied", 43_200 - 877 - 216 + 4),
            // Four records have a null value and a negative cost; the value comes first.
            ("missing_field", 877),
            ("out_of_range", 216 - 4),
        ],
        &[
            ("missing_field", 877),
            ("out_of_range", 216),
            ("usage", 2 * 43_200 + 3_132 - 877 - 216),
        ],
    );
    assert!(!usage.sorted);
    check(
        set,
        "tickets",
        &[("applied", 1_000 - 40), ("out_of_range", 40)],
        &[
            ("out_of_range", 40),
            ("survey", 746 - 40),
            ("ticket", 1_000 + 760),
        ],
    );
    check(
        set,
        "surveys",
        &[("applied", 92 - 66), ("out_of_range", 66)],
        &[("out_of_range", 66), ("survey", 92 + 73 - 66)],
    );
}
