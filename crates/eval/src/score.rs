//! Comparing decisions with labels.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use crate::labels::{Labels, Meaning};
use crate::set::{Bounds, Pair};

/// What was decided about a labelled pair.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Judged {
    /// It has an accepted link, or one document is kept for both.
    pub linked: bool,
    /// Only one voice of both is left.
    pub merged: bool,
    /// Probability of the comparison; 1 when merged, 0 when the pair was never compared.
    pub probability: f64,
    /// What the comparison says; `None` when the pair was never compared.
    pub reason: Option<String>,
}

/// How a set was judged.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct SetScore {
    /// Name of the set.
    pub name: String,
    /// Pairs that are copies.
    pub copies: u64,
    /// Pairs that are not.
    pub strangers: u64,
    /// Share of links that are copies; 1 without links.
    pub precision: f64,
    /// Share of copies that are linked; 1 without copies.
    pub recall: f64,
    /// Harmonic mean of the two.
    pub f1: f64,
    /// Share of merged pairs that are copies; 1 when nothing was merged.
    pub sure_precision: f64,
    /// Share of copies of which one voice is left.
    pub sure_recall: f64,
    /// Mean precision over the copies, pairs ranked by probability (ties count against).
    pub average_precision: f64,
    /// Share of strangers that are linked.
    pub false_links: f64,
    /// By label.
    pub labels: BTreeMap<String, LabelScore>,
    /// Copies that were not linked.
    pub missed: Vec<Misjudged>,
    /// Strangers that were linked.
    pub false_pairs: Vec<Misjudged>,
}

/// How the pairs of one label were judged.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct LabelScore {
    /// Pairs.
    pub pairs: u64,
    /// Linked at `likely` or above.
    pub linked: u64,
    /// Only one voice is left.
    pub merged: u64,
}

/// A pair judged against its label.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Misjudged {
    /// Public id.
    pub a: String,
    /// Public id.
    pub b: String,
    /// What people said.
    pub label: String,
    /// What was decided.
    #[serde(flatten)]
    pub judged: Judged,
}

/// A bound that was not reached.
#[derive(Debug, Clone, PartialEq)]
pub struct Shortfall {
    /// Set and measure.
    pub what: String,
    /// What was reached.
    pub found: f64,
    /// What was wanted.
    pub wanted: f64,
}

impl fmt::Display for Shortfall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is {:.4}, wanted {:.4}", self.what, self.found, self.wanted)
    }
}

impl SetScore {
    /// The bounds that are not kept.
    #[must_use]
    pub fn shortfalls(&self, bounds: &Bounds) -> Vec<Shortfall> {
        let least = [
            ("recall", self.recall, bounds.recall_min),
            ("precision", self.precision, bounds.precision_min),
            ("F1", self.f1, bounds.f1_min),
            ("precision of drops", self.sure_precision, bounds.sure_precision_min),
            ("strangers not linked", 1.0 - self.false_links, bounds.false_links_max.map(|most| 1.0 - most)),
        ];
        least
            .into_iter()
            .filter_map(|(name, found, wanted)| Some((name, found, wanted?)))
            .filter(|&(_, found, wanted)| found < wanted)
            .map(|(name, found, wanted)| Shortfall { what: format!("{}: {name}", self.name), found, wanted })
            .collect()
    }
}

/// Pairs of one meaning.
#[derive(Default)]
struct Tally {
    pairs: u64,
    linked: u64,
    merged: u64,
}

fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 1.0 } else { part as f64 / whole as f64 }
}

/// Scores `pairs`, judged in the same order.
pub(crate) fn score(name: &str, labels: &Labels, pairs: &[Pair], judged: &[Judged]) -> SetScore {
    let mut score = SetScore { name: name.to_owned(), ..SetScore::default() };
    let (mut copies, mut strangers) = (Tally::default(), Tally::default());
    let mut ranked = Vec::new();
    for (pair, judged) in pairs.iter().zip(judged) {
        let by_label = score.labels.entry(pair.label.clone()).or_default();
        by_label.pairs += 1;
        by_label.linked += u64::from(judged.linked);
        by_label.merged += u64::from(judged.merged);
        let misjudged = || Misjudged {
            a: pair.a.clone(),
            b: pair.b.clone(),
            label: pair.label.clone(),
            judged: judged.clone(),
        };
        let tally = match labels.meaning(&pair.label) {
            Meaning::Neither => continue,
            Meaning::Copy => {
                if !judged.linked {
                    score.missed.push(misjudged());
                }
                ranked.push((judged.probability, true));
                &mut copies
            }
            Meaning::Stranger => {
                if judged.linked {
                    score.false_pairs.push(misjudged());
                }
                ranked.push((judged.probability, false));
                &mut strangers
            }
        };
        tally.pairs += 1;
        tally.linked += u64::from(judged.linked);
        tally.merged += u64::from(judged.merged);
    }
    score.copies = copies.pairs;
    score.strangers = strangers.pairs;
    score.precision = share(copies.linked, copies.linked + strangers.linked);
    score.recall = share(copies.linked, copies.pairs);
    score.f1 = harmonic_mean(score.precision, score.recall);
    score.sure_precision = share(copies.merged, copies.merged + strangers.merged);
    score.sure_recall = share(copies.merged, copies.pairs);
    score.average_precision = average_precision(ranked);
    score.false_links = if strangers.pairs == 0 { 0.0 } else { share(strangers.linked, strangers.pairs) };
    score
}

fn harmonic_mean(a: f64, b: f64) -> f64 {
    if a + b == 0.0 { 0.0 } else { 2.0 * a * b / (a + b) }
}

/// Of pairs as (probability, is a copy): the mean over the copies of the precision down to each;
/// among equals strangers come first.
fn average_precision(mut ranked: Vec<(f64, bool)>) -> f64 {
    ranked.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let (mut copies, mut sum) = (0_u64, 0.0);
    for (at, (_, is_copy)) in ranked.iter().enumerate() {
        if *is_copy {
            copies += 1;
            sum += copies as f64 / (at + 1) as f64;
        }
    }
    if copies == 0 { 1.0 } else { sum / copies as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(rows: &[(&str, bool, bool, f64)]) -> SetScore {
        let pair = |row: &(&str, bool, bool, f64)| Pair {
            a: "a".to_owned(),
            b: "b".to_owned(),
            label: row.0.to_owned(),
        };
        let judged = |row: &(&str, bool, bool, f64)| Judged {
            linked: row.1,
            merged: row.2,
            probability: row.3,
            reason: None,
        };
        let pairs: Vec<Pair> = rows.iter().map(pair).collect();
        let judged: Vec<Judged> = rows.iter().map(judged).collect();
        score("s", &Labels::default(), &pairs, &judged)
    }

    #[test]
    fn counts_links_and_drops_apart() {
        let score = check(&[
            ("copy", true, true, 1.0),
            ("rewrite", true, false, 0.6),
            ("rewrite", false, false, 0.2),
            ("independent", true, false, 0.7),
            ("independent", false, false, 0.0),
            ("partial", true, true, 1.0),
        ]);
        assert_eq!((score.copies, score.strangers), (3, 2));
        assert_eq!((score.precision, score.recall), (2.0 / 3.0, 2.0 / 3.0));
        assert_eq!((score.sure_precision, score.sure_recall), (1.0, 1.0 / 3.0));
        assert_eq!((score.missed.len(), score.false_pairs.len(), score.false_links), (1, 1, 0.5));
        assert!((score.average_precision - (1.0 + 2.0 / 3.0 + 3.0 / 4.0) / 3.0).abs() < 1e-9);
    }

    #[test]
    fn nothing_to_find_is_perfect() {
        let score = check(&[("independent", false, false, 0.0)]);
        assert_eq!((score.precision, score.recall, score.average_precision), (1.0, 1.0, 1.0));
    }

    #[test]
    fn shortfalls_are_named() {
        let score = check(&[("copy", false, false, 0.0), ("copy", true, true, 1.0)]);
        let bounds = Bounds { recall_min: Some(0.95), f1_min: Some(0.5), ..Bounds::default() };
        let missed: Vec<String> = score.shortfalls(&bounds).iter().map(ToString::to_string).collect();
        assert_eq!(missed, ["s: recall is 0.5000, wanted 0.9500"]);
    }
}
