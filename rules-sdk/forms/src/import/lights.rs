//! Points from three columns: red, yellow and green.

use super::bands::{Guessed, assemble, range_of};
use crate::draft::{Bound, Scale};
use crate::number;
use crate::words::shown;

/// The cells red, yellow and green of one line.
pub(super) fn lights(
    cells: [&str; 3],
    higher: Option<bool>,
    comma: bool,
    guessed: &mut Guessed,
) -> Result<Scale, String> {
    const POINTS: [f64; 3] = [0.0, 50.0, 100.0];
    let reads = cells.map(|cell| number::read(cell, comma));
    let numbers = reads
        .each_ref()
        .map(|read| read.as_ref().map(|read| read.value));
    let given = cells.iter().filter(|cell| !cell.is_empty()).count();
    let plain = numbers.iter().flatten().count() == given;
    if !plain {
        let pieces = cells
            .iter()
            .zip(POINTS)
            .filter(|(cell, _)| !cell.is_empty());
        let mut ranges = Vec::new();
        for (cell, points) in pieces {
            ranges.push(range_of(cell, points, comma, guessed).ok_or_else(|| {
                format!(
                    "expected a range such as `<10`, `10-50` or `>50`, found {}",
                    shown(cell)
                )
            })?);
        }
        return assemble(ranges, guessed);
    }
    for (cell, read) in cells.iter().zip(&reads) {
        if let Some(read) = read {
            guessed.number(cell, read);
        }
    }
    of_numbers(numbers, higher, guessed)
}

/// The bands of a red and a green number, with or without a yellow one between.
fn of_numbers(
    numbers: [Option<f64>; 3],
    higher: Option<bool>,
    guessed: &mut Guessed,
) -> Result<Scale, String> {
    let [Some(red), yellow, Some(green)] = numbers else {
        return Err(
            "expected at least the columns red and green with a number each, found one of \
                    them blank"
                .to_owned(),
        );
    };
    let rises = red < green;
    if red.total_cmp(&green).is_eq() || higher.is_some_and(|higher| higher != rises) {
        return Err(format!(
            "expected red {} green where {}, found red {} and green {}",
            if higher.unwrap_or(true) {
                "below"
            } else {
                "above"
            },
            if higher.unwrap_or(true) {
                "more is better"
            } else {
                "less is better"
            },
            number::plain(red),
            number::plain(green)
        ));
    }
    let (low, high) = if rises { (red, green) } else { (green, red) };
    if let Some(yellow) = yellow
        && !(low..=high).contains(&yellow)
    {
        return Err(format!(
            "expected yellow between red and green, found {} outside {} to {}",
            number::plain(yellow),
            number::plain(low),
            number::plain(high)
        ));
    }
    guessed.notes.push(if rises {
        format!(
            "red up to {} (0 points), green above {} (100), yellow between them (50)",
            number::plain(red),
            number::plain(green)
        )
    } else {
        format!(
            "green up to {} (100 points), red above {} (0), yellow between them (50)",
            number::plain(green),
            number::plain(red)
        )
    });
    let [first, last] = if rises { [0.0, 100.0] } else { [100.0, 0.0] };
    Ok(Scale::Bands(vec![
        (Some(Bound::Number(low)), first),
        (Some(Bound::Number(high)), 50.0),
        (None, last),
    ]))
}
