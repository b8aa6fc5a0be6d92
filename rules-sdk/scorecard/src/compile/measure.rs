//! What comes before the score is known: derived numbers, population, variants, and of each factor
//! its points, with the weights that its measure has on this row.

use wasm_encoder::Instruction;

use super::code::{Code, Column, MASK, POINTS, Program, SUMS, VALUE};
use super::condition::holds;
use super::number::number;
use super::places::{Places, replacing};
use crate::{Band, Card, Factor, Line, Measure, Missing, Number, Scale};

/// Bands that one stretch of code chooses among: 100 have some 4,500 bytes.
const BANDS_MAX: usize = 100;
const NEUTRAL: f64 = 50.0;

/// Writes the functions up to the points of the last factor.
pub(super) fn write(card: &Card, places: &Places, program: &mut Program) {
    program.begin(&[]);
    for (index, derived) in card.derived.iter().enumerate() {
        let value = number(&derived.value, places, program);
        program.piece(Code::new().store(places.derived.nth(index), &value));
    }
    membership(card, places, program);
    let mut part = 0;
    for (index, measure) in card.measures.iter().enumerate() {
        let mut writer = Writer {
            places,
            program,
            absent: places.absent.get(index).copied().flatten(),
        };
        writer.measure(index, measure, part);
        part += measure.factors.len();
    }
}

/// The masks that say which measures are in force.
fn membership(card: &Card, places: &Places, program: &mut Program) {
    let mut taken = Code::new();
    taken.bits(0);
    if let (Some(population), Some(outside)) = (&card.population, places.outside) {
        let mut mask = holds(population, places, program);
        mask.op(&Instruction::V128Not);
        program.piece(Code::new().store(outside, &mask));
        taken = Code::new();
        taken.load(outside);
    }
    if card.variants.is_empty() {
        return;
    }
    program.piece(Code::new().store(places.taken, &taken));
    for (index, variant) in card.variants.iter().enumerate() {
        let mut code = holds(&variant.when, places, program);
        let mut others = Code::new();
        others.get(MASK).load(places.taken);
        others.ops(&[Instruction::V128AndNot, Instruction::V128Not]);
        let mut taken = Code::new();
        taken.get(MASK).load(places.taken).op(&Instruction::V128Or);
        code.set(MASK)
            .store(places.others.nth(index), &others)
            .store(places.taken, &taken);
        program.piece(&code);
    }
    for (index, measure) in card.measures.iter().enumerate() {
        let absent = places.absent.get(index).copied().flatten();
        let (None, Some(absent)) = (measure.variant, absent) else {
            continue;
        };
        if let Some(mask) = replaced(card, index, places) {
            program.piece(Code::new().store(absent, &mask));
        }
    }
}

/// The mask of the rows where one of the card's own measures is not in force, if a variant
/// replaces it.
fn replaced(card: &Card, measure: usize, places: &Places) -> Option<Code> {
    let mut variants = replacing(card, measure).filter_map(|found| found.variant);
    let mut code = Code::new();
    code.load(places.others.nth(variants.next()?));
    for variant in variants {
        code.load(places.others.nth(variant))
            .op(&Instruction::V128And);
    }
    code.op(&Instruction::V128Not);
    if let Some(outside) = places.outside {
        code.load(outside).op(&Instruction::V128Or);
    }
    Some(code)
}

struct Writer<'a> {
    places: &'a Places,
    program: &'a mut Program,
    /// Where the measure is not in force.
    absent: Option<Column>,
}

impl Writer<'_> {
    fn measure(&mut self, index: usize, measure: &Measure, part: usize) {
        let sums = [
            self.places.covered.nth(index),
            self.places.counted.nth(index),
        ];
        self.program.begin(&sums);
        let mut code = Code::new();
        for sum in SUMS.into_iter().take(sums.len()) {
            code.number(0.0).set(sum);
        }
        self.program.piece(&code);
        for (index, factor) in measure.factors.iter().enumerate() {
            let mut code = self.points(factor);
            self.too_old(factor, &mut code);
            self.account_for(factor, self.places.points.nth(part + index), &mut code);
            self.program.piece(&code);
        }
    }

    /// The factor's points, NaN where its value is missing.
    fn points(&mut self, factor: &Factor) -> Code {
        match &factor.scale {
            Scale::Line(line) => self.line(&factor.value, line),
            Scale::Bands { up_to, above } => self.bands(&factor.value, up_to, *above),
            Scale::Texts { points, otherwise } => self.texts(&factor.value, points, *otherwise),
        }
    }

    fn line(&mut self, value: &Number, line: &Line) -> Code {
        let mut code = self.number(value);
        code.add(&self.number(&line.zero_at))
            .op(&Instruction::F64x2Sub);
        if let (Number::Literal(zero_at), Number::Literal(hundred_at)) =
            (&line.zero_at, &line.hundred_at)
        {
            code.number(hundred_at - zero_at);
        } else {
            code.add(&self.number(&line.hundred_at));
            code.add(&self.number(&line.zero_at))
                .op(&Instruction::F64x2Sub);
        }
        code.op(&Instruction::F64x2Div)
            .number(100.0)
            .op(&Instruction::F64x2Mul);
        // These two keep their first side where it is NaN.
        code.number(0.0).op(&Instruction::F64x2PMax);
        code.number(100.0).op(&Instruction::F64x2PMin);
        code
    }

    /// The last band first, so that the first that has the value has the last word.
    fn bands(&mut self, value: &Number, up_to: &[Band], above: f64) -> Code {
        let value = self.fetch(value);
        let mut points = Code::new();
        points.number(within(above));
        let mut stretches = up_to.rchunks(BANDS_MAX).peekable();
        while let Some(stretch) = stretches.next() {
            for band in stretch.iter().rev() {
                points.number(within(band.points)).add(&value);
                points.add(&self.number(&band.up_to));
                points.ops(&[Instruction::F64x2Gt, Instruction::V128Bitselect]);
            }
            if stretches.peek().is_some() {
                points = self.program.apart(&points);
            }
        }
        points.add(&value).add(&value);
        points.ops(&[Instruction::F64x2Ne, Instruction::V128Or]);
        points
    }

    fn texts(&mut self, value: &Number, points: &[(u16, f64)], otherwise: Option<f64>) -> Code {
        let mut code = self.number(value);
        code.set(VALUE).number(otherwise.map_or(f64::NAN, within));
        for (text, points) in points.iter().rev() {
            code.number(within(*points))
                .get(VALUE)
                .number(f64::from(*text));
            code.ops(&[Instruction::F64x2Ne, Instruction::V128Bitselect]);
        }
        code.get(VALUE).get(VALUE);
        code.ops(&[Instruction::F64x2Ne, Instruction::V128Or]);
        code
    }

    /// All bits set are a NaN.
    fn too_old(&mut self, factor: &Factor, code: &mut Code) {
        if let Some((age, days_max)) = &factor.valid_for {
            code.add(&self.number(age)).number(*days_max).ops(&[
                Instruction::F64x2Le,
                Instruction::V128Not,
                Instruction::V128Or,
            ]);
        }
    }

    /// Adds the factor's weight to the sums, puts the substitute in place and writes the points.
    fn account_for(&self, factor: &Factor, points: Column, code: &mut Code) {
        let [covered, counted, _] = SUMS;
        if let Some(absent) = self.absent {
            code.load(absent).op(&Instruction::V128Or);
        }
        code.set(POINTS);
        add_where_there(factor.weight, covered, code);
        let substitute = match factor.missing {
            Missing::Exclude => None,
            Missing::Neutral => Some(NEUTRAL),
            Missing::Worst => Some(0.0),
        };
        if let Some(substitute) = substitute {
            code.get(POINTS).number(substitute).get(MASK);
            code.op(&Instruction::V128Bitselect);
            if let Some(absent) = self.absent {
                code.load(absent).op(&Instruction::V128Or);
            }
            code.set(POINTS);
        }
        add_where_there(factor.weight, counted, code);
        code.store(points, Code::new().get(POINTS));
    }

    fn number(&mut self, value: &Number) -> Code {
        number(value, self.places, self.program)
    }

    /// The number's code, where it is needed often.
    fn fetch(&mut self, value: &Number) -> Code {
        let code = self.number(value);
        match value {
            Number::Negative(_) | Number::Arithmetic(..) => self.program.apart(&code),
            _ => code,
        }
    }
}

/// Adds a weight to a sum where there are points; leaves the mask of them behind.
fn add_where_there(weight: f64, sum: u32, code: &mut Code) {
    code.get(sum).number(weight).get(POINTS).get(POINTS).ops(&[
        Instruction::F64x2Eq,
        Instruction::LocalTee(MASK),
        Instruction::V128And,
        Instruction::F64x2Add,
    ]);
    code.set(sum);
}

/// Points within 0 and 100.
const fn within(points: f64) -> f64 {
    points.clamp(0.0, 100.0)
}
