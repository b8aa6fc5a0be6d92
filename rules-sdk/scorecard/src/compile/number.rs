//! Numbers: code that leaves two f64, NaN where the row's is missing.

use wasm_encoder::Instruction;

use super::code::{Code, FIRST, Program, place};
use super::places::Places;
use crate::{Arithmetic, Number};

/// Bytes from which a number is computed in a function of its own. People write numbers of a
/// tenth of it; the sum of those that meet in one piece stays far below what a function holds.
const NUMBER_BYTES_MAX: usize = 1_536;

/// The number's code: a column where it is too long to stand among other code.
pub(super) fn number(number: &Number, places: &Places, program: &mut Program) -> Code {
    let mut code = unbounded(number, places, program);
    if has_arithmetic(number) {
        // x − x is 0, or NaN where x is not finite; so this is x, or NaN.
        code.ops(&[
            Instruction::LocalTee(FIRST),
            Instruction::LocalGet(FIRST),
            Instruction::LocalGet(FIRST),
            Instruction::F64x2Sub,
            Instruction::F64x2Add,
        ]);
    }
    code
}

/// As [`number`], but what should be missing for not being finite may be infinite. All arithmetic
/// leads on to NaN or infinity from there, except a division by it.
fn unbounded(number: &Number, places: &Places, program: &mut Program) -> Code {
    let mut code = Code::new();
    match number {
        Number::Literal(value) => code.number(*value),
        Number::Feature(index) => code.load(places.features.nth(*index)),
        Number::Parameter(index) => code.ops(&[
            Instruction::I32Const(0),
            Instruction::V128Load64Splat(place(places.parameter(*index), 3)),
        ]),
        Number::Derived(index) => code.load(places.derived.nth(*index)),
        Number::ScoreNow => code.load(places.score_now),
        Number::Negative(inner) => {
            code = unbounded(inner, places, program);
            code.op(&Instruction::F64x2Neg)
        }
        Number::Arithmetic(operator, sides) => {
            let (left, right) = sides.as_ref();
            code = unbounded(left, places, program);
            let right = match operator {
                Arithmetic::Divide => self::number(right, places, program),
                _ => unbounded(right, places, program),
            };
            code.add(&right).op(&match operator {
                Arithmetic::Add => Instruction::F64x2Add,
                Arithmetic::Subtract => Instruction::F64x2Sub,
                Arithmetic::Multiply => Instruction::F64x2Mul,
                Arithmetic::Divide => Instruction::F64x2Div,
            })
        }
    };
    if code.len() > NUMBER_BYTES_MAX {
        code = program.apart(&code);
    }
    code
}

fn has_arithmetic(number: &Number) -> bool {
    match number {
        Number::Arithmetic(..) => true,
        Number::Negative(inner) => has_arithmetic(inner),
        _ => false,
    }
}
