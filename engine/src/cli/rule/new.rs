//! `puls rule new`: a folder with a rule that works at once, to be changed.
//!
//! A card for who does not program; a crate of its own for who does, with the SDK of this program
//! beside it, so that nothing but Rust is needed to build it. Nothing that is there is overwritten.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::{Args, ValueEnum};

use crate::cli::session::{Outcome, Session};
use crate::model::name_is_valid;

/// The SDK, file by file, as it stood beside this program's source.
const SDK: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/sdk.rs"));
/// Where it is written, below the rule's folder.
const SDK_FOLDER: &str = "sdk";

/// A file of a template, with `NAME`, `TITLE` and `FOLDER` in the places of theirs, and in the
/// manifest of a crate `SDK`.
type Template = (&'static str, &'static str);

const SCORECARD: [Template; 3] = [
    ("card.toml", include_str!("new/scorecard/card.toml")),
    ("cases.toml", include_str!("new/scorecard/cases.toml")),
    ("README.md", include_str!("new/scorecard/README.md")),
];
const RUST: [Template; 5] = [
    ("Cargo.toml", include_str!("new/rust/Cargo.toml.txt")),
    ("build.rs", include_str!("new/rust/build.rs.txt")),
    ("src/lib.rs", include_str!("new/rust/lib.rs.txt")),
    ("cases.toml", include_str!("new/rust/cases.toml")),
    ("README.md", include_str!("new/rust/README.md")),
];

/// What the crates of the SDK share, which a rule's workspace gives them.
const SHARED: &str = include_str!("new/rust/shared.toml.txt");

#[derive(Debug, Args)]
pub(super) struct NewArgs {
    /// Name of the rule, of a-z 0-9 _ and -.
    name: String,
    /// How it is written.
    #[arg(long, value_enum, default_value_t = Form::Scorecard)]
    template: Form,
    /// The folder to make; the rule's name without this.
    #[arg(long, value_name = "FOLDER")]
    dir: Option<PathBuf>,
    /// What it is about, in a few words.
    #[arg(long)]
    title: Option<String>,
    /// For Rust: the folder `rules-sdk` of a checkout of Puls, instead of a copy of the SDK.
    #[arg(long, value_name = "FOLDER")]
    sdk: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum Form {
    /// A table, for who does not program.
    Scorecard,
    /// A function, for who does.
    Rust,
}

pub(super) fn run(args: &NewArgs, session: &mut Session) -> anyhow::Result<Outcome> {
    let name = &args.name;
    let is_good = name_is_valid(name)
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && !name.contains('.');
    anyhow::ensure!(
        is_good,
        "expected a name of 1 to 64 characters of a-z 0-9 _ -, the first a letter, found `{name}`"
    );
    let folder = args.dir.clone().unwrap_or_else(|| PathBuf::from(name));
    ensure_free(&folder)?;
    let title = args.title.clone().unwrap_or_else(|| title_of(name));
    anyhow::ensure!(
        puls_table::is_text(&title) && !title.contains(['{', '}', '"', '\\']),
        "expected a title of one line without braces, quotation marks and backslashes, found \
         `{title}`"
    );
    let written = match args.template {
        Form::Scorecard => SCORECARD.to_vec(),
        Form::Rust => RUST.to_vec(),
    };
    let sdk = match (&args.template, &args.sdk) {
        (Form::Scorecard, _) => None,
        (Form::Rust, Some(path)) => Some(named_sdk(path)?),
        (Form::Rust, None) => Some(format!("path = \"{SDK_FOLDER}\"")),
    };
    let with_copy = args.template == Form::Rust && args.sdk.is_none();
    for (file, text) in &written {
        let mut text = text
            .replace("FOLDER", &folder.display().to_string())
            .replace("NAME", name)
            .replace("TITLE", &title);
        if let Some(sdk) = sdk.as_ref().filter(|_| *file == super::target::CRATE) {
            text = text.replace("SDK", sdk);
            if with_copy {
                text = text.replace("[workspace]\n", SHARED);
            }
        }
        create(&folder.join(file), &text)?;
    }
    if with_copy {
        for (file, text) in SDK {
            create(&folder.join(SDK_FOLDER).join(file), text)?;
        }
    }
    let what = match args.template {
        Form::Scorecard => "a card",
        Form::Rust => "a rule in Rust",
    };
    session.line(&format!("{name}: {what} in {}", folder.display()))?;
    for (file, _) in &written {
        session.line(&format!("  {}", folder.join(file).display()))?;
    }
    session.line("next:")?;
    for command in next(args.template, &folder, name) {
        session.line(&format!("  {command}"))?;
    }
    Ok(Outcome::Done)
}

/// The next three commands.
fn next(form: Form, folder: &Path, name: &str) -> [String; 3] {
    let shown = folder.display();
    let module = folder.join(format!("{name}.wasm"));
    match form {
        Form::Scorecard => [
            format!("puls rule check {shown}"),
            format!("puls rule test {shown}"),
            format!("puls rule push {shown}"),
        ],
        Form::Rust => [
            format!("puls rule test {shown}"),
            format!("puls rule build {shown}"),
            format!("puls rule push {}", module.display()),
        ],
    }
}

/// A folder that is not there, or has nothing in it.
fn ensure_free(folder: &Path) -> anyhow::Result<()> {
    let shown = folder.display();
    let is_free = match fs::read_dir(folder) {
        Ok(mut entries) => entries.next().is_none(),
        Err(_) => !folder.exists(),
    };
    anyhow::ensure!(
        is_free,
        "expected a folder that is not there yet, found {shown}; nothing is overwritten: choose \
         another name, or another folder with --dir"
    );
    Ok(())
}

/// `my-health` as a heading: `My health`.
fn title_of(name: &str) -> String {
    let words = name.replace(['-', '_'], " ");
    let mut letters = words.chars();
    let first = letters.next().map(|it| it.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

/// A dependency on the SDK in a checkout.
fn named_sdk(path: &Path) -> anyhow::Result<String> {
    let shown = path.display();
    anyhow::ensure!(
        path.join(super::target::CRATE).is_file() && path.join("wire").is_dir(),
        "expected the folder rules-sdk of a checkout of Puls, found {shown}"
    );
    let path = fs::canonicalize(path).with_context(|| format!("find {shown}"))?;
    // A JSON string is a TOML string.
    let path = serde_json::Value::from(path.display().to_string());
    Ok(format!("path = {path}"))
}

/// Writes a file that is not there yet.
fn create(path: &Path, text: &str) -> anyhow::Result<()> {
    let shown = path.display();
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).with_context(|| format!("make {}", parent.display()))?;
    }
    let mut file = File::create_new(path).with_context(|| format!("write {shown}"))?;
    file.write_all(text.as_bytes())
        .with_context(|| format!("write {shown}"))
}
