//! The rules log of a data folder: frames that a run and whoever publishes beside it append to.
//!
//! Each append holds the file's lock from its look at the end of the file to the sync of its frame,
//! so frames never mix, and what was read is durable. A reader takes up what was added when the
//! file has grown and nobody is writing; it waits for nobody. What a writer that died left behind
//! the last whole frame is overwritten by the next append. Never rewrites a whole frame.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use parking_lot::Mutex;

use crate::log::durable;

/// The rules log of a data folder.
#[derive(Debug)]
pub(super) struct RulesFile {
    path: PathBuf,
    may_write: bool,
    known: Mutex<Known>,
}

/// What was read so far.
#[derive(Debug, Default)]
struct Known {
    /// `None` as long as there is no such file.
    file: Option<File>,
    /// Bytes of the frames below.
    whole_bytes: u64,
    frames: Vec<Vec<u8>>,
}

impl RulesFile {
    /// The file at `path`; it is made where it is missing and may be written.
    pub(super) fn open(path: &Path, may_write: bool) -> io::Result<Self> {
        let file = Self {
            path: path.to_owned(),
            may_write,
            known: Mutex::default(),
        };
        let mut known = file.known.lock();
        if let Some(open) = file.opened(&mut known)? {
            // At first all of it must be known, so this one waits for a writer.
            open.lock_shared()?;
            file.take_up(&mut known, &open)?;
            known.unlock()?;
        }
        drop(known);
        Ok(file)
    }

    /// Gives `see` all frames that are there now.
    pub(super) fn with<T>(&self, see: impl FnOnce(&[Vec<u8>]) -> T) -> io::Result<T> {
        let mut known = self.known.lock();
        if let Some(open) = self.opened(&mut known)?
            && open.metadata()?.len() > known.whole_bytes
            && known.try_lock_shared()
        {
            let caught_up = self.take_up(&mut known, &open);
            known.unlock()?;
            caught_up?;
        }
        Ok(see(&known.frames))
    }

    /// Appends a frame, makes it durable, and gives its number.
    pub(super) fn append(&self, payload: &[u8]) -> io::Result<u64> {
        self.locked(|known| {
            known.catch_up(&self.path)?;
            known.append(payload)
        })
    }

    /// Does `work` while nobody else appends, or does work of this sort: what several processes
    /// write beside the rules log.
    pub(super) fn alone<T>(&self, work: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
        self.locked(|_| work())
    }

    fn locked<T>(&self, work: impl FnOnce(&mut Known) -> io::Result<T>) -> io::Result<T> {
        let mut known = self.known.lock();
        let Some(open) = self.opened(&mut known)?.filter(|_| self.may_write) else {
            return Err(io::Error::other("it was opened to read only"));
        };
        open.lock()?;
        let done = work(&mut known);
        known.unlock()?;
        done
    }

    /// Reads what others appended. A writer that died may have left a whole frame that it had not
    /// synced yet; it is durable before anybody acts on it. The lock is held.
    fn take_up(&self, known: &mut Known, open: &File) -> io::Result<()> {
        let before = known.whole_bytes;
        known.catch_up(&self.path)?;
        if self.may_write && known.whole_bytes > before {
            open.sync_data()?;
        }
        Ok(())
    }

    /// A second handle of the same file, which holds the same lock; opened when it is first there.
    fn opened(&self, known: &mut Known) -> io::Result<Option<File>> {
        if known.file.is_none() {
            let opened = OpenOptions::new()
                .read(true)
                .write(self.may_write)
                .create(self.may_write)
                .truncate(false)
                .open(&self.path);
            match opened {
                Ok(file) => known.file = Some(file),
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
                Err(error) => return Err(error),
            }
            if self.may_write {
                durable::sync_folder(&self.path)?;
            }
        }
        known.file.as_ref().map(File::try_clone).transpose()
    }
}

impl Known {
    fn try_lock_shared(&self) -> bool {
        let file = self.file.as_ref();
        file.is_some_and(|file| file.try_lock_shared().is_ok())
    }

    fn unlock(&self) -> io::Result<()> {
        self.file.as_ref().map_or(Ok(()), File::unlock)
    }

    /// Reads the whole frames behind those that are known. The lock is held.
    fn catch_up(&mut self, path: &Path) -> io::Result<()> {
        let Some(file) = &mut self.file else {
            return Ok(());
        };
        file.seek(SeekFrom::Start(self.whole_bytes))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let (frames, whole) = durable::parse(path, self.whole_bytes, &bytes)?;
        self.frames.extend(frames);
        self.whole_bytes += whole as u64;
        Ok(())
    }

    /// Writes a frame behind those that are known, over what stands there. The lock is held.
    fn append(&mut self, payload: &[u8]) -> io::Result<u64> {
        let Some(file) = &mut self.file else {
            return Err(io::Error::other("it is not open"));
        };
        let frame = durable::frame_of(payload)?;
        file.set_len(self.whole_bytes)?;
        file.seek(SeekFrom::Start(self.whole_bytes))?;
        file.write_all(&frame)?;
        file.sync_data()?;
        self.whole_bytes += frame.len() as u64;
        self.frames.push(payload.to_vec());
        Ok(self.frames.len() as u64 - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frames(file: &RulesFile) -> Vec<String> {
        let text = |frame: &Vec<u8>| String::from_utf8(frame.clone()).unwrap();
        file.with(|frames| frames.iter().map(text).collect())
            .unwrap()
    }

    #[test]
    fn two_writers_and_a_reader_see_one_log() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rules");
        let reader = RulesFile::open(&path, false).unwrap();
        assert_eq!(frames(&reader), [""; 0]);
        let one = RulesFile::open(&path, true).unwrap();
        let other = RulesFile::open(&path, true).unwrap();
        assert_eq!(one.append(b"a").unwrap(), 0);
        assert_eq!(other.append(b"b").unwrap(), 1);
        assert_eq!(one.append(b"c").unwrap(), 2);
        for file in [&reader, &one, &other] {
            assert_eq!(frames(file), ["a", "b", "c"]);
        }
        let refused = reader.append(b"d").unwrap_err();
        assert_eq!(refused.to_string(), "it was opened to read only");
    }

    #[test]
    fn many_writers_lose_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rules");
        std::thread::scope(|scope| {
            for writer in 0..4 {
                let path = &path;
                scope.spawn(move || {
                    let file = RulesFile::open(path, true).unwrap();
                    for number in 0..25 {
                        file.append(format!("{writer}-{number}").as_bytes())
                            .unwrap();
                    }
                });
            }
        });
        let mut found = frames(&RulesFile::open(&path, false).unwrap());
        found.sort();
        found.dedup();
        assert_eq!(found.len(), 100);
    }

    #[test]
    fn what_a_dead_writer_left_is_passed_over_and_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rules");
        let file = RulesFile::open(&path, true).unwrap();
        file.append(b"one").unwrap();
        let half = durable::frame_of(b"two").unwrap();
        let mut dead = OpenOptions::new().append(true).open(&path).unwrap();
        for byte in &half[..half.len() - 1] {
            dead.write_all(&[*byte]).unwrap();
            assert_eq!(frames(&file), ["one"]);
        }
        file.append(b"three").unwrap();
        assert_eq!(frames(&file), ["one", "three"]);
        let again = RulesFile::open(&path, false).unwrap();
        assert_eq!(frames(&again), ["one", "three"]);
    }

    #[test]
    fn a_reader_does_not_wait_for_a_writer() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rules");
        let (reader, writer) = (RulesFile::open(&path, true), RulesFile::open(&path, true));
        let (reader, writer) = (reader.unwrap(), writer.unwrap());
        writer.append(b"one").unwrap();
        let busy = OpenOptions::new().read(true).open(&path).unwrap();
        busy.lock().unwrap();
        assert_eq!(frames(&reader), [""; 0]);
        busy.unlock().unwrap();
        assert_eq!(frames(&reader), ["one"]);
    }
}
