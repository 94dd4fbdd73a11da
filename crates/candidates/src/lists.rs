//! Posting lists of the keys that matter, and the way back from a document to its lists.
//!
//! A list is one run of 32-bit numbers: a head with weight and length, then its documents, ascending.
//! Walking the lists of a document costs one jump a list, and a posting 8 bytes, 4 in the list and 4
//! for the way back.

use std::sync::atomic::{AtomicU32, Ordering};

use rayon::prelude::*;

use crate::postings::{Counted, PARTITIONS};
use crate::proposal::Cut;
use crate::radix::sort_by_high_half;
use crate::rare::{Corpus, RareConfig, WEIGHT_ONE};

/// Low bits of a head: the number of documents. High bits: the weight.
const LEN_BITS: u32 = 24;
/// Low bits of a place: where the list begins in its partition. High bits: the partition.
const PLACE_BITS: u32 = 24;

/// Posting lists of the keys with a frequency between 2 and the limit.
#[derive(Debug)]
pub(crate) struct Lists {
    partitions: Vec<Vec<u32>>,
    /// Places of the lists of all documents, document by document.
    places: Vec<u32>,
    /// Where each document's places begin in `places`, and one more for the end.
    places_start: Vec<usize>,
    /// Weight of all keys of each document.
    document_weights: Vec<u32>,
    pub(crate) cut: Cut,
}

impl Lists {
    /// From entries of 32 bits of a key and a document, by partitions.
    pub(crate) fn of(
        partitions: Vec<Vec<Vec<u64>>>,
        counted: &[Counted],
        config: &RareConfig,
        corpus: &Corpus<'_>,
    ) -> Self {
        let weights: Vec<AtomicU32> =
            std::iter::repeat_with(AtomicU32::default).take(corpus.documents).collect();
        for count in counted {
            weights[count.doc as usize]
                .fetch_add(count.singles.saturating_mul(WEIGHT_ONE), Ordering::Relaxed);
        }
        let context = Context { config, corpus, weights: &weights };
        let parts: Vec<Part> = partitions.into_par_iter().map(|blocks| Part::of(blocks, &context)).collect();
        let cut = parts.iter().fold(Cut::default(), |sum, part| sum.plus(part.cut));
        let postings = counted.iter().map(|count| u64::from(count.crowded)).sum();
        let (places, places_start) = places_of_documents(&parts, corpus.documents);
        Self {
            partitions: parts.into_iter().map(|part| part.lists).collect(),
            places,
            places_start,
            document_weights: weights.into_iter().map(AtomicU32::into_inner).collect(),
            cut: cut.plus(Cut { postings, ..Cut::default() }),
        }
    }

    /// The posting lists of a document's keys, each with the key's weight.
    pub(crate) fn of_document(&self, doc: u32) -> impl Iterator<Item = (&[u32], u32)> {
        let range = self.places_start[doc as usize]..self.places_start[doc as usize + 1];
        self.places[range].iter().map(|&place| {
            let lists = &self.partitions[(place >> PLACE_BITS) as usize];
            list_at(lists, (place % (1 << PLACE_BITS)) as usize)
        })
    }

    /// Weight of all keys of a document.
    pub(crate) fn weight_of(&self, doc: u32) -> u32 {
        self.document_weights[doc as usize]
    }
}

/// The documents and the weight of the list that begins at `start`.
fn list_at(lists: &[u32], start: usize) -> (&[u32], u32) {
    let head = lists[start];
    let len = (head % (1 << LEN_BITS)) as usize;
    (&lists[start + 1..start + 1 + len], head >> LEN_BITS)
}

/// For each document the places of its lists, and where they begin.
fn places_of_documents(parts: &[Part], documents: usize) -> (Vec<u32>, Vec<usize>) {
    let mut start = vec![0_usize; documents + 1];
    for (_, members) in parts.iter().flat_map(Part::iter) {
        for &doc in members {
            start[doc as usize + 1] += 1;
        }
    }
    for doc in 1..start.len() {
        start[doc] += start[doc - 1];
    }
    let mut places = vec![0; start[documents]];
    let mut next = start.clone();
    for (partition, part) in parts.iter().enumerate() {
        for (at, members) in part.iter() {
            for &doc in members {
                places[next[doc as usize]] = (partition as u32) << PLACE_BITS | at as u32;
                next[doc as usize] += 1;
            }
        }
    }
    (places, start)
}

/// What making lists needs to know.
struct Context<'a> {
    config: &'a RareConfig,
    corpus: &'a Corpus<'a>,
    weights: &'a [AtomicU32],
}

/// The lists of one partition.
struct Part {
    lists: Vec<u32>,
    cut: Cut,
}

impl Part {
    fn of(blocks: Vec<Vec<u64>>, context: &Context<'_>) -> Self {
        let mut entries = blocks.concat();
        drop(blocks);
        sort_by_high_half(&mut entries);
        let mut part = Self { lists: Vec::with_capacity(entries.len()), cut: Cut::default() };
        let mut members = Vec::new();
        for run in entries.chunk_by(|a, b| a >> 32 == b >> 32) {
            members.clear();
            members.extend(
                run.iter()
                    .map(|&entry| Member { doc: entry as u32, group: context.corpus.group(entry as u32) }),
            );
            members.sort_unstable();
            members.dedup();
            part.push(&members, context);
        }
        part.lists.shrink_to_fit();
        assert!(
            part.lists.len() <= 1 << PLACE_BITS,
            "at most {} postings of a family",
            PARTITIONS << PLACE_BITS
        );
        part
    }

    /// Makes a list of the documents of one key, which come by groups.
    fn push(&mut self, members: &[Member], context: &Context<'_>) {
        let config = context.config;
        let frequency = members.chunk_by(|a, b| a.group == b.group).count() as u32;
        if frequency > config.frequency_max {
            self.cut.keys += 1;
            self.cut.postings += members.len() as u64;
            return;
        }
        let weight = config.weight(frequency);
        for member in members {
            context.weights[member.doc as usize].fetch_add(weight, Ordering::Relaxed);
        }
        if frequency < 2 {
            return;
        }
        let head = self.lists.len();
        self.lists.push(0);
        for group in members.chunk_by(|a, b| a.group == b.group) {
            let taken = group.len().min(config.group_members_max.max(1) as usize);
            self.cut.postings += (group.len() - taken) as u64;
            self.lists.extend(group[..taken].iter().map(|member| member.doc));
        }
        let len = self.lists.len() - head - 1;
        self.lists[head] = weight << LEN_BITS | len as u32;
        if context.corpus.groups.is_some() {
            self.lists[head + 1..].sort_unstable();
        }
    }

    /// Where each list begins, and its documents.
    fn iter(&self) -> impl Iterator<Item = (usize, &[u32])> {
        let mut at = 0;
        std::iter::from_fn(move || {
            (at < self.lists.len()).then(|| {
                let start = at;
                let (members, _) = list_at(&self.lists, start);
                at += members.len() + 1;
                (start, members)
            })
        })
    }
}

/// A document that has the key, by group, then document.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Member {
    group: u32,
    doc: u32,
}
