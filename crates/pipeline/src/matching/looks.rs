//! What is looked at of two documents: pure functions of a pair and of what is known besides, for whoever has the
//! texts at hand.

use serde::{Deserialize, Serialize};
use unecho_fingerprint::{ShingleSet, ShingleWidth, shingles};
use unecho_model::{Article, CandidatePair, Mismatch};
use unecho_text::words_outside;
use unecho_verify::{Groups, Prepared, is_filled_form, verify, verify_text_only};

use super::judged::Judged;
use crate::{Config, Ledger};

/// What is asked about a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Question {
    /// Whether all words are the same: a link, or nothing.
    SameWords,
    /// Whether the texts alone may link them: yes or no.
    Alike,
    /// What the texts alone decide: a verdict, or nothing.
    Texts,
    /// What all the evidence decides: whether near copies of the two may be copies, and a verdict.
    Evidence,
}

/// The word 5-shingles of an article.
pub(crate) fn shingle_set(article: &Article) -> ShingleSet {
    shingles(&words_outside(&article.text, &article.unmatched), ShingleWidth::FIVE).into_sorted_set()
}

/// Whether two texts share so many shingles that the texts alone may link them.
pub(crate) fn are_alike(low: &ShingleSet, high: &ShingleSet, config: &Config) -> bool {
    /// Shares are compared with a little tolerance; verification has the last word.
    const TOLERANCE: f64 = 1e-6;
    let config = &config.verify;
    let shared = low.shared_count(high) as f64;
    let (fewer, both) = (low.len().min(high.len()) as f64, (low.len() + high.len()) as f64);
    shared >= (config.near.likely - TOLERANCE) * (both - shared)
        || shared >= (config.contained_share_min() - TOLERANCE) * fewer
}

/// What the texts alone decide.
pub(crate) fn by_texts(
    pair: CandidatePair,
    low: &Prepared,
    high: &Prepared,
    config: &Config,
) -> Option<Judged> {
    if let Some(counted) = counted_form(low, high, config) {
        return Some(counted);
    }
    Some(Judged::of(verify_text_only(pair, low, high, &config.verify)?, Ledger::All))
}

/// One form with other facts in it is only counted, unless the ledger wants all: a flood of one form would fill it.
fn counted_form(low: &Prepared, high: &Prepared, config: &Config) -> Option<Judged> {
    let is_counted = config.ledger != Ledger::All && is_filled_form(low, high, &config.verify);
    is_counted.then_some(Judged::Counted(Mismatch::Template))
}

/// What all the evidence decides, and whether the two have so much in common that their near copies may be
/// copies.
pub(crate) fn by_evidence(
    pair: CandidatePair,
    low: &Prepared,
    high: &Prepared,
    groups: Groups,
    config: &Config,
) -> (bool, Judged) {
    if let Some(counted) = counted_form(low, high, config) {
        return (false, counted);
    }
    let verdict = verify(pair, low, high, groups, &config.verify);
    let is_alike = verdict.scores().probability >= config.matching.sibling_probability_min;
    (is_alike, Judged::of(verdict, config.ledger))
}
