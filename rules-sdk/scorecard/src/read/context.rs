//! What the whole card shares while it is read: the names there are, and the columns that it comes
//! to need.

use puls_table::{Report, hint, is_text, list, nearest, shown};
use puls_wire::{FEATURES_MAX, FeatureUse, Parameter, VALUES_MAX, WAKES_MAX};

use super::scan::Fit;
use crate::{Catalogue, Derived, Entry, Form, Number};

/// Name under which triggers read the score of the evaluation.
const SCORE_NOW: &str = "score.now";
/// What parameters' names begin with where they are used.
const PARAMETER: &str = "parameter.";
/// The one listed value of a text of which a card asks only whether it is there: a feature without
/// values is a number. The card tells no texts apart, so it does not matter which are this one.
const ANY_TEXT: &str = "-";

/// Who reads a feature.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Reader {
    /// The score: conditions, formulas, factors.
    Score,
    /// A trigger, which may look at the score.
    Trigger,
}

/// What is shared.
#[derive(Debug)]
pub(super) struct Context<'c> {
    pub(super) report: Report<'c>,
    catalogue: &'c Catalogue,
    pub(super) parameters: Vec<Parameter>,
    /// Names of all numbers under `[derive]`, those that are not read yet too.
    pub(super) derived_names: Vec<String>,
    /// Those that are read.
    pub(super) derived: Vec<Derived>,
    /// Whether one of them could not be read, so that it is not known what stands behind it.
    pub(super) derived_broken: bool,
    /// Whether a name was used that means nothing, so that it is not known what the card reads.
    pub(super) misnamed: bool,
    columns: Vec<Column>,
}

#[derive(Debug)]
struct Column {
    used: FeatureUse,
    /// Where it is named first.
    at: usize,
    form: Form,
    /// Where a sentence shows its text, if one does.
    shown_at: Option<usize>,
}

impl Column {
    fn into_used(self) -> FeatureUse {
        let mut used = self.used;
        if self.form == Form::Text && used.values.is_empty() {
            used.values.push(ANY_TEXT.to_owned());
        }
        used
    }
}

/// What a name means.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Meaning<'c> {
    /// A feature that is a text.
    Text(&'c Entry),
    /// A feature that is a number.
    Feature(&'c Entry),
    /// Something else that is a number.
    Other(Plain),
}

/// A number that is no feature.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Plain {
    Parameter(usize),
    Derived(usize),
    ScoreNow,
}

impl<'c> Context<'c> {
    pub(super) const fn new(source: &'c str, catalogue: &'c Catalogue) -> Self {
        Self {
            report: Report::new(source),
            catalogue,
            parameters: Vec::new(),
            derived_names: Vec::new(),
            derived: Vec::new(),
            derived_broken: false,
            misnamed: false,
            columns: Vec::new(),
        }
    }

    pub(super) fn entry(&self, name: &str) -> Option<&'c Entry> {
        self.catalogue.get(name)
    }

    /// Whether there is anything of this name.
    pub(super) fn knows(&self, name: &str) -> bool {
        self.entry(name).is_some()
            || name == SCORE_NOW
            || self.derived_names.iter().any(|known| known == name)
            || self.parameter(name).is_some()
    }

    /// How well a name fits what there is.
    pub(super) fn fit(&self, name: &str) -> Fit {
        let dashed = |known: &&str| known.contains('-');
        if self.knows(name) {
            Fit::Is
        } else if name.contains('-') && nearest(name, self.names().filter(dashed)).is_some() {
            Fit::Near
        } else {
            Fit::Not
        }
    }

    /// Names of features and derived numbers.
    fn names(&self) -> impl Iterator<Item = &str> {
        let derived = self.derived_names.iter().map(String::as_str);
        self.catalogue.names().chain(derived)
    }

    /// Index of the parameter that `parameter.name` means.
    pub(super) fn parameter(&self, name: &str) -> Option<usize> {
        let name = name.strip_prefix(PARAMETER)?;
        self.parameters.iter().position(|known| known.name == name)
    }

    /// What a name means, or a report that it means nothing here.
    pub(super) fn meaning(&mut self, name: &str, at: usize, by: Reader) -> Option<Meaning<'c>> {
        // A derived number that takes a feature's name is told of where it stands.
        let free = self.entry(name).is_none();
        let own = self.derived_names.iter().position(|known| known == name);
        let own = own.filter(|_| free);
        if name == SCORE_NOW {
            let good = self.report.check(by == Reader::Trigger, at, || {
                format!(
                    "expected a feature, found `{SCORE_NOW}`; only triggers may look at the \
                     score, since the score cannot depend on itself"
                )
            });
            return good.then_some(Meaning::Other(Plain::ScoreNow));
        }
        if let Some(index) = self.parameter(name) {
            return Some(Meaning::Other(Plain::Parameter(index)));
        }
        if let Some(index) = own {
            let good = self.report.check(index < self.derived.len(), at, || {
                format!(
                    "expected a feature or a number that is derived further up, found `{name}`, \
                     which is derived here or further down; change the order under [derive]"
                )
            });
            return good.then_some(Meaning::Other(Plain::Derived(index)));
        }
        let Some(entry) = self.entry(name) else {
            let message = self.unknown(name);
            self.misnamed = true;
            self.report.problem(at, message);
            return None;
        };
        self.report
            .check(!entry.for_triggers || by == Reader::Trigger, at, || {
                format!(
                    "expected a feature of the customer, found `{name}`; only triggers may look \
                     at scores"
                )
            });
        Some(if entry.form == Form::Text {
            Meaning::Text(entry)
        } else {
            Meaning::Feature(entry)
        })
    }

    /// What to say of a name that means nothing.
    fn unknown(&self, name: &str) -> String {
        /// Names of a family that are listed when none is near.
        const LISTED_MAX: usize = 6;
        if self.report.is_full() {
            // Nobody is told; looking for the nearest of all names takes long.
            return String::new();
        }
        if let Some(parameter) = name.strip_prefix(PARAMETER) {
            let known = self.parameters.iter().map(|known| known.name.as_str());
            let hint = nearest(parameter, known).map_or_else(
                || "; add it under [parameters]".to_owned(),
                |near| format!("; did you mean `{PARAMETER}{near}`?"),
            );
            return format!("expected the name of a parameter, found `{name}`{hint}");
        }
        if let Some(near) = nearest(name, self.names()) {
            return format!(
                "expected the name of a feature, found `{name}`; did you mean `{near}`?"
            );
        }
        let same = |known: &&str| known.split_once('.').is_some_and(|(_, own)| own == name);
        let same_end = self.names().find(same);
        if let Some(near) = same_end {
            return format!(
                "expected the name of a feature with its family, found `{name}`; did you mean \
                 `{near}`?"
            );
        }
        let family = name.split('.').next().unwrap_or(name);
        let same: Vec<_> = self
            .names()
            .filter(|known| known.split('.').next() == Some(family))
            .take(LISTED_MAX)
            .collect();
        let hint = if same.is_empty() {
            "; `puls features` lists all there are".to_owned()
        } else {
            format!("; there are {} and maybe more", list(same, "and"))
        };
        format!("expected the name of a feature such as `license.seats`, found `{name}`{hint}")
    }

    /// The number that a meaning is; a text is none.
    pub(super) fn number(&mut self, meaning: Meaning<'c>, at: usize) -> Number {
        match meaning {
            Meaning::Text(entry) | Meaning::Feature(entry) => {
                Number::Feature(self.column(entry, at))
            }
            Meaning::Other(Plain::Parameter(index)) => Number::Parameter(index),
            Meaning::Other(Plain::Derived(index)) => Number::Derived(index),
            Meaning::Other(Plain::ScoreNow) => Number::ScoreNow,
        }
    }

    /// The column of a feature, made when it is first named.
    pub(super) fn column(&mut self, entry: &Entry, at: usize) -> usize {
        let known = self
            .columns
            .iter()
            .position(|column| column.used.name == entry.name);
        known.unwrap_or_else(|| {
            let used = FeatureUse {
                name: entry.name.clone(),
                values: Vec::new(),
                wake: Vec::new(),
            };
            self.columns.push(Column {
                used,
                at,
                form: entry.form,
                shown_at: None,
            });
            self.columns.len() - 1
        })
    }

    /// The code of a text that a feature is compared with.
    pub(super) fn code(&mut self, entry: &Entry, text: &str, at: usize) -> Option<u16> {
        let known = || entry.values.iter().map(String::as_str);
        if !entry.values.is_empty() && !entry.values.iter().any(|value| value == text) {
            let (name, list) = (&entry.name, list(known(), "or"));
            let hint = hint(text, known(), "correct it or remove it");
            let found = shown(text);
            self.report.problem(
                at,
                format!("expected a value of `{name}` ({list}), found {found}{hint}"),
            );
            return None;
        }
        if text.is_empty() || !is_text(text) {
            self.report.problem(
                at,
                "expected a short text that is not empty; for a missing value write \
                 `!has(family.name)`",
            );
            return None;
        }
        let column = self.column(entry, at);
        let values = &mut self.columns.get_mut(column)?.used.values;
        let index = values
            .iter()
            .position(|value| value == text)
            .unwrap_or_else(|| {
                values.push(text.to_owned());
                values.len() - 1
            });
        let full = index >= VALUES_MAX;
        self.report.check(!full, at, || {
            format!(
                "expected at most {VALUES_MAX} values of `{}` in a card, found more",
                entry.name
            )
        });
        u16::try_from(index).ok()
    }

    /// A number is compared with a value: days pass it by themselves, so the account is looked at
    /// when they do.
    pub(super) fn threshold(&mut self, number: &Number, at: &Number) {
        if let (Number::Feature(column), Number::Literal(at)) = (number, at)
            && let Some(column) = self.columns.get_mut(*column)
        {
            let wake = &mut column.used.wake;
            let days = matches!(column.form, Form::DaysSince | Form::DaysUntil);
            if days
                && wake.len() < WAKES_MAX
                && !wake.iter().any(|known| known.total_cmp(at).is_eq())
            {
                wake.push(*at);
            }
        }
    }

    /// A sentence shows a feature.
    pub(super) fn show(&mut self, entry: &Entry, at: usize) {
        let index = self.column(entry, at);
        if entry.form == Form::Text {
            for value in &entry.values {
                self.code(entry, value, at);
            }
            if let Some(column) = self.columns.get_mut(index) {
                column.shown_at.get_or_insert(at);
            }
        }
    }

    pub(super) fn feature_name(&self, column: usize) -> &str {
        self.columns
            .get(column)
            .map_or("", |column| column.used.name.as_str())
    }

    /// The columns, once nothing more is read.
    pub(super) fn columns(&mut self) -> Vec<FeatureUse> {
        let columns = std::mem::take(&mut self.columns);
        for column in &columns {
            let Column {
                used,
                shown_at: Some(at),
                ..
            } = column
            else {
                continue;
            };
            self.report.check(!used.values.is_empty(), *at, || {
                format!(
                    "expected a number or a text with known values to show, found `{}`, of which \
                     no value is named in the card; leave it out of the sentence",
                    used.name
                )
            });
        }
        if let Some(first_over) = columns.get(FEATURES_MAX) {
            let found = columns.len();
            self.report.problem(
                first_over.at,
                format!("expected at most {FEATURES_MAX} features in a card, found {found}"),
            );
        }
        // Where a name is wrong, the card may well read what was meant.
        if columns.is_empty() && self.report.is_empty() {
            self.report.problem(
                0,
                "expected a card that reads at least one feature, found none",
            );
        }
        columns.into_iter().map(Column::into_used).collect()
    }
}
