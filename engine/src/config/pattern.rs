//! Names of files with `*` (any characters) and `?` (one) in the last part of the path.

use std::fs;
use std::path::{Path, PathBuf};

/// The files that `pattern` names, by name; relative ones start at `folder`.
///
/// # Errors
/// What was expected, where there is no such file.
pub(super) fn files(folder: &Path, pattern: &str) -> Result<Vec<PathBuf>, String> {
    let path = folder.join(pattern);
    let name = path
        .file_name()
        .and_then(|name| name.to_str())
        .unwrap_or_default()
        .to_owned();
    if !name.contains(['*', '?']) {
        return if path.is_file() {
            Ok(vec![path])
        } else {
            Err(format!("expected a file, found none at {}", path.display()))
        };
    }
    let parent = path.parent().unwrap_or(folder);
    let entries = fs::read_dir(parent)
        .map_err(|error| format!("expected a folder at {}, found: {error}", parent.display()))?;
    let mut found: Vec<_> = entries
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .filter(|path| path.is_file())
        .filter(|path| {
            let candidate = path.file_name().and_then(|name| name.to_str());
            candidate.is_some_and(|candidate| matches(name.as_bytes(), candidate.as_bytes()))
        })
        .collect();
    found.sort();
    if found.is_empty() {
        return Err(format!(
            "expected files that match {}, found none",
            path.display()
        ));
    }
    Ok(found)
}

/// Whether `name` is of the form `pattern`. Takes at most the product of both lengths.
fn matches(pattern: &[u8], name: &[u8]) -> bool {
    let (mut at, mut read) = (0, 0);
    // Where the last star stood, and how much of the name it has swallowed.
    let mut star: Option<(usize, usize)> = None;
    while let Some(byte) = name.get(read) {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at, read));
                at += 1;
            }
            Some(wanted) if wanted == byte || *wanted == b'?' => {
                at += 1;
                read += 1;
            }
            _ => {
                let Some((star_at, swallowed)) = star else {
                    return false;
                };
                star = Some((star_at, swallowed + 1));
                at = star_at + 1;
                read = swallowed + 1;
            }
        }
    }
    pattern
        .get(at..)
        .is_some_and(|rest| rest.iter().all(|byte| *byte == b'*'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_and_question_marks() {
        let cases = [
            ("a.csv", "a.csv", true),
            ("*.csv", "a.csv", true),
            ("*.csv", "a.csv.gz", false),
            ("usage-*.ndjson*", "usage-2025-01.ndjson.gz", true),
            ("?.csv", "ab.csv", false),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "a-b-b-d", false),
            ("*", "", true),
            ("", "a", false),
        ];
        for (pattern, name, expected) in cases {
            assert_eq!(
                matches(pattern.as_bytes(), name.as_bytes()),
                expected,
                "{pattern} {name}"
            );
        }
    }

    #[test]
    fn files_come_by_name_and_none_is_a_problem() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["b.csv", "a.csv", "c.txt"] {
            fs::File::create(folder.path().join(name)).unwrap();
        }
        let found = files(folder.path(), "*.csv").unwrap();
        let names: Vec<_> = found.iter().map(|path| path.file_name().unwrap()).collect();
        assert_eq!(names, ["a.csv", "b.csv"]);
        for pattern in ["*.json", "d.csv", "no/such/*.csv"] {
            assert!(
                files(folder.path(), pattern)
                    .unwrap_err()
                    .starts_with("expected ")
            );
        }
    }
}
