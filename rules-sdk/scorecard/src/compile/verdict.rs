//! Exceptions, triggers, and what they make of the score.
//!
//! ```text
//! weight counts      adjust = min(max(sum, highest floor), lowest cap) − sum
//! none, but a force  adjust = lowest cap, else highest floor
//! neither            no score
//! outside            nothing holds, nothing is asked for
//! ```

use wasm_encoder::Instruction;

use super::code::{Code, MASK, POINTS, Program, SUMS, VALUE};
use super::condition::holds;
use super::places::Places;
use crate::{Card, Condition, Force};

/// The bytes of the pair's 64-bit lanes, at the front.
const AS_U8: [u8; 16] = [0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
/// `Status::NoScore` and `Status::OutsidePopulation`.
const NO_SCORE: u64 = puls_wire::Status::NoScore as u64;
const OUTSIDE: u64 = puls_wire::Status::OutsidePopulation as u64;

/// Writes the functions after the last part.
pub(super) fn write(card: &Card, places: &Places, program: &mut Program) {
    let [bits, cap, floor] = SUMS;
    program.begin(&places.forces);
    let mut code = Code::new();
    code.bits(0).set(bits);
    code.number(f64::INFINITY).set(cap);
    code.number(f64::NEG_INFINITY).set(floor);
    program.piece(&code);
    for (index, exception) in card.exceptions.iter().enumerate() {
        let mut code = bit(index, &exception.when, places, program);
        match exception.force {
            None => {}
            Some(Force::Cap(points)) => {
                code.get(cap).number(in_units(points));
                code.op(&Instruction::F64x2PMin).get(cap).get(MASK);
                code.op(&Instruction::V128Bitselect).set(cap);
            }
            Some(Force::Floor(points)) => {
                code.get(floor).number(in_units(points));
                code.op(&Instruction::F64x2PMax).get(floor).get(MASK);
                code.op(&Instruction::V128Bitselect).set(floor);
            }
        }
        program.piece(&code);
    }
    program.piece(Code::new().store(places.exceptions, &inside(bits, places)));
    judge(places, program);

    let [asked, ..] = places.forces;
    program.begin(&[asked]);
    program.piece(Code::new().bits(0).set(bits));
    for (index, trigger) in card.triggers.iter().enumerate() {
        let code = bit(index, &trigger.when, places, program);
        program.piece(&code);
    }
    program.piece(Code::new().store(places.triggers, &inside(bits, places)));
}

/// Sets bit `index` of the rows for which the condition holds; leaves the mask of them behind.
fn bit(index: usize, when: &Condition, places: &Places, program: &mut Program) -> Code {
    let [bits, ..] = SUMS;
    let mut code = holds(when, places, program);
    code.op(&Instruction::LocalTee(MASK))
        // No list is longer than 64, so the remainder changes nothing.
        .bits(1 << (index % 64))
        .op(&Instruction::V128And)
        .get(bits)
        .op(&Instruction::V128Or)
        .set(bits);
    code
}

/// Status and adjustment, from the forces in their locals.
fn judge(places: &Places, program: &mut Program) {
    let [_, cap, floor] = SUMS;
    let [.., total] = places.shares;
    let [_, sum] = places.running;
    let mut code = Code::new();
    code.get(cap).get(floor).get(cap).number(f64::INFINITY);
    code.ops(&[Instruction::F64x2Lt, Instruction::V128Bitselect]);
    code.set(VALUE);
    code.load(total).number(0.0);
    code.op(&Instruction::F64x2Gt).set(MASK);

    let mut adjust = Code::new();
    adjust.load(sum).get(floor).op(&Instruction::F64x2PMax);
    adjust.get(cap).op(&Instruction::F64x2PMin).load(sum);
    adjust.op(&Instruction::F64x2Sub);
    adjust.get(VALUE).get(VALUE).number(f64::NEG_INFINITY);
    adjust.ops(&[Instruction::F64x2Gt, Instruction::V128And]);
    adjust.get(MASK).op(&Instruction::V128Bitselect);
    adjust.set(POINTS).add(&inside(POINTS, places));
    adjust.op(&Instruction::I32x4TruncSatF64x2SZero);
    code.store_i32(places.adjust, &adjust);

    let mut status = Code::new();
    status.get(VALUE).number(f64::NEG_INFINITY);
    status.op(&Instruction::F64x2Gt).get(MASK);
    status.ops(&[Instruction::V128Or, Instruction::V128Not]);
    status.bits(NO_SCORE).op(&Instruction::V128And);
    if let Some(outside) = places.outside {
        status.set(POINTS).bits(OUTSIDE).get(POINTS).load(outside);
        status.op(&Instruction::V128Bitselect);
    }
    status.set(POINTS).get(POINTS).get(POINTS);
    status.op(&Instruction::I8x16Shuffle(AS_U8));
    code.store_u8(places.status, &status);
    program.piece(&code);
}

/// What is in a local, and nothing where a row is outside the population.
fn inside(local: u32, places: &Places) -> Code {
    let mut code = Code::new();
    code.get(local);
    if let Some(outside) = places.outside {
        code.load(outside).op(&Instruction::V128AndNot);
    }
    code
}

/// Points as they stand in verdicts.
const fn in_units(points: f64) -> f64 {
    (points.clamp(0.0, 100.0) * 10_000.0).round_ties_even()
}
