//! Files that survive a crash: whole replacement, and append-only frames.
//!
//! A frame is `length: u32, crc32c of the payload: u32, crc32c of these eight bytes: u32, payload`.
//! A tail that is cut short, or is all zeros, was being written when the machine died, and is cut
//! off. Any other damage is an error, never skipped.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

const FRAME_HEADER_BYTES: usize = 12;

/// Replaces `path` by `bytes`, so that a reader finds the old content or the new, never a part.
///
/// # Errors
/// Where the folder cannot be written; the old file stands then.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let temporary = path.with_extension("new");
    let mut file = File::create(&temporary)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    put_in_place(&temporary, path)
}

/// Moves a whole, synced file to its place, and makes that durable.
///
/// # Errors
/// Where the folder cannot be written; what was at the place stays then.
#[expect(
    clippy::disallowed_methods,
    reason = "this is the one place that renames"
)]
pub fn put_in_place(whole: &Path, place: &Path) -> io::Result<()> {
    std::fs::rename(whole, place)?;
    sync_folder(place)
}

/// Makes a new or renamed file's name durable.
///
/// # Errors
/// Where the folder cannot be opened or synced.
pub fn sync_folder(path: &Path) -> io::Result<()> {
    // A bare name lies in the folder we are in.
    let folder = path
        .parent()
        .map(|folder| match folder.as_os_str().is_empty() {
            true => Path::new("."),
            false => folder,
        });
    folder.map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}

/// A file of frames, open at its end.
#[derive(Debug)]
pub struct Frames {
    file: File,
    bytes: u64,
}

impl Frames {
    /// Opens or creates the file and gives the payloads of its whole frames; what a crash left
    /// behind them is cut off.
    ///
    /// # Errors
    /// Where the file cannot be read or written, or a frame before the last is damaged.
    pub fn open(path: &Path) -> io::Result<(Self, Vec<Vec<u8>>)> {
        Self::open_while(path, |_| Ok(true))
    }

    /// The same; the first frame whose payload is not to be kept is cut off too, with all behind
    /// it.
    ///
    /// # Errors
    /// As [`Frames::open`], and where `is_kept` fails.
    pub fn open_while(
        path: &Path,
        is_kept: impl Fn(&[u8]) -> io::Result<bool>,
    ) -> io::Result<(Self, Vec<Vec<u8>>)> {
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)?;
        sync_folder(path)?;
        let mut found = Vec::new();
        file.read_to_end(&mut found)?;
        let (mut payloads, _) = parse(path, 0, &found)?;
        let (mut kept, mut bytes) = (0, 0);
        for payload in &payloads {
            if !is_kept(payload)? {
                break;
            }
            kept += 1;
            bytes += FRAME_HEADER_BYTES + payload.len();
        }
        payloads.truncate(kept);
        if bytes < found.len() {
            file.set_len(bytes as u64)?;
            file.sync_all()?;
        }
        let bytes = bytes as u64;
        file.seek(SeekFrom::Start(bytes))?;
        Ok((Self { file, bytes }, payloads))
    }

    /// Payloads of whole frames, without changing the file; for readers beside the writer.
    ///
    /// # Errors
    /// As [`Frames::open`]; a missing file has none.
    pub fn read(path: &Path) -> io::Result<Vec<Vec<u8>>> {
        match std::fs::read(path) {
            Ok(bytes) => Ok(parse(path, 0, &bytes)?.0),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    /// Appends a frame and makes it durable.
    ///
    /// # Errors
    /// Where it cannot be written; the file may hold a part of it, which the next open cuts off.
    pub fn append(&mut self, payload: &[u8]) -> io::Result<()> {
        let frame = frame_of(payload)?;
        self.file.write_all(&frame)?;
        self.file.sync_data()?;
        self.bytes += frame.len() as u64;
        Ok(())
    }

    /// Bytes of whole frames.
    #[must_use]
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }
}

/// The frame around a payload.
pub(super) fn frame_of(payload: &[u8]) -> io::Result<Vec<u8>> {
    let length = u32::try_from(payload.len()).map_err(io::Error::other)?;
    let mut frame = Vec::with_capacity(FRAME_HEADER_BYTES + payload.len());
    frame.extend_from_slice(&length.to_le_bytes());
    frame.extend_from_slice(&crc32c::crc32c(payload).to_le_bytes());
    frame.extend_from_slice(&crc32c::crc32c(&frame).to_le_bytes());
    frame.extend_from_slice(payload);
    Ok(frame)
}

/// The payloads of whole frames, and how many bytes those take. `bytes` stand behind `before`
/// others in the file.
pub(super) fn parse(path: &Path, before: u64, bytes: &[u8]) -> io::Result<(Vec<Vec<u8>>, usize)> {
    let mut payloads = Vec::new();
    let mut rest = bytes;
    loop {
        match frame(rest) {
            Frame::Whole(payload, after) => {
                payloads.push(payload.to_vec());
                rest = after;
            }
            Frame::Unfinished => return Ok((payloads, bytes.len() - rest.len())),
            Frame::Damaged => {
                let at = before + (bytes.len() - rest.len()) as u64;
                let message = format!(
                    "expected a whole frame at byte {at} of {}, found a damaged one: restore the \
                     file, or name an empty folder and load again",
                    path.display()
                );
                return Err(io::Error::new(io::ErrorKind::InvalidData, message));
            }
        }
    }
}

enum Frame<'a> {
    /// The payload, and what follows.
    Whole(&'a [u8], &'a [u8]),
    /// The end, or what a crash left.
    Unfinished,
    Damaged,
}

fn frame(bytes: &[u8]) -> Frame<'_> {
    let Some((header, rest)) = bytes.split_first_chunk::<FRAME_HEADER_BYTES>() else {
        return Frame::Unfinished;
    };
    let [l0, l1, l2, l3, c0, c1, c2, c3, h0, h1, h2, h3] = *header;
    let described = [l0, l1, l2, l3, c0, c1, c2, c3];
    if crc32c::crc32c(&described) != u32::from_le_bytes([h0, h1, h2, h3]) {
        let zeros = bytes.iter().all(|byte| *byte == 0);
        return if zeros {
            Frame::Unfinished
        } else {
            Frame::Damaged
        };
    }
    let Some((payload, after)) =
        rest.split_at_checked(u32::from_le_bytes([l0, l1, l2, l3]) as usize)
    else {
        return Frame::Unfinished;
    };
    let whole = crc32c::crc32c(payload) == u32::from_le_bytes([c0, c1, c2, c3]);
    let unwritten = after.is_empty() && payload.ends_with(&[0]);
    match (whole, unwritten) {
        (true, _) => Frame::Whole(payload, after),
        (false, true) => Frame::Unfinished,
        (false, false) => Frame::Damaged,
    }
}

#[cfg(test)]
mod tests {
    use super::{Frames, replace};

    #[test]
    fn a_cut_tail_is_dropped_and_writing_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("frames");
        let (mut frames, _) = Frames::open(&path).unwrap();
        frames.append(b"one").unwrap();
        frames.append(b"two").unwrap();
        let whole = std::fs::read(&path).unwrap();
        for cut in 15..whole.len() {
            replace(&path, &whole[..cut]).unwrap();
            let (mut frames, found) = Frames::open(&path).unwrap();
            assert_eq!(found, [b"one"], "cut at {cut}");
            frames.append(b"three").unwrap();
            assert_eq!(
                Frames::read(&path).unwrap(),
                [b"one".to_vec(), b"three".to_vec()]
            );
        }
    }

    #[test]
    fn damage_before_the_end_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("frames");
        let (mut frames, _) = Frames::open(&path).unwrap();
        frames.append(b"one").unwrap();
        frames.append(b"two").unwrap();
        let whole = std::fs::read(&path).unwrap();
        for at in 0..15 {
            let mut bytes = whole.clone();
            bytes[at] ^= 1;
            replace(&path, &bytes).unwrap();
            let message = Frames::open(&path).unwrap_err().to_string();
            let expected = format!("expected a whole frame at byte 0 of {}", path.display());
            assert!(message.starts_with(&expected), "{message}");
        }
    }
}
