//! What `fetch` hands on: the bytes or text of one document, where they came from, and the fields
//! that came with them.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::DocId;

/// Where a document was read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Origin {
    /// The file as the user named it (or as it was found below a folder), `-` for standard input; for a
    /// member of an archive `ARCHIVE!/MEMBER`; for a page fetched from the web its address. Bytes of a
    /// file name that are no UTF-8 stand as `\xNN`.
    pub path: String,
    /// 1-based line (JSON lines), row (tables), entry (feeds) or record number (WARC) inside the file;
    /// `None` for a file that is one document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
}

/// The content of a document before cleaning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Payload {
    /// Text in an unknown character set, from a text file.
    PlainBytes(Vec<u8>),
    /// An HTML page in an unknown character set.
    HtmlBytes(Vec<u8>),
    /// Text that was already decoded, from a JSON string.
    Text(String),
}

impl Payload {
    /// Size in bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::PlainBytes(bytes) | Self::HtmlBytes(bytes) => bytes.len(),
            Self::Text(text) => text.len(),
        }
    }

    /// Whether there is no byte at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// What was said about a document where it was found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fields {
    /// Headline.
    pub title: Option<String>,
    /// Address.
    pub url: Option<String>,
    /// Publisher or feed, as written.
    pub source: Option<String>,
    /// Publication date, as written.
    pub date: Option<String>,
    /// Language tag, as written.
    pub lang: Option<String>,
    /// Character set of the payload as its transport named it (HTTP `Content-Type`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub charset: Option<String>,
    /// Every other field, carried along untouched.
    pub metadata: Map<String, Value>,
}

/// One document as read, before cleaning.
#[derive(Debug, Clone, PartialEq)]
pub struct RawDocument {
    /// The id that the input gave, or one made of the file name and line.
    pub id: DocId,
    /// Where it was read.
    pub origin: Origin,
    /// Its content.
    pub payload: Payload,
    /// What came with it.
    pub fields: Fields,
}
