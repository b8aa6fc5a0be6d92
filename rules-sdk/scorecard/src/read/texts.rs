//! Sentences that people read, with places for the values of features.
//!
//! `{}` is the next feature that the line or condition reads, `{family.name}` any. What comes out
//! has only the second form.

use puls_table::{Text, Value, shown};
use puls_wire::TEXT_BYTES_MAX;

use super::context::{Context, Meaning, Reader};

/// The sentence of a factor, exception or trigger that reads the columns `behind`; `None` where
/// what it reads could not be told, which is no mistake of the sentence.
pub(super) fn sentence(
    context: &mut Context<'_>,
    value: Value<'_>,
    behind: Option<&[usize]>,
    by: Reader,
) -> Option<String> {
    let text = value.plain(&mut context.report)?;
    let good = context
        .report
        .check(!text.text.trim().is_empty(), text.at, || {
            format!("expected `{}` to be a sentence, found nothing", value.key)
        });
    if !good {
        return None;
    }
    let mut filling = Filling {
        context,
        text,
        is_known: behind.is_some(),
        behind: behind.unwrap_or_default().iter(),
        count: behind.map_or(0, <[usize]>::len),
        by,
        out: String::with_capacity(text.text.len()),
    };
    filling.fill()?;
    let out = filling.out;
    let good = out.len() <= TEXT_BYTES_MAX;
    context.report.check(good, text.at, || {
        format!(
            "expected `{}` to have at most {TEXT_BYTES_MAX} bytes with the names of its features, \
             found {}; shorten it",
            value.key,
            out.len()
        )
    });
    good.then_some(out)
}

struct Filling<'a, 'c> {
    context: &'a mut Context<'c>,
    text: Text<'a>,
    /// Whether it is known what the sentence is about.
    is_known: bool,
    behind: std::slice::Iter<'a, usize>,
    count: usize,
    by: Reader,
    out: String,
}

impl Filling<'_, '_> {
    fn problem<T>(&mut self, offset: usize, message: impl Into<String>) -> Option<T> {
        let at = self.text.place(offset);
        self.context.report.problem(at, message);
        None
    }

    fn fill(&mut self) -> Option<()> {
        let text = self.text.text;
        let mut at = 0;
        while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
            let Some(brace) = rest.find(['{', '}']) else {
                self.out.push_str(rest);
                break;
            };
            self.out.push_str(rest.get(..brace)?);
            let opened = rest.get(brace..)?;
            let start = at + brace;
            let Some(inner) = opened.strip_prefix('{') else {
                return self.problem(
                    start,
                    "expected a `{` before this `}`, found none; braces stand only around the \
                     names of features",
                );
            };
            let Some((name, _)) = inner.split_once('}') else {
                return self.problem(
                    start,
                    "expected a `}` after this `{`, found the end; braces stand only around the \
                     names of features",
                );
            };
            self.place(start, name)?;
            at = start + name.len() + 2;
        }
        Some(())
    }

    fn place(&mut self, start: usize, name: &str) -> Option<()> {
        let at = self.text.place(start);
        if name.is_empty() {
            let Some(column) = self.behind.next() else {
                if self.context.derived_broken || !self.is_known {
                    return Some(());
                }
                let count = self.count;
                return self.problem(
                    start,
                    format!(
                        "expected no more `{{}}` than there are features behind the sentence \
                         ({count}), found one too many; name the feature that is meant, as in \
                         `{{license.seats}}`"
                    ),
                );
            };
            let name = self.context.feature_name(*column).to_owned();
            self.show(at, &name)
        } else {
            self.show(at, name)
        }
    }

    fn show(&mut self, at: usize, name: &str) -> Option<()> {
        match self.context.meaning(name, at, self.by)? {
            Meaning::Text(entry) | Meaning::Feature(entry) => {
                // A text may have its values in the condition that is wrong.
                if self.is_known {
                    self.context.show(entry, at);
                }
                self.out.push('{');
                self.out.push_str(name);
                self.out.push('}');
                Some(())
            }
            Meaning::Other(_) => {
                self.context.report.problem(
                    at,
                    format!(
                        "expected the name of a feature in braces, found {}; parameters, derived \
                         numbers and the score cannot be shown",
                        shown(name)
                    ),
                );
                None
            }
        }
    }
}
