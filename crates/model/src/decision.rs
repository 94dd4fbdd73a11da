//! What becomes of each document. Decisions are data: they can be looked at before anything is
//! written.

use crate::{DocIndex, LinkIndex};

/// Kept, or dropped for one that is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision<'a> {
    /// The document is the voice of its story.
    Kept {
        /// Documents dropped for this one, in canonical order.
        copies: &'a [DocIndex],
        /// Documents linked to this one, too uncertain to drop either for the other; some may have been
        /// dropped for a third.
        possible_copies: &'a [PossibleCopy],
    },
    /// The document is a copy of one that is kept.
    Dropped(Drop),
    /// An earlier run decided, and this one does not decide again.
    Settled {
        /// Documents of this run dropped for it, in canonical order.
        copies: &'a [DocIndex],
    },
}

/// Why a document was dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Drop {
    /// The document kept for it.
    pub keeper: DocIndex,
    /// Place of the accepted link between the two in the list of links.
    pub link: LinkIndex,
    /// Whether the policy would have preferred this document, had an earlier run not kept the other.
    pub is_better: bool,
}

/// A link that was accepted but drops nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PossibleCopy {
    /// The other document.
    pub other: DocIndex,
    /// Place of the link in the list of links.
    pub link: LinkIndex,
}

/// What becomes of one document, without those that are dropped for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// As [`Decision::Kept`].
    Kept,
    /// As [`Decision::Dropped`].
    Dropped(Drop),
    /// As [`Decision::Settled`].
    Settled,
}

/// What becomes of all documents, by [`DocIndex`]. Takes 12 bytes a document, and 8 to 16 for each copy: most
/// documents have none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Decisions {
    fates: Vec<Fate>,
    copies: Lists<DocIndex>,
    possible_copies: Lists<PossibleCopy>,
}

impl Decisions {
    /// The decisions with these fates. `possible_copies` are of documents that are kept, and come by ascending
    /// document; their order is kept.
    #[must_use]
    pub fn new(
        fates: Vec<Fate>,
        possible_copies: impl IntoIterator<Item = (DocIndex, PossibleCopy)>,
    ) -> Self {
        let dropped = |(at, fate): (usize, &Fate)| match fate {
            Fate::Dropped(drop) => Some((drop.keeper, DocIndex::of(at))),
            Fate::Kept | Fate::Settled => None,
        };
        let mut copies: Vec<(DocIndex, DocIndex)> = fates.iter().enumerate().filter_map(dropped).collect();
        copies.sort_unstable();
        Self { copies: Lists::of(copies), possible_copies: Lists::of(possible_copies), fates }
    }

    /// Of how many documents.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.fates.len()
    }

    /// Whether there are no documents.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.fates.is_empty()
    }

    /// What becomes of this document.
    ///
    /// # Panics
    /// When there is no such document.
    #[must_use]
    pub fn of(&self, doc: DocIndex) -> Decision<'_> {
        match self.fates[doc.at()] {
            Fate::Kept => Decision::Kept {
                copies: self.copies.get(doc),
                possible_copies: self.possible_copies.get(doc),
            },
            Fate::Dropped(drop) => Decision::Dropped(drop),
            Fate::Settled => Decision::Settled { copies: self.copies.get(doc) },
        }
    }

    /// What becomes of each document, without those that are dropped for it.
    #[must_use]
    pub fn fates(&self) -> &[Fate] {
        &self.fates
    }

    /// The decisions, in the order of the documents.
    pub fn iter(&self) -> impl Iterator<Item = Decision<'_>> {
        (0..self.fates.len()).map(|at| self.of(DocIndex::of(at)))
    }
}

/// Lists of some documents, one after another; nothing is kept of a document that has none.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Lists<T> {
    /// Who has one, ascending, and where it ends.
    owners: Vec<(DocIndex, u32)>,
    items: Vec<T>,
}

impl<T> Default for Lists<T> {
    fn default() -> Self {
        Self { owners: Vec::new(), items: Vec::new() }
    }
}

impl<T> Lists<T> {
    /// Of entries by ascending owner.
    fn of(entries: impl IntoIterator<Item = (DocIndex, T)>) -> Self {
        let mut lists = Self::default();
        for (owner, item) in entries {
            lists.items.push(item);
            let end = u32::try_from(lists.items.len()).expect("a run has at most u32::MAX links");
            match lists.owners.last_mut() {
                Some((last, last_end)) if *last == owner => *last_end = end,
                last => {
                    debug_assert!(last.is_none_or(|(last, _)| *last < owner), "owners ascend");
                    lists.owners.push((owner, end));
                }
            }
        }
        lists
    }

    fn get(&self, owner: DocIndex) -> &[T] {
        let Ok(at) = self.owners.binary_search_by_key(&owner, |(owner, _)| *owner) else { return &[] };
        let start = at.checked_sub(1).map_or(0, |before| self.owners[before].1);
        &self.items[start as usize..self.owners[at].1 as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_document_has_what_is_its_own() {
        let drop =
            |keeper| Fate::Dropped(Drop { keeper: DocIndex(keeper), link: LinkIndex(7), is_better: false });
        let fates = vec![drop(4), Fate::Kept, drop(4), drop(1), Fate::Kept, Fate::Settled, drop(5)];
        let possible = |other| PossibleCopy { other: DocIndex(other), link: LinkIndex(9) };
        let of = [(DocIndex(1), possible(4)), (DocIndex(4), possible(6)), (DocIndex(4), possible(1))];
        let decisions = Decisions::new(fates, of);
        let docs = |docs: &[u32]| docs.iter().copied().map(DocIndex).collect::<Vec<_>>();
        let expect = [(1, docs(&[3]), vec![possible(4)]), (4, docs(&[0, 2]), vec![possible(6), possible(1)])];
        for (doc, copies, possible_copies) in expect {
            let expect = Decision::Kept { copies: &copies, possible_copies: &possible_copies };
            assert_eq!(decisions.of(DocIndex(doc)), expect, "{doc}");
        }
        assert_eq!(decisions.of(DocIndex(5)), Decision::Settled { copies: &docs(&[6]) });
        let Decision::Dropped(drop) = decisions.of(DocIndex(0)) else { panic!("dropped") };
        assert_eq!((drop.keeper, drop.link), (DocIndex(4), LinkIndex(7)));
        assert_eq!((decisions.len(), decisions.iter().count()), (7, 7));
        assert_eq!(size_of::<Fate>(), 12, "as the documentation of Decisions says");
    }
}
