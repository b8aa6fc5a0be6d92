//! Records in, epochs out: `timelines` as a table, `publishing` what is missing.

mod publishing;
mod timelines;

use std::collections::BTreeMap;

use bytes::Bytes;

use super::{Applied, Book, BookError, Change, Entry, TenantBook};
use crate::limits::RULES_PER_TENANT_MAX;
use crate::model::{Aggregate, CustomFeature, Digest, Settings, Time, content_digest};
use crate::rules::engine::RulesEngine;
use crate::rules::fixtures::Assembly;
use crate::rules::fixtures::assembly::MANIFEST;
use crate::rules::record::{Activation, Deactivation, Record, RuleRole, SetAside, SettingsRecord};

/// The source that a version names: the last two are compiled from the same one.
fn source(version: char) -> String {
    match version {
        'd' | 'e' => "0d".repeat(32),
        _ => String::new(),
    }
}

/// The honest module in a version: with a custom section that holds a letter.
fn module(version: char) -> Vec<u8> {
    let sourced = format!("{{\"source\": \"{}\",", source(version));
    let manifest = MANIFEST.replacen('{', &sourced, 1);
    let mut bytes = Assembly::with(|it| it.manifests = vec![manifest.into_bytes()]);
    bytes.extend([0, 2, 1, u8::try_from(version).unwrap()]);
    bytes
}

fn digest(version: char) -> Digest {
    content_digest(&module(version))
}

fn modules(digest: Digest) -> Result<Bytes, String> {
    let found = ('a'..='e')
        .map(module)
        .find(|bytes| content_digest(bytes) == digest);
    found
        .map(Bytes::from)
        .ok_or_else(|| "no such module".to_owned())
}

/// A book that is written to at a time of its own, one record after the other.
struct Log {
    book: Book,
    offset: u64,
}

impl Log {
    fn new() -> Self {
        let engine = RulesEngine::new().unwrap();
        let book = Book::new(engine);
        Self { book, offset: 0 }
    }

    fn try_write(&mut self, at: i64, record: &Record) -> Result<Applied, BookError<String>> {
        let value = record.to_bytes().unwrap();
        let entry = Entry {
            offset: self.offset,
            timestamp: Time(at),
            value: &value,
        };
        self.offset += 1;
        self.book.apply(entry, &mut modules)
    }

    fn write(&mut self, at: i64, record: &Record) -> Change {
        self.try_write(at, record).unwrap().change
    }

    fn acme(&self) -> &TenantBook {
        self.book.tenant("acme").unwrap()
    }

    /// The timeline as text: each epoch's beginning and its rules.
    fn timeline(&self) -> Vec<String> {
        timeline(self.acme())
    }
}

fn timeline(book: &TenantBook) -> Vec<String> {
    let versions: BTreeMap<_, _> = ('a'..='e').map(|it| (digest(it), it)).collect();
    let epoch = |epoch: &super::Epoch| {
        let rules: Vec<_> = (epoch.rules.iter())
            .map(|rule| {
                let primary = if rule.primary { "*" } else { "" };
                let shadow = if rule.shadow { "~" } else { "" };
                format!("{}={}{primary}{shadow}", rule.name, versions[&rule.digest])
            })
            .collect();
        let from = match epoch.from {
            Time::MIN => "min".to_owned(),
            Time(ms) => ms.to_string(),
        };
        format!("{from}: {}", rules.join(" "))
    };
    book.epochs().iter().map(epoch).collect()
}

fn activation(rule: &str, version: char) -> Activation {
    Activation {
        tenant: "acme".into(),
        rule: rule.into(),
        digest: digest(version),
        role: RuleRole::Primary,
        shadow: false,
        parameters: BTreeMap::new(),
        from: None,
        genesis: false,
        by: "anna".into(),
        reason: String::new(),
        signed: None,
    }
}

fn primary(rule: &str, version: char) -> Record {
    Record::Activation(activation(rule, version))
}

fn primary_from(rule: &str, version: char, from: i64) -> Record {
    Record::Activation(Activation {
        from: Some(Time(from)),
        ..activation(rule, version)
    })
}

fn genesis(rule: &str, version: char) -> Record {
    Record::Activation(Activation {
        genesis: true,
        ..activation(rule, version)
    })
}

fn secondary(rule: &str, version: char) -> Record {
    Record::Activation(Activation {
        role: RuleRole::Secondary,
        ..activation(rule, version)
    })
}

fn shadow(rule: &str, version: char) -> Record {
    Record::Activation(Activation {
        shadow: true,
        ..activation(rule, version)
    })
}

fn off(rule: &str) -> Record {
    Record::Deactivation(Deactivation {
        tenant: "acme".into(),
        rule: rule.into(),
        from: None,
        genesis: false,
        by: "anna".into(),
        reason: String::new(),
    })
}

fn set_aside(rule: &str, version: char) -> Record {
    Record::SetAside(SetAside {
        tenant: "acme".into(),
        rule: rule.into(),
        digest: digest(version),
        shard: 7,
        detail: "it trapped".into(),
    })
}

fn settings(features: &[(&str, Aggregate)]) -> Settings {
    let feature = |(name, agg): &(&str, Aggregate)| CustomFeature {
        name: (*name).into(),
        from: "usage".into(),
        conditions: Vec::new(),
        agg: *agg,
        of: None,
        window: None,
    };
    Settings {
        features: features.iter().map(feature).collect(),
        ..Settings::default()
    }
}

fn settings_record(settings: Settings, genesis: bool) -> Record {
    Record::Settings(SettingsRecord {
        tenant: "acme".into(),
        settings,
        from: None,
        genesis,
        by: "anna".into(),
        reason: String::new(),
    })
}

#[test]
fn an_epoch_begins_with_its_first_moment() {
    let mut log = Log::new();
    log.write(10, &primary("health", 'a'));
    for (now, expected) in [(i64::MIN, 0), (9, 0), (10, 1), (i64::MAX, 1)] {
        assert_eq!(log.acme().epoch(Time(now)).rules.len(), expected, "{now}");
    }
}

#[test]
fn a_change_says_what_and_when() {
    let mut log = Log::new();
    let (rule, from) = ("health".to_owned(), Time(10));
    let changes = [
        (
            settings_record(Settings::default(), true),
            Change::Settings { from: Time::MIN },
        ),
        (
            primary("health", 'a'),
            Change::Activated {
                rule: rule.clone(),
                from,
            },
        ),
        (
            set_aside("health", 'a'),
            Change::SetAside {
                rule: rule.clone(),
                digest: digest('a'),
                detail: "shard 7: it trapped".into(),
            },
        ),
        (off("health"), Change::Deactivated { rule, from }),
    ];
    for (record, expected) in changes {
        assert_eq!(log.write(10, &record), expected);
    }
}

#[test]
fn what_cannot_govern_is_ignored_and_said() {
    let mut log = Log::new();
    let with = |change: fn(&mut Activation)| {
        let mut record = activation("health", 'a');
        change(&mut record);
        Record::Activation(record)
    };
    let cases = [
        (
            off("health"),
            "expected a tenant with settings or a rule, found `acme` without",
        ),
        (
            set_aside("health", 'a'),
            "expected a tenant with settings or a rule",
        ),
        (
            with(|it| it.rule = "No Name".into()),
            "expected a rule name, found `No Name`",
        ),
        (
            with(|it| it.parameters = BTreeMap::from([("days".into(), 1.0)])),
            "parameter `days`: expected one of []",
        ),
    ];
    for (record, expected) in cases {
        let Change::Ignored { why } = log.write(1, &record) else {
            panic!("{record:?} was taken");
        };
        assert!(why.contains(expected), "{why}");
        assert!(log.book.tenant("acme").is_none());
    }
    for index in 0..RULES_PER_TENANT_MAX {
        log.write(1, &secondary(&format!("rule-{index}"), 'a'));
    }
    let Change::Ignored { why } = log.write(1, &secondary("one-more", 'a')) else {
        panic!("one more was taken");
    };
    assert_eq!(why, "expected at most 32 active rules, found one more");
    assert_eq!(log.acme().epoch(Time(1)).rules.len(), RULES_PER_TENANT_MAX);
    assert!(matches!(
        log.write(1, &secondary("rule-0", 'b')),
        Change::Activated { .. }
    ));
}

#[test]
fn what_cannot_be_read_stops_and_leaves_the_book_as_it_was() {
    let mut log = Log::new();
    log.write(1, &primary("health", 'a'));
    let before = log.timeline();
    let mut missing = activation("health", 'a');
    missing.digest = Digest([1; 32]);
    let error = log.try_write(2, &Record::Activation(missing)).unwrap_err();
    assert!(matches!(error, BookError::Log(_)), "{error}");
    let mut random = |_| Ok::<_, String>(Bytes::from_static(b"random"));
    let value = primary("health", 'b').to_bytes().unwrap();
    let entry = |offset, value| Entry {
        offset,
        timestamp: Time(2),
        value,
    };
    let error = log.book.apply(entry(1, &value), &mut random).unwrap_err();
    assert!(
        matches!(error, BookError::Module { offset: 1, .. }),
        "{error}"
    );
    let error = log.book.apply(entry(1, b"{}"), &mut modules).unwrap_err();
    assert!(
        matches!(error, BookError::Record { offset: 1, .. }),
        "{error}"
    );
    let error = log.book.apply(entry(0, &value), &mut modules).unwrap_err();
    assert!(
        matches!(error, BookError::Record { offset: 0, .. }),
        "{error}"
    );
    assert_eq!((log.timeline(), log.book.offset_next()), (before, 1));
}

#[test]
fn a_shard_sets_aside_as_a_record_does() {
    let mut by_record = Log::new();
    let mut by_shard = Log::new();
    for log in [&mut by_record, &mut by_shard] {
        log.write(1, &primary("health", 'a'));
        log.write(2, &primary("health", 'b'));
    }
    let offset = by_shard.book.offset_next();
    by_shard
        .book
        .set_aside("acme", "health", digest('b'), offset);
    by_record.write(3, &set_aside("health", 'b'));
    assert_eq!(by_shard.timeline(), by_record.timeline());
    assert_eq!(
        by_shard.timeline(),
        ["min: ", "1: health=a*", "2: health=a*"]
    );
    by_shard.write(4, &primary("health", 'b'));
    assert_eq!(by_shard.timeline()[3], "4: health=b*");
}

#[test]
fn a_declared_feature_stands_since_it_was_declared_like_this() {
    let mut log = Log::new();
    let (count, sum) = (Aggregate::Count, Aggregate::Sum);
    let steps = [
        (1, settings(&[("old", count)]), true),
        (10, settings(&[("old", count), ("new", count)]), false),
        (20, settings(&[("new", count), ("old", sum)]), false),
        (30, settings(&[("new", count)]), false),
        (40, settings(&[("new", count), ("old", sum)]), false),
    ];
    for (at, settings, genesis) in steps {
        log.write(at, &settings_record(settings, genesis));
    }
    let declared: Vec<Vec<_>> = log
        .acme()
        .epochs()
        .iter()
        .map(|epoch| {
            epoch
                .declared
                .iter()
                .map(|(name, since)| (name.as_str(), since.0))
                .collect()
        })
        .collect();
    let expected: [&[(&str, i64)]; 5] = [
        &[],
        &[("new", 10)],
        &[("new", 10), ("old", 20)],
        &[("new", 10)],
        &[("new", 10), ("old", 40)],
    ];
    assert_eq!(declared, expected);
}

#[test]
fn the_same_records_make_the_same_book() {
    let records = [
        (1, genesis("health", 'a')),
        (5, primary_from("health", 'b', 50)),
        (9, set_aside("health", 'b')),
        (9, shadow("new", 'c')),
        (12, off("new")),
    ];
    let books = [0, 1].map(|_| {
        let mut log = Log::new();
        records.iter().for_each(|(at, record)| {
            log.write(*at, record);
        });
        log
    });
    let [one, two] = books
        .each_ref()
        .map(|log| format!("{:?}", log.acme().epochs()));
    assert_eq!(one, two);
    let names: Vec<_> = books[0].book.tenants().map(|(name, _)| name).collect();
    assert_eq!(names, ["acme"]);
}
