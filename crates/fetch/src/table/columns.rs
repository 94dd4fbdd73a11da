//! Rows of Arrow columns, whether they came from Parquet or from Arrow IPC: which columns are worth
//! reading, and documents of their rows.

use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::{DataType, Schema};

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
                let values = names.iter().zip(self.columns.columns());
                let fields = values.map(|(name, column)| (name.to_string(), value_at(column, at)));
                let number = self.first_row + at as u64;
                row::document_of_fields(fields.collect(), label, Some(number), config).map_or_else(
                    |refusal| Fetched::Rejected(label.reject(Some(number), refusal, &[], 0)),
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
