//! Which module a person means by `RULE[@VERSION|@DIGEST]`.

use crate::config::none_of;
use crate::model::Digest;

/// Shortest beginning of a digest that is taken for one.
const DIGEST_DIGITS_MIN: usize = 4;

/// A module that was published.
#[derive(Debug)]
pub(in crate::cli) struct Known {
    pub(in crate::cli) digest: Digest,
    pub(in crate::cli) name: String,
    pub(in crate::cli) version: String,
}

/// The one module that `asked` names among `known`; without a version or digest, the highest
/// version.
pub(in crate::cli) fn pick(asked: &str, known: &[Known]) -> anyhow::Result<Digest> {
    let (name, which) = match asked.split_once('@') {
        Some((name, which)) => (name, Some(which)),
        None => (asked, None),
    };
    let of_name: Vec<_> = known.iter().filter(|it| it.name == name).collect();
    if of_name.is_empty() {
        let mut names: Vec<_> = known.iter().map(|it| it.name.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        let said = none_of("a rule that was pushed", name, &names);
        anyhow::bail!("{said}; `puls rule push FILE` pushes a module");
    }
    let found: Vec<_> = match which {
        None => {
            let highest = of_name.iter().map(|it| order(&it.version)).max();
            let is_highest = |it: &Known| Some(order(&it.version)) == highest;
            of_name.iter().filter(|it| is_highest(it)).collect()
        }
        Some(which) => of_name
            .iter()
            .filter(|it| it.version == which || begins(&it.digest, which))
            .collect(),
    };
    match found.as_slice() {
        [only] => Ok(only.digest),
        [] => {
            let versions: Vec<_> = of_name.iter().map(|it| it.version.as_str()).collect();
            let what = format!("a version of {name}, or the beginning of a digest");
            anyhow::bail!(none_of(&what, which.unwrap_or_default(), &versions))
        }
        several => {
            let list: Vec<_> = several
                .iter()
                .map(|it| format!("{name}@{} ({})", it.digest, it.version))
                .collect();
            anyhow::bail!(
                "expected one module, {asked} names {}; say which: {}",
                several.len(),
                list.join(", ")
            )
        }
    }
}

fn begins(digest: &Digest, text: &str) -> bool {
    text.len() >= DIGEST_DIGITS_MIN && digest.to_string().starts_with(&text.to_lowercase())
}

/// Versions in their order: by number where both are numbers, with a suffix before without.
fn order(version: &str) -> (Vec<u64>, bool, String) {
    let (numbers, suffix) = match version.split_once('-') {
        Some((numbers, suffix)) => (numbers, suffix),
        None => (version, ""),
    };
    let numbers = numbers.split('.').map(|part| part.parse().unwrap_or(0));
    (numbers.collect(), suffix.is_empty(), suffix.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known() -> Vec<Known> {
        let module = |byte: u8, name: &str, version: &str| Known {
            digest: Digest([byte; 32]),
            name: name.into(),
            version: version.into(),
        };
        vec![
            module(0x11, "health", "1.9.0"),
            module(0x22, "health", "1.10.0"),
            module(0x33, "health", "1.10.0-rc1"),
            module(0x44, "silent", "1.0.0"),
            module(0x55, "silent", "1.0.0"),
        ]
    }

    #[test]
    fn a_module_is_picked_or_it_is_said_which_there_are() {
        let cases = [
            ("health", Ok(0x22)),
            ("health@1.9.0", Ok(0x11)),
            ("health@1.10.0-rc1", Ok(0x33)),
            ("health@1111", Ok(0x11)),
            (
                "health@111",
                Err(
                    "expected a version of health, or the beginning of a digest (`1.9.0`, \
                     `1.10.0`, `1.10.0-rc1`), found `111`",
                ),
            ),
            ("heath", Err("did you mean `health`?")),
            ("heath", Err("`puls rule push FILE` pushes a module")),
            (
                "silent",
                Err("expected one module, silent names 2; say which: silent@4444"),
            ),
            ("silent@5555", Ok(0x55)),
        ];
        for (asked, expected) in cases {
            let found = pick(asked, &known()).map_err(|error| error.to_string());
            match (expected, found) {
                (Ok(byte), found) => assert_eq!(found, Ok(Digest([byte; 32])), "{asked}"),
                (Err(part), Err(said)) => assert!(said.contains(part), "{asked}: {said}"),
                (Err(_), Ok(digest)) => panic!("{asked}: {digest}"),
            }
        }
    }
}
