//! One field of a mapping: its sources, its constants, and what may be done to its form.

use super::{Compiler, Place, fixed};
use crate::decode::fields::{FieldName, Form, words_of};
use crate::decode::mapping::expression::{
    Expression, FACTOR_ONE, Finish, Input, NumberPlan, Piece, Source,
};
use crate::decode::mapping::moment::{Amount, Span, TimeForm, TimePlan};
use crate::decode::mapping::{Constant, FieldMapping, Negative, Unit};
use crate::decode::value::{Value, decimal};
use crate::model::{Fixed, Kind};

/// Greatest factor of a number: beyond it nothing but rounding would be left.
const FACTOR_MAX: f64 = 1e6;

/// A constant as a value.
pub(super) fn constant(constant: &Constant) -> Value<'static> {
    match constant {
        Constant::Text(text) => Value::text(text.clone()),
        Constant::Int(value) => Value::Int(*value),
        Constant::Float(value) => Fixed::from_f64(*value).map_or(Value::Float(*value), fixed),
        Constant::Bool(value) => Value::Bool(*value),
    }
}

impl Compiler<'_> {
    /// The expression of one field; `None` where it has none, which has been said then.
    pub(super) fn expression(
        &mut self,
        place: &Place<'_>,
        path: &str,
        field: FieldName,
        mapping: &FieldMapping,
    ) -> Option<Expression> {
        let name = format!("{}`{path}`: ", place.event);
        self.form_fits(&name, field, mapping);
        let mut marked = false;
        let input = self.input(&name, mapping, &mut marked)?;
        let constant = |compiler: &mut Self, value: &Constant| {
            compiler.constant_of(&name, (place.kind, field), value)
        };
        let input = match (input, &mapping.constant) {
            (Input::Constant(_), Some(value)) => Input::Constant(constant(self, value)),
            (input, _) => input,
        };
        let table = mapping.table.iter();
        let table = table
            .map(|(found, value)| (found.clone(), constant(self, value)))
            .collect();
        Some(Expression {
            field: path.to_owned(),
            sources: mapping.from.0.join(" or "),
            input,
            optional: mapping.optional.unwrap_or(marked),
            default: mapping.default.as_ref().map(|value| constant(self, value)),
            table,
            otherwise: mapping
                .otherwise
                .as_ref()
                .map(|value| constant(self, value)),
            name: mapping.name,
            finish: self.finish(&name, field, mapping),
        })
    }

    /// A constant; where the field has a closed list, it must be in it.
    fn constant_of(
        &mut self,
        name: &str,
        (kind, field): (Option<Kind>, FieldName),
        value: &Constant,
    ) -> Value<'static> {
        // Without a known kind the list of its changes is not known; no account event has one.
        let words = words_of(kind.unwrap_or(Kind::Account), field);
        let value = constant(value);
        let Some(words) = words else {
            return value;
        };
        let word = match &value {
            Value::Text(text) => words.iter().find(|word| *word == text),
            _ => None,
        };
        match word {
            Some(word) => Value::text(*word),
            None => {
                let found = value.shown();
                let text = format!("expected one of {}, found {found}", words.join(", "));
                self.problem(name, text);
                value
            }
        }
    }

    fn input(&mut self, name: &str, mapping: &FieldMapping, marked: &mut bool) -> Option<Input> {
        let sources = &mapping.from.0;
        match (sources.as_slice(), &mapping.constant) {
            ([], Some(value)) => Some(Input::Constant(constant(value))),
            ([], None) => {
                self.problem(name, "expected `from` or `constant`, found neither");
                None
            }
            (_, Some(_)) => {
                self.problem(name, "expected either `from` or `constant`, found both");
                None
            }
            (sources, None) => {
                let sources = sources.iter().filter_map(|source| {
                    let unmarked = match mapping.optional {
                        Some(_) => None,
                        None => source.strip_suffix('?'),
                    };
                    *marked |= unmarked.is_some();
                    self.look(name, unmarked.unwrap_or(source))
                });
                Some(Input::First(sources.collect()))
            }
        }
    }

    fn look(&mut self, name: &str, source: &str) -> Option<Source> {
        if source.contains(['{', '}']) {
            return self.template(name, source).map(Source::Template);
        }
        self.source(name, source).map(Source::Place)
    }

    /// Takes a template apart: `{/name}` is a source, `{{` and `}}` are braces.
    fn template(&mut self, name: &str, template: &str) -> Option<Vec<Piece>> {
        let mut pieces = Vec::new();
        let mut text = String::new();
        let mut rest = template;
        while let Some(at) = rest.find(['{', '}']) {
            let (before, after) = rest.split_at_checked(at)?;
            text.push_str(before);
            if let Some(after) = after.strip_prefix("{{") {
                text.push('{');
                rest = after;
            } else if let Some(after) = after.strip_prefix("}}") {
                text.push('}');
                rest = after;
            } else if let Some((source, after)) = after
                .strip_prefix('{')
                .and_then(|after| after.split_once('}'))
            {
                if !text.is_empty() {
                    pieces.push(Piece::Text(std::mem::take(&mut text)));
                }
                pieces.push(Piece::Place(self.source(name, source)?));
                rest = after;
            } else {
                let text = format!("expected `{{/name}}` or a doubled brace in \"{template}\"");
                self.problem(name, text);
                return None;
            }
        }
        text.push_str(rest);
        if !text.is_empty() {
            pieces.push(Piece::Text(text));
        }
        Some(pieces)
    }

    /// What is done to a form must fit it.
    fn form_fits(&mut self, name: &str, field: FieldName, mapping: &FieldMapping) {
        let form = field.form();
        let of_time = mapping.format.is_some()
            || mapping.zone.is_some()
            || !mapping.plus.is_empty()
            || !mapping.minus.is_empty();
        let of_number = mapping.multiply.is_some() || mapping.negative != Negative::Reject;
        let numeric = matches!(form, Form::Number | Form::Pairs);
        let has_unit = matches!(field, FieldName::DurationS | FieldName::NoticeDays);
        let wrong = [
            (
                of_time && form != Form::Time,
                "`format`, `zone`, `plus`, `minus` are for times",
            ),
            (
                of_number && !numeric,
                "`multiply` and `negative` are for numbers",
            ),
            (
                mapping.unit.is_some() && !has_unit,
                "`unit` is for `duration_s` and `notice_days`",
            ),
            (
                mapping.name && !matches!(form, Form::Text | Form::Pairs),
                "`name` is for texts",
            ),
            (
                mapping.otherwise.is_some() && mapping.table.is_empty(),
                "`otherwise` is for values that a `table` does not have; for what is missing say \
                 `default`",
            ),
        ];
        for (_, text) in wrong.iter().filter(|(wrong, _)| *wrong) {
            self.problem(name, text);
        }
    }

    fn finish(&mut self, name: &str, field: FieldName, mapping: &FieldMapping) -> Finish {
        if field.form() == Form::Time {
            return Finish::Time(self.time_plan(name, mapping));
        }
        if mapping.multiply.is_none()
            && mapping.unit.is_none()
            && mapping.negative == Negative::Reject
        {
            return Finish::AsIs;
        }
        let multiply = mapping.multiply.unwrap_or(1.0);
        let (times, divisor) = mapping.unit.map_or((1, 1), |unit| unit_ratio(unit, field));
        Finish::Number(NumberPlan {
            factor: self.factor(name, multiply) * i128::from(times),
            divisor: FACTOR_ONE * i128::from(divisor),
            negative: mapping.negative,
        })
    }

    /// A factor in parts of `FACTOR_ONE`.
    fn factor(&mut self, name: &str, factor: f64) -> i128 {
        let parts = libm::round(factor * 1e12);
        if !(1.0..=FACTOR_MAX * 1e12).contains(&parts.abs()) {
            let text = format!(
                "`multiply`: expected a factor between 1e-12 and {FACTOR_MAX}, found {factor}"
            );
            self.problem(name, text);
            return FACTOR_ONE;
        }
        #[expect(
            clippy::cast_possible_truncation,
            reason = "at most 1e18, checked above"
        )]
        let parts = parts as i64;
        i128::from(parts)
    }

    fn time_plan(&mut self, name: &str, mapping: &FieldMapping) -> TimePlan {
        let zone = match &mapping.zone {
            Some(zone) => self.time_zone(name, zone),
            None => self.zone.clone(),
        };
        let form = match mapping.format.as_deref() {
            None => TimeForm::Any,
            Some("epoch_s") => TimeForm::EpochSeconds,
            Some("epoch_ms") => TimeForm::EpochMs,
            Some(pattern) => {
                if !pattern_is_valid(pattern) {
                    let text = format!(
                        "`format`: expected `epoch_s`, `epoch_ms` or strptime directives of a \
                         date such as %d/%m/%Y, found \"{pattern}\""
                    );
                    self.problem(name, text);
                }
                TimeForm::Pattern(pattern.to_owned())
            }
        };
        let plus = mapping.plus.iter().map(|span| (span, false));
        let minus = mapping.minus.iter().map(|span| (span, true));
        let spans = plus
            .chain(minus)
            .filter_map(|((source, unit), minus)| self.span(name, source, *unit, minus))
            .collect();
        TimePlan { form, zone, spans }
    }

    fn span(&mut self, name: &str, source: &str, unit: Unit, minus: bool) -> Option<Span> {
        let amount = match decimal(source) {
            Ok(constant) => Amount::Constant(constant),
            Err(_) => Amount::Place {
                optional: source.ends_with('?'),
                place: self.source(name, source.strip_suffix('?').unwrap_or(source))?,
            },
        };
        Some(Span {
            name: source.to_owned(),
            amount,
            unit,
            minus,
        })
    }
}

/// One of `unit` in a field's own unit, as (times, divisor); longer units are multiples of shorter.
const fn unit_ratio(unit: Unit, field: FieldName) -> (i64, i64) {
    let own = match field {
        FieldName::NoticeDays => Unit::Days,
        _ => Unit::Seconds,
    };
    if unit.ms() >= own.ms() {
        (unit.ms() / own.ms(), 1)
    } else {
        (1, own.ms() / unit.ms())
    }
}

/// Whether a pattern can write a date and read it again.
fn pattern_is_valid(pattern: &str) -> bool {
    use jiff::fmt::strtime;
    let sample = jiff::Timestamp::UNIX_EPOCH.to_zoned(jiff::tz::TimeZone::UTC);
    strtime::format(pattern, &sample)
        .and_then(|text| strtime::parse(pattern, &text)?.to_date())
        .is_ok()
}

impl Piece {
    const fn place(&self) -> Option<usize> {
        match self {
            Self::Place(place) => Some(*place),
            Self::Text(_) => None,
        }
    }
}

impl Expression {
    /// The places that it reads.
    pub(super) fn places(&self) -> Vec<usize> {
        let mut places = Vec::new();
        if let Input::First(sources) = &self.input {
            for source in sources {
                match source {
                    Source::Place(place) => places.push(*place),
                    Source::Template(pieces) => {
                        places.extend(pieces.iter().filter_map(Piece::place));
                    }
                }
            }
        }
        if let Finish::Time(plan) = &self.finish {
            places.extend(plan.spans.iter().filter_map(|span| match span.amount {
                Amount::Place { place, .. } => Some(place),
                Amount::Constant(_) => None,
            }));
        }
        places
    }
}
