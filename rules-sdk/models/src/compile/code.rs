//! Operators, encoded, with the fuel that they take at most.

use wasm_encoder::{Encode, Instruction, MemArg};

/// Fuel of what takes longer than other operators; the engine's prices.
const DIVISION: u64 = 4;
const WHOLE_DIVISION: u64 = 8;
const CALL: u64 = 2;

/// A stretch of code.
#[derive(Clone, Default, Debug)]
pub(super) struct Code {
    bytes: Vec<u8>,
    fuel: u64,
}

impl Code {
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// Fuel of all of it, once.
    pub(super) const fn fuel(&self) -> u64 {
        self.fuel
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    pub(super) fn op(&mut self, instruction: &Instruction<'_>) -> &mut Self {
        instruction.encode(&mut self.bytes);
        self.fuel += match instruction {
            Instruction::F64Div => DIVISION,
            Instruction::I32DivU => WHOLE_DIVISION,
            Instruction::Call(_) => CALL,
            _ => 1,
        };
        self
    }

    pub(super) fn ops(&mut self, instructions: &[Instruction<'_>]) -> &mut Self {
        for instruction in instructions {
            self.op(instruction);
        }
        self
    }

    /// Adds other code that runs so many times at most.
    pub(super) fn repeat(&mut self, other: &Self, times: u64) -> &mut Self {
        self.bytes.extend_from_slice(&other.bytes);
        self.fuel = self.fuel.saturating_add(other.fuel.saturating_mul(times));
        self
    }

    pub(super) fn get(&mut self, local: u32) -> &mut Self {
        self.op(&Instruction::LocalGet(local))
    }

    pub(super) fn set(&mut self, local: u32) -> &mut Self {
        self.op(&Instruction::LocalSet(local))
    }

    pub(super) fn tee(&mut self, local: u32) -> &mut Self {
        self.op(&Instruction::LocalTee(local))
    }

    pub(super) fn number(&mut self, value: f64) -> &mut Self {
        self.op(&Instruction::F64Const(value.into()))
    }

    pub(super) fn i32(&mut self, value: u32) -> &mut Self {
        self.op(&Instruction::I32Const(value.cast_signed()))
    }
}

/// A place in memory: `address` is added to what is on the stack. Columns and records may lie at
/// any byte, so no alignment is promised.
pub(super) const fn place(address: u32) -> MemArg {
    MemArg {
        offset: address as u64,
        align: 0,
        memory_index: 0,
    }
}
