//! Modules whose functions, memories and tables are not what they may be.

use wasm_encoder::{BlockType, Function, MemoryType, TypeSection, ValType};

use super::assembly::{Assembly, body, eval, fixed_memory, table};
use super::refused::Case;

pub(super) fn modules() -> Vec<Case> {
    [functions(), features(), memories(), tables()].concat()
}

fn functions() -> Vec<Case> {
    let long = Assembly::with(|it| {
        let nops = |it: &mut wasm_encoder::InstructionSink<'_>| {
            for _ in 0..70_000 {
                it.nop();
            }
        };
        it.functions.push((0, body(nops)));
    });
    let locals = Assembly::with(|it| {
        let mut many = Function::new([(40_000, ValType::I64)]);
        many.instructions().end();
        it.functions.push((0, many));
    });
    let loops = Assembly::with(|it| {
        let mut bomb = Function::new([(200, ValType::I64)]);
        for index in 0..3_000 {
            bomb.instructions().loop_(BlockType::Empty);
            bomb.instructions()
                .local_get(index % 200)
                .local_set((index * 7) % 200);
        }
        for _ in 0..3_000 {
            bomb.instructions().local_get(0).i64_eqz().br_if(0).end();
        }
        bomb.instructions().end();
        it.functions.push((0, bomb));
    });
    let many = Assembly::with(|it| {
        for _ in 0..5_000 {
            it.functions.push((0, body(|_| {})));
        }
    });
    let parameters = Assembly::with(|it| it.types.push((vec![ValType::I64; 900], Vec::new())));
    vec![
        ("has a body of 70 KB", long, "a body of 700"),
        (
            "declares 40,000 locals",
            locals,
            "function 3 with 40000 locals",
        ),
        (
            "takes minutes to compile",
            loops,
            "function 3 with 3000 loops in each other",
        ),
        (
            "has 5,003 functions",
            many,
            "at most 4096 functions, found 5003",
        ),
        (
            "has a function of 900 parameters",
            parameters,
            "type 2 with 900 parameters",
        ),
    ]
}

fn features() -> Vec<Case> {
    let results = Assembly::with(|it| it.types.push((Vec::new(), vec![ValType::I64; 900])));
    let tail_call = Assembly::with(|it| {
        it.functions.push((
            0,
            body(|it| {
                it.return_call(0);
            }),
        ));
    });
    let relaxed = Assembly::with_row(|it| {
        for _ in 0..3 {
            it.f64_const(1.0.into()).f64x2_splat();
        }
        it.f64x2_relaxed_madd().drop();
    });
    let atomic = Assembly::with_row(|it| {
        it.atomic_fence();
    });
    let table_set = Assembly::with(|it| {
        it.tables.push(table(1, Some(1)));
        it.set(
            2,
            eval(|it| {
                it.i32_const(0);
                it.ref_func(0).table_set(0);
            }),
        );
    });
    let throws = Assembly::with_row(|it| {
        it.try_table(BlockType::Empty, []).end();
    });
    vec![
        ("has a function of 900 results", results, "well-formed"),
        ("calls without a stack", tail_call, "tail call"),
        ("uses relaxed SIMD", relaxed, "relaxed SIMD"),
        ("uses atomics", atomic, "threads"),
        ("changes its table", table_set, "reference"),
        ("catches exceptions", throws, "exceptions"),
        (
            "declares a type of the garbage collector",
            garbage_collected(),
            "gc",
        ),
    ]
}

/// A struct type, alone in its module.
fn garbage_collected() -> Vec<u8> {
    let mut types = TypeSection::new();
    types.ty().struct_([]);
    let mut module = wasm_encoder::Module::new();
    module.section(&types);
    module.finish()
}

fn memories() -> Vec<Case> {
    let memory = |memory: MemoryType| Assembly::with(|it| it.memories = vec![memory]);
    let growing = MemoryType {
        maximum: Some(4),
        ..fixed_memory(2)
    };
    let endless = MemoryType {
        maximum: None,
        ..fixed_memory(2)
    };
    let wide = MemoryType {
        memory64: true,
        ..fixed_memory(2)
    };
    let shared = MemoryType {
        shared: true,
        ..fixed_memory(2)
    };
    let two = Assembly::with(|it| it.memories.push(fixed_memory(1)));
    let none = Assembly::with(|it| {
        it.memories.clear();
        it.globals.clear();
        it.exports.retain(|(name, ..)| *name != "memory");
        it.set(
            2,
            body(|it| {
                it.i32_const(0);
            }),
        );
    });
    vec![
        (
            "has a memory of 4 GiB",
            memory(fixed_memory(65_536)),
            "found min = 65536 and max = 65536",
        ),
        (
            "has a memory that grows",
            memory(growing),
            "found min = 2 and max = 4",
        ),
        (
            "has a memory without a limit",
            memory(endless),
            "found min = 2 and no limit",
        ),
        ("has a memory of 64 bits", memory(wide), "64-bit"),
        ("shares its memory", memory(shared), "shared"),
        (
            "has an empty memory",
            memory(fixed_memory(0)),
            "found min = 0 and max = 0",
        ),
        ("has two memories", two, "expected one memory"),
        ("has no memory", none, "memory"),
    ]
}

fn tables() -> Vec<Case> {
    let tables = |tables: Vec<_>| Assembly::with(|it| it.tables = tables);
    vec![
        (
            "has a huge table",
            tables(vec![table(10_000_000, Some(10_000_000))]),
            "up to 2500 entries",
        ),
        (
            "has a table that grows",
            tables(vec![table(1, None)]),
            "found min = 1 and no limit",
        ),
        (
            "has two tables",
            tables(vec![table(1, Some(1)); 2]),
            "found 2 tables",
        ),
    ]
}
