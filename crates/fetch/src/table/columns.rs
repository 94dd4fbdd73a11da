//! Rows of Arrow columns, whether they came from Parquet or from Arrow IPC: which columns are worth
//! reading, and documents of their rows.

use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{DataType, Schema};
use serde_json::Value;

use super::value::value_at;
use crate::batch::Fetched;
use crate::label::Label;
use crate::{Config, row};

/// Rows in columns.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ColumnRows {
    pub(crate) columns: RecordBatch,
    /// 1-based number of the first row in its file.
    pub(crate) first_row: u64,
}

impl ColumnRows {
    /// The documents and rejections of the rows.
    pub(crate) fn parse(&self, label: &Label, config: &Config) -> Vec<Fetched> {
        let schema = self.columns.schema();
        let names: Vec<Arc<str>> = schema.fields().iter().map(|field| field.name().as_str().into()).collect();
        (0..self.columns.num_rows())
            .map(|at| {
                let values = || names.iter().zip(self.columns.columns());
                let field = |(name, column): (&Arc<str>, &ArrayRef)| (name.to_string(), value_at(column, at));
                let number = self.first_row + at as u64;
                let fields = values().map(field).collect();
                row::document_of_fields(fields, label, Some(number), config).map_or_else(
                    |refusal| {
                        // A row has no text of its own: it is shown as a line of JSON would be.
                        let row = Value::Object(values().map(field).collect()).to_string();
                        Fetched::Rejected(label.reject(
                            Some(number),
                            refusal,
                            row.as_bytes(),
                            row.len() as u64,
                        ))
                    },
                    Fetched::Document,
                )
            })
            .collect()
    }
}

/// The columns to read: those whose values are text, numbers, times or objects of these. Images and
/// embeddings are not read from disk at all.
pub(crate) fn wanted(schema: &Schema) -> Vec<usize> {
    (0..schema.fields().len()).filter(|&at| is_wanted(schema.field(at).data_type())).collect()
}

fn is_wanted(kind: &DataType) -> bool {
    match kind {
        DataType::List(field) | DataType::LargeList(field) => is_text(field.data_type()),
        DataType::Struct(fields) => fields.iter().all(|field| is_wanted(field.data_type())),
        DataType::Dictionary(_, kind) => is_text(kind),
        kind => {
            is_text(kind)
                || kind.is_numeric()
                || kind.is_temporal()
                || matches!(kind, DataType::Boolean | DataType::Null)
        }
    }
}

fn is_text(kind: &DataType) -> bool {
    matches!(kind, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View)
}
