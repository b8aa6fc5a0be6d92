//! The arena of ABI `puls/1`.
//!
//! ```text
//! 0             header: Header::FIELDS little-endian u32 fields, padded to 64 bytes × n
//! features_at   features × [f64; 256]   in: NaN is missing
//! parameters_at parameters × f64        in: written once per instance
//! status_at     [u8; 256]               out: see `Status`
//! coverage_at   [u16; 256]              out: ten-thousandths
//! adjust_at     [i32; 256]              out: ten-thousandths of a point
//! exceptions_at [u64; 256]              out: bit i is exception i of the manifest
//! triggers_at   [u64; 256]              out: bit i is trigger i of the manifest
//! contribution_at parts × [i32; 256]    out: ten-thousandths of a point
//! points_at     parts × [u16; 256]      out: hundredths of a point, 65535 is none
//! weight_at     parts × [u16; 256]      out: effective weight, ten-thousandths
//! reason_at     parts × [u16; 256]      out: index into the manifest's reasons plus 1, 0 is none
//! ```
//! Every column begins at a multiple of 64. The host writes the header once per instance and the
//! row count before each call; the guest reads offsets from the header and computes none.

/// Rows in one call at most, and the stride of every column.
pub const ROWS_MAX: usize = 256;
/// Alignment of the arena and of every column in it.
pub const ALIGNMENT: usize = 64;

/// The header's fields, in the order in which they stand; each a little-endian `u32`.
/// `header_bytes` is first, so that a later version can add fields at the end.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[repr(C)]
pub struct Header {
    /// Size of this header.
    pub header_bytes: u32,
    /// Stride of columns: 256.
    pub rows_max: u32,
    /// Rows of this call, 1 to 256.
    pub rows: u32,
    /// Number of features.
    pub features: u32,
    /// Number of parts.
    pub parts: u32,
    /// Number of parameters.
    pub parameters: u32,
    /// Offset of the first feature column, from the start of the arena.
    pub features_at: u32,
    /// Offset of the parameters.
    pub parameters_at: u32,
    /// Offset of the status column.
    pub status_at: u32,
    /// Offset of the coverage column.
    pub coverage_at: u32,
    /// Offset of the adjustment column.
    pub adjust_at: u32,
    /// Offset of the exceptions column.
    pub exceptions_at: u32,
    /// Offset of the triggers column.
    pub triggers_at: u32,
    /// Offset of the first part's contributions.
    pub contribution_at: u32,
    /// Offset of the first part's points.
    pub points_at: u32,
    /// Offset of the first part's weights.
    pub weight_at: u32,
    /// Offset of the first part's reasons.
    pub reason_at: u32,
}

impl Header {
    /// Number of `u32` fields.
    pub const FIELDS: usize = 17;
    /// Position of `rows` in bytes; the one field that changes between calls.
    pub const ROWS_AT: usize = 8;

    /// The header as the bytes that stand in memory.
    #[must_use]
    pub fn to_bytes(self) -> [u8; Self::FIELDS * 4] {
        let fields = [
            self.header_bytes,
            self.rows_max,
            self.rows,
            self.features,
            self.parts,
            self.parameters,
            self.features_at,
            self.parameters_at,
            self.status_at,
            self.coverage_at,
            self.adjust_at,
            self.exceptions_at,
            self.triggers_at,
            self.contribution_at,
            self.points_at,
            self.weight_at,
            self.reason_at,
        ];
        let mut bytes = [0; Self::FIELDS * 4];
        for (place, field) in bytes.chunks_exact_mut(4).zip(fields) {
            place.copy_from_slice(&field.to_le_bytes());
        }
        bytes
    }

    /// The header that stands at the start of these bytes, if they are long enough for one.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (fields, _) = bytes.as_chunks::<4>();
        let mut fields = fields.iter().map(|field| u32::from_le_bytes(*field));
        let mut next = || fields.next();
        Some(Self {
            header_bytes: next()?,
            rows_max: next()?,
            rows: next()?,
            features: next()?,
            parts: next()?,
            parameters: next()?,
            features_at: next()?,
            parameters_at: next()?,
            status_at: next()?,
            coverage_at: next()?,
            adjust_at: next()?,
            exceptions_at: next()?,
            triggers_at: next()?,
            contribution_at: next()?,
            points_at: next()?,
            weight_at: next()?,
            reason_at: next()?,
        })
    }
}

/// Where everything lies in the arena of a module with so many features, parts and parameters.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Layout {
    /// The header that says so.
    pub header: Header,
    /// Size of the whole arena.
    pub bytes: u32,
}

impl Layout {
    /// The layout for counts within the limits of this crate; larger counts are cut to them.
    #[must_use]
    pub const fn new(features: usize, parts: usize, parameters: usize) -> Self {
        let features = at_most(features, crate::FEATURES_MAX);
        let parts = at_most(parts, crate::PARTS_MAX);
        let parameters = at_most(parameters, crate::PARAMETERS_MAX);
        let rows = at_most(ROWS_MAX, ROWS_MAX);
        let header_bytes = at_most(Header::FIELDS * 4, 4096);
        // The fields are evaluated in the order in which they stand: each takes its place.
        let mut at = 0;
        place(&mut at, header_bytes);
        let header = Header {
            header_bytes,
            rows_max: rows,
            rows: 0,
            features,
            parts,
            parameters,
            features_at: place(&mut at, features * rows * 8),
            parameters_at: place(&mut at, parameters * 8),
            status_at: place(&mut at, rows),
            coverage_at: place(&mut at, rows * 2),
            adjust_at: place(&mut at, rows * 4),
            exceptions_at: place(&mut at, rows * 8),
            triggers_at: place(&mut at, rows * 8),
            contribution_at: place(&mut at, parts * rows * 4),
            points_at: place(&mut at, parts * rows * 2),
            weight_at: place(&mut at, parts * rows * 2),
            reason_at: place(&mut at, parts * rows * 2),
        };
        Self { header, bytes: at }
    }
}

/// A count within its limit, as it stands in the header.
#[expect(
    clippy::cast_possible_truncation,
    reason = "every limit of this crate is far below 2^32"
)]
const fn at_most(count: usize, max: usize) -> u32 {
    if count < max {
        count as u32
    } else {
        max as u32
    }
}

/// Takes so many bytes at the next multiple of 64; the greatest arena is under 600 KiB.
const fn place(at: &mut u32, bytes: u32) -> u32 {
    let here = *at;
    *at += bytes.next_multiple_of(64);
    here
}

#[cfg(test)]
mod tests {
    use super::{ALIGNMENT, Header, Layout};

    #[test]
    fn a_header_comes_back_as_it_was_written() {
        let header = Layout::new(7, 5, 2).header;
        let bytes = header.to_bytes();
        assert_eq!(Header::from_bytes(&bytes), Some(header));
        assert_eq!(Header::from_bytes(&bytes[..Header::FIELDS * 4 - 1]), None);
        assert_eq!(bytes[Header::ROWS_AT..Header::ROWS_AT + 4], [0; 4]);
    }

    #[test]
    fn the_greatest_arena_fits_beside_the_stack() {
        let layout = Layout::new(usize::MAX, usize::MAX, usize::MAX);
        assert!(layout.bytes < 600 * 1024, "{} bytes", layout.bytes);
    }

    #[test]
    fn columns_follow_each_other_aligned_and_apart() {
        let layout = Layout::new(3, 2, 1);
        let h = layout.header;
        let places = [
            h.features_at,
            h.parameters_at,
            h.status_at,
            h.coverage_at,
            h.adjust_at,
            h.exceptions_at,
            h.triggers_at,
            h.contribution_at,
            h.points_at,
            h.weight_at,
            h.reason_at,
            layout.bytes,
        ];
        assert!(places.is_sorted_by(|a, b| a < b));
        assert!(
            places
                .iter()
                .all(|at| (*at as usize).is_multiple_of(ALIGNMENT))
        );
        assert_eq!(h.to_bytes().len(), size_of::<Header>());
    }
}
