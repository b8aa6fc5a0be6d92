//! Modules that are refused before they are used.

use wasm_encoder::{BlockType, ConstExpr, ExportKind, Function, GlobalType, ValType};

use super::assembly::{ARENA, Assembly, MANIFEST, arena_at, body, rows};
use super::{Hostile, shapes};

/// What it does, its bytes, and a part of the message.
pub(super) type Case = (&'static str, Vec<u8>, &'static str);

pub(super) fn modules() -> Vec<Hostile> {
    let mut cases = forms();
    cases.extend(shapes::modules());
    cases.extend(borders());
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
    let many = manifest_of_parts(129);
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

/// The manifest with so many parts more.
fn manifest_of_parts(more: usize) -> String {
    let parts: String = (0..more)
        .map(|index| format!(r#"{{"name": "p{index}", "measure": "adoption"}},"#))
        .collect();
    MANIFEST.replace(r#""parts": ["#, &format!(r#""parts": [{parts}"#))
}

fn arenas() -> Vec<Case> {
    let arena = |function: Function| Assembly::with(|it| it.set(1, function));
    let large = manifest_of_parts(127).into_bytes();
    let large = Assembly::with(|it| it.manifests = vec![large]);
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
