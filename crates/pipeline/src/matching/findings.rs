//! What came of comparing pairs: in memory what decides, on disk what only records tell.
//!
//! A flood of copies has as many links as documents, and the passages of a link take ten times what decides.

use unecho_model::{CandidatePair, Link, Rejection, Tie, Verdict};

use crate::Error;
use crate::documents::{Documents, Numbered};

/// What is written, for messages.
const WHAT: &str = "a verdict";

/// Accepted links and told mismatches.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    /// Accepted links.
    pub(crate) links: Vec<Tie>,
    /// Pairs that are no copies, as far as the ledger wants them.
    pub(crate) misses: Vec<Miss>,
    evidence: Evidence,
}

/// A pair that is no copy, and the number of its evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Miss {
    pub(crate) pair: CandidatePair,
    pub(crate) evidence: u32,
}

impl Findings {
    pub(super) fn link(&mut self, link: Link, documents: &Documents) -> Result<(), Error> {
        let tie = link.tie(self.evidence.verdicts.count());
        self.links.push(tie);
        self.evidence.add(&Verdict::Linked(link), documents)
    }

    pub(super) fn reject(&mut self, rejection: Rejection, documents: &Documents) -> Result<(), Error> {
        self.misses.push(Miss { pair: rejection.pair, evidence: self.evidence.verdicts.count() });
        self.evidence.add(&Verdict::Rejected(rejection), documents)
    }

    /// Puts them in the order of their pairs; nothing is added afterwards.
    pub(super) fn seal(&mut self, documents: &Documents) -> Result<(), Error> {
        self.links.sort_unstable_by_key(|link| link.pair);
        self.misses.sort_unstable_by_key(|miss| miss.pair);
        self.evidence.verdicts.write_pending(WHAT, documents)
    }

    /// How many passages the evidence of this number names.
    pub(crate) fn passages(&self, evidence: u32) -> usize {
        usize::from(self.evidence.passages[evidence as usize])
    }

    /// The verdicts of these numbers, in their order.
    pub(crate) fn verdicts(&self, evidence: &[u32], documents: &Documents) -> Result<Vec<Verdict>, Error> {
        self.evidence.verdicts.read(evidence, documents, |bytes| rmp_serde::from_slice(bytes).ok())
    }

    /// The links of these numbers, in their order.
    pub(crate) fn links(&self, evidence: &[u32], documents: &Documents) -> Result<Vec<Link>, Error> {
        let verdicts = self.verdicts(evidence, documents)?;
        let link = |verdict| match verdict {
            Verdict::Linked(link) => Some(link),
            Verdict::Rejected(_) => None,
        };
        Ok(verdicts.into_iter().filter_map(link).collect())
    }
}

/// Verdicts on disk, by number.
#[derive(Debug, Default)]
struct Evidence {
    verdicts: Numbered,
    /// Number of passages of each.
    passages: Vec<u16>,
}

impl Evidence {
    fn add(&mut self, verdict: &Verdict, documents: &Documents) -> Result<(), Error> {
        let passages = match verdict {
            Verdict::Linked(link) => link.passages.len(),
            Verdict::Rejected(rejection) => rejection.passages.len(),
        };
        self.passages.push(u16::try_from(passages).unwrap_or(u16::MAX));
        self.verdicts.push(WHAT, documents, |bytes| {
            rmp_serde::encode::write(bytes, verdict).map_err(std::io::Error::other)
        })
    }
}

#[cfg(test)]
mod tests {
    use unecho_model::{DocIndex, Kind, Level, Mismatch, Passage, RewriteScores, Scores, Span};

    use super::*;

    fn link(high: u32) -> Link {
        let rewrite = high.is_multiple_of(3).then(RewriteScores::default);
        let passage = |words| Passage { a: Span::new(0, words), b: Span::new(7, 7 + words), words };
        Link {
            pair: CandidatePair::new(DocIndex(0), DocIndex(high)).unwrap(),
            kind: Kind::Near,
            level: Level::Sure,
            scores: Scores { probability: 0.1 + f64::from(high), rewrite, ..Scores::default() },
            passages: (0..high % 5).map(passage).collect(),
            reason: format!("reason {high}"),
        }
    }

    #[test]
    fn what_was_set_aside_comes_back_as_it_was() {
        let documents = Documents::elsewhere(unecho_model::DocIds::default()).unwrap();
        let mut findings = Findings::default();
        let count = 3 * 512 + 7;
        for high in (1..=count).rev() {
            findings.link(link(high), &documents).unwrap();
        }
        let rejection = Rejection {
            pair: link(1).pair,
            kind: Mismatch::Template,
            scores: Scores::default(),
            passages: Vec::new(),
            reason: String::new(),
        };
        findings.reject(rejection.clone(), &documents).unwrap();
        findings.seal(&documents).unwrap();
        let highs: Vec<u32> = findings.links.iter().map(|link| link.pair.high().0).collect();
        assert_eq!(highs, (1..=count).collect::<Vec<u32>>());
        let wanted: Vec<u32> = findings.links.iter().map(|link| link.evidence).collect();
        let expect: Vec<Link> = (1..=count).map(link).collect();
        assert_eq!(findings.links(&wanted, &documents).unwrap(), expect);
        assert_eq!(findings.passages(findings.links[3].evidence), 4);
        let of_miss = findings.verdicts(&[findings.misses[0].evidence], &documents).unwrap();
        assert_eq!(of_miss, [Verdict::Rejected(rejection)]);
        assert!(matches!(findings.verdicts(&[count + 9], &documents), Err(Error::EvidenceDamaged)));
    }
}
