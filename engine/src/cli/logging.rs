//! The log on standard error: lines for people, or one JSON object a line.

use std::io::{self, Write};

use indicatif::ProgressBar;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

use crate::config::{LogFormat, Puls};

/// Starts the log. Lines go above `bar` where one is shown. `RUST_LOG` overrides the level.
pub(super) fn start(puls: &Puls, bar: ProgressBar) {
    let filter =
        EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(&puls.log_level));
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_target(false)
        .with_writer(Above { bar });
    // A second start (tests within one process) keeps the first.
    match puls.log_format {
        LogFormat::Text => builder.with_ansi(false).try_init().ok(),
        LogFormat::Json => builder.json().flatten_event(true).try_init().ok(),
    };
}

/// Writes to standard error, and has the progress bar make room.
#[derive(Clone)]
struct Above {
    bar: ProgressBar,
}

impl Write for Above {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bar.suspend(|| io::stderr().write_all(bytes))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

impl<'a> MakeWriter<'a> for Above {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}
