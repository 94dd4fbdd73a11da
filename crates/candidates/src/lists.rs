//! Posting lists of the keys that matter, and the way back from a document to its lists.
//!
//! A list is one run of 32-bit numbers: a head with weight and length, then its documents, ascending.
//! Walking the lists of a document costs one jump a list, and a posting 8 bytes, 4 in the list and 4
//! for the way back.

use std::sync::atomic::{AtomicU32, Ordering};

use rayon::prelude::*;

use crate::earlier::ElsewhereCursor;
use crate::postings::{PARTITIONS, Sifted};
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

/// Most slices of the partitions that are counted side by side; each needs 4 bytes a document.
const SLICES_MAX: usize = 8;

/// For each document the places of its lists, by partition, and where they begin.
fn places_of_documents(parts: &[Part], documents: usize) -> (Vec<u32>, Vec<usize>) {
    let slice_len = parts.len().div_ceil(rayon::current_num_threads().clamp(1, SLICES_MAX)).max(1);
    let mut counts: Vec<Vec<u32>> = parts
        .par_chunks(slice_len)
        .map(|slice| {
            let mut counts = vec![0; documents];
            for list in slice.iter().flat_map(Part::iter) {
                list.members.iter().for_each(|&doc| counts[doc as usize] += 1);
            }
            counts
        })
        .collect();
    let mut start = Vec::with_capacity(documents + 1);
    let mut end = 0;
    for doc in 0..documents {
        start.push(end);
        let mut own = 0;
        for counts in &mut counts {
            own += std::mem::replace(&mut counts[doc], own);
        }
        end += own as usize;
    }
    start.push(end);
    // Each place is written once, by whoever has the list: atomic only to be shared.
    let places: Vec<AtomicU32> = std::iter::repeat_with(AtomicU32::default).take(end).collect();
    parts.par_chunks(slice_len).zip(counts).enumerate().for_each(|(slice_at, (slice, mut next))| {
        for (at, part) in slice.iter().enumerate() {
            let partition = ((slice_at * slice_len + at) as u32) << PLACE_BITS;
            for list in part.iter() {
                for &doc in list.members {
                    let doc = doc as usize;
                    places[start[doc] + next[doc] as usize]
                        .store(partition | list.start as u32, Ordering::Relaxed);
                    next[doc] += 1;
                }
            }
        }
    });
    (places.into_iter().map(AtomicU32::into_inner).collect(), start)
}

/// Makes the lists of a family.
pub(crate) struct ListMaker<'a> {
    config: &'a RareConfig,
    corpus: &'a Corpus<'a>,
    /// What those keys of each document weigh that nobody else here has.
    own_weights: Vec<AtomicU32>,
}

impl<'a> ListMaker<'a> {
    pub(crate) fn new(config: &'a RareConfig, corpus: &'a Corpus<'a>) -> Self {
        let own_weights = std::iter::repeat_with(AtomicU32::default).take(corpus.documents).collect();
        Self { config, corpus, own_weights }
    }

    /// The lists of one partition from its entries, the key in the high half and the document in the low
    /// one.
    pub(crate) fn part(&self, partition: usize, mut entries: Vec<u64>) -> Part {
        sort_by_high_half(&mut entries);
        let known = self.corpus.earlier.map(|earlier| earlier.elsewhere.of_partition(partition));
        let mut elsewhere = known.unwrap_or(ElsewhereCursor::none());
        let mut part = Part { lists: Vec::with_capacity(entries.len()), cut: Cut::default() };
        let mut docs = Vec::new();
        for run in entries.chunk_by(|a, b| a >> 32 == b >> 32) {
            docs.clear();
            docs.extend(run.iter().map(|&entry| entry as u32));
            docs.sort_unstable();
            docs.dedup();
            let others = elsewhere.count((run[0] >> 32) as u32);
            match docs.as_slice() {
                [doc] => self.count_own(*doc, 1 + others, &mut part),
                docs => self.push_list(docs, others, &mut part),
            }
        }
        part.lists.shrink_to_fit();
        assert!(
            part.lists.len() <= 1 << PLACE_BITS,
            "at most {} postings of a family",
            PARTITIONS << PLACE_BITS
        );
        part
    }

    /// Counts a key that one group here has, and `frequency` groups all together.
    fn count_own(&self, doc: u32, frequency: u32, part: &mut Part) {
        if frequency > self.config.frequency_max.max(1) {
            part.cut.keys += 1;
            part.cut.postings += 1;
        } else {
            self.own_weights[doc as usize].fetch_add(self.config.weight(frequency), Ordering::Relaxed);
        }
    }

    /// Makes a list of the documents of one key, which are distinct and ascend and which so many groups
    /// elsewhere have as well.
    fn push_list(&self, docs: &[u32], elsewhere: u32, part: &mut Part) {
        let start = part.lists.len();
        part.lists.push(0);
        let frequency = match self.corpus.groups {
            None => {
                part.lists.extend_from_slice(docs);
                docs.len()
            }
            Some(groups) => part.push_by_group(docs, groups, self.config.group_members_max.max(1) as usize),
        };
        let here = u32::try_from(frequency).unwrap_or(u32::MAX);
        let frequency = here.saturating_add(elsewhere);
        if here < 2 || frequency > self.config.frequency_max {
            part.lists.truncate(start);
            if here < 2 {
                docs.iter().for_each(|&doc| self.count_own(doc, frequency, part));
            } else {
                part.cut.keys += 1;
                part.cut.postings += docs.len() as u64;
            }
        } else {
            let len = part.lists.len() - start - 1;
            part.cut.postings += (docs.len() - len) as u64;
            part.lists[start] = self.config.weight(frequency) << LEN_BITS | len as u32;
        }
    }

    /// All lists of the family, and the weight of each document: of its keys in lists, and of those that
    /// nobody else has.
    pub(crate) fn join(self, parts: Vec<Part>, sifted: &[Sifted]) -> Lists {
        let mut document_weights: Vec<u32> =
            self.own_weights.into_iter().map(AtomicU32::into_inner).collect();
        let mut cut = Cut::default();
        for sifted in sifted {
            document_weights[sifted.doc as usize] += sifted.singles.saturating_mul(WEIGHT_ONE);
            cut.postings += u64::from(sifted.crowded);
        }
        for list in parts.iter().flat_map(Part::iter) {
            list.members.iter().for_each(|&doc| document_weights[doc as usize] += list.weight);
        }
        if let Some(earlier) = self.corpus.earlier {
            // Only those of their keys are here that documents of this run have too.
            document_weights[earlier.first as usize..].copy_from_slice(earlier.weights);
        }
        cut = parts.iter().fold(cut, |sum, part| sum.plus(part.cut));
        let (places, places_start) = places_of_documents(&parts, self.corpus.documents);
        let partitions = parts.into_iter().map(|part| part.lists).collect();
        Lists { partitions, places, places_start, document_weights, cut }
    }
}

/// The lists of one partition.
pub(crate) struct Part {
    lists: Vec<u32>,
    cut: Cut,
}

/// One list of a partition.
struct List<'a> {
    start: usize,
    members: &'a [u32],
    weight: u32,
}

impl Part {
    /// Appends the first members of each group, in order of documents; returns how many groups there
    /// are.
    fn push_by_group(&mut self, docs: &[u32], groups: &[u32], members_max: usize) -> usize {
        let mut members: Vec<(u32, u32)> = docs.iter().map(|&doc| (groups[doc as usize], doc)).collect();
        members.sort_unstable();
        let start = self.lists.len();
        let mut frequency = 0;
        for group in members.chunk_by(|a, b| a.0 == b.0) {
            frequency += 1;
            self.lists.extend(group.iter().take(members_max).map(|&(_, doc)| doc));
        }
        self.lists[start..].sort_unstable();
        frequency
    }

    fn iter(&self) -> impl Iterator<Item = List<'_>> {
        let mut next = 0;
        std::iter::from_fn(move || {
            (next < self.lists.len()).then(|| {
                let start = next;
                let (members, weight) = list_at(&self.lists, start);
                next += members.len() + 1;
                List { start, members, weight }
            })
        })
    }
}
