//! Rows cleaned each by itself: what only many documents prove together stays in.

use std::io::Cursor;
use std::ops::ControlFlow;

use serde_json::Value;
use unecho_fetch::{Fetched, Source};
use unecho_model::record::NormalizedRecord;
use unecho_model::{RawDocument, Rejected};
use unecho_normalize::Normalizer;

use crate::{Config, Error, normalized};

/// What rows without an id are called until their record is made. A character that Unicode keeps for the inside of
/// programs: no table has it.
const NAMELESS: &str = "\u{FDD0}";

/// What became of a row.
pub type CleanRow = Result<RowRecord, Box<Rejected>>;

/// The record of a row. Nothing of it depends on how a table was cut into portions.
#[derive(Debug, Clone, PartialEq)]
pub struct RowRecord {
    record: NormalizedRecord,
    id: RowId,
}

/// Whether a row has an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum RowId {
    Given,
    Absent,
}

impl RowRecord {
    /// As JSON: the record as `unecho normalize` prints it, without the number of a line; `id` is null where the row
    /// has none.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut record = serde_json::to_value(&self.record).expect("a record is always JSON");
        if self.id == RowId::Absent {
            record["id"] = Value::Null;
        }
        record.to_string()
    }
}

/// Cleans rows without looking at other rows, so that any portion of a table can be cleaned anywhere.
pub struct RowNormalizer {
    config: Config,
    normalizer: Normalizer,
    source: Source,
}

impl RowNormalizer {
    /// One with these settings.
    ///
    /// # Errors
    /// When the rules cannot be understood.
    pub fn new(config: Config) -> Result<Self, Error> {
        let normalizer = Normalizer::new(&config.normalize)?;
        Ok(Self { config, normalizer, source: Source::of_rows(NAMELESS) })
    }

    /// The rows in `lines`, JSON objects one a line, in their order; none is blank.
    #[must_use]
    pub fn clean(&self, lines: Vec<u8>) -> Vec<CleanRow> {
        let mut rows = Vec::new();
        let reader = self.source.open_with(Box::new(Cursor::new(lines)), &self.config.fetch);
        reader.read(&mut |batch, _| {
            rows.extend(batch.parse(&self.config.fetch).into_iter().map(|fetched| match fetched {
                Fetched::Document(raw) => self.clean_row(raw),
                Fetched::Rejected(rejected) => Err(Box::new(rejected)),
            }));
            ControlFlow::Continue(())
        });
        rows
    }

    fn clean_row(&self, row: RawDocument) -> CleanRow {
        let id = if row.id.as_str().starts_with(NAMELESS) { RowId::Absent } else { RowId::Given };
        let mut record = self.normalizer.normalize(row).map(normalized).map_err(Box::new)?;
        record.document.line = None;
        Ok(RowRecord { record, id })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_row_is_cleaned_in_its_place() {
        let lines = concat!(
            "{\"id\":\"a\",\"text\":\"The quay was closed on Monday.\\n\\nimage source from:examplepost\"}\n",
            "{\"id\":\"b\",\"text\":7}\n",
            "{\"id\":\"c\",\"text\":\"It opened again on Friday.\"}\n",
        );
        let rows = RowNormalizer::new(Config::default()).unwrap().clean(lines.into());
        let texts: Vec<Result<&str, &str>> = rows
            .iter()
            .map(|row| match row {
                Ok(row) => Ok(row.record.document.text.as_str()),
                Err(rejected) => Err(rejected.reason.name()),
            })
            .collect();
        let expect =
            [Ok("The quay was closed on Monday."), Err("bad-field"), Ok("It opened again on Friday.")];
        assert_eq!(texts, expect);
        assert_eq!(rows[0].as_ref().map(|row| row.record.stripped.len()), Ok(1));
    }

    #[test]
    fn a_record_does_not_depend_on_the_rows_around_it() {
        let normalizer = RowNormalizer::new(Config::default()).unwrap();
        let records = |rows: &[&str]| -> Vec<String> {
            let rows = normalizer.clean(rows.iter().flat_map(|row| [row, "\n"]).collect::<String>().into());
            rows.into_iter().map(|row| row.unwrap().to_json()).collect()
        };
        let bare = "{\"text\":\"The quay was closed on Monday.\"}";
        let named = "{\"id\":\"stdin:1\",\"text\":\"It opened again on Friday.\"}";
        let together = records(&[named, bare]);
        assert_eq!(together, [records(&[named]), records(&[bare])].concat());
        let ids = together.iter().map(|record| serde_json::from_str::<Value>(record).unwrap()["id"].clone());
        assert_eq!(ids.collect::<Vec<_>>(), [Value::from("stdin:1"), Value::Null]);
    }
}
