//! Bytes of snapshots and journals: little-endian numbers and length-prefixed text, no framing.
//!
//! Each structure writes its fields in order and reads them back in the same order; versions and
//! checksums belong to the frame around it (`snapshot`, `journal`).

/// Why bytes are not what they should be.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CodecError {
    /// The bytes end within a field.
    #[error("expected {expected} more bytes at byte {at}, found the end")]
    Short {
        /// Bytes that the field needs.
        expected: usize,
        /// Where it begins.
        at: usize,
    },
    /// A field has a value that it cannot have.
    #[error("expected {expected} at byte {at}")]
    Value {
        /// What should be there.
        expected: &'static str,
        /// Where it stands.
        at: usize,
    },
}

/// Writes fields one behind the other.
#[derive(Debug, Default)]
pub struct Writer {
    bytes: Vec<u8>,
}

macro_rules! numbers {
    ($($name:ident: $type:ty),*) => {
        impl Writer { $(
            /// Writes one number.
            pub fn $name(&mut self, value: $type) {
                self.bytes.extend_from_slice(&value.to_le_bytes());
            }
        )* }
        impl Reader<'_> { $(
            /// Reads one number.
            ///
            /// # Errors
            /// Where the bytes end.
            pub fn $name(&mut self) -> Result<$type, CodecError> {
                self.array().map(<$type>::from_le_bytes)
            }
        )* }
    };
}
numbers!(u8: u8, u16: u16, u32: u32, u64: u64, u128: u128, i32: i32, i64: i64, i128: i128);

impl Writer {
    /// An empty writer.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// What was written.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// Number of bytes written.
    #[must_use]
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether nothing was written.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Writes a float by its bits.
    pub fn f64(&mut self, value: f64) {
        self.u64(value.to_bits());
    }

    /// Writes yes or no.
    pub fn bool(&mut self, value: bool) {
        self.u8(u8::from(value));
    }

    /// Writes a length or count. Nothing here is longer than 2³² − 1; more is cut at that.
    pub fn count(&mut self, value: usize) {
        self.u32(u32::try_from(value).unwrap_or(u32::MAX));
    }

    /// Writes bytes with their length before them.
    pub fn bytes(&mut self, value: &[u8]) {
        self.count(value.len());
        self.bytes.extend_from_slice(value);
    }

    /// Writes text with its length before it.
    pub fn text(&mut self, value: &str) {
        self.bytes(value.as_bytes());
    }

    /// Writes whether there is a value, and it.
    pub fn option<T>(&mut self, value: Option<T>, write: impl FnOnce(&mut Self, T)) {
        self.bool(value.is_some());
        if let Some(value) = value {
            write(self, value);
        }
    }

    /// Writes a count and then each item.
    pub fn list<T>(
        &mut self,
        items: impl ExactSizeIterator<Item = T>,
        mut write: impl FnMut(&mut Self, T),
    ) {
        self.count(items.len());
        for item in items {
            write(self, item);
        }
    }
}

/// Reads fields one behind the other; never panics, whatever the bytes are.
#[derive(Debug)]
pub struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    schema: u32,
}

impl<'a> Reader<'a> {
    /// Reads from the beginning of `bytes`.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        let (at, schema) = (0, u32::MAX);
        Self { bytes, at, schema }
    }

    /// The same of bytes that were written under an older schema.
    #[must_use]
    pub const fn of_schema(self, schema: u32) -> Self {
        Self { schema, ..self }
    }

    /// The schema that the bytes were written under; the newest unless it was said.
    #[must_use]
    pub const fn schema(&self) -> u32 {
        self.schema
    }

    /// Whether all was read.
    #[must_use]
    pub const fn is_at_end(&self) -> bool {
        self.at == self.bytes.len()
    }

    /// The error for a field that cannot have the value just read.
    #[must_use]
    pub const fn invalid(&self, expected: &'static str) -> CodecError {
        CodecError::Value {
            expected,
            at: self.at,
        }
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], CodecError> {
        let end = self.at.checked_add(length);
        let taken = end.and_then(|end| self.bytes.get(self.at..end));
        let taken = taken.ok_or(CodecError::Short {
            expected: length,
            at: self.at,
        })?;
        self.at += length;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], CodecError> {
        let at = self.at;
        self.take(N)?
            .try_into()
            .map_err(|_| CodecError::Short { expected: N, at })
    }

    /// Reads a float by its bits.
    ///
    /// # Errors
    /// Where the bytes end.
    pub fn f64(&mut self) -> Result<f64, CodecError> {
        self.u64().map(f64::from_bits)
    }

    /// Reads yes or no.
    ///
    /// # Errors
    /// Where the bytes end or the byte is neither.
    pub fn bool(&mut self) -> Result<bool, CodecError> {
        match self.u8()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(self.invalid("0 or 1")),
        }
    }

    /// Reads a length or count; never more than there are bytes left, so that a hostile count
    /// reserves nothing.
    ///
    /// # Errors
    /// Where the bytes end.
    pub fn count(&mut self) -> Result<usize, CodecError> {
        let count = self.u32()? as usize;
        let left = self.bytes.len() - self.at;
        if count > left {
            return Err(CodecError::Short {
                expected: count,
                at: self.at,
            });
        }
        Ok(count)
    }

    /// Reads bytes with their length before them.
    ///
    /// # Errors
    /// Where the bytes end.
    pub fn bytes(&mut self) -> Result<&'a [u8], CodecError> {
        let length = self.count()?;
        self.take(length)
    }

    /// Reads text with its length before it.
    ///
    /// # Errors
    /// Where the bytes end or are not UTF-8.
    pub fn text(&mut self) -> Result<&'a str, CodecError> {
        let bytes = self.bytes()?;
        std::str::from_utf8(bytes).map_err(|_| self.invalid("UTF-8 text"))
    }

    /// Reads whether there is a value, and it.
    ///
    /// # Errors
    /// As `read`.
    pub fn option<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, CodecError>,
    ) -> Result<Option<T>, CodecError> {
        if self.bool()? {
            read(self).map(Some)
        } else {
            Ok(None)
        }
    }

    /// Reads a count and then each item; an item is at least one byte.
    ///
    /// # Errors
    /// As `read`.
    pub fn list<T>(
        &mut self,
        mut read: impl FnMut(&mut Self) -> Result<T, CodecError>,
    ) -> Result<Vec<T>, CodecError> {
        (0..self.count()?).map(|_| read(self)).collect()
    }
}
