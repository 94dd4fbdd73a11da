//! The copies of one kept document. A story may have a million: then a portion of them is read at a time.

use std::cell::Cell;

use serde::ser::{Error as _, SerializeSeq};
use serde::{Serialize, Serializer};
use unecho_model::DocIndex;
use unecho_model::record::CopyRecord;

use super::{CHUNK, RecordsOf};
use crate::Error;

/// Copies that are read at a time.
const PORTION: usize = if cfg!(test) { 2 } else { CHUNK };

/// The copies of one kept document, as the list that its record has.
pub(super) enum CopyRecords<'a> {
    /// Read together with those of others.
    Read(Vec<CopyRecord>),
    /// To be read when they are wanted.
    Later(Later<'a>),
}

pub(super) struct Later<'a> {
    records: &'a RecordsOf<'a>,
    /// Ascending.
    docs: &'a [DocIndex],
    /// Why they could not be read: a serializer takes no errors but its own.
    failed: Cell<Option<Error>>,
}

impl<'a> CopyRecords<'a> {
    /// Those of `docs`, which ascend.
    pub(super) const fn later(records: &'a RecordsOf<'a>, docs: &'a [DocIndex]) -> Self {
        Self::Later(Later { records, docs, failed: Cell::new(None) })
    }

    /// Each of them.
    pub(super) fn each(self) -> impl Iterator<Item = Result<CopyRecord, Error>> {
        let (read, later) = match self {
            Self::Read(copies) => (copies, None),
            Self::Later(later) => (Vec::new(), Some(later.portions())),
        };
        let each = |portion: Result<Vec<CopyRecord>, Error>| match portion {
            Ok(copies) => copies.into_iter().map(Ok).collect(),
            Err(error) => vec![Err(error)],
        };
        read.into_iter().map(Ok).chain(later.into_iter().flatten().flat_map(each))
    }

    /// Why they could not be read while they were serialized.
    pub(super) fn failure(&self) -> Option<Error> {
        match self {
            Self::Read(_) => None,
            Self::Later(later) => later.failed.take(),
        }
    }
}

impl<'a> Later<'a> {
    fn portions(&self) -> impl Iterator<Item = Result<Vec<CopyRecord>, Error>> + use<'a> {
        let (records, docs) = (self.records, self.docs);
        let read = |docs| records.documents.map(docs, |doc, document| records.copy(doc, document));
        docs.chunks(PORTION).map(move |docs| Ok(read(docs)?.into_iter().flatten().collect()))
    }
}

impl Serialize for CopyRecords<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let later = match self {
            Self::Read(copies) => return copies.serialize(serializer),
            Self::Later(later) => later,
        };
        let mut list = serializer.serialize_seq(None)?;
        for portion in later.portions() {
            let portion = portion.map_err(|error| {
                let told = S::Error::custom(&error);
                later.failed.set(Some(error));
                told
            })?;
            portion.iter().try_for_each(|copy| list.serialize_element(copy))?;
        }
        list.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::documents::Documents;
    use crate::matching::Matched;

    #[test]
    fn why_copies_cannot_be_read_is_told() {
        let documents = Documents::damaged("lost");
        let records = RecordsOf { documents: &documents, matched: &Matched::default() };
        let copies = CopyRecords::later(&records, &[DocIndex(0)]);
        assert!(serde_json::to_string(&copies).is_err());
        assert!(matches!(copies.failure(), Some(Error::WorkDamaged(id)) if id.as_str() == "lost"));
        assert!(matches!(copies.each().next(), Some(Err(Error::WorkDamaged(_)))));
    }
}
