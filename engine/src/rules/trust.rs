//! Whose rules a tenant takes: the keys that it trusts, and whether unsigned packages are taken.
//!
//! Judged where a person or the configuration brings a rule in: at a push, an activation, a
//! rollback and a start. What stands in the rules log is never judged again by the fold, for a
//! replay must give the same bytes; a key that was withdrawn ends nothing by itself, brings nothing
//! new in, and is named wherever what it signed is listed.

use std::collections::BTreeMap;

use super::record::Signed;
use super::signature::{PublicKey, Signature, Signatures};
use crate::model::Digest;

/// Whose rules a tenant takes.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Trust {
    /// The tenant.
    pub tenant: String,
    /// Public keys, by the name of who holds the other half.
    pub keys: BTreeMap<String, PublicKey>,
    /// Whether a package that none of them signed is taken too.
    pub takes_unsigned: bool,
}

/// What a signature in a record of the rules log is worth today.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Worth {
    /// It fits, and the tenant trusts the key.
    Trusted,
    /// It fits, and the tenant does not trust the key, or not any more.
    Withdrawn,
    /// It does not fit: the record is not what `puls` wrote.
    Forged,
}

impl Trust {
    /// Judges the package of this digest by its signatures, and gives the one that counts.
    ///
    /// # Errors
    /// Why the tenant does not take it: what was expected, what was found, what to do.
    pub fn judge(
        &self,
        digest: Digest,
        signatures: Option<&Signatures>,
    ) -> Result<Option<Signed>, String> {
        let none = Signatures::none(digest);
        let signatures = signatures.unwrap_or(&none);
        if signatures.digest != digest {
            return Err(format!(
                "expected signatures of this package (digest {digest}), found some of another \
                 (digest {}): it was changed since; sign it again, or remove the signatures",
                signatures.digest
            ));
        }
        // Also where unsigned packages are taken: a signature that does not fit is a warning.
        for signature in &signatures.list {
            if !signature.fits(digest) {
                return Err(format!(
                    "expected signatures that fit the package, found one of {} that does not: it \
                     was damaged or made up; sign the package again",
                    self.name_of(signature.key)
                ));
            }
        }
        for (name, key) in &self.keys {
            let signature = signatures.list.iter().find(|it| it.key == *key);
            if let Some(signature) = signature {
                return Ok(Some(Signed::new(name, signature)));
            }
        }
        if self.takes_unsigned {
            return Ok(None);
        }
        Err(self.refusal(signatures))
    }

    fn refusal(&self, signatures: &Signatures) -> String {
        let tenant = &self.tenant;
        let names: Vec<_> = self.keys.keys().map(|name| format!("`{name}`")).collect();
        let expected = if names.is_empty() {
            format!("a package signed by a key that {tenant} trusts (it names none)")
        } else {
            format!(
                "a package signed by a key that {tenant} trusts ({})",
                names.join(", ")
            )
        };
        let found: Vec<_> = signatures
            .list
            .iter()
            .map(|it| it.key.to_string())
            .collect();
        let found = if found.is_empty() {
            "no signature".to_owned()
        } else {
            format!("the signature of {}", found.join(", "))
        };
        let key = if names.is_empty() {
            format!(
                "name a key in [tenants.{tenant}.trust.keys] (`puls rule keygen` makes one), sign"
            )
        } else {
            "sign".to_owned()
        };
        format!(
            "expected {expected}, found {found}: {key} the package (`puls rule sign`) and push it \
             with its signature; or take unsigned ones: [tenants.{tenant}.trust] \
             unsigned = \"accept\""
        )
    }

    /// The name under which a key is trusted, or the key itself.
    fn name_of(&self, key: PublicKey) -> String {
        let named = self.keys.iter().find(|(_, trusted)| **trusted == key);
        named.map_or_else(|| key.to_string(), |(name, _)| format!("`{name}`"))
    }

    /// What the signature in an activation of this digest is worth today.
    #[must_use]
    pub fn worth(&self, digest: Digest, signed: &Signed) -> Worth {
        match Signature::parse(&signed.key, &signed.signature) {
            Ok(signature) if signature.fits(digest) => {
                let is_trusted = self.keys.values().any(|key| *key == signature.key);
                if is_trusted {
                    Worth::Trusted
                } else {
                    Worth::Withdrawn
                }
            }
            _ => Worth::Forged,
        }
    }
}

impl Signed {
    fn new(name: &str, signature: &Signature) -> Self {
        Self {
            by: name.to_owned(),
            key: signature.key.to_string(),
            signature: signature.to_text(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::content_digest;
    use crate::rules::signature::PrivateKey;

    #[test]
    fn a_tenant_takes_what_its_keys_signed() {
        let key = |byte: u8| PrivateKey::new(&[byte; 32]);
        let (digest, other) = (content_digest(b"one"), content_digest(b"other"));
        let trust = |names: &[(&str, u8)], takes_unsigned| Trust {
            tenant: "acme".into(),
            keys: names
                .iter()
                .map(|(name, byte)| ((*name).to_owned(), key(*byte).public()))
                .collect(),
            takes_unsigned,
        };
        let signed = |keys: &[u8]| Signatures {
            digest,
            list: keys.iter().map(|byte| key(*byte).sign(digest)).collect(),
        };
        let mut forged = signed(&[1]);
        forged.list[0].bytes = key(1).sign(other).bytes;
        let of_another = Signatures::none(other);
        let one = [("ada", 1)];
        let cases = [
            (trust(&one, false), Some(signed(&[1])), Ok(Some("ada"))),
            (trust(&one, true), Some(signed(&[9, 1])), Ok(Some("ada"))),
            (trust(&one, true), None, Ok(None)),
            (trust(&one, true), Some(signed(&[9])), Ok(None)),
            (
                trust(&one, false),
                None,
                Err("(`ada`), found no signature: sign the"),
            ),
            (
                trust(&one, false),
                Some(signed(&[9])),
                Err("the signature of ed25519:"),
            ),
            (
                trust(&[], false),
                None,
                Err("(it names none), found no signature: name a key"),
            ),
            (trust(&[], true), Some(signed(&[9])), Ok(None)),
            (
                trust(&one, true),
                Some(forged.clone()),
                Err("one of `ada` that does not"),
            ),
            (trust(&[], true), Some(forged), Err("one of ed25519:")),
            (trust(&one, true), Some(of_another), Err("some of another")),
        ];
        for (number, (trust, signatures, expected)) in cases.into_iter().enumerate() {
            match (trust.judge(digest, signatures.as_ref()), expected) {
                (Ok(found), Ok(expected)) => {
                    assert_eq!(found.as_ref().map(|it| &*it.by), expected, "case {number}");
                    if let Some(signed) = found {
                        assert_eq!(trust.worth(digest, &signed), Worth::Trusted);
                        assert_eq!(trust.worth(other, &signed), Worth::Forged);
                        let withdrawn = Trust::default();
                        assert_eq!(withdrawn.worth(digest, &signed), Worth::Withdrawn);
                    }
                }
                (Err(said), Err(part)) => assert!(said.contains(part), "case {number}: {said}"),
                (found, _) => panic!("case {number}: {found:?}"),
            }
        }
    }
}
