//! How pairs are found, and what bounds the search.

use unecho_candidates::{BandConfig, DateWindow, Gate, NearLimits, RareConfig, WEIGHT_ONE, Wanted};
use unecho_cluster::{Actions, OnLink};
use unecho_fingerprint::{MinHashScheme, PairReach};
use unecho_verify::Thresholds;

/// How pairs are found.
#[derive(Debug, Clone)]
pub struct Matching {
    /// Length of MinHash signatures.
    pub minhash: MinHashScheme,
    /// Share of the pairs at the threshold of sure near copies which bands must propose.
    pub near_recall: f64,
    /// The same at the threshold of likely ones.
    pub near_likely_recall: f64,
    /// Bounds on crowded buckets.
    pub near_limits: NearLimits,
    /// Rounds of comparing documents of crowded buckets, one partner a document in each.
    pub crowd_rounds_max: u32,
    /// The search by shared pairs of content words.
    pub content: RareConfig,
    /// How far apart the words of such a pair may stand.
    pub content_reach: PairReach,
    /// Probability from which the near copies of two documents are compared as well.
    pub sibling_probability_min: f64,
    /// Most pairs of near copies that are compared for one pair of representatives.
    pub siblings_max: usize,
    /// Most pairs of near copies that one document takes part in.
    pub siblings_of_document_max: u32,
    /// Most partners that a document has among those whose signatures resemble its own and whose texts do
    /// not; the likeliest are judged by their evidence.
    pub near_misses_max: u32,
    /// Words of documents that are made ready for comparison at a time, about 90 bytes each; the result
    /// does not depend on it.
    pub prepared_words_max: usize,
    /// Rounds of comparing documents with the keepers of documents they are linked to.
    pub keeper_rounds_max: u32,
    /// Most of these comparisons for one document in one round.
    pub keepers_of_round_max: u32,
    /// Most of these comparisons for one document, all rounds together.
    pub keepers_of_document_max: u32,
}

impl Matching {
    /// Bands and rows that propose the wanted shares of pairs at these Jaccard similarities.
    #[must_use]
    pub fn bands(&self, near: Thresholds) -> BandConfig {
        let wanted = [
            Wanted { jaccard: near.sure, recall: self.near_recall },
            Wanted { jaccard: near.likely, recall: self.near_likely_recall },
        ];
        BandConfig::derive(&wanted, self.minhash.len())
    }
}

/// Dated documents more than two weeks apart are proposed only when they share a good part of their
/// pairs of content words.
const CONTENT_WINDOW: DateWindow =
    DateWindow { days_max: 14, distant: Some(Gate { weight_min: 16 * WEIGHT_ONE, share_min_permille: 200 }) };

impl Default for Matching {
    fn default() -> Self {
        Self {
            minhash: MinHashScheme::default(),
            near_recall: 0.995,
            near_likely_recall: 0.97,
            near_limits: NearLimits::default(),
            crowd_rounds_max: 3,
            content: RareConfig { window: Some(CONTENT_WINDOW), ..RareConfig::default() },
            content_reach: PairReach::NEXT,
            sibling_probability_min: 0.25,
            siblings_max: 64,
            siblings_of_document_max: 4,
            near_misses_max: 3,
            prepared_words_max: 1 << 20,
            keeper_rounds_max: 8,
            keepers_of_round_max: 1,
            keepers_of_document_max: 8,
        }
    }
}

/// Which kinds of copies are looked for; the work for the others is not done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Sought {
    /// Exact and near copies.
    Near,
    /// Contained ones too.
    Contained,
    /// Rewrites too.
    Rewrites,
}

impl Sought {
    /// What is sought when links lead to this.
    pub(crate) fn by(actions: &Actions) -> Self {
        if actions.rewrite != OnLink::Ignore {
            Self::Rewrites
        } else if actions.contained != OnLink::Ignore {
            Self::Contained
        } else {
            Self::Near
        }
    }
}
