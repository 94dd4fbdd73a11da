//! Comparing pairs of documents on their texts: batch by batch, cheap looks first.

use std::collections::BTreeSet;

use rayon::prelude::*;
use unecho_fingerprint::ShingleSet;
use unecho_model::summary::count;
use unecho_model::{Article, CandidatePair, DocIndex, Document, Link};
use unecho_verify::{Prepared, Statistics, prepare, statistic_keys, verify_exact};

use super::config::Sought;
use super::desk::{Batches, Desk};
use super::groups::Groups;
use super::judged::Judged;
use super::looks::{self, Question};
use super::{Knowledge, Matcher};
use crate::documents::ByDoc;
use crate::observe::Underway;
use crate::{Error, Event, Stage};

/// Documents whose phrases are counted together.
const DOCUMENTS_AT_ONCE: usize = 2048;

/// Groups that have so many documents together, or are one.
fn at_once(mut groups: &[Vec<DocIndex>]) -> impl Iterator<Item = &[Vec<DocIndex>]> {
    std::iter::from_fn(move || {
        let mut documents = 0;
        let fits = |group: &&Vec<DocIndex>| {
            documents += group.len();
            documents <= DOCUMENTS_AT_ONCE
        };
        let count = groups.iter().take_while(fits).count().max(1).min(groups.len());
        let (some, rest) = groups.split_at(count);
        groups = rest;
        (!some.is_empty()).then_some(some)
    })
}

impl Matcher<'_> {
    /// Decides what the two texts alone decide; returns the pairs that they leave open.
    pub(super) fn compare_texts(
        &mut self,
        stage: Stage,
        pairs: &[CandidatePair],
    ) -> Result<Vec<CandidatePair>, Error> {
        let observer = self.run.observer;
        let underway = Underway::begin(observer, stage, Some(pairs.len() as u64));
        let digest = |doc: DocIndex| self.prints[doc.at()].digest;
        let (same_words, mut in_doubt): (Vec<CandidatePair>, Vec<CandidatePair>) =
            pairs.iter().partition(|pair| digest(pair.low()) == digest(pair.high()));
        let exact = self.exact_links(stage, &same_words)?;
        if exact.len() < same_words.len() {
            // A hash collided.
            let linked: BTreeSet<CandidatePair> = exact.iter().map(|link| link.pair).collect();
            in_doubt.extend(same_words.iter().filter(|pair| !linked.contains(pair)));
        }
        // What bands or a link to a copy propose is mostly alike: a look beforehand would cost more than it saves.
        let alike = match stage {
            Stage::Near | Stage::Keepers => in_doubt.clone(),
            _ => self.alike_in_shingles(&in_doubt)?,
        };
        observer.event(&Event::Advanced(stage, (in_doubt.len() - alike.len()) as u64));
        let judged: Vec<Option<Judged>> = match self.spread {
            Some(spread) => spread.ask(Question::Texts, &alike, self.prints, None)?,
            None => {
                let judge =
                    |pair, low: &Prepared, high: &Prepared| looks::by_texts(pair, low, high, self.config);
                self.judge(Some(stage), &alike, |document| prepare(document.article), judge)?
            }
        };
        underway.finish();
        let mut decided: BTreeSet<CandidatePair> = exact.iter().map(|link| link.pair).collect();
        self.matched.links.extend(exact);
        for (&pair, judged) in alike.iter().zip(judged) {
            if let Some(judged) = judged {
                decided.insert(pair);
                self.keep(pair, judged);
            }
        }
        Ok(pairs.iter().copied().filter(|pair| !decided.contains(pair)).collect())
    }

    /// Keeps what came of comparing a pair.
    fn keep(&mut self, pair: CandidatePair, judged: Judged) {
        let kind = match judged {
            Judged::Linked(link) => {
                self.matched.links.push(*link);
                return;
            }
            Judged::Rejected(rejection) => {
                let kind = rejection.kind;
                self.matched.rejections.push(*rejection);
                kind
            }
            Judged::Counted(kind) => kind,
        };
        self.compared.insert(pair);
        count(&mut self.matched.mismatches, kind.name());
    }

    /// The exact copies among pairs of equal digests: all, unless a hash collided.
    fn exact_links(&self, stage: Stage, pairs: &[CandidatePair]) -> Result<Vec<Link>, Error> {
        if let Some(spread) = self.spread {
            let found: Vec<Option<Link>> = spread.ask(Question::SameWords, pairs, self.prints, None)?;
            return Ok(found.into_iter().flatten().collect());
        }
        let judge = |pair, low: &Article, high: &Article| verify_exact(pair, low, high);
        let judged = self.judge(Some(stage), pairs, |document| document.article, judge)?;
        Ok(judged.into_iter().flatten().collect())
    }

    /// The pairs that share so many shingles that the texts alone may link them: a look that costs a
    /// fraction of making both ready.
    fn alike_in_shingles(&self, pairs: &[CandidatePair]) -> Result<Vec<CandidatePair>, Error> {
        let judged: Vec<bool> = match self.spread {
            Some(spread) => spread.ask(Question::Alike, pairs, self.prints, None)?,
            None => {
                let judge = |_, low: &ShingleSet, high: &ShingleSet| looks::are_alike(low, high, self.config);
                self.judge(None, pairs, |document| looks::shingle_set(&document.article), judge)?
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
        let members = groups.members();
        let underway = Underway::begin(observer, Stage::Frequencies, Some(members.len() as u64));
        let words: usize = members.iter().flatten().map(|doc| self.prints[doc.at()].words as usize).sum();
        let known = self.known_frequencies(open)?;
        let expected_keys = words.saturating_mul(2).saturating_add(known.len());
        if let Some(spread) = self.spread {
            spread.count_phrases(members, expected_keys)?;
            underway.finish();
            return Ok(Statistics::empty());
        }
        let builder = Statistics::builder(expected_keys);
        known.par_iter().for_each(|&(key, count)| builder.add(key, count));
        for some in at_once(members) {
            self.run.ensure_wanted()?;
            if let [group] = some {
                builder.observe_group(self.new_keys_of_one(group)?);
            } else {
                let docs = some.iter().flatten().copied();
                let keys = self.documents.by_doc(docs, |_, document| statistic_keys(&document.article))?;
                some.par_iter().for_each(|group| builder.observe_group(self.new_keys(group, &keys)));
            }
            let looked: usize = some.iter().map(Vec::len).sum();
            observer.event(&Event::Advanced(Stage::Frequencies, looked as u64));
        }
        self.run.ensure_wanted()?;
        underway.finish();
        Ok(builder.finish())
    }

    /// The keys of a group, each once, which no earlier run counted for it.
    fn new_keys(&self, group: &[DocIndex], keys: &ByDoc<Vec<u64>>) -> Vec<u64> {
        let (own, earlier): (Vec<DocIndex>, Vec<DocIndex>) =
            group.iter().partition(|doc| doc.at() < self.own);
        let mut new: Vec<u64> = own.iter().flat_map(|&doc| keys.of(doc).iter().copied()).collect();
        new.sort_unstable();
        new.dedup();
        if !earlier.is_empty() {
            // The group was counted by the run that its first members came with.
            let counted: BTreeSet<u64> =
                earlier.iter().flat_map(|&doc| keys.of(doc).iter().copied()).collect();
            new.retain(|key| !counted.contains(key));
        }
        new
    }

    /// The same of a group that may have any number of members.
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
        let pairs = open.iter().copied().chain(self.matched.links.iter().map(|link| link.pair));
        let docs: BTreeSet<DocIndex> = pairs.flat_map(|pair| [pair.low(), pair.high()]).collect();
        let keys = self.keys_of(docs.into_iter().collect())?;
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
        let verdicts: Vec<(bool, Judged)> = match self.spread {
            Some(spread) => spread.ask(Question::Evidence, pairs, self.prints, Some(groups))?,
            None => {
                let judge = |pair, low: &Prepared, high: &Prepared| {
                    looks::by_evidence(pair, low, high, groups.of_pair(pair), statistics, self.config)
                };
                self.judge(Some(stage), pairs, |document| prepare(document.article), judge)?
            }
        };
        underway.finish();
        let mut pairs_alike = Vec::new();
        for (&pair, (is_alike, judged)) in pairs.iter().zip(verdicts) {
            if is_alike {
                pairs_alike.push(pair);
            }
            self.keep(pair, judged);
        }
        Ok(pairs_alike)
    }

    /// Maps `pairs` in parallel, in their order; counts them for the stage, if one is named. The
    /// documents of each pair are made ready by `prepare`, a batch at a time.
    pub(super) fn judge<P: Send + Sync, T: Send>(
        &self,
        stage: Option<Stage>,
        pairs: &[CandidatePair],
        prepare: impl Fn(Document) -> P + Sync,
        judge: impl Fn(CandidatePair, &P, &P) -> T + Sync,
    ) -> Result<Vec<T>, Error> {
        let words_of = |doc: DocIndex| self.prints[doc.at()].words;
        let words_max = self.config.matching.prepared_words_max;
        let batches = Batches::of(pairs, self.documents.len(), words_of, words_max);
        let mut judged: Vec<Option<T>> = Vec::new();
        judged.resize_with(pairs.len(), || None);
        for batch in batches.iter() {
            self.run.ensure_wanted()?;
            let of_batch = batch.iter().map(|&at| pairs[at as usize]);
            let desk = Desk::of(of_batch, |docs| self.documents.map(docs, |_, document| prepare(document)))?;
            let judge = |&at: &u32| {
                let pair = pairs[at as usize];
                judge(pair, desk.ready(pair.low()), desk.ready(pair.high()))
            };
            let found: Vec<T> = batch.par_iter().map(judge).collect();
            batch.iter().zip(found).for_each(|(&at, found)| judged[at as usize] = Some(found));
            if let Some(stage) = stage {
                self.run.observer.event(&Event::Advanced(stage, batch.len() as u64));
            }
        }
        Ok(judged.into_iter().flatten().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(sizes: &[usize], expect: &[&[usize]]) {
        let groups: Vec<Vec<DocIndex>> = sizes.iter().map(|&size| vec![DocIndex(0); size]).collect();
        let portions: Vec<Vec<usize>> =
            at_once(&groups).map(|some| some.iter().map(Vec::len).collect()).collect();
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
