//! Identities: the public id of a document, its place in a run, and the digest of a text.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// The public id of a document: 1 to 1024 bytes, no control characters.
///
/// Ids are data for people and records. They are never used as file names. A clone takes no memory of its own.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DocId(Arc<str>);

/// Why a string is no [`DocId`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidDocId {
    /// The string is empty.
    #[error("an id must not be empty")]
    Empty,
    /// The string is longer than 1024 bytes.
    #[error("an id is limited to 1024 bytes, this one has {0}")]
    TooLong(usize),
    /// The string has a control character.
    #[error("an id must not hold control characters")]
    Control,
}

impl DocId {
    /// Longest id, in bytes.
    pub const BYTES_MAX: usize = 1024;

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for DocId {
    type Error = InvalidDocId;

    fn try_from(id: String) -> Result<Self, InvalidDocId> {
        if id.is_empty() {
            Err(InvalidDocId::Empty)
        } else if id.len() > Self::BYTES_MAX {
            Err(InvalidDocId::TooLong(id.len()))
        } else if id.chars().any(char::is_control) {
            Err(InvalidDocId::Control)
        } else {
            Ok(Self(id.into()))
        }
    }
}

impl FromStr for DocId {
    type Err = InvalidDocId;

    fn from_str(id: &str) -> Result<Self, InvalidDocId> {
        Self::try_from(id.to_owned())
    }
}

impl From<DocId> for String {
    fn from(id: DocId) -> Self {
        id.0.as_ref().to_owned()
    }
}

impl fmt::Display for DocId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The ids of many documents, by [`DocIndex`], one after another: 8 bytes a document beside their text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DocIds {
    text: String,
    ends: Vec<usize>,
}

impl DocIds {
    /// How many there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Adds the id of the next document.
    pub fn push(&mut self, id: &DocId) {
        self.push_text(id.as_str());
    }

    /// Adds the ids of the next documents.
    pub fn append(&mut self, others: &Self) {
        let start = self.text.len();
        self.text.push_str(&others.text);
        self.ends.extend(others.ends.iter().map(|end| start + end));
    }

    fn push_text(&mut self, id: &str) {
        self.text.push_str(id);
        self.ends.push(self.text.len());
    }

    /// The id of a document, as text.
    ///
    /// # Panics
    /// When there is no such document.
    #[must_use]
    pub fn text_of(&self, doc: DocIndex) -> &str {
        let start = doc.at().checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.text[start..self.ends[doc.at()]]
    }

    /// The id of a document.
    ///
    /// # Panics
    /// When there is no such document.
    #[must_use]
    pub fn of(&self, doc: DocIndex) -> DocId {
        DocId(self.text_of(doc).into())
    }

    /// The ids as texts, in the order of the documents.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).map(|at| self.text_of(DocIndex::of(at)))
    }

    /// The same ids, with others in the place of some.
    #[must_use]
    pub fn renamed(&self, names: &BTreeMap<DocIndex, DocId>) -> Self {
        let mut renamed = Self::default();
        for (at, id) in self.texts().enumerate() {
            renamed.push_text(names.get(&DocIndex::of(at)).map_or(id, DocId::as_str));
        }
        renamed
    }
}

impl Extend<DocId> for DocIds {
    fn extend<T: IntoIterator<Item = DocId>>(&mut self, ids: T) {
        ids.into_iter().for_each(|id| self.push(&id));
    }
}

impl FromIterator<DocId> for DocIds {
    fn from_iter<T: IntoIterator<Item = DocId>>(ids: T) -> Self {
        let mut all = Self::default();
        all.extend(ids);
        all
    }
}

/// The place of a document in the canonical order of one run (by locator, then record number).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DocIndex(pub u32);

impl DocIndex {
    /// As an index into a slice.
    #[must_use]
    pub const fn at(self) -> usize {
        self.0 as usize
    }

    /// The index for position `at` of a slice.
    ///
    /// # Panics
    /// When `at` is over `u32::MAX`; a run is limited to that many documents.
    #[must_use]
    pub fn of(at: usize) -> Self {
        Self(u32::try_from(at).expect("a run holds at most u32::MAX documents"))
    }
}

/// The place of an accepted link in the list of links of one run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkIndex(pub u32);

impl LinkIndex {
    /// As an index into a slice.
    #[must_use]
    pub const fn at(self) -> usize {
        self.0 as usize
    }
}

/// A blake3 digest, written as 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Digest([u8; 32]);

impl Digest {
    /// The digest of these bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(*blake3::hash(bytes).as_bytes())
    }

    /// The digest that has these bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The raw 32 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl From<[u8; 32]> for Digest {
    fn from(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl TryFrom<String> for Digest {
    type Error = blake3::HexError;

    fn try_from(hex: String) -> Result<Self, Self::Error> {
        blake3::Hash::from_hex(hex.as_bytes()).map(|hash| Self(*hash.as_bytes()))
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> Self {
        digest.to_string()
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(blake3::Hash::from_bytes(self.0).to_hex().as_str())
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_what_is_no_id() {
        assert_eq!("".parse::<DocId>(), Err(InvalidDocId::Empty));
        assert_eq!("a\nb".parse::<DocId>(), Err(InvalidDocId::Control));
        assert_eq!("x".repeat(1025).parse::<DocId>(), Err(InvalidDocId::TooLong(1025)));
        assert!("feed/2024-05-01#7".parse::<DocId>().is_ok());
    }

    #[test]
    fn many_ids_are_told_apart() {
        let of = |ids: &[&str]| ids.iter().map(|id| id.parse().unwrap()).collect::<DocIds>();
        let mut ids = of(&["a", "bc"]);
        ids.append(&of(&["déf", "a"]));
        assert_eq!(ids.texts().collect::<Vec<_>>(), ["a", "bc", "déf", "a"]);
        let renamed = ids.renamed(&BTreeMap::from([(DocIndex(3), "a~2".parse().unwrap())]));
        assert_eq!(
            (renamed.len(), renamed.of(DocIndex(2)), renamed.of(DocIndex(3)).as_str()),
            (4, ids.of(DocIndex(2)), "a~2")
        );
    }

    #[test]
    fn digest_round_trips_as_hex() {
        let digest = Digest::of(b"unecho");
        let hex = digest.to_string();
        assert_eq!(hex.len(), 64);
        assert_eq!(Digest::try_from(hex).unwrap(), digest);
        assert!(Digest::try_from("12".to_owned()).is_err());
    }
}
