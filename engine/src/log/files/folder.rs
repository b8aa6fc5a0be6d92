//! The data folder as a whole: its header and lock, the rules log and the modules.

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use bytes::Bytes;

use super::counts::Committed;
use super::rules::RulesFile;
use crate::log::durable;
use crate::log::{LogError, RulesRecord};
use crate::model::{Digest, ShardId, Time, content_digest};

const HEADER_FIRST_LINE: &str = "puls data folder, version 1";

/// Why a data folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// The folder or its header cannot be read or written.
    #[error("open data folder {folder}: {error}")]
    Io {
        /// Which.
        folder: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The header is another's.
    #[error(
        "open data folder {0}: expected a header of version 1, found another: \
             name an empty folder, or one that puls made"
    )]
    Header(PathBuf),
    /// Another process has it.
    #[error(
        "open data folder {0}: another puls process uses it; stop that one first, \
             or name another folder"
    )]
    Locked(PathBuf),
    /// The number of shards is fixed.
    #[error(
        "open data folder {folder}: it was made with {found} shards, the configuration says \
             {expected}; the number is fixed when a folder is made: set `shards = {found}`, or \
             name an empty folder and load again"
    )]
    Shards {
        /// Which.
        folder: PathBuf,
        /// As configured.
        expected: u32,
        /// As in the header.
        found: u32,
    },
    /// Nothing there.
    #[error("open data folder {0}: there is none; `puls run` makes one")]
    Missing(PathBuf),
}

/// A data folder, open.
#[derive(Debug)]
pub struct DataFolder {
    path: PathBuf,
    shards: u32,
    /// `None` for who looks on or publishes rules: a run goes on beside them.
    lock: Option<File>,
    /// Whether rules and modules may be published.
    publishes: bool,
    rules: RulesFile,
    counts_committed: Committed,
}

impl DataFolder {
    /// Opens the folder for a run; makes it where it is missing.
    ///
    /// # Errors
    /// Where it is another's, in use, or was made with another number of shards.
    pub fn open(path: &Path, shards: u32) -> Result<Self, FolderError> {
        let failed = |error| FolderError::Io {
            folder: path.to_owned(),
            error,
        };
        std::fs::create_dir_all(path.join("modules")).map_err(failed)?;
        let header = path.join("header");
        if !header.exists() {
            make_header(path, &header, shards).map_err(failed)?;
        }
        let lock = OpenOptions::new()
            .read(true)
            .write(true)
            .open(&header)
            .map_err(failed)?;
        if lock.try_lock().is_err() {
            return Err(FolderError::Locked(path.to_owned()));
        }
        let found = shards_of(path)?;
        if found != shards {
            return Err(FolderError::Shards {
                folder: path.to_owned(),
                expected: shards,
                found,
            });
        }
        Ok(Self {
            path: path.to_owned(),
            shards,
            lock: Some(lock),
            publishes: true,
            rules: RulesFile::open(&path.join("rules"), true).map_err(failed)?,
            counts_committed: Committed::default(),
        })
    }

    /// How far each shard's counts are committed, as its own thread says.
    pub(super) const fn counts_committed(&self) -> &Committed {
        &self.counts_committed
    }

    /// Opens the folder to read only; a run may go on beside it.
    ///
    /// # Errors
    /// Where there is none or it is another's.
    pub fn read(path: &Path) -> Result<Self, FolderError> {
        Self::beside(path, false)
    }

    /// Opens the folder to publish rules and modules, and nothing else; a run may go on beside it
    /// and takes them up.
    ///
    /// # Errors
    /// As [`DataFolder::read`].
    pub fn publish(path: &Path) -> Result<Self, FolderError> {
        Self::beside(path, true)
    }

    fn beside(path: &Path, publishes: bool) -> Result<Self, FolderError> {
        if !path.join("header").exists() {
            return Err(FolderError::Missing(path.to_owned()));
        }
        let failed = |error| FolderError::Io {
            folder: path.to_owned(),
            error,
        };
        Ok(Self {
            path: path.to_owned(),
            shards: shards_of(path)?,
            lock: None,
            publishes,
            rules: RulesFile::open(&path.join("rules"), publishes).map_err(failed)?,
            counts_committed: Committed::default(),
        })
    }

    /// Number of shards.
    #[must_use]
    pub const fn shards(&self) -> u32 {
        self.shards
    }

    /// The folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether nothing may be written but rules and modules, where it was opened for that.
    #[must_use]
    pub const fn is_read_only(&self) -> bool {
        self.lock.is_none()
    }

    /// Whether no shard has a step yet.
    #[must_use]
    pub fn is_unused(&self) -> bool {
        (0..self.shards).all(|shard| {
            let journal = self.shard_path(ShardId(shard)).join("journal");
            std::fs::metadata(journal).map_or(0, |data| data.len()) == 0
        })
    }

    /// Where a shard's files lie.
    #[must_use]
    pub fn shard_path(&self, shard: ShardId) -> PathBuf {
        self.path.join(format!("shard-{}", shard.0))
    }

    /// Where what came on standard input for an input is kept.
    #[must_use]
    pub fn spool_path(&self, input: &str) -> PathBuf {
        self.path.join("spool").join(input)
    }

    pub(super) fn rules(&self, offset_from: u64) -> Result<(Vec<RulesRecord>, u64), LogError> {
        let seen = self.rules.with(|frames| {
            let from = usize::try_from(offset_from).unwrap_or(usize::MAX);
            let unread = (offset_from..).zip(frames.get(from..).unwrap_or(&[]));
            let records = unread.map(|(offset, frame)| rules_record(offset, frame));
            let records = records.collect::<Result<_, _>>()?;
            Ok((records, frames.len() as u64))
        });
        seen.map_err(|error| LogError::Stop(format!("read rules: {error}")))?
    }

    pub(super) fn publish_rule(&self, value: &[u8], now: Time) -> Result<u64, LogError> {
        let mut frame = now.0.to_le_bytes().to_vec();
        frame.extend_from_slice(value);
        let written = self.rules.append(&frame);
        written.map_err(|error| LogError::Stop(format!("write rules: {error}")))
    }

    pub(super) fn modules(&self) -> Result<Vec<Digest>, LogError> {
        let folder = self.path.join("modules");
        let failed =
            |error: io::Error| LogError::Stop(format!("read {}: {error}", folder.display()));
        let mut digests = Vec::new();
        for entry in std::fs::read_dir(&folder).map_err(failed)? {
            let name = entry.map_err(failed)?.file_name();
            let stem = name.to_str().and_then(|name| name.strip_suffix(".wasm"));
            digests.extend(stem.and_then(Digest::parse));
        }
        digests.sort_unstable();
        Ok(digests)
    }

    pub(super) fn module(&self, digest: Digest) -> Result<Bytes, LogError> {
        let path = self.module_path(digest);
        let bytes = std::fs::read(&path)
            .map_err(|error| LogError::Stop(format!("read module {}: {error}", path.display())))?;
        let found = content_digest(&bytes);
        if found != digest {
            return Err(LogError::Stop(format!(
                "read module {}: expected digest {digest}, found {found}; remove the file and \
                 push the rule again",
                path.display()
            )));
        }
        Ok(bytes.into())
    }

    pub(super) fn publish_module(&self, bytes: &[u8]) -> Result<Digest, LogError> {
        if !self.publishes {
            return Err(LogError::Stop(
                "write module: the folder was opened to read only".into(),
            ));
        }
        let digest = content_digest(bytes);
        let path = self.module_path(digest);
        // One that is damaged is mended by pushing it again.
        let stands = std::fs::read(&path).is_ok_and(|there| there == bytes);
        if !stands {
            self.replace(&path, bytes).map_err(|error| {
                LogError::Stop(format!("write module {}: {error}", path.display()))
            })?;
        }
        Ok(digest)
    }

    pub(super) fn signatures(&self, digest: Digest) -> Result<Option<Bytes>, LogError> {
        let path = self.signatures_path(digest);
        match std::fs::read(&path) {
            Ok(bytes) => Ok(Some(bytes.into())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(LogError::Stop(format!("read {}: {error}", path.display()))),
        }
    }

    pub(super) fn publish_signatures(&self, digest: Digest, bytes: &[u8]) -> Result<(), LogError> {
        let path = self.signatures_path(digest);
        let failed = |why: String| LogError::Stop(format!("write {}: {why}", path.display()));
        if !self.publishes {
            return Err(failed("the folder was opened to read only".into()));
        }
        self.replace(&path, bytes)
            .map_err(|error| failed(error.to_string()))
    }

    /// Replaces a file beside which another process may write one: a module and its signatures
    /// are made under one temporary name.
    fn replace(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        self.rules.alone(|| durable::replace(path, bytes))
    }

    fn signatures_path(&self, digest: Digest) -> PathBuf {
        self.path.join("modules").join(format!("{digest}.sig"))
    }

    fn module_path(&self, digest: Digest) -> PathBuf {
        self.path.join("modules").join(format!("{digest}.wasm"))
    }
}

/// Makes the header of a new folder. Of several first starts one makes it and the others find it:
/// one that was put in another's place would carry no lock, and both would run.
fn make_header(folder: &Path, header: &Path, shards: u32) -> io::Result<()> {
    // Held until it is closed.
    let alone = File::open(folder)?;
    alone.lock()?;
    if header.exists() {
        return Ok(());
    }
    let text = format!("{HEADER_FIRST_LINE}\nshards {shards}\n");
    durable::replace(header, text.as_bytes())
}

/// A record of the rules log from its frame: when it was written, then its JSON.
fn rules_record(offset: u64, frame: &[u8]) -> Result<RulesRecord, LogError> {
    let (timestamp, value) = frame.split_first_chunk::<8>().ok_or_else(|| {
        LogError::Stop(format!(
            "read rules record {offset}: expected a time before it"
        ))
    })?;
    Ok(RulesRecord {
        offset,
        timestamp: Time(i64::from_le_bytes(*timestamp)),
        value: Bytes::copy_from_slice(value),
    })
}

/// The number of shards in a folder's header.
fn shards_of(path: &Path) -> Result<u32, FolderError> {
    let mut text = String::new();
    File::open(path.join("header"))
        .and_then(|mut file| file.read_to_string(&mut text))
        .map_err(|error| FolderError::Io {
            folder: path.to_owned(),
            error,
        })?;
    let shards = text.strip_prefix(HEADER_FIRST_LINE).and_then(|rest| {
        rest.trim()
            .strip_prefix("shards ")
            .and_then(|number| number.parse().ok())
    });
    shards
        .filter(|shards| *shards > 0)
        .ok_or_else(|| FolderError::Header(path.to_owned()))
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;

    use super::*;

    #[test]
    fn writers_beside_each_other_mix_no_files() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        drop(DataFolder::open(path, 1).unwrap());
        let module = |number: u8| vec![number; 4_096];
        std::thread::scope(|scope| {
            for writer in 0..4 {
                scope.spawn(move || {
                    let folder = DataFolder::publish(path).unwrap();
                    for number in 0..25 {
                        let module = module(number);
                        if writer % 2 == 0 {
                            folder.publish_module(&module).unwrap();
                        } else {
                            let digest = content_digest(&module);
                            folder.publish_signatures(digest, b"signed").unwrap();
                        }
                    }
                });
            }
        });
        let folder = DataFolder::read(path).unwrap();
        for number in 0..25 {
            let digest = content_digest(&module(number));
            assert_eq!(folder.module(digest).unwrap(), module(number));
            let signatures = folder.signatures(digest).unwrap().unwrap();
            assert_eq!(signatures, b"signed".to_vec());
        }
    }

    #[test]
    fn of_several_first_starts_one_gets_the_folder() {
        const STARTS: usize = 4;
        for round in 0..20 {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("data");
            let together = Barrier::new(STARTS);
            let start = || {
                together.wait();
                DataFolder::open(&path, 1)
            };
            let opened: Vec<_> = std::thread::scope(|scope| {
                let starts = [(); STARTS].map(|()| scope.spawn(start));
                starts.into_iter().map(|it| it.join().unwrap()).collect()
            });
            let (running, refused): (Vec<_>, Vec<_>) = opened.iter().partition(|it| it.is_ok());
            assert_eq!(running.len(), 1, "round {round}: {opened:?}");
            let locked =
                |it: &Result<DataFolder, FolderError>| matches!(it, Err(FolderError::Locked(_)));
            let all_locked = refused.iter().all(|it| locked(it));
            assert!(all_locked, "round {round}: {refused:?}");
        }
    }

    #[test]
    fn a_module_that_was_damaged_is_mended_by_another_push() {
        let folder = tempfile::tempdir().unwrap();
        let folder = DataFolder::open(folder.path(), 1).unwrap();
        let digest = folder.publish_module(b"module").unwrap();
        durable::replace(&folder.module_path(digest), b"modul").unwrap();
        let said = folder.module(digest).unwrap_err().to_string();
        assert!(said.ends_with("push the rule again"), "{said}");
        assert_eq!(folder.publish_module(b"module").unwrap(), digest);
        assert_eq!(folder.module(digest).unwrap(), b"module".to_vec());
    }
}
