//! Fingerprints of all documents.

use rayon::prelude::*;
use unecho_fingerprint::{ShingleWidth, Signature, exact_digest, shingles};
use unecho_model::{Digest, Document};
use unecho_text::words_outside;

use crate::{Config, Error, Event, Run, Stage};

/// What is kept of one document's matching text.
#[derive(Debug)]
pub(super) struct Print {
    /// Equal for texts of the same words.
    pub(super) digest: Digest,
    /// Number of words.
    pub(super) words: u32,
    /// Sketch of the word 5-shingles; `None` for a text without words.
    pub(super) signature: Option<Signature>,
}

/// The fingerprint of every document, in order.
pub(super) fn of(documents: &[Document], config: &Config, run: &Run<'_>) -> Result<Vec<Print>, Error> {
    /// Documents between two looks at the progress.
    const CHUNK: usize = 1024;
    run.observer.event(&Event::Started(Stage::Fingerprint, Some(documents.len() as u64)));
    let mut prints = Vec::with_capacity(documents.len());
    for chunk in documents.chunks(CHUNK) {
        run.ensure_wanted()?;
        prints.par_extend(chunk.par_iter().map(|document| print(document, config)));
        run.observer.event(&Event::Advanced(Stage::Fingerprint, chunk.len() as u64));
    }
    run.observer.event(&Event::Finished(Stage::Fingerprint));
    Ok(prints)
}

fn print(document: &Document, config: &Config) -> Print {
    let words = words_outside(&document.article.text, &document.article.unmatched);
    let shingles = shingles(&words, ShingleWidth::FIVE);
    Print {
        digest: exact_digest(&words),
        words: u32::try_from(words.len()).unwrap_or(u32::MAX),
        signature: config.matching.minhash.signature(shingles.in_order()),
    }
}
