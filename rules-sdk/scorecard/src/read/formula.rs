//! Conditions and formulas: what `cel` has parsed, typed over the catalogue.
//!
//! All numbers are doubles; texts compare only with texts in quotation marks. Everything else that
//! CEL has is a problem. Depth is bounded by the scan before it, so recursion is safe.

use puls_table::{Text, shown};
use std::collections::BTreeMap;

use cel::common::ast::{CallExpr, Expr, IdedExpr, LiteralValue, SourceInfo, operators};

use super::context::{Context, Meaning, Reader};
use super::scan::scan;
use crate::{Arithmetic, Comparison, Condition, Number};

mod compare;

/// The condition that a text says.
pub(super) fn condition(
    context: &mut Context<'_>,
    text: Text<'_>,
    by: Reader,
) -> Option<Condition> {
    let (mut typing, tree) = parse(context, text, by)?;
    typing.condition(&tree)
}

/// The number that a text says.
pub(super) fn number(context: &mut Context<'_>, text: Text<'_>, by: Reader) -> Option<Number> {
    let (mut typing, tree) = parse(context, text, by)?;
    typing.number(&tree)
}

fn parse<'a, 'c>(
    context: &'a mut Context<'c>,
    text: Text<'a>,
    by: Reader,
) -> Option<(Typing<'a, 'c>, IdedExpr)> {
    if text.text.trim().is_empty() {
        context.report.problem(
            text.at,
            "expected a condition or formula such as `license.seats > 10`, found nothing",
        );
        return None;
    }
    let scanned = match scan(text.text, &|name| context.fit(name)) {
        Ok(scanned) => scanned,
        Err((offset, message)) => {
            context.report.problem(text.place(offset), message);
            return None;
        }
    };
    match cel::parser::Parser::default().parse_with_source_info(&scanned.masked) {
        Ok((tree, info)) => {
            let typing = Typing {
                context,
                text,
                by,
                names: scanned.names,
                texts: scanned.texts,
                info,
            };
            Some((typing, tree))
        }
        Err(_) => {
            context.report.problem(
                text.at,
                format!(
                    "expected a condition or formula such as `license.seats > 10`, found {}; \
                     write it in smaller parts",
                    shown(text.text)
                ),
            );
            None
        }
    }
}

/// Types one tree.
struct Typing<'a, 'c> {
    context: &'a mut Context<'c>,
    text: Text<'a>,
    by: Reader,
    names: BTreeMap<usize, String>,
    texts: BTreeMap<usize, String>,
    info: SourceInfo,
}

impl Typing<'_, '_> {
    /// Where an expression's first word stands in the formula; that of an operator is itself.
    fn offset(&self, tree: &IdedExpr) -> usize {
        let named = match &tree.expr {
            Expr::Select(select) => select.operand.id,
            _ => tree.id,
        };
        self.info
            .offset_for(named)
            .and_then(|(start, _)| usize::try_from(start).ok())
            .unwrap_or(0)
    }

    fn place(&self, tree: &IdedExpr) -> usize {
        self.text.place(self.offset(tree))
    }

    fn problem<T>(&mut self, tree: &IdedExpr, message: impl Into<String>) -> Option<T> {
        let at = self.place(tree);
        self.context.report.problem(at, message);
        None
    }

    fn name(&self, tree: &IdedExpr) -> Option<&str> {
        match &tree.expr {
            Expr::Ident(_) | Expr::Select(_) => {
                self.names.get(&self.offset(tree)).map(String::as_str)
            }
            _ => None,
        }
    }

    /// How messages call an expression.
    fn shown(&self, tree: &IdedExpr) -> String {
        if matches!(&tree.expr, Expr::Select(select) if select.test) {
            return "`has(…)`".to_owned();
        }
        if let Some(name) = self.name(tree) {
            return format!("`{name}`");
        }
        match &tree.expr {
            Expr::Literal(LiteralValue::Boolean(value)) => format!("`{}`", value.inner()),
            Expr::Literal(LiteralValue::String(_)) => {
                let text = self.texts.get(&self.offset(tree));
                format!("the text '{}'", text.map_or("", String::as_str))
            }
            Expr::Literal(LiteralValue::Int(value)) => format!("the number {}", value.inner()),
            Expr::Literal(LiteralValue::Double(value)) => format!("the number {}", value.inner()),
            Expr::List(_) => "a list".to_owned(),
            Expr::Call(call) if arithmetic(&call.func_name).is_some() => "a formula".to_owned(),
            Expr::Call(call) if call.func_name == operators::NEGATE => "a formula".to_owned(),
            _ => "a condition".to_owned(),
        }
    }

    fn condition(&mut self, tree: &IdedExpr) -> Option<Condition> {
        match &tree.expr {
            Expr::Literal(LiteralValue::Boolean(value)) => {
                return Some(Condition::Literal(*value.inner()));
            }
            Expr::Select(select) if select.test => return self.has(tree),
            Expr::Call(call) => {
                if let Some(found) = self.call(tree, call) {
                    return found;
                }
            }
            _ => {}
        }
        let found = self.shown(tree);
        let hint = match &tree.expr {
            Expr::Ident(_) | Expr::Select(_) => {
                // A name that means nothing is the greater problem.
                let at = self.place(tree);
                let name = self.name(tree)?.to_owned();
                match self.context.meaning(&name, at, self.by)? {
                    Meaning::Text(_) => {
                        format!("; compare it with a text, as in `{name} == 'gold'`")
                    }
                    _ => format!("; compare it with something, as in `{name} > 10`"),
                }
            }
            Expr::Literal(LiteralValue::String(_)) => "; to compare with several texts write \
                                                       `account.segment in ['gold', 'silver']`"
                .to_owned(),
            _ => "; compare it with something, as in `license.seats > 10`".to_owned(),
        };
        self.problem(
            tree,
            format!("expected a condition that holds or does not, found {found}{hint}"),
        )
    }

    /// A call that is a condition: `None` if it is none.
    fn call(&mut self, tree: &IdedExpr, call: &CallExpr) -> Option<Option<Condition>> {
        let name = call.func_name.as_str();
        match (name, call.args.as_slice()) {
            (operators::LOGICAL_AND | operators::LOGICAL_OR, [left, right]) => {
                // Both, so that all that is wrong is told.
                let both = (self.condition(left), self.condition(right));
                let (Some(left), Some(right)) = both else {
                    return Some(None);
                };
                let both = Box::new((left, right));
                Some(Some(if name == operators::LOGICAL_AND {
                    Condition::And(both)
                } else {
                    Condition::Or(both)
                }))
            }
            (operators::LOGICAL_NOT, [inner]) => {
                if !matches!(inner.expr, Expr::Call(_)) && self.name(inner).is_some() {
                    let is_has = matches!(&inner.expr, Expr::Select(select) if select.test);
                    if !is_has {
                        let found = self.shown(inner);
                        return Some(self.problem(
                            tree,
                            format!(
                                "expected a condition after `!`, found {found}; put what is not \
                                 to hold in brackets, as in `!(license.seats > 10)`"
                            ),
                        ));
                    }
                }
                Some(
                    self.condition(inner)
                        .map(|inner| Condition::Not(Box::new(inner))),
                )
            }
            (operators::IN, [value, list]) => Some(self.within(tree, value, list)),
            (_, [left, right]) => {
                let comparison = comparison(name)?;
                Some(self.compare(tree, comparison, (left, right)))
            }
            _ => None,
        }
    }

    fn has(&mut self, tree: &IdedExpr) -> Option<Condition> {
        let at = self.place(tree);
        let name = self.name(tree)?.to_owned();
        let meaning = self.context.meaning(&name, at, self.by)?;
        let number = self.context.number(meaning, at);
        if matches!(number, Number::Parameter(_)) {
            return self.problem(
                tree,
                format!(
                    "expected a feature in `has`, found `{name}`; a parameter always has a \
                         value"
                ),
            );
        }
        Some(Condition::Has(number))
    }

    /// The number that a literal is, with its sign.
    fn number_of(&self, tree: &IdedExpr) -> Option<f64> {
        let number = match &tree.expr {
            // The scan lets no whole number pass that is not itself as a double.
            Expr::Literal(LiteralValue::Int(value)) => value.inner().to_string().parse().ok()?,
            Expr::Literal(LiteralValue::Double(value)) => *value.inner(),
            Expr::Call(call) if call.func_name == operators::NEGATE => match call.args.as_slice() {
                [inner] => -self.number_of(inner)?,
                _ => return None,
            },
            _ => return None,
        };
        Some(number + 0.0)
    }

    fn number(&mut self, tree: &IdedExpr) -> Option<Number> {
        if let Some(number) = self.number_of(tree) {
            return Some(Number::Literal(number));
        }
        if let Expr::Call(call) = &tree.expr {
            match call.args.as_slice() {
                [inner] if call.func_name == operators::NEGATE => {
                    return Some(Number::Negative(Box::new(self.number(inner)?)));
                }
                [left, right] => {
                    if let Some(arithmetic) = arithmetic(&call.func_name) {
                        let both = (self.number(left), self.number(right));
                        let (Some(left), Some(right)) = both else {
                            return None;
                        };
                        return Some(Number::Arithmetic(arithmetic, Box::new((left, right))));
                    }
                }
                _ => {}
            }
        }
        let is_has = matches!(&tree.expr, Expr::Select(select) if select.test);
        if let Some(name) = self.name(tree).filter(|_| !is_has).map(ToOwned::to_owned) {
            let at = self.place(tree);
            let meaning = self.context.meaning(&name, at, self.by)?;
            if let Meaning::Text(_) = meaning {
                return self.problem(
                    tree,
                    format!("expected a number, found `{name}`, which is a text"),
                );
            }
            return Some(self.context.number(meaning, at));
        }
        let found = self.shown(tree);
        let hint = match &tree.expr {
            Expr::Call(call) if call.func_name == operators::LOGICAL_NOT => {
                "; put what is not to hold in brackets, as in `!(license.seats > 10)`"
            }
            Expr::Call(call) if comparison(&call.func_name).is_some() => {
                "; join two comparisons with `&&`, as in `license.seats > 5 && license.seats < 10`"
            }
            _ => "",
        };
        self.problem(tree, format!("expected a number, found {found}{hint}"))
    }
}

fn arithmetic(operator: &str) -> Option<Arithmetic> {
    Some(match operator {
        operators::ADD => Arithmetic::Add,
        operators::SUBSTRACT => Arithmetic::Subtract,
        operators::MULTIPLY => Arithmetic::Multiply,
        operators::DIVIDE => Arithmetic::Divide,
        _ => return None,
    })
}

fn comparison(operator: &str) -> Option<Comparison> {
    Some(match operator {
        operators::EQUALS => Comparison::Equal,
        operators::NOT_EQUALS => Comparison::NotEqual,
        operators::LESS => Comparison::Less,
        operators::LESS_EQUALS => Comparison::LessOrEqual,
        operators::GREATER => Comparison::Greater,
        operators::GREATER_EQUALS => Comparison::GreaterOrEqual,
        _ => return None,
    })
}
