//! From events to a row: a story is folded by a shard as a run would fold it, and looked at.
//!
//! One input a kind, so that events of one moment come in the order of their kinds. Each event is a
//! record stamped with its own time; timers run up to the moment of the story.

use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::Mutex;
use puls_cases::{Event, Story};

use super::{Candidate, Trouble};
use crate::clock::ManualClock;
use crate::decode::{Decoder, DecoderSpec};
use crate::limits::{SETTLE_MS, STEP_RECORDS_MAX};
use crate::log::memory::World;
use crate::log::{InputSpec, Log, LogError};
use crate::model::{Key, Kind, Output, Record, Settings, ShardId, Time, Topic};
use crate::rules::record::{Activation, Record as RulesEntry, RuleRole, SettingsRecord};
use crate::shard::{Report, ShardSpec};
use crate::worker::{Observer, Progress, Runner, StepLimits, Stepped};

/// Whose story it is.
const TENANT: &str = "cases";
const ACCOUNT: &str = "customer";
/// Who publishes the rule under test.
const AUTHOR: &str = "test";

/// What a rule is asked.
#[derive(Clone, PartialEq, Debug)]
pub struct Posed {
    /// One value per feature of the rule; NaN is missing.
    pub row: Vec<f64>,
    /// One value per parameter of the rule.
    pub parameters: Vec<f64>,
    /// When, in milliseconds since 1970; 0 where no time matters.
    pub at: i64,
    /// The score that a person has set.
    pub(super) over: Option<Over>,
}

/// A score that a person has set.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Over {
    pub(super) value: i64,
    pub(super) by: String,
    pub(super) reason: String,
    pub(super) expires: Time,
}

/// Keeps what goes wrong with the rule.
#[derive(Debug, Default)]
struct Reports(Mutex<Vec<String>>);

impl Observer for Reports {
    fn committed(&self, _: ShardId, _: &[Output], _: &Progress) {}

    fn report(&self, _: ShardId, report: &Report) {
        self.0.lock().push(report.detail.clone());
    }

    fn refolded(&self, _: ShardId, _: u64, _: u64) {}
}

/// The row of the customer at the end of its story.
///
/// # Errors
/// All that is wrong with it: events that are none, and a rule that fails on the way.
pub(super) fn tell(
    candidate: &Candidate,
    story: &Story,
    settings: &Settings,
    (parameters, named): (Vec<f64>, &BTreeMap<String, f64>),
) -> Result<Posed, Vec<Trouble>> {
    let records = records(&story.events)?;
    let whole = |message: String| vec![Trouble { at: None, message }];
    let inputs: Arc<[_]> = (Kind::ALL.iter())
        .map(|kind| InputSpec::new(kind.as_str(), Some(*kind)))
        .collect();
    let world = World::new(Arc::clone(&inputs), 1);
    publish(&world, candidate, settings, named).map_err(|error| whole(error.to_string()))?;
    let mut written: BTreeMap<(u16, u64), usize> = BTreeMap::new();
    let mut offsets = [0_u64; Kind::ALL.len()];
    for (event, record) in records {
        if let Some(offset) = offsets.get_mut(usize::from(record.input)) {
            written.insert((record.input, *offset), event);
            *offset += 1;
        }
        world.append(ShardId(0), record);
    }
    let spec = ShardSpec {
        shards: 1,
        keyed: false,
        decoders: inputs.iter().map(|_| DecoderSpec::default()).collect(),
        inputs,
        engine: candidate.engine.clone(),
    };
    let at = Time(story.at);
    let reports = Reports::default();
    let mut runner = fold(&world, &spec, at, &reports).map_err(|it| whole(it.to_string()))?;
    let mut troubles = dead(&world, &spec, &written);
    troubles.extend(reports.0.into_inner().into_iter().map(|message| Trouble {
        at: None,
        message: format!("the rule failed during the story: {message}"),
    }));
    if !troubles.is_empty() {
        return Err(troubles);
    }
    look(&mut runner, at, &parameters).ok_or_else(|| {
        whole("expected the customer to be known at the moment of the case, found nothing".into())
    })
}

fn look(runner: &mut Runner, at: Time, parameters: &[f64]) -> Option<Posed> {
    let key = Key::new(TENANT, ACCOUNT).ok()?;
    let mut posed = None;
    runner.shard_mut().standing(&key, at, &mut |standing| {
        posed = standing.rules.first().map(|rule| Posed {
            row: rule.values.to_vec(),
            parameters: parameters.to_vec(),
            at: at.0,
            over: rule.data.over.map(|over| Over {
                value: over.value,
                by: over.by.to_owned(),
                reason: over.reason.to_owned(),
                expires: over.expires,
            }),
        });
    });
    posed
}

/// The events as records, each beside where it is written.
fn records(events: &[Event]) -> Result<Vec<(usize, Record)>, Vec<Trouble>> {
    let mut records = Vec::with_capacity(events.len());
    let mut troubles: Vec<Trouble> = Vec::new();
    let Ok(mut decoder) = Decoder::new(&DecoderSpec::default()) else {
        return Ok(records);
    };
    for event in events {
        let mut fields = event.fields.clone();
        fields.insert("tenant".into(), TENANT.into());
        fields.insert("account".into(), ACCOUNT.into());
        let kind = fields.get("kind").and_then(serde_json::Value::as_str);
        let input = kind.and_then(Kind::parse).map_or(0, |kind| kind as u16);
        let record = Record {
            input,
            offset: 0,
            timestamp: Some(Time(event.at)),
            key: None,
            headers: Vec::new(),
            value: serde_json::Value::Object(fields).to_string().into(),
        };
        let mut decoded = Vec::new();
        let outcome = decoder.decode(&record, &mut decoded);
        let wrong = outcome
            .err()
            .or_else(|| decoded.into_iter().find_map(Result::err));
        match wrong {
            None => records.push((event.written, record)),
            // Repetitions are wrong in the same way.
            Some(_) if troubles.iter().any(|it| it.at == Some(event.written)) => {}
            Some(wrong) => troubles.push(Trouble {
                at: Some(event.written),
                message: wrong.detail,
            }),
        }
    }
    if troubles.is_empty() {
        Ok(records)
    } else {
        Err(troubles)
    }
}

/// The rule governs from the beginning, as the tenant's primary rule.
fn publish(
    world: &World,
    candidate: &Candidate,
    settings: &Settings,
    parameters: &BTreeMap<String, f64>,
) -> Result<(), LogError> {
    let mut log = world.connect();
    log.publish_module(&candidate.bytes)?;
    let settings = RulesEntry::Settings(SettingsRecord {
        tenant: TENANT.into(),
        settings: settings.clone(),
        from: None,
        genesis: true,
        by: AUTHOR.into(),
        reason: String::new(),
    });
    let activation = RulesEntry::Activation(Activation {
        tenant: TENANT.into(),
        rule: candidate.module.manifest.name.clone(),
        digest: candidate.module.digest,
        role: RuleRole::Primary,
        shadow: false,
        parameters: parameters.clone(),
        from: None,
        genesis: true,
        by: AUTHOR.into(),
        reason: String::new(),
        signed: None,
    });
    for entry in [settings, activation] {
        let bytes = entry.to_bytes();
        let bytes = bytes.map_err(|error| LogError::Stop(error.to_string()))?;
        log.publish_rule(&bytes, Time(0))?;
    }
    Ok(())
}

/// Folds all there is, up to `until`.
fn fold(
    world: &World,
    spec: &ShardSpec,
    until: Time,
    reports: &Reports,
) -> Result<Runner, LogError> {
    let clock = ManualClock::at(until.plus_ms(SETTLE_MS));
    let mut log = world.connect_shard(ShardId(0));
    let mut runner = Runner::recover(&mut log, ShardId(0), spec, reports)?;
    let limits = StepLimits {
        records_max: STEP_RECORDS_MAX,
        until,
        timers: true,
    };
    while let Stepped::Folded(prepared) = runner.step(&mut log, &clock, limits)? {
        log.commit(std::slice::from_ref(&prepared.commit))?;
        runner.committed(&mut log, &prepared, &clock, reports)?;
    }
    Ok(runner)
}

/// What the engine could not use of the story, each beside where it is written.
fn dead(world: &World, spec: &ShardSpec, written: &BTreeMap<(u16, u64), usize>) -> Vec<Trouble> {
    let mut troubles = Vec::new();
    let outputs = world.outputs(ShardId(0));
    for output in outputs.iter().filter(|it| it.topic == Topic::DeadLetters) {
        let letter: serde_json::Value = serde_json::from_slice(&output.value).unwrap_or_default();
        let text = |pointer| letter.pointer(pointer).and_then(serde_json::Value::as_str);
        let name = text("/data/origin/input").unwrap_or_default();
        let input = spec.inputs.iter().zip(0..).find(|(it, _)| it.name == name);
        let offset = letter.pointer("/data/origin/offset");
        let offset = offset.and_then(serde_json::Value::as_u64);
        let place = input.map(|(_, input)| input).zip(offset);
        troubles.push(Trouble {
            at: place.and_then(|place| written.get(&place).copied()),
            message: text("/data/detail").unwrap_or_default().to_owned(),
        });
    }
    troubles
}
