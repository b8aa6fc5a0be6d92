//! One shard's journal, snapshot and outputs.
//!
//! ```text
//! frame of the journal   MARK | topics u64 · bytes of each output u64 · the step's record
//! one of older programs  bytes of the first four outputs u64 · the step's record
//! ```
//! No output is as long as [`MARK`], so the first number says which of both a frame is.

use std::fs::{File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::counts::{self, CountsFile};
use super::folder::DataFolder;
use crate::log::durable::{self, Frames};
use crate::log::{Commit, LogError, Snapshot};
use crate::model::{Reader, ShardId, Topic, Writer};

/// Number of output files.
const TOPICS: usize = Topic::ALL.len();
/// Number of output files of a frame that does not say how many.
const TOPICS_BEFORE: usize = 4;
/// Stands with the number of outputs before their lengths.
const MARK: u64 = 1 << 63;

/// The files of one shard, open for a run or read only.
#[derive(Debug)]
pub(super) struct ShardFiles {
    path: PathBuf,
    journal: Vec<Vec<u8>>,
    writer: Option<Writers>,
}

#[derive(Debug)]
struct Writers {
    journal: Frames,
    outputs: Vec<OutputFile>,
    /// Made when something is first counted.
    counts: Option<CountsFile>,
}

#[derive(Debug)]
struct OutputFile {
    file: File,
    bytes: u64,
}

impl ShardFiles {
    /// Opens the files; in a run, cuts outputs back to what the journal says.
    pub(super) fn open(folder: &DataFolder, shard: ShardId) -> Result<Self, LogError> {
        let path = folder.shard_path(shard);
        let files = if folder.is_read_only() {
            Self::read(&path)
        } else {
            Self::write(&path)
        };
        files.map_err(|error| LogError::Stop(format!("open {}: {error}", path.display())))
    }

    fn read(path: &Path) -> io::Result<Self> {
        let journal = Frames::read(&path.join("journal"))?;
        Ok(Self {
            path: path.to_owned(),
            journal,
            writer: None,
        })
    }

    fn write(path: &Path) -> io::Result<Self> {
        std::fs::create_dir_all(path)?;
        let (frames, journal) = Frames::open(&path.join("journal"))?;
        let last = journal.last().map(|frame| lengths_of(frame));
        let (lengths, _) = last.transpose()?.unwrap_or_default();
        let mut outputs = Vec::new();
        for (topic, bytes) in Topic::ALL.iter().zip(lengths) {
            outputs.push(OutputFile::open(&output_path(path, *topic), bytes)?);
        }
        let counts = counts::path_in(path);
        let counts = match counts.exists() {
            true => Some(CountsFile::open(&counts, journal.len() as u64)?),
            false => None,
        };
        durable::sync_folder(&path.join("journal"))?;
        let writer = Some(Writers {
            journal: frames,
            outputs,
            counts,
        });
        Ok(Self {
            path: path.to_owned(),
            journal,
            writer,
        })
    }

    pub(super) fn journal(&self, sequence_from: u64) -> Result<Vec<Vec<u8>>, LogError> {
        let from = usize::try_from(sequence_from).unwrap_or(usize::MAX);
        let frames = self.journal.get(from..).unwrap_or(&[]);
        let record = |frame: &Vec<u8>| {
            let (_, head) = lengths_of(frame).ok()?;
            frame.get(head..).map(<[u8]>::to_vec)
        };
        let records: Option<Vec<_>> = frames.iter().map(record).collect();
        records.ok_or_else(|| LogError::Stop(format!("read {}: a frame is short", self.name())))
    }

    pub(super) fn commit(&mut self, commit: &Commit) -> Result<(), LogError> {
        let name = self.name();
        let sequence = self.journal.len() as u64;
        let writer = self.writer.as_mut();
        let writer = writer.ok_or_else(|| LogError::Stop(format!("write {name}: read only")))?;
        let counted = writer.count(&self.path, sequence, &commit.counts);
        let frame = counted
            .and_then(|()| writer.append(commit))
            .map_err(|error| {
                LogError::Stop(format!(
                    "write {name}: {error}. Nothing is lost: free the disk or mend the folder and \
                 start again, the run goes on behind its last whole step"
                ))
            })?;
        self.journal.push(frame);
        Ok(())
    }

    /// Bytes of counts that are committed.
    pub(super) fn counts_bytes(&self) -> u64 {
        let counts = self.writer.as_ref().and_then(|it| it.counts.as_ref());
        counts.map_or(0, CountsFile::bytes)
    }

    pub(super) fn snapshot(&self) -> Result<Option<Snapshot>, LogError> {
        let path = self.path.join("snapshot");
        let failed = |detail: String| LogError::Stop(format!("read {}: {detail}", path.display()));
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed(error.to_string())),
        };
        let mut reader = Reader::new(&bytes);
        let sequence_next = reader.u64().map_err(|error| failed(error.to_string()))?;
        let bytes = bytes.get(8..).unwrap_or(&[]).to_vec();
        Ok(Some(Snapshot {
            sequence_next,
            bytes,
        }))
    }

    pub(super) fn store_snapshot(&self, snapshot: &Snapshot) -> Result<(), LogError> {
        let mut bytes = snapshot.sequence_next.to_le_bytes().to_vec();
        bytes.extend_from_slice(&snapshot.bytes);
        durable::replace(&self.path.join("snapshot"), &bytes).map_err(|error| {
            LogError::Stop(format!(
                "write {}: {error}; the old one stands",
                self.name()
            ))
        })
    }

    fn name(&self) -> String {
        self.path.display().to_string()
    }
}

impl Writers {
    /// What the step counted, before the journal's frame that makes it count.
    fn count(&mut self, path: &Path, sequence: u64, payloads: &[Vec<u8>]) -> io::Result<()> {
        if payloads.is_empty() {
            return Ok(());
        }
        let file = match self.counts.take() {
            Some(file) => file,
            None => CountsFile::open(&counts::path_in(path), sequence)?,
        };
        self.counts.insert(file).append(sequence, payloads)
    }

    /// Outputs first, then the journal's frame that makes them count.
    fn append(&mut self, commit: &Commit) -> io::Result<Vec<u8>> {
        let mut writer = Writer::new();
        writer.u64(MARK | TOPICS as u64);
        for (topic, output) in Topic::ALL.iter().zip(&mut self.outputs) {
            let mut lines = Vec::new();
            for line in commit.outputs.iter().filter(|line| line.topic == *topic) {
                lines.extend_from_slice(&line.value);
                lines.push(b'\n');
            }
            output.append(&lines)?;
            writer.u64(output.bytes);
        }
        let mut frame = writer.into_bytes();
        frame.extend_from_slice(&commit.journal);
        self.journal.append(&frame)?;
        Ok(frame)
    }
}

impl OutputFile {
    /// Opens the file and cuts it back to `bytes`.
    fn open(path: &Path, bytes: u64) -> io::Result<Self> {
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)?;
        let found = file.metadata()?.len();
        if found < bytes {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                format!(
                    "expected at least {bytes} bytes in {}, found {found}: the journal says that \
                     they were written; restore the file, or name an empty folder and load again",
                    path.display()
                ),
            ));
        }
        file.set_len(bytes)?;
        file.seek(SeekFrom::Start(bytes))?;
        Ok(Self { file, bytes })
    }

    fn append(&mut self, lines: &[u8]) -> io::Result<()> {
        if lines.is_empty() {
            return Ok(());
        }
        self.file.write_all(lines)?;
        self.file.sync_data()?;
        self.bytes += lines.len() as u64;
        Ok(())
    }
}

/// Where a shard's output of one topic lies.
fn output_path(path: &Path, topic: Topic) -> PathBuf {
    path.join(format!("{}.ndjson", topic.as_str()))
}

/// The lengths of the outputs that a frame says (0 for one that it does not know), and how many
/// bytes of it say them.
fn lengths_of(frame: &[u8]) -> io::Result<([u64; TOPICS], usize)> {
    let mut lengths = [0; TOPICS];
    let mut reader = Reader::new(frame);
    let first = reader.u64().map_err(io::Error::other)?;
    let (mut known, mut head) = (TOPICS_BEFORE, TOPICS_BEFORE * 8);
    if first & MARK == 0 {
        reader = Reader::new(frame);
    } else {
        known = usize::try_from(first ^ MARK).unwrap_or(usize::MAX);
        head = 8 + TOPICS.min(known) * 8;
        if known > TOPICS {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                format!(
                    "expected the lengths of {TOPICS} outputs in the journal, found {known}: a \
                     newer program wrote it; run that one"
                ),
            ));
        }
    }
    for length in lengths.iter_mut().take(known) {
        *length = reader.u64().map_err(io::Error::other)?;
    }
    Ok((lengths, head))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_says_how_long_its_outputs_are() {
        let frame = |numbers: &[u64]| {
            let bytes = numbers.iter().flat_map(|number| number.to_le_bytes());
            bytes.chain(*b"record").collect::<Vec<_>>()
        };
        let cases = [
            (&[1, 2, 3, 4][..], Ok(([1, 2, 3, 4, 0], 32))),
            (&[MARK | 5, 1, 2, 3, 4, 5], Ok(([1, 2, 3, 4, 5], 48))),
            (&[MARK | 4, 1, 2, 3, 4], Ok(([1, 2, 3, 4, 0], 40))),
            (&[MARK | 6, 1, 2, 3, 4, 5, 6], Err("a newer program")),
            (&[MARK | 5, 1, 2], Err("")),
        ];
        for (numbers, expected) in cases {
            match (lengths_of(&frame(numbers)), expected) {
                (Ok(found), Ok(expected)) => assert_eq!(found, expected, "{numbers:?}"),
                (Err(error), Err(part)) => {
                    assert!(error.to_string().contains(part), "{error}");
                }
                (found, _) => panic!("{numbers:?}: {found:?}"),
            }
        }
    }
}
