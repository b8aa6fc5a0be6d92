//! What a run looks like from outside: progress on a terminal, metrics, and the log.

use std::collections::BTreeMap;
use std::sync::Arc;

use indicatif::ProgressBar;
use parking_lot::Mutex;

use crate::clock::{Clock, SystemClock};
use crate::metrics::{self, Outcomes};
use crate::model::{Output, Reason, ShardId, Topic};
use crate::query::Board;
use crate::shard::{Counts, Fates, Report};
use crate::worker::{Observer, Progress};

/// Watches a run. Is called once per step; the lock is never waited for on the path of an event.
#[derive(Debug)]
pub(super) struct Watch {
    bar: ProgressBar,
    /// Counts of each shard as they were last told.
    told: Mutex<BTreeMap<ShardId, Counts>>,
    board: Option<Arc<Board>>,
}

impl Watch {
    pub(super) const fn new(bar: ProgressBar) -> Self {
        Self {
            bar,
            told: Mutex::new(BTreeMap::new()),
            board: None,
        }
    }

    /// The same, with a place where columns for what-ifs are put up.
    pub(super) fn with_board(self, board: Option<Arc<Board>>) -> Self {
        Self { board, ..self }
    }

    /// Ends the progress and gives the number of records that were taken.
    pub(super) fn finish(&self) -> u64 {
        self.bar.finish_and_clear();
        self.bar.position()
    }
}

impl Observer for Watch {
    fn committed(&self, shard: ShardId, outputs: &[Output], progress: &Progress) {
        self.bar.inc(progress.records as u64);
        self.bar.set_message(format!("now {}", progress.now));
        metrics::committed(shard, progress.accounts, progress.now, SystemClock.now());
        for topic in Topic::ALL {
            let count = outputs
                .iter()
                .filter(|output| output.topic == topic)
                .count();
            if count > 0 {
                metrics::outputs(topic, count as u64);
            }
        }
        let before = self.told.lock().insert(shard, progress.counts.clone());
        tell(before.as_ref(), &progress.counts);
        tracing::debug!(
            shard = shard.0,
            records = progress.records,
            outputs = outputs.len(),
            now = %progress.now,
            "committed"
        );
    }

    fn report(&self, shard: ShardId, report: &Report) {
        metrics::rule_failures(&report.tenant, 1);
        tracing::warn!(
            shard = shard.0,
            tenant = report.tenant,
            rule = report.rule,
            digest = %report.digest,
            account = report.account,
            set_aside = report.set_aside,
            "{}",
            report.detail
        );
    }

    fn refolded(&self, shard: ShardId, done: u64, all: u64) {
        self.bar
            .set_message(format!("shard {}: refolding step {done} of {all}", shard.0));
    }

    fn board(&self) -> Option<&Arc<Board>> {
        self.board.as_ref()
    }
}

/// Adds to the metrics what came since `before`.
fn tell(before: Option<&Counts>, counts: &Counts) {
    for (place, now) in counts.0.iter().enumerate() {
        let old = before.and_then(|counts| counts.0.get(place));
        let since = |fates: Fates, old: Option<Fates>| {
            let old = old.unwrap_or_default();
            Outcomes {
                applied: fates.applied.saturating_sub(old.applied),
                duplicate: fates.duplicate.saturating_sub(old.duplicate),
                dead: fates.dead.saturating_sub(old.dead),
            }
        };
        let records = since(now.records, old.map(|old| old.records));
        let events = since(now.events, old.map(|old| old.events));
        metrics::taken(&now.input, records, events);
        for (place, reason) in Reason::ALL.iter().enumerate() {
            let count = |counts: &Vec<u64>| counts.get(place).copied().unwrap_or(0);
            let more = count(&now.reasons).saturating_sub(old.map_or(0, |old| count(&old.reasons)));
            if more > 0 {
                metrics::dead_letters(*reason, more);
            }
        }
    }
}
