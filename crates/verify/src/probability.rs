//! The calibrated probability of a rewrite: a logistic regression on seven features of the evidence,
//! and a bonus for a common origin.
//!
//! Fitted once over labelled reprints, rewrites by people and by language models, story chains and
//! look-alike follow-ups, with statistics of whole collections, of few documents and of none, so
//! that one threshold holds for all. Every weight has the sign that its meaning demands.

use crate::evidence::Evidence;

const INTERCEPT: f64 = 15.423;
/// Of the logarithm of the weighted Jaccard similarity of skip-pairs,
const SKIP_PAIRS_JACCARD: f64 = 1.882;
/// and of their containment.
const SKIP_PAIRS: f64 = 1.149;
/// Of the share of the longer text that is covered by runs.
const COVERAGE_LONGER: f64 = 4.008;
/// Of the logarithm of the longer text's length: the more words, the more are shared by chance.
const LONGER_WORDS: f64 = -1.184;
/// Other names, other story.
const NAMES_MISSING: f64 = -4.339;
/// Of the chain of common quotations.
const QUOTES: f64 = 1.736;
/// Of the distance of a follow-up in time, by as much as it is not verbatim.
const FOLLOW_UP: f64 = -0.935;
/// A claim of the same origin, by how rare it is: alone it makes a copy four to five times as likely,
/// one that half the corpus makes says nothing. Judged, not fitted: the labelled pairs claim none.
const SAME_ORIGIN: f64 = 1.5;

/// Keep the logarithms finite.
const SHARE_OFFSET: f64 = 0.02;
const WORDS_OFFSET: f64 = 50.0;

/// Below this length chance no longer falls: short texts are alike in form.
const LONGER_WORDS_MIN: usize = 150;

/// Texts this many days apart are of one news day,
const SAME_NEWS_DAYS: u32 = 3;
/// and from this share of common words on, time does not matter.
const VERBATIM_COVERAGE: f64 = 0.5;

/// The probability that one text is a rewrite of the other or both of a third.
pub(crate) fn probability(evidence: &Evidence) -> f64 {
    let scores = &evidence.scores;
    let longer_words = evidence.longer_words.max(LONGER_WORDS_MIN);
    let log_odds = INTERCEPT
        + SKIP_PAIRS_JACCARD * (scores.skip_pairs_jaccard + SHARE_OFFSET).ln()
        + SKIP_PAIRS * (scores.skip_pairs + SHARE_OFFSET).ln()
        + COVERAGE_LONGER * scores.coverage_longer
        + LONGER_WORDS * (longer_words as f64 + WORDS_OFFSET).ln()
        + NAMES_MISSING * scores.names_missing
        + QUOTES * scores.quotes
        + FOLLOW_UP * follow_up(evidence)
        + SAME_ORIGIN * evidence.origin_rarity;
    1.0 / (1.0 + (-log_odds).exp())
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

    fn strong() -> Evidence {
        let scores = RewriteScores {
            skip_pairs: 0.3,
            skip_pairs_jaccard: 0.15,
            coverage: 0.3,
            coverage_longer: 0.2,
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

    fn check_lowers(change: impl Fn(&mut Evidence)) {
        let mut weaker = strong();
        change(&mut weaker);
        assert!(probability(&weaker) < probability(&strong()), "{weaker:?}");
    }

    #[test]
    fn every_feature_counts_in_its_direction() {
        check_lowers(|evidence| evidence.scores.skip_pairs = 0.2);
        check_lowers(|evidence| evidence.scores.skip_pairs_jaccard = 0.1);
        check_lowers(|evidence| evidence.scores.coverage_longer = 0.1);
        check_lowers(|evidence| evidence.scores.names_missing = 0.5);
        check_lowers(|evidence| evidence.longer_words = 4000);
        check_lowers(|evidence| evidence.gap_days = Some(30));
        let claiming = Evidence { origin_rarity: 1.0, ..strong() };
        let mut quoting = strong();
        quoting.scores.quotes = 0.5;
        assert!(probability(&quoting) > probability(&strong()));
        assert!(probability(&claiming) > probability(&strong()));
    }

    #[test]
    fn verbatim_texts_may_be_far_apart() {
        let verbatim = |gap_days| {
            let mut evidence = strong();
            (evidence.scores.coverage, evidence.gap_days) = (0.6, gap_days);
            probability(&evidence)
        };
        assert_eq!(verbatim(Some(300)), verbatim(None));
    }
}
