//! The smallest host: writes an arena, calls the module, reads the verdicts.

use puls_wire::{Header, Layout, PartVerdict, ROWS_MAX, Status, Verdict};
use wasmtime::{Config, Engine, Instance, Memory, Module, Store, TypedFunc};

use crate::{Card, Compiled, compile};

/// A started module.
pub(super) struct Host {
    store: Store<()>,
    memory: Memory,
    eval: TypedFunc<u32, i32>,
    place: TypedFunc<u32, u32>,
    layout: Layout,
    arena: u32,
}

impl Host {
    /// Compiles and starts a card with its parameters' defaults.
    pub(super) fn new(card: &Card) -> Self {
        let compiled = compile(card);
        let defaults: Vec<f64> = card.parameters.iter().map(|p| p.default).collect();
        Self::start(&compiled, &defaults)
    }

    pub(super) fn start(compiled: &Compiled, parameters: &[f64]) -> Self {
        let mut config = Config::new();
        config.wasm_simd(true).wasm_relaxed_simd(false);
        let engine = Engine::new(&config).unwrap();
        let module = Module::new(&engine, &compiled.module).unwrap();
        let mut store = Store::new(&engine, ());
        let instance = Instance::new(&mut store, &module, &[]).unwrap();
        let memory = instance.get_memory(&mut store, "memory").unwrap();
        let eval = instance.get_typed_func(&mut store, "puls_eval").unwrap();
        let place: TypedFunc<u32, u32> = instance.get_typed_func(&mut store, "puls_arena").unwrap();
        let manifest = &compiled.manifest;
        let layout = Layout::new(
            manifest.features.len(),
            manifest.parts.len(),
            manifest.parameters.len(),
        );
        let arena = place.call(&mut store, layout.bytes).unwrap();
        assert!(arena > 0 && arena.is_multiple_of(64), "arena at {arena}");
        let mut host = Self {
            store,
            memory,
            eval,
            place,
            layout,
            arena,
        };
        host.write(0, &layout.header.to_bytes());
        for (index, value) in parameters.iter().enumerate() {
            let at = layout.header.parameters_at as usize + index * 8;
            host.write(at, &value.to_le_bytes());
        }
        host
    }

    /// What the module answers when it is asked for an arena of so many bytes more.
    pub(super) fn arena(&mut self, more: u32) -> u32 {
        let bytes = self.layout.bytes.wrapping_add(more);
        self.place.call(&mut self.store, bytes).unwrap()
    }

    /// Evaluates with another header than it should have; gives the code.
    pub(super) fn call(&mut self, change: impl FnOnce(&mut Header), beside: u32) -> i32 {
        let mut header = self.layout.header;
        header.rows = 1;
        change(&mut header);
        self.write(0, &header.to_bytes());
        let at = self.arena + beside;
        self.eval.call(&mut self.store, at).unwrap()
    }

    /// The verdicts of up to 256 rows, given feature by feature for each row.
    pub(super) fn run(&mut self, rows: &[Vec<f64>]) -> Vec<Verdict> {
        let count = u32::try_from(rows.len()).unwrap();
        let header = self.layout.header;
        for (row, values) in rows.iter().enumerate() {
            assert_eq!(values.len(), header.features as usize);
            for (feature, value) in values.iter().enumerate() {
                let at = header.features_at as usize + (feature * ROWS_MAX + row) * 8;
                self.write(at, &value.to_le_bytes());
            }
        }
        assert_eq!(self.call(|header| header.rows = count, 0), 0);
        (0..rows.len()).map(|row| self.verdict(row)).collect()
    }

    fn verdict(&self, row: usize) -> Verdict {
        let header = self.layout.header;
        let part = |part: u32| {
            let place = part as usize * ROWS_MAX + row;
            PartVerdict {
                contribution: i32::from_le_bytes(self.read(header.contribution_at, place)),
                points: u16::from_le_bytes(self.read(header.points_at, place)),
                weight: u16::from_le_bytes(self.read(header.weight_at, place)),
                reason: u16::from_le_bytes(self.read(header.reason_at, place)),
            }
        };
        let [status] = self.read(header.status_at, row);
        Verdict {
            status: Status::from_byte(status).unwrap(),
            coverage: u16::from_le_bytes(self.read(header.coverage_at, row)),
            adjust: i32::from_le_bytes(self.read(header.adjust_at, row)),
            exceptions: u64::from_le_bytes(self.read(header.exceptions_at, row)),
            triggers: u64::from_le_bytes(self.read(header.triggers_at, row)),
            parts: (0..header.parts).map(part).collect(),
        }
    }

    fn read<const N: usize>(&self, column: u32, place: usize) -> [u8; N] {
        let at = (self.arena + column) as usize + place * N;
        let data = self.memory.data(&self.store);
        *data[at..].first_chunk().unwrap()
    }

    fn write(&mut self, at: usize, bytes: &[u8]) {
        let at = self.arena as usize + at;
        self.memory.data_mut(&mut self.store)[at..at + bytes.len()].copy_from_slice(bytes);
    }
}

/// The verdicts of a card.
pub(super) fn run(card: &Card, rows: &[Vec<f64>]) -> Vec<Verdict> {
    Host::new(card).run(rows)
}

/// The scores in ten-thousandths of a point of a card that reads one feature; `None` where there
/// is none.
pub(super) fn scores(card: &Card, values: &[f64]) -> Vec<Option<i64>> {
    let rows: Vec<_> = values.iter().map(|value| vec![*value]).collect();
    let verdicts = run(card, &rows);
    let score = |verdict: &Verdict| verdict.has_score().then(|| verdict.score());
    verdicts.iter().map(score).collect()
}
