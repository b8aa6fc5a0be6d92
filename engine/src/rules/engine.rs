//! From bytes to a module that can be called: checked, compiled once per process, tried once.
//!
//! Compiled code answers the same on every machine: fuel instead of clocks, canonical NaN, no
//! relaxed SIMD, and prices of our own. A module is compiled on a thread of its own whose stack is
//! large enough for the compiler's recursion ([`RULE_COMPILE_STACK_BYTES`]); threads that evaluate
//! need [`RULE_THREAD_STACK_BYTES`], of which a module may use [`RULE_STACK_BYTES`].

use std::collections::BTreeMap;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, Weak};

use parking_lot::Mutex;
use puls_wire::{Layout, Manifest, TEXTS_SECTION, Texts};
use wasmtime::{Config, Engine, InstancePre, Linker, OperatorCost, StoreLimits};
use wasmtime::{VariableOperatorCost, WasmFeatures};
use xxhash_rust::xxh3::Xxh3Default;

use super::answer::Ranges;
use super::check::{FEATURES, check};
use super::instance::{Instance, StartError};
use super::refusal::Refusal;
#[expect(unused_imports, reason = "named in the module's text")]
use crate::limits::RULE_THREAD_STACK_BYTES;
use crate::limits::{RULE_COMPILE_STACK_BYTES, RULE_STACK_BYTES};
use crate::model::{Digest, content_digest};

/// Checks and compiles modules. Cheap to clone; all clones share what they have compiled.
#[derive(Clone)]
pub struct RulesEngine {
    engine: Engine,
    /// Modules that somebody compiles or holds, so that shards share them.
    compiled: Arc<Mutex<BTreeMap<Digest, Arc<Place>>>>,
    trial: Option<Arc<Trial>>,
}

/// Where a module is kept. Locked while it is compiled: several shards that start ask for the same
/// modules at once, and who asks for another one waits for nobody.
type Place = Mutex<Weak<Module>>;

/// Says whether a module (its bytes, their digest) compiles within limits, somewhere else.
type Trial = dyn Fn(&[u8], Digest) -> Result<(), Refusal> + Send + Sync;

/// A compiled module. Never shared memory: each instance has its own.
pub struct Module {
    /// blake3 of its bytes.
    pub digest: Digest,
    /// What it says of itself.
    pub manifest: Manifest,
    /// Its texts in other languages.
    pub texts: Texts,
    pub(super) layout: Layout,
    pub(super) ranges: Ranges,
    pub(super) prepared: InstancePre<StoreLimits>,
}

impl RulesEngine {
    /// An engine with nothing compiled.
    ///
    /// # Errors
    /// Where this machine's processor is not one that rules can be compiled for.
    pub fn new() -> Result<Self, Refusal> {
        let engine = Engine::new(&config()).map_err(|error| compile_error(&error))?;
        Ok(Self {
            engine,
            compiled: Arc::default(),
            trial: None,
        })
    }

    /// The same engine, which compiles only what passes `trial` first.
    #[must_use]
    pub fn with_trial(
        self,
        trial: impl Fn(&[u8], Digest) -> Result<(), Refusal> + Send + Sync + 'static,
    ) -> Self {
        Self {
            trial: Some(Arc::new(trial)),
            ..self
        }
    }

    /// A hash of what a compilation depends on beside the module: the compiler's version and
    /// settings, and the features of this machine's processor.
    #[must_use]
    pub fn compatibility(&self) -> u64 {
        let mut hasher = Xxh3Default::new();
        self.engine
            .precompile_compatibility_hash()
            .hash(&mut hasher);
        hasher.finish()
    }

    /// Compiles a module and throws the code away: a trial. Checks nothing else of it.
    ///
    /// # Errors
    /// Why it does not compile.
    pub fn try_compiling(&self, bytes: &[u8]) -> Result<(), Refusal> {
        on_a_deep_stack(|| {
            let code = wasmtime::Module::new(&self.engine, bytes);
            code.map(drop).map_err(|error| compile_error(&error))
        })
    }

    /// Passes all checks before compiling and gives the manifest.
    ///
    /// # Errors
    /// The first check that the module does not pass.
    pub fn check(&self, bytes: &[u8]) -> Result<Manifest, Refusal> {
        let manifest = check(bytes)?;
        texts(bytes, &manifest)?;
        Ok(manifest)
    }

    /// The texts in other languages that a module carries; none where it has no section of them.
    ///
    /// # Errors
    /// Where the module is not taken, or its texts are not.
    pub fn texts(bytes: &[u8]) -> Result<Texts, Refusal> {
        texts(bytes, &check(bytes)?)
    }

    /// Checks and compiles a module and tries whether it starts; a module that is in use already
    /// is not compiled again.
    ///
    /// # Errors
    /// The first check that the module does not pass, or why it does not compile or start.
    pub fn compile(&self, bytes: &[u8]) -> Result<Arc<Module>, Refusal> {
        let digest = content_digest(bytes);
        let place = self.place(digest);
        let mut compiled = place.lock();
        if let Some(module) = compiled.upgrade() {
            return Ok(module);
        }
        let manifest = check(bytes)?;
        let texts = texts(bytes, &manifest)?;
        if let Some(trial) = &self.trial {
            trial(bytes, digest)?;
        }
        let module = on_a_deep_stack(|| self.build(bytes, digest, (manifest, texts)))?;
        let module = Arc::new(module);
        *compiled = Arc::downgrade(&module);
        Ok(module)
    }

    /// The place of a module. Those that nobody needs any more are taken away.
    fn place(&self, digest: Digest) -> Arc<Place> {
        let mut places = self.compiled.lock();
        // One that only we hold is locked by nobody, so this waits for nothing.
        let is_needed =
            |place: &Arc<Place>| Arc::strong_count(place) > 1 || place.lock().strong_count() > 0;
        places.retain(|_, place| is_needed(place));
        Arc::clone(places.entry(digest).or_default())
    }

    fn build(
        &self,
        bytes: &[u8],
        digest: Digest,
        (manifest, texts): (Manifest, Texts),
    ) -> Result<Module, Refusal> {
        let code = wasmtime::Module::new(&self.engine, bytes).map_err(|e| compile_error(&e))?;
        let prepared = Linker::new(&self.engine)
            .instantiate_pre(&code)
            .map_err(|error| compile_error(&error))?;
        let layout = Layout::new(
            manifest.features.len(),
            manifest.parts.len(),
            manifest.parameters.len(),
        );
        let module = Module {
            digest,
            ranges: Ranges::new(&manifest),
            manifest,
            texts,
            layout,
            prepared,
        };
        let defaults = module.manifest.parameters.iter().map(|p| p.default);
        match Instance::start(&module, &defaults.collect::<Vec<_>>()) {
            Ok(_) => Ok(module),
            Err(StartError(found)) => Err(Refusal::Arena {
                bytes: layout.bytes,
                found,
            }),
        }
    }
}

impl Module {
    /// What is impossible in a verdict of this module, if anything is.
    #[must_use]
    pub fn impossible(&self, verdict: &puls_wire::Verdict) -> Option<String> {
        self.ranges.problem(verdict)
    }

    /// The parameters in the module's order: the ones that `named` has, defaults for the others.
    ///
    /// # Errors
    /// All that is wrong with `named`: names that the module does not have, values out of range.
    pub fn parameters(&self, named: &BTreeMap<String, f64>) -> Result<Vec<f64>, Vec<String>> {
        let known = &self.manifest.parameters;
        let mut problems = Vec::new();
        for (name, value) in named {
            match known.iter().find(|parameter| parameter.name == *name) {
                None => {
                    let names: Vec<_> = known.iter().map(|p| p.name.as_str()).collect();
                    problems.push(format!(
                        "parameter `{name}`: expected one of [{}]",
                        names.join(", ")
                    ));
                }
                Some(known) if !(known.min..=known.max).contains(value) => problems.push(format!(
                    "parameter `{name}`: expected {} to {}, found {value}",
                    known.min, known.max
                )),
                Some(_) => {}
            }
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        let value = |p: &puls_wire::Parameter| named.get(&p.name).copied().unwrap_or(p.default);
        Ok(known.iter().map(value).collect())
    }
}

/// A number by its name, `NAME=NUMBER`, as parameters are set; `None` where `text` is none.
#[must_use]
pub fn named_number(text: &str) -> Option<(String, f64)> {
    let (name, number) = text.split_once('=').filter(|(name, _)| !name.is_empty())?;
    let number = number.parse::<f64>().ok().filter(|it| it.is_finite())?;
    Some((name.to_owned(), number))
}

impl fmt::Debug for RulesEngine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RulesEngine").finish_non_exhaustive()
    }
}

impl fmt::Debug for Module {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Module")
            .field("digest", &self.digest)
            .field("name", &self.manifest.name)
            .field("version", &self.manifest.version)
            .finish_non_exhaustive()
    }
}

/// The texts in other languages that a module carries; none where it has no section of them.
///
/// # Errors
/// What is wrong with them.
fn texts(bytes: &[u8], manifest: &Manifest) -> Result<Texts, Refusal> {
    let Some(found) = puls_wire::section(bytes, TEXTS_SECTION) else {
        return Ok(Texts::default());
    };
    Texts::parse(found, manifest).map_err(|error| Refusal::Texts {
        found: error.to_string(),
    })
}

fn config() -> Config {
    let mut config = Config::new();
    config
        .wasm_features(WasmFeatures::all().difference(FEATURES), false)
        .wasm_features(FEATURES, true)
        .consume_fuel(true)
        .operator_cost(PRICES)
        .cranelift_nan_canonicalization(true)
        .max_wasm_stack(RULE_STACK_BYTES)
        // On our own thread with its deep stack, not on a pool's shallow ones.
        .parallel_compilation(false)
        // Memories never grow, so they never move; 4 GiB of addresses each save bounds checks.
        .memory_may_move(false)
        // A report names the trap; a stack of a stripped module would say nothing.
        .wasm_backtrace_max_frames(None)
        .generate_address_map(false)
        .native_unwind_info(false);
    config
}

/// Fuel per operator, stated here so that an upgrade of the runtime changes no outcome: what makes
/// no code is free, what takes the processor long costs more.
const PRICES: OperatorCost = OperatorCost {
    Nop: 0,
    Drop: 0,
    Block: 0,
    Loop: 0,
    Unreachable: 0,
    Return: 0,
    Else: 0,
    End: 0,
    Call: 2,
    CallIndirect: 4,
    F32Div: 4,
    F32Sqrt: 4,
    F64Div: 4,
    F64Sqrt: 4,
    I32DivS: 8,
    I32DivU: 8,
    I32RemS: 8,
    I32RemU: 8,
    I64DivS: 8,
    I64DivU: 8,
    I64RemS: 8,
    I64RemU: 8,
    F32x4Div: 4,
    F32x4Sqrt: 4,
    F64x2Div: 4,
    F64x2Sqrt: 4,
    MemoryCopy: 10,
    MemoryFill: 10,
    variable: VariableOperatorCost {
        memory_copy_per_byte: 1,
        memory_fill_per_byte: 1,
        ..VariableOperatorCost::new()
    },
    ..OperatorCost::new()
};

fn on_a_deep_stack<T: Send>(
    work: impl FnOnce() -> Result<T, Refusal> + Send,
) -> Result<T, Refusal> {
    let stopped = |found: &str| Refusal::Compile {
        found: found.to_owned(),
    };
    std::thread::scope(|scope| {
        std::thread::Builder::new()
            .name("rule compiler".to_owned())
            .stack_size(RULE_COMPILE_STACK_BYTES)
            .spawn_scoped(scope, work)
            .map_err(|error| stopped(&format!("no thread to compile on: {error}")))?
            .join()
            .unwrap_or_else(|_| Err(stopped("the compiler panicked")))
    })
}

fn compile_error(error: &wasmtime::Error) -> Refusal {
    Refusal::Compile {
        found: format!("{error:#}"),
    }
}

#[cfg(test)]
mod tests;
