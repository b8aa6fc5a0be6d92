//! The sections of the module, and the functions that the host knows.
//!
//! `puls_arena` answers where the arena lies, or 0 where more is asked for than it has.
//! `puls_eval` answers −1 where the header is not the one of this model; a header that is longer
//! but leaves the columns in their places is fine. Otherwise it evaluates row after row and
//! answers 0.

use puls_wire::{Header, Layout, MANIFEST_SECTION, Manifest, ROWS_MAX};
use wasm_encoder::{
    BlockType, CodeSection, ConstExpr, CustomSection, DataSection, ExportKind, ExportSection,
    Function as Body, FunctionSection, Instruction, MemorySection, MemoryType, Module, TypeSection,
    ValType,
};

use super::Cost;
use super::code::{Code, place};
use super::nodes::{ARENA, Nodes};
use super::row::{LOCALS, LOGISTIC, logistic};

const PAGE_BYTES: usize = 64 * 1024;
/// Types: `() -> ()`, `(i32) -> i32`, `(i32) -> ()`, `(f64) -> f64`; functions in the same order,
/// the second type twice.
const TYPES: [u32; 5] = [0, 1, 1, 2, 3];
/// Index of the function that evaluates one row.
const ROW: u32 = 3;

/// The module's bytes and what it costs.
pub(super) fn module(
    manifest: &Manifest,
    layout: &Layout,
    (nodes, row): (&Nodes, Code),
) -> (Vec<u8>, Cost) {
    let curve = logistic();
    let row_fuel = row.fuel() + curve.fuel();
    let (check, each) = evaluate(layout);
    let cost = Cost {
        row_fuel: row_fuel + each.fuel(),
        call_fuel: check.fuel(),
        body_bytes_max: 0,
    };
    let mut evaluate = check;
    evaluate.repeat(&each, 0);
    evaluate.ops(&[
        Instruction::I32Const(0),
        Instruction::Return,
        Instruction::End,
        Instruction::I32Const(-1),
        Instruction::End,
    ]);
    let bodies = [
        body(&[], end()),
        body(&[], arena(layout)),
        body(&[(1, ValType::I32)], evaluate),
        body(&LOCALS, row),
        body(&[(2, ValType::F64)], curve),
    ];
    let mut code = CodeSection::new();
    let mut body_bytes_max = 0;
    for body in &bodies {
        body_bytes_max = body_bytes_max.max(body.byte_len());
        code.function(body);
    }
    debug_assert_eq!(TYPES.len(), bodies.len(), "{LOGISTIC} is the last function");
    let manifest = serde_json::to_vec(manifest).unwrap_or_default();
    let mut data = DataSection::new();
    let at = ConstExpr::i32_const(nodes.at.cast_signed());
    data.active(0, &at, nodes.bytes.iter().copied());
    let (types, functions, memories, exports) = head(nodes);
    let mut module = Module::new();
    module
        .section(&types)
        .section(&functions)
        .section(&memories)
        .section(&exports)
        .section(&code)
        .section(&data)
        .section(&CustomSection {
            name: MANIFEST_SECTION.into(),
            data: manifest.into(),
        });
    let cost = Cost {
        body_bytes_max,
        ..cost
    };
    (module.finish(), cost)
}

fn head(nodes: &Nodes) -> (TypeSection, FunctionSection, MemorySection, ExportSection) {
    let mut types = TypeSection::new();
    types.ty().function([], []);
    types.ty().function([ValType::I32], [ValType::I32]);
    types.ty().function([ValType::I32], []);
    types.ty().function([ValType::F64], [ValType::F64]);
    let mut functions = FunctionSection::new();
    for kind in TYPES {
        functions.function(kind);
    }
    let end = usize::try_from(nodes.at).unwrap_or(usize::MAX);
    let pages = end.saturating_add(nodes.bytes.len()).div_ceil(PAGE_BYTES);
    let pages = u64::try_from(pages).unwrap_or(u64::MAX);
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
    (types, functions, memories, exports)
}

fn body(locals: &[(u32, ValType)], code: Code) -> Body {
    let mut body = Body::new(locals.iter().copied());
    body.raw(code.into_bytes());
    body
}

fn end() -> Code {
    let mut code = Code::new();
    code.op(&Instruction::End);
    code
}

fn arena(layout: &Layout) -> Code {
    let mut code = Code::new();
    code.i32(ARENA).i32(0).get(0).i32(layout.bytes);
    code.ops(&[Instruction::I32LeU, Instruction::Select, Instruction::End]);
    code
}

/// The check of the header, up to the rows; and what is done for each row beside it.
fn evaluate(layout: &Layout) -> (Code, Code) {
    /// Counts rows.
    const NEXT: u32 = 1;
    let mut code = Code::new();
    code.op(&Instruction::Block(BlockType::Empty));
    check(layout, &mut code);
    let mut each = Code::new();
    each.op(&Instruction::Loop(BlockType::Empty));
    each.get(NEXT).op(&Instruction::Call(ROW));
    each.get(NEXT).i32(1).op(&Instruction::I32Add).tee(NEXT);
    rows(&mut each);
    each.ops(&[Instruction::I32LtU, Instruction::BrIf(0), Instruction::End]);
    (code, each)
}

/// Leaves the block where the header is not as it should be.
fn check(layout: &Layout, code: &mut Code) {
    let leave = Instruction::BrIf(0);
    code.get(0).i32(ARENA);
    code.ops(&[Instruction::I32Ne, leave.clone()]);
    let bytes = layout.header.to_bytes();
    let (fields, _) = bytes.as_chunks::<4>();
    let rows_field = Header::ROWS_AT / 4;
    for (index, field) in (0_u32..).zip(fields) {
        if index == 0 || usize::try_from(index) == Ok(rows_field) {
            continue;
        }
        load(ARENA + index * 4, code);
        code.i32(u32::from_le_bytes(*field));
        code.ops(&[Instruction::I32Ne, leave.clone()]);
    }
    load(ARENA, code);
    code.i32(layout.header.header_bytes);
    code.ops(&[Instruction::I32LtU, leave.clone()]);
    rows(code);
    let rows_max = u32::try_from(ROWS_MAX).unwrap_or(0);
    code.i32(1).op(&Instruction::I32Sub).i32(rows_max);
    code.ops(&[Instruction::I32GeU, leave]);
}

fn rows(code: &mut Code) {
    let at = u32::try_from(Header::ROWS_AT).unwrap_or(0);
    load(ARENA + at, code);
}

fn load(address: u32, code: &mut Code) {
    code.i32(0).op(&Instruction::I32Load(place(address)));
}
