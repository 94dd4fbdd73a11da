//! Looking up many keys at once: each block is read once, whatever number of keys it holds.

use std::ops::Range;

use rayon::prelude::*;

use crate::Error;
use crate::directory::Directory;
use crate::entry::{BLOCK_ENTRIES, Entry, Next};
use crate::segment::Segment;
use crate::store::Serial;

/// A document that a key leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Found {
    /// Place of the key among those that were looked up.
    pub key_at: u32,
    /// The document.
    pub document: Serial,
    /// Whether the entry is marked.
    pub is_marked: bool,
}

/// Keys that one task looks up.
const CHUNK_KEYS: usize = 8192;
/// Blocks that are read together.
const READ_BLOCKS_MAX: usize = 64;
/// Blocks without a key that are read rather than left out between two that have one.
const GAP_BLOCKS_MAX: usize = 2;

/// The documents that the keys of a section lead to, ascending; of each key at most `list_max`. Keys
/// ascend.
pub(crate) fn lists(
    segment: &Segment,
    name: &str,
    keys: &[u64],
    list_max: usize,
) -> Result<Vec<Found>, Error> {
    let first = segment.entry.first;
    let found = |key_at: usize, entries: &[Entry], to: &mut Vec<Found>| {
        to.extend(entries.iter().take(list_max).map(|entry| Found {
            key_at: key_at as u32,
            document: Serial(first + u64::from(entry.place())),
            is_marked: entry.is_marked(),
        }));
    };
    let chunks: Vec<Vec<Found>> = in_chunks(keys, |start, keys| {
        let mut to = Vec::new();
        walk(segment, name, keys, list_max, |at, entries| found(start + at, entries, &mut to))?;
        Ok(to)
    })?;
    Ok(chunks.concat())
}

/// Adds to `counts` how often each key was counted in a section.
pub(crate) fn add_counts(
    segment: &Segment,
    name: &str,
    keys: &[u64],
    counts: &mut [u32],
) -> Result<(), Error> {
    let chunks: Vec<Vec<(usize, u32)>> = in_chunks(keys, |start, keys| {
        let mut to = Vec::new();
        walk(segment, name, keys, 1, |at, entries| to.push((start + at, entries[0].value)))?;
        Ok(to)
    })?;
    for (at, count) in chunks.into_iter().flatten() {
        counts[at] = counts[at].saturating_add(count);
    }
    Ok(())
}

fn in_chunks<T: Send>(
    keys: &[u64],
    look: impl Fn(usize, &[u64]) -> Result<T, Error> + Sync,
) -> Result<Vec<T>, Error> {
    keys.par_chunks(CHUNK_KEYS).enumerate().map(|(at, keys)| look(at * CHUNK_KEYS, keys)).collect()
}

/// Hands over the first entries, `list_max` or a few more, of each key that has any.
fn walk(
    segment: &Segment,
    name: &str,
    keys: &[u64],
    list_max: usize,
    mut hand: impl FnMut(usize, &[Entry]),
) -> Result<(), Error> {
    let directory = segment.directory(name)?;
    let mut at = 0;
    let mut own: Vec<Entry> = Vec::new();
    while at < keys.len() {
        let (blocks, until) = reading(directory, keys, at, list_max);
        let (mut key_at, mut key) = (at, keys[at]);
        segment.each_entry(&directory.blocks()[blocks], key, |entry| {
            while entry.key > key {
                if !own.is_empty() {
                    hand(key_at, &own);
                    own.clear();
                }
                key_at += 1;
                if key_at == until {
                    return Next::Nothing;
                }
                key = keys[key_at];
            }
            if entry.key == key {
                own.push(entry);
            }
            Next::From(key)
        })?;
        if !own.is_empty() {
            hand(key_at, &own);
            own.clear();
        }
        at = until;
    }
    Ok(())
}

/// The blocks to read for the keys from `at` on, and the key that comes after those.
fn reading(directory: &Directory, keys: &[u64], at: usize, list_max: usize) -> (Range<usize>, usize) {
    let of_key = |key| {
        let range = directory.of_key(key);
        range.start..range.end.min(range.start + 2 + list_max / BLOCK_ENTRIES)
    };
    let mut blocks = of_key(keys[at]);
    let mut until = at + 1;
    while let Some(&key) = keys.get(until) {
        let next = of_key(key);
        let is_near = next.start <= blocks.end + GAP_BLOCKS_MAX && next.end <= blocks.start + READ_BLOCKS_MAX;
        if !is_near {
            break;
        }
        blocks.end = blocks.end.max(next.end);
        until += 1;
    }
    (blocks, until)
}
