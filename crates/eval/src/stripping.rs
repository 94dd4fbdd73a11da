//! What stripping does to the likeness of labelled pairs: reprints should move together, for their
//! publishers' furniture goes, and independent texts should not, for nothing they share is made of it.
//!
//! Likeness is the Jaccard index of word 5-shingles (Broder 1997) of the texts as they are matched.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::AtomicBool;

use anyhow::{Context, Result};
use serde::Serialize;
use unecho_pipeline::{Config, Run, Strip, Unobserved};

use crate::Meaning;
use crate::set::{self, PairsSpec};

/// Words in a shingle.
const WIDTH: usize = 5;
/// Others that share less than this, before and after, have nothing in common: single phrases weigh a
/// little more in shorter texts.
const RISE_MIN: f64 = 0.01;

/// What stripping does to the pairs of one set.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct StrippingScore {
    /// The set.
    pub name: String,
    /// Pairs labelled as copies.
    pub copies: Shift,
    /// Pairs labelled as no copies.
    pub others: Shift,
    /// Each pair of others that moved together by more than 0.01.
    pub risen_others: Vec<ShiftedPair>,
}

/// Likeness of pairs, before and after.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Shift {
    /// Pairs.
    pub pairs: u64,
    /// Mean Jaccard index of the texts as they are.
    pub before: f64,
    /// Mean Jaccard index of the articles.
    pub after: f64,
    /// Pairs that moved together by more than 0.01.
    pub risen: u64,
    /// Pairs that moved apart by more than 0.01.
    pub fallen: u64,
}

/// A pair and its Jaccard index.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ShiftedPair {
    /// One document.
    pub a: String,
    /// The other.
    pub b: String,
    /// Of the texts as they are.
    pub before: f64,
    /// Of the articles.
    pub after: f64,
}

type Shingles = BTreeMap<String, BTreeSet<Vec<u64>>>;

/// Measures the pairs of `spec` on the texts as they are and on the articles.
///
/// # Errors
/// When a file cannot be read, a pair names no document, or the run fails.
pub fn score_stripping(spec: &PairsSpec, config: &Config) -> Result<StrippingScore> {
    let home = tempfile::tempdir().context("cannot make a temporary folder")?;
    let docs = home.path().join("docs.jsonl");
    crate::write_documents(spec, &docs)?;
    let input = docs.to_str().context("the temporary folder is not UTF-8")?.to_owned();
    let mut untouched = config.clone();
    untouched.normalize.strip = Strip::Nothing;
    let (before, after) = (shingles_of(&input, &untouched)?, shingles_of(&input, config)?);
    let jaccard = |of: &Shingles, a: &str, b: &str| -> Result<f64> {
        let find = |id: &str| of.get(id).with_context(|| format!("{}: no document '{id}'", spec.name));
        Ok(jaccard(find(a)?, find(b)?))
    };
    let mut score = StrippingScore { name: spec.name.clone(), ..StrippingScore::default() };
    for pair in set::read_pairs(&spec.pairs)? {
        let (is, was) = (jaccard(&after, &pair.a, &pair.b)?, jaccard(&before, &pair.a, &pair.b)?);
        match spec.labels.meaning(&pair.label) {
            Meaning::Copy => score.copies.add(was, is),
            Meaning::Stranger => {
                score.others.add(was, is);
                if is - was > RISE_MIN {
                    score.risen_others.push(ShiftedPair { a: pair.a, b: pair.b, before: was, after: is });
                }
            }
            Meaning::Neither => {}
        }
    }
    score.copies.settle();
    score.others.settle();
    Ok(score)
}

/// The shingles of each document, by its id.
fn shingles_of(input: &str, config: &Config) -> Result<Shingles> {
    let cancelled = AtomicBool::new(false);
    let run = Run { observer: &Unobserved, cancelled: &cancelled };
    let normalized = unecho_pipeline::normalize(&[input.to_owned()], config, &run)?;
    let documents = normalized.records.into_iter().map(|record| record.document);
    let shingles = documents.map(|document| {
        let words = unecho_text::words_outside(&document.text, &document.unmatched).hashes;
        (document.id.to_string(), words.windows(WIDTH).map(<[u64]>::to_vec).collect())
    });
    Ok(shingles.collect())
}

fn jaccard(a: &BTreeSet<Vec<u64>>, b: &BTreeSet<Vec<u64>>) -> f64 {
    let shared = a.intersection(b).count();
    let all = a.len() + b.len() - shared;
    if all == 0 { 1.0 } else { shared as f64 / all as f64 }
}

impl Shift {
    fn add(&mut self, before: f64, after: f64) {
        self.pairs += 1;
        self.before += before;
        self.after += after;
        self.risen += u64::from(after - before > RISE_MIN);
        self.fallen += u64::from(before - after > RISE_MIN);
    }

    /// From sums to means.
    fn settle(&mut self) {
        let pairs = self.pairs.max(1) as f64;
        self.before /= pairs;
        self.after /= pairs;
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const STORY: [&str; 4] = [
        "The harbour master said on Monday that the ferry would not sail before the storm had passed over the islands.",
        "Crews worked through the night to make the old pier safe for the traders who had waited there since Friday.",
        "A second boat is to be sent from the southern docks as soon as its engine has been looked at by the yard.",
        "The council will meet on Thursday to talk about who is to pay for the sand that has to be taken out.",
    ];

    #[test]
    fn furniture_parts_reprints_and_stripping_brings_them_together() {
        let home = tempfile::tempdir().unwrap();
        let story = STORY.join("\n");
        let other = "Nobody in the northern valley had seen such a harvest, said those who have farmed there for all of their lives.";
        let menu = "Sign up for our daily newsletter and get the latest ferry news right in your inbox every morning.";
        let texts =
            [("a", format!("{story}\n{menu}")), ("b", story.clone()), ("c", format!("{other}\n{other}"))];
        let rows = texts.map(|(id, text)| serde_json::json!({"id": id, "text": text}).to_string());
        fs::write(home.path().join("docs.jsonl"), rows.join("\n")).unwrap();
        fs::write(home.path().join("pairs.tsv"), "id_a\tid_b\tlabel\na\tb\tcopy\na\tc\tunrelated\n").unwrap();
        let spec = PairsSpec::of_folder(home.path(), &crate::SetSpec::default());
        let score = score_stripping(&spec, &Config::default()).unwrap();
        assert!(score.copies.before < 0.9, "{score:?}");
        assert!((score.copies.after - 1.0).abs() < f64::EPSILON, "{score:?}");
        assert_eq!((score.copies.risen, score.others.pairs, score.others.risen), (1, 1, 0));
        assert!(score.risen_others.is_empty());
    }
}
