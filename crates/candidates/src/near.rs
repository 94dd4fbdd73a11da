//! Pairs whose signatures agree in a band.
//!
//! Each band sorts (key, document) and so finds its buckets; then each document counts its partners
//! over all its buckets. A bucket over the limit is ordered by the next bands' keys, which puts
//! likely copies side by side, and split; each part keeps in touch through the bucket's first
//! document. Other bands order the same documents otherwise, so what one split parts, another joins.

use std::ops::Range;

use rayon::prelude::*;
use unecho_model::DocIndex;

use crate::bands::{BandConfig, band_key};
use crate::meet::{FURTHER, Member, WHOLE, near_candidate, rank};
use crate::overflow::OverflowFailed;
use crate::proposal::{Candidate, Candidates, Cut};
use crate::radix::sort_by_high_half;
use crate::tally::{Ranked, Tally};

/// The MinHash signatures of documents, wherever they lie.
pub trait Signatures: Sync {
    /// Appends the values of the signatures of `docs`, which ascend, to `values`: for each document as many as
    /// for the others.
    ///
    /// # Errors
    /// When they lie outside memory and cannot be read.
    fn read(&self, docs: &[DocIndex], values: &mut Vec<u16>) -> Result<(), OverflowFailed>;
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

/// The pairs of `docs`, which ascend, that agree in at least one band, within the limits. Keys of bands take about
/// `keys_bytes_max` bytes at a time, and all signatures are read once for as many bands as fit; the result does
/// not depend on it.
///
/// # Errors
/// When signatures cannot be read.
///
/// # Panics
/// When documents are out of order, or a signature is shorter than the bands take.
pub fn near_pairs(
    docs: &[DocIndex],
    signatures: &dyn Signatures,
    bands: &BandConfig,
    limits: &NearLimits,
    keys_bytes_max: usize,
) -> Result<Candidates, OverflowFailed> {
    assert!(docs.is_sorted_by(|a, b| a < b), "signatures come in the order of documents");
    let of_band = docs.len().max(1) * size_of::<u32>();
    let bands_at_once =
        (keys_bytes_max / of_band).saturating_sub(FURTHER).clamp(1, bands.bands.max(1) as usize);
    let all: Vec<usize> = (0..bands.bands as usize).collect();
    let mut indexes: Vec<BandIndex> = Vec::with_capacity(all.len());
    for group in all.chunks(bands_at_once) {
        let keys = BandKeys::of(docs, signatures, *bands, group)?;
        indexes.par_extend(group.par_iter().map(|&band| BandIndex::of(&keys, band, limits)));
    }
    let cut = indexes.iter().fold(Cut::default(), |sum, index| sum.plus(index.cut));
    let search = Search { docs, signatures, indexes, limits, jaccard_min: bands.jaccard_min() };
    let rows: Vec<(Vec<Candidate>, u64)> = row_ranges(docs.len())
        .into_par_iter()
        .map(|range| {
            let mut row = Row::new(&search, range.start as u32);
            let mut pairs = Vec::new();
            let mut cut = 0;
            for slot in range {
                cut += row.partners_of(slot, &mut pairs)?;
            }
            Ok((pairs, cut))
        })
        .collect::<Result<_, OverflowFailed>>()?;
    let partners = rows.iter().map(|(_, cut)| cut).sum();
    let pairs = rows.into_iter().flat_map(|(pairs, _)| pairs).collect();
    Ok(Candidates::of(pairs, Cut { partners, ..cut }))
}

/// Ranges of documents for parallel work, each worth its own counters.
pub(crate) fn row_ranges(slots: usize) -> Vec<Range<usize>> {
    let step = (slots / (8 * rayon::current_num_threads())).max(256);
    (0..slots).step_by(step).map(|start| start..slots.min(start + step)).collect()
}

/// The 32-bit key of each document in some bands and those after them, band by band.
struct BandKeys {
    slots: usize,
    /// All bands there are.
    bands: usize,
    /// The first that is here.
    first: usize,
    keys: Vec<u32>,
}

impl BandKeys {
    /// Documents handled at a time, so that what is written of each band is more than a cache line.
    const BLOCK: usize = 256;

    /// The keys in `group`, which are neighbouring bands, and in those that follow, going round.
    fn of(
        docs: &[DocIndex],
        signatures: &dyn Signatures,
        layout: BandConfig,
        group: &[usize],
    ) -> Result<Self, OverflowFailed> {
        let (slots, rows, bands) = (docs.len(), layout.rows as usize, layout.bands as usize);
        let first = group.first().copied().unwrap_or(0);
        let count = (group.len() + FURTHER).min(bands);
        let mut keys = vec![0; slots * count];
        let mut columns: Vec<&mut [u32]> = keys.chunks_mut(slots.max(1)).collect();
        let mut blocks: Vec<Vec<&mut [u32]>> = Vec::new();
        blocks.resize_with(slots.div_ceil(Self::BLOCK), Vec::new);
        for column in &mut columns {
            for (block, part) in blocks.iter_mut().zip(column.chunks_mut(Self::BLOCK)) {
                block.push(part);
            }
        }
        docs.par_chunks(Self::BLOCK).zip(blocks).try_for_each_init(
            Vec::new,
            |values, (docs, mut block)| {
                values.clear();
                signatures.read(docs, values)?;
                for (at, signature) in values.chunks_exact(values.len() / docs.len()).enumerate() {
                    for (on, column) in block.iter_mut().enumerate() {
                        let band = (first + on) % bands;
                        column[at] = band_key(&signature[band * rows..(band + 1) * rows]);
                    }
                }
                Ok(())
            },
        )?;
        Ok(Self { slots, bands, first, keys })
    }

    fn band(&self, band: usize) -> &[u32] {
        let column = (band + self.bands - self.first) % self.bands;
        &self.keys[column * self.slots..(column + 1) * self.slots]
    }

    /// The keys of a document in the two bands after `band`, going round.
    fn further(&self, band: usize, slot: u32) -> u64 {
        let key = |on: usize| u64::from(self.band((band + on) % self.bands)[slot as usize]);
        key(1) << 32 | key(2)
    }
}

/// The buckets of one band that have more than one member.
struct BandIndex {
    /// Members of all buckets, bucket by bucket.
    members: Vec<u32>,
    buckets: Vec<Bucket>,
    /// Documents that are in a bucket, ascending, and which.
    bucket_of: Vec<(u32, u32)>,
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
        let mut index =
            Self { members: Vec::new(), buckets: Vec::new(), bucket_of: Vec::new(), cut: Cut::default() };
        for run in entries.chunk_by(|a, b| a >> 32 == b >> 32).filter(|run| run.len() > 1) {
            let members = run.iter().map(|&entry| entry as u32);
            if run.len() <= limits.bucket_members_max as usize {
                index.push(members, NOWHERE);
            } else {
                let member = |slot| Member { further: keys.further(band, slot), doc: slot };
                index.push_crowd(members.map(member).collect(), limits);
            }
        }
        drop(entries);
        index.bucket_of.sort_unstable();
        index.bucket_of.shrink_to_fit();
        index.members.shrink_to_fit();
        index.buckets.shrink_to_fit();
        index
    }

    fn push(&mut self, members: impl Iterator<Item = u32>, first: u32) {
        let bucket = self.buckets.len() as u32;
        let start = self.members.len() as u32;
        for slot in members {
            self.members.push(slot);
            self.bucket_of.push((slot, bucket));
        }
        self.buckets.push(Bucket { start, end: self.members.len() as u32, first });
    }

    fn push_crowd(&mut self, mut members: Vec<Member>, limits: &NearLimits) {
        self.cut.crowd(members.len());
        let first = members[0].doc;
        for part in limits.parts(&mut members) {
            self.push(part.iter().map(|member| member.doc), first);
        }
    }

    /// The place in `bucket_of` from which on documents are at `slot` or beyond.
    fn place_of(&self, slot: u32) -> usize {
        self.bucket_of.partition_point(|(other, _)| *other < slot)
    }
}

/// All that the search for one document's partners looks at.
struct Search<'a> {
    docs: &'a [DocIndex],
    signatures: &'a dyn Signatures,
    indexes: Vec<BandIndex>,
    limits: &'a NearLimits,
    jaccard_min: f64,
}

/// Works out the partners of one document after the other, in their order.
struct Row<'a> {
    search: &'a Search<'a>,
    /// For each band, how far it has been walked through the documents in buckets.
    places: Vec<usize>,
    tally: Tally,
    whole: Vec<Ranked>,
    crowd: Vec<Ranked>,
    own_values: Vec<u16>,
    other_values: Vec<u16>,
}

impl<'a> Row<'a> {
    fn new(search: &'a Search<'a>, slot: u32) -> Self {
        Self {
            search,
            places: search.indexes.iter().map(|index| index.place_of(slot)).collect(),
            tally: Tally::new(search.docs.len()),
            whole: Vec::new(),
            crowd: Vec::new(),
            own_values: Vec::new(),
            other_values: Vec::new(),
        }
    }

    /// Appends the pairs of the document at `slot`; returns how many partners were too many.
    fn partners_of(&mut self, slot: usize, pairs: &mut Vec<Candidate>) -> Result<u64, OverflowFailed> {
        let search = self.search;
        for (at, index) in search.indexes.iter().enumerate() {
            let Some(&(next, bucket)) = index.bucket_of.get(self.places[at]) else { continue };
            if next as usize == slot {
                self.places[at] += 1;
                let bucket = &index.buckets[bucket as usize];
                self.count(next, bucket, &index.members[bucket.start as usize..bucket.end as usize]);
            }
        }
        let (whole, crowd) = (&mut self.whole, &mut self.crowd);
        self.tally.drain(|slot, weight| rank(slot, weight, whole, crowd));
        let cut = search.limits.keep_nearest(whole, crowd);
        if whole.is_empty() && crowd.is_empty() {
            return Ok(cut);
        }
        let own = search.docs[slot];
        self.own_values.clear();
        search.signatures.read(&[own], &mut self.own_values)?;
        for partner in whole.drain(..).chain(crowd.drain(..)) {
            let other = search.docs[partner.slot.0 as usize];
            self.other_values.clear();
            search.signatures.read(&[other], &mut self.other_values)?;
            let (own, other) = ((own.0, &self.own_values[..]), (other.0, &self.other_values[..]));
            pairs.extend(near_candidate(own, other, partner.weight, search.jaccard_min));
        }
        Ok(cut)
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
    use unecho_model::CandidatePair;

    use super::*;

    const LAYOUT: BandConfig = BandConfig { bands: 4, rows: 2, jaccard_min_permille: 0 };

    fn search(signatures: &[Vec<u16>], limits: &NearLimits) -> Candidates {
        search_by(signatures, &LAYOUT, limits)
    }

    impl Signatures for Vec<Vec<u16>> {
        fn read(&self, docs: &[DocIndex], values: &mut Vec<u16>) -> Result<(), OverflowFailed> {
            docs.iter().for_each(|doc| values.extend(&self[doc.at()]));
            Ok(())
        }
    }

    /// What is found is the same for any room.
    fn search_by(signatures: &[Vec<u16>], layout: &BandConfig, limits: &NearLimits) -> Candidates {
        let docs: Vec<DocIndex> = (0..signatures.len()).map(DocIndex::of).collect();
        let within = |bytes| near_pairs(&docs, &signatures.to_vec(), layout, limits, bytes).unwrap();
        let found = within(usize::MAX);
        assert_eq!(found, within(0));
        found
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
        let signatures: Vec<Vec<u16>> =
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
        let value = |doc: u32, at: u32| if at < 4 { at as u16 } else { mixed(doc * 128 + at) };
        let values = |doc: u32| (0..128).map(|at| value(doc, at)).collect();
        let signatures: Vec<Vec<u16>> = (0..10).map(values).collect();
        let limits = NearLimits::default();
        assert_eq!(search(&signatures, &limits).pairs.len(), 45);
        let layout = BandConfig { jaccard_min_permille: 500, ..LAYOUT };
        assert_eq!(search_by(&signatures, &layout, &limits).pairs, []);
    }

    fn mixed(n: u32) -> u16 {
        ((n ^ 0x5eed).wrapping_mul(0x9e37_79b9).rotate_left(15).wrapping_mul(0x85eb_ca6b) >> 16) as u16
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
            signatures in prop::collection::vec(prop::collection::vec(0_u16..3, 8), 0..30),
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
            signatures in prop::collection::vec(prop::collection::vec(0_u16..2, 8), 0..200),
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
