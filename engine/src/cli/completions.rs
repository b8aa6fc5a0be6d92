//! `puls completions SHELL`.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::session::{Outcome, Session};

#[derive(Debug, Args)]
pub(super) struct CompletionsArgs {
    /// The shell.
    shell: Shell,
}

pub(super) fn run(args: &CompletionsArgs, session: &mut Session) -> anyhow::Result<Outcome> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut super::Cli::command(), "puls", &mut script);
    session.line(String::from_utf8_lossy(&script).trim_end())?;
    Ok(Outcome::Done)
}
