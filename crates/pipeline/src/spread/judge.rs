//! Comparing pairs of documents on their texts, a batch of pairs with all their documents at a time.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use unecho_model::{Article, CandidatePair, DocIndex};
use unecho_verify::{Groups as Alike, Statistics, prepare, verify_exact};

use super::clean::document_of;
use super::task::{Plan, Sink};
use super::{GIVEN, Input, Row, Spread, TEXT, WANTED, number, packed, unpacked};
use crate::matching::{Batches, Groups, Print, Question, are_alike, by_evidence, by_texts, shingle_set};
use crate::{Config, Error};

/// Words of the documents of a batch, which an engine holds in memory as one: about 5 MB.
const BATCH_WORDS_MAX: usize = 1 << 18;

/// What is asked about the pairs of one batch.
#[derive(Debug, Serialize, Deserialize)]
struct Asked {
    question: Question,
    /// The pairs, and whether both are counted as one story.
    pairs: Vec<(CandidatePair, bool)>,
}

/// Least batches whose answers are of one kind, and about how many kinds there are at most: answers of one kind are in
/// memory together, and each kind is a number of files. Tests have several kinds.
const KIND_BATCHES_MIN: usize = if cfg!(test) { 2 } else { 64 };
const KINDS_MAX: usize = 256;

impl Spread<'_> {
    /// Has a question answered about `pairs`, and gives `take` what comes of each, with its place; which comes first
    /// depends on the pairs alone.
    pub(crate) fn ask<T: DeserializeOwned>(
        &self,
        question: Question,
        pairs: &[CandidatePair],
        prints: &[Print],
        groups: Option<&Groups>,
        mut take: impl FnMut(usize, T) -> Result<(), Error>,
    ) -> Result<(), Error> {
        if pairs.is_empty() {
            return Ok(());
        }
        let words_max = self.config.matching.prepared_words_max.min(BATCH_WORDS_MAX);
        let words_of = |doc: DocIndex| prints[doc.at()].words();
        let batches = Batches::of(pairs, prints.len(), words_of, words_max);
        let (asked, answers) = (self.next_name("asked"), self.next_name("answers"));
        let is_one_story = |pair| groups.is_some_and(|groups| groups.of_pair(pair) == Alike::Same);
        let rows_of = |(key, batch): (usize, &[u32])| {
            let of_batch = || batch.iter().map(|&at| pairs[at as usize]);
            let mut docs: Vec<DocIndex> = of_batch().flat_map(|pair| [pair.low(), pair.high()]).collect();
            docs.sort_unstable();
            docs.dedup();
            let key = number(key);
            let wanted = |doc: DocIndex| Row { kind: WANTED, key, at: i64::from(doc.0), body: Vec::new() };
            let mut rows: Vec<Row> = docs.into_iter().map(wanted).collect();
            let pairs = of_batch().map(|pair| (pair, is_one_story(pair))).collect();
            rows.push(Row { kind: GIVEN, key, at: 0, body: packed(&Asked { question, pairs })? });
            Ok(rows)
        };
        self.put_portions(&asked, batches.iter().enumerate().map(rows_of))?;
        let statistics = match question {
            Question::Evidence => self.statistics.lock().unwrap_or_else(PoisonError::into_inner).clone(),
            Question::SameWords | Question::Alike | Question::Texts => None,
        };
        let batches: Vec<&[u32]> = batches.iter().collect();
        let of_kind = batches.len().div_ceil(KINDS_MAX).max(KIND_BATCHES_MIN);
        let plan = Plan::Judge { statistics, of_kind };
        self.do_job(Input::Joined(&asked, self.texts()), &plan, &answers)?;
        let lost = || Error::Elsewhere("answers were lost".to_owned());
        for (kind, batches) in (0..).zip(batches.chunks(of_kind)) {
            let rows = self.rows(&answers, kind)?;
            if rows.len() != batches.len() {
                return Err(lost());
            }
            for (row, batch) in rows.into_iter().zip(batches) {
                let of_batch: Vec<T> = unpacked(&row.body)?;
                if of_batch.len() != batch.len() {
                    return Err(lost());
                }
                batch.iter().zip(of_batch).try_for_each(|(&at, answer)| take(at as usize, answer))?;
            }
        }
        Ok(())
    }
}

/// The answers for one batch: rows of one key, a document or what is asked each.
pub(super) fn answer(
    rows: &[Row],
    (statistics, of_kind): (Option<&Arc<Statistics>>, usize),
    config: &Config,
    out: &mut Sink<'_>,
) -> Result<(), Error> {
    let mut asked: Option<Asked> = None;
    let mut articles: BTreeMap<DocIndex, Article> = BTreeMap::new();
    for row in rows {
        match row.kind {
            GIVEN => asked = Some(unpacked(&row.body)?),
            TEXT => {
                let doc = u32::try_from(row.at).map_err(|_| lost(row))?;
                articles.insert(DocIndex(doc), document_of(row, None)?.article);
            }
            _ => {}
        }
    }
    let first = rows.first().ok_or_else(|| Error::Elsewhere("an empty batch".to_owned()))?;
    let asked = asked.ok_or_else(|| lost(first))?;
    let batch = Batch { articles, asked: &asked };
    let body = match asked.question {
        Question::SameWords => {
            batch.answers(|article| article, |pair, low, high, _| verify_exact(pair, low, high))
        }
        Question::Alike => {
            batch.answers(|article| shingle_set(&article), |_, low, high, _| are_alike(low, high, config))
        }
        Question::Texts => batch.answers(prepare, |pair, low, high, _| by_texts(pair, low, high, config)),
        Question::Evidence => {
            let ready = |article| match statistics {
                Some(statistics) => prepare(article).counted(statistics),
                None => prepare(article),
            };
            batch.answers(ready, |pair, low, high, groups| by_evidence(pair, low, high, groups, config))
        }
    };
    let kind = usize::try_from(first.key).ok().and_then(|key| key.checked_div(of_kind));
    let kind = kind.and_then(|kind| i32::try_from(kind).ok()).ok_or_else(|| lost(first))?;
    out(Row { kind, key: first.key, at: 0, body: body? })
}

fn lost(row: &Row) -> Error {
    Error::Elsewhere(format!("batch {} is not whole", row.key))
}

struct Batch<'a> {
    articles: BTreeMap<DocIndex, Article>,
    asked: &'a Asked,
}

impl Batch<'_> {
    fn answers<P, T: Serialize>(
        self,
        prepare: impl Fn(Article) -> P,
        judge: impl Fn(CandidatePair, &P, &P, Alike) -> T,
    ) -> Result<Vec<u8>, Error> {
        let ready: BTreeMap<DocIndex, P> =
            self.articles.into_iter().map(|(doc, article)| (doc, prepare(article))).collect();
        let mut answers = Vec::with_capacity(self.asked.pairs.len());
        for &(pair, is_one_story) in &self.asked.pairs {
            let both = ready.get(&pair.low()).zip(ready.get(&pair.high()));
            let (low, high) = both.ok_or_else(|| Error::Elsewhere("a document was lost".to_owned()))?;
            let groups = if is_one_story { Alike::Same } else { Alike::Different };
            answers.push(judge(pair, low, high, groups));
        }
        packed(&answers)
    }
}
