//! The frame of a snapshot. What is in it belongs to `shard`; here only whether it is whole.
//!
//! ```text
//! 0   8   magic "PULSSNAP"
//! 8   4   version of the payload's schema, little-endian
//! 12  8   length of the payload
//! 20  n   payload
//! 20+n 32 blake3 of everything before
//! ```

use crate::model::{Digest, content_digest};

const MAGIC: &[u8; 8] = b"PULSSNAP";
const HEADER_BYTES: usize = 20;
const CHECKSUM_BYTES: usize = 32;

/// The schema that this program writes. Older ones that were released are upgraded by one function
/// a version; their fixtures are kept in `tests/fixtures`. Version 1 was never released and is
/// refused. Version 2 has no segment statistics, no scores of days ago
/// and no plans of licenses.
pub const VERSION: u32 = 3;
/// The oldest schema that this program reads.
const VERSION_MIN: u32 = 2;

/// Why bytes are no snapshot.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SnapshotError {
    /// Another kind of file.
    #[error("expected a snapshot (magic PULSSNAP), found other bytes")]
    Magic,
    /// Cut short or too long.
    #[error("expected a snapshot of {expected} bytes, found {found}")]
    Length {
        /// As the header says.
        expected: u64,
        /// As it is.
        found: u64,
    },
    /// Changed since it was written.
    #[error("the snapshot is damaged: its checksum is {found}, expected {expected}")]
    Checksum {
        /// As it stands behind the payload.
        expected: Digest,
        /// Of what was found.
        found: Digest,
    },
    /// Written before the first release.
    #[error(
        "expected a snapshot of schema version {VERSION}, found version {0}, which was never \
             released: remove the snapshots, and the state is folded anew from the inputs"
    )]
    Outdated(u32),
    /// Written by a newer program.
    #[error(
        "expected a snapshot of schema version {VERSION} or older, found version {0}: \
             start the version of puls that wrote it, or a newer one"
    )]
    Version(u32),
    /// The payload is not what its version says.
    #[error("the snapshot's payload cannot be read: {0}")]
    Payload(#[from] crate::model::CodecError),
}

/// Frames a payload of the present version.
#[must_use]
pub fn seal(payload: &[u8]) -> Vec<u8> {
    seal_as(VERSION, payload)
}

fn seal_as(version: u32, payload: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(HEADER_BYTES + payload.len() + CHECKSUM_BYTES);
    bytes.extend_from_slice(MAGIC);
    bytes.extend_from_slice(&version.to_le_bytes());
    bytes.extend_from_slice(&(payload.len() as u64).to_le_bytes());
    bytes.extend_from_slice(payload);
    let checksum = content_digest(&bytes);
    bytes.extend_from_slice(&checksum.0);
    bytes
}

/// The schema version and payload of a whole snapshot.
///
/// # Errors
/// Where the bytes are no whole snapshot of a version that this program knows.
pub fn open(bytes: &[u8]) -> Result<(u32, &[u8]), SnapshotError> {
    let found = bytes.len() as u64;
    let (magic, rest) = bytes.split_first_chunk::<8>().ok_or(SnapshotError::Magic)?;
    if magic != MAGIC {
        return Err(SnapshotError::Magic);
    }
    let short = SnapshotError::Length {
        expected: (HEADER_BYTES + CHECKSUM_BYTES) as u64,
        found,
    };
    let (version, rest) = rest.split_first_chunk::<4>().ok_or_else(|| short.clone())?;
    let (length, rest) = rest.split_first_chunk::<8>().ok_or(short)?;
    let version = u32::from_le_bytes(*version);
    let length = u64::from_le_bytes(*length);
    let expected = length.saturating_add((HEADER_BYTES + CHECKSUM_BYTES) as u64);
    let wrong = SnapshotError::Length { expected, found };
    if expected != found {
        return Err(wrong);
    }
    let (payload, checksum) = rest.split_last_chunk::<CHECKSUM_BYTES>().ok_or(wrong)?;
    let sealed = bytes.get(..bytes.len() - CHECKSUM_BYTES).unwrap_or(&[]);
    let (expected, found) = (Digest(*checksum), content_digest(sealed));
    if expected != found {
        return Err(SnapshotError::Checksum { expected, found });
    }
    if version < VERSION_MIN {
        return Err(SnapshotError::Outdated(version));
    }
    if version > VERSION {
        return Err(SnapshotError::Version(version));
    }
    Ok((version, payload))
}

#[cfg(test)]
mod tests {
    use super::{SnapshotError, VERSION, open, seal, seal_as};

    #[test]
    fn other_versions_are_refused_with_what_to_do() {
        for (version, expected) in [
            (0, SnapshotError::Outdated(0)),
            (1, SnapshotError::Outdated(1)),
            (VERSION + 1, SnapshotError::Version(VERSION + 1)),
        ] {
            assert_eq!(open(&seal_as(version, b"some state")), Err(expected));
        }
        let message = SnapshotError::Outdated(1).to_string();
        assert!(message.contains("remove the snapshots"), "{message}");
    }

    #[test]
    fn every_damage_is_found() {
        let whole = seal(b"some state");
        assert_eq!(open(&whole).unwrap(), (VERSION, b"some state".as_slice()));
        for at in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[at] ^= 1;
            assert!(
                open(&damaged).is_err(),
                "a flipped bit at byte {at} went unseen"
            );
            assert!(
                open(&whole[..at]).is_err(),
                "a cut at byte {at} went unseen"
            );
        }
        assert_eq!(open(b"something else"), Err(SnapshotError::Magic));
    }
}
