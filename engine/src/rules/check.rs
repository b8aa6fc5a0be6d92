//! The checks that a module passes before it is compiled, each with a name of its own.
//!
//! One pass over the sections: what Puls forbids is refused by name first, then the section is
//! validated against the smallest set of WebAssembly features that the compilers in use emit. What
//! is left out is left out for a reason: tables that can change and segments that can be dropped
//! would be memory beside the memory, functions with many results would make short bodies long,
//! and relaxed SIMD answers differently on different machines. Nothing is compiled or run here.

use puls_wire::{CARD_SECTION, CASES_SECTION, MANIFEST_SECTION, Manifest, TEXTS_SECTION};
use wasmparser::{
    ConstExpr, ExternalKind, FuncType, FunctionBody, GlobalSectionReader, MemorySectionReader,
    Operator, Parser, Payload, TableSectionReader, ValType, ValidPayload, Validator, WasmFeatures,
};

use super::refusal::Refusal;
use crate::limits::{
    PACKAGE_CARD_BYTES_MAX, PACKAGE_CASES_BYTES_MAX, PACKAGE_TEXTS_BYTES_MAX, RULE_BODY_BYTES_MAX,
    RULE_FUNCTION_PARAMETERS_MAX, RULE_FUNCTIONS_MAX, RULE_LOCALS_MAX, RULE_LOOP_DEPTH_MAX,
    RULE_MEMORY_PAGES_MAX, RULE_MODULE_BYTES_MAX, RULE_TABLE_ENTRIES_MAX,
};
use crate::model::content_digest;

/// All that a module may use.
pub(super) const FEATURES: WasmFeatures = WasmFeatures::FLOATS
    .union(WasmFeatures::MUTABLE_GLOBAL)
    .union(WasmFeatures::SIGN_EXTENSION)
    .union(WasmFeatures::SATURATING_FLOAT_TO_INT)
    .union(WasmFeatures::BULK_MEMORY_OPT)
    .union(WasmFeatures::CALL_INDIRECT_OVERLONG)
    .union(WasmFeatures::SIMD);

const PAGE_BYTES: u64 = 64 * 1024;

/// How the names of our own custom sections begin. Others (`name`, `producers`) are what toolchains
/// write; nothing reads them, so they may stay.
const OURS: &str = "puls.";
/// What a package may carry beside its manifest, and its greatest length.
const CARRIED: [(&str, usize); 3] = [
    (TEXTS_SECTION, PACKAGE_TEXTS_BYTES_MAX),
    (CASES_SECTION, PACKAGE_CASES_BYTES_MAX),
    (CARD_SECTION, PACKAGE_CARD_BYTES_MAX),
];

/// Passes all checks and gives the manifest.
pub(super) fn check(bytes: &[u8]) -> Result<Manifest, Refusal> {
    if bytes.len() > RULE_MODULE_BYTES_MAX {
        return Err(Refusal::Size { found: bytes.len() });
    }
    let mut seen = Seen::default();
    let mut validator = Validator::new_with_features(FEATURES);
    let mut parser = Parser::new(0);
    parser.set_features(FEATURES);
    for payload in parser.parse_all(bytes) {
        let payload = payload?;
        seen.section(&payload)?;
        if let ValidPayload::Func(function, body) = validator.payload(&payload)? {
            function
                .into_validator(wasmparser::FuncValidatorAllocations::default())
                .validate(&body)?;
        }
    }
    seen.exports()?;
    seen.manifest()
}

impl From<wasmparser::BinaryReaderError> for Refusal {
    fn from(error: wasmparser::BinaryReaderError) -> Self {
        // A report is one line; some of the validator's sentences have several.
        let found = error.to_string();
        let words: Vec<_> = found.split_whitespace().collect();
        Self::Form {
            found: words.join(" "),
        }
    }
}

/// What the sections so far have shown.
#[derive(Default)]
struct Seen<'a> {
    types: Vec<FuncType>,
    /// Type of each function.
    functions: Vec<u32>,
    bodies: u32,
    memory_bytes: u64,
    mutable_global: Option<u32>,
    exports: Vec<(&'a str, ExternalKind, u32)>,
    manifests: Vec<&'a [u8]>,
    /// Sections that the package carries, with their contents.
    carried: Vec<(&'static str, &'a [u8])>,
}

impl<'a> Seen<'a> {
    fn section(&mut self, payload: &Payload<'a>) -> Result<(), Refusal> {
        match payload {
            Payload::TypeSection(types) => {
                for found in types.clone().into_iter_err_on_gc_types() {
                    self.function_type(found?)?;
                }
            }
            Payload::ImportSection(imports) => no_imports(imports)?,
            Payload::FunctionSection(functions) => {
                let found = functions.count();
                if found as usize > RULE_FUNCTIONS_MAX {
                    return Err(Refusal::Functions { found });
                }
                for found in functions.clone() {
                    self.functions.push(found?);
                }
            }
            Payload::TableSection(tables) => table(tables)?,
            Payload::MemorySection(memories) => self.memory_bytes = memory(memories)?,
            Payload::GlobalSection(globals) => self.globals(globals)?,
            Payload::ExportSection(exports) => {
                for export in exports.clone() {
                    let export = export?;
                    self.exports.push((export.name, export.kind, export.index));
                }
            }
            Payload::StartSection { func, .. } => {
                return Err(Refusal::Start { function: *func });
            }
            Payload::CodeSectionEntry(body) => self.body(body)?,
            Payload::CustomSection(custom) if custom.name() == MANIFEST_SECTION => {
                self.manifests.push(custom.data());
            }
            Payload::CustomSection(custom) if custom.name().starts_with(OURS) => {
                self.carry(custom.name(), custom.data())?;
            }
            _ => {}
        }
        Ok(())
    }

    /// A section that the package carries: one that Puls knows, once, short enough, text.
    fn carry(&mut self, name: &str, contents: &'a [u8]) -> Result<(), Refusal> {
        let refused = |found: String| Err(Refusal::Section { found });
        let Some((name, most)) = CARRIED.iter().find(|(known, _)| *known == name) else {
            return refused(format!("`{name}`"));
        };
        if self.carried.iter().any(|(other, _)| other == name) {
            return refused(format!("`{name}` twice"));
        }
        if contents.len() > *most {
            return refused(format!("`{name}` of {} bytes", contents.len()));
        }
        if std::str::from_utf8(contents).is_err() {
            return refused(format!("`{name}` that is no UTF-8 text"));
        }
        self.carried.push((name, contents));
        Ok(())
    }

    fn function_type(&mut self, found: FuncType) -> Result<(), Refusal> {
        let parameters = found.params().len();
        if parameters > RULE_FUNCTION_PARAMETERS_MAX {
            let index = self.types.len();
            return Err(Refusal::Function {
                found: format!("type {index} with {parameters} parameters"),
            });
        }
        self.types.push(found);
        Ok(())
    }

    /// One i32 may change, and only if it starts where a stack pointer starts.
    fn globals(&mut self, globals: &GlobalSectionReader<'a>) -> Result<(), Refusal> {
        for (index, global) in (0..).zip(globals.clone()) {
            let global = global?;
            if !global.ty.mutable {
                continue;
            }
            if let Some(first) = self.mutable_global {
                let found = format!("globals {first} and {index}, both mutable");
                return Err(Refusal::Global { found });
            }
            self.mutable_global = Some(index);
            let kind = global.ty.content_type;
            let start = i32_constant(&global.init_expr).and_then(|at| u64::try_from(at).ok());
            let address = start.is_some_and(|at| at <= self.memory_bytes && at.is_multiple_of(16));
            if kind != ValType::I32 || !address {
                let found = match start {
                    Some(start) => {
                        format!("global {index}, a mutable {kind} that starts at {start}")
                    }
                    None => format!("global {index}, a mutable {kind} that starts as no address"),
                };
                return Err(Refusal::Global { found });
            }
        }
        Ok(())
    }

    fn body(&mut self, body: &FunctionBody<'a>) -> Result<(), Refusal> {
        let index = self.bodies;
        self.bodies += 1;
        let bytes = body.range().len();
        if bytes > RULE_BODY_BYTES_MAX {
            return Err(Refusal::Function {
                found: format!("function {index} with a body of {bytes} bytes"),
            });
        }
        let mut locals = 0_u32;
        for group in body.get_locals_reader()? {
            locals = locals.saturating_add(group?.0);
        }
        if locals > RULE_LOCALS_MAX {
            return Err(Refusal::Function {
                found: format!("function {index} with {locals} locals"),
            });
        }
        let depth = loop_depth(body)?;
        if depth > RULE_LOOP_DEPTH_MAX {
            return Err(Refusal::Function {
                found: format!("function {index} with {depth} loops in each other"),
            });
        }
        Ok(())
    }

    fn exports(&self) -> Result<(), Refusal> {
        if self.memory_bytes == 0 {
            let found = "none".to_owned();
            return Err(Refusal::Memory { found });
        }
        for (name, kind, index) in &self.exports {
            if *kind == ExternalKind::Global && Some(*index) == self.mutable_global {
                return Err(Refusal::Global {
                    found: format!("the mutable global {index} exported as `{name}`"),
                });
            }
        }
        self.export("memory", "the memory", |kind, _| {
            kind == ExternalKind::Memory
        })?;
        self.function("puls_abi_1", "a function () -> ()", &[], &[])?;
        self.function(
            "puls_arena",
            "a function (i32) -> i32",
            &[ValType::I32],
            &[ValType::I32],
        )?;
        self.function(
            "puls_eval",
            "a function (i32) -> i32",
            &[ValType::I32],
            &[ValType::I32],
        )
    }

    fn function(
        &self,
        name: &'static str,
        expected: &'static str,
        parameters: &[ValType],
        results: &[ValType],
    ) -> Result<(), Refusal> {
        self.export(name, expected, |kind, index| {
            kind == ExternalKind::Func
                && self
                    .type_of(index)
                    .is_some_and(|found| found.params() == parameters && found.results() == results)
        })
    }

    fn export(
        &self,
        name: &'static str,
        expected: &'static str,
        fits: impl Fn(ExternalKind, u32) -> bool,
    ) -> Result<(), Refusal> {
        let export = self.exports.iter().find(|(found, ..)| *found == name);
        let found = match export {
            Some((_, kind, index)) if fits(*kind, *index) => return Ok(()),
            Some((_, ExternalKind::Func, index)) => match self.type_of(*index) {
                Some(found) => format!("a function {}", signature(found)),
                None => format!("function {index}"),
            },
            Some((_, kind, _)) => format!("a {}", word(*kind)),
            None => {
                let names: Vec<_> = self
                    .exports
                    .iter()
                    .take(16)
                    .map(|(name, ..)| *name)
                    .collect();
                format!(
                    "nothing of that name among the exports [{}]",
                    names.join(", ")
                )
            }
        };
        Err(Refusal::Export {
            name,
            expected,
            found,
        })
    }

    fn type_of(&self, function: u32) -> Option<&FuncType> {
        let index = self.functions.get(function as usize)?;
        self.types.get(*index as usize)
    }

    fn manifest(&self) -> Result<Manifest, Refusal> {
        match self.manifests.as_slice() {
            [bytes] => {
                let manifest = Manifest::parse(bytes).map_err(|error| Refusal::Manifest {
                    found: error.to_string(),
                })?;
                self.card_is_its(&manifest)?;
                Ok(manifest)
            }
            [] => Err(Refusal::Manifest {
                found: "none".to_owned(),
            }),
            several => Err(Refusal::Manifest {
                found: format!("{} of them", several.len()),
            }),
        }
    }
}

impl Seen<'_> {
    /// A card that is carried is the one that the manifest says the module was compiled from.
    fn card_is_its(&self, manifest: &Manifest) -> Result<(), Refusal> {
        let card = self.carried.iter().find(|(name, _)| *name == CARD_SECTION);
        let digest = card.map(|(_, card)| content_digest(card).to_string());
        match digest {
            Some(found) if found != manifest.source => Err(Refusal::Section {
                found: format!(
                    "`{CARD_SECTION}` with digest {found} in a module compiled from another \
                     source (digest `{}`)",
                    manifest.source
                ),
            }),
            _ => Ok(()),
        }
    }
}

fn no_imports(imports: &wasmparser::ImportSectionReader<'_>) -> Result<(), Refusal> {
    let count = imports.count();
    match imports.clone().into_imports().next() {
        None => Ok(()),
        Some(import) => {
            let import = import?;
            let (module, name) = (import.module, import.name);
            let found = format!("`{module}.{name}`, the first of {count}");
            Err(Refusal::Import { found })
        }
    }
}

/// The size of the one memory, in bytes.
fn memory(memories: &MemorySectionReader<'_>) -> Result<u64, Refusal> {
    let mut sizes = Vec::new();
    for found in memories.clone() {
        sizes.push(found?);
    }
    let [only] = sizes.as_slice() else {
        let found = format!("{} memories", sizes.len());
        return Err(Refusal::Memory { found });
    };
    let fixed = only.maximum == Some(only.initial);
    let plain = !only.memory64 && !only.shared && only.page_size_log2.is_none();
    if fixed && plain && (1..=RULE_MEMORY_PAGES_MAX).contains(&only.initial) {
        return Ok(only.initial * PAGE_BYTES);
    }
    let most = only
        .maximum
        .map_or_else(|| "no limit".into(), |most| format!("max = {most}"));
    let kind = if plain {
        ""
    } else {
        ", 64-bit, shared or of another page size"
    };
    let found = format!("min = {} and {most}{kind}", only.initial);
    Err(Refusal::Memory { found })
}

fn table(tables: &TableSectionReader<'_>) -> Result<(), Refusal> {
    if tables.count() > 1 {
        let found = format!("{} tables", tables.count());
        return Err(Refusal::Table { found });
    }
    for found in tables.clone() {
        let found = found?.ty;
        let fixed = found.maximum == Some(found.initial);
        if !fixed || found.initial > RULE_TABLE_ENTRIES_MAX {
            let most = found
                .maximum
                .map_or_else(|| "no limit".into(), |most| format!("max = {most}"));
            let found = format!("min = {} and {most}", found.initial);
            return Err(Refusal::Table { found });
        }
    }
    Ok(())
}

/// How many loops of a function stand in each other at most.
fn loop_depth(body: &FunctionBody<'_>) -> Result<usize, Refusal> {
    // Of each block that is open, whether it is a loop.
    let mut open = Vec::new();
    let (mut loops, mut deepest) = (0, 0);
    for operator in body.get_operators_reader()? {
        match operator? {
            Operator::Loop { .. } => {
                open.push(true);
                loops += 1;
                deepest = deepest.max(loops);
            }
            Operator::Block { .. } | Operator::If { .. } => open.push(false),
            Operator::End => loops -= usize::from(open.pop().unwrap_or(false)),
            _ => {}
        }
    }
    Ok(deepest)
}

/// The value of an expression that is one i32 constant.
fn i32_constant(expression: &ConstExpr<'_>) -> Option<i32> {
    let mut operators = expression.get_operators_reader();
    match (operators.read().ok()?, operators.read().ok()?) {
        (Operator::I32Const { value }, Operator::End) => Some(value),
        _ => None,
    }
}

fn signature(found: &FuncType) -> String {
    let list = |types: &[ValType]| {
        let words: Vec<_> = types.iter().map(ToString::to_string).collect();
        words.join(", ")
    };
    match found.results() {
        [one] => format!("({}) -> {one}", list(found.params())),
        results => format!("({}) -> ({})", list(found.params()), list(results)),
    }
}

const fn word(kind: ExternalKind) -> &'static str {
    match kind {
        ExternalKind::Table => "table",
        ExternalKind::Memory => "memory",
        ExternalKind::Global => "global",
        ExternalKind::Tag => "tag",
        ExternalKind::Func | ExternalKind::FuncExact => "function",
    }
}
