//! Pairs of near copies of two documents that have much in common.

use std::collections::{BTreeMap, BTreeSet};

use unecho_model::{CandidatePair, DocIndex};

use super::quota::Quota;

/// Bounds on the search.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    /// Most pairs for one pair of representatives.
    pub(super) of_pair_max: usize,
    /// Most pairs that one document takes part in.
    pub(super) of_document_max: u32,
}

/// For each pair of `alike` representatives, pairs of one document from either side: the
/// representative or a document that is linked to it and stands for nobody. The earliest documents come
/// first, within the bounds; ascending, each once. Also how many pairs a document's bound cut off.
pub(super) fn pairs(
    alike: &[CandidatePair],
    linked: &BTreeSet<CandidatePair>,
    representatives: &[DocIndex],
    bounds: Bounds,
) -> (Vec<CandidatePair>, u64) {
    let mut copies: BTreeMap<DocIndex, Vec<DocIndex>> = BTreeMap::new();
    let stands = |doc: DocIndex| representatives.binary_search(&doc).is_ok();
    for pair in linked {
        let (low, high) = (pair.low(), pair.high());
        match (stands(low), stands(high)) {
            (true, false) => copies.entry(low).or_default().push(high),
            (false, true) => copies.entry(high).or_default().push(low),
            _ => {}
        }
    }
    let side = |doc: DocIndex| {
        let others = copies.get(&doc).map_or(&[][..], Vec::as_slice);
        std::iter::once(doc).chain(others.iter().copied())
    };
    let mut quota = Quota::new(bounds.of_document_max);
    let mut found = BTreeSet::new();
    for pair in alike {
        let of_both = side(pair.low()).flat_map(|a| side(pair.high()).map(move |b| (a, b)));
        let new = of_both.filter_map(|(a, b)| CandidatePair::new(a, b));
        for pair in new.filter(|pair| !linked.contains(pair)).take(bounds.of_pair_max) {
            if !found.contains(&pair) && quota.allows_both(pair) {
                found.insert(pair);
            }
        }
    }
    (found.into_iter().collect(), quota.cut)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(a: u32, b: u32) -> CandidatePair {
        CandidatePair::new(DocIndex(a), DocIndex(b)).unwrap()
    }

    #[test]
    fn copies_of_both_sides_meet() {
        let linked = BTreeSet::from([pair(0, 1), pair(0, 2), pair(5, 6)]);
        let representatives = [DocIndex(0), DocIndex(5)];
        let bounds = Bounds { of_pair_max: 64, of_document_max: 9 };
        let found = |bounds| pairs(&[pair(0, 5)], &linked, &representatives, bounds).0;
        assert_eq!(found(bounds), [pair(0, 5), pair(0, 6), pair(1, 5), pair(1, 6), pair(2, 5), pair(2, 6)]);
        assert_eq!(found(Bounds { of_pair_max: 2, ..bounds }).len(), 2);
        assert_eq!(found(Bounds { of_document_max: 1, ..bounds }), [pair(0, 5), pair(1, 6)]);
        assert!(pairs(&[], &linked, &representatives, bounds).0.is_empty());
    }

    #[test]
    fn a_crowd_of_copies_stays_linear() {
        let linked: BTreeSet<CandidatePair> = (1..500).map(|copy| pair(0, copy)).collect();
        let alike: Vec<CandidatePair> = (500..1000).map(|other| pair(0, other)).collect();
        let representatives: Vec<DocIndex> =
            std::iter::once(DocIndex(0)).chain((500..1000).map(DocIndex)).collect();
        let bounds = Bounds { of_pair_max: 64, of_document_max: 8 };
        let (found, cut) = pairs(&alike, &linked, &representatives, bounds);
        assert!(found.len() <= 500 * 8, "{}", found.len());
        assert!(cut > 10_000, "{cut}");
    }
}
