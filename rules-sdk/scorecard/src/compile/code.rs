//! Straight-line code for two rows, and the functions it is packed into.
//!
//! ```text
//! function(end):  loop over pairs of rows:      locals  0    end: bytes of a column to go to
//!                   accumulators ← columns              1    at: where the pair's f64 begin
//!                   piece, piece, piece …               2    at ÷ 2, where its i32 begin
//!                   columns ← accumulators              3    at ÷ 4, where its u16 begin
//!                                                       4–6  accumulators
//! memory                                                7–8  of a number or condition
//! 0      64 bytes: no arena lies at 0                   9–11 of a piece
//! 64     the arena, as the wire lays it out
//! then   columns of 256 f64 or masks of 64 bits
//! ```
//! What is on the stack or in a local does not outlive its piece, except accumulators; so a
//! function may end after any piece. Nothing here knows what a card is.

use puls_wire::ROWS_MAX;
use wasm_encoder::{Instruction, MemArg};

/// Address of the arena.
pub(super) const ARENA: u32 = 64;
/// Size of a column of 64-bit numbers.
pub(super) const COLUMN_BYTES: u32 = 8 * 256;
/// Pairs of rows in a full batch.
pub(super) const PAIRS_MAX: u64 = 128;
const _: () = assert!(
    ROWS_MAX == 256,
    "columns here have as many rows as the wire's"
);

/// Bytes at which a function is full. Modules are refused from 64 KiB for a body, and no piece
/// has more than half of that.
const FUNCTION_BYTES_FULL: usize = 32 * 1024;

const END: u32 = 0;
/// Where the pair's f64 begin in a column.
pub(super) const AT: u32 = 1;
/// Where its i32 begin.
pub(super) const HALF: u32 = 2;
/// Where its u16 begin.
pub(super) const QUARTER: u32 = 3;
/// Accumulators: up to three columns that a function keeps in locals.
pub(super) const SUMS: [u32; 3] = [4, 5, 6];
/// For the last few operators of a number or condition.
pub(super) const FIRST: u32 = 7;
/// A second one of those.
pub(super) const SECOND: u32 = 8;
/// The value that a piece is about.
pub(super) const VALUE: u32 = 9;
/// Its points.
pub(super) const POINTS: u32 = 10;
/// A mask of it.
pub(super) const MASK: u32 = 11;
/// How many locals there are of i32, besides the parameter, and of v128.
pub(super) const LOCALS: [u32; 2] = [3, 8];

/// A column of 256 numbers or masks of 64 bits, by its address.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Column(pub(super) u32);

impl Column {
    /// The column so many after this one.
    pub(super) fn nth(self, index: usize) -> Self {
        Self(after(self.0, index, COLUMN_BYTES))
    }
}

/// The place so many strides after an address.
pub(super) fn after(address: u32, index: usize, stride: u32) -> u32 {
    let index = u32::try_from(index).expect("a card has far fewer than 2^32 of anything");
    address + index * stride
}

/// Operators, encoded and counted.
#[derive(Clone, Default, Debug)]
pub(super) struct Code {
    bytes: Vec<u8>,
    operators: u64,
}

impl Code {
    /// Nothing yet.
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// Size when encoded.
    pub(super) const fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Number of operators.
    pub(super) const fn operators(&self) -> u64 {
        self.operators
    }

    /// The operators as they stand in a body.
    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// Adds one operator.
    pub(super) fn op(&mut self, instruction: &Instruction<'_>) -> &mut Self {
        use wasm_encoder::Encode;
        instruction.encode(&mut self.bytes);
        self.operators += 1;
        self
    }

    /// Adds several operators.
    pub(super) fn ops(&mut self, instructions: &[Instruction<'_>]) -> &mut Self {
        for instruction in instructions {
            self.op(instruction);
        }
        self
    }

    /// Adds other code.
    pub(super) fn add(&mut self, other: &Self) -> &mut Self {
        self.bytes.extend_from_slice(&other.bytes);
        self.operators += other.operators;
        self
    }

    pub(super) fn get(&mut self, local: u32) -> &mut Self {
        self.op(&Instruction::LocalGet(local))
    }

    pub(super) fn set(&mut self, local: u32) -> &mut Self {
        self.op(&Instruction::LocalSet(local))
    }

    /// The number, once for each row.
    pub(super) fn number(&mut self, value: f64) -> &mut Self {
        self.bits(value.to_bits())
    }

    /// The 64 bits, once for each row.
    pub(super) fn bits(&mut self, bits: u64) -> &mut Self {
        let both = u128::from(bits) | (u128::from(bits) << 64);
        self.op(&Instruction::V128Const(both.cast_signed()))
    }

    /// The pair's values in a column.
    pub(super) fn load(&mut self, column: Column) -> &mut Self {
        self.get(AT).op(&Instruction::V128Load(place(column.0, 4)))
    }

    /// Writes what `value` leaves on the stack into a column.
    pub(super) fn store(&mut self, column: Column, value: &Self) -> &mut Self {
        self.get(AT)
            .add(value)
            .op(&Instruction::V128Store(place(column.0, 4)))
    }

    /// Writes the two 32-bit numbers at the front of what `value` leaves.
    pub(super) fn store_i32(&mut self, address: u32, value: &Self) -> &mut Self {
        self.get(HALF).add(value).op(&Instruction::V128Store64Lane {
            memarg: place(address, 3),
            lane: 0,
        })
    }

    /// Writes the two 16-bit numbers at the front of what `value` leaves.
    pub(super) fn store_u16(&mut self, address: u32, value: &Self) -> &mut Self {
        self.get(QUARTER)
            .add(value)
            .op(&Instruction::V128Store32Lane {
                memarg: place(address, 2),
                lane: 0,
            })
    }

    /// Writes the two bytes at the front of what `value` leaves.
    pub(super) fn store_u8(&mut self, address: u32, value: &Self) -> &mut Self {
        self.get(AT)
            .ops(&[Instruction::I32Const(3), Instruction::I32ShrU])
            .add(value)
            .op(&Instruction::V128Store16Lane {
                memarg: place(address, 1),
                lane: 0,
            })
    }
}

/// A place in memory, with the power of two that it is aligned to.
pub(super) const fn place(address: u32, align: u32) -> MemArg {
    MemArg {
        offset: address as u64,
        align,
        memory_index: 0,
    }
}

/// A function: what stands between its locals and its end.
#[derive(Debug)]
pub(super) struct Function {
    pub(super) bytes: Vec<u8>,
    /// Operators that a full batch runs.
    pub(super) operators: u64,
}

/// Functions in the order in which they run.
#[derive(Debug)]
pub(super) struct Program {
    functions: Vec<Function>,
    /// Pieces of the function that is being filled.
    open: Code,
    /// Columns that it keeps in locals.
    sums: Vec<Column>,
    /// Where the next column goes.
    next: u32,
}

impl Program {
    /// No functions, and columns from behind an arena of this size.
    pub(super) const fn new(arena_bytes: u32) -> Self {
        Self {
            functions: Vec::new(),
            open: Code {
                bytes: Vec::new(),
                operators: 0,
            },
            sums: Vec::new(),
            next: (ARENA + arena_bytes).next_multiple_of(64),
        }
    }

    /// As many columns, one behind the other.
    pub(super) fn columns(&mut self, count: usize) -> Column {
        let first = Column(self.next);
        self.next = first.nth(count).0;
        first
    }

    /// A column of its own.
    pub(super) fn column(&mut self) -> Column {
        self.columns(1)
    }

    /// A function of its own for the pieces that follow. It keeps these columns in [`SUMS`].
    pub(super) fn begin(&mut self, sums: &[Column]) {
        self.close();
        self.sums = sums.to_vec();
    }

    /// Adds code that leaves the stack as it was.
    pub(super) fn piece(&mut self, code: &Code) {
        if self.open.len() + code.len() > FUNCTION_BYTES_FULL {
            self.close();
        }
        self.open.add(code);
    }

    /// Computes a value in a function of its own, that runs before the pieces that follow, and
    /// gives the code that fetches it.
    pub(super) fn apart(&mut self, value: &Code) -> Code {
        let column = self.column();
        self.close();
        let sums = std::mem::take(&mut self.sums);
        self.piece(Code::new().store(column, value));
        self.close();
        self.sums = sums;
        let mut fetch = Code::new();
        fetch.load(column);
        fetch
    }

    /// All functions, and the size of the memory they use.
    pub(super) fn finish(mut self) -> (Vec<Function>, u32) {
        self.close();
        (self.functions, self.next)
    }

    /// Makes a function of what is open, if anything is.
    fn close(&mut self) {
        if self.open.len() == 0 {
            return;
        }
        let mut pair = Code::new();
        for (local, shift) in [(HALF, 1), (QUARTER, 2)] {
            pair.get(AT)
                .ops(&[Instruction::I32Const(shift), Instruction::I32ShrU])
                .set(local);
        }
        for (sum, column) in SUMS.into_iter().zip(&self.sums) {
            pair.load(*column).set(sum);
        }
        pair.add(&std::mem::take(&mut self.open));
        for (sum, column) in SUMS.into_iter().zip(&self.sums) {
            pair.store(*column, Code::new().get(sum));
        }
        pair.get(AT)
            .ops(&[
                Instruction::I32Const(16),
                Instruction::I32Add,
                Instruction::LocalTee(AT),
            ])
            .get(END)
            .ops(&[Instruction::I32LtU, Instruction::BrIf(0)]);
        let mut code = Code::new();
        code.op(&Instruction::Loop(wasm_encoder::BlockType::Empty));
        code.add(&pair);
        code.ops(&[Instruction::End, Instruction::End]);
        self.functions.push(Function {
            operators: 3 + pair.operators * PAIRS_MAX,
            bytes: code.bytes,
        });
    }
}
