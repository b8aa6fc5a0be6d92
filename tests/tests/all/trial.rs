//! What compiling a module may cost: a child process that takes too much ends alone.

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::process::ExitStatusExt;
use std::process::Command;

use puls_tests::program::{built, program};

/// A module of functions that are as long as they may be: half a megabyte that takes the compiler
/// longer than a second and more than some megabytes.
fn dear() -> Vec<u8> {
    use wasm_encoder::{CodeSection, Function, FunctionSection, Module, TypeSection, ValType};
    let (mut types, mut functions, mut code) = (
        TypeSection::new(),
        FunctionSection::new(),
        CodeSection::new(),
    );
    types.ty().function([ValType::F64], [ValType::F64]);
    for _ in 0..12 {
        functions.function(0);
        let mut body = Function::new([]);
        body.instructions().local_get(0);
        for _ in 0..10_000 {
            body.instructions().local_get(0).f64_add().f64_sqrt();
        }
        body.instructions().end();
        code.function(&body);
    }
    let mut module = Module::new();
    module.section(&types).section(&functions).section(&code);
    module.finish()
}

#[test]
fn a_compiler_that_takes_too_much_ends_alone() {
    let folder = tempfile::tempdir().unwrap();
    let honest = fs::read(built().join("../rules/saas-health.wasm")).unwrap();
    // The limits, the module, and how its trial ends: well, by a word, by a signal, or by the one
    // that says that it took too long.
    let cases: [(&[&str], &[u8], &[i32]); 5] = [
        (&[], &honest, &[0]),
        (&[], b"\0asm", &[1]),
        (&[], &dear(), &[0]),
        (&["--cpu-seconds", "1"], &dear(), &[-24]),
        (&["--memory-bytes", "80000000"], &dear(), &[-1, 1]),
    ];
    for (number, (limits, module, codes)) in cases.iter().enumerate() {
        fs::remove_file(folder.path().join("module")).ok();
        let mut file = File::create(folder.path().join("module")).unwrap();
        file.write_all(module).unwrap();
        let ended = Command::new(program())
            .arg("compile-rule")
            .args(*limits)
            // As the program starts itself: what the allocator reserves counts as used.
            .env("MIMALLOC_ARENA_RESERVE", "0")
            .stdin(File::open(folder.path().join("module")).unwrap())
            .output()
            .unwrap();
        let took_too_long = ended.status.signal() == Some(24);
        let by_signal = if took_too_long { -24 } else { -1 };
        let code = ended.status.code().unwrap_or(by_signal);
        assert!(codes.contains(&code), "case {number}: {ended:?}");
    }
}
