//! What becomes of each document. Decisions are data: they can be looked at before anything is
//! written.

use crate::DocIndex;

/// Kept, or dropped for one that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// The document is the voice of its story.
    Kept {
        /// Documents dropped for this one, in canonical order.
        copies: Vec<DocIndex>,
        /// Documents linked to this one, too uncertain to drop either for the other; some may have been
        /// dropped for a third.
        possible_copies: Vec<PossibleCopy>,
    },
    /// The document is a copy of one that is kept.
    Dropped(Drop),
    /// An earlier run decided, and this one does not decide again.
    Settled {
        /// Documents of this run dropped for it, in canonical order.
        copies: Vec<DocIndex>,
    },
}

/// Why a document was dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Drop {
    /// The document kept for it.
    pub keeper: DocIndex,
    /// Place of the accepted link between the two in the list of links.
    pub link: usize,
    /// Whether the policy would have preferred this document, had an earlier run not kept the other.
    pub is_better: bool,
}

/// A link that was accepted but drops nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PossibleCopy {
    /// The other document.
    pub other: DocIndex,
    /// Place of the link in the list of links.
    pub link: usize,
}
