//! How a module is linked: one memory whose size never changes.

/// Bytes of the module's memory, least and most alike: the greatest arena, the stack and 300 KiB
/// for data. A quarter of what the host admits by default.
const MEMORY_BYTES: usize = 1024 * 1024;
/// Bytes of the module's own stack, at its low end so that an overflow traps.
const STACK_BYTES: usize = 128 * 1024;

/// Tells cargo how to link the module. A rule's `build.rs` has a `main` of this one call. For
/// other targets than wasm32 it says nothing.
#[expect(clippy::print_stdout, reason = "how a build script speaks to cargo")]
pub fn module() {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_ARCH").is_ok_and(|target| target == "wasm32") {
        for argument in [
            format!("--initial-memory={MEMORY_BYTES}"),
            format!("--max-memory={MEMORY_BYTES}"),
            format!("-zstack-size={STACK_BYTES}"),
        ] {
            println!("cargo::rustc-link-arg-cdylib={argument}");
        }
    }
}
