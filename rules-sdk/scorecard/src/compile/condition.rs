//! Conditions: code that leaves a mask, all bits set in the lane of a row for which it holds.
//!
//! A condition holds, fails, or is missing, which is neither. What is asked decides what its
//! parts are asked, so missing needs no mask of its own:
//! ```text
//! a && b  holds: both hold      fails: one fails
//! a || b  holds: one holds      fails: both fail
//! !a      holds: a fails        fails: a holds
//! a < b   holds: a < b          fails: a ≥ b, which is as false as a < b where one is NaN
//! ```

use wasm_encoder::Instruction;

use super::code::{Code, FIRST, Program, SECOND};
use super::number::number;
use super::places::Places;
use crate::{Comparison, Condition, Number};

/// Bytes from which a condition is computed in a function of its own.
const CONDITION_BYTES_MAX: usize = 6 * 1024;
/// Literals of a list that one stretch of code compares with: 100 have some 2,300 bytes.
const LITERALS_MAX: usize = 100;

/// What is asked of a condition.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ask {
    Holds,
    Fails,
}

impl Ask {
    const fn opposite(self) -> Self {
        match self {
            Self::Holds => Self::Fails,
            Self::Fails => Self::Holds,
        }
    }
}

/// The mask of the rows for which the condition holds.
pub(super) fn holds(condition: &Condition, places: &Places, program: &mut Program) -> Code {
    Writer { places, program }.condition(condition, Ask::Holds)
}

struct Writer<'a> {
    places: &'a Places,
    program: &'a mut Program,
}

impl Writer<'_> {
    fn condition(&mut self, condition: &Condition, ask: Ask) -> Code {
        let code = match condition {
            Condition::Literal(value) => {
                let mut code = Code::new();
                code.bits(if *value == (ask == Ask::Holds) {
                    u64::MAX
                } else {
                    0
                });
                code
            }
            Condition::Compare(comparison, sides) => self.compare(*comparison, sides, ask),
            Condition::Text(texts) => {
                let codes: Vec<_> = texts.codes.iter().map(|code| f64::from(*code)).collect();
                let ask = if texts.negated { ask.opposite() } else { ask };
                self.one_of(&Number::Feature(texts.feature), &codes, ask)
            }
            Condition::In(value, literals) => self.one_of(value, literals, ask),
            Condition::Has(value) => {
                let mut code = self.number(value);
                code.ops(&[Instruction::LocalTee(FIRST), Instruction::LocalGet(FIRST)]);
                code.op(&match ask {
                    Ask::Holds => Instruction::F64x2Eq,
                    Ask::Fails => Instruction::F64x2Ne,
                });
                code
            }
            Condition::And(both) => self.both(both, ask, ask == Ask::Holds),
            Condition::Or(both) => self.both(both, ask, ask == Ask::Fails),
            Condition::Not(inner) => self.condition(inner, ask.opposite()),
        };
        if code.len() > CONDITION_BYTES_MAX {
            self.program.apart(&code)
        } else {
            code
        }
    }

    fn both(&mut self, sides: &(Condition, Condition), ask: Ask, all: bool) -> Code {
        let mut code = self.condition(&sides.0, ask);
        let right = self.condition(&sides.1, ask);
        code.add(&right).op(&if all {
            Instruction::V128And
        } else {
            Instruction::V128Or
        });
        code
    }

    fn compare(&mut self, comparison: Comparison, sides: &(Number, Number), ask: Ask) -> Code {
        let mut code = self.number(&sides.0);
        code.add(&self.number(&sides.1));
        let asked = match ask {
            Ask::Holds => comparison,
            Ask::Fails => comparison.opposite(),
        };
        match asked {
            Comparison::Equal => code.op(&Instruction::F64x2Eq),
            Comparison::Less => code.op(&Instruction::F64x2Lt),
            Comparison::LessOrEqual => code.op(&Instruction::F64x2Le),
            Comparison::Greater => code.op(&Instruction::F64x2Gt),
            Comparison::GreaterOrEqual => code.op(&Instruction::F64x2Ge),
            // The operator for it holds where a side is NaN, so it is less or greater.
            Comparison::NotEqual => code
                .set(SECOND)
                .op(&Instruction::LocalTee(FIRST))
                .get(SECOND)
                .op(&Instruction::F64x2Lt)
                .get(FIRST)
                .get(SECOND)
                .ops(&[Instruction::F64x2Gt, Instruction::V128Or]),
        };
        code
    }

    /// Whether a number is one of some, or known and none of them.
    fn one_of(&mut self, value: &Number, literals: &[f64], ask: Ask) -> Code {
        let mut stretches = literals.chunks(LITERALS_MAX);
        let mut code = self.stretch(value, stretches.next().unwrap_or_default(), ask);
        for literals in stretches {
            let other = self.stretch(value, literals, ask);
            code.add(&other).op(&match ask {
                Ask::Holds => Instruction::V128Or,
                Ask::Fails => Instruction::V128And,
            });
            if code.len() > CONDITION_BYTES_MAX {
                code = self.program.apart(&code);
            }
        }
        code
    }

    fn stretch(&mut self, value: &Number, literals: &[f64], ask: Ask) -> Code {
        let mut code = self.number(value);
        code.set(FIRST).bits(0);
        for literal in literals {
            code.get(FIRST)
                .number(*literal)
                .ops(&[Instruction::F64x2Eq, Instruction::V128Or]);
        }
        if ask == Ask::Fails {
            code.set(SECOND)
                .get(FIRST)
                .get(FIRST)
                .op(&Instruction::F64x2Eq)
                .get(SECOND)
                .op(&Instruction::V128AndNot);
        }
        code
    }

    fn number(&mut self, value: &Number) -> Code {
        number(value, self.places, self.program)
    }
}
