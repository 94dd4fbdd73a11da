//! Documents with equal digests, paired with the one of them that stands for all.

use unecho_model::{CandidatePair, DocIndex};

use super::prints::Print;

/// Each document with the preferred one of equal digest, and the preferred ones in canonical order.
/// Texts without words are nobody's copy.
pub(super) fn pairs(prints: &[Print], order: &[DocIndex]) -> (Vec<CandidatePair>, Vec<DocIndex>) {
    let mut place = vec![0_u32; prints.len()];
    for (at, doc) in (0_u32..).zip(order) {
        place[doc.at()] = at;
    }
    let mut by_digest: Vec<DocIndex> = (0..prints.len()).map(DocIndex::of).collect();
    by_digest.sort_unstable_by_key(|doc| (prints[doc.at()].digest, place[doc.at()]));
    let mut pairs = Vec::new();
    let mut representatives = Vec::with_capacity(prints.len());
    for equal in by_digest.chunk_by(|a, b| prints[a.at()].digest == prints[b.at()].digest) {
        if prints[equal[0].at()].words == 0 {
            representatives.extend_from_slice(equal);
            continue;
        }
        representatives.push(equal[0]);
        pairs.extend(equal[1..].iter().filter_map(|&doc| CandidatePair::new(equal[0], doc)));
    }
    representatives.sort_unstable();
    pairs.sort_unstable();
    (pairs, representatives)
}
