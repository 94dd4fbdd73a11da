//! The first part of a run: every input read, cleaned and put into canonical order.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ffi::OsStr;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};

use rayon::prelude::*;
use unecho_cluster::Policy;
use unecho_fetch::{Batch, Fetch, Fetched, ReadEnd, Source, Sources};
use unecho_model::summary::Counts;
use unecho_model::{DocId, Document, Rejected};
use unecho_normalize::{Knowledge, Normalizer, Reuse};
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
    /// Records and members of containers that are no documents, by kind.
    pub(crate) records_skipped: Counts,
}

/// What is to be read, and what cleans it.
pub(crate) struct Plan {
    sources: Sources,
    normalizer: Normalizer,
}

impl Plan {
    /// The policy with the names that documents will have.
    pub(crate) fn policy(&self, policy: &Policy) -> Policy {
        policy.clone().with_names(|written| self.normalizer.publisher(written))
    }
}

/// Finds the inputs and reads the rules, before anything is written.
///
/// Addresses of the web are fetched first: what they lead to is then read like any other input.
pub(crate) fn plan<S: AsRef<OsStr>>(inputs: &[S], config: &Config, run: &Run<'_>) -> Result<Plan, Error> {
    let normalizer = Normalizer::new(&config.normalize)?;
    let mut sources = unecho_fetch::resolve(inputs, &config.fetch)?;
    if !sources.web.is_empty() {
        let pages = config.pages.as_deref().ok_or(Error::NoPages)?;
        let fetch = fetch_web(&sources.web, pages, config, run)?;
        sources.sources.extend(fetch.pages);
        sources.rejected.extend(fetch.rejected);
        sources.sources.sort_by(|a, b| a.path().cmp(b.path()));
    }
    tracing::info!(inputs = sources.sources.len(), skipped = sources.skipped.n_files, "planned");
    if sources.sources.is_empty() {
        return Err(Error::NoInput(sources.rejected));
    }
    Ok(Plan { sources, normalizer })
}

/// Fetches addresses of the web, and what they lead to, into the file `pages`.
pub(crate) fn fetch_web(
    addresses: &[String],
    pages: &Path,
    config: &Config,
    run: &Run<'_>,
) -> Result<Fetch, Error> {
    run.observer.event(&Event::Started(Stage::Fetch, None));
    let progress = |count| run.observer.event(&Event::Advanced(Stage::Fetch, count));
    let fetch =
        unecho_fetch::fetch(addresses, config.follow, pages, &config.fetch, run.cancelled, &progress)?;
    run.observer.event(&Event::Finished(Stage::Fetch));
    let counts = fetch.counts;
    tracing::info!(
        requests = counts.requests,
        unchanged = counts.unchanged,
        pages = fetch.pages.len(),
        "fetched"
    );
    Ok(fetch)
}

/// Reads and cleans all inputs.
pub(crate) fn read(plan: Plan, config: &Config, run: &Run<'_>) -> Result<Corpus, Error> {
    let Plan { sources, normalizer } = plan;
    let bytes = sources.sources.iter().map(Source::size_bytes).sum::<Option<u64>>();
    run.observer.event(&Event::Started(Stage::Read, bytes));
    let mut corpus = Corpus { files_skipped: sources.skipped.n_files as u64, ..Corpus::default() };
    corpus.rejected = sources.rejected;
    let ended = Mutex::new(Ended::default());
    let reads = read_ahead(sources.sources, &config.fetch);
    let batches = Batches { reads, run, ended: &ended };
    let mut cleaned: Vec<Cleaned> =
        batches.par_bridge().map(|(place, batch)| clean(place, batch, &normalizer, config, run)).collect();
    cleaned.sort_unstable_by_key(|cleaned| cleaned.place);
    run.ensure_wanted()?;
    for part in cleaned {
        corpus.documents.extend(part.documents);
        corpus.rejected.extend(part.rejected);
    }
    corpus.rejected.sort_by(|a, b| (&a.origin, &a.id).cmp(&(&b.origin, &b.id)));
    let ended = ended.into_inner().unwrap_or_else(PoisonError::into_inner);
    corpus.inputs = ended.inputs.into_values().collect();
    corpus.records_skipped = ended.records_skipped;
    corpus.ids_renamed = make_ids_unique(&mut corpus);
    corroborate(&mut corpus.documents, &normalizer);
    let (documents, rejected) = (corpus.documents.len(), corpus.rejected.len());
    tracing::info!(documents, rejected, "read");
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

/// What the reading threads hand over.
enum Read {
    /// A batch at its place, and how many bytes of its source were read since the last.
    Batch(Place, Batch, u64),
    /// The source at this place was read to its end: what was no document in it, and bytes since the
    /// last batch.
    Ended(usize, InputEntry, Counts, u64),
}

/// Batches that may wait for a worker: enough to keep all busy, little enough to bound memory.
const BATCHES_AHEAD: usize = 16;

/// Most sources that are read at a time: decompressing one keeps a core busy, and an object store is
/// waited for more than worked on.
const SOURCES_AT_ONCE: usize = 4;

/// Reads and decompresses the sources on threads of their own, ahead of those who clean. The threads
/// end when nobody listens any more; one that waits for a silent pipe is left to the process.
fn read_ahead(sources: Vec<Source>, config: &unecho_fetch::Config) -> Receiver<Read> {
    let (sender, receiver) = crossbeam_channel::bounded(BATCHES_AHEAD);
    let n_threads = rayon::current_num_threads().min(SOURCES_AT_ONCE).min(sources.len());
    let sources = Arc::new(Mutex::new(sources.into_iter().enumerate()));
    for _ in 0..n_threads {
        let (sources, sender, config) = (Arc::clone(&sources), sender.clone(), config.clone());
        std::thread::spawn(move || {
            let next = || sources.lock().unwrap_or_else(PoisonError::into_inner).next();
            while let Some((at, source)) = next() {
                if read_one(at, &source, &config, &sender).is_break() {
                    return;
                }
            }
        });
    }
    receiver
}

/// Reads one source, which is at place `at`; breaks when nobody listens any more.
fn read_one(
    at: usize,
    source: &Source,
    config: &unecho_fetch::Config,
    sender: &Sender<Read>,
) -> ControlFlow<()> {
    tracing::debug!(path = source.path(), bytes = source.size_bytes(), "reading");
    let send = |read| match sender.send(read) {
        Ok(()) => ControlFlow::Continue(()),
        Err(_) => ControlFlow::Break(()),
    };
    let (mut count, mut told) = (0, 0);
    let end = source.open(config).read(&mut |batch, read| {
        count += 1;
        let new = read.saturating_sub(told);
        told = read.max(told);
        send(Read::Batch((at, count), batch, new))
    });
    let ReadEnd { bytes, digest, skipped } = end;
    let entry = InputEntry { path: source.path().to_owned(), bytes, digest };
    send(Read::Ended(at, entry, skipped, bytes.saturating_sub(told)))
}

/// What is known of sources that were read to their end.
#[derive(Default)]
struct Ended {
    /// By their place.
    inputs: BTreeMap<usize, InputEntry>,
    records_skipped: Counts,
}

/// The batches as they come, until the last or until the run is cancelled.
struct Batches<'a> {
    reads: Receiver<Read>,
    run: &'a Run<'a>,
    ended: &'a Mutex<Ended>,
}

impl Iterator for Batches<'_> {
    type Item = (Place, Batch);

    fn next(&mut self) -> Option<Self::Item> {
        /// Time between two looks at the wish to stop.
        const PATIENCE: Duration = Duration::from_millis(50);
        loop {
            if self.run.is_cancelled() {
                return None;
            }
            match self.reads.recv_timeout(PATIENCE) {
                Ok(Read::Batch(place, batch, bytes)) => {
                    self.run.observer.event(&Event::Advanced(Stage::Read, bytes));
                    return Some((place, batch));
                }
                Ok(Read::Ended(at, entry, skipped, bytes)) => {
                    self.run.observer.event(&Event::Advanced(Stage::Read, bytes));
                    let mut ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
                    ended.inputs.insert(at, entry);
                    for (kind, count) in skipped {
                        *ended.records_skipped.entry(kind).or_default() += count;
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return None,
            }
        }
    }
}

/// Gives the second and later documents of one id a suffix, `~2`, `~3`, …, that no other document
/// has been given. Returns how many.
fn make_ids_unique(corpus: &mut Corpus) -> u64 {
    let documents = corpus.documents.iter().map(|document| &document.id);
    let mut taken: HashSet<DocId> =
        documents.chain(corpus.rejected.iter().map(|rejected| &rejected.id)).cloned().collect();
    let mut repeats: HashMap<DocId, u64> = HashMap::new();
    let mut renamed = 0;
    let documents = corpus.documents.iter_mut().map(|document| &mut document.id);
    for id in documents.chain(corpus.rejected.iter_mut().map(|rejected| &mut rejected.id)) {
        let Some(number) = repeats.get_mut(id) else {
            repeats.insert(id.clone(), 2);
            continue;
        };
        let free = loop {
            let candidate = with_suffix(id, *number);
            *number += 1;
            if taken.insert(candidate.clone()) {
                break candidate;
            }
        };
        *id = free;
        renamed += 1;
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
    let reuse = gathered(documents, Reuse::default, Reuse::observe, Reuse::merge);
    let reuse = Arc::new(reuse);
    let knowledge =
        gathered(documents, || Knowledge::over(Arc::clone(&reuse)), Knowledge::observe, Knowledge::merge);
    documents.par_iter_mut().for_each(|document| {
        normalizer.corroborate(document, &knowledge);
    });
}

/// What is gathered over all documents, part by part.
fn gathered<G: Send>(
    documents: &[Document],
    empty: impl Fn() -> G + Sync,
    observe: impl Fn(&mut G, &Document) + Sync,
    merge: impl Fn(&mut G, G) + Sync,
) -> G {
    let part = |chunk: &[Document]| {
        let mut gathered = empty();
        chunk.iter().for_each(|document| observe(&mut gathered, document));
        gathered
    };
    documents.par_chunks(1024).map(part).reduce(&empty, |mut all, part| {
        merge(&mut all, part);
        all
    })
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
        let mut corpus = corpus(&["a", "a", "a~2", "b", "a", "a~2"]);
        assert_eq!(make_ids_unique(&mut corpus), 3);
        let ids: Vec<&str> = corpus.documents.iter().map(|document| document.id.as_str()).collect();
        assert_eq!(ids, ["a", "a~3", "a~2", "b", "a~4", "a~2~2"], "an id that was given stays");
    }
}
