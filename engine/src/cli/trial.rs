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

use anyhow::Context;
use clap::Args;
use rustix::process::{Resource, Rlimit, Signal, setrlimit};

use self::passed::Passed;
use super::session::Outcome;
use crate::config::Config;
use crate::limits::{RULE_COMPILE_CPU_SECONDS, RULE_COMPILE_MEMORY_BYTES, RULE_MODULE_BYTES_MAX};
use crate::model::hash64;
use crate::rules::{Refusal, RulesEngine};

/// The hidden command.
const COMMAND: &str = "compile-rule";
/// The file in the data folder that remembers what has passed.
const PASSED: &str = "trials";
/// This program's file, even where another one was put in its place since it was started.
const OURSELVES: &str = "/proc/self/exe";
/// Makes the allocator take memory as it needs it: what it reserves ahead counts as used.
const NO_RESERVE: (&str, &str) = ("MIMALLOC_ARENA_RESERVE", "0");

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
    limit(Resource::Core, 0)?;
    limit(Resource::Cpu, args.cpu_seconds)?;
    limit(Resource::As, args.memory_bytes)?;
    engine.try_compiling(&bytes)?;
    Ok(Outcome::Done)
}

fn limit(resource: Resource, most: u64) -> anyhow::Result<()> {
    let limit = Rlimit {
        current: Some(most),
        maximum: Some(most),
    };
    setrlimit(resource, limit).context("limit the trial")
}

fn in_child(bytes: &[u8]) -> Result<(), Refusal> {
    let refused = |found: String| Refusal::Cost { found };
    let failed = |error: io::Error| refused(format!("no child process to try it in: {error}"));
    let mut child = Command::new(ourselves().map_err(failed)?)
        .arg(COMMAND)
        .env(NO_RESERVE.0, NO_RESERVE.1)
        .env_remove("RUST_BACKTRACE")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(failed)?;
    if let Some(mut stdin) = child.stdin.take() {
        // Where the child ended before it had read all, its end says why.
        stdin.write_all(bytes).ok();
    }
    let ended = child.wait_with_output().map_err(failed)?;
    judge(ended.status, &String::from_utf8_lossy(&ended.stderr)).map_err(refused)
}

fn ourselves() -> io::Result<PathBuf> {
    if Path::new(OURSELVES).exists() {
        return Ok(OURSELVES.into());
    }
    std::env::current_exe()
}

/// What the end of a child says about its module.
fn judge(status: ExitStatus, said: &str) -> Result<(), String> {
    if status.success() {
        return Ok(());
    }
    let said = said.lines().next().unwrap_or_default();
    let said = said.strip_prefix("puls: ").unwrap_or(said);
    let ended_by = |signal: Signal| status.signal() == Some(signal.as_raw());
    // A hard limit that is met at once is a kill.
    Err(if ended_by(Signal::XCPU) || ended_by(Signal::KILL) {
        "one that takes longer".to_owned()
    } else if ended_by(Signal::ABORT) && said.starts_with("memory allocation") {
        "one that takes more memory".to_owned()
    } else if let Some(signal) = status.signal() {
        format!("one whose compiler ended with signal {signal} ({said})")
    } else {
        said.to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_child_is_put_in_words() {
        let cases = [
            (0, "", Ok(())),
            (24, "", Err("one that takes longer")),
            (9, "", Err("one that takes longer")),
            (
                6,
                "memory allocation of 64 bytes failed",
                Err("one that takes more memory"),
            ),
            (11, "", Err("one whose compiler ended with signal 11 ()")),
            (1 << 8, "puls: no thread\nmore", Err("no thread")),
        ];
        for (raw, said, expected) in cases {
            let found = judge(ExitStatus::from_raw(raw), said);
            assert_eq!(found, expected.map_err(str::to_owned), "{raw} {said}");
        }
    }
}
