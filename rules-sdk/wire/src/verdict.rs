//! Rows in and verdicts out, as both sides see them outside the arena.

use crate::ROWS_MAX;

/// Greatest score: 100 points in ten-thousandths.
pub const SCORE_MAX: i32 = 1_000_000;
/// A whole weight or coverage: ten-thousandths.
pub const WEIGHT_UNIT: u16 = 10_000;
/// A part without points.
pub const POINTS_NONE: u16 = u16::MAX;
/// A part without a reason.
pub const REASON_NONE: u16 = 0;

/// What a rule says of one account before its parts.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[repr(u8)]
pub enum Status {
    /// It has a score.
    #[default]
    Scored = 0,
    /// It has none: no weight is left.
    NoScore = 1,
    /// It is not in the rule's population.
    OutsidePopulation = 2,
    /// The rule failed on this row.
    RowError = 3,
}

impl Status {
    /// The status that a byte means, if it means one.
    #[must_use]
    pub const fn from_byte(byte: u8) -> Option<Self> {
        match byte {
            0 => Some(Self::Scored),
            1 => Some(Self::NoScore),
            2 => Some(Self::OutsidePopulation),
            3 => Some(Self::RowError),
            _ => None,
        }
    }
}

/// What one part adds to the score.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PartVerdict {
    /// Ten-thousandths of a point.
    pub contribution: i32,
    /// Hundredths of a point, or [`POINTS_NONE`].
    pub points: u16,
    /// Effective weight in ten-thousandths.
    pub weight: u16,
    /// Index into the manifest's reasons plus 1, or [`REASON_NONE`].
    pub reason: u16,
}

impl Default for PartVerdict {
    fn default() -> Self {
        Self {
            contribution: 0,
            points: POINTS_NONE,
            weight: 0,
            reason: REASON_NONE,
        }
    }
}

/// A rule's answer for one account.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Verdict {
    /// Whether there is a score.
    pub status: Status,
    /// Share of the nominal weight whose feature has data, in ten-thousandths.
    pub coverage: u16,
    /// Added to the sum of contributions; not zero only with an exception.
    pub adjust: i32,
    /// Exceptions that hold: bit i is exception i of the manifest.
    pub exceptions: u64,
    /// Triggers that the rule asks for: bit i is trigger i of the manifest.
    pub triggers: u64,
    /// One per part, in the manifest's order.
    pub parts: Vec<PartVerdict>,
}

impl Verdict {
    /// Sum of contributions and adjustment: the score in ten-thousandths of a point. It means
    /// something where [`Verdict::has_score`].
    #[must_use]
    pub fn score(&self) -> i64 {
        let sum: i64 = self
            .parts
            .iter()
            .map(|part| i64::from(part.contribution))
            .sum();
        sum + i64::from(self.adjust)
    }

    /// Whether there is a score. Where no weight is left, an exception that caps or floors still
    /// makes one: such a row is scored, with contributions of 0; one that only raises does not.
    #[must_use]
    pub const fn has_score(&self) -> bool {
        matches!(self.status, Status::Scored)
    }
}

/// Up to 256 rows of features, column by column; NaN is missing.
#[derive(Clone, Debug)]
pub struct Rows {
    /// Empty before the first row: many are made that never have one.
    columns: Vec<f64>,
    features: usize,
    rows: usize,
}

impl Rows {
    /// No rows yet, for rules with so many features. Takes memory with the first row.
    #[must_use]
    pub const fn new(features: usize) -> Self {
        Self {
            columns: Vec::new(),
            features,
            rows: 0,
        }
    }

    /// Number of rows.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.rows
    }

    /// Whether there is no row.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// Whether no further row fits.
    #[must_use]
    pub const fn is_full(&self) -> bool {
        self.rows == ROWS_MAX
    }

    /// Number of features of a row.
    #[must_use]
    pub const fn features(&self) -> usize {
        self.features
    }

    /// Adds a row. Values beyond the number of features are left out, absent ones are missing.
    ///
    /// # Panics
    /// Where the rows are full.
    pub fn push(&mut self, values: impl IntoIterator<Item = f64>) {
        assert!(self.rows < ROWS_MAX, "a batch holds {ROWS_MAX} rows");
        self.make_room();
        let mut values = values.into_iter();
        for column in self.columns.chunks_exact_mut(ROWS_MAX) {
            if let Some(place) = column.get_mut(self.rows) {
                *place = values.next().unwrap_or(f64::NAN);
            }
        }
        self.rows += 1;
    }

    /// The values of one feature, one per row.
    #[must_use]
    pub fn column(&self, feature: usize) -> &[f64] {
        let start = feature * ROWS_MAX;
        self.columns.get(start..start + self.rows).unwrap_or(&[])
    }

    /// The values of one row, feature by feature.
    pub fn row(&self, row: usize) -> impl Iterator<Item = f64> + '_ {
        self.columns
            .chunks_exact(ROWS_MAX)
            .filter_map(move |column| column.get(row).copied())
    }

    /// Takes `rows` rows at once, a column a feature, in place of those that are here. A column
    /// that is shorter is missing beyond its end, one that is absent is missing throughout.
    ///
    /// # Panics
    /// Where a batch does not hold so many rows.
    pub fn take_columns<'c>(&mut self, rows: usize, columns: impl IntoIterator<Item = &'c [f64]>) {
        assert!(rows <= ROWS_MAX, "a batch holds {ROWS_MAX} rows");
        self.make_room();
        let mut columns = columns.into_iter();
        for own in self.columns.chunks_exact_mut(ROWS_MAX) {
            let given = columns.next().unwrap_or(&[]);
            let known = given.len().min(rows);
            let (head, tail) = own.split_at_mut(known);
            if let Some(given) = given.get(..known) {
                head.copy_from_slice(given);
            }
            if let Some(unknown) = tail.get_mut(..rows - known) {
                unknown.fill(f64::NAN);
            }
        }
        self.rows = rows;
    }

    /// Forgets all rows.
    pub const fn clear(&mut self) {
        self.rows = 0;
    }

    fn make_room(&mut self) {
        if self.columns.is_empty() {
            self.columns = vec![f64::NAN; self.features * ROWS_MAX];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Rows;

    #[test]
    fn rows_take_memory_with_the_first_one() {
        let mut pushed = Rows::new(2);
        let mut taken = pushed.clone();
        assert_eq!(pushed.columns.capacity(), 0);
        assert_eq!((pushed.features(), pushed.column(1)), (2, &[][..]));
        pushed.push([1.0, 2.0]);
        taken.take_columns(1, [&[1.0][..], &[2.0][..]]);
        for rows in [pushed, taken] {
            let found = (rows.len(), rows.column(0), rows.column(1));
            assert_eq!(found, (1, &[1.0][..], &[2.0][..]));
        }
    }
}
