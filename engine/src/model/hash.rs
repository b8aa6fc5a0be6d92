//! Hashes that are the same on every machine and in every run.
//!
//! Tables use foldhash with a fixed seed: fast, and iteration order is never relied on. Ids use
//! xxh3; content that others may check (modules, outputs) uses blake3.

use std::fmt;

/// Hash state of every table in the engine; fixed, so that runs are alike.
pub type FixedState = foldhash::fast::FixedState;
/// The hash map of the engine.
pub type FixedMap<K, V> = hashbrown::HashMap<K, V, FixedState>;
/// The hash set of the engine.
pub type FixedSet<K> = hashbrown::HashSet<K, FixedState>;

/// 64-bit xxh3 of `bytes`.
#[must_use]
pub fn hash64(bytes: &[u8]) -> u64 {
    xxhash_rust::xxh3::xxh3_64(bytes)
}

/// 128-bit xxh3 of `bytes`.
#[must_use]
pub fn hash128(bytes: &[u8]) -> u128 {
    xxhash_rust::xxh3::xxh3_128(bytes)
}

/// blake3 digest of `bytes`.
#[must_use]
pub fn content_digest(bytes: &[u8]) -> Digest {
    Digest(*blake3::hash(bytes).as_bytes())
}

/// A 32-byte digest, shown as 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// The digest of a running hash after `bytes` followed what gave `self`.
    #[must_use]
    pub fn chain(self, bytes: &[u8]) -> Self {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&self.0);
        hasher.update(bytes);
        Self(*hasher.finalize().as_bytes())
    }

    /// Parses 64 hexadecimal digits.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        blake3::Hash::from_hex(text)
            .ok()
            .map(|hash| Self(*hash.as_bytes()))
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
