//! Who has which key: collected in parallel, partitioned by key, for the posting lists to be made of.

use std::sync::{Mutex, PoisonError};

use unecho_model::DocIndex;

use crate::frequency_sketch::FrequencySketch;
use crate::lists::Lists;
use crate::proposal::Candidates;
use crate::rare::{self, Corpus, RareConfig};

/// Keys are partitioned by their first 8 bits and told apart by the next 32, 40 in all: of a hundred
/// million keys one in ten thousand is taken for another, which moves a little weight.
pub(crate) const PARTITIONS: usize = 256;
/// Entries that a writer collects for a partition before it takes the lock.
const BUFFER_ENTRIES: usize = 64;
/// Entries of a block of a partition: growing by blocks never copies nor doubles.
const BLOCK_ENTRIES: usize = 1024;

/// The keys of one family of all documents.
#[derive(Debug)]
pub struct Postings {
    config: RareConfig,
    partitions: Vec<Mutex<Vec<Vec<u64>>>>,
    counted: Mutex<Vec<Counted>>,
}

/// Keys of a document that are not stored.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Counted {
    pub(crate) doc: u32,
    /// How many of its keys nobody else has.
    pub(crate) singles: u32,
    /// How many are crowded.
    pub(crate) crowded: u32,
}

impl Postings {
    /// None yet.
    #[must_use]
    pub fn new(config: RareConfig) -> Self {
        let partitions = std::iter::repeat_with(Mutex::default).take(PARTITIONS).collect();
        Self { config, partitions, counted: Mutex::default() }
    }

    /// A hand to add documents with; each thread needs its own. What it took is in the postings when
    /// it is dropped.
    #[must_use]
    pub fn writer(&self) -> PostingsWriter<'_> {
        PostingsWriter {
            postings: self,
            buffers: std::iter::repeat_with(Vec::new).take(PARTITIONS).collect(),
            counted: Vec::new(),
        }
    }

    /// Number of keys stored, repeats included; each takes 8 bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.partitions.iter().map(|blocks| locked(blocks).iter().map(Vec::len).sum::<usize>()).sum()
    }

    /// Whether no key is stored.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The pairs that share enough rare keys.
    ///
    /// # Panics
    /// When a document is beyond `corpus.documents`.
    #[must_use]
    pub fn pairs(self, corpus: &Corpus<'_>) -> Candidates {
        let config = self.config;
        let partitions = self.partitions.into_iter().map(unlocked).collect();
        let lists = Lists::of(partitions, &unlocked(self.counted), &config, corpus);
        rare::pairs(&lists, &config, corpus)
    }
}

/// Appending cannot leave a half-made state behind, so a panic elsewhere does not spoil the entries.
fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn unlocked<T>(mutex: Mutex<T>) -> T {
    mutex.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// Adds documents to [`Postings`].
#[derive(Debug)]
pub struct PostingsWriter<'a> {
    postings: &'a Postings,
    /// (32 bits of the key, document) in one number.
    buffers: Vec<Vec<u64>>,
    counted: Vec<Counted>,
}

impl PostingsWriter<'_> {
    /// Adds the keys of a document, in any order, repeats allowed; those which `seen` knows to be the
    /// document's own, or above the limit of frequency, are only counted. A document is added once.
    pub fn add(&mut self, doc: DocIndex, keys: &[u64], seen: &FrequencySketch) {
        let mut counted = Counted { doc: doc.0, singles: 0, crowded: 0 };
        let crowded_from = match u8::try_from(self.postings.config.frequency_max) {
            Ok(frequency_max) if frequency_max < FrequencySketch::COUNT_MAX => FrequencySketch::COUNT_MAX,
            _ => FrequencySketch::COUNT_MAX + 1,
        };
        for batch in keys.chunks(FrequencySketch::BATCH_KEYS) {
            for (&key, count) in batch.iter().zip(seen.counts(batch)) {
                if count < 2 {
                    counted.singles += 1;
                } else if count >= crowded_from {
                    counted.crowded += 1;
                } else {
                    self.push((key >> 56) as usize, (key >> 24) << 32 | u64::from(doc.0));
                }
            }
        }
        self.counted.push(counted);
    }

    fn push(&mut self, partition: usize, entry: u64) {
        let buffer = &mut self.buffers[partition];
        if buffer.is_empty() {
            buffer.reserve_exact(BUFFER_ENTRIES);
        }
        buffer.push(entry);
        if buffer.len() == BUFFER_ENTRIES {
            append(&self.postings.partitions[partition], buffer);
        }
    }
}

impl Drop for PostingsWriter<'_> {
    fn drop(&mut self) {
        for (buffer, partition) in self.buffers.iter_mut().zip(&self.postings.partitions) {
            append(partition, buffer);
        }
        locked(&self.postings.counted).append(&mut self.counted);
    }
}

/// Moves `buffer` to the last block that has room for it, or to a new one.
fn append(partition: &Mutex<Vec<Vec<u64>>>, buffer: &mut Vec<u64>) {
    let mut blocks = locked(partition);
    match blocks.last_mut() {
        Some(block) if block.len() + buffer.len() <= BLOCK_ENTRIES => block.append(buffer),
        _ => {
            let mut block = Vec::with_capacity(BLOCK_ENTRIES);
            block.append(buffer);
            blocks.push(block);
        }
    }
}
