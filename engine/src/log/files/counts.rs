//! What the shards of a data folder count for each other: a file of frames a shard.
//!
//! ```text
//! frame: sequence u64 of the step that counted, then the payload
//! ```
//! A frame counts once its step is in the journal. It is written before it, so a crash may leave
//! frames of a step that never was: opening the shard cuts them off. Other shards read as far as
//! the shard's own thread says that steps are committed, never further.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use parking_lot::Mutex;

use super::folder::DataFolder;
use crate::log::LogError;
use crate::log::durable::{self, Frames};
use crate::model::{Reader, ShardId, Writer};

/// How many bytes of each shard's counts are committed; shared by the threads of a run.
pub(super) type Committed = Mutex<BTreeMap<ShardId, u64>>;

/// One shard's counts, open to append.
#[derive(Debug)]
pub(super) struct CountsFile {
    frames: Frames,
}

pub(super) fn path_in(shard_path: &Path) -> PathBuf {
    shard_path.join("counts")
}

fn frame(sequence: u64, payload: &[u8]) -> Vec<u8> {
    let mut writer = Writer::new();
    writer.u64(sequence);
    let mut bytes = writer.into_bytes();
    bytes.extend_from_slice(payload);
    bytes
}

impl CountsFile {
    /// Opens the file and cuts it back to the steps before `sequence_next`.
    pub(super) fn open(path: &Path, sequence_next: u64) -> io::Result<Self> {
        let (frames, _) = Frames::open_while(path, |payload| {
            let sequence = Reader::new(payload).u64().map_err(io::Error::other)?;
            Ok(sequence < sequence_next)
        })?;
        Ok(Self { frames })
    }

    /// Appends what a step counted.
    pub(super) fn append(&mut self, sequence: u64, payloads: &[Vec<u8>]) -> io::Result<()> {
        for payload in payloads {
            self.frames.append(&frame(sequence, payload))?;
        }
        Ok(())
    }

    /// Bytes of whole frames.
    pub(super) const fn bytes(&self) -> u64 {
        self.frames.bytes()
    }
}

/// See [`crate::log::Log::counts`]; positions are bytes of the file.
pub(super) fn read(
    folder: &DataFolder,
    shard: ShardId,
    from: u64,
) -> Result<(Vec<Bytes>, u64), LogError> {
    let end = folder.counts_committed().lock().get(&shard).copied();
    let Some(end) = end.filter(|end| *end > from) else {
        return Ok((Vec::new(), from));
    };
    let path = path_in(&folder.shard_path(shard));
    let read = || -> io::Result<Vec<Bytes>> {
        let mut file = File::open(&path)?;
        file.seek(SeekFrom::Start(from))?;
        let mut bytes = Vec::new();
        file.take(end - from).read_to_end(&mut bytes)?;
        let (frames, whole) = durable::parse(&path, from, &bytes)?;
        if (whole as u64) < end - from {
            return Err(io::Error::other("it was cut since it was written"));
        }
        let payload = |frame: Vec<u8>| Bytes::from(frame).slice(8..);
        Ok(frames.into_iter().map(payload).collect())
    };
    let found =
        read().map_err(|error| LogError::Stop(format!("read {}: {error}", path.display())))?;
    Ok((found, end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_of_steps_that_never_were_are_cut_off() {
        let folder = tempfile::tempdir().unwrap();
        let path = path_in(folder.path());
        let mut file = CountsFile::open(&path, 0).unwrap();
        file.append(0, &[b"a".to_vec(), b"bc".to_vec()]).unwrap();
        file.append(4, &[b"d".to_vec()]).unwrap();
        let whole = file.bytes();
        assert_eq!(whole, path.metadata().unwrap().len());
        assert_eq!(CountsFile::open(&path, 5).unwrap().bytes(), whole);
        let mut cut = CountsFile::open(&path, 4).unwrap();
        assert!(cut.bytes() < whole);
        cut.append(4, &[b"D".to_vec()]).unwrap();
        let frames = Frames::read(&path).unwrap();
        let texts: Vec<_> = frames.iter().map(|frame| frame[8..].to_vec()).collect();
        assert_eq!(texts, [b"a".to_vec(), b"bc".to_vec(), b"D".to_vec()]);
    }
}
