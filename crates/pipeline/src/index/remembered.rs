//! What is kept of a document for later runs.

use serde::{Deserialize, Serialize};
use unecho_model::record::DocumentRecord;
use unecho_model::{Article, Document, Kind, Origin, Span};
use unecho_store::Serial;

/// A document that a run saw.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Remembered {
    /// The document, without metadata; an exact copy also without text and what belongs to it, as the
    /// document that stands for it has them.
    pub document: DocumentRecord,
    /// Where each line of the text stood in what was read.
    pub lines: Vec<Span>,
    /// What became of it.
    pub fate: Fate,
    /// Whether it stood after exact and near copies were dropped, so that others were compared with it.
    pub stands: bool,
    /// Whether it stood for a group of near copies of its own, and so counts all its keys itself.
    pub counts_alone: bool,
}

/// What became of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fate {
    /// It is kept.
    Kept,
    /// It was dropped.
    Dropped {
        /// The number of the document that is kept for it.
        keeper: u64,
        /// What kind of copy it is.
        kind: Kind,
    },
}

impl Remembered {
    /// Name and version of the form in which documents are kept.
    pub(super) const SCHEME: &str = "documents-v1";

    /// Takes away what an exact copy has in common with the document that stands for it.
    pub(super) fn without_text(mut self) -> Self {
        let document = &mut self.document;
        document.text.clear();
        document.attributions.clear();
        document.flags.clear();
        document.unmatched.clear();
        self.lines.clear();
        self
    }

    /// The document as its run had it, as far as it takes part in matching.
    pub(super) fn into_document(self) -> Document {
        let record = self.document;
        Document {
            id: record.id,
            origin: Origin { path: record.path, line: record.line },
            article: Article {
                text: record.text,
                lines: self.lines,
                title: record.title,
                url: record.url,
                source: record.source,
                date: record.date,
                lang: record.lang,
                script: record.script,
                charset: record.charset,
                attributions: record.attributions,
                stripped: Vec::new(),
                repaired: Vec::new(),
                flags: record.flags,
                unmatched: record.unmatched,
                extraction_confidence: record.extraction_confidence,
            },
            metadata: record.metadata,
        }
    }

    pub(super) const fn keeper(&self) -> Option<Serial> {
        match self.fate {
            Fate::Kept => None,
            Fate::Dropped { keeper, .. } => Some(Serial(keeper)),
        }
    }

    pub(super) fn to_json(&self) -> String {
        serde_json::to_string(self).expect("a remembered document is always JSON")
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        self.to_json().into_bytes()
    }

    /// From its bytes; `None` for a document that was forgotten.
    pub(super) fn of_bytes(bytes: &[u8]) -> Option<serde_json::Result<Self>> {
        (!bytes.is_empty()).then(|| serde_json::from_slice(bytes))
    }
}

/// The numbers that are known of a document without reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Facts {
    /// What all its pairs of content words weigh.
    pub(super) weight: u32,
    /// Its day, in days since 1970-01-01.
    pub(super) day: Option<i32>,
    /// Bits of its signature.
    pub(super) bits: [u64; 2],
}

impl Facts {
    /// Stands for no day; no date is so early.
    const NO_DAY: i32 = i32::MIN;

    pub(super) fn to_column(self) -> unecho_store::Column {
        let day = self.day.unwrap_or(Self::NO_DAY).cast_unsigned();
        [u64::from(day) << 32 | u64::from(self.weight), self.bits[0], self.bits[1]]
    }

    pub(super) fn of_column(column: unecho_store::Column) -> Self {
        let day = ((column[0] >> 32) as u32).cast_signed();
        Self {
            weight: column[0] as u32,
            day: (day != Self::NO_DAY).then_some(day),
            bits: [column[1], column[2]],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_come_back() {
        for day in [None, Some(0), Some(-400), Some(20_000)] {
            let facts = Facts { weight: 7, day, bits: [1, u64::MAX] };
            assert_eq!(Facts::of_column(facts.to_column()), facts);
        }
    }
}
