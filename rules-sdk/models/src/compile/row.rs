//! The function that evaluates one row: records, walk, parts.

use puls_wire::{Layout, POINTS_NONE, Status, WEIGHT_UNIT};
use wasm_encoder::{BlockType, Instruction, ValType};

use super::code::{Code, place};
use super::nodes::{ARENA, Form, Nodes, RECORD_BYTES, SET, STEPS_AT, View};
use crate::Rule;
use crate::evaluate::{POINTS_EVEN, POINTS_MAX, POINTS_OF_UNIT, RUNNING_MAX, ZERO_MAX, reason};

/// The parameter: which row.
const ROW: u32 = 0;
/// Where the row lies in columns of 8, 4 and 2 bytes.
const AT8: u32 = 1;
const AT4: u32 = 2;
const AT2: u32 = 3;
/// Features with data.
const PRESENT: u32 = 4;
/// The walk: a split, its record, the one of its pair that counts, a category.
const SPLIT: u32 = 5;
const RECORD: u32 = 6;
const SIDE: u32 = 7;
const CATEGORY: u32 = 8;
const VALUE: u32 = 9;
const SECANT: u32 = 10;
const RUNNING: u32 = 11;
const ROUNDED: u32 = 12;
const SCORE: u32 = 13;
const AMOUNT: u32 = 14;
/// Whole numbers of 64 bits: what all features moved the margin by, and one of them.
const MOVED: u32 = 15;
const STEPS: u32 = 16;
/// Locals beside the parameter.
pub(super) const LOCALS: [(u32, ValType); 3] =
    [(8, ValType::I32), (6, ValType::F64), (2, ValType::I64)];

/// Code of the function, and index of the one that makes a score of a number.
pub(super) const LOGISTIC: u32 = 4;

/// The body, with its end.
pub(super) fn row(rule: &Rule, layout: &Layout, nodes: &Nodes) -> Code {
    let mut code = Code::new();
    for (local, shift) in [(AT8, 3), (AT4, 2), (AT2, 1)] {
        code.get(ROW).i32(shift).op(&Instruction::I32Shl).set(local);
    }
    let features = rule.manifest.features.len();
    for feature in 0..features {
        load(feature, layout, nodes, &mut code);
    }
    let mut scored = Code::new();
    scored
        .get(PRESENT)
        .ops(&[Instruction::I32Eqz, Instruction::BrIf(0)]);
    walk(nodes, rule.forest.steps_max, &mut scored);
    secant(rule, nodes, &mut scored);
    start(rule, layout, &mut scored);
    for feature in 0..features {
        part(feature, (rule, layout), nodes, &mut scored);
    }
    rest(Status::Scored, (rule, layout), &mut scored);
    scored.op(&Instruction::Return);

    code.op(&Instruction::Block(BlockType::Empty));
    code.repeat(&scored, 1);
    code.op(&Instruction::End);
    nothing(rule, layout, &mut code);
    rest(Status::NoScore, (rule, layout), &mut code);
    code.op(&Instruction::End);
    code
}

fn column(at: u32, index: usize, width: u32) -> u32 {
    let index = u32::try_from(index).unwrap_or(u32::MAX);
    ARENA + at + index * width * 256
}

/// Fills the records of a feature.
fn load(feature: usize, layout: &Layout, nodes: &Nodes, code: &mut Code) {
    let at = column(layout.header.features_at, feature, 8);
    code.get(AT8)
        .op(&Instruction::F64Load(place(at)))
        .set(VALUE);
    code.get(PRESENT).get(VALUE).get(VALUE);
    code.ops(&[Instruction::F64Eq, Instruction::I32Add])
        .set(PRESENT);
    for (address, record) in records(feature, nodes) {
        code.i32(0);
        match record {
            View::Category => {
                code.get(VALUE).number(-1.0).get(VALUE).get(VALUE);
                code.ops(&[Instruction::F64Eq, Instruction::Select]);
            }
            View::Number {
                is_negative,
                is_zero_missing,
            } => {
                if is_zero_missing {
                    code.number(f64::NAN).get(VALUE).get(VALUE);
                    code.op(&Instruction::F64Abs).number(ZERO_MAX);
                    code.ops(&[Instruction::F64Le, Instruction::Select]);
                } else {
                    code.get(VALUE);
                }
                if is_negative {
                    code.op(&Instruction::F64Neg);
                }
            }
        }
        code.op(&Instruction::F64Store(place(address)));
        code.i32(0).op(&Instruction::I64Const(0));
        code.op(&Instruction::I64Store(place(address + STEPS_AT)));
    }
}

/// Addresses and views of a feature's records.
fn records(feature: usize, nodes: &Nodes) -> impl Iterator<Item = (u32, View)> + '_ {
    let addresses = (0..).map(|index| nodes.records_at + index * RECORD_BYTES);
    addresses
        .zip(&nodes.records)
        .filter(move |(_, record)| record.feature == feature)
        .map(|(address, record)| (address, record.view))
}

/// From split to split until there is none.
fn walk(nodes: &Nodes, steps_max: u64, code: &mut Code) {
    let form = nodes.form;
    let mut step = Code::new();
    step.get(SPLIT);
    step.op(&Instruction::I32Load16U(place(form.record_at())));
    step.set(RECORD);
    if nodes.has_sets {
        choose(nodes, &mut step);
    } else {
        compare(nodes, &mut step);
    }
    step.i32(form.shift()).op(&Instruction::I32Shl);
    step.get(SPLIT).op(&Instruction::I32Add).set(SIDE);
    step.get(RECORD).get(RECORD);
    let steps = place(nodes.records_at + STEPS_AT);
    step.op(&Instruction::I64Load(steps)).get(SIDE);
    step.op(&match form {
        Form::Narrow => Instruction::I64Load32S(place(8)),
        Form::Wide => Instruction::I64Load(place(8)),
    });
    step.ops(&[Instruction::I64Add, Instruction::I64Store(steps)]);
    step.get(SIDE);
    step.op(&Instruction::I32Load(place(form.next_at())));
    step.tee(SPLIT).op(&Instruction::BrIf(0));

    code.i32(nodes.at).set(SPLIT);
    code.op(&Instruction::Loop(BlockType::Empty));
    code.repeat(&step, steps_max);
    code.op(&Instruction::End);
}

/// 1 where the record's number is at most the threshold.
fn compare(nodes: &Nodes, code: &mut Code) {
    code.get(RECORD);
    code.op(&Instruction::F64Load(place(nodes.records_at)));
    code.get(SPLIT).op(&Instruction::F64Load(place(0)));
    code.op(&Instruction::F64Le);
}

/// The same, or 1 where the number is in a set.
fn choose(nodes: &Nodes, code: &mut Code) {
    let whether = BlockType::Result(ValType::I32);
    let set = u32::from(SET);
    code.get(RECORD).i32(set).op(&Instruction::I32And);
    code.op(&Instruction::If(whether));
    code.get(RECORD).i32(set).op(&Instruction::I32Xor);
    code.tee(RECORD);
    code.op(&Instruction::F64Load(place(nodes.records_at)));
    code.op(&Instruction::I32TruncSatF64S).tee(CATEGORY);
    // Below 0 is far above all counts, without a sign.
    code.get(SPLIT).op(&Instruction::I32Load(place(4)));
    code.ops(&[Instruction::I32LtU, Instruction::If(whether)]);
    code.get(SPLIT).op(&Instruction::I32Load(place(0)));
    code.get(CATEGORY).i32(3);
    code.ops(&[Instruction::I32ShrU, Instruction::I32Add]);
    code.op(&Instruction::I32Load8U(place(0)));
    code.get(CATEGORY).i32(7).op(&Instruction::I32And);
    code.op(&Instruction::I32ShrU).i32(1);
    code.op(&Instruction::I32And);
    code.op(&Instruction::Else).i32(0).op(&Instruction::End);
    code.op(&Instruction::Else);
    compare(nodes, code);
    code.op(&Instruction::End);
}

/// The score, and what a whole step of the margin is of it.
fn secant(rule: &Rule, nodes: &Nodes, code: &mut Code) {
    let constants = &rule.constants;
    code.op(&Instruction::I64Const(0));
    for address in (0..nodes.records.len()).map(|index| {
        let index = u32::try_from(index).unwrap_or(u32::MAX);
        nodes.records_at + index * RECORD_BYTES + STEPS_AT
    }) {
        code.i32(0).op(&Instruction::I64Load(place(address)));
        code.op(&Instruction::I64Add);
    }
    code.tee(MOVED);
    code.op(&Instruction::I64Const(rule.forest.base));
    code.ops(&[Instruction::I64Add, Instruction::F64ConvertI64S]);
    code.number(constants.scale).op(&Instruction::F64Mul);
    code.op(&Instruction::Call(LOGISTIC)).tee(SCORE);
    code.number(constants.start).op(&Instruction::F64Sub);
    code.get(MOVED).op(&Instruction::F64ConvertI64S);
    code.tee(AMOUNT).op(&Instruction::F64Div);
    code.number(constants.slope);
    code.get(AMOUNT).op(&Instruction::F64Abs);
    code.number(constants.near);
    code.ops(&[Instruction::F64Ge, Instruction::Select])
        .set(SECANT);
}

/// The first part.
fn start(rule: &Rule, layout: &Layout, code: &mut Code) {
    let start = rule.constants.start;
    code.number(start).set(RUNNING);
    code.number(start.round_ties_even()).set(ROUNDED);
    code.get(AT4).get(ROUNDED);
    code.op(&Instruction::I32TruncSatF64S);
    code.op(&Instruction::I32Store(place(column(
        layout.header.contribution_at,
        0,
        4,
    ))));
    halves(0, layout, [u32::from(POINTS_NONE), 0, 0], code);
}

/// Points, weight and reason of a part that are known.
fn halves(part: usize, layout: &Layout, values: [u32; 3], code: &mut Code) {
    let header = &layout.header;
    let places = [header.points_at, header.weight_at, header.reason_at];
    for (at, value) in places.into_iter().zip(values) {
        code.get(AT2).i32(value);
        code.op(&Instruction::I32Store16(place(column(at, part, 2))));
    }
}

/// The part of a feature.
fn part(feature: usize, (rule, layout): (&Rule, &Layout), nodes: &Nodes, code: &mut Code) {
    let header = &layout.header;
    let part = feature + 1;
    code.op(&Instruction::I64Const(0));
    for (address, _) in records(feature, nodes) {
        code.i32(0)
            .op(&Instruction::I64Load(place(address + STEPS_AT)));
        code.op(&Instruction::I64Add);
    }
    code.tee(STEPS).op(&Instruction::F64ConvertI64S);
    code.get(SECANT).op(&Instruction::F64Mul).set(AMOUNT);
    code.get(RUNNING).get(AMOUNT).op(&Instruction::F64Add);
    code.set(RUNNING);
    let is_last = part == rule.manifest.features.len();
    code.get(if is_last { SCORE } else { RUNNING });
    code.number(-RUNNING_MAX).op(&Instruction::F64Max);
    code.number(RUNNING_MAX).op(&Instruction::F64Min);
    code.op(&Instruction::F64Nearest).set(VALUE);

    code.get(AT4).get(VALUE).get(ROUNDED);
    code.ops(&[Instruction::F64Sub, Instruction::I32TruncSatF64S]);
    code.op(&Instruction::I32Store(place(column(
        header.contribution_at,
        part,
        4,
    ))));
    code.get(VALUE).set(ROUNDED);

    code.get(AT2).number(POINTS_EVEN);
    code.get(AMOUNT).number(POINTS_OF_UNIT);
    code.ops(&[Instruction::F64Mul, Instruction::F64Add]);
    code.number(0.0).op(&Instruction::F64Max);
    code.number(POINTS_MAX).op(&Instruction::F64Min);
    code.ops(&[Instruction::F64Nearest, Instruction::I32TruncSatF64S]);
    code.op(&Instruction::I32Store16(place(column(
        header.points_at,
        part,
        2,
    ))));

    code.get(AT2).i32(rule.constants.weight.into());
    code.op(&Instruction::I32Store16(place(column(
        header.weight_at,
        part,
        2,
    ))));

    // The reason without data follows the one with data.
    code.get(AT2).i32(reason(feature, false).into());
    let at = column(header.features_at, feature, 8);
    code.get(AT8).op(&Instruction::F64Load(place(at)));
    code.tee(VALUE).get(VALUE);
    code.ops(&[Instruction::F64Ne, Instruction::I32Add]);
    code.op(&Instruction::I32Store16(place(column(
        header.reason_at,
        part,
        2,
    ))));
}

/// Parts of an account without any data.
fn nothing(rule: &Rule, layout: &Layout, code: &mut Code) {
    for part in 0..rule.manifest.parts.len() {
        code.get(AT4).i32(0);
        code.op(&Instruction::I32Store(place(column(
            layout.header.contribution_at,
            part,
            4,
        ))));
        halves(part, layout, [u32::from(POINTS_NONE), 0, 0], code);
    }
}

/// What is not of a part.
fn rest(status: Status, (rule, layout): (&Rule, &Layout), code: &mut Code) {
    let header = &layout.header;
    let count = u32::try_from(rule.manifest.features.len()).unwrap_or(u32::MAX);
    code.get(ROW).i32(status as u32);
    code.op(&Instruction::I32Store8(place(column(
        header.status_at,
        0,
        1,
    ))));
    code.get(AT2).get(PRESENT).i32(WEIGHT_UNIT.into());
    code.op(&Instruction::I32Mul).i32(count / 2);
    code.op(&Instruction::I32Add).i32(count);
    code.op(&Instruction::I32DivU);
    code.op(&Instruction::I32Store16(place(column(
        header.coverage_at,
        0,
        2,
    ))));
    code.get(AT4).i32(0);
    code.op(&Instruction::I32Store(place(column(
        header.adjust_at,
        0,
        4,
    ))));
    for at in [header.exceptions_at, header.triggers_at] {
        code.get(AT8).op(&Instruction::I64Const(0));
        code.op(&Instruction::I64Store(place(column(at, 0, 8))));
    }
}

/// The logistic curve, with its end: from a number to ten-thousandths of a point.
pub(super) fn logistic() -> Code {
    use crate::logistic::{
        EXPONENT_AT, EXPONENT_BIAS, EXPONENT_MAX, LN2_HIGH, LN2_LOW, SERIES, UNITS,
    };
    const Z: u32 = 0;
    const K: u32 = 1;
    const R: u32 = 2;
    let mut code = Code::new();
    code.get(Z).number(-EXPONENT_MAX).op(&Instruction::F64Max);
    code.number(EXPONENT_MAX).op(&Instruction::F64Min).tee(Z);
    code.number(std::f64::consts::LOG2_E);
    code.ops(&[Instruction::F64Mul, Instruction::F64Nearest])
        .set(K);
    code.get(Z).get(K).number(LN2_HIGH);
    code.ops(&[Instruction::F64Mul, Instruction::F64Sub]);
    code.get(K).number(LN2_LOW);
    code.ops(&[Instruction::F64Mul, Instruction::F64Sub]).set(R);
    code.number(UNITS).number(1.0).number(0.0);
    for term in SERIES {
        code.get(R).op(&Instruction::F64Mul).number(term);
        code.op(&Instruction::F64Add);
    }
    code.get(K).op(&Instruction::I64TruncSatF64S);
    code.op(&Instruction::I64Const(EXPONENT_BIAS));
    code.op(&Instruction::I64Add);
    code.op(&Instruction::I64Const(EXPONENT_AT.into()));
    code.ops(&[
        Instruction::I64Shl,
        Instruction::F64ReinterpretI64,
        Instruction::F64Mul,
        Instruction::F64Add,
        Instruction::F64Div,
        Instruction::End,
    ]);
    code
}
