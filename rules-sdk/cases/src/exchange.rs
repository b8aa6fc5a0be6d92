//! Rows and verdicts as text, to the bit: how `puls rule test` asks a rule's own `cargo test` for
//! its verdicts, and compares them with those of the module.
//!
//! ```text
//! rows       a line each: parameters, `;`, features, as hexadecimal bits separated by spaces
//! verdicts   a line each: status coverage adjust exceptions triggers, then `;` and
//!            contribution points weight reason for each part
//! ```

use puls_wire::{PartVerdict, Status, Verdict};

/// Environment variable that names the file with rows to answer.
pub const ROWS: &str = "PULS_TEST_ROWS";
/// Environment variable that names the file to write the verdicts to.
pub const VERDICTS: &str = "PULS_TEST_VERDICTS";

/// A row and the parameters to evaluate it with.
#[derive(Clone, PartialEq, Debug)]
pub struct Asked {
    /// In the manifest's order.
    pub parameters: Vec<f64>,
    /// In the manifest's order; NaN is missing.
    pub row: Vec<f64>,
}

/// One line per row.
#[must_use]
pub fn write_rows(asked: &[Asked]) -> String {
    let bits = |numbers: &[f64]| -> String {
        let bits = numbers.iter().map(|it| format!("{:x}", it.to_bits()));
        bits.collect::<Vec<_>>().join(" ")
    };
    let line = |it: &Asked| format!("{};{}\n", bits(&it.parameters), bits(&it.row));
    asked.iter().map(line).collect()
}

/// The rows of a text that [`write_rows`] wrote; `None` for another.
#[must_use]
pub fn read_rows(text: &str) -> Option<Vec<Asked>> {
    let numbers = |text: &str| -> Option<Vec<f64>> {
        let bits = text.split_ascii_whitespace();
        bits.map(|it| Some(f64::from_bits(u64::from_str_radix(it, 16).ok()?)))
            .collect()
    };
    let row = |line: &str| {
        let (parameters, row) = line.split_once(';')?;
        Some(Asked {
            parameters: numbers(parameters)?,
            row: numbers(row)?,
        })
    };
    text.lines().map(row).collect()
}

/// One line per verdict.
#[must_use]
pub fn write_verdicts(verdicts: &[Verdict]) -> String {
    let part = |it: &PartVerdict| {
        let PartVerdict {
            contribution,
            points,
            weight,
            reason,
        } = it;
        format!(";{contribution} {points} {weight} {reason}")
    };
    let line = |it: &Verdict| {
        let parts: String = it.parts.iter().map(part).collect();
        format!(
            "{} {} {} {} {}{parts}\n",
            it.status as u8, it.coverage, it.adjust, it.exceptions, it.triggers
        )
    };
    verdicts.iter().map(line).collect()
}

/// The verdicts of a text that [`write_verdicts`] wrote; `None` for another.
#[must_use]
pub fn read_verdicts(text: &str) -> Option<Vec<Verdict>> {
    text.lines().map(read_verdict).collect()
}

fn read_verdict(line: &str) -> Option<Verdict> {
    let mut pieces = line.split(';');
    let mut head = pieces.next()?.split(' ');
    let status = Status::from_byte(head.next()?.parse().ok()?)?;
    let coverage = head.next()?.parse().ok()?;
    let adjust = head.next()?.parse().ok()?;
    let exceptions = head.next()?.parse().ok()?;
    let triggers = head.next()?.parse().ok()?;
    let part = |piece: &str| {
        let mut numbers = piece.split(' ');
        Some(PartVerdict {
            contribution: numbers.next()?.parse().ok()?,
            points: numbers.next()?.parse().ok()?,
            weight: numbers.next()?.parse().ok()?,
            reason: numbers.next()?.parse().ok()?,
        })
    };
    Some(Verdict {
        status,
        coverage,
        adjust,
        exceptions,
        triggers,
        parts: pieces.map(part).collect::<Option<_>>()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_and_verdicts_come_back_as_they_were() {
        let asked = [
            Asked {
                parameters: vec![0.1, -0.0],
                row: vec![1.0, f64::MAX, 5e-324],
            },
            Asked {
                parameters: Vec::new(),
                row: vec![f64::NAN],
            },
        ];
        let back = read_rows(&write_rows(&asked)).unwrap();
        let bits = |all: &[Asked]| -> Vec<Vec<u64>> {
            let bits = |it: &Asked| {
                it.row
                    .iter()
                    .chain(&it.parameters)
                    .map(|it| it.to_bits())
                    .collect()
            };
            all.iter().map(bits).collect()
        };
        assert_eq!(bits(&back), bits(&asked));
        let verdict = Verdict {
            status: Status::NoScore,
            coverage: 10_000,
            adjust: -5,
            exceptions: u64::MAX,
            triggers: 3,
            parts: vec![
                PartVerdict::default(),
                PartVerdict {
                    contribution: -7,
                    ..PartVerdict::default()
                },
            ],
        };
        let verdicts = [verdict, Verdict::default()];
        let written = write_verdicts(&verdicts);
        assert_eq!(read_verdicts(&written).unwrap(), verdicts);
        for broken in [
            "x",
            "9 0 0 0 0",
            "0 0 0 0",
            "0 0 0 0 0;1 2 3",
            "0 0 0 0 0;1 2 3 x",
        ] {
            assert_eq!(read_verdicts(broken), None, "{broken}");
        }
    }
}
