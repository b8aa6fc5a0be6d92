//! One CSV row (RFC 4180) and the header that says what its cells are.
//!
//! The row is a record's value, without its line end; the header row travels as the record header
//! `csv-header`, or the configuration names the columns. A row without quotes is split in place
//! and its cells borrow from the record.

use std::borrow::Cow;

use bytes::Bytes;
use memchr::{memchr, memchr_iter};

use super::Fault;
use super::fields::FieldName;
use super::slots::Slots;
use super::value::Value;
use crate::model::{Reason, Record, Text};

/// The record header that carries the header row.
const HEADER: &str = "csv-header";

/// Where a cell goes.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Target {
    /// Nowhere.
    Ignored,
    /// Into a canonical field.
    Field(FieldName),
    /// Into an attribute.
    Attribute(String),
    /// Into an id of a CRM.
    CrmId(String),
    /// Into a value that a mapping reads.
    Place(usize),
}

/// What a column of this name holds.
#[derive(Clone, Debug)]
pub(super) enum Names {
    /// Canonical names: `at`, `metric`, `attributes.industry`, `crm_ids.hubspot`.
    Canonical,
    /// Names that a mapping reads, with their places.
    Mapped(Vec<(String, usize)>),
}

impl Names {
    fn target(&self, column: &str) -> Target {
        match self {
            Self::Canonical => match column.split_once('.') {
                Some(("attributes", name)) => Target::Attribute(name.to_owned()),
                Some(("crm_ids", system)) => Target::CrmId(system.to_owned()),
                _ => FieldName::parse(column).map_or(Target::Ignored, Target::Field),
            },
            Self::Mapped(places) => places
                .iter()
                .find(|(name, _)| name == column)
                .map_or(Target::Ignored, |(_, place)| Target::Place(*place)),
        }
    }
}

/// Takes rows apart; remembers the header that it saw last.
#[derive(Debug)]
pub(super) struct Rows {
    delimiter: u8,
    names: Names,
    /// The header row that `targets` belongs to; `None` where the configuration names the columns.
    header: Option<Bytes>,
    configured: bool,
    targets: Vec<Target>,
}

impl Rows {
    /// Rows with `columns`, or with the header that each brings where there are none.
    pub(super) fn new(delimiter: u8, columns: &[String], names: Names) -> Self {
        Self {
            delimiter,
            header: None,
            configured: !columns.is_empty(),
            targets: columns.iter().map(|name| names.target(name)).collect(),
            names,
        }
    }

    /// Puts the cells of a canonical row into slots.
    pub(super) fn canonical<'a>(
        &mut self,
        record: &'a Record,
        row: &'a str,
        slots: &mut Slots<'a>,
    ) -> Result<(), Fault> {
        self.cells(record, row, |target, cell| match target {
            Target::Field(field) => slots.set(*field, cell),
            Target::Attribute(name) => {
                let name = Cow::Owned(name.clone());
                slots.attributes.entries.push((name, cell));
            }
            Target::CrmId(system) => {
                let system = Cow::Owned(system.clone());
                slots.crm_ids.entries.push((system, cell));
            }
            Target::Ignored | Target::Place(_) => {}
        })
    }

    /// Puts the cells that a mapping reads into `values`.
    pub(super) fn wanted<'a>(
        &mut self,
        record: &'a Record,
        row: &'a str,
        values: &mut [Value<'a>],
    ) -> Result<(), Fault> {
        self.cells(record, row, |target, cell| {
            if let Target::Place(place) = target
                && let Some(value) = values.get_mut(*place)
            {
                *value = cell;
            }
        })
    }

    fn cells<'a>(
        &mut self,
        record: &'a Record,
        row: &'a str,
        mut take: impl FnMut(&Target, Value<'a>),
    ) -> Result<(), Fault> {
        self.follow(record)?;
        let row = row.trim_end_matches(['\r', '\n']);
        let mut targets = self.targets.iter();
        let mut found = 0;
        split(row, self.delimiter, |cell| {
            found += 1;
            if let Some(target) = targets.next() {
                take(target, Value::text(cell));
            }
        })?;
        if found == self.targets.len() {
            return Ok(());
        }
        Err(Fault {
            reason: Reason::Malformed,
            detail: format!(
                "expected a row of {} cells, as its header has, found {found}",
                self.targets.len()
            ),
        })
    }

    /// Looks at the record's header row and learns it if it is another than the last one.
    fn follow(&mut self, record: &Record) -> Result<(), Fault> {
        if self.configured {
            return Ok(());
        }
        let header = record.headers.iter().find(|(name, _)| name == HEADER);
        let Some((_, header)) = header else {
            return Err(Fault {
                reason: Reason::Malformed,
                detail: format!(
                    "expected the record header `{HEADER}` or `columns` in the configuration, \
                     found neither"
                ),
            });
        };
        if self.header.as_ref() == Some(header) {
            return Ok(());
        }
        let text = str::from_utf8(header).map_err(|_| not_text("the header row"))?;
        let text = text.trim_start_matches('\u{feff}').trim_end();
        let (mut targets, names) = (Vec::new(), &self.names);
        split(text, self.delimiter, |cell| {
            targets.push(names.target(cell.trim()));
        })?;
        self.targets = targets;
        self.header = Some(header.clone());
        Ok(())
    }
}

/// Gives the cells of `row` in order.
fn split<'a>(row: &'a str, delimiter: u8, mut give: impl FnMut(Text<'a>)) -> Result<(), Fault> {
    if memchr(b'"', row.as_bytes()).is_some() {
        return split_quoted(row, delimiter, give);
    }
    let mut begin = 0;
    for end in memchr_iter(delimiter, row.as_bytes()) {
        give(Cow::Borrowed(row.get(begin..end).unwrap_or_default()));
        begin = end + 1;
    }
    give(Cow::Borrowed(row.get(begin..).unwrap_or_default()));
    Ok(())
}

fn split_quoted<'a>(row: &str, delimiter: u8, mut give: impl FnMut(Text<'a>)) -> Result<(), Fault> {
    let mut cells = csv::StringRecord::new();
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .buffer_capacity(row.len().max(1))
        .from_reader(row.as_bytes());
    let mut read = || {
        reader.read_record(&mut cells).map_err(|error| Fault {
            reason: Reason::Malformed,
            detail: format!("expected one CSV row, found: {error}"),
        })
    };
    read()?;
    cells
        .iter()
        .for_each(|cell| give(Cow::Owned(cell.to_owned())));
    let mut more = csv::StringRecord::new();
    if reader.read_record(&mut more).unwrap_or(true) {
        return Err(Fault {
            reason: Reason::Malformed,
            detail: "expected one CSV row, found several".into(),
        });
    }
    Ok(())
}

/// The fault that bytes are no UTF-8.
pub(super) fn not_text(what: &str) -> Fault {
    Fault {
        reason: Reason::Malformed,
        detail: format!("expected UTF-8, found other bytes in {what}"),
    }
}
