//! Documents of earlier runs that share rare pairs of content words with one of this run.

use std::cmp::Reverse;

use rayon::prelude::*;
use unecho_candidates::{RareConfig, stored_key};
use unecho_fingerprint::{content_pairs, content_words};
use unecho_model::{DocIndex, Document};
use unecho_store::{Found, Serial};
use unecho_text::words_outside;

use super::super::remembered::Facts;
use super::super::{View, section};
use super::{Counted, Wanted};
use crate::matching::Prints;
use crate::{Config, Error};

/// The keys of a document's pairs of content words, as the index has them: ascending, each once.
pub(crate) fn content_keys(document: &Document, config: &Config) -> Vec<u64> {
    let words = words_outside(&document.article.text, &document.article.unmatched);
    stored_keys(content_pairs(&content_words(&words), config.matching.content_reach))
}

/// Keys of pairs of content words as the index has them: ascending, each once.
pub(crate) fn stored_keys(pairs: Vec<u64>) -> Vec<u64> {
    let mut keys: Vec<u64> = pairs.into_iter().map(stored_key).collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}

/// A key of which only the bits are known that the index has.
pub(super) const fn whole_key(stored: u64) -> u64 {
    stored << 24
}

/// The lists of all keys of some documents.
struct Lists {
    keys: Vec<u64>,
    /// Where the list of each key begins in `found`, and one more for the end.
    starts: Vec<usize>,
    found: Vec<Found>,
    /// In how many groups each key occurs.
    frequencies: Vec<u32>,
}

impl Lists {
    fn of(view: &View<'_>, keys: Vec<u64>, config: &RareConfig) -> Result<Self, Error> {
        let list_max = list_max(config) as usize;
        let found = view.store.lists(section::CONTENT, &keys, list_max, view.end)?;
        let mut starts = vec![0; keys.len() + 1];
        let mut frequencies = vec![0; keys.len()];
        for one in &found {
            starts[one.key_at as usize + 1] += 1;
            frequencies[one.key_at as usize] += u32::from(!one.is_marked);
        }
        for at in 0..keys.len() {
            starts[at + 1] += starts[at];
        }
        Ok(Self { keys, starts, found, frequencies })
    }

    /// Place, frequency and documents of a key.
    fn of_key(&self, key: u64) -> (u32, &[Found]) {
        let at = self.keys.binary_search(&key).expect("every key was looked up");
        (self.frequencies[at], &self.found[self.starts[at]..self.starts[at + 1]])
    }
}

/// Most documents of a key that are kept in a segment: enough to tell a common key.
pub(in crate::index) const fn list_max(config: &RareConfig) -> u32 {
    (config.frequency_max + 1).saturating_mul(config.group_members_max)
}

impl View<'_> {
    /// Wants the earlier documents that share enough with one of `docs`, whose keys are given, and keeps what they
    /// share.
    pub(super) fn sharing(
        &self,
        docs: &[DocIndex],
        of_docs: &[Vec<u64>],
        prints: &Prints,
        config: &Config,
        facts: &(impl Fn(Serial) -> Facts + Sync),
        wanted: &mut Wanted,
    ) -> Result<(), Error> {
        let rare = &config.matching.content;
        let mut keys = of_docs.concat();
        keys.par_sort_unstable();
        keys.dedup();
        let lists = Lists::of(self, keys, rare)?;
        let partners: Vec<(Vec<Serial>, u64)> = docs
            .par_iter()
            .zip(of_docs)
            .map(|(&doc, keys)| partners(keys, prints.day_of(doc), &lists, rare, facts))
            .collect();
        let mut chosen: Vec<Serial> = partners.iter().flat_map(|(serials, _)| serials).copied().collect();
        chosen.par_sort_unstable();
        chosen.dedup();
        for (at, key) in lists.keys.iter().enumerate() {
            let own = &lists.found[lists.starts[at]..lists.starts[at + 1]];
            let at_hand = own.iter().filter(|found| chosen.binary_search(&found.document).is_ok());
            let counted = |is_marked| if is_marked { Counted::No } else { Counted::Yes };
            wanted.shared.extend(at_hand.map(|found| (found.document, *key, counted(found.is_marked))));
        }
        let occurring = lists.keys.iter().zip(&lists.frequencies).filter(|(_, frequency)| **frequency > 0);
        wanted.frequencies.extend(occurring.map(|(&key, &frequency)| (key, frequency)));
        wanted.cut += partners.iter().map(|(_, cut)| cut).sum::<u64>();
        wanted.documents.extend(chosen);
        Ok(())
    }
}

/// The earlier documents that share enough with a document of these keys and this day, and how many were
/// too many. Whoever else of this run has a key is left aside, which proposes rather too many.
fn partners(
    keys: &[u64],
    day: Option<i32>,
    lists: &Lists,
    config: &RareConfig,
    facts: &impl Fn(Serial) -> Facts,
) -> (Vec<Serial>, u64) {
    let mut own_weight = 0_u32;
    let mut shared: Vec<(Serial, u32)> = Vec::new();
    for &key in keys {
        let (frequency, found) = lists.of_key(key);
        if frequency < config.frequency_max {
            let weight = config.weight(frequency + 1);
            own_weight = own_weight.saturating_add(weight);
            shared.extend(found.iter().map(|found| (found.document, weight)));
        }
    }
    shared.sort_unstable();
    let mut partners: Vec<(Reverse<u64>, Serial)> = Vec::new();
    for of_one in shared.chunk_by(|a, b| a.0 == b.0) {
        let (serial, weight) = (of_one[0].0, of_one.iter().map(|(_, weight)| weight).sum::<u32>());
        if weight < config.gate.weight_min {
            continue;
        }
        let other = facts(serial);
        let days_apart = day.zip(other.day).map_or(0, |(a, b)| a.abs_diff(b));
        let lighter = own_weight.min(other.weight).max(1);
        if config.gate_at(days_apart).is_some_and(|gate| gate.passes(weight, lighter)) {
            partners.push((Reverse((u64::from(weight) << 32) / u64::from(lighter)), serial));
        }
    }
    partners.sort_unstable();
    let cut = partners.len().saturating_sub(config.partners_max as usize) as u64;
    partners.truncate(config.partners_max as usize);
    (partners.into_iter().map(|(_, serial)| serial).collect(), cut)
}
