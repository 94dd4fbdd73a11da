//! How many comparisons a document is worth: what keeps floods linear.

use std::collections::BTreeMap;

use unecho_model::{CandidatePair, DocIndex};

/// Pairs that cost next to nothing all together: bounds of documents hold from here on, so that a small
/// collection is compared completely, however dense it is.
pub(super) const FREE_PAIRS: u64 = 5_000;

/// How often each document may still take part.
pub(super) struct Quota {
    taken: BTreeMap<DocIndex, u32>,
    of_document_max: u32,
    free: u64,
    /// Pairs that were not allowed.
    pub(super) cut: u64,
}

impl Quota {
    pub(super) const fn new(of_document_max: u32) -> Self {
        Self { taken: BTreeMap::new(), of_document_max, free: FREE_PAIRS, cut: 0 }
    }

    /// A quota of its own for a while, as long as whose free pairs last.
    pub(super) fn within(other: &Self, of_document_max: u32) -> Self {
        Self { free: other.free, ..Self::new(of_document_max) }
    }

    /// With bounds from the first pair on.
    pub(super) fn strict(of_document_max: u32) -> Self {
        Self { free: 0, ..Self::new(of_document_max) }
    }

    /// Whether both documents of the pair may take part once more; if so, they have.
    pub(super) fn allows_both(&mut self, pair: CandidatePair) -> bool {
        self.allows(pair, u32::max)
    }

    /// Whether at least one of them may: for pairs of many documents with one that all have in common.
    pub(super) fn allows_either(&mut self, pair: CandidatePair) -> bool {
        self.allows(pair, u32::min)
    }

    fn allows(&mut self, pair: CandidatePair, deciding: impl Fn(u32, u32) -> u32) -> bool {
        let taken = |doc: DocIndex| self.taken.get(&doc).copied().unwrap_or(0);
        let is_full = deciding(taken(pair.low()), taken(pair.high())) >= self.of_document_max;
        if is_full && self.free == 0 {
            self.cut += 1;
            return false;
        }
        self.free = self.free.saturating_sub(1);
        for doc in [pair.low(), pair.high()] {
            *self.taken.entry(doc).or_default() += 1;
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hub_is_full_for_pairs_of_equals_and_not_for_its_own() {
        let pair = |a, b| CandidatePair::new(DocIndex(a), DocIndex(b)).unwrap();
        let mut quota = Quota::strict(2);
        let both: Vec<bool> = (1..5).map(|other| quota.allows_both(pair(0, other))).collect();
        assert_eq!(both, [true, true, false, false]);
        assert_eq!(quota.cut, 2);
        let mut quota = Quota::strict(1);
        let either: Vec<bool> = [1, 2, 3, 1].map(|other| quota.allows_either(pair(0, other))).to_vec();
        assert_eq!(either, [true, true, true, false]);
    }
}
