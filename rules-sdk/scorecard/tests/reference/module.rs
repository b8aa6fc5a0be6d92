//! Runs a module as a host does, in the arena that the wire describes.
//!
//! It is stricter than a host: answers are full of rubbish before each call, and inputs must be
//! as they were afterwards.

use std::sync::LazyLock;

use puls_wire::{Header, Layout, PartVerdict, ROWS_MAX, Status, Verdict};
use wasmtime::{Config, Engine, Instance, Memory, Store, TypedFunc};

/// What stands in every answer before a call.
const RUBBISH: u8 = 0xA5;

static ENGINE: LazyLock<Engine> = LazyLock::new(|| {
    let mut config = Config::new();
    config.wasm_relaxed_simd(false);
    Engine::new(&config).unwrap()
});

/// A module with its arena.
pub(crate) struct Module {
    store: Store<()>,
    memory: Memory,
    eval: TypedFunc<i32, i32>,
    arena: usize,
    layout: Layout,
}

impl Module {
    /// A fresh instance of a module of so many features and parts, or why it is no module.
    pub(crate) fn new(
        bytes: &[u8],
        features: usize,
        parts: usize,
        parameters: &[f64],
    ) -> Result<Self, String> {
        let module = wasmtime::Module::new(&ENGINE, bytes).map_err(|it| format!("{it:?}"))?;
        let mut store = Store::new(&ENGINE, ());
        let instance = Instance::new(&mut store, &module, &[]).unwrap();
        let memory = instance.get_memory(&mut store, "memory").unwrap();
        let marker = instance.get_typed_func::<(), ()>(&mut store, "puls_abi_1");
        marker.expect("the marker of the ABI");
        let eval = instance.get_typed_func(&mut store, "puls_eval").unwrap();
        let place = instance
            .get_typed_func::<i32, i32>(&mut store, "puls_arena")
            .unwrap();
        let layout = Layout::new(features, parts, parameters.len());
        let bytes = i32::try_from(layout.bytes).unwrap();
        let arena = place.call(&mut store, bytes).unwrap();
        assert!(arena > 0 && arena % 64 == 0, "the arena stands at {arena}");
        let arena = usize::try_from(arena).unwrap();
        let mut module = Self {
            store,
            memory,
            eval,
            arena,
            layout,
        };
        module.put(0, &layout.header.to_bytes());
        let parameters: Vec<u8> = parameters.iter().flat_map(|it| it.to_le_bytes()).collect();
        module.put(layout.header.parameters_at, &parameters);
        Ok(module)
    }

    /// The verdicts of up to 256 rows.
    pub(crate) fn verdicts(&mut self, rows: &[&[f64]]) -> Vec<Verdict> {
        let header = self.layout.header;
        for (row, values) in rows.iter().enumerate() {
            for (column, value) in values.iter().enumerate() {
                let at = at(header.features_at, 8, column, row);
                self.put(at, &value.to_le_bytes());
            }
        }
        let count = u32::try_from(rows.len()).unwrap();
        self.put(place(Header::ROWS_AT), &count.to_le_bytes());
        let inputs = usize::try_from(header.status_at).unwrap();
        self.arena()[inputs..].fill(RUBBISH);
        let before = self.arena()[..inputs].to_vec();
        let start = i32::try_from(self.arena).unwrap();
        let code = self.eval.call(&mut self.store, start).unwrap();
        assert_eq!(code, 0, "the module says that it failed");
        assert!(
            self.arena()[..inputs] == before,
            "the module wrote into what it is given"
        );
        (0..rows.len()).map(|row| self.verdict(row)).collect()
    }

    fn verdict(&mut self, row: usize) -> Verdict {
        let header = self.layout.header;
        let [status] = self.get(at(header.status_at, 1, 0, row));
        let parts = usize::try_from(header.parts).unwrap();
        Verdict {
            status: Status::from_byte(status).expect("a status"),
            coverage: u16::from_le_bytes(self.get(at(header.coverage_at, 2, 0, row))),
            adjust: i32::from_le_bytes(self.get(at(header.adjust_at, 4, 0, row))),
            exceptions: u64::from_le_bytes(self.get(at(header.exceptions_at, 8, 0, row))),
            triggers: u64::from_le_bytes(self.get(at(header.triggers_at, 8, 0, row))),
            parts: (0..parts).map(|part| self.part(part, row)).collect(),
        }
    }

    fn part(&mut self, part: usize, row: usize) -> PartVerdict {
        let header = self.layout.header;
        PartVerdict {
            contribution: i32::from_le_bytes(self.get(at(header.contribution_at, 4, part, row))),
            points: u16::from_le_bytes(self.get(at(header.points_at, 2, part, row))),
            weight: u16::from_le_bytes(self.get(at(header.weight_at, 2, part, row))),
            reason: u16::from_le_bytes(self.get(at(header.reason_at, 2, part, row))),
        }
    }

    fn arena(&mut self) -> &mut [u8] {
        let bytes = usize::try_from(self.layout.bytes).unwrap();
        let memory = self.memory.data_mut(&mut self.store);
        &mut memory[self.arena..][..bytes]
    }

    fn put(&mut self, at: u32, bytes: &[u8]) {
        let at = usize::try_from(at).unwrap();
        self.arena()[at..at + bytes.len()].copy_from_slice(bytes);
    }

    fn get<const BYTES: usize>(&mut self, at: u32) -> [u8; BYTES] {
        let at = usize::try_from(at).unwrap();
        self.arena()[at..at + BYTES].try_into().unwrap()
    }
}

/// Where the value of a row stands in a column of values of this size.
fn at(columns_at: u32, bytes: usize, column: usize, row: usize) -> u32 {
    columns_at + place((column * ROWS_MAX + row) * bytes)
}

fn place(at: usize) -> u32 {
    u32::try_from(at).expect("an arena is smaller than 4 GiB")
}
