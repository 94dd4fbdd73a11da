//! Pairs of near copies of two documents that have much in common.

use std::collections::{BTreeMap, BTreeSet};

use unecho_model::{CandidatePair, DocIndex};

use super::quota::Quota;

/// For each pair of `alike` representatives, pairs of one document from either side: the
/// representative or a document that is linked to it and stands for nobody. `linked` pairs ascend. At most `of_pair_max` for a
/// pair, the earliest documents first, and no more than the quota allows; ascending, each once.
pub(super) fn pairs(
    alike: &[CandidatePair],
    linked: &[CandidatePair],
    representatives: &[DocIndex],
    of_pair_max: usize,
    quota: &mut Quota,
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
        let new = of_both.filter_map(|(a, b)| CandidatePair::new(a, b));
        for pair in new.filter(|pair| linked.binary_search(pair).is_err()).take(of_pair_max) {
            if !found.contains(&pair) && quota.allows_both(pair) {
                found.insert(pair);
            }
        }
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
        let linked = [pair(0, 1), pair(0, 2), pair(5, 6)];
        let representatives = [DocIndex(0), DocIndex(5)];
        let found = |of_pair_max, of_document_max| {
            pairs(&[pair(0, 5)], &linked, &representatives, of_pair_max, &mut Quota::strict(of_document_max))
        };
        assert_eq!(found(64, 9), [pair(0, 5), pair(0, 6), pair(1, 5), pair(1, 6), pair(2, 5), pair(2, 6)]);
        assert_eq!(found(2, 9).len(), 2);
        assert_eq!(found(64, 1), [pair(0, 5), pair(1, 6)]);
        assert!(pairs(&[], &linked, &representatives, 64, &mut Quota::strict(9)).is_empty());
    }

    #[test]
    fn a_crowd_of_copies_stays_linear() {
        let linked: Vec<CandidatePair> = (1..500).map(|copy| pair(0, copy)).collect();
        let alike: Vec<CandidatePair> = (500..1000).map(|other| pair(0, other)).collect();
        let representatives: Vec<DocIndex> =
            std::iter::once(DocIndex(0)).chain((500..1000).map(DocIndex)).collect();
        let mut quota = Quota::strict(8);
        let found = pairs(&alike, &linked, &representatives, 64, &mut quota);
        assert!(found.len() <= 500 * 8, "{}", found.len());
        assert!(quota.cut > 10_000, "{}", quota.cut);
    }
}
