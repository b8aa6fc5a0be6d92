//! Python with the packages of a script, for tests that run it.
//!
//! The environment lies under the target folder, one for each list of packages, and is made once:
//! the second run installs nothing.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::program::built;

/// What to do where Python cannot be had.
const ADVICE: &str = "this test needs python3 with venv, libgomp, and PyPI or a mirror of it; \
                      tests/run installs the first two (Debian: python3-venv libgomp1)";

/// The interpreter of an environment that has the packages of `requirements`.
///
/// # Panics
/// Where it cannot be made, with what to do.
#[must_use]
pub fn python(requirements: &Path) -> PathBuf {
    let wanted = fs::read_to_string(requirements).expect("requirements are there");
    let folders = built().join("../python");
    fs::create_dir_all(&folders).expect("the target folder can be written");
    // One process makes it, others wait for it.
    let lock = File::create(folders.join("lock")).expect("the target folder can be written");
    lock.lock().expect("a lock can be waited for");
    let digest = puls::model::content_digest(wanted.as_bytes()).to_string();
    let folder = folders.join(digest.get(..16).expect("a digest is longer"));
    let interpreter = folder.join("bin/python");
    let ready = folder.join("ready");
    if !ready.exists() {
        let place = folder.display().to_string();
        let list = requirements.display().to_string();
        done("python3", &["-m", "venv", "--clear", &place]);
        let python = interpreter.display().to_string();
        let install = [
            "-m",
            "pip",
            "install",
            "--quiet",
            "--only-binary=:all:",
            "-r",
            &list,
        ];
        done(&python, &install);
        done(&python, &["-c", "import lightgbm"]);
        File::create(ready).expect("the environment can be written");
    }
    interpreter
}

fn done(program: &str, args: &[&str]) {
    let command = format!("{program} {}", args.join(" "));
    match Command::new(program).args(args).output() {
        Ok(output) if output.status.success() => {}
        Ok(output) => {
            let told = String::from_utf8_lossy(&output.stderr);
            panic!("{command}: {}\n{told}\n{ADVICE}", output.status);
        }
        Err(error) => panic!("{command}: {error}\n{ADVICE}"),
    }
}
