//! The rare-key join: documents that share enough keys which few others have.
//!
//! A key's weight falls with the number of other stories that have it; a pair's weight is the sum
//! over its shared keys. The gate compares it with the weight of the text that has less: a rewrite of
//! a short report shares few keys, but a good part of them.

use rayon::prelude::*;

use crate::apart::Weighed;
use crate::earlier::Earlier;
use crate::lists::{Lists, RangeLists};
use crate::near::row_ranges;
use crate::overflow::OverflowFailed;
use crate::proposal::{Candidate, Candidates, Cut};
use crate::tally::{Ranked, Tally};

/// Weight of a key that only the two documents have.
pub const WEIGHT_ONE: u32 = 64;

/// What a pair must share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gate {
    /// Least shared weight, in units of 1 / [`WEIGHT_ONE`] key.
    pub weight_min: u32,
    /// Least shared weight as a share of the lighter text's weight, in thousandths.
    pub share_min_permille: u32,
}

impl Gate {
    /// Whether a pair passes that shares this weight and whose lighter text has that one.
    #[must_use]
    pub fn passes(self, weight: u32, lighter: u32) -> bool {
        weight >= self.weight_min
            && u64::from(weight) * 1000 >= u64::from(lighter) * u64::from(self.share_min_permille)
    }
}

/// Dated documents far apart in time must share more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DateWindow {
    /// Farthest apart for the usual gate, in days.
    pub days_max: u32,
    /// The gate beyond; `None` proposes none of them.
    pub distant: Option<Gate>,
}

/// How one family of keys proposes pairs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RareConfig {
    /// Highest document frequency of a key that counts, in groups of near copies.
    pub frequency_max: u32,
    /// Number of other groups with a key at which its weight is halved.
    pub half_weight_groups: u32,
    /// Most members of one group in the postings of a key, the earliest documents first; with the
    /// frequency at most 2^24 - 1.
    pub group_members_max: u32,
    /// What a pair must share.
    pub gate: Gate,
    /// Most partners that a document finds among later ones, the best by share of the lighter text.
    pub partners_max: u32,
    /// Stricter for documents far apart in time.
    pub window: Option<DateWindow>,
}

impl Default for RareConfig {
    fn default() -> Self {
        Self {
            frequency_max: 24,
            half_weight_groups: 3,
            group_members_max: 4,
            gate: Gate { weight_min: WEIGHT_ONE * 6 / 5, share_min_permille: 30 },
            partners_max: 64,
            window: None,
        }
    }
}

impl RareConfig {
    /// Weight of a key in `groups` groups, two of which are the pair's own: 1 to [`WEIGHT_ONE`].
    #[must_use]
    pub fn weight(&self, groups: u32) -> u32 {
        let half = self.half_weight_groups.max(1);
        (WEIGHT_ONE * half / (half + groups.saturating_sub(2))).max(1)
    }

    /// What a pair must share whose dates are so far apart (0 when a date is unknown); `None` when it
    /// is not proposed whatever it shares.
    #[must_use]
    pub fn gate_at(&self, days_apart: u32) -> Option<Gate> {
        match self.window {
            Some(window) if days_apart > window.days_max => window.distant,
            _ => Some(self.gate),
        }
    }
}

/// What is known about the documents of a run beside their keys.
#[derive(Debug, Clone, Copy)]
pub struct Corpus<'a> {
    /// Number of documents; all document indexes are below.
    pub documents: usize,
    /// Group of near copies of each document: a story counts once in a key's frequency, however many
    /// copies it has, and members of one group are not proposed to each other. `None`: each document
    /// is its own.
    pub groups: Option<&'a [u32]>,
    /// Day number of each document that has a date. `None`: no dates at all.
    pub days: Option<&'a [Option<i32>]>,
    /// What is known from earlier runs.
    pub earlier: Option<Earlier<'a>>,
}

impl Corpus<'_> {
    /// Group of a document.
    pub(crate) fn group(&self, doc: u32) -> u32 {
        self.groups.map_or(doc, |groups| groups[doc as usize])
    }

    /// Documents from here on are of earlier runs.
    fn first_earlier(&self) -> usize {
        self.earlier.map_or(self.documents, |earlier| earlier.first as usize)
    }

    fn day(&self, doc: u32) -> Option<i32> {
        self.days.and_then(|days| days[doc as usize])
    }
}

/// The pairs that pass the gate, each document with its best partners among the later ones.
pub(crate) fn pairs(
    lists: &Lists,
    config: &RareConfig,
    corpus: &Corpus<'_>,
) -> Result<Candidates, OverflowFailed> {
    let (mut pairs, mut partners) = (Vec::new(), 0);
    for docs in lists.ranges(corpus.first_earlier()) {
        let first = docs.start;
        let of_docs = lists.of_range(docs.clone())?;
        let rows: Vec<(Vec<Candidate>, u64)> = row_ranges(docs.len())
            .into_par_iter()
            .map(|range| {
                let mut row = Row {
                    tally: Tally::new(corpus.documents),
                    found: Vec::new(),
                    best: Vec::new(),
                    of_docs: &of_docs,
                    lists,
                    config,
                    corpus,
                };
                let mut pairs = Vec::new();
                let cut = range.map(|at| row.partners_of((first + at) as u32, &mut pairs)).sum();
                (pairs, cut)
            })
            .collect();
        partners += rows.iter().map(|(_, cut)| cut).sum::<u64>();
        pairs.extend(rows.into_iter().flat_map(|(pairs, _)| pairs));
    }
    let weights = (0..corpus.documents as u32).map(|doc| lists.weight_of(doc)).collect();
    Ok(Candidates { weights, ..Candidates::of(pairs, Cut { partners, ..lists.cut }) })
}

/// Works out one document's partners after the other.
struct Row<'a> {
    tally: Tally,
    found: Vec<(&'a [u32], u32)>,
    best: Vec<Ranked>,
    of_docs: &'a RangeLists<'a>,
    lists: &'a Lists,
    config: &'a RareConfig,
    corpus: &'a Corpus<'a>,
}

impl Row<'_> {
    /// Appends the pairs of `doc` with later documents; returns how many partners were too many.
    fn partners_of(&mut self, doc: u32, pairs: &mut Vec<Candidate>) -> u64 {
        // Found first, walked then: the jumps to the lists overlap, which is most of the cost.
        self.found.clear();
        self.found.extend(self.of_docs.of_document(doc));
        for &(members, weight) in &self.found {
            for &later in members.iter().rev().take_while(|&&member| member > doc) {
                self.tally.add(later, weight);
            }
        }
        let (lists, config, corpus, best) = (self.lists, self.config, self.corpus, &mut self.best);
        let group = corpus.group(doc);
        let weighed = |doc: u32| Weighed { doc, weight: lists.weight_of(doc), day: corpus.day(doc) };
        let one = weighed(doc);
        self.tally.drain(|partner, weight| {
            if corpus.groups.is_none() || corpus.group(partner) != group {
                best.extend(config.ranked(one, weighed(partner), weight));
            }
        });
        config.keep_partners(doc, best, pairs)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;
    use unecho_model::DocIndex;

    use super::*;
    use crate::frequency_sketch::FrequencySketch;
    use crate::overflow::Room;
    use crate::overflow::tests::Shelf;
    use crate::postings::Postings;

    /// A key as families make them: all bits mixed.
    fn key(n: u64) -> u64 {
        let mixed = (n + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        (mixed ^ mixed >> 31).wrapping_mul(0xbf58_476d_1ce4_e5b9)
    }

    fn search_in(documents: &[Vec<u64>], config: RareConfig, corpus: &Corpus<'_>) -> Candidates {
        let documents: Vec<Vec<u64>> =
            documents.iter().map(|keys| keys.iter().map(|&n| key(n)).collect()).collect();
        let seen = FrequencySketch::with_capacity(10_000, usize::MAX);
        documents.par_iter().for_each(|keys| seen.observe(keys));
        // What is found is the same for any room.
        let within = |room: Room| {
            let postings = Postings::new(config, room);
            documents.par_iter().enumerate().for_each_init(
                || postings.writer(),
                |writer, (at, keys)| writer.add(DocIndex::of(at), keys, &seen),
            );
            postings.pairs(corpus).unwrap()
        };
        let found = within(Room::boundless());
        for bytes in [0, 600, 10_000] {
            assert_eq!(within(Room::of(bytes, Arc::new(Shelf::default()))), found, "{bytes}");
        }
        found
    }

    fn search(documents: &[Vec<u64>], config: RareConfig) -> Candidates {
        search_in(
            documents,
            config,
            &Corpus { documents: documents.len(), groups: None, days: None, earlier: None },
        )
    }

    fn rows(found: &Candidates) -> Vec<(u32, u32, u32)> {
        found.pairs.iter().map(|c| (c.pair.low().0, c.pair.high().0, c.rare_weight / WEIGHT_ONE)).collect()
    }

    /// `own` keys of the document itself and `shared` ones.
    fn document(own: std::ops::Range<u64>, shared: std::ops::Range<u64>) -> Vec<u64> {
        own.chain(shared).collect()
    }

    #[test]
    fn shared_rare_keys_propose_a_pair() {
        let documents =
            [document(0..90, 500..510), document(100..190, 500..510), document(200..300, 500..501)];
        let found = search(&documents, RareConfig::default());
        let weight = 9 * WEIGHT_ONE + RareConfig::default().weight(3);
        assert_eq!(rows(&found), [(0, 1, weight / WEIGHT_ONE)]);
        assert_eq!(found.pairs[0].rare_weight, weight);
        assert_eq!(found.cut, Cut::default());
    }

    #[test]
    fn the_gate_is_relative_to_the_shorter_text() {
        let config = RareConfig {
            gate: Gate { weight_min: WEIGHT_ONE, share_min_permille: 100 },
            ..RareConfig::default()
        };
        let check = |own: u64, shared: u64, expect: usize| {
            let documents =
                [document(0..1000, 5000..5000 + shared), document(1000..1000 + own, 5000..5000 + shared)];
            assert_eq!(search(&documents, config).pairs.len(), expect, "{own} {shared}");
        };
        check(90, 9, 0);
        check(90, 10, 1);
        check(9, 1, 1);
        check(0, 0, 0);
    }

    #[test]
    fn common_keys_are_left_out_and_counted() {
        let config = RareConfig { frequency_max: 3, ..RareConfig::default() };
        let documents: Vec<Vec<u64>> = (0..4).map(|n| document(n * 100..n * 100 + 5, 900..920)).collect();
        let found = search(&documents, config);
        assert_eq!(rows(&found), []);
        assert_eq!((found.cut.keys, found.cut.postings), (20, 80));
    }

    #[test]
    fn frequency_counts_groups_and_skips_pairs_within_one() {
        let config = RareConfig { frequency_max: 2, ..RareConfig::default() };
        let documents: Vec<Vec<u64>> = (0..4).map(|n| document(n * 100..n * 100 + 5, 900..920)).collect();
        let groups = [0, 0, 0, 3];
        let corpus = Corpus { documents: 4, groups: Some(&groups), days: None, earlier: None };
        assert_eq!(rows(&search_in(&documents, config, &corpus)), [(0, 3, 20), (1, 3, 20), (2, 3, 20)]);
        let few = RareConfig { group_members_max: 1, ..config };
        let found = search_in(&documents, few, &corpus);
        assert_eq!((rows(&found), found.cut.postings), (vec![(0, 3, 20)], 40));
    }

    #[test]
    fn all_keys_of_some_documents_give_what_sifted_keys_of_these_give() {
        let documents: Vec<Vec<u64>> =
            (0..40).map(|n| document(n * 100..n * 100 + 30, n / 4 * 10_000..n / 4 * 10_000 + 20)).collect();
        let takes_part = |doc: DocIndex| doc.0 % 4 < 2;
        let postings = Postings::new(RareConfig::default(), Room::boundless());
        let mut writer = postings.writer();
        let mut others_only = documents.clone();
        for (at, keys) in documents.iter().enumerate() {
            writer.add_all(DocIndex::of(at), &keys.iter().map(|&n| key(n)).collect::<Vec<u64>>());
            if !takes_part(DocIndex::of(at)) {
                others_only[at].clear();
            }
        }
        drop(writer);
        let corpus = Corpus { documents: documents.len(), groups: None, days: None, earlier: None };
        let found = postings.pairs_among(&corpus, takes_part).unwrap();
        assert_eq!(found, search(&others_only, RareConfig::default()));
        assert_eq!(found.pairs.len(), 10);
    }

    #[test]
    fn far_apart_in_time_must_share_more() {
        let documents: Vec<Vec<u64>> = [document(0..50, 900..910), document(100..150, 900..910)].to_vec();
        let check = |days: [Option<i32>; 2], distant: Option<Gate>, expect: usize| {
            let window = Some(DateWindow { days_max: 3, distant });
            let corpus = Corpus { documents: 2, groups: None, days: Some(&days), earlier: None };
            let found = search_in(&documents, RareConfig { window, ..RareConfig::default() }, &corpus);
            assert_eq!(found.pairs.len(), expect, "{days:?} {distant:?}");
        };
        check([Some(0), Some(3)], None, 1);
        check([Some(0), Some(-4)], None, 0);
        check([None, Some(9)], None, 1);
        check([Some(0), Some(9)], Some(Gate { weight_min: 10 * WEIGHT_ONE, share_min_permille: 0 }), 1);
        check([Some(0), Some(9)], Some(Gate { weight_min: 11 * WEIGHT_ONE, share_min_permille: 0 }), 0);
    }

    #[test]
    fn each_document_keeps_its_best_partners() {
        let config = RareConfig { partners_max: 1, ..RareConfig::default() };
        let documents = [
            document(0..50, 900..940),
            document(100..150, 900..920),
            [document(200..250, 920..930), document(900..903, 700..720)].concat(),
            document(300..350, 700..720),
        ];
        let found = search(&documents, config);
        assert_eq!(
            rows(&found).iter().map(|row| (row.0, row.1)).collect::<Vec<_>>(),
            [(0, 1), (1, 2), (2, 3)]
        );
        assert_eq!(found.cut.partners, 1);
    }

    #[test]
    fn a_template_with_many_fillings_stays_linear() {
        let config = RareConfig::default();
        let documents: Vec<Vec<u64>> =
            (0..5000).map(|n| document(10_000 + n * 2..10_002 + n * 2, 0..40)).collect();
        let found = search(&documents, config);
        assert_eq!(found.pairs, []);
        // The sketch takes a few fillings for parts of the template.
        assert!((200_000..200_100).contains(&found.cut.postings), "{:?}", found.cut);
    }

    /// Documents from `split` on, searched with what is known of those before.
    fn search_after(documents: &[Vec<u64>], split: usize, config: RareConfig) -> Vec<(u32, u32, u32)> {
        let has = |doc: &Vec<u64>, n: u64| doc.contains(&n);
        let frequency = |n: u64| documents.iter().filter(|doc| has(doc, n)).count() as u32;
        let (before, new) = documents.split_at(split);
        let is_new = |n: u64| new.iter().any(|doc| has(doc, n));
        let distinct = |doc: &Vec<u64>| doc.iter().copied().collect::<std::collections::BTreeSet<u64>>();
        let of_key = |n: u64| config.weight(frequency(n)) * u32::from(frequency(n) <= config.frequency_max);
        let weights: Vec<u32> =
            before.iter().map(|doc| distinct(doc).into_iter().map(of_key).sum()).collect();
        // Only every second of the documents before is at hand; of the others it is known how many there are.
        let at_hand = |at: usize| at.is_multiple_of(2);
        let postings = Postings::new(config, Room::boundless());
        let mut writer = postings.writer();
        for (at, doc) in new.iter().enumerate() {
            writer.add_all(DocIndex::of(at), &doc.iter().map(|&n| key(n)).collect::<Vec<u64>>());
        }
        let mut counts = Vec::new();
        for (at, doc) in before.iter().enumerate() {
            let shared: Vec<u64> = distinct(doc).into_iter().filter(|&n| is_new(n)).map(key).collect();
            if at_hand(at) {
                writer.add_all(DocIndex::of(new.len() + at), &shared);
            } else {
                counts.extend(shared.iter().map(|&key| (crate::stored_key(key), 1)));
            }
        }
        drop(writer);
        let elsewhere = crate::Elsewhere::of(counts);
        let earlier = Earlier { first: new.len() as u32, weights: &weights, elsewhere: &elsewhere };
        let corpus = Corpus { documents: documents.len(), groups: None, days: None, earlier: Some(earlier) };
        let place = |doc: DocIndex| (doc.at() + split) % documents.len();
        let found = postings.pairs(&corpus).unwrap();
        let mut rows: Vec<(u32, u32, u32)> = found
            .pairs
            .iter()
            .map(|c| {
                let (a, b) = (place(c.pair.low()) as u32, place(c.pair.high()) as u32);
                (a.min(b), a.max(b), c.rare_weight)
            })
            .collect();
        rows.sort_unstable();
        rows
    }

    fn any_documents() -> impl Strategy<Value = Vec<Vec<u64>>> {
        prop::collection::vec(prop::collection::vec(0_u64..40, 0..12), 0..25)
    }

    proptest! {
        #[test]
        fn what_is_known_of_earlier_documents_does_not_change_what_is_found(
            documents in any_documents(),
            split in 0_usize..25,
        ) {
            let split = split.min(documents.len());
            let config = RareConfig {
                frequency_max: 6,
                gate: Gate { weight_min: WEIGHT_ONE, share_min_permille: 200 },
                partners_max: 100,
                ..RareConfig::default()
            };
            let all = search(&documents, config);
            let expect: Vec<(u32, u32, u32)> = all
                .pairs
                .iter()
                .map(|c| (c.pair.low().0, c.pair.high().0, c.rare_weight))
                .filter(|&(a, b, _)| b as usize >= split && (a as usize >= split || a % 2 == 0))
                .collect();
            prop_assert_eq!(search_after(&documents, split, config), expect);
        }

        #[test]
        fn without_limits_it_counts_shared_keys(documents in any_documents()) {
            let config = RareConfig {
                frequency_max: 1000,
                half_weight_groups: 1_000_000,
                gate: Gate { weight_min: 2 * (WEIGHT_ONE - 1), share_min_permille: 0 },
                ..RareConfig::default()
            };
            let sets: Vec<std::collections::BTreeSet<u64>> =
                documents.iter().map(|keys| keys.iter().copied().collect()).collect();
            let mut expect = Vec::new();
            for a in 0..sets.len() {
                for b in a + 1..sets.len() {
                    let shared = sets[a].intersection(&sets[b]).count();
                    if shared >= 2 {
                        expect.push((a as u32, b as u32));
                    }
                }
            }
            let found = search(&documents, config);
            prop_assert_eq!(rows(&found).iter().map(|row| (row.0, row.1)).collect::<Vec<_>>(), expect);
        }

        #[test]
        fn the_number_of_threads_does_not_matter(documents in any_documents()) {
            let config = RareConfig { frequency_max: 6, partners_max: 3, ..RareConfig::default() };
            let with = |threads| {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
                pool.install(|| search(&documents, config))
            };
            prop_assert_eq!(with(1), with(3));
        }
    }
}
