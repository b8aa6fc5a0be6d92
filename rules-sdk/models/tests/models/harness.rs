//! Binds and compiles what tests make up, and the smallest host: writes an arena, calls the module.

use puls_wire::{Header, Layout, PartVerdict, ROWS_MAX, Status, Verdict};
use wasmtime::{Config, Engine, Instance, Memory, Module, Store, TypedFunc};

use puls_models::{Bounds, Compiled, Map, Naming, Problem, Rule, bind, compile, read};

/// What the engine allows.
pub(super) const BOUNDS: Bounds = Bounds {
    module_bytes: 1024 * 1024,
    fuel: 10_000_000,
};

pub(super) fn try_rule(model: &str, map: &str) -> Result<Rule, Vec<Problem>> {
    let model = read(model.as_bytes())?;
    let map = Map::read(map)?;
    let naming = Naming {
        name: Some("churn"),
        ..Naming::default()
    };
    bind(&model, &map, &crate::catalogue(), naming)
}

pub(super) fn rule(model: &str, map: &str) -> Rule {
    match try_rule(model, map) {
        Ok(rule) => rule,
        Err(problems) => panic!("{}", said(&problems)),
    }
}

/// Problems, one a line.
pub(super) fn said(problems: &[Problem]) -> String {
    let lines: Vec<_> = problems.iter().map(ToString::to_string).collect();
    lines.join("\n")
}

/// A started module.
pub(super) struct Host {
    store: Store<()>,
    memory: Memory,
    eval: TypedFunc<u32, i32>,
    layout: Layout,
    arena: u32,
    pub(super) compiled: Compiled,
}

impl Host {
    pub(super) fn new(rule: &Rule) -> Self {
        let compiled = compile(rule, BOUNDS).unwrap();
        let mut config = Config::new();
        config
            .consume_fuel(true)
            .cranelift_nan_canonicalization(true);
        let engine = Engine::new(&config).unwrap();
        let module = Module::new(&engine, &compiled.module).unwrap();
        let mut store = Store::new(&engine, ());
        store.set_fuel(u64::MAX).unwrap();
        let instance = Instance::new(&mut store, &module, &[]).unwrap();
        let memory = instance.get_memory(&mut store, "memory").unwrap();
        let eval = instance.get_typed_func(&mut store, "puls_eval").unwrap();
        let place: TypedFunc<u32, u32> = instance.get_typed_func(&mut store, "puls_arena").unwrap();
        let manifest = &compiled.manifest;
        let layout = Layout::new(manifest.features.len(), manifest.parts.len(), 0);
        let arena = place.call(&mut store, layout.bytes).unwrap();
        assert!(arena > 0 && arena.is_multiple_of(64), "arena at {arena}");
        assert_eq!(place.call(&mut store, layout.bytes + 1).unwrap(), 0);
        Self {
            store,
            memory,
            eval,
            layout,
            arena,
            compiled,
        }
    }

    /// Calls with another header than it should have; gives the code.
    pub(super) fn call(&mut self, change: impl FnOnce(&mut Header)) -> i32 {
        let mut header = self.layout.header;
        header.rows = 1;
        change(&mut header);
        self.write(0, &header.to_bytes());
        self.eval.call(&mut self.store, self.arena).unwrap()
    }

    /// The verdicts of up to 256 rows and the operators that they took.
    pub(super) fn run(&mut self, rows: &[Vec<f64>]) -> (Vec<Verdict>, u64) {
        let count = u32::try_from(rows.len()).unwrap();
        let header = self.layout.header;
        for (row, values) in rows.iter().enumerate() {
            for (feature, value) in values.iter().enumerate() {
                let at = header.features_at as usize + (feature * ROWS_MAX + row) * 8;
                self.write(at, &value.to_le_bytes());
            }
        }
        let before = self.store.get_fuel().unwrap();
        assert_eq!(self.call(|header| header.rows = count), 0);
        let fuel = before - self.store.get_fuel().unwrap();
        ((0..rows.len()).map(|row| self.verdict(row)).collect(), fuel)
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
