//! Embeds the SDK for rules in Rust, as it stands beside the engine: `puls rule new --template
//! rust` writes it into a rule's folder, so that whoever has only the program can build one.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

/// The folders of the SDK's crates, below its own.
const CRATES: [&str; 4] = ["", "wire", "table", "cases"];

fn main() {
    let engine = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo says where we are"));
    let sdk = engine.join("../rules-sdk");
    let mut files = Vec::new();
    for name in CRATES {
        let folder = sdk.join(name);
        files.push(folder.join("Cargo.toml"));
        walk(&folder.join("src"), &mut files);
    }
    files.push(sdk.join("README.md"));
    files.sort();
    let mut code = String::from("&[\n");
    for file in &files {
        let name = file.strip_prefix(&sdk).expect("a file of the SDK");
        writeln!(code, "    ({name:?}, include_str!({file:?})),").expect("texts take texts");
    }
    code.push_str("]\n");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo says where to write"));
    write(&out.join("sdk.rs"), &code);
}

/// All files below a folder; cargo is told to look at them again.
fn walk(folder: &Path, files: &mut Vec<PathBuf>) {
    tell(&format!("cargo::rerun-if-changed={}", folder.display()));
    let entries = fs::read_dir(folder).expect("the SDK lies beside the engine");
    for entry in entries {
        let path = entry.expect("a folder that can be read").path();
        if path.is_dir() {
            walk(&path, files);
        } else {
            files.push(path);
        }
    }
}

fn tell(line: &str) {
    println!("{line}");
}

#[expect(
    clippy::disallowed_methods,
    reason = "what cargo makes again where it is lost"
)]
fn write(path: &Path, text: &str) {
    fs::write(path, text).expect("cargo's folder takes files");
}
