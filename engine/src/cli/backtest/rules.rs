//! The two rules of a backtest: what governed, from the rules log or the configuration, and the
//! candidate, from a file or from what was pushed.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context;

use super::BacktestArgs;
use crate::backtest::pair::{Against, Pair, pair};
use crate::cli::patience::ask;
use crate::cli::publish::AUTHOR;
use crate::cli::rule::pick::{Known, pick};
use crate::cli::{rules, scorecard};
use crate::config::Config;
use crate::features::Selection;
use crate::log::files::{DataFolder, FileLog, FolderError};
use crate::log::kafka::KafkaLog;
use crate::log::{Log, LogError, Route};
use crate::model::{Record as Input, Settings, ShardId, Time};
use crate::rules::{Book, Entry, Epoch, Module, Publication, RulesEngine};
use crate::state::Plan;

/// What governed a tenant, and where that is known from.
pub(super) struct Timeline {
    pub(super) epochs: Vec<Epoch>,
    /// Settings at its end, which hold for the whole history.
    pub(super) settings: Arc<Settings>,
    /// `the rules log`, or `the configuration`.
    pub(super) source: &'static str,
    /// Where modules that were pushed lie, if there is such a place.
    log: Option<RefCell<Box<dyn Log>>>,
}

/// The rule that might govern.
pub(super) struct Candidate {
    module: Arc<Module>,
    parameters: Vec<f64>,
}

/// No record is read through this log, so none is routed.
#[derive(Debug)]
struct NoRoute;

impl Route for NoRoute {
    fn route(&mut self, _: &Input, _: u32) -> (ShardId, Option<Time>) {
        (ShardId(0), None)
    }
}

/// What governed `tenant`: as the rules log says, or where that says nothing yet, what the
/// configuration would publish first.
pub(super) fn timeline(
    config: &Config,
    engine: &RulesEngine,
    tenant: &str,
) -> anyhow::Result<Timeline> {
    let mut log = rules_log(config)?;
    let mut book = Book::new(engine.clone());
    if let Some(log) = &mut log {
        for record in ask(|| log.rules(0))?.0 {
            let (offset, timestamp) = (record.offset, record.timestamp);
            let entry = Entry {
                offset,
                timestamp,
                value: &record.value,
            };
            book.apply::<LogError>(entry, &mut |digest| log.module(digest))?;
        }
    }
    let has_primary = |epoch: &Epoch| epoch.rules.iter().any(|rule| rule.primary);
    let logged = book.tenant(tenant).map(|it| it.epochs().to_vec());
    let logged = logged.filter(|epochs| epochs.iter().any(has_primary));
    let (epochs, source) = match logged {
        Some(epochs) => (epochs, "the rules log"),
        None => (configured(config, engine, tenant)?, "the configuration"),
    };
    anyhow::ensure!(
        epochs.iter().any(has_primary),
        "expected a primary rule of tenant {tenant} in the rules log or the configuration, found \
         none: there is nothing to compare with"
    );
    let last = epochs.last().context("a timeline has an end")?;
    let settings = Arc::clone(&last.settings);
    let log = log.map(RefCell::new);
    Ok(Timeline {
        epochs,
        settings,
        source,
        log,
    })
}

fn rules_log(config: &Config) -> anyhow::Result<Option<Box<dyn Log>>> {
    if let Some(settings) = &config.kafka {
        let inputs: Arc<[_]> = config.inputs.iter().map(|it| it.spec.clone()).collect();
        let log = ask(|| KafkaLog::look_on(settings, Arc::clone(&inputs)))?;
        return Ok(Some(Box::new(log)));
    }
    match DataFolder::read(&config.folder.join(&config.puls.data)) {
        Err(FolderError::Missing(_)) => Ok(None),
        Err(error) => Err(error.into()),
        Ok(folder) => {
            let (none, route) = (Arc::from([]), Box::new(NoRoute));
            Ok(Some(Box::new(FileLog::new(
                Arc::new(folder),
                none,
                Arc::from([]),
                route,
            ))))
        }
    }
}

/// What the configuration would publish into an empty rules log.
fn configured(config: &Config, engine: &RulesEngine, tenant: &str) -> anyhow::Result<Vec<Epoch>> {
    let set = rules::read(config, engine)?;
    let mut book = Book::new(engine.clone());
    let publication = Publication {
        now: Time(0),
        genesis: true,
        by: AUTHOR.to_owned(),
        reason: String::new(),
    };
    for (offset, record) in (0..).zip(book.missing(&set.desired, &publication)) {
        let value = record.to_bytes()?;
        let entry = Entry {
            offset,
            timestamp: Time(0),
            value: &value,
        };
        book.apply::<anyhow::Error>(entry, &mut |digest| {
            let bytes = set
                .modules
                .get(&digest)
                .context("a configured rule has its module")?;
            Ok(bytes.clone().into())
        })?;
    }
    Ok(book
        .tenant(tenant)
        .map_or_else(Vec::new, |it| it.epochs().to_vec()))
}

/// Reads the candidate.
pub(super) fn candidate(
    args: &BacktestArgs,
    engine: &RulesEngine,
    timeline: &Timeline,
) -> anyhow::Result<Candidate> {
    let plan = Plan::new(&timeline.settings, &BTreeMap::new());
    let plan = plan.map_err(|problems| anyhow::anyhow!(problems.join("\n")))?;
    let bytes = bytes(&args.rule, &plan, timeline, engine)?;
    let compiled = engine.compile(&bytes);
    let module = compiled.with_context(|| format!("take {} as a rule", args.rule))?;
    let wanted: BTreeMap<String, f64> = args.parameters.iter().cloned().collect();
    let mut problems = Vec::new();
    let parameters = module.parameters(&wanted);
    let parameters = parameters
        .map_err(|found| problems.extend(found))
        .unwrap_or_default();
    problems.extend(
        Selection::new(&plan, &module.manifest.features)
            .err()
            .into_iter()
            .flatten(),
    );
    anyhow::ensure!(
        problems.is_empty(),
        "{} does not fit tenant: {}",
        args.rule,
        problems.join("\n")
    );
    Ok(Candidate { module, parameters })
}

fn bytes(
    asked: &str,
    plan: &Plan,
    timeline: &Timeline,
    engine: &RulesEngine,
) -> anyhow::Result<Vec<u8>> {
    let path = Path::new(asked);
    let is_path = path.exists()
        || scorecard::is_card(path)
        || asked.contains(['/', '\\'])
        || path
            .extension()
            .is_some_and(|extension| extension == "wasm");
    if is_path && scorecard::is_card(path) {
        let text = std::fs::read_to_string(path).with_context(|| format!("read {asked}"))?;
        let compiled = scorecard::compile(path, &text, plan);
        return Ok(compiled
            .map_err(|problems| anyhow::anyhow!(problems.join("\n")))?
            .module);
    }
    if is_path {
        return std::fs::read(path).with_context(|| format!("read {asked}"));
    }
    pushed(asked, timeline, engine)
}

/// A module that was pushed.
fn pushed(asked: &str, timeline: &Timeline, engine: &RulesEngine) -> anyhow::Result<Vec<u8>> {
    let Some(log) = &timeline.log else {
        anyhow::bail!(
            "expected `--rule` with a scorecard, a module, or a rule that was pushed, found \
             `{asked}`: there is no such file, and no data folder yet that rules could be pushed to"
        );
    };
    let mut known = Vec::new();
    let mut log = log.borrow_mut();
    for digest in ask(|| log.modules())? {
        let bytes = ask(|| log.module(digest))?;
        if let Ok(manifest) = engine.check(&bytes) {
            let (name, version) = (manifest.name, manifest.version);
            known.push(Known {
                digest,
                name,
                version,
            });
        }
    }
    let digest = pick(asked, &known)?;
    Ok(ask(|| log.module(digest))?.to_vec())
}

impl Candidate {
    /// The two rules, as they govern.
    pub(super) fn pair(&self, timeline: &Timeline, against: Against) -> Pair {
        pair(&timeline.epochs, &self.module, (&self.parameters, against))
    }

    /// Name, version and the beginning of the digest.
    pub(super) fn shown(&self) -> String {
        let manifest = &self.module.manifest;
        let digest = self.module.digest.to_string();
        let digest = digest.get(..8).unwrap_or(&digest);
        format!("{} {} ({digest})", manifest.name, manifest.version)
    }
}
