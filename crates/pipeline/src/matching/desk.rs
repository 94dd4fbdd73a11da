//! Documents made ready for comparison: a batch of pairs at a time, within a bound of memory.

use rayon::prelude::*;
use unecho_model::{CandidatePair, DocIndex};

use super::components::Components;

/// Pairs in an order in which those that have documents in common are neighbours, cut into batches.
pub(crate) struct Batches {
    order: Vec<u32>,
    ends: Vec<usize>,
}

impl Batches {
    /// Batches whose documents have at most `words_max` words, or that are one pair.
    pub(crate) fn of(
        pairs: &[CandidatePair],
        documents: usize,
        words_of: impl Fn(DocIndex) -> u32,
        words_max: usize,
    ) -> Self {
        let components = Components::of(documents, pairs.iter().copied());
        let mut order: Vec<u32> = (0_u32..).take(pairs.len()).collect();
        let place = |at: &u32| {
            let pair = pairs[*at as usize];
            (components.root_of(pair.low()), pair)
        };
        order.par_sort_unstable_by_key(place);
        let mut ends = Vec::new();
        // The batch that last took a document, so that each counts once in a batch.
        let mut taken = vec![0_u32; documents];
        let (mut batch, mut words) = (1, 0);
        for (at, &pair) in order.iter().enumerate() {
            let pair = pairs[pair as usize];
            let both = [pair.low(), pair.high()];
            let new = |batch: u32, taken: &[u32]| -> usize {
                both.iter().filter(|doc| taken[doc.at()] != batch).map(|&doc| words_of(doc) as usize).sum()
            };
            if words > 0 && words + new(batch, &taken) > words_max {
                ends.push(at);
                batch += 1;
                words = 0;
            }
            words += new(batch, &taken);
            both.iter().for_each(|doc| taken[doc.at()] = batch);
        }
        ends.push(order.len());
        Self { order, ends }
    }

    /// Places of the pairs of each batch.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &[u32]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, &end)| &self.order[start..end])
    }
}

/// The documents of one batch, ready.
pub(super) struct Desk<P> {
    docs: Vec<DocIndex>,
    ready: Vec<P>,
}

impl<P> Desk<P> {
    /// The documents of `pairs`, which `prepare` makes ready; they are ascending, each once.
    pub(super) fn of<E>(
        pairs: impl Iterator<Item = CandidatePair>,
        prepare: impl FnOnce(&[DocIndex]) -> Result<Vec<P>, E>,
    ) -> Result<Self, E> {
        let mut docs: Vec<DocIndex> = pairs.flat_map(|pair| [pair.low(), pair.high()]).collect();
        docs.sort_unstable();
        docs.dedup();
        let ready = prepare(&docs)?;
        Ok(Self { docs, ready })
    }

    /// A document of the batch.
    pub(super) fn ready(&self, doc: DocIndex) -> &P {
        &self.ready[self.docs.binary_search(&doc).expect("every document of the batch was made ready")]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(a: u32, b: u32) -> CandidatePair {
        CandidatePair::new(DocIndex(a), DocIndex(b)).unwrap()
    }

    fn check(words_max: usize, expect: &[&[u32]]) {
        let pairs = [pair(0, 9), pair(1, 2), pair(3, 9), pair(2, 4)];
        let batches = Batches::of(&pairs, 10, |_| 10, words_max);
        assert_eq!(batches.iter().collect::<Vec<_>>(), expect, "{words_max}");
    }

    #[test]
    fn pairs_with_a_document_in_common_share_a_batch() {
        check(1000, &[&[0, 2, 1, 3]]);
        check(30, &[&[0, 2], &[1, 3]]);
        check(5, &[&[0], &[2], &[1], &[3]]);
        assert!(Batches::of(&[], 3, |_| 1, 9).iter().all(<[u32]>::is_empty));
    }

    #[test]
    fn a_desk_holds_each_document_once() {
        let tenfold = |docs: &[DocIndex]| Ok::<_, ()>(docs.iter().map(|doc| doc.0 * 10).collect());
        let desk = Desk::of([pair(7, 2), pair(2, 3)].into_iter(), tenfold).unwrap();
        assert_eq!(desk.ready.len(), 3);
        assert_eq!(*desk.ready(DocIndex(7)), 70);
    }
}
