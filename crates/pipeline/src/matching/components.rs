//! Connected components of documents under pairs.

use unecho_model::{CandidatePair, DocIndex};

/// The smallest document of each document's component.
pub(super) struct Components(Vec<u32>);

impl Components {
    /// Of documents numbered below `documents`.
    pub(super) fn of(documents: usize, pairs: impl Iterator<Item = CandidatePair>) -> Self {
        let mut parent: Vec<u32> = (0_u32..).take(documents).collect();
        for pair in pairs {
            let (low, high) = (root(&mut parent, pair.low().0), root(&mut parent, pair.high().0));
            parent[low.max(high) as usize] = low.min(high);
        }
        for at in 0..parent.len() {
            parent[at] = root(&mut parent, at as u32);
        }
        Self(parent)
    }

    pub(super) fn root_of(&self, doc: DocIndex) -> u32 {
        self.0[doc.at()]
    }

    pub(super) fn roots(&self) -> &[u32] {
        &self.0
    }
}

fn root(parent: &mut [u32], mut at: u32) -> u32 {
    while parent[at as usize] != at {
        parent[at as usize] = parent[parent[at as usize] as usize];
        at = parent[at as usize];
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_component_is_named_by_its_first_document() {
        let pair = |a, b| CandidatePair::new(DocIndex(a), DocIndex(b)).unwrap();
        let found = Components::of(7, [pair(5, 3), pair(1, 5), pair(6, 4)].into_iter());
        assert_eq!(found.roots(), [0, 1, 2, 1, 4, 1, 4]);
    }
}
