//! The guest side of the ABI `puls/1`: one call evaluates up to 256 rows of the arena.
//!
//! All `unsafe` of this crate is here: the module's arena is one static that the host also
//! writes, and its bytes are seen as columns. Sizes and offsets come from the header that the
//! host wrote; each is checked once per call, and columns never overlap.

use puls_wire::{Header, ROWS_MAX};

use crate::{Row, Rule, Score};

/// Alignment of the arena, and the unit of its size.
pub(crate) const BLOCK_BYTES: usize = 64;
/// The header is not that of this module.
pub const WRONG_HEADER: i32 = -1;
/// The module was called while it was evaluating.
pub const BUSY: i32 = -2;

/// The arena as columns.
#[derive(Debug)]
pub(crate) struct Columns<'a> {
    pub(crate) features: &'a mut [[f64; ROWS_MAX]],
    pub(crate) parameters: &'a mut [f64],
    pub(crate) status: &'a mut [u8],
    pub(crate) coverage: &'a mut [u16],
    pub(crate) adjust: &'a mut [i32],
    pub(crate) exceptions: &'a mut [u64],
    pub(crate) triggers: &'a mut [u64],
    pub(crate) contribution: &'a mut [[i32; ROWS_MAX]],
    pub(crate) points: &'a mut [[u16; ROWS_MAX]],
    pub(crate) weight: &'a mut [[u16; ROWS_MAX]],
    pub(crate) reason: &'a mut [[u16; ROWS_MAX]],
    pub(crate) rows: usize,
}

impl<'a> Columns<'a> {
    /// The columns of a rule, where the header fits the rule and the arena.
    pub(crate) fn new(rule: &Rule, arena: &'a mut [u8]) -> Option<Self> {
        let header = Header::from_bytes(arena)?;
        let (features, parts) = (rule.features.len(), rule.parts.len());
        let fits = size(header.rows_max) == ROWS_MAX
            && size(header.rows) <= ROWS_MAX
            && size(header.features) == features
            && size(header.parts) == parts
            && size(header.parameters) == rule.parameters.len();
        if !fits {
            return None;
        }
        let mut rest = Rest {
            bytes: arena,
            at: 0,
        };
        rest.skip_to(size(header.header_bytes))?;
        Some(Self {
            features: rest.columns(header.features_at, features)?,
            parameters: rest.take(header.parameters_at, rule.parameters.len())?,
            status: rest.take(header.status_at, ROWS_MAX)?,
            coverage: rest.take(header.coverage_at, ROWS_MAX)?,
            adjust: rest.take(header.adjust_at, ROWS_MAX)?,
            exceptions: rest.take(header.exceptions_at, ROWS_MAX)?,
            triggers: rest.take(header.triggers_at, ROWS_MAX)?,
            contribution: rest.columns(header.contribution_at, parts)?,
            points: rest.columns(header.points_at, parts)?,
            weight: rest.columns(header.weight_at, parts)?,
            reason: rest.columns(header.reason_at, parts)?,
            rows: size(header.rows),
        })
    }
}

/// Evaluates the rows of an arena: 0, or a negative code.
#[inline(always)]
pub(crate) fn evaluate(rule: &Rule, arena: &mut [u8]) -> i32 {
    let Some(mut columns) = Columns::new(rule, arena) else {
        return WRONG_HEADER;
    };
    let mut score = Score::new();
    for row in 0..columns.rows {
        score.clear(rule);
        let features = Row {
            features: columns.features,
            parameters: columns.parameters,
            row,
        };
        (rule.evaluate)(&features, &mut score);
        score.write(rule, &mut columns, row);
    }
    0
}

/// What is left of the arena, from its front.
struct Rest<'a> {
    bytes: &'a mut [u8],
    at: usize,
}

impl<'a> Rest<'a> {
    fn skip_to(&mut self, place: usize) -> Option<()> {
        let skipped = place.checked_sub(self.at)?;
        let (_, rest) = std::mem::take(&mut self.bytes).split_at_mut_checked(skipped)?;
        self.bytes = rest;
        self.at = place;
        Some(())
    }

    /// The values that begin at an offset. Offsets only ascend, so no two results overlap.
    fn take<T: Number>(&mut self, offset: u32, count: usize) -> Option<&'a mut [T]> {
        self.skip_to(size(offset))?;
        let bytes = count.checked_mul(size_of::<T>())?;
        let (taken, rest) = std::mem::take(&mut self.bytes).split_at_mut_checked(bytes)?;
        self.bytes = rest;
        self.at += bytes;
        numbers(taken)
    }

    fn columns<T: Number>(&mut self, offset: u32, count: usize) -> Option<&'a mut [[T; ROWS_MAX]]> {
        let values = self.take(offset, count.checked_mul(ROWS_MAX)?)?;
        Some(values.as_chunks_mut::<ROWS_MAX>().0)
    }
}

/// A field of the header as a size; both targets have at least 32 bits.
fn size(field: u32) -> usize {
    usize::try_from(field).unwrap_or(usize::MAX)
}

/// Numbers without padding for which every pattern of bits is a value.
trait Number {}
impl Number for u8 {}
impl Number for u16 {}
impl Number for i32 {}
impl Number for u64 {}
impl Number for f64 {}

/// Bytes seen as numbers, where they are aligned for them.
#[expect(unsafe_code, reason = "the one view of bytes as numbers")]
fn numbers<T: Number>(bytes: &mut [u8]) -> Option<&mut [T]> {
    // SAFETY: `Number` is private to this file and stands only on primitive integers and floats:
    // any bytes are a valid value of them, and any value leaves valid bytes behind. `align_to_mut`
    // gives aligned values within the slice, and the borrow of the slice lasts as long as theirs.
    let (before, values, after) = unsafe { bytes.align_to_mut::<T>() };
    (before.is_empty() && after.is_empty()).then_some(values)
}

#[cfg(all(target_arch = "wasm32", not(target_feature = "atomics")))]
pub use module::Arena;

#[cfg(all(target_arch = "wasm32", not(target_feature = "atomics")))]
mod module {
    use std::cell::{Cell, UnsafeCell};

    use super::{BLOCK_BYTES, BUSY, Rule, WRONG_HEADER, evaluate};

    /// A module's arena: zeroes in the module's own memory, at an address that never changes.
    #[repr(C, align(64))]
    #[derive(Debug)]
    pub struct Arena<const BLOCKS: usize> {
        blocks: UnsafeCell<[[u8; BLOCK_BYTES]; BLOCKS]>,
        busy: Cell<bool>,
    }

    // SAFETY: a wasm32 module without the atomics feature has one thread.
    #[expect(
        unsafe_code,
        reason = "the arena is a static of a module without threads"
    )]
    unsafe impl<const BLOCKS: usize> Sync for Arena<BLOCKS> {}

    impl<const BLOCKS: usize> Arena<BLOCKS> {
        /// All zeroes.
        #[must_use]
        #[expect(clippy::new_without_default, reason = "only for statics")]
        pub const fn new() -> Self {
            Self {
                blocks: UnsafeCell::new([[0; BLOCK_BYTES]; BLOCKS]),
                busy: Cell::new(false),
            }
        }

        /// Address of the arena, or 0 where it is smaller than so many bytes.
        #[must_use]
        pub fn address(&self, bytes: u32) -> u32 {
            let fits = bytes as usize <= BLOCKS * BLOCK_BYTES;
            let address = u32::try_from(self.blocks.get().addr()).unwrap_or(0);
            if fits { address } else { 0 }
        }

        /// Evaluates the rows that the host wrote: 0, or a negative code.
        #[inline(always)]
        pub fn evaluate(&self, rule: &Rule, header: u32) -> i32 {
            if header != self.address(0) {
                return WRONG_HEADER;
            }
            if self.busy.replace(true) {
                return BUSY;
            }
            // SAFETY: `busy` makes this the only reference: there is one thread, and a call from
            // within the rule's function has been turned away above. The host touches the memory
            // only while no export runs.
            #[expect(unsafe_code, reason = "the one reference to the arena")]
            let blocks = unsafe { &mut *self.blocks.get() };
            let code = evaluate(rule, blocks.as_flattened_mut());
            self.busy.set(false);
            code
        }
    }
}
