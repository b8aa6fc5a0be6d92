//! The splits as they lie in memory, and the records that they compare with.
//!
//! ```text
//! narrow  0 threshold f64 │ 8 amounts 2 × i32  │ 16 next 2 × u32             │ 24 record u16
//! wide    0 threshold f64 │ 8 amounts 2 × i64  │ 24 next u32 │ 28 record u16 │ 32 next u32
//! ```
//! Of each pair the second counts where `number of the record ≤ threshold`, which does not hold for
//! NaN. So where missing goes right, the record has the feature's number x, and the second leads
//! left. Where missing goes left, it has −x, the threshold is −(the next number above the split's):
//! −x ≤ −next(t) is x > t, the second leads right, and NaN goes left. Next is an address, 0 at the
//! end of the last tree; record the distance of its record. A set has the greatest bit of its
//! record set, and in place of a threshold the address of its bits and how many there are.

use puls_wire::Layout;

use crate::forest::{Split, Step};
use crate::{Missing, Rule, Test};

/// Address of the arena.
pub(super) const ARENA: u32 = 64;
/// Size of a record.
pub(super) const RECORD_BYTES: u32 = 16;
/// Where its steps begin.
pub(super) const STEPS_AT: u32 = 8;
/// Marks the record of a set.
pub(super) const SET: u16 = 0x8000;

/// How splits are laid out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Form {
    Narrow,
    Wide,
}

impl Form {
    /// Bytes of a split.
    pub(super) const fn stride(self) -> u32 {
        match self {
            Self::Narrow => 28,
            Self::Wide => 36,
        }
    }

    /// Power of two between the two of a pair.
    pub(super) const fn shift(self) -> u32 {
        match self {
            Self::Narrow => 2,
            Self::Wide => 3,
        }
    }

    pub(super) const fn next_at(self) -> u32 {
        match self {
            Self::Narrow => 16,
            Self::Wide => 24,
        }
    }

    pub(super) const fn record_at(self) -> u32 {
        match self {
            Self::Narrow => 24,
            Self::Wide => 28,
        }
    }
}

/// What a record has of its feature's number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum View {
    /// It or its opposite; NaN where it is missing, and where it is zero and zero is missing.
    Number {
        is_negative: bool,
        is_zero_missing: bool,
    },
    /// It, and −1 where it is missing.
    Category,
}

/// A number that splits compare, and the steps of those splits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Record {
    pub(super) feature: usize,
    pub(super) view: View,
}

/// All of it.
pub(super) struct Nodes {
    pub(super) form: Form,
    pub(super) records: Vec<Record>,
    /// Address of the first record.
    pub(super) records_at: u32,
    /// Address of the bytes, and of the first split.
    pub(super) at: u32,
    pub(super) bytes: Vec<u8>,
    pub(super) has_sets: bool,
}

pub(super) fn nodes(rule: &Rule, layout: &Layout) -> Nodes {
    let forest = &rule.forest;
    let form = if forest.is_wide {
        Form::Wide
    } else {
        Form::Narrow
    };
    let splits = || forest.trees.iter().flatten();
    let mut records = Vec::new();
    for split in splits() {
        let record = record(split);
        if !records.contains(&record) {
            records.push(record);
        }
    }
    // In the order of features, so that a record's place does not depend on which tree is first.
    records.sort_by_key(|record| record.feature);
    let records_at = (ARENA + layout.bytes).next_multiple_of(64);
    let records_bytes = small(records.len()) * RECORD_BYTES;
    let at = (records_at + records_bytes).next_multiple_of(64);
    let sets_at = at.saturating_add(small(forest.splits()).saturating_mul(form.stride()));
    let mut writer = Writer {
        form,
        records: &records,
        bytes: Vec::new(),
        sets: Vec::new(),
        sets_at,
    };
    let mut root = at;
    for (index, tree) in forest.trees.iter().enumerate() {
        let behind = root + small(tree.len()) * form.stride();
        let after = if index + 1 == forest.trees.len() {
            0
        } else {
            behind
        };
        for split in tree {
            let address = |step: Step| match step.to {
                Some(to) => root + small(to) * form.stride(),
                None => after,
            };
            writer.split(split, [address(split.left), address(split.right)]);
        }
        root = behind;
    }
    let mut bytes = writer.bytes;
    bytes.extend_from_slice(&writer.sets);
    let has_sets = splits().any(|split| matches!(split.test, Test::OneOf(_)));
    Nodes {
        form,
        records,
        records_at,
        at,
        bytes,
        has_sets,
    }
}

/// Counts here are far below 2^32: trees and leaves have limits.
fn small(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// The record that a split compares with.
fn record(split: &Split) -> Record {
    let view = match &split.test {
        Test::OneOf(_) => View::Category,
        Test::AtMost { threshold, missing } => View::Number {
            is_negative: goes_left(*missing, *threshold),
            is_zero_missing: matches!(missing, Missing::Zero { .. }),
        },
    };
    Record {
        feature: split.feature,
        view,
    }
}

/// Where missing goes.
fn goes_left(missing: Missing, threshold: f64) -> bool {
    match missing {
        Missing::AsZero => 0.0 <= threshold,
        Missing::Zero { left } | Missing::NoNumber { left } => left,
    }
}

struct Writer<'w> {
    form: Form,
    records: &'w [Record],
    bytes: Vec<u8>,
    sets: Vec<u8>,
    sets_at: u32,
}

impl Writer<'_> {
    /// Writes a split that leads left and right to these addresses.
    fn split(&mut self, split: &Split, [left, right]: [u32; 2]) {
        let record = record(split);
        let place = self.records.iter().position(|known| *known == record);
        let place = place.unwrap_or(0) * usize::try_from(RECORD_BYTES).unwrap_or(0);
        // 128 features have 640 records at most, so that the greatest bit is free.
        let mut place = u16::try_from(place).unwrap_or(0);
        let (left, right) = ((split.left.amount, left), (split.right.amount, right));
        let (head, pair) = match (&split.test, record.view) {
            (Test::OneOf(words), _) => {
                place |= SET;
                (self.set(words), [right, left])
            }
            (Test::AtMost { threshold, .. }, View::Number { is_negative, .. }) if is_negative => {
                // Nothing is above infinity, and nothing is at most NaN.
                let above = if threshold.is_finite() || *threshold < 0.0 {
                    -threshold.next_up()
                } else {
                    f64::NAN
                };
                (above.to_le_bytes(), [left, right])
            }
            (Test::AtMost { threshold, .. }, _) => (threshold.to_le_bytes(), [right, left]),
        };
        self.bytes.extend_from_slice(&head);
        let [(first, to_first), (second, to_second)] = pair;
        let place = place.to_le_bytes();
        match self.form {
            Form::Narrow => {
                for amount in [first, second] {
                    // The shift was chosen so that it fits.
                    let amount = i32::try_from(amount).unwrap_or_default();
                    self.bytes.extend_from_slice(&amount.to_le_bytes());
                }
                self.bytes.extend_from_slice(&to_first.to_le_bytes());
                self.bytes.extend_from_slice(&to_second.to_le_bytes());
                self.bytes.extend_from_slice(&place);
                self.bytes.extend_from_slice(&[0; 2]);
            }
            Form::Wide => {
                self.bytes.extend_from_slice(&first.to_le_bytes());
                self.bytes.extend_from_slice(&second.to_le_bytes());
                self.bytes.extend_from_slice(&to_first.to_le_bytes());
                self.bytes.extend_from_slice(&place);
                self.bytes.extend_from_slice(&[0; 2]);
                self.bytes.extend_from_slice(&to_second.to_le_bytes());
            }
        }
    }

    /// Address and count of a set's bits.
    fn set(&mut self, words: &[u32]) -> [u8; 8] {
        let address = self.sets_at + small(self.sets.len());
        let bits = small(words.len()) * 32;
        for word in words {
            self.sets.extend_from_slice(&word.to_le_bytes());
        }
        let mut head = [0; 8];
        let (first, second) = head.split_at_mut(4);
        first.copy_from_slice(&address.to_le_bytes());
        second.copy_from_slice(&bits.to_le_bytes());
        head
    }
}
