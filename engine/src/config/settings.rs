//! Judges what a tenant declares, value by value, and points at each that cannot be meant.

use std::collections::BTreeSet;
use std::fmt::Display;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::document::Texts;
use super::problem::{Problem, none_of};
use crate::language::Language;
use crate::model::{Aggregate, CustomFeature, Field, Kind, Settings, name_is_valid};

/// The field of a condition that is no field of an event: the contact's role as it is now.
const ROLE: &str = "role";
/// The factor that is not a tenant's to declare.
const OVERRIDE: &str = "override";

/// What is wrong with `settings`, which stand in `table`.
pub(super) fn judge(
    texts: &Texts,
    table: &Spanned<DeTable<'_>>,
    settings: &Settings,
    problems: &mut Vec<Problem>,
) {
    let mut judge = Judge {
        texts,
        table,
        problems,
    };
    judge.plain(settings);
    judge.rates(settings);
    judge.names(settings);
    let mut names = BTreeSet::new();
    for (index, feature) in settings.features.iter().enumerate() {
        judge.feature(index, feature);
        if !names.insert(feature.name.as_str()) {
            let message = format!(
                "expected each feature once, found `{}` twice; rename or remove one",
                feature.name
            );
            judge.complain(&[Step::Key("features"), Step::Index(index)], message);
        }
    }
}

/// One step from a table to a value in it.
#[derive(Clone, Copy)]
enum Step<'p> {
    Key(&'p str),
    Index(usize),
}

/// Where the value at `path` begins, or the innermost table around it that there is.
fn offset_of(table: &Spanned<DeTable<'_>>, path: &[Step<'_>]) -> usize {
    let mut offset = table.span().start;
    let mut steps = path.iter();
    let Some(Step::Key(first)) = steps.next() else {
        return offset;
    };
    let Some(mut value) = table.get_ref().get(*first) else {
        return offset;
    };
    loop {
        offset = value.span().start;
        let inner = match (steps.next(), value.get_ref()) {
            (Some(Step::Key(key)), DeValue::Table(inner)) => inner.get(*key),
            (Some(Step::Index(index)), DeValue::Array(inner)) => inner.get(*index),
            _ => None,
        };
        match inner {
            Some(inner) => value = inner,
            None => return offset,
        }
    }
}

struct Judge<'a, 't> {
    texts: &'a Texts,
    table: &'a Spanned<DeTable<'t>>,
    problems: &'a mut Vec<Problem>,
}

impl Judge<'_, '_> {
    fn complain(&mut self, path: &[Step<'_>], message: impl Into<String>) {
        let offset = offset_of(self.table, path);
        self.problems.push(self.texts.problem(offset, message));
    }

    fn plain(&mut self, settings: &Settings) {
        let zone = &settings.time_zone;
        if jiff::tz::TimeZone::get(zone).is_err() {
            let known: Vec<_> = jiff::tz::db()
                .available()
                .map(|name| name.to_string())
                .collect();
            let hint = super::problem::nearest(zone, known.iter().map(String::as_str))
                .map(|name| format!("; did you mean `{name}`?"))
                .unwrap_or_default();
            self.complain(
                &[Step::Key("time_zone")],
                format!("expected an IANA time zone such as `Europe/Oslo`, found `{zone}`{hint}"),
            );
        }
        if !is_currency(&settings.currency) {
            self.complain(&[Step::Key("currency")], not_a_currency(&settings.currency));
        }
        if Language::parse(&settings.language).is_none() {
            let known = Language::ALL.map(Language::code);
            self.complain(
                &[Step::Key("language")],
                none_of("a language that Puls speaks", &settings.language, &known),
            );
        }
        self.not_negative("reply_target_hours", settings.reply_target_hours);
        self.not_negative(
            "publish_threshold_points",
            settings.publish_threshold_points,
        );
    }

    fn not_negative(&mut self, key: &str, value: f64) {
        if !(value.is_finite() && value >= 0.0) {
            let message = format!("expected a number of 0 or more, found {value}");
            self.complain(&[Step::Key(key)], message);
        }
    }

    fn rates(&mut self, settings: &Settings) {
        for (index, rate) in settings.rates.iter().enumerate() {
            let at = [Step::Key("rates"), Step::Index(index)];
            let [list, element] = at;
            if !is_currency(&rate.currency) {
                self.complain(
                    &[list, element, Step::Key("currency")],
                    not_a_currency(&rate.currency),
                );
            } else if rate.currency == settings.currency {
                self.complain(
                    &[list, element, Step::Key("currency")],
                    format!(
                        "expected a currency other than the tenant's own, found `{}`; remove it",
                        rate.currency
                    ),
                );
            }
            if rate.from.parse::<jiff::civil::Date>().is_err() {
                self.complain(
                    &[list, element, Step::Key("from")],
                    format!(
                        "expected a date such as `2025-01-31`, found `{}`",
                        rate.from
                    ),
                );
            }
            if !(rate.rate.is_finite() && rate.rate > 0.0) {
                self.complain(
                    &[list, element, Step::Key("rate")],
                    format!("expected a factor above 0, found {}", rate.rate),
                );
            }
        }
    }

    fn names(&mut self, settings: &Settings) {
        let lists = [
            ("activity_metrics", &settings.activity_metrics),
            ("factors", &settings.factors),
        ];
        for (key, names) in lists {
            for (index, name) in names.iter().enumerate() {
                if !name_is_valid(name) {
                    self.complain(&[Step::Key(key), Step::Index(index)], not_a_name(name));
                }
            }
        }
        for (index, factor) in settings.factors.iter().enumerate() {
            if factor == OVERRIDE {
                self.complain(
                    &[Step::Key("factors"), Step::Index(index)],
                    "expected the name of a factor, found `override`, which replaces a whole \
                     score; give the factor another name",
                );
            }
        }
        for name in settings
            .attributes
            .keys()
            .filter(|name| !name_is_valid(name))
        {
            self.complain(
                &[Step::Key("attributes"), Step::Key(name)],
                not_a_name(name),
            );
        }
    }

    fn feature(&mut self, index: usize, feature: &CustomFeature) {
        let at = |key| [Step::Key("features"), Step::Index(index), Step::Key(key)];
        if !name_is_valid(&feature.name) {
            self.complain(&at("name"), not_a_name(&feature.name));
        }
        if Kind::parse(&feature.from).is_none() {
            let known: Vec<_> = Kind::ALL.iter().map(|kind| kind.as_str()).collect();
            self.complain(
                &at("from"),
                none_of("a kind of event", &feature.from, &known),
            );
        }
        for (place, condition) in feature.conditions.iter().enumerate() {
            let [features, element, _] = at("where");
            if Field::parse(&condition.field).is_none() && condition.field != ROLE {
                let field = Step::Key("field");
                self.complain(
                    &[
                        features,
                        element,
                        Step::Key("where"),
                        Step::Index(place),
                        field,
                    ],
                    not_a_field(&condition.field),
                );
            }
        }
        self.aggregate(index, feature);
    }

    /// Whether `of` and `window` are there exactly where the aggregate needs them.
    fn aggregate(&mut self, index: usize, feature: &CustomFeature) {
        let at = |key| [Step::Key("features"), Step::Index(index), Step::Key(key)];
        let takes_field = match feature.agg {
            Aggregate::Count | Aggregate::Share | Aggregate::DaysSince => false,
            Aggregate::Sum
            | Aggregate::Distinct
            | Aggregate::Last
            | Aggregate::Mean
            | Aggregate::Min
            | Aggregate::Max => true,
        };
        match &feature.of {
            Some(field) if !takes_field => self.complain(
                &at("of"),
                format!("expected no `of` beside this `agg`, found `{field}`; remove it"),
            ),
            Some(field) if Field::parse(field).is_none() => {
                self.complain(&at("of"), not_a_field(field));
            }
            None if takes_field => self.complain(
                &at("agg"),
                "expected `of` with the field that this `agg` takes, found none; add it",
            ),
            _ => {}
        }
        let reaches_back = matches!(feature.agg, Aggregate::Last | Aggregate::DaysSince);
        if feature.window.is_none() && !reaches_back {
            self.complain(
                &at("agg"),
                "expected `window` (`1d`, `7d`, `28d`, `90d`, `365d`) beside this `agg`, found \
                 none; add it",
            );
        }
    }
}

fn is_currency(text: &str) -> bool {
    text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_uppercase())
}

fn not_a_currency(found: &str) -> String {
    format!("expected an ISO 4217 code such as `EUR`, found `{found}`")
}

fn not_a_name(found: impl Display) -> String {
    format!("expected a name of 1 to 64 characters of a-z 0-9 . _ -, found `{found}`")
}

fn not_a_field(found: &str) -> String {
    let mut known: Vec<_> = Field::ALL.iter().map(|field| field.as_str()).collect();
    known.push(ROLE);
    none_of("a field of an event", found, &known)
}
