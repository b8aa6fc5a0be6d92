//! The program `puls` as a person or a script starts it.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::SystemTime;

use serde_json::Value;
use tempfile::TempDir;

/// What the program answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Exit code; −1 where a signal ended it.
    pub code: i32,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl Answer {
    /// The standard output of a success.
    ///
    /// # Panics
    /// Where it failed.
    pub fn done(self) -> String {
        assert_eq!(self.code, 0, "{}\n{}", self.out, self.err);
        self.out
    }

    /// The standard output as JSON, of a failure too.
    ///
    /// # Panics
    /// Where it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// The standard output of a success as JSON.
///
/// # Panics
/// Where it failed, or said something else.
#[must_use]
pub fn json(answer: Answer) -> Value {
    serde_json::from_str(&answer.done()).expect("the program was asked for JSON")
}

/// A new folder with these files of text in it, which goes when its owner does.
///
/// # Panics
/// Where it cannot be written.
#[must_use]
pub fn desk(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().expect("there is a place for temporary folders");
    for (name, text) in files {
        put(folder.path(), name, text);
    }
    folder
}

/// Writes a file of a folder, over what it held.
///
/// # Panics
/// Where it cannot be written.
pub fn put(folder: &Path, name: &str, content: impl AsRef<[u8]>) {
    write(&folder.join(name), content);
}

/// Writes a file, over what it held.
///
/// # Panics
/// Where it cannot be written.
pub fn write(path: &Path, content: impl AsRef<[u8]>) {
    let mut file = File::create(path).expect("the folder takes a file");
    let written = file.write_all(content.as_ref());
    written.expect("the file takes what it is given");
}

/// Lets the modules of the rules that ship lie in a folder under this name.
///
/// # Panics
/// Where something lies there.
pub fn link_rules(folder: &Path, name: &str) {
    symlink(built().join("../rules"), folder.join(name)).expect("the name is free");
}

/// The folder of the workspace.
#[must_use]
pub fn top() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The folder that this test was built into: `<target>/debug`.
///
/// # Panics
/// Where the test does not lie in a target folder.
#[must_use]
pub fn built() -> PathBuf {
    let test = std::env::current_exe().expect("a test knows where it lies");
    let folder = test
        .ancestors()
        .nth(2)
        .expect("tests lie in <target>/<profile>/deps");
    folder.to_path_buf()
}

/// The program. `tests/run` builds it before the tests.
///
/// # Panics
/// Where it is not there, or older than its sources.
#[must_use]
pub fn program() -> PathBuf {
    let program = built().join("puls");
    let built_at = modified(&program);
    let newest = newest_in(&top().join("engine/src"));
    assert!(
        built_at.is_some_and(|built_at| built_at >= newest),
        "{} is missing or older than engine/src: start tests/run, or cargo build -p puls",
        program.display()
    );
    program
}

fn modified(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).and_then(|data| data.modified()).ok()
}

fn newest_in(folder: &Path) -> SystemTime {
    let entries = fs::read_dir(folder).expect("sources are there");
    let paths = entries.map(|entry| entry.expect("sources are there").path());
    let times = paths.map(|path| {
        if path.is_dir() {
            newest_in(&path)
        } else {
            modified(&path).expect("a file has a time")
        }
    });
    times.max().unwrap_or(SystemTime::UNIX_EPOCH)
}

/// Starts `puls` in `folder` and waits for its end.
///
/// # Panics
/// Where it cannot be started.
pub fn puls<S: AsRef<OsStr>>(folder: &Path, args: impl IntoIterator<Item = S>) -> Answer {
    puls_with(folder, args, b"")
}

/// The same with `input` on its standard input.
///
/// # Panics
/// Where it cannot be started.
pub fn puls_with<S: AsRef<OsStr>>(
    folder: &Path,
    args: impl IntoIterator<Item = S>,
    input: &[u8],
) -> Answer {
    let mut child = Command::new(program())
        .args(args)
        .current_dir(folder)
        .env_remove("PULS_CONFIG")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut stdin = child.stdin.take().expect("it has a standard input");
    // A program that does not read its input may be gone before all is written.
    stdin.write_all(input).ok();
    drop(stdin);
    let output = child.wait_with_output().expect("the program ends");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("output is text");
    Answer {
        code: output.status.code().unwrap_or(-1),
        out: text(output.stdout),
        err: text(output.stderr),
    }
}
