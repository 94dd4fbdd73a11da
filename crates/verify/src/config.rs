//! The thresholds and limits of verification.

/// Thresholds and limits. Shares are 0 to 1; they are taken as given, not checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// Smallest Jaccard similarity of word 5-shingles of a `near` copy.
    pub near_jaccard_min: f64,
    /// Smallest share of the shorter text's word 5-shingles, found in the longer, of a `contained` copy.
    pub containment_min: f64,
    /// A `contained` copy shares a run of at least this many words,
    pub witness_words_min: u32,
    /// and of at least this share of the shorter text's words.
    pub witness_share_min: f64,
    /// Texts of fewer words are exact copies or none.
    pub evidence_words_min: u32,
    /// Texts that tell fewer words (headlines and captions aside) are no rewrites.
    pub rewrite_words_min: u32,
    /// Smallest probability of a link.
    pub likely: f64,
    /// Smallest probability of a link that is sure.
    pub sure: f64,
    /// Texts published more days apart may be a story and its follow-up:
    pub follow_up_days_max: u32,
    /// they are rewrites only when this share of the shorter stands in shared runs. One publisher's
    /// texts of different days need as much to be surely rewrites.
    pub follow_up_coverage_min: f64,
    /// Most passages in a verdict; the longest stay.
    pub passages_max: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            near_jaccard_min: 0.7,
            containment_min: 0.8,
            witness_words_min: 12,
            witness_share_min: 0.1,
            evidence_words_min: 20,
            rewrite_words_min: 30,
            likely: 0.5,
            sure: 0.9,
            follow_up_days_max: 7,
            follow_up_coverage_min: 0.5,
            passages_max: 50,
        }
    }
}
