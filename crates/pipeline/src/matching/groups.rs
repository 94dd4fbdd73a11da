//! Groups of near copies, for counting how many stories have a phrase. They lend statistics and
//! nothing else: nobody is dropped because of a group.

use std::collections::BTreeSet;

use unecho_model::{CandidatePair, DocIndex, Kind, Tie};

use super::components::Components;

/// A partition of the representatives into groups of near copies.
pub(crate) struct Groups {
    components: Components,
    /// The representatives, group by group.
    members: Vec<DocIndex>,
    /// Where each group ends in `members`.
    ends: Vec<u32>,
}

impl Groups {
    /// The connected components of `representatives` under those `links` that join texts of one story:
    /// a round-up that holds a story is not that story.
    pub(super) fn of(
        documents: usize,
        links: &[Tie],
        representatives: &[DocIndex],
        config: &unecho_verify::Config,
    ) -> Self {
        let joining = links.iter().filter(|link| is_one_story(link, config)).map(|link| link.pair);
        let components = Components::of(documents, joining);
        let mut sorted = representatives.to_vec();
        sorted.sort_unstable_by_key(|doc| (components.root_of(*doc), *doc));
        let groups = sorted.chunk_by(|a, b| components.root_of(*a) == components.root_of(*b));
        let ends = groups.scan(0, |end, group| {
            *end += group.len() as u32;
            Some(*end)
        });
        let ends = ends.collect();
        Self { components, members: sorted, ends }
    }

    pub(super) const fn count(&self) -> usize {
        self.ends.len()
    }

    /// The members of each group.
    pub(super) fn members(&self) -> impl Iterator<Item = &[DocIndex]> {
        let starts = std::iter::once(&0).chain(&self.ends);
        starts.zip(&self.ends).map(|(&start, &end)| &self.members[start as usize..end as usize])
    }

    /// The group of each document.
    pub(super) fn of_documents(&self) -> &[u32] {
        self.components.roots()
    }

    /// Whether the two are counted as one story.
    pub(crate) fn of_pair(&self, pair: CandidatePair) -> unecho_verify::Groups {
        if self.components.root_of(pair.low()) == self.components.root_of(pair.high()) {
            unecho_verify::Groups::Same
        } else {
            unecho_verify::Groups::Different
        }
    }
}

/// The keys of a group, each once, ascending, that no earlier run counted for it: documents from `own` on are of earlier
/// runs, and a group with one of them was counted by the run that it came with.
pub(crate) fn new_keys<'a>(
    group: &[DocIndex],
    own: usize,
    keys_of: impl Fn(DocIndex) -> &'a [u64],
) -> Vec<u64> {
    let (new, earlier): (Vec<DocIndex>, Vec<DocIndex>) = group.iter().partition(|doc| doc.at() < own);
    let mut keys: Vec<u64> = new.iter().flat_map(|&doc| keys_of(doc)).copied().collect();
    keys.sort_unstable();
    keys.dedup();
    if !earlier.is_empty() {
        let counted: BTreeSet<u64> = earlier.iter().flat_map(|&doc| keys_of(doc)).copied().collect();
        keys.retain(|key| !counted.contains(key));
    }
    keys
}

/// Near copies, and contained ones that are no small part of the whole.
fn is_one_story(link: &Tie, config: &unecho_verify::Config) -> bool {
    /// Least Jaccard similarity of such a contained copy.
    const JACCARD_MIN: f64 = 0.4;
    match link.kind {
        Kind::Exact => true,
        Kind::Near => link.jaccard >= config.near.sure,
        Kind::Contained => link.jaccard >= JACCARD_MIN && link.containment >= config.contained.sure,
        Kind::Rewrite => false,
    }
}
