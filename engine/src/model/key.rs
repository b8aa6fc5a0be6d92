//! Whose event it is: `tenant/account`, and the shard it belongs to.

use std::fmt;
use std::sync::Arc;

use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};

/// `/` would end the account's name early and `%` would start an escape.
const ESCAPED: &AsciiSet = &CONTROLS.add(b'/').add(b'%');
/// Longest key in bytes, escapes included.
const KEY_BYTES_MAX: usize = 512;

/// The key of an account in every topic and file: `tenant/account`, the account percent-encoded.
///
/// Ordered by its bytes, which is the order of accounts wherever one is needed.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    text: Arc<str>,
    /// Bytes of the tenant's name; asked for with every event, so it is not looked for.
    tenant_len: u8,
}

/// Why a text is no key.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum KeyError {
    /// The tenant is not a name.
    #[error("expected a tenant name of 1 to 64 characters of a-z 0-9 . _ -")]
    Tenant,
    /// The account is empty or the key too long.
    #[error("expected an account id of 1 to {max} bytes", max = KEY_BYTES_MAX)]
    Account,
}

impl Key {
    /// The key of `account` (as the customer writes it, not encoded) of `tenant`.
    ///
    /// # Errors
    /// Where the tenant is no name, or the account is empty or too long.
    pub fn new(tenant: &str, account: &str) -> Result<Self, KeyError> {
        if !name_is_valid(tenant) {
            return Err(KeyError::Tenant);
        }
        let mut text = String::with_capacity(tenant.len() + 1 + account.len());
        text.push_str(tenant);
        text.push('/');
        text.extend(utf8_percent_encode(account, ESCAPED));
        if account.is_empty() || text.len() > KEY_BYTES_MAX {
            return Err(KeyError::Account);
        }
        Ok(Self {
            text: text.into(),
            tenant_len: u8::try_from(tenant.len()).map_err(|_| KeyError::Tenant)?,
        })
    }

    /// The whole key, as it stands in a record.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The tenant's name.
    #[must_use]
    pub fn tenant(&self) -> &str {
        self.text
            .get(..usize::from(self.tenant_len))
            .unwrap_or_default()
    }

    /// The account as it stands in the key, `/` and `%` escaped.
    #[must_use]
    pub fn account_encoded(&self) -> &str {
        self.text
            .get(usize::from(self.tenant_len) + 1..)
            .unwrap_or_default()
    }

    /// The account as the customer writes it.
    #[must_use]
    pub fn account(&self) -> String {
        percent_decode_str(self.account_encoded())
            .decode_utf8_lossy()
            .into_owned()
    }

    /// A key from its text in a record or snapshot.
    ///
    /// # Errors
    /// As [`Key::new`].
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let (tenant, account) = text.split_once('/').ok_or(KeyError::Account)?;
        Self::new(tenant, &percent_decode_str(account).decode_utf8_lossy())
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Whether `name` can name a tenant, rule, metric or segment: `[a-z0-9._-]{1,64}`.
#[must_use]
pub fn name_is_valid(name: &str) -> bool {
    let of_a_name =
        |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'_' | b'-');
    (1..=64).contains(&name.len()) && name.bytes().all(of_a_name)
}

/// The partition of `key` among `partitions`, as Kafka's Java client computes it (murmur2).
#[must_use]
pub fn partition_of(key: &[u8], partitions: u32) -> u32 {
    (murmur2(key) & 0x7fff_ffff) % partitions.max(1)
}

/// Murmur2 with Kafka's seed; the constants are those of `org.apache.kafka.common.utils.Utils`.
fn murmur2(data: &[u8]) -> u32 {
    const M: u32 = 0x5bd1_e995;
    let length = u32::try_from(data.len()).unwrap_or(u32::MAX);
    let mut hash: u32 = 0x9747_b28c ^ length;
    let mut words = data.chunks_exact(4);
    for word in &mut words {
        let mut k = word
            .iter()
            .rev()
            .fold(0, |sum, byte| (sum << 8) | u32::from(*byte));
        k = k.wrapping_mul(M);
        k ^= k >> 24;
        hash = hash.wrapping_mul(M) ^ k.wrapping_mul(M);
    }
    let tail = words.remainder();
    if !tail.is_empty() {
        hash ^= tail
            .iter()
            .rev()
            .fold(0, |sum, byte| (sum << 8) | u32::from(*byte));
        hash = hash.wrapping_mul(M);
    }
    hash ^= hash >> 13;
    hash = hash.wrapping_mul(M);
    hash ^ (hash >> 15)
}

#[cfg(test)]
mod tests {
    use super::{Key, murmur2};

    /// Vectors from Apache Kafka's `UtilsTest.testMurmur2`.
    #[test]
    fn murmur2_agrees_with_kafka() {
        let vectors: [(&str, i32); 6] = [
            ("21", -973_932_308),
            ("foobar", -790_332_482),
            ("a-little-bit-long-string", -985_981_536),
            ("a-little-bit-longer-string", -1_486_304_829),
            (
                "lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8",
                -58_897_971,
            ),
            ("abc", 479_470_107),
        ];
        for (text, expected) in vectors {
            assert_eq!(murmur2(text.as_bytes()).cast_signed(), expected, "{text}");
        }
    }

    #[test]
    fn a_key_keeps_slashes_of_the_account() {
        let key = Key::new("acme", "eu/42%").unwrap();
        assert_eq!(key.as_str(), "acme/eu%2F42%25");
        assert_eq!(key.account(), "eu/42%");
        assert_eq!(Key::parse(key.as_str()).unwrap(), key);
    }
}
