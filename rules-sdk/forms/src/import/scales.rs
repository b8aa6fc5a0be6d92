//! How a line of a table gives points: bands, a line between two values, or traffic lights.

use puls_scorecard::Form;

use super::bands::{self, Guessed};
use super::factors::Row;
use super::{Cell, Desk, lights};
use crate::draft::{Bound, Scale};
use crate::number::plain;
use crate::words;

impl Desk<'_> {
    /// How a line gives points.
    pub(super) fn scale(&mut self, row: &Row<'_>, feature: &str) -> Option<Scale> {
        let entry = self.catalogue.get(feature);
        let is_text = entry.is_some_and(|entry| entry.form == Form::Text);
        let is_percent = entry.is_some_and(|entry| entry.unit == "percent");
        let [bands, zero_at, hundred_at, red, yellow, green, direction] = [
            "bands",
            "zero_at",
            "hundred_at",
            "red",
            "yellow",
            "green",
            "direction",
        ]
        .map(|key| row.cell(key));
        let filled = |cell: Cell<'_>| !cell.text.is_empty();
        let ways = [
            filled(bands),
            filled(zero_at) || filled(hundred_at),
            filled(red) || filled(yellow) || filled(green),
        ];
        let mut guessed = Guessed::default();
        let (cell, scale) = match ways {
            [true, false, false] if is_text => (bands, bands::values(bands.text, self.comma)),
            [true, false, false] => (bands, bands::bands(bands.text, self.comma, &mut guessed)),
            [false, true, false] => return self.straight(zero_at, hundred_at, direction),
            [false, false, true] => {
                let cells = [red, yellow, green].map(|cell| cell.text);
                let higher = words::higher_is_better(direction.text);
                (red, lights::lights(cells, higher, self.comma, &mut guessed))
            }
            [false, false, false] => (bands, Err(no_scale(is_text))),
            _ => {
                let message = "expected one way to give points (bands, or from and to, or red, \
                               yellow and green), found two in one line; empty the cells of one";
                (bands, Err(message.to_owned()))
            }
        };
        match scale {
            Ok(scale) => {
                for note in guessed.notes {
                    self.note(cell, &note);
                }
                if is_percent {
                    self.shares(cell, &scale);
                }
                Some(scale)
            }
            Err(message) => {
                self.problem(cell, message);
                None
            }
        }
    }

    /// Edges of a percentage that are all within one percent were probably meant as shares of 1.
    fn shares(&mut self, cell: Cell<'_>, scale: &Scale) {
        let Scale::Bands(bands) = scale else { return };
        let edges: Vec<f64> = bands
            .iter()
            .filter_map(|(up_to, _)| match up_to {
                Some(Bound::Number(edge)) => Some(*edge),
                _ => None,
            })
            .collect();
        let tiny =
            edges.iter().all(|edge| edge.abs() <= 1.0) && edges.iter().any(|e| e.fract() != 0.0);
        if tiny {
            self.note(
                cell,
                "the feature is in percent, from 0 to 100, and these edges lie within 1 %; write \
                 50 for a half",
            );
        }
    }

    /// A line between two values.
    fn straight(
        &mut self,
        zero: Cell<'_>,
        hundred: Cell<'_>,
        direction: Cell<'_>,
    ) -> Option<Scale> {
        let mut bound = |cell: Cell<'_>, what: &str, example: &str| {
            if cell.text.starts_with("parameter.") {
                return Some(Bound::Parameter(cell.text.to_owned()));
            }
            if cell.text.is_empty() {
                let message = format!("expected {what}, found a blank cell");
                self.problem(cell, message);
            }
            self.number(cell, what, example).map(Bound::Number)
        };
        let zero_at = bound(zero, "the value that gets 0 points", "1");
        let hundred_at = bound(hundred, "the value that gets 100 points", "16");
        let (mut zero_at, mut hundred_at) = (zero_at?, hundred_at?);
        // `from 0 to 10, lower is better`: the line falls.
        if let (Bound::Number(from), Bound::Number(to)) = (&zero_at, &hundred_at)
            && let Some(higher) = words::higher_is_better(direction.text)
            && higher != (from < to)
        {
            let message = format!(
                "the line is turned round: 100 points at {}, 0 at {}",
                plain(*from),
                plain(*to)
            );
            self.note(direction, &message);
            std::mem::swap(&mut zero_at, &mut hundred_at);
        }
        Some(Scale::Line {
            zero_at,
            hundred_at,
        })
    }
}

fn no_scale(is_text: bool) -> String {
    let example = if is_text {
        "`gold: 100; silver: 50; other: 0` in `bands`"
    } else {
        "`0-10: 0; 10-50: 30; >50: 100` in `bands`, or values in `from` and `to`, or in `red` and \
         `green`"
    };
    format!("expected points, found blank cells; write for example {example}")
}
