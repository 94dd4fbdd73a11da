//! The one that stands for a crowd: a hundred thousand texts alike are compared with the best of them first.
//!
//! Partners of a crowd are as good as each other, but only a link to who is kept in the end drops anybody. So before
//! likelier partners are asked, everybody meets whom the policy prefers of all that bands connect; where a sample
//! finds few copies, the crowd has less in common than its bands, and nobody else is asked.

use std::collections::{BTreeMap, BTreeSet};

use unecho_candidates::Candidate;
use unecho_cluster::Settled;
use unecho_model::{CandidatePair, Decision, DocIndex};

use super::Matcher;
use super::components::Components;
use crate::{Error, Stage};

/// Fewest documents of a crowd.
const CROWD_MIN: usize = 64;
/// Documents of a crowd that are compared first.
const SAMPLE: usize = 32;

/// Pairs of who stands for a crowd with all the others, in canonical order.
struct Crowd {
    pairs: Vec<CandidatePair>,
}

impl Matcher<'_> {
    /// Compares the members of each crowd that `pairs` connect with whom the policy prefers of them; appends the
    /// pairs that the texts leave open to `open`. What was compared goes to `looked_at`.
    pub(super) fn compare_with_leaders(
        &mut self,
        pairs: &[Candidate],
        looked_at: &mut BTreeSet<CandidatePair>,
        open: &mut Vec<CandidatePair>,
    ) -> Result<(), Error> {
        let crowds = self.crowds(pairs.iter().map(|candidate| candidate.pair));
        let is_sampled =
            |crowd: &Crowd, at: usize| at.is_multiple_of(crowd.pairs.len().div_ceil(SAMPLE).max(1));
        let pairs_where = |crowd: &Crowd, sampled: bool| {
            let wanted = (0..crowd.pairs.len()).filter(|&at| is_sampled(crowd, at) == sampled);
            wanted.map(|at| crowd.pairs[at]).collect::<Vec<_>>()
        };
        let samples: Vec<Vec<CandidatePair>> = crowds.iter().map(|crowd| pairs_where(crowd, true)).collect();
        self.compare_new(samples.concat(), looked_at, open)?;
        let linked: BTreeSet<CandidatePair> =
            self.matched.findings.links.iter().map(|link| link.pair).collect();
        let is_alike = |sample: &[CandidatePair]| {
            !sample.is_empty()
                && 2 * sample.iter().filter(|pair| linked.contains(pair)).count() >= sample.len()
        };
        let alike = crowds.iter().zip(&samples).filter(|(_, sample)| is_alike(sample));
        let rest: Vec<CandidatePair> = alike.flat_map(|(crowd, _)| pairs_where(crowd, false)).collect();
        self.compare_new(rest, looked_at, open)
    }

    fn compare_new(
        &mut self,
        mut pairs: Vec<CandidatePair>,
        looked_at: &mut BTreeSet<CandidatePair>,
        open: &mut Vec<CandidatePair>,
    ) -> Result<(), Error> {
        pairs.retain(|&pair| looked_at.insert(pair));
        pairs.sort_unstable();
        if !pairs.is_empty() {
            open.extend(self.compare_texts(Stage::Near, &pairs)?);
        }
        Ok(())
    }

    fn crowds(&self, pairs: impl Iterator<Item = CandidatePair> + Clone) -> Vec<Crowd> {
        let components = Components::of(self.documents.len(), pairs.clone());
        let mut members: BTreeMap<u32, BTreeSet<DocIndex>> = BTreeMap::new();
        for pair in pairs {
            members.entry(components.root_of(pair.low())).or_default().extend([pair.low(), pair.high()]);
        }
        members.retain(|_, members| members.len() >= CROWD_MIN);
        let mut leaders: BTreeMap<u32, DocIndex> = BTreeMap::new();
        for doc in unecho_cluster::order(&self.standings, self.documents.ids(), &[], &self.config.keep) {
            let crowd = components.root_of(doc);
            // A link to whom an earlier run dropped drops nobody.
            let settled = self.standings[doc.at()].settled;
            let stands = !matches!(settled, Some(Settled::Dropped | Settled::DroppedFor(_)));
            if stands && members.contains_key(&crowd) {
                leaders.entry(crowd).or_insert(doc);
            }
        }
        let crowd = |(root, leader): (u32, DocIndex)| Crowd {
            pairs: members[&root]
                .iter()
                .filter_map(|&doc| CandidatePair::new(leader, doc))
                .filter(|&pair| !self.is_settled(pair))
                .collect(),
        };
        leaders.into_iter().map(crowd).collect()
    }

    /// Which pairs are of documents for whom, as far as is known, one and the same is kept, of a crowd: both are
    /// dropped already, whatever else they have in common with each other.
    pub(super) fn settled_by_crowds(&self) -> impl Fn(&CandidatePair) -> bool + use<> {
        let keepers = self.keepers_of_crowds();
        let keeper = move |doc: DocIndex| {
            let at = keepers.binary_search_by_key(&doc, |(doc, _)| *doc).ok()?;
            Some(keepers[at].1)
        };
        move |pair| keeper(pair.low()).is_some_and(|low| keeper(pair.high()) == Some(low))
    }

    /// The documents of stories that crowds tell, ascending, each with who is kept of it.
    fn keepers_of_crowds(&self) -> Vec<(DocIndex, DocIndex)> {
        let outcome = self.decide();
        let keeper_of = |doc: DocIndex| match outcome.decisions.of(doc) {
            Decision::Dropped(drop) => Some(drop.keeper),
            Decision::Kept { .. } => Some(doc),
            Decision::Settled { .. } => None,
        };
        let is_crowd = |&keeper: &DocIndex| match outcome.decisions.of(keeper) {
            Decision::Kept { copies, .. } => copies.len() >= CROWD_MIN,
            Decision::Dropped(_) | Decision::Settled { .. } => false,
        };
        let of_crowd = |doc| Some((doc, keeper_of(doc).filter(is_crowd)?));
        (0..self.documents.len()).map(DocIndex::of).filter_map(of_crowd).collect()
    }
}
