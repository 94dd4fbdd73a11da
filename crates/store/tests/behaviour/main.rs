//! What a store promises: it says what it was told, finds damage, and survives being killed.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod damage;
mod killed;
mod merging;
mod model;
mod refusals;
mod spool;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use unecho_disk::Fs;
use unecho_model::Digest;
use unecho_store::{Column, Entry, Error, RunEntry, Schemes, Serial, Store, Writer};

/// A document of a test: its bytes, its numbers, the keys that lead to it, the keys it counts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Doc {
    bytes: Vec<u8>,
    column: Column,
    keys: Vec<(u64, bool)>,
    counted: Vec<u64>,
}

/// A small document of this number.
fn doc(number: u64) -> Doc {
    Doc {
        bytes: format!("document {number} ").repeat(1 + number as usize % 7).into_bytes(),
        column: [number * 3, u64::MAX, number],
        keys: vec![(number % 5, number.is_multiple_of(2)), (100 + number, false)],
        counted: vec![number % 3, 50 + number],
    }
}

fn schemes() -> Schemes {
    Schemes::from([("words".to_owned(), "words-v1".to_owned())])
}

/// Most entries of a key in the tests' lists.
const LIST_MAX: u32 = 1000;

/// Adds a run of these documents, in segments of `segment_max`; one of the same name is replaced.
fn add(folder: &Path, run: &str, docs: &[Doc], segment_max: usize, fs: Arc<dyn Fs>) -> Result<(), Error> {
    add_by(folder, run, docs, segment_max, |folder| {
        let mut writer = Writer::open(folder, &schemes(), fs)?;
        writer.begin_merging();
        Ok(writer)
    })
}

/// Adds a run by the writer that `open` gives.
fn add_by(
    folder: &Path,
    run: &str,
    docs: &[Doc],
    segment_max: usize,
    open: impl FnOnce(&Path) -> Result<Writer, Error>,
) -> Result<(), Error> {
    let mut writer = open(folder)?;
    let manifest = writer.store().manifest();
    let first = manifest.runs.iter().find(|known| known.id == run).map_or(manifest.end(), |run| run.first);
    let mut segments = Vec::new();
    for (at, part) in docs.chunks(segment_max).enumerate() {
        let mut segment = writer.segment(Serial(first + (at * segment_max) as u64))?;
        let (mut entries, mut counted) = (Vec::new(), Vec::new());
        for (place, doc) in (0_u32..).zip(part) {
            segment.push(&doc.bytes, doc.column)?;
            let entry = |&(key, marked): &(u64, bool)| Entry { key, value: 2 * place + u32::from(marked) };
            entries.extend(doc.keys.iter().map(entry));
            counted.extend(&doc.counted);
        }
        segment.lists("keys", entries, LIST_MAX)?;
        segment.counts("counts", counted)?;
        segments.push(segment.finish()?);
    }
    let documents = docs.len() as u64;
    let run = RunEntry {
        id: run.to_owned(),
        first,
        documents,
        kept: 0,
        config: Digest::of(b"config"),
        changed: Vec::new(),
    };
    writer.prepare(run, segments, BTreeMap::new())?.commit()
}

/// All goes well, without waiting for a device.
fn sound() -> Arc<dyn Fs> {
    Arc::new(unecho_disk::FaultyFs::hasty())
}

/// All documents and their numbers.
fn contents(store: &Store) -> Vec<(Vec<u8>, Column)> {
    let mut documents = Vec::new();
    store
        .each_document(|serial, document| {
            assert_eq!(serial.0, documents.len() as u64);
            documents.push(document);
            Ok::<(), Error>(())
        })
        .unwrap();
    let columns = store.columns(Serial(u64::MAX)).unwrap();
    documents.into_iter().zip(columns).collect()
}
