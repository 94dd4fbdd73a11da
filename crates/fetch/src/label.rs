//! The names under which the documents of one source go: path, id, and the record of whatever could
//! not be taken in.

use std::io;

use unecho_model::{Digest, DocId, Fields, Origin, RejectReason, Rejected};

use crate::decode::Compression;
use crate::format::{Format, Name, name_of};

/// Room for `:` and a line number behind the stem of an id.
const LINE_SUFFIX_BYTES_MAX: usize = 21;
const STEM_BYTES_MAX: usize = DocId::BYTES_MAX - LINE_SUFFIX_BYTES_MAX;

/// Why something is not taken in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) reason: RejectReason,
    pub(crate) detail: String,
    /// What it says of itself, where that could be read.
    known: Option<Box<Known>>,
}

/// What is known of something that is not taken in.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Known {
    id: Option<DocId>,
    fields: Fields,
}

/// So that it can pass through readers of other formats.
impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.detail)
    }
}

impl std::error::Error for Refusal {}

impl From<Refusal> for io::Error {
    fn from(refusal: Refusal) -> Self {
        Self::other(refusal)
    }
}

impl Refusal {
    pub(crate) fn new(reason: RejectReason, detail: impl Into<String>) -> Self {
        Self { reason, detail: detail.into(), known: None }
    }

    /// The same of something that brings an id, perhaps, and these fields.
    pub(crate) fn knowing(self, id: Option<DocId>, fields: Fields) -> Self {
        Self { known: Some(Box::new(Known { id, fields: Rejected::known(fields) })), ..self }
    }

    /// The refusal for a file that the system would not open or read. The text is ours where the
    /// cause is a common one, so that it does not depend on the platform.
    pub(crate) fn of_io(error: &io::Error) -> Self {
        if let Some(refusal) = error.get_ref().and_then(|inner| inner.downcast_ref::<Self>()) {
            return refusal.clone();
        }
        let detail = match error.kind() {
            io::ErrorKind::NotFound => "no such file".to_owned(),
            io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
            io::ErrorKind::IsADirectory => "is a folder".to_owned(),
            io::ErrorKind::NotADirectory => "a part of the path is no folder".to_owned(),
            _ => error.to_string(),
        };
        Self::new(RejectReason::Unreadable, detail)
    }
}

/// A file name as text: bytes that are no UTF-8 become `\xNN`, so that two names stay two.
pub(crate) fn path_text(name: &[u8]) -> String {
    let mut text = String::with_capacity(name.len());
    for chunk in name.utf8_chunks() {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            text.push_str(&format!("\\x{byte:02x}"));
        }
    }
    text
}

/// Path and id stem of one source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Label {
    path: String,
    stem: String,
}

impl Label {
    /// `stem` becomes what an id may be: control characters are replaced, and what is too long ends
    /// in a digest of the whole.
    pub(crate) fn new(path: String, stem: &str) -> Self {
        let mut stem: String =
            stem.chars().map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c }).collect();
        if stem.is_empty() {
            stem.push('-');
        }
        if stem.len() > STEM_BYTES_MAX {
            let digest = Digest::of(stem.as_bytes()).to_string();
            let suffix = format!("~{}", &digest[..16]);
            stem.truncate(stem.floor_char_boundary(STEM_BYTES_MAX - suffix.len()));
            stem.push_str(&suffix);
        }
        Self { path, stem }
    }

    /// The label of a member of an archive, and what its name says. The name is only shown: nothing is
    /// ever opened by it.
    pub(crate) fn member(&self, name: &[u8]) -> (Self, Option<Format>, Compression) {
        let shown = path_text(name);
        let shown = shown.strip_prefix("./").unwrap_or(&shown);
        let Name { stem, format, compression } = name_of(shown);
        let label = Self::new(format!("{}!/{shown}", self.path), &format!("{}/{stem}", self.stem));
        (label, format, compression)
    }

    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    pub(crate) fn stem(&self) -> &str {
        &self.stem
    }

    pub(crate) fn origin(&self, line: Option<u64>) -> Origin {
        Origin { path: self.path.clone(), line }
    }

    /// The id of a document that brings none itself.
    pub(crate) fn doc_id(&self, line: Option<u64>) -> DocId {
        let id = match line {
            Some(line) => format!("{}:{line}", self.stem),
            None => self.stem.clone(),
        };
        DocId::try_from(id).expect("the stem was made to fit, with room for a line number")
    }

    /// The record of `content`, of which `bytes` were read, not being taken in.
    pub(crate) fn reject(&self, line: Option<u64>, refusal: Refusal, content: &[u8], bytes: u64) -> Rejected {
        let (id, fields) = refusal.known.map_or_else(Default::default, |known| (known.id, known.fields));
        Rejected {
            id: id.unwrap_or_else(|| self.doc_id(line)),
            origin: self.origin(line),
            reason: refusal.reason,
            detail: refusal.detail,
            bytes,
            excerpt: Rejected::excerpt_of(content),
            fields,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(stem: &str, line: Option<u64>, expect: &str) {
        assert_eq!(Label::new("p".to_owned(), stem).doc_id(line).as_str(), expect);
    }

    #[test]
    fn any_stem_becomes_an_id() {
        check("a/b", None, "a/b");
        check("a/b", Some(7), "a/b:7");
        check("tab\there", None, "tab\u{fffd}here");
        check("", Some(1), "-:1");
    }

    #[test]
    fn long_stems_are_cut_and_stay_distinct() {
        let id = |stem: &str| Label::new(String::new(), stem).doc_id(Some(u64::MAX));
        let (one, other) = (id(&format!("{}1", "é".repeat(2000))), id(&format!("{}2", "é".repeat(2000))));
        assert_ne!(one, other);
        assert!(one.as_str().len() <= DocId::BYTES_MAX);
    }
}
