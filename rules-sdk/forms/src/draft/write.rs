//! From a [`Draft`] to the text of a card, as a person would have laid it out, and for every line
//! where in the tables it came from.

use std::fmt::Write;

use super::{Bound, Draft, Exception, Factor, Measure, Place, Policy, Scale, Trigger};
use crate::number::plain;

/// Where a line came from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Line {
    pub(crate) place: Place,
    /// The key that stands on the line; empty for the head of a section.
    pub(crate) key: &'static str,
}

/// The text of a card that begins with a comment, and where each of its lines came from.
pub(crate) fn toml_of(draft: &Draft, comment: &[String]) -> (String, Vec<Option<Line>>) {
    let mut out = Out::default();
    for line in comment {
        let line = if line.is_empty() {
            "#".to_owned()
        } else {
            format!("# {line}")
        };
        out.line("", &line);
    }
    head(&mut out, draft);
    for measure in &draft.measures {
        out.measure("measures", measure);
    }
    for variant in &draft.variants {
        out.section("[[variants]]", variant.place);
        out.text("name", &variant.name);
        out.text("when", &variant.when);
        for measure in &variant.measures {
            out.measure("variants.measures", measure);
        }
    }
    for exception in &draft.exceptions {
        out.exception(exception);
    }
    for trigger in &draft.triggers {
        out.trigger(trigger);
    }
    tail(&mut out, draft);
    (out.text, out.lines)
}

fn head(out: &mut Out, draft: &Draft) {
    let head = &draft.head;
    out.head = head.places.clone();
    out.section("[card]", None);
    out.text("name", &head.name);
    out.text("version", &head.version);
    out.maybe_text("title", head.title.as_deref());
    out.text("applies_when", &head.applies_when);
    out.maybe_number("coverage_min", head.coverage_min);
    if !draft.parameters.is_empty() {
        out.section("[parameters]", None);
    }
    for parameter in &draft.parameters {
        out.place = parameter.place;
        let [default, min, max] = [parameter.default, parameter.min, parameter.max].map(plain);
        let name = key(&parameter.name);
        out.line(
            "default",
            &format!("{name} = {{ default = {default}, min = {min}, max = {max} }}"),
        );
    }
    for derived in &draft.derived {
        out.section(
            &format!("[derive.{}]", quoted(&derived.name)),
            derived.place,
        );
        out.maybe_text("unit", derived.unit.as_deref());
        out.text("value", &derived.value);
    }
}

fn tail(out: &mut Out, draft: &Draft) {
    let tiers = &draft.tiers;
    if tiers.hysteresis_points.is_some() || tiers.dwell_hours.is_some() || !tiers.bands.is_empty() {
        out.section("[tiers]", None);
        out.maybe_number("hysteresis_points", tiers.hysteresis_points);
        out.maybe_number("dwell_hours", tiers.dwell_hours.map(f64::from));
    }
    if !tiers.bands.is_empty() {
        out.line("", "bands = [");
        for tier in &tiers.bands {
            let alert = tier.alert.as_ref();
            let alert =
                alert.map_or_else(String::new, |alert| format!(", alert = {}", quoted(alert)));
            out.place = tier.place;
            let (name, from) = (quoted(&tier.name), plain(tier.from));
            out.line(
                "from",
                &format!("    {{ name = {name}, from = {from}{alert} }},"),
            );
        }
        out.line("", "]");
    }
    if draft.alerts != Policy::default() {
        out.section("[alerts]", None);
        out.policy(&draft.alerts);
    }
    if !draft.promises.is_empty() {
        out.section("[monotone]", None);
    }
    for promise in &draft.promises {
        out.place = promise.place;
        let (feature, direction) = (quoted(&promise.feature), quoted(&promise.direction));
        out.line("feature", &format!("{feature} = {direction}"));
    }
}

#[derive(Default)]
struct Out {
    text: String,
    lines: Vec<Option<Line>>,
    /// Where the keys of a section without a row of its own were read.
    head: Vec<(&'static str, Place)>,
    place: Option<Place>,
}

impl Out {
    fn line(&mut self, key: &'static str, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
        let of_head = self.head.iter().find(|(known, _)| *known == key);
        let place = self.place.or_else(|| of_head.map(|(_, place)| *place));
        self.lines.push(place.map(|place| Line { place, key }));
    }

    fn section(&mut self, head: &str, place: Option<Place>) {
        if !self.text.is_empty() {
            self.place = None;
            self.line("", "");
        }
        self.place = place;
        self.line("", head);
    }

    fn text(&mut self, key: &'static str, text: &str) {
        self.line(key, &format!("{key} = {}", quoted(text)));
    }

    fn maybe_text(&mut self, key: &'static str, text: Option<&str>) {
        if let Some(text) = text {
            self.text(key, text);
        }
    }

    fn maybe_number(&mut self, key: &'static str, number: Option<f64>) {
        if let Some(number) = number {
            self.line(key, &format!("{key} = {}", plain(number)));
        }
    }

    fn measure(&mut self, section: &str, measure: &Measure) {
        self.section(&format!("[[{section}]]"), measure.place);
        self.line("measure", &format!("name = {}", quoted(&measure.name)));
        self.maybe_text("title", measure.title.as_deref());
        self.line(
            "measure_weight",
            &format!("weight = {}", plain(measure.weight)),
        );
        for factor in &measure.factors {
            self.factor(section, factor);
        }
    }

    fn factor(&mut self, section: &str, factor: &Factor) {
        self.section(&format!("[[{section}.factors]]"), factor.place);
        self.text("name", &factor.name);
        self.text("feature", &factor.feature);
        self.maybe_number("weight", Some(factor.weight));
        let (key, scale) = scale(&factor.scale);
        for line in scale.lines() {
            self.line(key, line);
        }
        self.maybe_number("valid_for_days", factor.valid_for_days);
        self.maybe_text("missing", factor.missing.as_deref());
        self.maybe_number("baseline", factor.baseline);
        self.text("reason", &factor.reason);
    }

    fn policy(&mut self, policy: &Policy) {
        self.maybe_text("owner_role", policy.owner_role.as_deref());
        self.maybe_text("playbook", policy.playbook.as_deref());
        self.maybe_number("due_days", policy.due_days.map(f64::from));
    }

    fn exception(&mut self, exception: &Exception) {
        self.section("[[exceptions]]", exception.place);
        self.text("name", &exception.name);
        self.text("when", &exception.when);
        self.maybe_number("cap", exception.cap);
        self.maybe_number("floor", exception.floor);
        self.text("reason", &exception.reason);
        self.maybe_text("alert", exception.alert.as_deref());
        self.policy(&exception.policy);
    }

    fn trigger(&mut self, trigger: &Trigger) {
        self.section("[[triggers]]", trigger.place);
        self.text("name", &trigger.name);
        self.text("when", &trigger.when);
        self.text("text", &trigger.text);
        self.maybe_text("playbook", trigger.playbook.as_deref());
        if !trigger.owner_roles.is_empty() {
            let roles: Vec<_> = trigger
                .owner_roles
                .iter()
                .map(|role| quoted(role))
                .collect();
            self.line(
                "owner_roles",
                &format!("owner_roles = [{}]", roles.join(", ")),
            );
        }
        self.maybe_number("due_days", trigger.due_days.map(f64::from));
        self.maybe_number("cooldown_days", trigger.cooldown_days.map(f64::from));
    }
}

/// The key that a scale is read from in a table, and its lines.
fn scale(scale: &Scale) -> (&'static str, String) {
    match scale {
        Scale::Line {
            zero_at,
            hundred_at,
        } => {
            let (zero_at, hundred_at) = (bound(zero_at), bound(hundred_at));
            let line = format!("line = {{ zero_at = {zero_at}, hundred_at = {hundred_at} }}");
            ("zero_at", line)
        }
        Scale::Bands(bands) => {
            let bands = bands.iter().map(|(up_to, points)| {
                let points = plain(*points);
                match up_to {
                    Some(up_to) => format!("{{ up_to = {}, points = {points} }}", bound(up_to)),
                    None => format!("{{ points = {points} }}"),
                }
            });
            let bands: Vec<_> = bands.collect();
            ("bands", format!("bands = [{}]", bands.join(", ")))
        }
        Scale::Values { values, otherwise } => {
            let values = values.iter();
            let values = values.map(|(text, points)| format!("{} = {}", key(text), plain(*points)));
            let mut lines = format!("values = {{ {} }}", values.collect::<Vec<_>>().join(", "));
            if let Some(otherwise) = otherwise {
                lines.push_str(&format!("\notherwise = {}", plain(*otherwise)));
            }
            ("bands", lines)
        }
    }
}

fn bound(bound: &Bound) -> String {
    match bound {
        Bound::Number(number) => plain(*number),
        Bound::Parameter(name) => quoted(name),
    }
}

/// A key, bare where it can be.
fn key(key: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    if !key.is_empty() && key.chars().all(bare) {
        key.to_owned()
    } else {
        quoted(key)
    }
}

/// A text in quotation marks.
fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() => {
                // Writing to a text cannot fail.
                write!(out, "\\u{:04X}", u32::from(c)).ok();
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
