//! One instance of a module: its memory, where its arena lies, and one call of it.
//!
//! All of the guest's memory is seen through slices; an address that the guest gave is checked
//! once, when the instance starts, and never followed.

use std::ops::Range;

use puls_wire::{ALIGNMENT, Header, Layout, ROWS_MAX, Rows, Verdict};
use wasmtime::{Memory, Store, StoreLimits, StoreLimitsBuilder, Trap, TypedFunc};

use super::answer;
use super::engine::Module;
use super::failure::FailureKind;
use crate::limits::{RULE_FUEL, RULE_MEMORY_PAGES_MAX, RULE_TABLE_ENTRIES_MAX};

/// A started module. Dropped on any trap.
pub(super) struct Instance {
    store: Store<StoreLimits>,
    memory: Memory,
    eval: TypedFunc<u32, i32>,
    /// Address of the arena in the guest's memory.
    arena: u32,
}

/// What a module does instead of starting.
#[derive(Debug)]
pub(super) struct StartError(pub(super) String);

/// A call that gave no answers.
#[derive(Debug)]
pub(super) struct CallError {
    pub(super) kind: FailureKind,
    pub(super) detail: String,
}

impl Instance {
    /// Starts a module, asks once for its arena and writes header and parameters.
    pub(super) fn start(module: &Module, parameters: &[f64]) -> Result<Self, StartError> {
        let mut store = Store::new(module.prepared.module().engine(), limits());
        store.limiter(|limits| limits);
        store.set_fuel(RULE_FUEL).map_err(start_error)?;
        let instance = module
            .prepared
            .instantiate(&mut store)
            .map_err(start_error)?;
        let memory = instance
            .get_memory(&mut store, "memory")
            .ok_or_else(|| StartError("no memory".to_owned()))?;
        let eval = instance
            .get_typed_func(&mut store, "puls_eval")
            .map_err(start_error)?;
        let place: TypedFunc<u32, u32> = instance
            .get_typed_func(&mut store, "puls_arena")
            .map_err(start_error)?;
        let arena = place
            .call(&mut store, module.layout.bytes)
            .map_err(|error| StartError(call_error(&error).detail))?;
        let mut started = Self {
            store,
            memory,
            eval,
            arena,
        };
        started.check_arena(&module.layout)?;
        started.write_header(&module.layout, parameters);
        Ok(started)
    }

    fn check_arena(&self, layout: &Layout) -> Result<(), StartError> {
        let address = self.arena as usize;
        let size = self.memory.data_size(&self.store);
        let end = address.saturating_add(layout.bytes as usize);
        let found = if address == 0 {
            "0: it has no room for it".to_owned()
        } else if !address.is_multiple_of(ALIGNMENT) {
            format!("address {address}, which is not aligned")
        } else if end > size {
            format!("address {address}, whose end {end} lies beyond the memory of {size} bytes")
        } else {
            return Ok(());
        };
        Err(StartError(found))
    }

    fn write_header(&mut self, layout: &Layout, parameters: &[f64]) {
        let arena = self.arena_mut(layout);
        copy(arena, 0, &layout.header.to_bytes());
        let places = arena.get_mut(layout.header.parameters_at as usize..);
        let (places, _) = places.unwrap_or_default().as_chunks_mut::<8>();
        let count = layout.header.parameters as usize;
        for (place, value) in places.iter_mut().take(count).zip(parameters) {
            *place = value.to_le_bytes();
        }
    }

    /// Evaluates the rows of `range` on one call's fuel and gives the answers as they are, not yet
    /// judged; they stand in the order of the rows.
    pub(super) fn evaluate(
        &mut self,
        layout: &Layout,
        rows: &Rows,
        range: Range<usize>,
        out: &mut [Verdict],
    ) -> Result<answer::BadStatus, CallError> {
        self.write_rows(layout, rows, range);
        // Fuel is on for this engine, so setting it cannot fail.
        self.store.set_fuel(RULE_FUEL).map_err(|e| call_error(&e))?;
        let code = self.eval.call(&mut self.store, self.arena);
        match code.map_err(|error| call_error(&error))? {
            0 => Ok(answer::read(self.arena(layout), layout, out)),
            code => Err(CallError {
                kind: FailureKind::Code,
                detail: format!("expected puls_eval to answer 0, found {code}"),
            }),
        }
    }

    /// Fuel that the last call left.
    pub(super) fn fuel(&self) -> u64 {
        self.store.get_fuel().unwrap_or(0)
    }

    fn write_rows(&mut self, layout: &Layout, rows: &Rows, range: Range<usize>) {
        let count = u32::try_from(range.len()).unwrap_or(0);
        let arena = self.arena_mut(layout);
        copy(arena, Header::ROWS_AT, &count.to_le_bytes());
        let columns = arena.get_mut(layout.header.features_at as usize..);
        let columns = columns.unwrap_or_default().chunks_exact_mut(ROWS_MAX * 8);
        for (feature, column) in columns.take(layout.header.features as usize).enumerate() {
            let (places, _) = column.as_chunks_mut::<8>();
            let places = places.iter_mut().take(range.len());
            // A batch of fewer features than the module reads: the others are missing.
            let values = rows.column(feature).get(range.clone()).unwrap_or_default();
            let values = values.iter().copied().chain(std::iter::repeat(f64::NAN));
            for (place, value) in places.zip(values) {
                // One NaN, so that a module cannot tell two kinds of missing apart.
                let value = if value.is_nan() { f64::NAN } else { value };
                *place = value.to_le_bytes();
            }
        }
    }

    /// The arena. Its bounds were checked when the instance started and its memory cannot shrink.
    fn arena(&self, layout: &Layout) -> &[u8] {
        let start = self.arena as usize;
        let end = start + layout.bytes as usize;
        self.memory
            .data(&self.store)
            .get(start..end)
            .unwrap_or_default()
    }

    fn arena_mut(&mut self, layout: &Layout) -> &mut [u8] {
        let start = self.arena as usize;
        let end = start + layout.bytes as usize;
        let memory = self.memory.data_mut(&mut self.store);
        memory.get_mut(start..end).unwrap_or_default()
    }
}

/// The checks hold sizes already; the store holds them once more.
fn limits() -> StoreLimits {
    let memory_bytes = usize::try_from(RULE_MEMORY_PAGES_MAX * 64 * 1024).unwrap_or(usize::MAX);
    let entries = usize::try_from(RULE_TABLE_ENTRIES_MAX).unwrap_or(usize::MAX);
    StoreLimitsBuilder::new()
        .instances(1)
        .memories(1)
        .memory_size(memory_bytes)
        .tables(1)
        .table_elements(entries)
        .build()
}

fn copy(into: &mut [u8], at: usize, bytes: &[u8]) {
    if let Some(place) = into.get_mut(at..at + bytes.len()) {
        place.copy_from_slice(bytes);
    }
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "stands where map_err wants a function"
)]
fn start_error(error: wasmtime::Error) -> StartError {
    StartError(format!("it does not start: {error:#}"))
}

fn call_error(error: &wasmtime::Error) -> CallError {
    match error.downcast_ref::<Trap>() {
        Some(Trap::OutOfFuel) => CallError {
            kind: FailureKind::Fuel,
            detail: format!("expected a call to use at most {RULE_FUEL} units of fuel, found more"),
        },
        Some(trap) => CallError {
            kind: FailureKind::Trap,
            detail: format!("expected an answer, found a {trap}"),
        },
        None => CallError {
            kind: FailureKind::Trap,
            detail: format!("expected an answer, found: {error:#}"),
        },
    }
}
