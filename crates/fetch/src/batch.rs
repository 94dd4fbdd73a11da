//! A piece of one source, ready to be parsed on any thread: some lines, or one whole file.

mod key;
mod lines;

use std::sync::Arc;

use memchr::memchr;
use unecho_model::{Fields, Payload, RawDocument, RejectReason, Rejected};

use crate::format::Format;
use crate::label::{Label, Refusal};
use crate::table::TextRows;
use crate::table::columns::ColumnRows;
use crate::table::parquet::RowGroup;
use crate::{Config, feed, json_file, row, sniff, warc};

pub use lines::Line;

/// What became of one line or file.
#[derive(Debug, Clone, PartialEq)]
pub enum Fetched {
    /// It was taken in.
    Document(RawDocument),
    /// It was not, and why.
    Rejected(Rejected),
}

/// A piece of one source, in the order of the source.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    label: Arc<Label>,
    content: Content,
}

#[derive(Debug, Clone, PartialEq)]
enum Content {
    /// Whole lines; `first_line` is the 1-based number of the first of them in its file.
    Lines { bytes: Vec<u8>, first_line: u64 },
    /// A whole file.
    File { bytes: Vec<u8>, format: Format },
    /// Records of a WARC file.
    Records(Vec<warc::Record>),
    /// Rows of CSV.
    TextRows(TextRows),
    /// Rows of columns.
    ColumnRows(ColumnRows),
    /// Rows of columns that are still on disk.
    RowGroup(Box<RowGroup>),
    /// Something that the reader could not take in.
    Rejected(Box<Rejected>),
}

impl Batch {
    pub(crate) fn lines(label: &Arc<Label>, bytes: Vec<u8>, first_line: u64) -> Self {
        Self { label: Arc::clone(label), content: Content::Lines { bytes, first_line } }
    }

    pub(crate) fn file(label: &Arc<Label>, bytes: Vec<u8>, format: Format) -> Self {
        Self { label: Arc::clone(label), content: Content::File { bytes, format } }
    }

    pub(crate) fn records(label: &Arc<Label>, records: Vec<warc::Record>) -> Self {
        Self { label: Arc::clone(label), content: Content::Records(records) }
    }

    pub(crate) fn text_rows(label: &Arc<Label>, rows: TextRows) -> Self {
        Self { label: Arc::clone(label), content: Content::TextRows(rows) }
    }

    pub(crate) fn column_rows(label: &Arc<Label>, rows: ColumnRows) -> Self {
        Self { label: Arc::clone(label), content: Content::ColumnRows(rows) }
    }

    pub(crate) fn row_group(label: &Arc<Label>, rows: RowGroup) -> Self {
        Self { label: Arc::clone(label), content: Content::RowGroup(Box::new(rows)) }
    }

    pub(crate) fn rejected(label: &Arc<Label>, rejected: Rejected) -> Self {
        Self { label: Arc::clone(label), content: Content::Rejected(Box::new(rejected)) }
    }

    /// The path of the source, as it stands in the origin of its documents.
    #[must_use]
    pub fn path(&self) -> &str {
        self.label.path()
    }

    /// Size of what is to be parsed, in bytes after decompression.
    #[must_use]
    pub fn bytes(&self) -> usize {
        match &self.content {
            Content::Lines { bytes, .. } | Content::File { bytes, .. } => bytes.len(),
            Content::Records(records) => records.iter().map(|record| record.block.len()).sum(),
            Content::TextRows(rows) => rows.rows.iter().map(|row| row.as_slice().len()).sum(),
            Content::ColumnRows(rows) => rows.columns.get_array_memory_size(),
            Content::RowGroup(rows) => rows.bytes(),
            Content::Rejected(_) => 0,
        }
    }

    /// The documents and rejections of this batch, in the order of the source. Pass the
    /// configuration that the source was opened with.
    #[must_use]
    pub fn parse(self, config: &Config) -> Vec<Fetched> {
        match self.content {
            Content::Lines { bytes, first_line } => parse_lines(&self.label, &bytes, first_line, config),
            Content::File { bytes, format: Format::Json } => json_file::parse(&self.label, &bytes, config),
            Content::File { bytes, format: Format::Feed } => feed::parse(&self.label, &bytes, config),
            Content::File { bytes, format } => vec![parse_file(&self.label, bytes, format)],
            Content::Records(records) => parse_records(&self.label, records, config),
            Content::TextRows(rows) => rows.parse(&self.label, config),
            Content::ColumnRows(rows) => rows.parse(&self.label, config),
            Content::RowGroup(rows) => rows.parse(&self.label, config),
            Content::Rejected(rejected) => vec![Fetched::Rejected(*rejected)],
        }
    }
}

/// Parses lines; blank ones give nothing.
pub(crate) fn parse_lines(label: &Label, bytes: &[u8], first_line: u64, config: &Config) -> Vec<Fetched> {
    let mut fetched = Vec::new();
    let mut rest = bytes;
    let mut number = first_line;
    while !rest.is_empty() {
        let (line, after) = match memchr(b'\n', rest) {
            Some(end) => (&rest[..end], &rest[end + 1..]),
            None => (rest, &rest[rest.len()..]),
        };
        fetched.extend(parse_line(label, line, number, config));
        rest = after;
        number += 1;
    }
    fetched
}

fn parse_line(label: &Label, line: &[u8], number: u64, config: &Config) -> Option<Fetched> {
    let document = if line.len() > config.limits.line_bytes_max {
        Err(line_too_long(line.len() as u64, config.limits.line_bytes_max))
    } else {
        match str::from_utf8(line) {
            Ok(json) if json.trim_start().is_empty() => return None,
            Ok(json) => row::document_of(json, label, Some(number), config),
            Err(error) => {
                let detail = format!("no UTF-8 at column {}", error.valid_up_to() + 1);
                Err(Refusal::new(RejectReason::InvalidEncoding, detail))
            }
        }
    };
    Some(document.map_or_else(
        |refusal| Fetched::Rejected(label.reject(Some(number), refusal, line, line.len() as u64)),
        Fetched::Document,
    ))
}

pub(crate) fn line_too_long(line_bytes: u64, line_bytes_max: usize) -> Refusal {
    let detail = format!("the line has {line_bytes} bytes, limit {line_bytes_max} (line_bytes_max)");
    Refusal::new(RejectReason::TooLarge, detail)
}

fn parse_records(label: &Label, records: Vec<warc::Record>, config: &Config) -> Vec<Fetched> {
    let parse = |record: warc::Record| {
        let number = record.number;
        warc::document_of(record, label, config).map_or_else(
            |(refusal, content)| {
                Fetched::Rejected(label.reject(number, refusal, &content, content.len() as u64))
            },
            Fetched::Document,
        )
    };
    records.into_iter().map(parse).collect()
}

fn parse_file(label: &Label, bytes: Vec<u8>, format: Format) -> Fetched {
    if let Some(refusal) = sniff::refuse_document(&bytes) {
        return Fetched::Rejected(label.reject(None, refusal, &bytes, bytes.len() as u64));
    }
    let payload = match format {
        Format::Html => Payload::HtmlBytes(bytes),
        _ => Payload::PlainBytes(bytes),
    };
    Fetched::Document(RawDocument {
        id: label.doc_id(None),
        origin: label.origin(None),
        payload,
        fields: Fields::default(),
    })
}
