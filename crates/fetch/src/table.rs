//! Tables: CSV, Parquet, Arrow. A row is a document, its columns are the fields that a JSON object
//! would have.

pub(crate) mod arrow;
pub(crate) mod columns;
pub(crate) mod csv;
pub(crate) mod parquet;
mod value;

use std::sync::Arc;

use serde_json::Value;
use unecho_model::RejectReason;

use crate::batch::Fetched;
use crate::label::{Label, Refusal};
use crate::{Config, row};

/// Calls a library that meets some damage with a panic: a damaged file must not end the run.
fn guarded<T, E: std::fmt::Display>(what: &str, call: impl FnOnce() -> Result<T, E>) -> Result<T, Refusal> {
    match std::panic::catch_unwind(std::panic::AssertUnwindSafe(call)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(Refusal::new(RejectReason::Damaged, format!("{what} cannot be read: {error}"))),
        Err(_) => {
            Err(Refusal::new(RejectReason::Damaged, format!("{what} cannot be read: lengths do not fit")))
        }
    }
}

/// Rows of text, under the names of their columns.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct TextRows {
    pub(crate) names: Arc<[String]>,
    pub(crate) rows: Vec<::csv::ByteRecord>,
    /// 1-based number of the first row, without the line of names.
    pub(crate) first_row: u64,
}

impl TextRows {
    /// The documents and rejections of the rows.
    pub(crate) fn parse(&self, label: &Label, config: &Config) -> Vec<Fetched> {
        let numbered = self.rows.iter().zip(self.first_row..);
        numbered.map(|(row, number)| self.parse_row(row, number, label, config)).collect()
    }

    fn parse_row(&self, row: &::csv::ByteRecord, number: u64, label: &Label, config: &Config) -> Fetched {
        let fields = self.names.iter().zip(row.iter()).map(|(name, value)| {
            let text = str::from_utf8(value).map_err(|error| {
                let detail = format!("no UTF-8 in column `{name}` at byte {}", error.valid_up_to() + 1);
                Refusal::new(RejectReason::InvalidEncoding, detail)
            })?;
            // An empty cell says nothing.
            let value = if text.is_empty() { Value::Null } else { Value::String(text.to_owned()) };
            Ok((name.clone(), value))
        });
        let document = if row.len() == self.names.len() {
            fields
                .collect::<Result<Vec<_>, _>>()
                .and_then(|fields| row::document_of_fields(fields, label, Some(number), config))
        } else {
            let detail = format!("{} columns, the first line names {}", row.len(), self.names.len());
            Err(Refusal::new(RejectReason::BadField, detail))
        };
        document.map_or_else(
            |refusal| {
                let content = row.as_slice();
                Fetched::Rejected(label.reject(Some(number), refusal, content, content.len() as u64))
            },
            Fetched::Document,
        )
    }
}
