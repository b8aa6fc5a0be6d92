//! Puts a module of ABI `puls/1` together, piece by piece, so that each piece can be wrong.

use puls_wire::{Layout, MANIFEST_SECTION};
use wasm_encoder::{
    BlockType, CodeSection, ConstExpr, CustomSection, DataSection, EntityType, ExportKind,
    ExportSection, Function, FunctionSection, GlobalSection, GlobalType, ImportSection,
    InstructionSink, MemArg, MemorySection, MemoryType, Module, RefType, StartSection,
    TableSection, TableType, TypeSection, ValType,
};

/// Where the guest's arena lies.
pub(crate) const ARENA: i32 = 4096;
/// Where a guest keeps what it should not keep.
pub(crate) const HIDDEN: i32 = 1024;
/// Address of the arena: the parameter of `puls_eval`.
pub(crate) const HEADER: u32 = 0;
/// Index of the row: an i32 local of `puls_eval`.
pub(crate) const ROW: u32 = 1;
/// The row's feature: an f64 local of `puls_eval`.
pub(crate) const VALUE: u32 = 2;

/// Types of functions that every module has, by index: the marker's, the others', and that of
/// functions which take and give nothing but are not exported.
const MARKER: u32 = 0;
const ADDRESS: u32 = 1;

pub(crate) const MANIFEST: &str = r#"{
    "abi": "puls/1", "name": "fixture", "version": "1.0.0",
    "features": [{"name": "usage.days_since_last", "wake": [13]}],
    "measures": [{"name": "adoption", "title": "Adoption", "weight": 1}],
    "parts": [{"name": "recency", "measure": "adoption", "features": ["usage.days_since_last"]}],
    "reasons": [{"code": "low", "text": "it is low"}],
    "exceptions": [{"name": "forced", "text": "it is forced"}],
    "tiers": {"bands": [{"name": "healthy", "from": 50}, {"name": "critical", "from": 0}]}
}"#;

/// A module in pieces. The default one is honest.
pub(crate) struct Assembly {
    pub(crate) manifests: Vec<Vec<u8>>,
    pub(crate) types: Vec<(Vec<ValType>, Vec<ValType>)>,
    pub(crate) imports: Vec<(&'static str, &'static str)>,
    pub(crate) tables: Vec<TableType>,
    pub(crate) memories: Vec<MemoryType>,
    pub(crate) globals: Vec<(GlobalType, ConstExpr)>,
    pub(crate) exports: Vec<(&'static str, ExportKind, u32)>,
    pub(crate) start: Option<u32>,
    /// Type and body of each function; the first three are marker, arena and eval.
    pub(crate) functions: Vec<(u32, Function)>,
    /// Where one byte of data is put when the module starts.
    pub(crate) data_at: Option<i32>,
}

impl Default for Assembly {
    fn default() -> Self {
        let stack_pointer = GlobalType {
            val_type: ValType::I32,
            mutable: true,
            shared: false,
        };
        Self {
            manifests: vec![MANIFEST.as_bytes().to_vec()],
            types: Vec::new(),
            imports: Vec::new(),
            tables: Vec::new(),
            memories: vec![fixed_memory(2)],
            globals: vec![(stack_pointer, ConstExpr::i32_const(HIDDEN))],
            exports: vec![
                ("memory", ExportKind::Memory, 0),
                ("puls_abi_1", ExportKind::Func, 0),
                ("puls_arena", ExportKind::Func, 1),
                ("puls_eval", ExportKind::Func, 2),
            ],
            start: None,
            functions: vec![
                (MARKER, body(|_| {})),
                (ADDRESS, arena_at(ARENA)),
                (ADDRESS, eval(|_| {})),
            ],
            data_at: None,
        }
    }
}

impl Assembly {
    /// The honest module after a change.
    pub(crate) fn with(change: impl FnOnce(&mut Self)) -> Vec<u8> {
        let mut assembly = Self::default();
        change(&mut assembly);
        assembly.bytes()
    }

    /// The honest module with something done for each row after its answers were written.
    pub(crate) fn with_row(row: impl Fn(&mut InstructionSink<'_>)) -> Vec<u8> {
        Self::with(|it| it.set(2, eval(row)))
    }

    /// Replaces the body of a function.
    pub(crate) fn set(&mut self, index: usize, body: Function) {
        if let Some(function) = self.functions.get_mut(index) {
            function.1 = body;
        }
    }

    /// The module's bytes.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut module = Module::new();
        let mut types = TypeSection::new();
        types.ty().function([], []);
        types.ty().function([ValType::I32], [ValType::I32]);
        for (parameters, results) in &self.types {
            let (parameters, results) = (parameters.iter().copied(), results.iter().copied());
            types.ty().function(parameters, results);
        }
        module.section(&types);
        self.declarations(&mut module);
        let mut code = CodeSection::new();
        for (_, function) in &self.functions {
            code.function(function);
        }
        module.section(&code);
        if let Some(at) = self.data_at {
            let mut data = DataSection::new();
            data.active(0, &ConstExpr::i32_const(at), [1]);
            module.section(&data);
        }
        for manifest in &self.manifests {
            module.section(&CustomSection {
                name: MANIFEST_SECTION.into(),
                data: manifest.into(),
            });
        }
        module.finish()
    }

    fn declarations(&self, module: &mut Module) {
        let mut imports = ImportSection::new();
        for (from, name) in &self.imports {
            imports.import(from, name, EntityType::Function(MARKER));
        }
        if !imports.is_empty() {
            module.section(&imports);
        }
        let mut functions = FunctionSection::new();
        for (kind, _) in &self.functions {
            functions.function(*kind);
        }
        module.section(&functions);
        let mut tables = TableSection::new();
        for table in &self.tables {
            tables.table(*table);
        }
        module.section(&tables);
        let mut memories = MemorySection::new();
        for memory in &self.memories {
            memories.memory(*memory);
        }
        module.section(&memories);
        let mut globals = GlobalSection::new();
        for (kind, start) in &self.globals {
            globals.global(*kind, start);
        }
        module.section(&globals);
        let mut exports = ExportSection::new();
        for (name, kind, index) in &self.exports {
            exports.export(name, *kind, *index);
        }
        module.section(&exports);
        if let Some(function_index) = self.start {
            module.section(&StartSection { function_index });
        }
    }
}

/// A memory of so many pages, no more and no less.
pub(crate) fn fixed_memory(pages: u64) -> MemoryType {
    MemoryType {
        minimum: pages,
        maximum: Some(pages),
        memory64: false,
        shared: false,
        page_size_log2: None,
    }
}

/// A table of functions.
pub(crate) fn table(minimum: u64, maximum: Option<u64>) -> TableType {
    TableType {
        element_type: RefType::FUNCREF,
        table64: false,
        minimum,
        maximum,
        shared: false,
    }
}

/// A function without locals of its own.
pub(crate) fn body(write: impl FnOnce(&mut InstructionSink<'_>)) -> Function {
    let mut function = Function::new([]);
    write(&mut function.instructions());
    function.instructions().end();
    function
}

/// A `puls_arena` that always gives the same address.
pub(crate) fn arena_at(address: i32) -> Function {
    body(|it| {
        it.i32_const(address);
    })
}

/// A `puls_eval` that answers every row honestly and then does `row`; answers 0.
pub(crate) fn eval(row: impl Fn(&mut InstructionSink<'_>)) -> Function {
    rows(|it| {
        honest_answers(it);
        row(it);
    })
}

/// A `puls_eval` that does `row` for every row, with [`ROW`] and [`VALUE`] set; answers 0.
pub(crate) fn rows(row: impl Fn(&mut InstructionSink<'_>)) -> Function {
    let layout = layout();
    let mut function = Function::new([(1, ValType::I32), (1, ValType::F64)]);
    let mut it = function.instructions();
    it.loop_(BlockType::Empty);
    address(&mut it, 8);
    it.f64_load(at(layout.header.features_at)).local_set(VALUE);
    row(&mut it);
    it.local_get(ROW).i32_const(1).i32_add().local_tee(ROW);
    it.local_get(HEADER).i32_load(at(8));
    it.i32_lt_u().br_if(0).end();
    it.i32_const(0).end();
    function
}

/// The layout of the modules here: one feature, one part.
pub(crate) fn layout() -> Layout {
    Layout::new(1, 1, 0)
}

/// A place in a column, added to [`address`].
pub(crate) fn at(offset: u32) -> MemArg {
    MemArg {
        offset: u64::from(offset),
        align: 0,
        memory_index: 0,
    }
}

/// Pushes the address of the row in a column of so many bytes a row that begins at 0.
pub(crate) fn address(it: &mut InstructionSink<'_>, bytes: i32) {
    it.local_get(ROW).i32_const(bytes).i32_mul();
    it.local_get(HEADER).i32_add();
}

/// The score is the feature, cut to 0 to 100; missing is no score.
fn honest_answers(it: &mut InstructionSink<'_>) {
    let header = layout().header;
    let missing = |it: &mut InstructionSink<'_>| {
        it.local_get(VALUE).local_get(VALUE).f64_ne();
    };
    address(it, 1);
    missing(it);
    it.i32_store8(at(header.status_at));
    for (bytes, column) in [(8, header.exceptions_at), (8, header.triggers_at)] {
        address(it, bytes);
        it.i64_const(0).i64_store(at(column));
    }
    address(it, 4);
    it.i32_const(0).i32_store(at(header.adjust_at));
    for column in [header.coverage_at, header.weight_at] {
        address(it, 2);
        it.i32_const(0).i32_const(10_000);
        missing(it);
        it.select().i32_store16(at(column));
    }
    address(it, 4);
    points(it, 10_000.0);
    it.i32_store(at(header.contribution_at));
    address(it, 2);
    it.i32_const(65_535);
    points(it, 100.0);
    missing(it);
    it.select().i32_store16(at(header.points_at));
    address(it, 2);
    it.local_get(VALUE).f64_const(50.0.into()).f64_lt();
    it.i32_store16(at(header.reason_at));
}

/// Pushes the feature in 0 to 100, times `unit`, as an i32; 0 where it is missing.
fn points(it: &mut InstructionSink<'_>, unit: f64) {
    it.local_get(VALUE).f64_const(0.0.into()).f64_max();
    it.f64_const(100.0.into()).f64_min();
    it.f64_const(unit.into()).f64_mul().i32_trunc_sat_f64_s();
}
