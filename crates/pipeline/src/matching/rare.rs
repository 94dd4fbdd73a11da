//! Candidates by rare keys: two passes over the representatives, the first to learn which keys occur
//! twice at all, the second to post those.

use rayon::prelude::*;
use unecho_candidates::{Candidates, Corpus, FrequencySketch, Postings};
use unecho_fingerprint::{ShingleSet, ShingleWidth, content_pairs, content_words, shingles};
use unecho_model::{DocIndex, Document};
use unecho_text::words_outside;

use crate::{Config, Error, Event, Run, Stage};

/// Documents that one task takes.
const CHUNK: usize = 256;

/// The pairs of `representatives` that share enough rare phrases or rare pairs of content words.
pub(super) fn pairs(
    documents: &[Document],
    days: &[Option<i32>],
    representatives: &[DocIndex],
    config: &Config,
    run: &Run<'_>,
) -> Result<Candidates, Error> {
    run.observer.event(&Event::Started(Stage::Candidates, Some(2 * representatives.len() as u64)));
    let bytes: usize = representatives.iter().map(|doc| documents[doc.at()].article.text.len()).sum();
    // A word of most languages takes six bytes with its space.
    let filter = || FrequencySketch::with_capacity(bytes / 6, config.matching.filter_bytes_max / 2);
    let (phrases_seen, content_seen) = (filter(), filter());
    representatives.par_chunks(CHUNK).for_each(|chunk| {
        for &doc in chunk.iter().filter(|_| !run.is_cancelled()) {
            let keys = Keys::of(&documents[doc.at()], config);
            phrases_seen.observe(keys.phrases.as_slice());
            content_seen.observe(keys.content.as_slice());
        }
        run.observer.event(&Event::Advanced(Stage::Candidates, chunk.len() as u64));
    });
    let phrases = Postings::new(config.matching.phrases);
    let content = Postings::new(config.matching.content);
    representatives.par_chunks(CHUNK).for_each(|chunk| {
        let (mut phrases, mut content) = (phrases.writer(), content.writer());
        for &doc in chunk.iter().filter(|_| !run.is_cancelled()) {
            let keys = Keys::of(&documents[doc.at()], config);
            phrases.add(doc, keys.phrases.as_slice(), &phrases_seen);
            content.add(doc, keys.content.as_slice(), &content_seen);
        }
        run.observer.event(&Event::Advanced(Stage::Candidates, chunk.len() as u64));
    });
    run.ensure_wanted()?;
    let corpus = Corpus { documents: documents.len(), groups: None, days: Some(days) };
    let found = phrases.pairs(&corpus).merge(content.pairs(&corpus));
    run.observer.event(&Event::Finished(Stage::Candidates));
    Ok(found)
}

/// The rare-key families of one document.
struct Keys {
    phrases: ShingleSet,
    content: ShingleSet,
}

impl Keys {
    fn of(document: &Document, config: &Config) -> Self {
        let article = &document.article;
        let words = words_outside(&article.text, &article.unmatched);
        Self {
            phrases: shingles(&words, ShingleWidth::FIVE).into_sorted_set(),
            content: ShingleSet::of(content_pairs(&content_words(&words), config.matching.content_reach)),
        }
    }
}
