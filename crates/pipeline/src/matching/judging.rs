//! Comparing pairs of documents on their texts: batch by batch, cheap looks first.

use std::collections::BTreeSet;
use std::iter::Peekable;

use rayon::prelude::*;
use unecho_fingerprint::ShingleSet;
use unecho_model::summary::count;
use unecho_model::{Article, CandidatePair, DocIndex, Document, Link};
use unecho_verify::{Prepared, Statistics, prepare, statistic_keys, verify_exact};

use super::config::Sought;
use super::desk::{Batches, Desk};
use super::groups::{Groups, new_keys};
use super::judged::Judged;
use super::looks::{self, Question};
use super::{Knowledge, Matcher, Print};
use crate::documents::Documents;
use crate::observe::Underway;
use crate::{Config, Error, Event, Run, Stage};

/// Documents whose phrases are counted together.
const DOCUMENTS_AT_ONCE: usize = 2048;

/// The next groups that have so many documents together, or the next one.
fn at_once<'a>(groups: &mut Peekable<impl Iterator<Item = &'a [DocIndex]>>) -> Option<Vec<&'a [DocIndex]>> {
    let mut some = vec![groups.next()?];
    let mut documents = some[0].len();
    let mut fits = |group: &&[DocIndex]| {
        documents += group.len();
        documents <= DOCUMENTS_AT_ONCE
    };
    while let Some(group) = groups.next_if(&mut fits) {
        some.push(group);
    }
    Some(some)
}

impl<'a> Matcher<'a> {
    /// Decides what the two texts alone decide; returns the pairs that they leave open.
    pub(super) fn compare_texts(
        &mut self,
        stage: Stage,
        pairs: &[CandidatePair],
    ) -> Result<Vec<CandidatePair>, Error> {
        let observer = self.run.observer;
        let underway = Underway::begin(observer, stage, Some(pairs.len() as u64));
        let (mut decided, in_doubt) = self.link_same_words(Some(stage), pairs)?;
        // What bands or a link to a copy propose is mostly alike: a look beforehand would cost more than it saves.
        let alike = match stage {
            Stage::Near | Stage::Keepers => in_doubt.clone(),
            _ => self.alike_in_shingles(&in_doubt)?,
        };
        observer.event(&Event::Advanced(stage, (in_doubt.len() - alike.len()) as u64));
        let mut take = |matcher: &mut Self, pair, judged: Option<Judged>| match judged {
            Some(judged) => {
                decided.push(pair);
                matcher.keep(pair, judged)
            }
            None => Ok(()),
        };
        match self.spread {
            Some(spread) => {
                let prints = self.prints;
                let take = |at: usize, judged| take(self, alike[at], judged);
                spread.ask(Question::Texts, &alike, prints, None, take)?;
            }
            None => {
                let (desks, config) = (self.desks(), self.config);
                let judge = |pair, low: &Prepared, high: &Prepared| looks::by_texts(pair, low, high, config);
                let ready = |document: Document| prepare(document.article);
                desks.judge(Some(stage), &alike, ready, judge, |at, judged| take(self, alike[at], judged))?;
            }
        }
        underway.finish();
        decided.sort_unstable();
        Ok(pairs.iter().copied().filter(|pair| decided.binary_search(pair).is_err()).collect())
    }

    /// Decides pairs by their texts and, where rewrites are looked for, by what is known of the corpus, in one look.
    pub(super) fn compare_fully(
        &mut self,
        stage: Stage,
        pairs: &[CandidatePair],
        knowledge: &Knowledge,
    ) -> Result<(), Error> {
        let open = if self.sought < Sought::Rewrites {
            self.compare_texts(stage, pairs)?
        } else {
            self.link_same_words(None, pairs)?.1
        };
        self.judge_evidence(stage, &open, knowledge)?;
        Ok(())
    }

    /// Links those of `pairs` that are exact copies: these, ascending, and the others.
    fn link_same_words(
        &mut self,
        stage: Option<Stage>,
        pairs: &[CandidatePair],
    ) -> Result<(Vec<CandidatePair>, Vec<CandidatePair>), Error> {
        let digest = |doc: DocIndex| self.prints[doc.at()].digest;
        let (same_words, mut in_doubt): (Vec<CandidatePair>, Vec<CandidatePair>) =
            pairs.iter().partition(|pair| digest(pair.low()) == digest(pair.high()));
        let linked = self.link_exact(stage, &same_words)?;
        if linked.len() < same_words.len() {
            // A hash collided.
            in_doubt.extend(same_words.iter().filter(|pair| linked.binary_search(pair).is_err()));
        }
        Ok((linked, in_doubt))
    }

    /// Keeps what came of comparing a pair.
    fn keep(&mut self, pair: CandidatePair, judged: Judged) -> Result<(), Error> {
        let findings = &mut self.matched.findings;
        let kind = match judged {
            Judged::Linked(link) => return findings.link(*link, self.documents),
            Judged::Rejected(rejection) => {
                let kind = rejection.kind;
                findings.reject(*rejection, self.documents)?;
                kind
            }
            Judged::Counted(kind) => kind,
        };
        self.compared.insert(pair);
        count(&mut self.matched.mismatches, kind.name());
        Ok(())
    }

    /// Links the exact copies among pairs of equal digests, and tells which, ascending: all, unless a hash collided.
    fn link_exact(
        &mut self,
        stage: Option<Stage>,
        pairs: &[CandidatePair],
    ) -> Result<Vec<CandidatePair>, Error> {
        let mut linked = Vec::new();
        let mut take = |matcher: &mut Self, found: Option<Link>| match found {
            Some(link) => {
                linked.push(link.pair);
                matcher.matched.findings.link(link, matcher.documents)
            }
            None => Ok(()),
        };
        match self.spread {
            Some(spread) => {
                spread.ask(Question::SameWords, pairs, self.prints, None, |_, found| take(self, found))?;
            }
            None => {
                let judge = |pair, low: &Article, high: &Article| verify_exact(pair, low, high);
                let ready = |document: Document| document.article;
                self.desks().judge(stage, pairs, ready, judge, |_, found| take(self, found))?;
            }
        }
        linked.sort_unstable();
        Ok(linked)
    }

    /// The pairs that share so many shingles that the texts alone may link them: a look that costs a
    /// fraction of making both ready.
    fn alike_in_shingles(&self, pairs: &[CandidatePair]) -> Result<Vec<CandidatePair>, Error> {
        let judged: Vec<bool> = match self.spread {
            Some(spread) => {
                let mut judged = vec![false; pairs.len()];
                spread.ask(Question::Alike, pairs, self.prints, None, |at, is_alike| {
                    judged[at] = is_alike;
                    Ok(())
                })?;
                judged
            }
            None => {
                let judge = |_, low: &ShingleSet, high: &ShingleSet| looks::are_alike(low, high, self.config);
                self.desks().judge_all(
                    None,
                    pairs,
                    |document| looks::shingle_set(&document.article),
                    judge,
                )?
            }
        };
        Ok(pairs.iter().zip(judged).filter_map(|(&pair, is_alike)| is_alike.then_some(pair)).collect())
    }

    /// In how many groups each phrase occurs; nothing when no evidence is to be judged by it.
    /// What earlier runs counted is added for the documents of `open` pairs and those that are linked.
    pub(super) fn frequencies(&self, groups: &Groups, open: &[CandidatePair]) -> Result<Statistics, Error> {
        if self.sought < Sought::Rewrites {
            return Ok(Statistics::empty());
        }
        let observer = self.run.observer;
        let underway = Underway::begin(observer, Stage::Frequencies, Some(groups.count() as u64));
        let words: usize = groups.members().flatten().map(|doc| self.prints[doc.at()].words as usize).sum();
        let known = self.known_frequencies(open)?;
        let expected_keys = words.saturating_mul(2).saturating_add(known.len());
        if let Some(spread) = self.spread {
            let members: Vec<&[DocIndex]> = groups.members().collect();
            spread.count_phrases(&members, self.own, expected_keys, &known)?;
            underway.finish();
            return Ok(Statistics::empty());
        }
        let mut builder = Statistics::builder(expected_keys);
        known.iter().for_each(|&(key, count)| builder.add(key, count));
        let mut members = groups.members().peekable();
        while let Some(some) = at_once(&mut members) {
            self.run.ensure_wanted()?;
            if let [group] = *some {
                builder.observe_group(&self.new_keys_of_one(group)?);
            } else {
                let docs = some.iter().copied().flatten().copied();
                let keys = self.documents.by_doc(docs, |_, document| statistic_keys(&document.article))?;
                let new = |group: &[DocIndex]| new_keys(group, self.own, |doc| keys.of(doc));
                let new: Vec<Vec<u64>> = some.par_iter().map(|group| new(group)).collect();
                new.iter().for_each(|keys| builder.observe_group(keys));
            }
            let looked: usize = some.iter().map(|group| group.len()).sum();
            observer.event(&Event::Advanced(Stage::Frequencies, looked as u64));
        }
        self.run.ensure_wanted()?;
        underway.finish();
        Ok(builder.finish())
    }

    /// [`new_keys`] of a group that may have any number of members.
    fn new_keys_of_one(&self, group: &[DocIndex]) -> Result<Vec<u64>, Error> {
        let (own, earlier): (Vec<DocIndex>, Vec<DocIndex>) =
            group.iter().partition(|doc| doc.at() < self.own);
        let mut new = self.keys_of(own)?;
        let counted = self.keys_of(earlier)?;
        new.retain(|key| counted.binary_search(key).is_err());
        Ok(new)
    }

    /// The keys of these documents, ascending, each once.
    fn keys_of(&self, mut docs: Vec<DocIndex>) -> Result<Vec<u64>, Error> {
        docs.sort_unstable();
        let (mut keys, mut distinct) = (Vec::new(), 0);
        for some in docs.chunks(DOCUMENTS_AT_ONCE) {
            let new = self.documents.map(some, |_, document| statistic_keys(&document.article))?;
            keys.extend(new.into_iter().flatten());
            if keys.len() > 2 * distinct {
                keys.par_sort_unstable();
                keys.dedup();
                distinct = keys.len();
            }
        }
        keys.par_sort_unstable();
        keys.dedup();
        Ok(keys)
    }

    /// In how many groups of earlier runs the keys of those documents occur that evidence is judged of.
    fn known_frequencies(&self, open: &[CandidatePair]) -> Result<Vec<(u64, u32)>, Error> {
        let Some(earlier) = self.earlier else { return Ok(Vec::new()) };
        let pairs = open.iter().copied().chain(self.matched.findings.links.iter().map(|link| link.pair));
        let docs: BTreeSet<DocIndex> = pairs.flat_map(|pair| [pair.low(), pair.high()]).collect();
        let docs: Vec<DocIndex> = docs.into_iter().collect();
        let keys = match self.spread {
            Some(spread) => spread.statistic_keys(&docs)?,
            None => self.keys_of(docs)?,
        };
        let counts = earlier.view.counts(&keys)?;
        Ok(keys.into_iter().zip(counts).filter(|(_, count)| *count > 0).collect())
    }

    /// Judges pairs by all the evidence, where rewrites are looked for, and keeps what came of it; returns
    /// the pairs that have so much in common that their near copies may be copies.
    pub(super) fn judge_evidence(
        &mut self,
        stage: Stage,
        pairs: &[CandidatePair],
        knowledge: &Knowledge,
    ) -> Result<Vec<CandidatePair>, Error> {
        if self.sought < Sought::Rewrites {
            self.compared.extend(pairs);
            return Ok(Vec::new());
        }
        let Knowledge { groups, statistics } = knowledge;
        let underway = Underway::begin(self.run.observer, stage, Some(pairs.len() as u64));
        let mut pairs_alike = Vec::new();
        let mut take = |matcher: &mut Self, pair, (is_alike, judged): (bool, Judged)| {
            if is_alike {
                pairs_alike.push(pair);
            }
            matcher.keep(pair, judged)
        };
        match self.spread {
            Some(spread) => {
                let prints = self.prints;
                let take = |at: usize, judged| take(self, pairs[at], judged);
                spread.ask(Question::Evidence, pairs, prints, Some(groups), take)?;
            }
            None => {
                let (desks, config) = (self.desks(), self.config);
                let judge = |pair, low: &Prepared, high: &Prepared| {
                    looks::by_evidence(pair, low, high, groups.of_pair(pair), config)
                };
                let ready = |document: Document| prepare(document.article).counted(statistics);
                desks.judge(Some(stage), pairs, ready, judge, |at, judged| take(self, pairs[at], judged))?;
            }
        }
        underway.finish();
        pairs_alike.sort_unstable();
        Ok(pairs_alike)
    }

    /// What lays out documents to be compared.
    pub(super) const fn desks(&self) -> Desks<'a> {
        Desks { documents: self.documents, prints: self.prints, config: self.config, run: self.run }
    }
}

/// Lays out the documents of pairs, a batch at a time.
#[derive(Clone, Copy)]
pub(super) struct Desks<'a> {
    documents: &'a Documents,
    prints: &'a [Print],
    config: &'a Config,
    run: &'a Run<'a>,
}

impl Desks<'_> {
    /// Maps `pairs` in parallel, in their order, as [`Self::judge`] does.
    pub(super) fn judge_all<P: Send + Sync, T: Send>(
        &self,
        stage: Option<Stage>,
        pairs: &[CandidatePair],
        prepare: impl Fn(Document) -> P + Sync,
        judge: impl Fn(CandidatePair, &P, &P) -> T + Sync,
    ) -> Result<Vec<T>, Error> {
        let mut judged: Vec<Option<T>> = Vec::new();
        judged.resize_with(pairs.len(), || None);
        self.judge(stage, pairs, prepare, judge, |at, found| {
            judged[at] = Some(found);
            Ok(())
        })?;
        Ok(judged.into_iter().flatten().collect())
    }

    /// Maps `pairs` in parallel and gives `take` what comes of each, with its place; which comes first depends on the
    /// pairs alone. Counts them for the stage, if one is named. The documents of each pair are made ready by
    /// `prepare`, a batch at a time.
    pub(super) fn judge<P: Send + Sync, T: Send>(
        &self,
        stage: Option<Stage>,
        pairs: &[CandidatePair],
        prepare: impl Fn(Document) -> P + Sync,
        judge: impl Fn(CandidatePair, &P, &P) -> T + Sync,
        mut take: impl FnMut(usize, T) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let words_of = |doc: DocIndex| self.prints[doc.at()].words;
        let words_max = self.config.matching.prepared_words_max;
        let batches = Batches::of(pairs, self.documents.len(), words_of, words_max);
        for batch in batches.iter() {
            self.run.ensure_wanted()?;
            let of_batch = batch.iter().map(|&at| pairs[at as usize]);
            let desk = Desk::of(of_batch, |docs| self.documents.map(docs, |_, document| prepare(document)))?;
            let judge = |&at: &u32| {
                let pair = pairs[at as usize];
                judge(pair, desk.ready(pair.low()), desk.ready(pair.high()))
            };
            let found: Vec<T> = batch.par_iter().map(judge).collect();
            batch.iter().zip(found).try_for_each(|(&at, found)| take(at as usize, found))?;
            if let Some(stage) = stage {
                self.run.observer.event(&Event::Advanced(stage, batch.len() as u64));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(sizes: &[usize], expect: &[&[usize]]) {
        let groups: Vec<Vec<DocIndex>> = sizes.iter().map(|&size| vec![DocIndex(0); size]).collect();
        let mut groups = groups.iter().map(Vec::as_slice).peekable();
        let portions: Vec<Vec<usize>> = std::iter::from_fn(|| at_once(&mut groups))
            .map(|some| some.iter().map(|group| group.len()).collect())
            .collect();
        assert_eq!(portions, expect, "{sizes:?}");
    }

    #[test]
    fn groups_come_in_portions_and_large_ones_alone() {
        const MOST: usize = DOCUMENTS_AT_ONCE;
        check(&[], &[]);
        check(&[1, 2, 3], &[&[1, 2, 3]]);
        check(&[1, MOST - 1, 1], &[&[1, MOST - 1], &[1]]);
        check(&[1, 3 * MOST, 2, 2], &[&[1], &[3 * MOST], &[2, 2]]);
    }
}
