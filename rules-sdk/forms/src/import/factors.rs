//! The lines of a table of factors.

use super::columns::Layout;
use super::{Cell, Desk};
use crate::draft::{Draft, Factor, Measure, Place, Variant};
use crate::number::plain;
use crate::phrases;
use crate::table::{Section, Sheet};
use crate::words::{self, normal, shown, slug};

/// What is carried from line to line, as merged cells are.
#[derive(Debug, Default)]
struct Carried {
    variant: String,
    measure: String,
    title: String,
}

/// A line that says something.
pub(super) struct Row<'a> {
    sheet: &'a Sheet,
    section: Section,
    layout: &'a Layout,
    row: usize,
}

impl<'a> Row<'a> {
    pub(super) fn cell(&self, key: &str) -> Cell<'a> {
        Desk::cell(self.sheet, self.section, self.layout, self.row, key)
    }
}

impl Desk<'_> {
    pub(super) fn factors(&mut self, draft: &mut Draft, section: Section) {
        let Some(layout) = self.layout(section) else {
            return;
        };
        let Some(sheet) = self.report.sheet(section.sheet) else {
            return;
        };
        let mut carried = Carried::default();
        let mut count = 0;
        // Names of places are taken by the cells of their first line.
        self.title_above(draft, section, sheet, &layout);
        let mut unweighted = Vec::new();
        let read = layout.read();
        for row in layout.header + 1..section.until {
            if sheet.is_blank(row) {
                continue;
            }
            if !self.takes_line() {
                break;
            }
            let row = Row {
                sheet,
                section,
                layout: &layout,
                row,
            };
            if is_total(&row) {
                self.report.note(
                    section.sheet,
                    row.row,
                    None,
                    "a line of totals is passed over",
                );
                continue;
            }
            self.report.doubts(section.sheet, row.row, &read);
            count += usize::from(self.factor(draft, &row, &mut carried, &mut unweighted));
        }
        self.even_weights(draft, section, &layout, &unweighted);
        let columns: Vec<_> = layout
            .columns
            .iter()
            .filter(|(key, _)| !key.is_empty())
            .map(|(key, _)| key.replace('_', " "))
            .collect();
        let rows = self.report.span(&section);
        self.understood.push(format!(
            "{rows}: {}, header in row {} ({})",
            words::many(count, "factor"),
            layout.header + 1,
            columns.join(", ")
        ));
    }

    /// A line above the header that is one text is the card's title.
    fn title_above(&mut self, draft: &mut Draft, section: Section, sheet: &Sheet, layout: &Layout) {
        for row in section.from..layout.header {
            let mut filled = sheet.filled(row);
            let (Some(column), None) = (filled.next(), filled.next()) else {
                continue;
            };
            let text = sheet.cell(row, column);
            if draft.head.title.is_none() && text.chars().any(char::is_alphabetic) {
                draft.head.title = Some(text.to_owned());
                let message = format!("{} is read as the title of the card", shown(text));
                self.report.note(section.sheet, row, Some(column), &message);
            }
        }
    }

    /// Reads one line; gives back whether it has a factor.
    fn factor(
        &mut self,
        draft: &mut Draft,
        row: &Row<'_>,
        carried: &mut Carried,
        unweighted: &mut Vec<(Option<usize>, usize, usize)>,
    ) -> bool {
        let cells = [row.cell("variant"), row.cell("measure"), row.cell("title")];
        let [variant, measure, title] = cells;
        if !variant.text.is_empty() && variant.text != carried.variant {
            *carried = Carried {
                variant: variant.text.to_owned(),
                ..Carried::default()
            };
        } else if variant.column.is_some() && variant.text.is_empty() && !measure.text.is_empty() {
            // A blank variant beside a measure of its own begins the card's own measures again.
            carried.variant.clear();
        }
        if !measure.text.is_empty() && measure.text != carried.measure {
            carried.measure = measure.text.to_owned();
            carried.title.clear();
        }
        if !title.text.is_empty() {
            carried.title = title.text.to_owned();
        }
        let (name, feature) = (row.cell("name"), row.cell("feature"));
        let Some(of) = self.measure(draft, row, carried) else {
            return false;
        };
        if name.text.is_empty() && feature.text.is_empty() {
            self.headless(row);
            return false;
        }
        let Some(factor) = self.line(draft, row, (name, feature)) else {
            return true;
        };
        let Some(measures) = measures(draft, of.0) else {
            return true;
        };
        let Some(measure) = measures.get_mut(of.1) else {
            return true;
        };
        if row.cell("weight").text.is_empty() {
            unweighted.push((of.0, of.1, measure.factors.len()));
        }
        measure.factors.push(factor);
        true
    }

    /// A line that begins a measure may stand alone; one with a scale and no feature is a mistake.
    fn headless(&mut self, row: &Row<'_>) {
        let scales = ["bands", "zero_at", "hundred_at", "red", "green"];
        if scales.iter().any(|key| !row.cell(key).text.is_empty()) {
            let message = "expected the name of a feature, found a blank cell beside a scale; name \
                           what the line is about, or empty the line";
            self.problem(row.cell("feature"), message.to_owned());
        }
    }

    /// The measure of a line: index of its variant, and its own.
    fn measure(
        &mut self,
        draft: &mut Draft,
        row: &Row<'_>,
        carried: &Carried,
    ) -> Option<(Option<usize>, usize)> {
        let variant = self.variant(draft, row, carried)?;
        let text = if carried.measure.is_empty() {
            "health"
        } else {
            &carried.measure
        };
        let name = slug(text);
        if name.is_empty() {
            let message = format!("expected the name of a measure, found {}", shown(text));
            self.problem(row.cell("measure"), message);
            return None;
        }
        let place = self.place(row.row);
        let cell = row.cell("measure_weight");
        let weight = self.weight(cell, "the weight of the measure");
        let title = (!carried.title.is_empty()).then(|| carried.title.clone());
        let title = title.or_else(|| (name != text).then(|| text.to_owned()));
        let measures = measures(draft, variant)?;
        let found = measures.iter().position(|measure| measure.name == name);
        let Some(index) = found else {
            measures.push(Measure {
                name,
                title,
                weight: weight.unwrap_or(f64::NAN),
                factors: Vec::new(),
                place,
            });
            return Some((variant, measures.len() - 1));
        };
        let measure = measures.get_mut(index)?;
        measure.title = measure.title.take().or(title);
        match weight {
            Some(weight) if measure.weight.is_nan() => measure.weight = weight,
            Some(weight) if (weight - measure.weight).abs() > f64::EPSILON => {
                let message = format!(
                    "expected the weight of the measure once, or the same in all its lines, found \
                     {} beside {}; if it is the weight of the factor, name its column `factor \
                     weight`",
                    plain(weight),
                    plain(measure.weight)
                );
                self.problem(cell, message);
            }
            _ => {}
        }
        Some((variant, index))
    }

    /// The variant that a line belongs to; `Some(None)` for the card's own.
    fn variant(
        &mut self,
        draft: &mut Draft,
        row: &Row<'_>,
        carried: &Carried,
    ) -> Option<Option<usize>> {
        const OWN: [&str; 7] = [
            "",
            "all",
            "default",
            "standard",
            "everybody",
            "any",
            "everyone",
        ];
        if OWN.contains(&normal(&carried.variant).as_str()) {
            return Some(None);
        }
        let name = slug(&carried.variant);
        if let Some(index) = draft
            .variants
            .iter()
            .position(|variant| variant.name == name)
        {
            return Some(Some(index));
        }
        let known: Vec<_> = draft
            .variants
            .iter()
            .map(|variant| variant.name.as_str())
            .collect();
        let hint = words::hint(
            &carried.variant,
            known.iter().copied(),
            "add it to a section `variants` with the columns `name` and `when`",
        );
        let message = format!(
            "expected the name of a variant, found {}{hint}",
            shown(&carried.variant)
        );
        self.problem(row.cell("variant"), message);
        // Told once: from now on it is known.
        draft.variants.push(Variant {
            name,
            when: "true".to_owned(),
            measures: Vec::new(),
            place: self.place(row.row),
        });
        None
    }

    fn weight(&mut self, cell: Cell<'_>, what: &str) -> Option<f64> {
        let weight = self.number(cell, what, "40")?;
        if weight < 0.0 {
            let message = format!(
                "expected {what} to be at least 0, found {}; for a feature where less is better \
                 turn the scale round instead",
                plain(weight)
            );
            self.problem(cell, message);
            return None;
        }
        Some(weight)
    }

    /// The factor of a line. `None` after saying what is wrong.
    fn line(
        &mut self,
        draft: &Draft,
        row: &Row<'_>,
        (name, feature): (Cell<'_>, Cell<'_>),
    ) -> Option<Factor> {
        // Tables without a column of features have names that may be those.
        let from_name = feature.text.is_empty();
        let cell = if from_name { name } else { feature };
        let named = self.feature(draft, cell);
        let factor_name = if from_name || name.text.is_empty() {
            let bare = named.as_deref().unwrap_or(cell.text);
            slug(bare.split_once('.').map_or(bare, |(_, rest)| rest))
        } else {
            slug(name.text)
        };
        if factor_name.is_empty() {
            let message = format!("expected the name of a factor, found {}", shown(name.text));
            self.problem(name, message);
        }
        let weight = self
            .weight(row.cell("weight"), "the weight of the factor")
            .unwrap_or(1.0);
        let feature = named.unwrap_or_default();
        let scale = self.scale(row, &feature);
        let valid_for_days = self.number(row.cell("valid_for_days"), "the days", "90");
        let missing = self.missing(row.cell("missing"));
        let baseline = self.number(row.cell("baseline"), "the baseline", "80");
        let reason = row.cell("reason");
        let reason = if reason.text.is_empty() && !feature.is_empty() {
            let made = format!("{}: {{}}", phrases::heading(&feature));
            self.note(reason, &format!("no reason; people will read \"{made}\""));
            made
        } else {
            reason.text.split_whitespace().collect::<Vec<_>>().join(" ")
        };
        (!feature.is_empty()).then_some(())?;
        Some(Factor {
            name: factor_name,
            feature,
            weight,
            scale: scale?,
            valid_for_days,
            missing,
            baseline,
            reason,
            place: self.place(row.row),
        })
    }

    fn missing(&mut self, cell: Cell<'_>) -> Option<String> {
        if cell.text.is_empty() {
            return None;
        }
        let found = words::missing(cell.text);
        if found.is_none() {
            let message = format!(
                "expected `exclude` (its weight goes to the others), `neutral` (50 points) or \
                 `worst` (0 points), found {}",
                shown(cell.text)
            );
            self.problem(cell, message);
        }
        found.map(str::to_owned)
    }

    /// Factors without a weight count alike in their measure, if none there has one.
    fn even_weights(
        &mut self,
        draft: &mut Draft,
        section: Section,
        layout: &Layout,
        unweighted: &[(Option<usize>, usize, usize)],
    ) {
        let mut told = Vec::new();
        for (variant, index, _) in unweighted {
            if told.contains(&(*variant, *index)) {
                continue;
            }
            told.push((*variant, *index));
            let without = unweighted
                .iter()
                .filter(|(v, i, _)| (v, i) == (variant, index));
            let (without, blank) = (without.clone().count(), without.map(|(.., factor)| *factor));
            let Some(measure) = measures(draft, *variant).and_then(|all| all.get(*index)) else {
                continue;
            };
            if without == measure.factors.len() {
                let message = format!(
                    "the factors of {} have no weights and count alike",
                    shown(measure.title.as_ref().unwrap_or(&measure.name))
                );
                self.report.note_at_file(message);
                continue;
            }
            let places: Vec<Place> = blank
                .filter_map(|factor| measure.factors.get(factor)?.place)
                .collect();
            for place in places {
                self.report.problem(
                    section.sheet,
                    place.row,
                    layout.column_of("weight"),
                    "expected a weight, found a blank cell; the other factors of the measure have \
                     one (0 for a line that does not count)"
                        .to_owned(),
                );
            }
        }
    }

    /// What can be said only when all lines are read.
    pub(super) fn finish(&mut self, draft: &mut Draft) {
        let mut summed = Vec::new();
        let own = draft.measures.iter_mut();
        let all = own.chain(
            draft
                .variants
                .iter_mut()
                .flat_map(|variant| variant.measures.iter_mut()),
        );
        for measure in all {
            if measure.weight.is_nan() {
                measure.weight = measure.factors.iter().map(|factor| factor.weight).sum();
                summed.push(format!("{} {}", measure.name, plain(measure.weight)));
            }
        }
        draft
            .variants
            .retain(|variant| !variant.measures.is_empty() || variant.when != "true");
        if !summed.is_empty() {
            self.report.note_at_file(format!(
                "measures without a weight weigh what their factors do together: {}",
                summed.join(", ")
            ));
        }
        let factors: usize = draft
            .measures
            .iter()
            .map(|measure| measure.factors.len())
            .sum();
        let weights: f64 = draft.measures.iter().map(|measure| measure.weight).sum();
        // Of a table with mistakes the shares would be others.
        if !self.report.is_clean() || weights <= 0.0 {
            return;
        }
        let measures = draft.measures.iter().map(|measure| {
            let share = 100.0 * measure.weight / weights;
            format!(
                "{} {share:.0} %",
                measure.title.as_ref().unwrap_or(&measure.name)
            )
        });
        let measures: Vec<_> = measures.collect();
        self.understood.push(format!(
            "card `{}`: {} in {} ({})",
            draft.head.name,
            words::many(factors, "factor"),
            words::many(measures.len(), "measure"),
            measures.join(", ")
        ));
    }
}

/// The measures of the card, or of a variant.
fn measures(draft: &mut Draft, variant: Option<usize>) -> Option<&mut Vec<Measure>> {
    match variant {
        None => Some(&mut draft.measures),
        Some(index) => draft
            .variants
            .get_mut(index)
            .map(|variant| &mut variant.measures),
    }
}

/// Whether a line only sums the others up.
fn is_total(row: &Row<'_>) -> bool {
    let first = ["measure", "name", "feature"].map(|key| normal(row.cell(key).text));
    let totals = [
        "total",
        "sum",
        "totals",
        "grand total",
        "summe",
        "total weight",
    ];
    first.iter().any(|text| totals.contains(&text.as_str())) && row.cell("bands").text.is_empty()
}
