//! `puls replay`: the whole journal folded again, and its outputs compared with what was published.
//!
//! It reads only; a run may go on beside it, and what that adds meanwhile is not looked at.

use clap::Args;
use indicatif::ProgressBar;
use serde_json::json;

use super::engine::Feed;
use super::patience::ask;
use super::session::{ConfigArgs, Outcome, Session};
use super::table::{count, many};
use super::{progress, trial};
use crate::merge::Merged;
use crate::model::{Output, ShardId, Step, Time};
use crate::worker::past::{Fold, Past, Witness};

#[derive(Debug, Args)]
pub(super) struct ReplayArgs {
    #[command(flatten)]
    config: ConfigArgs,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Counts what is folded.
struct Counter {
    shard: ShardId,
    bar: ProgressBar,
    records: u64,
    outputs: u64,
}

impl Witness for Counter {
    fn folded(&mut self, _: &Step, records: &[Merged], outputs: &[Output]) {
        self.records += records.len() as u64;
        self.outputs += outputs.len() as u64;
        self.bar.inc(records.len() as u64);
    }

    fn progress(&mut self, done: u64, all: u64) {
        let shard = self.shard.0;
        self.bar
            .set_message(format!("shard {shard}: folding step {done} of {all} again"));
    }
}

pub(super) fn run(args: &ReplayArgs, session: &mut Session) -> anyhow::Result<Outcome> {
    let config = args.config.load()?;
    let feed = Feed::of(&config, &trial::engine_of(&config)?)?;
    let bar = progress::line(session.err_is_terminal);
    let fold = Fold {
        until: Time::MAX,
        from_beginning: true,
        tenant: None,
    };
    let (mut steps, mut records, mut outputs) = (0, 0, 0);
    let mut tenants = std::collections::BTreeMap::new();
    let mut log = ask(|| feed.log())?;
    for shard in (0..feed.spec().shards).map(ShardId) {
        let mut counter = Counter {
            shard,
            bar: bar.clone(),
            records: 0,
            outputs: 0,
        };
        let past = Past::fold(&mut *log, (shard, feed.spec()), fold, &mut counter)?;
        steps += past.steps;
        records += counter.records;
        outputs += counter.outputs;
        for (tenant, digest) in past.runner.digests() {
            let digests: &mut Vec<_> = tenants.entry(tenant).or_default();
            digests.push((shard.0, digest.to_string()));
        }
    }
    bar.finish_and_clear();
    if args.json {
        session.json(&json!({
            "same": true,
            "shards": feed.spec().shards,
            "steps": steps,
            "records": records,
            "outputs": outputs,
            "digests": tenants,
        }))?;
        return Ok(Outcome::Done);
    }
    if steps == 0 {
        session.line("the journal has no whole step yet: there is nothing to compare")?;
        return Ok(Outcome::Done);
    }
    session.line(&format!(
        "{} folded again over {}: {} records in, {} outputs, byte for byte what was published",
        many(usize::try_from(steps)?, "step"),
        many(usize::try_from(feed.spec().shards)?, "shard"),
        count(records),
        count(outputs),
    ))?;
    Ok(Outcome::Done)
}
