//! Groups of near copies, for counting how many stories have a phrase. They lend statistics and
//! nothing else: nobody is dropped because of a group.

use unecho_model::{CandidatePair, DocIndex, Kind, Link};

/// A partition of the representatives into groups of near copies.
pub(super) struct Groups {
    /// Smallest member of each document's group.
    group: Vec<u32>,
    members: Vec<Vec<DocIndex>>,
}

impl Groups {
    /// The connected components of `representatives` under those `links` that join texts of one story:
    /// a round-up that holds a story is not that story.
    pub(super) fn of(documents: usize, links: &[Link], representatives: &[DocIndex]) -> Self {
        let mut parent: Vec<u32> = (0_u32..).take(documents).collect();
        for link in links.iter().filter(|link| is_one_story(link)) {
            let low = root(&mut parent, link.pair.low().0);
            let high = root(&mut parent, link.pair.high().0);
            parent[low.max(high) as usize] = low.min(high);
        }
        let group: Vec<u32> = (0_u32..).take(documents).map(|at| root(&mut parent, at)).collect();
        let mut sorted = representatives.to_vec();
        sorted.sort_unstable_by_key(|doc| (group[doc.at()], *doc));
        let members =
            sorted.chunk_by(|a, b| group[a.at()] == group[b.at()]).map(<[DocIndex]>::to_vec).collect();
        Self { group, members }
    }

    pub(super) fn count(&self) -> usize {
        self.members.len()
    }

    pub(super) fn members(&self) -> &[Vec<DocIndex>] {
        &self.members
    }

    /// Whether the two are counted as one story.
    pub(super) fn of_pair(&self, pair: CandidatePair) -> unecho_verify::Groups {
        if self.group[pair.low().at()] == self.group[pair.high().at()] {
            unecho_verify::Groups::Same
        } else {
            unecho_verify::Groups::Different
        }
    }
}

/// Near copies, and contained ones that are no small part of the whole.
fn is_one_story(link: &Link) -> bool {
    /// Least Jaccard similarity of such a contained copy.
    const JACCARD_MIN: f64 = 0.4;
    match link.kind {
        Kind::Exact | Kind::Near => true,
        Kind::Contained => link.scores.jaccard >= JACCARD_MIN,
        Kind::Rewrite => false,
    }
}

fn root(parent: &mut [u32], mut at: u32) -> u32 {
    while parent[at as usize] != at {
        parent[at as usize] = parent[parent[at as usize] as usize];
        at = parent[at as usize];
    }
    at
}
