//! What every command has: where its output goes, who reads it, and the configuration it names.

use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::PathBuf;

use clap::Args;

use crate::config::{self, Config, Problems, none_of};

/// Columns of a terminal that does not say how wide it is, and of a pipe.
const WIDTH_DEFAULT: u16 = 100;

/// How a command ended that could do what it was asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Outcome {
    /// All is well.
    Done,
    /// What was asked for is done, and its answer is no.
    Failed,
}

/// One command's output and surroundings.
pub(super) struct Session {
    out: Box<dyn Write>,
    /// Whether a person sees the output at once.
    pub(super) out_is_terminal: bool,
    /// Whether a person sees progress and log at once.
    pub(super) err_is_terminal: bool,
}

impl Session {
    pub(super) fn of_process() -> Self {
        Self {
            out: Box::new(BufWriter::new(io::stdout())),
            out_is_terminal: io::stdout().is_terminal(),
            err_is_terminal: io::stderr().is_terminal(),
        }
    }

    /// Writes a line of output.
    pub(super) fn line(&mut self, line: &str) -> anyhow::Result<()> {
        self.out.write_all(line.as_bytes())?;
        self.out.write_all(b"\n")?;
        Ok(())
    }

    /// Writes `value` as JSON, for a program.
    pub(super) fn json(&mut self, value: &serde_json::Value) -> anyhow::Result<()> {
        let text = self.json_text(value);
        self.line(&text)
    }

    /// `value` as JSON: in lines where a person reads it, on one for a program.
    pub(super) fn json_text(&self, value: &serde_json::Value) -> String {
        if self.out_is_terminal {
            format!("{value:#}")
        } else {
            value.to_string()
        }
    }

    /// Where output goes, for what writes it by itself.
    pub(super) fn out(&mut self) -> &mut dyn Write {
        &mut *self.out
    }

    pub(super) fn flush(&mut self) -> anyhow::Result<()> {
        Ok(self.out.flush()?)
    }

    /// Columns that a line of output may have.
    pub(super) fn width(&self) -> usize {
        let size = crossterm::terminal::size()
            .ok()
            .filter(|_| self.out_is_terminal);
        usize::from(size.map_or(WIDTH_DEFAULT, |(columns, _)| columns))
    }
}

/// Says on standard error what went wrong.
pub(super) fn complain(message: &str) {
    let mut err = io::stderr().lock();
    // Where not even standard error is there, nobody can be told.
    writeln!(err, "puls: {message}").ok();
}

/// Whether the reader of our output went away.
pub(super) fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<io::Error>())
        .any(|cause| cause.kind() == io::ErrorKind::BrokenPipe)
}

/// The configuration that a command works on.
#[derive(Clone, Debug, Args)]
pub(super) struct ConfigArgs {
    /// The configuration.
    #[arg(
        long,
        short,
        value_name = "FILE",
        env = "PULS_CONFIG",
        default_value = "puls.toml"
    )]
    pub(super) config: PathBuf,
}

impl ConfigArgs {
    /// Reads it, overridden by the environment.
    pub(super) fn load(&self) -> Result<Config, Problems> {
        config::load(&self.config, environment())
    }
}

/// The tenant that was named, or the only one of the configuration.
///
/// # Errors
/// Where it is not there, or not clear.
pub(super) fn tenant<'c>(config: &'c Config, named: Option<&str>) -> anyhow::Result<&'c str> {
    let known: Vec<&str> = config.tenants.keys().map(String::as_str).collect();
    match (named, known.as_slice()) {
        (Some(named), _) => {
            let found = known.iter().find(|name| **name == named);
            let none = || anyhow::anyhow!(none_of("a tenant of the configuration", named, &known));
            found.copied().ok_or_else(none)
        }
        (None, [only]) => Ok(only),
        (None, []) => anyhow::bail!("expected [tenants.<name>] in the configuration, found none"),
        (None, _) => anyhow::bail!(
            "expected --tenant, for there are several: {}",
            known.join(", ")
        ),
    }
}

/// The environment's variables that are text.
fn environment() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}
