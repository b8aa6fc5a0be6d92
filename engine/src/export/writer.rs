//! The three forms behind one pair of verbs: write a batch, finish.

use std::fmt;
use std::fs::File;
use std::io::BufWriter;

use arrow::csv;
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use arrow::ipc::writer::FileWriter;
use arrow::record_batch::RecordBatch;
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;

use super::{ExportError, Form};

type Out = BufWriter<File>;

/// Writes batches in one form.
pub(super) enum Writer {
    Csv(Box<csv::Writer<Out>>),
    Parquet(Box<ArrowWriter<Out>>),
    Arrow(Box<FileWriter<Out>>),
}

impl fmt::Debug for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Csv(_) => "Csv",
            Self::Parquet(_) => "Parquet",
            Self::Arrow(_) => "Arrow",
        })
    }
}

impl Writer {
    pub(super) fn new(form: Form, out: Out, schema: &SchemaRef) -> Result<Self, ExportError> {
        Ok(match form {
            Form::Csv => {
                let mut writer = csv::WriterBuilder::new().with_header(true).build(out);
                // The header comes with the first batch, and a table without rows has one too.
                writer.write(&RecordBatch::new_empty(SchemaRef::clone(schema)))?;
                Self::Csv(Box::new(writer))
            }
            Form::Parquet => {
                let properties = WriterProperties::builder()
                    .set_compression(Compression::SNAPPY)
                    .build();
                let schema = SchemaRef::clone(schema);
                Self::Parquet(Box::new(ArrowWriter::try_new(
                    out,
                    schema,
                    Some(properties),
                )?))
            }
            Form::Arrow => Self::Arrow(Box::new(FileWriter::try_new(out, schema)?)),
        })
    }

    pub(super) fn write(&mut self, batch: &RecordBatch) -> Result<(), ExportError> {
        match self {
            Self::Csv(writer) => writer.write(batch)?,
            Self::Parquet(writer) => writer.write(batch)?,
            Self::Arrow(writer) => writer.write(batch)?,
        }
        Ok(())
    }

    pub(super) fn finish(self) -> Result<File, ExportError> {
        let out = match self {
            Self::Csv(writer) => writer.into_inner(),
            Self::Parquet(writer) => writer.into_inner()?,
            Self::Arrow(writer) => writer.into_inner()?,
        };
        Ok(out
            .into_inner()
            .map_err(|error| ArrowError::from(error.into_error()))?)
    }
}
