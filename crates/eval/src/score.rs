//! Comparing decisions with labels.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use crate::Judgements;
use crate::set::{Labelled, SetSpec, Targets};

/// How a set was judged.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct SetScore {
    /// Name of the set.
    pub name: String,
    /// By label.
    pub labels: BTreeMap<String, LabelScore>,
    /// Copies that were linked.
    pub copies_linked: u64,
    /// Copies.
    pub copies: u64,
    /// Strangers that were linked.
    pub strangers_linked: u64,
    /// Strangers.
    pub strangers: u64,
    /// Copies of which one voice is left.
    pub copies_merged: u64,
    /// Strangers of which one voice is left.
    pub strangers_merged: u64,
    /// Pairs judged against their label.
    pub misjudged: Vec<Misjudged>,
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
    /// Public ids.
    pub a: String,
    /// Public ids.
    pub b: String,
    /// What people said.
    pub label: String,
    /// Whether it was linked.
    pub linked: bool,
    /// Whether one voice is left.
    pub merged: bool,
    /// What the ledger says; `None` when the pair was never compared.
    pub reason: Option<String>,
    /// Probability that the ledger has.
    pub probability: Option<f64>,
}

/// A target that was not reached.
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

fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 1.0 } else { part as f64 / whole as f64 }
}

impl SetScore {
    /// Share of copies that are linked; 1 without copies.
    #[must_use]
    pub fn recall(&self) -> f64 {
        share(self.copies_linked, self.copies)
    }

    /// Share of links that are copies; 1 without links.
    #[must_use]
    pub fn precision(&self) -> f64 {
        share(self.copies_linked, self.copies_linked + self.strangers_linked)
    }

    /// Harmonic mean of precision and recall.
    #[must_use]
    pub fn f1(&self) -> f64 {
        let (p, r) = (self.precision(), self.recall());
        if p + r == 0.0 { 0.0 } else { 2.0 * p * r / (p + r) }
    }

    /// Share of merged pairs that are copies; 1 when nothing was merged.
    #[must_use]
    pub fn drop_precision(&self) -> f64 {
        share(self.copies_merged, self.copies_merged + self.strangers_merged)
    }

    /// Share of copies of which one voice is left.
    #[must_use]
    pub fn drop_recall(&self) -> f64 {
        share(self.copies_merged, self.copies)
    }

    /// The targets that are not reached.
    #[must_use]
    pub fn shortfalls(&self, targets: &Targets) -> Vec<Shortfall> {
        let false_links = share(self.strangers_linked, self.strangers.max(1));
        let least = [
            ("recall", self.recall(), targets.recall_min),
            ("precision", self.precision(), targets.precision_min),
            ("F1", self.f1(), targets.f1_min),
            ("drop precision", self.drop_precision(), targets.drop_precision_min),
            ("strangers not linked", 1.0 - false_links, targets.false_links_max.map(|most| 1.0 - most)),
        ];
        least
            .into_iter()
            .filter_map(|(name, found, wanted)| Some((name, found, wanted?)))
            .filter(|&(_, found, wanted)| found < wanted)
            .map(|(name, found, wanted)| Shortfall { what: format!("{}: {name}", self.name), found, wanted })
            .collect()
    }
}

pub(crate) fn score(labelled: &Labelled, spec: &SetSpec, judgements: &Judgements) -> SetScore {
    let mut score = SetScore { name: labelled.name.clone(), ..SetScore::default() };
    for (a, b, label) in &labelled.pairs {
        let (linked, merged) = (judgements.is_linked(a, b), judgements.is_merged(a, b));
        let by_label = score.labels.entry(label.clone()).or_default();
        by_label.pairs += 1;
        by_label.linked += u64::from(linked);
        by_label.merged += u64::from(merged);
        let is_copy = spec.copies.contains(label);
        if is_copy {
            score.copies += 1;
            score.copies_linked += u64::from(linked);
            score.copies_merged += u64::from(merged);
        } else if spec.strangers.contains(label) {
            score.strangers += 1;
            score.strangers_linked += u64::from(linked);
            score.strangers_merged += u64::from(merged);
        } else {
            continue;
        }
        if is_copy != linked {
            let found = judgements.pair(a, b);
            score.misjudged.push(Misjudged {
                a: a.clone(),
                b: b.clone(),
                label: label.clone(),
                linked,
                merged,
                reason: found.map(|link| format!("{}: {}", link.kind, link.reason)),
                probability: found.map(|link| link.scores.probability),
            });
        }
    }
    score
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_and_shortfalls() {
        let score = SetScore {
            name: "s".to_owned(),
            copies: 10,
            copies_linked: 9,
            strangers: 20,
            strangers_linked: 1,
            copies_merged: 5,
            ..SetScore::default()
        };
        assert_eq!((score.recall(), score.precision(), score.drop_precision()), (0.9, 0.9, 1.0));
        let targets = Targets { recall_min: Some(0.95), f1_min: Some(0.5), ..Targets::default() };
        let missed: Vec<String> = score.shortfalls(&targets).iter().map(ToString::to_string).collect();
        assert_eq!(missed, ["s: recall is 0.9000, wanted 0.9500"]);
    }

    #[test]
    fn a_copy_of_a_copy_counts_as_linked() {
        let mut judgements = Judgements::default();
        judgements.keeper.insert("a".to_owned(), "k".to_owned());
        judgements.keeper.insert("b".to_owned(), "k".to_owned());
        let labelled = Labelled {
            name: String::new(),
            documents: Vec::new(),
            pairs: vec![("a".into(), "b".into(), "copy".into()), ("a".into(), "c".into(), "copy".into())],
        };
        let spec = SetSpec { copies: vec!["copy".to_owned()], ..SetSpec::default() };
        let score = score(&labelled, &spec, &judgements);
        assert_eq!((score.copies_linked, score.copies_merged, score.misjudged.len()), (1, 1, 1));
    }
}
