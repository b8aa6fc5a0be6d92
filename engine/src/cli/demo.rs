//! `puls demo`: the engine on a made-up year, shown here or written down as a project.

use std::path::{Path, PathBuf};

use clap::Args;

use super::session::{Outcome, Session};
use super::table;
use crate::clock::{Clock, SystemClock};
use crate::demo::project::{self, Project};
use crate::demo::{self, Options, Pace, rules_folder};

#[derive(Debug, Args)]
pub(super) struct DemoArgs {
    /// Seed of all chance: the same seed tells the same year.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Number of companies.
    #[arg(long, value_name = "N", default_value_t = 60)]
    accounts: usize,
    /// Days of the year to play.
    #[arg(long, value_name = "N", default_value_t = 365)]
    days: i32,
    /// Days that pass in a second, or `max`; the keys + and - change it.
    #[arg(long, value_name = "DAYS", default_value_t = Pace::default())]
    pace: Pace,
    /// Lines of text instead of the view; without a terminal always.
    #[arg(long)]
    plain: bool,
    /// Folder with saas-health.wasm and silent-account.wasm; the one beside the program without it.
    #[arg(long, value_name = "FOLDER")]
    rules: Option<PathBuf>,
    /// Write the companies' past year into this folder instead, as a project to try rules on:
    /// events, configuration, a scorecard, and who left.
    #[arg(long, value_name = "FOLDER", conflicts_with_all = ["days", "pace", "plain", "rules"])]
    write: Option<PathBuf>,
}

pub(super) fn run(args: &DemoArgs, session: &mut Session) -> anyhow::Result<Outcome> {
    if let Some(folder) = &args.write {
        return write(args, folder, session);
    }
    let rules = args.rules.clone().or_else(rules_folder);
    let Some(rules) = rules else {
        anyhow::bail!(
            "expected saas-health.wasm beside the program, found none; start engine/demo, which \
             builds it, or say --rules FOLDER"
        );
    };
    let options = Options {
        seed: args.seed,
        accounts: args.accounts,
        pace: args.pace,
        days: args.days,
        plain: args.plain || !session.out_is_terminal,
        rules,
    };
    demo::run(&options, session.out())?;
    Ok(Outcome::Done)
}

fn write(args: &DemoArgs, folder: &Path, session: &mut Session) -> anyhow::Result<Outcome> {
    let written = project::write(folder, (args.seed, args.accounts), SystemClock.now())?;
    let Project {
        accounts,
        events,
        departures,
        from,
    } = written;
    let shown = folder.display();
    session.line(&format!(
        "{}, {} since {from}, {} gave notice",
        table::many(accounts, "account"),
        table::many(usize::try_from(events)?, "event"),
        table::count(departures as u64),
    ))?;
    session.line(&format!(
        "next: puls run --config {shown}/puls.toml --follow"
    ))?;
    Ok(Outcome::Done)
}
