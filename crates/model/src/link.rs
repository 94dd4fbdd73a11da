//! What is known about a pair of documents: proposed, linked with evidence, or rejected with a
//! reason.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{DocIndex, Span};

/// Two different documents proposed for verification; `low < high` always.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "(DocIndex, DocIndex)", try_from = "(DocIndex, DocIndex)")]
pub struct CandidatePair {
    low: DocIndex,
    high: DocIndex,
}

impl CandidatePair {
    /// The pair of these two, in order; `None` when they are the same document.
    #[must_use]
    pub fn new(a: DocIndex, b: DocIndex) -> Option<Self> {
        match a.cmp(&b) {
            std::cmp::Ordering::Less => Some(Self { low: a, high: b }),
            std::cmp::Ordering::Greater => Some(Self { low: b, high: a }),
            std::cmp::Ordering::Equal => None,
        }
    }

    /// The document earlier in canonical order.
    #[must_use]
    pub const fn low(self) -> DocIndex {
        self.low
    }

    /// The document later in canonical order.
    #[must_use]
    pub const fn high(self) -> DocIndex {
        self.high
    }

    /// The one that is not `doc`.
    #[must_use]
    pub const fn other_than(self, doc: DocIndex) -> DocIndex {
        if self.low.0 == doc.0 { self.high } else { self.low }
    }
}

impl From<CandidatePair> for (DocIndex, DocIndex) {
    fn from(pair: CandidatePair) -> Self {
        (pair.low, pair.high)
    }
}

impl TryFrom<(DocIndex, DocIndex)> for CandidatePair {
    type Error = &'static str;

    fn try_from((a, b): (DocIndex, DocIndex)) -> Result<Self, Self::Error> {
        Self::new(a, b).ok_or("a pair of one document")
    }
}

/// The kinds of copy, strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Same words.
    Exact,
    /// Same article, small edits.
    Near,
    /// One holds nearly all of the other.
    Contained,
    /// Derived from the other, or both from one source.
    Rewrite,
}

impl Kind {
    /// All kinds, strongest first.
    pub const ALL: [Self; 4] = [Self::Exact, Self::Near, Self::Contained, Self::Rewrite];

    /// The public name, such as `near`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Near => "near",
            Self::Contained => "contained",
            Self::Rewrite => "rewrite",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What two documents that share words have in common when neither is a copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mismatch {
    /// Most of what they share stands inside quotation marks: independent reports of the same words.
    SharedQuotes,
    /// The same event, told independently.
    SameEvent,
    /// The same form filled with other facts.
    Template,
    /// A later story that repeats background paragraphs.
    Background,
    /// Hardly anything in common.
    Unrelated,
}

impl Mismatch {
    /// The public name, such as `shared-quotes`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::SharedQuotes => "shared-quotes",
            Self::SameEvent => "same-event",
            Self::Template => "template",
            Self::Background => "background",
            Self::Unrelated => "unrelated",
        }
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A passage that both texts have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Passage {
    /// Where in the first article's `text`.
    pub a: Span,
    /// Where in the second article's `text`.
    pub b: Span,
    /// Length in words.
    pub words: u32,
}

impl Passage {
    /// The same passage seen from the other document.
    #[must_use]
    pub const fn flipped(self) -> Self {
        Self { a: self.b, b: self.a, words: self.words }
    }
}

/// The numbers behind a verdict. All shares are 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Scores {
    /// Calibrated probability that one is a copy of the other.
    pub probability: f64,
    /// Jaccard similarity of the sets of word 5-shingles (Broder 1997: resemblance).
    pub jaccard: f64,
    /// Share of the shorter text's word 5-shingles found in the longer (Broder 1997: containment).
    pub containment: f64,
    /// Longest shared run, in words.
    pub longest_run_words: u32,
    /// Whether both documents claim the same origin.
    pub same_origin: bool,
    /// Evidence for a rewrite, where it was computed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rewrite: Option<RewriteScores>,
}

/// Evidence for a rewrite, on the narration (the text outside quotations).
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct RewriteScores {
    /// Weighted share of rare pairs of content words that both use close together, of the text with
    /// fewer.
    pub skip_pairs: f64,
    /// The same pairs as a weighted share of all pairs of both texts.
    #[serde(default)]
    pub skip_pairs_jaccard: f64,
    /// Share of the shorter text's narration sentences touched by a rare shared run.
    pub sentences: f64,
    /// Shared quotations in the same order, of the text with fewer.
    pub quotes: f64,
    /// Share of the shorter text's words inside shared runs of 3 words or more.
    pub coverage: f64,
    /// Share of the longer text's words inside shared runs of 3 words or more.
    #[serde(default)]
    pub coverage_longer: f64,
    /// Share of one text's names that the other lacks, of the text where it is smaller.
    #[serde(default)]
    pub names_missing: f64,
    /// Share of the shorter text's narration covered by shared runs, rare ones counting more.
    pub narration: f64,
    /// How many different numbers of one text the other lacks, of the text where it is smaller.
    #[serde(default)]
    pub numbers_missing: f64,
    /// By how much less of one text's lead is shared than of the whole text, of the text where it is
    /// more; 0 when no lead is behind.
    #[serde(default)]
    pub lead_behind: f64,
    /// Whether the leads name different days of the week: 1 when they do, else 0.
    #[serde(default)]
    pub weekdays_differ: f64,
}

/// How certain an accepted link is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// Probability at or above the `likely` threshold.
    Likely,
    /// Probability at or above the `sure` threshold, or decided on the texts alone.
    Sure,
}

/// An accepted link between two documents; `a` comes before `b` in canonical order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Link {
    /// The documents.
    pub pair: CandidatePair,
    /// What kind of copy.
    pub kind: Kind,
    /// How certain.
    pub level: Level,
    /// The numbers.
    pub scores: Scores,
    /// What they share: spans `a` in the low document, `b` in the high one; longest first.
    pub passages: Vec<Passage>,
    /// The rule or threshold that decided, for people.
    pub reason: String,
}

/// What of a link decides who stays: all but what only people want to see.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tie {
    /// The documents.
    pub pair: CandidatePair,
    /// What kind of copy.
    pub kind: Kind,
    /// How certain.
    pub level: Level,
    /// Whether both documents claim the same origin.
    pub same_origin: bool,
    /// Number of the evidence, for whoever keeps it; means nothing by itself.
    pub evidence: u32,
    /// Calibrated probability that one is a copy of the other, 0 to 1.
    pub probability: f64,
    /// Jaccard similarity of the sets of word 5-shingles, 0 to 1.
    pub jaccard: f64,
    /// Share of the shorter text's word 5-shingles found in the longer, 0 to 1.
    pub containment: f64,
}

impl Link {
    /// What decides; its evidence has this number.
    #[must_use]
    pub const fn tie(&self, evidence: u32) -> Tie {
        Tie {
            pair: self.pair,
            kind: self.kind,
            level: self.level,
            same_origin: self.scores.same_origin,
            evidence,
            probability: self.scores.probability,
            jaccard: self.scores.jaccard,
            containment: self.scores.containment,
        }
    }
}

/// A pair that was verified and is no copy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rejection {
    /// The documents.
    pub pair: CandidatePair,
    /// What they have in common instead.
    pub kind: Mismatch,
    /// The numbers.
    pub scores: Scores,
    /// What they share: spans `a` in the low document, `b` in the high one; longest first.
    pub passages: Vec<Passage>,
    /// The rule or threshold that decided, for people.
    pub reason: String,
}

/// The outcome of verifying one pair.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Verdict {
    /// They are copies.
    Linked(Link),
    /// They are not.
    Rejected(Rejection),
}

impl Verdict {
    /// The pair that was verified.
    #[must_use]
    pub const fn pair(&self) -> CandidatePair {
        match self {
            Self::Linked(link) => link.pair,
            Self::Rejected(rejection) => rejection.pair,
        }
    }

    /// The numbers.
    #[must_use]
    pub const fn scores(&self) -> &Scores {
        match self {
            Self::Linked(link) => &link.scores,
            Self::Rejected(rejection) => &rejection.scores,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_sorts_itself_and_is_never_one_document() {
        let pair = CandidatePair::new(DocIndex(7), DocIndex(2)).unwrap();
        assert_eq!((pair.low(), pair.high()), (DocIndex(2), DocIndex(7)));
        assert_eq!(CandidatePair::new(DocIndex(2), DocIndex(2)), None);
    }

    #[test]
    fn names_are_what_serde_writes() {
        for kind in Kind::ALL {
            assert_eq!(serde_json::to_string(&kind).unwrap(), format!("\"{kind}\""));
        }
        assert_eq!(serde_json::to_string(&Mismatch::SharedQuotes).unwrap(), "\"shared-quotes\"");
    }
}
