//! The copies of one kept document. A story may have a million: then a portion of them is read at a time.

use std::cell::Cell;

use serde::ser::{Error as _, SerializeSeq};
use serde::{Serialize, Serializer};
use unecho_model::DocIndex;
use unecho_model::record::CopyRecord;

use super::{CHUNK, RecordsOf};
use crate::Error;

/// The copies of one kept document.
pub(super) enum Copies<'a> {
    /// Read together with those of others.
    Few(Vec<CopyRecord>),
    Many(Many<'a>),
}

/// Copies that are read when they are wanted.
pub(super) struct Many<'a> {
    records: &'a RecordsOf<'a>,
    /// Ascending.
    docs: &'a [DocIndex],
    /// Why they could not be read: a serializer takes no errors but its own.
    failed: Cell<Option<Error>>,
}

impl<'a> Many<'a> {
    pub(super) const fn of(records: &'a RecordsOf<'a>, docs: &'a [DocIndex]) -> Self {
        Self { records, docs, failed: Cell::new(None) }
    }

    fn portions(&self) -> impl Iterator<Item = Result<Vec<CopyRecord>, Error>> + use<'a> {
        let (records, docs) = (self.records, self.docs);
        let read = |docs| records.documents.map(docs, |doc, document| records.copy(doc, document));
        docs.chunks(CHUNK).map(move |docs| Ok(read(docs)?.into_iter().flatten().collect()))
    }
}

impl Copies<'_> {
    /// Each of them.
    pub(super) fn each(self) -> impl Iterator<Item = Result<CopyRecord, Error>> {
        let (few, many) = match self {
            Self::Few(copies) => (copies, None),
            Self::Many(many) => (Vec::new(), Some(many.portions())),
        };
        let each = |portion: Result<Vec<CopyRecord>, Error>| match portion {
            Ok(copies) => copies.into_iter().map(Ok).collect(),
            Err(error) => vec![Err(error)],
        };
        few.into_iter().map(Ok).chain(many.into_iter().flatten().flat_map(each))
    }

    /// Why they could not be read while they were serialized.
    pub(super) fn failure(&self) -> Option<Error> {
        match self {
            Self::Few(_) => None,
            Self::Many(many) => many.failed.take(),
        }
    }
}

impl Serialize for Copies<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let many = match self {
            Self::Few(copies) => return copies.serialize(serializer),
            Self::Many(many) => many,
        };
        let mut list = serializer.serialize_seq(None)?;
        for portion in many.portions() {
            let portion = portion.map_err(|error| {
                let told = S::Error::custom(&error);
                many.failed.set(Some(error));
                told
            })?;
            portion.iter().try_for_each(|copy| list.serialize_element(copy))?;
        }
        list.end()
    }
}
