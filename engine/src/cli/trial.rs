//! Modules are tried in a child process before they are compiled here.
//!
//! A compiler's time and memory are known only when it has had them. So the program starts itself
//! once more with the hidden command `compile-rule`, which takes a module on its standard input and
//! compiles it under limits that the system holds: [`RULE_COMPILE_CPU_SECONDS`] and
//! [`RULE_COMPILE_MEMORY_BYTES`]. Only a module that compiled there is compiled in this process,
//! again: taking over the child's machine code would be trusting bytes, which is `unsafe`, and
//! costs more than the second compilation of a module that is known to be cheap. What has passed is
//! remembered in the data folder, where there is one.
//!
//! Whoever uses the library without this program compiles in process, without a trial.

mod passed;

use std::io::{self, Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::Duration;

use anyhow::Context;
use clap::Args;
use rustix::process::{Resource, Rlimit, Signal, setrlimit};

use self::passed::Passed;
use super::session::Outcome;
use crate::config::Config;
use crate::limits::{RULE_COMPILE_CPU_SECONDS, RULE_COMPILE_MEMORY_BYTES, RULE_MODULE_BYTES_MAX};
use crate::model::hash64;
use crate::rules::{Refusal, RulesEngine};
use crate::worker::Stop;

/// The hidden command.
const COMMAND: &str = "compile-rule";
/// The file in the data folder that remembers what has passed.
const PASSED: &str = "trials";
/// This program's file, even where another one was put in its place since it was started.
const OURSELVES: &str = "/proc/self/exe";
/// Makes the allocator take memory as it needs it: what it reserves ahead counts as used.
const NO_RESERVE: (&str, &str) = ("MIMALLOC_ARENA_RESERVE", "0");
/// How often a child is started where the system has no room for one more process just now.
const STARTS_MAX: u32 = 5;
/// How long to wait before it is started again.
const PAUSE: Duration = Duration::from_millis(200);

#[derive(Debug, Args)]
pub(super) struct TrialArgs {
    /// Seconds of the processor.
    #[arg(long, default_value_t = RULE_COMPILE_CPU_SECONDS)]
    cpu_seconds: u64,
    /// Bytes of memory.
    #[arg(long, default_value_t = RULE_COMPILE_MEMORY_BYTES)]
    memory_bytes: u64,
}

/// An engine that compiles what a child process has compiled within the limits.
pub(super) fn engine() -> Result<RulesEngine, Refusal> {
    Ok(RulesEngine::new()?.with_trial(|bytes, _| in_child(bytes)))
}

/// The same, which remembers in the data folder of `config` what has passed. On a broker an
/// instance needs no disk; where it has such a folder nevertheless, it remembers too.
pub(super) fn engine_of(config: &Config) -> Result<RulesEngine, Refusal> {
    let engine = RulesEngine::new()?;
    let passed = Passed::read(
        &config.folder.join(&config.puls.data).join(PASSED),
        conditions(&engine),
    );
    Ok(engine.with_trial(move |bytes, digest| {
        if !passed.has(digest) {
            in_child(bytes)?;
            passed.add(digest);
        }
        Ok(())
    }))
}

/// A hash of everything that a trial's outcome depends on beside the module.
fn conditions(engine: &RulesEngine) -> u64 {
    let said = format!(
        "{} {:016x} {RULE_COMPILE_CPU_SECONDS} {RULE_COMPILE_MEMORY_BYTES}",
        env!("CARGO_PKG_VERSION"),
        engine.compatibility()
    );
    hash64(said.as_bytes())
}

/// The child: compiles the module on standard input, and says in its exit code how that went.
pub(super) fn run(args: &TrialArgs) -> anyhow::Result<Outcome> {
    let engine = RulesEngine::new()?;
    let mut bytes = Vec::new();
    let most = RULE_MODULE_BYTES_MAX as u64;
    io::stdin().take(most).read_to_end(&mut bytes)?;
    limit(Resource::Core, 0, 0)?;
    // A limit that is soft ends the child with a signal of its own: a kill is somebody else's.
    let seconds = args.cpu_seconds;
    limit(Resource::Cpu, seconds, seconds.saturating_add(1))?;
    limit(Resource::As, args.memory_bytes, args.memory_bytes)?;
    engine.try_compiling(&bytes)?;
    Ok(Outcome::Done)
}

fn limit(resource: Resource, soft: u64, hard: u64) -> anyhow::Result<()> {
    let limit = Rlimit {
        current: Some(soft),
        maximum: Some(hard),
    };
    setrlimit(resource, limit).context("limit the trial")
}

fn in_child(bytes: &[u8]) -> Result<(), Refusal> {
    let failed = |error: io::Error| Refusal::Trial {
        found: error.to_string(),
    };
    let mut command = Command::new(ourselves().map_err(failed)?);
    command
        .arg(COMMAND)
        .env(NO_RESERVE.0, NO_RESERVE.1)
        .env_remove("RUST_BACKTRACE")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let mut child = patiently(|| command.spawn()).map_err(failed)?;
    if let Some(mut stdin) = child.stdin.take() {
        // Where the child ended before it had read all, its end says why.
        stdin.write_all(bytes).ok();
    }
    let ended = child.wait_with_output().map_err(failed)?;
    judge(ended.status, &String::from_utf8_lossy(&ended.stderr))
}

/// Starts something; where the system has no room for it, again in a moment.
fn patiently<T>(mut start: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    let is_full = |error: &io::Error| {
        matches!(
            error.kind(),
            io::ErrorKind::WouldBlock | io::ErrorKind::OutOfMemory
        )
    };
    for _ in 1..STARTS_MAX {
        match start() {
            Err(error) if is_full(&error) => {
                Stop::default().wait(PAUSE);
            }
            started => return started,
        }
    }
    start()
}

fn ourselves() -> io::Result<PathBuf> {
    if Path::new(OURSELVES).exists() {
        return Ok(OURSELVES.into());
    }
    std::env::current_exe()
}

/// What the end of a child says about its module.
fn judge(status: ExitStatus, said: &str) -> Result<(), Refusal> {
    if status.success() {
        return Ok(());
    }
    let said = said.lines().next().unwrap_or_default();
    let said = said.strip_prefix("puls: ").unwrap_or(said);
    let ended_by = |signal: Signal| status.signal() == Some(signal.as_raw());
    if ended_by(Signal::KILL) {
        return Err(Refusal::Trial {
            found: "it was killed (signal 9), as the system does where memory runs out".to_owned(),
        });
    }
    let found = if ended_by(Signal::XCPU) {
        "one that takes longer".to_owned()
    } else if ended_by(Signal::ABORT) && said.starts_with("memory allocation") {
        "one that takes more memory".to_owned()
    } else if let Some(signal) = status.signal() {
        format!("one whose compiler ended with signal {signal} ({said})")
    } else {
        said.to_owned()
    };
    Err(Refusal::Cost { found })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_child_is_put_in_words() {
        let cost = |found: &str| {
            Err(Refusal::Cost {
                found: found.to_owned(),
            })
        };
        let killed = "it was killed (signal 9), as the system does where memory runs out";
        let cases = [
            (0, "", Ok(())),
            (24, "", cost("one that takes longer")),
            (
                9,
                "",
                Err(Refusal::Trial {
                    found: killed.to_owned(),
                }),
            ),
            (
                6,
                "memory allocation of 64 bytes failed",
                cost("one that takes more memory"),
            ),
            (11, "", cost("one whose compiler ended with signal 11 ()")),
            (1 << 8, "puls: no thread\nmore", cost("no thread")),
        ];
        for (raw, said, expected) in cases {
            let found = judge(ExitStatus::from_raw(raw), said);
            assert_eq!(found, expected, "{raw} {said}");
        }
    }

    #[test]
    fn a_system_that_has_no_room_is_asked_again() {
        let mut starts = 0;
        let started = patiently(|| {
            starts += 1;
            match starts {
                3 => Ok(starts),
                1 => Err(io::ErrorKind::WouldBlock.into()),
                _ => Err(io::ErrorKind::OutOfMemory.into()),
            }
        });
        assert_eq!(started.unwrap(), 3);
        let mut starts = 0;
        let missing: io::Result<()> = patiently(|| {
            starts += 1;
            Err(io::ErrorKind::NotFound.into())
        });
        let kind = missing.unwrap_err().kind();
        assert_eq!((kind, starts), (io::ErrorKind::NotFound, 1));
    }
}
