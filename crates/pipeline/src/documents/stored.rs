//! A document as it lies on disk while a run goes: MessagePack, with the fields by name.

use serde::{Deserialize, Serialize};
use unecho_model::{Article, DocId, Document, Origin};
use unecho_store::Packer;

use crate::Error;

/// What is read back.
#[derive(Debug, Deserialize)]
pub(crate) struct Stored {
    id: DocId,
    origin: Origin,
    article: Article,
    /// As JSON: numbers keep the form that they had in the input.
    metadata: String,
}

#[derive(Serialize)]
struct StoredRef<'a> {
    id: &'a DocId,
    origin: &'a Origin,
    article: &'a Article,
    metadata: String,
}

/// Adds a document to a batch.
pub(crate) fn pack(document: &Document, packer: &mut Packer) -> Result<(), Error> {
    let metadata = match document.metadata.is_empty() {
        true => String::new(),
        false => serde_json::to_string(&document.metadata).expect("a map of JSON is always JSON"),
    };
    let Document { id, origin, article, .. } = document;
    let stored = StoredRef { id, origin, article, metadata };
    let write =
        |bytes: &mut Vec<u8>| rmp_serde::encode::write_named(bytes, &stored).map_err(std::io::Error::other);
    packer.push(write).map_err(Error::Packing)
}

impl Stored {
    /// What these bytes are; `None` when they are no document.
    pub(crate) fn of_bytes(bytes: &[u8]) -> Option<Self> {
        rmp_serde::from_slice(bytes).ok()
    }

    /// The id that it had when it was written.
    pub(crate) const fn id(&self) -> &DocId {
        &self.id
    }

    /// The document, under the id that it has now.
    pub(crate) fn into_document(self, id: DocId) -> Document {
        let metadata = serde_json::from_str(&self.metadata).unwrap_or_default();
        Document { id, origin: self.origin, article: self.article, metadata }
    }
}
