//! The totals of a run, as `summary.json` holds them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Counts by name, in the order of the names.
pub type Counts = BTreeMap<String, u64>;

/// Totals of a run. Holds nothing that differs between two runs on the same input and config: no
/// times, no thread counts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// What became of the documents; `kept + dropped + rejected = read`.
    pub documents: DocumentCounts,
    /// Dropped documents by kind of copy.
    pub dropped_by_kind: Counts,
    /// Rejected documents by reason.
    pub rejected_by_reason: Counts,
    /// Accepted links by kind.
    pub links_by_kind: Counts,
    /// Verified pairs that are no copies, by what they have in common.
    pub mismatches_by_kind: Counts,
    /// Cuts by rule.
    pub stripped_by_rule: Counts,
    /// Credits by role and name, as `role: name`.
    pub attributions: Counts,
    /// Kept documents that name possible copies.
    pub documents_with_possible_copies: u64,
    /// Documents whose id occurred before and got a suffix (`~2`, `~3`, …).
    pub ids_renamed: u64,
    /// How the pairs to verify were found.
    pub candidates: CandidateCounts,
    /// How much was known when rewrites were judged.
    pub knowledge: KnowledgeCounts,
    /// What earlier runs had to do with it, for runs with an index.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub earlier: Option<EarlierCounts>,
    /// Files in folders that were left alone because of their extension.
    pub files_skipped: u64,
    /// Records and members of containers that are no documents, by kind: `warc request`,
    /// `warc revisit`, `http 404`, `type image/png`, `member png`, ….
    #[serde(default)]
    pub records_skipped: Counts,
    /// Documents from web archives whose content is not what its digest says; they are taken in, and
    /// marked by `digest_mismatch` in their metadata.
    #[serde(default)]
    pub digest_mismatches: u64,
}

/// What became of the documents.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocumentCounts {
    /// Documents read, whether taken in or rejected.
    pub read: u64,
    /// Documents kept.
    pub kept: u64,
    /// Documents dropped for a kept one.
    pub dropped: u64,
    /// Documents, lines and files not taken in.
    pub rejected: u64,
}

/// How the pairs to verify were found, and what bounds cut off.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CandidateCounts {
    /// Pairs with equal digests.
    pub exact: u64,
    /// Pairs proposed by MinHash bands.
    pub near: u64,
    /// Pairs proposed by rare shingles.
    pub rare: u64,
    /// Pairs of near copies of documents that have much in common.
    pub sibling: u64,
    /// Pairs verified because one document was dropped for a third.
    pub keeper: u64,
    /// Pairs like these that were left when the rounds were used up; their documents are kept.
    pub keeper_left: u64,
    /// Buckets and posting lists that a bound cut.
    pub lists_cut: u64,
    /// Pairs that bounds kept from being proposed, as far as they were counted.
    pub pairs_cut: u64,
}

/// How much was known when rewrites were judged.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnowledgeCounts {
    /// Documents left after exact and near copies were collapsed.
    pub representatives: u64,
    /// Groups of near copies that document frequencies were counted over.
    pub groups: u64,
    /// Documents of earlier runs that the index knew.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub earlier_documents: u64,
}

/// What earlier runs had to do with this one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EarlierCounts {
    /// Documents of earlier runs that were looked at.
    pub compared: u64,
    /// Links between them and documents of this run.
    pub links: u64,
    /// Documents of this run dropped for one of an earlier run.
    pub dropped: u64,
    /// Those among them that the policy would have preferred.
    pub better_copies: u64,
    /// Documents of earlier runs that gave way to better copies in this one.
    #[serde(default)]
    pub replaced: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
const fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// Adds one to the count of `name`.
pub fn count(counts: &mut Counts, name: &str) {
    match counts.get_mut(name) {
        Some(n) => *n += 1,
        None => {
            counts.insert(name.to_owned(), 1);
        }
    }
}
