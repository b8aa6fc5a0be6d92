//! Why a module is not taken: what was expected, what was found, and what to do.

use crate::limits::{
    PACKAGE_CARD_BYTES_MAX, PACKAGE_CASES_BYTES_MAX, PACKAGE_TEXTS_BYTES_MAX, RULE_BODY_BYTES_MAX,
    RULE_COMPILE_CPU_SECONDS, RULE_COMPILE_MEMORY_BYTES, RULE_FUNCTION_PARAMETERS_MAX,
    RULE_FUNCTIONS_MAX, RULE_LOCALS_MAX, RULE_LOOP_DEPTH_MAX, RULE_MEMORY_PAGES_MAX,
    RULE_MODULE_BYTES_MAX, RULE_TABLE_ENTRIES_MAX,
};

/// Why a module is not taken. One variant for each named check, in the order of the checks.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Refusal {
    /// It is too long.
    #[error(
        "expected a module of at most {max} bytes, found {found}: build it with the `wasm` profile \
         (optimised and stripped), or move data out of it", max = RULE_MODULE_BYTES_MAX
    )]
    Size {
        /// Its length in bytes.
        found: usize,
    },
    /// It is no WebAssembly module, or uses what Puls does not allow.
    #[error(
        "expected a well-formed WebAssembly module that uses nothing beyond version 1, sign \
         extension, saturating conversion, memory.copy, memory.fill and plain SIMD; found: \
         {found}: build it for wasm32-unknown-unknown with the default target features"
    )]
    Form {
        /// What the validator says, with the offset.
        found: String,
    },
    /// It imports something.
    #[error(
        "expected no imports, found {found}: a rule is a function of its features; remove what \
         needs the host (time, random numbers, printing, files)"
    )]
    Import {
        /// The first import, and how many there are.
        found: String,
    },
    /// It runs code when it starts.
    #[error(
        "expected no start function, found function {function}: build it as a library \
         (crate-type `cdylib`) and initialise in constants"
    )]
    Start {
        /// Index of the function.
        function: u32,
    },
    /// A function is too long, takes too much or declares too much.
    #[error(
        "expected functions with bodies of at most {body} bytes, {parameters} parameters, {locals} \
         locals and {loops} loops in each other, found {found}: split it, or turn code into data \
         and a loop",
        body = RULE_BODY_BYTES_MAX, parameters = RULE_FUNCTION_PARAMETERS_MAX,
        locals = RULE_LOCALS_MAX, loops = RULE_LOOP_DEPTH_MAX
    )]
    Function {
        /// Which, and what it has.
        found: String,
    },
    /// There are too many functions.
    #[error(
        "expected at most {max} functions, found {found}: optimise the module for size",
        max = RULE_FUNCTIONS_MAX
    )]
    Functions {
        /// How many there are.
        found: u32,
    },
    /// Its memory is not one of fixed size.
    #[error(
        "expected one memory whose size is fixed (min = max) at 1 to {max} pages of 64 KiB, found \
         {found}: link with the same --initial-memory and --max-memory", max = RULE_MEMORY_PAGES_MAX
    )]
    Memory {
        /// What there is.
        found: String,
    },
    /// Its table is not one of fixed size.
    #[error(
        "expected at most one table, its size fixed (min = max) at up to {max} entries, found \
         {found}", max = RULE_TABLE_ENTRIES_MAX
    )]
    Table {
        /// What there is.
        found: String,
    },
    /// It has variables beside its memory.
    #[error(
        "expected no mutable global but the stack pointer (one i32, not exported, that starts as \
         an address within the memory), found {found}: a rule keeps nothing between rows"
    )]
    Global {
        /// What there is.
        found: String,
    },
    /// An export is missing or of another type.
    #[error(
        "expected the export `{name}` to be {expected}, found {found}: export it with the `rule!` \
         macro of puls-rules-sdk"
    )]
    Export {
        /// Name of the export.
        name: &'static str,
        /// Its type in the ABI.
        expected: &'static str,
        /// What there is.
        found: String,
    },
    /// The manifest is missing, there twice, or not of its form.
    #[error(
        "expected one custom section `puls.manifest` with the manifest as JSON, found: {found}: \
         the `rule!` macro of puls-rules-sdk writes it; do not strip custom sections"
    )]
    Manifest {
        /// What there is.
        found: String,
    },
    /// A section of the package is not one of ours, or not as it must be.
    #[error(
        "expected of sections whose names begin with `puls.` only `puls.manifest`, `puls.texts` \
         (at most {texts} bytes), `puls.cases` ({cases}) and `puls.card` ({card}, the source that \
         the manifest names), each once and UTF-8 text, found {found}: `puls rule build` writes \
         them",
        texts = PACKAGE_TEXTS_BYTES_MAX, cases = PACKAGE_CASES_BYTES_MAX,
        card = PACKAGE_CARD_BYTES_MAX
    )]
    Section {
        /// What there is.
        found: String,
    },
    /// Its texts in other languages are not of their form, or do not fit its manifest.
    #[error(
        "expected the custom section `puls.texts` to hold translations of the manifest's texts, \
         found: {found}: correct `texts.<language>.toml` beside the rule and build it again"
    )]
    Texts {
        /// What is wrong with them.
        found: String,
    },
    /// The compiler does not take it.
    #[error("expected a module that compiles, found: {found}")]
    Compile {
        /// What the compiler says.
        found: String,
    },
    /// It could not be tried: that says nothing of the module.
    #[error(
        "expected a child process of puls in which to try the module, found: {found}; the module \
         may be sound: give puls room for one more process and its memory (in the limits of its \
         user, its container and the machine), and start again"
    )]
    Trial {
        /// What failed.
        found: String,
    },
    /// The compiler did not take it where it was tried, on a limited time and memory.
    #[error(
        "expected a module that compiles within {seconds} s of the processor and {mebibytes} MiB \
         of memory, found {found}: make functions shorter and fewer, or turn code into data and a \
         loop",
        seconds = RULE_COMPILE_CPU_SECONDS, mebibytes = RULE_COMPILE_MEMORY_BYTES >> 20
    )]
    Cost {
        /// What it did instead.
        found: String,
    },
    /// It cannot be started, or lies about its arena.
    #[error(
        "expected `puls_arena({bytes})` to give the 64-byte aligned address of as many bytes of \
         the memory, found: {found}"
    )]
    Arena {
        /// Size of the arena that its manifest asks for.
        bytes: u32,
        /// What it did.
        found: String,
    },
}
