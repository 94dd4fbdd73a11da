//! Records as columns: Apache Parquet files, written row group by row group and read back.

mod schema;

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_json::ReaderBuilder;
use arrow_json::writer::{LineDelimited, WriterBuilder};
use arrow_schema::SchemaRef;
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use parquet::arrow::arrow_writer::{
    ArrowColumnChunk, ArrowRowGroupWriterFactory, ArrowWriter, ArrowWriterOptions, compute_leaves,
};
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::reader::ChunkReader;
use parquet::file::writer::SerializedFileWriter;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};

use crate::RecordKind;
pub(crate) use schema::{JSON_TEXT_FIELD, described, schema};

/// Makes row groups of one kind of record; can be shared among threads.
pub(crate) struct Encoder {
    schema: SchemaRef,
    row_groups: ArrowRowGroupWriterFactory,
}

/// A file of row groups being written to `W`.
pub(crate) struct ColumnFile<W: Write> {
    writer: SerializedFileWriter<W>,
}

/// One row group, encoded and compressed.
pub(crate) struct RowGroup {
    columns: Vec<ArrowColumnChunk>,
}

fn options(zstd_level: i32) -> ArrowWriterOptions {
    let level = ZstdLevel::try_new(zstd_level).unwrap_or_default();
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(level))
        .set_statistics_enabled(EnabledStatistics::Page)
        .set_created_by(format!("unecho {}", env!("CARGO_PKG_VERSION")));
    ArrowWriterOptions::new().with_properties(properties.build())
}

impl<W: Write + Send> ColumnFile<W> {
    /// Begins a file.
    pub(crate) fn begin(kind: RecordKind, zstd_level: i32, to: W) -> io::Result<(Self, Encoder)> {
        Self::of_schema(schema(kind), zstd_level, to)
    }

    /// Begins a file with these columns.
    pub(crate) fn of_schema(schema: SchemaRef, zstd_level: i32, to: W) -> io::Result<(Self, Encoder)> {
        let writer = ArrowWriter::try_new_with_options(to, Arc::clone(&schema), options(zstd_level))?;
        let (writer, row_groups) = writer.into_serialized_writer()?;
        Ok((Self { writer }, Encoder { schema, row_groups }))
    }

    /// Adds a row group.
    pub(crate) fn append(&mut self, group: RowGroup) -> io::Result<()> {
        let mut row_group = self.writer.next_row_group()?;
        for column in group.columns {
            column.append_to_row_group(&mut row_group)?;
        }
        row_group.close()?;
        Ok(())
    }

    /// Writes the footer and gives back what was written to.
    pub(crate) fn finish(self) -> io::Result<W> {
        Ok(self.writer.into_inner()?)
    }
}

impl RowGroup {
    /// How long it is.
    pub(crate) fn bytes(&self) -> usize {
        self.columns.iter().map(|column| usize::try_from(column.close().bytes_written).unwrap_or(0)).sum()
    }
}

impl Encoder {
    /// Encodes records, given as lines of [`row_line`].
    pub(crate) fn row_group(&self, lines: &[u8], rows: usize) -> io::Result<RowGroup> {
        let mut decoder = ReaderBuilder::new(Arc::clone(&self.schema))
            .with_strict_mode(true)
            .with_batch_size(rows.max(1))
            .build_decoder()
            .map_err(io::Error::other)?;
        let read = decoder.decode(lines).map_err(io::Error::other)?;
        let batch = decoder.flush().map_err(io::Error::other)?;
        let batch = batch.unwrap_or_else(|| RecordBatch::new_empty(Arc::clone(&self.schema)));
        if read != lines.len() || batch.num_rows() != rows {
            return Err(io::Error::other("records and rows differ in number"));
        }
        self.encode(&batch)
    }

    fn encode(&self, batch: &RecordBatch) -> io::Result<RowGroup> {
        let mut writers = self.row_groups.create_column_writers(0)?.into_iter();
        let mut columns = Vec::with_capacity(writers.len());
        for (field, column) in self.schema.fields().iter().zip(batch.columns()) {
            for leaf in compute_leaves(field, column)? {
                let mut writer = writers.next().ok_or_else(|| io::Error::other("a leaf without a writer"))?;
                writer.write(&leaf)?;
                columns.push(writer.close()?);
            }
        }
        Ok(RowGroup { columns })
    }
}

/// Appends a record, given as JSON, as a line for [`Encoder::row_group`]: the same, but what has no fixed shape is
/// text.
pub(crate) fn row_line(record: &[u8], line: &mut Vec<u8>) -> serde_json::Result<()> {
    let text;
    let mut row: BTreeMap<&str, &RawValue> = serde_json::from_slice(record)?;
    if let Some(free) = row.get_mut(JSON_TEXT_FIELD) {
        text = to_raw_value(free.get())?;
        *free = &text;
    }
    serde_json::to_writer(&mut *line, &row)?;
    line.push(b'\n');
    Ok(())
}

/// The records of a file, batch by batch.
pub(crate) struct ColumnReader {
    batches: ParquetRecordBatchReader,
}

impl ColumnReader {
    /// Opens a file.
    pub(crate) fn open<R: ChunkReader + 'static>(file: R) -> io::Result<Self> {
        /// Rows that are in memory together.
        const BATCH_ROWS: usize = 256;
        let builder = ParquetRecordBatchReaderBuilder::try_new(file)?;
        Ok(Self { batches: builder.with_batch_size(BATCH_ROWS).build()? })
    }

    /// The next records; `None` at the end.
    pub(crate) fn next_batch<T: DeserializeOwned>(&mut self) -> Option<io::Result<Vec<T>>> {
        let batch = self.batches.next()?.map_err(io::Error::other);
        Some(batch.and_then(|batch| records(&batch)))
    }
}

fn records<T: DeserializeOwned>(batch: &RecordBatch) -> io::Result<Vec<T>> {
    let mut writer = WriterBuilder::new().with_explicit_nulls(true).build::<_, LineDelimited>(Vec::new());
    writer.write(batch).and_then(|()| writer.finish()).map_err(io::Error::other)?;
    let lines = writer.into_inner();
    let record = |line: &[u8]| -> serde_json::Result<T> {
        let mut row: Value = serde_json::from_slice(line)?;
        if let Some(free) = row.get_mut(JSON_TEXT_FIELD)
            && let Some(text) = free.as_str()
        {
            *free = serde_json::from_str(text)?;
        }
        serde_json::from_value(row)
    };
    let lines = lines.split(|&byte| byte == b'\n').filter(|line| !line.is_empty());
    lines.map(|line| record(line).map_err(io::Error::from)).collect()
}
