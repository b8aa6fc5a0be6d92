//! A card as a table: one file of CSV in which every section has its header, and which `import`
//! reads back to the same card. Also the sample that people fill in.

use crate::draft::{self, Bound, Draft, Factor, Measure, Scale};
use crate::import::quoted;
use crate::number::{self, plain};

/// The table of a card that `puls_scorecard::read` takes; `None` of a text that is no card.
#[must_use]
pub fn tables(source: &str) -> Option<String> {
    let draft = draft::from_toml(source)?;
    let mut out = Out::default();
    settings(&mut out, &draft);
    out.section(
        "parameters",
        &["name", "default", "min", "max"],
        &draft.parameters,
        |p| vec![p.name.clone(), plain(p.default), plain(p.min), plain(p.max)],
    );
    out.section(
        "derived",
        &["name", "unit", "value"],
        &draft.derived,
        |derived| {
            let unit = derived.unit.clone().unwrap_or_default();
            vec![derived.name.clone(), unit, derived.value.clone()]
        },
    );
    out.section("variants", &["name", "when"], &draft.variants, |variant| {
        vec![variant.name.clone(), variant.when.clone()]
    });
    factors(&mut out, &draft);
    actions(&mut out, &draft);
    Some(out.text)
}

/// Exceptions, triggers, tiers and promises.
fn actions(out: &mut Out, draft: &Draft) {
    const EXCEPTION: [&str; 9] = [
        "name",
        "when",
        "cap",
        "floor",
        "reason",
        "alert",
        "owner role",
        "playbook",
        "due days",
    ];
    const TRIGGER: [&str; 7] = [
        "name",
        "when",
        "text",
        "playbook",
        "owner roles",
        "due days",
        "cooldown days",
    ];
    out.section("exceptions", &EXCEPTION, &draft.exceptions, |exception| {
        vec![
            exception.name.clone(),
            exception.when.clone(),
            maybe(exception.cap),
            maybe(exception.floor),
            exception.reason.clone(),
            exception.alert.clone().unwrap_or_default(),
            exception.policy.owner_role.clone().unwrap_or_default(),
            exception.policy.playbook.clone().unwrap_or_default(),
            maybe(exception.policy.due_days.map(f64::from)),
        ]
    });
    out.section("triggers", &TRIGGER, &draft.triggers, |trigger| {
        vec![
            trigger.name.clone(),
            trigger.when.clone(),
            trigger.text.clone(),
            trigger.playbook.clone().unwrap_or_default(),
            trigger.owner_roles.join("; "),
            maybe(trigger.due_days.map(f64::from)),
            maybe(trigger.cooldown_days.map(f64::from)),
        ]
    });
    out.section(
        "tiers",
        &["name", "from", "alert"],
        &draft.tiers.bands,
        |tier| {
            vec![
                tier.name.clone(),
                plain(tier.from),
                tier.alert.clone().unwrap_or_default(),
            ]
        },
    );
    out.section(
        "promises",
        &["feature", "direction"],
        &draft.promises,
        |promise| vec![promise.feature.clone(), promise.direction.clone()],
    );
}

/// A table to fill in, with a line of every kind.
#[must_use]
pub fn sample() -> &'static str {
    include_str!("sample.csv")
}

fn settings(out: &mut Out, draft: &Draft) {
    let head = &draft.head;
    let lines = [
        ("name", Some(head.name.clone())),
        ("version", Some(head.version.clone())),
        ("title", head.title.clone()),
        ("applies when", Some(head.applies_when.clone())),
        ("coverage min", head.coverage_min.map(plain)),
        ("owner role", draft.alerts.owner_role.clone()),
        ("playbook", draft.alerts.playbook.clone()),
        (
            "due days",
            draft.alerts.due_days.map(|days| plain(f64::from(days))),
        ),
        (
            "hysteresis points",
            draft.tiers.hysteresis_points.map(plain),
        ),
        (
            "dwell hours",
            draft.tiers.dwell_hours.map(|hours| plain(f64::from(hours))),
        ),
    ];
    out.row(&["[card]".to_owned()]);
    for (key, value) in lines {
        if let Some(value) = value {
            out.row(&[key.to_owned(), value]);
        }
    }
}

fn factors(out: &mut Out, draft: &Draft) {
    const HEADER: [&str; 14] = [
        "variant",
        "measure",
        "measure title",
        "measure weight",
        "factor",
        "feature",
        "factor weight",
        "0 points at",
        "100 points at",
        "bands",
        "valid for days",
        "missing",
        "baseline",
        "reason",
    ];
    let own = draft.measures.iter().map(|measure| ("", measure));
    let others = draft.variants.iter().flat_map(|variant| {
        variant
            .measures
            .iter()
            .map(|measure| (variant.name.as_str(), measure))
    });
    let lines: Vec<_> = own
        .chain(others)
        .flat_map(|(variant, measure)| {
            measure
                .factors
                .iter()
                .map(move |factor| (variant, measure, factor))
        })
        .collect();
    out.section("factors", &HEADER, &lines, |line| factor(*line));
}

fn factor((variant, measure, factor): (&str, &Measure, &Factor)) -> Vec<String> {
    let bound = |bound: &Bound| match bound {
        Bound::Number(number) => plain(*number),
        Bound::Parameter(name) => name.clone(),
    };
    let (zero, hundred, bands) = match &factor.scale {
        Scale::Line {
            zero_at,
            hundred_at,
        } => (bound(zero_at), bound(hundred_at), String::new()),
        Scale::Bands(bands) => {
            let bands = bands.iter().map(|(up_to, points)| match up_to {
                Some(up_to) => format!("up to {}: {}", bound(up_to), plain(*points)),
                None => format!("else: {}", plain(*points)),
            });
            (
                String::new(),
                String::new(),
                bands.collect::<Vec<_>>().join("; "),
            )
        }
        Scale::Values { values, otherwise } => {
            let values = values.iter();
            let values =
                values.map(|(text, points)| format!("{}: {}", quoted(text), plain(*points)));
            let otherwise = otherwise.map(|points| format!("other: {}", plain(points)));
            let all: Vec<_> = values.chain(otherwise).collect();
            (String::new(), String::new(), all.join("; "))
        }
    };
    vec![
        variant.to_owned(),
        measure.name.clone(),
        measure.title.clone().unwrap_or_default(),
        plain(measure.weight),
        factor.name.clone(),
        factor.feature.clone(),
        plain(factor.weight),
        zero,
        hundred,
        bands,
        maybe(factor.valid_for_days),
        factor.missing.clone().unwrap_or_default(),
        maybe(factor.baseline),
        factor.reason.clone(),
    ]
}

fn maybe(number: Option<f64>) -> String {
    number.map(plain).unwrap_or_default()
}

/// CSV as it grows.
#[derive(Default)]
struct Out {
    text: String,
}

impl Out {
    fn section<T>(
        &mut self,
        name: &str,
        header: &[&str],
        lines: &[T],
        cells: impl Fn(&T) -> Vec<String>,
    ) {
        if lines.is_empty() {
            return;
        }
        self.text.push('\n');
        self.row(&[format!("[{name}]")]);
        let header: Vec<_> = header.iter().map(|cell| (*cell).to_owned()).collect();
        self.row(&header);
        for line in lines {
            self.row(&cells(line));
        }
    }

    fn row(&mut self, cells: &[String]) {
        for (index, cell) in cells.iter().enumerate() {
            if index > 0 {
                self.text.push(',');
            }
            let cell = armed(cell);
            if cell.contains(['"', ',', '\n', '\r', ';']) || cell != cell.trim() {
                self.text.push('"');
                self.text.push_str(&cell.replace('"', "\"\""));
                self.text.push('"');
            } else {
                self.text.push_str(&cell);
            }
        }
        self.text.push('\n');
    }
}

/// A text that spreadsheets would take for a formula gets the sign that says it is a text.
fn armed(cell: &str) -> String {
    let is_formula = cell.starts_with(['=', '+', '-', '@']) && number::read(cell, false).is_none();
    let is_armed = cell
        .strip_prefix('\'')
        .is_some_and(|rest| rest.starts_with(['=', '+', '-', '@', '\'']));
    if is_formula || is_armed {
        format!("'{cell}")
    } else {
        cell.to_owned()
    }
}
