//! Code that nobody wrote: random WebAssembly inside a module of the ABI, and modules of the corpus
//! and of the rules that ship with bytes changed. Whatever it is, it is refused with a reason or
//! its rows are judged, and another tenant on the same host gets what it always gets.
//!
//! Every module comes from a seed; `PULS_SEED=n cargo test -p puls-tests smith` tries one alone.

use std::collections::BTreeSet;
use std::sync::Arc;

use arbitrary::Unstructured;
use puls::rules::{Host, Module, RowFailure, RulesEngine};
use puls_tests::program::built;
use puls_wire::{Rows, Status, Verdict};
use rand::{Rng, RngCore, SeedableRng};
use rand_pcg::Pcg64Mcg;
use wasm_encoder::{ExportKind, InstructionSink, RawSection, SectionId};
use wasmparser::{CompositeInnerType, FuncType, Parser, Payload, ValType};

use crate::hostile::modules::assembly::{ARENA, MANIFEST, arena_at, body, eval};
use crate::hostile::modules::{honest, hostile};

/// Random bytes that one module is made of.
const SEED_BYTES: usize = 4_096;
/// Functions of the random code that are called for each row.
const CALLED_MAX: usize = 4;

/// The seeds to try: the one that was asked for, or so many.
fn seeds(count: u64) -> Vec<u64> {
    let asked = std::env::var("PULS_SEED").ok();
    asked.map_or_else(
        || (0..count).collect(),
        |seed| vec![seed.parse().expect("PULS_SEED is a number")],
    )
}

/// A host that two tenants share.
struct World {
    engine: RulesEngine,
    honest: Arc<Module>,
    host: Host,
    expected: Vec<Verdict>,
}

impl World {
    fn new() -> Self {
        let engine = RulesEngine::new().unwrap();
        let honest = engine.compile(&honest()).unwrap();
        let mut world = Self {
            engine,
            honest,
            host: Host::with_second_look(2),
            expected: Vec::new(),
        };
        world.expected = world.honest_verdicts();
        world
    }

    fn evaluate(&mut self, tenant: &str, module: &Arc<Module>) -> (Vec<Verdict>, Vec<RowFailure>) {
        let columns = module.manifest.features.len();
        let mut rows = Rows::new(columns);
        for value in [0.0, 13.0, f64::NAN, -1e300, 99.5, f64::INFINITY] {
            rows.push(std::iter::repeat_n(value, columns));
        }
        let causes: Vec<u64> = (0..).take(rows.len()).collect();
        let defaults: Vec<_> = module
            .manifest
            .parameters
            .iter()
            .map(|it| it.default)
            .collect();
        let mut verdicts = Vec::new();
        let failures =
            (self.host).evaluate(tenant, module, &defaults, &rows, &causes, &mut verdicts);
        (verdicts, failures)
    }

    fn honest_verdicts(&mut self) -> Vec<Verdict> {
        let module = Arc::clone(&self.honest);
        let (verdicts, failures) = self.evaluate("honest", &module);
        assert_eq!(failures, []);
        verdicts
    }

    /// Tries a module beside the honest one; whether it was taken.
    fn tries(&mut self, what: &str, bytes: &[u8]) -> bool {
        let taken = match self.engine.compile(bytes) {
            Err(refusal) => {
                let text = refusal.to_string();
                assert!(text.starts_with("expected "), "{what}: {text}");
                false
            }
            Ok(module) => {
                let (verdicts, failures) = self.evaluate("stranger", &module);
                for (row, verdict) in verdicts.iter().enumerate() {
                    let failed = failures.iter().any(|failure| failure.row == row);
                    assert_eq!(
                        verdict.status == Status::RowError,
                        failed,
                        "{what}, row {row}"
                    );
                    if verdict.status == Status::Scored {
                        let score = verdict.score();
                        assert!(
                            (0..=1_000_000).contains(&score),
                            "{what}, row {row}: {score}"
                        );
                    }
                }
                true
            }
        };
        assert_eq!(self.honest_verdicts(), self.expected, "after {what}");
        taken
    }
}

/// Random code of the kind that passes the checks, before it has memory and exports of ours.
fn stranger(seed: u64) -> Vec<u8> {
    let mut bytes = vec![0; SEED_BYTES];
    Pcg64Mcg::seed_from_u64(seed).fill_bytes(&mut bytes);
    let config = wasm_smith::Config {
        min_memories: 1,
        max_memories: 1,
        max_imports: 0,
        max_globals: 0,
        max_tables: 0,
        max_data_segments: 0,
        max_element_segments: 0,
        max_tags: 0,
        min_funcs: 1,
        max_funcs: 12,
        max_exports: 0,
        allow_start_export: false,
        simd_enabled: true,
        relaxed_simd_enabled: false,
        bulk_memory_enabled: true,
        reference_types_enabled: false,
        exceptions_enabled: false,
        gc_enabled: false,
        memory64_enabled: false,
        multi_value_enabled: false,
        tail_call_enabled: false,
        threads_enabled: false,
        extended_const_enabled: false,
        wide_arithmetic_enabled: false,
        custom_page_sizes_enabled: false,
        ..wasm_smith::Config::default()
    };
    let module = wasm_smith::Module::new(config, &mut Unstructured::new(&bytes)).unwrap();
    module.to_bytes()
}

/// A section's count of items and the bytes of the items.
fn items(module: &[u8], range: std::ops::Range<usize>) -> (u32, &[u8]) {
    let section = &module[range];
    let (mut count, mut at, mut shift) = (0_u32, 0, 0);
    loop {
        let byte = section[at];
        count |= u32::from(byte & 0x7f) << shift;
        (at, shift) = (at + 1, shift + 7);
        if byte & 0x80 == 0 {
            return (count, &section[at..]);
        }
    }
}

fn leb(mut number: u32, into: &mut Vec<u8>) {
    while number >= 0x80 {
        into.push(u8::try_from(number & 0x7f).unwrap() | 0x80);
        number >>= 7;
    }
    into.push(u8::try_from(number).unwrap());
}

/// The stranger's sections with ours behind them.
#[derive(Default)]
struct Graft {
    types: Vec<u8>,
    types_count: u32,
    /// Parameters and number of results of each type.
    signatures: Vec<FuncType>,
    functions: Vec<u8>,
    functions_count: u32,
    /// Type of each function.
    types_of: Vec<u32>,
    /// The whole section.
    globals: Vec<u8>,
    code: Vec<u8>,
}

fn parse(stranger: &[u8]) -> Graft {
    let mut graft = Graft::default();
    for payload in Parser::new(0).parse_all(stranger) {
        match payload.unwrap() {
            Payload::TypeSection(section) => {
                let (count, bytes) = items(stranger, section.range());
                (graft.types_count, graft.types) = (count, bytes.to_vec());
                for group in section {
                    for kind in group.unwrap().into_types() {
                        let CompositeInnerType::Func(function) = kind.composite_type.inner else {
                            panic!("only functions were asked for");
                        };
                        graft.signatures.push(function);
                    }
                }
            }
            Payload::FunctionSection(section) => {
                let (count, bytes) = items(stranger, section.range());
                (graft.functions_count, graft.functions) = (count, bytes.to_vec());
                graft.types_of = section.into_iter().map(Result::unwrap).collect();
            }
            Payload::GlobalSection(section) => {
                graft.globals = stranger[section.range()].to_vec();
            }
            Payload::CodeSectionStart { range, .. } => {
                graft.code = items(stranger, range).1.to_vec();
            }
            _ => {}
        }
    }
    graft
}

/// A module of the ABI that answers honestly and then runs what a stranger wrote, for each row.
fn grafted(seed: u64) -> Vec<u8> {
    let stranger = stranger(seed);
    let mut graft = parse(&stranger);
    let (marker, address) = (graft.types_count, graft.types_count + 1);
    graft.types.extend([0x60, 0, 0, 0x60, 1, 0x7f, 1, 0x7f]);
    let mut random = Pcg64Mcg::seed_from_u64(!seed);
    let called: Vec<_> = (0..graft.types_of.len().min(CALLED_MAX))
        .map(|_| random.random_range(0..graft.types_of.len()))
        .collect();
    for kind in [marker, address, address] {
        leb(kind, &mut graft.functions);
    }
    let first = graft.functions_count;
    let calls = |it: &mut InstructionSink<'_>| {
        for function in &called {
            let signature = &graft.signatures[graft.types_of[*function] as usize];
            for (place, parameter) in signature.params().iter().enumerate() {
                constant(it, *parameter, seed.wrapping_add(place as u64));
            }
            it.call(u32::try_from(*function).unwrap());
            signature.results().iter().for_each(|_| {
                it.drop();
            });
        }
    };
    let mut code = graft.code.clone();
    for function in [body(|_| {}), arena_at(ARENA), eval(calls)] {
        let bytes = function.into_raw_body();
        leb(u32::try_from(bytes.len()).unwrap(), &mut code);
        code.extend(bytes);
    }
    assemble(&graft, first, &code)
}

fn constant(it: &mut InstructionSink<'_>, kind: ValType, seed: u64) {
    let odd = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    match kind {
        ValType::I32 => it.i32_const((odd >> 33) as i32),
        ValType::I64 => it.i64_const(odd.cast_signed()),
        ValType::F32 => it.f32_const((odd as f32).into()),
        ValType::F64 => it.f64_const((odd as f64).into()),
        ValType::V128 => it.v128_const(i128::from(odd)),
        ValType::Ref(_) => panic!("no references were asked for"),
    };
}

fn assemble(graft: &Graft, first: u32, code: &[u8]) -> Vec<u8> {
    let counted = |count: u32, bytes: &[u8]| {
        let mut section = Vec::new();
        leb(count, &mut section);
        section.extend(bytes);
        section
    };
    let types = counted(graft.types_count + 2, &graft.types);
    let functions = counted(graft.functions_count + 3, &graft.functions);
    let code = counted(graft.functions_count + 3, code);
    let raw = |id: SectionId, data| RawSection {
        id: id.into(),
        data,
    };
    let mut exports = wasm_encoder::ExportSection::new();
    exports.export("memory", ExportKind::Memory, 0);
    for (name, index) in [("puls_abi_1", 0), ("puls_arena", 1), ("puls_eval", 2)] {
        exports.export(name, ExportKind::Func, first + index);
    }
    let mut memories = wasm_encoder::MemorySection::new();
    memories.memory(crate::hostile::modules::assembly::fixed_memory(2));
    let mut module = wasm_encoder::Module::new();
    module
        .section(&raw(SectionId::Type, &types))
        .section(&raw(SectionId::Function, &functions))
        .section(&memories);
    if !graft.globals.is_empty() {
        module.section(&raw(SectionId::Global, &graft.globals));
    }
    module
        .section(&exports)
        .section(&raw(SectionId::Code, &code));
    puls_wire::with_section(&module.finish(), "puls.manifest", MANIFEST.as_bytes())
}

#[test]
fn a_strangers_code_harms_nobody() {
    let mut world = World::new();
    let seeds = seeds(300);
    let mut taken = 0;
    for seed in &seeds {
        taken += usize::from(world.tries(&format!("PULS_SEED={seed}"), &grafted(*seed)));
    }
    // What is refused tries nothing. About half have mutable globals, which are refused.
    let all = seeds.len();
    assert!(all == 1 || taken * 3 >= all, "{taken} of {all} were taken");
}

#[test]
fn a_module_with_bytes_changed_harms_nobody() {
    let mut world = World::new();
    let shipped = std::fs::read(built().join("../rules/saas-health.wasm")).unwrap();
    let mut originals: Vec<_> = hostile().into_iter().map(|it| it.bytes).collect();
    originals.retain(|bytes| (16..20_000).contains(&bytes.len()));
    originals.push(honest());
    for seed in seeds(600) {
        let mut random = Pcg64Mcg::seed_from_u64(seed);
        // One in six is a rule that ships; it is long and takes the compiler most of the time.
        let mut bytes = match random.random_range(0..6) {
            0 => shipped.clone(),
            _ => originals[random.random_range(0..originals.len())].clone(),
        };
        for _ in 0..random.random_range(1..4) {
            let at = random.random_range(8..bytes.len());
            match random.random_range(0..3) {
                0 => bytes[at] ^= 1 << random.random_range(0..8),
                1 => bytes[at] = random.random(),
                _ => drop(bytes.remove(at)),
            }
        }
        world.tries(&format!("PULS_SEED={seed}"), &bytes);
    }
}

#[test]
fn the_corpus_is_large_and_no_module_is_in_it_twice() {
    let all = hostile();
    assert!(all.len() >= 80, "{} hostile modules", all.len());
    let does: BTreeSet<_> = all.iter().map(|it| it.does).collect();
    let bytes: BTreeSet<_> = all.iter().map(|it| &it.bytes).collect();
    assert_eq!((does.len(), bytes.len()), (all.len(), all.len()));
}
