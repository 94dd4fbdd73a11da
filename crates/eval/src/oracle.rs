//! The truth about near and contained copies, by brute force: every pair of documents that shares a
//! word 5-shingle is compared, with no filter, no bound and none of the code that the pipeline finds
//! pairs with. Quadratic in the worst case; for corpora of some ten thousand documents.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;

use anyhow::Result;
use serde::Serialize;
use unecho_model::record::{DocumentRecord, DroppedRecord, KeptRecord};
use unecho_pipeline::{Config, Finished};
use unecho_text::words_outside;

use crate::Judgements;

/// What brute force says of a finished output.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct OracleScore {
    /// Documents compared.
    pub documents: u64,
    /// Pairs that share at least one shingle.
    pub pairs_compared: u64,
    /// Pairs with true Jaccard similarity at or above the threshold of what is sure.
    pub near: Found,
    /// Other pairs with true containment at or above that threshold and a shared run.
    pub contained: Found,
    /// Links that the output has as exact, near or contained.
    pub links: u64,
    /// Those of them that are below what is likely by either.
    pub links_false: u64,
}

/// How many of the true pairs the output knows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Found {
    /// True pairs.
    pub pairs: u64,
    /// Linked, or of one voice.
    pub found: u64,
}

/// One document as sets of shingles.
struct Sample {
    id: String,
    words: Vec<u64>,
    shingles: BTreeSet<u64>,
}

/// Compares the output at `out`, made with the default thresholds, with brute force. The output must
/// hold its accepted links, as every output does.
///
/// # Errors
/// When the output cannot be read.
pub fn score_against_brute_force(out: &Path) -> Result<OracleScore> {
    let samples = samples(out)?;
    let judgements = Judgements::read(out)?;
    let config = Config::default().verify;
    let mut score = OracleScore { documents: samples.len() as u64, ..OracleScore::default() };
    let mut alike = BTreeSet::new();
    for (a, row) in shared_counts(&samples).into_iter().enumerate() {
        for (b, shared) in row {
            score.pairs_compared += 1;
            let (x, y) = (&samples[a], &samples[b as usize]);
            let (small, large) =
                (x.shingles.len().min(y.shingles.len()), x.shingles.len().max(y.shingles.len()));
            let shared = shared as usize;
            let jaccard = shared as f64 / (small + large - shared) as f64;
            let containment = shared as f64 / small as f64;
            let shorter = x.words.len().min(y.words.len());
            let long_enough = shorter >= config.evidence_words_min as usize;
            let is_close = jaccard >= config.near.likely || containment >= config.contained_share_min();
            let slot = if jaccard >= config.near.sure && (long_enough || x.words == y.words) {
                Some(&mut score.near)
            } else if containment >= config.contained.sure && long_enough && has_witness(x, y, &config) {
                Some(&mut score.contained)
            } else if is_close && long_enough {
                None
            } else {
                continue;
            };
            if let Some(slot) = slot {
                slot.pairs += 1;
                slot.found += u64::from(judgements.is_linked(&x.id, &y.id));
            }
            alike.insert(if x.id < y.id { (&x.id, &y.id) } else { (&y.id, &x.id) });
        }
    }
    for (pair, link) in &judgements.pairs {
        if link.accepted && link.kind != "rewrite" {
            score.links += 1;
            score.links_false += u64::from(!alike.contains(&(&pair.0, &pair.1)));
        }
    }
    Ok(score)
}

fn samples(out: &Path) -> Result<Vec<Sample>> {
    let finished = Finished::open(out)?;
    let mut samples = Vec::new();
    for kept in finished.records::<KeptRecord>("data/") {
        samples.push(sample(&kept?.document));
    }
    for dropped in finished.records::<DroppedRecord>("dropped/") {
        samples.push(sample(&dropped?.document));
    }
    Ok(samples)
}

fn sample(document: &DocumentRecord) -> Sample {
    let words = words_outside(&document.text, &document.unmatched).hashes;
    let width = words.len().clamp(1, 5);
    let hash = |window: &[u64]| {
        let mut hasher = DefaultHasher::new();
        window.hash(&mut hasher);
        hasher.finish()
    };
    Sample { id: document.id.as_str().to_owned(), shingles: words.windows(width).map(hash).collect(), words }
}

/// For each document the later ones that share a shingle, with how many they share.
fn shared_counts(samples: &[Sample]) -> Vec<BTreeMap<u32, u32>> {
    let mut postings: Vec<(u64, u32)> = Vec::new();
    for (at, sample) in (0_u32..).zip(samples) {
        postings.extend(sample.shingles.iter().map(|&shingle| (shingle, at)));
    }
    postings.sort_unstable();
    let mut rows: Vec<BTreeMap<u32, u32>> = vec![BTreeMap::new(); samples.len()];
    for list in postings.chunk_by(|a, b| a.0 == b.0) {
        for (at, &(_, a)) in list.iter().enumerate() {
            for &(_, b) in &list[at + 1..] {
                *rows[a as usize].entry(b).or_default() += 1;
            }
        }
    }
    rows
}

/// Whether the two share a run of words as long as a contained copy needs.
fn has_witness(x: &Sample, y: &Sample, config: &unecho_pipeline::VerifyConfig) -> bool {
    let shorter = x.words.len().min(y.words.len());
    let share = (config.witness_share_min * shorter as f64).ceil() as usize;
    longest_shared_run(&x.words, &y.words) >= share.max(config.witness_words_min as usize)
}

/// Longest common run, by dynamic programming over all positions.
fn longest_shared_run(x: &[u64], y: &[u64]) -> usize {
    let mut before = vec![0; y.len() + 1];
    let mut longest = 0;
    for &word in x {
        let mut row = vec![0; y.len() + 1];
        for (at, &other) in y.iter().enumerate() {
            if word == other {
                row[at + 1] = before[at] + 1;
                longest = longest.max(row[at + 1]);
            }
        }
        before = row;
    }
    longest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(id: &str, words: &[u64]) -> Sample {
        let shingles = words.iter().copied().collect();
        Sample { id: id.to_owned(), words: words.to_vec(), shingles }
    }

    #[test]
    fn counts_every_pair_that_shares_anything() {
        let samples = [of("a", &[1, 2, 3]), of("b", &[2, 3, 4]), of("c", &[9]), of("d", &[3])];
        let rows = shared_counts(&samples);
        assert_eq!(rows[0], BTreeMap::from([(1, 2), (3, 1)]));
        assert_eq!(rows[1], BTreeMap::from([(3, 1)]));
        assert!(rows[2].is_empty());
    }

    #[test]
    fn longest_run() {
        assert_eq!(longest_shared_run(&[1, 2, 3, 4, 5], &[9, 2, 3, 4, 8, 1]), 3);
        assert_eq!(longest_shared_run(&[], &[1]), 0);
    }
}
