//! What the documents of a batch follow from, as one digest: two batches of one digest parse alike.

use blake3::Hasher;
use unecho_model::Digest;

use super::{Batch, Content};
use crate::table::TextRows;
use crate::table::columns::ColumnRows;
use crate::warc;

impl Batch {
    /// A digest of everything that [`Batch::parse`] depends on besides the configuration: the content, and the
    /// names and numbers that its documents get. `None` where that cannot be told.
    #[must_use]
    pub fn digest(&self) -> Option<Digest> {
        let mut hasher = Hasher::new();
        put(&mut hasher, self.label.path().as_bytes());
        put(&mut hasher, self.label.stem().as_bytes());
        match &self.content {
            Content::Lines { bytes, first_line } => {
                put(&mut hasher, b"lines");
                put_number(&mut hasher, *first_line);
                put(&mut hasher, bytes);
            }
            Content::File { bytes, format } => {
                put(&mut hasher, format!("{format:?}").as_bytes());
                put(&mut hasher, bytes);
            }
            Content::Records(records) => {
                put(&mut hasher, b"records");
                records.iter().for_each(|record| put_record(&mut hasher, record));
            }
            Content::TextRows(rows) => put_text_rows(&mut hasher, rows),
            Content::ColumnRows(rows) => put_column_rows(&mut hasher, rows)?,
            Content::RowGroup(rows) => {
                put(&mut hasher, b"row group");
                put(&mut hasher, rows.described().as_bytes());
                rows.copy_stored(&mut hasher).ok()?;
            }
            // Nothing is saved by remembering a rejection.
            Content::Rejected(_) => return None,
        }
        Some(Digest::from_bytes(*hasher.finalize().as_bytes()))
    }
}

fn put(hasher: &mut Hasher, bytes: &[u8]) {
    put_number(hasher, bytes.len() as u64);
    hasher.update(bytes);
}

fn put_number(hasher: &mut Hasher, number: u64) {
    hasher.update(&number.to_le_bytes());
}

fn put_record(hasher: &mut Hasher, record: &warc::Record) {
    put_number(hasher, record.number.unwrap_or(0));
    put(hasher, format!("{:?}", record.head).as_bytes());
    put(hasher, &record.block);
}

fn put_text_rows(hasher: &mut Hasher, rows: &TextRows) {
    put(hasher, b"text rows");
    put_number(hasher, rows.first_row);
    put_number(hasher, rows.names.len() as u64);
    rows.names.iter().for_each(|name| put(hasher, name.as_bytes()));
    for row in &rows.rows {
        put_number(hasher, row.len() as u64);
        row.iter().for_each(|field| put(hasher, field));
    }
}

/// Columns as the Arrow stream format has them.
fn put_column_rows(hasher: &mut Hasher, rows: &ColumnRows) -> Option<()> {
    put(hasher, b"columns");
    put_number(hasher, rows.first_row);
    let mut writer = arrow_ipc::writer::StreamWriter::try_new(&mut *hasher, &rows.columns.schema()).ok()?;
    writer.write(&rows.columns).ok()?;
    writer.finish().ok()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::label::Label;

    #[test]
    fn everything_that_parsing_depends_on_counts() {
        let lines = |path: &str, stem: &str, bytes: &[u8], first_line| {
            let label = Arc::new(Label::new(path.to_owned(), stem));
            Batch::lines(&label, bytes.to_vec(), first_line).digest().unwrap()
        };
        let one = lines("a.jsonl", "a", b"{}\n", 1);
        assert_eq!(one, lines("a.jsonl", "a", b"{}\n", 1));
        let others = [
            lines("b.jsonl", "a", b"{}\n", 1),
            lines("a.jsonl", "b", b"{}\n", 1),
            lines("a.jsonl", "a", b"{ }\n", 1),
            lines("a.jsonl", "a", b"{}\n", 2),
        ];
        assert!(others.iter().all(|other| *other != one));
    }
}
