//! Records of one input's files, one behind the other, told apart without being understood.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use bytes::{Buf, Bytes, BytesMut};
use flate2::read::MultiGzDecoder;
use memchr::{memchr, memchr_iter};

use super::inputs::Metered;
use super::{FileFormat, FileInput};
use crate::limits::RECORD_BYTES_MAX;
use crate::log::LogError;
use crate::model::{InputIndex, Record};

/// Bytes read from a file at a time.
const BLOCK_BYTES: usize = 256 * 1024;
/// The record header that carries a CSV file's header row.
const CSV_HEADER: &str = "csv-header";

/// Reads an input forward.
pub(super) struct RecordReader {
    source: FileInput,
    /// Bytes that were read of files.
    bytes: Arc<AtomicU64>,
    /// The file that is open, and its number among the input's.
    open: Option<(usize, Box<dyn Read + Send>)>,
    buffer: BytesMut,
    /// The open file's CSV header row.
    header: Option<Bytes>,
    /// Number of the next record.
    position: u64,
    /// A row that was seen while asking for the end.
    peeked: Option<Bytes>,
}

impl std::fmt::Debug for RecordReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RecordReader")
            .field("position", &self.position)
            .finish_non_exhaustive()
    }
}

impl RecordReader {
    /// A reader at the beginning.
    pub(super) fn new(source: FileInput, bytes: Arc<AtomicU64>) -> Self {
        let buffer = BytesMut::new();
        Self {
            source,
            bytes,
            open: None,
            buffer,
            header: None,
            position: 0,
            peeked: None,
        }
    }

    /// Number of the next record.
    pub(super) const fn position(&self) -> u64 {
        self.position
    }

    /// Moves to record `position`: reads over those before it, from the beginning if it must.
    pub(super) fn seek(&mut self, position: u64) -> Result<(), LogError> {
        if position < self.position {
            *self = Self::new(self.source.clone(), Arc::clone(&self.bytes));
        }
        while self.position < position {
            if self.next(0)?.is_none() {
                return Err(LogError::Stop(format!(
                    "read {} from record {position}: it ends at record {}. The journal says that \
                     those records were folded: restore the file, or name an empty data folder",
                    self.name(),
                    self.position
                )));
            }
        }
        Ok(())
    }

    /// The end, if the reader stands there now.
    pub(super) fn end(&mut self) -> Result<Option<u64>, LogError> {
        self.peeked = self.row()?;
        Ok(self.peeked.is_none().then_some(self.position))
    }

    /// The next record, or `None` where no whole one is readable now.
    pub(super) fn next(&mut self, input: InputIndex) -> Result<Option<Record>, LogError> {
        let Some(value) = self.row()? else {
            return Ok(None);
        };
        let header = self
            .header
            .iter()
            .map(|header| (CSV_HEADER.to_owned(), header.clone()));
        let headers = header.collect();
        let offset = self.position;
        self.position += 1;
        Ok(Some(Record {
            input,
            offset,
            timestamp: None,
            key: None,
            headers,
            value,
        }))
    }

    /// The next row that is a record; opens files and takes header rows on the way.
    fn row(&mut self) -> Result<Option<Bytes>, LogError> {
        if self.peeked.is_some() {
            return Ok(self.peeked.take());
        }
        loop {
            if self.open.is_none() && !self.open_next(0)? {
                return Ok(None);
            }
            let row = self.line().map_err(|error| self.failed(&error))?;
            match row {
                Some(row) if row.trim_ascii().is_empty() => {}
                Some(row) if self.source.format == FileFormat::Csv && self.header.is_none() => {
                    self.header = Some(row);
                }
                Some(row) => return Ok(Some(row)),
                None => {
                    let following = self.open.as_ref().map_or(0, |(number, _)| number + 1);
                    if following >= self.source.paths.len() || !self.open_next(following)? {
                        return Ok(None);
                    }
                }
            }
        }
    }

    fn open_next(&mut self, number: usize) -> Result<bool, LogError> {
        let Some(path) = self.source.paths.get(number).cloned() else {
            return Ok(false);
        };
        let file = open(&path, &self.bytes).map_err(|error| {
            LogError::Stop(format!("open input file {}: {error}", path.display()))
        })?;
        self.open = Some((number, file));
        self.buffer.clear();
        self.header = None;
        Ok(true)
    }

    /// The next line without its end, or within quotes several; `None` where none is whole.
    fn line(&mut self) -> io::Result<Option<Bytes>> {
        let mut searched = 0;
        let mut quotes = 0;
        loop {
            let unseen = self.buffer.get(searched..).unwrap_or(&[]);
            if let Some(end) = memchr(b'\n', unseen).map(|at| searched + at) {
                let line = self.buffer.get(searched..end).unwrap_or(&[]);
                quotes += memchr_iter(b'"', line).count();
                searched = end + 1;
                if self.source.format == FileFormat::Lines || quotes % 2 == 0 {
                    let row = self.buffer.split_to(end + 1).freeze();
                    return Ok(Some(without_line_end(&row)));
                }
                continue;
            }
            if self.buffer.len() > RECORD_BYTES_MAX {
                return self.long_line().map(Some);
            }
            if !self.fill()? {
                return Ok(self.last_line());
            }
        }
    }

    /// A line over the limit: as much of it as shows that, and nothing of its rest.
    fn long_line(&mut self) -> io::Result<Bytes> {
        let beginning = self.buffer.split_to(RECORD_BYTES_MAX + 1).freeze();
        loop {
            if let Some(end) = memchr(b'\n', &self.buffer) {
                self.buffer.advance(end + 1);
                return Ok(beginning);
            }
            self.buffer.clear();
            if !self.fill()? {
                return Ok(beginning);
            }
        }
    }

    /// What stands behind the last line end: a record, unless it may still grow.
    fn last_line(&mut self) -> Option<Bytes> {
        let last_file = self.open.as_ref().map(|(number, _)| number + 1);
        let growing = self.source.follow && last_file == Some(self.source.paths.len());
        if growing || self.buffer.is_empty() {
            return None;
        }
        Some(without_line_end(&self.buffer.split().freeze()))
    }

    /// Reads another block; whether there was any.
    fn fill(&mut self) -> io::Result<bool> {
        let Some((_, file)) = self.open.as_mut() else {
            return Ok(false);
        };
        let before = self.buffer.len();
        self.buffer.resize(before + BLOCK_BYTES, 0);
        let place = self.buffer.get_mut(before..).unwrap_or(&mut []);
        let read = loop {
            match file.read(place) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                outcome => break outcome,
            }
        };
        self.buffer.truncate(before + *read.as_ref().unwrap_or(&0));
        read.map(|bytes| bytes > 0)
    }

    fn name(&self) -> String {
        let number = self.open.as_ref().map_or(0, |(number, _)| *number);
        self.source
            .paths
            .get(number)
            .map_or_else(String::new, |path| path.display().to_string())
    }

    fn failed(&self, error: &io::Error) -> LogError {
        LogError::Stop(format!(
            "read {} at record {}: {error}",
            self.name(),
            self.position
        ))
    }
}

fn without_line_end(row: &Bytes) -> Bytes {
    let end = row.strip_suffix(b"\n").unwrap_or(row);
    row.slice_ref(end.strip_suffix(b"\r").unwrap_or(end))
}

/// Opens a file, decompressing it where it begins as gzip does.
fn open(path: &Path, bytes: &Arc<AtomicU64>) -> io::Result<Box<dyn Read + Send>> {
    let mut file = File::open(path)?;
    let mut magic = Vec::new();
    file.by_ref().take(2).read_to_end(&mut magic)?;
    file.rewind()?;
    let file = Metered::new(file, Arc::clone(bytes));
    if magic == [0x1f, 0x8b] {
        return Ok(Box::new(MultiGzDecoder::new(BufReader::new(file))));
    }
    Ok(Box::new(file))
}
