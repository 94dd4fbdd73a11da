//! The calibrated probability of a rewrite: a logistic regression on the evidence.

use crate::evidence::Evidence;

const INTERCEPT: f64 = 2.988;
const LOG_SKIP_PAIRS: f64 = 2.231;
const SENTENCES: f64 = 3.833;
const QUOTES: f64 = 0.295;
const SAME_ORIGIN: f64 = 1.5;

/// Keeps the logarithm finite.
const SKIP_PAIRS_OFFSET: f64 = 0.02;

/// Whether both texts claim to come from one origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// They do.
    Same,
    /// They do not, or claim none.
    Unknown,
}

/// The probability that one text is a rewrite of the other or both of a third.
pub(crate) fn probability(evidence: &Evidence, origin: Origin) -> f64 {
    let origin = match origin {
        Origin::Same => SAME_ORIGIN,
        Origin::Unknown => 0.0,
    };
    let log_odds = INTERCEPT
        + LOG_SKIP_PAIRS * (evidence.skip_pairs + SKIP_PAIRS_OFFSET).ln()
        + SENTENCES * evidence.sentences
        + QUOTES * evidence.quotes
        + origin;
    1.0 / (1.0 + (-log_odds).exp())
}
