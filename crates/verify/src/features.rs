//! The features of a pair that its probability is computed from: the evidence, on scales on which
//! equal steps mean equally much.

use serde::{Deserialize, Serialize};

use crate::evidence::Evidence;

/// Keep the logarithms finite.
const SHARE_OFFSET: f64 = 0.02;
const WORDS_OFFSET: f64 = 50.0;

/// Below this length chance no longer falls: short texts are alike in form.
const LONGER_WORDS_MIN: usize = 150;

/// Texts this many days apart are of one news day,
const SAME_NEWS_DAYS: u32 = 3;
/// and from this share of common words on, time does not matter.
const VERBATIM_COVERAGE: f64 = 0.5;

/// One number for each feature of a pair: its values, or the weights of a regression over them.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Features {
    /// Logarithm of the weighted Jaccard similarity of skip-pairs.
    pub skip_pairs_jaccard: f64,
    /// Logarithm of their weighted containment.
    pub skip_pairs: f64,
    /// Share of the longer text that stands in shared runs.
    pub coverage_longer: f64,
    /// Share of the shorter text's narration in shared runs, rare ones counting more.
    pub narration: f64,
    /// Logarithm of the longer text's words: the more words, the more are shared by chance.
    pub longer_words: f64,
    /// Other names, other story.
    pub names_missing: f64,
    /// The chain of common quotations.
    pub quotes: f64,
    /// Logarithm of one more than the numbers that both lack of each other: other figures, other news.
    pub numbers_missing: f64,
    /// By how much less of a lead is shared than of the whole text: background is shared, not the news.
    pub lead_behind: f64,
    /// 1 when the leads name different days of the week.
    pub weekdays_differ: f64,
    /// Distance in time, by as much as the shorter text is not verbatim.
    pub follow_up: f64,
    /// A claim of the same origin, by how rare it is.
    pub same_origin: f64,
}

impl Features {
    /// How many there are.
    pub const COUNT: usize = 12;

    /// Their names, in order.
    pub const NAMES: [&str; Self::COUNT] = [
        "skip_pairs_jaccard",
        "skip_pairs",
        "coverage_longer",
        "narration",
        "longer_words",
        "names_missing",
        "quotes",
        "numbers_missing",
        "lead_behind",
        "weekdays_differ",
        "follow_up",
        "same_origin",
    ];

    /// Which way each speaks by its meaning: 1 for a copy, -1 against.
    pub const SIGNS: [f64; Self::COUNT] = [1.0, 1.0, 1.0, 1.0, -1.0, -1.0, 1.0, -1.0, -1.0, -1.0, -1.0, 1.0];

    /// The numbers, in the order of [`Self::NAMES`].
    #[must_use]
    pub const fn to_array(&self) -> [f64; Self::COUNT] {
        [
            self.skip_pairs_jaccard,
            self.skip_pairs,
            self.coverage_longer,
            self.narration,
            self.longer_words,
            self.names_missing,
            self.quotes,
            self.numbers_missing,
            self.lead_behind,
            self.weekdays_differ,
            self.follow_up,
            self.same_origin,
        ]
    }

    /// The features with these numbers, in the order of [`Self::NAMES`].
    #[must_use]
    pub const fn from_array(numbers: [f64; Self::COUNT]) -> Self {
        let [
            skip_pairs_jaccard,
            skip_pairs,
            coverage_longer,
            narration,
            longer_words,
            names_missing,
            quotes,
            numbers_missing,
            lead_behind,
            weekdays_differ,
            follow_up,
            same_origin,
        ] = numbers;
        Self {
            skip_pairs_jaccard,
            skip_pairs,
            coverage_longer,
            narration,
            longer_words,
            names_missing,
            quotes,
            numbers_missing,
            lead_behind,
            weekdays_differ,
            follow_up,
            same_origin,
        }
    }

    /// The sum of the products with `weights`.
    pub(crate) fn dot(&self, weights: &Self) -> f64 {
        self.to_array().iter().zip(weights.to_array()).map(|(feature, weight)| feature * weight).sum()
    }

    pub(crate) fn of(evidence: &Evidence) -> Self {
        let scores = &evidence.scores;
        let longer_words = evidence.longer_words.max(LONGER_WORDS_MIN) as f64;
        Self {
            skip_pairs_jaccard: (scores.skip_pairs_jaccard + SHARE_OFFSET).ln(),
            skip_pairs: (scores.skip_pairs + SHARE_OFFSET).ln(),
            coverage_longer: scores.coverage_longer,
            narration: scores.narration,
            longer_words: (longer_words + WORDS_OFFSET).ln(),
            names_missing: scores.names_missing,
            quotes: scores.quotes,
            numbers_missing: (1.0 + scores.numbers_missing).ln(),
            lead_behind: scores.lead_behind,
            weekdays_differ: scores.weekdays_differ,
            follow_up: follow_up(evidence),
            same_origin: evidence.origin_rarity,
        }
    }
}

/// How much a pair looks like a story and its follow-up, by dates alone.
fn follow_up(evidence: &Evidence) -> f64 {
    let late_days = evidence.gap_days.unwrap_or(0).saturating_sub(SAME_NEWS_DAYS);
    let reworded = (1.0 - evidence.scores.coverage / VERBATIM_COVERAGE).max(0.0);
    f64::from(late_days + 1).ln() * reworded
}

#[cfg(test)]
mod tests {
    use unecho_model::RewriteScores;

    use super::*;
    use crate::calibration::Calibration;

    fn strong() -> Evidence {
        let scores = RewriteScores {
            skip_pairs: 0.3,
            skip_pairs_jaccard: 0.15,
            coverage: 0.3,
            coverage_longer: 0.2,
            narration: 0.2,
            ..RewriteScores::default()
        };
        Evidence {
            scores,
            longer_words: 400,
            shorter_words: 300,
            gap_days: None,
            origin_rarity: 0.0,
            rare_runs: Vec::new(),
        }
    }

    fn log_odds(evidence: &Evidence) -> f64 {
        Calibration::default().log_odds(&Features::of(evidence))
    }

    #[test]
    fn no_feature_of_the_default_speaks_against_its_meaning() {
        let weights = Calibration::default().weights.to_array();
        for ((weight, sign), name) in weights.iter().zip(Features::SIGNS).zip(Features::NAMES) {
            assert!(weight * sign >= 0.0, "{name}");
        }
        let features = Features::of(&strong());
        assert_eq!(Features::from_array(features.to_array()), features);
    }

    #[test]
    fn other_numbers_other_leads_and_time_speak_against() {
        let check = |change: &dyn Fn(&mut Evidence)| {
            let mut weaker = strong();
            change(&mut weaker);
            assert!(log_odds(&weaker) < log_odds(&strong()), "{weaker:?}");
        };
        check(&|evidence| evidence.scores.skip_pairs = 0.2);
        check(&|evidence| evidence.scores.numbers_missing = 5.0);
        check(&|evidence| evidence.scores.lead_behind = 0.5);
        check(&|evidence| evidence.scores.weekdays_differ = 1.0);
        check(&|evidence| evidence.scores.names_missing = 0.5);
        check(&|evidence| evidence.longer_words = 4000);
        check(&|evidence| evidence.gap_days = Some(30));
        let claiming = Evidence { origin_rarity: 1.0, ..strong() };
        assert!(log_odds(&claiming) > log_odds(&strong()));
    }

    #[test]
    fn verbatim_texts_may_be_far_apart() {
        let verbatim = |gap_days| {
            let mut evidence = strong();
            (evidence.scores.coverage, evidence.gap_days) = (0.6, gap_days);
            log_odds(&evidence)
        };
        assert_eq!(verbatim(Some(300)), verbatim(None));
    }
}
