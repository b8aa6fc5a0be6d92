//! How long before something happened it was seen: quartiles of spans.
//!
//! Quartiles are values that were observed (nearest rank), so a statement such as "half of them at
//! least 30 days before" is literally true.

/// Quartiles of spans in milliseconds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Quartiles {
    /// How many.
    pub count: usize,
    /// Three quarters are at least this long.
    pub lower_ms: i64,
    /// Half are at least this long.
    pub median_ms: i64,
    /// A quarter are at least this long.
    pub upper_ms: i64,
}

/// Quartiles of `spans_ms`; `None` without any.
#[must_use]
pub fn quartiles(mut spans_ms: Vec<i64>) -> Option<Quartiles> {
    spans_ms.sort_unstable();
    let count = spans_ms.len();
    // The rank from above, so that "at least" holds for so many of them.
    let at_least = |quarters: usize| {
        let rank = (count * quarters).div_ceil(4);
        spans_ms.get(count.checked_sub(rank)?).copied()
    };
    Some(Quartiles {
        count,
        lower_ms: at_least(3)?,
        median_ms: at_least(2)?,
        upper_ms: at_least(1)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_of_quartiles_is_true() {
        type Case<'a> = (&'a [i64], (i64, i64, i64));
        let cases: [Case<'_>; 4] = [
            (&[7], (7, 7, 7)),
            (&[1, 2], (1, 2, 2)),
            (&[4, 1, 3, 2], (2, 3, 4)),
            (&[10, 20, 30, 40, 50], (20, 30, 40)),
        ];
        for (spans, expected) in cases {
            let found = quartiles(spans.to_vec()).unwrap();
            assert_eq!(
                (found.lower_ms, found.median_ms, found.upper_ms),
                expected,
                "{spans:?}"
            );
            let at_least = |least| spans.iter().filter(|span| **span >= least).count();
            assert!(at_least(found.median_ms) * 2 >= spans.len());
            assert!(at_least(found.lower_ms) * 4 >= spans.len() * 3);
        }
        assert_eq!(quartiles(Vec::new()), None);
    }
}
