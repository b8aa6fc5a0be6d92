//! The sections of the module, and the three functions that the host knows.
//!
//! `puls_arena` answers where the arena lies, or 0 where more is asked for than it has.
//! `puls_eval` answers −1 where the header is not the one of this card: it lies elsewhere, counts
//! something else, or has its columns elsewhere; a header that is longer but leaves the columns in
//! their places is fine. Otherwise it runs all functions and answers 0.

use puls_wire::{Header, Layout, MANIFEST_SECTION, Manifest, ROWS_MAX};
use wasm_encoder::{
    BlockType, CodeSection, CustomSection, ExportKind, ExportSection, Function as Body,
    FunctionSection, Instruction, MemorySection, MemoryType, Module, TypeSection, ValType,
};

use super::Cost;
use super::code::{ARENA, Code, Function, LOCALS, Program, place};

const PAGE_BYTES: u32 = 64 * 1024;
/// Types: `() -> ()`, `(i32) -> i32`, `(i32) -> ()`.
const MARKER: u32 = 0;
const CALL: u32 = 1;
const STAGE: u32 = 2;
/// Functions before the first stage.
const EXPORTED: u32 = 3;

/// The module's bytes and what it costs.
pub(super) fn module(layout: &Layout, manifest: &Manifest, program: Program) -> (Vec<u8>, Cost) {
    let (stages, memory_bytes) = program.finish();
    let count = u32::try_from(stages.len()).expect("each function has bytes of a card behind it");
    let eval = evaluate(layout, count);
    let batch_operators = stages.iter().map(|stage| stage.operators).sum::<u64>() + eval.1;

    let mut code = CodeSection::new();
    let mut body_bytes_max = 0;
    let mut add = |body: &Body| {
        body_bytes_max = body_bytes_max.max(body.byte_len());
        code.function(body);
    };
    add(&plain(&[Instruction::End]));
    add(&plain(&arena(layout)));
    add(&eval.0);
    for stage in stages {
        add(&self::stage(stage));
    }

    let mut types = TypeSection::new();
    types.ty().function([], []);
    types.ty().function([ValType::I32], [ValType::I32]);
    types.ty().function([ValType::I32], []);
    let mut functions = FunctionSection::new();
    functions.function(MARKER).function(CALL).function(CALL);
    for _ in 0..count {
        functions.function(STAGE);
    }
    let pages = u64::from(memory_bytes.div_ceil(PAGE_BYTES));
    let mut memories = MemorySection::new();
    memories.memory(MemoryType {
        minimum: pages,
        maximum: Some(pages),
        memory64: false,
        shared: false,
        page_size_log2: None,
    });
    let mut exports = ExportSection::new();
    exports.export("memory", ExportKind::Memory, 0);
    for (index, name) in (0..).zip(["puls_abi_1", "puls_arena", "puls_eval"]) {
        exports.export(name, ExportKind::Func, index);
    }
    let manifest = serde_json::to_vec(manifest).expect("a manifest has only texts as keys");
    let mut module = Module::new();
    module
        .section(&types)
        .section(&functions)
        .section(&memories)
        .section(&exports)
        .section(&code)
        .section(&CustomSection {
            name: MANIFEST_SECTION.into(),
            data: manifest.into(),
        });
    let cost = Cost {
        batch_operators,
        body_bytes_max,
    };
    (module.finish(), cost)
}

fn plain(instructions: &[Instruction<'_>]) -> Body {
    let mut body = Body::new([]);
    for instruction in instructions {
        body.instruction(instruction);
    }
    body
}

fn stage(stage: Function) -> Body {
    let [numbers, vectors] = LOCALS;
    let mut body = Body::new([(numbers, ValType::I32), (vectors, ValType::V128)]);
    body.raw(stage.bytes);
    body
}

fn arena(layout: &Layout) -> [Instruction<'static>; 7] {
    [
        Instruction::I32Const(ARENA.cast_signed()),
        Instruction::I32Const(0),
        Instruction::LocalGet(0),
        Instruction::I32Const(layout.bytes.cast_signed()),
        Instruction::I32LeU,
        Instruction::Select,
        Instruction::End,
    ]
}

/// The function and how many operators it runs, stages not counted.
fn evaluate(layout: &Layout, stages: u32) -> (Body, u64) {
    let mut code = Code::new();
    code.op(&Instruction::Block(BlockType::Empty));
    check(layout, &mut code);
    for stage in 0..stages {
        // A pair more than the rows fill is computed and not looked at.
        rows(&mut code);
        code.ops(&[
            Instruction::I32Const(1),
            Instruction::I32Add,
            Instruction::I32Const(!1),
            Instruction::I32And,
            Instruction::I32Const(3),
            Instruction::I32Shl,
            Instruction::Call(EXPORTED + stage),
        ]);
    }
    code.ops(&[
        Instruction::I32Const(0),
        Instruction::Return,
        Instruction::End,
        Instruction::I32Const(-1),
        Instruction::End,
    ]);
    let mut body = Body::new([]);
    let operators = code.operators();
    body.raw(code.into_bytes());
    (body, operators)
}

/// Leaves the block where the header is not as it should be.
fn check(layout: &Layout, code: &mut Code) {
    let leave = Instruction::BrIf(0);
    code.get(0).ops(&[
        Instruction::I32Const(ARENA.cast_signed()),
        Instruction::I32Ne,
        leave.clone(),
    ]);
    let bytes = layout.header.to_bytes();
    let (fields, _) = bytes.as_chunks::<4>();
    let rows_field = Header::ROWS_AT / 4;
    for (index, field) in (0_u32..).zip(fields) {
        if index == 0 || usize::try_from(index) == Ok(rows_field) {
            continue;
        }
        load(ARENA + index * 4, code);
        code.ops(&[
            Instruction::I32Const(i32::from_le_bytes(*field)),
            Instruction::I32Ne,
            leave.clone(),
        ]);
    }
    load(ARENA, code);
    code.ops(&[
        Instruction::I32Const(layout.header.header_bytes.cast_signed()),
        Instruction::I32LtU,
        leave.clone(),
    ]);
    rows(code);
    let rows_max = i32::try_from(ROWS_MAX).expect("256");
    code.ops(&[
        Instruction::I32Const(1),
        Instruction::I32Sub,
        Instruction::I32Const(rows_max),
        Instruction::I32GeU,
        leave,
    ]);
}

fn rows(code: &mut Code) {
    let at = u32::try_from(Header::ROWS_AT).expect("8");
    load(ARENA + at, code);
}

fn load(address: u32, code: &mut Code) {
    code.ops(&[
        Instruction::I32Const(0),
        Instruction::I32Load(place(address, 2)),
    ]);
}
