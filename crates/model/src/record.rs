//! The public record formats: one JSON object a line. `docs/records.md` describes them for people.
//!
//! A change here is a change of the format: raise [`FORMAT_VERSION`] unless it only adds fields.

mod dolma;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{Attribution, Digest, DocId, Flag, Kind, Level, Passage, RejectReason, Scores, Span, Stripped};

pub use dolma::{DolmaAttributes, DolmaRecord, Scored};

/// Version of the record formats, written to the manifest.
pub const FORMAT_VERSION: u32 = 1;

/// The fields that every record of a document begins with, whatever became of it: kept, dropped, known from an
/// earlier run, or rejected.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DocumentRecord {
    /// Public id.
    pub id: DocId,
    /// The article.
    pub text: String,
    /// Headline.
    pub title: Option<String>,
    /// Address.
    pub url: Option<String>,
    /// Publisher.
    pub source: Option<String>,
    /// Publication date.
    pub date: Option<String>,
    /// Language tag.
    pub lang: Option<String>,
    /// Script of most letters, an ISO 15924 code.
    #[serde(default)]
    pub script: Option<String>,
    /// Character set of the input when it was not UTF-8.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub charset: Option<String>,
    /// Agreement of two extractors on a page, 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extraction_confidence: Option<f32>,
    /// Whom the text credits.
    #[serde(default)]
    pub attributions: Vec<Attribution>,
    /// Places in `text` that are doubted.
    #[serde(default)]
    pub flags: Vec<Flag>,
    /// Spans of `text` that take no part in matching (datelines, suspected headlines).
    #[serde(default)]
    pub unmatched: Vec<Span>,
    /// blake3 of the normalized token stream: equal for exact copies; `None` when it was rejected.
    pub digest: Option<Digest>,
    /// File that the document was read from.
    pub path: String,
    /// Line or record number in that file.
    pub line: Option<u64>,
    /// Fields of the input that unecho gives no meaning.
    #[serde(default)]
    pub metadata: Map<String, Value>,
}

/// A document that stays. `Copies` is a list of [`CopyRecord`]s, or what serializes as one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KeptRecord<Copies = Vec<CopyRecord>> {
    /// The document.
    #[serde(flatten)]
    pub document: DocumentRecord,
    /// Provenance of the documents dropped for this one.
    pub copies: Copies,
    /// Linked documents that were not dropped for this one.
    pub possible_copies: Vec<PossibleCopyRecord>,
}

/// Where a copy of a kept document stood.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CopyRecord {
    /// Public id of the copy.
    pub id: DocId,
    /// What kind of copy.
    pub kind: Kind,
    /// Its address.
    pub url: Option<String>,
    /// Its publisher.
    pub source: Option<String>,
    /// Its date.
    pub date: Option<String>,
    /// Its file.
    pub path: String,
    /// Its line.
    pub line: Option<u64>,
    /// The earlier run that kept it, until this document replaced it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
}

/// A kept document's link to a document that was not dropped for it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PossibleCopyRecord {
    /// Public id of the other document.
    pub id: DocId,
    /// The document that was kept for it, when it was dropped for another.
    pub kept_id: Option<DocId>,
    /// The earlier run that the other document came with, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
    /// What kind of copy it may be.
    pub kind: Kind,
    /// Calibrated probability.
    pub probability: f64,
}

/// A document that was dropped for a kept one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DroppedRecord {
    /// The document.
    #[serde(flatten)]
    pub document: DocumentRecord,
    /// Public id of the document kept for it.
    pub kept_id: DocId,
    /// The earlier run that the keeper came with; it is then in `earlier/`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept_run: Option<String>,
    /// Whether the policy would have preferred this document to the keeper, which an earlier run kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub better_copy: Option<bool>,
    /// What kind of copy.
    pub kind: Kind,
    /// The numbers.
    pub scores: Scores,
    /// What both share: spans `a` in this record's `text`, `b` in the keeper's.
    pub passages: Vec<Passage>,
    /// The rule or threshold that decided.
    pub reason: String,
}

/// A document of an earlier run that has to do with one of this run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EarlierRecord {
    /// The document, without metadata.
    #[serde(flatten)]
    pub document: DocumentRecord,
    /// The run that it came with.
    pub run: String,
    /// The document that was kept for it, unless it is kept.
    pub kept_id: Option<DocId>,
}

/// Something that was read and not taken in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RejectedRecord {
    /// The document as far as it is known: the id it would have had, the beginning of its content as `text`, what its
    /// input said of it, and nothing of what cleaning finds out.
    #[serde(flatten)]
    pub document: DocumentRecord,
    /// Why.
    pub reason: RejectReason,
    /// The particulars.
    pub detail: String,
    /// Its size in bytes.
    pub bytes: u64,
}

/// A verified pair.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LinkRecord {
    /// Public id of the document earlier in canonical order.
    pub a: DocId,
    /// The earlier run that `a` came with, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub a_run: Option<String>,
    /// Public id of the other.
    pub b: DocId,
    /// A kind of copy for accepted links, else what they have in common (`shared-quotes`, …).
    pub kind: String,
    /// Whether they are linked.
    pub accepted: bool,
    /// How certain, for accepted links.
    pub level: Option<Level>,
    /// The numbers.
    pub scores: Scores,
    /// What both share: spans `a` in the text of `a`, `b` in the text of `b`.
    pub passages: Vec<Passage>,
    /// The rule or threshold that decided.
    pub reason: String,
}

/// One cut.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StrippedRecord {
    /// Public id of the document.
    pub id: DocId,
    /// What was cut, where, by which rule.
    #[serde(flatten)]
    pub cut: Stripped,
}

/// A clean document, as `unecho normalize` prints it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NormalizedRecord {
    /// The document.
    #[serde(flatten)]
    pub document: DocumentRecord,
    /// What was cut.
    pub stripped: Vec<Stripped>,
    /// Where each line of the text stands in raw, in the order of the lines.
    #[serde(default)]
    pub lines: Vec<Span>,
}
