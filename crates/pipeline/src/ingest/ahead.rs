//! Reading ahead of those who clean: sources are read and decompressed on threads of their own, a bounded number
//! of batches ahead.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use unecho_fetch::{Batch, ReadEnd, Source};
use unecho_model::summary::Counts;
use unecho_write::InputEntry;

use crate::{Event, Run, Stage};

/// Place of a batch in canonical order: source, then batch of it.
pub(super) type Place = (usize, u64);

/// What the reading threads hand over.
pub(super) enum Read {
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
pub(super) fn read_ahead(sources: Vec<Source>, config: &unecho_fetch::Config) -> Receiver<Read> {
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
pub(super) struct Ended {
    /// By their place.
    pub(super) inputs: BTreeMap<usize, InputEntry>,
    pub(super) records_skipped: Counts,
}

/// The batches as they come, until the last or until the run is cancelled.
pub(super) struct Batches<'a> {
    pub(super) reads: Receiver<Read>,
    pub(super) run: &'a Run<'a>,
    pub(super) ended: &'a Mutex<Ended>,
    /// Set when cleaning one failed: the others are not waited for.
    pub(super) failed: &'a AtomicBool,
}

impl Iterator for Batches<'_> {
    type Item = (Place, Batch);

    fn next(&mut self) -> Option<Self::Item> {
        /// Time between two looks at the wish to stop.
        const PATIENCE: Duration = Duration::from_millis(50);
        loop {
            if self.run.is_cancelled() || self.failed.load(Ordering::Relaxed) {
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
