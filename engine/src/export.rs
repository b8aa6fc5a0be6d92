//! Tables for other programs: features, scores and alerts as CSV, Parquet or Arrow IPC.
//!
//! Writes what it is given, row by row, and evaluates nothing. What is missing is null in Parquet
//! and Arrow and empty in CSV, never 0. A table is whole or not there: it is written beside its
//! place and moved there at the end.

mod writer;

use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanBuilder, Float64Builder, Int64Builder, StringBuilder,
    TimestampMillisecondBuilder,
};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;

use self::writer::Writer;
use crate::limits::EXPORT_BATCH_ROWS;
use crate::log::durable;
use crate::model::Time;

/// UTC as an offset: the name of a zone would need a second copy of the zone data.
const UTC: &str = "+00:00";

/// Form of an exported table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    /// Comma-separated, with a header.
    Csv,
    /// Apache Parquet, compressed with Snappy.
    Parquet,
    /// An Arrow IPC file (Feather 2).
    Arrow,
}

/// What a column holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ColumnType {
    /// Text.
    Text,
    /// A number.
    Number,
    /// A whole number.
    Integer,
    /// Yes or no.
    Bool,
    /// A moment, in UTC to the millisecond.
    Time,
}

/// A column of a table.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Column {
    /// Name.
    pub name: String,
    /// What it holds.
    pub holds: ColumnType,
}

impl Column {
    /// A column.
    #[must_use]
    pub fn new(name: impl Into<String>, holds: ColumnType) -> Self {
        Self {
            name: name.into(),
            holds,
        }
    }
}

/// The value of one column in one row. A value of another type than its column's is missing there.
#[derive(Clone, PartialEq, Debug)]
pub enum Cell {
    /// No value.
    Missing,
    /// Text.
    Text(String),
    /// A number; NaN is missing.
    Number(f64),
    /// A whole number.
    Integer(i64),
    /// Yes or no.
    Bool(bool),
    /// A moment.
    Time(Time),
}

impl From<Option<String>> for Cell {
    fn from(text: Option<String>) -> Self {
        text.map_or(Self::Missing, Self::Text)
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<f64> for Cell {
    fn from(number: f64) -> Self {
        if number.is_nan() {
            Self::Missing
        } else {
            Self::Number(number)
        }
    }
}

impl From<Option<f64>> for Cell {
    fn from(number: Option<f64>) -> Self {
        number.map_or(Self::Missing, Self::from)
    }
}

impl From<Option<Time>> for Cell {
    fn from(time: Option<Time>) -> Self {
        time.map_or(Self::Missing, Self::Time)
    }
}

/// Why a table cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The file.
    #[error("write {path}: {source}", path = path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The form.
    #[error("write the table: {0}")]
    Table(#[from] ArrowError),
    /// Parquet.
    #[error("write the table: {0}")]
    Parquet(#[from] parquet::errors::ParquetError),
}

/// A table that is being written.
#[derive(Debug)]
pub struct Table {
    path: PathBuf,
    /// Where it is until it is whole.
    unfinished: PathBuf,
    schema: SchemaRef,
    builders: Vec<Builder>,
    rows: usize,
    rows_all: u64,
    writer: Writer,
}

impl Table {
    /// Begins the table of these columns that shall be at `path`.
    ///
    /// # Errors
    /// Where the file cannot be made.
    pub fn create(path: &Path, form: Form, columns: &[Column]) -> Result<Self, ExportError> {
        let fields: Vec<_> = columns.iter().map(field).collect();
        let schema = Arc::new(Schema::new(fields));
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(".unfinished");
        let unfinished = path.with_file_name(name);
        let file = File::create(&unfinished).map_err(|source| ExportError::File {
            path: unfinished.clone(),
            source,
        })?;
        let writer = Writer::new(form, BufWriter::new(file), &schema)?;
        Ok(Self {
            path: path.to_owned(),
            unfinished,
            schema,
            builders: columns
                .iter()
                .map(|column| Builder::new(column.holds))
                .collect(),
            rows: 0,
            rows_all: 0,
            writer,
        })
    }

    /// Adds a row; cells that are not given are missing.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn push(&mut self, row: impl IntoIterator<Item = Cell>) -> Result<(), ExportError> {
        let mut cells = row.into_iter();
        for builder in &mut self.builders {
            builder.push(cells.next().unwrap_or(Cell::Missing));
        }
        self.rows += 1;
        self.rows_all += 1;
        if self.rows >= EXPORT_BATCH_ROWS {
            self.flush()?;
        }
        Ok(())
    }

    /// Ends the table, puts it in its place and gives the number of its rows.
    ///
    /// # Errors
    /// Where the file cannot be written; what was at the place before stays then.
    pub fn finish(mut self) -> Result<u64, ExportError> {
        self.flush()?;
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |source| ExportError::File { path, source }
        };
        let file = self.writer.finish()?;
        file.sync_all().map_err(failed(&self.unfinished))?;
        durable::put_in_place(&self.unfinished, &self.path).map_err(failed(&self.path))?;
        Ok(self.rows_all)
    }

    fn flush(&mut self) -> Result<(), ExportError> {
        if self.rows == 0 {
            return Ok(());
        }
        let arrays = self.builders.iter_mut().map(Builder::finish).collect();
        let batch = RecordBatch::try_new(Arc::clone(&self.schema), arrays)?;
        self.rows = 0;
        self.writer.write(&batch)
    }
}

fn field(column: &Column) -> Field {
    let data = match column.holds {
        ColumnType::Text => DataType::Utf8,
        ColumnType::Number => DataType::Float64,
        ColumnType::Integer => DataType::Int64,
        ColumnType::Bool => DataType::Boolean,
        ColumnType::Time => DataType::Timestamp(TimeUnit::Millisecond, Some(UTC.into())),
    };
    Field::new(&column.name, data, true)
}

#[derive(Debug)]
enum Builder {
    Text(StringBuilder),
    Number(Float64Builder),
    Integer(Int64Builder),
    Bool(BooleanBuilder),
    Time(TimestampMillisecondBuilder),
}

impl Builder {
    fn new(holds: ColumnType) -> Self {
        match holds {
            ColumnType::Text => Self::Text(StringBuilder::new()),
            ColumnType::Number => Self::Number(Float64Builder::new()),
            ColumnType::Integer => Self::Integer(Int64Builder::new()),
            ColumnType::Bool => Self::Bool(BooleanBuilder::new()),
            ColumnType::Time => Self::Time(TimestampMillisecondBuilder::new().with_timezone(UTC)),
        }
    }

    fn push(&mut self, cell: Cell) {
        match (self, cell) {
            (Self::Text(builder), Cell::Text(text)) => builder.append_value(text),
            (Self::Text(builder), _) => builder.append_null(),
            (Self::Number(builder), Cell::Number(number)) => builder.append_value(number),
            (Self::Number(builder), _) => builder.append_null(),
            (Self::Integer(builder), Cell::Integer(number)) => builder.append_value(number),
            (Self::Integer(builder), _) => builder.append_null(),
            (Self::Bool(builder), Cell::Bool(value)) => builder.append_value(value),
            (Self::Bool(builder), _) => builder.append_null(),
            (Self::Time(builder), Cell::Time(time)) => builder.append_value(time.0),
            (Self::Time(builder), _) => builder.append_null(),
        }
    }

    fn finish(&mut self) -> ArrayRef {
        match self {
            Self::Text(builder) => Arc::new(builder.finish()),
            Self::Number(builder) => Arc::new(builder.finish()),
            Self::Integer(builder) => Arc::new(builder.finish()),
            Self::Bool(builder) => Arc::new(builder.finish()),
            Self::Time(builder) => Arc::new(builder.finish()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use arrow::array::{Array, AsArray};
    use arrow::datatypes::Float64Type;
    use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

    use super::*;

    fn columns() -> Vec<Column> {
        vec![
            Column::new("account", ColumnType::Text),
            Column::new("score", ColumnType::Number),
            Column::new("open", ColumnType::Integer),
            Column::new("primary", ColumnType::Bool),
            Column::new("now", ColumnType::Time),
        ]
    }

    fn written(form: Form, rows: usize) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("table");
        let mut table = Table::create(&path, form, &columns()).unwrap();
        for row in 0..rows {
            let score = if row % 2 == 0 { 72.5 } else { f64::NAN };
            table
                .push([
                    Cell::from("a, b"),
                    Cell::from(score),
                    Cell::Integer(3),
                    Cell::Bool(true),
                    Cell::Time(Time(1_000)),
                ])
                .unwrap();
        }
        assert!(!path.exists());
        assert_eq!(table.finish().unwrap(), rows as u64);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        (folder, path)
    }

    #[test]
    fn csv_leaves_what_is_missing_empty() {
        let (_folder, path) = written(Form::Csv, 2);
        assert_eq!(
            fs::read_to_string(path).unwrap(),
            "account,score,open,primary,now\n\
             \"a, b\",72.5,3,true,1970-01-01T00:00:01Z\n\
             \"a, b\",,3,true,1970-01-01T00:00:01Z\n"
        );
    }

    fn check(batches: &[RecordBatch], rows: usize) {
        assert_eq!(
            batches.iter().map(RecordBatch::num_rows).sum::<usize>(),
            rows
        );
        let scores = batches[0].column(1).as_primitive::<Float64Type>();
        assert_eq!(scores.value(0).to_bits(), 72.5f64.to_bits());
        assert!(scores.is_null(1));
    }

    #[test]
    fn parquet_and_arrow_read_back() {
        let rows = EXPORT_BATCH_ROWS + 1;
        let (_folder, path) = written(Form::Parquet, rows);
        let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(path).unwrap());
        let batches: Result<Vec<_>, _> = reader.unwrap().build().unwrap().collect();
        check(&batches.unwrap(), rows);
        let (_folder, path) = written(Form::Arrow, rows);
        let reader = arrow::ipc::reader::FileReader::try_new(File::open(path).unwrap(), None);
        check(
            &reader.unwrap().collect::<Result<Vec<_>, _>>().unwrap(),
            rows,
        );
    }

    #[test]
    fn a_table_without_rows_has_its_columns() {
        let (_folder, path) = written(Form::Csv, 0);
        assert_eq!(
            fs::read_to_string(path).unwrap(),
            "account,score,open,primary,now\n"
        );
        let (_folder, path) = written(Form::Arrow, 0);
        let reader = arrow::ipc::reader::FileReader::try_new(File::open(path).unwrap(), None);
        assert_eq!(reader.unwrap().schema().fields().len(), 5);
    }
}
