//! Signatures of rule packages: Ed25519, detached, any number of signers.
//!
//! ```text
//! what is signed   puls rule package 1\n<digest of the package, 64 hexadecimal digits>\n
//! FILE.sig         puls signature 1
//!                  digest 3fa9…
//!                  ed25519:<public key> <signature>        a line for each signer
//! ```
//! Keys and signatures are base64. The digest covers the whole package, so who has an activation's
//! record (digest, key, signature) can check it without the package. A signature says who stands
//! for a package, and nothing of where it governs: tenant, name, role and parameters stand in the
//! activation, and a key that two tenants trust stands for its packages with both. Nothing here
//! reads a file or says whom to trust: see `rules::trust`.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signer, SigningKey, VerifyingKey};

use crate::limits::{SIGNATURE_BYTES_MAX, SIGNATURES_MAX};
use crate::model::Digest;

/// First line of a file of signatures.
const HEADER: &str = "puls signature 1";
/// Before a public key.
const PUBLIC: &str = "ed25519:";
/// Before a private key.
const PRIVATE: &str = "ed25519-private:";

/// Why a key or a signature cannot be used.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SignatureError {
    /// It is no public key.
    #[error(
        "expected a public key such as ed25519:<44 characters> (`puls rule keygen` prints one), \
         found `{found}`"
    )]
    Public {
        /// What there is.
        found: String,
    },
    /// It is no private key. What was found is never said.
    #[error("expected a private key as `puls rule keygen` writes it, found something else")]
    Private,
    /// It is a private key, which is never said, where everybody may read what stands.
    #[error(
        "expected a public key or a signature, found a private key: put what `puls rule keygen` \
         wrote into the file that ends in .pub here, and make a new pair if others may have read \
         this one"
    )]
    Exposed,
    /// It is no file of signatures.
    #[error("expected signatures as `puls rule sign` writes them, found {found}")]
    Form {
        /// What there is.
        found: String,
    },
}

/// Who may sign: the half of a key that everybody may know.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

/// What signs: the half of a key that nobody else may know. Never printed; its memory is cleared.
pub struct PrivateKey(SigningKey);

/// One signer's word on a package.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Signature {
    /// Whose.
    pub key: PublicKey,
    /// The signature itself.
    pub bytes: [u8; 64],
}

/// All signers' words on one package.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Signatures {
    /// Of the package.
    pub digest: Digest,
    /// One a key.
    pub list: Vec<Signature>,
}

impl PublicKey {
    /// The key that `text` names.
    ///
    /// # Errors
    /// Where it is none, or one whose signatures would fit anything.
    pub fn parse(text: &str) -> Result<Self, SignatureError> {
        if text.contains(PRIVATE) {
            return Err(SignatureError::Exposed);
        }
        let found = || SignatureError::Public {
            found: text.to_owned(),
        };
        let bytes = decode::<32>(text, PUBLIC).ok_or_else(found)?;
        let key = VerifyingKey::from_bytes(&bytes).map_err(|_| found())?;
        if key.is_weak() {
            return Err(found());
        }
        Ok(Self(key))
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PUBLIC}{}", STANDARD.encode(self.0.as_bytes()))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl PrivateKey {
    /// The key that these random bytes are.
    #[must_use]
    pub fn new(random: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(random))
    }

    /// The key that `text` is.
    ///
    /// # Errors
    /// Where it is none.
    pub fn parse(text: &str) -> Result<Self, SignatureError> {
        let bytes = decode::<32>(text.trim(), PRIVATE).ok_or(SignatureError::Private)?;
        Ok(Self::new(&bytes))
    }

    /// The key as its file holds it.
    #[must_use]
    pub fn to_text(&self) -> String {
        format!("{PRIVATE}{}\n", STANDARD.encode(self.0.as_bytes()))
    }

    /// Its other half.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }

    /// Signs the package of this digest.
    #[must_use]
    pub fn sign(&self, digest: Digest) -> Signature {
        Signature {
            key: self.public(),
            bytes: self.0.sign(&message(digest)).to_bytes(),
        }
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "private key of {}", self.public())
    }
}

impl Signature {
    /// The signature of `key` that `text` is.
    ///
    /// # Errors
    /// Where either is none.
    pub fn parse(key: &str, text: &str) -> Result<Self, SignatureError> {
        let key = PublicKey::parse(key)?;
        let bytes = decode(text, "").ok_or_else(|| SignatureError::Form {
            found: format!("`{text}` in place of a signature"),
        })?;
        Ok(Self { key, bytes })
    }

    /// The signature in base64, without its key.
    #[must_use]
    pub fn to_text(&self) -> String {
        STANDARD.encode(self.bytes)
    }

    /// Whether the holder of the key signed the package of this digest.
    #[must_use]
    pub fn fits(&self, digest: Digest) -> bool {
        let signature = ed25519_dalek::Signature::from_bytes(&self.bytes);
        let verified = self.key.0.verify_strict(&message(digest), &signature);
        verified.is_ok()
    }
}

impl Signatures {
    /// None yet.
    #[must_use]
    pub const fn none(digest: Digest) -> Self {
        Self {
            digest,
            list: Vec::new(),
        }
    }

    /// Reads a file of signatures. Whether they fit is not looked at.
    ///
    /// # Errors
    /// Where it is none.
    pub fn parse(bytes: &[u8]) -> Result<Self, SignatureError> {
        let form = |found: String| SignatureError::Form { found };
        if bytes.len() > SIGNATURE_BYTES_MAX {
            let found = bytes.len();
            return Err(form(format!(
                "{found} of at most {SIGNATURE_BYTES_MAX} bytes"
            )));
        }
        let text = std::str::from_utf8(bytes).map_err(|_| form("bytes that are no text".into()))?;
        if text.contains(PRIVATE) {
            return Err(SignatureError::Exposed);
        }
        let mut lines = text.lines();
        let first = lines.next().unwrap_or_default();
        if first != HEADER {
            return Err(form(format!("`{first}` in place of `{HEADER}`")));
        }
        let second = lines.next().unwrap_or_default();
        let digest = second.strip_prefix("digest ").and_then(Digest::parse);
        let digest =
            digest.ok_or_else(|| form(format!("`{second}` in place of the package's digest")))?;
        let mut signatures = Self::none(digest);
        for line in lines {
            let Some((key, text)) = line.split_once(' ') else {
                return Err(form(format!(
                    "`{line}` in place of a key and its signature"
                )));
            };
            signatures.add(Signature::parse(key, text)?);
        }
        if signatures.list.len() > SIGNATURES_MAX {
            let found = signatures.list.len();
            return Err(form(format!("{found} signers of at most {SIGNATURES_MAX}")));
        }
        Ok(signatures)
    }

    /// Adds a signature, in place of an older one of the same key.
    pub fn add(&mut self, signature: Signature) {
        self.list.retain(|other| other.key != signature.key);
        self.list.push(signature);
    }

    /// The file of these signatures.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = format!("{HEADER}\ndigest {}\n", self.digest);
        for signature in &self.list {
            text.push_str(&format!("{} {}\n", signature.key, signature.to_text()));
        }
        text
    }
}

/// What is signed: no signature of something else fits a package, and none of a package fits
/// another.
fn message(digest: Digest) -> Vec<u8> {
    format!("puls rule package 1\n{digest}\n").into_bytes()
}

fn decode<const N: usize>(text: &str, prefix: &str) -> Option<[u8; N]> {
    let bytes = STANDARD.decode(text.strip_prefix(prefix)?).ok()?;
    bytes.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::content_digest;

    fn key(byte: u8) -> PrivateKey {
        PrivateKey::new(&[byte; 32])
    }

    #[test]
    fn a_signature_fits_its_package_and_its_key_only() {
        let (one, other) = (content_digest(b"one"), content_digest(b"other"));
        let signature = key(1).sign(one);
        assert!(signature.fits(one));
        assert!(!signature.fits(other));
        let key = key(2).public();
        assert!(!Signature { key, ..signature }.fits(one));
        for at in 0..64 {
            let mut bytes = signature.bytes;
            bytes[at] ^= 1;
            assert!(!Signature { bytes, ..signature }.fits(one), "byte {at}");
        }
    }

    /// The vector of RFC 8032, 7.1, test 1: the public key of a private one.
    #[test]
    fn keys_are_those_of_the_standard() {
        let hex = |text: &str| -> Vec<u8> {
            let digits = text.as_bytes().chunks(2);
            digits
                .map(|it| u8::from_str_radix(std::str::from_utf8(it).unwrap(), 16).unwrap())
                .collect()
        };
        let private = hex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60");
        let public = hex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
        let key = PrivateKey::new(&private.try_into().unwrap());
        let text = format!("ed25519:{}", STANDARD.encode(public));
        assert_eq!(key.public().to_string(), text);
        assert_eq!(PublicKey::parse(&text), Ok(key.public()));
        let again = PrivateKey::parse(&key.to_text()).unwrap();
        assert_eq!(again.public(), key.public());
        assert!(!format!("{key:?}").contains(key.to_text().trim()));
    }

    #[test]
    fn a_file_of_signatures_comes_back() {
        let digest = content_digest(b"one");
        let mut signatures = Signatures::none(digest);
        for byte in [1, 2, 1] {
            signatures.add(key(byte).sign(digest));
        }
        assert_eq!(signatures.list.len(), 2);
        let text = signatures.to_text();
        assert_eq!(Signatures::parse(text.as_bytes()), Ok(signatures));
    }

    #[test]
    fn what_is_no_key_or_signature_is_said() {
        let good = Signatures::none(content_digest(b"one")).to_text();
        let many: String = (0..=SIGNATURES_MAX)
            .map(|byte| {
                let signature = key(u8::try_from(byte).unwrap()).sign(content_digest(b"one"));
                format!("{} {}\n", signature.key, signature.to_text())
            })
            .collect();
        let cases = [
            (String::new(), "found `` in place of `puls signature 1`"),
            (good.replace('1', "2"), "in place of `puls signature 1`"),
            (
                good.replace("digest ", "digest x"),
                "in place of the package's digest",
            ),
            (
                format!("{good}ed25519:x"),
                "in place of a key and its signature",
            ),
            (format!("{good}ed25519:x x"), "expected a public key"),
            (
                format!("{good}{} x", key(1).public()),
                "`x` in place of a signature",
            ),
            (format!("{good}{many}"), "9 signers of at most 8"),
            (good + &" ".repeat(SIGNATURE_BYTES_MAX), "bytes"),
        ];
        for (text, expected) in cases {
            let error = Signatures::parse(text.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(expected), "{expected:?} is not in {error}");
        }
        // The neutral point is a key under which anybody can sign anything.
        let mut weak = [0; 32];
        weak[0] = 1;
        let weak = format!("ed25519:{}", STANDARD.encode(weak));
        for text in ["", "ed25519:", "ed25519:AAAA", "rsa:AAAA", &weak] {
            assert!(PublicKey::parse(text).is_err(), "{text}");
        }
        assert_eq!(PrivateKey::parse("x").unwrap_err(), SignatureError::Private);
    }

    /// People take one file for the other; the message ends in a log.
    #[test]
    fn a_private_key_in_the_wrong_place_is_not_said() {
        let text = key(1).to_text();
        let secret = text.trim().strip_prefix(PRIVATE).unwrap();
        let errors = [
            PublicKey::parse(&text).unwrap_err(),
            PublicKey::parse(&format!(" {text}")).unwrap_err(),
            Signatures::parse(text.as_bytes()).unwrap_err(),
            Signatures::parse(format!("{HEADER}\n{text}").as_bytes()).unwrap_err(),
        ];
        for error in errors {
            assert_eq!(error, SignatureError::Exposed);
            assert!(!error.to_string().contains(secret), "{error}");
        }
    }
}
