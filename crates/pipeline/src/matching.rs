//! The middle part of a run: from clean documents to links, mismatches and decisions.
//!
//! Exact copies collapse first, then near ones; what is left of each story (its representatives) is
//! searched for contained and rewritten copies, with document frequencies counted over groups of
//! near copies, so that a story with many copies does not look like boilerplate. Every proposed pair
//! is compared on its texts before anything follows from it.

mod desk;
mod exact;
mod groups;
mod prints;
mod rare;
mod siblings;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use rayon::prelude::*;
use unecho_candidates::{BandConfig, DateWindow, Gate, NearLimits, RareConfig, Signed, WEIGHT_ONE};
use unecho_cluster::{Outcome, Standing};
use unecho_fingerprint::{MinHashScheme, PairReach};
use unecho_model::record::DocumentRecord;
use unecho_model::summary::{CandidateCounts, Counts, KnowledgeCounts, count};
use unecho_model::{
    Article, CandidatePair, Decision, Digest, DocIndex, Document, Link, Mismatch, Rejection, Verdict,
};
use unecho_verify::{Statistics, verify, verify_text_only};

use crate::{Config, Error, Event, Ledger, Run, Stage};
use desk::Desk;
use groups::Groups;
use prints::Print;

/// How pairs are found.
#[derive(Debug, Clone)]
pub struct Matching {
    /// Length of MinHash signatures.
    pub minhash: MinHashScheme,
    /// Share of pairs at that similarity which bands must propose.
    pub near_recall: f64,
    /// Bounds on crowded buckets.
    pub near_limits: NearLimits,
    /// The search by shared word 5-shingles.
    pub phrases: RareConfig,
    /// The search by shared pairs of content words.
    pub content: RareConfig,
    /// How far apart the words of such a pair may stand.
    pub content_reach: PairReach,
    /// Most memory for the filter of keys seen twice, in bytes.
    pub filter_bytes_max: usize,
    /// Probability from which the near copies of two documents are compared as well.
    pub sibling_probability_min: f64,
    /// Most pairs of near copies that are compared for one pair of representatives.
    pub siblings_max: usize,
    /// Words of documents that are kept ready for comparison, about 90 bytes each.
    pub prepared_words_max: usize,
    /// Rounds of comparing documents with the keepers of documents they are linked to.
    pub keeper_rounds_max: u32,
}

impl Matching {
    /// Bands and rows that propose the wanted share of pairs at this Jaccard similarity.
    #[must_use]
    pub fn bands(&self, near_jaccard_min: f64) -> BandConfig {
        BandConfig::derive(near_jaccard_min, self.near_recall, self.minhash.len())
    }
}

/// Dated documents more than two weeks apart are proposed by content words only when they share a
/// good part of them; shared phrases propose them at any distance.
const CONTENT_WINDOW: DateWindow =
    DateWindow { days_max: 14, distant: Some(Gate { weight_min: 16 * WEIGHT_ONE, share_min_permille: 200 }) };

impl Default for Matching {
    fn default() -> Self {
        Self {
            minhash: MinHashScheme::default(),
            near_recall: 0.995,
            near_limits: NearLimits::default(),
            phrases: RareConfig::default(),
            content: RareConfig { window: Some(CONTENT_WINDOW), ..RareConfig::default() },
            content_reach: PairReach::NEXT,
            filter_bytes_max: 256 << 20,
            sibling_probability_min: 0.25,
            siblings_max: 64,
            prepared_words_max: 4 << 20,
            keeper_rounds_max: 8,
        }
    }
}

/// What was found.
#[derive(Debug, Default)]
pub(crate) struct Matched {
    /// Digest of each document's matching text.
    pub(crate) digests: Vec<Digest>,
    /// What becomes of each document.
    pub(crate) decisions: Vec<Decision>,
    /// Accepted links, by pair.
    pub(crate) links: Vec<Link>,
    /// Pairs that are no copies, as far as the ledger wants them, by pair.
    pub(crate) rejections: Vec<Rejection>,
    /// All pairs that are no copies, by what they have in common.
    pub(crate) mismatches: Counts,
    /// How pairs were found.
    pub(crate) candidates: CandidateCounts,
    /// How much was known.
    pub(crate) knowledge: KnowledgeCounts,
}

/// Finds all copies among `documents` and decides who stays.
pub(crate) fn find_copies(documents: &[Document], config: &Config, run: &Run<'_>) -> Result<Matched, Error> {
    let prints = prints::of(documents, config, run)?;
    let standings = standings(documents, &prints);
    let mut matcher = Matcher::new(documents, &prints, &standings, config, run);
    matcher.link_exact_and_near()?;
    let (groups, statistics) = matcher.link_contained_and_rewritten()?;
    let outcome = matcher.link_to_keepers(&groups, &statistics)?;
    let mut matched = matcher.matched;
    matched.digests = prints.iter().map(|print| print.digest).collect();
    matched.decisions = outcome.decisions;
    Ok(matched)
}

/// Judges these pairs and no others, with statistics of all `documents`: how well verification does
/// when every pair is proposed.
pub(crate) fn judge_given(
    documents: &[Document],
    pairs: &[CandidatePair],
    config: &Config,
    run: &Run<'_>,
) -> Result<Vec<Verdict>, Error> {
    let prints = prints::of(documents, config, run)?;
    let standings = standings(documents, &prints);
    let mut matcher = Matcher::new(documents, &prints, &standings, config, run);
    matcher.link_exact_and_near()?;
    let groups = Groups::of(documents.len(), &matcher.matched.links, &matcher.kept());
    let statistics = matcher.frequencies(&groups)?;
    matcher.judge(Stage::Verify, pairs, |pair, desk| {
        let (low, high) = (desk.prepared(pair.low()), desk.prepared(pair.high()));
        verify(pair, low, high, groups.of_pair(pair), &statistics, &config.verify)
    })
}

fn standings(documents: &[Document], prints: &[Print]) -> Vec<Standing> {
    documents
        .iter()
        .zip(prints)
        .map(|(doc, print)| Standing::of(&doc.id, &doc.article, print.words))
        .collect()
}

struct Matcher<'a> {
    documents: &'a [Document],
    prints: &'a [Print],
    standings: &'a [Standing],
    config: &'a Config,
    run: &'a Run<'a>,
    desk: Desk<'a>,
    /// Pairs that bands proposed and that the texts alone leave open.
    near_misses: Vec<CandidatePair>,
    /// Pairs that were compared and not linked.
    compared: BTreeSet<CandidatePair>,
    matched: Matched,
}

impl<'a> Matcher<'a> {
    fn new(
        documents: &'a [Document],
        prints: &'a [Print],
        standings: &'a [Standing],
        config: &'a Config,
        run: &'a Run<'a>,
    ) -> Self {
        Self {
            documents,
            prints,
            standings,
            config,
            run,
            desk: Desk::new(documents),
            near_misses: Vec::new(),
            compared: BTreeSet::new(),
            matched: Matched::default(),
        }
    }

    fn link_exact_and_near(&mut self) -> Result<(), Error> {
        let order = unecho_cluster::order(self.standings, &[], &self.config.keep);
        let (pairs, representatives) = exact::pairs(self.prints, &order);
        self.matched.candidates.exact = pairs.len() as u64;
        let signed: Vec<Signed<'_>> = representatives
            .iter()
            .filter_map(|&doc| {
                Some(Signed { doc, values: self.prints[doc.at()].signature.as_ref()?.values() })
            })
            .collect();
        let matching = &self.config.matching;
        let near = unecho_candidates::near_pairs(
            &signed,
            &matching.bands(self.config.verify.near_jaccard_min),
            &matching.near_limits,
        );
        self.matched.candidates.near = near.pairs.len() as u64;
        self.count_cut(near.cut);
        let candidates = &self.matched.candidates;
        tracing::info!(exact = candidates.exact, near = candidates.near, "proposed by fingerprints");
        let pairs: Vec<CandidatePair> =
            pairs.into_iter().chain(near.pairs.iter().map(|candidate| candidate.pair)).collect();
        self.near_misses = self.compare_texts(Stage::Near, &pairs)?;
        Ok(())
    }

    /// Links what the two texts alone decide; returns the pairs that they leave open.
    fn compare_texts(&mut self, stage: Stage, pairs: &[CandidatePair]) -> Result<Vec<CandidatePair>, Error> {
        let config = &self.config.verify;
        let verdicts = self.judge(stage, pairs, |pair, desk| {
            let (low, high) = (desk.prepared(pair.low()), desk.prepared(pair.high()));
            verify_text_only(pair, low, high, config)
        })?;
        let mut open = Vec::new();
        for (&pair, link) in pairs.iter().zip(verdicts) {
            match link {
                Some(link) => self.matched.links.push(link),
                None => open.push(pair),
            }
        }
        Ok(open)
    }

    fn link_contained_and_rewritten(&mut self) -> Result<(Groups, Statistics), Error> {
        let representatives = self.kept();
        self.matched.knowledge.representatives = representatives.len() as u64;
        let days: Vec<Option<i32>> = self.prints.iter().map(|print| print.day).collect();
        let found = rare::pairs(self.documents, &days, &representatives, self.config, self.run)?;
        self.matched.candidates.rare = found.pairs.len() as u64;
        self.count_cut(found.cut);
        tracing::info!(
            representatives = representatives.len(),
            pairs = found.pairs.len(),
            "proposed by rare words in common"
        );
        let linked: BTreeSet<CandidatePair> = self.matched.links.iter().map(|link| link.pair).collect();
        let pairs: Vec<CandidatePair> =
            found.pairs.iter().map(|found| found.pair).filter(|pair| !linked.contains(pair)).collect();
        let mut open = self.compare_texts(Stage::Contained, &pairs)?;
        open.extend(self.near_misses.iter().filter(|pair| self.stand(**pair, &representatives)));
        open.sort_unstable();
        open.dedup();
        let groups = Groups::of(self.documents.len(), &self.matched.links, &representatives);
        self.matched.knowledge.groups = groups.count() as u64;
        let statistics = self.frequencies(&groups)?;
        // Candidates come by ascending pair, and so do those among them that the texts leave open.
        let is_open = |pair: &CandidatePair| open.binary_search(pair).is_ok();
        let mut alike: Vec<CandidatePair> =
            found.pairs.iter().map(|found| found.pair).filter(|pair| !is_open(pair)).collect();
        alike.extend(self.judge_evidence(Stage::Verify, &open, &groups, &statistics)?);
        self.link_siblings(&alike, &representatives, &groups, &statistics)?;
        Ok((groups, statistics))
    }

    /// Compares the near copies of representatives that have something in common with each other:
    /// the ledger then knows of the copies what it knows of those who stand for them.
    fn link_siblings(
        &mut self,
        alike: &[CandidatePair],
        representatives: &[DocIndex],
        groups: &Groups,
        statistics: &Statistics,
    ) -> Result<(), Error> {
        let linked: BTreeSet<CandidatePair> = self.matched.links.iter().map(|link| link.pair).collect();
        let pairs = siblings::pairs(alike, &linked, representatives, self.config.matching.siblings_max);
        let pairs: Vec<CandidatePair> =
            pairs.into_iter().filter(|pair| !self.compared.contains(pair)).collect();
        self.matched.candidates.sibling = pairs.len() as u64;
        let open = self.compare_texts(Stage::Siblings, &pairs)?;
        self.judge_evidence(Stage::Siblings, &open, groups, statistics)?;
        Ok(())
    }

    /// Whether both of a pair are representatives.
    fn stand(&self, pair: CandidatePair, representatives: &[DocIndex]) -> bool {
        [pair.low(), pair.high()].iter().all(|doc| representatives.binary_search(doc).is_ok())
    }

    /// The documents that the links so far leave standing.
    fn kept(&self) -> Vec<DocIndex> {
        let outcome = self.decide();
        let kept = |at: &usize| matches!(outcome.decisions[*at], Decision::Kept { .. });
        (0..self.documents.len()).filter(kept).map(DocIndex::of).collect()
    }

    fn decide(&self) -> Outcome {
        unecho_cluster::decide(
            self.standings,
            &self.matched.links,
            &self.compared,
            &self.config.keep,
            &self.config.on,
        )
    }

    /// In how many groups each phrase occurs.
    fn frequencies(&self, groups: &Groups) -> Result<Statistics, Error> {
        let observer = self.run.observer;
        let members = groups.members();
        observer.event(&Event::Started(Stage::Frequencies, Some(members.len() as u64)));
        let words: usize = members.iter().flatten().map(|doc| self.prints[doc.at()].words as usize).sum();
        let builder = Statistics::builder(words.saturating_mul(2));
        members.par_iter().for_each(|group| {
            if self.run.is_cancelled() {
                return;
            }
            let mut keys: Vec<u64> = Vec::new();
            for &doc in group {
                self.desk.with_prepared(doc, |prepared| keys.extend(prepared.statistic_keys()));
            }
            keys.sort_unstable();
            keys.dedup();
            builder.observe_group(keys);
            observer.event(&Event::Advanced(Stage::Frequencies, group.len() as u64));
        });
        self.run.ensure_wanted()?;
        observer.event(&Event::Finished(Stage::Frequencies));
        Ok(builder.finish())
    }

    /// Judges pairs by all the evidence, and keeps what came of it; returns the pairs that have so much
    /// in common that their near copies may be copies.
    fn judge_evidence(
        &mut self,
        stage: Stage,
        pairs: &[CandidatePair],
        groups: &Groups,
        statistics: &Statistics,
    ) -> Result<Vec<CandidatePair>, Error> {
        let alike_min = self.config.matching.sibling_probability_min;
        let ledger = self.config.ledger;
        let config = &self.config.verify;
        let verdicts = self.judge(stage, pairs, |pair, desk| {
            let (low, high) = (desk.prepared(pair.low()), desk.prepared(pair.high()));
            let verdict = verify(pair, low, high, groups.of_pair(pair), statistics, config);
            (verdict.scores().probability >= alike_min, Judged::of(verdict, ledger))
        })?;
        let mut pairs_alike = Vec::new();
        for (&pair, (is_alike, judged)) in pairs.iter().zip(verdicts) {
            if is_alike {
                pairs_alike.push(pair);
            }
            let kind = match judged {
                Judged::Linked(link) => {
                    self.matched.links.push(link);
                    continue;
                }
                Judged::Rejected(rejection) => {
                    let kind = rejection.kind;
                    self.matched.rejections.push(rejection);
                    kind
                }
                Judged::Counted(kind) => kind,
            };
            self.compared.insert(pair);
            count(&mut self.matched.mismatches, kind.name());
        }
        Ok(pairs_alike)
    }

    /// Compares documents with the keepers of those they are linked to, until nothing is left to
    /// compare; then the decisions stand.
    fn link_to_keepers(&mut self, groups: &Groups, statistics: &Statistics) -> Result<Outcome, Error> {
        for _ in 0..self.config.matching.keeper_rounds_max {
            self.matched.links.sort_by_key(|link| link.pair);
            let outcome = self.decide();
            if outcome.unresolved.is_empty() {
                break;
            }
            self.matched.candidates.keeper += outcome.unresolved.len() as u64;
            self.judge_evidence(Stage::Keepers, &outcome.unresolved, groups, statistics)?;
        }
        self.matched.links.sort_by_key(|link| link.pair);
        self.matched.rejections.sort_by_key(|rejection| rejection.pair);
        let outcome = self.decide();
        self.matched.candidates.keeper_left = outcome.unresolved.len() as u64;
        for link in &self.matched.links {
            let (low, high) = (link.pair.low(), link.pair.high());
            tracing::debug!(
                a = self.documents[low.at()].id.as_str(),
                b = self.documents[high.at()].id.as_str(),
                kind = link.kind.name(),
                reason = link.reason,
                "linked"
            );
        }
        let (links, mismatches) = (self.matched.links.len(), self.matched.mismatches.values().sum::<u64>());
        tracing::info!(links, mismatches, keepers = self.matched.candidates.keeper, "compared");
        Ok(outcome)
    }

    /// Maps `pairs` in parallel, in their order, with progress.
    fn judge<T: Send>(
        &mut self,
        stage: Stage,
        pairs: &[CandidatePair],
        judge: impl Fn(CandidatePair, &Desk<'_>) -> T + Sync,
    ) -> Result<Vec<T>, Error> {
        /// Pairs between two looks at the progress and at the wish to stop.
        const CHUNK: usize = 2048;
        let observer = self.run.observer;
        observer.event(&Event::Started(stage, Some(pairs.len() as u64)));
        let mut judged = Vec::with_capacity(pairs.len());
        for chunk in pairs.chunks(CHUNK) {
            self.run.ensure_wanted()?;
            self.desk.tidy(self.config.matching.prepared_words_max);
            judged.par_extend(chunk.par_iter().map(|&pair| judge(pair, &self.desk)));
            observer.event(&Event::Advanced(stage, chunk.len() as u64));
        }
        observer.event(&Event::Finished(stage));
        Ok(judged)
    }

    const fn count_cut(&mut self, cut: unecho_candidates::Cut) {
        self.matched.candidates.lists_cut += cut.buckets + cut.keys;
        self.matched.candidates.pairs_cut += cut.partners;
    }
}

/// A verdict, as far as it is kept.
enum Judged {
    Linked(Link),
    Rejected(Rejection),
    Counted(Mismatch),
}

impl Judged {
    /// What the ledger wants of a verdict.
    fn of(verdict: Verdict, ledger: Ledger) -> Self {
        match verdict {
            Verdict::Linked(link) => Self::Linked(link),
            Verdict::Rejected(rejection) => match (ledger, rejection.kind) {
                (Ledger::All, _) => Self::Rejected(rejection),
                (Ledger::AcceptedOnly, kind) | (Ledger::NearMisses, kind @ Mismatch::Unrelated) => {
                    Self::Counted(kind)
                }
                (Ledger::NearMisses, _) => Self::Rejected(rejection),
            },
        }
    }
}

/// Compares two documents of a finished output on their texts alone: what nobody else writes is
/// not known, so shared stock phrases weigh as much as rare ones.
#[must_use]
pub fn compare(a: &DocumentRecord, b: &DocumentRecord, config: &Config) -> Verdict {
    let article = |record: &DocumentRecord| Article {
        text: record.text.clone(),
        source: record.source.clone(),
        date: record.date.clone(),
        lang: record.lang.clone(),
        attributions: record.attributions.clone(),
        flags: record.flags.clone(),
        unmatched: record.unmatched.clone(),
        ..Article::default()
    };
    let (low, high) = (unecho_verify::prepare(&article(a)), unecho_verify::prepare(&article(b)));
    let pair = CandidatePair::new(DocIndex(0), DocIndex(1)).expect("0 and 1 differ");
    verify(pair, &low, &high, unecho_verify::Groups::Different, &Statistics::empty(), &config.verify)
}
