//! The README as a test: every command in it is run, every configuration loaded, every output
//! compared. Its Rust is compiled and run by `cargo test --doc`.
//!
//! An expected output may leave things out: `…` within a line stands for any text, a line that is
//! `…` for any lines.
#![expect(clippy::string_slice, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use puls_tests::program::{built, puls_with, top};

/// A fenced block of a page.
struct Block {
    line: usize,
    language: String,
    text: String,
}

/// A command with what it prints.
struct Shown {
    line: usize,
    command: String,
    output: Vec<String>,
}

fn blocks(page: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Option<Block> = None;
    for (index, line) in page.lines().enumerate() {
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(language)) => {
                let text = String::new();
                open = Some(Block {
                    line: index + 1,
                    language: language.into(),
                    text,
                });
            }
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (Some(block), None) => {
                block.text.push_str(line);
                block.text.push('\n');
            }
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "a block is not closed");
    blocks
}

/// The commands of a `console` block: lines that begin with `$`, each followed by its output.
fn shown(block: &Block) -> Vec<Shown> {
    let mut all: Vec<Shown> = Vec::new();
    for (index, line) in block.text.lines().enumerate() {
        if let Some(command) = line.strip_prefix("$ ") {
            let line = block.line + index + 1;
            all.push(Shown {
                line,
                command: command.into(),
                output: Vec::new(),
            });
        } else if let Some(last) = all.last_mut() {
            last.output.push(line.into());
        }
    }
    all
}

/// Whether `found` is what `expected` shows of it.
fn is_shown(expected: &[String], found: &[&str]) -> bool {
    let Some((first, rest)) = expected.split_first() else {
        return found.is_empty();
    };
    if first == "…" {
        return (0..=found.len()).any(|skipped| is_shown(rest, &found[skipped..]));
    }
    match found.split_first() {
        Some((line, others)) => line_is_shown(first, line) && is_shown(rest, others),
        None => false,
    }
}

fn line_is_shown(expected: &str, found: &str) -> bool {
    match expected.split_once('…') {
        None => expected.trim_end() == found.trim_end(),
        Some((head, tail)) => found.strip_prefix(head).is_some_and(|rest| {
            let starts = rest.char_indices().map(|(at, _)| at).chain([rest.len()]);
            starts
                .into_iter()
                .any(|at| line_is_shown(tail, &rest[at..]))
        }),
    }
}

/// The words of a command; what stands in double quotes is one.
fn words(command: &str) -> Vec<&str> {
    let pieces = command.split('"').enumerate();
    let words = pieces.flat_map(|(place, piece)| match place % 2 {
        0 => piece.split_whitespace().collect(),
        _ => vec![piece],
    });
    words.collect()
}

/// What a command prints and its exit code; `None` where it is not for running here.
fn run(command: &str, folder: &Path) -> Option<(String, i32)> {
    let (command, input) = match command.split_once(" < ") {
        Some((command, file)) => (command, fs::read(folder.join(file)).unwrap()),
        None => (command, Vec::new()),
    };
    let words: Vec<_> = words(command);
    let args: Vec<_> = match words.as_slice() {
        ["puls", args @ ..] => args.to_vec(),
        // The demo's script builds and then starts this; what is shown without output only exists.
        ["engine/demo", args @ ..] if !args.is_empty() => {
            ["demo"].iter().chain(args).copied().collect()
        }
        _ => return None,
    };
    let answer = puls_with(folder, args, &input);
    Some((answer.out, answer.code))
}

/// A folder that looks like the top one to what the README shows, with a target of its own.
fn playground() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let link = |from: &Path, name: &str| {
        std::os::unix::fs::symlink(from, folder.path().join(name)).unwrap();
    };
    fs::create_dir(folder.path().join("engine")).unwrap();
    let examples = top().canonicalize().unwrap().join("engine/examples");
    copy(&examples, &folder.path().join("engine/examples"));
    fs::create_dir(folder.path().join("target")).unwrap();
    link(&built().parent().unwrap().join("rules"), "target/rules");
    link(&top().canonicalize().unwrap().join("rules"), "rules");
    folder
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let place = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &place);
        } else {
            fs::copy(&path, &place).unwrap();
        }
    }
}

#[test]
fn every_command_prints_what_is_shown() {
    let page = fs::read_to_string(top().join("README.md")).unwrap();
    let folder = playground();
    let mut run_count = 0;
    let mut complaints = Vec::new();
    for block in blocks(&page)
        .iter()
        .filter(|block| block.language == "console")
    {
        for Shown {
            line,
            command,
            output,
        } in shown(block)
        {
            let Some((found, code)) = run(&command, folder.path()) else {
                continue;
            };
            run_count += 1;
            let lines: Vec<_> = found.lines().collect();
            // A command without output is one whose output is not shown. None may fail: `…` stands
            // for what one says, also of what went wrong.
            if !output.is_empty() && !is_shown(&output, &lines) || code != 0 {
                complaints.push(format!("README.md:{line}: {command} ({code})\n{found}"));
            }
        }
    }
    assert!(run_count >= 5, "{run_count} commands were run");
    assert!(complaints.is_empty(), "\n{}", complaints.join("\n"));
}

#[test]
fn every_configuration_loads() {
    let page = fs::read_to_string(top().join("README.md")).unwrap();
    let (cards, configs): (Vec<_>, Vec<_>) = blocks(&page)
        .into_iter()
        .filter(|block| block.language == "toml")
        .partition(|block| block.text.starts_with("[card]"));
    assert!(!configs.is_empty() && !cards.is_empty());
    for card in cards {
        let folder = playground();
        let file = folder.path().join("card.toml");
        puls::log::durable::replace(&file, card.text.as_bytes()).unwrap();
        puls_with(folder.path(), ["rule", "check", "card.toml"], b"").done();
    }
    for block in configs {
        let name = format!("README.md, line {}", block.line);
        let config = puls::config::parse(&name, &block.text, [])
            .unwrap_or_else(|problems| panic!("{problems}"));
        // On a broker no rule governs before it is said whose rules are taken.
        for tenant in config.tenants.keys() {
            let trust = config.trust(tenant);
            let takes_some = trust.takes_unsigned || !trust.keys.is_empty();
            assert!(takes_some, "{name}: {tenant} takes no rule");
        }
    }
}

#[test]
fn every_script_and_folder_that_is_named_is_there() {
    let page = fs::read_to_string(top().join("README.md")).unwrap();
    let mut named = BTreeSet::new();
    let code = page
        .split('`')
        .skip(1)
        .step_by(2)
        .chain(page.split(['(', ')']).skip(1).step_by(2));
    for text in code {
        let path = text.split_whitespace().next().unwrap_or_default();
        let begins = [
            "engine/",
            "rules-sdk/",
            "rules/",
            "benches/",
            "tests/",
            ".ci/",
        ];
        if begins.iter().any(|begin| path.starts_with(begin)) {
            named.insert(path.trim_end_matches(['.', ',']).to_owned());
        }
    }
    assert!(named.len() >= 5, "{named:?}");
    let missing: Vec<_> = named
        .iter()
        .filter(|path| !top().join(path).exists())
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn what_is_shown_is_compared() {
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    let cases = [
        ("a\nb", "a\nb", true),
        ("a\nb", "a\nc", false),
        ("a", "a\nb", false),
        ("a\n…", "a\nb\nc", true),
        ("…\nc", "a\nb\nc", true),
        ("…\nd", "a\nb\nc", false),
        ("in … s", "in 0.3 s", true),
        ("in … s, … a second", "in 0.3 s, 5 a second", true),
        ("in … m", "in 0.3 s", false),
        ("", "", true),
    ];
    for (expected, found, result) in cases {
        let found: Vec<_> = found.lines().collect();
        assert_eq!(
            is_shown(&lines(expected), &found),
            result,
            "{expected:?} {found:?}"
        );
    }
}
