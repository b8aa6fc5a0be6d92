//! `puls dead-letters`: what could not be used, by input and reason, or one by one.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use serde::Deserialize;
use serde_json::{Value, json};

use super::session::{ConfigArgs, Outcome, Session};
use super::table::{self, count};
use crate::config::none_of;
use crate::log::files::DataFolder;
use crate::model::{Reason, ShardId, Topic};

#[derive(Debug, Args)]
pub(super) struct DeadLettersArgs {
    #[command(flatten)]
    config: ConfigArgs,
    /// List each of them, not sums.
    #[arg(long)]
    list: bool,
    /// Only those of this input.
    #[arg(long, value_name = "NAME")]
    input: Option<String>,
    /// Only those with this reason.
    #[arg(long, value_name = "CODE", value_parser = reason)]
    reason: Option<Reason>,
    /// At most so many of a list.
    #[arg(long, value_name = "N", default_value_t = 100)]
    limit: usize,
    /// Print JSON: the sums as one object, a list as one event a line.
    #[arg(long)]
    json: bool,
}

fn reason(code: &str) -> Result<Reason, String> {
    let known: Vec<_> = Reason::ALL.iter().map(|reason| reason.code()).collect();
    let found = Reason::ALL.iter().find(|reason| reason.code() == code);
    found
        .copied()
        .ok_or_else(|| none_of("a reason", code, &known))
}

/// A dead letter as it was published.
#[derive(Deserialize)]
struct Letter {
    data: Data,
}

#[derive(Deserialize)]
struct Data {
    origin: Origin,
    reason: String,
    detail: String,
    raw: Option<String>,
}

#[derive(Deserialize)]
struct Origin {
    input: String,
    offset: u64,
    row: u16,
}

pub(super) fn run(args: &DeadLettersArgs, session: &mut Session) -> anyhow::Result<Outcome> {
    let config = args.config.load()?;
    if let Some(kafka) = &config.kafka {
        let topic = kafka.output_topic(Topic::DeadLetters);
        anyhow::bail!("dead letters of a broker lie in its topic {topic}");
    }
    let folder = config.folder.join(&config.puls.data);
    let folder = DataFolder::read(&folder)?;
    let mut sums = BTreeMap::new();
    let mut listed = 0;
    for shard in 0..folder.shards() {
        let path = output_path(&folder, ShardId(shard), Topic::DeadLetters);
        each_line(&path, |line| {
            let letter: Letter =
                serde_json::from_str(line).with_context(|| format!("read {}", path.display()))?;
            let data = letter.data;
            let is_wanted = args
                .input
                .as_ref()
                .is_none_or(|input| *input == data.origin.input)
                && args
                    .reason
                    .is_none_or(|reason| reason.code() == data.reason);
            if !is_wanted {
                return Ok(());
            }
            if args.list && listed < args.limit {
                listed += 1;
                show(args, line, &data, session)?;
            }
            *sums
                .entry((data.origin.input, data.reason))
                .or_insert(0_u64) += 1;
            Ok(())
        })?;
    }
    let all: u64 = sums.values().sum();
    if !args.list {
        summarize(args, &sums, all, session)?;
    } else if !args.json && (listed as u64) < all {
        session.line(&format!(
            "… and {} more; see --limit",
            count(all - listed as u64)
        ))?;
    }
    Ok(Outcome::Done)
}

/// The file of an output topic of a shard.
pub(super) fn output_path(folder: &DataFolder, shard: ShardId, topic: Topic) -> PathBuf {
    folder
        .shard_path(shard)
        .join(format!("{}.ndjson", topic.as_str()))
}

/// Calls `each` with every line of the file at `path`; a missing file has none.
pub(super) fn each_line(
    path: &Path,
    mut each: impl FnMut(&str) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let Ok(file) = File::open(path) else {
        return Ok(());
    };
    for line in BufReader::new(file).lines() {
        each(&line.with_context(|| format!("read {}", path.display()))?)?;
    }
    Ok(())
}

fn show(
    args: &DeadLettersArgs,
    line: &str,
    data: &Data,
    session: &mut Session,
) -> anyhow::Result<()> {
    if args.json {
        return session.line(line);
    }
    let Origin { input, offset, row } = &data.origin;
    session.line(&format!(
        "{input} {offset}/{row}  {}: {}",
        data.reason, data.detail
    ))?;
    if let Some(raw) = &data.raw {
        let width = session.width().saturating_sub(4);
        session.line(&format!(
            "    {}",
            raw.chars().take(width).collect::<String>()
        ))?;
    }
    Ok(())
}

fn summarize(
    args: &DeadLettersArgs,
    sums: &BTreeMap<(String, String), u64>,
    all: u64,
    session: &mut Session,
) -> anyhow::Result<()> {
    if args.json {
        let rows: Vec<Value> = sums
            .iter()
            .map(|((input, reason), sum)| json!({"input": input, "reason": reason, "count": sum}))
            .collect();
        return session.json(&json!({"dead_letters": all, "by_reason": rows}));
    }
    if sums.is_empty() {
        return session.line("no dead letters");
    }
    let sentence = |code: &str| {
        let reason = Reason::ALL.iter().find(|reason| reason.code() == code);
        reason.map_or("", |reason| reason.sentence()).to_owned()
    };
    let rows: Vec<_> = sums
        .iter()
        .map(|((input, reason), sum)| {
            vec![input.clone(), count(*sum), reason.clone(), sentence(reason)]
        })
        .collect();
    for line in table::columns(&["input", "count", "reason", "meaning"], &rows, false) {
        session.line(&line)?;
    }
    session.line(&table::many(usize::try_from(all)?, "dead letter"))
}
