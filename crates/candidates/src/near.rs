//! Pairs whose signatures agree in a band.
//!
//! Each band sorts (key, document) and so finds its buckets; then each document counts its partners
//! over all its buckets. A bucket over the limit is ordered by the next bands' keys, which puts
//! likely copies side by side, and split; each part keeps in touch through the bucket's first
//! document. Other bands order the same documents otherwise, so what one split parts, another joins.

use std::cmp::Reverse;

use rayon::prelude::*;
use unecho_model::{CandidatePair, DocIndex};

use crate::bands::{BandConfig, band_key};
use crate::proposal::{Candidate, Candidates, Cut};
use crate::radix::sort_by_high_half;
use crate::resemblance::resemblance_is_likely;
use crate::tally::{Ranked, Tally, keep_best};

/// One document's MinHash signature.
#[derive(Debug, Clone, Copy)]
pub struct Signed<'a> {
    /// The document.
    pub doc: DocIndex,
    /// Its values, as many as everybody's.
    pub values: &'a [u32],
}

/// Bounds against floods of alike documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NearLimits {
    /// Largest bucket in which everybody meets everybody, in documents.
    pub bucket_members_max: u32,
    /// Size of the parts into which a larger bucket is split, in documents.
    pub crowd_part_members: u32,
    /// Most partners that a document finds in whole buckets.
    pub partners_max: u32,
    /// Most partners that a document finds in split buckets only.
    pub crowd_partners_max: u32,
}

impl Default for NearLimits {
    fn default() -> Self {
        Self { bucket_members_max: 16, crowd_part_members: 4, partners_max: 12, crowd_partners_max: 3 }
    }
}

/// The pairs that agree in at least one band, within the limits. `signatures` come in ascending order
/// of documents.
///
/// # Panics
/// When documents are out of order, or a signature is shorter than the bands take.
#[must_use]
pub fn near_pairs(signatures: &[Signed<'_>], bands: &BandConfig, limits: &NearLimits) -> Candidates {
    assert!(signatures.is_sorted_by(|a, b| a.doc < b.doc), "signatures come in the order of documents");
    let keys = BandKeys::of(signatures, *bands);
    let indexes: Vec<BandIndex> =
        (0..bands.bands as usize).into_par_iter().map(|band| BandIndex::of(&keys, band, limits)).collect();
    let cut = indexes.iter().fold(Cut::default(), |sum, index| sum.plus(index.cut));
    let jaccard_min = f64::from(bands.jaccard_min_permille) / 1000.0;
    let search = Search { signatures, indexes, limits, jaccard_min };
    let rows: Vec<(Vec<Candidate>, u64)> = row_ranges(signatures.len())
        .into_par_iter()
        .map(|range| {
            let mut row = Row::new(&search);
            let mut pairs = Vec::new();
            let cut = range.map(|slot| row.partners_of(slot, &mut pairs)).sum();
            (pairs, cut)
        })
        .collect();
    let partners = rows.iter().map(|(_, cut)| cut).sum();
    let pairs = rows.into_iter().flat_map(|(pairs, _)| pairs).collect();
    Candidates::of(pairs, Cut { partners, ..cut })
}

/// Ranges of documents for parallel work, each worth its own counters.
pub(crate) fn row_ranges(slots: usize) -> Vec<std::ops::Range<usize>> {
    let step = (slots / (8 * rayon::current_num_threads())).max(256);
    (0..slots).step_by(step).map(|start| start..slots.min(start + step)).collect()
}

/// The 32-bit key of each document in each band, band by band.
struct BandKeys {
    slots: usize,
    keys: Vec<u32>,
}

impl BandKeys {
    /// Documents handled at a time, so that what is written of each band is more than a cache line.
    const BLOCK: usize = 256;

    fn of(signatures: &[Signed<'_>], bands: BandConfig) -> Self {
        let (slots, rows) = (signatures.len(), bands.rows as usize);
        let mut keys = vec![0; slots * bands.bands as usize];
        let mut columns: Vec<&mut [u32]> = keys.chunks_mut(slots.max(1)).collect();
        let mut blocks: Vec<Vec<&mut [u32]>> = Vec::new();
        blocks.resize_with(slots.div_ceil(Self::BLOCK), Vec::new);
        for column in &mut columns {
            for (block, part) in blocks.iter_mut().zip(column.chunks_mut(Self::BLOCK)) {
                block.push(part);
            }
        }
        signatures.par_chunks(Self::BLOCK).zip(blocks).for_each(|(signatures, mut block)| {
            for (at, signed) in signatures.iter().enumerate() {
                for (band, column) in block.iter_mut().enumerate() {
                    column[at] = band_key(&signed.values[band * rows..(band + 1) * rows]);
                }
            }
        });
        Self { slots, keys }
    }

    fn band(&self, band: usize) -> &[u32] {
        &self.keys[band * self.slots..(band + 1) * self.slots]
    }

    /// The keys of a document in the two bands after `band`, going round.
    fn further(&self, band: usize, slot: u32) -> u64 {
        let bands = self.keys.len() / self.slots;
        let key = |on: usize| u64::from(self.keys[(band + on) % bands * self.slots + slot as usize]);
        key(1) << 32 | key(2)
    }
}

/// The buckets of one band.
struct BandIndex {
    /// Members of all buckets, bucket by bucket.
    members: Vec<u32>,
    buckets: Vec<Bucket>,
    /// Each document's bucket, or [`NOWHERE`].
    bucket_of: Vec<u32>,
    cut: Cut,
}

struct Bucket {
    start: u32,
    end: u32,
    /// The first document of the bucket that this one was split from, or [`NOWHERE`].
    first: u32,
}

const NOWHERE: u32 = u32::MAX;

impl BandIndex {
    fn of(keys: &BandKeys, band: usize, limits: &NearLimits) -> Self {
        let mut entries: Vec<u64> = keys
            .band(band)
            .iter()
            .zip(0_u32..)
            .map(|(&key, slot)| u64::from(key) << 32 | u64::from(slot))
            .collect();
        sort_by_high_half(&mut entries);
        let mut index = Self {
            members: Vec::new(),
            buckets: Vec::new(),
            bucket_of: vec![NOWHERE; keys.slots],
            cut: Cut::default(),
        };
        for run in entries.chunk_by(|a, b| a >> 32 == b >> 32).filter(|run| run.len() > 1) {
            let members = run.iter().map(|&entry| entry as u32);
            if run.len() <= limits.bucket_members_max as usize {
                index.push(members, NOWHERE);
            } else {
                index.push_crowd(members.collect(), |slot| keys.further(band, slot), limits);
            }
        }
        index
    }

    fn push(&mut self, members: impl Iterator<Item = u32>, first: u32) {
        let bucket = self.buckets.len() as u32;
        let start = self.members.len() as u32;
        for slot in members {
            self.members.push(slot);
            self.bucket_of[slot as usize] = bucket;
        }
        self.buckets.push(Bucket { start, end: self.members.len() as u32, first });
    }

    fn push_crowd(&mut self, mut members: Vec<u32>, order: impl Fn(u32) -> u64, limits: &NearLimits) {
        self.cut.buckets += 1;
        self.cut.bucket_members += members.len() as u64;
        let first = members[0];
        members.sort_by_cached_key(|&slot| (order(slot), slot));
        for part in members.chunks(limits.crowd_part_members.max(1) as usize) {
            self.push(part.iter().copied(), first);
        }
    }

    fn bucket_with(&self, slot: usize) -> Option<&Bucket> {
        self.buckets.get(self.bucket_of[slot] as usize)
    }
}

/// All that the search for one document's partners looks at.
struct Search<'a> {
    signatures: &'a [Signed<'a>],
    indexes: Vec<BandIndex>,
    limits: &'a NearLimits,
    jaccard_min: f64,
}

/// Works out one document's partners after the other.
struct Row<'a> {
    search: &'a Search<'a>,
    tally: Tally,
    whole: Vec<Ranked>,
    crowd: Vec<Ranked>,
}

/// What a whole bucket adds to a partner's tally, so that its low half counts the split ones.
const WHOLE: u32 = 1 << 16;

impl<'a> Row<'a> {
    fn new(search: &'a Search<'a>) -> Self {
        Self { search, tally: Tally::new(search.signatures.len()), whole: Vec::new(), crowd: Vec::new() }
    }

    /// Appends the pairs of the document at `slot`; returns how many partners were too many.
    fn partners_of(&mut self, slot: usize, pairs: &mut Vec<Candidate>) -> u64 {
        let search = self.search;
        for index in &search.indexes {
            if let Some(bucket) = index.bucket_with(slot) {
                self.count(slot as u32, bucket, &index.members[bucket.start as usize..bucket.end as usize]);
            }
        }
        let (whole, crowd) = (&mut self.whole, &mut self.crowd);
        self.tally.drain(|slot, weight| {
            let partner = Ranked { score: u64::from(weight), slot: Reverse(slot), weight };
            if weight >= WHOLE { whole.push(partner) } else { crowd.push(partner) }
        });
        let cut = keep_best(whole, search.limits.partners_max as usize)
            + keep_best(crowd, search.limits.crowd_partners_max as usize);
        let signed = &search.signatures[slot];
        pairs.extend(whole.drain(..).chain(crowd.drain(..)).filter_map(|partner| {
            let other = &search.signatures[partner.slot.0 as usize];
            let pair = CandidatePair::new(signed.doc, other.doc)
                .filter(|_| resemblance_is_likely(signed.values, other.values, search.jaccard_min))?;
            let band_hits = partner.weight / WHOLE + partner.weight % WHOLE;
            let is_crowded = partner.weight < WHOLE;
            Some(Candidate { pair, band_hits, is_crowded, rare_weight: 0 })
        }));
        cut
    }

    fn count(&mut self, slot: u32, bucket: &Bucket, members: &[u32]) {
        let weight = if bucket.first == NOWHERE { WHOLE } else { 1 };
        for &member in members.iter().filter(|&&member| member != slot) {
            self.tally.add(member, weight);
        }
        if bucket.first != NOWHERE && !members.contains(&bucket.first) {
            self.tally.add(bucket.first, weight);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LAYOUT: BandConfig = BandConfig { bands: 4, rows: 2, jaccard_min_permille: 0 };

    fn search(signatures: &[Vec<u32>], limits: &NearLimits) -> Candidates {
        search_by(signatures, &LAYOUT, limits)
    }

    fn search_by(signatures: &[Vec<u32>], layout: &BandConfig, limits: &NearLimits) -> Candidates {
        let signed: Vec<Signed<'_>> = signatures
            .iter()
            .enumerate()
            .map(|(at, values)| Signed { doc: DocIndex::of(at), values })
            .collect();
        near_pairs(&signed, layout, limits)
    }

    fn rows(found: &Candidates) -> Vec<(u32, u32, u32)> {
        found.pairs.iter().map(|c| (c.pair.low().0, c.pair.high().0, c.band_hits)).collect()
    }

    #[test]
    fn pairs_agree_in_all_rows_of_a_band() {
        let signatures = [
            vec![1, 2, 3, 4, 5, 6, 7, 8],
            vec![1, 2, 0, 0, 0, 0, 7, 8],
            vec![9, 2, 3, 9, 5, 9, 9, 8],
            vec![9, 9, 3, 4, 9, 9, 0, 0],
        ];
        let found = search(&signatures, &NearLimits::default());
        assert_eq!(rows(&found), [(0, 1, 2), (0, 3, 1)]);
        assert_eq!(found.cut, Cut::default());
        assert_eq!(rows(&search(&[], &NearLimits::default())), []);
    }

    #[test]
    fn a_crowd_is_split_and_each_meets_the_first_and_the_likest() {
        let limits = NearLimits { bucket_members_max: 8, ..NearLimits::default() };
        // Everybody agrees in the first band; documents 2 n and 2 n + 1 in the third and fourth too.
        let signatures: Vec<Vec<u32>> =
            (0..1000).map(|n| vec![1, 1, n, n, n / 2, n / 2, n / 2, n / 2]).collect();
        let found = search(&signatures, &limits);
        assert_eq!(found.cut.buckets, 1);
        assert_eq!(found.cut.bucket_members, 1000);
        let pairs = rows(&found);
        assert!((1..1000).all(|n| pairs.binary_search_by_key(&(0, n), |row| (row.0, row.1)).is_ok()));
        let twins = |n: u32| pairs.iter().find(|row| (row.0, row.1) == (2 * n, 2 * n + 1)).unwrap().2;
        assert!((0..500).all(|n| twins(n) >= 2));
        let is_twin = |pair: CandidatePair| pair.low().0 / 2 == pair.high().0 / 2;
        assert!(
            found.pairs.iter().all(|c| c.is_crowded != is_twin(c.pair)),
            "twins have buckets of their own"
        );
        assert!(pairs.len() <= 1000 * 5, "{}", pairs.len());
    }

    #[test]
    fn a_flood_of_equals_stays_linear() {
        let limits = NearLimits::default();
        let found = search(&vec![vec![1; 8]; 20_000], &limits);
        assert!(found.pairs.len() <= 20_000 * limits.crowd_partners_max as usize);
        assert!((1..20_000).all(|n| found.pairs.iter().take(19_999).any(|c| c.pair.high().0 == n || n > 50)));
        assert_eq!(found.cut.buckets, 4);
    }

    #[test]
    fn a_shared_frame_is_not_enough() {
        // The first band is the same for all, the other 124 values are each document's own.
        let values = |doc: u32| (0..128).map(|at| if at < 4 { at } else { mixed(doc * 128 + at) }).collect();
        let signatures: Vec<Vec<u32>> = (0..10).map(values).collect();
        let limits = NearLimits::default();
        assert_eq!(search(&signatures, &limits).pairs.len(), 45);
        let layout = BandConfig { jaccard_min_permille: 500, ..LAYOUT };
        assert_eq!(search_by(&signatures, &layout, &limits).pairs, []);
    }

    fn mixed(n: u32) -> u32 {
        (n ^ 0x5eed).wrapping_mul(0x9e37_79b9).rotate_left(15).wrapping_mul(0x85eb_ca6b)
    }

    #[test]
    fn too_many_partners_are_cut_and_counted() {
        let limits = NearLimits { partners_max: 2, ..NearLimits::default() };
        let found = search(&vec![vec![1; 8]; 6], &limits);
        assert_eq!(found.cut.partners, 6 * 3);
        assert_eq!(rows(&found)[..2], [(0, 1, 4), (0, 2, 4)]);
    }

    proptest! {
        #[test]
        fn whole_buckets_find_exactly_the_pairs_that_agree(
            signatures in prop::collection::vec(prop::collection::vec(0_u32..3, 8), 0..30),
        ) {
            let mut expect = Vec::new();
            for (b, one) in signatures.iter().enumerate() {
                for (a, other) in signatures[..b].iter().enumerate() {
                    let hits = one.chunks(2).zip(other.chunks(2)).filter(|(x, y)| x == y).count();
                    if hits > 0 {
                        expect.push((a as u32, b as u32, hits as u32));
                    }
                }
            }
            expect.sort_unstable();
            let limits = NearLimits {
                bucket_members_max: 30,
                partners_max: 30,
                ..NearLimits::default()
            };
            prop_assert_eq!(rows(&search(&signatures, &limits)), expect);
        }

        #[test]
        fn the_number_of_threads_does_not_matter(
            signatures in prop::collection::vec(prop::collection::vec(0_u32..2, 8), 0..200),
        ) {
            let limits = NearLimits { bucket_members_max: 4, partners_max: 5, ..NearLimits::default() };
            let with = |threads| {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
                pool.install(|| search(&signatures, &limits))
            };
            prop_assert_eq!(with(1), with(3));
        }
    }
}
