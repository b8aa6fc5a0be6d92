//! What stands beside the factors: settings of the card, parameters, derived numbers, variants,
//! exceptions, triggers, tiers and promises.

use super::columns::{Layout, unarmed};
use super::{Cell, Desk, Wish};
use crate::condition;
use crate::draft::{Derived, Draft, Exception, Parameter, Policy, Promise, Tier, Trigger, Variant};
use crate::number;
use crate::table::{Kind, Section, Sheet};
use crate::words::{self, normal, shown, slug};

/// Who is scored where the table does not say.
const POPULATION: &str = "!(has(account.stage) && account.stage in ['prospect', 'churned'])";

/// A line of a section that says something.
struct Row<'a> {
    sheet: &'a Sheet,
    section: Section,
    layout: &'a Layout,
    row: usize,
}

impl<'a> Row<'a> {
    fn cell(&self, key: &str) -> Cell<'a> {
        Desk::cell(self.sheet, self.section, self.layout, self.row, key)
    }

    /// A text that is not blank, on one line.
    fn text(&self, key: &str) -> Option<String> {
        let text = self.cell(key).text;
        (!text.is_empty()).then(|| text.split_whitespace().collect::<Vec<_>>().join(" "))
    }
}

impl Desk<'_> {
    /// Settings: lines of a key and a value beside each other.
    pub(super) fn card(&mut self, draft: &mut Draft, sections: &[Section], wish: &Wish) {
        for section in sections.iter().filter(|section| section.kind == Kind::Card) {
            let Some(sheet) = self.report.sheet(section.sheet) else {
                continue;
            };
            let layout = Layout {
                header: section.from,
                columns: vec![("name", 1)],
            };
            self.sections.push((*section, layout));
            for row in section.from..section.until {
                let mut filled = sheet.filled(row);
                let (Some(key), Some(value)) = (filled.next(), filled.next()) else {
                    continue;
                };
                if !self.takes_line() {
                    break;
                }
                self.report.doubts(section.sheet, row, &[key, value]);
                let cell = |column| Cell {
                    sheet: section.sheet,
                    row,
                    column: Some(column),
                    text: unarmed(sheet.cell(row, column)),
                };
                self.setting(draft, cell(key), cell(value));
            }
        }
        let head = &mut draft.head;
        if head.name.is_empty() {
            let title = head.title.as_deref().unwrap_or_default();
            head.name = if wish.name.is_empty() {
                slug(title)
            } else {
                slug(&wish.name)
            };
            if head.name.is_empty() {
                "card".clone_into(&mut head.name);
            }
        }
        if head.version.is_empty() {
            "1.0.0".clone_into(&mut head.version);
        }
        if head.applies_when.is_empty() {
            POPULATION.clone_into(&mut head.applies_when);
            self.report.note_at_file(format!(
                "nothing says whom the card is for; it scores everybody except prospects and \
                 customers who left: `applies_when` is \"{POPULATION}\""
            ));
        }
    }

    fn setting(&mut self, draft: &mut Draft, key: Cell<'_>, value: Cell<'_>) {
        let wanted = normal(key.text);
        let known = words::CARD_KEYS.iter();
        let is = |(name, names): &&words::Column| {
            names.contains(&wanted.as_str()) || normal(name) == wanted
        };
        let Some((name, _)) = known.clone().find(is) else {
            // The header of such a list says nothing.
            let is_header = ["key", "setting", "what", "field"].contains(&wanted.as_str());
            if !is_header {
                let names = known.filter_map(|(_, names)| names.first().copied());
                let hint = words::hint(key.text, names, "it is passed over");
                self.note(
                    key,
                    &format!("the setting {} is not known{hint}", shown(key.text)),
                );
            }
            return;
        };
        let place = self.place(value.row);
        let text = value.text.to_owned();
        let head = &mut draft.head;
        head.places.extend(place.map(|place| (*name, place)));
        match *name {
            "name" => {
                head.name = slug(&text);
                if head.name != text && head.title.is_none() {
                    head.title = Some(text);
                }
            }
            "version" => head.version = text,
            "title" => head.title = Some(text),
            "applies_when" => head.applies_when = self.condition(value),
            "coverage_min" => {
                head.coverage_min = self.number(value, "the least coverage", "40");
            }
            "owner_role" => draft.alerts.owner_role = Some(text),
            "playbook" => draft.alerts.playbook = Some(text),
            "due_days" => draft.alerts.due_days = self.whole(value, "the days", "5"),
            "hysteresis_points" => {
                draft.tiers.hysteresis_points = self.number(value, "the hysteresis", "2");
            }
            _ => draft.tiers.dwell_hours = self.whole(value, "the hours", "24"),
        }
    }

    /// A condition as cards have it; what was changed is told.
    fn condition(&mut self, cell: Cell<'_>) -> String {
        const EVERYBODY: [&str; 7] = [
            "all",
            "everybody",
            "everyone",
            "all customers",
            "all accounts",
            "any",
            "true",
        ];
        if EVERYBODY.contains(&normal(cell.text).as_str()) {
            return "true".to_owned();
        }
        let written = condition::written(cell.text);
        if written != cell.text {
            self.note(
                cell,
                &format!("{} is read as `{written}`", shown(cell.text)),
            );
        }
        written
    }

    /// Reads a section with a header that is not about factors.
    pub(super) fn actions(&mut self, draft: &mut Draft, section: Section) {
        let Some(layout) = self.layout(section) else {
            return;
        };
        let Some(sheet) = self.report.sheet(section.sheet) else {
            return;
        };
        let mut count = 0;
        let read = layout.read();
        for row in layout.header + 1..section.until {
            if sheet.is_blank(row) {
                continue;
            }
            if !self.takes_line() {
                break;
            }
            self.report.doubts(section.sheet, row, &read);
            count += 1;
            let row = Row {
                sheet,
                section,
                layout: &layout,
                row,
            };
            match section.kind {
                Kind::Parameters => self.parameter(draft, &row),
                Kind::Derived => self.derived(draft, &row),
                Kind::Variants => self.variant_line(draft, &row),
                Kind::Exceptions => self.exception(draft, &row),
                Kind::Triggers => self.trigger(draft, &row),
                Kind::Promises => self.promise(draft, &row),
                _ => self.tier(draft, &row),
            }
        }
        if section.kind == Kind::Tiers {
            let falls = |a: &Tier, b: &Tier| b.from.total_cmp(&a.from);
            if !draft.tiers.bands.is_sorted_by(|a, b| falls(a, b).is_le()) {
                draft.tiers.bands.sort_by(falls);
            }
        }
        let rows = self.report.span(&section);
        self.understood.push(format!(
            "{rows}: {} about {}",
            words::many(count, "line"),
            section.kind.name()
        ));
    }

    /// The name in a row, made of what is written there.
    fn name(&mut self, row: &Row<'_>, of: &str) -> String {
        let cell = row.cell("name");
        let name = slug(cell.text);
        if name.is_empty() {
            let found = if cell.text.is_empty() {
                "a blank cell".to_owned()
            } else {
                shown(cell.text)
            };
            self.problem(cell, format!("expected the name of {of}, found {found}"));
        }
        name
    }

    fn when(&mut self, row: &Row<'_>) -> String {
        let cell = row.cell("when");
        if cell.text.is_empty() {
            let message = "expected a condition such as `license.overdue_days >= 30`, found a \
                           blank cell";
            self.problem(cell, message.to_owned());
        }
        self.condition(cell)
    }

    fn needed(&mut self, row: &Row<'_>, key: &str, what: &str) -> f64 {
        let cell = row.cell(key);
        if cell.text.is_empty() {
            self.problem(cell, format!("expected {what}, found a blank cell"));
        }
        self.number(cell, what, "50").unwrap_or_default()
    }

    fn parameter(&mut self, draft: &mut Draft, row: &Row<'_>) {
        let name = self.name(row, "a parameter");
        let parameter = Parameter {
            name: name.strip_prefix("parameter.").unwrap_or(&name).to_owned(),
            default: self.needed(row, "default", "the value of the parameter"),
            min: self.needed(row, "min", "the least value of the parameter"),
            max: self.needed(row, "max", "the greatest value of the parameter"),
            place: self.place(row.row),
        };
        draft.parameters.push(parameter);
    }

    fn derived(&mut self, draft: &mut Draft, row: &Row<'_>) {
        let mut name = self.name(row, "a derived number");
        if !name.contains('.') {
            name = format!("derived.{name}");
            self.note(
                row.cell("name"),
                &format!("it is called `{name}` in the card"),
            );
        }
        let cell = row.cell("value");
        let value = condition::written(cell.text.strip_prefix('=').unwrap_or(cell.text));
        draft.derived.push(Derived {
            name,
            unit: row.text("unit"),
            value,
            place: self.place(row.row),
        });
    }

    fn variant_line(&mut self, draft: &mut Draft, row: &Row<'_>) {
        let variant = Variant {
            name: self.name(row, "a variant"),
            when: self.when(row),
            measures: Vec::new(),
            place: self.place(row.row),
        };
        draft.variants.push(variant);
    }

    fn alert(&mut self, row: &Row<'_>) -> Option<String> {
        let cell = row.cell("alert");
        if cell.text.is_empty() {
            return None;
        }
        let Some(alert) = words::alert(cell.text) else {
            let message = format!(
                "expected how much the alert matters (info, warning or critical), or no, found {}",
                shown(cell.text)
            );
            self.problem(cell, message);
            return None;
        };
        alert.map(str::to_owned)
    }

    fn exception(&mut self, draft: &mut Draft, row: &Row<'_>) {
        let policy = Policy {
            owner_role: row.text("owner_role"),
            playbook: row.text("playbook"),
            due_days: self.whole(row.cell("due_days"), "the days", "3"),
        };
        let name = self.name(row, "an exception");
        let reason = self.sentence(row, "reason");
        let exception = Exception {
            name,
            when: self.when(row),
            cap: self.number(row.cell("cap"), "the cap", "50"),
            floor: self.number(row.cell("floor"), "the floor", "80"),
            reason,
            alert: self.alert(row),
            policy,
            place: self.place(row.row),
        };
        draft.exceptions.push(exception);
    }

    /// The sentence of an exception or trigger; its name where none is written.
    fn sentence(&mut self, row: &Row<'_>, key: &str) -> String {
        row.text(key).unwrap_or_else(|| {
            let name = row.cell("name").text;
            let made = crate::phrases::capital(&name.replace(['_', '-'], " "));
            self.note(
                row.cell(key),
                &format!("no sentence; people will read \"{made}\""),
            );
            made
        })
    }

    fn trigger(&mut self, draft: &mut Draft, row: &Row<'_>) {
        let name = self.name(row, "a trigger");
        let text = self.sentence(row, "text");
        let roles = row
            .cell("owner_roles")
            .text
            .split([',', ';', '/', '+', '&', '\n']);
        let roles = roles.map(str::trim).filter(|role| !role.is_empty());
        let trigger = Trigger {
            name,
            when: self.when(row),
            text,
            playbook: row.text("playbook"),
            owner_roles: roles.map(str::to_owned).collect(),
            due_days: self.whole(row.cell("due_days"), "the days", "14"),
            cooldown_days: self.whole(row.cell("cooldown_days"), "the days", "30"),
            place: self.place(row.row),
        };
        draft.triggers.push(trigger);
    }

    fn tier(&mut self, draft: &mut Draft, row: &Row<'_>) {
        let name = self.name(row, "a tier");
        let cell = row.cell("from");
        // `75-100`, `>= 75` and `75+` begin at 75; `< 35` begins at 0.
        let text = cell.text.trim_start_matches(['>', '=', '≥', ' ']);
        let begins_at_0 = ["<", "≤", "below", "under"]
            .iter()
            .any(|sign| text.starts_with(sign));
        let from = if begins_at_0 {
            Some(0.0)
        } else {
            number::take(text, self.comma).map(|(read, _)| read.value)
        };
        if from.is_none() {
            let message = format!(
                "expected the least score of the tier such as 75, found {}",
                shown(cell.text)
            );
            self.problem(cell, message);
        }
        let tier = Tier {
            name,
            from: from.unwrap_or_default(),
            alert: self.alert(row),
            place: self.place(row.row),
        };
        draft.tiers.bands.push(tier);
    }
    /// A feature, and whether more of it is good.
    fn promise(&mut self, draft: &mut Draft, row: &Row<'_>) {
        let (cell, said) = (row.cell("feature"), row.cell("direction"));
        let feature = if cell.text.is_empty() {
            let message = "expected the name of a feature, found a blank cell";
            self.problem(cell, message.to_owned());
            None
        } else {
            self.feature(draft, cell)
        };
        let higher = words::higher_is_better(said.text);
        if higher.is_none() {
            let message = format!(
                "expected up (more never lowers the score) or down (more never raises it), found \
                 {}",
                shown(said.text)
            );
            self.problem(said, message);
        }
        let (Some(feature), Some(higher)) = (feature, higher) else {
            return;
        };
        if draft.promises.iter().any(|known| known.feature == feature) {
            let message = format!(
                "expected one promise for each feature, found a second one for `{feature}`; remove \
                 one"
            );
            self.problem(cell, message);
            return;
        }
        draft.promises.push(Promise {
            feature,
            direction: if higher { "up" } else { "down" }.to_owned(),
            place: self.place(row.row),
        });
    }
}
