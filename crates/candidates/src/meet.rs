//! The search for near copies in steps that look at one bucket or at one document, for whoever has rows brought together
//! elsewhere: what each step says is what the search on one machine says.
//!
//! Of every signature, its buckets: [`BandConfig::places`]. Of every bucket, who meets whom: [`NearLimits::meetings`]. Of
//! every document, its meetings added up by partner: [`NearLimits::nearest`]. Of every pair that is left, whether the
//! signatures resemble each other: [`BandConfig::candidate`].

use std::cmp::Reverse;

use unecho_model::{CandidatePair, DocIndex};

use crate::apart::Share;
use crate::bands::{BandConfig, band_key};
use crate::near::NearLimits;
use crate::proposal::{Candidate, Cut};
use crate::resemblance::resemblance_is_likely;
use crate::tally::{Ranked, keep_best};

/// Bands whose keys order a crowded bucket.
pub(crate) const FURTHER: usize = 2;
/// What a whole bucket adds to what two have in common, so that its low half counts the split ones.
pub(crate) const WHOLE: u32 = 1 << 16;

/// A document in a bucket. The order is that of a crowd, which puts likely copies side by side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Member {
    /// Its keys in the two bands after that of the bucket, going round.
    pub further: u64,
    /// The document.
    pub doc: u32,
}

/// The bucket of a document in one band.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The band.
    pub band: u32,
    /// The key that all in the bucket have.
    pub key: u32,
    /// Keys in the two bands after it, going round.
    pub further: u64,
}

impl BandConfig {
    /// The buckets of a document with this signature, one a band.
    #[must_use]
    pub fn places(self, signature: &[u16]) -> Vec<Place> {
        let rows = signature.chunks_exact(self.rows as usize).take(self.bands as usize);
        let keys: Vec<u32> = rows.map(band_key).collect();
        let key = |at: usize| u64::from(keys[at % keys.len()]);
        let further = |band: usize| key(band + 1) << 32 | key(band + FURTHER);
        keys.iter()
            .enumerate()
            .map(|(band, &key)| Place { band: band as u32, key, further: further(band) })
            .collect()
    }

    /// The pair of two documents with these signatures, unless it is improbable that they are alike; `weight` is what
    /// they have in common.
    #[must_use]
    pub fn candidate(self, one: (u32, &[u16]), other: (u32, &[u16]), weight: u32) -> Option<Candidate> {
        near_candidate(one, other, weight, self.jaccard_min())
    }

    pub(crate) fn jaccard_min(self) -> f64 {
        f64::from(self.jaccard_min_permille) / 1000.0
    }
}

/// The pair of two documents with these signatures, unless it is improbable that they are alike.
pub(crate) fn near_candidate(
    (one, own_values): (u32, &[u16]),
    (other, other_values): (u32, &[u16]),
    weight: u32,
    jaccard_min: f64,
) -> Option<Candidate> {
    let pair = CandidatePair::new(DocIndex(one), DocIndex(other))?;
    let band_hits = weight / WHOLE + weight % WHOLE;
    let is_likely = resemblance_is_likely(own_values, other_values, jaccard_min);
    is_likely.then_some(Candidate { pair, band_hits, is_crowded: weight < WHOLE, rare_weight: 0 })
}

impl NearLimits {
    /// Who meets whom in the bucket of these documents, each of which is there once: everybody everybody, or, in a crowd,
    /// those of one part, and the first of all. What two have in common is added to either.
    pub fn meetings(&self, members: &mut [Member], cut: &mut Cut, mut add: impl FnMut(Share)) {
        if members.len() < 2 {
            return;
        }
        if members.len() <= self.bucket_members_max as usize {
            return meet(members, None, WHOLE, &mut add);
        }
        cut.crowd(members.len());
        let first = members.iter().map(|member| member.doc).min();
        for part in self.parts(members) {
            meet(part, first, 1, &mut add);
        }
    }

    /// The parts of a crowd.
    pub(crate) fn parts<'a>(&self, members: &'a mut [Member]) -> impl Iterator<Item = &'a [Member]> {
        members.sort_unstable();
        members.chunks(self.crowd_part_members.max(1) as usize)
    }

    /// The partners of a document that are looked at, of all with what they have in common; and how many are not.
    #[must_use]
    pub fn nearest(&self, partners: impl Iterator<Item = (u32, u32)>) -> (Vec<(u32, u32)>, u64) {
        let (mut whole, mut crowd) = (Vec::new(), Vec::new());
        partners.for_each(|(partner, weight)| rank(partner, weight, &mut whole, &mut crowd));
        let cut = self.keep_nearest(&mut whole, &mut crowd);
        let kept = whole.into_iter().chain(crowd).map(|partner| (partner.slot.0, partner.weight));
        (kept.collect(), cut)
    }

    /// Leaves the best of either; returns how many had to go.
    pub(crate) fn keep_nearest(&self, whole: &mut Vec<Ranked>, crowd: &mut Vec<Ranked>) -> u64 {
        keep_best(whole, self.partners_max as usize) + keep_best(crowd, self.crowd_partners_max as usize)
    }
}

/// Puts a partner among those of whole buckets, or those of crowds only.
pub(crate) fn rank(partner: u32, weight: u32, whole: &mut Vec<Ranked>, crowd: &mut Vec<Ranked>) {
    let ranked = Ranked { score: u64::from(weight), slot: Reverse(partner), weight };
    if weight >= WHOLE { whole.push(ranked) } else { crowd.push(ranked) }
}

/// Everybody meets everybody, and `first`, who need not be there.
fn meet(members: &[Member], first: Option<u32>, weight: u32, add: &mut impl FnMut(Share)) {
    let first = first.filter(|&first| members.iter().all(|member| member.doc != first));
    for &Member { doc, .. } in members {
        let others = members.iter().map(|other| other.doc).filter(|&other| other != doc);
        others.chain(first).for_each(|with| add(Share { doc, with, weight }));
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::near::near_pairs;
    use crate::overflow::OverflowFailed;
    use crate::proposal::Candidates;

    struct Signed<'a>(&'a [Vec<u16>]);

    impl crate::Signatures for Signed<'_> {
        fn read(&self, docs: &[DocIndex], values: &mut Vec<u16>) -> Result<(), OverflowFailed> {
            docs.iter().for_each(|doc| values.extend(&self.0[doc.at()]));
            Ok(())
        }
    }

    fn in_steps(
        docs: &[DocIndex],
        signatures: &[Vec<u16>],
        bands: BandConfig,
        limits: &NearLimits,
    ) -> Candidates {
        let mut buckets: BTreeMap<(u32, u32), Vec<Member>> = BTreeMap::new();
        for doc in docs.iter().rev() {
            for Place { band, key, further } in bands.places(&signatures[doc.at()]) {
                buckets.entry((band, key)).or_default().push(Member { further, doc: doc.0 });
            }
        }
        let (mut cut, mut sums) = (Cut::default(), BTreeMap::<u32, BTreeMap<u32, u32>>::new());
        for members in buckets.values_mut() {
            limits.meetings(members, &mut cut, |Share { doc, with, weight }| {
                *sums.entry(doc).or_default().entry(with).or_default() += weight;
            });
        }
        let mut pairs = Vec::new();
        for (doc, partners) in sums {
            let (kept, left_out) = limits.nearest(partners.into_iter());
            cut.partners += left_out;
            let signed = |doc: u32| (doc, signatures[doc as usize].as_slice());
            let candidate = |(other, weight)| bands.candidate(signed(doc), signed(other), weight);
            pairs.extend(kept.into_iter().filter_map(candidate));
        }
        Candidates::of(pairs, cut)
    }

    proptest! {
        #[test]
        fn steps_say_what_the_whole_says(
            signatures in prop::collection::vec(prop::collection::vec(0_u16..3, 8), 0..60),
            (bands, jaccard_min_permille) in (1_u32..5, 0_u32..600),
            (bucket_members_max, crowd_part_members) in (1_u32..9, 0_u32..5),
            (partners_max, crowd_partners_max) in (0_u32..6, 0_u32..4),
            left_out in 1_usize..9,
        ) {
            let bands = BandConfig { bands, rows: 2, jaccard_min_permille };
            let limits =
                NearLimits { bucket_members_max, crowd_part_members, partners_max, crowd_partners_max };
            let docs = (0..signatures.len()).filter(|at| at % left_out != 1).map(DocIndex::of);
            let docs: Vec<DocIndex> = docs.collect();
            let whole = near_pairs(&docs, &Signed(&signatures), &bands, &limits, usize::MAX).unwrap();
            prop_assert_eq!(in_steps(&docs, &signatures, bands, &limits), whole);
        }
    }
}
