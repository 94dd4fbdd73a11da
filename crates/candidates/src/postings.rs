//! Who has which key: collected in parallel, partitioned by key, sorted, and turned into posting lists.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

use rayon::prelude::*;
use unecho_model::DocIndex;

use crate::proposal::{Candidates, Cut};
use crate::rare::{self, Corpus, RareConfig, WEIGHT_ONE};
use crate::seen_twice::SeenTwice;

/// Keys are partitioned by their first 8 bits and told apart by the next 32: two of a hundred million
/// keys in ten thousand are taken for another, which costs a little weight somewhere.
const PARTITIONS: usize = 256;
/// Entries that a writer collects for a partition before it takes the lock.
const BUFFER_ENTRIES: usize = 64;

/// The keys of one family of all documents.
#[derive(Debug)]
pub struct Postings {
    config: RareConfig,
    /// (32 bits of the key, document) in one number.
    partitions: Vec<Mutex<Vec<u64>>>,
    /// (document, how many of its keys nobody else has).
    singles: Mutex<Vec<(u32, u32)>>,
}

impl Postings {
    /// None yet.
    #[must_use]
    pub fn new(config: RareConfig) -> Self {
        let partitions = std::iter::repeat_with(Mutex::default).take(PARTITIONS).collect();
        Self { config, partitions, singles: Mutex::default() }
    }

    /// A hand to add documents with; each thread needs its own. What it took is in the postings when
    /// it is dropped.
    #[must_use]
    pub fn writer(&self) -> PostingsWriter<'_> {
        PostingsWriter {
            postings: self,
            buffers: std::iter::repeat_with(Vec::new).take(PARTITIONS).collect(),
            singles: Vec::new(),
        }
    }

    /// Number of keys stored, repeats included; each takes 8 bytes.
    ///
    /// # Panics
    /// When a thread panicked while it added a document.
    #[must_use]
    pub fn len(&self) -> usize {
        self.partitions.iter().map(|entries| entries.lock().expect(NOT_POISONED).len()).sum()
    }

    /// Whether no key is stored.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The pairs that share enough rare keys.
    ///
    /// # Panics
    /// When a document is beyond `corpus.documents`, or a thread panicked while it added one.
    #[must_use]
    pub fn pairs(self, corpus: &Corpus<'_>) -> Candidates {
        let config = self.config;
        let lists = Lists::of(self, corpus);
        rare::pairs(&lists, &config, corpus)
    }
}

const NOT_POISONED: &str = "no thread panics while it holds the lock";

/// Adds documents to [`Postings`].
#[derive(Debug)]
pub struct PostingsWriter<'a> {
    postings: &'a Postings,
    buffers: Vec<Vec<u64>>,
    singles: Vec<(u32, u32)>,
}

impl PostingsWriter<'_> {
    /// Adds the keys of a document, in any order, repeats allowed; those which `seen` knows to be the
    /// document's own are only counted. A document is added once.
    pub fn add(&mut self, doc: DocIndex, keys: &[u64], seen: &SeenTwice) {
        let mut singles = 0;
        for &key in keys {
            if seen.twice(key) {
                self.push((key >> 56) as usize, (key >> 24) << 32 | u64::from(doc.0));
            } else {
                singles += 1;
            }
        }
        self.singles.push((doc.0, singles));
    }

    fn push(&mut self, partition: usize, entry: u64) {
        let buffer = &mut self.buffers[partition];
        buffer.push(entry);
        if buffer.len() >= BUFFER_ENTRIES {
            self.postings.partitions[partition].lock().expect(NOT_POISONED).append(buffer);
        }
    }
}

impl Drop for PostingsWriter<'_> {
    fn drop(&mut self) {
        for (buffer, partition) in self.buffers.iter_mut().zip(&self.postings.partitions) {
            if let (false, Ok(mut entries)) = (buffer.is_empty(), partition.lock()) {
                entries.append(buffer);
            }
        }
        if let Ok(mut singles) = self.postings.singles.lock() {
            singles.append(&mut self.singles);
        }
    }
}

/// Posting lists of the keys with a frequency between 2 and the limit, and the way back from a
/// document to its lists.
#[derive(Debug)]
pub(crate) struct Lists {
    members: Vec<u32>,
    /// Where each list begins in `members`, and one more for the end.
    starts: Vec<usize>,
    weights: Vec<u32>,
    /// The lists of all documents, document by document.
    lists_of: Vec<u32>,
    /// Where each document's lists begin in `lists_of`, and one more for the end.
    lists_start: Vec<usize>,
    /// Weight of all keys of each document.
    document_weights: Vec<u32>,
    pub(crate) cut: Cut,
}

impl Lists {
    fn of(postings: Postings, corpus: &Corpus<'_>) -> Self {
        let weights: Vec<AtomicU32> =
            std::iter::repeat_with(AtomicU32::default).take(corpus.documents).collect();
        for (doc, singles) in postings.singles.into_inner().expect(NOT_POISONED) {
            weights[doc as usize].fetch_add(singles.saturating_mul(WEIGHT_ONE), Ordering::Relaxed);
        }
        let config = postings.config;
        let parts: Vec<Part> = postings
            .partitions
            .into_par_iter()
            .map(|entries| Part::of(entries.into_inner().expect(NOT_POISONED), &config, corpus, &weights))
            .collect();
        Self::join(parts, weights.into_iter().map(AtomicU32::into_inner).collect())
    }

    fn join(parts: Vec<Part>, document_weights: Vec<u32>) -> Self {
        let mut lists_start = vec![0; document_weights.len() + 1];
        for &doc in parts.iter().flat_map(|part| &part.members) {
            lists_start[doc as usize + 1] += 1;
        }
        for doc in 1..lists_start.len() {
            lists_start[doc] += lists_start[doc - 1];
        }
        let postings = lists_start.last().copied().unwrap_or(0);
        let mut lists = Self {
            members: Vec::with_capacity(postings),
            starts: vec![0],
            weights: Vec::new(),
            lists_of: vec![0; postings],
            lists_start,
            document_weights,
            cut: Cut::default(),
        };
        let mut next = lists.lists_start.clone();
        for part in parts {
            lists.cut = lists.cut.plus(part.cut);
            let mut members = part.members.iter();
            for list in part.lists {
                let number =
                    u32::try_from(lists.weights.len()).expect("fewer lists than postings that fit memory");
                for &doc in members.by_ref().take(list.len as usize) {
                    lists.lists_of[next[doc as usize]] = number;
                    next[doc as usize] += 1;
                    lists.members.push(doc);
                }
                lists.starts.push(lists.members.len());
                lists.weights.push(list.weight);
            }
        }
        lists
    }

    /// The posting lists of a document's keys, each with the key's weight.
    pub(crate) fn of_document(&self, doc: u32) -> impl Iterator<Item = (&[u32], u32)> {
        let range = self.lists_start[doc as usize]..self.lists_start[doc as usize + 1];
        self.lists_of[range].iter().map(|&list| {
            let list = list as usize;
            (&self.members[self.starts[list]..self.starts[list + 1]], self.weights[list])
        })
    }

    /// Weight of all keys of a document.
    pub(crate) fn weight_of(&self, doc: u32) -> u32 {
        self.document_weights[doc as usize]
    }
}

/// The lists of one partition.
struct Part {
    members: Vec<u32>,
    lists: Vec<List>,
    cut: Cut,
}

struct List {
    len: u32,
    weight: u32,
}

impl Part {
    fn of(mut entries: Vec<u64>, config: &RareConfig, corpus: &Corpus<'_>, weights: &[AtomicU32]) -> Self {
        entries.sort_unstable();
        entries.dedup();
        let mut part = Self { members: Vec::new(), lists: Vec::new(), cut: Cut::default() };
        let mut groups = Vec::new();
        for run in entries.chunk_by(|a, b| a >> 32 == b >> 32) {
            part.push(run, config, corpus, weights, &mut groups);
        }
        part.members.shrink_to_fit();
        part
    }

    /// Makes a list of the documents of one key.
    fn push(
        &mut self,
        run: &[u64],
        config: &RareConfig,
        corpus: &Corpus<'_>,
        weights: &[AtomicU32],
        groups: &mut Vec<(u32, u32)>,
    ) {
        let docs = run.iter().map(|&entry| entry as u32);
        groups.clear();
        groups.extend(docs.map(|doc| (corpus.group(doc), doc)));
        groups.sort_unstable();
        let frequency = groups.chunk_by(|a, b| a.0 == b.0).count() as u32;
        if frequency > config.frequency_max {
            self.cut.keys += 1;
            self.cut.postings += run.len() as u64;
            return;
        }
        let weight = config.weight(frequency);
        for &(_, doc) in groups.iter() {
            weights[doc as usize].fetch_add(weight, Ordering::Relaxed);
        }
        if frequency < 2 {
            return;
        }
        let start = self.members.len();
        for group in groups.chunk_by(|a, b| a.0 == b.0) {
            let taken = group.len().min(config.group_members_max.max(1) as usize);
            self.cut.postings += (group.len() - taken) as u64;
            self.members.extend(group[..taken].iter().map(|&(_, doc)| doc));
        }
        self.lists.push(List { len: (self.members.len() - start) as u32, weight });
    }
}
