//! Which modules have passed their trial, remembered in the data folder, so that a start does not
//! try again what was tried.
//!
//! ```text
//! trials    1 <digest of the module> <what it was tried under> <check>       a line a trial
//! ```
//! "What it was tried under" is a hash of this program's and the compiler's version and settings,
//! of the processor's features, and of the limits: a change of any of them tries everything again.
//! The check is a hash of the line before it.
//!
//! A line says that a compiler need not be watched, and nothing else: whatever stands here, a
//! module is checked and compiled from its own bytes. Machine code is never kept, for whoever can
//! write a file of it can run what they like. A line that is damaged, of another version or made
//! up of a digest that no module has is passed over; a missing file costs a trial a module. Nothing
//! here fails a command.

use std::collections::BTreeSet;
use std::fs::OpenOptions;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use parking_lot::Mutex;

use crate::limits::TRIALS_KEPT_MAX;
use crate::log::durable;
use crate::model::{Digest, hash64};

/// Version of a line.
const VERSION: &str = "1";
/// Length of a line, its end included: two hashes of 16 digits, a digest of 64, the version.
const LINE_BYTES: usize = 1 + 1 + 64 + 1 + 16 + 1 + 16 + 1;

/// The trials that were passed under the conditions of this program.
#[derive(Debug)]
pub(super) struct Passed {
    path: PathBuf,
    under: u64,
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    all: BTreeSet<Digest>,
    /// Of these the ones that are not written yet: at a first start there is no folder so early.
    unwritten: Vec<Digest>,
}

impl Passed {
    /// What the file at `path` says of trials under these conditions.
    pub(super) fn read(path: &Path, under: u64) -> Self {
        Self {
            path: path.to_owned(),
            under,
            known: Mutex::new(Known {
                all: tried(path, under).collect(),
                unwritten: Vec::new(),
            }),
        }
    }

    /// Whether a module has passed. Where it is not known, the file is read again: what a push has
    /// just tried, the run beside it does not try once more.
    pub(super) fn has(&self, digest: Digest) -> bool {
        let mut known = self.known.lock();
        if !known.all.contains(&digest) {
            known.all.extend(tried(&self.path, self.under));
        }
        known.all.contains(&digest)
    }

    /// Remembers that a module has passed, as soon as that can be written.
    pub(super) fn add(&self, digest: Digest) {
        let mut known = self.known.lock();
        known.all.insert(digest);
        known.unwritten.push(digest);
        self.write(&mut known);
    }

    fn write(&self, known: &mut Known) {
        while let Some(digest) = known.unwritten.last() {
            if let Err(error) = self.append(*digest) {
                let path = self.path.display();
                tracing::debug!(%path, %error, "a passed trial is not remembered yet");
                return;
            }
            known.unwritten.pop();
        }
    }

    fn append(&self, digest: Digest) -> std::io::Result<()> {
        let most = TRIALS_KEPT_MAX * LINE_BYTES;
        let file = OpenOptions::new()
            .append(true)
            .create(true)
            .open(&self.path);
        let mut file = file?;
        if file.metadata()?.len() >= most as u64 {
            // Old versions of rules and programs: what is still used is tried once more.
            drop(file);
            return durable::replace(&self.path, line(digest, self.under).as_bytes());
        }
        // One write of a short line: two processes do not mix theirs.
        file.write_all(line(digest, self.under).as_bytes())
    }
}

impl Drop for Passed {
    fn drop(&mut self) {
        let mut known = std::mem::take(&mut *self.known.lock());
        self.write(&mut known);
    }
}

/// The modules that the file says have passed under these conditions.
fn tried(path: &Path, under: u64) -> impl Iterator<Item = Digest> {
    lines(path).filter_map(move |line| parse(&line, under))
}

fn lines(path: &Path) -> impl Iterator<Item = String> {
    let mut text = Vec::new();
    let most = TRIALS_KEPT_MAX * LINE_BYTES * 2;
    if let Ok(file) = std::fs::File::open(path) {
        // What cannot be read was not remembered.
        file.take(most as u64).read_to_end(&mut text).ok();
    }
    let text = String::from_utf8_lossy(&text).into_owned();
    let lines: Vec<_> = text.lines().map(str::to_owned).collect();
    lines.into_iter()
}

fn line(digest: Digest, under: u64) -> String {
    let said = format!("{VERSION} {digest} {under:016x}");
    let check = hash64(said.as_bytes());
    format!("{said} {check:016x}\n")
}

fn parse(found: &str, under: u64) -> Option<Digest> {
    let digest = found.split(' ').nth(1).and_then(Digest::parse)?;
    (line(digest, under).trim_end() == found).then_some(digest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::content_digest;

    fn append(path: &Path, text: &str) {
        let mut file = OpenOptions::new().append(true).open(path).unwrap();
        file.write_all(text.as_bytes()).unwrap();
    }

    #[test]
    fn what_passed_is_remembered_under_its_conditions() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("trials");
        let [one, two, three] = [b"1", b"2", b"3"].map(|it| content_digest(it));
        let passed = Passed::read(&path, 7);
        assert!(!passed.has(one));
        passed.add(one);
        passed.add(two);
        assert_eq!(line(one, 7).len(), LINE_BYTES);
        // Another program beside it, and lines that say nothing.
        Passed::read(&path, 8).add(three);
        append(&path, "\u{0}\n1 x\n\n");
        append(&path, &line(three, 7).replace("1 ", "2 "));
        append(&path, line(three, 7).get(..LINE_BYTES - 2).unwrap());
        let again = Passed::read(&path, 7);
        assert!(again.has(one) && again.has(two) && !again.has(three));
        let other = Passed::read(&path, 8);
        assert!(other.has(three) && !other.has(one));
    }

    #[test]
    fn what_another_process_has_tried_is_taken_up() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("trials");
        let digest = content_digest(b"1");
        let (run, push) = (Passed::read(&path, 7), Passed::read(&path, 7));
        assert!(!run.has(digest));
        push.add(digest);
        assert!(run.has(digest));
    }

    #[test]
    fn a_line_that_was_changed_anywhere_counts_for_nothing() {
        let digest = content_digest(b"1");
        let sound = line(digest, 7);
        for place in 0..LINE_BYTES - 1 {
            let mut bytes = sound.clone().into_bytes();
            bytes[place] = if bytes[place] == b'0' { b'1' } else { b'0' };
            let changed = String::from_utf8(bytes).unwrap();
            assert_eq!(
                parse(changed.trim_end(), 7),
                None,
                "byte {place}: {changed}"
            );
        }
    }

    #[test]
    fn the_file_does_not_grow_for_ever_and_a_folder_that_is_away_is_no_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("trials");
        let passed = Passed::read(&path, 7);
        for number in 0..TRIALS_KEPT_MAX + 10 {
            passed.add(content_digest(number.to_string().as_bytes()));
        }
        let length = std::fs::metadata(&path).unwrap().len();
        assert_eq!(length, 10 * LINE_BYTES as u64);
        let path = folder.path().join("away/trials");
        let away = Passed::read(&path, 7);
        away.add(content_digest(b"1"));
        assert!(away.has(content_digest(b"1")));
        std::fs::create_dir(folder.path().join("away")).unwrap();
        drop(away);
        assert!(Passed::read(&path, 7).has(content_digest(b"1")));
    }
}
