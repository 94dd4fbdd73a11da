//! The thresholds and limits of verification.

use serde::{Deserialize, Serialize};

use crate::calibration::Calibration;

/// From where on two texts are linked, and from where on surely, 0 to 1, `likely <= sure`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Thresholds {
    /// Smallest value of a link.
    pub likely: f64,
    /// Smallest value of a link that is sure.
    pub sure: f64,
}

impl Thresholds {
    /// The same for both: a link is sure or none.
    #[must_use]
    pub const fn both(value: f64) -> Self {
        Self { likely: value, sure: value }
    }
}

/// Thresholds and limits. Shares are 0 to 1; they are taken as given, not checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// Jaccard similarity of word 5-shingles of a `near` copy. Between the two it is one unless dates, numbers
    /// or the place of what differs speak against it, and sure when the evidence of the texts is.
    pub near: Thresholds,
    /// Share of the shorter text's word 5-shingles, found in the longer, of a `contained` copy; between the two
    /// as above.
    pub contained: Thresholds,
    /// The least such share when one block of the shorter text is found whole, and the thresholds are two: half of
    /// an article in another is a likely copy.
    pub half_contained_min: f64,
    /// Such a block has at least this many words,
    pub block_words_min: u32,
    /// and at least this share of the shorter text's words.
    pub block_share_min: f64,
    /// Probability of a `rewrite`.
    pub rewrite: Thresholds,
    /// Such a copy is sure only when this share of its words stands in shared runs.
    pub contained_coverage_min: f64,
    /// A `contained` copy shares a run of at least this many words,
    pub witness_words_min: u32,
    /// and of at least this share of the shorter text's words.
    pub witness_share_min: f64,
    /// Texts of fewer words are exact copies or none.
    pub evidence_words_min: u32,
    /// Texts that tell fewer words (headlines and captions aside) are no rewrites.
    pub rewrite_words_min: u32,
    /// Texts published more days apart may be a story and its follow-up:
    pub follow_up_days_max: u32,
    /// they are rewrites only when this share of the shorter stands in shared runs, and never surely;
    /// one publisher's are none.
    pub follow_up_coverage_min: f64,
    /// Texts of which less is shared, and most of it in one block, are no rewrites.
    pub background_coverage_min: f64,
    /// One publisher's texts of different days, and texts whose leads name different days of the week, are sure
    /// rewrites only with this coverage.
    pub same_publisher_coverage_min: f64,
    /// When less of a lead is shared than of the whole text, by more than this, then what is shared is
    /// background and the link is never sure.
    pub lead_behind_max: f64,
    /// In languages that the calibration was not fitted on, a rewrite is sure only when this share of the longer
    /// text is shared, and likely, where the script has no capitals, when this share of the shorter is.
    pub unfitted_coverage_min: f64,
    /// Most passages in a verdict; the longest stay.
    pub passages_max: usize,
    /// How evidence becomes a probability.
    pub calibration: Calibration,
}

impl Default for Config {
    fn default() -> Self {
        let calibration = Calibration::default();
        Self {
            near: Thresholds { likely: 0.5, sure: 0.7 },
            contained: Thresholds { likely: 0.6, sure: 0.8 },
            half_contained_min: 0.4,
            block_words_min: 50,
            block_share_min: 0.3,
            contained_coverage_min: 0.7,
            rewrite: Thresholds { likely: calibration.likely, sure: calibration.sure },
            witness_words_min: 12,
            witness_share_min: 0.1,
            evidence_words_min: 20,
            rewrite_words_min: 30,
            follow_up_days_max: 7,
            follow_up_coverage_min: 0.5,
            background_coverage_min: 0.25,
            same_publisher_coverage_min: 0.75,
            lead_behind_max: 0.3,
            unfitted_coverage_min: 0.5,
            passages_max: 50,
            calibration,
        }
    }
}

impl Config {
    /// The least share of the shorter text's shingles, found in the longer, of any `contained` copy.
    #[must_use]
    pub fn contained_share_min(&self) -> f64 {
        let Thresholds { likely, sure } = self.contained;
        if likely < sure { likely.min(self.half_contained_min) } else { likely }
    }
}
