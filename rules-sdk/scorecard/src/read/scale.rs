//! How a factor turns its value into points: a line, bands, or a table of texts.

use puls_table::{Table, Value, hint, list, shown};

use super::context::Context;
use crate::{Band, Entry, Line, Number, Scale};

/// Steps of one scale: more than anybody reads.
const BANDS_MAX: usize = 64;
/// Points.
const POINTS: (f64, f64) = (0.0, 100.0);

/// The scale of a factor: of a text if `entry` is given, else of the number `value`. Of neither
/// where the feature is wrong; then only what is wrong whatever it is about is told.
pub(super) fn scale(
    context: &mut Context<'_>,
    table: Table<'_>,
    value: Option<&Number>,
    entry: Option<&Entry>,
) -> Option<Scale> {
    const WAYS: [&str; 3] = ["line", "bands", "values"];
    let found: Vec<_> = WAYS.iter().filter_map(|way| table.get(way)).collect();
    let otherwise = table.get("otherwise");
    if let (Some(otherwise), None) = (otherwise, table.get("values")) {
        context.report.problem(
            otherwise.at,
            "expected `otherwise` only beside `values`, found it without; remove it",
        );
    }
    let [way] = found.as_slice() else {
        let message = match found.as_slice() {
            [] => "expected one of `line`, `bands` or `values`, found none; add for example \
                   `line = { zero_at = 1, hundred_at = 16 }`"
                .to_owned(),
            more => format!(
                "expected one of `line`, `bands` or `values`, found {}; remove what is not meant",
                list(more.iter().map(|way| way.key), "and")
            ),
        };
        let at = found.get(1).map_or(table.at, |second| second.at);
        context.report.problem(at, message);
        return None;
    };
    // A number that wakes nobody.
    let nothing = Number::Literal(f64::NAN);
    match (way.key, entry) {
        ("values", Some(_)) => texts(context, *way, otherwise, entry),
        ("values", None) if value.is_none() => texts(context, *way, otherwise, None),
        ("values", None) => {
            context.report.problem(
                way.at,
                "expected `line` or `bands` for a feature that is a number, found `values`, \
                 which are for texts",
            );
            None
        }
        (_, Some(entry)) => {
            context.report.problem(
                way.at,
                format!(
                    "expected `values` for `{}`, which is a text, found `{}`; write for example \
                     `values = {{ gold = 100, silver = 50 }}`",
                    entry.name, way.key
                ),
            );
            None
        }
        ("line", None) => line(context, *way, value.unwrap_or(&nothing)),
        (_, None) => bands(context, *way, value.unwrap_or(&nothing)),
    }
}

/// A number that a scale turns at, and its value to judge it by.
fn bound(context: &mut Context<'_>, value: Value<'_>) -> Option<(Number, f64)> {
    let Some(text) = value.as_text(&context.report) else {
        let number = value.number(&mut context.report)?;
        return Some((Number::Literal(number), number));
    };
    if !text.text.starts_with("parameter.") {
        // Says what a number looks like, and that one in quotation marks is none.
        value.number(&mut context.report);
        return None;
    }
    if let Some(index) = context.parameter(text.text) {
        let default = context.parameters.get(index)?.default;
        return Some((Number::Parameter(index), default));
    }
    let names: Vec<_> = context
        .parameters
        .iter()
        .map(|known| format!("parameter.{}", known.name))
        .collect();
    let hint = hint(
        text.text,
        names.iter().map(String::as_str),
        "add it under [parameters]",
    );
    context.report.problem(
        text.at,
        format!(
            "expected a number or the name of a parameter, found {}{hint}",
            shown(text.text)
        ),
    );
    None
}

fn line(context: &mut Context<'_>, value: Value<'_>, of: &Number) -> Option<Scale> {
    let table = value.table("a line", &mut context.report)?;
    table.only(&["zero_at", "hundred_at"], &mut context.report);
    let zero_at = table.need("zero_at", "1", &mut context.report);
    let hundred_at = table.need("hundred_at", "16", &mut context.report);
    let zero = zero_at.and_then(|at| bound(context, at));
    let hundred = hundred_at.and_then(|at| bound(context, at));
    let ((zero, zero_at), (hundred, hundred_at)) = (zero?, hundred?);
    context.threshold(of, &zero);
    context.threshold(of, &hundred);
    // The default of a parameter that could not be read is not a number.
    let unknown = zero_at.is_nan() || hundred_at.is_nan();
    let differ = unknown || !zero_at.total_cmp(&hundred_at).is_eq();
    context.report.check(differ, table.at, || {
        format!(
            "expected `zero_at` and `hundred_at` to differ, found {zero_at} for both; for a step \
             write `bands = [{{ up_to = {zero_at}, points = 0 }}, {{ points = 100 }}]`"
        )
    });
    differ.then_some(Scale::Line(Line {
        zero_at: zero,
        hundred_at: hundred,
    }))
}

fn bands(context: &mut Context<'_>, value: Value<'_>, of: &Number) -> Option<Scale> {
    let items = value.items(&mut context.report)?;
    let count = items.len();
    let good = context
        .report
        .check((1..=BANDS_MAX).contains(&count), value.at, || {
            format!(
                "expected 1 to {BANDS_MAX} bands, found {count}; write for example \
                 `bands = [{{ up_to = 10, points = 0 }}, {{ points = 100 }}]`"
            )
        });
    if !good {
        return None;
    }
    let mut up_to: Vec<Option<Band>> = Vec::new();
    let mut above = None;
    let mut before: Option<f64> = None;
    for (index, item) in items.iter().enumerate() {
        let last = index + 1 == count;
        let Some(table) = item.table("a band", &mut context.report) else {
            up_to.push(None);
            continue;
        };
        table.only(&["up_to", "points"], &mut context.report);
        let points = table
            .need("points", "50", &mut context.report)
            .and_then(|points| points.within(POINTS, &mut context.report));
        match (table.get("up_to"), last) {
            (None, true) => above = points,
            (None, false) => {
                context.report.problem(
                    table.at,
                    "expected `up_to` in every band but the last, found a band without it that \
                     takes all values, so those after it are never reached; add `up_to` or move \
                     the band to the end",
                );
                up_to.push(None);
            }
            (Some(edge), _) => {
                let edge_value = bound(context, edge);
                if let Some((_, found)) = &edge_value {
                    rising(context, edge, *found, before);
                    before = Some(*found);
                }
                if let Some((edge, _)) = &edge_value {
                    context.threshold(of, edge);
                }
                up_to.push(
                    edge_value
                        .zip(points)
                        .map(|((up_to, _), points)| Band { up_to, points }),
                );
                if last {
                    context.report.problem(
                        edge.at,
                        "expected the last band without `up_to`, so that the greatest values \
                         have points too; remove it, or add a band such as `{ points = 100 }`",
                    );
                }
            }
        }
    }
    Some(Scale::Bands {
        up_to: up_to.into_iter().collect::<Option<_>>()?,
        above: above?,
    })
}

fn rising(context: &mut Context<'_>, edge: Value<'_>, found: f64, before: Option<f64>) {
    let Some(before) = before else { return };
    // The default of a parameter that could not be read is not a number.
    let unknown = found.is_nan() || before.is_nan();
    context.report.check(unknown || found > before, edge.at, || {
        format!(
            "expected `up_to` above {before}, the edge of the band before, found {found}, so no \
             value is left for this band; sort the bands from the lowest edge to the highest"
        )
    });
}

fn texts(
    context: &mut Context<'_>,
    value: Value<'_>,
    otherwise: Option<Value<'_>>,
    entry: Option<&Entry>,
) -> Option<Scale> {
    let table = value.table("a table of values", &mut context.report)?;
    let rows = table.values();
    context.report.check(!rows.is_empty(), value.at, || {
        "expected at least one text with its points, found none; write for example \
         `values = { gold = 100, silver = 50 }`"
            .to_owned()
    });
    let points: Vec<_> = rows
        .iter()
        .map(|row| {
            let code = entry.and_then(|entry| context.code(entry, row.key, row.key_at));
            let points = row.within(POINTS, &mut context.report);
            code.zip(points)
        })
        .collect();
    let otherwise = match otherwise {
        Some(value) => Some(value.within(POINTS, &mut context.report)?),
        None => None,
    };
    Some(Scale::Texts {
        points: points.into_iter().collect::<Option<_>>()?,
        otherwise,
    })
}
