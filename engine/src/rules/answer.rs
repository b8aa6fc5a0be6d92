//! Answers read from the arena and judged: a module may say anything, and is believed nothing that
//! lies outside its range.

use puls_wire::{
    Layout, Manifest, POINTS_NONE, PartVerdict, ROWS_MAX, SCORE_MAX, Status, Verdict, WEIGHT_UNIT,
};

/// Greatest points of a part: 100 in hundredths.
const POINTS_MAX: u16 = 10_000;

/// Rows whose status byte means nothing: index and byte. None in an honest module.
pub(super) type BadStatus = Vec<(usize, u8)>;

/// What the manifest of a module leaves possible.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Ranges {
    pub(super) parts: usize,
    reasons: u16,
    exceptions: u64,
    triggers: u64,
}

impl Ranges {
    pub(super) fn new(manifest: &Manifest) -> Self {
        Self {
            parts: manifest.parts.len(),
            reasons: u16::try_from(manifest.reasons.len()).unwrap_or(u16::MAX),
            exceptions: low_bits(manifest.exceptions.len()),
            triggers: low_bits(manifest.triggers.len()),
        }
    }

    /// What is impossible in a verdict, if anything is.
    pub(super) fn problem(&self, verdict: &Verdict) -> Option<String> {
        let Verdict {
            status,
            coverage,
            adjust,
            exceptions,
            triggers,
            ..
        } = verdict;
        if *status == Status::RowError {
            return None;
        }
        if *coverage > WEIGHT_UNIT {
            return Some(out_of_range("coverage", i64::from(*coverage), WEIGHT_UNIT));
        }
        if let Some(problem) = unknown_bits("exceptions", *exceptions, self.exceptions) {
            return Some(problem);
        }
        if let Some(problem) = unknown_bits("triggers", *triggers, self.triggers) {
            return Some(problem);
        }
        if *adjust != 0 && *exceptions == 0 {
            return Some(format!(
                "expected no adjustment without an exception, found {adjust}"
            ));
        }
        self.parts_problem(verdict)
            .or_else(|| score_problem(verdict))
    }

    fn parts_problem(&self, verdict: &Verdict) -> Option<String> {
        let in_range = |part: &PartVerdict| {
            (part.points <= POINTS_MAX || part.points == POINTS_NONE)
                && part.weight <= WEIGHT_UNIT
                && part.reason <= self.reasons
        };
        let index = verdict.parts.iter().position(|part| !in_range(part))?;
        let part = verdict.parts.get(index)?;
        let (points, weight, reason) = (part.points, part.weight, part.reason);
        Some(if points > POINTS_MAX && points != POINTS_NONE {
            format!(
                "part {index}: expected points up to {POINTS_MAX} or {POINTS_NONE}, found {points}"
            )
        } else if weight > WEIGHT_UNIT {
            out_of_range(
                &format!("part {index}: weight"),
                i64::from(weight),
                WEIGHT_UNIT,
            )
        } else {
            out_of_range(
                &format!("part {index}: reason"),
                i64::from(reason),
                self.reasons,
            )
        })
    }
}

/// A score lies between 0 and 100 points, and where there is none nothing makes it up.
fn score_problem(verdict: &Verdict) -> Option<String> {
    if verdict.has_score() {
        let score = verdict.score();
        let possible = (0..=i64::from(SCORE_MAX)).contains(&score);
        return (!possible).then(|| format!("expected a score of 0 to {SCORE_MAX}, found {score}"));
    }
    let contributes = |part: &PartVerdict| part.contribution != 0;
    if let Some(index) = verdict.parts.iter().position(contributes) {
        let found = verdict.parts.get(index).map_or(0, |part| part.contribution);
        return Some(format!(
            "part {index}: expected no contribution to a score that there is not, found {found}"
        ));
    }
    if verdict.adjust != 0 {
        let found = verdict.adjust;
        return Some(format!(
            "expected no adjustment to a score that there is not, found {found}"
        ));
    }
    let asks = verdict.exceptions | verdict.triggers;
    (verdict.status == Status::OutsidePopulation && asks != 0)
        .then(|| "expected no exception and no trigger outside the population".to_owned())
}

fn out_of_range(what: &str, found: i64, most: u16) -> String {
    format!("{what}: expected at most {most}, found {found}")
}

fn unknown_bits(what: &str, found: u64, known: u64) -> Option<String> {
    let unknown = found & !known;
    (unknown != 0).then(|| {
        let bit = unknown.trailing_zeros();
        format!(
            "{what}: bit {bit} is set, and the manifest has {}",
            known.count_ones()
        )
    })
}

const fn low_bits(count: usize) -> u64 {
    if count >= 64 {
        u64::MAX
    } else {
        (1 << count) - 1
    }
}

/// Reads the answers for the first rows of the arena, one per verdict in `out`, whose parts have
/// their number already.
pub(super) fn read(arena: &[u8], layout: &Layout, out: &mut [Verdict]) -> BadStatus {
    let header = &layout.header;
    let mut bad = BadStatus::new();
    let status = column(arena, header.status_at, 0).unwrap_or_default();
    let scalars = status
        .iter()
        .zip(numbers::<2>(arena, header.coverage_at, 0))
        .zip(numbers::<4>(arena, header.adjust_at, 0))
        .zip(numbers::<8>(arena, header.exceptions_at, 0))
        .zip(numbers::<8>(arena, header.triggers_at, 0));
    for ((row, verdict), answers) in out.iter_mut().enumerate().zip(scalars) {
        let ((((status, coverage), adjust), exceptions), triggers) = answers;
        verdict.status = Status::from_byte(*status).unwrap_or_else(|| {
            bad.push((row, *status));
            Status::RowError
        });
        verdict.coverage = u16::from_le_bytes(*coverage);
        verdict.adjust = i32::from_le_bytes(*adjust);
        verdict.exceptions = u64::from_le_bytes(*exceptions);
        verdict.triggers = u64::from_le_bytes(*triggers);
    }
    for part in 0..header.parts as usize {
        let answers = numbers::<4>(arena, header.contribution_at, part)
            .iter()
            .zip(numbers::<2>(arena, header.points_at, part))
            .zip(numbers::<2>(arena, header.weight_at, part))
            .zip(numbers::<2>(arena, header.reason_at, part));
        for (verdict, answer) in out.iter_mut().zip(answers) {
            let (((contribution, points), weight), reason) = answer;
            if let Some(place) = verdict.parts.get_mut(part) {
                *place = PartVerdict {
                    contribution: i32::from_le_bytes(*contribution),
                    points: u16::from_le_bytes(*points),
                    weight: u16::from_le_bytes(*weight),
                    reason: u16::from_le_bytes(*reason),
                };
            }
        }
    }
    bad
}

/// The numbers of `SIZE` bytes of the column `index` of those that begin at `at`.
fn numbers<const SIZE: usize>(arena: &[u8], at: u32, index: usize) -> &[[u8; SIZE]] {
    let start = at as usize + index * ROWS_MAX * SIZE;
    let bytes = arena.get(start..start + ROWS_MAX * SIZE);
    bytes.unwrap_or_default().as_chunks().0
}

fn column(arena: &[u8], at: u32, index: usize) -> Option<&[u8]> {
    let start = at as usize + index * ROWS_MAX;
    arena.get(start..start + ROWS_MAX)
}

#[cfg(test)]
mod tests;
