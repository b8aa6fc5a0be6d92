//! Comparisons: numbers with numbers, texts with texts in quotation marks, and nothing with
//! anything else.

use cel::common::ast::{Expr, IdedExpr, LiteralValue};

use super::Typing;
use crate::read::context::Meaning;
use crate::{Comparison, Condition, Entry, Number, Texts};

/// Values of one list. As many texts as a feature can have in a card; numbers beyond them are a
/// range.
const LIST_MAX: usize = 256;

/// One side of a comparison.
enum Side<'c> {
    /// A feature that is a text.
    Feature(&'c Entry),
    /// A text in quotation marks.
    Quoted(String),
    /// Anything else.
    Other,
}
impl<'c> Typing<'_, 'c> {
    /// What one side of a comparison is; `None` if a name in it means nothing.
    fn side(&mut self, tree: &IdedExpr) -> Option<Side<'c>> {
        let at = self.place(tree);
        if let Expr::Literal(LiteralValue::String(_)) = &tree.expr {
            let text = self.texts.get(&self.offset(tree)).cloned();
            return Some(Side::Quoted(text.unwrap_or_default()));
        }
        let is_has = matches!(&tree.expr, Expr::Select(select) if select.test);
        let name = self.name(tree).filter(|_| !is_has).map(ToOwned::to_owned);
        Some(match name {
            None => Side::Other,
            Some(name) => match self.context.meaning(&name, at, self.by)? {
                Meaning::Text(entry) => Side::Feature(entry),
                Meaning::Feature(_) | Meaning::Other(_) => Side::Other,
            },
        })
    }

    pub(super) fn compare(
        &mut self,
        tree: &IdedExpr,
        comparison: Comparison,
        (left, right): (&IdedExpr, &IdedExpr),
    ) -> Option<Condition> {
        let truth = |side: &IdedExpr| matches!(side.expr, Expr::Literal(LiteralValue::Boolean(_)));
        if truth(right) {
            return self.with_truth(tree, right, left);
        }
        if truth(left) {
            return self.with_truth(tree, left, right);
        }
        let sides = (self.side(left), self.side(right));
        let (Some(left_side), Some(right_side)) = sides else {
            return None;
        };
        match (left_side, right_side) {
            (Side::Other, Side::Other) => {
                let both = (self.number(left), self.number(right));
                let (Some(left), Some(right)) = both else {
                    return None;
                };
                self.context.threshold(&left, &right);
                self.context.threshold(&right, &left);
                Some(Condition::Compare(comparison, Box::new((left, right))))
            }
            (Side::Feature(entry), Side::Quoted(text)) => {
                self.text(tree, comparison, entry, (right, &text))
            }
            (Side::Quoted(text), Side::Feature(entry)) => {
                self.text(tree, comparison, entry, (left, &text))
            }
            (Side::Feature(entry), Side::Feature(other)) => self.problem(
                right,
                format!(
                    "expected a text in quotation marks to compare `{}` with, found `{}`; texts \
                     are not compared with each other",
                    entry.name, other.name
                ),
            ),
            (Side::Feature(entry), Side::Other) => self.not_a_text(entry, right),
            (Side::Other, Side::Feature(entry)) => self.not_a_text(entry, left),
            (Side::Quoted(text), _) => self.not_a_number(&text, left, right),
            (_, Side::Quoted(text)) => self.not_a_number(&text, right, left),
        }
    }

    /// Reports a comparison with `true` or `false`, the `word`, which no feature is.
    fn with_truth<T>(&mut self, tree: &IdedExpr, word: &IdedExpr, other: &IdedExpr) -> Option<T> {
        let is_has = matches!(&other.expr, Expr::Select(select) if select.test);
        if let Side::Feature(entry) = self.side(other)? {
            return self.not_a_text(entry, word);
        }
        let Some(name) = self.name(other).filter(|_| !is_has) else {
            return self.problem(
                tree,
                "expected a comparison of numbers or texts, found one with `true` or `false`; \
                 write the condition alone, or `!( … )` for its opposite",
            );
        };
        let message = format!(
            "expected a number to compare `{name}` with, found {}; a feature that says yes or no \
             is 1 or 0: write `{name} == 1` or `{name} == 0`",
            self.shown(word)
        );
        self.problem(word, message)
    }

    fn not_a_text<T>(&mut self, entry: &Entry, other: &IdedExpr) -> Option<T> {
        let found = self.shown(other);
        let example = entry.values.first().map_or("gold", String::as_str);
        self.problem(
            other,
            format!(
                "expected a text in quotation marks to compare `{0}` with, as in \
                 `{0} == '{example}'`, found {found}; `{0}` is a text",
                entry.name
            ),
        )
    }

    fn not_a_number<T>(&mut self, text: &str, quoted: &IdedExpr, other: &IdedExpr) -> Option<T> {
        let what = self.shown(other);
        let hint = if text.parse::<f64>().is_ok_and(f64::is_finite) {
            format!("; write {text} without quotation marks")
        } else {
            "; only features that are texts, such as `account.segment`, compare with a text"
                .to_owned()
        };
        self.problem(
            quoted,
            format!("expected a number to compare {what} with, found the text '{text}'{hint}"),
        )
    }

    fn text(
        &mut self,
        tree: &IdedExpr,
        comparison: Comparison,
        entry: &'c Entry,
        (quoted, text): (&IdedExpr, &str),
    ) -> Option<Condition> {
        let negated = match comparison {
            Comparison::Equal => false,
            Comparison::NotEqual => true,
            _ => {
                return self.problem(
                    tree,
                    format!(
                        "expected `==`, `!=` or `in` after `{}`, since texts have no order; to \
                         compare a number, name a feature that is one",
                        entry.name
                    ),
                );
            }
        };
        let at = self.place(quoted);
        let code = self.context.code(entry, text, at)?;
        Some(Condition::Text(Texts {
            feature: self.context.column(entry, at),
            codes: vec![code],
            negated,
        }))
    }

    fn too_many<T>(&mut self, over: &IdedExpr, found: usize) -> Option<T> {
        self.problem(
            over,
            format!(
                "expected at most {LIST_MAX} values in a list, found {found}; compare numbers \
                 that lie beside each other with `>=` and `<=` instead"
            ),
        )
    }

    pub(super) fn within(
        &mut self,
        tree: &IdedExpr,
        value: &IdedExpr,
        list: &IdedExpr,
    ) -> Option<Condition> {
        let Expr::List(items) = &list.expr else {
            return self.problem(
                tree,
                "expected a list in square brackets after `in`, such as `in ['gold', 'silver']`",
            );
        };
        if let Some(over) = items.elements.get(LIST_MAX) {
            return self.too_many(over, items.elements.len());
        }
        let at = self.place(value);
        if let Side::Feature(entry) = self.side(value)? {
            let feature = self.context.column(entry, at);
            let codes: Vec<_> = items
                .elements
                .iter()
                .map(|item| match self.side(item) {
                    Some(Side::Quoted(text)) => {
                        let at = self.place(item);
                        self.context.code(entry, &text, at)
                    }
                    Some(_) => self.not_a_text(entry, item),
                    None => None,
                })
                .collect();
            let mut distinct: Vec<u16> = Vec::new();
            for code in codes.into_iter().collect::<Option<Vec<_>>>()? {
                if !distinct.contains(&code) {
                    distinct.push(code);
                }
            }
            return Some(Condition::Text(Texts {
                feature,
                codes: distinct,
                negated: false,
            }));
        }
        let number = self.number(value);
        let items: Vec<_> = items
            .elements
            .iter()
            .map(|item| match (&item.expr, self.number_of(item)) {
                (_, Some(number)) => Some(number),
                (Expr::Literal(LiteralValue::String(_)), None) => {
                    let text = self.texts.get(&self.offset(item)).cloned();
                    self.not_a_number(&text.unwrap_or_default(), item, value)
                }
                (_, None) => {
                    let found = self.shown(item);
                    self.problem(
                        item,
                        format!("expected a plain number in the list, found {found}"),
                    )
                }
            })
            .collect();
        let (number, items) = (number?, items.into_iter().collect::<Option<Vec<_>>>()?);
        let mut distinct: Vec<f64> = Vec::new();
        for item in items {
            if !distinct.iter().any(|known| known.total_cmp(&item).is_eq()) {
                self.context.threshold(&number, &Number::Literal(item));
                distinct.push(item);
            }
        }
        Some(Condition::In(Box::new(number), distinct))
    }
}
