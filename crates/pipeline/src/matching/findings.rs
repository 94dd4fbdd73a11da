//! What came of comparing pairs: in memory what decides, on disk what only records tell.
//!
//! A flood of copies has as many links as documents, and the passages of a link take ten times what decides.

use unecho_model::{CandidatePair, Link, Rejection, Tie, Verdict};
use unecho_store::{Block, Packer, Records};

use crate::Error;
use crate::documents::Documents;

/// Verdicts that wait to be written together.
const PENDING_MAX: u32 = 512;

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
        let tie = link.tie(self.evidence.count());
        self.links.push(tie);
        self.evidence.add(&Verdict::Linked(link), documents)
    }

    pub(super) fn reject(&mut self, rejection: Rejection, documents: &Documents) -> Result<(), Error> {
        self.misses.push(Miss { pair: rejection.pair, evidence: self.evidence.count() });
        self.evidence.add(&Verdict::Rejected(rejection), documents)
    }

    /// Puts them in the order of their pairs; nothing is added afterwards.
    pub(super) fn seal(&mut self, documents: &Documents) -> Result<(), Error> {
        self.links.sort_unstable_by_key(|link| link.pair);
        self.misses.sort_unstable_by_key(|miss| miss.pair);
        self.evidence.write_pending(documents)
    }

    /// How many passages the evidence of this number names.
    pub(crate) fn passages(&self, evidence: u32) -> usize {
        usize::from(self.evidence.passages[evidence as usize])
    }

    /// The verdicts of these numbers, in their order.
    pub(crate) fn verdicts(&self, evidence: &[u32], documents: &Documents) -> Result<Vec<Verdict>, Error> {
        self.evidence.read(evidence, documents)
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
    /// Blocks, and the number of the first verdict of each.
    blocks: Vec<(u32, Block)>,
    pending: Packer,
    pending_from: u32,
    /// Number of passages of each.
    passages: Vec<u16>,
}

impl Evidence {
    /// How many there are, which is the number of the next.
    fn count(&self) -> u32 {
        u32::try_from(self.passages.len()).expect("pairs are bounded by the quotas of 2^32 documents")
    }

    fn add(&mut self, verdict: &Verdict, documents: &Documents) -> Result<(), Error> {
        let passages = match verdict {
            Verdict::Linked(link) => link.passages.len(),
            Verdict::Rejected(rejection) => rejection.passages.len(),
        };
        let write =
            |bytes: &mut Vec<u8>| rmp_serde::encode::write(bytes, verdict).map_err(std::io::Error::other);
        self.pending.push(write).map_err(packing)?;
        self.passages.push(u16::try_from(passages).unwrap_or(u16::MAX));
        match self.count() - self.pending_from {
            PENDING_MAX.. => self.write_pending(documents),
            _ => Ok(()),
        }
    }

    fn write_pending(&mut self, documents: &Documents) -> Result<(), Error> {
        if self.pending_from == self.count() {
            return Ok(());
        }
        let packed = std::mem::take(&mut self.pending).finish(Vec::new()).map_err(packing)?;
        for block in documents.set_aside(packed)? {
            self.blocks.push((self.pending_from, block));
            self.pending_from += block.records();
        }
        Ok(())
    }

    fn read(&self, numbers: &[u32], documents: &Documents) -> Result<Vec<Verdict>, Error> {
        let mut order: Vec<usize> = (0..numbers.len()).collect();
        order.sort_unstable_by_key(|&at| numbers[at]);
        let mut verdicts: Vec<Option<Verdict>> = vec![None; numbers.len()];
        let mut open: Option<(u32, Records)> = None;
        for at in order {
            let of_block = self.blocks.partition_point(|(first, _)| *first <= numbers[at]).checked_sub(1);
            let (first, block) = of_block.map(|at| &self.blocks[at]).ok_or(Error::EvidenceDamaged)?;
            if open.as_ref().is_none_or(|(open, _)| open != first) {
                open = Some((*first, documents.aside(block)?));
            }
            let record =
                open.as_ref().and_then(|(first, records)| records.get((numbers[at] - first) as usize));
            let verdict = record.and_then(|bytes| rmp_serde::from_slice(bytes).ok());
            verdicts[at] = Some(verdict.ok_or(Error::EvidenceDamaged)?);
        }
        Ok(verdicts.into_iter().flatten().collect())
    }
}

fn packing(source: std::io::Error) -> Error {
    Error::Packing { what: "a verdict".to_owned(), source }
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
        let documents = Documents::elsewhere(Vec::new()).unwrap();
        let mut findings = Findings::default();
        let count = 3 * PENDING_MAX + 7;
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
