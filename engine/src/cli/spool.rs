//! Standard input, kept in the data folder before it is folded: a journal can only be folded again
//! on records that are still there.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::thread::JoinHandle;

use anyhow::Context;

use crate::config::Config;
use crate::log::files::DataFolder;

/// Bytes that are taken from standard input at a time.
const CHUNK_BYTES: usize = 64 * 1024;

/// Standard input on its way into the data folder.
#[derive(Debug)]
pub(super) struct Spool {
    thread: Option<JoinHandle<io::Result<()>>>,
}

/// Spools standard input where an input reads it: to its end at once, or, where the run follows,
/// beside the run.
pub(super) fn start(config: &Config, folder: &DataFolder, follow: bool) -> anyhow::Result<Spool> {
    let Some(input) = config
        .inputs
        .iter()
        .find(|input| input.source.reads_standard_input())
    else {
        return Ok(Spool { thread: None });
    };
    let path = folder.spool_path(&input.spec.name);
    let context = || format!("spool standard input to {}", path.display());
    let mut file = open(&path).with_context(context)?;
    if !follow {
        copy(&mut io::stdin().lock(), &mut file, false).with_context(context)?;
        return Ok(Spool { thread: None });
    }
    let thread = std::thread::Builder::new()
        .name("spool".into())
        .spawn(move || copy(&mut io::stdin().lock(), &mut file, true))
        .with_context(context)?;
    Ok(Spool {
        thread: Some(thread),
    })
}

impl Spool {
    /// Says what went wrong, where it ended.
    pub(super) fn finish(self) -> anyhow::Result<()> {
        match self.thread {
            // One that still waits for input ends with the process.
            Some(thread) if thread.is_finished() => match thread.join() {
                Ok(copied) => copied.context("spool standard input"),
                Err(_) => anyhow::bail!("spool standard input: its thread panicked"),
            },
            _ => Ok(()),
        }
    }
}

/// Opens the spool behind its last whole line: what follows was cut short and never folded.
fn open(path: &Path) -> io::Result<File> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .read(true)
        .write(true)
        .open(path)?;
    let mut end = file.seek(SeekFrom::End(0))?;
    let mut byte = [0];
    while end > 0 {
        file.seek(SeekFrom::Start(end - 1))?;
        file.read_exact(&mut byte)?;
        if byte == *b"\n" {
            break;
        }
        end -= 1;
    }
    file.set_len(end)?;
    file.seek(SeekFrom::Start(end))?;
    Ok(file)
}

/// Appends `input` to its end, whole lines only; `at_once` makes each piece durable before a run
/// beside it can fold it.
fn copy(input: &mut dyn Read, file: &mut File, at_once: bool) -> io::Result<()> {
    let mut chunk = vec![0; CHUNK_BYTES];
    let mut last = b'\n';
    loop {
        let taken = match input.read(&mut chunk) {
            Ok(0) => break,
            Ok(taken) => taken,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        let piece = chunk.get(..taken).unwrap_or_default();
        file.write_all(piece)?;
        last = piece.last().copied().unwrap_or(last);
        if at_once {
            file.sync_data()?;
        }
    }
    if last != b'\n' {
        file.write_all(b"\n")?;
    }
    file.sync_data()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_cut_short_goes_and_the_last_line_is_ended() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("spool/usage");
        let cases = [("a\nb", "a\nb\n"), ("c\n", "a\nb\nc\n"), ("", "a\nb\nc\n")];
        for (input, expected) in cases {
            copy(&mut input.as_bytes(), &mut open(&path).unwrap(), false).unwrap();
            assert_eq!(std::fs::read_to_string(&path).unwrap(), expected);
        }
        // A crash in the middle of a line.
        open(&path).unwrap().write_all(b"hal").unwrap();
        copy(&mut &b"d\n"[..], &mut open(&path).unwrap(), true).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "a\nb\nc\nd\n");
    }
}
