//! Tables of TOML as cards use them: every value knows its key and its place, and says itself what
//! is wrong with it. It knows nothing of cards.

use puls_wire::{is_name, is_text};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::names::{hint, list, not_a_name, shown};
use crate::report::Report;

/// A table, and how messages call it.
#[derive(Clone, Copy, Debug)]
pub struct Table<'t> {
    /// Such as `a factor`.
    what: &'static str,
    /// Where it begins.
    pub at: usize,
    table: &'t DeTable<'t>,
}

/// A value, its key, and where it stands.
#[derive(Clone, Copy, Debug)]
pub struct Value<'t> {
    pub key: &'t str,
    /// Where its key stands; that of an item of a list is itself.
    pub key_at: usize,
    pub at: usize,
    end: usize,
    value: &'t DeValue<'t>,
}

/// What a value is, without a word about what it should be.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Plain<'t> {
    /// A finite number.
    Number(f64),
    /// A text in quotation marks.
    Text(&'t str),
    /// `true` or `false`.
    Bool(bool),
    /// A moment as TOML knows them: a date, with or without a time and a zone.
    Moment(toml::value::Datetime),
    /// `{ … }`.
    Table,
    /// `[ … ]`, or a number that is not finite.
    Other,
}

/// A text and where it stands.
#[derive(Clone, Copy, Debug)]
pub struct Text<'t> {
    pub text: &'t str,
    /// Where it begins in the file.
    pub at: usize,
    /// Whether the file has it character by character, so that a place in it is one in the file.
    exact: bool,
}

impl Text<'_> {
    /// Where the byte at `offset` of the text stands in the file.
    pub const fn place(&self, offset: usize) -> usize {
        if self.exact {
            self.at + offset
        } else {
            self.at
        }
    }
}

impl<'t> Table<'t> {
    pub const fn new(what: &'static str, at: usize, table: &'t DeTable<'t>) -> Self {
        Self { what, at, table }
    }

    /// Reports the keys that are none of these.
    pub fn only(&self, keys: &[&str], report: &mut Report<'_>) {
        for key in self.table.keys() {
            let found = key.get_ref().as_ref();
            report.check(keys.contains(&found), key.span().start, || {
                let list = list(keys.iter().copied(), "and");
                let hint = hint(
                    found,
                    keys.iter().copied(),
                    "remove it, or move it where it belongs",
                );
                let (what, found) = (self.what, shown(found));
                format!("expected only {list} in {what}, found {found}{hint}")
            });
        }
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<Value<'t>> {
        let (key, value) = self.table.get_key_value(key)?;
        Some(Value::new(key.get_ref(), key.span().start, value))
    }

    /// All values, in the order of the file.
    pub fn values(&self) -> Vec<Value<'t>> {
        let mut all: Vec<_> = self
            .table
            .iter()
            .map(|(key, value)| Value::new(key.get_ref(), key.span().start, value))
            .collect();
        all.sort_by_key(|value| value.key_at);
        all
    }

    /// The value of a key that must be there; `example` is how to write it.
    pub fn need(&self, key: &str, example: &str, report: &mut Report<'_>) -> Option<Value<'t>> {
        let found = self.get(key);
        report.check(found.is_some(), self.at, || {
            let what = self.what;
            format!("expected `{key}` in {what}, found none; add for example `{key} = {example}`")
        });
        found
    }

    /// The name of the thing that the table describes.
    pub fn name(&self, report: &mut Report<'_>) -> Option<Text<'t>> {
        let name = self.need("name", "\"adoption\"", report)?.text(report)?;
        let good = is_name(name.text);
        report.check(good, name.at, || not_a_name("a name", name.text));
        good.then_some(name)
    }

    /// A plain text, `otherwise` if it is not there.
    pub fn plain(&self, key: &str, otherwise: &str, report: &mut Report<'_>) -> String {
        let text = self.get(key).and_then(|value| value.plain(report));
        text.map_or_else(|| otherwise.to_owned(), |text| text.text.to_owned())
    }

    /// The heading; braces in it would be taken for places of values.
    pub fn title(&self, otherwise: &str, report: &mut Report<'_>) -> String {
        let title = self.plain("title", otherwise, report);
        let at = self.get("title").map_or(self.at, |value| value.at);
        report.check(!title.contains(['{', '}']), at, || {
            "expected a title without braces, found one; values are shown only in reasons and \
             texts"
                .to_owned()
        });
        title
    }

    /// A whole number up to `most`, `otherwise` if it is not there.
    pub fn whole(
        &self,
        key: &str,
        (least, most): (u32, u32),
        otherwise: u32,
        report: &mut Report<'_>,
    ) -> u32 {
        self.get(key)
            .and_then(|value| value.whole((least, most), report))
            .unwrap_or(otherwise)
    }

    /// The tables that stand under a key written `[[key]]`, none if it is not there.
    pub fn tables(&self, key: &str, what: &'static str, report: &mut Report<'_>) -> Vec<Self> {
        self.get(key)
            .map_or_else(Vec::new, |value| value.tables(what, report))
    }
}

impl<'t> Value<'t> {
    fn new(key: &'t str, key_at: usize, value: &'t Spanned<DeValue<'t>>) -> Self {
        let span = value.span();
        Self {
            key,
            key_at,
            at: span.start,
            end: span.end,
            value: value.get_ref(),
        }
    }

    /// Reports that something else was expected.
    pub fn expected(&self, what: &str, report: &mut Report<'_>) {
        let (key, found) = (self.key, self.shown());
        report.problem(
            self.at,
            format!("expected `{key}` to be {what}, found {found}"),
        );
    }

    /// Reports that something else was expected, and what to do.
    pub fn expected_so(&self, what: &str, so: &str, report: &mut Report<'_>) {
        let (key, found) = (self.key, self.shown());
        report.problem(
            self.at,
            format!("expected `{key}` to be {what}, found {found}; {so}"),
        );
    }

    fn shown(&self) -> String {
        match self.value {
            DeValue::String(text) => format!("the text {}", shown(text)),
            DeValue::Integer(number) => format!("the number {number}"),
            DeValue::Float(number) => format!("the number {number}"),
            DeValue::Boolean(value) => value.to_string(),
            DeValue::Datetime(_) => "a date".to_owned(),
            DeValue::Array(_) => "a list".to_owned(),
            DeValue::Table(_) => "a table".to_owned(),
        }
    }

    /// What it is.
    #[must_use]
    pub fn as_plain(&self) -> Plain<'t> {
        match self.value {
            DeValue::String(text) => Plain::Text(text),
            DeValue::Boolean(value) => Plain::Bool(*value),
            DeValue::Datetime(moment) => Plain::Moment(*moment),
            DeValue::Table(_) => Plain::Table,
            DeValue::Integer(_) | DeValue::Float(_) => {
                self.as_number().map_or(Plain::Other, Plain::Number)
            }
            DeValue::Array(_) => Plain::Other,
        }
    }

    /// The number, if it is a finite one; −0 as 0.
    fn as_number(&self) -> Option<f64> {
        let number = match self.value {
            DeValue::Integer(digits) => i64::from_str_radix(digits.as_str(), digits.radix())
                .ok()
                .and_then(|whole| whole.to_string().parse().ok()),
            DeValue::Float(digits) => digits.as_str().parse::<f64>().ok(),
            _ => None,
        };
        number
            .filter(|number| number.is_finite())
            .map(|it| it + 0.0)
    }

    /// The text, if it is one.
    pub fn as_text(&self, report: &Report<'_>) -> Option<Text<'t>> {
        let DeValue::String(text) = self.value else {
            return None;
        };
        let raw = report.source().get(self.at..self.end).unwrap_or_default();
        // An empty text is found before its quotation mark; that is as good a place as any.
        let found = raw.find(text.as_ref());
        Some(Text {
            text,
            at: self.at + found.unwrap_or(0),
            exact: found.is_some(),
        })
    }

    /// A text.
    pub fn text(&self, report: &mut Report<'_>) -> Option<Text<'t>> {
        let text = self.as_text(report);
        if text.is_none() {
            self.expected("a text in quotation marks", report);
        }
        text
    }

    /// A text without line breaks that is not too long.
    pub fn plain(&self, report: &mut Report<'_>) -> Option<Text<'t>> {
        let text = self.text(report)?;
        let good = is_text(text.text);
        report.check(good, text.at, || {
            format!(
                "expected `{}` to be one line of at most {} bytes, found {} bytes{}; shorten it \
                 or write it on one line",
                self.key,
                puls_wire::TEXT_BYTES_MAX,
                text.text.len(),
                if text.text.chars().any(char::is_control) {
                    " with a line break or another control character"
                } else {
                    ""
                }
            )
        });
        good.then_some(text)
    }

    /// A finite number, −0 as 0.
    pub fn number(&self, report: &mut Report<'_>) -> Option<f64> {
        let number = self.as_number();
        if number.is_some() {
            return number;
        }
        match self.value {
            DeValue::String(text) if text.trim().parse::<f64>().is_ok_and(f64::is_finite) => {
                let so = format!("write {} without quotation marks", text.trim());
                self.expected_so("a number", &so, report);
            }
            _ => self.expected("a number such as 40 or 2.5", report),
        }
        None
    }

    /// A number from `least` to `most`.
    pub fn within(&self, (least, most): (f64, f64), report: &mut Report<'_>) -> Option<f64> {
        let number = self.number(report)?;
        let good = (least..=most).contains(&number);
        if !good {
            self.expected(&format!("a number from {least} to {most}"), report);
        }
        good.then_some(number)
    }

    /// A weight: not below 0.
    pub fn weight(&self, report: &mut Report<'_>) -> Option<f64> {
        // Above it, sums of weights lose their fractions.
        const WEIGHT_MAX: f64 = 1e6;
        // Below it, products of weights are no longer told apart from 0.
        const WEIGHT_MIN: f64 = 1e-30;
        let number = self.number(report)?;
        if number < 0.0 {
            self.expected_so(
                "0 or more",
                "to let more of a feature lower the score, turn its line or bands around",
                report,
            );
        } else if number > WEIGHT_MAX {
            self.expected("at most 1000000", report);
        } else if number > 0.0 && number < WEIGHT_MIN {
            self.expected("0, or at least 1e-30", report);
        } else {
            return Some(number);
        }
        None
    }

    /// A whole number within limits.
    pub fn whole(&self, (least, most): (u32, u32), report: &mut Report<'_>) -> Option<u32> {
        let number = match self.value {
            DeValue::Integer(digits) => u32::from_str_radix(digits.as_str(), digits.radix()).ok(),
            _ => None,
        };
        let number = number.filter(|number| (least..=most).contains(number));
        if number.is_none() {
            self.expected(&format!("a whole number from {least} to {most}"), report);
        }
        number
    }

    /// A table.
    pub fn table(&self, what: &'static str, report: &mut Report<'_>) -> Option<Table<'t>> {
        let table = self.as_table(what);
        if table.is_none() {
            let so = match self.value {
                DeValue::Array(_) => format!("write [{}] with one bracket, once", self.key),
                _ => "write it in braces, `{ … }`, or below a heading in brackets".to_owned(),
            };
            self.expected_so("a table", &so, report);
        }
        table
    }

    /// The table, if it is one.
    pub const fn as_table(&self, what: &'static str) -> Option<Table<'t>> {
        match self.value {
            DeValue::Table(table) => Some(Table::new(what, self.at, table)),
            _ => None,
        }
    }

    /// A list of tables.
    pub fn tables(&self, what: &'static str, report: &mut Report<'_>) -> Vec<Table<'t>> {
        let Some(items) = self.items(report) else {
            return Vec::new();
        };
        items
            .iter()
            .filter_map(|item| item.table(what, report))
            .collect()
    }

    /// A list.
    pub fn items(&self, report: &mut Report<'_>) -> Option<Vec<Self>> {
        let DeValue::Array(items) = self.value else {
            let (key, found) = (self.key, self.shown());
            let hint = if matches!(self.value, DeValue::Table(_)) {
                format!("; write [[{key}]] with two brackets, once for each")
            } else {
                "; put it in [ ]".to_owned()
            };
            report.problem(
                self.at,
                format!("expected `{key}` to be a list, found {found}{hint}"),
            );
            return None;
        };
        let item = |item: &'t Spanned<DeValue<'t>>| Self::new(self.key, item.span().start, item);
        Some(items.iter().map(item).collect())
    }
}
