//! Who has which key: collected in parallel, partitioned by key, for the posting lists to be made of.

use std::sync::{Mutex, MutexGuard, PoisonError};

use rayon::prelude::*;
use unecho_model::DocIndex;

use crate::entries::{Entries, Run};
use crate::frequency_sketch::FrequencySketch;
use crate::lists::ListMaker;
use crate::overflow::{OverflowFailed, Room};
use crate::proposal::Candidates;
use crate::rare::{self, Corpus, RareConfig};

/// Keys are partitioned by their first 8 bits and told apart by the next 32, 40 in all: of a hundred
/// million keys one in ten thousand is taken for another, which moves a little weight.
pub(crate) const PARTITIONS: usize = 256;

/// The keys of one family of all documents.
#[derive(Debug)]
pub struct Postings {
    config: RareConfig,
    partitions: Vec<Mutex<Entries>>,
    sifted: Mutex<Vec<Sifted>>,
    room: Room,
    /// Why entries could not be put away, if so.
    failed: Mutex<Option<OverflowFailed>>,
}

/// Keys of a document that are not stored.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sifted {
    pub(crate) doc: u32,
    /// How many of its keys nobody else has.
    pub(crate) singles: u32,
    /// How many are crowded.
    pub(crate) crowded: u32,
}

impl Postings {
    /// None yet.
    #[must_use]
    pub fn new(config: RareConfig, room: Room) -> Self {
        let partitions = std::iter::repeat_with(Mutex::default).take(PARTITIONS).collect();
        Self { config, partitions, sifted: Mutex::default(), room, failed: Mutex::default() }
    }

    /// A hand to add documents with; each thread needs its own. What it took is in the postings when
    /// it is dropped.
    #[must_use]
    pub fn writer(&self) -> PostingsWriter<'_> {
        PostingsWriter {
            postings: self,
            runs: std::iter::repeat_with(Run::default).take(PARTITIONS).collect(),
            sifted: Vec::new(),
        }
    }

    /// Number of keys stored, repeats included; each takes a little more than 5 bytes, in memory or elsewhere.
    #[must_use]
    pub fn len(&self) -> usize {
        self.partitions.iter().map(|entries| locked(entries).len()).sum()
    }

    /// Whether no key is stored.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The pairs that share enough rare keys.
    ///
    /// # Errors
    /// When keys that did not fit into their room are lost.
    ///
    /// # Panics
    /// When a document is beyond `corpus.documents`.
    pub fn pairs(self, corpus: &Corpus<'_>) -> Result<Candidates, OverflowFailed> {
        self.pairs_among(corpus, |_| true)
    }

    /// The pairs that share enough rare keys, as if only the documents that `takes_part` accepts had been
    /// added: with [`PostingsWriter::add_all`], documents can be added before it is known which of
    /// them are copies of others.
    ///
    /// # Errors
    /// When keys that did not fit into their room are lost.
    ///
    /// # Panics
    /// When a document is beyond `corpus.documents`.
    pub fn pairs_among(
        self,
        corpus: &Corpus<'_>,
        takes_part: impl Fn(DocIndex) -> bool + Sync,
    ) -> Result<Candidates, OverflowFailed> {
        if let Some(failed) = unlocked(self.failed) {
            return Err(failed);
        }
        let (config, room) = (self.config, self.room);
        let list_room = room.afresh();
        let maker = ListMaker::new(&config, corpus);
        let parts = self
            .partitions
            .into_par_iter()
            .enumerate()
            .map(|(at, entries)| {
                let entries = unlocked(entries).unpack(|doc| takes_part(DocIndex(doc)), &room)?;
                maker.part(at, entries, &list_room)
            })
            .collect::<Result<_, OverflowFailed>>()?;
        let lists = maker.join(parts, &unlocked(self.sifted), list_room)?;
        rare::pairs(&lists, &config, corpus)
    }

    fn append(&self, partition: usize, run: &mut Run) {
        if let Err(failed) = locked(&self.partitions[partition]).append(run, &self.room) {
            locked(&self.failed).get_or_insert(failed);
            *run = Run::default();
        }
    }
}

/// Appending cannot leave a half-made state behind, so a panic elsewhere does not spoil the entries.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn unlocked<T>(mutex: Mutex<T>) -> T {
    mutex.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// Adds documents to [`Postings`], best in their order: neighbours take less memory.
#[derive(Debug)]
pub struct PostingsWriter<'a> {
    postings: &'a Postings,
    runs: Vec<Run>,
    sifted: Vec<Sifted>,
}

impl PostingsWriter<'_> {
    /// Adds all keys of a document, in any order, repeats allowed. A document is added once.
    pub fn add_all(&mut self, doc: DocIndex, keys: &[u64]) {
        for &key in keys {
            self.push(key, doc);
        }
    }

    /// Adds the keys of a document, in any order, repeats allowed; those which `seen` knows to be the
    /// document's own, or above the limit of frequency, are only counted, which saves more than half
    /// of the memory at the price of a look at all documents beforehand. A document is added once.
    pub fn add(&mut self, doc: DocIndex, keys: &[u64], seen: &FrequencySketch) {
        let mut sifted = Sifted { doc: doc.0, singles: 0, crowded: 0 };
        let crowded_from = match u8::try_from(self.postings.config.frequency_max) {
            Ok(frequency_max) if frequency_max < FrequencySketch::COUNT_MAX => FrequencySketch::COUNT_MAX,
            _ => FrequencySketch::COUNT_MAX + 1,
        };
        for batch in keys.chunks(FrequencySketch::BATCH_KEYS) {
            for (&key, count) in batch.iter().zip(seen.counts(batch)) {
                if count < 2 {
                    sifted.singles += 1;
                } else if count >= crowded_from {
                    sifted.crowded += 1;
                } else {
                    self.push(key, doc);
                }
            }
        }
        self.sifted.push(sifted);
    }

    fn push(&mut self, key: u64, doc: DocIndex) {
        let partition = (key >> 56) as usize;
        let (key, run) = ((key >> 24) as u32, &mut self.runs[partition]);
        if run.push(key, doc.0).is_err() {
            self.postings.append(partition, run);
            run.push(key, doc.0).expect("an empty run takes any entry");
        }
    }
}

impl Drop for PostingsWriter<'_> {
    fn drop(&mut self) {
        for (partition, run) in self.runs.iter_mut().enumerate().filter(|(_, run)| !run.is_empty()) {
            self.postings.append(partition, run);
        }
        locked(&self.postings.sifted).append(&mut self.sifted);
    }
}
