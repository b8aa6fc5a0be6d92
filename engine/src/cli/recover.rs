//! The shards of a feed as their last commit left them, to look at and not to change.

use anyhow::Context;
use indicatif::ProgressBar;

use super::engine::Feed;
use super::patience::ask;
use super::watch::Watch;
use crate::journal::JournalRecord;
use crate::log::Log;
use crate::model::{ShardId, Time};
use crate::worker::Runner;

/// All shards, and the moment at which the run ended that they come from.
pub(super) struct Recovered {
    pub(super) runners: Vec<Runner>,
    pub(super) at: Time,
}

/// Recovers every shard of `feed`.
pub(super) fn all(feed: &Feed, bar: &ProgressBar) -> anyhow::Result<Recovered> {
    let watch = Watch::new(bar.clone());
    let mut recovered = Recovered {
        runners: Vec::new(),
        at: Time::MIN,
    };
    let mut log = ask(|| feed.log())?;
    for shard in (0..feed.spec().shards).map(ShardId) {
        let runner = ask(|| Runner::recover(&mut *log, shard, feed.spec(), &watch))?;
        let ended = last_advance(&mut *log, shard)?.max(runner.shard().now());
        recovered.at = recovered.at.max(ended).max(runner.log_time_max());
        recovered.runners.push(runner);
    }
    bar.finish_and_clear();
    Ok(recovered)
}

/// How far timers ran in the last step of a shard.
fn last_advance(log: &mut dyn Log, shard: ShardId) -> anyhow::Result<Time> {
    let Some(last) = ask(|| log.journal(shard, 0))?.pop() else {
        return Ok(Time::MIN);
    };
    let record = JournalRecord::parse(&last)
        .with_context(|| format!("read the journal of shard {}", shard.0))?;
    Ok(record.step.advance_to)
}
