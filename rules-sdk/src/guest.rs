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
    pub(crate) status: &'a mut [u8; ROWS_MAX],
    pub(crate) coverage: &'a mut [u16; ROWS_MAX],
    pub(crate) adjust: &'a mut [i32; ROWS_MAX],
    pub(crate) exceptions: &'a mut [u64; ROWS_MAX],
    pub(crate) triggers: &'a mut [u64; ROWS_MAX],
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
            status: rest.columns(header.status_at, 1)?.first_mut()?,
            coverage: rest.columns(header.coverage_at, 1)?.first_mut()?,
            adjust: rest.columns(header.adjust_at, 1)?.first_mut()?,
            exceptions: rest.columns(header.exceptions_at, 1)?.first_mut()?,
            triggers: rest.columns(header.triggers_at, 1)?.first_mut()?,
            contribution: rest.columns(header.contribution_at, parts)?,
            points: rest.columns(header.points_at, parts)?,
            weight: rest.columns(header.weight_at, parts)?,
            reason: rest.columns(header.reason_at, parts)?,
            rows: size(header.rows),
        })
    }
}

impl Columns<'_> {
    /// The columns of each part, in order.
    #[inline(always)]
    pub(crate) fn parts(&mut self) -> impl Iterator<Item = PartColumns<'_>> {
        let shares = self.contribution.iter_mut().zip(self.points.iter_mut());
        let rest = self.weight.iter_mut().zip(self.reason.iter_mut());
        let columns = shares.zip(rest);
        columns.map(|((contribution, points), (weight, reason))| PartColumns {
            contribution,
            points,
            weight,
            reason,
        })
    }
}

/// The columns of one part.
pub(crate) struct PartColumns<'a> {
    pub(crate) contribution: &'a mut [i32; ROWS_MAX],
    pub(crate) points: &'a mut [u16; ROWS_MAX],
    pub(crate) weight: &'a mut [u16; ROWS_MAX],
    pub(crate) reason: &'a mut [u16; ROWS_MAX],
}

/// Evaluates the rows of an arena: 0, or a negative code. `score` is only a place to work in.
#[inline(always)]
pub(crate) fn evaluate(rule: &Rule, arena: &mut [u8], score: &mut Score) -> i32 {
    let Some(mut columns) = Columns::new(rule, arena) else {
        return WRONG_HEADER;
    };
    for row in (0..=u8::MAX).take(columns.rows) {
        score.clear(rule);
        let features = Row {
            features: columns.features,
            parameters: columns.parameters,
            row,
        };
        (rule.evaluate)(&features, score);
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
    use std::cell::{RefCell, UnsafeCell};

    use super::{BLOCK_BYTES, BUSY, Rule, Score, WRONG_HEADER, evaluate};

    /// A module's arena: zeroes in the module's own memory, at an address that never changes.
    #[repr(C, align(64))]
    #[derive(Debug)]
    pub struct Arena<const BLOCKS: usize> {
        blocks: UnsafeCell<[[u8; BLOCK_BYTES]; BLOCKS]>,
        /// Borrowed while a call evaluates.
        score: RefCell<Score>,
    }

    #[expect(
        unsafe_code,
        reason = "the arena is a static of a module without threads"
    )]
    // SAFETY: a wasm32 module without the atomics feature has one thread.
    unsafe impl<const BLOCKS: usize> Sync for Arena<BLOCKS> {}

    impl<const BLOCKS: usize> Arena<BLOCKS> {
        /// All zeroes.
        #[must_use]
        #[expect(clippy::new_without_default, reason = "only for statics")]
        pub const fn new() -> Self {
            Self {
                blocks: UnsafeCell::new([[0; BLOCK_BYTES]; BLOCKS]),
                score: RefCell::new(Score::new()),
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
            let Ok(mut score) = self.score.try_borrow_mut() else {
                return BUSY;
            };
            // SAFETY: the borrow of `score` makes this the only reference: there is one thread,
            // and a call from within the rule's function has been turned away above. The host
            // touches the memory only while no export runs.
            #[expect(unsafe_code, reason = "the one reference to the arena")]
            let blocks = unsafe { &mut *self.blocks.get() };
            evaluate(rule, blocks.as_flattened_mut(), &mut score)
        }
    }
}

#[cfg(test)]
mod tests {
    use puls_wire::{Header, Layout};

    use super::Columns;
    use crate::{Feature, Rule, list};

    list!(FEATURES: Feature { ONE = Feature::new("custom.one") });
    const RULE: Rule = Rule {
        features: FEATURES,
        ..Rule::new("test", "1", |row, score| {
            score.population(row.get(ONE).is_some());
        })
    };

    #[repr(align(64))]
    struct Aligned([u8; 16 * 1024]);

    fn accepts(change: impl FnOnce(&mut Header), cut: usize) -> bool {
        let mut header = RULE.layout().header;
        change(&mut header);
        let mut arena = Aligned([0; 16 * 1024]);
        for (place, byte) in arena.0.iter_mut().zip(header.to_bytes()) {
            *place = byte;
        }
        Columns::new(&RULE, &mut arena.0[..cut]).is_some()
    }

    /// The host is not trusted either: what does not fit is refused, and nothing overlaps.
    #[test]
    fn a_header_that_lies_is_refused() {
        let size = Layout::new(1, 0, 0).bytes as usize;
        assert!(accepts(|_| {}, size));
        assert!(accepts(|header| header.rows = 256, size));
        assert!(!accepts(|_| {}, size - 64));
        assert!(!accepts(|_| {}, 67));
        assert!(!accepts(|header| header.rows = 257, size));
        assert!(!accepts(|header| header.rows_max = 128, size));
        assert!(!accepts(|header| header.features = 2, size));
        assert!(!accepts(|header| header.parts = 1, size));
        assert!(!accepts(|header| header.parameters = 1, size));
        assert!(!accepts(|header| header.features_at = 0, size));
        assert!(!accepts(
            |header| header.status_at = header.features_at,
            size
        ));
        assert!(!accepts(|header| header.adjust_at += 1, size));
        assert!(!accepts(|header| header.triggers_at = u32::MAX, size));
    }
}
