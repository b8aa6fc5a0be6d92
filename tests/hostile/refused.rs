//! Modules that are refused before they are used.

use wasm_encoder::{
    BlockType, ConstExpr, ExportKind, Function, GlobalType, MemoryType, TypeSection, ValType,
};

use super::Hostile;
use super::assembly::{ARENA, Assembly, MANIFEST, arena_at, body, eval, fixed_memory, rows, table};

/// Name of what it does, module, and a part of the message.
type Case = (&'static str, Vec<u8>, &'static str);

pub(super) fn modules() -> Vec<Hostile> {
    let mut cases = forms();
    cases.extend(borders());
    cases.extend(functions());
    cases.extend(memories());
    cases.extend(variables());
    cases.extend(manifests());
    cases.extend(arenas());
    let hostile = |(does, bytes, message)| Hostile::refused(does, bytes, message);
    cases.into_iter().map(hostile).collect()
}

fn forms() -> Vec<Case> {
    let mut state = 0x9e37_79b9_u32;
    let mut random = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    };
    let noise: Vec<u8> = (0..4096).map(|_| random()).collect();
    let mut noisy_code = Assembly::default().bytes();
    let half = noisy_code.len() / 2;
    noisy_code.truncate(half);
    noisy_code.extend(&noise);
    let mut cut = Assembly::default().bytes();
    cut.truncate(half);
    vec![
        ("is nothing", Vec::new(), "well-formed"),
        ("is random bytes", noise, "well-formed"),
        ("ends in random bytes", noisy_code, "well-formed"),
        ("is cut off", cut, "well-formed"),
        ("is text", b"(module)".to_vec(), "well-formed"),
        (
            "is a component",
            b"\0asm\x0d\0\x01\0".to_vec(),
            "well-formed",
        ),
        (
            "is too long",
            vec![0; 1024 * 1024 + 1],
            "at most 1048576 bytes, found 1048577",
        ),
    ]
}

fn borders() -> Vec<Case> {
    let import = Assembly::with(|it| {
        it.imports.push(("env", "now"));
        // An imported function is the first: all others move up by one.
        for (_, kind, index) in &mut it.exports {
            *index += u32::from(*kind == ExportKind::Func);
        }
    });
    let start = Assembly::with(|it| it.start = Some(0));
    let without =
        |name: &'static str| Assembly::with(|it| it.exports.retain(|(export, ..)| *export != name));
    let other = |name: &'static str, kind: ExportKind, index: u32| {
        Assembly::with(|it| {
            it.exports.retain(|(export, ..)| *export != name);
            it.exports.push((name, kind, index));
        })
    };
    vec![
        (
            "imports a clock",
            import,
            "expected no imports, found `env.now`",
        ),
        (
            "has a start function",
            start,
            "expected no start function, found function 0",
        ),
        (
            "exports no memory",
            without("memory"),
            "`memory` to be the memory, found nothing",
        ),
        (
            "has no marker of the ABI",
            without("puls_abi_1"),
            "`puls_abi_1` to be a function () -> ()",
        ),
        (
            "has no arena",
            without("puls_arena"),
            "`puls_arena` to be a function (i32) -> i32",
        ),
        (
            "has no eval",
            without("puls_eval"),
            "found nothing of that name among the exports",
        ),
        (
            "has an eval of another type",
            other("puls_eval", ExportKind::Func, 0),
            "`puls_eval` to be a function (i32) -> i32, found a function () -> ()",
        ),
        (
            "has an eval that is a memory",
            other("puls_eval", ExportKind::Memory, 0),
            "`puls_eval` to be a function (i32) -> i32, found a memory",
        ),
        (
            "has a memory that is a function",
            other("memory", ExportKind::Func, 1),
            "`memory` to be the memory, found a function (i32) -> i32",
        ),
    ]
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
    let tables = |tables: Vec<_>| Assembly::with(|it| it.tables = tables);
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

fn variables() -> Vec<Case> {
    let mutable = |val_type| GlobalType {
        val_type,
        mutable: true,
        shared: false,
    };
    let with_global =
        |kind: GlobalType, start: ConstExpr| Assembly::with(|it| it.globals = vec![(kind, start)]);
    let second = Assembly::with(|it| {
        it.globals
            .push((mutable(ValType::I32), ConstExpr::i32_const(0)));
    });
    let exported = Assembly::with(|it| it.exports.push(("counter", ExportKind::Global, 0)));
    let i64 = with_global(mutable(ValType::I64), ConstExpr::i64_const(0));
    let beyond = with_global(mutable(ValType::I32), ConstExpr::i32_const(1 << 30));
    let odd = with_global(mutable(ValType::I32), ConstExpr::i32_const(7));
    vec![
        (
            "has a second mutable global",
            second,
            "found globals 0 and 1, both mutable",
        ),
        (
            "exports its mutable global",
            exported,
            "the mutable global 0 exported as `counter`",
        ),
        (
            "has a mutable global of 64 bits",
            i64,
            "found global 0, a mutable i64",
        ),
        (
            "has a mutable global that is no address",
            beyond,
            "that starts at 1073741824",
        ),
        (
            "has a mutable global that is no stack",
            odd,
            "that starts at 7",
        ),
    ]
}

fn manifests() -> Vec<Case> {
    let manifest = |text: &str| {
        let bytes = text.as_bytes().to_vec();
        Assembly::with(|it| it.manifests = vec![bytes])
    };
    let none = Assembly::with(|it| it.manifests.clear());
    let twice = Assembly::with(|it| it.manifests.push(MANIFEST.as_bytes().to_vec()));
    let part = r#"{"name": "recency", "measure": "adoption", "#;
    let lost = MANIFEST.replace(part, r#"{"name": "recency", "measure": "nowhere", "#);
    let many: Vec<_> = (0..129)
        .map(|index| format!(r#"{{"name": "p{index}", "measure": "adoption"}}"#))
        .collect();
    let many = MANIFEST.replace(
        r#""parts": ["#,
        &format!(r#""parts": [{},"#, many.join(",")),
    );
    let padding = format!("{MANIFEST}{}", " ".repeat(64 * 1024));
    vec![
        (
            "has no manifest",
            none,
            "`puls.manifest` with the manifest as JSON, found: none",
        ),
        ("has two manifests", twice, "found: 2 of them"),
        (
            "has a manifest that is no JSON",
            manifest("score=1"),
            "not of its form",
        ),
        (
            "has a manifest of another ABI",
            manifest(&MANIFEST.replace("puls/1", "puls/9")),
            "puls/9",
        ),
        (
            "has a manifest with a part of no measure",
            manifest(&lost),
            "nowhere",
        ),
        ("has a manifest of 130 parts", manifest(&many), "130 parts"),
        (
            "has a manifest that is too long",
            manifest(&padding),
            "65536",
        ),
    ]
}

fn arenas() -> Vec<Case> {
    let arena = |function: Function| Assembly::with(|it| it.set(1, function));
    let parts: Vec<_> = (0..127)
        .map(|index| format!(r#"{{"name": "p{index}", "measure": "adoption"}}"#))
        .collect();
    // It says that it has 128 parts, but has the memory for one.
    let large = MANIFEST.replace(
        r#""parts": ["#,
        &format!(r#""parts": [{},"#, parts.join(",")),
    );
    let large = Assembly::with(|it| it.manifests = vec![large.into_bytes()]);
    let endless = body(|it| {
        it.loop_(BlockType::Empty).br(0).end().i32_const(ARENA);
    });
    let traps = body(|it| {
        it.unreachable();
    });
    let deep = body(|it| {
        it.local_get(0).call(1);
    });
    let data = Assembly::with(|it| it.data_at = Some(2 * 64 * 1024));
    // Evaluating rows where the arena should be asked for: there is no header yet.
    let eval_instead = rows(|_| {});
    vec![
        (
            "has no room for its arena",
            arena(arena_at(0)),
            "found: 0: it has no room",
        ),
        (
            "has an arena that is not aligned",
            arena(arena_at(ARENA + 8)),
            "not aligned",
        ),
        (
            "has an arena over the end of its memory",
            arena(arena_at(2 * 65_536 - 64)),
            "beyond the memory",
        ),
        (
            "has an arena at the end of all addresses",
            arena(arena_at(-64)),
            "beyond the memory",
        ),
        (
            "has an arena beyond its memory",
            arena(arena_at(0x4000_0000)),
            "beyond the memory",
        ),
        (
            "says it has 128 parts and has room for one",
            large,
            "beyond the memory",
        ),
        (
            "never says where its arena is",
            arena(endless),
            "units of fuel",
        ),
        (
            "traps instead of giving an arena",
            arena(traps),
            "unreachable",
        ),
        (
            "recurses instead of giving an arena",
            arena(deep),
            "call stack exhausted",
        ),
        (
            "gives row counts for an arena",
            arena(eval_instead),
            "found: 0: it has no room",
        ),
        ("puts data beyond its memory", data, "does not start"),
    ]
}
