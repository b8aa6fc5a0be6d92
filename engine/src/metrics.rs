//! Every metric in one list: name, labels, unit, meaning.
//!
//! Counts what happened and never decides anything. Stages count in plain integers; who owns a
//! shard hands the counts over here once per step, so that no metric is touched on the path of an
//! event. Without a recorder (see `http`) every call is a no-op.

use std::time::Duration;

use metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram};
use metrics::{gauge, histogram};

use crate::model::{Reason, ShardId, Time, Topic};

/// What kind of number a metric is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MetricKind {
    /// Grows until the process ends.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Distribution of what was seen.
    Histogram,
}

/// A metric.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Metric {
    /// Name, with the unit last.
    pub name: &'static str,
    /// Labels, in order.
    pub labels: &'static [&'static str],
    /// What kind of number.
    pub kind: MetricKind,
    /// Unit.
    pub unit: Unit,
    /// What it says, in a sentence.
    pub meaning: &'static str,
}

const fn metric(
    name: &'static str,
    labels: &'static [&'static str],
    kind: MetricKind,
    unit: Unit,
    meaning: &'static str,
) -> Metric {
    Metric {
        name,
        labels,
        kind,
        unit,
        meaning,
    }
}

use MetricKind::{Counter, Gauge, Histogram};

const RECORDS: Metric = metric(
    "puls_records_total",
    &["input", "outcome"],
    Counter,
    Unit::Count,
    "Records taken, by input and outcome (applied, duplicate, dead), which sum to the input.",
);
const EVENTS: Metric = metric(
    "puls_events_total",
    &["input", "outcome"],
    Counter,
    Unit::Count,
    "Events taken, by input and outcome (applied, duplicate, dead).",
);
const DEAD_LETTERS: Metric = metric(
    "puls_dead_letters_total",
    &["reason"],
    Counter,
    Unit::Count,
    "Dead letters, by reason.",
);
const OUTPUTS: Metric = metric(
    "puls_outputs_total",
    &["topic"],
    Counter,
    Unit::Count,
    "Outputs written, by topic.",
);
const EVALUATIONS: Metric = metric(
    "puls_evaluations_total",
    &["shard"],
    Counter,
    Unit::Count,
    "Rows that rules have scored.",
);
const RULE_FAILURES: Metric = metric(
    "puls_rule_failures_total",
    &["tenant"],
    Counter,
    Unit::Count,
    "Evaluations in which a rule failed, by tenant.",
);
const STEPS: Metric = metric(
    "puls_steps_total",
    &["shard"],
    Counter,
    Unit::Count,
    "Steps committed.",
);
const ABORTS: Metric = metric(
    "puls_commits_aborted_total",
    &[],
    Counter,
    Unit::Count,
    "Commits of which nothing became readable; their steps were taken again.",
);
const REBALANCES: Metric = metric(
    "puls_rebalances_total",
    &[],
    Counter,
    Unit::Count,
    "Times that the group gave this instance other shards.",
);
const STEP_SECONDS: Metric = metric(
    "puls_step_seconds",
    &[],
    Histogram,
    Unit::Seconds,
    "Time from the beginning of a step to the end of its fold.",
);
const COMMIT_SECONDS: Metric = metric(
    "puls_commit_seconds",
    &[],
    Histogram,
    Unit::Seconds,
    "Time that a commit took.",
);
const SNAPSHOT_BYTES: Metric = metric(
    "puls_snapshot_bytes",
    &["shard"],
    Gauge,
    Unit::Bytes,
    "Size of the latest snapshot.",
);
const ACCOUNTS: Metric = metric(
    "puls_accounts",
    &["shard"],
    Gauge,
    Unit::Count,
    "Accounts that the shard knows.",
);
const NOW: Metric = metric(
    "puls_now_seconds",
    &["shard"],
    Gauge,
    Unit::Seconds,
    "The shard's now, in seconds since 1970.",
);
const LAG: Metric = metric(
    "puls_lag_seconds",
    &["shard"],
    Gauge,
    Unit::Seconds,
    "How far the shard's now lies behind the clock.",
);

const PEERS_WAITING: Metric = metric(
    "puls_peers_waiting",
    &["shard"],
    Gauge,
    Unit::Count,
    "1 while the shard waits for what other shards have counted of its tenants, else 0.",
);
const WHAT_IFS: Metric = metric(
    "puls_what_ifs_total",
    &["outcome"],
    Counter,
    Unit::Count,
    "What-ifs that the listener was asked, by outcome: answered, refused, or filling (to be asked \
     again).",
);
const WHAT_IF_SECONDS: Metric = metric(
    "puls_what_if_seconds",
    &[],
    Histogram,
    Unit::Seconds,
    "Time from a what-if's request to its answer, of those that were answered.",
);

/// All metrics, in the order of the docs page.
pub const ALL: [Metric; 18] = [
    RECORDS,
    EVENTS,
    DEAD_LETTERS,
    OUTPUTS,
    EVALUATIONS,
    RULE_FAILURES,
    STEPS,
    ABORTS,
    REBALANCES,
    STEP_SECONDS,
    COMMIT_SECONDS,
    SNAPSHOT_BYTES,
    ACCOUNTS,
    NOW,
    LAG,
    PEERS_WAITING,
    WHAT_IFS,
    WHAT_IF_SECONDS,
];

/// Borders of the buckets of the histograms, in seconds: 1 ms to 10 s, two or three a decade.
pub const SECONDS_BUCKETS: [f64; 13] = [
    0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0,
];

/// Tells the recorder what every metric means.
pub fn describe() {
    for metric in ALL {
        match metric.kind {
            Counter => describe_counter!(metric.name, metric.unit, metric.meaning),
            Gauge => describe_gauge!(metric.name, metric.unit, metric.meaning),
            Histogram => describe_histogram!(metric.name, metric.unit, metric.meaning),
        }
    }
}

/// How records or events of an input ended.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Outcomes {
    /// They are in the state.
    pub applied: u64,
    /// They were there before.
    pub duplicate: u64,
    /// They could not be used.
    pub dead: u64,
}

impl Outcomes {
    /// All of them.
    #[must_use]
    pub const fn sum(self) -> u64 {
        self.applied + self.duplicate + self.dead
    }
}

fn outcomes(metric: Metric, input: &str, outcomes: Outcomes) {
    let Outcomes {
        applied,
        duplicate,
        dead,
    } = outcomes;
    for (outcome, count) in [
        ("applied", applied),
        ("duplicate", duplicate),
        ("dead", dead),
    ] {
        counter!(metric.name, "input" => input.to_owned(), "outcome" => outcome).increment(count);
    }
}

/// Records and events of one input that a step took.
pub fn taken(input: &str, records: Outcomes, events: Outcomes) {
    outcomes(RECORDS, input, records);
    outcomes(EVENTS, input, events);
}

/// Dead letters of a step.
pub fn dead_letters(reason: Reason, count: u64) {
    counter!(DEAD_LETTERS.name, "reason" => reason.code()).increment(count);
}

/// Outputs of a step.
pub fn outputs(topic: Topic, count: u64) {
    counter!(OUTPUTS.name, "topic" => topic.as_str()).increment(count);
}

/// Evaluations of a tenant's rules that failed in a step.
pub fn rule_failures(tenant: &str, count: u64) {
    counter!(RULE_FAILURES.name, "tenant" => tenant.to_owned()).increment(count);
}

/// A shard has folded a step, so it waits for nobody.
pub fn folded(shard: ShardId, evaluations: u64, took: Duration) {
    counter!(EVALUATIONS.name, "shard" => shard.0.to_string()).increment(evaluations);
    histogram!(STEP_SECONDS.name).record(took);
    waiting(shard, false);
}

/// Whether a shard waits for what others have counted.
pub fn waiting(shard: ShardId, is_waiting: bool) {
    let gauge = gauge!(PEERS_WAITING.name, "shard" => shard.0.to_string());
    gauge.set(f64::from(u8::from(is_waiting)));
}

/// How a what-if ended that the listener was asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WhatIfEnd {
    /// With its answer.
    Answered,
    /// With how far its columns are; it is asked again.
    Filling,
    /// With why there is none.
    Refused,
}

/// The listener was asked a what-if.
pub fn what_if(end: WhatIfEnd, took: Duration) {
    let outcome = match end {
        WhatIfEnd::Answered => "answered",
        WhatIfEnd::Filling => "filling",
        WhatIfEnd::Refused => "refused",
    };
    counter!(WHAT_IFS.name, "outcome" => outcome).increment(1);
    if end == WhatIfEnd::Answered {
        histogram!(WHAT_IF_SECONDS.name).record(took);
    }
}

/// A shard's step is committed, and this is how the shard stands.
pub fn committed(shard: ShardId, accounts: usize, now: Time, clock: Time) {
    let shard = shard.0.to_string();
    counter!(STEPS.name, "shard" => shard.clone()).increment(1);
    gauge!(ACCOUNTS.name, "shard" => shard.clone()).set(approximate(accounts as u128));
    if now != Time::MIN {
        gauge!(NOW.name, "shard" => shard.clone()).set(seconds(now.0));
        gauge!(LAG.name, "shard" => shard).set(seconds(clock.since_ms(now).max(0)));
    }
}

/// A commit is over.
pub fn commit(took: Duration, aborted: bool) {
    histogram!(COMMIT_SECONDS.name).record(took);
    counter!(ABORTS.name).increment(u64::from(aborted));
}

/// A snapshot is stored.
pub fn snapshot(shard: ShardId, bytes: usize) {
    let gauge = gauge!(SNAPSHOT_BYTES.name, "shard" => shard.0.to_string());
    gauge.set(approximate(bytes as u128));
}

/// The group gave this instance other shards.
pub fn rebalanced() {
    counter!(REBALANCES.name).increment(1);
}

/// A number for a gauge, which is no more exact than an `f64`.
#[expect(
    clippy::cast_precision_loss,
    reason = "a gauge shows the first 15 digits"
)]
const fn approximate(number: u128) -> f64 {
    number as f64
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a gauge shows the first 15 digits"
)]
const fn seconds(ms: i64) -> f64 {
    ms as f64 / 1_000.0
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fmt::Write;

    use super::*;

    /// The docs page is this list; `UPDATE_EXPECT=1 cargo test -p puls metrics` writes it anew.
    #[test]
    fn the_docs_page_is_the_list() {
        let mut page = String::from(
            "# Metrics\n\n`/metrics` shows these (Prometheus text format). Generated from \
             `engine/src/metrics.rs`.\n\n| metric | labels | kind | unit | meaning |\n\
             |---|---|---|---|---|\n",
        );
        for metric in ALL {
            let Metric {
                name,
                labels,
                kind,
                unit,
                meaning,
            } = metric;
            let labels = labels.join(", ");
            let kind = format!("{kind:?}").to_lowercase();
            let unit = unit.as_str();
            writeln!(
                page,
                "| `{name}` | {labels} | {kind} | {unit} | {meaning} |"
            )
            .unwrap();
        }
        expect_test::expect_file!["../METRICS.md"].assert_eq(&page);
    }

    #[test]
    fn names_are_unique_and_say_their_unit() {
        let names: BTreeSet<_> = ALL.iter().map(|metric| metric.name).collect();
        assert_eq!(names.len(), ALL.len());
        for metric in ALL {
            let suffix = match (metric.kind, metric.unit) {
                (Counter, _) => "_total",
                (_, Unit::Seconds) => "_seconds",
                (_, Unit::Bytes) => "_bytes",
                _ => "",
            };
            assert!(
                metric.name.starts_with("puls_") && metric.name.ends_with(suffix),
                "{metric:?}"
            );
            assert!(metric.meaning.ends_with('.'), "{metric:?}");
        }
    }
}
