//! Pairs of near copies of two documents that have much in common.

use std::collections::{BTreeMap, BTreeSet};

use unecho_model::{CandidatePair, DocIndex};

/// For each pair of `alike` representatives, pairs of one document from either side: the
/// representative or a document that is linked to it and stands for nobody. At most `siblings_max`
/// for a pair, the earliest documents first; ascending, each once.
pub(super) fn pairs(
    alike: &[CandidatePair],
    linked: &BTreeSet<CandidatePair>,
    representatives: &[DocIndex],
    siblings_max: usize,
) -> Vec<CandidatePair> {
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
    let mut found = BTreeSet::new();
    for pair in alike {
        let of_both = side(pair.low()).flat_map(|a| side(pair.high()).map(move |b| (a, b)));
        let new = of_both.filter_map(|(a, b)| CandidatePair::new(a, b)).filter(|pair| !linked.contains(pair));
        found.extend(new.take(siblings_max));
    }
    found.into_iter().collect()
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
        let found = pairs(&[pair(0, 5)], &linked, &representatives, 64);
        assert_eq!(found, [pair(0, 5), pair(0, 6), pair(1, 5), pair(1, 6), pair(2, 5), pair(2, 6)]);
        assert_eq!(pairs(&[pair(0, 5)], &linked, &representatives, 2).len(), 2);
        assert!(pairs(&[], &linked, &representatives, 64).is_empty());
    }
}
