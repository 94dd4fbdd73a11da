//! Documents that could not be taken in. A bad document is data, not an error: it is counted,
//! written out with its reason, and the run goes on.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Map;

use crate::{DocId, Fields, Origin};

/// Why a document, a line or a file was not taken in. The kebab-case name is part of the public
/// record format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RejectReason {
    /// The file could not be opened or read.
    Unreadable,
    /// A compressed stream, archive, table, WARC record or feed is damaged or ends early.
    Damaged,
    /// There is no text at all.
    Empty,
    /// The text is in no character set that could be told.
    InvalidEncoding,
    /// The bytes are no text (an image, an archive, a program).
    Binary,
    /// The text holds NUL characters.
    NulBytes,
    /// The file, line or document is larger than the limit.
    TooLarge,
    /// Decompression would exceed the limit on size or ratio.
    DecompressionLimit,
    /// The line is no JSON object.
    MalformedJson,
    /// A JSON field has the wrong type, is missing, or occurs twice.
    BadField,
    /// The page is beyond the limits on depth, attributes, nodes or time.
    HostileHtml,
    /// Nothing was left after the boilerplate was stripped.
    NoArticle,
    /// An address on the web could not be fetched: no host, no answer, or an answer that is an error.
    Unreachable,
    /// An address that must not be fetched: `robots.txt`, a private network, too many redirects.
    Forbidden,
}

impl RejectReason {
    /// The public name, such as `malformed-json`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unreadable => "unreadable",
            Self::Damaged => "damaged",
            Self::Empty => "empty",
            Self::InvalidEncoding => "invalid-encoding",
            Self::Binary => "binary",
            Self::NulBytes => "nul-bytes",
            Self::TooLarge => "too-large",
            Self::DecompressionLimit => "decompression-limit",
            Self::MalformedJson => "malformed-json",
            Self::BadField => "bad-field",
            Self::HostileHtml => "hostile-html",
            Self::NoArticle => "no-article",
            Self::Unreachable => "unreachable",
            Self::Forbidden => "forbidden",
        }
    }
}

impl fmt::Display for RejectReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One thing that was read and not taken in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rejected {
    /// The id it would have had.
    pub id: DocId,
    /// Where it was read.
    pub origin: Origin,
    /// Why.
    pub reason: RejectReason,
    /// The particulars, one line: which limit, which field, what the parser said.
    pub detail: String,
    /// Size of what was rejected, in bytes, as far as it was read.
    pub bytes: u64,
    /// The beginning of it (at most [`Rejected::EXCERPT_BYTES_MAX`]), undecodable bytes replaced.
    pub excerpt: String,
    /// What was said about it where it was found, as far as that is short ([`Rejected::known`]).
    #[serde(default)]
    pub fields: Fields,
}

impl Rejected {
    /// Longest excerpt kept of a rejected document, in bytes.
    pub const EXCERPT_BYTES_MAX: usize = 4096;

    /// What of `fields` is kept of a rejected document: each that takes at most [`Self::EXCERPT_BYTES_MAX`], as rejected
    /// documents are held in memory. The input has the others.
    #[must_use]
    pub fn known(fields: Fields) -> Fields {
        let short = |field: Option<String>| field.filter(|field| field.len() <= Self::EXCERPT_BYTES_MAX);
        let metadata_bytes = serde_json::to_vec(&fields.metadata).map_or(usize::MAX, |json| json.len());
        Fields {
            title: short(fields.title),
            url: short(fields.url),
            source: short(fields.source),
            date: short(fields.date),
            lang: short(fields.lang),
            charset: short(fields.charset),
            metadata: if metadata_bytes <= Self::EXCERPT_BYTES_MAX { fields.metadata } else { Map::new() },
        }
    }

    /// The beginning of `bytes` as text, cut at [`Self::EXCERPT_BYTES_MAX`].
    #[must_use]
    pub fn excerpt_of(bytes: &[u8]) -> String {
        let mut text =
            String::from_utf8_lossy(&bytes[..bytes.len().min(Self::EXCERPT_BYTES_MAX)]).into_owned();
        while text.len() > Self::EXCERPT_BYTES_MAX {
            text.pop();
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_is_what_serde_writes() {
        for reason in [RejectReason::MalformedJson, RejectReason::NulBytes, RejectReason::InvalidEncoding] {
            assert_eq!(serde_json::to_string(&reason).unwrap(), format!("\"{reason}\""));
        }
    }

    #[test]
    fn excerpt_is_bounded_even_when_replacements_grow_it() {
        assert!(Rejected::excerpt_of(&[0xff; 10_000]).len() <= Rejected::EXCERPT_BYTES_MAX);
    }

    #[test]
    fn long_fields_are_left_to_the_input() {
        let long = "x".repeat(Rejected::EXCERPT_BYTES_MAX + 1);
        let metadata = |text: &str| Map::from_iter([("k".to_owned(), text.into())]);
        let short =
            Fields { title: Some("A title".to_owned()), metadata: metadata("v"), ..Fields::default() };
        assert_eq!(Rejected::known(short.clone()), short);
        let fields = Fields { url: Some(long.clone()), metadata: metadata(&long), ..short.clone() };
        assert_eq!(Rejected::known(fields), Fields { metadata: Map::new(), ..short });
    }
}
