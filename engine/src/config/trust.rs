//! `[tenants.<name>.trust]`: whose rules a tenant takes.
//!
//! What is not said is taken from where the tenant's records lie. In a data folder whoever may
//! write the configuration may write the rules too, so an unsigned package is taken until a key is
//! named. On a broker many write, so an unsigned one is refused until the configuration says
//! otherwise.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;
use toml::de::DeTable;

use super::document::Texts;
use super::problem::Problem;
use super::take::take;
use crate::model::name_is_valid;
use crate::rules::Trust;
use crate::rules::signature::PublicKey;

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct RawTrust {
    unsigned: Option<Unsigned>,
    keys: BTreeMap<Spanned<String>, Spanned<String>>,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Unsigned {
    Accept,
    Refuse,
}

/// The trust of `tenant` that stands in `table`, where there is one.
pub(super) fn trust(
    texts: &Texts,
    (tenant, on_broker): (&str, bool),
    table: Option<&Spanned<DeTable<'_>>>,
    problems: &mut Vec<Problem>,
) -> Trust {
    let problems_before = problems.len();
    let raw: RawTrust = table
        .and_then(|table| take(texts, table, problems))
        .unwrap_or_default();
    let takes_unsigned = match raw.unsigned {
        Some(stated) => stated == Unsigned::Accept,
        None => raw.keys.is_empty() && !on_broker,
    };
    // Where a part of the table could not be read, that is what is wrong with it.
    let is_whole = problems.len() == problems_before;
    let takes_nothing = raw.keys.is_empty() && !takes_unsigned;
    if let Some(table) = table.filter(|_| is_whole && takes_nothing) {
        problems.push(texts.problem(
            table.span().start,
            format!(
                "expected a key in [tenants.{tenant}.trust.keys], for unsigned rules are refused; \
                 found none, so no rule could ever govern: `puls rule keygen` makes one"
            ),
        ));
    }
    let mut keys: BTreeMap<String, PublicKey> = BTreeMap::new();
    for (name, text) in raw.keys {
        let mut complain = |at: usize, message: String| {
            problems.push(texts.problem(at, message));
        };
        if !name_is_valid(name.get_ref()) {
            let found = name.get_ref();
            complain(
                name.span().start,
                format!(
                    "expected a name of 1 to 64 characters of a-z 0-9 . _ - for who holds the \
                     key, found `{found}`"
                ),
            );
        }
        match PublicKey::parse(text.get_ref()) {
            Err(error) => complain(text.span().start, error.to_string()),
            Ok(key) => {
                let other = keys.iter().find(|(_, other)| **other == key);
                if let Some((other, _)) = other {
                    let name = name.get_ref();
                    let message = format!(
                        "expected a key under one name, found it as `{other}` and `{name}`"
                    );
                    complain(text.span().start, message);
                }
                keys.insert(name.into_inner(), key);
            }
        }
    }
    Trust {
        tenant: tenant.to_owned(),
        keys,
        takes_unsigned,
    }
}
