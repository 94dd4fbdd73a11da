//! Which documents of earlier runs to compare the documents of this run with, and what else earlier runs
//! know about the words of these.

mod content;
mod near;

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;
use unecho_candidates::Elsewhere;
use unecho_cluster::Settled;
use unecho_model::{DocIndex, Document};
use unecho_store::Serial;

use super::remembered::{Facts, Remembered};
use super::{View, digest_key, section};
use crate::matching::{Prints, Sought};
use crate::observe::Underway;
use crate::{Config, Error, Event, OnBetterCopy, Run, Stage};

pub(super) use content::list_max;
pub(crate) use content::{content_keys, stored_keys};

/// Documents of earlier runs, proposed to those of this run, by ascending number; and what is known of the
/// others.
#[derive(Debug, Default)]
pub(crate) struct Recalled {
    /// The documents.
    pub(crate) documents: Vec<Document>,
    /// Their numbers.
    pub(crate) serials: Vec<Serial>,
    /// The runs that they came with.
    pub(crate) runs: Vec<String>,
    /// What was decided of them when exact and near copies were dropped.
    pub(crate) settled_near: Vec<Settled>,
    /// What was decided of them in the end.
    pub(crate) settled: Vec<Settled>,
    /// Keys of pairs of content words that each shares with documents of this run.
    pub(crate) content: Vec<Vec<u64>>,
    /// What all pairs of content words of each weigh.
    pub(crate) weights: Vec<u32>,
    /// How many groups beside those of these documents have a pair of content words.
    pub(crate) elsewhere: Elsewhere,
    /// Documents that bounds kept from being proposed.
    pub(crate) cut: u64,
}

/// What the search for documents to recall found so far.
#[derive(Debug, Default)]
struct Wanted {
    documents: BTreeSet<Serial>,
    /// Keys that earlier documents share with documents of this run, and whether the document counts in
    /// the frequency of the key.
    shared: Vec<(Serial, u64, Counted)>,
    /// In how many groups of earlier runs keys of this run occur.
    frequencies: Vec<(u64, u32)>,
    cut: u64,
}

/// Whether a document counts in the frequency of a key: only one of a group does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Counted {
    Yes,
    No,
}

/// Gives the keys of pairs of content words of documents, in their order.
pub(crate) type KeysOf<'a> = dyn Fn(&[DocIndex]) -> Result<Vec<Vec<u64>>, Error> + 'a;

/// Documents of this run that are looked up together: what bounds the memory of it.
const CHUNK: usize = 4096;

impl View<'_> {
    /// The documents of earlier runs that may have to do with the documents of this run, whose prints are given.
    /// `content_keys` gives the [`content_keys`] of some of them, which ascend.
    pub(crate) fn recall(
        &self,
        prints: &Prints,
        content_keys: &KeysOf<'_>,
        config: &Config,
        run: &Run<'_>,
    ) -> Result<Recalled, Error> {
        let underway = Underway::begin(run.observer, Stage::Recall, Some(prints.len() as u64));
        let mut wanted = Wanted::default();
        let fresh = self.equal(prints, &mut wanted)?;
        run.observer.event(&Event::Advanced(Stage::Recall, (prints.len() - fresh.len()) as u64));
        let columns = self.store.columns(self.end)?;
        let facts = |serial: Serial| Facts::of_column(columns[serial.0 as usize]);
        for chunk in fresh.chunks(CHUNK) {
            run.ensure_wanted()?;
            self.near(chunk, prints, config, &facts, &mut wanted)?;
            if Sought::by(&config.on) > Sought::Near {
                self.sharing(chunk, &content_keys(chunk)?, prints, config, &facts, &mut wanted)?;
            }
            run.observer.event(&Event::Advanced(Stage::Recall, chunk.len() as u64));
        }
        let remembered = self.with_keepers(&wanted.documents)?;
        underway.finish();
        tracing::info!(proposed = wanted.documents.len(), read = remembered.len(), "recalled");
        let mut recalled = self.settled(remembered, prints.len(), config.on_better_copy);
        recalled.weights = recalled.serials.iter().map(|&serial| facts(serial).weight).collect();
        recalled.cut = wanted.cut;
        share(&mut recalled, wanted);
        Ok(recalled)
    }

    /// Wants the documents that stand for digests of this run; returns a document for each other digest, in
    /// order.
    fn equal(&self, prints: &Prints, wanted: &mut Wanted) -> Result<Vec<DocIndex>, Error> {
        /// Documents that may stand for one key; two only when hashes collide.
        const STAND_MAX: usize = 4;
        let with_words = (0..prints.len()).map(DocIndex::of).filter(|&doc| prints.words_of(doc) > 0);
        let mut docs: Vec<(u64, DocIndex)> =
            with_words.map(|doc| (digest_key(&prints.digest_of(doc)), doc)).collect();
        docs.par_sort_unstable();
        docs.dedup_by_key(|(key, _)| *key);
        let keys: Vec<u64> = docs.iter().map(|(key, _)| *key).collect();
        let found = self.store.lists(section::DIGESTS, &keys, STAND_MAX, self.end)?;
        let mut is_known = vec![false; keys.len()];
        for found in found {
            is_known[found.key_at as usize] = true;
            wanted.documents.insert(found.document);
        }
        let fresh = docs.iter().zip(&is_known).filter(|(_, is_known)| !**is_known);
        let mut fresh: Vec<DocIndex> = fresh.map(|((_, doc), _)| *doc).collect();
        fresh.sort_unstable();
        Ok(fresh)
    }

    /// These documents and those that are kept for them, and for these.
    fn with_keepers(&self, wanted: &BTreeSet<Serial>) -> Result<BTreeMap<Serial, Remembered>, Error> {
        let mut known = BTreeMap::new();
        let mut next: Vec<Serial> = wanted.iter().copied().collect();
        while !next.is_empty() {
            let documents = self.store.documents(&next)?;
            let parsed: Vec<Option<Remembered>> = documents
                .par_iter()
                .map(|bytes| Remembered::of_bytes(bytes).transpose().map_err(|_| self.unreadable()))
                .collect::<Result<_, Error>>()?;
            let found = next.iter().copied().zip(parsed);
            known.extend(found.filter_map(|(serial, remembered)| Some((serial, remembered?))));
            let keepers = next.iter().filter_map(|serial| known.get(serial)?.keeper());
            let keepers: BTreeSet<Serial> =
                keepers.filter(|keeper| !known.contains_key(keeper) && *keeper < self.end).collect();
            next = keepers.into_iter().filter(|keeper| !next.contains(keeper)).collect();
        }
        Ok(known)
    }

    fn unreadable(&self) -> Error {
        Error::IndexDamaged(self.store.folder().to_owned())
    }

    /// What was decided of these documents, which are to stand behind `own` documents of this run.
    /// What a later run than those in view replaced was kept by them.
    fn settled(
        &self,
        remembered: BTreeMap<Serial, Remembered>,
        own: usize,
        on_better_copy: OnBetterCopy,
    ) -> Recalled {
        let places: BTreeMap<Serial, DocIndex> =
            remembered.keys().copied().zip((own..).map(DocIndex::of)).collect();
        let keeper_of =
            |serial: &Serial| remembered.get(serial)?.keeper().filter(|keeper| *keeper < self.end);
        // Whoever is kept in the end: a keeper may have been replaced since.
        let last_keeper = |first: Serial| {
            let next = |keeper: &Serial| keeper_of(keeper);
            let last = std::iter::successors(Some(first), next).take(remembered.len()).last();
            last.and_then(|keeper| places.get(&keeper).copied())
        };
        let mut recalled = Recalled::default();
        for (&serial, one) in &remembered {
            recalled.settled.push(match (keeper_of(&serial), on_better_copy) {
                (None, OnBetterCopy::Tag) => Settled::Kept,
                (None, OnBetterCopy::Replace) => Settled::Replaceable,
                (Some(keeper), _) => last_keeper(keeper).map_or(Settled::Dropped, Settled::DroppedFor),
            });
            recalled.settled_near.push(match recalled.settled.last() {
                Some(Settled::Replaceable) if one.stands => Settled::Replaceable,
                _ if one.stands => Settled::Kept,
                _ => Settled::Dropped,
            });
            recalled.runs.push(self.run_of(serial).to_owned());
        }
        recalled.serials = remembered.keys().copied().collect();
        recalled.documents = remembered.into_values().map(Remembered::into_document).collect();
        recalled
    }
}

/// Gives each recalled document the keys that it shares with this run, and counts who else has them.
fn share(recalled: &mut Recalled, wanted: Wanted) {
    let Wanted { mut shared, mut frequencies, .. } = wanted;
    recalled.content = vec![Vec::new(); recalled.documents.len()];
    shared.par_sort_unstable();
    shared.dedup();
    let mut here: Vec<u64> = Vec::new();
    for (serial, key, counted) in shared {
        if let Ok(at) = recalled.serials.binary_search(&serial) {
            recalled.content[at].push(content::whole_key(key));
            if counted == Counted::Yes {
                here.push(key);
            }
        }
    }
    here.par_sort_unstable();
    frequencies.par_sort_unstable();
    frequencies.dedup();
    for (key, frequency) in &mut frequencies {
        let start = here.partition_point(|other| other < key);
        let own = here[start..].partition_point(|other| other == key);
        *frequency = frequency.saturating_sub(own as u32);
    }
    recalled.elsewhere = Elsewhere::of(frequencies);
}
