//! Pairs that only crowded buckets proposed: one of a hundred thousand alike is as good a partner as the next.
//!
//! They are compared in rounds, the likeliest first and one for each document that still stands and whose
//! last one was a copy: where the likeliest is none, the next will be none. Whoever would be dropped by now, by a
//! link of any kind, is represented by its keeper: what others have in common with it they have, if anything, with
//! the keeper, and only a link to who is kept drops anybody.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use unecho_candidates::Candidate;
use unecho_model::{CandidatePair, Decision, DocIndex};

use super::Matcher;
use super::quota::{FREE_PAIRS, Quota};
use crate::{Error, Stage};

impl Matcher<'_> {
    /// Compares them on their texts; returns the pairs that the texts leave open. What the rounds leave is
    /// counted as cut.
    /// Not again those that were `looked_at`.
    pub(super) fn compare_crowd(
        &mut self,
        mut crowd: Vec<Candidate>,
        mut looked_at: BTreeSet<CandidatePair>,
    ) -> Result<Vec<CandidatePair>, Error> {
        if crowd.len() as u64 <= FREE_PAIRS {
            let pairs: Vec<CandidatePair> = crowd.iter().map(|candidate| candidate.pair).collect();
            return self.compare_texts(Stage::Near, &pairs);
        }
        crowd.sort_unstable_by_key(|candidate| (Reverse(candidate.band_hits), candidate.pair));
        let mut waiting: Vec<CandidatePair> = crowd.into_iter().map(|candidate| candidate.pair).collect();
        looked_at.extend(self.matched.findings.links.iter().map(|link| link.pair));
        let mut open = Vec::new();
        let mut is_alone = vec![false; self.documents.len()];
        for _ in 0..self.config.matching.crowd_rounds_max {
            let keepers = self.keepers();
            let mut round = Quota::strict(1);
            let mut pairs = Vec::new();
            waiting.retain_mut(|pair| {
                let [low, high] = [pair.low(), pair.high()].map(|doc| keepers[doc.at()]);
                let Some(standing) = CandidatePair::new(low, high) else { return false };
                *pair = standing;
                if looked_at.contains(pair) || self.is_settled(*pair) {
                    return false;
                }
                let asks = |doc: DocIndex| !is_alone[doc.at()];
                let is_next = (asks(pair.low()) || asks(pair.high())) && round.allows_either(*pair);
                if is_next {
                    looked_at.insert(*pair);
                    pairs.push(*pair);
                }
                !is_next
            });
            pairs.sort_unstable();
            let linked_before = self.matched.findings.links.len();
            open.extend(self.compare_texts(Stage::Near, &pairs)?);
            pairs.iter().for_each(|pair| mark(&mut is_alone, *pair, true));
            self.matched.findings.links[linked_before..]
                .iter()
                .for_each(|link| mark(&mut is_alone, link.pair, false));
        }
        self.matched.candidates.pairs_cut += waiting.len() as u64;
        Ok(open)
    }

    /// For each document who is kept for it as far as is known, perhaps itself.
    fn keepers(&self) -> Vec<DocIndex> {
        let outcome = self.decide();
        let keeper = |(at, decision): (usize, Decision<'_>)| match decision {
            Decision::Dropped(drop) => drop.keeper,
            Decision::Kept { .. } | Decision::Settled { .. } => DocIndex::of(at),
        };
        outcome.decisions.iter().enumerate().map(keeper).collect()
    }
}

fn mark(is_alone: &mut [bool], pair: CandidatePair, alone: bool) {
    for doc in [pair.low(), pair.high()] {
        is_alone[doc.at()] = alone;
    }
}
