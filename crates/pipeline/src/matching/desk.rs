//! Documents made ready for comparison, each at most once.

use std::sync::OnceLock;

use unecho_model::{DocIndex, Document};
use unecho_verify::{Prepared, prepare};

/// Prepares documents when they are first asked for and keeps them.
pub(super) struct Desk<'a> {
    documents: &'a [Document],
    prepared: Vec<OnceLock<Prepared>>,
}

impl<'a> Desk<'a> {
    pub(super) fn new(documents: &'a [Document]) -> Self {
        Self { documents, prepared: std::iter::repeat_with(OnceLock::new).take(documents.len()).collect() }
    }

    /// Puts everything away when more than `words_max` words are on the desk. What is asked for again
    /// is prepared again; the result is the same.
    pub(super) fn tidy(&mut self, words_max: usize) {
        let words: usize = self.prepared.iter().filter_map(OnceLock::get).map(Prepared::words).sum();
        if words > words_max {
            self.prepared.fill_with(OnceLock::new);
        }
    }

    /// The document, ready; kept for the next who asks.
    pub(super) fn prepared(&self, doc: DocIndex) -> &Prepared {
        self.prepared[doc.at()].get_or_init(|| prepare(&self.documents[doc.at()].article))
    }

    /// Works with the document, ready; not kept if nobody asked for it before.
    pub(super) fn with_prepared<T>(&self, doc: DocIndex, work: impl FnOnce(&Prepared) -> T) -> T {
        match self.prepared[doc.at()].get() {
            Some(prepared) => work(prepared),
            None => work(&prepare(&self.documents[doc.at()].article)),
        }
    }
}
