//! Rules in Rust: cargo builds their modules and runs their own tests.
//!
//! Cargo and the compiler are those that the rule's author has. Where their Rust has no target for
//! WebAssembly, Debian's packages for it are used if they are there.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use anyhow::Context;
use puls_cases::exchange::{self, Asked};
use puls_wire::Verdict;
use serde_json::Value;

use crate::log::durable;

/// What modules are built for.
const TARGET: &str = "wasm32-unknown-unknown";
/// The profile for small modules, where a workspace has one.
const PROFILE: &str = "wasm";
/// Debian's compiler, which can build the standard library for the target from its source.
const DEBIAN: [&str; 3] = ["/usr/bin/cargo", "/usr/bin/rustc", "/usr/bin/wasm-ld-19"];

/// What a rule's own tests came to.
#[derive(Debug)]
pub(super) struct Tested {
    pub(super) passed: bool,
    /// All that cargo said.
    pub(super) said: String,
    /// One for each row that was asked for, where the crate has the test of its cases.
    pub(super) verdicts: Option<Vec<Verdict>>,
}

/// Builds the module of the crate in `folder`; `shown` lets a person see cargo at work.
pub(super) fn build(folder: &Path, shown: bool) -> anyhow::Result<Vec<u8>> {
    let mut command = for_wasm(folder)?;
    command.args(["build", "--lib", "--target", TARGET]);
    command.args(["--message-format", "json-render-diagnostics"]);
    if has_profile(folder)? {
        command.args(["--profile", PROFILE]);
    } else {
        command.arg("--release");
    }
    let built = run(command, shown)?;
    anyhow::ensure!(
        built.status.success(),
        "cargo could not build {}:\n{}",
        folder.display(),
        String::from_utf8_lossy(&built.stderr).trim_end()
    );
    let said = String::from_utf8_lossy(&built.stdout);
    let module = said.lines().rev().find_map(module_in);
    let module = module.with_context(|| {
        format!(
            "expected cargo to make a module of {}, found none; its Cargo.toml needs [lib] with \
             crate-type = [\"cdylib\", \"rlib\"]",
            folder.display()
        )
    })?;
    std::fs::read(&module).with_context(|| format!("read {}", module.display()))
}

/// Runs the tests of the crate in `folder`, and asks it for its verdicts on `rows`.
pub(super) fn test(folder: &Path, rows: &[Asked], shown: bool) -> anyhow::Result<Tested> {
    let name = |what: &str| {
        let own = std::process::id();
        std::env::temp_dir().join(format!("puls-test-{own}-{what}"))
    };
    let (asked, answered) = (name("rows"), name("verdicts"));
    durable::replace(&asked, exchange::write_rows(rows).as_bytes())?;
    let mut command = Command::new("cargo");
    command.current_dir(folder).arg("test");
    command.env(exchange::ROWS, &asked);
    command.env(exchange::VERDICTS, &answered);
    let ran = run(command, shown);
    let verdicts = std::fs::read_to_string(&answered).ok();
    for file in [&asked, &answered] {
        // It may never have been written.
        std::fs::remove_file(file).ok();
    }
    let Output {
        status,
        stdout,
        stderr,
    } = ran?;
    let said = [stderr, stdout].map(|it| String::from_utf8_lossy(&it).into_owned());
    Ok(Tested {
        passed: status.success(),
        said: said.concat(),
        verdicts: verdicts
            .and_then(|text| exchange::read_verdicts(&text))
            .filter(|verdicts| verdicts.len() == rows.len()),
    })
}

fn run(mut command: Command, shown: bool) -> anyhow::Result<Output> {
    if !shown {
        command.arg("--quiet");
    }
    let err = if shown {
        Stdio::inherit()
    } else {
        Stdio::piped()
    };
    let started = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(err)
        .spawn();
    let child = started.with_context(|| {
        format!(
            "start {}, which builds rules in Rust; https://rustup.rs installs it",
            command.get_program().display()
        )
    })?;
    Ok(child.wait_with_output()?)
}

/// Cargo for the target: the installed one, or Debian's where only that can build for it.
fn for_wasm(folder: &Path) -> anyhow::Result<Command> {
    if has_target(folder) {
        let mut command = Command::new("cargo");
        command.current_dir(folder);
        return Ok(command);
    }
    anyhow::ensure!(
        DEBIAN.iter().all(|it| Path::new(it).is_file()),
        "expected Rust with the target {TARGET}, found none; `rustup target add {TARGET}` adds it \
         (on Debian the packages rustc-web, cargo-web, rust-web-src and lld-19 do as well)"
    );
    let [cargo, rustc, linker] = DEBIAN;
    let mut command = Command::new(cargo);
    // A stable compiler builds its standard library from source only when told that it may.
    command
        .current_dir(folder)
        .env_remove("RUSTUP_TOOLCHAIN")
        .env("RUSTC_BOOTSTRAP", "1")
        .env("RUSTC", rustc)
        .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker)
        .env(
            "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS",
            "-C linker-flavor=wasm-ld",
        )
        .args(["-Z", "build-std=std,panic_abort"]);
    Ok(command)
}

fn has_target(folder: &Path) -> bool {
    let asked = Command::new("rustc")
        .current_dir(folder)
        .args(["--print", "target-libdir", "--target", TARGET])
        .output();
    let Ok(output) = asked else { return false };
    let path = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
    let entries = std::fs::read_dir(path);
    output.status.success() && entries.is_ok_and(|mut entries| entries.next().is_some())
}

/// Whether the workspace of the crate has the profile for small modules.
fn has_profile(folder: &Path) -> anyhow::Result<bool> {
    let mut command = Command::new("cargo");
    command.current_dir(folder);
    command.args(["metadata", "--no-deps", "--format-version", "1"]);
    let output = run(command, false)?;
    anyhow::ensure!(
        output.status.success(),
        "cargo could not read {}:\n{}",
        folder.join(super::target::CRATE).display(),
        String::from_utf8_lossy(&output.stderr).trim_end()
    );
    let metadata: Value = serde_json::from_slice(&output.stdout)?;
    let root = metadata.get("workspace_root").and_then(Value::as_str);
    let manifest = Path::new(root.unwrap_or_default()).join(super::target::CRATE);
    let text = std::fs::read_to_string(manifest).unwrap_or_default();
    let table: toml::Table = text.parse().unwrap_or_default();
    let profiles = table.get("profile").and_then(toml::Value::as_table);
    Ok(profiles.is_some_and(|profiles| profiles.contains_key(PROFILE)))
}

/// The module that a line of cargo's messages tells of, if it tells of one.
fn module_in(line: &str) -> Option<PathBuf> {
    let message: Value = serde_json::from_str(line).ok()?;
    if message.get("reason")?.as_str()? != "compiler-artifact" {
        return None;
    }
    let files = message.get("filenames")?.as_array()?;
    let files = files.iter().filter_map(Value::as_str).map(PathBuf::from);
    let is_module = |it: &PathBuf| it.extension().is_some_and(|it| it == "wasm");
    files.into_iter().find(is_module)
}
