//! The house style as a test: what a reviewer would say a hundred times is said here once.
//!
//! Reads the tree as text; compiles and runs nothing of it.
#![expect(clippy::string_slice, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

const FILE_LINES_MAX: usize = 500;
const LINE_CHARS_MAX: usize = 100;

/// What may stand at the top level beside dotfiles and what a build leaves.
const TOP_LEVEL: [&str; 8] = [
    "Cargo.lock",
    "Cargo.toml",
    "README.md",
    "benches",
    "engine",
    "rules",
    "rules-sdk",
    "tests",
];
const BUILT: [&str; 1] = ["target"];

/// The engine's modules from the bottom up. A module imports from lines above its own only.
const LAYERS: [&[&str]; 6] = [
    &["model", "clock", "metrics", "limits", "language"],
    &["log", "decode", "state", "rules", "decide"],
    &["merge", "admit", "features", "snapshot"],
    &["journal", "shard"],
    &["worker", "query", "export", "backtest", "demo", "kit"],
    &["config", "http", "cli", "main"],
];

/// Imports within one layer that are meant: (importer, imported, why).
const SIBLINGS: [(&str, &str, &str); 13] = [
    ("clock", "model", "a clock tells a time"),
    ("limits", "model", "a limit may be a span of days"),
    ("language", "model", "a language tells a time in its form"),
    ("metrics", "model", "reasons are labels"),
    ("shard", "journal", "the fold writes its own journal record"),
    (
        "backtest",
        "worker",
        "a backtest steps a shard as a run does",
    ),
    ("backtest", "export", "a backtest writes tables"),
    (
        "worker",
        "query",
        "a worker puts up columns for what-ifs between steps",
    ),
    ("demo", "worker", "the demo runs the worker"),
    ("kit", "worker", "a story is folded by a worker's runner"),
    ("demo", "query", "the demo shows what the query view has"),
    ("cli", "config", "commands read the configuration"),
    ("cli", "http", "the service listens"),
];

struct Source {
    /// Path from the top folder, with `/`.
    path: String,
    text: String,
}

fn top() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn walk(folder: &Path, into: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    entries.sort();
    for path in entries {
        let name = path.file_name().unwrap().to_str().unwrap();
        if BUILT.contains(&name) || name == ".git" {
            continue;
        }
        if path.is_dir() {
            walk(&path, into);
        } else {
            into.push(path);
        }
    }
}

/// The files whose names end in one of `extensions`.
fn sources(extensions: &[&str]) -> Vec<Source> {
    let top = top();
    let mut paths = Vec::new();
    walk(&top, &mut paths);
    paths
        .into_iter()
        .filter(|path| {
            let extension = path.extension().and_then(|text| text.to_str());
            extension.is_some_and(|text| extensions.contains(&text))
        })
        .map(|path| Source {
            text: fs::read_to_string(&path).unwrap(),
            path: path.strip_prefix(&top).unwrap().to_str().unwrap().into(),
        })
        .collect()
}

/// Fails with all complaints at once, one a line.
fn none(complaints: &[String]) {
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

fn source(path: &str, text: &str) -> Source {
    Source {
        path: path.into(),
        text: text.into(),
    }
}

// --- lengths -------------------------------------------------------------------------------------

fn too_long(source: &Source) -> Vec<String> {
    let mut complaints = Vec::new();
    let lines = source.text.lines().count();
    if lines > FILE_LINES_MAX {
        complaints.push(format!(
            "{}: {lines} lines, at most {FILE_LINES_MAX}",
            source.path
        ));
    }
    let (mut in_tests, mut in_raw) = (source.path.contains("tests"), false);
    for (index, line) in source.text.lines().enumerate() {
        in_tests |= line.starts_with("#[cfg(test)]");
        let is_data = in_tests && (in_raw || line.contains('"')) || line.contains("r#\"");
        in_raw = match line.rfind("r#\"") {
            Some(at) => !line[at + 3..].contains("\"#"),
            None => in_raw && !line.contains("\"#"),
        };
        let chars = line.chars().count();
        // A form of JSON, and a text that a test feeds or expects, cannot be broken; the formatter
        // breaks the rest.
        if chars > LINE_CHARS_MAX && !is_data {
            complaints.push(format!(
                "{}:{}: {chars} characters, at most {LINE_CHARS_MAX}",
                source.path,
                index + 1
            ));
        }
    }
    complaints
}

#[test]
fn files_and_lines_are_short() {
    none(
        &sources(&["rs"])
            .iter()
            .flat_map(too_long)
            .collect::<Vec<_>>(),
    );
}

#[test]
fn a_long_file_and_a_long_line_are_found() {
    let long_file = source("a.rs", &"x\n".repeat(FILE_LINES_MAX + 1));
    let long_line = source("b.rs", &format!("\n{}\n", "x".repeat(LINE_CHARS_MAX + 1)));
    assert_eq!(too_long(&long_file), ["a.rs: 501 lines, at most 500"]);
    let data = format!(
        "fn a() {{\n    r#\"\n{}\n\"#;\n",
        "x".repeat(LINE_CHARS_MAX + 1)
    );
    assert_eq!(too_long(&source("tests/b.rs", &data)), [""; 0]);
    assert_eq!(too_long(&source("src/b.rs", &data)).len(), 1);
    assert_eq!(
        too_long(&long_line),
        ["b.rs:2: 101 characters, at most 100"]
    );
}

#[test]
fn no_module_file_is_named_mod() {
    let found = sources(&["rs"])
        .into_iter()
        .filter(|source| source.path.ends_with("/mod.rs"));
    none(&found.map(|source| source.path).collect::<Vec<_>>());
}

#[test]
fn every_module_says_what_it_is() {
    let silent = sources(&["rs"])
        .into_iter()
        .filter(|source| !source.text.starts_with("//! "))
        .map(|source| format!("{}: begins without a module doc", source.path));
    none(&silent.collect::<Vec<_>>());
}

// --- layers --------------------------------------------------------------------------------------

fn layer(module: &str) -> Option<usize> {
    LAYERS.iter().position(|modules| modules.contains(&module))
}

/// The engine's module that a file belongs to.
fn module_of(path: &str) -> Option<&str> {
    let inside = path.strip_prefix("engine/src/")?;
    let name = inside.split('/').next()?;
    Some(name.strip_suffix(".rs").unwrap_or(name))
}

/// Modules that the code of a file names, its own tests left out.
fn imported(text: &str) -> BTreeSet<(usize, String)> {
    let mut found = BTreeSet::new();
    for (index, line) in text.lines().enumerate() {
        if line.starts_with("#[cfg(test)]") {
            break;
        }
        if line.trim_start().starts_with("//") {
            continue;
        }
        for (at, _) in line.match_indices("crate::") {
            let rest = &line[at + "crate::".len()..];
            let name: String = rest
                .chars()
                .take_while(|c| c.is_alphanumeric() || *c == '_')
                .collect();
            found.insert((index + 1, name));
        }
    }
    found
}

fn upward_imports(source: &Source) -> Vec<String> {
    let Some(module) = module_of(&source.path).filter(|module| *module != "lib") else {
        return Vec::new();
    };
    if source.path.ends_with("/tests.rs") || source.path.contains("/tests/") {
        return Vec::new();
    }
    let Some(own) = layer(module) else {
        return vec![format!("{}: module {module} has no layer", source.path)];
    };
    let meant = |name: &str| {
        name == module
            || SIBLINGS
                .iter()
                .any(|(from, to, _)| (*from, *to) == (module, name))
    };
    imported(&source.text)
        .into_iter()
        .filter(|(_, name)| !meant(name) && layer(name).is_none_or(|other| other >= own))
        .map(|(line, name)| format!("{}:{line}: {module} must not import {name}", source.path))
        .collect()
}

#[test]
fn imports_point_down() {
    none(
        &sources(&["rs"])
            .iter()
            .flat_map(upward_imports)
            .collect::<Vec<_>>(),
    );
}

#[test]
fn an_upward_import_is_found() {
    let cases = [
        (
            "engine/src/decode/json.rs",
            "use crate::model::Time;\n",
            None,
        ),
        ("engine/src/decode/json.rs", "// crate::shard\n", None),
        (
            "engine/src/decode.rs",
            "#[cfg(test)]\nuse crate::state::Account;\n",
            None,
        ),
        (
            "engine/src/decode.rs",
            "\nuse crate::state::Account;\n",
            Some("decode.rs:2: decode"),
        ),
        (
            "engine/src/shard/run.rs",
            "use crate::config::Config;\n",
            Some("not import config"),
        ),
        (
            "engine/src/model.rs",
            "    crate::log::Log\n",
            Some("model must not import log"),
        ),
        ("engine/src/stray.rs", "", Some("stray has no layer")),
    ];
    for (path, text, expected) in cases {
        let found = upward_imports(&source(path, text)).join("\n");
        match expected {
            None => assert_eq!(found, "", "{path}: {text:?}"),
            Some(part) => assert!(found.contains(part), "{path}: {text:?} gave {found:?}"),
        }
    }
}

// --- leftovers -----------------------------------------------------------------------------------

/// Texts that must not stay behind, put together here so that this file is not one of them.
fn leftovers() -> Vec<String> {
    [
        ("to", "do!("),
        ("unimple", "mented!("),
        ("db", "g!("),
        ("TO", "DO"),
        ("FIX", "ME"),
        ("XX", "X "),
        ("Not written", " yet."),
        ("/wo", "rk/"),
        ("/ro", "ot/"),
        ("/ho", "me/"),
    ]
    .map(|(head, tail)| format!("{head}{tail}"))
    .to_vec()
}

fn leftovers_in(source: &Source) -> Vec<String> {
    let leftovers = leftovers();
    let mut complaints = Vec::new();
    for (index, line) in source.text.lines().enumerate() {
        for leftover in leftovers
            .iter()
            .filter(|leftover| line.contains(leftover.as_str()))
        {
            complaints.push(format!("{}:{}: {leftover}", source.path, index + 1));
        }
    }
    complaints
}

#[test]
fn nothing_is_left_behind() {
    let all = sources(&["rs", "toml", "md", "sh", "yaml", "json"]);
    none(&all.iter().flat_map(leftovers_in).collect::<Vec<_>>());
}

#[test]
fn a_leftover_is_found() {
    for leftover in leftovers() {
        let found = leftovers_in(&source("a.rs", &format!("fine\nx {leftover} y\n")));
        assert_eq!(found, [format!("a.rs:2: {leftover}")]);
    }
}

// --- limits and metrics --------------------------------------------------------------------------

/// Constants without a sentence that says what they bound and why.
fn unexplained(source: &Source) -> Vec<String> {
    const WORDS_MIN: usize = 5;
    let mut words = 0;
    let mut complaints = Vec::new();
    for (index, line) in source.text.lines().map(str::trim).enumerate() {
        if let Some(doc) = line.strip_prefix("///") {
            words += doc.split_whitespace().count();
        } else if line.starts_with("pub const") && words < WORDS_MIN {
            complaints.push(format!("{}:{}: {line}", source.path, index + 1));
        }
        if !line.starts_with("///") && !line.starts_with("#[") {
            words = 0;
        }
    }
    complaints
}

#[test]
fn every_limit_is_explained() {
    let limits = sources(&["rs"]).into_iter().filter(|source| {
        module_of(&source.path) == Some("limits") && !source.path.ends_with("tests.rs")
    });
    none(
        &limits
            .flat_map(|source| unexplained(&source))
            .collect::<Vec<_>>(),
    );
}

#[test]
fn an_unexplained_limit_is_found() {
    let text = "/// Longest line, in bytes. Editors show that much.\npub const A: u8 = 1;\n\
                /// Longest.\npub const B: u8 = 1;\n";
    assert_eq!(
        unexplained(&source("l.rs", text)),
        ["l.rs:4: pub const B: u8 = 1;"]
    );
}

// --- the tree ------------------------------------------------------------------------------------

#[test]
fn the_top_level_is_what_users_see() {
    let strangers = fs::read_dir(top())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| !name.starts_with('.') && !BUILT.contains(&name.as_str()))
        .filter(|name| !TOP_LEVEL.contains(&name.as_str()));
    none(&strangers.collect::<Vec<_>>());
}
