//! A score over time as one line of a terminal: a bar a column, as high as the score at the end of
//! its share of the time.

use crate::model::Time;

const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/// Where there is no score.
const NONE: char = '·';
/// Before the first.
const BEFORE: char = ' ';
/// The greatest score, in ten-thousandths of a point.
const SCORE_MAX: i64 = 1_000_000;

/// The strip of `scores` (when, and what from then on, in order), from the first one to `until`.
pub(super) fn strip(scores: &[(Time, Option<i64>)], until: Time, columns: usize) -> String {
    let Some((from, _)) = scores.first() else {
        return String::new();
    };
    let span_ms = until.since_ms(*from).max(1);
    let count = i64::try_from(columns.max(1)).unwrap_or(1);
    let end = |column: i64| {
        // Wider than any time in milliseconds times any width of a terminal.
        let passed = i128::from(span_ms) * i128::from(column + 1) / i128::from(count);
        from.plus_ms(i64::try_from(passed).unwrap_or(i64::MAX))
    };
    let bars = (0..count).map(|column| {
        let known = scores.partition_point(|(at, _)| *at <= end(column));
        match known.checked_sub(1).and_then(|last| scores.get(last)) {
            None => BEFORE,
            Some((_, None)) => NONE,
            Some((_, Some(score))) => bar(*score),
        }
    });
    bars.collect()
}

fn bar(score: i64) -> char {
    let steps = i64::try_from(BARS.len()).unwrap_or(1);
    let place = score.clamp(0, SCORE_MAX - 1) * steps / SCORE_MAX;
    let found = usize::try_from(place)
        .ok()
        .and_then(|place| BARS.get(place));
    found.copied().unwrap_or(NONE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_shows_the_score_at_its_end() {
        let scores = |list: &[(i64, Option<i64>)]| -> Vec<_> {
            let times = list
                .iter()
                .map(|(at, score)| (Time(*at), score.map(|it| it * 10_000)));
            times.collect()
        };
        let table = [
            (
                scores(&[(0, Some(100)), (50, Some(50)), (90, Some(0))]),
                100,
                10,
                "████▅▅▅▅▁▁",
            ),
            (
                scores(&[(0, None), (60, Some(12)), (70, Some(13))]),
                100,
                10,
                "·····▁▂▂▂▂",
            ),
            (scores(&[(7, Some(70))]), 7, 3, "▆▆▆"),
            (scores(&[]), 7, 3, ""),
        ];
        for (scores, until, columns, expected) in table {
            assert_eq!(strip(&scores, Time(until), columns), expected, "{scores:?}");
        }
        let wide = strip(&scores(&[(i64::MIN / 2, Some(1))]), Time(i64::MAX / 2), 80);
        assert_eq!(wide.chars().count(), 80);
    }
}
