//! How measures share the weight, and what each part adds to the score.

use wasm_encoder::Instruction;

use super::code::{Code, MASK, POINTS, Program, SUMS, VALUE, after};
use super::places::Places;
use crate::{Card, Measure};

/// Points of a part without any, in hundredths.
const POINTS_NONE: f64 = puls_wire::POINTS_NONE as f64;
/// Ten-thousandths of a point in a point, and of a weight in a whole one.
const UNITS: f64 = 10_000.0;
/// The pair's 64-bit lanes as two of 16 bits at the front.
const MASK_AS_U16: [u8; 16] = [0, 1, 8, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

/// Writes the functions from the shares of measures to the last part.
pub(super) fn write(card: &Card, places: &Places, program: &mut Program) {
    shares(card, places, program);
    coverage(places, program);
    program.begin(&[]);
    for (index, measure) in card.measures.iter().enumerate() {
        scale(index, measure, places, program);
    }
    program.begin(&places.running);
    let mut code = Code::new();
    let [running, rounded, _] = SUMS;
    code.number(0.0).set(running).number(0.0).set(rounded);
    program.piece(&code);
    let mut part = 0;
    for (index, measure) in card.measures.iter().enumerate() {
        for factor in &measure.factors {
            self::part(part, (index, factor.weight), places, program);
            part += 1;
        }
    }
    // Without a measure that counts, the total is 0 and so is the mask's opposite.
    let [.., total] = places.shares;
    let mut now = Code::new();
    now.get(rounded).number(UNITS).op(&Instruction::F64x2Div);
    now.load(total).number(0.0);
    now.ops(&[Instruction::F64x2Le, Instruction::V128Or]);
    program.piece(Code::new().store(places.score_now, &now));
}

/// Sums over measures.
fn shares(card: &Card, places: &Places, program: &mut Program) {
    program.begin(&places.shares);
    let mut code = Code::new();
    for sum in SUMS {
        code.number(0.0).set(sum);
    }
    program.piece(&code);
    let [applies, covers, total] = SUMS;
    for (index, measure) in card.measures.iter().enumerate() {
        let mut code = Code::new();
        let mut nominal = 0.0;
        for factor in &measure.factors {
            nominal += factor.weight;
        }
        if nominal > 0.0 {
            code.get(applies).number(measure.weight);
            if let Some(absent) = places.absent.get(index).copied().flatten() {
                code.load(absent).op(&Instruction::V128AndNot);
            }
            code.op(&Instruction::F64x2Add).set(applies);
            // Where the measure is not in force, none of its weight has data.
            code.get(covers).number(measure.weight);
            code.load(places.covered.nth(index))
                .op(&Instruction::F64x2Mul);
            code.number(nominal)
                .ops(&[Instruction::F64x2Div, Instruction::F64x2Add])
                .set(covers);
        }
        code.get(total).number(measure.weight);
        code.load(places.counted.nth(index)).number(0.0);
        code.ops(&[
            Instruction::F64x2Gt,
            Instruction::V128And,
            Instruction::F64x2Add,
        ]);
        code.set(total);
        program.piece(&code);
    }
}

fn coverage(places: &Places, program: &mut Program) {
    let [applies, covers, _] = places.shares;
    let mut value = Code::new();
    value.load(covers).load(applies).op(&Instruction::F64x2Div);
    value.number(UNITS).op(&Instruction::F64x2Mul);
    value.load(applies).number(0.0);
    value.ops(&[
        Instruction::F64x2Gt,
        Instruction::V128And,
        Instruction::F64x2Nearest,
    ]);
    as_u16(&mut value);
    program.begin(&[]);
    program.piece(Code::new().store_u16(places.coverage, &value));
}

/// Turns a measure's weight that counts into its scale; 0 where nothing counts.
fn scale(index: usize, measure: &Measure, places: &Places, program: &mut Program) {
    let counted = places.counted.nth(index);
    let [.., total] = places.shares;
    let mut value = Code::new();
    value.number(measure.weight * UNITS);
    value.load(total).load(counted);
    value.ops(&[Instruction::F64x2Mul, Instruction::F64x2Div]);
    value.load(total).number(0.0).op(&Instruction::F64x2Gt);
    value.load(counted).number(0.0).op(&Instruction::F64x2Gt);
    value.ops(&[Instruction::V128And, Instruction::V128And]);
    program.piece(Code::new().store(counted, &value));
}

/// The four columns of a part, given its measure and its weight in it.
fn part(index: usize, (measure, weight): (usize, f64), places: &Places, program: &mut Program) {
    let [running, rounded, _] = SUMS;
    let mut code = Code::new();
    code.load(places.points.nth(index));
    code.op(&Instruction::LocalTee(POINTS)).get(POINTS);
    code.op(&Instruction::F64x2Eq).set(MASK);
    code.number(weight).load(places.counted.nth(measure));
    code.ops(&[Instruction::F64x2Mul])
        .get(MASK)
        .op(&Instruction::V128And)
        .set(VALUE);
    code.get(running).get(VALUE).get(POINTS).get(MASK);
    code.ops(&[
        Instruction::V128And,
        Instruction::F64x2Mul,
        Instruction::F64x2Add,
    ]);
    code.set(running);

    let mut contribution = Code::new();
    contribution.get(running).op(&Instruction::F64x2Nearest);
    contribution
        .get(rounded)
        .ops(&[Instruction::F64x2Sub, Instruction::I32x4TruncSatF64x2SZero]);
    code.store_i32(after(places.contribution, index, 1_024), &contribution);
    code.get(running).op(&Instruction::F64x2Nearest);
    code.set(rounded);

    let mut points = Code::new();
    points.get(POINTS).number(100.0);
    points.ops(&[Instruction::F64x2Mul, Instruction::F64x2Nearest]);
    points.number(POINTS_NONE).get(MASK);
    points.op(&Instruction::V128Bitselect);
    as_u16(&mut points);
    code.store_u16(after(places.part_points, index, 512), &points);

    let mut effective = Code::new();
    effective.get(VALUE).op(&Instruction::F64x2Nearest);
    as_u16(&mut effective);
    code.store_u16(after(places.part_weight, index, 512), &effective);

    let own = u64::try_from(index + 1).expect("a card has at most 128 parts");
    let mut reason = Code::new();
    reason.get(MASK).get(MASK);
    reason.op(&Instruction::I8x16Shuffle(MASK_AS_U16));
    reason.bits(own | (own << 16)).op(&Instruction::V128And);
    code.store_u16(after(places.part_reason, index, 512), &reason);
    program.piece(&code);
}

/// Two whole f64 as two u16 at the front.
fn as_u16(code: &mut Code) {
    code.ops(&[
        Instruction::I32x4TruncSatF64x2SZero,
        Instruction::LocalTee(super::code::FIRST),
        Instruction::LocalGet(super::code::FIRST),
        Instruction::I16x8NarrowI32x4U,
    ]);
}
