//! Turns a table into a value of a type, and says everything that is wrong with it, not the first
//! thing only: what is wrong is reported, left out, and the rest is read again.

use std::ops::Range;

use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue, Deserializer};

use super::document::Texts;
use super::problem::{Problem, none_of};

/// The value that `table` describes, as far as it can be read; `None` where too much is missing.
pub(super) fn take<T: DeserializeOwned>(
    texts: &Texts,
    table: &Spanned<DeTable<'_>>,
    problems: &mut Vec<Problem>,
) -> Option<T> {
    let mut rest = table.clone();
    let mut left_out: Vec<String> = Vec::new();
    loop {
        let error = match T::deserialize(Deserializer::from(rest.clone())) {
            Ok(value) => return Some(value),
            Err(error) => error,
        };
        let span = error.span().unwrap_or_else(|| table.span());
        // What was left out above is not missing.
        let follows = missing_field(error.message())
            .is_some_and(|field| left_out.iter().any(|key| key == field));
        if !follows {
            problems.push(texts.problem(span.start, in_our_words(error.message())));
        }
        if span == table.span() {
            // The table as a whole is to blame; nothing in it can be left out instead.
            return None;
        }
        left_out.push(leave_out(rest.get_mut(), &span)?);
    }
}

fn missing_field(message: &str) -> Option<&str> {
    message.strip_prefix("missing field `")?.strip_suffix('`')
}

/// Removes the innermost entry of `table` that `span` points at, and returns its key.
fn leave_out(table: &mut DeTable<'_>, span: &Range<usize>) -> Option<String> {
    let mut blamed = None;
    for (key, value) in table.iter_mut() {
        if key.span().contains(&span.start) {
            blamed = Some(key.get_ref().to_string());
            break;
        }
        let inner = match value.get_mut() {
            DeValue::Table(inner) => leave_out(inner, span),
            DeValue::Array(inner) => leave_out_of_array(inner, span),
            _ => None,
        };
        if inner.is_some() {
            return inner;
        }
        if value.span().contains(&span.start) || value.span() == *span {
            blamed = Some(key.get_ref().to_string());
            break;
        }
    }
    let key = blamed?;
    table.remove(key.as_str());
    Some(key)
}

fn leave_out_of_array(array: &mut DeArray<'_>, span: &Range<usize>) -> Option<String> {
    let mut blamed = None;
    for (index, element) in array.iter_mut().enumerate() {
        let inner = match element.get_mut() {
            DeValue::Table(inner) => leave_out(inner, span),
            DeValue::Array(inner) => leave_out_of_array(inner, span),
            _ => None,
        };
        if inner.is_some() {
            return inner;
        }
        if element.span().contains(&span.start) || element.span() == *span {
            blamed = Some(index);
            break;
        }
    }
    let blamed = blamed?;
    let whole = std::mem::replace(array, std::iter::empty().collect());
    *array = whole
        .into_iter()
        .enumerate()
        .filter(|(index, _)| *index != blamed)
        .map(|(_, element)| element)
        .collect();
    // An element has no key that could be missed later.
    Some(String::new())
}

/// The same message with the name that was probably meant, and without the words of a parser.
fn in_our_words(message: &str) -> String {
    for (prefix, what) in [("unknown field ", "a key"), ("unknown variant ", "one of")] {
        let Some(rest) = message.strip_prefix(prefix) else {
            continue;
        };
        let mut quoted = rest.split('`').skip(1).step_by(2);
        if let Some(found) = quoted.next() {
            return none_of(what, found, &quoted.collect::<Vec<_>>());
        }
    }
    if let Some(field) = missing_field(message) {
        return format!("expected the key `{field}`, found none; add it");
    }
    if let Some((found, expected)) = message
        .strip_prefix("invalid type: ")
        .or_else(|| message.strip_prefix("invalid value: "))
        .and_then(|rest| rest.rsplit_once(", expected "))
    {
        return format!("expected {expected}, found {found}");
    }
    message.to_owned()
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize, Debug)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "read by serde only")]
    struct Whole {
        name: String,
        count: u8,
        #[serde(default)]
        parts: Vec<Part>,
        #[serde(default)]
        word: Option<Word>,
    }

    #[derive(Deserialize, Debug)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "read by serde only")]
    struct Part {
        id: u8,
        #[serde(default)]
        list: Vec<u8>,
    }

    #[derive(Deserialize, Debug)]
    #[serde(rename_all = "snake_case")]
    enum Word {
        Sunday,
        Monday,
    }

    fn complaints(file: &str) -> Vec<String> {
        let texts = Texts::new("f", file, []);
        let (root, mut problems) = texts.parse();
        let _whole: Option<Whole> = take(&texts, &Spanned::new(0..0, root), &mut problems);
        problems.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn all_that_is_wrong_is_said_once_each() {
        let cases: [(&str, &[&str]); 7] = [
            ("name = 'a'\ncount = 3\n", &[]),
            (
                "name = 3\ncoutn = 4\ncount = 300\n",
                &[
                    "f:2:1: expected a key (`name`, `count`, `parts`, `word`), found `coutn`; \
                     did you mean `count`?",
                    "f:3:9: expected u8, found integer `300`",
                    "f:1:8: expected a string, found integer `3`",
                ],
            ),
            (
                "count = 3\n",
                &["f:1:1: expected the key `name`, found none; add it"],
            ),
            (
                "name = 'a'\ncount = 1\nword = 'mnoday'\n",
                &[
                    "f:3:8: expected one of (`sunday`, `monday`), found `mnoday`; \
                   did you mean `monday`?",
                ],
            ),
            (
                "name = 'a'\ncount = 1\n[[parts]]\nid = 'x'\n[[parts]]\nid = 1\nlits = []\n",
                &[
                    "f:4:6: expected u8, found string \"x\"",
                    "f:7:1: expected a key (`id`, `list`), found `lits`; did you mean `list`?",
                ],
            ),
            (
                "name = 'a'\ncount = 1\nparts = [{ id = 1, list = [1, 'b', 2, 'c'] }]\n",
                &[
                    "f:3:31: expected u8, found string \"b\"",
                    "f:3:39: expected u8, found string \"c\"",
                ],
            ),
            (
                "name = 'a'\ncount = 1\n[[parts]]\n[[parts]]\nid = 256\n",
                &[
                    "f:3:1: expected the key `id`, found none; add it",
                    "f:5:6: expected u8, found integer `256`",
                ],
            ),
        ];
        for (file, expected) in cases {
            let mut found = complaints(file);
            let mut expected: Vec<_> = expected.iter().map(|text| (*text).to_owned()).collect();
            found.sort();
            expected.sort();
            assert_eq!(found, expected, "{file}");
        }
    }
}
