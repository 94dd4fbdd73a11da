//! The middle part of a run: from clean documents to links, mismatches and decisions.
//!
//! Exact copies collapse first, then near ones; what is left of each story (its representatives) is
//! searched for contained and rewritten copies, with document frequencies counted over groups of
//! near copies, so that a story with many copies does not look like boilerplate. Every proposed pair
//! is compared on its texts before anything follows from it.

mod compare;
mod components;
mod config;
mod crowd;
mod desk;
mod exact;
mod findings;
mod groups;
mod judged;
mod judging;
mod leader;
mod looks;
mod prints;
mod publishers;
mod quota;
mod siblings;
mod signatures;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use unecho_candidates::{Candidate, Candidates, Postings};
use unecho_cluster::{Outcome, Settled, Standing};
use unecho_model::summary::{CandidateCounts, Counts, KnowledgeCounts};
use unecho_model::{CandidatePair, Decisions, Digest, DocIndex, Document, Fate, Tie, Verdict};
use unecho_store::Serial;
use unecho_verify::{Measure, Prepared, Statistics, measure, prepare, verify};

use crate::documents::Documents;
use crate::index::{Recalled, View, content_keys};
use crate::ingest::Corpus;
use crate::memory::Shares;
use crate::observe::Underway;
use crate::spread::Spread;
use crate::summarize::Totals;
use crate::{Config, Error, Event, Run, Stage};
use prints::Kept;
use quota::{FREE_PAIRS, Quota};
use signatures::Signatures;

pub(crate) use config::Sought;
pub(crate) use desk::Batches;
pub(crate) use findings::{Findings, Miss};
pub(crate) use groups::{Groups, new_keys};
pub(crate) use looks::{Question, are_alike, by_evidence, by_texts, shingle_set};
pub(crate) use prints::{KeptAt, Looked, Print, Prints, Sizes, day_number};

pub use compare::compare;
pub use config::Matching;

/// What was found.
#[derive(Debug, Default)]
pub(crate) struct Matched {
    /// About how much there is to write of each document.
    pub(crate) sizes: Vec<Sizes>,
    /// What was cut and credited in all documents of this run.
    pub(crate) totals: Totals,
    /// The fingerprint of each document.
    prints: Vec<Print>,
    /// What becomes of each document.
    pub(crate) decisions: Decisions,
    /// Accepted links and told mismatches, by pair.
    pub(crate) findings: Findings,
    /// All pairs that are no copies, by what they have in common.
    pub(crate) mismatches: Counts,
    /// How pairs were found.
    pub(crate) candidates: CandidateCounts,
    /// How much was known.
    pub(crate) knowledge: KnowledgeCounts,
    /// The documents of earlier runs, which stand behind those of this run.
    pub(crate) earlier: Vec<EarlierDocument>,
    /// Documents that stand for all of the same words, ascending; for the index, empty without one.
    pub(crate) digest_representatives: Vec<DocIndex>,
    /// Documents that stood after exact and near copies were dropped, ascending; for the index, empty without one.
    pub(crate) representatives: Vec<DocIndex>,
    /// Groups of near copies of more than one member.
    pub(crate) groups: Vec<Vec<DocIndex>>,
    /// What the pairs of content words of each document weigh; for the index, empty without one and when they were not
    /// looked at.
    pub(crate) weights: Vec<u32>,
}

impl Matched {
    /// Digest of a document's matching text.
    pub(crate) fn digest_of(&self, doc: DocIndex) -> Digest {
        self.prints[doc.at()].digest
    }
}

/// A document of an earlier run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EarlierDocument {
    /// Its number in the index.
    pub(crate) serial: Serial,
    /// The run that it came with.
    pub(crate) run: String,
    /// What was decided of it.
    pub(crate) settled: Settled,
}

/// Finds all copies among `documents` and those of earlier runs, and decides who stays. Documents of earlier
/// runs that are proposed to those of this run are put behind them.
pub(crate) fn find_copies(
    corpus: &mut Corpus,
    view: Option<&View<'_>>,
    config: &Config,
    run: &Run<'_>,
) -> Result<Matched, Error> {
    let mut prints = Prints::of(corpus, config, run)?;
    let documents = &mut corpus.documents;
    let earlier = match view.filter(|view| !view.is_empty()) {
        Some(view) => {
            let content =
                |docs: &[DocIndex]| documents.map(docs, |_, document| content_keys(&document, config));
            let recalled = view.recall(&prints, &content, config, run)?;
            Some(Earlier::of(*view, recalled, &mut prints, documents, config)?)
        }
        None => None,
    };
    find(documents, prints, earlier, None, config, run)
}

/// The same among documents of which only the prints are here: who compares texts is elsewhere.
pub(crate) fn find_copies_elsewhere(
    documents: &mut Documents,
    mut prints: Prints,
    view: Option<&View<'_>>,
    spread: &Spread<'_>,
    config: &Config,
    run: &Run<'_>,
) -> Result<Matched, Error> {
    let earlier = match view.filter(|view| !view.is_empty()) {
        Some(view) => {
            let content = |docs: &[DocIndex]| spread.content_keys(docs, documents);
            let recalled = view.recall(&prints, &content, config, run)?;
            spread.put_earlier(documents.len(), &recalled.documents)?;
            Some(Earlier::of(*view, recalled, &mut prints, documents, config)?)
        }
        None => None,
    };
    find(documents, prints, earlier, Some(spread), config, run)
}

fn find(
    documents: &Documents,
    prints: Prints,
    earlier: Option<Earlier<'_>>,
    spread: Option<&Spread<'_>>,
    config: &Config,
    run: &Run<'_>,
) -> Result<Matched, Error> {
    let Prints { prints, standings, sizes, totals, signatures, content } = prints;
    let mut matcher = Matcher::new(documents, &prints, standings, earlier.as_ref(), config, run);
    matcher.spread = spread;
    let mut matched = matcher.find(signatures, content)?;
    matched.prints = prints;
    matched.sizes = sizes;
    matched.totals = totals;
    matched.earlier = earlier.map(Earlier::into_documents).unwrap_or_default();
    Ok(matched)
}

/// What earlier runs know, as far as it concerns this run.
struct Earlier<'a> {
    view: View<'a>,
    recalled: Recalled,
}

impl<'a> Earlier<'a> {
    /// What was recalled takes part from here on: it stands behind the documents of this run.
    fn of(
        view: View<'a>,
        mut recalled: Recalled,
        prints: &mut Prints,
        documents: &mut Documents,
        config: &Config,
    ) -> Result<Self, Error> {
        prints.append(&recalled.documents, &recalled.content, config)?;
        documents.append(std::mem::take(&mut recalled.documents));
        Ok(Self { view, recalled })
    }

    fn into_documents(self) -> Vec<EarlierDocument> {
        let Recalled { serials, runs, settled, .. } = self.recalled;
        let parts = serials.into_iter().zip(runs).zip(settled);
        parts.map(|((serial, run), settled)| EarlierDocument { serial, run, settled }).collect()
    }
}

/// Judges these pairs and no others, with statistics of all `documents`: how well verification does
/// when every pair is proposed.
pub(crate) fn judge_given(
    corpus: &mut Corpus,
    pairs: &[CandidatePair],
    config: &Config,
    run: &Run<'_>,
) -> Result<Vec<Verdict>, Error> {
    compare_given(corpus, pairs, config, run, verify)
}

/// Measures these pairs, with statistics of all `documents`.
pub(crate) fn measure_given(
    corpus: &mut Corpus,
    pairs: &[CandidatePair],
    config: &Config,
    run: &Run<'_>,
) -> Result<Vec<Measured>, Error> {
    compare_given(corpus, pairs, config, run, |_, low, high, groups, config| Measured {
        in_corpus: measure(low, high, groups, config),
        alone: measure(low, high, unecho_verify::Groups::Unknown, config),
    })
}

/// A pair measured; `None` where the texts alone decide, or are too short to be judged.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Measured {
    /// With what is known of the whole corpus.
    pub in_corpus: Option<Measure>,
    /// With nothing known but the two texts.
    pub alone: Option<Measure>,
}

fn compare_given<T: Send>(
    corpus: &mut Corpus,
    pairs: &[CandidatePair],
    config: &Config,
    run: &Run<'_>,
    compare: impl Fn(CandidatePair, &Prepared, &Prepared, unecho_verify::Groups, &unecho_verify::Config) -> T
    + Sync,
) -> Result<Vec<T>, Error> {
    let Prints { prints, standings, signatures, .. } = Prints::of(corpus, config, run)?;
    let documents = &corpus.documents;
    let mut matcher = Matcher::new(documents, &prints, standings, None, config, run);
    matcher.link_exact_and_near(signatures)?;
    let groups =
        Groups::of(documents.len(), &matcher.matched.findings.links, &matcher.kept(), &config.verify);
    let statistics = matcher.frequencies(&groups, &[])?;
    let judge = |pair, low: &Prepared, high: &Prepared| {
        compare(pair, low, high, groups.of_pair(pair), &config.verify)
    };
    let ready = |document: Document| prepare(document.article).counted(&statistics);
    matcher.desks().judge_all(Some(Stage::Verify), pairs, ready, judge)
}

fn set_settled(standings: &mut [Standing], settled: &[Settled]) {
    for (standing, settled) in standings.iter_mut().zip(settled) {
        standing.settled = Some(*settled);
    }
}

/// What is known of the corpus when evidence is judged.
struct Knowledge {
    groups: Groups,
    statistics: Statistics,
}

impl Knowledge {
    fn none(documents: usize) -> Self {
        Self {
            groups: Groups::of(documents, &[], &[], &unecho_verify::Config::default()),
            statistics: Statistics::empty(),
        }
    }
}

struct Matcher<'a> {
    documents: &'a Documents,
    prints: &'a [Print],
    standings: Vec<Standing>,
    earlier: Option<&'a Earlier<'a>>,
    /// How many documents are of this run; the others follow.
    own: usize,
    config: &'a Config,
    run: &'a Run<'a>,
    sought: Sought,
    /// Who compares texts, when these are not here.
    spread: Option<&'a Spread<'a>>,
    /// Pairs that bands proposed and that the texts alone leave open.
    near_misses: Vec<CandidatePair>,
    /// Pairs that were compared and not linked.
    compared: BTreeSet<CandidatePair>,
    matched: Matched,
}

impl<'a> Matcher<'a> {
    fn new(
        documents: &'a Documents,
        prints: &'a [Print],
        mut standings: Vec<Standing>,
        earlier: Option<&'a Earlier<'a>>,
        config: &'a Config,
        run: &'a Run<'a>,
    ) -> Self {
        let near = earlier.map_or(&[][..], |earlier| &earlier.recalled.settled_near);
        let own = documents.len() - near.len();
        set_settled(&mut standings[own..], near);
        Self {
            documents,
            prints,
            standings,
            earlier,
            own,
            config,
            run,
            sought: Sought::by(&config.on),
            spread: None,
            near_misses: Vec::new(),
            compared: BTreeSet::new(),
            matched: Matched::default(),
        }
    }

    /// Finds all copies, and decides who stays.
    fn find(
        mut self,
        signatures: Kept<Signatures>,
        content: Option<Kept<Postings>>,
    ) -> Result<Matched, Error> {
        self.link_exact_and_near(signatures)?;
        let knowledge = match content {
            Some(content) => self.link_contained_and_rewritten(content)?,
            None => Knowledge::none(self.documents.len()),
        };
        self.settle();
        let outcome = self.link_to_keepers(&knowledge)?;
        let mut matched = self.matched;
        matched.decisions = outcome.decisions;
        matched.groups =
            knowledge.groups.members().filter(|group| group.len() > 1).map(<[_]>::to_vec).collect();
        Ok(matched)
    }

    /// What earlier runs decided in the end takes the place of what they had decided so far.
    fn settle(&mut self) {
        if self.is_remembered() && self.matched.representatives.is_empty() {
            self.matched.representatives = self.kept();
        }
        if let Some(earlier) = self.earlier {
            set_settled(&mut self.standings[self.own..], &earlier.recalled.settled);
        }
    }

    /// Whether later runs are to know what this one found.
    const fn is_remembered(&self) -> bool {
        self.config.index.is_some()
    }

    /// Whether both documents are of earlier runs, which decided about them.
    const fn is_settled(&self, pair: CandidatePair) -> bool {
        pair.low().at() >= self.own && pair.high().at() >= self.own
    }

    fn link_exact_and_near(&mut self, signatures: Kept<Signatures>) -> Result<(), Error> {
        let order = unecho_cluster::order(&self.standings, self.documents.ids(), &[], &self.config.keep);
        let (mut pairs, representatives) = exact::pairs(self.prints, &order);
        pairs.retain(|&pair| !self.is_settled(pair));
        self.matched.candidates.exact = pairs.len() as u64;
        let with_words = representatives.iter().filter(|doc| self.prints[doc.at()].words > 0);
        let with_words: Vec<DocIndex> = with_words.copied().collect();
        let mut near = match (signatures, self.spread) {
            (Kept::Here(signatures), _) => self.near_pairs_here(&signatures, &with_words)?,
            (Kept::Elsewhere, Some(spread)) => spread.near_pairs(&with_words, self.documents.len())?,
            (Kept::Elsewhere, None) => Candidates::default(),
        };
        near.pairs.retain(|candidate| !self.is_settled(candidate.pair));
        if self.is_remembered() {
            self.matched.digest_representatives = representatives;
        }
        self.matched.candidates.near = near.pairs.len() as u64;
        self.count_cut(near.cut);
        tracing::info!(exact = pairs.len(), near = near.pairs.len(), "proposed by fingerprints");
        let (mut open, mut looked_at) = (Vec::new(), BTreeSet::new());
        let others = near.pairs.iter().filter(|candidate| !candidate.is_crowded);
        let mut others: Vec<CandidatePair> = others.map(|candidate| candidate.pair).collect();
        let crowd: Vec<Candidate> =
            near.pairs.iter().filter(|candidate| candidate.is_crowded).copied().collect();
        if crowd.len() as u64 > FREE_PAIRS {
            self.compare_with_leaders(&crowd, &mut looked_at, &mut open)?;
            others.retain(|pair| !looked_at.contains(pair));
            let proposed = others.len();
            let is_settled = self.settled_by_crowds();
            others.retain(|pair| !is_settled(pair));
            self.matched.candidates.pairs_cut += (proposed - others.len()) as u64;
        }
        pairs.extend(others);
        open.extend(self.compare_texts(Stage::Near, &pairs)?);
        open.extend(self.compare_crowd(crowd, looked_at)?);
        self.near_misses = self.likeliest(&open, &near);
        Ok(())
    }

    fn near_pairs_here(&self, signatures: &Signatures, docs: &[DocIndex]) -> Result<Candidates, Error> {
        let matching = &self.config.matching;
        Ok(unecho_candidates::near_pairs(
            docs,
            signatures,
            &matching.bands(self.config.verify.near),
            &matching.near_limits,
            Shares::of(self.config, self.documents).band_keys,
        )?)
    }

    /// Those of `open` that agree in most bands, within the bound of each document; ascending.
    fn likeliest(&mut self, open: &[CandidatePair], near: &Candidates) -> Vec<CandidatePair> {
        let open: BTreeSet<CandidatePair> = open.iter().copied().collect();
        let mut ranked: Vec<_> =
            near.pairs.iter().filter(|candidate| open.contains(&candidate.pair)).collect();
        ranked.sort_unstable_by_key(|candidate| (std::cmp::Reverse(candidate.band_hits), candidate.pair));
        let mut quota = Quota::new(self.config.matching.near_misses_max);
        let mut likeliest: Vec<CandidatePair> = ranked
            .into_iter()
            .map(|candidate| candidate.pair)
            .filter(|&pair| quota.allows_both(pair))
            .collect();
        likeliest.sort_unstable();
        self.matched.candidates.pairs_cut += quota.cut;
        likeliest
    }

    fn link_contained_and_rewritten(&mut self, content: Kept<Postings>) -> Result<Knowledge, Error> {
        let representatives = self.kept();
        self.matched.knowledge.representatives = representatives.len() as u64;
        self.matched.knowledge.earlier_documents = self.earlier.map_or(0, |earlier| earlier.view.documents());
        let mut found = self.rare_pairs(content, &representatives)?;
        let weights = std::mem::take(&mut found.weights);
        if self.is_remembered() {
            self.matched.weights = weights;
        }
        self.matched.candidates.rare = found.pairs.len() as u64;
        self.count_cut(found.cut);
        tracing::info!(
            representatives = representatives.len(),
            pairs = found.pairs.len(),
            "proposed by rare words in common"
        );
        let (proposed, mut open) = self.open_pairs(found.pairs, &representatives)?;
        let groups = Groups::of(
            self.documents.len(),
            &self.matched.findings.links,
            &representatives,
            &self.config.verify,
        );
        self.matched.knowledge.groups = groups.count() as u64;
        let statistics = self.frequencies(&groups, &open)?;
        let knowledge = Knowledge { groups, statistics };
        let mut alike = proposed;
        alike.retain(|pair| open.binary_search(pair).is_err());
        alike.extend(self.judge_evidence(Stage::Verify, &std::mem::take(&mut open), &knowledge)?);
        self.link_siblings(alike, &representatives, &knowledge)?;
        if self.is_remembered() {
            self.matched.representatives = representatives;
        }
        Ok(knowledge)
    }

    /// Of the pairs that were `found`, those that no crowd settles, and of these and of near misses those that their
    /// texts leave open; both ascending.
    fn open_pairs(
        &mut self,
        found: Vec<Candidate>,
        representatives: &[DocIndex],
    ) -> Result<(Vec<CandidatePair>, Vec<CandidatePair>), Error> {
        let linked = self.linked();
        let is_linked = |pair: &CandidatePair| linked.binary_search(pair).is_ok();
        let is_settled = self.settled_by_crowds();
        let mut proposed: Vec<CandidatePair> = found.into_iter().map(|found| found.pair).collect();
        let mut left_out = 0;
        proposed.retain(|pair| {
            let is_settled = is_settled(pair);
            left_out += u64::from(is_settled && !is_linked(pair));
            !is_settled
        });
        self.matched.candidates.pairs_cut += left_out;
        let pairs: Vec<CandidatePair> = proposed.iter().copied().filter(|pair| !is_linked(pair)).collect();
        drop(linked);
        let mut open = self.compare_texts(Stage::Contained, &pairs)?;
        let near_misses = self.near_misses.iter().filter(|pair| !is_settled(pair));
        open.extend(near_misses.filter(|pair| self.stand(**pair, representatives)));
        open.sort_unstable();
        open.dedup();
        Ok((proposed, open))
    }

    /// The pairs that are linked so far, ascending.
    fn linked(&self) -> Vec<CandidatePair> {
        let mut linked: Vec<CandidatePair> =
            self.matched.findings.links.iter().map(|link| link.pair).collect();
        linked.sort_unstable();
        linked
    }

    /// The pairs of `representatives` that share enough rare pairs of content words. How rare they are is
    /// counted over groups of near copies.
    fn rare_pairs(&self, content: Kept<Postings>, representatives: &[DocIndex]) -> Result<Candidates, Error> {
        let total = Some(representatives.len() as u64);
        let underway = Underway::begin(self.run.observer, Stage::Candidates, total);
        let groups = Groups::of(
            self.documents.len(),
            &self.matched.findings.links,
            representatives,
            &self.config.verify,
        );
        let found = match (content, self.spread) {
            (Kept::Here(postings), _) => self.rare_pairs_here(postings, representatives, &groups)?,
            (Kept::Elsewhere, Some(spread)) => {
                spread.rare_pairs(representatives, groups.of_documents(), self.prints)?
            }
            (Kept::Elsewhere, None) => Candidates::default(),
        };
        self.run.ensure_wanted()?;
        self.run.observer.event(&Event::Advanced(Stage::Candidates, representatives.len() as u64));
        underway.finish();
        Ok(found)
    }

    fn rare_pairs_here(
        &self,
        content: Postings,
        representatives: &[DocIndex],
        groups: &Groups,
    ) -> Result<Candidates, Error> {
        let days: Vec<Option<i32>> = self.prints.iter().map(|print| print.day).collect();
        let mut takes_part = vec![false; self.documents.len()];
        representatives.iter().for_each(|doc| takes_part[doc.at()] = true);
        let corpus = unecho_candidates::Corpus {
            documents: self.documents.len(),
            groups: Some(groups.of_documents()),
            days: Some(&days),
            earlier: self.earlier.map(|earlier| unecho_candidates::Earlier {
                first: DocIndex::of(self.own).0,
                weights: &earlier.recalled.weights,
                elsewhere: &earlier.recalled.elsewhere,
            }),
        };
        Ok(content.pairs_among(&corpus, |doc| takes_part[doc.at()])?)
    }

    /// Compares the near copies of representatives that have something in common with each other:
    /// the ledger then knows of the copies what it knows of those who stand for them.
    fn link_siblings(
        &mut self,
        alike: Vec<CandidatePair>,
        representatives: &[DocIndex],
        knowledge: &Knowledge,
    ) -> Result<(), Error> {
        let mut quota = Quota::new(self.config.matching.siblings_of_document_max);
        let of_pair_max = self.config.matching.siblings_max;
        let mut pairs = siblings::pairs(&alike, &self.linked(), representatives, of_pair_max, &mut quota);
        self.matched.candidates.pairs_cut += quota.cut;
        drop((alike, quota));
        pairs.retain(|pair| !self.compared.contains(pair) && !self.is_settled(*pair));
        self.matched.candidates.sibling = pairs.len() as u64;
        self.compare_fully(Stage::Siblings, &pairs, knowledge)
    }

    /// Whether both of a pair are representatives.
    fn stand(&self, pair: CandidatePair, representatives: &[DocIndex]) -> bool {
        [pair.low(), pair.high()].iter().all(|doc| representatives.binary_search(doc).is_ok())
    }

    /// The documents that the links of texts with hardly a difference leave standing: whoever differs more may
    /// have copies that its keeper has not.
    fn kept(&self) -> Vec<DocIndex> {
        let outcome = self.collapsed();
        let kept = |at: &usize| match outcome.decisions.fates()[*at] {
            Fate::Kept => true,
            Fate::Dropped(_) => false,
            Fate::Settled => {
                matches!(self.standings[*at].settled, Some(Settled::Kept | Settled::Replaceable))
            }
        };
        (0..self.documents.len()).filter(kept).map(DocIndex::of).collect()
    }

    /// What follows from those links.
    fn collapsed(&self) -> Outcome {
        let close = |link: &&Tie| link.jaccard >= self.config.verify.near.sure;
        let links: Vec<Tie> = self.matched.findings.links.iter().filter(close).copied().collect();
        self.decide_by(&links)
    }

    fn decide(&self) -> Outcome {
        self.decide_by(&self.matched.findings.links)
    }

    fn decide_by(&self, links: &[Tie]) -> Outcome {
        let (ids, config) = (self.documents.ids(), self.config);
        unecho_cluster::decide(&self.standings, ids, links, &self.compared, &config.keep, &config.on)
    }

    /// Compares documents with the keepers of those they are linked to, until nothing is left to
    /// compare; then the decisions stand.
    fn link_to_keepers(&mut self, knowledge: &Knowledge) -> Result<Outcome, Error> {
        let mut quota = Quota::new(self.config.matching.keepers_of_document_max);
        for _ in 0..self.config.matching.keeper_rounds_max {
            let outcome = self.decide();
            if outcome.unresolved.is_empty() {
                break;
            }
            // Whoever is dropped for the first keeper need not be compared with the others.
            let mut round = Quota::within(&quota, self.config.matching.keepers_of_round_max);
            let is_allowed = |pair: &CandidatePair| round.allows_either(*pair) && quota.allows_either(*pair);
            let pairs: Vec<CandidatePair> = outcome.unresolved.into_iter().filter(is_allowed).collect();
            if pairs.is_empty() {
                break;
            }
            self.matched.candidates.keeper += pairs.len() as u64;
            self.compare_fully(Stage::Keepers, &pairs, knowledge)?;
        }
        self.matched.findings.seal(self.documents)?;
        let outcome = self.decide();
        self.matched.candidates.keeper_left = outcome.unresolved.len() as u64;
        self.tell_links();
        Ok(outcome)
    }

    fn tell_links(&self) {
        for link in &self.matched.findings.links {
            let (low, high) = (link.pair.low(), link.pair.high());
            tracing::debug!(
                a = self.documents.ids().text_of(low),
                b = self.documents.ids().text_of(high),
                kind = link.kind.name(),
                probability = link.probability,
                "linked"
            );
        }
        let (links, mismatches) =
            (self.matched.findings.links.len(), self.matched.mismatches.values().sum::<u64>());
        tracing::info!(links, mismatches, keepers = self.matched.candidates.keeper, "compared");
    }

    const fn count_cut(&mut self, cut: unecho_candidates::Cut) {
        self.matched.candidates.lists_cut += cut.buckets + cut.keys;
        self.matched.candidates.pairs_cut += cut.partners;
    }
}
