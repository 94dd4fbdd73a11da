//! Pairs that share rare pairs of content words, found by those who have these: the driving side says who takes part,
//! and gets the pairs.
//!
//! 1. post: documents to entries (part of all keys; key, document, group). A key that is too common among the documents
//!    of one task is one entry, so that no key gathers more than a few entries of each task, but for copies of one
//!    story, which are told apart only by who has all of them.
//! 2. weigh: all entries of a part to what each key adds: to the weight of a document, or to what two have in common.
//! 3. tally: all that is added to some neighbouring documents, summed up.
//! 4. choose: what two have in common, with the weights of both, to pairs.
//!
//! What is done with one key and with one document is `candidates`' to say, here and on one machine.

use std::path::Path;

use serde::de::DeserializeOwned;
use unecho_candidates::{Candidate, Candidates, Cut, Holder, RareConfig, Share, Weighed};
use unecho_model::{CandidatePair, DocIndex};

use super::facts::Facts;
use super::scatter::{SCATTERED, Scatter, arrived};
use super::task::{Plan, Sink};
use super::{Input, LOOKED, Row, Spread, packed, unpacked};
use crate::matching::Print;
use crate::{Config, Error};

/// Kind of rows of [`LOOKED`] that are the keys of a document, as [`key_bytes`] writes them.
pub(super) const KEYS: i32 = 3;
/// Kind of rows that tell what limits cut off in a part.
pub(super) const CUT: i32 = 1;
/// Kind of rows that are weights of documents, and of rows that are what pairs have in common.
const WEIGHTS: i32 = 0;
const IN_COMMON: i32 = 1;

/// Bits of a key.
const KEY_BITS: u32 = 40;
const KEY_BYTES: usize = KEY_BITS.div_ceil(8) as usize;
/// Least bits of a key that name its part, so that the others fit into 32, and most.
const PART_BITS_MIN: u32 = 8;
const PART_BITS_MAX: u32 = 24;
/// About how many keys a part has: a document has fewer than words.
pub(super) const PART_KEYS: u64 = 1 << 17;
/// Documents whose shares are summed up together.
pub(super) const NEIGHBOURS: u32 = if cfg!(test) { 16 } else { 256 };
/// Stands for no group, and for no document.
const NONE: u32 = u32::MAX;
/// Stands for no day; no date is so early.
const NO_DAY: i32 = i32::MIN;

/// The keys of a document, as they are kept.
pub(super) fn key_bytes(keys: &[u64]) -> Vec<u8> {
    keys.iter().flat_map(|key| key.to_le_bytes().into_iter().take(KEY_BYTES)).collect()
}

/// What documents have in common, and how much of it was too much.
type Found = (Vec<(u32, u32, u32)>, u64);

impl Spread<'_> {
    /// The pairs of `representatives` that share enough rare pairs of content words, with the group of each document.
    pub(crate) fn rare_pairs(
        &self,
        representatives: &[DocIndex],
        groups: &[u32],
        prints: &[Print],
    ) -> Result<Candidates, Error> {
        let mut stories = vec![0xff; size_of::<u32>() * prints.len()];
        let places = stories.as_chunks_mut().0;
        representatives.iter().for_each(|doc| places[doc.at()] = groups[doc.at()].to_le_bytes());
        let stories = self.share("stories", &stories)?;
        let words: u64 = representatives.iter().map(|doc| u64::from(prints[doc.at()].words())).sum();
        let part_bits = part_bits(words);
        self.do_job(Input::Rows(LOOKED, KEYS), &Plan::Post { stories, part_bits }, "posted")?;
        self.do_job(Input::Grouped("posted", SCATTERED), &Plan::Weigh, "weighed")?;
        self.do_job(Input::Grouped("weighed", SCATTERED), &Plan::Tally, "tallied")?;
        let weights = self.weights(prints.len())?;
        let facts = self.share("weights", &facts(&weights, prints))?;
        self.do_job(Input::Rows("tallied", IN_COMMON), &Plan::Choose { facts }, "chosen")?;
        let cut_of = |(keys, postings)| Cut { keys, postings, ..Cut::default() };
        let found = self.found("chosen", pair_of, ("weighed", cut_of))?;
        Ok(Candidates { weights, ..found })
    }

    /// The pairs in the rows of `table`, and what limits cut off: partners, as these rows tell, and what `cut_of` makes of
    /// what the rows of `counted` tell.
    pub(super) fn found<P: DeserializeOwned, C: DeserializeOwned>(
        &self,
        table: &str,
        pair_of: fn(P) -> Option<Candidate>,
        (counted, cut_of): (&str, fn(C) -> Cut),
    ) -> Result<Candidates, Error> {
        let mut cut = Cut::default();
        self.each_row(counted, CUT, |row| {
            cut = cut.plus(cut_of(unpacked(&row.body)?));
            Ok(())
        })?;
        let mut pairs = Vec::new();
        self.each_row(table, 0, |row| {
            let (found, partners): (Vec<P>, u64) = unpacked(&row.body)?;
            cut = cut.plus(Cut { partners, ..Cut::default() });
            let damaged = || Error::Elsewhere(format!("a row of {table} is damaged"));
            let found = found.into_iter().map(|pair| pair_of(pair).ok_or_else(damaged));
            pairs.extend(found.collect::<Result<Vec<Candidate>, Error>>()?);
            Ok(())
        })?;
        Ok(Candidates::of(pairs, cut))
    }

    /// What all keys of each document weigh.
    fn weights(&self, documents: usize) -> Result<Vec<u32>, Error> {
        let mut weights = vec![0; documents];
        self.each_row("tallied", WEIGHTS, |row| {
            for (doc, weight) in unpacked::<Vec<(u32, u32)>>(&row.body)? {
                *weights.get_mut(doc as usize).ok_or_else(damaged)? = weight;
            }
            Ok(())
        })?;
        Ok(weights)
    }
}

/// How many bits of a key name its part, where all documents together have so many keys.
fn part_bits(keys: u64) -> u32 {
    let parts = keys.div_ceil(PART_KEYS).max(1).next_power_of_two();
    parts.ilog2().clamp(PART_BITS_MIN, PART_BITS_MAX)
}

fn pair_of((doc, later, rare_weight): (u32, u32, u32)) -> Option<Candidate> {
    let pair = CandidatePair::new(DocIndex(doc), DocIndex(later))?;
    Some(Candidate { pair, band_hits: 0, is_crowded: false, rare_weight })
}

/// Weight and day of each document.
fn facts(weights: &[u32], prints: &[Print]) -> Vec<u8> {
    let of_document = |(weight, print): (&u32, &Print)| {
        let day = print.day().unwrap_or(NO_DAY);
        [weight.to_le_bytes(), day.to_le_bytes()]
    };
    weights.iter().zip(prints).flat_map(of_document).flatten().collect()
}

fn damaged() -> Error {
    Error::Elsewhere("a row of pairs of words is damaged".to_owned())
}

/// Documents to entries of their keys.
pub(super) struct Posting {
    groups: Facts<4>,
    part_bits: u32,
    entries: Scatter<4>,
}

impl Posting {
    pub(super) fn new(stories: &Path, part_bits: u32) -> Result<Self, Error> {
        let part_bits = part_bits.clamp(PART_BITS_MIN, PART_BITS_MAX);
        Ok(Self { groups: Facts::open(stories)?, part_bits, entries: Scatter::default() })
    }

    /// The keys of one document.
    pub(super) fn post(&mut self, row: &Row, config: &Config, out: &mut Sink<'_>) -> Result<(), Error> {
        let doc = u32::try_from(row.key).map_err(|_| damaged())?;
        let group = u32::from_le_bytes(self.groups.of(doc)?);
        if group == NONE {
            return Ok(());
        }
        // A group is named after its first document.
        let back = doc.checked_sub(group).ok_or_else(damaged)?;
        let (keys, rest) = row.body.as_chunks::<KEY_BYTES>();
        if !rest.is_empty() {
            return Err(damaged());
        }
        for key in keys {
            let key = key.iter().rev().fold(0, |key, &byte| key << 8 | u64::from(byte));
            self.entries.push([(key >> (KEY_BITS - self.part_bits)) as u32, key as u32, doc, back]);
        }
        if self.entries.is_full() { self.hand_out(config, out) } else { Ok(()) }
    }

    fn hand_out(&mut self, config: &Config, out: &mut Sink<'_>) -> Result<(), Error> {
        let config = &config.matching.content;
        self.entries.hand_out(|of_key, left| post_key(of_key, config, left), out)
    }

    pub(super) fn finish(mut self, config: &Config, out: &mut Sink<'_>) -> Result<(), Error> {
        self.hand_out(config, out)
    }
}

/// The entries of one key, or one that tells how many there are, where that is all that will be asked.
fn post_key(entries: &[[u32; 4]], config: &RareConfig, left: &mut Vec<[u32; 4]>) {
    let mut holders: Vec<Holder> = entries.iter().map(|&[_, _, doc, back]| holder(doc, back)).collect();
    holders.sort_unstable();
    if config.is_common(&holders) {
        left.push([entries[0][0], entries[0][1], NONE, entries.len() as u32]);
    } else {
        left.extend(entries);
    }
}

const fn holder(doc: u32, back: u32) -> Holder {
    Holder { group: doc - back, doc }
}

/// Entries of keys to what each key adds.
#[derive(Default)]
pub(super) struct Weighing {
    shares: Scatter<4>,
}

impl Weighing {
    /// The entries of one part: rows of one key.
    pub(super) fn weigh(&mut self, rows: &[Row], config: &Config, out: &mut Sink<'_>) -> Result<(), Error> {
        let Some(first) = rows.first() else { return Ok(()) };
        let mut cut = Cut::default();
        let (mut holders, mut failed) = (Vec::new(), None);
        for of_key in arrived::<4>(rows)?.chunk_by(|a, b| a[1] == b[1]) {
            // What stands for several documents comes last.
            let documents = of_key.partition_point(|entry| entry[2] != NONE);
            let (of_documents, of_tasks) = of_key.split_at(documents);
            if !of_tasks.is_empty() {
                let postings: u64 = of_tasks.iter().map(|entry| u64::from(entry[3])).sum();
                cut = cut.plus(Cut { keys: 1, postings: documents as u64 + postings, ..Cut::default() });
                continue;
            }
            holders.clear();
            if of_documents.iter().any(|&[_, _, doc, back]| back > doc) {
                return Err(damaged());
            }
            holders.extend(of_documents.iter().map(|&[_, _, doc, back]| holder(doc, back)));
            holders.sort_unstable();
            config.matching.content.shares(&holders, &mut cut, |Share { doc, with, weight }| {
                self.shares.push([doc / NEIGHBOURS, doc, with - doc, weight]);
                if self.shares.is_full() && failed.is_none() {
                    failed = self.shares.hand_out(add_up, out).err();
                }
            });
        }
        failed.map_or(Ok(()), Err)?;
        out(Row { kind: CUT, key: first.key, at: 0, body: packed(&(cut.keys, cut.postings))? })
    }

    pub(super) fn finish(mut self, out: &mut Sink<'_>) -> Result<(), Error> {
        self.shares.hand_out(add_up, out)
    }
}

/// Adds up what a document has in common with each.
pub(super) fn add_up(entries: &[[u32; 4]], left: &mut Vec<[u32; 4]>) {
    for with in entries.chunk_by(|a, b| a[2] == b[2]) {
        let [place, doc, with_doc, _] = with[0];
        left.push([place, doc, with_doc, sum(with.iter().map(|entry| entry[3]))]);
    }
}

pub(super) fn sum(weights: impl Iterator<Item = u32>) -> u32 {
    weights.fold(0, u32::saturating_add)
}

/// What was added to some neighbours, summed up: their weights, and what is enough to have in common.
pub(super) fn tally(rows: &[Row], config: &Config, out: &mut Sink<'_>) -> Result<(), Error> {
    let Some(first) = rows.first() else { return Ok(()) };
    let (mut weights, mut in_common) = (Vec::new(), Vec::new());
    let weight_min = config.matching.content.weight_min();
    for shares in arrived::<4>(rows)?.chunk_by(|a, b| a[1..3] == b[1..3]) {
        let [_, doc, with, _] = shares[0];
        let weight = sum(shares.iter().map(|share| share[3]));
        if with == 0 {
            weights.push((doc, weight));
        } else if weight >= weight_min {
            in_common.push((doc, doc.checked_add(with).ok_or_else(damaged)?, weight));
        }
    }
    out(Row { kind: WEIGHTS, key: first.key, at: 0, body: packed(&weights)? })?;
    if in_common.is_empty() {
        return Ok(());
    }
    out(Row { kind: IN_COMMON, key: first.key, at: 0, body: packed(&in_common)? })
}

/// What documents have in common to the best partners of each.
pub(super) struct Choosing {
    facts: Facts<8>,
}

impl Choosing {
    pub(super) fn new(facts: &Path) -> Result<Self, Error> {
        Ok(Self { facts: Facts::open(facts)? })
    }

    pub(super) fn choose(&mut self, row: &Row, config: &Config, out: &mut Sink<'_>) -> Result<(), Error> {
        let in_common: Vec<(u32, u32, u32)> = unpacked(&row.body)?;
        let (mut pairs, mut partners) = (Vec::new(), 0);
        for of_document in in_common.chunk_by(|a, b| a.0 == b.0) {
            let one = self.weighed(of_document[0].0)?;
            let others = of_document.iter().map(|&(_, later, weight)| Ok((self.weighed(later)?, weight)));
            let others: Vec<(Weighed, u32)> = others.collect::<Result<_, Error>>()?;
            partners += config.matching.content.best_partners(one, others.into_iter(), &mut pairs);
        }
        pairs.sort_unstable();
        let pair = |found: &Candidate| (found.pair.low().0, found.pair.high().0, found.rare_weight);
        let found: Found = (pairs.iter().map(pair).collect(), partners);
        out(Row { kind: 0, key: row.key, at: 0, body: packed(&found)? })
    }

    fn weighed(&mut self, doc: u32) -> Result<Weighed, Error> {
        let facts = self.facts.of(doc)?;
        let (weight, day) = facts.split_at(4);
        let number = |bytes: &[u8]| bytes.first_chunk().copied().ok_or_else(damaged);
        let day = i32::from_le_bytes(number(day)?);
        Ok(Weighed { doc, weight: u32::from_le_bytes(number(weight)?), day: (day != NO_DAY).then_some(day) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_grow_in_number_and_not_in_size() {
        let check = |keys: u64, expect: u32| assert_eq!(part_bits(keys), expect, "{keys}");
        check(0, 8);
        check(256 << 17, 8);
        check((256 << 17) + 1, 9);
        check(1 << 37, 20);
        check(u64::MAX, 24);
    }
}
