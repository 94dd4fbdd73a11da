//! The evidence for a rewrite: what the narration of two texts shares, and how rare that is.
//!
//! After METER (Clough et al. 2002), with weights by how many other stories of the corpus carry the
//! same phrase: independent reports of one event share its names and stock phrases, a rewrite shares
//! the narration.

use unecho_model::RewriteScores;

use crate::keys;
use crate::prepared::{GRAM_WORDS, Prepared, TokenRange};
use crate::statistics::{Groups, Statistics};
use crate::tiling::{Run, Tiling};
use crate::voice::Voice;

/// A phrase that this many other stories carry counts half.
const OTHERS_HALF: f64 = 3.0;

/// A phrase that no more other stories carry is rare.
const OTHERS_RARE_MAX: u8 = 3;

/// Denominators are at least this, so that three lucky words in a short text are no proof.
const SKIP_PAIRS_MIN: f64 = 60.0;
const NARRATION_WORDS_MIN: usize = 30;
const SENTENCES_MIN: usize = 3;
const QUOTES_MIN: usize = 3;

/// Sentences with fewer words of narration are not counted.
const SENTENCE_WORDS_MIN: usize = 6;

/// A quotation is shared when this share of it is.
const QUOTE_SHARE_MIN: f64 = 0.6;

/// The measured features of a pair; shares 0 to 1.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Evidence {
    /// Weighted share of skip-pairs.
    pub(crate) skip_pairs: f64,
    /// Share of narration sentences touched by a rare run.
    pub(crate) sentences: f64,
    /// Shared quotations in the same order.
    pub(crate) quotes: f64,
    /// Share of the shorter text's words in runs.
    pub(crate) coverage: f64,
    /// Weighted share of the shorter text's narration in runs.
    pub(crate) narration: f64,
    /// Runs with a rare 3-gram in narration.
    pub(crate) rare_runs: Vec<Run>,
}

impl Evidence {
    /// As records have it.
    pub(crate) const fn scores(&self) -> RewriteScores {
        RewriteScores {
            skip_pairs: self.skip_pairs,
            sentences: self.sentences,
            quotes: self.quotes,
            coverage: self.coverage,
            narration: self.narration,
        }
    }
}

/// How much a key counts that so many other stories carry.
fn weight(others: u8) -> f64 {
    1.0 / (1.0 + f64::from(others) / OTHERS_HALF)
}

/// Weighted share of shared skip-pairs.
fn skip_pairs(a: &Prepared, b: &Prepared, groups: Groups, statistics: &Statistics) -> f64 {
    let fewer = if a.skip_pairs.len() <= b.skip_pairs.len() { a } else { b };
    let mut shared = 0.0;
    keys::for_shared(&a.skip_pairs, &b.skip_pairs, |at, _| {
        shared += weight(statistics.others(a.skip_pairs[at], groups));
    });
    let all: f64 = fewer.skip_pairs.iter().map(|&key| weight(statistics.others(key, Groups::Same))).sum();
    shared / all.max(SKIP_PAIRS_MIN)
}

/// The features of a pair; `a` is the shorter text and the first of the tiling.
pub(crate) fn evidence(
    a: &Prepared,
    b: &Prepared,
    tiling: &Tiling,
    groups: Groups,
    statistics: &Statistics,
) -> Evidence {
    let others = gram_others(a, tiling, groups, statistics);
    let rare = |run: &&Run| is_rare_run(a, run, &others);
    let rare_runs: Vec<Run> = tiling.runs.iter().filter(rare).copied().collect();
    Evidence {
        skip_pairs: skip_pairs(a, b, groups, statistics),
        sentences: touched_sentences(a, &rare_runs),
        quotes: shared_quotes(a, b, tiling),
        coverage: tiling.covered_words() as f64 / a.words().max(1) as f64,
        narration: narration(a, b, tiling, &others),
        rare_runs,
    }
}

/// For each 3-gram of a run, by its first word, how many other stories carry it.
fn gram_others(a: &Prepared, tiling: &Tiling, groups: Groups, statistics: &Statistics) -> Vec<u8> {
    let mut others = vec![u8::MAX; a.words()];
    for at in tiling.runs.iter().flat_map(grams_of) {
        others[at] = statistics.others(a.gram_at(at), groups);
    }
    others
}

/// The first words in the first text of a run's 3-grams.
fn grams_of(run: &Run) -> std::ops::Range<usize> {
    run.a..run.a + run.words + 1 - GRAM_WORDS
}

fn narration(a: &Prepared, b: &Prepared, tiling: &Tiling, others: &[u8]) -> f64 {
    let mut weights = vec![0.0_f64; a.words()];
    for at in tiling.runs.iter().flat_map(grams_of) {
        let weight = weight(others[at]);
        for word in &mut weights[at..at + GRAM_WORDS] {
            *word = word.max(weight);
        }
    }
    let told_by_both = |&(at, partner): &(usize, &Option<u32>)| {
        partner.is_some_and(|partner| a.is_narration(at) && b.is_narration(partner as usize))
    };
    let shared: f64 = tiling.partner.iter().enumerate().filter(told_by_both).map(|(at, _)| weights[at]).sum();
    shared / a.narration_words.min(b.narration_words).max(NARRATION_WORDS_MIN) as f64
}

/// Whether a run holds a rare 3-gram that begins in narration.
fn is_rare_run(a: &Prepared, run: &Run, others: &[u8]) -> bool {
    grams_of(run).any(|at| others[at] <= OTHERS_RARE_MAX && a.is_narration(at))
}

fn touched_sentences(a: &Prepared, rare_runs: &[Run]) -> f64 {
    let mut touched = vec![false; a.words()];
    for run in rare_runs {
        touched[run.a..run.a + run.words].fill(true);
    }
    let narrates = |sentence: &&TokenRange| {
        sentence.range().filter(|&at| a.is_narration(at)).count() >= SENTENCE_WORDS_MIN
    };
    let is_touched = |sentence: &&TokenRange| sentence.range().any(|at| touched[at] && a.is_narration(at));
    let all = a.sentences.iter().filter(narrates).count();
    let hit = a.sentences.iter().filter(narrates).filter(is_touched).count();
    hit as f64 / all.max(SENTENCES_MIN) as f64
}

/// Longest chain of shared quotations in the same order, of the text with fewer.
fn shared_quotes(a: &Prepared, b: &Prepared, tiling: &Tiling) -> f64 {
    let long = |quotes: &[TokenRange]| quotes.iter().filter(|quote| quote.len() >= 2).count();
    let mut places = Vec::new();
    for quote in a.quotes.iter().filter(|quote| quote.len() >= 2) {
        if quote.len() == 2 {
            places.extend(place_of_two(a, b, quote.range().start));
            continue;
        }
        let quoted =
            |at: usize| tiling.partner[at].filter(|&partner| b.voices[partner as usize] == Voice::Quotation);
        let matched: Vec<u32> = quote.range().filter_map(quoted).collect();
        if matched.len() as f64 >= QUOTE_SHARE_MIN * quote.len() as f64 {
            places.push(matched[0]);
        }
    }
    let chain = longest_ascending(&places);
    chain as f64 / long(&a.quotes).min(long(&b.quotes)).max(QUOTES_MIN) as f64
}

/// Where the other text quotes the two words at `at` of the first.
fn place_of_two(a: &Prepared, b: &Prepared, at: usize) -> Option<u32> {
    let two = &a.words[at..at + 2];
    let place = b.quotes.iter().find_map(|quote| {
        let range = quote.range();
        b.words[range.clone()].windows(2).position(|words| words == two).map(|place| range.start + place)
    })?;
    u32::try_from(place).ok()
}

/// Length of the longest non-descending subsequence (Schensted 1961, by patience sorting).
fn longest_ascending(places: &[u32]) -> usize {
    let mut ends: Vec<u32> = Vec::new();
    for &place in places {
        let at = ends.partition_point(|&end| end <= place);
        match ends.get_mut(at) {
            Some(end) => *end = place,
            None => ends.push(place),
        }
    }
    ends.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chains_are_the_longest_in_order() {
        assert_eq!(longest_ascending(&[]), 0);
        assert_eq!(longest_ascending(&[3, 1, 2, 9, 4, 5]), 4);
    }
}
