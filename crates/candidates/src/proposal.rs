//! What the searches hand over: pairs with the reason why they were proposed, and counts of what the
//! limits cut off.

use unecho_model::CandidatePair;

/// Two documents worth comparing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Candidate {
    /// Which two.
    pub pair: CandidatePair,
    /// In how many bands their signatures agree; 0 when bands did not propose the pair.
    pub band_hits: u32,
    /// Whether only crowded buckets proposed it, which were split: one of many pairs as good.
    pub is_crowded: bool,
    /// Weight of the rare keys they share, in units of 1 / [`WEIGHT_ONE`](crate::WEIGHT_ONE) of a key
    /// that nobody else has; 0 when rare keys did not propose the pair.
    pub rare_weight: u32,
}

/// What limits cut off. All zero means that the search was complete.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cut {
    /// Buckets with more members than the limit, which were split.
    pub buckets: u64,
    /// Members of those buckets.
    pub bucket_members: u64,
    /// Keys with a higher document frequency than the limit, which were left out.
    pub keys: u64,
    /// Postings of those keys, and of group members beyond the limit of one key.
    pub postings: u64,
    /// Proposals that lost against better partners of the same document.
    pub partners: u64,
}

impl Cut {
    /// Counts a bucket that is split.
    pub(crate) const fn crowd(&mut self, members: usize) {
        self.buckets += 1;
        self.bucket_members += members as u64;
    }

    /// Counts keys that are too common.
    pub(crate) const fn common(&mut self, keys: u64, postings: u64) {
        self.keys += keys;
        self.postings += postings;
    }

    /// Both together.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self {
            buckets: self.buckets + other.buckets,
            bucket_members: self.bucket_members + other.bucket_members,
            keys: self.keys + other.keys,
            postings: self.postings + other.postings,
            partners: self.partners + other.partners,
        }
    }
}

/// The outcome of a search.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Candidates {
    /// The proposals, by ascending pair, each pair once.
    pub pairs: Vec<Candidate>,
    /// What limits cut off.
    pub cut: Cut,
    /// What all keys of each document weigh; empty where no keys were looked at.
    pub weights: Vec<u32>,
}

impl Candidates {
    /// The union of two searches: a pair that both propose keeps the stronger of each reason. Weights are
    /// those of the first.
    #[must_use]
    pub fn merge(self, other: Self) -> Self {
        let mut pairs = Vec::with_capacity(self.pairs.len().max(other.pairs.len()));
        let (mut ours, mut theirs) = (self.pairs.into_iter().peekable(), other.pairs.into_iter().peekable());
        loop {
            let next = match (ours.peek(), theirs.peek()) {
                (Some(a), Some(b)) if a.pair == b.pair => {
                    let joined = Candidate {
                        pair: a.pair,
                        band_hits: a.band_hits.max(b.band_hits),
                        is_crowded: a.is_crowded && b.is_crowded,
                        rare_weight: a.rare_weight.max(b.rare_weight),
                    };
                    ours.next();
                    theirs.next();
                    Some(joined)
                }
                (Some(a), Some(b)) if a.pair < b.pair => ours.next(),
                (Some(_), None) => ours.next(),
                _ => theirs.next(),
            };
            match next {
                Some(candidate) => pairs.push(candidate),
                None => return Self { pairs, cut: self.cut.plus(other.cut), weights: self.weights },
            }
        }
    }

    /// From proposals in any order, the stronger of a repeated pair winning.
    #[must_use]
    pub fn of(mut pairs: Vec<Candidate>, cut: Cut) -> Self {
        use rayon::slice::ParallelSliceMut;
        pairs.par_sort_unstable_by(|a, b| {
            (a.pair, b.band_hits, b.rare_weight).cmp(&(b.pair, a.band_hits, a.rare_weight))
        });
        pairs.dedup_by_key(|candidate| candidate.pair);
        Self { pairs, cut, weights: Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use unecho_model::DocIndex;

    use super::*;

    fn found(rows: &[(u32, u32, u32, u32)]) -> Candidates {
        let pairs = rows
            .iter()
            .map(|&(a, b, band_hits, rare_weight)| Candidate {
                pair: CandidatePair::new(DocIndex(a), DocIndex(b)).unwrap(),
                band_hits,
                is_crowded: false,
                rare_weight,
            })
            .collect();
        Candidates::of(pairs, Cut { buckets: 1, ..Cut::default() })
    }

    #[test]
    fn a_union_keeps_the_stronger_reasons() {
        let merged = found(&[(0, 1, 5, 0), (2, 3, 1, 0)]).merge(found(&[(3, 2, 0, 9), (1, 4, 0, 2)]));
        assert_eq!(merged.pairs, found(&[(0, 1, 5, 0), (1, 4, 0, 2), (2, 3, 1, 9)]).pairs);
        assert_eq!(merged.cut.buckets, 2);
    }

    #[test]
    fn a_repeated_pair_counts_once() {
        assert_eq!(found(&[(1, 0, 2, 0), (0, 1, 3, 0)]).pairs, found(&[(0, 1, 3, 0)]).pairs);
    }
}
