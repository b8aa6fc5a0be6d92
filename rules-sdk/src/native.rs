//! The same call without WebAssembly: the guest's code on an arena of the host's memory.
//!
//! Answers are equal to those of the module, to the bit: it is the same source, and it uses only
//! operations that both define exactly.

use puls_wire::{PartVerdict, Rows, Status, Verdict};

use crate::guest::{self, BLOCK_BYTES, Columns};
use crate::{Rule, Score};

/// A rule with its arena, for many rows.
#[derive(Debug)]
pub struct Native {
    rule: &'static Rule,
    memory: Vec<u8>,
    bytes: usize,
}

impl Native {
    /// A rule with its parameters; those that are not given have their defaults.
    #[must_use]
    pub fn new(rule: &'static Rule, parameters: &[f64]) -> Self {
        let layout = rule.layout();
        let bytes = layout.bytes as usize;
        // As many bytes more as the start may need to be aligned.
        let memory = vec![0; bytes + BLOCK_BYTES];
        let mut native = Self {
            rule,
            memory,
            bytes,
        };
        let header = layout.header.to_bytes();
        let arena = native.arena();
        for (place, byte) in arena.iter_mut().zip(header) {
            *place = byte;
        }
        let columns = native.columns();
        for (index, (place, parameter)) in columns
            .parameters
            .iter_mut()
            .zip(rule.parameters)
            .enumerate()
        {
            *place = parameters
                .get(index)
                .copied()
                .unwrap_or(parameter.item.default);
        }
        native
    }

    /// One verdict per row, in order, after those that are there.
    pub fn evaluate(&mut self, rows: &Rows, out: &mut Vec<Verdict>) {
        let columns = self.columns();
        for (index, column) in columns.features.iter_mut().enumerate() {
            column.fill(f64::NAN);
            for (place, value) in column.iter_mut().zip(rows.column(index)) {
                *place = *value;
            }
        }
        let count = u32::try_from(rows.len()).unwrap_or(0);
        let place = puls_wire::Header::ROWS_AT;
        let header = self.arena().iter_mut().skip(place);
        for (place, byte) in header.zip(count.to_le_bytes()) {
            *place = byte;
        }
        let rule = self.rule;
        let code = guest::evaluate(rule, self.arena(), &mut Score::new());
        assert_eq!(code, 0, "the arena fits its rule");
        let columns = self.columns();
        out.extend((0..rows.len()).filter_map(|row| verdict(&columns, row)));
    }

    fn arena(&mut self) -> &mut [u8] {
        let start = self.memory.as_ptr().align_offset(BLOCK_BYTES);
        let end = start.saturating_add(self.bytes);
        self.memory
            .get_mut(start..end)
            .expect("the memory has a block to spare")
    }

    fn columns(&mut self) -> Columns<'_> {
        let rule = self.rule;
        Columns::new(rule, self.arena()).expect("the arena fits its rule")
    }
}

fn verdict(columns: &Columns<'_>, row: usize) -> Option<Verdict> {
    let parts = columns.contribution.iter().zip(columns.points.iter());
    let parts = parts.zip(columns.weight.iter().zip(columns.reason.iter()));
    Some(Verdict {
        status: Status::from_byte(*columns.status.get(row)?)?,
        coverage: *columns.coverage.get(row)?,
        adjust: *columns.adjust.get(row)?,
        exceptions: *columns.exceptions.get(row)?,
        triggers: *columns.triggers.get(row)?,
        parts: parts
            .map(|((contribution, points), (weight, reason))| {
                Some(PartVerdict {
                    contribution: *contribution.get(row)?,
                    points: *points.get(row)?,
                    weight: *weight.get(row)?,
                    reason: *reason.get(row)?,
                })
            })
            .collect::<Option<_>>()?,
    })
}

impl Rule {
    /// The verdict of one row of features, with the parameters' defaults. For many rows use
    /// [`Native`].
    #[must_use]
    pub fn verdict(&'static self, features: &[f64]) -> Verdict {
        self.verdict_with(features, &[])
    }

    /// The verdict of one row of features and parameters.
    #[must_use]
    pub fn verdict_with(&'static self, features: &[f64], parameters: &[f64]) -> Verdict {
        let mut rows = Rows::new(self.features.len());
        rows.push(features.iter().copied());
        let mut verdicts = Vec::with_capacity(1);
        Native::new(self, parameters).evaluate(&rows, &mut verdicts);
        verdicts.pop().unwrap_or_default()
    }
}
