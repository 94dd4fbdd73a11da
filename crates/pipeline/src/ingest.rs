//! The first part of a run: every input read, cleaned and put into canonical order.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use rayon::prelude::*;
use unecho_fetch::{Batch, Fetched, Reader, Source};
use unecho_model::{DocId, Document, Rejected};
use unecho_normalize::{Knowledge, Normalizer};
use unecho_write::InputEntry;

use crate::{Config, Error, Event, Run, Stage};

/// Everything that was read.
#[derive(Debug, Default)]
pub(crate) struct Corpus {
    /// The articles, in canonical order.
    pub(crate) documents: Vec<Document>,
    /// What was not taken in, in canonical order.
    pub(crate) rejected: Vec<Rejected>,
    /// Every input file, in canonical order.
    pub(crate) inputs: Vec<InputEntry>,
    /// Documents that got another id because theirs was taken.
    pub(crate) ids_renamed: u64,
    /// Files in folders that were left alone.
    pub(crate) files_skipped: u64,
}

/// Reads and cleans all inputs.
pub(crate) fn read(inputs: &[String], config: &Config, run: &Run<'_>) -> Result<Corpus, Error> {
    let normalizer = Normalizer::new(&config.normalize)?;
    let sources = unecho_fetch::resolve(inputs, &config.fetch)?;
    if sources.sources.is_empty() {
        return Err(Error::NoInput(sources.rejected));
    }
    let bytes = sources.sources.iter().map(Source::size_bytes).sum::<Option<u64>>();
    run.observer.event(&Event::Started(Stage::Read, bytes));
    let mut corpus = Corpus { files_skipped: sources.skipped.n_files as u64, ..Corpus::default() };
    corpus.rejected = sources.rejected;
    let inputs_read = Mutex::new(Vec::new());
    let batches = Batches {
        sources: sources.sources.iter().enumerate(),
        open: None,
        config,
        run,
        inputs: &inputs_read,
        bytes_told: 0,
    };
    let mut cleaned: Vec<Cleaned> =
        batches.par_bridge().map(|(place, batch)| clean(place, batch, &normalizer, config, run)).collect();
    cleaned.sort_unstable_by_key(|cleaned| cleaned.place);
    run.ensure_wanted()?;
    for part in cleaned {
        corpus.documents.extend(part.documents);
        corpus.rejected.extend(part.rejected);
    }
    corpus.rejected.sort_by(|a, b| (&a.origin, &a.id).cmp(&(&b.origin, &b.id)));
    corpus.inputs = inputs_read.into_inner().unwrap_or_else(PoisonError::into_inner);
    corpus.ids_renamed = make_ids_unique(&mut corpus);
    corroborate(&mut corpus.documents, &normalizer);
    run.observer.event(&Event::Finished(Stage::Read));
    for rejected in &corpus.rejected {
        run.observer.event(&Event::Rejected(rejected));
    }
    Ok(corpus)
}

/// One batch after cleaning.
struct Cleaned {
    place: Place,
    documents: Vec<Document>,
    rejected: Vec<Rejected>,
}

/// Place of a batch in canonical order: source, then batch of it.
type Place = (usize, u64);

fn clean(place: Place, batch: Batch, normalizer: &Normalizer, config: &Config, run: &Run<'_>) -> Cleaned {
    let mut cleaned = Cleaned { place, documents: Vec::new(), rejected: Vec::new() };
    if run.is_cancelled() {
        return cleaned;
    }
    for fetched in batch.parse(&config.fetch) {
        match fetched {
            Fetched::Document(raw) => match normalizer.normalize(raw) {
                Ok(document) => cleaned.documents.push(document),
                Err(rejected) => cleaned.rejected.push(rejected),
            },
            Fetched::Rejected(rejected) => cleaned.rejected.push(rejected),
        }
    }
    cleaned
}

/// Reads the sources one after another, batch by batch, on whichever thread asks next.
struct Batches<'a> {
    sources: std::iter::Enumerate<std::slice::Iter<'a, Source>>,
    open: Option<(usize, u64, &'a Source, Reader)>,
    config: &'a Config,
    run: &'a Run<'a>,
    inputs: &'a Mutex<Vec<InputEntry>>,
    bytes_told: u64,
}

impl Iterator for Batches<'_> {
    type Item = (Place, Batch);

    fn next(&mut self) -> Option<Self::Item> {
        if self.run.is_cancelled() {
            return None;
        }
        loop {
            if self.open.is_none() {
                let (at, source) = self.sources.next()?;
                self.open = Some((at, 0, source, source.open(&self.config.fetch)));
                self.bytes_told = 0;
            }
            let (at, count, source, reader) = self.open.as_mut()?;
            let batch = reader.next_batch();
            let read = reader.bytes_read();
            self.run.observer.event(&Event::Advanced(Stage::Read, read.saturating_sub(self.bytes_told)));
            self.bytes_told = read;
            if let Some(batch) = batch {
                *count += 1;
                return Some(((*at, *count), batch));
            }
            let entry = InputEntry { path: source.path().to_owned(), bytes: read, digest: reader.digest() };
            self.inputs.lock().unwrap_or_else(PoisonError::into_inner).push(entry);
            self.open = None;
        }
    }
}

/// Gives the second and later documents of one id a suffix: `~2`, `~3`, … Returns how many.
fn make_ids_unique(corpus: &mut Corpus) -> u64 {
    let documents = corpus.documents.iter_mut().map(|document| &mut document.id);
    let rejected = corpus.rejected.iter_mut().map(|rejected| &mut rejected.id);
    let mut taken: BTreeSet<DocId> = BTreeSet::new();
    let mut renamed = 0;
    for id in documents.chain(rejected) {
        let mut number = 2_u64;
        let given = id.clone();
        while !taken.insert(id.clone()) {
            *id = with_suffix(&given, number);
            number += 1;
        }
        renamed += u64::from(*id != given);
    }
    renamed
}

fn with_suffix(id: &DocId, number: u64) -> DocId {
    let suffix = format!("~{number}");
    let mut text = id.as_str().to_owned();
    while text.len() + suffix.len() > DocId::BYTES_MAX {
        text.pop();
    }
    DocId::try_from(text + &suffix).expect("a shortened id with a short suffix is an id")
}

/// The second pass of cleaning: cuts that need knowledge of the other documents.
fn corroborate(documents: &mut [Document], normalizer: &Normalizer) {
    let knowledge = documents
        .par_chunks(1024)
        .map(|chunk| {
            let mut knowledge = Knowledge::default();
            for document in chunk {
                knowledge.observe(document);
            }
            knowledge
        })
        .reduce(Knowledge::default, |mut all, part| {
            all.merge(part);
            all
        });
    documents.par_iter_mut().for_each(|document| {
        normalizer.corroborate(document, &knowledge);
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn corpus(ids: &[&str]) -> Corpus {
        let document = |id: &&str| Document {
            id: id.parse().unwrap(),
            origin: unecho_model::Origin { path: "a".to_owned(), line: None },
            article: unecho_model::Article::default(),
            metadata: serde_json::Map::new(),
        };
        Corpus { documents: ids.iter().map(document).collect(), ..Corpus::default() }
    }

    #[test]
    fn repeated_ids_get_the_next_free_suffix() {
        let mut corpus = corpus(&["a", "a", "a~2", "b", "a"]);
        assert_eq!(make_ids_unique(&mut corpus), 3);
        let ids: Vec<&str> = corpus.documents.iter().map(|document| document.id.as_str()).collect();
        assert_eq!(ids, ["a", "a~2", "a~2~2", "b", "a~3"]);
    }
}
