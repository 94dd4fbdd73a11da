//! Posting lists of the keys that matter, and the way back from a document to its lists.
//!
//! A list is one run of 32-bit numbers: a head with weight and length, then its documents, ascending.
//! Walking the lists of a document costs one jump a list, and a posting 8 bytes, 4 in the list and 4
//! for the way back.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::atomic::{AtomicU32, Ordering};

use rayon::prelude::*;

use crate::apart::{Holder, KeyKind, first_of_groups};
use crate::earlier::ElsewhereCursor;
use crate::overflow::{OverflowFailed, Room};
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
    parts: Vec<Part>,
    /// Weight of all keys of each document.
    document_weights: Vec<u32>,
    room: Room,
    pub(crate) cut: Cut,
}

impl Lists {
    /// Weight of all keys of a document.
    pub(crate) fn weight_of(&self, doc: u32) -> u32 {
        self.document_weights[doc as usize]
    }

    /// Ranges of the documents below `end` whose lists fit into the room together: one when all lists do.
    pub(crate) fn ranges(&self, end: usize) -> Vec<Range<usize>> {
        // A posting takes 4 bytes in its list and 4 for the way back.
        let bytes: usize = self.parts.iter().map(|part| part.words * 2 * size_of::<u32>()).sum();
        let is_away = |part: &Part| matches!(part.lists, Stored::Away(_));
        let count = match self.parts.iter().any(is_away) {
            true => bytes.div_ceil((self.room.bytes_max() / 2).max(1)).clamp(2, RANGES_MAX),
            false => 1,
        };
        let step = end.div_ceil(count).max(1);
        (0..end).step_by(step).map(|start| start..end.min(start + step)).collect()
    }

    /// The lists that documents in `range` share with later ones.
    pub(crate) fn of_range(&self, range: Range<usize>) -> Result<RangeLists<'_>, OverflowFailed> {
        let tails = |part: &Part| {
            let mut tails = Vec::new();
            part.walk(&self.room, |list| push_tail(&list, &range, &mut tails))?;
            Ok(Cow::Owned(tails))
        };
        let here: Option<Vec<Cow<'_, [u32]>>> =
            self.parts.iter().map(|part| part.here().map(Cow::Borrowed)).collect();
        let partitions = match here {
            Some(here) => here,
            None => self.parts.par_iter().map(tails).collect::<Result<_, OverflowFailed>>()?,
        };
        let (places, places_start) = places_of_documents(&partitions, range.clone());
        Ok(RangeLists { partitions, places, places_start, first: range.start })
    }
}

/// Appends the part of a list that begins in `range`, if anybody follows.
fn push_tail(list: &List<'_>, range: &Range<usize>, tails: &mut Vec<u32>) {
    let from = list.members.partition_point(|&doc| (doc as usize) < range.start);
    if let tail @ [first, _, ..] = &list.members[from..]
        && range.contains(&(*first as usize))
    {
        tails.push(list.weight << LEN_BITS | tail.len() as u32);
        tails.extend_from_slice(tail);
    }
}

/// Posting lists of some neighbouring documents, in memory.
pub(crate) struct RangeLists<'a> {
    partitions: Vec<Cow<'a, [u32]>>,
    /// Places of the lists of these documents, document by document.
    places: Vec<u32>,
    /// Where each document's places begin in `places`, and one more for the end.
    places_start: Vec<usize>,
    /// The first of the documents.
    first: usize,
}

impl RangeLists<'_> {
    /// The posting lists of a document's keys, each with the key's weight.
    pub(crate) fn of_document(&self, doc: u32) -> impl Iterator<Item = (&[u32], u32)> {
        let at = doc as usize - self.first;
        self.places[self.places_start[at]..self.places_start[at + 1]].iter().map(|&place| {
            let lists = &self.partitions[(place >> PLACE_BITS) as usize];
            list_at(lists, (place % (1 << PLACE_BITS)) as usize)
        })
    }
}

/// The documents and the weight of the list that begins at `start`.
fn list_at(lists: &[u32], start: usize) -> (&[u32], u32) {
    let head = lists[start];
    let len = (head % (1 << LEN_BITS)) as usize;
    (&lists[start + 1..start + 1 + len], head >> LEN_BITS)
}

/// Most ranges of documents whose lists are looked at one after the other: each reads all lists.
const RANGES_MAX: usize = 64;
/// Most slices of the partitions that are counted side by side; each needs 4 bytes a document.
const SLICES_MAX: usize = 8;

/// For each document of `range` the places of its lists, by partition, and where they begin.
fn places_of_documents(partitions: &[Cow<'_, [u32]>], range: Range<usize>) -> (Vec<u32>, Vec<usize>) {
    let slice_len = partitions.len().div_ceil(rayon::current_num_threads().clamp(1, SLICES_MAX)).max(1);
    let documents = range.len();
    let in_range = |doc: u32| (doc as usize).checked_sub(range.start).filter(|&at| at < documents);
    let mut counts: Vec<Vec<u32>> = partitions
        .par_chunks(slice_len)
        .map(|slice| {
            let mut counts = vec![0; documents];
            for list in slice.iter().flat_map(|lists| lists_of(lists)) {
                list.members.iter().filter_map(|&doc| in_range(doc)).for_each(|at| counts[at] += 1);
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
    partitions.par_chunks(slice_len).zip(counts).enumerate().for_each(|(slice_at, (slice, mut next))| {
        for (at, lists) in slice.iter().enumerate() {
            let partition = ((slice_at * slice_len + at) as u32) << PLACE_BITS;
            for list in lists_of(lists) {
                for doc in list.members.iter().filter_map(|&doc| in_range(doc)) {
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
    pub(crate) fn part(
        &self,
        partition: usize,
        mut entries: Vec<u64>,
        room: &Room,
    ) -> Result<Part, OverflowFailed> {
        sort_by_high_half(&mut entries);
        let known = self.corpus.earlier.map(|earlier| earlier.elsewhere.of_partition(partition));
        let mut elsewhere = known.unwrap_or(ElsewhereCursor::none());
        let mut part = PartMaker { lists: Vec::with_capacity(entries.len()), cut: Cut::default() };
        let mut docs = Vec::new();
        for run in entries.chunk_by(|a, b| a >> 32 == b >> 32) {
            docs.clear();
            docs.extend(run.iter().map(|&entry| entry as u32));
            docs.sort_unstable();
            docs.dedup();
            let others = elsewhere.count((run[0] >> 32) as u32);
            match docs.as_slice() {
                [doc] => match self.config.kind_of_key(1, others) {
                    KeyKind::Common => part.cut.common(1, 1),
                    KeyKind::Own(weight) | KeyKind::Shared(weight) => self.count_own(*doc, weight),
                },
                docs => self.push_list(docs, others, &mut part),
            }
        }
        drop(entries);
        part.lists.shrink_to_fit();
        assert!(
            part.lists.len() <= 1 << PLACE_BITS,
            "at most {} postings of a family",
            PARTITIONS << PLACE_BITS
        );
        let PartMaker { lists, cut } = part;
        let words = lists.len();
        // The way back takes as much again.
        let lists = match room.take(2 * words * size_of::<u32>()) {
            Ok(()) => Stored::Here(lists),
            Err(overflow) => Stored::Away(overflow.put(&lists)?),
        };
        Ok(Part { lists, words, cut })
    }

    /// Takes in a key which these documents have, distinct and ascending, and so many groups elsewhere.
    fn push_list(&self, docs: &[u32], elsewhere: u32, part: &mut PartMaker) {
        let start = part.lists.len();
        part.lists.push(0);
        let here = match self.corpus.groups {
            None => {
                part.lists.extend_from_slice(docs);
                u32::try_from(docs.len()).unwrap_or(u32::MAX)
            }
            Some(groups) => part.push_by_group(docs, groups, self.config),
        };
        match self.config.kind_of_key(here, elsewhere) {
            KeyKind::Shared(weight) => {
                let len = part.lists.len() - start - 1;
                part.cut.postings += (docs.len() - len) as u64;
                part.lists[start] = weight << LEN_BITS | len as u32;
                return;
            }
            KeyKind::Own(weight) => docs.iter().for_each(|&doc| self.count_own(doc, weight)),
            // A key of one group counts with each of its documents.
            KeyKind::Common if here < 2 => part.cut.common(docs.len() as u64, docs.len() as u64),
            KeyKind::Common => part.cut.common(1, docs.len() as u64),
        }
        part.lists.truncate(start);
    }

    fn count_own(&self, doc: u32, weight: u32) {
        self.own_weights[doc as usize].fetch_add(weight, Ordering::Relaxed);
    }

    /// All lists of the family, and the weight of each document: of its keys in lists, and of those that
    /// nobody else has.
    pub(crate) fn join(
        self,
        parts: Vec<Part>,
        sifted: &[Sifted],
        room: Room,
    ) -> Result<Lists, OverflowFailed> {
        let mut document_weights: Vec<u32> =
            self.own_weights.into_iter().map(AtomicU32::into_inner).collect();
        let mut cut = Cut::default();
        for sifted in sifted {
            document_weights[sifted.doc as usize] += sifted.singles.saturating_mul(WEIGHT_ONE);
            cut.postings += u64::from(sifted.crowded);
        }
        for part in &parts {
            part.walk(&room, |list| {
                list.members.iter().for_each(|&doc| document_weights[doc as usize] += list.weight);
            })?;
        }
        if let Some(earlier) = self.corpus.earlier {
            // Only those of their keys are here that documents of this run have too.
            document_weights[earlier.first as usize..].copy_from_slice(earlier.weights);
        }
        cut = parts.iter().fold(cut, |sum, part| sum.plus(part.cut));
        Ok(Lists { parts, document_weights, room, cut })
    }
}

/// The lists of one partition.
#[derive(Debug)]
pub(crate) struct Part {
    lists: Stored,
    /// What they take, in words.
    words: usize,
    cut: Cut,
}

#[derive(Debug)]
enum Stored {
    Here(Vec<u32>),
    Away(u32),
}

/// The lists of one partition, while they are made.
struct PartMaker {
    lists: Vec<u32>,
    cut: Cut,
}

/// One list of a partition.
struct List<'a> {
    start: usize,
    members: &'a [u32],
    weight: u32,
}

impl PartMaker {
    /// Appends the first members of each group, in order of documents; returns how many groups there
    /// are.
    fn push_by_group(&mut self, docs: &[u32], groups: &[u32], config: &RareConfig) -> u32 {
        let mut holders: Vec<Holder> =
            docs.iter().map(|&doc| Holder { group: groups[doc as usize], doc }).collect();
        holders.sort_unstable();
        let (mut members, start) = (Vec::with_capacity(holders.len()), self.lists.len());
        let here = first_of_groups(&holders, config, &mut members);
        self.lists.extend(members.iter().map(|holder| holder.doc));
        self.lists[start..].sort_unstable();
        here
    }
}

impl Part {
    /// The lists, when they are in memory.
    fn here(&self) -> Option<&[u32]> {
        match &self.lists {
            Stored::Here(lists) => Some(lists),
            Stored::Away(_) => None,
        }
    }

    /// Has `visit` look at every list.
    fn walk(&self, room: &Room, visit: impl FnMut(List<'_>)) -> Result<(), OverflowFailed> {
        match &self.lists {
            Stored::Here(lists) => lists_of(lists).for_each(visit),
            Stored::Away(number) => {
                let mut lists = Vec::with_capacity(self.words);
                room.get(*number, &mut lists)?;
                lists_of(&lists).for_each(visit);
            }
        }
        Ok(())
    }
}

/// The lists of a partition, one after the other.
fn lists_of(lists: &[u32]) -> impl Iterator<Item = List<'_>> {
    let mut next = 0;
    std::iter::from_fn(move || {
        (next < lists.len()).then(|| {
            let start = next;
            let (members, weight) = list_at(lists, start);
            next += members.len() + 1;
            List { start, members, weight }
        })
    })
}
